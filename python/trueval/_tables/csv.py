"""CSV, compressed or not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from .arrow import ArrowTable
from .formats import COMPRESSED
from .table import Progress


class Csv(ArrowTable):
    form = "CSV"

    def __init__(self, path: Path) -> None:
        from pyarrow import csv

        suffixes = [suffix.lower() for suffix in path.suffixes]
        self._compression = COMPRESSED.get(suffixes[-1])
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
