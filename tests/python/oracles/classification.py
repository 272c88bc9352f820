"""Metrics of labels and probabilities, by scikit-learn's names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from .exact import (
    INF,
    confusion_counts,
    is_multilabel,
    log_losses,
    mean,
    plain,
    ratio,
    to_float,
    weights_of,
)


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


def fbeta_score(y_true: Any, y_pred: Any, *, average: str | None = "binary", **keywords: Any) -> Any:
    return precision_recall_fscore_support(y_true, y_pred, average=average, **keywords)[2]


def cells_of(y_true: Any, y_pred: Any, labels: Any, sample_weight: Any) -> list[list[Fraction]]:
    """The exact confusion matrix."""
    y_true, y_pred = plain(y_true), plain(y_pred)
    labels = sorted({*y_true, *y_pred}) if labels is None else plain(labels)
    cells = confusion_counts(y_true, y_pred, sample_weight)
    return [[cells.get((t, p), (0, Fraction(0)))[1] for p in labels] for t in labels]


def balanced_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False) -> float:
    matrix = cells_of(y_true, y_pred, None, sample_weight)
    recalls = [row[i] / sum(row) for i, row in enumerate(matrix) if sum(row)]
    score, chance = mean(recalls), Fraction(1, len(recalls))
    undefined = -INF if score < chance else math.nan
    return to_float(ratio(score - chance, 1 - chance, undefined) if adjusted else score)


def matthews_corrcoef(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """The correlation of the one-hot encodings: the mean, over pairs of samples, of products of their differences."""
    matrix = cells_of(y_true, y_pred, None, sample_weight)
    classes = range(len(matrix))
    true, pred = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix)]
    total = sum(true)

    def covariance(joint: Any, a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
        return sum((joint(k) * total - a[k] * b[k] for k in classes), Fraction(0))

    both = covariance(lambda k: matrix[k][k], true, pred)
    product = covariance(lambda k: true[k], true, true) * covariance(lambda k: pred[k], pred, pred)
    if not product:
        return 0.0
    with localcontext() as context:
        context.prec = 60
        both, product = (Decimal(x.numerator) / Decimal(x.denominator) for x in (both, product))
        return float(both / product.sqrt())


def cohen_kappa_score(
    y1: Any,
    y2: Any,
    *,
    labels: Any = None,
    weights: str | None = None,
    sample_weight: Any = None,
    replace_undefined_by: float = math.nan,
) -> float:
    matrix = cells_of(y1, y2, labels, sample_weight)
    cost = {None: lambda i, j: int(i != j), "linear": lambda i, j: abs(i - j), "quadratic": lambda i, j: (i - j) ** 2}
    pairs = [(i, j, cost[weights](i, j)) for i in range(len(matrix)) for j in range(len(matrix))]
    first, second = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix)]
    observed = sum(c * matrix[i][j] for i, j, c in pairs)
    expected = sum(c * first[i] * second[j] for i, j, c in pairs)
    if not expected:
        return replace_undefined_by
    return to_float(1 - observed * sum(first) / expected)


def class_likelihood_ratios(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, replace_undefined_by: Any = math.nan
) -> tuple[float, float]:
    (tn, fp), (fn, tp) = cells_of(y_true, y_pred, labels, sample_weight)
    if not isinstance(replace_undefined_by, dict):
        replace_undefined_by = {"LR+": replace_undefined_by, "LR-": replace_undefined_by}

    def over(part: Fraction, rest: Fraction, other_part: Fraction, other: Fraction, name: str) -> float:
        if not other_part:
            return replace_undefined_by[name]
        return to_float(ratio(part * (other_part + other), other_part * (part + rest)))

    return over(tp, fn, fp, tn, "LR+"), over(fn, tp, tn, fp, "LR-")


def set_pairs(y_true: Any, y_pred: Any) -> list[tuple[list[Any], list[Any]]]:
    """The labels of each sample, one or several."""
    return [(t, p) if isinstance(t, list) else ([t], [p]) for t, p in zip(plain(y_true), plain(y_pred))]


def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return to_float(
        mean((mean(Fraction(a != b) for a, b in zip(t, p)) for t, p in set_pairs(y_true, y_pred)), sample_weight)
    )


def zero_one_loss(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    wrong = [Fraction(t != p) for t, p in set_pairs(y_true, y_pred)]
    if normalize:
        return to_float(mean(wrong, sample_weight))
    return to_float(sum(w * v for w, v in zip(weights_of(len(wrong), sample_weight), wrong)))


def multilabel_confusion_matrix(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, labels: Any = None, samplewise: bool = False
) -> list[list[list[float]]]:
    y_true, y_pred = plain(y_true), plain(y_pred)
    weights = weights_of(len(y_true), sample_weight)
    counts = set_counts(y_true, y_pred, None if labels is None else plain(labels), weights)
    total = sum(weights)
    return [to_float([[total - p - t + both, p - both], [t - both, both]]) for both, p, t in counts]


def jaccard_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    y_true, y_pred = plain(y_true), plain(y_pred)
    weights = weights_of(len(y_true), sample_weight)
    undefined = 0.0 if zero_division == "warn" else float(zero_division)
    if average == "samples":
        sets = [({j for j, a in enumerate(t) if a}, {j for j, b in enumerate(p) if b}) for t, p in zip(y_true, y_pred)]
        scores = [
            ratio(Fraction(len(t & p)), Fraction(len(t | p)), undefined) if w else undefined
            for (t, p), w in zip(sets, weights)
        ]
        return to_float(mean(scores, weights))
    counts = set_counts(y_true, y_pred, [pos_label] if average == "binary" else labels, weights)
    if average == "micro":
        counts = [tuple(map(sum, zip(*counts)))]
    scores = [ratio(both, pred + true - both, undefined) for both, pred, true in counts]
    if average is None:
        return to_float(scores)
    support = [true for *_, true in counts] if average == "weighted" else None
    return to_float(mean(scores, support if support and sum(support) else None))


def spelled(labels: Sequence[Any]) -> list[str]:
    """The names of labels: all as floats if one is, and -0.0 as 0.0."""
    return [str(float(label) + 0) if float in map(type, labels) else str(label) for label in labels]


def classification_report(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    target_names: Any = None,
    output_dict: bool = True,
    zero_division: Any = "warn",
) -> dict[str, Any]:
    true, pred = plain(y_true), plain(y_pred)
    multilabel = is_multilabel(true)
    present = list(range(len(true[0]))) if multilabel else sorted({*true, *pred})
    labels = present if labels is None else plain(labels)
    means = ["micro", "macro", "weighted", *(["samples"] if multilabel else [])]
    rows, support = {}, 0.0
    for average in (None, *means):
        *scores, counts = precision_recall_fscore_support(
            y_true, y_pred, labels=labels, average=average, zero_division=zero_division
        )
        if average is None:
            support = sum(counts)
            for name, *numbers in zip(target_names or spelled(labels), *scores, counts):
                rows[name] = dict(zip(("precision", "recall", "f1-score", "support"), numbers))
        elif average == "micro" and not multilabel and set(labels) >= set(present):
            rows["accuracy"] = scores[0]
        else:
            rows[f"{average} avg"] = dict(zip(("precision", "recall", "f1-score", "support"), (*scores, support)))
    return rows


def truth_and_forecast(
    y_true: Any, y_proba: Any, pos_label: Any, labels: Any
) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    """One-hot truth and probabilities of all classes, exactly."""
    y_true, rows = plain(y_true), plain(y_proba)
    rows = [[Fraction(p) for p in (row if isinstance(row, list) else [row])] for row in rows]
    classes = sorted(set(y_true if labels is None else plain(labels)))
    if len(rows[0]) == 1:
        rows = [[1 - row[0], row[0]] for row in rows]
        known = {(0, 1), (-1, 1), (0,), (-1,), (1,)}
        found = tuple(sorted(set(y_true)))
        pos_label = (1 if found in known else found[-1]) if pos_label is None else pos_label
        return [[Fraction(y != pos_label), Fraction(y == pos_label)] for y in y_true], rows
    return [[Fraction(y == c) for c in classes] for y in y_true], rows


def squares(truth: Sequence[Sequence[Any]], forecast: Sequence[Sequence[Any]]) -> list[Fraction]:
    return [sum((t - p) ** 2 for t, p in zip(*pair)) for pair in zip(truth, forecast)]


def frequencies(truth: Sequence[Sequence[Fraction]], sample_weight: Any) -> list[list[Fraction]]:
    """The same row for every sample: the mean of the truth."""
    return [[mean(column, sample_weight) for column in zip(*truth)]] * len(truth)


def brier_score_loss(
    y_true: Any,
    y_proba: Any,
    *,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    scale_by_half: Any = "auto",
) -> float:
    truth, forecast = truth_and_forecast(y_true, y_proba, pos_label, labels)
    half = len(forecast[0]) < 3 if scale_by_half == "auto" else scale_by_half
    return to_float(mean(squares(truth, forecast), sample_weight) / (2 if half else 1))


def explained(loss: Any, base: Any) -> float:
    """1 - loss / base, as floating point has it where base is 0."""
    if not base:
        return -INF if loss else math.nan
    return to_float(1 - loss / base)


def d2_brier_score(
    y_true: Any, y_proba: Any, *, sample_weight: Any = None, pos_label: Any = None, labels: Any = None
) -> float:
    if len(y_proba) < 2:
        return math.nan
    truth, forecast = truth_and_forecast(y_true, y_proba, pos_label, labels)
    base = squares(truth, frequencies(truth, sample_weight))
    return explained(mean(squares(truth, forecast), sample_weight), mean(base, sample_weight))


def d2_log_loss_score(y_true: Any, y_proba: Any, *, sample_weight: Any = None, labels: Any = None) -> float:
    if len(y_proba) < 2:
        return math.nan
    classes = sorted(set(plain(y_true) if labels is None else plain(labels)))
    truth = [[Fraction(y == c) for c in classes] for y in plain(y_true)]
    eps = 2.0**-52
    codes, shares = [classes.index(y) for y in plain(y_true)], map(to_float, frequencies(truth, sample_weight))
    base = log_losses(codes, list(shares), eps, 1 - eps)
    losses = [log_loss([y], [p], labels=classes) for y, p in zip(plain(y_true), plain(y_proba))]
    return explained(*(mean(map(Fraction, values), sample_weight) for values in (losses, base)))


def hinge_loss(y_true: Any, pred_decision: Any, *, labels: Any = None, sample_weight: Any = None) -> float:
    y_true, rows = plain(y_true), plain(pred_decision)
    classes = sorted(set(y_true if labels is None else plain(labels)))
    if len(classes) > 2:
        margins = []
        for y, row in zip(y_true, rows):
            own = classes.index(y)
            margins.append(Fraction(row[own]) - max(Fraction(d) for j, d in enumerate(row) if j != own))
    else:
        found = sorted(set(y_true))
        margins = [Fraction(d) * (1 if len(found) == 2 and y == found[1] else -1) for y, d in zip(y_true, rows)]
    return to_float(mean((max(Fraction(0), 1 - margin) for margin in margins), sample_weight))
