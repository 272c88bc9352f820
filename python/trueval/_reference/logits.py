"""Losses of logits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cross_entropy(
    y_true: NDArray[np.int64], logits: NDArray[Any], brain: bool, ignored: int | None, /
) -> NDArray[np.float64]:
    """Take the log of the sum of exponentials of each row less the logit of its own class; 0 for an ignored class."""
    if logits.dtype == np.uint16:
        logits = (logits.astype(np.uint32) << 16).view(np.float32) if brain else logits.view(np.float16)
    losses = np.zeros(len(y_true))
    kept = np.ones(len(y_true), bool) if ignored is None else y_true != ignored
    rows, classes = logits[kept].astype(np.float64), y_true[kept]
    if classes.size and (classes.min() < 0 or classes.max() >= logits.shape[1]):
        raise ValueError("y_true holds a label that is not among the classes")
    if classes.size:
        with np.errstate(invalid="ignore"):
            top = rows.max(axis=1)
            total = np.exp(rows - top[:, np.newaxis]).sum(axis=1)
            losses[kept] = (top - rows[np.arange(len(rows)), classes]) + np.log(total)
    return losses
