"""The metrics of classification against scikit-learn, case by case: every parameter, valid and invalid, and edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import trueval
from parity import Returned, check, obj
from test_parity_python_layer import LABELS, SCALARS, SETS, WEIGHTS

sp = pytest.importorskip("scipy.sparse")

NAN, INF = float("nan"), float("inf")
OF_MATRIX = ("balanced_accuracy_score", "cohen_kappa_score")
OF_LABELS = (
    *OF_MATRIX,
    "class_likelihood_ratios",
    "classification_report",
    "fbeta_score",
    "hamming_loss",
    "jaccard_score",
    "matthews_corrcoef",
    "multilabel_confusion_matrix",
    "zero_one_loss",
)
REQUIRED = {"fbeta_score": {"beta": 0.5}}


def call(name: str, *args: Any, **kwargs: Any) -> Returned:
    return check(name, *args, **REQUIRED.get(name, {}), **kwargs)


@pytest.mark.parametrize("case", LABELS)
@pytest.mark.parametrize("name", OF_LABELS)
def test_targets(name: str, case: str) -> None:
    if name in OF_MATRIX and case in SCALARS:
        pytest.skip("scikit-learn fails by accident")
    if name == "classification_report" and case in ("minus zero", "multilabel other marks"):
        pytest.skip("scikit-learn calls the label -0.0, or refuses the matrix that it made itself")
    call(name, *LABELS[case])


@pytest.mark.parametrize("case", LABELS)
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
def test_targets_averaged(average: str | None, case: str) -> None:
    check("jaccard_score", *LABELS[case], average=average)


@pytest.mark.parametrize("case", WEIGHTS)
@pytest.mark.parametrize("name", OF_LABELS)
def test_weights(name: str, case: str) -> None:
    if name in OF_MATRIX and case in ("empty", "scalar array"):
        pytest.skip("scikit-learn fails in SciPy, or in Python")
    if name in ("cohen_kappa_score", "matthews_corrcoef") and case in ("tiny", "huge"):
        pytest.skip("scikit-learn underflows or overflows, see test_no_overflow")
    call(name, *SETS["binary"], sample_weight=WEIGHTS[case])


@pytest.mark.parametrize(
    "labels", [[0, 1], [1, 0], [4, 5], [2, 2], [0, 1, 2, 3, 4], [], [1], ["a", "c"], [1.0, 2.0]], ids=repr
)
@pytest.mark.parametrize("case", ["binary", "multiclass", "strings", "one label, 2"])
def test_labels(case: str, labels: Any) -> None:
    for weights in (None, "linear", "quadratic"):
        check("cohen_kappa_score", *SETS[case], labels=labels, weights=weights)
    for name in ("class_likelihood_ratios", "multilabel_confusion_matrix", "classification_report"):
        check(name, *SETS[case], labels=labels)
    for average in (None, "micro", "macro", "weighted", "binary"):
        check("jaccard_score", *SETS[case], labels=labels, average=average)
        check("fbeta_score", *SETS[case], labels=labels, average=average, beta=2)


@pytest.mark.parametrize("labels", [None, [0, 1], [2, 0], [1], [0, 1, 2], [3], [-1], [-1, 3], (0, 2), []])
@pytest.mark.parametrize("weight", [None, [1, 0, 2], [1.0, 0.0, 2.5], np.array([True, False, True])], ids=repr)
def test_multilabel(labels: Any, weight: Any) -> None:
    for y_true, y_pred in (SETS["multilabel"], tuple(map(sp.csr_array, SETS["multilabel"]))):
        keywords = {"labels": labels, "sample_weight": weight}
        if labels != [] or weight is None:  # whose weighted sum is the integer 0 in SciPy
            check("multilabel_confusion_matrix", y_true, y_pred, **keywords)
        if not isinstance(weight, np.ndarray):  # scikit-learn makes int32 of booleans
            check("multilabel_confusion_matrix", y_true, y_pred, samplewise=True, **keywords)
        for average in (None, "micro", "macro", "weighted", "samples"):
            check("jaccard_score", y_true, y_pred, average=average, **keywords)
        check("classification_report", y_true, y_pred, **keywords)
        check("classification_report", y_true, y_pred, output_dict=True, **keywords)
        check("hamming_loss", y_true, y_pred, sample_weight=weight)
        check("zero_one_loss", y_true, y_pred, sample_weight=weight)


def test_a_single_label_without_weight() -> None:
    """Its mean has no sign, where the score itself is -0.0."""
    keywords = {"labels": [2], "sample_weight": [-1], "zero_division": 1}
    check("classification_report", [0], [2], **keywords)
    ours = check("precision_recall_fscore_support", [0], [2], average="weighted", **keywords)
    assert not np.signbit(ours.value[0])


def test_no_loss_of_the_constant_forecast() -> None:
    """Weights of both signs leave nothing of it, or what rounding left: the share saved is infinite, or vast."""
    weight = np.array([-0.8125, 2.5625, 1.0, -2.0, 0.25])
    assert trueval.d2_log_loss_score([1, 1, 0, 1, 1], np.ones((5, 1)), sample_weight=weight) < -1e15


def test_sparse_in_every_form() -> None:
    dense = np.random.default_rng(0).integers(0, 2, (2, 60, 7))
    weight = np.arange(60) / 4
    loose = sp.csr_array(dense[1])
    loose.indices[: loose.indptr[1]] = loose.indices[: loose.indptr[1]][::-1].copy()
    loose.has_sorted_indices = False
    before = loose.indices.copy()
    zeros = sp.csr_array((np.array([1, 0]), np.array([2, 3]), np.array([0, 2, *[2] * 59])), shape=(60, 7))
    forms = (sp.csr_array(dense[1]), sp.csc_matrix(dense[1]), sp.coo_array(dense[1]), sp.csr_array(3 * dense[1]), loose)
    for pred in forms:
        for average in (None, "micro", "samples"):
            for keywords in ({}, {"labels": [5, 2]}, {"sample_weight": weight}):
                check("f1_score", sp.csr_array(dense[0]), pred, average=average, **keywords)
        check("accuracy_score", sp.csr_array(dense[0]), pred)
        check("hamming_loss", sp.csr_array(dense[0]), pred, sample_weight=weight)
        check("multilabel_confusion_matrix", sp.csr_array(dense[0]), pred, labels=[6, 0], samplewise=True)
    np.testing.assert_array_equal(loose.indices, before)
    # scikit-learn counts a zero that is stored as a mark.
    for other in (zeros.toarray(), zeros.copy()):
        score = trueval.jaccard_score(zeros, other, average=None, zero_division=0)
        assert score.tolist() == [0, 0, 1, 0, 0, 0, 0]


def test_sparse_without_a_dense_matrix() -> None:
    n, width = 100_000, 100_000  # 10 GB in bytes
    rng = np.random.default_rng(0)
    matrices = [
        sp.csr_array((np.ones(2 * n), rng.integers(0, width, 2 * n), np.arange(0, 2 * n + 1, 2)), shape=(n, width))
        for _ in range(2)
    ]
    for matrix in matrices:
        matrix.sum_duplicates()
        matrix.data[:] = 1
    true, pred = matrices[0], sp.csr_array(matrices[0].maximum(matrices[1]))
    assert trueval.recall_score(true, pred, average="micro") == 1.0
    check("precision_score", true, pred, average="micro")
    check("jaccard_score", true, pred, average="samples")
    check("hamming_loss", true, pred)


def test_samplewise_of_one_label_each() -> None:
    check("multilabel_confusion_matrix", *SETS["multiclass"], samplewise=True)


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "samples", "binary"])
@pytest.mark.parametrize("case", SETS)
def test_undefined_sets(case: str, average: str | None) -> None:
    for zero_division in ("warn", 0, 1.0, NAN):
        check("jaccard_score", *SETS[case], average=average, zero_division=zero_division)
        check("fbeta_score", *SETS[case], average=average, zero_division=zero_division, beta=0.5)
    for pos_label in (0, 2, "yes", None):
        if not (pos_label is None and average == "binary"):
            check("jaccard_score", *SETS[case], average=average, pos_label=pos_label)


@pytest.mark.parametrize("beta", [0, 0.5, 2.0, INF, -1, "a", None, NAN])
def test_beta(beta: Any) -> None:
    check("fbeta_score", *SETS["binary"], beta=beta)


def test_beta_is_required() -> None:
    check("fbeta_score", *SETS["binary"])


# the report -----------------------------------------------------------------------------------------------------------

REPORTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no digits": {"digits": 0},
    "many digits": {"digits": 15},
    "wide digits": {"digits": np.int64(20)},
    "names": {"target_names": ["ant", "a rather long name", "c", "d"]},
    "name array": {"target_names": np.array(["w", "x", "y", "z"])},
    "names and labels": {"labels": [1, 0], "target_names": ["one", "none"]},
    "too few names": {"target_names": ["a"]},
    "too few names, labels": {"labels": [1, 0], "target_names": ["a"]},
    "too many names, labels": {"labels": [1, 0], "target_names": ["a", "b", "c"]},
    "unnamed names": {"target_names": [1, 2, 3, 4]},
    "the same name twice": {"target_names": ["a", "a", "b", "b"]},
    "accuracy for a name": {"target_names": ["accuracy", "b", "c", "d"]},
    "all labels": {"labels": [3, 2, 1, 0]},
    "more than all labels": {"labels": [3, 2, 1, 0, 9]},
    "other labels": {"labels": [8, 9]},
    "no labels": {"labels": []},
    "scalar labels": {"labels": np.array(1)},
    "zero": {"zero_division": 0},
    "one": {"zero_division": 1.0},
    "NaN": {"zero_division": NAN},
    "weights": {"sample_weight": [1, 2, 0.5, 1, 0.25, 1, 4]},
    "whole weights": {"sample_weight": [1, 2, 3, 1, 1, 1, 4]},
    "no such digits": {"digits": -1},
    "no such form": {"output_dict": "yes"},
}


@pytest.mark.parametrize("case", REPORTS)
@pytest.mark.parametrize("output_dict", [False, True])
def test_report(output_dict: bool, case: str) -> None:
    for sets in ("multiclass", "binary", "multilabel", "strings"):
        keywords = {"output_dict": output_dict, **REPORTS[case]}
        if "sample_weight" in keywords:
            keywords["sample_weight"] = keywords["sample_weight"][: len(SETS[sets][0])]
        if case == "scalar labels" and sets == "multilabel":
            continue  # scikit-learn fails in NumPy
        check("classification_report", *SETS[sets], **keywords)


def test_report_of_strings_of_many_widths() -> None:
    check("classification_report", ["a", "a very long label indeed", "b"], ["a", "b", "b"])


# agreement ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [NAN, np.nan, 0, -1, 1.0, 0.5, 2, "nan", None, True])
def test_replaced_kappa(value: Any) -> None:
    for y1, y2, labels in (([0, 0], [0, 0], None), ([0, 1], [1, 0], [0, 9]), ([0, 1], [1, 1], [0, 1])):
        theirs = check_error_or_number("cohen_kappa_score", y1, y2, labels=labels, replace_undefined_by=value)
        assert theirs


def check_error_or_number(name: str, *args: Any, **kwargs: Any) -> bool:
    """Compare as `check` does; what replaces an undefined value is returned as it is, whatever its type."""
    import sklearn.metrics

    theirs = Returned(getattr(sklearn.metrics, name), args, kwargs)
    ours = Returned(getattr(trueval, name), args, kwargs)
    assert (ours.error, ours.warnings, type(ours.value)) == (theirs.error, theirs.warnings, type(theirs.value))
    if theirs.error is None:
        np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-12, atol=1e-14)
    return True


RATIOS: dict[str, Any] = {
    "numpy.nan": np.nan,
    "another NaN": float("nan"),
    "one": 1.0,
    "whole one": 1,
    "zero": 0.0,
    "both": {"LR+": 3.0, "LR-": 0.25},
    "infinite": {"LR+": INF, "LR-": 1},
    "NaN in both": {"LR+": NAN, "LR-": NAN},
    "LR+ too small": {"LR+": 0.5, "LR-": 0.25},
    "LR- too large": {"LR+": 3.0, "LR-": 1.5},
    "LR- negative": {"LR+": 3.0, "LR-": -0.5},
    "words": {"LR+": "a", "LR-": 0.5},
    "LR+ alone": {"LR+": 3.0},
    "empty": {},
    "string": "nan",
}


@pytest.mark.parametrize("case", RATIOS)
def test_likelihood_ratios(case: str) -> None:
    for y_true, y_pred in (
        ([0, 1, 0, 1, 0], [1, 1, 0, 0, 0]),
        ([0, 0, 1, 1], [0, 0, 0, 0]),
        ([0, 0, 1, 1], [0, 0, 1, 1]),
        ([0, 0, 1, 1], [1, 1, 1, 0]),
        ([0, 0, 0, 0], [1, 1, 0, 0]),
        ([1, 1, 1, 1], [1, 1, 0, 0]),
        ([1, 1], [1, 1]),
    ):
        check("class_likelihood_ratios", y_true, y_pred, replace_undefined_by=RATIOS[case])
        weight = np.arange(len(y_true)) / 2
        check("class_likelihood_ratios", y_true, y_pred, replace_undefined_by=RATIOS[case], sample_weight=weight)


def test_no_overflow() -> None:
    # Weights stand for 4e12 samples a cell, the squares of whose products no integer of 64 bits and no float64 holds.
    y_true, y_pred, n = [0, 0, 1, 1], [0, 1, 0, 1], 4 * 10**12
    weight = np.array([3 * n, n, n, 3 * n])
    assert trueval.matthews_corrcoef(y_true, y_pred, sample_weight=weight) == 0.5
    assert trueval.cohen_kappa_score(y_true, y_pred, sample_weight=weight, weights="quadratic") == 0.5
    for scale in (1e200, 1e-200):
        weight = np.array([3.0, 1.0, 1.0, 3.0]) * scale
        assert trueval.matthews_corrcoef(y_true, y_pred, sample_weight=weight) == pytest.approx(0.5, rel=1e-15)
        assert trueval.cohen_kappa_score(y_true, y_pred, sample_weight=weight) == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize("weighted", [False, True])
def test_more_labels_than_a_matrix_could_hold(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 100_000, 200_000)
    y_pred = np.where(rng.random(200_000) < 0.5, y_true, rng.integers(0, 100_000, 200_000))
    weight = rng.random(200_000) if weighted else None
    assert trueval.matthews_corrcoef(y_true, y_pred, sample_weight=weight) == pytest.approx(0.5, abs=0.01)
    assert trueval.balanced_accuracy_score(y_true, y_pred, sample_weight=weight) > 0.4
    for weights in (None, "linear", "quadratic"):
        kappa = trueval.cohen_kappa_score(y_true, y_pred, weights=weights, sample_weight=weight)
        assert kappa == pytest.approx(0.5, abs=0.02)


# probabilities and decision values ------------------------------------------------------------------------------------

FORECASTS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "one column": ([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3], {}),
    "a column": ([0, 1, 1, 0], [[0.1], [0.9], [0.8], [0.3]], {}),
    "two columns": ([0, 1, 1, 0], [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.7, 0.3]], {}),
    "three columns": ([0, 2, 1], [[0.7, 0.1, 0.2], [0, 0.25, 0.75], [0.5, 0.25, 0.25]], {}),
    "words": (["a", "c", "b"], [[0.7, 0.1, 0.2], [0, 0.25, 0.75], [0.5, 0.25, 0.25]], {}),
    "labels": ([0, 2, 2], [[0.7, 0.1, 0.2], [0, 0.25, 0.75], [0.5, 0.25, 0.25]], {"labels": [0, 1, 2]}),
    "unordered labels": ([0, 2, 2], [[0.7, 0.1, 0.2], [0, 0.25, 0.75], [0.5, 0.25, 0.25]], {"labels": [2, 1, 0]}),
    "undeclared": ([0, 2, 3], [[0.7, 0.1, 0.2], [0, 0.25, 0.75], [0.5, 0.25, 0.25]], {"labels": [0, 1, 2]}),
    "too many columns": ([0, 1, 0], [[0.7, 0.1, 0.2], [0, 0.25, 0.75], [0.5, 0.25, 0.25]], {}),
    "too many labels": ([0, 1, 0], [[0.7, 0.3], [0, 1], [0.5, 0.5]], {"labels": [0, 1, 2]}),
    "one label": ([1, 1], [[0.7, 0.3], [0, 1]], {}),
    "one label of two": ([1, 1], [[0.7, 0.3], [0, 1]], {"labels": [0, 1]}),
    "one label declared": ([1, 1], [[0.7, 0.3], [0, 1]], {"labels": [1]}),
    "one label in one column": ([1, 1], [0.3, 1], {}),
    "zeros in one column": ([0, 0], [0.3, 1], {}),
    "a perfect constant": ([1, 1], [[0, 1], [0, 1]], {"labels": [0, 1]}),
    "off one": ([0, 1], [[0.5, 0.4], [0.2, 0.9]], {}),
    "above one": ([0, 1], [0.5, 1.5], {}),
    "above one, columns": ([0, 1], [[0.5, 0.5], [-0.5, 1.5]], {}),
    "below zero": ([0, 1], [0.5, -0.25], {}),
    "below zero, columns": ([0, 1], [[0.5, 0.5], [-0.5, 0.5]], {}),
    "NaN": ([0, 1], [0.5, NAN], {}),
    "infinity": ([0, 1], [[0.5, 0.5], [INF, 0]], {}),
    "NaN label": ([0, NAN], [0.5, 0.5], {}),
    "one sample": ([1], [0.5], {}),
    "no sample": ([], [], {}),
    "unlike length": ([0, 1, 1], [0.5, 0.5], {}),
    "three labels, one column": ([0, 1, 2], [0.1, 0.2, 0.3], {}),
    "fractions": ([0.5, 1.5], [0.1, 0.2], {}),
    "bool": (np.array([True, False, True]), [0.9, 0.2, 0.4], {}),
    "minus one": ([-1, 1, 1], [0.1, 0.7, 0.9], {}),
    "other numbers": ([3, 7, 7], [0.1, 0.7, 0.9], {}),
    "two words": (["no", "yes", "yes"], [0.1, 0.7, 0.9], {}),
    "integers": ([0, 1, 1], [0, 1, 0], {}),
    "bool forecast": ([0, 1, 1], np.array([False, True, False]), {}),
    "multilabel": ([[1, 0, 1], [0, 1, 0]], [[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]], {}),
    "multilabel of two": ([[1, 0], [1, 1]], [[0.5, 0.5], [0.1, 0.8]], {}),
    "multilabel, one column": ([[1, 0], [1, 1]], [0.5, 0.1], {}),
    "three dimensions": ([0, 1], np.zeros((2, 1, 1)), {}),
    "complex": ([0, 1], [1j, 0], {}),
    "a string": ("ab", [0.5, 0.5], {}),
    "None": ([0, 1], None, {}),
    "sparse": (sp.csr_array([[1, 0], [0, 1]]), [[0.5, 0.5], [0.1, 0.9]], {}),
}


@pytest.mark.parametrize("case", FORECASTS)
@pytest.mark.parametrize("name", ["brier_score_loss", "d2_brier_score", "d2_log_loss_score"])
def test_forecasts(name: str, case: str) -> None:
    y_true, y_proba, keywords = FORECASTS[case]
    check(name, y_true, y_proba, **keywords)
    if hasattr(y_proba, "__len__"):
        for weight in (np.arange(1.0, 1 + len(y_proba)), [0] * len(y_proba), np.ones(len(y_proba) + 1)):
            check(name, y_true, y_proba, **keywords, sample_weight=weight)
    if name != "d2_log_loss_score":
        for pos_label in (0, 1, 7, "yes", "maybe", True, 0.5, np.int64(1)):
            check(name, y_true, y_proba, **keywords, pos_label=pos_label)
    if name == "brier_score_loss":
        for scale in (True, False, np.True_, "auto", "half", None):
            check(name, y_true, y_proba, **keywords, scale_by_half=scale)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("name", ["brier_score_loss", "d2_brier_score", "d2_log_loss_score"])
def test_narrow_forecasts(name: str, dtype: Any) -> None:
    for case in ("one column", "three columns"):
        y_true, y_proba, _ = FORECASTS[case]
        check(name, y_true, np.array(y_proba, dtype), rtol=1e-6 if dtype is np.float32 else 5e-3)


def test_former_name() -> None:
    check("d2_log_loss_score", [0, 1], y_pred=[0.1, 0.9])
    check("d2_log_loss_score", [0, 1], [0.1, 0.9], y_pred=[0.1, 0.9])
    check("d2_log_loss_score", [0, 1], y_pred="other")
    check("d2_log_loss_score", [0, 1])


def test_the_frequencies_explain_nothing() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 10_000)
    for weight in (None, rng.random(10_000)):
        share = np.bincount(y, weights=weight) / (10_000 if weight is None else weight.sum())
        constant = np.tile(share, (10_000, 1))
        for name in ("d2_brier_score", "d2_log_loss_score"):
            assert getattr(trueval, name)(y, constant, sample_weight=weight) == pytest.approx(0, abs=1e-15)


DECISIONS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "two labels": ([-1, 1, 1], [-2.0, 0.5, -0.25], {}),
    "zeros and ones": ([0, 1, 1], [-2.0, 0.5, -0.25], {}),
    "a column": ([0, 1, 1], [[-2.0], [0.5], [-0.25]], {}),
    "labels in a column": ([[0], [1], [1]], [-2.0, 0.5, -0.25], {}),
    "words": (["no", "yes", "yes"], [-2.0, 0.5, -0.25], {}),
    "bool": (np.array([True, False]), [2.0, 0.5], {}),
    "one label": ([1, 1], [2.0, 0.5], {}),
    "one label declared": ([1, 1], [2.0, 0.5], {"labels": [0, 1]}),
    "more labels than declared": ([0, 1, 2], [2.0, 0.5, -0.5], {"labels": [0, 1]}),
    "whole decisions": ([0, 1, 1], [-2, 1, 0], {}),
    "three labels": ([0, 1, 2, 1], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5], [1, 0, 2.5]], {}),
    "three words": (["a", "b", "c"], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {}),
    "whole decisions of three": ([0, 1, 2], [[2, 0, 0], [0, 1, 0], [1, 0, 2]], {}),
    "an absent label": ([0, 2, 2], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {"labels": [0, 1, 2]}),
    "an absent label undeclared": ([0, 2, 2], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {}),
    "unordered labels": ([0, 2, 2], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {"labels": [2, 1, 0]}),
    "repeated labels": ([0, 2, 2], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {"labels": [2, 1, 0, 1]}),
    "an unknown label": ([0, 2, 3], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {"labels": [0, 1, 2]}),
    "an unknown word": (["a", "b", "e"], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {"labels": ["a", "b", "c"]}),
    "fractions": ([0.5, 1.5, 2.5], [[2.0, 0, 0.5], [0, 0.5, 0], [1, 0, 2.5]], {}),
    "two fractions": ([0.5, 1.5], [2.0, 0.5], {}),
    "one dimension for three": ([0, 1, 2], [2.0, 0.5, 1.0], {}),
    "two columns for three": ([0, 1, 2], [[2.0, 0], [0, 0.5], [1, 0]], {}),
    "two columns for three labels": ([0, 1, 1], [[2.0, 0], [0, 0.5], [1, 0]], {"labels": [0, 1, 2]}),
    "two columns for two": ([0, 1, 1], [[2.0, 0], [0, 0.5], [1, 0]], {}),
    "NaN": ([0, 1], [0.5, NAN], {}),
    "infinity": ([0, 1], [0.5, INF], {}),
    "NaN label": ([0, NAN], [0.5, 0.5], {}),
    "no sample": ([], [], {}),
    "unlike length": ([0, 1, 1], [0.5, 0.5], {}),
    "multilabel": ([[1, 0], [0, 1]], [[0.5, 0.5], [0.1, 0.9]], {}),
    "three dimensions": ([0, 1], np.zeros((2, 1, 1)), {}),
    "strings": ([0, 1], ["a", "b"], {}),
    "string objects": (obj("a", "b", "b"), [1.0, 2.0, 0.5], {}),
    "empty labels": ([0, 1], [1.0, 2.0], {"labels": []}),
    "None": ([0, 1], None, {}),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_decisions(case: str) -> None:
    y_true, decision, keywords = DECISIONS[case]
    check("hinge_loss", y_true, decision, **keywords)
    if hasattr(decision, "__len__"):
        n = len(decision)
        weights = [np.arange(1.0, 1 + n), np.arange(n), [0] * n, np.ones(n + 1), np.ones((n, 1)), np.full(n, -1.0)]
        for weight in weights[: 2 if n < 2 else None]:
            check("hinge_loss", y_true, decision, **keywords, sample_weight=weight)


def test_unsigned_decisions() -> None:
    # In scikit-learn 0 - 1 is 255 here.
    assert trueval.hinge_loss([0, 1, 2], np.array([[0, 1, 0], [0, 1, 0], [1, 0, 2]], np.uint8)) == pytest.approx(2 / 3)
