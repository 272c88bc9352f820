"""LightGBM and XGBoost, in real training: the values that they record, and the rounds at which they stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
import trueval
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from trueval.integrations.lightgbm import eval_metric, feval
from trueval.integrations.xgboost import custom_metric

# Probabilities of XGBoost are float32, as scikit-learn gets them too; only the order of sums differs.
CLOSE = {"rel": 1e-6}
# XGBoost takes what it records from text of six decimals.
PRINTED = {"rel": 1e-6, "abs": 1e-6}
LOADERS = {"binary": load_breast_cancer, "multiclass": load_wine, "regression": load_diabetes}
METRICS = {
    "binary": ["average_precision", "f1", "log_loss"],
    "multiclass": ["f1_macro", "roc_auc_ovr", "log_loss"],
    "regression": ["mae", "r2"],
}


def data(task: str) -> tuple[Any, ...]:
    x, y = LOADERS[task](return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order], y[order]
    if task == "binary":
        y = y ^ (np.random.default_rng(1).random(len(y)) < 0.1)  # or all is over in two rounds
    half = len(y) // 2
    weight = np.random.default_rng(2).uniform(0.5, 2.0, len(y) - half)
    return x[:half], y[:half], x[half:], y[half:], weight


def textbook(name: str, y: Any, p: Any, weight: Any) -> float:
    """scikit-learn's value."""
    w = {"sample_weight": weight}
    chosen = p.argmax(axis=1) if p.ndim == 2 else (p > 0.5).astype(int)
    calls = {
        "average_precision": lambda: sk.average_precision_score(y, p, **w),
        "f1": lambda: sk.f1_score(y, chosen, **w),
        "f1_macro": lambda: sk.f1_score(y, chosen, average="macro", **w),
        "roc_auc_ovr": lambda: sk.roc_auc_score(y, p, multi_class="ovr", **w),
        "log_loss": lambda: sk.log_loss(y, p, **w),
        "mae": lambda: sk.mean_absolute_error(y, p, **w),
        "r2": lambda: sk.r2_score(y, p, **w),
    }
    return float(calls[name]())


def predicted(model: Any, task: str, x: Any, rounds: int, **how: Any) -> Any:
    if task == "regression":
        return model.predict(x, **how)
    p = model.predict_proba(x, **how)
    return p[:, 1] if task == "binary" else p


@pytest.mark.parametrize("task", LOADERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_lightgbm_estimators(task: str, weighted: bool) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    x, y, x_val, y_val, weight = data(task)
    kind = lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier
    model = kind(n_estimators=8, num_leaves=4, metric="None", verbosity=-1, n_jobs=1)
    weight = weight if weighted else None
    model.fit(
        x,
        y,
        eval_X=x_val,
        eval_y=y_val,
        eval_sample_weight=[weight] if weighted else None,
        eval_metric=eval_metric(METRICS[task], task),
    )
    (recorded,) = model.evals_result_.values()
    assert list(recorded) == METRICS[task]
    for rounds in (1, 8):
        p = predicted(model, task, x_val, rounds, num_iteration=rounds)
        for name in METRICS[task]:
            assert recorded[name][rounds - 1] == pytest.approx(textbook(name, y_val, p, weight), **CLOSE)


@pytest.mark.parametrize("metric", ["average_precision", "log_loss"])
def test_lightgbm_stops_in_the_right_direction(metric: str) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    x, y, x_val, y_val, weight = data("binary")
    train = lightgbm.Dataset(x, y)
    validation = lightgbm.Dataset(x_val, y_val, weight=weight, reference=train)
    recorded: dict[str, Any] = {}
    model = lightgbm.train(
        {"objective": "binary", "metric": "None", "verbosity": -1, "num_threads": 1, "learning_rate": 0.3},
        train,
        200,
        valid_sets=[validation],
        feval=feval(metric),
        callbacks=[lightgbm.early_stopping(5, verbose=False), lightgbm.record_evaluation(recorded)],
    )
    values = recorded["valid_0"][metric]
    best = np.argmax(values) if metric == "average_precision" else np.argmin(values)
    assert model.best_iteration == best + 1
    assert len(values) == best + 6 < 200
    p = model.predict(x_val, num_iteration=model.best_iteration)
    assert values[best] == pytest.approx(textbook(metric, y_val, p, weight), **CLOSE)


def test_lightgbm_own_objective_gives_logits() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    x, y, x_val, y_val, _ = data("binary")

    def objective(y_true: Any, raw: Any) -> tuple[Any, Any]:
        p = 1 / (1 + np.exp(-raw))
        return p - y_true, p * (1 - p)

    model = lightgbm.LGBMClassifier(objective=objective, n_estimators=4, metric="None", verbosity=-1, n_jobs=1)
    model.fit(x, y, eval_X=x_val, eval_y=y_val, eval_metric=eval_metric(["log_loss", "f1"], predictions="logits"))
    (recorded,) = model.evals_result_.values()
    p = 1 / (1 + np.exp(-model.predict(x_val, raw_score=True)))
    assert recorded["log_loss"][-1] == pytest.approx(textbook("log_loss", y_val, p, None), **CLOSE)
    assert recorded["f1"][-1] == pytest.approx(textbook("f1", y_val, p, None), **CLOSE)


@pytest.mark.parametrize("task", LOADERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_xgboost_training(task: str, weighted: bool) -> None:
    xgboost = pytest.importorskip("xgboost")
    x, y, x_val, y_val, weight = data(task)
    weight = weight if weighted else None
    objective: dict[str, Any] = {"objective": {"binary": "binary:logistic", "regression": "reg:squarederror"}.get(task)}
    if task == "multiclass":
        objective = {"objective": "multi:softprob", "num_class": 3}
    recorded: dict[str, Any] = {}
    validation = xgboost.DMatrix(x_val, y_val, weight=weight)
    model = xgboost.train(
        {**objective, "disable_default_eval_metric": True, "max_depth": 2, "nthread": 1},
        xgboost.DMatrix(x, y),
        8,
        evals=[(validation, "val")],
        custom_metric=custom_metric(METRICS[task], task),
        evals_result=recorded,
        verbose_eval=False,
    )
    for rounds in (1, 8):
        p = model.predict(validation, iteration_range=(0, rounds))
        for name in METRICS[task]:
            expected = textbook(name, y_val, p, weight)
            assert recorded["val"][name][rounds - 1] == pytest.approx(expected, **PRINTED)


@pytest.mark.parametrize("name", ["average_precision", "log_loss"])
def test_xgboost_stops_in_the_right_direction(name: str) -> None:
    xgboost = pytest.importorskip("xgboost")
    x, y, x_val, y_val, _ = data("binary")
    metric = custom_metric(name)
    assert metric.maximize == (name == "average_precision")
    recorded: dict[str, Any] = {}
    model = xgboost.train(
        {"objective": "binary:logistic", "disable_default_eval_metric": True, "nthread": 1, "max_depth": 3},
        xgboost.DMatrix(x, y),
        200,
        evals=[(xgboost.DMatrix(x_val, y_val), "val")],
        custom_metric=metric,
        maximize=metric.maximize,
        early_stopping_rounds=5,
        evals_result=recorded,
        verbose_eval=False,
    )
    values = recorded["val"][name]
    best = np.argmax(values) if metric.maximize else np.argmin(values)
    assert model.best_iteration == best
    assert len(values) == best + 6 < 200


def test_xgboost_estimators_take_functions_as_they_are() -> None:
    xgboost = pytest.importorskip("xgboost")
    x, y, x_val, y_val, _ = data("binary")
    model = xgboost.XGBClassifier(n_estimators=5, eval_metric=trueval.log_loss, n_jobs=1)
    model.fit(x, y, eval_set=[(x_val, y_val)], verbose=False)
    recorded = model.evals_result()["validation_0"]["log_loss"]
    assert recorded[-1] == pytest.approx(sk.log_loss(y_val, model.predict_proba(x_val)), **PRINTED)


def test_refused() -> None:
    with pytest.raises(ValueError, match="task must be one of 'binary', 'multiclass', 'regression', 'ranking'"):
        eval_metric("ndcg", "retrieval")
    with pytest.raises(ValueError, match="mean_squared_error takes numbers"):
        feval("mse")
    with pytest.raises(ValueError, match="predictions must be one of 'logits', 'probabilities', 'labels'"):
        custom_metric("f1", predictions="margins")
    with pytest.raises(ValueError, match="keys for XGBoost must hold neither spaces nor colons, got 'f 1'"):
        custom_metric({"f 1": "f1"})
    with pytest.raises(ValueError, match="threshold must lie"):
        custom_metric("f1", threshold=0.0)
    with pytest.raises(ValueError, match="f1 must be one number, got a ndarray: choose an average"):
        eval_metric({"f1": ("f1", {"average": None})}, "multiclass")([0, 1, 2], np.eye(3), None)
    with pytest.raises(ValueError, match="some are better when greater"):
        _ = custom_metric(["f1", "log_loss"]).maximize
