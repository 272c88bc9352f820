"""Whether a model in training has begun to get worse on rows that it does not learn from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trueval.inference import Comparison, compare

from ._evaluation import ComputeMetrics, Evaluation


class OverfittingWarning(UserWarning):
    """The model gets worse on the rows that it is evaluated on, or does better on those that it learns from."""


@dataclass(frozen=True)
class Checkpoint:
    """An evaluation set at one step of the training: the losses of its examples."""

    step: int
    epoch: float | None
    losses: NDArray[np.float64]
    fingerprint: tuple[int, ...]

    @property
    def loss(self) -> float:
        """Mean over the examples."""
        return float(np.nanmean(self.losses))

    @property
    def standard_error(self) -> float:
        """Of the mean."""
        n = np.count_nonzero(~np.isnan(self.losses))
        return float(np.nanstd(self.losses, ddof=1) / math.sqrt(n)) if n > 1 else math.nan


def excess(worse: Checkpoint, better: Checkpoint, confidence_level: float) -> Comparison | None:
    """Compare the losses of two checkpoints: by how much one is greater, and whether beyond chance.

    Rows are paired where both have the same labels in the same order: the difference is then known far better.
    """
    a, b = better.losses, worse.losses
    if better.fingerprint == worse.fingerprint and a.shape == b.shape:
        known = ~(np.isnan(a) | np.isnan(b))
        if np.count_nonzero(known) < 2:
            return None
        found: Comparison = compare("mean", None, a[known], b[known], confidence_level=confidence_level)
    else:
        a, b = a[~np.isnan(a)], b[~np.isnan(b)]
        if min(a.size, b.size) < 2:
            return None
        # Losses are not negative, so that their mean is that of their distances from 0.
        zeros = np.zeros(a.size), np.zeros(b.size)
        found = compare("mean_absolute_error", zeros, a, b, paired=False, confidence_level=confidence_level)
    return found


class Watch:
    """Evaluations of a training run, and what they say of overfitting.

    Attributes
    ----------
    history : list of dict
        For each evaluation: ``step``, ``epoch``, ``set`` (name of the evaluation set), ``metrics``, ``loss`` and its
        ``standard_error``; of other sets than the training set, ``rise`` (loss over that of the best checkpoint so far)
        and ``gap`` (over that of the training set), each a dict of ``difference``, ``low``, ``high`` and ``pvalue`` or
        None. For each log of the training, ``step``, ``epoch``, the set ``'log'`` and ``metrics``.
    findings : list of str
        What was warned of.
    best : dict of str to int
        Step of the least loss, by evaluation set.
    """

    def __init__(self, metrics: ComputeMetrics, *, train: str, confidence_level: float, margin: float) -> None:
        if not isinstance(metrics, ComputeMetrics):
            raise TypeError(f"metrics must be what compute_metrics returns, got {type(metrics).__name__}.")
        if not 0.0 < confidence_level < 1.0:
            raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}.")
        if not 0.0 <= margin < math.inf:
            raise ValueError(f"margin must be finite and not negative, got {margin!r}.")
        self.source, self.train, self.level, self.margin = metrics, train, confidence_level, margin
        metrics.keep_losses = True
        self._last: Evaluation | None = None
        self.begin()

    def begin(self) -> None:
        """Forget what was seen."""
        self.history: list[dict[str, Any]] = []
        self.findings: list[str] = []
        self._best: dict[str, Checkpoint] = {}
        self._latest: dict[str, Checkpoint] = {}
        self._looks: dict[str, int] = {}
        self._gaps: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        self._train_at: dict[int, Checkpoint] = {}

    @property
    def best(self) -> dict[str, int]:
        """Step of the least loss, by evaluation set."""
        return {name: checkpoint.step for name, checkpoint in self._best.items()}

    def log(self, step: int, epoch: float | None, logs: Mapping[str, Any]) -> None:
        """Take note of what the training logs."""
        self.history.append({"step": step, "epoch": epoch, "set": "log", "metrics": dict(logs)})

    def evaluated(self, name: str, step: int, epoch: float | None, metrics: Mapping[str, Any]) -> bool:
        """Judge an evaluation that has just ended; tell whether it is found worse than an earlier one."""
        last = self.source.last
        if last is None or last is self._last or last.losses is None:
            raise ValueError("metrics must be the compute_metrics of the Trainer that the callback is given to.")
        self._last = last
        now = Checkpoint(step, epoch, last.losses, last.fingerprint)
        record: dict[str, Any] = {
            "step": step,
            "epoch": epoch,
            "set": name,
            "metrics": dict(metrics),
            "loss": now.loss,
            "standard_error": now.standard_error,
        }
        self.history.append(record)
        worse = False
        if name == self.train:
            self._train_at[step] = now
        else:
            worse = self._rise(name, now, record)
        self._latest[name] = now
        self._judge_gaps(step)
        return worse

    def _rise(self, name: str, now: Checkpoint, record: dict[str, Any]) -> bool:
        """Compare with the best checkpoint so far."""
        record["rise"] = record["gap"] = None
        best = self._best.get(name)
        looks = self._looks[name] = self._looks.get(name, 0) + 1
        if best is None or now.loss < best.loss:
            self._best[name] = now
        if best is None:
            return False
        found = excess(now, best, self.level)
        record["rise"] = _plain(found)
        # Look k takes 1 / (k (k - 1)) of the level, of which each of the k - 1 that the best was chosen from takes a
        # part: all looks together then warn of nothing with no more than the probability of the level (Bonferroni).
        if not self._beyond(found, looks * (looks - 1) ** 2):
            return False
        self._tell("rise", name, self._rise_text(name, now, best, found))
        return True

    def _beyond(self, found: Comparison | None, looks: int) -> bool:
        """Whether a difference is greater than the margin, at the level of one of so many looks."""
        if found is None or not found.confidence_interval.low > self.margin:
            return False
        return found.pvalue / 2 < (1 - self.level) / looks

    def _rise_text(self, name: str, now: Checkpoint, best: Checkpoint, found: Any) -> str:
        text = (
            f"The loss{_of(name)} is {now.loss:.4f} at step {now.step}, greater than {best.loss:.4f} at step "
            f"{best.step} by {_shown(found, self.level)}."
        )
        then, current = self._train_at.get(best.step), self._train_at.get(now.step)
        if then is None or current is None:
            return f"{text} The model may overfit."
        meanwhile = f"that of the training rows went from {then.loss:.4f} to {current.loss:.4f}"
        if current.loss < then.loss:
            return f"{text} Meanwhile {meanwhile}: the model overfits."
        return f"{text} But {meanwhile}: the training itself goes wrong."

    def _judge_gaps(self, step: int) -> None:
        """Compare sets with the training set, as soon as both are there for a step."""
        train = self._train_at.get(step)
        if train is None:
            return
        for record in self.history:
            if record["step"] == step and record.get("gap", step) is None:
                name = record["set"]
                now = self._latest[name]
                found = excess(now, train, self.level)
                record["gap"] = _plain(found) or {}
                looks = self._gaps[name] = self._gaps.get(name, 0) + 1
                if self._beyond(found, looks * (looks + 1)):
                    self._tell(
                        "gap",
                        name,
                        f"At step {step} the loss{_of(name)} is {now.loss:.4f}, greater than {train.loss:.4f} of the "
                        f"training rows by {_shown(found, self.level)}.",
                    )

    def _tell(self, what: str, name: str, text: str) -> None:
        """Warn, once of each kind and set."""
        if (what, name) not in self._told:
            self._told.add((what, name))
            self.findings.append(text)
            warnings.warn(text, OverfittingWarning, stacklevel=2)


def _of(name: str) -> str:
    return f" of {name}" if name else ""


def _plain(found: Comparison | None) -> dict[str, float] | None:
    if found is None:
        return None
    low, high = found.confidence_interval
    return {"difference": found.difference, "low": low, "high": high, "pvalue": found.pvalue}


def _shown(found: Any, level: float) -> str:
    low, high = found.confidence_interval
    return f"{found.difference:.4f} ({100 * level:g} % interval {low:.4f} to {high:.4f})"


def callback_class() -> Any:
    """Make the class; transformers is imported for it."""
    from transformers import TrainerCallback

    class OverfittingCallback(TrainerCallback):
        """Record metrics at each evaluation of a Trainer, and warn when the model begins to overfit.

        Parameters
        ----------
        metrics : ComputeMetrics
            The `compute_metrics` of the same Trainer.
        train : str, default='train'
            Name of the evaluation set that holds rows of the training set, where there is one:
            ``eval_dataset={"train": some_of_it, "validation": others}``. All others are judged, each for itself.
        confidence_level : float, default=0.95
            Of the intervals; in a run without overfitting, the probability that there is no warning of a rise, for each
            evaluation set.
        margin : float, default=0.0
            How much of a difference in loss does not matter: warnings are for those whose interval lies above it.
        stop : bool, default=False
            Whether to end the training when a rise is found.

        Attributes
        ----------
        watch : Watch
            With ``history``, ``findings`` and ``best``, which are attributes of the callback, too.

        Warns
        -----
        OverfittingWarning
            Once for each evaluation set, of a *rise*: its loss is greater than at the best checkpoint so far; and of a
            *gap*: it is greater than that of the training rows at the same step.

        Notes
        -----
        What is compared are the losses of the examples, see `Evaluation`: not a running mean of batches with dropout.
        Checkpoints are compared by a paired t-test where the labels come in the same order in both evaluations, else
        by Welch's; the gap by Welch's. Both are adjusted for the number of evaluations (Bonferroni), a rise also for
        the best checkpoint being chosen among all before. The losses of the best checkpoint and of the training rows
        are kept: 8 bytes an example.
        """

        def __init__(
            self,
            metrics: ComputeMetrics,
            *,
            train: str = "train",
            confidence_level: float = 0.95,
            margin: float = 0.0,
            stop: bool = False,
        ) -> None:
            self.watch = Watch(metrics, train=train, confidence_level=confidence_level, margin=margin)
            self.stop = stop

        @property
        def history(self) -> list[dict[str, Any]]:
            """Evaluations and logs in their order."""
            return self.watch.history

        @property
        def findings(self) -> list[str]:
            """What was warned of."""
            return self.watch.findings

        @property
        def best(self) -> dict[str, int]:
            """Step of the least loss, by evaluation set."""
            return self.watch.best

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            """Begin anew, but for an evaluation before the first step."""
            if any(record["step"] > state.global_step for record in self.watch.history):
                self.watch.begin()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            """Record the training's own loss."""
            if logs and "loss" in logs:
                self.watch.log(state.global_step, state.epoch, logs)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
            """Record and judge an evaluation."""
            prefix = next((key[: -len("_runtime")] for key in metrics or {} if key.endswith("_runtime")), "eval")
            name = prefix.removeprefix("eval").lstrip("_")
            worse = self.watch.evaluated(name, state.global_step, state.epoch, metrics or {})
            if worse and self.stop:
                control.should_training_stop = True

    OverfittingCallback.__module__, OverfittingCallback.__qualname__ = (
        "trueval.integrations.transformers",
        "OverfittingCallback",
    )
    return OverfittingCallback
