"""Native, reference, textbook oracle and scikit-learn give the same outcome: value, exception, warnings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import trueval
from hypothesis import given
from hypothesis import strategies as st
from inputs import FAMILIES, HOSTILE, Case
from outcomes import difference, value_difference
from registry import PAIRS, ROWS, Keywords, Metric, needs_native, pair_id

each_pair = pytest.mark.parametrize("pair", PAIRS, ids=pair_id)


def check(row: Metric, case: Case, keywords: Keywords) -> None:
    """Ours against scikit-learn's, and against the textbook where there is a value."""
    found = row.disagreement(case, keywords)
    assert found is None, f"{found}\n{case}"
    ours = row.outcome("ours", case, keywords)
    if ours.error is None:
        textbook = row.outcome("oracle", case, keywords)
        assert textbook.error is None, f"the oracle of {row.name} fails, {keywords}, {case}\n{textbook}"
        found = value_difference(ours.value, textbook.value, row.allowed(case), types=False)
        assert found is None, f"{row.name} against its oracle, {keywords}, {case}\n{found}"


@each_pair
@given(data=st.data())
def test_drawn_inputs(pair: tuple[Metric, str], backend: str, data: Any) -> None:
    row, family = pair
    check(row, data.draw(FAMILIES[family].drawn), data.draw(st.sampled_from(row.inputs[family])))


@needs_native
@each_pair
@given(data=st.data())
def test_backends_on_drawn_inputs(pair: tuple[Metric, str], data: Any) -> None:
    row, family = pair
    case, keywords = data.draw(FAMILIES[family].drawn), data.draw(st.sampled_from(row.inputs[family]))
    outcomes = []
    for name in ("native", "reference"):
        with trueval.use_backend(name):
            outcomes.append(row.outcome("ours", case, keywords))
    found = difference(*outcomes, row.allowed(case))
    assert found is None, f"native (ours) against reference (theirs), {keywords}, {case}\n{found}"


@each_pair
def test_every_keyword_setting(pair: tuple[Metric, str], backend: str) -> None:
    row, family = pair
    for keywords in row.inputs[family]:
        for seed, n in enumerate((3, 12, 60)):
            case = FAMILIES[family].sample(n, np.random.default_rng(seed))
            check(row, case, keywords)
            check(row, Case(case.args), keywords)


@each_pair
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 255, 256, 257, 1023, 1025, 4096, 8193, 65_536, 131_073])
def test_lengths_around_a_chunk(pair: tuple[Metric, str], backend: str, n: int) -> None:
    """Lengths at which a chunk, a vector register or a parallel threshold could end."""
    row, family = pair
    case = FAMILIES[family].sample(n, np.random.default_rng(n))
    found = row.disagreement(case, row.inputs[family][0])
    assert found is None, found


@each_pair
def test_weights_off_the_grid(pair: tuple[Metric, str], backend: str) -> None:
    """Weights and sums that are rounded at every step."""
    row, family = pair
    if not row.weights:
        pytest.skip("takes no weights")
    rng = np.random.default_rng(5)
    case = FAMILIES[family].sample(5000, rng)
    case = Case(case.args, rng.gamma(0.5, 3.0, len(case.weight)))
    for keywords in row.inputs[family]:
        if not row.fragile(keywords):
            found = row.disagreement(case, keywords)
            assert found is None, found


@pytest.mark.parametrize("shape", HOSTILE)
@pytest.mark.parametrize("row", [row for row in ROWS if "scores_binary" in row.inputs], ids=lambda row: row.name)
def test_hostile_scores(row: Metric, shape: str, backend: str) -> None:
    for n in (100, 20_000):
        case = FAMILIES["scores_binary"].sample(n, np.random.default_rng(n))
        case = Case((case.args[0], HOSTILE[shape](case.args[1])), case.weight)
        for keywords in row.inputs["scores_binary"]:
            for odd in (case, Case(case.args)):
                found = row.disagreement(odd, keywords)
                assert found is None, f"n = {n}: {found}"


@each_pair
def test_one_class_only(pair: tuple[Metric, str], backend: str) -> None:
    row, family = pair
    case = FAMILIES[family].sample(40, np.random.default_rng(3))
    true = case.args[0]
    for only in (true[:1], true[-1:]):
        single = Case((np.repeat(only, len(true), axis=0), *case.args[1:]), case.weight)
        for keywords in row.inputs[family]:
            found = row.disagreement(single, keywords)
            assert found is None, f"only {only}: {found}"
            if row.needs_two_classes:
                ours = row.outcome("ours", single, keywords)
                assert ours.error or ours.warnings, f"{row.name} says nothing about the missing class"
