"""Rankings by LightGBM and XGBoost, in real training: against their own metrics, where definitions meet."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from trueval import retrieval
from trueval.integrations.lightgbm import eval_metric, feval
from trueval.integrations.xgboost import custom_metric

QUERIES, ROUNDS, DEEPEST = 60, 12, 30
GAIN = {"gain": "exponential"}
# Keys are none of theirs: they record under one name what has one.
METRICS: dict[str, Any] = {
    "our_ndcg@1": ("ndcg@1", GAIN),
    "our_ndcg@5": ("ndcg_at_5", GAIN),
    "our_ndcg@30": ("ndcg", GAIN),
    "our_map@30": "map",
}
# Both compute in float64 from the same scores; the order of sums differs.
CLOSE = {"rel": 1e-9}
# LightGBM keeps weights of queries in float32.
ROUNDED = {"rel": 1e-6}
# XGBoost takes what it records of ours from text of six decimals; its own metrics use float32 here and there.
PRINTED = {"rel": 2e-6, "abs": 1e-6}


class Data:
    """Rows of queries of 5 to 29, and margins that leave no scores equal."""

    def __init__(self, *, empty: bool, binary: bool = False, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.sizes = rng.integers(5, DEEPEST, QUERIES)
        n = int(self.sizes.sum())
        self.query = np.repeat(np.arange(QUERIES), self.sizes)
        self.x = rng.normal(size=(n, 4))
        self.y = np.clip(np.floor(self.x[:, 0] + rng.normal(0, 0.7, n)), 0, 3).astype(int)
        first = np.cumsum(self.sizes) - self.sizes
        self.y[first], self.y[first + 1] = 1, 0
        if binary:
            self.y = (self.y > 0).astype(int)
        if empty:
            self.y[self.query % 10 == 3] = 0
        self.empty = sum(not self.y[self.query == q].any() for q in range(QUERIES))
        assert self.empty == 6 * empty
        self.margin = rng.normal(0, 0.05, n)
        self.weight = rng.integers(1, 9, QUERIES) / 4


def check_no_ties(data: Data, scores: Any) -> None:
    assert all(np.unique(scores[data.query == q]).size == data.sizes[q] for q in range(QUERIES))


def lightgbm_training(data: Data, weight: Any = None) -> tuple[dict[str, list[float]], list[Any]]:
    """What each round recorded, and its scores."""
    lightgbm = pytest.importorskip("lightgbm")
    train = lightgbm.Dataset(data.x, data.y, group=data.sizes, init_score=data.margin)
    validation = lightgbm.Dataset(
        data.x, data.y, group=data.sizes, init_score=data.margin, weight=weight, reference=train
    )
    recorded: dict[str, Any] = {}
    scores: list[Any] = []
    evaluate = feval(METRICS, task="ranking")

    def watched(preds: Any, dataset: Any) -> Any:
        scores.append(preds.copy())
        return evaluate(preds, dataset)

    lightgbm.train(
        {
            "objective": "lambdarank",
            "metric": ["ndcg", "map"],
            "eval_at": [1, 5, 30],
            "verbosity": -1,
            "num_threads": 1,
            "num_leaves": 4,
        },
        train,
        ROUNDS,
        valid_sets=[validation],
        feval=watched,
        callbacks=[lightgbm.record_evaluation(recorded)],
    )
    return recorded["valid_0"], scores


@pytest.mark.parametrize("weighted", [False, True])
def test_lightgbm_against_its_own(weighted: bool) -> None:
    data = Data(empty=False)
    weight = data.weight[data.query] if weighted else None
    recorded, scores = lightgbm_training(data, weight)
    for preds in scores:
        check_no_ties(data, preds)
    for key in METRICS:
        assert len(recorded[key]) == ROUNDS
        assert recorded[key] == pytest.approx(recorded[key.removeprefix("our_")], **ROUNDED if weighted else CLOSE)
    assert recorded["our_ndcg@5"][-1] > recorded["our_ndcg@5"][0]


def test_lightgbm_counts_queries_without_relevant_rows_as_1() -> None:
    data = Data(empty=True)
    recorded, _ = lightgbm_training(data)
    for key in METRICS:
        theirs = np.array(recorded[key.removeprefix("our_")])
        assert recorded[key] == pytest.approx(theirs - data.empty / QUERIES, **CLOSE)


@pytest.mark.parametrize("older", [False, True])
def test_lightgbm_ranker(older: bool) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    data, validation = Data(empty=False), Data(empty=True, seed=1)
    model = lightgbm.LGBMRanker(n_estimators=200, num_leaves=8, metric="None", verbosity=-1, n_jobs=1)
    names = ["mrr", "ndcg@10", "precision_at_3", "recall@5", "hit_rate@1", "map", "r_precision", "gauc"]
    rows: dict[str, Any] = {"eval_X": validation.x, "eval_y": validation.y}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if older:
            rows = {"eval_set": [(validation.x, validation.y)]}
            warnings.filterwarnings("ignore", "The argument 'eval_set' is deprecated")
        model.fit(
            data.x,
            data.y,
            group=data.sizes,
            eval_group=[validation.sizes],
            eval_sample_weight=[validation.weight[validation.query]],
            eval_metric=eval_metric(names, task="ranking"),
            callbacks=[lightgbm.early_stopping(5, first_metric_only=True, verbose=False)],
            **rows,
        )
    recorded = model.evals_result_["valid_0"]
    assert list(recorded) == names
    best = int(np.argmax(recorded["mrr"]))
    assert model.best_iteration_ == best + 1
    assert len(recorded["mrr"]) == best + 6 < 200
    by_hand = {
        "mrr": retrieval.reciprocal_rank,
        "ndcg@10": lambda *rows, **how: retrieval.ndcg_at_k(*rows, k=10, **how),
        "precision_at_3": lambda *rows, **how: retrieval.precision_at_k(*rows, k=3, **how),
        "recall@5": lambda *rows, **how: retrieval.recall_at_k(*rows, k=5, **how),
        "hit_rate@1": lambda *rows, **how: retrieval.hit_rate(*rows, k=1, **how),
        "map": retrieval.average_precision_at_k,
        "r_precision": retrieval.r_precision,
        "gauc": retrieval.group_auc,
    }
    scores = model.predict(validation.x, num_iteration=best + 1)
    for name, function in by_hand.items():
        values = function(validation.y, scores, validation.query, aggregate=None)
        defined = ~np.isnan(values)
        assert defined.all() == (name != "gauc")
        expected = np.average(values[defined], weights=validation.weight[defined])
        assert recorded[name][best] == pytest.approx(expected, **CLOSE)


def test_lightgbm_cross_validation() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    data = Data(empty=True)
    odd = data.query % 2 == 1
    folds = [(np.flatnonzero(odd), np.flatnonzero(~odd)), (np.flatnonzero(~odd), np.flatnonzero(odd))]
    found = lightgbm.cv(
        {"objective": "lambdarank", "metric": "None", "verbosity": -1, "num_threads": 1, "num_leaves": 4},
        lightgbm.Dataset(data.x, data.y, group=data.sizes),
        3,
        folds=folds,
        feval=feval("ndcg@5", task="ranking"),
        return_cvbooster=True,
    )
    values = [
        retrieval.ndcg_at_k(data.y[rows], booster.predict(data.x[rows], num_iteration=3), data.query[rows], k=5)
        for booster, (_, rows) in zip(found["cvbooster"].boosters, folds, strict=True)
    ]
    assert found["valid ndcg@5-mean"][-1] == pytest.approx(np.mean(values), **CLOSE)


def test_lightgbm_refuses() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    data = Data(empty=False)
    model = lightgbm.LGBMRanker(n_estimators=1, metric="None", verbosity=-1, n_jobs=1)
    call = {"group": data.sizes, "eval_X": data.x[:], "eval_y": data.y, "eval_group": [data.sizes]}
    uneven = np.random.default_rng(0).random(data.y.size)
    with pytest.raises(ValueError, match="weight must be the same for all rows of a query"):
        model.fit(data.x, data.y, **call, eval_sample_weight=[uneven], eval_metric=eval_metric("mrr", task="ranking"))
    rows = lightgbm.Dataset(data.x, data.y)
    with pytest.raises(ValueError, match="The evaluation set has no queries: give eval_group"):
        lightgbm.train(
            {"objective": "regression", "metric": "None", "verbosity": -1},
            rows,
            1,
            valid_sets=[rows],
            feval=feval("mrr", task="ranking"),
        )


def xgboost_training(data: Data, theirs: list[str], metrics: Any, weight: Any = None) -> tuple[dict[str, Any], Any]:
    """What each round recorded, and the last one's scores."""
    xgboost = pytest.importorskip("xgboost")
    rows = xgboost.DMatrix(data.x, data.y, qid=data.query, base_margin=data.margin, weight=weight)
    recorded: dict[str, Any] = {}
    model = xgboost.train(
        {
            "objective": "rank:ndcg",
            "eval_metric": theirs,
            "nthread": 1,
            "max_depth": 2,
        },
        rows,
        ROUNDS,
        evals=[(rows, "val")],
        custom_metric=custom_metric(metrics, task="ranking"),
        evals_result=recorded,
        verbose_eval=False,
    )
    return recorded["val"], model.predict(rows)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("empty", [False, True])
def test_xgboost_against_its_own(weighted: bool, empty: bool) -> None:
    data = Data(empty=empty)
    # With a minus, XGBoost counts a query without a relevant row as 0.
    theirs = {key: key.removeprefix("our_") + "-" for key in METRICS if "ndcg" in key}
    recorded, scores = xgboost_training(data, list(theirs.values()), METRICS, data.weight if weighted else None)
    check_no_ties(data, scores)
    for ours, name in theirs.items():
        assert len(recorded[ours]) == ROUNDS
        assert recorded[ours] == pytest.approx(recorded[name], **PRINTED)
    assert recorded["our_ndcg@5"][-1] > recorded["our_ndcg@5"][0]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("empty", [False, True])
def test_xgboost_against_its_own_of_two_grades(weighted: bool, empty: bool) -> None:
    data = Data(empty=empty, binary=True)
    theirs = {"our_map": "map@30-", "our_precision": "pre@5"}
    metrics = {"our_map": "map@30", "our_precision": "precision@5"}
    recorded, scores = xgboost_training(data, list(theirs.values()), metrics, data.weight if weighted else None)
    check_no_ties(data, scores)
    for ours, name in theirs.items():
        assert len(recorded[ours]) == ROUNDS
        assert recorded[ours] == pytest.approx(recorded[name], **PRINTED)


@pytest.mark.parametrize("objective", ["rank:ndcg", "rank:pairwise", "rank:map"])
def test_xgboost_stops_at_the_best(objective: str) -> None:
    xgboost = pytest.importorskip("xgboost")
    data, validation = Data(empty=False, binary=True), Data(empty=True, binary=True, seed=1)
    metric = custom_metric(["gauc", "mrr"], task="ranking")
    assert metric.maximize
    recorded: dict[str, Any] = {}
    rows = xgboost.QuantileDMatrix(data.x, data.y, qid=data.query)
    held = xgboost.QuantileDMatrix(validation.x, validation.y, qid=validation.query, ref=rows)
    model = xgboost.train(
        {"objective": objective, "disable_default_eval_metric": True, "nthread": 1, "max_depth": 3},
        rows,
        200,
        evals=[(held, "val")],
        custom_metric=metric,
        maximize=metric.maximize,
        early_stopping_rounds=5,
        evals_result=recorded,
        verbose_eval=False,
    )
    values = recorded["val"]["mrr"]
    best = int(np.argmax(values))
    assert model.best_iteration == best
    assert len(values) == best + 6 < 200
    scores = model.predict(held, iteration_range=(0, best + 1))
    assert values[best] == pytest.approx(retrieval.reciprocal_rank(validation.y, scores, validation.query), **PRINTED)


def test_xgboost_refuses() -> None:
    xgboost = pytest.importorskip("xgboost")
    data = Data(empty=False)
    metric = custom_metric("mrr", task="ranking")
    rows = xgboost.DMatrix(data.x, data.y)
    with pytest.raises(ValueError, match="The data has no queries: give qid or group"):
        xgboost.train({"nthread": 1}, rows, 1, evals=[(rows, "val")], custom_metric=metric, verbose_eval=False)
    rows = xgboost.DMatrix(data.x, data.y, qid=data.query, weight=np.ones(data.y.size))
    with pytest.raises(ValueError, match=f"weight must have one for each of the 60 queries, got {data.y.size}"):
        metric(np.zeros(data.y.size), rows)
    ranker = xgboost.XGBRanker(n_estimators=1, eval_metric=metric, n_jobs=1)
    with pytest.raises(TypeError, match=r"custom_metric is for xgboost\.train and xgboost\.cv"):
        ranker.fit(data.x, data.y, qid=data.query, eval_set=[(data.x, data.y)], eval_qid=[data.query])


def test_names() -> None:
    rows = ([1, 0, 0, 2], [0.2, 0.9, 0.4, 0.3], None, [2, 2])
    given: dict[str, Any] = {
        "ndcg": {},
        "ndcg_at_1": {"k": 1},
        "ndcg@1": {"k": 1},
        "ndcg_at_k": {},
    }
    for name, how in given.items():
        ((key, value, more),) = eval_metric(name, task="ranking")(*rows)
        assert (key, more) == (name, True)
        assert value == retrieval.ndcg_at_k(*rows[:2], [0, 0, 1, 1], **how)
    assert eval_metric(retrieval.hit_rate, task="ranking")(*rows) == [("hit_rate", 1.0, True)]
    found = eval_metric({"first": (retrieval.hit_rate, {"k": 1}), "mrr": "mean_reciprocal_rank"}, task="ranking")(*rows)
    assert found == [("first", 0.0, True), ("mrr", 0.5, True)]


def test_sizes_and_weights() -> None:
    evaluate = eval_metric("mrr", task="ranking")
    relevance, scores = [0, 1, 1, 0, 2], [0.1, 0.3, 0.2, 0.9, 0.4]
    # A query without rows is none.
    assert evaluate(relevance, scores, None, [3, 0, 2]) == [("mrr", 0.75, True)]
    assert evaluate(relevance, scores, [3, 3, 3, 1, 1], [3, 0, 2]) == [("mrr", 0.875, True)]
    with pytest.raises(ValueError, match="group must be the sizes of queries of 5 rows in all, got 4"):
        evaluate(relevance, scores, None, [2, 2])
    with pytest.raises(ValueError, match="weight must have one for each of the 5 rows, got 2"):
        evaluate(relevance, scores, [1, 2], [3, 2])
    with pytest.raises(ValueError, match="mrr is not defined: no query has both"):
        evaluate(relevance, scores, [0] * 5, [3, 2])


def test_refused() -> None:
    with pytest.raises(ValueError, match="no metric of rankings 'ndgc@5': did you mean 'ndcg'"):
        eval_metric("ndgc@5", task="ranking")
    with pytest.raises(ValueError, match="no metric of rankings 'f1'"):
        custom_metric("f1", task="ranking")
    with pytest.raises(TypeError, match=r"by its name or as a function of trueval\.retrieval, got 3"):
        feval([3], task="ranking")
    with pytest.raises(TypeError, match="A metric with parameters must have a key"):
        feval([("ndcg", {"k": 3})], task="ranking")
    with pytest.raises(ValueError, match="at least one metric, got none"):
        feval([], task="ranking")
    with pytest.raises(ValueError, match="'k' parameter of ndcg_at_k must be"):
        feval("ndcg@0", task="ranking")
    with pytest.raises(ValueError, match="'k' parameter of group_auc must be None"):
        feval("gauc@5", task="ranking")
    with pytest.raises(TypeError, match="gain"):
        feval({"map": ("map", {"gain": "linear"})}, task="ranking")
    with pytest.raises(ValueError, match="ndcg must be one number, of all queries: aggregate"):
        feval({"ndcg": ("ndcg", {"aggregate": None})}, task="ranking")
    with pytest.raises(ValueError, match="predictions must be one of 'logits', 'probabilities' for ranking"):
        feval("ndcg", task="ranking", predictions="labels")
