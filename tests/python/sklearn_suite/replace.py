"""Put functions in the place of others, by identity, in scikit-learn's modules and in its tests."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from types import FunctionType, ModuleType
from typing import Any


def replace(functions: dict[FunctionType, Any], items: Iterable[Any]) -> None:
    """Replace the keys of `functions` by their values in what is imported of scikit-learn and in the tests' parameters.

    Containers, scorers, partials and the closures of test helpers are gone through in depth.
    """
    visitor = _Visitor(functions)
    for name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and name.partition(".")[0] == "sklearn":
            visitor.dictionary(vars(module), deep=name.startswith("sklearn.metrics") or ".tests." in name)
    for item in items:
        if hasattr(item, "callspec"):
            visitor.dictionary(item.callspec.params, deep=True)


class _Visitor:
    def __init__(self, functions: dict[FunctionType, Any]) -> None:
        self.functions = functions
        self.seen: dict[int, tuple[Any, Any]] = {}  # what was visited is kept, lest its id be used again

    def dictionary(self, mapping: dict[Any, Any], *, deep: bool) -> None:
        visit = self.visit if deep else self.exchange
        changed = False
        new = {}
        for key, value in mapping.items():
            k, v = (key, value) if key == "__builtins__" else (visit(key), visit(value))
            new[k] = v
            changed = changed or k is not key or v is not value
        if changed and list(new) == list(mapping):
            mapping.update(new)
        elif changed:
            mapping.clear()
            mapping.update(new)

    def exchange(self, value: Any) -> Any:
        return self.functions.get(value, value) if isinstance(value, FunctionType) else value

    def visit(self, value: Any) -> Any:
        """Return what is to stand in the place of `value`: itself, changed within where possible, or something new."""
        if isinstance(value, (str, bytes, int, float, ModuleType)) or value is None:
            return value
        if id(value) in self.seen:
            return self.seen[id(value)][1]
        self.seen[id(value)] = value, value
        new = self._visit(value)
        self.seen[id(value)] = value, new
        return new

    def _visit(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            if value in self.functions:
                return self.functions[value]
            if ".tests." in (value.__module__ or ""):
                self._helper(value)
        elif isinstance(value, functools.partial):
            func, args, keywords = self.visit(value.func), self.visit(value.args), value.keywords
            self.dictionary(keywords, deep=True)
            if func is not value.func or args is not value.args:
                value.__setstate__((func, args, keywords, value.__dict__ or None))
        elif type(value) is dict:
            self.dictionary(value, deep=True)
        elif type(value) is list:
            value[:] = [self.visit(v) for v in value]
        elif isinstance(value, (tuple, set, frozenset)):
            new = [self.visit(v) for v in value]
            if any(a is not b for a, b in zip(new, value)):
                return value._make(new) if hasattr(value, "_make") else type(value)(new)
        elif "_score_func" in getattr(value, "__dict__", ()):
            value._score_func = self.visit(value._score_func)
        return value

    def _helper(self, function: FunctionType) -> None:
        for cell in function.__closure__ or ():
            try:
                cell.cell_contents = self.visit(cell.cell_contents)
            except ValueError:  # an empty cell
                continue
        function.__defaults__ = self.visit(function.__defaults__)
        self.dictionary(function.__kwdefaults__ or {}, deep=True)
        if hasattr(function, "__wrapped__"):
            self.visit(function.__wrapped__)
