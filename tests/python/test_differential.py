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
from calls import FUNCTIONS, KEYWORDS, PREAMBLE, WITH_DATA, draw, parameters
from differential import MEANT, SHARED, Tally
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

CASES = int(os.environ.get("TRUEVAL_CASES", "200"))
each_function = pytest.mark.parametrize("name", FUNCTIONS)


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
