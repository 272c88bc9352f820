"""What each row adds to an area or an average precision: the first order of its weight.

The influences of the rows sum to 0, and their sum of squares is the variance of the metric (F. R. Hampel, "The
influence curve and its role in robust estimation", Journal of the American Statistical Association 69, 1974). Of an
unweighted area they are DeLong's placements, each less the area and over the number of its own class. They carry over
to weights, to clusters (summed within each, after Obuchowski 1997) and to averages over classes (averaged), where
DeLong's sums do not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend

Floats = NDArray[np.float64]


class Column(NamedTuple):
    """One class against the others: labels, the positive one, and which column of the scores is its own."""

    labels: NDArray[Any]
    positive: int | None
    place: int | None

    def of(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Take the class's own scores."""
        return scores if self.place is None else np.ascontiguousarray(scores[:, self.place])

    def effective(self, weight: Floats | None) -> tuple[float, float]:
        """Count the positives and negatives; of weighted ones, how many equal ones say as much (Kish 1965)."""
        marks = self.labels == self.positive
        if weight is None:
            up = int(np.count_nonzero(marks))
            return up, len(marks) - up
        tiny = float(np.finfo(float).tiny)
        sizes = [float(w.sum()) ** 2 / max(float(np.dot(w, w)), tiny) for w in (weight[marks], weight[~marks])]
        return sizes[0], sizes[1]


def of_area(column: Column, scores: NDArray[Any], weight: Floats | None) -> Floats:
    """Influence of each row on the area under the ROC curve.

    With c the weight of the negatives below a positive row and half of those that tie, A the area, w the row's weight
    and P, N those of both classes: w · (c / N - A) / P; of a negative row, w · (d / P - A) / N with d the positives
    above it.
    """
    marks = column.labels == column.positive
    if weight is None:
        placed, up = _backend.current().placements(column.labels, column.positive, scores)
        down = len(marks) - up
        share = placed / (2.0 * np.where(marks, down, up))
        return (share - share[marks].mean()) / np.where(marks, up, down)
    fps, tps, group = _weighted_curve(column, scores, weight)
    ties_down, ties_up = np.diff(fps, prepend=0.0), np.diff(tps, prepend=0.0)
    share = np.where(marks, (fps[-1] - fps + ties_down / 2)[group] / fps[-1], (tps - ties_up / 2)[group] / tps[-1])
    area = float(np.dot(weight[marks], share[marks])) / tps[-1]
    return weight * (share - area) / np.where(marks, tps[-1], fps[-1])


def of_precision(column: Column, scores: NDArray[Any], weight: Floats | None) -> Floats:
    """Influence of each row on average precision, Σ t_g · T_g / A_g / P over the groups of equal scores.

    t is the weight of the positives in a group, T that of those in it and above, A that of all rows there, P that of
    all positives. A row changes T and A of its own group and all below it, a positive one t of its own and P besides.
    """
    marks = column.labels == column.positive
    given = np.ones(len(marks)) if weight is None else weight
    fps, tps, group = _weighted_curve(column, scores, given)
    all_above, gained = tps + fps, np.diff(tps, prepend=0.0)
    total, precision = tps[-1], tps / all_above
    value = float(np.dot(gained, precision)) / total
    from_here = np.cumsum((gained / all_above)[::-1])[::-1]
    diluted = np.cumsum((gained * precision / all_above)[::-1])[::-1]
    by_up, by_down = precision + from_here - diluted - value, -diluted
    return given * np.where(marks, by_up[group], by_down[group]) / total


def _weighted_curve(column: Column, scores: NDArray[Any], weight: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Weights of negatives and of positives at and above each distinct score, and each row's place among these."""
    fps, tps, thresholds = _backend.current().binary_curve(column.labels, column.positive, scores, weight)
    group = np.searchsorted(-thresholds.astype(np.float64), -scores.astype(np.float64))
    # Scores that only rows without weight have are in no group; whatever is looked up for them is multiplied by 0.
    return fps.astype(np.float64), tps.astype(np.float64), np.minimum(group, len(fps) - 1)


def standard_error(influence: Floats, cluster: NDArray[Any] | None) -> float:
    """Work out the standard error from the influences, with the factor n / (n - 1) over rows or clusters."""
    sums = influence if cluster is None else np.bincount(cluster, weights=influence)
    if sums.size < 2:
        return float("nan")
    error = float(np.sqrt(np.dot(sums, sums) * sums.size / (sums.size - 1)))
    # What rounding leaves of sums of order 1 where every row says the same.
    return error if error > 1e-14 else 0.0
