"""Metrics of what boosted trees predict, for the functions that LightGBM, XGBoost and CatBoost call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._evaluation import plans_of
from ._names import functions, lower_is_better, parameters_of, ranking_functions, resolve_ranking
from ._outputs import FORMS, rows_of

ROWS = ("binary", "multiclass", "regression")
Result = list[tuple[str, float, bool]]


def made(metrics: Any, task: str, predictions: str, threshold: float) -> RowMetrics | QueryMetrics:
    """Make what computes some metrics of a task."""
    check(task, predictions, threshold, (*ROWS, "ranking"))
    return QueryMetrics(metrics) if task == "ranking" else RowMetrics(metrics, task, predictions, threshold)


def check(task: str, predictions: str, threshold: float, tasks: tuple[str, ...]) -> None:
    """Refuse what is no task, or does not suit it."""
    if task not in tasks:
        raise ValueError(f"task must be one of {', '.join(map(repr, tasks))}, got {task!r}.")
    forms = [form for form in FORMS["binary"] if form != "labels" or task in ("binary", "multiclass")]
    if predictions not in forms:
        raise ValueError(f"predictions must be one of {', '.join(map(repr, forms))} for {task}, got {predictions!r}.")
    if not 0.0 < threshold < 1.0:
        raise ValueError(f"threshold must lie between 0 and 1, got {threshold!r}.")


class RowMetrics:
    """Some metrics of labels and predictions, in arrays."""

    def __init__(self, metrics: Any, task: str, predictions: str, threshold: float) -> None:
        self.form = "logits" if task == "regression" else predictions
        self.task, self.threshold = task, threshold
        self.plans = plans_of(task, metrics, self.form)
        for plan in self.plans.values():
            plan.state(2 if task == "binary" else 3, None)  # refuses what is no parameter

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better: of all metrics, which must be of one mind."""
        found = {not lower_is_better(plan.function) for plan in self.plans.values()}
        if len(found) > 1:
            raise ValueError(f"Of {', '.join(self.plans)} some are better when greater, and some when less.")
        return found.pop()

    def __call__(self, y_true: Any, y_pred: Any, weight: Any = None) -> Result:
        """Name, value, and whether more is better, of each metric."""
        true, predicted = np.asarray(y_true), np.asarray(y_pred)
        rows = rows_of(self.task, self.form, predicted, true, None, self.threshold, 0)
        found = []
        for key, plan in self.plans.items():
            params = plan.parameters(rows.classes)
            if weight is not None and "sample_weight" in parameters_of(plan.function):
                params["sample_weight"] = weight
            value = functions()[plan.function](rows.truth(plan.feed), rows.feed(plan.feed), **params)
            if np.ndim(value) != 0 or isinstance(value, (dict, str)):
                raise ValueError(f"{key} must be one number, got a {type(value).__name__}: choose an average.")
            found.append((key, float(value), not lower_is_better(plan.function)))
        return found


class QueryMetrics:
    """Some metrics of rankings, of rows that lie together by query."""

    higher_is_better = True

    def __init__(self, metrics: Any) -> None:
        self.plans: dict[str, tuple[str, dict[str, Any]]] = {}
        for key, given in _chosen(metrics).items():
            name, params = given if isinstance(given, tuple) else (given, {})
            function, implied = resolve_ranking(name)
            if "aggregate" in params:
                raise ValueError(f"{key} must be one number, of all queries: aggregate is not to be given.")
            self.plans[key] = function, {**implied, **params}
            ranking_functions()[function]([1, 0], [1.0, 0.0], [0, 0], **self.plans[key][1])  # refuses a wrong parameter
        if not self.plans:
            raise ValueError("metrics must name at least one metric, got none.")

    def __call__(self, relevance: Any, scores: Any, sizes: Any, weight: Any = None) -> Result:
        """Name, value, and whether more is better, of each metric.

        `sizes` are the numbers of rows of queries that follow one another, and `weight` has one for each of these.
        """
        sizes = np.asarray(sizes)
        if sizes.sum() != len(relevance):
            raise ValueError(f"group must be the sizes of queries of {len(relevance)} rows in all, got {sizes.sum()}.")
        group = np.repeat(np.arange(len(sizes)), sizes)
        if weight is not None:
            weight = np.asarray(weight, np.float64)
            if weight.shape != sizes.shape:
                raise ValueError(f"weight must have one for each of the {len(sizes)} queries, got {weight.size}.")
            weight = weight[sizes > 0]
        found = []
        for key, (function, params) in self.plans.items():
            metric = ranking_functions()[function]
            if weight is None:
                value = metric(relevance, scores, group, **params)
            else:
                value = _weighted(key, metric(relevance, scores, group, aggregate=None, **params), weight)
            found.append((key, float(value), True))
        return found


def query_weights(weight: Any, sizes: Any) -> NDArray[np.float64]:
    """Weight of each query, of those of its rows, which must be one."""
    weight, sizes = np.asarray(weight), np.asarray(sizes)
    if weight.shape != (sizes.sum(),):
        raise ValueError(f"weight must have one for each of the {sizes.sum()} rows, got {weight.size}.")
    found = np.zeros(len(sizes))
    found[sizes > 0] = weight[(np.cumsum(sizes) - sizes)[sizes > 0]]
    if not np.array_equal(np.repeat(found, sizes), weight):
        raise ValueError(
            "weight must be the same for all rows of a query: a metric of rankings weighs queries, and has no use for "
            "weights of single rows."
        )
    return found


def _weighted(key: str, values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Weighted mean over the queries that have a value."""
    defined = ~np.isnan(values)
    if not weight[defined].sum() > 0.0:
        raise ValueError(f"{key} is not defined: no query has both a value of it and a weight above 0.")
    return float(np.average(values[defined], weights=weight[defined]))


def _chosen(metrics: Any) -> Mapping[str, Any]:
    """Names of metrics, or pairs of these and parameters, by the keys under which they are reported."""
    if isinstance(metrics, Mapping):
        return metrics
    listed = [metrics] if isinstance(metrics, str) or callable(metrics) else list(metrics)
    for one in listed:
        if isinstance(one, tuple):
            raise TypeError(f"A metric with parameters must have a key: metrics={{'key': {one!r}}}.")
    return {one if isinstance(one, str) else resolve_ranking(one)[0]: one for one in listed}
