"""Graded relevance: discounted cumulative gain."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._averaging import average
from .._parameters import (
    OPTIONAL,
    Interval,
    validate,
)
from .._validation.scores import (
    check_gains,
    query_weights,
    settle_gains,
)


def _discount(n_documents: int, k: int | None, log_base: float = 2) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        discount = 1 / (np.log(np.arange(n_documents) + 2) / np.log(log_base))
    if k is not None:
        discount[k:] = 0
    return np.asarray(discount, dtype=np.float64)


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    k=[Interval(Integral, 1, None, closed="left"), None],
    log_base=[Interval(Real, 0.0, None, closed="neither")],
    sample_weight=OPTIONAL,
    ignore_ties=["boolean"],
)
def dcg_score(
    y_true: Any,
    y_score: Any,
    *,
    k: int | None = None,
    log_base: float = 2,
    sample_weight: Any = None,
    ignore_ties: bool = False,
) -> float:
    """Discounted cumulative gain: relevances summed in the order of the scores, the lower the rank the less.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_documents)
        Relevance of each document to each query, two documents at least.
    y_score : array-like of shape (n_samples, n_documents)
        Scores by which the documents are ranked, the highest first.
    k : int, optional
        Count the first k ranks only.
    log_base : float, default=2
        Base of the logarithm of the discount; smaller is steeper.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the queries.
    ignore_ties : bool, default=False
        Take the ranks of tied scores as they fall, which is faster: the later column first.

    Returns
    -------
    dcg : float
        Mean over the queries.

    Raises
    ------
    ValueError
        For NaN or infinity, no query, shapes that differ, fewer than two documents.
    ZeroDivisionError
        For weights that add up to zero.

    See Also
    --------
    ndcg_score : the same over the best that is possible.

    Notes
    -----
    The gain at rank r = 1, 2, ... is divided by log(r + 1) [1]_. Documents of equal score share the mean of their
    discounts [2]_; -0.0 ties with 0.0.

    Time is O(n_samples * n_documents * log n_documents), scratch memory O(n_documents) a thread and 8 bytes a query.

    References
    ----------
    .. [1] K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20, 2002.
    .. [2] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.dcg_score([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]), 4)
    9.4995
    >>> round(tv.dcg_score([[10, 0, 0, 1, 5]], [[1, 0, 0, 0, 1]], k=1), 4)  # a tie for the first rank
    7.5
    """
    per_query = dcg_by_query(y_true, y_score, sample_weight, k=k, log_base=log_base, ignore_ties=ignore_ties)
    return average(per_query, query_weights(sample_weight))


def dcg_by_query(
    y_true: Any,
    y_score: Any,
    sample_weight: Any = None,
    *,
    k: int | None = None,
    log_base: float = 2,
    ignore_ties: bool = False,
) -> NDArray[np.float64]:
    """Check the inputs and return the gain of each query."""
    true, score, _ = check_gains(y_true, y_score, sample_weight)
    gains = settle_gains(true, score)
    discount = _discount(gains.shape[1], k, log_base)
    return np.asarray(_backend.current().dcg(gains, score, discount, bool(ignore_ties)))


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    k=[Interval(Integral, 1, None, closed="left"), None],
    sample_weight=OPTIONAL,
    ignore_ties=["boolean"],
)
def ndcg_score(
    y_true: Any, y_score: Any, *, k: int | None = None, sample_weight: Any = None, ignore_ties: bool = False
) -> float:
    """Discounted cumulative gain over that of the best possible ranking.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_documents)
        Relevance of each document to each query, not negative, two documents at least.
    y_score : array-like of shape (n_samples, n_documents)
        Scores by which the documents are ranked, the highest first.
    k : int, optional
        Count the first k ranks only.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the queries.
    ignore_ties : bool, default=False
        Take the ranks of tied scores as they fall, which is faster: the later column first.

    Returns
    -------
    ndcg : float
        Mean over the queries, between 0 and 1. A query without a relevant document counts 0.

    Raises
    ------
    ValueError
        For NaN or infinity, negative relevances, no query, shapes that differ, fewer than two documents.
    ZeroDivisionError
        For weights that add up to zero.

    See Also
    --------
    dcg_score : the same without the division.

    Notes
    -----
    The gain at rank r = 1, 2, ... is divided by log2(r + 1) [1]_. Documents of equal score share the mean of their
    discounts [2]_; -0.0 ties with 0.0.

    Time is O(n_samples * n_documents * log n_documents), scratch memory O(n_documents) a thread and 8 bytes a query.

    References
    ----------
    .. [1] K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20, 2002.
    .. [2] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.ndcg_score([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]), 4)
    0.6957
    >>> tv.ndcg_score([[1, 0, 0]], [[0.9, 0.5, 0.1]], k=1)
    1.0
    """
    per_query = ndcg_by_query(y_true, y_score, sample_weight, k=k, ignore_ties=ignore_ties)
    return average(per_query, query_weights(sample_weight))


def ndcg_by_query(
    y_true: Any, y_score: Any, sample_weight: Any = None, *, k: int | None = None, ignore_ties: bool = False
) -> NDArray[np.float64]:
    """Check the inputs and return the value of each query."""
    true, score, low = check_gains(y_true, y_score, sample_weight)
    if low < 0:
        raise ValueError("ndcg_score should not be used on negative y_true values.")
    if true.ndim > 1 and true.shape[1] <= 1:
        raise ValueError(
            f"Computing NDCG is only meaningful when there is more than 1 document. Got {true.shape[1]} instead."
        )
    gains = settle_gains(true, score)
    return np.asarray(_backend.current().ndcg(gains, score, _discount(gains.shape[1], k), bool(ignore_ties)))
