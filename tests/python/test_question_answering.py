"""`trueval.question_answering` against SQuAD's definitions, written out question by question."""

from __future__ import annotations

import math
import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueval import inference
from trueval.question_answering import compare, exact_match, token_f1

ARTICLES = {"a", "an", "the"}
# Words, articles, punctuation, white space and whatever else Unicode has.
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text("aT hen.,'-\n é", max_size=20),
    st.lists(st.sampled_from(["the", "a", "An", "cat", "Cat.", "dog", "!", "the-cat", "été"]), max_size=6).map(
        " ".join
    ),
)


def textbook_words(text: str) -> list[str]:
    """Characters one by one: an article is a run of word characters, as regular expressions have it."""
    kept = [char for char in text.lower() if char not in string.punctuation]
    runs: list[str] = []
    for char in kept:
        of_word = char.isalnum() or char == "_"
        if runs and of_word and (runs[-1][-1].isalnum() or runs[-1][-1] == "_"):
            runs[-1] += char
        else:
            runs.append(char)
    return "".join(" " if run in ARTICLES else run for run in runs).split()


def textbook(references: list[str], prediction: str) -> tuple[float, float]:
    """Exact match and F1 of a question, by the words that both have."""
    golds = [words for words in map(textbook_words, references) if words] or [[]]
    said = textbook_words(prediction)
    best = 0.0
    for gold in golds:
        left, common = list(gold), 0
        for word in said:
            if word in left:
                left.remove(word)
                common += 1
        if not gold or not said:
            best = max(best, float(gold == said))
        elif common:
            best = max(best, 2 * common / (len(said) + len(gold)))
    return float(said in golds), best


@given(st.lists(st.tuples(st.lists(TEXTS, max_size=3), TEXTS), min_size=1, max_size=5))
def test_against_the_textbook(questions: Any) -> None:
    references, predictions = zip(*questions, strict=True)
    expected = [textbook(answers, prediction) for answers, prediction in questions]
    np.testing.assert_array_equal(exact_match(references, predictions, aggregate=None), [em for em, _ in expected])
    # 2pr / (p + r) against 2c / (m + n)
    np.testing.assert_allclose(
        token_f1(references, predictions, aggregate=None), [f1 for _, f1 in expected], rtol=1e-14
    )
    assert exact_match(references, predictions) == pytest.approx(np.mean([em for em, _ in expected]), rel=1e-14)
    assert token_f1(references, predictions) == pytest.approx(np.mean([f1 for _, f1 in expected]), rel=1e-14)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_what_was_asked_for_is_right(texts: list[str]) -> None:
    assert exact_match(texts, texts) == token_f1(texts, texts) == 1.0


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_f1_is_symmetric_and_not_below_exact_match(pairs: Any) -> None:
    left, right = zip(*pairs, strict=True)
    np.testing.assert_allclose(token_f1(left, right, aggregate=None), token_f1(right, left, aggregate=None), rtol=1e-14)
    assert (token_f1(left, right, aggregate=None) >= exact_match(left, right, aggregate=None)).all()


def test_squads_own_examples() -> None:
    """What the evaluation script says of punctuation, articles, case, white space and several references."""
    for references, prediction, em, f1 in (
        ("Denver Broncos", "the denver  broncos.", 1.0, 1.0),
        (["Santa Clara", "Levi's Stadium", "Levi's Stadium in Santa Clara"], "Levis Stadium, Santa Clara", 0.0, 8 / 9),
        ("1976", "", 0.0, 0.0),
        ("", "", 1.0, 1.0),
        ([], "", 1.0, 1.0),
        ([], "1976", 0.0, 0.0),
        ([], "the", 1.0, 1.0),
        # A reference without a word does not count beside one with a word.
        (["the", "cat"], "", 0.0, 0.0),
        ("athena", "a then", 0.0, 0.0),
        ("well-known", "wellknown", 1.0, 1.0),
        ("well\u2013known", "well known", 0.0, 0.0),  # a dash that ASCII does not have
        ("to be or not to be", "to be", 0.0, 0.5),
    ):
        assert exact_match([references], [prediction]) == em
        assert token_f1([references], [prediction]) == pytest.approx(f1, rel=1e-14)


def test_forms_of_references_and_predictions() -> None:
    answers = [["Paris", "the city of Paris"], ["1889"], []]
    said = ["paris", "in 1889", ""]
    expected = token_f1(answers, said, aggregate=None).tolist()
    for references, predictions in (
        (tuple(map(tuple, answers)), tuple(said)),
        ([np.array(texts, dtype=str) for texts in answers], np.array(said)),
        ([{"id": "7", "answers": {"text": texts, "answer_start": [0] * len(texts)}} for texts in answers], said),
        ([{"answers": [{"text": text, "answer_start": 0} for text in texts]} for texts in answers], said),
        (answers, [{"id": "7", "prediction_text": text} for text in said]),
    ):
        assert token_f1(references, predictions, aggregate=None).tolist() == expected


def test_verdicts() -> None:
    rng = np.random.default_rng(1)
    words = np.array(["north", "south", "east", "west", "river", "mountain", "valley", "lake", "sea", "desert"])
    references = [" ".join(words[rng.integers(0, 10, 4)]) for _ in range(300)]

    def answers(share: float) -> list[str]:
        """Each word right with this probability."""
        return [
            " ".join(word if rng.random() < share else "elsewhere" for word in reference.split())
            for reference in references
        ]

    base, alike, better = answers(0.6), answers(0.6), answers(0.9)
    for metric, method in (("token_f1", "t"), ("exact_match", "mcnemar")):
        score = {"token_f1": token_f1, "exact_match": exact_match}[metric]
        gain = compare(references, base, better, metric=metric)
        assert (gain.base, gain.tuned) == (score(references, base), score(references, better))
        assert gain.method == method
        assert gain.pvalue < 1e-6
        assert gain.confidence_interval.low > 0
        assert gain.wins > gain.losses
        assert gain.wins + gain.ties + gain.losses == gain.n == 300
        nothing = compare(references, base, alike, metric=metric)
        assert nothing.pvalue > 0.05
        assert nothing.confidence_interval.low < 0 < nothing.confidence_interval.high
        loss = compare(references, better, base, metric=metric, alternative="less")
        assert loss.pvalue < 1e-6
    passages = np.arange(300) // 10
    clustered = compare(references, base, better, cluster=passages)
    vectors = [token_f1(references, said, aggregate=None) for said in (base, better)]
    assert clustered == inference.compare("mean", None, *vectors, cluster=passages)
    assert clustered.n == 30


def test_what_is_refused() -> None:
    for arguments, options, message in (
        ((["a"], ["a"]), {"aggregate": "sum"}, "aggregate must be 'mean' or None, got 'sum'"),
        ((["a"], ["a", "b"]), {}, "an element for each question, got 1 and 2"),
        (([], []), {}, "at least one question"),
        (([{"text": "a"}], ["a"]), {}, "the key 'answers'"),
        (([{"answers": {"words": "a"}}], ["a"]), {}, "the key 'text'"),
        ((["a"], [{"text": "a"}]), {}, "the key 'prediction_text'"),
    ):
        with pytest.raises(ValueError, match=message):
            exact_match(*arguments, **options)
    for arguments, message in (
        (("a", ["a"]), "references must be a sequence"),
        ((["a"], "a"), "predictions must be a sequence"),
        ((["a"], {"1": "a"}), "predictions must be a sequence"),
        (([3], ["a"]), "references must be strings"),
        (([[3]], ["a"]), "references must be strings, got 3"),
        ((["a"], [None]), "predictions must be strings, got None"),
        ((["a"], [math.nan]), "predictions must be strings, got nan"),
    ):
        with pytest.raises(TypeError, match=message):
            token_f1(*arguments)
    with pytest.raises(ValueError, match="metric must be one of 'token_f1', 'exact_match', got 'f1'"):
        compare(["a"], ["a"], ["a"], metric="f1")
