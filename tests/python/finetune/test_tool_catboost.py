"""CatBoost, in real training: the values that it records, and the rounds at which it stops."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from trueval.integrations.catboost import custom_metric

# The order of sums differs, and the targets of CatBoost are float32.
CLOSE = {"rel": 1e-6}
QUIET = {"verbose": False, "allow_writing_files": False, "thread_count": 1, "random_seed": 0, "depth": 3}


def halves(load: Any) -> tuple[Any, ...]:
    x, y = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order], y[order]
    if load is load_breast_cancer:
        y = y ^ (np.random.default_rng(1).random(len(y)) < 0.1)  # or all is over in two rounds
    half = len(y) // 2
    weight = np.random.default_rng(2).integers(1, 9, len(y) - half) / 4  # CatBoost keeps float32
    return x[:half], y[:half], x[half:], y[half:], weight


def train(kind: str, load: Any, metric: Any, *, weighted: bool = False, rounds: int = 8, **how: Any) -> Any:
    """Model, its values on the evaluation set, that set, and its weights."""
    catboost = pytest.importorskip("catboost")
    x, y, x_val, y_val, weight = halves(load)
    weight = weight if weighted else None
    model = getattr(catboost, kind)(iterations=rounds, eval_metric=metric, **QUIET, **how)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y, eval_set=catboost.Pool(x_val, y_val, weight=weight))
    return model, model.get_evals_result()["validation"], x_val, y_val, weight


@pytest.mark.parametrize("weighted", [False, True])
def test_binary(weighted: bool) -> None:
    calls = {
        "average_precision": lambda y, p, w: sk.average_precision_score(y, p, sample_weight=w),
        "f1": lambda y, p, w: sk.f1_score(y, p > 0.5, sample_weight=w),
        "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    }
    for name, call in calls.items():
        model, recorded, x, y, weight = train(
            "CatBoostClassifier", load_breast_cancer, custom_metric(name), weighted=weighted, use_best_model=False
        )
        for rounds in (1, 8):
            p = model.predict_proba(x, ntree_end=rounds)[:, 1]
            assert recorded[name][rounds - 1] == pytest.approx(call(y, p, weight), **CLOSE)


@pytest.mark.parametrize("weighted", [False, True])
def test_multiclass(weighted: bool) -> None:
    metric = custom_metric({"area": ("roc_auc", {"average": "macro"})}, "multiclass")
    model, recorded, x, y, weight = train(
        "CatBoostClassifier", load_wine, metric, weighted=weighted, use_best_model=False
    )
    expected = sk.roc_auc_score(y, model.predict_proba(x), multi_class="ovr", sample_weight=weight)
    assert recorded["area"][-1] == pytest.approx(expected, **CLOSE)
    model, recorded, x, y, weight = train(
        "CatBoostClassifier",
        load_wine,
        custom_metric("log_loss", "multiclass"),
        weighted=weighted,
        use_best_model=False,
    )
    assert recorded["log_loss"][-1] == pytest.approx(
        sk.log_loss(y, model.predict_proba(x), sample_weight=weight), **CLOSE
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_regression(weighted: bool) -> None:
    model, recorded, x, y, weight = train(
        "CatBoostRegressor", load_diabetes, custom_metric("r2", "regression"), weighted=weighted, use_best_model=False
    )
    assert recorded["r2"][-1] == pytest.approx(sk.r2_score(y, model.predict(x), sample_weight=weight), **CLOSE)


@pytest.mark.parametrize("name", ["average_precision", "log_loss"])
def test_stops_in_the_right_direction(name: str) -> None:
    metric = custom_metric(name)
    model, recorded, *_ = train(
        "CatBoostClassifier",
        load_breast_cancer,
        metric,
        rounds=200,
        learning_rate=0.3,
        early_stopping_rounds=5,
    )
    values = recorded[name]
    best = np.argmax(values) if name == "average_precision" else np.argmin(values)
    assert model.get_best_iteration() == best
    assert model.tree_count_ == best + 1
    assert len(values) == best + 6 < 200


def test_refused() -> None:
    with pytest.raises(ValueError, match="task must be one of 'binary', 'multiclass', 'regression', got 'ranking'"):
        custom_metric("ndcg", "ranking")
    with pytest.raises(ValueError, match="metric must be one, since CatBoost takes one, got f1, mcc"):
        custom_metric(["f1", "mcc"])
    with pytest.raises(ValueError, match="mean_squared_error takes numbers"):
        custom_metric("mse")
