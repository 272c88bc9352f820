"""Rankings, query by query."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from .. import drawing, points
from ..points import Floats
from .parts import Key, Panel, Picture, Table, counted, keys_of, percent, weighted_quantiles


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
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: percent(x)))
    each = np.ones(len(difference)) if weight is None else weight
    wins, losses, ties = (
        float(each[chosen].sum()) for chosen in (difference > 1e-12, difference < -1e-12, np.abs(difference) <= 1e-12)
    )
    total = wins + losses + ties
    parts = [("tuned ranks better", wins), ("base ranks better", losses), ("as well", ties)]
    rows = [[name, counted(many), percent(many / total)] for name, many in parts]
    spoken = ", ".join(f"{name} in {percent(many / total)}" for name, many in parts)
    return Picture(
        "query-differences",
        "Change of each query",
        "Right of the middle the tuned model ranks a query better, left of it the base does. The bar in the middle "
        "holds the queries that hardly changed.",
        [
            Key("tuned", f"tuned better: {percent(wins / total)}"),
            Key("base", f"base better: {percent(losses / total)}"),
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
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: percent(x)))
    columns = []
    for values in gains:
        quantiles = weighted_quantiles(values, weight, [0.05, 0.25, 0.5, 0.75, 0.95])
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
        keys_of(roles, ["" for _ in roles]),
        [Panel("query-values", "", f"Histogram of NDCG. {spoken}.", drawing.svg(figure, "query-values"))],
        [Table("NDCG of the queries", ["", *roles], rows)],
    )
