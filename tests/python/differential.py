"""How trueval's outcome of a call differs from scikit-learn's, and the shortest call in which it still does.

A value is compared in type, dtype, shape and number; an exception in class and text; warnings in class, text and order.
Where scikit-learn fails by accident (see outcome.on_purpose), ours is a refusal, or the value of the plain form: the
same numbers or words as int64, float64 or str.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
import sklearn.metrics
import trueval
from calls import FUNCTIONS, Call, draw, parameters
from inputs import NARROW
from metric import BACKENDS, ORACLE, PLAIN, REFUSAL, SPELLING
from outcomes import Outcome, Tolerance, on_purpose, run, trips_on_old_numpy, value_difference
from registry import METRICS

SHARED = tuple(name for name in FUNCTIONS if name in trueval.__all__)

# Differences that are meant ------------------------------------------------------------------------------------------

UNDEFINED = "undefined"


class Meant(NamedTuple):
    """A difference that is meant: in which functions and calls, what our outcome is held to, and why.

    `done` is REFUSAL, a ValueError or a TypeError; SPELLING, scikit-learn's exception or warnings but for how numbers
    are written in its text; UNDEFINED, any value; PLAIN, the value that scikit-learn gives for the plain form; ORACLE,
    that of the textbook.
    """

    functions: str
    when: Callable[[Call, Outcome], bool]
    done: str
    reason: str


def items(call: Call, name: str) -> np.ndarray:
    """An argument as an array, as far as it can be one; an empty one where it is not given."""
    value = call.argument(name)
    try:
        return np.asarray([] if value is None else value.toarray() if sp.issparse(value) else value)
    except (TypeError, ValueError):
        return np.array([])


def holds(kinds: str, *names: str) -> Callable[[Call, Outcome], bool]:
    """Calls in which one of these arguments is an array of one of these kinds of dtype; words may be objects, too."""

    def when(call: Call, theirs: Outcome) -> bool:
        known = [name for name in names if name in parameters(call.name)]
        arrays = [items(call, name) for name in known]
        strings = any(str(getattr(call.argument(name), "dtype", "")) in ("str", "string") for name in known)
        if any(a.dtype.kind in kinds for a in arrays) or ("U" in kinds and strings):
            return True
        objects = [item for a in arrays if a.dtype.kind == "O" for item in a.ravel().tolist()]
        return "U" in kinds and any(isinstance(item, (str, bytes)) for item in objects)

    return when


def lacks(*names: str) -> Callable[[Call, Outcome], bool]:
    """Calls in which an element of one of these arguments is missing."""

    def when(call: Call, theirs: Outcome) -> bool:
        elements = [item for name in names for item in items(call, name).ravel().tolist()]
        return any(item is None or item is pd.NA for item in elements)

    return when


def stores_zeros(call: Call, theirs: Outcome) -> bool:
    return any(sp.issparse(a) and not np.all(a.data) for a in call.arguments().values())


def is_tuple_of_tuples(call: Call, theirs: Outcome) -> bool:
    return any(isinstance(a, tuple) and a and isinstance(a[0], tuple) for a in call.arguments().values())


def wraps_around(call: Call, theirs: Outcome) -> bool:
    scores = items(call, "y_score")
    kind = scores.dtype.kind
    return kind == "u" or (kind == "i" and bool(scores.size) and scores.min() == np.iinfo(scores.dtype).min)


def has_infinite_halves(call: Call, theirs: Outcome) -> bool:
    arrays = (a for a in call.arguments().values() if getattr(a, "dtype", None) == np.float16)
    return any(bool(np.any(np.isinf(a))) for a in arrays)


def mixes_words_and_numbers(call: Call, theirs: Outcome) -> bool:
    """Calls in which the labels are words and a target is of numbers, or the other way round."""
    known = parameters(call.name)
    average = call.argument("average", known["average"].default) if "average" in known else None
    binary = isinstance(average, str) and average == "binary"
    chosen = [items(call, "labels"), *([np.array([call.argument("pos_label", 1)])] if binary else [])]
    given = [items(call, name) for name in list(known)[:2]]
    words = [{a.dtype.kind in "USTO" for a in arrays if a.size} for arrays in (chosen, given)]
    return {True, False} <= words[0] | words[1]


def has_weights(test: Callable[[np.ndarray], Any]) -> Callable[[Call, Outcome], bool]:
    """Calls with weights that pass a test."""

    def when(call: Call, theirs: Outcome) -> bool:
        weights = items(call, "sample_weight")
        if weights.dtype.kind == "O":
            with suppress(TypeError, ValueError):
                weights = weights.astype(np.float64)
        return weights.dtype.kind in "biuf" and weights.size > 0 and bool(test(weights))

    return when


def ignores_ties(call: Call, theirs: Outcome) -> bool:
    ignore = call.argument("ignore_ties")
    return isinstance(ignore, (bool, np.bool_)) and bool(ignore)


LABELS = (
    "accuracy_score|balanced_accuracy_score|class_likelihood_ratios|classification_report|cohen_kappa_score"
    "|confusion_matrix|f1_score|fbeta_score|hamming_loss|jaccard_score|matthews_corrcoef|multilabel_confusion_matrix"
    "|precision_recall_fscore_support|precision_score|recall_score|zero_one_loss"
)
TARGETS = ".*_(absolute|squared|log)_.*|.*_deviance|.*_pinball_.*|d2_tweedie_score|explained_variance_score|r2_score"
PROBABILITIES = "brier_score_loss|d2_brier_score|d2_log_loss_score|log_loss"
CELLS = "confusion_matrix|cohen_kappa_score|class_likelihood_ratios"
CURVES = "average_precision_score|.*_curve|.*_at_thresholds|roc_auc_score"
GAINS = "dcg_score|ndcg_score"
TABLES = f"{GAINS}|coverage_error|label_ranking_.*"
MEANT: tuple[Meant, ...] = (
    Meant(
        ".*",
        holds("USTMmc", "sample_weight"),
        REFUSAL,
        "words, times and complex numbers are no weights; scikit-learn takes them in some functions, not in others",
    ),
    Meant(
        ".*",
        lacks("sample_weight"),
        REFUSAL,
        "a weight is missing; scikit-learn lets it through in some functions, as NaN or as 0",
    ),
    Meant(
        ".*",
        holds("b", "sample_weight"),
        PLAIN,
        "scikit-learn adds weights as booleans in some functions, where True + True is True",
    ),
    Meant(
        f"{LABELS}|{CURVES}|top_k_accuracy_score",
        holds("m", "y_true", "y_pred", "y1", "y2"),
        PLAIN,
        "scikit-learn counts a duration and the number that it equals as two labels, though as a hit",
    ),
    Meant(
        ".*",
        stores_zeros,
        PLAIN,
        "scikit-learn counts a zero that is stored in a sparse matrix as a label that is there",
    ),
    Meant(
        LABELS,
        is_tuple_of_tuples,
        PLAIN,
        "two or three rows are rows; SciPy takes a tuple of them for the parts of a sparse matrix",
    ),
    Meant(
        LABELS,
        has_infinite_halves,
        REFUSAL,
        "no label is infinite; scikit-learn does not notice an infinite float16, which overflows on the way",
    ),
    Meant(
        ".*",
        has_weights(lambda weights: np.max(np.abs(weights)) > 1e77),
        UNDEFINED,
        "products of huge weights overflow, and other weights are lost beside them",
    ),
    Meant(
        "d2_absolute_error_score|d2_pinball_score|median_absolute_error",
        has_weights(lambda weights: np.min(weights) < 0),
        UNDEFINED,
        "with negative weights, scikit-learn's binary search for a quantile meets sums that rise and fall",
    ),
    Meant(
        "d2_.*|explained_variance_score|label_ranking_average_precision_score|r2_score",
        has_weights(lambda weights: np.min(weights) < 0),
        UNDEFINED,
        "where weights have both signs, sums that are divided by cancel to nothing, or to what rounding left",
    ),
    Meant(
        "multilabel_confusion_matrix",
        has_weights(lambda weights: weights.dtype.kind in "iub"),
        PLAIN,
        "sums of whole weights are int64, of whatever width the weights are",
    ),
    Meant(
        ".*",
        holds("O", "sample_weight"),
        PLAIN,
        "weights that come as objects are float64",
    ),
    Meant(
        "roc_auc_score|top_k_accuracy_score",
        lacks("labels"),
        REFUSAL,
        "None is no label; scikit-learn sorts it last, and complains of the order",
    ),
    Meant(
        CELLS,
        lambda call, theirs: items(call, "labels").ndim != 1,
        REFUSAL,
        "labels are a list; scikit-learn takes a number, and a table if it holds 0, 1, 2 ... in order",
    ),
    Meant(
        LABELS,
        mixes_words_and_numbers,
        REFUSAL,
        "words are not among numbers; scikit-learn looks for the text of numbers among words, and may find it",
    ),
    Meant(
        ".*",
        lambda call, theirs: "-0." in str(theirs.error),
        SPELLING,
        "the label -0.0 is the label 0, and is called 0.0 in messages",
    ),
    Meant(
        f"{PROBABILITIES}|{CURVES}",
        lambda call, theirs: str(getattr(call.argument("y_true"), "dtype", "")) in ("Int64", "boolean"),
        SPELLING,
        "labels of pandas' nullable integers and booleans are float64 in messages",
    ),
    Meant(
        ".*",
        holds("USTMm", "y_score", "pred_decision", "x", "y"),
        REFUSAL,
        "words and times are no numbers; scikit-learn ranks by them in some functions, and fails on them in others",
    ),
    Meant(
        f"{TABLES}|max_error|median_absolute_error",
        holds("USTMm", "y_true", "y_pred"),
        REFUSAL,
        "words and times are no numbers; scikit-learn takes them in some forms, and complains of their shape in others",
    ),
    Meant(
        GAINS,
        ignores_ties,
        ORACLE,
        "with ignore_ties, scikit-learn leaves the order of tied scores to an unstable sort",
    ),
    Meant(
        f"{TARGETS}|auc",
        lambda call, theirs: narrowest(call) is not None,
        PLAIN,
        "a narrow float is widened; in scikit-learn its rounding leaves what is zero, and overflows what is large",
    ),
    Meant(
        TABLES,
        wraps_around,
        PLAIN,
        "scikit-learn negates the scores in their own dtype, where -1 wraps around to the largest value",
    ),
    Meant(
        f"{CURVES}|{TABLES}|auc|hinge_loss|max_error|median_absolute_error|top_k_accuracy_score",
        lacks("y_true", "y_score", "x", "y", "pred_decision", "y_pred"),
        REFUSAL,
        "a number is missing; in a list scikit-learn notices it late or not at all",
    ),
    Meant(
        "auc|hinge_loss|max_error|median_absolute_error",
        holds("bu", "x", "y", "pred_decision", "y_true", "y_pred"),
        PLAIN,
        "scikit-learn computes in their own dtype, where 0 - 1 is 255, and True + True is True",
    ),
    Meant(
        "average_precision_score|roc_auc_score",
        has_weights(lambda weights: not np.all(np.isfinite(weights))),
        REFUSAL,
        "weights are checked first; scikit-learn warns of earlier columns, or returns 0 if no positive has weight",
    ),
    Meant(
        "hinge_loss",
        lambda call, theirs: items(call, "y_true").dtype.kind == "f" and bool(np.isnan(items(call, "y_true")).any()),
        REFUSAL,
        "NaN is no label; scikit-learn's encoder knows it for one",
    ),
    Meant(
        CURVES,
        holds("O", "y_score"),
        PLAIN,
        "thresholds of scores that come as objects are float64, not objects",
    ),
    Meant(
        "auc|roc_auc_score",
        lambda call, theirs: str(theirs.error).startswith("x is neither increasing nor decreasing"),
        REFUSAL,
        "x in the message is float64, not objects; and with negative weights, a zero of the curve may be -0.0",
    ),
)


def meant(call: Call, theirs: Outcome) -> set[str]:
    """What an outcome of ours may be held to instead."""
    return {entry.done for entry in MEANT if re.fullmatch(entry.functions, call.name) and entry.when(call, theirs)}


NOTHING = Outcome(None, None, ())

# Comparison -----------------------------------------------------------------------------------------------------------

DEFAULT = Tolerance(1e-12, 1e-14, "no row of the registry says otherwise")


def plain(part: Any) -> Any:
    """The numbers or words of a part, as the plainest array of them; what holds neither stays as it is."""
    if part is None or np.isscalar(part) or isinstance(part, dict) or callable(part):
        return part
    array = np.asarray(part.toarray() if sp.issparse(part) else part)
    if array.dtype.kind == "T":
        return array.astype(object).astype(np.str_)
    if array.dtype.kind == "O":
        kinds = set(map(type, array.ravel().tolist()))
        return array.astype(np.str_ if str in kinds else np.int64 if kinds <= {int, bool} else np.float64)
    if array.dtype.kind in "iu" and array.size and (array.max() >= 2**63 or array.min() == -(2**63)):
        return array.astype(np.longdouble)
    common = {"b": np.int64, "i": np.int64, "u": np.int64, "m": np.int64, "f": np.float64}
    return array.astype(common[array.dtype.kind]) if array.dtype.kind in common else array


def plain_form(call: Call, *, flat: bool) -> Call:
    """The call with the plain form of every argument that holds data; if `flat`, a column as one dimension."""
    data = {"labels", "multioutput", "sample_weight"} | set(list(parameters(call.name))[:2])

    def form(name: str, value: Any) -> Any:
        if isinstance(value, int) and abs(value) > 2**63:
            return float(value)
        if re.fullmatch(LABELS, call.name) and name != "sample_weight" and items(call, name).dtype.kind == "b":
            return value  # False and True are names, too
        if name not in data or (name == "y_true" and lacks("y_true")(call, NOTHING)):
            return value
        if name == "y_proba" and getattr(value, "dtype", None) in (np.float16, np.float32):
            return value  # how far probabilities are kept from 0 and 1 depends on their width
        made = plain(value)
        if name in ("sample_weight", "y_score") and items(call, name).dtype.kind == "O" and value is not None:
            made = np.asarray(made, np.float64)
        thin = flat and getattr(made, "shape", (0,))[1:] == (1,)
        return made.ravel() if thin else made

    kwargs = {name: form(name, value) for name, value in call.kwargs.items()}
    return replace(call, args=tuple(map(form, parameters(call.name), call.args)), kwargs=kwargs)


def narrowest(call: Call) -> Tolerance | None:
    """What an argument that is less precise than float64 asks for."""
    found = None
    for part in (*call.args, *call.kwargs.values()):
        dtype = getattr(part, "dtype", None)
        if dtype is None and isinstance(part, (list, tuple)):
            dtype = getattr(part[0] if len(part) else None, "dtype", None)
        name = "longdouble" if str(dtype) == str(np.dtype(np.longdouble)) else str(dtype).lower().lstrip("<>=")
        name = {"f4": "float32", "f2": "float16"}.get(name, name)
        if name in NARROW:
            found = NARROW[name].widened(found)
    return found


def allowed(call: Call) -> Tolerance:
    """The tolerance for a call: that of the registry's row, or more where the input is less precise."""
    row = METRICS.get(call.name)
    weighted = call.argument("sample_weight") is not None
    own = (row.weighted if weighted else row.tolerance) if row else DEFAULT
    return own.widened(narrowest(call))


def in_order(text: str) -> str:
    """A message in which the sets are sorted: their order changes from run to run."""
    return re.sub(r"\{([^{}:]*)\}", lambda m: f"{{{', '.join(sorted(m[1].split(', ')))}}}", text)


def deliberate(error: BaseException) -> bool:
    """Does scikit-learn raise this on purpose, or Python itself when the arguments do not fit the signature?"""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    misspelled = "arguments for format string" in str(error)  # of a message that was to be of something else
    bound = trace is not None and trace.tb_frame.f_code.co_filename == inspect.__file__
    return (on_purpose(error) and not misspelled) or bound


def raised(outcome: Outcome) -> tuple[type, str]:
    return type(outcome.error), in_order(str(outcome.error))


def issued(outcome: Outcome) -> list[tuple[type, str]]:
    return [(kind, in_order(text)) for kind, text in outcome.warnings]


def spelled(text: str) -> str:
    """A message without signs of zeros, blanks, decimal points, the names of NumPy's scalars and more than 9 digits."""
    text = re.sub(r"-?\d+(\.\d*)?(e[+-]\d+)?", lambda m: f"{float(m[0]):.9g}" if len(m[0]) > 9 else m[0], text)
    text = re.sub(r"np\.\w+\(([^()]*)\)", r"\1", text)
    text = re.sub(r"\bTrue\b", "1", re.sub(r"\bFalse\b", "0", text))
    return re.sub(r"-(?=0\.?0?\b)|\s|(?<=\d)\.0?(?!\d)", "", text)


def unlike(a: Any, b: Any, tolerance: Tolerance, *, types: bool = True) -> str | None:
    """How two values differ; values of text and dictionaries among them."""
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            return f"keys differ: {list(a)} against {list(b)}"
        return next(filter(None, (unlike(a[key], b[key], tolerance, types=types) for key in a)), None)
    if isinstance(a, float) and isinstance(b, (int, np.floating)):
        a, b = float(a), float(b)  # a number is float64 here, also where scikit-learn's is narrower or the int 0
    if isinstance(a, str) or isinstance(b, str):
        return None if type(a) is type(b) and a == b else f"texts differ:\n{a}\n{b}"
    return value_difference(a, b, tolerance, types=types)


def differing(call: Call, ours: Outcome, theirs: Outcome) -> str | None:
    """What is different about our outcome, None where nothing is: a word for the kind of it, a colon, and the rest."""
    if raised(ours) != raised(theirs):
        return "outcomes differ"
    if ours.error is None:
        found = unlike(ours.value, theirs.value, allowed(call))
        if found:
            return found
    return "warnings differ" if issued(ours) != issued(theirs) else None


def fault(call: Call, ours: Outcome, theirs: Outcome) -> str | None:
    """What is wrong with our outcome, None where nothing is."""
    found = differing(call, ours, theirs)
    if not found or trips_on_old_numpy(theirs.error):
        return None
    refused = isinstance(ours.error, (ValueError, TypeError))
    by_accident = theirs.error is not None and not deliberate(theirs.error)
    held_to = meant(call, theirs)
    if refused and (by_accident or REFUSAL in held_to):
        return None
    if SPELLING in held_to and not differing(call, respelled(ours), respelled(theirs)):
        return None
    if UNDEFINED in held_to and ours.error is None and (theirs.error is None or by_accident):
        return None
    if ORACLE in held_to and ours.error is None:
        found = unlike_textbook(call, ours)
    if found and (by_accident or PLAIN in held_to):
        found = unlike_plain(call, ours, found)
    return found


def unlike_textbook(call: Call, ours: Outcome) -> str | None:
    """How a value of ours differs from the textbook's."""
    numbers = plain_form(call, flat=True)
    expected = run(lambda: METRICS[call.name].oracle(*numbers.args, **numbers.kwargs))
    apart = str(expected) if expected.error else unlike(ours.value, expected.value, allowed(call), types=False)
    return f"not the value of the textbook: {apart}" if apart else None


def unlike_plain(call: Call, ours: Outcome, found: str) -> str | None:
    """How an outcome of ours differs from scikit-learn's for the plain form of the call."""
    try:
        forms = [plain_form(call, flat=flat) for flat in (False, True)]
    except (TypeError, ValueError, OverflowError):
        return f"a value, though there is no plain form: {found}"
    expected = run(lambda: forms[0].of(sklearn.metrics))
    if ours.error is not None:
        same = type(ours.error) is type(expected.error)
        return None if same else f"neither a refusal nor the value of the plain form: {found}"
    if expected.error is not None:
        expected = run(lambda: forms[1].of(sklearn.metrics))
    if expected.error is not None:
        return f"a value, though the plain form has none: {found}\nplain:  {expected}"
    apart = unlike(ours.value, expected.value, allowed(call), types=narrowest(call) is None)
    return f"not the value of the plain form: {apart}" if apart else None


def respelled(outcome: Outcome) -> Outcome:
    """An outcome whose messages are spelled in one way."""
    error = outcome.error and type(outcome.error)(spelled(str(outcome.error)))
    return replace(outcome, error=error, warnings=tuple((kind, spelled(text)) for kind, text in outcome.warnings))


class Difference(NamedTuple):
    """A difference in one backend: what kind of it, and both outcomes."""

    backend: str
    found: str
    ours: Outcome
    theirs: Outcome

    @property
    def kind(self) -> tuple[str, ...]:
        """Differences of one kind have, as a rule, one cause."""
        first = self.found.partition(":")[0]
        return (re.sub(r"\d", "", first), *(gist(outcome) for outcome in (self.ours, self.theirs)))


def gist(outcome: Outcome) -> str:
    """What became of a call, without the data."""
    texts = [str(outcome.error)] if outcome.error else []
    texts += [text for _, text in outcome.warnings]
    words = {re.sub(r"[^a-z ]|(?<=')\w+|\b\w*\d\w*\b", "", text[:80]) for text in texts}
    return f"{type(outcome.error).__name__} {' '.join(sorted(words))}"


def compare(call: Call) -> tuple[Outcome, list[Difference]]:
    """scikit-learn's outcome, and how those of both backends differ from it."""
    theirs = run(lambda: call.of(sklearn.metrics))
    found = []
    for backend in BACKENDS:
        with trueval.use_backend(backend):
            ours = run(lambda: call.of(trueval))
        what = fault(call, ours, theirs)
        if what:
            found.append(Difference(backend, what, ours, theirs))
    return theirs, found


# Shorter calls --------------------------------------------------------------------------------------------------------


def cut(part: Any, size: int, keep: list[int], axis: int) -> Any:
    """Some rows (or columns) of a part that has `size` of them; of another, all."""
    shape = (len(part),) if isinstance(part, (list, tuple)) else getattr(part, "shape", ())
    if len(shape) <= axis or shape[axis] != size:
        return part
    try:
        if isinstance(part, (list, tuple)):
            return type(part)(part[i] for i in keep)
        if isinstance(part, (pd.Series, pd.DataFrame)):
            return part.take(keep, axis=axis).reset_index(drop=True)
        if sp.issparse(part):
            return type(part)(part.tocsr()[:, keep] if axis else part.tocsr()[keep])
        return part[:, keep] if axis else part[keep]
    except (TypeError, ValueError, IndexError):
        return part


def lengths(call: Call, axis: int) -> set[int]:
    sizes = set()
    for part in (*call.args, *call.kwargs.values()):
        if isinstance(part, (list, tuple)) and axis == 0:
            sizes.add(len(part))
        elif len(getattr(part, "shape", ())) > axis:
            sizes.add(part.shape[axis])
    return sizes


def each_part(call: Call, change: Callable[[Any], Any]) -> Call:
    """The call with every argument changed."""
    kwargs = {name: change(value) for name, value in call.kwargs.items()}
    return replace(call, args=tuple(map(change, call.args)), kwargs=kwargs)


def simpler(part: Any) -> Iterator[Any]:
    """Simpler forms and simpler numbers of a part."""
    if part is None or np.isscalar(part) or isinstance(part, (dict, set)) or callable(part):
        return
    if type(part) is not np.ndarray or part.dtype not in (np.int64, np.float64):
        with suppress(TypeError, ValueError, OverflowError):
            yield plain(part)
    if type(part) is np.ndarray and part.dtype.kind in "iuf" and part.size:
        yield np.zeros_like(part)
        yield np.ones_like(part)
        if part.dtype == np.float64:
            yield part.astype(np.int64)
        for i in np.ndindex(part.shape):
            for value in (0, 1):
                if part[i] not in (0, 1):
                    changed = part.copy()
                    changed[i] = value
                    yield changed


def shorter(call: Call) -> Iterator[Call]:
    """Calls that are a step simpler, the larger steps first."""
    for name in call.kwargs:
        yield replace(call, kwargs={k: v for k, v in call.kwargs.items() if k != name})
    for axis in (0, 1):
        for size in sorted(lengths(call, axis), reverse=True):
            for width in sorted({size // 2, size // 4, 1} - {0}, reverse=True):
                for start in range(0, size, width):
                    keep = [*range(start), *range(start + width, size)]
                    yield each_part(call, lambda part, s=size, k=keep, a=axis: cut(part, s, k, a))  # type: ignore[misc]
    for i, part in enumerate(call.args):
        for other in simpler(part):
            yield replace(call, args=(*call.args[:i], other, *call.args[i + 1 :]))
    for name, part in call.kwargs.items():
        for other in simpler(part):
            yield replace(call, kwargs={**call.kwargs, name: other})


def reduced(call: Call, still: Callable[[Call], bool], seconds: float = 4.0) -> Call:
    """The shortest call found in a while of which `still` is true."""
    end = time.monotonic() + seconds
    seen = {str(call)}
    while time.monotonic() < end:
        for step in shorter(call):
            text = str(step)
            if text not in seen:
                seen.add(text)
                if still(step):
                    call = step
                    break
            if time.monotonic() > end:
                return call
        else:
            return call
    return call


# Search ---------------------------------------------------------------------------------------------------------------


class Example(NamedTuple):
    """A kind of difference: how often it came up, one call, and what came of it."""

    count: int
    call: Call
    seed: int
    differences: tuple[Difference, ...]


@dataclass
class Tally:
    """What became of many calls of a function."""

    name: str
    cases: int = 0
    values: int = 0
    differences: int = 0
    kinds: dict[tuple[str, ...], Example] = field(default_factory=dict)

    def add(self, seed: int) -> None:
        """Draw the call of a seed, and compare."""
        call = draw(self.name, seed)
        theirs, found = compare(call)
        self.cases += 1
        self.values += theirs.error is None
        if not found:
            return
        self.differences += 1
        known = self.kinds.get(found[0].kind)
        if known:
            self.kinds[found[0].kind] = known._replace(count=known.count + 1)
        else:
            self.kinds[found[0].kind] = Example(1, call, seed, tuple(found))

    def line(self) -> str:
        """The counts in a line."""
        share = self.values / max(self.cases, 1)
        return f"{self.name:40} {self.cases:7} cases  {share:4.0%} with a value  {self.differences:5} differences"

    def report(self, most: int = 12) -> str:
        """Every kind of difference with its shortest call."""
        shown = [self.line()]
        for kind, example in sorted(self.kinds.items(), key=lambda item: -item[1].count)[:most]:

            def still(call: Call, kind: tuple[str, ...] = kind) -> bool:
                found = compare(call)[1]
                return bool(found) and found[0].kind == kind

            call = reduced(example.call, still)
            found = compare(call)[1] or example.differences
            where = " and ".join(d.backend for d in found)
            first = found[0]
            shown.append(
                f"\n{example.count} times, in {where}; first drawn by draw({self.name!r}, {example.seed})\n{call}\n"
                f"{first.found}\nours:   {first.ours}\ntheirs: {first.theirs}"
            )
        if len(self.kinds) > most:
            shown.append(f"\n... and {len(self.kinds) - most} further kinds")
        return "\n".join([*shown, ""])
