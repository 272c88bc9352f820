"""Tables of counts, or weights, that grow: cells of a confusion matrix, and anything else with a number for a name."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._sums import Floats, two_sum

Codes = NDArray[np.uint64]

# Labels of a square table that is laid out in full, which makes adding to it faster: 32 MB.
DENSE = 2048


class Part(NamedTuple):
    """Cells that occur, by ascending code: how many rows each has, and their weight as two floats."""

    codes: Codes
    counts: NDArray[np.int64]
    high: Floats
    low: Floats

    @property
    def weights(self) -> Floats:
        return self.high + self.low


def part_of(codes: Codes, counts: NDArray[np.int64], high: Floats, low: Floats | None = None) -> Part:
    """Part from cells in any order, each of which occurs once."""
    order = np.argsort(codes, kind="stable")
    low = np.zeros(codes.size) if low is None else low
    return Part(codes[order], counts[order], high[order], low[order])


def add_parts(a: Part, b: Part) -> Part:
    """Cells of both, added up."""
    codes = np.union1d(a.codes, b.codes)
    counts, high, low = np.zeros(codes.size, np.int64), np.zeros(codes.size), np.zeros(codes.size)
    at = np.searchsorted(codes, a.codes)
    counts[at], high[at], low[at] = a.counts, a.high, a.low
    at = np.searchsorted(codes, b.codes)
    counts[at] += b.counts
    high[at], error = two_sum(high[at], b.high)
    low[at] += error + b.low
    return Part(codes, counts, high, low)


EMPTY = Part(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0), np.empty(0))


class SparseTable:
    """A table of the cells that occur.

    What is added is kept in parts, each of which is more than twice as large as the next: a cell is moved as often as
    the number of cells has doubled.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def add(self, part: Part) -> None:
        parts = self.parts
        parts.append(part)
        while len(parts) > 1 and parts[-2].codes.size <= 2 * parts[-1].codes.size:
            last = parts.pop()
            parts[-1] = add_parts(parts[-1], last)

    def cells(self) -> Part:
        """All cells, as one part."""
        while len(self.parts) > 1:
            last = self.parts.pop()
            self.parts[-1] = add_parts(self.parts[-1], last)
        return self.parts[0] if self.parts else EMPTY

    @property
    def nbytes(self) -> int:
        return sum(32 * part.codes.size for part in self.parts)


def code_of(rows: NDArray[Any], columns: NDArray[Any]) -> Codes:
    """Give cells their numbers."""
    return (rows.astype(np.uint64) << np.uint64(32)) | columns.astype(np.uint64)


def place_of(codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of a cell."""
    return (codes >> np.uint64(32)).astype(np.intp), (codes & np.uint64(0xFFFFFFFF)).astype(np.intp)


class SquareTable:
    """A table over pairs of labels: in full for up to `DENSE` labels, else of the cells that occur."""

    def __init__(self) -> None:
        self.side = 0
        self.counts = np.zeros((0, 0), np.int64)
        self.high: Floats | None = None
        self.low: Floats | None = None
        self.sparse: SparseTable | None = None

    def add(  # noqa: PLR0917
        self,
        size: int,
        rows: NDArray[Any],
        columns: NDArray[Any],
        counts: NDArray[np.int64],
        weights: Floats | None,
        low: Floats | None = None,
    ) -> None:
        """Add cells, each of which occurs once, to a table of `size` labels."""
        if size > DENSE and self.sparse is None:
            sparse = SparseTable()
            sparse.add(self.cells())
            self.sparse, self.counts, self.high, self.low = sparse, np.zeros((0, 0), np.int64), None, None
        if self.sparse is not None:
            high = np.zeros(counts.size) if weights is None else weights
            self.sparse.add(part_of(code_of(rows, columns), counts, high, low))
            return
        if size > self.side:
            self._grow(max(size, min(DENSE, 2 * self.side)))
        self.counts[rows, columns] += counts
        if weights is not None:
            if self.high is None or self.low is None:
                self.high, self.low = np.zeros(self.counts.shape), np.zeros(self.counts.shape)
            self.high[rows, columns], error = two_sum(self.high[rows, columns], weights)
            self.low[rows, columns] += error if low is None else error + low

    def _grow(self, side: int) -> None:
        def grown(old: Any) -> Any:
            new = np.zeros((side, side), old.dtype)
            new[: self.side, : self.side] = old
            return new

        self.counts = grown(self.counts)
        if self.high is not None:
            self.high, self.low = grown(self.high), grown(self.low)
        self.side = side

    def cells(self) -> Part:
        """All cells that occur."""
        if self.sparse is not None:
            return self.sparse.cells()
        rows, columns = np.nonzero(self.counts)
        counts = self.counts[rows, columns]
        if self.high is None or self.low is None:
            return Part(code_of(rows, columns), counts, np.zeros(counts.size), np.zeros(counts.size))
        return Part(code_of(rows, columns), counts, self.high[rows, columns], self.low[rows, columns])

    @property
    def nbytes(self) -> int:
        dense = self.counts.nbytes * (1 if self.high is None else 3)
        return dense + (0 if self.sparse is None else self.sparse.nbytes)
