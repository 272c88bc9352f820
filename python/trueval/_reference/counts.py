"""The contingency table of two label arrays, and counts over indicator matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .labels import CLEAN, Labels, label_set

Weights = NDArray[np.float64] | None


def contingency(
    y_true: Labels, y_pred: Labels, sample_weight: Weights, /
) -> tuple[
    int,
    Labels,
    int,
    Labels,
    NDArray[np.uint32],
    NDArray[np.uint32],
    NDArray[np.int64],
    NDArray[np.float64] | None,
]:
    """Both statuses and label sets, and the cells that occur: rows, columns, counts, weights."""
    true_status, true_set = label_set(y_true)
    pred_status, pred_set = label_set(y_pred)
    if true_status != CLEAN or pred_status != CLEAN or len(y_true) == 0:
        none = np.empty(0, np.uint32)
        weights = None if sample_weight is None else np.empty(0)
        return true_status, true_set, pred_status, pred_set, none, none.copy(), np.empty(0, np.int64), weights
    width = len(pred_set)
    cells = np.searchsorted(true_set, y_true) * width + np.searchsorted(pred_set, y_pred)
    # NumPy sorts 8 and 16 bits in linear time, and most tables have fewer cells than that.
    cells = cells.astype(np.min_scalar_type(len(true_set) * width - 1), copy=False)
    order = None if sample_weight is None else np.argsort(cells, kind="stable")
    cells = np.sort(cells, kind="stable") if order is None else cells[order]
    starts = group_starts(cells)
    rows, columns = np.divmod(cells[starts].astype(np.int64), width)
    counts = np.diff(starts, append=len(cells))
    sums = None if sample_weight is None else group_sums(sample_weight[order], starts)
    return (
        true_status,
        true_set,
        pred_status,
        pred_set,
        rows.astype(np.uint32),
        columns.astype(np.uint32),
        counts.astype(np.int64, copy=False),
        sums,
    )


def group_starts(x: NDArray[Any]) -> NDArray[np.intp]:
    """Where each run of equal values begins."""
    first = np.ones(len(x), np.bool_)
    np.not_equal(x[1:], x[:-1], out=first[1:])
    return np.flatnonzero(first)


def group_sums(x: NDArray[Any], starts: NDArray[np.intp]) -> NDArray[Any]:
    """Sum each group of consecutive elements, pairwise within the group."""
    if len(starts) == 0:
        return x[:0].copy()
    with np.errstate(over="ignore", invalid="ignore"):
        return np.add.reduceat(x, starts)


def column_sums(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum each column, of a copy with contiguous columns, since NumPy sums pairwise along the last axis only."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(x.T).sum(axis=1)


def indicator_counts(
    y_true: NDArray[np.uint8], y_pred: NDArray[np.uint8], sample_weight: Weights, /
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Per column, the rows nonzero in both, in y_pred, in y_true; or the sums of their weights."""
    truth, pred = y_true != 0, y_pred != 0
    if sample_weight is None:
        both, positives, trues = (np.count_nonzero(x, axis=0) for x in (truth & pred, pred, truth))
        return _int64(both), _int64(positives), _int64(trues)
    weight = sample_weight[:, np.newaxis]
    both, positives, trues = (column_sums(np.where(x, weight, 0.0)) for x in (truth & pred, pred, truth))
    return both, positives, trues


def indicator_counts_by_row(
    y_true: NDArray[np.uint8], y_pred: NDArray[np.uint8], /
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per row, the columns nonzero in both, in y_pred, in y_true, and those whose bytes differ."""
    truth, pred = y_true != 0, y_pred != 0
    both, positives, trues, differing = (
        np.count_nonzero(x, axis=1) for x in (truth & pred, pred, truth, y_true != y_pred)
    )
    return _int64(both), _int64(positives), _int64(trues), _int64(differing)


Places = NDArray[np.int64]


def sparse_indicator_counts(  # noqa: PLR0917 - the contract is positional
    true_starts: Places,
    true_columns: Places,
    pred_starts: Places,
    pred_columns: Places,
    width: int,
    sample_weight: Weights,
    /,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Per column, the rows marked in both, in y_pred, in y_true; or the sums of their weights."""
    true_rows, pred_rows = _rows_of(true_starts), _rows_of(pred_starts)
    rows, columns = _shared(true_rows, true_columns, pred_rows, pred_columns)

    def amounts(rows: Places, columns: Places) -> NDArray[Any]:
        if sample_weight is None:
            return _int64(np.bincount(columns, minlength=width))
        order = np.argsort(columns, kind="stable")
        starts = group_starts(columns[order])
        sums = np.zeros(width)
        sums[columns[order][starts]] = group_sums(sample_weight[rows[order]], starts)
        return sums

    return amounts(rows, columns), amounts(pred_rows, pred_columns), amounts(true_rows, true_columns)


def sparse_indicator_counts_by_row(
    true_starts: Places, true_columns: Places, pred_starts: Places, pred_columns: Places, /
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per row, the columns marked in both, in y_pred, in y_true."""
    rows, _ = _shared(_rows_of(true_starts), true_columns, _rows_of(pred_starts), pred_columns)
    both = np.bincount(rows, minlength=len(true_starts) - 1)
    return _int64(both), _int64(np.diff(pred_starts)), _int64(np.diff(true_starts))


def _rows_of(starts: Places) -> Places:
    """Find the row of each mark."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _shared(rows: Places, columns: Places, other_rows: Places, other_columns: Places) -> tuple[Places, Places]:
    """Find the rows and columns of the marks that two matrices share: those that occur twice among all of theirs."""
    rows, columns = np.concatenate([rows, other_rows]), np.concatenate([columns, other_columns])
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    twice = (rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1])
    return rows[1:][twice], columns[1:][twice]


def _int64(counts: NDArray[Any] | int) -> NDArray[np.int64]:
    return np.asarray(counts, dtype=np.int64)
