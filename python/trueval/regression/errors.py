"""Mean errors, in the units of the target or of its square."""

from __future__ import annotations

from typing import Any

from .. import _backend
from .._averaging import average_outputs
from .._parameters import (
    validate,
)
from ._inputs import MEANS, inputs_of


@validate(
    y_true=["array-like"],
    y_pred=["array-like"],
    sample_weight=["array-like", None],
    multioutput=[MEANS, "array-like"],
)
def mean_squared_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of the squared differences between targets and predictions.

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
        In squared units of the target, 0 at best. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads; float32 input therefore gives a
    more accurate result than float32 arithmetic would. Time is O(n_samples * n_outputs), in one pass; scratch memory
    does not grow with the number of samples, unless the input has to be converted first.

    The formula is (1/n) Σ (y - ŷ)², Gauss's criterion [1]_.

    References
    ----------
    .. [1] C. F. Gauss, "Theoria combinationis observationum erroribus minimis obnoxiae", 1823.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.mean_squared_error([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
    0.375
    >>> tv.mean_squared_error([[0, 1], [2, 3]], [[0, 2], [2, 5]], multioutput="raw_values")
    array([0. , 2.5])
    """
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    if inputs.weights is not None:
        inputs.weights.require_total()
    errors = _backend.current().squared_error(inputs.true, inputs.pred, weight)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)


@validate(
    y_true=["array-like"],
    y_pred=["array-like"],
    sample_weight=["array-like", None],
    multioutput=[MEANS, "array-like"],
)
def mean_absolute_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of the absolute differences between targets and predictions.

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
        In units of the target, 0 at best. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is
    O(n_samples * n_outputs), in one pass; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is (1/n) Σ |y - ŷ| [1]_.

    References
    ----------
    .. [1] C. J. Willmott, K. Matsuura, "Advantages of the mean absolute error (MAE) over the root mean square error
       (RMSE) in assessing average model performance", Climate Research 30, 2005.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.mean_absolute_error([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
    0.5
    >>> tv.mean_absolute_error([[0, 1], [2, 3]], [[0, 2], [2, 5]], multioutput=[0.25, 0.75])
    1.125
    """
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    if inputs.weights is not None:
        inputs.weights.require_total()
    errors = _backend.current().absolute_error(inputs.true, inputs.pred, weight)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)
