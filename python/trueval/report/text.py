"""The report as a table for the terminal, as JSON for machines, as Markdown for documents.

The three forms differ in layout alone. The terminal's table needs rich.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..inference.results import number_text as number
from .results import BETTER, WORSE, Report, Row, Slice

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "json", "markdown")


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
    styles = {BETTER: "green", WORSE: "red"}
    if report.verdict:
        console.print()
        verdict = Text(f"verdict: {report.verdict}")
        word = report.verdict.split(":")[0]
        verdict.stylize(f"bold {styles.get(word, '')}".rstrip(), 0, len("verdict: ") + len(word))
        console.print(verdict, highlight=False, soft_wrap=True)

    def draw(heads: list[tuple[str, bool]], rows: list[list[str]], verdicts: list[str]) -> None:
        table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
        for head, right in heads:
            table.add_column(head, justify="right" if right else "left")
        for row, verdict in zip(rows, verdicts, strict=True):
            cells = [Text(cell) for cell in row]
            if verdict:
                cells[-1].stylize(styles.get(verdict, ""))
            table.add_row(*cells)
        console.print()
        console.print(table)

    draw(_heads(report), [_cells(row) for row in report.rows], [row.verdict for row in report.rows])
    if report.slices:
        cells = [_slice_cells(one) for one in report.slices]
        draw(_slice_heads(report), cells, [one.row.verdict for one in report.slices])
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


def _heads(report: Report) -> list[tuple[str, bool]]:
    """Column heads, and whether what is below is aligned to the right."""
    level = f"{100 * report.confidence_level:g} % interval"
    heads = [("metric", False), *((role, True) for role in report.models)]
    if report.compares:
        return [*heads, ("difference", True), (level, True), ("p", True), ("tuned is", False)]
    return [*heads, (level, True)]


def _slice_heads(report: Report) -> list[tuple[str, bool]]:
    title = next(row.title for row in report.rows if row.metric == report.headline)
    return [(f"{title} where", False), ("rows", True), *_heads(report)[1:]]


def _cells(row: Row) -> list[str]:
    compares = len(row.values) > 1
    cells = [row.title, *(number(value) for value in row.values)]
    low, high = row.interval
    known = not (math.isnan(low) or math.isnan(high))
    interval = f"[{number(low, sign=compares)}, {number(high, sign=compares)}]" if known else "undefined"
    if not compares:
        return [*cells, interval]
    cells += [number(row.difference, sign=True), interval, probability(row.pvalue)]
    return [*cells, row.short_verdict]


def _slice_cells(one: Slice) -> list[str]:
    return [f"{one.column} = {one.value}", str(one.rows), *_cells(one.row)[1:]]


def probability(p: float | None) -> str:
    """Four decimals; less than the last of them is said to be so."""
    if p is None or math.isnan(p):
        return "undefined"
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"


def _markdown(report: Report) -> str:
    def escaped(text: str) -> str:
        return "".join(f"\\{letter}" if letter in "\\|*_`<[" else letter for letter in text)

    def table(heads: list[tuple[str, bool]], rows: list[list[str]]) -> Iterator[str]:
        cells = [[escaped(cell) for cell in row] for row in ([head for head, _ in heads], *rows)]
        widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(heads))]
        for i, row in enumerate(cells):
            padded = [
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, (_, right) in zip(row, widths, heads, strict=True)
            ]
            yield f"| {' | '.join(padded)} |"
            if i == 0:
                rules = [
                    "-" * (width - 1) + ":" if right else "-" * width
                    for width, (_, right) in zip(widths, heads, strict=True)
                ]
                yield f"| {' | '.join(rules)} |"

    lines = [f"- {escaped(line)}" for line in _header(report)]
    if report.verdict:
        word, _, rest = report.verdict.partition(":")
        lines += ["", f"**verdict: {escaped(word)}**{':' if rest else ''}{escaped(rest)}"]
    lines += ["", *table(_heads(report), [_cells(row) for row in report.rows])]
    if report.slices:
        lines += ["", *table(_slice_heads(report), [_slice_cells(one) for one in report.slices])]
    if report.notes:
        lines.append("")
    lines += [f"- note: {escaped(note)}" for note in report.notes]
    return "\n".join(lines) + "\n"


def _json(report: Report) -> str:
    whole = {
        "file": report.file,
        "label": report.label,
        **{f"{role}_column": name for role, name in report.models.items()},
        "task": report.task,
        "reason": report.reason,
        **report.counts,
        "headline": report.headline,
        **({"verdict": report.verdict} if report.compares else {}),
        "confidence_level": report.confidence_level,
        "metrics": [{"metric": row.metric, **_entry(report, row)} for row in report.rows],
        **(
            {
                "slices": [
                    {"column": one.column, "value": one.value, "rows": one.rows, **_entry(report, one.row)}
                    for one in report.slices
                ]
            }
            if report.slices
            else {}
        ),
        "notes": report.notes,
        "backend": report.backend,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(report: Report, row: Row) -> dict[str, Any]:
    def flat(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else value

    entry: dict[str, Any] = {role: flat(value) for role, value in zip(report.models, row.values, strict=True)}
    if report.compares:
        entry["difference"] = flat(row.difference)
    entry["standard_error"] = flat(row.standard_error)
    entry["confidence_interval"] = [flat(bound) for bound in row.interval]
    entry["method"] = row.method
    if report.compares:
        entry |= {"pvalue": flat(row.pvalue), "verdict": row.verdict, "required_rows": row.required_rows}
    entry["higher_is_better"] = row.higher_is_better
    return entry
