"""Several tests at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CORRECTIONS = ("holm", "bonferroni", "fdr_bh")


def adjust_pvalues(pvalues: Any, correction: str = "holm") -> NDArray[np.float64]:
    """Adjust p-values for their number.

    Parameters
    ----------
    pvalues : array-like of shape (n_tests,)
        P-values; NaN stays NaN and does not count.
    correction : {'holm', 'bonferroni', 'fdr_bh'}, default='holm'
        ``'bonferroni'`` and ``'holm'`` bound the probability of any false rejection; Holm's [1]_ rejects whatever
        Bonferroni's does, and more. ``'fdr_bh'``, of Benjamini and Hochberg [2]_, bounds the expected share of false
        rejections among all, for independent or positively dependent tests. It is not family-wise: among many tests
        some false rejections are to be expected.

    Returns
    -------
    adjusted : ndarray of shape (n_tests,)
        Reject where at most the level.

    Raises
    ------
    ValueError
        For an unknown correction, or what is no p-value.

    See Also
    --------
    compare : applies it to all of its comparisons.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
       1979.
    .. [2] Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate: a practical and powerful approach to
       multiple testing", Journal of the Royal Statistical Society B 57, 1995.

    Examples
    --------
    >>> from trueval.inference import adjust_pvalues
    >>> adjust_pvalues([0.01, 0.02, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    if correction not in CORRECTIONS:
        raise ValueError(f"correction must be one of {', '.join(map(repr, CORRECTIONS))}, got {correction!r}.")
    p = np.array(pvalues, dtype=np.float64)
    if p.ndim != 1:
        raise ValueError(f"pvalues must have one dimension, got shape {p.shape}.")
    known = ~np.isnan(p)
    values = p[known]
    if ((values < 0) | (values > 1)).any():
        raise ValueError("pvalues must lie between 0 and 1.")
    n = values.size
    if n == 0:
        return p
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    if correction == "bonferroni":
        adjusted = ranked * n
    elif correction == "holm":
        adjusted = np.maximum.accumulate(ranked * np.arange(n, 0, -1))
    else:
        adjusted = np.minimum.accumulate((ranked * n / np.arange(1, n + 1))[::-1])[::-1]
    values[order] = np.minimum(adjusted, 1.0)
    p[known] = values
    return p
