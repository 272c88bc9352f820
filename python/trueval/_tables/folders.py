"""Files that a folder or a pattern stands for, and the columns that the names of folders add."""

from __future__ import annotations

import glob
import os
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .formats import SUFFIXES, format_of
from .table import TableError

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Part:
    """A file among others, with what the folders that it is in say of all its rows."""

    path: Path
    keys: dict[str, str | None]

    def value(self, field: Any) -> int | str | None:
        """Value of a column that folders stand for, in the type of a field."""
        from pyarrow import types

        key = self.keys[field.name]
        return int(key) if key is not None and types.is_integer(field.type) else key


def parts_of(path: Path) -> list[Part] | None:
    """Files that a folder or a pattern stands for; None for a plain file."""
    if path.is_dir():
        root, found = path, [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
        # Hidden files, and those that Spark and Hive keep beside the data.
        found = [one for one in found if not any(part[0] in "._" for part in one.relative_to(path).parts)]
        found = [one for one in found if SUFFIXES.get(one.suffix.lower()) == "Parquet"]
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
    return [Part(one, keys(one.relative_to(root))) for one in sorted(found)]


def keys(path: Path) -> dict[str, str | None]:
    """Read the names of folders: ``column=value``."""
    pairs = [folder.split("=", 1) for folder in path.parts[:-1] if "=" in folder]
    return {name: None if value == _HIVE_NULL else urllib.parse.unquote(value) for name, value in pairs}


def format_of_all(path: Path, parts: list[Part]) -> str:
    """Tell the type of several files, which must be Parquet."""
    for part in parts:
        form = format_of(part.path)
        if form != "Parquet":
            raise TableError(f"{path} stands for {len(parts)} files, and {part.path} is of type {form}, not Parquet")
    return "Parquet"
