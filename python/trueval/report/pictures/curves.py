"""ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from .. import drawing, points
from ..points import Curve
from .parts import Key, Panel, Picture, Table, keys_of, percent, said_values


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
    named = said_values(roles, areas, "area")
    at = [0.01, 0.05, 0.1, 0.2, 0.5]
    return Picture(
        "roc",
        "ROC curve",
        "How many of the positives are found (up) for how many of the negatives taken along (right), at every "
        f"threshold.{_banded(curves)}{said}",
        [*keys_of(roles, named), *_band_key(curves), Key("chance", "chance")],
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
    named = said_values(roles, areas, "average")
    at = [0.1, 0.25, 0.5, 0.75, 0.9]
    return Picture(
        "precision-recall",
        "Precision-recall curve",
        "How many of the rows taken for positive are so (up) when this share of the positives is found (right)."
        f"{_banded(curves)}{said}",
        [*keys_of(roles, named), *_band_key(curves), Key("chance", f"chance: {percent(prevalence)} positive")],
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
