"""What must hold of every metric by its definition, whatever its value is; and that it leaves its inputs alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from inputs import FAMILIES, LAYOUTS, Case
from outcomes import bits, value_difference
from registry import METRICS, PAIRS, Keywords, Metric, pair_id

Pair = tuple[Metric, str]


def pairs(trait: Callable[[Metric], Any]) -> pytest.MarkDecorator:
    """The metrics that have a trait, on each of their families."""
    return pytest.mark.parametrize("pair", [pair for pair in PAIRS if trait(pair[0])], ids=pair_id)


def settled(pair: Pair, case: Case) -> Iterator[tuple[Keywords, Any]]:
    """The keyword settings under which the metric has a value on the case, and that value."""
    row, family = pair
    found = 0
    for keywords in row.inputs[family]:
        try:
            value = row.call(row.ours, case, keywords)
        except ValueError:
            continue
        found += 1
        yield keywords, value
    assert found, f"{row} has no value under any keyword setting"


def sample(pair: Pair, n: int = 300, seed: int = 0) -> Case:
    return FAMILIES[pair[1]].sample(n, np.random.default_rng(seed))


def taken(case: Case, rows: np.ndarray) -> Case:
    """The case with these rows, in this order."""
    return Case(tuple(part[rows] for part in case.args), None if case.weight is None else case.weight[rows])


def same(pair: Pair, keywords: Keywords, ours: Any, expected: Any, what: str) -> None:
    row = pair[0]
    # Two values are compared here, each of which may be off by the tolerance.
    found = value_difference(ours, expected, row.weighted, types=False)
    assert found is None, f"{row.name}, {keywords}: {what}: {found}"


# Undefined values are part of what is compared; that they are announced is for test_agreement.
pytestmark = pytest.mark.filterwarnings("ignore")


@pairs(lambda row: row.weights)
@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_whole_weights_are_repetition(pair: Pair, kind: type, backend: str) -> None:
    case = sample(pair)
    times = np.random.default_rng(1).integers(1, 4, len(case.args[0]))
    repeated = taken(Case(case.args), np.repeat(np.arange(len(times)), times))
    for keywords, value in settled(pair, Case(case.args, times.astype(kind))):
        same(pair, keywords, value, pair[0].call(pair[0].ours, repeated, keywords), "weights against repetition")


@pairs(lambda row: row.weights)
def test_unit_weights_are_none(pair: Pair, backend: str) -> None:
    case = sample(pair)
    for keywords, value in settled(pair, Case(case.args, np.ones(len(case.args[0])))):
        same(pair, keywords, value, pair[0].call(pair[0].ours, Case(case.args), keywords), "ones against no weights")


@pairs(lambda row: row.weights)
def test_rows_of_weight_zero_do_not_count(pair: Pair, backend: str) -> None:
    case = sample(pair)
    kept = np.arange(len(case.weight)) % 3 != 0
    masked = Case(case.args, np.where(kept, case.weight, 0.0))
    for keywords, value in settled(pair, masked):
        same(pair, keywords, value, pair[0].call(pair[0].ours, taken(case, kept), keywords), "weight 0 against absence")


@pairs(lambda row: row.weights)
def test_scale_of_the_weights(pair: Pair, backend: str) -> None:
    """Doubling every weight changes no mean, and doubles every count, to the last bit."""
    case, row = sample(pair), pair[0]
    for keywords, value in settled(pair, case):
        doubled = row.call(row.ours, Case(case.args, 2 * case.weight), keywords)
        grows = row.extensive(keywords)
        if isinstance(value, tuple):
            grows = grows if isinstance(grows, tuple) else (grows,) * len(value)
            expected = tuple(v * (1 + g) if v is not None else None for v, g in zip(value, grows, strict=True))
        else:
            expected = value * (1 + grows)
        assert bits(doubled) == bits(expected), f"{row.name}, {keywords}: {doubled} against {expected}"


@pairs(lambda row: row.permutable)
@pytest.mark.parametrize("weighted", [False, True])
def test_order_of_the_rows(pair: Pair, weighted: bool, backend: str) -> None:
    case = sample(pair)
    case = case if weighted else Case(case.args)
    order = np.random.default_rng(2).permutation(len(case.args[0]))
    for keywords, value in settled(pair, case):
        same(pair, keywords, pair[0].call(pair[0].ours, taken(case, order), keywords), value, "rows in another order")


INCREASING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "halved": lambda s: s / 2,
    "exponential": np.exp,
    "cubed": lambda s: s**3,
    "single precision": lambda s: s.astype(np.float32),
    "ranks": lambda s: np.unique(s, return_inverse=True)[1].reshape(s.shape),
    "huge": lambda s: s * 2.0**900,
}


@pairs(lambda row: row.monotone)
@pytest.mark.parametrize("change", INCREASING)
def test_increasing_change_of_the_scores(pair: Pair, change: str, backend: str) -> None:
    case, row = sample(pair), pair[0]
    scores = np.round(case.args[1] * 8) / 8
    if pair[1] == "gains_distinct":
        scores = np.argsort(case.args[1], axis=1) / 8.0
    changed = INCREASING[change](scores)
    assert len(np.unique(changed)) == len(np.unique(scores)), "the change must not make ties"
    case = Case((case.args[0], scores), case.weight)
    other = Case((case.args[0], changed), case.weight)
    for keywords, value in settled(pair, case):
        moved = row.call(row.ours, other, keywords)
        if not isinstance(value, tuple):
            assert bits(moved) == bits(value), f"{row.name}, {keywords}: {moved} against {value}"
            continue
        assert bits(moved[:-1]) == bits(value[:-1]), f"{row.name}, {keywords}"
        ranks = [
            np.searchsorted(np.unique(known), found[np.isfinite(found)])
            for known, found in ((scores, value[-1]), (changed, moved[-1]))
        ]
        np.testing.assert_array_equal(*ranks, err_msg=f"thresholds of {row.name}, {keywords}")


@pairs(lambda row: row.mirror)
@pytest.mark.parametrize("weighted", [False, True])
def test_arguments_change_places(pair: Pair, weighted: bool, backend: str) -> None:
    case, row = sample(pair), pair[0]
    case = case if weighted else Case(case.args)
    partner = METRICS[row.mirror]
    for keywords, value in settled(pair, case):
        if row.mirrored(keywords):
            swapped = partner.call(partner.ours, Case(case.args[::-1], case.weight), keywords)
            same(pair, keywords, swapped, value, f"{partner.name} with the arguments in the other order")


@pairs(lambda row: True)
def test_twice_the_same_bits(pair: Pair, backend: str) -> None:
    case = sample(pair, 5000)
    for keywords, value in settled(pair, case):
        assert bits(pair[0].call(pair[0].ours, case, keywords)) == bits(value), f"{pair[0].name}, {keywords}"


def digest(case: Case) -> str:
    """A digest of every byte of the inputs."""
    held = hashlib.blake2b()
    for part in (*case.args, case.weight):
        held.update(np.ascontiguousarray(part).tobytes() if part is not None else b"")
    return held.hexdigest()


@pairs(lambda row: True)
@pytest.mark.parametrize("layout", ["as made", "read only", "strided", "byte-swapped", "unaligned", "memory-mapped"])
def test_inputs_are_left_alone(pair: Pair, layout: str, backend: str) -> None:
    """Bytes before and after are the same, in any layout, and the layout does not change a bit of the value."""
    plain = sample(pair)
    change = LAYOUTS.get(layout, lambda part: part)
    case = Case(tuple(change(part) for part in plain.args), None if plain.weight is None else change(plain.weight))
    before = digest(case)
    for keywords, value in settled(pair, case):
        assert digest(case) == before, f"{pair[0].name}, {keywords} wrote to its input"
        assert bits(value) == bits(pair[0].call(pair[0].ours, plain, keywords)), f"{pair[0].name}, {keywords}, {layout}"


@pairs(lambda row: True)
def test_results_share_no_memory_with_inputs(pair: Pair, backend: str) -> None:
    """A caller may write to what is returned without changing what was passed."""
    case = sample(pair)
    inputs = [part for part in (*case.args, case.weight) if part is not None]
    for _, value in settled(pair, case):
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, np.ndarray):
                assert part.flags.writeable
                assert not any(np.shares_memory(part, given) for given in inputs)
