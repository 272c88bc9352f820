"""Rows of one or two models as something to be drawn from: cells, sums of columns, rankings, or anything.

A sample has the metric of each model, replicates under the bootstrap, replicates under swaps of the two models, and the
statistic with any one unit left out. The statistic is the metric of a single model, or the tuned one's less the base's.
A unit is a row, or a cluster of rows. Replicate i depends on (seed, i) and the data alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import is_sparse
from ._cells import Fold, Table

Floats = NDArray[np.float64]
Indices = NDArray[np.uint32]

# Words of the counter of Philox: what a stream is for. The backends have 0 and 1.
_MULTINOMIAL, _BINOMIAL, _ROWS, _COINS = 2, 3, 4, 5

# Numbers that are worked on at a time.
_BLOCK = 1 << 22


def _generator(seed: int, purpose: int, replicate: int) -> np.random.Generator:
    key, counter = np.array([seed, 0], np.uint64), np.array([0, 0, purpose, replicate], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


class Sample:
    """Base: the values of the metric, and the number of units."""

    values: tuple[float, ...]
    units: int
    # Whether units are drawn a Poisson number of times each, instead of as many of them as there are.
    poisson = False
    # Replicates that are made together.
    block = 1

    @property
    def work(self) -> int:
        """What a replicate costs, in draws."""
        return self.units

    @property
    def estimate(self) -> float:
        """The statistic of all rows."""
        return self.values[0] if len(self.values) == 1 else self.values[1] - self.values[0]

    def statistic(self, values: Floats) -> Floats:
        """Take the statistic of each replicate, from the metric of each model in it."""
        return values[:, 0] if values.shape[1] == 1 else values[:, 1] - values[:, 0]

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        """Replicates of the statistic with the units drawn with replacement."""
        raise NotImplementedError

    def swapped(self, seed: int, first: int, count: int) -> Floats:
        """Replicates of the difference with the models of each unit swapped, or not, at random."""
        raise NotImplementedError

    def studentized(self, seed: int, first: int, count: int) -> tuple[Floats, Floats]:
        """Replicates of the statistic and of its standard error."""
        raise NotImplementedError

    def left_out(self) -> tuple[Floats, Floats]:
        """Find the statistic without a unit, and how many units that stands for."""
        raise NotImplementedError

    def jackknife(self) -> tuple[float, float]:
        """Work out the standard error, and the acceleration of BCa, from the statistics without each unit."""
        values, times = self.left_out()
        known = ~np.isnan(values)
        values, times = values[known], times[known]
        n = float(times.sum())
        if n < 2:
            return float("nan"), 0.0
        apart = np.average(values, weights=times) - values
        squares, cubes = float(np.dot(times, apart**2)), float(np.dot(times, apart**3))
        acceleration = cubes / (6.0 * squares**1.5) if squares > 0 else 0.0
        return float(np.sqrt((n - 1) / n * squares)), acceleration


class CellSample(Sample):
    """Rows that are told apart by their labels alone: drawing rows is a multinomial draw of the cells' numbers.

    A replicate costs the number of cells, however many rows there are.
    """

    def __init__(self, table: Table, folds: list[Fold], values: tuple[float, ...]) -> None:
        self.table, self.folds, self.values = table, folds, values
        self.units = int(table.counts.sum())
        self.block = max(1, min(1024, _BLOCK // max(1, table.counts.size)))

    @property
    def work(self) -> int:
        return 64 * self.table.counts.size  # a number of a cell costs what so many draws of rows do

    def _blocks(self, first: int, count: int, block: Callable[[int], Floats]) -> Floats:
        """Cut replicates out of whole blocks, so that each is the same in any company."""
        start, stop = first // self.block, -(-(first + count) // self.block)
        whole = np.concatenate([block(i) for i in range(start, stop)])
        offset = first - start * self.block
        return whole[offset : offset + count]

    def _metrics(self, counts: Any) -> Floats:
        return self.statistic(np.stack([fold(counts) for fold in self.folds], axis=1))

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        counts = self.table.counts

        def block(i: int) -> Floats:
            numbers = _generator(seed, _MULTINOMIAL, i)
            if self.poisson:
                return self._metrics(numbers.poisson(counts, size=(self.block, counts.size)))
            return self._metrics(numbers.multinomial(self.units, counts / self.units, size=self.block))

        return self._blocks(first, count, block)

    def swapped(self, seed: int, first: int, count: int) -> Floats:
        base, tuned = self.folds
        folds = base.swappable(tuned), tuned.swappable(base)

        def block(i: int) -> Floats:
            counts = self.table.counts
            moved = _generator(seed, _BINOMIAL, i).binomial(counts, 0.5, size=(self.block, counts.size))
            both = np.concatenate([counts - moved, moved], axis=1)
            return folds[1](both) - folds[0](both)

        return self._blocks(first, count, block)

    def left_out(self) -> tuple[Floats, Floats]:
        counts = self.table.counts
        step = max(1, _BLOCK // counts.size)
        values = []
        for start in range(0, counts.size, step):
            stop = min(counts.size, start + step)
            without = np.repeat(counts[np.newaxis], stop - start, axis=0)
            without[np.arange(stop - start), np.arange(start, stop)] -= 1
            values.append(self._metrics(without))
        return np.concatenate(values), counts.astype(np.float64)


class Entries(NamedTuple):
    """Numbers that belong to units and are added up in columns: all columns of each unit in turn, or placed."""

    values: Floats
    units: Indices | None
    columns: Indices | None
    width: int
    n_units: int

    def sums(self) -> Floats:
        """Sum the columns over all units."""
        if self.columns is None:
            return self.values.reshape(self.n_units, self.width).sum(axis=0)
        return np.asarray(np.bincount(self.columns, weights=self.values, minlength=self.width), dtype=np.float64)

    def block(self, start: int, stop: int) -> Floats:
        """Lay out the columns of some units, whose numbers are placed by ascending unit."""
        if self.columns is None or self.units is None:
            return self.values.reshape(self.n_units, self.width)[start:stop]
        low, high = np.searchsorted(self.units, [start, stop])
        dense = np.zeros((stop - start, self.width))
        np.add.at(dense, (self.units[low:high].astype(np.intp) - start, self.columns[low:high]), self.values[low:high])
        return dense

    def replicates(self, poisson: bool, seed: int, first: int, count: int) -> Floats:
        """Sum the columns over the units that are drawn."""
        drawn = _backend.current().bootstrap_sums(
            self.values, self.units, self.columns, self.width, self.n_units, poisson, seed, first, count
        )
        return np.asarray(drawn).reshape(count, self.width)


class SumSample(Sample):
    """Units that a metric knows by the sums of some columns: means, ratios of means, weighted or clustered cells.

    `entries` holds the columns of the base, then those of the tuned model, as many each; `fold` makes the metric of
    (replicates, columns) sums of one of them. With ``ratio=True`` there are two columns, and the metric is the
    first's sum over the second's.
    """

    def __init__(
        self,
        entries: Entries,
        fold: list[Callable[[Any], Floats]],
        values: tuple[float, ...],
        ratio: bool = False,
    ) -> None:
        self.entries, self.folds, self.values, self.ratio = entries, fold, values, ratio
        self.units = entries.n_units
        self.width = entries.width // len(values)

    def _metrics(self, sums: Floats) -> Floats:
        parts = [fold(sums[:, i * self.width : (i + 1) * self.width]) for i, fold in enumerate(self.folds)]
        return self.statistic(np.stack(parts, axis=1))

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        return self._metrics(self.entries.replicates(self.poisson, seed, first, count))

    def left_out(self) -> tuple[Floats, Floats]:
        total = self.entries.sums()
        step = max(1, _BLOCK // self.entries.width)
        values = [
            self._metrics(total - self.entries.block(start, min(self.units, start + step)))
            for start in range(0, self.units, step)
        ]
        return np.concatenate(values), np.ones(self.units)

    def swapped(self, seed: int, first: int, count: int) -> Floats:
        # The base's sums under swaps are half of both models' sums, and half of their differences under random signs.
        total, width = self.entries.sums(), self.width
        middle = (total[:width] + total[width:]) / 2
        apart = np.empty((count, width))
        flips = _backend.current().sign_flip_sums
        dense = self.entries.block(0, self.units)
        for column in range(width):
            difference = np.ascontiguousarray(dense[:, width + column] - dense[:, column])
            moved = difference.any()
            apart[:, column] = np.asarray(flips(difference, seed, first, count)) / 2 if moved else 0.0
        base, tuned = self.folds
        return tuned(middle + apart) - base(middle - apart)

    def moments(self) -> Entries:
        """For a ratio: the columns and their products, from which the error of a replicate follows."""
        x = self.entries.block(0, self.units)
        products = [x[:, i] * x[:, j] for i in range(x.shape[1]) for j in range(i, x.shape[1])]
        both = np.ascontiguousarray(np.column_stack([x, *products]))
        return Entries(both.reshape(-1), None, None, both.shape[1], self.units)

    def linear_errors(self, sums: Floats) -> Floats:
        """Work out the standard errors of a ratio, or of the difference of two, from sums of `moments`."""
        width = self.entries.width
        weights = np.zeros((sums.shape[0], width))
        with np.errstate(divide="ignore", invalid="ignore"):
            for model, sign in enumerate((1.0,) if width == 2 else (-1.0, 1.0)):
                top, bottom = sums[:, 2 * model], sums[:, 2 * model + 1]
                weights[:, 2 * model] = sign / bottom
                weights[:, 2 * model + 1] = -sign * top / bottom**2
            variance, at = np.zeros(sums.shape[0]), width
            for i in range(width):
                for j in range(i, width):
                    variance += (1 + (i != j)) * weights[:, i] * weights[:, j] * sums[:, at]
                    at += 1
            return np.sqrt(np.maximum(variance, 0.0) * self.units / (self.units - 1))

    def standard_error(self) -> float:
        """Linear standard error of a ratio: the textbook's for means, robust for clusters.

        Summed over the units themselves, as the products of `moments` would cancel.
        """
        if self.units < 2:
            return float("nan")
        x = self.entries.block(0, self.units)
        total = x.sum(axis=0)
        influence = np.zeros(self.units)
        for model, sign in enumerate((1.0,) if x.shape[1] == 2 else (-1.0, 1.0)):
            top, bottom = total[2 * model], total[2 * model + 1]
            influence += sign * (x[:, 2 * model] - top / bottom * x[:, 2 * model + 1]) / bottom
        return float(np.sqrt(np.dot(influence, influence) * self.units / (self.units - 1)))

    def studentized(self, seed: int, first: int, count: int) -> tuple[Floats, Floats]:
        sums = self.moments().replicates(self.poisson, seed, first, count)
        return self._metrics(sums[:, : self.entries.width]), self.linear_errors(sums)


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


def _stack(base: Any, tuned: Any) -> Any:
    """Rows of one model above those of the other."""
    if not is_sparse(base) and not is_sparse(tuned):
        return np.concatenate([base, tuned])
    import scipy.sparse

    return scipy.sparse.vstack([base, tuned], format="csr")


class CallSample(Sample):
    """Any function of the rows: called anew for each replicate, on the rows drawn."""

    def __init__(
        self,
        function: Callable[..., float],
        arrays: list[Any],
        weight: NDArray[Any] | None,
        cluster: Indices | None,
        values: tuple[float, ...],
    ) -> None:
        self.function, self.arrays, self.weight, self.values = function, arrays, weight, values
        n = int(arrays[0].shape[0])
        self.rows = n
        self.members: list[NDArray[np.intp]] | None = None
        self.cluster = cluster
        if cluster is not None:
            order = np.argsort(cluster, kind="stable")
            self.members = np.split(order, np.cumsum(np.bincount(cluster))[:-1])
        self.units = n if self.members is None else len(self.members)

    def _of_rows(self, rows: NDArray[np.intp], predictions: list[Any] | None = None) -> list[float]:
        weight = {} if self.weight is None else {"sample_weight": self.weight[rows]}
        true, *models = self.arrays
        models = [model[rows] for model in models] if predictions is None else predictions
        return [self.function(true[rows], model, **weight) for model in models]

    def _rows_of(self, units: NDArray[np.intp]) -> NDArray[np.intp]:
        return units if self.members is None else np.concatenate([self.members[unit] for unit in units])

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        values = np.empty((count, len(self.values)))
        for i in range(count):
            numbers = _generator(seed, _ROWS, first + i)
            if self.poisson:
                units = np.repeat(np.arange(self.units), numbers.poisson(size=self.units))
            else:
                units = numbers.integers(self.units, size=self.units)
            values[i] = self._of_rows(self._rows_of(units)) if units.size else np.nan
        return self.statistic(values)

    def swapped(self, seed: int, first: int, count: int) -> Floats:
        values = np.empty((count, 2))
        everything = np.arange(self.rows)
        both = _stack(*self.arrays[1:])
        for i in range(count):
            coins = _generator(seed, _COINS, first + i).integers(2, size=self.units).astype(bool)
            moved = coins if self.cluster is None else coins[self.cluster]
            other = np.where(moved, everything + self.rows, everything)
            values[i] = self._of_rows(everything, [both[other], both[(other + self.rows) % (2 * self.rows)]])
        return self.statistic(values)

    def left_out(self) -> tuple[Floats, Floats]:
        kept = np.ones(self.units, bool)
        values = np.empty((self.units, len(self.values)))
        for unit in range(self.units):
            kept[unit] = False
            values[unit] = self._of_rows(self._rows_of(np.flatnonzero(kept)))
            kept[unit] = True
        return self.statistic(values), np.ones(self.units)
