"""Textbook derivations of every metric, in plain Python: slow, short, and unlike the code under test.

The first part works on lists and answers in exact rationals (`fractions.Fraction`), from definitions: pairs are counted
one by one, curves found by thresholding, ties by averaging. The second part are the metrics by scikit-learn's names and
keywords, for the registry; they take for granted that scikit-learn accepts the input.
"""

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


def log_losses(codes: Sequence[int], rows: Sequence[Sequence[float]], low: float, high: float) -> list[float]:
    """-log of each row's clipped probability of its own class."""
    return [-math.log(min(max(row[code], low), high)) for code, row in zip(codes, rows)]


# By scikit-learn's names ----------------------------------------------------------------------------------------------


def is_multilabel(y: Sequence[Any]) -> bool:
    return len(y) > 0 and isinstance(y[0], list)


def accuracy_score(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    hits = [t == p for t, p in zip(plain(y_true), plain(y_pred))]
    weights = weights_of(len(hits), sample_weight)
    right = sum(w for hit, w in zip(hits, weights) if hit)
    return to_float(ratio(right, sum(weights)) if normalize else right)


def confusion_matrix(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, normalize: str | None = None
) -> list[list[float]]:
    y_true, y_pred = plain(y_true), plain(y_pred)
    labels = sorted({*y_true, *y_pred}) if labels is None else plain(labels)
    cells = confusion_counts(y_true, y_pred, sample_weight)
    matrix = [[cells.get((t, p), (0, Fraction(0)))[1] for p in labels] for t in labels]
    rows, columns = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix)]

    def whole(i: int, j: int) -> Any:
        return {"true": rows[i], "pred": columns[j], "all": sum(rows), None: Fraction(1)}[normalize]

    return [[to_float(ratio(cell, whole(i, j), 0.0)) for j, cell in enumerate(row)] for i, row in enumerate(matrix)]


def set_counts(
    y_true: Sequence[Any], y_pred: Sequence[Any], labels: Sequence[Any] | None, weights: Sequence[Fraction]
) -> list[tuple[Fraction, Fraction, Fraction]]:
    """(in both, predicted, true) per label, in weights."""
    if is_multilabel(y_true):
        labels = range(len(y_true[0])) if labels is None else labels
        columns = [([bool(t[j]) for t in y_true], [bool(p[j]) for p in y_pred]) for j in labels]
    else:
        labels = sorted({*y_true, *y_pred}) if labels is None else labels
        columns = [([t == label for t in y_true], [p == label for p in y_pred]) for label in labels]
    zero = Fraction(0)
    return [
        (
            sum((w for a, b, w in zip(t, p, weights) if a and b), zero),
            sum((w for b, w in zip(p, weights) if b), zero),
            sum((w for a, w in zip(t, weights) if a), zero),
        )
        for t, p in columns
    ]


def nan_mean(values: Sequence[Any], weights: Sequence[Any] | None) -> Any:
    """Mean over the defined values; without weights where they add up to nothing."""
    defined = [(v, w) for v, w in zip(values, weights_of(len(values), weights)) if not math.isnan(v)]
    kept, weight = [v for v, _ in defined], [w for _, w in defined]
    return mean(kept, weight if sum(weight) else None)


def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float = 1.0,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = None,
    warn_for: Any = (),
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> tuple[Any, Any, Any, Any]:
    y_true, y_pred = plain(y_true), plain(y_pred)
    weights = weights_of(len(y_true), sample_weight)
    if average == "binary":
        labels = [pos_label]
    if average == "samples":
        counts = []
        for t, p in zip(y_true, y_pred):
            chosen = range(len(t)) if labels is None else labels
            marks = [(bool(t[j]), bool(p[j])) for j in chosen]
            counts.append(tuple(Fraction(sum(m)) for m in ([a and b for a, b in marks], *reversed(list(zip(*marks))))))
        # A row of weight 0 counts as one without marks.
        counts = [c if w else (Fraction(0),) * 3 for c, w in zip(counts, weights)]
    else:
        counts = set_counts(y_true, y_pred, labels, weights)
        if average == "micro":
            counts = [tuple(map(sum, zip(*counts)))]
    undefined = 0.0 if zero_division == "warn" else float(zero_division)
    precision = [ratio(both, pred, undefined) for both, pred, _ in counts]
    recall = [ratio(both, true, undefined) for both, _, true in counts]
    if beta == INF:
        fscore = recall
    elif beta == 0:
        fscore = precision
    else:
        b2 = Fraction(beta) ** 2
        fscore = [ratio((1 + b2) * both, b2 * true + pred, undefined) for both, pred, true in counts]
    if average is None:
        return to_float(precision), to_float(recall), to_float(fscore), to_float([true for *_, true in counts])
    over = {"weighted": [true for *_, true in counts], "samples": weights}.get(average)
    return (*(to_float(nan_mean(values, over)) for values in (precision, recall, fscore)), None)


def precision_score(y_true: Any, y_pred: Any, **keywords: Any) -> Any:
    return precision_recall_fscore_support(y_true, y_pred, **keywords)[0]


def recall_score(y_true: Any, y_pred: Any, **keywords: Any) -> Any:
    return precision_recall_fscore_support(y_true, y_pred, **keywords)[1]


def f1_score(y_true: Any, y_pred: Any, **keywords: Any) -> Any:
    return precision_recall_fscore_support(y_true, y_pred, **keywords)[2]


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


def columns_of(y: Any) -> list[list[float]]:
    """The outputs of a regression target."""
    y = plain(y)
    return [list(column) for column in zip(*y)] if is_multilabel(y) else [y]


def over_outputs(values: list[Any], multioutput: Any) -> Any:
    if isinstance(multioutput, str) and multioutput == "raw_values":
        return to_float(values)
    uniform = multioutput is None or isinstance(multioutput, str)
    return to_float(mean(values, None if uniform else multioutput))


def mean_squared_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    pairs = zip(columns_of(y_true), columns_of(y_pred))
    return over_outputs([squared_error(t, p, sample_weight) for t, p in pairs], multioutput)


def mean_absolute_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    pairs = zip(columns_of(y_true), columns_of(y_pred))
    return over_outputs([absolute_error(t, p, sample_weight) for t, p in pairs], multioutput)


def r2_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    columns = list(zip(columns_of(y_true), columns_of(y_pred)))
    if len(columns[0][0]) < 2:
        return NAN
    sums = [explained_sums(t, p, sample_weight) for t, p in columns]
    scores = []
    for residual, deviation in sums:
        if deviation != 0:
            scores.append(1 - residual / deviation)
        elif force_finite:
            scores.append(Fraction(residual == 0))
        else:
            scores.append(NAN if residual == 0 else -INF)
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        deviations = [deviation for _, deviation in sums]
        return to_float(mean(scores, deviations if any(deviations) else None))
    return over_outputs(scores, multioutput)


def log_loss(
    y_true: Any, y_proba: Any, *, normalize: bool = True, sample_weight: Any = None, labels: Any = None
) -> float:
    single = str(getattr(y_proba, "dtype", "")) == "float32"
    y_true, y_proba = plain(y_true), plain(y_proba)
    classes = sorted(set(y_true if labels is None else plain(labels)))
    rows = [row if isinstance(row, list) else [row] for row in y_proba]
    rows = [[1 - row[0], row[0]] if len(row) == 1 else row for row in rows]
    eps = 2.0**-23 if single else 2.0**-52
    losses = log_losses([classes.index(y) for y in y_true], rows, eps, 1 - eps)
    if normalize:
        return to_float(mean(losses, sample_weight))
    return to_float(sum(w * Fraction(v) for v, w in zip(losses, weights_of(len(losses), sample_weight))))
