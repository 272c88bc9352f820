"""From columns to metrics: which task it is, what the predictions are, and which metrics suit.

Every value comes from a public function of `trueval`; what this module adds is the choice of the function and the form
in which it gets the columns (`_verdicts` calls it). Which metrics there are and which one decides is said in `_suited`.
A new task is an entry in `TASKS`, a function that prepares its columns (`classes`, `values`), and in `problem._SPECIAL`
what its functions get.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .._tables import Column, Selection
from .classes import THRESHOLD, binary, multiclass
from .columns import Given, clusters_of, refuse_negative_weights, weights_of
from .labels import Labels, TaskError, find_labels, is_whole, said_rows
from .problem import METRICS, TASKS, Metric, Model, Problem, Queries, cut_by
from .values import ranking, regression

__all__ = [
    "METRICS",
    "TASKS",
    "THRESHOLD",
    "Labels",
    "Metric",
    "Model",
    "Problem",
    "Queries",
    "TaskError",
    "cut_by",
    "find_labels",
    "is_whole",
    "prepare",
    "refuse_negative_weights",
]

# Whole-numbered labels and whole-numbered predictions are either classes or counts; more distinct values than this
# are taken for counts unless every prediction is also a label.
_MANY_CLASSES = 100


def _detect(label: Column, labels: Labels | None, given: Sequence[Given]) -> tuple[str, str]:
    name = f"label {label.name!r}"
    if labels is None:
        return "regression", f"{name} holds numbers that are not whole"
    count = len(labels.distinct)
    if count == 1:
        raise TaskError(
            f"column {label.name!r} has one class only ({labels.names[0]}) in {said_rows(label)}; "
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
    given = [Given(selection, columns) for selection, columns in models]
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
        return ranking(reason, label, given, group, weight)
    weights = None if weight is None else weights_of(weight)
    if task == "regression":
        problem = regression(reason, label, given, weights)
    else:
        problem = _labelled(task, reason, label, labels, given, weights, positive)
    if cluster is not None:
        problem.cluster = clusters_of(cluster)
        problem.counts["clusters"] = int(problem.cluster.max()) + 1
    return problem


def _labelled(  # noqa: PLR0917
    task: str,
    reason: str,
    label: Column,
    labels: Labels | None,
    given: Sequence[Given],
    weights: NDArray[np.float64] | None,
    positive: str | None,
) -> Problem:
    if labels is None:
        raise TaskError(
            f"label column {label.name!r} holds numbers that are not whole ({said_rows(label)}); "
            f"--task {task} needs labels"
        )
    if len(labels.distinct) == 1:
        raise TaskError(f"column {label.name!r} has one class only ({labels.names[0]}) in {said_rows(label)}")
    if task == "binary":
        return binary(reason, label, labels, given, weights, positive=positive)
    return multiclass(reason, label, labels, given, weights)
