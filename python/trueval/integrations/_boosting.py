"""Metrics of what boosted trees predict, for the functions that LightGBM and XGBoost call."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._evaluation import plans_of
from ._names import functions, lower_is_better, parameters_of
from ._outputs import FORMS, rows_of

_TASKS = ("binary", "multiclass", "regression")


class RowMetrics:
    """Some metrics of labels and predictions, in arrays."""

    def __init__(self, metrics: Any, task: str, predictions: str, threshold: float) -> None:
        if task not in _TASKS:
            raise ValueError(f"task must be one of {', '.join(map(repr, _TASKS))}, got {task!r}.")
        self.form = "logits" if task == "regression" else predictions
        if self.form not in FORMS[task] or (task == "regression" and predictions not in ("probabilities", "logits")):
            raise ValueError(
                f"predictions must be one of {', '.join(map(repr, FORMS['binary']))}, got {predictions!r}."
            )
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"threshold must lie between 0 and 1, got {threshold!r}.")
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

    def __call__(self, y_true: Any, y_pred: Any, weight: Any = None) -> list[tuple[str, float, bool]]:
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
