"""trueval.integrations.torchmetrics: the value of all rows, through batches, processes and checkpoints."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import trueval

REASON = "torch is 3 GB: `make test-finetune` installs it and runs these tests"
torch = pytest.importorskip("torch", reason=REASON)
torchmetrics = pytest.importorskip("torchmetrics", reason=REASON)

from trueval.integrations.torchmetrics import StateMetric  # noqa: E402

torch.set_num_threads(1)


def draw(n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = (rng.random(n) < 0.3).astype(np.int64)
    return y, np.round(1 / (1 + np.exp(-rng.normal(y, 1))), 2)


def batches(size: int = 64) -> list[tuple[Any, Any]]:
    y, p = draw()
    return [(torch.tensor(p[i : i + size]), torch.tensor(y[i : i + size])) for i in range(0, y.size, size)]


CASES = [
    ("roc_auc_score", {}, False),
    ("average_precision_score", {}, False),
    ("log_loss", {"labels": [0, 1]}, False),
    ("mean_squared_error", {}, False),
    ("f1_score", {}, True),
    ("matthews_corrcoef", {}, True),
]


@pytest.mark.parametrize(("name", "params", "labels"), CASES, ids=str)
@pytest.mark.parametrize("way", ["update", "forward"])
def test_batches_make_the_value_of_all_rows(name: str, params: dict[str, Any], labels: bool, way: str) -> None:
    metric = StateMetric(name, params)
    y, p = draw()
    pred = (p >= 0.5).astype(int) if labels else p
    for preds, target in batches():
        own = (preds >= 0.5).long() if labels else preds
        if way == "update":
            metric.update(own, target)
        else:
            here = metric(own, target)
            expected = getattr(trueval, name)(target.numpy(), own.numpy(), **params)
            assert float(here) == pytest.approx(expected, rel=1e-14)
    found = metric.compute()
    assert found.dtype == torch.float64
    assert float(found) == pytest.approx(getattr(trueval, name)(y, pred, **params), rel=1e-14)
    assert len(metric.parts) <= 8
    metric.reset()
    assert metric.parts == []


def test_weights_halves_and_words() -> None:
    y, p = draw()
    weight = np.random.default_rng(1).random(y.size)
    metric = StateMetric("roc_auc_score")
    metric.update(torch.tensor(p).bfloat16(), torch.tensor(y), torch.tensor(weight))
    narrow = torch.tensor(p).bfloat16().float().numpy()
    assert float(metric.compute()) == pytest.approx(trueval.roc_auc_score(y, narrow, sample_weight=weight), rel=1e-14)
    words = StateMetric("f1_score", {"average": "macro"})
    words.update(["a", "b", "b"], ["a", "b", "a"])
    assert float(words.compute()) == trueval.f1_score(["a", "b", "a"], ["a", "b", "b"], average="macro")


def maps() -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(2)
    return [tuple(torch.tensor(rng.integers(0, 4, (3, 8, 8))) for _ in range(2)) for _ in range(12)]


def logits() -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(3)
    return [(torch.tensor(rng.normal(size=(2, 5, 7))), torch.tensor(rng.integers(0, 7, (2, 5)))) for _ in range(12)]


def documents() -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(4)
    queries = [torch.tensor(np.repeat(2 * i + np.arange(2), 6)) for i in range(12)]
    return [(torch.tensor(rng.random(12)), torch.tensor(rng.integers(0, 3, 12)), group) for group in queries]


MODULES = [
    (trueval.segmentation.iou_score, {"average": None}, maps),
    (trueval.segmentation.dice_score, {"ignore_index": 3}, maps),
    (trueval.language.perplexity, {}, logits),
    (trueval.retrieval.ndcg_at_k, {"k": 3}, documents),
    (trueval.retrieval.group_auc, {}, documents),
    (trueval.calibration.expected_calibration_error, {"n_bins": 5}, batches),
]


@pytest.mark.parametrize(("function", "params", "draw_batches"), MODULES)
def test_metrics_of_modules(function: Any, params: dict[str, Any], draw_batches: Any) -> None:
    metric = StateMetric(function.__name__, params)
    drawn = draw_batches()
    for place, batch in enumerate(drawn):
        here = metric(*batch) if place % 2 else metric.update(*batch)
        if here is not None:
            preds, target, *group = (part.numpy() for part in batch)
            np.testing.assert_allclose(here.numpy(), function(target, preds, *group, **params), rtol=1e-14)
    preds, target, *group = (np.concatenate([part.numpy() for part in parts]) for parts in zip(*drawn))
    # Sums of some ten batches, of values between 0 and 1 or losses.
    np.testing.assert_allclose(metric.compute().numpy(), function(target, preds, *group, **params), rtol=1e-13)


def test_answers_and_images_of_several_sizes() -> None:
    metric = StateMetric("token_f1")
    metric.update(["the red house"], [["red house", "house"]])
    assert float(metric(["no"], ["yes"])) == 0.0
    assert float(metric.compute()) == 0.5
    images = [torch.zeros((2, 3), dtype=torch.int64), torch.ones((4, 1), dtype=torch.int64)]
    assert float(StateMetric("iou_score")(images, images)) == 1.0


def test_a_query_in_two_batches_is_refused() -> None:
    metric = StateMetric("hit_rate")
    metric.update(torch.tensor([0.5]), torch.tensor([1]), torch.tensor([7]))
    with pytest.raises(ValueError, match="must come in one update"):
        metric.update(torch.tensor([0.5]), torch.tensor([1]), torch.tensor([7]))


def test_a_curve_is_a_tuple_of_tensors() -> None:
    metric = StateMetric("roc_curve")
    y, p = draw()
    for preds, target in batches():
        metric.update(preds, target)
    for found, expected in zip(metric.compute(), trueval.roc_curve(y, p)):
        np.testing.assert_array_equal(found.numpy(), expected)


def test_pickles_checkpoints_collections_and_merges() -> None:
    y, p = draw()
    expected = trueval.roc_auc_score(y, p)
    halves = [StateMetric("roc_auc_score"), StateMetric("roc_auc_score")]
    for i, (preds, target) in enumerate(batches()):
        halves[i % 2].update(preds, target)
    copy = pickle.loads(pickle.dumps(halves[0]))
    copy.merge_state(halves[1])
    assert float(copy.compute()) == expected

    saved = StateMetric("roc_auc_score")
    saved.persistent(True)
    saved.update(torch.tensor(p), torch.tensor(y))
    loaded = StateMetric("roc_auc_score")
    loaded.persistent(True)
    loaded.load_state_dict(saved.state_dict())
    assert float(loaded.compute()) == expected

    both = torchmetrics.MetricCollection(
        {"area": StateMetric("roc_auc_score"), "precision": StateMetric("average_precision_score")}
    )
    for preds, target in batches():
        both.update(preds, target)
    found = both.compute()
    assert float(found["area"]) == expected
    assert float(found["precision"]) == trueval.average_precision_score(y, p)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_module_of_another_dtype(dtype: Any) -> None:
    """`set_dtype` turns all states of a metric into floats, bytes too."""
    y, p = draw()
    metric = StateMetric("roc_auc_score")
    first, *others = batches()
    metric.update(*first)
    metric.set_dtype(dtype)
    for preds, target in others:
        metric.update(preds, target)
    assert float(metric.compute()) == trueval.roc_auc_score(y, p)


def test_direction_and_refusals() -> None:
    assert StateMetric("roc_auc_score").higher_is_better
    assert StateMetric("true_negative_rate").higher_is_better
    assert not StateMetric("false_positive_rate").higher_is_better
    assert not StateMetric("mean_poisson_deviance").higher_is_better
    with pytest.raises(ValueError, match="no_such_metric"):
        StateMetric("no_such_metric")
    with pytest.raises(ValueError, match="continuous"):
        StateMetric("accuracy_score").update(torch.rand(4), torch.tensor([0, 1, 0, 1]))


_PROCESS = """
import os, sys
import torch, torch.distributed as dist
import trueval
from trueval.integrations.torchmetrics import StateMetric  # noqa: E402
sys.path.insert(0, os.environ["TESTS"])
from test_tool_torchmetrics import CASES, batches, draw
rank, uneven = int(sys.argv[1]), sys.argv[3] == "uneven"
dist.init_process_group("gloo", init_method=f"file://{sys.argv[2]}", rank=rank, world_size=2)
y, p = draw()
for name, params, labels in CASES:
    metric = StateMetric(name, params)
    for i, (preds, target) in enumerate(batches()):
        if (i % 2 if not uneven else 0) == rank:
            own = (preds >= 0.5).long() if labels else preds
            metric(own, target) if i % 3 else metric.update(own, target)
    before = len(metric.parts)
    found = float(metric.compute())
    expected = getattr(trueval, name)(y, (p >= 0.5).astype(int) if labels else p, **params)
    assert abs(found - expected) <= 1e-14 * abs(expected), (name, found, expected)
    assert len(metric.parts) == max(1, before), "what was gathered is not given back"
dist.barrier()
dist.destroy_process_group()
print("all the same")
"""


@pytest.mark.parametrize("share", ["even", "uneven"])
def test_two_processes(tmp_path: Any, share: str) -> None:
    """The value of all rows in both processes; also where one of them has seen none."""
    root = os.path.dirname(os.path.dirname(trueval.__file__))
    environment = os.environ | {"PYTHONPATH": root, "TESTS": os.path.dirname(__file__)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, str(rank), str(tmp_path / "store"), share],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in started:
        out, err = process.communicate(timeout=120)
        assert "all the same" in out, err[-3000:]
