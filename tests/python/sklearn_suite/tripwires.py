"""Wires around scikit-learn's functions, to learn who calls them.

A wire is laid by exchanging the function's code object: the function stays the same object, so that a call is noticed
whichever name, partial, dictionary or closure it came through. Besides the public metrics, wires are laid around every
private function of ``sklearn.metrics``, ``sklearn.utils`` and ``sklearn.preprocessing``, which a replacement could call
to pass for nothing.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections import Counter
from types import CodeType, FrameType, FunctionType
from typing import Any, ClassVar

_WATCHED = ("sklearn.metrics.", "sklearn.utils.", "sklearn.preprocessing.")
_UNWATCHED = ("tests", "_testing", "_plot", "_test_common", "estimator_checks")

_wires: list[tuple[FunctionType, FunctionType]] = []
_keys: dict[FunctionType, int] = {}
_names: dict[FunctionType, str] = {}
_inside = threading.local()
entered: list[FunctionType] = []


class _Watch:
    """What is being noted."""

    calls: set[str] | None = None
    """Public functions that are called from outside scikit-learn's metrics, while recording."""
    replaced: frozenset[FunctionType] = frozenset()
    """scikit-learn's functions that have been replaced."""
    entries: ClassVar[set[CodeType]] = set()
    """Code of the functions in their place."""
    active: int = 0
    """How many calls of these are going on."""
    delegated: ClassVar[Counter[str]] = Counter()
    """Calls that reached scikit-learn from inside a replacement."""
    missed: ClassVar[Counter[str]] = Counter()
    """Calls that reached a function that should have been replaced."""


watch = _Watch()


def lay(public: dict[str, FunctionType]) -> None:
    """Lay the wires: around `public`, and around what else a replacement could call."""
    _names.update((function, name) for name, function in public.items())
    for function in public.values():
        _lay(function)
    for name, module in list(sys.modules.items()):
        if not name.startswith(_WATCHED) or not set(name.split(".")).isdisjoint(_UNWATCHED):
            continue
        for value in list(vars(module).values()):
            if isinstance(value, FunctionType) and value.__module__ == name:
                _lay(value)
                inner = inspect.unwrap(value)
                if isinstance(inner, FunctionType):
                    _lay(inner)


def _lay(function: FunctionType) -> None:
    if function in _keys:
        return
    _keys[function] = len(_wires)
    body = f"return __import__({__name__!r}, fromlist=['hit']).hit({len(_wires)}, args, kwargs)"
    _wires.append((function, _exchange(function, body)))


def _exchange(function: FunctionType, body: str) -> FunctionType:
    """Give a function another body, which knows `args` and `kwargs`; return a function that is as it was."""
    free = ", ".join(function.__code__.co_freevars)
    source = f"def outer({free}):\n def wire(*args, **kwargs):\n  {body}\n  {free}\n return wire\n"
    scope: dict[str, Any] = {}
    exec(source, scope)
    code = next(c for c in scope["outer"].__code__.co_consts if isinstance(c, CodeType))
    if code.co_freevars != function.__code__.co_freevars:
        raise RuntimeError(f"No wire fits {function.__module__}.{function.__qualname__}")
    original = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    original.__qualname__ = function.__qualname__
    original.__kwdefaults__ = function.__kwdefaults__
    original.__dict__.update(function.__dict__)
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    function.__code__ = code
    return original


def expect(replacements: dict[FunctionType, Any]) -> None:
    """Watch the replacements of scikit-learn's functions from now on.

    They get wires of their own, which tell when one of them is at work: to walk up the stack at every call of every
    function that is watched makes the suite take three times as long.
    """
    watch.replaced = frozenset(replacements)
    for function in set(replacements.values()):
        name = f"__import__({__name__!r}, fromlist=['watch'])"
        # The call is made in this very frame: trueval's warnings count the frames of its own, and stop at a stranger's.
        body = (
            f"watch = {name}.watch; watch.active += 1\n"
            f"  try: return {name}.entered[{len(entered)}](*args, **kwargs)\n"
            "  finally: watch.active -= 1"
        )
        entered.append(_exchange(function, body))
        watch.entries.add(function.__code__)


def hit(key: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Note a call of a function of scikit-learn, and make it."""
    function, original = _wires[key]
    if getattr(_inside, "theirs", False):
        return original(*args, **kwargs)
    if watch.calls is not None:
        if function not in _names:
            return original(*args, **kwargs)
        watch.calls.add(_names[function])
    elif watch.active and _is_delegated(function, sys._getframe(2)):
        watch.delegated[f"{function.__module__}.{function.__qualname__}"] += 1
    else:
        if function in watch.replaced:
            watch.missed[_names[function]] += 1
        return original(*args, **kwargs)
    # What the function calls in its turn is its own affair.
    _inside.theirs = True
    try:
        return original(*args, **kwargs)
    finally:
        _inside.theirs = False


def _is_delegated(function: FunctionType, frame: FrameType | None) -> bool:
    """Whether a call comes from inside a replacement, and not through a callable that the test handed to it."""
    passed = set()
    entry = None
    while frame is not None and frame.f_globals.get("__name__") != "_pytest.python":
        if frame.f_code in watch.entries:
            entry = frame
        elif entry is None:
            passed.add(frame.f_code)
        frame = frame.f_back
    if entry is None:
        return False
    known = inspect.getargvalues(entry)
    values = [known.locals[name] for name in known.args]
    values += known.locals.get(known.varargs, ()) if known.varargs else ()
    values += known.locals.get(known.keywords, {}).values() if known.keywords else ()
    for value in values:
        while isinstance(value, functools.partial):
            value = value.func  # noqa: PLW2901
        if value is function or (isinstance(value, FunctionType) and value.__code__ in passed):
            return False
    return True
