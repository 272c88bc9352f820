"""Which state serves which metric."""

from __future__ import annotations

import importlib
import inspect
import operator
from collections.abc import Callable
from typing import Any

from .._parameters import check_parameters
from ..ranking.thresholds import FOLDS, fold_of
from ._binned import BinnedState, CalibrationState, DelongState
from ._labels import LabelState
from ._probabilities import ClassState
from ._rankings import COMPUTE, RankingState
from ._regression import ErrorState, QuantileState
from ._rows import VALUES, RowState
from ._state import State

_OF_LABELS = (
    "accuracy_score",
    "balanced_accuracy_score",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "f1_score",
    "false_positive_rate",
    "fbeta_score",
    "hamming_loss",
    "jaccard_score",
    "matthews_corrcoef",
    "multilabel_confusion_matrix",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "true_negative_rate",
    "zero_one_loss",
)
_OF_CLASSES = (
    "brier_score_loss",
    "d2_brier_score",
    "d2_log_loss_score",
    "hinge_loss",
    "log_loss",
    "top_k_accuracy_score",
)
_OF_ERRORS = (
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
    "r2_score",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
)
_OF_QUANTILES = ("d2_absolute_error_score", "d2_pinball_score", "median_absolute_error")
_ROWS_ONLY = tuple(name for name in VALUES if name not in COMPUTE)

STATES: dict[str, type[State]] = {
    **dict.fromkeys(_OF_LABELS, LabelState),
    **dict.fromkeys(_OF_CLASSES, ClassState),
    **dict.fromkeys(_OF_ERRORS, ErrorState),
    **dict.fromkeys(_OF_QUANTILES, QuantileState),
    **dict.fromkeys(_ROWS_ONLY, RowState),
    **dict.fromkeys(COMPUTE, RankingState),
}

# Public functions of which there is no state, and what to do instead.
REFUSED = {
    "auc": "auc is a function of the points of a curve in their order, not of rows: use a state of 'roc_auc_score', or "
    "of 'roc_curve' and auc on what it computes.",
}


def _known(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"name must be the name of a metric, got {name!r}.")
    if name in REFUSED:
        raise ValueError(REFUSED[name])
    if name not in STATES:
        raise ValueError(f"name must be that of a metric of trueval, got {name!r}: expected one of {sorted(STATES)}.")
    return name


def _limit(memory_limit: Any) -> int | None:
    if memory_limit is None:
        return None
    try:
        limit = operator.index(memory_limit)
    except TypeError:
        raise TypeError(f"memory_limit must be a number of bytes or None, got {memory_limit!r}.") from None
    if limit < 1 << 16:
        raise ValueError(f"memory_limit must be at least {1 << 16} bytes, got {limit}.")
    return limit


def state(name: str, *, memory_limit: int | None = None, **params: Any) -> Any:
    """Make the mergeable state of a metric."""
    function: Callable[..., Any] = getattr(importlib.import_module("trueval"), _known(name))
    if "sample_weight" in params:
        raise TypeError("sample_weight is no parameter of a state: pass it to update, with the rows it belongs to.")
    check_parameters(function, params)
    defaults = {p.name: p.default for p in inspect.signature(function).parameters.values()}
    # What is the default anyway makes no other state.
    params = {key: value for key, value in params.items() if not _is_default(value, defaults[key])}
    kind = STATES[name]
    if kind is RankingState and params.get("average") == "samples":
        kind = RowState
    _refuse_parameters(name, params)
    return kind(name, params, _limit(memory_limit))


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (
        type(value) is type(default) and isinstance(value, (str, bool, int)) and value == default
    )


def _refuse_parameters(name: str, params: dict[str, Any]) -> None:
    """Refuse parameters with which a metric does not merge."""
    if (
        name == "metric_at_thresholds"
        and fold_of(params["metric_func"], dict(params.get("metric_params") or {})) is None
    ):
        raise ValueError(
            f"metric_func must be one of {', '.join(FOLDS)}, with parameters that leave the positive class 1: others "
            "need the rows, not their counts. Call metric_at_thresholds on all of them."
        )
    if name == "d2_tweedie_score" and float(params.get("power", 0)) < 0:
        raise ValueError(
            f"power must not be negative in a state of d2_tweedie_score, got {params['power']}: the deviance of a batch "
            "from its own mean is undefined where that is not positive. Call the function on all rows."
        )
    if "y_pred" in params:
        raise TypeError("y_pred is the former name of y_proba: pass the probabilities to update.")


def binned_state(name: str, *, bits: int = 16, **params: Any) -> Any:
    """Make the state of an area in constant memory, which computes a value and how far off it may be."""
    if name not in ("roc_auc_score", "average_precision_score"):
        raise ValueError(
            f"name must be 'roc_auc_score' or 'average_precision_score' in binned_state, got {name!r}: state(name) is "
            "exact for all others."
        )
    try:
        width = operator.index(bits)
    except TypeError:
        raise TypeError(f"bits must be an integer, got {bits!r}.") from None
    if not 8 <= width <= 24:
        raise ValueError(f"bits must be from 8 to 24, got {bits!r}.")
    allowed = {"pos_label"} if name == "average_precision_score" else set()
    if params.keys() - allowed:
        raise TypeError(
            f"binned_state({name!r}) got parameters that it does not take: {sorted(params.keys() - allowed)}."
        )
    return BinnedState(name, {"bits": width, **params})


def calibration_state(*, bins: int = 15, pos_label: Any = None) -> Any:
    """Make the state of a reliability diagram."""
    try:
        number = operator.index(bins)
    except TypeError:
        raise TypeError(f"bins must be an integer, got {bins!r}.") from None
    if not 1 <= number <= 1 << 20:
        raise ValueError(f"bins must be from 1 to {1 << 20}, got {bins!r}.")
    params = {"bins": number} if pos_label is None else {"bins": number, "pos_label": pos_label}
    return CalibrationState("calibration", params)


def delong_state(*, memory_limit: int | None = None) -> Any:
    """Make the state of an area under the ROC curve and its standard error."""
    return DelongState("roc_auc_score", {}, _limit(memory_limit))


def from_bytes(data: Any) -> Any:
    """Return the state that its `to_bytes` wrote."""
    return State.from_bytes(data)
