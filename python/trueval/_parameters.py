"""Declarative constraints on the parameters of public functions.

A function declares what each parameter may be, in the vocabulary that scikit-learn uses: ``"array-like"``,
``"sparse matrix"``, ``"boolean"``, ``"nan"``, ``None``, a type, or one of the classes below. The declaration is
compiled once, at decoration; a call then costs a few type checks.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np

from . import exceptions
from ._tensors import from_library, is_tensor

P = ParamSpec("P")
R = TypeVar("R")
Constraint = Any
Check = Callable[[Any], bool]

_SKLEARN = "sklearn.utils._param_validation"
_ARRAYS = (np.ndarray, list, tuple)
_BOOLEANS = (bool, np.bool_)


class Options:
    """One of a few values of one type."""

    def __init__(self, kind: type, options: set[Any]) -> None:
        self.kind = kind
        self.options = options

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self.kind) and value in self.options

    def __str__(self) -> str:
        return f"a {_type_name(self.kind)} among {{{', '.join(map(repr, sorted(self.options)))}}}"

    def for_sklearn(self, module: Any) -> Any:
        return module.Options(self.kind, self.options)


class StrOptions(Options):
    """One of a few strings."""

    def __init__(self, options: set[str]) -> None:
        super().__init__(str, options)

    def for_sklearn(self, module: Any) -> Any:
        return module.StrOptions(self.options)


class Interval:
    """A number of one kind between two bounds; None leaves a side open."""

    def __init__(self, kind: Any, left: float | None, right: float | None, *, closed: str) -> None:
        self.kind = kind
        self.left = left
        self.right = right
        self.closed = closed

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, self.kind):
            return False
        left = -math.inf if self.left is None else self.left
        right = math.inf if self.right is None else self.right
        above = value >= left if self.closed in ("left", "both") else value > left
        below = value <= right if self.closed in ("right", "both") else value < right
        return bool(above and below)

    def __str__(self) -> str:
        integral = self.kind is Integral
        left: Any = "-inf" if self.left is None else self.left if integral else float(self.left)
        right: Any = "inf" if self.right is None else self.right if integral else float(self.right)
        opening = "[" if self.closed in ("left", "both") else "("
        closing = "]" if self.closed in ("right", "both") else ")"
        return f"{'an int' if integral else 'a float'} in the range {opening}{left}, {right}{closing}"

    def for_sklearn(self, module: Any) -> Any:
        return module.Interval(self.kind, self.left, self.right, closed=self.closed)


class Hidden:
    """A constraint that is met but not advertised in messages."""

    def __init__(self, constraint: Constraint) -> None:
        self.constraint = constraint

    def for_sklearn(self, module: Any) -> Any:
        return module.Hidden(self.constraint)


def is_sparse(value: Any) -> bool:
    """Whether `value` is a SciPy sparse array or matrix; SciPy is not imported for the answer."""
    if type(value) in _ARRAYS:
        return False
    scipy_sparse = sys.modules.get("scipy.sparse")
    return scipy_sparse is not None and bool(scipy_sparse.issparse(value))


def _is_array_like(value: Any) -> bool:
    if isinstance(value, _ARRAYS):
        return True
    if is_sparse(value) or np.isscalar(value):
        return False
    return hasattr(value, "__len__") or hasattr(value, "shape") or hasattr(value, "__array__")


def _is_nan(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, Integral) and math.isnan(value)


def _type_name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__qualname__
    if kind is Real:
        return "float"
    if kind is Integral:
        return "int"
    return f"{kind.__module__}.{kind.__qualname__}"


# named constraints: (check, description)
_NAMED: dict[str, tuple[Check, str]] = {
    "array-like": (_is_array_like, "an array-like"),
    "sparse matrix": (is_sparse, "a sparse array or matrix"),
    "boolean": (
        lambda value: isinstance(value, _BOOLEANS),
        "an instance of 'bool' or an instance of 'numpy.bool" + ("'" if np.bool_.__name__ == "bool" else "_'"),
    ),
    "nan": (_is_nan, "numpy.nan"),
}


def _compile(constraint: Constraint) -> Check:
    if constraint is None:
        return lambda value: value is None
    if constraint is callable:
        return callable
    if isinstance(constraint, str):
        return _NAMED[constraint][0]
    if isinstance(constraint, type):
        return lambda value: isinstance(value, constraint)
    if isinstance(constraint, Hidden):
        return _compile(constraint.constraint)
    accepts: Check = constraint.accepts
    return accepts


_EXACT: dict[Any, tuple[type, ...]] = {
    "array-like": _ARRAYS,
    "boolean": _BOOLEANS,
    None: (type(None),),
    Real: (float, int),
    Integral: (int,),
}


def _exact_types(options: Sequence[Constraint]) -> frozenset[type]:
    """Types all of whose values meet one of the constraints, so that a look at the type will do."""
    types: set[type] = set()
    for constraint in options:
        if constraint is None or isinstance(constraint, (str, type)):
            types.update(_EXACT.get(constraint, (constraint,) if isinstance(constraint, type) else ()))
    return frozenset(types)


def _describe(constraint: Constraint) -> str:
    if constraint is None:
        return "None"
    if constraint is callable:
        return "a callable"
    if isinstance(constraint, str):
        return _NAMED[constraint][1]
    if isinstance(constraint, type):
        return f"an instance of {_type_name(constraint)!r}"
    return str(constraint)


def _any_of(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) or second(value)
    return lambda value: any(check(value) for check in checks)


class Constraints(Mapping[str, list[Constraint]]):
    """What each parameter may be; in scikit-learn's own classes as soon as they can be had.

    scikit-learn's test-suite reads this mapping off the attribute ``_skl_parameter_constraints`` and tells constraints
    apart by class, so its classes are what it must find there.
    """

    def __init__(self, own: dict[str, list[Constraint]]) -> None:
        self.own = own

    def __getitem__(self, name: str) -> list[Constraint]:
        constraints = self.own[name]
        try:
            module = importlib.import_module(_SKLEARN)
        except ImportError:
            return constraints
        return [c.for_sklearn(module) if hasattr(c, "for_sklearn") else c for c in constraints]

    def __iter__(self) -> Iterator[str]:
        return iter(self.own)

    def __len__(self) -> int:
        return len(self.own)


def validate(**constraints: list[Constraint]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check the arguments of each call against `constraints` before the function sees them.

    Raises
    ------
    InvalidParameterError
        "The 'p' parameter of f must be ... Got ... instead.", for the first parameter, in the order of the signature,
        that is not what it must be.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        checks = {name: _any_of([_compile(c) for c in options]) for name, options in constraints.items()}
        exact = {name: _exact_types(options) for name, options in constraints.items()}
        positional: list[tuple[frozenset[type], Check]] = []
        required = []
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                positional.append((exact[parameter.name], checks[parameter.name]))
            if parameter.default is parameter.empty:
                required.append(parameter.name)
        known = frozenset(signature.parameters)
        positional_names = list(signature.parameters)[: len(positional)]

        def refuse(args: tuple[Any, ...], kwargs: dict[str, Any]) -> NoReturn:
            for name, value in signature.bind(*args, **kwargs).arguments.items():
                if not checks[name](value):
                    _refuse(name, value, constraints[name], function.__qualname__)
            raise RuntimeError(f"{function.__qualname__} refused arguments that meet its constraints")

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            given = len(args)
            if given > len(positional) or (kwargs and not known.issuperset(kwargs)):
                signature.bind(*args, **kwargs)
            elif given < len(required):
                for name in required[given:]:
                    if name not in kwargs:
                        signature.bind(*args, **kwargs)
            tensors = False
            for (types, check), value in zip(positional, args, strict=False):
                if type(value) not in types:
                    if not check(value):
                        refuse(args, kwargs)
                    tensors = tensors or is_tensor(value)
            for name, value in kwargs.items():
                if type(value) not in exact[name]:
                    if not checks[name](value):
                        refuse(args, kwargs)
                    tensors = tensors or is_tensor(value)
            if given and kwargs and not kwargs.keys().isdisjoint(positional_names[:given]):
                signature.bind(*args, **kwargs)
            if tensors:
                arrays: Any = [from_library(value) for value in args]
                named: Any = {name: from_library(value) for name, value in kwargs.items()}
                return function(*arrays, **named)
            return function(*args, **kwargs)

        checked._skl_parameter_constraints = Constraints(constraints)  # type: ignore[attr-defined]
        return checked

    return decorate


def check_parameters(function: Callable[..., Any], parameters: Mapping[str, Any], arrays: int = 2) -> None:
    """Check parameters of a function of some arrays before it is called: their names, and what each may be."""
    signature = inspect.signature(function)
    signature.bind(*[None] * arrays, **parameters)
    if not hasattr(function, "_skl_parameter_constraints"):
        return
    constraints = function._skl_parameter_constraints.own
    for name, value in parameters.items():
        if not _any_of([_compile(c) for c in constraints[name]])(value):
            _refuse(name, value, constraints[name], function.__qualname__)


def _refuse(name: str, value: Any, constraints: Sequence[Constraint], function: str) -> NoReturn:
    shown = [_describe(c) for c in constraints if not isinstance(c, Hidden)]
    text = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
    raise exceptions.get("InvalidParameterError")(
        f"The {name!r} parameter of {function} must be {text}. Got {value!r} instead."
    )


def deprecate_positional(version: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let keyword-only arguments pass by position until `version`, with a FutureWarning."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        parameters = inspect.signature(function).parameters
        keywords = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
        positional = len(parameters) - len(keywords)

        @functools.wraps(function)
        def lenient(*args: Any, **kwargs: Any) -> R:
            extra = len(args) - positional
            if extra <= 0:
                return function(*args, **kwargs)
            shown = ", ".join(f"{name}={value}" for name, value in zip(keywords, args[-extra:], strict=False))
            exceptions.warn(
                f"Pass {shown} as keyword args. From version {version} passing these as positional arguments will "
                "result in an error",
                FutureWarning,
            )
            kwargs.update(zip(parameters, args, strict=False))
            return function(**kwargs)

        return lenient

    return decorate


# constraints that many functions share
LABELS = ["array-like", "sparse matrix"]
OPTIONAL = ["array-like", None]
POS_LABEL = [Real, str, "boolean", None]
AVERAGE = [StrOptions({"micro", "macro", "samples", "weighted", "binary"}), None]
ZERO_DIVISION = [Options(Real, {0.0, 1.0}), "nan", StrOptions({"warn"})]
