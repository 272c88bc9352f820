"""Print one table of trueval, scikit-learn and the other libraries, beside what trueval has set itself as a target.

All run in one process, turn and turn about; times are medians, in milliseconds. Before any is timed, the values are
compared: ours with scikit-learn's to 12 digits (11 where `cases` says so), the others' with ours to what each can do,
which the notes below the table tell. Scratch is the growth of
the peak resident memory during one call, the result included, in a process of its own; scikit-learn's is measured on a
tenth of the rows. What scikit-learn has not is timed against libraries for it alone, a row each.
Exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import sklearn.metrics
import trueval
from cases import GROWTHS, RIVALS, ROWS, YARDSTICKS, Growth, Rival, Row, Yardstick
from inputs import Case
from libraries import LIBRARIES, RIVAL_LIBRARIES, Library
from measure import Call, apart, exponent, machine, medians, peak_growth, printed_number, timed
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.progress import track
from rich.table import Table
from rich.text import Text

# Values of another library that are further from ours than this are marked as approximations.
ALIKE = 1e-9

# Seconds after which scikit-learn and the others have no further turn in a case: three turns of most of scikit-learn's
# calls with 10^7 rows, and fewer of what no target hangs on.
THEIR_LIMIT, OTHER_LIMIT = 10, 4

Entry = Row | Rival | Yardstick | Growth
ENTRIES: tuple[Entry, ...] = (*ROWS, *RIVALS, *YARDSTICKS, *GROWTHS)


@dataclass
class Line:
    """What is known of an entry."""

    name: str
    rows: int
    ours: float
    ratio: float
    target: str = ""
    met: bool = True
    reference: str = ""  # what the ratio is to, where that is not scikit-learn
    theirs: float | None = None
    others: dict[str, float] = field(default_factory=dict)  # by library
    gaps: dict[str, float] = field(default_factory=dict)  # how far its value is from ours
    failures: dict[str, str] = field(default_factory=dict)
    scratch: float | None = None
    their_scratch: float | None = None
    allowed: str = ""  # scratch
    fits: bool = True
    wrong: str = ""  # our value, where it is not scikit-learn's
    note: str = ""

    def right(self) -> list[Library]:
        """The libraries that computed the same."""
        return [library for library in LIBRARIES if self.gaps.get(library.name, math.inf) <= library.allowed]


@dataclass(frozen=True)
class Pace:
    """How long to measure."""

    rows: int
    repeat: int
    patience: float
    share: float
    scratch: bool


def figures(x: float) -> str:
    """Three digits, without exponents; nothing for 0."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.{max(2 - math.floor(math.log10(x)), 0)}f}" if x > 0 else ""


def prepared(row: Row, side: str, case: Case) -> Call:
    """The call of our function, or of scikit-learn's."""
    module = trueval if side == "ours" else sklearn.metrics
    return partial(getattr(module, row.function), *case.args, **row.keywords, **case.weights(True))


def measure_row(row: Row, pace: Pace) -> Line:
    case = row.sample(row.rows or pace.rows)
    calls = [prepared(row, side, case) for side in ("ours", "theirs")]
    (_, ours), (their_first, theirs) = map(timed, calls)
    line = Line(row.name, len(case.args[0]), 0, 0)
    if (gap := apart(ours, theirs)) > row.tolerance:
        line.wrong = f"{ours!r} instead of {theirs!r}, {gap:.1e} apart"
        return line
    del theirs

    first, names = [0.0, their_first], []
    for library in LIBRARIES:
        if library.version is None:
            continue
        try:
            call = library.prepare(row.metric or row.function, case.args, case.weight, row.keywords)
            if call is None:
                continue
            taken, value = timed(call)
        except Exception as error:  # whatever another library raises is its own affair
            line.failures[library.name] = (str(error).strip() or type(error).__name__).splitlines()[0]
            continue
        line.gaps[library.name] = apart(ours, value)
        calls.append(call)
        first.append(taken)
        names.append(library.name)
    del ours

    limits = [math.inf, THEIR_LIMIT, *(OTHER_LIMIT for _ in names)]
    line.ours, line.theirs, *others = medians(
        calls, pace.repeat, pace.patience, share=pace.share, first=first, limits=limits
    )
    line.ratio = line.theirs / line.ours
    line.others = dict(zip(names, others, strict=True))
    if row.at_least is not None:
        line.target, line.met = f"≥ {row.at_least:g}", line.ratio >= row.at_least
    if pace.scratch and row.rows is None:
        line.scratch = printed_number(__file__, "--scratch", row.name, "ours", "--rows", str(pace.rows))
        line.their_scratch = printed_number(__file__, "--scratch", row.name, "theirs", "--rows", str(pace.rows // 10))
        if row.a_row is not None:
            line.allowed, line.fits = f"≤ {row.a_row:g}", line.scratch <= row.a_row
        if row.in_all is not None:
            line.allowed, line.fits = "O(1)", line.scratch * line.rows <= row.in_all
    return line


def measure_yardstick(entry: Yardstick, pace: Pace) -> Line:
    case = entry.sample(pace.rows)
    calls = [partial(getattr(trueval, entry.function), *case.args), entry.measure(case)]
    for call in calls:
        call()
    ours, other = medians(calls, pace.repeat, pace.patience, share=pace.share)
    ratio = ours / other
    met = ratio <= entry.at_most
    return Line(entry.name, pace.rows, ours, ratio, f"≤ {entry.at_most:g}", met, entry.against, other)


def measure_rival(entry: Rival, pace: Pace) -> Line:
    """Our time, from the arrays to the mean, and the other library's, whose own kind of input is ready."""
    case, library = entry.sample(pace.rows), RIVAL_LIBRARIES[entry.library]
    function = partial(getattr(trueval.retrieval, entry.function), *case.args, **entry.keywords)
    line = Line(entry.name, len(case.args[0]), 0, 0, reference=library.name)
    call = library.prepare(entry.function, case.args, None, entry.keywords) if library.version else None
    calls = [function, call] if call else [function]
    first, values = zip(*map(timed, calls), strict=True)
    if call and (gap := apart(*values)) > entry.tolerance:
        line.wrong = f"{values[0]!r}, but {library.name} has {values[1]!r}, {gap:.1e} apart"
        return line
    limits = [math.inf, THEIR_LIMIT][: len(calls)]
    line.ours, *theirs = medians(
        calls, pace.repeat, pace.patience, share=pace.share, first=(0.0, *first[1:]), limits=limits
    )
    if not call:
        line.note = f"{library.name} is not installed"
        return line
    line.theirs, line.reference = theirs[0], f"{library.name} {library.version}"
    line.ratio = line.theirs / line.ours
    line.target, line.met = f"≥ {entry.at_least:g}", line.ratio >= entry.at_least
    line.note = library.limits
    return line


def measure_growth(entry: Growth, pace: Pace) -> Line:
    lengths = [max(int(pace.rows * factor), 2) for factor in entry.factors]
    times = []
    for rows in lengths:
        call = partial(getattr(trueval, entry.function), *entry.sample(rows).args)
        call()
        times += medians([call], pace.repeat, pace.patience / 3, share=pace.share)
    found = exponent(lengths, times)
    note = ", ".join(f"{rows:,} rows {figures(taken)} ms" for rows, taken in zip(lengths, times, strict=True))
    target = f"≤ {entry.at_most:g}"
    return Line(entry.name, lengths[-1], times[-1], found, target, found <= entry.at_most, "exponent", note=note)


def measure(entry: Entry, pace: Pace) -> Line:
    if isinstance(entry, Row):
        return measure_row(entry, pace)
    if isinstance(entry, Rival):
        return measure_rival(entry, pace)
    return measure_yardstick(entry, pace) if isinstance(entry, Yardstick) else measure_growth(entry, pace)


def print_scratch(name: str, side: str, rows: int) -> None:
    """In a process of its own: warm up on a small case, then print the growth of one call per row."""
    row = next(row for row in ROWS if row.name == name)
    prepared(row, side, row.sample(2000))()
    case = row.sample(rows)
    print(peak_growth(prepared(row, side, case)) / len(case.args[0]))


# What is printed ------------------------------------------------------------------------------------------------------


def misses(lines: Sequence[Line], judge: bool) -> Iterator[str]:
    for line in lines:
        if line.wrong:
            yield f"{line.name}: {line.wrong}"
        if not judge:
            continue
        if not line.met:
            yield f"{line.name}: {figures(line.ratio)} instead of {line.target}"
        if not line.fits:
            yield f"{line.name}: {figures(line.scratch or 0)} bytes of scratch a row instead of {line.allowed}"


def mark(library: Library, gap: float) -> str:
    """Nothing for a value like ours, a tilde for an approximation, and a plain sign for any other value."""
    return "" if gap <= ALIKE else "~" if gap <= library.allowed else "≠"


def cell(library: Library, line: Line) -> str:
    if library.name in line.failures:
        return "fails"
    taken = line.others.get(library.name)
    return "" if taken is None else f"{figures(taken)} {mark(library, line.gaps[library.name])}".strip()


def notes(lines: Sequence[Line]) -> Iterator[str]:
    for library in LIBRARIES:
        yield f"{library.name}: {library.limits if library.version else 'not installed'}"
        for sign, meaning in (("~", f"approximate: {library.because}"), ("≠", "another value")):
            off = {line.name: line.gaps.get(library.name, 0.0) for line in lines}
            told = {name: gap for name, gap in off.items() if mark(library, gap) == sign}
            if told:
                worst = max(told, key=told.__getitem__)
                yield f"{library.name} {sign} ({meaning}): {len(told)} values, by {told[worst]:.0e} at most ({worst})"
        failed = [f"{line.name} ({line.failures[library.name]})" for line in lines if library.name in line.failures]
        if failed:
            yield f"{library.name} fails: {', '.join(failed)}"
    faster = [
        f"{name} at {line.name} ({figures(taken)} ms to {figures(line.ours)})"
        for line in lines
        if not line.reference and not line.wrong
        for name, taken in [
            ("scikit-learn", line.theirs or 0.0),
            *((library.name, line.others[library.name]) for library in line.right()),
        ]
        if taken < line.ours
    ]
    yield f"faster than trueval: {'; '.join(faster) or 'none'}"
    yield from (f"{line.name}: {line.note}" for line in lines if line.note)


def judged(text: str, good: bool, judge: bool) -> Text:
    return Text(f"{text} {'✓' if good else '✗'}", "green" if good else "bold red") if text and judge else Text(text)


def reference(line: Line) -> str:
    """What the ratio is to: scikit-learn's time, or another."""
    return f"{line.reference} {'' if line.theirs is None else figures(line.theirs)}".strip()


def rich_table(lines: Sequence[Line], judge: bool) -> Table:
    table = Table(title=f"trueval ({trueval.backend()} backend) on {machine()}", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("case", no_wrap=True)
    headings = ["rows", "trueval", "scikit-learn", "ratio", "target"]
    headings += ["\n".join([library.name, library.version or "not\ninstalled"]) for library in LIBRARIES]
    for heading in (*headings, "B/row", "at most", "theirs"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(
            line.name,
            f"{line.rows:,}",
            figures(line.ours),
            reference(line),
            "wrong value" if line.wrong else figures(line.ratio),
            judged(line.target, line.met, judge),
            *(cell(library, line) for library in LIBRARIES),
            "" if line.scratch is None else f"{line.scratch:.2f}",
            judged(line.allowed, line.fits, judge),
            "" if line.their_scratch is None else f"{line.their_scratch:.0f}",
        )
    return table


def markdown(lines: Sequence[Line], judge: bool) -> Iterator[str]:
    """The same for README.md: the fastest of the others by name, and who is not in it."""
    there = ", ".join(f"{library.name} {library.version}" for library in LIBRARIES if library.version)
    yield f"{machine()}, {there or 'no other library'}; milliseconds, medians.\n"
    yield "| case | rows | trueval | scikit-learn | ratio | target | fastest other | scratch, bytes a row (theirs) |"
    yield "|---|---|---|---|---|---|---|---|"
    for line in lines:
        best = min(line.right(), key=lambda library, others=line.others: others[library.name], default=None)
        missed = " **missed**" if judge and not line.met else ""
        too_much = f" **{line.allowed} missed**" if judge and not line.fits else ""
        scratch = "" if line.scratch is None else f"{line.scratch:.1f} ({line.their_scratch:.0f})"
        cells = (
            *(line.name, f"{line.rows:,}", figures(line.ours), reference(line)),
            "wrong value" if line.wrong else figures(line.ratio),
            *(line.target + missed, f"{best.name} {cell(best, line)}" if best else "", scratch + too_much),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from (f"- {note}" for note in notes(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="rows of a case (default: 1e7, for which the targets are meant)")
    parser.add_argument("--case", default="", metavar="REGEX", help="only the cases in whose name this is found")
    parser.add_argument("--quick", action="store_true", help="a look at 20,000 rows: no scratch, no judgement")
    parser.add_argument("--markdown", action="store_true", help="print the table as README.md has it")
    parser.add_argument("--scratch", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    rows = int(float(options.rows or ("2e4" if options.quick else "1e7")))
    if options.scratch:
        print_scratch(*options.scratch, rows)
        return

    pace = Pace(rows, 3, 0, 0, False) if options.quick else Pace(rows, 15, 2, 0.25, True)
    small = Pace(rows, 3, 0, 0, False) if options.quick else Pace(rows, 60, 2, 0.005, False)
    chosen = [entry for entry in ENTRIES if re.search(options.case, entry.name)]
    if not chosen:
        parser.error(f"no case is called {options.case!r}: " + "; ".join(entry.name for entry in ENTRIES))
    # The bar goes to standard error, so that the table alone can be redirected.
    bar = Console(stderr=True)
    lines = []
    for entry in track(chosen, "timing", console=bar, transient=True):
        lines.append(measure(entry, small if isinstance(entry, Row) and entry.rows else pace))
        if not (bar.is_terminal or options.quick):
            told = lines[-1]
            print(f"{told.name}: {figures(told.ours)} ms, {told.wrong or figures(told.ratio)}", file=sys.stderr)
    missed = list(misses(lines, not options.quick))
    if options.markdown:
        print("\n".join(markdown(lines, not options.quick)))
    else:
        console, table = Console(highlight=False), rich_table(lines, not options.quick)
        # Whole columns, be the terminal narrower or none.
        needed = Measurement.get(console, console.options.update_width(1000), table).maximum
        console.width = max(console.width, needed)
        console.print(table)
        for note in notes(lines):
            console.print(f"- {note}", markup=False, soft_wrap=True)
    if missed:
        sys.exit("\n".join([f"{len(missed)} below target:", *(f"  {miss}" for miss in missed)]))


if __name__ == "__main__":
    main()
