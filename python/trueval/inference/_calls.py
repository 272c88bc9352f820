"""Functions of rows that are known only as a whole, to be called anew on the rows drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import is_sparse
from ._samples import COINS, ROWS, Floats, Indices, Sample, generator


def _stack(base: Any, tuned: Any) -> Any:
    """Rows of one model above those of the other."""
    if not is_sparse(base) and not is_sparse(tuned):
        return np.concatenate([base, tuned])
    import scipy.sparse

    return scipy.sparse.vstack([base, tuned], format="csr")


class CallSample(Sample):
    """Any function of the rows: called anew for each replicate, on the rows drawn."""

    calls = True

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
            numbers = generator(seed, ROWS, first + i)
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
            coins = generator(seed, COINS, first + i).integers(2, size=self.units).astype(bool)
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


class InfluenceSample(Sample):
    """A function of the rows of which each row's influence is known: only replicates are called."""

    def __init__(self, inner: CallSample, influence: Floats) -> None:
        self.inner, self.values, self.units = inner, inner.values, inner.units
        self.influence = influence

    @property
    def work(self) -> int:
        return 8 * self.inner.rows  # rows are copied, checked and ordered anew

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        self.inner.poisson = self.poisson
        return self.inner.bootstrap(seed, first, count)

    def left_out(self) -> tuple[Floats, Floats]:
        cluster = self.inner.cluster
        sums: Floats = self.influence
        if cluster is not None:
            sums = np.asarray(np.bincount(cluster, weights=sums), dtype=np.float64)
        return self.estimate - sums * (self.units / (self.units - 1)), np.ones(self.units)
