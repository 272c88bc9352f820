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
    log_loss,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from .ranking import (
    auc,
    average_precision_score,
    dcg_score,
    ndcg_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from .regression import mean_absolute_error, mean_squared_error, r2_score

__all__ = [
    "accuracy_score",
    "auc",
    "average_precision_score",
    "backend",
    "confusion_matrix",
    "dcg_score",
    "f1_score",
    "log_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "ndcg_score",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
    "use_backend",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trueval")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
