"""`learning_curve`: against the functions it is made of, SciPy, and a simulation of runs in which nothing changes."""

from __future__ import annotations

import json
import math
import warnings

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
    curve = learning_curve(metric, Y, PREDICTIONS, train=TRAIN, n_resamples=199, rng=0)
    assert curve.best.step == 300
    assert curve.higher_is_better == (metric != "zero_one_loss")
    sign = 1 if curve.higher_is_better else -1
    for one in curve.checkpoints:
        alone = confidence_interval(metric, Y, PREDICTIONS[one.step], n_resamples=199, rng=0)
        assert (one.value, one.standard_error) == (alone.value, alone.standard_error)
        assert one.confidence_interval == alone.confidence_interval
        seen = confidence_interval(metric, Y, TRAIN[1][one.step], n_resamples=199, rng=0)
        assert one.train == seen.value
        assert one.gap == pytest.approx(sign * (seen.value - alone.value), rel=1e-12)
        half = scipy.stats.norm.ppf(0.975) * math.hypot(alone.standard_error, seen.standard_error)
        assert one.gap_interval == pytest.approx((one.gap - half, one.gap + half), rel=1e-9)
        if one is curve.best:
            assert (one.worse_by, one.pvalue) == (0, 1)
            continue
        raw = compare(metric, Y, PREDICTIONS[300], PREDICTIONS[one.step], n_resamples=199, rng=0)
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


MANY = [noisy(share, 1) for share in [0.3, 0.2, 0.1, *np.linspace(0.11, 0.45, 21)]]  # 24 checkpoints, 276 pairs


def test_many_checkpoints_take_more_replicates_where_it_matters():
    curve = learning_curve("f1_score", Y, MANY, rng=0)
    assert curve.best.step == 2
    assert curve.first_worse is not None
    seen = set()
    for one in curve.checkpoints:
        if one is curve.best:
            continue
        raw = compare("f1_score", Y, MANY[2], MANY[one.step], rng=0)
        assert raw.method == "approximate-randomization"
        clear = 276 * raw.pvalue < 1
        if clear:  # 276 / 11,040 is half of 0.05
            raw = compare("f1_score", Y, MANY[2], MANY[one.step], rng=0, n_resamples=11_039)
        assert one.pvalue == min(1.0, 276 * raw.pvalue)
        assert one.confidence_interval == confidence_interval("f1_score", Y, MANY[one.step], rng=0).confidence_interval
        seen.add(clear)
    assert seen == {True, False}
    assert min(one.pvalue for one in curve.checkpoints) == pytest.approx(0.025, rel=1e-12)


def test_a_decline_at_forty_checkpoints_is_found():
    rng = np.random.default_rng(0)
    shares = [*np.linspace(0.4, 0.1, 10), *np.linspace(0.11, 0.6, 30)]
    curve = learning_curve("f1_score", Y, [np.where(rng.random(N) < share, 1 - Y, Y) for share in shares], rng=0)
    assert 8 <= curve.best.step <= 12
    assert curve.first_worse is not None
    assert "worse beyond chance from" in str(curve)


def test_formulas_draw_nothing_more(monkeypatch):
    drawn = []

    def counted(*args, n_resamples, **how):
        drawn.append(n_resamples)
        return compare(*args, n_resamples=n_resamples, **how)

    monkeypatch.setattr("trueval.inference.curve.compare", counted)
    losses = [RNG.random(N) + i / 10 for i in range(24)]
    for metric, true, columns in (("accuracy_score", Y, MANY), ("mean", None, losses)):
        learning_curve(metric, true, columns)
        assert drawn == [9999] * 23
        drawn.clear()
    # At 22 checkpoints 9,999 replicates show p-values below half the level.
    learning_curve("f1_score", Y, MANY[2:], rng=0)
    assert drawn == [9999] * 21
    learning_curve("f1_score", Y, MANY[1:], rng=0)
    assert set(drawn[21:]) == {9999, 253 * 40 - 1}


@pytest.mark.parametrize(("method", "enough"), [("approximate-randomization", 199), ("bootstrap-percentile", 399)])
def test_too_few_replicates_are_told(method, enough):
    # Of ten pairs: the least p-value of the test is 1 / (n_resamples + 1), of the bootstrap twice that.
    runs = [noisy(share, 1) for share in (0.05, 0.3, 0.35, 0.4, 0.45)]
    how = {} if method == "approximate-randomization" else {"method": method}
    assert compare("f1_score", Y, *runs[:2], **how).method == method
    with pytest.warns(UserWarning, match=f"n_resamples={enough - 1} is too small .* 5 checkpoints.*takes {enough} or"):
        few = learning_curve("f1_score", Y, runs, n_resamples=enough - 1, rng=0, **how)
    assert few.first_worse is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert learning_curve("f1_score", Y, runs, n_resamples=enough, rng=0, **how).first_worse.step == 1
        learning_curve("accuracy_score", Y, runs, n_resamples=1)  # McNemar's test draws nothing


@pytest.mark.filterwarnings("ignore:The standard error", "ignore:All replicates are equal")  # of a single replicate
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("checkpoints", range(2, 8))
def test_as_many_replicates_as_are_asked_for_are_enough(checkpoints, level):
    y = np.arange(60) % 2
    good = np.where(np.arange(60) % 7 == 0, 1 - y, y)
    runs = [good] + [1 - good] * (checkpoints - 1)
    how = {"confidence_level": level, "rng": 0}
    pairs = checkpoints * (checkpoints - 1) // 2
    if pairs == 1 and level == 0.5:  # one replicate is enough
        assert learning_curve("f1_score", y, runs, n_resamples=1, **how).first_worse is not None
        return
    with pytest.warns(UserWarning, match="is too small to find any difference") as caught:
        learning_curve("f1_score", y, runs, n_resamples=1, **how)
    (told,) = [str(one.message) for one in caught if "too small" in str(one.message)]
    enough = int(told.partition("It takes ")[2].split()[0])
    assert abs(enough - pairs / (1 - level)) <= 1.5
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="n_resamples")
        assert learning_curve("f1_score", y, runs, n_resamples=enough, **how).first_worse.step == 1
        with pytest.raises(UserWarning, match="too small"):
            learning_curve("f1_score", y, runs, n_resamples=enough - 1, **how)


def test_no_pvalue_is_printed_as_0():
    curve = learning_curve("accuracy_score", Y, PREDICTIONS)
    assert 0 < curve.checkpoints[0].pvalue < 1e-4
    text = str(curve)
    assert "< 0.0001" in text.splitlines()[3]
    assert "p = 0.0000" not in text
    assert ", p < 0.0001)" in text.splitlines()[0]
    assert not any(line.endswith(" 0.0000") for line in text.splitlines())


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
