"""States of losses of probabilities and decision values, and of top-k accuracy: a column belongs to each class.

Which column belongs to which class is known when every class has been seen, unless `labels` tells. Until then batches
are kept as they are; from then on a class is a number, and what is kept are sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validation.arrays import (
    Array,
    SampleWeights,
    check_array,
    check_consistent_length,
    column_or_1d,
    floats,
    native,
)
from .._validation.decisions import check_decisions
from .._validation.probabilities import (
    NOT_PROBABILITIES,
    BinaryProbabilities,
    Probabilities,
    check_binary_probabilities,
    check_probabilities,
    measured_probabilities,
    positive_of_probabilities,
    warn_unless_sorted,
)
from .._validation.scores import check_class_scores
from .._validation.targets import Target, numeric_codes, same_labels
from ..classification.probabilities import _skill, log_loss_sum, square_sum
from ..exceptions import warn
from ._labels import LabelSet, as_labels, values_of, whole_numbers, widened
from ._state import Exported, PairState, backend, finite, function_of, weights_of
from ._sums import Floats, Total, accurate_sum

# Bytes of batches that wait for a class, without a memory limit.
_PATIENCE = 1 << 28

_BRIER = ("brier_score_loss", "d2_brier_score")
_LOGS = ("log_loss", "d2_log_loss_score")
_SKILL = ("d2_brier_score", "d2_log_loss_score")


def _form(columns: int, wide: bool) -> str:
    return f"{columns} columns{' beside marks' if wide else ''}"


class ClassState(PairState):
    """State of a metric with a column for each class, or one for the second of two."""

    kind = "classes"

    def _may_wait(self, y_true: Any, y_pred: Any) -> bool:
        if self._classes is None or self._columns != 1 or not (whole_numbers(y_true) and finite(y_pred)):
            return False
        if self.name in (*_LOGS, *_BRIER):
            _, low, high = backend().scan(y_pred)
            if low < 0 or high > 1:
                return False
        known = set(values_of(self._classes))
        labels = backend().label_set(numeric_codes(y_true))[1]
        return all(label in known for label in labels.tolist())

    def _clear(self) -> None:
        self._seen = LabelSet()
        self._label_dtype: np.dtype[Any] | None = None
        self._classes: Array | None = None
        self._columns: int | None = None
        self._wide = False
        self._waiting: list[tuple[Any, Any, Any]] = []
        self._loss = Total(2)
        self._improper = 0
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._amounts = Total(0)
        self._dtype = np.dtype(np.float16)
        self._range = (np.inf, -np.inf)

    # update -----------------------------------------------------------------------------------------------------------

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        check_consistent_length(y_true, y_pred, weight)
        target = Target(y_true, "y_true")
        kind = target.settle()
        if kind not in ("binary", "multiclass", "multilabel-indicator"):
            raise ValueError(f"{kind} format is not supported")
        wide = kind == "multilabel-indicator" and self.name not in ("hinge_loss", "top_k_accuracy_score")
        weights = weights_of(weight, target.n_samples)
        columns = self._count_columns(y_pred, target)
        self._fits(columns, wide)
        if wide:
            self._take(y_true, y_pred, weights, np.arange(target.array.shape[1]))
            self._settled(columns, wide, None, None)
        else:
            dtype = widened(self._label_dtype, target.labels().dtype)
            known = self._known(target, columns, dtype)
            if known is None:
                self._wait(y_true, y_pred, weight, weights)
            else:
                self._replay(known)
                self._take(y_true, y_pred, weights, known)
            self._settled(columns, wide, dtype, known)
            self._seen.places(target.labels())
        self._weighing.add(weights)
        self.n += target.n_samples

    def _count_columns(self, y_pred: Any, target: Target) -> int:
        if self.name in ("hinge_loss", "top_k_accuracy_score"):
            a = check_array(y_pred, role="y_pred")
        else:
            a, low, high = measured_probabilities(y_pred)
            if high > 1:
                raise ValueError(f"y_prob contains values greater than 1: {a.dtype.type(high)}")
            if low < 0:
                raise ValueError(f"y_prob contains values lower than 0: {a.dtype.type(low)}")
        return 1 if a.ndim == 1 else int(a.shape[1])

    def _fits(self, columns: int, wide: bool) -> None:
        if self._columns is not None and (columns, wide) != (self._columns, self._wide):
            raise ValueError(
                "y_true and y_pred must have the same form in all updates: got "
                f"{_form(columns, wide)} after {_form(self._columns, self._wide)}."
            )

    def _settled(self, columns: int, wide: bool, dtype: np.dtype[Any] | None, classes: Array | None) -> None:
        self._columns, self._wide = columns, wide
        self._label_dtype = dtype
        if classes is not None:
            self._classes = classes

    def _named(self) -> Array | None:
        """Return the classes that the caller named, sorted."""
        labels = self.params.get("labels")
        if labels is None or (self.name in _BRIER and self._columns == 1):
            return None
        source = Target(np.asarray(labels) if not isinstance(labels, (list, tuple)) else labels, "labels")
        classes = source.distinct()
        if 1 < classes.size < source.n_samples:
            raise ValueError(f"labels must be distinct, got {labels}.")
        if self.name == "top_k_accuracy_score" and not np.array_equal(classes, np.asarray(source.array)):
            raise ValueError("Parameter 'labels' must be ordered.")
        return classes

    def _known(self, target: Target, columns: int, dtype: np.dtype[Any] | None) -> Array | None:
        """All classes, where they are known; None while some may be missing."""
        binary_brier = self.name in _BRIER and columns == 1
        if self._classes is None and not binary_brier:
            named = self._named()
            if named is not None and (self.name != "hinge_loss" or named.size > 2):
                self._refuse_outsiders(target, named)
                return named
        present = target.labels()
        if self._classes is not None and same_labels(present, self._classes):
            return self._classes
        values = {*self._seen.place, *values_of(present)}
        labels = as_labels(list(values), dtype or present.dtype)
        if self._classes is not None:
            self._refuse_outsiders(target, self._classes)
            return self._classes
        needed = 2 if columns == 1 else columns
        if len(values) > needed:
            self._refuse_number(labels, columns)
        return labels if len(values) == needed else None

    def _refuse_outsiders(self, target: Target, classes: Array) -> None:
        """Refuse labels that are no classes."""
        known = set(values_of(classes))
        unknown = [value for value in values_of(target.labels()) if value not in known]
        if not unknown:
            return
        labels = self.params.get("labels")
        if labels is not None:
            if self.name == "top_k_accuracy_score":
                raise ValueError("'y_true' contains labels not in parameter 'labels'.")
            raise ValueError(f"y_true contains values {set(unknown)} not belonging to the passed labels {labels}.")
        every = as_labels([*known, *unknown], np.asarray(classes).dtype)
        self._refuse_number(every, self._columns or 1)

    def _refuse_number(self, labels: Array, columns: int) -> None:
        if self.name in _BRIER and columns == 1:
            raise ValueError(
                "The type of the target inferred from y_true is multiclass but should be binary according to the shape "
                "of y_prob."
            )
        raise ValueError(
            f"y_true and y_prob contain different number of classes: {labels.size} vs "
            f"{2 if columns == 1 else columns}. Please provide the true labels explicitly through the labels "
            f"argument. Classes found in y_true: {labels}"
        )

    def _wait(self, y_true: Any, y_pred: Any, weight: Any, weights: SampleWeights | None) -> None:
        true, pred = np.array(column_or_1d(y_true)), np.array(check_array(y_pred))
        held = sum(t.nbytes + p.nbytes for t, p, _ in self._waiting) + true.nbytes + pred.nbytes
        if held > (self.memory_limit or _PATIENCE):
            alone = self.name in _BRIER and pred.ndim == 1
            hint = "update the state with rows of both labels early" if alone else "pass labels to the state"
            raise ValueError(f"{held} bytes of rows wait for the other classes to be seen: {hint}.")
        true = true.astype(str) if true.dtype.kind == "O" else true
        self._waiting.append((true, pred, None if weights is None else weights.values.copy()))

    def _replay(self, classes: Array) -> None:
        """Take the batches that waited for the classes."""
        waiting, self._waiting = self._waiting, []
        for true, pred, weight in waiting:
            self._take(true, pred, weights_of(weight, len(true)), classes)

    def _take(self, y_true: Any, y_pred: Any, weights: SampleWeights | None, classes: Array) -> None:
        """Add rows whose classes are known."""
        loss: tuple[float, float]
        improper = 0
        if self.name == "hinge_loss":
            loss, codes = self._hinge(y_true, y_pred, weights, classes)
        elif self.name == "top_k_accuracy_score":
            loss, codes = self._hits(y_true, y_pred, weights, classes)
        else:
            inputs = self._probabilities(y_true, y_pred, classes)
            filled: Any = inputs._replace(weights=weights)
            total, improper = log_loss_sum(filled) if self.name in _LOGS else square_sum(filled)
            loss = total, 0.0
            if isinstance(inputs, Probabilities):
                self._dtype = np.result_type(self._dtype, inputs.dtype)
                codes = (
                    inputs.indicator if inputs.indicator is not None else np.searchsorted(inputs.classes, inputs.labels)
                )
            else:
                marked = np.zeros(inputs.labels.size, bool)
                if inputs.positive is not None:
                    marked = inputs.labels == inputs.positive
                codes = marked.astype(np.intp)
        self._loss.add(np.array(loss))
        self._improper += improper
        self._count(codes, classes.size, weights)

    def _count(self, codes: Array, size: int, weights: SampleWeights | None) -> None:
        """Add rows, or their weights, to those of their classes."""
        size = max(2, size)
        if not self._counts.size:
            self._counts, self._amounts = np.zeros(size, np.int64), Total(size)
        if codes.ndim == 2:
            marks = codes.astype(np.float64)
            self._counts = self._counts + np.sum(codes != 0, axis=0)
            self._amounts.add(np.sum(marks if weights is None else marks * weights.values[:, np.newaxis], axis=0))
            return
        self._counts = self._counts + np.bincount(codes, minlength=size)
        if weights is not None:
            self._amounts.add(np.bincount(codes, weights=weights.values, minlength=size))

    def _probabilities(self, y_true: Any, y_pred: Any, classes: Array) -> Probabilities | BinaryProbabilities:
        measured = measured_probabilities(y_pred)
        if self.name in _BRIER and (measured[0].ndim == 1 or measured[0].shape[1] == 1):
            return check_binary_probabilities(y_true, measured, None, self._positive(classes))
        wide = np.ndim(y_true) == 2 and np.shape(y_true)[1] > 1
        return check_probabilities(y_true, measured, None, None if wide else classes)

    def _positive(self, classes: Array) -> Any:
        """Find the label that one column of probabilities is about."""
        pos_label = self.params.get("pos_label")
        if pos_label is not None:
            return pos_label
        return positive_of_probabilities(Target(classes, "y_true"), None)

    def _hinge(
        self, y_true: Any, y_pred: Any, weights: SampleWeights | None, classes: Array
    ) -> tuple[tuple[float, float], Array]:
        weight = None if weights is None else weights.values
        if classes.size > 2:
            inputs = check_decisions(y_true, y_pred, classes, None)
            codes = np.searchsorted(inputs.classes, inputs.labels)  # type: ignore[arg-type]
            return (float(backend().hinge(inputs.labels, inputs.classes, inputs.decision, weight)), 0.0), codes
        target = Target(column_or_1d(y_true), "y")
        target.settle()
        decision = column_or_1d(check_array(y_pred, role="pred_decision"))
        decision = floats(decision) if decision.dtype.kind == "f" else native(decision, np.float64)
        positive = target.locate(classes[1].item())
        total = float(backend().hinge_binary(target.codes, positive, decision, weight))
        return (total, 0.0), np.zeros(target.n_samples, np.intp)

    def _hits(
        self, y_true: Any, y_pred: Any, weights: SampleWeights | None, classes: Array
    ) -> tuple[tuple[float, float], Array]:
        """Hits; with two classes and k of 1, those about 0.5 and those about 0."""
        k = self.params.get("k", 2)
        # k is warned of once, by `compute`.
        codes, known, scores = check_class_scores(y_true, y_pred, 1, None, classes)
        weight = np.ones(codes.size) if weights is None else weights.values
        none = np.zeros(codes.size, np.intp)
        if scores.ndim == 2:
            return (accurate_sum(weight[backend().class_ranks(codes, known, scores) < k]), 0.0), none
        if k > 1:
            return (accurate_sum(weight), 0.0), none
        low, high = float(scores.min()), float(scores.max())
        self._range = min(self._range[0], low), max(self._range[1], high)
        second = codes == known[1]
        about_half, about_zero = ((scores > threshold) == second for threshold in (0.5, 0))
        return (accurate_sum(weight[about_half]), accurate_sum(weight[about_zero])), none

    # merge and compute ------------------------------------------------------------------------------------------------

    def _merge(self, other: ClassState) -> None:
        if other._columns is not None:
            self._fits(other._columns, other._wide)
        dtype = widened(self._label_dtype, other._label_dtype)
        known = None
        if not other._wide and other._columns is not None:
            values = [*self._seen.place, *(value for value in other._seen.place if value not in self._seen.place)]
            joint = as_labels(list(values), dtype or np.dtype(np.int64))
            settled = self._classes if self._classes is not None else other._classes
            needed = 2 if other._columns == 1 else other._columns
            if self.params.get("labels") is None and len(values) > needed:
                self._refuse_number(joint, other._columns)
            known = settled if settled is not None else joint if len(values) == needed else None
        self._waiting = [*self._waiting, *other._waiting]
        if known is not None:
            self._replay(known)
        self._loss.merge(other._loss)
        self._improper += other._improper
        if other._counts.size:
            if not self._counts.size:
                self._counts, self._amounts = np.zeros(other._counts.size, np.int64), Total(other._counts.size)
            self._counts = self._counts + other._counts
            self._amounts.merge(other._amounts)
        self._dtype = np.result_type(self._dtype, other._dtype)
        self._range = min(self._range[0], other._range[0]), max(self._range[1], other._range[1])
        for value in other._seen.place:
            self._seen.place.setdefault(value, len(self._seen.place))
        self._settled(other._columns or 1, other._wide, dtype, known)
        self._weighing.merge(other._weighing)
        self.n += other.n

    def _compute(self) -> Any:
        name, params = self.name, self.params
        if self._waiting:
            true, pred, weights = zip(*self._waiting, strict=True)
            given = {} if weights[0] is None else {"sample_weight": np.concatenate(weights)}
            return function_of(name)(np.concatenate(true), np.concatenate(pred), **given, **params)
        total, second = self._loss.value.tolist()
        if name == "top_k_accuracy_score":
            return self._share_of_hits(total, second)
        if name == "hinge_loss":
            weight = self._weighing.amount(self.n)
            if weight == 0.0:
                raise ZeroDivisionError("Weights sum to zero, can't be normalized")
            return total / weight
        if name in _SKILL and self.n < 2:
            warn("D^2 score is not well-defined with less than two samples.", "UndefinedMetricWarning")
            return float("nan")
        self._weighing.refuse_zero()
        named = None if self._wide else self._named()
        if named is not None:
            warn_unless_sorted(named, params["labels"])
        if name in _SKILL:
            self._weighing.refuse_zero_total()
        if self._improper:
            warn(NOT_PROBABILITIES)
        if name in _SKILL:
            return _skill(total, self._baseline())
        if not params.get("normalize", True):
            return total
        self._weighing.refuse_zero_total()
        loss = total / self._weighing.amount(self.n)
        if name == "log_loss":
            return loss
        half = params.get("scale_by_half", "auto")
        if isinstance(half, str):
            half = (self._columns or 1) < 3
        return loss / 2 if half else loss

    def _share_of_hits(self, total: float, second: float) -> float:
        k, columns = self.params.get("k", 2), self._columns or 1
        n_classes = 2 if columns == 1 else columns
        if k >= n_classes:
            warn(
                f"'k' ({k}) greater than or equal to 'n_classes' ({n_classes}) will result in a perfect score and is "
                "therefore meaningless.",
                "UndefinedMetricWarning",
            )
        if columns == 1 and k == 1 and not (self._range[0] >= 0 and self._range[1] <= 1):
            total = second
        if not self.params.get("normalize", True):
            return total
        weight = self._weighing.amount(self.n)
        if weight == 0.0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        return total / weight

    def _baseline(self) -> float:
        """Loss of the forecast that is the share of each class, by one row for each class that weighs as many rows."""
        amounts: Floats = self._amounts.value if self._weighing.given or self._wide else self._counts.astype(np.float64)
        shares = amounts / self._weighing.amount(self.n)
        weight = self._weighing.amount(self.n)
        if self._wide:
            if self.name == "d2_log_loss_score":
                eps = float(np.finfo(np.float64).eps)
                proba = shares if (self._columns or 1) > 1 else np.array([1 - shares[0], shares[0]])
                return float(np.sum(amounts * -np.log(np.clip(proba, eps, 1 - eps))))
            return float(np.sum(amounts * (1 - shares) ** 2 + (weight - amounts) * shares**2))
        size = amounts.size
        codes = np.arange(size, dtype=np.uint32)
        weights = SampleWeights(amounts, "f", float(amounts.min()), float(amounts.max()))
        if self.name == "d2_brier_score" and self._columns == 1:
            return square_sum(BinaryProbabilities(codes, 1, shares[1:2], weights))[0]
        proba = shares.reshape(1, -1)
        rows = Probabilities(codes, codes, proba, weights, np.dtype(np.float64), None)
        return (log_loss_sum if self.name in _LOGS else square_sum)(rows)[0]

    def _empty(self) -> Any:
        return function_of(self.name)(np.array([], np.int64), np.array([]), **self.params)

    # content ----------------------------------------------------------------------------------------------------------

    def _export(self) -> Exported:
        return {
            "seen": list(self._seen.place),
            "label_dtype": None if self._label_dtype is None else self._label_dtype.str,
            "classes": None if self._classes is None else np.asarray(self._classes),
            "columns": self._columns,
            "wide": self._wide,
            "waiting": [list(batch) for batch in self._waiting],
            "loss": self._loss.export(),
            "improper": self._improper,
            "counts": self._counts,
            "amounts": self._amounts.export(),
            "proba_dtype": self._dtype.str,
            "range": np.array(self._range),
        }

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._seen.place = {value: place for place, value in enumerate(exported["seen"])}
        dtype, classes = exported["label_dtype"], exported["classes"]
        self._label_dtype = None if dtype is None else np.dtype(dtype)
        self._classes = None if classes is None else np.asarray(classes)
        self._columns, self._wide = exported["columns"], bool(exported["wide"])
        self._waiting = [(true, pred, weight) for true, pred, weight in exported["waiting"]]
        self._loss, self._improper = Total.of(np.asarray(exported["loss"])), int(exported["improper"])
        self._counts, self._amounts = np.asarray(exported["counts"]), Total.of(np.asarray(exported["amounts"]))
        self._dtype = np.dtype(exported["proba_dtype"])
        low, high = np.asarray(exported["range"]).tolist()
        self._range = low, high

    def _size(self) -> int:
        waiting = sum(true.nbytes + pred.nbytes for true, pred, _ in self._waiting)
        return waiting + 24 * self._counts.size + 100 * len(self._seen)
