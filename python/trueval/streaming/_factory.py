"""Which state serves which metric."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

from .._parameters import check_parameters
from ..ranking.thresholds import FOLDS, fold_of
from ..translation import scorer_of
from ._binned import BinnedState, DelongState
from ._calibration import CalibrationErrorState, CalibrationState
from ._labels import LabelState
from ._maps import MapState
from ._means import AnswerState, QueryState, TokenState
from ._probabilities import ClassState
from ._rankings import COMPUTE, RankingState
from ._regression import ErrorState, QuantileState
from ._rows import VALUES, RowState
from ._segments import SegmentState
from ._state import HOMES, State, function_of

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

# Of the metrics that are functions of other modules than the package itself.
_OF_MODULES: dict[str, type[State]] = {
    "calibration": CalibrationErrorState,
    "language": TokenState,
    "question_answering": AnswerState,
    "retrieval": QueryState,
    "segmentation": MapState,
    "translation": SegmentState,
}

STATES: dict[str, type[State]] = {
    **dict.fromkeys(_OF_LABELS, LabelState),
    **dict.fromkeys(_OF_CLASSES, ClassState),
    **dict.fromkeys(_OF_ERRORS, ErrorState),
    **dict.fromkeys(_OF_QUANTILES, QuantileState),
    **dict.fromkeys(_ROWS_ONLY, RowState),
    **dict.fromkeys(COMPUTE, RankingState),
    **{name: _OF_MODULES[home] for name, home in HOMES.items()},
}

_OF_DETECTIONS = (
    "{} ranks the detections of all images together: keep the boxes, scores, labels and image_ids of each batch, join "
    "these arrays, and call it on them; its value is then that of all images, whatever the batches were."
)
# Public functions of which there is no state, and what to do instead.
REFUSED = {
    "auc": "auc is a function of the points of a curve in their order, not of rows: use a state of 'roc_auc_score', or "
    "of 'roc_curve' and auc on what it computes.",
    "calibration_curve": "calibration_curve has a state under another name: calibration_state, whose reliability "
    "diagram has the share of positives and the mean probability of each bin of equal width.",
    "mean_average_precision": _OF_DETECTIONS.format("mean_average_precision"),
    "summary": _OF_DETECTIONS.format("summary"),
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
    """Make the mergeable state of a metric.

    Parameters
    ----------
    name : str
        Name of the metric's function, such as ``'f1_score'`` or ``'iou_score'``: any of trueval or of its modules but
        `auc` and those of `trueval.detection`.
    memory_limit : int, optional
        Bytes that the state and its work may take beyond the batches themselves, at least 65,536. What is more than a
        quarter of it goes to a temporary file. Of use to metrics of scores and quantiles, which keep every row; without
        it they keep all in memory.
    **params
        Parameters of the function, but for `sample_weight`, which goes to `State.update`.

    Returns
    -------
    state : State
        One that has seen no rows: `State.update`, `State.merge`, `State.compute`, `State.reset`, `State.to_bytes`,
        `State.state_dict`, pickling, copying; a context manager, which closes it.

    Raises
    ------
    ValueError
        For a name that is no metric, or one without a state; for parameters that the function refuses, or with which it
        has no state.
    TypeError
        For parameters that the function has not.
    ImportError
        For the name of a score of translations without sacrebleu.

    See Also
    --------
    binned_state : areas in constant memory.
    from_bytes : a state from what `State.to_bytes` gave.

    Notes
    -----
    An update takes the time of the function on the batch, for scores that of a sort; batches of at most 1,024 rows in
    plain arrays are held and added 4,096 rows at a time. `State.merge` takes the time of the smaller table, and of
    nothing but a list for sorted runs. `State.compute` takes O(cells) for tables and sums; for runs it reads and ranks
    each of them once.

    An update or a merge that fails leaves the state as it was. States are not to be updated from several threads at
    once. Until an update has weights, none may, and the other way round.

    Examples
    --------
    >>> from trueval import streaming
    >>> state = streaming.state("f1_score", average="macro")
    >>> for y_true, y_pred in [(["cat", "dog"], ["cat", "cat"]), (["dog", "pig"], ["dog", "pig"])]:
    ...     state = state.update(y_true, y_pred)
    >>> round(state.compute(), 6)
    0.777778
    >>> state
    <state of f1_score, average='macro': 4 rows>
    >>> streaming.from_bytes(state.to_bytes()).n
    4
    """
    function: Callable[..., Any] = function_of(_known(name))
    if "sample_weight" in params:
        raise TypeError("sample_weight is no parameter of a state: pass it to update, with the rows it belongs to.")
    check_parameters(function, params, 3 if STATES[name] is QueryState else 2)
    defaults = {p.name: p.default for p in inspect.signature(function).parameters.values()}
    # What is the default anyway makes no other state.
    params = {
        key: value
        for key, value in params.items()
        if not _is_default(value, defaults.get(key, inspect.Parameter.empty))
    }
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
    if STATES[name] is SegmentState:
        scorer_of(name, params)  # refuses what sacrebleu does not know
    if STATES[name] is TokenState and params.get("ignore_index") is not None:
        operator.index(params["ignore_index"])
    if name == "d2_tweedie_score" and float(params.get("power", 0)) < 0:
        raise ValueError(
            f"power must not be negative in a state of d2_tweedie_score, got {params['power']}: the deviance of a "
            "batch from its own mean is undefined where that is not positive. Call the function on all rows."
        )
    if params.get("per_image"):
        raise ValueError(
            f"per_image=True has a value for each image, which no state of {name} sums up: call {name} on each batch "
            "with it, and join the arrays; or use a state without, which counts the pixels of all images together."
        )
    if name in HOMES and "aggregate" in params:
        aggregate = params["aggregate"]
        if aggregate is None:
            each = {"language": "row", "question_answering": "question", "retrieval": "query"}[HOMES[name]]
            raise ValueError(
                f"aggregate=None has a value for each {each}, which no state of {name} sums up: call {name} on each "
                "batch with it, and join the arrays."
            )
        known = ("mean", "sum") if name == "cross_entropy" else ("mean",)
        if aggregate not in known:
            raise ValueError(f"aggregate must be {' or '.join(map(repr, known))} in a state, got {aggregate!r}.")
    if params.get("strategy") == "quantile":
        raise ValueError(
            f"strategy='quantile' has bins that are known when all rows are: call {name} on all of them, or use a "
            "state with strategy='uniform'."
        )
    if "y_pred" in params:
        raise TypeError("y_pred is the former name of y_proba: pass the probabilities to update.")


def binned_state(name: str, *, bits: int = 16, **params: Any) -> Any:
    """Make the state of an area in constant memory, which computes a value and how far off it may be.

    Parameters
    ----------
    name : {'roc_auc_score', 'average_precision_score'}
        The area, of two labels.
    bits : int, default=16
        Leading bits of a score by which it goes to a bucket, from 8 to 24: the state takes 32 bytes for each of
        2 ** bits buckets.
    **params
        `pos_label` of average precision.

    Returns
    -------
    state : State
        Its `compute` returns a `Bounded`: `value` and `half_width`. The exact value, rounded, is between
        ``value - half_width`` and ``value + half_width``.

    Raises
    ------
    ValueError
        For another name or other bits; in `update` for more than two labels, and for scores of another dtype than those
        before, since the bits of a score depend on it.
    TypeError
        For other parameters, and in `update` for weights.

    See Also
    --------
    state : exact, in memory or on disk.

    Notes
    -----
    Pairs of a positive and a negative in one bucket are counted as ties; they may be anything if the bucket holds
    several scores, of which its least and its greatest tell. Where no bucket does, the value is exact and the
    half-width 0, as it always is for float16 with 16 bits or more. For average precision, the bounds are those of all
    positives of such a bucket before, and after, all its negatives.

    An update takes some 20 ns a row, a merge and `compute` O(2 ** bits).

    Examples
    --------
    >>> import numpy as np
    >>> from trueval import streaming
    >>> state = streaming.binned_state("roc_auc_score")
    >>> state.update([0, 1, 0, 1], np.array([0.25, 0.5, 0.5, 1.0])).compute()
    Bounded(value=0.875, half_width=0.0)
    """
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
    """Make the state of a reliability diagram: how often happens what is forecast with each probability.

    Parameters
    ----------
    bins : int, default=15
        Bins of equal width between 0 and 1.
    pos_label : int, float, bool or str, optional
        The label that probabilities are about, by default as in `brier_score_loss`.

    Returns
    -------
    state : State
        Its `compute` returns a `Reliability`.

    Raises
    ------
    ValueError
        For another number of bins; in `update` for more than two labels, for what is no probability, and for negative
        weights.

    See Also
    --------
    state : that of ``'expected_calibration_error'`` takes several classes as well.

    Notes
    -----
    The expected calibration error is Σ w |observed - forecast| / Σ w over the bins [1]_. A probability on an edge
    belongs to the bin on its left. The state takes some 64 bytes a bin.

    References
    ----------
    .. [1] M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
       AAAI 2015.

    Examples
    --------
    >>> from trueval import streaming
    >>> diagram = streaming.calibration_state(bins=2).update([0, 1, 1, 1], [0.25, 0.5, 0.75, 1.0]).compute()
    >>> diagram.observed
    array([0.5, 1. ])
    >>> diagram.expected_error
    0.125
    """
    try:
        number = operator.index(bins)
    except TypeError:
        raise TypeError(f"bins must be an integer, got {bins!r}.") from None
    if not 1 <= number <= 1 << 20:
        raise ValueError(f"bins must be from 1 to {1 << 20}, got {bins!r}.")
    params = {"bins": number} if pos_label is None else {"bins": number, "pos_label": pos_label}
    return CalibrationState("calibration", params)


def delong_state(*, memory_limit: int | None = None) -> Any:
    """Make the state of an area under the ROC curve and its standard error.

    Parameters
    ----------
    memory_limit : int, optional
        As in `state`.

    Returns
    -------
    state : State
        Its `compute` returns an `Area`: the area, its standard error, positives and negatives. For two labels, the
        greater of which is the positive one; without weights.

    See Also
    --------
    trueval.inference.confidence_interval : intervals from all rows at once.

    Notes
    -----
    The variance is that of DeLong, DeLong and Clarke-Pearson [1]_, from the sums of the placements and of their
    squares: exact integers for any split.

    References
    ----------
    .. [1] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
       operating characteristic curves", Biometrics 44, 1988.

    Examples
    --------
    >>> from trueval import streaming
    >>> area = streaming.delong_state().update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).compute()
    >>> area.value, round(area.standard_error, 6)
    (0.75, 0.353553)
    """
    return DelongState("roc_auc_score", {}, _limit(memory_limit))


def from_bytes(data: Any) -> Any:
    """Return the state that its `to_bytes` wrote.

    Parameters
    ----------
    data : bytes-like
        A header, a version, the content in little-endian order, and a checksum. Nothing in it is ever executed.

    Returns
    -------
    state : State

    Raises
    ------
    ValueError
        For bytes of something else, of another version, cut short or damaged.
    TypeError
        For what is not bytes.

    Examples
    --------
    >>> from trueval import streaming
    >>> streaming.from_bytes(streaming.state("max_error").update([1.0], [3.0]).to_bytes()).compute()
    2.0
    """
    return State.from_bytes(data)
