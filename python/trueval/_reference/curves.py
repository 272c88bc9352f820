"""Metrics of a binary ranking, from the positives and negatives at each distinct score."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import Weights, group_starts, group_sums
from .labels import Labels, is_label, unsigned_zero

Scores = NDArray[Any]

# Unweighted precisions are rounded to a multiple of 1 / _SCALE.
_SCALE = 2**52


def binary_curve(
    y_true: Labels, pos_label: int | None, y_score: Scores, sample_weight: Weights, /
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Count false and true positives at or above each distinct score, scores descending."""
    positives, negatives, thresholds = _tally(y_true, pos_label, y_score, sample_weight)
    return _running_sum(negatives), _running_sum(positives), thresholds


def roc_auc(
    y_true: Labels, pos_label: int | None, y_score: Scores, sample_weight: Weights, /
) -> tuple[float, float, float]:
    """Positives, negatives, and over all pairs of them: 2 where the positive wins, 1 where they tie.

    A group of equal scores wins against the negatives below it, so each negative meets twice the positives above it
    and once those beside it.
    """
    positives, negatives, _ = _tally(y_true, pos_label, y_score, sample_weight)
    reached = _running_sum(positives)
    above = np.zeros_like(reached)
    above[1:] = reached[:-1]
    if sample_weight is None:
        return int(positives.sum()), int(negatives.sum()), _dot(negatives, 2 * above + positives)
    with np.errstate(over="ignore", invalid="ignore"):
        twice_area = np.sum(negatives * (2 * above + positives))
    return _last(reached), _last(_running_sum(negatives)), float(twice_area)


def average_precision(
    y_true: Labels, pos_label: int | None, y_score: Scores, sample_weight: Weights, /
) -> tuple[float, float]:
    """Sum over the distinct scores of positives there times precision at or above it, and the positives."""
    positives, negatives, _ = _tally(y_true, pos_label, y_score, sample_weight)
    tps, fps = _running_sum(positives), _running_sum(negatives)
    if sample_weight is None:
        units = np.rint(tps / (tps + fps) * float(_SCALE)).astype(np.int64)
        return float(_dot(positives, units)) / _SCALE, int(positives.sum())
    with np.errstate(over="ignore", invalid="ignore"):
        reached = tps + fps
        # Weights of both signs may cancel; like an empty set, such a one has no precision to add.
        precision = np.divide(tps, reached, out=np.zeros_like(tps), where=reached != 0)
        return float(np.sum(positives * precision)), _last(tps)


def roc_auc_of_halves(y_true: Labels, pos_label: int | None, y_score: NDArray[np.uint16], /) -> tuple[int, int, int]:
    """`roc_auc` of float16 scores, given by their bits."""
    positives, negatives, twice_area = roc_auc(y_true, pos_label, _widened(y_score), None)
    return int(positives), int(negatives), int(twice_area)


def average_precision_of_halves(
    y_true: Labels, pos_label: int | None, y_score: NDArray[np.uint16], /
) -> tuple[float, int]:
    """`average_precision` of float16 scores, given by their bits."""
    total, positives = average_precision(y_true, pos_label, _widened(y_score), None)
    return total, int(positives)


def _widened(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    return bits.view(np.float16).astype(np.float32)


def class_pairs(
    y_true: Labels, classes: list[int], y_score: Scores, with_each: bool, /
) -> tuple[list[int], list[list[int]]]:
    """Rows of each class, and what they win (2) and tie (1) over the rows of each class, in their own column."""
    members = [np.flatnonzero(y_true == label) for label in classes]
    table = []
    for column, own in enumerate(members):
        scores = np.sort(y_score[own, column])
        row = []
        for other, rows in enumerate(members):
            probes = y_score[rows, column]
            lost = np.searchsorted(scores, probes, "left").sum() + np.searchsorted(scores, probes, "right").sum()
            row.append(0 if other == column else 2 * own.size * rows.size - int(lost))
        table.append(row if with_each else [sum(row)])
    return [rows.size for rows in members], table


def trapezoid(x: NDArray[np.float64], y: NDArray[np.float64], /) -> tuple[bool, bool, float]:
    """Whether x never decreases, whether it never increases, and the signed area under y."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(x)
        area = np.sum(steps * (y[1:] + y[:-1]) / 2.0)
    return bool((steps >= 0).all()), bool((steps <= 0).all()), float(area)


def _tally(
    y_true: Labels, pos_label: int | None, y_score: Scores, sample_weight: Weights
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Positives and negatives at each distinct score, and the scores, descending.

    Counts in int64 or sums of weights; rows of weight zero do not take part.
    """
    positive = is_label(y_true, pos_label)
    if sample_weight is not None:
        kept = sample_weight != 0
        positive, y_score, sample_weight = positive[kept], y_score[kept], sample_weight[kept]
    order = np.argsort(y_score, kind="stable")[::-1]
    positive, ranked = positive[order], unsigned_zero(y_score[order])
    starts = group_starts(ranked)
    if sample_weight is None:
        sizes = np.diff(starts, append=len(ranked)).astype(np.int64, copy=False)
        positives = group_sums(positive.astype(np.int64), starts)
        return positives, sizes - positives, ranked[starts]
    weight = sample_weight[order]
    positives = group_sums(np.where(positive, weight, 0.0), starts)
    negatives = group_sums(np.where(positive, 0.0, weight), starts)
    return positives, negatives, ranked[starts]


def _running_sum(x: NDArray[Any]) -> NDArray[Any]:
    """Cumulative sum; of floats in two levels, so that its error grows with the square root of the length.

    A block's last sum is the offset of the next, so sums of terms of one sign stay monotone.
    """
    if x.dtype.kind != "f" or len(x) == 0:
        return np.cumsum(x)
    with np.errstate(over="ignore", invalid="ignore"):
        length = math.isqrt(len(x)) + 1
        padded = np.zeros(-(-len(x) // length) * length)
        padded[: len(x)] = x
        within = np.cumsum(padded.reshape(-1, length), axis=1)
        within[1:] += np.cumsum(within[:-1, -1])[:, np.newaxis]
    return within.reshape(-1)[: len(x)]


def _last(sums: NDArray[np.float64]) -> float:
    return float(sums[-1]) if len(sums) else 0.0


def _dot(counts: NDArray[np.int64], factors: NDArray[np.int64]) -> int:
    """Return the exact dot product of nonnegative integers.

    Three limbs of 21 bits: with fewer than 2**42 rows counted, no limb's sum reaches 2**63.
    """
    limbs = ((factors >> shift & (1 << 21) - 1, shift) for shift in (0, 21, 42))
    return sum(int(np.dot(counts, limb)) << shift for limb, shift in limbs)
