"""The first pass over a table: the rows by which its task is settled, and how often labels and slices occur."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._tables import Column, Progress, Selection
from .._tasks import Labels, Problem, TaskError, find_labels, is_whole, prepare

Batch = dict[str, Column]
"""Columns of a part, by their names."""

# Distinct labels, or values of a column to slice by, that are told apart.
_DISTINCT = 1 << 16
# New values up to which each is looked for by itself.
_FEW = 8


@dataclass(frozen=True)
class Wanted:
    """Which columns of a table are what."""

    label: str
    models: Sequence[Selection]
    weight: str | None = None
    cuts: Sequence[str] = ()
    task: str | None = None
    positive: str | None = None

    @property
    def names(self) -> list[str]:
        """All columns, each once."""
        extra = [name for name in (self.weight,) if name is not None]
        chosen = [column for model in self.models for column in model.columns]
        return list(dict.fromkeys([self.label, *extra, *self.cuts, *chosen]))


class Survey:
    """The rows by which `prepare` decides as by all, and how often each label and each value of a slice occurs."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.rows = 0
        counted = [] if wanted.task == "regression" else [wanted.label]
        self.counts: dict[str, dict[Any, int]] = {name: {} for name in (*counted, *wanted.cuts)}
        self.negative = 0
        # Deciding rows by why they are; a value of a column by its name.
        self._kept: dict[Any, dict[str, Any]] = {}
        self._known: dict[str, set[Any] | None] = {}
        self._bounds: dict[Any, float] = {}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._digest: Batch | None = None

    def report(self, show: Progress | None, total: int | None) -> None:
        """Say how far the pass has come."""
        if show is not None:
            show(self.rows, total or self.rows)

    def add(self, batch: Batch) -> None:
        """Look at a part."""
        found: dict[Any, int] = {}
        for name, column in batch.items():
            self._dtypes[name] = column.values.dtype
            values = column.values
            if column.categories is not None:
                texts = np.array(column.categories, dtype=object)
                self._distinct(column, values, texts, np.bincount(values, minlength=len(texts)), found)
            elif values.ndim > 1 and values.shape[1] > 1:
                for place in range(values.shape[1]):
                    self._extremes((name, place), values[:, place], found)
            else:
                self._numbers(column, values.reshape(-1), found)
        for model in self.wanted.models:
            self._sums(model, batch, found)
        for why, row in found.items():
            self._kept[why] = {name: _cell(column, row) for name, column in batch.items()}
        self.rows += len(batch[self.wanted.label].values)

    def _extremes(self, what: Any, values: NDArray[Any], found: dict[Any, int]) -> tuple[float, float]:
        low, high = values.min().item(), values.max().item()
        if low < self._bounds.get((what, "low"), math.inf):
            self._bounds[what, "low"] = low
            found[what, "low"] = int(values.argmin())
        if high > self._bounds.get((what, "high"), -math.inf):
            self._bounds[what, "high"] = high
            found[what, "high"] = int(values.argmax())
        return low, high

    def _numbers(self, column: Column, values: NDArray[Any], found: dict[Any, int]) -> None:
        name = column.name
        low, high = self._extremes(name, values, found)
        if name == self.wanted.weight:
            if low < 0:
                self.negative += int(np.count_nonzero(values < 0))
            return
        if self._known.get(name, ()) is None:
            return
        if not is_whole(values):
            if max(-low, high) < 2.0**53:
                found[name, "not whole"] = int(np.argmax(values != np.trunc(values)))
            self._known[name] = None
            self.counts.pop(name, None)
            return
        whole = values.astype(np.int64) if values.dtype.kind == "f" else values
        if values.dtype.kind == "b":
            whole = values.view(np.uint8)
        if int(high) - int(low) < _DISTINCT:
            if int(low) >= 0 and int(high) < _DISTINCT and whole.dtype != np.uint64:
                low, counts = 0, np.bincount(whole)
            else:
                counts = np.bincount((whole - whole.dtype.type(int(low))).astype(np.int64))
            present = np.flatnonzero(counts)
            texts = np.array([int(place) + int(low) for place in present], dtype=object)
            self._distinct(column, whole, texts, counts[present], found)
        else:
            distinct, counts = np.unique(whole, return_counts=True)
            self._distinct(column, whole, distinct, counts, found)

    def _distinct(
        self, column: Column, values: NDArray[Any], distinct: NDArray[Any], counts: NDArray[Any], found: dict[Any, int]
    ) -> None:
        """Take note of the values of a part, or positions of texts, and of where each new one is."""
        name = column.name
        known = self._known.setdefault(name, set())
        if known is None:
            return
        listed = distinct.tolist()
        new = [value for value in listed if value not in known]
        if len(known) + len(new) > _DISTINCT:
            if name in self.counts:
                what = "label" if name == self.wanted.label else "slice"
                more = "; --task regression takes any number" if what == "label" and column.kind == "numbers" else ""
                raise TaskError(
                    f"{what} column {name!r} has more than {_DISTINCT} distinct values in {self.rows + len(values)} "
                    f"rows and more, too many to tell apart when a table is read in parts{more}"
                )
            new = new[: max(0, _DISTINCT + 1 - len(known))]
        known.update(new)
        for value, count in zip(listed, counts.tolist(), strict=True):
            if name in self.counts:
                self.counts[name][value] = self.counts[name].get(value, 0) + count
        if not new:
            return
        codes = new if column.categories is None else [listed.index(value) for value in new]
        if len(new) <= _FEW:
            at = [int(np.argmax(values == code)) for code in codes]
        else:
            present, first = np.unique(values, return_index=True)
            at = first[np.searchsorted(present, np.array(codes, dtype=present.dtype))].tolist()
        for value, row in zip(new, at, strict=True):
            found[name, "is", value] = row

    def _sums(self, model: Selection, batch: Batch, found: dict[Any, int]) -> None:
        """Find the row whose probabilities are furthest from a sum of 1."""
        columns = [batch[name] for name in model.columns]
        arrays = [column.values for column in columns]
        if any(column.kind != "numbers" for column in columns):
            return
        if (len(arrays) == 1 and arrays[0].ndim == 1) or (len(arrays) > 1 and any(a.ndim > 1 for a in arrays)):
            return
        matrix = arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)
        away = np.abs(matrix.sum(axis=1, dtype=np.float64) - 1)
        row = int(away.argmax())
        if away[row] > self._bounds.get((model.name, "sum"), -1.0):
            self._bounds[model.name, "sum"] = float(away[row])
            found[model.name, "sum"] = row

    @property
    def digest(self) -> Batch:
        """The deciding rows, as columns that stand for all."""
        if self._digest is None:
            self._digest = {}
            for name, dtype in self._dtypes.items():
                cells = [row[name] for row in self._kept.values()]
                if isinstance(cells[0], str):
                    categories, places = np.unique(np.array(cells), return_inverse=True)
                    column = Column(name, places.reshape(-1), tuple(categories.tolist()), self.rows)
                else:
                    column = Column(name, np.array(cells, dtype=dtype), None, self.rows)
                self._digest[name] = column
        return self._digest

    def prepare(self, batch: Batch | None = None) -> Problem:
        """Prepare a part as all rows would be; without one, the deciding rows."""
        wanted, columns = self.wanted, self.digest
        if batch is not None:
            columns = {name: _joined(column, batch[name]) for name, column in columns.items()}
        problem = prepare(
            columns[wanted.label],
            [(model, [columns[name] for name in model.columns]) for model in wanted.models],
            task=wanted.task,
            weight=None if wanted.weight is None else columns[wanted.weight],
            positive=wanted.positive,
        )
        if batch is None:
            return problem
        return problem.part(slice(len(self.digest[wanted.label].values), None))

    def labels(self, name: str, batch: Batch | None = None) -> Labels | None:
        """Labels of a column, in the whole or in a part."""
        column = self.digest[name]
        if batch is None:
            return find_labels(column)
        joined = find_labels(_joined(column, batch[name]))
        return None if joined is None else replace(joined, values=joined.values[len(column.values) :])

    def sizes(self, name: str, labels: Labels) -> NDArray[np.int64]:
        """How many rows there are of each distinct label."""
        return np.array([self.counts[name][value] for value in labels.distinct])


def _cell(column: Column, row: int) -> Any:
    if column.categories is not None:
        return column.categories[column.values[row]]
    return column.values[row].copy()


def _joined(head: Column, tail: Column) -> Column:
    """Rows of two columns, one below the other."""
    if head.categories is None or tail.categories is None:
        return Column(head.name, np.concatenate([head.values, tail.values]), None, head.rows)
    categories = tuple(sorted({*head.categories, *tail.categories}))
    place = {text: i for i, text in enumerate(categories)}
    values = [np.array([place[text] for text in own.categories or ()])[own.values] for own in (head, tail)]
    return Column(head.name, np.concatenate(values), categories, head.rows)
