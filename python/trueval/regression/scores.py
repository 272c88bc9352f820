"""Scores that compare with the best constant prediction."""

from __future__ import annotations

from typing import Any

from .. import _backend
from .._averaging import explained_fraction
from .._parameters import (
    validate,
)
from ..exceptions import warn
from ._inputs import MEANS_OF_SCORES, inputs_of


@validate(
    y_true=["array-like"],
    y_pred=["array-like"],
    sample_weight=["array-like", None],
    multioutput=[MEANS_OF_SCORES, "array-like", None],
    force_finite=["boolean"],
)
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
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, multioutput)
    if inputs.pred.shape[0] < 2:
        warn("R^2 score is not well-defined with less than two samples.", "UndefinedMetricWarning")
        return float("nan")
    if inputs.weights is not None:
        inputs.weights.require_total()
    residual, total = _backend.current().explained_sums(inputs.true, inputs.pred, weight)
    return explained_fraction(residual, total, inputs.multioutput, force_finite, inputs.dtype)
