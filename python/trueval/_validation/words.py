"""Words as codes: fixed-width strings by their bytes, Python strings by identity first, columns by their own coding.

Words that many rows share are mostly few objects to which many rows refer, or stand in columns (pandas, polars, Arrow)
that can number them without making a Python string of each row. Only the distinct words are then looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import _backend
from .arrays import Array, native

# Rows looked at to tell whether words are shared objects.
_SAMPLE = 1024


class Words(NamedTuple):
    """The number of each row's word, the sorted distinct words, and the dtype that NumPy would give the rows."""

    codes: Array
    names: Array
    dtype: np.dtype[Any]


def code_dtype(n_labels: int) -> type[np.unsignedinteger[Any]]:
    """Narrowest unsigned dtype for the numbers below `n_labels`."""
    return np.uint8 if n_labels <= 1 << 8 else np.uint16 if n_labels <= 1 << 16 else np.uint32


def code_fixed_width(a: Array) -> tuple[Array, Array]:
    """Codes and sorted names of a contiguous 1-D array of fixed-width strings."""
    if not a.size or not a.dtype.itemsize:
        return np.zeros(a.size, np.uint8), a[:1]
    first, numbers = _backend.current().factorize(a.view(np.uint8).reshape(a.size, a.dtype.itemsize))
    names = a[first]
    order = np.argsort(names, kind="stable")
    rank = np.empty(order.size, code_dtype(order.size))
    rank[order] = np.arange(order.size)
    return rank[numbers], names[order]


def code_objects(a: Array) -> tuple[Array, Array]:
    """Codes and sorted names of a 1-D array of Python strings."""
    if a.dtype.kind == "O" and _shared(a[:_SAMPLE].tolist()):
        a = native(a)
        first, numbers = _backend.current().factorize_objects(a)
        codes, names = _code_list(a[first])
        return codes[numbers], names
    return _code_list(a)


def _code_list(a: Array) -> tuple[Array, Array]:
    items = a.tolist()
    try:
        distinct = set(items)
    except TypeError:
        distinct = {None}
    if not all(isinstance(item, str) for item in distinct):
        np.unique(a)  # sorting strings among other things fails with a message that tells the types
        raise TypeError("Labels must be uniformly strings or numbers.")
    names = sorted(distinct)
    table = {label: code for code, label in enumerate(names)}
    codes = np.fromiter(map(table.__getitem__, items), dtype=code_dtype(len(names)), count=len(items))
    return codes, np.asarray(names, dtype=str)


# columns --------------------------------------------------------------------------------------------------------------


def coded(y: Any) -> Words | None:
    """Words of a list or a column that need not become an array of strings first; None for anything else."""
    reader = _READERS.get(type(y).__module__.partition(".")[0])
    if reader is None:
        return None
    found = reader(y)
    if found is None:
        return None
    numbers, distinct = found
    names = sorted(set(distinct))
    # NumPy's strings end before trailing zeros, which would make one word of two.
    if not names or any(name.endswith("\0") for name in names):
        return None
    place = {name: code for code, name in enumerate(names)}
    rank = np.array([place[name] for name in distinct], dtype=code_dtype(len(names)))
    fixed = np.asarray(names, dtype=str)
    return Words(rank[numbers], fixed, fixed.dtype if isinstance(y, (list, tuple)) else np.dtype(object))


_Numbered = tuple[Array, Sequence[str]] | None


def _all_words(distinct: Iterable[Any]) -> bool:
    return all(isinstance(word, str) for word in distinct)


def _shared(rows: Sequence[Any]) -> bool:
    """Whether many rows seem to refer to few objects."""
    return len(set(map(id, rows))) <= len(rows) // 2


def _in_use(codes: Array, distinct: Sequence[Any]) -> _Numbered:
    """Leave out categories that no row has; None if a row has none or there is other than words."""
    if not codes.size:
        return None
    present = _backend.current().label_set(native(codes))[1]
    if present[0] < 0:
        return None
    if present.size < len(distinct):
        renumber = np.zeros(len(distinct), np.uint32)
        renumber[present] = np.arange(present.size)
        codes, distinct = renumber[codes], [distinct[code] for code in present.tolist()]
    return (codes, distinct) if _all_words(distinct) else None


def _from_list(y: Any) -> _Numbered:
    if not isinstance(y, (list, tuple)) or not y or not isinstance(y[0], str):
        return None
    try:
        if not _all_words(set(y[:_SAMPLE])):
            return None
        if _shared(y[:_SAMPLE]):
            a = np.empty(len(y), dtype=object)
            a[:] = y
            first, numbers = _backend.current().factorize_objects(a)
            distinct = a[first].tolist()
        else:
            place = {word: code for code, word in enumerate(set(y))}
            numbers = np.fromiter(map(place.__getitem__, y), dtype=np.uint32, count=len(y))
            distinct = list(place)
    except (TypeError, ValueError):  # rows of rows
        return None
    return (numbers, distinct) if _all_words(distinct) else None


def _from_pandas(y: Any) -> _Numbered:
    if type(y).__name__ not in ("Series", "Index", "CategoricalIndex", "Categorical"):
        return None
    dtype = y.dtype
    if type(dtype).__name__ == "CategoricalDtype":
        column = getattr(y, "array", y)
        return _in_use(np.asarray(column.codes), column.categories.tolist())
    if type(dtype).__name__ in ("StringDtype", "ArrowDtype") and getattr(dtype, "kind", "O") in "OU":
        codes, uniques = y.factorize()
        return _in_use(codes, uniques.tolist())
    return None


def _from_polars(y: Any) -> _Numbered:
    import polars as pl

    if not isinstance(y, pl.Series) or y.dtype not in (pl.String, pl.Categorical, pl.Enum) or y.null_count():
        return None
    # Categories are numbered by whatever else the process has read: the distinct ones renumber them.
    distinct = y.unique().cast(pl.String)
    return y.cast(pl.String).cast(pl.Enum(distinct)).to_physical().to_numpy(), distinct.to_list()


def _from_pyarrow(y: Any) -> _Numbered:
    import pyarrow as pa

    if not isinstance(y, (pa.Array, pa.ChunkedArray)) or y.null_count or not len(y):
        return None
    types = pa.types
    if not types.is_dictionary(y.type):
        if not (types.is_string(y.type) or types.is_large_string(y.type)):
            return None
        y = y.dictionary_encode()
    if isinstance(y, pa.ChunkedArray):
        y = y.unify_dictionaries().combine_chunks()
        if isinstance(y, pa.ChunkedArray):  # more than an offset can count
            return None
    return _in_use(y.indices.to_numpy(zero_copy_only=False), y.dictionary.to_pylist())


_READERS: dict[str, Callable[[Any], _Numbered]] = {
    "builtins": _from_list,
    "pandas": _from_pandas,
    "polars": _from_polars,
    "pyarrow": _from_pyarrow,
}
