"""Exact evaluation metrics at memory speed, with scikit-learn's names.

The functions have the signatures, results, errors and warnings of ``sklearn.metrics`` 1.9. `backend` tells which of two
implementations computes: the compiled one, or the one in NumPy.
"""

from typing import Any

from ._backend import backend, use_backend
from .classification import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    class_likelihood_ratios,
    classification_report,
    cohen_kappa_score,
    confusion_matrix,
    d2_brier_score,
    d2_log_loss_score,
    f1_score,
    fbeta_score,
    hamming_loss,
    hinge_loss,
    jaccard_score,
    log_loss,
    matthews_corrcoef,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    zero_one_loss,
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
    "balanced_accuracy_score",
    "brier_score_loss",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "d2_brier_score",
    "d2_log_loss_score",
    "dcg_score",
    "f1_score",
    "fbeta_score",
    "hamming_loss",
    "hinge_loss",
    "jaccard_score",
    "log_loss",
    "matthews_corrcoef",
    "mean_absolute_error",
    "mean_squared_error",
    "multilabel_confusion_matrix",
    "ndcg_score",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
    "use_backend",
    "zero_one_loss",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trueval")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
