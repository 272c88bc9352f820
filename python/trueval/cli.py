"""The command line: ``trueval compare`` and ``trueval evaluate``.

It reads the columns (`_tables`), works out the task and its metrics (`_tasks`), how sure they are and what follows
(`_verdicts`), and lays out the result (`report`).
What a user can do wrong ends in one line on stderr and exit status 2, an interrupt in 130; nothing is written then.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import trueval as tv

from . import report as reporting
from ._tables import Column, Progress, Selection, Table, TableError, open_table
from ._tasks import TASKS, Problem, TaskError, prepare
from ._verdicts import Settings, judge, sentence, slice_by
from ._where import Where, WhereError
from .report import html, listing

if TYPE_CHECKING:
    from ._outofcore import Stream

_FILE = (
    "Parquet, CSV, Arrow/Feather or NPZ (the first three need: pip install 'trueval[cli]'); a folder of Parquet files, "
    "or a pattern for their names; folders named column=value add a column"
)
_PREDICTIONS = """\
what --base, --tuned and --score take:
  COL      one column. binary: probabilities of the positive label (0 to 1), any other score (then only ROC AUC and
           average precision are shown), or predicted labels. multiclass: predicted labels. regression: values.
           ranking: scores. A list column in Parquet or a 2-D array in NPZ holds one probability per class, in the
           sorted order of the labels.
  PREFIX   where no column has that very name, all columns that start with it, one probability per class: what
           follows the prefix is the class, or its place (from 0) in the sorted order of the labels.
           --base base_ stands for base_0 ... base_9
  A,B,C    columns of probabilities in the sorted order of the labels

task, when --task is not given:
  ranking with --group; binary when the label has two distinct values; multiclass when it is text, or whole numbers
  with predictions that are whole numbers or one column per class; regression otherwise. The reason is printed.

Missing values (NaN, null, an empty or NA field in CSV) are an error, never dropped.
Exit status: 0, or 2 after an error.
"""


_ROLES = ("group", "weight", "cluster")
# Below this the reader and the states have no room to work in.
_LEAST_MEMORY = 16 << 20
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


class _UsageError(ValueError):
    """A command line that cannot be followed, in one sentence."""


class _Parser(argparse.ArgumentParser):
    """argparse with its errors in the one-line form of all others."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message} (see {self.prog} --help)")


class _Version(argparse.Action):
    """Print the version; it is looked up only here, for that takes longer than reading a small file."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError

        try:
            version = tv.__version__
        except PackageNotFoundError:
            version = "(not installed)"
        print(f"trueval {version}, {tv.backend()} backend")
        parser.exit()


def _memory(text: str) -> int:
    """Bytes from a number and a unit."""
    number = text.rstrip("bBkKmMgGiI")
    try:
        size = int(float(number) * _UNITS[text[len(number) :].lower() or "b"])
    except (KeyError, ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"expected a number with one of B, kB, MB, GB, KiB, MiB, GiB, got {text!r}"
        ) from None
    if size < _LEAST_MEMORY:
        raise argparse.ArgumentTypeError(f"expected {_LEAST_MEMORY >> 20}MiB or more, got {text!r}")
    return size


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="trueval",
        description="Exact evaluation metrics; did the fine-tune help?",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and the backend, and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in (
        ("compare", "compare two models' predictions of the same rows"),
        ("evaluate", "evaluate one model's predictions"),
    ):
        command = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=_PREDICTIONS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_argument("file", metavar="FILE", help=_FILE)
        command.add_argument("--label", required=True, metavar="COL", help="the truth")
        if name == "compare":
            command.add_argument("--base", required=True, metavar="COL", help="predictions of the model before")
            command.add_argument("--tuned", required=True, metavar="COL", help="predictions of the model after")
        else:
            command.add_argument("--score", required=True, metavar="COL", help="predictions of the model")
        command.add_argument("--task", choices=TASKS, help="instead of working it out")
        command.add_argument("--group", metavar="COL", help="query ids, for ranking; rows need not be sorted by them")
        command.add_argument("--cluster", metavar="COL", help="what rows belong together: a document, a user")
        command.add_argument("--weight", metavar="COL", help="weights of rows; in ranking, of whole queries")
        command.add_argument(
            "--positive", metavar="LABEL", help="the positive label of a binary task (default: the larger of the two)"
        )
        command.add_argument(
            "--confidence-level", type=float, default=0.95, metavar="P", help="of the intervals (default: 0.95)"
        )
        command.add_argument(
            "--resamples", type=int, default=9999, metavar="N", help="replicates of methods that draw (default: 9999)"
        )
        command.add_argument("--seed", type=int, default=0, metavar="N", help="of the replicates (default: 0)")
        if name == "compare":
            command.add_argument("--metric", metavar="NAME", help="what the verdict rests on, by its name in JSON")
            command.add_argument(
                "--margin", type=float, metavar="M", help="a difference of that metric that does not matter"
            )
            command.add_argument(
                "--slice",
                action="append",
                default=[],
                metavar="COL",
                help="compare the rows with each value of this column, too; may be given several times",
            )
        command.add_argument(
            "--where",
            metavar="CONDITION",
            help="keep to some rows, as in: --where \"split = 'test' and (n > 3 or lang in ('en', 'de'))\"",
        )
        command.add_argument(
            "--memory",
            type=_memory,
            metavar="SIZE",
            help="read Parquet or Arrow/Feather in parts, with so much memory (512MB, 2GiB) beyond what Python takes; "
            "without it, this is done for columns that would take more than half of the machine's memory",
        )
        command.add_argument(
            "--format",
            choices=reporting.FORMATS,
            help="default: by the suffix of -o (.json, .md), else table, or markdown where rich is not installed",
        )
        command.add_argument("-o", "--output", metavar="FILE", type=Path, help="write there instead of stdout")
        command.add_argument(
            "--html",
            metavar="FILE",
            type=Path,
            help="write a page with pictures there, too (needs: pip install 'trueval[report]')",
        )
        if name == "compare":
            command.add_argument(
                "--disagreements",
                metavar="FILE",
                type=Path,
                help="list there, as CSV, the rows that tuned fixed and broke, and those of which both models are sure "
                "that the label is another (probabilities of 0.9 and more), with each model's answer and its "
                "confidence in it; rows are numbered from 0 among those that are compared",
            )
            command.add_argument(
                "--show",
                action="append",
                default=[],
                metavar="COL",
                help="a column that --disagreements lists beside (an id, the text), as it does those of --slice; may "
                "be given several times",
            )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        The exit status: 0 when all went well, 2 after an error (one line on stderr), 130 after an interrupt.
    """
    try:
        options = _parser().parse_args(argv)
        form = _form(options)
        _check_numbers(options)
        _check_output(options)
        found, problem, rows = _run(options)
        # First, since the reader of stdout may go before the end.
        if rows is not None:
            _write_file(rows, options.disagreements)
        if options.html is not None:
            _write_file(html.page(found, problem), options.html)
        _write(found, form, options.output)
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except KeyboardInterrupt:
        print("trueval: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of stdout has gone (`| head`); what is still buffered must not fail at exit.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except WhereError as error:
        return _refuse(f"--where: {error}")
    except (_UsageError, TableError, TaskError) as error:
        return _refuse(str(error))
    except MemoryError as error:
        return _refuse(f"out of memory: {str(error) or 'the columns do not fit'}")
    return 0


def _refuse(message: str) -> int:
    line = " ".join(message.split())
    print(f"trueval: error: {line}", file=sys.stderr)
    return 2


def _form(options: argparse.Namespace) -> str:
    if options.format == "table" and not reporting.has_rich():
        raise _UsageError("--format table needs rich: pip install 'trueval[cli]' (or --format markdown)")
    if options.format is None and options.output is not None:
        by_suffix = {".json": "json", ".md": "markdown"}.get(options.output.suffix.lower())
        return by_suffix or reporting.default_format()
    return options.format or reporting.default_format()


def _check_output(options: argparse.Namespace) -> None:
    """Refuse before the work what could not be written after it."""
    outputs = {
        "-o": options.output,
        "--html": options.html,
        "--disagreements": getattr(options, "disagreements", None),
    }
    for option, output in outputs.items():
        if output is None:
            continue
        if output.is_dir():
            raise _UsageError(f"{option} {output} is a folder")
        if not output.absolute().parent.is_dir():
            raise _UsageError(f"{option} {output}: there is no folder {output.parent}")
        if output.exists() and os.path.exists(options.file) and output.samefile(options.file):
            raise _UsageError(f"{option} {output} is the file that is read")
    given = {option: os.path.realpath(output) for option, output in outputs.items() if output is not None}
    for (one, path), (other, same) in itertools.combinations(given.items(), 2):
        if path == same:
            raise _UsageError(f"{one} and {other} both name {outputs[one]}")
    if options.html is not None and not html.has_page():
        raise _UsageError(f"--html: {html.MISSING}")


def _check_numbers(options: argparse.Namespace) -> None:
    if not 0.5 < options.confidence_level < 1:
        raise _UsageError(f"--confidence-level must lie between 0.5 and 1, got {options.confidence_level:g}")
    if options.resamples < 1:
        raise _UsageError(f"--resamples must be 1 or more, got {options.resamples}")
    if not 0 <= options.seed < 1 << 64:
        raise _UsageError(f"--seed must lie between 0 and 2**64 - 1, got {options.seed}")
    if getattr(options, "show", ()) and options.disagreements is None:
        raise _UsageError("--show takes --disagreements, which lists its columns")
    margin = getattr(options, "margin", None)
    if margin is not None and not 0 < margin < float("inf"):
        raise _UsageError(f"--margin must be above 0 and finite, got {margin:g}")


def _run(options: argparse.Namespace) -> tuple[reporting.Report, Problem, str | None]:
    roles = ("base", "tuned") if options.command == "compare" else ("score",)
    named = {role: getattr(options, role) for role in roles}
    _check_distinct(options, named)
    settings = Settings(
        options.confidence_level,
        getattr(options, "margin", None),
        options.resamples,
        options.seed,
        getattr(options, "metric", None),
        _drawing(),
    )
    with open_table(options.file) as table, ExitStack() as stack:
        # Every name is looked up before anything is read, so that a typing error costs no time.
        label = table.column(options.label)
        if options.where is not None:
            table.choose(Where(options.where))
        extra = {role: table.column(name) for role in _ROLES if (name := getattr(options, role))}
        cuts = [table.column(name) for name in getattr(options, "slice", ())]
        selections = [table.select(name, [label, *extra.values(), *cuts]) for name in named.values()]
        beside = [*cuts, *(table.column(name) for name in getattr(options, "show", ()))]
        names = [label, *extra.values(), *beside, *(column for chosen in selections for column in chosen.columns)]
        memory = options.memory or _memory_needed(table, names)
        wanted, rows_listed = getattr(options, "disagreements", None), None
        if memory is not None:
            if wanted is not None:
                raise _UsageError("--disagreements takes all rows in memory, and cannot be had when read in parts")
            stream = _stream(options, table, selections, settings, memory)
            stack.callback(stream.close)
            problem: Problem = stream
            parts = {cut: stream.slices_of(cut) for cut in cuts}
        else:
            with _progress(table) as progress:
                columns = table.read(list(dict.fromkeys(names)), progress)
            problem = prepare(
                columns[label],
                [(chosen, [columns[name] for name in chosen.columns]) for chosen in selections],
                task=options.task,
                positive=options.positive,
                **{role: columns[name] for role, name in extra.items()},
            )
            parts = {cut: problem.parts(columns[cut]) for cut in cuts}
            if wanted is not None:
                rows_listed = _listing(options, problem, {name: columns[name] for name in beside})
        rows, headline = judge(problem, settings)
        slices = [found for cut in cuts for found in slice_by(cut, parts[cut], headline, settings)]
        # Accuracy of the rows of a class is what it is of all rows; other metrics mix classes.
        if label in cuts and problem.task in {"binary", "multiclass"} and headline != "accuracy_score":
            problem.notes.append(
                f"slices of {label!r} hold rows of one class each: there a metric tells the models apart, but its "
                "values are not to be compared with those of all rows"
            )
        shown: Problem = problem
        if memory is not None and options.html is not None:
            shown = stream.sample()
            if shown.size < problem.size:
                problem.notes.append(f"the pictures are those of {shown.size} random rows")
    verdict = ""
    if len(named) > 1:
        verdict = sentence(next(row for row in rows if row.metric == headline), problem, rows, settings)
    # Missing values are refused while reading, so what is left has none.
    counts = {"rows": problem.counts.pop("rows"), "missing": 0, **problem.counts}
    found = reporting.Report(
        file=str(options.file),
        label=options.label,
        models=named,
        task=problem.task,
        reason=problem.reason,
        counts=counts,
        rows=rows,
        headline=headline,
        verdict=verdict,
        confidence_level=options.confidence_level,
        slices=slices,
        notes=problem.notes,
        backend=tv.backend(),
    )
    return found, shown, rows_listed


def _listing(options: argparse.Namespace, problem: Problem, columns: dict[str, Column]) -> str:
    """List the rows to look at, and say how many there are."""
    found = listing.listed(problem)
    if isinstance(found, str):
        raise _UsageError(f"--disagreements: {found}")
    problem.notes.append(f"{found.summary}: see {options.disagreements}")
    return listing.table_of(found, problem, options.label, columns)


def _memory_needed(table: Table, names: list[str]) -> int | None:
    """Memory to read in parts with, where the columns would take more than half of what the machine has."""
    each = table.row_bytes(names)
    if each is None or table.rows is None or not hasattr(os, "sysconf"):
        return None
    own = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return own // 4 if each * table.rows > own / 2 else None


def _stream(
    options: argparse.Namespace, table: Table, selections: list[Selection], settings: Settings, memory: int
) -> Stream:
    """Read in parts."""
    from ._outofcore import Wanted, read

    if options.cluster is not None:
        raise _UsageError("--cluster takes all rows in memory, and cannot be had with --memory")
    if options.group is not None or options.task == "ranking":
        raise _UsageError("ranking takes all rows in memory, and cannot be had with --memory")
    wanted = Wanted(
        options.label, selections, options.weight, getattr(options, "slice", ()), options.task, options.positive
    )
    with _passes() as show:
        return read(table, wanted, settings, memory, show, options.html is not None)


@contextmanager
def _passes() -> Iterator[Callable[[str], Progress | None]]:
    """Show a bar for each pass over the rows, with rows per second and the time left, where stderr is a terminal."""
    if not sys.stderr.isatty() or not reporting.has_rich():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, tuple[Any, float]] = {}

    def begin(words: str) -> Progress:
        if words not in tasks:
            tasks[words] = bar.add_task(f"{words} rows", speed=""), time.monotonic()
        task, began = tasks[words]

        def advance(done: int, total: int) -> None:
            seconds = time.monotonic() - began
            speed = f"{done / seconds / 1e6:.1f} million rows/s" if seconds > 0 else ""
            bar.update(task, completed=done, total=total, speed=speed)

        return advance

    with bar:
        yield begin


def _check_distinct(options: argparse.Namespace, named: dict[str, str]) -> None:
    """Two roles for one column make no sense."""
    seen: dict[str, str] = {}
    roles = {"label": options.label, **named, **{role: getattr(options, role) for role in _ROLES}}
    for role, name in roles.items():
        if name is not None and name in seen:
            raise _UsageError(f"--{seen[name]} and --{role} both name column {name!r}")
        if name is not None:
            seen[name] = role


class _Bar:
    """A bar on stderr, which shows itself when the work takes long enough to wonder."""

    def __init__(self, what: str, total: int | None = None) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(stderr=True), transient=True)
        self._task, self._began = self._bar.add_task(what, total=total), time.monotonic()

    def show(self, **changes: Any) -> None:
        self._bar.update(self._task, **changes)
        if not self._bar.live.is_started and time.monotonic() - self._began > 0.5:
            self._bar.start()

    def update(self, number: int) -> None:
        """Count on, as `trueval.inference` asks of its progress."""
        self.show(advance=number)

    def close(self) -> None:
        self._bar.stop()


def _shows_bars() -> bool:
    return sys.stderr.isatty() and reporting.has_rich()


@contextmanager
def _progress(table: Table) -> Iterator[Progress | None]:
    """Show how far the file was read."""
    if not _shows_bars():
        yield None
        return
    bar = _Bar(f"reading {table.path.name}")
    try:
        yield lambda done, total: bar.show(completed=done, total=total)
    finally:
        bar.close()


def _drawing() -> Callable[..., Any] | None:
    """Make what shows how many replicates were drawn."""
    return (lambda total: _Bar("drawing replicates", total)) if _shows_bars() else None


def _write(found: reporting.Report, form: str, output: Path | None) -> None:
    if output is not None:
        _write_file(reporting.render(found, form), output)
        return
    if form == "table" and sys.stdout.isatty():
        from rich.console import Console

        reporting.print_table(found, Console())
        return
    _write_stream(reporting.render(found, form), sys.stdout)


def _write_stream(text: str, stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, errors="replace").decode(encoding))
    stream.flush()


def _write_file(text: str, output: Path) -> None:
    """Write the whole file or nothing: beside it first, then renamed over it."""
    target = Path(os.path.realpath(output))
    try:
        if target.exists() and not target.is_file():  # a device or a pipe, which must not be replaced
            target.write_text(text, encoding="utf-8")
            return
        beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with beside.open("x", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _UsageError(f"cannot write {output}: {error.strerror or error}") from None
