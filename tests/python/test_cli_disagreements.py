"""The rows that ``trueval compare --disagreements`` lists."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trueval import cli
from trueval.inspection import disagreements

N = 300


def run(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    status = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def data() -> dict[str, Any]:
    random = np.random.default_rng(3)
    y = random.integers(0, 2, N)
    margin = np.where(random.random(N) < 0.1, -1, 1) * (4.0 * y - 2.0)
    base, tuned = (1 / (1 + np.exp(-margin - random.normal(0, 2, N))) for _ in range(2))
    animal = np.array(["cat", "dog", "eel"])[random.integers(0, 3, N)]
    answers = random.dirichlet(np.ones(3), (2, N)) + 0.3 * (animal[:, None] == ["cat", "dog", "eel"])
    answers /= answers.sum(axis=2, keepdims=True)
    return {
        "y": np.where(y, "spam", "ham, or eggs"),
        "base": base,
        "tuned": tuned,
        "hard": (base > 0.3).astype(int),
        "logit": margin,
        "value": margin + 0.5,
        "animal": animal,
        "first": answers[0],
        "second": answers[1],
        "site": np.array(["north", "south"])[random.integers(0, 2, N)],
    }


@pytest.fixture
def file(tmp_path: Path, data: dict[str, Any]) -> Path:
    np.savez(tmp_path / "rows.npz", **data)
    return tmp_path / "rows.npz"


def listed(capsys: Any, file: Path, *arguments: Any) -> tuple[list[dict[str, str]], str]:
    to = file.parent / "rows.csv"
    status, out, err = run(capsys, "compare", file, *arguments, "--disagreements", to, "--format", "markdown")
    assert (status, err) == (0, "")
    return list(csv.DictReader(io.StringIO(to.read_text("utf-8")))), out


def kinds(rows: list[dict[str, str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {kind: [] for kind in ("broken", "fixed", "moved", "suspect")}
    for row in rows:
        found[row["kind"]].append(int(row["row"]))
    return found


def test_binary(capsys: Any, file: Path, data: dict[str, Any]) -> None:
    rows, out = listed(capsys, file, "--label", "y", "--base", "base", "--tuned", "tuned", "--slice", "site")
    known = disagreements(data["y"], data["base"], data["tuned"])
    assert kinds(rows) == {kind: getattr(known, kind).tolist() for kind in ("broken", "fixed", "moved", "suspect")}
    assert min(len(known.broken), len(known.fixed), len(known.suspect)) > 0
    assert known.summary in out
    for row in rows:
        i = int(row["row"])
        assert (row["y"], row["site"]) == (data["y"][i], data["site"][i])
        for model in ("base", "tuned"):
            assert row[model] == ("spam" if data[model][i] >= 0.5 else "ham, or eggs")
            assert float(row[f"{model} confidence"]) == pytest.approx(max(data[model][i], 1 - data[model][i]), rel=1e-5)


def test_the_positive_label_does_not_matter(capsys: Any, file: Path, data: dict[str, Any]) -> None:
    np.savez(file, **(data | {"base": 1 - data["base"], "tuned": 1 - data["tuned"]}))
    arguments = ["--label", "y", "--base", "base", "--tuned", "tuned", "--positive", "ham, or eggs"]
    rows, _ = listed(capsys, file, *arguments)
    known = disagreements(data["y"], data["base"], data["tuned"])
    assert kinds(rows)["fixed"] == known.fixed.tolist()
    assert sorted(kinds(rows)["suspect"]) == sorted(known.suspect.tolist())


def test_multiclass_from_a_matrix_and_labels(capsys: Any, file: Path, data: dict[str, Any]) -> None:
    rows, _ = listed(capsys, file, "--label", "animal", "--base", "first", "--tuned", "second")
    known = disagreements(data["animal"], data["first"], data["second"])
    assert kinds(rows) == {kind: getattr(known, kind).tolist() for kind in ("broken", "fixed", "moved", "suspect")}
    assert len(known.moved) > 0
    names = np.array(["cat", "dog", "eel"])
    assert all(row["tuned"] == names[data["second"][int(row["row"])].argmax()] for row in rows)


def test_predicted_labels_do_not_tell_how_sure_they_are(capsys: Any, file: Path, data: dict[str, Any]) -> None:
    rows, out = listed(capsys, file, "--label", "y", "--base", "hard", "--tuned", "tuned")
    assert kinds(rows)["fixed"]
    assert not kinds(rows)["suspect"]
    assert {row["base confidence"] for row in rows} == {""}
    assert "0 labels look wrong" in out


def test_columns_are_shown_beside(capsys: Any, file: Path, data: dict[str, Any]) -> None:
    np.savez(file, **data, id=np.arange(1000, 1000 + N), text=np.char.add("row, ", np.arange(N).astype(str)))
    arguments = ["--label", "y", "--base", "base", "--tuned", "tuned"]
    rows, out = listed(capsys, file, *arguments, "--show", "id", "--show", "text")
    assert all((row["id"], row["text"]) == (str(1000 + int(row["row"])), f"row, {row['row']}") for row in rows)
    assert " where " not in out, "they are no slices"
    status, _, err = run(capsys, "compare", file, *arguments, "--show", "id")
    assert status == 2
    assert "--show takes --disagreements" in err


@pytest.fixture
def parquet(file: Path, data: dict[str, Any]) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="conditions and parts are for Parquet and Arrow")
    path = file.with_suffix(".parquet")
    columns = {name: data[name] for name in ("y", "base", "tuned", "site")}
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(columns), path)
    return path


def test_rows_are_numbered_among_those_that_are_compared(capsys: Any, parquet: Path, data: dict[str, Any]) -> None:
    arguments = ["--label", "y", "--base", "base", "--tuned", "tuned", "--where", "site = 'north'"]
    rows, _ = listed(capsys, parquet, *arguments)
    kept = data["site"] == "north"
    known = disagreements(data["y"][kept], data["base"][kept], data["tuned"][kept])
    assert kinds(rows)["broken"] == known.broken.tolist()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "value", "--base", "logit", "--tuned", "base"], "this one is regression"),
        (["--label", "y", "--base", "base", "--tuned", "logit"], "column 'logit' holds scores from"),
    ],
)
def test_refusals(capsys: Any, file: Path, arguments: list[str], words: str) -> None:
    to = file.parent / "rows.csv"
    status, out, err = run(capsys, "compare", file, *arguments, "--disagreements", to)
    assert (status, out) == (2, "")
    assert err.startswith("trueval: error: --disagreements: ")
    assert words in err
    assert not to.exists()


def test_outputs_are_not_written_over_one_another(capsys: Any, file: Path) -> None:
    arguments = ["compare", file, "--label", "y", "--base", "base", "--tuned", "tuned", "--disagreements"]
    for others, words in (
        ([file], "is the file that is read"),
        ([file.parent], "is a folder"),
        ([file.parent / "a.csv", "-o", file.parent / "a.csv"], "-o and --disagreements both name"),
    ):
        status, out, err = run(capsys, *arguments, *others)
        assert (status, out) == (2, "")
        assert words in err


def test_a_table_read_in_parts_is_refused(capsys: Any, parquet: Path) -> None:
    arguments = ["--label", "y", "--base", "base", "--tuned", "tuned", "--memory", "64MB"]
    status, _, err = run(capsys, "compare", parquet, *arguments, "--disagreements", parquet.with_suffix(".csv"))
    assert status == 2
    assert "read in parts" in err
