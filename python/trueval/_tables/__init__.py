"""Named columns out of Parquet (also folders of files), CSV, Arrow/Feather and NPZ files.

Only the columns asked for are read. NPZ needs NumPy alone; the other formats need pyarrow, which is imported when a
file of theirs is opened. Everything that can be wrong with a file or a column raises `TableError` with one sentence
that names the file or the column, what was found and the number of rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .arrow import Arrow
from .csv import Csv
from .folders import format_of_all, parts_of
from .formats import format_of
from .npz import Npz
from .parquet import Parquet
from .table import Column, Progress, Selection, Table, TableError, reading

__all__ = ["Column", "Progress", "Selection", "Table", "TableError", "open_table"]

_TABLES: dict[str, Callable[[Path], Table]] = {"NPZ": Npz, "CSV": Csv, "Parquet": Parquet, "Arrow": Arrow}


@contextmanager
def open_table(path: str | os.PathLike[str]) -> Iterator[Table]:
    """Open a file by its suffix, or by its first bytes where the suffix says nothing.

    Parameters
    ----------
    path : path-like
        A Parquet, CSV (also compressed: .csv.gz, .csv.bz2, .csv.zst), TSV, Arrow/Feather or NPZ file; or a folder of
        Parquet files, at any depth, or a pattern (``**`` for folders at any depth) for their names. Folders named
        ``column=value`` add a column.

    Yields
    ------
    Table
        With the names of the columns; nothing else has been read yet.

    Raises
    ------
    TableError
        When the file is absent, empty, damaged, of an unknown type, or needs pyarrow and that is not installed.
    """
    path = Path(path)
    parts = parts_of(path)
    form = format_of(path) if parts is None else format_of_all(path, parts)
    with reading(path, form):
        table = _TABLES[form](path) if parts is None else Parquet(path, parts)
    try:
        yield table
    finally:
        table.close()
