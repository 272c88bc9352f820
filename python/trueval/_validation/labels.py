"""Two label arguments of a classification metric: their contingency table, or their indicator matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .arrays import (
    Array,
    SampleWeights,
    check_consistent_length,
    sample_weights,
)
from .targets import Target, alike_marks, indicator_bytes, same_labels


def _string_labels(labels: Array) -> bool:
    return labels.dtype.kind in "US"


def union_of_labels(true: Array, pred: Array) -> Array:
    """Sorted union of two label sets."""
    if true.dtype == pred.dtype:
        return true if same_labels(true, pred) else np.union1d(true, pred)
    if _string_labels(true) != _string_labels(pred) and true.size and pred.size:
        raise ValueError(f"Mix of label input types (string and number); Got {true} and {pred}.")
    if "M" in (true.dtype.kind, pred.dtype.kind):
        raise TypeError(f"Mix of label input types (date and number); Got {true} and {pred}.")
    labels = sorted({*true.tolist(), *pred.tolist()})
    dtype = None
    if true.size and pred.size and true.dtype.kind in "biuf" and pred.dtype.kind in "biuf":
        # The labels that only y_pred has join those of y_true; in this dtype they appear in messages and reports.
        dtype = true.dtype if set(true.tolist()).issuperset(pred.tolist()) else np.result_type(true, pred)
    union = np.asarray(labels, dtype)
    if union.tolist() != labels:  # no integer dtype holds both -1 and 2**64 - 1, and float64 would round the latter
        union = np.asarray(labels, dtype=object)
    return union


class Crossing(NamedTuple):
    """Two 1-D targets as the cells of their contingency table.

    `labels` is the union of both label sets and `present` what y_true holds of it; `rows` and `columns` place each cell
    in the union, `values` is its number of samples or, with weights, their weight. `alike` tells whether both targets
    are of the union's dtype.
    """

    kind: str
    labels: Array
    present: Array
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Array
    n_samples: int
    weights: SampleWeights | None
    fault: Exception | None
    alike: bool


class Indicators(NamedTuple):
    """Two multilabel targets: as matrices of bytes, or both as canonical sparse ones whose marks are alike."""

    kind: str
    labels: Array
    true: Any
    pred: Any
    n_samples: int
    weights: SampleWeights | None
    fault: Exception | None


class Tally(NamedTuple):
    """What is counted of two multilabel targets whose rows are not at hand, in the place of their matrices.

    `columns` holds the hits, predictions and truths of each column, `weighted` the same as sums of weights; `rows` the
    hits, predictions, truths and wrong labels of rows that are told apart by nothing else, and `repeats` how often each
    of these occurs. `unlike` tells of either target whether its marks are of two kinds.
    """

    columns: tuple[Array, Array, Array]
    weighted: tuple[Array, Array, Array] | None
    rows: tuple[NDArray[np.int64], ...]
    repeats: Array
    unlike: tuple[bool, bool]


def row_weights(targets: Crossing | Indicators) -> Array | None:
    """Weights of the rows of a multilabel target, None where each counts once."""
    if targets.weights is not None:
        return targets.weights.values
    if isinstance(targets, Indicators) and isinstance(targets.true, Tally):
        return targets.true.repeats
    return None


def places_in_union(places: NDArray[np.uint32], labels: Array, union: Array) -> NDArray[np.intp]:
    """Turn places among labels into those among a union that contains them."""
    if labels.size == union.size:
        return places.astype(np.intp)
    if labels.dtype == union.dtype or labels.dtype.kind == union.dtype.kind == "U":
        return np.searchsorted(union, labels)[places]
    table = {label: position for position, label in enumerate(union.tolist())}
    return np.fromiter((table[label] for label in labels.tolist()), dtype=np.intp, count=labels.size)[places]


def _in_one_unit(true: Target, pred: Target) -> None:
    """Bring dates or durations to the finer one of their units, and durations beside numbers to numbers, as NumPy."""
    own, other = true.dtype, pred.dtype
    if own.kind == other.kind and own != other:
        unit = np.promote_types(own, other)
        true.array, pred.array = true.array.astype(unit), pred.array.astype(unit)
    elif true.wide or pred.wide:
        return
    elif own.kind == "m" and other.kind in "biuf":
        true.array = true.array.astype(np.int64)
    elif other.kind == "m" and own.kind in "biuf":
        pred.array = pred.array.astype(np.int64)


def _sorted_first(target: Target) -> None:
    """Fail as scikit-learn does on an object array whose elements have no order."""
    if type(target.raw) is np.ndarray and target.kind == "unknown" and target.dtype.kind == "O":
        np.unique(target.raw)


def check_targets(
    y_true: Any, y_pred: Any, sample_weight: Any = None, *, sorts: bool = True, late_weights: bool = False
) -> Crossing | Indicators:
    """Check two label arguments of a classification metric, with one crossing into the backend.

    Parameters
    ----------
    y_true, y_pred : array-like or sparse
    sample_weight : array-like or None
    sorts : bool
        Whether an object array without an order fails on that, rather than on being of unknown kind.
    late_weights : bool
        Do not raise what is wrong with the weights but hand it over as `fault`: for metrics that have more to check
        before they look at the weights.

    What is counted already, a `Crossing` or `Indicators` in the place of `y_true`, is returned as it is.
    """
    if isinstance(y_true, (Crossing, Indicators)):
        return y_true
    check_consistent_length(y_true, y_pred, None if late_weights else sample_weight)
    true = Target(y_true, "y_true")
    try:
        pred = Target(y_pred, "y_pred")
        if true.dtype.kind in "mM" or pred.dtype.kind == "m":
            _in_one_unit(true, pred)
        pairs = None
        if true.kind is None and pred.kind is None:
            if not (true.wide or pred.wide):
                pairs = true.codes, pred.codes
        elif sorts:
            _sorted_first(true)
            _sorted_first(pred)
    except Exception:
        true.settle()
        raise
    n_samples = true.n_samples

    fault: Exception | None = None
    weights = None
    if sample_weight is not None and n_samples:
        try:
            check_consistent_length(y_true, y_pred, sample_weight)
            weights = sample_weights(sample_weight, n_samples)
        except Exception as error:
            fault = error

    cells: Any = ()
    if pairs is not None:
        status, labels, status_pred, labels_pred, *cells = _backend.current().contingency(
            *pairs, None if weights is None else weights.values
        )
        if not (status or status_pred):
            true.learn(status, labels)
            pred.learn(status_pred, labels_pred)
    kind_true = true.settle()
    kind_pred = pred.settle()
    if not n_samples:
        raise ValueError(
            "Found empty input array (e.g., `y_true` or `y_pred`) while a minimum of 1 sample is required."
        )
    if fault is not None and not late_weights:
        raise fault
    kind = kind_true
    if kind_true != kind_pred:
        if {kind_true, kind_pred} != {"binary", "multiclass"}:
            raise ValueError(f"Classification metrics can't handle a mix of {kind_true} and {kind_pred} targets")
        kind = "multiclass"
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"{kind} is not supported")
    if kind == "multilabel-indicator":
        n_labels = true.array.shape[1]
        if n_labels != pred.array.shape[1]:
            raise ValueError("Multi-label binary indicator input with different numbers of labels")
        sparse = alike_marks(true.array, pred.array) if true.sparse and pred.sparse else None
        marks, marks_pred = sparse or indicator_bytes(true.array, pred.array)
        return Indicators(kind, np.arange(n_labels), marks, marks_pred, n_samples, weights, fault)
    if true.sparse or pred.sparse:
        raise TypeError("Sparse input is only supported when targets are of multilabel type")

    present, present_pred = true.labels(), pred.labels()
    union = union_of_labels(present, present_pred)
    rows, columns, counts, sums = cells
    return Crossing(
        "multiclass" if union.size > 2 else kind,
        union,
        present,
        places_in_union(rows, present, union),
        places_in_union(columns, present_pred, union),
        counts if sums is None else sums,
        n_samples,
        weights,
        fault,
        union.dtype == present.dtype == present_pred.dtype,
    )
