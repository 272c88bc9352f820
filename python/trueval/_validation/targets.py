"""A label argument: its kind (binary, multiclass, ...) and its codes for the kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import is_sparse
from .arrays import (
    NUMBERS,
    Array,
    as_numpy,
    flat,
    floats,
    native,
    not_finite,
    num_samples,
    refuse_complex,
)
from .words import code_fixed_width, code_objects, coded


class Target:
    """A label argument: what kind it is, and its labels as the kernels take them.

    Attributes
    ----------
    name : str
        For messages.
    array : ndarray or sparse
        The argument as an array of its own dtype; of words that came coded, it is made when first asked for.
    dtype : dtype
        That dtype.
    kind : str or None
        What is settled without a look at the labels; `settle` has the rest.
    codes : ndarray
        One label per element, in row-major order, for the kernels. Strings are numbered in their sorted order, bool,
        dates and durations are integers, everything else is itself.
    names : ndarray or None
        The strings that the codes stand for.
    wide : bool
        Whether there is more than one column.
    sparse : bool
        Whether it is a SciPy sparse matrix.
    """

    __slots__ = ("_array", "_codes", "_facts", "dtype", "kind", "name", "names", "raw", "sparse", "wide")

    def __init__(self, y: Any, name: str) -> None:
        self.raw = y
        self.name = name
        self.names: Array | None = None
        self._codes: Array | None = None
        self._facts: tuple[int, Array] | None = None
        self.kind: str | None = None
        self._array: Any = None
        self.dtype: np.dtype[Any]
        self.wide = self.sparse = False
        if type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "biufU" and y.size:
            self._array, self.dtype = y, y.dtype
            return
        words = coded(y)
        if words is not None:
            self._codes, self.names, self.dtype = words
            return
        if not (is_sparse(y) or isinstance(y, Sequence) or hasattr(y, "__array__")) or isinstance(y, str):
            raise ValueError(f"Expected array-like (array or non-string sequence), got {y!r}")
        if type(y).__name__ in ("SparseSeries", "SparseArray"):
            raise ValueError("y cannot be class 'SparseSeries' or 'SparseArray'")
        if is_sparse(y):
            self.array = y.tocsr()
            self.kind = self._sparse_kind()
        else:
            self.array = self._coerce(y)
            self.kind = self._dense_kind()

    @staticmethod
    def _coerce(y: Any) -> Array:
        refuse_complex(y)
        try:
            a = as_numpy(y)
        except ValueError:  # rows of unlike length
            a = np.empty(len(y), dtype=object)
            a[:] = y
        refuse_complex(a)
        return a

    def _dense_kind(self) -> str | None:
        a: Array = self.array
        if a.ndim and a.shape[0]:
            first = a[0]
            if isinstance(first, bytes):
                raise TypeError(
                    "Support for labels represented as bytes is not supported. Convert the labels to a string or "
                    "integer format."
                )
            if isinstance(first, Sequence) and not isinstance(first, str) and not hasattr(first, "__array__"):
                raise ValueError(
                    "You appear to be using a legacy multi-label data representation. Sequence of sequences are no "
                    "longer supported; use a binary array or sparse matrix instead - the MultiLabelBinarizer "
                    "transformer can convert to this format."
                )
        if a.ndim not in (1, 2):
            return "unknown"
        if not a.size:
            if a.ndim == 1:
                return "binary"
            return "multilabel-indicator" if a.shape[1] > 1 and a.dtype.kind in "biuf" else "unknown"
        if a.dtype.kind == "O" and not isinstance(a.flat[0], str):
            return "unknown"
        return None

    def _sparse_kind(self) -> str:
        matrix = self.array
        data = np.asarray(matrix.data)
        refuse_complex(data)
        wide = matrix.ndim == 2 and matrix.shape[1] > 1
        status, labels = _backend.current().label_set(numeric_codes(data)) if data.size else (0, data)
        if wide and status == 0 and (labels.size <= 1 or (labels.size == 2 and 0 in labels)):
            return "multilabel-indicator"
        if not min(matrix.shape):
            return "unknown"
        if status:
            if status < 3:
                raise not_finite(status, data.dtype, self.name)
            return "continuous-multioutput" if wide else "continuous"
        # scikit-learn goes by the marks in the first row here; such a target is refused whatever the answer
        return "multiclass-multioutput" if wide and matrix.indptr[1] > 1 else "binary"

    @property
    def array(self) -> Any:
        if self._array is None and self.names is not None:
            self._array = self.names.astype(self.dtype)[self._codes]
        return self._array

    @array.setter
    def array(self, array: Any) -> None:
        self._array = array
        self.dtype = array.dtype
        self.sparse = is_sparse(array)
        self.wide = array.ndim == 2 and array.shape[1] > 1

    @property
    def n_samples(self) -> int:
        array = self._codes if self._array is None else self._array
        return num_samples(array)

    @property
    def codes(self) -> Array:
        if self._codes is None:
            a = flat(self.array)
            kind = a.dtype.kind
            if kind in "biufmM":
                self._codes = numeric_codes(a)
            elif kind in "US":
                self._codes, self.names = code_fixed_width(native(a))
            elif kind in "OT":
                self._codes, self.names = code_objects(a)
            else:
                raise TypeError(f"{self.name or 'y'} has dtype {a.dtype}, which cannot hold labels.")
        return self._codes

    def facts(self) -> tuple[int, Array]:
        """Status and label set; a kernel call the first time."""
        if self._facts is None:
            self._facts = _backend.current().label_set(self.codes)
        return self._facts

    def learn(self, status: int, labels: Array) -> None:
        """Take the facts from a kernel call that found them on the way."""
        self._facts = status, labels

    def settle(self) -> str:
        """Kind of target; refuses NaN and infinity, as scikit-learn's type_of_target does."""
        if self.kind is None:
            status, labels = self.facts()
            suffix = "-multioutput" if self.wide else ""
            if status == 0 and self.wide and labels.size < 3 and self.dtype.kind in "biuf":
                self.kind = "multilabel-indicator"
            elif status in (1, 2):
                raise not_finite(status, self.dtype, self.name)
            elif status == 3:
                self.kind = "continuous" + suffix
            elif labels.size > 2 or suffix:
                self.kind = "multiclass" + suffix
            else:
                self.kind = "binary"
        return self.kind

    def labels(self) -> Array:
        """Sorted distinct labels, as the caller wrote them."""
        return self.display(self.facts()[1])

    def distinct(self) -> Array:
        """Sorted distinct elements, be they labels or fractions."""
        return self.labels() if self.kind is None and not self.facts()[0] else np.unique(self.array)

    def display(self, codes: Array) -> Array:
        """Labels that codes stand for."""
        if self.names is not None:
            return self.names[codes]
        dtype = self.dtype
        if dtype == codes.dtype:
            return codes
        return codes.view(dtype) if dtype.kind in "bmM" else codes.astype(dtype)

    def locate(self, label: Any) -> int | None:
        """Code of one label, None when no element of this dtype can be equal to it."""
        codes = self.codes
        if self.names is not None:
            if not isinstance(label, str):
                return None
            at = int(np.searchsorted(self.names, label))
            return at if at < self.names.size and self.names[at] == label else None
        if self.dtype.kind == "M" or not isinstance(label, NUMBERS):
            return None
        if not math.isfinite(label) or label != int(label):
            return None
        label = int(label)
        if codes.dtype.kind == "f":
            return label if -(1 << 63) <= label < 1 << 63 else None
        least, most = _bounds(codes.dtype)
        return label if least <= label <= most else None


@cache
def _bounds(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Least and greatest integer of a dtype."""
    bounds = np.iinfo(dtype)
    return bounds.min, bounds.max


def numeric_codes(a: Array) -> Array:
    kind = a.dtype.kind
    if kind in "iu":
        return native(a)
    if kind == "b":
        return native(a).view(np.uint8)
    if kind in "mM":
        return native(a).view(np.int64)
    return floats(a)


def indicator_bytes(*matrices: Any) -> list[NDArray[np.uint8]]:
    """Write indicator matrices as bytes: 0 stays 0, and unlike marks stay unlike across all of them."""
    dense = [native(np.asarray(m.toarray() if is_sparse(m) else m)) for m in matrices]
    marks: set[Any] = set()
    for m in dense:
        if m.dtype.kind == "b":
            marks.add(1)
        else:
            marks.update(_backend.current().label_set(numeric_codes(m.reshape(-1)))[1].tolist())
    if all(0 <= mark < 256 for mark in marks):
        return [m.view(np.uint8) if m.dtype.itemsize == 1 else m.astype(np.uint8) for m in dense]
    out = []
    for m in dense:
        coded = np.zeros(m.shape, np.uint8)
        for code, mark in enumerate(sorted(marks - {0}), start=1):
            coded[m == mark] = code
        out.append(coded)
    return out


def same_labels(a: Array, b: Array) -> bool:
    """Whether two label sets are of one dtype, and equal."""
    return a.dtype == b.dtype and a.size == b.size and not np.count_nonzero(a != b)


def as_values(labels: Array) -> list[Any]:
    """Labels as Python values, to look up a number among them: durations are numbers there."""
    values: list[Any] = (labels.view(np.int64) if labels.dtype.kind == "m" else labels).tolist()
    return values


def alike_marks(*matrices: Any) -> list[Any] | None:
    """Sparse indicator matrices in canonical form (sorted, no duplicate, no zero); None unless all marks are alike."""
    canonical = [_canonical(matrix) for matrix in matrices]
    marks: set[Any] = set()
    for matrix in canonical:
        marks.update(_marks(matrix))
    return canonical if len(marks) <= 1 else None


def _marks(matrix: Any) -> list[Any]:
    data = np.asarray(matrix.data)
    return _backend.current().label_set(numeric_codes(data))[1].tolist() if data.size else []


def _canonical(matrix: Any) -> Any:
    if matrix.has_canonical_format and 0 not in _marks(matrix):
        return matrix
    matrix = matrix.copy()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def places_of_marks(matrix: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the rows of a sparse matrix begin, and the columns of their marks."""
    return native(np.asarray(matrix.indptr), np.int64), native(np.asarray(matrix.indices), np.int64)
