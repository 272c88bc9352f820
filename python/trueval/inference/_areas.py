"""Areas under ROC curves: variances after DeLong, and what to do where there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from ._distributions import normal_quantile
from ._laws import Law, StudentLaw

Floats = NDArray[np.float64]


def _spread(count: int, total: int, squares: int, other: int) -> float:
    """Variance of the mean of `count` placements over twice the number of the `other` class, rounded once."""
    if count < 2:
        return math.nan
    return (count * squares - total * total) / (count * count * (count - 1) * 4 * other * other)


def variance(labels: NDArray[Any], positive: int | None, scores: NDArray[Any]) -> tuple[int, int, float]:
    """Positives, negatives and the variance of the area (DeLong, DeLong and Clarke-Pearson 1988)."""
    moments = _backend.current().auc_moments(labels, positive, scores)
    return moments[0], moments[1], variance_of(moments)


def variance_of(moments: tuple[int, int, int, int, int]) -> float:
    """Take the variance from the integers of ``auc_moments``."""
    up, down, twice, squares_up, squares_down = moments
    return _spread(up, twice, squares_up, down) + _spread(down, twice, squares_down, up)


def paired_variance(labels: NDArray[Any], positive: int | None, base: NDArray[Any], tuned: NDArray[Any]) -> float:
    """Variance of the difference of two areas of the same rows: that of the differences of the placements."""
    up, down, of_up, of_down = _backend.current().auc_covariance(labels, positive, base, tuned)
    total = 0.0
    for count, other, (a, b, aa, ab, bb) in ((up, down, of_up), (down, up, of_down)):
        total += _spread(count, b - a, aa - 2 * ab + bb, other)
    return total


class LogitLaw(Law):
    """An area whose logit is normal: its interval stays inside 0 and 1 (Pepe 2003, section 5.2.4)."""

    def __init__(self, area: float, standard_error: float) -> None:
        super().__init__(area, standard_error)
        self.inner = StudentLaw(math.log(area / (1 - area)), standard_error / (area * (1 - area)))

    def bound(self, tail: float, upper: bool) -> float:
        return 1.0 / (1.0 + math.exp(-self.inner.bound(tail, upper)))


class ScoreLaw(Law):
    """An area whose variance is that of exponential scores, at the bound itself (Newcombe 2006, method 5).

    It has an interval where DeLong's variance is 0 or undefined: at an area of 0 or 1, and for one row of a class.
    """

    def __init__(self, area: float, up: float, down: float) -> None:
        self.up, self.down = up, down
        super().__init__(area, math.sqrt(self._variance(area)))

    def _variance(self, area: float) -> float:
        more = (self.up + self.down) / 2 - 1
        factor = 1 + more * (1 - area) / (2 - area) + more * area / (1 + area)
        return area * (1 - area) * factor / (self.up * self.down)

    def bound(self, tail: float, upper: bool) -> float:
        z = -normal_quantile(tail)
        low, high = (self.estimate, 1.0) if upper else (0.0, self.estimate)
        if self.estimate == (1.0 if upper else 0.0):
            return self.estimate
        for _ in range(100):
            middle = 0.5 * (low + high)
            inside = abs(middle - self.estimate) <= z * math.sqrt(self._variance(middle))
            if inside == upper:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)


def area_law(method: str, area: float, standard_error: float, up: float, down: float) -> Law:
    """Law of one area."""
    if math.isnan(standard_error) or standard_error == 0.0 or not 0.0 < area < 1.0:
        return ScoreLaw(area, up, down)
    return LogitLaw(area, standard_error) if method == "delong-logit" else StudentLaw(area, standard_error)
