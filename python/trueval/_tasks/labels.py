"""Columns of labels, and what messages say of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._tables import Column
from .._validation.arrays import SMALL_RANGE, offsets

# Numbers that are looked at before all others: most columns that are not whole show it at once.
_FIRST = 1 << 10
_SHOWN = 5


class TaskError(ValueError):
    """Columns that do not make the task, in one sentence."""


@dataclass(frozen=True)
class Labels:
    """A column of labels: integers or texts.

    `values` holds the integers themselves or positions in `distinct`, which is sorted.
    """

    values: NDArray[Any]
    distinct: list[Any]
    names: list[str]
    is_text: bool

    def codes(self, classes: Sequence[Any]) -> NDArray[Any]:
        """Each row's position in `classes`, a sorted list that holds every distinct label."""
        dtype = np.min_scalar_type(max(len(classes) - 1, 0))
        if self.is_text:
            place = {label: i for i, label in enumerate(classes)}
            return np.array([place[label] for label in self.distinct], dtype=dtype)[self.values]
        low, high = self.distinct[0], self.distinct[-1]
        if high - low < SMALL_RANGE:
            table = np.zeros(high - low + 1, dtype=dtype)
            table[[value - low for value in self.distinct]] = np.searchsorted(np.array(classes), self.distinct)
            return table[offsets(self.values, low)]
        return np.searchsorted(np.array(classes), self.values).astype(dtype)


def is_whole(values: NDArray[Any]) -> bool:
    """Whether all numbers are whole."""
    if values.dtype.kind != "f":
        return True
    first = values[:_FIRST]
    if not np.all(first == np.trunc(first)):
        return False
    # Past 2**53 every float64 is whole, label or not.
    return max(-float(values.min()), float(values.max())) < 2.0**53 and bool(np.all(values == np.trunc(values)))


def find_labels(column: Column) -> Labels | None:
    """Find the labels in a column; None when it holds numbers that are not whole."""
    if column.categories is not None:
        names = list(column.categories)
        return Labels(column.values, names, names, True)
    values = column.values
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim > 1 or not is_whole(values):
        return None
    boolean = values.dtype.kind == "b"
    if boolean:
        values = values.view(np.uint8)
    elif values.dtype.kind == "f":
        values = values.astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if high - low < SMALL_RANGE:
        distinct = [int(i) + low for i in np.flatnonzero(np.bincount(offsets(values, low)))]
    else:
        distinct = np.unique(values).tolist()
    names = [str(bool(label)) if boolean else str(label) for label in distinct]
    return Labels(values, distinct, names, False)


def some(names: Sequence[str], most: int = _SHOWN) -> str:
    """List the first of some names."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def said_rows(column: Column) -> str:
    """Say how many rows a column stands for."""
    rows = len(column.values) if column.rows is None else column.rows
    return f"{rows} row{'s' * (rows > 1)}"


def holds(column: Column) -> str:
    """Say what a column holds, in a word."""
    return "lists" if column.values.ndim > 1 and column.values.shape[1] > 1 else column.kind
