"""The functions of scikit-learn that are due: what sklearn.metrics exports of three of its modules."""

from __future__ import annotations

from types import FunctionType

import sklearn.metrics

_MODULES = {f"sklearn.metrics.{name}" for name in ("_classification", "_ranking", "_regression")}


def surface() -> dict[str, FunctionType]:
    """Return scikit-learn's own functions by name."""
    exported = {name: vars(sklearn.metrics)[name] for name in sorted(sklearn.metrics.__all__)}
    return {n: f for n, f in exported.items() if isinstance(f, FunctionType) and f.__module__ in _MODULES}
