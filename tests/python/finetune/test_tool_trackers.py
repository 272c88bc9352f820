"""MLflow and TensorBoard take what `flat` makes, and give it back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trueval.inference import compare
from trueval.integrations.trackers import flat

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 2, 100)
BASE, TUNED = ((TRUTH + (RNG.random(100) < share)) % 2 for share in (0.3, 0.1))
FOUND = flat(compare(["accuracy_score", "f1_score"], TRUTH, BASE, TUNED, rng=0, n_resamples=99))


def test_mlflow(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    with mlflow.start_run() as run:
        mlflow.log_metrics(FOUND)
    assert mlflow.get_run(run.info.run_id).data.metrics == FOUND


def test_tensorboard(tmp_path: Any) -> None:
    pytest.importorskip("tensorboard")
    pytest.importorskip("torch")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for name, value in FOUND.items():
            writer.add_scalar(name, value, 3)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    read = {name: events.Scalars(name)[0].value for name in events.Tags()["scalars"]}
    assert read == pytest.approx(FOUND, rel=1e-6)  # TensorBoard keeps float32
