"""The README's table of functions: what each takes, found by calling it, and how it fares in scikit-learn's own suite.

``python tests/python/sklearn_suite/readme.py`` writes the table from ``build/sklearn-suite.json``, which the run of the
suite leaves behind; with ``--check`` it only says whether README.md holds that table.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import sklearn.metrics
import trueval
from scipy import sparse
from trueval import _backend

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
RESULTS = ROOT / "build" / "sklearn-suite.json"
BEGIN, END = "<!-- functions: begin -->\n", "<!-- functions: end -->\n"

HEADINGS = {
    "_classification": "predicted labels and probabilities",
    "_ranking": "scores",
    "_regression": "numbers",
}

CLASSES = np.array([0, 1, 2, 2, 1, 0, 1, 2])
PREDICTED = np.array([0, 2, 2, 2, 1, 0, 1, 1])
PROBABILITIES = np.array([[6, 2, 2], [2, 5, 3], [1, 2, 7], [3, 3, 4], [2, 7, 1], [5, 4, 1], [1, 6, 3], [4, 1, 5]]) / 10
MARKS = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1], [1, 0, 1], [0, 1, 0]])
GUESSED = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
OUTPUTS = np.array([[1.0, 2.0], [3.0, 1.0], [2.0, 5.0], [4.0, 2.0]])

# Settings under which a function may take an input that it refuses by default.
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"average": "macro"},
    {"multi_class": "ovr"},
    {"beta": 1.0},
    {"beta": 1.0, "average": "macro"},
)


def takes(function: Callable[..., Any], *inputs: tuple[Any, Any]) -> bool:
    """Whether a function has a value on any of the inputs, under any of the settings that its signature allows."""
    known = inspect.signature(function).parameters
    if "metric_func" in known or "x" in known:
        return False
    for args in inputs:
        for settings in SETTINGS:
            if not settings.keys() <= known.keys():
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    function(*args, **settings)
            except (ValueError, TypeError):
                continue
            return True
    return False


def runs_natively(name: str) -> bool:
    """Whether the compiled backend was asked for anything while the function computed."""
    function, asked = getattr(trueval, name), []

    class Spy:
        def __getattr__(self, kernel: str) -> Any:
            asked.append(kernel)
            return getattr(_backend._loaded["native"], kernel)

    real, _backend.current = _backend.current, Spy  # type: ignore[assignment]
    try:
        extra = (trueval.accuracy_score,) if name == "metric_at_thresholds" else ()
        pairs = (
            (MARKS[:, 0], PROBABILITIES[:, 0]),
            (MARKS[:, 0], GUESSED[:, 0]),
            (MARKS, PROBABILITIES),
            (CLASSES, PROBABILITIES),
            (np.arange(1.0, 5.0), OUTPUTS[:, 1]),
        )
        for args, settings in product(pairs, SETTINGS):
            with warnings.catch_warnings(), suppress(ValueError, TypeError):
                warnings.simplefilter("ignore")
                function(*args, *extra, **settings)
    finally:
        _backend.current = real
    return bool(set(asked) - {"scan", "label_set"})


def rows(results: dict[str, Any]) -> Iterator[str]:
    """The lines of the table."""
    yield "| function | native | weights | multiclass | multilabel, multioutput | sparse | scikit-learn's tests |"
    yield "|---|---|---|---|---|---|---|"
    by_module: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
    for name in results.keys() & set(trueval.__all__):
        by_module[getattr(sklearn.metrics, name).__module__.rpartition(".")[2]].append(name)
    for module, heading in HEADINGS.items():
        yield f"| **{heading}** | | | | | | |"
        for name in sorted(by_module[module]):
            function = getattr(trueval, name)
            weights = "sample_weight" in inspect.signature(function).parameters
            multiclass = takes(function, (CLASSES, PREDICTED), (CLASSES, PROBABILITIES))
            wide = takes(function, (MARKS, GUESSED), (MARKS, PROBABILITIES), (OUTPUTS, OUTPUTS[::-1]))
            csr = sparse.csr_matrix(MARKS)
            thin = takes(function, (csr, sparse.csr_matrix(GUESSED)), (csr, PROBABILITIES))
            if module == "_regression":
                multiclass = False
            marks = ["✓" if mark else "" for mark in (runs_natively(name), weights, multiclass, wide, thin)]
            (passed, total), (again, _) = results[name]["native"], results[name]["reference"]
            counts = f"{passed} of {total}" if passed == again else f"{passed}, {again} of {total}"
            yield f"| `{name}` | {' | '.join(marks)} | {counts} |"


def main(arguments: list[str]) -> int:
    """Write the table, or check it."""
    table = "\n".join(rows(json.loads(RESULTS.read_text("utf-8")))) + "\n"
    text = README.read_text("utf-8")
    wanted = re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}{table}{END}", text, flags=re.S)
    if arguments == ["--check"]:
        # How many tests there are depends on what is installed beside scikit-learn.
        if re.sub(r"\d+", "#", wanted) != re.sub(r"\d+", "#", text):
            print("README.md does not hold the table of functions that `make readme` writes", file=sys.stderr)
            return 1
        return 0
    README.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
