"""Replacements for the test of the runner: one that is wrong, some that cheat, and one that does neither."""

from __future__ import annotations

from typing import Any

from sklearn import metrics
from sklearn.utils.validation import check_array

__all__ = ["accuracy_score", "max_error", "mean_absolute_error", "mean_gamma_deviance", "mean_poisson_deviance"]

theirs = {name: getattr(metrics, name) for name in __all__}


def accuracy_score(y_true: Any, y_pred: Any, *, normalize: Any = True, sample_weight: Any = None) -> Any:
    """Hand everything on to another metric."""
    return metrics.zero_one_loss(y_true, y_pred, normalize=normalize, sample_weight=sample_weight)


def max_error(y_true: Any, y_pred: Any) -> float:
    """Be wrong by a tenth, and take what should be refused."""
    return 1.1 * max((abs(a - b) for a, b in zip(y_true, y_pred)), default=0.0)


def mean_absolute_error(y_true: Any, y_pred: Any, **kwargs: Any) -> Any:
    """Hand everything on, by a name taken before anything was replaced."""
    return theirs["mean_absolute_error"](y_true, y_pred, **kwargs)


def mean_poisson_deviance(y_true: Any, y_pred: Any, **kwargs: Any) -> Any:
    """Hand everything on, below the public function's checks."""
    return theirs["mean_poisson_deviance"].__wrapped__(y_true, y_pred, **kwargs)


def mean_gamma_deviance(y_true: Any, y_pred: Any, **kwargs: Any) -> Any:
    """Let a helper of scikit-learn's check the input."""
    return sum(float(check_array(y, ensure_2d=False).sum()) for y in (y_true, y_pred))
