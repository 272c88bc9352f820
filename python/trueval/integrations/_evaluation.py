"""What a Trainer calls at each evaluation: metrics of all predictions, or of batches of them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trueval import streaming
from trueval.tasks import metrics_for
from trueval.tensors import as_array

from ._names import feed_of, parameters_of, resolve, short
from ._outputs import FORMS, Rows, rows_of

_CLASSES = ("binary", "multiclass", "token-classification")
# Which functions take what a task has.
_FEEDS = {
    "binary": {"labels", "scores", "probabilities", "decisions"},
    "multiclass": {"labels", "scores", "probabilities", "decisions"},
    "multilabel": {"labels", "scores"},
    "token-classification": {"labels", "scores", "probabilities", "decisions"},
    "regression": {"numbers"},
}
# Elements of predictions that are worked on at a time: what is made of them in float64 takes 32 MB.
_BLOCK = 1 << 22
_MEMORY = 1 << 28


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation came to.

    Attributes
    ----------
    metrics : dict of str to float
        As the Trainer got them.
    n : int
        Rows that were counted; tokens, where each has a label.
    losses : ndarray of shape (n_examples,) or None
        Loss of each example, where `ComputeMetrics.keep_losses` is set: cross-entropy (mean over labels, and over the
        tokens of a sequence), squared error, or 0 and 1 where predictions are labels.
    fingerprint : tuple of int
        Of the labels in their order: two evaluations of the same examples in the same order have the same.
    """

    metrics: dict[str, float]
    n: int
    losses: NDArray[np.float64] | None
    fingerprint: tuple[int, ...]


class ComputeMetrics:
    """What `compute_metrics` returns.

    Attributes
    ----------
    task, predictions : str
    names : tuple of str
        Keys of the metrics; of a metric with a value for each class, its key is followed by ``_0``, ``_1`` and so on.
    keep_losses : bool
        Whether `last` is to have the losses of the examples: 8 bytes each. False unless an `OverfittingCallback` sets
        it.
    last : Evaluation or None
        The last evaluation that was completed.
    """

    def __init__(  # noqa: PLR0917
        self,
        task: str,
        metrics: Any,
        predictions: str,
        ignore_index: int | None,
        output: int,
        threshold: float,
        memory_limit: int | None,
    ) -> None:
        self.task, self.predictions, self.output = task, predictions, output
        self.ignore_index, self.threshold, self.memory_limit = ignore_index, threshold, memory_limit
        self.keep_losses = False
        self.last: Evaluation | None = None
        self._plans = plans_of(task, metrics, predictions)
        self.names = tuple(self._plans)
        self._made(2 if task == "binary" else 3)  # refuses what is no parameter
        self.reset()

    def __call__(self, eval_prediction: Any, compute_result: bool | None = None) -> dict[str, float]:
        """Compute the metrics of all predictions, or add a batch.

        Parameters
        ----------
        eval_prediction : transformers.EvalPrediction or (predictions, labels)
        compute_result : bool, optional
            Given where ``batch_eval_metrics=True``: whether this is the last batch.

        Returns
        -------
        metrics : dict of str to float
            Empty but for the last batch. The next call starts anew then, and after an error.
        """
        if compute_result is None:
            self.reset()
        try:
            if hasattr(eval_prediction, "predictions"):
                predictions, labels = eval_prediction.predictions, eval_prediction.label_ids
            else:
                predictions, labels = eval_prediction
            self.update(predictions, labels)
            if compute_result is not None and not compute_result:
                return {}
            found = self.compute()
        except BaseException:
            self.reset()
            raise
        self.reset()
        return found

    def reset(self) -> None:
        """Forget the batches so far: of use after an evaluation that was interrupted between two of them."""
        self._states: dict[str, Any] | None = None
        self._classes: int | None = None
        self._losses: list[NDArray[np.float64]] = []
        self._fingerprint = (0, 0)
        self._n = 0

    @property
    def nbytes(self) -> int:
        """Bytes of memory held between two batches, about."""
        held = sum(one.nbytes for one in self._losses)
        return held + sum(state.nbytes for state in (self._states or {}).values())

    def update(self, predictions: Any, labels: Any) -> None:
        """Add a batch of predictions and their labels: arrays or tensors, or lists of batches of them."""
        if isinstance(predictions, list) and isinstance(labels, list) and predictions and hasattr(labels[0], "shape"):
            for one, truth in zip(predictions, labels, strict=True):  # eval_do_concat_batches=False
                self.update(one, truth)
            return
        if labels is None:
            raise ValueError("label_ids must hold the labels of the predictions, got None.")
        if isinstance(labels, (tuple, dict)):
            raise TypeError(
                f"label_ids must be one array, got a {type(labels).__name__} of {len(labels)}: set label_names in "
                "TrainingArguments to the one that the predictions are about."
            )
        for rows in self._blocks(self._chosen(predictions), labels):
            self._add(rows)

    def compute(self) -> dict[str, float]:
        """Return the metrics of all batches since the last `reset`, and keep them in `last`."""
        if self._states is None or not self._n:
            raise ValueError(
                "There are no rows to compute metrics from: the evaluation set is empty, or all its labels are "
                f"{self.ignore_index}."
            )
        found: dict[str, float] = {}
        for key, state in self._states.items():
            found.update(_flat(key, state.compute()))
        if self.task == "causal-lm":
            found = {name: found[name] for name in self.names if name != "perplexity"}
            if "perplexity" in self.names:
                loss = self._states["cross_entropy"].compute()
                # An overflow is what an untrained model with confident errors may come to.
                found["perplexity"] = math.exp(loss) if loss < 709.0 else math.inf
        losses = np.concatenate(self._losses) if self._losses else None
        self.last = Evaluation(dict(found), self._n, losses, self._fingerprint)
        return found

    def _chosen(self, predictions: Any) -> Any:
        """Pick the output that is judged, or, of losses of tokens, both."""
        if isinstance(predictions, Mapping):
            predictions = tuple(predictions.values())
        if self.predictions == "losses":
            if not isinstance(predictions, tuple) or len(predictions) != 2:
                raise ValueError("predictions must be what keep_token_losses makes where predictions='losses'.")
            return predictions
        if isinstance(predictions, (tuple, list)):
            if not -len(predictions) <= self.output < len(predictions):
                raise ValueError(f"output={self.output} must be one of the {len(predictions)} outputs of the model.")
            return predictions[self.output]
        return predictions

    def _blocks(self, predictions: Any, labels: Any) -> Iterator[Rows]:
        several = isinstance(predictions, tuple)
        shape = tuple((predictions[0] if several else predictions).shape)
        if not shape or shape[0] != labels.shape[0]:
            raise ValueError(
                f"predictions and label_ids must have a row for each example, got shapes {shape} and "
                f"{tuple(labels.shape)}."
            )
        step = max(1, _BLOCK // max(1, math.prod(shape[1:])))
        for start in range(0, shape[0], step):
            part = slice(start, start + step)
            given = tuple(as_array(one[part]) for one in predictions) if several else predictions[part]
            yield rows_of(
                self.task, self.predictions, given, as_array(labels[part]), self.ignore_index, self.threshold, _BLOCK
            )

    def _add(self, rows: Rows) -> None:
        if self._classes not in (None, rows.classes):
            raise ValueError(
                f"All batches must have the same classes: this one has {rows.classes}, not {self._classes}."
            )
        if self._states is None:
            self._classes, self._states = rows.classes, self._made(rows.classes)
        if rows.true.size:
            for key, state in self._states.items():
                state.update(rows.truth(self._plans[key].feed), rows.feed(self._plans[key].feed))
        if self.keep_losses:
            self._losses.append(rows.losses())
        # Labels of one dtype, in their order, whatever the batches.
        kind = np.float64 if rows.true.dtype.kind == "f" else np.int64
        labels, lengths = self._fingerprint
        labels = zlib.crc32(rows.true.astype(kind).tobytes(), labels)
        self._fingerprint = labels, zlib.crc32(rows.lengths.astype(np.int64).tobytes(), lengths)
        self._n += len(rows.true)

    def _made(self, classes: int | None) -> dict[str, Any]:
        return {key: plan.state(classes, self.memory_limit) for key, plan in self._plans.items() if plan.function}

    def __repr__(self) -> str:
        return f"<metrics of {self.task}: {', '.join(self.names)}>"


class Plan:
    """A metric to be computed: its function, its parameters, and what it is fed with."""

    def __init__(self, task: str, function: str, params: dict[str, Any]) -> None:
        self.task, self.function = task, function
        self.feed = feed_of(function) if function else ""
        self.params = dict(params)
        several = function and self.feed == "labels" and task not in ("binary", "regression")
        if several and "average" in parameters_of(function):
            self.params.setdefault("average", "macro")

    def parameters(self, classes: int | None) -> dict[str, Any]:
        """Parameters of the function, for so many classes."""
        params, accepted = dict(self.params), parameters_of(self.function)
        if self.task in _CLASSES and classes is not None and "labels" in accepted:
            every = list(range(classes))
            per_class = self.feed == "labels" and params.get("average", "") is None
            if per_class or self.feed in ("probabilities", "decisions") or (self.feed == "scores" and classes > 2):
                params.setdefault("labels", every)
        if "multi_class" in accepted:
            if classes == 2 or self.task == "multilabel":
                params.pop("multi_class", None)
            elif classes is not None:
                params.setdefault("multi_class", "ovr")
        return params

    def state(self, classes: int | None, memory_limit: int | None) -> Any:
        """State that has seen no rows."""
        return streaming.state(self.function, memory_limit=memory_limit, **self.parameters(classes))


def plans_of(task: str, metrics: Any, predictions: str) -> dict[str, Plan]:
    if task == "causal-lm":
        return _token_plans(metrics)
    chosen: Mapping[str, Any]
    if metrics is None:
        chosen = _suited(task, predictions)
    elif isinstance(metrics, Mapping):
        chosen = dict(metrics)
    else:
        chosen = {_key(one): one for one in ([metrics] if isinstance(metrics, str) or callable(metrics) else metrics)}
    plans = {}
    for key, given in chosen.items():
        name, params = given if isinstance(given, tuple) else (given, {})
        function, implied = resolve(name)
        plan = Plan(task, function, {**implied, **params})
        available = _FEEDS[task] if predictions != "labels" else {"labels"}
        if plan.feed not in available:
            missing = f"takes {plan.feed}, which {task} with predictions={predictions!r} has not"
            raise ValueError(f"metrics names {key!r}, but {function} {missing}: it has {', '.join(sorted(available))}.")
        plans[key] = plan
    if not plans:
        raise ValueError("metrics must name at least one metric, got none.")
    return plans


def _suited(task: str, predictions: str) -> dict[str, Any]:
    """Metrics of `metrics_for` that are worth a log: all of them would be a dozen numbers at each evaluation.

    What decides is first. Labels are not known before the end of an evaluation, so that what else may decide is there,
    too.
    """
    form = "values" if task == "regression" else "logits" if predictions == "losses" else predictions
    advised = metrics_for(task, predictions=form)
    return {short(metric.name): (metric.function, metric.params) for metric in advised if metric.logged}


def _key(metric: Any) -> str:
    if isinstance(metric, tuple):
        raise TypeError(f"A metric with parameters must have a key: metrics={{'key': {metric!r}}}.")
    return metric if isinstance(metric, str) else resolve(metric)[0]


def _token_plans(metrics: Any) -> dict[str, Plan]:
    known = tuple(_suited("causal-lm", "logits"))
    names = known if metrics is None else (metrics,) if isinstance(metrics, str) else tuple(metrics)
    odd = [name for name in names if name not in known]
    if odd or not names:
        raise ValueError(f"metrics of causal-lm must be among {', '.join(known)}, got {names!r}.")
    plans = {}
    if "cross_entropy" in names or "perplexity" in names:
        # Losses of tokens are not negative, so that their mean is that of their distances from 0.
        plans["cross_entropy"] = Plan("causal-lm", "mean_absolute_error", {})
    if "accuracy" in names:
        plans["accuracy"] = Plan("causal-lm", "accuracy_score", {})
    if "perplexity" in names:
        plans["perplexity"] = Plan("causal-lm", "", {})
    return {name: plans[name] for name in ("cross_entropy", "accuracy", "perplexity") if name in plans}


def _flat(key: str, value: Any) -> dict[str, float]:
    """Numbers under string keys."""
    if np.ndim(value) == 0 and isinstance(value, (float, int, np.number)):
        return {key: float(value)}
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return {f"{key}_{i}": float(one) for i, one in enumerate(value)}
    raise TypeError(f"{key} has no value that a Trainer can log, it returns a {type(value).__name__}: leave it out.")


def compute_metrics(
    task: str,
    metrics: str | Sequence[str] | Mapping[str, Any] | None = None,
    *,
    predictions: str = "logits",
    ignore_index: int | None = -100,
    output: int = 0,
    threshold: float = 0.5,
    memory_limit: int | None = _MEMORY,
) -> ComputeMetrics:
    """Make the `compute_metrics` of a Trainer.

    Parameters
    ----------
    task : {'binary', 'multiclass', 'multilabel', 'token-classification', 'regression', 'causal-lm'}
        What the model predicts.
    metrics : str, list of str, or dict, optional
        Names of metrics, such as ``['accuracy', 'f1_macro', 'log_loss']``: names of trueval's functions, with or
        without their ending, and with an average after them; or a dict of keys and names, or of keys and pairs of a
        name and parameters: ``{'f2': ('fbeta', {'beta': 2})}``. Averages are macro where classes are several and none
        is named. By default those that `trueval.tasks.metrics_for` names for the task and are marked as `logged`
        there, the deciding one first: six at most. Of causal-lm, some of ``'cross_entropy'``, ``'perplexity'`` and
        ``'accuracy'``.
    predictions : {'logits', 'probabilities', 'labels', 'losses'}, default='logits'
        What the predictions are: what the model returns, or what `preprocess_logits_for_metrics` made of it.
        ``'losses'`` are those of `keep_token_losses`. From labels there are metrics of labels only.
    ignore_index : int or None, default=-100
        Label of what does not count: padding, special tokens. Of multilabel and regression all rows count.
    output : int, default=0
        Which output of the model to judge, where it returns several.
    threshold : float, default=0.5
        Probability above which a label is predicted, in binary and multilabel tasks.
    memory_limit : int or None, default=2**28
        Bytes that each metric may hold between batches, see `trueval.streaming.state`. Areas and average precision are
        exact and keep all scores, 8 bytes each: what is more goes to a temporary file. All other metrics take a few
        hundred bytes a class.

    Returns
    -------
    compute : ComputeMetrics
        Called by the Trainer, with ``batch_eval_metrics=True`` too: it then holds what is left of the batches so far,
        and starts anew after the last one of each evaluation set.

    Raises
    ------
    ValueError
        Here for what is no task, metric or parameter, or a metric that does not suit the task. At evaluation for
        predictions with NaN, labels that are no classes, shapes that do not go together.

    Notes
    -----
    Logits become probabilities in float64. A binary task has one logit or two a row; areas and average precision then
    rank by the logit, or the difference of the two, which tells rows apart whose probabilities round to 1.

    Padding is recognised by the labels, never by the logits. The logits of a causal language model are those of the
    next token: they are shifted here against the labels. Its predictions are large: keep_token_losses, or
    ``batch_eval_metrics=True``, keep memory in bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from trueval.integrations.transformers import compute_metrics
    >>> compute = compute_metrics("multiclass", ["accuracy", "f1_macro"])
    >>> logits = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.5]])
    >>> compute((logits, np.array([0, 1, 2])))
    {'accuracy': 0.6666666666666666, 'f1_macro': 0.5555555555555555}
    """
    if task not in FORMS:
        raise ValueError(f"task must be one of {', '.join(map(repr, FORMS))}, got {task!r}.")
    forms = FORMS[task]
    if predictions not in forms:
        raise ValueError(f"predictions must be one of {', '.join(map(repr, forms))} for {task}, got {predictions!r}.")
    if not 0.0 < threshold < 1.0:
        raise ValueError(f"threshold must lie between 0 and 1, got {threshold!r}.")
    return ComputeMetrics(task, metrics, predictions, ignore_index, output, threshold, memory_limit)
