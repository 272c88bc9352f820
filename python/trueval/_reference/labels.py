"""Which values an array holds, and the numbering of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[Any]

CLEAN, NAN, INFINITE, FRACTIONAL = range(4)

# Of the floats, exactly those in [-2**63, 2**63) fit an int64 once they are integral.
_BOUND = 2.0**63


def scan(x: NDArray[Any], /) -> tuple[int, float, float]:
    """Status, minimum and maximum over what is finite."""
    status = CLEAN
    if x.dtype.kind == "f":
        finite = np.isfinite(x)
        if not finite.all():
            status = NAN if np.isnan(x).any() else INFINITE
            x = x[finite]
    if x.size == 0:
        return status, np.inf, -np.inf
    return status, float(x.min()), float(x.max())


def label_set(y: Labels, /) -> tuple[int, Labels]:
    """Status and sorted distinct labels, none when the status is not 0."""
    status = label_status(y)
    if status != CLEAN:
        return status, y[:0].copy()
    return status, np.unique(unsigned_zero(y))


def label_status(y: Labels) -> int:
    """Find the first of: a NaN, an infinity, a float that is no integer of 64 bits."""
    if y.dtype.kind != "f":
        return CLEAN
    if np.isnan(y).any():
        return NAN
    if np.isinf(y).any():
        return INFINITE
    integral = (np.trunc(y) == y) & (y >= -_BOUND) & (y < _BOUND)
    return CLEAN if integral.all() else FRACTIONAL


def unsigned_zero(x: NDArray[Any]) -> NDArray[Any]:
    """Put 0.0 in place of -0.0."""
    return x + x.dtype.type(0) if x.dtype.kind == "f" else x


def is_label(y: Labels, label: int | None) -> NDArray[np.bool_]:
    """Where `y` holds an integer, which need not be one that its dtype can hold."""
    if label is None or not _can_hold(y.dtype, label):
        return np.zeros(y.shape, np.bool_)
    # As a scalar of the dtype: NumPy 1 compares uint64 with a Python integer in float64.
    return np.equal(y, y.dtype.type(label))


def _can_hold(dtype: np.dtype[Any], label: int) -> bool:
    if dtype.kind == "f":
        return -(2**63) <= label < 2**63 and int(dtype.type(label)) == label
    limits = np.iinfo(dtype)
    return int(limits.min) <= label <= int(limits.max)


def factorize(rows: NDArray[np.uint8], /) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Find the first row of each distinct one, and number all rows in order of first appearance."""
    n, width = rows.shape
    if n == 0 or width == 0:
        return np.zeros(min(n, 1), np.int64), np.zeros(n, np.uint32)
    # Byte strings of one width are equal just when all their bytes are, trailing zeros included.
    return _number(np.ascontiguousarray(rows).view(f"S{width}").reshape(n))


def factorize_objects(y: NDArray[np.object_], /) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Find the first row of each distinct object, by identity, and number all rows in order of first appearance."""
    return _number(np.fromiter(map(id, y), dtype=np.uintp, count=len(y)))


def _number(keys: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    number = np.empty(len(order), np.uint32)
    number[order] = np.arange(len(order), dtype=np.uint32)
    return first[order].astype(np.int64, copy=False), number[codes.reshape(len(keys))]
