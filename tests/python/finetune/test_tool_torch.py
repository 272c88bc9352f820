"""Tensors of PyTorch in every function, in states and in comparisons: as they come out of a training loop."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
import trueval
from inputs import FAMILIES, Case
from outcomes import EXACT, difference
from registry import PAIRS, pair_id
from trueval import inference, streaming
from trueval.tensors import as_array

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

SCORES = np.random.default_rng(0).random(500)
LABELS = (SCORES + np.random.default_rng(1).normal(0, 0.4, 500) > 0.5).astype(np.int64)


def as_tensor(x: Any) -> Any:
    """A tensor that a model might have returned: floats that require a gradient, and labels."""
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "biuf":
        return x
    tensor = torch.from_numpy(np.ascontiguousarray(x))
    return tensor.requires_grad_() if tensor.is_floating_point() else tensor


@pytest.mark.parametrize("pair", PAIRS, ids=pair_id)
def test_every_function_takes_tensors(pair: Any) -> None:
    row, family = pair
    case = FAMILIES[family].sample(60, np.random.default_rng(2))
    tensors = Case(tuple(map(as_tensor, case.args)), as_tensor(case.weight))
    for keywords in row.inputs[family]:
        found = difference(row.outcome("ours", tensors, keywords), row.outcome("ours", case, keywords), EXACT)
        assert found is None, f"tensors (ours) against arrays (theirs), {keywords}\n{found}"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float8_e5m2", "float32", "float64"])
@pytest.mark.parametrize("tracked", [False, True])
def test_narrow_floats(dtype: str, tracked: bool) -> None:
    scores = torch.from_numpy(SCORES).to(getattr(torch, dtype)).requires_grad_(tracked)
    values = scores.detach().double().numpy()
    truth = torch.from_numpy(LABELS)
    expected = trueval.roc_auc_score(LABELS, values)
    assert trueval.roc_auc_score(truth, scores) == expected
    assert trueval.roc_auc_score(y_true=truth, y_score=scores) == expected
    assert streaming.state("roc_auc_score").update(truth, scores).compute() == expected
    assert trueval.accuracy_score(truth, truth, sample_weight=scores) == 1.0
    found = inference.compare("roc_auc_score", truth, SCORES, scores)
    assert (found.base, found.tuned) == (trueval.roc_auc_score(LABELS, SCORES), expected)
    assert inference.confidence_interval("roc_auc_score", truth, scores).value == expected


def test_several_models_of_tensors() -> None:
    models = {"a": torch.from_numpy(SCORES), "b": torch.from_numpy(1 - SCORES)}
    found = inference.compare("roc_auc_score", torch.from_numpy(LABELS), torch.from_numpy(SCORES), models)
    assert [round(found[name].difference, 12) for name in models] == [
        0.0,
        round(trueval.roc_auc_score(LABELS, 1 - SCORES) - trueval.roc_auc_score(LABELS, SCORES), 12),
    ]


def test_no_copy() -> None:
    """A call on tensors allocates what the call on their memory does."""
    n = 1 << 20
    scores = torch.rand(n, requires_grad=True)
    truth = (torch.rand(n) < 0.5).long()

    def peak(call: Any) -> int:
        call()
        tracemalloc.start()
        call()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    # The arrays are 4 and 8 bytes a row; whatever is copied passes through NumPy, which tells tracemalloc.
    arrays = truth.numpy(), scores.detach().numpy()
    assert peak(lambda: trueval.brier_score_loss(truth, scores)) < peak(lambda: trueval.brier_score_loss(*arrays)) + n
    made = streaming.state("brier_score_loss")
    assert peak(lambda: made.reset().update(truth, scores)) < peak(lambda: made.reset().update(*arrays)) + n


def test_strides_and_signs() -> None:
    columns = torch.from_numpy(np.stack([1 - SCORES, SCORES], axis=1))
    assert trueval.roc_auc_score(LABELS, columns[:, 1]) == trueval.roc_auc_score(LABELS, SCORES)
    assert trueval.log_loss(LABELS, columns) == trueval.log_loss(LABELS, columns.numpy())


@pytest.mark.parametrize(
    ("made", "message"),
    [(lambda: torch.ones(2, device="meta"), "on meta"), (lambda: torch.eye(2).to_sparse(), "sparse")],
)
def test_refused(made: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"A tensor must be dense and hold values, .*{message}"):
        trueval.mean_squared_error([0.0, 1.0], made())
    with pytest.raises(TypeError, match=message):
        streaming.state("mean_squared_error").update([0.0, 1.0], made())


def test_training_loop() -> None:
    """Scores of a loop that trains, with gradients: the state has what all rows come to."""
    torch.manual_seed(0)
    x = torch.randn(600, 5)
    y = (x[:, 0] - x[:, 1] + 0.5 * torch.randn(600) > 0).long()
    model = torch.nn.Linear(5, 2)
    optimiser = torch.optim.SGD(model.parameters(), 0.5)
    for _ in range(2):
        state, seen = streaming.state("roc_auc_score"), []
        for rows in torch.arange(600).split(64):
            logits = model(x[rows])
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, y[rows]).backward()
            optimiser.step()
            scores = logits[:, 1] - logits[:, 0]
            assert scores.requires_grad
            state.update(y[rows], scores)
            seen.append(scores.detach().numpy().copy())
        assert state.compute() == trueval.roc_auc_score(y.numpy(), np.concatenate(seen))
    assert state.compute() > 0.9


def test_as_array() -> None:
    """For code of others: the tensor's own memory, or float32 where NumPy has no such floats."""
    tensor = torch.arange(6.0, requires_grad=True).reshape(2, 3)
    shared = as_array(tensor)
    assert shared.__array_interface__["data"][0] == tensor.data_ptr()
    wide = as_array(tensor.to(torch.bfloat16))
    assert wide.dtype == np.float32
    assert np.array_equal(wide, shared)
    assert as_array(tensor.half()).dtype == np.float16
