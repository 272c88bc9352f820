"""Metrics for CatBoost: exact, with a direction for early stopping.

::

    from trueval.integrations.catboost import custom_metric

    model = CatBoostClassifier(eval_metric=custom_metric("average_precision"), early_stopping_rounds=20)
    model.fit(x, y, eval_set=(x_val, y_val))

CatBoost calls such a metric with the rows of the evaluation set all at once, on a CPU. It does not tell which query a
row belongs to, so that there are none of rankings.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._boosting import ROWS, RowMetrics, check

__all__ = ["custom_metric"]


class CustomMetric:
    """What `custom_metric` returns: of a class named after the metric, since that is what CatBoost records."""

    # It is not for CatBoost to compile, where numba is there.
    no_jit = True

    def __init__(self, found: RowMetrics) -> None:
        self._found = found

    def is_max_optimal(self) -> bool:
        """Whether more is better."""
        return self._found.higher_is_better

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """Return the metric of the rows, and 1: what CatBoost sums is of all of them."""
        raw = [np.asarray(one) for one in approxes]
        ((_, value, _),) = self._found(
            np.asarray(target),
            raw[0] if len(raw) == 1 else np.column_stack(raw),
            None if weight is None else np.asarray(weight, np.float64),
        )
        return value, 1.0

    def get_final_error(self, error: float, weight: float) -> float:
        """Return the metric."""
        return error / weight


def custom_metric(metric: Any, task: str = "binary", *, threshold: float = 0.5) -> Any:
    """Make the `eval_metric` of CatBoost.

    Parameters
    ----------
    metric : str or dict
        Name of one metric, as in `trueval.integrations.transformers.compute_metrics`; with parameters, a dict of one
        key: ``{'f2': ('fbeta', {'beta': 2})}``.
    task : {'binary', 'multiclass', 'regression'}, default='binary'
        What the model predicts. Probabilities are computed from its raw scores: by the logistic function or the
        softmax, as suits the objectives ``'Logloss'``, ``'CrossEntropy'`` and ``'MultiClass'``. Of regression, raw
        scores are taken for predictions, which they are with ``'RMSE'``, ``'MAE'`` or ``'Quantile'``, but not with
        ``'Poisson'`` or ``'Tweedie'``, where they are logarithms.
    threshold : float, default=0.5
        Probability above which a label is predicted, of two classes.

    Returns
    -------
    metric : CustomMetric
        Recorded under its name, or its key, and maximised or minimised as it should be. Weights of the rows count.

    Raises
    ------
    ValueError
        For what is no metric, or does not suit the task; for several metrics: CatBoost takes one.

    Examples
    --------
    >>> from trueval.integrations.catboost import custom_metric
    >>> metric = custom_metric("roc_auc")
    >>> metric.evaluate([[0.5, -1.5, 1.5, 3.0]], [0, 1, 1, 1], None), metric.is_max_optimal()
    ((0.6666666666666666, 1.0), True)
    """
    check(task, "logits", threshold, ROWS)
    found = RowMetrics(metric, task, "logits", threshold)
    if len(found.plans) > 1:
        raise ValueError(f"metric must be one, since CatBoost takes one, got {', '.join(found.plans)}.")
    (name,) = found.plans
    return type(name, (CustomMetric,), {"__doc__": CustomMetric.__doc__})(found)
