"""A label argument beside scores; gains, marks of labels, or classes beside one score each."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .._parameters import is_sparse
from ..exceptions import warn
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
    nullable_number,
    refuse_complex,
    require_finite,
    require_size,
    sample_weights,
)
from .targets import Target, as_values, same_labels
from .words import code_dtype


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
    """Labels, code of the positive one, scores (canonical, or float16) and weights for the curve kernels."""

    labels: Array
    positive: int | None
    scores: Array
    weights: SampleWeights | None
    score_dtype: np.dtype[Any]


class Ranked(Protocol):
    """A ranking of one positive class whose rows are not at hand; it computes for itself what the kernels would.

    The methods return what the kernels of their names do; `score_dtype` is the dtype of the thresholds.
    """

    weights: SampleWeights | None
    score_dtype: np.dtype[Any]

    def roc_auc(self) -> tuple[Any, Any, Any]: ...

    def average_precision(self) -> tuple[float, Any]: ...

    def binary_curve(self) -> tuple[Array, Array, Array]: ...


def check_binary_ranking(target: Target, y_score: Any, pos_label: Any, sample_weight: Any) -> BinaryRanking:
    """Check the inputs of a curve: a binary target, or a multiclass one with its positive label named."""
    kind = target.settle()
    if kind != "binary" and not (kind == "multiclass" and pos_label is not None):
        raise ValueError(f"{kind} format is not supported")
    if not target.n_samples:
        if pos_label is None and target.array.dtype.kind in "OUS":
            resolve_pos_label(target, None)  # fails
        check_consistent_length(target.raw, y_score, sample_weight)
        column_or_1d(y_score)
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


def ranking_weights(sample_weight: Any, n_samples: int, *, all_zero: bool = False) -> SampleWeights:
    """Weights of a curve: a column passes, numbers of any sort are floats."""
    return sample_weights(column_or_1d(sample_weight), n_samples, dtype=FLOATS[:2], all_zero=all_zero)


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
    own = getattr(sample_weight, "dtype", None)
    # Among nullable floats what is missing is NaN, to scikit-learn, too.
    if (
        hasattr(sample_weight, "iloc")
        and nullable_number(own)
        and getattr(own, "kind", "") != "f"
        and sample_weight.isna().any()
    ):
        raise TypeError("sample_weight must hold numbers, and a weight is missing.")
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


class LabelRanking(NamedTuple):
    """Marks of the relevant labels of each sample, nonzero where relevant, and the scores of all labels."""

    marks: NDArray[np.uint8]
    scores: Array


def check_coverage(y_true: Any, y_score: Any, sample_weight: Any) -> LabelRanking:
    """Check two dense matrices of marks and scores."""
    true = check_array(y_true, ensure_2d=True, role="y_true")
    score = check_array(y_score, ensure_2d=True, role="y_score")
    check_consistent_length(true, score, sample_weight)
    return _same_labels(true, score, ("multilabel-indicator",))


def check_label_loss(y_true: Any, y_score: Any, sample_weight: Any) -> LabelRanking:
    """Check marks, which may be sparse, beside scores."""
    true = _check_marks(y_true)
    score = check_array(y_score, role="y_score")
    check_consistent_length(true, score, sample_weight)
    return _same_labels(true, score, ("multilabel-indicator",))


def check_label_precision(y_true: Any, y_score: Any, sample_weight: Any) -> LabelRanking:
    """Check marks, which may be sparse, beside scores; a single label will do."""
    check_consistent_length(y_true, y_score, sample_weight)
    true = _check_marks(y_true)
    score = check_array(y_score, role="y_score")
    if true.shape != score.shape:
        raise ValueError(UNLIKE_SHAPES)
    return _same_labels(
        true, score, ("multilabel-indicator", "binary") if true.ndim == 2 else ("multilabel-indicator",)
    )


UNLIKE_SHAPES = "y_true and y_score have different shape"


def _check_marks(y_true: Any) -> Any:
    """Check a matrix of marks; a sparse one stays sparse."""
    if not is_sparse(y_true):
        return check_array(y_true, role="y_true")
    marks = y_true.tocsr()
    refuse_complex(marks.data)
    require_finite(native(marks.data))
    require_size(marks)
    return marks


def _same_labels(true: Any, score: Array, kinds: tuple[str, ...]) -> LabelRanking:
    """Refuse marks of the wrong kind, or of other labels than the scores."""
    kind = Target(true, "y_true").settle()
    if kind not in kinds:
        raise ValueError(f"{kind} format is not supported")
    if true.shape != score.shape:
        raise ValueError(UNLIKE_SHAPES)
    return LabelRanking(nonzero(true), canonical_scores(score))


def nonzero(marks: Any) -> NDArray[np.uint8]:
    """Bytes that are zero where the marks are."""
    dense = native(marks.toarray() if is_sparse(marks) else marks)
    if dense.dtype.kind in "bu" and dense.dtype.itemsize == 1:
        return dense.view(np.uint8)
    return np.not_equal(dense, 0).view(np.uint8)


class ClassScores(NamedTuple):
    """Labels with the sorted classes that they are among, in one dtype, and the scores of all classes.

    Of two classes only the second has a score.
    """

    labels: Array
    classes: Array
    scores: Array


def check_class_scores(y_true: Any, y_score: Any, k: int, sample_weight: Any, labels: Any) -> ClassScores:
    """Check the inputs of top-k accuracy."""
    target = Target(column_or_1d(check_array(y_true, dtype=None)), "y_true")
    kind = target.settle()
    if kind == "binary" and labels is not None and len(labels) > 2:
        kind = "multiclass"
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"y type must be 'binary' or 'multiclass', got '{kind}' instead.")
    score = check_array(y_score, role="y_score")
    if kind == "binary":
        if score.ndim == 2 and score.shape[1] != 1:
            raise ValueError(
                f"`y_true` is binary while y_score is 2d with {score.shape[1]} classes. If `y_true` does not contain "
                "all the labels, `labels` must be provided."
            )
        score = column_or_1d(score)
    elif score.ndim != 2:
        raise ValueError(
            "`y_score` needs to be of shape `(n_samples, n_classes)`, since `y_true` contains multiple classes. Got "
            f"`y_score.shape={score.shape}`."
        )
    check_consistent_length(target.array, score, sample_weight)
    n_scored = score.shape[1] if score.ndim == 2 else 2
    classes = target.labels() if labels is None else _named_classes(labels)
    if classes.size != n_scored:
        if labels is None:
            raise ValueError(
                f"Number of classes in 'y_true' ({classes.size}) not equal to the number of classes in 'y_score' "
                f"({n_scored}).You can provide a list of all known classes by assigning it to the `labels` parameter."
            )
        raise ValueError(
            f"Number of given labels ({classes.size}) not equal to the number of classes in 'y_score' ({n_scored})."
        )
    present = target.labels()
    if labels is not None and not same_labels(present, classes) and np.setdiff1d(present, classes).size:
        raise ValueError("'y_true' contains labels not in parameter 'labels'.")
    if k >= classes.size:
        warn(
            f"'k' ({k}) greater than or equal to 'n_classes' ({classes.size}) will result in a perfect score and is "
            "therefore meaningless.",
            "UndefinedMetricWarning",
        )
    return ClassScores(*_among(target, classes), canonical_scores(score))


def _named_classes(labels: Any) -> Array:
    """Classes that the caller names in their order."""
    given = Target(column_or_1d(labels), "labels")
    classes = given.distinct()
    if classes.size != given.n_samples:
        raise ValueError("Parameter 'labels' must be unique.")
    if not np.array_equal(classes, given.array):
        raise ValueError("Parameter 'labels' must be ordered.")
    return classes


def _among(target: Target, classes: Array) -> tuple[Array, Array]:
    """Codes of a target and of the classes that its labels are among, sorted, in one dtype."""
    known = target.facts()[1]
    if known.size == classes.size:
        return target.codes, known
    dtype = code_dtype(classes.size)
    place = np.searchsorted(classes, target.labels()).astype(dtype)
    codes = target.codes if target.names is not None else np.searchsorted(known, target.codes)
    return place[codes], np.arange(classes.size, dtype=dtype)


class Thresholding(NamedTuple):
    """Labels, scores and weights of the samples that have a weight, by descending score, in their own dtypes."""

    true: Array
    scores: Array
    weights: Array | None


def check_thresholding(y_true: Any, y_score: Any, sample_weight: Any) -> tuple[Thresholding, SampleWeights | None]:
    """Check labels of any kind beside scores; the samples keep their order here, and those without weight go."""
    check_consistent_length(y_true, y_score, sample_weight)
    true = column_or_1d(y_true)
    score = column_or_1d(y_score)
    require_finite(true)
    require_finite(score)
    score = as_numbers(score, "y_score", missing=False)
    weights = None
    if sample_weight is not None:
        weight = column_or_1d(sample_weight)
        weights = ranking_weights(weight, true.shape[0])
        own = weight.dtype if weight.dtype in FLOATS[:2] else np.dtype(np.float64)
        kept = weights.values != 0
        values = weights.values[kept]
        weights = weights._replace(values=values)
        return Thresholding(true[kept], score[kept], values.astype(own, copy=False)), weights
    if not true.shape[0]:
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    return Thresholding(true, score, None), weights
