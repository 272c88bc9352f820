"""Metrics for LightGBM: in the form that its training calls, exact, and with a direction for early stopping.

::

    from trueval.integrations.lightgbm import eval_metric, feval

    LGBMClassifier(metric="None").fit(x, y, eval_X=x_val, eval_y=y_val, eval_metric=eval_metric("average_precision"))
    LGBMRanker(metric="None").fit(
        x, y, group=sizes, eval_X=x_val, eval_y=y_val, eval_group=[sizes_val],
        eval_metric=eval_metric(["ndcg@10", "mrr"], task="ranking"),
    )
    lightgbm.train({"objective": "binary", "metric": "None"}, data, valid_sets=[val], feval=feval("average_precision"))

(Before LightGBM 4.7, ``eval_set=[(x_val, y_val)]``.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._boosting import QueryMetrics, Result, RowMetrics, made, query_weights

__all__ = ["eval_metric", "feval"]


def eval_metric(
    metrics: Any, task: str = "binary", *, predictions: str = "probabilities", threshold: float = 0.5
) -> Callable[..., Result]:
    """Make the `eval_metric` of LightGBM's estimators with scikit-learn's interface.

    Parameters
    ----------
    metrics : str, list of str, or dict
        Names of metrics, as in `trueval.integrations.transformers.compute_metrics`. Of rankings, names of
        `trueval.retrieval`, with or without their ending, or usual abbreviations, and how many ranks count: ``'ndcg'``,
        ``'ndcg@10'`` or ``'ndcg_at_10'``, ``'map'``, ``'mrr'``, ``'hit_rate@5'``, ``'group_auc'``; parameters as for
        others: ``{'ndcg@10': ('ndcg@10', {'gain': 'exponential'})}``. Early stopping looks at all of them unless it is
        told ``first_metric_only=True``; ``metric="None"`` in the estimator leaves out LightGBM's, which would be
        recorded together with one of ours of the same name.
    task : {'binary', 'multiclass', 'regression', 'ranking'}, default='binary'
        What the model predicts. Labels are classes from 0, as LightGBM's estimators number them; of rankings, grades.
    predictions : {'probabilities', 'logits', 'labels'}, default='probabilities'
        What LightGBM hands over: probabilities with its own objectives, raw scores with one of yours.
    threshold : float, default=0.5
        Probability above which a label is predicted, of two classes.

    Returns
    -------
    function : callable
        ``function(y_true, y_pred, weight)``, and for rankings ``function(y_true, y_pred, weight, group)`` with the
        sizes of consecutive queries, which returns a list of ``(name, value, higher is better)``. Weights of the rows
        of the evaluation set count; those of rankings as weights of queries.

    Raises
    ------
    ValueError
        For what is no metric, or does not suit the task. At evaluation, of rankings: for an evaluation set without
        groups, or with weights that differ between the rows of a query, since what these would mean is not defined.
        (LightGBM's own metrics take their mean.)

    See Also
    --------
    feval : for ``lightgbm.train`` and ``lightgbm.cv``.

    Notes
    -----
    LightGBM's own metrics of rankings have the same values where definitions meet. They differ so:

    ================================  =====================================  ==========================================
    of                                LightGBM                               here
    ================================  =====================================  ==========================================
    gains of NDCG                     ``label_gain``, 2**grade - 1           the grade; ``{'gain': 'exponential'}``
    a query without a relevant row    counts as 1                            counts as 0; not at all to `group_auc`
    rows of equal score               ranked in the order of the data        mean over all orders, see
                                                                             `trueval.retrieval`
    MAP@k divides by                  relevant rows, or k if that is less    relevant rows
    ================================  =====================================  ==========================================

    Trees give many rows equal scores in the first rounds: LightGBM's values depend there on how the data is sorted.

    Examples
    --------
    >>> from trueval.integrations.lightgbm import eval_metric
    >>> eval_metric(["roc_auc", "brier"])([0, 1, 1, 1], [0.5, 0.25, 0.75, 1.0], None)
    [('roc_auc', 0.6666666666666666, True), ('brier', 0.21875, False)]
    >>> evaluate = eval_metric(["mrr", "precision@1"], task="ranking")
    >>> evaluate([0, 1, 1, 0, 2], [0.1, 0.3, 0.2, 0.9, 0.4], None, [3, 2])
    [('mrr', 0.75, True), ('precision@1', 0.5, True)]
    """
    found = made(metrics, task, predictions, threshold)

    # LightGBM counts the parameters to know what to pass.
    def evaluate(y_true: Any, y_pred: Any, weight: Any) -> Result:
        return _values(found, y_true, y_pred, weight, None)

    def evaluate_queries(y_true: Any, y_pred: Any, weight: Any, group: Any) -> Result:
        return _values(found, y_true, y_pred, weight, group)

    return evaluate_queries if task == "ranking" else evaluate


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
        ``function(preds, dataset)``, which returns a list of ``(name, value, higher is better)``. Of rankings, queries
        are the groups of the dataset.
    """
    found = made(metrics, task, predictions, threshold)

    def evaluate(preds: Any, dataset: Any) -> Result:
        return _values(found, dataset.get_label(), preds, dataset.get_weight(), dataset.get_group())

    return evaluate


def _values(found: RowMetrics | QueryMetrics, y_true: Any, y_pred: Any, weight: Any, sizes: Any) -> Result:
    if isinstance(found, RowMetrics):
        return found(y_true, y_pred, weight)
    if sizes is None:
        raise ValueError("The evaluation set has no queries: give eval_group to fit, or group to the Dataset.")
    return found(y_true, y_pred, sizes, None if weight is None else query_weights(weight, sizes))
