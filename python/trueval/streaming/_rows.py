"""States of metrics that are the mean of one value for each row, or query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validation.arrays import SampleWeights, canonical_scores, check_array, check_consistent_length
from .._validation.scores import resolve_pos_label
from .._validation.targets import Target, as_values
from ..exceptions import warn
from ..ranking._area import ONE_CLASS, standardise
from ..ranking.curves import NO_POSITIVE_CLASS
from ..ranking.gains import dcg_by_query, ndcg_by_query
from ..ranking.labels import coverage_by_sample, loss_by_sample, precision_by_sample
from ._state import Exported, PairState, backend, weights_of
from ._sums import Floats, Total, accurate_sum


class RowState(PairState):
    """State of a mean over rows. NaN are counted, and left out of the sum."""

    kind = "rows"

    def _clear(self) -> None:
        self._total = Total(1)
        self._undefined = 0
        self._columns: int | None = None

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        check_consistent_length(y_true, y_pred, weight)
        values = np.asarray(VALUES[self.name](y_true, y_pred, **_parameters(self.params)), dtype=np.float64)
        weights = weights_of(weight, values.size)
        columns = int(np.shape(y_pred)[1]) if np.ndim(y_pred) > 1 else 1
        if self._columns not in (None, columns) and self.name not in ("dcg_score", "ndcg_score"):
            raise ValueError(f"y_score must have as many columns in all updates: got {columns} after {self._columns}.")
        unknown = np.isnan(values)
        self._columns = columns
        self._undefined += int(np.count_nonzero(unknown))
        self._total.add(_sum(np.where(unknown, 0.0, values), weights))
        self._weighing.add(weights)
        self.n += values.size

    def _merge(self, other: RowState) -> None:
        if self._columns not in (None, other._columns) and self.name not in ("dcg_score", "ndcg_score"):
            raise ValueError(f"y_score must have as many columns: got {other._columns} and {self._columns}.")
        self._columns = other._columns
        self._total.merge(other._total)
        self._undefined += other._undefined
        self._weighing.merge(other._weighing)
        self.n += other.n

    def _compute(self) -> float:
        total = float(self._total.value[0])
        weight = self._weighing.amount(self.n)
        if self.name == "label_ranking_average_precision_score" and self._weighing.given:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                return float(np.float64(total) / np.float64(weight))
        if self.name == "roc_auc_score":
            for _ in range(self._undefined):
                warn(ONE_CLASS, "UndefinedMetricWarning")
            if self._undefined:
                return float("nan")
        if self.name == "average_precision_score":
            for _ in range(self._undefined):
                warn(NO_POSITIVE_CLASS)
        if weight == 0.0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        return total / weight

    def _export(self) -> Exported:
        return {"total": self._total.export(), "undefined": self._undefined, "columns": self._columns}

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._total = Total.of(np.asarray(exported["total"]))
        self._undefined, self._columns = int(exported["undefined"]), exported["columns"]

    def _size(self) -> int:
        return 64


def _sum(values: Floats, weights: SampleWeights | None) -> float:
    return accurate_sum(values if weights is None else values * weights.values)


def _parameters(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "average"}


def _marked(y_true: Any, y_score: Any) -> tuple[NDArray[np.uint8], Any]:
    """Check marks and scores of a multilabel target whose samples are ranked."""
    target = Target(y_true, "y_true")
    kind = target.settle()
    if kind != "multilabel-indicator" or target.sparse:
        raise ValueError(
            f"average='samples' needs a dense multilabel indicator in a state, got {kind}: of a multiclass target, "
            "pass which class each row has as such a matrix."
        )
    scores = check_array(y_score, ensure_2d=True, role="y_score")
    if target.array.shape != scores.shape:
        raise ValueError(f"y_score must have the shape of y_true: got {scores.shape} and {target.array.shape}.")
    if as_values(target.labels()) not in ([0, 1], [-1, 1], [0], [-1], [1]):
        resolve_pos_label(target, None)  # refuses them
    return np.equal(np.ascontiguousarray(target.array), 1).view(np.uint8), canonical_scores(scores)


def _areas(
    y_true: Any, y_score: Any, *, max_fpr: float | None = None, multi_class: str = "raise", labels: Any = None
) -> Floats:
    marks, scores = _marked(y_true, y_score)
    if max_fpr is not None and max_fpr != 1:
        return np.asarray(standardise(backend().partial_roc_auc_by_row(marks, scores, max_fpr), max_fpr))
    relevant, wins, ties = backend().pairs_by_row(marks, scores)
    pairs = relevant * (marks.shape[1] - relevant)
    return np.divide(2 * wins + ties, 2 * pairs, out=np.full(pairs.size, np.nan), where=pairs != 0)


def _precisions(y_true: Any, y_score: Any, *, pos_label: Any = 1) -> Floats:
    if pos_label != 1:
        raise ValueError("Parameter pos_label is fixed to 1 for multilabel-indicator y_true.")
    return np.asarray(backend().average_precision_by_row(*_marked(y_true, y_score)))


VALUES: dict[str, Callable[..., Any]] = {
    "dcg_score": dcg_by_query,
    "ndcg_score": ndcg_by_query,
    "coverage_error": coverage_by_sample,
    "label_ranking_average_precision_score": precision_by_sample,
    "label_ranking_loss": loss_by_sample,
    "roc_auc_score": _areas,
    "average_precision_score": _precisions,
}
