"""Tasks of classes: binary and multiclass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._tables import Column
from .columns import Given
from .labels import Labels, TaskError, find_labels, said_rows, some
from .problem import METRICS, Model, Problem

THRESHOLD = 0.5
# Files hold rounded probabilities: rows that add up to 1 within this are taken for probabilities.
_ROUNDED = 0.01


def binary(
    reason: str,
    label: Column,
    labels: Labels,
    given: Sequence[Given],
    weight: NDArray[np.float64] | None,
    *,
    positive: str | None,
) -> Problem:
    """Prepare the columns of a binary task."""
    count = len(labels.distinct)
    if count > 2:
        raise TaskError(
            f"label column {label.name!r} has {count} distinct values ({some(labels.names)}) in {said_rows(label)}; "
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


def _binary_model(label: Column, labels: Labels, given: Given, place: int) -> Model:
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
                f"column {column.name!r} holds text that is no label in {label.name!r} ({some(unknown)}; "
                f"{said_rows(column)}); scores are numbers"
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


def multiclass(
    reason: str, label: Column, labels: Labels, given: Sequence[Given], weight: NDArray[np.float64] | None
) -> Problem:
    """Prepare the columns of a multiclass task."""
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
            f"column {column.name!r} holds numbers that are not whole ({said_rows(column)}); a multiclass task needs "
            "predicted labels, or one column of probabilities per class"
        )
    if found.is_text != labels.is_text:
        raise TaskError(
            f"column {column.name!r} holds {column.kind} ({some(found.names)}), label {label.name!r} {label.kind} "
            f"({some(labels.names)}); in {said_rows(column)} none can agree"
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


def _classes_of(label: Column, labels: Labels, given: Given) -> list[Any]:
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
            f"({some(labels.names)}) in {said_rows(label)}"
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
    names = some([column.name for column in given.columns])
    raise TaskError(
        f"there is no column {name!r}, and those that start so ({names}) do not end in the {len(known)} classes of "
        f"{label.name!r} ({some(labels.names)})"
    )


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
