"""Several labels to a row, from truth to verdict: semi-real data, scikit-learn's digits by what is true of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from trueval.inference import compare
from trueval.tasks import metrics_for

pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture(scope="module")
def rows() -> tuple[Any, Any]:
    """Images, and whether their digit is even, prime, five or more, and has a closed loop."""
    pixels, digit = load_digits(return_X_y=True)
    kinds = [(0, 2, 4, 6, 8), (2, 3, 5, 7), (5, 6, 7, 8, 9), (0, 6, 8, 9)]
    order = np.random.default_rng(0).permutation(len(digit))
    return pixels[order] / 16, np.stack([np.isin(digit[order], kind) for kind in kinds], axis=1).astype(int)


def scores(rows: tuple[Any, Any], start: int, stop: int) -> Any:
    """Probabilities for the last 797 rows of a model of some of the first thousand."""
    pixels, marks = rows
    model = OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(pixels[start:stop], marks[start:stop])
    return model.predict_proba(pixels[1000:])


def test_more_rows_to_learn_from_help(rows: tuple[Any, Any]) -> None:
    truth = rows[1][1000:]
    base, tuned = scores(rows, 0, 60), scores(rows, 0, 1000)
    advice = metrics_for("multilabel", truth, predictions=["scores", "labels"])
    assert advice[0].name == "average_precision_score_macro"
    for metric in advice:
        answers = [(one > 0.5).astype(int) if metric.needs == "labels" else one for one in (base, tuned)]
        found = compare(metric.function, truth, *answers, n_resamples=499, rng=0, **metric.params)
        better = found.difference if metric.higher_is_better else -found.difference
        assert better > 0, metric.name
        assert found.pvalue < 0.05, metric.name
        assert not found.confidence_interval.low <= 0 <= found.confidence_interval.high, metric.name


def test_other_rows_as_many_do_not(rows: tuple[Any, Any]) -> None:
    truth = rows[1][1000:]
    base, tuned = scores(rows, 0, 500), scores(rows, 500, 1000)
    found = compare("average_precision_score", truth, base, tuned, average="macro", n_resamples=499, rng=0)
    assert found.confidence_interval.low < 0 < found.confidence_interval.high
    assert found.pvalue > 0.05
