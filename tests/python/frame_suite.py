"""What the adapters of Spark and Dask have to do: the same tests for both."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import trueval
from trueval.inference import compare as compare_in_memory
from trueval.integrations import _frames

# Sums of floats: a few units in the last place, and the error of the function itself, which adds 16,384 rows plainly.
CLOSE = {"rel": 1e-13, "abs": 1e-15}

N = 6000


def rows(seed: int = 0, n: int = N, share: float = 0.3) -> dict[str, np.ndarray]:
    """Draw labels, scores of several dtypes and ties, slices, weights, queries."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(np.int8)
    base = 1 / (1 + np.exp(-rng.normal(y - 0.5, 1.2)))
    tuned = 1 / (1 + np.exp(-rng.normal(1.3 * y - 0.6, 1.2)))
    return {
        "y": y,
        "base": base,
        "tuned": np.round(tuned, 2),
        "single": tuned.astype(np.float32),
        "points": np.round(10 * base).astype(np.int32),
        "place": rng.choice(np.array(["de", "fr", "é"], object), n, p=[0.7, 0.25, 0.05]),
        "mobile": rng.random(n) < 0.4,
        "w": np.round(rng.exponential(1, n), 3),
        "query": rng.integers(0, n // 8, n),
    }


def table(columns: dict[str, Any]) -> pa.Table:
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def cut(whole: pa.Table, edges: Sequence[int]) -> list[pa.Table]:
    """Cut a table at some rows."""
    bounds = [0, *edges, whole.num_rows]
    return [whole.slice(a, b - a) for a, b in pairwise(bounds)]


def layouts(whole: pa.Table) -> dict[str, list[pa.Table]]:
    """Deal the same rows into partitions, in several ways."""
    n = whole.num_rows
    shuffled = whole.take(pa.array(np.random.default_rng(1).permutation(n)))
    return {
        "one": [whole],
        "some are empty": cut(whole, [0, 0, n // 7, n // 2, n // 2]),
        "each of one class": cut(whole.sort_by("y"), [int(np.sum(whole["y"].to_numpy() == 0))]),
        "each of one row, and the rest": cut(shuffled, [1, 2]),
    }


class FrameSuite:
    """Tests; a subclass has a fixture `engine`: `frame(tables)`, `evaluate`, `compare`, `module`, rows of a `range`."""

    @pytest.fixture(autouse=True)
    def _many_ranges(self, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine.module, "RANGE", engine.range)

    @pytest.mark.parametrize("layout", ["one", "some are empty", "each of one class", "each of one row, and the rest"])
    def test_areas_are_those_of_one_machine_to_the_bit(self, engine: Any, layout: str) -> None:
        data = rows()
        frame = engine.frame(layouts(table(data))[layout])
        scores = ["base", "tuned", "single", "points"]
        found = engine.evaluate(frame, "y", scores, ["roc_auc_score", "average_precision_score"])
        for score in scores:
            assert found[score, "roc_auc_score"] == trueval.roc_auc_score(data["y"], data[score])
            assert found[score, "average_precision_score"] == trueval.average_precision_score(data["y"], data[score])
        first = found.items[0]
        assert (first.positives, first.negatives, first.rows) == (int(data["y"].sum()), int((1 - data["y"]).sum()), N)
        state = trueval.streaming.delong_state().update(data["y"], data["base"])
        assert first.standard_error == pytest.approx(state.compute().standard_error, rel=1e-14)

    @pytest.mark.parametrize("skew", ["nine in ten", "all"])
    def test_a_score_that_most_rows_have(self, engine: Any, skew: str) -> None:
        data = rows()
        same = np.random.default_rng(2).random(N) < (0.9 if skew == "nine in ten" else 2)
        data["base"][same] = 0.5
        found = engine.evaluate(
            engine.frame(cut(table(data), [2000])), "y", "base", ["roc_auc_score", "average_precision_score"]
        )
        assert found["base", "roc_auc_score"] == trueval.roc_auc_score(data["y"], data["base"])
        expected = trueval.average_precision_score(data["y"], data["base"])
        assert found["base", "average_precision_score"] == expected

    def test_labels_errors_and_losses_in_one_go_with_areas(self, engine: Any) -> None:
        data = rows()
        counted = ["accuracy_score", "f1_score", "matthews_corrcoef", ("recall_score", {"average": "macro"})]
        summed = ["log_loss", "brier_score_loss", "mean_squared_error", "mean_absolute_error", "r2_score"]
        asked = [*counted, *summed, "roc_auc_score", "max_error"]
        found = engine.evaluate(
            engine.frame(cut(table(data), [100, 3000])), "y", ["base", "single"], asked, threshold=0.5
        )
        for score in ("base", "single"):
            labels = (data[score] >= 0.5).astype(int)
            for name in counted[:3]:
                assert found[score, name] == getattr(trueval, name)(data["y"], labels)
            macro = trueval.recall_score(data["y"], labels, average="macro")
            assert found[score, "recall_score(average='macro')"] == macro
            for name in summed:
                assert found[score, name] == pytest.approx(getattr(trueval, name)(data["y"], data[score]), **CLOSE)
            assert found[score, "roc_auc_score"] == trueval.roc_auc_score(data["y"], data[score])
            assert found[score, "max_error"] == trueval.max_error(data["y"], data[score])
        frame = found.to_pandas()
        assert len(frame) == 2 * len(asked)
        assert list(frame.columns[:5]) == ["score", "metric", "by", "slice", "value"]

    def test_labels_that_are_words(self, engine: Any) -> None:
        rng = np.random.default_rng(3)
        true, pred = (rng.choice(np.array(["cat", "dog", "é"], object), 900) for _ in range(2))
        pred = np.where(rng.random(900) < 0.6, true, pred)
        asked = ["accuracy_score", ("f1_score", {"average": "macro"}), "cohen_kappa_score"]
        found = engine.evaluate(engine.frame(cut(table({"t": true, "p": pred}), [10, 500])), "t", ["p"], asked)
        assert found["p", "accuracy_score"] == trueval.accuracy_score(true, pred)
        assert found["p", "f1_score(average='macro')"] == trueval.f1_score(true, pred, average="macro")
        assert found["p", "cohen_kappa_score"] == trueval.cohen_kappa_score(true, pred)

    @pytest.mark.parametrize("kind", ["bool", "minus", "word", "two"])
    def test_what_is_positive(self, engine: Any, kind: str) -> None:
        data = rows()
        pair = {"bool": (False, True), "minus": (-1, 1), "word": ("ham", "spam"), "two": (1, 2)}[kind]
        y = np.array(pair, object if kind == "word" else None)[data["y"]]
        frame = engine.frame(cut(table({"y": y, "base": data["base"]}), [2500]))
        asked = ["roc_auc_score", "average_precision_score", "log_loss", "f1_score"]
        area = trueval.roc_auc_score(data["y"], data["base"])
        for positive, truth in ((pair[1], data["y"]), (pair[0], 1 - data["y"]))[kind == "bool" :]:
            frame_asked = {"positive": positive, "threshold": 0.5}
            found = engine.evaluate(frame, "y", "base", asked, **frame_asked)
            assert found["base", "roc_auc_score"] == trueval.roc_auc_score(truth, data["base"])
            assert found["base", "average_precision_score"] == trueval.average_precision_score(truth, data["base"])
            assert found["base", "log_loss"] == pytest.approx(trueval.log_loss(truth, data["base"]), **CLOSE)
            assert found["base", "f1_score"] == trueval.f1_score(truth, data["base"] >= 0.5)
        # The greater of two labels, as for the function.
        assert engine.evaluate(frame, "y", "base", "roc_auc_score")["base", "roc_auc_score"] == area
        if kind == "word":
            with pytest.raises(ValueError, match="none of the labels"):
                engine.evaluate(frame, "y", "base", "average_precision_score")
        if kind == "two":
            precision = engine.evaluate(frame, "y", "base", "average_precision_score")
            assert precision["base", "average_precision_score"] == trueval.average_precision_score(y, data["base"])
            with pytest.raises(ValueError, match="pass positive="):
                engine.evaluate(frame, "y", "base", ["roc_auc_score", "average_precision_score"])
        if kind == "minus":
            with pytest.raises(ValueError, match="not belonging to the passed labels"):
                engine.evaluate(frame, "y", "base", "log_loss")
        with pytest.raises(ValueError, match=r"positive='?9"):
            engine.evaluate(frame, "y", "base", "roc_auc_score", positive="9" if kind == "word" else 9)

    def test_missing_values_are_counted_and_refused_or_left_out(self, engine: Any) -> None:
        data = rows(n=1000)
        y = [None if i % 100 == 7 else int(v) for i, v in enumerate(data["y"])]
        base, tuned = data["base"].copy(), data["tuned"].tolist()
        base[:5], tuned[20] = [np.nan, np.inf, -np.inf, np.nan, np.nan], None
        whole = pa.table({"y": pa.array(y, pa.int8()), "base": pa.array(base), "tuned": pa.array(tuned)})
        frame = engine.frame(cut(whole, [300, 310]))
        asked = ["roc_auc_score", "accuracy_score"]
        with pytest.raises(ValueError, match=r"y: 10 ") as refused:
            engine.evaluate(frame, "y", ["base", "tuned"], asked, threshold=0.5)
        assert "tuned: 1 " in str(refused.value)
        assert "base: 5 " in str(refused.value) or "base: 2 NaN" in str(refused.value)
        found = engine.evaluate(frame, "y", ["base", "tuned"], asked, threshold=0.5, missing="drop")
        kept = np.array([v is not None for v in y]) & np.isfinite(base)
        kept[20] = False
        assert (found.dropped, found.rows) == (int((~kept).sum()), int(kept.sum()))
        truth = data["y"][kept]
        assert found["base", "roc_auc_score"] == trueval.roc_auc_score(truth, base[kept])
        assert found["base", "accuracy_score"] == trueval.accuracy_score(truth, base[kept] >= 0.5)
        with pytest.raises(ValueError, match="no rows to evaluate that are complete"):
            engine.evaluate(engine.frame([whole.slice(0, 2)]), "y", "base", "roc_auc_score", missing="drop")

    def test_slices(self, engine: Any) -> None:
        data = rows()
        data["place"][::50] = None
        data["y"][data["place"] == "é"] = 1  # a slice of one class
        frame = engine.frame(cut(table(data), [1000, 1001]))
        asked = ["roc_auc_score", "average_precision_score", "log_loss", "f1_score"]
        with warnings.catch_warnings():
            warnings.simplefilter("error", trueval.exceptions.UndefinedMetricWarning)
            found = engine.evaluate(frame, "y", ["base"], asked, by=["place", "mobile"], threshold=0.5)
        assert len(found.items) == 4 * (1 + 4 + 2)
        chosen = {("place", v): data["place"] == v for v in ("de", "fr", "é")}
        chosen[("place", None)] = np.array([v is None for v in data["place"]])
        chosen |= {("mobile", v): data["mobile"] == v for v in (True, False)}
        for (by, value), rows_of in chosen.items():
            y, base = data["y"][rows_of], data["base"][rows_of]
            area = found.of_slice(by, value, "base", "roc_auc_score")
            assert area.rows == int(rows_of.sum())
            if value == "é":
                assert math.isnan(area.value)
            else:
                assert area.value == trueval.roc_auc_score(y, base)
            precision = found.of_slice(by, value, "base", "average_precision_score").value
            assert precision == trueval.average_precision_score(y, base)
            assert found.of_slice(by, value, "base", "f1_score").value == trueval.f1_score(y, base >= 0.5)
            loss = trueval.log_loss(y, base, labels=[0, 1])
            assert found.of_slice(by, value, "base", "log_loss").value == pytest.approx(loss, **CLOSE)
        assert found["base", "roc_auc_score"] == trueval.roc_auc_score(data["y"], data["base"])

    def test_weights(self, engine: Any) -> None:
        data = rows()
        data["w"][::9] = 0.0
        frame = engine.frame(cut(table(data), [1000, 4000]))
        asked = ["roc_auc_score", "average_precision_score", "log_loss", "mean_absolute_error"]
        found = engine.evaluate(frame, "y", ["base", "tuned"], asked, weight="w")
        for score in ("base", "tuned"):
            for name in asked:
                expected = getattr(trueval, name)(data["y"], data[score], sample_weight=data["w"])
                assert found[score, name] == pytest.approx(expected, **CLOSE)
        labels = engine.evaluate(frame, "y", "base", "accuracy_score", weight="w", threshold=0.5)
        expected = trueval.accuracy_score(data["y"], data["base"] >= 0.5, sample_weight=data["w"])
        assert labels["base", "accuracy_score"] == pytest.approx(expected, **CLOSE)
        data["w"][:3] = -1.0
        with pytest.raises(ValueError, match="w: 3 negative"):
            engine.evaluate(engine.frame([table(data)]), "y", "base", "roc_auc_score", weight="w", missing="drop")

    @pytest.mark.parametrize("layout", ["one", "some are empty", "each of one row, and the rest"])
    def test_queries(self, engine: Any, layout: str) -> None:
        data = rows(n=2000)
        data["y"] = np.random.default_rng(4).integers(0, 4, 2000)
        data["query"][0] = 10**6  # a query of one row, which has nothing to rank
        data["mobile"] = data["query"] % 3 == 0
        asked = ["ndcg_score", ("ndcg_score", {"k": 3}), "mean_squared_error"]
        frame = engine.frame(layouts(table(data))[layout])
        found = engine.evaluate(frame, "y", ["base", "tuned"], asked, group="query", by="mobile")
        for score in ("base", "tuned"):
            for title, k in (("ndcg_score", None), ("ndcg_score(k=3)", 3)):
                values, mobile = [], []
                for query in np.unique(data["query"]):
                    at = data["query"] == query
                    if at.sum() > 1:
                        values.append(trueval.ndcg_score([data["y"][at]], [data[score][at]], k=k))
                        mobile.append(query % 3 == 0)
                assert found[score, title] == pytest.approx(math.fsum(values) / len(values), **CLOSE)
                some = [value for value, m in zip(values, mobile) if m]
                expected = math.fsum(some) / len(some)
                assert found.of_slice("mobile", True, score, title).value == pytest.approx(expected, **CLOSE)
        error = trueval.mean_squared_error(data["y"], data["base"])
        assert found["base", "mean_squared_error"] == pytest.approx(error, **CLOSE)
        with pytest.raises(ValueError, match="queries that lie in several slices"):
            engine.evaluate(frame, "y", ["base"], ["ndcg_score"], group="query", by="place")

    def test_comparisons_are_those_of_one_machine(self, engine: Any) -> None:
        data = rows(n=3000)
        frame = engine.frame(cut(table(data), [0, 900, 1000]))
        counted, summed = ["accuracy_score", "f1_score"], ["log_loss", "brier_score_loss"]
        areas = ["roc_auc_score", "average_precision_score"]
        found = engine.compare(
            frame, "y", "base", "tuned", [*counted, *summed, *areas], by="mobile", threshold=0.5, correction=None
        )
        for by, value in ((None, None), ("mobile", True), ("mobile", False)):
            chosen = np.ones(3000, bool) if by is None else data["mobile"] == value
            y, base, tuned = (data[name][chosen] for name in ("y", "base", "tuned"))
            labels = (base >= 0.5).astype(int), (tuned >= 0.5).astype(int)
            for name in counted:
                expected = compare_in_memory(name, y, *labels, rng=0)
                assert found.of_slice(by, value, name).comparison == expected
            for name in [*summed, *areas]:
                expected = compare_in_memory(name, y, base, tuned)
                own = found.of_slice(by, value, name).comparison
                assert (own.method, own.n, own.wins, own.losses) == (
                    expected.method,
                    expected.n,
                    expected.wins,
                    expected.losses,
                )
                for part in ("base", "tuned", "standard_error", "statistic", "pvalue"):
                    # A difference of two values has fewer digits than they have.
                    assert getattr(own, part) == pytest.approx(getattr(expected, part), rel=1e-10)
                assert own.confidence_interval == pytest.approx(expected.confidence_interval, rel=1e-9)
        assert found["roc_auc_score"].base == trueval.roc_auc_score(data["y"], data["base"])
        assert len(found.to_pandas()) == 18

    def test_standard_errors_from_a_sample(self, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_frames, "SAMPLE", 2500)
        data = rows(n=20_000)
        data["tuned"] = data["single"].astype(np.float64)
        whole = table(data)
        exact = compare_in_memory("roc_auc_score", data["y"], data["base"], data["tuned"])
        errors = []
        for edges in ([], [100, 9000, 15_000]):
            found = engine.compare(engine.frame(cut(whole, edges)), "y", "base", "tuned", ["roc_auc_score"])
            own = found.items[0]
            assert own.comparison.difference == exact.difference
            assert own.comparison.n == 20_000
            assert 0 < own.sampled <= 2500
            # Four standard deviations of a standard error from 2,500 rows.
            assert own.comparison.standard_error == pytest.approx(exact.standard_error, rel=0.1)
            errors.append(own.comparison.standard_error)
        assert errors[0] == errors[1]

    def test_weighted_means_and_roots_are_compared(self, engine: Any) -> None:
        data = rows(n=2000)
        frame = engine.frame(cut(table(data), [900]))
        found = engine.compare(
            frame, "y", "base", "tuned", ["log_loss", "roc_auc_score"], weight="w", correction="holm"
        )
        expected = compare_in_memory(
            ["log_loss", "roc_auc_score"], data["y"], data["base"], data["tuned"], sample_weight=data["w"]
        )
        for name, one in expected.items():
            assert found[name].difference == pytest.approx(one.difference, rel=1e-11)
            assert found[name].standard_error == pytest.approx(one.standard_error, rel=1e-11)
            assert found[name].pvalue == pytest.approx(one.pvalue, rel=1e-8)
        root = engine.compare(frame, "y", "base", "tuned", "root_mean_squared_error")["root_mean_squared_error"]
        jackknife = compare_in_memory("root_mean_squared_error", data["y"], data["base"], data["tuned"])
        assert root.difference == pytest.approx(jackknife.difference, rel=1e-11)
        # The delta method leaves out terms of the order of one in n.
        assert root.standard_error == pytest.approx(jackknife.standard_error, rel=2 / 2000)

    def test_queries_are_compared(self, engine: Any) -> None:
        data = rows(n=2000)
        frame = engine.frame(cut(table(data), [900]))
        found = engine.compare(frame, "y", "base", "tuned", ["ndcg_score"], group="query")["ndcg_score"]
        values: list[list[float]] = [[], []]
        for query in np.unique(data["query"]):
            at = data["query"] == query
            if at.sum() > 1:
                for own, score in zip(values, ("base", "tuned")):
                    own.append(trueval.ndcg_score([data["y"][at]], [data[score][at]]))
        expected = compare_in_memory("mean", None, *map(np.array, values))
        assert (found.n, found.method) == (expected.n, "t")
        assert found.difference == pytest.approx(expected.difference, rel=1e-10)
        assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-10)

    def test_what_is_refused(self, engine: Any) -> None:
        data = rows(n=300)
        frame = engine.frame([table({**data, "many": np.arange(300), "text": data["place"]})])
        cases = [
            (("nothing", "base", "roc_auc_score"), {}, ValueError, "no column 'nothing'"),
            (("y", "place", "roc_auc_score"), {}, TypeError, "must hold numbers"),
            (("y", "base", "median_absolute_error"), {}, ValueError, "not computed here"),
            (("y", "base", "roc_curve"), {}, ValueError, "not computed here"),
            (("y", "base", "confusion_matrix"), {}, ValueError, "no number"),
            (("y", "base", "no_such_score"), {}, ValueError, "must be that of a metric"),
            (("y", "base", [("f1_score", {"bta": 2})]), {}, TypeError, "bta"),
            (("y", "base", "ndcg_score"), {}, ValueError, "needs group="),
            (("y", "base", [("roc_auc_score", {"max_fpr": 0.1})]), {}, ValueError, "not computed here"),
            (("y", "base", "roc_auc_score"), {"missing": "maybe"}, ValueError, "'refuse' or 'drop'"),
            (("y", "base", "roc_auc_score"), {"by": "base"}, TypeError, "floats"),
            (("y", ["base", "base"], "roc_auc_score"), {}, ValueError, "distinct"),
            (("y", [], "roc_auc_score"), {}, ValueError, "at least one"),
            (("place", "base", "log_loss"), {}, TypeError, "pass positive="),
        ]
        for args, options, error, message in cases:
            with pytest.raises(error, match=message):
                engine.evaluate(frame, *args, **options)
        with pytest.raises(ValueError, match="must hold two labels for areas"):
            engine.evaluate(frame, "many", "base", "roc_auc_score")
        with pytest.raises(ValueError, match="continuous"):
            engine.evaluate(frame, "y", "base", "accuracy_score")
        with pytest.raises(ValueError, match="no mean over rows"):
            engine.compare(frame, "y", "base", "tuned", "r2_score")
        with pytest.raises(ValueError, match="no rows"):
            engine.evaluate(engine.frame([table(data).slice(0, 0)]), "y", "base", "roc_auc_score")
