"""The metrics of regression, and where they differ from scikit-learn's on purpose."""

from __future__ import annotations

import oracles
from metric import (
    LOGS,
    ORACLE,
    PLAIN,
    REFUSAL,
    SUM,
    TIMES,
    VARIANCE,
    WORDS,
    Meant,
    Metric,
    every_label,
)
from outcomes import Tolerance

OUTPUTS = ({}, {"multioutput": "raw_values"})
MANY_OUTPUTS = (*OUTPUTS, {"multioutput": [0.5, 0.25, 2.0]}, {"multioutput": [0.2, 0.8]})
R2 = (*OUTPUTS, {"multioutput": "variance_weighted"}, {"multioutput": None}, {"force_finite": False})

ALPHA = ({}, {"alpha": 0.25}, {"alpha": 0.875, "multioutput": "raw_values"})
EDGES = (*ALPHA, {"alpha": 0}, {"alpha": 1})
EVERY_OUTPUT = {"targets": OUTPUTS, "targets_multioutput": MANY_OUTPUTS}
POSITIVE_OUTPUT = {"targets_positive": OUTPUTS, "targets_positive_multioutput": MANY_OUTPUTS}
POWERS = tuple({"power": power} for power in (1.5, 3, -1, 0, 1, 2))

DEVIANCE = Tolerance(1e-11, 1e-12, "powers and logarithms may differ in the last bit, and their differences cancel")
DEVIANCES = Tolerance(1e-10, 1e-11, "a ratio of differences that cancel, less 1")

ROWS = (
    Metric(
        "mean_squared_error",
        {"targets": OUTPUTS, "targets_multioutput": MANY_OUTPUTS},
        oracles.mean_squared_error,
        SUM,
        SUM,
        mirror="mean_squared_error",
    ),
    Metric(
        "mean_absolute_error",
        {"targets": OUTPUTS, "targets_multioutput": MANY_OUTPUTS},
        oracles.mean_absolute_error,
        SUM,
        SUM,
        mirror="mean_absolute_error",
    ),
    Metric(
        "r2_score",
        {"targets": R2, "targets_multioutput": (*R2, *MANY_OUTPUTS[2:])},
        oracles.r2_score,
        VARIANCE,
        VARIANCE,
    ),
    Metric(
        "explained_variance_score",
        {
            "targets": tuple(k for k in R2 if k != {"multioutput": None}),
            "targets_multioutput": (*R2[:3], *MANY_OUTPUTS[2:]),
        },
        oracles.explained_variance_score,
        VARIANCE,
        VARIANCE,
    ),
    Metric(
        "root_mean_squared_error",
        {"targets": OUTPUTS, "targets_multioutput": MANY_OUTPUTS[:3]},
        oracles.root_mean_squared_error,
        SUM,
        SUM,
        mirror="root_mean_squared_error",
    ),
    Metric("mean_absolute_percentage_error", EVERY_OUTPUT, oracles.mean_absolute_percentage_error, SUM, SUM),
    Metric(
        "mean_squared_log_error",
        POSITIVE_OUTPUT,
        oracles.mean_squared_log_error,
        LOGS,
        LOGS,
        mirror="mean_squared_log_error",
    ),
    Metric(
        "root_mean_squared_log_error",
        POSITIVE_OUTPUT,
        oracles.root_mean_squared_log_error,
        LOGS,
        LOGS,
        mirror="root_mean_squared_log_error",
    ),
    Metric("mean_pinball_loss", every_label(EDGES, *EVERY_OUTPUT), oracles.mean_pinball_loss, SUM, SUM),
    Metric(
        "median_absolute_error",
        EVERY_OUTPUT,
        oracles.median_absolute_error,
        SUM,
        SUM,
        mirror="median_absolute_error",
    ),
    Metric(
        "max_error",
        {"targets": ({},)},
        oracles.max_error,
        SUM,
        SUM,
        weights=False,
        mirror="max_error",
    ),
    Metric("mean_tweedie_deviance", {"targets_positive": POWERS}, oracles.mean_tweedie_deviance, DEVIANCE, DEVIANCE),
    Metric("mean_poisson_deviance", {"targets_positive": ({},)}, oracles.mean_poisson_deviance, DEVIANCE, DEVIANCE),
    Metric("mean_gamma_deviance", {"targets_positive": ({},)}, oracles.mean_gamma_deviance, DEVIANCE, DEVIANCE),
    Metric("d2_tweedie_score", {"targets_positive": POWERS[3:5]}, oracles.d2_tweedie_score, DEVIANCES, DEVIANCES),
    Metric("d2_pinball_score", every_label(EDGES, *EVERY_OUTPUT), oracles.d2_pinball_score, VARIANCE, VARIANCE),
    Metric("d2_absolute_error_score", EVERY_OUTPUT, oracles.d2_absolute_error_score, VARIANCE, VARIANCE),
)

REGRESSION = "|".join(row.name for row in ROWS)
MEANT = (
    Meant(
        REGRESSION,
        f"({WORDS}|{TIMES}) on weights",
        REFUSAL,
        "words and times are no weights; scikit-learn turns them into floats here, and fails on them elsewhere",
    ),
    Meant(
        "max_error|median_absolute_error",
        "dtypes: uint(8|16|32|64) on all",
        PLAIN,
        "the difference of unsigned integers wraps around in scikit-learn",
    ),
    Meant(
        "explained_variance_score",
        "values: a 1e300 on weights",
        ORACLE,
        "a rounded mean is not the one row that has all the weight, and scikit-learn divides by the square of the rest",
    ),
    Meant(
        "r2_score|explained_variance_score|d2_tweedie_score",
        "values: times 5e-324 on weights",
        ORACLE,
        "products of weights with one significant bit are rounded, in one order or another",
        within=0.03,
    ),
)
