"""Metrics of scores, by scikit-learn's names."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .exact import (
    INF,
    NAN,
    average_precision,
    binary_curve,
    dcg_row,
    discounts,
    mean,
    ndcg_row,
    plain,
    ratio,
    roc_auc,
    to_float,
    trapezoid,
)


def is_positive(y_true: Any, pos_label: Any) -> list[bool]:
    """Which rows hold the positive label; 1 where none is named."""
    return [y == (1 if pos_label is None else pos_label) for y in plain(y_true)]


def roc_auc_score(y_true: Any, y_score: Any, *, sample_weight: Any = None, max_fpr: float | None = None) -> float:
    y_true, y_score = plain(y_true), plain(y_score)
    if len(set(y_true)) < 2:
        return NAN
    y01 = is_positive(y_true, max(y_true))
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


def average_precision_score(y_true: Any, y_score: Any, *, pos_label: Any = 1, sample_weight: Any = None) -> float:
    return average_precision(is_positive(y_true, pos_label), plain(y_score), sample_weight)


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
