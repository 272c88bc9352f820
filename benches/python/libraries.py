"""The other libraries: how each is asked for a metric, and what it cannot do.

An adapter takes a case's arguments and prepares a call without any: what turns the arrays into the library's own kind
of input stays outside of what is timed. Each call returns what `sklearn.metrics` would, as far as the library goes.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from measure import Call

Keywords = Mapping[str, Any]
Adapter = Callable[..., Call]


@dataclass(frozen=True)
class Library:
    """A library, with its adapters by the name that a row of `cases` asks for."""

    name: str
    package: str  # by which it is installed
    modules: tuple[str, ...]  # that have to be there
    limits: str
    # How far, relatively, its values may be from ours before they are told as wrong, and why they may be at all.
    allowed: float
    because: str
    adapters: dict[str, Adapter] = field(default_factory=dict)
    weighted: tuple[str, ...] = ()  # the names that take weights

    @property
    def version(self) -> str | None:
        """What is installed, or None."""
        found = all(importlib.util.find_spec(module) for module in self.modules)
        return importlib.metadata.version(self.package) if found else None

    def prepare(self, metric: str, args: tuple[Any, ...], weight: Any, keywords: Keywords) -> Call | None:
        """The call that computes a metric, or None where the library has none."""
        if metric not in self.adapters or (weight is not None and metric not in self.weighted):
            return None
        return self.adapters[metric](*args, **({} if weight is None else {"weight": weight}), **keywords)


# scikit-learn-intelex -------------------------------------------------------------------------------------------------


def intelex_auc(y: np.ndarray, score: np.ndarray) -> Call:
    # Imported by its own name, scikit-learn's stays as it is: only `patch_sklearn` would replace it.
    auc = importlib.import_module("sklearnex.metrics").roc_auc_score
    return lambda: auc(y, score)


INTELEX = Library(
    "intelex",
    "scikit-learn-intelex",
    ("sklearnex",),
    limits="has roc_auc_score alone, of two classes and without weights; for the rest it calls scikit-learn",
    allowed=1e-8,
    because="float32 scores are summed up in float32",
    adapters={"roc_auc_score": intelex_auc},
)

# rapidstats -----------------------------------------------------------------------------------------------------------


def rapidstats(name: str) -> Adapter:
    """A function of rapidstats.metrics, on Series."""

    def prepare(*args: np.ndarray, weight: np.ndarray | None = None) -> Call:
        series = importlib.import_module("polars").Series
        function = getattr(importlib.import_module("rapidstats.metrics"), name)
        columns = [series(part) for part in args]
        weights = {} if weight is None else {"sample_weight": series(weight)}
        return lambda: function(*columns, **weights)

    return prepare


def rapidstats_counts(read: Callable[[Any], Any]) -> Adapter:
    """One of the many numbers of its confusion matrix."""

    def prepare(*args: np.ndarray) -> Call:
        call = rapidstats("confusion_matrix")(*args)
        return lambda: read(call())

    return prepare


def square(found: Any) -> np.ndarray:
    """A confusion matrix as scikit-learn lays it out."""
    return np.array([[found.tn, found.fp], [found.fn, found.tp]])


RAPIDSTATS = Library(
    "rapidstats",
    "rapidstats",
    ("rapidstats", "pyarrow"),
    limits="two classes; counts come as one confusion matrix with all that follows from it",
    allowed=1e-10,
    because="plain sums",
    adapters={
        "roc_auc_score": rapidstats("roc_auc"),
        "average_precision_score": rapidstats("average_precision"),
        "brier_score_loss": rapidstats("brier_loss"),
        "accuracy_score": rapidstats_counts(lambda found: found.acc),
        "f1_score": rapidstats_counts(lambda found: found.fbeta),
        "matthews_corrcoef": rapidstats_counts(lambda found: found.mcc),
        "confusion_matrix": rapidstats_counts(square),
        "mean_squared_error": rapidstats("mean_squared_error"),
        "r2_score": rapidstats("r2"),
    },
    weighted=("roc_auc_score", "average_precision_score"),
)

# polars-ds ------------------------------------------------------------------------------------------------------------


def polars_ds(name: str, read: str | None = None, **options: Any) -> Adapter:
    """An expression of polars_ds over the columns of a frame, or a field of the struct that it gives."""

    def prepare(*args: np.ndarray) -> Call:
        polars, library = importlib.import_module("polars"), importlib.import_module("polars_ds")
        frame = polars.DataFrame({f"column {i}": part for i, part in enumerate(args)})
        expression = getattr(library, name)(*frame.columns, **options)
        chosen = expression.struct.field(read) if read else expression
        return lambda: frame.select(chosen).item()

    return prepare


def polars_ds_matrix(y: np.ndarray, predicted: np.ndarray) -> Call:
    polars, library = importlib.import_module("polars"), importlib.import_module("polars_ds")
    frame = polars.DataFrame({"y": y, "predicted": predicted})
    expression = library.query_confusion_matrix("y", "predicted").alias("counts")

    def call() -> np.ndarray:
        return np.array(frame.select(expression).unnest("counts").row(0)).reshape(2, 2)

    return call


def polars_ds_ndcg(gains: np.ndarray, score: np.ndarray, **options: Any) -> Call:
    polars, library = importlib.import_module("polars"), importlib.import_module("polars_ds")
    query = np.repeat(np.arange(len(gains)), gains.shape[1])
    frame = polars.DataFrame({"query": query, "gain": gains.ravel(), "score": score.ravel()})
    each = library.query_ndcg_score("gain", "score", **options)
    return lambda: frame.group_by("query").agg(each.alias("ndcg")).select(polars.col("ndcg").mean()).item()


def polars_ds_classes(name: str, *arguments: Any, **options: Any) -> Adapter:
    """An expression over labels and lists of one score per class."""

    def prepare(y: np.ndarray, score: np.ndarray, **_: Any) -> Call:
        polars, library = importlib.import_module("polars"), importlib.import_module("polars_ds")
        frame = polars.DataFrame({"y": y, "score": polars.Series(score).arr.to_list()})
        expression = getattr(library, name)("y", "score", *arguments, **options)
        return lambda: frame.select(expression).item()

    return prepare


def polars_ds_ovr(y: np.ndarray, score: np.ndarray, **_: Any) -> Call:
    return polars_ds_classes("query_multi_roc_auc", score.shape[1], "macro")(y, score)


POLARS_DS = Library(
    "polars-ds",
    "polars-ds",
    ("polars_ds",),
    limits="no weights; two classes but for AUC and log loss; the average precision comes with four other numbers, and "
    "MCC with 24, since its query_mcc overflows (and answers wrongly) from some 10^5 rows on",
    allowed=1e-10,
    because="plain sums",
    adapters={
        "roc_auc_score": polars_ds("query_roc_auc"),
        "average_precision_score": polars_ds("query_binary_metrics", "avg_precision"),
        "log_loss": polars_ds("query_log_loss"),
        "accuracy_score": polars_ds("query_confusion_matrix", "acc", all_metrics=True),
        "f1_score": polars_ds("query_confusion_matrix", "f1", all_metrics=True),
        "matthews_corrcoef": polars_ds("query_confusion_matrix", "mcc", all_metrics=True),
        "confusion_matrix": polars_ds_matrix,
        "mean_squared_error": polars_ds("query_l2"),
        "mean_absolute_error": polars_ds("query_l1"),
        "r2_score": polars_ds("query_r2"),
        "mean_absolute_percentage_error": polars_ds("query_mape"),
        "ndcg_score": polars_ds_ndcg,
        "roc_auc_score ovr": polars_ds_ovr,
        "log_loss of classes": polars_ds_classes("query_cat_cross_entropy"),
    },
)

# catboost -------------------------------------------------------------------------------------------------------------

Form = Callable[[np.ndarray], np.ndarray]


def as_is(x: np.ndarray) -> np.ndarray:
    return x


def logits(proba: np.ndarray) -> np.ndarray:
    return np.log(proba / (1 - proba))


def logarithms(proba: np.ndarray) -> np.ndarray:
    return np.log(proba)


def signs(predicted: np.ndarray) -> np.ndarray:
    """Raw values of which catboost predicts these classes."""
    return predicted * 2.0 - 1.0


def catboost(metric: str, form: Form = as_is, read: Callable[[list[float]], float] = lambda found: found[0]) -> Adapter:
    """A metric by its name, on raw values: `form` makes them of what scikit-learn takes."""

    def prepare(y: np.ndarray, given: np.ndarray, weight: np.ndarray | None = None, **_: Any) -> Call:
        evaluate = importlib.import_module("catboost.utils").eval_metric
        raw = form(given)
        return lambda: read(evaluate(y, raw, metric, weight=weight))

    return prepare


def catboost_ndcg(gains: np.ndarray, score: np.ndarray, k: int | None = None, ignore_ties: bool = False) -> Call:
    evaluate = importlib.import_module("catboost.utils").eval_metric
    query = np.repeat(np.arange(len(gains)), gains.shape[1])
    metric = "NDCG:type=Base" if k is None else f"NDCG:top={k};type=Base"
    flat, raw = gains.ravel(), score.ravel()
    return lambda: evaluate(flat, raw, metric, group_id=query)[0]


CATBOOST = Library(
    "catboost",
    "catboost",
    ("catboost",),
    limits="its PRAUC is not the average precision; it takes logits and one column per class, not probabilities and "
    "labels, and the conversion is not timed (nor offered for 20 classes of 10^7 rows)",
    allowed=1e-5,
    because="labels and weights are float32",
    adapters={
        "roc_auc_score": catboost("AUC"),
        "log_loss": catboost("Logloss", logits),
        "brier_score_loss": catboost("BrierScore", logits),
        "accuracy_score": catboost("Accuracy", signs),
        "f1_score": catboost("F1", signs),
        "matthews_corrcoef": catboost("MCC", signs),
        "cohen_kappa_score": catboost("Kappa", signs),
        "mean_squared_error": catboost("RMSE", read=lambda found: found[0] ** 2),
        "mean_absolute_error": catboost("MAE"),
        "r2_score": catboost("R2"),
        "mean_absolute_percentage_error": catboost("MAPE"),
        "median_absolute_error": catboost("MedianAbsoluteError"),
        "ndcg_score": catboost_ndcg,
        "roc_auc_score ovr": catboost("AUC:type=OneVsAll", logarithms, read=lambda found: float(np.mean(found))),
        "log_loss of classes": catboost("MultiClass", logarithms),
    },
    weighted=("roc_auc_score",),
)

# torchmetrics ---------------------------------------------------------------------------------------------------------


def torchmetrics(name: str, **fixed: Any) -> Adapter:
    """A function of torchmetrics.functional, on tensors, predictions first."""
    family = "classification" if name.startswith(("binary", "multi")) else "regression"

    def prepare(y: np.ndarray, given: np.ndarray, **_: Any) -> Call:
        tensor = importlib.import_module("torch").from_numpy
        function = getattr(importlib.import_module(f"torchmetrics.functional.{family}"), name)
        mark, prediction = tensor(np.ascontiguousarray(y)), tensor(np.ascontiguousarray(given))

        def call() -> Any:
            found = function(prediction, mark, **fixed)
            return tuple(part.numpy() for part in found) if isinstance(found, tuple) else found.numpy()

        return call

    return prepare


def torchmetrics_classes(name: str, **fixed: Any) -> Adapter:
    def prepare(y: np.ndarray, given: np.ndarray, k: int = 1, **_: Any) -> Call:
        classes = given.shape[1] if given.ndim == 2 else int(max(y.max(), given.max())) + 1
        top = {"top_k": k} if name == "multiclass_accuracy" else {}
        return torchmetrics(name, num_classes=classes, **top, **fixed)(y, given)

    return prepare


def torchmetrics_labels(name: str) -> Adapter:
    return lambda y, score: torchmetrics(name, num_labels=score.shape[1])(y, score)


TORCHMETRICS = Library(
    "torchmetrics",
    "torchmetrics",
    ("torchmetrics", "torch"),
    limits="no weights; its roc keeps every point, and ndcg takes one query a call; on the processor, not on a GPU",
    allowed=1e-5,
    because="it divides in float32",
    adapters={
        "roc_auc_score": torchmetrics("binary_auroc"),
        "average_precision_score": torchmetrics("binary_average_precision"),
        "precision_recall_curve": torchmetrics("binary_precision_recall_curve"),
        "accuracy_score": torchmetrics("binary_accuracy"),
        "f1_score": torchmetrics("binary_f1_score"),
        "matthews_corrcoef": torchmetrics("binary_matthews_corrcoef"),
        "confusion_matrix": torchmetrics("binary_confusion_matrix"),
        "cohen_kappa_score": torchmetrics("binary_cohen_kappa"),
        "f1_score of classes": torchmetrics_classes("multiclass_f1_score", average="macro"),
        "mean_squared_error": torchmetrics("mean_squared_error"),
        "mean_absolute_error": torchmetrics("mean_absolute_error"),
        "r2_score": torchmetrics("r2_score"),
        "mean_absolute_percentage_error": torchmetrics("mean_absolute_percentage_error"),
        "roc_auc_score ovr": torchmetrics_classes("multiclass_auroc", average="macro"),
        "top_k_accuracy_score": torchmetrics_classes("multiclass_accuracy", average="micro"),
        "label_ranking_average_precision_score": torchmetrics_labels("multilabel_ranking_average_precision"),
        "label_ranking_loss": torchmetrics_labels("multilabel_ranking_loss"),
    },
)

LIBRARIES = (INTELEX, RAPIDSTATS, POLARS_DS, CATBOOST, TORCHMETRICS)

# retrieval ------------------------------------------------------------------------------------------------------------

Judgements = dict[str, dict[str, Any]]


def nested(values: np.ndarray, group: np.ndarray) -> Judgements:
    """Values by the names of queries and documents. Rows of a query lie together, and are named by their places."""
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    parts = np.split(values, starts[1:])
    names = [f"d{place}" for place in range(max(map(len, parts)))]
    return {f"q{query}": dict(zip(names, part.tolist(), strict=False)) for query, part in enumerate(parts)}


def pytrec_eval(measure: str) -> Adapter:
    """A measure of trec_eval, averaged; with a cut-off by another name."""

    def prepare(relevance: np.ndarray, scores: np.ndarray, group: np.ndarray, k: int | None = None) -> Call:
        library = importlib.import_module("pytrec_eval")
        name = {"ndcg": "ndcg_cut"}.get(measure, measure) if k else measure
        qrels, run = nested(relevance, group), nested(scores, group)
        evaluator = library.RelevanceEvaluator(qrels, {f"{name}.{k}" if k else name})
        key = f"{name}_{k}" if k else name
        return lambda: float(np.mean([found[key] for found in evaluator.evaluate(run).values()]))

    return prepare


PYTREC_EVAL = Library(
    "pytrec_eval",
    "pytrec_eval-terrier",
    ("pytrec_eval",),
    limits="on one thread; dicts of dicts are made of the arrays before the time is taken",
    allowed=1e-12,
    because="plain sums",
    adapters={
        "ndcg_at_k": pytrec_eval("ndcg"),
        "precision_at_k": pytrec_eval("P"),
        "average_precision_at_k": pytrec_eval("map"),
        "reciprocal_rank": pytrec_eval("recip_rank"),
    },
)


def ranx(measure: str) -> Adapter:
    def prepare(relevance: np.ndarray, scores: np.ndarray, group: np.ndarray, k: int | None = None) -> Call:
        library = importlib.import_module("ranx")
        qrels, run = library.Qrels(nested(relevance, group)), library.Run(nested(scores, group))
        return lambda: float(library.evaluate(qrels, run, f"{measure}@{k}" if k else measure))

    return prepare


RANX = Library(
    "ranx",
    "ranx",
    ("ranx",),
    limits="its Qrels and Run are made of the arrays before the time is taken, which is longer",
    allowed=1e-12,
    because="plain sums",
    adapters={
        "ndcg_at_k": ranx("ndcg"),
        "precision_at_k": ranx("precision"),
        "average_precision_at_k": ranx("map"),
        "reciprocal_rank": ranx("mrr"),
    },
)

# They have nothing else, and stand in no column of their own.
RIVAL_LIBRARIES = {library.name: library for library in (PYTREC_EVAL, RANX)}
