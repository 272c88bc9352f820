"""Do 95 % intervals hold the truth in 95 % of samples, and are p-values uniform where there is no difference?

Intervals of proportions are judged exactly, by adding up the probabilities of the samples whose interval holds the
truth; the others in simulations, short ones here, long ones by `make soak`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
import simulations
from trueval.inference._proportions import INTERVALS, tango_bound

NOMINAL = (0.935, 0.965)

# Mean coverage over proportions around 0.5 and around 0.1 where it is not nominal: Clopper and Pearson's never falls
# below its level, Agresti and Coull's is wide for rare events of few rows, and Wald's falls short, as documented.
EXCEPTIONS = {
    ("clopper-pearson", 30): ((0.95, 0.97), (0.975, 0.985)),
    ("agresti-coull", 30): (NOMINAL, (0.96, 0.975)),
    ("normal", 30): ((0.925, 0.94), (0.875, 0.895)),
}


@pytest.mark.parametrize("method", INTERVALS)
@pytest.mark.parametrize("n", [30, 300, 3000])
def test_proportions(method: str, n: int) -> None:
    bounds = np.array([INTERVALS[method](k, n, 0.05) for k in range(n + 1)])
    usual, rare = EXCEPTIONS.get((method, n), (NOMINAL, NOMINAL))
    for (low, high), proportions in ((usual, np.linspace(0.3, 0.7, 201)), (rare, np.linspace(0.05, 0.15, 201))):
        shares = []
        for p in proportions:
            probabilities = scipy.stats.binom.pmf(np.arange(n + 1), n, p)
            shares.append(float(probabilities[(bounds[:, 0] <= p) & (p <= bounds[:, 1])].sum()))
        assert low <= np.mean(shares) <= high
        if method == "clopper-pearson":
            assert min(shares) >= 0.95 - 1e-12


def test_the_figure_in_the_documentation() -> None:
    """Wald's interval for a proportion of 0.1 of 30 rows covers 81 %."""
    held = [k for k in range(31) if (b := INTERVALS["normal"](k, 30, 0.05))[0] <= 0.1 <= b[1]]
    assert round(float(scipy.stats.binom.pmf(held, 30, 0.1).sum()), 2) == 0.81


@pytest.mark.parametrize(("least", "most", "band"), [(0.05, 0.3, NOMINAL), (0.02, 0.1, (0.95, 0.985))])
def test_differences_of_paired_proportions(least: float, most: float, band: tuple[float, float]) -> None:
    """Tango's interval for 30 rows; where one row in twenty is discordant, it is wider than it need be."""
    n = 30
    outcomes = [(gains, losses) for gains in range(n + 1) for losses in range(n + 1 - gains)]
    bounds = {o: (tango_bound(*o, n, 0.025, False), tango_bound(*o, n, 0.025, True)) for o in outcomes}
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(40):
        a, b = rng.uniform(least, most, 2)
        held = [o for o in outcomes if bounds[o][0] <= a - b <= bounds[o][1]]
        counts = [(gains, losses, n - gains - losses) for gains, losses in held]
        shares.append(float(scipy.stats.multinomial(n, [a, b, 1 - a - b]).pmf(counts).sum()))
    assert band[0] <= np.mean(shares) <= band[1]
    assert min(shares) > 0.93


CASES = [
    (name, paired, method)
    for name in simulations.SCENARIOS
    for paired in (False, True)
    for method in simulations.methods_of(name, paired)
]


def within(share: float, trials: int, band: tuple[float, float]) -> bool:
    """Whether a share of trials is in a band, but for 3.5 standard deviations."""
    slack = 3.5 * math.sqrt(0.05 * 0.95 / trials)
    return band[0] - slack <= share <= band[1] + slack


# Percent covered in 300 samples of 30 rows, where it is not the nominal level: few positives, skewed errors, three
# clusters.
_MEASURED_30 = {
    ("f1 rare", False, "bootstrap-bca"): 85.0,
    ("f1 rare", False, "bootstrap-percentile"): 84.3,
    ("f1 rare", False, "bootstrap-basic"): 68.7,
    ("f1 rare", False, "normal"): 82.7,
    ("f1 rare", True, "bootstrap-percentile"): 80.7,
    ("f1 rare", True, "bootstrap-basic"): 84.7,
    ("f1 rare", True, "bootstrap-bca"): 77.3,
    ("f1 rare", True, "normal"): 86.0,
    ("matthews", False, "bootstrap-basic"): 89.7,
    ("matthews", True, "bootstrap-percentile"): 89.7,
    ("matthews", True, "bootstrap-basic"): 92.0,
    ("matthews", True, "bootstrap-bca"): 87.7,
    ("matthews", True, "normal"): 92.0,
    ("precision", False, "bootstrap-bca"): 92.7,
    ("precision", False, "bootstrap-percentile"): 88.3,
    ("precision", False, "bootstrap-basic"): 76.0,
    ("precision", False, "normal"): 86.3,
    ("precision", True, "bootstrap-percentile"): 91.7,
    ("precision", True, "bootstrap-bca"): 85.3,
    ("precision rare", False, "bootstrap-bca"): 81.7,
    ("precision rare", False, "bootstrap-percentile"): 81.3,
    ("precision rare", False, "bootstrap-basic"): 60.7,
    ("precision rare", False, "normal"): 74.3,
    ("precision rare", True, "bootstrap-percentile"): 70.3,
    ("precision rare", True, "bootstrap-basic"): 82.0,
    ("precision rare", True, "bootstrap-bca"): 65.3,
    ("precision rare", True, "normal"): 85.0,
    ("squared error", False, "t"): 90.0,
    ("squared error", False, "normal"): 87.7,
    ("squared error", False, "bootstrap-percentile"): 88.7,
    ("squared error", False, "bootstrap-basic"): 84.3,
    ("squared error", False, "bootstrap-bca"): 90.0,
    ("squared error", True, "bootstrap-percentile"): 92.3,
    ("squared error", True, "bootstrap-bca"): 90.3,
    ("squared error", True, "bootstrap-t"): 92.3,
    ("area", False, "delong"): 89.7,
    ("area", False, "bootstrap-percentile"): 92.3,
    ("area", False, "bootstrap-basic"): 87.0,
    ("area", False, "bootstrap-t"): 98.7,
    ("area", True, "bootstrap-basic"): 97.0,
    ("area", True, "bootstrap-bca"): 92.0,
    ("area rare", False, "delong-logit"): 92.0,
    ("area rare", False, "delong"): 81.0,
    ("area rare", False, "bootstrap-percentile"): 81.3,
    ("area rare", False, "bootstrap-basic"): 72.0,
    ("area rare", False, "bootstrap-bca"): 86.7,
    ("area rare", False, "bootstrap-t"): 98.0,
    ("area rare", True, "bootstrap-percentile"): 89.3,
    ("area rare", True, "bootstrap-bca"): 85.0,
    ("absolute error", False, "bootstrap-percentile"): 92.3,
    ("root", False, "t"): 90.0,
    ("root", False, "bootstrap-percentile"): 88.7,
    ("root", False, "bootstrap-basic"): 90.0,
    ("root", False, "bootstrap-bca"): 89.7,
    ("root", True, "bootstrap-basic"): 91.7,
    ("root", True, "bootstrap-bca"): 92.3,
    ("r2", False, "bootstrap-bca"): 91.0,
    ("r2", False, "bootstrap-percentile"): 90.3,
    ("r2", False, "bootstrap-basic"): 85.0,
    ("r2", False, "normal"): 91.0,
    ("r2", True, "bootstrap-percentile"): 92.7,
    ("r2", True, "bootstrap-basic"): 99.0,
    ("r2", True, "bootstrap-bca"): 92.3,
    ("documents", False, "normal"): 78.3,
    ("documents", False, "bootstrap-percentile"): 72.7,
    ("documents", False, "bootstrap-basic"): 71.0,
    ("documents", False, "bootstrap-bca"): 71.7,
    ("documents", False, "bootstrap-t"): 98.7,
    ("documents", True, "normal"): 83.3,
    ("documents", True, "bootstrap-percentile"): 73.7,
    ("documents", True, "bootstrap-basic"): 75.3,
    ("documents", True, "bootstrap-bca"): 70.3,
    ("documents", True, "bootstrap-t"): 98.7,
    ("accuracy", False, "bootstrap-basic"): 88.2,
    ("accuracy", False, "bootstrap-bca"): 97.0,
    ("accuracy", True, "normal"): 91.8,
    ("accuracy", True, "bootstrap-percentile"): 91.0,
    ("accuracy", True, "bootstrap-basic"): 92.2,
    ("accuracy", True, "bootstrap-bca"): 86.5,
    ("f1", False, "bootstrap-basic"): 89.5,
    ("f1", True, "bootstrap-percentile"): 91.2,
    ("f1", True, "bootstrap-bca"): 88.0,
}
# A share of 300 is good to three times 2.6 points at most.
AT_30 = {key: (share / 100 - 0.06, share / 100 + 0.06) for key, share in _MEASURED_30.items()}
# The same of 150 samples of 300 rows.
_MEASURED_300 = {
    ("precision rare", True, "bootstrap-percentile"): 92.0,
    ("precision rare", True, "bootstrap-basic"): 87.3,
    ("precision rare", True, "bootstrap-bca"): 86.7,
    ("precision rare", False, "bootstrap-basic"): 90.0,
    ("precision", True, "bootstrap-bca"): 91.3,
    ("precision", False, "bootstrap-bca"): 92.0,
    ("documents", True, "bootstrap-bca"): 91.3,
}
AT_300 = {key: (share / 100 - 0.07, share / 100 + 0.07) for key, share in _MEASURED_300.items()}


@pytest.mark.parametrize(("name", "paired", "method"), CASES)
def test_coverage_at_300_rows(name: str, paired: bool, method: str, native: None) -> None:
    trials = 60 if "bootstrap" in method else 400
    share = simulations.covered(name, method, 300, trials, paired=paired, resamples=199)
    assert within(share, trials, AT_300.get((name, paired, method), NOMINAL))


@pytest.mark.soak
@pytest.mark.parametrize(("name", "paired", "method"), CASES)
@pytest.mark.parametrize("n", [30, 300, 3000])
def test_coverage(name: str, paired: bool, method: str, n: int, native: None) -> None:
    trials = 1000 if n == 3000 and "bootstrap" in method else 3000
    share = simulations.covered(name, method, n, trials, paired=paired, resamples=999)
    known = {30: AT_30, 300: AT_300}.get(n, {})
    assert within(share, trials, known.get((name, paired, method), NOMINAL))


UNIFORM = [
    ("absolute error", "t", 30, 400),
    ("squared error", "t", 300, 300),
    ("absolute error", "permutation", 30, 300),
    ("documents", "t", 300, 300),
    ("documents", "permutation", 300, 300),
    ("area", "delong", 300, 300),
    ("area rare", "delong", 300, 300),
    ("f1", "approximate-randomization", 300, 200),
    ("matthews", "approximate-randomization", 300, 200),
    ("r2", "approximate-randomization", 300, 200),
    ("root", "t", 300, 200),
    ("precision", "normal", 300, 150),
]


@pytest.mark.parametrize(("name", "method", "n", "trials"), UNIFORM)
def test_pvalues_are_uniform_without_a_difference(name: str, method: str, n: int, trials: int, native: None) -> None:
    found = simulations.null_pvalues(name, method, n, trials, resamples=199)
    # A fixed seed, so that this is passed always or never; one right method in a thousand would fail.
    assert scipy.stats.kstest(found, "uniform").pvalue > 0.001


@pytest.mark.parametrize("method", ["mcnemar", "mcnemar-exact", "mcnemar-corrected"])
def test_mcnemar_rejects_no_more_than_it_says(method: str) -> None:
    """Exactly, over all numbers of discordant rows that fall either way."""
    from trueval.inference._proportions import mcnemar_tail

    for discordant in (10, 25, 40, 100):
        probabilities = scipy.stats.binom.pmf(np.arange(discordant + 1), discordant, 0.5)
        pvalues = np.array([mcnemar_tail(k, discordant - k, method, "two-sided") for k in range(discordant + 1)])
        for level in (0.01, 0.05, 0.1):
            size = float(probabilities[pvalues <= level].sum())
            # χ² without correction is not exact; for 25 rows and more its size is at most this.
            assert size <= level * (1.0 if method != "mcnemar" else 1.5) + 1e-12
