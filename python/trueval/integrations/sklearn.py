"""Let scikit-learn compute its metrics with trueval, without a change to the code that calls it.

In a program::

    import trueval.integrations.sklearn as ts

    ts.patch()  # or, for a while: with ts.patched(): ...

and on the command line, for a program that knows nothing of it::

    python -m trueval.integrations.sklearn script.py [arguments]
    python -m trueval.integrations.sklearn -m module [arguments]

From then on ``sklearn.metrics.f1_score`` *is* ``trueval.f1_score``, and so on for each function that both libraries
have. Scorers, ``cross_validate``, ``GridSearchCV``, estimators' ``score`` and the Display classes call what they find
in scikit-learn's modules, so they compute with trueval too.

What the patch cannot reach:

- Names that other code took earlier: after ``from sklearn.metrics import f1_score``, the patch changes scikit-learn's
  modules and not that name. Patch first, import then; the command line does.
- Processes that are started afresh. A scorer that is sent to one (``n_jobs=2``) brings trueval's function along and
  computes with it; ``scoring=None`` calls the estimator's ``score`` there, which is the new process's own scikit-learn.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.machinery
import importlib.util
import inspect
import io
import os
import runpy
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType, ModuleType, TracebackType
from typing import Any, NamedTuple

import trueval

__all__ = ["Replaced", "patch", "patched", "replaced", "skipped", "unpatch"]

_METRICS = "sklearn.metrics"
_SCORER = "sklearn.metrics._scorer"
_USAGE = "usage: python -m trueval.integrations.sklearn (script | -m module) [arguments]"

_lock = threading.RLock()
_holders: set[object] = set()
_originals: dict[str, FunctionType] = {}
_PATCH = object()


class Replaced(NamedTuple):
    """One place in scikit-learn that holds a function of trueval."""

    owner: str
    """Name of the module or, of a scorer, the expression that leads to it."""
    attribute: str
    """Name of the attribute of the owner."""
    function: str
    """Name of the function that it holds, in ``trueval``."""


class _Place(NamedTuple):
    """An attribute that holds a metric function."""

    owner: Any
    name: str
    attribute: str
    value: Any


def _sklearn_metrics() -> ModuleType:
    try:
        importlib.import_module("sklearn")
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        raise ModuleNotFoundError(
            "trueval.integrations.sklearn patches scikit-learn, which is not installed: pip install scikit-learn",
            name="sklearn",
        ) from None
    return importlib.import_module(_METRICS)


def _places() -> Iterator[_Place]:
    """Walk over the functions in scikit-learn's modules, and in the scorers that these hold."""
    for module_name, module in sorted(sys.modules.items()):
        if module is None or module_name.partition(".")[0] != "sklearn":
            continue
        for attribute, value in list(vars(module).items()):
            if isinstance(value, FunctionType):
                yield _Place(module, module_name, attribute, value)
            elif _is_scorer(value):
                yield _Place(value, f"{module_name}.{attribute}", "_score_func", value._score_func)
            elif module_name == _SCORER and type(value) is dict:
                for key, scorer in list(value.items()):
                    if _is_scorer(scorer):
                        owner = f"{module_name}.{attribute}[{key!r}]"
                        yield _Place(scorer, owner, "_score_func", scorer._score_func)


def _is_scorer(value: Any) -> bool:
    return type(value).__module__ == _SCORER and "_score_func" in getattr(value, "__dict__", ())


def _exchange(functions: Mapping[FunctionType, Any]) -> None:
    """Put each value of `functions` wherever scikit-learn holds its key."""
    for place in list(_places()):
        new = functions.get(place.value)
        if new is not None:
            setattr(place.owner, place.attribute, new)


@functools.cache
def _table() -> tuple[dict[str, FunctionType], dict[str, str]]:
    """Return scikit-learn's functions that trueval replaces, and of those that it does not, why."""
    metrics = _sklearn_metrics()
    originals, reasons = {}, {}
    for name in sorted(trueval.__all__):
        theirs = vars(metrics).get(name)
        if not isinstance(theirs, FunctionType) or not theirs.__module__.startswith(f"{_METRICS}."):
            continue
        ours = inspect.signature(getattr(trueval, name)).parameters
        unknown = [parameter for parameter in inspect.signature(theirs).parameters if parameter not in ours]
        if unknown:
            version = sys.modules["sklearn"].__version__
            reasons[name] = f"scikit-learn {version} has parameters that trueval's lacks: {', '.join(unknown)}"
        else:
            originals[name] = theirs
    return originals, reasons


def patch() -> None:
    """Replace scikit-learn's metric functions by trueval's, until `unpatch`.

    The functions are replaced by identity wherever scikit-learn holds them: in ``sklearn.metrics``, in its private
    modules, in every other module of scikit-learn that is imported already, and in the scorers behind
    ``scoring="f1"``, whose other arguments are kept. Modules that are imported later find trueval's functions.

    Calling it again does no harm, and brings in what else has come to hold scikit-learn's functions.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.

    See Also
    --------
    patched : patch for a block of code.
    replaced : what has been replaced, and where.
    skipped : which functions are not.

    Notes
    -----
    A function is left alone where the installed scikit-learn does not have it, or has a parameter for it that trueval's
    does not take; `skipped` lists the latter.

    The patch holds for the whole process, that is for every thread. Patching and restoring are serialised; a thread
    that calls scikit-learn meanwhile gets one function or the other.

    Names that other modules took from scikit-learn before the patch stay what they are, and so do scorers that
    ``make_scorer`` made of them.

    Examples
    --------
    >>> import sklearn.metrics
    >>> import trueval
    >>> import trueval.integrations.sklearn as ts
    >>> ts.patch()
    >>> sklearn.metrics.f1_score is trueval.f1_score
    True
    >>> ts.unpatch()
    >>> sklearn.metrics.f1_score is trueval.f1_score
    False
    """
    _hold(_PATCH)


def unpatch() -> None:
    """Put scikit-learn's own functions back, wherever trueval's are.

    This ends whatever patch is in force, that of an enclosing `patched` block included. Without a patch it does
    nothing. Scorers that ``make_scorer`` made while the patch was on keep the function they were made with.

    Examples
    --------
    >>> import trueval.integrations.sklearn as ts
    >>> ts.patch()
    >>> ts.unpatch()
    >>> ts.replaced()
    []
    """
    with _lock:
        _holders.clear()
        _restore()


@contextmanager
def patched() -> Iterator[None]:
    """Replace scikit-learn's metric functions by trueval's inside a ``with`` block.

    Blocks may be nested, and may overlap in several threads: the end of the last one restores scikit-learn, unless
    `patch` was called outside.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.

    Notes
    -----
    The patch holds for every thread of the process, not for the block's alone.

    Examples
    --------
    >>> import sklearn.metrics
    >>> import trueval.integrations.sklearn as ts
    >>> with ts.patched():
    ...     print(sklearn.metrics.accuracy_score.__module__.partition(".")[0])
    trueval
    >>> print(sklearn.metrics.accuracy_score.__module__.partition(".")[0])
    sklearn
    """
    holder = object()
    _hold(holder)
    try:
        yield
    finally:
        with _lock:
            _holders.discard(holder)
            if not _holders:
                _restore()


def replaced() -> list[Replaced]:
    """List the places in scikit-learn that hold trueval's functions at this moment.

    Returns
    -------
    places : list of Replaced
        Rows ``(owner, attribute, function)``, sorted: the name of a module, or of a scorer in it, the attribute, and
        the name of the function of ``trueval`` that it holds. Empty without a patch.

    Examples
    --------
    >>> import trueval.integrations.sklearn as ts
    >>> with ts.patched():
    ...     rows = ts.replaced()
    >>> next(row for row in rows if row.owner == "sklearn.metrics")
    Replaced(owner='sklearn.metrics', attribute='accuracy_score', function='accuracy_score')
    >>> next(row for row in rows if row.owner.endswith("['f1_macro']"))
    Replaced(owner="sklearn.metrics._scorer._SCORERS['f1_macro']", attribute='_score_func', function='f1_score')
    """
    with _lock:
        names = {getattr(trueval, name): name for name in _originals}
        return sorted(Replaced(p.name, p.attribute, names[p.value]) for p in _places() if p.value in names)


def skipped() -> dict[str, str]:
    """Tell which functions of both libraries the patch leaves alone.

    Returns
    -------
    reasons : dict of str to str
        Name of the function, and the reason. Empty with the version of scikit-learn whose signatures trueval has.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.

    Examples
    --------
    >>> import trueval.integrations.sklearn as ts
    >>> isinstance(ts.skipped(), dict)
    True
    """
    return dict(_table()[1])


def _hold(holder: object) -> None:
    with _lock:
        if not _originals:
            _originals.update(_table()[0])
        _exchange({theirs: getattr(trueval, name) for name, theirs in _originals.items()})
        _holders.add(holder)


def _restore() -> None:
    _exchange({getattr(trueval, name): theirs for name, theirs in _originals.items()})
    _originals.clear()


# the command line -----------------------------------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> None:
    """Patch scikit-learn and run a script or a module as ``python`` would.

    ``sys.argv``, ``sys.path``, ``__main__``, tracebacks and exit codes are what the program would see without.

    Parameters
    ----------
    argv : sequence of str, optional
        A script and its arguments, or ``"-m"``, a module and its arguments. By default those of the process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return
    as_module = bool(arguments) and arguments[0] == "-m"
    if as_module:
        del arguments[0]
    if not arguments or (arguments[0].startswith("-") and not as_module):
        print(_USAGE, file=sys.stderr)
        sys.exit(2)
    try:
        patch()
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        sys.exit(str(error))

    target = arguments[0]
    sys.argv = arguments
    run: Callable[[], Any]
    if as_module:
        if _is_missing(target):
            sys.exit(f"{sys.executable}: No module named {target}")
        run = functools.partial(runpy.run_module, target, run_name="__main__", alter_sys=True)
    else:
        if not os.path.exists(target):
            print(f"{sys.executable}: can't open file {os.path.abspath(target)!r}", file=sys.stderr)
            sys.exit(2)
        if not getattr(sys.flags, "safe_path", False):
            # `python -m` put the working directory where `python script` puts the script's.
            del sys.path[0]
        if os.path.isdir(target) or zipfile.is_zipfile(target):
            run = functools.partial(runpy.run_path, target, run_name="__main__")
        else:
            run = functools.partial(_run_script, target)
    try:
        run()
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook = functools.partial(_show, sys.excepthook)
        raise


def _run_script(script: str) -> None:
    """Run a file of source code; `runpy` would give it another `__file__`, and take `__main__` away before the exit."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.path.dirname(os.path.realpath(script)))
    path = os.path.abspath(script)
    module = ModuleType("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    vars(module).update(__file__=path, __builtins__=builtins, __loader__=loader, __cached__=None)
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    sys.modules["__main__"] = module
    exec(code, vars(module))


def _is_missing(module: str) -> bool:
    """Whether there is no such module, nor a package that it could be in."""
    try:
        return importlib.util.find_spec(module) is None
    except ModuleNotFoundError as error:
        return error.name is not None and module.startswith(error.name)


def _show(
    hook: Callable[[type[BaseException], BaseException, TracebackType | None], Any],
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType | None,
) -> None:
    """Show an exception without the frames that led from here to the program."""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__") != "runpy" and frame.f_code.co_filename != __file__:
            break
        traceback = traceback.tb_next
    hook(kind, error.with_traceback(traceback), traceback)


if __name__ == "__main__":
    # The patch's state is that of the module that programs import, not of the copy of it that runs as __main__.
    importlib.import_module("trueval.integrations.sklearn").main()
