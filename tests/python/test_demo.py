"""The demo: it runs, writes its files, and its tables are what scikit-learn computes from them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from sklearn import metrics as sk
from trueval import cli
from trueval.examples import demo

README = Path(__file__).parents[2] / "README.md"
NUMBER = re.compile(r"\d+\.\d+")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def printed(folder):
    command = [sys.executable, "-m", "trueval.examples.demo", "--out", str(folder / "new" / "demo")]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_three_tables(folder, printed):
    assert [printed.count(f"task: {task} (") for task in ("binary", "multiclass", "regression")] == [1, 1, 1]
    assert printed.count("verdict: ") == 3
    assert re.search(r"browser: .*breast_cancer\.html, .*digits\.html, .*diabetes\.html$", printed.rstrip())
    # One table each, and the digits' slices.
    assert printed.count("tuned is") == 4
    assert sorted(path.name for path in (folder / "new" / "demo").iterdir()) == [
        *("breast_cancer.html", "breast_cancer.parquet"),
        *("diabetes.html", "diabetes.parquet"),
        *("digits.html", "digits.parquet"),
    ]


@pytest.mark.parametrize("make", [demo.breast_cancer, demo.digits, demo.diabetes])
def test_predictions_are_reproducible_and_differ(make):
    first, second = make(), make()
    for name, column in first.items():
        np.testing.assert_array_equal(column, second[name])
    base, tuned = (next(x for name, x in first.items() if name.startswith(role)) for role in ("base", "tuned"))
    assert not np.array_equal(base, tuned)


@pytest.mark.parametrize("stratified", [False, True])
def test_held_out_rows_are_seen_by_neither(stratified):
    group = np.arange(100) % 3 == 0
    parts = demo._parts(group, np.arange(100) % 2 if stratified else None)
    rows = np.concatenate(parts)
    assert sorted(rows) == list(range(100))
    assert group[parts[0]].all()
    assert not group[parts[2]].any()


def test_values_are_those_of_sklearn(folder, printed, capsys):
    def columns(name):
        table = parquet.read_table(folder / "new" / "demo" / f"{name}.parquet")
        return {column: table[column].to_numpy() for column in table.column_names}

    def tuned(name, label, base, after):
        path = folder / "new" / "demo" / f"{name}.parquet"
        arguments = ["compare", str(path), "--label", label, "--base", base, "--tuned", after, "--format", "json"]
        assert cli.main(arguments) == 0
        return {row["metric"]: row["tuned"] for row in json.loads(capsys.readouterr().out)["metrics"]}

    cancer = columns("breast_cancer")
    found = tuned("breast_cancer", "malignant", "base_score", "tuned_score")
    assert found["roc_auc_score"] == pytest.approx(sk.roc_auc_score(cancer["malignant"], cancer["tuned_score"]))
    digits = columns("digits")
    p = np.stack([digits[f"tuned_{k}"] for k in range(10)], axis=1)
    found = tuned("digits", "digit", "base_", "tuned_")
    assert found["log_loss"] == pytest.approx(sk.log_loss(digits["digit"], p))
    assert found["roc_auc_score_ovr_macro"] == pytest.approx(sk.roc_auc_score(digits["digit"], p, multi_class="ovr"))
    patients = columns("diabetes")
    found = tuned("diabetes", "progression", "base_value", "tuned_value")
    assert found["r2_score"] == pytest.approx(sk.r2_score(patients["progression"], patients["tuned_value"]))
    assert f"{found['r2_score']:.4f}" in printed


def test_the_readme_shows_what_is_printed(printed):
    """Line for line, but for the paths and for what another platform's arithmetic does to three small models."""
    shown = re.search(r"^```\n(\$ trueval compare .*?)^```", README.read_text("utf-8"), re.M | re.S)
    digits = printed[printed.index("$ trueval compare", printed.index("Handwritten digits.")) :]
    for line, found in zip(shown[1].splitlines(), digits.splitlines()):
        if "build/demo" in line:
            assert line.split()[:2] == found.split()[:2] or "digit" in line
            continue
        assert NUMBER.sub("#", line).split() == NUMBER.sub("#", found).split() or line.startswith("digit = ")
        values, printed_values = ([float(x) for x in NUMBER.findall(text)] for text in (line, found))
        if not line.startswith("digit = "):  # in order of change, which a hair may turn
            assert values == pytest.approx(printed_values, abs=0.03)


def test_without_scikit_learn_the_extra_is_named():
    script = "import sys; sys.modules['sklearn'] = None; from trueval.examples.demo import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "the demo needs scikit-learn, pyarrow, matplotlib and jinja2: pip install 'trueval[demo]'"
    )
