"""Named columns out of Parquet, CSV, Arrow/Feather and NPZ files.

Only the columns asked for are read. NPZ needs NumPy alone; the other formats need pyarrow, which is imported when a
file of theirs is opened. Everything that can be wrong with a file or a column raises `TableError` with one sentence
that names the file or the column, what was found and the number of rows.
"""

from __future__ import annotations

import difflib
import io
import os
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[int, int], None]
"""Called with (done, total) while a file is read, in whatever unit the format counts; maybe from another thread."""

_SUFFIXES = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".feather": "Arrow",
    ".arrow": "Arrow",
    ".arrows": "Arrow",
    ".ipc": "Arrow",
    ".npz": "NPZ",
}
_COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_MAGIC = ((b"PAR1", "Parquet"), (b"ARROW1", "Arrow"))
_SUPPORTED = "Parquet (.parquet), CSV (.csv, .tsv), Arrow/Feather (.arrow, .feather) and NPZ (.npz) are read"
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

    def read(self, names: Sequence[str], progress: Progress | None = None) -> dict[str, Column]:
        """Read columns whole; missing or infinite values and unusable types raise `TableError`."""
        with _reading(self.path, self.form):
            columns = self._read(list(dict.fromkeys(names)), progress)
        for column in columns.values():
            if column.values.ndim > 1 and column.values.shape[1] == 0:
                raise TableError(f"column {column.name!r} has lists of 0 values in {len(column.values)} rows")
            _refuse_infinite(column)
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
def open_table(path: str | os.PathLike[str]) -> Iterator[Table]:
    """Open a file by its suffix, or by its first bytes where the suffix says nothing.

    Parameters
    ----------
    path : path-like
        A Parquet, CSV (also compressed: .csv.gz, .csv.bz2, .csv.zst), TSV, Arrow/Feather or NPZ file.

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
    form = _format(path)
    with _reading(path, form):
        table = _TABLES[form](path)
    try:
        yield table
    finally:
        table.close()


def _format(path: Path) -> str:
    if path.is_dir():
        raise TableError(f"{path} is a folder; one file is read")
    if not path.exists():
        raise TableError(f"there is no file {path}")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise TableError(f"cannot open {path}: {error.strerror or error}") from None
    if not head:
        raise TableError(f"{path} is empty (0 bytes)")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in _COMPRESSED and _SUFFIXES.get(suffixes[-2]) == "CSV":
        return "CSV"
    form = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    form = form or next((form for magic, form in _MAGIC if head.startswith(magic)), None)
    if form is None:
        raise TableError(f"cannot tell the type of {path} from its name; {_SUPPORTED}")
    if form != "NPZ":
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise TableError(
                f"reading {form} needs pyarrow: pip install 'trueval[cli]' (NPZ files need NumPy alone)"
            ) from None
    return form


@contextmanager
def _reading(path: Path, form: str) -> Iterator[None]:
    """Turn what a reader raises about a damaged file into `TableError`."""
    try:
        yield
    except TableError:
        raise
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise TableError(f"cannot read {path} as {form}: {_first_line(error)}") from None
    except Exception as error:
        # pyarrow's errors share no built-in base class, and naming pyarrow here would import it for NPZ files too.
        if not type(error).__module__.startswith("pyarrow"):
            raise
        raise TableError(f"cannot read {path} as {form}: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _refuse_missing(missing: dict[str, int], rows: int) -> None:
    """Name every column that has missing values, with their number."""
    found = [(name, count) for name, count in missing.items() if count]
    if not found:
        return
    said = [f"column {name!r} has {count} missing value{'s' * (count > 1)} (NaN or null)" for name, count in found]
    raise TableError(f"{', '.join(said)} in {rows} row{'s' * (rows > 1)}")


def _refuse_empty(path: Path, names: Sequence[str], rows: int) -> None:
    if rows == 0:
        raise TableError(f"{path.name} has 0 rows (columns {', '.join(map(repr, names))})")


def _refuse_infinite(column: Column) -> None:
    if column.values.dtype.kind != "f":
        return
    infinite = int(np.count_nonzero(np.isinf(column.values)))
    if infinite:
        rows = len(column.values)
        raise TableError(f"column {column.name!r} has {infinite} infinite value{'s' * (infinite > 1)} in {rows} rows")


# NPZ ------------------------------------------------------------------------------------------------------------------


class _Npz(Table):
    form = "NPZ"

    def __init__(self, path: Path) -> None:
        if not zipfile.is_zipfile(path):
            raise TableError(f"cannot read {path} as NPZ: it is not an archive of arrays")
        self._file = np.load(path, allow_pickle=False)
        super().__init__(path, self._file.files)

    def close(self) -> None:
        self._file.close()

    def _read(self, names: list[str], progress: Progress | None) -> dict[str, Column]:
        arrays = {}
        for done, name in enumerate(names):
            try:
                arrays[name] = self._file[name]
            except ValueError:
                raise TableError(f"column {name!r} is an array of Python objects, not of numbers or text") from None
            if progress is not None:
                progress(done + 1, len(names))
        rows: int | None = None
        for name, array in arrays.items():
            if not isinstance(array, np.ndarray) or array.ndim not in (1, 2) or array.dtype.kind not in "biufUS":
                found = f"{array.ndim}-D array of {array.dtype}" if isinstance(array, np.ndarray) else "no array"
                raise TableError(f"column {name!r} is a {found}; columns are 1-D or 2-D arrays of numbers or text")
            if rows is not None and len(array) != rows:
                raise TableError(f"arrays differ in length: {names[0]!r} has {rows} rows, {name!r} has {len(array)}")
            rows = len(array)
        _refuse_empty(self.path, names, rows or 0)
        floats = {name: array for name, array in arrays.items() if array.dtype.kind == "f"}
        _refuse_missing({name: int(np.count_nonzero(np.isnan(x))) for name, x in floats.items()}, rows or 0)
        return {name: _npz_column(name, array) for name, array in arrays.items()}


def _npz_column(name: str, array: NDArray[Any]) -> Column:
    if array.dtype.kind not in "US":
        return Column(name, array)
    if array.ndim > 1:
        raise TableError(f"column {name!r} is a 2-D array of text; text columns are 1-D")
    categories, codes = np.unique(array, return_inverse=True)
    if array.dtype.kind == "S":
        try:
            categories = np.char.decode(categories, "utf-8")
        except UnicodeDecodeError:
            raise TableError(f"column {name!r} holds bytes that are not UTF-8 text ({len(array)} rows)") from None
    return Column(name, codes, tuple(categories.tolist()))


# Arrow ----------------------------------------------------------------------------------------------------------------


class _ArrowTable(Table):
    """What the formats that pyarrow reads have in common: an Arrow table of the columns asked for."""

    @abstractmethod
    def _load(self, names: list[str], progress: Progress | None) -> Any: ...

    def _read(self, names: list[str], progress: Progress | None) -> dict[str, Column]:
        table = self._load(names, progress)
        _refuse_empty(self.path, names, table.num_rows)
        chunks = {name: _plain(name, table.column(name)) for name in table.column_names}
        del table
        rows = len(next(iter(chunks.values())))
        _refuse_missing({name: _missing(column) for name, column in chunks.items()}, rows)
        # Popped one by one, so that a column's chunks go as soon as it is one array.
        return {name: _arrow_column(name, chunks.pop(name)) for name in list(chunks)}


class _Parquet(_ArrowTable):
    form = "Parquet"

    def __init__(self, path: Path) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(path)
        super().__init__(path, self._file.schema_arrow.names)

    def close(self) -> None:
        self._file.close()

    def _load(self, names: list[str], progress: Progress | None) -> Any:
        import pyarrow as pa

        groups, done, rows = [], 0, self._file.metadata.num_rows
        for i in range(self._file.num_row_groups):
            groups.append(self._file.read_row_group(i, columns=names))
            done += groups[-1].num_rows
            if progress is not None:
                progress(done, rows)
        return pa.concat_tables(groups) if groups else self._file.schema_arrow.empty_table().select(names)


class _Arrow(_ArrowTable):
    form = "Arrow"

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._map = pa.memory_map(str(path))
        with self._open() as reader:
            names = reader.schema.names
        super().__init__(path, names)

    def close(self) -> None:
        self._map.close()

    def _open(self, options: Any = None) -> Any:
        import pyarrow as pa

        self._map.seek(0)
        if self._map.read(6) == b"ARROW1":
            return pa.ipc.open_file(self._map, options=options)
        self._map.seek(0)
        return pa.ipc.open_stream(self._map, options=options)

    def _load(self, names: list[str], progress: Progress | None) -> Any:
        import pyarrow as pa

        wanted = pa.ipc.IpcReadOptions(included_fields=[self.names.index(name) for name in names])
        with self._open(wanted) as reader:
            batches = []
            if hasattr(reader, "num_record_batches"):
                for i in range(reader.num_record_batches):
                    batches.append(reader.get_batch(i))
                    if progress is not None:
                        progress(i + 1, reader.num_record_batches)
            else:
                for batch in reader:
                    batches.append(batch)
                    if progress is not None:
                        progress(self._map.tell(), self._map.size())
            return pa.Table.from_batches(batches, schema=reader.schema)


class _Csv(_ArrowTable):
    form = "CSV"

    def __init__(self, path: Path) -> None:
        from pyarrow import csv

        suffixes = [suffix.lower() for suffix in path.suffixes]
        self._compression = _COMPRESSED.get(suffixes[-1])
        self._parse = csv.ParseOptions(delimiter="\t" if ".tsv" in suffixes[-2:] else ",")
        with self._open(path, None) as stream, csv.open_csv(stream, parse_options=self._parse) as reader:
            names = reader.schema.names
        super().__init__(path, names)

    def close(self) -> None:
        """Nothing is held open between the header and the read."""

    def _open(self, path: Path, progress: Progress | None) -> Any:
        import pyarrow as pa

        return pa.input_stream(_CountedFile(path, progress), compression=self._compression)

    def _load(self, names: list[str], progress: Progress | None) -> Any:
        from pyarrow import csv

        # read_csv settles a column's type over the whole file; the streaming reader only over its first block.
        convert = csv.ConvertOptions(include_columns=names, strings_can_be_null=True)
        with self._open(self.path, progress) as stream:
            return csv.read_csv(stream, parse_options=self._parse, convert_options=convert)


class _CountedFile(io.FileIO):
    """A file that says how far it has been read."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        super().__init__(path)
        self._progress = progress
        self._total = path.stat().st_size

    def read(self, size: int | None = -1) -> Any:
        data = super().read(-1 if size is None else size)
        if self._progress is not None:
            self._progress(self.tell(), self._total)
        return data


_TABLES: dict[str, Callable[[Path], Table]] = {"NPZ": _Npz, "CSV": _Csv, "Parquet": _Parquet, "Arrow": _Arrow}


def _plain(name: str, column: Any) -> Any:
    """Bring a column to one of: boolean, number, dictionary of text, fixed-size list of numbers, null."""
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    if types.is_dictionary(kind) and not _is_text(kind.value_type):
        column = column.cast(kind.value_type)
        kind = column.type
    if types.is_null(kind) or types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return column
    if types.is_decimal(kind):
        return column.cast(pa.float64())
    if types.is_dictionary(kind):
        if not any(chunk.dictionary.null_count for chunk in column.chunks):
            return column.unify_dictionaries()
        column = column.cast(kind.value_type)
        kind = column.type
    if _is_text(kind):
        if not types.is_string(kind):
            column = column.cast(pa.large_string())
        return column.dictionary_encode()
    if types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind):
        inner = kind.value_type
        if types.is_floating(inner) or types.is_integer(inner):
            return column
    raise TableError(f"column {name!r} is of type {column.type}; numbers, booleans, text or lists of numbers are read")


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    # is_string_view is younger than the oldest pyarrow supported.
    checks = ("is_string", "is_large_string", "is_string_view", "is_binary", "is_large_binary")
    return any(getattr(types, check)(kind) for check in checks if hasattr(types, check))


def _is_nested(kind: Any) -> bool:
    from pyarrow import types

    # pyarrow before 15 does not count lists of a fixed size
    return bool(types.is_nested(kind) or types.is_fixed_size_list(kind))


def _missing(column: Any) -> int:
    import pyarrow.compute as pc
    from pyarrow import types

    missing = int(column.null_count)
    if _is_nested(column.type) and not types.is_dictionary(column.type):
        column = pc.list_flatten(column)
        missing += int(column.null_count)
    if types.is_floating(column.type):
        missing += pc.sum(pc.is_nan(column)).as_py() or 0
    return missing


def _arrow_column(name: str, column: Any) -> Column:
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_dictionary(column.type):
        merged = column.combine_chunks()
        merged = merged.chunk(0) if hasattr(merged, "chunk") else merged
        texts = np.asarray(merged.dictionary.to_pylist(), dtype=object)
        codes = _buffer(merged.indices)
        used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
        # A dictionary may repeat a text, and hold texts that no row has.
        categories, rank = np.unique(texts[used].astype(str), return_inverse=True)
        place = np.zeros(len(texts), dtype=np.int64)
        place[used] = rank
        return Column(name, place[codes], tuple(categories.tolist()))
    if _is_nested(column.type):
        widths = pc.unique(pc.list_value_length(column)).to_pylist()
        if len(widths) > 1:
            raise TableError(
                f"column {name!r} has lists of {min(widths)} to {max(widths)} values in {len(column)} rows; "
                "they must be equally long"
            )
        return Column(name, _one_array(pc.list_flatten(column)).reshape(len(column), widths[0]))
    return Column(name, _one_array(column))


def _one_array(column: Any) -> NDArray[Any]:
    """Join the chunks of numbers or booleans without missing values."""
    from pyarrow import types

    boolean = types.is_boolean(column.type)
    arrays = [_buffer(chunk.cast("uint8") if boolean else chunk) for chunk in column.chunks]
    values = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return values.view(np.bool_) if boolean else values


def _buffer(chunk: Any) -> NDArray[Any]:
    """View an Arrow array of numbers in NumPy; its own `to_numpy` would import pandas, where that is installed."""
    kind = str(chunk.type)
    dtype = np.dtype({"halffloat": "f2", "float": "f4", "double": "f8"}.get(kind, kind))
    if len(chunk) == 0:
        return np.zeros(0, dtype)
    return np.frombuffer(chunk.buffers()[1], dtype, count=len(chunk), offset=chunk.offset * dtype.itemsize)
