"""Whether a model in training has begun to get worse on rows that it does not learn from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trueval.inference import (
    Comparison,
    LearningCurve,
    compare,
    confidence_interval,
    learning_curve,
    learning_curve_of_values,
)

from ._evaluation import ComputeMetrics, Evaluation


class OverfittingWarning(UserWarning):
    """The model gets worse on the rows that it is evaluated on, or does better on those that it learns from."""


@dataclass(frozen=True)
class Evaluated:
    """An evaluation set at one step of the training: the losses of its examples, their mean and its standard error."""

    step: int
    epoch: float | None
    fingerprint: tuple[int, ...]
    losses: NDArray[np.float64] | None
    loss: float
    standard_error: float

    @classmethod
    def of(cls, step: int, epoch: float | None, last: Evaluation) -> Evaluated:
        """Take what is to be known of an evaluation."""
        losses = _known(last.losses)
        loss, error = float(losses[0]) if losses.size == 1 else math.nan, math.nan
        if losses.size > 1:
            mean = confidence_interval("mean", None, losses)
            loss, error = mean.value, mean.standard_error
        return cls(step, epoch, last.fingerprint, last.losses, loss, error)


def _known(losses: Any) -> NDArray[np.float64]:
    """Losses of the examples that have one."""
    gone = np.isnan(losses)
    return np.asarray(losses[~gone] if gone.any() else losses)


def of_same_rows(checkpoints: Sequence[Evaluated]) -> list[NDArray[np.float64]] | None:
    """Losses row by row, where all are of the same labels in the same order."""
    losses = [one.losses for one in checkpoints if one.losses is not None]
    prints = {one.fingerprint for one in checkpoints}
    if len(losses) < len(checkpoints) or len(prints) > 1 or len({len(one) for one in losses}) > 1:
        return None
    gone = np.isnan(losses).any(axis=0)
    return [one[~gone] for one in losses] if gone.any() else losses


def excess(worse: Evaluated, better: Evaluated, level: float, sets: int = 1) -> Comparison | None:
    """Compare the losses of two evaluations, of one set or of two: by how much one is greater, and whether by chance.

    Of one set, rows are paired where both have the same labels in the same order: the difference is then known far
    better.
    """
    rows = of_same_rows((better, worse)) if sets == 1 else None
    a, b = rows or (_known(better.losses), _known(worse.losses))
    if min(a.size, b.size) < 2:
        return None
    found: Comparison = compare("mean", None, a, b, paired=rows is not None, confidence_level=level)
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
        Step of the least loss, by evaluation set that is judged.
    """

    def __init__(
        self,
        metrics: ComputeMetrics,
        *,
        train: str,
        confidence_level: float,
        margin: float,
        keep_losses: bool = True,
    ) -> None:
        if not isinstance(metrics, ComputeMetrics):
            raise TypeError(f"metrics must be what compute_metrics returns, got {type(metrics).__name__}.")
        if not 0.0 < confidence_level < 1.0:
            raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}.")
        if not 0.0 <= margin < math.inf:
            raise ValueError(f"margin must be finite and not negative, got {margin!r}.")
        self.source, self.train, self.level, self.margin = metrics, train, confidence_level, margin
        self.keep_losses = keep_losses
        metrics.keep_losses = True
        self._last: Evaluation | None = None
        self.begin()

    def begin(self) -> None:
        """Forget what was seen."""
        self.history: list[dict[str, Any]] = []
        self.findings: list[str] = []
        self._best: dict[str, Evaluated] = {}
        self._latest: dict[str, Evaluated] = {}
        self._looks: dict[str, int] = {}
        self._gaps: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        self._curves: dict[str, dict[int, Evaluated]] = {}

    @property
    def best(self) -> dict[str, int]:
        """Step of the least loss, by evaluation set that is judged."""
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
        now = Evaluated.of(step, epoch, last)
        record: dict[str, Any] = {
            "step": step,
            "epoch": epoch,
            "set": name,
            "metrics": dict(metrics),
            "loss": now.loss,
            "standard_error": now.standard_error,
        }
        self.history.append(record)
        # The first of a step: what is evaluated after the training may be another checkpoint that was loaded.
        self._curves.setdefault(name, {}).setdefault(step, now if self.keep_losses else replace(now, losses=None))
        worse = name != self.train and self._rise(name, now, record)
        self._latest[name] = now
        self._judge_gaps(step)
        return worse

    def learning_curve(self, name: str | None = None) -> LearningCurve:
        """Judge all evaluations of a set so far, see `OverfittingCallback.learning_curve`."""
        judged = [known for known in self._curves if known != self.train]
        if name is None and len(judged) == 1:
            name = judged[0]
        if name not in judged:
            raise ValueError(f"name must be one of the evaluation sets {judged}, got {name!r}.")
        seen, learned = self._curves[name], self._curves.get(self.train, {})
        if len(seen) < 2:
            raise ValueError(f"A learning curve takes two evaluations or more, there is one{_of(name)}.")
        checkpoints, steps = list(seen.values()), list(seen)
        train = [learned[step] for step in steps] if learned.keys() >= seen.keys() else None
        how: dict[str, Any] = {"higher_is_better": False, "confidence_level": self.level}
        rows = of_same_rows(checkpoints)
        if rows is not None:
            if train is not None:
                how["train"] = None, {one.step: _known(one.losses) for one in train}
            curve = learning_curve("mean", None, dict(zip(steps, rows, strict=True)), **how)
        else:
            if train is not None:
                how["train"] = _columns(train)
            curve = learning_curve_of_values(*_columns(checkpoints), steps=steps, **how)
        return replace(curve, metric=f"loss{_of(name)}")

    def _rise(self, name: str, now: Evaluated, record: dict[str, Any]) -> bool:
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

    def _rise_text(self, name: str, now: Evaluated, best: Evaluated, found: Any) -> str:
        text = (
            f"The loss{_of(name)} is {now.loss:.4f} at step {now.step}, greater than {best.loss:.4f} at step "
            f"{best.step} by {_shown(found, self.level)}."
        )
        seen = self._curves.get(self.train, {})
        then, current = seen.get(best.step), seen.get(now.step)
        if then is None or current is None:
            return f"{text} The model may overfit."
        meanwhile = f"that of the training rows went from {then.loss:.4f} to {current.loss:.4f}"
        if current.loss < then.loss:
            return f"{text} Meanwhile {meanwhile}: the model overfits."
        return f"{text} But {meanwhile}: the training itself goes wrong."

    def _judge_gaps(self, step: int) -> None:
        """Compare sets with the training set, as soon as both are there for a step."""
        train = self._latest.get(self.train)
        if train is None or train.step != step:
            return
        for record in self.history:
            if record["step"] == step and record.get("gap", step) is None:
                name = record["set"]
                now = self._latest[name]
                found = excess(now, train, self.level, sets=2)
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


def _columns(checkpoints: Sequence[Evaluated]) -> tuple[list[float], list[float]]:
    return [one.loss for one in checkpoints], [one.standard_error for one in checkpoints]


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
        keep_losses : bool, default=True
            Whether to keep the losses of all evaluations, 8 bytes for each example and evaluation (40 MB for 50 of
            100,000 examples), by which `learning_curve` compares checkpoints row by row. Otherwise it knows means and
            standard errors, and misses small differences.

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
        Evaluations are compared by a paired t-test where the labels come in the same order in both evaluations, else
        by Welch's; the gap by Welch's. Both are adjusted for the number of evaluations (Bonferroni), a rise also for
        the best checkpoint being chosen among all before.
        """

        def __init__(
            self,
            metrics: ComputeMetrics,
            *,
            train: str = "train",
            confidence_level: float = 0.95,
            margin: float = 0.0,
            stop: bool = False,
            keep_losses: bool = True,
        ) -> None:
            self.watch = Watch(
                metrics, train=train, confidence_level=confidence_level, margin=margin, keep_losses=keep_losses
            )
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
            """Step of the least loss, by evaluation set that is judged."""
            return self.watch.best

        def learning_curve(self, name: str | None = None) -> LearningCurve:
            """Judge the run when it is over: which checkpoint is best, and from where on the model got worse.

            Parameters
            ----------
            name : str, optional
                Of the evaluation set; ``''`` where `eval_dataset` is no dict. May be left out where there is one only,
                beside that of training rows.

            Returns
            -------
            LearningCurve
                Of the losses, by step; with those of the training rows, and the gap, where these were evaluated at the
                same steps. Printed, a table.

            Raises
            ------
            ValueError
                For a set that was not evaluated twice.

            See Also
            --------
            trueval.inference.learning_curve : the tests, by which all checkpoints are compared with the best.

            Notes
            -----
            The warnings answer another question: at each evaluation, whether what has been seen so far suffices to say
            that the model got worse. Here the best of all checkpoints is known, and each is tested once.

            Checkpoints are compared row by row where the labels came in the same order in all evaluations and losses
            were kept, else as if each had rows of its own, by means and standard errors. Of several evaluations at
            one step the first counts, so that one of a checkpoint that was loaded in the end does not.
            """
            return self.watch.learning_curve(name)

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
