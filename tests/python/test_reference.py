"""The reference backend, function by function, against the textbook (oracles.py) and against the contract's fine print.

The metrics are compared elsewhere, through the public functions; here the inputs are what crosses to a backend, among
them those that validation would never let through.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueval import _reference as reference

NAN, INF = math.nan, math.inf
LABEL_DTYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")
# Neighbours that float64 cannot tell apart, and both ends of the range.
HUGE = {
    "i8": (2**53, 2**53 + 1, -(2**63), -(2**63) + 1, 2**63 - 1),
    "u8": (2**53, 2**53 + 1, 2**63, 2**63 + 1, 2**64 - 1),
}
SCORES = {
    "f8": (-1.5, -0.0, 0.0, 5e-324, 1.0, 1.0 + 2**-52, 1e300),
    "f4": (-1.5, -0.0, 0.0, 1e-45, 1.0, 1.0 + 2**-23, 1e30),
    **HUGE,
}


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def close(ours: Any, exact: Any, rtol: float = 1e-14, atol: float = 0.0) -> None:
    """Compare floats, nan with nan included."""
    np.testing.assert_allclose(ours, oracles.to_float(exact), rtol=rtol, atol=atol)


def same(ours: np.ndarray, expected: Any, dtype: Any) -> None:
    """Compare values exactly, and the dtype."""
    assert ours.dtype == np.dtype(dtype)
    assert ours.tolist() == list(expected)


def drawn(draw: Any, n: int, pool: tuple[Any, ...], dtype: str) -> np.ndarray:
    """An array of n values of a pool."""
    return np.array(draw(st.lists(st.sampled_from(pool), min_size=n, max_size=n)), dtype=dtype)


# Rounded at every step, and of both magnitudes; a quarter of them zero.
WEIGHTS = (0.0, 0.1, 1 / 3, 1.0, 2.5, 1e-9, 7e8, 0.0)


@st.composite
def weights(draw: Any, n: int) -> np.ndarray | None:
    return drawn(draw, n, WEIGHTS, "f8") if draw(st.booleans()) else None


def weights_as_list(sample_weight: np.ndarray | None) -> list[float] | None:
    return None if sample_weight is None else sample_weight.tolist()


# labels ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (0, INF, -INF)),
        ([3.0, -0.5, 2.0], (0, -0.5, 3.0)),
        ([INF, 1.0, 2.0], (2, 1.0, 2.0)),
        ([-INF, 1.0, NAN, 2.0], (1, 1.0, 2.0)),
        ([NAN, INF], (1, INF, -INF)),
    ],
)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_scan(values: list[float], expected: tuple[int, float, float], dtype: str) -> None:
    found = reference.scan(np.array(values, dtype))
    assert found == expected
    assert [type(v) for v in found] == [int, float, float]


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_scan_of_integers(dtype: str) -> None:
    values = HUGE[dtype]
    assert reference.scan(np.array(values, dtype)) == (0, float(min(values)), float(max(values)))
    assert reference.scan(np.array([], dtype)) == (0, INF, -INF)


@pytest.mark.parametrize("dtype", LABEL_DTYPES)
def test_label_set(dtype: str) -> None:
    status, labels = reference.label_set(np.array([3, 1, 3, 0, 7, 1], dtype))
    assert (status, type(status)) == (0, int)
    same(labels, [0, 1, 3, 7], dtype)
    status, labels = reference.label_set(np.array([], dtype))
    assert status == 0
    same(labels, [], dtype)


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_label_set_beyond_floats(dtype: str) -> None:
    status, labels = reference.label_set(np.array([*HUGE[dtype], *HUGE[dtype]], dtype))
    assert status == 0
    same(labels, sorted(HUGE[dtype]), dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("values", "status"),
    [
        ([1.0, NAN, INF, 0.5], 1),
        ([0.5, INF, 1.0], 2),
        ([0.5, -INF], 2),
        ([0.5, 1.0], 3),
        ([2.0**63], 3),
        ([-(2.0**64)], 3),
        ([1e30], 3),
        ([1e-40], 3),
        ([-(2.0**63)], 0),
        ([2.0**62], 0),
    ],
)
def test_status_of_labels(values: list[float], status: int, dtype: str) -> None:
    y = np.array(values, dtype)
    found, labels = reference.label_set(y)
    assert found == status
    same(labels, [] if status else values, dtype)
    other = np.zeros(len(y))
    for sample_weight in (None, np.ones(len(y))):
        for pair, places in (((y, other), (0, 2)), ((other, y), (2, 0))):
            table = reference.contingency(*pair, sample_weight)
            assert (table[places[0]], table[places[1]]) == (status, 0)
            assert table[places[1] + 1].tolist() == [0.0]
            assert len(table[4]) == len(table[5]) == len(table[6]) == (status == 0)
            assert (table[7] is None) == (sample_weight is None)


def test_negative_zero_is_the_label_zero() -> None:
    y = np.array([-0.0, 0.0, 1.0, -0.0])
    for labels in (reference.label_set(y)[1], reference.label_set(y[:1])[1], reference.contingency(y, y, None)[1]):
        assert labels[0] == 0
        assert not np.signbit(labels[0])
    same(reference.contingency(y, y, None)[6], [3, 1], "i8")
    assert reference.roc_auc(y, 0, np.arange(4.0), None)[:2] == (3, 1)


@given(st.integers(0, 40), st.integers(0, 9), st.data())
def test_factorize(n: int, width: int, data: Any) -> None:
    rows = drawn(data.draw, n * width, (0, 0, 1, 255), "u1").reshape(n, width)
    seen: dict[bytes, int] = {}
    codes = [seen.setdefault(row.tobytes(), len(seen)) for row in rows]
    first, found = reference.factorize(rows)
    same(found, codes, "u4")
    same(first, [codes.index(number) for number in range(len(seen))], "i8")


@given(st.lists(st.integers(0, 5), max_size=40))
def test_factorize_objects(picks: list[int]) -> None:
    pool = [float(7) for _ in range(6)]  # equal, but each an object of its own
    y = np.empty(len(picks), dtype=object)
    y[:] = [pool[pick] for pick in picks]
    first, found = reference.factorize_objects(y)
    seen: dict[int, int] = {}
    codes = [seen.setdefault(pick, len(seen)) for pick in picks]
    same(found, codes, "u4")
    same(first, [codes.index(number) for number in range(len(seen))], "i8")


# counts ---------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 30), st.sampled_from(LABEL_DTYPES), st.sampled_from(LABEL_DTYPES), st.data())
def test_contingency(n: int, true_dtype: str, pred_dtype: str, data: Any) -> None:
    y_true, y_pred = (drawn(data.draw, n, HUGE.get(dtype, (0, 1, 2, 100)), dtype) for dtype in (true_dtype, pred_dtype))
    sample_weight = data.draw(weights(n))
    table = reference.contingency(y_true, y_pred, sample_weight)
    assert table[0] == table[2] == 0
    same(table[1], sorted(set(y_true.tolist())), true_dtype)
    same(table[3], sorted(set(y_pred.tolist())), pred_dtype)
    cells = oracles.confusion_counts(y_true.tolist(), y_pred.tolist(), sample_weight)
    expected = sorted(cells)
    same(table[4], [table[1].tolist().index(t) for t, _ in expected], "u4")
    same(table[5], [table[3].tolist().index(p) for _, p in expected], "u4")
    same(table[6], [cells[cell][0] for cell in expected], "i8")
    if sample_weight is None:
        assert table[7] is None
    else:
        assert table[7].dtype == np.float64
        close(table[7], [cells[cell][1] for cell in expected])


def test_contingency_of_many_labels() -> None:
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(-(2**62), 2**62, (2, 100_000))
    table = reference.contingency(y_true, y_pred, np.ones(100_000))
    assert len(table[1]) == len(table[3]) == len(table[4]) == 100_000
    assert np.array_equal(table[1][table[4]], np.sort(y_true))
    assert np.array_equal(table[3][table[5]], y_pred[np.argsort(y_true)])
    assert table[6].tolist() == table[7].tolist() == [1] * 100_000


@given(st.integers(0, 12), st.integers(0, 5), st.data())
def test_indicator_counts(n: int, k: int, data: Any) -> None:
    y_true, y_pred = (drawn(data.draw, n * k, (0, 1, 2, 255), "u1").reshape(n, k) for _ in range(2))
    sample_weight = data.draw(weights(n))
    found = reference.indicator_counts(y_true, y_pred, sample_weight)
    exact = oracles.weights_of(n, sample_weight)
    for ours, chosen in zip(found, ((y_true != 0) & (y_pred != 0), y_pred != 0, y_true != 0)):
        sums = [sum(w for w, mark in zip(exact, column) if mark) for column in chosen.T.tolist()]
        assert ours.dtype == (np.int64 if sample_weight is None else np.float64)
        assert ours.shape == (k,)
        close(ours, sums)
    rows = [list(zip(*row)) for row in zip(y_true.tolist(), y_pred.tolist())]
    by_row = reference.indicator_counts_by_row(y_true, y_pred)
    same(by_row[0], [sum(t != 0 and p != 0 for t, p in row) for row in rows], "i8")
    same(by_row[1], [sum(p != 0 for _, p in row) for row in rows], "i8")
    same(by_row[2], [sum(t != 0 for t, _ in row) for row in rows], "i8")
    same(by_row[3], [sum(t != p for t, p in row) for row in rows], "i8")


# curves ---------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 40), st.sampled_from(sorted(SCORES)), st.data())
def test_ranking_of_binary_labels(n: int, dtype: str, data: Any) -> None:
    y_true = drawn(data.draw, n, (0, 1, 3), data.draw(st.sampled_from(LABEL_DTYPES)))
    y_score = drawn(data.draw, n, data.draw(st.sampled_from([SCORES[dtype], SCORES[dtype][:2]])), dtype)
    pos_label, sample_weight = data.draw(st.sampled_from([None, 0, 1, 2, -1, 2**70])), data.draw(weights(n))
    args = (y_true, pos_label, y_score, sample_weight)
    textbook = ([y == pos_label for y in y_true.tolist()], y_score.tolist(), weights_as_list(sample_weight))
    fps, tps, thresholds = oracles.binary_curve(*textbook)
    pairs = oracles.pair_counts(*textbook)
    precisions = oracles.precision_sum(*textbook)
    curve, area, precision = reference.binary_curve(*args), reference.roc_auc(*args), reference.average_precision(*args)
    same(curve[2], thresholds, dtype)
    assert not np.signbit(curve[2][curve[2] == 0]).any()
    if sample_weight is None:
        same(curve[0], fps, "i8")
        same(curve[1], tps, "i8")
        assert area == pairs
        assert [type(v) for v in (*area, *precision)] == [int, int, int, float, int]
        # Each precision is off by at most half of 2**-52.
        assert abs(Fraction(precision[0]) - precisions) <= pairs[0] * Fraction(1, 2**52)
        assert precision[1] == pairs[0]
    else:
        assert curve[0].dtype == curve[1].dtype == np.float64
        close(curve[0], fps)
        close(curve[1], tps)
        close(area, pairs)
        close(precision, (precisions, pairs[0]))
        assert {type(v) for v in (*area, *precision)} == {float}


def test_positive_labels_beyond_floats() -> None:
    for dtype, values in HUGE.items():
        y_true = np.array(values, dtype)
        for value in values:
            assert reference.roc_auc(y_true, value, np.zeros(len(values)), None) == (1, 4, 4)
        for absent in (2**53 + 2, -(2**63) - 1, 2**64):
            assert reference.roc_auc(y_true, absent, np.zeros(len(values)), None) == (0, 5, 0)
    # 2**53 + 1 would be rounded to a label that does occur.
    assert reference.roc_auc(np.array([2.0**53]), 2**53 + 1, np.zeros(1), None)[0] == 0
    assert reference.roc_auc(np.array([2.0**24], "f4"), 2**24 + 1, np.zeros(1), None)[0] == 0


def test_exact_products_beyond_64_bits() -> None:
    """Sums of products past 2**63, which no test could afford the rows for."""
    rng = np.random.default_rng(1)
    counts, factors = rng.integers(0, 2**38, 16), rng.integers(0, 2**63, 16)
    exact = sum(a * b for a, b in zip(counts.tolist(), factors.tolist()))
    assert exact > 2**100
    assert reference.curves._dot(counts, factors) == exact


def test_precision_is_rounded_and_summed_exactly() -> None:
    rng = np.random.default_rng(2)
    y_true, y_score = rng.integers(0, 2, 3000), rng.integers(0, 700, 3000)
    fps, tps, _ = oracles.binary_curve(y_true.tolist(), y_score.tolist())
    total, before = 0, 0
    for false, true in zip(map(int, fps), map(int, tps)):
        total += (true - before) * round(Fraction(true / (true + false)) * 2**52)
        before = true
    assert reference.average_precision(y_true, 1, y_score, None) == (float(total) / 2**52, int(y_true.sum()))


def test_running_weights_never_step_back() -> None:
    rng = np.random.default_rng(3)
    n = 200_000
    y_true, y_score = rng.integers(0, 2, n, dtype=np.uint8), rng.random(n)
    sample_weight = 10.0 ** rng.uniform(-12, 3, n)
    fps, tps, _ = reference.binary_curve(y_true, 1, y_score, sample_weight)
    assert (np.diff(fps) >= 0).all()
    assert (np.diff(tps) >= 0).all()
    close(tps[-1], math.fsum(sample_weight[y_true == 1]))
    close(fps[-1], math.fsum(sample_weight[y_true == 0]))
    order = np.argsort(-y_score)
    for row in rng.integers(0, n, 20):
        close(tps[row], math.fsum((sample_weight * y_true)[order][: row + 1]))


@given(st.lists(st.tuples(*[st.integers(-9, 9).map(lambda i: i / 7)] * 2), max_size=12), st.booleans())
def test_trapezoid(points: list[tuple[float, float]], in_order: bool) -> None:
    points = sorted(points) if in_order else points
    x, y = [p[0] for p in points], [p[1] for p in points]
    found = reference.trapezoid(np.array(x), np.array(y))
    assert found[:2] == (x == sorted(x), x == sorted(x, reverse=True))
    assert [type(v) for v in found] == [bool, bool, float]
    close(found[2], oracles.trapezoid(x, y), atol=1e-14)


# ranking --------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 4), st.integers(1, 5), st.sampled_from(sorted(SCORES)), st.booleans(), st.data())
def test_dcg(n: int, k: int, dtype: str, ignore_ties: bool, data: Any) -> None:
    gains = drawn(data.draw, n * k, (0.0, 0.0, 1.0, 1 / 3, 4.0), "f8").reshape(n, k)
    scores = drawn(data.draw, n * k, data.draw(st.sampled_from([SCORES[dtype], SCORES[dtype][1:3]])), dtype)
    scores = scores.reshape(n, k)
    cut = data.draw(st.sampled_from([None, 1, 3, 50]))
    discount = oracles.discounts(k, cut)
    rows = list(zip(gains.tolist(), scores.tolist()))
    args = (gains, scores, np.array(discount), ignore_ties)
    found, normalised = reference.dcg(*args), reference.ndcg(*args)
    assert found.dtype == normalised.dtype == np.float64
    close(found, [oracles.dcg_row(g, s, discount, ignore_ties) for g, s in rows])
    close(normalised, [oracles.ndcg_row(g, s, discount, ignore_ties) for g, s in rows])
    if not ignore_ties:
        close(found, [oracles.dcg_row_by_permutations(g, s, discount) for g, s in rows])


def test_dcg_without_columns() -> None:
    empty = np.empty((3, 0))
    for function in (reference.dcg, reference.ndcg):
        for ignore_ties in (False, True):
            same(function(empty, empty, np.empty(0), ignore_ties), [0.0] * 3, "f8")
            same(function(np.empty((0, 3)), np.empty((0, 3)), np.ones(3), ignore_ties), [], "f8")


# regression -----------------------------------------------------------------------------------------------------------

TARGETS = {"f4": (0.0, -0.0, 0.1, -1 / 3, 7.0, 1e-30, 1e30), "f8": (0.0, -0.0, 0.1, -1 / 3, 7.0, 1e-100, 1e100)}


@given(st.integers(1, 12), st.integers(1, 3), st.sampled_from(sorted(TARGETS)), st.data())
def test_errors(n: int, k: int, dtype: str, data: Any) -> None:
    y_true, y_pred = (drawn(data.draw, n * k, TARGETS[dtype], dtype).reshape(n, k) for _ in range(2))
    sample_weight = data.draw(weights(n))
    pairs = list(zip(y_true.T.tolist(), y_pred.T.tolist()))
    args = (y_true, y_pred, sample_weight)
    squared, absolute = reference.squared_error(*args), reference.absolute_error(*args)
    residual, deviation = reference.explained_sums(*args)
    assert {x.dtype for x in (squared, absolute, residual, deviation)} == {np.dtype("f8")}
    close(squared, [oracles.squared_error(*pair, sample_weight) for pair in pairs], atol=1e-320)
    close(absolute, [oracles.absolute_error(*pair, sample_weight) for pair in pairs])
    sums = [oracles.explained_sums(*pair, sample_weight) for pair in pairs]
    close(residual, [a for a, _ in sums], atol=1e-310)
    # A rounded mean adds its squared error to each deviation.
    scale = np.square(y_true, dtype="f8").max(axis=0) * (n if sample_weight is None else sample_weight.sum())
    for ours, (_, exact), size in zip(deviation, sums, scale):
        close(ours, exact, rtol=1e-13, atol=1e-30 * size + 1e-310)


def test_a_constant_has_no_deviation() -> None:
    for value in (0.1, 1 / 3, 1e-9, 123456.789):
        for n in (3, 10, 1000, 4099):
            constant = np.full((n, 2), value)
            for sample_weight in (None, np.random.default_rng(n).random(n)):
                assert reference.explained_sums(constant, constant + 1, sample_weight)[1].tolist() == [0.0, 0.0]


def test_errors_without_rows_or_weight() -> None:
    empty, some = np.empty((0, 2)), np.arange(6.0).reshape(3, 2)
    zero = np.zeros(3)
    for function in (reference.squared_error, reference.absolute_error):
        assert np.isnan(function(empty, empty, None)).tolist() == [True, True]
        assert np.isnan(function(empty, empty, np.empty(0))).tolist() == [True, True]
        assert np.isnan(function(some, some, zero)).tolist() == [True, True]
        uneven = some + np.array([[1.0], [1.0], [0.0]])
        assert function(some, uneven, np.array([1.0, 1.0, -2.0])).tolist() == [INF, INF]
        assert function(np.empty((3, 0)), np.empty((3, 0)), None).shape == (0,)
    for sample_weight in (None, np.empty(0)):
        assert [x.tolist() for x in reference.explained_sums(empty, empty, sample_weight)] == [[0.0, 0.0]] * 2
    assert np.isnan(reference.explained_sums(some, some, zero)[1]).all()


def test_errors_past_the_largest_float() -> None:
    far = np.array([[1e200], [-1e200]])
    assert reference.squared_error(far, -far, None).tolist() == [INF]
    assert reference.absolute_error(far * 1e108, far * -1e108, None).tolist() == [INF]
    assert reference.explained_sums(far, far, None)[0].tolist() == [0.0]


def test_sums_are_accurate() -> None:
    rng = np.random.default_rng(4)
    y_true, y_pred = rng.normal(size=(2, 300_000, 2)) * 10.0 ** rng.uniform(-3, 3, (300_000, 1))
    sample_weight = rng.gamma(0.5, 3.0, 300_000)
    exact = [math.fsum(sample_weight * (y_true[:, j] - y_pred[:, j]) ** 2) / math.fsum(sample_weight) for j in (0, 1)]
    close(reference.squared_error(y_true, y_pred, sample_weight), exact)


# losses ---------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 12), st.integers(1, 4), st.sampled_from(["f4", "f8"]), st.data())
def test_log_loss(n: int, k: int, dtype: str, data: Any) -> None:
    label_dtype = data.draw(st.sampled_from(LABEL_DTYPES))
    classes = np.array(HUGE.get(label_dtype, (0, 1, 5, 7))[: max(k, 2)], label_dtype)
    classes.sort()
    y_true = drawn(data.draw, n, tuple(classes.tolist()), label_dtype)
    y_proba = drawn(data.draw, n * k, (0.0, 0.25, 0.1, 1 / 3, 0.5, 1.0), dtype).reshape(n, k)
    sample_weight = data.draw(weights(n))
    low, high, tolerance = 1e-7, 1 - 1e-7, 1e-5
    loss, off = reference.log_loss(y_true, classes, y_proba, sample_weight, low, high, tolerance)
    rows = y_proba.tolist()
    full = [[1 - row[0], row[0]] if k == 1 else row for row in rows]
    losses = oracles.log_losses([classes.tolist().index(y) for y in y_true.tolist()], full, low, high)
    exact = math.fsum(float(w) * v for v, w in zip(losses, oracles.weights_of(n, sample_weight)))
    close(loss, exact, rtol=1e-13)
    assert off == (0 if k == 1 else sum(abs(math.fsum(row) - 1) > tolerance for row in rows))
    assert (type(loss), type(off)) == (float, int)


def test_log_loss_of_negative_zero_and_of_certainty() -> None:
    classes, y_true = np.array([0.0, 1.0]), np.array([-0.0, 1.0])
    certain = np.eye(2)
    loss, off = reference.log_loss(y_true, classes, certain, None, 0.0, 1.0, 1e-8)
    assert (loss, math.copysign(1, loss), off) == (0.0, 1.0, 0)
    assert reference.log_loss(y_true, classes, 1 - certain, None, 0.0, 1.0, 1e-8)[0] == INF


def test_log_loss_refuses_a_label_that_is_no_class() -> None:
    for label in (-1, 1, 9):
        with pytest.raises(ValueError, match="not among the classes"):
            reference.log_loss(np.array([label]), np.array([0, 2]), np.array([[0.5, 0.5]]), None, 0.1, 0.9, 1e-8)


# rows of marks and of classes -----------------------------------------------------------------------------------------


@given(data=st.data())
@pytest.mark.parametrize("dtype", SCORES)
def test_rows_of_marks(dtype: str, data: Any) -> None:
    n, k = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 7))
    marks = drawn(data.draw, n * k, (0, 1, 7), "u1").reshape(n, k)
    scores = drawn(data.draw, n * k, SCORES[dtype], dtype).reshape(n, k)
    relevant, wins, ties = reference.pairs_by_row(marks, scores)
    precision = reference.average_precision_by_row(marks, scores)
    covered = reference.coverage_by_row(marks, scores)
    whole = reference.partial_roc_auc_by_row(marks, scores, 1.0)
    assert (relevant.dtype, wins.dtype, ties.dtype, covered.dtype) == (np.int64,) * 4
    for i, (row, ranks) in enumerate(zip((marks != 0).tolist(), scores.tolist(), strict=True)):
        positives, negatives, twice = oracles.pair_counts(row, ranks)
        assert (relevant[i], 2 * wins[i] + ties[i]) == (positives, twice)
        found = [s for mark, s in zip(row, ranks, strict=True) if mark]
        assert covered[i] == (sum(s >= min(found) for s in ranks) if found else 0)
        close(precision[i], oracles.average_precision(row, ranks) if found else NAN)
        close(whole[i], oracles.roc_auc(row, ranks), rtol=1e-13)
        if positives and negatives:
            part = oracles.partial_area(row, ranks, None, 0.3)
            least = 0.3**2 / 2
            area = reference.partial_roc_auc_by_row(marks[i : i + 1], scores[i : i + 1], 0.3)[0]
            close((1 + (area - least) / (0.3 - least)) / 2, part, rtol=1e-13)


@given(data=st.data())
@pytest.mark.parametrize("dtype", SCORES)
def test_ranks_of_classes(dtype: str, data: Any) -> None:
    k = data.draw(st.integers(1, 6))
    scores = drawn(data.draw, 4 * k, SCORES[dtype], dtype).reshape(4, k)
    classes = np.arange(k) * 3 - 4
    own = data.draw(st.lists(st.integers(0, k - 1), min_size=4, max_size=4))
    orders = [sorted(range(k), key=lambda column: (row[column], column), reverse=True) for row in scores.tolist()]
    expected = [order.index(column) for order, column in zip(orders, own, strict=True)]
    same(reference.class_ranks(classes[own], classes, scores), expected, np.int64)


@given(data=st.data())
def test_classes_against_each_other_and_the_rest(data: Any) -> None:
    n, k = data.draw(st.integers(0, 9)), data.draw(st.integers(1, 4))
    scores = drawn(data.draw, n * k, (0.1, 0.2, 0.3, 0.4), "f8").reshape(n, k)
    classes = [5, -1, 3, 8][:k]
    own = np.array(data.draw(st.lists(st.sampled_from(classes), min_size=n, max_size=n)), np.int64)
    counts, each = reference.class_pairs(own, classes, scores, True)
    assert counts == [int((own == label).sum()) for label in classes]
    assert reference.class_pairs(own, classes, scores, False) == (counts, [[sum(row)] for row in each])
    for a, label in enumerate(classes):
        for b, other in enumerate(classes):
            pair = (own == label) | ((own == other) & (a != b))
            _, _, twice = oracles.pair_counts((own[pair] == label).tolist(), scores[pair, a].tolist())
            assert each[a][b] == twice


@given(data=st.data())
def test_scores_of_16_bits(data: Any) -> None:
    n = data.draw(st.integers(1, 12))
    scores = drawn(data.draw, n, (-2.5, -1.0, -0.0, 0.0, 6e-8, 1.0, 65504.0), "f2")
    marks = drawn(data.draw, n, (0, 1), "i8")
    row, ranks = marks.tolist(), scores.tolist()
    assert reference.roc_auc_of_halves(marks, 1, scores.view(np.uint16)) == oracles.pair_counts(row, ranks)
    total, positives = reference.average_precision_of_halves(marks, 1, scores.view(np.uint16))
    assert positives == sum(row)
    if positives:
        close(total / positives, oracles.average_precision(row, ranks))


def test_rows_without_columns_and_no_rows() -> None:
    for shape in ((0, 3), (2, 0)):
        marks, scores = np.zeros(shape, np.uint8), np.zeros(shape)
        assert all((part == 0).all() and part.shape == shape[:1] for part in reference.pairs_by_row(marks, scores))
        same(reference.coverage_by_row(marks, scores), [0] * shape[0], np.int64)
        assert np.isnan(reference.average_precision_by_row(marks, scores)).all()
    with pytest.raises(ValueError, match="not among the classes"):
        reference.class_ranks(np.array([5]), np.array([0, 2]), np.array([[0.5, 0.5]]))


# all ------------------------------------------------------------------------------------------------------------------


def test_inputs_stay_as_they_were() -> None:
    """Read-only inputs do, and nothing that is returned is a view of them."""
    rng = np.random.default_rng(5)

    def fixed(x: np.ndarray) -> np.ndarray:
        x.setflags(write=False)
        return x

    labels, other, weight = fixed(rng.integers(0, 3, 50) / 1.0), fixed(rng.integers(0, 3, 50)), fixed(rng.random(50))
    marks, matrix = fixed(rng.integers(0, 2, (50, 3), dtype=np.uint8)), fixed(rng.random((50, 3)))
    distinct, starts, places = fixed(np.arange(3.0)), fixed(np.arange(51)), fixed(rng.integers(0, 3, 50))
    groups = fixed(np.array([1, 0, 1, 2, 1, 2], np.uint32))
    halves = fixed(rng.random(50).astype(np.float16).view(np.uint16))
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (reference.scan, (weight,)),
        (reference.label_set, (distinct,)),
        (reference.factorize, (marks,)),
        (reference.factorize_objects, (labels.astype(object),)),
        (reference.trapezoid, (weight, weight)),
        (reference.indicator_counts_by_row, (marks, marks)),
        (reference.max_error, (matrix, matrix)),
        (reference.dcg, (matrix, matrix, distinct, False)),
        (reference.ndcg, (matrix, matrix, distinct, True)),
        (reference.sparse_indicator_counts_by_row, (starts, places, starts, places)),
        (reference.pairs_by_row, (marks, matrix)),
        (reference.average_precision_by_row, (marks, matrix)),
        (reference.partial_roc_auc_by_row, (marks, matrix, 0.4)),
        (reference.coverage_by_row, (marks, matrix)),
        (reference.class_ranks, (labels, distinct, matrix)),
        (reference.class_pairs, (labels, [0, 1, 2], matrix, True)),
        (reference.roc_auc_of_halves, (labels, 1, halves)),
        (reference.average_precision_of_halves, (labels, 1, halves)),
        (reference.auc_moments, (labels, 1, weight)),
        (reference.placements, (labels, 1, weight)),
        (reference.auc_covariance, (labels, 1, weight, weight)),
        (reference.rank_order, (labels, 1, weight)),
        (reference.rank_bootstrap, (0, [(None, None, groups)], 2, 2, None, False, 0, 0, 3)),
        (reference.bootstrap_sums, (weight, None, None, 1, 50, True, 0, 0, 3)),
        (reference.sign_flip_sums, (weight, 0, 0, 3)),
        (reference.by_query, (4, labels, weight, places, None)),
        (reference.cross_entropy, (places, matrix, False, 1)),
        (reference.reliability, (labels, 1, weight, None, distinct / 3)),
        (reference.top_reliability, (labels, distinct, matrix, weight, distinct / 3)),
    ]
    for w in (None, weight):
        calls += [
            (reference.contingency, (labels, other, w)),
            (reference.indicator_counts, (marks, marks, w)),
            (reference.sparse_indicator_counts, (starts, places, starts, places, 3, w)),
            (reference.binary_curve, (labels, 1, weight, w)),
            (reference.roc_auc, (labels, 1, weight, w)),
            (reference.average_precision, (labels, 1, weight, w)),
            (reference.squared_error, (matrix, matrix, w)),
            (reference.absolute_error, (matrix, matrix, w)),
            (reference.explained_sums, (matrix, matrix, w)),
            (reference.explained_variances, (matrix, matrix, w)),
            (reference.absolute_percentage_error, (matrix, matrix, w, 1e-9)),
            (reference.squared_log_error, (matrix, matrix, w)),
            (reference.pinball_loss, (matrix, matrix, w, 0.3)),
            (reference.explained_pinball, (matrix, matrix, w, 0.3, 0.3, 1e-9)),
            (reference.median_absolute_error, (matrix, matrix, w, 1e-9)),
            (reference.tweedie_deviance, (matrix, matrix, w, 1.5)),
            (reference.explained_deviance, (matrix, matrix, w, 1.5)),
            (reference.log_loss, (labels, distinct, matrix, w, 1e-9, 1 - 1e-9, 1e-8)),
            (reference.brier, (labels, distinct, matrix, w, 1e-8)),
            (reference.brier_binary, (labels, 1, weight, w)),
            (reference.hinge, (labels, distinct, matrix, w)),
            (reference.hinge_binary, (labels, 1, weight, w)),
        ]
    without_input = {"get_num_threads", "set_num_threads"}
    assert {function.__name__ for function, _ in calls} == set(reference.__all__) - without_input
    for function, args in calls:
        result = function(*args)
        for part in result if isinstance(result, tuple) else (result,):
            if isinstance(part, np.ndarray):
                assert part.flags.writeable
                assert part.flags.c_contiguous
                assert not any(np.shares_memory(part, arg) for arg in args if isinstance(arg, np.ndarray))


@pytest.mark.parametrize("sample_weight", [None, np.array([0.5, 2.0, 0.25, 1.0])])
def test_sparse_indicators_count_as_dense_ones(sample_weight: Any) -> None:
    y_true, y_pred = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]]), np.array([[1, 1, 0], [0, 0, 1]] * 2)
    sides = []
    for marks in (y_true, y_pred):
        sides += [np.concatenate([[0], np.cumsum(marks.sum(axis=1))]), np.nonzero(marks)[1]]
    dense = y_true.astype(np.uint8), y_pred.astype(np.uint8)
    counts = reference.sparse_indicator_counts(*sides, 3, sample_weight)
    for ours, expected in zip(counts, reference.indicator_counts(*dense, sample_weight), strict=True):
        same(ours, expected, expected.dtype)
    by_row = reference.sparse_indicator_counts_by_row(*sides)
    for ours, expected in zip(by_row, reference.indicator_counts_by_row(*dense)[:3], strict=True):
        same(ours, expected, np.int64)


# losses of probabilities and decision values ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("sample_weight", [None, np.array([1.0, 0.0, 2.5])])
def test_brier(dtype: str, sample_weight: Any) -> None:
    y, classes = np.array([30, 10, 20], "u1"), np.array([10, 20, 30], "u1")
    proba = np.array([[0.25, 0.25, 0.5], [1, 0, 0], [0.5, 0.25, 0.5]], dtype)
    exact = [Fraction(3, 8), Fraction(0), Fraction(17, 16)]
    weight = oracles.weights_of(3, sample_weight)
    squares, off = reference.brier(y, classes, proba, sample_weight, 1e-3)
    close(squares, sum(w * e for w, e in zip(weight, exact)))
    assert off == 1
    one = reference.brier_binary(y, 20, np.ascontiguousarray(proba[:, 1]), sample_weight)
    close(one, sum(w * e for w, e in zip(weight, (Fraction(1, 16), Fraction(0), Fraction(9, 16)))))
    close(reference.brier_binary(y, None, proba[:, 0], None), Fraction(1, 16) + 1 + Fraction(1, 4))
    with pytest.raises(ValueError, match="not among the classes"):
        reference.brier(y, np.array([10, 20, 40], "u1"), proba, None, 1e-3)


def test_one_row_of_probabilities_stands_for_all() -> None:
    y, classes, row = np.array([2, 0, 0, 1]), np.array([0, 1, 2]), np.array([[0.5, 0.25, 0.25]])
    rows = np.repeat(row, 4, axis=0)
    assert reference.brier(y, classes, row, None, 0.1) == reference.brier(y, classes, rows, None, 0.1)
    assert reference.log_loss(y, classes, row, None, 0, 1, 1) == reference.log_loss(y, classes, rows, None, 0, 1, 1)
    assert reference.brier_binary(y, 0, row[0, :1], None) == reference.brier_binary(y, 0, rows[:, 0], None)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_hinge(dtype: str) -> None:
    y, classes = np.array([5, 7, 9]), np.array([5, 7, 9])
    decision = np.array([[2, 0.5, 0], [0, 0.5, 1], [0, 0, 0.25]], dtype)
    assert reference.hinge(y, classes, decision, None) == 0 + 1.5 + 0.75
    assert reference.hinge(y, classes, decision, np.array([4.0, 2.0, 1.0])) == 3.75
    assert reference.hinge_binary(y, 9, np.array([-2, 0.5, 0.25], dtype), None) == 0 + 1.5 + 0.75
    assert reference.hinge_binary(y, None, np.array([-2, 0.5, 0.25], dtype), np.array([1.0, 2.0, 0.0])) == 3
