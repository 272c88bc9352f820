"""The classes of `keras`: this module imports the library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from trueval.streaming import Bounded

from ._evaluation import compute_metrics
from ._names import functions, parameters_of, resolve

_LABELS = (
    "accuracy_score",
    "balanced_accuracy_score",
    "cohen_kappa_score",
    "f1_score",
    "fbeta_score",
    "jaccard_score",
    "matthews_corrcoef",
    "precision_score",
    "recall_score",
)
_PACKAGE = "trueval"


def _array(variable: Any) -> NDArray[Any]:
    return np.asarray(ops.convert_to_numpy(variable))


def _quotient(a: Any, b: Any) -> Any:
    """Quotient, 0 where the divisor is."""
    return ops.where(b > 0, a / ops.where(b > 0, b, ops.ones_like(b)), ops.zeros_like(a))


def _valid_only(value: Any, seen: Any, counted: Any) -> Any:
    """Value, NaN where rows were seen that could not be counted: a compiled step cannot raise."""
    return ops.where(ops.equal(seen, counted), value, ops.full_like(value, float("nan")))


def _chosen(y_pred: Any, threshold: float) -> tuple[Any, Any]:
    """Labels that are predicted, and whether they are known."""
    if len(y_pred.shape) > 1 and y_pred.shape[-1] > 1:
        return ops.argmax(y_pred, axis=-1), ops.logical_not(ops.any(ops.isnan(y_pred), axis=-1))
    return ops.cast(y_pred > threshold, "int32"), ops.logical_not(ops.isnan(y_pred))


@keras.saving.register_keras_serializable(package=_PACKAGE)
class LabelMetric(keras.metrics.Metric):
    """A metric of predicted labels, from their confusion matrix.

    Parameters
    ----------
    metric : str
        Accuracy, balanced accuracy, Cohen's kappa, F1, F-beta, Jaccard, Matthews, precision or recall, by the name of
        trueval's function, with or without its ending, and with an average after it: ``'f1_weighted'``.
    num_classes : int, default=2
        Number of classes.
    threshold : float, default=0.5
        Above it the label 1 is predicted, where there is one output for two classes; 0 for logits.
    ignore_class : int, optional
        Label of rows that do not count.
    weighted : bool, default=False
        Whether `update_state` is given weights, as in ``compile(weighted_metrics=...)``. Counts are then float32.
    name, dtype
        As in Keras.
    **params
        `average`, by default ``'binary'`` of two classes (whose positive is 1) and ``'macro'`` of more, and `beta`.

    Notes
    -----
    Labels are whole numbers, of the shape of the predictions without their last axis, or one-hot. Counts are int32:
    exact for 2 · 10⁹ rows, and so is the value but for float32's rounding of quotients; `exact` is what trueval's
    function returns for all rows. Rows with NaN, or with a label that is no class, make the result NaN.
    """

    def __init__(
        self,
        metric: str = "accuracy",
        num_classes: int = 2,
        *,
        threshold: float = 0.5,
        ignore_class: int | None = None,
        weighted: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **params: Any,
    ) -> None:
        self.function, implied = resolve(metric)
        if self.function not in _LABELS:
            raise ValueError(f"metric must be one of {', '.join(_LABELS)}, got {metric!r}.")
        if num_classes < 2:
            raise ValueError(f"num_classes must be 2 or more, got {num_classes!r}.")
        odd = [key for key in params if key not in ("average", "beta") or key not in parameters_of(self.function)]
        if odd:
            raise TypeError(f"{metric} has no parameter {odd[0]!r} here.")
        super().__init__(name=name or metric, dtype=dtype)
        self.metric, self.num_classes, self.threshold = metric, num_classes, threshold
        self.ignore_class, self.weighted, self.given = ignore_class, weighted, params
        self.params: dict[str, Any] = {**implied, **params}
        if "average" in parameters_of(self.function):
            average = self.params.setdefault("average", "binary" if num_classes == 2 else "macro")
            if average not in ("binary", "macro", "micro", "weighted") or (average == "binary" and num_classes > 2):
                raise ValueError(
                    f"average must be 'macro', 'micro' or 'weighted' for {num_classes} classes, got {average!r}."
                )
        kind = "float32" if weighted else "int32"
        shape = (num_classes * num_classes,)
        self.cells = self.add_weight(shape=shape, initializer="zeros", dtype=kind, name="cells")
        self.rows = self.add_weight(shape=(), initializer="zeros", dtype="int32", name="rows")
        self.counted = self.add_weight(shape=(), initializer="zeros", dtype="int32", name="counted")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the rows of a batch."""
        if sample_weight is not None and not self.weighted:
            raise ValueError(f"{self.name} is given weights: make it with weighted=True.")
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.convert_to_tensor(y_true)
        if len(y_pred.shape) > 1 and y_pred.shape[-1] > 1 and y_pred.shape[-1] != self.num_classes:
            raise ValueError(f"y_pred must have {self.num_classes} columns, got shape {tuple(y_pred.shape)}.")
        if len(y_pred.shape) > 1 and y_pred.shape[-1] > 1 and tuple(y_true.shape) == tuple(y_pred.shape):
            y_true = ops.argmax(y_true, axis=-1)
        labels, known = _chosen(y_pred, self.threshold)
        true = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        labels, known = ops.reshape(ops.cast(labels, "int32"), (-1,)), ops.reshape(known, (-1,))
        count = ops.ones_like(true, dtype="bool")
        if self.ignore_class is not None:
            count = ops.not_equal(true, self.ignore_class)
        valid = ops.logical_and(ops.logical_and(true >= 0, true < self.num_classes), known)
        valid = ops.logical_and(valid, count)
        amount = ops.cast(valid, self.cells.dtype)
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, self.cells.dtype), (-1,))
            amount = ops.where(valid, weight, ops.zeros_like(weight))
        place = ops.where(valid, true * self.num_classes + labels, ops.zeros_like(true))
        added = ops.segment_sum(amount, place, num_segments=self.num_classes * self.num_classes)
        self.cells.assign(self.cells + ops.cast(added, self.cells.dtype))
        self.rows.assign(self.rows + ops.sum(ops.cast(count, "int32")))
        self.counted.assign(self.counted + ops.sum(ops.cast(valid, "int32")))

    def result(self) -> Any:
        """Compute the value in float32."""
        cells = ops.reshape(ops.cast(self.cells, "float32"), (self.num_classes, self.num_classes))
        total = ops.sum(cells)
        share = _quotient(cells, total)
        hit = ops.diagonal(share)
        true, chosen = ops.sum(share, axis=1), ops.sum(share, axis=0)
        return _valid_only(self._value(hit, true, chosen), self.rows, self.counted)

    def _value(self, hit: Any, true: Any, chosen: Any) -> Any:
        right, chance = ops.sum(hit), ops.sum(true * chosen)
        if self.function == "accuracy_score":
            return right
        if self.function == "cohen_kappa_score":
            return (right - chance) / (1.0 - chance)
        if self.function == "matthews_corrcoef":
            spread = (1.0 - ops.sum(true * true)) * (1.0 - ops.sum(chosen * chosen))
            return _quotient(right - chance, ops.sqrt(spread))
        if self.function == "balanced_accuracy_score":
            return ops.sum(_quotient(hit, true)) / ops.sum(ops.cast(true > 0, "float32"))
        return self._averaged(hit, true, chosen)

    def _averaged(self, hit: Any, true: Any, chosen: Any) -> Any:
        beta = float(self.params.get("beta", 1.0)) ** 2

        def each(hit: Any, true: Any, chosen: Any) -> Any:
            if self.function == "precision_score":
                return _quotient(hit, chosen)
            if self.function == "recall_score":
                return _quotient(hit, true)
            if self.function == "jaccard_score":
                return _quotient(hit, true + chosen - hit)
            return _quotient((1.0 + beta) * hit, beta * true + chosen)

        average = self.params["average"]
        if average == "micro":
            return each(ops.sum(hit), ops.sum(true), ops.sum(chosen))
        values = each(hit, true, chosen)
        if average == "binary":
            return values[1]
        if average == "weighted":
            return ops.sum(values * true)
        # The mean is over the labels that occur, as scikit-learn takes it.
        return ops.sum(values) / ops.sum(ops.cast(true + chosen > 0, "float32"))

    def exact(self) -> float:
        """Return what trueval's function returns for all rows so far.

        Raises
        ------
        ValueError
            If rows were not counted, since they had NaN or a label that is no class; if there are none.
        """
        odd = int(_array(self.rows)) - int(_array(self.counted))
        if odd:
            raise ValueError(f"{odd} rows have NaN, or a label that is not from 0 to {self.num_classes - 1}.")
        counts = _array(self.cells).astype(np.float64)
        if not counts.any():
            raise ValueError(f"{self.name} has seen no rows: there is nothing to compute from.")
        (cells,) = counts.nonzero()
        true, chosen = np.divmod(cells, self.num_classes)
        return float(functions()[self.function](true, chosen, sample_weight=counts[cells], **self.params))

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {
            **super().get_config(),
            "metric": self.metric,
            "num_classes": self.num_classes,
            "threshold": self.threshold,
            "ignore_class": self.ignore_class,
            "weighted": self.weighted,
            **self.given,
        }


@keras.saving.register_keras_serializable(package=_PACKAGE)
class BinnedArea(keras.metrics.Metric):
    """The area under the ROC curve of two classes, from scores in bins, with the largest error that it may have.

    Parameters
    ----------
    bins : int, default=4096
        Bins of equal width between 0 and 1: 8 bytes each.
    from_logits : bool, default=False
        Whether predictions are logits: their sigmoid is binned, of two columns that of the difference.
    name, dtype
        As in Keras.

    Notes
    -----
    Pairs of rows of either class in one bin count as ties. They may be anything, so that the area is known up to
    Σ p n / (2 P N) over the bins: `certified` returns both. `trueval.streaming.state` and `ExactMetrics` are exact.
    """

    def __init__(
        self, bins: int = 4096, *, from_logits: bool = False, name: str = "binned_area", dtype: Any = None
    ) -> None:
        if bins < 2:
            raise ValueError(f"bins must be 2 or more, got {bins!r}.")
        super().__init__(name=name, dtype=dtype)
        self.bins, self.from_logits = bins, from_logits
        self.counts = self.add_weight(shape=(2 * bins,), initializer="zeros", dtype="int32", name="counts")
        self.rows = self.add_weight(shape=(), initializer="zeros", dtype="int32", name="rows")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the rows of a batch."""
        if sample_weight is not None:
            raise ValueError(f"{self.name} takes no weights.")
        y_pred = ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) > 1 and y_pred.shape[-1] > 2:
            raise ValueError(f"y_pred must have one column or two, got shape {tuple(y_pred.shape)}.")
        score = ops.cast(y_pred, "float32")
        if len(y_pred.shape) > 1 and y_pred.shape[-1] == 2:
            score = score[..., 1] - score[..., 0] if self.from_logits else score[..., 1]
        score = ops.reshape(ops.sigmoid(score) if self.from_logits else score, (-1,))
        true = ops.reshape(ops.cast(ops.convert_to_tensor(y_true), "int32"), (-1,))
        valid = ops.logical_and(score >= 0, score <= 1)  # not NaN, either
        valid = ops.logical_and(valid, ops.logical_and(true >= 0, true <= 1))
        score = ops.where(valid, score, ops.zeros_like(score))
        place = ops.minimum(ops.cast(ops.floor(score * self.bins), "int32"), self.bins - 1)
        place = ops.where(valid, true * self.bins + place, ops.zeros_like(place))
        added = ops.segment_sum(ops.cast(valid, "int32"), place, num_segments=2 * self.bins)
        self.counts.assign(self.counts + ops.cast(added, "int32"))
        self.rows.assign(self.rows + ops.sum(ops.ones_like(true)))

    def result(self) -> Any:
        """Compute the value in float32."""
        counts = ops.cast(ops.reshape(self.counts, (2, self.bins)), "float32")
        totals = ops.sum(counts, axis=1, keepdims=True)
        shares = _quotient(counts, totals)
        below = ops.cumsum(shares[0]) - 0.5 * shares[0]
        area = ops.where(ops.all(totals > 0), ops.sum(shares[1] * below), float("nan"))
        return _valid_only(area, self.rows, ops.sum(self.counts))

    def certified(self) -> Bounded:
        """Return the area of all rows so far and how far off it may be.

        Returns
        -------
        bounded : trueval.streaming.Bounded
            ``value`` and ``half_width``: the exact area of the scores in float32 lies between their difference and sum.

        Raises
        ------
        ValueError
            If there are not rows of both classes; if rows had scores outside of [0, 1] or other labels than 0 and 1.
        """
        negatives, positives = _array(self.counts).reshape(2, self.bins).astype(object)
        odd = int(_array(self.rows)) - int(negatives.sum() + positives.sum())
        if odd:
            raise ValueError(f"{odd} rows have a score outside of [0, 1], or a label that is neither 0 nor 1.")
        pairs = int(negatives.sum()) * int(positives.sum())
        if not pairs:
            raise ValueError("There must be rows of both classes.")
        # Whole numbers, as large as they get.
        twice = int((positives * (2 * negatives.cumsum() - negatives)).sum())
        return Bounded(twice / (2 * pairs), int((positives * negatives).sum()) / (2 * pairs))

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {**super().get_config(), "bins": self.bins, "from_logits": self.from_logits}


@keras.saving.register_keras_serializable(package=_PACKAGE)
class LossMetric(keras.metrics.Metric):
    """A mean loss over all rows, whatever the sizes of batches.

    Parameters
    ----------
    metric : {'mse', 'mae', 'log_loss'}
        By one of its names: the mean squared or absolute error, or the log loss of labels and probabilities.
    name, dtype
        As in Keras.

    Notes
    -----
    Losses are float32 and added within a batch by the backend; the sums of batches are added in two float32, whose
    errors are kept (Knuth's TwoSum), so that many batches lose nothing.
    """

    _KNOWN = ("mean_squared_error", "mean_absolute_error", "log_loss")

    def __init__(self, metric: str = "mse", *, name: str | None = None, dtype: Any = None) -> None:
        self.function, _ = resolve(metric)
        if self.function not in self._KNOWN:
            raise ValueError(f"metric must be one of {', '.join(self._KNOWN)}, got {metric!r}.")
        super().__init__(name=name or metric, dtype=dtype)
        self.metric = metric
        self.high = self.add_weight(shape=(), initializer="zeros", dtype="float32", name="high")
        self.low = self.add_weight(shape=(), initializer="zeros", dtype="float32", name="low")
        self.rows = self.add_weight(shape=(), initializer="zeros", dtype="int32", name="rows")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the losses of a batch."""
        if sample_weight is not None:
            raise ValueError(f"{self.name} takes no weights.")
        losses = self._losses(ops.convert_to_tensor(y_true), ops.cast(y_pred, "float32"))
        more = ops.sum(losses)
        total = self.high + more
        part = total - self.high
        self.low.assign(self.low + ((self.high - (total - part)) + (more - part)))
        self.high.assign(total)
        self.rows.assign(self.rows + ops.sum(ops.ones_like(losses, dtype="int32")))

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        if self.function != "log_loss":
            apart = ops.reshape(y_pred, (-1,)) - ops.reshape(ops.cast(y_true, "float32"), (-1,))
            return apart * apart if self.function == "mean_squared_error" else ops.abs(apart)
        if len(y_pred.shape) < 2 or y_pred.shape[-1] == 1:
            p, true = ops.reshape(y_pred, (-1,)), ops.reshape(ops.cast(y_true, "float32"), (-1,))
            right = ops.where(true > 0.5, p, 1.0 - p)
        else:
            # In TensorFlow's graphs the number of rows is not known.
            classes = y_pred.shape[-1]
            if tuple(y_true.shape) != tuple(y_pred.shape):
                y_true = ops.one_hot(ops.reshape(ops.cast(y_true, "int32"), (-1,)), classes)
            true, p = ops.reshape(ops.cast(y_true, "float32"), (-1, classes)), ops.reshape(y_pred, (-1, classes))
            right = ops.sum(true * p, axis=-1)
        return -ops.log(ops.maximum(right, float(np.finfo(np.float32).eps)))

    def result(self) -> Any:
        """Compute the value in float32."""
        return (self.high + self.low) / ops.cast(self.rows, "float32")

    def exact(self) -> float:
        """Return the mean of the losses so far, in float64 from their sum."""
        return (float(_array(self.high)) + float(_array(self.low))) / int(_array(self.rows))

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {**super().get_config(), "metric": self.metric}


class ExactMetrics(keras.callbacks.Callback):
    """Predict on validation data at the end of each epoch, and log exact metrics.

    Parameters
    ----------
    data : (x, y), or iterable of batches (x, y)
        Labels are whole numbers, not one-hot.
    task, metrics, predictions, threshold, ignore_index
        As in `trueval.integrations.transformers.compute_metrics`; predictions are probabilities by default, and for
        regression what the model returns.
    prefix : str, default='val_'
        What the keys in the logs begin with.
    batch_size : int, default=256
        Of the predictions from arrays.

    Attributes
    ----------
    last : Evaluation or None
        The last evaluation.

    Notes
    -----
    The values are those of trueval's functions for all rows. Callbacks that look at them, such as ``EarlyStopping``
    and ``ModelCheckpoint``, come after this one in the list; the history has them too.
    """

    def __init__(
        self,
        data: Any,
        task: str,
        metrics: Any = None,
        *,
        predictions: str = "probabilities",
        threshold: float = 0.5,
        ignore_index: int | None = None,
        prefix: str = "val_",
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        form = "logits" if task == "regression" else predictions
        self._compute = compute_metrics(task, metrics, predictions=form, threshold=threshold, ignore_index=ignore_index)
        self.data, self.prefix, self.batch_size = data, prefix, batch_size

    @property
    def last(self) -> Any:
        """The last evaluation."""
        return self._compute.last

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate, and write into the logs."""
        found = self.evaluate()
        if logs is not None:
            logs.update({f"{self.prefix}{name}": value for name, value in found.items()})

    def evaluate(self) -> dict[str, float]:
        """Return the metrics of the model as it is."""
        self._compute.reset()
        for x, y in self._batches():
            predicted = self.model.predict_on_batch(x)
            self._compute.update(np.asarray(ops.convert_to_numpy(predicted)), np.asarray(ops.convert_to_numpy(y)))
        found = self._compute.compute()
        self._compute.reset()
        return found

    def _batches(self) -> Iterable[tuple[Any, Any]]:
        if isinstance(self.data, tuple) and len(self.data) == 2:
            x, y = self.data
            for start in range(0, len(y), self.batch_size):
                part = slice(start, start + self.batch_size)
                yield x[part], y[part]
        elif isinstance(self.data, keras.utils.PyDataset):
            for i in range(len(self.data)):
                yield self.data[i][:2]
        else:
            for batch in self.data:
                yield batch[0], batch[1]
