"""Files that pyarrow reads, whole or in parts; those of Arrow and Feather."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .columns import arrow_column, count_missing, is_finite, is_list, plain, refuse_widths, widths_of
from .table import (
    Column,
    Progress,
    Table,
    TableError,
    first_line,
    infinite_values,
    reading,
    refuse_empty,
    refuse_missing,
)


class ArrowTable(Table):
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
            raise TableError(f"--where {self._where.text!r} does not suit the columns: {first_line(error)}") from None
        return table.select(names)

    @abstractmethod
    def _load(self, names: list[str], progress: Progress | None) -> Any: ...

    def _read(self, names: list[str], progress: Progress | None) -> dict[str, Column]:
        table = self._chosen(self._load(self._looked_at(names), progress), names)
        refuse_empty(self.path, names, table.num_rows, self._where)
        chunks = {name: plain(name, table.column(name)) for name in table.column_names}
        del table
        rows = len(next(iter(chunks.values())))
        refuse_missing({name: count_missing(column) for name, column in chunks.items()}, rows)
        # Popped one by one, so that a column's chunks go as soon as it is one array.
        return {name: arrow_column(name, chunks.pop(name)) for name in list(chunks)}


class InParts(ArrowTable):
    """Formats of which a part can be read by itself."""

    @abstractmethod
    def _pieces(self, names: list[str], rows: int) -> Iterator[Any]:
        """Arrow tables of `rows` rows or fewer."""

    def batches(self, names: Sequence[str], rows: int, checked: bool = False) -> Iterator[dict[str, Column]]:
        names = list(dict.fromkeys(names))
        seen, missing, infinite = 0, dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        widths: dict[str, set[int]] = {name: set() for name in names}
        with reading(self.path, self.form):
            for whole in self._pieces(self._looked_at(names), rows):
                piece = self._chosen(whole, names)
                seen += piece.num_rows
                if not piece.num_rows:
                    continue
                chunks = {name: plain(name, piece.column(name)) for name in names}
                if checked:
                    yield {name: arrow_column(name, column) for name, column in chunks.items()}
                    continue
                for name, column in chunks.items():
                    missing[name] += count_missing(column)
                    if is_list(column.type):
                        widths[name] |= widths_of(column)
                if any(missing.values()) or any(len(found) > 1 for found in widths.values()):
                    continue
                columns = {name: arrow_column(name, column) for name, column in chunks.items()}
                for name, found in columns.items():
                    if found.values.dtype.kind == "f" and not is_finite(found.values):
                        infinite[name] += int(np.count_nonzero(np.isinf(found.values)))
                if not any(infinite.values()):
                    yield columns
        refuse_empty(self.path, names, seen, self._where)
        refuse_missing(missing, seen)
        for name in names:
            if widths[name]:
                refuse_widths(name, widths[name], seen)
            if infinite[name]:
                raise infinite_values(name, infinite[name], seen)


class Arrow(InParts):
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
