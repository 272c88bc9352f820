"""The kernels behind `trueval.inference`: both backends, against textbook definitions and NumPy's own generator."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from decimal import Context, Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import trueval
from hypothesis import given
from hypothesis import strategies as st
from registry import BACKENDS, needs_native
from trueval import _backend

POOL = [-1e300, -1.0, -0.0, 0.0, 0.25, 0.5, 1.0, 1e300]
problems = st.lists(st.tuples(st.booleans(), st.sampled_from(POOL), st.sampled_from(POOL)), min_size=1, max_size=30)


def columns(problem: list[tuple[bool, float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    marks, base, tuned = (np.array(column) for column in zip(*problem))
    return marks.astype(np.uint8), base, tuned


def naive_placements(marks: np.ndarray, scores: np.ndarray) -> list[int]:
    """Twice the rows of the other class that a row is on the right side of, plus its ties, pair by pair."""
    placed = []
    for mark, score in zip(marks.tolist(), scores.tolist()):
        others = scores[marks != mark].tolist()
        right = sum(other < score if mark else other > score for other in others)
        placed.append(2 * right + sum(other == score for other in others))
    return placed


@pytest.mark.parametrize("name", BACKENDS)
@given(problem=problems)
def test_placements_and_their_sums(name: str, problem: list[tuple[bool, float, float]]) -> None:
    marks, base, tuned = columns(problem)
    up = marks == 1
    a, b = (np.array(naive_placements(marks, scores), dtype=object) for scores in (base, tuned))
    with trueval.use_backend(name):
        backend = _backend.current()
        placed, positives = backend.placements(marks, 1, base)
        assert placed.dtype == np.uint64
        assert placed.tolist() == a.tolist()
        assert positives == up.sum()
        squares = [sum(x * x for x in a[own]) for own in (up, ~up)]
        assert backend.auc_moments(marks, 1, base) == (up.sum(), (~up).sum(), sum(a[up]), *squares)
        expected = [
            [sum(a[own]), sum(b[own]), sum(a[own] * a[own]), sum(a[own] * b[own]), sum(b[own] * b[own])]
            for own in (up, ~up)
        ]
        assert backend.auc_covariance(marks, 1, base, tuned) == (up.sum(), (~up).sum(), *expected)


@pytest.mark.parametrize("name", BACKENDS)
@given(problem=problems)
def test_order_of_ranks(name: str, problem: list[tuple[bool, float, float]]) -> None:
    marks, scores, _ = columns(problem)
    rows = sorted(range(len(marks)), key=lambda row: (-scores[row], row))
    expected: list[int] = []
    for score in sorted({float(s) for s, mark in zip(scores, marks) if mark}, reverse=True):
        expected += [
            sum(marks[row] and scores[row] >= score for row in rows),
            sum(not marks[row] and scores[row] > score for row in rows),
            sum(not marks[row] and scores[row] >= score for row in rows),
        ]
    with trueval.use_backend(name):
        up, down, groups = _backend.current().rank_order(marks, 1, scores)
    assert up.tolist() == [row for row in rows if marks[row]]
    assert down.tolist() == [row for row in rows if not marks[row]]
    assert groups.tolist() == expected


_E = Fraction(Decimal(1).exp(Context(prec=60)))


def poisson_count(number: int) -> int:
    """Invert the distribution function of a Poisson variable of mean 1, in fractions."""
    count, below = 0, Fraction(1)
    while number >= int(below / _E * 2**64):
        count += 1
        below += Fraction(1, math.factorial(count))
    return count


def drawn(seed: int, replicate: int, sizes: list[int], poisson: bool = False) -> list[np.ndarray]:
    """Counts of units, in Python's integers, from NumPy's Philox."""
    counts = []
    for part, n in enumerate(sizes):
        key, counter = np.array([seed, 0], np.uint64), np.array([0, part, 6 if poisson else 0, replicate], np.uint64)
        numbers = np.random.Philox(key=key, counter=counter)
        if poisson:
            counts.append(np.array([poisson_count(int(u)) for u in np.atleast_1d(numbers.random_raw(n))], int))
            continue
        units: list[int] = []
        while len(units) < n:
            number = int(numbers.random_raw())
            for half in (number % 2**32, number >> 32):
                unit, rest = divmod(half * n, 2**32)
                if rest >= 2**32 % n:
                    units.append(unit)
        counts.append(np.bincount(units[:n], minlength=n) if n else np.zeros(0, int))
    return counts


def delong_error(marks: np.ndarray, scores: np.ndarray) -> float:
    """Standard error of the area from the placements of each row."""
    placed = np.array(naive_placements(marks, scores), dtype=np.float64)
    up = marks == 1
    p, n = int(up.sum()), int((~up).sum())
    if p < 2 or n < 2:
        return float("nan")
    return float(np.sqrt(np.var(placed[up] / (2 * n), ddof=1) / p + np.var(placed[~up] / (2 * p), ddof=1) / n))


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("together", [False, True], ids=["classes", "units"])
@pytest.mark.parametrize("poisson", [False, True], ids=["multinomial", "poisson"])
@given(problem=problems, seed=st.integers(0, 2**64 - 1))
def test_replicates_are_the_metric_of_the_rows_drawn(
    name: str, together: bool, poisson: bool, problem: list[tuple[bool, float, float]], seed: int
) -> None:
    """Each replicate, from the rows that NumPy's generator draws, by the public functions."""
    marks, base, tuned = columns(problem)
    n = len(marks)
    with trueval.use_backend(name):
        backend = _backend.current()
        orders = [backend.rank_order(marks, 1, scores) for scores in (base, tuned)]
        sizes = [orders[0][0].size, orders[0][1].size]
        place = np.arange(n, dtype=np.uint32)
        if not together:
            for own in orders[0][:2]:
                place[np.sort(own)] = np.arange(own.size)
        rankings = [(place[up], place[down], groups) for up, down, groups in orders]
        units = n if together else None
        got = {
            what: backend.rank_bootstrap(what, rankings, *sizes, units, poisson, seed, 5, 3).reshape(3, 2, -1)
            for what in (0, 1, 2)
        }
    for i in range(3):
        if together:
            rows = np.repeat(np.arange(n), drawn(seed, 5 + i, [n], poisson)[0])
        else:
            counts = drawn(seed, 5 + i, sizes, poisson)
            rows = np.concatenate([np.repeat(np.flatnonzero(marks == 1 - k), counts[k]) for k in (0, 1)])
        y = marks[rows]
        for j, scores in enumerate((base[rows], tuned[rows])):
            if y.all() or not y.any():
                assert np.isnan(got[0][i, j, 0])
            else:
                assert got[0][i, j, 0] == got[2][i, j, 0] == trueval.roc_auc_score(y, scores)
            if y.any():
                assert got[1][i, j, 0] == trueval.average_precision_score(y, scores)
            else:
                assert np.isnan(got[1][i, j, 0])
            # The sums are exact, the textbook's variances of floats are not.
            np.testing.assert_allclose(got[2][i, j, 1], delong_error(y, scores), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("n", [1, 3, 8, 64, 65, 1000, 1500, 5000])
def test_sums_of_drawn_rows_and_of_signs(name: str, n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 3))
    with trueval.use_backend(name):
        backend = _backend.current()
        sums = backend.bootstrap_sums(values.reshape(-1), None, None, 3, n, False, 7, 2, 4).reshape(4, 3)
        units = np.repeat(np.arange(n, dtype=np.uint32), 3)
        columns = np.tile(np.array([2, 0, 1], np.uint32), n)
        placed = backend.bootstrap_sums(values.reshape(-1), units, columns, 3, n, False, 7, 2, 4).reshape(4, 3)
        flips = backend.sign_flip_sums(np.ascontiguousarray(values[:, 0]), 7, 2, 4)
    for i in range(4):
        exact = [
            sum(Fraction(v) * int(c) for v, c in zip(column, drawn(7, 2 + i, [n])[0])) for column in values.T.tolist()
        ]
        scale = np.abs(values).sum()
        # Pairwise or compensated sums: a few roundings of the sum of the absolute values.
        np.testing.assert_allclose(sums[i], [float(e) for e in exact], rtol=0, atol=1e-15 * scale)
        np.testing.assert_allclose(placed[i][[2, 0, 1]], [float(e) for e in exact], rtol=0, atol=2e-14 * scale)
        key, counter = np.array([7, 0], np.uint64), np.array([0, 0, 1, 2 + i], np.uint64)
        words = np.atleast_1d(np.random.Philox(key=key, counter=counter).random_raw(-(-n // 64))).tolist()
        signs = [-1 if words[row // 64] >> row % 64 & 1 else 1 for row in range(n)]
        signed = float(sum(Fraction(v) * s for v, s in zip(values[:, 0].tolist(), signs)))
        np.testing.assert_allclose(flips[i], signed, rtol=0, atol=1e-15 * scale)


@needs_native
def test_both_backends_draw_the_same() -> None:
    rng = np.random.default_rng(3)
    marks, scores = rng.integers(0, 2, 3000, dtype=np.uint8), np.round(rng.normal(size=3000), 2)
    answers = []
    for name in BACKENDS:
        with trueval.use_backend(name):
            backend = _backend.current()
            up, down, groups = backend.rank_order(marks, 1, scores)
            answers.append(
                [
                    backend.rank_bootstrap(what, [ranking], up.size, down.size, units, poisson, 11, 100, 20)
                    for what, poisson, (ranking, units) in product(
                        (0, 1, 2), (False, True), (((None, None, groups), None), ((up, down, groups), 3000))
                    )
                ]
            )
    for native, reference in zip(*answers):
        np.testing.assert_array_equal(native, reference)


@needs_native
def test_wrong_places_are_refused() -> None:
    """Indices that lead out of their arrays never come from this package, and are no reason to crash."""
    with trueval.use_backend("native"):
        backend = _backend.current()
        good = np.array([1, 0, 1, 2, 1, 2], np.uint32)
        far = np.array([0, 9], np.uint32)
        for ranking, units in (
            ((far, None, good), None),
            ((None, far, good), None),
            ((None, None, good[::-1].copy()), None),
            ((None, None, good[:3].copy()), None),
            ((None, None, good), 7),
        ):
            with pytest.raises((RuntimeError, ValueError)):
                backend.rank_bootstrap(0, [ranking], 2, 2, units, False, 0, 0, 1)
        for units, columns in ((far, np.zeros(2, np.uint32)), (np.zeros(2, np.uint32), far), (far[:1], far)):
            with pytest.raises((RuntimeError, ValueError)):
                backend.bootstrap_sums(np.ones(2), units.copy(), columns, 1, 2, False, 0, 0, 1)


def print_bits() -> None:
    rng = np.random.default_rng(8)
    n = 70_001
    marks, scores = rng.integers(0, 2, n, dtype=np.uint8), rng.normal(size=n)
    tuned = scores + rng.normal(size=n)
    backend = _backend.current()
    up, down, groups = backend.rank_order(marks, 1, scores)
    print(backend.auc_covariance(marks, 1, scores, tuned), backend.auc_moments(marks, 1, scores))
    for array in (
        backend.placements(marks, 1, scores)[0],
        up,
        down,
        groups,
        backend.rank_bootstrap(2, [(None, None, groups)], up.size, down.size, None, False, 5, 0, 9),
        backend.rank_bootstrap(1, [(up, down, groups)], up.size, down.size, n, True, 5, 0, 9),
        backend.bootstrap_sums(scores, None, None, 1, n, False, 5, 0, 9),
        backend.sign_flip_sums(scores, 5, 0, 9),
    ):
        print(np.asarray(array).tobytes().hex())


@needs_native
def test_any_number_of_threads_and_any_instruction_set_give_the_same_bits() -> None:
    answers = {
        subprocess.run(
            [sys.executable, __file__],
            env={**os.environ, "RAYON_NUM_THREADS": threads, "TRUEVAL_SIMD": level, "TRUEVAL_BACKEND": "native"},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        ).stdout
        for threads, level in (("1", "baseline"), ("2", "avx2"), ("7", "avx512"))
    }
    assert len(answers) == 1


if __name__ == "__main__":
    print_bits()
