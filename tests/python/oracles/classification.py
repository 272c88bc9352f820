"""Metrics of labels and probabilities, by scikit-learn's names."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
