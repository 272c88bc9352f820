"""Rankings to be drawn from: areas and average precisions of two classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from ._samples import Floats, Indices, Sample


class RankSample(Sample):
    """Scores of one or two models: ordered once, then walked for each replicate.

    Areas (`what` 0) are drawn class by class, as DeLong's variance is given the numbers of both: none is undefined
    then. Average precision (1) depends on how frequent positives are, so its rows are drawn all together; a replicate
    without a positive is undefined, and left out. With clusters, clusters are drawn.
    """

    def __init__(  # noqa: PLR0917
        self,
        labels: NDArray[Any],
        positive: int | None,
        scores: list[NDArray[Any]],
        what: int,
        cluster: Indices | None,
        values: tuple[float, ...],
    ) -> None:
        self.values, self.what, self.cluster = values, what, cluster
        self.labels, self.positive, self.scores = labels, positive, scores
        self.units = len(labels) if cluster is None else int(cluster.max()) + 1
        self.orders: list[Any] | None = None

    def _rankings(self) -> tuple[list[Any], int, int, int | None]:
        if self.orders is None:
            self.orders = [_backend.current().rank_order(self.labels, self.positive, score) for score in self.scores]
        orders = self.orders
        up, down = orders[0][0].size, orders[0][1].size
        if self.cluster is not None or self.what == 1:
            unit = self.cluster
            rankings = [(p if unit is None else unit[p], n if unit is None else unit[n], g) for p, n, g in orders]
            return rankings, up, down, self.units
        if len(orders) == 1:
            return [(None, None, orders[0][2])], up, down, None
        # Places among the positives, and among the negatives, in the order of the rows.
        place = np.empty(len(self.labels), np.uint32)
        for own in orders[0][:2]:
            place[np.sort(own)] = np.arange(own.size, dtype=np.uint32)
        return [(place[p], place[n], g) for p, n, g in orders], up, down, None

    def _replicates(self, what: int, seed: int, first: int, count: int) -> Floats:
        rankings, up, down, units = self._rankings()
        drawn = _backend.current().rank_bootstrap(what, rankings, up, down, units, self.poisson, seed, first, count)
        return np.asarray(drawn).reshape(count, -1)

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        return self.statistic(self._replicates(self.what, seed, first, count))

    def studentized(self, seed: int, first: int, count: int) -> tuple[Floats, Floats]:
        both = self._replicates(2, seed, first, count)
        return both[:, 0], both[:, 1]

    def left_out(self) -> tuple[Floats, Floats]:
        without = _area_without if self.what == 0 else _precision_without
        parts = [without(self.labels, self.positive, score) for score in self.scores]
        if self.cluster is None:
            return self.statistic(np.stack(parts, axis=1)), np.ones(self.units)
        # Of a cluster, what its rows do one by one: its influence to the first order.
        pulls = self.estimate - self.statistic(np.stack(parts, axis=1))
        pulls[np.isnan(pulls)] = 0.0
        sums = np.asarray(np.bincount(self.cluster, weights=pulls, minlength=self.units), dtype=np.float64)
        return self.estimate - sums, np.ones(self.units)


def _area_without(labels: NDArray[Any], positive: int | None, scores: NDArray[Any]) -> Floats:
    """Area without each row: the pairs that it is not in. NaN where the row's class ends with it."""
    placed, up = _backend.current().placements(labels, positive, scores)
    marks = labels == positive
    down = len(labels) - up
    c = placed.astype(np.float64)
    total = float(c[marks].sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        return (total - c) / np.where(marks, 2.0 * (up - 1) * down, 2.0 * up * (down - 1))


def _precision_without(labels: NDArray[Any], positive: int | None, scores: NDArray[Any]) -> Floats:
    """Average precision without each row: only the groups of scores at and below the row's change."""
    fps, tps, thresholds = _backend.current().binary_curve(labels, positive, scores, None)
    gained = np.diff(tps, prepend=0)
    above, all_above = tps.astype(np.float64), (tps + fps).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = gained * above / all_above
        without_up = np.nan_to_num(gained * (above - 1) / (all_above - 1))
        without_down = np.nan_to_num(gained * above / (all_above - 1))
        own = np.nan_to_num((gained - 1) * (above - 1) / (all_above - 1))
        before = np.concatenate([[0.0], np.cumsum(terms)[:-1]])
        from_here_up, from_here_down = (np.cumsum(x[::-1])[::-1] for x in (without_up, without_down))
        if_up = (before + own + from_here_up - without_up) / (tps[-1] - 1)
        if_down = (before + from_here_down) / tps[-1]
    group = np.searchsorted(-thresholds.astype(np.float64), -scores.astype(np.float64))
    return np.where(labels == positive, if_up[group], if_down[group])
