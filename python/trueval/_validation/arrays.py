"""Array-likes to native contiguous arrays, scores and weights among them; what is finite, and what has which length."""

from __future__ import annotations

import math
import numbers
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import is_sparse

Array = NDArray[Any]
FLOATS = (np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16))
NUMBERS = (float, int, np.number, np.bool_)
_NO_NUMBERS = (str, bytes, np.datetime64, np.timedelta64)

# arrays ---------------------------------------------------------------------------------------------------------------


def num_samples(x: Any) -> int:
    """Count the rows of an array-like."""
    kind = type(x)
    if kind is list or (kind is np.ndarray and x.ndim):
        return len(x)
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


def nullable_number(dtype: Any) -> bool:
    """Whether a dtype is a pandas extension dtype of numbers, which NumPy would otherwise turn into objects.

    Categories of booleans count, too: scikit-learn takes them for pandas' nullable ones.
    """
    if getattr(getattr(dtype, "categories", None), "dtype", None) == np.bool_:
        return True
    return (
        not isinstance(dtype, np.dtype)
        and hasattr(dtype, "na_value")
        and getattr(dtype, "kind", "O") in "biuf"
        and type(dtype).__name__ != "SparseDtype"
    )


def as_numpy(x: Any, dtype: Any = None) -> Array:
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
        if nullable_number(own):
            x = x.astype(np.float64 if dtype is None else dtype)
    elif hasattr(x, "iloc") and any(map(nullable_number, getattr(x, "dtypes", ()))):
        x = x.astype(np.float64 if dtype is None else dtype)
    return np.asarray(x, dtype=dtype)


def native(a: Array, dtype: Any = None) -> Array:
    """Convert to a C-contiguous, aligned, native-endian array of `dtype`, without a copy where it is one."""
    own, flags = a.dtype, a.flags
    if (own.isnative if dtype is None else own == dtype) and flags.c_contiguous and flags.aligned:
        return a
    return np.array(a, dtype=own.newbyteorder("=") if dtype is None else dtype, order="C")


def refuse_complex(a: Any) -> None:
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
    a = _coerced(x, dtype, name, role)
    if ensure_2d and a.ndim == 1 and hasattr(x, "iloc") and nullable_number(getattr(x, "dtype", None)):
        raise ValueError(
            f"Expected a 2-dimensional container but got {type(x)} instead. Pass a DataFrame containing a single row "
            "(i.e. single sample) or a single column (i.e. single feature) instead."
        )
    if ensure_2d and a.ndim < 2:
        kind = "scalar array" if a.ndim == 0 else "1D array"
        raise ValueError(
            f"Expected 2D array, got {kind} instead:\narray={a}.\nReshape your data either using array.reshape(-1, 1) "
            "if your data has a single feature or array.reshape(1, -1) if it contains a single sample."
        )
    if a.dtype.kind in "USTV" and isinstance(dtype, str):
        raise ValueError(
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data to numeric values "
            "explicitly instead."
        )
    if a.ndim >= 3:
        raise ValueError(f"Found array with dim {a.ndim}, while dim <= 2 is required.")
    a = native(a)
    if finite:
        require_finite(a, name)
    require_size(a, min_samples)
    return a


def _coerced(x: Any, dtype: Any, name: str, role: str) -> Array:
    """Array of an array-like, in the dtype that `check_array` is asked for."""
    numeric = isinstance(dtype, str)
    own = getattr(x, "dtype", None)
    if isinstance(dtype, tuple):
        dtype = None if isinstance(own, np.dtype) and own in dtype else dtype[0]
    elif numeric:
        dtype = None
    if type(x) is np.ndarray and x.dtype.kind in "biuf":
        return as_numpy(x, dtype)
    if is_sparse(x):
        padded = f" for {name}" if name else ""
        raise TypeError(
            f"Sparse data was passed{padded}, but dense data is required. Use '.toarray()' to convert to a dense numpy "
            "array."
        )
    refuse_complex(x)
    a = as_numpy(x, dtype)
    if numeric and a.dtype.kind in "OMm" and a.ndim:
        try:
            a = as_numbers(a, role or name or "the array")
        except TypeError as error:  # words among objects have the value wrong, not the type, to scikit-learn
            if a.dtype.kind == "O" and any(isinstance(item, str) for item in a.flat):
                raise ValueError(str(error)) from None
            raise
    refuse_complex(a)
    return a


def require_size(a: Array, min_samples: int = 1) -> None:
    if min_samples:
        n = num_samples(a)
        if n < min_samples:
            raise ValueError(
                f"Found array with {n} sample(s) (shape={a.shape}) while a minimum of {min_samples} is required."
            )
    if a.ndim == 2 and a.shape[1] < 1:
        raise ValueError(f"Found array with 0 feature(s) (shape={a.shape}) while a minimum of 1 is required.")


def measured_array(x: Any, dtype: Any = "numeric", *, role: str = "") -> tuple[Array, float, float]:
    """`check_array`, with the minimum and maximum that the scan for NaN and infinity comes upon."""
    a = check_array(x, dtype=dtype, finite=False, min_samples=0, role=role)
    low, high = require_finite(a)
    require_size(a)
    return a, low, high


# A lookup table over the range of integer labels is cheaper than a search while it fits a second-level cache.
SMALL_RANGE = 1 << 16


def offsets(values: Array, low: int) -> NDArray[np.int64]:
    """Integers less their lowest."""
    # Subtracting modulo 2**64 is right for every integer dtype, uint64 included.
    return (values.astype(np.uint64) - np.uint64(low % (1 << 64))).view(np.int64)


def column_or_1d(x: Any, *, name: str = "y", dtype: Any = None) -> Array:
    """Coerce an array-like to one dimension; an (n, 1) column counts as one."""
    a = check_array(x, dtype=dtype, finite=False, min_samples=0, name=name)
    if a.ndim == 1:
        return a
    if a.ndim == 2 and a.shape[1] == 1:
        return a.reshape(-1)
    raise ValueError(f"y should be a 1d array, got an array of shape {a.shape} instead.")


def not_finite(status: int, dtype: Any, name: str) -> ValueError:
    padded = f"{name} " if name else ""
    what = "NaN" if status == 1 else f"infinity or a value too large for {dtype!r}"
    return ValueError(f"Input {padded}contains {what}.")


def require_finite(a: Array, name: str = "") -> tuple[float, float]:
    """Refuse NaN and infinity in a contiguous array; return its minimum and maximum, (inf, -inf) where not numeric."""
    kind = a.dtype.kind
    if kind != "f":
        if kind == "O" and np.any(np.not_equal(a, a)):
            raise ValueError("Input contains NaN")
        return math.inf, -math.inf
    if a.dtype == FLOATS[2] and a.size:
        low, high = _half_extremes(native(a))
        if math.isfinite(low) and math.isfinite(high):
            return low, high
    status, low, high = _backend.current().scan(flat(floats(a)))
    if status:
        raise not_finite(status, a.dtype, name)
    return low, high


def _half_extremes(a: Array) -> tuple[float, float]:
    """Minimum and maximum of float16 by their bits, far faster than widened; not finite where an element is not."""
    bits = a.view(np.uint16)
    # Positive ones are in order; negative ones, which have the sign bit, follow in reverse.
    last, least, top = bits.max(), bits.min(), bits.view(np.int16).max()
    low = last if last >= 0x8000 else least
    high = top if top >= 0 else least
    return float(np.uint16(low).view(np.float16)), float(np.uint16(high).view(np.float16))


def flat(a: Array) -> Array:
    """One-dimensional view of a contiguous array."""
    return a if a.ndim == 1 else a.reshape(-1)


def floats(a: Array) -> Array:
    """Float array in a width that the kernels take: float16 as float32, long double as float64."""
    size = a.dtype.itemsize
    return native(a, FLOATS[1] if size == 2 else FLOATS[0] if size > 8 else None)


# scores and weights ---------------------------------------------------------------------------------------------------


def canonical_scores(a: Array) -> Array:
    """Scores as the kernels take them: float32, float64, int64 or uint64, each value as it was."""
    kind = a.dtype.kind
    if kind == "f":
        return floats(a)
    if kind in "iu" and a.dtype.itemsize == 8:
        return native(a)
    return native(as_numbers(a, "y_score"), np.float64)


def rankable_scores(a: Array) -> Array:
    """Canonical scores, or float16 as they are: `canonical_scores` makes float32 of these."""
    return native(a) if a.dtype == FLOATS[2] else canonical_scores(a)


def finite_scores(a: Array) -> Array:
    """Rankable scores without NaN or infinity."""
    require_finite(a)
    scores = rankable_scores(a)
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
    a = as_numpy(weight)
    refuse_complex(a)
    return as_numbers(a, "sample_weight")


def sample_weights(weight: Any, n_samples: int, *, dtype: Any = None, all_zero: bool = False) -> SampleWeights:
    """Weights of `n_samples` rows: one-dimensional, finite, not all zero unless allowed; negative ones pass."""
    if type(weight) is not np.ndarray or weight.dtype.kind not in "biuf":
        weight = _weights_as_numbers(weight)
    a = check_array(weight, dtype=dtype, finite=False, name="sample_weight")
    values = native(a, FLOATS[0])
    status, low, high = _backend.current().scan(flat(values))
    if status:
        raise not_finite(status, a.dtype, "sample_weight")
    if a.ndim != 1:
        raise ValueError(
            f"Sample weights must be 1D array or scalar, got {a.ndim}D array. Expected either a scalar value or a 1D "
            f"array of length {n_samples}."
        )
    if a.shape != (n_samples,):
        raise ValueError(f"sample_weight.shape == {a.shape}, expected {(n_samples,)}!")
    weights = SampleWeights(values, a.dtype.kind, low, high)
    if not all_zero:
        refuse_zero_weights(weights)
    return weights


def refuse_zero_weights(weights: SampleWeights | None) -> None:
    """Refuse weights of which not one counts."""
    if weights is not None and weights.low == 0.0 and weights.high == 0.0:
        raise ValueError("Sample weights must contain at least one non-zero number.")
