"""The pictures of the page: arrays from `points` in, SVG out.

Every colour is a variable of the page's style sheet, so that a picture is right in light and in dark; text is text, in
the font of the page. matplotlib lays out and is imported here alone; no state of pyplot is touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from . import drawing, points
from .drawing import MINUS
from .points import Confusion, Curve, Floats, Recalls, Reliability, Scores

_MOST_NAME = 16


@dataclass(frozen=True)
class Key:
    """What a line or an area stands for: the name of its style, and the words."""

    style: str
    text: str


@dataclass(frozen=True)
class Panel:
    """One drawing.

    Parameters
    ----------
    name : str
        Unique on the page.
    title : str
        Empty where the picture has one panel only.
    alternative : str
        What it shows, in words.
    svg : str
    """

    name: str
    title: str
    alternative: str
    svg: str


@dataclass(frozen=True)
class Table:
    """Numbers of a picture; the first cell of a row is its head."""

    caption: str
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Cell:
    """A count, its share of the row's total in words, and how strongly it is shaded (0 to 1).

    `kind` is "right", "wrong", or "mixed" where classes that are not told apart meet.
    """

    count: str
    share: str
    shade: float
    kind: str


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix, which is a table: nothing is drawn."""

    title: str
    names: list[str]
    cells: list[list[Cell]]


@dataclass(frozen=True)
class Picture:
    """A picture with all that belongs to it.

    Parameters
    ----------
    name : str
        Unique on the page.
    title, caption : str
    key : list of Key
    panels : list of Panel
    tables : list of Table
        The numbers behind it.
    matrices : list of Matrix
        Shown in place of panels.
    """

    name: str
    title: str
    caption: str
    key: list[Key] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    matrices: list[Matrix] = field(default_factory=list)


# Of a whole problem ---------------------------------------------------------------------------------------------------


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


# Curves ---------------------------------------------------------------------------------------------------------------


def roc(roles: list[str], curves: list[Curve], areas: tuple[float, ...] | None, said: str = "") -> Picture:
    """Draw ROC curves.

    Parameters
    ----------
    roles : list of str
    curves : list of Curve
    areas : tuple of float, optional
        To be named in the key.
    said : str
        A sentence for the caption.

    Returns
    -------
    Picture
    """
    figure, axes = drawing.square("false positive rate", "true positive rate")
    axes.plot([0, 1], [0, 1], color=drawing.COLOURS["muted"], linestyle=drawing.DOTS, linewidth=1.2)
    for role, curve in zip(roles, curves, strict=True):
        _draw_band(axes, role, curve)
    for role, curve in zip(roles, curves, strict=True):
        axes.plot(curve.x, curve.y, **drawing.line(role))
    named = _named(roles, areas, "area")
    at = [0.01, 0.05, 0.1, 0.2, 0.5]
    return Picture(
        "roc",
        "ROC curve",
        "How many of the positives are found (up) for how many of the negatives taken along (right), at every "
        f"threshold.{_banded(curves)}{said}",
        [*_keys(roles, named), *_band_key(curves), Key("chance", "chance")],
        [
            Panel(
                "roc",
                "",
                f"ROC curves. {_said_at(roles, curves, at[1:4], named, 'false positive rate')}",
                drawing.svg(figure, "roc"),
            )
        ],
        [_table_at("True positive rate", "false positive rate", roles, curves, at)],
    )


def precision_recall(
    roles: list[str], curves: list[Curve], prevalence: float, areas: tuple[float, ...] | None, said: str = ""
) -> Picture:
    """Draw precision-recall curves.

    Parameters
    ----------
    roles : list of str
    curves : list of Curve
    prevalence : float
        Share of the positives.
    areas : tuple of float, optional
        Average precisions, to be named in the key.
    said : str
        A sentence for the caption.

    Returns
    -------
    Picture
    """
    figure, axes = drawing.square("recall", "precision")
    axes.plot([0, 1], [prevalence, prevalence], color=drawing.COLOURS["muted"], linestyle=drawing.DOTS, linewidth=1.2)
    for role, curve in zip(roles, curves, strict=True):
        _draw_band(axes, role, curve)
    for role, curve in zip(roles, curves, strict=True):
        # The precision at a recall of 0 is that of the first rows.
        x, y = np.concatenate(([0.0], curve.x)), np.concatenate((curve.y[:1], curve.y))
        axes.plot(x, y, drawstyle="steps-pre", **drawing.line(role))
    named = _named(roles, areas, "average")
    at = [0.1, 0.25, 0.5, 0.75, 0.9]
    return Picture(
        "precision-recall",
        "Precision-recall curve",
        "How many of the rows taken for positive are so (up) when this share of the positives is found (right)."
        f"{_banded(curves)}{said}",
        [*_keys(roles, named), *_band_key(curves), Key("chance", f"chance: {_percent(prevalence)} positive")],
        [
            Panel(
                "precision-recall",
                "",
                f"Precision-recall curves. {_said_at(roles, curves, at[1:4], named, 'recall')}",
                drawing.svg(figure, "precision-recall"),
            )
        ],
        [_table_at("Precision", "recall", roles, curves, at)],
    )


def _draw_band(axes: Axes, role: str, curve: Curve) -> None:
    if len(curve.grid):
        axes.fill_between(curve.grid, curve.low, curve.high, color=drawing.colour(role), alpha=0.17, linewidth=0)


def _banded(curves: list[Curve]) -> str:
    if all(len(curve.grid) for curve in curves):
        return " Bands: 95 % at each point, by bootstrap."
    return " There are too few rows for bands."


def _band_key(curves: list[Curve]) -> list[Key]:
    return [Key("band", "95 % band")] if all(len(curve.grid) for curve in curves) else []


def _value_at(curve: Curve, at: float, is_recall: bool) -> float:
    if is_recall:
        return float(curve.y[min(int(np.searchsorted(curve.x, at)), len(curve.y) - 1)])
    return float(points.interpolated(np.array([at]), curve.x, curve.y)[0])


def _said_at(roles: list[str], curves: list[Curve], at: list[float], named: list[str], of: str) -> str:
    parts = []
    for role, curve, name in zip(roles, curves, named, strict=True):
        values = ", ".join(f"{_value_at(curve, x, of == 'recall'):.3f} at {x:g}" for x in at)
        parts.append(f"{role}{f' ({name})' if name else ''}: {values}")
    return f"By {of}: {'; '.join(parts)}."


def _table_at(title: str, by: str, roles: list[str], curves: list[Curve], at: list[float]) -> Table:
    rows = []
    for x in at:
        cells = [f"{x:g}"]
        for curve in curves:
            text = f"{_value_at(curve, x, by == 'recall'):.3f}"
            if len(curve.grid):
                place = round(x * (len(curve.grid) - 1))
                text += f" ({curve.low[place]:.3f} to {curve.high[place]:.3f})"
            cells.append(text)
        rows.append(cells)
    return Table(f"{title} by {by}, with its band", [by, *roles], rows)


# Calibration and distributions ----------------------------------------------------------------------------------------


def calibration(roles: list[str], bins: list[Reliability], positive: str | None, said: str = "") -> Picture:
    """Draw a reliability diagram.

    Parameters
    ----------
    roles : list of str
    bins : list of Reliability
    positive : str or None
        The positive class; None where the probabilities are those of the predicted class.
    said : str
        A sentence for the caption.

    Returns
    -------
    Picture
    """
    of = "share of predictions that are right" if positive is None else "share of positives"
    figure, axes = drawing.square(
        "mean probability of the predicted class" if positive is None else "mean probability", of
    )
    axes.plot([0, 1], [0, 1], color=drawing.COLOURS["muted"], linestyle=drawing.DOTS, linewidth=1.2)
    gaps = []
    for place, (role, part) in enumerate(zip(roles, bins, strict=True)):
        axes.vlines(part.predicted, part.low, part.high, color=drawing.colour(role), linewidth=1.2, alpha=0.65)
        marker: Any = {"marker": "o" if place == len(roles) - 1 else "s", "markersize": 5.0, "markeredgewidth": 1.4}
        face = drawing.colour(role) if place == len(roles) - 1 else drawing.COLOURS["card"]
        axes.plot(part.predicted, part.observed, **drawing.line(role), **marker, markerfacecolor=face)
        gaps.append(float(np.average(np.abs(part.predicted - part.observed), weights=part.weight)))
    heads = ["mean probability", of, "95 % interval", "rows"]
    tables = [
        Table(
            f"Calibration of {role}",
            heads,
            [
                [f"{p:.3f}", f"{o:.3f}", f"{low:.3f} to {high:.3f}", _count(w)]
                for p, o, low, high, w in zip(
                    part.predicted, part.observed, part.low, part.high, part.weight, strict=True
                )
            ],
        )
        for role, part in zip(roles, bins, strict=True)
    ]
    spoken = "; ".join(
        f"{role}: {len(part.predicted)} bins, mean distance from the diagonal {gap:.3f}"
        for role, part, gap in zip(roles, bins, gaps, strict=True)
    )
    what = f"{positive} comes true" if positive is not None else "the predicted class is right"
    return Picture(
        "calibration",
        "Calibration",
        f"How often {what} (up) where the model gives it this probability (right), in bins of about equally many rows, "
        "with Wilson's 95 % intervals. Below the diagonal the model is too sure. The gap is the expected calibration "
        f"error: the mean distance from the diagonal.{said}",
        [*_keys(roles, [f"gap {gap:.3f}" for gap in gaps]), Key("chance", "calibrated")],
        [Panel("calibration", "", f"Reliability diagram. {spoken}.", drawing.svg(figure, "calibration"))],
        tables,
    )


def distributions(
    roles: list[str],
    scores: list[Scores],
    classes: tuple[str, str],
    is_probability: bool,
    *,
    said: str = "",
    of_confidence: bool = False,
) -> Picture:
    """Draw how each class's scores are distributed, a panel for each model.

    Parameters
    ----------
    roles : list of str
    scores : list of Scores
    classes : (str, str)
        The negative and the positive one.
    is_probability : bool
        Whether scores lie between 0 and 1; one scale then serves all panels.
    said : str
        A sentence for the caption.
    of_confidence : bool
        Whether scores are probabilities of the predicted class.

    Returns
    -------
    Picture
    """
    edges = [np.linspace(0, 1, 41) if is_probability else points.score_edges(score) for score in scores]
    found = [points.distribution(score, at) for score, at in zip(scores, edges, strict=True)]
    top = max(float(max(negative.max(), positive.max())) for negative, positive in found)
    label = "probability of the predicted class" if of_confidence else "probability" if is_probability else "score"
    panels = []
    for role, score, at, (negative, positive) in zip(roles, scores, edges, found, strict=True):
        figure, axes = drawing.wide(label, "share of the class", height=230)
        drawing.draw_steps(axes, at, negative, "negative", dashed=True)
        drawing.draw_steps(axes, at, positive, "positive", dashed=False)
        axes.set_xlim(at[0], at[-1])
        axes.set_ylim(0, top * 1.06)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: _percent(share)))
        if is_probability and not of_confidence:
            axes.axvline(0.5, color=drawing.COLOURS["muted"], linestyle=drawing.DOTS, linewidth=1.2)
        spoken = "; ".join(
            f"{name}: {_quartiles(score.score, total)}"
            for name, total in zip(classes, (score.negative, score.positive), strict=True)
            if total[-1] > 0
        )
        panels.append(
            Panel(
                f"scores-{role}",
                _panel_title(role, roles),
                f"Distribution of scores of {role}. {spoken}.",
                drawing.svg(figure, f"scores-{role}"),
            )
        )
    beyond = "" if is_probability else " The outermost bins hold all that lies beyond."
    caption = (
        "How sure the model is where it is right, and where it is wrong."
        if of_confidence
        else "The less the two overlap, the better the model tells the classes apart."
    )
    rows = []
    for role, score in zip(roles, scores, strict=True):
        for name, total in zip(classes, (score.negative, score.positive), strict=True):
            quantiles = _quantiles(score.score, total) if total[-1] > 0 else [math.nan] * 5
            who = f"{role}, {name}" if len(roles) > 1 else name
            rows.append([who, *(_plain(x) for x in quantiles), _count(float(total[-1]))])
    return Picture(
        "scores",
        "How sure the predictions are" if of_confidence else "Scores of each class",
        f"{caption}{' Dotted: the threshold of 0.5.' if is_probability and not of_confidence else ''}{beyond}{said}",
        [Key("negative", classes[0]), Key("positive", classes[1])],
        panels,
        [Table("Quantiles of the scores", ["", "5 %", "25 %", "median", "75 %", "95 %", "rows"], rows)],
    )


def _quantiles(score: Floats, total: Floats) -> list[float]:
    # Scores are in decreasing order: a share of 5 % below is one of 95 % at or above.
    place = np.searchsorted(total, total[-1] * (1 - np.array([0.05, 0.25, 0.5, 0.75, 0.95])))
    return [float(x) for x in score[np.minimum(place, len(score) - 1)]]


def _quartiles(score: Floats, total: Floats) -> str:
    _, low, half, high, _ = _quantiles(score, total)
    return f"median {_plain(half)}, half of them from {_plain(low)} to {_plain(high)}"


# Labels ---------------------------------------------------------------------------------------------------------------


def confusion(roles: list[str], found: Confusion, *, at_threshold: bool = False, weighted: bool = False) -> Picture:
    """Lay out confusion matrices.

    Parameters
    ----------
    roles : list of str
    found : Confusion
    at_threshold : bool
        Whether labels are probabilities cut at 0.5.
    weighted : bool
        Whether counts are sums of weights.

    Returns
    -------
    Picture
    """
    matrices = []
    for role, counts in zip(roles, found.counts, strict=True):
        total = counts.sum(axis=1)
        share = np.divide(counts, total[:, None], out=np.zeros_like(counts), where=total[:, None] > 0)
        cells = [
            [
                Cell(
                    _count(float(counts[i, j])),
                    _percent(float(share[i, j])) if total[i] > 0 else "",
                    round(float(share[i, j]), 3),
                    "wrong" if i != j else "mixed" if found.others and i == len(counts) - 1 else "right",
                )
                for j in range(len(counts))
            ]
            for i in range(len(counts))
        ]
        matrices.append(Matrix(role, found.names, cells))
    caption = f"True class by row, predicted class by column; {'sums of weights' if weighted else 'counts'}, shaded by "
    caption += "share of the row."
    if at_threshold:
        caption += " A probability of 0.5 and more is taken for positive."
    if found.others:
        shown = len(found.names) - 1
        caption += (
            f" Shown are the {shown} classes with most errors of {shown + found.others}; "
            f"“others” are the remaining {found.others} together, among which a confusion is not seen."
        )
    tables = [] if len(found.names) < 3 else [_confused(roles, found)]
    return Picture("confusion", "Confusion matrix", caption, matrices=matrices, tables=tables)


def _confused(roles: list[str], found: Confusion) -> Table:
    """List the most frequent confusions."""
    size = len(found.names)
    wrong = [np.where(np.eye(size, dtype=bool), 0.0, counts) for counts in found.counts]
    most = np.argsort(-np.sum(wrong, axis=0), axis=None, kind="stable")[:10]
    rows = []
    for place in most:
        i, j = divmod(int(place), size)
        counts = [float(table[i, j]) for table in wrong]
        if sum(counts) > 0:
            cells = [f"{found.names[i]} taken for {found.names[j]}", *(_count(x) for x in counts)]
            rows.append([*cells, _count(counts[-1] - counts[0], sign=True)] if len(roles) > 1 else cells)
    heads = ["confusion", *roles, "change"] if len(roles) > 1 else ["confusion", *roles]
    return Table("Most frequent confusions", heads, rows)


def recalls(roles: list[str], names: list[str], found: Recalls) -> Picture:
    """Draw the recall of each class, of many those that changed most.

    Parameters
    ----------
    roles : list of str
    names : list of str
    found : Recalls

    Returns
    -------
    Picture
    """
    most = 12
    values, several = found.values, len(found.values) > 1
    occurs = np.flatnonzero(found.frequency > 0)
    change = (np.abs(values[-1] - values[0]) if several else -values[0])[occurs]
    chosen = occurs if len(occurs) <= most else np.sort(occurs[np.argsort(-change, kind="stable")[:most]])
    y = np.arange(len(chosen))[::-1].astype(np.float64)
    short = [_short(names[k]) for k in chosen]
    figure, axes = drawing.wide(
        "recall",
        "",
        height=62 + len(chosen) * min(max(270 / len(chosen), 27.0), 44.0),
        left=min(120.0, 22 + 6.2 * max(len(name) for name in short)),
    )
    for place, role in enumerate(roles):
        at = y + (0.14 - 0.28 * place if several else 0.0)
        last = place == len(roles) - 1
        axes.hlines(
            at,
            found.low[place][chosen],
            found.high[place][chosen],
            color=drawing.colour(role),
            linewidth=1.4,
            alpha=0.65,
        )
        axes.plot(
            values[place][chosen],
            at,
            linestyle="none",
            marker="o" if last else "s",
            markersize=6.0,
            markeredgewidth=1.5,
            color=drawing.colour(role),
            markerfacecolor=drawing.colour(role) if last else drawing.COLOURS["card"],
        )
    axes.set_yticks(y, short)
    axes.tick_params(axis="y", labelcolor=drawing.COLOURS["ink"])
    axes.set_ylim(-0.6, len(chosen) - 0.4)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    rows = [
        [
            names[k],
            *(
                f"{share[k]:.3f} ({low[k]:.3f} to {high[k]:.3f})"
                for share, low, high in zip(values, found.low, found.high, strict=True)
            ),
            _count(float(found.frequency[k])),
        ]
        for k in chosen
    ]
    spoken = "; ".join(
        f"{names[k]}: {', '.join(f'{role} {share[k]:.3f}' for role, share in zip(roles, values, strict=True))}"
        for k in chosen
    )
    which = (
        ""
        if len(chosen) == len(occurs)
        else f" Shown are the {most} classes of {len(occurs)} "
        + ("whose recall changed most." if several else "with the lowest recall.")
    )
    return Picture(
        "recall",
        "Recall of each class",
        f"Share of a class's rows that are found, with Wilson's 95 % intervals.{which}",
        _keys(roles, ["" for _ in roles], dots=True),
        [Panel("recall", "", f"Recall by class. {spoken}.", drawing.svg(figure, "recall"))],
        [Table("Recall by class, with 95 % intervals", ["class", *roles, "rows"], rows)],
    )


# Numbers --------------------------------------------------------------------------------------------------------------


def residuals(
    roles: list[str], predicted: list[NDArray[Any]], residual: list[Floats], weight: Any = None, said: str = ""
) -> Picture:
    """Draw residuals by prediction, a panel for each model.

    Parameters
    ----------
    roles : list of str
    predicted, residual : list of ndarray
        For each model.
    weight : ndarray, optional
    said : str
        A sentence for the caption.

    Returns
    -------
    Picture
    """
    rows = len(residual[0])
    dots = rows <= points.MOST_DOTS
    across = points.edges_between(*points.middle(predicted, 1.0 if dots else 0.9995), 44)
    reach = max(abs(bound) for bound in points.middle(residual, 1.0 if dots else 0.9995)) or 1.0
    up = np.linspace(-reach, reach, 32)
    panels = []
    for role, x, y in zip(roles, predicted, residual, strict=True):
        figure, axes = drawing.wide("predicted", "residual", height=290)
        axes.set_xlim(*drawing.padded(across[0], across[-1]))
        axes.set_ylim(-1.05 * reach, 1.05 * reach)
        if dots:
            drawing.draw_dots(axes, role, np.asarray(x, dtype=np.float64), y, weight)
        else:
            drawing.draw_cells(axes, role, across, up, points.density(x, y, across, up, weight))
        axes.axhline(0, color=drawing.COLOURS["ink"], linewidth=1.0)
        at, mean = points.trend(np.asarray(x, dtype=np.float64), y, weight)
        axes.plot(
            at, np.clip(mean, -reach, reach), color=drawing.COLOURS["ink"], linewidth=1.8, linestyle=drawing.DASHES
        )
        bias = float(np.average(y, weights=weight))
        spread = math.sqrt(float(np.average(np.square(y - bias), weights=weight)))
        panels.append(
            Panel(
                f"residuals-{role}",
                _panel_title(role, roles),
                f"Residuals of {role} by prediction. Mean {_plain(bias)}, standard deviation {_plain(spread)}.",
                drawing.svg(figure, f"residuals-{role}"),
            )
        )
    how = (
        f"Each dot is a row{', larger with its weight' if weight is not None else ''}."
        if dots
        else "The stronger the colour of a cell, the more rows it holds; the outermost hold all that lies beyond."
    )
    return Picture(
        "residuals",
        "Residuals by prediction",
        f"Truth less prediction: above the line the model predicts too little. {how} A dashed line that leaves the "
        f"middle shows where the model is off on average.{said}",
        [Key("mean", "mean residual")],
        panels,
    )


def residual_histogram(roles: list[str], residual: list[Floats], weight: Any = None, said: str = "") -> Picture:
    """Draw how each model's residuals are distributed.

    Parameters
    ----------
    roles : list of str
    residual : list of ndarray
    weight : ndarray, optional
    said : str
        A sentence for the caption.

    Returns
    -------
    Picture
    """
    reach = max(abs(bound) for bound in points.middle(residual, 0.99)) or 1.0
    bins = int(np.clip(2 * len(residual[0]) ** (1 / 3), 11, 51)) | 1
    edges = np.linspace(-reach, reach, bins + 1)
    found = [points.shares(values, edges, weight) for values in residual]
    figure, axes = drawing.wide("residual", "share of rows", height=290)
    axes.axvline(0, color=drawing.COLOURS["muted"], linewidth=1.0, linestyle=drawing.DOTS)
    for role, share in zip(roles, found, strict=True):
        drawing.draw_steps(axes, edges, share, drawing.style(role), dashed=drawing.style(role) == "base")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.06 * max(float(share.max()) for share in found))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: _percent(share)))
    columns, spoken = [], []
    for role, values in zip(roles, residual, strict=True):
        mean = float(np.average(values, weights=weight))
        deviation = math.sqrt(float(np.average(np.square(values - mean), weights=weight)))
        part = values[:: max(1, len(values) // 1_000_000)] if weight is None else values
        quantiles = _weighted_quantiles(part, weight, [0.05, 0.25, 0.5, 0.75, 0.95])
        columns.append([_plain(x) for x in (mean, deviation, *quantiles)])
        spoken.append(
            f"{role}: mean {_plain(mean)}, standard deviation {_plain(deviation)}, median {_plain(quantiles[2])}"
        )
    names = ["mean", "standard deviation", "5 %", "25 %", "median", "75 %", "95 %"]
    rows = [list(cells) for cells in zip(names, *columns, strict=True)]
    return Picture(
        "residual-histogram",
        "Distribution of residuals",
        "Truth less prediction. The narrower and the nearer to zero, the better; the outermost bins hold all that lies "
        f"beyond.{said}",
        _keys(roles, ["" for _ in roles]),
        [
            Panel(
                "residual-histogram",
                "",
                f"Histogram of residuals. {'; '.join(spoken)}.",
                drawing.svg(figure, "residual-histogram"),
            )
        ],
        [Table("Residuals", ["", *roles], rows)],
    )


def _weighted_quantiles(values: Floats, weight: Any, at: list[float]) -> list[float]:
    if weight is None:
        return [float(x) for x in np.quantile(values, at)]
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    return [float(values[order[min(np.searchsorted(total, q * total[-1]), len(values) - 1)]]) for q in at]


# Queries --------------------------------------------------------------------------------------------------------------


def query_differences(difference: Floats, weight: Any = None) -> Picture:
    """Draw how much each query's NDCG changed.

    Parameters
    ----------
    difference : ndarray of shape (n_queries,)
        Tuned less base.
    weight : ndarray of shape (n_queries,), optional

    Returns
    -------
    Picture
    """
    reach = max(float(np.abs(difference).max()), 0.01)
    edges = np.linspace(-reach, reach, 42)
    share = points.shares(difference, edges, weight)
    figure, axes = drawing.wide("NDCG of a query, tuned less base", "share of queries", height=260)
    half = len(share) // 2
    drawing.draw_steps(axes, edges[: half + 1], share[:half], "base", dashed=True)
    drawing.draw_steps(axes, edges[half + 1 :], share[half + 1 :], "tuned", dashed=False)
    drawing.draw_steps(axes, edges[half : half + 2], share[half : half + 1], "muted", dashed=False)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, float(share.max()) * 1.06)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: _percent(x)))
    each = np.ones(len(difference)) if weight is None else weight
    wins, losses, ties = (
        float(each[chosen].sum()) for chosen in (difference > 1e-12, difference < -1e-12, np.abs(difference) <= 1e-12)
    )
    total = wins + losses + ties
    parts = [("tuned ranks better", wins), ("base ranks better", losses), ("as well", ties)]
    rows = [[name, _count(many), _percent(many / total)] for name, many in parts]
    spoken = ", ".join(f"{name} in {_percent(many / total)}" for name, many in parts)
    return Picture(
        "query-differences",
        "Change of each query",
        "Right of the middle the tuned model ranks a query better, left of it the base does. The bar in the middle "
        "holds the queries that hardly changed.",
        [
            Key("tuned", f"tuned better: {_percent(wins / total)}"),
            Key("base", f"base better: {_percent(losses / total)}"),
        ],
        [
            Panel(
                "query-differences",
                "",
                f"Histogram of the change of NDCG. {spoken}.",
                drawing.svg(figure, "query-differences"),
            )
        ],
        [Table("Queries", ["", "weight" if weight is not None else "queries", "share"], rows)],
    )


def query_values(roles: list[str], gains: list[Floats], weight: Any = None) -> Picture:
    """Draw how the queries' NDCG is distributed.

    Parameters
    ----------
    roles : list of str
    gains : list of ndarray of shape (n_queries,)
    weight : ndarray of shape (n_queries,), optional

    Returns
    -------
    Picture
    """
    edges = np.linspace(0, 1, 31)
    found = [points.shares(values, edges, weight) for values in gains]
    figure, axes = drawing.wide("NDCG of a query", "share of queries", height=260)
    for role, share in zip(roles, found, strict=True):
        drawing.draw_steps(axes, edges, share, drawing.style(role), dashed=drawing.style(role) == "base")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.06 * max(float(share.max()) for share in found))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: _percent(x)))
    columns = []
    for values in gains:
        quantiles = _weighted_quantiles(values, weight, [0.05, 0.25, 0.5, 0.75, 0.95])
        columns.append([f"{x:.3f}" for x in (float(np.average(values, weights=weight)), *quantiles)])
    names = ["mean", "5 %", "25 %", "median", "75 %", "95 %"]
    rows = [list(cells) for cells in zip(names, *columns, strict=True)]
    spoken = "; ".join(
        f"{role}: mean {cells[0]}, median {cells[3]}" for role, cells in zip(roles, columns, strict=True)
    )
    return Picture(
        "query-values",
        "NDCG of the queries",
        "1 is the best order that a query can have. Queries of a single row are left out.",
        _keys(roles, ["" for _ in roles]),
        [Panel("query-values", "", f"Histogram of NDCG. {spoken}.", drawing.svg(figure, "query-values"))],
        [Table("NDCG of the queries", ["", *roles], rows)],
    )


# Words ----------------------------------------------------------------------------------------------------------------


def _keys(roles: list[str], said: list[str], dots: bool = False) -> list[Key]:
    return [
        Key(f"{drawing.style(role)}-dot" if dots else drawing.style(role), f"{role}: {text}" if text else role)
        for role, text in zip(roles, said, strict=True)
    ]


def _named(roles: list[str], values: tuple[float, ...] | None, name: str) -> list[str]:
    if values is None:
        return ["" for _ in roles]
    return ["" if math.isnan(value) else f"{name} {value:.4f}" for value in values]


def _panel_title(role: str, roles: list[str]) -> str:
    return role if len(roles) > 1 else ""


def _percent(share: float) -> str:
    if share and abs(share) < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.3g} %" if share < 0.9995 else "100 %" if share >= 1 else "> 99.9 %"


def _count(number: float, sign: bool = False) -> str:
    plus = "+" if sign and number > 0 else ""
    text = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.4g}"
    return plus + text.replace("-", MINUS)


def _plain(number: float) -> str:
    if math.isnan(number):
        return "\N{EN DASH}"
    return (f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}").replace("-", MINUS)


def _short(name: str) -> str:
    # What cannot be printed cannot be drawn, and XML has no place for it.
    printable = "".join(letter if letter.isprintable() else "�" for letter in name) or "(empty)"
    return printable if len(printable) <= _MOST_NAME else printable[: _MOST_NAME - 1] + "…"
