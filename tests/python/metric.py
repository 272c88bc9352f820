"""A row of the registry: everything that the generic tests and the benches know about a metric."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import pytest
import sklearn.metrics
import trueval
from inputs import Case
from outcomes import Outcome, Tolerance, difference, run

HAS_NATIVE = importlib.util.find_spec("trueval._core") is not None
WITHOUT_NATIVE = "the compiled module trueval._core is not installed"
BACKENDS = ("native", "reference") if HAS_NATIVE else ("reference",)
needs_native = pytest.mark.skipif(not HAS_NATIVE, reason=WITHOUT_NATIVE)

Keywords = dict[str, Any]
Grid = tuple[Keywords, ...]


@dataclass(frozen=True, repr=False)
class Metric:
    """What a test has to know about a metric."""

    name: str
    # Which families of inputs it takes (see inputs.FAMILIES), and the keyword settings to try on each: the first of
    # them is the one that the zoo and the benches use.
    inputs: Mapping[str, Grid]
    # The textbook derivation in oracles.py, called like the metric.
    oracle: Callable[..., Any]
    # How far from scikit-learn, from the other backend and from the oracle an unweighted and a weighted call may be.
    tolerance: Tolerance
    weighted: Tolerance
    module: str = "trueval"
    weights: bool = True
    # Does the order of the rows not matter?
    permutable: bool = True
    # Does a strictly increasing change of the scores (argument 1) leave the value alone, but for the thresholds?
    monotone: bool = False
    # The metric that gives the same value when the arguments change places, and the keywords for which that holds.
    mirror: str | None = None
    mirrored: Callable[[Keywords], bool] = lambda keywords: True
    # Does the value grow with the weights, as a count does, rather than stay, as a mean does? (One answer per element.)
    extensive: Callable[[Keywords], bool | tuple[bool, ...]] = lambda keywords: False
    # Does it warn or raise when y_true holds one class?
    needs_two_classes: bool = False
    # The most rows that scikit-learn is asked for, where it loops over rows in Python; longer cases are judged by the
    # other backend.
    longest: int | None = None
    # For which keywords does the shape of the result hang on the last bit of a weighted sum?
    fragile: Callable[[Keywords], bool] = lambda keywords: False

    def __repr__(self) -> str:
        return self.name

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Let hypothesis print the name too, instead of every field."""
        printer.text(self.name)

    @property
    def ours(self) -> Callable[..., Any]:
        """The public function."""
        return getattr(importlib.import_module(self.module), self.name)

    @property
    def theirs(self) -> Callable[..., Any]:
        """scikit-learn's."""
        return getattr(sklearn.metrics, self.name)

    def call(self, function: Callable[..., Any], case: Case, keywords: Keywords, *, weighted: bool = True) -> Any:
        """Call an implementation of this metric on a case."""
        return function(*case.args, **case.weights(self.weights and weighted), **keywords)

    def outcome(self, side: str, case: Case, keywords: Keywords, *, weighted: bool = True) -> Outcome:
        """What `side` ("ours", "theirs" or "oracle") makes of a case."""
        function = getattr(self, side)
        return run(lambda: self.call(function, case, keywords, weighted=weighted))

    def disagreement(
        self, case: Case, keywords: Keywords, tolerance: Tolerance | None = None, *, weighted: bool = True
    ) -> str | None:
        """How our outcome differs from scikit-learn's, None where it does not."""
        ours = self.outcome("ours", case, keywords, weighted=weighted)
        found = difference(ours, self.judge(case, keywords, weighted=weighted), tolerance or self.allowed(case))
        return f"{self.name} against scikit-learn, {keywords}: {found}" if found else None

    def judge(self, case: Case, keywords: Keywords, *, weighted: bool = True) -> Outcome:
        """scikit-learn's outcome, or for a case that takes it minutes, the reference's."""
        if self.longest is None or len(case.args[0]) <= self.longest:
            return self.outcome("theirs", case, keywords, weighted=weighted)
        if not HAS_NATIVE:
            pytest.skip("scikit-learn takes minutes here, and there is no other backend to compare with")
        with trueval.use_backend("reference"):
            return self.outcome("ours", case, keywords, weighted=weighted)

    def allowed(self, case: Case) -> Tolerance:
        """The tolerance for a case."""
        return self.tolerance if case.weight is None or not self.weights else self.weighted


def grid(**options: tuple[Any, ...]) -> Grid:
    """Every combination of the options."""
    return tuple(dict(zip(options, values, strict=True)) for values in product(*options.values()))


def every_label(options: Grid, *names: str) -> Mapping[str, Grid]:
    """The same settings on several families."""
    return dict.fromkeys(names, options)


# Tolerances -----------------------------------------------------------------------------------------------------------

SUM = Tolerance(1e-12, 0.0, "float64 terms of one sign, summed in another order")
FOLD = Tolerance(1e-14, 0.0, "exact counts, of which a few quotients are then averaged or combined in another order")
CURVE = Tolerance(1e-12, 1e-15, "scikit-learn adds products of rates, each rounded; here counts are divided once")
VARIANCE = Tolerance(1e-11, 1e-12, "1 - a/b cancels near 0, and b is a sum of squares about a rounded mean")
LOGS = Tolerance(1e-12, 1e-15, "logarithms may differ in the last bit, and a loss near 0 is -log of a number near 1")
CHANCE = Tolerance(1e-12, 1e-13, "what chance gives is taken off, and little may be left")
REST = Tolerance(1e-12, 1e-11, "what is counted or weighed is taken off the whole, and nothing may be left")

# Differences that are meant ------------------------------------------------------------------------------------------

REFUSAL, PLAIN, ORACLE, SPELLING = "refusal", "plain form", "oracle", "spelling"


class Meant(NamedTuple):
    """A difference that is meant.

    `done` is what our outcome is held to: REFUSAL, a ValueError or a TypeError; SPELLING, scikit-learn's exception but
    for the sign of zeros in its text; PLAIN, the value that scikit-learn gives for the same numbers as int64 or
    float64; ORACLE, the value of the textbook, or one no further from it than `within`.
    """

    metrics: str
    oddities: str
    done: str
    reason: str
    within: float = 0.0


WORDS = "dtypes: (S8|U8|StringDType)|pandas: (str|string)|polars: String"
TIMES = r"dtypes: (datetime64\[D\]|timedelta64\[s\])"
COMPLEX = "dtypes: complex(64|128)"
