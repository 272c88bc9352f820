"""Numbers by group, as sorted runs of keys: in memory up to a limit, on disk beyond it.

A key is an unsigned integer in the order of the numbers: the bits of a float, all of them flipped where it is negative,
else the sign bit set. NumPy sorts those as fast as anything. What comes in is buffered; a full buffer is sorted into a
run, in which a key that occurs once takes its own bytes, and one that occurs more often those of a count beside it, so
that a run is never larger than its rows. Runs merge by being listed together. To walk over all of them in order, keys
are chosen at which to cut, and the slices of all runs between two cuts are gathered.

The rejected alternative, to deal rows out by the leading bits of their keys into files that are split when they grow
large, needs no sort on the way in, but merging two such tries of different depth moves every row.
"""

from __future__ import annotations

import itertools
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._state import Exported
from ._sums import Floats, Total, accurate_sum, running_sums

Keys = NDArray[Any]
Group = tuple[int, int]

# Rows of a group that are sorted into one run.
RUN = 1 << 21
# Keys of a full run that are remembered, to find places in it without reading it all. A range may be longer than asked
# for by as many rows as lie between two of these, in each run.
_FENCES = 2048
# Rows gathered at a time, unless the memory limit asks for fewer: with 8 times as many, memory that is new to the
# process each time costs more than the ranking.
RANGE = 1 << 21
# Bytes that gathering and ranking take for a row: key, label, scratch of the kernel, and the curve.
_PER_ROW = 96

# Rows that stay in the cache from one operation to the next.
_BLOCK = 1 << 15

# Cuts below and above all keys.
_LOWEST, _HIGHEST = "lowest", "highest"

_SIGN = {4: np.uint32(1 << 31), 8: np.uint64(1 << 63)}


def keys_of(x: NDArray[Any]) -> Keys:
    """Unsigned integers in the order of canonical scores; -0.0 has the key of 0.0."""
    keys = np.array(x)
    return rekeyed(keys)


def rekeyed(x: NDArray[Any]) -> Keys:
    """Turn canonical scores into keys where they are."""
    width = x.dtype.itemsize
    bits = x.view(f"u{width}")
    sign: Any = _SIGN[width]
    if x.dtype.kind == "i":
        np.bitwise_xor(bits, sign, out=bits)
    elif x.dtype.kind == "f":
        signed = x.view(f"i{width}")
        for start in range(0, x.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            np.add(x[block], x.dtype.type(0), out=x[block])
            # All bits where the sign is set, the sign alone where it is not.
            flips = (signed[block] >> (8 * width - 1)).view(bits.dtype)
            np.bitwise_or(flips, sign, out=flips)
            np.bitwise_xor(bits[block], flips, out=bits[block])
    return bits


def numbers_of(keys: Keys, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Numbers of a dtype that have these keys."""
    if dtype.kind == "u":
        return keys
    if dtype.kind == "i":
        return np.asarray((keys ^ _SIGN[8]).view(dtype))
    width = dtype.itemsize
    sign: Any = _SIGN[width]
    # The sign alone where it is set, all bits where it is not.
    flips = (keys.view(f"i{width}") >> (8 * width - 1)).view(keys.dtype)
    np.invert(flips, out=flips)
    np.bitwise_or(flips, sign, out=flips)
    np.bitwise_xor(keys, flips, out=flips)
    return flips.view(dtype)


def common(a: np.dtype[Any] | None, b: np.dtype[Any]) -> np.dtype[Any]:
    """Dtype that the numbers of two dtypes are compared in: that of an array of both."""
    return b if a is None or a == b else np.result_type(a, b)


def as_keys(keys: Keys, dtype: np.dtype[Any], wanted: np.dtype[Any]) -> Keys:
    """Keys of the same numbers in another dtype."""
    return keys if dtype == wanted else keys_of(np.ascontiguousarray(numbers_of(keys, dtype).astype(wanted)))


class Slice(NamedTuple):
    """Sorted distinct keys: those of `single` occur once, those of `many` as often as `counts` says.

    With weights, all keys are in `many`, and `weights` holds the weight of each.
    """

    single: Keys
    many: Keys
    counts: NDArray[np.int64]
    weights: Floats | None


def _bytes_of(a: NDArray[Any]) -> memoryview:
    return memoryview(a.view(np.uint8).reshape(-1))  # type: ignore[arg-type]


class Spill:
    """A file that has no name and goes when nothing refers to it, or when the process ends, however that ends."""

    def __init__(self) -> None:
        self.file: Any = tempfile.TemporaryFile(prefix="trueval-")  # noqa: SIM115 - closed when the last run goes
        weakref.finalize(self, self.file.close)
        self.end = 0

    def write(self, a: NDArray[Any]) -> int:
        at = self.end
        self.file.seek(at)
        self.file.write(_bytes_of(np.ascontiguousarray(a)))
        self.end += a.nbytes
        return at

    def read(self, at: int, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        out = np.empty(count, dtype)
        if count:
            self.file.seek(at)
            view = _bytes_of(out)
            got = 0
            while got < len(view):
                step = self.file.readinto(view[got:])
                if not step:
                    raise OSError("A temporary file of trueval is shorter than what was written to it.")
                got += step
        return out


class Column:
    """A vector of a run: in memory, or in a file."""

    def __init__(self, values: NDArray[Any], step: int = 0) -> None:
        self.values: NDArray[Any] | None = values
        self.dtype, self.size = values.dtype, values.size
        self.step = step
        self.fences = values[::step].copy() if step else values[:0].copy()
        self.place: tuple[Spill, int] | None = None

    def spill(self, spill: Spill) -> None:
        if self.values is not None:
            self.place, self.values = (spill, spill.write(self.values)), None

    def read(self, start: int, stop: int) -> NDArray[Any]:
        if self.values is not None:
            return self.values[start:stop]
        if self.place is None:
            raise RuntimeError("A column is neither in memory nor in a file.")
        spill, at = self.place
        return spill.read(at + start * self.dtype.itemsize, self.dtype, stop - start)

    def find(self, key: Any) -> int:
        """How many are less than a key of the own dtype."""
        if not self.size:
            return 0
        block = max(0, int(np.searchsorted(self.fences, key, "left")) - 1)
        start = block * self.step
        return start + int(np.searchsorted(self.read(start, min(self.size, start + self.step)), key, "left"))

    @property
    def nbytes(self) -> int:
        return self.fences.nbytes + (0 if self.values is None else self.values.nbytes)


class Run:
    """Rows of one group, sorted by their keys; never changed."""

    def __init__(self, part: Slice, dtype: np.dtype[Any], step: int) -> None:
        self.dtype = dtype
        self.single, self.many = Column(part.single, step), Column(part.many, step)
        self.counts = Column(part.counts)
        self.weights = None if part.weights is None else Column(part.weights)
        self.rows = int(part.single.size + part.counts.sum())

    @property
    def columns(self) -> tuple[Column, ...]:
        own = (self.single, self.many, self.counts)
        return own if self.weights is None else (*own, self.weights)

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self.columns)

    def spill(self, spill: Spill) -> None:
        for column in self.columns:
            column.spill(spill)

    def places(self, cut: Any, wanted: np.dtype[Any]) -> tuple[int, int]:
        """How many single and how many repeated keys are below a cut, a key of the dtype `wanted`."""
        if cut is _LOWEST:
            return 0, 0
        if cut is not _HIGHEST and self.dtype != wanted:
            cut = self._own(cut, wanted)
        if cut is _HIGHEST:
            return self.single.size, self.many.size
        return self.single.find(cut), self.many.find(cut)

    def _own(self, cut: Any, wanted: np.dtype[Any]) -> Any:
        """Least own key whose number is not below a cut of a wider dtype."""
        low, high = 0, 2 ** (8 * self.dtype.itemsize)
        kind = np.dtype(f"u{self.dtype.itemsize}")
        if self.dtype.kind == "f":  # keys of finite numbers
            low = int(keys_of(np.array([np.finfo(self.dtype).min], self.dtype))[0])
            high = int(keys_of(np.array([np.finfo(self.dtype).max], self.dtype))[0]) + 1
        while low < high:
            middle = (low + high) // 2
            if as_keys(np.array([middle], kind), self.dtype, wanted)[0] < cut:
                low = middle + 1
            else:
                high = middle
        return _HIGHEST if low >= 2 ** (8 * self.dtype.itemsize) else kind.type(low)

    def slice(self, start: tuple[int, int], stop: tuple[int, int], wanted: np.dtype[Any]) -> Slice:
        return Slice(
            as_keys(self.single.read(start[0], stop[0]), self.dtype, wanted),
            as_keys(self.many.read(start[1], stop[1]), self.dtype, wanted),
            self.counts.read(start[1], stop[1]),
            None if self.weights is None else self.weights.read(start[1], stop[1]),
        )


def compress(keys: Keys, weights: Floats | None) -> Slice:
    """Sort keys, where they are unless there are weights; tell those that occur once from the others."""
    none = keys[:0].copy()
    if weights is None:
        keys.sort()
        first = np.empty(keys.size + 1, bool)
        first[0] = first[-1] = True
        np.not_equal(keys[1:], keys[:-1], out=first[1:-1])
        if first.all():
            return Slice(keys, none, np.empty(0, np.int64), None)
        single = first[:-1] & first[1:]
        starts = np.flatnonzero(first)
        counts = np.diff(starts)
        repeated = counts > 1
        return Slice(keys[single], keys[starts[:-1][repeated]], counts[repeated].astype(np.int64), None)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.add.reduceat(weights[order], starts) if starts.size else np.empty(0)
    return Slice(none, keys[starts], np.diff(starts, append=keys.size).astype(np.int64), sums)


class _Buffer:
    """Numbers of one group that are in no run yet, at the begin of an array that grows up to the length of a run."""

    __slots__ = ("numbers", "rows", "weights")

    def __init__(self, numbers: NDArray[Any], weighted: bool) -> None:
        self.numbers = numbers
        self.weights = np.empty(numbers.size) if weighted else None
        self.rows = 0

    def reserve(self, size: int, dtype: np.dtype[Any]) -> None:
        """Make room for `size` numbers in all, of this dtype."""
        if size > self.numbers.size or dtype != self.numbers.dtype:
            grown = np.empty(max(size, self.numbers.size), dtype)
            grown[: self.rows] = self.numbers[: self.rows]
            self.numbers = grown
        if self.weights is not None and self.weights.size < size:
            heavier = np.empty(self.numbers.size)
            heavier[: self.rows] = self.weights[: self.rows]
            self.weights = heavier

    @property
    def nbytes(self) -> int:
        return self.rows * (self.numbers.itemsize + (0 if self.weights is None else 8))


class Store:
    """All runs of a state.

    Parameters
    ----------
    memory_limit : int or None
        Bytes: a quarter for what is kept, the rest for work on it.
    """

    def __init__(self, memory_limit: int | None) -> None:
        self.limit = memory_limit
        self.run_rows = RUN if memory_limit is None else max(1024, min(RUN, memory_limit // 256))
        self.step = max(64, self.run_rows // _FENCES)
        self.kept = None if memory_limit is None else memory_limit // 4
        self.range_rows = RANGE if memory_limit is None else max(1024, min(RANGE, memory_limit // 2 // _PER_ROW))
        self.buffers: dict[Group, _Buffer] = {}
        self.runs: dict[Group, list[Run]] = {}
        self.dtype: np.dtype[Any] | None = None
        self.buffered = 0
        self.in_memory = 0
        self.spilled: Spill | None = None
        self.spare: list[NDArray[Any]] = []

    def add(self, group: Group, x: NDArray[Any], weights: Floats | None = None) -> None:
        """Add canonical scores, and their weights."""
        if not x.size:
            return
        self.dtype = common(self.dtype, x.dtype)
        start = 0
        while start < x.size:
            buffer = self.buffers.get(group)
            if buffer is None:
                buffer = self.buffers[group] = _Buffer(self._room(x), weights is not None)
            own, rows = buffer.numbers.dtype, buffer.rows
            stop = min(x.size, start + self.run_rows - rows)
            room = rows + stop - start
            if room > buffer.numbers.size or own != x.dtype:
                buffer.reserve(self._length(room), common(own, x.dtype))
            buffer.numbers[rows:room] = x[start:stop]
            if weights is not None and buffer.weights is not None:
                buffer.weights[rows:room] = weights[start:stop]
            before = buffer.nbytes if own == buffer.numbers.dtype else rows * own.itemsize
            buffer.rows = room
            self.buffered += buffer.nbytes - before
            start = stop
            if room >= self.run_rows:
                self._settle(group)
        if self.kept is not None and self.buffered + self.in_memory > self.kept:
            self._to_disk()

    def _room(self, x: NDArray[Any]) -> NDArray[Any]:
        """Find an array to begin a buffer in: one that was written to disk, as new memory costs as much as sorting."""
        for place, spare in enumerate(self.spare):
            if spare.dtype.itemsize == x.dtype.itemsize:
                return self.spare.pop(place).view(x.dtype)
        return np.empty(self._length(x.size), x.dtype)

    def _length(self, rows: int) -> int:
        """Length of an array for so many rows and more: pages that are not written to cost nothing."""
        return self.run_rows if rows > _BLOCK else min(self.run_rows, 2 * rows)

    def _settle(self, group: Group) -> None:
        """Sort a buffer into a run."""
        buffer = self.buffers.pop(group, None)
        if buffer is None:
            return
        self.buffered -= buffer.nbytes
        numbers, weights = buffer.numbers[: buffer.rows], buffer.weights
        if buffer.rows < buffer.numbers.size:
            numbers = numbers.copy()
        part = compress(rekeyed(numbers), None if weights is None else weights[: buffer.rows])
        run = Run(part, numbers.dtype, self.step)
        self.runs.setdefault(group, []).append(run)
        self.in_memory += run.nbytes

    def _to_disk(self) -> None:
        # Buffers of few groups go on being filled; those of many may be all there is.
        if self.kept is None or 2 * self.buffered > self.kept:
            for group in list(self.buffers):
                self._settle(group)
        if self.spilled is None:
            self.spilled = Spill()
        for run in itertools.chain.from_iterable(self.runs.values()):
            written = run.single.values
            run.spill(self.spilled)
            if written is not None and written.size == self.run_rows:
                self.spare.append(written)
        self.in_memory = sum(run.nbytes for runs in self.runs.values() for run in runs)

    def merge(self, other: Store, groups: Mapping[Group, Group]) -> None:
        """List the runs of another store with the own, under other names of their groups."""
        for group in list(other.buffers):
            other._settle(group)
        for group, runs in other.runs.items():
            self.runs.setdefault(groups[group], []).extend(runs)
        if other.dtype is not None:
            self.dtype = common(self.dtype, other.dtype)
        self.in_memory = sum(run.nbytes for runs in self.runs.values() for run in runs)
        if self.kept is not None and self.buffered + self.in_memory > self.kept:
            self._to_disk()

    def rows(self, groups: list[Group]) -> int:
        """How many rows some groups have."""
        listed = sum(run.rows for group in groups for run in self.runs.get(group, ()))
        return listed + sum(self.buffers[group].rows for group in groups if group in self.buffers)

    def ranges(self, *sides: list[Group], ascending: bool = False) -> Iterator[list[list[Slice]]]:
        """Walk over the keys of some groups, by default from the highest range down.

        Yields for each of the `sides` the slices of its runs.
        """
        for group in itertools.chain.from_iterable(sides):
            self._settle(group)
        lists = [[run for group in groups for run in self.runs.get(group, ())] for groups in sides]
        dtype = self.dtype
        if dtype is None:
            return
        cuts = _cuts(list(itertools.chain.from_iterable(lists)), dtype, self.range_rows)
        bounds: list[Any] = [_LOWEST, *cuts, _HIGHEST]
        if not ascending:
            bounds.reverse()
        known = [[run.places(bounds[0], dtype) for run in runs] for runs in lists]
        for bound in bounds[1:]:
            places = [[run.places(bound, dtype) for run in runs] for runs in lists]
            low, high = (known, places) if ascending else (places, known)
            yield [
                [run.slice(start, stop, dtype) for run, start, stop in zip(*parts, strict=True)]
                for parts in zip(lists, low, high, strict=True)
            ]
            known = places

    @property
    def nbytes(self) -> int:
        return self.buffered + self.in_memory

    @property
    def on_disk(self) -> int:
        """Bytes in files."""
        return sum(
            column.size * column.dtype.itemsize
            for runs in self.runs.values()
            for run in runs
            for column in run.columns
            if column.place is not None
        )

    def export(self) -> Exported:
        """Content as plain arrays, all of it in memory."""
        for group in list(self.buffers):
            self._settle(group)
        runs = []
        for group, listed in self.runs.items():
            for run in listed:
                part = run.slice((0, 0), run.places(_HIGHEST, run.dtype), run.dtype)
                # Copies: the memory of a run is used again when it goes to disk.
                runs.append([list(group), run.dtype.str, *(None if a is None else a.copy() for a in part)])
        return {"runs": runs, "score_width": None if self.dtype is None else self.dtype.str}

    def load(self, exported: Mapping[str, Any]) -> None:
        """Take up what `export` gave."""
        for group, dtype, single, many, counts, weights in exported["runs"]:
            part = Slice(
                np.array(single), np.array(many), np.array(counts), None if weights is None else np.array(weights)
            )
            if part.many.size != part.counts.size or (weights is not None and part.many.size != part.weights.size):  # type: ignore[union-attr]
                raise ValueError("state_dict has keys without counts.")
            run = Run(part, np.dtype(dtype), self.step)
            self.runs.setdefault((int(group[0]), int(group[1])), []).append(run)
            self.in_memory += run.nbytes
        width = exported["score_width"]
        self.dtype = None if width is None else np.dtype(width)
        if self.kept is not None and self.in_memory > self.kept:
            self._to_disk()


def _cuts(runs: list[Run], dtype: np.dtype[Any], most: int) -> list[Any]:
    """Keys between which there are about `most` entries of the runs, ascending."""
    entries = sum(run.single.size + run.many.size for run in runs)
    if entries <= most:
        return []
    columns = [(run, column) for run in runs for column in (run.single, run.many)]
    fences = np.concatenate([as_keys(column.fences, run.dtype, dtype) for run, column in columns])
    order = np.argsort(fences, kind="stable")
    before = np.cumsum(np.repeat([c.step for _, c in columns], [c.fences.size for _, c in columns])[order])
    # The first fence past each multiple of what is wanted.
    at = np.searchsorted(before, np.arange(most, int(before[-1]), most))
    return list(np.unique(fences[order][at]))


# what a range comes to ------------------------------------------------------------------------------------------------


class Tally(NamedTuple):
    """Distinct keys in descending order, with the rows, or the weight, of both sides at each."""

    keys: Keys
    ups: NDArray[Any]
    downs: NDArray[Any]


def plain(slices: list[Slice], most: int) -> Keys | None:
    """Keys of all rows, each as often as it occurs; None where that is too many, or there are weights."""
    if any(part.weights is not None for part in slices):
        return None
    if sum(int(part.counts.sum()) for part in slices) > most:
        return None
    keys = [part.single for part in slices]
    keys += [np.repeat(part.many, part.counts) for part in slices if part.many.size]
    return keys[0] if len(keys) == 1 else np.concatenate(keys) if keys else np.empty(0, np.uint64)


def tally(ups: list[Slice], downs: list[Slice], weighted: bool) -> Tally:
    """Add up the slices of a range."""
    keys: list[Keys] = []
    amounts: list[Any] = []
    sides: list[NDArray[np.bool_]] = []
    for side, slices in ((True, ups), (False, downs)):
        for part in slices:
            many: Any = part.counts if part.weights is None else part.weights
            for own, amount in ((part.single, np.ones(part.single.size, np.int64)), (part.many, many)):
                if own.size:
                    keys.append(own)
                    amounts.append(amount)
                    sides.append(np.full(own.size, side))
    kind = np.float64 if weighted else np.int64
    if not keys:
        return Tally(np.empty(0, np.uint64), np.empty(0, kind), np.empty(0, kind))
    every = np.concatenate(keys)
    order = np.argsort(every, kind="stable")[::-1]
    every = every[order]
    amount = np.concatenate(amounts).astype(kind, copy=False)[order]
    side_up = np.concatenate(sides)[order]
    starts = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]]))
    return Tally(
        every[starts],
        np.add.reduceat(np.where(side_up, amount, kind(0)), starts),
        np.add.reduceat(np.where(side_up, kind(0), amount), starts),
    )


def quantile(store: Store, groups: list[Group], share: float, slack: float, total: float) -> float:
    """Quantile of some groups in the sense of the kernels: the first number at which `share` of the weight is reached.

    Or its mean with the next number of nonzero weight, where what is reached exceeds the share by at most `slack`.
    """
    target = share * total or float(np.nextafter(0.0, 1.0))
    here: float | None = None
    last = np.nan
    below = Total(1)
    for numbers, amounts in distributions(store, groups):
        sums = float(below.value[0]) + running_sums(amounts)
        after = 0
        if here is None:
            at = int(np.searchsorted(sums, target))
            if at == sums.size:
                below.add(accurate_sum(amounts))
                last = float(numbers[-1])
                continue
            here = float(numbers[at])
            if sums[at] - target > slack:
                return here
            after = at + 1
        rest = np.flatnonzero(amounts[after:] != 0)
        if rest.size:
            with np.errstate(over="ignore"):
                return float((np.float64(here) + numbers[after + rest[0]]) / 2)
    return last if here is None else here


def distributions(store: Store, groups: list[Group]) -> Iterator[tuple[Floats, Floats]]:
    """Distinct numbers of some groups, ascending, and their rows or weights, range by range."""
    for (slices,) in store.ranges(groups, ascending=True):
        found = tally(slices, [], any(part.weights is not None for part in slices))
        if found.keys.size and store.dtype is not None:
            yield numbers_of(found.keys[::-1], store.dtype).astype(np.float64), found.ups[::-1].astype(np.float64)
