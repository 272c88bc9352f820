"""The command line on tables that do not fit in memory: they are read twice, in parts.

The first pass finds what decides about the task and the form of the predictions: distinct labels, extremes, a number
that is not whole. It keeps a row for each of these, and `_tasks.prepare` decides by those rows as it would by all.
The second pass puts them before the rows of each part, so that every part is prepared alike, and adds it to the
mergeable states of `trueval.streaming`.

Values are those of all rows. So are intervals and p-values that follow from the cells of a table (fractions, F1) or
from sums (means of losses and errors, RMSE, R²). Those that need the rows side by side, of areas and average precision,
and of labels with weights, are those of a random sample, scaled to all rows; a table that is not longer than the sample
is all in it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import streaming
from ._averaging import average_columns
from ._tables import Column, Progress, Selection, Table, TableError
from ._tasks import (
    Labels,
    Metric,
    Model,
    Problem,
    TaskError,
    cut_by,
    find_labels,
    is_whole,
    prepare,
    refuse_negative_weights,
)
from ._verdicts import Settings, choose_headline
from .inference import _areas as areas
from .inference import _rows as per_row
from .inference._cells import Table as Cells
from .inference._evidence import Evidence, Question, of_table
from .inference._laws import Law, StudentLaw, TransformedLaw
from .inference._measures import KINDS
from .inference._samples import Sample, generator
from .inference.single import analytic_law
from .ranking.areas import precision_area, roc_area
from .streaming._runs import plain, tally
from .streaming._sums import exact_dot
from .streaming._tables import SparseTable, part_of

Floats = NDArray[np.float64]
Batch = dict[str, Column]

# Rows from which standard errors come that no sum tells: areas of 5 % positives then have errors of 0.4 % in these.
SAMPLE = 1 << 20
# Distinct labels, or values of a column to slice by, that are told apart.
_DISTINCT = 1 << 16
# New values up to which each is looked for by itself.
_FEW = 8
# Shares of the memory limit: of a part that is read (of which there are up to three, and what is made of them), of the
# rows of the sample, and of the states.
_OF_BATCH, _OF_SAMPLE, _OF_STATES = 1 / 64, 1 / 16, 1 / 2
_MOST_ROWS = 1 << 19
# Rows that stay in the cache from one operation to the next.
_CACHED = 1 << 14
# Purpose of random numbers, beside those of `inference._samples`.
_CHOSEN = 7


@dataclass(frozen=True)
class Wanted:
    """Which columns of a table are what."""

    label: str
    models: Sequence[Selection]
    weight: str | None = None
    cuts: Sequence[str] = ()
    task: str | None = None
    positive: str | None = None

    @property
    def names(self) -> list[str]:
        """All columns, each once."""
        extra = [name for name in (self.weight,) if name is not None]
        chosen = [column for model in self.models for column in model.columns]
        return list(dict.fromkeys([self.label, *extra, *self.cuts, *chosen]))


def read(  # noqa: PLR0917
    table: Table,
    wanted: Wanted,
    settings: Settings,
    memory: int,
    progress: Callable[[str], Progress | None],
    arrays: bool = False,
) -> Stream:
    """Read a table in parts, and prepare its problem for `_verdicts.judge`.

    Parameters
    ----------
    table : Table
        One whose format can be read in parts.
    wanted : Wanted
    settings : Settings
        The seed is that of the sample, too.
    memory : int
        Bytes that all may take, about.
    progress : callable
        ``progress(words)`` begins to show a pass, and returns what is called with rows done and rows in all.
    arrays : bool, default=False
        Keep a sample of the rows in any case.

    Returns
    -------
    Stream

    Raises
    ------
    TableError, TaskError
        As the readers of whole tables do.
    """
    survey = Survey(wanted)
    rows = _rows_of_batch(table, wanted, memory)
    for batch in _ahead(table.batches(wanted.names, rows)):
        survey.add(batch)
        survey.report(progress("looking at"), table.rows)
    stream = _plan(survey, wanted, settings, memory, arrays)
    done = 0
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for batch in _ahead(table.batches(wanted.names, rows, checked=True)):
            done += len(batch[wanted.label].values)
            for _ in pool.map(_call, stream.jobs(survey.prepare(batch), batch)):
                pass
            show = progress("adding up")
            if show is not None:
                show(done, survey.rows)
    if done != survey.rows:
        raise TableError(f"{table.path} had {survey.rows} rows and then {done}: it was changed while it was read")
    return stream


def _call(job: Callable[[], None]) -> None:
    job()


def _rows_of_batch(table: Table, wanted: Wanted, memory: int) -> int:
    each = table.row_bytes(wanted.names) or 8.0 * len(wanted.names)
    return max(1024, min(_MOST_ROWS, int(memory * _OF_BATCH / each)))


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Read the next part while the last is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


# First pass -----------------------------------------------------------------------------------------------------------


class Survey:
    """The rows by which `prepare` decides as by all, and how often each label and each value of a slice occurs."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.rows = 0
        counted = [] if wanted.task == "regression" else [wanted.label]
        self.counts: dict[str, dict[Any, int]] = {name: {} for name in (*counted, *wanted.cuts)}
        self.negative = 0
        # Deciding rows by why they are; a value of a column by its name.
        self._kept: dict[Any, dict[str, Any]] = {}
        self._known: dict[str, set[Any] | None] = {}
        self._bounds: dict[Any, float] = {}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._digest: Batch | None = None

    def report(self, show: Progress | None, total: int | None) -> None:
        """Say how far the pass has come."""
        if show is not None:
            show(self.rows, total or self.rows)

    def add(self, batch: Batch) -> None:
        """Look at a part."""
        found: dict[Any, int] = {}
        for name, column in batch.items():
            self._dtypes[name] = column.values.dtype
            values = column.values
            if column.categories is not None:
                texts = np.array(column.categories, dtype=object)
                self._distinct(column, values, texts, np.bincount(values, minlength=len(texts)), found)
            elif values.ndim > 1 and values.shape[1] > 1:
                for place in range(values.shape[1]):
                    self._extremes((name, place), values[:, place], found)
            else:
                self._numbers(column, values.reshape(-1), found)
        for model in self.wanted.models:
            self._sums(model, batch, found)
        for why, row in found.items():
            self._kept[why] = {name: _cell(column, row) for name, column in batch.items()}
        self.rows += len(batch[self.wanted.label].values)

    def _extremes(self, what: Any, values: NDArray[Any], found: dict[Any, int]) -> tuple[float, float]:
        low, high = values.min().item(), values.max().item()
        if low < self._bounds.get((what, "low"), math.inf):
            self._bounds[what, "low"] = low
            found[what, "low"] = int(values.argmin())
        if high > self._bounds.get((what, "high"), -math.inf):
            self._bounds[what, "high"] = high
            found[what, "high"] = int(values.argmax())
        return low, high

    def _numbers(self, column: Column, values: NDArray[Any], found: dict[Any, int]) -> None:
        name = column.name
        low, high = self._extremes(name, values, found)
        if name == self.wanted.weight:
            if low < 0:
                self.negative += int(np.count_nonzero(values < 0))
            return
        if self._known.get(name, ()) is None:
            return
        if not is_whole(values):
            if max(-low, high) < 2.0**53:
                found[name, "not whole"] = int(np.argmax(values != np.trunc(values)))
            self._known[name] = None
            self.counts.pop(name, None)
            return
        whole = values.astype(np.int64) if values.dtype.kind == "f" else values
        if values.dtype.kind == "b":
            whole = values.view(np.uint8)
        if int(high) - int(low) < _DISTINCT:
            if int(low) >= 0 and int(high) < _DISTINCT and whole.dtype != np.uint64:
                low, counts = 0, np.bincount(whole)
            else:
                counts = np.bincount((whole - whole.dtype.type(int(low))).astype(np.int64))
            present = np.flatnonzero(counts)
            texts = np.array([int(place) + int(low) for place in present], dtype=object)
            self._distinct(column, whole, texts, counts[present], found)
        else:
            distinct, counts = np.unique(whole, return_counts=True)
            self._distinct(column, whole, distinct, counts, found)

    def _distinct(
        self, column: Column, values: NDArray[Any], distinct: NDArray[Any], counts: NDArray[Any], found: dict[Any, int]
    ) -> None:
        """Take note of the values of a part, or positions of texts, and of where each new one is."""
        name = column.name
        known = self._known.setdefault(name, set())
        if known is None:
            return
        listed = distinct.tolist()
        new = [value for value in listed if value not in known]
        if len(known) + len(new) > _DISTINCT:
            if name in self.counts:
                what = "label" if name == self.wanted.label else "slice"
                more = "; --task regression takes any number" if what == "label" and column.kind == "numbers" else ""
                raise TaskError(
                    f"{what} column {name!r} has more than {_DISTINCT} distinct values in {self.rows + len(values)} "
                    f"rows and more, too many to tell apart when a table is read in parts{more}"
                )
            new = new[: max(0, _DISTINCT + 1 - len(known))]
        known.update(new)
        for value, count in zip(listed, counts.tolist(), strict=True):
            if name in self.counts:
                self.counts[name][value] = self.counts[name].get(value, 0) + count
        if not new:
            return
        codes = new if column.categories is None else [listed.index(value) for value in new]
        if len(new) <= _FEW:
            at = [int(np.argmax(values == code)) for code in codes]
        else:
            present, first = np.unique(values, return_index=True)
            at = first[np.searchsorted(present, np.array(codes, dtype=present.dtype))].tolist()
        for value, row in zip(new, at, strict=True):
            found[name, "is", value] = row

    def _sums(self, model: Selection, batch: Batch, found: dict[Any, int]) -> None:
        """Find the row whose probabilities are furthest from a sum of 1."""
        columns = [batch[name] for name in model.columns]
        arrays = [column.values for column in columns]
        if any(column.kind != "numbers" for column in columns):
            return
        if (len(arrays) == 1 and arrays[0].ndim == 1) or (len(arrays) > 1 and any(a.ndim > 1 for a in arrays)):
            return
        matrix = arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)
        away = np.abs(matrix.sum(axis=1, dtype=np.float64) - 1)
        row = int(away.argmax())
        if away[row] > self._bounds.get((model.name, "sum"), -1.0):
            self._bounds[model.name, "sum"] = float(away[row])
            found[model.name, "sum"] = row

    @property
    def digest(self) -> Batch:
        """The deciding rows, as columns that stand for all."""
        if self._digest is None:
            self._digest = {}
            for name, dtype in self._dtypes.items():
                cells = [row[name] for row in self._kept.values()]
                if isinstance(cells[0], str):
                    categories, places = np.unique(np.array(cells), return_inverse=True)
                    column = Column(name, places.reshape(-1), tuple(categories.tolist()), self.rows)
                else:
                    column = Column(name, np.array(cells, dtype=dtype), None, self.rows)
                self._digest[name] = column
        return self._digest

    def prepare(self, batch: Batch | None = None) -> Problem:
        """Prepare a part as all rows would be; without one, the deciding rows."""
        wanted, columns = self.wanted, self.digest
        if batch is not None:
            columns = {name: _joined(column, batch[name]) for name, column in columns.items()}
        problem = prepare(
            columns[wanted.label],
            [(model, [columns[name] for name in model.columns]) for model in wanted.models],
            task=wanted.task,
            weight=None if wanted.weight is None else columns[wanted.weight],
            positive=wanted.positive,
        )
        if batch is None:
            return problem
        return problem.part(slice(len(self.digest[wanted.label].values), None))

    def labels(self, name: str, batch: Batch | None = None) -> Labels | None:
        """Labels of a column, in the whole or in a part."""
        column = self.digest[name]
        if batch is None:
            return find_labels(column)
        joined = find_labels(_joined(column, batch[name]))
        return None if joined is None else replace(joined, values=joined.values[len(column.values) :])

    def sizes(self, name: str, labels: Labels) -> NDArray[np.int64]:
        """How many rows there are of each distinct label."""
        return np.array([self.counts[name][value] for value in labels.distinct])


def _cell(column: Column, row: int) -> Any:
    if column.categories is not None:
        return column.categories[column.values[row]]
    return column.values[row].copy()


def _joined(head: Column, tail: Column) -> Column:
    """Rows of two columns, one below the other."""
    if head.categories is None or tail.categories is None:
        return Column(head.name, np.concatenate([head.values, tail.values]), None, head.rows)
    categories = tuple(sorted({*head.categories, *tail.categories}))
    place = {text: i for i, text in enumerate(categories)}
    values = [np.array([place[text] for text in own.categories or ()])[own.values] for own in (head, tail)]
    return Column(head.name, np.concatenate(values), categories, head.rows)


def _plan(survey: Survey, wanted: Wanted, settings: Settings, memory: int, arrays: bool) -> Stream:
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
    stores = len(stream.models) * (1 + (pieces if chosen.function in _RANKED else 0))
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


# Second pass ----------------------------------------------------------------------------------------------------------


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
        self._families: list[_Family] = []
        for kind in (_Labels, _Ranked, _Losses, _Errors):
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
            return Evidence("any", question, _undrawn), False
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


def _undrawn(_: Any) -> Sample:
    raise ValueError("sums have no rows to be drawn from")


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
        return Evidence(sampled.kind, question, _undrawn, lambda _: areas.LogitLaw(estimate, error), method=method)
    return Evidence(sampled.kind, question, _undrawn, lambda _: StudentLaw(estimate, error), method=method)


class _Family:
    """Metrics that share states."""

    functions: tuple[str, ...] = ()

    def __init__(self, problem: Stream, metrics: list[Metric], share: int) -> None:
        self.models, self.weighted = len(problem.models), problem.weight is not None
        self.metrics = metrics
        self.states: list[Any] = []

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        raise NotImplementedError

    def values(self, metric: Metric) -> tuple[float, ...]:
        raise NotImplementedError

    def samples(self, metric: Metric) -> bool:
        """Whether nothing but rows tells the standard error."""
        return False

    def inexact(self, metric: Metric) -> bool:
        """Whether the rows, where all are there, tell more than the sums do."""
        return False

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        """Say what is known of a metric without its rows."""
        return None


class _Labels(_Family):
    """Metrics of predicted labels, from the table of true labels and those of all models."""

    functions = ("accuracy_score", "precision_score", "recall_score", "f1_score")

    def __init__(self, problem: Stream, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        self.states = [streaming.state("confusion_matrix") for _ in range(self.models)]
        self.size = max(2, len(problem.names))
        self.cells = SparseTable()
        self._params = {metric.name: problem.arguments(metric).params for metric in metrics}

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        yield partial(self._add, part)

    def _add(self, part: Problem) -> None:
        labels = [model.forms["label"] for model in part.models]
        for state, label in zip(self.states, labels, strict=True):
            state.update(part.truth, label, part.weight)
        if self.weighted:
            return
        width = self.size ** (1 + self.models)
        codes = part.truth.astype(np.min_scalar_type(width))
        for label in labels:
            codes = codes * codes.dtype.type(self.size) + label.astype(codes.dtype)
        if width <= _DISTINCT:
            counts = np.bincount(codes, minlength=width)
            found = np.flatnonzero(counts)
            counts = counts[found]
        else:
            found, counts = np.unique(codes, return_counts=True)
        self.cells.add(part_of(found.astype(np.uint64), counts.astype(np.int64), np.zeros(len(found))))

    def values(self, metric: Metric) -> tuple[float, ...]:
        import trueval

        function, params = getattr(trueval, metric.function), self._params[metric.name]
        for state in self.states:
            state._flush()  # small parts wait for others
        tables = [state._crossing() for state in self.states]
        return tuple(float(function(table, table, **params)) for table in tables)

    def samples(self, metric: Metric) -> bool:
        return self.weighted and metric in self.metrics

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        cells = self.cells.cells()
        rest: NDArray[np.int64] = cells.codes.astype(np.int64)
        places: list[NDArray[np.int64]] = []
        for _ in range(1 + self.models):
            rest, place = np.divmod(rest, self.size)
            places.insert(0, place)
        every: NDArray[np.int64] = np.concatenate(places)
        labels, joint = np.unique(every, return_inverse=True)
        true, *predicted = np.split(joint.reshape(-1).astype(np.intp), 1 + self.models)
        return of_table(question, Cells(labels, true, predicted, cells.counts), self._params[metric.name])


_RANKED = ("roc_auc_score", "average_precision_score")


class _Ranked(_Family):
    """Areas and average precision, from the sorted scores of each class."""

    functions = _RANKED

    def __init__(self, problem: Stream, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        self.states = [streaming.state("roc_auc_score", memory_limit=share) for _ in range(self.models)]
        # Of several classes, those that some row is of.
        self.classes: NDArray[Any] | None = None if problem.task == "binary" else np.unique(problem.truth)
        self.form = metrics[0].form
        self._walks: list[Any] = []

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        truth = part.truth
        if self.classes is not None:
            truth = (truth[:, np.newaxis] == self.classes).view(np.uint8)
        for state, model in zip(self.states, part.models, strict=True):
            score = model.forms[self.form]
            if self.classes is not None and len(self.classes) < score.shape[1]:
                score = score[:, self.classes]
            yield partial(state.update, truth, score, part.weight)

    def values(self, metric: Metric) -> tuple[float, ...]:
        for state in self.states:
            state._flush()
        if self.classes is None:
            if not self._walks:
                with ThreadPoolExecutor(len(self.states)) as pool:
                    self._walks = list(pool.map(self._walk, self.states))
            of = roc_area if metric.function == "roc_auc_score" else lambda walk, _: precision_area(walk)
            return tuple(float(of(walk, None)) for walk in self._walks)
        return tuple(self._mean(state) for state in self.states)

    def _walk(self, state: Any) -> Any:
        ranking = state.one_class(0, 1)
        return ranking if self.weighted else _Walk(ranking)

    def _mean(self, state: Any) -> float:
        classes = () if self.classes is None else self.classes
        columns = [column for column in range(len(classes)) if state.amount(state.groups(column).get(1))]
        if len(columns) < 2:
            return math.nan
        return float(
            average_columns(lambda i: roc_area(state.one_class(columns[i], 1), None), len(columns), "macro", None)
        )

    def samples(self, metric: Metric) -> bool:
        return metric in self.metrics and not self._by_moments(metric)

    def _by_moments(self, metric: Metric) -> bool:
        return self.models == 1 and metric.function == "roc_auc_score" and not self.weighted and self.classes is None

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        found = self.states[0].one_class(0, 1).moments()
        variance = areas.variance_of(found)

        def law(method: str) -> Law:
            return areas.area_law(method, question.values[0], math.sqrt(variance), found.ups, found.downs)

        return Evidence("area", question, _undrawn, law)


class _Walk:
    """Area and average precision of a stored ranking, from one walk down the scores: a `Ranked` of those two."""

    weights = None

    def __init__(self, ranking: Any) -> None:
        store, self.score_dtype = ranking.store, ranking.score_dtype
        self._ups, self._downs = store.rows(ranking.ups), store.rows(ranking.downs)
        up = down = self._twice = self._units = 0
        for slices in store.ranges(ranking.ups, ranking.downs):
            keys = [plain(part, 2 * store.range_rows) for part in slices]
            if keys[0] is None or keys[1] is None:
                found = tally(slices[0], slices[1], False)
                at, tps, reached = found.ups, np.cumsum(found.ups), np.cumsum(found.downs)
                above = reached - found.downs
                here, below = int(tps[-1]) if tps.size else 0, int(reached[-1]) if reached.size else 0
            else:
                at, tps, above, reached = _at_positives(keys[0], keys[1])
                here, below = keys[0].size, keys[1].size
            tps, above, reached = tps + up, above + down, reached + down
            # Twice the negatives below a positive, and once those beside it.
            self._twice += exact_dot(at, 2 * self._downs - above - reached)
            self._units += exact_dot(at, np.rint(tps / (tps + reached) * float(1 << 52)).astype(np.int64))
            up, down = up + here, down + below

    def roc_auc(self) -> tuple[int, int, int]:
        return self._ups, self._downs, self._twice

    def average_precision(self) -> tuple[float, int]:
        return float(self._units) / (1 << 52), self._ups


def _at_positives(ups: NDArray[Any], downs: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Positives at each distinct key that has one, positives at or above it, negatives above it, and at or above it."""
    ups, downs = np.sort(ups), np.sort(downs)
    starts = np.flatnonzero(np.concatenate([[True], ups[1:] != ups[:-1]])) if ups.size else np.empty(0, np.intp)
    keys = ups[starts]
    above = downs.size - np.searchsorted(downs, keys, "right")
    reached = downs.size - np.searchsorted(downs, keys, "left")
    return np.diff(starts, append=ups.size), ups.size - starts, above, reached


class _Losses(_Family):
    """Log loss, from sums."""

    functions = ("log_loss",)

    def __init__(self, problem: Stream, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        classes = 2 if problem.task == "binary" else problem.models[0].forms["proba"].shape[1]
        self.labels = list(range(classes))
        # Of two classes the losses that are summed for the standard error are all that there is to know.
        several = problem.task != "binary"
        self.states = [streaming.state("log_loss", labels=self.labels) for _ in range(self.models if several else 0)]
        self.products = _Products()

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        for state, model in zip(self.states, part.models, strict=False):
            yield partial(state.update, part.truth, model.forms["proba"], part.weight)
        yield partial(self._multiply, part)

    def _multiply(self, part: Problem) -> None:
        losses = [self._by_row(part.truth, model.forms["proba"]) for model in part.models]
        self.products.add(_apart([loss for loss in losses if loss is not None]), part.weight)

    def _by_row(self, truth: NDArray[Any], proba: NDArray[Any]) -> Floats | None:
        if proba.ndim > 1:
            return per_row.log_loss(truth, proba, labels=self.labels)
        eps = float(np.finfo(proba.dtype).eps)
        losses = np.empty(len(truth))
        for start in range(0, len(truth), _CACHED):
            rows = slice(start, start + _CACHED)
            own = losses[rows]
            np.subtract(proba[rows], truth[rows] ^ 1, out=own, dtype=np.float64)  # p, or p - 1 of a negative row
            np.clip(np.abs(own, out=own), eps, 1.0 - eps, out=own)
            np.negative(np.log(own, out=own), out=own)
        return losses

    def values(self, metric: Metric) -> tuple[float, ...]:
        if not self.states:
            found = [self.products.value(place) for place in range(self.models)]
            return (found[0], *(found[0] + apart for apart in found[1:]))
        return tuple(float(state.compute()) for state in self.states)

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        return self.products.mean(question, len(question.values) - 1)


class _Errors(_Family):
    """Errors of predicted numbers, from sums."""

    functions = ("mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score")

    def __init__(self, problem: Stream, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        self.by_name = {
            metric.name: [streaming.state(metric.function) for _ in range(self.models)] for metric in metrics
        }
        self.states = [state for states in self.by_name.values() for state in states]
        # Squared errors, absolute ones, truth about its mean, and the square of that.
        self.products = _Products()

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        for place, model in enumerate(part.models):
            yield partial(self._add, place, part, model.forms["value"])
        yield partial(self._multiply, part)

    def _add(self, place: int, part: Problem, values: NDArray[Any]) -> None:
        for states in self.by_name.values():
            states[place].update(part.truth, values, part.weight)

    def _multiply(self, part: Problem) -> None:
        truth = part.truth.astype(np.float64)
        errors = [truth - model.forms["value"].astype(np.float64) for model in part.models]
        squared, absolute = _apart([error**2 for error in errors]), _apart([np.abs(error) for error in errors])
        about = truth - self.products.start(2 * self.models, truth)
        self.products.add([*squared, *absolute, truth, about**2], part.weight, plain=1)

    def values(self, metric: Metric) -> tuple[float, ...]:
        return tuple(float(state.compute()) for state in self.by_name[metric.name])

    def inexact(self, metric: Metric) -> bool:
        return metric.function == "r2_score" or (metric.function == "root_mean_squared_error" and self.models == 2)

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        if metric.function == "mean_squared_error":
            return self.products.mean(question, self.models - 1)
        if metric.function == "mean_absolute_error":
            return self.products.mean(question, 2 * self.models - 1)
        root = metric.function == "root_mean_squared_error"
        return self._root(question) if root else self._explained(question)

    def _root(self, question: Question) -> Evidence:
        products, values, df = self.products, question.values, question.rows - 1
        if len(values) == 1:
            error = products.standard_error({0: 1.0})
            value = values[0]
            own = error / (2 * value) if value else error

            def law(_: str) -> Law:
                return TransformedLaw(StudentLaw(value**2, error, df), value, own, math.sqrt, 0.0)

            return Evidence("root", question, _undrawn, law)
        # Where all errors are 0, so is what they add.
        slopes = [0.5 / value if value else 0.0 for value in values]
        error = products.standard_error({0: slopes[1] - slopes[0], 1: slopes[1]})
        return Evidence("root", question, _undrawn, lambda _: StudentLaw(values[1] - values[0], error, df))

    def _explained(self, question: Question) -> Evidence:
        """First order of 1 less the ratio of squared errors to squares of the truth about its mean."""
        products, values, models = self.products, question.values, self.models
        truth, square = 2 * models, 2 * models + 1
        away = products.means[truth]  # of the truth's mean from where the squares are about
        spread = products.means[square] - away**2
        ratio = 1 - values[0] if models == 1 else values[0] - values[1]
        # Squared deviations from the mean, less what the mean itself moves.
        slopes = {square: ratio / spread, truth: -2 * away * ratio / spread, models - 1: -1 / spread}
        error = products.standard_error(slopes)
        estimate = values[-1] - values[0] if models == 2 else values[0]
        return Evidence("sums", question, _undrawn, lambda _: StudentLaw(estimate, error), method="normal")


def _apart(values: list[Floats]) -> list[Floats]:
    """Keep values of the first model, and what those of the second are above them: alike as they are, they cancel."""
    return [values[0], *(other - values[0] for other in values[1:])]


class _Products:
    """Sums of products of columns, from which the standard error of any sum of them follows.

    Columns are taken about the mean of the first part, so that little cancels. Rows have weights, and what is summed is
    the square of a weight times a product: that of what a row adds.
    """

    def __init__(self) -> None:
        self.squares: Floats = np.zeros((0, 0))
        self.sums: Floats = np.zeros(0)
        self.rows = 0
        self._start: dict[int, float] = {}

    def start(self, place: int, column: Floats) -> float:
        """About which number a column is taken."""
        return self._start.setdefault(place, float(column.mean()))

    def add(self, columns: list[Floats], weight: Floats | None, plain: int = 0) -> None:
        """Add rows; the last `plain` columns are as they should be."""
        about = len(columns) - plain
        near = [self.start(place, column) if place < about else 0.0 for place, column in enumerate(columns)]
        size, rows = len(columns) + 1, len(columns[0])
        if not self.rows:
            self.squares, self.sums = np.zeros((size, size)), np.zeros(size)
        # Blocks so small that the product takes one thread: others are at work.
        for start in range(0, rows, _CACHED):
            block = slice(start, start + _CACHED)
            matrix = np.ones((size, min(_CACHED, rows - start)))
            for place, column in enumerate(columns):
                np.subtract(column[block], near[place], out=matrix[place])
            if weight is not None:
                matrix *= weight[block]
            self.squares += matrix @ matrix.T
            self.sums += matrix.sum(axis=1)
        self.rows += rows

    @property
    def means(self) -> Floats:
        """Means of the columns, from where they are taken about."""
        return self.sums[:-1] / self.sums[-1]

    def value(self, place: int) -> float:
        """Mean of a column itself."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._start[place] + float(self.means[place])

    def standard_error(self, slopes: dict[int, float]) -> float:
        """Work out the standard error of a sum of the columns' means, each times its slope."""
        if self.rows < 2:
            return math.nan
        chosen = np.zeros(len(self.sums))
        for place, slope in slopes.items():
            chosen[place] += slope / self.sums[-1]
        chosen[-1] = -float(np.dot(chosen[:-1], self.means))
        square = float(chosen @ self.squares @ chosen)
        return math.sqrt(max(0.0, square) * self.rows / (self.rows - 1))

    def mean(self, question: Question, place: int) -> Evidence:
        """Say what is known of a mean, or of the difference of two."""
        error = self.standard_error({place: 1.0})
        estimate = question.values[-1] - question.values[0] if len(question.values) == 2 else question.values[0]
        df = question.rows - 1

        def law(method: str) -> Law:
            return StudentLaw(estimate, error, math.inf if method == "normal" else df)

        return Evidence("mean", question, _undrawn, law)
