"""Errors relative to the target: of percentages and of logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _backend
from .._averaging import average_outputs
from .._parameters import validate
from .._validation.regression import Regression
from ._inputs import MEANS, WEIGHTED, inputs_of, require_total, sums_of


def _require_logarithms(inputs: Regression, name: str) -> None:
    if min(inputs.lows) <= -1:
        raise ValueError(f"{name} cannot be used when targets contain values less than or equal to -1.")


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
def mean_absolute_percentage_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of the absolute differences between targets and predictions, each relative to the target.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width. They are read as float64, or as the widest floating dtype among the three
        arrays where one has a floating dtype.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,), default='uniform_average'
        Return the error of each output, their mean, or their mean with these weights.

    Returns
    -------
    loss : float or ndarray of shape (n_outputs,)
        A fraction, not a percentage: 0 at best, 1 for errors as large as the targets, without an upper bound. An array
        has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    mean_absolute_error : in units of the target.
    mean_squared_log_error : where ratios count in both directions.

    Notes
    -----
    Targets that are smaller than the machine epsilon of float64 count as that, so that an error at a target of zero
    makes the result huge, not infinite (infinite where the input is read as float16, which has no such number).

    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is
    O(n_samples * n_outputs), in one pass; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is (1/n) Σ |y - ŷ| / max(|y|, ε) [1]_.

    References
    ----------
    .. [1] A. de Myttenaere, B. Golden, B. Le Grand, F. Rossi, "Mean absolute percentage error for regression models",
       Neurocomputing 192, 2016.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.mean_absolute_percentage_error([4.0, -2.0, 8.0, 10.0], [3.0, -2.0, 10.0, 15.0])
    0.25
    >>> tv.mean_absolute_percentage_error([[1, 10], [2, 20]], [[2, 10], [2, 30]], multioutput="raw_values")
    array([0.5 , 0.25])
    """

    def percentages(inputs: Regression, weight: Any) -> Any:
        epsilon = float(inputs.read.type(np.finfo(np.float64).eps))
        return _backend.current().absolute_percentage_error(inputs.true, inputs.pred, weight, epsilon)

    inputs, errors = sums_of(percentages, y_true, y_pred, sample_weight, multioutput)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
def mean_squared_log_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of the squared differences between the logarithms of one plus targets and predictions.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width, above -1. They are read as float64, or as the widest floating dtype among
        the three arrays where one has a floating dtype.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values, above -1.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,), default='uniform_average'
        Return the error of each output, their mean, or their mean with these weights.

    Returns
    -------
    loss : float or ndarray of shape (n_outputs,)
        A squared logarithm of a ratio, 0 at best. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero, values of
        -1 or less.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    root_mean_squared_log_error : its square root.
    mean_squared_error : of the values themselves.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is
    O(n_samples * n_outputs), in one pass; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is (1/n) Σ (ln(1 + y) - ln(1 + ŷ))² [1]_.

    References
    ----------
    .. [1] J. S. Armstrong, "Long-range forecasting: from crystal ball to computer", 1985.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.mean_squared_log_error([3, 5, 2.5, 7], [2.5, 5, 4, 8]), 6)
    0.03973
    """
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    _require_logarithms(inputs, "Mean Squared Logarithmic Error")
    require_total(inputs)
    errors = _backend.current().squared_log_error(inputs.true, inputs.pred, weight)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
def root_mean_squared_log_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Square root of the mean of the squared differences between logarithms.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width, above -1. They are read as float64, or as the widest floating dtype among
        the three arrays where one has a floating dtype.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values, above -1.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,), default='uniform_average'
        Return the error of each output, the mean of these, or their mean with these weights. The roots are averaged,
        not the squares.

    Returns
    -------
    loss : float or ndarray of shape (n_outputs,)
        A logarithm of a ratio, 0 at best. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero, values of
        -1 or less.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    mean_squared_log_error : without the root.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is
    O(n_samples * n_outputs), in one pass; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is √((1/n) Σ (ln(1 + y) - ln(1 + ŷ))²) [1]_.

    References
    ----------
    .. [1] J. S. Armstrong, "Long-range forecasting: from crystal ball to computer", 1985.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.root_mean_squared_log_error([3, 5, 2.5, 7], [2.5, 5, 4, 8]), 6)
    0.199324
    """
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    _require_logarithms(inputs, "Root Mean Squared Logarithmic Error")
    require_total(inputs)
    errors = _backend.current().squared_log_error(inputs.true, inputs.pred, weight)
    return average_outputs(np.sqrt(errors), inputs.multioutput, inputs.dtype)
