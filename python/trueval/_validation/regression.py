"""Numbers beside predicted numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import _backend
from .arrays import (
    FLOATS,
    Array,
    SampleWeights,
    as_numpy,
    check_array,
    check_consistent_length,
    floats,
    measured_array,
    native,
    require_size,
    sample_weights,
)

# Integers up to this are float64 too.
_EXACT = 2.0**53


class Regression(NamedTuple):
    """Two (n, k) float matrices of one dtype, their minima, weights, fold of the outputs, and two dtypes.

    `read` is the dtype that the targets were read in, `dtype` the one that results have, which the weights may widen.
    """

    true: Array
    pred: Array
    lows: tuple[float, float]
    weights: SampleWeights | None
    multioutput: Any
    read: np.dtype[Any]
    dtype: np.dtype[Any]


def _common_float(*arrays: Any) -> np.dtype[Any]:
    """Widest floating dtype among arrays that have one, else float64."""
    floats = []
    for a in arrays:
        if hasattr(a, "dtype"):
            dtype = a.dtype if isinstance(a.dtype, np.dtype) else np.asarray(a).dtype
            if dtype.kind == "f" and dtype not in floats:
                floats.append(dtype)
    if not floats:
        return FLOATS[0]
    return floats[0] if len(floats) == 1 and floats[0].isnative else np.result_type(*floats)


def _as_columns(true: Array, pred: Array) -> tuple[Array, Array]:
    true = true.reshape(-1, 1) if true.ndim == 1 else true
    pred = pred.reshape(-1, 1) if pred.ndim == 1 else pred
    if true.shape[1] != pred.shape[1]:
        raise ValueError(f"y_true and y_pred have different number of output ({true.shape[1]}!={pred.shape[1]})")
    return true, pred


def _numbers(y: Any, dtype: np.dtype[Any], unscanned: list[Array] | None) -> tuple[Array, float]:
    """Numbers as `dtype`, and their minimum."""
    if unscanned is None:
        return measured_array(y, dtype)[:2]
    a = check_array(y, dtype=dtype, finite=False, min_samples=0)
    unscanned.append(a)
    require_size(a)
    return a, math.nan


def _check_multioutput(multioutput: Any, outputs: int) -> Any:
    if multioutput is None or isinstance(multioutput, str):
        return multioutput
    multioutput = check_array(multioutput, role="multioutput")
    if outputs == 1:
        raise ValueError("Custom weights are useful only in multi-output cases.")
    if outputs != multioutput.shape[0]:
        raise ValueError(f"There must be equally many custom weights ({multioutput.shape[0]}) as outputs ({outputs}).")
    return multioutput


def check_regression(
    y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any, *, unscanned: list[Array] | None = None
) -> Regression:
    """Check targets, predictions, weights and the weights of the outputs of a regression metric.

    With a list `unscanned`, targets and predictions are not scanned for NaN and infinity but appended to it, and their
    minima are NaN. The caller scans them, in order, where anything else is wrong or a sum is not finite.
    """
    read = _common_float(y_true, y_pred, sample_weight)
    check_consistent_length(y_true, y_pred, sample_weight)
    true, true_low = _numbers(y_true, read, unscanned)
    pred, pred_low = _numbers(y_pred, read, unscanned)
    weights, dtype = None, read
    if sample_weight is not None:
        weight_dtype = read if read in FLOATS[:2] else FLOATS[0]
        weights = sample_weights(sample_weight, true.shape[0], dtype=weight_dtype)
        dtype = np.result_type(read, weight_dtype)
    true, pred = _as_columns(floats(true), floats(pred))
    multioutput = _check_multioutput(multioutput, true.shape[1])
    return Regression(true, pred, (true_low, pred_low), weights, multioutput, read, dtype)


def _as_they_are(y: Any, role: str) -> Array:
    """Numbers in their own dtype; objects as float64, words that spell numbers among them where pandas holds them."""
    if isinstance(y, np.ndarray) or hasattr(y, "iloc"):
        a = as_numpy(y)
        return check_array(a, dtype=FLOATS[0] if a.dtype.kind == "O" and a.ndim else "numeric", role=role)
    return check_array(y, role=role)


def check_differences(y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any) -> Regression:
    """Like `check_regression`, for a metric that takes the differences of integers as they are.

    The minima are not looked for.
    """
    check_consistent_length(y_true, y_pred, sample_weight)
    true = _as_they_are(y_true, "y_true")
    pred = _as_they_are(y_pred, "y_pred")
    weights = None
    if sample_weight is not None:
        weights = sample_weights(sample_weight, true.shape[0], dtype=FLOATS[0])
    true, pred = _as_columns(true, pred)
    multioutput = _check_multioutput(multioutput, true.shape[1])
    common = np.result_type(true.dtype, pred.dtype)
    if common.kind in "iu" and common.itemsize == 8:
        true, pred = _wide_integers(native(true, common), native(pred, common))
    dtype = common if common.kind == "f" else FLOATS[0]
    width = np.float32 if dtype.itemsize <= 4 else np.float64
    true, pred = native(true, width), native(pred, width)
    return Regression(true, pred, (math.nan, math.nan), weights, multioutput, dtype, dtype)


def _wide_integers(true: Array, pred: Array) -> tuple[Array, Array]:
    """Integers that float64 holds, whose differences are those of the given ones but for one rounding."""
    for y in (true, pred):
        _, low, high = _backend.current().scan(y.reshape(-1))
        if max(-low, high) > _EXACT:
            break
    else:
        return true, pred
    a, b = true.view(np.uint64), pred.view(np.uint64)  # whose differences are right modulo 2**64
    apart = np.where(true > pred, a - b, b - a).astype(np.float64)
    return apart, np.zeros_like(apart)
