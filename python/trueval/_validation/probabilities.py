"""A label argument beside probabilities of the classes."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..exceptions import warn
from .arrays import (
    FLOATS,
    Array,
    SampleWeights,
    check_array,
    check_consistent_length,
    column_or_1d,
    floats,
    measured_array,
    native,
    num_samples,
    require_finite,
    sample_weights,
)
from .scores import resolve_pos_label
from .targets import Target, numeric_codes
from .words import code_dtype


class Probabilities(NamedTuple):
    """Labels, sorted classes in their dtype, (n, k) or (n, 1) probabilities, weights, dtype of the argument.

    `indicator` holds the marks of a multilabel target, which has no labels.
    """

    labels: Array
    classes: Array
    proba: Array
    weights: SampleWeights | None
    dtype: np.dtype[Any]
    indicator: Array | None


class BinaryProbabilities(NamedTuple):
    """Labels, code of the positive one, its probabilities, weights."""

    labels: Array
    positive: int | None
    proba: Array
    weights: SampleWeights | None


Measured = tuple[Array, float, float]


def measured_probabilities(y_proba: Any) -> Measured:
    """Probabilities as an array of floats, with their minimum and maximum, whatever these are."""
    return measured_array(y_proba, FLOATS)


def check_binary_probabilities(
    y_true: Any, measured: Measured, sample_weight: Any, pos_label: Any
) -> BinaryProbabilities:
    """Check the inputs of a metric of the probabilities of one label."""
    proba, low, high = measured
    true = column_or_1d(y_true)
    require_finite(true)
    check_consistent_length(proba, true, sample_weight)
    weights = None if sample_weight is None else sample_weights(sample_weight, proba.shape[0])
    target = Target(true, "y_true")
    kind = target.settle()
    if kind != "binary":
        raise ValueError(
            f"The type of the target inferred from y_true is {kind} but should be binary according to the shape of "
            "y_prob."
        )
    if high > 1:
        raise ValueError(f"y_prob contains values greater than 1: {proba.dtype.type(high)}")
    if low < 0:
        raise ValueError(f"y_prob contains values less than 0: {proba.dtype.type(low)}")
    positive = positive_of_probabilities(target, pos_label)
    return BinaryProbabilities(target.codes, positive, floats(proba).reshape(-1), weights)


def positive_of_probabilities(target: Target, pos_label: Any) -> int | None:
    """Find the label that one column of probabilities is about: of numbers, the greater one where none is the usual."""
    try:
        return resolve_pos_label(target, pos_label)
    except ValueError:
        if target.names is not None:
            raise
        return int(target.facts()[1][-1])


def check_probabilities(y_true: Any, measured: Measured, sample_weight: Any, labels: Any) -> Probabilities:
    """Check the inputs of a metric of class probabilities."""
    proba, low, high = measured
    dtype = proba.dtype
    if high > 1:
        raise ValueError(f"y_prob contains values greater than 1: {dtype.type(high)}")
    if low < 0:
        raise ValueError(f"y_prob contains values lower than 0: {dtype.type(low)}")
    check_consistent_length(proba, y_true, sample_weight)
    weights = None if sample_weight is None else sample_weights(sample_weight, proba.shape[0])
    proba = floats(proba)
    if proba.ndim == 1:
        proba = proba.reshape(-1, 1)
    target, classes = _check_classes(y_true, labels)
    columns = 2 if proba.shape[1] == 1 else proba.shape[1]
    if classes.size != columns:
        if improper_rows(proba, dtype):
            warn(NOT_PROBABILITIES)
        if labels is not None:
            raise ValueError(
                f"The number of classes in labels is different from that in y_prob. Classes found in labels: {classes}"
            )
        raise ValueError(
            f"y_true and y_prob contain different number of classes: {classes.size} vs {columns}. Please provide the "
            f"true labels explicitly through the labels argument. Classes found in y_true: {classes}"
        )
    if target.settle() == "multilabel-indicator":
        marks = np.ascontiguousarray(target.array)
        return Probabilities(marks, classes, proba, weights, dtype, marks)
    return Probabilities(*_in_one_dtype(target, classes), proba, weights, dtype, None)


@cache
def epsilon_of(dtype: np.dtype[Any]) -> float:
    """Distance from 1 to the next float."""
    return float(np.finfo(dtype).eps)


@cache
def tolerance_of(dtype: np.dtype[Any]) -> float:
    """How far a row of probabilities may be from a sum of one."""
    return math.sqrt(epsilon_of(dtype)) + 1e-8


NOT_PROBABILITIES = "The y_prob values do not sum to one. Make sure to pass probabilities."


def improper_rows(proba: Array, dtype: np.dtype[Any]) -> int:
    """Count the rows of a matrix that no kernel reads that do not sum to one."""
    if proba.shape[1] < 2:
        return 0
    return int(np.count_nonzero(np.abs(proba.sum(axis=1, dtype=np.float64) - 1.0) > tolerance_of(dtype)))


def warn_unless_sorted(classes: Array, labels: Any) -> None:
    """Warn where the caller named the labels in another order than that of the columns."""
    if not np.all(classes == labels):
        warn(
            f"Labels passed were {labels}. But this function assumes labels are ordered lexicographically. Pass the "
            f"ordered labels={classes.tolist()} and ensure that the columns of y_prob correspond to this ordering."
        )


def all_words(labels: Any) -> bool:
    """Whether all elements of a list are words, and none a number that NumPy has turned into one."""
    return {isinstance(label, str) for label in labels} == {True}


def _check_classes(y_true: Any, labels: Any) -> tuple[Target, Array]:
    """Target and sorted classes, which are those of `labels` where given."""
    source = Target(y_true if labels is None else labels, "y")
    kind = source.settle()
    if "multioutput" in kind:
        raise ValueError("Multioutput target data is not supported with label binarization")
    if not source.n_samples:
        raise ValueError(f"y has 0 samples: {source.raw!r}")
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"Unknown label type: {(source.raw,)!r}")
    if isinstance(source.raw, (list, tuple)) and source.names is not None and not all_words(source.raw):
        raise ValueError(f"Mix of label input types (string and number); Got {source.labels()}.")
    classes = np.arange(source.array.shape[1]) if kind == "multilabel-indicator" else source.labels()
    target = source
    if labels is not None:
        if 1 < classes.size < num_samples(labels):
            raise ValueError(f"labels must be distinct, got {labels}.")
        warn_unless_sorted(classes, labels)
        target = _declared(y_true, classes, labels)
    if classes.size == 1:
        if labels is None:
            raise ValueError(
                f"y_true contains only one label ({classes[0]}). Please provide the list of all expected class labels "
                "explicitly through the labels argument."
            )
        raise ValueError(f"The labels array needs to contain at least two labels, got {classes}.")
    if labels is not None:
        _require_one_label_each(target)
    return target, classes


def _declared(y_true: Any, classes: Array, labels: Any) -> Target:
    """Target whose labels are all among `classes`, which `labels` names."""
    fault = None
    try:
        target = Target(y_true, "")
        present = target.labels() if target.kind is None and not target.facts()[0] else np.asarray(y_true)
    except (TypeError, ValueError) as error:
        fault, present = error, np.asarray(y_true)
    if not np.all(np.isin(present, classes)):
        elements = np.asarray(y_true).reshape(-1) if np.ndim(y_true) > 1 else y_true
        undeclared = set(elements) - set(labels)
        raise ValueError(f"y_true contains values {undeclared} not belonging to the passed labels {labels}.")
    if fault is not None:
        raise fault
    return target


def _require_one_label_each(target: Target) -> None:
    """Refuse a target that has not one label per sample."""
    kind = target.settle()
    if kind == "multilabel-indicator":
        raise ValueError("The object was not fitted with multilabel input.")
    if not isinstance(target.raw, list):
        check_array(target.array, dtype=None)
    if "multioutput" in kind:
        raise ValueError("Multioutput target data is not supported with label binarization")
    if kind == "unknown":
        raise ValueError("The type of target data is not known")


def _in_one_dtype(target: Target, classes: Array) -> tuple[Array, Array]:
    """Codes of a target and of the classes that contain its labels, in one dtype and one numbering."""
    codes = target.codes
    if target.names is not None:
        numbering = np.arange(classes.size, dtype=code_dtype(classes.size))
        if target.names.size != classes.size:
            codes = numbering[np.searchsorted(classes, target.names)][codes]
        return native(codes, numbering.dtype), numbering
    if classes.dtype.kind in "bmM":
        classes = numeric_codes(classes)
    if classes.dtype == codes.dtype:
        return codes, classes
    same = classes.astype(codes.dtype)
    if not np.array_equal(same, classes):
        # a class that y_true's dtype cannot hold, such as -1 beside unsigned labels
        codes, same = codes.astype(np.int64), classes.astype(np.int64)
    return codes, same
