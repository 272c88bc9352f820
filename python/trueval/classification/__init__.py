"""Metrics of predicted labels and of predicted probabilities, with scikit-learn's names and behaviour."""

from .counts import accuracy_score, confusion_matrix
from .probabilities import log_loss
from .rates import false_positive_rate, true_negative_rate
from .setwise import f1_score, precision_recall_fscore_support, precision_score, recall_score

__all__ = [
    "accuracy_score",
    "confusion_matrix",
    "f1_score",
    "false_positive_rate",
    "log_loss",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "true_negative_rate",
]
