"""Proportions: intervals of one, and paired differences of two."""

from __future__ import annotations

import math
from collections.abc import Callable

from ._distributions import beta_quantile, binomial_half_cdf, chi2_sf, normal_cdf, normal_quantile

Bounds = tuple[float, float]


def wilson(k: float, n: float, alpha: float) -> Bounds:
    """Score interval (Wilson 1927): the proportions that the score test at level `alpha` does not reject."""
    z = -normal_quantile(alpha / 2)
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)


def clopper_pearson(k: float, n: float, alpha: float) -> Bounds:
    """Exact interval (Clopper and Pearson 1934): covers at least what it says, for every proportion."""
    return beta_quantile(alpha / 2, k, n - k + 1), beta_quantile(1 - alpha / 2, k + 1, n - k)


def agresti_coull(k: float, n: float, alpha: float) -> Bounds:
    """Wald's interval after adding z² rows, half of them hits (Agresti and Coull 1998)."""
    z = -normal_quantile(alpha / 2)
    p = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(p * (1 - p) / (n + z * z))
    return max(0.0, p - half), min(1.0, p + half)


def jeffreys(k: float, n: float, alpha: float) -> Bounds:
    """Quantiles under Jeffreys' prior; 0 and 1 where the data are (Brown, Cai and DasGupta 2001)."""
    low = 0.0 if k == 0 else beta_quantile(alpha / 2, k + 0.5, n - k + 0.5)
    return low, 1.0 if k == n else beta_quantile(1 - alpha / 2, k + 0.5, n - k + 0.5)


def wald(k: float, n: float, alpha: float) -> Bounds:
    """Take the normal interval: of width zero at 0 and 1, and short of its level elsewhere."""
    p = k / n
    half = -normal_quantile(alpha / 2) * math.sqrt(p * (1 - p) / n)
    return max(0.0, p - half), min(1.0, p + half)


INTERVALS: dict[str, Callable[[float, float, float], Bounds]] = {
    "wilson": wilson,
    "clopper-pearson": clopper_pearson,
    "agresti-coull": agresti_coull,
    "jeffreys": jeffreys,
    "normal": wald,
}


def tango_score(gains: int, losses: int, n: int, delta: float) -> float:
    """Score statistic z of the hypothesis that two proportions of the same `n` rows differ by `delta` (Tango 1998).

    `gains` rows are hits of the second model alone, `losses` of the first alone. At 0, z² is McNemar's χ² without
    correction, so that interval and test agree.
    """
    # The probability of a loss that is most likely if the difference is delta.
    a = 2 * n
    b = -gains - losses + (2 * n - gains + losses) * delta
    c = -losses * delta * (1 - delta)
    loss = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = n * (2 * loss + delta * (1 - delta))
    excess = gains - losses - n * delta
    if variance <= 0.0:
        return 0.0 if abs(excess) < 1e-12 * n else math.copysign(math.inf, excess)
    return excess / math.sqrt(variance)


def tango_bound(gains: int, losses: int, n: int, tail: float, upper: bool) -> float:
    """Find the difference whose score test has the one-sided p-value `tail`, by halving: the score falls with it.

    Newcombe's hybrid interval (1998), which needs no search, was the other choice; it is not that of a test, and may
    leave out 0 where McNemar's p-value is above the level.
    """
    if tail <= 0.0:
        return 1.0 if upper else -1.0
    z = -normal_quantile(tail)
    estimate = (gains - losses) / n
    low, high = (estimate, 1.0) if upper else (-1.0, estimate)
    target = -z if upper else z
    if upper and tango_score(gains, losses, n, 1.0) > target:
        return 1.0
    if not upper and tango_score(gains, losses, n, -1.0) < target:
        return -1.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if tango_score(gains, losses, n, middle) > target:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def mcnemar_statistic(gains: int, losses: int, corrected: bool) -> float:
    """McNemar's χ² (1947), with Edwards' correction (1948) on request; 0 without a discordant row."""
    discordant = gains + losses
    if not discordant:
        return 0.0
    excess = abs(gains - losses)
    return max(0, excess - corrected) ** 2 / discordant


def mcnemar_tail(gains: int, losses: int, method: str, side: str) -> float:
    """P-value of McNemar's test: that a discordant row falls to either side with probability ½.

    `side` is ``'two-sided'``, ``'greater'`` (the second model has more hits) or ``'less'``.
    """
    discordant = gains + losses
    if method == "mcnemar-exact":
        if side == "two-sided":
            return min(1.0, 2 * binomial_half_cdf(min(gains, losses), discordant)) if gains != losses else 1.0
        return binomial_half_cdf(losses if side == "greater" else gains, discordant)
    if not discordant:
        return 1.0
    statistic = mcnemar_statistic(gains, losses, method == "mcnemar-corrected")
    if side == "two-sided":
        return chi2_sf(statistic)
    towards = gains > losses if side == "greater" else gains < losses
    return normal_cdf(-math.sqrt(statistic) if towards else math.sqrt(statistic))
