"""Verdicts on real translations: what Django says, in the Spanish of Argentina and of other countries.

The messages for Argentina are the references; those for Mexico, Colombia and Spain are the systems.
"""

from __future__ import annotations

import gettext
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from trueval import translation

sacrebleu = pytest.importorskip("sacrebleu")
if importlib.util.find_spec("django") is None:
    pytest.skip("django is not installed: its messages are the data", allow_module_level=True)


def messages(locale: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in importlib.util.find_spec("django").submodule_search_locations:
        for path in sorted(Path(folder).glob(f"**/locale/{locale}/LC_MESSAGES/django.mo")):
            with path.open("rb") as file:
                catalog: Any = gettext.GNUTranslations(file)._catalog
            found |= {key: text for key, text in catalog.items() if isinstance(key, str) and key and text}
    return found


LOCALES = ("es_AR", "es_MX", "es_CO", "es")
FOUND = {locale: messages(locale) for locale in LOCALES}
KEYS = sorted(set.intersection(*(set(one) for one in FOUND.values())))
ARGENTINA, MEXICO, COLOMBIA, SPAIN = ([FOUND[locale][key] for key in KEYS] for locale in LOCALES)


def test_there_are_messages() -> None:
    assert len(KEYS) > 400


@pytest.mark.parametrize("metric", ["bleu", "chrf", "ter"])
def test_scores_are_those_of_sacrebleu(metric: str) -> None:
    scorer = {"bleu": sacrebleu.BLEU, "chrf": sacrebleu.CHRF, "ter": sacrebleu.TER}[metric]()
    score = getattr(translation, metric)
    for system in (MEXICO, COLOMBIA, SPAIN):
        assert score(ARGENTINA, system) == scorer.corpus_score(system, [ARGENTINA]).score


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
@pytest.mark.parametrize("method", ["auto", "bootstrap-percentile"])
def test_verdicts(metric: str, method: str) -> None:
    """Mexico's messages are closer to Argentina's than Colombia's are."""
    found = translation.compare(ARGENTINA, COLOMBIA, MEXICO, metric=metric, method=method, n_resamples=999, rng=0)
    assert found.n == len(KEYS)
    assert found.difference > 10
    assert found.pvalue < 0.01
    assert found.confidence_interval.low > 0


def test_no_evidence() -> None:
    """By BLEU, Spain's messages are no closer to Argentina's than Colombia's are."""
    found = translation.compare(ARGENTINA, COLOMBIA, SPAIN, n_resamples=999, rng=0)
    assert found.pvalue > 0.05
    assert found.confidence_interval.low < 0 < found.confidence_interval.high
