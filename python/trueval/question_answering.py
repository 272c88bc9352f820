"""Answers to questions, judged as SQuAD judges them.

Words are compared in lower case, without articles (a, an, the), punctuation (ASCII) and extra white space. Of several
references the best counts; a reference without a word counts only where all are so, and then the question has no
answer: a prediction without a word is right, any other wrong (SQuAD 2.0's rules).
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import inference

__all__ = ["compare", "exact_match", "token_f1"]

Floats = NDArray[np.float64]

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def exact_match(references: Any, predictions: Any, *, aggregate: str | None = "mean") -> Any:
    """Share of questions whose answer is one of the references, word by word.

    Parameters
    ----------
    references : sequence
        For each question: a string; a sequence of strings, of which the best counts (none: there is no answer); or a
        record of SQuAD's, ``{"answers": {"text": [...]}}`` or ``{"answers": [{"text": ...}, ...]}``.
    predictions : sequence
        For each question in the same order a string, empty for "no answer"; or a record ``{"prediction_text": ...}``.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each question, for paired tests.

    Returns
    -------
    score : float in [0, 1] or ndarray of shape (n_questions,), dtype float64

    Raises
    ------
    ValueError
        If there is no question, or not as many predictions as references.
    TypeError
        If an answer is not a string.

    See Also
    --------
    token_f1 : gives credit to answers that are partly right.
    compare : whether two models differ.

    Notes
    -----
    The evaluation script of SQuAD 2.0 [1]_, times 1/100; that of SQuAD 1.1 differs in answers that hold nothing but
    articles and punctuation. Time is linear in the characters of the answers.

    References
    ----------
    .. [1] P. Rajpurkar, R. Jia, P. Liang, "Know what you don't know: unanswerable questions for SQuAD", ACL 2018.

    Examples
    --------
    >>> from trueval.question_answering import exact_match
    >>> exact_match([["the Eiffel Tower", "Eiffel Tower, Paris"], "1889", []], ["Eiffel Tower!", "in 1889", ""])
    0.6666666666666666
    """
    return _score(_equal, references, predictions, aggregate)


def token_f1(references: Any, predictions: Any, *, aggregate: str | None = "mean") -> Any:
    """Harmonic mean of the shares of words that prediction and reference have in common.

    Parameters
    ----------
    references, predictions : sequence
        As in `exact_match`.
    aggregate : {'mean'} or None, default='mean'
        None: the value of each question, for paired tests.

    Returns
    -------
    score : float in [0, 1] or ndarray of shape (n_questions,), dtype float64

    Raises
    ------
    ValueError, TypeError
        As `exact_match` does.

    See Also
    --------
    exact_match : all or nothing.
    compare : whether two models differ.

    Notes
    -----
    Words are counted as often as they occur in both. The evaluation script of SQuAD 2.0, times 1/100, see
    `exact_match`.

    Examples
    --------
    >>> from trueval.question_answering import token_f1
    >>> token_f1([["the Eiffel Tower", "Eiffel Tower, Paris"], "1889", []], ["Eiffel Tower!", "in 1889", ""])
    0.8888888888888888
    >>> token_f1(["1889", "Paris"], ["in 1889", "London"], aggregate=None)
    array([0.66666667, 0.        ])
    """
    return _score(_overlap, references, predictions, aggregate)


def compare(references: Any, base: Any, tuned: Any, *, metric: str = "token_f1", **options: Any) -> Any:
    """Compare two models that answered the same questions.

    Parameters
    ----------
    references : sequence
        As in `exact_match`.
    base, tuned : sequence
        The predictions of either model, as in `exact_match`.
    metric : {'token_f1', 'exact_match'}, default='token_f1'
        A mean over questions, compared by a paired t-test; or a fraction of questions, by McNemar's.
    **options
        Of `trueval.inference.compare`: `method`, `alternative`, `confidence_level`, `cluster` (questions on the same
        passage, say), `equivalence_margin` and so on.

    Returns
    -------
    comparison : trueval.inference.Comparison

    Raises
    ------
    ValueError, TypeError
        As `exact_match` and `trueval.inference.compare` do.

    Examples
    --------
    >>> from trueval.question_answering import compare
    >>> references = ["blue whale", "1889", "Paris", "oxygen", "Mount Everest", "Nile"]
    >>> base = ["whale", "1889", "London", "the air", "K2", "Nile"]
    >>> tuned = ["the blue whale", "1889", "Paris", "oxygen", "Everest", "Nile river"]
    >>> found = compare(references, base, tuned)
    >>> round(found.base, 3), round(found.tuned, 3), found.wins, found.losses
    (0.444, 0.889, 4, 1)
    """
    metrics = {"token_f1": token_f1, "exact_match": exact_match}
    if metric not in metrics:
        raise ValueError(f"metric must be one of {', '.join(map(repr, metrics))}, got {metric!r}.")
    values = [metrics[metric](references, predictions, aggregate=None) for predictions in (base, tuned)]
    if metric == "token_f1":
        return inference.compare("mean", None, *values, **options)
    right = [one.astype(np.int64) for one in values]
    return inference.compare("accuracy_score", np.ones_like(right[0]), *right, **options)


def _score(
    function: Callable[[list[str], list[str]], float], references: Any, predictions: Any, aggregate: str | None
) -> Any:
    if aggregate not in ("mean", None):
        raise ValueError(f"aggregate must be 'mean' or None, got {aggregate!r}.")
    for name, argument in (("references", references), ("predictions", predictions)):
        if isinstance(argument, (str, bytes, Mapping)) or not hasattr(argument, "__len__"):
            raise TypeError(f"{name} must be a sequence with an element for each question, got {argument!r}.")
    if len(references) != len(predictions):
        raise ValueError(
            "references and predictions must have an element for each question, got "
            f"{len(references)} and {len(predictions)}."
        )
    if len(references) == 0:
        raise ValueError("references must hold at least one question, got none.")
    values = np.array(
        [
            max(function(reference, words) for reference in _references(answers))
            for answers, words in zip(references, map(_prediction, predictions), strict=True)
        ],
        dtype=np.float64,
    )
    return float(values.mean()) if aggregate == "mean" else values


def _words(text: Any, name: str) -> list[str]:
    if not isinstance(text, str):
        raise TypeError(f"{name} must be strings, got {text!r}.")
    return _ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()


def _prediction(prediction: Any) -> list[str]:
    if isinstance(prediction, Mapping):
        if "prediction_text" not in prediction:
            raise ValueError(f"predictions must have the key 'prediction_text', got {list(prediction)}.")
        prediction = prediction["prediction_text"]
    return _words(prediction, "predictions")


def _references(answers: Any) -> list[list[str]]:
    """Find the words of each reference; no words where there is no answer."""
    if isinstance(answers, Mapping):
        if "answers" not in answers:
            raise ValueError(f"references must have the key 'answers', got {list(answers)}.")
        answers = answers["answers"]
        if isinstance(answers, Mapping):
            if "text" not in answers:
                raise ValueError(f"The answers of references must have the key 'text', got {list(answers)}.")
            answers = answers["text"]
    if isinstance(answers, str):
        return [_words(answers, "references")]
    if not isinstance(answers, (Sequence, np.ndarray)):
        raise TypeError(f"references must be strings, sequences of strings or records, got {answers!r}.")
    texts = [answer["text"] if isinstance(answer, Mapping) else answer for answer in answers]
    found = [_words(text, "references") for text in texts]
    return [words for words in found if words] or [[]]


def _equal(reference: list[str], prediction: list[str]) -> float:
    return float(reference == prediction)


def _overlap(reference: list[str], prediction: list[str]) -> float:
    if not reference or not prediction:
        return float(reference == prediction)
    common = sum((Counter(reference) & Counter(prediction)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(prediction), common / len(reference)
    return 2 * precision * recall / (precision + recall)
