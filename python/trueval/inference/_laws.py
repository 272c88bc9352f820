"""What is known of an estimate: the interval and the p-values that follow from it.

A law has a standard error, bounds (`bound` gives the one that the estimand lies beyond with a given probability) and
tails (`tail` gives the p-value of the hypothesis that the estimand is `shift`, against one side). `interval` and `test`
join them for any level, alternative and margin.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._distributions import normal_cdf, normal_quantile, t_cdf, t_quantile
from ._proportions import INTERVALS, mcnemar_statistic, mcnemar_tail, tango_bound, tango_score
from .results import ConfidenceInterval

Floats = NDArray[np.float64]


class Law:
    """Base of the laws: an estimate with a standard error."""

    def __init__(self, estimate: float, standard_error: float) -> None:
        self.estimate = estimate
        self.standard_error = standard_error

    def bound(self, tail: float, upper: bool) -> float:
        raise NotImplementedError

    def tail(self, shift: float, side: str) -> float:
        raise NotImplementedError

    def statistic(self, shift: float) -> float:
        """Distance of the estimate from a hypothesis, in the units of the test."""
        return self.estimate - shift

    def interval(self, level: float, alternative: str = "two-sided") -> ConfidenceInterval:
        """Interval of the level; one-sided alternatives have one bound."""
        alpha = 1.0 - level
        if alternative == "greater":
            return ConfidenceInterval(float(self.bound(alpha, False)), math.inf)
        if alternative == "less":
            return ConfidenceInterval(-math.inf, float(self.bound(alpha, True)))
        return ConfidenceInterval(float(self.bound(alpha / 2, False)), float(self.bound(alpha / 2, True)))

    def test(self, alternative: str, margin: float | None) -> tuple[float, float]:
        """Statistic and p-value.

        With a margin the hypothesis is turned round: two-sided, that the difference is beyond it to either side
        (Schuirmann's two one-sided tests, 1987); ``'greater'``, that it is below -margin; ``'less'``, above margin.
        """
        if margin is None:
            return self.statistic(0.0), float(self.tail(0.0, alternative))
        sides = {"greater": -margin, "less": margin}
        if alternative != "two-sided":
            sides = {alternative: sides[alternative]}
        pvalue, shift = max((float(self.tail(shift, side)), shift) for side, shift in sides.items())
        return self.statistic(shift), pvalue


class StudentLaw(Law):
    """Estimate over standard error has Student's t distribution; the normal one for infinite degrees of freedom.

    Without any spread the interval is the estimate, and the p-value 1 where the hypothesis is the estimate, else 0.
    """

    def __init__(self, estimate: float, standard_error: float, df: float = math.inf) -> None:
        super().__init__(estimate, standard_error)
        self.df = df

    def bound(self, tail: float, upper: bool) -> float:
        if self.df < 1 or math.isnan(self.standard_error):
            return math.nan
        if self.standard_error == 0.0:
            return self.estimate
        half = -t_quantile(tail, self.df) * self.standard_error
        return self.estimate + half if upper else self.estimate - half

    def statistic(self, shift: float) -> float:
        excess = self.estimate - shift
        if self.standard_error == 0.0:
            return 0.0 if excess == 0.0 else math.copysign(math.inf, excess)
        return excess / self.standard_error

    def tail(self, shift: float, side: str) -> float:
        statistic = self.statistic(shift)
        if self.df < 1 or math.isnan(statistic):
            return math.nan
        if side == "greater":
            return t_cdf(-statistic, self.df)
        if side == "less":
            return t_cdf(statistic, self.df)
        return 2.0 * t_cdf(-abs(statistic), self.df)


def independent_difference(a: StudentLaw, b: StudentLaw) -> StudentLaw:
    """Law of `a` less `b`, which are independent: Welch's (1947), with Satterthwaite's degrees of freedom (1946)."""
    shares = a.standard_error**2, b.standard_error**2
    df = math.inf
    if sum(shares) > 0 and min(a.df, b.df) < math.inf:
        df = sum(shares) ** 2 / (shares[0] ** 2 / a.df + shares[1] ** 2 / b.df)
    return StudentLaw(a.estimate - b.estimate, math.sqrt(sum(shares)), df)


class TransformedLaw(Law):
    """An increasing function of an estimate that has a law of its own; `low` is the least that is possible."""

    def __init__(
        self, inner: Law, estimate: float, standard_error: float, back: Callable[[float], float], low: float
    ) -> None:
        super().__init__(estimate, standard_error)
        self.inner, self.back, self.low = inner, back, low

    def bound(self, tail: float, upper: bool) -> float:
        return self.back(max(self.low, self.inner.bound(tail, upper)))


class ProportionLaw(Law):
    """`k` hits among `n` rows."""

    def __init__(self, k: int, n: int, method: str) -> None:
        p = k / n
        super().__init__(p, math.sqrt(p * (1 - p) / n))
        self.k, self.n, self.bounds = k, n, INTERVALS[method]

    def bound(self, tail: float, upper: bool) -> float:
        return self.bounds(self.k, self.n, 2 * tail)[upper]


class PairedProportionLaw(Law):
    """Two proportions of hits among the same `n` rows: McNemar's tests, and Tango's score interval."""

    def __init__(self, gains: int, losses: int, n: int, method: str) -> None:
        estimate = (gains - losses) / n
        super().__init__(estimate, math.sqrt(max(0.0, (gains + losses) / n - estimate**2) / n))
        self.gains, self.losses, self.n, self.method = gains, losses, n, method

    def bound(self, tail: float, upper: bool) -> float:
        return tango_bound(self.gains, self.losses, self.n, tail, upper)

    def statistic(self, shift: float) -> float:
        if shift != 0.0:
            return tango_score(self.gains, self.losses, self.n, shift)
        if self.method == "mcnemar-exact":
            return float(min(self.gains, self.losses))
        return mcnemar_statistic(self.gains, self.losses, self.method == "mcnemar-corrected")

    def tail(self, shift: float, side: str) -> float:
        if shift == 0.0:
            return mcnemar_tail(self.gains, self.losses, self.method, side)
        z = tango_score(self.gains, self.losses, self.n, shift)
        return normal_cdf(-z if side == "greater" else z)


def _quantile(values: Floats, p: float) -> float:
    return float(np.quantile(values, min(max(p, 0.0), 1.0)))


def _bend(z: float, acceleration: float) -> float:
    """Z / (1 + acceleration · z), which has its pole at infinity."""
    divisor = 1 + acceleration * z
    return z / divisor if divisor > 0 else math.copysign(math.inf, z)


class BootstrapLaw(Law):
    """Replicates of an estimate; p-values are the levels at which the interval would end at the hypothesis.

    ``'percentile'``, ``'basic'`` and ``'bca'`` after Efron (1987) and Davison and Hinkley (1997, chapter 5).
    `acceleration` is that of BCa; replicates that are NaN are left out.
    """

    def __init__(self, estimate: float, replicates: Floats, kind: str, acceleration: float = 0.0) -> None:
        self.replicates = replicates[~np.isnan(replicates)]
        spread = float(np.std(self.replicates, ddof=1)) if self.replicates.size > 1 else math.nan
        super().__init__(estimate, spread)
        self.kind, self.acceleration = kind, acceleration
        self.constant = self.replicates.size == 0 or bool(np.all(self.replicates == self.replicates[0]))
        if kind == "bca" and not self.constant:
            below, level = np.mean(self.replicates < estimate), np.mean(self.replicates <= estimate)
            self.bias = normal_quantile(float(below + level) / 2)

    def bound(self, tail: float, upper: bool) -> float:
        if self.replicates.size == 0:
            return math.nan
        p = 1 - tail if upper else tail
        if self.kind == "basic":
            return 2 * self.estimate - _quantile(self.replicates, 1 - p)
        if self.kind == "bca" and not self.constant:
            if math.isinf(self.bias):  # every replicate lies to one side of the estimate
                return self.estimate if (self.bias > 0) == upper else float(np.median(self.replicates))
            p = normal_cdf(self.bias + _bend(self.bias + normal_quantile(p), -self.acceleration))
        return _quantile(self.replicates, p)

    def tail(self, shift: float, side: str) -> float:
        if self.replicates.size == 0:
            return math.nan
        if side == "two-sided":
            return min(1.0, 2 * min(self.tail(shift, "greater"), self.tail(shift, "less")))
        greater = side == "greater"
        if self.kind == "basic":
            mirrored = 2 * self.estimate - shift
            return self._share(self.replicates >= mirrored if greater else self.replicates <= mirrored)
        share = self._share(self.replicates <= shift if greater else self.replicates >= shift)
        if self.kind == "percentile" or self.constant or math.isinf(self.bias):
            return share
        # No share is 0; one of 1 is as far as so many replicates can tell.
        reached = normal_quantile(min(share, 1 - 1 / (self.replicates.size + 1)))
        z = _bend((reached if greater else -reached) - self.bias, self.acceleration) - self.bias
        return normal_cdf(z if greater else -z)

    @staticmethod
    def _share(extreme: NDArray[np.bool_]) -> float:
        return (int(np.count_nonzero(extreme)) + 1) / (extreme.size + 1)


class StudentizedLaw(Law):
    """Replicates of (estimate* - estimate) / standard error* (Efron 1982; Hall 1988)."""

    def __init__(self, estimate: float, standard_error: float, replicates: Floats, errors: Floats) -> None:
        super().__init__(estimate, standard_error)
        with np.errstate(invalid="ignore", divide="ignore"):
            studentized = (replicates - estimate) / errors
        # Without any spread a replicate has no t; one that is the estimate has 0.
        studentized[(errors == 0) & (replicates == estimate)] = 0.0
        self.studentized = studentized[~np.isnan(studentized)]

    def bound(self, tail: float, upper: bool) -> float:
        if self.standard_error == 0.0:
            return self.estimate
        if self.studentized.size == 0:
            return math.nan
        # An infinite t (a replicate without spread) is further out than any other.
        t = float(np.quantile(self.studentized, tail if upper else 1 - tail, method="inverted_cdf"))
        return self.estimate - t * self.standard_error

    def statistic(self, shift: float) -> float:
        return StudentLaw(self.estimate, self.standard_error).statistic(shift)

    def tail(self, shift: float, side: str) -> float:
        if side == "two-sided":
            return min(1.0, 2 * min(self.tail(shift, "greater"), self.tail(shift, "less")))
        t = self.statistic(shift)
        extreme = self.studentized >= t if side == "greater" else self.studentized <= t
        return (int(np.count_nonzero(extreme)) + 1) / (extreme.size + 1)


class RandomizationLaw(Law):
    """Differences under swaps of the two models, row by row, which tell the p-value; an interval from another law."""

    def __init__(self, estimate: float, swapped: Floats, other: Law) -> None:
        super().__init__(estimate, other.standard_error)
        self.swapped, self.other = swapped, other

    def bound(self, tail: float, upper: bool) -> float:
        return self.other.bound(tail, upper)

    def tail(self, shift: float, side: str) -> float:
        if shift != 0.0:
            raise ValueError(
                "A randomization test knows the difference of 0 alone, so it cannot test for equivalence: expected a "
                "method that has an interval of its own, such as 't', 'delong', 'mcnemar' or 'bootstrap-percentile'."
            )
        swapped = self.swapped[~np.isnan(self.swapped)]
        # Sums in another order of the same terms differ in their last bits.
        reach: Any = abs(self.estimate) * (1 - 1e-12)
        if side == "two-sided":
            extreme = np.abs(swapped) >= reach
        else:
            sign = 1.0 if side == "greater" else -1.0
            extreme = sign * swapped >= sign * self.estimate - 1e-12 * abs(self.estimate)
        return (int(np.count_nonzero(extreme)) + 1) / (swapped.size + 1)
