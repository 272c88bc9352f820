"""Tasks of numbers: regression, and rankings by query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .._tables import Column
from .columns import Given, numbers, one_column, weights_of
from .labels import TaskError, holds, said_rows
from .problem import Model, Problem, Queries


def regression(reason: str, label: Column, given: Sequence[Given], weight: NDArray[np.float64] | None) -> Problem:
    """Prepare the columns of a regression."""
    truth = numbers(label, "label ", "regression")
    models = [Model(model.name, {"value": one_column(model, "regression")}) for model in given]
    return Problem("regression", reason, truth, models, weight, {"rows": len(truth)})


def ranking(
    reason: str,
    label: Column,
    given: Sequence[Given],
    group: Column,
    weight_column: Column | None,
) -> Problem:
    """Prepare the columns of rankings: rows that may lie apart are put together by query."""
    if label.kind == "text" or holds(label) == "lists":
        raise TaskError(
            f"label column {label.name!r} holds {holds(label)} ({said_rows(label)}); ranking needs a relevance per row"
        )
    relevance = label.values.reshape(-1).astype(np.float64)
    negative = int(np.count_nonzero(relevance < 0))
    if negative:
        raise TaskError(
            f"label column {label.name!r} has {negative} negative values in {said_rows(label)}; relevance is 0 or more"
        )
    if holds(group) == "lists":
        raise TaskError(f"group column {group.name!r} holds lists ({said_rows(group)}); a query id per row is needed")
    models = [Model(model.name, {"score": one_column(model, "ranking")}) for model in given]

    weight = None if weight_column is None else weights_of(weight_column)
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
        raise TaskError(f"group column {group.name!r} has no query of two rows or more{weighted} in {said_rows(group)}")
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
