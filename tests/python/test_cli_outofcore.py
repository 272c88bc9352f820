"""Tables that are read in parts: the same report as in memory, within the limit, and nothing left behind."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import csv, feather, ipc, parquet
from trueval import _outofcore, _tables, _where, cli
from trueval._outofcore import stream, survey
from trueval._tables import open_table

N = 1200
MEMORY = ("--memory", "64MB")


def run(*arguments: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([*map(str, arguments)])
    return status, out.getvalue(), err.getvalue()


def report(*arguments: Any) -> Any:
    """The JSON of a run, with few replicates."""
    status, out, err = run(*arguments, "--format", "json", "--resamples", 49)
    assert (status, err) == (0, "")
    found = json.loads(out)
    found.pop("file")
    return found


def refusal(*arguments: Any) -> str:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    return err.removeprefix("trueval: error: ").rstrip("\n")


def columns(n: int = N, seed: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    y = (random.random(n) < 0.3).astype(np.int64)
    noise = random.normal(size=n)
    base = 1 / (1 + np.exp(-(1.5 * y - 1 + noise)))
    tuned = 1 / (1 + np.exp(-(2.0 * y - 1 + noise + 0.3 * random.normal(size=n))))
    kind = random.integers(0, 4, n)
    before, after = random.dirichlet(np.ones(4), n), 0.6 * random.dirichlet(np.ones(4), n)
    after[np.arange(n), kind] += 0.4
    animals = np.array(["ant", "bee", "cow", "dog"])
    return {
        "y": y,
        "name": np.array(["healthy", "ill"])[y],
        "truth": y == 1,
        "base": base,
        "tuned": tuned,
        "narrow": base.astype(np.float32),
        "rounded": np.round(tuned, 1),
        "logit": np.log(base / (1 - base)),
        "count": (1000 * tuned).astype(np.int32),
        "hard": (base > 0.5).astype(np.int64),
        "flag": tuned > 0.5,
        "word": np.array(["healthy", "ill"])[(tuned > 0.4).astype(int)],
        "weight": random.integers(0, 5, n) / 4,
        "site": np.array(["north", "south", "west"])[random.integers(0, 3, n)],
        "rare": np.array([f"r{i:02}" for i in range(30)])[np.minimum(random.geometric(0.15, n), 30) - 1],
        "value": noise,
        "near": noise + 0.5 * random.normal(size=n),
        "far": noise + 0.7 * random.normal(size=n),
        "kind": kind,
        "animal": animals[kind],
        "guess": animals[before.argmax(axis=1)],
        "better": animals[after.argmax(axis=1)],
        "pair": np.stack([1 - base, base], axis=1),
        "list": after,
        **{f"b_{i}": before[:, i] for i in range(4)},
        **{f"t_{i}": after[:, i] for i in range(4)},
        **{f"a_{animal}": after[:, i] for i, animal in enumerate(animals)},
    }


def table_of(data: dict[str, Any]) -> Any:
    return pa.table({name: list(x) if x.ndim > 1 else x for name, x in data.items()})


def write_folder(folder: Path, table: Any, cuts: list[int], row_group: int = 130) -> Path:
    """Write a table as several files, cut after the rows of the given numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    edges = [0, *sorted(cuts), len(table)]
    for i, (start, stop) in enumerate(pairwise(edges)):
        parquet.write_table(table.slice(start, stop - start), folder / f"part-{i:03}.parquet", row_group_size=row_group)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("folder") / "data", table_of(columns()), [100, 101, 700])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 97 rows."""
    monkeypatch.setattr(_outofcore, "_rows_of_batch", lambda *_: 97)


CASES = {
    "probabilities": ("compare", "--label", "y", "--base", "base", "--tuned", "tuned"),
    "probabilities of words": ("compare", "--label", "name", "--base", "base", "--tuned", "tuned"),
    "the smaller label": ("compare", "--label", "name", "--base", "base", "--tuned", "tuned", "--positive", "healthy"),
    "truth in booleans": ("compare", "--label", "truth", "--base", "narrow", "--tuned", "rounded"),
    "scores": ("compare", "--label", "y", "--base", "logit", "--tuned", "count"),
    "two columns": ("compare", "--label", "y", "--base", "pair", "--tuned", "base"),
    "labels": ("compare", "--label", "y", "--base", "hard", "--tuned", "flag"),
    "labels in words": ("compare", "--label", "name", "--base", "hard", "--tuned", "word"),
    "weights": ("compare", "--label", "y", "--base", "base", "--tuned", "tuned", "--weight", "weight"),
    "weighted labels": ("compare", "--label", "y", "--base", "hard", "--tuned", "flag", "--weight", "weight"),
    "slices": ("compare", "--label", "y", "--base", "base", "--tuned", "tuned", "--slice", "site", "--slice", "rare"),
    "slices of labels": ("compare", "--label", "y", "--base", "hard", "--tuned", "flag", "--slice", "kind"),
    "margin": ("compare", "--label", "y", "--base", "base", "--tuned", "tuned", "--margin", "0.2"),
    "metric": (
        "compare",
        "--label",
        "y",
        "--base",
        "base",
        "--tuned",
        "tuned",
        "--metric",
        "log_loss",
        "--slice",
        "site",
    ),
    "one model": ("evaluate", "--label", "y", "--score", "base"),
    "one model with weights": ("evaluate", "--label", "y", "--score", "base", "--weight", "weight"),
    "classes": ("compare", "--label", "kind", "--base", "b_", "--tuned", "t_"),
    "classes in words": ("compare", "--label", "animal", "--base", "guess", "--tuned", "better", "--slice", "site"),
    "classes by name": ("compare", "--label", "animal", "--base", "guess", "--tuned", "a_"),
    "classes in lists": ("compare", "--label", "kind", "--base", "b_", "--tuned", "list", "--weight", "weight"),
    "one model of classes": ("evaluate", "--label", "kind", "--score", "list"),
    "areas of classes by slice": (
        *("compare", "--label", "kind", "--base", "b_", "--tuned", "t_"),
        *("--metric", "roc_auc_score_ovr_macro", "--slice", "site"),
    ),
    "numbers": ("compare", "--label", "value", "--base", "near", "--tuned", "far"),
    "weighted numbers": ("compare", "--label", "value", "--base", "near", "--tuned", "far", "--weight", "weight"),
    "numbers by slice": ("compare", "--label", "value", "--base", "near", "--tuned", "far", "--slice", "site"),
    "one model of numbers": ("evaluate", "--label", "value", "--score", "near"),
    "whole numbers": ("compare", "--label", "count", "--base", "near", "--tuned", "far", "--task", "regression"),
}


def same(found: Any, expected: Any, rel: float = 1e-11, path: str = "", scale: float = 0.0) -> None:
    """Equal reports: to the bit but for sums of floats, which parts add up in another order.

    Differences and their bounds are as near as the values that they are the differences of.
    """
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), path
        scale = max([abs(expected[key]) for key in ("base", "tuned", "score") if expected.get(key)], default=0.0)
        for key, value in expected.items():
            same(found[key], value, rel, f"{path}/{key}", scale if key != "pvalue" else 0.0)
    elif isinstance(expected, list):
        assert len(found) == len(expected), path
        for i, value in enumerate(expected):
            same(found[i], value, rel, f"{path}/{i}", scale)
    elif isinstance(expected, float) and isinstance(found, float):
        assert found == pytest.approx(expected, rel=rel, abs=max(1e-14, rel * scale)), path
    else:
        assert found == expected, path


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("small")
def test_the_report_is_that_of_rows_in_memory(folder: Path, case: str) -> None:
    command, *rest = CASES[case]
    expected = report(command, folder, *rest)
    found = report(command, folder, *rest, *MEMORY)
    same(found, expected)
    for row, own in zip(found["metrics"], expected["metrics"], strict=True):
        if row["metric"] in ("roc_auc_score", "average_precision_score", "accuracy_score", "f1_score"):
            exact = ("base", "tuned") if command == "compare" else ("score",)
            if "--weight" not in rest:
                assert [row[name] for name in exact] == [own[name] for name in exact]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cuts=st.lists(st.integers(0, 300), max_size=5),
    row_group=st.integers(1, 200),
    rows=st.integers(1, 400),
    case=st.sampled_from(["probabilities", "labels", "classes", "numbers", "slices", "weights"]),
)
def test_however_the_rows_are_split(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], row_group: int, rows: int, case: str
) -> None:
    command, *rest = CASES[case]
    path = tmp_path_factory.mktemp("split")
    table = table_of(columns(300))
    whole = path / "whole.parquet"
    parquet.write_table(table, whole)
    split = write_folder(path / "split", table, cuts, row_group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_outofcore, "_rows_of_batch", lambda *_: rows)
        same(report(command, split, *rest, *MEMORY), report(command, whole, *rest))


# What comes from a sample ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", ["probabilities", "weights", "classes", "numbers", "one model", "one model of numbers"]
)
@pytest.mark.usefixtures("small")
def test_values_are_exact_and_errors_near_where_rows_are_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    command, *rest = CASES[case]
    parquet.write_table(table_of(columns(20_000)), tmp_path / "long.parquet", row_group_size=3000)
    monkeypatch.setattr(_outofcore, "_rows_of_batch", lambda *_: 1499)
    expected = report(command, tmp_path / "long.parquet", *rest)
    monkeypatch.setattr(stream, "SAMPLE", 6000)
    found = report(command, tmp_path / "long.parquet", *rest, *MEMORY)
    noted = [note for note in found["notes"] if "6000 random rows, scaled to 20000" in note]
    assert len(noted) == (case not in ("numbers", "one model of numbers"))
    for row, own in zip(found["metrics"], expected["metrics"], strict=True):
        value = {key: row[key] for key in ("base", "tuned", "difference", "score") if key in row}
        same(value, {key: own[key] for key in value})
        # From 6,000 rows a standard error has one of 2 to 3 %; sums differ from a jackknife by terms of 1 / n; that of
        # 49 replicates has one of 10 %.
        sampled = row["metric"].startswith(("roc_auc", "average_precision")) or "--weight" in rest
        near = 0.4 if own["method"] == "bootstrap-bca" else 0.1 if sampled else 0.02
        assert row["standard_error"] == pytest.approx(own["standard_error"], rel=near)
        low, high = own["confidence_interval"]
        assert row["confidence_interval"] == pytest.approx([low, high], abs=near * (high - low))


@pytest.mark.usefixtures("small")
def test_numbers_whose_squares_are_infinite(tmp_path: Path) -> None:
    data = columns()
    # So near one another that the squares of their differences are finite.
    data["far"] = data["near"] + 1e-8 * data["far"]
    path = tmp_path / "huge.parquet"
    parquet.write_table(pa.table({name: data[name] * 1e160 for name in ("value", "near", "far")}), path)
    call = ("compare", path, "--label", "value", "--base", "near", "--tuned", "far")
    whole, parts = report(*call), report(*call, *MEMORY)
    assert [row["metric"] for row in whole["metrics"]] == [row["metric"] for row in parts["metrics"]]
    for one, other in zip(whole["metrics"], parts["metrics"], strict=True):
        for name in ("base", "tuned"):  # None, where the mean of squares is infinite
            assert one[name] == (other[name] and pytest.approx(other[name], rel=1e-9))
    # Absolute errors are numbers all the same.
    one, other = ({row["metric"]: row for row in found["metrics"]}["mean_absolute_error"] for found in (whole, parts))
    assert one["standard_error"] > 0
    assert other["standard_error"] == pytest.approx(one["standard_error"], rel=1e-6)  # eight digits cancel


@pytest.mark.usefixtures("small")
def test_tables_and_means_do_not_depend_on_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for case in ("labels", "numbers"):
        command, *rest = CASES[case]
        parquet.write_table(table_of(columns(5000)), tmp_path / "long.parquet")
        expected = report(command, tmp_path / "long.parquet", *rest)
        with monkeypatch.context() as patch:
            patch.setattr(stream, "SAMPLE", 100)
            found = report(command, tmp_path / "long.parquet", *rest, *MEMORY)
        exact = ("mean_squared_error", "mean_absolute_error", "accuracy_score", "precision_score", "recall_score")
        for row, own in zip(found["metrics"], expected["metrics"], strict=True):
            if row["metric"] in exact:
                row.pop("pvalue"), own.pop("pvalue")  # adjusted for those of the others
                same(row, own, 1e-9)


def test_the_sample_does_not_depend_on_the_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SAMPLE", 400)
    found = []
    for rows in (50, 333):
        monkeypatch.setattr(_outofcore, "_rows_of_batch", lambda *_, rows=rows: rows)
        found.append(report("compare", folder, "--label", "y", "--base", "base", "--tuned", "tuned", *MEMORY))
    same(found[0], found[1])
    other = report("compare", folder, "--label", "y", "--base", "base", "--tuned", "tuned", *MEMORY, "--seed", 1)
    assert found[0]["metrics"][0]["standard_error"] != other["metrics"][0]["standard_error"]


def test_models_that_hardly_differ_have_a_standard_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Differences of 1e-9 of the loss: products of the losses themselves would cancel."""
    data = columns(4000)
    data["twin"] = data["near"] * (1 + 1e-9 * np.random.default_rng(0).normal(size=4000))
    parquet.write_table(table_of(data), tmp_path / "t.parquet")
    arguments = ("compare", tmp_path / "t.parquet", "--label", "value", "--base", "near", "--tuned", "twin")
    expected = report(*arguments)
    monkeypatch.setattr(stream, "SAMPLE", 100)
    found = report(*arguments, *MEMORY)
    for row, own in zip(found["metrics"][:3], expected["metrics"][:3], strict=True):
        assert row["standard_error"] == pytest.approx(own["standard_error"], rel=1e-3)


# Folders, patterns, partitions ----------------------------------------------------------------------------------------

BINARY = ("--label", "y", "--base", "base", "--tuned", "tuned")


@pytest.mark.parametrize("memory", [(), MEMORY])
def test_a_folder_and_a_pattern_are_one_table(tmp_path: Path, folder: Path, memory: tuple[str, ...]) -> None:
    whole = tmp_path / "whole.parquet"
    parquet.write_table(table_of(columns()), whole)
    expected = report("compare", whole, *BINARY)
    (folder / "_SUCCESS").touch()
    (folder / ".hidden.parquet").write_bytes(b"nothing")
    same(report("compare", folder, *BINARY, *memory), expected)
    same(report("compare", f"{folder}/part-*.parquet", *BINARY, *memory), expected)
    same(report("compare", f"{folder.parent}/**/part-00?.parquet", *BINARY, *memory), expected)


@pytest.mark.parametrize("memory", [(), MEMORY])
def test_folders_add_columns(tmp_path: Path, memory: tuple[str, ...]) -> None:
    data = columns()
    table = table_of(data)
    year, place = np.arange(N) % 2 + 2025, np.where(data["site"] == "west", "far west", "east")
    for one in np.unique(year):
        for other in np.unique(place):
            rows = np.flatnonzero((year == one) & (place == other))
            name = other.replace(" ", "%20")
            write_folder(tmp_path / "data" / f"year={one}" / f"place={name}", table.take(rows), [20])
    order = np.lexsort((place, year))
    kept = {"year": year, "place": place, **data}
    whole = tmp_path / "whole.parquet"
    parquet.write_table(table_of({name: x[order] for name, x in kept.items()}), whole)
    options = (*BINARY, "--slice", "year", "--slice", "place")
    found = report("compare", tmp_path / "data", *options, *memory)
    # The order of the files is another, on which nothing but the last bits of sums depends.
    same(found, report("compare", whole, *options), 1e-9)
    assert {one["value"] for one in found["slices"]} == {"2025", "2026", "east", "far west"}
    pattern = report("compare", f"{tmp_path}/data/year=*/*/*.parquet", *options, *memory)
    same(pattern, found)
    label = report("compare", tmp_path / "data", "--label", "year", "--base", "base", "--tuned", "tuned", *memory)
    assert label["positives"] == N // 2


@pytest.mark.parametrize("memory", [(), MEMORY])
def test_files_that_do_not_go_together(tmp_path: Path, memory: tuple[str, ...]) -> None:
    data = {name: x for name, x in columns().items() if name in ("y", "base", "tuned")}
    data["tuned"] = np.float32(data["tuned"])
    expected_file = tmp_path / "whole.parquet"
    parquet.write_table(table_of(data), expected_file)
    expected = report("compare", expected_file, *BINARY)

    def write(name: str, **changed: Any) -> Path:
        part = {key: x[:500] for key, x in data.items()}
        other = {key: x[500:] for key, x in {**data, **changed}.items() if x is not None}
        for i, one in enumerate((part, other)):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
            parquet.write_table(table_of(one), tmp_path / name / f"{i}.parquet")
        return tmp_path / name

    same(report("compare", write("wide", y=data["y"].astype(np.int8)), *BINARY, *memory), expected)
    same(report("compare", write("double", tuned=data["tuned"].astype(np.float64)), *BINARY, *memory), expected)
    assert "1.parquet has no column 'tuned'" in refusal("compare", write("lacking", tuned=None), *BINARY, *memory)
    said = refusal("compare", write("words", y=data["y"].astype(str)), *BINARY, *memory)
    assert said == "column 'y' is of types int64 and string in 2 files"
    (tmp_path / "empty").mkdir()
    assert refusal("compare", tmp_path / "empty", *BINARY, *memory) == (
        f"{tmp_path / 'empty'} is a folder without a Parquet file (.parquet)"
    )
    assert refusal("compare", f"{tmp_path}/none*.parquet", *BINARY, *memory).startswith("there is no file")
    np.savez(tmp_path / "wide" / "2.npz", **data)
    assert "2.npz is of type NPZ, not Parquet" in refusal("compare", f"{tmp_path}/wide/*", *BINARY, *memory)
    (tmp_path / "double" / "2.parquet").write_bytes(b"PAR1 and no more")
    assert "2.parquet as Parquet" in refusal("compare", tmp_path / "double", *BINARY, *memory)
    for one in ("mixed/k=1", "mixed"):
        write(one)
    assert refusal("compare", tmp_path / "mixed", *BINARY, *memory).endswith("is in no folder k=..., others are")


@pytest.mark.parametrize("memory", [(), MEMORY])
def test_what_is_missing_is_counted_over_all_files(tmp_path: Path, memory: tuple[str, ...]) -> None:
    data = table_of({name: x for name, x in columns().items() if name in ("y", "base", "tuned", "near")})
    rows = np.arange(N)
    holes = {"base": [5, 1100], "tuned": [700]}
    for name, at in holes.items():
        values = data.column(name).to_numpy().copy()
        data = data.set_column(data.schema.get_field_index(name), name, pa.array(values, mask=np.isin(rows, at)))
    values = data.column("base").to_numpy().copy()
    values[900] = np.nan
    nan = pa.array(values, mask=np.isin(rows, holes["base"]))
    data = data.set_column(data.schema.get_field_index("base"), "base", nan)
    path = write_folder(tmp_path / "data", data, [400, 800])
    said = "column 'base' has 3 missing values (NaN or null), column 'tuned' has 1 missing value (NaN or null)"
    assert refusal("compare", path, *BINARY, *memory) == f"{said} in {N} rows"
    values = columns()["near"]
    values[[3, 1000]] = np.inf, -np.inf
    data = data.set_column(data.schema.get_field_index("near"), "near", pa.array(values))
    path = write_folder(tmp_path / "infinite", data, [400, 800])
    said = refusal("evaluate", path, "--label", "y", "--score", "near", *memory)
    assert said == f"column 'near' has 2 infinite values in {N} rows"
    for site, rows in (("__HIVE_DEFAULT_PARTITION__", 7), ("north", N)):
        write_folder(tmp_path / "null" / f"place={site}", table_of(columns(rows)), [])
    said = refusal("compare", tmp_path / "null", *BINARY, "--slice", "place", *memory)
    assert said == f"column 'place' has 7 missing values (NaN or null) in {N + 7} rows"


@pytest.mark.usefixtures("small")
def test_what_shows_late(tmp_path: Path) -> None:
    """Labels, forms and classes that only the last rows have, and parts that have one class."""
    data = columns()
    order = np.argsort(data["y"], kind="stable")
    data = {name: x[order] for name, x in data.items()}
    late = data["base"].copy()
    late[-1] = 1.5  # no probability after all
    data |= {"late": late, "third": np.where(np.arange(N) == N - 1, 2, data["y"]), "zeros": np.float64(data["hard"])}
    data["zeros"][-1] = 0.25  # no labels after all
    data["kind"] = np.sort(data["kind"])
    data["light"] = data["weight"] * (data["site"] != "west")
    path = write_folder(tmp_path / "data", table_of(data), [400, 800])
    for arguments in (
        ("compare", path, *BINARY),
        ("compare", path, "--label", "y", "--base", "late", "--tuned", "tuned"),
        ("compare", path, "--label", "y", "--base", "zeros", "--tuned", "tuned"),
        ("compare", path, "--label", "third", "--base", "hard", "--tuned", "flag", "--task", "multiclass"),
        ("compare", path, "--label", "kind", "--base", "b_", "--tuned", "t_"),
        ("compare", path, "--label", "third", "--base", "near", "--tuned", "far"),
    ):
        same(report(*arguments, *MEMORY), report(*arguments))
    for arguments in (
        ("compare", path, "--label", "third", "--base", "base", "--tuned", "tuned", "--task", "binary"),
        ("compare", path, "--label", "y", "--base", "animal", "--tuned", "tuned"),
        ("compare", path, "--label", "kind", "--base", "base", "--tuned", "tuned", "--task", "multiclass"),
        ("compare", path, "--label", "name", "--base", "base", "--tuned", "tuned", "--task", "regression"),
        ("compare", path, *BINARY, "--metric", "r2_score"),
        ("compare", path, *BINARY, "--positive", "7"),
        ("compare", path, *BINARY, "--weight", "near"),
        ("compare", path, *BINARY, "--slice", "list"),
        ("compare", path, *BINARY, "--weight", "light", "--slice", "site"),
    ):
        assert refusal(*arguments, *MEMORY) == refusal(*arguments)


@pytest.mark.parametrize("suffix", [".feather", ".arrow"])
@pytest.mark.usefixtures("small")
def test_arrow_files_are_read_in_parts(tmp_path: Path, suffix: str) -> None:
    path, table = tmp_path / f"table{suffix}", table_of(columns())
    if suffix == ".feather":
        feather.write_feather(table, str(path), chunksize=250)
    else:
        with ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=250)
    same(report("compare", path, *BINARY, *MEMORY), report("compare", path, *BINARY))


@pytest.mark.parametrize("memory", [(), MEMORY])
def test_rows_are_chosen(tmp_path: Path, memory: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    data = columns()
    holes = pa.array(data["kind"], mask=np.arange(N) % 10 == 0)
    known = np.arange(N) % 10 != 0
    kind, site, value = data["kind"], data["site"], data["value"]
    table = table_of({**data, "it's odd": value}).append_column("hole", holes)
    write_folder(tmp_path / "data" / "year=2025", table.slice(0, 500), [200])
    write_folder(tmp_path / "data" / "year=2026", table.slice(500), [200])
    year = np.where(np.arange(N) < 500, 2025, 2026)
    monkeypatch.setattr(_outofcore, "_rows_of_batch", lambda *_: 97)
    for words, chosen in (
        ("site = 'north'", site == "north"),
        ("not site <> 'north'", site == "north"),
        ("site in ('north', 'south') AND kind >= 2", (site != "west") & (kind >= 2)),
        ("kind = 1 or kind = 2 and site = 'west'", (kind == 1) | ((kind == 2) & (site == "west"))),
        ("(kind = 1 or kind = 2) and site = 'west'", ((kind == 1) | (kind == 2)) & (site == "west")),
        ("hole not in (0, 1)", known & (kind > 1)),
        ("not (hole < 2)", known & (kind > 1)),
        ('"it\'s odd" > -1.5e-1 and flag = true', (value > -0.15) & data["flag"]),
        ("year = 2026 and near != 7", (year == 2026)),
        ("year > 2025 and value < 1", (year == 2026) & (value < 1)),
        ("flag == false or year<2026", ~data["flag"] | (year < 2026)),
    ):
        rows = tmp_path / "rows.parquet"
        parquet.write_table(table_of({name: x[chosen] for name, x in data.items()}), rows)
        same(report("compare", tmp_path / "data", *BINARY, "--where", words, *memory), report("compare", rows, *BINARY))
    for words, said in (
        ("site = 'nowhere'", "data has 0 rows where site = 'nowhere' (columns 'y', 'base', 'tuned')"),
        ("sight = 'north'", "data has no column 'sight'; did you mean 'weight' or 'site'?"),
        (
            "site = north",
            "--where: expected a number, a text in single quotes, true or false, got 'north' in 'site = n",
        ),
        ("site = 'a' kind = 1", "--where: expected and, or, or the end, got 'kind'"),
        ("(site = 'a'", "--where: expected and, or, or ), got the end"),
        ("site like 'a'", "--where: expected a comparison or in, got 'like'"),
        ("site not = 'a'", "--where: expected in, got '='"),
        ("kind in 1", "--where: expected (, got 1"),
        ("kind in (1 2)", "--where: expected , or ), got 2"),
        ("1 = kind", "--where: expected a column, got 1"),
        ("kind = 1; drop", "--where: expected a column, a value or a comparison, got '; drop'"),
        ("", "--where: expected a column, got the end"),
        ("site > 3", "--where 'site > 3' does not suit the columns: "),
    ):
        assert refusal("compare", tmp_path / "data", *BINARY, "--where", words, *memory).startswith(said)


def test_row_groups_without_a_chosen_row_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {**columns(), "at": np.arange(N)}
    for year in (2025, 2026):
        write_folder(tmp_path / f"year={year}", table_of(data), [], row_group=100)
    with open_table(tmp_path) as table:
        table.choose(_where.Where("at >= 950 and year = 2026"))
        read = [piece.num_rows for piece in table._pieces(["y", "at", "year"], 1000)]
    assert read == [100] * 3


def test_rows_of_other_formats_are_chosen(tmp_path: Path) -> None:
    data = columns()
    kept = ("y", "base", "tuned", "kind")
    parquet.write_table(table_of({name: data[name][data["kind"] > 1] for name in kept}), tmp_path / "p.parquet")
    expected = report("compare", tmp_path / "p.parquet", *BINARY)
    table = table_of({name: data[name] for name in kept})
    feather.write_feather(table, str(tmp_path / "p.feather"))
    csv.write_csv(table, tmp_path / "p.csv")
    np.savez(tmp_path / "p.npz", **data)
    for name in ("p.feather", "p.csv"):
        same(report("compare", tmp_path / name, *BINARY, "--where", "kind > 1"), expected)
    assert "NPZ" in refusal("compare", tmp_path / "p.npz", *BINARY, "--where", "kind > 1")


# Refusals and choices -------------------------------------------------------------------------------------------------


def test_refusals(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "p.npz", **columns())
    (tmp_path / "p.csv").write_text("y,base,tuned\n0,0.1,0.2\n1,0.3,0.4\n")
    for name in ("p.npz", "p.csv"):
        said = refusal("compare", tmp_path / name, *BINARY, *MEMORY)
        assert said.endswith("files are read whole; --memory takes Parquet and Arrow/Feather files")
    assert "--cluster" in refusal("compare", folder, *BINARY, "--cluster", "site", *MEMORY)
    assert "ranking" in refusal("compare", folder, *BINARY, "--group", "site", *MEMORY)
    assert "quarters" in refusal("compare", folder, *BINARY, "--slice", "value", *MEMORY)
    assert "quarters" in refusal("compare", folder, *BINARY, "--slice", "count", *MEMORY)
    for size in ("much", "1", "15MiB", "12XB", "-1GB", "MB", "nanGB"):
        assert "--memory" in refusal("compare", folder, *BINARY, f"--memory={size}")
    monkeypatch.setattr(survey, "_DISTINCT", 100)
    said = refusal("compare", folder, "--label", "count", "--base", "near", "--tuned", "far", *MEMORY)
    assert said.startswith("label column 'count' has more than 100 distinct values")
    assert said.endswith("--task regression takes any number")
    numbers = ("--label", "count", "--base", "near", "--tuned", "far", "--task", "regression")
    same(report("compare", folder, *numbers, *MEMORY), report("compare", folder, *numbers))


@pytest.mark.parametrize(
    ("text", "size"),
    [("64MB", 64_000_000), ("64MiB", 64 << 20), ("0.5GB", 5 * 10**8), ("2gib", 2 << 30), ("40000kB", 4 * 10**7)],
)
def test_units(text: str, size: int) -> None:
    assert cli._memory(text) == size
    assert cli._memory("20000000") == cli._memory("20000000B") == 20_000_000


def test_large_files_are_read_in_parts_unasked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_table(folder) as table:
        assert table.rows == N
        assert table.row_bytes(["y", "base", "narrow"]) == 8 + 8 + 4
        assert 8 <= (table.row_bytes(["name"]) or 0) <= 24
        assert 4 * 8 <= (table.row_bytes(["list"]) or 0) <= 8 * 8
    made: list[int] = []
    read = _outofcore.read
    monkeypatch.setattr(_outofcore, "read", lambda *a: made.append(a[3]) or read(*a))
    expected = report("compare", folder, *BINARY)
    assert made == []
    # 24 bytes a row make 28,800: more than half of 50,000.
    monkeypatch.setattr(stream, "_OF_SAMPLE", 4.0)  # all of the rows
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PHYS_PAGES": 50, "SC_PAGE_SIZE": 1000}[name])
    same(report("compare", folder, *BINARY), expected)
    assert made == [12_500]


def test_a_file_that_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, passes = _tables.parquet.Parquet._pieces, []

    def shorter(self: Any, names: list[str], rows: int) -> Any:
        passes.append(rows)
        every = list(pieces(self, names, rows))
        return iter(every if len(passes) == 1 else every[:-1])

    monkeypatch.setattr(_tables.parquet.Parquet, "_pieces", shorter)
    assert "changed while it was read" in refusal("compare", folder, *BINARY, *MEMORY)


@pytest.mark.usefixtures("small")
def test_the_page_is_drawn_from_the_sample(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    for case in ("probabilities", "labels", "classes", "numbers"):
        command, *rest = CASES[case]
        pages = []
        for extra in ((), MEMORY):
            assert run(command, folder, *rest, *extra, "--html", tmp_path / "page.html", "--resamples", 49)[0] == 0
            pages.append((tmp_path / "page.html").read_text(encoding="utf-8"))
        assert "<svg" in pages[1]
        assert len(pages[1]) == pytest.approx(len(pages[0]), rel=0.01)
    monkeypatch.setattr(stream, "SAMPLE", 300)
    assert run("compare", folder, *BINARY, *MEMORY, "--html", tmp_path / "page.html")[0] == 0
    assert "the pictures are those of 300 random rows" in (tmp_path / "page.html").read_text(encoding="utf-8")


# Progress, interrupts, memory -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_progress(folder: Path) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}
    wanted = _outofcore.Wanted("y", [])
    with open_table(folder) as table:
        wanted = _outofcore.Wanted("y", [table.select("base"), table.select("tuned")])
        settings_ = cli.Settings()

        def begin(words: str) -> Any:
            return lambda done, total: seen.setdefault(words, []).append((done, total))

        _outofcore.read(table, wanted, settings_, 1 << 26, begin).close()
    assert list(seen) == ["looking at", "adding up"]
    for steps in seen.values():
        done = [one for one, _ in steps]
        assert done == sorted(set(done))
        assert steps[-1] == (N, N)
        assert len(steps) > 10


SCRIPT = """
    import resource, sys
    from trueval.cli import main
    status = main(sys.argv[1:])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
    sys.exit(status)
"""


def start(*arguments: Any, folder: Path, **options: Any) -> subprocess.Popen[str]:
    """A process of its own, whose temporary files go to `folder`."""
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), *map(str, arguments)]
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(command, env=environment, text=True, **options)


def write_long(path: Path, n: int, seed: int = 0) -> Path:
    """Labels and two scores, in groups of 2**18 rows; nothing that is long is in memory."""
    random = np.random.default_rng(seed)
    schema = pa.schema([("y", pa.uint8()), ("base", pa.float64()), ("tuned", pa.float64())])
    step = 1 << 18
    with parquet.ParquetWriter(path, schema, use_dictionary=False, compression="none") as file:
        for first in range(0, n, step):
            rows = min(step, n - first)
            y = (random.random(rows) < 0.2).astype(np.uint8)
            base = random.random(rows)
            base[y == 1] **= 0.5
            tuned = 0.8 * base + 0.2 * random.random(rows)
            file.write_table(pa.table([pa.array(x) for x in (y, base, tuned)], schema=schema))
    return path


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """480 MB of columns when read whole."""
    return write_long(tmp_path_factory.mktemp("long") / "long.parquet", 20_000_000)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux alone")
def test_memory_stays_within_the_limit(long: Path, tmp_path: Path) -> None:
    short = write_long(tmp_path / "short.parquet", 1000)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    peaks = {}
    for path in (short, long):
        process = start(
            *("compare", path, *BINARY, "--memory", "96MB", "--format", "json"),
            folder=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = process.communicate(timeout=200)
        assert process.returncode == 0, err
        assert json.loads(out)["rows"] == (1000 if path == short else 20_000_000)
        peaks[path] = int(err) * 1024
        assert list(scratch.iterdir()) == []
    assert peaks[long] - peaks[short] < 96_000_000


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files of a process are seen in /proc")
def test_an_interrupt_leaves_nothing(long: Path, tmp_path: Path) -> None:
    process = start(
        "compare", long, *BINARY, "--memory", "64MB", folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    files = Path(f"/proc/{process.pid}/fd")
    stop = time.monotonic() + 60
    spilled = False
    while not spilled and time.monotonic() < stop and process.poll() is None:
        with contextlib.suppress(OSError):
            spilled = any(os.readlink(one).startswith(f"{tmp_path}/") for one in files.iterdir())
        time.sleep(0.01)
    assert spilled
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[0] == "trueval: interrupted"
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    process = start(
        "compare", folder, *BINARY, "--weight", "near", "--memory", "64MB",
        folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "negative values" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to be had")
def test_a_terminal_sees_speed_and_time_left(long: Path, tmp_path: Path) -> None:
    pytest.importorskip("rich")
    screen, terminal = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), "evaluate", long, "--label", "y", "--score", "base"]
    with subprocess.Popen(
        [*map(str, command), "--memory", "64MB", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment,
    ) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # the terminal is gone when the process is
            while block := os.read(screen, 1 << 16):
                shown += block
                if b"million rows/s" in shown and b"adding up rows" in shown:
                    process.send_signal(signal.SIGINT)
                    break
        process.communicate(timeout=60)
    os.close(screen)
    assert b"looking at rows" in shown
    assert b"million rows/s" in shown
    assert b"0:0" in shown


# Long -----------------------------------------------------------------------------------------------------------------


@pytest.mark.soak
def test_a_hundred_million_rows(tmp_path: Path) -> None:
    """In a gigabyte, with the integers that the rows have in memory."""
    n = 100_000_000
    path = write_long(tmp_path / "long.parquet", n, seed=1)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = start(
        *("compare", path, *BINARY, "--memory", "900MB", "--format", "json"),
        folder=scratch,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = process.communicate(timeout=3600)
    assert process.returncode == 0, err
    assert int(err) * 1024 < 1e9
    assert list(scratch.iterdir()) == []
    found = {row["metric"]: row for row in json.loads(out)["metrics"]}

    import trueval

    y = parquet.read_table(path, columns=["y"]).column("y").to_numpy()
    tables = {}
    for name in ("base", "tuned"):
        score = parquet.read_table(path, columns=[name]).column(name).to_numpy()
        assert found["roc_auc_score"][name] == trueval.roc_auc_score(y, score)
        assert found["average_precision_score"][name] == trueval.average_precision_score(y, score)
        assert found["log_loss"][name] == pytest.approx(trueval.log_loss(y, score), rel=1e-12)
        hit = (score >= 0.5).view(np.uint8)
        assert found["f1_score"][name] == trueval.f1_score(y, hit)
        assert found["accuracy_score"][name] == trueval.accuracy_score(y, hit)
        tables[name] = hit == y
        del score, hit
    gains = int(np.count_nonzero(tables["tuned"] & ~tables["base"]))
    losses = int(np.count_nonzero(tables["base"] & ~tables["tuned"]))
    error = math.sqrt((gains + losses) / n - ((gains - losses) / n) ** 2) / math.sqrt(n)
    assert found["accuracy_score"]["standard_error"] == pytest.approx(error, rel=1e-12)
