"""From columns to metrics: which task it is, what the predictions are, and which metrics suit.

Every value comes from a public function of `trueval`; what this module adds is the choice of the function and the form
in which it gets the columns (`_verdicts` calls it). Which metrics there are and which one decides is said in `_suited`.
A new task is an entry in `TASKS`, a function that prepares its columns, and in `_SPECIAL` what its functions get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _suited as suited
from ._tables import Column, Selection
from ._validation.arrays import SMALL_RANGE, offsets
from .inference._evidence import Evidence
from .inference._evidence import Problem as Question
from .ranking.gains import ndcg_by_query

TASKS = ("binary", "multiclass", "regression", "ranking")
THRESHOLD = 0.5

# Whole-numbered labels and whole-numbered predictions are either classes or counts; more distinct values than this
# are taken for counts unless every prediction is also a label.
_MANY_CLASSES = 100
# Numbers that are looked at before all others: most columns that are not whole show it at once.
_FIRST = 1 << 10
# Files hold rounded probabilities: rows that add up to 1 within this are taken for probabilities.
_ROUNDED = 0.01
_SHOWN = 5
# Distinct values of a column by which rows are sliced one by one; more numbers are cut into quarters.
_MANY_SLICES = 20


class TaskError(ValueError):
    """Columns that do not make the task, in one sentence."""


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
        if _holds(column) == "lists":
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


# Labels ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Labels:
    """A column of labels: integers or texts.

    `values` holds the integers themselves or positions in `distinct`, which is sorted.
    """

    values: NDArray[Any]
    distinct: list[Any]
    names: list[str]
    is_text: bool

    def codes(self, classes: Sequence[Any]) -> NDArray[Any]:
        """Each row's position in `classes`, a sorted list that holds every distinct label."""
        dtype = np.min_scalar_type(max(len(classes) - 1, 0))
        if self.is_text:
            place = {label: i for i, label in enumerate(classes)}
            return np.array([place[label] for label in self.distinct], dtype=dtype)[self.values]
        low, high = self.distinct[0], self.distinct[-1]
        if high - low < SMALL_RANGE:
            table = np.zeros(high - low + 1, dtype=dtype)
            table[[value - low for value in self.distinct]] = np.searchsorted(np.array(classes), self.distinct)
            return table[offsets(self.values, low)]
        return np.searchsorted(np.array(classes), self.values).astype(dtype)


def is_whole(values: NDArray[Any]) -> bool:
    """Whether all numbers are whole."""
    if values.dtype.kind != "f":
        return True
    first = values[:_FIRST]
    if not np.all(first == np.trunc(first)):
        return False
    # Past 2**53 every float64 is whole, label or not.
    return max(-float(values.min()), float(values.max())) < 2.0**53 and bool(np.all(values == np.trunc(values)))


def find_labels(column: Column) -> Labels | None:
    """Find the labels in a column; None when it holds numbers that are not whole."""
    if column.categories is not None:
        names = list(column.categories)
        return Labels(column.values, names, names, True)
    values = column.values
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim > 1 or not is_whole(values):
        return None
    boolean = values.dtype.kind == "b"
    if boolean:
        values = values.view(np.uint8)
    elif values.dtype.kind == "f":
        values = values.astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if high - low < SMALL_RANGE:
        distinct = [int(i) + low for i in np.flatnonzero(np.bincount(offsets(values, low)))]
    else:
        distinct = np.unique(values).tolist()
    names = [str(bool(label)) if boolean else str(label) for label in distinct]
    return Labels(values, distinct, names, False)


def _some(names: Sequence[str], most: int = _SHOWN) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


# Which task -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Given:
    """The columns of one model as they were named and read."""

    selection: Selection
    columns: list[Column]

    @property
    def name(self) -> str:
        return self.selection.name

    @property
    def is_matrix(self) -> bool:
        return len(self.columns) > 1 or (self.columns[0].values.ndim == 2 and self.columns[0].values.shape[1] > 1)

    @property
    def width(self) -> int:
        return len(self.columns) if len(self.columns) > 1 else self.columns[0].values.shape[1]

    def matrix(self) -> NDArray[Any]:
        for column in self.columns:
            if column.kind != "numbers":
                raise TaskError(f"column {column.name!r} holds {column.kind}, not numbers ({_rows(column)})")
        if len(self.columns) == 1:
            return self.columns[0].values
        for column in self.columns:
            if column.values.ndim > 1:
                raise TaskError(f"column {column.name!r} holds lists; of several columns each must hold numbers")
        return np.stack([column.values for column in self.columns], axis=1)


def _rows(column: Column) -> str:
    rows = len(column.values) if column.rows is None else column.rows
    return f"{rows} row{'s' * (rows > 1)}"


def _detect(label: Column, labels: Labels | None, given: Sequence[_Given]) -> tuple[str, str]:
    name = f"label {label.name!r}"
    if labels is None:
        return "regression", f"{name} holds numbers that are not whole"
    count = len(labels.distinct)
    if count == 1:
        raise TaskError(
            f"column {label.name!r} has one class only ({labels.names[0]}) in {_rows(label)}; "
            "two or more are needed to tell a task"
        )
    if count == 2:
        return "binary", f"{name} has two distinct values, {labels.names[0]} and {labels.names[1]}"
    if labels.is_text:
        return "multiclass", f"{name} holds text with {count} distinct values"
    whole = f"{name} has {count} distinct whole numbers"
    for model in given:
        if model.is_matrix:
            return "multiclass", f"{whole} and {model.name!r} is one column per class"
    predicted = [find_labels(model.columns[0]) for model in given]
    for model, found in zip(given, predicted, strict=True):
        if found is None:
            return "regression", f"{whole} and {model.name!r} holds numbers that are not whole"
    known = all(found is not None and set(found.distinct) <= set(labels.distinct) for found in predicted)
    if known:
        return "multiclass", f"{whole} and every prediction is one of them"
    if count <= _MANY_CLASSES:
        return "multiclass", f"{whole}, at most {_MANY_CLASSES}, and the predictions are whole numbers"
    return "regression", f"{whole}, more than {_MANY_CLASSES}, and predictions that are none of them"


def prepare(
    label: Column,
    models: Sequence[tuple[Selection, list[Column]]],
    *,
    task: str | None = None,
    group: Column | None = None,
    weight: Column | None = None,
    positive: str | None = None,
    cluster: Column | None = None,
) -> Problem:
    """Work out the task where it is not given and put the columns in the form that its metrics take.

    Parameters
    ----------
    label : Column
        The truth.
    models : sequence of (Selection, list of Column)
        For each model, what it was named and the columns read for it.
    task : {"binary", "multiclass", "regression", "ranking"}, optional
        Not to be worked out.
    group : Column, optional
        Query ids, sorted or not; makes the task ranking.
    weight : Column, optional
        Non-negative weights of rows; in ranking, of queries (the same on every row of a query).
    positive : str, optional
        The positive label of a binary task; by default the larger of the two.
    cluster : Column, optional
        What rows belong together; not for ranking, where queries are it.

    Returns
    -------
    Problem

    Raises
    ------
    TaskError
        When the columns do not fit the task or one another.
    """
    if label.values.ndim > 1 and label.values.shape[1] > 1:
        raise TaskError(f"label column {label.name!r} holds lists of {label.values.shape[1]} numbers, not one label")
    given = [_Given(selection, columns) for selection, columns in models]
    if task is None and group is not None:
        task, reason = "ranking", "--group is given"
        labels = None
    else:
        labels = None if task in ("regression", "ranking") else find_labels(label)
        task, reason = _detect(label, labels, given) if task is None else (task, "as --task says")
    if task == "ranking" and group is None:
        raise TaskError("--task ranking needs --group, the column of query ids")
    if group is not None and task != "ranking":
        raise TaskError(f"--group {group.name!r} makes sense for ranking only, not for --task {task}")
    if positive is not None and task != "binary":
        raise TaskError(f"--positive makes sense for a binary task only; this one is {task} ({reason})")
    if group is not None:
        if cluster is not None:
            raise TaskError(f"--cluster {cluster.name!r} makes no sense for ranking: queries are taken for independent")
        return _ranking(reason, label, given, group, weight)
    weights = None if weight is None else _weights(weight)
    if task == "regression":
        problem = _regression(reason, label, given, weights)
    else:
        problem = _labelled(task, reason, label, labels, given, weights, positive)
    if cluster is not None:
        problem.cluster = _clusters(cluster)
        problem.counts["clusters"] = int(problem.cluster.max()) + 1
    return problem


def _labelled(  # noqa: PLR0917
    task: str,
    reason: str,
    label: Column,
    labels: Labels | None,
    given: Sequence[_Given],
    weights: NDArray[np.float64] | None,
    positive: str | None,
) -> Problem:
    if labels is None:
        raise TaskError(
            f"label column {label.name!r} holds numbers that are not whole ({_rows(label)}); --task {task} needs labels"
        )
    if len(labels.distinct) == 1:
        raise TaskError(f"column {label.name!r} has one class only ({labels.names[0]}) in {_rows(label)}")
    if task == "binary":
        return _binary(reason, label, labels, given, weights, positive=positive)
    return _multiclass(reason, label, labels, given, weights)


def _clusters(column: Column) -> NDArray[np.int64]:
    if _holds(column) == "lists":
        raise TaskError(f"cluster column {column.name!r} holds lists ({_rows(column)}); one value per row is needed")
    places = np.unique(column.values.reshape(-1), return_inverse=True)[1].reshape(-1).astype(np.int64)
    if places.max() == 0:
        raise TaskError(f"cluster column {column.name!r} has one value only in {_rows(column)}; clusters are compared")
    return places


def _weights(column: Column) -> NDArray[np.float64]:
    if column.kind == "text" or column.values.ndim > 1:
        raise TaskError(f"weight column {column.name!r} holds {_holds(column)}, not numbers ({_rows(column)})")
    refuse_negative_weights(column, int(np.count_nonzero(column.values < 0)))
    if not np.any(column.values):
        raise TaskError(f"weight column {column.name!r} is zero in all {_rows(column)}")
    return column.values.astype(np.float64)


def refuse_negative_weights(column: Column, number: int) -> None:
    """Say how many weights are negative, if any is."""
    if number:
        raise TaskError(f"weight column {column.name!r} has {number} negative values in {_rows(column)}")


def _holds(column: Column) -> str:
    return "lists" if column.values.ndim > 1 and column.values.shape[1] > 1 else column.kind


def _numbers(column: Column, role: str, task: str) -> NDArray[Any]:
    if column.kind != "numbers" or _holds(column) == "lists":
        raise TaskError(
            f"{role}column {column.name!r} holds {_holds(column)} ({_rows(column)}); {task} needs one number per row"
        )
    return column.values.reshape(-1)


def _one_column(given: _Given, task: str) -> NDArray[Any]:
    if len(given.columns) > 1:
        names = _some([column.name for column in given.columns])
        raise TaskError(f"{given.name!r} stands for {len(given.columns)} columns ({names}); {task} needs one")
    return _numbers(given.columns[0], "", task)


# Regression and ranking -----------------------------------------------------------------------------------------------


def _regression(reason: str, label: Column, given: Sequence[_Given], weight: NDArray[np.float64] | None) -> Problem:
    truth = _numbers(label, "label ", "regression")
    models = [Model(model.name, {"value": _one_column(model, "regression")}) for model in given]
    return Problem("regression", reason, truth, models, weight, {"rows": len(truth)})


def _ranking(
    reason: str,
    label: Column,
    given: Sequence[_Given],
    group: Column,
    weight_column: Column | None,
) -> Problem:
    if label.kind == "text" or _holds(label) == "lists":
        raise TaskError(
            f"label column {label.name!r} holds {_holds(label)} ({_rows(label)}); ranking needs a relevance per row"
        )
    relevance = label.values.reshape(-1).astype(np.float64)
    negative = int(np.count_nonzero(relevance < 0))
    if negative:
        raise TaskError(
            f"label column {label.name!r} has {negative} negative values in {_rows(label)}; relevance is 0 or more"
        )
    if _holds(group) == "lists":
        raise TaskError(f"group column {group.name!r} holds lists ({_rows(group)}); a query id per row is needed")
    models = [Model(model.name, {"score": _one_column(model, "ranking")}) for model in given]

    weight = None if weight_column is None else _weights(weight_column)
    ids = group.values.reshape(-1)
    order = np.arange(len(ids)) if np.all(ids[1:] >= ids[:-1]) else np.argsort(ids, kind="stable")
    ids = ids[order]
    start = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    size = np.diff(start, append=len(ids))
    queries = Queries(relevance, order, start, size)
    if weight is not None and weight_column is not None:
        ordered = weight[order]
        uneven = int(np.count_nonzero(np.minimum.reduceat(ordered, start) != np.maximum.reduceat(ordered, start)))
        if uneven:
            raise TaskError(
                f"weight column {weight_column.name!r} varies within {uneven} of {len(start)} queries; "
                "in ranking a weight belongs to a whole query"
            )
    best = np.maximum.reduceat(relevance[order], start)
    ranked = size > 1
    if not np.any(ranked if weight is None else ranked & (weight[order][start] > 0)):
        weighted = "" if weight is None else " and a weight above 0"
        raise TaskError(f"group column {group.name!r} has no query of two rows or more{weighted} in {_rows(group)}")
    counts = {
        "rows": len(ids),
        "queries": len(start),
        "queries_without_relevant": int(np.count_nonzero(best == 0)),
        "queries_of_one_row": int(np.count_nonzero(~ranked)),
    }
    notes = []
    if counts["queries_without_relevant"]:
        notes.append(
            f"{counts['queries_without_relevant']} of {len(start)} queries have no relevant row; "
            "they count as 0 in the mean"
        )
    if counts["queries_of_one_row"]:
        notes.append(
            f"{counts['queries_of_one_row']} of {len(start)} queries have a single row, nothing to rank; "
            "they are left out of the mean"
        )
    return Problem("ranking", reason, queries, models, weight, counts, notes)


# Binary ---------------------------------------------------------------------------------------------------------------


def _binary(
    reason: str,
    label: Column,
    labels: Labels,
    given: Sequence[_Given],
    weight: NDArray[np.float64] | None,
    *,
    positive: str | None,
) -> Problem:
    count = len(labels.distinct)
    if count > 2:
        raise TaskError(
            f"label column {label.name!r} has {count} distinct values ({_some(labels.names)}) in {_rows(label)}; "
            "--task binary needs two"
        )
    if positive is not None and positive not in labels.names:
        raise TaskError(f"--positive {positive!r} is no label in {label.name!r}: {', '.join(labels.names)}")
    place = 1 if positive is None else labels.names.index(positive)
    truth = (labels.codes(labels.distinct) == place).view(np.uint8)
    models = [_binary_model(label, labels, model, place) for model in given]
    positives = int(np.count_nonzero(truth))
    counts = {
        "rows": len(truth),
        "positives": positives,
        "negatives": len(truth) - positives,
        "positive_label": labels.names[place],
        "classes": 2,
    }
    names = [labels.names[1 - place], labels.names[place]]
    problem = Problem("binary", reason, truth, models, weight, counts, names=names)
    _explain_forms(problem)
    if any(metric.form == "label" for metric in problem.metrics()) and any("score" in m.forms for m in models):
        problem.notes.append(f"accuracy, precision, recall and F1 take {THRESHOLD} and more as {labels.names[place]}")
    return problem


def _binary_model(label: Column, labels: Labels, given: _Given, place: int) -> Model:
    if not given.is_matrix:
        column = given.columns[0]
        found = find_labels(column)
        classes = labels.distinct
        boolean = column.kind == "booleans" and labels.distinct != [0, 1]
        if boolean or (found is not None and not found.is_text and labels.is_text):
            # Booleans, or 0 and 1 beside text, that are not the labels themselves: whether the row is positive.
            classes = [0, 1] if place == 1 else [1, 0]
        if found is not None and set(found.distinct) <= set(classes):
            hit = _equal(found, classes[place])
            return Model(given.name, {"label": hit}, "holds predicted labels")
        if column.kind == "text":
            unknown = [text for text in column.categories or () if text not in labels.distinct]
            raise TaskError(
                f"column {column.name!r} holds text that is no label in {label.name!r} ({_some(unknown)}; "
                f"{_rows(column)}); scores are numbers"
            )
        score = column.values.reshape(-1)
    else:
        classes = _classes_of(label, labels, given)
        matrix = given.matrix()
        if len(classes) != 2:
            raise TaskError(f"{given.name!r} has {len(classes)} values per row; --task binary needs one or two")
        hit_column = classes.index(labels.distinct[place])
        score = matrix[:, hit_column]
        if not (matrix.min() >= 0 and matrix.max() <= 1):
            # Two outputs per row that are no probabilities: the difference ranks as their softmax does.
            score = score.astype(np.float64) - matrix[:, 1 - hit_column]
            return Model(given.name, {"score": score}, "holds two scores per row that are no probabilities")
        score = np.ascontiguousarray(score)
    low, high = score.min(), score.max()
    if low >= 0 and high <= 1:
        score = score if score.dtype.kind == "f" else score.astype(np.float64)
        forms = {"score": score, "proba": score, "label": (score >= THRESHOLD).view(np.uint8)}
        return Model(given.name, forms, "holds probabilities")
    return Model(given.name, {"score": score}, f"holds scores from {low:.4g} to {high:.4g}, no probabilities")


def _equal(found: Labels, label: Any) -> NDArray[np.uint8]:
    if label not in found.distinct:
        return np.zeros(len(found.values), dtype=np.uint8)
    wanted = found.distinct.index(label) if found.is_text else label
    return (found.values == wanted).view(np.uint8)


def _explain_forms(problem: Problem) -> None:
    """Say which metrics are not shown, and which column is why; refuse when none is left."""
    shown = problem.metrics()
    hidden = [metric for metric in METRICS[problem.task] if metric not in shown]
    if not shown:
        raise TaskError(
            "no metric suits the predictions: "
            + ", ".join(f"column {model.name!r} {model.said}" for model in problem.models)
        )
    for model in problem.models:
        lacking = [metric.title for metric in hidden if metric.form not in model.forms]
        if lacking:
            problem.notes.append(f"{model.name} {model.said}: {' / '.join(lacking)} cannot be shown")


# Multiclass -----------------------------------------------------------------------------------------------------------


def _multiclass(
    reason: str, label: Column, labels: Labels, given: Sequence[_Given], weight: NDArray[np.float64] | None
) -> Problem:
    forms: list[NDArray[Any] | Labels] = []
    own: list[list[Any]] = []
    for model in given:
        if model.is_matrix:
            own.append(_classes_of(label, labels, model))
            forms.append(model.matrix())
        else:
            predicted = _predicted_labels(label, labels, model.columns[0])
            forms.append(predicted)
            own.append(predicted.distinct)
    classes = sorted(set(labels.distinct).union(*own))
    truth = labels.codes(classes)
    models = []
    for model, form, order in zip(given, forms, own, strict=True):
        if isinstance(form, Labels):
            models.append(Model(model.name, {"label": form.codes(classes)}, "holds predicted labels"))
        else:
            models.append(_matrix_model(model.name, form, order, classes))
    counts = {"rows": len(truth), "classes": len(labels.distinct)}
    names = [str(label) for label in classes]
    problem = Problem("multiclass", reason, truth, models, weight, counts, names=names)
    _explain_forms(problem)
    return problem


def _predicted_labels(label: Column, labels: Labels, column: Column) -> Labels:
    found = find_labels(column)
    if found is None:
        raise TaskError(
            f"column {column.name!r} holds numbers that are not whole ({_rows(column)}); a multiclass task needs "
            "predicted labels, or one column of probabilities per class"
        )
    if found.is_text != labels.is_text:
        raise TaskError(
            f"column {column.name!r} holds {column.kind} ({_some(found.names)}), label {label.name!r} {label.kind} "
            f"({_some(labels.names)}); in {_rows(column)} none can agree"
        )
    return found


def _matrix_model(name: str, matrix: NDArray[Any], order: list[Any], classes: list[Any]) -> Model:
    if order != classes:
        full = np.zeros((len(matrix), len(classes)), dtype=matrix.dtype)
        full[:, [classes.index(label) for label in order]] = matrix
        # A class without a column is never predicted, whatever the sign of the others' scores.
        best = np.array([classes.index(label) for label in order])[matrix.argmax(axis=1)]
    else:
        full, best = matrix, matrix.argmax(axis=1)
    forms = {"label": best.astype(np.min_scalar_type(len(classes) - 1))}
    if matrix.min() < 0 or matrix.max() > 1:
        said = f"holds scores from {matrix.min():.4g} to {matrix.max():.4g}, no probabilities"
    else:
        away = float(np.abs(matrix.sum(axis=1, dtype=np.float64) - 1).max())
        if away <= _ROUNDED:
            forms["proba"] = full if full.dtype.kind == "f" else full.astype(np.float64)
            said = "holds probabilities"
        else:
            said = f"holds rows that miss a sum of 1 by up to {away:.4g}, no probabilities"
    return Model(name, forms, said)


def _classes_of(label: Column, labels: Labels, given: _Given) -> list[Any]:
    """Find the class of each of a model's columns."""
    name, width, suffixes = given.name, given.width, given.selection.suffixes
    known = labels.distinct
    if suffixes is None:
        if width == len(known):
            return known
        if not labels.is_text and known[0] >= 0 and known[-1] < width:
            return list(range(width))
        raise TaskError(
            f"column {name!r} has {width} values per row, label {label.name!r} {len(known)} classes "
            f"({_some(labels.names)}) in {_rows(label)}"
        )
    if labels.is_text and set(known) <= set(suffixes):
        return list(suffixes)
    if set(labels.names) == set(suffixes):
        return [known[labels.names.index(suffix)] for suffix in suffixes]
    if all(suffix.isdecimal() for suffix in suffixes):
        numbers = [int(suffix) for suffix in suffixes]
        if not labels.is_text and set(known) <= set(numbers) and len(set(numbers)) == width:
            return numbers
        if sorted(numbers) == list(range(len(known))):
            return [known[number] for number in numbers]
    names = _some([column.name for column in given.columns])
    raise TaskError(
        f"there is no column {name!r}, and those that start so ({names}) do not end in the {len(known)} classes of "
        f"{label.name!r} ({_some(labels.names)})"
    )
