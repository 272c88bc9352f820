"""The README's snippets for each tool run, with what they take for granted at hand, and do what they say."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trueval

README = Path(__file__).parents[3] / "README.md"
SNIPPETS = re.findall(r"^```python tool\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).astype(np.float32)
Y = (X[:, 0] + RNG.normal(0, 0.7, 300) > 0).astype(np.int64)


def run(sign: str, **given: Any) -> dict[str, Any]:
    """Execute the one snippet that has the sign in it, among these names."""
    (code,) = [snippet for snippet in SNIPPETS if sign in snippet]
    names = {"trueval": trueval, **given}
    exec(compile(code, str(README), "exec"), names)
    return names


def test_each_snippet_has_a_test() -> None:
    tested = [*re.findall(r'run\(\s*"([^"]+)"', Path(__file__).read_text("utf-8")), "integrations.keras"]
    assert all(sum(sign in snippet for sign in tested) == 1 for snippet in SNIPPETS)
    assert len(SNIPPETS) == len(tested) >= 8


def test_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    scores = run("make_scorer", classifier=LogisticRegression(), x=X, y=Y)["scores"]
    assert scores == pytest.approx(cross_val_score(LogisticRegression(), X, Y, scoring="f1"), rel=1e-15)


def test_transformers(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=2
    )
    rows = [{"input_ids": torch.randint(0, 20, (5,)), "labels": torch.tensor(i % 2)} for i in range(40)]
    args = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        save_strategy="no",
        max_steps=2,
        eval_strategy="steps",
        eval_steps=1,
        batch_eval_metrics=True,
    )
    names = run(
        "integrations.transformers",
        Trainer=transformers.Trainer,
        model=transformers.BertForSequenceClassification(config),
        args=args,
        train=rows[:20],
        some_of_train=rows[:10],
        validation=rows[20:],
        collate=lambda batch: {key: torch.stack([row[key] for row in batch]) for key in batch[0]},
    )
    assert "loss of validation, lower is better: best at " in capsys.readouterr().out
    logged = {key for entry in names["trainer"].state.log_history for key in entry}
    for name in ("f1", "roc_auc", "log_loss"):
        assert {f"eval_train_{name}", f"eval_validation_{name}"} <= logged


def test_evaluate() -> None:
    assert run("integrations import evaluate")["result"] == {"f1": trueval.f1_score([0, 1, 0], [0, 1, 1])}


def test_torch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network = torch.nn.Linear(4, 2)
    loader = [(torch.from_numpy(X[i : i + 64]), torch.from_numpy(Y[i : i + 64])) for i in range(0, 300, 64)]
    area = run("state.update(", loader=loader, network=network)["area"]
    assert area == pytest.approx(trueval.roc_auc_score(Y, network(torch.from_numpy(X))[:, 1]), abs=1e-4)


def test_torchmetrics() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchmetrics")
    torch.manual_seed(0)
    network = torch.nn.Linear(4, 2)
    loader = [(torch.from_numpy(X[i : i + 64]), torch.from_numpy(Y[i : i + 64])) for i in range(0, 300, 64)]
    metric = run("integrations.torchmetrics", loader=loader, network=network)["metric"]
    expected = trueval.average_precision_score(Y, network(torch.from_numpy(X))[:, 1])
    # A network's outputs depend on the size of the batch, in their last digits: rows may change places.
    assert float(metric.compute()) == pytest.approx(expected, abs=1e-4)


def test_lightgbm() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    names = run(
        "LGBMClassifier",
        LGBMClassifier=lightgbm.LGBMClassifier,
        x=X[:150],
        y=Y[:150],
        x_val=X[150:],
        y_val=Y[150:],
    )
    values = names["booster"].evals_result_["valid_0"]["average_precision"]
    assert names["booster"].best_iteration_ == np.argmax(values) + 1


def test_xgboost() -> None:
    xgboost = pytest.importorskip("xgboost")
    data, validation = xgboost.DMatrix(X[:150], Y[:150]), xgboost.DMatrix(X[150:], Y[150:])
    booster = run(
        "integrations.xgboost",
        xgboost=xgboost,
        parameters={"objective": "binary:logistic"},
        data=data,
        validation=validation,
    )["booster"]
    assert booster.num_boosted_rounds() == 10


def test_catboost() -> None:
    catboost = pytest.importorskip("catboost")
    kind = functools.partial(catboost.CatBoostClassifier, verbose=False, allow_writing_files=False, thread_count=1)
    names = run("integrations.catboost", CatBoostClassifier=kind, x=X[:150], y=Y[:150], x_val=X[150:], y_val=Y[150:])
    values = names["booster"].get_evals_result()["validation"]["average_precision"]
    assert names["booster"].get_best_iteration() == np.argmax(values)


def test_ranking() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    sizes = np.array([30, 50, 40, 30])
    ranker = run(
        "ranker.fit",
        ranker=lightgbm.LGBMRanker(metric="None", n_estimators=3, n_jobs=1, verbosity=-1),
        x=X[:150],
        y=Y[:150],
        x_val=X[150:],
        y_val=Y[150:],
        sizes=sizes,
        sizes_val=sizes,
    )["ranker"]
    recorded = ranker.evals_result_["valid_0"]
    assert list(recorded) == ["ndcg@10", "mrr"]
    query = np.repeat(np.arange(4), sizes)
    assert recorded["mrr"][-1] == trueval.retrieval.reciprocal_rank(Y[150:], ranker.predict(X[150:]), query)


def test_mlflow(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    base, tuned = ((Y + (RNG.random(300) < share)) % 2 for share in (0.3, 0.2))
    with mlflow.start_run() as started:
        run("integrations.trackers", mlflow=mlflow, y_true=Y, base=base, tuned=tuned)
    logged = mlflow.get_run(started.info.run_id).data.metrics
    assert logged["f1_score/tuned"] == trueval.f1_score(Y, tuned)
    assert len(logged) == 12


KERAS = """
import sys, numpy as np, keras
code, data = sys.argv[1:]
saved = np.load(data)
x, y, x_val, y_val = (saved[name] for name in ("x", "y", "x_val", "y_val"))
model = keras.Sequential([keras.layers.Dense(2, "softmax")])
exec(code)
assert set(history.history) == {"loss", "f1", "val_roc_auc"}, history.history
print("ran")
"""


def test_keras(tmp_path: Any) -> None:
    pytest.importorskip("torch")
    (code,) = [snippet for snippet in SNIPPETS if "integrations.keras" in snippet]
    np.savez(tmp_path / "data.npz", x=X[:150], y=Y[:150], x_val=X[150:], y_val=Y[150:])
    environment = {**os.environ, "KERAS_BACKEND": "torch", "KERAS_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", KERAS, code, str(tmp_path / "data.npz")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.stdout.split()[-1:] == ["ran"], ended.stderr
