"""At a length past every parallel threshold: native, reference and scikit-learn agree."""

from __future__ import annotations

import numpy as np
import pytest
import trueval
from inputs import FAMILIES, Case
from outcome import difference
from registry import BACKENDS, PAIRS, Metric, pair_id

# Not a multiple of a chunk. Families of two dimensions hold this many numbers.
ROWS = 2_100_011


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("pair", PAIRS, ids=pair_id)
def test_two_million_rows(pair: tuple[Metric, str], weighted: bool) -> None:
    row, family = pair
    if weighted and not row.weights:
        pytest.skip("takes no weights")
    case = FAMILIES[family].sample(ROWS, np.random.default_rng(23))
    case = case if weighted else Case(case.args)
    keywords = row.inputs[family][0]
    theirs = row.judge(case, keywords)
    for backend in BACKENDS:
        with trueval.use_backend(backend):
            ours = row.outcome("ours", case, keywords)
        found = difference(ours, theirs, row.allowed(case))
        assert found is None, f"{row.name}, {backend} backend, {keywords}: {found}"


def test_narrow_sums_keep_every_count() -> None:
    """float32 input of more than 2**24 rows: a sum in float32 would lose them."""
    n = 2**24 + 5001
    pred = np.ones(n, np.float32)
    true = np.zeros(n, np.float32)
    for backend in BACKENDS:
        with trueval.use_backend(backend):
            assert trueval.mean_squared_error(true, pred) == 1.0
            assert trueval.mean_absolute_error(true, pred, sample_weight=np.ones(n, np.float32)) == 1.0
            assert trueval.accuracy_score(true, pred, normalize=False) == 0.0
            assert trueval.accuracy_score(pred, pred, normalize=False) == n
