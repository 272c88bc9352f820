"""The command line: every format, every task, every error path."""

import gzip
import json
import math
import os
import subprocess
import sys
import textwrap

import numpy as np
import pyarrow as pa
import pytest
import trueval
from pyarrow import csv, feather, ipc, parquet
from sklearn import metrics as sk
from trueval import _tables, _tasks, cli
from trueval.report import text

N = 400
TOLERANCE = {"rel": 1e-12, "abs": 1e-13}


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def result(capsys, *arguments):
    """The JSON that a run prints, with the metrics by name; with few replicates, which are looked at elsewhere."""
    status = run(*arguments, "--format", "json", "--resamples", "99")
    captured = capsys.readouterr()
    assert status == 0, captured.err
    assert captured.err == ""
    found = json.loads(captured.out)
    found["metrics"] = {row.pop("metric"): row for row in found["metrics"]}
    return found


def error(capsys, *arguments):
    """The one line that a refused run prints."""
    status = run(*arguments)
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.startswith("trueval: error: ")
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("\n")
    return captured.err[len("trueval: error: ") : -1]


def subprocess_run(*arguments, blocked=(), **options):
    """Run the command line in a process of its own, where the modules `blocked` cannot be imported."""
    script = f"""
        import sys
        class Blocker:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {set(blocked)!r}:
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        if {set(blocked)!r}:
            sys.meta_path.insert(0, Blocker())
        from trueval.cli import main
        status = main(sys.argv[1:])
        unwanted = sorted({{"sklearn", "pandas", "scipy"}} & set(sys.modules))
        if unwanted:
            sys.exit(f"imported: {{unwanted}}")
        sys.exit(status)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.fixture
def data():
    random = np.random.default_rng(5)
    y = random.integers(0, 2, N)
    base = np.round(np.clip(0.3 * y + 0.7 * random.random(N), 0, 1), 3)
    tuned = np.round(np.clip(0.4 * y + 0.6 * random.random(N), 0, 1), 3)
    return {
        "y": y,
        "base": base,
        "tuned": tuned,
        "name": np.array(["healthy", "ill"])[y],
        "truth": y.astype(bool),
        "weight": random.integers(1, 5, N) / 4,
        "logit": np.log((base + 0.01) / (1.01 - base)),
        "hard": (base >= 0.5).astype(np.int64),
        "value": random.normal(size=N) + y,
        "guess": random.normal(size=N),
        "query": random.permutation(np.repeat(np.arange(80), 5)),
        "relevance": random.integers(0, 4, N),
    }


@pytest.fixture
def classes():
    random = np.random.default_rng(6)
    y = random.integers(0, 4, N)
    base = random.dirichlet(np.ones(4), N)
    tuned = 0.6 * random.dirichlet(np.ones(4), N)
    tuned[np.arange(N), y] += 0.4
    columns = {"y": y, "name": np.array(["ant", "bee", "cow", "dog"])[y], "best": base.argmax(axis=1)}
    columns["best_name"] = np.array(["ant", "bee", "cow", "dog"])[columns["best"]]
    for k, animal in enumerate(["ant", "bee", "cow", "dog"]):
        columns |= {f"base_{k}": base[:, k], f"tuned_{k}": tuned[:, k], f"p_{animal}": base[:, k]}
    return columns, base, tuned


def write(path, columns):
    """Write columns in the format that the suffix of `path` names."""
    if path.suffix == ".npz":
        np.savez(path, **columns)
        return path
    table = pa.table({name: list(x) if x.ndim > 1 else x for name, x in columns.items()})
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=150)
    elif path.suffix == ".feather":
        feather.write_feather(table, str(path), chunksize=150)
    elif path.suffix == ".arrow":
        with ipc.new_stream(path, table.schema) as stream:
            stream.write_table(table, max_chunksize=150)
    elif path.suffix == ".tsv":
        csv.write_csv(table, path, csv.WriteOptions(delimiter="\t"))
    elif path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        csv.write_csv(table, path.with_suffix(""))
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    return path


# Values ---------------------------------------------------------------------------------------------------------------


def binary_values(y, p, weight=None):
    hit = p >= 0.5
    return {
        "roc_auc_score": sk.roc_auc_score(y, p, sample_weight=weight),
        "average_precision_score": sk.average_precision_score(y, p, sample_weight=weight),
        "log_loss": sk.log_loss(y, p, sample_weight=weight),
        "accuracy_score": sk.accuracy_score(y, hit, sample_weight=weight),
        "precision_score": sk.precision_score(y, hit, sample_weight=weight),
        "recall_score": sk.recall_score(y, hit, sample_weight=weight),
        "f1_score": sk.f1_score(y, hit, sample_weight=weight),
    }


@pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv", "csv.gz", "feather", "arrow", "npz"])
@pytest.mark.parametrize("label", ["y", "name", "truth"])
def test_binary_equals_sklearn_in_every_format(tmp_path, capsys, data, suffix, label):
    path = write(tmp_path / f"preds.{suffix}", data)
    found = result(capsys, "compare", path, "--label", label, "--base", "base", "--tuned", "tuned")
    assert found["task"] == "binary"
    assert "two distinct values" in found["reason"]
    assert (found["rows"], found["positives"], found["missing"]) == (N, int(data["y"].sum()), 0)
    assert found["positive_label"] == {"y": "1", "name": "ill", "truth": "True"}[label]
    base, tuned = binary_values(data["y"], data["base"]), binary_values(data["y"], data["tuned"])
    assert list(found["metrics"]) == list(base)
    for name, row in found["metrics"].items():
        assert row["base"] == pytest.approx(base[name], **TOLERANCE)
        assert row["tuned"] == pytest.approx(tuned[name], **TOLERANCE)
        assert row["difference"] == row["tuned"] - row["base"]
        assert row["verdict"] == "better"  # the data are such; see test_cli_verdicts.py


def test_formats_give_the_same_result(tmp_path, capsys, data):
    found = []
    for suffix in ("parquet", "csv", "tsv", "csv.gz", "feather", "arrow", "npz"):
        path = write(tmp_path / f"preds.{suffix}", data)
        entry = result(capsys, "compare", path, "--label", "y", "--base", "base", "--tuned", "tuned")
        entry.pop("file")
        found.append(entry)
    assert all(entry == found[0] for entry in found)


def test_weights(tmp_path, capsys, data):
    path = write(tmp_path / "preds.npz", data)
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "base", "--weight", "weight")
    expected = binary_values(data["y"], data["base"], data["weight"])
    assert {name: row["score"] for name, row in found["metrics"].items()} == pytest.approx(expected, **TOLERANCE)


def test_scores_that_are_no_probabilities(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", data)
    found = result(capsys, "compare", path, "--label", "y", "--base", "logit", "--tuned", "tuned")
    assert list(found["metrics"]) == ["roc_auc_score", "average_precision_score"]
    assert found["metrics"]["roc_auc_score"]["base"] == pytest.approx(sk.roc_auc_score(data["y"], data["logit"]))
    assert any("logit holds scores from" in note and "no probabilities" in note for note in found["notes"])


@pytest.mark.parametrize("label", ["y", "name"])
def test_predicted_labels_of_two(tmp_path, capsys, data, label):
    path = write(tmp_path / "preds.parquet", data)
    found = result(capsys, "compare", path, "--label", label, "--base", "hard", "--tuned", "tuned")
    assert list(found["metrics"]) == ["accuracy_score", "precision_score", "recall_score", "f1_score"]
    assert found["metrics"]["f1_score"]["base"] == pytest.approx(sk.f1_score(data["y"], data["hard"]))
    assert any("hard holds predicted labels" in note for note in found["notes"])
    assert "predicted labels" in error(capsys, "compare", path, "--label", label, "--base", "hard", "--tuned", "logit")


def test_predicted_labels_as_text(tmp_path, capsys, data):
    columns = data | {"said": np.array(["healthy", "ill"])[data["hard"]]}
    path = write(tmp_path / "preds.parquet", columns)
    found = result(capsys, "evaluate", path, "--label", "name", "--score", "said")
    assert found["metrics"]["recall_score"]["score"] == pytest.approx(sk.recall_score(data["y"], data["hard"]))


@pytest.mark.parametrize("values", [(-1, 1), (1, 2), (0, 1), ("healthy", "ill"), (False, True)])
@pytest.mark.parametrize("place", [0, 1])
def test_predicted_booleans(tmp_path, capsys, data, values, place):
    path = write(tmp_path / "preds.parquet", {"y": np.array(values)[data["y"]], "p": data["hard"] == 1})
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p", "--positive", values[place])
    # Beside labels that are 0 and 1 or booleans, True is that label; beside others, it is the positive one.
    hit = data["hard"] == (place if tuple(values) == (0, 1) else 1)
    expected = sk.precision_score(data["y"] == place, hit)
    assert found["metrics"]["precision_score"]["score"] == pytest.approx(expected)


@pytest.mark.parametrize(("values", "names"), [((-1, 1), ("-1", "1")), ((1, 2), ("1", "2")), ((7, -900000), None)])
def test_any_two_integers_are_binary(tmp_path, capsys, data, values, names):
    columns = {"y": np.array(sorted(values))[data["y"]], "p": data["base"]}
    found = result(capsys, "evaluate", write(tmp_path / "preds.npz", columns), "--label", "y", "--score", "p")
    assert found["task"] == "binary"
    assert found["positive_label"] == (names[1] if names else "7")
    expected = binary_values(data["y"], data["base"])
    assert {name: row["score"] for name, row in found["metrics"].items()} == pytest.approx(expected, **TOLERANCE)


def test_positive(tmp_path, capsys, data):
    path = write(tmp_path / "preds.csv", data)
    arguments = ("evaluate", path, "--label", "name", "--score", "base", "--positive")
    found = result(capsys, *arguments, "healthy")
    assert found["positive_label"] == "healthy"
    assert found["positives"] == int((1 - data["y"]).sum())
    expected = binary_values(1 - data["y"], data["base"])
    assert {name: row["score"] for name, row in found["metrics"].items()} == pytest.approx(expected, **TOLERANCE)
    assert error(capsys, *arguments, "sick") == "--positive 'sick' is no label in 'name': healthy, ill"
    message = error(capsys, "evaluate", path, "--label", "value", "--score", "guess", "--positive", "1")
    assert message.startswith("--positive makes sense for a binary task only; this one is regression")


def test_two_probabilities_per_row(tmp_path, capsys, data):
    both = np.stack([1 - data["base"], data["base"]], axis=1)
    columns = {"y": data["y"], "name": data["name"], "both": both, "p_healthy": both[:, 0], "p_ill": both[:, 1]}
    columns["logits"] = np.log(both + 0.01)
    expected = binary_values(data["y"], data["base"])
    path = write(tmp_path / "preds.npz", columns)
    for label, score in (("y", "both"), ("name", "both"), ("name", "p_"), ("y", "p_healthy,p_ill")):
        found = result(capsys, "evaluate", path, "--label", label, "--score", score)
        assert {name: row["score"] for name, row in found["metrics"].items()} == pytest.approx(expected, **TOLERANCE)
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "logits")
    assert list(found["metrics"]) == ["roc_auc_score", "average_precision_score"]
    assert found["metrics"]["roc_auc_score"]["score"] == pytest.approx(expected["roc_auc_score"])


def multiclass_values(y, p):
    best = p.argmax(axis=1)
    return {
        "accuracy_score": sk.accuracy_score(y, best),
        "precision_score_macro": sk.precision_score(y, best, average="macro"),
        "recall_score_macro": sk.recall_score(y, best, average="macro"),
        "f1_score_macro": sk.f1_score(y, best, average="macro"),
        "f1_score_weighted": sk.f1_score(y, best, average="weighted"),
        "roc_auc_score_ovr_macro": sk.roc_auc_score(y, p, multi_class="ovr"),
        "log_loss": sk.log_loss(y, p),
    }


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather", "npz"])
@pytest.mark.parametrize(
    "named",
    [("y", "base_"), ("name", "base_"), ("name", "p_"), ("y", "base_0,base_1,base_2,base_3"), ("y", "base")],
)
def test_multiclass_probabilities(tmp_path, capsys, classes, suffix, named):
    (label, base), (columns, p, q) = named, classes
    path = write(tmp_path / f"preds.{suffix}", columns)
    found = result(capsys, "compare", path, "--label", label, "--base", base, "--tuned", "tuned_")
    assert found["task"] == "multiclass"
    assert found["classes"] == 4
    for role, values in (("base", multiclass_values(columns["y"], p)), ("tuned", multiclass_values(columns["y"], q))):
        assert {name: row[role] for name, row in found["metrics"].items()} == pytest.approx(values, **TOLERANCE)


def test_a_prefix_passes_over_the_columns_of_other_roles(tmp_path, capsys, classes):
    columns, p, _ = classes
    renamed = {f"p_{animal}": p[:, k] for k, animal in enumerate(["ant", "bee", "cow", "dog"])}
    path = write(tmp_path / "a.npz", renamed | {"p_true": columns["name"], "p_weight": np.ones(N)})
    found = result(capsys, "evaluate", path, "--label", "p_true", "--score", "p_", "--weight", "p_weight")
    assert found["metrics"]["log_loss"]["score"] == pytest.approx(sk.log_loss(columns["y"], p))


def test_numbered_columns_are_in_numeric_order_whatever_the_file_says(tmp_path, capsys):
    random = np.random.default_rng(1)
    y, p = random.integers(0, 12, N), random.dirichlet(np.ones(12), N)
    columns = {f"p_{k}": p[:, k] for k in sorted(range(12), key=str)} | {"y": y, "p_text": y}
    found = result(capsys, "evaluate", write(tmp_path / "a.npz", columns), "--label", "y", "--score", "p_")
    expected = multiclass_values(y, p)
    assert {name: row["score"] for name, row in found["metrics"].items()} == pytest.approx(expected, **TOLERANCE)


@pytest.mark.parametrize("kind", [pa.list_(pa.float32(), 4), pa.list_(pa.float64()), pa.large_list(pa.float64())])
def test_multiclass_lists_in_parquet(tmp_path, capsys, classes, kind):
    columns, p, _ = classes
    path = tmp_path / "preds.parquet"
    table = pa.table({"y": columns["y"], "p": pa.array(p.tolist(), kind)})
    parquet.write_table(table, path, row_group_size=33)
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
    expected = multiclass_values(columns["y"], np.array(table["p"].to_pylist()))
    values = {name: row["score"] for name, row in found["metrics"].items()}
    assert values == pytest.approx(expected, rel=1e-6 if kind.value_type == pa.float32() else 1e-12)


def test_multiclass_labels_and_probabilities_share_what_both_have(tmp_path, capsys, classes):
    columns, p, _ = classes
    path = write(tmp_path / "preds.parquet", columns)
    for label, best in (("y", "best"), ("name", "best_name")):
        found = result(capsys, "compare", path, "--label", label, "--base", best, "--tuned", "base_")
        assert {row["verdict"] for row in found["metrics"].values()} == {"no evidence of a difference"}
        expected = multiclass_values(columns["y"], p)
        for name, row in found["metrics"].items():
            assert row["base"] == pytest.approx(expected[name], **TOLERANCE)
        assert any(f"{best} holds predicted labels" in note for note in found["notes"])


def test_a_class_that_no_row_has(tmp_path, capsys, classes):
    columns, p, _ = classes
    keep = columns["y"] != 2
    y, p = columns["y"][keep], p[keep]
    path = tmp_path / "preds.npz"
    np.savez(path, y=y, p=p)
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert found["classes"] == 3
    assert found["metrics"]["log_loss"]["score"] == pytest.approx(sk.log_loss(y, p, labels=range(4)))
    areas = [sk.roc_auc_score(y == k, p[:, k]) for k in (0, 1, 3)]
    assert found["metrics"]["roc_auc_score_ovr_macro"]["score"] == pytest.approx(np.mean(areas))
    assert any(note.startswith("recall, macro: ") for note in found["notes"])


def test_class_scores_that_are_no_probabilities(tmp_path, capsys, classes):
    columns, p, _ = classes
    for scores, said in ((np.log(p), "holds scores from"), (p * 0.5, "miss a sum of 1 by up to 0.5")):
        path = write(tmp_path / "preds.npz", {"y": columns["y"], "p": scores})
        found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
        assert "log_loss" not in found["metrics"]
        assert found["metrics"]["accuracy_score"]["score"] == sk.accuracy_score(columns["y"], p.argmax(axis=1))
        assert any(said in note for note in found["notes"])


def test_regression(tmp_path, capsys, data):
    path = write(tmp_path / "preds.feather", data)
    weight = data["weight"]
    found = result(
        capsys, "compare", path, "--label", "value", "--base", "guess", "--tuned", "base", "--weight", "weight"
    )
    assert (found["task"], found["reason"]) == ("regression", "label 'value' holds numbers that are not whole")
    for role, name in (("base", "guess"), ("tuned", "base")):
        expected = {
            "mean_squared_error": sk.mean_squared_error(data["value"], data[name], sample_weight=weight),
            "root_mean_squared_error": sk.root_mean_squared_error(data["value"], data[name], sample_weight=weight),
            "mean_absolute_error": sk.mean_absolute_error(data["value"], data[name], sample_weight=weight),
            "r2_score": sk.r2_score(data["value"], data[name], sample_weight=weight),
        }
        values = {metric: row[role] for metric, row in found["metrics"].items()}
        assert values == pytest.approx(expected, **TOLERANCE)


def test_an_undefined_value_is_null_and_noted(tmp_path, capsys):
    path = write(tmp_path / "one.npz", {"y": np.array([1.5]), "p": np.array([1.0])})
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert found["metrics"]["r2_score"]["score"] is None
    assert any(note.startswith("R²: ") for note in found["notes"])
    assert run("evaluate", path, "--label", "y", "--score", "p", "--format", "markdown") == 0
    assert "undefined" in capsys.readouterr().out


# Ranking --------------------------------------------------------------------------------------------------------------


def test_ranking_of_equal_queries_is_one_ndcg(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", data)
    found = result(
        capsys, "compare", path, "--label", "relevance", "--base", "base", "--tuned", "guess", "--group", "query"
    )
    assert (found["task"], found["reason"], found["queries"]) == ("ranking", "--group is given", 80)
    order = np.argsort(data["query"], kind="stable")
    relevance = data["relevance"][order].reshape(80, 5)
    for role, name in (("base", "base"), ("tuned", "guess")):
        score = data[name][order].reshape(80, 5)
        value = found["metrics"]["ndcg_score"][role]
        assert value == pytest.approx(sk.ndcg_score(relevance, score), **TOLERANCE)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_ranking_of_unequal_queries(tmp_path, capsys, text, in_order):
    random = np.random.default_rng(9)
    size = random.integers(1, 30, 50)
    query = np.repeat(np.arange(50), size)
    query = query if in_order else random.permutation(query)
    relevance = random.integers(0, 3, len(query)) * (query % 7 > 0)
    score = random.integers(0, 9, len(query)) / 8
    weight = 1.0 + query % 4
    columns = {"r": relevance, "s": score, "q": query.astype(str) if text else query, "w": weight}
    path = write(tmp_path / "preds.npz", columns)
    arguments = ("evaluate", path, "--label", "r", "--score", "s", "--group", "q")
    queries = [q for q in range(50) if size[q] > 1]
    for k, name in ((None, "ndcg_score"), (10, "ndcg_score_at_10")):
        each = [sk.ndcg_score([relevance[query == q]], [score[query == q]], k=k) for q in queries]
        value = result(capsys, *arguments)["metrics"][name]["score"]
        assert value == pytest.approx(np.mean(each), rel=1e-12)
        weighted = np.average(each, weights=[1.0 + q % 4 for q in queries])
        value = result(capsys, *arguments, "--weight", "w")["metrics"][name]["score"]
        assert value == pytest.approx(weighted, rel=1e-12)
    found = result(capsys, *arguments)
    bare = sum(not relevance[query == q].any() for q in range(50))
    assert found["queries_without_relevant"] == bare > 0
    assert found["queries_of_one_row"] == 50 - len(queries) > 0
    assert f"{bare} of 50 queries have no relevant row; they count as 0 in the mean" in found["notes"]
    assert any("have a single row, nothing to rank" in note for note in found["notes"])


def test_ranking_refusals(tmp_path, capsys, data):
    columns = data | {"alone": np.arange(N), "below": data["relevance"] - 1}
    path = write(tmp_path / "preds.parquet", columns)
    score = ("--score", "base")
    assert error(capsys, "evaluate", path, "--label", "y", *score, "--task", "ranking") == (
        "--task ranking needs --group, the column of query ids"
    )
    for task in ("binary", "multiclass", "regression"):
        assert error(capsys, "evaluate", path, "--label", "y", *score, "--task", task, "--group", "query") == (
            f"--group 'query' makes sense for ranking only, not for --task {task}"
        )
    ranked = ("evaluate", path, "--label", "relevance", *score, "--group")
    assert "varies within" in error(capsys, *ranked, "query", "--weight", "weight")
    assert error(capsys, *ranked, "alone") == "group column 'alone' has no query of two rows or more in 400 rows"
    negative = int((data["relevance"] == 0).sum())
    assert error(capsys, "evaluate", path, "--label", "below", *score, "--group", "query") == (
        f"label column 'below' has {negative} negative values in 400 rows; relevance is 0 or more"
    )
    assert error(capsys, "evaluate", path, "--label", "name", *score, "--group", "query") == (
        "label column 'name' holds text (400 rows); ranking needs a relevance per row"
    )


# Which task -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "score", "found"),
    [
        ([0, 1, 1, 0], [0.1, 0.2, 0.3, 0.4], ("binary", "two distinct values, 0 and 1")),
        ([0.0, 1.0, 1.0, 0.0], [0.1, 0.2, 0.3, 0.4], ("binary", "two distinct values, 0 and 1")),
        ([True, False, True, False], [0.1, 0.2, 0.3, 0.4], ("binary", "False and True")),
        (["a", "b", "c", "a"], ["a", "b", "c", "c"], ("multiclass", "text with 3 distinct values")),
        ([0, 1, 2, 0], [0, 1, 1, 1], ("multiclass", "every prediction is one of them")),
        ([0, 1, 2, 0], [0, 1, 1, 7], ("multiclass", "the predictions are whole numbers")),
        ([0, 1, 2, 0], [[0.2, 0.3, 0.5]] * 4, ("multiclass", "is one column per class")),
        ([0, 1, 2, 0], [0.5, 1.5, 1.0, 0.0], ("regression", "'p' holds numbers that are not whole")),
        ([0.5, 1.5, 2.0, 1.0], [0, 1, 2, 1], ("regression", "label 'y' holds numbers that are not whole")),
        (list(range(200)), list(range(1, 201)), ("regression", "more than 100")),
    ],
)
def test_the_task_is_worked_out(tmp_path, capsys, label, score, found):
    task, reason = found
    path = write(tmp_path / "preds.npz", {"y": np.array(label), "p": np.array(score)})
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert found["task"] == task
    assert reason in found["reason"]


def test_the_task_as_given(tmp_path, capsys, data):
    path = write(tmp_path / "preds.npz", data)
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "base", "--task", "regression")
    assert (found["task"], found["reason"]) == ("regression", "as --task says")
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "hard", "--task", "multiclass")
    assert found["metrics"]["f1_score_macro"]["score"] == pytest.approx(
        sk.f1_score(data["y"], data["hard"], average="macro")
    )


# Layout ---------------------------------------------------------------------------------------------------------------


def test_table(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", data)
    assert run("compare", path, "--label", "y", "--base", "base", "--tuned", "tuned", "--format", "table") == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == f"{path}: label 'y', base 'base', tuned 'tuned'"
    assert lines[1] == "task: binary (label 'y' has two distinct values, 0 and 1)"
    assert lines[2] == f"rows: 400, positives: {data['y'].sum()} (label 1), missing: 0"
    expected = sk.roc_auc_score(data["y"], data["base"]), sk.roc_auc_score(data["y"], data["tuned"])
    cells = [f"{expected[0]:.4f}", f"{expected[1]:.4f}", f"{expected[1] - expected[0]:+.4f}"]
    assert lines[4].startswith(f"verdict: better: ROC AUC {cells[0]} -> {cells[1]}, {cells[2]} (95 % interval ")
    assert lines[6].split() == ["metric", "base", "tuned", "difference", "95", "%", "interval", "p", "tuned", "is"]
    rows = lines[8:15]
    assert rows[0].split()[:5] == ["ROC", "AUC", *cells]
    assert rows[0].split()[-1] == "better"
    # Aligned: the numbers of each column end in the same place, and verdicts begin in one.
    assert len({row.index("]") for row in rows}) == 1
    assert len({row.index(row.split()[-1]) for row in rows}) == 1
    assert not any(line.endswith(" ") for line in lines)
    assert "\x1b" not in out


def test_markdown(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", data)
    assert run("compare", path, "--label", "value", "--base", "guess", "--tuned", "base", "--format", "markdown") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "- rows: 400, missing: 0"
    assert lines[4].startswith("**verdict: ")
    heads = ["metric", "base", "tuned", "difference", "95 % interval", "p", "tuned is"]
    assert [cell.strip() for cell in lines[6].split("|")[1:-1]] == heads
    assert set(lines[7]) == set("| -:")
    assert len({len(line) for line in lines[6:12]}) == 1


def test_a_name_with_markup_is_shown_as_it_is(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", {"y": data["y"], "[red]a|b*": data["base"]})
    for form, shown in (("table", "[red]a|b*"), ("markdown", "\\[red]a\\|b\\*")):
        assert run("evaluate", path, "--label", "y", "--score", "[red]a|b*", "--format", form) == 0
        assert shown in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "signed"),
    [(0.0, "0.0000"), (0.25, "+0.2500"), (-2.0, "-2.0000"), (1e-7, "+1.000e-07"), (3e9, "+3.000e+09")],
)
def test_number(value, signed):
    assert text.number(value, sign=True) == signed
    assert text.number(value) == signed.lstrip("+").replace("e+", "e+")


# Output ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "start"), [("o.json", "{"), ("o.md", "- "), ("o.txt", "/")])
def test_output_file(tmp_path, capsys, data, name, start):
    path, target = write(tmp_path / "preds.npz", data), tmp_path / name
    target.write_text("old")
    assert run("evaluate", path, "--label", "y", "--score", "base", "-o", target) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8").startswith(start)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["preds.npz", name])


def test_output_through_a_link_and_to_a_device(tmp_path, data):
    path = write(tmp_path / "preds.npz", data)
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert run("evaluate", path, "--label", "y", "--score", "base", "-o", tmp_path / "link.json") == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["rows"] == N
    if os.path.exists("/dev/null"):
        assert run("evaluate", path, "--label", "y", "--score", "base", "-o", "/dev/null") == 0
        assert not os.path.isfile("/dev/null")


def test_output_refusals(tmp_path, capsys, data):
    path = write(tmp_path / "preds.npz", data)
    before = path.read_bytes()
    arguments = ("evaluate", path, "--label", "y", "--score", "base", "-o")
    assert error(capsys, *arguments, path) == f"-o {path} is the file that is read"
    assert error(capsys, *arguments, tmp_path) == f"-o {tmp_path} is a folder"
    missing = tmp_path / "no" / "o.json"
    assert error(capsys, *arguments, missing) == f"-o {missing}: there is no folder {missing.parent}"
    assert path.read_bytes() == before


def test_a_failed_write_leaves_nothing(tmp_path, capsys, data, monkeypatch):
    path, target = write(tmp_path / "preds.npz", data), tmp_path / "o.json"
    target.write_text("old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    message = error(capsys, "evaluate", path, "--label", "y", "--score", "base", "-o", target)
    assert message == f"cannot write {target}: No space left on device"
    assert target.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o.json", "preds.npz"]


# Errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather", "npz"])
@pytest.mark.parametrize("column", ["value", "guess"])
def test_missing_values_are_counted(tmp_path, capsys, data, suffix, column):
    data[column][[3, 5, 399]] = np.nan
    path, target = write(tmp_path / f"preds.{suffix}", data), tmp_path / "o.json"
    message = error(capsys, "evaluate", path, "--label", "value", "--score", "guess", "-o", target)
    assert message == f"column '{column}' has 3 missing values (NaN or null) in 400 rows"
    assert not target.exists()


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather"])
def test_nulls_in_any_column_are_missing(tmp_path, capsys, suffix):
    table = pa.table(
        {
            "y": pa.array([0, 1, None, 1]),
            "p": pa.array([0.5, None, None, 0.1]),
            "t": pa.array(["a", "b", "a", None]),
            "d": pa.array(["a", "b", "a", None]).dictionary_encode(),
            "n": pa.nulls(4),
            "b": pa.array([True, None, None, None]),
        }
    )
    path = tmp_path / f"preds.{suffix}"
    if suffix == "csv":
        csv.write_csv(table.set_column(3, "d", table["t"]), path)
    elif suffix == "parquet":
        parquet.write_table(table, path)
    else:
        feather.write_feather(table, str(path))
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "p") == (
        "column 'y' has 1 missing value (NaN or null), column 'p' has 2 missing values (NaN or null) in 4 rows"
    )
    for column, count in (("t", "1 missing value"), ("d", "1 missing value"), ("n", "4 missing values"), ("b", "3 m")):
        assert f"column '{column}' has {count}" in error(capsys, "evaluate", path, "--label", column, "--score", "p")


def test_missing_values_in_lists_groups_and_weights(tmp_path, capsys):
    lists = pa.array([[0.5, 0.5], [None, 0.5], [math.nan, 1.0], None], pa.list_(pa.float64()))
    table = pa.table({"y": [0, 1, 0, 1], "p": [0.1, 0.2, 0.3, 0.4], "l": lists, "g": pa.array([1, 1, None, None])})
    path = tmp_path / "preds.parquet"
    parquet.write_table(table, path)
    assert "column 'l' has 3 missing values" in error(capsys, "evaluate", path, "--label", "y", "--score", "l")
    for flag in ("--group", "--weight"):
        message = error(capsys, "evaluate", path, "--label", "y", "--score", "p", flag, "g")
        assert message == "column 'g' has 2 missing values (NaN or null) in 4 rows"


def test_infinite_values(tmp_path, capsys, data):
    data["guess"][7] = np.inf
    path = write(tmp_path / "preds.parquet", data)
    message = error(capsys, "evaluate", path, "--label", "value", "--score", "guess")
    assert message == "column 'guess' has 1 infinite value in 400 rows"


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather", "arrow", "npz"])
def test_wrong_column(tmp_path, capsys, data, suffix):
    path = write(tmp_path / f"preds.{suffix}", {name: data[name] for name in ("y", "base", "tuned")})
    tail = "columns: y, base, tuned"
    assert error(capsys, "compare", path, "--label", "y", "--base", "Bsae", "--tuned", "tuned") == (
        f"preds.{suffix} has no column 'Bsae'; did you mean 'base'? {tail}"
    )
    for flag in ("--label", "--tuned", "--group", "--weight"):
        arguments = {"--label": "y", "--base": "base", "--tuned": "tuned"} | {flag: "zzz"}
        flat = [part for pair in arguments.items() for part in pair]
        assert error(capsys, "compare", path, *flat) == f"preds.{suffix} has no column 'zzz'; {tail}"
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "base,zzz") == (
        f"preds.{suffix} has no column 'zzz'; {tail}"
    )


def test_many_columns_are_not_all_listed(tmp_path, capsys):
    path = write(tmp_path / "preds.npz", {f"{letter}{i}": np.arange(3) for letter in "xy" for i in range(15)})
    assert error(capsys, "evaluate", path, "--label", "?", "--score", "x0").endswith(", y4, and 10 more")


def test_a_prefix_that_names_no_classes(tmp_path, capsys, classes):
    path = write(tmp_path / "preds.npz", classes[0])
    for prefix, shown in (("b", "best, best_name, base_0, base_1, base_2, ..."), ("p_", "p_ant, p_bee, p_cow, p_dog")):
        message = error(capsys, "evaluate", path, "--label", "y", "--score", prefix)
        assert message == (
            f"there is no column {prefix!r}, and those that start so ({shown}) do not end in the 4 classes of 'y' "
            "(0, 1, 2, 3)"
        )
    three = {name: x for name, x in classes[0].items() if name != "base_3"}
    message = error(capsys, "evaluate", write(tmp_path / "b.npz", three), "--label", "y", "--score", "base_")
    assert message == (
        "there is no column 'base_', and those that start so (base_0, base_1, base_2) do not end in the 4 classes of "
        "'y' (0, 1, 2, 3)"
    )


def test_one_column_in_two_roles(tmp_path, capsys, data):
    path = write(tmp_path / "preds.npz", data)
    assert error(capsys, "compare", path, "--label", "y", "--base", "base", "--tuned", "base") == (
        "--base and --tuned both name column 'base'"
    )
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "y") == "--label and --score both name column 'y'"


@pytest.mark.parametrize("task", [None, "binary", "multiclass"])
def test_one_class_only(tmp_path, capsys, data, task):
    path = write(tmp_path / "preds.parquet", {"y": np.ones(N, dtype=int), "p": data["base"]})
    extra = () if task is None else ("--task", task)
    message = error(capsys, "evaluate", path, "--label", "y", "--score", "p", *extra)
    assert message.startswith("column 'y' has one class only (1) in 400 rows")


def test_labels_that_do_not_fit_the_task(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", data)
    assert error(capsys, "evaluate", path, "--label", "relevance", "--score", "base", "--task", "binary") == (
        "label column 'relevance' has 4 distinct values (0, 1, 2, 3) in 400 rows; --task binary needs two"
    )
    for task in ("binary", "multiclass"):
        assert error(capsys, "evaluate", path, "--label", "value", "--score", "base", "--task", task) == (
            f"label column 'value' holds numbers that are not whole (400 rows); --task {task} needs labels"
        )
    assert error(capsys, "evaluate", path, "--label", "name", "--score", "base", "--task", "regression") == (
        "label column 'name' holds text (400 rows); regression needs one number per row"
    )
    assert error(capsys, "evaluate", path, "--label", "value", "--score", "name") == (
        "column 'name' holds text (400 rows); regression needs one number per row"
    )
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "name") == (
        "column 'name' holds text that is no label in 'y' (healthy, ill; 400 rows); scores are numbers"
    )
    assert error(capsys, "evaluate", path, "--label", "relevance", "--score", "name") == (
        "column 'name' holds text (healthy, ill), label 'relevance' numbers (0, 1, 2, 3); in 400 rows none can agree"
    )
    assert error(capsys, "evaluate", path, "--label", "relevance", "--score", "base", "--task", "multiclass") == (
        "column 'base' holds numbers that are not whole (400 rows); a multiclass task needs predicted labels, or one "
        "column of probabilities per class"
    )


def test_weights_that_are_none(tmp_path, capsys, data):
    path = write(tmp_path / "preds.parquet", data | {"zero": np.zeros(N), "less": data["weight"] - 0.5})
    arguments = ("evaluate", path, "--label", "y", "--score", "base", "--weight")
    assert error(capsys, *arguments, "zero") == "weight column 'zero' is zero in all 400 rows"
    negative = int((data["weight"] < 0.5).sum())
    assert error(capsys, *arguments, "less") == f"weight column 'less' has {negative} negative values in 400 rows"
    assert error(capsys, *arguments, "name") == "weight column 'name' holds text, not numbers (400 rows)"


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather", "arrow", "npz"])
def test_no_rows(tmp_path, capsys, suffix):
    path = write(tmp_path / f"preds.{suffix}", {"y": np.zeros(0), "p": np.zeros(0)})
    message = error(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert message == f"preds.{suffix} has 0 rows (columns 'y', 'p')"


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather", "npz"])
def test_unreadable_files(tmp_path, capsys, suffix):
    path = tmp_path / f"preds.{suffix}"
    arguments = ("evaluate", path, "--label", "y", "--score", "p")
    assert error(capsys, *arguments) == f"there is no file {path}"
    path.write_bytes(b"")
    assert error(capsys, *arguments) == f"{path} is empty (0 bytes)"
    path.write_bytes(b"y,p\n1,2\n3\n" + bytes(range(256)))
    assert error(capsys, *arguments).startswith(f"cannot read {path} as ")


@pytest.mark.parametrize("suffix", ["parquet", "feather", "arrow", "npz"])
def test_truncated_files(tmp_path, capsys, data, suffix):
    path = write(tmp_path / f"preds.{suffix}", data)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    error(capsys, "evaluate", path, "--label", "y", "--score", "base")


def test_unsupported_files(tmp_path, capsys):
    path = tmp_path / "preds.xlsx"
    path.write_bytes(b"PK\x03\x04 and so on")
    message = error(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert message.startswith(f"cannot tell the type of {path} from its name; Parquet (.parquet), CSV")
    assert error(capsys, "evaluate", tmp_path, "--label", "y", "--score", "p").endswith(
        "is a folder without a Parquet file (.parquet)"
    )


def test_the_content_tells_where_the_name_does_not(tmp_path, capsys, data):
    for suffix in ("parquet", "feather"):
        path = write(tmp_path / f"preds.{suffix}", data)
        path = path.rename(tmp_path / f"part-{suffix}")
        assert result(capsys, "evaluate", path, "--label", "y", "--score", "base")["rows"] == N


def test_types_that_hold_no_predictions(tmp_path, capsys):
    path = tmp_path / "preds.parquet"
    stamps = pa.array([0, 1], pa.timestamp("us"))
    ragged = pa.array([[0.5], [0.2, 0.3]])
    nested = pa.array([{"a": 1}, {"a": 2}])
    parquet.write_table(pa.table({"y": [0, 1], "t": stamps, "r": ragged, "s": nested, "e": [[0.1, 0.2]] * 2}), path)
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "t") == (
        "column 't' is of type timestamp[us]; numbers, booleans, text or lists of numbers are read"
    )
    assert "column 's' is of type struct<a: int64>" in error(capsys, "evaluate", path, "--label", "y", "--score", "s")
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "r") == (
        "column 'r' has lists of 1 to 2 values in 2 rows; they must be equally long"
    )
    assert error(capsys, "evaluate", path, "--label", "e", "--score", "y") == (
        "label column 'e' holds lists of 2 numbers, not one label"
    )


def test_arrays_that_hold_no_predictions(tmp_path, capsys):
    path = tmp_path / "preds.npz"
    y = np.array([0, 1, 0])
    np.savez(path, y=y, o=np.array([1, "a", None], dtype=object), s=np.array(1.0), n=np.zeros(2), c=y + 1j)
    arguments = ("evaluate", path, "--label", "y", "--score")
    assert error(capsys, *arguments, "o") == "column 'o' is an array of Python objects, not of numbers or text"
    assert error(capsys, *arguments, "s").startswith("column 's' is a 0-D array of float64; columns are 1-D or 2-D")
    assert error(capsys, *arguments, "c").startswith("column 'c' is a 1-D array of complex128")
    assert error(capsys, *arguments, "n") == "arrays differ in length: 'y' has 3 rows, 'n' has 2"


def test_types_that_are_converted(tmp_path, capsys, data):
    expected = binary_values(data["y"], data["base"])
    table = pa.table(
        {
            "y": pa.array(data["y"], pa.int8()),
            "u": pa.array(data["y"], pa.uint64()),
            "i": pa.array(data["y"]).dictionary_encode(),
            "text": pa.array(data["name"].astype(object)).dictionary_encode(),
            "large": pa.array(data["name"].astype(object), pa.large_string()),
            "bytes": pa.array([name.encode() for name in data["name"]]),
            "d": pa.array(data["base"]).cast(pa.decimal128(10, 3)),
        }
    )
    path = tmp_path / "preds.parquet"
    parquet.write_table(table, path)
    for label in table.column_names[:-1]:
        found = result(capsys, "evaluate", path, "--label", label, "--score", "d")
        assert {name: row["score"] for name, row in found["metrics"].items()} == pytest.approx(expected, **TOLERANCE)


def test_categories_that_no_row_has(tmp_path, capsys):
    texts = pa.DictionaryArray.from_arrays(pa.array([1, 2, 1, 2]), pa.array(["unused", "no", "yes"]))
    feather.write_feather(pa.table({"y": texts, "p": [0.1, 0.9, 0.2, 0.8]}), str(tmp_path / "a.feather"))
    found = result(capsys, "evaluate", tmp_path / "a.feather", "--label", "y", "--score", "p")
    assert (found["task"], found["positive_label"]) == ("binary", "yes")


def test_a_column_that_is_there_twice(tmp_path, capsys):
    path = tmp_path / "preds.csv"
    path.write_text("y,p,p\n0,0.1,0.2\n1,0.3,0.4\n")
    assert error(capsys, "evaluate", path, "--label", "y", "--score", "p") == "preds.csv has 2 columns named 'p'"


def test_csv_types_are_settled_over_the_whole_file(tmp_path, capsys):
    path = tmp_path / "preds.csv"
    many = 200_000
    path.write_text("y,p\n" + "0,0\n1,1\n" * many + "1,0.25\n")
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert found["rows"] == 2 * many + 1
    assert "log_loss" in found["metrics"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["judge"], "invalid choice: 'judge'"),
        (["compare", "a.npz", "--label", "y", "--base", "b"], "the following arguments are required: --tuned"),
        (["evaluate", "a.npz", "--label", "y"], "the following arguments are required: --score"),
        (["evaluate", "a.npz", "--label", "y", "--score", "p", "--task", "guess"], "invalid choice: 'guess'"),
        (["evaluate", "a.npz", "--label", "y", "--scor", "p"], "the following arguments are required: --score"),
    ],
)
def test_usage_errors(capsys, arguments, message):
    assert message in error(capsys, *arguments)


def test_a_class_without_weight_is_noted(tmp_path, capsys, data):
    weight = (data["y"] == 0).astype(float)
    path = write(tmp_path / "preds.npz", {"y": data["y"], "p": data["base"], "w": weight})
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p", "--weight", "w")
    assert found["metrics"]["roc_auc_score"]["score"] is None
    assert any(note.startswith("ROC AUC: No positive samples") for note in found["notes"])


def test_a_metric_that_refuses_is_one_line(tmp_path, capsys, data, monkeypatch):
    def refuse(*_, **__):
        raise ValueError("no such thing\nas this")

    monkeypatch.setattr(trueval, "accuracy_score", refuse)
    path = write(tmp_path / "preds.npz", data)
    message = error(capsys, "evaluate", path, "--label", "y", "--score", "base")
    assert message == "accuracy: no such thing"


@pytest.mark.parametrize("dtype", ["f2", ">f4", "g", "i1", ">u8", "u8"])
def test_any_dtype_of_labels_and_scores(tmp_path, capsys, data, dtype):
    score = data["base"].astype(dtype) if np.dtype(dtype).kind == "f" else (data["base"] * 100).astype(dtype)
    path = write(tmp_path / "preds.npz", {"y": data["y"].astype(dtype), "p": score})
    found = result(capsys, "evaluate", path, "--label", "y", "--score", "p")
    assert (found["task"], found["positive_label"]) == ("binary", "1")
    expected = sk.roc_auc_score(data["y"], score.astype(np.float64))
    assert found["metrics"]["roc_auc_score"]["score"] == pytest.approx(expected, **TOLERANCE)


def test_interrupt(tmp_path, capsys, data, monkeypatch):
    path, target = write(tmp_path / "preds.npz", data), tmp_path / "o.json"

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "prepare", interrupt)
    assert run("evaluate", path, "--label", "y", "--score", "base", "-o", target) == 130
    assert capsys.readouterr().err == "trueval: interrupted\n"
    assert not target.exists()


# Reading --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather", "arrow", "npz"])
def test_progress_ends_at_the_total(tmp_path, data, suffix):
    path, seen = write(tmp_path / f"preds.{suffix}", data), []
    with _tables.open_table(path) as table:
        columns = table.read(["base", "y"], lambda done, total: seen.append((done, total)))
    assert set(columns) == {"base", "y"}
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] or suffix == "arrow"


def test_nothing_but_the_columns_named_is_read(tmp_path, capsys, data):
    # Were "stamp" read, its type would be refused.
    table = pa.table({name: data[name] for name in ("y", "base")} | {"stamp": pa.array([0] * N, pa.timestamp("us"))})
    parquet.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, str(tmp_path / "a.feather"))
    for name in ("a.parquet", "a.feather"):
        with _tables.open_table(tmp_path / name) as opened:
            assert opened._load(["base"], None).column_names == ["base"]
        assert result(capsys, "evaluate", tmp_path / name, "--label", "y", "--score", "base")["rows"] == N


def test_codes_of_wide_and_narrow_labels():
    for values in ([3, -4, 3, 9], [-(2**62), 2**62, 0, 0], [2**63 + 5, 2**63 + 1, 2**63 + 5, 2**63 + 2]):
        array = np.array(values)
        labels = _tasks.find_labels(_tables.Column("y", array))
        assert labels.distinct == sorted(set(values))
        assert [labels.distinct[code] for code in labels.codes(labels.distinct)] == values


# Processes ------------------------------------------------------------------------------------------------------------


def test_module_runs(tmp_path, data):
    path = write(tmp_path / "preds.npz", data)
    command = [sys.executable, "-m", "trueval"]
    done = subprocess.run(
        [*command, "compare", path, "--label", "y", "--base", "base", "--tuned", "tuned", "--format", "json"],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["rows"] == N
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("trueval ")
    assert "backend" in done.stdout
    done = subprocess.run([*command, "compare", "--help"], capture_output=True, text=True, check=True)
    assert "--base base_ stands for base_0 ... base_9" in done.stdout
    done = subprocess.run(
        [*command, "evaluate", "no.npz", "--label", "y", "--score", "p"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "trueval: error: there is no file no.npz\n")


def test_numpy_alone_is_enough_for_npz(tmp_path, data):
    path = write(tmp_path / "preds.npz", data)
    arguments = ("compare", path, "--label", "name", "--base", "base", "--tuned", "tuned")
    done = subprocess_run(*arguments, blocked=("pyarrow", "rich", "sklearn", "scipy", "pandas"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "| ROC AUC " in done.stdout
    done = subprocess_run(*arguments, "--format", "table", blocked=("rich",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "trueval: error: --format table needs rich: pip install 'trueval[cli]' (or --format markdown)\n"
    )


@pytest.mark.parametrize("suffix", ["parquet", "csv", "feather"])
def test_without_pyarrow_the_extra_is_named(tmp_path, data, suffix):
    path = write(tmp_path / f"preds.{suffix}", data)
    done = subprocess_run("evaluate", path, "--label", "y", "--score", "base", blocked=("pyarrow",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("needs pyarrow: pip install 'trueval[cli]' (NPZ files need NumPy alone)\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_stdout(tmp_path, data, encoding):
    path = write(tmp_path / "preds.parquet", data)
    arguments = ("evaluate", path, "--label", "value", "--score", "guess")
    done = subprocess_run(*arguments, env=os.environ | {"PYTHONIOENCODING": encoding}, encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "MSE" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_goes_away(tmp_path, data):
    path = write(tmp_path / "preds.npz", data)
    read, end = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "trueval", "evaluate", path, "--label", "y", "--score", "base"]
    with os.fdopen(end, "wb") as stdout:
        done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
