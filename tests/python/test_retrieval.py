"""Metrics of retrieval: textbook definitions over all orders of ties, both backends, pytrec_eval, scikit-learn."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.metrics
import trueval
from hypothesis import given
from hypothesis import strategies as st
from oracles import retrieval as oracle
from registry import BACKENDS, needs_native
from trueval import retrieval

CUT = ("ndcg_at_k", "precision_at_k", "recall_at_k", "average_precision_at_k", "reciprocal_rank", "hit_rate")
WHOLE = ("r_precision", "group_auc")
NAMES = (*CUT, "ndcg_at_k exponential", *WHOLE)

# float64 sums of at most some thousand terms of one sign, added up in another order
SUMS = {"rtol": 1e-12, "atol": 0.0}
# one minus a product, where the textbook counts orders
CHANCES = {"rtol": 1e-12, "atol": 1e-15}


def call(name: str, *arrays: Any, k: int | None = None, aggregate: str | None = None) -> Any:
    name, _, gain = name.partition(" ")
    return getattr(retrieval, name)(*arrays, k=k, aggregate=aggregate, **({"gain": gain} if gain else {}))


def cuts(name: str, *ks: int | None) -> tuple[int | None, ...]:
    return (None,) if name in WHOLE else ks


def sample(n: int, queries: int, seed: int = 0, levels: int | None = None, rate: float = 0.3) -> tuple[Any, Any, Any]:
    """Grades, scores (of a few levels, or nearly distinct) and queries, in no order; some were not retrieved."""
    rng = np.random.default_rng(seed)
    relevance = rng.integers(1, 5, n) * (rng.random(n) < rate)
    scores = rng.standard_normal(n) if levels is None else rng.integers(0, levels, n).astype(float)
    scores[rng.random(n) < 0.1] = -np.inf
    return relevance, scores, rng.integers(0, queries, n)


# Definitions ----------------------------------------------------------------------------------------------------------

DOCUMENTS = st.lists(
    st.tuples(
        st.sampled_from([-1.0, 0.0, 0.0, 1.0, 2.0, 3.5]),
        st.sampled_from([-math.inf, -0.0, 0.0, 0.25, 1.0, 1e300]),
        st.sampled_from(["a", "b", "ü"]),
    ),
    min_size=1,
    max_size=9,
)


@pytest.mark.parametrize("name", NAMES)
@given(documents=DOCUMENTS, k=st.sampled_from([None, 1, 2, 3, 5, 20]))
def test_mean_over_all_orders_of_ties(name: str, backend: str, documents: list[Any], k: int | None) -> None:
    relevance, scores, group = map(list, zip(*documents, strict=True))
    k = None if name in WHOLE else k
    expected = oracle.by_query(name, relevance, scores, group, k)
    np.testing.assert_allclose(call(name, relevance, scores, group, k=k), expected, **CHANCES)
    if not (name == "group_auc" and np.isnan(expected).any()):
        assert call(name, relevance, scores, group, k=k, aggregate="mean") == pytest.approx(
            np.mean(expected), rel=1e-12
        )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate", [0.02, 0.3, 0.95])
def test_long_rankings_without_ties(name: str, backend: str, rate: float) -> None:
    relevance, scores, group = sample(1200, 3, levels=None, rate=rate)
    for k in cuts(name, None, 1, 10, 60, 300, 5000):
        expected = oracle.by_query(name, relevance.tolist(), scores.tolist(), group.tolist(), k)
        np.testing.assert_allclose(call(name, relevance, scores, group, k=k), expected, **SUMS)


@pytest.mark.parametrize("name", NAMES)
def test_grades_that_are_not_whole(name: str, backend: str) -> None:
    relevance, scores, group = sample(900, 3)
    relevance = relevance * np.random.default_rng(1).random(900)
    for k in cuts(name, None, 5, 150):
        expected = oracle.by_query(name, relevance.tolist(), scores.tolist(), group.tolist(), k)
        np.testing.assert_allclose(call(name, relevance, scores, group, k=k), expected, **SUMS)


def test_without_ties_values_are_plain_quotients(backend: str) -> None:
    """No rounding but that of one division, so that values can be compared for equality."""
    arrays = [0, 1, 0, 1, 1], [5.0, 4.0, 3.0, 2.0, 1.0], [1, 1, 1, 1, 1]
    assert retrieval.precision_at_k(*arrays, k=3) == 1 / 3
    assert retrieval.recall_at_k(*arrays, k=4) == 2 / 3
    assert retrieval.average_precision_at_k(*arrays) == (1 / 2 + 2 / 4 + 3 / 5) / 3
    assert retrieval.reciprocal_rank(*arrays) == 1 / 2
    assert retrieval.hit_rate(*arrays, k=1) == 0.0
    assert retrieval.r_precision(*arrays) == 1 / 3
    assert retrieval.group_auc(*arrays) == 1 / 6


def test_a_constant_score_is_chance(backend: str) -> None:
    """However the rows are ordered: where relevant ones come first, a stable sort would call it perfect."""
    relevance, group = [1] * 5 + [0] * 15, [0] * 20
    for rows in (relevance, relevance[::-1]):
        assert retrieval.precision_at_k(rows, [0.5] * 20, group, k=4) == 0.25
        assert retrieval.group_auc(rows, [0.5] * 20, group) == 0.5
        assert retrieval.hit_rate(rows, [0.5] * 20, group, k=1) == pytest.approx(0.25, rel=1e-15)


@pytest.mark.parametrize("levels", [2, 4, None])
def test_ndcg_is_that_of_scikit_learn(backend: str, levels: int | None) -> None:
    rng = np.random.default_rng(4)
    true, score = rng.integers(0, 4, (30, 12)), rng.standard_normal((30, 12))
    score = score if levels is None else np.floor(score * levels / 4)
    flat = true.ravel(), score.ravel(), np.repeat(np.arange(30), 12)
    for k in (None, 1, 5, 12, 40):
        theirs = sklearn.metrics.ndcg_score(true, score, k=k)
        assert retrieval.ndcg_at_k(*flat, k=k) == pytest.approx(theirs, rel=1e-12)
        assert retrieval.ndcg_at_k(*flat, k=k) == pytest.approx(trueval.ndcg_score(true, score, k=k), rel=1e-12)


def test_area_is_that_of_scikit_learn(backend: str) -> None:
    relevance, scores, group = sample(3000, 20, levels=9)
    scores = np.where(np.isinf(scores), -1.0, scores)
    each = retrieval.group_auc(relevance, scores, group, aggregate=None)
    for query, value in zip(pd.unique(group), each, strict=True):
        rows = group == query
        assert value == pytest.approx(sklearn.metrics.roc_auc_score(relevance[rows] > 0, scores[rows]), rel=1e-12)
    assert retrieval.group_auc(relevance, scores, group) == pytest.approx(np.mean(each), rel=1e-12)


# Backends, orders of rows, threads ------------------------------------------------------------------------------------


def layouts(n: int) -> dict[str, Any]:
    """Queries of all lengths, in several orders and by several sorts of names."""
    rng = np.random.default_rng(9)
    lengths = rng.geometric(0.02, n)
    sorted_ = np.repeat(np.arange(n), lengths)[:n]
    far = rng.integers(-(2**63), 2**63 - 1, n)
    return {
        "sorted": sorted_,
        "descending": sorted_[::-1].copy(),
        "together, in no order": far[sorted_],
        "a query in two places": np.concatenate([sorted_[: n // 2], sorted_[: n - n // 2]]),
        "shuffled": rng.permutation(sorted_),
        "shuffled, far apart": rng.permutation(far[sorted_]),
        "one query": np.zeros(n, np.uint8),
        "a query a row": np.arange(n, dtype=np.uint32)[::-1].copy(),
        "words": np.char.add("q", sorted_.astype(str)),
    }


@needs_native
@pytest.mark.parametrize("layout", layouts(2))
@pytest.mark.parametrize("levels", [None, 5, 1])
def test_backends_agree(layout: str, levels: int | None) -> None:
    n = 5_003 if levels == 1 and layout == "one query" else 70_001
    relevance, scores, _ = sample(n, 1, levels=levels)
    group = layouts(n)[layout]
    for name in NAMES:
        for k in cuts(name, None, 3, 60):
            values = []
            for backend in BACKENDS:
                with trueval.use_backend(backend):
                    values.append(call(name, relevance, scores, group, k=k))
            # NumPy's bincount adds up plainly, here as many as 70,000 numbers.
            np.testing.assert_allclose(*values, rtol=1e-11, atol=1e-15, err_msg=f"{name} {k}")


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, np.uint64, np.int8])
def test_scores_of_any_type(kind: Any, backend: str) -> None:
    """Integers beyond what a float can tell apart, and the highest ones, stay distinct; ranks are all that counts."""
    relevance, _, group = sample(2000, 6)
    ranks = np.random.default_rng(2).integers(0, 100, 2000)
    top = np.iinfo(kind).max if np.dtype(kind).kind in "iu" else 1000
    scores = (top - ranks.astype(np.uint64).astype(kind)).astype(kind)
    for name in NAMES:
        np.testing.assert_array_equal(call(name, relevance, scores, group), call(name, relevance, -ranks, group))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("levels", [None, 6])
def test_the_order_of_the_rows_makes_no_difference(name: str, backend: str, levels: int | None) -> None:
    relevance, scores, group = sample(4000, 30, levels=levels)
    exact = backend == "native"
    for k in cuts(name, None, 4, 70):
        by_name = {}
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(4000) if seed else np.argsort(group, kind="stable")
            values = call(name, relevance[order], scores[order], group[order], k=k)
            by_name[seed] = pd.Series(values, pd.unique(group[order])).sort_index().to_numpy()
        for seed in (1, 2):
            # The native backend adds up in the order of scores and grades, NumPy's in that of the rows.
            np.testing.assert_allclose(by_name[seed], by_name[0], rtol=0 if exact else 1e-12)


@needs_native
@pytest.mark.parametrize("layout", ["sorted", "shuffled", "shuffled, far apart", "one query"])
def test_any_number_of_threads_gives_the_same_bits(layout: str) -> None:
    n, before = 200_003, trueval.get_num_threads()
    relevance, scores, _ = sample(n, 1, levels=1000)
    group = layouts(n)[layout]
    found: dict[int, list[bytes]] = {}
    try:
        with trueval.use_backend("native"):
            for threads in (1, 2, 7):
                trueval.set_num_threads(threads)
                found[threads] = [
                    call(name, relevance, scores, group, k=k).tobytes() for name in NAMES for k in cuts(name, None, 20)
                ]
    finally:
        trueval.set_num_threads(before)
    assert found[1] == found[2] == found[7]


def test_a_million_queries(backend: str) -> None:
    n = 1_000_000 if backend == "native" else 100_000
    group = np.random.default_rng(0).permutation(n)
    relevance = np.arange(n) % 2
    for name in CUT:
        values = call(name, relevance, np.ones(n, np.float32), group, k=1)
        assert values.shape == (n,)
        np.testing.assert_array_equal(values, relevance)
    assert np.isnan(call("group_auc", relevance, np.ones(n), group)).all()


# Undefined cases ------------------------------------------------------------------------------------------------------


def test_queries_without_a_relevant_document(backend: str) -> None:
    relevance, scores, group = [0, 0, 1, 0, -2], [0.5, 0.1, 0.3, 0.2, 0.1], [1, 1, 2, 2, 3]
    for name in (*CUT, "r_precision", "ndcg_at_k exponential"):
        assert call(name, relevance, scores, group)[[0, 2]].tolist() == [0, 0], name
    assert call("group_auc", relevance, scores, group).tolist()[1] == 1
    assert np.isnan(call("group_auc", relevance, scores, group)[[0, 2]]).all()
    assert retrieval.group_auc(relevance, scores, group) == 1
    with pytest.warns(UserWarning, match="No query has both a relevant document and another one"):
        assert math.isnan(retrieval.group_auc([1, 1, 0], [1, 2, 3], ["a", "a", "b"]))


def test_nothing_relevant_was_retrieved(backend: str) -> None:
    for name in (*CUT, "r_precision"):
        assert call(name, [1, 0], [-np.inf, 0.5], [1, 1]).tolist() == [0.0]
        assert call(name, [1, 0], [-np.inf, -np.inf], [1, 1]).tolist() == [0.0]
    assert retrieval.group_auc([1, 0], [-np.inf, 0.5], [1, 1]) == 0


def test_more_ranks_than_documents(backend: str) -> None:
    arrays = [2, 0, 1], [0.3, 0.2, 0.1], [5, 5, 5]
    for name in CUT:
        factor = 3 / 50 if name == "precision_at_k" else 1
        assert call(name, *arrays, k=50)[0] == pytest.approx(call(name, *arrays)[0] * factor, rel=1e-15)
    for k in (2**63 - 1, np.int8(3)):
        assert retrieval.recall_at_k(*arrays, k=k) == 1


# Forms ----------------------------------------------------------------------------------------------------------------

IDS = [3, 1, 3, 0, 1, 3, 0, 1]
GROUPS: dict[str, Callable[[list[int]], Any]] = {
    **{
        kind: (lambda ids, kind=kind: np.array(ids, kind))
        for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", "f8", "f4", "U3", "S2", "O")
    },
    "list": list,
    "negative": lambda ids: np.array(ids) - 2,
    "large": lambda ids: np.array(ids, np.uint64) + np.uint64(2**63),
    "strided": lambda ids: np.repeat(ids, 2)[::2],
    "column": lambda ids: np.array(ids)[:, np.newaxis],
    "words": lambda ids: [f"q{i}" for i in ids],
    "objects": lambda ids: np.array([f"q{i}" for i in ids], object),
    "pandas": lambda ids: pd.Series([f"q{i}" for i in ids]),
    "categories": lambda ids: pd.Series([f"q{i}" for i in ids], dtype="category"),
    "nullable": lambda ids: pd.Series(ids, dtype="Int64"),
    "polars": lambda ids: pl.Series([f"q{i}" for i in ids]),
    "pyarrow": lambda ids: pa.array([f"q{i}" for i in ids]),
    "uint8 of pyarrow": lambda ids: pa.array(ids, pa.uint8()),
}


@pytest.mark.parametrize("form", GROUPS)
def test_forms_of_queries(form: str, backend: str) -> None:
    relevance, scores = [1, 0, 0, 1, 1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    found = retrieval.reciprocal_rank(relevance, scores, GROUPS[form](IDS), aggregate=None)
    assert found.tolist() == [1, 0.5, 0.5]


@pytest.mark.parametrize("kind", ["i1", "i8", "u1", "u8", "f2", "f4", "f8", "g", "O", "?"])
def test_forms_of_relevance(kind: str, backend: str) -> None:
    relevance = np.array([0, 1, 1, 0, 1, 0, 0, 1]).astype(kind)
    scores = pd.Series([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], dtype="Float64")
    for gain in ("linear", "exponential"):
        found = retrieval.ndcg_at_k(relevance, scores, IDS, gain=gain, aggregate=None)
        expected = oracle.by_query("ndcg_at_k", [0, 1, 1, 0, 1, 0, 0, 1], scores.tolist(), IDS, None)
        np.testing.assert_allclose(found, expected, **SUMS)


REFUSED = [
    (([1, 0], [0.1, 0.2], [1]), ValueError, "relevance, scores and group must be of one length, got 2, 2 and 1 rows"),
    (([], [], []), ValueError, "hold no document, at least one is needed"),
    (([[1, 0]], [0.1, 0.2], [1, 1]), ValueError, r"relevance must have one dimension.*shape \(1, 2\)"),
    (([1, 0], [[0.1], [0.2, 0.3]], [1, 1]), ValueError, "scores must have one dimension"),
    (([1, np.nan], [0.1, 0.2], [1, 1]), ValueError, "Input relevance contains NaN"),
    (([1, np.inf], [0.1, 0.2], [1, 1]), ValueError, "Input relevance contains infinity"),
    (([1, 0], [0.1, np.nan], [1, 1]), ValueError, "Input scores contains NaN"),
    (([1, 0], [-np.inf, np.nan], [1, 1]), ValueError, "Input scores contains NaN"),
    (([1, 0], [0.1, np.inf], [1, 1]), ValueError, "Input scores contains infinity"),
    ((["yes", "no"], [0.1, 0.2], [1, 1]), TypeError, "relevance must hold numbers, got words"),
    (([1, None], [0.1, 0.2], [1, 1]), TypeError, "relevance must hold numbers"),
    (([1, 0], ["a", "b"], [1, 1]), TypeError, "scores must hold numbers, got words"),
    (([1, 0], [1j, 2j], [1, 1]), TypeError, "scores must hold numbers, got complex numbers"),
    (([1, 0], [0.1, 0.2], [1, 1.5]), ValueError, r"group must hold integers or strings, got 1\.5"),
    (([1, 0], [0.1, 0.2], [1, np.nan]), ValueError, "group must hold integers or strings, got NaN"),
    (([1, 0], [0.1, 0.2], [1, 1e30]), ValueError, r"group must hold integers or strings, got 1e\+30"),
    (([1, 0], [0.1, 0.2], ["a", None]), TypeError, "group must hold .* got objects of type NoneType, str"),
    (([1, 0], [0.1, 0.2], [1, 2**70]), TypeError, "group must hold integers of at most 64 bits"),
    (([1, 0], [0.1, 0.2], np.array(["2020", "2021"], "M8[Y]")), TypeError, "group must hold integers or strings"),
    ((1, [0.1, 0.2], [1, 1]), ValueError, "'relevance' parameter"),
]  # fmt: skip


@pytest.mark.parametrize(("arrays", "error", "message"), REFUSED)
def test_what_is_refused(arrays: Any, error: type[Exception], message: str, backend: str) -> None:
    for name in NAMES:
        with pytest.raises(error, match=message):
            call(name, *arrays)


def test_parameters_that_are_refused(backend: str) -> None:
    arrays = [1, 0], [0.1, 0.2], [1, 1]
    for k in (0, -1, 2.0, "3", 2**63):
        with pytest.raises(ValueError, match="'k' parameter of recall_at_k must be an int"):
            retrieval.recall_at_k(*arrays, k=k)
    for name in WHOLE:
        with pytest.raises(ValueError, match=f"'k' parameter of {name} must be None"):
            call(name, *arrays, k=5)
    with pytest.raises(ValueError, match="'aggregate' parameter"):
        retrieval.hit_rate(*arrays, aggregate="median")
    with pytest.raises(ValueError, match="'gain' parameter"):
        retrieval.ndcg_at_k(*arrays, gain="squared")
    for kind in (int, np.int16, float):
        with pytest.raises(ValueError, match="relevance must be at most 1000 with gain='exponential', got 1001"):
            retrieval.ndcg_at_k(np.array([1001, 0], kind), *arrays[1:], gain="exponential")
    with pytest.raises(ValueError, match="at most 1e\\+300 with gain='linear'"):
        retrieval.ndcg_at_k([1e301, 0], *arrays[1:])
    for gain, most in (("linear", 1e300), ("exponential", 1000)):
        assert retrieval.ndcg_at_k([most] * 100, range(100), [1] * 100, gain=gain) == 1
    # tiny ones keep their proportions
    for grade in (1e-20, 1e-300):
        assert retrieval.ndcg_at_k([grade, 0], *arrays[1:], gain="exponential") == pytest.approx(
            1 / math.log2(3), 1e-12
        )


# TREC -----------------------------------------------------------------------------------------------------------------

MEASURES = {
    "ndcg": ("ndcg_at_k", None),
    "ndcg_cut.1,5,10,1000": ("ndcg_at_k", "ndcg_cut"),
    "P.1,5,10,1000": ("precision_at_k", "P"),
    "set_P": ("precision_at_k", None),
    "recall.1,5,10,1000": ("recall_at_k", "recall"),
    "set_recall": ("recall_at_k", None),
    "map": ("average_precision_at_k", None),
    "map_cut.1,5,10,1000": ("average_precision_at_k", "map_cut"),
    "recip_rank": ("reciprocal_rank", None),
    "success.1,5,10": ("hit_rate", "success"),
    "Rprec": ("r_precision", None),
}


def collection(seed: int, levels: int | None) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Documents that are not judged, or not retrieved; queries without a relevant one, or in one of the two alone.

    No grade is below 0: pytrec_eval crashes on these.
    """
    rng = np.random.default_rng(seed)
    names = np.array([f"d{i}" for i in range(40)])
    qrels, run = {}, {}
    for query in map(str, rng.permutation(60)):
        judged, retrieved = (rng.choice(names, rng.integers(low, 35), replace=False) for low in (1, 0))
        if rng.random() < 0.9:
            grades = rng.integers(0, 4, len(judged)) if rng.random() < 0.8 else np.zeros(len(judged), int)
            qrels[query] = dict(zip(judged.tolist(), grades.tolist(), strict=True))
        if rng.random() < 0.9:
            # Of few bits, since trec_eval keeps scores as float32.
            scores = rng.integers(0, levels or 2**20, len(retrieved)) / 16
            run[query] = dict(zip(retrieved.tolist(), scores.tolist(), strict=True))
    return qrels, run


@pytest.mark.parametrize("levels", [None, 1, 4, 12])
def test_values_are_those_of_trec_eval(levels: int | None, backend: str) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    for seed in range(3):
        qrels, run = collection(seed, levels)
        theirs = pytrec_eval.RelevanceEvaluator(qrels, set(MEASURES)).evaluate(run)
        judged = retrieval.join(qrels, run)
        queries = pd.unique(judged.group)
        assert queries.tolist() == list(qrels)
        for measure, (name, prefix) in MEASURES.items():
            for k in [int(k) for k in measure.partition(".")[2].split(",")] if prefix else [None]:
                ours = call(name, *judged, k=k)
                key = f"{prefix}_{k}" if prefix else measure
                expected = [theirs[query][key] if query in theirs else 0.0 for query in queries]
                # trec_eval adds up plainly; sets of ranks without documents are 0 to it as well.
                np.testing.assert_allclose(ours, expected, rtol=1e-12, err_msg=key)
        left = retrieval.join(qrels, run, complete=False)
        expected = np.mean([theirs[query]["map"] for query in qrels if run.get(query)])
        assert retrieval.average_precision_at_k(*left) == pytest.approx(expected, rel=1e-12)


def test_grades_below_zero_are_as_good_as_zero(backend: str) -> None:
    relevance, scores, group = sample(500, 9, levels=20)
    lowered = np.where(relevance > 0, relevance, -2)
    for name in NAMES:
        np.testing.assert_array_equal(call(name, lowered, scores, group), call(name, relevance, scores, group))


def test_ties_that_are_kept(backend: str) -> None:
    qrels, run = {"q": {"a": 1, "c": 1}}, {"q": {"a": 2.0, "b": 2.0, "c": 1.0}}
    # by name, b comes before a
    assert retrieval.reciprocal_rank(*retrieval.join(qrels, run)) == 0.5
    assert retrieval.reciprocal_rank(*retrieval.join(qrels, run, ties="average")) == 0.75
    assert retrieval.join(qrels, run).scores.tolist() == [2, 3, 1]
    assert retrieval.join(qrels, {"q": {"b": 2.5, "a": 0.5}}).scores.tolist() == [2.5, 0.5, -math.inf]


def test_integers_for_queries_and_grades_that_are_floats() -> None:
    judged = retrieval.join({7: {1: 0.5, 2: 1}, 3: {1: 1}}, {3: {2: 9}, 7: {2: 1, 1: 1}})
    assert judged.group.tolist() == [7, 7, 3, 3]
    assert judged.relevance.tolist() == [1.0, 0.5, 0, 1]
    assert judged.scores.tolist() == [2, 1, 9, -math.inf]


def test_what_join_refuses() -> None:
    with pytest.raises(ValueError, match="no document to judge: 1 queries in qrels, 1 in run, 0 in both"):
        retrieval.join({"a": {"d": 1}}, {"b": {"d": 1}}, complete=False)
    with pytest.raises(ValueError, match="0 queries in qrels"):
        retrieval.join({}, {})
    with pytest.raises(TypeError, match="strings or integers for queries, got int, str"):
        retrieval.join({"a": {"d": 1}, 2: {"d": 1}}, {})
    with pytest.raises(TypeError, match="qrels must map documents to numbers, got str"):
        retrieval.join({"a": {"d": "1"}}, {})
    with pytest.raises(TypeError, match="run must map documents to numbers"):
        retrieval.join({"a": {"d": 1}}, {"a": {"d": None}})
    with pytest.raises(ValueError, match="'ties' parameter"):
        retrieval.join({"a": {"d": 1}}, {}, ties="first")
    with pytest.raises(ValueError, match="'run' parameter"):
        retrieval.join({"a": {"d": 1}}, [1])


def test_files(tmp_path: Any) -> None:
    qrels, run = collection(5, 4)
    lines = [f"{q} 0 {d} {grade}\n" for q, judged in qrels.items() for d, grade in judged.items()]
    (tmp_path / "qrels").write_text("".join(lines))
    ranked = [f"{q}\tQ0\t{d}\t0\t{score!r}\tname\n\n" for q, found in run.items() for d, score in found.items()]
    with gzip.open(tmp_path / "run.gz", "wt") as file:
        file.write("".join(ranked))
    assert retrieval.read_qrels(tmp_path / "qrels") == qrels
    assert retrieval.read_run(str(tmp_path / "run.gz")) == {q: found for q, found in run.items() if found}


BROKEN = [
    (retrieval.read_qrels, "1 0 d 1\n1 0 e\n", r"line 2: expected 4 columns \(query, iteration, .*, got 3"),
    (retrieval.read_qrels, "1 0 d 1.5\n", "line 1: the relevance must be an integer, got '1.5'"),
    (retrieval.read_qrels, "1 0 d 1\n\n1 0 d 1\n", "line 3: document 'd' is there twice for query '1'"),
    (retrieval.read_run, "1 Q0 d 1 0.5\n", "line 1: expected 6 columns .* got 5"),
    (retrieval.read_run, "1 Q0 d 1 high x\n", "the score must be a finite number, got 'high'"),
    (retrieval.read_run, "1 Q0 d 1 nan x\n", "the score must be a finite number, got 'nan'"),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "text", "message"), BROKEN)
def test_broken_files(reader: Any, text: str, message: str, tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        reader(path)
    with pytest.raises(FileNotFoundError):
        reader(tmp_path / "none")


# Paired tests ---------------------------------------------------------------------------------------------------------


def test_values_by_query_go_into_paired_tests(backend: str) -> None:
    rng = np.random.default_rng(0)
    relevance, group = (rng.random(20_000) < 0.1) * 1, np.repeat(np.arange(400), 50)
    noise = rng.standard_normal(20_000)
    base, tuned = (
        retrieval.ndcg_at_k(relevance, noise + gain * relevance, group, k=10, aggregate=None) for gain in (1.0, 1.3)
    )
    found = trueval.inference.compare("mean", None, base, tuned)
    assert found.n == 400
    assert found.difference == pytest.approx(tuned.mean() - base.mean(), rel=1e-12)
    assert found.pvalue < 1e-10
