"""What `make bench-peers` times, one row each: the input, the function, and what it has to reach."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "python"))

from inputs import HOSTILE, Case
from measure import Call

Sample = Callable[[int], Case]

# Bytes of scratch that do not grow with the rows: the threads' stacks and counters, and what the allocator rounds up.
CONSTANT = 4 * 2**20


@dataclass(frozen=True)
class Row:
    """A function on an input, against scikit-learn's and the other libraries'."""

    name: str
    function: str
    sample: Sample
    at_least: float | None  # times as fast as scikit-learn; None is not judged
    keywords: Mapping[str, Any] = field(default_factory=dict)
    # Bytes of scratch memory: at most so many a row, or so many however many rows; None is not judged.
    a_row: float | None = None
    in_all: int | None = None
    tolerance: float = 1e-12
    metric: str | None = None  # the libraries' key, where the function is not enough
    rows: int | None = None  # a fixed number, where it is not that of the run


@dataclass(frozen=True)
class Yardstick:
    """A function's time against another thing's, at most so many times it."""

    name: str
    function: str
    sample: Sample
    against: str
    measure: Callable[[Case], Call]
    at_most: float


@dataclass(frozen=True)
class Growth:
    """How a function's time grows with the rows: with their number to the power of what?"""

    name: str
    function: str
    sample: Sample
    at_most: float = 1.05
    factors: tuple[float, ...] = (0.01, 0.1, 1, 10)  # of the rows of the run


@dataclass(frozen=True)
class Rival:
    """A function that scikit-learn has not, against another library's: at least so many times as fast."""

    name: str
    function: str  # of trueval.retrieval
    sample: Sample
    library: str
    at_least: float
    keywords: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-12


# Inputs ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def drawn(n: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels, of which a share of `rate` is positive, and logits. Kept for the next row: do not write into them."""
    rng = np.random.default_rng(0)
    y = (rng.random(n) < rate).astype(np.int64)
    y[:2] = 0, 1
    z = rng.standard_normal(n)
    z += 1.5 * y
    return y, z


def probabilities(n: int, rate: float = 0.1, dtype: Any = np.float64, decimals: int | None = None) -> Case:
    y, z = drawn(n, rate)
    p = 1 / (1 + np.exp(1.5 - z))
    return Case((y, (p if decimals is None else np.round(p, decimals)).astype(dtype)))


def scores(n: int, change: str | None = None) -> Case:
    y, z = drawn(n, 0.1)
    return Case((y, HOSTILE[change](z) if change else z))


def weighted(n: int) -> Case:
    return Case(probabilities(n).args, np.random.default_rng(1).random(n))


def truths(n: int) -> Case:
    y, p = probabilities(n).args
    return Case((y.astype(bool), p))


def labels(n: int, classes: int = 2, words: bool = False) -> Case:
    """Labels and predictions, of which some three in four are right."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, n)
    predicted = np.where(rng.random(n) < 0.75, y, rng.integers(0, classes, n))
    if not words:
        return Case((y, predicted))
    names = np.array(["ant", "bee", "cat"])
    return Case((names[y], names[predicted]))


def numbers(n: int) -> Case:
    """Targets from 1 on, so that catboost's percentages, of max(1, |y|), are those of everybody."""
    rng = np.random.default_rng(0)
    y = 1 + np.abs(10 + 3 * rng.standard_normal(n))
    return Case((y, y + rng.standard_normal(n)))


def queries(n: int) -> Case:
    rng = np.random.default_rng(0)
    gains = rng.integers(0, 5, (max(n // 100, 1), 100))
    return Case((gains, gains + 2 * rng.standard_normal(gains.shape)))


def documents(n: int) -> Case:
    """Grades of which one in ten is positive, scores, and queries of 100 documents.

    Scores are ranks, since pytrec_eval rounds them to float32, and each library has its own way with ties.
    """
    rng = np.random.default_rng(0)
    shape = max(n // 100, 1), 100
    grades = (rng.random(shape) < 0.1) * rng.integers(1, 5, shape)
    ranks = np.argsort(np.argsort(grades + rng.standard_normal(shape), axis=1), axis=1)
    return Case((grades.ravel(), ranks.ravel().astype(np.float64), np.repeat(np.arange(shape[0]), 100)))


def marks(n: int) -> Case:
    """Indicators of 20 labels, and scores; few rows, since scikit-learn loops over them in Python."""
    rng = np.random.default_rng(0)
    true = (rng.random((max(n // 1000, 2), 20)) < 0.2).astype(np.int64)
    true[:, 0], true[:, 1] = 1, 0
    return Case((true, true + 2 * rng.standard_normal(true.shape)))


def classes(n: int, count: int = 20) -> Case:
    """Labels and probabilities of 20 classes; rows by classes make n."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((max(n // count, 2 * count), count))
    y = rng.integers(0, count, len(z))
    y[:count] = np.arange(count)
    z[np.arange(len(z)), y] += 1.5
    p = np.exp(z)
    return Case((y, p / p.sum(axis=1, keepdims=True)))


# What else is measured ------------------------------------------------------------------------------------------------


def sort_scores(case: Case) -> Call:
    return partial(np.sort, case.args[1])


def one_pass(case: Case) -> Call:
    """Read both inputs once with as many threads as there are cores; NumPy's `or` waits for memory, not for itself."""
    threads = os.cpu_count() or 1
    pool = ThreadPoolExecutor(threads)
    parts = [part for whole in case.args for part in np.array_split(whole, threads)]
    return lambda: list(pool.map(np.bitwise_or.reduce, parts))


def smooth(function: str) -> Callable[[Case], Call]:
    """Our own time for scores that are spread evenly enough."""

    def prepare(case: Case) -> Call:
        import trueval

        return partial(getattr(trueval, function), *scores(len(case.args[0])).args)

    return prepare


# The rows -------------------------------------------------------------------------------------------------------------

AUC, AP = "roc_auc_score", "average_precision_score"

SCORES = (
    Row("roc_auc f64", AUC, probabilities, 55, a_row=9),
    Row("roc_auc f32", AUC, partial(probabilities, dtype=np.float32), 70, a_row=5),
    Row("roc_auc f16", AUC, partial(probabilities, dtype=np.float16), 150),
    Row("roc_auc 50 % positives", AUC, partial(probabilities, rate=0.5), 50, a_row=9),
    Row("roc_auc 1 % positives", AUC, partial(probabilities, rate=0.01), 60, a_row=9),
    Row("roc_auc 3 digits", AUC, partial(probabilities, decimals=3), 60, a_row=9),
    Row("roc_auc two values", AUC, partial(scores, change="two values"), 60, a_row=9),
    Row("roc_auc constant", AUC, partial(scores, change="all equal"), 60, a_row=9),
    Row("roc_auc sorted", AUC, partial(scores, change="ascending"), 20, a_row=9),
    Row("roc_auc one outlier 1e300", AUC, partial(scores, change="one outlier"), 25, a_row=9),
    Row("roc_auc weighted", AUC, weighted, 20, tolerance=1e-11),
    Row("roc_auc bool labels", AUC, truths, 40, a_row=9),
    Row("roc_auc logits", AUC, scores, 45, a_row=9),
    Row("average_precision f64", AP, probabilities, 50, a_row=9),
    Row("average_precision f32", AP, partial(probabilities, dtype=np.float32), None, a_row=5),
    Row("roc_curve", "roc_curve", probabilities, 10),
    Row("precision_recall_curve", "precision_recall_curve", probabilities, 8),
    Row("log_loss", "log_loss", probabilities, 30),
    Row("brier", "brier_score_loss", probabilities, 20),
)

COUNTS = (
    Row("accuracy", "accuracy_score", labels, 5, in_all=CONSTANT),
    Row("f1", "f1_score", labels, 30, in_all=CONSTANT),
    Row("MCC", "matthews_corrcoef", labels, 35, in_all=CONSTANT),
    Row("confusion_matrix", "confusion_matrix", labels, 18, in_all=CONSTANT),
    Row("kappa", "cohen_kappa_score", labels, 18, in_all=CONSTANT),
    Row("classification_report", "classification_report", labels, 70, in_all=CONSTANT),
    Row("f1 macro, words", "f1_score", partial(labels, classes=3, words=True), 10, {"average": "macro"}, metric="none"),
    Row(
        "f1 macro, 20 classes",
        "f1_score",
        partial(labels, classes=20),
        45,
        {"average": "macro"},
        in_all=CONSTANT,
        metric="f1_score of classes",
    ),
)

NUMBERS = (
    Row("MSE", "mean_squared_error", numbers, 4.5, in_all=CONSTANT),
    Row("MAE", "mean_absolute_error", numbers, 6, in_all=CONSTANT),
    Row("R²", "r2_score", numbers, 6, in_all=CONSTANT, tolerance=1e-11),
    Row("MAPE", "mean_absolute_percentage_error", numbers, 6, in_all=CONSTANT),
    Row("median AE", "median_absolute_error", numbers, 4, in_all=CONSTANT),
)

TABLES = (
    Row("ndcg, 100 a query", "ndcg_score", queries, 50),
    Row("ndcg@10 ignore_ties", "ndcg_score", queries, 10, {"k": 10, "ignore_ties": True}),
    Row("lrap, 20 labels", "label_ranking_average_precision_score", marks, 50),
    Row("label_ranking_loss, 20 labels", "label_ranking_loss", marks, 50),
    Row("roc_auc ovr, 20 classes", AUC, classes, 25, {"multi_class": "ovr"}, metric="roc_auc_score ovr"),
    Row("roc_auc ovo, 20 classes", AUC, classes, 40, {"multi_class": "ovo"}, metric="none"),
    Row("log_loss, 20 classes", "log_loss", classes, 40, metric="log_loss of classes"),
    Row("top_k, 20 classes", "top_k_accuracy_score", classes, 12, {"k": 2}),
)

SMALL = tuple(
    Row(f"n = 100: {name}", function, sample, at_least, rows=100)
    for name, function, sample, at_least in (
        ("roc_auc", AUC, probabilities, 12),
        ("average_precision", AP, probabilities, 12),
        ("log_loss", "log_loss", probabilities, 12),
        ("accuracy", "accuracy_score", labels, 12),
        ("f1", "f1_score", labels, 12),
        ("confusion_matrix", "confusion_matrix", labels, 12),
        ("MSE", "mean_squared_error", numbers, 8),
    )
)

ROWS = (*SCORES, *COUNTS, *NUMBERS, *TABLES, *SMALL)

RIVALS = tuple(
    Rival(f"{name} : {library}", function, documents, library, at_least, keywords)
    for library, at_least in (("pytrec_eval", 50), ("ranx", 20))
    for name, function, keywords in (
        ("NDCG", "ndcg_at_k", {}),
        ("NDCG@10", "ndcg_at_k", {"k": 10}),
        ("P@10", "precision_at_k", {"k": 10}),
        ("MAP", "average_precision_at_k", {}),
        ("MRR", "reciprocal_rank", {}),
    )
)

YARDSTICKS = (
    Yardstick("roc_auc f64 : sort", AUC, probabilities, "np.sort(scores)", sort_scores, 0.75),
    *(Yardstick(f"{row.name} : one pass", row.function, labels, "one pass", one_pass, 1.5) for row in COUNTS[:5]),
    *(
        Yardstick(f"{name} : {change}", function, partial(scores, change=change), "smooth", smooth(function), 3)
        for name, function in (("roc_auc", AUC), ("average_precision", AP))
        for change in (
            *("all equal", "two values", "ascending", "descending", "one outlier"),
            *("denormal", "signed zeros", "three decimals", "one bucket"),
        )
    ),
)

GROWTHS = tuple(
    Growth(f"{row.name} : growth", row.function, row.sample)
    for row in ROWS
    if row.name in ("roc_auc f64", "average_precision f64", "log_loss", "accuracy", "f1", "MSE")
)
