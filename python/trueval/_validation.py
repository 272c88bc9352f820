"""Array-likes in, canonical inputs out: every check of data, and every message about it.

The order of the checks is scikit-learn's, so that an input with several faults fails on the same one. What a check
needs to know about n rows (finite? integral? which labels? smallest, largest?) comes from backend kernels.

Pieces, from the ground up:

- `check_array`, `column_or_1d`, `require_finite`, `check_consistent_length`: array-likes to native contiguous arrays;
- `as_numbers`: what ranks or weighs has to be numbers;
- `Target`: a label argument, its kind (binary, multiclass, ...) and its codes for the kernels;
- `sample_weights`, `canonical_scores`: the other two sorts of argument;
- `check_targets`, `check_binary_ranking`, `check_regression`, `check_probabilities`: the entries of the families.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _backend
from ._parameters import is_sparse
from .exceptions import warn

Array = NDArray[Any]
FLOATS = (np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16))
NUMBERS = (float, int, np.number, np.bool_)
_NO_NUMBERS = (str, bytes, np.datetime64, np.timedelta64)

# arrays ---------------------------------------------------------------------------------------------------------------


def num_samples(x: Any) -> int:
    """Count the rows of an array-like."""
    if type(x) is np.ndarray and x.ndim:
        return int(x.shape[0])
    if callable(getattr(x, "fit", None)):
        raise TypeError(f"Expected sequence or array-like, got {type(x)}")
    shape = getattr(x, "shape", None)
    if shape is not None:
        if len(shape) == 0:
            raise TypeError(
                f"Input should have at least 1 dimension i.e. satisfy `len(x.shape) > 0`, got scalar `{x!r}` instead."
            )
        if isinstance(shape[0], numbers.Integral):
            return int(shape[0])
    if not hasattr(x, "__len__") and hasattr(x, "__array__"):
        x = np.asarray(x)
    try:
        return len(x)
    except TypeError as error:
        raise TypeError(f"Expected sequence or array-like, got {type(x)}") from error


def check_consistent_length(*arrays: Any) -> None:
    """Refuse arrays of unlike length; None is passed over."""
    lengths = [num_samples(x) for x in arrays if x is not None]
    if len(set(lengths)) > 1:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: {lengths}")


def _nullable_number(dtype: Any) -> bool:
    """Whether a dtype is a pandas extension dtype of numbers, which NumPy would otherwise turn into objects."""
    return (
        not isinstance(dtype, np.dtype)
        and hasattr(dtype, "na_value")
        and getattr(dtype, "kind", "O") in "biuf"
        and type(dtype).__name__ != "SparseDtype"
    )


def _as_numpy(x: Any, dtype: Any = None) -> Array:
    """NumPy array of an array-like, with pandas' nullable numbers as float64 (missing: NaN)."""
    if type(x) is np.ndarray:
        return x if dtype is None else np.asarray(x, dtype=dtype)
    if isinstance(x, np.matrix):
        raise TypeError(
            "np.matrix is not supported. Please convert to a numpy array with np.asarray. For more information see: "
            "https://numpy.org/doc/stable/reference/generated/numpy.matrix.html"
        )
    own = getattr(x, "dtype", None)
    if own is not None:
        if _nullable_number(own):
            x = x.astype(np.float64 if dtype is None else dtype)
    elif hasattr(x, "iloc") and any(map(_nullable_number, getattr(x, "dtypes", ()))):
        x = x.astype(np.float64 if dtype is None else dtype)
    return np.asarray(x, dtype=dtype)


def native(a: Array, dtype: Any = None) -> Array:
    """Convert to a C-contiguous, aligned, native-endian array of `dtype`, without a copy where it is one."""
    own = a.dtype
    wanted = np.dtype(dtype) if dtype is not None else own if own.isnative else own.newbyteorder("=")
    flags = a.flags
    if own == wanted and flags.c_contiguous and flags.aligned:
        return a
    return np.array(a, dtype=wanted, order="C")


def _refuse_complex(a: Any) -> None:
    if getattr(getattr(a, "dtype", None), "kind", "") == "c":
        raise ValueError(f"Complex data not supported\n{a}\n")


_RECEIVED = {"M": "dates", "m": "durations", "c": "complex numbers", "V": "records"}


def as_numbers(a: Array, name: str, *, missing: bool = True) -> Array:
    """Numbers as they are, objects as float64; words, dates, durations and complex numbers are refused.

    NumPy would parse words, and count days or seconds, on the way to float64. Nobody who ranks or weighs by them can
    have meant that, and scikit-learn does it in some functions and fails in others.

    Parameters
    ----------
    a : ndarray
    name : str
        Name of the argument, for messages.
    missing : bool
        Whether None is NaN, rather than refused too.
    """
    kind = a.dtype.kind
    if kind in "biuf":
        return a
    if kind == "V" and a.dtype.type is not np.void:
        return a.astype(np.float64)  # a number of another library, such as bfloat16
    if kind != "O":
        raise TypeError(f"{name} must hold numbers, got {_RECEIVED.get(kind, 'words')} (dtype {a.dtype}).")
    if a.ndim == 0:
        num_samples(a)  # refuses it
    kinds = set(map(type, a.reshape(-1).tolist()))
    odd: list[type] = [k for k in kinds if issubclass(k, _NO_NUMBERS) or (k is type(None) and not missing)]
    if not odd:
        try:
            return a.astype(np.float64)
        except OverflowError:
            raise ValueError(f"{name} holds a number beyond the range of float64.") from None
        except (TypeError, ValueError):
            odd = [k for k in kinds if not issubclass(k, NUMBERS)]
    raise TypeError(f"{name} must hold numbers, got objects of type {', '.join(sorted(k.__name__ for k in odd))}.")


def check_array(
    x: Any,
    *,
    dtype: Any = "numeric",
    ensure_2d: bool = False,
    finite: bool = True,
    min_samples: int = 1,
    name: str = "",
    role: str = "",
) -> Array:
    """Coerce an array-like to a native C-contiguous array of at most two dimensions.

    Parameters
    ----------
    x : array-like
    dtype : 'numeric', None, dtype or tuple of dtypes
        'numeric' keeps numbers as they are and turns objects into float64; None keeps everything; a tuple keeps what
        it lists and turns the rest into its first.
    ensure_2d, finite : bool
        Refuse fewer than two dimensions; refuse NaN and infinity.
    min_samples : int
        Fewest rows.
    name : str
        Name of the argument, for messages.
    role : str
        Name of the argument for messages of ours, where scikit-learn's do not tell it.
    """
    if is_sparse(x):
        padded = f" for {name}" if name else ""
        raise TypeError(
            f"Sparse data was passed{padded}, but dense data is required. Use '.toarray()' to convert to a dense numpy "
            "array."
        )
    _refuse_complex(x)
    numeric = isinstance(dtype, str) and dtype == "numeric"
    wanted: Any = None if numeric else dtype
    if isinstance(dtype, tuple):
        own = getattr(x, "dtype", None)
        wanted = None if isinstance(own, np.dtype) and own in dtype else dtype[0]
    a = _as_numpy(x, wanted)
    if numeric and a.dtype.kind in "OMm" and a.ndim:
        a = as_numbers(a, role or name or "the array")
    _refuse_complex(a)
    if ensure_2d and a.ndim < 2:
        kind = "scalar array" if a.ndim == 0 else "1D array"
        raise ValueError(
            f"Expected 2D array, got {kind} instead:\narray={a}.\nReshape your data either using array.reshape(-1, 1) "
            "if your data has a single feature or array.reshape(1, -1) if it contains a single sample."
        )
    if numeric and a.dtype.kind in "USTV":
        raise ValueError(
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data to numeric values "
            "explicitly instead."
        )
    if a.ndim >= 3:
        raise ValueError(f"Found array with dim {a.ndim}, while dim <= 2 is required.")
    a = native(a)
    if finite:
        require_finite(a, name)
    _require_size(a, min_samples)
    return a


def _require_size(a: Array, min_samples: int = 1) -> None:
    if min_samples:
        n = num_samples(a)
        if n < min_samples:
            raise ValueError(
                f"Found array with {n} sample(s) (shape={a.shape}) while a minimum of {min_samples} is required."
            )
    if a.ndim == 2 and a.shape[1] < 1:
        raise ValueError(f"Found array with 0 feature(s) (shape={a.shape}) while a minimum of 1 is required.")


def _measured_array(x: Any, dtype: Any = "numeric", *, role: str = "") -> tuple[Array, float, float]:
    """`check_array`, with the minimum and maximum that the scan for NaN and infinity comes upon."""
    a = check_array(x, dtype=dtype, finite=False, min_samples=0, role=role)
    low, high = require_finite(a)
    _require_size(a)
    return a, low, high


def column_or_1d(x: Any, *, name: str = "y", dtype: Any = None) -> Array:
    """Coerce an array-like to one dimension; an (n, 1) column counts as one."""
    a = check_array(x, dtype=dtype, finite=False, min_samples=0, name=name)
    if a.ndim == 1:
        return a
    if a.ndim == 2 and a.shape[1] == 1:
        return a.reshape(-1)
    raise ValueError(f"y should be a 1d array, got an array of shape {a.shape} instead.")


def _not_finite(status: int, dtype: Any, name: str) -> ValueError:
    padded = f"{name} " if name else ""
    what = "NaN" if status == 1 else f"infinity or a value too large for {dtype!r}"
    return ValueError(f"Input {padded}contains {what}.")


def require_finite(a: Array, name: str = "") -> tuple[float, float]:
    """Refuse NaN and infinity in a contiguous array; return its minimum and maximum, (inf, -inf) where not numeric."""
    kind = a.dtype.kind
    if kind == "O" and np.any(np.not_equal(a, a)):
        raise ValueError("Input contains NaN")
    if kind != "f":
        return math.inf, -math.inf
    status, low, high = _backend.current().scan(_floats(a).reshape(-1))
    if status:
        raise _not_finite(status, a.dtype, name)
    return low, high


def _floats(a: Array) -> Array:
    """Float array in a width that the kernels take: float16 as float32, long double as float64."""
    size = a.dtype.itemsize
    return native(a, np.float32 if size == 2 else np.float64 if size > 8 else None)


# scores and weights ---------------------------------------------------------------------------------------------------


def canonical_scores(a: Array) -> Array:
    """Scores as the kernels take them: float32, float64, int64 or uint64, each value as it was."""
    kind = a.dtype.kind
    if kind == "f":
        return _floats(a)
    if kind in "iu" and a.dtype.itemsize == 8:
        return native(a)
    return native(as_numbers(a, "y_score"), np.float64)


def finite_scores(a: Array) -> Array:
    """Canonical scores without NaN or infinity."""
    require_finite(a)
    scores = canonical_scores(a)
    if a.dtype.kind in "OV":
        require_finite(scores)
    return scores


class SampleWeights(NamedTuple):
    """Weights for the kernels, the kind of dtype they came in, the smallest and the largest of them."""

    values: NDArray[np.float64]
    kind: str
    low: float
    high: float

    @property
    def peak(self) -> float:
        """Largest absolute weight."""
        return max(-self.low, self.high)

    def total(self) -> float:
        """Sum of the weights; refused when it is zero, which takes weights of both signs."""
        total = float(np.sum(self.values))
        if total == 0.0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        return total

    def require_total(self) -> None:
        """Refuse weights that sum to zero."""
        if self.low < 0.0:
            self.total()


def _weights_as_numbers(weight: Any) -> Any:
    if is_sparse(weight):
        return weight
    a = _as_numpy(weight)
    _refuse_complex(a)
    return as_numbers(a, "sample_weight")


def sample_weights(weight: Any, n_samples: int, *, dtype: Any = None) -> SampleWeights:
    """Weights of `n_samples` rows: one-dimensional, finite, not all zero; negative ones pass."""
    if type(weight) is not np.ndarray or weight.dtype.kind not in "biuf":
        weight = _weights_as_numbers(weight)
    a = check_array(weight, dtype=dtype, finite=False, name="sample_weight")
    values = native(a, np.float64)
    status, low, high = _backend.current().scan(values.reshape(-1))
    if status:
        raise _not_finite(status, a.dtype, "sample_weight")
    if a.ndim != 1:
        raise ValueError(
            f"Sample weights must be 1D array or scalar, got {a.ndim}D array. Expected either a scalar value or a 1D "
            f"array of length {n_samples}."
        )
    if a.shape != (n_samples,):
        raise ValueError(f"sample_weight.shape == {a.shape}, expected {(n_samples,)}!")
    if low == 0.0 and high == 0.0:
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return SampleWeights(values, a.dtype.kind, low, high)


# targets --------------------------------------------------------------------------------------------------------------


def _code_dtype(n_labels: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if n_labels <= 1 << 8 else np.uint16 if n_labels <= 1 << 16 else np.uint32


def _code_fixed_width(a: Array) -> tuple[Array, Array]:
    """Codes and sorted names of a contiguous 1-D array of fixed-width strings."""
    if not a.size or not a.dtype.itemsize:
        return np.zeros(a.size, np.uint8), a[:1]
    first, numbers_ = _backend.current().factorize(a.view(np.uint8).reshape(a.size, a.dtype.itemsize))
    names = a[first]
    order = np.argsort(names, kind="stable")
    rank = np.empty(order.size, _code_dtype(order.size))
    rank[order] = np.arange(order.size)
    return rank[numbers_], names[order]


def _code_objects(a: Array) -> tuple[Array, Array]:
    """Codes and sorted names of a 1-D array of Python strings."""
    items = a.tolist()
    try:
        distinct = set(items)
    except TypeError:
        distinct = {None}
    if not all(isinstance(item, str) for item in distinct):
        np.unique(a)  # sorting strings among other things fails with a message that tells the types
        raise TypeError("Labels must be uniformly strings or numbers.")
    names = sorted(distinct)
    table = {label: code for code, label in enumerate(names)}
    codes = np.fromiter(map(table.__getitem__, items), dtype=_code_dtype(len(names)), count=len(items))
    return codes, np.asarray(names, dtype=str)


class Target:
    """A label argument: what kind it is, and its labels as the kernels take them.

    Attributes
    ----------
    name : str
        For messages.
    array : ndarray or sparse
        The argument as an array of its own dtype.
    kind : str or None
        What is settled without a look at the labels; `settle` has the rest.
    codes : ndarray
        One label per element, in row-major order, for the kernels. Strings are numbered in their sorted order, bool,
        dates and durations are integers, everything else is itself.
    names : ndarray or None
        The strings that the codes stand for.
    """

    __slots__ = ("_codes", "_facts", "array", "kind", "name", "names", "raw")

    def __init__(self, y: Any, name: str) -> None:
        self.raw = y
        self.name = name
        self.names: Array | None = None
        self._codes: Array | None = None
        self._facts: tuple[int, Array] | None = None
        if type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "biufU" and y.size:
            self.array: Any = y
            self.kind: str | None = None
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
        _refuse_complex(y)
        try:
            a = _as_numpy(y)
        except ValueError:  # rows of unlike length
            a = np.empty(len(y), dtype=object)
            a[:] = y
        _refuse_complex(a)
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
        _refuse_complex(data)
        wide = matrix.ndim == 2 and matrix.shape[1] > 1
        status, labels = _backend.current().label_set(_numeric_codes(data)) if data.size else (0, data)
        if wide and status == 0 and (labels.size <= 1 or (labels.size == 2 and 0 in labels)):
            return "multilabel-indicator"
        if not min(matrix.shape):
            return "unknown"
        if status:
            if status < 3:
                raise _not_finite(status, data.dtype, self.name)
            return "continuous-multioutput" if wide else "continuous"
        # scikit-learn goes by the marks in the first row here; such a target is refused whatever the answer
        return "multiclass-multioutput" if wide and matrix.indptr[1] > 1 else "binary"

    @property
    def wide(self) -> bool:
        """Whether there is more than one column."""
        return bool(self.array.ndim == 2 and self.array.shape[1] > 1)

    @property
    def n_samples(self) -> int:
        return num_samples(self.array)

    @property
    def codes(self) -> Array:
        if self._codes is None:
            a: Array = self.array.reshape(-1)
            kind = a.dtype.kind
            if kind in "US":
                self._codes, self.names = _code_fixed_width(native(a))
            elif kind in "OT":
                self._codes, self.names = _code_objects(a)
            elif kind in "biufmM":
                self._codes = _numeric_codes(a)
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
            if status == 0 and self.wide and labels.size < 3 and self.array.dtype.kind in "biuf":
                self.kind = "multilabel-indicator"
            elif status in (1, 2):
                raise _not_finite(status, self.array.dtype, self.name)
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

    def display(self, codes: Array) -> Array:
        """Labels that codes stand for."""
        if self.names is not None:
            return self.names[codes]
        dtype = self.array.dtype
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
        if self.array.dtype.kind == "M" or not isinstance(label, NUMBERS):
            return None
        if not math.isfinite(label) or label != int(label):
            return None
        label = int(label)
        if codes.dtype.kind == "f":
            return label if -(1 << 63) <= label < 1 << 63 else None
        bounds = np.iinfo(codes.dtype)
        return label if bounds.min <= label <= bounds.max else None


def _numeric_codes(a: Array) -> Array:
    kind = a.dtype.kind
    if kind == "b":
        return native(a).view(np.uint8)
    if kind in "mM":
        return native(a).view(np.int64)
    return _floats(a) if kind == "f" else native(a)


def indicator_bytes(*matrices: Any) -> list[NDArray[np.uint8]]:
    """Write indicator matrices as bytes: 0 stays 0, and unlike marks stay unlike across all of them."""
    dense = [native(np.asarray(m.toarray() if is_sparse(m) else m)) for m in matrices]
    marks: set[Any] = set()
    for m in dense:
        if m.dtype.kind != "b":
            marks.update(_backend.current().label_set(_numeric_codes(m.reshape(-1)))[1].tolist())
    if all(0 <= mark < 256 for mark in marks):
        return [m.view(np.uint8) if m.dtype.itemsize == 1 else m.astype(np.uint8) for m in dense]
    out = []
    for m in dense:
        coded = np.zeros(m.shape, np.uint8)
        for code, mark in enumerate(sorted(marks - {0}), start=1):
            coded[m == mark] = code
        out.append(coded)
    return out


# classification -------------------------------------------------------------------------------------------------------


def _string_labels(labels: Array) -> bool:
    return labels.dtype.kind in "US"


def union_of_labels(true: Array, pred: Array) -> Array:
    """Sorted union of two label sets."""
    if _string_labels(true) != _string_labels(pred) and true.size and pred.size:
        raise ValueError(f"Mix of label input types (string and number); Got {true} and {pred}.")
    if true.dtype == pred.dtype:
        return true if np.array_equal(true, pred) else np.union1d(true, pred)
    if "M" in (true.dtype.kind, pred.dtype.kind):
        raise TypeError(f"Mix of label input types (date and number); Got {true} and {pred}.")
    labels = sorted({*true.tolist(), *pred.tolist()})
    union = np.asarray(labels)
    if union.tolist() != labels:  # no integer dtype holds both -1 and 2**64 - 1, and float64 would round the latter
        union = np.asarray(labels, dtype=object)
    return union


class Crossing(NamedTuple):
    """Two 1-D targets as the cells of their contingency table.

    `labels` is the union of both label sets and `present` what y_true holds of it; `rows` and `columns` place each cell
    in the union, `values` is its number of samples or, with weights, their weight.
    """

    kind: str
    labels: Array
    present: Array
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Array
    n_samples: int
    weights: SampleWeights | None
    fault: Exception | None


class Indicators(NamedTuple):
    """Two multilabel targets as matrices of bytes."""

    kind: str
    labels: Array
    true: NDArray[np.uint8]
    pred: NDArray[np.uint8]
    n_samples: int
    weights: SampleWeights | None
    fault: Exception | None


def as_values(labels: Array) -> list[Any]:
    """Labels as Python values, to look up a number among them: durations are numbers there."""
    values: list[Any] = (labels.view(np.int64) if labels.dtype.kind == "m" else labels).tolist()
    return values


def _positions(labels: Array, union: Array) -> NDArray[np.intp]:
    if labels.size == union.size:
        return np.arange(labels.size)
    if labels.dtype == union.dtype or labels.dtype.kind == union.dtype.kind == "U":
        return np.searchsorted(union, labels)
    table = {label: position for position, label in enumerate(union.tolist())}
    return np.fromiter((table[label] for label in labels.tolist()), dtype=np.intp, count=labels.size)


def _in_one_unit(true: Target, pred: Target) -> None:
    """Bring dates or durations to the finer one of their units, and durations beside numbers to numbers, as NumPy."""
    own, other = true.array.dtype, pred.array.dtype
    if own.kind == other.kind and own != other:
        unit = np.promote_types(own, other)
        true.array, pred.array = true.array.astype(unit), pred.array.astype(unit)
    elif true.wide or pred.wide:
        return
    elif own.kind == "m" and other.kind in "biuf":
        true.array = true.array.astype(np.int64)
    elif other.kind == "m" and own.kind in "biuf":
        pred.array = pred.array.astype(np.int64)


def _sorted_first(target: Target) -> None:
    """Fail as scikit-learn does on an object array whose elements have no order."""
    if type(target.raw) is np.ndarray and target.kind == "unknown" and target.array.dtype.kind == "O":
        np.unique(target.raw)


def check_targets(
    y_true: Any, y_pred: Any, sample_weight: Any = None, *, sorts: bool = True, late_weights: bool = False
) -> Crossing | Indicators:
    """Check two label arguments of a classification metric, with one crossing into the backend.

    Parameters
    ----------
    y_true, y_pred : array-like or sparse
    sample_weight : array-like or None
    sorts : bool
        Whether an object array without an order fails on that, rather than on being of unknown kind.
    late_weights : bool
        Do not raise what is wrong with the weights but hand it over as `fault`: for metrics that have more to check
        before they look at the weights.
    """
    check_consistent_length(y_true, y_pred, None if late_weights else sample_weight)
    true = Target(y_true, "y_true")
    try:
        pred = Target(y_pred, "y_pred")
        if true.array.dtype.kind in "mM" or pred.array.dtype.kind == "m":
            _in_one_unit(true, pred)
        if sorts:
            _sorted_first(true)
            _sorted_first(pred)
        pairs = None
        if true.kind is None and pred.kind is None and not true.wide and not pred.wide:
            pairs = true.codes, pred.codes
    except Exception:
        true.settle()
        raise
    n_samples = true.n_samples

    fault: Exception | None = None
    weights = None
    if sample_weight is not None and n_samples:
        try:
            check_consistent_length(y_true, y_pred, sample_weight)
            weights = sample_weights(sample_weight, n_samples)
        except Exception as error:
            fault = error

    cells: Any = ()
    if pairs is not None:
        status, labels, status_pred, labels_pred, *cells = _backend.current().contingency(
            *pairs, None if weights is None else weights.values
        )
        if not (status or status_pred):
            true.learn(status, labels)
            pred.learn(status_pred, labels_pred)
    kind_true = true.settle()
    kind_pred = pred.settle()
    if not n_samples:
        raise ValueError(
            "Found empty input array (e.g., `y_true` or `y_pred`) while a minimum of 1 sample is required."
        )
    if fault is not None and not late_weights:
        raise fault
    kinds = {kind_true, kind_pred}
    if kinds == {"binary", "multiclass"}:
        kinds = {"multiclass"}
    if len(kinds) > 1:
        raise ValueError(f"Classification metrics can't handle a mix of {kind_true} and {kind_pred} targets")
    kind = kinds.pop()
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"{kind} is not supported")
    if kind == "multilabel-indicator":
        n_labels = true.array.shape[1]
        if n_labels != pred.array.shape[1]:
            raise ValueError("Multi-label binary indicator input with different numbers of labels")
        marks, marks_pred = indicator_bytes(true.array, pred.array)
        return Indicators(kind, np.arange(n_labels), marks, marks_pred, n_samples, weights, fault)
    if is_sparse(true.array) or is_sparse(pred.array):
        raise TypeError("Sparse input is only supported when targets are of multilabel type")

    present, present_pred = true.labels(), pred.labels()
    union = union_of_labels(present, present_pred)
    rows, columns, counts, sums = cells
    return Crossing(
        "multiclass" if union.size > 2 else kind,
        union,
        present,
        _positions(present, union)[rows],
        _positions(present_pred, union)[columns],
        counts if sums is None else sums,
        n_samples,
        weights,
        fault,
    )


# ranking --------------------------------------------------------------------------------------------------------------


def resolve_pos_label(target: Target, pos_label: Any) -> int | None:
    """Code of the positive label; without one the labels must be among {0, 1} or {-1, 1}."""
    if pos_label is None:
        classes = target.labels()
        known: list[Any] = as_values(classes) if classes.dtype.kind in "biufm" else []
        if known not in ([0, 1], [-1, 1], [0], [-1], [1]):
            shown = ", ".join(map(repr, classes.tolist()))
            raise ValueError(
                f"y_true takes value in {{{shown}}} and pos_label is not specified: either make y_true take value in "
                "{0, 1} or {-1, 1} or pass pos_label explicitly."
            )
        pos_label = 1
    return target.locate(pos_label)


class BinaryRanking(NamedTuple):
    """Labels, code of the positive one, scores and weights for the curve kernels."""

    labels: Array
    positive: int | None
    scores: Array
    weights: SampleWeights | None
    score_dtype: np.dtype[Any]


def check_binary_ranking(target: Target, y_score: Any, pos_label: Any, sample_weight: Any) -> BinaryRanking:
    """Check the inputs of a curve: a binary target, or a multiclass one with its positive label named."""
    kind = target.settle()
    if kind != "binary" and not (kind == "multiclass" and pos_label is not None):
        raise ValueError(f"{kind} format is not supported")
    if not target.n_samples:
        check_consistent_length(target.raw, y_score, sample_weight)
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    positive = resolve_pos_label(target, pos_label)
    return pair_scores(target, positive, y_score, sample_weight)


def pair_scores(target: Target, positive: int | None, y_score: Any, sample_weight: Any) -> BinaryRanking:
    """Join a target with its scores and weights."""
    check_consistent_length(target.raw, y_score, sample_weight)
    if is_sparse(target.array):
        column_or_1d(target.array)
    if target.wide:
        raise ValueError(f"y should be a 1d array, got an array of shape {target.array.shape} instead.")
    column = column_or_1d(y_score)
    scores = finite_scores(column)
    weights = None
    if sample_weight is not None:
        weights = ranking_weights(sample_weight, target.n_samples)
    return BinaryRanking(target.codes, positive, scores, weights, column.dtype)


def ranking_weights(sample_weight: Any, n_samples: int) -> SampleWeights:
    """Weights of a curve: a column passes, numbers of any sort are floats."""
    return sample_weights(column_or_1d(sample_weight), n_samples, dtype=FLOATS[:2])


def check_gains(y_true: Any, y_score: Any, sample_weight: Any) -> tuple[Array, Array, float]:
    """Check relevances and scores of a DCG metric up to their shapes; with the smallest relevance."""
    true, low, _ = _measured_array(y_true, role="y_true")
    score = check_array(y_score, role="y_score")
    check_consistent_length(true, score, sample_weight)
    if true.dtype.kind in "biu":
        low = float(true.min())
    return true, canonical_scores(score), low


def query_weights(sample_weight: Any) -> Array | None:
    """Weights of queries, which NumPy's average checks further."""
    return None if sample_weight is None else as_numbers(_as_numpy(sample_weight), "sample_weight", missing=False)


def settle_gains(true: Array, score: Array) -> NDArray[np.float64]:
    """Refuse relevances that are not one row per query and one column per document."""
    if true.ndim != 2 or true.shape[1] < 2:
        supported = ("multilabel-indicator", "continuous-multioutput", "multiclass-multioutput")
        raise ValueError(f"Only {supported} formats are supported. Got {Target(true, '').settle()} instead")
    if score.shape != true.shape:
        raise ValueError(
            f"y_score must have the shape of y_true, one score per document: got {score.shape} and {true.shape}."
        )
    return native(true, np.float64)


# regression -----------------------------------------------------------------------------------------------------------


class Regression(NamedTuple):
    """Two (n, k) float matrices of one dtype, weights, fold of the outputs, and the dtype results have."""

    true: Array
    pred: Array
    weights: SampleWeights | None
    multioutput: Any
    dtype: np.dtype[Any]


def _common_float(*arrays: Any) -> np.dtype[Any]:
    """Widest floating dtype among arrays that have one, else float64."""
    floats = []
    for a in arrays:
        if hasattr(a, "dtype"):
            dtype = a.dtype if isinstance(a.dtype, np.dtype) else np.asarray(a).dtype
            if dtype.kind == "f":
                floats.append(dtype)
    return np.result_type(*floats) if floats else np.dtype(np.float64)


def check_regression(y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any) -> Regression:
    """Check targets, predictions, weights and the weights of the outputs of a regression metric."""
    dtype = _common_float(y_true, y_pred, sample_weight)
    check_consistent_length(y_true, y_pred, sample_weight)
    true = check_array(y_true, dtype=dtype)
    pred = check_array(y_pred, dtype=dtype)
    weights = None
    if sample_weight is not None:
        weight_dtype = dtype if dtype in FLOATS[:2] else FLOATS[0]
        weights = sample_weights(sample_weight, true.shape[0], dtype=weight_dtype)
        dtype = np.result_type(dtype, weight_dtype)
    true = _floats(true)
    pred = _floats(pred)
    if true.ndim == 1:
        true = true.reshape(-1, 1)
    if pred.ndim == 1:
        pred = pred.reshape(-1, 1)
    outputs = true.shape[1]
    if outputs != pred.shape[1]:
        raise ValueError(f"y_true and y_pred have different number of output ({outputs}!={pred.shape[1]})")
    if multioutput is not None and not isinstance(multioutput, str):
        multioutput = check_array(multioutput, role="multioutput")
        if outputs == 1:
            raise ValueError("Custom weights are useful only in multi-output cases.")
        if outputs != multioutput.shape[0]:
            raise ValueError(
                f"There must be equally many custom weights ({multioutput.shape[0]}) as outputs ({outputs})."
            )
    return Regression(true, pred, weights, multioutput, dtype)


# probabilities --------------------------------------------------------------------------------------------------------


class Probabilities(NamedTuple):
    """Labels, sorted classes in their dtype, (n, k) or (n, 1) probabilities, weights, dtype of the argument.

    `indicator` holds the marks of a multilabel target, which has no labels.
    """

    labels: Array
    classes: Array
    proba: Array
    weights: SampleWeights | None
    dtype: np.dtype[Any]
    indicator: Array | None


def check_probabilities(y_true: Any, y_proba: Any, sample_weight: Any, labels: Any) -> Probabilities:
    """Check the inputs of a metric of class probabilities."""
    proba, low, high = _measured_array(y_proba, FLOATS)
    dtype = proba.dtype
    if high > 1:
        raise ValueError(f"y_prob contains values greater than 1: {dtype.type(high)}")
    if low < 0:
        raise ValueError(f"y_prob contains values lower than 0: {dtype.type(low)}")
    check_consistent_length(proba, y_true, sample_weight)
    weights = None if sample_weight is None else sample_weights(sample_weight, proba.shape[0])
    proba = _floats(proba)
    if proba.ndim == 1:
        proba = proba.reshape(-1, 1)
    target, classes = _check_classes(y_true, labels)
    columns = 2 if proba.shape[1] == 1 else proba.shape[1]
    if classes.size != columns:
        warn_unless_probabilities(proba, dtype)
        if labels is not None:
            raise ValueError(
                f"The number of classes in labels is different from that in y_prob. Classes found in labels: {classes}"
            )
        raise ValueError(
            f"y_true and y_prob contain different number of classes: {classes.size} vs {columns}. Please provide the "
            f"true labels explicitly through the labels argument. Classes found in y_true: {classes}"
        )
    if target.settle() == "multilabel-indicator":
        marks = np.ascontiguousarray(target.array)
        return Probabilities(marks, classes, proba, weights, dtype, marks)
    return Probabilities(*_in_one_dtype(target, classes), proba, weights, dtype, None)


def tolerance_of(dtype: np.dtype[Any]) -> float:
    """How far a row of probabilities may be from a sum of one."""
    return math.sqrt(np.finfo(dtype).eps)


NOT_PROBABILITIES = "The y_prob values do not sum to one. Make sure to pass probabilities."


def warn_unless_probabilities(proba: Array, dtype: np.dtype[Any]) -> None:
    """Warn where a row of a matrix that no kernel reads does not sum to one."""
    if proba.shape[1] > 1 and np.any(np.abs(proba.sum(axis=1, dtype=np.float64) - 1.0) > tolerance_of(dtype)):
        warn(NOT_PROBABILITIES)


def _check_classes(y_true: Any, labels: Any) -> tuple[Target, Array]:
    """Target and sorted classes, which are those of `labels` where given."""
    source = Target(y_true if labels is None else labels, "y")
    kind = source.settle()
    if "multioutput" in kind:
        raise ValueError("Multioutput target data is not supported with label binarization")
    if not source.n_samples:
        raise ValueError(f"y has 0 samples: {source.raw!r}")
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"Unknown label type: {(source.raw,)!r}")
    classes = np.arange(source.array.shape[1]) if kind == "multilabel-indicator" else source.labels()
    target = source
    if labels is not None:
        if 1 < classes.size < num_samples(labels):
            raise ValueError(f"labels must be distinct, got {labels}.")
        if not np.all(classes == labels):
            warn(
                f"Labels passed were {labels}. But this function assumes labels are ordered lexicographically. Pass "
                f"the ordered labels={classes.tolist()} and ensure that the columns of y_prob correspond to this "
                "ordering."
            )
        target = _declared(y_true, classes, labels)
    if classes.size == 1:
        if labels is None:
            raise ValueError(
                f"y_true contains only one label ({classes[0]}). Please provide the list of all expected class labels "
                "explicitly through the labels argument."
            )
        raise ValueError(f"The labels array needs to contain at least two labels, got {classes}.")
    if labels is not None:
        _require_one_label_each(target)
    return target, classes


def _declared(y_true: Any, classes: Array, labels: Any) -> Target:
    """Target whose labels are all among `classes`, which `labels` names."""
    fault = None
    try:
        target = Target(y_true, "")
        present = target.labels() if target.kind is None and not target.facts()[0] else np.asarray(y_true)
    except (TypeError, ValueError) as error:
        fault, present = error, np.asarray(y_true)
    if not np.all(np.isin(present, classes)):
        elements = np.asarray(y_true).reshape(-1) if np.ndim(y_true) > 1 else y_true
        undeclared = set(elements) - set(labels)
        raise ValueError(f"y_true contains values {undeclared} not belonging to the passed labels {labels}.")
    if fault is not None:
        raise fault
    return target


def _require_one_label_each(target: Target) -> None:
    """Refuse a target that has not one label per sample."""
    kind = target.settle()
    if kind == "multilabel-indicator":
        raise ValueError("The object was not fitted with multilabel input.")
    if not isinstance(target.raw, list):
        check_array(target.array, dtype=None)
    if "multioutput" in kind:
        raise ValueError("Multioutput target data is not supported with label binarization")
    if kind == "unknown":
        raise ValueError("The type of target data is not known")


def _in_one_dtype(target: Target, classes: Array) -> tuple[Array, Array]:
    """Codes of a target and of the classes that contain its labels, in one dtype and one numbering."""
    codes = target.codes
    if target.names is not None:
        numbering = np.arange(classes.size, dtype=_code_dtype(classes.size))
        if target.names.size != classes.size:
            codes = numbering[np.searchsorted(classes, target.names)][codes]
        return native(codes, numbering.dtype), numbering
    if classes.dtype.kind in "bmM":
        classes = _numeric_codes(classes)
    same = classes.astype(codes.dtype)
    if not np.array_equal(same, classes):
        # a class that y_true's dtype cannot hold, such as -1 beside unsigned labels
        codes, same = codes.astype(np.int64), classes.astype(np.int64)
    return codes, same
