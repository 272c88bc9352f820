"""The metrics of regression, and where they differ from scikit-learn's on purpose."""

from __future__ import annotations

import oracles
from metric import (
    ORACLE,
    REFUSAL,
    SUM,
    TIMES,
    VARIANCE,
    WORDS,
    Meant,
    Metric,
)

OUTPUTS = ({}, {"multioutput": "raw_values"})
MANY_OUTPUTS = (*OUTPUTS, {"multioutput": [0.5, 0.25, 2.0]}, {"multioutput": [0.2, 0.8]})
R2 = (*OUTPUTS, {"multioutput": "variance_weighted"}, {"multioutput": None}, {"force_finite": False})

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
)

REGRESSION = "mean_absolute_error|mean_squared_error|r2_score"
MEANT = (
    Meant(
        REGRESSION,
        f"({WORDS}|{TIMES}) on weights",
        REFUSAL,
        "words and times are no weights; scikit-learn turns them into floats here, and fails on them elsewhere",
    ),
    Meant(
        "r2_score",
        "values: times 5e-324 on weights",
        ORACLE,
        "products of weights with one significant bit are rounded, in one order or another",
        within=0.03,
    ),
)
