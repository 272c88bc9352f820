"""Residuals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from .. import drawing, points
from ..points import Floats
from .parts import Key, Panel, Picture, Table, keys_of, panel_title, percent, plain, weighted_quantiles


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
                panel_title(role, roles),
                f"Residuals of {role} by prediction. Mean {plain(bias)}, standard deviation {plain(spread)}.",
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
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share)))
    columns, spoken = [], []
    for role, values in zip(roles, residual, strict=True):
        mean = float(np.average(values, weights=weight))
        deviation = math.sqrt(float(np.average(np.square(values - mean), weights=weight)))
        part = values[:: max(1, len(values) // 1_000_000)] if weight is None else values
        quantiles = weighted_quantiles(part, weight, [0.05, 0.25, 0.5, 0.75, 0.95])
        columns.append([plain(x) for x in (mean, deviation, *quantiles)])
        spoken.append(
            f"{role}: mean {plain(mean)}, standard deviation {plain(deviation)}, median {plain(quantiles[2])}"
        )
    names = ["mean", "standard deviation", "5 %", "25 %", "median", "75 %", "95 %"]
    rows = [list(cells) for cells in zip(names, *columns, strict=True)]
    return Picture(
        "residual-histogram",
        "Distribution of residuals",
        "Truth less prediction. The narrower and the nearer to zero, the better; the outermost bins hold all that lies "
        f"beyond.{said}",
        keys_of(roles, ["" for _ in roles]),
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
