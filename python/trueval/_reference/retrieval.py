"""Metrics of ranked documents, query by query, as the mean over all orders that tied documents may take."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .labels import Labels

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

(LINEAR_GAIN, EXPONENTIAL_GAIN, PRECISION, RECALL, AVERAGE_PRECISION, RECIPROCAL_RANK, HIT, R_PRECISION, AREA) = range(
    9
)


class _Ranking(NamedTuple):
    """Retrieved documents, by query and descending score; all arrays have one element for each."""

    query: Integers
    grade: Floats
    place: Integers  # within the query, from 0
    first: Integers  # place of the first one of an equal score
    size: Integers  # how many have that score
    relevant: Integers  # and are relevant
    found: Integers  # relevant ones of a higher score


def by_query(
    metric: int, relevance: NDArray[Any], scores: NDArray[Any], group: Labels, k: int | None, /
) -> NDArray[np.float64]:
    """Value of each query in order of first appearance; 0 where it has no relevant document, of areas NaN."""
    _, begin, code = np.unique(group, return_index=True, return_inverse=True)
    number = np.empty(len(begin), np.int64)
    number[np.argsort(begin, kind="stable")] = np.arange(len(begin))
    query, n = number[code.reshape(len(group))], len(begin)
    grade = np.maximum(relevance.astype(np.float64), 0.0)
    possible = np.bincount(query[grade > 0], minlength=n)
    retrieved = np.ones(len(scores), np.bool_)
    if metric != AREA and scores.dtype.kind == "f":
        retrieved = scores != -np.inf
    ranking = _rank(query[retrieved], scores[retrieved], grade[retrieved])
    if metric == AREA:
        return _area(ranking, n)
    cut = np.full(n, len(scores) if k is None else k)
    if metric in (LINEAR_GAIN, EXPONENTIAL_GAIN):
        return _normalised_gain(ranking, query, grade, cut, metric == EXPONENTIAL_GAIN)
    if metric == RECIPROCAL_RANK:
        return _reciprocal_rank(ranking, cut)
    if metric == HIT:
        return _hit(ranking, cut)
    if metric == AVERAGE_PRECISION:
        return _over(_precisions(ranking, cut), possible)
    hits = _sum(
        ranking, (ranking.place < (possible if metric == R_PRECISION else cut)[ranking.query]) * _share(ranking), n
    )
    if metric == PRECISION:
        return _over(hits, np.bincount(ranking.query, minlength=n) if k is None else cut)
    return _over(hits, possible)


def _rank(query: Integers, scores: NDArray[Any], grade: Floats) -> _Ranking:
    # Numbers for scores, in their order: negating them would not do for integers.
    level = np.unique(scores, return_inverse=True)[1].reshape(len(scores))
    order = np.lexsort((-grade, -level, query))
    query, level, grade = query[order], level[order], grade[order]
    row = np.arange(len(order))
    new_query = np.diff(query, prepend=-1) != 0
    new_tie = new_query | (np.diff(level, prepend=-1) != 0)
    begin = np.maximum.accumulate(np.where(new_query, row, 0))
    tie = np.cumsum(new_tie) - 1
    marks = (grade > 0).astype(np.int64)
    before = np.cumsum(marks) - marks
    starts = np.flatnonzero(new_tie)
    sums = np.add.reduceat(marks, starts) if len(starts) else marks
    sizes = np.diff(starts, append=len(order))
    return _Ranking(
        query,
        grade,
        row - begin,
        (starts - begin[starts])[tie],
        sizes[tie],
        sums[tie],
        (before[starts] - before[begin[starts]])[tie],
    )


def _sum(ranking: _Ranking, values: NDArray[Any], n: int) -> Floats:
    return np.asarray(np.bincount(ranking.query, weights=values, minlength=n), np.float64)


def _over(values: Floats, whole: NDArray[Any]) -> Floats:
    return np.divide(values, whole, out=np.zeros_like(values), where=whole != 0)


def _share(ranking: _Ranking) -> Floats:
    """Share of orders in which a relevant document has a place."""
    return ranking.relevant / ranking.size


def _normalised_gain(ranking: _Ranking, query: Integers, grade: Floats, cut: Integers, exponential: bool) -> Floats:
    def discounted(query: Integers, place: Integers, gain: Floats) -> Floats:
        discount = (place < cut[query]) / np.log2(place + 2.0)
        return np.asarray(np.bincount(query, weights=gain * discount, minlength=len(cut)), np.float64)

    ideal_order = np.lexsort((-grade, query))
    query = query[ideal_order]
    row = np.arange(len(query))
    place = row - np.maximum.accumulate(np.where(np.diff(query, prepend=-1) != 0, row, 0))
    ideal = discounted(query, place, _gain(grade[ideal_order], exponential))
    starts = np.flatnonzero(ranking.place == ranking.first)
    if not len(starts):
        return np.zeros(len(cut))
    sizes = ranking.size[starts]
    mean = np.repeat(np.add.reduceat(_gain(ranking.grade, exponential), starts) / sizes, sizes)
    return _over(discounted(ranking.query, ranking.place, mean), ideal)


def _gain(grade: Floats, exponential: bool) -> Floats:
    if not exponential:
        return grade
    return np.where(grade == np.trunc(grade), np.exp2(grade) - 1, np.expm1(grade * np.log(2)))


def _precisions(ranking: _Ranking, cut: Integers) -> Floats:
    """Σ over the relevant documents of the precision at their ranks, 0 beyond the cut."""
    among = np.divide(ranking.relevant - 1, ranking.size - 1, out=np.zeros(len(ranking.query)), where=ranking.size > 1)
    # At a place that is known to be a relevant document's: those before it among its equals are so by chance.
    found = ranking.found + 1 + (ranking.place - ranking.first) * among
    terms = _share(ranking) * (found / (ranking.place + 1)) * (ranking.place < cut[ranking.query])
    return _sum(ranking, terms, len(cut))


def _first_ties(ranking: _Ranking) -> NDArray[np.bool_]:
    """Where the first document stands of those that are tied with the first relevant one."""
    return (ranking.place == ranking.first) & (ranking.found == 0) & (ranking.relevant > 0)


def _reciprocal_rank(ranking: _Ranking, cut: Integers) -> Floats:
    tie = _first_ties(ranking)
    query, first, size, relevant = (
        part[tie] for part in (ranking.query, ranking.first, ranking.size, ranking.relevant)
    )
    value, none = np.zeros(len(cut)), np.ones(len(query))
    for i in range(int(size.max(initial=0))):
        # Those whose first relevant document may be the i-th, and is not known to be before.
        going = (i <= size - relevant) & (first + i < cut[query])
        if not going.any():
            break
        query, first, size, relevant = (part[going] for part in (query, first, size, relevant))
        none = none[going]
        value[query] += none * relevant / (size - i) / (first + i + 1)
        none = none * (size - i - relevant) / (size - i)
    return value


def _hit(ranking: _Ranking, cut: Integers) -> Floats:
    tie = _first_ties(ranking)
    query, first, size, relevant = (
        part[tie] for part in (ranking.query, ranking.first, ranking.size, ranking.relevant)
    )
    within = np.clip(cut[query] - first, 0, size)
    value, miss = np.zeros(len(cut)), np.ones(len(query))
    for i in range(int(np.where(within < size, relevant, 0).max(initial=0))):
        # The i-th relevant document is beyond the cut, too.
        miss *= np.where(i < relevant, np.maximum(size - within - i, 0) / np.maximum(size - i, 1), 1.0)
    value[query] = np.where(within < size, 1 - miss, 1.0)
    return value


def _area(ranking: _Ranking, n: int) -> Floats:
    positive = ranking.grade > 0
    others = np.bincount(ranking.query[~positive], minlength=n)
    below = others[ranking.query] - (ranking.first - ranking.found)
    twice = 2 * below - (ranking.size - ranking.relevant)
    total = _sum(ranking, np.where(positive, twice, 0), n)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / (2.0 * others * np.bincount(ranking.query[positive], minlength=n))
