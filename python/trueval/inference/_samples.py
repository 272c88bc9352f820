"""Rows of one or two models as something to be drawn from: cells of a table, or sums of columns.

A sample has the metric of each model, replicates under the bootstrap, replicates under swaps of the two models, and the
statistic with any one unit left out. The statistic is the metric of a single model, or the tuned one's less the base's.
A unit is a row, or a cluster of rows. Replicate i depends on (seed, i) and the data alone. Rankings (`_rankings`) and
functions that are known only as a whole (`_calls`) are samples as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from ._cells import Fold, Table

Floats = NDArray[np.float64]
Indices = NDArray[np.uint32]

# Words of the counter of Philox: what a stream is for. The backends have 0, 1 and 6.
_MULTINOMIAL, _BINOMIAL, ROWS, COINS = 2, 3, 4, 5

# Numbers that are worked on at a time.
_BLOCK = 1 << 22


def generator(seed: int, purpose: int, replicate: int) -> np.random.Generator:
    """Make the random numbers of one replicate that serve one purpose."""
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
    # Whether the metric is known only as a whole, so that leaving a unit out is a call of its function.
    calls = False

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
            numbers = generator(seed, _MULTINOMIAL, i)
            if self.poisson:
                return self._metrics(numbers.poisson(counts, size=(self.block, counts.size)))
            return self._metrics(numbers.multinomial(self.units, counts / self.units, size=self.block))

        return self._blocks(first, count, block)

    def swapped(self, seed: int, first: int, count: int) -> Floats:
        base, tuned = self.folds
        folds = base.swappable(tuned), tuned.swappable(base)

        def block(i: int) -> Floats:
            counts = self.table.counts
            moved = generator(seed, _BINOMIAL, i).binomial(counts, 0.5, size=(self.block, counts.size))
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
