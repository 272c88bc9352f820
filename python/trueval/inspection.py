"""Which rows to look at after a fine-tune: where two models disagree, and where both are sure of another label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._validation.arrays import check_array, check_consistent_length, column_or_1d, require_finite

__all__ = ["Disagreements", "SliceCounts", "disagreements"]

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class SliceCounts:
    """How many rows of a slice are what.

    Attributes
    ----------
    column, value : str
        The slice: rows that have this value there.
    n, fixed, broken, moved, suspect : int
        All rows of it, and those listed in `Disagreements`.
    """

    column: str
    value: str
    n: int
    fixed: int
    broken: int
    moved: int
    suspect: int


@dataclass(frozen=True, eq=False)
class Disagreements:
    """Rows to look at; printed, how many there are of each kind.

    Attributes
    ----------
    n : int
        The number of rows.
    fixed : ndarray of int64
        Rows that base got wrong and tuned gets right.
    broken : ndarray of int64
        Rows that base got right and tuned gets wrong.
    moved : ndarray of int64
        Rows that both get wrong, with different answers.
    suspect : ndarray of int64
        Rows whose label looks wrong: both models give the same other answer, and both are sure of it. The surest come
        first (by the less sure of the two models). Empty where predictions are labels, which do not tell how sure they
        are.
    slices : tuple of SliceCounts
        The same by slices; those with most broken rows beyond the fixed ones first.
    confidence : float
        From which probability on a model is sure.
    """

    n: int
    fixed: Rows
    broken: Rows
    moved: Rows
    suspect: Rows
    slices: tuple[SliceCounts, ...]
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, lists and dicts, as JSON takes them."""
        kinds = {kind: getattr(self, kind).tolist() for kind in ("fixed", "broken", "moved", "suspect")}
        return {"n": self.n, **kinds, "confidence": self.confidence, "slices": [vars(one) for one in self.slices]}

    @property
    def summary(self) -> str:
        """How many rows there are of each kind, in a sentence."""
        suspect = "label looks" if len(self.suspect) == 1 else "labels look"
        return (
            f"of {self.n} rows tuned fixed {len(self.fixed)}, broke {len(self.broken)} and moved {len(self.moved)} "
            f"from one wrong answer to another; {len(self.suspect)} {suspect} wrong"
        )

    def __str__(self) -> str:
        if not self.slices:
            return self.summary
        rows: list[tuple[str, ...]] = [("", "rows", "fixed", "broken", "moved", "suspect")]
        for one in self.slices:
            counts = (one.n, one.fixed, one.broken, one.moved, one.suspect)
            rows.append((f"{one.column} = {one.value}", *map(str, counts)))
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        lines = [
            "  ".join([f"{row[0]:<{widths[0]}}", *(f"{row[i]:>{widths[i]}}" for i in range(1, 6))]) for row in rows
        ]
        return "\n".join([self.summary, "", *lines])


def disagreements(
    y_true: Any,
    base: Any,
    tuned: Any,
    *,
    labels: Any = None,
    confidence: float = 0.9,
    slices: Any = None,
) -> Disagreements:
    """Find the rows on which two classifiers disagree, and those whose labels look wrong.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels, numbers or text.
    base, tuned : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted labels; or probabilities of classes, whose columns are those of `labels`; or, for two classes,
        probabilities of the larger label: floats of shape (n_samples,).
    labels : array-like of shape (n_classes,), optional
        Labels of the columns; the sorted labels of `y_true` by default.
    confidence : float, default=0.9
        From which probability on a model is sure, above a half.
    slices : array-like of shape (n_samples,) or dict of these by name, optional
        What rows have in common: the counts of each value are told.

    Returns
    -------
    Disagreements

    Raises
    ------
    ValueError
        For arrays of unlike length, probabilities outside of 0 to 1, columns that are not those of the labels.

    Notes
    -----
    That both models are sure of the same other answer is a reason to look at a label, and no proof: they may share what
    misleads them, the more so if both have been trained on that very row. Take rows that neither has seen.

    Takes time and scratch memory proportional to the number of rows times that of the classes.

    Examples
    --------
    >>> from trueval.inspection import disagreements
    >>> y_true = ["cat", "cat", "dog", "dog"]
    >>> base = [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.95, 0.05]]
    >>> tuned = [[0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.97, 0.03]]
    >>> found = disagreements(y_true, base, tuned, slices={"colour": ["black", "white", "black", "white"]})
    >>> found.fixed, found.broken, found.suspect
    (array([1]), array([2]), array([3]))
    >>> print(found)
    of 4 rows tuned fixed 1, broke 1 and moved 0 from one wrong answer to another; 1 label looks wrong
    <BLANKLINE>
                    rows  fixed  broken  moved  suspect
    colour = black     2      0       1      0        0
    colour = white     2      1       0      0        1
    """
    if not 0.5 < confidence <= 1:
        raise ValueError(f"confidence must lie above 0.5 and be at most 1, got {confidence!r}.")
    true = column_or_1d(y_true, name="y_true")
    require_finite(true, "y_true")
    check_consistent_length(true, base, tuned)
    classes = np.unique(true) if labels is None else column_or_1d(labels, name="labels")
    first, sure = _answers(base, classes, true, "base")
    second, surer = _answers(tuned, classes, true, "tuned")
    right, still = first == true, second == true
    suspect = np.zeros(0, dtype=np.int64)
    if sure is not None and surer is not None:
        least = np.minimum(sure, surer)
        found = np.flatnonzero(~right & (first == second) & (least >= confidence))
        suspect = found[np.argsort(-least[found], kind="stable")]
    kinds = {
        "fixed": np.flatnonzero(~right & still),
        "broken": np.flatnonzero(right & ~still),
        "moved": np.flatnonzero(~right & ~still & (first != second)),
        "suspect": suspect,
    }
    named = {} if slices is None else dict(slices) if isinstance(slices, Mapping) else {"slice": slices}
    counted = [one for name, column in named.items() for one in _counted(str(name), column, len(true), kinds)]
    counted.sort(key=lambda one: one.fixed - one.broken)
    return Disagreements(len(true), **kinds, slices=tuple(counted), confidence=confidence)


def _answers(predictions: Any, classes: Any, true: Any, name: str) -> tuple[Any, NDArray[np.float64] | None]:
    """Predicted labels, and how sure they are; None where they do not tell."""
    given = check_array(predictions, dtype=None, name=name)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim == 1 and (given.dtype.kind != "f" or true.dtype.kind == "f"):
        return given, None
    columns = 2 if given.ndim == 1 else given.shape[1]
    if columns != len(classes):
        raise ValueError(f"{name} has probabilities of {columns} classes, there are {len(classes)} labels.")
    if given.dtype.kind not in "fiu" or given.min() < 0 or given.max() > 1:
        raise ValueError(f"{name} must hold probabilities between 0 and 1, or labels.")
    if given.ndim == 1:
        return classes[(given >= 0.5).astype(np.int64)], np.maximum(given, 1 - given).astype(np.float64)
    return classes[given.argmax(axis=1)], given.max(axis=1).astype(np.float64)


def _counted(name: str, column: Any, n: int, kinds: Mapping[str, Rows]) -> list[SliceCounts]:
    values = column_or_1d(column, name=f"slices[{name!r}]")
    if len(values) != n:
        raise ValueError(f"slices[{name!r}] must have a value for each of {n} rows, got {len(values)}.")
    distinct, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    counts = {kind: np.bincount(place.reshape(-1)[rows], minlength=len(distinct)) for kind, rows in kinds.items()}
    return [
        SliceCounts(name, str(value), int(sizes[i]), **{kind: int(each[i]) for kind, each in counts.items()})
        for i, value in enumerate(distinct.tolist())
    ]
