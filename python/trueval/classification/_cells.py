"""From the cells of a contingency table, or from indicator matrices, to what the metrics are folds of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import is_sparse
from .._validation.arrays import Array, check_array, check_consistent_length, num_samples
from .._validation.labels import Crossing, Indicators, Tally, check_targets
from .._validation.targets import places_of_marks
from ..exceptions import warn

Counts = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


class Cells(NamedTuple):
    """The cells of a confusion matrix of `size` labels: where they are, and what is in them.

    `values` are int64 if `whole`, that is without weights or with integral ones, else float64.
    """

    size: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Array
    whole: bool

    def matrix(self) -> NDArray[Any]:
        """Lay out all cells, the empty ones too."""
        matrix = np.zeros((self.size, self.size), dtype=np.int64 if self.whole else np.float64)
        matrix[self.rows, self.columns] = self.values
        return matrix

    def hits(self) -> NDArray[Any]:
        """Read off the diagonal."""
        diagonal = np.zeros(self.size, self.values.dtype)
        right = self.rows == self.columns
        diagonal[self.rows[right]] = self.values[right]
        return diagonal

    def margins(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Add up the rows, and the columns."""
        return self._sums(self.rows), self._sums(self.columns)

    def _sums(self, places: NDArray[np.intp]) -> NDArray[Any]:
        sums = np.zeros(self.size, self.values.dtype)
        np.add.at(sums, places, self.values)
        return sums

    def warn_if_single(self) -> None:
        if self.size == 1:
            warn(
                "A single label was found in 'y_true' and 'y_pred'. For the confusion matrix to have the correct "
                "shape, use the 'labels' parameter to pass all known labels."
            )


def check_cells(y_true: Any, y_pred: Any, labels: Any, sample_weight: Any) -> Cells:
    """Check the arguments of a confusion matrix, and count."""
    if isinstance(y_true, Indicators):
        raise ValueError(f"{y_true.kind} is not supported")
    if isinstance(y_true, Crossing):
        return select_cells(y_true, labels)
    y_true = check_array(y_true, dtype=None, finite=False, min_samples=0)
    y_pred = check_array(y_pred, dtype=None, finite=False, min_samples=0)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
    if sample_weight is not None and sample_weight.ndim and not len(sample_weight):
        # scikit-learn passes over no weights at all, until it comes to the counting
        check_consistent_length(y_true, y_pred)
        check_cells(y_true, y_pred, labels, None)
    # Without weights scikit-learn counts ones, and their length, which is that of y_true, shows in the message.
    check_consistent_length(y_true, y_pred, y_true if sample_weight is None and num_samples(y_true) else sample_weight)
    targets = check_targets(y_true, y_pred, sample_weight, sorts=False)
    if isinstance(targets, Indicators):
        raise ValueError(f"{targets.kind} is not supported")
    if targets.weights is not None and targets.weights.kind in "iub" and not _fits_float64(targets):
        targets = targets._replace(values=_whole_sums(y_true, y_pred, sample_weight))
    return select_cells(targets, labels)


def select_cells(targets: Crossing, labels: Any = None) -> Cells:
    """Keep the cells whose labels are both among `labels`, in that order; by default all of them."""
    if labels is None:
        size = targets.labels.size
        rows, columns, values = targets.rows, targets.columns, targets.values
    else:
        order = np.asarray(labels)
        size = order.size
        if size == 0:
            raise ValueError("'labels' should contain at least one label.")
        if order.ndim != 1:
            raise ValueError(f"labels must be a list of labels, got an array of {order.ndim} dimensions.")
        table = {label: index for index, label in enumerate(order.tolist())}
        if not any(label in table for label in targets.present.tolist()):
            raise ValueError("At least one label specified must be in y_true")
        place = np.array([table.get(label, -1) for label in targets.labels.tolist()])
        rows, columns = place[targets.rows], place[targets.columns]
        inside = (rows >= 0) & (columns >= 0)
        rows, columns, values = rows[inside], columns[inside], targets.values[inside]
    whole = values.dtype.kind == "i"
    if not whole and targets.weights is not None and targets.weights.kind in "iub" and _fits_float64(targets):
        values, whole = values.astype(np.int64), True
    return Cells(size, rows, columns, values, whole)


def _fits_float64(targets: Crossing) -> bool:
    """Whether every sum of integral weights is below 2**53."""
    return targets.weights is None or targets.weights.peak * targets.n_samples < 2.0**53


def _whole_sums(y_true: Array, y_pred: Array, weight: Array) -> Array:
    """Sum integral weights of each cell modulo 2**64, for weights whose sums float64 cannot hold."""
    bits = 21  # of each weight at a time: their sums are exact for 2**32 samples
    total: Any = 0
    for shift in range(0, 64, bits):
        part = weight >> shift
        if shift + bits < 64:
            part &= (1 << bits) - 1
        if part.any():
            sums = check_targets(y_true, y_pred, part, sorts=False).values  # type: ignore[union-attr]
            total = total + (sums.astype(np.int64) << shift)
    return np.asarray(total)


def class_counts(targets: Crossing, labels: Any) -> Counts:
    """Hits, predictions and truths of each of `labels`, by default of every label there is."""
    size = targets.labels.size
    hit = targets.rows == targets.columns
    counts = [
        np.bincount(place, weights=values, minlength=size + 1)
        for place, values in (
            (targets.rows[hit], targets.values[hit]),
            (targets.columns, targets.values),
            (targets.rows, targets.values),
        )
    ]
    # Without any hit scikit-learn counts in float64, and the support is float64 then.
    if targets.weights is None and np.count_nonzero(hit):
        counts = [c.astype(np.int64) for c in counts]
    if labels is None:
        chosen: Any = slice(size)
    else:
        labels = np.asarray(labels)
        # One dtype for both, as numbers may be asked for by their text; the last count, which is 0, is for the absent.
        both = np.concatenate([labels, targets.labels]).tolist()
        kinds = {type(label) for label in both}
        if str in kinds and len(kinds) > 1:
            raise TypeError(
                "Encoders require their input argument must be uniformly strings or numbers. Got "
                f"{sorted(kind.__qualname__ for kind in kinds)}"
            )
        if str in kinds and targets.labels.dtype.kind in "biuf" and not targets.alike:
            raise ValueError(f"Words among numbers of two dtypes, which are written differently: got labels {labels}.")
        if type(None) in kinds:
            raise TypeError("None is not a label.")
        table = {label: index for index, label in enumerate(both[labels.size :])}
        chosen = np.array([table.get(label, size) for label in both[: labels.size]], dtype=np.intp)
    hits, predicted, true = (c[chosen] for c in counts)
    return hits, predicted, true


def _column_counts(targets: Indicators, columns: NDArray[np.intp] | None, weight: Array | None) -> Counts:
    """Hits, predictions and truths of each of some columns."""
    if isinstance(targets.true, Tally):
        known = targets.true.columns if weight is None else targets.true.weighted
        return known if columns is None else tuple(c[columns] for c in known)  # type: ignore[union-attr, return-value]
    if is_sparse(targets.true):
        places = *places_of_marks(targets.true), *places_of_marks(targets.pred)
        counts = _backend.current().sparse_indicator_counts(*places, targets.labels.size, weight)
    else:
        counts = _backend.current().indicator_counts(targets.true, targets.pred, weight)
    return counts if columns is None else tuple(c[columns] for c in counts)


def indicator_counts(targets: Indicators, labels: Any, by_sample: bool) -> Counts:
    """Hits, predictions and truths of each column in `labels`, or of each sample over these columns."""
    weight = None if targets.weights is None else targets.weights.values
    columns = None
    if labels is not None:
        columns = np.concatenate([np.asarray(labels), np.array([], np.intp)])
        last = targets.labels[-1]
        outside = None
        if columns.size and np.max(columns) > last:
            outside = f"{int(np.max(columns))} > {last}"
        elif columns.size and np.min(columns) < 0:
            outside = f"{int(np.min(columns))} < 0"
        if outside is not None:
            raise ValueError(f"All labels must be in [0, n labels) for multilabel targets. Got {outside}")
        if columns.dtype.kind == "f" and np.isnan(columns).any():
            raise ValueError(f"NaN is not a label: got labels {labels}.")
        columns = columns.astype(np.intp)
    if not by_sample:
        counts: Any = _column_counts(targets, columns, weight)
        # Where nothing is marked, NumPy counts in int64 with integral weights, too, and so does scikit-learn.
        integral = targets.weights is not None and targets.weights.kind in "ib"
        if integral and not np.any(counts) and not np.any(_column_counts(targets, columns, None)):
            hits, predicted, truths = (c.astype(np.int64) for c in counts)
            return hits, predicted, truths
        return counts
    hits, predicted, truths, _ = _row_counts(targets, columns)
    if weight is not None:
        return hits * weight, predicted * weight, truths * weight
    return hits, predicted, truths


def _row_counts(targets: Indicators, columns: Array | None = None) -> tuple[NDArray[np.int64], ...]:
    """Hits, predictions, truths and wrong labels of each sample, over some columns or all."""
    true, pred = targets.true, targets.pred
    if isinstance(true, Tally):
        return true.rows
    if columns is not None:
        if not columns.size:
            return (np.zeros(targets.n_samples, np.int64),) * 4
        true, pred = true[:, columns], pred[:, columns]
    if is_sparse(true):
        if columns is not None:
            true.sort_indices()
            pred.sort_indices()
        hits, predicted, truths = _backend.current().sparse_indicator_counts_by_row(
            *places_of_marks(true), *places_of_marks(pred)
        )
        return hits, predicted, truths, predicted + truths - 2 * hits
    counts: tuple[NDArray[np.int64], ...] = _backend.current().indicator_counts_by_row(
        np.ascontiguousarray(true), np.ascontiguousarray(pred)
    )
    return counts


def differing_labels(targets: Indicators) -> NDArray[np.int64]:
    """How many labels of each sample are wrong."""
    return _row_counts(targets)[3]


def counts_of(targets: Crossing | Indicators, labels: Any, by_sample: bool) -> Counts:
    """Hits, predictions and truths of each label, or of each sample of a multilabel target."""
    if isinstance(targets, Indicators):
        return indicator_counts(targets, labels, by_sample)
    if by_sample:
        raise ValueError("Samplewise metrics are not available outside of multilabel classification.")
    return class_counts(targets, labels)
