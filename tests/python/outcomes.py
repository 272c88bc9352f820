"""What a call did, in a form that two implementations can be compared by.

An outcome is a value, or an exception, and the warnings on the way; `difference` says in words how two outcomes differ.
"""

from __future__ import annotations

import hashlib
import os
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """How far two values may be apart, and why they may be apart at all."""

    rtol: float
    atol: float
    reason: str

    def widened(self, other: Tolerance | None) -> Tolerance:
        """The larger of each bound, for an input that is itself less precise than float64."""
        if other is None:
            return self
        return Tolerance(max(self.rtol, other.rtol), max(self.atol, other.atol), other.reason)


EXACT = Tolerance(0.0, 0.0, "both sides count, or divide the same integers once")


@dataclass(frozen=True)
class Outcome:
    """A returned value or a raised exception, with the warnings in the order in which they were issued."""

    value: Any
    error: BaseException | None
    warnings: tuple[tuple[type, str], ...]

    def __str__(self) -> str:
        what = f"{type(self.error).__name__}: {self.error}" if self.error else repr(self.value)
        return "\n  ".join([what, *(f"warned {kind.__name__}: {text}" for kind, text in self.warnings)])


# Not part of a metric's behaviour: by-products of how an expression happens to be written (NumPy's RuntimeWarning for
# an overflow), or of the versions of the libraries on the way.
INCIDENTAL = (RuntimeWarning, DeprecationWarning, PendingDeprecationWarning)
# NumPy before 1.25 compares words with a number, or no labels with any, to a scalar: it warns, and then scikit-learn
# complains of the scalar.
OLD_NUMPY = "elementwise comparison failed"
OLD_NUMPY_SCALAR = ("got scalar `array(0, dtype=int32)` instead.", "axis 1 is out of bounds for array of dimension 1")


def trips_on_old_numpy(error: object) -> bool:
    """Is this an exception of scikit-learn's that NumPy from 1.25 on does not lead to?"""
    return np.lib.NumpyVersion(np.__version__) < "1.25.0" and str(error).endswith(OLD_NUMPY_SCALAR)


def on_purpose(error: BaseException) -> bool:
    """Does scikit-learn's own code raise this, or does it fall out of NumPy or SciPy somewhere below?"""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.sep}sklearn{os.sep}" in last.filename and (last.line or "").startswith("raise ")


def run(call: Callable[[], Any]) -> Outcome:
    """Call, and keep what came of it."""
    value, error = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = call()
        except Exception as raised:
            error = raised
    seen = tuple(
        (w.category, str(w.message))
        for w in caught
        if not issubclass(w.category, INCIDENTAL) and not str(w.message).startswith(OLD_NUMPY)
    )
    return Outcome(value, error, seen)


def difference(ours: Outcome, theirs: Outcome, tolerance: Tolerance) -> str | None:
    """How two outcomes differ, None where they do not: exception, warnings (class and text), then the value."""
    if type(ours.error) is not type(theirs.error) or str(ours.error) != str(theirs.error):
        return f"outcomes differ\nours:   {ours}\ntheirs: {theirs}"
    if ours.warnings != theirs.warnings:
        return f"warnings differ\nours:   {ours}\ntheirs: {theirs}"
    if ours.error is not None:
        return None
    return value_difference(ours.value, theirs.value, tolerance)


def value_difference(ours: Any, theirs: Any, tolerance: Tolerance, *, types: bool = True) -> str | None:
    """How two values differ in type, shape or number; with ``types=False`` in number alone."""
    if isinstance(ours, tuple) or isinstance(theirs, tuple):
        if type(ours) is not type(theirs) or len(ours) != len(theirs):
            return f"containers differ: {ours!r} against {theirs!r}"
        for position, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            found = value_difference(a, b, tolerance, types=types)
            if found:
                return f"element {position}: {found}"
        return None
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return f"keys differ: {list(ours)} against {list(theirs)}"
        for key in ours:
            found = value_difference(ours[key], theirs[key], tolerance, types=types)
            if found:
                return f"{key!r}: {found}"
        return None
    if isinstance(ours, str) or isinstance(theirs, str):
        return None if ours == theirs else f"{ours!r} against {theirs!r}"
    if ours is None or theirs is None:
        return None if ours is theirs else f"{ours!r} against {theirs!r}"
    if types and type(ours) is not type(theirs):
        return f"types differ: {type(ours).__name__} {ours!r} against {type(theirs).__name__} {theirs!r}"
    a, b = np.asarray(ours), np.asarray(theirs)
    # Byte order apart: what is computed here is returned in the native one.
    if types and a.dtype.newbyteorder("=") != b.dtype.newbyteorder("="):
        return f"dtypes differ: {a.dtype} against {b.dtype}"
    if a.shape != b.shape:
        return f"shapes differ: {a.shape} against {b.shape}"
    a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        bound = tolerance.atol + tolerance.rtol * np.maximum(np.abs(a), np.abs(b))
        near = np.abs(a - b) <= np.where(np.isfinite(bound), bound, 0.0)
    apart = ~(near | (a == b) | (np.isnan(a) & np.isnan(b)))
    if not apart.any():
        return None
    first = np.unravel_index(int(np.argmax(apart)), a.shape)
    where = f" at {tuple(map(int, first))} ({int(apart.sum())} of {apart.size})" if a.ndim else ""
    x, y = float(a[first]), float(b[first])
    return f"{x!r} against {y!r}{where}: apart by {abs(x - y):.3g}, allowed {tolerance}"


def flat(value: Any) -> Iterator[np.ndarray]:
    """The arrays of a value: a scalar or an array is one, a tuple or dict is one per element, None is none."""
    if isinstance(value, dict):
        value = tuple(part for element in value.values() for part in flat(element))
    for part in value if isinstance(value, tuple) else (value,):
        if part is not None:
            yield np.asarray(part)


def bits(value: Any) -> str:
    """The exact bits of a value in a short form: equal texts mean equal dtypes, shapes and bytes."""
    parts = []
    for array in flat(value):
        if array.ndim == 0:
            parts.append(float(array).hex())
        else:
            digest = hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=12).hexdigest()
            parts.append(f"{array.dtype.str}{array.shape}:{digest}")
    return " ".join(parts)
