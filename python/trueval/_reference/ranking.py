"""Rankings row by row: of graded documents, of the labels of a sample, and of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import group_sums
from .labels import Labels

Scores = NDArray[Any]
Marks = NDArray[np.uint8]


def dcg(
    y_true: NDArray[np.float64], y_score: Scores, discount: NDArray[np.float64], ignore_ties: bool, /
) -> NDArray[np.float64]:
    """Sum over the ranks of gain times discount, per row; tied scores share the mean of their discounts."""
    n, k = y_true.shape
    if n == 0 or k == 0:
        return np.zeros(n)
    # Reversing an ascending stable order puts the later column of a tie first.
    order = np.argsort(y_score, axis=1, kind="stable")[:, ::-1]
    gains = np.take_along_axis(y_true, order, axis=1)
    if ignore_ties:
        return _discounted(gains, discount)
    ranked = np.take_along_axis(y_score, order, axis=1)
    first = np.ones((n, k), np.bool_)
    np.not_equal(ranked[:, 1:], ranked[:, :-1], out=first[:, 1:])
    # All groups of all rows in one line: a group never reaches into the next row, whose first column begins another.
    starts = np.flatnonzero(first)
    sizes = np.diff(starts, append=n * k)
    gain = group_sums(gains.reshape(-1), starts)
    share = group_sums(np.broadcast_to(discount, (n, k)).reshape(-1), starts)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        groups = gain / sizes * share
    per_row = np.count_nonzero(first, axis=1)
    return group_sums(groups, np.cumsum(per_row) - per_row)


def ndcg(
    y_true: NDArray[np.float64], y_score: Scores, discount: NDArray[np.float64], ignore_ties: bool, /
) -> NDArray[np.float64]:
    """`dcg` over that of the gains in descending order; 0 where the latter is 0."""
    reached = dcg(y_true, y_score, discount, ignore_ties)
    ideal = _discounted(np.sort(y_true, axis=1)[:, ::-1], discount)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return np.divide(reached, ideal, out=np.zeros_like(reached), where=ideal != 0)


def _discounted(gains: NDArray[np.float64], discount: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return (gains * discount).sum(axis=1)


def pairs_by_row(y_true: Marks, y_score: Scores, /) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per row: relevant labels, and how many pairs with an irrelevant one they win, and tie."""
    relevant, end = _descending(y_true, y_score)
    others = ~relevant
    reached = np.cumsum(others, axis=1, dtype=np.int64)
    total = reached[:, -1:] if reached.shape[1] else np.zeros((len(reached), 1), np.int64)
    up_to = np.take_along_axis(reached, end, axis=1)
    below = total - up_to
    above = np.take_along_axis(np.pad(reached, ((0, 0), (1, 0))), _first_of_group(end), axis=1)
    return (
        relevant.sum(axis=1, dtype=np.int64),
        np.where(relevant, below, 0).sum(axis=1, dtype=np.int64),
        np.where(relevant, up_to - above, 0).sum(axis=1, dtype=np.int64),
    )


def average_precision_by_row(y_true: Marks, y_score: Scores, /) -> NDArray[np.float64]:
    """Per row: mean over the relevant labels of the share of relevant ones at or above their score."""
    relevant, end = _descending(y_true, y_score)
    found = np.cumsum(relevant, axis=1)
    precision = np.take_along_axis(found, end, axis=1) / (end + 1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(relevant, precision, 0.0).sum(axis=1) / relevant.sum(axis=1))


def partial_roc_auc_by_row(y_true: Marks, y_score: Scores, max_fpr: float, /) -> NDArray[np.float64]:
    """Per row: area under the ROC curve left of `max_fpr`.

    Each label is drawn as a step of its own, to the end of its group; the steps within a group have no extent.
    """
    relevant, end = _descending(y_true, y_score)
    with np.errstate(invalid="ignore"):
        tpr, fpr = (
            np.pad(np.take_along_axis(np.cumsum(marks, axis=1), end, axis=1), ((0, 0), (1, 0)))
            / marks.sum(axis=1, keepdims=True)
            for marks in (relevant, ~relevant)
        )
        left, right = fpr[:, :-1], fpr[:, 1:]
        low, high = tpr[:, :-1], tpr[:, 1:]
        stop = np.minimum(right, max_fpr)
        width = np.maximum(stop - left, 0.0)
        slope = np.divide(high - low, right - left, out=np.zeros_like(left), where=right > left)
        area = (width * (2 * low + slope * width) / 2).sum(axis=1)
    several = relevant.any(axis=1) & (~relevant).any(axis=1)
    return np.where(several, area, np.nan)


def coverage_by_row(y_true: Marks, y_score: Scores, /) -> NDArray[np.int64]:
    """Per row: labels that score no lower than the lowest relevant one."""
    if y_score.size == 0:
        return np.zeros(len(y_score), np.int64)
    relevant = y_true != 0
    lowest = np.where(relevant, y_score, y_score.max(axis=1, keepdims=True)).min(axis=1, keepdims=True)
    return np.where(relevant.any(axis=1), np.count_nonzero(y_score >= lowest, axis=1), 0).astype(np.int64)


def class_ranks(y_true: Labels, classes: Labels, y_score: Scores, /) -> NDArray[np.int64]:
    """Per row: classes of a higher score than the true one, and later ones of an equal score."""
    column = np.searchsorted(classes, y_true)[:, np.newaxis]
    if len(y_true) and not np.array_equal(classes[np.minimum(column, len(classes) - 1)][:, 0], y_true):
        raise ValueError("y_true holds a label that is not among the classes")
    own = np.take_along_axis(y_score, column, axis=1)
    later = np.arange(len(classes)) > column
    return np.count_nonzero((y_score > own) | (later & (y_score == own)), axis=1).astype(np.int64)


def _descending(y_true: Marks, y_score: Scores) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Whether each label is relevant, by descending score, and the place of the last one of an equal score."""
    order = np.argsort(y_score, axis=1, kind="stable")[:, ::-1]
    ranked = np.take_along_axis(y_score, order, axis=1)
    k = y_score.shape[1]
    end = np.broadcast_to(np.arange(k), y_score.shape).copy()
    np.copyto(end[:, :-1], k, where=ranked[:, 1:] == ranked[:, :-1])
    end = np.minimum.accumulate(end[:, ::-1], axis=1)[:, ::-1]
    return np.take_along_axis(y_true != 0, order, axis=1), end


def _first_of_group(end: NDArray[np.intp]) -> NDArray[np.intp]:
    """Place of the first label of each group, from that of the last."""
    starts = np.ones(end.shape, np.bool_)
    np.not_equal(end[:, 1:], end[:, :-1], out=starts[:, 1:])
    return np.maximum.accumulate(np.where(starts, np.arange(end.shape[1]), 0), axis=1)
