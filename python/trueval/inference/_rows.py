"""What each row, or query, contributes to a metric that is their mean."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._validation.arrays import canonical_scores, check_consistent_length, column_or_1d, finite_scores
from .._validation.decisions import check_decisions
from .._validation.probabilities import check_binary_probabilities, check_probabilities, measured_probabilities
from .._validation.scores import check_class_scores

Floats = NDArray[np.float64]
# Values of the rows, or None where the parameters make the metric something else than their mean.
PerRow = Callable[..., Floats | None]


def _columns(y: Any) -> Floats:
    a = np.asarray(y, dtype=np.float64)
    return a.reshape(-1, 1) if a.ndim == 1 else a


def of_outputs(name: str, **fixed: Any) -> PerRow:
    """Make the values of a regression metric: its raw values with the rows taken for outputs of a single row."""

    def per_row(y_true: Any, y_pred: Any, multioutput: Any = "uniform_average", **params: Any) -> Floats | None:
        metric = getattr(importlib.import_module("trueval"), name)
        true, pred = _columns(y_true), _columns(y_pred)
        raw = metric(true.reshape(1, -1), pred.reshape(1, -1), multioutput="raw_values", **fixed, **params)
        values = np.asarray(raw, dtype=np.float64).reshape(true.shape)
        if true.shape[1] == 1:
            return values[:, 0]
        if isinstance(multioutput, str):
            return values.mean(axis=1) if multioutput == "uniform_average" else None
        return np.average(values, axis=1, weights=multioutput)

    return per_row


def deviance(power: float | None) -> PerRow:
    """Make the unit deviances of a Tweedie distribution."""

    def per_row(y_true: Any, y_pred: Any, **params: Any) -> Floats:
        true, pred = (np.ascontiguousarray(_columns(y).reshape(1, -1)) for y in (y_true, y_pred))
        order = float(params.get("power", 0.0)) if power is None else power
        return np.asarray(_backend.current().tweedie_deviance(true, pred, None, order))

    return per_row


def given(y_true: Any, y_pred: Any) -> Floats:
    """Values that were worked out elsewhere: of queries, answers, segments."""
    return canonical_scores(finite_scores(column_or_1d(y_pred, name="values"))).astype(np.float64)


def mean(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Take the mean of values that were worked out elsewhere."""
    if y_true is not None:
        raise ValueError("y_true must be None where metric='mean': the values of the rows are all that is looked at.")
    values = given(y_true, y_pred)
    if not values.size:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    if sample_weight is None:
        return float(np.mean(values))
    check_consistent_length(values, sample_weight)
    return float(np.average(values, weights=np.asarray(sample_weight, dtype=np.float64)))


def log_loss(y_true: Any, y_proba: Any, *, normalize: bool = True, labels: Any = None, **_: Any) -> Floats | None:
    """Minus the log of the probability of each row's own class."""
    inputs = check_probabilities(y_true, measured_probabilities(y_proba), None, labels)
    if not normalize or inputs.indicator is not None:
        return None
    eps = float(np.finfo(inputs.dtype).eps)
    return -np.log(np.clip(_own(inputs.labels, inputs.classes, inputs.proba), eps, 1.0 - eps))


def _own(labels: NDArray[Any], classes: NDArray[Any], scores: NDArray[Any]) -> Floats:
    """Look up the probability of the row's own class."""
    place = np.searchsorted(classes, labels)
    if scores.shape[1] == 1:
        second = scores[:, 0].astype(np.float64)
        return np.where(place == 1, second, 1.0 - second)
    return np.take_along_axis(scores, place[:, np.newaxis], axis=1)[:, 0].astype(np.float64)


def brier(
    y_true: Any, y_proba: Any, *, pos_label: Any = None, labels: Any = None, scale_by_half: Any = "auto"
) -> Floats | None:
    """Squared distance between each row's probabilities and its truth."""
    measured = measured_probabilities(y_proba)
    if measured[0].ndim == 1 or measured[0].shape[1] == 1:
        binary = check_binary_probabilities(y_true, measured, None, pos_label)
        proba = binary.proba.astype(np.float64)
        mark = np.zeros(proba.size) if binary.positive is None else binary.labels == binary.positive
        squares, half = 2.0 * (proba - mark) ** 2, True
    else:
        inputs = check_probabilities(y_true, measured, None, labels)
        if inputs.indicator is not None:
            return None
        proba = inputs.proba.astype(np.float64)
        own = _own(inputs.labels, inputs.classes, inputs.proba)
        squares = np.einsum("ij,ij->i", proba, proba) - own**2 + (1.0 - own) ** 2
        half = proba.shape[1] < 3
    halved = half if isinstance(scale_by_half, str) else scale_by_half
    return squares / 2.0 if halved else squares


def hinge(y_true: Any, pred_decision: Any, *, labels: Any = None) -> Floats:
    """Each row's distance from a margin of one."""
    inputs = check_decisions(y_true, pred_decision, labels, None)
    decision = inputs.decision.astype(np.float64)
    if inputs.classes is None:
        margin = np.where(inputs.labels == inputs.positive, decision, -decision)
    else:
        place = np.searchsorted(inputs.classes, inputs.labels)[:, np.newaxis]
        own = np.take_along_axis(decision, place, axis=1)[:, 0]
        others = decision.copy()
        np.put_along_axis(others, place, -np.inf, axis=1)
        margin = own - others.max(axis=1)
    return np.maximum(0.0, 1.0 - margin)


def top_k(y_true: Any, y_score: Any, *, k: int = 2, normalize: bool = True, labels: Any = None) -> Floats | None:
    """Whether the row's own class is among the first k."""
    codes, classes, scores = check_class_scores(y_true, y_score, k, None, labels)
    if not normalize or scores.ndim != 2:
        return None
    return np.asarray(_backend.current().class_ranks(codes, classes, scores) < k, dtype=np.float64)
