"""Named columns out of Parquet (also folders of files), CSV, Arrow/Feather and NPZ files.

Only the columns asked for are read. NPZ needs NumPy alone; the other formats need pyarrow, which is imported when a
file of theirs is opened. Everything that can be wrong with a file or a column raises `TableError` with one sentence
that names the file or the column, what was found and the number of rows.
"""

from __future__ import annotations

import difflib
import glob
import io
import os
import re
import urllib.parse
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._where import Where

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
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
# Bytes that a column of a file is read by, where it is read in parts.
_STREAM_BUFFER = 1 << 20


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
    parts = _parts(path)
    form = _format(path) if parts is None else _format_of_all(path, parts)
    with _reading(path, form):
        table = _TABLES[form](path) if parts is None else _Parquet(path, parts)
    try:
        yield table
    finally:
        table.close()


@dataclass(frozen=True)
class _Part:
    """A file among others, with what the folders that it is in say of all its rows."""

    path: Path
    keys: dict[str, str | None]

    def value(self, field: Any) -> int | str | None:
        """Value of a column that folders stand for, in the type of a field."""
        from pyarrow import types

        key = self.keys[field.name]
        return int(key) if key is not None and types.is_integer(field.type) else key


def _parts(path: Path) -> list[_Part] | None:
    """Files that a folder or a pattern stands for; None for a plain file."""
    if path.is_dir():
        root, found = path, [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
        # Hidden files, and those that Spark and Hive keep beside the data.
        found = [one for one in found if not any(part[0] in "._" for part in one.relative_to(path).parts)]
        found = [one for one in found if _SUFFIXES.get(one.suffix.lower()) == "Parquet"]
        if not found:
            raise TableError(f"{path} is a folder without a Parquet file (.parquet)")
    elif glob.has_magic(str(path)) and not path.exists():
        fixed = next(i for i, part in enumerate(path.parts) if glob.has_magic(part))
        root = Path(*path.parts[:fixed])
        found = [Path(name) for name in glob.glob(str(path), recursive=True) if os.path.isfile(name)]
        if not found:
            raise TableError(f"there is no file {path}")
    else:
        return None
    return [_Part(one, _keys(one.relative_to(root))) for one in sorted(found)]


def _keys(path: Path) -> dict[str, str | None]:
    """Read the names of folders: ``column=value``."""
    pairs = [folder.split("=", 1) for folder in path.parts[:-1] if "=" in folder]
    return {name: None if value == _HIVE_NULL else urllib.parse.unquote(value) for name, value in pairs}


def _format_of_all(path: Path, parts: list[_Part]) -> str:
    for part in parts:
        form = _format(part.path)
        if form != "Parquet":
            raise TableError(f"{path} stands for {len(parts)} files, and {part.path} is of type {form}, not Parquet")
    return "Parquet"


def _format(path: Path) -> str:
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


def _refuse_empty(path: Path, names: Sequence[str], rows: int, where: Where | None = None) -> None:
    if rows == 0:
        chosen = f" where {where.text}" if where else ""
        raise TableError(f"{path.name} has 0 rows{chosen} (columns {', '.join(map(repr, names))})")


def _refuse_infinite(column: Column) -> None:
    if column.values.dtype.kind != "f":
        return
    infinite = int(np.count_nonzero(np.isinf(column.values)))
    if infinite:
        raise _infinite(column.name, infinite, len(column.values))


def _infinite(name: str, number: int, rows: int) -> TableError:
    return TableError(f"column {name!r} has {number} infinite value{'s' * (number > 1)} in {rows} rows")


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

    def _looked_at(self, names: Sequence[str]) -> list[str]:
        """Columns that are asked for, and those by which rows are chosen."""
        return list(dict.fromkeys([*names, *(self._where.names if self._where else ())]))

    def _chosen(self, table: Any, names: Sequence[str]) -> Any:
        """Rows that are chosen, of the columns that are asked for."""
        import pyarrow as pa

        if self._where is None:
            return table
        try:
            table = table.filter(self._where.expression())
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise TableError(f"--where {self._where.text!r} does not suit the columns: {_first_line(error)}") from None
        return table.select(names)

    @abstractmethod
    def _load(self, names: list[str], progress: Progress | None) -> Any: ...

    def _read(self, names: list[str], progress: Progress | None) -> dict[str, Column]:
        table = self._chosen(self._load(self._looked_at(names), progress), names)
        _refuse_empty(self.path, names, table.num_rows, self._where)
        chunks = {name: _plain(name, table.column(name)) for name in table.column_names}
        del table
        rows = len(next(iter(chunks.values())))
        _refuse_missing({name: _missing(column) for name, column in chunks.items()}, rows)
        # Popped one by one, so that a column's chunks go as soon as it is one array.
        return {name: _arrow_column(name, chunks.pop(name)) for name in list(chunks)}


class _InParts(_ArrowTable):
    """Formats of which a part can be read by itself."""

    @abstractmethod
    def _pieces(self, names: list[str], rows: int) -> Iterator[Any]:
        """Arrow tables of `rows` rows or fewer."""

    def batches(self, names: Sequence[str], rows: int, checked: bool = False) -> Iterator[dict[str, Column]]:
        names = list(dict.fromkeys(names))
        seen, missing, infinite = 0, dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        widths: dict[str, set[int]] = {name: set() for name in names}
        with _reading(self.path, self.form):
            for whole in self._pieces(self._looked_at(names), rows):
                piece = self._chosen(whole, names)
                seen += piece.num_rows
                if not piece.num_rows:
                    continue
                chunks = {name: _plain(name, piece.column(name)) for name in names}
                if checked:
                    yield {name: _arrow_column(name, column) for name, column in chunks.items()}
                    continue
                for name, column in chunks.items():
                    missing[name] += _missing(column)
                    if _is_list(column.type):
                        widths[name] |= _widths(column)
                if any(missing.values()) or any(len(found) > 1 for found in widths.values()):
                    continue
                columns = {name: _arrow_column(name, column) for name, column in chunks.items()}
                for name, found in columns.items():
                    if found.values.dtype.kind == "f" and not _is_finite(found.values):
                        infinite[name] += int(np.count_nonzero(np.isinf(found.values)))
                if not any(infinite.values()):
                    yield columns
        _refuse_empty(self.path, names, seen, self._where)
        _refuse_missing(missing, seen)
        for name in names:
            if widths[name]:
                _refuse_widths(name, widths[name], seen)
            if infinite[name]:
                raise _infinite(name, infinite[name], seen)


class _Parquet(_InParts):
    """One file, or several with the same columns."""

    form = "Parquet"

    def __init__(self, path: Path, parts: list[_Part] | None = None) -> None:
        self._parts = [_Part(path, {})] if parts is None else parts
        self._schemas, self._sizes = [], []
        self._bytes: dict[str, int] = {}
        for part in self._parts:
            with self._open(part) as file:
                self._schemas.append(file.schema_arrow)
                self._sizes.append(file.metadata.num_rows)
                self._count_bytes(file.metadata)
        self.rows = sum(self._sizes)
        self._keys = self._key_columns()
        names = [*self._schemas[0].names, *(name for name in self._keys if name not in self._schemas[0].names)]
        super().__init__(path, names)

    def _open(self, part: _Part, **options: Any) -> Any:
        from pyarrow import parquet

        with _reading(part.path, self.form):
            return parquet.ParquetFile(part.path, **options)

    def _count_bytes(self, metadata: Any) -> None:
        for i in range(metadata.num_row_groups):
            group = metadata.row_group(i)
            for j in range(group.num_columns):
                column = group.column(j)
                name = column.path_in_schema.split(".")[0]
                self._bytes[name] = self._bytes.get(name, 0) + column.total_uncompressed_size

    def _key_columns(self) -> dict[str, Any]:
        """Types of the columns that folders stand for: int64 where all values are whole numbers, else text."""
        import pyarrow as pa

        found: dict[str, Any] = {}
        for name in dict.fromkeys(name for part in self._parts for name in part.keys):
            for part in self._parts:
                if name not in part.keys:
                    raise TableError(f"{part.path} is in no folder {name}=..., others are")
            values = [part.keys[name] for part in self._parts]
            whole = all(value is None or re.fullmatch(r"-?(0|[1-9]\d{0,17})", value) for value in values)
            found[name] = pa.int64() if whole else pa.string()
        return found

    def close(self) -> None:
        """Files are open only while they are read."""

    def row_bytes(self, names: Sequence[str]) -> float | None:
        total = 0.0
        for name in names:
            kind = self._schemas[0].field(name).type if name in self._schemas[0].names else None
            try:
                total += max(1, kind.bit_width // 8)  # type: ignore[union-attr]
            except (AttributeError, ValueError):  # text, lists and keys
                total += 8 + self._bytes.get(name, 0) / max(1, self.rows or 0)
        return total

    def _schema(self, names: list[str]) -> Any:
        """Types in which all files' columns can be held."""
        import pyarrow as pa

        fields = []
        for name in names:
            if name not in self._schemas[0].names:
                fields.append(pa.field(name, self._keys[name]))
                continue
            own = []
            for part, schema in zip(self._parts, self._schemas, strict=True):
                if name not in schema.names:
                    raise TableError(f"{part.path} has no column {name!r}, {self._parts[0].path} has")
                own.append(_settled_type(schema.field(name).type))
            try:
                alone = [pa.schema([(name, kind)]) for kind in dict.fromkeys(own)]
                joint = pa.unify_schemas(alone, promote_options="permissive")
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                kinds = " and ".join(sorted({str(kind) for kind in own}))
                raise TableError(f"column {name!r} is of types {kinds} in {len(own)} files") from None
            fields.append(joint.field(name))
        return pa.schema(fields)

    def _fit(self, table: Any, part: _Part, schema: Any) -> Any:
        """Give a piece of a file the columns and types of all."""
        import pyarrow as pa

        columns = []
        for field in schema:
            if field.name not in table.schema.names:
                value = pa.scalar(part.value(field), field.type)
                columns.append(pa.chunked_array([pa.repeat(value, table.num_rows)], field.type))
                continue
            column = table.column(field.name)
            columns.append(column if column.type == field.type else column.cast(field.type))
        return pa.Table.from_arrays(columns, schema=schema)

    def _groups(self, part: _Part, file: Any) -> Sequence[int]:
        """Row groups in which rows may be chosen, by what the file says of their extremes."""
        if self._where is None:
            return range(file.num_row_groups)
        import pyarrow as pa
        from pyarrow import dataset, fs

        schema = self._schema(list(self._where.names))
        keys = dataset.scalar(True)
        for name, value in part.keys.items():
            if name in schema.names and name not in file.schema_arrow.names and value is not None:
                keys = keys & (dataset.field(name) == part.value(schema.field(name)))
        fragment = dataset.ParquetFileFormat().make_fragment(
            str(part.path), fs.LocalFileSystem(), partition_expression=keys
        )
        try:
            kept = fragment.subset(self._where.expression(), schema=schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            return range(file.num_row_groups)  # to be refused when rows are read
        return [group.id for group in kept.row_groups]

    def _load(self, names: list[str], progress: Progress | None) -> Any:
        import pyarrow as pa

        groups: list[Any] = []
        schema = None if len(self._parts) == 1 and not self._keys else self._schema(names)
        done = 0
        for part, own in zip(self._parts, self._schemas, strict=True):
            stored = [name for name in names if name in own.names]
            with self._open(part) as file:
                for i in self._groups(part, file):
                    table = file.read_row_group(i, columns=stored)
                    groups.append(table if schema is None else self._fit(table, part, schema))
                    done += table.num_rows
                    if progress is not None:
                        progress(done, self.rows or 0)
        if groups:
            return pa.concat_tables(groups)
        return self._schemas[0].empty_table().select(names) if schema is None else schema.empty_table()

    def _pieces(self, names: list[str], rows: int) -> Iterator[Any]:
        import pyarrow as pa

        schema = self._schema(names)
        for part, own in zip(self._parts, self._schemas, strict=True):
            stored = [name for name in names if name in own.names] or own.names[:1]
            # Row group by row group, as the reader of several opens the columns of all of them: 500 MB for 100 groups.
            with self._open(part, buffer_size=_STREAM_BUFFER) as file:
                for i in self._groups(part, file):
                    for batch in file.iter_batches(rows, row_groups=[i], columns=stored):
                        yield self._fit(pa.Table.from_batches([batch]), part, schema)


def _settled_type(kind: Any) -> Any:
    """Type in which files of one column are joined: words as such, whatever codes a file has for them."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _settled_type(kind.value_type)
    return pa.large_string() if _is_text(kind) and not pa.types.is_string(kind) else kind


class _Arrow(_InParts):
    form = "Arrow"

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._map = pa.memory_map(str(path))
        with self._open() as reader:
            names = reader.schema.names
        super().__init__(path, names)

    def close(self) -> None:
        self._map.close()

    def _pieces(self, names: list[str], rows: int) -> Iterator[Any]:
        import pyarrow as pa

        wanted = pa.ipc.IpcReadOptions(included_fields=[self.names.index(name) for name in names])
        # Pages of a mapped file would count as memory of the process.
        with pa.OSFile(str(self.path)) as file:
            stored = file.read(6)
            file.seek(0)
            with (pa.ipc.open_file if stored == b"ARROW1" else pa.ipc.open_stream)(file, options=wanted) as reader:
                count = getattr(reader, "num_record_batches", None)
                batches = iter(reader) if count is None else (reader.get_batch(i) for i in range(count))
                for batch in batches:
                    for start in range(0, batch.num_rows, rows):
                        yield pa.Table.from_batches([batch.slice(start, rows)])

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


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    return _is_nested(kind) and not types.is_dictionary(kind)


def _is_nested(kind: Any) -> bool:
    from pyarrow import types

    # pyarrow before 15 does not count lists of a fixed size
    return bool(types.is_nested(kind) or types.is_fixed_size_list(kind))


def _missing(column: Any) -> int:
    import pyarrow.compute as pc
    from pyarrow import types

    missing = int(column.null_count)
    if _is_list(column.type):
        column = pc.list_flatten(column)
        missing += int(column.null_count)
    if types.is_floating(column.type) and not (missing == 0 and all(_is_finite(_buffer(c)) for c in column.chunks)):
        missing += pc.sum(pc.is_nan(column)).as_py() or 0
    return missing


def _is_finite(values: NDArray[Any]) -> bool:
    """Whether there is neither NaN nor infinity, in one look."""
    # A sum is finite if all terms are, or else overflows, which is looked into.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(values, dtype=values.dtype if values.dtype.itemsize > 2 else np.float32)))


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
        widths = _widths(column)
        _refuse_widths(name, widths, len(column))
        return Column(name, _one_array(pc.list_flatten(column)).reshape(len(column), widths.pop()))
    return Column(name, _one_array(column))


def _widths(column: Any) -> set[int]:
    """How long the lists of a column are."""
    import pyarrow.compute as pc

    return set(pc.unique(pc.list_value_length(column)).to_pylist())


def _refuse_widths(name: str, widths: set[int], rows: int) -> None:
    if len(widths) > 1:
        raise TableError(
            f"column {name!r} has lists of {min(widths)} to {max(widths)} values in {rows} rows; they must be equally "
            "long"
        )
    if widths == {0}:
        raise TableError(f"column {name!r} has lists of 0 values in {rows} rows")


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
