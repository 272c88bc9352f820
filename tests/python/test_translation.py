"""`trueval.translation` against sacrebleu: its scores, its tests of significance, and its scores of drawn segments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sacrebleu
from sacrebleu.significance import PairedTest
from trueval import translation
from trueval.inference import Comparison
from trueval.inference._samples import COINS, Entries

pytestmark = pytest.mark.usefixtures("backend")

METRICS = {"bleu": sacrebleu.BLEU, "chrf": sacrebleu.CHRF, "ter": sacrebleu.TER}
FUNCTIONS = {"bleu": translation.bleu, "chrf": translation.chrf, "ter": translation.ter}
PARAMS = [
    ("bleu", {}),
    ("bleu", {"lowercase": True, "tokenize": "char", "smooth_method": "floor", "smooth_value": 0.2}),
    ("bleu", {"smooth_method": "add-k", "max_ngram_order": 2, "effective_order": True}),
    ("chrf", {}),
    ("chrf", {"word_order": 2, "char_order": 4, "beta": 1, "eps_smoothing": True}),
    ("ter", {}),
    ("ter", {"normalized": True, "case_sensitive": True}),
]
TEXT = "the of river stone walks slowly toward every house, bright morning light near old trees and quiet water"
WORDS = TEXT.split()


def corpus(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(np.array(WORDS)[rng.integers(0, len(WORDS), rng.integers(4, 16))]) + "." for _ in range(n)]


def translated(references: list[str], error: float, seed: int) -> list[str]:
    """Words are replaced, left out or said twice with a probability."""
    rng = np.random.default_rng(seed)
    segments = []
    for reference in references:
        words = []
        for word in reference.split():
            kind = int(rng.integers(3)) if rng.random() < error else 3
            words += [[WORDS[int(rng.integers(len(WORDS)))]], [], [word, word], [word]][kind]
        segments.append(" ".join(words))
    return segments


REFERENCES = corpus(40)
BASE, TUNED = translated(REFERENCES, 0.4, 1), translated(REFERENCES, 0.3, 2)


def evidence(references: Any, base: Any, tuned: Any, **options: Any) -> Any:
    """What `compare` knows when it judges."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation, "judge", lambda known, **_: kept.append(known))
        translation.compare(references, base, tuned, **options)
    return kept[0]


@pytest.mark.parametrize(("metric", "params"), PARAMS)
def test_scores_are_those_of_sacrebleu(metric: str, params: dict[str, Any]) -> None:
    several = [[reference, reference.upper()] for reference in REFERENCES]
    uneven = [texts[: 1 + i % 2] for i, texts in enumerate(several)]
    uppers = [texts[1] if i % 2 else None for i, texts in enumerate(several)]
    for references, streams in (
        (REFERENCES, [REFERENCES]),
        (np.array(REFERENCES), [REFERENCES]),
        (several, [REFERENCES, [texts[1] for texts in several]]),
        (uneven, [REFERENCES, uppers]),
    ):
        expected = METRICS[metric](**params).corpus_score(BASE, streams).score
        assert FUNCTIONS[metric](references, BASE, **params) == expected
        found = translation.compare(references, BASE, TUNED, metric=metric, params=params, n_resamples=2)
        assert (found.base, found.tuned) == (
            expected,
            METRICS[metric](**params).corpus_score(TUNED, streams).score,
        )


@pytest.mark.parametrize(("metric", "params"), PARAMS)
def test_replicates_are_sacrebleu_on_the_segments_drawn(metric: str, params: dict[str, Any]) -> None:
    """Scores of drawn, swapped and omitted segments, computed anew from their texts."""
    known = evidence(REFERENCES, BASE, TUNED, metric=metric, params=params)
    scorer, n = METRICS[metric](**params), len(REFERENCES)

    def difference(base: list[str], tuned: list[str], rows: Any) -> float:
        truth = [[REFERENCES[row] for row in rows]]
        scores = [scorer.corpus_score([texts[row] for row in rows], truth).score for texts in (base, tuned)]
        return scores[1] - scores[0]

    each = np.arange(n, dtype=np.uint32)
    times = Entries(np.ones(n), each, each, n, n).replicates(False, 3, 0, 4).astype(int)
    # TER adds mean lengths, in another order.
    close = {"rtol": 1e-9, "atol": 1e-11}
    expected = [difference(BASE, TUNED, np.repeat(np.arange(n), drawn)) for drawn in times]
    np.testing.assert_allclose(known.sample.bootstrap(3, 0, 4), expected, **close)
    np.testing.assert_array_equal(known.sample.bootstrap(3, 2, 2), known.sample.bootstrap(3, 0, 4)[2:])
    expected = [difference(BASE, TUNED, np.delete(np.arange(n), row)) for row in range(n)]
    np.testing.assert_allclose(known.sample.left_out()[0], expected, **close)


def test_swaps_are_sacrebleu_on_the_mixture() -> None:
    """With two segments there are four mixtures, and the replicates are all of them."""
    references, base, tuned = REFERENCES[:2], BASE[:2], TUNED[:2]
    for metric, scorer in METRICS.items():
        mixtures = []
        for moved in range(4):
            pairs = [(base[i], tuned[i])[:: -1 if moved >> i & 1 else 1] for i in range(2)]
            left, right = (scorer().corpus_score(list(texts), [references]).score for texts in zip(*pairs))
            mixtures.append(round(right - left, 9))
        swapped = evidence(references, base, tuned, metric=metric).sample.swapped(0, 0, 200)
        assert set(np.round(swapped, 9).tolist()) == set(mixtures)
    assert COINS == 5


@pytest.mark.parametrize("metric", METRICS)
def test_sacrebleus_own_tests(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its approximate randomization, and its interval of one system."""
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    references = corpus(60, 5)
    # The systems differ by so little that the p-value is far from its ends.
    base, tuned = translated(references, 0.3, 6), translated(references, 0.27, 7)
    draws = 4000
    systems = [("base", base), ("tuned", tuned)]
    _, scores = PairedTest(systems, {metric: METRICS[metric]()}, [references], "ar", n_samples=draws)()
    theirs = next(value for name, value in scores.items() if name != "System")
    ours = translation.compare(references, base, tuned, metric=metric, n_resamples=draws, rng=0)
    assert (ours.base, ours.tuned) == (theirs[0].score, theirs[1].score)
    # Two shares of as many draws, 5 standard deviations. Sacrebleu leaves out mixtures that differ by as much as the
    # systems do; the edits that TER counts are few, so that there are many of these.
    p = theirs[1].p_value
    assert 0.05 < p < 0.95
    swapped = np.abs(evidence(references, base, tuned, metric=metric).sample.swapped(0, 0, draws))
    beyond, reached = (int(np.sum(swapped > abs(ours.difference) * bound)) for bound in (1 + 1e-9, 1 - 1e-9))
    assert (beyond + 1) / (draws + 1) == pytest.approx(p, abs=5 * math.sqrt(2 * p * (1 - p) / draws))
    assert ours.pvalue == (reached + 1) / (draws + 1)

    # Against a system that says nothing, whose score is the same in every replicate, the difference is the score.
    silent = [""] * 60
    _, scores = PairedTest(
        [("silent", silent), ("tuned", tuned)], {metric: METRICS[metric]()}, [references], "bs", draws
    )()
    theirs = next(value for name, value in scores.items() if name != "System")
    ours = translation.compare(
        references, silent, tuned, metric=metric, method="bootstrap-percentile", n_resamples=draws, rng=0
    )
    low, high = ours.confidence_interval
    # A quantile of 2.5 % from 4,000 draws has a standard deviation of 0.042 of the spread; half of two of them, drawn
    # twice: 5 of 0.042 are 0.21. Sacrebleu sums in float32, which is nothing beside it.
    assert (high - low) / 2 == pytest.approx(theirs[1].ci, abs=0.21 * ours.standard_error)
    assert ours.tuned == theirs[1].score


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("method", ["auto", "normal", "bootstrap-percentile", "bootstrap-basic", "bootstrap-bca"])
def test_verdicts(metric: str, method: str) -> None:
    alike, better = translated(REFERENCES, 0.4, 3), translated(REFERENCES, 0.15, 4)
    options: dict[str, Any] = {"metric": metric, "method": method, "n_resamples": 499, "rng": 0}
    gain = translation.compare(REFERENCES, BASE, better, **options)
    assert isinstance(gain, Comparison)
    assert gain.method == ("approximate-randomization" if method == "auto" else method)
    assert gain.n == 40
    assert gain.wins is None
    assert gain.pvalue < 0.01
    low, high = gain.confidence_interval
    assert (high < 0) if metric == "ter" else (low > 0)
    nothing = translation.compare(REFERENCES, BASE, alike, **options)
    assert nothing.pvalue > 0.05
    assert nothing.confidence_interval.low < 0 < nothing.confidence_interval.high


def test_documents_stay_together() -> None:
    documents = [f"document {i // 4}" for i in range(40)]
    found = translation.compare(REFERENCES, BASE, TUNED, cluster=documents, method="bootstrap-percentile", rng=0)
    assert found.n == 10
    rows = evidence(REFERENCES, BASE, TUNED, cluster=documents).sample.entries
    whole = evidence(REFERENCES, BASE, TUNED).sample.entries
    np.testing.assert_array_equal(rows.block(0, 10), whole.block(0, 40).reshape(10, 4, -1).sum(axis=1))


def test_what_is_refused() -> None:
    texts = ["a b", "c d"]
    for arguments, options, message in (
        (([], []), {}, "at least one segment"),
        ((texts, ["a"]), {}, "an element for each segment, got 2 and 1"),
        ((["a", []], texts), {}, "none for segment 1"),
        ((texts, texts), {"smooth_method": "none?"}, "smooth_method must be one of 'none'"),
    ):
        with pytest.raises(ValueError, match=message):
            translation.bleu(*arguments, **options)
    for arguments, options, message in (
        (("a", texts), {}, "references must be a sequence"),
        ((texts, "a b"), {}, "hypotheses must be a sequence"),
        (([3, "a"], texts), {}, "got 3 for segment 0"),
        ((["a", ["b", None]], texts), {}, "for segment 1"),
        ((texts, ["a", None]), {}, "hypotheses must hold strings, got None for segment 1"),
        ((texts, texts), {"references": texts}, "multiple values|references"),
        ((texts, texts), {"smoothing": 1}, "unexpected keyword argument 'smoothing'"),
    ):
        with pytest.raises(TypeError, match=message):
            translation.chrf(*arguments, **options)
    for options, message in (
        ({"metric": "bleurt"}, "metric must be one of 'bleu', 'chrf', 'ter', got 'bleurt'"),
        ({"method": "t"}, "method='t' does not suit bleu"),
        ({"n_resamples": 0}, "n_resamples must be"),
        ({"cluster": [1]}, "inconsistent numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            translation.compare(texts, texts, texts, **options)
    with pytest.raises(TypeError, match="'references'"):
        translation.compare(texts, texts, texts, params={"references": texts})
    with pytest.raises(TypeError, match="tuned must hold strings"):
        translation.compare(texts, texts, ["a", 3])
