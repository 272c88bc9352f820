"""What the functions of this package return."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class ConfidenceInterval(NamedTuple):
    """Two bounds.

    Attributes
    ----------
    low, high : float
    """

    low: float
    high: float


def number_text(value: float, sign: bool = False) -> str:
    """Four decimals, or four significant digits where those would show nothing or too much."""
    if math.isnan(value):
        return "undefined"
    plus = "+" if sign and value else ""
    if value == 0 or 5e-5 <= abs(value) < 1e7 or math.isinf(value):
        return f"{value:{plus}.4f}"
    return f"{value:{plus}.3e}"


def pvalue_text(p: float | None) -> str:
    """Write a p-value as in a sentence; none is 0."""
    if p is None or math.isnan(p):
        return "p undefined"
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.4f}" if p < 0.1 else f"p = {p:.2f}"


def _interval_text(interval: ConfidenceInterval, sign: bool = False) -> str:
    if any(map(math.isnan, interval)):
        return "interval undefined"
    return f"interval [{number_text(interval.low, sign)}, {number_text(interval.high, sign)}]"


@dataclass(frozen=True)
class Estimate:
    """A metric with its uncertainty; printed, one line.

    Attributes
    ----------
    value : float
        What the metric's function returns.
    standard_error : float
        Its standard error: from the formula that belongs to the method, or the standard deviation of the replicates.
    confidence_interval : ConfidenceInterval
        ``.low`` and ``.high``.
    method : str
        The method that ran.
    n : int
        The number of independent units: rows, queries or clusters; of precision, recall and their kin, the rows that
        they are a fraction of.
    """

    value: float
    standard_error: float
    confidence_interval: ConfidenceInterval
    method: str
    n: int

    def __str__(self) -> str:
        interval = _interval_text(self.confidence_interval)
        return f"{number_text(self.value)}, {interval} ({self.method}, n = {self.n})"


@dataclass(frozen=True)
class Comparison:
    """A metric of two models, and whether they differ; printed, one line.

    Attributes
    ----------
    base, tuned : float
        The metric of either model.
    difference : float
        `tuned` less `base`.
    standard_error : float
        Of the difference.
    confidence_interval : ConfidenceInterval
        Of the difference: ``.low`` and ``.high``, one of them infinite for a one-sided alternative.
    statistic : float
        What the p-value is read off: z, t, χ², the smaller number of discordant rows, or, of resampling methods, the
        difference.
    pvalue : float
        Probability of a difference at least as large if there is none; adjusted where several comparisons were made.
    method : str
        The method that ran.
    n : int
        The number of independent units: rows, queries or clusters.
    wins, ties, losses : int or None
        How often the tuned model did better than the base, as well, and worse: rows, queries or clusters of them. None
        where the metric has no value for a row.
    """

    base: float
    tuned: float
    difference: float
    standard_error: float
    confidence_interval: ConfidenceInterval
    statistic: float
    pvalue: float
    method: str
    n: int
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None

    def __str__(self) -> str:
        values = f"{number_text(self.base)} -> {number_text(self.tuned)}, {number_text(self.difference, sign=True)}"
        interval = _interval_text(self.confidence_interval, sign=True)
        return f"{values}, {interval}, {pvalue_text(self.pvalue)} ({self.method}, n = {self.n})"
