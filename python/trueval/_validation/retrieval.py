"""Documents in flat arrays: how relevant each is, its score, and the query that it belongs to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import _backend
from .._parameters import is_sparse
from .arrays import (
    Array,
    as_numbers,
    as_numpy,
    canonical_scores,
    floats,
    native,
    not_finite,
    require_finite,
)
from .words import code_fixed_width, code_objects, coded

# Gains beyond these could add up to more than a float holds.
MOST = {"linear": 1e300, "exponential": 1000}


class Documents(NamedTuple):
    """Canonical relevances (labels of any dtype; floats need not be whole), scores, and integers for the queries.

    `names` are the words that the integers are the places of; None where they are themselves what the caller passed.
    """

    relevance: Array
    scores: Array
    group: Array
    names: Array | None

    def queries(self) -> list[Any]:
        """Distinct queries, as integers or strings."""
        a = self.group
        # Mostly the rows of a query lie together: only the first of each is then sorted.
        distinct = np.unique(a[np.append(True, a[1:] != a[:-1])])
        if self.names is None:
            return distinct.tolist()
        words: list[Any] = self.names[distinct].tolist()
        return [word.decode("utf-8", "surrogateescape") if isinstance(word, bytes) else word for word in words]


def check_documents(relevance: Any, scores: Any, group: Any, gain: str | None = None) -> Documents:
    """Check three arrays of one length; with `gain`, that gains of such relevances can be added up."""
    grades, ranked, queries = _column(relevance, "relevance"), _column(scores, "scores"), _column(group, "group")
    lengths = len(grades), len(ranked), len(queries)
    if len(set(lengths)) > 1:
        raise ValueError(
            f"relevance, scores and group must be of one length, got {lengths[0]}, {lengths[1]} and {lengths[2]} rows."
        )
    if not lengths[0]:
        raise ValueError("relevance, scores and group hold no document, at least one is needed.")
    return Documents(_relevance(grades, gain), _scores(ranked), *_queries(group, queries))


def _column(x: Any, name: str) -> Array:
    if is_sparse(x):
        raise TypeError(f"{name} must be a dense array, got a sparse one.")
    try:
        a = as_numpy(x)
    except ValueError:
        raise ValueError(
            f"{name} must have one dimension, a row for each document, got rows of unlike length."
        ) from None
    if a.ndim == 2 and a.shape[1] == 1:
        a = a.reshape(-1)
    if a.ndim != 1:
        raise ValueError(f"{name} must have one dimension, a row for each document, got an array of shape {a.shape}.")
    return a


def _relevance(a: Array, gain: str | None) -> Array:
    a = as_numbers(a, "relevance", missing=False)
    if a.dtype.kind == "f":
        grades = floats(a)
        _, high = require_finite(grades, "relevance")
    else:
        grades = native(a)
        grades = grades.view(np.uint8) if a.dtype.kind == "b" else grades
        high = 0.0
        if gain == "exponential":
            high = _backend.current().scan(grades)[2] if grades.dtype.itemsize == 8 else float(grades.max())
    if gain is not None and high > MOST[gain]:
        raise ValueError(f"relevance must be at most {MOST[gain]:g} with gain={gain!r}, got {high:g}.")
    return grades


def _scores(a: Array) -> Array:
    """Scores without NaN and infinity; minus infinity passes."""
    ranked = canonical_scores(as_numbers(a, "scores", missing=False))
    if ranked.dtype.kind == "f":
        status = _backend.current().scan(ranked)[0]
        if status == 1 or (status and np.isposinf(ranked).any()):
            raise not_finite(status, a.dtype, "scores")
    return ranked


def _queries(group: Any, a: Array) -> tuple[Array, Array | None]:
    """Integers for the queries: their own, or numbers of words and these."""
    kind = a.dtype.kind
    if kind in "iu":
        return native(a), None
    if kind == "b":
        return native(a).view(np.uint8), None
    if kind in "SU":
        return code_fixed_width(native(a))
    if kind == "f":
        return _whole(native(a, np.float64)), None
    if kind in "OT":
        words = coded(group)
        if words is not None:
            return words.codes, words.names
        kinds = set(map(type, a.tolist()))
        if kinds and all(issubclass(one, str) for one in kinds):
            return code_objects(a)
        if kinds and all(issubclass(one, (int, np.integer)) for one in kinds):
            numbers = np.array(a.tolist())
            if numbers.dtype.kind in "iub":
                return _queries(numbers, numbers)
        shown = ", ".join(sorted(one.__name__ for one in kinds))
        raise TypeError(f"group must hold integers of at most 64 bits or strings, got objects of type {shown}.")
    raise TypeError(f"group must hold integers or strings, got dtype {a.dtype}.")


def _whole(a: Array) -> Array:
    status, _, _ = _backend.current().scan(a)
    if status:
        raise ValueError(f"group must hold integers or strings, got {'NaN' if status == 1 else 'infinity'}.")
    fractional = (np.trunc(a) != a) | (a < -(2.0**63)) | (a >= 2.0**63)
    if fractional.any():
        raise ValueError(f"group must hold integers or strings, got {float(a[fractional][0])!r}.")
    return a.astype(np.int64)
