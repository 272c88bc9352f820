"""Metrics of scores: curves and their areas, rankings of documents, labels and classes; with scikit-learn's names."""

from .areas import (
    auc,
    average_precision_score,
    partial_roc_auc_score,
    roc_auc_score,
    weighted_ovo_roc_auc_score,
)
from .curves import confusion_matrix_at_thresholds, det_curve, precision_recall_curve, roc_curve
from .gains import dcg_score, ndcg_score
from .labels import coverage_error, label_ranking_average_precision_score, label_ranking_loss, top_k_accuracy_score
from .thresholds import metric_at_thresholds

__all__ = [
    "auc",
    "average_precision_score",
    "confusion_matrix_at_thresholds",
    "coverage_error",
    "dcg_score",
    "det_curve",
    "label_ranking_average_precision_score",
    "label_ranking_loss",
    "metric_at_thresholds",
    "ndcg_score",
    "partial_roc_auc_score",
    "precision_recall_curve",
    "roc_auc_score",
    "roc_curve",
    "top_k_accuracy_score",
    "weighted_ovo_roc_auc_score",
]
