"""Mean errors, in the units of the target or of its square."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _backend
from .._averaging import average_outputs
from .._parameters import validate
from .._validation.regression import Regression
from ._inputs import (
    ALPHA,
    MEANS,
    TARGETS,
    WEIGHTED,
    differences_of,
    inputs_of,
    one_output,
    require_total,
    sums_of,
    with_parameter,
)


def _squared(inputs: Regression, weight: Any) -> Any:
    return _backend.current().squared_error(inputs.true, inputs.pred, weight)


def _absolute(inputs: Regression, weight: Any) -> Any:
    return _backend.current().absolute_error(inputs.true, inputs.pred, weight)


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
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

    See Also
    --------
    root_mean_squared_error : its square root, in units of the target.
    r2_score : relative to the variance of the targets.

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
    inputs, errors = sums_of(_squared, y_true, y_pred, sample_weight, multioutput)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
def root_mean_squared_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Square root of the mean of the squared differences between targets and predictions.

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
        Return the error of each output, the mean of these, or their mean with these weights. The roots are averaged,
        not the squares.

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

    See Also
    --------
    mean_squared_error : without the root.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is
    O(n_samples * n_outputs), in one pass; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is √((1/n) Σ (y - ŷ)²) [1]_. Weights in `multioutput` go to NumPy's average as they are, and
    what it says of their shape is therefore its own.

    References
    ----------
    .. [1] R. J. Hyndman, A. B. Koehler, "Another look at measures of forecast accuracy", International Journal of
       Forecasting 22, 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.root_mean_squared_error([3.0, -0.5, 2.0, 7.0], [1.0, 1.5, 4.0, 9.0])
    2.0
    >>> tv.root_mean_squared_error([[0, 1], [2, 3]], [[3, 1], [5, 7]], multioutput=[1.0, 0.0])
    3.0
    """
    inputs, errors = sums_of(_squared, y_true, y_pred, sample_weight, None)
    return average_outputs(np.sqrt(errors), multioutput, inputs.dtype)


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
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

    See Also
    --------
    median_absolute_error : not moved by outliers.
    mean_pinball_loss : for predictions that ought to be a quantile.
    d2_absolute_error_score : relative to the deviation of the targets from their median.

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
    inputs, errors = sums_of(_absolute, y_true, y_pred, sample_weight, multioutput)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)


@validate(**WEIGHTED, alpha=ALPHA, multioutput=[MEANS, "array-like"])
def mean_pinball_loss(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    alpha: float = 0.5,
    multioutput: Any = "uniform_average",
) -> Any:
    """Mean pinball loss: what predictions of a quantile cost.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width. They are read as float64, or as the widest floating dtype among the three
        arrays where one has a floating dtype.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    alpha : float, default=0.5
        Level of the quantile that is predicted, from 0 to 1. With 0.5 the loss is half the mean absolute error.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,), default='uniform_average'
        Return the loss of each output, their mean, or their mean with these weights.

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

    See Also
    --------
    d2_pinball_score : relative to the quantile of the targets.
    mean_absolute_error : twice the loss at the median.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is
    O(n_samples * n_outputs), in one pass; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is (1/n) Σ max(α (y - ŷ), (α - 1) (y - ŷ)) [1]_.

    References
    ----------
    .. [1] R. Koenker, G. Bassett, "Regression quantiles", Econometrica 46, 1978.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.mean_pinball_loss([1, 2, 3], [0, 2, 5], alpha=0.25)
    0.5833333333333334
    >>> tv.mean_pinball_loss([1, 2, 3], [1, 2, 3], alpha=0.9)
    0.0
    """
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    require_total(inputs)
    errors = _backend.current().pinball_loss(inputs.true, inputs.pred, weight, float(alpha))
    return average_outputs(errors, inputs.multioutput, with_parameter(inputs.dtype, alpha))


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
def median_absolute_error(
    y_true: Any, y_pred: Any, *, multioutput: Any = "uniform_average", sample_weight: Any = None
) -> Any:
    """Median of the absolute differences between targets and predictions.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width. Integers of any size are subtracted without overflow.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,), default='uniform_average'
        Return the error of each output, their mean, or their mean with these weights.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    loss : float or ndarray of shape (n_outputs,)
        In units of the target, 0 at best. An array has the dtype of the differences, float64 for integers.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.

    See Also
    --------
    mean_absolute_error : where large errors ought to count.

    Notes
    -----
    Of an even number of differences the two middle ones are averaged. With weights, it is the smallest difference up to
    which half the weight lies, or its mean with the next one where it is exactly half: definition 2 of Hyndman and Fan
    [1]_. Samples of weight zero do not count. "Exactly" is to the machine epsilon of the dtype, in absolute terms, so
    that weights as small as that all count as ties. Weights of both signs define no median; what is returned then is
    the difference that a bisection of their running sums comes upon.

    Time is O(n_samples * n_outputs), usually in two passes, one that counts the differences near the median and one
    that picks a few of them; scratch memory does not grow with the number of samples, unless the input has to be
    converted first or weights are negative.

    References
    ----------
    .. [1] R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.median_absolute_error([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
    0.5
    >>> tv.median_absolute_error([1, 2, 3], [1, 4, 8], sample_weight=[1, 1, 4])
    5.0
    """
    inputs, weight = differences_of(y_true, y_pred, sample_weight, multioutput)
    slack = float(np.finfo(inputs.dtype).eps)
    errors = _backend.current().median_absolute_error(inputs.true, inputs.pred, weight, slack)
    return average_outputs(errors, inputs.multioutput, inputs.dtype)


@validate(**TARGETS)
def max_error(y_true: Any, y_pred: Any) -> float:
    """Largest absolute difference between targets and predictions.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, 1)
        True values, numbers of any width. Integers of any size are subtracted without overflow.
    y_pred : array-like of shape (n_samples,) or (n_samples, 1)
        Predicted values.

    Returns
    -------
    max_error : float
        In units of the target, 0 at best.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, several outputs.

    See Also
    --------
    median_absolute_error : the error in the middle.

    Notes
    -----
    Time is O(n_samples), in one pass; scratch memory does not grow with the number of samples, unless the input has to
    be converted first.

    The formula is max |y - ŷ|, which Chebyshev's approximations minimise [1]_.

    References
    ----------
    .. [1] P. L. Chebyshev, "Théorie des mécanismes connus sous le nom de parallélogrammes", 1854.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.max_error([3, 2, 7, 1], [4, 2, 7, 1])
    1.0
    """
    inputs, _ = differences_of(y_true, y_pred, None, None)
    one_output(inputs, "max_error")
    return float(_backend.current().max_error(inputs.true, inputs.pred)[0])
