"""`import trueval` needs NumPy alone, and costs little."""

from __future__ import annotations

import statistics
import subprocess
import sys

import pytest
from registry import BACKENDS

BLOCKER = """
import sys, importlib.abc

class NumPyAlone(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {"numpy", "trueval"} or top in sys.stdlib_module_names or top.startswith("_"):
            return None
        raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)

sys.meta_path.insert(0, NumPyAlone())
"""

USE = """
import warnings, trueval
with trueval.use_backend({backend!r}):
    assert trueval.roc_auc_score([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]) == 0.875
    assert trueval.f1_score(["a", "b"], ["a", "a"], average="macro", zero_division=0.0) == 1 / 3
    assert trueval.mean_squared_error([1.0, 2.0], [1.0, 4.0]) == 2.0
    assert trueval.ndcg_score([[0, 1, 2]], [[0.0, 1.0, 2.0]]) == 1.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trueval.f1_score([0, 0], [0, 0])
    assert [w.category.__name__ for w in caught] == ["UndefinedMetricWarning"], caught
    try:
        trueval.accuracy_score([1], [1], normalize="perhaps")
    except ValueError as error:
        assert type(error).__name__ == "InvalidParameterError", type(error)
    else:
        raise AssertionError("no exception")
print("done")
"""


def child(code: str) -> str:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("name", BACKENDS)
def test_numpy_is_enough(name: str) -> None:
    """Import, values, warnings and exceptions with every other library out of reach."""
    assert child(BLOCKER + USE.format(backend=name)) == "done"


def test_nothing_else_is_imported() -> None:
    """Where other libraries are installed, importing and calling does not pull them in."""
    code = """
import sys, numpy
before = set(sys.modules)
import trueval
trueval.roc_auc_score([0, 1], [0.1, 0.4])
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(top for top in tops if top not in sys.stdlib_module_names and top not in {"trueval", "numpy"}))
"""
    assert child(code) == "[]"


def test_import_is_quick() -> None:
    """Less than 50 ms over NumPy's own import, in the median of several interpreters."""
    code = "import numpy, time; t = time.perf_counter(); import trueval; print(time.perf_counter() - t)"
    child(code)
    cost = statistics.median(float(child(code)) for _ in range(7))
    assert cost < 0.05, f"import trueval takes {cost * 1e3:.1f} ms over NumPy's"


def test_public_names_exist() -> None:
    import trueval

    assert all(hasattr(trueval, name) for name in trueval.__all__)
    assert sorted(trueval.__all__) == sorted(set(trueval.__all__))
