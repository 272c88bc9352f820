"""The rows that a fine-tune fixed and broke, and labels that look wrong, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..inspection import Disagreements, disagreements

if TYPE_CHECKING:
    from .._tables import Column
    from .._tasks import Model, Problem

_KINDS = ("broken", "fixed", "moved", "suspect")


def listed(problem: Problem) -> Disagreements | str:
    """Find the rows, or say in a sentence why there are none to find."""
    if problem.task not in {"binary", "multiclass"}:
        return f"rows are right or wrong in binary and multiclass tasks, this one is {problem.task}"
    for model in problem.models:
        if "label" not in model.forms:
            return f"column {model.name!r} {model.said}, which do not tell which answers are right"
    base, tuned = (model.forms.get("proba", model.forms["label"]) for model in problem.models)
    return disagreements(problem.truth, base, tuned, labels=np.arange(len(problem.names)))


def table_of(found: Disagreements, problem: Problem, label: str, columns: Mapping[str, Column]) -> str:
    """Lay the rows out as CSV.

    Parameters
    ----------
    found : Disagreements
    problem : Problem
    label : str
        The name of the column of truth.
    columns : dict of str to Column
        Further columns to show.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    roles = ("base", "tuned")
    writer.writerow(["row", "kind", label, *roles, *(f"{role} confidence" for role in roles), *columns])
    sides = [(model, _confidence(model)) for model in problem.models]
    for kind in _KINDS:
        for row in getattr(found, kind).tolist():
            answers = [problem.names[int(model.forms["label"][row])] for model, _ in sides]
            sure = ["" if one is None else f"{one[row]:.6g}" for _, one in sides]
            cells = (_cell(column, row) for column in columns.values())
            writer.writerow([row, kind, problem.names[int(problem.truth[row])], *answers, *sure, *cells])
    return text.getvalue()


def _confidence(model: Model) -> NDArray[Any] | None:
    """Return the probability of each row's answer."""
    given = model.forms.get("proba")
    if given is None:
        return None
    return np.maximum(given, 1 - given) if given.ndim == 1 else given.max(axis=1)


def _cell(column: Column, row: int) -> Any:
    value = column.values[row]
    return column.categories[int(value)] if column.categories is not None else value.item()
