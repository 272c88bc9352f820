"""The pictures of the page: arrays from `points` in, SVG out.

Every colour is a variable of the page's style sheet, so that a picture is right in light and in dark; text is text, in
the font of the page. matplotlib lays out and is imported here alone; no state of pyplot is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import drawing, points
from ..points import Scores
from .curves import precision_recall, roc
from .labels import confusion, recalls
from .numbers import residual_histogram, residuals
from .parts import Picture
from .probabilities import calibration, distributions
from .queries import query_differences, query_values

__all__ = ["Picture", "draw"]


def draw(problem: Any, roles: Sequence[str], values: dict[str, tuple[float, ...]] | None = None) -> list[Picture]:
    """Draw the pictures that suit a task.

    Parameters
    ----------
    problem : trueval._tasks.Problem
    roles : sequence of str
        What the models are called, in their order: "base" and "tuned", or one name.
    values : dict of str to tuple of float, optional
        Metrics by name, one value for each model, to be named in the pictures.

    Returns
    -------
    list of Picture
    """
    with drawing.settings():
        return _TASKS[problem.task](problem, list(roles), values or {})


def _sampled(problem: Any, models: list[NDArray[Any]]) -> tuple[Any, list[NDArray[Any]], Any, str]:
    """Take all the rows, or some of very many, and the sentence that says so."""
    rows = len(problem.truth)
    chosen = points.drawn(rows)
    said = "" if isinstance(chosen, slice) else f" Drawn from {points.MOST_ROWS:,} of {rows:,} rows, chosen at random."
    weight = None if problem.weight is None else problem.weight[chosen]
    return problem.truth[chosen], [model[chosen] for model in models], weight, said


def _forms(problem: Any, form: str) -> list[NDArray[Any]]:
    """Each model's predictions in one form; none where one of the models lacks it."""
    if any(form not in model.forms for model in problem.models):
        return []
    return [model.forms[form] for model in problem.models]


def _binary(problem: Any, roles: list[str], values: dict[str, tuple[float, ...]]) -> list[Picture]:
    pictures: list[Picture] = []
    last: list[Picture] = []
    negative, positive = problem.names
    if scores := _forms(problem, "score"):
        truth, scores, weight, said = _sampled(problem, scores)
        counted = [points.count_scores(truth, score, weight) for score in scores]
        is_probability = bool(_forms(problem, "proba"))
        if all(score.has_both for score in counted):
            pictures.append(roc(roles, [points.roc(score) for score in counted], values.get("roc_auc_score"), said))
            pictures.append(
                precision_recall(
                    roles,
                    [points.precision_recall(score) for score in counted],
                    _prevalence(counted[0]),
                    values.get("average_precision_score"),
                    said,
                )
            )
        if is_probability:
            pictures.append(calibration(roles, [points.reliability(score) for score in counted], positive, said))
        last.append(distributions(roles, counted, (negative, positive), is_probability, said=said))
    if labels := _forms(problem, "label"):
        found = points.confusion(problem.truth, labels, [negative, positive], problem.weight)
        pictures.append(confusion(roles, found, at_threshold=bool(scores), weighted=problem.weight is not None))
    return pictures + last


def _prevalence(scores: Scores) -> float:
    return float(scores.positive[-1] / (scores.positive[-1] + scores.negative[-1]))


def _multiclass(problem: Any, roles: list[str], values: dict[str, tuple[float, ...]]) -> list[Picture]:
    pictures = []
    labels, probabilities = _forms(problem, "label"), _forms(problem, "proba")
    if labels:
        names = problem.names
        found = points.confusion(problem.truth, labels, names, problem.weight)
        pictures.append(confusion(roles, found, weighted=problem.weight is not None))
        pictures.append(recalls(roles, names, points.recalls(problem.truth, labels, len(names), problem.weight)))
    if labels and probabilities:
        truth, tops, weight, said = _sampled(problem, [table.max(axis=1) for table in probabilities])
        chosen = points.drawn(len(problem.truth))
        counted = [
            points.count_scores((label[chosen] == truth).view(np.uint8), top, weight)
            for label, top in zip(labels, tops, strict=True)
        ]
        pictures.append(calibration(roles, [points.reliability(score) for score in counted], None, said))
        pictures.append(distributions(roles, counted, ("wrong", "right"), True, said=said, of_confidence=True))
    return pictures


def _regression(problem: Any, roles: list[str], values: dict[str, tuple[float, ...]]) -> list[Picture]:
    truth, predicted, weight, said = _sampled(problem, _forms(problem, "value"))
    truth = np.asarray(truth, dtype=np.float64)
    residual = [truth - x for x in predicted]
    return [residuals(roles, predicted, residual, weight, said), residual_histogram(roles, residual, weight, said)]


def _ranking(problem: Any, roles: list[str], values: dict[str, tuple[float, ...]]) -> list[Picture]:
    queries = problem.truth
    gains = [queries.gains(score) for score in _forms(problem, "score")]
    weight = None if problem.weight is None else queries.of(problem.weight)
    pictures = [query_differences(gains[1] - gains[0], weight)] if len(gains) > 1 else []
    return [*pictures, query_values(roles, gains, weight)]


_TASKS: dict[str, Callable[[Any, list[str], dict[str, tuple[float, ...]]], list[Picture]]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
    "ranking": _ranking,
}
