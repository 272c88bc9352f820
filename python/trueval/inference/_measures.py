"""How the uncertainty of each metric can be had: one table, from which methods, refusals and defaults follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..ranking.gains import dcg_by_query, ndcg_by_query
from ..ranking.labels import coverage_by_sample, loss_by_sample, precision_by_sample
from . import _cells as cells
from . import _rows as rows

_BOOTSTRAPS = ("bootstrap-percentile", "bootstrap-basic", "bootstrap-bca")
RANDOMIZED = ("permutation", "approximate-randomization")
# Methods whose answer is drawn; formulas give all others.
DRAWN = (*_BOOTSTRAPS, "bootstrap-t", *RANDOMIZED)
_PROPORTION = ("wilson", "clopper-pearson", "agresti-coull", "jeffreys", "normal")
_MCNEMAR = ("mcnemar", "mcnemar-corrected", "mcnemar-exact")


class Kind(NamedTuple):
    """What a metric is to statistics: what it is called in messages, and its methods, the default one first.

    `unpaired` is the method that compares models on rows of their own, None where there is none.
    """

    title: str
    estimate: tuple[str, ...]
    compare: tuple[str, ...]
    unpaired: str | None = None


KINDS = {
    "proportion": Kind(
        "a fraction of rows",
        (*_PROPORTION, *_BOOTSTRAPS),
        (*_MCNEMAR, "approximate-randomization", "normal", *_BOOTSTRAPS),
        "normal",
    ),
    "cells": Kind(
        "a function of the confusion matrix",
        ("bootstrap-bca", "bootstrap-percentile", "bootstrap-basic", "normal"),
        ("approximate-randomization", *_BOOTSTRAPS, "normal"),
    ),
    "area": Kind(
        "an area under the ROC curve",
        ("delong-logit", "delong", *_BOOTSTRAPS, "bootstrap-t"),
        ("delong", *_BOOTSTRAPS),
        "delong",
    ),
    "precision": Kind(
        "an average precision",
        ("bootstrap-bca", "bootstrap-percentile", "bootstrap-basic", "normal"),
        # For differences of 30 rows, half or a tenth of them positive, the normal interval covers 94 and 85 %,
        # percentiles 92 and 70, BCa 85 and 65.
        ("normal", *_BOOTSTRAPS),
    ),
    "areas": Kind(
        "a weighted area under the ROC curve, or a mean of several,",
        ("delong-logit", "delong", *_BOOTSTRAPS),
        ("delong", *_BOOTSTRAPS),
    ),
    "precisions": Kind(
        "a weighted average precision, or a mean of several,",
        ("bootstrap-bca", "bootstrap-percentile", "bootstrap-basic", "normal"),
        ("normal", *_BOOTSTRAPS),
    ),
    "mean": Kind(
        "a mean over rows or queries",
        ("t", "normal", *_BOOTSTRAPS, "bootstrap-t"),
        ("t", "permutation", "approximate-randomization", "normal", *_BOOTSTRAPS, "bootstrap-t"),
        "t",
    ),
    "root": Kind(
        "the root of a mean",
        ("t", *_BOOTSTRAPS),
        ("t", "approximate-randomization", *_BOOTSTRAPS),
    ),
    "sums": Kind(
        "a function of sums over rows",
        ("bootstrap-bca", "bootstrap-percentile", "bootstrap-basic", "normal"),
        ("approximate-randomization", *_BOOTSTRAPS, "normal"),
    ),
    "any": Kind("known only as a whole", _BOOTSTRAPS, ("approximate-randomization", *_BOOTSTRAPS)),
}

METHODS = tuple(dict.fromkeys(method for kind in KINDS.values() for method in (*kind.estimate, *kind.compare)))


class LabelMetric(NamedTuple):
    """A metric of predicted labels: `fold` makes the function of tables, None where parameters forbid it.

    `hits` makes, where the metric is a fraction of rows, the function that tells which rows are hits and which of them
    count; None where it is not.
    """

    fold: Callable[..., cells.Metric | None]
    hits: Callable[..., Callable[..., tuple[Any, Any]] | None]


class Measure(NamedTuple):
    """One metric's row in the table. What `source` is depends on the kind; `lower` tells that less is better."""

    kind: str
    source: Any = None
    lower: bool = False


def _by_class(ratio: str) -> LabelMetric:
    default = "binary"

    def fold(labels: Any, /, *, average: Any = default, beta: float = 1.0, **params: Any) -> cells.Metric | None:
        if average is None or average == "samples":
            return None
        if "labels" in params:
            params["chosen"] = params.pop("labels")
        return cells.by_class(ratio, labels, beta=beta, average=average, **params)

    def hits(labels: Any, /, *, average: Any = default, pos_label: Any = 1, beta: float = 1.0, **params: Any) -> Any:
        if average == "micro" and params.get("labels") is None and ratio != "jaccard":
            return lambda true, pred: (true == pred, np.ones(np.shape(true), bool))
        shown = labels.tolist()
        if average != "binary" or ratio not in ("precision", "recall") or pos_label not in shown:
            return None
        place = shown.index(pos_label)
        if ratio == "recall":
            return lambda true, pred: (pred == place, true == place)
        return lambda true, pred: (true == place, pred == place)

    return LabelMetric(fold, hits)


def _accuracy(right: bool) -> LabelMetric:
    def fold(labels: Any, /, *, normalize: bool = True) -> cells.Metric | None:
        if not normalize:
            return None
        return cells.accuracy if right else cells.errors

    def hits(labels: Any, /, *, normalize: bool = True) -> Any:
        return lambda true, pred: ((true == pred) == right, np.ones(np.shape(true), bool))

    return LabelMetric(fold, hits)


def _negatives(right: bool) -> LabelMetric:
    def of(labels: Any, pos_label: Any) -> Any:
        shown = labels.tolist()
        place = shown.index(pos_label) if pos_label in shown else len(shown)
        return lambda true, pred: ((pred != place) == right, true != place)

    def fold(labels: Any, /, *, average: Any = "binary", pos_label: Any = 1) -> cells.Metric | None:
        if average != "binary":
            return None
        split = of(labels, pos_label)

        def metric(sums: cells.Sums) -> Any:
            hit, member = split(sums.cells.true, sums.cells.predicted)
            return sums.counts[:, hit & member].sum(axis=1) / sums.counts[:, member].sum(axis=1)

        return metric

    def hits(labels: Any, /, *, average: Any = "binary", pos_label: Any = 1) -> Any:
        return of(labels, pos_label)

    return LabelMetric(fold, hits)


def _no_fraction(*_: Any, **__: Any) -> None:
    return None


def _matthews(labels: Any, /) -> cells.Metric:
    return cells.matthews


def _balanced(labels: Any, /, *, adjusted: bool = False) -> cells.Metric:
    return cells.balanced_accuracy(adjusted)


def _kappa(labels: Any, /, *, weights: Any = None, replace_undefined_by: Any = np.nan, **params: Any) -> cells.Metric:
    return cells.kappa(labels, params.get("labels"), weights, float(replace_undefined_by))


def _r2_sums(true: Any, pred: Any, weight: Any) -> Any:
    """Columns of R²: weight, and weighted squared errors, targets (from their mean) and their squares."""
    apart = true - np.average(true, weights=weight)
    return np.column_stack([weight, weight * (true - pred) ** 2, weight * apart, weight * apart**2])


def _r2(sums: Any) -> Any:
    total = sums[:, 3] - sums[:, 2] ** 2 / sums[:, 0]
    return np.where(total > 0, 1 - sums[:, 1] / total, np.nan)


def _explained_sums(true: Any, pred: Any, weight: Any) -> Any:
    error = true - pred
    error = error - np.average(error, weights=weight)
    return np.column_stack([_r2_sums(true, pred, weight), weight * error, weight * error**2])


def _explained(sums: Any) -> Any:
    total = sums[:, 3] - sums[:, 2] ** 2 / sums[:, 0]
    left = sums[:, 5] - sums[:, 4] ** 2 / sums[:, 0]
    return np.where(total > 0, 1 - left / total, np.nan)


MEASURES: dict[str, Measure] = {
    "accuracy_score": Measure("labels", _accuracy(True)),
    "zero_one_loss": Measure("labels", _accuracy(False), lower=True),
    "hamming_loss": Measure("labels", _accuracy(False), lower=True),
    "precision_score": Measure("labels", _by_class("precision")),
    "recall_score": Measure("labels", _by_class("recall")),
    "true_negative_rate": Measure("labels", _negatives(True)),
    "false_positive_rate": Measure("labels", _negatives(False), lower=True),
    "f1_score": Measure("labels", _by_class("fscore")),
    "fbeta_score": Measure("labels", _by_class("fscore")),
    "jaccard_score": Measure("labels", _by_class("jaccard")),
    "matthews_corrcoef": Measure("labels", LabelMetric(_matthews, _no_fraction)),
    "balanced_accuracy_score": Measure("labels", LabelMetric(_balanced, _no_fraction)),
    "cohen_kappa_score": Measure("labels", LabelMetric(_kappa, _no_fraction)),
    "roc_auc_score": Measure("area"),
    "average_precision_score": Measure("precision"),
    "mean_squared_error": Measure("mean", rows.of_outputs("mean_squared_error"), lower=True),
    "mean_absolute_error": Measure("mean", rows.of_outputs("mean_absolute_error"), lower=True),
    "mean_squared_log_error": Measure("mean", rows.of_outputs("mean_squared_log_error"), lower=True),
    "mean_pinball_loss": Measure("mean", rows.of_outputs("mean_pinball_loss"), lower=True),
    "mean_absolute_percentage_error": Measure("mean", rows.of_outputs("mean_absolute_percentage_error"), lower=True),
    "mean_tweedie_deviance": Measure("mean", rows.deviance(None), lower=True),
    "mean_poisson_deviance": Measure("mean", rows.deviance(1.0), lower=True),
    "mean_gamma_deviance": Measure("mean", rows.deviance(2.0), lower=True),
    "root_mean_squared_error": Measure("root", rows.of_outputs("mean_squared_error"), lower=True),
    "root_mean_squared_log_error": Measure("root", rows.of_outputs("mean_squared_log_error"), lower=True),
    "log_loss": Measure("mean", rows.log_loss, lower=True),
    "brier_score_loss": Measure("mean", rows.brier, lower=True),
    "hinge_loss": Measure("mean", rows.hinge, lower=True),
    "top_k_accuracy_score": Measure("mean", rows.top_k),
    "dcg_score": Measure("mean", dcg_by_query),
    "ndcg_score": Measure("mean", ndcg_by_query),
    "label_ranking_average_precision_score": Measure("mean", precision_by_sample),
    "coverage_error": Measure("mean", coverage_by_sample, lower=True),
    "label_ranking_loss": Measure("mean", loss_by_sample, lower=True),
    "r2_score": Measure("sums", (_r2_sums, _r2)),
    "explained_variance_score": Measure("sums", (_explained_sums, _explained)),
    "max_error": Measure("any", lower=True),
    "median_absolute_error": Measure("any", lower=True),
}
# Values of rows, whatever they are: the name "mean".
GIVEN = Measure("mean", rows.given)
# Whatever is not in the table is a score, known only as a whole.
ANY = Measure("any")


def refuse(method: str, metric: str, kind: Kind, methods: tuple[str, ...], comparing: bool) -> ValueError:
    """Say which methods suit a metric."""
    return ValueError(
        f"method={method!r} does not suit {metric}{' in a comparison' if comparing else ''}, which is {kind.title} "
        f"here: expected 'auto' or one of {', '.join(map(repr, methods))}."
    )
