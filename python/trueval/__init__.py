"""Exact evaluation metrics at memory speed, with scikit-learn's names.

The functions have the signatures, results, errors and warnings of ``sklearn.metrics`` 1.9. `backend` tells which of two
implementations computes: the compiled one, or the one in NumPy.
"""

from typing import Any

from ._backend import backend, use_backend
from .classification import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    false_positive_rate,
    log_loss,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    true_negative_rate,
)
from .ranking import (
    auc,
    average_precision_score,
    confusion_matrix_at_thresholds,
    coverage_error,
    dcg_score,
    det_curve,
    label_ranking_average_precision_score,
    label_ranking_loss,
    metric_at_thresholds,
    ndcg_score,
    partial_roc_auc_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
    top_k_accuracy_score,
    weighted_ovo_roc_auc_score,
)
from .regression import mean_absolute_error, mean_squared_error, r2_score

__all__ = [
    "accuracy_score",
    "auc",
    "average_precision_score",
    "backend",
    "confusion_matrix",
    "confusion_matrix_at_thresholds",
    "coverage_error",
    "dcg_score",
    "det_curve",
    "f1_score",
    "false_positive_rate",
    "label_ranking_average_precision_score",
    "label_ranking_loss",
    "log_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "metric_at_thresholds",
    "ndcg_score",
    "partial_roc_auc_score",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
    "top_k_accuracy_score",
    "true_negative_rate",
    "use_backend",
    "weighted_ovo_roc_auc_score",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trueval")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
