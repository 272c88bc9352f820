"""Ranking metrics against scikit-learn, call by call: every parameter, valid and invalid, and the edges of each."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import oracles
import pytest
import sklearn.metrics
import trueval
from parity import check, obj, same_value
from scipy import sparse
from trueval.ranking import thresholds as at_thresholds

pytestmark = pytest.mark.usefixtures("backend")

RNG = np.random.default_rng(7)
Y = np.array([0, 1, 1, 0, 1, 0, 0, 1])
S = np.array([0.1, 0.4, 0.4, 0.35, 0.8, 0.8, 0.2, 0.9])
W = np.array([1.0, 2.0, 0.5, 0.0, 1.5, 1.0, 3.0, 1.0])
WORDS = np.where(Y == 1, "yes", "no")

# Thresholds ---------------------------------------------------------------------------------------------------------

CURVES = ("confusion_matrix_at_thresholds", "det_curve")
BINARY: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "plain": (Y, S, {}),
    "lists": (Y.tolist(), S.tolist(), {}),
    "columns": (Y[:, np.newaxis], S[:, np.newaxis], {}),
    "weights": (Y, S, {"sample_weight": W}),
    "weights as a column": (Y, S, {"sample_weight": W[:, np.newaxis]}),
    "integer weights": (Y, S, {"sample_weight": np.arange(8)}),
    "weights of both signs": (Y, S, {"sample_weight": W - 1}),
    "weights all zero": (Y, S, {"sample_weight": W * 0}),
    "no weight on a class": (Y, S, {"sample_weight": Y * 1.0}),
    "no weight on the other": (Y, S, {"sample_weight": 1.0 - Y}),
    "a weight short": (Y, S, {"sample_weight": W[:-1]}),
    "NaN weight": (Y, S, {"sample_weight": np.where(Y == 1, np.nan, 1)}),
    "minus one": (2 * Y - 1, S, {}),
    "booleans": (Y == 1, S, {}),
    "floats": (Y * 1.0, S, {}),
    "the other class": (Y, S, {"pos_label": 0}),
    "a class that is not there": (Y, S, {"pos_label": 7}),
    "a class that is a fraction": (Y, S, {"pos_label": 0.5}),
    "True": (Y, S, {"pos_label": True}),
    "words": (WORDS, S, {"pos_label": "yes"}),
    "word objects": (WORDS.astype(object), S, {"pos_label": "no"}),
    "words without a choice": (WORDS, S, {}),
    "a word among numbers": (Y, S, {"pos_label": "yes"}),
    "one and two": (Y + 1, S, {}),
    "one and two, chosen": (Y + 1, S, {"pos_label": 2}),
    "three classes": (np.arange(8) % 3, S, {}),
    "three classes, chosen": (np.arange(8) % 3, S, {"pos_label": 2}),
    "no positives": (Y * 0, S, {}),
    "no negatives": (Y * 0 + 1, S, {}),
    "one sample": (Y[:1], S[:1], {}),
    "a row short": (Y[:-1], S, {}),
    "fractions": (S, S, {}),
    "NaN": (Y, np.where(Y == 1, np.nan, S), {}),
    "infinity": (Y, np.where(Y == 1, np.inf, S), {}),
    "float32": (Y, S.astype(np.float32), {}),
    "integers": (Y, np.array([3, 2, 2, 1, -4, 9, 9, 0], np.int16), {}),
    "all tied": (Y, S * 0, {}),
    "two columns": (Y, np.stack([S, S], axis=1), {}),
    "multilabel": (np.stack([Y, 1 - Y], axis=1), np.stack([S, S], axis=1), {}),
    "a choice that is no label": (Y, S, {"pos_label": [1]}),
    "scores that are no array": (Y, 3, {}),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("case", BINARY)
def test_curves(name: str, case: str) -> None:
    y_true, y_score, keywords = BINARY[case]
    check(name, y_true, y_score, **keywords)


@pytest.mark.parametrize("case", BINARY)
def test_det_curve_without_points_between(case: str) -> None:
    y_true, y_score, keywords = BINARY[case]
    check("det_curve", y_true, y_score, **keywords, drop_intermediate=True)
    check("det_curve", y_true, y_score, keywords.get("pos_label"), keywords.get("sample_weight"), True)


def test_parameters_of_curves() -> None:
    for name in CURVES:
        with pytest.raises(ValueError, match="0 sample"):  # scikit-learn fails inside NumPy
            getattr(trueval, name)([], [])
    check("det_curve", Y, S, drop_intermediate="yes")
    check("det_curve", Y, S, drop_intermediate=1)
    for name in CURVES:
        check(name, Y, S, sample_weight="heavy")
        check(name, "ab", S)
        check(name, Y, None)


def test_arguments_by_position() -> None:
    check("confusion_matrix_at_thresholds", Y, S, 1)
    check("confusion_matrix_at_thresholds", Y, S, 0, W)
    check("confusion_matrix_at_thresholds", Y, S, [1])


# Metrics at thresholds ------------------------------------------------------------------------------------------------


def spread(y_true: Any, y_pred: Any, sample_weight: Any = None) -> tuple[float, float]:
    """A metric that nobody knows."""
    weight = np.ones(len(y_pred)) if sample_weight is None else sample_weight
    return float(np.dot(y_pred, weight)), float(np.max(weight[y_true == y_true[0]]))


def first_of_each(y_true: Any, y_pred: Any, sample_weight: Any = None) -> str:
    """The order and the types of what a metric gets."""
    return f"{y_true} {y_true.dtype} {y_pred} {y_pred.dtype} {sample_weight}"


def same_at_thresholds(*args: Any, **kwargs: Any) -> None:
    """Compare one call of both libraries, whatever the metric returns."""
    results: list[Any] = []
    for library in (sklearn.metrics, trueval):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                value: Any = library.metric_at_thresholds(*args, **kwargs)
            except Exception as error:
                value = type(error), str(error)
        results.append((value, [(w.category, str(w.message)) for w in caught if w.category is not RuntimeWarning]))
    (theirs, warned), (ours, warned_too) = results
    assert warned_too == warned
    if isinstance(theirs[0], type):
        assert ours == theirs
    elif theirs[0].dtype.kind in "US":
        assert ours[0].tolist() == theirs[0].tolist()
    else:
        same_value(ours, theirs, 1e-12)


METRICS: dict[str, list[dict[str, Any]]] = {
    "accuracy_score": [{}, {"normalize": False}, {"normalize": True}],
    "balanced_accuracy_score": [{}, {"adjusted": True}],
    "cohen_kappa_score": [{}, {"weights": "linear"}, {"labels": [0, 1]}],
    "confusion_matrix": [{}, *({"normalize": n} for n in ("true", "pred", "all")), {"labels": [1, 0]}],
    "f1_score": [{}, {"average": "macro"}, {"pos_label": 0}, {"zero_division": np.nan}, {"average": None}],
    "fbeta_score": [{"beta": 0}, {"beta": 0.5}, {"beta": 2, "pos_label": 1}, {"beta": np.inf}],
    "hamming_loss": [{}],
    "jaccard_score": [{}, {"average": "weighted"}, {"pos_label": 2}],
    "matthews_corrcoef": [{}],
    "precision_score": [{}, {"pos_label": 0}, {"pos_label": 0, "zero_division": 1}, {"pos_label": True}],
    "recall_score": [{}, {"average": "micro"}, {"average": "binary", "pos_label": 1, "zero_division": 0}],
    "zero_one_loss": [{}, {"normalize": False}],
    "precision_recall_fscore_support": [{"labels": [0, 1]}],
}
TARGETS = {
    "numbers": Y,
    "booleans": Y == 1,
    "floats": Y * 1.0,
    "one class": Y * 0,
    "the other class": Y * 0 + 1,
    "other numbers": Y + 1,
    "three": np.arange(8) % 3,
    "words": WORDS,
    "objects": Y.astype(object),
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("target", TARGETS)
def test_known_metrics_at_thresholds(name: str, target: str) -> None:
    metric = getattr(sklearn.metrics, name)
    for parameters in METRICS[name]:
        for weight in (None, W, W.astype(np.float32), W - 1)[: None if target in ("numbers", "floats") else 2]:
            same_at_thresholds(TARGETS[target], S, metric, sample_weight=weight, metric_params=parameters)


@pytest.mark.parametrize("name", at_thresholds.FOLDS)
def test_folds_are_the_loop(name: str) -> None:
    """All thresholds at once, for the labels 0 and 1, give what a call for each gives."""
    true = RNG.integers(0, 2, 200)
    score = np.round(RNG.normal(size=200), 1)
    metric = getattr(sklearn.metrics, name)
    folded = 0
    for parameters in METRICS[name]:
        fold = at_thresholds.fold_of(metric, parameters)
        if fold is None:
            continue
        for weight in (None, RNG.gamma(1.0, 2.0, 200)):
            folded += 1
            values, _ = trueval.metric_at_thresholds(
                true, score, metric, sample_weight=weight, metric_params=parameters
            )
            # Under another identity, the metric is not known.
            loop, _ = trueval.metric_at_thresholds(
                true, score, functools.partial(metric), sample_weight=weight, metric_params=parameters
            )
            assert values.dtype == loop.dtype
            np.testing.assert_allclose(values, loop, rtol=1e-11, atol=1e-13)
    assert folded


def test_folds_of_this_package() -> None:
    for metric in (trueval.accuracy_score, trueval.recall_score, trueval.confusion_matrix):
        assert at_thresholds.fold_of(metric, {}) is not None
        same_at_thresholds(Y, S, metric, sample_weight=W)
    assert at_thresholds.fold_of(spread, {}) is None

    def accuracy_score(y_true: Any, y_pred: Any) -> float:
        return 7.0

    assert trueval.metric_at_thresholds(Y, S, accuracy_score)[0].tolist() == [7.0] * 6


def test_a_fold_takes_one_sort() -> None:
    """So many thresholds that a call for each would not end."""
    score = np.random.default_rng(0).random(200_000)
    values, thresholds = trueval.metric_at_thresholds(score > 0.25, score, trueval.accuracy_score)
    assert values.size == thresholds.size == 200_000
    assert values.max() == 1.0


@pytest.mark.parametrize("metric", [spread, first_of_each, sklearn.metrics.roc_auc_score, trueval.roc_auc_score])
def test_other_metrics_at_thresholds(metric: Any) -> None:
    for true in (Y, Y == 1, Y.astype(np.int8), Y * 1.0):
        for weight in (None, W, np.arange(8), W.astype(np.float32), W[:, np.newaxis]):
            for score in (S, S.astype(np.float32), (S * 20).astype(np.int8), S[:, np.newaxis]):
                same_at_thresholds(true, score, metric, sample_weight=weight)


def test_parameters_of_metric_at_thresholds() -> None:
    same_at_thresholds(Y, S, "accuracy")
    same_at_thresholds(Y, S, spread, metric_params=[1])
    same_at_thresholds(Y, S, spread, metric_params={"unknown": 1})
    same_at_thresholds(Y, S, sklearn.metrics.accuracy_score, metric_params={"sample_weight": np.ones(8)})
    same_at_thresholds(Y, S, spread, sample_weight=W * 0)
    same_at_thresholds(Y, S, spread, sample_weight=W[:3])
    same_at_thresholds(Y[:3], S, spread)
    same_at_thresholds(Y, np.where(Y == 1, np.nan, S), spread)
    same_at_thresholds(Y, np.stack([S, S], axis=1), spread)
    same_at_thresholds(np.where(Y == 1, np.nan, S), S, spread)
    same_at_thresholds("ab", S, spread)
    passed = {"normalize": False}
    trueval.metric_at_thresholds(Y, S, trueval.accuracy_score, sample_weight=W, metric_params=passed)
    assert passed == {"normalize": False}
    with pytest.raises(ValueError, match="0 sample"):
        trueval.metric_at_thresholds([], [], spread)
    with pytest.raises(TypeError, match="y_score must hold numbers"):
        trueval.metric_at_thresholds(Y, WORDS, spread)


# Labels of samples ----------------------------------------------------------------------------------------------------

LABEL_RANKINGS = ("coverage_error", "label_ranking_average_precision_score", "label_ranking_loss")
MARKS = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]])
RANKS = np.array([[0.3, 0.3, 0.1, 0.9], [4, 3, 2, 1], [1, 2, 3, 4], [1, 1, 1, 1], [-0.0, 0.0, 0.0, -1.0]])
V = np.array([1.0, 0.5, 2.0, 0.0, 1.0])
MATRICES: dict[str, tuple[Any, Any, Any]] = {
    "plain": (MARKS, RANKS, None),
    "weights": (MARKS, RANKS, V),
    "weights as a list": (MARKS, RANKS, V.tolist()),
    "integer weights": (MARKS, RANKS, np.arange(5)),
    "weights of both signs": (MARKS, RANKS, V - 0.4),
    "NaN weight": (MARKS, RANKS, np.where(V == 0, np.nan, V)),
    "a weight short": (MARKS, RANKS, V[:-1]),
    "lists": (MARKS.tolist(), RANKS.tolist(), None),
    "booleans": (MARKS == 1, RANKS, None),
    "floats": (MARKS * 1.0, RANKS.astype(np.float32), None),
    "fortran": (np.asfortranarray(MARKS), np.asfortranarray(RANKS), None),
    "integer scores": (MARKS, (RANKS * 10).astype(np.int8), None),
    "minus one": (2 * MARKS - 1, RANKS, None),
    "other marks": (MARKS + 1, RANKS, None),
    "three marks": (MARKS + np.eye(5, 4, dtype=int), RANKS, None),
    "fractions": (MARKS / 2, RANKS, None),
    "one label": (MARKS[:, :1], RANKS[:, :1], None),
    "one dimension": (MARKS[:, 0], RANKS[:, 0], None),
    "one dimension of scores": (MARKS, RANKS[:, 0], None),
    "three dimensions": (MARKS[np.newaxis], RANKS[np.newaxis], None),
    "one sample": (MARKS[:1], RANKS[:1], None),
    "no sample": (MARKS[:0], RANKS[:0], None),
    "no label": (MARKS[:, :0], RANKS[:, :0], None),
    "a row short": (MARKS[:-1], RANKS, None),
    "a column short": (MARKS[:, :-1], RANKS, None),
    "NaN": (MARKS, np.where(MARKS == 1, np.nan, RANKS), None),
    "infinity": (MARKS, np.where(MARKS == 1, np.inf, RANKS), None),
    "NaN mark": (np.where(MARKS == 1, np.nan, 0), RANKS, None),
    "words": (MARKS.astype(str), RANKS, None),
    "no array": ("ab", RANKS, None),
    "no scores": (MARKS, None, None),
    "sparse scores": (MARKS, sparse.csr_matrix(RANKS), None),
    "csr": (sparse.csr_matrix(MARKS), RANKS, V),
    "csc": (sparse.csc_array(MARKS), RANKS, None),
    "coo": (sparse.coo_array(MARKS), RANKS, None),
    "sparse floats": (sparse.csr_array(MARKS * 1.0), RANKS, None),
    "sparse of three marks": (sparse.csr_array(MARKS + np.eye(5, 4, dtype=int)), RANKS, None),
    "sparse column": (sparse.csr_array(MARKS[:, :1]), RANKS[:, :1], None),
    "sparse of no rows": (sparse.csr_array(MARKS[:0]), RANKS[:0], None),
    "sparse NaN": (sparse.csr_array(np.where(MARKS == 1, np.nan, 0)), RANKS, None),
    "weights that are no array": (MARKS, RANKS, 3),
}


@pytest.mark.parametrize("name", LABEL_RANKINGS)
@pytest.mark.parametrize("case", MATRICES)
def test_label_rankings(name: str, case: str) -> None:
    marks, scores, weight = MATRICES[case]
    check(name, marks, scores, sample_weight=weight)


@pytest.mark.parametrize("name", LABEL_RANKINGS)
def test_label_rankings_without_weight(name: str) -> None:
    check(name, MARKS, RANKS, sample_weight=V * 0)
    check(name, MARKS, RANKS, sample_weight=[1, -1, 0, 0, 0])


@pytest.mark.parametrize("name", LABEL_RANKINGS[1:])
def test_a_stored_zero_is_a_zero(name: str) -> None:
    """In a sparse matrix, to scikit-learn it is a relevant label that is not counted."""
    stored = sparse.csr_array(np.ones((5, 4), int))
    stored.data[:] = MARKS.reshape(-1)
    assert getattr(trueval, name)(stored, RANKS) == getattr(trueval, name)(MARKS, RANKS)


@pytest.mark.parametrize("name", LABEL_RANKINGS)
def test_scores_keep_their_order(name: str) -> None:
    """scikit-learn negates scores in their own dtype, where -1 wraps around, or ranks them rounded."""
    scores = np.array([[2**64 - 1, 2**64 - 2, 0, 1]] * 5, np.uint64)
    ranks = np.array([[3.0, 2.0, 0.0, 1.0]] * 5)
    assert getattr(trueval, name)(MARKS, scores) == getattr(trueval, name)(MARKS, ranks)
    assert getattr(trueval, name)(MARKS, MARKS == 0) == getattr(trueval, name)(MARKS, 1 - MARKS)


# average='samples' ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["roc_auc_score", "average_precision_score"])
@pytest.mark.parametrize("average", ["samples", "weighted"])
@pytest.mark.parametrize("case", MATRICES)
def test_areas_of_samples(name: str, average: str, case: str) -> None:
    if case == "no label":
        pytest.skip("scikit-learn fails inside NumPy")
    marks, scores, weight = MATRICES[case]
    if average == "weighted" and case in ("a column short", "NaN weight", "weights of both signs"):
        pytest.skip("scikit-learn fails inside NumPy, or takes a weight of a class that is near zero for zero")
    check(name, marks, scores, average=average, sample_weight=weight)


@pytest.mark.parametrize("max_fpr", [0.1, 0.3, 0.5, 2 / 3, 0.999, 1, 1.0])
def test_partial_areas_of_samples(max_fpr: float) -> None:
    check("roc_auc_score", MARKS, RANKS, average="samples", max_fpr=max_fpr, sample_weight=V)
    marks = RNG.integers(0, 2, (200, 6))
    scores = RNG.integers(0, 5, (200, 6))
    check("roc_auc_score", marks, scores, average="samples", max_fpr=max_fpr)


def test_areas_of_samples_without_weight() -> None:
    for name in ("roc_auc_score", "average_precision_score"):
        check(name, MARKS, RANKS, average="samples", sample_weight=V * 0)
        check(name, MARKS[2:4], RANKS[2:4], average="samples")
        check(name, MARKS[2:4] + 1, RANKS[2:4], average="samples")
        check(name, Y, S, average="samples")
        check(name, [0, 1, 2], np.eye(3), average="samples")
    check("average_precision_score", [0, 1, 2, 2], RNG.random((4, 3)), average="samples", sample_weight=[1, 2, 3, 0])
    check("roc_auc_score", [0, 1, 2], np.eye(3), average="samples", multi_class="ovr")
    check("average_precision_score", MARKS, RANKS, average="samples", pos_label=0)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("name", ["roc_auc_score", "average_precision_score"])
def test_weights_all_zero_of_labels(name: str, average: str | None) -> None:
    """They are refused by the first label that can be scored, not before."""
    marks = np.array([[0, 1], [0, 0], [0, 1]])
    for true in (marks, marks[:, ::-1], marks * 0, marks * 0 + 1):
        check(name, true, RNG.random((3, 2)), average=average, sample_weight=np.zeros(3))
    keywords = {"multi_class": "ovr"} if name == "roc_auc_score" else {}
    check(name, [0, 1, 2], np.eye(3), average=average, sample_weight=np.zeros(3), **keywords)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_one_versus_one(average: str) -> None:
    true = RNG.integers(0, 4, 50)
    proba = RNG.dirichlet(np.ones(4), 50)
    ours = check("roc_auc_score", true, proba, multi_class="ovo", average=average)
    expected = oracles.roc_auc_score(true, proba, multi_class="ovo", average=average)
    assert ours.value == pytest.approx(expected, rel=1e-12)


# Classes --------------------------------------------------------------------------------------------------------------

K = np.array([0, 1, 2, 2, 1, 0])
P = np.array([[5, 2, 2], [3, 4, 2], [2, 4, 3], [7, 2, 1], [1, 1, 1], [0, 1, 1]]) / 10
B = np.array([0, 1, 1, 0])
TOP: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "plain": (K, P, {}),
    "lists": (K.tolist(), P.tolist(), {}),
    "column": (K[:, np.newaxis], P, {}),
    "count": (K, P, {"normalize": False}),
    "weights": (K, P, {"sample_weight": [1, 2, 0, 0.5, 1, 1]}),
    "weight": (K, P, {"sample_weight": [1, 2, 0, 0.5, 1, 1], "normalize": False}),
    "zero weights": (K, P, {"sample_weight": np.zeros(6)}),
    "a weight short": (K, P, {"sample_weight": [1, 2]}),
    "labels": (K, P, {"labels": [0, 1, 2]}),
    "words": (np.array(["a", "b", "c"])[K], P, {}),
    "word objects": (np.array(["a", "b", "c"])[K].astype(object), P, {"labels": ["a", "b", "c"]}),
    "a word that is not there": (np.array(["a", "c"])[K % 2], P, {"labels": ["a", "b", "c"]}),
    "a class that is not there": (K % 2 * 2, P, {"labels": [0, 1, 2]}),
    "two classes, two columns": (K % 2, P[:, :2], {}),
    "two classes, three columns": (K % 2, P, {}),
    "two classes, two labels": (K % 2, P[:, :2], {"labels": [0, 1]}),
    "other labels": (K, P, {"labels": [0, 1, 3]}),
    "words for numbers": (K, P, {"labels": ["a", "b", "c"]}),
    "twice a label": (K, P, {"labels": [0, 1, 1]}),
    "labels in disorder": (K, P, {"labels": [0, 2, 1]}),
    "too many labels": (K, P, {"labels": [0, 1, 2, 3]}),
    "one dimension": (K, P[:, 0], {}),
    "binary": (B, [0.1, 0.9, 0.5, 0.6], {}),
    "binary decisions": (B, [-1, 2, 0, 0.5], {}),
    "binary column": (B, [[0.1], [0.9], [0.5], [0.6]], {}),
    "binary integers": (B, np.array([0, 1, 1, 1], np.uint8), {}),
    "binary words": (np.array(["no", "yes"])[B], [0.1, 0.9, 0.5, 0.6], {}),
    "binary of one class": ([1, 1], [0.2, 0.8], {}),
    "binary of one class, labels": ([1, 1], [0.2, 0.8], {"labels": [0, 1]}),
    "binary weights": (B, [0.1, 0.9, 0.5, 0.6], {"sample_weight": [1, 2, 3, 4], "normalize": False}),
    "booleans": (B == 1, [0.1, 0.9, 0.5, 0.6], {}),
    "fractions": (K / 2, P, {}),
    "multilabel": (P > 0.3, P, {}),
    "NaN": (K, np.where(P > 0.4, np.nan, P), {}),
    "no sample": ([], np.zeros((0, 3)), {}),
    "a row short": (K[:-1], P, {}),
    "float32": (K * 1.0, P.astype(np.float32), {}),
    "labels that are no array": (K, P, {"labels": 3}),
    "normalize that is no flag": (K, P, {"normalize": 2}),
}


@pytest.mark.parametrize("case", TOP)
def test_top_k(case: str) -> None:
    y_true, y_score, keywords = TOP[case]
    for k in (1, 2, 3):
        check("top_k_accuracy_score", y_true, y_score, k=k, **keywords)


@pytest.mark.parametrize("k", [4, True, 0, -1, 1.5, None, "2"])
def test_k(k: Any) -> None:
    check("top_k_accuracy_score", K, P, k=k)
    check("top_k_accuracy_score", B, [0.1, 0.9, 0.5, 0.6], k=k)


def test_words_among_objects_are_a_wrong_value() -> None:
    for name in LABEL_RANKINGS:
        with pytest.raises(ValueError, match="y_true"):
            getattr(trueval, name)(obj("a", "b"), [1, 2])
