"""Calibration, and the distributions of scores."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from .. import drawing, points
from ..points import Floats, Reliability, Scores
from .parts import Key, Panel, Picture, Table, counted, keys_of, panel_title, percent, plain


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
                [f"{p:.3f}", f"{o:.3f}", f"{low:.3f} to {high:.3f}", counted(w)]
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
        [*keys_of(roles, [f"gap {gap:.3f}" for gap in gaps]), Key("chance", "calibrated")],
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
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share)))
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
                panel_title(role, roles),
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
            rows.append([who, *(plain(x) for x in quantiles), counted(float(total[-1]))])
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
    return f"median {plain(half)}, half of them from {plain(low)} to {plain(high)}"
