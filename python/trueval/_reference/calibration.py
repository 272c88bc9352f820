"""Reliability: how often what was forecast with some probability came true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import Weights
from .labels import Labels, is_label
from .losses import class_codes

_Bins = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def reliability(
    y_true: Labels,
    pos_label: int | None,
    y_proba: NDArray[Any],
    sample_weight: Weights,
    edges: NDArray[np.float64],
    /,
) -> _Bins:
    """Amounts in each bin, those of one label, and the sums of its probabilities."""
    return _binned(is_label(y_true, pos_label), y_proba.astype(np.float64), sample_weight, edges)


def top_reliability(
    y_true: Labels, classes: Labels, y_proba: NDArray[Any], sample_weight: Weights, edges: NDArray[np.float64], /
) -> _Bins:
    """Amounts in each bin of the highest probability, those whose class it was, and the sums of the probabilities."""
    hit = y_proba.argmax(axis=1) == class_codes(y_true, classes)
    return _binned(hit, y_proba.max(axis=1).astype(np.float64), sample_weight, edges)


def _binned(hit: NDArray[Any], proba: NDArray[np.float64], sample_weight: Weights, edges: NDArray[np.float64]) -> _Bins:
    place = np.searchsorted(edges, proba)
    amount = np.ones(len(proba)) if sample_weight is None else sample_weight
    total, observed, forecast = (
        np.bincount(place, weights=values, minlength=len(edges) + 1).astype(np.float64)
        for values in (amount, amount * hit, amount * proba)
    )
    return total, observed, forecast
