"""Metrics for XGBoost: in the form that ``xgboost.train`` and ``xgboost.cv`` call.

::

    from trueval.integrations.xgboost import custom_metric

    metric = custom_metric("average_precision")
    xgboost.train(
        {"objective": "binary:logistic", "disable_default_eval_metric": True}, data, evals=[(val, "val")],
        custom_metric=metric, maximize=metric.maximize, early_stopping_rounds=10,
    )

Rankings likewise, of the queries of the data: ``custom_metric(["mrr", "ndcg@10"], task="ranking")``.

XGBoost's estimators with scikit-learn's interface take functions of trueval as they are, of ``(y_true, y_pred)``:
``XGBClassifier(eval_metric=trueval.log_loss)``; they minimise them. XGBRanker cannot be given one: it calls a function
for each query by itself, without telling which, counts a query of one row as 1, and averages with the sizes of queries
for weights. Metrics of rankings are for ``xgboost.train``, with the same objectives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._boosting import QueryMetrics, RowMetrics, made

__all__ = ["custom_metric"]


class CustomMetric:
    """What `custom_metric` returns.

    Attributes
    ----------
    maximize : bool
        Whether more is better: for ``xgboost.train(maximize=...)`` and ``EarlyStopping``.
    """

    def __init__(self, found: RowMetrics | QueryMetrics) -> None:
        for key in found.plans:
            if ":" in key or key.split() != [key]:
                # It takes values from the text of a line.
                raise ValueError(f"metrics' keys for XGBoost must hold neither spaces nor colons, got {key!r}.")
        self._found = found
        self.__name__ = "_".join(found.plans)

    @property
    def maximize(self) -> bool:
        """Whether more is better."""
        return self._found.higher_is_better

    def __call__(self, preds: Any, dmatrix: Any) -> Any:
        """Return the name and the value, or a list of these where there are several metrics."""
        if not hasattr(dmatrix, "get_label"):
            raise TypeError(
                "custom_metric is for xgboost.train and xgboost.cv, and XGBoost's estimators call a metric with "
                f"arrays: got a {type(dmatrix).__name__} where the DMatrix is expected."
            )
        weight = dmatrix.get_weight()
        weight = weight if weight.size else None
        if isinstance(self._found, RowMetrics):
            found = self._found(dmatrix.get_label(), preds, weight)
        else:
            ends = dmatrix.get_uint_info("group_ptr")
            if ends.size < 2:
                raise ValueError("The data has no queries: give qid or group to the DMatrix.")
            found = self._found(dmatrix.get_label(), preds, np.diff(ends), weight)
        pairs = [(name, value) for name, value, _ in found]
        return pairs if len(pairs) > 1 else pairs[0]


def custom_metric(
    metrics: Any, task: str = "binary", *, predictions: str = "probabilities", threshold: float = 0.5
) -> CustomMetric:
    """Make the `custom_metric` of ``xgboost.train`` and ``xgboost.cv``.

    Parameters
    ----------
    metrics : str, list of str, or dict
        Names of metrics, as in `trueval.integrations.transformers.compute_metrics`, and of rankings as in
        `trueval.integrations.lightgbm.eval_metric`: ``'ndcg@10'``, ``'map'``, ``'mrr'``. Early stopping looks at the
        last.
    task : {'binary', 'multiclass', 'regression', 'ranking'}, default='binary'
        What the model predicts. Labels are classes from 0; of rankings, grades.
    predictions : {'probabilities', 'logits', 'labels'}, default='probabilities'
        What XGBoost hands over: probabilities with ``binary:logistic`` and ``multi:softprob``, labels with
        ``multi:softmax``, logits with ``binary:logitraw`` and with an objective of yours.
    threshold : float, default=0.5
        Probability above which a label is predicted, of two classes.

    Returns
    -------
    function : CustomMetric
        ``function(preds, dmatrix)``, which returns ``(name, value)``, or a list of these. Weights of the rows count,
        of rankings those of the queries, as XGBoost has them.

    Raises
    ------
    ValueError
        For what is no metric, or does not suit the task. At evaluation, of rankings: for data without queries, or with
        weights that are not one a query.

    Notes
    -----
    XGBoost's own metrics of rankings have the same values where definitions meet. They differ so:

    ==============================  ======================================  ============================================
    of                              XGBoost                                 here
    ==============================  ======================================  ============================================
    gains of NDCG                   2**grade - 1 (``ndcg_exp_gain``)        the grade; ``{'gain': 'exponential'}``
    a query without a relevant row  counts as 1; 0 with ``'ndcg-'``         counts as 0; not at all to `group_auc`
    rows of equal score             ranked in the order of the data         mean over all orders, see
                                                                            `trueval.retrieval`
    MAP@k divides by                relevant rows, or k if that is less     relevant rows
    pairs of the area               all, those of equal grade by the order  of a relevant row and another one
                                    of the data
    ==============================  ======================================  ============================================

    XGBoost records under one name what has one: ``'ndcg@10'`` of ours and its own need two keys. It tells by the name
    alone whether more of a metric is better (and would minimise ``'mrr'``): give it `CustomMetric.maximize`.
    """
    return CustomMetric(made(metrics, task, predictions, threshold))
