"""The benches take their metrics from the registry of the tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "python"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rows",
        default=os.environ.get("TRUEVAL_BENCH_ROWS", "1e6"),
        help="lengths to time, separated by commas (default: $TRUEVAL_BENCH_ROWS, or 1e6)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rows" in metafunc.fixturenames:
        metafunc.parametrize("rows", [int(float(rows)) for rows in metafunc.config.getoption("--rows").split(",")])
