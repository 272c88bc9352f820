"""The one place where the backend is chosen.

``native`` is the compiled ``trueval._core``; ``reference`` is the NumPy implementation in ``trueval._reference``. The
native one is taken when it is there. ``TRUEVAL_BACKEND=native|reference`` decides for a process, `use_backend` for a
block of code; neither falls back when what was asked for is absent.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

_MODULES = {"native": "trueval._core", "reference": "trueval._reference"}
_loaded: dict[str, ModuleType] = {}
_override: ContextVar[str | None] = ContextVar("trueval_backend", default=None)


def _load(name: str) -> ModuleType:
    if name not in _MODULES:
        raise ValueError(f"Unknown trueval backend {name!r}: expected 'native' or 'reference'.")
    module = _loaded.get(name)
    if module is None:
        try:
            module = importlib.import_module(_MODULES[name])
        except ModuleNotFoundError as error:
            if error.name != _MODULES[name]:
                raise
            raise ImportError(
                f"The {name} backend of trueval was requested, but {_MODULES[name]} is not part of this installation.",
                name=_MODULES[name],
            ) from error
        _loaded[name] = module
    return module


def _default() -> str:
    requested = os.environ.get("TRUEVAL_BACKEND", "").strip()
    if requested:
        try:
            _load(requested)
        except ValueError as error:
            raise ValueError(f"TRUEVAL_BACKEND={requested}: {error}") from None
        return requested
    try:
        _load("native")
    except ImportError as error:
        # Only an absent module may be passed over: one that is there but does not load must be heard of.
        if error.name != _MODULES["native"] or not isinstance(error.__cause__, ModuleNotFoundError):
            raise
        _load("reference")
        return "reference"
    return "native"


_default_name = _default()


def backend() -> str:
    """Name the backend that computes at this moment.

    Returns
    -------
    name : {'native', 'reference'}
        ``'native'`` is the compiled extension, ``'reference'`` the NumPy implementation.

    See Also
    --------
    use_backend : choose the backend for a block of code.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.backend() in ("native", "reference")
    True
    """
    return _override.get() or _default_name


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Compute with one backend inside a ``with`` block.

    The choice holds for the current thread or asynchronous task; others are not disturbed. Blocks may be nested.

    Parameters
    ----------
    name : {'native', 'reference'}
        The backend.

    Raises
    ------
    ValueError
        If `name` is neither of the two.
    ImportError
        If the backend is not part of this installation.

    Examples
    --------
    >>> import trueval as tv
    >>> with tv.use_backend("reference"):
    ...     tv.backend()
    'reference'
    """
    _load(name)
    token = _override.set(name)
    try:
        yield
    finally:
        _override.reset(token)


def current() -> Any:
    """Return the module that computes at this moment; it has the functions of ``_core.pyi``."""
    return _loaded[_override.get() or _default_name]
