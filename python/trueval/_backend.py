"""The one place where the backend is chosen.

``native`` is the compiled ``trueval._core``; ``reference`` is the NumPy implementation in ``trueval._reference``. The
native one is taken when it is there. ``TRUEVAL_BACKEND=native|reference`` decides for a process, `use_backend` for a
block of code; neither falls back when what was asked for is absent. With how many threads the native one computes is
said here too: by ``TRUEVAL_NUM_THREADS``, read when the package is imported, or by `set_num_threads`.
"""

from __future__ import annotations

import importlib
import operator
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

_MODULES = {"native": "trueval._core", "reference": "trueval._reference"}
_loaded: dict[str, ModuleType] = {}
_MOST_THREADS = 65_535  # as many as rayon counts
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
        module.set_num_threads(_num_threads)
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


def _threads_of_environment() -> int:
    """Read TRUEVAL_NUM_THREADS; 0 where it is not set."""
    text = os.environ.get("TRUEVAL_NUM_THREADS", "").strip()
    if text and not (text.isdecimal() and 1 <= int(text) <= _MOST_THREADS):
        raise ValueError(f"TRUEVAL_NUM_THREADS={text}: expected an integer from 1 to {_MOST_THREADS}.")
    return int(text or 0)


_num_threads = _threads_of_environment()
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


def set_num_threads(n: int) -> None:
    """Compute with another number of threads from now on.

    The number holds for the whole process: all calls, from whichever Python thread, share one pool of this many
    threads. It is made at the first call that is long enough to need it. Results have the same bits for any number.

    Parameters
    ----------
    n : int
        The number of threads, at least 1. Until it is set it is that of the environment variable
        ``TRUEVAL_NUM_THREADS``, else of ``RAYON_NUM_THREADS``, else one for each processor at hand.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is less than 1, or more than 65,535. For such a ``TRUEVAL_NUM_THREADS``, and for one that is no integer,
        importing the package raises it.

    See Also
    --------
    get_num_threads : the number in use.

    Notes
    -----
    Calls that are running finish with the threads they began with. The reference backend computes on the calling thread
    whatever the number.

    A child process, forked or spawned, makes a pool of its own when it needs one; a forked one inherits the number, a
    spawned one the environment only. Where several children compute at once, give each its share of the processors.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.set_num_threads(2)
    >>> tv.mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    global _num_threads  # noqa: PLW0603
    try:
        number = operator.index(n)
    except TypeError:
        raise TypeError(f"n must be an integer, got {n!r}.") from None
    if not 1 <= number <= _MOST_THREADS:
        raise ValueError(f"n must be from 1 to {_MOST_THREADS}, got {n!r}.")
    _num_threads = number
    for module in list(_loaded.values()):
        module.set_num_threads(number)


def get_num_threads() -> int:
    """Return the number of threads that the current backend computes with.

    Returns
    -------
    n : int
        What `set_num_threads` or the environment says; 1 under the reference backend.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.get_num_threads() >= 1
    True
    """
    return int(current().get_num_threads())
