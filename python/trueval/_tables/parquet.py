"""Parquet, in one file or in many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .arrow import InParts
from .columns import is_text
from .folders import Part
from .table import Progress, TableError, reading

# Bytes that a column of a file is read by, where it is read in parts.
_STREAM_BUFFER = 1 << 20


class Parquet(InParts):
    """One file, or several with the same columns."""

    form = "Parquet"

    def __init__(self, path: Path, parts: list[Part] | None = None) -> None:
        self._parts = [Part(path, {})] if parts is None else parts
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

    def _open(self, part: Part, **options: Any) -> Any:
        from pyarrow import parquet

        with reading(part.path, self.form):
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

    def _fit(self, table: Any, part: Part, schema: Any) -> Any:
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

    def _groups(self, part: Part, file: Any) -> Sequence[int]:
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
    return pa.large_string() if is_text(kind) and not pa.types.is_string(kind) else kind
