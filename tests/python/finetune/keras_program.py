"""What test_tool_keras.py runs in a process of its own, once for each backend of Keras."""

from __future__ import annotations

import sys

import keras
import numpy as np
import pytest
import sklearn.metrics as sk
import trueval
from trueval.integrations.keras import BinnedArea, ExactMetrics, LabelMetric, LossMetric

# What Keras shows is float32: quotients, averaged over classes.
SHOWN = 3e-6
RNG = np.random.default_rng(0)


def close(a: float, b: float, rel: float) -> bool:
    return abs(a - b) <= rel * max(abs(a), abs(b), 1e-3)


def feed(metric, true, pred, size=170, **others):
    metric.reset_state()
    for start in range(0, len(true), size):
        part = slice(start, start + size)
        metric.update_state(true[part], pred[part], **{name: value[part] for name, value in others.items()})
    return float(metric.result())


def labels() -> None:
    for k in (2, 4):
        true = RNG.integers(0, k, 500)
        p = RNG.dirichlet(np.ones(k), 500).astype(np.float32)
        p[np.arange(500), true] += 0.3
        chosen = p.argmax(axis=1)
        names = [
            "accuracy",
            "balanced_accuracy",
            "kappa",
            "mcc",
            "f1_macro",
            "f1_micro",
            "f1_weighted",
            "jaccard_macro",
        ]
        names += ["precision_macro", "recall_weighted", *(["f1", "precision", "recall"] if k == 2 else [])]
        for name in names:
            metric = LabelMetric(name, k)
            shown = feed(metric, true, p)
            expected = getattr(trueval, metric.function)(true, chosen, **metric.params)
            assert metric.exact() == expected, (name, k, metric.exact(), expected)
            assert close(shown, expected, SHOWN), (name, k, shown, expected)
            again = LabelMetric.from_config(metric.get_config())
            assert feed(again, np.eye(k)[true], p) == shown, name
        beta = LabelMetric("fbeta", k, beta=2, average="macro", name="f2")
        assert close(feed(beta, true, p), sk.fbeta_score(true, chosen, beta=2, average="macro"), SHOWN)
        weight = RNG.random(500).astype(np.float32)
        weighted = LabelMetric("f1_macro", k, weighted=True)
        expected = sk.f1_score(true, chosen, average="macro", sample_weight=weight)
        assert close(feed(weighted, true, p, sample_weight=weight), expected, SHOWN)
        hidden = np.where(np.arange(500) % 3, true, -1)
        ignoring = LabelMetric("accuracy", k, ignore_class=-1)
        assert close(feed(ignoring, hidden, p), (chosen == true)[hidden >= 0].mean(), SHOWN)
        for bad_true, bad_p in ((hidden, p), (true, np.where(np.arange(500)[:, None] == 7, np.nan, p))):
            metric = LabelMetric("accuracy", k)
            assert np.isnan(feed(metric, bad_true, bad_p))
            with pytest.raises(ValueError, match="rows have NaN, or a label"):
                metric.exact()
    single = LabelMetric("f1")
    true, p = RNG.integers(0, 2, 100), RNG.random((100, 1)).astype(np.float32)
    assert close(feed(single, true[:, None], p), sk.f1_score(true, p[:, 0] > 0.5), SHOWN)


def areas() -> None:
    true = RNG.integers(0, 2, 1_000)
    score = np.clip(RNG.normal(0.4 + 0.2 * true, 0.2), 0, 1).astype(np.float32)
    for bins, shape in ((64, (-1,)), (4096, (-1, 1))):
        metric = BinnedArea(bins)
        shown = feed(metric, true, score.reshape(shape))
        value, half_width = metric.certified()
        exact = trueval.roc_auc_score(true, score)
        # Of scores on the edges 0 and 1 there are ties, which count as half in either way.
        assert abs(value - exact) <= half_width < 0.6 / bins * 4, (value, exact, half_width)
        assert close(shown, value, 1e-5)  # a sum of so many float32
        assert feed(BinnedArea.from_config(metric.get_config()), true, np.column_stack([1 - score, score])) == shown
    logits = np.log(np.clip(score, 1e-4, 1 - 1e-4) / np.clip(1 - score, 1e-4, 1)).astype(np.float32)
    metric = BinnedArea(from_logits=True)
    feed(metric, true, logits)
    value, half_width = metric.certified()
    assert abs(value - trueval.roc_auc_score(true, logits)) <= half_width
    assert np.isnan(feed(BinnedArea(), true, score + 1))
    assert np.isnan(feed(BinnedArea(), true * 0, score))


def losses() -> None:
    true, pred = RNG.normal(size=(2, 400)).astype(np.float32)
    for name, theirs in (("mse", sk.mean_squared_error), ("mae", sk.mean_absolute_error)):
        metric = LossMetric(name)
        shown = feed(metric, true, pred, 7)
        expected = theirs(true.astype(float), pred.astype(float))
        assert close(shown, expected, 1e-6), (shown, expected)
        assert close(metric.exact(), expected, 3e-7), name  # float32 within batches of seven only
    marks = RNG.integers(0, 3, 1_000)
    p = RNG.dirichlet(np.ones(3), 1_000).astype(np.float32)
    assert close(feed(LossMetric("log_loss"), marks, p), sk.log_loss(marks, p.astype(float)), 1e-5)
    assert close(feed(LossMetric("log_loss"), np.eye(3)[marks], p), sk.log_loss(marks, p.astype(float)), 1e-5)
    two = (marks > 0).astype(int)
    assert close(feed(LossMetric("log_loss"), two, p[:, :1]), sk.log_loss(two, p[:, 0].astype(float)), 1e-5)


def training() -> None:
    """In compiled steps, and with other callbacks that look at what ours logs."""
    keras.utils.set_random_seed(0)
    x = RNG.normal(size=(600, 6)).astype(np.float32)
    y = (x[:, :3] + 0.7 * RNG.normal(size=(600, 3))).argmax(axis=1)
    x_val, y_val = x[400:], y[400:]
    model = keras.Sequential([keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")])
    counts = LabelMetric("f1", 3, name="f1")
    model.compile(
        keras.optimizers.Adam(0.02),
        "sparse_categorical_crossentropy",
        metrics=[counts, LossMetric("log_loss")],
        jit_compile=keras.backend.backend() == "jax",
    )
    exact = ExactMetrics((x_val, y_val), "multiclass", ["f1_macro", "log_loss", "roc_auc_ovr"], batch_size=64)
    stop = keras.callbacks.EarlyStopping("val_f1_macro", mode="max", patience=2, restore_best_weights=True)
    fitted = model.fit(
        x[:400],
        y[:400],
        validation_data=(x_val, y_val),
        epochs=12,
        batch_size=48,
        verbose=0,
        callbacks=[exact, stop],
    )
    history = fitted.history
    assert len(history["val_f1_macro"]) == len(history["loss"]) <= 12
    for ours, shown in (("val_f1_macro", "val_f1"),):
        for a, b in zip(history[ours], history[shown], strict=True):
            assert close(a, b, SHOWN), (a, b)
    p = np.asarray(model.predict(x_val, verbose=0), dtype=np.float64)
    best = int(np.argmax(history["val_f1_macro"]))
    again = exact.evaluate()
    if len(history["loss"]) == best + 3:  # stopped early, and the best weights restored
        assert close(again["f1_macro"], history["val_f1_macro"][best], 1e-12)
    assert close(again["f1_macro"], sk.f1_score(y_val, p.argmax(axis=1), average="macro"), 1e-12)
    # predict() and predict_on_batch() of other sizes add float32 in other orders.
    assert close(again["log_loss"], sk.log_loss(y_val, p / p.sum(axis=1, keepdims=True)), 1e-5)
    assert close(again["roc_auc_ovr"], sk.roc_auc_score(y_val, p / p.sum(1, keepdims=True), multi_class="ovr"), 1e-4)
    parts = ExactMetrics([(x_val[:90], y_val[:90]), (x_val[90:], y_val[90:])], "multiclass", ["f1_macro"])
    parts.set_model(model)
    assert close(parts.evaluate()["f1_macro"], again["f1_macro"], 1e-12)


def refused() -> None:
    for call, message in (
        (lambda: LabelMetric("roc_auc"), "metric must be one of accuracy_score"),
        (lambda: LabelMetric("f1", 3, average="binary"), "average must be 'macro'"),
        (lambda: LabelMetric("f1").update_state([0], [0.5], [1.0]), "weighted=True"),
        (lambda: LabelMetric("f1", 3).update_state([0], [[0.5, 0.5]]), "must have 3 columns"),
        (lambda: BinnedArea(1), "bins must be 2 or more"),
        (lambda: LossMetric("f1"), "metric must be one of mean_squared_error"),
        (lambda: LabelMetric("f1").exact(), "has seen no rows"),
        (lambda: BinnedArea().certified(), "rows of both classes"),
        (lambda: ExactMetrics((0, 0), "binary", ["mse"]), "takes numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


if __name__ == "__main__":
    {"labels": labels, "areas": areas, "losses": losses, "training": training, "refused": refused}[sys.argv[1]]()
    print(keras.backend.backend())
