"""Print a table of every metric: our time, scikit-learn's, their ratio, and the scratch memory of both per row.

Times are medians of runs that alternate between the two in one process, after their results were compared. Scratch is
the growth of the peak resident memory during one call, the result included, measured in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "python"))

import trueval
from inputs import FAMILIES, Case
from measure import medians, peak_growth, printed_number
from registry import PAIRS, Metric

Pair = tuple[Metric, str]


def length(case: Case) -> int:
    """Rows of a case: those of its first argument."""
    return len(case.args[0])


def sample(pair: Pair, rows: int) -> Case:
    return Case(FAMILIES[pair[1]].sample(rows, np.random.default_rng(0)).args)


def print_scratch(index: int, side: str, rows: int) -> None:
    """In a process of its own: warm up on a small case, then print the growth of one call per row."""
    row, family = PAIRS[index]
    keywords = row.inputs[family][0]
    function = getattr(row, side)
    small = sample(PAIRS[index], 2000)
    row.call(function, small, keywords)
    case = sample(PAIRS[index], rows)
    print(peak_growth(lambda: row.call(function, case, keywords)) / length(case))


def scratch(index: int, side: str, rows: int) -> float:
    return printed_number(__file__, "--scratch", str(index), side, "--rows", str(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1e6", help="lengths, separated by commas (default: 1e6)")
    parser.add_argument("--metric", help="only the metrics whose name contains this")
    parser.add_argument("--repeat", type=int, default=15, help="turns at most (default: 15)")
    parser.add_argument("--patience", type=float, default=3.0, help="seconds per metric after 3 turns (default: 3)")
    parser.add_argument("--scratch", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    lengths = [int(float(rows)) for rows in options.rows.split(",")]
    if options.scratch:
        print_scratch(int(options.scratch[0]), options.scratch[1], lengths[0])
        return

    table = Table(title=f"trueval ({trueval.backend()} backend) and scikit-learn on {os.cpu_count()} cores")
    table.add_column("metric", no_wrap=True)
    table.add_column("input", no_wrap=True)
    for heading in ("rows", "ours ms", "theirs ms", "ratio", "ours B/row", "theirs B/row"):
        table.add_column(heading, justify="right", no_wrap=True)
    chosen = [
        (index, rows)
        for rows in lengths
        for index, (row, _) in enumerate(PAIRS)
        if not options.metric or options.metric in row.name
    ]
    # The bar goes to standard error, so that the table alone can be redirected.
    bar = Console(stderr=True)
    for index, rows in track(chosen, "timing", console=bar, transient=True):
        row, family = PAIRS[index]
        case, keywords = sample(PAIRS[index], rows), row.inputs[family][0]
        found = row.disagreement(case, keywords)
        if found:
            raise SystemExit(found)
        calls = [partial(row.call, function, case, keywords) for function in (row.ours, row.theirs)]
        times = medians(calls, options.repeat, options.patience)
        bytes_per_row = [f"{scratch(index, side, rows):,.1f}" for side in ("ours", "theirs")]
        table.add_row(
            row.name,
            family,
            f"{length(case):,}",
            *(f"{taken:,.3f}" for taken in times),
            f"{times[1] / times[0]:,.1f}",
            *bytes_per_row,
        )
    console = Console()
    if not console.is_terminal:
        console.width = 140  # no terminal, no width to fit: keep the columns whole
    console.print(table)


if __name__ == "__main__":
    main()
