"""Metrics of predicted numbers, by scikit-learn's names."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .exact import (
    INF,
    NAN,
    absolute_error,
    explained_sums,
    is_multilabel,
    mean,
    plain,
    squared_error,
    to_float,
)


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
