"""Comparisons from counts and moments are those from rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from trueval.inference import PairedMoments, compare, compare_counts, compare_estimates, paired_moments

LABELS = [
    ("accuracy_score", {}),
    ("zero_one_loss", {}),
    ("recall_score", {"average": "micro"}),
    ("f1_score", {"average": "macro"}),
    ("matthews_corrcoef", {}),
    ("balanced_accuracy_score", {}),
    ("cohen_kappa_score", {"weights": "linear"}),
]


def draw(n: int, k: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    return [true, *(np.where(rng.random(n) < right, true, rng.integers(0, k, n)) for right in (0.5, 0.6))]


@pytest.mark.parametrize(("name", "params"), LABELS, ids=str)
@pytest.mark.parametrize("method", ["auto", "bootstrap-percentile"])
def test_counts_stand_for_rows(backend: str, name: str, params: dict[str, Any], method: str) -> None:
    columns = draw(400, 3)
    cells, counts = np.unique(np.stack(columns), axis=1, return_counts=True)
    order = np.random.default_rng(1).permutation(counts.size)
    options = {"method": method, "rng": 3, "n_resamples": 200, **params}
    expected = compare(name, *columns, **options)
    assert compare_counts(name, *cells[:, order], counts[order], **options) == expected
    # A combination may come in several parts, and be empty.
    cells, counts = np.repeat(cells, 3, axis=1), np.concatenate([[c - 1, 1, 0] for c in counts])
    assert compare_counts(name, *cells, counts, **options) == expected


@pytest.mark.parametrize("name", ["precision_score", "recall_score", "f1_score"])
def test_counts_of_two_classes(backend: str, name: str) -> None:
    columns = draw(300, 2)
    cells, counts = np.unique(np.stack(columns), axis=1, return_counts=True)
    assert compare_counts(name, *cells, counts, rng=0) == compare(name, *columns, rng=0)


def test_counts_that_are_none() -> None:
    cells = [[0, 1], [0, 1], [1, 1]]
    for counts in ([1.5, 2], [-1, 2], [[1, 2]]):
        with pytest.raises(ValueError, match="counts"):
            compare_counts("accuracy_score", *cells, counts)
    with pytest.raises(ValueError, match="predicted labels"):
        compare_counts("roc_auc_score", *cells, [1, 2])
    with pytest.raises(ValueError, match="choose an average"):
        compare_counts("accuracy_score", *cells, [1, 2], normalize=False)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "log_loss", "mean"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_moments_stand_for_rows(backend: str, name: str, weighted: bool, alternative: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    base, tuned = (np.clip(rng.normal(0.2 + 0.5 * y, 0.2), 0.01, 0.99) for _ in range(2))
    weight = rng.exponential(1, 500) if weighted else None
    truth = None if name == "mean" else y
    params = {"labels": [0, 1]} if name == "log_loss" else {}
    options = {"alternative": alternative, "confidence_level": 0.9}
    expected = compare(name, truth, base, tuned, sample_weight=weight, **options, **params)
    total = PairedMoments()
    for edges in ((0, 3), (3, 3), (3, 200), (200, 500)):
        own = slice(*edges)
        part = (
            paired_moments(
                name,
                None if truth is None else truth[own],
                base[own],
                tuned[own],
                None if weight is None else weight[own],
                **params,
            )
            if edges[0] < edges[1]
            else PairedMoments()
        )
        total.merge(PairedMoments.from_array(part.to_array()))
    found = total.compare(**options)
    assert (found.n, found.wins, found.ties, found.losses) == (500, expected.wins, expected.ties, expected.losses)
    for part in ("base", "tuned", "difference", "standard_error", "statistic", "pvalue"):
        # Sums in another order; the difference has fewer digits than the values.
        assert getattr(found, part) == pytest.approx(getattr(expected, part), rel=1e-10)
    assert found.confidence_interval == pytest.approx(expected.confidence_interval, rel=1e-10)


def test_moments_of_values_far_from_zero_do_not_cancel() -> None:
    rng = np.random.default_rng(0)
    base, tuned = 1e9 + rng.normal(size=(2, 1000))
    expected = compare("mean", None, base, tuned)
    total = PairedMoments()
    for i in range(10):
        total.merge(paired_moments("mean", None, base[i::10], tuned[i::10]))
    # The values themselves are known to 1e-7.
    assert total.compare().standard_error == pytest.approx(expected.standard_error, rel=1e-6)


def test_roots_by_the_delta_method() -> None:
    rng = np.random.default_rng(0)
    y, base, tuned = rng.normal(size=(3, 5000))
    found = paired_moments("root_mean_squared_error", y, base, tuned).compare()
    expected = compare("root_mean_squared_error", y, base, tuned)
    assert found.difference == pytest.approx(expected.difference, rel=1e-12)
    # Terms of the order of one in n are left out.
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-3)


def test_too_few_rows_and_metrics_that_are_no_means() -> None:
    one = paired_moments("mean_squared_error", [1.0], [2.0], [3.0]).compare()
    assert math.isnan(one.standard_error)
    assert one.difference == 3.0
    assert math.isnan(PairedMoments().compare().difference)
    for name in ("r2_score", "f1_score", "roc_auc_score"):
        with pytest.raises(ValueError, match="mean over rows"):
            paired_moments(name, [0, 1], [0, 1], [0, 1])


def test_estimates() -> None:
    found = compare_estimates(0.5, 0.6, 0.1, 50, df=9, alternative="greater", outcome=(3, 2, 1))
    # Student's t of 1 with 9 degrees of freedom, from tables.
    assert found.pvalue == pytest.approx(0.17172, abs=1e-5)
    assert (found.wins, found.ties, found.losses, found.n) == (3, 2, 1, 50)
    assert found.confidence_interval.high == math.inf
    with pytest.raises(ValueError, match="confidence_level"):
        compare_estimates(0.5, 0.6, 0.1, 50, confidence_level=2)
