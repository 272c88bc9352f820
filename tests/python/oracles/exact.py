"""From the definitions: lists in, exact rationals out; pairs are counted one by one, curves found by thresholding."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

NAN, INF = math.nan, math.inf


def plain(x: Any) -> Any:
    """Python numbers in (nested) lists."""
    return x.tolist() if hasattr(x, "tolist") else list(x)


def weights_of(n: int, sample_weight: Any) -> list[Fraction]:
    """One exact weight per row."""
    return [Fraction(1)] * n if sample_weight is None else [Fraction(w) for w in plain(sample_weight)]


def to_float(x: Any) -> Any:
    """The nearest float, of a number or of lists of them."""
    if x is None:
        return None
    if isinstance(x, (list, tuple)):
        return type(x)(map(to_float, x))
    try:
        return float(x)
    except OverflowError:
        return math.copysign(INF, x)


def ratio(a: Fraction, b: Fraction, undefined: float = NAN) -> Any:
    """a / b, and `undefined` where b is 0."""
    return undefined if b == 0 else a / b


def mean(values: Iterable[Any], weights: Iterable[Any] | None = None) -> Any:
    """Weighted mean, exact where all values are finite; nan without values or weight."""
    values = list(values)
    weights = weights_of(len(values), weights)
    total = sum(weights)
    if total == 0:
        return NAN
    if all(isinstance(v, Fraction) or math.isfinite(v) for v in values):
        return sum(w * Fraction(v) for v, w in zip(values, weights)) / total
    return sum(float(w / total) * to_float(v) for v, w in zip(values, weights))


# From the definitions -------------------------------------------------------------------------------------------------


def confusion_counts(y_true: Sequence[Any], y_pred: Sequence[Any], sample_weight: Any = None) -> dict[Any, list[Any]]:
    """{(true label, predicted label): [rows, sum of their weights]} of the pairs that occur."""
    cells: dict[Any, list[Any]] = {}
    for t, p, w in zip(y_true, y_pred, weights_of(len(y_true), sample_weight)):
        cell = cells.setdefault((t, p), [0, Fraction(0)])
        cell[0] += 1
        cell[1] += w
    return cells


def binary_curve(y01: Sequence[Any], y_score: Sequence[Any], sample_weight: Any = None) -> tuple[list[Any], ...]:
    """(fps, tps, thresholds): for each distinct score of the rows that weigh something, what lies at or above it."""
    rows = [row for row in zip(y01, y_score, weights_of(len(y01), sample_weight)) if row[2] != 0]
    thresholds = sorted({s for _, s, _ in rows}, reverse=True)
    fps = [sum(w for y, s, w in rows if s >= t and not y) for t in thresholds]
    tps = [sum(w for y, s, w in rows if s >= t and y) for t in thresholds]
    return fps, tps, thresholds


def pair_counts(y01: Sequence[Any], y_score: Sequence[Any], sample_weight: Any = None) -> tuple[Any, Any, Any]:
    """(positives, negatives, 2 wins + ties over all pairs of a positive and a negative), in weights."""
    rows = list(zip(y01, y_score, weights_of(len(y01), sample_weight)))
    positives = [(s, w) for y, s, w in rows if y]
    negatives = [(s, w) for y, s, w in rows if not y]
    twice = sum(v * w * (2 * (s > t) + (s == t)) for s, v in positives for t, w in negatives)
    return sum(w for _, w in positives), sum(w for _, w in negatives), twice


def roc_auc(y01: Sequence[Any], y_score: Sequence[Any], sample_weight: Any = None) -> float:
    """The chance that a positive outscores a negative, ties counting half; nan where a class is missing."""
    positives, negatives, twice = pair_counts(y01, y_score, sample_weight)
    return to_float(ratio(twice, 2 * positives * negatives))


def precision_sum(y01: Sequence[Any], y_score: Sequence[Any], sample_weight: Any = None) -> Fraction:
    """Sum over the positives of the precision among the rows that score no less than they do."""
    rows = list(zip(y01, y_score, weights_of(len(y01), sample_weight)))
    total = Fraction(0)
    for y, s, w in rows:
        if y and w != 0:
            reached = sum(v for _, t, v in rows if t >= s)
            total += w * ratio(sum(v for x, t, v in rows if x and t >= s), reached, Fraction(0))
    return total


def average_precision(y01: Sequence[Any], y_score: Sequence[Any], sample_weight: Any = None) -> float:
    """The mean of that precision over the positives; 0 without positives."""
    positives = pair_counts(y01, y_score, sample_weight)[0]
    return to_float(ratio(precision_sum(y01, y_score, sample_weight), positives, 0.0))


def trapezoid(x: Sequence[Any], y: Sequence[Any]) -> Fraction:
    """The signed area under a polygon."""
    x, y = [Fraction(v) for v in x], [Fraction(v) for v in y]
    return sum(((x[i + 1] - x[i]) * (y[i] + y[i + 1]) / 2 for i in range(len(x) - 1)), Fraction(0))


def dcg_row(gains: Sequence[Any], scores: Sequence[Any], discount: Sequence[float], ignore_ties: bool = False) -> float:
    """Each column's gain times the mean of the discounts that it may get; or, ignoring ties, later columns first."""
    total = []
    for i, (gain, score) in enumerate(zip(gains, scores)):
        above = sum(s > score for s in scores)
        if ignore_ties:
            total.append(gain * discount[above + sum(s == score for s in scores[i + 1 :])])
        else:
            total.append(gain * statistics.fmean(discount[above : above + sum(s == score for s in scores)]))
    return math.fsum(total)


def dcg_row_by_permutations(gains: Sequence[Any], scores: Sequence[Any], discount: Sequence[float]) -> float:
    """The mean over all orders in which the scores never increase: what sharing discounts among ties stands for."""
    values = []
    for order in permutations(range(len(gains))):
        if all(scores[a] >= scores[b] for a, b in pairwise(order)):
            values.append(math.fsum(gains[column] * d for column, d in zip(order, discount)))
    return statistics.fmean(values)


def ndcg_row(
    gains: Sequence[Any], scores: Sequence[Any], discount: Sequence[float], ignore_ties: bool = False
) -> float:
    """DCG over that of the gains in their own order; 0 where there is nothing to gain."""
    ideal = math.fsum(g * d for g, d in zip(sorted(gains, reverse=True), discount))
    return dcg_row(gains, scores, discount, ignore_ties) / ideal if ideal else 0.0


def discounts(k: int, cut: int | None = None, log_base: float = 2) -> list[float]:
    """1 / log(rank + 1), and 0 from rank `cut` on."""
    return [math.log(log_base) / math.log(i + 2) if cut is None or i < cut else 0.0 for i in range(k)]


def squared_error(y_true: Sequence[Any], y_pred: Sequence[Any], sample_weight: Any = None) -> Any:
    """Mean squared difference."""
    return mean(((Fraction(t) - Fraction(p)) ** 2 for t, p in zip(y_true, y_pred)), sample_weight)


def absolute_error(y_true: Sequence[Any], y_pred: Sequence[Any], sample_weight: Any = None) -> Any:
    """Mean absolute difference."""
    return mean((abs(Fraction(t) - Fraction(p)) for t, p in zip(y_true, y_pred)), sample_weight)


def explained_sums(y_true: Sequence[Any], y_pred: Sequence[Any], sample_weight: Any = None) -> tuple[Any, Any]:
    """Sum of squared differences, and of squared deviations of the truth from its mean."""
    weights = weights_of(len(y_true), sample_weight)
    centre = mean(map(Fraction, y_true), weights)
    residual = sum(w * (Fraction(t) - Fraction(p)) ** 2 for t, p, w in zip(y_true, y_pred, weights))
    if y_true and sum(weights) == 0:
        return residual, NAN
    return residual, sum(w * (Fraction(t) - centre) ** 2 for t, w in zip(y_true, weights))


def explained_variances(y_true: Sequence[Any], y_pred: Sequence[Any], sample_weight: Any = None) -> tuple[Any, Any]:
    """Sum of squared deviations of the differences from their mean, and of the truth from its own."""
    differences = [Fraction(t) - Fraction(p) for t, p in zip(y_true, y_pred)]
    zeros = [0] * len(differences)
    return tuple(explained_sums(values, zeros, sample_weight)[1] for values in (differences, y_true))


def percentage_error(y_true: Sequence[Any], y_pred: Sequence[Any], epsilon: float, sample_weight: Any = None) -> Any:
    """Mean of the absolute difference over the absolute truth, which counts as `epsilon` at least."""
    terms = (abs(Fraction(t) - Fraction(p)) / max(abs(Fraction(t)), Fraction(epsilon)) for t, p in zip(y_true, y_pred))
    return mean(terms, sample_weight)


def squared_log_error(y_true: Sequence[Any], y_pred: Sequence[Any], sample_weight: Any = None) -> Any:
    """Mean squared difference of the logarithms of one and more."""
    return mean(((math.log1p(t) - math.log1p(p)) ** 2 for t, p in zip(y_true, y_pred)), sample_weight)


def pinball_loss(y_true: Sequence[Any], y_pred: Sequence[Any], alpha: float, sample_weight: Any = None) -> Any:
    """Mean of the larger of alpha times the difference and alpha - 1 times it."""
    differences = (Fraction(t) - Fraction(p) for t, p in zip(y_true, y_pred))
    return mean((max(Fraction(alpha) * d, (Fraction(alpha) - 1) * d) for d in differences), sample_weight)


def quantile(values: Iterable[Any], share: float, sample_weight: Any = None) -> Any:
    """Mean of the smallest value up to which at least this share of the weight lies, and the smallest with more.

    Of the largest value there is none with more, and at a share of 0 the first counts as having it.
    """
    values = [Fraction(v) for v in values]
    weights = weights_of(len(values), sample_weight)
    rows = [(v, w) for v, w in zip(values, weights) if w != 0]
    wanted = Fraction(share) * sum(weights)
    reached = {v: sum(w for u, w in rows if u <= v) for v, _ in rows}
    low = min(v for v in reached if reached[v] >= wanted)
    more = [v for v in reached if reached[v] > wanted]
    return (low + min(more)) / 2 if more and wanted > 0 else low


def max_error(y_true: Sequence[Any], y_pred: Sequence[Any]) -> Fraction:
    """Largest absolute difference."""
    return max(abs(Fraction(t) - Fraction(p)) for t, p in zip(y_true, y_pred))


def deviance(y_true: Sequence[Any], y_pred: Sequence[Any], power: float, sample_weight: Any = None) -> Any:
    """Mean of twice the integral, from the prediction to the truth, of (truth - u) / u**power."""
    return mean((unit_deviance(float(t), float(p), power) for t, p in zip(y_true, y_pred)), sample_weight)


def unit_deviance(t: float, p: float, power: float) -> float:
    """The integral in closed form: the antiderivative at the truth less that at the prediction."""
    if power == 0:
        return (t - p) ** 2

    def part(u: float, exponent: float) -> float:
        return math.log(u) if exponent == 0 else u**exponent / exponent

    def antiderivative(u: float) -> float:
        return (t * part(u, 1 - power) if t else 0.0) - part(u, 2 - power)

    below = antiderivative(t) if t > 0 else (0.0 if t == 0 and power < 2 else antiderivative(0.0))
    return 2 * (below - antiderivative(p))


def log_losses(codes: Sequence[int], rows: Sequence[Sequence[float]], low: float, high: float) -> list[float]:
    """-log of each row's clipped probability of its own class."""
    return [-math.log(min(max(row[code], low), high)) for code, row in zip(codes, rows)]


def is_multilabel(y: Sequence[Any]) -> bool:
    return len(y) > 0 and isinstance(y[0], list)
