"""`learning_curve`: against the functions it is made of, SciPy, and a simulation of runs in which nothing changes."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.stats
from trueval.inference import compare, confidence_interval, learning_curve, learning_curve_of_values

RNG = np.random.default_rng(0)
N = 800
Y = RNG.integers(0, 2, N)


def noisy(share, seed):
    """Labels of which a share is wrong; checkpoints with the same seed err on the same rows."""
    return np.where(np.random.default_rng(seed).random(len(Y)) < share, 1 - Y, Y)


# The fourth is much worse than the third, the fifth a little.
SHARES = {100: 0.3, 200: 0.2, 300: 0.1, 400: 0.25, 500: 0.13}
PREDICTIONS = {step: noisy(share, 1) for step, share in SHARES.items()}
TRAIN = (Y, {step: noisy(share, 2) for step, share in zip(SHARES, (0.3, 0.15, 0.05, 0.02, 0.01))})


@pytest.mark.parametrize("metric", ["accuracy_score", "f1_score", "zero_one_loss"])
def test_it_is_made_of_interval_and_comparison(metric):
    curve = learning_curve(metric, Y, PREDICTIONS, train=TRAIN, n_resamples=99, rng=0)
    assert curve.best.step == 300
    assert curve.higher_is_better == (metric != "zero_one_loss")
    sign = 1 if curve.higher_is_better else -1
    for one in curve.checkpoints:
        alone = confidence_interval(metric, Y, PREDICTIONS[one.step], n_resamples=99, rng=0)
        assert (one.value, one.standard_error) == (alone.value, alone.standard_error)
        assert one.confidence_interval == alone.confidence_interval
        seen = confidence_interval(metric, Y, TRAIN[1][one.step], n_resamples=99, rng=0)
        assert one.train == seen.value
        assert one.gap == pytest.approx(sign * (seen.value - alone.value), rel=1e-12)
        half = scipy.stats.norm.ppf(0.975) * math.hypot(alone.standard_error, seen.standard_error)
        assert one.gap_interval == pytest.approx((one.gap - half, one.gap + half), rel=1e-9)
        if one is curve.best:
            assert (one.worse_by, one.pvalue) == (0, 1)
            continue
        raw = compare(metric, Y, PREDICTIONS[300], PREDICTIONS[one.step], n_resamples=99, rng=0)
        assert one.worse_by == pytest.approx(-sign * raw.difference, rel=1e-12)
        assert one.pvalue == min(1.0, 10 * raw.pvalue)


def test_the_first_that_is_worse_comes_after_the_best():
    curve = learning_curve("accuracy_score", Y, PREDICTIONS)
    assert curve.checkpoints[0].pvalue < 1e-6  # which says nothing of what comes after the best
    assert curve.first_worse.step == 400
    assert str(curve).startswith("accuracy_score, higher is better: best at 300, worse beyond chance from 400 on (by ")
    rising = learning_curve("accuracy_score", Y, [PREDICTIONS[step] for step in (100, 200, 300)])
    assert (rising.best.step, rising.first_worse) == (2, None)
    assert "best at 2, the last" in str(rising)
    level = learning_curve("accuracy_score", Y, {1: noisy(0.1, 1), 2: noisy(0.1025, 1)})
    assert level.best.step == 1
    assert "what follows is not worse beyond chance" in str(level)


def test_a_dip_is_told_from_a_decline():
    curve = learning_curve("accuracy_score", Y, {1: noisy(0.1, 1), 2: noisy(0.25, 1), 3: noisy(0.1025, 1)})
    assert "worse beyond chance at 2 (by" in str(curve)


def test_losses_of_rows():
    easy = RNG.random(N)
    losses = [easy + RNG.gamma(1.0, spread, N) for spread in (0.5, 0.2, 0.4)]
    curve = learning_curve("mean", None, losses, higher_is_better=False)
    assert curve.best.step == 1
    expected = scipy.stats.ttest_rel(losses[1], losses[2]).pvalue
    assert curve.checkpoints[2].pvalue == pytest.approx(min(1.0, 3 * expected), rel=1e-6)


def test_the_gap_of_losses_is_welchs():
    seen = [RNG.gamma(1.0, spread, 12) for spread in (0.5, 0.2, 0.1)]
    losses = [RNG.gamma(1.0, spread, 30) for spread in (0.5, 0.3, 0.4)]
    curve = learning_curve("mean", None, losses, train=(None, seen), higher_is_better=False)
    for one, train, new in zip(curve.checkpoints, seen, losses):
        welch = scipy.stats.ttest_ind(new, train, equal_var=False)
        assert one.gap == pytest.approx(new.mean() - train.mean(), rel=1e-12)
        assert one.gap_interval == pytest.approx(tuple(welch.confidence_interval(0.95)), rel=1e-9)
        other = compare("mean", None, train, new, paired=False)
        assert (other.difference, other.confidence_interval) == (one.gap, one.gap_interval)
        assert other.pvalue == pytest.approx(welch.pvalue, rel=1e-9)


def test_values_alone():
    values, errors = [0.6, 0.5, 0.52, 0.6], [0.02, 0.02, 0.01, 0.015]
    curve = learning_curve_of_values(
        values, errors, train=([0.6, 0.4, 0.3, 0.2], [0.01] * 4), higher_is_better=False, steps="abcd", metric="loss"
    )
    assert (curve.best.step, curve.first_worse.step, curve.paired) == ("b", "d", False)
    for one, value, error in zip(curve.checkpoints, values, errors):
        p = 2 * scipy.stats.norm.sf(abs(value - 0.5) / math.hypot(error, 0.02))
        assert one.pvalue == pytest.approx(min(1.0, 6 * p) if value != 0.5 else 1.0, rel=1e-9)
        assert one.confidence_interval == pytest.approx(scipy.stats.norm.interval(0.95, value, error), rel=1e-9)
    assert curve.checkpoints[3].gap == pytest.approx(0.4)
    assert "train is better by 0.1000 there, by 0.4000 in the end" in str(curve)


def test_undefined_values_are_passed_over():
    curve = learning_curve_of_values([math.nan, 0.5, 0.1], [0.1, 0.01, 0.01])
    assert (curve.best.step, curve.first_worse.step) == (1, 2)
    assert math.isnan(curve.checkpoints[0].pvalue)
    with pytest.raises(ValueError, match="undefined at every checkpoint"):
        learning_curve_of_values([math.nan] * 2, [0.1] * 2)


def test_false_alarms_are_as_rare_as_promised():
    """Runs of eight checkpoints that are equally good: the level bounds the share with any that is said to be worse."""
    rng = np.random.default_rng(3)
    runs, alarms, naive = 200, 0, 0
    for _ in range(runs):
        easy = rng.normal(size=100)
        losses = [easy + rng.normal(size=100) for _ in range(8)]
        curve = learning_curve("mean", None, losses)
        alarms += any(one.pvalue <= 0.05 for one in curve.checkpoints)
        naive += any(one.pvalue < 1 for one in curve.checkpoints)
    # A right procedure exceeds this once in a thousand times.
    assert alarms <= scipy.stats.binom.isf(1e-3, runs, 0.05)
    # Unadjusted, p-values of less than 1/28 are found in more runs than they say: there is something to keep down.
    assert naive > scipy.stats.binom.isf(1e-6, runs, 1 / 28)


def test_plain_numbers():
    found = learning_curve("accuracy_score", Y, PREDICTIONS, train=TRAIN).to_dict()
    assert json.loads(json.dumps(found)) == json.loads(json.dumps(found, allow_nan=False))
    assert (found["best"], found["first_worse"]) == (300, 400)
    assert found["checkpoints"][0]["confidence_interval"][0] < found["checkpoints"][0]["value"]


def test_every_row_of_the_table_has_all_cells():
    lines = str(learning_curve("accuracy_score", Y, PREDICTIONS, train=TRAIN)).splitlines()
    assert len(lines) == 2 + 1 + len(PREDICTIONS)
    assert len({len(line) for line in lines[2:]}) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: learning_curve("accuracy_score", Y, [Y]), "two checkpoints or more, got 1"),
        (lambda: learning_curve("accuracy_score", Y, PREDICTIONS, train=(Y, [Y, Y])), "checkpoints \\[100, 200"),
        (lambda: learning_curve("accuracy_score", Y, PREDICTIONS, train=Y), "train must be a pair"),
        (lambda: learning_curve("accuracy_score", Y, PREDICTIONS, confidence_level=2), "between 0 and 1"),
        (lambda: learning_curve_of_values([1, 2], [1]), "one length"),
        (lambda: learning_curve_of_values([1], [1]), "two checkpoints or more, got 1"),
        (lambda: learning_curve_of_values([1, 2], [1, -1]), "must not be negative, got -1"),
        (lambda: learning_curve_of_values([1, 2], [1, 1], steps=[1]), "each of 2 checkpoints, got 1"),
        (
            lambda: learning_curve_of_values([1, 2], [1, 1], train=([1, 2, 3], [1, 1, 1])),
            "each of 2 checkpoints, got 3",
        ),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
