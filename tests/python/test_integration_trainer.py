"""What a Trainer calls, on arrays: values against scikit-learn's, batches against all at once, and what is refused.

With the Trainer itself, and tensors: tests/python/finetune/test_tool_transformers.py.
"""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
import trueval
from scipy.special import expit, log_softmax, softmax
from trueval.integrations._names import resolve
from trueval.integrations._outputs import FORMS
from trueval.integrations.transformers import compute_metrics
from trueval.tasks import metrics_for

RNG = np.random.default_rng(0)
# Logarithms of sums of exponentials, and sums of float64 in another order.
CLOSE = {"rel": 1e-12}


def classes(n: int, k: int, dtype: Any = np.float32) -> tuple[Any, Any]:
    labels = RNG.integers(0, k, n)
    logits = RNG.normal(0, 1.5, (n, k)).astype(dtype)
    logits[np.arange(n), labels] += 1.0
    return logits, labels


def in_batches(compute: Any, predictions: Any, labels: Any, size: int = 37) -> dict[str, float]:
    """As the Trainer does it with batch_eval_metrics."""
    starts = range(0, len(labels), size)
    for start in starts:
        part = slice(start, start + size)
        given = tuple(one[part] for one in predictions) if isinstance(predictions, tuple) else predictions[part]
        found = compute((given, labels[part]), compute_result=start + size >= len(labels))
        assert bool(found) == (start + size >= len(labels))
    return found


def both(compute: Any, predictions: Any, labels: Any) -> dict[str, float]:
    """Values of all rows at once, which are those of batches."""
    whole = compute((predictions, labels))
    for size in (1, 37, 4096):
        assert in_batches(compute, predictions, labels, size) == pytest.approx(whole, **CLOSE)
    assert all(type(value) is float for value in whole.values())
    return whole


def test_binary() -> None:
    logits, labels = classes(500, 2)
    p = softmax(logits.astype(np.float64), axis=1)[:, 1]
    predicted = (p > 0.5).astype(int)
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "f1": sk.f1_score(labels, predicted),
        "mcc": sk.matthews_corrcoef(labels, predicted),
        "roc_auc": sk.roc_auc_score(labels, p),
        "average_precision": sk.average_precision_score(labels, p),
        "log_loss": sk.log_loss(labels, p),
    }
    assert both(compute_metrics("binary"), logits, labels) == pytest.approx(expected, **CLOSE)
    # One column: the logit of the positive class. Trainers hand over labels as floats then.
    margin = (logits[:, 1].astype(np.float64) - logits[:, 0])[:, None]
    assert both(compute_metrics("binary"), margin, labels[:, None].astype(np.float32)) == pytest.approx(
        expected, **CLOSE
    )
    given = compute_metrics("binary", predictions="probabilities")
    assert both(given, p, labels) == pytest.approx(expected, **CLOSE)
    assert both(given, np.column_stack([1 - p, p]), labels) == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize("task", FORMS)
def test_defaults_are_the_metrics_of_the_task(task: str) -> None:
    """What decides is first, and the names are ones that can be asked for."""
    for form in FORMS[task]:
        known = {"losses": "logits"}.get(form, form) if task != "regression" else "values"
        advised = [metric for metric in metrics_for(task, predictions=known) if metric.logged]
        compute = compute_metrics(task, predictions=form)
        names = list(compute.names)
        assert advised[0].decides
        assert len(names) == len(advised)
        if task == "causal-lm":
            assert sorted(names) == sorted(metric.name.removesuffix("_score") for metric in advised)
        else:
            assert [resolve(name) for name in names] == [(metric.function, metric.params) for metric in advised]
        assert compute_metrics(task, names, predictions=form).names == compute.names


def test_halves_are_widened() -> None:
    """Before anything is computed of them: the least probability is that of float32."""
    p, labels = np.array([[1.0, 0.0], [0.25, 0.75]], np.float16), np.array([1, 1])
    given = compute_metrics("multiclass", predictions="probabilities")
    given.keep_losses = True
    halves = given((p, labels)), given.last.losses.tolist()
    assert halves == (given((p.astype(np.float32), labels)), given.last.losses.tolist())
    assert halves[1][0] == -math.log(np.finfo(np.float32).eps)


def test_one_metric_by_its_function() -> None:
    compute = compute_metrics("binary", trueval.f1_score)
    assert compute.names == ("f1_score",)
    assert compute((np.array([-1.0, 2.0, 3.0]), np.array([0, 1, 0]))) == {
        "f1_score": trueval.f1_score([0, 1, 0], [0, 1, 1])
    }


def test_threshold() -> None:
    logits, labels = classes(300, 2)
    p = softmax(logits.astype(np.float64), axis=1)[:, 1]
    for predictions, form in ((logits, "logits"), (p, "probabilities")):
        compute = compute_metrics("binary", "recall", predictions=form, threshold=0.2)
        assert compute((predictions, labels)) == {"recall": sk.recall_score(labels, p > 0.2)}


def test_areas_rank_rows_whose_probabilities_round_to_one() -> None:
    logits = np.array([[0.0, 40.0], [0.0, 50.0], [0.0, 60.0], [0.0, 70.0]])
    assert compute_metrics("binary", ["roc_auc"])((logits, np.array([0, 0, 1, 1]))) == {"roc_auc": 1.0}


def test_multiclass() -> None:
    logits, labels = classes(600, 5)
    p = softmax(logits.astype(np.float64), axis=1)
    predicted = logits.argmax(axis=1)
    compute = compute_metrics(
        "multiclass",
        {
            "accuracy": "accuracy",
            "f1": "f1",
            "weighted": "f1_weighted",
            "each": ("f1", {"average": None}),
            "f2": ("fbeta", {"beta": 2, "average": "micro"}),
            "area": "roc_auc",
            "ovo": "roc_auc_ovo",
            "top2": ("top_k_accuracy", {"k": 2}),
            "loss": "log_loss",
            "hinge": "hinge",
        },
    )
    each = sk.f1_score(labels, predicted, average=None)
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "f1": sk.f1_score(labels, predicted, average="macro"),
        "weighted": sk.f1_score(labels, predicted, average="weighted"),
        **{f"each_{i}": value for i, value in enumerate(each)},
        "f2": sk.fbeta_score(labels, predicted, beta=2, average="micro"),
        "area": sk.roc_auc_score(labels, p, multi_class="ovr"),
        "ovo": sk.roc_auc_score(labels, p, multi_class="ovo"),
        "top2": sk.top_k_accuracy_score(labels, p, k=2),
        "loss": sk.log_loss(labels, p),
        "hinge": sk.hinge_loss(labels, logits.astype(np.float64)),
    }
    assert both(compute, logits, labels) == pytest.approx(expected, **CLOSE)


@pytest.mark.filterwarnings("ignore:Recall is ill-defined")
def test_multiclass_of_two_and_of_an_absent_class() -> None:
    logits, labels = classes(200, 2)
    p = softmax(logits.astype(np.float64), axis=1)
    found = both(compute_metrics("multiclass", ["roc_auc_ovr", "log_loss"]), logits, labels)
    assert found["roc_auc_ovr"] == pytest.approx(sk.roc_auc_score(labels, p[:, 1]), **CLOSE)
    logits, labels = classes(200, 4)
    labels[labels == 3] = 0
    found = both(
        compute_metrics("multiclass", {"each": ("recall", {"average": None}), "loss": "log_loss"}), logits, labels
    )
    p = softmax(logits.astype(np.float64), axis=1)
    assert found["loss"] == pytest.approx(sk.log_loss(labels, p, labels=range(4)), **CLOSE)
    assert [key for key in found if key.startswith("each")] == ["each_0", "each_1", "each_2", "each_3"]


def test_labels_that_do_not_count() -> None:
    logits, labels = classes(300, 3)
    hidden = labels.copy()
    hidden[::3] = -100
    compute = compute_metrics("multiclass")
    assert both(compute, logits, hidden) == pytest.approx(compute((logits[hidden >= 0], labels[hidden >= 0])), **CLOSE)
    assert compute.last.n == (hidden >= 0).sum()
    with pytest.raises(ValueError, match=r"There are no rows.*all its labels are -100"):
        compute((logits, np.full(300, -100)))


def test_tokens() -> None:
    """Padding is told by the labels: padded logits are -100 throughout, and may be anything."""
    labels = RNG.integers(0, 4, (50, 12))
    logits = RNG.normal(size=(50, 12, 4)).astype(np.float32)
    lengths = RNG.integers(1, 13, 50)
    padding = np.arange(12) >= lengths[:, None]
    labels[padding], logits[padding] = -100, np.nan
    compute = compute_metrics("token-classification", ["accuracy", "f1_macro", "log_loss"])
    compute.keep_losses = True
    found = both(compute, logits, labels)
    true, given = labels[~padding], logits[~padding].astype(np.float64)
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(true, given.argmax(axis=1)),
            "f1_macro": sk.f1_score(true, given.argmax(axis=1), average="macro"),
            "log_loss": sk.log_loss(true, softmax(given, axis=1)),
        },
        **CLOSE,
    )
    tokens = -log_softmax(given, axis=1)[np.arange(len(true)), true]
    means = [part.mean() for part in np.split(tokens, np.cumsum(lengths)[:-1])]
    assert compute.last.losses == pytest.approx(means, **CLOSE)
    from_labels = compute_metrics("token-classification", predictions="labels")
    assert from_labels.names == ("accuracy", "f1_macro", "mcc")
    chosen = np.where(padding, 7, np.nan_to_num(logits).argmax(axis=2))
    expected = {**found, "mcc": sk.matthews_corrcoef(true, given.argmax(axis=1))}
    assert both(from_labels, chosen, labels) == {name: pytest.approx(expected[name]) for name in from_labels.names}


@pytest.mark.filterwarnings("ignore:F-score is ill-defined")
def test_multilabel() -> None:
    labels = (RNG.random((300, 6)) < 0.3).astype(np.float32)
    logits = RNG.normal(-0.5, 1, (300, 6)) + labels
    p = expit(logits)
    compute = compute_metrics(
        "multilabel", ["f1", "f1_micro", "f1_samples", "roc_auc", "average_precision", "accuracy"]
    )
    expected = {
        "f1": sk.f1_score(labels, p > 0.5, average="macro"),
        "f1_micro": sk.f1_score(labels, p > 0.5, average="micro"),
        "f1_samples": sk.f1_score(labels, p > 0.5, average="samples"),
        "roc_auc": sk.roc_auc_score(labels, p),
        "average_precision": sk.average_precision_score(labels, p),
        "accuracy": sk.accuracy_score(labels, p > 0.5),
    }
    compute.keep_losses = True
    assert both(compute, logits, labels) == pytest.approx(expected, **CLOSE)
    losses = [sk.log_loss(true, pred, labels=[0, 1]) for true, pred in zip(labels, p, strict=True)]
    assert compute.last.losses == pytest.approx(losses, **CLOSE)


def test_regression() -> None:
    labels = RNG.normal(-100, 1, 200).astype(np.float32)  # -100 is a number here, like any other
    labels[0] = -100
    predictions = (labels + RNG.normal(0, 0.5, 200)).astype(np.float32)
    wide = labels.astype(np.float64), predictions.astype(np.float64)
    expected = {
        "rmse": sk.root_mean_squared_error(*wide),
        "mae": sk.mean_absolute_error(*wide),
        "r2": sk.r2_score(*wide),
    }
    compute = compute_metrics("regression")
    assert both(compute, predictions[:, None], labels) == pytest.approx(expected, **CLOSE)
    assert compute.last.n == 200
    several = RNG.normal(size=(2, 100, 3))
    found = both(compute_metrics("regression", ["rmse", "median_absolute_error"]), several[0], several[1])
    assert found["median_absolute_error"] == pytest.approx(sk.median_absolute_error(several[1], several[0]), **CLOSE)


def test_causal_lm() -> None:
    labels = RNG.integers(0, 11, (20, 9))
    labels[:, 6:][RNG.random((20, 3)) < 0.5] = -100
    labels[3] = -100
    logits = RNG.normal(0, 2, (20, 9, 11)).astype(np.float32)
    compute = compute_metrics("causal-lm")
    compute.keep_losses = True
    found = both(compute, logits, labels)
    given, true = logits[:, :-1].reshape(-1, 11).astype(np.float64), labels[:, 1:].reshape(-1)
    keep = true != -100
    losses = -log_softmax(given, axis=1)[np.flatnonzero(keep), true[keep]]
    assert found["cross_entropy"] == pytest.approx(losses.mean(), **CLOSE)
    assert found["perplexity"] == pytest.approx(math.exp(losses.mean()), **CLOSE)
    assert found["accuracy"] == (given.argmax(axis=1) == true)[keep].mean()
    assert compute.last.n == keep.sum()
    assert np.flatnonzero(np.isnan(compute.last.losses)).tolist() == [3]
    per_token = np.zeros((20, 9), np.float32), np.zeros((20, 9), int)
    full = np.zeros(keep.size)
    full[keep] = losses
    per_token[0][:, 1:] = full.reshape(20, 8)
    per_token[1][:, 1:] = (given.argmax(axis=1) == true).reshape(20, 8)
    short = both(compute_metrics("causal-lm", predictions="losses"), per_token, labels)
    assert short == pytest.approx(found, rel=1e-6)  # the losses are float32


def test_large_blocks_are_worked_on_in_parts() -> None:
    """More elements than are made float64 at a time."""
    logits, labels = classes(9_000, 1_000)
    found = compute_metrics("multiclass", ["accuracy", "log_loss"])((logits, labels))
    p = softmax(logits.astype(np.float64), axis=1)
    assert found["accuracy"] == (logits.argmax(axis=1) == labels).mean()
    assert found["log_loss"] == pytest.approx(sk.log_loss(labels, p), **CLOSE)


def test_outputs() -> None:
    logits, labels = classes(100, 3)
    hidden = np.zeros((100, 7))
    compute = compute_metrics("multiclass", "accuracy")
    expected = compute((logits, labels))
    assert both(compute, (logits, hidden), labels) == expected
    assert both(compute_metrics("multiclass", "accuracy", output=1), (hidden, logits), labels) == expected
    # eval_do_concat_batches=False: lists of batches.
    assert compute(([logits[:60], logits[60:]], [labels[:60], labels[60:]])) == expected
    assert compute(([(logits[:60], 0), (logits[60:], 0)], [labels[:60], labels[60:]])) == expected
    with pytest.raises(ValueError, match="output=2 must be one of the 2 outputs"):
        compute_metrics("multiclass", output=2)(((logits, hidden), labels))


def test_starts_anew() -> None:
    logits, labels = classes(200, 2)
    compute = compute_metrics("binary")
    first = in_batches(compute, logits[:100], labels[:100])
    second = in_batches(compute, logits[100:], labels[100:])
    for found, part in ((first, slice(100)), (second, slice(100, 200))):
        assert found == pytest.approx(compute_metrics("binary")((logits[part], labels[part])), **CLOSE)
    # After an error in a batch, and after an evaluation that was broken off.
    compute((logits[:50], labels[:50]), compute_result=False)
    with pytest.raises(ValueError, match="classes from 0 to 1"):
        compute((logits[50:60], labels[50:60] + 5), compute_result=False)
    assert in_batches(compute, logits[:100], labels[:100]) == first
    compute((logits[:50], labels[:50]), compute_result=False)
    compute.reset()
    assert in_batches(compute, logits[:100], labels[:100]) == first
    compute((logits[:50], labels[:50]), compute_result=False)
    assert compute((logits[:100], labels[:100])) == pytest.approx(first, **CLOSE)


def test_memory() -> None:
    """What is held does not grow with the batches, but for scores, and these no further than the limit."""
    logits, labels = classes(1 << 16, 2)
    counts = compute_metrics("binary", ["accuracy", "f1", "log_loss"])
    areas = compute_metrics("binary", ["roc_auc"], memory_limit=1 << 18)
    sizes = []
    for start in range(0, len(labels), 1 << 12):
        part = slice(start, start + (1 << 12))
        for compute in (counts, areas):
            compute((logits[part], labels[part]), compute_result=False)
        sizes.append((counts.nbytes, areas.nbytes))
    assert sizes[-1][0] == sizes[0][0] < 1 << 12
    assert max(size for _, size in sizes) <= 1 << 18 < 8 * len(labels)
    expected = sk.roc_auc_score(labels, logits[:, 1].astype(np.float64) - logits[:, 0])
    assert areas.compute() == pytest.approx({"roc_auc": expected}, **CLOSE)


def test_fingerprint() -> None:
    logits, labels = classes(300, 3)
    compute = compute_metrics("multiclass", "accuracy")
    prints = []
    for rows in (np.arange(300), np.arange(300), RNG.permutation(300)):
        compute((logits[rows], labels[rows]))
        prints.append(compute.last.fingerprint)
        in_batches(compute, logits[rows], labels[rows])
        prints.append(compute.last.fingerprint)
    assert len(set(prints[:4])) == 1
    assert prints[4] == prints[5] != prints[0]


def test_pickles() -> None:
    logits, labels = classes(100, 2)
    compute = compute_metrics("binary")
    compute((logits[:50], labels[:50]), compute_result=False)
    twin = pickle.loads(pickle.dumps(compute))
    whole = compute_metrics("binary")((logits, labels))
    assert twin((logits[50:], labels[50:]), compute_result=True) == pytest.approx(whole, **CLOSE)


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (("ranking",), {}, "task must be one of 'binary'"),
        (("binary", ["f3"]), {}, "There is no metric 'f3': did you mean"),
        (("binary", ["mse"]), {}, "mean_squared_error takes numbers, which binary"),
        (("regression", ["f1"]), {}, "f1_score takes labels, which regression"),
        (("binary", ["roc_auc"]), {"predictions": "labels"}, "takes scores, which binary with predictions='labels'"),
        (("regression",), {"predictions": "labels"}, "predictions must be one of 'logits' for regression"),
        (("causal-lm", ["f1"]), {}, "metrics of causal-lm must be among cross_entropy, perplexity, accuracy"),
        (("binary", []), {}, "metrics must name at least one"),
        (("binary",), {"threshold": 1.0}, "threshold must lie between 0 and 1"),
        (("binary", {"f": ("fbeta", {"beta": -1})}), {}, "'beta' parameter of fbeta_score"),
    ],
)
def test_refused_at_once(arguments: Any, keywords: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compute_metrics(*arguments, **keywords)


@pytest.mark.parametrize(
    ("task", "predictions", "labels", "error", "message"),
    [
        ("multiclass", [[0.0, np.nan, 1.0]], [0], ValueError, "predictions contain NaN"),
        ("multiclass", [[0.0, 1.0, 2.0]], [3], ValueError, "classes from 0 to 2, as there are columns; one is 3"),
        ("multiclass", [[0.0, 1.0, 2.0]], [-1], ValueError, "one is -1"),
        ("multiclass", [[0.0, 1.0, 2.0]], [0.5], ValueError, "label_ids must be whole numbers"),
        ("multiclass", [[0.0, 1.0, 2.0]], [[1, 0, 0]], ValueError, r"shape \(examples,\)"),
        ("binary", [[0.0, 1.0, 2.0]], [1], ValueError, "one or two columns"),
        ("multilabel", [[0.0, 1.0]], [[0, 2]], ValueError, "label_ids must be 0 and 1"),
        ("multilabel", [[0.0, 1.0]], [1], ValueError, "a column for each label"),
        ("regression", [[0.0, 1.0]], [1.0], ValueError, "the shape of the labels"),
        ("causal-lm", [[0.0, 1.0]], [[1, 0]], ValueError, r"shape \(examples, tokens, words\)"),
        ("causal-lm", [[[0.0, 1.0], [0.0, 1.0]]], [[1, 2]], ValueError, "tokens from 0 to 1"),
        ("binary", [[0.0, 1.0]], [1, 0], ValueError, "a row for each example"),
    ],
)
def test_refused_at_evaluation(task: str, predictions: Any, labels: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        compute_metrics(task)((np.array(predictions), np.array(labels)))


def test_odd_labels_are_refused() -> None:
    compute = compute_metrics("binary")
    with pytest.raises(ValueError, match="got None"):
        compute((np.zeros((2, 2)), None))
    with pytest.raises(TypeError, match="label_ids must be one array, got a tuple of 2: set label_names"):
        compute((np.zeros((2, 2)), (np.zeros(2), np.zeros(2))))
    with pytest.raises(TypeError, match="confusion has no value that a Trainer can log"):
        compute_metrics("binary", {"confusion": "confusion_matrix"})((np.eye(2), np.array([0, 1])))
