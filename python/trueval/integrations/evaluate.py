"""Metrics by ``load(name).compute(predictions=..., references=...)``, as in Hugging Face's evaluate: without a network.

>>> from trueval.integrations import evaluate
>>> evaluate.load("f1").compute(predictions=[0, 1, 1], references=[0, 1, 0])
{'f1': 0.6666666666666666}

In a program that says ``import evaluate``, say ``from trueval.integrations import evaluate``. Nothing is downloaded and
no code from elsewhere is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trueval.tensors import as_array

from ._names import functions, parameters_of, resolve

__all__ = ["CombinedMetrics", "Metric", "combine", "load"]


class Metric:
    """A metric of predictions and references, which may come in batches.

    Attributes
    ----------
    name : str
        As it was loaded: the key of the result.
    """

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        self._function, implied = resolve(name)
        self.name = name if isinstance(name, str) else self._function
        self._params = {**implied, **params}
        self._check(self._params)
        self._reset()

    def _reset(self) -> None:
        self._batches: list[tuple[Any, Any]] = []

    def _check(self, params: Mapping[str, Any]) -> None:
        known = parameters_of(self._function)
        odd = [name for name in params if name not in known]
        if odd:
            raise TypeError(f"{self.name} has no parameter {odd[0]!r}: it has {', '.join(known)}.")

    def add_batch(self, *, predictions: Any = None, references: Any = None, prediction_scores: Any = None) -> None:
        """Keep some rows for `compute`.

        Parameters
        ----------
        predictions, references : array-like
            What a model predicted, and the truth: labels, scores, probabilities or numbers, as the function of the
            metric takes them. Tensors on the CPU pass.
        prediction_scores : array-like
            Another name of `predictions`, for scores.
        """
        predictions = _one_of(predictions, prediction_scores)
        if predictions is None or references is None:
            raise TypeError("add_batch takes both predictions and references.")
        kept = _array(predictions), _array(references)
        if kept[0].ndim == 0 or kept[1].ndim == 0 or len(kept[0]) != len(kept[1]):
            raise ValueError(
                f"predictions and references must have as many rows, got shapes {kept[0].shape} and {kept[1].shape}."
            )
        self._batches.append(kept)

    def add(self, *, prediction: Any = None, reference: Any = None, prediction_score: Any = None) -> None:
        """Keep one row for `compute`."""
        prediction = _one_of(prediction, prediction_score)
        self.add_batch(predictions=np.asarray([prediction]), references=np.asarray([reference]))

    def compute(
        self, *, predictions: Any = None, references: Any = None, prediction_scores: Any = None, **params: Any
    ) -> dict[str, Any]:
        """Compute the metric of these rows, or of those that were added.

        Parameters
        ----------
        predictions, references, prediction_scores : array-like, optional
            As of `add_batch`. With rows that were added before, these are the last of them.
        **params
            Parameters of the metric's function, such as ``average="macro"``.

        Returns
        -------
        result : dict
            One item: the value under the name of the metric. The rows are then forgotten.

        Raises
        ------
        ValueError, TypeError
            As the function of the metric does.
        """
        self._check(params)
        predictions = _one_of(predictions, prediction_scores)
        if self._batches:
            if predictions is not None or references is not None:
                self.add_batch(predictions=predictions, references=references)
            given, truth = (np.concatenate(parts) for parts in zip(*self._batches, strict=True))
        elif predictions is None or references is None:
            raise ValueError("There are no rows: pass predictions and references, or add_batch before.")
        else:
            given, truth = predictions, references
        value = functions()[self._function](truth, given, **{**self._params, **params})
        self._reset()
        return {self.name: float(value) if isinstance(value, (float, np.floating)) else value}

    def __repr__(self) -> str:
        return f"<metric {self.name}: {sum(len(one) for one, _ in self._batches)} rows>"


class CombinedMetrics:
    """Several metrics of the same rows."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = list(metrics)

    def add_batch(self, **rows: Any) -> None:
        """Keep some rows for `compute`, see `Metric.add_batch`."""
        for metric in self._metrics:
            metric.add_batch(**rows)

    def add(self, **row: Any) -> None:
        """Keep one row for `compute`, see `Metric.add`."""
        for metric in self._metrics:
            metric.add(**row)

    def compute(self, **rows: Any) -> dict[str, Any]:
        """Compute all metrics, see `Metric.compute`: their results in one dict."""
        return {name: value for metric in self._metrics for name, value in metric.compute(**rows).items()}


def load(name: str, **params: Any) -> Metric:
    """Load a metric by its name.

    Parameters
    ----------
    name : str
        ``'accuracy'``, ``'f1'``, ``'roc_auc'``, ``'mse'``, ``'matthews_correlation'`` and so on: the name of a function
        of trueval, with or without its ending (``_score``, ``_loss``, ``_error``), with an average after it
        (``'f1_macro'``), or an abbreviation.
    **params
        Parameters of the function, to be given here instead of in `Metric.compute`.

    Returns
    -------
    metric : Metric

    Raises
    ------
    ValueError
        For a name of no metric; the message has the nearest ones.

    See Also
    --------
    trueval.streaming.state : metrics of batches without keeping the rows.

    Examples
    --------
    >>> from trueval.integrations.evaluate import load
    >>> metric = load("f1", average="macro")
    >>> for predictions, references in [([0, 1], [0, 1]), ([1, 2], [0, 2])]:
    ...     metric.add_batch(predictions=predictions, references=references)
    >>> metric.compute()
    {'f1': 0.7777777777777777}
    """
    return Metric(name, params)


def combine(metrics: Sequence[str | Metric]) -> CombinedMetrics:
    """Combine metrics, given by name or loaded, so that each row is passed once."""
    return CombinedMetrics([one if isinstance(one, Metric) else load(one) for one in metrics])


def _one_of(predictions: Any, scores: Any) -> Any:
    if predictions is not None and scores is not None:
        raise TypeError("predictions and prediction_scores are the same: pass one of them.")
    return scores if predictions is None else predictions


def _array(x: Any) -> Any:
    """Copy, since what is passed may be changed before it is looked at."""
    return np.array(as_array(x))
