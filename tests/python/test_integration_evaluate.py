"""`load(name).compute(...)`: names, batches, parameters, results."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import trueval
from trueval.integrations import evaluate
from trueval.integrations._names import functions, resolve

RNG = np.random.default_rng(0)
TRUTH, CHOSEN = RNG.integers(0, 3, (2, 200))
MARKS, SCORES = RNG.integers(0, 2, 200), RNG.random(200)


@pytest.mark.parametrize(
    ("name", "function", "rows", "params"),
    [
        ("accuracy", "accuracy_score", (TRUTH, CHOSEN), {}),
        ("f1_macro", "f1_score", (TRUTH, CHOSEN), {"average": "macro"}),
        ("matthews_correlation", "matthews_corrcoef", (TRUTH, CHOSEN), {}),
        ("roc_auc", "roc_auc_score", (MARKS, SCORES), {}),
        ("brier_score", "brier_score_loss", (MARKS, SCORES), {}),
        ("mse", "mean_squared_error", (SCORES, SCORES[::-1]), {}),
        ("r_squared", "r2_score", (SCORES, SCORES[::-1]), {}),
        ("mean_poisson_deviance", "mean_poisson_deviance", (SCORES, SCORES[::-1]), {}),
    ],
)
def test_values(name, function, rows, params):
    expected = {name: getattr(trueval, function)(*rows, **params)}
    assert evaluate.load(name).compute(references=rows[0], predictions=rows[1]) == expected
    batches = evaluate.load(name)
    for start in range(0, 200, 30):
        batches.add_batch(references=rows[0][start : start + 30], predictions=rows[1][start : start + 30])
    assert batches.compute() == expected
    singly = evaluate.load(name)
    for true, pred in zip(*rows, strict=True):
        singly.add(reference=true, prediction=pred)
    assert singly.compute() == expected


def test_every_metric_is_found_by_its_name():
    for name in functions():
        assert resolve(name) == (name, {})
        assert resolve(functions()[name]) == (name, {})


def test_parameters():
    metric = evaluate.load("f1", average="macro")
    rows = {"references": TRUTH, "predictions": CHOSEN}
    assert metric.compute(**rows) == {"f1": trueval.f1_score(TRUTH, CHOSEN, average="macro")}
    assert metric.compute(**rows, average="micro") == {"f1": trueval.f1_score(TRUTH, CHOSEN, average="micro")}
    each = evaluate.load("f1").compute(**rows, average=None)["f1"]
    np.testing.assert_array_equal(each, trueval.f1_score(TRUTH, CHOSEN, average=None))
    weight = RNG.random(200)
    assert evaluate.load("accuracy").compute(**rows, sample_weight=weight) == {
        "accuracy": trueval.accuracy_score(TRUTH, CHOSEN, sample_weight=weight)
    }


def test_scores_by_their_other_name():
    expected = {"roc_auc": trueval.roc_auc_score(MARKS, SCORES)}
    metric = evaluate.load("roc_auc")
    assert metric.compute(references=MARKS, prediction_scores=SCORES) == expected
    metric.add_batch(references=MARKS[:50], prediction_scores=SCORES[:50])
    assert metric.compute(references=MARKS[50:], predictions=SCORES[50:]) == expected
    with pytest.raises(TypeError, match="are the same"):
        metric.compute(references=MARKS, predictions=SCORES, prediction_scores=SCORES)


def test_batches_are_copied_and_forgotten():
    metric = evaluate.load("accuracy")
    buffer = CHOSEN.copy()
    metric.add_batch(references=TRUTH, predictions=buffer)
    buffer[:] = TRUTH
    assert metric.compute() == {"accuracy": trueval.accuracy_score(TRUTH, CHOSEN)}
    with pytest.raises(ValueError, match="There are no rows"):
        metric.compute()


def test_combined():
    both = evaluate.combine(["accuracy", evaluate.load("f1", average="macro")])
    expected = {
        "accuracy": trueval.accuracy_score(TRUTH, CHOSEN),
        "f1": trueval.f1_score(TRUTH, CHOSEN, average="macro"),
    }
    assert both.compute(references=TRUTH, predictions=CHOSEN) == expected
    both.add_batch(references=TRUTH[:7], predictions=CHOSEN[:7])
    for true, pred in zip(TRUTH[7:], CHOSEN[7:], strict=True):
        both.add(reference=true, prediction=pred)
    assert both.compute() == expected


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: evaluate.load("f5"), ValueError, "There is no metric 'f5': did you mean"),
        (lambda: evaluate.load("auc"), ValueError, "roc_auc"),
        (lambda: evaluate.load("accuracy_macro"), ValueError, "There is no metric"),
        (lambda: evaluate.load(3), TypeError, "must be given by its name"),
        (lambda: evaluate.load("f1", beta=2), TypeError, "f1 has no parameter 'beta'"),
        (
            lambda: evaluate.load("f1").compute(references=[1], predictions=[1], mean=1),
            TypeError,
            "no parameter 'mean'",
        ),
        (lambda: evaluate.load("f1").compute(references=[1]), ValueError, "There are no rows"),
        (lambda: evaluate.load("f1").add_batch(predictions=[1]), TypeError, "both predictions and references"),
        (lambda: evaluate.load("f1").add_batch(predictions=[1], references=[1, 0]), ValueError, "as many rows"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_no_network_and_no_library():
    """Loading opens no socket and imports nothing but NumPy."""
    code = """
import socket, sys
def refuse(*_, **__): raise OSError("no network")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from trueval.integrations import evaluate
print(evaluate.load("f1").compute(predictions=[0, 1, 1], references=[0, 1, 0])["f1"])
print(sorted({"sklearn", "transformers", "torch", "datasets"} & set(sys.modules)))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout.split() == ["0.6666666666666666", "[]"]
