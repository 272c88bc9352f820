"""What the functions of this package return."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Estimate:
    """A metric with its uncertainty.

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


@dataclass(frozen=True)
class Comparison:
    """A metric of two models, and whether they differ.

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
