"""Metrics of retrieval as the textbooks have them, of one order of the documents; their mean over orders of ties."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product
from typing import Any

# of the grades in the order of their ranks, the grades of all documents of the query, and the cut-off
Textbook = Callable[[Sequence[float], Sequence[float], int | None], float]


def hits(ranked: Sequence[float], k: int | None) -> int:
    return sum(grade > 0 for grade in ranked[:k])


def discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def ndcg(gain: Callable[[float], float]) -> Textbook:
    def value(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
        gains, ideal = ([gain(max(grade, 0)) for grade in part] for part in (ranked, sorted(grades, reverse=True)))
        return discounted(gains[:k]) / discounted(ideal[:k])

    return value


def precision(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
    return hits(ranked, k) / (k or len(ranked) or 1)


def recall(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
    return hits(ranked, k) / hits(grades, None)


def average_precision(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
    found = [hits(ranked, rank) / rank for rank, grade in enumerate(ranked[:k], 1) if grade > 0]
    return math.fsum(found) / hits(grades, None)


def reciprocal_rank(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
    return next((1 / rank for rank, grade in enumerate(ranked[:k], 1) if grade > 0), 0.0)


def hit_rate(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
    return float(hits(ranked, k) > 0)


def r_precision(ranked: Sequence[float], grades: Sequence[float], k: int | None) -> float:
    relevant = hits(grades, None)
    return hits(ranked, relevant) / relevant


TEXTBOOK: dict[str, Textbook] = {
    "ndcg_at_k": ndcg(float),
    "ndcg_at_k exponential": ndcg(lambda grade: 2.0**grade - 1),
    "precision_at_k": precision,
    "recall_at_k": recall,
    "average_precision_at_k": average_precision,
    "reciprocal_rank": reciprocal_rank,
    "hit_rate": hit_rate,
    "r_precision": r_precision,
}


def orders(documents: Sequence[tuple[float, float]]) -> Iterator[list[float]]:
    """The grades of (score, grade) in every order in which scores do not increase."""
    levels = sorted({score for score, _ in documents}, reverse=True)
    for parts in product(*(permutations([g for s, g in documents if s == level]) for level in levels)):
        yield [grade for part in parts for grade in part]


def by_query(
    name: str, relevance: Sequence[float], scores: Sequence[float], group: Sequence[Any], k: int | None
) -> list[float]:
    """The value of each query, in order of first appearance."""
    queries: dict[Any, list[tuple[float, float]]] = {}
    for grade, score, query in zip(relevance, scores, group, strict=True):
        queries.setdefault(query, []).append((score, grade))
    values = []
    for documents in queries.values():
        grades = [grade for _, grade in documents]
        if name == "group_auc":
            pairs = [(a > b) + (a == b) / 2 for a, g in documents if g > 0 for b, h in documents if h <= 0]
            values.append(math.fsum(pairs) / len(pairs) if pairs else math.nan)
        elif not hits(grades, None):
            values.append(0.0)
        else:
            all_orders = list(orders([(score, grade) for score, grade in documents if score != -math.inf]))
            values.append(math.fsum(TEXTBOOK[name](ranked, grades, k) for ranked in all_orders) / len(all_orders))
    return values
