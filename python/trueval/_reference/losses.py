"""Losses of predicted probabilities and decision values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import Weights
from .labels import Labels, is_label


def log_loss(  # noqa: PLR0917 - the contract is positional
    y_true: Labels,
    classes: Labels,
    y_proba: NDArray[Any],
    sample_weight: Weights,
    low: float,
    high: float,
    tolerance: float,
    /,
) -> tuple[float, int]:
    """Weighted sum of -log of the clipped probability of each row's own class; rows that do not add up to 1."""
    n, columns = len(y_true), y_proba.shape[1]
    y_proba = np.broadcast_to(y_proba, (n, columns))
    codes = class_codes(y_true, classes)
    with np.errstate(all="ignore"):
        if columns == 1:
            second = y_proba[:, 0].astype(np.float64)
            own, off = np.where(codes == 1, second, 1.0 - second), 0
        else:
            own = y_proba[np.arange(n), codes].astype(np.float64)
            total = y_proba.sum(axis=1, dtype=np.float64)
            off = int(np.count_nonzero(np.abs(total - 1.0) > tolerance))
        loss = -np.log(np.minimum(np.maximum(own, low), high))
        # -log(1) is -0.0, which is no loss to print.
        return float(np.sum(loss if sample_weight is None else sample_weight * loss)) + 0.0, off


def class_codes(y_true: Labels, classes: Labels) -> NDArray[np.intp]:
    """Positions of labels among the sorted classes, which must hold each of them."""
    codes = np.searchsorted(classes, y_true).clip(max=len(classes) - 1)
    if not np.array_equal(classes[codes], y_true):
        raise ValueError("y_true holds a label that is not among the classes")
    return codes


def brier(
    y_true: Labels, classes: Labels, y_proba: NDArray[Any], sample_weight: Weights, tolerance: float, /
) -> tuple[float, int]:
    """Weighted sum of squared distances between each row and the one-hot encoding of its class; rows off 1."""
    proba = np.array(np.broadcast_to(y_proba, (len(y_true), len(classes))), dtype=np.float64)
    off = int(np.count_nonzero(np.abs(proba.sum(axis=1) - 1.0) > tolerance))
    proba[np.arange(len(proba)), class_codes(y_true, classes)] -= 1.0
    return _total(np.sum(proba * proba, axis=1), sample_weight), off


def brier_binary(y_true: Labels, pos_label: int | None, y_proba: NDArray[Any], sample_weight: Weights, /) -> float:
    """Weighted sum of squared differences between the probability and the truth."""
    gap = y_proba.astype(np.float64) - is_label(y_true, pos_label)
    return _total(gap * gap, sample_weight)


def hinge(y_true: Labels, classes: Labels, pred_decision: NDArray[Any], sample_weight: Weights, /) -> float:
    """Weighted sum of max(0, 1 - margin), the margin being a row's own decision less the greatest other one."""
    decision = pred_decision.astype(np.float64)
    own = np.arange(len(decision)), class_codes(y_true, classes)
    margin = decision[own]
    decision[own] = -np.inf
    with np.errstate(over="ignore", invalid="ignore"):
        margin -= decision.max(axis=1)
        return _total(np.maximum(1.0 - margin, 0.0), sample_weight)


def hinge_binary(
    y_true: Labels, pos_label: int | None, pred_decision: NDArray[Any], sample_weight: Weights, /
) -> float:
    """Weighted sum of max(0, 1 - decision) over the positives, and of max(0, 1 + decision) over the others."""
    decision = pred_decision.astype(np.float64)
    margin = np.where(is_label(y_true, pos_label), decision, -decision)
    return _total(np.maximum(1.0 - margin, 0.0), sample_weight)


def _total(loss: NDArray[np.float64], sample_weight: Weights) -> float:
    with np.errstate(all="ignore"):
        return float(np.sum(loss if sample_weight is None else sample_weight * loss))
