"""Metrics of predicted numbers, by scikit-learn's names."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from . import exact
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


def by_output(value: Callable[[Any, Any], Any], y_true: Any, y_pred: Any) -> list[Any]:
    return [value(t, p) for t, p in zip(columns_of(y_true), columns_of(y_pred))]


def only(values: list[Any]) -> Any:
    (value,) = values
    return to_float(value)


def root_mean_squared_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    squares = by_output(lambda t, p: squared_error(t, p, sample_weight), y_true, y_pred)
    return over_outputs([math.sqrt(to_float(s)) for s in squares], multioutput)


def mean_absolute_percentage_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    epsilon = sys.float_info.epsilon
    return over_outputs(
        by_output(lambda t, p: exact.percentage_error(t, p, epsilon, sample_weight), y_true, y_pred), multioutput
    )


def mean_squared_log_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    return over_outputs(
        by_output(lambda t, p: exact.squared_log_error(t, p, sample_weight), y_true, y_pred), multioutput
    )


def root_mean_squared_log_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    squares = by_output(lambda t, p: exact.squared_log_error(t, p, sample_weight), y_true, y_pred)
    return over_outputs([math.sqrt(to_float(s)) for s in squares], multioutput)


def mean_pinball_loss(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, alpha: float = 0.5, multioutput: Any = "uniform_average"
) -> Any:
    return over_outputs(
        by_output(lambda t, p: exact.pinball_loss(t, p, alpha, sample_weight), y_true, y_pred), multioutput
    )


def median_absolute_error(
    y_true: Any, y_pred: Any, *, multioutput: Any = "uniform_average", sample_weight: Any = None
) -> Any:
    def median(t: Any, p: Any) -> Any:
        return exact.quantile((abs(Fraction(a) - Fraction(b)) for a, b in zip(t, p)), 0.5, sample_weight)

    return over_outputs(by_output(median, y_true, y_pred), multioutput)


def max_error(y_true: Any, y_pred: Any) -> float:
    return only(by_output(exact.max_error, y_true, y_pred))


def mean_tweedie_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None, power: float = 0) -> float:
    return only(by_output(lambda t, p: exact.deviance(t, p, power, sample_weight), y_true, y_pred))


def mean_poisson_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return mean_tweedie_deviance(y_true, y_pred, sample_weight=sample_weight, power=1)


def mean_gamma_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return mean_tweedie_deviance(y_true, y_pred, sample_weight=sample_weight, power=2)


def d2_tweedie_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, power: float = 0) -> float:
    (true,) = columns_of(y_true)
    if len(true) < 2:
        return NAN
    centre = [mean(map(Fraction, true), None if sample_weight is None else plain(sample_weight))] * len(true)
    baseline = exact.deviance(true, centre, power, sample_weight)
    return 1 - mean_tweedie_deviance(y_true, y_pred, sample_weight=sample_weight, power=power) / to_float(baseline)


def d2_pinball_score(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, alpha: float = 0.5, multioutput: Any = "uniform_average"
) -> Any:
    if len(columns_of(y_true)[0]) < 2:
        return NAN

    def score(t: Any, p: Any) -> Any:
        best = [exact.quantile(t, alpha, sample_weight)] * len(t)
        loss, baseline = (exact.pinball_loss(t, guess, alpha, sample_weight) for guess in (p, best))
        return 1 - loss / baseline if baseline else Fraction(loss == 0)

    return over_outputs(by_output(score, y_true, y_pred), multioutput)


def d2_absolute_error_score(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    return d2_pinball_score(y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput)


def r2_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    if len(columns_of(y_true)[0]) < 2:
        return NAN
    sums = by_output(lambda t, p: explained_sums(t, p, sample_weight), y_true, y_pred)
    return explained(sums, multioutput, force_finite)


def explained_variance_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    sums = by_output(lambda t, p: exact.explained_variances(t, p, sample_weight), y_true, y_pred)
    return explained(sums, multioutput, force_finite)


def explained(sums: list[tuple[Any, Any]], multioutput: Any, force_finite: bool) -> Any:
    """One minus the first over the second of each pair, over the outputs."""
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
