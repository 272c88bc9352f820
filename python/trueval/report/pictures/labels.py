"""Which labels are taken for which."""

from __future__ import annotations

import numpy as np

from .. import drawing
from ..points import Confusion, Recalls
from .parts import Cell, Matrix, Panel, Picture, Table, counted, keys_of, percent, shortened


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
                    counted(float(counts[i, j])),
                    percent(float(share[i, j])) if total[i] > 0 else "",
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
            cells = [f"{found.names[i]} taken for {found.names[j]}", *(counted(x) for x in counts)]
            rows.append([*cells, counted(counts[-1] - counts[0], sign=True)] if len(roles) > 1 else cells)
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
    short = [shortened(names[k]) for k in chosen]
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
            counted(float(found.frequency[k])),
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
        keys_of(roles, ["" for _ in roles], dots=True),
        [Panel("recall", "", f"Recall by class. {spoken}.", drawing.svg(figure, "recall"))],
        [Table("Recall by class, with 95 % intervals", ["class", *roles, "rows"], rows)],
    )
