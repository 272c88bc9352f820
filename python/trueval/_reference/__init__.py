"""The backend in NumPy alone: the contract of ``_core.pyi``, each function written from its definition.

Where the native backend counts, these functions sort, group and reduce, so they take O(n log n) time and a few arrays
of the size of the input. What the contract calls exact (counts, pairs, unweighted precision) has the same bits as in
the native backend; floating-point sums are pairwise and agree with it to a few units in the last place.
"""

from .calibration import reliability, top_reliability
from .counts import (
    contingency,
    indicator_counts,
    indicator_counts_by_row,
    sparse_indicator_counts,
    sparse_indicator_counts_by_row,
)
from .curves import (
    average_precision,
    average_precision_of_halves,
    binary_curve,
    class_pairs,
    roc_auc,
    roc_auc_of_halves,
    trapezoid,
)
from .labels import factorize, factorize_objects, label_set, scan
from .logits import cross_entropy
from .losses import brier, brier_binary, hinge, hinge_binary, log_loss
from .placements import auc_covariance, auc_moments, placements, rank_order
from .ranking import (
    average_precision_by_row,
    class_ranks,
    coverage_by_row,
    dcg,
    ndcg,
    pairs_by_row,
    partial_roc_auc_by_row,
)
from .regression import (
    absolute_error,
    absolute_percentage_error,
    explained_deviance,
    explained_pinball,
    explained_sums,
    explained_variances,
    max_error,
    median_absolute_error,
    pinball_loss,
    squared_error,
    squared_log_error,
    tweedie_deviance,
)
from .resample import bootstrap_sums, rank_bootstrap, sign_flip_sums
from .retrieval import by_query
from .threads import get_num_threads, set_num_threads

__all__ = [
    "absolute_error",
    "absolute_percentage_error",
    "auc_covariance",
    "auc_moments",
    "average_precision",
    "average_precision_by_row",
    "average_precision_of_halves",
    "binary_curve",
    "bootstrap_sums",
    "brier",
    "brier_binary",
    "by_query",
    "class_pairs",
    "class_ranks",
    "contingency",
    "coverage_by_row",
    "cross_entropy",
    "dcg",
    "explained_deviance",
    "explained_pinball",
    "explained_sums",
    "explained_variances",
    "factorize",
    "factorize_objects",
    "get_num_threads",
    "hinge",
    "hinge_binary",
    "indicator_counts",
    "indicator_counts_by_row",
    "label_set",
    "log_loss",
    "max_error",
    "median_absolute_error",
    "ndcg",
    "pairs_by_row",
    "partial_roc_auc_by_row",
    "pinball_loss",
    "placements",
    "rank_bootstrap",
    "rank_order",
    "reliability",
    "roc_auc",
    "roc_auc_of_halves",
    "scan",
    "set_num_threads",
    "sign_flip_sums",
    "sparse_indicator_counts",
    "sparse_indicator_counts_by_row",
    "squared_error",
    "squared_log_error",
    "top_reliability",
    "trapezoid",
    "tweedie_deviance",
]
