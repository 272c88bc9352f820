"""Which backend runs, and how it is chosen."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest
import trueval
from registry import BACKENDS, HAS_NATIVE, WITHOUT_NATIVE, needs_native

BEST = BACKENDS[0]


def child(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter whose environment says nothing about the backend but what is given."""
    environment = {name: value for name, value in os.environ.items() if name != "TRUEVAL_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


SAY = "import trueval; trueval.accuracy_score([1], [1]); print(trueval.backend())"


def test_native_where_it_is_installed() -> None:
    assert child(SAY).stdout.strip() == BEST


@pytest.mark.parametrize("name", BACKENDS)
def test_environment_chooses(name: str) -> None:
    assert child(SAY, TRUEVAL_BACKEND=name).stdout.strip() == name


def test_environment_with_an_unknown_name() -> None:
    ended = child(SAY, TRUEVAL_BACKEND="fortran")
    assert ended.returncode != 0
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError")
    assert all(name in last for name in ("fortran", "native", "reference"))


def test_context_chooses_and_restores() -> None:
    before = trueval.backend()
    for name in BACKENDS:
        with trueval.use_backend(name):
            assert trueval.backend() == name
    assert trueval.backend() == before


def test_contexts_nest() -> None:
    before = trueval.backend()
    with trueval.use_backend("reference"):
        with trueval.use_backend(BEST):
            assert trueval.backend() == BEST
            with trueval.use_backend("reference"):
                assert trueval.backend() == "reference"
            assert trueval.backend() == BEST
        assert trueval.backend() == "reference"
    assert trueval.backend() == before


def test_context_restores_after_an_exception() -> None:
    before = trueval.backend()
    with pytest.raises(RuntimeError, match="from inside"), trueval.use_backend("reference"):
        raise RuntimeError("from inside")
    assert trueval.backend() == before


def test_context_stays_in_its_thread() -> None:
    before, seen = [], []
    outside = threading.Thread(target=lambda: before.append(trueval.backend()))
    outside.start()
    outside.join()
    with trueval.use_backend("reference"):
        inside = threading.Thread(target=lambda: seen.append(trueval.backend()))
        inside.start()
        inside.join()
    assert seen == before == [trueval.backend()]


def test_context_stays_in_its_task() -> None:
    async def task(name: str) -> str:
        with trueval.use_backend(name):
            await asyncio.sleep(0.01)
            return trueval.backend()

    async def both() -> list[str]:
        return await asyncio.gather(task("reference"), task(BEST))

    assert asyncio.run(both()) == ["reference", BEST]


@pytest.mark.parametrize("name", ["fortran", "", "Native"])
def test_unknown_name(name: str) -> None:
    before = trueval.backend()
    with pytest.raises(ValueError, match=r"native.*reference|reference.*native"), trueval.use_backend(name):
        pass
    assert trueval.backend() == before


@pytest.mark.skipif(HAS_NATIVE, reason="the compiled module trueval._core is installed")
def test_absent_native_raises() -> None:
    with pytest.raises(ImportError, match=r"trueval\._core"), trueval.use_backend("native"):
        pass
    ended = child(SAY, TRUEVAL_BACKEND="native")
    assert ended.returncode != 0
    assert ended.stderr.strip().splitlines()[-1].startswith(("ImportError", "ModuleNotFoundError"))


HIDDEN = """
import sys
sys.modules["trueval._core"] = None  # import raises ImportError
"""


@needs_native
def test_hidden_native_falls_back() -> None:
    assert child(HIDDEN + SAY).stdout.strip() == "reference", WITHOUT_NATIVE
    ended = child(HIDDEN + SAY, TRUEVAL_BACKEND="native")
    assert ended.returncode != 0
    assert ended.stderr.strip().splitlines()[-1].startswith(("ImportError", "ModuleNotFoundError"))


def test_the_backend_that_is_named_is_the_one_that_runs() -> None:
    """`backend()` tells the truth: the module that computes is the one of that name."""
    from trueval import _backend

    for name in BACKENDS:
        with trueval.use_backend(name):
            assert _backend.current().__name__ == {"native": "trueval._core", "reference": "trueval._reference"}[name]


@needs_native
def test_both_backends_provide_the_contract() -> None:
    import trueval._core
    import trueval._reference

    functions = {name for name in dir(trueval._core) if not name.startswith("_")}
    missing = {name for name in functions if not callable(getattr(trueval._reference, name, None))}
    assert functions
    assert not missing
