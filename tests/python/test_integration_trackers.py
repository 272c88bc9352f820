"""Results as flat dicts of plain floats."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from trueval.inference import compare, confidence_interval
from trueval.integrations.trackers import flat

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 2, 100)
BASE, TUNED, OTHER = ((TRUTH + (RNG.random(100) < share)) % 2 for share in (0.3, 0.1, 0.2))
KEYS = ["base", "tuned", "diff", "ci_low", "ci_high", "p"]


def test_one_metric():
    found = compare("accuracy_score", TRUTH, BASE, TUNED)
    low, high = found.confidence_interval
    values = [found.base, found.tuned, found.difference, low, high, found.pvalue]
    assert flat(found) == dict(zip(KEYS, values, strict=True))
    assert flat(found, "accuracy") == {f"accuracy/{key}": value for key, value in zip(KEYS, values, strict=True)}


def test_several_metrics_and_models():
    found = compare(["accuracy_score", "f1_score"], TRUTH, BASE, TUNED, rng=0, n_resamples=99)
    expected = [f"{metric}/{key}" for metric in ("accuracy_score", "f1_score") for key in KEYS]
    assert list(flat(found)) == expected
    assert list(flat(found, "eval")) == [f"eval/{key}" for key in expected]
    models = compare(["accuracy_score", "f1_score"], TRUTH, BASE, {"a": TUNED, "b": OTHER}, rng=0, n_resamples=99)
    assert list(flat(models)) == [f"{model}/{key}" for model in "ab" for key in expected]
    listed = compare("accuracy_score", TRUTH, BASE, [TUNED, OTHER])
    assert list(flat(listed, "accuracy")) == [f"accuracy/{model}/{key}" for model in range(2) for key in KEYS]


def test_estimates_and_numbers():
    found = flat(confidence_interval("accuracy_score", TRUTH, TUNED), "accuracy")
    assert list(found) == [f"accuracy/{key}" for key in ("value", "standard_error", "ci_low", "ci_high")]
    given = {"loss": np.float32(0.5), "n": np.int64(3), "ok": True, "by": {"class": {0: 1}}}
    assert flat(given) == {"loss": 0.5, "n": 3.0, "ok": 1.0, "by/class/0": 1.0}
    one_sided = flat(compare("accuracy_score", TRUTH, BASE, TUNED, alternative="greater"))
    assert one_sided["ci_high"] == math.inf


def test_plain_floats():
    """Nothing of NumPy's is left, whatever the metric."""
    metrics = ["roc_auc_score", "average_precision_score", "mean_squared_error"]
    found = flat(compare(metrics, TRUTH, BASE + 0.5 * RNG.random(100), TUNED + 0.5 * RNG.random(100)))
    assert len(found) == 18
    assert {type(value) for value in found.values()} == {float}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("result", ["text", {"a": "text"}, [1.0], 1.0, {"a": [1.0]}, None, {"a": np.zeros(2)}])
def test_refused(result):
    with pytest.raises(TypeError, match="result must hold results or numbers"):
        flat(result)


def test_keys_that_collide():
    with pytest.raises(ValueError, match="Two numbers have the key '1'"):
        flat({1: 2.0, "1": 3.0})
