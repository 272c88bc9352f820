"""Graded relevance, query by query: discounted cumulative gain and its normalised form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import group_sums

Scores = NDArray[Any]


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
