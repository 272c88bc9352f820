"""Shared by all tests: the hypothesis profiles, and the fixtures that choose a backend."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import trueval
from hypothesis import HealthCheck, settings
from registry import HAS_NATIVE, WITHOUT_NATIVE

pytest.register_assert_rewrite("frame_suite")

# The same examples on every run, so that a failure is a change of the code; `make soak` looks further.
slow = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", max_examples=25, derandomize=True, database=None, **slow)
settings.register_profile("search", max_examples=1000, **slow)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.fixture(params=["native" if HAS_NATIVE else "reference"], scope="module")
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """The backend under test: `make test` runs the suite once with the compiled module, and once without."""
    with trueval.use_backend(request.param):
        yield request.param


@pytest.fixture
def native() -> Iterator[None]:
    """Run a test under the native backend, or skip it."""
    if not HAS_NATIVE:
        pytest.skip(WITHOUT_NATIVE)
    with trueval.use_backend("native"):
        yield
