"""Weighted areas and precisions and their averages over classes: what a row adds, and the errors from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk
from trueval.inference import compare, confidence_interval
from trueval.inference._influence import Column, of_area, of_precision

N = 60
FUNCTIONS = {"roc_auc_score": of_area, "average_precision_score": of_precision}


def sample(seed: int, ties: bool) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, N)
    score = y + rng.normal(size=N)
    return y, np.round(score, 1 if ties else 12), rng.random(N) + 0.2


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_influence_is_the_derivative_by_the_weight(name: str, ties: bool, weighted: bool, backend: str) -> None:
    """Against scikit-learn's weighted metric, with the weight of one row a little larger and a little smaller."""
    y, score, weight = sample(4, ties)
    given = weight if weighted else np.ones(N)
    got = FUNCTIONS[name](Column(y.astype(np.uint8), 1, None), score, weight if weighted else None)
    assert got.sum() == pytest.approx(0, abs=1e-12)
    metric, step = getattr(sk, name), 1e-5
    for i in range(N):
        up, down = (metric(y, score, sample_weight=given + sign * step * (np.arange(N) == i)) for sign in (1, -1))
        # A central difference is wrong by step² times the third derivative, and by rounding over the step.
        assert got[i] == pytest.approx(given[i] * (up - down) / (2 * step), abs=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_weights_are_rows_that_belong_together(name: str, backend: str) -> None:
    """A row of weight 3 says as much as three equal rows in one cluster."""
    y, score, _ = sample(5, True)
    rng = np.random.default_rng(1)
    other, weight = score + 0.5 * rng.normal(size=N), rng.integers(1, 4, N)
    rows = np.repeat(np.arange(N), weight)
    method = "delong" if name == "roc_auc_score" else "normal"
    for predictions in ([score], [score, other]):
        judge = confidence_interval if len(predictions) == 1 else compare
        weighted = judge(name, y, *predictions, method=method, sample_weight=weight.astype(float))
        repeated = judge(name, y[rows], *(p[rows] for p in predictions), method=method, cluster=rows)
        if name == "roc_auc_score":
            assert weighted.standard_error == pytest.approx(repeated.standard_error, rel=1e-10)
        else:
            # Clusters of precision are left out to the first order: equal but for terms of order 1/n.
            assert weighted.standard_error == pytest.approx(repeated.standard_error, rel=0.1)


def test_equal_weights_are_none(backend: str) -> None:
    """DeLong's variance divides by the number of a class less one, the influences' by that of all rows less one."""
    y, score, _ = sample(6, False)
    plain = confidence_interval("roc_auc_score", y, score)
    weighted = confidence_interval("roc_auc_score", y, score, sample_weight=np.full(N, 2.0))
    assert weighted.value == pytest.approx(plain.value, rel=1e-14)
    assert weighted.method == plain.method == "delong-logit"
    assert weighted.standard_error == pytest.approx(plain.standard_error, rel=2 / (y.sum() - 1))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("form", ["multiclass", "multilabel"])
@pytest.mark.parametrize("weighted", [False, True])
def test_averages_over_classes(name: str, form: str, weighted: bool, backend: str) -> None:
    """The influence on a mean is the mean of the influences."""
    rng = np.random.default_rng(7)
    classes = rng.integers(0, 3, N)
    marks = classes[:, np.newaxis] == np.arange(3) if form == "multiclass" else rng.random((N, 3)) < 0.4
    scores = [0.8 * rng.dirichlet(np.ones(3), N) + 0.2 * np.eye(3)[classes] for _ in range(2)]
    weight = rng.random(N) if weighted else None
    y = classes if form == "multiclass" else marks.astype(int)
    params = {"multi_class": "ovr"} if name == "roc_auc_score" and form == "multiclass" else {}
    found = compare(name, y, *scores, sample_weight=weight, **params)
    each = [
        [FUNCTIONS[name](Column(marks[:, k].astype(np.uint8), 1, None), s[:, k].copy(), weight) for k in range(3)]
        for s in scores
    ]
    pulls = np.mean(each[1], axis=0) - np.mean(each[0], axis=0)
    assert found.standard_error == pytest.approx(np.sqrt(np.sum(pulls**2) * N / (N - 1)), rel=1e-10)
    assert found.method == ("delong" if name == "roc_auc_score" else "normal")
    single = confidence_interval(name, y, scores[0], sample_weight=weight, n_resamples=99, rng=0, **params)
    low, high = single.confidence_interval
    assert 0 <= low < single.value < high <= 1


def test_perfect_means_of_areas_stay_inside() -> None:
    classes = np.arange(30) % 3
    found = confidence_interval("roc_auc_score", classes, np.eye(3)[classes], multi_class="ovr")
    low, high = found.confidence_interval
    assert (found.value, high) == (1.0, 1.0)
    assert 0.7 < low < 1.0


def test_rows_without_weight_do_not_matter(backend: str) -> None:
    y, score, weight = sample(8, False)
    weight[::4] = 0.0
    kept = weight > 0
    for name in FUNCTIONS:
        whole = compare(name, y, score, score**2, sample_weight=weight)
        part = compare(name, y[kept], score[kept], score[kept] ** 2, sample_weight=weight[kept])
        n, m = N, int(kept.sum())
        factor = np.sqrt(n / (n - 1) * (m - 1) / m)
        assert whole.standard_error == pytest.approx(part.standard_error * factor, rel=1e-10)


def test_values_of_rows(backend: str) -> None:
    rng = np.random.default_rng(3)
    base, tuned, weight = rng.random(40), rng.random(40) + 0.1, rng.random(40)
    found = compare("mean", None, base, tuned)
    error = compare("mean_absolute_error", np.zeros(40), base, tuned)
    assert (found.difference, found.pvalue) == pytest.approx((error.difference, error.pvalue), rel=1e-9)
    assert (found.wins, found.losses) == (error.losses, error.wins)
    weighted = confidence_interval("mean", None, base, sample_weight=weight)
    assert weighted.value == pytest.approx(np.average(base, weights=weight))
    assert set(compare(["mean"], None, base, {"a": tuned})["a"]) == {"mean"}
    with pytest.raises(ValueError, match="y_true must be None where metric='mean'"):
        compare("mean", base, base, tuned)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare("mean", None, base, tuned, sample_weight=weight[:-1])
    with pytest.raises(ValueError, match="NaN"):
        confidence_interval("mean", None, [0.5, np.nan])
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        confidence_interval("mean", None, [])


def test_many_rows_take_the_normal_law() -> None:
    """Where replicates would take long: as many rows as make it so with 9,999 replicates, and not with 99."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=2_000_000)
    base, tuned = y + rng.normal(size=y.size), y + 1.01 * rng.normal(size=y.size)
    assert compare("r2_score", y, base, tuned).method == "normal"
    assert confidence_interval("r2_score", y, base).method == "normal"
    assert compare("r2_score", y[:1000], base[:1000], tuned[:1000]).method == "approximate-randomization"
