"""The cells of a table of true labels and the labels of one or two models, and metrics of many such tables at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._validation.arrays import SMALL_RANGE, offsets
from .._validation.labels import places_in_union, union_of_labels
from .._validation.targets import Target

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Coded:
    """Labels of several arguments, each with the places of its own labels in the sorted union of all."""

    def __init__(self, labels: Array, targets: list[Target], tables: list[Array]) -> None:
        self.labels, self.targets, self.tables = labels, targets, tables

    @cached_property
    def places(self) -> list[Array]:
        """The place of every row's label, for each argument."""
        return [_places(target, table) for target, table in zip(self.targets, self.tables, strict=True)]


def code_labels(arguments: Sequence[Any]) -> Coded | None:
    """Find the labels of 1-D arguments; None where one is no column of labels, such as an indicator."""
    targets = [Target(argument, "y") for argument in arguments]
    if any(target.settle() not in ("binary", "multiclass") or target.sparse for target in targets):
        return None
    present = [target.labels() for target in targets]
    union = present[0]
    for labels in present[1:]:
        union = union_of_labels(union, labels)
    dtype = np.min_scalar_type(max(1, union.size - 1))
    own = [np.arange(labels.size, dtype=np.uint32) for labels in present]
    tables = [places_in_union(o, labels, union).astype(dtype) for o, labels in zip(own, present, strict=True)]
    return Coded(union, targets, tables)


def _places(target: Target, table: Array) -> Array:
    known, codes = target.facts()[1], target.codes
    if codes.dtype == table.dtype and np.array_equal(known, table):
        return codes  # labels that are their own places
    if known.size == 2 and table.size == 2:
        second = codes == known[1]
        if table[0] == 0 and table[1] == 1:
            return second.view(np.uint8).astype(table.dtype, copy=False)
        return np.where(second, table[1], table[0])
    low, high = known[0], known[-1]
    if codes.dtype.kind in "iu" and int(high) - int(low) < SMALL_RANGE:
        lookup = np.zeros(int(high) - int(low) + 1, table.dtype)
        lookup[offsets(known, int(low))] = table
        return lookup[offsets(codes, int(low))]
    return table[np.searchsorted(known, codes)]


class Table(NamedTuple):
    """The cells that occur: the place of the true label, of each model's label, and how many rows there are."""

    labels: Array
    true: NDArray[np.intp]
    predicted: list[NDArray[np.intp]]
    counts: NDArray[np.int64]

    def fold(self, metric: Metric, model: int) -> Fold:
        """Metric of one model, for any numbers of rows in these cells."""
        return Fold(metric, self.labels, self.true, self.predicted[model])


def tabulate(coded: Coded) -> Table:
    """Count the rows of each combination of labels."""
    size = coded.labels.size
    if len(coded.targets) == 2:
        # The kernel finds the labels itself: no row is coded anew.
        tables = coded.tables
        _, _, rows, columns, counts = _pairs(*(target.codes for target in coded.targets))
        first, second = tables[0][rows].astype(np.intp), tables[1][columns].astype(np.intp)
    else:
        true, base, tuned = coded.places
        dtype = np.min_scalar_type(size * size)
        joint = true.astype(dtype) * dtype.type(size) + base
        of_joint, of_tuned, rows, columns, counts = _pairs(joint, tuned)
        first, second = of_joint[rows].astype(np.intp), of_tuned[columns].astype(np.intp)
    order = np.lexsort((second, first))
    first, second, counts = first[order], second[order], counts[order]
    if len(coded.targets) > 2:
        return Table(coded.labels, first // size, [first % size, second], counts)
    return Table(coded.labels, first, [second], counts)


def _pairs(a: Array, b: Array) -> tuple[Array, Array, Array, Array, NDArray[np.int64]]:
    """Labels of both arrays, and the cells that occur: places among these, and numbers of rows."""
    _, of_a, _, of_b, rows, columns, counts, _ = _backend.current().contingency(
        np.ascontiguousarray(a), np.ascontiguousarray(b), None
    )
    return of_a, of_b, rows, columns, counts


Metric = Callable[["Sums"], Floats]


class Sums:
    """What metrics of tables need, of many tables at once: `counts` has shape (tables, cells)."""

    def __init__(self, fold: Fold, counts: Array) -> None:
        self.cells = fold
        self.counts = np.asarray(counts, dtype=np.float64)
        self.size = fold.labels.size
        self.total = self.counts.sum(axis=1)

    def hits(self) -> Floats:
        """Rows of each label that were predicted right, shape (tables, labels)."""
        right = self.cells.true == self.cells.predicted
        return self._by(self.cells.true[right], self.counts[:, right])

    def true(self) -> Floats:
        """Rows of each true label."""
        return self._by(self.cells.true, self.counts)

    def predicted(self) -> Floats:
        """Rows of each predicted label."""
        return self._by(self.cells.predicted, self.counts)

    def _by(self, places: NDArray[np.intp], counts: Floats) -> Floats:
        sums = np.zeros((counts.shape[0], self.size))
        if places.size:
            order = np.argsort(places, kind="stable")
            ranked = places[order]
            starts = np.flatnonzero(np.diff(ranked, prepend=-1))
            sums[:, ranked[starts]] = np.add.reduceat(counts[:, order], starts, axis=1)
        return sums


class Fold:
    """A metric as a function of the numbers of rows in given cells."""

    def __init__(self, metric: Metric, labels: Array, true: NDArray[np.intp], predicted: NDArray[np.intp]) -> None:
        self.metric, self.labels, self.true, self.predicted = metric, labels, true, predicted

    def __call__(self, counts: Array) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.metric(Sums(self, counts))

    def swappable(self, other: Fold) -> Fold:
        """Fold over these cells followed by those of another model."""
        true = np.concatenate([self.true, other.true])
        return Fold(self.metric, self.labels, true, np.concatenate([self.predicted, other.predicted]))


# metrics --------------------------------------------------------------------------------------------------------------


def _divide(part: Floats, whole: Floats, zero_division: Any) -> Floats:
    value = 0.0 if isinstance(zero_division, str) else float(zero_division)
    return np.where(whole == 0, value, part / np.where(whole == 0, 1.0, whole))


def _mean(values: Floats, taken: NDArray[np.bool_], weights: Floats | None = None) -> Floats:
    """Mean of the values that are taken and not NaN; weights that are all zero count as equal."""
    taken = taken & ~np.isnan(values)
    share = taken.astype(np.float64)
    if weights is not None:
        weighted = share * weights
        share = np.where(weighted.sum(axis=1, keepdims=True) == 0, share, weighted)
    return (np.where(taken, values, 0.0) * share).sum(axis=1) / share.sum(axis=1)


def by_class(
    ratio: str,
    labels: Array,
    *,
    beta: float = 1.0,
    average: str,
    pos_label: Any = 1,
    chosen: Any = None,
    zero_division: Any = "warn",
) -> Metric:
    """Make precision, recall, F-score or Jaccard index, averaged."""
    known = {label: place for place, label in enumerate(labels.tolist())}
    wanted = [pos_label] if average == "binary" else None if chosen is None else np.asarray(chosen).tolist()
    places = np.arange(labels.size) if wanted is None else np.array([known.get(label, labels.size) for label in wanted])

    def metric(sums: Sums) -> Floats:
        absent = np.zeros((sums.counts.shape[0], 1))
        hits, predicted, true = (
            np.concatenate([part, absent], axis=1)[:, places] for part in (sums.hits(), sums.predicted(), sums.true())
        )
        # Without a choice of labels, those that a table lacks are none of its labels.
        taken = predicted + true > 0 if wanted is None else np.ones(hits.shape, bool)
        if average == "micro":
            hits, predicted, true = (part.sum(axis=1, keepdims=True) for part in (hits, predicted, true))
            taken = np.ones(hits.shape, bool)
        if ratio == "jaccard":
            values = _divide(hits, predicted + true - hits, zero_division)
        elif ratio == "precision" or (ratio == "fscore" and beta == 0):
            values = _divide(hits, predicted, zero_division)
        elif ratio == "recall" or beta == np.inf:
            values = _divide(hits, true, zero_division)
        else:
            square = beta**2
            values = _divide((1 + square) * hits, square * true + predicted, zero_division)
        return _mean(values, taken, true if average == "weighted" else None)

    return metric


def accuracy(sums: Sums) -> Floats:
    """Rows predicted right."""
    return sums.counts[:, sums.cells.true == sums.cells.predicted].sum(axis=1) / sums.total


def errors(sums: Sums) -> Floats:
    """Rows predicted wrong."""
    return sums.counts[:, sums.cells.true != sums.cells.predicted].sum(axis=1) / sums.total


def matthews(sums: Sums) -> Floats:
    """Matthews correlation; 0 where an argument is constant."""
    hits, true, predicted = sums.hits().sum(axis=1), sums.true(), sums.predicted()
    square = sums.total**2
    product = (square - (true * true).sum(axis=1)) * (square - (predicted * predicted).sum(axis=1))
    covariance = hits * sums.total - (true * predicted).sum(axis=1)
    return np.where(product > 0, covariance / np.sqrt(np.where(product > 0, product, 1.0)), 0.0)


def balanced_accuracy(adjusted: bool) -> Metric:
    """Make the mean recall over the labels that are true of some row."""

    def metric(sums: Sums) -> Floats:
        hits, true = sums.hits(), sums.true()
        score = _mean(hits / true, true > 0)
        if adjusted:
            chance = 1.0 / (true > 0).sum(axis=1)
            score = (score - chance) / (1 - chance)
        return score

    return metric


def kappa(labels: Array, chosen: Any, weights: str | None, undefined: float) -> Metric:
    """Make Cohen's kappa. The distances of weighted kappa are those between the labels of all rows."""
    known = {label: place for place, label in enumerate(labels.tolist())}
    kept = (
        np.arange(labels.size) if chosen is None else np.array([known.get(c, -1) for c in np.asarray(chosen).tolist()])
    )
    rank = np.full(labels.size, -1)
    rank[kept[kept >= 0]] = np.flatnonzero(kept >= 0)

    def metric(sums: Sums) -> Floats:
        places = [rank[sums.cells.true], rank[sums.cells.predicted]]
        inside = (places[0] >= 0) & (places[1] >= 0)
        counts = np.where(inside, sums.counts, 0.0)
        total = counts.sum(axis=1)
        margins = [np.zeros((counts.shape[0], kept.size)) for _ in places]
        for margin, place in zip(margins, places, strict=True):
            np.add.at(margin.T, place[inside], counts[:, inside].T)
        distance = _distances(places[0], places[1], weights)
        seen = (counts * np.where(inside, distance, 0.0)).sum(axis=1)
        grid = _distances(np.arange(kept.size)[:, np.newaxis], np.arange(kept.size), weights)
        expected = ((margins[0] @ grid) * margins[1]).sum(axis=1) / total
        return np.where(expected > 0, 1 - seen / expected, undefined)

    return metric


def _distances(a: Array, b: Array, weights: str | None) -> Floats:
    if weights is None:
        return (a != b).astype(np.float64)
    apart = np.abs(a - b).astype(np.float64)
    return apart if weights == "linear" else apart * apart
