"""The command line on tables that do not fit in memory: they are read twice, in parts.

The first pass (`survey`) finds what decides about the task and the form of the predictions: distinct labels, extremes,
a number that is not whole. It keeps a row for each of these, and `_tasks.prepare` decides by those rows as it would by
all. The second (`stream`) puts them before the rows of each part, so that every part is prepared alike, and adds it to
the mergeable states of `trueval.streaming`, of which metrics share some (`families`).

Values are those of all rows. So are intervals and p-values that follow from the cells of a table (fractions, F1) or
from sums (means of losses and errors, RMSE, R²). Those that need the rows side by side, of areas and average precision,
and of labels with weights, are those of a random sample, scaled to all rows; a table that is not longer than the sample
is all in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from .._tables import Progress, Table, TableError
from .._verdicts import Settings
from .stream import Stream, plan
from .survey import Batch, Survey, Wanted

__all__ = ["Stream", "Wanted", "read"]

# Share of the memory limit of a part that is read (of which there are up to three, and what is made of them).
_OF_BATCH = 1 / 64
_MOST_ROWS = 1 << 19


def read(  # noqa: PLR0917
    table: Table,
    wanted: Wanted,
    settings: Settings,
    memory: int,
    progress: Callable[[str], Progress | None],
    arrays: bool = False,
) -> Stream:
    """Read a table in parts, and prepare its problem for `_verdicts.judge`.

    Parameters
    ----------
    table : Table
        One whose format can be read in parts.
    wanted : Wanted
    settings : Settings
        The seed is that of the sample, too.
    memory : int
        Bytes that all may take, about.
    progress : callable
        ``progress(words)`` begins to show a pass, and returns what is called with rows done and rows in all.
    arrays : bool, default=False
        Keep a sample of the rows in any case.

    Returns
    -------
    Stream

    Raises
    ------
    TableError, TaskError
        As the readers of whole tables do.
    """
    survey = Survey(wanted)
    rows = _rows_of_batch(table, wanted, memory)
    for batch in _ahead(table.batches(wanted.names, rows)):
        survey.add(batch)
        survey.report(progress("looking at"), table.rows)
    stream = plan(survey, wanted, settings, memory, arrays)
    done = 0
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for batch in _ahead(table.batches(wanted.names, rows, checked=True)):
            done += len(batch[wanted.label].values)
            for _ in pool.map(_call, stream.jobs(survey.prepare(batch), batch)):
                pass
            show = progress("adding up")
            if show is not None:
                show(done, survey.rows)
    if done != survey.rows:
        raise TableError(f"{table.path} had {survey.rows} rows and then {done}: it was changed while it was read")
    return stream


def _call(job: Callable[[], None]) -> None:
    job()


def _rows_of_batch(table: Table, wanted: Wanted, memory: int) -> int:
    each = table.row_bytes(wanted.names) or 8.0 * len(wanted.names)
    return max(1024, min(_MOST_ROWS, int(memory * _OF_BATCH / each)))


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Read the next part while the last is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
