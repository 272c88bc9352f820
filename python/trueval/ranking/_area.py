"""Areas under the curves of one positive class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _backend
from .._validation.arrays import (
    Array,
    as_numbers,
    canonical_scores,
    check_consistent_length,
    column_or_1d,
    native,
    refuse_zero_weights,
)
from .._validation.scores import BinaryRanking, Ranked
from ..exceptions import warn
from .curves import NO_NEGATIVES, NO_POSITIVE_CLASS, NO_POSITIVES, precision_recall_points, roc_points

ONE_CLASS = "Only one class is present in y_true. ROC AUC score is not defined in that case."


def area_of_points(x: Any, y: Any) -> float:
    """Area under points that are to be checked, see `trueval.auc`."""
    check_consistent_length(x, y)
    x = column_or_1d(x)
    y = column_or_1d(y)
    if x.shape[0] < 2:
        raise ValueError(f"At least 2 points are needed to compute area under curve, but x.shape = {x.shape[0]}")
    return trapezoid_area(as_numbers(x, "x", missing=False), as_numbers(y, "y", missing=False))


def trapezoid_area(x: Array, y: Array) -> float:
    """Area under points, with the sign of `y`."""
    # Wide integers are told apart by their distances: float64 holds these where it may not hold the numbers.
    near = (x - x.min()).view(np.uint64) if x.dtype.kind in "iu" and x.dtype.itemsize == 8 else x
    abscissas = native(near, np.float64)
    rises, falls, area = _backend.current().trapezoid(abscissas, native(y, np.float64))
    if rises:
        return float(area)
    if falls:
        return float(-area)
    if not math.isnan(area) or np.any(np.diff(abscissas) < 0):
        raise ValueError(f"x is neither increasing nor decreasing : {x}.")
    return float(area)  # a NaN among x compares with nothing


def _ranked(kernel: str, inputs: BinaryRanking | Ranked) -> Any:
    """Call a kernel of one positive class, or its variant for float16."""
    if not isinstance(inputs, BinaryRanking):
        return getattr(inputs, kernel)()
    labels, positive, scores, weights, _ = inputs
    if weights is None and scores.dtype.char == "e":
        return getattr(_backend.current(), f"{kernel}_of_halves")(labels, positive, scores.view(np.uint16))
    values = None if weights is None else weights.values
    return getattr(_backend.current(), kernel)(labels, positive, canonical_scores(scores), values)


def roc_area(inputs: BinaryRanking | Ranked, max_fpr: float | None) -> float:
    """ROC AUC of one positive class, partial below `max_fpr`."""
    weights = inputs.weights
    refuse_zero_weights(weights)
    if (max_fpr is None or max_fpr == 1) and (weights is None or weights.low >= 0):
        positives, negatives, twice_area = _ranked("roc_auc", inputs)
        if positives <= 0 or negatives <= 0:
            if negatives <= 0:
                warn(NO_NEGATIVES, "UndefinedMetricWarning")
            if positives <= 0:
                warn(NO_POSITIVES, "UndefinedMetricWarning")
            return float("nan")
        pairs = 2 * positives * negatives
        if weights is None or 1e-290 < pairs < 1e290:
            return float(twice_area / pairs)
    # Negative weights, weights whose products leave the range of a float, and partial areas go by the curve.
    fpr, tpr, _ = roc_points(inputs, drop_intermediate=True)
    if max_fpr is None or max_fpr == 1:
        return trapezoid_area(fpr, tpr)
    stop = np.searchsorted(fpr, max_fpr, "right")
    at_bound = np.interp(max_fpr, [fpr[stop - 1], fpr[stop]], [tpr[stop - 1], tpr[stop]])
    return float(standardise(area_of_points(np.append(fpr[:stop], max_fpr), np.append(tpr[:stop], at_bound)), max_fpr))


def standardise(area: Any, max_fpr: float) -> Any:
    """McClish's scale for partial areas: 0.5 for random scores, 1 at best."""
    least = 0.5 * max_fpr**2
    return 0.5 * (1 + (area - least) / (max_fpr - least))


def precision_area(inputs: BinaryRanking | Ranked) -> float:
    """Average precision of one positive class."""
    weights = inputs.weights
    refuse_zero_weights(weights)
    if weights is None or weights.low >= 0:
        total, positives = _ranked("average_precision", inputs)
        if positives <= 0:
            warn(NO_POSITIVE_CLASS)
            return 0.0
        return float(max(0.0, total / positives))
    precision, recall, _ = precision_recall_points(inputs, drop_intermediate=False)
    return float(max(0.0, -np.sum(np.diff(recall) * precision[:-1])))
