"""Metrics of predicted classes at every threshold on a score."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import OPTIONAL, validate
from .._validation.arrays import SampleWeights, canonical_scores
from .._validation.scores import Thresholding, check_thresholding
from .._validation.targets import numeric_codes

Floats = NDArray[np.float64]


class Cells(NamedTuple):
    """The 2 by 2 contingency tables of all thresholds: counts, or weights."""

    tns: NDArray[Any]
    fps: NDArray[Any]
    fns: NDArray[Any]
    tps: NDArray[Any]

    @property
    def total(self) -> float:
        """Number or weight of all samples."""
        return float(self.fps[-1] + self.tps[-1])


def _accuracy(cells: Cells, *, normalize: bool = True) -> Floats:
    hits = (cells.tns + cells.tps).astype(np.float64)
    return hits / cells.total if normalize else hits


def _zero_one(cells: Cells, *, normalize: bool = True) -> Floats:
    hits = _accuracy(cells, normalize=normalize)
    return np.asarray((1 if normalize else cells.total) - hits)


def _hamming(cells: Cells) -> Floats:
    return np.asarray((cells.fps + cells.fns) / cells.total)


def _balanced_accuracy(cells: Cells, *, adjusted: bool = False) -> Floats:
    mean = (_recall(cells) + cells.tns / cells.fps[-1]) / 2
    return (mean - 0.5) / 0.5 if adjusted else mean


def _precision(cells: Cells) -> Floats:
    return np.asarray(cells.tps / (cells.tps + cells.fps))


def _recall(cells: Cells) -> Floats:
    return np.asarray(cells.tps / cells.tps[-1])


def _fbeta(cells: Cells, *, beta: float = 1.0) -> Floats:
    square = float(beta) ** 2
    return np.asarray((1 + square) * cells.tps / (square * cells.tps[-1] + (cells.tps + cells.fps)))


def _jaccard(cells: Cells) -> Floats:
    return np.asarray(cells.tps / (cells.tps + cells.fps + cells.fns))


def _matthews(cells: Cells) -> Floats:
    tns, fps, fns, tps = (part.astype(np.float64) for part in cells)
    covariance = tps * tns - fps * fns
    # The root of each factor, as their product may leave the range of a float.
    spread = np.sqrt((tps + fps) * (tns + fns)) * np.sqrt(tps[-1] * fps[-1])
    return np.divide(covariance, spread, out=np.zeros_like(tps), where=spread != 0)


def _kappa(cells: Cells) -> Floats:
    tns, fps, fns, tps = (part.astype(np.float64) for part in cells)
    by_chance = ((tns + fps) * (tps + fps) + (tps + fns) * (tns + fns)) / cells.total
    return np.asarray(1 - (fps + fns) / by_chance)


def _confusion(cells: Cells, *, normalize: str | None = None) -> NDArray[Any]:
    tables = np.stack(cells, axis=1).reshape(-1, 2, 2)
    if normalize == "true":
        return np.asarray(tables / tables.sum(axis=2, keepdims=True))
    return np.asarray(tables / cells.total) if normalize == "all" else tables


def cells_at(fps: NDArray[Any], tps: NDArray[Any]) -> Cells:
    """Tables from the running counts of false and true positives."""
    return Cells(fps[-1] - fps, fps, tps[-1] - tps, tps)


def _is(*values: Any) -> Callable[[Any], bool]:
    """Whether a parameter is one of these, in type too: True is not 1 here."""
    return lambda given: any(type(given) is type(value) and given == value for value in values)


def _is_beta(given: Any) -> bool:
    return type(given) in (int, float) and 0 <= given < 1e100


_BINARY: dict[str, Callable[[Any], bool]] = {
    "average": _is("binary"),
    "labels": _is(None),
    "pos_label": _is(1),
    "zero_division": _is("warn", 0, 1, 0.0, 1.0),
}
# checked, but of no influence on what is computed
_NOT_PASSED = (*_BINARY, "weights")


class Fold(NamedTuple):
    """A metric of predicted classes as a function of the cells, and the parameters with which it is that.

    Parameters that `of` does not take leave the value alone, as long as each passes its check. Neither class is empty,
    and at least one sample is predicted positive, so that none of these is undefined.
    """

    of: Callable[..., NDArray[Any]]
    parameters: dict[str, Callable[[Any], bool]] = {}  # noqa: RUF012
    required: tuple[str, ...] = ()


FOLDS = MappingProxyType(
    {
        "accuracy_score": Fold(_accuracy, {"normalize": _is(True, False)}),
        "balanced_accuracy_score": Fold(_balanced_accuracy, {"adjusted": _is(True, False)}),
        "cohen_kappa_score": Fold(_kappa, {"labels": _is(None), "weights": _is(None)}),
        "confusion_matrix": Fold(_confusion, {"labels": _is(None), "normalize": _is(None, "true", "all")}),
        "f1_score": Fold(_fbeta, _BINARY),
        "fbeta_score": Fold(_fbeta, {**_BINARY, "beta": _is_beta}, ("beta",)),
        "hamming_loss": Fold(_hamming),
        "jaccard_score": Fold(_jaccard, _BINARY),
        "matthews_corrcoef": Fold(_matthews),
        "precision_score": Fold(_precision, _BINARY),
        "recall_score": Fold(_recall, _BINARY),
        "zero_one_loss": Fold(_zero_one, {"normalize": _is(True, False)}),
    }
)

# where a function of one of these names may come from
_PACKAGES = (__name__.partition(".")[0], "sklearn.metrics")


def fold_of(metric: Any, parameters: dict[str, Any]) -> Callable[[Cells], NDArray[Any]] | None:
    """Return the metric as a function of the cells, None where it is not known to be one with these parameters."""
    name = getattr(metric, "__name__", None)
    fold = FOLDS.get(name) if isinstance(name, str) else None
    if fold is None or not any(getattr(sys.modules.get(package), str(name), None) is metric for package in _PACKAGES):
        return None
    if not (parameters.keys() <= fold.parameters.keys() and all(name in parameters for name in fold.required)):
        return None
    if not all(fold.parameters[name](value) for name, value in parameters.items()):
        return None
    passed = {name: value for name, value in parameters.items() if name not in _NOT_PASSED}
    return lambda cells: fold.of(cells, **passed)


def _cells(inputs: Thresholding, weights: SampleWeights | None) -> tuple[Cells, NDArray[Any]] | None:
    """Tables and thresholds of labels that are 0 and 1; None for any others, or weights below zero or of float32.

    Some metrics add and return the latter in float32.
    """
    if inputs.true.dtype.kind not in "biuf":
        return None
    if weights is not None and inputs.weights is not None and (weights.low < 0 or inputs.weights.dtype != np.float64):
        return None
    codes = numeric_codes(inputs.true)
    status, labels = _backend.current().label_set(codes)
    if status or labels.tolist() != [0, 1]:
        return None
    scores = canonical_scores(inputs.scores)
    fps, tps, thresholds = _backend.current().binary_curve(
        codes, 1, scores, None if weights is None else weights.values
    )
    return cells_at(fps, tps), thresholds.astype(inputs.scores.dtype, copy=False)


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    metric_func=[callable],
    sample_weight=OPTIONAL,
    metric_params=[dict, None],
)
def metric_at_thresholds(
    y_true: Any,
    y_score: Any,
    metric_func: Callable[..., Any],
    *,
    sample_weight: Any = None,
    metric_params: dict[str, Any] | None = None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Compute a metric of predicted classes at every threshold on the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels, of any kind that `metric_func` takes.
    y_score : array-like of shape (n_samples,)
        Scores, higher for positives; numbers of any width.
    metric_func : callable
        The metric. It is called as ``metric_func(y_true, y_pred, **metric_params)``, with the samples by descending
        score, and `y_pred` of int32: 1 for scores that are at least the threshold, else 0.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples, passed on to `metric_func` by this name. Samples of weight zero do not take part.
    metric_params : dict, optional
        Further keyword arguments of `metric_func`.

    Returns
    -------
    metric_values : ndarray of shape (n_thresholds,) or (n_thresholds, ...)
        What `metric_func` returns, stacked.
    thresholds : ndarray of shape (n_thresholds,)
        Distinct scores, decreasing, in the dtype of `y_score`.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, weights that are all zero.

    See Also
    --------
    confusion_matrix_at_thresholds : the counts that most metrics are made of.

    Notes
    -----
    Equal scores make one threshold; -0.0 ties with 0.0.

    With the labels 0 and 1, a metric that follows from the four counts is computed for all thresholds at once, in the
    time of one sort: accuracy_score, balanced_accuracy_score, cohen_kappa_score, confusion_matrix, f1_score,
    fbeta_score, hamming_loss, jaccard_score, matthews_corrcoef, precision_score, recall_score and zero_one_loss, of
    this package or scikit-learn's, with parameters that leave the positive class 1. Any other is called for each
    threshold, which takes O(n_samples * n_thresholds).

    Scratch memory is 16 bytes a sample, beside up to 64 bytes for each distinct score.

    References
    ----------
    .. [1] T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> accuracy, thresholds = tv.metric_at_thresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], tv.accuracy_score)
    >>> accuracy
    array([0.75, 0.5 , 0.75, 0.5 ])
    >>> thresholds
    array([0.8 , 0.4 , 0.35, 0.1 ])
    """
    inputs, weights = check_thresholding(y_true, y_score, sample_weight)
    parameters = dict(metric_params or {})
    fold = fold_of(metric_func, parameters)
    found = _cells(inputs, weights) if fold is not None else None
    if fold is not None and found is not None:
        return fold(found[0]), found[1]
    return _one_by_one(inputs, metric_func, parameters)


def _one_by_one(
    inputs: Thresholding, metric_func: Callable[..., Any], parameters: dict[str, Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Call the metric for each threshold."""
    n = inputs.scores.size
    # Descending, and stable: equal scores keep their order, which a metric may depend on.
    order = n - 1 - np.argsort(inputs.scores[::-1], kind="stable")[::-1]
    scores, true = inputs.scores[order], inputs.true[order]
    if inputs.weights is not None:
        parameters["sample_weight"] = inputs.weights[order]
    ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]) + 1, n)
    values = []
    for end in ends.tolist():
        pred = np.zeros(n, np.int32)
        pred[:end] = 1
        values.append(metric_func(true, pred, **parameters))
    return np.asarray(values), scores[ends - 1]
