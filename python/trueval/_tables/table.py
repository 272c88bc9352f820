"""Named columns, and what a file of them must do."""

from __future__ import annotations

import difflib
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._where import Where

Progress = Callable[[int, int], None]
"""Called with (done, total) while a file is read, in whatever unit the format counts; maybe from another thread."""

_LISTED = 20


class TableError(ValueError):
    """A file or a column that cannot be used, in one sentence."""


@dataclass(frozen=True)
class Column:
    """One column without missing values.

    Parameters
    ----------
    name : str
        Its name in the file.
    values : ndarray of shape (n,) or (n, k)
        Numbers or booleans; for text, positions in `categories`.
    categories : tuple of str or None
        The distinct texts that occur, sorted; None when the column does not hold text.
    rows : int or None
        How many rows the values stand for, where these are a choice of them.
    """

    name: str
    values: NDArray[Any]
    categories: tuple[str, ...] | None = None
    rows: int | None = None

    @property
    def kind(self) -> str:
        """What the column holds, in a word for messages."""
        if self.categories is not None:
            return "text"
        if self.values.dtype.kind == "b":
            return "booleans"
        return "numbers"


@dataclass(frozen=True)
class Selection:
    """The columns that one name on the command line stands for.

    `suffixes` is None when `columns` are given in order (one column, or a list); otherwise the columns share the
    prefix `name` and `suffixes` holds what follows it in each.
    """

    name: str
    columns: tuple[str, ...]
    suffixes: tuple[str, ...] | None = None


class Table(ABC):
    """A file of named columns, opened but not yet read."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path = path
        self.names = tuple(names)

    form: str
    # Rows that there are, where the file says so without being read.
    rows: int | None = None
    _where: Where | None = None

    def choose(self, where: Where) -> None:
        """Keep to the rows for which a condition holds."""
        for name in where.names:
            self.column(name)
        if self.form == "NPZ":
            raise TableError(f"{self.path.name}: rows of NPZ files cannot be chosen; other formats can")
        self._where = where

    def batches(self, names: Sequence[str], rows: int, checked: bool = False) -> Iterator[dict[str, Column]]:
        """Read columns in parts of `rows` rows or fewer; `checked` ones have been read before.

        What `read` refuses is refused at the end, with the counts over all rows; after the first such value no part
        comes any more. The categories of a text are those of the part.
        """
        raise TableError(
            f"{self.path.name}: {self.form} files are read whole; --memory takes Parquet and Arrow/Feather files"
        )

    def row_bytes(self, names: Sequence[str]) -> float | None:
        """Bytes that a row of these columns takes in memory, about; None where the file does not say so."""
        return None

    def read(self, names: Sequence[str], progress: Progress | None = None) -> dict[str, Column]:
        """Read columns whole; missing or infinite values and unusable types raise `TableError`."""
        with reading(self.path, self.form):
            columns = self._read(list(dict.fromkeys(names)), progress)
        for column in columns.values():
            if column.values.ndim > 1 and column.values.shape[1] == 0:
                raise TableError(f"column {column.name!r} has lists of 0 values in {len(column.values)} rows")
            refuse_infinite(column)
        return columns

    @abstractmethod
    def _read(self, names: list[str], progress: Progress | None) -> dict[str, Column]: ...

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""

    def select(self, name: str, taken: Sequence[str] = ()) -> Selection:
        """Find the column `name`, else the list ``a,b,c``, else the columns not `taken` that start with `name`."""
        if name in self.names:
            return Selection(name, (self._unique(name),))
        parts = [part.strip() for part in name.split(",")]
        if len(parts) > 1:
            for part in parts:
                self.column(part)
            if len(set(parts)) < len(parts):
                raise TableError(f"the list {name!r} names a column twice")
            return Selection(name, tuple(parts))
        found = [column for column in self.names if name and column.startswith(name) and column not in taken]
        # Columns numbered by class may stand beside others of the same prefix (base_0, base_1, base_text).
        found = [column for column in found if column[len(name) :].lstrip("_-. ").isdecimal()] or found
        if len(found) > 1:
            columns = tuple(self._unique(column) for column in found)
            return Selection(name, columns, tuple(column[len(name) :].lstrip("_-. ") for column in columns))
        raise self.unknown(name)

    def column(self, name: str) -> str:
        """`name` itself, when it is a column."""
        if name not in self.names:
            raise self.unknown(name)
        return self._unique(name)

    def unknown(self, name: str) -> TableError:
        """Make the error for a column that is not there, with near matches and what is there."""
        lowered = {column.lower(): column for column in reversed(self.names)}
        near = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=3)]
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ";"
        shown = ", ".join(self.names[:_LISTED])
        more = f", and {len(self.names) - _LISTED} more" if len(self.names) > _LISTED else ""
        return TableError(f"{self.path.name} has no column {name!r}{hint} columns: {shown}{more}")

    def _unique(self, name: str) -> str:
        times = self.names.count(name)
        if times > 1:
            raise TableError(f"{self.path.name} has {times} columns named {name!r}")
        return name


@contextmanager
def reading(path: Path, form: str) -> Iterator[None]:
    """Turn what a reader raises about a damaged file into `TableError`."""
    try:
        yield
    except TableError:
        raise
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise TableError(f"cannot read {path} as {form}: {first_line(error)}") from None
    except Exception as error:
        # pyarrow's errors share no built-in base class, and naming pyarrow here would import it for NPZ files too.
        if not type(error).__module__.startswith("pyarrow"):
            raise
        raise TableError(f"cannot read {path} as {form}: {first_line(error)}") from None


def first_line(error: BaseException) -> str:
    """Keep the first line of what an error says."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def refuse_missing(missing: dict[str, int], rows: int) -> None:
    """Name every column that has missing values, with their number."""
    found = [(name, count) for name, count in missing.items() if count]
    if not found:
        return
    said = [f"column {name!r} has {count} missing value{'s' * (count > 1)} (NaN or null)" for name, count in found]
    raise TableError(f"{', '.join(said)} in {rows} row{'s' * (rows > 1)}")


def refuse_empty(path: Path, names: Sequence[str], rows: int, where: Where | None = None) -> None:
    """Refuse a table without rows."""
    if rows == 0:
        chosen = f" where {where.text}" if where else ""
        raise TableError(f"{path.name} has 0 rows{chosen} (columns {', '.join(map(repr, names))})")


def refuse_infinite(column: Column) -> None:
    """Refuse a column that holds infinity."""
    if column.values.dtype.kind != "f":
        return
    infinite = int(np.count_nonzero(np.isinf(column.values)))
    if infinite:
        raise infinite_values(column.name, infinite, len(column.values))


def infinite_values(name: str, number: int, rows: int) -> TableError:
    """Make the error for a column that holds infinity."""
    return TableError(f"column {name!r} has {number} infinite value{'s' * (number > 1)} in {rows} rows")
