"""What the regression metrics share: their constraints and their checked inputs."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from .._parameters import OPTIONAL, Interval, StrOptions
from .._validation.arrays import require_finite
from .._validation.regression import Regression, check_differences, check_regression

MEANS = StrOptions({"raw_values", "uniform_average"})
MEANS_OF_SCORES = StrOptions({"raw_values", "uniform_average", "variance_weighted"})
TARGETS: dict[str, list[Any]] = {"y_true": ["array-like"], "y_pred": ["array-like"]}
WEIGHTED: dict[str, list[Any]] = {**TARGETS, "sample_weight": OPTIONAL}
ALPHA = [Interval(Real, 0, 1, closed="both")]
POWER = [Interval(Real, None, 0, closed="right"), Interval(Real, 1, None, closed="left")]


def inputs_of(y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any) -> tuple[Regression, Any]:
    """Check the inputs; return them, and the weights for the kernel."""
    inputs = check_regression(y_true, y_pred, sample_weight, multioutput)
    return inputs, None if inputs.weights is None else inputs.weights.values


def sums_of(
    compute: Callable[[Regression, Any], Any], y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any
) -> tuple[Regression, Any]:
    """Check the inputs; return them, and what a function of them and of the weights sums.

    NaN and infinity pass through a sum of differences, so they are looked for only if a sum is not finite, or if there
    is another fault, which they precede: a look of its own would take as long as the sum.
    """
    unscanned: list[Any] = []
    try:
        inputs = check_regression(y_true, y_pred, sample_weight, multioutput, unscanned=unscanned)
        require_total(inputs)
        with np.errstate(invalid="ignore"):
            sums = compute(inputs, None if inputs.weights is None else inputs.weights.values)
    except Exception:
        for y in unscanned:
            require_finite(y)
        raise
    if not np.isfinite(sums).all():
        for y in unscanned:
            require_finite(y)
    return inputs, sums


def differences_of(y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any) -> tuple[Regression, Any]:
    """Like `inputs_of`, for a metric that takes the differences of integers as they are."""
    inputs = check_differences(y_true, y_pred, sample_weight, multioutput)
    return inputs, None if inputs.weights is None else inputs.weights.values


def require_total(inputs: Regression) -> None:
    """Refuse weights that sum to zero."""
    if inputs.weights is not None:
        inputs.weights.require_total()


def one_output(inputs: Regression, name: str) -> None:
    """Refuse several outputs."""
    if inputs.true.shape[1] > 1:
        raise ValueError(f"Multioutput not supported in {name}")


def with_parameter(dtype: np.dtype[Any], parameter: Any) -> np.dtype[Any]:
    """Dtype of an array of `dtype` times a parameter, which a NumPy scalar may widen."""
    return np.result_type(dtype, parameter) if isinstance(parameter, (int, float, np.number)) else dtype
