"""The comparison with other libraries runs, with none of them installed as well."""

import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parents[2] / "benches" / "python" / "peers.py"


def run(*arguments):
    return subprocess.run([sys.executable, str(PEERS), *arguments], capture_output=True, text=True, check=False)


def test_a_quick_look_at_some_cases():
    done = run("--quick", "--case", "accuracy|roc_auc f64")
    assert done.returncode == 0, done.stderr
    table, _, notes = done.stdout.partition("\n- ")
    for case in ("roc_auc f64", "roc_auc f64 : sort", "accuracy", "accuracy : one pass", "n = 100: accuracy"):
        assert any(line.strip().startswith(f"{case}  ") for line in table.splitlines()), done.stdout
    assert "MSE" not in done.stdout
    # Each of the others is named, with what it cannot do or with its absence.
    for name in ("intelex", "rapidstats", "polars-ds", "catboost", "torchmetrics"):
        assert f"{name}: " in notes, done.stdout


def test_the_table_for_the_readme():
    done = run("--quick", "--case", "n = 100: MSE", "--markdown")
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("| n = 100: MSE | 100 |"))
    # A quick look judges nothing.
    assert "missed" not in row
    assert "≥ 8" in row


def test_what_scikit_learn_has_not():
    done = run("--quick", "--case", "^MAP ")
    assert done.returncode == 0, done.stderr
    for name in ("pytrec_eval", "ranx"):
        assert f"MAP : {name}" in done.stdout, done.stdout


def test_scratch_of_one_call():
    done = run("--scratch", "accuracy", "ours", "--rows", "1e5")
    assert done.returncode == 0, done.stderr
    assert 0 <= float(done.stdout) < 100
