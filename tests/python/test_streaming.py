"""States: any split, any tree of merges, any order of updates gives what the function gives for all rows at once."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trueval
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inputs import FAMILIES, Case
from metric import Metric
from outcomes import EXACT, Outcome, Tolerance, bits, run, value_difference
from registry import METRICS, PAIRS, Keywords, pair_id
from trueval import streaming
from trueval.ranking.thresholds import fold_of
from trueval.streaming._bytes import seal, unseal
from trueval.streaming._factory import REFUSED, STATES
from trueval.streaming._labels import LabelState
from trueval.streaming._rankings import Moments, RankingState
from trueval.streaming._regression import QuantileState
from trueval.streaming._runs import as_keys, keys_of, numbers_of
from trueval.streaming._state import HOMES
from trueval.streaming._sums import Total, accurate_sum, exact_dot, running_sums

ULPS = Tolerance(4 * 2.0**-52, 0.0, "sums of floats, each rounded once or twice")
# The kernel's own sum of a block is off by this much where a few terms outweigh the others, as 1 / epsilon does.
HEAVY = Tolerance(2e-14, 0.0, "a plain sum of 2,048 terms of which one is the greatest by far")
RESIDUE = Tolerance(1e-13, 1e-12, "the rest of a sum of weights is near 0 where the sum is nearly all there is")
# One minus a quotient of sums: what is left of a quotient near 1.
_OF_QUOTIENTS = ("r2_score", "explained_variance_score")
LEAST = 1 << 16

STATED = [pair for pair in PAIRS if pair[0].name in STATES]


def keywords_of(row: Metric, family: str) -> Iterator[Keywords]:
    """The settings of a row that a state has."""
    for settings_ in row.inputs[family]:
        keywords = dict(settings_)
        if "metric_func" in keywords:  # scikit-learn's own are known as well, but travel by our names
            keywords["metric_func"] = getattr(trueval, keywords["metric_func"].__name__)
            if fold_of(keywords["metric_func"], keywords.get("metric_params", {})) is None:
                continue
        samples = keywords.get("average") == "samples"
        if samples and (row.name, family) == ("average_precision_score", "probabilities_multiclass"):
            continue
        yield keywords


def tolerance_of(row: Metric, keywords: Keywords, weighted: bool) -> Tolerance:
    """How far from the function a state may be: by no bit, where nothing but counts and quotients of them come in."""
    name = row.name
    if name.startswith("d2_") or name in _OF_QUOTIENTS:
        return row.weighted if weighted else row.tolerance
    if name == "mean_absolute_percentage_error":
        return HEAVY
    if weighted and name in ("det_curve", "confusion_matrix_at_thresholds", "multilabel_confusion_matrix"):
        return RESIDUE
    if weighted and name in ("zero_one_loss", "matthews_corrcoef", "cohen_kappa_score", "balanced_accuracy_score"):
        return RESIDUE
    exact = STATES[name] in (LabelState, RankingState) or name in ("max_error", "median_absolute_error")
    if weighted or not exact or keywords.get("average") == "samples" or name == "classification_report":
        return ULPS
    return EXACT


def pieces(case: Case, cuts: list[int]) -> list[Case]:
    """Consecutive parts of a case, empty ones among them."""
    edges = [0, *sorted(cut % (len(case.args[0]) + 1) for cut in cuts), len(case.args[0])]
    return [
        Case(tuple(part[a:b] for part in case.args), None if case.weight is None else case.weight[a:b])
        for a, b in pairwise(edges)
    ]


def streamed(  # noqa: PLR0917
    name: str, keywords: Keywords, parts: list[Case], weighted: bool, rng: np.random.Generator, limit: int | None = None
) -> Any:
    """Value of a state: parts dealt out to states, updated and merged in random order, some of them by way of bytes."""
    states = [streaming.state(name, memory_limit=limit, **keywords) for _ in range(int(rng.integers(1, 5)))]
    for place in rng.permutation(len(parts)):
        states[rng.integers(len(states))].update(*parts[place].args, **parts[place].weights(weighted))
    while len(states) > 1:
        taken = states.pop(rng.integers(len(states)))
        if rng.random() < 0.3:
            taken = streaming.from_bytes(taken.to_bytes())
        before = taken.n
        states[rng.integers(len(states))].merge(taken)
        assert taken.n == before
    assert states[0].n == sum(len(part.args[0]) for part in parts)
    return states[0].compute()


def compare(row: Metric, keywords: Keywords, ours: Outcome, whole: Outcome, weighted: bool) -> None:
    what = f"{row.name}, {keywords}, {'weighted' if weighted else 'unweighted'}"
    assert type(ours.error) is type(whole.error), f"{what}: {ours}\nagainst {whole}"
    if whole.error is not None:
        return
    assert ours.warnings == whole.warnings, f"{what}: {ours}\nagainst {whole}"
    tolerance = tolerance_of(row, keywords, weighted)
    found = value_difference(ours.value, whole.value, tolerance)
    assert found is None, f"{what}: {found}"
    if tolerance is EXACT and not isinstance(whole.value, str):
        assert bits(ours.value) == bits(whole.value), what


# every metric ---------------------------------------------------------------------------------------------------------


def test_every_public_metric_has_a_state_or_a_reason(backend: str) -> None:
    modules = {name for name in trueval.__all__ if inspect.ismodule(getattr(trueval, name))}
    others = {"backend", "get_num_threads", "set_num_threads", "use_backend"}
    # Those of modules: `test_every_metric_of_a_module_has_a_state_or_a_reason`.
    assert set(trueval.__all__) - modules - others == set(STATES) - set(HOMES) | {"auc"}
    assert not set(STATES) & set(REFUSED)
    for name, reason in REFUSED.items():
        with pytest.raises(
            ValueError, match=f"^{name} .*(use a state of|calibration_state|call it on them)"
        ) as refusal:
            streaming.state(name)
        assert str(refusal.value) == reason


def test_every_row_of_the_registry_is_streamed() -> None:
    assert {row.name for row, _ in PAIRS} - {row.name for row, _ in STATED} == {"auc"}


@pytest.mark.parametrize("pair", STATED, ids=pair_id)
def test_any_split_gives_the_value_of_the_whole(pair: tuple[Metric, str], backend: str) -> None:
    row, family = pair
    rng = np.random.default_rng(len(row.name) + len(family))
    for n in (1, 2, 40, 1500):
        case = FAMILIES[family].sample(n, rng)
        for place, keywords in enumerate(keywords_of(row, family)):
            if n == 1500 and place > 2:
                break
            for weighted in (False, True) if row.weights else (False,):
                if row.name == "metric_at_thresholds" and len(set(case.args[0].tolist())) < 2:
                    continue  # `test_thresholds_need_both_labels`
                parts = pieces(case, rng.integers(0, 1 << 30, 6).tolist())
                limit = LEAST if n == 1500 else None
                whole = row.outcome("ours", case, keywords, weighted=weighted)
                ours = run(partial(streamed, row.name, keywords, parts, weighted, rng, limit))
                compare(row, keywords, ours, whole, weighted)


@pytest.mark.parametrize("pair", STATED, ids=pair_id)
@settings(max_examples=6)
@given(data=st.data())
def test_drawn_cases(pair: tuple[Metric, str], data: st.DataObject, backend: str) -> None:
    row, family = pair
    case = data.draw(FAMILIES[family].drawn)
    keywords = data.draw(st.sampled_from(list(keywords_of(row, family))))
    cuts = data.draw(st.lists(st.integers(0, 30), max_size=5))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    weighted = case.weight is not None and row.weights
    whole = run(lambda: row.call(row.ours, case, keywords))
    if row.name == "metric_at_thresholds" and (
        len(
            {
                label
                for label, weight in zip(case.args[0].tolist(), case.weight if weighted else case.args[0] + 1)
                if weight
            }
        )
        < 2
    ):
        return
    ours = run(lambda: streamed(row.name, keywords, pieces(case, cuts), weighted, rng))
    if weighted and not case.weight.any():
        # NumPy's average and the checks of weights refuse the same in words, and types, of their own.
        assert isinstance(ours.error, (ValueError, ZeroDivisionError)) == (whole.error is not None)
        return
    compare(row, keywords, ours, whole, weighted)


def test_thresholds_need_both_labels(backend: str) -> None:
    state = streaming.state("metric_at_thresholds", metric_func=trueval.accuracy_score).update([1, 1], [0.5, 0.25])
    with pytest.raises(ValueError, match="both of them"):
        state.compute()
    with pytest.raises(ValueError, match="metric_func must be one of"):
        streaming.state("metric_at_thresholds", metric_func=lambda true, pred: 0.0)


# labels ---------------------------------------------------------------------------------------------------------------

SORTS = {
    "int8": np.array([3, -1, 7], np.int8),
    "uint64": np.array([0, 2**64 - 1, 5], np.uint64),
    "bool": np.array([False, True]),
    "float": np.array([0.0, 1.0, -0.0, 2.0]),
    "words": np.array(["ant", "a longer word", "é"]),
    "objects": np.array(["x", "y", "zz"], object),
    "dates": np.array(["2020-01-01", "2021-06-01"], "M8[D]"),
}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", ["accuracy_score", "confusion_matrix", "classification_report", "matthews_corrcoef"])
@pytest.mark.filterwarnings("ignore")
def test_labels_of_any_sort_grow(sort: str, name: str, backend: str) -> None:
    rng = np.random.default_rng(3)
    pool = SORTS[sort]
    true, pred = pool[rng.integers(0, pool.size, 60)], pool[rng.integers(0, pool.size, 60)]
    state = streaming.state(name)
    # One label at first, then the others.
    order = np.argsort(np.unique(true, return_inverse=True)[1], kind="stable")
    for rows in np.array_split(order, 7):
        state.merge(streaming.from_bytes(streaming.state(name).update(true[rows], pred[rows]).to_bytes()))
    assert bits_or_text(state.compute()) == bits_or_text(getattr(trueval, name)(true, pred))


def bits_or_text(value: Any) -> str:
    return value if isinstance(value, str) else bits(value)


def test_integers_of_unlike_widths_are_one_label(backend: str) -> None:
    parts = [np.array([1, 0], np.int8), np.array([1, 300], np.int64), [True, False], np.array([1.0, 2.0])]
    state = streaming.state("confusion_matrix")
    for part in parts:
        state.update(part, part)
    whole = np.concatenate([np.asarray(part, np.float64) for part in parts])
    assert np.array_equal(state.compute(), trueval.confusion_matrix(whole, whole))


@pytest.mark.parametrize("first", [True, False])
def test_words_do_not_join_numbers(first: bool, backend: str) -> None:
    batches = [(["a"], ["a"]), ([1], [1])]
    state = streaming.state("accuracy_score").update(*batches[first])
    with pytest.raises(ValueError, match="Labels must be of one sort"):
        state.update(*batches[not first])
    assert state.n == 1
    assert state.compute() == 1.0


@pytest.mark.parametrize("weighted", [False, True])
def test_thousands_of_classes_are_sparse(weighted: bool, backend: str) -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 6000, 30_000)
    pred = np.where(rng.random(true.size) < 0.5, true, rng.integers(0, 6000, true.size))
    weight = {"sample_weight": rng.integers(1, 65, true.size) / 16} if weighted else {}
    states = [streaming.state("f1_score", average="macro", zero_division=0) for _ in range(3)]
    for place, rows in enumerate(np.array_split(np.arange(true.size), 12)):
        states[place % 3].update(true[rows], pred[rows], **{k: w[rows] for k, w in weight.items()})
    merged = states[0].merge(states[1]).merge(states[2])
    assert merged.nbytes < 6000 * 6000
    whole = trueval.f1_score(true, pred, average="macro", zero_division=0, **weight)
    assert merged.compute() == pytest.approx(whole, rel=ULPS.rtol, abs=0) if weighted else merged.compute() == whole


def test_whole_weights_stay_exact_past_float64(backend: str) -> None:
    state = streaming.state("confusion_matrix")
    for _ in range(3):
        state.update([0, 0, 1], [0, 0, 1], sample_weight=[2**53 - 1, 2, 1])
    assert state.compute().tolist() == [[3 * (2**53 + 1), 0], [0, 3]]


def test_unlike_marks_are_refused_together(backend: str) -> None:
    state = streaming.state("f1_score", average="macro").update([[0, 1]], [[0, 1]])
    other = streaming.state("f1_score", average="macro").update([[0, 2]], [[0, 1]])
    with pytest.raises(ValueError, match="multiclass-multioutput is not supported"):
        state.merge(other)
    with pytest.raises(ValueError, match="different numbers of labels"):
        state.update([[0, 1, 1]], [[0, 1, 0]])
    with pytest.raises(ValueError, match="Targets must be of one kind"):
        state.update([0, 1], [0, 1])
    assert state.n == 1


def test_samplewise_is_refused(backend: str) -> None:
    with pytest.raises(ValueError, match="Call the function on each batch"):
        streaming.state("multilabel_confusion_matrix", samplewise=True).update([[0, 1]], [[0, 1]])


# rankings -------------------------------------------------------------------------------------------------------------

AREAS = ["roc_auc_score", "average_precision_score"]


@pytest.mark.parametrize("name", [*AREAS, "roc_curve", "precision_recall_curve"])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_widths_mix(name: str, data: st.DataObject, backend: str) -> None:
    """Scores of any width are those of one array of all of them."""
    dtypes = data.draw(st.lists(st.sampled_from(["f2", "f4", "f8", "i8", "i2", "u1"]), min_size=1, max_size=4))
    true, scores = [], []
    state = streaming.state(name, memory_limit=LEAST)
    for dtype in dtypes:
        n = data.draw(st.integers(0, 12))
        kind = st.integers(-3 if dtype[0] != "u" else 0, 5) if dtype[0] != "f" else st.floats(-4, 4, width=16)
        true.append(np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), np.int64))
        scores.append(np.array(data.draw(st.lists(kind, min_size=n, max_size=n)), dtype))
        state.update(true[-1], scores[-1])
    if not state.n:
        return
    used = [part for part in scores if part.size]
    whole = run(lambda: getattr(trueval, name)(np.concatenate(true), np.concatenate(used)))
    ours = run(state.compute)
    assert ours.warnings == whole.warnings
    assert bits(ours.value) == bits(whole.value)


@given(x=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_keys_are_in_the_order_of_numbers(x: list[float]) -> None:
    for dtype in (np.float64, np.float32):
        with np.errstate(over="ignore"):
            a = np.array(x, dtype)
        a = a[np.isfinite(a)]
        keys = keys_of(a)
        assert np.array_equal(np.argsort(keys, kind="stable"), np.argsort(a, kind="stable"))
        assert np.array_equal(numbers_of(keys, a.dtype), a)
        wide = as_keys(keys, a.dtype, np.dtype(np.float64))
        assert np.array_equal(wide, keys_of(a.astype(np.float64)))
    whole = np.array(x[:3]).view(np.int64)
    assert np.array_equal(numbers_of(keys_of(whole), whole.dtype), whole)


@pytest.mark.parametrize("name", [*AREAS, "roc_curve", "det_curve"])
@pytest.mark.parametrize("ties", [None, 3, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_many_runs_on_disk(name: str, ties: int | None, weighted: bool, backend: str) -> None:
    """A limit so low that there are dozens of runs and ranges; ties of all sizes, and scores in order."""
    rng = np.random.default_rng(5)
    n = 40_000
    true = (rng.random(n) < 0.3).astype(np.int8)
    scores = np.sort(rng.normal(size=n)) if ties is None else np.round(rng.normal(size=n) + true, ties)
    weight = {"sample_weight": rng.integers(0, 65, n) / 16} if weighted else {}
    with streaming.state(name, memory_limit=LEAST) as state:
        for rows in np.array_split(np.arange(n), 9):
            state.update(true[rows], scores[rows], **{k: w[rows] for k, w in weight.items()})
        assert state._store.on_disk > 0
        assert state.nbytes < LEAST
        value = state.compute()
        assert bits(value) == bits(state.compute())
    whole = getattr(trueval, name)(true, scores, **weight)
    assert value_difference(value, whole, RESIDUE if weighted else EXACT) is None


def test_areas_are_those_of_the_definition(backend: str) -> None:
    """Against all pairs, one by one, in fractions."""
    rng = np.random.default_rng(2)
    true, scores = rng.integers(0, 2, 90), rng.integers(0, 20, 90) / 4
    up, down = scores[true == 1], scores[true == 0]
    wins = sum(Fraction(1) if a > b else Fraction(int(a == b), 2) for a in up for b in down)
    state = streaming.state("roc_auc_score")
    for rows in np.array_split(np.arange(90), 4):
        state.update(true[rows], scores[rows])
    assert state.compute() == float(wins / (up.size * down.size))


def moments(true: np.ndarray, scores: np.ndarray) -> Moments:
    return Moments(*map(int, trueval._backend.current().auc_moments(true, 1, scores)))


def test_moments_merge_range_by_range(backend: str) -> None:
    rng = np.random.default_rng(1)
    true, scores = rng.integers(0, 2, 400).astype(np.uint8), rng.integers(0, 50, 400).astype(np.float64)
    cuts = [-1, 7, 8, 30, 50]
    ranges = [
        moments(true[(lo < scores) & (scores <= hi)], scores[(lo < scores) & (scores <= hi)])
        for lo, hi in pairwise(cuts)
    ]
    low, *rest = ranges
    for higher in rest:
        low = higher.above(low)
    assert low == moments(true, scores)
    left = ranges[3].above(ranges[2]).above(ranges[1].above(ranges[0]))
    assert left == low


def test_delong_is_that_of_all_rows(backend: str) -> None:
    rng = np.random.default_rng(4)
    true = rng.integers(0, 2, 3000)
    scores = np.round(rng.normal(size=3000) + true, 2)
    states = [streaming.delong_state(memory_limit=LEAST) for _ in range(3)]
    for place, rows in enumerate(np.array_split(rng.permutation(3000), 11)):
        states[place % 3].update(true[rows], scores[rows])
    area = states[2].merge(states[0]).merge(states[1]).compute()
    found = trueval.inference.confidence_interval("roc_auc_score", true, scores, method="delong")
    assert area.value == trueval.roc_auc_score(true, scores)
    assert area.standard_error == pytest.approx(found.standard_error, rel=1e-14)
    assert (area.positives, area.negatives) == (true.sum(), 3000 - true.sum())
    with pytest.raises(TypeError, match="takes no sample_weight"):
        states[0].update([0, 1], [0.5, 0.5], sample_weight=[1, 2])


def test_repeated_scores_take_room_once(backend: str) -> None:
    rng = np.random.default_rng(0)
    state = streaming.state("roc_auc_score", memory_limit=1 << 20)
    for _ in range(20):
        state.update(rng.integers(0, 2, 50_000), rng.integers(0, 10, 50_000) / 10)
    settled = streaming.from_bytes(state.to_bytes())
    assert settled.n == 10**6
    assert len(state.to_bytes()) < 10**5 * 16


# certified bins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AREAS)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("spread", [0.01, 1.0, 1e4])
def test_half_width_holds_the_error(name: str, dtype: str, spread: float, backend: str) -> None:
    rng = np.random.default_rng(6)
    whole, states = [], [streaming.binned_state(name, bits=16) for _ in range(2)]
    for place in range(4):
        true = (rng.random(5000) < 0.1).astype(np.int64)
        scores = (1 + spread * (rng.normal(size=5000) + true)).astype(dtype)
        states[place % 2].update(true, scores)
        whole.append((true, scores))
    true, scores = (np.concatenate(part) for part in zip(*whole))
    value, half_width = states[0].merge(states[1]).compute()
    exact = getattr(trueval, name)(true, scores)
    assert abs(value - exact) <= half_width
    if dtype == "f2":
        assert half_width == 0.0
        assert value == exact
    elif spread == 0.01:
        assert half_width > 0.0


@pytest.mark.parametrize("name", AREAS)
@given(data=st.data())
def test_no_order_within_a_bucket_leaves_the_bounds(name: str, data: st.DataObject) -> None:
    """Few rows in two buckets of 8 bits, in any order."""
    n = data.draw(st.integers(2, 10))
    true = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    scores = np.array(
        data.draw(st.lists(st.sampled_from([1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0]), min_size=n, max_size=n))
    )
    if len(set(true.tolist())) < 2:
        return
    value, half_width = streaming.binned_state(name, bits=8).update(true, scores).compute()
    assert abs(value - getattr(trueval, name)(true, scores)) <= half_width


@pytest.mark.parametrize("name", AREAS)
def test_one_score_a_bucket_is_exact(name: str, backend: str) -> None:
    rng = np.random.default_rng(7)
    true, scores = rng.integers(0, 2, 1000), rng.integers(0, 8, 1000).astype(np.float64) / 8
    found = streaming.binned_state(name).update(true, scores).compute()
    assert found == (getattr(trueval, name)(true, scores), 0.0)


def test_binned_refuses_what_it_cannot(backend: str) -> None:
    state = streaming.binned_state("roc_auc_score").update([0, 1], np.array([0.5, 0.75]))
    with pytest.raises(ValueError, match="one dtype in all updates"):
        state.update([0, 1], np.array([0.5, 0.75], np.float32))
    with pytest.raises(TypeError, match="takes no sample_weight"):
        state.update([0, 1], [0.5, 0.25], sample_weight=[1, 2])
    with pytest.raises(ValueError, match="two labels at most"):
        state.update([1, 2], np.array([0.5, 0.75]))
    with pytest.raises(ValueError, match=r"is\s+exact for all others"):
        streaming.binned_state("f1_score")
    with pytest.raises(ValueError, match="bits must be from 8 to 24"):
        streaming.binned_state("roc_auc_score", bits=25)
    assert state.compute() == (1.0, 0.0)
    with pytest.raises(ValueError, match="States of one metric"):
        state.merge(streaming.binned_state("roc_auc_score", bits=17).update([0, 1], [0.5, 0.75]))


# calibration ----------------------------------------------------------------------------------------------------------


def test_reliability_is_scikit_learns(backend: str) -> None:
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(8)
    proba = rng.integers(0, 65, 900) / 64
    true = (rng.random(900) < proba).astype(np.int64)
    states = [streaming.calibration_state(bins=10) for _ in range(3)]
    # The second state sees the labels in the other order.
    states[1].update([1, 0], [0.5, 0.25])
    for place, rows in enumerate(np.array_split(np.arange(900), 6)):
        states[place % 3].update(true[rows], proba[rows])
    found = states[0].merge(states[1]).merge(states[2]).compute()
    true, proba = np.append(true, [1, 0]), np.append(proba, [0.5, 0.25])
    share, mean = calibration_curve(true, proba, n_bins=10)
    used = found.weights > 0
    assert np.allclose(found.observed[used], share, rtol=1e-14, atol=0)
    assert np.allclose(found.forecast[used], mean, rtol=1e-14, atol=0)
    expected = np.sum(np.abs(share - mean) * found.weights[used]) / 902
    assert found.expected_error == pytest.approx(expected, rel=1e-12)
    assert found.largest_error == pytest.approx(np.max(np.abs(share - mean)), rel=1e-12)


def test_reliability_weighs(backend: str) -> None:
    state = streaming.calibration_state(bins=4, pos_label="yes")
    state.update(["yes", "no", "no"], [0.1, 0.2, 0.9], sample_weight=[3, 1, 2])
    found = state.compute()
    assert found.weights.tolist() == [4, 0, 0, 2]
    assert found.observed[[0, 3]].tolist() == [0.75, 0.0]
    assert np.isnan(found.observed[1])
    assert found.forecast[0] == pytest.approx(0.125)


# classes that are not all there ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["log_loss", "brier_score_loss", "hinge_loss", "d2_log_loss_score", "d2_brier_score"])
@pytest.mark.parametrize("words", [False, True])
def test_classes_may_come_late(name: str, words: bool, backend: str) -> None:
    rng = np.random.default_rng(9)
    true = np.sort(rng.integers(0, 2, 50))
    proba = rng.integers(1, 64, 50) / 64
    labels = np.array(["ham", "spam"])[true] if words else true + 1
    keywords = {"pos_label": "spam"} if words and "brier" in name else {}
    state = streaming.state(name, **keywords)
    for rows in np.array_split(np.arange(50), 9):
        state.merge(
            streaming.from_bytes(streaming.state(name, **keywords).update(labels[rows], proba[rows]).to_bytes())
        )
    row = METRICS[name]
    tolerance = row.tolerance if name.startswith("d2_") else ULPS
    assert value_difference(state.compute(), row.ours(labels, proba, **keywords), tolerance) is None


def test_a_class_too_many_is_refused(backend: str) -> None:
    state = streaming.state("log_loss").update([0, 1], [0.25, 0.5])
    with pytest.raises(ValueError, match="different number of classes"):
        state.update([2], [0.5])
    other = streaming.state("log_loss").update([2], [0.5])
    with pytest.raises(ValueError, match="different number of classes"):
        state.merge(other)
    assert state.n == 2
    assert state.compute() == trueval.log_loss([0, 1], [0.25, 0.5])


def test_waiting_has_an_end(backend: str) -> None:
    state = streaming.state("log_loss", memory_limit=LEAST)
    state.update(np.zeros(2000, np.int64), np.full(2000, 0.25))
    with pytest.raises(ValueError, match="pass labels"):
        state.update(np.zeros(3000, np.int64), np.full(3000, 0.25))
    assert state.n == 2000
    brier = streaming.state("brier_score_loss", memory_limit=LEAST, pos_label=0)
    with pytest.raises(ValueError, match="update the state with rows of both labels early"):
        brier.update(np.zeros(5000, np.int64), np.full(5000, 0.25))
    labelled = streaming.state("log_loss", memory_limit=LEAST, labels=[0, 1])
    for _ in range(100):
        labelled.update(np.zeros(2000, np.int64), np.full(2000, 0.25))
    assert labelled.nbytes < 1000
    assert labelled.compute() == pytest.approx(-np.log(0.75), rel=ULPS.rtol)


# what goes wrong ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("accuracy_score", ([0, 1], [0, 1]), ([0, 0.5], [0, 1])),
        ("accuracy_score", ([0, 1], [0, 1]), ([0, 1, 1], [0, 1])),
        ("roc_auc_score", ([0, 1], [0.5, 0.75]), ([0, 1], [0.5, np.nan])),
        ("roc_auc_score", ([0, 1], [0.5, 0.75]), (np.array([0, 1]), np.array([0.5, np.inf]))),
        ("mean_squared_error", ([0.0, 1.0], [1.0, 1.0]), (np.array([0.0, 1.0]), np.array([np.nan, 1.0]))),
        ("mean_squared_error", ([0.0, 1.0], [1.0, 1.0]), ([[0.0, 1.0]], [[1.0, 1.0]])),
        ("r2_score", ([0.0, 1.0], [1.0, 1.0]), ([0.0, np.inf], [1.0, 1.0])),
        ("mean_poisson_deviance", ([0.0, 1.0], [1.0, 1.0]), ([0.0, 1.0], [-1.0, 1.0])),
        ("mean_squared_log_error", ([0.0, 1.0], [1.0, 1.0]), ([0.0, -1.0], [1.0, 1.0])),
        ("median_absolute_error", ([0.0, 1.0], [1.0, 1.0]), ([0.0, np.nan], [1.0, 1.0])),
        ("log_loss", ([0, 1], [0.5, 0.75]), ([0, 1], [0.5, 1.75])),
        ("ndcg_score", ([[0, 1]], [[0.5, 0.75]]), ([[0, -1]], [[0.5, 0.75]])),
        ("coverage_error", ([[0, 1]], [[0.5, 0.75]]), ([[0, 1, 1]], [[0.5, 0.75, 1]])),
        ("top_k_accuracy_score", ([0, 1], [0.5, 0.75]), ([0, 1], [0.5, np.nan])),
    ],
)
@pytest.mark.filterwarnings("ignore:'k'")
def test_a_failed_update_changes_nothing(name: str, good: Any, bad: Any, backend: str) -> None:
    state = streaming.state(name).update(*good)
    before, value = state.to_bytes(), state.compute()
    with pytest.raises(ValueError):
        state.update(*bad)
    assert state.to_bytes() == before
    assert bits(state.compute()) == bits(value)
    with pytest.raises(ValueError, match="all updates or in none"):
        state.update(*good, sample_weight=np.ones(len(good[0]))) if name != "max_error" else None
    assert state.to_bytes() == before


@pytest.mark.parametrize("name", sorted(set(STATES) - set(HOMES)))
def test_no_rows_are_refused_as_by_the_function(name: str, backend: str) -> None:
    keywords = {
        "fbeta_score": {"beta": 1.0},
        "partial_roc_auc_score": {"max_fpr": 0.5},
        "metric_at_thresholds": {"metric_func": trueval.accuracy_score},
    }.get(name, {})
    state = streaming.state(name, **keywords)
    assert state.n == 0
    state.update(np.empty(0, np.int64), np.empty(0))
    if name in ("d2_brier_score", "d2_log_loss_score"):  # undefined below two rows, these say
        assert np.isnan(run(state.compute).value)
    else:
        with pytest.raises(ValueError):
            state.compute()
    empty = streaming.state(name, **keywords)
    assert streaming.from_bytes(state.merge(empty).to_bytes()).n == 0


def test_names_and_parameters_are_checked_at_once(backend: str) -> None:
    with pytest.raises(ValueError, match="expected one of"):
        streaming.state("f2_score")
    with pytest.raises(TypeError, match="must be the name of a metric"):
        streaming.state(trueval.f1_score)  # type: ignore[arg-type]
    with pytest.raises(trueval.exceptions.InvalidParameterError, match="'average' parameter of f1_score must be"):
        streaming.state("f1_score", average="mean")
    with pytest.raises(TypeError, match="unexpected keyword argument 'beta'"):
        streaming.state("f1_score", beta=2)
    with pytest.raises(TypeError, match="missing a required argument: 'beta'"):
        streaming.state("fbeta_score")
    with pytest.raises(TypeError, match="pass it to update"):
        streaming.state("f1_score", sample_weight=[1])
    with pytest.raises(ValueError, match="memory_limit must be at least"):
        streaming.state("roc_auc_score", memory_limit=100)
    with pytest.raises(ValueError, match="power must not be negative"):
        streaming.state("d2_tweedie_score", power=-1)
    with pytest.raises(ValueError, match="must not be negative in a state"):
        streaming.state("r2_score").update([1.0, 2.0], [1.0, 2.0], sample_weight=[1, -1])


def test_states_of_other_metrics_do_not_merge(backend: str) -> None:
    state = streaming.state("f1_score", average="macro").update([0, 1], [0, 1])
    for other in (streaming.state("f1_score"), streaming.state("recall_score", average="macro")):
        with pytest.raises(ValueError, match="States of one metric"):
            state.merge(other)
    with pytest.raises(TypeError, match="other must be a state"):
        state.merge(1.0)
    # What is the default anyway makes no other state.
    streaming.state("f1_score").merge(streaming.state("f1_score", average="binary", pos_label=1))


def test_weights_of_both_signs(backend: str) -> None:
    rng = np.random.default_rng(10)
    true, pred, weight = rng.normal(size=40), rng.normal(size=40), rng.integers(-8, 20, 40) / 4
    for name in ("mean_squared_error", "mean_absolute_error", "mean_pinball_loss"):
        state = streaming.state(name)
        for rows in np.split(np.arange(40), [2, 4, 20]):
            state.update(true[rows], pred[rows], weight[rows])
        whole = getattr(trueval, name)(true, pred, sample_weight=weight)
        assert state.compute() == pytest.approx(whole, rel=1e-13)
    cancelled = streaming.state("mean_squared_error").update([1.0, 2.0], [1.0, 3.0], [1, -1])
    with pytest.raises(ZeroDivisionError, match="Weights sum to zero"):
        cancelled.compute()
    nothing = streaming.state("accuracy_score").update([1, 2], [1, 2], [0, 0])
    with pytest.raises(ValueError, match="at least one non-zero number"):
        nothing.compute()
    assert nothing.update([1, 2], [1, 3], [0, 2]).compute() == 0.0


# bytes ----------------------------------------------------------------------------------------------------------------

BATCHES: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {
    "labels": (lambda: streaming.state("f1_score", average="macro"), (["a", "b", "a"], ["a", "a", "b"])),
    "marks": (lambda: streaming.state("f1_score", average="samples"), ([[0, 1], [1, 1]], [[1, 1], [1, 0]])),
    "ranking": (lambda: streaming.state("roc_auc_score"), ([0, 1, 1, 0], [0.5, 0.5, 0.75, 0.25])),
    "weighted": (lambda: streaming.state("roc_auc_score"), ([0, 1, 1], [0.5, 0.25, 0.75], [1.0, 2.0, 0.5])),
    "classes": (lambda: streaming.state("log_loss"), ([0, 1, 1], [0.5, 0.25, 0.75])),
    "waiting": (lambda: streaming.state("log_loss"), (["x"], [0.5])),
    "errors": (lambda: streaming.state("r2_score"), ([0.5, 1.5, 4.0], [0.5, 1.0, 3.0])),
    "quantiles": (lambda: streaming.state("d2_pinball_score", alpha=0.25), ([0.5, 1.5, 4.0], [0.5, 1.0, 3.0])),
    "rows": (lambda: streaming.state("ndcg_score", k=2), ([[0, 1, 3]], [[0.5, 0.25, 0.75]])),
    "binned": (lambda: streaming.binned_state("roc_auc_score", bits=8), ([0, 1, 1], [0.5, 0.25, 0.75])),
    "delong": (streaming.delong_state, ([0, 1, 1, 0], [0.5, 0.25, 0.75, 0.25])),
    "calibration": (lambda: streaming.calibration_state(bins=3), ([0, 1, 1], [0.5, 0.25, 0.75])),
    "thresholds": (
        lambda: streaming.state("metric_at_thresholds", metric_func=trueval.f1_score),
        ([0, 1, 1], [0.5, 0.25, 0.75]),
    ),
}


def outcome_of(state: Any) -> str:
    found = run(state.compute)
    return str(found.error) if found.error else bits(found.value)


def loaded(state: Any) -> Any:
    """Another state of the same metric that was given the content."""
    twin = type(state)(state.name, state.params)
    return twin.load_state_dict(state.state_dict())


@pytest.mark.parametrize("what", BATCHES)
@pytest.mark.parametrize(
    "travel",
    [
        lambda state: streaming.from_bytes(state.to_bytes()),
        lambda state: streaming.from_bytes(memoryview(bytearray(state.to_bytes()))),
        lambda state: pickle.loads(pickle.dumps(state)),
        copy.copy,
        copy.deepcopy,
        lambda state: state.copy(),
        loaded,
    ],
    ids=["bytes", "memoryview", "pickle", "copy", "deepcopy", "own copy", "state_dict"],
)
def test_states_travel(what: str, travel: Callable[[Any], Any], backend: str) -> None:
    make, batch = BATCHES[what]
    state = make().update(*batch)
    twin = travel(state)
    assert type(twin) is type(state)
    assert (twin.n, twin.name, repr(twin)) == (state.n, state.name, repr(state))
    assert outcome_of(twin) == outcome_of(state)
    before = outcome_of(state)
    twin.update(*batch)  # and goes on by itself
    assert twin.n == 2 * state.n
    assert outcome_of(state) == before
    assert outcome_of(twin) == outcome_of(make().update(*batch).update(*batch))
    assert state.reset().n == 0


@pytest.mark.parametrize("what", BATCHES)
def test_damaged_bytes_are_refused(what: str, backend: str) -> None:
    make, batch = BATCHES[what]
    whole = make().update(*batch).to_bytes()
    rng = np.random.default_rng(0)
    lengths = (
        range(len(whole)) if len(whole) < 3000 else sorted({*range(64), *rng.integers(0, len(whole), 400).tolist()})
    )
    for length in lengths:
        with pytest.raises(ValueError, match="data"):
            streaming.from_bytes(whole[:length])
    for place in range(0, len(whole), max(1, len(whole) // 800)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        with pytest.raises(ValueError, match="data"):
            streaming.from_bytes(damaged)
    with pytest.raises(ValueError, match="data"):
        streaming.from_bytes(whole + b"\0")


@pytest.mark.parametrize("foreign", [b"", b"abc", pickle.dumps(1), b"\x93NUMPY\x01\x00", bytes(500)])
def test_foreign_bytes_are_refused(foreign: bytes) -> None:
    with pytest.raises(ValueError, match="not a state of trueval"):
        streaming.from_bytes(foreign)


def test_what_is_no_bytes_is_refused() -> None:
    with pytest.raises(TypeError, match="data must be bytes"):
        streaming.from_bytes("abc")
    for content in (None, {}, {"content": {}}, {"content": {"kind": "no such"}, "params": {}}, [1, 2]):
        with pytest.raises(ValueError, match="not a state of trueval"):
            streaming.from_bytes(seal(content))


def test_a_later_version_is_refused() -> None:
    import trueval.streaming._bytes as own

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own, "VERSION", own.VERSION + 1)
        later = streaming.state("max_error").update([1.0], [2.0]).to_bytes()
    with pytest.raises(ValueError, match="is of version 2"):
        streaming.from_bytes(later)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(value=VALUES)
def test_values_come_back(value: Any) -> None:
    assert unseal(seal(value)) == value


@given(junk=st.binary(max_size=60), at=st.integers(0, 200))
def test_junk_behind_a_good_checksum_never_crashes(junk: bytes, at: int) -> None:
    """Bytes that were made to pass the checksum still end in a ValueError or in a value."""
    import hashlib

    whole = bytearray(streaming.state("max_error").update([1.0], [2.0]).to_bytes()[:-16])
    at = 18 + at % (len(whole) - 18)
    whole[at : at + len(junk)] = junk
    sealed = bytes(whole) + hashlib.blake2b(whole, digest_size=16).digest()
    with suppress(ValueError):
        assert isinstance(streaming.from_bytes(sealed), streaming.State)


def test_arrays_are_little_endian(backend: str) -> None:
    data = seal(np.array([1, 2], ">i4"))
    assert np.array([1, 2], "<i4").tobytes() in data
    assert unseal(data).tolist() == [1, 2]


def test_state_dict_is_plain_and_of_one_metric(backend: str) -> None:
    state = streaming.state("mean_squared_error").update([1.0, 2.0], [1.0, 4.0])
    content = state.state_dict()
    with pytest.raises(ValueError, match="must be one of max_error"):
        streaming.state("max_error").load_state_dict(content)
    with pytest.raises(ValueError, match="it lacks 'total'"):
        streaming.state("mean_squared_error").load_state_dict({k: v for k, v in content.items() if k != "total"})
    state.update([5.0], [0.0])
    assert streaming.state("mean_squared_error").load_state_dict(content).compute() == 2.0


# files ----------------------------------------------------------------------------------------------------------------


def descriptors() -> set[str]:
    """Open files of this process, by what they are; nothing where the system does not say."""
    found = set()
    for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            found.add(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return found


def filled(n: int = 20_000) -> Any:
    rng = np.random.default_rng(0)
    state = streaming.state("roc_auc_score", memory_limit=LEAST)
    for _ in range(4):
        state.update(rng.integers(0, 2, n), rng.normal(size=n))
    assert state._store.on_disk > 0
    return state


@pytest.mark.parametrize("end", ["close", "with", "del", "reset", "exception"])
def test_no_file_is_left(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    state = filled()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if end == "close":
            state.close()
        elif end == "with":
            with state:
                pass
        elif end == "reset":
            state.reset()
        elif end == "exception":
            with pytest.raises(RuntimeError), state:
                raise RuntimeError("in the middle")
        if end in ("close", "with", "exception"):
            with pytest.raises(ValueError, match="is closed"):
                state.compute()
            assert state.nbytes == 0
        del state
    assert not list(tmp_path.iterdir())
    assert not any(str(tmp_path) in name for name in descriptors())


def test_a_killed_process_leaves_no_file(tmp_path: Path, backend: str) -> None:
    code = (
        "import numpy as np, os, signal\nfrom trueval import streaming\n"
        "state = streaming.state('roc_auc_score', memory_limit=1 << 16)\n"
        "for _ in range(4): state.update(np.arange(20000) % 2, np.random.default_rng(0).normal(size=20000))\n"
        "assert state._store.on_disk\nprint('filled', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    if os.name == "nt":
        pytest.skip("there is no SIGKILL")
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path), "TRUEVAL_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout == "filled\n", ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_merged_state_outlives_its_parts(backend: str) -> None:
    first, second = filled(), filled()
    expected = first.compute()
    total = streaming.state("roc_auc_score", memory_limit=LEAST).merge(first).merge(second)
    first.close()
    second.close()
    assert total.compute() == expected
    assert total.n == 160_000


def test_memory_stays_below_the_limit(backend: str) -> None:
    """Of a stream that is four times the limit; NumPy reports to tracemalloc what it allocates."""
    rng = np.random.default_rng(0)
    limit = 4 << 20
    state = streaming.state("roc_auc_score", memory_limit=limit)
    batches = [(rng.integers(0, 2, 20_000).astype(np.int8), rng.normal(size=20_000)) for _ in range(5)]
    tracemalloc.start()
    try:
        for _ in range(20):
            for batch in batches:
                state.update(*batch)
        value = state.compute()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit
    # The same rows 20 times over have the area of one time.
    true, scores = (np.concatenate(part) for part in zip(*batches))
    assert value == trueval.roc_auc_score(true, scores)
    assert state.n == 2_000_000


# small batches and other libraries ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["accuracy_score", "mean_squared_error", "r2_score", "roc_auc_score", "log_loss", "median_absolute_error"]
)
def test_small_batches_cost_little(name: str, backend: str) -> None:
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 2, 32), rng.integers(0, 2, 32)
    batch = {
        "accuracy_score": (true, pred),
        "roc_auc_score": (true, rng.random(32)),
        "log_loss": (true, rng.random(32)),
    }.get(name, (rng.random(32), rng.random(32)))
    state = streaming.state(name).update(*batch)
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(100):
            state.update(*batch)
        best = min(best, (time.perf_counter() - start) / 100)
    assert state.n == 32 * 2001
    limit = 30e-6 if backend == "native" else 100e-6
    assert best < limit, f"{best * 1e6:.1f} µs for an update"


def test_held_batches_are_copies(backend: str) -> None:
    true, scores = np.array([0, 1, 1]), np.array([0.25, 0.5, 0.75])
    state = streaming.state("roc_auc_score").update(true, scores)
    scores[:] = 0.0
    true[:] = 0
    assert state.compute() == 1.0
    assert state.nbytes > 0


class Tensor:
    """What a tensor of another library has: DLPack, `detach` and `cpu`."""

    def __init__(self, array: np.ndarray, tracked: bool = False) -> None:
        self.array, self.tracked = array, tracked

    def detach(self) -> Tensor:
        return Tensor(self.array)

    def cpu(self) -> Tensor:
        return self

    def __len__(self) -> int:
        return len(self.array)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self.tracked:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return np.asarray(self.array, dtype)

    def __dlpack__(self, **_: Any) -> Any:
        return self.array.__dlpack__()

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


def test_tensors_pass(backend: str) -> None:
    true, scores = np.array([0, 1, 1, 0]), np.array([0.25, 0.5, 0.75, 0.5], np.float32)
    state = streaming.state("roc_auc_score").update(Tensor(true), Tensor(scores, tracked=True))
    assert state.compute() == trueval.roc_auc_score(true, scores)


def test_torch_passes(backend: str) -> None:
    torch = pytest.importorskip("torch")
    state = streaming.state("accuracy_score").update(torch.tensor([0, 1]), torch.tensor([1, 1]))
    assert state.compute() == 0.5


def test_lists_series_and_sparse_pass(backend: str) -> None:
    pd, sp = pytest.importorskip("pandas"), pytest.importorskip("scipy.sparse")
    state = streaming.state("accuracy_score").update(pd.Series(["a", "b"]).astype("category"), ["a", "a"])
    assert state.update(pd.Series(["b"]), np.array(["b"])).compute() == 2 / 3
    marks = np.array([[0, 1, 1], [1, 0, 0]])
    sparse = streaming.state("f1_score", average="samples").update(sp.csr_matrix(marks), sp.csr_matrix(marks[::-1]))
    assert sparse.update(marks, marks).compute() == 0.5


# arithmetic -----------------------------------------------------------------------------------------------------------


@given(counts=st.lists(st.tuples(*[st.integers(0, 2**40)] * 3), max_size=20))
def test_exact_dot_is_exact(counts: list[tuple[int, int, int]]) -> None:
    a, b, c = (np.array([row[i] for row in counts], np.int64) for i in range(3))
    assert exact_dot(a, b) == sum(x * y for x, y, _ in counts)
    assert exact_dot(a, b, c) == sum(x * y * z for x, y, z in counts)
    assert exact_dot(a) == sum(x for x, _, _ in counts)


@given(seed=st.integers(0, 999), n=st.integers(0, 3000))
def test_sums_are_rounded_once(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) * 10.0 ** rng.integers(-8, 8, n)
    exact = sum(map(Fraction, x.tolist()), Fraction(0))
    assert accurate_sum(x) == pytest.approx(float(exact), rel=2**-52, abs=1e-30)
    total = Total(1)
    for part in np.array_split(x, 7):
        total.add(accurate_sum(part))
    assert total.value[0] == pytest.approx(float(exact), rel=1e-13, abs=1e-12)
    positive = np.abs(x)
    running = running_sums(positive)
    assert running.size == n
    prefixes, below = [], Fraction(0)
    for value in positive.tolist():
        below += Fraction(value)
        prefixes.append(float(below))
    assert np.allclose(running, prefixes, rtol=2**-50 if n > 512 else 512 * 2**-53, atol=0)


def test_spreads_far_from_zero_keep_their_digits(backend: str) -> None:
    """A mean a hundred million times the spread, in batches of three."""
    rng = np.random.default_rng(0)
    true = 1e8 + rng.normal(size=3000)
    pred = true + 0.5 * rng.normal(size=3000)
    states = [streaming.state("r2_score") for _ in range(4)]
    for place, rows in enumerate(np.array_split(np.arange(3000), 1000)):
        states[place % 4].update(true[rows], pred[rows], np.ones(rows.size))
    value = states[0].merge(states[1]).merge(states[2].merge(states[3])).compute()
    assert value == pytest.approx(trueval.r2_score(true, pred), rel=1e-11)
    constant = streaming.state("r2_score")
    for _ in range(5):
        constant.update([0.1] * 3, [0.1] * 3, [1.0] * 3)
    assert constant.compute() == 1.0


# at scale -------------------------------------------------------------------------------------------------------------


def partition(place: int, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of both classes at 4,096 scores of a partition, `scale` times what would be drawn."""
    rng = np.random.default_rng(place)
    middle = np.arange(4096) - 2048
    ups = rng.poisson(3 * np.exp(-(((middle - 300) / 700.0) ** 2)))
    downs = rng.poisson(27 * np.exp(-(((middle + 200) / 700.0) ** 2)))
    return ups * scale, downs * scale


def test_runs_of_counts_merge_to_ten_billion_rows(backend: str) -> None:
    """Ten partitions of a billion rows each, by their counts: more pairs than 64 bits hold."""
    scores = (np.arange(4096) - 2048) / 256
    merged = streaming.delong_state(memory_limit=8 << 20)
    ups = downs = np.zeros(4096, np.int64)
    for place in range(10):
        up, down = partition(place, 30_000)
        merged.merge(from_counts(scores, up, down))
        ups, downs = ups + up, downs + down
    assert merged.n == ups.sum() + downs.sum() > 10**10
    below = np.cumsum(downs) - downs
    twice = sum(u * (2 * b + d) for u, b, d in zip(ups.tolist(), below.tolist(), downs.tolist()))
    pairs = 2 * int(ups.sum()) * int(downs.sum())
    assert pairs > 2**64
    assert merged.compute().value == float(Fraction(twice, pairs))


def from_counts(scores: np.ndarray, ups: np.ndarray, downs: np.ndarray) -> Any:
    """A state of rows that are given by their counts, by way of its content."""
    state = streaming.delong_state().update([0, 1], scores[:2])
    content = state.state_dict()
    keys = keys_of(scores)
    runs = []
    for place, counts in ((0, downs), (1, ups)):
        used = counts > 0
        runs.append([[0, place], "<f8", keys[:0], keys[used], counts[used].astype(np.int64), None])
    content.update(n=int(ups.sum() + downs.sum()), runs=runs)
    return state.load_state_dict(content)


@pytest.mark.soak
def test_a_thousand_partitions_of_a_million_rows(backend: str) -> None:
    """10⁹ rows: histograms merge in a tree to a value with its certificate, and runs to the exact one."""
    exact: dict[int, Any] = {}
    binned: dict[int, Any] = {}
    ups = downs = np.zeros(4096, np.int64)
    scores = (np.arange(4096) - 2048) / 256

    def carry(level: dict[int, Any], state: Any) -> None:
        """Merge as a binary counter does, so that states of like sizes meet."""
        rank = 0
        while rank in level:
            state = level.pop(rank).merge(streaming.from_bytes(state.to_bytes()))
            rank += 1
        level[rank] = state

    for place in range(1000):
        up, down = partition(place, 30)
        ups, downs = ups + up, downs + down
        carry(exact, from_counts(scores, up, down))
        rows = np.repeat(scores, np.minimum(up, 1)), np.repeat(scores, np.minimum(down, 1))
        true = np.repeat([1, 0], [rows[0].size, rows[1].size])
        histogram = streaming.binned_state("roc_auc_score", bits=16).update(true, np.concatenate(rows))
        # The counts of a million rows in the buckets that the scores go to.
        _, buckets = histogram._buckets(scores)
        for mark, counts in ((1, up), (0, down)):
            histogram._counts[histogram._labels.place[mark]] = np.bincount(buckets, weights=counts, minlength=1 << 16)
        histogram.n = int(up.sum() + down.sum())
        carry(binned, histogram)
    total, approximate = None, None
    for rank in sorted(exact):
        total = exact[rank] if total is None else total.merge(exact[rank])
    for rank in sorted(binned):
        approximate = binned[rank] if approximate is None else approximate.merge(binned[rank])
    assert total.n == approximate.n == ups.sum() + downs.sum() > 10**9
    below = np.cumsum(downs) - downs
    twice = sum(u * (2 * b + d) for u, b, d in zip(ups.tolist(), below.tolist(), downs.tolist()))
    expected = float(Fraction(twice, 2 * int(ups.sum()) * int(downs.sum())))
    assert total.compute().value == expected
    value, half_width = approximate.compute()
    assert 0 < half_width < 0.05
    assert abs(value - expected) <= half_width


# import ---------------------------------------------------------------------------------------------------------------


def test_importing_trueval_does_not_import_streaming(backend: str) -> None:
    code = (
        "import sys, trueval; assert 'trueval.streaming' not in sys.modules\n"
        "trueval.streaming.state('f1_score'); print('ok')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "ok\n", ended.stderr


def test_kinds_of_states() -> None:
    assert isinstance(streaming.state("median_absolute_error"), QuantileState)
    assert isinstance(streaming.state("roc_auc_score"), streaming.State)
