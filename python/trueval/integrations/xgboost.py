"""Metrics for XGBoost: in the form that ``xgboost.train`` and ``xgboost.cv`` call.

::

    from trueval.integrations.xgboost import custom_metric

    metric = custom_metric("average_precision")
    xgboost.train(
        {"objective": "binary:logistic", "disable_default_eval_metric": True}, data, evals=[(val, "val")],
        custom_metric=metric, maximize=metric.maximize, early_stopping_rounds=10,
    )

XGBoost's estimators with scikit-learn's interface take functions of trueval as they are, of ``(y_true, y_pred)``:
``XGBClassifier(eval_metric=trueval.log_loss)``; they minimise them.
"""

from __future__ import annotations

from typing import Any

from ._boosting import RowMetrics

__all__ = ["custom_metric"]


class CustomMetric:
    """What `custom_metric` returns.

    Attributes
    ----------
    maximize : bool
        Whether more is better: for ``xgboost.train(maximize=...)`` and ``EarlyStopping``.
    """

    def __init__(self, found: RowMetrics) -> None:
        self._found = found
        self.__name__ = "_".join(found.plans)

    @property
    def maximize(self) -> bool:
        """Whether more is better."""
        return self._found.higher_is_better

    def __call__(self, preds: Any, dmatrix: Any) -> Any:
        """Return the name and the value, or a list of these where there are several metrics."""
        weight = dmatrix.get_weight()
        found = self._found(dmatrix.get_label(), preds, weight if weight.size else None)
        pairs = [(name, value) for name, value, _ in found]
        return pairs if len(pairs) > 1 else pairs[0]


def custom_metric(
    metrics: Any, task: str = "binary", *, predictions: str = "probabilities", threshold: float = 0.5
) -> CustomMetric:
    """Make the `custom_metric` of ``xgboost.train`` and ``xgboost.cv``.

    Parameters
    ----------
    metrics : str, list of str, or dict
        Names of metrics, as in `trueval.integrations.transformers.compute_metrics`. Early stopping looks at the last.
    task : {'binary', 'multiclass', 'regression'}, default='binary'
        What the model predicts. Labels are classes from 0.
    predictions : {'probabilities', 'logits', 'labels'}, default='probabilities'
        What XGBoost hands over: probabilities with ``binary:logistic`` and ``multi:softprob``, labels with
        ``multi:softmax``, logits with ``binary:logitraw`` and with an objective of yours.
    threshold : float, default=0.5
        Probability above which a label is predicted, of two classes.

    Returns
    -------
    function : CustomMetric
        ``function(preds, dmatrix)``, which returns ``(name, value)``, or a list of these. Weights of the rows count.

    Raises
    ------
    ValueError
        For what is no metric, or does not suit the task.
    """
    return CustomMetric(RowMetrics(metrics, task, predictions, threshold))
