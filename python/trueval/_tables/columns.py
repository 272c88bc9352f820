"""Columns of Arrow as those of NumPy; text becomes places in a list of the distinct ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import Column, TableError


def plain(name: str, column: Any) -> Any:
    """Bring a column to one of: boolean, number, dictionary of text, fixed-size list of numbers, null."""
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    if types.is_dictionary(kind) and not is_text(kind.value_type):
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
    if is_text(kind):
        if not types.is_string(kind):
            column = column.cast(pa.large_string())
        return column.dictionary_encode()
    if types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind):
        inner = kind.value_type
        if types.is_floating(inner) or types.is_integer(inner):
            return column
    raise TableError(f"column {name!r} is of type {column.type}; numbers, booleans, text or lists of numbers are read")


def is_text(kind: Any) -> bool:
    """Whether a type of Arrow's is one of text."""
    from pyarrow import types

    # is_string_view is younger than the oldest pyarrow supported.
    checks = ("is_string", "is_large_string", "is_string_view", "is_binary", "is_large_binary")
    return any(getattr(types, check)(kind) for check in checks if hasattr(types, check))


def is_list(kind: Any) -> bool:
    """Whether it is one of lists."""
    from pyarrow import types

    return _is_nested(kind) and not types.is_dictionary(kind)


def _is_nested(kind: Any) -> bool:
    from pyarrow import types

    # pyarrow before 15 does not count lists of a fixed size
    return bool(types.is_nested(kind) or types.is_fixed_size_list(kind))


def count_missing(column: Any) -> int:
    """Count nulls and NaN, in lists, too."""
    import pyarrow.compute as pc
    from pyarrow import types

    missing = int(column.null_count)
    if is_list(column.type):
        column = pc.list_flatten(column)
        missing += int(column.null_count)
    if types.is_floating(column.type) and not (missing == 0 and all(is_finite(_buffer(c)) for c in column.chunks)):
        missing += pc.sum(pc.is_nan(column)).as_py() or 0
    return missing


def is_finite(values: NDArray[Any]) -> bool:
    """Whether there is neither NaN nor infinity, in one look."""
    # A sum is finite if all terms are, or else overflows, which is looked into.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(values, dtype=values.dtype if values.dtype.itemsize > 2 else np.float32)))


def arrow_column(name: str, column: Any) -> Column:
    """Bring a column that `plain` has made to NumPy."""
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
        widths = widths_of(column)
        refuse_widths(name, widths, len(column))
        return Column(name, _one_array(pc.list_flatten(column)).reshape(len(column), widths.pop()))
    return Column(name, _one_array(column))


def widths_of(column: Any) -> set[int]:
    """How long the lists of a column are."""
    import pyarrow.compute as pc

    return set(pc.unique(pc.list_value_length(column)).to_pylist())


def refuse_widths(name: str, widths: set[int], rows: int) -> None:
    """Refuse lists of several lengths, or of none."""
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
