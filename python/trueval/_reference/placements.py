"""Where rows of one class lie among the other, from the positives and negatives at each distinct score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import group_starts
from .labels import Labels, is_label, unsigned_zero

Scores = NDArray[Any]
Products = list[int]


def placements(y_true: Labels, pos_label: int | None, y_score: Scores, /) -> tuple[NDArray[np.uint64], int]:
    """Twice the number of rows of the other class that a row is on the right side of, plus those it ties with."""
    positive = is_label(y_true, pos_label)
    scores = unsigned_zero(y_score)
    up, down = np.sort(scores[positive]), np.sort(scores[~positive])
    placed = np.empty(len(scores), np.uint64)
    mine, others = scores[positive], scores[~positive]
    placed[positive] = np.searchsorted(down, mine, "left") + np.searchsorted(down, mine, "right")
    placed[~positive] = 2 * len(up) - np.searchsorted(up, others, "left") - np.searchsorted(up, others, "right")
    return placed, len(up)


def auc_moments(y_true: Labels, pos_label: int | None, y_score: Scores, /) -> tuple[int, int, int, int, int]:
    """Positives, negatives, twice the area, and the sums of the squared placements of both classes."""
    positives, negatives, up, down = auc_covariance(y_true, pos_label, y_score, y_score)
    return positives, negatives, up[0], up[2], down[2]


def auc_covariance(
    y_true: Labels, pos_label: int | None, base: Scores, tuned: Scores, /
) -> tuple[int, int, Products, Products]:
    """Positives, negatives, and the sums and products of the placements in two rankings, over both classes."""
    positive = is_label(y_true, pos_label)
    (a, count), (b, _) = placements(y_true, pos_label, base), placements(y_true, pos_label, tuned)
    up, down = (
        [_dot(x, None), _dot(y, None), _dot(x, x), _dot(x, y), _dot(y, y)]
        for x, y in ((a[positive], b[positive]), (a[~positive], b[~positive]))
    )
    return count, len(positive) - count, up, down


def rank_order(
    y_true: Labels, pos_label: int | None, y_score: Scores, /
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """Rows of both classes by descending score, and (positives, negatives above, negatives) of groups of equal scores.

    Only groups with a positive count, and the last array holds three numbers for each of them.
    """
    positive = is_label(y_true, pos_label)
    scores = unsigned_zero(y_score)
    # Stable and descending: the reverse of a stable ascending sort of the reversed rows.
    order = (len(scores) - 1 - np.argsort(scores[::-1], kind="stable")[::-1]).astype(np.uint32)
    ranked = positive[order]
    starts = group_starts(scores[order])
    ends = np.append(starts[1:], len(order)).astype(np.intp)
    ups, downs = (np.concatenate([[0], np.cumsum(mark)]) for mark in (ranked, ~ranked))
    groups = np.stack([ups[ends], downs[starts], downs[ends]], axis=1)[ups[ends] > ups[starts]]
    return order[ranked], order[~ranked], groups.astype(np.uint32).reshape(-1)


def _dot(x: NDArray[np.uint64], y: NDArray[np.uint64] | None) -> int:
    """Return the exact sum of products of numbers below 2**33, in limbs of 17 bits and 2**28 rows at least."""
    if y is None:
        return sum(int(np.sum(x >> np.uint64(shift) & np.uint64(0x1FFFF))) << shift for shift in (0, 17))
    total = 0
    for i in (0, 17):
        for j in (0, 17):
            limbs = (x >> np.uint64(i) & np.uint64(0x1FFFF)) * (y >> np.uint64(j) & np.uint64(0x1FFFF))
            total += int(np.sum(limbs)) << (i + j)
    return total
