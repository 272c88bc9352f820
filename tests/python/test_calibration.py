"""Calibration errors and the curve: against scikit-learn's curve and the definition spelled out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.calibration
import trueval
from hypothesis import given
from hypothesis import strategies as st
from registry import HAS_NATIVE
from trueval import streaming
from trueval.calibration import calibration_curve, expected_calibration_error, maximum_calibration_error

pytestmark = pytest.mark.usefixtures("backend")
BACKENDS = ["native", "reference"] if HAS_NATIVE else ["reference"]


def by_hand(hit: Any, proba: Any, edges: Any, weight: Any = None) -> tuple[float, float]:
    """Expected and maximum error, row by row."""
    weight = [1.0] * len(proba) if weight is None else weight
    bins: dict[int, list[tuple[float, float, float]]] = {}
    for one, p, w in zip(hit, proba, weight, strict=True):
        bins.setdefault(sum(edge < p for edge in edges), []).append((float(one), float(p), float(w)))
    total = sum(w for rows in bins.values() for _, _, w in rows)
    off = [
        (abs(sum(w * (one - p) for one, p, w in rows)), heavy)
        for rows in bins.values()
        if (heavy := sum(w for _, _, w in rows))
    ]
    return sum(apart for apart, _ in off) / total, max(apart / heavy for apart, heavy in off)


@st.composite
def binary(draw: Any) -> tuple[Any, Any, Any]:
    rows = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    proba = random.random(rows)
    if draw(st.booleans()):
        proba = np.round(proba, 1)  # on edges
    return random.integers(0, 2, rows), proba, random.integers(0, 3, rows) + (np.arange(rows) == 0)


@given(binary(), st.integers(1, 40))
def test_the_definition(data: tuple[Any, Any, Any], n_bins: int) -> None:
    y, proba, weight = data
    edges = np.linspace(0, 1, n_bins + 1)[1:-1]
    for w in (None, weight):
        expected, most = by_hand(y == 1, proba, edges, w)
        settings: dict[str, Any] = {"n_bins": n_bins, "sample_weight": w, "pos_label": 1}
        # Sums of at most 60 terms, in another order.
        assert expected_calibration_error(y, proba, **settings) == pytest.approx(expected, abs=1e-14)
        assert maximum_calibration_error(y, proba, **settings) == pytest.approx(most, abs=1e-14)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("n_bins", [1, 5, 15, 100])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_curve_of_scikit_learn(strategy: str, n_bins: int, dtype: str) -> None:
    random = np.random.default_rng(1)
    proba = np.round(random.random(5000), 2).astype(dtype)
    y = random.random(5000) < proba
    ours = calibration_curve(y, proba, n_bins=n_bins, strategy=strategy)
    # In float64, as ours are: narrower sums lose digits.
    theirs = sklearn.calibration.calibration_curve(y, proba.astype(float), n_bins=n_bins, strategy=strategy)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_words_and_labels_of_minus_one() -> None:
    proba = [0.1, 0.4, 0.6, 0.9]
    expected = expected_calibration_error([0, 1, 0, 1], proba)
    assert expected_calibration_error(["no", "yes", "no", "yes"], proba, pos_label="yes") == expected
    assert expected_calibration_error([-1, 1, -1, 1], proba) == expected
    assert expected_calibration_error([False, True, False, True], proba) == expected
    theirs = sklearn.calibration.calibration_curve(["no", "yes", "no", "yes"], proba, pos_label="yes", n_bins=2)
    ours = calibration_curve(["no", "yes", "no", "yes"], proba, pos_label="yes", n_bins=2)
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_the_state_of_a_stream_says_the_same() -> None:
    random = np.random.default_rng(2)
    proba = random.random(3000)
    y = (random.random(3000) < proba**2).astype(int)
    found = streaming.calibration_state(bins=15).update(y, proba).compute()
    assert found.expected_error == pytest.approx(expected_calibration_error(y, proba), rel=1e-13)  # one order of sums
    assert found.largest_error == pytest.approx(maximum_calibration_error(y, proba), rel=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_highest_of_several_columns(weighted: bool) -> None:
    random = np.random.default_rng(3)
    proba = random.dirichlet(np.ones(5), 2000)
    proba[:50] = 0.2  # ties: the first column
    classes = np.array([2, 3, 5, 7, 11])
    y = classes[random.integers(0, 5, 2000)]
    weight = random.random(2000) if weighted else None
    hit = classes[proba.argmax(axis=1)] == y
    expected, most = by_hand(hit, proba.max(axis=1), np.linspace(0, 1, 16)[1:-1], weight)
    for labels, truth in ((None, y), (classes, y), ([*"abcde"], np.array([*"abcde"])[np.searchsorted(classes, y)])):
        found = expected_calibration_error(truth, proba, labels=labels, sample_weight=weight)
        assert found == pytest.approx(expected, rel=1e-12)  # 2,000 terms, in another order
        found = maximum_calibration_error(truth, proba, labels=labels, sample_weight=weight)
        assert found == pytest.approx(most, rel=1e-12)


def test_two_columns_are_about_the_predicted_class() -> None:
    proba = np.array([0.2, 0.3, 0.9])
    both = np.stack([1 - proba, proba], axis=1)
    assert expected_calibration_error([0, 0, 1], both) == pytest.approx((0.2 + 0.3 + 0.1) / 3)
    assert expected_calibration_error([0, 0, 1], proba[:, np.newaxis]) == expected_calibration_error([0, 0, 1], proba)


@pytest.mark.skipif(not HAS_NATIVE, reason="without the compiled module there is one backend")
def test_threads_and_backends_agree() -> None:
    random = np.random.default_rng(4)
    proba = random.random(400_000)
    y = random.integers(0, 2, 400_000)
    found = []
    for threads in (1, 2, 3):
        before = trueval.get_num_threads()
        trueval.set_num_threads(threads)
        try:
            found.append(expected_calibration_error(y, proba, sample_weight=proba))
        finally:
            trueval.set_num_threads(before)
    assert len(set(found)) == 1
    with trueval.use_backend("reference"):
        assert expected_calibration_error(y, proba, sample_weight=proba) == pytest.approx(found[0], rel=1e-11)


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (([0, 1], [0.5, 1.5]), {}, "greater than 1"),
        (([0, 1], [0.5, -0.5]), {}, "less than 0"),
        (([0, 1], [0.5, float("nan")]), {}, "NaN"),
        (([0, 1], [0.5]), {}, "inconsistent numbers of samples"),
        (([], []), {}, "minimum of 1 is required"),
        (([0, 1, 2], [0.5, 0.5, 0.5]), {}, "multiclass"),
        (([0, 1], [0.5, 0.5]), {"sample_weight": [1, -1]}, "must not be negative"),
        (([0, 1], [0.5, 0.5]), {"sample_weight": [0, 0]}, "non-zero"),
        (([0, 1], [0.5, 0.5]), {"n_bins": 0}, "n_bins"),
        (([0, 1], [0.5, 0.5]), {"strategy": "equal"}, "strategy"),
        (([0, 1], [0.5, 0.5]), {"labels": [0, 1]}, "labels must be None"),
        (([0, 1], [[0.5, 0.5], [0.2, 0.8]]), {"pos_label": 1}, "pos_label must be None"),
        (([0, 1], [[0.2, 0.5, 0.3], [0.2, 0.8, 0.0]]), {}, "different number of classes"),
        (([[0, 1], [1, 1]], [[0.5, 0.5], [0.2, 0.8]]), {}, "multilabel"),
    ],
)
def test_refusals(arguments: Any, settings: Any, words: str) -> None:
    for function in (expected_calibration_error, maximum_calibration_error):
        with pytest.raises(ValueError, match=words):
            function(*arguments, **settings)


def test_rows_that_do_not_add_up_are_told() -> None:
    with pytest.warns(UserWarning, match="do not sum to one"):
        expected_calibration_error([0, 1], [[0.5, 0.4], [0.2, 0.8]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected_calibration_error([0, 1], np.array([[0.3, 0.7], [0.2, 0.8]], dtype=np.float16))
