"""Losses of decision values."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _backend
from .._parameters import OPTIONAL, validate
from .._validation.decisions import check_decisions


@validate(y_true=["array-like"], pred_decision=["array-like"], labels=OPTIONAL, sample_weight=OPTIONAL)
def hinge_loss(y_true: Any, pred_decision: Any, *, labels: Any = None, sample_weight: Any = None) -> float:
    """Mean hinge loss of decision values, the loss that support vector machines minimise.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: numbers, booleans, dates or strings.
    pred_decision : array-like of shape (n_samples,) or (n_samples, n_classes)
        Decision values: for the second of two labels, or for each of more than two, in their sorted order.
    labels : array-like, optional
        All labels, where `y_true` may not hold every one of more than two.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    loss : float
        0 at best, without an upper bound.

    Raises
    ------
    ValueError
        For NaN or infinity among the decision values, no sample, lengths that differ, as many columns as there are not
        labels, labels that are not in `labels`, fractions among fewer than three labels.
    TypeError
        For weights of more than one dimension.
    ZeroDivisionError
        For weights that add up to zero.

    See Also
    --------
    log_loss : the loss of probabilities.

    Notes
    -----
    The mean of max(0, 1 - margin). With two labels the margin is the decision value, negated for the first label; with
    more, the decision value of the true label less the greatest other one [1]_. Sums are float64 whatever the dtype of
    `pred_decision` is. Time is O(n_samples * n_classes), scratch memory does not grow with the number of samples;
    strings are first numbered, in up to 8 bytes a sample.

    References
    ----------
    .. [1] K. Crammer, Y. Singer, "On the algorithmic implementation of multiclass kernel-based vector machines",
       Journal of Machine Learning Research 2, 2001.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.hinge_loss([-1, 1, 1], [-2.0, 0.5, -0.25])
    0.5833333333333334
    >>> tv.hinge_loss(["a", "b", "c"], [[2, 0, 0], [0, 0.5, 0], [1, 0, 2.5]])
    0.16666666666666666
    """
    inputs = check_decisions(y_true, pred_decision, labels, sample_weight)
    backend = _backend.current()
    if inputs.classes is None:
        total = backend.hinge_binary(inputs.labels, inputs.positive, inputs.decision, inputs.weights)
    else:
        total = backend.hinge(inputs.labels, inputs.classes, inputs.decision, inputs.weights)
    if inputs.weights is None:
        return float(total / inputs.labels.size)
    weight = float(np.sum(inputs.weights))
    if weight == 0.0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return float(total / weight)
