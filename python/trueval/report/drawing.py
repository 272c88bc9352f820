"""How the pictures are drawn: axes, lines, areas, and the way from a figure of matplotlib to the markup of a page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .points import Floats

# What stands for a variable of the style sheet while matplotlib draws; none occurs otherwise.
COLOURS = {
    name: f"#0a0b{place:02x}"
    for place, name in enumerate(("ink", "muted", "grid", "base", "tuned", "negative", "positive", "card"), 1)
}
_VARIABLES = {colour: f"var(--{name})" for name, colour in COLOURS.items()}
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "trueval",
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["muted"],
    "ytick.labelcolor": COLOURS["muted"],
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "path.simplify": False,
}
MINUS = "\N{MINUS SIGN}"
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
# Units of a drawing: as wide as a telephone, where a unit is then a pixel.
WIDTH = 360
DASHES = (0, (5, 2.4))
DOTS = (0, (1.2, 2.6))


@contextmanager
def settings() -> Iterator[None]:
    """Have matplotlib draw as the page wants it, for as long as this lasts."""
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # A name can have letters that the font used for measuring lacks; the reader's has them.
        warnings.filterwarnings("ignore", message=r".*[Gg]lyph.*")
        yield


def style(role: str) -> str:
    """Name the style of a model: that of "base", or that of all others.

    Parameters
    ----------
    role : str

    Returns
    -------
    str
    """
    return "base" if role == "base" else "tuned"


def colour(role: str) -> str:
    """Give the colour of a model's style.

    Parameters
    ----------
    role : str

    Returns
    -------
    str
    """
    return COLOURS[style(role)]


def line(role: str) -> dict[str, Any]:
    """Give the line of a model's style, as `Axes.plot` takes it.

    Parameters
    ----------
    role : str

    Returns
    -------
    dict
    """
    dashed = style(role) == "base"
    return {"color": colour(role), "linewidth": 1.7, "linestyle": DASHES if dashed else "solid"}


def draw_steps(axes: Axes, edges: Floats, share: Floats, style: str, dashed: bool) -> None:
    """Draw a histogram: its outline, and the area below it.

    Parameters
    ----------
    axes : Axes
    edges, share : ndarray
    style : str
        A name in `COLOURS`.
    dashed : bool
        Whether the outline is.
    """
    colour = COLOURS[style]
    axes.stairs(share, edges, fill=True, facecolor=colour, alpha=0.2, linewidth=0)
    axes.stairs(share, edges, edgecolor=colour, linewidth=1.6, linestyle=DASHES if dashed else "solid")


def draw_dots(axes: Axes, role: str, x: Floats, y: Floats, weight: Any) -> None:
    """Draw a dot for each row.

    Parameters
    ----------
    axes : Axes
    role : str
    x, y : ndarray of shape (n_samples,)
    weight : ndarray of shape (n_samples,) or None
        The area of a dot, roughly.
    """
    # Points without length with round ends: some 15 bytes a dot, a tenth of a marker's. Several paths, for where one
    # path crosses itself it does not grow darker.
    layers = 8
    order = np.arange(len(x)) if weight is None else np.argsort(weight, kind="stable")
    size = np.full(len(x), 4.6)
    if weight is not None:
        size = np.clip(4.6 * np.sqrt(weight / np.mean(weight)), 1.5, 14.0)
        parts = np.array_split(order, layers)
    else:
        parts = [order[start::layers] for start in range(layers)]
    for part in parts:
        if len(part):
            vertices = np.repeat(np.column_stack((x[part], y[part])), 2, axis=0)
            path = Path(vertices, np.tile([Path.MOVETO, Path.LINETO], len(part)))
            axes.add_patch(
                PathPatch(
                    path,
                    fill=False,
                    edgecolor=colour(role),
                    linewidth=float(np.mean(size[part])),
                    capstyle="round",
                    alpha=0.38,
                )
            )


def draw_cells(axes: Axes, role: str, across: Floats, up: Floats, share: Floats) -> None:
    """Draw a histogram of two numbers, the darker the more in a cell, on a logarithmic scale.

    Parameters
    ----------
    axes : Axes
    role : str
    across, up : ndarray
        Edges of the cells.
    share : ndarray of shape (len(across) - 1, len(up) - 1)
    """
    levels = 7
    filled = share > 0
    logarithm = np.log(np.where(filled, share, 1.0))
    low = logarithm[filled].min()
    reach = max(logarithm[filled].max() - low, 1e-9)
    level = np.where(filled, np.minimum(((logarithm - low) / reach * levels).astype(int), levels - 1), -1)
    for k in range(levels):
        columns, rows = np.nonzero(level == k)
        if not len(columns):
            continue
        left, right, bottom, top = across[columns], across[columns + 1], up[rows], up[rows + 1]
        corners = np.stack((left, bottom, right, bottom, right, top, left, top, left, bottom), axis=1)
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        path = Path(corners.reshape(-1, 2), np.tile(codes, len(columns)))
        alpha = 0.10 + 0.85 * k / (levels - 1)
        axes.add_patch(PathPatch(path, facecolor=colour(role), linewidth=0, alpha=alpha, gid="cells"))


def padded(low: float, high: float) -> tuple[float, float]:
    """Widen a range, so that what lies at its ends is seen whole.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    low, high : float
    """
    return low - 0.03 * (high - low), high + 0.03 * (high - low)


def square(xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    """Make axes from 0 to 1, as wide as they are high.

    Parameters
    ----------
    xlabel, ylabel : str

    Returns
    -------
    Figure, Axes
    """
    figure, axes = wide(xlabel, ylabel, height=WIDTH - 8)
    axes.set_xlim(-0.012, 1.012)
    axes.set_ylim(-0.012, 1.012)
    axes.set_aspect("equal", anchor="SW")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    return figure, axes


def wide(xlabel: str, ylabel: str, height: float, left: float = 56.0) -> tuple[Figure, Axes]:
    """Make axes as wide as the drawing.

    Parameters
    ----------
    xlabel, ylabel : str
    height : float
        Of the drawing.
    left : float
        Room for what is written at the vertical axis.

    Returns
    -------
    Figure, Axes
    """
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    figure.patch.set_visible(False)
    bottom, top, right = 44.0, 8.0, 12.0
    axes = figure.add_axes(
        (left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, (height - bottom - top) / height)
    )
    axes.patch.set_visible(False)
    axes.grid(visible=True)
    axes.set_xlabel(xlabel, labelpad=6, fontsize=11)
    # Its place is fixed, since the reader's digits are not as wide as those measured here.
    axes.set_ylabel(ylabel, fontsize=11)
    axes.yaxis.set_label_coords(-(left - 17) / (WIDTH - left - right), 0.5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(_tick))
    return figure, axes


def _tick(value: float, _: object) -> str:
    for unit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if unit <= abs(value) < 1e15:
            return f"{value / (1e3 if sign == 'k' else unit):.4g}{sign}".replace("-", MINUS)
    return f"{value:.4g}".replace("-", MINUS)


def svg(figure: Figure, name: str) -> str:
    """Write a figure as the markup of an `svg` element within a page.

    Parameters
    ----------
    figure : Figure
    name : str
        Unique on the page: it sets the ids apart from those of other drawings.

    Returns
    -------
    str
    """
    text = io.BytesIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(text.getvalue())
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in list(root.iter()):
        tag = element.tag.rpartition("}")[2]
        # matplotlib's own style element would hold for the whole page.
        if tag in ("metadata", "style"):
            parents[element].remove(element)
    used = {found for element in root.iter() for value in element.attrib.values() for found in _references(value)}
    for element in root.iter():
        element.tag = element.tag.replace(_SVG, "")
        _plain_attributes(element, used, name)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "class": "drawing"})
    return ElementTree.tostring(root, encoding="unicode")


def _references(value: str) -> list[str]:
    return re.findall(r"url\(#([^)]+)\)", value) + ([value[1:]] if value.startswith("#") else [])


def _plain_attributes(element: ElementTree.Element, used: set[str], name: str) -> None:
    attributes = element.attrib
    identity = attributes.pop("id", "")
    if identity.startswith("cells"):
        # Neighbours would have a seam between them.
        attributes["shape-rendering"] = "crispEdges"
    if identity in used:
        attributes["id"] = f"{name}-{identity}"
    reference = attributes.pop(_HREF, None)
    if reference is not None:
        attributes["href"] = f"#{name}-{reference[1:]}"
    for key, value in list(attributes.items()):
        attributes[key] = re.sub(r"url\(#", f"url(#{name}-", value)
    if "d" in attributes:
        attributes["d"] = _NUMBER.sub(lambda number: f"{float(number[0]):.1f}", " ".join(attributes["d"].split()))
    style = attributes.pop("style", "")
    if element.tag == "text":
        size = re.search(r"([\d.]+)px", style)
        anchor = re.search(r"text-anchor:\s*(\w+)", style)
        colour = re.search(r"fill:\s*(#\w+)", style)
        # The page writes larger in a small window.
        parts = [f"font-size: calc({size[1] if size else 10}px * var(--type, 1))"]
        parts += [
            f"text-anchor: {anchor[1] if anchor else 'start'}",
            f"fill: {colour[1] if colour else COLOURS['ink']}",
        ]
        style = "; ".join(parts)
    for colour_name, variable in _VARIABLES.items():
        style = style.replace(colour_name, variable)
    if style:
        attributes["style"] = style
