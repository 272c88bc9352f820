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
from metric import ORACLE, PLAIN, REFUSAL, SPELLING
from outcomes import Outcome, Tolerance, difference, on_purpose, trips_on_old_numpy, value_difference
from registry import PAIRS, Keywords, Metric, meant, pair_id

# Forms that are numbers or words to a reader, though scikit-learn trips over them in some functions.
READABLE = re.compile(
    "layouts: (byte-swapped|object|tuple)|dtypes: (bool|float16|longdouble|StringDType)|shapes: lists of one"
    "|pandas: (bool|boolean|Int64|UInt8|Float32|Float64|object)"
)


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
