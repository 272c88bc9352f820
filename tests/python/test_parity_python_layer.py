"""The Python layer against scikit-learn: values, types, exceptions and warnings, case by case.

Every case calls both functions with the same arguments and compares what came out: the value, its type and dtype; or
the class and the text of the exception; and the classes and texts of the warnings, apart from NumPy's RuntimeWarnings.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import trueval
from parity import Returned, check, obj

sklearn_metrics = pytest.importorskip("sklearn.metrics")
sp = pytest.importorskip("scipy.sparse")

NAN, INF = float("nan"), float("inf")
FUNCTIONS = [name for name in trueval.__all__ if hasattr(sklearn_metrics, name)]


def test_signatures() -> None:
    assert len(FUNCTIONS) == 52
    for name in FUNCTIONS:
        ours = inspect.signature(getattr(trueval, name))
        theirs = inspect.signature(getattr(sklearn_metrics, name))
        assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
            (p.name, p.kind, p.default) for p in theirs.parameters.values()
        ]


# classification: targets of every sort --------------------------------------------------------------------------------

LABELS: dict[str, tuple[Any, Any]] = {
    "list": ([0, 1, 1, 0, 1], [0, 1, 0, 0, 1]),
    "tuple": ((0, 1, 1, 0), (0, 1, 0, 0)),
    "range": (range(4), [0, 1, 2, 2]),
    "binary int8": (np.array([0, 1, 1], np.int8), np.array([0, 0, 1], np.int8)),
    "uint8 beside int64": (np.array([0, 1, 1], np.uint8), np.array([0, -1, 1])),
    "uint64": (np.array([0, 2**63, 1], np.uint64), np.array([0, 2**63, 2**63], np.uint64)),
    "bool": (np.array([True, False, True]), np.array([True, True, True])),
    "bool beside int": (np.array([True, False, True]), np.array([1, 0, 0])),
    "int beside bool": (np.array([1, 0, 2]), np.array([True, True, False])),
    "float": (np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0])),
    "float32 beside int": (np.array([0.0, 1.0, 2.0], np.float32), np.array([0, 1, 1])),
    "float16": (np.array([0.0, 1.0, 2.0], np.float16), np.array([0, 1, 1], np.float16)),
    "long double": (np.array([0.0, 1.0, 1.0], np.longdouble), np.array([0, 1, 0], np.longdouble)),
    "minus zero": (np.array([-0.0, 1.0, 0.0]), np.array([0.0, 1.0, -0.0])),
    "negative labels": ([-1, 1, 1, -1], [1, 1, -1, -1]),
    "wide gaps": ([-(10**12), 7, 10**15], [7, 7, 10**15]),
    "byte-swapped": (np.array([0, 1, 2], ">i8"), np.array([0, 1, 1], ">i4")),
    "strided": (np.arange(10)[::3] % 3, np.arange(8)[::-2] % 3),
    "column vector": (np.array([[0], [1], [2]]), np.array([0, 1, 1])),
    "column vectors": (np.array([[0], [1], [2]]), [[0], [1], [1]]),
    "multiclass": ([0, 1, 2, 2, 1, 0, 3], [0, 2, 2, 1, 1, 0, 0]),
    "binary beside multiclass": ([0, 1, 1], [0, 1, 2]),
    "two binaries of three labels": ([0, 1, 1], [0, 2, 2]),
    "one label": ([1, 1, 1], [1, 1, 1]),
    "one label, 0": ([0, 0], [0, 0]),
    "one label, 2": ([2, 2], [2, 2]),
    "one sample": ([1], [0]),
    "strings": (["cat", "dog", "dog"], ["cat", "cat", "dog"]),
    "strings of unlike width": (np.array(["a", "bb", "a"]), np.array(["a", "bbbb", "c"])),
    "string objects": (obj("cat", "dog", "eel"), obj("cat", "dog", "dog")),
    "U beside objects": (np.array(["cat", "dog", "dog"]), obj("cat", "bat", "dog")),
    "swapped strings": (np.array(["b", "a"], ">U3"), np.array(["b", "b"])),
    "string columns": (np.array([["b"], ["a"]]), [["b"], ["b"]]),
    "empty strings": (["", "a"], ["", ""]),
    "strings of digits": (["10", "9", "9"], ["10", "10", "9"]),
    "unicode": (["é", "z", "\U0001f600"], ["é", "é", "\U0001f600"]),
    "numbers and strings in a list": ([1, "a"], [1, "b"]),
    "dates": (
        np.array(["2020-01-01", "2021-01-01", "2020-01-01"], "M8[D]"),
        np.array(["2020-01-01", "2020-01-01", "2020-01-01"], "M8[D]"),
    ),
    "multilabel": ([[1, 0, 1], [0, 1, 0], [1, 1, 1]], [[1, 0, 0], [0, 1, 0], [0, 1, 1]]),
    "multilabel bool": (np.array([[True, False], [True, True]]), np.array([[True, False], [True, False]])),
    "multilabel float": (np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[1, 0], [0, 0]])),
    "multilabel Fortran": (np.asfortranarray([[1, 0, 1], [0, 1, 0]]), np.array([[1, 1, 1], [0, 0, 1]])),
    "multilabel other marks": (np.array([[3, 7], [3, 3]]), np.array([[3, 7], [3, 7]])),
    "multilabel large marks": (np.array([[0, 256], [256, 0]]), np.array([[0, 512], [512, 0]])),
    "multilabel all zero": (np.zeros((3, 2), int), np.zeros((3, 2), int)),
    "multilabel zero rows": ([[1, 0], [0, 0]], [[0, 0], [0, 1]]),
    "csr": (sp.csr_matrix([[1, 0, 1], [0, 1, 0]]), sp.csr_matrix([[1, 0, 0], [0, 1, 0]])),
    "csc beside coo": (sp.csc_array([[1, 0, 1], [0, 1, 0]]), sp.coo_array([[1, 0, 0], [0, 1, 0]])),
    "csr beside dense": (sp.csr_array([[1.0, 0, 1], [0, 1, 0]]), [[1, 0, 0], [0, 1, 0]]),
    "lil": (sp.lil_array([[1, 0, 1], [0, 1, 0]]), sp.dok_array([[1, 0, 0], [0, 1, 0]])),
    # refused
    "empty": ([], []),
    "empty arrays": (np.empty(0, np.int32), np.empty(0, np.int32)),
    "empty beside one": ([], [1]),
    "unlike length": ([0, 1, 1], [0, 1]),
    "unlike length, strings": (["a", "b"], ["a"]),
    "scalar arrays": (np.array(1), np.array(1)),
    "three dimensions": (np.zeros((2, 1, 1)), [0, 1]),
    "three dimensions twice": (np.zeros((2, 1, 1)), np.zeros((2, 1, 1))),
    "dict": ({1: 2, 2: 3}, [0, 1]),
    "set": ({1, 2}, [0, 1]),
    "string": ("ab", [0, 1]),
    "None": (None, [0, 1]),
    "number": (3, [0, 1]),
    "complex": ([1j, 2], [0, 1]),
    "complex array": ([0, 1], np.array([1j, 2])),
    "continuous": ([1, 0.2], [0, 1]),
    "continuous pred": ([0, 1], [0.1, 0.9]),
    "continuous twice": ([1, 0.2], [0.4, 1]),
    "beyond int64": ([1, 0], [0, 1e300]),
    "2 ** 63": ([1, 0], [0, 2.0**63]),
    "NaN": ([1, NAN], [0, 1]),
    "NaN pred": ([1, 0], [0, NAN]),
    "NaN in both": ([1, NAN], [0, NAN]),
    "NaN and infinity": ([1, NAN, INF], [0, 1, 1]),
    "infinity": ([1, INF], [0, 1]),
    "infinite float16": ([1, 0], np.array([0, INF], np.float16)),
    "infinite float32": ([1, 0], np.array([0, -INF], np.float32)),
    "NaN and fractions": ([0.5, NAN], [0, 1]),
    "strings beside numbers": (["a", "b"], [0, 1]),
    "numbers beside strings": (np.array([0, 1, 2]), np.array(["a", "b", "a"])),
    "objects beside numbers": (obj("a", "b"), np.array([0.0, 1.0])),
    "integer objects": (obj(0, 1), obj(0, 1)),
    "integer objects beside integers": (obj(0, 1), [0, 1]),
    "mixed objects": (obj("a", 1), obj("a", 1)),
    "mixed objects, number first": (obj(1, "a"), obj(1, "a")),
    "None among strings": (obj("a", None), obj("a", "b")),
    "NaN among strings": (obj("a", NAN), obj("a", "b")),
    "NaN objects": (obj(NAN, 1), [0, 1]),
    "None in a list": ([None, 1], [0, 1]),
    "bytes": ([b"a", b"b"], [b"a", b"b"]),
    "byte objects": (obj(b"a", b"b"), obj(b"a", b"b")),
    "ragged": ([[1, 2], [3]], [0, 1]),
    "ragged tuples": ([(1, 2), (3,)], [(1,), (2,)]),
    "ragged objects": (obj([1, 2], [3]), [0, 1]),
    "multioutput": ([[1, 2], [0, 1]], [[1, 2], [0, 1]]),
    "continuous multioutput": ([[1, 0.2], [0, 1]], [[1, 2], [0, 1]]),
    "string multioutput": ([["a", "b"], ["c", "d"]], [["a", "b"], ["c", "d"]]),
    "multilabel beside multiclass": ([[1, 0], [0, 1]], [0, 1]),
    "multilabel of unlike width": ([[1, 0], [0, 1]], [[1, 0, 1], [0, 1, 1]]),
    "empty multilabel": (np.zeros((0, 2)), np.zeros((0, 2))),
    "no rows": (np.zeros((0, 1)), np.zeros((0, 1))),
    "no columns": (np.zeros((2, 0)), np.zeros((2, 0))),
    "sparse column": (sp.csr_matrix([[1], [0]]), sp.csr_matrix([[1], [0]])),
    "sparse fractions": (sp.csr_matrix([[0.5, 0], [0, 1]]), sp.csr_matrix([[1, 0], [0, 1]])),
    "sparse NaN": (sp.csr_matrix([[NAN, 0], [0, 1]]), sp.csr_matrix([[1, 0], [0, 1]])),
    "sparse multiclass": (sp.csr_matrix([[2, 3], [0, 1]]), sp.csr_matrix([[1, 0], [0, 1]])),
    "sparse beside 1-D": (sp.csr_matrix([[1, 0], [0, 1]]), [0, 1]),
    "matrix": (np.matrix([[1], [0]]), [0, 1]),
    "negative label beside infinity": ([-1, 1], [INF, 0.5]),
}
CLASSIFICATION = [
    "accuracy_score",
    "confusion_matrix",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "f1_score",
]


# The confusion matrix of a scalar is refused in words of NumPy's.
SCALARS = {"scalar arrays", "dict", "set"}


@pytest.mark.parametrize("case", LABELS)
@pytest.mark.parametrize("name", CLASSIFICATION)
def test_targets(name: str, case: str) -> None:
    if name == "confusion_matrix" and case in SCALARS:
        pytest.skip("scikit-learn fails by accident")
    check(name, *LABELS[case])


@pytest.mark.parametrize("case", LABELS)
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "samples"])
def test_targets_averaged(average: str | None, case: str) -> None:
    check("precision_recall_fscore_support", *LABELS[case], average=average)
    check("f1_score", *LABELS[case], average=average, zero_division=1.0)


@pytest.mark.parametrize("case", LABELS)
@pytest.mark.parametrize("normalize", [True, False, np.True_])
def test_accuracy_normalize(normalize: bool, case: str) -> None:
    check("accuracy_score", *LABELS[case], normalize=normalize)


@pytest.mark.parametrize("case", [case for case in LABELS if case not in SCALARS])
@pytest.mark.parametrize("normalize", ["true", "pred", "all"])
def test_confusion_normalize(normalize: str, case: str) -> None:
    check("confusion_matrix", *LABELS[case], normalize=normalize)


# classification: the options ------------------------------------------------------------------------------------------

SETS: dict[str, tuple[Any, Any]] = {
    "binary": ([0, 1, 1, 0, 1, 1], [0, 1, 0, 0, 1, 0]),
    "no positives": ([0, 0, 0], [0, 0, 0]),
    "none predicted": ([0, 1, 1], [0, 0, 0]),
    "none true": ([0, 0, 0], [0, 1, 0]),
    "one label, 2": ([2, 2], [2, 2]),
    "multiclass": ([0, 1, 2, 2, 1, 0, 3], [0, 2, 2, 1, 1, 0, 0]),
    "strings": (["a", "b", "c", "a"], ["a", "c", "c", "b"]),
    "binary strings": (["no", "yes", "yes"], ["no", "no", "yes"]),
    "multilabel": ([[1, 0, 1], [0, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 0], [0, 1, 1]]),
}


@pytest.mark.parametrize("zero_division", ["warn", 0, 1, 0.0, 1.0, NAN, np.float64(1), True, np.float32(1)])
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "samples", "binary"])
@pytest.mark.parametrize("case", SETS)
def test_zero_division(case: str, average: str | None, zero_division: Any) -> None:
    for name in ("precision_recall_fscore_support", "precision_score", "recall_score", "f1_score"):
        check(name, *SETS[case], average=average, zero_division=zero_division)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1],
        [1, 0],
        [1],
        [2],
        [0, 1, 2, 3, 4],
        [4, 5],
        [1, 1],
        [-1, 0],
        [],
        ["a", "c"],
        ["z", "a"],
        ["0", "1"],
        (1, 2),
        np.array([1, 0], np.uint8),
        [1.0, 2.0],
        [True],
        [0.5],
        obj("a", "b"),
        3,
        "abc",
    ],
    ids=repr,
)
@pytest.mark.parametrize("case", ["binary", "one label, 2", "multiclass", "strings"])
def test_labels(case: str, labels: Any) -> None:
    for average in (None, "micro", "macro", "weighted", "binary"):
        check("precision_recall_fscore_support", *SETS[case], labels=labels, average=average)


@pytest.mark.parametrize("labels", [[0, 1], [1, 0], [4, 5], [2, 2], ["a", "c"], ["z", "a"], ["z"], [], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("normalize", [None, "true"])
def test_confusion_labels(labels: Any, normalize: str | None) -> None:
    case = "strings" if labels and isinstance(labels[0], str) else "multiclass"
    check("confusion_matrix", *SETS[case], labels=labels, normalize=normalize)
    check("confusion_matrix", *SETS[case], labels=labels, normalize=normalize, sample_weight=[0.5] * len(SETS[case][0]))


@pytest.mark.parametrize("labels", [[0, 1], [2, 0], [1], [0, 1, 2], [3], [-1], [-1, 3]])
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "samples"])
def test_multilabel_labels(average: str | None, labels: Any) -> None:
    check("precision_recall_fscore_support", *SETS["multilabel"], labels=labels, average=average)
    check("f1_score", *SETS["multilabel"], labels=labels, average=average, sample_weight=[1, 0, 2.5])


@pytest.mark.parametrize(
    "pos_label", [0, 1, 2, 1.0, 0.5, True, False, "yes", "no", "maybe", None, NAN, -1, np.int64(0)]
)
@pytest.mark.parametrize("case", SETS)
@pytest.mark.parametrize("average", ["binary", "macro"])
def test_pos_label(case: str, pos_label: Any, average: str) -> None:
    if pos_label is None and average == "binary" and case in ("no positives", "one label, 2"):
        pytest.skip("scikit-learn fails to sort")
    check("f1_score", *SETS[case], pos_label=pos_label, average=average)
    check("precision_recall_fscore_support", *SETS[case], pos_label=pos_label, average=average)


@pytest.mark.parametrize("beta", [0, 0.5, 1, 2.0, INF, np.float64(3), -1, "a", None, NAN])
@pytest.mark.parametrize("average", [None, "binary", "macro"])
def test_beta(beta: Any, average: str | None) -> None:
    check("precision_recall_fscore_support", *SETS["binary"], beta=beta, average=average)


@pytest.mark.parametrize("warn_for", [(), ["precision"], {"recall"}, ("f-score",), "precision", None])
def test_warn_for(warn_for: Any) -> None:
    check("precision_recall_fscore_support", [0, 0], [1, 1], warn_for=warn_for)


# sample weights -------------------------------------------------------------------------------------------------------

WEIGHTS: dict[str, Any] = {
    "integers": [1, 2, 3, 1, 1, 2],
    "floats": [0.5, 1.5, 2.0, 0.25, 1.0, 3.0],
    "some zero": [0, 1, 0, 2, 1, 1],
    "one class only": [1, 0, 0, 1, 0, 0],
    "bool": np.array([True, False, True, True, True, True]),
    "float32": np.array([1, 2, 3, 1, 1, 2], np.float32),
    "float16": np.array([1, 2, 3, 1, 1, 2], np.float16),
    "tuple": (1, 2, 3, 1, 1, 2),
    "strided": np.arange(1.0, 13.0)[::2],
    "negative": [1, -0.5, 2, 1, 1, 2],
    "sum zero": [1, -1, 1, -1, 1, -1],
    "tiny": [1e-200] * 6,
    "huge": [1e200] * 6,
    "all zero": [0] * 6,
    "all zero floats": np.zeros(6),
    "NaN": [1, 2, NAN, 1, 1, 2],
    "infinity": [1, 2, INF, 1, 1, 2],
    "infinite float32": np.array([1, 2, INF, 1, 1, 2], np.float32),
    "too short": [1, 2],
    "too long": [1] * 7,
    "empty": [],
    "column": [[1], [2], [3], [1], [1], [2]],
    "two columns": [[1, 2]] * 6,
    "three dimensions": np.ones((6, 1, 1)),
    "scalar array": np.array(3.0),
    "number": 2.0,
    "string": "abc",
    "None": None,
}
RANKED = ([0, 1, 1, 0, 1, 0], [0.1, 0.4, 0.35, 0.8, 0.9, 0.35])
CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "accuracy": ("accuracy_score", SETS["binary"], {}),
    "accuracy, sum": ("accuracy_score", SETS["binary"], {"normalize": False}),
    "accuracy, multilabel": ("accuracy_score", (np.eye(6, 2, dtype=int), np.ones((6, 2), int)), {}),
    "confusion": ("confusion_matrix", SETS["binary"], {}),
    "f1": ("f1_score", SETS["binary"], {}),
    "precision, weighted": ("precision_score", SETS["binary"], {"average": "weighted"}),
    "scores": ("precision_recall_fscore_support", SETS["binary"], {}),
    "recall, samples": ("recall_score", (np.eye(6, 2, dtype=int), np.ones((6, 2), int)), {"average": "samples"}),
    "recall, multilabel": ("recall_score", (np.eye(6, 2, dtype=int), np.ones((6, 2), int)), {"average": None}),
    "roc auc": ("roc_auc_score", RANKED, {}),
    "roc auc, partial": ("roc_auc_score", RANKED, {"max_fpr": 0.4}),
    "roc auc, one class": ("roc_auc_score", ([1] * 6, RANKED[1]), {}),
    "roc curve": ("roc_curve", RANKED, {"drop_intermediate": False}),
    "average precision": ("average_precision_score", RANKED, {}),
    "precision-recall curve": ("precision_recall_curve", RANKED, {}),
    "log loss": ("log_loss", RANKED, {}),
    "log loss, sum": ("log_loss", RANKED, {"normalize": False}),
    "mse": ("mean_squared_error", RANKED, {}),
    "mae": ("mean_absolute_error", RANKED, {}),
    "r2": ("r2_score", RANKED, {}),
    "r2, raw": ("r2_score", RANKED, {"multioutput": "raw_values"}),
    "dcg": ("dcg_score", (np.arange(18).reshape(6, 3), np.arange(18).reshape(6, 3) % 5), {}),
    "ndcg": ("ndcg_score", (np.arange(18).reshape(6, 3), np.arange(18).reshape(6, 3) % 5), {}),
}
# scikit-learn fails here by accident, or is inexact where trueval is not
OTHERWISE = {
    ("confusion", "empty"),  # ours: lengths that differ
    ("confusion", "scalar array"),  # ours: a scalar has no length
    ("accuracy, sum", "bool"),  # ours: the number of hits with weight
}


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("call", CALLS)
def test_weights(call: str, weight: str) -> None:
    name, args, kwargs = CALLS[call]
    # scikit-learn computes in float16 and float32 where all its arrays are
    rtol = {"float16": 2e-3, "float32": 1e-6}.get(weight, 1e-12)
    if (call, weight) in OTHERWISE:
        pytest.skip("differs on purpose")
    check(name, *args, sample_weight=WEIGHTS[weight], rtol=rtol, **kwargs)


@pytest.mark.parametrize("dtype", [np.int8, np.uint32, np.int64, np.uint64, bool, np.float32])
def test_confusion_of_large_weights(dtype: Any) -> None:
    y = np.array([0, 1, 1, 2, 0])
    largest = True if dtype is bool else np.finfo(dtype).max / 4 if dtype is np.float32 else np.iinfo(dtype).max
    check("confusion_matrix", y, y, sample_weight=np.full(5, largest, dtype=dtype))
    check("confusion_matrix", y, y, sample_weight=np.full(5, largest, dtype=dtype) // 2)
    if np.dtype(dtype).kind == "i":
        check("confusion_matrix", y, y, sample_weight=np.array([-1, 2, -3, 4, np.iinfo(dtype).min], dtype=dtype))


# curves ---------------------------------------------------------------------------------------------------------------

BINARY: dict[str, tuple[Any, Any]] = {
    "plain": ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
    "ties": ([0, 1, 0, 1, 1, 0], [0.5, 0.5, 0.5, 0.2, 0.8, 0.2]),
    "all tied": ([0, 1, 0, 1], [1.0, 1.0, 1.0, 1.0]),
    "perfect": ([0, 0, 1, 1], [1, 2, 3, 4]),
    "reversed": ([1, 1, 0, 0], [1, 2, 3, 4]),
    "minus zero": ([0, 1, 1], [0.0, -0.0, 0.1]),
    "collinear": ([1, 1, 1, 0, 0, 1, 0], [9, 8, 7, 6, 5, 4, 3]),
    "minus one": ([-1, 1, -1, 1], [0.1, 0.2, 0.3, 0.4]),
    "bool": (np.array([True, False, True]), [0.2, 0.5, 0.7]),
    "float labels": ([0.0, 1.0, 1.0], [0.2, 0.5, 0.7]),
    "uint8 labels": (np.array([0, 1, 1], np.uint8), [0.2, 0.5, 0.7]),
    "column labels": ([[0], [1], [1]], [0.2, 0.5, 0.7]),
    "column scores": ([0, 1, 1], [[0.2], [0.5], [0.7]]),
    "float32 scores": ([0, 1, 1], np.array([0.2, 0.5, 0.7], np.float32)),
    "float16 scores": ([0, 1, 1], np.array([0.2, 0.5, 0.7], np.float16)),
    "int64 scores": ([0, 1, 1, 0], np.array([2**62, 2**62 + 1, -5, 3])),
    "uint64 scores": ([0, 1, 1, 0], np.array([2**63, 2**63 + 1, 5, 3], np.uint64)),
    "int8 scores": ([0, 1, 1, 0], np.array([-4, 5, 6, 7], np.int8)),
    "bool scores": ([0, 1, 1, 0], np.array([True, False, True, True])),
    "strided scores": ([0, 1, 1], np.arange(6.0)[::-2]),
    "swapped scores": ([0, 1, 1], np.array([0.2, 0.5, 0.7], ">f8")),
    "extreme scores": ([0, 1, 1, 0], [5e-324, 1e308, -1e308, 0.0]),
    "one class, 1": ([1, 1, 1], [0.1, 0.2, 0.3]),
    "one class, 0": ([0, 0, 0], [0.1, 0.2, 0.3]),
    "one class, 2": ([2, 2, 2], [0.1, 0.2, 0.3]),
    "one class, -1": ([-1, -1], [0.1, 0.2]),
    "one sample": ([1], [0.5]),
    "strings": (["no", "yes", "yes"], [0.2, 0.1, 0.7]),
    "objects": (obj("no", "yes", "yes"), [0.2, 0.1, 0.7]),
    "labels 1 and 2": ([1, 2, 2, 1], [0.2, 0.1, 0.7, 0.3]),
    "multiclass": ([0, 1, 2, 2], np.array([0.2, 0.1, 0.7, 0.3])),
    "multiclass strings": (["a", "b", "c"], np.array([0.2, 0.1, 0.7])),
    # refused
    "unlike length": ([0, 1, 1], [0.1, 0.2]),
    "NaN score": ([0, 1, 1], [0.1, NAN, 0.3]),
    "infinite score": ([0, 1, 1], [0.1, INF, 0.3]),
    "infinite float32 score": ([0, 1, 1], np.array([0.1, -INF, 0.3], np.float32)),
    "NaN label": ([0, NAN, 1], [0.1, 0.2, 0.3]),
    "infinite label": ([0, INF, 1], [0.1, 0.2, 0.3]),
    "continuous": ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
    "wide scores": ([0, 1, 1], [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
    "three-dimensional scores": ([0, 1], np.zeros((2, 1, 1))),
    "three-dimensional labels": (np.zeros((2, 1, 1)), [0.1, 0.2]),
    "complex scores": ([0, 1], [1j, 2]),
    "bytes": ([b"a", b"b"], [0.1, 0.2]),
    "ragged": ([[1], [1, 2]], [0.1, 0.2]),
    "integer objects": (obj(0, 1), [0.1, 0.2]),
    "mixed objects": (obj("a", 1), [0.1, 0.2]),
    "NaN objects": (obj(NAN, 1), [0.1, 0.2]),
    "number": (3, [0.1]),
    "scalar score": ([0, 1], np.array(0.1)),
    "scalar label": (np.array(0), [0.1]),
    "None scores": ([0, 1], None),
    "sparse": (sp.csr_matrix([[0, 1], [1, 0]]), [[0.1, 0.2], [0.3, 0.4]]),
    "sparse scores": ([0, 1], sp.csr_matrix([[0.1], [0.3]])),
    "matrix": (np.matrix([[0], [1]]), [0.1, 0.2]),
    "dict": ({0: 1, 1: 2}, [0.1, 0.2]),
    "multioutput": ([[1, 2], [0, 1]], [[0.1, 0.2], [0.3, 0.4]]),
}
CURVES = ["roc_auc_score", "roc_curve", "average_precision_score", "precision_recall_curve"]


@pytest.mark.parametrize("case", BINARY)
@pytest.mark.parametrize("name", CURVES)
def test_binary(name: str, case: str) -> None:
    if case == "scalar label" and name == "average_precision_score":
        pytest.skip("scikit-learn answers by accident")
    check(name, *BINARY[case])


@pytest.mark.parametrize("case", BINARY)
@pytest.mark.parametrize("name", ["roc_curve", "precision_recall_curve"])
def test_curve_points(name: str, case: str) -> None:
    for drop in (False, True):
        check(name, *BINARY[case], drop_intermediate=drop)
        if case not in ("scalar label",):
            check(name, *BINARY[case], drop_intermediate=drop, pos_label=1)


@pytest.mark.parametrize(
    "pos_label", [0, 1, 2, -1, 3, 1.0, 0.5, True, False, "yes", "no", "maybe", "1", None, NAN, INF, 10**30, -(10**30)]
)
@pytest.mark.parametrize(
    "case",
    ["plain", "minus one", "bool", "float labels", "uint8 labels", "strings", "objects", "multiclass", "one class, 2"],
)
@pytest.mark.parametrize("name", ["roc_curve", "precision_recall_curve", "average_precision_score"])
def test_curve_pos_label(name: str, case: str, pos_label: Any) -> None:
    if case == "bool" and abs(pos_label or 0 if isinstance(pos_label, int) else 0) > 2**63:
        pytest.skip("scikit-learn overflows")
    check(name, *BINARY[case], pos_label=pos_label)


@pytest.mark.parametrize("max_fpr", [0.0, 1e-9, 0.1, 0.25, 0.5, 0.75, 1, 1.0, np.float64(0.3), 1.1, -0.1, NAN, "a"])
@pytest.mark.parametrize(
    "case", ["plain", "ties", "all tied", "perfect", "reversed", "strings", "one class, 1", "multiclass"]
)
def test_partial_area(case: str, max_fpr: Any) -> None:
    check("roc_auc_score", *BINARY[case], max_fpr=max_fpr)


MULTILABEL_TRUE = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]])
MULTILABEL_SCORE = np.array([[0.9, 0.2, 0.3], [0.4, 0.3, 0.3], [0.8, 0.7, 0.1], [0.2, 0.3, 0.6], [0.1, 0.1, 0.9]])
MULTILABEL: dict[str, tuple[Any, Any]] = {
    "plain": (MULTILABEL_TRUE, MULTILABEL_SCORE),
    "lists": (MULTILABEL_TRUE.tolist(), MULTILABEL_SCORE.tolist()),
    "bool": (MULTILABEL_TRUE.astype(bool), MULTILABEL_SCORE),
    "float32": (MULTILABEL_TRUE.astype(np.float32), MULTILABEL_SCORE.astype(np.float32)),
    "Fortran": (np.asfortranarray(MULTILABEL_TRUE), np.asfortranarray(MULTILABEL_SCORE)),
    "minus one": (MULTILABEL_TRUE * 2 - 1, MULTILABEL_SCORE),
    "marks 0 and 2": (MULTILABEL_TRUE * 2, MULTILABEL_SCORE),
    "empty column": (MULTILABEL_TRUE * [1, 0, 1], MULTILABEL_SCORE),
    "full column": (MULTILABEL_TRUE | [0, 1, 0], MULTILABEL_SCORE),
    "all zero": (MULTILABEL_TRUE * 0, MULTILABEL_SCORE),
    "fewer scores": (MULTILABEL_TRUE, MULTILABEL_SCORE[:, :2]),
    "more scores": (MULTILABEL_TRUE[:, :2], MULTILABEL_SCORE),
    "flat scores": (MULTILABEL_TRUE, MULTILABEL_SCORE[:, 0]),
    "fewer rows": (MULTILABEL_TRUE, MULTILABEL_SCORE[:2]),
    "NaN": (MULTILABEL_TRUE, np.where(MULTILABEL_SCORE > 0.8, NAN, MULTILABEL_SCORE)),
}
EXPECTED_ELSEWHERE = {("more scores", "micro"), ("fewer scores", "micro"), ("fewer scores", "weighted")}


@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.5, 1.0, 3.0], [0, 1, 0, 1, 1], [1, 2]], ids=repr)
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "samples", "binary"])
@pytest.mark.parametrize("case", MULTILABEL)
@pytest.mark.parametrize("name", ["roc_auc_score", "average_precision_score"])
def test_multilabel_ranking(name: str, case: str, average: str | None, weight: Any) -> None:
    if (case, average) in EXPECTED_ELSEWHERE:
        pytest.skip("scikit-learn fails on the shapes in its own way")
    if case == "marks 0 and 2" and average == "weighted":
        pytest.skip("the message shows the labels in the dtype of the weights")
    if weight is not None:
        weight = np.asarray(weight)
    check(name, *MULTILABEL[case], average=average, sample_weight=weight)


def test_multilabel_pos_label() -> None:
    check("average_precision_score", MULTILABEL_TRUE, MULTILABEL_SCORE, pos_label=0)
    check("average_precision_score", [0, 1, 2], np.eye(3), pos_label=0)


CLASSES = np.array([0, 2, 1, 1, 2, 0, 1])
PROBABILITIES = np.array(
    [
        [0.5, 0.3, 0.2],
        [0.2, 0.2, 0.6],
        [0.1, 0.5, 0.4],
        [0.3, 0.3, 0.4],
        [0.25, 0.25, 0.5],
        [0.6, 0.3, 0.1],
        [0.4, 0.4, 0.2],
    ]
)
MULTICLASS: dict[str, tuple[Any, Any]] = {
    "plain": (CLASSES, PROBABILITIES),
    "strings": (np.array(["a", "b", "c"])[CLASSES], PROBABILITIES),
    "objects": (np.array(["a", "b", "c"], object)[CLASSES], PROBABILITIES),
    "floats": (CLASSES.astype(float), PROBABILITIES),
    "gaps": (CLASSES * 5 - 3, PROBABILITIES),
    "column": (CLASSES[:, None], PROBABILITIES),
    "float32": (CLASSES, PROBABILITIES.astype(np.float32)),
    "two of three": (np.minimum(CLASSES, 1), PROBABILITIES),
    "not probabilities": (CLASSES, PROBABILITIES * 2),
    "two columns": (CLASSES, PROBABILITIES[:, :2] / PROBABILITIES[:, :2].sum(1, keepdims=True)),
    "flat": (CLASSES, PROBABILITIES[:, 0]),
    "fewer rows": (CLASSES, PROBABILITIES[:5]),
}


@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted", "samples"])
@pytest.mark.parametrize("multi_class", ["raise", "ovr", "ovo"])
@pytest.mark.parametrize("case", MULTICLASS)
def test_multiclass_area(case: str, multi_class: str, average: str | None) -> None:
    if (case, multi_class) == ("column", "ovo"):
        pytest.skip("scikit-learn fails by accident")
    for weight in (None, np.arange(1.0, 8.0)):
        check("roc_auc_score", *MULTICLASS[case], multi_class=multi_class, average=average, sample_weight=weight)
    check("roc_auc_score", *MULTICLASS[case], multi_class=multi_class, average=average, max_fpr=0.5)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 1, 3], [0, 2, 1], [0, 1], [0, 0, 1], [0, 1, 2, 3], ["a", "b", "c"]])
@pytest.mark.parametrize("multi_class", ["ovr", "ovo"])
@pytest.mark.parametrize("case", ["plain", "strings", "two of three", "floats"])
def test_multiclass_labels(case: str, multi_class: str, labels: Any) -> None:
    if (case == "strings") != isinstance(labels[0], str):
        pytest.skip("strings are not compared with numbers")
    for average in ("macro", "weighted"):
        check("roc_auc_score", *MULTICLASS[case], multi_class=multi_class, labels=labels, average=average)


@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
@pytest.mark.parametrize("case", ["plain", "strings", "floats", "gaps", "column", "float32", "two columns", "flat"])
def test_multiclass_precision(case: str, average: str | None) -> None:
    for weight in (None, np.arange(1.0, 8.0)):
        check("average_precision_score", *MULTICLASS[case], average=average, sample_weight=weight)


AUC: dict[str, tuple[Any, Any]] = {
    "up": ([0, 0.5, 1], [0, 1, 1]),
    "down": ([1, 0.5, 0], [1, 1, 0]),
    "level": ([0, 0, 1, 1], [0, 1, 1, 2]),
    "all equal": ([1, 1, 1], [1, 2, 3]),
    "integers": ([0, 2, 4], [1, 5, 3]),
    "float32": (np.array([0, 0.5, 1], np.float32), np.array([0, 1, 1], np.float32)),
    "negative": ([0, 1], [-1, -2]),
    "columns": ([[0], [1]], [[1], [2]]),
    "NaN in y": ([0, 1], [NAN, 1]),
    "NaN in x": ([0, NAN, 1], [1, 1, 1]),
    "NaN in x, down": ([2, NAN, 1, 0], [1, 1, 1, 1]),
    "zigzag": ([0, 1, 0.5], [0, 1, 2]),
    "zigzag integers": ([0, 2, 1], [0, 1, 2]),
    "one point": ([1], [1]),
    "none": ([], []),
    "unlike length": ([0, 1], [0, 1, 2]),
    "two dimensions": ([[0, 1]], [[1, 2]]),
    "infinite": ([0, INF], [0, 1]),
    "number": (1, [1]),
    "complex": ([0, 1j], [0, 1]),
}


@pytest.mark.parametrize("case", AUC)
def test_auc(case: str) -> None:
    check("auc", *AUC[case])


# gains ----------------------------------------------------------------------------------------------------------------

GAINS: dict[str, tuple[Any, Any]] = {
    "plain": ([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]),
    "ties": ([[10, 0, 0, 1, 5], [3, 2, 3, 0, 1]], [[0.5, 0.5, 0.1, 0.5, 0.1], [1, 1, 1, 1, 1]]),
    "binary": ([[1, 0, 0], [0, 1, 1]], [[0.3, 0.2, 0.9], [0.1, 0.6, 0.3]]),
    "floats": ([[0.5, 0.25, 3.5]], [[1, 2, 3]]),
    "no relevant": ([[0, 0, 0], [1, 0, 2]], [[1, 2, 3], [3, 2, 1]]),
    "float32": (np.array([[1, 0, 2]], np.float32), np.array([[0.5, 0.5, 1]], np.float32)),
    "bool": (np.array([[True, False, True]]), [[1, 2, 3]]),
    "objects": (np.array([[1, 0, 2]], object), [[1, 2, 3]]),
    "Fortran": (np.asfortranarray([[1, 0, 2], [3, 1, 0]]), np.asfortranarray([[1, 2, 3], [2, 2, 1]])),
    "two documents": ([[1, 0]], [[0, 1]]),
    "constant": ([[2, 2], [2, 2]], [[1, 0], [1, 1]]),
    # refused
    "one document": ([[1], [0]], [[0], [1]]),
    "flat": ([1, 0, 2], [1, 2, 3]),
    "flat binary": ([1, 0, 1], [1, 2, 3]),
    "flat fractions": ([1, 0.5, 1], [1, 2, 3]),
    "negative": ([[1, -1, 0]], [[1, 2, 3]]),
    "NaN": ([[1, NAN, 0]], [[1, 2, 3]]),
    "infinite": ([[1, INF, 0]], [[1, 2, 3]]),
    "NaN score": ([[1, 1, 0]], [[1, NAN, 3]]),
    "strings": ([["a", "b"]], [[1, 2]]),
    "unlike length": ([[1, 0]], [[1, 2], [3, 4]]),
    "empty": ([], []),
    "no columns": (np.zeros((2, 0)), np.zeros((2, 0))),
    "number": (1, [[1]]),
}


@pytest.mark.parametrize("case", GAINS)
@pytest.mark.parametrize("name", ["dcg_score", "ndcg_score"])
def test_gains(name: str, case: str) -> None:
    if name == "dcg_score" and case in ("one document",):
        check(name, *GAINS[case])
        return
    check(name, *GAINS[case])
    for k in (1, 2, 3, 100, 0, -1, 1.0, "a", np.int32(2)):
        check(name, *GAINS[case], k=k)


@pytest.mark.parametrize("case", ["plain", "binary", "floats", "no relevant", "two documents"])
@pytest.mark.parametrize("name", ["dcg_score", "ndcg_score"])
def test_gains_ignoring_ties(name: str, case: str) -> None:
    check(name, *GAINS[case], ignore_ties=True, k=2)
    check(name, *GAINS[case], ignore_ties=True)


@pytest.mark.parametrize("log_base", [2, 10, 0.5, np.e, 1, 0, -1, "a"])
def test_log_base(log_base: Any) -> None:
    check("dcg_score", *GAINS["plain"], log_base=log_base)


# regression -----------------------------------------------------------------------------------------------------------

REGRESSION: dict[str, tuple[Any, Any]] = {
    "list": ([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]),
    "integers": ([1, 2, 3], [1, 3, 5]),
    "uint8": (np.array([1, 2, 250], np.uint8), np.array([3, 2, 1], np.uint8)),
    "bool": (np.array([True, False]), np.array([True, True])),
    "float32": (np.array([1, 2, 3.5], np.float32), np.array([1, 2.5, 3], np.float32)),
    "float16": (np.array([1, 2, 3.5], np.float16), np.array([1, 2.5, 3], np.float16)),
    "float32 beside float64": (np.array([1, 2, 3.5], np.float32), np.array([1, 2.5, 3])),
    "int beside float32": ([1, 2, 4], np.array([1, 2.5, 3], np.float32)),
    "long double": (np.array([1, 2, 3.5], np.longdouble), np.array([1, 2.5, 3], np.longdouble)),
    "objects": (obj(1, 2, 3.5), obj(1, 2.5, 3)),
    "column": ([[1], [2], [3]], [1, 2, 4]),
    "two outputs": ([[0, 1], [1, 3], [2, 2]], [[0, 2], [1, 2], [3, 2]]),
    "Fortran": (np.asfortranarray([[0.5, 1], [1, 3], [2, 2]]), np.asfortranarray([[0, 2], [1, 2], [3, 2]])),
    "swapped": (np.array([1, 2, 3.5], ">f8"), np.array([1, 2, 3], ">i2")),
    "strided": (np.arange(6.0)[::2], np.arange(6.0)[::-2]),
    "constant truth": ([1, 1, 1], [1, 2, 3]),
    "constant, perfect": ([2, 2, 2], [2, 2, 2]),
    "perfect": ([1, 2, 3], [1, 2, 3]),
    "some constant outputs": ([[1, 1, 3], [1, 2, 3]], [[1, 2, 3], [1, 3, 4]]),
    "all constant outputs": ([[1, 3], [1, 3]], [[2, 3], [1, 3]]),
    "one sample": ([1.5], [1]),
    "numeric strings": (["1", "2"], [1, 3]),
    # refused
    "unlike length": ([1, 2, 3], [1, 2]),
    "unlike outputs": ([[1, 2], [3, 4]], [[1], [2]]),
    "flat beside two outputs": ([1, 2], [[1, 2], [3, 4]]),
    "empty": ([], []),
    "no columns": (np.zeros((2, 0)), np.zeros((2, 0))),
    "NaN": ([1, NAN], [1, 2]),
    "infinite": ([1, 2], [1, INF]),
    "infinite float32": (np.array([1, INF], np.float32), np.array([1, 2], np.float32)),
    "strings": (["a", "b"], [1, 2]),
    "complex": ([1j, 2], [1, 2]),
    "three dimensions": (np.zeros((2, 1, 1)), [1, 2]),
    "scalar": (np.array(1.0), [1]),
    "None": (None, [1]),
    "None inside": ([1, None], [1, 2]),
    "ragged": ([[1], [1, 2]], [1, 2]),
    "sparse": (sp.csr_matrix([[1.0], [2]]), [1, 2]),
    "matrix": (np.matrix([[1.0], [2]]), [1, 2]),
}


@pytest.mark.parametrize(
    "multioutput", ["uniform_average", "raw_values", "variance_weighted", "other", None, 3], ids=repr
)
@pytest.mark.parametrize("case", REGRESSION)
@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "r2_score"])
def test_regression(name: str, case: str, multioutput: Any) -> None:
    rtol = {"float32": 1e-6, "int beside float32": 1e-6, "float16": 2e-3}.get(case, 1e-12)
    check(name, *REGRESSION[case], multioutput=multioutput, rtol=rtol)
    if name == "r2_score" and case not in ("float16",):
        check(name, *REGRESSION[case], multioutput=multioutput, force_finite=False, rtol=rtol)


@pytest.mark.parametrize(
    "multioutput", [[0.3, 0.7], [1, 1], [0, 0], [1, 2, 3], (1, 3), [NAN, 1], [[1, 2], [3, 4]], ["a", "b"]]
)
@pytest.mark.parametrize("case", ["two outputs", "list", "all constant outputs"])
@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "r2_score"])
def test_output_weights(name: str, case: str, multioutput: Any) -> None:
    check(name, *REGRESSION[case], multioutput=multioutput)
    check(name, *REGRESSION[case], multioutput=multioutput, sample_weight=np.arange(1.0, 1 + len(REGRESSION[case][0])))


# log loss -------------------------------------------------------------------------------------------------------------

LOSSES: dict[str, tuple[Any, Any, Any]] = {
    "binary": ([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65], None),
    "two columns": ([1, 0, 0], [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2]], None),
    "one column": ([1, 0, 0], [[0.1], [0.9], [0.8]], None),
    "multiclass": ([0, 1, 2], [[0.2, 0.7, 0.1], [0.6, 0.2, 0.2], [0.6, 0.1, 0.3]], None),
    "strings": (["ham", "spam", "spam"], [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2]], None),
    "objects": (obj("spam", "ham", "egg"), np.full((3, 3), 1 / 3), None),
    "bool": (np.array([True, False]), [0.2, 0.3], None),
    "float labels": ([1.0, 2.0], [0.2, 0.3], None),
    "column labels": (np.array([[1], [0]]), [0.2, 0.3], None),
    "extremes": ([0, 1, 1], [0.0, 1.0, 0.0], None),
    "extremes float32": ([0, 1, 1], np.array([0, 1, 0], np.float32), None),
    "extremes float16": ([0, 1, 1], np.array([0, 1, 0], np.float16), None),
    "integers": ([0, 1, 1], [0, 1, 1], None),
    "float32": ([0, 1, 1], np.array([0.25, 0.5, 0.75], np.float32), None),
    "Fortran": ([0, 1, 2], np.asfortranarray(np.full((3, 3), 1 / 3)), None),
    "labels": ([1, 1], [0.4, 0.3], [0, 1]),
    "more labels": ([0, 2], [[0.2, 0.7, 0.1], [0.6, 0.2, 0.2]], [0, 1, 2]),
    "labels as tuple": ([1, 1], [0.4, 0.3], (0, 1)),
    "labels as array": ([1, 1], [0.4, 0.3], np.array([0, 1])),
    "string labels": (["b", "b"], [0.4, 0.3], ["a", "b"]),
    "more string labels": (["b", "d"], np.full((2, 4), 0.25), ["a", "b", "c", "d"]),
    "unsorted labels": (["spam", "ham"], [[0.1, 0.9], [0.9, 0.1]], ["spam", "ham"]),
    "uint8 beside negative labels": (np.array([0, 1], np.uint8), np.full((2, 3), 1 / 3), [-1, 0, 1]),
    "uint8 beside large labels": (np.array([0, 1], np.uint8), np.full((2, 3), 1 / 3), [0, 1, 300]),
    "bool labels": (np.array([True, True]), [0.4, 0.3], [False, True]),
    "float labels for ints": ([1, 1], [0.4, 0.3], [0.0, 1.0]),
    "int labels for floats": ([1.0, 1.0], [0.4, 0.3], [0, 1]),
    "not probabilities": ([0, 1, 2], [[0.2, 0.7, 0.3], [0.6, 0.2, 0.2], [0.6, 0.1, 0.3]], None),
    "nearly probabilities": ([0, 1], [[0.2, 0.8 + 1e-9], [0.6, 0.4]], None),
    "multilabel": ([[1, 0, 1], [0, 1, 0]], [[0.2, 0.7, 0.1], [0.6, 0.2, 0.2]], None),
    "multilabel, not probabilities": ([[1, 0], [1, 1]], [[0.2, 0.7], [0.6, 0.2]], None),
    # refused
    "one class": ([1, 1], [0.4, 0.3], None),
    "one class of strings": (["a", "a"], [0.4, 0.3], None),
    "one label": ([1, 1], [0.4, 0.3], [1]),
    "undeclared": ([0, 1, 2], np.full((3, 2), 0.5), [0, 1]),
    "undeclared strings": (["a", "b"], [0.4, 0.3], ["a", "c"]),
    "undeclared fraction": ([0, 0.5], [0.4, 0.3], [0, 1]),
    "too few columns": ([0, 1, 2], [[0.2, 0.8], [0.6, 0.4], [0.6, 0.4]], None),
    "too many columns": ([0, 1], [[0.2, 0.7, 0.1], [0.6, 0.2, 0.2]], None),
    "too many columns, labels": ([0, 1], [[0.2, 0.7, 0.1], [0.6, 0.2, 0.2]], [0, 1]),
    "too many columns, not probabilities": ([0, 1], [[0.2, 0.7, 0.3], [0.6, 0.2, 0.2]], None),
    "flat beside three classes": ([0, 1, 2], [0.1, 0.2, 0.3], None),
    "above one": ([0, 1], [0.4, 1.3], None),
    "above one float32": ([0, 1], np.array([0.4, 1.3], np.float32), None),
    "below zero": ([0, 1], [-0.4, 0.3], None),
    "NaN": ([0, 1], [0.4, NAN], None),
    "infinite": ([0, 1], [0.4, INF], None),
    "NaN label": ([0, NAN], [0.4, 0.3], None),
    "continuous": ([0.1, 0.5], [0.4, 0.3], None),
    "continuous array": (np.array([0.1, 0.5]), [0.4, 0.3], None),
    "multioutput": ([[1, 2], [0, 1]], [[0.4, 0.6], [0.3, 0.7]], None),
    "unlike length": ([0, 1, 1], [0.4, 0.3], None),
    "empty": ([], [], None),
    "no labels": ([0, 1], [0.4, 0.3], []),
    "fractional labels": ([0, 1], [0.4, 0.3], [0.1, 1]),
    "no probabilities": ([0, 1], None, None),
    "three dimensions": ([0, 1], np.zeros((2, 1, 1)), None),
    "complex": ([0, 1], [1j, 0], None),
    "strings for numbers": ([0, 1], ["a", "b"], None),
    "integer objects": (obj(0, 1), [0.4, 0.3], None),
    "bytes": ([b"a", b"b"], [0.4, 0.3], None),
    "multilabel beside labels": ([[1, 0], [0, 1]], [[0.4, 0.6], [0.3, 0.7]], [0, 1]),
}


@pytest.mark.parametrize("case", LOSSES)
def test_log_loss(case: str) -> None:
    y_true, y_proba, labels = LOSSES[case]
    rtol = 1e-6 if "float32" in case else 2e-3 if "float16" in case else 1e-12
    check("log_loss", y_true, y_proba, labels=labels, rtol=rtol)
    check("log_loss", y_true, y_proba, labels=labels, normalize=False, rtol=rtol)
    weight = np.arange(1.0, 1 + len(y_true))
    check("log_loss", y_true, y_proba, labels=labels, sample_weight=weight, rtol=rtol)


def test_log_loss_of_repeated_labels() -> None:
    with pytest.raises(ValueError, match=r"labels must be distinct, got \[0, 0, 1\]"):
        trueval.log_loss([0, 1], [0.4, 0.3], labels=[0, 0, 1])  # in scikit-learn, NumPy fails to broadcast them


def test_log_loss_former_name() -> None:
    check("log_loss", [0, 1], y_pred=[0.1, 0.9])
    check("log_loss", [0, 1], [0.1, 0.9], y_pred=[0.1, 0.9])
    check("log_loss", [0, 1], y_pred="other")


# what scikit-learn does by accident, and what is done instead ---------------------------------------------------------


@pytest.mark.parametrize("column", [[0.1] * 6, np.full(24, 10.1), np.full(1000, 0.3, np.float32)], ids=len)
def test_r2_score_of_a_constant(column: Any) -> None:
    close = np.asarray(column) + np.linspace(0, 0.1, len(column))
    assert trueval.r2_score(column, column) == 1.0
    assert trueval.r2_score(column, close) == 0.0
    assert trueval.r2_score(column, close, force_finite=False) == -INF
    assert trueval.r2_score(np.c_[column, close], np.c_[close, close], multioutput="raw_values").tolist() == [0.0, 1.0]


def test_r2_score_of_a_constant_in_scikit_learn() -> None:
    # The sum of six times 0.1, over six, is not 0.1: what varies is the rounding, and the score is -1e30.
    assert sklearn_metrics.r2_score([0.1] * 6, [0.2] * 6) < -1e20
    assert trueval.r2_score([0.1] * 6, [0.2] * 6) == 0.0


Y, SCORES = [0, 1, 1], [0.1, 0.2, 0.3]
DAYS = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]")
REFUSED: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], str]] = {
    "words as weights": ("accuracy_score", (Y, Y), {"sample_weight": ["1", "2", "3"]}, "sample_weight .* got words"),
    "some words as weights": ("r2_score", (Y, Y), {"sample_weight": obj("1", 2, 3)}, "sample_weight .* type str"),
    "dates as weights": ("roc_curve", (Y, SCORES), {"sample_weight": DAYS}, "sample_weight .* got dates"),
    "durations as weights": ("f1_score", (Y, Y), {"sample_weight": DAYS - DAYS[0]}, "sample_weight .* got durations"),
    "complex weights": ("dcg_score", ([Y], [Y]), {"sample_weight": [1j]}, "sample_weight .* got complex numbers"),
    "None as a weight": ("ndcg_score", ([Y], [Y]), {"sample_weight": [None]}, "sample_weight .* type NoneType"),
    "words as scores": ("roc_curve", (Y, ["0", "1", "2"]), {}, "y_score .* got words"),
    "dates as scores": ("roc_auc_score", (Y, DAYS), {}, "y_score .* got dates"),
    "dates in lists": ("average_precision_score", (Y, DAYS.tolist()), {}, "y_score .* type date"),
    "records as scores": ("roc_curve", (Y, np.zeros(3, "i4,i4")), {}, "y_score .* got records"),
    "durations as gains": ("ndcg_score", ([DAYS - DAYS[0]], [SCORES]), {}, "y_true .* got durations"),
    "words on a curve": ("auc", (["0", "1"], [1, 2]), {}, "x .* got words"),
    "None on a curve": ("auc", ([0, 1], [1, None]), {}, "y .* type NoneType"),
    "dates beside numbers": ("accuracy_score", (DAYS, Y), {}, r"Mix of label input types \(date and number\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    name, args, kwargs, message = REFUSED[case]
    with pytest.raises(TypeError, match=message):
        getattr(trueval, name)(*args, **kwargs)


def test_numbers_beyond_float64_are_refused() -> None:
    with pytest.raises(ValueError, match="y_score holds a number beyond the range of float64"):
        trueval.roc_auc_score(Y, [10**400, 2, 3])


def test_labels_in_two_units() -> None:
    seconds, milliseconds = np.array([0, 1, 2], "m8[s]"), np.array([0, 1000, 3000], "m8[ms]")
    check("accuracy_score", seconds, milliseconds)
    # scikit-learn with NumPy 1 takes 1 s and 1000 ms for two labels in all but the accuracy
    assert trueval.f1_score(seconds, milliseconds, average="macro", zero_division=0) == 0.5
    assert trueval.confusion_matrix(seconds, milliseconds)[[0, 1, 2], [0, 1, 3]].tolist() == [1, 1, 1]
    assert trueval.confusion_matrix(DAYS, DAYS.astype("M8[ns]")).tolist() == np.eye(3).tolist()
    # beside numbers durations are the numbers that they equal
    assert trueval.confusion_matrix(seconds, [0, 1, 1]).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert trueval.precision_score([0, 1, 1], seconds, average=None, zero_division=0).tolist() == [1, 1, 0]


def test_labels_beyond_float64() -> None:
    big = np.array([2**64 - 1, 2**64 - 2, 1], np.uint64)
    assert trueval.accuracy_score(big, np.array([-1, 3, 1])) == pytest.approx(1 / 3)
    assert trueval.confusion_matrix(big, np.array([-1, 1, 1])).tolist() == [
        [0, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 1, 0, 0],
        [1, 0, 0, 0],
    ]


# containers -----------------------------------------------------------------------------------------------------------


def containers() -> dict[str, Any]:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    return {
        "pandas int": pd.Series([0, 1, 1]),
        "pandas Int64": pd.Series([0, 1, 1], dtype="Int64"),
        "pandas Int64 missing": pd.Series([0, 1, None], dtype="Int64"),
        "pandas Float32": pd.Series([0, 1, 1], dtype="Float32"),
        "pandas boolean": pd.Series([True, False, True], dtype="boolean"),
        "pandas bool": pd.Series([True, False, True]),
        "pandas category": pd.Series(["a", "b", "a"], dtype="category"),
        "pandas int category": pd.Series([0, 1, 1], dtype="category"),
        "pandas str": pd.Series(["a", "b", "a"]),
        "pandas str missing": pd.Series(["a", "b", None]),
        "pandas string": pd.Series(["a", "b", "a"], dtype="string"),
        "pandas object": pd.Series(["a", "b", "a"], dtype=object),
        "pandas arrow int": pd.Series([0, 1, 1], dtype="int64[pyarrow]"),
        "pandas arrow string": pd.Series(["a", "b", "a"], dtype="string[pyarrow]"),
        "pandas shuffled index": pd.Series([0, 1, 1], index=[2, 0, 1]),
        "pandas frame": pd.DataFrame({"y": [0, 1, 1]}),
        "pandas Int64 frame": pd.DataFrame({"y": [0, 1, 1]}, dtype="Int64"),
        "pandas wide frame": pd.DataFrame({"y": [0, 1, 1], "z": [1, 1, 0]}),
        "pandas dates": pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-02"])),
        "polars int": pl.Series([0, 1, 1]),
        "polars float": pl.Series([0.0, 1.0, 1.0]),
        "polars missing": pl.Series([0, 1, None]),
        "polars string": pl.Series(["a", "b", "a"]),
        "polars category": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
        "polars bool": pl.Series([True, False, True]),
        "polars frame": pl.DataFrame({"y": [0, 1, 1]}),
        "arrow int": pa.array([0, 1, 1]),
        "arrow missing": pa.array([0, 1, None]),
        "arrow string": pa.array(["a", "b", "a"]),
        "arrow chunks": pa.chunked_array([[0, 1], [1]]),
        "arrow bool": pa.array([True, False, True]),
        "arrow dictionary": pa.array(["a", "b", "a"]).dictionary_encode(),
    }


pytest.importorskip("pandas")
pytest.importorskip("polars")
pytest.importorskip("pyarrow")
CONTAINERS = containers()


@pytest.mark.parametrize("case", CONTAINERS)
def test_containers(case: str) -> None:
    x = CONTAINERS[case]
    for name in ("accuracy_score", "confusion_matrix", "f1_score"):
        check(name, x, x)
    check("precision_score", x, x, pos_label=7)
    check("roc_auc_score", x, [0.3, 0.2, 0.1])
    check("roc_curve", x, [0.3, 0.2, 0.1])
    check("log_loss", x, [0.1, 0.2, 0.3])
    if case != "pandas dates":
        check("mean_squared_error", x, [0.1, 0.2, 0.3], rtol=1e-7 if "32" in case else 1e-12)
    if not any(word in case for word in ("category", "str", "dict", "object", "dates")):
        check("roc_auc_score", [0, 1, 1], x)
        check("roc_curve", [0, 1, 1], x)
        check("average_precision_score", x, [0.3, 0.2, 0.1])
        check("accuracy_score", [0, 1, 1], [1, 1, 1], sample_weight=x)
        check("confusion_matrix", [0, 1, 1], [1, 1, 1], sample_weight=x)
        check("mean_absolute_error", [0, 1, 1], [1.5, 1, 1], sample_weight=x)
        check("roc_auc_score", [0, 1, 1], [0.3, 0.2, 0.5], sample_weight=x)


def test_string_dtype_of_numpy_2() -> None:
    if not hasattr(getattr(np, "dtypes", None), "StringDType"):
        pytest.skip("NumPy 1")
    y = np.array(["a", "b", "a"], dtype=np.dtypes.StringDType())  # scikit-learn fails on it
    assert trueval.accuracy_score(y, np.array(["a", "b", "b"])) == pytest.approx(2 / 3)
    assert trueval.roc_auc_score(y, [0.1, 0.9, 0.2]) == 1.0
    assert trueval.confusion_matrix(y, y).tolist() == [[2, 0], [0, 1]]


@pytest.mark.parametrize("name", CURVES)
def test_empty_ranking(name: str) -> None:
    # scikit-learn fails too, but inside NumPy where it is not roc_auc_score
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\) \(shape=\(0,\)\) while a minimum of 1"):
        getattr(trueval, name)([], [])


# parameters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameter_messages(name: str) -> None:
    from sklearn.tests.test_public_functions import _check_function_param_validation, _get_func_info

    function, own_name, parameters, required = _get_func_info(f"trueval.{name}")
    _check_function_param_validation(function, own_name, parameters, required, function._skl_parameter_constraints)
    valid = {parameter: np.array([1, 2, 3]) for parameter in required}
    for parameter in parameters:
        for bad in (object, 3.5, -7, "no such value", True, b"a", {"a": 1}):
            theirs = Returned(getattr(sklearn_metrics, name), (), {**valid, parameter: bad})
            if theirs.error and theirs.error[0] == "InvalidParameterError":
                check(name, **{**valid, parameter: bad})


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("accuracy_score", (), {}),
        ("accuracy_score", ([1],), {}),
        ("accuracy_score", ([1], [1], True), {}),
        ("accuracy_score", ([1], [1]), {"other": 1}),
        ("accuracy_score", ([1], [1]), {"y_true": [1]}),
        ("accuracy_score", (), {"y_pred": [1]}),
        ("f1_score", ("a", [1]), {"average": "x"}),
        ("f1_score", ([1], [1]), {"zero_division": 2, "average": "x"}),
        ("log_loss", (), {}),
    ],
)
def test_binding(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    check(name, *args, **kwargs)


# random data ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_random(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 400))
    weight = [None, rng.integers(0, 3, n), rng.random(n)][seed % 3]
    if weight is not None:
        weight[0] = 1
    k = int(rng.integers(2, 7))
    y_true, y_pred = rng.integers(0, k, n), rng.integers(0, k + 1, n)
    check("accuracy_score", y_true, y_pred, sample_weight=weight)
    check("confusion_matrix", y_true, y_pred, sample_weight=weight)
    for average in (None, "micro", "macro", "weighted"):
        check("precision_recall_fscore_support", y_true, y_pred, sample_weight=weight, average=average, beta=0.7)
    binary = rng.integers(0, 2, n)
    binary[:2] = 0, 1
    score = np.round(rng.normal(size=n), 1) if seed % 2 else rng.normal(size=n)
    if weight is not None:
        weight[:2] = 1
    for name in ("roc_auc_score", "average_precision_score", "precision_recall_curve"):
        check(name, binary, score, sample_weight=weight)
    check("roc_curve", binary, score, sample_weight=weight, drop_intermediate=weight is None)
    check("roc_auc_score", binary, score, sample_weight=weight, max_fpr=0.3)
    proba = rng.dirichlet(np.ones(k), n)
    check("log_loss", y_true, proba, labels=np.arange(k), sample_weight=weight)
    true, pred = rng.normal(size=(2, n, 3))
    for name in ("mean_squared_error", "mean_absolute_error", "r2_score"):
        for multioutput in ("uniform_average", "raw_values"):
            check(name, true, pred, sample_weight=weight, multioutput=multioutput)
    gains = rng.integers(0, 4, (n, 6))
    for name in ("dcg_score", "ndcg_score"):
        check(name, gains, np.round(rng.normal(size=(n, 6)), 1), sample_weight=weight, k=4)


def test_inputs_are_not_changed() -> None:
    rng = np.random.default_rng(0)
    for dtype in (np.int64, np.float32, np.float64, np.uint8):
        y_true = rng.integers(0, 2, 50).astype(dtype)
        y_pred = rng.integers(0, 2, 50).astype(dtype)
        score, weight = rng.random(50), rng.random(50)
        arrays = y_true, y_pred, score, weight
        copies = [a.copy() for a in arrays]
        for a in arrays:
            a.flags.writeable = False
        trueval.f1_score(y_true, y_pred, sample_weight=weight)
        trueval.confusion_matrix(y_true, y_pred, sample_weight=weight, normalize="all")
        trueval.roc_auc_score(y_true, score, sample_weight=weight)
        trueval.roc_curve(y_true, score, sample_weight=weight)
        trueval.precision_recall_curve(y_true, score)
        trueval.log_loss(y_true, score, sample_weight=weight)
        trueval.r2_score(y_true, score, sample_weight=weight, multioutput="raw_values")
        trueval.ndcg_score(y_true.reshape(5, 10), score.reshape(5, 10))
        for a, copy in zip(arrays, copies, strict=True):
            np.testing.assert_array_equal(a, copy)


def test_classes_of_warnings_and_errors() -> None:
    from sklearn.exceptions import DataConversionWarning, UndefinedMetricWarning
    from sklearn.utils._param_validation import InvalidParameterError
    from trueval import exceptions

    assert exceptions.UndefinedMetricWarning is UndefinedMetricWarning
    assert exceptions.DataConversionWarning is DataConversionWarning
    assert exceptions.InvalidParameterError is InvalidParameterError
    with pytest.raises(AttributeError):
        _ = exceptions.Nothing
