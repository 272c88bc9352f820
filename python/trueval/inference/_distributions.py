"""Distribution functions and quantiles: normal, χ² of one degree of freedom, beta, Student's t, binomial.

`scipy.special` has all of them, but intervals of means and exact intervals would then need SciPy. The incomplete beta
function is the only one that takes some code: its continued fraction (DLMF 8.17.22) by the modified Lentz method, with
the factor in front of it in Loader's form (2000), which keeps 13 digits where differences of log-gammas keep 8 at 10^7
rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300


def normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution, infinite at 0 and 1."""
    if p <= 0.0:
        return -math.inf
    if p >= 1.0:
        return math.inf
    return _NORMAL.inv_cdf(p)


def normal_cdf(z: float) -> float:
    """Probability that a standard normal variable is at most `z`, without cancellation in the tails."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def chi2_sf(x: float) -> float:
    """Probability that a χ² variable of one degree of freedom exceeds `x`."""
    return math.erfc(math.sqrt(x / 2.0))


# Stirling's series for log(n!) less its leading terms; below 16 the differences themselves.
def _stirling_error(n: float) -> float:
    if n < 16.0:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2.0 * math.pi) if n > 0 else 0.0
    square = n * n
    series = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square
    return series / n


def _deviance(x: float, mean: float) -> float:
    """x·log(x / mean) + mean - x, without cancellation where both are close."""
    if x == 0.0:
        return mean
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        total, term, square = (x - mean) * v, 2.0 * x * v, v * v
        for j in range(3, 2001, 2):
            term *= square
            last, total = total, total + term / j
            if total == last:
                break
        return total
    return x * math.log(x / mean) + mean - x


def _log_beta_density(x: float, y: float, a: float, b: float) -> float:
    """Log of x^a·y^b / B(a, b), where y = 1 - x."""
    n = a + b
    log = _stirling_error(n) - _stirling_error(a) - _stirling_error(b)
    log -= _deviance(a, n * x) + _deviance(b, n * y)
    return log + 0.5 * math.log(a / n * b / (2.0 * math.pi))


def beta_cdf(x: float, a: float, b: float, y: float | None = None) -> float:
    """Probability that a beta variable is at most `x`, for a, b > 0; `y` is 1 - x, where that is known better."""
    y = 1.0 - x if y is None else y
    if x <= 0.0:
        return 0.0
    if y <= 0.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_lower(y, x, b, a)
    return _beta_lower(x, y, a, b)


def _beta_lower(x: float, y: float, a: float, b: float) -> float:
    factor = math.exp(_log_beta_density(x, y, a, b))
    if factor == 0.0:
        return 0.0
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    fraction = d
    for m in range(1, 100_000):
        for coefficient in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 + coefficient * d
            c = 1.0 + coefficient / c
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            step = c * d
            fraction *= step
        if abs(step - 1.0) < 1e-16:
            break
    return factor * fraction / a


def beta_quantile(p: float, a: float, b: float) -> float:
    """Quantile of the beta distribution; 0 and 1 at the ends, and for a or b of 0."""
    if p <= 0.0 or a == 0.0:
        return 0.0
    if p >= 1.0 or b == 0.0:
        return 1.0
    mean = a / (a + b)
    spread = math.sqrt(mean * (1.0 - mean) / (a + b + 1.0))
    guess = min(max(mean + normal_quantile(p) * spread, 1e-300), 1.0 - 1e-16)
    return _invert(lambda x: beta_cdf(x, a, b) - p, lambda x: _beta_density(x, a, b), 0.0, 1.0, guess)


def _beta_density(x: float, a: float, b: float) -> float:
    return math.exp(_log_beta_density(x, 1.0 - x, a, b)) / (x * (1.0 - x))


def _invert(
    excess: Callable[[float], float], slope: Callable[[float], float], low: float, high: float, guess: float
) -> float:
    """Root of an increasing function: Newton's steps, halving the bracket where they leave it."""
    x = guess
    for _ in range(200):
        value = excess(x)
        if value == 0.0:
            return x
        low, high = (x, high) if value < 0.0 else (low, x)
        density = slope(x)
        step = x - value / density if density > 1e-300 else math.nan
        # A product of bounds goes to a small root faster than their mean.
        middle = math.sqrt(low * high) if low > 0.0 and high / low > 4.0 else 0.5 * (low + high)
        following = step if low < step < high else middle
        if abs(following - x) <= 1e-15 * abs(following) or following in (low, high):
            return following
        x = following
    return x


def t_cdf(t: float, df: float) -> float:
    """Probability that Student's t of `df` degrees of freedom is at most `t`."""
    if math.isinf(t):
        return 0.0 if t < 0.0 else 1.0
    if df == math.inf:
        return normal_cdf(t)
    square = t * t
    tail = 0.5 * beta_cdf(df / (df + square), 0.5 * df, 0.5, square / (df + square))
    return tail if t < 0.0 else 1.0 - tail


def t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t; infinite at 0 and 1."""
    if p <= 0.0 or p >= 1.0 or df == math.inf:
        return normal_quantile(p)
    if p == 0.5:
        return 0.0
    if p > 0.5:
        return -t_quantile(1.0 - p, df)
    z = normal_quantile(p)
    log_density = math.lgamma(0.5 * (df + 1.0)) - math.lgamma(0.5 * df) - 0.5 * math.log(df * math.pi)
    # Fisher's expansion starts close by for many degrees of freedom, and halving takes care of few.
    guess = z + (z**3 + z) / (4.0 * df)
    low = min(10.0 * guess, -(abs(guess) + 1.0))
    while t_cdf(low, df) > p:
        low *= 4.0
    return _invert(
        lambda t: t_cdf(t, df) - p,
        lambda t: math.exp(log_density - 0.5 * (df + 1.0) * math.log1p(t * t / df)),
        low,
        0.0,
        guess,
    )


def binomial_half_cdf(k: int, n: int) -> float:
    """Probability of at most `k` heads in `n` tosses of a fair coin."""
    if k >= n:
        return 1.0
    if k < 0:
        return 0.0
    if n <= 1 << 9:  # exact, but for one rounding
        return sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    return beta_cdf(0.5, n - k, k + 1.0)
