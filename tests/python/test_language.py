"""Cross-entropy and perplexity of logits: against SciPy, the other backend, and scikit-learn's log loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.special
import sklearn.metrics
import trueval
from hypothesis import given
from hypothesis import strategies as st
from registry import HAS_NATIVE
from trueval.language import cross_entropy, perplexity

pytestmark = pytest.mark.usefixtures("backend")


def by_scipy(y: Any, logits: Any) -> Any:
    logits = np.asarray(logits, dtype=np.float64)
    return scipy.special.logsumexp(logits, axis=-1) - np.take_along_axis(logits, np.asarray(y)[..., None], -1)[..., 0]


COLUMNS = st.sampled_from([1, 2, 3, 8, 9, 17, 1024, 1500])


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), COLUMNS, st.floats(0, 500))
def test_scipy_says_the_same(seed: int, rows: int, columns: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, columns)) * scale
    y = random.integers(0, columns, rows)
    found = cross_entropy(y, logits, aggregate=None)
    # A few roundings of the highest logit and of a logarithm below 8.
    np.testing.assert_allclose(found, by_scipy(y, logits), rtol=1e-13, atol=1e-14 + 1e-15 * scale)
    assert cross_entropy(y, logits) == pytest.approx(found.mean(), rel=1e-14)
    assert cross_entropy(y, logits, aggregate="sum") == pytest.approx(found.sum(), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, ">f4", ">f2", np.int32, np.longdouble, bool])
@pytest.mark.parametrize("columns", [5, 3000])
def test_dtypes_of_logits(dtype: Any, columns: int) -> None:
    random = np.random.default_rng(1)
    logits = (4 * random.normal(size=(50, columns))).astype(dtype)
    y = random.integers(0, columns, 50)
    # A loss near 0 is the difference of numbers near 8.
    np.testing.assert_allclose(cross_entropy(y, logits, aggregate=None), by_scipy(y, logits), rtol=1e-13, atol=1e-14)


def test_bfloat16_by_its_bits() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="bfloat16 for NumPy comes with JAX and TensorFlow")
    logits = np.random.default_rng(2).normal(size=(50, 70)).astype(ml_dtypes.bfloat16)
    y = np.arange(50)
    np.testing.assert_allclose(cross_entropy(y, logits, aggregate=None), by_scipy(y, logits.astype(float)), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, np.uint64, np.int32, bool])
def test_dtypes_of_labels(dtype: Any) -> None:
    y = np.array([0, 1, 1, 0]).astype(dtype)
    logits = np.log([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.4, 0.6]])
    theirs = sklearn.metrics.log_loss([0, 1, 1, 0], np.exp(logits))
    assert cross_entropy(y, logits) == pytest.approx(theirs, rel=1e-14)
    assert cross_entropy(y.tolist(), logits.tolist()) == pytest.approx(theirs, rel=1e-14)


def test_sequences_that_are_shifted_by_a_token() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(size=(4, 12, 30)).astype(np.float32)
    tokens = random.integers(0, 30, (4, 12))
    tokens[:, :5] = -100
    tokens[2] = -100
    shifted, y = logits[:, :-1], tokens[:, 1:]
    kept = y != -100
    expected = by_scipy(np.where(kept, y, 0), shifted)[kept]
    np.testing.assert_allclose(cross_entropy(y, shifted, aggregate=None), expected, rtol=1e-13)
    assert perplexity(y, shifted) == pytest.approx(math.exp(expected.mean()), rel=1e-13)
    # Other axes, other strides, other labels to leave out.
    np.testing.assert_allclose(cross_entropy(y.T, shifted.swapaxes(0, 1)), expected.mean(), rtol=1e-13)
    np.testing.assert_allclose(cross_entropy(y[:, ::-1], shifted[:, ::-1]), expected.mean(), rtol=1e-13)
    one = by_scipy(y[0, 4:], shifted[0, 4:]).mean()
    np.testing.assert_allclose(cross_entropy(y[0], np.asfortranarray(shifted[0])), one, rtol=1e-13)
    threes = cross_entropy(np.where(kept, y, 3), shifted, ignore_index=3)
    assert threes == cross_entropy(np.where(y == 3, -100, y), shifted)


def test_what_is_ignored_is_not_looked_at() -> None:
    logits = np.array([[1.0, 2.0], [np.nan, np.inf], [3.0, 0.0]])
    assert cross_entropy([0, -100, 0], logits) == pytest.approx(by_scipy([0, 0], logits[[0, 2]]).mean(), rel=1e-14)


def test_probabilities_of_zero() -> None:
    low = -np.inf
    assert cross_entropy([0], [[0.0, low, low]]) == 0.0
    assert cross_entropy([1], [[0.0, low]]) == math.inf
    assert perplexity([1], [[0.0, low]]) == math.inf
    assert perplexity([1], [[0.0, -800.0]]) == math.inf
    assert perplexity([1], [[0.0, -700.0]]) == pytest.approx(math.exp(700.0), rel=1e-12)  # e^700 magnifies a rounding


@pytest.mark.skipif(not HAS_NATIVE, reason="without the compiled module there is one backend")
def test_threads_and_backends_agree() -> None:
    random = np.random.default_rng(4)
    for columns in (3, 700, 5000):
        logits = random.normal(size=(600_000 // columns, columns)).astype(np.float32)
        y = random.integers(0, columns, len(logits))
        found = []
        before = trueval.get_num_threads()
        for threads in (1, 2, 3):
            trueval.set_num_threads(threads)
            try:
                found.append(cross_entropy(y, logits, aggregate=None).tobytes())
            finally:
                trueval.set_num_threads(before)
        assert len(set(found)) == 1
        with trueval.use_backend("reference"):
            reference = cross_entropy(y, logits, aggregate=None)
        np.testing.assert_allclose(np.frombuffer(found[0]), reference, rtol=1e-13)  # sums in another order


@pytest.mark.parametrize(
    ("y", "logits", "words"),
    [
        ([0, 1], [[1.0, 2.0]], "shape of logits"),
        ([0], [1.0, 2.0], "last axis"),
        (0, [1.0, 2.0], "last axis"),
        ([0], [[]], "last axis"),
        ([], np.zeros((0, 3)), "a label at least"),
        ([-100], [[1.0, 2.0]], "ignore_index=-100"),
        ([2], [[1.0, 2.0]], "0 to 1.*got 2"),
        ([-1], [[1.0, 2.0]], "got -1"),
        ([0], [[1.0, np.nan]], "NaN"),
        ([0], [[1.0, np.inf]], "NaN"),
        ([0], [[-np.inf, -np.inf]], "NaN"),
    ],
)
def test_refusals(y: Any, logits: Any, words: str) -> None:
    for function in (cross_entropy, perplexity):
        with pytest.raises(ValueError, match=words):
            function(y, logits)


def test_types_that_are_refused() -> None:
    with pytest.raises(TypeError, match="y_true must hold integers"):
        cross_entropy([0.0], [[1.0, 2.0]])
    with pytest.raises(TypeError, match="logits must hold numbers"):
        cross_entropy([0], [["a", "b"]])
    with pytest.raises(ValueError, match="aggregate"):
        cross_entropy([0], [[1.0, 2.0]], aggregate="median")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        cross_entropy([0], [[1.0, 2.0]], ignore_index=0.5)  # type: ignore[call-overload]
