"""States of metrics of predicted labels: a confusion matrix that grows, or the counts of a multilabel indicator."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import is_sparse
from .._validation.arrays import SampleWeights, as_numpy, check_consistent_length, flat
from .._validation.labels import Crossing, Indicators, Tally, check_targets, union_of_labels
from .._validation.targets import numeric_codes
from ..classification._cells import _column_counts, _row_counts, _whole_sums
from ._state import Array, Exported, PairState, backend, weights_of
from ._sums import Floats, Total
from ._tables import Part, SparseTable, SquareTable, place_of

# Metrics of a multilabel target that ask how many of its labels a row has right.
_OF_ROWS = ("accuracy_score", "zero_one_loss", "hamming_loss")


class LabelSet:
    """Labels in the order of their appearance, as Python values, and the dtype that an array of them would have."""

    def __init__(self) -> None:
        self.place: dict[Any, int] = {}
        self._last: tuple[np.dtype[Any], bytes, NDArray[np.intp]] | None = None

    def places(self, labels: Array) -> NDArray[np.intp]:
        """Places of distinct labels; new ones go to the end."""
        last, content = self._last, labels.tobytes()
        if last is not None and last[0] == labels.dtype and last[1] == content:
            return last[2]
        place = self.place
        found = np.array([place.setdefault(value, len(place)) for value in values_of(labels)], dtype=np.intp)
        self._last = labels.dtype, content, found
        return found

    def __len__(self) -> int:
        return len(self.place)


def whole_numbers(y: Array) -> bool:
    """Whether an array holds labels that need no check."""
    return y.dtype.kind in "biu" and y.dtype.isnative


def values_of(labels: Array) -> list[Any]:
    """Labels as Python values, by which those of unlike dtypes are equal or not; dates as their numbers."""
    values: list[Any] = (labels.view(np.int64) if labels.dtype.kind in "mM" else labels).tolist()
    return values


def family_of(dtype: np.dtype[Any]) -> str:
    """Labels that may be in one array: words, dates and durations of one unit, numbers."""
    if dtype.kind in "biuf":
        return "numbers"
    return dtype.str[1:] if dtype.kind in "mM" else "words"


def widened(dtype: np.dtype[Any] | None, other: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """Dtype of an array of the elements of two; ValueError where they do not go together."""
    if dtype is None or other is None or dtype == other:
        return other if dtype is None else dtype
    if family_of(dtype) != family_of(other):
        raise ValueError(
            f"Labels must be of one sort in all updates: got {family_of(other)} (dtype {other}) after "
            f"{family_of(dtype)} (dtype {dtype})."
        )
    return np.result_type(dtype, other)


def as_labels(values: list[Any], dtype: np.dtype[Any]) -> Array:
    """Sorted array of labels from `values_of`."""
    values = sorted(values)
    if dtype.kind in "mM":
        return np.array(values, np.int64).view(dtype)
    labels = np.array(values, dtype if values and dtype.kind != "U" else None)
    return labels if labels.tolist() == values else np.array(values, object)


class LabelState(PairState):
    """State of a metric of predicted labels."""

    kind = "labels"

    def _may_wait(self, y_true: Array, y_pred: Array) -> bool:
        return (
            not self._wide
            and whole_numbers(y_true)
            and whole_numbers(y_pred)
            and all(dtype is None or dtype.kind in "biuf" for dtype in self._dtypes)
        )

    def _clear(self) -> None:
        self._wide: bool | None = None
        self._labels = LabelSet()
        self._table = SquareTable()
        self._dtypes: list[np.dtype[Any] | None] = [None, None]
        self._marks: _Marks | None = None

    @property
    def _by_row(self) -> str:
        """What rows of a multilabel target have to be told apart by."""
        if self.name in _OF_ROWS:
            return "wrong"
        return "all" if self.name == "classification_report" or self.params.get("average") == "samples" else ""

    # update -----------------------------------------------------------------------------------------------------------

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        cells = self._plain(y_true, y_pred) if weight is None else None
        weights = None
        if cells is None:
            check_consistent_length(y_true, y_pred, weight)
            weights = weights_of(weight, len(y_true) if not is_sparse(y_true) else y_true.shape[0])
            # Weights that are all zero are for `compute` to refuse.
            some = None if weights is None or weights.low == weights.high == 0.0 else weights.values
            targets = check_targets(y_true, y_pred, some)
            if isinstance(targets, Indicators):
                self._update_marks(y_true, y_pred, targets, weights)
                return
            words = targets.labels.dtype.kind in "US"
            dtypes = [targets.labels.dtype if words else as_numpy(y).dtype for y in (y_true, y_pred)]
            values = targets.values
            if weights is not None and weights.kind in "iub" and weights.peak * targets.n_samples >= 2.0**53:
                values = _whole_sums(y_true, y_pred, as_numpy(weight))
            ones = np.ones(values.size, np.int64)
            cells = (
                targets.labels,
                targets.labels,
                targets.rows,
                targets.columns,
                values if weights is None else ones,
                None if weights is None else np.zeros(values.size, np.int64) if some is None else values,
                dtypes,
                targets.n_samples,
            )
        rows_of, columns_of, rows, columns, counts, sums, dtypes, n = cells
        self._refuse_other(False)
        widths = [widened(own, new) for own, new in zip(self._dtypes, dtypes, strict=True)]
        _refuse_mix(*widths)
        self._dtypes, self._wide = widths, False
        true, pred = self._labels.places(rows_of), self._labels.places(columns_of)
        high, low = (None, None) if sums is None else _two_floats(sums)
        self._table.add(len(self._labels), true[rows], pred[columns], counts, high, low)
        self._weighing.add(weights)
        self.n += n

    @staticmethod
    def _plain(y_true: Any, y_pred: Any) -> Any:
        """Cells of two arrays of whole numbers, without the checks that these need not pass; None for others."""
        for y in (y_true, y_pred):
            if type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind not in "biu" or not y.dtype.isnative:
                return None
        n = y_true.shape[0]
        if n != y_pred.shape[0] or not n:
            return None
        codes = [np.ascontiguousarray(y.view(np.uint8) if y.dtype.kind == "b" else y) for y in (y_true, y_pred)]
        _, true, _, pred, rows, columns, counts, _ = backend().contingency(*codes, None)
        return true, pred, rows, columns, counts, None, [y_true.dtype, y_pred.dtype], n

    def _refuse_other(self, wide: bool) -> None:
        if self._wide is not None and self._wide != wide:
            raise ValueError(
                f"Targets must be of one kind in all updates: got {'an indicator matrix' if wide else 'a column'} "
                f"after {'a column' if wide else 'an indicator matrix'}."
            )

    def _update_marks(self, y_true: Any, y_pred: Any, targets: Indicators, weights: SampleWeights | None) -> None:
        self._refuse_other(True)
        if self.params.get("samplewise"):
            raise ValueError(
                "multilabel_confusion_matrix with samplewise=True has one matrix for each sample: it is no summary of "
                "them. Call the function on each batch."
            )
        chosen = self.params.get("labels")
        columns = None
        if chosen is not None and self._by_row == "all":
            from ..classification._cells import indicator_counts

            indicator_counts(targets, chosen, by_sample=False)  # refuses those that are no columns
            columns = np.asarray(chosen).astype(np.intp)
        found = _Marks(targets.labels.size, self._by_row)
        found.count(targets, columns, weights)
        for side, y in enumerate((y_true, y_pred)):
            found.kinds[side] = marks_of(y)
        found.refuse()
        if self._marks is not None:
            self._marks.fits(found)
            self._marks.merge(found)
        else:
            self._marks = found
        self._wide = True
        self._weighing.add(weights)
        self.n += targets.n_samples

    # merge and compute ------------------------------------------------------------------------------------------------

    def _merge(self, other: LabelState) -> None:
        if self._wide is not None:
            self._refuse_other(bool(other._wide))
        if other._marks is not None:
            if self._marks is None:
                self._marks = _Marks(other._marks.width, self._by_row)
            self._marks.fits(other._marks)
            self._marks.merge(other._marks)
        else:
            widths = [widened(own, new) for own, new in zip(self._dtypes, other._dtypes, strict=True)]
            _refuse_mix(*widths)
            self._dtypes = widths
            place = self._labels.place
            places = np.array([place.setdefault(value, len(place)) for value in other._labels.place], dtype=np.intp)
            cells = other._table.cells()
            rows, columns = place_of(cells.codes)
            high, low = (cells.high, cells.low) if other._weighing.given else (None, None)
            self._table.add(len(place), places[rows], places[columns], cells.counts, high, low)
        self._wide = other._wide
        self._weighing.merge(other._weighing)
        self.n += other.n

    def _compute(self) -> Any:
        self._weighing.refuse_zero()
        targets = self._crossing() if self._marks is None else self._marks.targets(self.n, self._weighing)
        function = getattr(importlib.import_module("trueval"), self.name)
        return function(targets, targets, **self.params)

    def _crossing(self) -> Crossing:
        """Make the contingency table of all rows, as `check_targets` does."""
        cells = self._table.cells()
        rows, columns = place_of(cells.codes)
        values = list(self._labels.place)
        present = []
        for places, dtype in zip((rows, columns), self._dtypes, strict=True):
            used = np.unique(places).tolist()
            present.append(as_labels([values[place] for place in used], dtype or np.dtype(np.int64)))
        union = union_of_labels(*present)
        table = {value: place for place, value in enumerate(values_of(union))}
        moved = np.array([table.get(value, -1) for value in values], dtype=np.intp)
        rows, columns = moved[rows], moved[columns]
        order = np.lexsort((columns, rows))
        amounts: Array = cells.counts
        weights = self._weighing.summary()
        if weights is not None:
            amounts = cells.weights
            if weights.kind in "iub" and amounts.size and np.max(np.abs(amounts)) >= 2.0**53:
                amounts = np.array(
                    [int(high) + int(low) for high, low in zip(cells.high, cells.low, strict=True)], np.int64
                )
        return Crossing(
            "multiclass" if union.size > 2 else "binary",
            union,
            present[0],
            rows[order],
            columns[order],
            amounts[order],
            self.n,
            weights,
            None,
            union.dtype == present[0].dtype == present[1].dtype,
        )

    def _empty(self) -> Any:
        return getattr(importlib.import_module("trueval"), self.name)([], [], **self.params)

    # content ----------------------------------------------------------------------------------------------------------

    def _export(self) -> Exported:
        cells = self._table.cells()
        return {
            "labels": list(self._labels.place),
            "dtypes": [None if dtype is None else dtype.str for dtype in self._dtypes],
            "cells": cells.codes,
            "counts": cells.counts,
            "sums": np.stack([cells.high, cells.low]),
            "marks": None if self._marks is None else self._marks.export(),
        }

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._labels.place = {value: place for place, value in enumerate(exported["labels"])}
        self._dtypes = [None if dtype is None else np.dtype(dtype) for dtype in exported["dtypes"]]
        marks = exported["marks"]
        if marks is not None:
            self._marks = _Marks.of(marks)
        if self.n:
            self._wide = marks is not None
        codes, counts = np.asarray(exported["cells"]), np.asarray(exported["counts"])
        high, low = np.asarray(exported["sums"])
        if codes.size:
            rows, columns = place_of(codes)
            if max(rows.max(), columns.max()) >= len(self._labels):
                raise ValueError("state_dict has cells of labels that it lacks.")
            weighted = bool(self._weighing.given)
            self._table.add(
                len(self._labels), rows, columns, counts, high if weighted else None, low if weighted else None
            )

    def _size(self) -> int:
        return self._table.nbytes + 100 * len(self._labels) + (0 if self._marks is None else self._marks.nbytes)


def _two_floats(sums: Array) -> tuple[Floats, Floats | None]:
    """Split sums into floats and, of integers, what these leave out."""
    high = sums.astype(np.float64)
    return high, (sums - high.astype(np.int64)).astype(np.float64) if sums.dtype.kind == "i" else None


def _refuse_mix(true: np.dtype[Any] | None, pred: np.dtype[Any] | None) -> None:
    if true is not None and pred is not None and (family_of(true) == "words") != (family_of(pred) == "words"):
        raise ValueError(f"Mix of label input types (string and number); got dtypes {true} and {pred}.")


def marks_of(y: Any) -> set[Any]:
    """List the marks of an indicator matrix, 0 among them where it is."""
    if is_sparse(y):
        data = np.asarray(y.data)
        marks = set() if not data.size else set(backend().label_set(numeric_codes(data))[1].tolist())
        return marks | {0}
    a = np.asarray(y)
    return set(backend().label_set(flat(np.ascontiguousarray(numeric_codes(a))))[1].tolist())


class _Marks:
    """What is counted of multilabel targets: by column, and by how many labels of a row are right."""

    def __init__(self, width: int, by_row: str) -> None:
        self.width = width
        self.by_row = by_row
        self.columns = np.zeros((3, width), np.int64)
        self.weighted = Total(3 * width)
        self.rows = SparseTable()
        self.kinds: list[set[Any]] = [set(), set()]

    def count(self, targets: Indicators, columns: Any, weights: SampleWeights | None) -> None:
        """Take the counts of a batch."""
        self.columns = np.stack(_column_counts(targets, None, None)).astype(np.int64)
        values = None if weights is None else weights.values
        if values is not None:
            self.weighted.add(np.concatenate(_column_counts(targets, None, values)).astype(np.float64))
        if not self.by_row:
            return
        counts = _row_counts(targets, columns)
        used = counts if self.by_row == "all" else counts[3:]
        codes = np.zeros(targets.n_samples, np.uint64)
        for number in used:
            codes = codes * np.uint64(self.width + 1) + number.astype(np.uint64)
        # Rows without weight are undefined, or wrong, in ways of their own.
        codes = codes * np.uint64(2) + (np.uint64(0) if values is None else (values == 0).astype(np.uint64))
        distinct, place = np.unique(codes, return_inverse=True)
        high, low = np.zeros(distinct.size), np.zeros(distinct.size)
        if values is not None:
            order = np.argsort(place, kind="stable")
            starts = np.flatnonzero(np.diff(place[order], prepend=-1))
            high = np.add.reduceat(values[order], starts)
        self.rows.add(Part(distinct, np.bincount(place, minlength=distinct.size).astype(np.int64), high, low))

    def fits(self, other: _Marks) -> None:
        """Refuse targets of another number of labels, or of more than two marks together."""
        if self.width != other.width:
            raise ValueError(
                "Multi-label binary indicator input with different numbers of labels: got "
                f"{other.width} after {self.width}."
            )
        joint = _Marks(self.width, self.by_row)
        joint.kinds = [own | new for own, new in zip(self.kinds, other.kinds, strict=True)]
        joint.refuse()

    def refuse(self) -> None:
        if any(len(marks) > 2 for marks in self.kinds):
            raise ValueError("multiclass-multioutput is not supported")

    def merge(self, other: _Marks) -> None:
        self.columns = self.columns + other.columns
        self.weighted.merge(other.weighted)
        for part in other.rows.parts:
            self.rows.add(part)
        self.kinds = [own | new for own, new in zip(self.kinds, other.kinds, strict=True)]

    def targets(self, n: int, weighing: Any) -> Indicators:
        """Make targets of all rows, as `check_targets` does."""
        cells = self.rows.cells()
        numbers = cells.codes // np.uint64(2)
        rows = []
        for _ in range(4 if self.by_row == "all" else 1):
            rows.append((numbers % np.uint64(self.width + 1)).astype(np.int64))
            numbers //= np.uint64(self.width + 1)
        rows = rows[::-1] if self.by_row == "all" else rows * 4
        repeats, sums = cells.counts.astype(np.float64), cells.weights
        if repeats.size == 1 and n > 1:
            # Two halves of what is alike, as what is said of undefined scores depends on whether there is one row.
            rows = [np.repeat(counts, 2) for counts in rows]
            repeats, sums = np.repeat(repeats / 2, 2), np.repeat(sums / 2, 2)
        weighted: Any = None
        values: Floats | None = None
        if weighing.given:
            weighted = tuple(self.weighted.value.reshape(3, self.width))
            values = sums if self.by_row else None
        unlike = (len(self.kinds[0] - {0}) > 1, len(self.kinds[1] - {0}) > 1)
        hits, predicted, true = self.columns
        tally = Tally((hits, predicted, true), weighted, tuple(rows), repeats, unlike)
        return Indicators(
            "multilabel-indicator", np.arange(self.width), tally, tally, n, weighing.summary(values), None
        )

    def export(self) -> Exported:
        cells = self.rows.cells()
        return {
            "by_row": self.by_row,
            "columns": self.columns,
            "weighted": self.weighted.export(),
            "codes": cells.codes,
            "repeats": cells.counts,
            "sums": np.stack([cells.high, cells.low]),
            "kinds": [sorted(kinds) for kinds in self.kinds],
        }

    @classmethod
    def of(cls, exported: Mapping[str, Any]) -> _Marks:
        columns = np.asarray(exported["columns"])
        marks = cls(columns.shape[1], exported["by_row"])
        marks.columns, marks.weighted = columns, Total.of(np.asarray(exported["weighted"]))
        marks.kinds = [set(kinds) for kinds in exported["kinds"]]
        high, low = np.asarray(exported["sums"])
        if high.size:
            marks.rows.add(Part(np.asarray(exported["codes"]), np.asarray(exported["repeats"]), high, low))
        return marks

    @property
    def nbytes(self) -> int:
        return self.columns.nbytes * 3 + self.rows.nbytes
