"""At a length past every parallel threshold, the backends agree with each other, and in `make soak` with scikit-learn.

scikit-learn takes ten minutes for these lengths; `test_agreement.py` asks it up to two chunks of a kernel.
"""

from __future__ import annotations

import numpy as np
import pytest
import trueval
from inputs import FAMILIES, Case
from outcomes import difference
from registry import BACKENDS, PAIRS, ROWS, Metric, needs_native, pair_id

# Not a multiple of a chunk. Families of two dimensions hold this many numbers.
LENGTH = 2_100_011

FIRST = [(row, next(iter(row.inputs))) for row in ROWS]
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=pair_id)
plain_and_weighted = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])


def large_case(row: Metric, family: str, weighted: bool) -> Case:
    if weighted and not row.weights:
        pytest.skip("takes no weights")
    case = FAMILIES[family].sample(LENGTH, np.random.default_rng(23))
    return case if weighted else Case(case.args)


@needs_native
@plain_and_weighted
@pytest.mark.parametrize("pair", FIRST, ids=pair_id)
def test_backends_on_two_million_rows(pair: tuple[Metric, str], weighted: bool) -> None:
    """Each metric on the first of its families."""
    row, family = pair
    case, keywords = large_case(row, family, weighted), row.inputs[family][0]
    outcomes = []
    for backend in ("native", "reference"):
        with trueval.use_backend(backend):
            outcomes.append(row.outcome("ours", case, keywords))
    found = difference(*outcomes, row.allowed(case))
    assert found is None, f"{row.name}, native (ours) against reference (theirs), {keywords}: {found}"


@pytest.mark.soak
@plain_and_weighted
@each_pair
def test_two_million_rows(pair: tuple[Metric, str], weighted: bool, backend: str) -> None:
    row, family = pair
    case = large_case(row, family, weighted)
    found = row.disagreement(case, row.inputs[family][0])
    assert found is None, found


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
