"""Exact evaluation metrics at memory speed, with scikit-learn's names.

The functions have the signatures, results, errors and warnings of ``sklearn.metrics`` 1.9. `backend` tells which of two
implementations computes: the compiled one, or the one in NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._backend import backend, get_num_threads, set_num_threads, use_backend

if TYPE_CHECKING:
    from . import (
        calibration,
        detection,
        inference,
        inspection,
        language,
        question_answering,
        retrieval,
        segmentation,
        streaming,
        tasks,
        tensors,
        translation,
    )
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
        false_positive_rate,
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
        true_negative_rate,
        zero_one_loss,
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
    from .regression import (
        d2_absolute_error_score,
        d2_pinball_score,
        d2_tweedie_score,
        explained_variance_score,
        max_error,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_gamma_deviance,
        mean_pinball_loss,
        mean_poisson_deviance,
        mean_squared_error,
        mean_squared_log_error,
        mean_tweedie_deviance,
        median_absolute_error,
        r2_score,
        root_mean_squared_error,
        root_mean_squared_log_error,
    )

__all__ = [
    "accuracy_score",
    "auc",
    "average_precision_score",
    "backend",
    "balanced_accuracy_score",
    "brier_score_loss",
    "calibration",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "confusion_matrix_at_thresholds",
    "coverage_error",
    "d2_absolute_error_score",
    "d2_brier_score",
    "d2_log_loss_score",
    "d2_pinball_score",
    "d2_tweedie_score",
    "dcg_score",
    "det_curve",
    "detection",
    "explained_variance_score",
    "f1_score",
    "false_positive_rate",
    "fbeta_score",
    "get_num_threads",
    "hamming_loss",
    "hinge_loss",
    "inference",
    "inspection",
    "jaccard_score",
    "label_ranking_average_precision_score",
    "label_ranking_loss",
    "language",
    "log_loss",
    "matthews_corrcoef",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_pinball_loss",
    "mean_poisson_deviance",
    "mean_squared_error",
    "mean_squared_log_error",
    "mean_tweedie_deviance",
    "median_absolute_error",
    "metric_at_thresholds",
    "multilabel_confusion_matrix",
    "ndcg_score",
    "partial_roc_auc_score",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "question_answering",
    "r2_score",
    "recall_score",
    "retrieval",
    "roc_auc_score",
    "roc_curve",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
    "segmentation",
    "set_num_threads",
    "streaming",
    "tasks",
    "tensors",
    "top_k_accuracy_score",
    "translation",
    "true_negative_rate",
    "use_backend",
    "weighted_ovo_roc_auc_score",
    "zero_one_loss",
]


# The families are imported at the first use of one of their functions: all of them take longer than the rest together.
_FAMILIES = ("classification", "ranking", "regression")
# Modules whose functions are called by the module's name.
_MODULES = (
    "calibration",
    "detection",
    "inference",
    "inspection",
    "language",
    "question_answering",
    "retrieval",
    "segmentation",
    "streaming",
    "tasks",
    "tensors",
    "translation",
)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trueval")
    if name in _FAMILIES or name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in __all__:
        for family in _FAMILIES:
            module = import_module(f".{family}", __name__)
            if name in module.__all__:
                # An attribute from now on, which is not asked for here again.
                return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_FAMILIES, *__all__})
