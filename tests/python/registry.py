"""One row per metric. The generic tests and the benches take everything they know about a metric from its row."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import oracles
import pytest
import sklearn.metrics
from inputs import Case
from outcome import EXACT, Outcome, Tolerance, difference, run

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
        outcomes = (self.outcome(side, case, keywords, weighted=weighted) for side in ("ours", "theirs"))
        found = difference(*outcomes, tolerance or self.allowed(case))
        return f"{self.name} against scikit-learn, {keywords}: {found}" if found else None

    def allowed(self, case: Case) -> Tolerance:
        """The tolerance for a case."""
        return self.tolerance if case.weight is None or not self.weights else self.weighted


def grid(**options: tuple[Any, ...]) -> Grid:
    """Every combination of the options."""
    return tuple(dict(zip(options, values, strict=True)) for values in product(*options.values()))


# Tolerances -----------------------------------------------------------------------------------------------------------

SUM = Tolerance(1e-12, 0.0, "float64 terms of one sign, summed in another order")
FOLD = Tolerance(1e-14, 0.0, "exact counts, of which a few quotients are then averaged or combined in another order")
CURVE = Tolerance(1e-12, 1e-15, "scikit-learn adds products of rates, each rounded; here counts are divided once")
VARIANCE = Tolerance(1e-11, 1e-12, "1 - a/b cancels near 0, and b is a sum of squares about a rounded mean")
LOGS = Tolerance(1e-12, 1e-15, "logarithms may differ in the last bit, and a loss near 0 is -log of a number near 1")

# Keyword grids --------------------------------------------------------------------------------------------------------

DIVISION = ("warn", 0, 1, float("nan"))
BETA = (1.0, 0.5, 0.0, float("inf"))
SETWISE = {
    "labels_binary": (
        *grid(average=("binary",), zero_division=DIVISION),
        *grid(average=("binary",), pos_label=(0, 2, -1, True)),
        *grid(average=("macro", "micro", "weighted", None), zero_division=DIVISION),
        {"average": "macro", "labels": [1]},
        {"average": "macro", "pos_label": 0},
    ),
    "labels_multiclass": (
        *grid(average=("macro", "micro", "weighted", None), zero_division=DIVISION),
        *grid(average=("macro", "micro", "weighted", None), labels=([2, 1], [0, 1, 2, 3])),
        {"average": "binary"},
        {"average": "samples"},
    ),
    "labels_text": (
        *grid(average=("macro", "micro", "weighted", None)),
        {"average": "macro", "labels": ["cat", "ant", "dog"]},
        {"average": "binary", "pos_label": "bee"},
    ),
    "labels_multilabel": (
        *grid(average=("macro", "micro", "weighted", "samples", None), zero_division=DIVISION),
        *grid(average=("macro", "micro", "weighted", "samples", None), labels=([1], [1, 0])),
        {"average": "binary"},
    ),
}


def with_betas(grids: Mapping[str, Grid]) -> Mapping[str, Grid]:
    """The grids, and further settings that precision_recall_fscore_support alone has."""
    return {
        name: (
            *settings,
            *({**settings[0], "beta": beta} for beta in BETA),
            {**settings[0], "warn_for": ("recall",)},
            {**settings[0], "beta": -1.0},
        )
        for name, settings in grids.items()
    }


def every_label(options: Grid, *names: str) -> Mapping[str, Grid]:
    """The same settings on several families."""
    return dict.fromkeys(names, options)


MATRIX = grid(normalize=(None, "true", "pred", "all"))
OUTPUTS = ({}, {"multioutput": "raw_values"})
MANY_OUTPUTS = (*OUTPUTS, {"multioutput": [0.5, 0.25, 2.0]}, {"multioutput": [0.2, 0.8]})
R2 = (*OUTPUTS, {"multioutput": "variance_weighted"}, {"multioutput": None}, {"force_finite": False})
GAIN = ({}, {"k": 1}, {"k": 3}, {"k": 50}, {"k": 0})
IGNORING = grid(ignore_ties=(True,), k=(None, 1, 2))

ROWS = (
    Metric(
        "accuracy_score",
        every_label(
            grid(normalize=(True, False)), "labels_binary", "labels_multiclass", "labels_text", "labels_multilabel"
        ),
        oracles.accuracy_score,
        EXACT,
        SUM,
        mirror="accuracy_score",
        extensive=lambda keywords: not keywords.get("normalize", True),
    ),
    Metric(
        "confusion_matrix",
        {
            "labels_binary": (*MATRIX, {"labels": [1, 0]}, {"labels": [1]}),
            "labels_multiclass": (*MATRIX, {"labels": [2, 0, 1]}, {"labels": [7, 99], "normalize": "true"}),
            "labels_text": (*MATRIX, {"labels": ["cat", "ant"]}),
        },
        oracles.confusion_matrix,
        FOLD,
        SUM,
        extensive=lambda keywords: keywords.get("normalize") is None,
    ),
    Metric(
        "precision_recall_fscore_support",
        with_betas(SETWISE),
        oracles.precision_recall_fscore_support,
        FOLD,
        SUM,
        extensive=lambda keywords: (False, False, False, keywords.get("average") is None),
    ),
    Metric(
        "precision_score",
        SETWISE,
        oracles.precision_score,
        FOLD,
        SUM,
        mirror="recall_score",
        mirrored=lambda keywords: keywords["average"] != "weighted",
    ),
    Metric(
        "recall_score",
        SETWISE,
        oracles.recall_score,
        FOLD,
        SUM,
        mirror="precision_score",
        mirrored=lambda keywords: keywords["average"] != "weighted",
    ),
    Metric(
        "f1_score",
        SETWISE,
        oracles.f1_score,
        FOLD,
        SUM,
        mirror="f1_score",
        mirrored=lambda keywords: keywords["average"] != "weighted",
    ),
    Metric(
        "roc_auc_score",
        every_label(grid(max_fpr=(None, 0.3, 1.0)), "scores_binary", "scores_text"),
        oracles.roc_auc_score,
        CURVE,
        CURVE,
        monotone=True,
        needs_two_classes=True,
    ),
    Metric(
        "roc_curve",
        {
            "scores_binary": grid(drop_intermediate=(True, False), pos_label=(None, 0)),
            "scores_text": grid(pos_label=("bee", "ant", "cat", None)),
        },
        oracles.roc_curve,
        EXACT,
        SUM,
        monotone=True,
        needs_two_classes=True,
        fragile=lambda keywords: keywords.get("drop_intermediate", True),
    ),
    Metric(
        "average_precision_score",
        {"scores_binary": ({}, {"pos_label": 0}, {"pos_label": 2}), "scores_text": grid(pos_label=("bee", "cat"))},
        oracles.average_precision_score,
        CURVE,
        CURVE,
        monotone=True,
    ),
    Metric(
        "precision_recall_curve",
        {
            "scores_binary": grid(drop_intermediate=(False, True), pos_label=(None, 0)),
            "scores_text": grid(pos_label=("bee", "cat")),
        },
        oracles.precision_recall_curve,
        EXACT,
        SUM,
        monotone=True,
    ),
    Metric("auc", {"curve": ({},)}, oracles.auc, SUM, SUM, weights=False, permutable=False),
    Metric(
        "dcg_score",
        {"gains": (*GAIN, {"log_base": 10}), "gains_distinct": IGNORING},
        oracles.dcg_score,
        SUM,
        SUM,
        monotone=True,
    ),
    Metric("ndcg_score", {"gains": GAIN, "gains_distinct": IGNORING}, oracles.ndcg_score, SUM, SUM, monotone=True),
    Metric(
        "mean_squared_error",
        {"targets": OUTPUTS, "targets_multioutput": MANY_OUTPUTS},
        oracles.mean_squared_error,
        SUM,
        SUM,
        mirror="mean_squared_error",
    ),
    Metric(
        "mean_absolute_error",
        {"targets": OUTPUTS, "targets_multioutput": MANY_OUTPUTS},
        oracles.mean_absolute_error,
        SUM,
        SUM,
        mirror="mean_absolute_error",
    ),
    Metric(
        "r2_score",
        {"targets": R2, "targets_multioutput": (*R2, *MANY_OUTPUTS[2:])},
        oracles.r2_score,
        VARIANCE,
        VARIANCE,
    ),
    Metric(
        "log_loss",
        {
            "probabilities_binary": (*grid(normalize=(True, False)), {"labels": [0, 1]}),
            "probabilities_multiclass": (
                {"labels": [0, 1, 2, 3]},
                {"labels": [0, 1, 2, 3], "normalize": False},
                {"labels": [1, 0, 3, 2]},
                {"labels": [0, 1, 2]},
                {},
            ),
        },
        oracles.log_loss,
        LOGS,
        LOGS,
        extensive=lambda keywords: not keywords.get("normalize", True),
        needs_two_classes=False,
    ),
)

METRICS = {row.name: row for row in ROWS}
PAIRS = [(row, family) for row in ROWS for family in row.inputs]


def pair_id(pair: tuple[Metric, str]) -> str:
    """The name of a test of a metric on a family."""
    return f"{pair[0].name}-{pair[1]}"
