"""The second pass over a table: a problem whose rows are known by sums, with a sample of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._tasks import Metric, Model, Problem, TaskError, cut_by, refuse_negative_weights
from .._verdicts import Settings, choose_headline
from ..inference import _areas as areas
from ..inference._evidence import Evidence, Question
from ..inference._laws import StudentLaw
from ..inference._measures import KINDS
from ..inference._samples import generator
from ..inference.single import analytic_law
from .families import FAMILIES, RANKED, Family
from .products import undrawn
from .survey import Batch, Survey, Wanted

# Rows from which standard errors come that no sum tells: areas of 5 % positives then have errors of 0.4 % in these.
SAMPLE = 1 << 20
# Shares of the memory limit: of the rows of the sample, and of the states.
_OF_SAMPLE, _OF_STATES = 1 / 16, 1 / 2
# Purpose of random numbers, beside those of `inference._samples`.
_CHOSEN = 7


def plan(survey: Survey, wanted: Wanted, settings: Settings, memory: int, arrays: bool) -> Stream:
    """Decide by the first pass, and make the states for the second."""
    if wanted.weight is not None:
        refuse_negative_weights(survey.digest[wanted.weight], survey.negative)
    decided = survey.prepare()
    counts: dict[str, Any] = {**decided.counts, "rows": survey.rows}
    sizes: list[int] = []
    if decided.task != "regression":
        labels = survey.labels(wanted.label)
        if labels is None:
            raise TaskError(f"column {wanted.label!r} holds no labels")
        sizes = survey.sizes(wanted.label, labels).tolist()
    if decided.task == "binary":
        shown = survey.labels(wanted.label)
        positive = sizes[(shown.names if shown else []).index(counts["positive_label"])]
        counts |= {"positives": positive, "negatives": survey.rows - positive}
    # The rows themselves stay with the survey.
    stream = Stream(**{**vars(decided), "counts": counts}, sizes=sizes, number=survey.rows)
    headline, _ = choose_headline(stream, settings)
    chosen = next(metric for metric in stream.metrics() if metric.name == headline)
    cuts = {name: _cut(survey, name) for name in wanted.cuts}
    pieces = sum(len(cut) for cut in cuts.values())
    stores = len(stream.models) * (1 + (pieces if chosen.function in RANKED else 0))
    share = max(1 << 16, int(memory * _OF_STATES / stores))
    row = sum(array.nbytes // len(array) for array in (stream.truth, *_arrays(stream)))
    sample = min(SAMPLE, max(1024, int(memory * _OF_SAMPLE / row)))
    stream.totals = Totals(stream, stream.metrics(), share, sample, settings.seed, arrays)
    for name, cut in cuts.items():
        parts = []
        for value, places, number in cut:
            part = replace(stream, number=number, totals=None, cuts={}, notes=[])
            part.totals = Totals(part, [chosen], share, max(min(sample, 1024), sample // pieces), settings.seed, False)
            parts.append(_Cut(value, places, part))
        stream.cuts[name] = parts
    stream.survey = survey
    return stream


def _arrays(problem: Problem) -> list[NDArray[Any]]:
    forms = [array for model in problem.models for array in model.forms.values()]
    return forms if problem.weight is None else [*forms, problem.weight]


def _cut(survey: Survey, name: str) -> list[tuple[str, NDArray[np.bool_], int]]:
    column = survey.digest[name]
    if column.values.ndim > 1 and column.values.shape[1] > 1:
        raise TaskError(f"slice column {name!r} holds lists; one value per row is needed")
    labels = survey.labels(name) if name in survey.counts else None
    parts = None if labels is None else cut_by(labels, survey.sizes(name, labels))
    if parts is None or labels is None:
        raise TaskError(
            f"slice column {name!r} holds more numbers than are shown one by one, and quarters of them are found in "
            "memory only"
        )
    sizes = survey.sizes(name, labels)
    return [(value, places, int(sizes[places].sum())) for value, places in parts]


@dataclass
class _Cut:
    """The rows with some values of a column."""

    value: str
    places: NDArray[np.bool_]
    stream: Stream


@dataclass
class Stream(Problem):
    """A problem whose rows are known by sums; the columns that it has are those of the deciding rows."""

    sizes: list[int] = field(default_factory=list)
    number: int = 0
    totals: Totals | None = None
    cuts: dict[str, list[_Cut]] = field(default_factory=dict)
    survey: Survey | None = None

    @property
    def size(self) -> int:
        return self.number

    def _class_sizes(self) -> list[int]:
        return self.sizes

    def jobs(self, problem: Problem, batch: Batch) -> Iterator[Callable[[], None]]:
        """List what has to be done with a part; the jobs do not touch one another."""
        if self.totals is not None:
            yield from self.totals.jobs(problem)
        for name, cut in self.cuts.items():
            labels = None if self.survey is None else self.survey.labels(name, batch)
            if labels is None:
                raise TaskError(f"slice column {name!r} holds no labels")
            places = labels.codes(labels.distinct)
            for one in cut:
                yield partial(one.stream.add, problem, one.places[places])

    def add(self, problem: Problem, chosen: NDArray[np.bool_]) -> None:
        """Add some rows of a part."""
        if self.totals is not None and chosen.any():
            for job in self.totals.jobs(problem.part(chosen)):
                job()

    def evidence(self, metric: Metric) -> Evidence:
        if self.totals is None:
            raise ValueError("the rows of a stream have not been added up")
        found, sampled = self.totals.evidence(metric)
        if sampled:
            self.totals.note(self, metric)
        return found

    def slices_of(self, name: str) -> Iterator[tuple[str, Problem]]:
        """Divide the rows by the values of a column."""
        for one in self.cuts[name]:
            yield one.value, one.stream

    def sample(self) -> Problem:
        """Random rows, or all where there are few."""
        if self.totals is None:
            raise ValueError("the rows of a stream have not been added up")
        return self.totals.sample.problem

    def close(self) -> None:
        """Let go of all states and their files."""
        for stream in (self, *(one.stream for cut in self.cuts.values() for one in cut)):
            if stream.totals is not None:
                stream.totals.close()


class _Sampler:
    """A random choice of rows, which depends on the seed and on their number alone."""

    def __init__(self, problem: Problem, rows: int, most: int, seed: int) -> None:
        self.rows, self.most = rows, most
        self.places: NDArray[np.int64] | None = None
        if rows > most:
            numbers = generator(seed, _CHOSEN, 0)
            self.places = np.sort(numbers.choice(rows, most, replace=False, shuffle=False))
        self._like, self._seen = problem, 0
        self._parts: list[Problem] = []
        self._whole: Problem | None = None

    def add(self, part: Problem) -> None:
        size = part.size
        if self.places is None:
            self._parts.append(part)
        else:
            low, high = np.searchsorted(self.places, [self._seen, self._seen + size])
            if high > low:
                self._parts.append(part.part(self.places[low:high] - self._seen))
        self._seen += size

    @property
    def problem(self) -> Problem:
        """The rows chosen, in their order."""
        if self._whole is None:
            parts = self._parts
            models = [
                Model(
                    model.name, {form: np.concatenate([p.models[i].forms[form] for p in parts]) for form in model.forms}
                )
                for i, model in enumerate(self._like.models)
            ]
            weight = None if self._like.weight is None else np.concatenate([p.weight for p in parts])
            truth = np.concatenate([part.truth for part in parts])
            kept = {name: getattr(self._like, name) for name in ("task", "reason", "counts", "names")}
            self._whole = Problem(**kept, truth=truth, models=models, weight=weight)
            self._parts = []
        return self._whole


class Totals:
    """States of metrics, and what tells how sure they are."""

    def __init__(  # noqa: PLR0917
        self, problem: Stream, metrics: list[Metric], share: int, sample: int, seed: int, arrays: bool
    ) -> None:
        self.rows = problem.number
        self.sample = _Sampler(problem, self.rows, sample, seed)
        self.whole = self.sample.places is None
        self.metrics = {metric.name: metric for metric in metrics}
        self._families: list[Family] = []
        for kind in FAMILIES:
            own = [metric for metric in metrics if metric.function in kind.functions]
            if own:
                self._families.append(kind(problem, own, share))
        self._sampling = (
            arrays or self.whole or any(family.samples(metric) for family in self._families for metric in metrics)
        )
        self._noted: list[str] = []
        self._weighted, self._heavy = problem.weight is not None, False

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        """Work on a part; the jobs do not touch one another."""
        if part.weight is not None and not self._heavy:
            self._heavy = bool(part.weight.any())
        for family in self._families:
            yield from family.jobs(part)
        if self._sampling:
            yield partial(self.sample.add, part)

    def evidence(self, metric: Metric) -> tuple[Evidence, bool]:
        """Say what is known of a metric, and whether it comes from a sample that is not all rows."""
        if self._weighted and not self._heavy:
            raise ValueError("Sample weights must contain at least one non-zero number.")
        family = next(family for family in self._families if metric.function in family.functions)
        values = family.values(metric)
        question = Question(metric.function, values, self.rows)
        finite = all(math.isfinite(value) for value in values)
        if not finite:
            return Evidence("any", question, undrawn), False
        rough = family.samples(metric)
        if not (rough or (self.whole and family.inexact(metric))):
            found = family.evidence(metric, question)
            if found is not None:
                return found, False
        own = self.sample.problem.evidence(metric)
        if self.whole:
            own.problem.values = values
            return own, False
        return _scaled(question, own, self.sample.most / self.rows), True

    def note(self, problem: Problem, metric: Metric) -> None:
        """Say of which metrics the standard errors are those of a sample."""
        self._noted.append(metric.title)
        start = "standard errors of "
        problem.notes[:] = [note for note in problem.notes if not note.startswith(start)]
        problem.notes.append(
            f"{start}{', '.join(self._noted)} are those of {self.sample.most} random rows, scaled to {self.rows}; "
            "values and differences are those of all rows"
        )

    def close(self) -> None:
        """Let go of all states."""
        for family in self._families:
            for state in family.states:
                state.close()


def _scaled(question: Question, sampled: Evidence, share: float) -> Evidence:
    """Evidence of all rows from that of a share of them, whose standard errors are larger."""
    comparing = len(question.values) == 2
    kind = KINDS.get(sampled.kind, KINDS["any"])
    methods = kind.compare if comparing else kind.estimate
    method = next((name for name in ("delong-logit", "delong", "t", "normal") if name in methods), "normal")
    error = math.nan
    if sampled.kind != "any":
        error = analytic_law("delong" if method == "delong-logit" else method, sampled).standard_error * math.sqrt(
            share
        )
    estimate = question.values[-1] - question.values[0] if comparing else question.values[0]
    if method == "delong-logit" and 0.0 < estimate < 1.0 and error > 0.0:
        return Evidence(sampled.kind, question, undrawn, lambda _: areas.LogitLaw(estimate, error), method=method)
    return Evidence(sampled.kind, question, undrawn, lambda _: StudentLaw(estimate, error), method=method)
