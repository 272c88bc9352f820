"""Metrics of regression against scikit-learn: parameters, valid and not, and cases at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import trueval
from parity import check, obj

NAN, INF = float("nan"), float("inf")

OUTPUTS = (
    "explained_variance_score",
    "mean_absolute_percentage_error",
    "mean_squared_log_error",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
    "mean_pinball_loss",
    "median_absolute_error",
    "d2_pinball_score",
    "d2_absolute_error_score",
)
SINGLE = (
    "max_error",
    "mean_tweedie_deviance",
    "mean_poisson_deviance",
    "mean_gamma_deviance",
    "d2_tweedie_score",
)

CASES: dict[str, tuple[Any, Any]] = {
    "list": ([3, 0.5, 2, 7], [2.5, 0.25, 2, 8]),
    "integers": ([1, 2, 3], [1, 3, 4]),
    "uint8 and int64": (np.array([1, 2, 250], np.uint8), np.array([3, 2, 1])),
    "int8 and uint8": (np.array([1, 2, 100], np.int8), np.array([3, 2, 1], np.uint8)),
    "int64 and uint64": (np.array([1, 2, 100]), np.array([3, 2, 1], np.uint64)),
    "float32": (np.array([1, 2, 3.5], np.float32), np.array([1, 2.5, 3], np.float32)),
    "float16": (np.array([1, 2, 3.5], np.float16), np.array([1, 2.5, 3], np.float16)),
    "float16 with a zero": (np.array([0, 2, 3.5], np.float16), np.array([1, 2.5, 3], np.float16)),
    "float32 beside float64": (np.array([1, 2, 3.5], np.float32), np.array([1, 2.5, 3])),
    "int32 beside float32": (np.array([1, 2, 4], np.int32), np.array([1, 2.5, 3], np.float32)),
    "int16 beside float16": (np.array([1, 2, 4], np.int16), np.array([1, 2.5, 3], np.float16)),
    "long double": (np.array([1, 2, 3.5], np.longdouble), np.array([1, 2.5, 3], np.longdouble)),
    "objects": (obj(1, 2, 3.5), obj(1, 2.5, 3)),
    "column": ([[1], [2], [3]], [1, 2, 4]),
    "columns": ([[1], [2], [3]], [[1], [2], [4]]),
    "two outputs": ([[0, 1], [1, 3], [2, 2]], [[0.5, 2], [1, 2], [3, 2]]),
    "Fortran": (np.asfortranarray([[0.5, 1], [1, 3], [2, 2]]), np.asfortranarray([[0.5, 2], [1, 2], [3, 2]])),
    "swapped": (np.array([1, 2, 3.5], ">f8"), np.array([1, 2, 3], ">i2")),
    "constant truth": ([1, 1, 1], [1, 2, 3]),
    "constant, perfect": ([2, 2, 2], [2, 2, 2]),
    "constant error": ([1, 2, 4], [2, 3, 5]),
    "perfect": ([1, 2, 3], [1, 2, 3]),
    "some constant outputs": ([[1, 1, 3], [1, 2, 3]], [[1, 2, 3], [1, 3, 4]]),
    "all constant outputs": ([[1, 3], [1, 3]], [[2, 3], [1, 3]]),
    "one sample": ([1.5], [1]),
    "two samples": ([1.5, 2], [1, 2]),
    "a zero": ([0, 1, 2], [1, 2, 3]),
    "a predicted zero": ([1, 1, 2], [0, 2, 3]),
    "negative": ([1, -0.5, 2], [1, 2, 3]),
    "minus one": ([1, -1, 2], [1, 2, 3]),
    "predicted minus one": ([1, 1, 2], [1, -1, 3]),
    # refused
    "unlike length": ([1, 2, 3], [1, 2]),
    "unlike outputs": ([[1, 2], [3, 4]], [[1], [2]]),
    "flat beside two outputs": ([1, 2], [[1, 2], [3, 4]]),
    "empty": ([], []),
    "no columns": (np.zeros((2, 0)), np.zeros((2, 0))),
    "NaN": ([1, NAN], [1, 2]),
    "infinite": ([1, 2], [1, INF]),
    "infinite float32": (np.array([1, INF], np.float32), np.array([1, 2], np.float32)),
    "strings": (["a", "b"], [1, 2]),
    "complex": ([1j, 2], [1, 2]),
    "three dimensions": (np.zeros((2, 1, 1)), [1, 2]),
    "scalar": (np.array(1.0), [1]),
    "None": (None, [1]),
    "ragged": ([[1], [1, 2]], [1, 2]),
    "sparse": (sp.csr_matrix([[1.0], [2]]), [1, 2]),
    "matrix": (np.matrix([[1.0], [2]]), [1, 2]),
}
# scikit-learn computes in the narrow dtype; here everything is float64 until the result.
NARROW = {
    "float32": 2e-6,
    "int32 beside float32": 2e-6,
    "float16": 4e-3,
    "float16 with a zero": 4e-3,
    "int16 beside float16": 4e-3,
}


def near(name: str, case: str, narrow: float = 0.0) -> float:
    """How far from scikit-learn a result may be: further where its narrow arithmetic cancels."""
    rtol = max(NARROW.get(case, 0.0), narrow)
    return rtol * (50 if any(part in name for part in ("deviance", "tweedie", "log")) else 1) or 1e-11


@pytest.mark.parametrize("multioutput", ["uniform_average", "raw_values", "variance_weighted", None, 3], ids=repr)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs(name: str, case: str, multioutput: Any) -> None:
    check(name, *CASES[case], multioutput=multioutput, rtol=near(name, case))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", SINGLE)
def test_one_output(name: str, case: str) -> None:
    check(name, *CASES[case], rtol=near(name, case))


@pytest.mark.parametrize(
    "multioutput", [[0.3, 0.7], [1, 1], [0, 0], [1, 2, 3], (1, 3), [NAN, 1], [[1, 2], [3, 4]], [2.0]], ids=repr
)
@pytest.mark.parametrize("case", ["two outputs", "list", "all constant outputs"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_output_weights(name: str, case: str, multioutput: Any) -> None:
    rows = len(CASES[case][0])
    check(name, *CASES[case], multioutput=multioutput)
    check(name, *CASES[case], multioutput=multioutput, sample_weight=np.arange(1.0, 1 + rows))


WEIGHTS: dict[str, Any] = {
    "integers": [1, 2, 3],
    "float32": np.array([1, 2, 0.5], np.float32),
    "some zero": [0, 2.0, 1],
    "only the last": [0, 0, 2.0],
    "half": [1, 1, 2.0],
    "one negative": [-1, 3.0, 2.0],
    "all negative": [-1, -2.0, -3.0],
    "adding up to zero": [1, -3, 2.0],
    "zero": [0, 0, 0],
    "too many": [1, 2, 3, 4],
    "a matrix": [[1], [2], [3]],
    "NaN": [1, NAN, 2],
    "a number": 2.0,
}


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("case", ["integers", "float32", "float16", "two outputs", "constant truth", "negative"])
@pytest.mark.parametrize("name", [*OUTPUTS, *SINGLE[1:], "mean_squared_error", "mean_absolute_error", "r2_score"])
def test_sample_weight(name: str, case: str, weight: str) -> None:
    rtol = near(name, case, 2e-6 if weight == "float32" else 0.0)
    check(name, *CASES[case], sample_weight=WEIGHTS[weight], rtol=rtol)


def test_max_error_takes_no_weights() -> None:
    check("max_error", [1, 2], [1, 2], sample_weight=[1, 1])


@pytest.mark.parametrize(
    "alpha", [0, 1, 0.5, 0.1, 0.25, 0.07, True, np.float64(0.3), np.float32(0.3), -0.1, 1.1, NAN, None, "a"]
)
@pytest.mark.parametrize("case", ["list", "float32", "two outputs", "constant truth", "one sample", "empty"])
@pytest.mark.parametrize("name", ["mean_pinball_loss", "d2_pinball_score"])
def test_alpha(name: str, case: str, alpha: Any) -> None:
    rtol = near(name, case, 2e-6 if isinstance(alpha, np.float32) else 0.0)
    for multioutput in ("uniform_average", "raw_values"):
        check(name, *CASES[case], alpha=alpha, multioutput=multioutput, rtol=rtol)
    if case == "list":
        check(name, *CASES[case], alpha=alpha, sample_weight=[1, 0, 2, 1], rtol=rtol)


POWERS = [0, 1, 2, 3, -1, 1.5, 1.1, 2.5, -0.5, -2, 1.0, True, np.float64(1.5), 0.5, NAN, INF, None, "a"]


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize(
    "case", ["list", "a zero", "a predicted zero", "negative", "two outputs", "column", "one sample", "NaN", "float32"]
)
@pytest.mark.parametrize("name", ["mean_tweedie_deviance", "d2_tweedie_score"])
def test_power(name: str, case: str, power: Any) -> None:
    rtol = near(name, case)
    check(name, *CASES[case], power=power, rtol=rtol)
    check(name, *CASES[case], power=power, sample_weight=np.arange(1.0, 1 + len(CASES[case][0])), rtol=rtol)


@pytest.mark.parametrize("force_finite", [True, False, np.bool_(False), 1, None])
@pytest.mark.parametrize(
    "case", ["constant truth", "constant, perfect", "constant error", "some constant outputs", "list"]
)
@pytest.mark.parametrize("name", ["explained_variance_score", "r2_score"])
def test_force_finite(name: str, case: str, force_finite: Any) -> None:
    for multioutput in ("uniform_average", "raw_values", "variance_weighted"):
        check(name, *CASES[case], force_finite=force_finite, multioutput=multioutput)


@pytest.mark.parametrize("power", [0, 1, 2])
def test_no_deviance_to_explain(power: int) -> None:
    check("d2_tweedie_score", [2, 2, 2], [1, 2, 3], power=power)


# quantiles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 10, 4096, 4097, 20_000])
@pytest.mark.parametrize("shape", ["normal", "ties", "one value", "skewed", "sorted", "blocks"])
def test_medians(n: int, shape: str, backend: str) -> None:
    """Of any length and distribution, weighted in any way."""
    rng = np.random.default_rng(n)
    error = {
        "normal": lambda: rng.normal(size=n),
        "ties": lambda: rng.integers(0, 4, n) / 4,
        "one value": lambda: np.full(n, 0.1),
        "skewed": lambda: rng.normal(size=n) * 10.0 ** rng.uniform(-200, 200, n),
        "sorted": lambda: np.sort(rng.normal(size=n)),
        "blocks": lambda: np.where(np.arange(n) % max(n // 1024, 1) == 0, 1e9, rng.normal(size=n)),
    }[shape]()
    dyadic = rng.integers(0, 9, n) / 8
    dyadic[0] = 1.0
    mixed = np.where(rng.random(n) < 0.1, -0.25, dyadic + 0.125) if shape == "normal" else None
    for weight in (None, np.ones(n), dyadic, rng.gamma(1.0, 1.0, n), 1.0 * (np.arange(n) == n // 2), mixed):
        check("median_absolute_error", error, np.zeros(n), sample_weight=weight)
        if n > 1 and shape != "skewed" and weight is not mixed:
            for alpha in (0, 0.25, 0.07, 0.9, 1):
                check("d2_pinball_score", error, np.zeros(n), sample_weight=weight, alpha=alpha, rtol=1e-10)


def test_median_of_columns(backend: str) -> None:
    rng = np.random.default_rng(0)
    true, pred = rng.normal(size=(2, 9000, 3)) * [1, 100, 1e-5]
    for weight in (None, rng.integers(0, 3, 9000)):
        check("median_absolute_error", true, pred, sample_weight=weight, multioutput="raw_values")
        check("d2_pinball_score", true, pred, sample_weight=weight, multioutput="raw_values", alpha=0.3)


# better than scikit-learn ---------------------------------------------------------------------------------------------


def test_integers_are_subtracted_exactly(backend: str) -> None:
    big = 2**62
    for dtype in (np.int64, np.uint64):
        assert trueval.max_error(np.array([big + 1], dtype), np.array([big], dtype)) == 1.0
        assert trueval.median_absolute_error(np.array([big, 5], dtype), np.array([big + 3, 4], dtype)) == 2.0
    assert trueval.max_error(np.array([-big, 0]), np.array([big, 0])) == 2.0**63
    assert trueval.max_error(np.array([big + 1]), np.array([7], np.int8)) == float(big - 6)
    assert trueval.max_error(np.array([1], np.uint8), np.array([2], np.uint8)) == 1.0
    assert trueval.max_error(np.array([-100], np.int8), np.array([100], np.int8)) == 200.0
    assert trueval.max_error([True, False], [True, True]) == 1.0


@pytest.mark.parametrize("value", [0.1, 2.25, 1 / 3])
def test_constants_have_no_variance(value: float, backend: str) -> None:
    true, error = np.full(7, value), np.array([1.0, 2, 3, 4, 5, 6, 7])
    for weight in (None, np.full(7, 0.1), np.array([0.0, 0, 0.1, 0.3, 0.7, 0, 0.1])):
        assert trueval.explained_variance_score(true, true + error, sample_weight=weight) == 0.0
        assert trueval.r2_score(true, true + error, sample_weight=weight) == 0.0
    assert trueval.explained_variance_score(true, np.full(7, 0.7)) == 1.0


def test_the_first_row_need_not_weigh_anything(backend: str) -> None:
    true, pred = [1.16317299, 2.05884067, 0.32798762, 0.32798762], [1.0, 2.0, 3.0, 4.0]
    assert trueval.r2_score(true, pred, sample_weight=[0, 0, 1, 2]) == 0.0
    assert trueval.explained_variance_score(true, pred, sample_weight=[0, 0, 1, 2]) == 0.0
