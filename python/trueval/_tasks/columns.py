"""Columns of predictions, weights and clusters, and what is refused in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._tables import Column, Selection
from .labels import TaskError, holds, said_rows, some


@dataclass(frozen=True)
class Given:
    """The columns of one model as they were named and read."""

    selection: Selection
    columns: list[Column]

    @property
    def name(self) -> str:
        """Return what it was called by."""
        return self.selection.name

    @property
    def is_matrix(self) -> bool:
        """Whether there are several values for each row."""
        return len(self.columns) > 1 or (self.columns[0].values.ndim == 2 and self.columns[0].values.shape[1] > 1)

    @property
    def width(self) -> int:
        """Return how many values there are for each row."""
        return len(self.columns) if len(self.columns) > 1 else self.columns[0].values.shape[1]

    def matrix(self) -> NDArray[Any]:
        """Put the values of each row side by side."""
        for column in self.columns:
            if column.kind != "numbers":
                raise TaskError(f"column {column.name!r} holds {column.kind}, not numbers ({said_rows(column)})")
        if len(self.columns) == 1:
            return self.columns[0].values
        for column in self.columns:
            if column.values.ndim > 1:
                raise TaskError(f"column {column.name!r} holds lists; of several columns each must hold numbers")
        return np.stack([column.values for column in self.columns], axis=1)


def clusters_of(column: Column) -> NDArray[np.int64]:
    """Give the clusters of a column numbers."""
    if holds(column) == "lists":
        raise TaskError(
            f"cluster column {column.name!r} holds lists ({said_rows(column)}); one value per row is needed"
        )
    places = np.unique(column.values.reshape(-1), return_inverse=True)[1].reshape(-1).astype(np.int64)
    if places.max() == 0:
        raise TaskError(
            f"cluster column {column.name!r} has one value only in {said_rows(column)}; clusters are compared"
        )
    return places


def weights_of(column: Column) -> NDArray[np.float64]:
    """Take the weights of a column."""
    if column.kind == "text" or column.values.ndim > 1:
        raise TaskError(f"weight column {column.name!r} holds {holds(column)}, not numbers ({said_rows(column)})")
    refuse_negative_weights(column, int(np.count_nonzero(column.values < 0)))
    if not np.any(column.values):
        raise TaskError(f"weight column {column.name!r} is zero in all {said_rows(column)}")
    return column.values.astype(np.float64)


def refuse_negative_weights(column: Column, number: int) -> None:
    """Say how many weights are negative, if any is."""
    if number:
        raise TaskError(f"weight column {column.name!r} has {number} negative values in {said_rows(column)}")


def numbers(column: Column, role: str, task: str) -> NDArray[Any]:
    """Take the numbers of a column."""
    if column.kind != "numbers" or holds(column) == "lists":
        raise TaskError(
            f"{role}column {column.name!r} holds {holds(column)} ({said_rows(column)}); {task} needs one number per row"
        )
    return column.values.reshape(-1)


def one_column(given: Given, task: str) -> NDArray[Any]:
    """Take the numbers of the one column that a model has."""
    if len(given.columns) > 1:
        names = some([column.name for column in given.columns])
        raise TaskError(f"{given.name!r} stands for {len(given.columns)} columns ({names}); {task} needs one")
    return numbers(given.columns[0], "", task)
