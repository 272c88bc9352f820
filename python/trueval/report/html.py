"""The report as one page for the browser, which needs nothing but itself: no network, no script."""

from __future__ import annotations

import importlib.util
import math
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import trueval as tv

from ..inference.results import number_text as number
from .results import BETTER, EQUIVALENT, NO_EVIDENCE, UNDEFINED, WORSE, Report, Row

if TYPE_CHECKING:
    from .._tasks import Problem
    from .pictures import Picture

MISSING = "a page needs matplotlib and jinja2: pip install 'trueval[report]'"

# Told apart by form and by word; the colour comes third.
_SIGNS = {BETTER: "▲", WORSE: "▼", NO_EVIDENCE: "○", EQUIVALENT: "≈", UNDEFINED: "?"}
_HEADINGS = {
    BETTER: "Tuned is better than base",
    WORSE: "Tuned is worse than base",
    NO_EVIDENCE: "No evidence of a difference between tuned and base",
    EQUIVALENT: "Tuned and base are equivalent",
    UNDEFINED: "Tuned and base cannot be compared",
}
_TONES = {BETTER: "good", WORSE: "bad"}
_COUNTS = {
    "rows": "rows",
    "missing": "missing values",
    "positives": "positives",
    "negatives": "negatives",
    "positive_label": "positive label",
    "classes": "classes",
    "queries": "queries",
    "queries_without_relevant": "queries without a relevant row",
    "queries_of_one_row": "queries of a single row",
}
_MINUS = "\N{MINUS SIGN}"
# A class of more than these many letters is written upright above its column.
_LONG = 4


@dataclass(frozen=True)
class _Bar:
    """An interval with its value on a scale of 0 to 100, on which `zero` is no difference and right is better."""

    low: float
    high: float
    at: float
    zero: float


@dataclass(frozen=True)
class _Line:
    """A row of a table of metrics, in words."""

    title: str
    values: list[str]
    difference: str
    interval: str
    bar: _Bar | None
    pvalue: str
    verdict: str
    short: str
    sign: str
    tone: str
    method: str
    required: str
    is_headline: bool
    direction: str


def has_page() -> bool:
    """Whether a page can be made: matplotlib and jinja2 are there."""
    try:
        return all(importlib.util.find_spec(name) is not None for name in ("matplotlib", "jinja2"))
    except (ImportError, ValueError):
        return False


def page(report: Report, problem: Problem) -> str:
    """Lay the report out as a page in HTML.

    Parameters
    ----------
    report : Report
        What was found.
    problem : trueval._tasks.Problem
        What it was found from; the pictures are of it.

    Returns
    -------
    str
        The same for the same arguments.

    Raises
    ------
    ModuleNotFoundError
        Without matplotlib or jinja2.
    """
    if not has_page():
        raise ModuleNotFoundError(MISSING)
    from jinja2 import Environment, StrictUndefined

    from .pictures import draw

    roles = list(report.models) if report.compares else ["model"]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    headline = next((row for row in report.rows if row.metric == report.headline), None)
    pictures = draw(problem, roles, {row.metric: row.values for row in report.rows})
    text = template.render(
        report=report,
        roles=roles,
        level=f"{100 * report.confidence_level:.4g} %",
        headline=None if headline is None else _line(report, headline),
        heading=_heading(report, headline),
        sentence=_typeset(report.verdict),
        facts=_facts(report),
        lines=[_line(report, row) for row in report.rows],
        slices=_slices(report),
        pictures=[(picture, _width(picture, pictures)) for picture in pictures],
        long=_LONG,
        unit=problem.unit,
        version=_version(),
    )
    # A file's name can hold bytes that are no text; they stay visible, and the page stays UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError

    try:
        return str(tv.__version__)
    except PackageNotFoundError:
        return "(not installed)"


def _heading(report: Report, headline: Row | None) -> str:
    if headline is None:
        return f"{report.task.capitalize()} metrics"
    if not report.compares:
        return f"{headline.title} {_number(headline.values[0])}"
    return f"{_HEADINGS.get(headline.verdict, headline.verdict)}, by {headline.title}"


def _typeset(text: str) -> str:
    return re.sub(r"(?<![\w-])-(?=\d)", _MINUS, text.replace("->", "→"))


def _facts(report: Report) -> list[tuple[str, str]]:
    facts = [("file", report.file)]
    facts += [(role if report.compares else "model", name) for role, name in report.models.items()]
    facts += [("label", report.label)]
    for name, value in report.counts.items():
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
        facts.append((_COUNTS.get(name, name.replace("_", " ")), text))
    return [*facts, ("task", f"{report.task}: {report.reason}" if report.reason else report.task)]


def _line(report: Report, row: Row, bar: _Bar | None = None) -> _Line:
    compares = report.compares
    centre = row.difference if compares else row.values[0]
    if bar is None and compares:
        bar = _bars([row])[0]
    return _Line(
        title=row.title,
        values=[_number(value) for value in row.values],
        difference=_number(row.difference, sign=True) if compares else "",
        interval=_interval(row.interval, sign=compares),
        bar=None if math.isnan(centre) else bar,
        pvalue="" if row.pvalue is None else _pvalue(row.pvalue),
        verdict=row.verdict,
        short=row.short_verdict,
        sign=_SIGNS.get(row.verdict, ""),
        tone=_TONES.get(row.verdict, "calm"),
        method=row.method,
        required="" if row.required_rows is None else f"{row.required_rows:,}",
        is_headline=row.metric == report.headline,
        direction="higher is better" if row.higher_is_better else "lower is better",
    )


def _bars(rows: list[Row]) -> list[_Bar | None]:
    """Put the differences of several rows on one scale."""
    known = [row for row in rows if all(math.isfinite(x) for x in (*row.interval, row.difference))]
    reach = max((abs(x) for row in known for x in (*row.interval, row.difference)), default=0.0) or 1.0
    bars: list[_Bar | None] = []
    for row in rows:
        if row not in known:
            bars.append(None)
            continue
        way = 1 if row.higher_is_better else -1
        low, high, at = (50 + 46 * way * x / reach for x in (*row.interval, row.difference))
        bars.append(_Bar(round(min(low, high), 2), round(max(low, high), 2), round(at, 2), 50.0))
    return bars


def _slices(report: Report) -> list[dict[str, Any]]:
    bars = _bars([part.row for part in report.slices]) if report.compares else [None] * len(report.slices)
    return [
        {"column": part.column, "value": part.value, "rows": f"{part.rows:,}", "line": _line(report, part.row, bar)}
        for part, bar in zip(report.slices, bars, strict=True)
    ]


def _width(picture: Picture, pictures: list[Picture]) -> str:
    """Whether a picture takes the whole width ("wide"), half of it (""), or the whole since nothing is beside it."""
    if _is_wide(picture):
        return "wide"
    place = pictures.index(picture)
    first = place
    while first > 0 and not _is_wide(pictures[first - 1]):
        first -= 1
    last = place
    while last + 1 < len(pictures) and not _is_wide(pictures[last + 1]):
        last += 1
    if (last - first) % 2 == 1 or place < last:
        return ""
    # Its numbers stand beside it, if it has any.
    return "lone" if picture.tables else "wide"


def _is_wide(picture: Picture) -> bool:
    return len(picture.panels) > 1 or any(len(matrix.names) > _LONG - 1 for matrix in picture.matrices)


def _number(value: float, sign: bool = False) -> str:
    return number(value, sign).replace("-", _MINUS)


def _interval(bounds: tuple[float, float], sign: bool) -> str:
    if any(math.isnan(bound) for bound in bounds):
        return "\N{EN DASH}"
    # Infinite bounds of one-sided intervals are said as they are.
    return " to ".join(_number(x, sign) if math.isfinite(x) else (f"{_MINUS}∞" if x < 0 else "∞") for x in bounds)


def _pvalue(value: float) -> str:
    if math.isnan(value):
        return "undefined"
    if value < 0.0001:
        return "< 0.0001"
    if value < 0.001:
        return f"{value:.4f}"
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"
