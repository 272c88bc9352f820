"""Losses of predicted probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import Weights
from .labels import Labels


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
    n, columns = y_proba.shape
    codes = np.searchsorted(classes, y_true).clip(max=len(classes) - 1)
    if not np.array_equal(classes[codes], y_true):
        raise ValueError("y_true holds a label that is not among the classes")
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
