"""The backend in NumPy alone: the contract of ``_core.pyi``, each function written from its definition.

Where the native backend counts, these functions sort, group and reduce, so they take O(n log n) time and a few arrays
of the size of the input. What the contract calls exact (counts, pairs, unweighted precision) has the same bits as in
the native backend; floating-point sums are pairwise and agree with it to a few units in the last place.
"""

from .counts import (
    contingency,
    indicator_counts,
    indicator_counts_by_row,
    sparse_indicator_counts,
    sparse_indicator_counts_by_row,
)
from .curves import average_precision, binary_curve, roc_auc, trapezoid
from .labels import factorize, label_set, scan
from .losses import brier, brier_binary, hinge, hinge_binary, log_loss
from .ranking import dcg, ndcg
from .regression import absolute_error, explained_sums, squared_error

__all__ = [
    "absolute_error",
    "average_precision",
    "binary_curve",
    "brier",
    "brier_binary",
    "contingency",
    "dcg",
    "explained_sums",
    "factorize",
    "hinge",
    "hinge_binary",
    "indicator_counts",
    "indicator_counts_by_row",
    "label_set",
    "log_loss",
    "ndcg",
    "roc_auc",
    "scan",
    "sparse_indicator_counts",
    "sparse_indicator_counts_by_row",
    "squared_error",
    "trapezoid",
]
