"""Metrics of predicted numbers, with scikit-learn's names and behaviour."""

from .errors import mean_absolute_error, mean_squared_error
from .scores import r2_score

__all__ = ["mean_absolute_error", "mean_squared_error", "r2_score"]
