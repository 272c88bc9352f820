"""The examples of fine-tuning, on real models and data: each ends in the verdict that it is there to show."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import trueval as tv
from trueval import cli
from trueval.examples import _finetune, finetune_image, finetune_keras, finetune_ranking, finetune_text

# Where it is, so are the other packages (`make test-finetune`), or the tests fail.
pytest.importorskip("torch")

MIXED = "; but worse by "


@pytest.fixture
def judged(tmp_path, capsys):
    """Run an example; return its verdict, and the rows of the report by the names of the metrics."""

    def run(example, name, *arguments, more=()):
        assert example.main([*arguments, "--out", str(tmp_path)]) == 0
        printed = capsys.readouterr().out
        verdict = next(line for line in printed.splitlines() if line.startswith("verdict: "))
        assert "decide by" in printed
        assert ("\nloss of test, lower is better: best at " in printed) == (example is finetune_text)
        assert (tmp_path / f"{name}.html").read_text("utf-8").startswith("<!DOCTYPE html>")
        command = ["compare", str(tmp_path / f"{name}.npz"), "--label", "label", "--base", "base", "--tuned", "tuned"]
        assert cli.main([*command, "--format", "json", *more]) == 0
        found = json.loads(capsys.readouterr().out)
        assert verdict == f"verdict: {found['verdict']}"
        rows = {row["metric"]: row for row in found["metrics"]}
        return found["verdict"], rows, np.load(tmp_path / f"{name}.npz")

    return run


def test_questions_are_told_apart_better(judged):
    verdict, rows, columns = judged(finetune_text, "text_trec")
    assert verdict.startswith("better: F1, macro ")
    assert MIXED not in verdict
    assert all(row["verdict"] == "better" for row in rows.values())
    names = np.unique(columns["label"])
    hard = names[columns["tuned"].argmax(axis=1)]
    assert rows["f1_score_macro"]["tuned"] == tv.f1_score(columns["label"], hard, average="macro")
    # The pretrained model is no strawman: six classes, the largest with a fifth of the questions.
    assert rows["accuracy_score"]["base"] > 0.7


def test_too_few_reviews_are_no_evidence(judged):
    arguments = ["--data", "movies", "--rows", "1000", "--seed", "1"]
    verdict, _, _ = judged(finetune_text, "text_movies", *arguments, more=["--metric", "accuracy_score"])
    assert verdict.startswith("no evidence of a difference: accuracy ")


def test_too_long_on_too_few_is_a_mixed_case(judged):
    arguments = ["--data", "movies", "--rows", "300", "--epochs", "6", "--rate", "2e-4"]
    verdict, rows, _ = judged(finetune_text, "text_movies", *arguments, more=["--metric", "accuracy_score"])
    assert rows["log_loss"]["verdict"] == "worse"
    assert verdict.startswith("better: accuracy ")
    assert verdict.endswith(f"{MIXED}log loss")


def test_digits_are_read_better(judged):
    verdict, _, _ = judged(finetune_image, "image")
    assert verdict.startswith("better: accuracy ")


def test_batch_norm_in_training_does_harm(judged):
    verdict, _, _ = judged(finetune_image, "image_batch_norm", "--batch-norm-training")
    assert verdict.startswith("worse: accuracy ")


def test_keras(judged):
    verdict, _, columns = judged(finetune_keras, "keras")
    assert verdict.startswith("better: accuracy ")
    assert set(columns["label"]) == {5, 6, 7, 8, 9}


def test_ranking(judged):
    verdict, rows, columns = judged(finetune_ranking, "ranking", more=["--group", "query"])
    assert verdict.startswith("better: NDCG@10 ")
    shape = (300, 1000)
    expected = tv.ndcg_score(columns["label"].reshape(shape), columns["tuned"].reshape(shape), k=10)
    assert rows["ndcg_score_at_10"]["tuned"] == pytest.approx(expected, rel=1e-12)


def test_no_text_is_both_learned_and_judged():
    texts = _finetune.trec()
    train, test = texts.split(1000, None, 0)
    assert len(np.unique(np.concatenate([train, test]))) == len(texts.texts) == 5380
    assert len({" ".join(text.lower().split()) for text in texts.texts}) == len(texts.texts)
    with pytest.raises(ValueError, match="fewer than 5380 to train on and 1 to judge by"):
        texts.split(5380, None, 0)


@pytest.mark.parametrize(
    ("read", "names", "rows"),
    [(_finetune.trec, 6, 5380), (_finetune.movies, 2, 10603), (_finetune.sms, 2, 4511)],
    ids=["trec", "movies", "sms"],
)
def test_data(read, names, rows):
    found = read()
    assert (len(found.names), len(found.texts), len(found.labels)) == (names, rows, rows)
    assert all(found.texts)


@pytest.mark.parametrize("name", ["finetune_text", "finetune_image", "finetune_keras", "finetune_ranking"])
def test_without_the_packages_the_extra_is_named(name):
    script = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'keras', 'transformers'])); "
        f"from trueval.examples.{name} import main; sys.exit(main([]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"{name} needs more packages: pip install 'trueval[finetune]' && pip install --no-deps"
    )
