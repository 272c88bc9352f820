"""Results of `compare` and `confidence_interval` as text: one line, in which nothing is 0 that is not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from trueval.inference import Comparison, ConfidenceInterval, Estimate, compare, confidence_interval

Y = np.arange(200) % 2
BASE = np.where(np.arange(200) % 5 == 0, 1 - Y, Y)
TUNED = np.where(np.arange(200) % 25 == 0, 1 - Y, Y)


def compared(base=0.7601, tuned=0.8021, interval=(0.0393, 0.0447), pvalue=1e-9, **rest):
    difference = tuned - base
    return Comparison(
        base, tuned, difference, 0.001, ConfidenceInterval(*interval), 9.0, pvalue, "delong", 1000000, **rest
    )


def test_results_of_real_rows():
    found = compare("accuracy_score", Y, BASE, TUNED)
    assert str(found).startswith("0.8000 -> 0.9600, +0.1600, interval [+0.1")
    assert str(found).endswith("], p < 0.0001 (mcnemar, n = 200)")
    one = confidence_interval("accuracy_score", Y, TUNED)
    low, high = one.confidence_interval
    assert str(one) == f"0.9600, interval [{low:.4f}, {high:.4f}] (wilson, n = 200)"
    # What is printed of several, or asked for, is the representation that evaluates to the same again.
    for result in (found, one):
        assert eval(repr(result)) == result
        assert f"{result}" == str(result) != repr(result)
        assert str([result]) == f"[{result!r}]"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (
            compared(),
            "0.7601 -> 0.8021, +0.0420, interval [+0.0393, +0.0447], p < 0.0001 (delong, n = 1000000)",
        ),
        (
            compared(0.5, 0.4, (-math.inf, -0.05), 0.0123, wins=1, ties=2, losses=3),
            "0.5000 -> 0.4000, -0.1000, interval [-inf, -0.0500], p = 0.0123 (delong, n = 1000000)",
        ),
        (
            compared(0.5, 0.5, (0.0, 0.0), 1.0),
            "0.5000 -> 0.5000, 0.0000, interval [0.0000, 0.0000], p = 1.00 (delong, n = 1000000)",
        ),
        (
            compared(math.nan, 0.5, (math.nan, math.nan), math.nan),
            "undefined -> 0.5000, undefined, interval undefined, p undefined (delong, n = 1000000)",
        ),
        (
            compared(2e-6, 3e-6, (1e-7, 2e-6), 0.0),
            "2.000e-06 -> 3.000e-06, +1.000e-06, interval [+1.000e-07, +2.000e-06], p < 0.0001 (delong, n = 1000000)",
        ),
        (
            compared(pvalue=None),
            "0.7601 -> 0.8021, +0.0420, interval [+0.0393, +0.0447], p undefined (delong, n = 1000000)",
        ),
        (
            Estimate(12345678.9, 1.0, ConfidenceInterval(-0.1, 0.1), "t", 30),
            "1.235e+07, interval [-0.1000, 0.1000] (t, n = 30)",
        ),
        (
            Estimate(math.nan, math.nan, ConfidenceInterval(math.nan, math.nan), "wilson", 0),
            "undefined, interval undefined (wilson, n = 0)",
        ),
    ],
)
def test_text(result, text):
    assert str(result) == text
    assert "\n" not in str(result)
