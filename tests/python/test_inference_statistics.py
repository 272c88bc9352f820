"""`trueval.inference.compare_statistics` against `compare`, for metrics that both know, and against SciPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.stats
import trueval
from trueval.inference import compare, compare_statistics

pytestmark = pytest.mark.usefixtures("backend")

RNG = np.random.default_rng(4)
N = 80
TRUE = RNG.gamma(2, size=N)
BASE, TUNED = TRUE + RNG.normal(size=N), TRUE + RNG.normal(scale=0.9, size=N)
CLUSTER = np.arange(N) // 4


def r2_columns(pred: Any) -> Any:
    apart = TRUE - np.average(TRUE, weights=np.ones(N))
    return np.column_stack([np.ones(N), (TRUE - pred) ** 2, apart, apart**2])


def r2(sums: Any) -> Any:
    return 1 - sums[:, 1] / (sums[:, 3] - sums[:, 2] ** 2 / sums[:, 0])


@pytest.mark.parametrize(
    "method",
    ["auto", "approximate-randomization", "bootstrap-percentile", "bootstrap-basic", "bootstrap-bca", "normal"],
)
@pytest.mark.parametrize("resampling", ["multinomial", "poisson"])
@pytest.mark.parametrize("cluster", [None, CLUSTER])
def test_it_is_compare_for_a_metric_that_compare_knows(method: str, resampling: str, cluster: Any) -> None:
    options = {"method": method, "resampling": resampling, "cluster": cluster, "n_resamples": 300, "rng": 5}
    known = compare("r2_score", TRUE, BASE, TUNED, **options)
    found = compare_statistics(r2, r2_columns(BASE), r2_columns(TUNED), **options)
    # The values themselves are those of the function here, and of r2_score there.
    assert found.base == pytest.approx(trueval.r2_score(TRUE, BASE), rel=1e-12)
    for name in ("base", "tuned", "difference", "standard_error", "confidence_interval", "statistic", "pvalue"):
        assert getattr(found, name) == pytest.approx(getattr(known, name), rel=1e-9), name
    assert (found.method, found.n) == (known.method, known.n)
    assert found == replace(found, wins=None, ties=None, losses=None)


def test_scipy_draws_the_same_interval() -> None:
    difference = TUNED - BASE

    def mean(sums: Any) -> Any:
        return sums[:, 0] / N

    found = compare_statistics(mean, BASE, TUNED, method="bootstrap-percentile", n_resamples=9999, rng=0)
    theirs = scipy.stats.bootstrap((difference,), np.mean, method="percentile", n_resamples=9999, rng=1)
    # A quantile of 2.5 % from 10,000 draws has a standard deviation of 0.027 of the spread; two of them, 5 times.
    assert found.confidence_interval == pytest.approx(theirs.confidence_interval, abs=0.19 * found.standard_error)
    assert found.difference == pytest.approx(difference.mean(), rel=1e-12)
    test = scipy.stats.permutation_test((difference,), np.mean, permutation_type="samples", n_resamples=9999, rng=1)
    swapped = compare_statistics(mean, BASE, TUNED, n_resamples=9999, rng=0)
    p = test.pvalue
    assert swapped.pvalue == pytest.approx(p, abs=5 * np.sqrt(2 * p * (1 - p) / 9999))


def test_one_sided_and_equivalence() -> None:
    arguments = (r2, r2_columns(BASE), r2_columns(TUNED))
    both = compare_statistics(*arguments, method="normal")
    greater = compare_statistics(*arguments, method="normal", alternative="greater")
    assert greater.confidence_interval.high == np.inf
    assert min(greater.pvalue, 1 - greater.pvalue) == pytest.approx(both.pvalue / 2, rel=1e-9)
    known = compare("r2_score", TRUE, BASE, TUNED, method="normal", equivalence_margin=0.5)
    found = compare_statistics(*arguments, method="normal", equivalence_margin=0.5)
    assert found.pvalue == pytest.approx(known.pvalue, rel=1e-9)


def test_an_undefined_metric() -> None:
    found = compare_statistics(lambda sums: sums[:, 0] * np.nan, BASE, TUNED)
    assert np.isnan([found.base, found.difference, found.pvalue, *found.confidence_interval]).all()


def test_what_is_refused() -> None:
    for arguments, options, message in (
        ((r2, np.ones((3, 4)), np.ones((2, 4))), {}, r"the same shape, got \(3, 4\) and \(2, 4\)"),
        ((r2, np.ones((3, 4, 1)), np.ones((3, 4, 1))), {}, r"base must have shape .* got \(3, 4, 1\)"),
        ((r2, np.ones((0, 4)), np.ones((0, 4))), {}, "base must have shape"),
        ((r2, np.ones((3, 4)), np.full((3, 4), np.nan)), {}, "tuned must hold finite numbers"),
        ((np.sum, np.ones((3, 4)), np.ones((3, 4))), {}, r"expected shape \(1,\), got \(\)"),
        ((r2, r2_columns(BASE), r2_columns(TUNED)), {"method": "t"}, "method='t' does not suit r2 in a comparison"),
        ((r2, r2_columns(BASE), r2_columns(TUNED)), {"confidence_level": 1}, "confidence_level must lie"),
        ((r2, r2_columns(BASE), r2_columns(TUNED)), {"alternative": "other"}, "alternative must be"),
        ((r2, r2_columns(BASE), r2_columns(TUNED)), {"cluster": [1]}, "inconsistent numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            compare_statistics(*arguments, **options)
    with pytest.raises(TypeError, match="function must be callable, got 'r2'"):
        compare_statistics("r2", BASE, TUNED)
