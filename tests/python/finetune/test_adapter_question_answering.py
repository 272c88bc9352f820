"""Answers to real questions, judged by other implementations of SQuAD's metrics; verdicts on semi-real ones.

The questions, passages and answers are those of SQuAD, DROP and QuAC that allennlp 0.9.0 is tested with. They are too
few for a verdict, so that the verdicts are about spans of the same passages, the ends of which are missed at random.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from trueval.question_answering import compare, exact_match, token_f1

squad = pytest.importorskip("torchmetrics.functional.text.squad").squad
SPEC = importlib.util.find_spec("allennlp")
if SPEC is None:
    pytest.skip("allennlp is not installed: its fixtures are the data", allow_module_level=True)
ALLENNLP = Path(next(iter(SPEC.submodule_search_locations)))
FIXTURES = ALLENNLP / "tests" / "fixtures" / "data"


def questions() -> tuple[list[str], list[list[str]]]:
    """Passages, and the answers to each question about them."""
    passages, answers = [], []
    for name in ("squad.json", "quac_sample.json"):
        for article in json.loads((FIXTURES / name).read_text("utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                passages.append(paragraph["context"])
                answers += [[one["text"] for one in question["answers"]] for question in paragraph["qas"]]
    for passage in json.loads((FIXTURES / "drop.json").read_text("utf-8")).values():
        passages.append(passage["passage"])
        for question in passage["qa_pairs"]:
            spans = question["answer"]["spans"] or [question["answer"]["number"]]
            answers.append([span for span in spans if span] or ["unknown"])
    return passages, answers


PASSAGES, ANSWERS = questions()


def official() -> ModuleType:
    """The evaluation script of SQuAD 1.1, which allennlp holds; allennlp itself is not imported."""
    spec: Any = importlib.util.spec_from_file_location("squad_eval", ALLENNLP / "tools" / "squad_eval.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(seed: int) -> list[str]:
    """Answers that are right, cut short, too long, decorated, or those to other questions."""
    rng = np.random.default_rng(seed)
    found = []
    for texts in ANSWERS:
        text = texts[int(rng.integers(len(texts)))]
        other = ANSWERS[int(rng.integers(len(ANSWERS)))][0]
        cut = " ".join(text.split()[: int(rng.integers(1, 4))])
        found.append([text, cut, f"The {text}, {other}", f'"{text.upper()}"!', other][int(rng.integers(5))])
    return found


def test_there_are_questions() -> None:
    assert len(ANSWERS) > 30
    assert len(PASSAGES) >= 6


@pytest.mark.parametrize("seed", range(5))
def test_against_the_official_script_and_torchmetrics(seed: int) -> None:
    predictions, script = said(seed), official()
    f1 = [
        script.metric_max_over_ground_truths(script.f1_score, text, texts)
        for text, texts in zip(predictions, ANSWERS, strict=True)
    ]
    em = [
        float(script.metric_max_over_ground_truths(script.exact_match_score, text, texts))
        for text, texts in zip(predictions, ANSWERS, strict=True)
    ]
    assert 0.2 < np.mean(em) < np.mean(f1) < 0.9
    np.testing.assert_array_equal(exact_match(ANSWERS, predictions, aggregate=None), em)
    np.testing.assert_array_equal(token_f1(ANSWERS, predictions, aggregate=None), f1)
    records = [
        {"id": str(i), "answers": {"text": texts, "answer_start": [0] * len(texts)}} for i, texts in enumerate(ANSWERS)
    ]
    answers = [{"id": str(i), "prediction_text": text} for i, text in enumerate(predictions)]
    theirs = squad(answers, records)
    # torchmetrics adds in float32.
    assert 100 * exact_match(records, answers) == pytest.approx(float(theirs["exact_match"]), rel=1e-5)
    assert 100 * token_f1(records, answers) == pytest.approx(float(theirs["f1"]), rel=1e-5)


def spans() -> list[tuple[list[str], int, int]]:
    """Names and numbers in the passages, as words and the first and last place: what such questions ask for."""
    found = []
    for passage in PASSAGES:
        words = passage.split()
        start = 0
        while start < len(words):
            stop = start
            while stop < len(words) and re.match(r"[A-Z0-9]", words[stop]):
                stop += 1
            if stop > start:
                found.append((words, start, stop))
            start = stop + 1
    return found


def missed(share: float, seed: int) -> list[str]:
    """Spans whose ends are off by up to two words with a probability: what a model of spans does wrong."""
    rng = np.random.default_rng(seed)
    texts = []
    for words, start, stop in spans():
        if rng.random() < share:
            start, stop = max(0, start + int(rng.integers(-2, 3))), stop + int(rng.integers(-2, 3))  # noqa: PLW2901
        texts.append(" ".join(words[start : max(stop, start + 1)]))
    return texts


@pytest.mark.parametrize("metric", ["token_f1", "exact_match"])
def test_verdicts(metric: str) -> None:
    references = [" ".join(words[start:stop]) for words, start, stop in spans()]
    assert len(references) > 150
    base, alike, better = missed(0.5, 1), missed(0.5, 2), missed(0.25, 3)
    gain = compare(references, base, better, metric=metric)
    assert gain.pvalue < 0.01
    assert gain.confidence_interval.low > 0
    nothing = compare(references, base, alike, metric=metric)
    assert nothing.pvalue > 0.05
    assert nothing.confidence_interval.low < 0 < nothing.confidence_interval.high
