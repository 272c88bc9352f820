"""What models return, as labels, scores and probabilities of rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trueval.language import cross_entropy
from trueval.tensors import as_array

Array = NDArray[Any]
Floats = NDArray[np.float64]

# What the predictions of a task may be.
FORMS: dict[str, tuple[str, ...]] = {
    "binary": ("logits", "probabilities", "labels"),
    "multiclass": ("logits", "probabilities", "labels"),
    "multilabel": ("logits", "probabilities", "labels"),
    "token-classification": ("logits", "probabilities", "labels"),
    "regression": ("logits",),
    "causal-lm": ("logits", "losses"),
}


class Rows:
    """Rows that count: the truth, what metrics are fed with, and the loss of each example.

    `lengths` holds how many rows each example has, and `losses` returns a loss for each example.
    """

    def __init__(
        self,
        true: Array,
        lengths: Array,
        classes: int | None,
        feeds: dict[str, Callable[[], Array]],
        row_losses: Callable[[], Floats],
    ) -> None:
        self.true, self.lengths, self.classes = true, lengths, classes
        self._feeds, self._row_losses = feeds, row_losses
        self._fed: dict[str, Array] = {}

    def feed(self, kind: str) -> Array:
        """Predictions in the form that a metric takes."""
        if kind not in self._fed:
            self._fed[kind] = self._feeds[kind]()
        return self._fed[kind]

    def truth(self, kind: str) -> Array:
        """Truth to go with it."""
        return self.feed(f"true {kind}") if f"true {kind}" in self._feeds else self.true

    def losses(self) -> Floats:
        """Loss of each example, NaN of one without rows."""
        losses = self._row_losses()
        if losses.shape == self.lengths.shape and (self.lengths == 1).all():
            return losses
        examples = np.repeat(np.arange(self.lengths.size), self.lengths)
        sums = np.bincount(examples, weights=losses, minlength=self.lengths.size)
        with np.errstate(invalid="ignore"):
            return sums / self.lengths


def rows_of(  # noqa: PLR0917
    task: str, form: str, predictions: Any, labels: Array, ignore_index: int | None, threshold: float, block: int
) -> Rows:
    """Rows of a batch of predictions and labels, by the task."""
    if task == "causal-lm":
        return _tokens(form, predictions, labels, ignore_index, block)
    predictions = as_array(predictions)
    if predictions.dtype == np.float16:
        predictions = predictions.astype(np.float32)
    if predictions.dtype.kind == "f" and np.isnan(predictions).any() and task != "token-classification":
        raise ValueError("predictions contain NaN.")
    if task == "regression":
        return _numbers(predictions, labels)
    if task == "multilabel":
        return _indicators(form, predictions, labels, threshold)
    return _classes(task, form, predictions, labels, ignore_index, threshold)


def _whole(labels: Array) -> Array:
    """Labels as whole numbers."""
    if labels.dtype.kind == "f":
        whole = labels.astype(np.int64)
        if not np.array_equal(whole, labels):
            raise ValueError("label_ids must be whole numbers, one for each row: the places of the classes.")
        return whole
    if labels.dtype.kind not in "biu":
        raise TypeError(f"label_ids must be whole numbers, got dtype {labels.dtype}.")
    return labels.astype(np.int64, copy=False)


def _mismatch(predictions: Array, labels: Array, expected: str) -> ValueError:
    return ValueError(
        f"predictions must have {expected}, got shapes {predictions.shape} of predictions and {labels.shape} of labels."
    )


def _log_sums(logits: Floats) -> Floats:
    """Logarithm of the sum of the exponentials of each row, NaN of one that has infinity."""
    top = logits.max(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))


def _softmax(logits: Array) -> Floats:
    x = logits.astype(np.float64)
    x -= x.max(axis=1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=1, keepdims=True)
    return x


def _sigmoid(logits: Array) -> Floats:
    with np.errstate(over="ignore"):  # to infinity, whose reciprocal is 0
        return np.asarray(1.0 / (1.0 + np.exp(-logits.astype(np.float64))))


def _classes(  # noqa: PLR0917
    task: str, form: str, predictions: Array, labels: Array, ignore_index: int | None, threshold: float
) -> Rows:
    by_token = task == "token-classification"
    if not by_token and labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != (2 if by_token else 1):
        expected = "(examples, tokens)" if by_token else "(examples,)"
        raise ValueError(f"label_ids must have the shape {expected} for {task}, got {labels.shape}.")
    single = form == "labels" or (task == "binary" and predictions.ndim == labels.ndim)
    if single and predictions.shape == (*labels.shape, 1):
        predictions = predictions[..., 0]
    if predictions.shape[: labels.ndim] != labels.shape or predictions.ndim != labels.ndim + (not single):
        raise _mismatch(predictions, labels, "a row for each label" if single else "a column for each class")
    keep = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    lengths = keep.reshape(len(keep), -1).sum(axis=1)
    true, given = _whole(labels[keep]), predictions[keep]
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise ValueError("predictions contain NaN.")
    if form == "labels":
        return _predicted(true, _whole(given), lengths)
    if not single and given.shape[1] == 1 and task == "binary":
        given, single = given[:, 0], True
    classes = 2 if single else given.shape[1]
    if classes < 2 or (task == "binary" and classes != 2):
        raise _mismatch(predictions, labels, "one or two columns" if task == "binary" else "two columns or more")
    if true.size and not (true.min() >= 0 and true.max() < classes):
        odd = int(true[(true < 0) | (true >= classes)][0])
        raise ValueError(f"label_ids must be classes from 0 to {classes - 1}, as there are columns; one is {odd}.")
    return _scored(form, true, given, lengths, classes, single, threshold)


def _predicted(true: Array, predicted: Array, lengths: Array) -> Rows:
    return Rows(true, lengths, None, {"labels": lambda: predicted}, lambda: (true != predicted).astype(np.float64))


def _scored(  # noqa: PLR0917
    form: str, true: Array, given: Array, lengths: Array, classes: int, single: bool, threshold: float
) -> Rows:
    """Rows with a number for each class, or one for the class 1."""
    logits = form == "logits"

    def probabilities() -> Array:
        if not logits:
            return np.column_stack([1 - given, given]) if single else given
        return np.column_stack([_sigmoid(-given), _sigmoid(given)]) if single else _softmax(given)

    def margin() -> Array:
        if single or not logits:
            return given if single else given[:, 1]
        wide = given.astype(np.float64)
        return np.asarray(wide[:, 1] - wide[:, 0])

    def labels() -> Array:
        if classes > 2:
            return np.asarray(given.argmax(axis=1))
        return (margin() > (math.log(threshold / (1 - threshold)) if logits else threshold)).astype(np.int64)

    def losses() -> Floats:
        if logits:
            wide = given.astype(np.float64)
            if single:
                return np.asarray(np.logaddexp(0.0, np.where(true == 1, -wide, wide)))
            return np.asarray(_log_sums(wide) - wide[np.arange(true.size), true])
        chosen = probabilities()[np.arange(true.size), true]
        return np.asarray(-np.log(np.maximum(chosen, np.finfo(given.dtype).eps).astype(np.float64)))

    rows = Rows(true, lengths, classes, {}, losses)
    rows._feeds.update(
        labels=labels,
        scores=(lambda: rows.feed("probabilities")) if classes > 2 else margin,
        probabilities=probabilities,
        decisions=margin if classes == 2 else lambda: given,
    )
    return rows


def _indicators(form: str, predictions: Array, labels: Array, threshold: float) -> Rows:
    if labels.ndim != 2 or predictions.shape != labels.shape:
        raise _mismatch(predictions, labels, "a column for each label, as label_ids have, 0 or 1")
    true = _whole(labels)
    if true.size and not (true.min() >= 0 and true.max() <= 1):
        raise ValueError("label_ids must be 0 and 1, in a column for each label.")
    cut = math.log(threshold / (1 - threshold)) if form == "logits" else threshold

    def losses() -> Floats:
        if form == "labels":
            return np.asarray((predictions != true).mean(axis=1, dtype=np.float64))
        wide = predictions.astype(np.float64)
        if form == "logits":
            return np.asarray(np.logaddexp(0.0, np.where(true == 1, -wide, wide)).mean(axis=1))
        right = np.maximum(np.where(true == 1, wide, 1 - wide), np.finfo(predictions.dtype).eps)
        return np.asarray(-np.log(right).mean(axis=1))

    chosen: Callable[[], Array] = (
        (lambda: _whole(predictions)) if form == "labels" else (lambda: (predictions > cut).astype(np.int64))
    )
    feeds: dict[str, Callable[[], Array]] = {"labels": chosen, "scores": lambda: predictions}
    return Rows(true, np.ones(len(true), np.int64), None, feeds, losses)


def _numbers(predictions: Array, labels: Array) -> Rows:
    true, given = (x[:, 0] if x.ndim == 2 and x.shape[1] == 1 else x for x in (labels, predictions))
    if true.shape != given.shape or true.ndim > 2:
        raise _mismatch(predictions, labels, "the shape of the labels")
    true, given = true.astype(np.float64), given.astype(np.float64)

    def losses() -> Floats:
        return np.asarray(((given - true) ** 2).reshape(len(true), -1).mean(axis=1))

    return Rows(true, np.ones(len(true), np.int64), None, {"numbers": lambda: given}, losses)


def _tokens(form: str, predictions: Any, labels: Array, ignore_index: int | None, block: int) -> Rows:
    """Next tokens: position i predicts label i + 1."""
    if labels.ndim != 2:
        raise ValueError(f"label_ids must have the shape (examples, tokens) for causal-lm, got {labels.shape}.")
    keep = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    keep[:, 0] = False
    true = _whole(labels[keep])
    if form == "losses":
        losses, hits = predictions
        if losses.shape != labels.shape or hits.shape != labels.shape:
            raise _mismatch(losses, labels, "a loss for each label")
        losses, hits = losses[keep].astype(np.float64), hits[keep].astype(np.int64)
        if np.isnan(losses).any():
            raise ValueError("predictions contain NaN.")
    else:
        if len(predictions.shape) != 3 or tuple(predictions.shape[:2]) != labels.shape:
            raise ValueError(
                "predictions must have the shape (examples, tokens, words) for causal-lm, got "
                f"{tuple(predictions.shape)} for labels of shape {labels.shape}."
            )
        losses, hits = _token_losses(predictions, keep, true, block)
    feeds = {
        "numbers": lambda: losses,
        "true numbers": lambda: np.zeros(losses.size),
        "labels": lambda: hits,
        "true labels": lambda: np.ones(hits.size, np.int64),
    }
    return Rows(true, keep.sum(axis=1), None, feeds, lambda: losses)


def _token_losses(logits: Any, keep: Array, true: Array, block: int) -> tuple[Floats, Array]:
    """Loss of each token that counts, and whether it has the largest logit."""
    words = logits.shape[2]
    if true.size and not (true.min() >= 0 and true.max() < words):
        raise ValueError(f"label_ids must be tokens from 0 to {words - 1}, as there are logits.")
    places = np.argwhere(keep)
    losses, hits = np.empty(true.size), np.empty(true.size, np.int64)
    step = max(1, block // words)
    for start in range(0, true.size, step):
        part = slice(start, start + step)
        row, token = places[part].T
        own = as_array(logits[row, token - 1])
        try:
            losses[part] = cross_entropy(true[part], own, ignore_index=None, aggregate=None)
        except ValueError:  # labels have been looked at
            raise ValueError("predictions contain NaN.") from None
        hits[part] = own.argmax(axis=1) == true[part]
    return losses, hits
