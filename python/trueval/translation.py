"""BLEU, chrF and TER of translations, computed by sacrebleu, and whether two systems differ.

The scores are sacrebleu's, with its defaults. What it counts in each segment is kept, so that a comparison draws
segments without counting n-grams anew. Needs ``pip install trueval[translation]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inference import Comparison
from .inference._statistics import judge, of_sums

__all__ = ["bleu", "chrf", "compare", "ter"]

Floats = NDArray[np.float64]

_METRICS = {"bleu": "BLEU", "chrf": "CHRF", "ter": "TER"}


def bleu(references: Any, hypotheses: Any, **params: Any) -> float:
    """BLEU of a corpus, from 0 to 100.

    Parameters
    ----------
    references : sequence
        For each segment a string, or a sequence of strings where there are several references.
    hypotheses : sequence of str
        The translations, in the same order, detokenized.
    **params
        Of ``sacrebleu.BLEU``: `tokenize`, `lowercase`, `smooth_method`, `smooth_value`, `max_ngram_order`,
        `effective_order`, `trg_lang`, `force`.

    Returns
    -------
    score : float
        What ``sacrebleu.BLEU(**params).corpus_score`` returns.

    Raises
    ------
    ImportError
        If sacrebleu is not installed.
    ValueError
        If there is no segment, a segment without reference, or not as many hypotheses as references.
    TypeError
        If a segment is not a string, or for a parameter that sacrebleu does not know.

    See Also
    --------
    compare : whether two systems differ.

    References
    ----------
    .. [1] K. Papineni, S. Roukos, T. Ward, W.-J. Zhu, "BLEU: a method for automatic evaluation of machine translation",
       ACL 2002.
    .. [2] M. Post, "A call for clarity in reporting BLEU scores", WMT 2018.

    Examples
    --------
    >>> from trueval.translation import bleu
    >>> round(bleu(["The cat sat on the mat.", "It is raining."], ["The cat sat on a mat.", "It is raining."]), 2)
    63.4
    """
    return _corpus_score("bleu", references, hypotheses, params)


def chrf(references: Any, hypotheses: Any, **params: Any) -> float:
    """F-score of character n-grams, from 0 to 100; chrF++ with ``word_order=2``.

    Parameters
    ----------
    references, hypotheses : sequence
        As in `bleu`.
    **params
        Of ``sacrebleu.CHRF``: `char_order`, `word_order`, `beta`, `lowercase`, `whitespace`, `eps_smoothing`.

    Returns
    -------
    score : float
        What ``sacrebleu.CHRF(**params).corpus_score`` returns.

    Raises
    ------
    ImportError, ValueError, TypeError
        As `bleu` does.

    References
    ----------
    .. [1] M. Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015.

    Examples
    --------
    >>> from trueval.translation import chrf
    >>> round(chrf(["The cat sat on the mat.", "It is raining."], ["The cat sat on a mat.", "It is raining."]), 2)
    78.71
    """
    return _corpus_score("chrf", references, hypotheses, params)


def ter(references: Any, hypotheses: Any, **params: Any) -> float:
    """Compute the translation edit rate: edits per hundred words of the reference, less is better.

    Parameters
    ----------
    references, hypotheses : sequence
        As in `bleu`.
    **params
        Of ``sacrebleu.TER``: `normalized`, `no_punct`, `asian_support`, `case_sensitive`.

    Returns
    -------
    score : float
        What ``sacrebleu.TER(**params).corpus_score`` returns.

    Raises
    ------
    ImportError, ValueError, TypeError
        As `bleu` does.

    References
    ----------
    .. [1] M. Snover, B. Dorr, R. Schwartz, L. Micciulla, J. Makhoul, "A study of translation edit rate with targeted
       human annotation", AMTA 2006.

    Examples
    --------
    >>> from trueval.translation import ter
    >>> round(ter(["The cat sat on the mat.", "It is raining."], ["The cat sat on a mat.", "It is raining."]), 2)
    11.11
    """
    return _corpus_score("ter", references, hypotheses, params)


def compare(
    references: Any,
    base: Any,
    tuned: Any,
    *,
    metric: Any = "bleu",
    cluster: Any = None,
    params: Mapping[str, Any] | None = None,
    **options: Any,
) -> Comparison:
    """Compare two systems that translated the same segments.

    Parameters
    ----------
    references : sequence
        As in `bleu`.
    base, tuned : sequence of str
        The translations of either system, as in `bleu`.
    metric : {'bleu', 'chrf', 'ter'}, default='bleu'
        Of TER, the tuned system is better where the difference is less than 0.
    cluster : array-like of shape (n_segments,), optional
        What segments belong together, documents say: they are then taken for independent, and not segments.
    params : dict, optional
        Of the metric, as in `bleu`, `chrf` and `ter`.
    **options
        `method`, `alternative`, `confidence_level`, `n_resamples`, `rng`, `equivalence_margin`, `resampling` and
        `progress`, as in `trueval.inference.compare_statistics`.

    Returns
    -------
    comparison : trueval.inference.Comparison
        By approximate randomization unless `method` says otherwise; `wins`, `ties` and `losses` are None.

    Raises
    ------
    ImportError, ValueError, TypeError
        As `bleu` and `trueval.inference.compare` do.

    See Also
    --------
    trueval.inference.compare_statistics : any other metric that is a function of sums over segments.

    Notes
    -----
    The p-value of the default is that of ``sacrebleu --paired-ar`` [1]_, but that differences as large as the one found
    count as well as larger ones. The p-value of ``--paired-bs`` is another one than that of ``'bootstrap-percentile'``:
    it centres the absolute differences of the replicates on their mean [2]_. Sacrebleu computes each replicate's
    score from its sums, in some 5 to 10 microseconds, two for each replicate and two for each segment.

    References
    ----------
    .. [1] S. Riezler, J. T. Maxwell III, "On some pitfalls in automatic evaluation and significance testing for MT",
       ACL Workshop on Intrinsic and Extrinsic Evaluation Measures, 2005.
    .. [2] P. Koehn, "Statistical significance tests for machine translation evaluation", EMNLP 2004.

    Examples
    --------
    >>> from trueval.translation import compare
    >>> references = ["The cat sat on the mat.", "It is raining again.", "We are going home now.", "He likes apples."]
    >>> base = ["A cat sits on a mat.", "It rains again.", "We go home now.", "He is fond of apples."]
    >>> tuned = ["The cat sat on a mat.", "It is raining again.", "We are going home.", "He likes apples."]
    >>> found = compare(references, base, tuned, metric="chrf", rng=0)
    >>> round(found.base, 1), round(found.tuned, 1), found.method
    (37.8, 84.8, 'approximate-randomization')
    """
    scorer = scorer_of(metric, {} if params is None else params)
    counted, values = [], []
    for name, hypotheses in (("base", base), ("tuned", tuned)):
        segments = statistics_of(scorer, references, hypotheses, name)
        values.append(float(scorer._aggregate_and_compute(segments).score))
        counted.append(np.array(segments, dtype=np.float64))
    fold = _fold(scorer)
    fold.__name__ = metric
    return judge(of_sums(fold, tuple(values), counted, cluster), **options)


def _corpus_score(metric: str, references: Any, hypotheses: Any, params: Mapping[str, Any]) -> float:
    scorer, streams = scorer_of(metric, params), _streams(references)
    return float(scorer.corpus_score(_segments(hypotheses, streams, "hypotheses"), streams).score)


def statistics_of(scorer: Any, references: Any, hypotheses: Any, name: str = "hypotheses") -> list[list[float]]:
    """Count in each segment what sacrebleu's scores, and its own tests of significance, are built on."""
    streams = _streams(references)
    segments: list[list[float]] = scorer._extract_corpus_statistics(_segments(hypotheses, streams, name), streams)
    return segments


def score_of_sums(scorer: Any, sums: list[float]) -> float:
    """Score of a corpus, from what was counted in all of its segments."""
    return float(scorer._compute_score_from_stats(sums).score)


def scorer_of(metric: Any, params: Mapping[str, Any]) -> Any:
    if not isinstance(metric, str) or metric not in _METRICS:
        raise ValueError(f"metric must be one of {', '.join(map(repr, _METRICS))}, got {metric!r}.")
    try:
        import sacrebleu
    except ImportError as error:
        raise ImportError(f"{metric} is computed by sacrebleu: pip install 'trueval[translation]'.") from error
    if "references" in params:
        raise TypeError("params must not hold 'references': they are an argument of their own.")
    if metric == "bleu" and params.get("smooth_method", "exp") not in sacrebleu.BLEU.SMOOTH_DEFAULTS:
        known = ", ".join(map(repr, sacrebleu.BLEU.SMOOTH_DEFAULTS))
        raise ValueError(f"smooth_method must be one of {known}, got {params['smooth_method']!r}.")
    return getattr(sacrebleu, _METRICS[metric])(**params)


def _streams(references: Any) -> list[list[str | None]]:
    """Turn the references of each segment into sacrebleu's streams, one for each place in the list of references."""
    if isinstance(references, (str, bytes)) or not hasattr(references, "__len__"):
        raise TypeError(f"references must be a sequence with an element for each segment, got {references!r}.")
    if len(references) == 0:
        raise ValueError("references must hold at least one segment, got none.")
    several = []
    for i, segment in enumerate(references):
        texts = [segment] if isinstance(segment, str) else segment
        if not isinstance(texts, (Sequence, np.ndarray)) or not all(isinstance(text, str) for text in texts):
            raise TypeError(f"references must be strings or sequences of strings, got {segment!r} for segment {i}.")
        if len(texts) == 0:
            raise ValueError(f"references must hold a reference for each segment, got none for segment {i}.")
        several.append(list(texts))
    most = max(map(len, several))
    return [[texts[k] if k < len(texts) else None for texts in several] for k in range(most)]


def _segments(hypotheses: Any, streams: list[list[str | None]], name: str) -> list[str]:
    if isinstance(hypotheses, (str, bytes)) or not hasattr(hypotheses, "__len__"):
        raise TypeError(f"{name} must be a sequence of strings, got {hypotheses!r}.")
    segments = list(hypotheses)
    if len(segments) != len(streams[0]):
        raise ValueError(
            f"references and {name} must have an element for each segment, got {len(streams[0])} and {len(segments)}."
        )
    for i, segment in enumerate(segments):
        if not isinstance(segment, str):
            raise TypeError(f"{name} must hold strings, got {segment!r} for segment {i}.")
    return segments


def _fold(scorer: Any) -> Callable[[Floats], Floats]:
    """Make the function of sums over segments: sacrebleu's own, sum by sum."""

    def fold(sums: Floats) -> Floats:
        return np.fromiter((score_of_sums(scorer, row) for row in sums.tolist()), np.float64, len(sums))

    return fold
