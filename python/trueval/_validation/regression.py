"""Numbers beside predicted numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .arrays import (
    FLOATS,
    Array,
    SampleWeights,
    check_array,
    check_consistent_length,
    floats,
    sample_weights,
)


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
    true = floats(true)
    pred = floats(pred)
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
