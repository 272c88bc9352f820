"""The watch for overfitting, on losses that are drawn: how often it warns without cause, and whether it does with."""

from __future__ import annotations

import warnings
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from trueval.inference import learning_curve, learning_curve_of_values
from trueval.integrations._evaluation import Evaluation
from trueval.integrations._overfitting import OverfittingWarning, Watch
from trueval.integrations.transformers import compute_metrics

ROWS, LOOKS = 200, 10


def watched(curves: dict[str, Any], prints: Any = lambda step: (0, 0), **settings: Any) -> Watch:
    """A run: for each set, the losses of its rows at each step."""
    source = compute_metrics("binary")
    watch = Watch(source, **{"train": "train", "confidence_level": 0.95, "margin": 0.0, **settings})
    assert source.keep_losses
    for step in range(len(next(iter(curves.values())))):
        for name, losses in curves.items():
            source.last = Evaluation({}, ROWS, losses[step], prints(step))
            watch.evaluated(name, step, None, {})
    return watch


def drawn(rng: np.random.Generator, trend: Any, shared: float = 0.9) -> Any:
    """Losses of the same rows at each step: mostly the rows' own, partly the checkpoint's."""
    own = rng.exponential(1.0, ROWS)
    return [np.maximum(shared * own + (1 - shared) * rng.exponential(1.0, ROWS) + rise, 0.0) for rise in trend]


@pytest.mark.parametrize("paired", [True, False])
def test_false_alarms(paired: bool) -> None:
    """Of runs whose checkpoints are equally good, at most one in twenty has a warning of a rise."""
    rng = np.random.default_rng(0)
    runs = 200
    prints = (lambda step: (0, 0)) if paired else (lambda step: (step, 0))
    alarms = 0
    for _ in range(runs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverfittingWarning)
            alarms += bool(watched({"validation": drawn(rng, np.zeros(LOOKS))}, prints).findings)
    # A count above this has a probability below 1e-3 where alarms have that of the level.
    assert alarms <= stats.binom.ppf(0.999, runs, 0.05)


def test_a_rise_is_found_where_the_eye_may_miss_it() -> None:
    """A rise of half a standard error of the loss itself, which pairing shows."""
    rng = np.random.default_rng(1)
    trend = [0.2, 0.1, 0.0, 0.02, 0.04, 0.06]
    with pytest.warns(
        OverfittingWarning, match=r"^The loss of validation is .* greater than .* at step 2 by"
    ) as caught:
        watch = watched({"validation": drawn(rng, trend, shared=0.95)})
    assert len(caught) == len(watch.findings) == 1
    assert watch.best == {"validation": 2}
    found = next(r for r in watch.history if r["rise"] and r["rise"]["low"] > 0 and r["step"] > 2)
    assert found["rise"]["difference"] < found["standard_error"]
    unpaired = watched({"validation": drawn(np.random.default_rng(1), trend, shared=0.95)}, lambda step: (step, 0))
    assert unpaired.findings == []


def test_what_training_rows_say() -> None:
    rng = np.random.default_rng(2)
    falls, rises = [1.0, 0.5, 0.3, 0.1], [0.5, 0.3, 0.8, 1.5]
    with pytest.warns(OverfittingWarning):
        watch = watched({"train": drawn(rng, falls), "validation": drawn(rng, rises)})
    assert [("the model overfits" in text, "of the training rows by" in text) for text in watch.findings] == [
        (True, False),
        (False, True),
    ]
    with pytest.warns(OverfittingWarning, match="the training itself goes wrong"):
        watched({"train": drawn(rng, rises), "validation": drawn(rng, rises)})
    # The order in which the sets are evaluated does not matter to the gap.
    with pytest.warns(OverfittingWarning):
        late = watched({"validation": drawn(rng, rises), "train": drawn(rng, falls)})
    assert any("of the training rows by" in text for text in late.findings)
    gaps = [record["gap"]["difference"] for record in late.history if record["set"] == "validation"]
    assert len(gaps) == 4


def test_learning_curve_of_the_run() -> None:
    """What `learning_curve` says of the losses, paired where the rows are known to be the same."""
    rng = np.random.default_rng(4)
    falls, rises = [1.0, 0.5, 0.3, 0.1], [0.5, 0.3, 0.8, 1.5]
    sets = {"train": drawn(rng, falls), "validation": drawn(rng, rises)}
    with pytest.warns(OverfittingWarning):
        watch = watched(sets)
    curve = watch.learning_curve()
    named = [dict(enumerate(losses)) for losses in sets.values()]
    expected = learning_curve("mean", None, named[1], train=(None, named[0]), higher_is_better=False)
    assert curve == replace(expected, metric="loss of validation") == watch.learning_curve("validation")
    assert (curve.paired, curve.best.step, curve.first_worse and curve.first_worse.step) == (True, 1, 2)
    assert str(curve).startswith("loss of validation, lower is better: best at 1, worse beyond chance from 2 on")
    # The same numbers as online, where they are the same question: the gap at a step.
    gaps = [record["gap"] for record in watch.history if record["set"] == "validation"]
    assert [(gap["difference"], gap["low"], gap["high"]) for gap in gaps] == [
        pytest.approx((one.gap, *one.gap_interval), rel=1e-12) for one in curve.checkpoints
    ]
    assert [record["loss"] for record in watch.history if record["set"] == "train"] == [
        one.train for one in curve.checkpoints
    ]


@pytest.mark.parametrize("settings", [{"prints": lambda step: (step, 0)}, {"keep_losses": False}])
def test_learning_curve_without_pairs(settings: Any) -> None:
    rng = np.random.default_rng(5)
    sets = {"train": drawn(rng, [1.0, 0.4, 0.2]), "": drawn(rng, [0.5, 0.0, 2.0])}
    with pytest.warns(OverfittingWarning):
        watch = watched(sets, **settings)
    curve = watch.learning_curve("")
    means, errors = ([[f(one) for one in losses] for losses in sets.values()] for f in (np.mean, stats.sem))
    expected = learning_curve_of_values(means[1], errors[1], train=(means[0], errors[0]), higher_is_better=False)
    assert (curve.metric, curve.paired, curve.best.step) == ("loss", False, 1)
    for one, other in zip(curve.checkpoints, expected.checkpoints, strict=True):
        assert np.hstack(astuple(one)) == pytest.approx(np.hstack(astuple(other)), rel=1e-9)


def test_learning_curve_of_what_was_evaluated() -> None:
    """Rows without a loss do not count, nor what a step is evaluated for again, nor steps without training rows."""
    rng = np.random.default_rng(6)
    losses = drawn(rng, [0.3, 0.0, 0.1])
    losses = [np.where(np.arange(ROWS) % 7 == 3, np.nan, one) for one in losses]
    with pytest.warns(OverfittingWarning):
        watch = watched({"validation": losses})
    watch.source.last = Evaluation({}, ROWS, losses[1], (0, 0))  # as of the best checkpoint, loaded in the end
    watch.evaluated("validation", 2, None, {})
    watch.source.last = Evaluation({}, ROWS, losses[0], (0, 0))
    watch.evaluated("train", 2, None, {})
    curve = watch.learning_curve()
    kept = [one[~np.isnan(one)] for one in losses]
    assert curve == replace(learning_curve("mean", None, kept, higher_is_better=False), metric="loss of validation")
    assert [one.train for one in curve.checkpoints] == [None] * 3
    with pytest.raises(ValueError, match=r"name must be one of the evaluation sets \['validation'\], got 'train'"):
        watch.learning_curve("train")
    with pytest.raises(ValueError, match=r"takes two evaluations or more, there is one of a"):
        watched({"a": losses[:1], "b": losses[:1]}).learning_curve("a")
    with pytest.raises(ValueError, match=r"the evaluation sets \['a', 'b'\], got None"):
        watched({"a": losses[:1], "b": losses[:1]}).learning_curve()


def test_margin() -> None:
    rng = np.random.default_rng(3)
    curve = {"validation": drawn(rng, [0.0, 0.2])}
    with pytest.warns(OverfittingWarning):
        watched(curve, margin=0.1)
    assert watched(curve, margin=0.3).findings == []


@pytest.mark.filterwarnings("error")
def test_too_few_rows_say_nothing() -> None:
    assert watched({"train": [np.ones(1)] * 2, "validation": [np.ones(1), np.full(1, 9.0)]}).findings == []
    gone = np.array([1.0, np.nan, np.nan])
    assert watched({"validation": [gone, 3 * gone]}).findings == []


def test_refused() -> None:
    source = compute_metrics("binary")
    with pytest.raises(TypeError, match="metrics must be what compute_metrics returns, got dict"):
        Watch({}, train="train", confidence_level=0.95, margin=0.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="confidence_level must lie"):
        Watch(source, train="train", confidence_level=95, margin=0.0)
    with pytest.raises(ValueError, match="margin must be finite"):
        Watch(source, train="train", confidence_level=0.95, margin=-1.0)
    watch = Watch(source, train="train", confidence_level=0.95, margin=0.0)
    with pytest.raises(ValueError, match="metrics must be the compute_metrics of the Trainer"):
        watch.evaluated("validation", 1, None, {})
