"""A label argument beside decision values of a margin classifier."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .arrays import Array, check_array, check_consistent_length, column_or_1d, floats, native, not_finite
from .scores import query_weights
from .targets import Target
from .words import code_dtype


class Decisions(NamedTuple):
    """Labels, decision values, weights; the sorted classes if there is a column for each, else the positive label."""

    labels: Array
    classes: Array | None
    positive: int | None
    decision: Array
    weights: NDArray[np.float64] | None


def check_decisions(y_true: Any, pred_decision: Any, labels: Any, sample_weight: Any) -> Decisions:
    """Check the inputs of a metric of decision values."""
    check_consistent_length(y_true, pred_decision, sample_weight)
    decision = check_array(pred_decision, role="pred_decision")
    true = column_or_1d(y_true)
    classes = _distinct(true if labels is None else labels)
    if classes.size > 2:
        found: tuple[Array, Array | None, int | None] = (*_for_columns(true, classes, labels, decision), None)
    else:
        decision = column_or_1d(decision)
        found = (*_for_one_column(true),)
    decision = floats(decision) if decision.dtype.kind == "f" else native(decision, np.float64)
    return Decisions(*found, decision, _average_weights(sample_weight, decision.shape[0]))


def _distinct(y: Any) -> Array:
    """Sorted distinct elements, as NumPy has them; through a kernel where that is possible."""
    a = np.asarray(y)
    if a.ndim == 1 and a.size and a.dtype.kind in "biuf" and not (target := Target(a, "")).facts()[0]:
        return target.labels()
    return np.unique(a)


def _for_columns(true: Array, classes: Array, labels: Any, decision: Array) -> tuple[Array, Array]:
    """Labels and classes as the kernels take them, of a decision with a column for each class."""
    if decision.ndim <= 1:
        raise ValueError(
            "The shape of pred_decision cannot be 1d arraywith a multiclass target. pred_decision shape must be "
            f"(n_samples, n_classes), that is ({true.shape[0]}, {classes.size}). Got: {decision.shape}"
        )
    if classes.size != decision.shape[1]:
        if labels is None:
            raise ValueError("Please include all labels in y_true or pass labels as third argument")
        raise ValueError(
            "The shape of pred_decision is not consistent with the number of classes. With a multiclass target, "
            f"pred_decision shape must be (n_samples, n_classes), that is ({true.shape[0]}, {classes.size}). Got: "
            f"{decision.shape}"
        )
    if classes.dtype.kind in "iu" and true.dtype.kind == "f":
        status = _backend.current().scan(floats(true))[0]
        if status:
            raise not_finite(status, classes.dtype, "y")
    own = np.asarray(true, dtype=classes.dtype)
    if labels is None and own.dtype.kind in "biufmM":
        target = Target(own, "")
        if not target.facts()[0]:
            return target.codes, target.facts()[1]
    numbering = np.arange(classes.size, dtype=code_dtype(classes.size))
    if own.dtype.kind == "O":
        table = {label: code for code, label in enumerate(classes.tolist())}
        places = np.array([table.get(label, -1) for label in own.tolist()])
        if np.any(places < 0):
            _refuse_unknown(own, places < 0)
        return places.astype(numbering.dtype), numbering
    # Words, fractions, and labels that may not be among the classes, are found one by one.
    codes = np.searchsorted(classes, own).clip(max=classes.size - 1)
    unknown = classes[codes] != own
    if unknown.any():
        _refuse_unknown(own, unknown)
    return codes.astype(numbering.dtype), numbering


def _refuse_unknown(own: Array, unknown: Array) -> None:
    if own.dtype.kind in "iuf":
        raise ValueError(f"y contains previously unseen labels: {list(np.unique(own[unknown]))}")
    raise ValueError(f"y contains previously unseen labels: {own[unknown][0]!r}")


def _for_one_column(true: Array) -> tuple[Array, None, int | None]:
    """Labels, and the positive one among them, of a decision for one of two labels."""
    target = Target(true, "y")
    kind = target.settle()
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"Unknown label type: {(true,)!r}")
    found = target.facts()[1]
    # Of more than two labels, which `labels` may leave, scikit-learn takes the first for the positive one.
    positive = None if found.size == 1 else 1 if found.size == 2 else 0
    return target.codes, None, None if positive is None else int(found[positive])


def _average_weights(sample_weight: Any, n_samples: int) -> NDArray[np.float64] | None:
    """Weights that NumPy's average would take."""
    weights = query_weights(sample_weight)
    if weights is None:
        return None
    if weights.shape != (n_samples,):
        np.average(np.zeros(n_samples), weights=weights)  # refuses them
    return native(weights, np.float64)
