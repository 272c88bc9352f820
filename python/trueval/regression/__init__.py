"""Metrics of predicted numbers, with scikit-learn's names and behaviour."""

from .deviances import mean_gamma_deviance, mean_poisson_deviance, mean_tweedie_deviance
from .errors import (
    max_error,
    mean_absolute_error,
    mean_pinball_loss,
    mean_squared_error,
    median_absolute_error,
    root_mean_squared_error,
)
from .relative import mean_absolute_percentage_error, mean_squared_log_error, root_mean_squared_log_error
from .scores import d2_absolute_error_score, d2_pinball_score, d2_tweedie_score, explained_variance_score, r2_score

__all__ = [
    "d2_absolute_error_score",
    "d2_pinball_score",
    "d2_tweedie_score",
    "explained_variance_score",
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
    "r2_score",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
]
