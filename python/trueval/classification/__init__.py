"""Metrics of predicted labels and of predicted probabilities, with scikit-learn's names and behaviour."""

from .agreement import class_likelihood_ratios, cohen_kappa_score, matthews_corrcoef
from .counts import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    hamming_loss,
    multilabel_confusion_matrix,
    zero_one_loss,
)
from .margins import hinge_loss
from .probabilities import brier_score_loss, d2_brier_score, d2_log_loss_score, log_loss
from .rates import false_positive_rate, true_negative_rate
from .report import classification_report
from .setwise import (
    f1_score,
    fbeta_score,
    jaccard_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)

__all__ = [
    "accuracy_score",
    "balanced_accuracy_score",
    "brier_score_loss",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "d2_brier_score",
    "d2_log_loss_score",
    "f1_score",
    "false_positive_rate",
    "fbeta_score",
    "hamming_loss",
    "hinge_loss",
    "jaccard_score",
    "log_loss",
    "matthews_corrcoef",
    "multilabel_confusion_matrix",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "true_negative_rate",
    "zero_one_loss",
]
