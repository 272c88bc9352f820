"""NPZ files, which need NumPy alone."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import Column, Progress, Table, TableError, refuse_empty, refuse_missing


class Npz(Table):
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
        refuse_empty(self.path, names, rows or 0)
        floats = {name: array for name, array in arrays.items() if array.dtype.kind == "f"}
        refuse_missing({name: int(np.count_nonzero(np.isnan(x))) for name, x in floats.items()}, rows or 0)
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
