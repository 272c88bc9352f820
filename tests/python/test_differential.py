"""Random calls, valid and invalid, have the outcome that scikit-learn gives them, in both backends.

`calls.py` draws the calls, `differential.py` compares and says which differences are meant. Hypothesis draws one
integer per call rather than each of the hundred choices in it; in return, a difference is reduced by dropping and
simplifying arguments, and all kinds of differences are reported at once. `make soak` runs many more.
"""

from __future__ import annotations

import os

import calls
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import sklearn.metrics
from calls import FUNCTIONS, KEYWORDS, PREAMBLE, WITH_DATA, Call, draw, parameters
from differential import MEANT, SHARED, Tally, compare
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from registry import needs_native

CASES = int(os.environ.get("TRUEVAL_CASES", "200"))
each_function = pytest.mark.parametrize("name", FUNCTIONS)


@needs_native  # a run with both backends asks the reference the same questions
@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.0.0",
    reason="which odd calls scikit-learn trips over depends on NumPy's version; the zoo is for the oldest",
)
@pytest.mark.parametrize("name", SHARED)
def test_random_calls(name: str) -> None:
    tally = Tally(name)

    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**63 - 1))
    def every_call(seed: int) -> None:
        tally.add(seed)

    every_call()
    assert not tally.kinds, f"\n{PREAMBLE}\n\n{tally.report()}"
    assert tally.values >= 0.4 * tally.cases, "too few calls have a value: values are what is to be compared"


MARKS = np.array([[1, 0], [1, 1]])
NEARLY_ONE = np.array([[0.25, 0.25, 0.5 + 2e-8], [0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
# Calls in which trueval once had another outcome.
FOUND = (
    Call("hamming_loss", (np.array([[True, True]]), np.array([[-1, 0]]))),
    Call("log_loss", (["a", "b", "c"], NEARLY_ONE)),
    Call("d2_log_loss_score", ([0, 0], [[0.5, 0.5], [0.5, 0.5]]), {"labels": ["a", 1]}),
    *(Call("f1_score", (MARKS, MARKS), {"labels": labels, "average": None}) for labels in ([True, False], [0.0], [])),
    Call("f1_score", ([1], [1]), {"pos_label": None}),
    Call("f1_score", (np.array([0], np.uint64), np.array([1])), {"pos_label": 7}),
    Call("precision_score", (np.array([1.0]), np.array([1])), {"labels": ["2"], "average": "macro"}),
    Call("multilabel_confusion_matrix", (0 * MARKS, 0 * MARKS), {"sample_weight": [1, 2]}),
    Call("classification_report", ([0], [1]), {"sample_weight": [-1]}),
    Call("classification_report", (pd.Series([False, True]).astype("category"), [0, 1])),
    Call("confusion_matrix", (MARKS, MARKS), {"sample_weight": []}),
    Call("confusion_matrix", ([1], [0]), {"labels": {"a": 1}}),
    Call("cohen_kappa_score", (["a"], ["a"]), {"labels": [1], "sample_weight": []}),
    Call("auc", (np.array([2**64 - 2, 2**64 - 1], np.uint64), [1.0, 1.0])),
    Call("hinge_loss", ([1], [[0, 0, 0]]), {"labels": pd.Series(["1", "10", "9"])}),
    Call("coverage_error", (pd.Series([1, 0], dtype="Int64"), [[1, 0]])),
    Call("roc_curve", (np.array([], dtype="U1"), [0])),
    Call("top_k_accuracy_score", ([0, 1, 2], np.eye(3)), {"labels": [0.5]}),
    Call("roc_auc_score", ([0, 1, 2], np.eye(3)), {"labels": [0.5], "multi_class": "ovr"}),
    Call("average_precision_score", (MARKS, [[1], [0]]), {"average": "micro", "sample_weight": [1, 2]}),
    Call("average_precision_score", (np.zeros((0, 2), int), np.zeros((0, 3)))),
)


@pytest.mark.parametrize("call", FOUND, ids=lambda call: call.name)
def test_what_was_found(call: Call) -> None:
    found = compare(call)[1]
    assert not found, found


def test_all_functions_have_questions() -> None:
    assert set(calls.DATA) == set(FUNCTIONS)
    assert len(FUNCTIONS) == 52


@each_function
def test_every_parameter_is_drawn(name: str) -> None:
    drawn = {parameter for seed in range(200) for parameter in draw(name, seed).arguments()}
    assert drawn >= set(parameters(name))


@each_function
def test_a_call_prints_as_python(name: str) -> None:
    names = {"np": np, "pd": pd, "pl": pl, "sp": sp, "calls": calls, "nan": np.nan, "inf": np.inf}

    class Recorder:
        def __getattr__(self, attribute: str) -> object:
            function = getattr(sklearn.metrics, attribute)
            if attribute != name:
                return function
            return lambda *args, **kwargs: calls.Call(name, args, kwargs)

    for seed in range(20):
        call = draw(name, seed)
        again = eval(str(call), {**names, "m": Recorder()})
        assert str(again) == str(call)


def test_meant_differences_have_reasons() -> None:
    assert all(entry.reason for entry in MEANT)


def test_keywords_are_those_of_a_signature() -> None:
    every = {parameter for name in FUNCTIONS for parameter in parameters(name)}
    assert {*KEYWORDS, *WITH_DATA} <= every
