"""Class labels beside logits of any leading shape."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from .._tensors import from_library
from .arrays import Array, native


class Logits(NamedTuple):
    """Labels of shape (n,), logits of shape (..., k) with n rows, and whether their 16 bits are those of bfloat16."""

    labels: NDArray[np.int64]
    values: Array
    brain: bool

    def parts(self) -> Iterator[tuple[NDArray[np.int64], Array]]:
        """Contiguous matrices with the labels of their rows; what is contiguous is not copied."""
        yield from _contiguous(self.labels, self.values)


def check_logits(y_true: Any, logits: Any, ignore_index: Any, some: bool = True) -> tuple[Logits, int | None]:
    """Check the arguments of a loss of logits; with `some`, that one row counts at least."""
    values, brain = _values(logits)
    if values.ndim < 2 or not values.shape[-1]:
        raise ValueError(f"logits must have a last axis for the classes and others for the rows, got {values.shape}.")
    labels = np.asarray(from_library(y_true))
    if labels.dtype.kind not in "biu" and labels.size:
        raise TypeError(f"y_true must hold integers, the columns of their classes; got an array of {labels.dtype}.")
    if labels.shape != values.shape[:-1]:
        raise ValueError(
            f"y_true must have the shape of logits without its last axis, {values.shape[:-1]}; got {labels.shape}."
        )
    ignored = None if ignore_index is None else operator.index(ignore_index)
    labels = native(labels, np.int64).reshape(-1)
    kept = labels if ignored is None else labels[labels != ignored]
    if not kept.size:
        if some:
            refuse_none(labels.size, ignored)
        return Logits(labels, values, brain), ignored
    classes = values.shape[-1]
    low, high = int(kept.min()), int(kept.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"y_true must hold columns of logits, 0 to {classes - 1}, or ignore_index={ignored}; got "
            f"{low if low < 0 else high}."
        )
    return Logits(labels, values, brain), ignored


def refuse_none(rows: int, ignored: int | None) -> NoReturn:
    """Refuse rows of which none counts."""
    few = "" if rows == 0 else f"; all {rows} are ignore_index={ignored}"
    raise ValueError(f"y_true must hold a label at least{few}.")


def _values(logits: Any) -> tuple[Array, bool]:
    """Floats of 32 or 64 bits, or the bits of those of 16 bits and whether they are bfloat16."""
    if str(getattr(logits, "dtype", "")) == "torch.bfloat16":
        # NumPy has no such floats, but reads the bits where they lie.
        whole = sys.modules["torch"].int16
        return np.asarray(logits.detach().cpu().view(whole)).view(np.uint16), True
    a = np.asarray(from_library(logits))
    if a.dtype.name == "bfloat16":
        return a.view(np.uint16), True
    if a.dtype.kind == "f" and a.dtype.itemsize == 2:
        return (a if a.dtype.isnative else a.astype(np.float16)).view(np.uint16), False
    if a.dtype.kind not in "biuf":
        raise TypeError(f"logits must hold numbers, got an array of {a.dtype}.")
    if a.dtype.kind != "f" or a.dtype.itemsize > 8:
        a = a.astype(np.float64)
    return a, False


def _contiguous(labels: NDArray[np.int64], values: Array) -> Iterator[tuple[NDArray[np.int64], Array]]:
    """Cut along the first axes until what is left is contiguous; models that are shifted by a token are sliced so."""
    if values.flags.c_contiguous or values.ndim == 2:
        yield labels, native(values).reshape(-1, values.shape[-1])
        return
    each = len(labels) // max(1, values.shape[0])
    for i in range(values.shape[0]):
        yield from _contiguous(labels[i * each : (i + 1) * each], values[i])
