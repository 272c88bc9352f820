"""Every odd form of input has the outcome that scikit-learn gives it.

Where scikit-learn raises on purpose, the exception is the same in class and text. Where an exception falls out of NumPy
or SciPy below it (no such operator, no such sparse dtype), it is an accident of how the lines were written, and the
rule here is: a form that plainly means numbers or words is those, any other is refused by a ValueError or a TypeError.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pytest
from inputs import FAMILIES, ZOO, Case, zoo
from outcome import Outcome, Tolerance, difference, on_purpose, trips_on_old_numpy, value_difference
from registry import PAIRS, Keywords, Metric, pair_id

# Forms that are numbers or words to a reader, though scikit-learn trips over them in some functions.
READABLE = re.compile(
    "layouts: (byte-swapped|object|tuple)|dtypes: (bool|float16|longdouble|StringDType)|shapes: lists of one"
    "|pandas: (bool|boolean|Int64|UInt8|Float32|Float64|object)"
)


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


REFUSAL, PLAIN, ORACLE, SPELLING = "refusal", "plain form", "oracle", "spelling"
SETWISE = "f1_score|precision_recall_fscore_support|precision_score|recall_score"
CURVES = "average_precision_score|precision_recall_curve|roc_auc_score|roc_curve"
REGRESSION = "mean_absolute_error|mean_squared_error|r2_score"
GAINS = "dcg_score|ndcg_score"
WORDS = "dtypes: (S8|U8|StringDType)|pandas: (str|string)|polars: String"
TIMES = r"dtypes: (datetime64\[D\]|timedelta64\[s\])"
COMPLEX = "dtypes: complex(64|128)"
ON_PURPOSE = [
    Meant(
        f"{CURVES}|{REGRESSION}|confusion_matrix",
        f"({WORDS}|{TIMES}) on weights",
        REFUSAL,
        "words and times are no weights; scikit-learn turns them into floats here, and fails on them elsewhere",
    ),
    Meant(
        GAINS,
        f"{COMPLEX} on weights",
        REFUSAL,
        "complex numbers are no weights; scikit-learn drops the imaginary part here, and refuses them elsewhere",
    ),
    Meant(
        f"{CURVES}|{GAINS}",
        f"({TIMES}) on (argument 1|all)",
        REFUSAL,
        "times are no scores; scikit-learn ranks by them in some functions, and fails on them in others",
    ),
    Meant(
        "ndcg_score",
        r"dtypes: timedelta64\[s\] on argument 0",
        REFUSAL,
        "times are no gains; scikit-learn adds their microseconds with ignore_ties, and fails on them without",
    ),
    Meant(
        f"roc_auc_score|{GAINS}",
        "pandas: (str|string) on (argument 1|all)",
        REFUSAL,
        "words are no scores; scikit-learn parses those of pandas, and refuses those of NumPy",
    ),
    Meant(
        GAINS,
        "pandas: (str|string) on argument 0",
        REFUSAL,
        "words are no gains; scikit-learn parses those of pandas, and refuses those of NumPy",
    ),
    Meant(
        GAINS,
        "polars: String on argument 1",
        REFUSAL,
        "words are no scores; with ignore_ties, scikit-learn ranks by those of polars alphabetically",
    ),
    Meant(
        f"confusion_matrix|{SETWISE}",
        r"dtypes: timedelta64\[s\] on argument [01]",
        PLAIN,
        "scikit-learn counts a duration and the number that it equals as two labels, though as a hit",
    ),
    Meant(
        f"average_precision_score|{SETWISE}",
        r"dtypes: timedelta64\[s\] on (argument 0|all)",
        PLAIN,
        "with NumPy before 1.25, scikit-learn does not find the pos_label 1 among durations",
    ),
    Meant(
        GAINS,
        "dtypes: uint(8|16|32|64) on (argument 1|all)",
        ORACLE,
        "scikit-learn negates the scores in their own dtype, where -1 wraps around to the largest value",
    ),
    Meant(
        GAINS,
        "(dtypes: int(32|64)|values: times 5e-324) on (argument 1|all)",
        ORACLE,
        "with ignore_ties, scikit-learn leaves the order of tied scores to an unstable sort",
    ),
    Meant(
        "auc",
        "(dtypes|pandas): bool on argument 1",
        PLAIN,
        "scikit-learn adds neighbouring y as booleans, where True + True is True",
    ),
    Meant(
        "average_precision_score|r2_score",
        "values: times 5e-324 on weights",
        ORACLE,
        "products of weights with one significant bit are rounded, in one order or another",
        within=0.03,
    ),
    Meant(
        "precision_recall_curve",
        "(layouts|pandas): object on (argument 1|all)",
        PLAIN,
        "thresholds of scores that come as objects are float64, not objects",
    ),
    Meant(
        f"average_precision_score|precision_recall_curve|roc_curve|{SETWISE}",
        "values: negated on (argument 0|all)",
        SPELLING,
        "the label -0.0 is the label 0, and is called 0.0 in messages",
    ),
    Meant(
        "confusion_matrix",
        "values: a uint64 maximum on argument [01]",
        ORACLE,
        "scikit-learn does not find an integer label beyond 2**53 among labels that were promoted to float64",
    ),
    Meant(
        "confusion_matrix",
        "values: a None on weights",
        REFUSAL,
        "scikit-learn lets the missing weight through, as NaN and then 0",
    ),
]


def meant(row: Metric, what: str) -> Meant | None:
    """The difference that is meant here, if any."""
    for entry in ON_PURPOSE:
        if re.fullmatch(entry.metrics, row.name) and re.fullmatch(entry.oddities, what):
            return entry
    return None


def plain(part: Any) -> Any:
    """The numbers or words of a part, as the plainest array of them."""
    array = np.asarray(part)
    if array.dtype.kind == "T":
        return array.astype(object).astype(np.str_)
    if array.dtype.kind == "O":
        return array.astype(np.str_ if isinstance(array.flat[0], str) else np.float64)
    common = {"b": np.int64, "i": np.int64, "u": np.int64, "m": np.int64, "f": np.float64}
    return array.astype(common[array.dtype.kind]) if array.dtype.kind in common else part


def spelled(outcome: Outcome) -> tuple[type, str]:
    """Class and text of an exception, without the signs of zeros and the blanks that align them."""
    return type(outcome.error), re.sub(r"-(?=0\.0?\D)|\s", "", str(outcome.error))


def fault(row: Metric, case: Case, keywords: Keywords, what: str, narrow: Tolerance | None) -> str | None:
    """What is wrong with our outcome, if anything."""
    weighted = what.endswith("weights")
    tolerance = row.allowed(case).widened(narrow)
    ours, theirs = (row.outcome(side, case, keywords, weighted=weighted) for side in ("ours", "theirs"))
    found = difference(ours, theirs, tolerance)
    if not found or trips_on_old_numpy(theirs.error):
        return None
    refused = isinstance(ours.error, (ValueError, TypeError))
    entry = meant(row, what)
    done = entry.done if entry else None
    if done == REFUSAL:
        return None if refused else found
    if done == SPELLING:
        return None if spelled(ours) == spelled(theirs) else found
    by_accident = theirs.error is not None and not on_purpose(theirs.error)
    if by_accident and refused:
        return None
    if not (done or by_accident):
        return found
    if ours.error is not None or not (done or READABLE.match(what)):
        return f"neither what it means nor a refusal: {found}"
    if done == ORACLE:
        expected = row.outcome("oracle", case, keywords, weighted=weighted)
    else:
        numbers = Case(tuple(map(plain, case.args)), None if case.weight is None else plain(case.weight))
        expected = row.outcome("theirs", numbers, keywords, weighted=weighted)
    if expected.error is not None:
        return f"{ours}, where the {done or PLAIN} has {expected}"
    if entry and entry.within:
        tolerance = Tolerance(0.0, entry.within, entry.reason)
    return value_difference(ours.value, expected.value, tolerance, types=done == PLAIN)


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
