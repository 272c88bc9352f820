"""From a task's columns to a report: each metric with its uncertainty, and what the difference of two models means.

One metric, named before anything is computed, carries the verdict, so that its p-value needs no correction; those of
all others are adjusted for their number (Holm). The alternative, one adjustment over all metrics, would make the answer
to the one question depend on how many others are shown beside it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._tasks import Metric, Problem, TaskError
from .inference import Comparison, adjust_pvalues, required_rows
from .inference._measures import RANDOMIZED
from .inference._resampling import Plan
from .inference.paired import difference_of
from .inference.results import number_text as number
from .inference.results import pvalue_text as pvalue
from .inference.single import interval_of
from .ranking import roc_auc_score
from .report.results import BETTER, EQUIVALENT, NO_EVIDENCE, UNDEFINED, WORSE, Row, Slice

# Standard errors: scores that are random go so far once in three million times.
_FAR = 5.0


@dataclass(frozen=True)
class Settings:
    """How sure one wants to be, and how the answer is found."""

    confidence_level: float = 0.95
    margin: float | None = None
    n_resamples: int = 9999
    seed: int = 0
    headline: str | None = None
    progress: Callable[..., Any] | None = None

    @property
    def plan(self) -> Plan:
        """How replicates are drawn."""
        return Plan(self.n_resamples, self.seed, self.progress, "multinomial")


def judge(problem: Problem, settings: Settings) -> tuple[list[Row], str]:
    """Compute all metrics of a problem.

    Parameters
    ----------
    problem : Problem
        Of one model or two. What is to be said of the numbers is added to its notes.
    settings : Settings

    Returns
    -------
    rows : list of Row
    headline : str
        The metric that the verdict rests on.
    """
    metrics = problem.metrics()
    headline, why = choose_headline(problem, settings)
    if len(problem.models) == 1:
        rows = [_estimated(problem, metric, settings) for metric in metrics]
        problem.notes += _reversals(problem, rows)
        return rows, headline
    rows = []
    for metric in metrics:
        margin = settings.margin if metric.name == headline else None
        rows.append(_compared(problem, metric, settings, margin))
    title = next(row.title for row in rows if row.metric == headline)
    rows = _adjusted(rows, [row.metric != headline for row in rows], settings)
    said = f"the verdict rests on {title} ({why})"
    if len(rows) > 2:
        said += "; the p-values of the others are adjusted for their number (Holm), intervals are not"
    problem.notes.insert(0, said)
    if problem.cluster is not None:
        problem.notes.insert(1, f"clusters are taken for independent, not rows: there are {problem.counts['clusters']}")
    problem.notes += _reversals(problem, rows)
    return rows, headline


def _reversals(problem: Problem, rows: list[Row]) -> Iterator[str]:
    """Ask for the positive label where scores rank it far below chance: they may be those of the other one."""
    if problem.task != "binary":
        return
    row = next((row for row in rows if row.metric == "roc_auc_score"), None)
    whole = len(problem.truth) == problem.counts["rows"]
    positives, negatives = problem.counts["positives"], problem.counts["negatives"]
    # The standard error of the area of random scores (Mann and Whitney, 1947).
    error = math.sqrt((positives + negatives + 1) / (12 * positives * negatives))
    negative, positive = problem.names
    for i, model in enumerate(problem.models):
        if row is not None:
            area = row.values[i]
        elif whole and "score" in model.forms:
            area = float(roc_auc_score(problem.truth, model.forms["score"]))
        else:
            continue
        if area < 0.5 - _FAR * error:
            yield (
                f"{model.name} ranks {positive} far below chance (ROC AUC {number(area)}): if these are scores of "
                f"{negative}, say --positive {negative}"
            )


def choose_headline(problem: Problem, settings: Settings) -> tuple[str, str]:
    """Choose the metric that the verdict rests on, and say why."""
    headline, why = problem.headline() if settings.headline is None else (settings.headline, "as --metric says")
    names = [metric.name for metric in problem.metrics()]
    # As users of scikit-learn's scorers know them: f1, roc_auc, f1_macro.
    short = {name.replace("_score", ""): name for name in names}
    headline = headline if headline in names else short.get(headline, headline)
    if headline not in names:
        raise TaskError(f"--metric {headline!r} is none of those that suit: {', '.join(names)}")
    return headline, why


def slice_by(name: str, parts: Iterable[tuple[str, Problem]], headline: str, settings: Settings) -> list[Slice]:
    """Compare two models on the rows that have each value of a column, by the metric of the verdict.

    The worst change comes first. P-values are adjusted for the number of slices (Holm).
    """
    rows, values, sizes = [], [], []
    for value, part in parts:
        metric = next(metric for metric in part.metrics() if metric.name == headline)
        # What a small slice lacks is a matter of course: its interval says so.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows.append(_compared(part, metric, settings, settings.margin))
        values.append(value)
        sizes.append(part.size)
    rows = _adjusted(rows, [True] * len(rows), settings)
    found = [Slice(name, value, size, row) for value, size, row in zip(values, sizes, rows, strict=True)]
    return sorted(found, key=lambda one: _gain(one.row))


def sentence(row: Row, problem: Problem, rows: list[Row], settings: Settings) -> str:
    """Say what the metric of the verdict shows, and what the others show against it."""
    base, tuned = row.values
    if row.verdict == UNDEFINED:
        return f"undefined: {row.title} is not defined for both models"
    said = row.verdict
    level = f"{100 * settings.confidence_level:g}"
    low, high = row.interval
    said += f": {row.title} {number(base)} -> {number(tuned)}, {number(row.difference, sign=True)}"
    if math.isfinite(low) and math.isfinite(high):
        said += f" ({level} % interval {number(low, sign=True)} to {number(high, sign=True)}, {pvalue(row.pvalue)})"
    if row.verdict == NO_EVIDENCE and row.required_rows is not None:
        unit, count = problem.unit, problem.counts.get(problem.unit, problem.counts["rows"])
        said += f"; to show a difference of this size takes about {row.required_rows} {unit}, there are {count}"
    against = {BETTER: WORSE, WORSE: BETTER}.get(row.verdict)
    wanted = (against,) if against else (BETTER, WORSE)
    for verdict in wanted:
        titles = [one.title for one in rows if one.metric != row.metric and one.verdict == verdict]
        if titles:
            said += f"; but {verdict} by {', '.join(titles)}"
    return said


@contextmanager
def _noted(problem: Problem, metric: Metric) -> Iterator[None]:
    """Turn warnings into notes, and refusals into one sentence."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except ValueError as error:
            raise TaskError(f"{metric.title}: {str(error).splitlines()[0]}") from None
    for text in dict.fromkeys(str(warning.message).split(". ")[0].rstrip(".") for warning in caught):
        problem.notes.append(f"{metric.title}: {text}")


def _estimated(problem: Problem, metric: Metric, settings: Settings) -> Row:
    with _noted(problem, metric):
        found = interval_of(problem.evidence(metric), "auto", settings.confidence_level, settings.plan)
    return Row(
        metric.name,
        metric.title,
        metric.higher_is_better,
        (found.value,),
        found.confidence_interval,
        found.standard_error,
        method=found.method,
    )


def _compared(problem: Problem, metric: Metric, settings: Settings, margin: float | None) -> Row:
    with _noted(problem, metric):
        evidence = problem.evidence(metric)
        found = difference_of(evidence, "auto", settings.confidence_level, settings.plan)
        within = False
        if margin is not None and math.isfinite(found.standard_error):
            # Two one-sided tests: an interval of twice the error probability lies within the margin.
            method = "normal" if found.method in RANDOMIZED else found.method
            wider = difference_of(evidence, method, 2 * settings.confidence_level - 1, settings.plan)
            low, high = wider.confidence_interval
            within = -margin < low and high < margin
    row = Row(
        metric.name,
        metric.title,
        metric.higher_is_better,
        (found.base, found.tuned),
        found.confidence_interval,
        found.standard_error,
        found.pvalue,
        found.method,
        required_rows=_required(found, problem, settings),
    )
    return replace(row, verdict=_verdict(row, settings, margin if within else None))


def _required(found: Comparison, problem: Problem, settings: Settings) -> int | None:
    """Rows to see a difference of this size, in the problem's unit: of recall, not the positive rows alone."""
    try:
        rows = required_rows(found, confidence_level=settings.confidence_level)
    except ValueError:
        return None
    if problem.unit != "rows":
        return rows
    return math.ceil(rows * problem.size / found.n)


def _gain(row: Row) -> float:
    """How much better the last model is; what is undefined comes last."""
    difference = row.difference if row.higher_is_better else -row.difference
    return math.inf if math.isnan(difference) else difference


def _verdict(row: Row, settings: Settings, margin: float | None) -> str:
    if math.isnan(row.difference):
        return UNDEFINED
    if margin is not None:
        return f"{EQUIVALENT} within {margin:g}"
    # A p-value that is undefined (one row, one row of a class) shows nothing.
    if row.pvalue is None or not row.pvalue <= 1 - settings.confidence_level or row.difference == 0:
        return NO_EVIDENCE
    return BETTER if _gain(row) > 0 else WORSE


def _adjusted(rows: list[Row], chosen: list[bool], settings: Settings) -> list[Row]:
    """Adjust the p-values of the chosen rows for their number, and their verdicts with them."""
    places = [i for i, (row, take) in enumerate(zip(rows, chosen, strict=True)) if take and _has_pvalue(row)]
    if not places:
        return rows
    adjusted: NDArray[np.float64] = np.asarray(adjust_pvalues([rows[i].pvalue for i in places], "holm"))
    rows = list(rows)
    for i, p in zip(places, adjusted, strict=True):
        row = replace(rows[i], pvalue=float(p))
        kept = row.verdict.startswith(EQUIVALENT)
        rows[i] = row if kept else replace(row, verdict=_verdict(row, settings, None))
    return rows


def _has_pvalue(row: Row) -> bool:
    return row.pvalue is not None and not math.isnan(row.pvalue)
