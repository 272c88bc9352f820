"""A label argument beside scores, or gains beside scores."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .arrays import (
    FLOATS,
    Array,
    SampleWeights,
    as_numbers,
    as_numpy,
    canonical_scores,
    check_array,
    check_consistent_length,
    column_or_1d,
    finite_scores,
    measured_array,
    native,
    sample_weights,
)
from .targets import Target, as_values


def resolve_pos_label(target: Target, pos_label: Any) -> int | None:
    """Code of the positive label; without one the labels must be among {0, 1} or {-1, 1}."""
    if pos_label is None:
        classes = target.labels()
        known: list[Any] = as_values(classes) if classes.dtype.kind in "biufm" else []
        if known not in ([0, 1], [-1, 1], [0], [-1], [1]):
            shown = ", ".join(map(repr, classes.tolist()))
            raise ValueError(
                f"y_true takes value in {{{shown}}} and pos_label is not specified: either make y_true take value in "
                "{0, 1} or {-1, 1} or pass pos_label explicitly."
            )
        pos_label = 1
    return target.locate(pos_label)


class BinaryRanking(NamedTuple):
    """Labels, code of the positive one, scores and weights for the curve kernels."""

    labels: Array
    positive: int | None
    scores: Array
    weights: SampleWeights | None
    score_dtype: np.dtype[Any]


def check_binary_ranking(target: Target, y_score: Any, pos_label: Any, sample_weight: Any) -> BinaryRanking:
    """Check the inputs of a curve: a binary target, or a multiclass one with its positive label named."""
    kind = target.settle()
    if kind != "binary" and not (kind == "multiclass" and pos_label is not None):
        raise ValueError(f"{kind} format is not supported")
    if not target.n_samples:
        check_consistent_length(target.raw, y_score, sample_weight)
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    positive = resolve_pos_label(target, pos_label)
    return pair_scores(target, positive, y_score, sample_weight)


def pair_scores(target: Target, positive: int | None, y_score: Any, sample_weight: Any) -> BinaryRanking:
    """Join a target with its scores and weights."""
    check_consistent_length(target.raw, y_score, sample_weight)
    if target.sparse:
        column_or_1d(target.array)
    if target.wide:
        raise ValueError(f"y should be a 1d array, got an array of shape {target.array.shape} instead.")
    column = column_or_1d(y_score)
    scores = finite_scores(column)
    weights = None
    if sample_weight is not None:
        weights = ranking_weights(sample_weight, target.n_samples)
    return BinaryRanking(target.codes, positive, scores, weights, column.dtype)


def ranking_weights(sample_weight: Any, n_samples: int) -> SampleWeights:
    """Weights of a curve: a column passes, numbers of any sort are floats."""
    return sample_weights(column_or_1d(sample_weight), n_samples, dtype=FLOATS[:2])


def check_gains(y_true: Any, y_score: Any, sample_weight: Any) -> tuple[Array, Array, float]:
    """Check relevances and scores of a DCG metric up to their shapes; with the smallest relevance."""
    true, low, _ = measured_array(y_true, role="y_true")
    score = check_array(y_score, role="y_score")
    check_consistent_length(true, score, sample_weight)
    if true.dtype.kind in "biu":
        low = float(true.min())
    return true, canonical_scores(score), low


def query_weights(sample_weight: Any) -> Array | None:
    """Weights of queries, which NumPy's average checks further."""
    return None if sample_weight is None else as_numbers(as_numpy(sample_weight), "sample_weight", missing=False)


def settle_gains(true: Array, score: Array) -> NDArray[np.float64]:
    """Refuse relevances that are not one row per query and one column per document."""
    if true.ndim != 2 or true.shape[1] < 2:
        supported = ("multilabel-indicator", "continuous-multioutput", "multiclass-multioutput")
        raise ValueError(f"Only {supported} formats are supported. Got {Target(true, '').settle()} instead")
    if score.shape != true.shape:
        raise ValueError(
            f"y_score must have the shape of y_true, one score per document: got {score.shape} and {true.shape}."
        )
    return native(true, np.float64)
