"""Scores that compare with the best constant prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _backend
from .._averaging import explained_fraction
from .._parameters import validate
from .._validation.regression import Regression
from ..exceptions import warn
from ._inputs import (
    ALPHA,
    MEANS,
    MEANS_OF_SCORES,
    POWER,
    WEIGHTED,
    inputs_of,
    one_output,
    require_total,
    sums_of,
    with_parameter,
)
from .deviances import require_domain


def _too_short(inputs: Regression, score: str) -> bool:
    """Whether there are fewer than two samples, of which it warns."""
    if inputs.pred.shape[0] >= 2:
        return False
    warn(f"{score} score is not well-defined with less than two samples.", "UndefinedMetricWarning")
    return True


@validate(**WEIGHTED, multioutput=[MEANS_OF_SCORES, "array-like", None], force_finite=["boolean"])
def r2_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    """Coefficient of determination: the fraction of the variance of the targets that the predictions explain.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    multioutput : {'raw_values', 'uniform_average', 'variance_weighted'}, array-like of shape (n_outputs,) or None, \
default='uniform_average'
        Return the score of each output, their mean, their mean weighted by the variances of the targets, or their mean
        with these weights. None is the same as ``'uniform_average'``.
    force_finite : bool, default=True
        For an output of constant targets, return 1.0 if the predictions are perfect and 0.0 if not, instead of NaN and
        minus infinity.

    Returns
    -------
    score : float or ndarray of shape (n_outputs,)
        1.0 at best, 0.0 for a prediction of the mean, without a lower bound. NaN, with an UndefinedMetricWarning, for
        fewer than two samples. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    explained_variance_score : forgives a constant error.
    d2_absolute_error_score : the same for absolute differences.

    Notes
    -----
    Targets count as constant when their deviations from the mean are exactly zero. The mean is rounded once from an
    accurate sum, so that equal targets always do; plain summation may leave a rounding error and a huge negative score.

    Time is O(n_samples * n_outputs), in two passes over `y_true` and one over `y_pred`; scratch memory does not grow
    with the number of samples, unless the input has to be converted first.

    The formula is 1 - Σ (y - ŷ)² / Σ (y - ȳ)² [1]_.

    References
    ----------
    .. [1] S. Wright, "Correlation and causation", Journal of Agricultural Research 20, 1921.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.r2_score([1, 2, 3, 4], [1, 2, 3, 5])
    0.8
    >>> tv.r2_score([[0, 1], [2, 3]], [[0, 2], [2, 3]], multioutput="raw_values")
    array([1. , 0.5])
    """

    def squares(inputs: Regression, weight: Any) -> Any:
        return _backend.current().explained_sums(inputs.true, inputs.pred, weight)

    inputs, (residual, total) = sums_of(squares, y_true, y_pred, sample_weight, multioutput)
    if _too_short(inputs, "R^2"):
        return float("nan")
    return explained_fraction(residual, total, inputs.multioutput, force_finite, inputs.dtype)


@validate(**WEIGHTED, multioutput=[MEANS_OF_SCORES, "array-like"], force_finite=["boolean"])
def explained_variance_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    """Explained variance: one minus the variance of the errors over that of the targets.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values, numbers of any width. They are read as float64, or as the widest floating dtype among the three
        arrays where one has a floating dtype.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    multioutput : {'raw_values', 'uniform_average', 'variance_weighted'} or array-like of shape (n_outputs,), \
default='uniform_average'
        Return the score of each output, their mean, their mean weighted by the variances of the targets, or their mean
        with these weights.
    force_finite : bool, default=True
        For an output of constant targets, return 1.0 if the errors are constant too and 0.0 if not, instead of NaN and
        minus infinity.

    Returns
    -------
    score : float or ndarray of shape (n_outputs,)
        1.0 at best, without a lower bound. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    r2_score : the same, but that a constant error counts.

    Notes
    -----
    Targets, and errors, count as constant when their deviations from the mean are exactly zero. The mean is rounded
    once from an accurate sum, so that equal values always do.

    Time is O(n_samples * n_outputs), in four passes; scratch memory does not grow with the number of samples, unless
    the input has to be converted first.

    The formula is 1 - Var(y - ŷ) / Var(y), both without correction for the sample [1]_.

    References
    ----------
    .. [1] J. Cohen, P. Cohen, S. G. West, L. S. Aiken, "Applied multiple regression/correlation analysis for the
       behavioral sciences", 2003.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.explained_variance_score([1, 2, 3, 4], [2, 3, 4, 5])
    1.0
    >>> tv.explained_variance_score([[0, 1], [2, 3]], [[0, 2], [3, 3]], multioutput="raw_values")
    array([0.75, 0.75])
    """

    def variances(inputs: Regression, weight: Any) -> Any:
        return _backend.current().explained_variances(inputs.true, inputs.pred, weight)

    inputs, (residual, total) = sums_of(variances, y_true, y_pred, sample_weight, multioutput)
    return explained_fraction(residual, total, inputs.multioutput, force_finite, inputs.dtype)


@validate(**WEIGHTED, power=POWER)
def d2_tweedie_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, power: float = 0) -> Any:
    """Fraction of the Tweedie deviance that the predictions explain.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, 1)
        True values, numbers of any width. They are read as float64, or as the widest floating dtype among the three
        arrays where one has a floating dtype.
    y_pred : array-like of shape (n_samples,) or (n_samples, 1)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    power : float, default=0
        Power of the mean that the variance of the distribution is proportional to, see `mean_tweedie_deviance`. With 0
        the score is R².

    Returns
    -------
    score : float
        1.0 at best, 0.0 for a prediction of the mean, without a lower bound. NaN, with an UndefinedMetricWarning, for
        fewer than two samples.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, weights that are all zero, several outputs, values that the
        distribution cannot have.
    ZeroDivisionError
        For targets without deviance, such as constant ones, and for weights of both signs that add up to zero.

    See Also
    --------
    mean_tweedie_deviance : the deviance itself, with notes on accuracy.
    r2_score : the score of power 0, which is defined for constant targets too.

    Notes
    -----
    Time is O(n_samples), in three passes; scratch memory does not grow with the number of samples, unless the input has
    to be converted first.

    The formula is 1 - Σ d(y, ŷ) / Σ d(y, ȳ), with d the unit deviance [1]_.

    References
    ----------
    .. [1] T. Hastie, R. Tibshirani, M. Wainwright, "Statistical learning with sparsity", eq. 3.11, 2015.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.d2_tweedie_score([0.5, 1, 2.5, 7], [1, 1, 5, 3.5], power=1), 6)
    0.487915
    >>> tv.d2_tweedie_score([1, 2, 3, 4], [1, 2, 3, 5])
    0.8
    """
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, None)
    one_output(inputs, "d2_tweedie_score")
    if _too_short(inputs, "D^2"):
        return float("nan")
    require_domain(inputs, power)
    require_total(inputs)
    loss, baseline = _backend.current().explained_deviance(inputs.true, inputs.pred, weight, float(power))
    return 1 - float(loss[0]) / float(baseline[0])


def _explained_pinball(y_true: Any, y_pred: Any, sample_weight: Any, alpha: Any, multioutput: Any) -> Any:
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    if _too_short(inputs, "D^2"):
        return float("nan")
    require_total(inputs)
    # By way of percents, as scikit-learn has it: 0.07 of 100 rows are then a little more than 7.
    share, slack = float(alpha * 100) / 100, float(np.finfo(inputs.read).eps)
    kernel = _backend.current().explained_pinball
    loss, baseline = kernel(inputs.true, inputs.pred, weight, float(alpha), share, slack)
    return explained_fraction(loss, baseline, inputs.multioutput, True, with_parameter(inputs.dtype, alpha))


@validate(**WEIGHTED, alpha=ALPHA, multioutput=[MEANS, "array-like"])
def d2_pinball_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    alpha: float = 0.5,
    multioutput: Any = "uniform_average",
) -> Any:
    """Fraction of the pinball loss that the predictions explain.

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
        Level of the quantile that is predicted, from 0 to 1.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,), default='uniform_average'
        Return the score of each output, their mean, or their mean with these weights.

    Returns
    -------
    score : float or ndarray of shape (n_outputs,)
        1.0 at best, 0.0 for a prediction of the quantile of the targets, without a lower bound. For an output whose
        targets all equal their quantile, 1.0 if the predictions are perfect and 0.0 if not. NaN, with an
        UndefinedMetricWarning, for fewer than two samples. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    mean_pinball_loss : the loss itself.
    d2_absolute_error_score : the score of the median.

    Notes
    -----
    The quantile is the smallest target up to which a share `alpha` of the weight lies, or its mean with the next one
    where it is exactly that share: definition 2 of Hyndman and Fan [1]_. "Exactly" is to the machine epsilon of the
    dtype, in absolute terms; `median_absolute_error` says more.

    Time is O(n_samples * n_outputs), usually in four passes; scratch memory does not grow with the number of samples,
    unless the input has to be converted first or weights are negative.

    The formula is 1 - Σ L(y, ŷ) / Σ L(y, q), with L the pinball loss and q the quantile of y [2]_.

    References
    ----------
    .. [1] R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996.
    .. [2] R. Koenker, J. A. F. Machado, "Goodness of fit and related inference processes for quantile regression",
       Journal of the American Statistical Association 94, 1999.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.d2_pinball_score([1, 2, 3], [1, 3, 3])
    0.5
    >>> tv.d2_pinball_score([1, 2, 3], [1, 3, 3], alpha=0.9)
    0.6666666666666667
    """
    return _explained_pinball(y_true, y_pred, sample_weight, alpha, multioutput)


@validate(**WEIGHTED, multioutput=[MEANS, "array-like"])
def d2_absolute_error_score(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Fraction of the absolute error that the predictions explain.

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
        Return the score of each output, their mean, or their mean with these weights.

    Returns
    -------
    score : float or ndarray of shape (n_outputs,)
        1.0 at best, 0.0 for a prediction of the median of the targets, without a lower bound. For an output of constant
        targets, 1.0 if the predictions are perfect and 0.0 if not. NaN, with an UndefinedMetricWarning, for fewer than
        two samples. An array has the dtype the input was read in.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    d2_pinball_score : the same for any quantile, with notes on the median of weighted targets and on cost.
    r2_score : the same for squared differences.

    Notes
    -----
    The formula is 1 - Σ |y - ŷ| / Σ |y - m|, with m the median of y [1]_.

    References
    ----------
    .. [1] R. Koenker, J. A. F. Machado, "Goodness of fit and related inference processes for quantile regression",
       Journal of the American Statistical Association 94, 1999.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.d2_absolute_error_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)
    0.764706
    >>> tv.d2_absolute_error_score([1, 2, 3], [2, 2, 2])
    0.0
    """
    return _explained_pinball(y_true, y_pred, sample_weight, 0.5, multioutput)
