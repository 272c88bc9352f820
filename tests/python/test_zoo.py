"""Every odd form of input has the outcome that scikit-learn gives it.

Where scikit-learn raises on purpose, the exception is the same in class and text. Where an exception falls out of NumPy
or SciPy below it (no such operator, no such sparse dtype), it is an accident of how the lines were written, and the
rule here is: a form that plainly means numbers or words is those, any other is refused by a ValueError or a TypeError.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from inputs import FAMILIES, ZOO, Case, zoo
from outcome import Tolerance, difference, on_purpose, value_difference
from registry import PAIRS, Keywords, Metric, pair_id

# Forms that are numbers or words to a reader, though scikit-learn trips over them in some functions.
READABLE = re.compile(
    "layouts: (byte-swapped|object|tuple)|dtypes: (bool|float16|longdouble|StringDType)|shapes: lists of one"
    "|pandas: (own dtype|bool|boolean|Int64|UInt8|Float32|Float64|category|object)"
)

# Where the difference is meant: (metrics, oddities, what is done here, reason).
VALUE, REFUSAL = "value", "refusal"
ON_PURPOSE = [
    (
        "dcg_score|ndcg_score",
        "dtypes: uint.*",
        VALUE,
        "scikit-learn negates the scores in their own dtype, where -1 wraps around to the largest value",
    ),
    (
        "dcg_score|ndcg_score",
        "(dtypes: int.*|values: (times 5e-324|heavy ties)|polars: Int16) on (argument 1|all)",
        VALUE,
        "with ignore_ties, scikit-learn leaves the order of tied scores to an unstable sort",
    ),
    (
        "auc",
        ".*: bool on (argument 1|all)",
        VALUE,
        "scikit-learn adds neighbouring y as booleans, where True + True is True",
    ),
    (
        "r2_score",
        "(layouts: zero stride|values: constant) on .*",
        VALUE,
        "scikit-learn's mean of a constant column may be off by a bit, which makes its variance 1e-32 and not 0",
    ),
    (
        "average_precision_score|r2_score",
        "values: times 5e-324 on weights",
        VALUE,
        "products of weights with one significant bit are rounded, in one order or another",
    ),
    (
        "precision_recall_curve",
        "(layouts|pandas): object on .*",
        VALUE,
        "thresholds of scores that come as objects are float64, not objects",
    ),
    (
        "precision_recall_curve|roc_curve",
        "dtypes: (datetime|timedelta)64.* on .*",
        REFUSAL,
        "dates are no scores; in most functions scikit-learn fails on them",
    ),
    (
        "average_precision_score|f1_score|precision_.*|recall_score|roc_curve",
        "values: negated on .*",
        REFUSAL,
        "the label -0.0 is the label 0, and is called 0.0 in messages",
    ),
    (
        "log_loss",
        "dtypes: S8 on (argument 0|all)",
        REFUSAL,
        "labels that are bytes are refused as such, as by the other metrics",
    ),
    (
        "average_precision_score|precision_recall_curve|roc_curve",
        "shapes: empty list on (argument 0|all)",
        REFUSAL,
        "NumPy before 1.25 compares an empty list with a label to a scalar, of which scikit-learn then complains",
    ),
    (
        "confusion_matrix",
        "values: a uint64 maximum on .*",
        VALUE,
        "scikit-learn does not find an integer label beyond 2**53 among labels that were promoted to float64",
    ),
    (
        "confusion_matrix",
        "values: a None on weights",
        REFUSAL,
        "scikit-learn lets the missing weight through, as NaN and then 0",
    ),
]


def meant(row: Metric, what: str) -> set[str]:
    """What is done here on purpose, where that differs from scikit-learn."""
    return {done for names, odd, done, _ in ON_PURPOSE if re.fullmatch(names, row.name) and re.fullmatch(odd, what)}


def plain(part: Any) -> Any:
    """The numbers or words of a part, as the plainest array of them."""
    array = np.asarray(part)
    if array.dtype.kind == "T":
        return array.astype(object).astype(np.str_)
    common = {"b": np.int64, "i": np.int64, "u": np.int64, "f": np.float64, "O": np.float64}
    return array.astype(common[array.dtype.kind]) if array.dtype.kind in common else part


def fault(row: Metric, case: Case, keywords: Keywords, what: str, narrow: Tolerance | None) -> str | None:
    """What is wrong with our outcome, if anything."""
    weighted = what.endswith("weights")
    tolerance = row.allowed(case).widened(narrow)
    ours, theirs = (row.outcome(side, case, keywords, weighted=weighted) for side in ("ours", "theirs"))
    found = difference(ours, theirs, tolerance)
    if not found:
        return None
    refused = isinstance(ours.error, (ValueError, TypeError))
    if (VALUE if ours.error is None else REFUSAL if refused else "") in meant(row, what):
        return None
    if theirs.error is None or on_purpose(theirs.error):
        return found
    if refused:
        return None
    if ours.error is None and READABLE.match(what):
        numbers = Case(tuple(map(plain, case.args)), None if case.weight is None else plain(case.weight))
        expected = row.outcome("theirs", numbers, keywords, weighted=weighted)
        if expected.error is not None:
            return f"{ours}, where scikit-learn refuses the same plainly written: {expected}"
        return value_difference(ours.value, expected.value, tolerance, types=False)
    return f"neither what it means nor a refusal: {found}"


@pytest.mark.parametrize("pair", PAIRS, ids=pair_id)
@pytest.mark.parametrize("group", ZOO)
def test_zoo(pair: tuple[Metric, str], group: str, backend: str) -> None:
    row, family = pair
    keywords = row.inputs[family][0]
    case = FAMILIES[family].sample(24, np.random.default_rng(11))
    faults = []
    for what, odd, narrow in zoo(group, case):
        if row.weights or not what.endswith("weights"):
            found = fault(row, odd, keywords, what, narrow)
            faults += [f"{what}: {found}"] if found else []
    assert not faults, f"{row.name}, {keywords}: {len(faults)} of the zoo\n\n" + "\n\n".join(faults)
