"""Specificity and fall-out, which scikit-learn has not, counted sample by sample."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest
import trueval
from scipy import sparse

pytestmark = pytest.mark.usefixtures("backend")

RNG = np.random.default_rng(5)
N = 50
WEIGHT = RNG.integers(1, 33, N) / 16
LABELS = {
    "binary": (RNG.integers(0, 2, N), RNG.integers(0, 2, N)),
    "multiclass": (RNG.integers(0, 4, N), RNG.integers(0, 4, N)),
    "words": (np.array(["ant", "bee", "cat"])[RNG.integers(0, 3, N)], np.array(["ant", "bee"])[RNG.integers(0, 2, N)]),
    "multilabel": (RNG.integers(0, 2, (N, 3)), RNG.integers(0, 2, (N, 3))),
}


def textbook(true: Any, pred: Any, average: str | None, weight: Any) -> Any:
    """False positive rates."""
    weights = oracles.weights_of(len(true), weight)
    if np.ndim(true) == 2:
        columns = [(true[:, j] == 1, pred[:, j] == 1) for j in range(true.shape[1])]
    else:
        columns = [(true == c, pred == c) for c in sorted({*true.tolist(), *pred.tolist()})]
    wrong = [sum((w for t, p, w in zip(*column, weights) if p and not t), Fraction(0)) for column in columns]
    negatives = [sum((w for t, w in zip(column[0], weights) if not t), Fraction(0)) for column in columns]
    supports = [sum((w for t, w in zip(column[0], weights) if t), Fraction(0)) for column in columns]
    if average == "micro":
        return float(sum(wrong) / sum(negatives))
    rates = [a / b for a, b in zip(wrong, negatives)]
    if average == "binary":
        return float(rates[1])
    if average is None:
        return oracles.to_float(rates)
    return float(oracles.mean(rates, supports if average == "weighted" else None))


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("average", ["binary", "micro", "macro", "weighted", None])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_rates_of_negatives(kind: str, average: str | None, weight: Any) -> None:
    true, pred = LABELS[kind]
    if average == "binary" and kind != "binary":
        with pytest.raises(ValueError, match="but average='binary'"):
            trueval.false_positive_rate(true, pred)
        return
    expected = np.array(textbook(true, pred, average, weight))
    ours = trueval.false_positive_rate(true, pred, average=average, sample_weight=weight)
    # A few quotients are averaged, and taken from one.
    np.testing.assert_allclose(ours, expected, rtol=1e-13)
    ours = trueval.true_negative_rate(true, pred, average=average, sample_weight=weight)
    np.testing.assert_allclose(ours, 1 - expected, rtol=1e-13)
    assert average is None or type(ours) is float


def test_either_class_may_be_the_positive_one() -> None:
    true, pred = LABELS["binary"]
    assert trueval.true_negative_rate(true, pred, pos_label=0) == trueval.recall_score(true, pred)
    assert trueval.true_negative_rate(true, pred) == trueval.recall_score(true, pred, pos_label=0)


def test_sparse_indicators() -> None:
    true, pred = LABELS["multilabel"]
    dense = trueval.true_negative_rate(true, pred, average="macro")
    assert trueval.true_negative_rate(sparse.csr_array(true), sparse.csr_array(pred), average="macro") == dense


def test_without_negatives() -> None:
    for metric in (trueval.true_negative_rate, trueval.false_positive_rate):
        with pytest.warns(UserWarning, match="for want of negative samples"):
            assert np.isnan(metric([1, 1], [1, 0]))
    assert trueval.false_positive_rate([0, 0], [0, 0]) == 0.0
    with pytest.raises(ValueError, match="pos_label=7 is not a valid label"):
        trueval.true_negative_rate([0, 1], [1, 1], pos_label=7)
    with pytest.raises(ValueError, match="'average' parameter of true_negative_rate"):
        trueval.true_negative_rate([0, 1], [1, 1], average="samples")
