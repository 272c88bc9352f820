"""The runner of scikit-learn's suite can fail: on what is wrong, on what cheats, and on what is not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sklearn.metrics
from registry import HAS_NATIVE
from sklearn_suite.surface import surface

pytestmark = pytest.mark.skipif(not HAS_NATIVE, reason="the runner is the same without the compiled module")

RUN = Path(__file__).parent / "sklearn_suite" / "run.py"


def run(*arguments: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, str(RUN), *arguments], capture_output=True, text=True, timeout=600, check=False
    )
    assert not ended.stderr, ended.stderr
    return ended.returncode, ended.stdout


@pytest.fixture(scope="module")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run, of all the fakes and of a function that is not among them."""
    path = tmp_path_factory.mktemp("suite") / "results.json"
    names = "accuracy_score,max_error,mean_absolute_error,mean_gamma_deviance,mean_poisson_deviance,r2_score"
    which = "test_sample_order_invariance or test_single_sample or test_regression_metrics"
    code, text = run(
        "--library", "sklearn_suite.fakes", "--only", names, "--match", which, "--backends", "fake", "--json", str(path)
    )  # fmt: skip
    faults = [line for line in text.splitlines() if line.startswith("FAULT")]
    return {"code": code, "text": text, "faults": faults, "results": json.loads(path.read_text())}


def test_a_wrong_replacement_fails(fakes: dict[str, Any]) -> None:
    assert fakes["code"] == 1
    passed, total = fakes["results"]["max_error"]["fake"]
    assert 0 < passed < total, "it keeps the order of samples, and has the wrong value"
    assert any("max_error, fake: test_regression.py::test_regression_metrics: E" in line for line in fakes["faults"])
    assert fakes["results"]["max_error"]["delegated"] == 0


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("accuracy_score", "sklearn.metrics._classification.zero_one_loss"),
        ("mean_absolute_error", "sklearn.metrics._regression.mean_absolute_error"),
        ("mean_poisson_deviance", "sklearn.metrics._regression.mean_poisson_deviance"),
        ("mean_gamma_deviance", "sklearn.utils.validation.check_array"),
    ],
)
def test_a_delegating_replacement_is_caught(fakes: dict[str, Any], name: str, reached: str) -> None:
    assert fakes["results"][name]["delegated"] > 0
    assert any(line.startswith(f"FAULT  {name}, fake: ") and line.endswith(reached) for line in fakes["faults"])


def test_delegation_passes_every_test(fakes: dict[str, Any]) -> None:
    """Without the wires it would go for a perfect replacement."""
    passed, total = fakes["results"]["mean_absolute_error"]["fake"]
    assert passed == total > 0


def test_a_missing_function_is_told(fakes: dict[str, Any]) -> None:
    assert "FAULT  r2_score is missing in sklearn_suite.fakes" in fakes["faults"]
    assert fakes["results"]["r2_score"] == {"delegated": 0}


def test_ours_pass() -> None:
    code, text = run("--only", "auc,r2_score", "--match", "test_auc or r2_score", "--backends", "native")
    assert code == 0, text
    last = text.strip().splitlines()[-1]
    assert last.startswith("2 of 2 functions: all ")
    assert last.endswith(" tests pass, 0 calls delegated")


def test_an_unknown_name_and_an_empty_run_fail() -> None:
    code, text = run("--only", "no_such_score", "--match", "test_auc", "--backends", "reference")
    assert code == 1
    assert "FAULT  not a metric function of scikit-learn: no_such_score" in text
    code, text = run("--only", "auc", "--match", "nothing_at_all", "--backends", "reference")
    assert code == 1
    assert "no item of the suite calls it" in text


def test_the_surface() -> None:
    names = set(surface())
    assert {"f1_score", "metric_at_thresholds", "d2_pinball_score"} <= names
    assert not names & {"rand_score", "pairwise_distances", "make_scorer"}
    if sklearn.__version__.startswith("1.9."):
        assert len(names) == 52
