"""Metrics of the ranking of each query's documents."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._averaging import average, nan_average
from .._parameters import Interval, StrOptions, validate
from .._validation.retrieval import Documents, check_documents
from ..exceptions import warn

# the numbers by which the backends know them
_EXPONENTIAL = 1
_NUMBERS = {
    "ndcg_at_k": 0,
    "precision_at_k": 2,
    "recall_at_k": 3,
    "average_precision_at_k": 4,
    "reciprocal_rank": 5,
    "hit_rate": 6,
    "r_precision": 7,
    "group_auc": 8,
}

_ARRAYS: dict[str, list[Any]] = {"relevance": ["array-like"], "scores": ["array-like"], "group": ["array-like"]}
_AGGREGATE = [StrOptions({"mean"}), None]
# as many as fit the backends' integers
_CUT = [Interval(Integral, 1, 2**63 - 1, closed="both"), None]


def judged(  # noqa: PLR0917
    name: str, relevance: Any, scores: Any, group: Any, k: int | None = None, gain: str = "linear"
) -> tuple[NDArray[np.float64], Documents]:
    """Value of a metric for each query, in order of first appearance, and the documents as the backends take them."""
    documents = check_documents(relevance, scores, group, gain if name == "ndcg_at_k" else None)
    metric = _EXPONENTIAL if gain == "exponential" else _NUMBERS[name]
    arrays = documents.relevance, documents.scores, documents.group
    return np.asarray(_backend.current().by_query(metric, *arrays, None if k is None else int(k))), documents


def _by_query(  # noqa: PLR0917
    name: str, relevance: Any, scores: Any, group: Any, k: int | None = None, gain: str = "linear"
) -> NDArray[np.float64]:
    return judged(name, relevance, scores, group, k, gain)[0]


def warn_undefined() -> None:
    """Warn of a mean over no query."""
    warn(
        "No query has both a relevant document and another one: the area is not defined, and NaN.",
        "UndefinedMetricWarning",
    )


def _mean(values: NDArray[np.float64], aggregate: str | None) -> Any:
    return values if aggregate is None else average(values)


@validate(**_ARRAYS, k=_CUT, gain=[StrOptions({"linear", "exponential"})], aggregate=_AGGREGATE)
def ndcg_at_k(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: int | None = None,
    gain: str = "linear",
    aggregate: str | None = "mean",
) -> Any:
    """Normalised discounted cumulative gain of the first k documents, averaged over queries.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Grades; those below 0 count as 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : int, optional
        Count the first k ranks only; all of them by default.
    gain : {'linear', 'exponential'}, default='linear'
        What a document of relevance g is worth: g, or 2**g - 1.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Between 0 and 1. A query of which no relevant document was retrieved, or none is known, is 0.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length, relevances whose
        gains are too large to be summed (above 1e300, or 1000 if exponential).

    See Also
    --------
    trueval.ndcg_score : of matrices of one width, with weights.
    average_precision_at_k : of relevance without grades.

    Notes
    -----
    The gain at rank r = 1, 2, ... is divided by log2(r + 1), summed, and divided by what the best ranking of all
    documents of the query would give, of k ranks likewise [1]_. trec_eval's gains are ``'linear'``, LightGBM's and
    XGBoost's ``'exponential'`` [2]_.

    Documents of equal score have no order, and the value is its mean over all orders they may take [3]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20, 2002.
    .. [2] C. Burges et al., "Learning to rank using gradient descent", ICML 2005.
    .. [3] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import ndcg_at_k
    >>> relevance, scores, query = [3, 0, 1, 0, 2], [0.9, 0.5, 0.2, 0.8, 0.3], [7, 7, 7, 9, 9]
    >>> ndcg_at_k(relevance, scores, query, k=1, aggregate=None)
    array([1., 0.])
    >>> round(ndcg_at_k(relevance, scores, query), 4)
    0.7974
    >>> round(ndcg_at_k(relevance, scores, query, gain="exponential"), 4)
    0.8069
    """
    return _mean(_by_query("ndcg_at_k", relevance, scores, group, k, gain), aggregate)


@validate(**_ARRAYS, k=_CUT, aggregate=_AGGREGATE)
def precision_at_k(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: int | None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Share of relevant documents among the first k, averaged over queries.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : int, optional
        How many documents; by default, as many as were retrieved.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Between 0 and 1; 0 for a query of which no relevant document was retrieved.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    See Also
    --------
    recall_at_k : the share of the relevant ones.
    r_precision : of as many documents as are relevant.

    Notes
    -----
    The divisor is k for queries of fewer documents, too, as in trec_eval: what is not there is not relevant.

    Documents of equal score have no order, and the value is its mean over all orders they may take [1]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import precision_at_k
    >>> precision_at_k([1, 1, 0, 1], [0.9, 0.8, 0.7, 0.1], ["a", "a", "a", "b"], k=2, aggregate=None)
    array([1. , 0.5])
    """
    return _mean(_by_query("precision_at_k", relevance, scores, group, k), aggregate)


@validate(**_ARRAYS, k=_CUT, aggregate=_AGGREGATE)
def recall_at_k(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: int | None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Share of the relevant documents that are among the first k, averaged over queries.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : int, optional
        Count the first k ranks only; all of them by default.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Between 0 and 1; 0 for a query without a relevant document.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    See Also
    --------
    precision_at_k : the share of the first k.
    hit_rate : whether there is one at all.

    Notes
    -----
    Relevant documents that were not retrieved count among the relevant ones.

    Documents of equal score have no order, and the value is its mean over all orders they may take [1]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import recall_at_k
    >>> recall_at_k([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], [1, 1, 1, 1], k=2)
    0.5
    >>> recall_at_k([1, 0, 1, 0], [0.9, 0.8, float("-inf"), 0.1], [1, 1, 1, 1])  # one was not retrieved
    0.5
    """
    return _mean(_by_query("recall_at_k", relevance, scores, group, k), aggregate)


@validate(**_ARRAYS, k=_CUT, aggregate=_AGGREGATE)
def average_precision_at_k(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: int | None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Mean average precision (MAP) of the first k documents.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : int, optional
        Count the first k ranks only; all of them by default.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Between 0 and 1; 0 for a query without a relevant document.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    See Also
    --------
    trueval.average_precision_score : of one ranking, with weights.
    ndcg_at_k : of graded relevance.

    Notes
    -----
    A query's value is the sum over its relevant documents of the precision at the rank of each, 0 for those beyond k or
    not retrieved, divided by the number of its relevant documents, as in trec_eval and ranx. (LightGBM's and Kaggle's
    MAP@k divide by k where that is less.)

    With ties it is not `trueval.average_precision_score`, where equal scores share the precision of the last of them.

    Documents of equal score have no order, and the value is its mean over all orders they may take [1]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import average_precision_at_k
    >>> round(average_precision_at_k([1, 0, 1, 0, 1], [0.9, 0.8, 0.7, 0.2, 0.6], [1, 1, 1, 2, 2]), 4)
    0.9167
    """
    return _mean(_by_query("average_precision_at_k", relevance, scores, group, k), aggregate)


@validate(**_ARRAYS, k=_CUT, aggregate=_AGGREGATE)
def reciprocal_rank(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: int | None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Mean of one over the rank of the first relevant document (MRR).

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : int, optional
        0 where the first relevant document is beyond the k-th rank; without it, ranks are not limited.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Between 0 and 1; 0 for a query of which no relevant document was retrieved.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    See Also
    --------
    hit_rate : whether there is one among the first k.
    average_precision_at_k : of all of them.

    Notes
    -----
    It looks at the first relevant document alone.

    Documents of equal score have no order, and the value is its mean over all orders they may take [1]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import reciprocal_rank
    >>> reciprocal_rank([0, 1, 1, 1, 0], [0.9, 0.8, 0.7, 0.2, 0.1], ["x", "x", "x", "y", "y"])
    0.75
    """
    return _mean(_by_query("reciprocal_rank", relevance, scores, group, k), aggregate)


@validate(**_ARRAYS, k=_CUT, aggregate=_AGGREGATE)
def hit_rate(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: int | None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Share of queries with a relevant document among the first k.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : int, optional
        Count the first k ranks only; all of them by default.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Of a query 1 or 0, or with ties across the k-th rank, the share of their orders in which there is one.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    See Also
    --------
    reciprocal_rank : where the first one is.
    recall_at_k : how many of them there are.

    Notes
    -----
    With one relevant document a query it is `recall_at_k`.

    Documents of equal score have no order, and the value is its mean over all orders they may take [1]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import hit_rate
    >>> hit_rate([0, 1, 1, 0, 1], [0.9, 0.8, 0.7, 0.2, 0.1], [1, 1, 1, 2, 2], k=2, aggregate=None)
    array([1., 1.])
    >>> hit_rate([0, 1, 1, 0, 1], [0.9, 0.8, 0.7, 0.2, 0.2], [1, 1, 1, 2, 2], k=1)  # a tie for the first rank
    0.25
    """
    return _mean(_by_query("hit_rate", relevance, scores, group, k), aggregate)


@validate(**_ARRAYS, k=[None], aggregate=_AGGREGATE)
def r_precision(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Precision, and recall, of as many documents as are relevant, averaged over queries.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity: not retrieved.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : None
        No other is taken: the number of ranks is that of the query's relevant documents.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        Between 0 and 1; 0 for a query without a relevant document.
        Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    See Also
    --------
    precision_at_k : of the same number of documents for all queries.

    Notes
    -----
    Relevant documents that were not retrieved count among the relevant ones.

    Documents of equal score have no order, and the value is its mean over all orders they may take [1]_; -0.0 ties
    with 0.0.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> from trueval.retrieval import r_precision
    >>> r_precision([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], [1, 1, 1, 1])
    0.5
    """
    return _mean(_by_query("r_precision", relevance, scores, group), aggregate)


@validate(**_ARRAYS, k=[None], aggregate=_AGGREGATE)
def group_auc(
    relevance: Any,
    scores: Any,
    group: Any,
    *,
    k: None = None,
    aggregate: str | None = "mean",
) -> Any:
    """Area under the ROC curve within each query (GAUC), averaged over queries.

    Parameters
    ----------
    relevance : array-like of shape (n_documents,)
        Relevant if above 0. Booleans, integers or floats.
    scores : array-like of shape (n_documents,)
        By what the documents of a query are ranked, the highest first. Minus infinity is the lowest
        score here.
    group : array-like of shape (n_documents,)
        The query of each document: integers or strings, in any order.
    k : None
        No other is taken: all documents count.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each query.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        The share of pairs of a relevant document and another one of the same query in which the former has the higher
        score, ties by half. NaN for a query without a relevant document, or without another one. These are left out of
        the mean, which is NaN if there is no other. Queries come in order of first appearance.

    Raises
    ------
    TypeError
        If `relevance` or `scores` does not hold numbers, or `group` neither integers nor strings.
    ValueError
        For NaN, infinity (but minus infinity among the scores), no documents, arrays of unlike length.

    Warns
    -----
    UndefinedMetricWarning
        If the mean is asked for, and no query has a value.

    See Also
    --------
    trueval.roc_auc_score : of all rows together.

    Notes
    -----
    All queries that have a value weigh the same. Where they are to weigh by their size, as clicks on impressions are
    averaged by some [1]_, take the values of the queries and ``numpy.average``.

    Time is O(n_documents), and O(d log d) for each query of d documents of which many are relevant. Scratch memory is
    32 bytes a query, and 8 bytes a row where the rows of a query do not lie together.

    References
    ----------
    .. [1] G. Zhou et al., "Deep interest network for click-through rate prediction", KDD 2018.

    Examples
    --------
    >>> from trueval.retrieval import group_auc
    >>> group_auc([1, 0, 0, 1, 1], [0.9, 0.1, 0.4, 0.3, 0.2], [1, 1, 2, 2, 3], aggregate=None)
    array([ 1.,  0., nan])
    >>> group_auc([1, 0, 0, 1, 1], [0.9, 0.1, 0.4, 0.3, 0.2], [1, 1, 2, 2, 3])
    0.5
    """
    values = _by_query("group_auc", relevance, scores, group)
    if aggregate is None:
        return values
    mean = nan_average(values)
    if np.isnan(mean):
        warn_undefined()
    return mean
