"""The Trainer of transformers, with its own models: both ways of evaluating, and the watch for overfitting."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from trueval.integrations import transformers as tools  # noqa: E402
from trueval.integrations.transformers import (  # noqa: E402
    OverfittingCallback,
    OverfittingWarning,
    compute_metrics,
    keep_argmax,
    keep_first,
    keep_probabilities,
    keep_token_losses,
)

torch.set_num_threads(1)
WORDS, LENGTH = 40, 8
# States and functions add floats in other orders; float32 on the way would be seen at 1e-7.
CLOSE = {"rel": 1e-11}


def config(**settings: Any) -> Any:
    torch.manual_seed(0)
    return transformers.BertConfig(
        vocab_size=WORDS,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        **settings,
    )


def examples(n: int, label: Any, seed: int = 0, lengths: bool = False) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        ids = torch.from_numpy(rng.integers(1, WORDS, rng.integers(3, LENGTH) if lengths else LENGTH))
        made.append({"input_ids": ids, "labels": label(ids, rng)})
    return made


def padded(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch of sequences of unlike lengths, padded to the longest."""
    pad = torch.nn.utils.rnn.pad_sequence
    ids = [row["input_ids"] for row in rows]
    labels = [row["labels"] for row in rows]
    return {
        "input_ids": pad(ids, batch_first=True),
        "attention_mask": pad([torch.ones_like(one) for one in ids], batch_first=True),
        "labels": pad(labels, batch_first=True, padding_value=-100) if labels[0].ndim else torch.stack(labels),
    }


CLASSIFY = transformers.BertForSequenceClassification
CASES: dict[str, tuple[Any, ...]] = {
    "binary": (CLASSIFY, {"num_labels": 2}, lambda ids, rng: (ids[0] > 20).long()),
    "multiclass": (CLASSIFY, {"num_labels": 4}, lambda ids, rng: ids[0] // 10),
    "multilabel": (
        CLASSIFY,
        {"num_labels": 3, "problem_type": "multi_label_classification"},
        lambda ids, rng: (ids[:3] > 20).float(),
    ),
    "regression": (CLASSIFY, {"num_labels": 1}, lambda ids, rng: ids[0] / 10),
    "token-classification": (transformers.BertForTokenClassification, {"num_labels": 3}, lambda ids, rng: ids % 3),
    "causal-lm": (transformers.BertLMHeadModel, {"is_decoder": True}, lambda ids, rng: ids.clone()),
}
PADDED = ("token-classification", "causal-lm")


def trainer(tmp_path: Any, task: str, compute: Any, *, rows: Any = None, options: Any = None, **others: Any) -> Any:
    kind, settings, label = CASES[task]
    settings = {**settings, **others.pop("settings", {})}
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        save_strategy="no",
        **{"per_device_eval_batch_size": 7, **(options or {})},
    )
    return transformers.Trainer(
        model=kind(config(**settings)).eval(),
        args=arguments,
        eval_dataset=rows if rows is not None else examples(50, label, lengths=task in PADDED),
        data_collator=padded,
        compute_metrics=compute,
        **others,
    )


def outputs(made: Any) -> tuple[Any, Any]:
    """Logits and labels by a loop of our own, one example at a time."""
    logits, labels = [], []
    for row in made.eval_dataset:
        with torch.no_grad():
            logits.append(made.model(input_ids=row["input_ids"][None]).logits[0].double().numpy())
        labels.append(row["labels"].numpy())
    return logits, labels


def values(metrics: dict[str, float], compute: Any, prefix: str = "eval_") -> dict[str, float]:
    return {name: metrics[prefix + name] for name in compute.names}


def softmax(x: Any) -> Any:
    return torch.from_numpy(np.asarray(x)).double().softmax(-1).numpy()


def expected(task: str, logits: list[Any], labels: list[Any]) -> dict[str, float]:
    """scikit-learn's values, some of each task."""
    if task in PADDED:
        shift = task == "causal-lm"
        logits = [one[:-1] if shift else one for one in logits]
        labels = [one[1:] if shift else one for one in labels]
        x, y = np.concatenate(logits), np.concatenate(labels)
    else:
        x, y = np.stack(logits), np.stack(labels)
    if task == "regression":
        return {"rmse": sk.root_mean_squared_error(y, x[:, 0]), "r2": sk.r2_score(y, x[:, 0])}
    if task == "multilabel":
        return {"f1_micro": sk.f1_score(y, x > 0, average="micro")}
    p, chosen = softmax(x), x.argmax(axis=1)
    found = {"accuracy": sk.accuracy_score(y, chosen)}
    loss = sk.log_loss(y, p, labels=range(p.shape[1]))
    if task == "causal-lm":
        return {**found, "cross_entropy": loss, "perplexity": np.exp(loss)}
    found["log_loss"] = loss
    if task == "binary":
        return {**found, "f1": sk.f1_score(y, chosen), "roc_auc": sk.roc_auc_score(y, p[:, 1])}
    return {**found, "f1_macro": sk.f1_score(y, chosen, average="macro")}


@pytest.mark.parametrize("task", CASES)
def test_both_ways(task: str, tmp_path: Any) -> None:
    """All at once and batch by batch, and predict(), are scikit-learn's values of all rows."""
    compute = compute_metrics(task)
    whole = trainer(tmp_path, task, compute)
    batches = trainer(tmp_path, task, compute, options={"batch_eval_metrics": True})
    found = values(whole.evaluate(), compute)
    assert compute.last.metrics == found
    # Padding changes how float32 is added up in the model, so that our own loop is further off than the two ways are.
    textbook = expected(task, *outputs(whole))
    assert {name: found[name] for name in textbook} == pytest.approx(textbook, rel=1e-5)
    for _ in range(2):
        assert values(batches.evaluate(), compute) == pytest.approx(found, **CLOSE)
        predicted = batches.predict(batches.eval_dataset)
        assert values(predicted.metrics, compute, "test_") == pytest.approx(found, **CLOSE)


def test_construction_asks_for_the_parameter(tmp_path: Any) -> None:
    """Why the callable has it: the Trainer refuses others."""
    with pytest.raises(ValueError, match="compute_result"):
        trainer(tmp_path, "binary", lambda pred: {}, options={"batch_eval_metrics": True})


@pytest.mark.parametrize("task", ["binary", "multilabel", "token-classification", "causal-lm"])
def test_bfloat16(task: str, tmp_path: Any) -> None:
    """Batches come as bfloat16, which NumPy has not; all at once, as float32."""
    compute = compute_metrics(task)
    seen = []

    def spy(logits: Any, labels: Any) -> Any:
        seen.append(logits.dtype)
        return logits

    options = {"bf16_full_eval": True}
    found = values(trainer(tmp_path, task, compute, options=options).evaluate(), compute)
    made = trainer(
        tmp_path, task, compute, options={**options, "batch_eval_metrics": True}, preprocess_logits_for_metrics=spy
    )
    assert values(made.evaluate(), compute) == pytest.approx(found, **CLOSE)
    assert set(seen) == {torch.bfloat16}


@pytest.mark.parametrize("batches", [False, True])
def test_outputs_of_several(batches: bool, tmp_path: Any) -> None:
    compute = compute_metrics("binary")
    single = values(trainer(tmp_path, "binary", compute).evaluate(), compute)
    options = {"batch_eval_metrics": batches}
    several = {"settings": {"output_hidden_states": True}, "options": options}
    assert values(trainer(tmp_path, "binary", compute, **several).evaluate(), compute) == pytest.approx(single, **CLOSE)
    first = trainer(tmp_path, "binary", compute, preprocess_logits_for_metrics=keep_first, **several)
    assert values(first.evaluate(), compute) == pytest.approx(single, **CLOSE)
    if not batches:
        assert isinstance(first.predict(first.eval_dataset).predictions, np.ndarray)


@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize("task", ["binary", "multiclass", "token-classification"])
def test_preprocessed(task: str, batches: bool, tmp_path: Any) -> None:
    options = {"batch_eval_metrics": batches}
    compute = compute_metrics(task)
    full = values(trainer(tmp_path, task, compute).evaluate(), compute)
    labels = compute_metrics(task, predictions="labels")
    made = trainer(tmp_path, task, labels, options=options, preprocess_logits_for_metrics=keep_argmax)
    assert values(made.evaluate(), labels) == pytest.approx({name: full[name] for name in labels.names}, **CLOSE)
    probabilities = compute_metrics(task, predictions="probabilities")
    made = trainer(tmp_path, task, probabilities, options=options, preprocess_logits_for_metrics=keep_probabilities)
    assert values(made.evaluate(), probabilities) == pytest.approx(full, rel=1e-5)  # float32


@pytest.mark.parametrize("batches", [False, True])
def test_token_losses(batches: bool, tmp_path: Any) -> None:
    compute = compute_metrics("causal-lm")
    full = values(trainer(tmp_path, "causal-lm", compute).evaluate(), compute)
    short = compute_metrics("causal-lm", predictions="losses")
    options = {"batch_eval_metrics": batches}
    made = trainer(tmp_path, "causal-lm", short, options=options, preprocess_logits_for_metrics=keep_token_losses)
    assert values(made.evaluate(), short) == pytest.approx(full, rel=1e-5)  # float32


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_token_losses_of_both_ways(dtype: Any) -> None:
    """The kernel's on the CPU, and torch's, which has other devices to itself and computes in float32."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(5, LENGTH, WORDS, generator=rng).to(dtype)
    labels = torch.randint(0, WORDS, (5, LENGTH), generator=rng)
    labels[0], labels[1, 4:] = -100, -100
    losses, hits = keep_token_losses((logits, None), labels)
    assert (losses.dtype, losses.shape, hits.shape) == (torch.float32, labels.shape, labels.shape)
    flat = logits[:, :-1].double().flatten(0, 1), labels[:, 1:].flatten()
    exact = torch.nn.functional.cross_entropy(*flat, reduction="none").view(5, LENGTH - 1)
    assert torch.equal(losses[:, 1:], exact.float())
    assert torch.equal(hits[:, 1:], (logits[:, :-1].float().argmax(-1) == labels[:, 1:]).long())
    assert not losses[0].any() | hits[0].any() | losses[:, 0].any() | hits[:, 0].any()
    by_torch = tools._losses_on_device(logits[:, :-1], labels[:, 1:])
    assert by_torch.dtype == torch.float32
    torch.testing.assert_close(by_torch, exact.float(), rtol=1e-5, atol=1e-6)  # float32
    nothing, _ = keep_token_losses(logits, torch.full_like(labels, -100))
    assert not nothing.any()


def test_lists_of_batches(tmp_path: Any) -> None:
    compute = compute_metrics("token-classification")
    found = values(trainer(tmp_path, "token-classification", compute).evaluate(), compute)
    made = trainer(tmp_path, "token-classification", compute, options={"eval_do_concat_batches": False})
    assert values(made.evaluate(), compute) == pytest.approx(found, **CLOSE)


def test_several_sets(tmp_path: Any) -> None:
    """One after the other, in one state each, while training."""
    label = CASES["binary"][2]
    sets = {"a": examples(30, label, 1), "b": examples(45, label, 2)}
    compute = compute_metrics("binary")
    options = {
        "batch_eval_metrics": True,
        "eval_strategy": "steps",
        "eval_steps": 5,
        "max_steps": 10,
        "logging_steps": 5,
        "learning_rate": 1e-3,
    }
    made = trainer(tmp_path, "binary", compute, rows=sets, options=options, train_dataset=examples(80, label, 3))
    made.train()
    logged: dict[str, Any] = {}
    for entry in made.state.log_history:
        if entry["step"] == 10:
            logged.update(entry)
    for name, rows in sets.items():
        alone = trainer(tmp_path, "binary", compute_metrics("binary"), rows=rows)
        alone.model = made.model
        again = values(alone.evaluate(), compute)
        assert values(logged, compute, f"eval_{name}_") == pytest.approx(again, **CLOSE)


def test_order_of_rows_is_told(tmp_path: Any) -> None:
    """Where the Trainer sorts rows by length, with chance among equals, checkpoints are not taken for paired."""
    label = CASES["binary"][2]
    compute = compute_metrics("binary")
    rows = examples(60, label, lengths=True)
    plain = trainer(tmp_path, "binary", compute, rows=rows)
    prints = []
    for _ in range(2):
        plain.evaluate()
        prints.append(compute.last.fingerprint)
    options = {"train_sampling_strategy": "group_by_length"}
    grouped = trainer(tmp_path, "binary", compute, rows=rows, options=options)
    grouped.evaluate()
    prints.append(compute.last.fingerprint)
    assert prints[0] == prints[1] != prints[2]


# overfitting ----------------------------------------------------------------------------------------------------------


def trained(tmp_path: Any, noise: bool, **settings: Any) -> tuple[Any, list[Any]]:
    """A model trained on few rows, whose labels are the first word's, or chance."""
    label = (lambda ids, rng: torch.tensor(int(rng.integers(2)))) if noise else CASES["binary"][2]
    learnt, others = examples(64, label, 1), examples(300, label, 2)
    if not noise:
        learnt = examples(1000, label, 1)
    compute = compute_metrics("binary", ["accuracy", "log_loss"])
    watch = OverfittingCallback(compute, **settings)
    options = {
        "eval_strategy": "epoch",
        "num_train_epochs": 8 if noise else 3,
        "per_device_train_batch_size": 16,
        "learning_rate": 2e-2 if noise else 3e-3,
        "logging_strategy": "epoch",
        "batch_eval_metrics": True,
        "per_device_eval_batch_size": 100,
    }
    made = trainer(
        tmp_path,
        "binary",
        compute,
        rows={"train": learnt[:64], "validation": others},
        options=options,
        train_dataset=learnt,
        callbacks=[watch],
        settings={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.train()
    return watch, [w for w in caught if issubclass(w.category, OverfittingWarning)]


def test_overfitting_is_found(tmp_path: Any) -> None:
    watch, caught = trained(tmp_path, noise=True)
    assert [str(w.message) for w in caught] == watch.findings
    assert len(caught) == 2
    (rise,) = [text for text in watch.findings if "the model overfits" in text]
    (gap,) = [text for text in watch.findings if "of the training rows by" in text]
    assert "The loss of validation is" in rise
    assert "95 % interval" in gap
    judged = [record for record in watch.history if record["set"] == "validation"]
    assert [record["step"] for record in judged] == [4 * epoch for epoch in range(1, 9)]
    assert 0 < watch.best["validation"] < 16
    last = judged[-1]
    assert last["rise"]["low"] > 0
    assert last["gap"]["low"] > 0
    assert last["loss"] == pytest.approx(last["metrics"]["eval_validation_log_loss"], rel=1e-9)
    curve = watch.learning_curve()
    assert curve.paired
    assert [one.step for one in curve.checkpoints] == [record["step"] for record in judged]
    assert curve.best.step == watch.best["validation"] < curve.first_worse.step
    assert [one.value for one in curve.checkpoints] == [record["loss"] for record in judged]
    assert curve.checkpoints[-1].gap == pytest.approx(last["gap"]["difference"], rel=1e-9)
    logs = [record for record in watch.history if record["set"] == "log"]
    assert len(logs) == 8
    assert all("loss" in record["metrics"] for record in logs)


def test_training_stops(tmp_path: Any) -> None:
    watch, _ = trained(tmp_path, noise=True, stop=True)
    steps = [record["step"] for record in watch.history if record["set"] == "validation"]
    assert len(steps) < 8
    assert watch.history[-1]["rise"]["low"] > 0


def test_no_false_alarm(tmp_path: Any) -> None:
    watch, caught = trained(tmp_path, noise=False)
    assert not [text for text in watch.findings if "overfit" in text], watch.findings
    assert len(caught) == len(watch.findings)
    assert watch.best["validation"] > 0
