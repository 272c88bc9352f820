"""`--html`: the page that the command line writes."""

import numpy as np
import pytest
from test_cli import error, run, subprocess_run


@pytest.fixture
def file(tmp_path):
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 300)
    columns = {"y": y, "base": 0.3 * y + 0.7 * random.random(300), "tuned": 0.5 * y + 0.5 * random.random(300)}
    columns["site"] = random.integers(0, 3, 300)
    np.savez(tmp_path / "p.npz", **columns)
    return tmp_path / "p.npz"


NAMES = ("--label", "y", "--base", "base", "--tuned", "tuned")


def test_the_page_is_written_beside_the_table(file, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run("compare", file, *NAMES, "--slice", "site", "--html", page, "--format", "markdown") == 0
    assert "ROC AUC" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.rstrip().endswith("</html>")
    for part in ("ROC curve", "Slices", "site", "p.npz"):
        assert part in text
    assert run("compare", file, *NAMES, "--slice", "site", "--html", tmp_path / "again.html") == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == text


def test_a_single_model_has_a_page(file, tmp_path):
    page = tmp_path / "page.html"
    assert run("evaluate", file, "--label", "y", "--score", "base", "--html", page) == 0
    assert "evaluation of a model" in page.read_text(encoding="utf-8")


def test_what_cannot_be_written_is_refused_before_the_work(file, tmp_path, capsys):
    assert error(capsys, "compare", file, *NAMES, "--html", tmp_path) == f"--html {tmp_path} is a folder"
    assert "is the file that is read" in error(capsys, "compare", file, *NAMES, "--html", file)
    assert "there is no folder" in error(capsys, "compare", file, *NAMES, "--html", tmp_path / "no" / "p.html")
    same = tmp_path / "same.html"
    assert error(capsys, "compare", file, *NAMES, "--html", same, "-o", same) == f"-o and --html both name {same}"
    assert not same.exists()


def test_what_the_page_needs_is_named(file, tmp_path):
    done = subprocess_run("compare", file, *NAMES, "--html", tmp_path / "p.html", blocked=("jinja2",))
    assert done.returncode == 2
    assert done.stderr == "trueval: error: --html: a page needs matplotlib and jinja2: pip install 'trueval[report]'\n"
    assert not (tmp_path / "p.html").exists()
    done = subprocess_run("compare", file, *NAMES, "--format", "json", blocked=("jinja2", "matplotlib"))
    assert done.returncode == 0
