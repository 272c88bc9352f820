"""Metrics of scores, by scikit-learn's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from . import classification
from .exact import (
    INF,
    NAN,
    average_precision,
    binary_curve,
    dcg_row,
    discounts,
    is_multilabel,
    mean,
    ndcg_row,
    plain,
    ratio,
    roc_auc,
    to_float,
    trapezoid,
    weights_of,
)


def is_positive(y_true: Any, pos_label: Any) -> list[bool]:
    """Which rows hold the positive label; 1 where none is named."""
    return [y == (1 if pos_label is None else pos_label) for y in plain(y_true)]


def averaged(
    score: Callable[..., Any], marks: Any, scores: Any, average: str | None, sample_weight: Any
) -> float | list[float]:
    """A binary metric of each column of a matrix, or of each row, and their mean."""
    if average == "samples":
        return weighted_mean([score(m, s) for m, s in zip(marks, scores)], sample_weight)
    if average == "micro":
        flat = ([value for row in matrix for value in row] for matrix in (marks, scores))
        weights = weights_of(len(marks), sample_weight)
        return score(*flat, [w for w, row in zip(weights, marks) for _ in row])
    columns = list(zip(*marks))
    values = [score(list(m), list(s), sample_weight) for m, s in zip(columns, zip(*scores))]
    if average is None:
        return values
    weights = weights_of(len(marks), sample_weight)
    supports = [sum(w for w, mark in zip(weights, column) if mark) for column in columns]
    if average == "weighted" and sum(supports) == 0:
        return 0.0
    return weighted_mean(values, supports if average == "weighted" else None)


def weighted_mean(values: Sequence[float], weights: Any) -> float:
    """The mean of what has a weight, whatever the others are."""
    pairs = [pair for pair in zip(values, weights_of(len(values), weights)) if pair[1] != 0]
    return to_float(mean([v for v, _ in pairs], [w for _, w in pairs]))


def roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    sample_weight: Any = None,
    max_fpr: float | None = None,
    multi_class: str = "raise",
    labels: Any = None,
) -> Any:
    y_true, y_score = plain(y_true), plain(y_score)

    def area(y01: Any, scores: Any, weights: Any = None) -> float:
        return partial_area(y01, scores, weights, max_fpr)

    if is_multilabel(y_true):
        return averaged(area, y_true, y_score, average, sample_weight)
    if multi_class == "raise":
        return area(is_positive(y_true, max(y_true)), y_score, sample_weight)
    classes = sorted(set(y_true)) if labels is None else plain(labels)
    if multi_class == "ovr":
        marks = [[y == c for c in classes] for y in y_true]
        return averaged(area, marks, y_score, average, sample_weight)
    areas, shares = [], []
    for pair in combinations(sorted(set(y_true)), 2):
        rows = [(y, s) for y, s in zip(y_true, y_score) if y in pair]
        both = [roc_auc([y == c for y, _ in rows], [s[classes.index(c)] for _, s in rows]) for c in pair]
        areas.append(sum(both) / 2)
        shares.append(len(rows))
    return to_float(mean(areas, shares if average == "weighted" else None))


def partial_area(y01: Any, y_score: Any, sample_weight: Any, max_fpr: float | None) -> float:
    """The area under one ROC curve; nan where there is one class."""
    if len(set(map(bool, y01))) < 2:
        return NAN
    if max_fpr is None or max_fpr == 1:
        return roc_auc(y01, y_score, sample_weight)
    fps, tps, _ = binary_curve(y01, y_score, sample_weight)
    if fps[-1] == 0 or tps[-1] == 0:
        return NAN
    x, y = [Fraction(0), *(v / fps[-1] for v in fps)], [Fraction(0), *(v / tps[-1] for v in tps)]
    limit = Fraction(max_fpr)
    # The curve up to the limit, where it is cut off in the middle of a segment; then rescaled after McClish (1989).
    inside = sum(v <= limit for v in x)
    slope = (y[inside] - y[inside - 1]) / (x[inside] - x[inside - 1])
    area = trapezoid([*x[:inside], limit], [*y[:inside], y[inside - 1] + slope * (limit - x[inside - 1])])
    least = limit**2 / 2
    return to_float((1 + (area - least) / (limit - least)) / 2)


def roc_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = True
) -> tuple[list[float], list[float], list[float]]:
    points = list(zip(*binary_curve(is_positive(y_true, pos_label), plain(y_score), sample_weight)))
    if drop_intermediate:
        # A point stays where the curve bends: where the steps before and after it differ.
        points = [
            point
            for i, point in enumerate(points)
            if i in (0, len(points) - 1)
            or any(points[i + 1][a] - point[a] != point[a] - points[i - 1][a] for a in (0, 1))
        ]
    fps, tps, thresholds = zip((0, 0, INF), *points)
    return (
        [to_float(ratio(Fraction(v), Fraction(fps[-1]))) for v in fps],
        [to_float(ratio(Fraction(v), Fraction(tps[-1]))) for v in tps],
        list(map(float, thresholds)),
    )


def average_precision_score(
    y_true: Any, y_score: Any, *, average: str | None = "macro", pos_label: Any = 1, sample_weight: Any = None
) -> Any:
    y_true, y_score = plain(y_true), plain(y_score)
    if is_multilabel(y_score):
        classes = sorted(set(y_true)) if not is_multilabel(y_true) else None
        marks = y_true if classes is None else [[y == c for c in classes] for y in y_true]
        return averaged(average_precision, marks, y_score, average, sample_weight)
    return average_precision(is_positive(y_true, pos_label), y_score, sample_weight)


def precision_recall_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = False
) -> tuple[list[float], list[float], list[float]]:
    points = list(zip(*binary_curve(is_positive(y_true, pos_label), plain(y_score), sample_weight)))
    if drop_intermediate:
        points = [
            point
            for i, point in enumerate(points)
            if i in (0, len(points) - 1) or not points[i - 1][1] == point[1] == points[i + 1][1]
        ]
    positives = points[-1][1]
    points.reverse()
    precision = [to_float(ratio(Fraction(tps), Fraction(tps + fps), 0.0)) for fps, tps, _ in points]
    recall = [to_float(ratio(Fraction(tps), Fraction(positives), 1.0)) for _, tps, _ in points]
    return [*precision, 1.0], [*recall, 0.0], [threshold for *_, threshold in points]


def auc(x: Any, y: Any) -> float:
    x = plain(x)
    return to_float(trapezoid(x, plain(y)) * (1 if x == sorted(x) else -1))


def dcg_score(
    y_true: Any,
    y_score: Any,
    *,
    k: int | None = None,
    log_base: float = 2,
    sample_weight: Any = None,
    ignore_ties: bool = False,
) -> float:
    y_true, y_score = plain(y_true), plain(y_score)
    discount = discounts(len(y_true[0]), k, log_base)
    return to_float(mean((dcg_row(g, s, discount, ignore_ties) for g, s in zip(y_true, y_score)), sample_weight))


def ndcg_score(
    y_true: Any, y_score: Any, *, k: int | None = None, sample_weight: Any = None, ignore_ties: bool = False
) -> float:
    y_true, y_score = plain(y_true), plain(y_score)
    discount = discounts(len(y_true[0]), k)
    return to_float(mean((ndcg_row(g, s, discount, ignore_ties) for g, s in zip(y_true, y_score)), sample_weight))


def confusion_matrix_at_thresholds(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[list[float], ...]:
    fps, tps, thresholds = binary_curve(is_positive(y_true, pos_label), plain(y_score), sample_weight)
    columns = [fps[-1] - v for v in fps], fps, [tps[-1] - v for v in tps], tps
    return (*(list(map(to_float, column)) for column in columns), thresholds)


def det_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = False
) -> tuple[list[float], ...]:
    points = [(0, 0, INF), *zip(*binary_curve(is_positive(y_true, pos_label), plain(y_score), sample_weight))]
    negatives, positives, _ = points[-1]
    if drop_intermediate:
        points = [
            point
            for i, point in enumerate(points)
            if i in (0, len(points) - 1) or not points[i - 1][1] == point[1] == points[i + 1][1]
        ]
    # From the last point without a false positive to the first without a false negative.
    first = max(i for i, (fps, _, _) in enumerate(points) if fps == 0)
    last = min(i for i, (_, tps, _) in enumerate(points) if tps == positives)
    points = points[first : last + 1][::-1]
    return (
        [to_float(ratio(Fraction(fps), Fraction(negatives))) for fps, _, _ in points],
        [to_float(ratio(Fraction(positives - tps), Fraction(positives))) for _, tps, _ in points],
        [float(threshold) for *_, threshold in points],
    )


def metric_at_thresholds(
    y_true: Any,
    y_score: Any,
    *,
    metric_func: Callable[..., Any],
    sample_weight: Any = None,
    metric_params: dict[str, Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    weights = weights_of(len(y_true), sample_weight)
    rows = [row for row in zip(plain(y_true), plain(y_score), weights) if row[2] != 0]
    thresholds = sorted({s for _, s, _ in rows}, reverse=True)
    true, scores, weights = zip(*rows)
    metric = getattr(classification, metric_func.__name__)
    passed = {**(metric_params or {}), **({} if sample_weight is None else {"sample_weight": weights})}
    return [metric(true, [int(s >= t) for s in scores], **passed) for t in thresholds], thresholds


def coverage_error(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    def depth(marks: Any, scores: Any) -> Fraction:
        relevant = [s for mark, s in zip(marks, scores) if mark]
        return Fraction(sum(s >= min(relevant) for s in scores) if relevant else 0)

    return to_float(mean(map(depth, plain(y_true), plain(y_score)), sample_weight))


def label_ranking_average_precision_score(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    def precision(marks: Any, scores: Any) -> Fraction:
        relevant = [s for mark, s in zip(marks, scores) if mark]
        if len(relevant) in (0, len(scores)):
            return Fraction(1)
        return mean(Fraction(sum(t >= s for t in relevant), sum(t >= s for t in scores)) for s in relevant)

    return to_float(mean(map(precision, plain(y_true), plain(y_score)), sample_weight))


def label_ranking_loss(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    def loss(marks: Any, scores: Any) -> Fraction:
        wrong = [s <= t for mark, s in zip(marks, scores) if mark for other, t in zip(marks, scores) if not other]
        return Fraction(sum(wrong), len(wrong)) if wrong else Fraction(0)

    return to_float(mean(map(loss, plain(y_true), plain(y_score)), sample_weight))


def top_k_accuracy_score(
    y_true: Any, y_score: Any, *, k: int = 2, normalize: bool = True, sample_weight: Any = None, labels: Any = None
) -> float:
    y_true, y_score = plain(y_true), plain(y_score)
    classes = sorted(set(y_true)) if labels is None else plain(labels)
    if not isinstance(y_score[0], list):
        cut = 0.5 if min(y_score) >= 0 and max(y_score) <= 1 else 0
        # A decision for the second class, put as a score of each of the two.
        y_score = [[0, 1] if s > cut else [1, 0] for s in y_score]
    hits = []
    for y, scores in zip(y_true, y_score):
        best = sorted(range(len(scores)), key=lambda column: (scores[column], column), reverse=True)
        hits.append(y in [classes[column] for column in best[:k]])
    weights = weights_of(len(hits), sample_weight)
    found = sum(w for hit, w in zip(hits, weights) if hit)
    return to_float(ratio(found, sum(weights)) if normalize else found)
