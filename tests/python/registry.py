"""Every metric. The generic tests and the benches take everything they know about a metric from its row."""

from __future__ import annotations

import re

from metric import BACKENDS, HAS_NATIVE, WITHOUT_NATIVE, Keywords, Meant, Metric, needs_native
from rows import classification, ranking, regression

__all__ = [
    "BACKENDS",
    "HAS_NATIVE",
    "METRICS",
    "PAIRS",
    "ROWS",
    "WITHOUT_NATIVE",
    "Keywords",
    "Metric",
    "meant",
    "needs_native",
    "pair_id",
]

FAMILIES_OF_METRICS = (classification, ranking, regression)
ROWS: tuple[Metric, ...] = tuple(row for family in FAMILIES_OF_METRICS for row in family.ROWS)
METRICS = {row.name: row for row in ROWS}
PAIRS = [(row, family) for row in ROWS for family in row.inputs]


def pair_id(pair: tuple[Metric, str]) -> str:
    """The name of a test of a metric on a family."""
    return f"{pair[0].name}-{pair[1]}"


def meant(row: Metric, what: str) -> Meant | None:
    """The difference that is meant here, if any."""
    for entry in (entry for family in FAMILIES_OF_METRICS for entry in family.MEANT):
        if re.fullmatch(entry.metrics, row.name) and re.fullmatch(entry.oddities, what):
            return entry
    return None
