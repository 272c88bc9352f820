"""Results as a table for the terminal, as JSON for machines, as Markdown for documents.

A `Report` holds everything that is shown; the three forms differ in layout alone. The terminal's table needs rich.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "json", "markdown")

# Values that should be equal but were summed in another order differ by a few units in the last place.
_SAME = 1e-12


@dataclass(frozen=True)
class Row:
    """One metric: its value for each model, in the order of `Report.models`."""

    metric: str
    title: str
    higher_is_better: bool
    values: tuple[float, ...]

    @property
    def difference(self) -> float:
        """The last model's value minus the first's."""
        return self.values[-1] - self.values[0]

    @property
    def verdict(self) -> str:
        """What the difference means for the last model: better, worse, same or undefined."""
        first, last = self.values[0], self.values[-1]
        if math.isnan(self.difference):
            return "undefined"
        if abs(self.difference) <= _SAME * max(abs(first), abs(last)):
            return "same"
        return "better" if (self.difference > 0) == self.higher_is_better else "worse"


@dataclass
class Report:
    """What one run of the command line found.

    Parameters
    ----------
    file : str
        The file that was read.
    label : str
        The column of truth.
    models : dict of str to str
        Role ("base" and "tuned", or "score") to column.
    task, reason : str
        The task and why it is that one.
    counts : dict
        Rows and what else was counted, by name.
    rows : list of Row
        The metrics.
    notes : list of str
        Sentences that qualify the numbers.
    backend : str
        Which backend computed them.
    """

    file: str
    label: str
    models: dict[str, str]
    task: str
    reason: str
    counts: dict[str, Any]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    backend: str = ""

    @property
    def compares(self) -> bool:
        """Whether there are two models."""
        return len(self.models) > 1


def default_format() -> str:
    """``"table"`` where rich is installed, else ``"markdown"``."""
    return "table" if has_rich() else "markdown"


def has_rich() -> bool:
    """Whether the terminal's table can be drawn."""
    try:
        return importlib.util.find_spec("rich") is not None
    except (ImportError, ValueError):
        return False


def render(report: Report, form: str) -> str:
    """Lay the report out as text without colours, ending in a newline.

    Parameters
    ----------
    report : Report
    form : {"table", "json", "markdown"}
    """
    if form == "json":
        return _json(report)
    if form == "markdown":
        return _markdown(report)
    from io import StringIO

    from rich.console import Console

    text = StringIO()
    # Wide enough that no cell of a file is ever wrapped; a table takes only the width that it needs.
    print_table(report, Console(file=text, width=10_000, color_system=None, force_terminal=False, legacy_windows=False))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def print_table(report: Report, console: Console) -> None:
    """Draw the report on a rich console, in colours where it has them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for line in _header(report):
        console.print(Text(line), highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
    table.add_column("metric", no_wrap=True)
    for role in report.models:
        table.add_column(role, justify="right", no_wrap=True)
    if report.compares:
        table.add_column("difference", justify="right", no_wrap=True)
        table.add_column("tuned is", no_wrap=True)
    styles = {"better": "green", "worse": "red"}
    for row in report.rows:
        cells = [Text(cell) for cell in _cells(report, row)]
        if report.compares:
            cells[-1].stylize(styles.get(row.verdict, ""))
        table.add_row(*cells)
    console.print()
    console.print(table)
    if report.notes:
        console.print()
    for note in report.notes:
        console.print(Text(f"note: {note}"), highlight=False, soft_wrap=True)


def _header(report: Report) -> Iterator[str]:
    columns = ", ".join(f"{role} {name!r}" for role, name in report.models.items())
    yield f"{report.file}: label {report.label!r}, {columns}"
    yield f"task: {report.task} ({report.reason})"
    yield ", ".join(_counted(report.counts))


def _counted(counts: dict[str, Any]) -> Iterator[str]:
    yield f"rows: {counts['rows']}"
    if "positives" in counts:
        yield f"positives: {counts['positives']} (label {counts['positive_label']})"
    elif "classes" in counts:
        yield f"classes: {counts['classes']}"
    if "queries" in counts:
        yield f"queries: {counts['queries']}"
        yield f"without a relevant row: {counts['queries_without_relevant']}"
    yield f"missing: {counts['missing']}"


def _cells(report: Report, row: Row) -> list[str]:
    cells = [row.title, *(number(value) for value in row.values)]
    if report.compares:
        cells += [number(row.difference, sign=True), row.verdict]
    return cells


def number(value: float, sign: bool = False) -> str:
    """Four decimals, or four significant digits where those would show nothing or too much."""
    if math.isnan(value):
        return "undefined"
    plus = "+" if sign and value else ""
    if value == 0 or 5e-5 <= abs(value) < 1e7:
        return f"{value:{plus}.4f}"
    return f"{value:{plus}.3e}"


def _markdown(report: Report) -> str:
    def escaped(text: str) -> str:
        return "".join(f"\\{letter}" if letter in "\\|*_`<[" else letter for letter in text)

    lines = [f"- {escaped(line)}" for line in _header(report)]
    heads = ["metric", *report.models] + (["difference", "tuned is"] if report.compares else [])
    rules = ["---"] + ["---:"] * len(report.models) + (["---:", "---"] if report.compares else [])
    table = [heads, rules] + [[escaped(cell) for cell in _cells(report, row)] for row in report.rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(heads))]
    lines.append("")
    for line in table:
        cells = []
        for cell, rule, width in zip(line, rules, widths, strict=True):
            if line is rules:
                cells.append(rule.replace("---", "-" * (width - rule.endswith(":")), 1))
            else:
                cells.append(cell.rjust(width) if rule.endswith(":") else cell.ljust(width))
        lines.append(f"| {' | '.join(cells)} |")
    if report.notes:
        lines.append("")
    lines += [f"- note: {escaped(note)}" for note in report.notes]
    return "\n".join(lines) + "\n"


def _json(report: Report) -> str:
    def flat(value: float) -> float | None:
        return value if math.isfinite(value) else None

    metrics = []
    for row in report.rows:
        entry: dict[str, Any] = {"metric": row.metric}
        entry.update({role: flat(value) for role, value in zip(report.models, row.values, strict=True)})
        if report.compares:
            entry["difference"] = flat(row.difference)
            entry["verdict"] = row.verdict
        entry["higher_is_better"] = row.higher_is_better
        metrics.append(entry)
    whole = {
        "file": report.file,
        "label": report.label,
        **{f"{role}_column": name for role, name in report.models.items()},
        "task": report.task,
        "reason": report.reason,
        **report.counts,
        "metrics": metrics,
        "notes": report.notes,
        "backend": report.backend,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
