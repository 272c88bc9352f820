"""Sums whose value hardly depends on how the terms were split: each is kept as two floats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Up to here a correctly rounded sum in Python is as fast as a compensated one in NumPy.
_FEW = 512


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """Sum of two floats, and what its rounding left out (Knuth 1969)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def accurate_sum(x: Floats) -> float:
    """Sum of a vector, compensated pairwise: in effect rounded once."""
    rest: list[float] = []
    with np.errstate(over="ignore", invalid="ignore"):
        while x.size > _FEW:
            half = x.size // 2
            if x.size % 2:
                rest.append(float(x[-1]))
            x, low = two_sum(x[:half], x[half : 2 * half])
            rest.append(float(np.sum(low)))
        values = [*x.tolist(), *rest]
        try:
            return math.fsum(values)
        except (OverflowError, ValueError):  # beyond the largest float, or infinities of both signs
            return float(np.sum(values))


def column_sums(x: Floats, weight: Floats | None = None) -> Floats:
    """Sum of each column of an (n, k) matrix, its rows weighted."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([accurate_sum(column if weight is None else column * weight) for column in x.T])


def running_sums(x: Floats) -> Floats:
    """Cumulative sums, each of them compensated.

    The vector is laid out as a matrix whose rows are consecutive; a step adds one column to the sums of all rows at
    once, and then each row is raised by the sum of those before it.
    """
    n = x.size
    if n <= _FEW:
        return np.cumsum(x)
    width = math.isqrt(n)
    rows = -(-n // width)
    padded = np.zeros(rows * width)
    padded[:n] = x
    columns = np.ascontiguousarray(padded.reshape(rows, width).T)
    low = np.zeros(rows)
    high = np.zeros(rows)
    lows = np.empty_like(columns)
    with np.errstate(over="ignore", invalid="ignore"):
        for place in range(width):
            high, error = two_sum(high, columns[place])
            low = low + error
            columns[place], lows[place] = high, low
        above, rest = 0.0, 0.0
        starts = np.empty((2, rows))
        for row, (big, small) in enumerate(zip(high.tolist(), low.tolist(), strict=True)):
            starts[:, row] = above, rest
            above, error = two_sum(above, big)
            rest += error + small
        total, error = two_sum(columns, starts[0])
        total += error + lows + starts[1]
    return np.ascontiguousarray(total.T).reshape(-1)[:n]


class Total:
    """A vector of sums, each of two floats; merging in any order changes it by some 2**-100 of itself."""

    __slots__ = ("high", "low")

    def __init__(self, size: int) -> None:
        self.high = np.zeros(size)
        self.low = np.zeros(size)

    def add(self, x: Any) -> None:
        """Add a term to each sum."""
        with np.errstate(over="ignore", invalid="ignore"):
            self.high, error = two_sum(self.high, x)
            self.low = self.low + error

    def merge(self, other: Total) -> None:
        """Add other sums to these."""
        self.add(other.high)
        with np.errstate(invalid="ignore"):
            self.low = self.low + other.low

    @property
    def value(self) -> Floats:
        """The sums, rounded."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.where(np.isfinite(self.high), self.high + self.low, self.high)

    def export(self) -> Floats:
        """Both floats of each sum, for `of`."""
        return np.stack([self.high, self.low])

    @classmethod
    def of(cls, parts: Floats) -> Total:
        """Take up what `export` gave."""
        total = cls(parts.shape[1])
        total.high, total.low = parts[0].copy(), parts[1].copy()
        return total


# exact integers -------------------------------------------------------------------------------------------------------


def exact_dot(counts: NDArray[np.int64], *factors: NDArray[np.int64]) -> int:
    """Sum of the products of non-negative integers, exact whatever it comes to.

    Factors are cut into limbs so narrow that a sum of products of limbs stays below 2**63.
    """
    if not counts.size:
        return 0
    vectors = (counts, *factors)
    bits = [max(1, int(v.max()).bit_length()) for v in vectors]
    spare = 63 - int(counts.size).bit_length()
    if sum(bits) <= spare:
        product = vectors[0]
        for v in vectors[1:]:
            product = product * v
        return int(np.sum(product))
    limb = spare // len(vectors)
    total = 0
    parts: list[tuple[int, NDArray[np.int64]]] = [(0, np.ones(1, np.int64))]
    for v, width in zip(vectors, bits, strict=True):
        limbs = [(at, (v >> at) & ((1 << limb) - 1)) for at in range(0, width, limb)]
        parts = [(shift + at, product * digits) for shift, product in parts for at, digits in limbs]
    for shift, product in parts:
        total += int(np.sum(product)) << shift
    return total
