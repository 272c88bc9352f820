"""Mean deviances of distributions whose variance is a power of the mean."""

from __future__ import annotations

from typing import Any

from .. import _backend
from .._parameters import validate
from .._validation.regression import Regression
from ._inputs import POWER, WEIGHTED, inputs_of, one_output, require_total


def require_domain(inputs: Regression, power: Any) -> None:
    """Refuse targets and predictions that the distribution of this power cannot have."""
    true, pred = inputs.lows
    message = f"Mean Tweedie deviance error with power={power} can only be used on "
    if power < 0:
        if pred <= 0:
            raise ValueError(message + "strictly positive y_pred.")
    elif 1 <= power < 2:
        if true < 0 or pred <= 0:
            raise ValueError(message + "non-negative y and strictly positive y_pred.")
    elif power >= 2 and (true <= 0 or pred <= 0):
        raise ValueError(message + "strictly positive y and y_pred.")


def _mean_deviance(y_true: Any, y_pred: Any, sample_weight: Any, power: Any) -> float:
    inputs, weight = inputs_of(y_true, y_pred, sample_weight, None)
    one_output(inputs, "mean_tweedie_deviance")
    require_domain(inputs, power)
    require_total(inputs)
    return float(_backend.current().tweedie_deviance(inputs.true, inputs.pred, weight, float(power))[0])


@validate(**WEIGHTED, power=POWER)
def mean_tweedie_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None, power: float = 0) -> Any:
    """Mean deviance of the Tweedie distribution of a given power.

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
        Power of the mean that the variance of the distribution is proportional to; none between 0 and 1:

        - below 0, an extreme stable distribution; predictions are positive
        - 0, the normal distribution: the mean squared error
        - 1, the Poisson distribution; targets are not negative, predictions positive
        - between 1 and 2, a compound Poisson distribution; likewise
        - 2, the gamma distribution; targets and predictions are positive
        - 3, the inverse Gaussian distribution; likewise
        - any other above 2, a positive stable distribution; likewise

    Returns
    -------
    loss : float
        0 at best. The higher the power, the less an error at a large target weighs.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero, several
        outputs, values that the distribution cannot have.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    d2_tweedie_score : relative to the deviance from the mean.
    mean_poisson_deviance : power 1.
    mean_gamma_deviance : power 2.

    Notes
    -----
    Sums are float64 whatever the input is, and do not depend on the number of threads. Time is O(n_samples), in one
    pass; scratch memory does not grow with the number of samples, unless the input has to be converted first.

    For power p other than 0, 1 and 2 the unit deviance is 2 (max(y, 0)^(2-p) / ((1-p)(2-p)) - y ŷ^(1-p) / (1-p) +
    ŷ^(2-p) / (2-p)) [1]_. Its terms cancel where prediction and target are close, so that it may come out as a small
    number of either sign instead of 0.

    References
    ----------
    .. [1] B. Jørgensen, "Exponential dispersion models", Journal of the Royal Statistical Society B 49, 1987.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.mean_tweedie_deviance([2.0, 0.0, 1.0, 4.0], [0.5, 0.5, 2.0, 2.0])
    1.875
    >>> round(tv.mean_tweedie_deviance([2, 0, 1, 4], [0.5, 0.5, 2.0, 2.0], power=1), 6)
    1.426015
    """
    return _mean_deviance(y_true, y_pred, sample_weight, power)


@validate(**WEIGHTED)
def mean_poisson_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean deviance of the Poisson distribution.

    It is that of the Tweedie distribution of power 1.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, 1)
        True values, not negative, numbers of any width.
    y_pred : array-like of shape (n_samples,) or (n_samples, 1)
        Predicted values, positive.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    loss : float
        0 at best.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero, several
        outputs, values that the distribution cannot have.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    mean_tweedie_deviance : of any power, with notes on accuracy and cost.

    Notes
    -----
    The formula is (2/n) Σ (y ln(y / ŷ) - y + ŷ), with 0 ln 0 = 0 [1]_.

    References
    ----------
    .. [1] P. McCullagh, J. A. Nelder, "Generalized linear models", 1989.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.mean_poisson_deviance([2, 0, 1, 4], [0.5, 0.5, 2.0, 2.0]), 6)
    1.426015
    """
    return _mean_deviance(y_true, y_pred, sample_weight, 1)


@validate(**WEIGHTED)
def mean_gamma_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean deviance of the gamma distribution.

    It is that of the Tweedie distribution of power 2.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, 1)
        True values, positive, numbers of any width.
    y_pred : array-like of shape (n_samples,) or (n_samples, 1)
        Predicted values, positive.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    loss : float
        0 at best.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths or numbers of outputs that differ, weights that are all zero, several
        outputs, values that the distribution cannot have.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    mean_tweedie_deviance : of any power, with notes on accuracy and cost.

    Notes
    -----
    The formula is (2/n) Σ (ln(ŷ / y) + y / ŷ - 1) [1]_.

    References
    ----------
    .. [1] P. McCullagh, J. A. Nelder, "Generalized linear models", 1989.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.mean_gamma_deviance([2, 0.5, 1, 4], [0.5, 0.5, 2.0, 2.0]), 6)
    1.056853
    """
    return _mean_deviance(y_true, y_pred, sample_weight, 2)
