"""Warnings and errors that trueval emits: scikit-learn's own classes where scikit-learn is installed.

``trueval.exceptions.UndefinedMetricWarning``, ``.DataConversionWarning`` and ``.InvalidParameterError`` are looked up
at the first use, because importing scikit-learn costs more than everything else here together. Where it is absent,
classes of the same name and the same bases stand in for them.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from types import FrameType
from typing import Any

__all__ = ["DataConversionWarning", "InvalidParameterError", "UndefinedMetricWarning"]  # noqa: F822

_ROOT = __name__.partition(".")[0]

# name: (scikit-learn's module, bases of the stand-in, its docstring)
_CLASSES: dict[str, tuple[str, tuple[type, ...], str]] = {
    "UndefinedMetricWarning": ("sklearn.exceptions", (UserWarning,), "The metric is not defined for this input."),
    "DataConversionWarning": ("sklearn.exceptions", (UserWarning,), "The input was converted on the way in."),
    "InvalidParameterError": (
        "sklearn.utils._param_validation",
        (ValueError, TypeError),
        "A parameter has a type or a value that the function does not take.",
    ),
}


def get(name: str) -> Any:
    """Return the class called `name`, the same one for the life of the process."""
    module, bases, doc = _CLASSES[name]
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception:
        found = type(name, bases, {"__doc__": doc, "__module__": __name__})
    return globals().setdefault(name, found)


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        return get(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def warn(message: str, category: str | type[Warning] = UserWarning) -> None:
    """Warn at the first line outside this package."""
    chosen: Any = category
    if isinstance(category, str):
        chosen = globals().get(category) or get(category)
    level = 1
    frame: FrameType | None = sys._getframe(0)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _ROOT:
        frame = frame.f_back
        level += 1
    warnings.warn(message, chosen, stacklevel=level)
