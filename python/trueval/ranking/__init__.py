"""Metrics of scores: curves and their areas, discounted cumulative gain; with scikit-learn's names and behaviour."""

from .areas import auc, average_precision_score, roc_auc_score
from .curves import precision_recall_curve, roc_curve
from .gains import dcg_score, ndcg_score

__all__ = [
    "auc",
    "average_precision_score",
    "dcg_score",
    "ndcg_score",
    "precision_recall_curve",
    "roc_auc_score",
    "roc_curve",
]
