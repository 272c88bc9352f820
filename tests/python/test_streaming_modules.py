"""States of the metrics of the modules for tasks: any split, any tree of merges gives what the function gives."""

from __future__ import annotations

import copy
import inspect
import pickle
import string
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
import trueval
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import Outcome, bits, run
from trueval import streaming
from trueval.streaming._factory import REFUSED, STATES
from trueval.streaming._state import HOMES, function_of

pytestmark = pytest.mark.usefixtures("backend")

# Sums of floats, each rounded once or twice.
ULPS = 4 * 2.0**-52
# What is no metric in the modules whose functions are metrics.
OTHERS = {"compare", "join", "read_qrels", "read_run", "Judged"}
Keywords = dict[str, Any]


class Kind(NamedTuple):
    """Metrics that are fed alike: units that may not be cut (pixels, rows, queries, ...), and how to join these.

    `draw` makes some units, each a tuple of what the function takes, and `join` the arguments of some of them. `exact`
    are the metrics of which the value has the same bits; of the others `near` tells by how much it may differ.
    """

    settings: dict[str, list[Keywords]]
    draw: Callable[[np.random.Generator, int], list[tuple[Any, ...]]]
    join: Callable[[list[tuple[Any, ...]]], tuple[Any, ...]]
    exact: tuple[str, ...] = ()
    near: Callable[[str, float], float] = lambda _, value: ULPS * abs(value)


def joined_lists(units: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(map(list, zip(*units, strict=True)))


def joined_rows(units: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(np.concatenate(parts) for parts in zip(*units, strict=True))


def maps(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Images of several sizes; labels of one byte, or such that all have few pixels; some images are of no class."""
    dtype = rng.choice([np.uint8, np.int64])
    labels = np.append(rng.integers(0, 250, 4), 255) if dtype is np.uint8 else np.array([-(2**40), 3, 5, 255])
    units = []
    for _ in range(n):
        shape = tuple(rng.integers(1, 7, 2))
        pool = labels if rng.random() < 0.9 else labels[-1:]
        units.append((rng.choice(pool, shape).astype(dtype), rng.choice(labels, shape).astype(dtype)))
    return units


def tokens(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Texts of a few tokens each, some of which do not count; one in a hundred is impossible."""
    units = []
    for _ in range(n):
        rows = int(rng.integers(1, 5))
        logits = (3 * rng.normal(size=(rows, 6))).astype(np.float32)
        logits[rng.random((rows, 6)) < 0.003] = -np.inf
        y = rng.integers(0, 6, rows)
        y[rng.random(rows) < 0.3] = -100
        units.append((y, logits))
    return units


def perplexing(name: str, value: float) -> float:
    """The exponential of a mean that is off by 4 units is off by as many times the mean."""
    return ULPS * abs(value) * (1 + np.log(value) if name == "perplexity" and np.isfinite(value) else 1)


def queries(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Queries of integers, words or objects, some without a relevant document, of one to six documents."""
    sort = rng.choice(["i8", "i2", "U", "S", "O", "f8"])
    units = []
    for name in rng.choice(900, n, replace=False):
        rows = int(rng.integers(1, 7))
        relevance = rng.integers(0, 3, rows) * (rng.random() < 0.8)
        scores = np.where(rng.random(rows) < 0.1, -np.inf, rng.integers(0, 6, rows) / 4)
        own = f"query {name}" if sort in ("U", "S", "O") else name
        units.append((relevance, scores, np.full(rows, own, dtype=sort if sort not in ("U", "S") else f"{sort}9")))
    return units


def binary(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Rows of one column; some probabilities are on edges."""
    labels = rng.choice([-1, 0])
    proba = np.round(rng.random(n), int(rng.integers(1, 9)))
    y = np.where(rng.random(n) < proba, 1, labels)
    return [(y[i : i + 1], proba[i : i + 1]) for i in range(n)]


def multiclass(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Rows of three columns."""
    proba = rng.dirichlet(np.ones(3), n)
    y = rng.integers(0, 3, n)
    return [(y[i : i + 1], proba[i : i + 1]) for i in range(n)]


def text(rng: np.random.Generator, least: int) -> str:
    words = ["the", "river", "a", "Stone", "walks", "slowly", "toward", "house"]
    return " ".join(rng.choice(words, int(rng.integers(least, 9)))) + rng.choice(list(".!"))


def answers(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Questions with several references, one or no answer; some predictions are right."""
    units = []
    for _ in range(n):
        references = [text(rng, 0) for _ in range(int(rng.integers(0, 4)))]
        units.append((references, references[0] if references and rng.random() < 0.4 else text(rng, 0)))
    return units


def segments(rng: np.random.Generator, n: int) -> list[tuple[Any, ...]]:
    """Segments with one to three references."""
    units = []
    for _ in range(n):
        references = [text(rng, 3) for _ in range(int(rng.integers(1, 4)))]
        units.append((references, references[0].replace("walks", "runs") if rng.random() < 0.5 else text(rng, 2)))
    return units


def every(names: list[str], *settings: Keywords) -> dict[str, list[Keywords]]:
    return {name: [{}, *settings] for name in names}


def of_module(module: str) -> list[str]:
    return sorted(name for name, home in HOMES.items() if home == module)


_CUTS = [name for name in of_module("retrieval") if name not in ("r_precision", "group_auc")]
_OVERLAPS = every(
    of_module("segmentation"),
    {"ignore_index": 255},
    {"average": None},
    {"average": "micro", "labels": [3, 0, 255]},
    {"average": "macro", "ignore_index": 255},
    {"average": "weighted", "labels": [5, 3]},
)
# A difference of sums of at most some hundred terms of up to 1, over their number.
_BINS = 1e-14
KINDS = {
    "maps": Kind(_OVERLAPS, maps, joined_lists, exact=tuple(_OVERLAPS)),
    "tokens": Kind(
        {"cross_entropy": [{}, {"aggregate": "sum"}], "perplexity": [{}]}, tokens, joined_rows, near=perplexing
    ),
    "tokens that all count": Kind(
        {name: [{"ignore_index": None}] for name in of_module("language")},
        lambda rng, n: [(np.abs(y), logits[:, :101]) for y, logits in tokens(rng, n) if (y >= 0).all()],
        joined_rows,
        near=perplexing,
    ),
    "queries": Kind(
        {
            **every(_CUTS, {"k": 2}),
            **every(["group_auc", "r_precision"]),
            "ndcg_at_k": [{}, {"k": 3, "gain": "exponential"}],
        },
        queries,
        joined_rows,
    ),
    "binary": Kind(
        every(of_module("calibration"), {"n_bins": 4}, {"n_bins": 40, "pos_label": 1}),
        binary,
        joined_rows,
        near=lambda *_: _BINS,
    ),
    "multiclass": Kind(
        every(of_module("calibration"), {"n_bins": 4, "labels": [0, 1, 2]}),
        multiclass,
        joined_rows,
        near=lambda *_: _BINS,
    ),
    "answers": Kind(every(of_module("question_answering")), answers, joined_lists, exact=("exact_match",)),
    "segments": Kind(
        {
            "bleu": [{}, {"tokenize": "char", "smooth_method": "floor"}, {"effective_order": True}],
            "chrf": [{}, {"word_order": 2, "eps_smoothing": True}],
            "ter": [{}, {"normalized": True}],
        },
        segments,
        joined_lists,
        # TER's mean lengths of several references are no integers.
        exact=("bleu", "chrf"),
    ),
}
ROWS = [(kind, name) for kind, found in KINDS.items() for name in found.settings]


def feed(state: Any, kind: Kind, units: list[tuple[Any, ...]], weight: Any = None) -> Any:
    if not units:
        return state.update(*[[] for _ in inspect.signature(state.update).parameters])
    return state.update(*kind.join(units), **({} if weight is None else {"sample_weight": weight}))


def streamed(  # noqa: PLR0917
    name: str, keywords: Keywords, kind: Kind, parts: list[Any], rng: np.random.Generator, weights: list[Any]
) -> Any:
    """Value of a state: parts dealt out to states, updated and merged in random order, some by way of bytes."""
    states = [streaming.state(name, **keywords) for _ in range(int(rng.integers(1, 5)))]
    for place in rng.permutation(len(parts)):
        feed(states[rng.integers(len(states))], kind, parts[place], weights[place])
    while len(states) > 1:
        taken = states.pop(rng.integers(len(states)))
        if rng.random() < 0.4:
            taken = streaming.from_bytes(taken.to_bytes())
        states[rng.integers(len(states))].merge(taken)
    return states[0].compute()


def agree(name: str, kind: Kind, ours: Outcome, whole: Outcome) -> None:
    assert type(ours.error) is type(whole.error), f"{ours}\nagainst {whole}"
    if whole.error is not None:
        assert str(ours.error) == str(whole.error)
        return
    assert ours.warnings == whole.warnings
    if name in kind.exact or np.isnan(whole.value).all():
        assert bits(ours.value) == bits(whole.value)
    else:
        assert abs(ours.value - whole.value) <= kind.near(name, whole.value) or ours.value == whole.value


def test_every_metric_of_a_module_has_a_state_or_a_reason() -> None:
    modules = {*HOMES.values(), "detection"}
    public = {name for module in modules for name in getattr(trueval, module).__all__} - OTHERS
    assert public == set(HOMES) | (set(REFUSED) - {"auc"})
    assert set(HOMES) == {name for _, name in ROWS}
    assert set(HOMES) < set(STATES)
    for name, home in HOMES.items():
        assert function_of(name) is getattr(getattr(trueval, home), name)
    # The other modules have no functions of rows that are named as metrics are.
    named = ("_score", "_error", "_loss", "_at_k", "_rate", "precision", "auc", "entropy")
    for module in {name for name in trueval.__all__ if inspect.ismodule(getattr(trueval, name))} - modules:
        assert not [name for name in getattr(trueval, module).__all__ if name.endswith(named)], module


@pytest.mark.parametrize(("what", "name"), ROWS)
@settings(max_examples=12)
@given(data=st.data())
def test_any_split_gives_the_value_of_the_whole(what: str, name: str, data: st.DataObject) -> None:
    kind = KINDS[what]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    units = kind.draw(rng, data.draw(st.integers(1, 30)))
    if not units:
        return
    keywords = data.draw(st.sampled_from(kind.settings[name]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(units)), max_size=8)))
    weighted = what in ("binary", "multiclass") and data.draw(st.booleans())
    weight = rng.integers(0, 65, len(units)) / 16 + (np.arange(len(units)) == 0) if weighted else None
    edges = list(pairwise([0, *cuts, len(units)]))
    parts = [units[a:b] for a, b in edges]
    weights = [None if weight is None else weight[a:b] for a, b in edges]
    given_weight = {} if weight is None else {"sample_weight": weight}
    whole = run(lambda: function_of(name)(*kind.join(units), **keywords, **given_weight))
    ours = run(lambda: streamed(name, keywords, kind, parts, rng, weights))
    agree(name, kind, ours, whole)


@pytest.mark.parametrize(("what", "name"), ROWS)
def test_large_parts_and_one_unit_parts(what: str, name: str) -> None:
    """Thousands of terms, in 2 parts and each by itself."""
    kind = KINDS[what]
    rng = np.random.default_rng(11)
    units = kind.draw(rng, 400)
    for keywords in kind.settings[name][:3]:
        whole = run(lambda keywords=keywords: function_of(name)(*kind.join(units), **keywords))
        for parts in ([units[:250], units[250:]], [[unit] for unit in units]):
            ours = run(
                lambda keywords=keywords, parts=parts: streamed(name, keywords, kind, parts, rng, [None] * len(parts))
            )
            agree(name, kind, ours, whole)


@pytest.mark.parametrize(("what", "name"), ROWS)
def test_states_travel(what: str, name: str) -> None:
    kind = KINDS[what]
    rng = np.random.default_rng(4)
    units = kind.draw(rng, 40)
    first, second = units[: len(units) // 2], units[len(units) // 2 :]
    for keywords in kind.settings[name]:
        state = feed(streaming.state(name, **keywords), kind, first)
        before = bits(state.compute())
        expected = bits(feed(state.copy(), kind, second).compute())
        for travel in travels():
            twin = travel(state)
            assert type(twin) is type(state)
            assert (twin.n, repr(twin)) == (state.n, repr(state))
            assert twin.nbytes >= 0
            assert bits(twin.compute()) == before
            assert bits(feed(twin, kind, second).compute()) == expected
        assert bits(state.compute()) == before
        assert repr(state).endswith(f": {state.n} {state.unit}>")
        assert name in repr(state)
        with pytest.raises(ValueError, match="data"):
            streaming.from_bytes(state.to_bytes()[:-1])
        with pytest.raises(ValueError, match="it lacks"):
            state.load_state_dict({k: v for k, v in state.state_dict().items() if k in ("kind", "name", "n")})
        with pytest.raises(ValueError, match="States of one metric"):
            state.merge(streaming.state("accuracy_score").update([1], [1]))
        assert state.reset().n == 0
        empty = streaming.from_bytes(state.to_bytes())
        with pytest.raises(ValueError):
            empty.compute()
        assert bits(feed(empty, kind, first).compute()) == before
        state.close()
        with pytest.raises(ValueError, match="is closed"):
            feed(state, kind, first)


def travels() -> Iterator[Callable[[Any], Any]]:
    yield lambda state: streaming.from_bytes(state.to_bytes())
    yield lambda state: pickle.loads(pickle.dumps(state))
    yield copy.copy
    yield copy.deepcopy
    yield lambda state: type(state)(state.name, state.params).load_state_dict(state.state_dict())


@pytest.mark.parametrize(
    ("name", "batch"),
    [
        ("iou_score", ([[0.5]], [[1]])),
        ("iou_score", ([[1, 2]], [[1]])),
        ("dice_score", ([np.ones((2, 2), int)], [np.ones((2, 2), int), np.ones((2, 2), int)])),
        ("cross_entropy", ([7], [[0.0, 1.0]])),
        ("cross_entropy", ([0], [[np.nan, 1.0]])),
        ("perplexity", ([0.5], [[0.0, 1.0]])),
        ("ndcg_at_k", ([1], [np.nan], [5])),
        ("hit_rate", ([1], [0.5], [0.5])),
        ("hit_rate", ([1, 2], [0.5, 1], [1])),
        ("group_auc", ([1], [0.5], [None])),
        ("expected_calibration_error", ([0, 1], [0.5, 1.5])),
        ("expected_calibration_error", ([0, 1, 2], [0.5, 0.5, 0.25])),
        ("expected_calibration_error", ([0, 1], [0.5, 0.5], [1, -1])),
        ("maximum_calibration_error", ([[0, 1]], [[0.5, 0.5]])),
        ("exact_match", (["a"], ["a", "b"])),
        ("token_f1", ([1], ["a"])),
        ("bleu", (["a"], [1])),
        ("ter", ([[]], ["a"])),
    ],
)
def test_a_failed_update_changes_nothing(name: str, batch: Any) -> None:
    kind = next(KINDS[what] for what, one in ROWS if one == name)
    state = feed(streaming.state(name), kind, kind.draw(np.random.default_rng(0), 20))
    content = state.to_bytes()
    with pytest.raises((ValueError, TypeError)):
        state.update(*batch)
    with pytest.raises((ValueError, TypeError)):
        function_of(name)(*batch)
    assert state.to_bytes() == content


# label maps -----------------------------------------------------------------------------------------------------------


def test_arrays_lists_and_booleans_are_pixels() -> None:
    rng = np.random.default_rng(1)
    true, pred = rng.integers(0, 3, (2, 5, 4, 4))
    state = streaming.state("iou_score").update(true[:2], pred[:2]).update(list(true[2:]), list(pred[2:]))
    assert state.compute() == trueval.segmentation.iou_score(true, pred)
    assert state.n == true.size
    state = streaming.state("dice_score").update(true == 1, pred == 1).update([[0]], [[1]])
    whole = trueval.segmentation.dice_score([*(true == 1).ravel(), 0], [*(pred == 1).ravel(), 1])
    assert state.compute() == whole


def test_thousands_of_labels_of_64_bits() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2**64 - 1, 3000, dtype=np.uint64)
    true, pred = labels[rng.integers(0, 3000, (2, 10, 4000))]
    states = [streaming.state("iou_score").update(true[i], pred[i]) for i in range(10)]
    for other in states[1:]:
        states[0].merge(other)
    assert states[0].compute() == trueval.segmentation.iou_score(true, pred)


def test_memory_does_not_grow_with_pixels() -> None:
    rng = np.random.default_rng(3)
    state = streaming.state("iou_score", ignore_index=255)
    sizes = set()
    for _ in range(20):
        state.update(rng.integers(0, 20, (64, 64)), rng.integers(0, 20, (64, 64)))
        sizes.add((state.nbytes, len(state.to_bytes()) // 1000))
    assert len(sizes) == 1
    assert state.n == 20 * 64 * 64


def test_ignored_labels_are_no_classes() -> None:
    state = streaming.state("iou_score", ignore_index=255).update([[255, 255]], [[7, 8]])
    with pytest.warns(trueval.exceptions.get("UndefinedMetricWarning"), match="No class is in either"):
        assert np.isnan(state.compute())
    assert state.update([[1, 255]], [[1, 9]]).compute() == 1.0


# losses ---------------------------------------------------------------------------------------------------------------


def test_a_batch_of_ignored_tokens_passes() -> None:
    state = streaming.state("perplexity").update([-100, -100], np.zeros((2, 5)))
    with pytest.raises(ValueError, match="must hold a label at least; all 2 are ignore_index=-100"):
        state.compute()
    assert state.update([[3]], np.zeros((1, 1, 5))).compute() == pytest.approx(5.0, rel=1e-15)
    assert state.n == 3


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_logits_are_read_as_they_are(dtype: str) -> None:
    rng = np.random.default_rng(5)
    y, logits = rng.integers(0, 9, (2, 4)), rng.normal(size=(2, 5, 9)).astype(dtype)
    state = streaming.state("cross_entropy").update(y[:1], logits[:1, :-1]).update(y[1:], logits[1:, :-1])
    assert state.compute() == pytest.approx(trueval.language.cross_entropy(y, logits[:, :-1]), rel=ULPS)


# retrieval ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [7, "seven", 2**64 - 1, -3])
def test_a_query_in_two_parts_is_refused(own: Any) -> None:
    other = "other" if isinstance(own, str) else 1
    dtype = np.uint64 if own == 2**64 - 1 else None
    state = streaming.state("hit_rate").update([1, 0, 1], [0.5, 0.25, 1], np.array([own, own, other], dtype))
    content = state.to_bytes()
    with pytest.raises(ValueError, match=r"All documents of a query must come in one update: those of query .* two\. "):
        state.update([1, 0], [0.5, 0.25], np.array([own, "another" if isinstance(own, str) else 2], dtype))
    later = streaming.state("hit_rate").update([1, 1], [0.5, 0.25], np.array([own, other], dtype))
    for twin in (later, streaming.from_bytes(later.to_bytes()), state):
        with pytest.raises(ValueError, match="and so do those of 1 more"):
            state.merge(twin)
    assert state.to_bytes() == content
    assert state.n == 3


def test_one_query_of_two_dtypes_is_one() -> None:
    state = streaming.state("hit_rate").update([1], [0.5], np.array([1], np.int8))
    for group in (np.array([1], np.uint64), np.array([1.0]), np.array([True]), [1], np.array([1], object)):
        with pytest.raises(ValueError, match="must come in one update"):
            state.update([1], [0.5], group)
    words = streaming.state("hit_rate").update([1], [0.5], ["é"])
    for group in (np.array(["é"], "U7"), np.array(["é"], object), np.array(["é".encode()])):
        with pytest.raises(ValueError, match="must come in one update"):
            words.update([1], [0.5], group)


def test_words_do_not_join_numbers() -> None:
    state = streaming.state("hit_rate").update([1], [0.5], ["1"])
    with pytest.raises(ValueError, match=r"group must hold strings in all updates or integers in all: got 1 after '1'"):
        state.update([1], [0.5], [1])
    with pytest.raises(ValueError, match="strings in all updates"):
        state.merge(streaming.state("hit_rate").update([1], [0.5], [2]))
    assert state.n == 1


def test_undefined_queries_are_left_out() -> None:
    state = streaming.state("group_auc").update([1, 1], [0.5, 0.25], ["a", "a"])
    with pytest.warns(trueval.exceptions.get("UndefinedMetricWarning"), match="No query has both"):
        assert np.isnan(state.compute())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert state.update([1, 0], [0.5, 0.5], ["b", "b"]).compute() == 0.5


def test_names_of_any_length_come_back() -> None:
    names = ["", "a", "é" * 300, "\n", *string.ascii_letters]
    state = streaming.state("hit_rate").update(np.ones(len(names)), np.arange(len(names)), np.array(names, object))
    back = streaming.from_bytes(state.to_bytes())
    assert back._seen == set(names)
    numbers = [-(2**63), 0, 2**63 - 1]
    assert streaming.state("hit_rate").update([1] * 3, [1] * 3, numbers).copy()._seen == set(numbers)
    large = np.array([0, 2**64 - 1], np.uint64)
    back = streaming.from_bytes(streaming.state("hit_rate").update([1, 1], [1, 1], large).to_bytes())
    assert back._seen == {0, 2**64 - 1}


# calibration ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [False, True])
def test_labels_may_come_late(words: bool) -> None:
    rng = np.random.default_rng(6)
    y, proba = np.sort(rng.integers(0, 2, 60)), rng.random(60)
    labels: Any = np.array(["no", "yes"])[y] if words else y
    keywords = {"pos_label": "yes"} if words else {}
    state = streaming.state("expected_calibration_error", **keywords)
    for rows in np.array_split(np.arange(60)[::-1], 7):
        state.update(labels[rows], proba[rows])
    whole = trueval.calibration.expected_calibration_error(labels, proba, **keywords)
    assert state.compute() == pytest.approx(whole, abs=_BINS)
    assert state.nbytes < 5000


def test_the_diagram_and_the_error_agree() -> None:
    """To the bit: they are of the same bins."""
    rng = np.random.default_rng(7)
    proba = rng.random(500).astype(np.float32)
    y, weight = rng.random(500) < proba, rng.random(500)
    for extra in ((), (weight,)):
        diagram = streaming.calibration_state(bins=7).update(y, proba, *extra).compute()
        keywords = {"sample_weight": extra[0]} if extra else {}
        expected = trueval.calibration.expected_calibration_error(y, proba, n_bins=7, **keywords)
        most = trueval.calibration.maximum_calibration_error(y, proba, n_bins=7, **keywords)
        assert diagram.expected_error == pytest.approx(expected, abs=_BINS)
        assert diagram.largest_error == pytest.approx(most, abs=_BINS)
        if not extra:
            assert (diagram.expected_error, diagram.largest_error) == (expected, most)
    with pytest.raises(ValueError, match="must not be negative"):
        streaming.calibration_state().update([0, 1], [0.5, 0.5], [1, -1])


def test_columns_are_those_of_all_updates() -> None:
    state = streaming.state("expected_calibration_error").update([0, 1], [0.5, 0.5])
    with pytest.raises(ValueError, match="same form in all updates"):
        state.update([0, 1, 2], np.eye(3))
    with pytest.raises(ValueError, match="same form in all updates"):
        state.merge(streaming.state("expected_calibration_error").update([0, 1, 2], np.eye(3)))
    with pytest.raises(ValueError, match="pos_label must be None"):
        streaming.state("expected_calibration_error", pos_label=1).update([0, 1, 2], np.eye(3))
    with pytest.raises(ValueError, match="labels must be None"):
        streaming.state("expected_calibration_error", labels=[0, 1]).update([0, 1], [0.5, 0.5])
    with pytest.raises(ValueError, match="all updates or in none"):
        state.update([0, 1], [0.5, 0.5], [1, 2])
    assert state.n == 2


# names and parameters -------------------------------------------------------------------------------------------------


def test_parameters_are_checked_at_once() -> None:
    for name, keywords, error, message in (
        ("iou_score", {"per_image": True}, ValueError, "call iou_score on each batch with it"),
        ("iou_score", {"average": "samples"}, ValueError, "'average' parameter of iou_score must be"),
        ("cross_entropy", {"aggregate": None}, ValueError, "aggregate=None has a value for each row"),
        ("cross_entropy", {"aggregate": "median"}, ValueError, "aggregate must be 'mean' or 'sum' in a state"),
        ("perplexity", {"aggregate": "sum"}, TypeError, "unexpected keyword"),
        ("perplexity", {"ignore_index": "no"}, TypeError, "integer"),
        ("ndcg_at_k", {"aggregate": None}, ValueError, "aggregate=None has a value for each query"),
        ("ndcg_at_k", {"k": 0}, ValueError, "'k' parameter of ndcg_at_k must be"),
        ("token_f1", {"aggregate": None}, ValueError, "aggregate=None has a value for each question"),
        ("token_f1", {"aggregate": "sum"}, ValueError, "aggregate must be 'mean' in a state"),
        ("expected_calibration_error", {"strategy": "quantile"}, ValueError, "strategy='uniform'"),
        ("bleu", {"tokenise": "char"}, TypeError, "tokenise"),
    ):
        with pytest.raises(error, match=message):
            streaming.state(name, **keywords)
    for name, keywords in (
        ("iou_score", {"per_image": False, "average": "macro", "ignore_index": None}),
        ("ndcg_at_k", {"aggregate": "mean", "k": None}),
        ("exact_match", {"aggregate": "mean"}),
        ("expected_calibration_error", {"strategy": "uniform", "n_bins": 15}),
    ):
        assert streaming.state(name, **keywords).params == {}


def test_no_weights_where_the_function_has_none() -> None:
    for name in ("iou_score", "cross_entropy", "exact_match", "chrf"):
        with pytest.raises(TypeError, match="sample_weight"):
            streaming.state(name).update([], [], sample_weight=[])


def test_what_was_seen_is_named() -> None:
    assert repr(streaming.state("iou_score").update([[0, 1, 1]], [[0, 1, 0]])) == "<state of iou_score: 3 pixels>"
    queries = streaming.state("ndcg_at_k", k=2).update([0, 1], [0.5, 0.25], [7, 7])
    assert repr(queries) == "<state of ndcg_at_k, k=2: 2 documents>"
