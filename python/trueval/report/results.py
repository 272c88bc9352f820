"""What a run of the command line found: all that any form of the report shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BETTER, WORSE, NO_EVIDENCE, UNDEFINED = "better", "worse", "no evidence of a difference", "undefined"
EQUIVALENT = "equivalent"
# What a table's column says of a row; sentences have it in full.
_SHORT = {NO_EVIDENCE: "no evidence"}


@dataclass(frozen=True)
class Row:
    """One metric, or one metric on a slice of the rows.

    Parameters
    ----------
    metric, title : str
        Its name for machines and for people.
    higher_is_better : bool
        Its direction.
    values : tuple of float
        One for each model, in the order of `Report.models`.
    interval : tuple of float
        Bounds of the last model's value less the first's; of a single model's value.
    standard_error : float
        Of the same.
    pvalue : float or None
        Of the difference, adjusted where it is one of several; None for a single model.
    method : str
        How they were had; empty where there is none.
    verdict : str
        What the difference means for the last model; empty for a single one.
    required_rows : int or None
        Rows that it takes to find a difference of this size in four cases of five; None where there is no such number.
    """

    metric: str
    title: str
    higher_is_better: bool
    values: tuple[float, ...]
    interval: tuple[float, float]
    standard_error: float
    pvalue: float | None = None
    method: str = ""
    verdict: str = ""
    required_rows: int | None = None

    @property
    def difference(self) -> float:
        """The last model's value less the first's."""
        return self.values[-1] - self.values[0]

    @property
    def short_verdict(self) -> str:
        """The verdict in two words at most, but for a margin."""
        return _SHORT.get(self.verdict, self.verdict)


@dataclass(frozen=True)
class Slice:
    """The rows that have one value of a column, and the metric of the verdict on them."""

    column: str
    value: str
    rows: int
    row: Row


@dataclass
class Report:
    """What one run of the command line found.

    Parameters
    ----------
    file : str
        The file that was read.
    label : str
        The column of truth.
    models : dict of str to str
        Role ("base" and "tuned", or "score") to column.
    task, reason : str
        The task and why it is that one.
    counts : dict
        Rows and what else was counted, by name.
    rows : list of Row
        The metrics.
    headline : str
        The metric (`Row.metric`) that the verdict rests on.
    verdict : str
        The verdict in a sentence; empty for a single model.
    confidence_level : float
        Of the intervals; one minus the level of the tests.
    slices : list of Slice
        Of each column, the worst change first.
    notes : list of str
        Sentences that qualify the numbers.
    backend : str
        Which backend computed them.
    """

    file: str
    label: str
    models: dict[str, str]
    task: str
    reason: str
    counts: dict[str, Any]
    rows: list[Row]
    headline: str
    verdict: str = ""
    confidence_level: float = 0.95
    slices: list[Slice] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    backend: str = ""

    @property
    def compares(self) -> bool:
        """Whether there are two models."""
        return len(self.models) > 1
