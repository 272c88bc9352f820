"""Sums of products of columns, and the standard errors that follow from them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..inference._evidence import Evidence, Question
from ..inference._laws import Law, StudentLaw
from ..inference._samples import Sample

Floats = NDArray[np.float64]

# Rows that stay in the cache from one operation to the next.
CACHED = 1 << 14


def undrawn(_: object) -> Sample:
    """Refuse to draw: sums have no rows."""
    raise ValueError("sums have no rows to be drawn from")


def apart(values: list[Floats]) -> list[Floats]:
    """Keep values of the first model, and what those of the second are above them: alike as they are, they cancel."""
    return [values[0], *(other - values[0] for other in values[1:])]


class Products:
    """Sums of products of columns, from which the standard error of any sum of them follows.

    Columns are taken about the mean of the first part, so that little cancels. Rows have weights, and what is summed is
    the square of a weight times a product: that of what a row adds.
    """

    def __init__(self) -> None:
        self.squares: Floats = np.zeros((0, 0))
        self.sums: Floats = np.zeros(0)
        self.rows = 0
        self._start: dict[int, float] = {}

    def start(self, place: int, column: Floats) -> float:
        """About which number a column is taken."""
        return self._start.setdefault(place, float(column.mean()))

    def add(self, columns: list[Floats], weight: Floats | None, plain: int = 0) -> None:
        """Add rows; the last `plain` columns are as they should be."""
        about = len(columns) - plain
        near = [self.start(place, column) if place < about else 0.0 for place, column in enumerate(columns)]
        size, rows = len(columns) + 1, len(columns[0])
        if not self.rows:
            self.squares, self.sums = np.zeros((size, size)), np.zeros(size)
        # Blocks so small that the product takes one thread: others are at work.
        for start in range(0, rows, CACHED):
            block = slice(start, start + CACHED)
            matrix = np.ones((size, min(CACHED, rows - start)))
            for place, column in enumerate(columns):
                np.subtract(column[block], near[place], out=matrix[place])
            if weight is not None:
                matrix *= weight[block]
            self.squares += matrix @ matrix.T
            self.sums += matrix.sum(axis=1)
        self.rows += rows

    @property
    def means(self) -> Floats:
        """Means of the columns, from where they are taken about."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.sums[:-1] / self.sums[-1]

    def value(self, place: int) -> float:
        """Mean of a column itself."""
        return self._start[place] + float(self.means[place])

    def standard_error(self, slopes: dict[int, float]) -> float:
        """Work out the standard error of a sum of the columns' means, each times its slope."""
        if self.rows < 2:
            return math.nan
        # Only the columns at hand: others may have left the range of numbers.
        own = [*slopes, len(self.sums) - 1]
        chosen = np.array([slope / self.sums[-1] for slope in slopes.values()] + [0.0])
        chosen[-1] = -sum(share * self.means[place] for share, place in zip(chosen[:-1], slopes, strict=True))
        square = float(chosen @ self.squares[np.ix_(own, own)] @ chosen)
        if not math.isfinite(square):
            return math.nan
        return math.sqrt(max(0.0, square) * self.rows / (self.rows - 1))

    def mean(self, question: Question, place: int) -> Evidence:
        """Say what is known of a mean, or of the difference of two."""
        error = self.standard_error({place: 1.0})
        estimate = question.values[-1] - question.values[0] if len(question.values) == 2 else question.values[0]
        df = question.rows - 1

        def law(method: str) -> Law:
            return StudentLaw(estimate, error, math.inf if method == "normal" else df)

        return Evidence("mean", question, undrawn, law)
