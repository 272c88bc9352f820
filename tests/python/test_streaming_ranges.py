"""trueval.streaming.ranges: any cuts, any split, the same numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import trueval
from hypothesis import given
from hypothesis import strategies as st
from trueval.streaming import ranges


def through_ranges(machines: list[tuple[Any, Any, Any]], cuts: Any, precision: bool = True) -> ranges.Part:
    """What some machines' labels, scores and weights come to."""
    sent: dict[tuple[int, int], list[ranges.Blob]] = {}
    for y, scores, weight in machines:
        for label in (0, 1):
            chosen = y == label
            for blob in ranges.pack(scores[chosen], cuts, None if weight is None else weight[chosen]):
                sent.setdefault((blob.range, label), []).append(blob)
    parts, above = [], [0, 0]
    for place in reversed(range(len(cuts) + 1)):
        sides = [sent.get((place, label), []) for label in (1, 0)]
        data = [[blob.data for blob in side] for side in sides]
        parts.append(ranges.reduce(*data, (above[0], above[1]), precision=precision))
        for i, side in enumerate(sides):
            above[i] += sum(blob.rows if machines[0][2] is None else blob.weight for blob in side)
    return ranges.merge(reversed(parts))


def draw(dtype: Any, n: int = 500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.4).astype(int)
    x = rng.normal(y, 1) * 3
    scores = np.round(x, 1).astype(dtype) if np.dtype(dtype).kind == "f" else np.round(x + 9).clip(0).astype(dtype)
    return y, scores


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f8", "i8", "u8", "i1", "?"])
@pytest.mark.parametrize("n_ranges", [1, 2, 7, 500])
def test_any_cuts_give_the_numbers_of_the_functions(backend: str, dtype: str, n_ranges: int) -> None:
    y, scores = draw(dtype)
    cuts = ranges.cuts_of(scores[::3], n_ranges)
    assert len(cuts) < n_ranges
    part = through_ranges([(y[:100], scores[:100], None), (y[100:], scores[100:], None)], cuts)
    assert ranges.area(part) == trueval.roc_auc_score(y, scores)
    assert ranges.precision(part) == trueval.average_precision_score(y, scores)
    exact = trueval.streaming.delong_state().update(y, scores).compute()
    assert ranges.standard_error(part) == pytest.approx(exact.standard_error, rel=1e-14)
    assert (part.ups, part.downs) == (int(y.sum()), int((1 - y).sum()))


@given(
    rows=st.lists(st.tuples(st.booleans(), st.sampled_from([-2.0, -0.0, 0.0, 0.5, 1e-300, 3.0])), min_size=2),
    cuts=st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), unique=True).map(sorted),
    at=st.integers(0, 50),
)
def test_integers_do_not_depend_on_cuts_or_splits(rows: list[tuple[bool, float]], cuts: list[float], at: int) -> None:
    y, scores = np.array([r[0] for r in rows]).astype(int), np.array([r[1] for r in rows])
    whole = through_ranges([(y, scores, None)], [])
    assert through_ranges([(y[:at], scores[:at], None), (y[at:], scores[at:], None)], cuts) == whole
    up, down = scores[y == 1], scores[y == 0]
    wins = 2 * (up[:, None] > down).sum() + (up[:, None] == down).sum()
    assert whole.twice == wins
    assert whole.squares_up == ((2 * (up[:, None] > down) + (up[:, None] == down)).sum(axis=1) ** 2).sum()


def test_scores_that_occur_often_are_sent_once(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    y, scores = draw("f8", 100_000)
    (blob,) = ranges.pack(np.round(scores), [])
    assert blob.rows == 100_000
    assert len(blob.data) < 1000
    whole = through_ranges([(y, np.round(scores), None)], [0.0])
    monkeypatch.setattr(ranges, "_ROWS", 1000)  # beyond, each distinct score is a number and not so many rows
    assert through_ranges([(y, np.round(scores), None)], [0.0]) == whole
    assert ranges.area(whole) == trueval.roc_auc_score(y, np.round(scores))


@pytest.mark.parametrize("zeros", [False, True])
def test_weights(backend: str, zeros: bool) -> None:
    y, scores = draw("f8")
    weight = np.random.default_rng(1).exponential(1, y.size)
    if zeros:
        weight[::4] = 0.0
    for cuts in ([], [0.0], [-3.0, 0.0, 1.0, 2.5]):
        part = through_ranges([(y[:77], scores[:77], weight[:77]), (y[77:], scores[77:], weight[77:])], np.array(cuts))
        # A few roundings of sums.
        area = trueval.roc_auc_score(y, scores, sample_weight=weight)
        assert ranges.area(part) == pytest.approx(area, rel=1e-14)
        precision = trueval.average_precision_score(y, scores, sample_weight=weight)
        assert ranges.precision(part) == pytest.approx(precision, rel=1e-14)
        assert math.isnan(ranges.standard_error(part))


def test_one_class_and_nothing(backend: str) -> None:
    with pytest.warns(trueval.exceptions.UndefinedMetricWarning, match="one class"):
        assert math.isnan(ranges.area(ranges.Part(3, 0)))
    with pytest.warns(UserWarning, match="No positive class"):
        assert ranges.precision(ranges.Part(0, 3)) == 0.0
    assert list(ranges.pack([], [0.5])) == []
    assert list(ranges.pack([1.0], [0.5], [0.0])) == []
    assert ranges.reduce([], []) == ranges.Part()
    assert ranges.merge([]) == ranges.Part()
    assert math.isnan(ranges.standard_error(ranges.Part(1, 5, 3)))
    assert ranges.cuts_of([], 5).size == 0


def test_dtypes_are_not_mixed(backend: str) -> None:
    narrow, wide = ([blob.data for blob in ranges.pack(np.ones(2, dtype), [])] for dtype in ("f4", "f8"))
    with pytest.raises(ValueError, match="one dtype"):
        ranges.reduce(narrow, wide)


def test_what_pack_refuses(backend: str) -> None:
    for scores in ([0.5, math.nan], [math.inf, 1.0]):
        with pytest.raises(ValueError, match="contains"):
            list(ranges.pack(scores, []))
    for weight in ([1.0, -1.0], [1.0, math.nan], [math.inf, 1.0], [1.0]):
        with pytest.raises(ValueError, match="weight must"):
            list(ranges.pack([0.5, 0.25], [], weight))
    for cuts in ([2.0, 1.0], [math.nan, 1.0]):
        with pytest.raises(ValueError, match="cuts must"):
            list(ranges.pack([0.5, 0.25], cuts))
