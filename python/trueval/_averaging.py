"""From per-class, per-sample and per-output values to what a public function returns.

What a metric is where its definition divides by zero, decided here once:

====================================================  ==================================  =============================
case                                                  value                               warning
====================================================  ==================================  =============================
precision: nothing predicted as the class             `zero_division` (``'warn'``: 0.0)   UndefinedMetricWarning, only
recall: nothing truly of the class                    `zero_division` (``'warn'``: 0.0)   with ``'warn'``
F-score: the class neither predicted nor true         `zero_division` (``'warn'``: 0.0)
Jaccard: the class neither predicted nor true         `zero_division` (``'warn'``: 0.0)
mean of scores of which some are NaN                  mean of the others; NaN if none     none
mean weighted by weights that are all zero            unweighted mean                     none
accuracy, log loss, regression: weights add up to 0   ZeroDivisionError
confusion matrix: normalised row or column is empty   0.0                                 none
confusion matrix: one label only                      a 1 by 1 matrix                     UserWarning
balanced accuracy: no sample is truly of a class      mean over the other classes         UserWarning
Matthews correlation: a constant argument             0.0                                 none
kappa: no sample within `labels`, or one label only   `replace_undefined_by`              UndefinedMetricWarning
LR+: no false positive; LR-: no true negative         `replace_undefined_by`              UndefinedMetricWarning
likelihood ratios: no positive sample                 NaN, each that is defined           UndefinedMetricWarning
D² of log loss or Brier score: fewer than two samples NaN                                 UndefinedMetricWarning
D² of the Brier score: y_true of one class            -inf (NaN if perfectly predicted)   none
ROC curve: no negatives / no positives                FPR / TPR all NaN                   UndefinedMetricWarning
ROC AUC: one class only                               NaN                                 UndefinedMetricWarning
precision-recall curve: no positives                  recall all 1, average precision 0   UserWarning
ROC AUC, average precision: no sample                 ValueError
NDCG of a query without a relevant document           0.0                                 none
DET curve: one class only                             ValueError
DET curve: a class without weight                     FPR / FNR all NaN                   none
samples' ROC AUC: a sample with one kind of mark      NaN                                 UndefinedMetricWarning
samples' average precision: no relevant label         0.0                                 UserWarning
label ranking AP: no label relevant, or all           1.0                                 none
label ranking AP: weights add up to 0                 NaN                                 none
label ranking loss: no label relevant, or all         0.0                                 none
coverage error: no label relevant                     0.0                                 none
true negative, false positive rate: no negatives      NaN                                 UndefinedMetricWarning
top-k accuracy: k not below the number of classes     1.0                                 UndefinedMetricWarning
R²: fewer than two samples                            NaN                                 UndefinedMetricWarning
R²: constant y_true, perfect / imperfect prediction   1.0 / 0.0 (NaN / -inf where         none
                                                      `force_finite` is false)
explained variance: constant y_true, constant error   1.0 / 0.0 otherwise (NaN / -inf     none
                                                      where `force_finite` is false)
D²: fewer than two samples                            NaN                                 UndefinedMetricWarning
D² of the pinball loss: y_true all at its quantile    1.0 if perfect, else 0.0            none
D² of a deviance: y_true has none from its mean       ZeroDivisionError
MAPE: a target of 0                                   counts as 2.2e-16                   none
log loss: y_true of one class and `labels` not given  ValueError
retrieval: a query without a relevant document        0.0                                 none
group AUC: a query without one, or without another    NaN; the mean is over other queries UndefinedMetricWarning where
                                                                                          there is none
====================================================  ==================================  =============================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exceptions import warn

Array = NDArray[Any]

# what a zero denominator of each ratio lacks
_LACKING = {
    "precision": "predicted",
    "recall": "true",
    "f-score": "true nor predicted",
    "jaccard": "true or predicted",
}


def average(values: Array, weights: Any = None) -> float:
    """Weighted mean; weights that add up to zero are refused."""
    if weights is None and values.ndim == 1 and values.size:
        # What NumPy's average does in ten times as long.
        if values.dtype.char == "?":
            return float(np.count_nonzero(values) / values.size)
        if values.dtype.char in "dlq":
            return float(np.add.reduce(values, dtype=np.float64)) / values.size
    return float(np.average(values, weights=weights))


def nan_average(values: Array, weights: Array | None = None) -> float:
    """Weighted mean of what is not NaN; NaN where nothing else is left."""
    if values.size == 1:
        return float(values[0]) if weights is not None and weights[0] != 0 else average(values)
    unknown = np.isnan(values)
    n_unknown = np.count_nonzero(unknown)
    if n_unknown == values.size:
        return float("nan")
    if n_unknown:
        values = values[~unknown]
        weights = weights if weights is None else weights[~unknown]
    return average(values, weights if weights is not None and np.add.reduce(weights) != 0 else None)


def _zero_division_value(zero_division: Any) -> float:
    if isinstance(zero_division, str):
        return 0.0
    if isinstance(zero_division, (int, float)) and zero_division in (0, 1):
        return float(zero_division)
    return float("nan")


def divide(  # noqa: PLR0917
    numerator: Array, denominator: Array, metric: str, mean: str | None, warn_for: Container[str], zero_division: Any
) -> NDArray[np.float64]:
    """Ratios, with `zero_division` where the denominator is zero, and the warning that belongs to it."""
    if np.count_nonzero(denominator) == denominator.size:
        return np.true_divide(numerator, denominator, dtype=np.float64)
    empty = denominator == 0
    ratio = numerator.astype(np.float64) / np.where(empty, 1, denominator)
    ratio[empty] = _zero_division_value(zero_division)
    if isinstance(zero_division, str) and zero_division == "warn" and metric in warn_for:
        missing, where = ("label", "sample") if mean == "samples" else ("sample", "label")
        extent = "due to" if ratio.size == 1 else f"in {where}s with"
        warn(
            f"{metric.capitalize()} is ill-defined and being set to 0.0 {extent} no {_LACKING[metric]} {missing}s. Use "
            "`zero_division` parameter to control this behavior.",
            "UndefinedMetricWarning",
        )
    return ratio


def precision_recall_fscore(
    hits: Array,
    predicted: Array,
    true: Array,
    *,
    beta: float,
    mean: str | None,
    warn_for: Container[str],
    weights: Array | None,
    zero_division: Any,
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F-score and support from the counts of each class (or sample), averaged as `mean` says.

    `weights` are the sample weights, of use to ``mean='samples'`` only.
    """
    if mean == "micro":
        hits, predicted, true = (np.add.reduce(counts, keepdims=True) for counts in (hits, predicted, true))
    precision = divide(hits, predicted, "precision", mean, warn_for, zero_division)
    recall = divide(hits, true, "recall", mean, warn_for, zero_division)
    if beta == math.inf:
        fscore = recall
    elif beta == 0:
        fscore = precision
    else:
        square = beta**2
        both = square * true.astype(np.float64) + predicted
        fscore = divide((1 + square) * hits.astype(np.float64), both, "f-score", mean, warn_for, zero_division)
    if mean is None:
        return precision, recall, fscore, true
    by = true if mean == "weighted" else weights if mean == "samples" else None
    return nan_average(precision, by), nan_average(recall, by), nan_average(fscore, by), None


def average_ratio(
    part: Array,
    whole: Array,
    metric: str,
    *,
    mean: str | None,
    support: Array,
    weights: Array | None,
    zero_division: Any,
) -> Any:
    """Ratio of each class (or sample), averaged as `mean` says; undefined ones count with their `zero_division`."""
    if mean == "micro":
        part, whole = np.sum(part, keepdims=True), np.sum(whole, keepdims=True)
    ratio = divide(part, whole, metric, mean, (metric,), zero_division)
    if mean is None:
        return ratio
    if mean == "weighted":
        return average(ratio, support if np.any(support) else None)
    return average(ratio, weights if mean == "samples" else None)


def average_columns(
    score: Callable[[int], float], n_columns: int, mean: str | None, weights: Array | None
) -> float | NDArray[np.float64]:
    """Score of each column, averaged with `weights`; columns of weight zero count as 0."""
    scores = np.zeros(n_columns)
    for column in range(n_columns):
        scores[column] = score(column)
    if mean is None:
        return scores
    if weights is not None:
        scores[weights == 0] = 0
    return average(scores, weights)


def average_outputs(errors: NDArray[np.float64], multioutput: Any, dtype: np.dtype[Any]) -> Any:
    """Errors of the outputs as they are (``'raw_values'``, in `dtype`) or their mean."""
    if isinstance(multioutput, str):
        if multioutput == "raw_values":
            return errors.astype(dtype, copy=False)
        multioutput = None
    return average(errors, multioutput)


def explained_fraction(
    residual: NDArray[np.float64],
    total: NDArray[np.float64],
    multioutput: Any,
    force_finite: bool,
    dtype: np.dtype[Any],
) -> Any:
    """One minus residual over total for each output, averaged."""
    varies = total != 0
    if force_finite:
        misses = residual != 0
        scores = np.ones(residual.shape)
        both = varies & misses
        scores[both] = 1 - residual[both] / total[both]
        scores[misses & ~varies] = 0.0
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = 1 - residual / total
    if isinstance(multioutput, str):
        if multioutput == "raw_values":
            return scores.astype(dtype, copy=False)
        multioutput = total if multioutput == "variance_weighted" and varies.any() else None
    return average(scores, multioutput)
