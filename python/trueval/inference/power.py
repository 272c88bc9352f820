"""How many rows it takes to see a difference."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from ._distributions import normal_quantile
from .results import Comparison, Estimate


def required_rows(
    source: Any,
    difference: float | None = None,
    *,
    power: float = 0.8,
    confidence_level: float = 0.95,
    alternative: str = "two-sided",
    equivalence_margin: float | None = None,
) -> int:
    """Rows needed so that a difference of this size is probably found.

    Parameters
    ----------
    source : Comparison, Estimate or float
        How much rows vary: the result of `compare` or `confidence_interval` on some rows, or the standard deviation of
        what a row contributes to the difference. For two models of which a fraction q of the rows tells them apart, the
        latter is sqrt(q - difference²).
    difference : float, optional
        The difference to be found; by default the one that `source` has. With `equivalence_margin`, the true
        difference, by default 0.
    power : float, default=0.8
        Probability of finding it, at least.
    confidence_level : float, default=0.95
        One minus the level of the test.
    alternative : {'two-sided', 'less', 'greater'}, default='two-sided'
        The test's alternative.
    equivalence_margin : float, optional
        Rows needed to show by two one-sided tests that the difference is within the margin; with a one-sided
        alternative, that it is not beyond the margin on the other side.

    Returns
    -------
    rows : int
        Rows (queries, clusters), each with an answer of both models.

    Raises
    ------
    ValueError
        For a difference of 0, a difference beyond the margin, or parameters out of range.

    See Also
    --------
    compare : the test itself.

    Notes
    -----
    n = ((z(1 - α/2) + z(power)) · σ / difference)², with σ the standard deviation of a row's contribution and z the
    normal quantile [1]_ [2]_; α in place of α/2 for one-sided tests. For equivalence, the difference is what is left
    of the margin, and z((1 + power)/2) takes the place of z(power) where the true difference is 0 [3]_. The quantiles
    are the normal ones, so some rows more are needed where the answer is below 30.

    References
    ----------
    .. [1] E. L. Lehmann, J. P. Romano, "Testing Statistical Hypotheses", 3rd edition, 2005, section 11.2.
    .. [2] E. Miller, "Adding error bars to evals: a statistical approach to language model evaluations", 2024.
    .. [3] S.-C. Chow, J. Shao, H. Wang, "Sample Size Calculations in Clinical Research", 2nd edition, 2008, section
       3.2.

    Examples
    --------
    Two models that disagree on a tenth of the rows: how many show that one is right on two points more?

    >>> from trueval.inference import required_rows
    >>> required_rows((0.1 - 0.02**2) ** 0.5, 0.02)
    1955
    """
    if not 0 < confidence_level < 1 or not 0 < power < 1:
        raise ValueError(f"confidence_level and power must lie between 0 and 1, got {confidence_level} and {power}.")
    if alternative not in ("two-sided", "less", "greater"):
        raise ValueError(f"alternative must be 'two-sided', 'less' or 'greater', got {alternative!r}.")
    spread, found = _spread(source)
    if not (math.isfinite(spread) and spread >= 0):
        raise ValueError(f"source must have a finite standard deviation, got {spread}.")
    alpha = 1.0 - confidence_level
    if equivalence_margin is None:
        gap = found if difference is None else difference
        if gap is None or not math.isfinite(gap) or gap == 0:
            raise ValueError(
                f"difference must be finite and not 0, got {gap}: no number of rows shows what is not there."
            )
        if (alternative == "greater" and gap < 0) or (alternative == "less" and gap > 0):
            raise ValueError(f"difference must be on the side of alternative={alternative!r}, got {gap}.")
        level = normal_quantile(1 - alpha / 2 if alternative == "two-sided" else 1 - alpha)
        reached = level + normal_quantile(power)
    else:
        true = 0.0 if difference is None else float(difference)
        signed = {"two-sided": -abs(true), "greater": true, "less": -true}[alternative]
        gap = equivalence_margin + signed
        if not gap > 0:
            raise ValueError(f"difference must be within equivalence_margin={equivalence_margin}, got {true}.")
        both = alternative == "two-sided" and true == 0
        reached = normal_quantile(1 - alpha) + normal_quantile((1 + power) / 2 if both else power)
    return max(1, math.ceil(round((max(0.0, reached) * spread / abs(gap)) ** 2, 9)))


def _spread(source: Any) -> tuple[float, float | None]:
    if isinstance(source, Comparison):
        return source.standard_error * math.sqrt(source.n), source.difference
    if isinstance(source, Estimate):
        return source.standard_error * math.sqrt(source.n), None
    if isinstance(source, Real) and not isinstance(source, bool):
        return float(source), None
    raise TypeError(f"source must be a Comparison, an Estimate or a number, got {type(source).__name__}.")
