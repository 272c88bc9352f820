"""Every metric of the registry against scikit-learn's, one pytest-benchmark group per metric, input and length."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from inputs import FAMILIES, Case
from registry import PAIRS, Metric, pair_id


@lru_cache(maxsize=1)
def sample(family: str, rows: int) -> Case:
    """Unweighted inputs, made once for all metrics in a row that take them."""
    return Case(FAMILIES[family].sample(rows, np.random.default_rng(0)).args)


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("pair", sorted(PAIRS, key=lambda pair: pair[1]), ids=pair_id)
def test_speed(pair: tuple[Metric, str], rows: int, side: str, benchmark: Any) -> None:
    row, family = pair
    case, keywords = sample(family, rows), row.inputs[family][0]
    if side == "ours":
        # A wrong answer is not worth timing.
        found = row.disagreement(case, keywords)
        assert found is None, found
    function = getattr(row, side)
    benchmark.group = f"{pair_id(pair)} n={rows}"
    benchmark(lambda: row.call(function, case, keywords))
