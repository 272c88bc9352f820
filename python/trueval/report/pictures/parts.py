"""What pictures are made of, and the words in them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import drawing
from ..drawing import MINUS
from ..points import Floats

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


def keys_of(roles: list[str], said: list[str], dots: bool = False) -> list[Key]:
    """Make a key for each model."""
    return [
        Key(f"{drawing.style(role)}-dot" if dots else drawing.style(role), f"{role}: {text}" if text else role)
        for role, text in zip(roles, said, strict=True)
    ]


def said_values(roles: list[str], values: tuple[float, ...] | None, name: str) -> list[str]:
    """Say the value of each model, where there is one."""
    if values is None:
        return ["" for _ in roles]
    return ["" if math.isnan(value) else f"{name} {value:.4f}" for value in values]


def panel_title(role: str, roles: list[str]) -> str:
    """Name the model, where there are several."""
    return role if len(roles) > 1 else ""


def percent(share: float) -> str:
    """Write a share."""
    if share and abs(share) < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.3g} %" if share < 0.9995 else "100 %" if share >= 1 else "> 99.9 %"


def counted(number: float, sign: bool = False) -> str:
    """Write an amount of rows."""
    plus = "+" if sign and number > 0 else ""
    text = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.4g}"
    return plus + text.replace("-", MINUS)


def plain(number: float) -> str:
    """Write a number."""
    if math.isnan(number):
        return "\N{EN DASH}"
    return (f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}").replace("-", MINUS)


def shortened(name: str) -> str:
    """Shorten a name that is long, and leave out what cannot be drawn."""
    # What cannot be printed cannot be drawn, and XML has no place for it.
    printable = "".join(letter if letter.isprintable() else "�" for letter in name) or "(empty)"
    return printable if len(printable) <= _MOST_NAME else printable[: _MOST_NAME - 1] + "…"


def weighted_quantiles(values: Floats, weight: Any, at: list[float]) -> list[float]:
    """Quantiles of values, by their weights where there are any."""
    if weight is None:
        return [float(x) for x in np.quantile(values, at)]
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    return [float(values[order[min(np.searchsorted(total, q * total[-1]), len(values) - 1)]]) for q in at]
