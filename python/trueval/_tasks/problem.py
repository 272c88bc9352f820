"""A task with its columns in canonical form, and its metrics: what judges them and writes reports looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _suited as suited
from .._tables import Column
from ..inference._evidence import Evidence
from ..inference._evidence import Problem as Question
from ..ranking.gains import ndcg_by_query
from .labels import Labels, TaskError, find_labels, holds

TASKS = ("binary", "multiclass", "regression", "ranking")

# Distinct values of a column by which rows are sliced one by one; more numbers are cut into quarters.
_MANY_SLICES = 20


@dataclass(frozen=True)
class Metric:
    """One row of a comparison.

    Parameters
    ----------
    name : str
        Its name for machines.
    title : str
        The name for people.
    form : {"label", "score", "proba", "value"}
        What it takes of a model's predictions.
    higher_is_better : bool
        Its direction.
    function : str
        The public function, or "mean" for values of queries.
    arguments : callable
        ``arguments(problem, predictions) -> Arguments``: in what form the function gets the columns.
    """

    name: str
    title: str
    form: str
    higher_is_better: bool
    function: str
    arguments: Callable[[Problem, list[NDArray[Any]]], Arguments]


@dataclass(frozen=True)
class Arguments:
    """What a metric's function is called with: truth, one prediction for each model, weights, clusters, parameters."""

    truth: Any
    predictions: list[Any]
    weight: NDArray[np.float64] | None
    cluster: NDArray[Any] | None
    params: dict[str, Any]


@dataclass(frozen=True)
class Model:
    """Predictions of one model, in every form that they have: label, score, proba or value."""

    name: str
    forms: dict[str, NDArray[Any]]
    said: str = ""


@dataclass(frozen=True)
class Queries:
    """Rows in the order of their queries: query i is ``order[start[i] : start[i] + size[i]]``."""

    relevance: NDArray[np.float64]
    order: NDArray[np.int64]
    start: NDArray[np.int64]
    size: NDArray[np.int64]

    @property
    def ranked(self) -> NDArray[np.int64]:
        """The queries of two rows or more: those with something to rank."""
        return np.flatnonzero(self.size > 1)

    def of(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Take what all rows of a query share, of the ranked queries."""
        return rows[self.order[self.start[self.ranked]]]

    def gains(self, score: NDArray[Any], k: int | None = None) -> NDArray[np.float64]:
        """NDCG of the ranked queries."""
        values = np.empty(len(self.size))
        # Queries of one size make a matrix; there are at most sqrt(2 n) different sizes.
        for size in np.unique(self.size[self.ranked]):
            same = np.flatnonzero(self.size == size)
            rows = self.order[self.start[same, np.newaxis] + np.arange(size)]
            values[same] = ndcg_by_query(self.relevance[rows], score[rows], k=k)
        return values[self.ranked]


@dataclass
class Problem:
    """A task with its columns in canonical form.

    `names` are those of the classes in the order of their codes; of two, the positive one is the second.
    """

    task: str
    reason: str
    truth: Any
    models: list[Model]
    weight: NDArray[np.float64] | None
    counts: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    cluster: NDArray[Any] | None = None

    @property
    def size(self) -> int:
        """The number of rows, or of queries."""
        return len(self.truth.size if isinstance(self.truth, Queries) else self.truth)

    @property
    def unit(self) -> str:
        """What is taken for independent of one another."""
        if self.cluster is not None:
            return "clusters"
        return "queries" if self.task == "ranking" else "rows"

    def metrics(self) -> list[Metric]:
        """Return the metrics of the task that every model's predictions have the form for."""
        return [metric for metric in METRICS[self.task] if all(metric.form in model.forms for model in self.models)]

    def headline(self) -> tuple[str, str]:
        """Choose the metric that a verdict should rest on, and say why."""
        return suited.headline(self.task, self._shape(), [metric.name for metric in self.metrics()])

    def _shape(self) -> suited.Shape:
        if self.task == "binary":
            return suited.Shape(share=self.counts["positives"] / self.counts["rows"])
        if self.task == "multiclass":
            return suited.Shape(sizes=tuple(self._class_sizes()))
        # Far-out labels are not looked for: the verdict must be the same where a table is read in parts.
        return suited.Shape(longest=self._longest_query() if self.task == "ranking" else None)

    def _class_sizes(self) -> list[int]:
        return [size for size in np.bincount(self.truth).tolist() if size]

    def _longest_query(self) -> int:
        return int(self.truth.size.max())

    def evidence(self, metric: Metric) -> Evidence:
        """Compute a metric, and find what is known of how sure it is."""
        given = self.arguments(metric)
        question = Question(metric.function, given.truth, given.predictions, given.weight, given.cluster, given.params)
        return question.gather()

    def arguments(self, metric: Metric) -> Arguments:
        """Put the columns in the form that the metric's function takes."""
        return metric.arguments(self, [model.forms[metric.form] for model in self.models])

    def part(self, chosen: NDArray[Any] | slice) -> Problem:
        """Keep some of the rows, or of the queries."""
        if isinstance(self.truth, Queries):
            truth = replace(self.truth, start=self.truth.start[chosen], size=self.truth.size[chosen])
            return replace(self, truth=truth, notes=[])
        models = [replace(m, forms={form: values[chosen] for form, values in m.forms.items()}) for m in self.models]
        weight, cluster = (None if x is None else x[chosen] for x in (self.weight, self.cluster))
        return replace(self, truth=self.truth[chosen], models=models, weight=weight, cluster=cluster, notes=[])

    def parts(self, column: Column) -> Iterator[tuple[str, Problem]]:
        """Divide the rows, or the queries, by the values of a column."""
        for value, chosen in self._slices(column):
            yield value, self.part(chosen)

    def _slices(self, column: Column) -> list[tuple[str, NDArray[np.bool_]]]:
        """Find which rows have which value.

        More numbers than are shown one by one are cut into quarters; of more names, the rarest are put together.
        """
        if holds(column) == "lists":
            raise TaskError(f"slice column {column.name!r} holds lists; one value per row is needed")
        column = replace(column, values=column.values.reshape(-1))
        if isinstance(self.truth, Queries):
            ordered = column.values[self.truth.order]
            first = ordered[self.truth.start]
            uneven = ordered != np.repeat(first, self.truth.size)
            if np.any(uneven):
                raise TaskError(f"slice column {column.name!r} varies within queries; in ranking it must not")
            column = replace(column, values=first)
        labels = find_labels(column)
        if labels is None or (not labels.is_text and len(labels.distinct) > _MANY_SLICES):
            return list(_quarters(column.values))
        places = labels.codes(labels.distinct)
        sizes = np.bincount(places, minlength=len(labels.distinct))
        return [(name, chosen[places]) for name, chosen in cut_by(labels, sizes) or []]


def cut_by(labels: Labels, sizes: NDArray[Any]) -> list[tuple[str, NDArray[np.bool_]]] | None:
    """Choose the slices by a column with so many rows of each label; None for more numbers than are shown one by one.

    Of each slice, its name and which of the labels it has.
    """
    if not labels.is_text and len(labels.distinct) > _MANY_SLICES:
        return None
    kept = np.sort(np.argsort(-sizes, kind="stable")[:_MANY_SLICES])
    every = np.arange(len(sizes))
    parts = [(labels.names[place], every == place) for place in kept]
    rest = len(sizes) - len(kept)
    if rest:
        parts.append((f"({rest} others)", ~np.isin(every, kept)))
    return parts


def _quarters(values: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    edges = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf"))
    place = np.searchsorted(edges, values, side="left")
    shown = [f"{edge:.6g}" for edge in edges]
    names = [f"≤ {shown[0]}", *(f"> {low}, ≤ {high}" for low, high in pairwise(shown)), f"> {shown[-1]}"]
    for i, name in enumerate(names):
        chosen = place == i
        if chosen.any():
            yield name, chosen


# Metrics --------------------------------------------------------------------------------------------------------------


def _plain(**params: Any) -> Callable[[Problem, list[NDArray[Any]]], Arguments]:
    def arguments(problem: Problem, predictions: list[NDArray[Any]]) -> Arguments:
        return Arguments(problem.truth, predictions, problem.weight, problem.cluster, params)

    return arguments


def _all_classes(problem: Problem, predictions: list[NDArray[Any]]) -> Arguments:
    """Name the classes, for there may be some that no row has."""
    params = {"labels": np.arange(predictions[0].shape[1])}
    return Arguments(problem.truth, predictions, problem.weight, problem.cluster, params)


def _one_vs_rest(problem: Problem, predictions: list[NDArray[Any]]) -> Arguments:
    """Mark each row's class among those that occur: the mean is then of each one's area against all others."""
    classes = np.flatnonzero(np.bincount(problem.truth, minlength=predictions[0].shape[1]))
    marks = (problem.truth[:, np.newaxis] == classes).view(np.uint8)
    if len(classes) == 1:
        # Within a slice: no area, as in any column of one class.
        marks, predictions = marks[:, 0], [proba[:, classes[0]] for proba in predictions]
    elif len(classes) < predictions[0].shape[1]:
        predictions = [proba[:, classes] for proba in predictions]
    return Arguments(marks, predictions, problem.weight, problem.cluster, {})


def _by_query(k: int | None) -> Callable[[Problem, list[NDArray[Any]]], Arguments]:
    def arguments(problem: Problem, predictions: list[NDArray[Any]]) -> Arguments:
        queries: Queries = problem.truth
        weight = None if problem.weight is None else queries.of(problem.weight)
        return Arguments(None, [queries.gains(score, k) for score in predictions], weight, None, {})

    return arguments


# What a function gets that is not as plain as the rest: the truth in another form, or classes named.
_SPECIAL: dict[tuple[str, str], Callable[[Problem, list[NDArray[Any]]], Arguments]] = {
    ("binary", "log_loss"): _plain(labels=[0, 1]),
    ("multiclass", "roc_auc_score_ovr_macro"): _one_vs_rest,
    ("multiclass", "log_loss"): _all_classes,
    ("ranking", "ndcg_score"): _by_query(None),
    ("ranking", "ndcg_score_at_10"): _by_query(suited.TOP),
}
_FORMS = {"labels": "label", "scores": "score", "probabilities": "proba", "values": "value"}


def _metric(task: str, row: suited.Metric) -> Metric:
    function = "mean" if task == "ranking" else row.function
    arguments = _SPECIAL.get((task, row.name)) or _plain(**row.params)
    return Metric(row.name, row.title, _FORMS[row.needs], row.higher_is_better, function, arguments)


METRICS = {task: tuple(_metric(task, row) for row in suited.shown_by_compare(task)) for task in TASKS}
