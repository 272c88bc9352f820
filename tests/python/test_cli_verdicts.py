"""What the command line says of a difference: intervals, p-values, verdicts, slices."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import trueval
from sklearn import metrics as sk
from statsmodels.stats.multitest import multipletests
from trueval import cli
from trueval.inference import compare, confidence_interval, required_rows

N = 500


def run(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    status = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def result(capsys: Any, *arguments: Any) -> Any:
    """The JSON of a run, with the metrics by name."""
    status, out, err = run(capsys, *arguments, "--format", "json", "--resamples", 199)
    assert (status, err) == (0, "")
    found = json.loads(out)
    found["metrics"] = {row.pop("metric"): row for row in found["metrics"]}
    return found


def refusal(capsys: Any, *arguments: Any) -> str:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    return err.removeprefix("trueval: error: ").rstrip("\n")


@pytest.fixture
def data() -> dict[str, Any]:
    random = np.random.default_rng(11)
    y = random.integers(0, 2, N)
    noise = random.normal(size=N)
    base = 1 / (1 + np.exp(-(1.2 * y - 0.6 + noise)))
    tuned = 1 / (1 + np.exp(-(2.0 * y - 1.0 + noise + 0.3 * random.normal(size=N))))
    value = random.normal(size=N)
    return {
        "y": y,
        "base": base,
        "tuned": tuned,
        "twin": np.clip(base + 1e-3 * random.normal(size=N), 0, 1),
        "value": value,
        "near": value + 0.5 * random.normal(size=N),
        "far": value + 1.5 * random.normal(size=N),
        "weight": random.integers(1, 4, N).astype(float),
        "user": np.arange(N) // 5,
        "site": np.array(["north", "south", "west"])[random.integers(0, 3, N)],
        "age": random.integers(18, 90, N),
        "query": np.arange(N) // 10,
        "kind": (np.arange(N) // 10) % 3,
        "relevance": random.integers(0, 4, N),
    }


@pytest.fixture
def path(tmp_path: Any, data: dict[str, Any]) -> Any:
    np.savez(tmp_path / "preds.npz", **data)
    return tmp_path / "preds.npz"


BINARY = ("--label", "y", "--base", "base", "--tuned", "tuned")


def same(row: dict[str, Any], expected: Any) -> None:
    assert row["difference"] == pytest.approx(expected.difference, rel=1e-12)
    assert row["standard_error"] == pytest.approx(expected.standard_error, rel=1e-12)
    assert row["confidence_interval"] == pytest.approx(list(expected.confidence_interval), rel=1e-12)
    assert row["method"] == expected.method


# intervals and p-values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", [(), ("weight",), ("cluster",), ("weight", "cluster")])
def test_binary(capsys: Any, path: Any, data: dict[str, Any], extra: tuple[str, ...]) -> None:
    names = {"weight": "weight", "cluster": "user"}
    flags = [part for role in extra for part in (f"--{role}", names[role])]
    found = result(capsys, "compare", path, *BINARY, *flags)
    given: dict[str, Any] = {"n_resamples": 199, "rng": 0}
    if "weight" in extra:
        given["sample_weight"] = data["weight"]
    if "cluster" in extra:
        given["cluster"] = data["user"]
        assert found["clusters"] == N // 5
    y, hard = data["y"], [(data[role] >= 0.5).astype(int) for role in ("base", "tuned")]
    raw = {}
    for name, row in found["metrics"].items():
        predictions = [data["base"], data["tuned"]] if name in _OF_SCORES else hard
        expected = compare(name, y, *predictions, **given)
        same(row, expected)
        raw[name] = expected.pvalue
        counted = expected.n if name != "recall_score" or extra else int(y.sum())
        rows = required_rows(expected)
        assert row["required_rows"] == (math.ceil(rows * N / counted) if "cluster" not in extra else rows)
    assert found["headline"] == "roc_auc_score"
    others = [name for name in raw if name != found["headline"]]
    adjusted = dict(zip(others, multipletests([raw[name] for name in others], method="holm")[1]))
    for name, row in found["metrics"].items():
        assert row["pvalue"] == pytest.approx(adjusted.get(name, raw[name]), rel=1e-9)
        better = row["pvalue"] <= 0.05
        assert row["verdict"] == ("better" if better else "no evidence of a difference")


_OF_SCORES = ("roc_auc_score", "average_precision_score", "log_loss")


def test_regression(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    found = result(capsys, "compare", path, "--label", "value", "--base", "far", "--tuned", "near")
    assert found["headline"] == "root_mean_squared_error"
    for name, row in found["metrics"].items():
        same(row, compare(name, data["value"], data["far"], data["near"], n_resamples=199, rng=0))
        assert row["verdict"] == "better"
    squares = (data["far"] - data["value"]) ** 2, (data["near"] - data["value"]) ** 2
    raw = scipy.stats.ttest_rel(*squares).pvalue
    # Holm multiplies by at most the number of the other metrics.
    assert raw <= found["metrics"]["mean_squared_error"]["pvalue"] <= 3 * raw * (1 + 1e-9)


def test_multiclass(capsys: Any, tmp_path: Any) -> None:
    random = np.random.default_rng(3)
    y = random.integers(0, 5, N)
    columns = {"y": y}
    for name, pull in (("base", 0.3), ("tuned", 0.6)):
        p = random.dirichlet(np.ones(6), N) * (1 - pull)
        p[np.arange(N), y] += pull
        columns |= {f"{name}_{k}": p[:, k] for k in range(6)}  # the last is a class that no row has
    np.savez(tmp_path / "a.npz", **columns)
    found = result(capsys, "compare", tmp_path / "a.npz", "--label", "y", "--base", "base_", "--tuned", "tuned_")
    assert found["headline"] == "accuracy_score"
    areas = {
        role: np.mean([sk.roc_auc_score(y == k, columns[f"{role}_{k}"]) for k in range(5)])
        for role in ("base", "tuned")
    }
    row = found["metrics"]["roc_auc_score_ovr_macro"]
    assert (row["base"], row["tuned"]) == pytest.approx((areas["base"], areas["tuned"]), rel=1e-12)
    assert row["method"] == "delong"
    # The standard error, against a plain bootstrap of the rows.
    drawn = []
    for _ in range(400):
        rows = random.integers(0, N, N)
        means = [
            np.mean([trueval.roc_auc_score(y[rows] == k, columns[f"{role}_{k}"][rows]) for k in range(5)])
            for role in ("base", "tuned")
        ]
        drawn.append(means[1] - means[0])
    # 400 replicates know a standard deviation to 3.5 %; three of these, and some for the bootstrap's own bias.
    assert row["standard_error"] == pytest.approx(np.std(drawn), rel=0.13)
    losses = [-np.log([columns[f"{role}_{k}"][i] for i, k in enumerate(y)]) for role in ("base", "tuned")]
    assert found["metrics"]["log_loss"]["difference"] == pytest.approx(np.mean(losses[1] - losses[0]))


@pytest.mark.parametrize("weighted", [False, True])
def test_ranking(capsys: Any, path: Any, data: dict[str, Any], weighted: bool) -> None:
    flags = ("--weight", "kind_weight") if weighted else ()
    if weighted:
        np.savez(path, **data, kind_weight=1.0 + data["kind"])
    found = result(
        capsys, "compare", path, "--label", "relevance", "--base", "base", "--tuned", "near", "--group", "query", *flags
    )
    assert found["headline"] == "ndcg_score"  # no query has more than ten rows
    relevance, base, tuned = (data[name].reshape(-1, 10) for name in ("relevance", "base", "near"))
    values = [np.array([sk.ndcg_score([r], [s]) for r, s in zip(relevance, scores)]) for scores in (base, tuned)]
    row = found["metrics"]["ndcg_score"]
    if weighted:
        weight = 1.0 + data["kind"].reshape(-1, 10)[:, 0]
        assert row["difference"] == pytest.approx(np.average(values[1] - values[0], weights=weight))
        return
    expected = scipy.stats.ttest_rel(values[1], values[0])
    interval = expected.confidence_interval()
    assert row["pvalue"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert row["confidence_interval"] == pytest.approx([interval.low, interval.high], rel=1e-9)
    assert "queries" in found["verdict"] or row["verdict"] != "no evidence of a difference"


def test_scores_of_the_other_label_are_asked_about(capsys: Any, tmp_path: Any, data: dict[str, Any]) -> None:
    churn = np.where(data["y"] == 1, "churn", "stay")
    columns = {
        "y": churn,
        "old": data["base"],
        "new": data["tuned"],
        "said": np.where(data["base"] > 0.5, "churn", "stay"),
    }
    np.savez(tmp_path / "a.npz", **columns)
    arguments = ["compare", tmp_path / "a.npz", "--label", "y", "--base", "old", "--tuned", "new"]
    asked = [note for note in result(capsys, *arguments)["notes"] if "far below chance" in note]
    assert [note.split(" ")[0] for note in asked] == ["old", "new"]
    assert all(note.endswith("if these are scores of churn, say --positive churn") for note in asked)
    assert not any("chance" in note for note in result(capsys, *arguments, "--positive", "churn")["notes"])
    # Beside predicted labels there is no area in the table.
    arguments[5] = "said"
    found = result(capsys, *arguments)
    assert "roc_auc_score" not in found["metrics"]
    assert sum("new ranks stay far below chance" in note for note in found["notes"]) == 1
    single = ["evaluate", tmp_path / "a.npz", "--label", "y", "--score", "new"]
    assert any("far below chance" in note for note in result(capsys, *single)["notes"])


def test_a_metric_by_the_name_of_its_scorer(capsys: Any, tmp_path: Any, data: dict[str, Any]) -> None:
    np.savez(tmp_path / "a.npz", **data)
    arguments = ["compare", tmp_path / "a.npz", "--label", "y", "--base", "base", "--tuned", "tuned", "--metric"]
    assert result(capsys, *arguments, "f1") == result(capsys, *arguments, "f1_score")


def test_slices_of_the_label_itself_come_with_a_warning(capsys: Any, tmp_path: Any) -> None:
    random = np.random.default_rng(0)
    y = np.array(["a", "b", "c"])[random.choice(3, 300, p=[0.7, 0.2, 0.1])]
    base, tuned = (np.where(random.random(300) < wrong, random.permutation(y), y) for wrong in (0.5, 0.3))
    np.savez(tmp_path / "a.npz", y=y, base=base, tuned=tuned, site=random.integers(0, 2, 300))
    arguments = ["compare", tmp_path / "a.npz", "--label", "y", "--base", "base", "--tuned", "tuned"]
    said = "slices of 'y' hold rows of one class each"
    assert any(said in note for note in result(capsys, *arguments, "--slice", "y")["notes"])
    assert not any(said in note for note in result(capsys, *arguments, "--slice", "site")["notes"])


def test_evaluate(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "base", "--confidence-level", 0.9)
    assert "verdict" not in found
    for name, row in found["metrics"].items():
        prediction = data["base"] if name in _OF_SCORES else (data["base"] >= 0.5).astype(int)
        expected = confidence_interval(name, data["y"], prediction, confidence_level=0.9, n_resamples=199, rng=0)
        assert row["score"] == expected.value
        assert row["confidence_interval"] == pytest.approx(list(expected.confidence_interval), rel=1e-12)
        assert row["method"] == expected.method
        assert "pvalue" not in row
    for form in ("table", "markdown"):
        status, out, _ = run(capsys, "evaluate", path, "--label", "y", "--score", "base", "--format", form)
        assert status == 0
        assert "95 % interval" in out


def test_the_seed_decides(capsys: Any, path: Any) -> None:
    alone = ("evaluate", path, "--label", "y", "--score", "base")
    first, again, other = (
        result(capsys, *alone, "--seed", seed)["metrics"]["f1_score"]["confidence_interval"] for seed in (1, 1, 2)
    )
    assert first == again != other


# verdicts -------------------------------------------------------------------------------------------------------------


def test_better_and_worse_are_each_other_turned_round(capsys: Any, path: Any) -> None:
    found = result(capsys, "compare", path, *BINARY)
    turned = result(capsys, "compare", path, "--label", "y", "--base", "tuned", "--tuned", "base")
    assert found["verdict"].startswith("better: ROC AUC ")
    assert turned["verdict"].startswith("worse: ROC AUC ")
    assert turned["metrics"]["log_loss"]["difference"] == -found["metrics"]["log_loss"]["difference"]


def test_no_evidence_says_how_many_rows_it_takes(capsys: Any, path: Any) -> None:
    found = result(capsys, "compare", path, "--label", "y", "--base", "base", "--tuned", "twin")
    row = found["metrics"]["roc_auc_score"]
    assert row["verdict"] == "no evidence of a difference"
    assert row["pvalue"] > 0.05
    assert f"takes about {row['required_rows']} rows, there are {N}" in found["verdict"]


def test_equivalence(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    twins = ("compare", path, "--label", "y", "--base", "base", "--tuned", "twin")
    expected = compare("roc_auc_score", data["y"], data["base"], data["twin"], equivalence_margin=0.01)
    assert expected.pvalue < 0.05
    found = result(capsys, *twins, "--margin", 0.01)
    assert found["verdict"].startswith("equivalent within 0.01: ROC AUC ")
    # The margin is that of one metric; others have their own scales.
    assert found["metrics"]["average_precision_score"]["verdict"] == "no evidence of a difference"
    narrow = abs(expected.difference) + expected.standard_error
    assert compare("roc_auc_score", data["y"], data["base"], data["twin"], equivalence_margin=narrow).pvalue > 0.05
    assert result(capsys, *twins, "--margin", narrow)["metrics"]["roc_auc_score"]["verdict"] == (
        "no evidence of a difference"
    )
    wide = result(capsys, *twins, "--margin", 0.2, "--metric", "f1_score")
    assert wide["verdict"].startswith("equivalent within 0.2: F1 ")


def test_a_mixed_result_is_said_to_be_one(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    # Better ranked, but sure of itself without reason: ROC AUC up, log loss up as well.
    bold = np.clip((data["tuned"] - 0.5) * 50 + 0.5, 1e-6, 1 - 1e-6) + 1e-7 * data["tuned"]
    np.savez(path, **data, bold=bold)
    found = result(capsys, "compare", path, "--label", "y", "--base", "base", "--tuned", "bold")
    assert found["verdict"].startswith("better: ROC AUC ")
    assert found["verdict"].endswith("; but worse by log loss")


def test_the_metric_that_decides(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    found = result(capsys, "compare", path, *BINARY, "--metric", "f1_score")
    assert found["headline"] == "f1_score"
    assert found["verdict"].startswith("better: F1 ")
    assert found["notes"][0].startswith("the verdict rests on F1 (as --metric says)")
    message = refusal(capsys, "compare", path, *BINARY, "--metric", "acuracy")
    assert message.startswith("--metric 'acuracy' is none of those that suit: roc_auc_score, average_precision_score")
    rare = (np.arange(N) % 25 == 0).astype(int)
    columns = data | {"rare": rare, "hard": (data["base"] > 0.5).astype(int), "soft": (data["tuned"] > 0.5).astype(int)}
    np.savez(path, **columns)
    for label, base, tuned, expected in (
        ("rare", "base", "tuned", "average_precision_score"),
        ("rare", "hard", "soft", "f1_score"),
        ("y", "hard", "soft", "accuracy_score"),
        ("kind", "relevance", "query", "accuracy_score"),
        ("value", "far", "near", "root_mean_squared_error"),
    ):
        found = result(capsys, "compare", path, "--label", label, "--base", base, "--tuned", tuned)
        assert found["headline"] == expected


def test_one_row_of_a_class_gives_no_verdict(capsys: Any, tmp_path: Any) -> None:
    y, p = np.array([0, 0, 0, 1]), np.array([0.1, 0.2, 0.6, 0.5])
    np.savez(tmp_path / "few.npz", y=y, base=p, tuned=1 - p)
    found = result(capsys, "compare", tmp_path / "few.npz", "--label", "y", "--base", "base", "--tuned", "tuned")
    row = found["metrics"]["roc_auc_score"]
    assert (row["pvalue"], row["required_rows"]) == (None, None)
    assert found["verdict"].startswith("no evidence of a difference: ROC AUC ")
    assert any("standard error" in note for note in found["notes"])


def test_identical_predictions(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    np.savez(path, **data, copy=data["base"])
    found = result(capsys, "compare", path, "--label", "y", "--base", "base", "--tuned", "copy")
    for row in found["metrics"].values():
        assert (row["difference"], row["pvalue"], row["required_rows"]) == (0.0, 1.0, None)
        assert row["verdict"] == "no evidence of a difference"


# slices ---------------------------------------------------------------------------------------------------------------


def test_slices(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    found = result(capsys, "compare", path, *BINARY, "--slice", "site", "--slice", "age")
    by_name = [one for one in found["slices"] if one["column"] == "site"]
    assert {one["value"] for one in by_name} == {"north", "south", "west"}
    raw = {}
    for one in by_name:
        chosen = data["site"] == one["value"]
        assert one["rows"] == chosen.sum()
        expected = compare("roc_auc_score", *(data[name][chosen] for name in ("y", "base", "tuned")))
        same(one, expected)
        raw[one["value"]] = expected.pvalue
    adjusted = multipletests(list(raw.values()), method="holm")[1]
    assert [one["pvalue"] for one in by_name] == pytest.approx(list(adjusted), rel=1e-9)
    assert [one["difference"] for one in by_name] == sorted(one["difference"] for one in by_name)
    # More than twenty numbers: quarters.
    by_age = [one for one in found["slices"] if one["column"] == "age"]
    assert sum(one["rows"] for one in by_age) == N
    assert len(by_age) == 4
    edges = [np.quantile(data["age"], q, method="inverted_cdf") for q in (0.25, 0.5, 0.75)]
    first = next(one for one in by_age if one["value"] == f"≤ {edges[0]}")
    assert first["rows"] == (data["age"] <= edges[0]).sum()
    for form in ("table", "markdown"):
        _, out, _ = run(capsys, "compare", path, *BINARY, "--slice", "site", "--format", form, "--resamples", 99)
        assert "ROC AUC where" in out
        assert "site = north" in out


def test_slices_of_many_names_and_of_one_class(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    names = np.array([f"n{i:02d}" for i in np.minimum(np.arange(N) // 10, 30)])
    np.savez(path, **data, names=names, truth=np.where(data["y"], "yes", "no"))
    found = result(capsys, "compare", path, *BINARY, "--slice", "names")
    assert len(found["slices"]) == 21
    others = next(one for one in found["slices"] if one["value"] == "(11 others)")
    assert others["rows"] == 110
    assert sum(one["rows"] for one in found["slices"]) == N
    # Where all rows are positive, there is no area.
    found = result(capsys, "compare", path, *BINARY, "--slice", "truth")
    assert [(one["difference"], one["verdict"]) for one in found["slices"]] == [(None, "undefined")] * 2


def test_slices_of_queries(capsys: Any, path: Any, data: dict[str, Any]) -> None:
    ranked = ("compare", path, "--label", "relevance", "--base", "base", "--tuned", "near", "--group", "query")
    found = result(capsys, *ranked, "--slice", "kind")
    relevance, base = data["relevance"].reshape(-1, 10), data["base"].reshape(-1, 10)
    for one in found["slices"]:
        chosen = np.arange(N // 10) % 3 == int(one["value"])
        assert one["rows"] == chosen.sum()
        assert one["base"] == pytest.approx(sk.ndcg_score(relevance[chosen], base[chosen]))
    assert refusal(capsys, *ranked, "--slice", "site") == (
        "slice column 'site' varies within queries; in ranking it must not"
    )


def test_slices_of_classes_that_are_not_there(capsys: Any, tmp_path: Any) -> None:
    random = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 40)
    p, q = random.dirichlet(np.ones(3), 120), random.dirichlet(np.ones(3), 120)
    np.savez(tmp_path / "a.npz", y=y, p=p, q=q, half=np.arange(120) < 80)
    found = result(
        capsys,
        *("compare", tmp_path / "a.npz", "--label", "y", "--base", "p", "--tuned", "q"),
        *("--slice", "half", "--metric", "roc_auc_score_ovr_macro"),
    )
    whole = next(one for one in found["slices"] if one["value"] == "True")
    assert whole["base"] == pytest.approx(np.mean([sk.roc_auc_score(y[:80] == k, p[:80, k]) for k in (0, 1)]))
    assert next(one for one in found["slices"] if one["value"] == "False")["verdict"] == "undefined"


# refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--confidence-level", "0.5"), "--confidence-level must lie between 0.5 and 1, got 0.5"),
        (("--confidence-level", "nan"), "--confidence-level must lie between 0.5 and 1, got nan"),
        (("--resamples", "0"), "--resamples must be 1 or more, got 0"),
        (("--seed", "-1"), "--seed must lie between 0 and 2**64 - 1, got -1"),
        (("--margin", "0"), "--margin must be above 0 and finite, got 0"),
        (("--margin", "inf"), "--margin must be above 0 and finite, got inf"),
        (("--cluster", "y"), "--label and --cluster both name column 'y'"),
        (("--cluster", "one"), "cluster column 'one' has one value only in 500 rows; clusters are compared"),
        (("--cluster", "both"), "cluster column 'both' holds lists (500 rows); one value per row is needed"),
        (("--slice", "both"), "slice column 'both' holds lists; one value per row is needed"),
        (("--slice", "sight"), "preds.npz has no column 'sight'; did you mean 'weight' or 'site'? columns: "),
    ],
)
def test_refusals(capsys: Any, path: Any, data: dict[str, Any], flags: tuple[str, ...], message: str) -> None:
    np.savez(path, **data, one=np.zeros(N), both=np.zeros((N, 2)))
    assert refusal(capsys, "compare", path, *BINARY, *flags).startswith(message)


def test_clusters_make_no_sense_for_ranking(capsys: Any, path: Any) -> None:
    message = refusal(
        capsys,
        *("compare", path, "--label", "relevance", "--base", "base", "--tuned", "near"),
        *("--group", "query", "--cluster", "user"),
    )
    assert message == "--cluster 'user' makes no sense for ranking: queries are taken for independent"
