"""What scikit-learn has not: against textbook derivations, and against scikit-learn where the two meet."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import oracles
import pytest
import sklearn.metrics
import trueval

pytestmark = pytest.mark.usefixtures("backend")

RNG = np.random.default_rng(3)
N, CLASSES = 60, [0, 1, 2, 3]
TRUE = RNG.integers(0, 4, N)
SCORE = np.round(RNG.dirichlet(np.ones(4), N), 2) + np.eye(4)[TRUE] / 8
WEIGHT = RNG.integers(1, 33, N) / 16


def textbook_one_versus_one(average: str, weight: Any) -> float:
    """The mean over the pairs of classes, counted pair of samples by pair of samples."""
    values, shares = [], []
    for pair in combinations(CLASSES, 2):
        kept = np.isin(TRUE, pair)
        of_pair = None if weight is None else weight[kept]
        values += [
            oracles.to_float(
                sum(oracles.roc_auc((TRUE[kept] == c).tolist(), SCORE[kept, c].tolist(), of_pair) for c in pair) / 2
            )
        ]
        shares.append(float(kept.sum() if weight is None else weight[kept].sum()))
    return float(np.average(values, weights=shares if average == "weighted" else None))


@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("weight", [None, WEIGHT, np.where(np.arange(N) % 3, WEIGHT, 0.0)], ids=["none", "all", "some"])
def test_weighted_one_versus_one(average: str, weight: Any) -> None:
    ours = trueval.weighted_ovo_roc_auc_score(TRUE, SCORE, average=average, sample_weight=weight)
    # A few quotients are averaged.
    assert ours == pytest.approx(textbook_one_versus_one(average, weight), rel=1e-13)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_whole_weights_are_repetition(average: str) -> None:
    proba = SCORE / SCORE.sum(axis=1, keepdims=True)
    times = RNG.integers(1, 4, N)
    ours = trueval.weighted_ovo_roc_auc_score(TRUE, proba, average=average, sample_weight=times)
    theirs = sklearn.metrics.roc_auc_score(
        np.repeat(TRUE, times), np.repeat(proba, times, axis=0), average=average, multi_class="ovo"
    )
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_what_one_versus_one_refuses() -> None:
    score = trueval.weighted_ovo_roc_auc_score
    with pytest.raises(ValueError, match="must not be negative"):
        score(TRUE, SCORE, sample_weight=WEIGHT - 1)
    with pytest.raises(ValueError, match="Number of classes"):
        score(TRUE, SCORE[:, :3])
    with pytest.raises(ValueError, match="multilabel-indicator format"):
        score(np.eye(4, dtype=int)[TRUE], SCORE)
    with pytest.raises(ValueError, match="'average' parameter"):
        score(TRUE, SCORE, average=None)
    with pytest.raises(ValueError, match="inconsistent"):
        score(TRUE, SCORE, sample_weight=WEIGHT[:-1])
    with pytest.warns(UserWarning, match="Only one class"):
        assert np.isnan(score([1, 1], SCORE[:2], labels=CLASSES))
    with pytest.warns(UserWarning, match="samples in y_true"):
        assert np.isnan(score(TRUE, SCORE, sample_weight=np.where(TRUE == 1, 0.0, WEIGHT)))


@pytest.mark.parametrize("max_fpr", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["none", "all"])
def test_partial_area_of_each_class(max_fpr: float, weight: Any) -> None:
    each = [
        oracles.roc_auc_score((c == TRUE).astype(int), SCORE[:, c], max_fpr=max_fpr, sample_weight=weight)
        for c in CLASSES
    ]
    supports = np.bincount(TRUE, weights=weight)
    for average, expected in (
        (None, each),
        ("macro", np.mean(each)),
        ("weighted", np.average(each, weights=supports)),
    ):
        ours = trueval.partial_roc_auc_score(TRUE, SCORE, max_fpr=max_fpr, average=average, sample_weight=weight)
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_partial_area_of_two_classes() -> None:
    true, words = TRUE % 2, np.where(TRUE % 2, "yes", "no")
    theirs = sklearn.metrics.roc_auc_score(true, SCORE[:, 1], max_fpr=0.3, sample_weight=WEIGHT)
    for y in (true, words):
        ours = trueval.partial_roc_auc_score(y, SCORE[:, 1], max_fpr=0.3, sample_weight=WEIGHT)
        assert ours == pytest.approx(theirs, rel=1e-12)


def test_what_partial_areas_refuse() -> None:
    score = trueval.partial_roc_auc_score
    with pytest.raises(ValueError, match="'max_fpr' parameter"):
        score(TRUE, SCORE, max_fpr=0)
    with pytest.raises(ValueError, match="multiclass format is not supported for scores of one dimension"):
        score(TRUE, SCORE[:, 0], max_fpr=0.5)
    with pytest.raises(ValueError, match="not in parameter 'labels'"):
        score(TRUE, SCORE, max_fpr=0.5, labels=[0, 1, 2, 7])
    with pytest.warns(UserWarning, match="Only one class"):
        assert np.isnan(score(TRUE % 3, SCORE, max_fpr=0.5, labels=CLASSES, average=None)[3])
    with pytest.warns(UserWarning, match="Only one class"):
        assert np.isnan(score([1, 1], [0.2, 0.3], max_fpr=0.5))
