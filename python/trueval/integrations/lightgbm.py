"""Metrics for LightGBM: in the form that its training calls, exact, and with a direction for early stopping.

::

    from trueval.integrations.lightgbm import eval_metric, feval

    LGBMClassifier(metric="None").fit(x, y, eval_set=[(x_val, y_val)], eval_metric=eval_metric("average_precision"))
    lightgbm.train({"objective": "binary", "metric": "None"}, data, valid_sets=[val], feval=feval("average_precision"))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._boosting import RowMetrics

__all__ = ["eval_metric", "feval"]

Result = list[tuple[str, float, bool]]


def eval_metric(
    metrics: Any, task: str = "binary", *, predictions: str = "probabilities", threshold: float = 0.5
) -> Callable[[Any, Any, Any], Result]:
    """Make the `eval_metric` of LightGBM's estimators with scikit-learn's interface.

    Parameters
    ----------
    metrics : str, list of str, or dict
        Names of metrics, as in `trueval.integrations.transformers.compute_metrics`. Early stopping looks at all of
        them unless it is told ``first_metric_only=True``; ``metric="None"`` in the estimator leaves out LightGBM's.
    task : {'binary', 'multiclass', 'regression'}, default='binary'
        What the model predicts. Labels are classes from 0, as LightGBM's estimators number them.
    predictions : {'probabilities', 'logits', 'labels'}, default='probabilities'
        What LightGBM hands over: probabilities with its own objectives, raw scores with one of yours.
    threshold : float, default=0.5
        Probability above which a label is predicted, of two classes.

    Returns
    -------
    function : callable
        ``function(y_true, y_pred, weight)``, which returns a list of ``(name, value, higher is better)``. Weights of
        the rows of the evaluation set count.

    Raises
    ------
    ValueError
        For what is no metric, or does not suit the task.

    See Also
    --------
    feval : for ``lightgbm.train`` and ``lightgbm.cv``.

    Examples
    --------
    >>> from trueval.integrations.lightgbm import eval_metric
    >>> eval_metric(["roc_auc", "brier"])([0, 1, 1, 1], [0.5, 0.25, 0.75, 1.0], None)
    [('roc_auc', 0.6666666666666666, True), ('brier', 0.21875, False)]
    """
    found = RowMetrics(metrics, task, predictions, threshold)

    # LightGBM counts the parameters to know what to pass.
    def evaluate(y_true: Any, y_pred: Any, weight: Any) -> Result:
        return found(y_true, y_pred, weight)

    return evaluate


def feval(
    metrics: Any, task: str = "binary", *, predictions: str = "probabilities", threshold: float = 0.5
) -> Callable[[Any, Any], Result]:
    """Make the `feval` of ``lightgbm.train`` and ``lightgbm.cv``.

    Parameters
    ----------
    metrics, task, predictions, threshold
        As of `eval_metric`.

    Returns
    -------
    function : callable
        ``function(preds, dataset)``, which returns a list of ``(name, value, higher is better)``.
    """
    found = RowMetrics(metrics, task, predictions, threshold)

    def evaluate(preds: Any, dataset: Any) -> Result:
        return found(dataset.get_label(), preds, dataset.get_weight())

    return evaluate
