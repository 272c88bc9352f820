"""Random calls of the metrics of scikit-learn: what a user may pass, and what nobody should.

A call is drawn in five steps: the data of the question that the function answers (labels, scores, targets ...), as
plain arrays; the forms they come in (a list, a Series, a sparse matrix, another dtype); in some calls a fault (a row
short, a NaN, a string); the keywords, each from what its constraint allows and from what suits the data, in some calls
from outside; and how the arguments are passed. About two calls in three have a value.

Everything follows from one integer, and a call prints as the Python that makes it, so that a difference can be pasted
into a session.
"""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp
import sklearn.metrics
from inputs import strided
from numpy import inf, nan
from sklearn.utils._param_validation import Hidden, Interval, Options

# What is there to be called -------------------------------------------------------------------------------------------

ROOMS = ("sklearn.metrics._classification", "sklearn.metrics._ranking", "sklearn.metrics._regression")
FUNCTIONS: dict[str, FunctionType] = {
    name: function
    for name in sorted(sklearn.metrics.__all__)
    if inspect.isfunction(function := getattr(sklearn.metrics, name)) and function.__module__ in ROOMS
}


@cache
def parameters(name: str) -> dict[str, inspect.Parameter]:
    """The signature of a function of scikit-learn."""
    return dict(inspect.signature(FUNCTIONS[name]).parameters)


def constraints(name: str, parameter: str) -> list[Any]:
    """What scikit-learn says that a parameter may be."""
    found = FUNCTIONS[name]._skl_parameter_constraints[parameter]  # type: ignore[attr-defined]
    return [c.constraint if isinstance(c, Hidden) else c for c in found]


# A call ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A function's name and the arguments for it."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    def of(self, library: Any) -> Any:
        """Call the function of that name in a library."""
        return getattr(library, self.name)(*self.args, **self.kwargs)

    def argument(self, parameter: str, default: Any = None) -> Any:
        """The value of an argument, however it is passed."""
        names = list(parameters(self.name))
        at = names.index(parameter) if parameter in names else len(self.args)
        return self.args[at] if at < len(self.args) else self.kwargs.get(parameter, default)

    def arguments(self) -> dict[str, Any]:
        """All arguments by name, as far as the signature has names for them."""
        return dict(zip(parameters(self.name), self.args)) | self.kwargs

    def __str__(self) -> str:
        shown = [*map(literal, self.args), *(f"{name}={literal(value)}" for name, value in self.kwargs.items())]
        return f"m.{self.name}({', '.join(shown)})"


# For pasting above the printed calls.
PREAMBLE = (
    "import numpy as np, pandas as pd, polars as pl, scipy.sparse as sp, calls  # of tests/python\n"
    "from numpy import inf, nan\n"
    "import trueval as m  # import sklearn.metrics as m"
)


def literal(value: Any) -> str:
    """Python that makes a value, given `PREAMBLE`."""
    kind = type(value)
    if kind is np.ndarray:
        return _array(value)
    if isinstance(value, np.generic):
        if isinstance(value, (np.str_, np.bytes_, np.bool_)):
            return f"np.{kind.__name__}({value.item()!r})"
        return f"np.{kind.__name__}({literal(float(value) if kind is np.longdouble else value.item())})"
    if kind is list:
        return f"[{', '.join(map(literal, value))}]"
    if kind is tuple:
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if kind is dict:
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    if kind is set and value:
        return f"{{{', '.join(sorted(map(literal, value)))}}}"
    if kind is pd.Series:
        if isinstance(value.dtype, pd.CategoricalDtype):
            return f"pd.Series({literal(value.tolist())}).astype('category')"
        return f"pd.Series({literal(value.tolist())}, dtype={str(value.dtype)!r})"
    if kind is pd.DataFrame:
        dtypes = {str(dtype) for dtype in value.dtypes}
        return f"pd.DataFrame({literal(value.to_numpy().tolist())}, dtype={dtypes.pop() if dtypes else 'float'!r})"
    if kind is pl.Series:
        return f"pl.Series({literal(value.to_list())}, dtype=pl.{value.dtype})"
    if kind is pl.DataFrame:
        return f"pl.DataFrame({literal(value.to_numpy())})"
    if sp.issparse(value):
        own = f"sp.{kind.__name__}"
        if value.format == "coo":
            parts = f"({literal(value.data)}, ({', '.join(literal(c.tolist()) for c in value.coords)}))"
        else:
            parts = f"({literal(value.data)}, {value.indices.tolist()}, {value.indptr.tolist()})"
        return f"{own}({parts}, shape={value.shape})"
    if value is pd.NA:
        return "pd.NA"
    if inspect.isfunction(value):
        return f"calls.{value.__name__}" if value.__module__ == __name__ else f"m.{value.__name__}"
    return repr(value)


def _array(a: np.ndarray) -> str:
    flat = a.ndim == 1 and a.dtype.kind != "O"
    if flat and a.size > 1 and a.strides[0] != a.itemsize:
        return f"np.repeat({_array(np.ascontiguousarray(a))}, 2)[::2]"
    if a.size == 0 and a.ndim > 1:
        return f"np.zeros({a.shape}, {a.dtype.str!r})"
    if a.dtype.kind in "mM":
        return f"np.array({a.astype(np.int64).tolist()}).astype({a.dtype.str!r})"
    text = literal(a.tolist()) if a.ndim else literal(a.item())
    plain = a.dtype in (np.int64, np.float64, np.bool_) and a.size
    made = f"np.array({text})" if plain or (a.dtype.kind == "U" and a.size) else f"np.array({text}, {a.dtype.str!r})"
    if a.dtype.kind == "f" and plain and not any("." in w or "n" in w or "e" in w for w in text.split(",")):
        made = f"np.array({text}, float)"
    return f"np.asfortranarray({made})" if a.ndim == 2 and a.flags.f_contiguous and not a.flags.c_contiguous else made


# Dice -----------------------------------------------------------------------------------------------------------------


class Dice(random.Random):
    """A source of choices."""

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def pick(self, options: Sequence[Any], weights: Sequence[float] | None = None) -> Any:
        return self.choices(options, weights)[0] if weights else options[int(self.random() * len(options))]

    def grid(self, low: int, high: int, n: int) -> list[float]:
        """Multiples of 1/16: sums and differences of them are exact, whatever their order.

        Whether a curve drops a point or a denominator is zero would otherwise hang on the last bit of a sum.
        """
        return [self.randint(low, high) / 16 for _ in range(n)]

    def rough(self, low: float, high: float, n: int) -> list[float]:
        """Numbers that are rounded at every step."""
        return [self.uniform(low, high) for _ in range(n)]


# Data -----------------------------------------------------------------------------------------------------------------


@dataclass
class Question:
    """Plain data for the positional arguments, and what the keywords have to know of them."""

    data: list[np.ndarray]
    kind: str
    classes: list[Any] = field(default_factory=list)  # for a multilabel target, its columns
    columns: int = 1  # of the scores, or outputs
    # Do sums of the data depend on their order? Then weights are positive, and there are enough rows, so that no
    # variance is zero but for rounding.
    rough: bool = False
    spoiled: bool = False

    @property
    def n(self) -> int:
        return len(self.data[0])


BINARY = ((0, 1), (0, 1), (0, 1), (-1, 1), (1, 2), (False, True), (0.0, 1.0), ("a", "b"), ("no", "yes"), (1,), (0,))
MANY = (
    *(
        (0, 1, 2),
        (0, 1, 2),
        (0, 1, 2, 3),
        (1, 2, 3),
        (-3, 0, 7, 12),
        (0.0, 1.0, 2.0),
        (2**40, -(2**40), 5),
        (250, 3, 9),
    ),
    *(("ant", "bee", "cat"), ("ant", "bee", "cat", "a longer word"), ("10", "9", "1"), ("é", "z", "Z")),
)


def column(values: Sequence[Any]) -> np.ndarray:
    """An array of labels, of the dtype that NumPy gives them."""
    return np.array(values) if len(values) else np.array([], dtype=np.int64)


def labels(dice: Dice, n: int, kinds: tuple[float, float, float]) -> Question:
    """Two columns of labels, or two indicator matrices."""
    kind = dice.pick(("binary", "multiclass", "multilabel"), kinds)
    if kind == "multilabel":
        k = dice.pick((2, 3, 4, 1), (5, 4, 2, 0.5))
        share = dice.pick((0.5, 0.2, 0.9))
        true = np.array([[dice.chance(share) for _ in range(k)] for _ in range(n)], dtype=np.int64).reshape(n, k)
        flip = np.array([[dice.chance(0.3) for _ in range(k)] for _ in range(n)], dtype=np.int64).reshape(n, k)
        return Question([true, true ^ flip], kind, list(range(k)), k)
    pool = dice.pick(BINARY if kind == "binary" else MANY)
    true = dice.choices(pool, k=n)
    known = pool if dice.chance(0.8) else pool[: max(1, len(pool) - 1)]
    pred = [t if dice.chance(0.6) else dice.pick(known) for t in true]
    if dice.chance(0.1):
        true, pred = pred, true
    return Question([column(true), column(pred)], kind, sorted(set(true) | set(pred)) or list(pool))


def some_scores(dice: Dice, n: int) -> list[Any]:
    """Scores with many ties, few, or none but; some of them probabilities, integers, zeros of both signs."""
    made = dice.pick(
        ("grid", "ties", "unit", "integers", "zeros", "constant", "rough", "wide"), (5, 4, 4, 2, 1, 1, 2, 1)
    )
    if made == "grid":
        return dice.grid(-32, 32, n)
    if made == "ties":
        return dice.choices((-0.5, 0.25, 0.5, 1.0), k=n)
    if made == "unit":
        return dice.grid(0, 16, n)
    if made == "integers":
        return [dice.randint(-3, 5) for _ in range(n)]
    if made == "zeros":
        return dice.choices((0.0, -0.0, 5e-324), k=n)
    if made == "constant":
        return [dice.pick((0.5, 0.0, 1.0))] * n
    if made == "rough":
        return dice.rough(-1, 1, n)
    return [dice.uniform(-1, 1) * 10.0 ** dice.randint(-300, 300) for _ in range(n)]


def numbers(values: Sequence[Any]) -> np.ndarray:
    return np.array(values) if len(values) else np.array([], dtype=np.float64)


def rows_of(values: list[Any], n: int, k: int) -> np.ndarray:
    return numbers(values).reshape(n, k)


def distributions(dice: Dice, n: int, k: int) -> np.ndarray:
    """Rows of probabilities: eighths, so that they add up to one exactly, or rounded ones."""
    if dice.chance(0.7):
        rows = np.zeros((n, k))
        for row in rows:
            for _ in range(8):
                row[dice.randrange(k)] += 0.125
        return rows
    rows = np.array(dice.rough(0.01, 1, n * k)).reshape(n, k)
    return rows / rows.sum(axis=1, keepdims=True)


def true_labels(dice: Dice, n: int, kind: str) -> tuple[np.ndarray, list[Any]]:
    """A target, in which every class of the pool occurs where there is room, and its classes."""
    pool = dice.pick(BINARY[: -2 if dice.chance(0.9) else None] if kind == "binary" else MANY)
    drawn = [*(pool if dice.chance(0.85) else ()), *dice.choices(pool, k=n)][:n]
    dice.shuffle(drawn)
    return column(drawn), sorted(pool)


def scores(dice: Dice, n: int, kinds: tuple[float, float, float]) -> Question:
    """A target and scores for it: one column, one per class, or one per label."""
    kind = dice.pick(("binary", "multiclass", "multilabel"), kinds)
    if kind == "multilabel":
        k = dice.pick((2, 3, 4))
        true = np.array([[dice.chance(0.5) for _ in range(k)] for _ in range(n)], dtype=np.int64).reshape(n, k)
        return Question([true, rows_of(some_scores(dice, n * k), n, k)], kind, list(range(k)), k)
    true, classes = true_labels(dice, n, kind)
    if kind == "binary":
        return Question([true, numbers(some_scores(dice, n))], kind, classes)
    k = len(classes)
    made = distributions(dice, n, k) if dice.chance(0.85) else rows_of(some_scores(dice, n * k), n, k)
    return Question([true, made], kind, classes, k)


def ranked(dice: Dice, n: int) -> Question:
    """A target of two classes and scores, or one of many with one column of scores (for pos_label)."""
    question = scores(dice, n, (9, 0, 0.4))
    if dice.chance(0.05):
        true, classes = true_labels(dice, n, "multiclass")
        return Question([true, numbers(some_scores(dice, n))], "multiclass", classes)
    return question


def ranked_numbers(dice: Dice, n: int) -> Question:
    """The same, though few words: predictions at a threshold are 0 and 1, and no metric takes words and numbers."""
    question = ranked(dice, n)
    if question.data[0].dtype.kind == "U" and dice.chance(0.9):
        return ranked_numbers(dice, n)
    return question


def top(dice: Dice, n: int) -> Question:
    """A target and scores of its classes."""
    question = scores(dice, n, (3, 7, 0.3))
    if question.kind == "multiclass" and dice.chance(0.6):
        question.data[1] = rows_of(some_scores(dice, n * question.columns), n, question.columns)
    return question


def probabilities(dice: Dice, n: int, binary: float = 0.5) -> Question:
    """A target and probabilities of its classes."""
    if not dice.chance(binary):
        true, classes = true_labels(dice, n, "multiclass")
        k = len(classes)
        made = distributions(dice, n, k)
        if dice.chance(0.04):
            made = made * dice.pick((0.5, 1.5, -1.0))
        return Question([true, made], "multiclass", classes, k)
    true, classes = true_labels(dice, n, "binary")
    made = dice.grid(0, 16, n) if dice.chance(0.7) else dice.rough(0, 1, n)
    shape = dice.pick(("column", "pair", "thin"), (6, 3, 1))
    proba = numbers(made)
    if shape == "pair":
        proba = np.stack([1 - proba, proba], axis=1)
    elif shape == "thin":
        proba = proba.reshape(-1, 1)
    return Question([true, proba], "binary", classes, 2 if shape == "pair" else 1)


def decisions(dice: Dice, n: int) -> Question:
    """A target and the distances from the planes that part its classes."""
    kind = dice.pick(("binary", "multiclass"))
    true, classes = true_labels(dice, n, kind)
    if kind == "binary":
        return Question([true, numbers(dice.grid(-48, 48, n))], kind, classes)
    k = len(classes)
    return Question([true, rows_of(dice.grid(-48, 48, n * k), n, k)], kind, classes, k)


def gains(dice: Dice, n: int) -> Question:
    """Relevances of documents, a query per row, and scores for them."""
    k = dice.pick((2, 3, 4, 6, 1), (4, 4, 3, 2, 0.2))
    made = dice.pick(("marks", "grades", "grid", "negative"), (3, 4, 3, 0.3))
    if made == "marks":
        true = [dice.randint(0, 1) for _ in range(n * k)]
    elif made == "grades":
        true = [dice.randint(0, 4) for _ in range(n * k)]
    else:
        true = dice.grid(0 if made == "grid" else -16, 64, n * k)
    return Question([rows_of(true, n, k), rows_of(some_scores(dice, n * k), n, k)], "gains", [], k)


def tagged(dice: Dice, n: int) -> Question:
    """Indicators of the labels of each sample, and scores for them."""
    k = dice.pick((2, 3, 4, 5, 1), (4, 4, 3, 2, 0.3))
    share = dice.pick((0.5, 0.2, 0.8))
    true = np.array([[dice.chance(share) for _ in range(k)] for _ in range(n)], dtype=np.int64).reshape(n, k)
    return Question([true, rows_of(some_scores(dice, n * k), n, k)], "multilabel", list(range(k)), k)


def targets(dice: Dice, n: int, domain: str = "real", one: float = 0.55) -> Question:
    """Targets and predictions; `domain` says which numbers have a meaning for the metric."""
    k = 1 if dice.chance(one) else dice.pick((2, 3, 1))
    low = {"real": -64, "above -1": -12, "positive": 1}[domain] if dice.chance(0.9) else dice.pick((-64, 0, 1))
    made = dice.pick(("grid", "integers", "rough", "constant", "equal"), (6, 2, 2, 0.5, 0.5))
    rough = made == "rough" and n > 2
    if made == "integers":
        pair = [[dice.randint(math.ceil(low / 16), 5) for _ in range(n * k)] for _ in range(2)]
    elif rough:
        pair = [dice.rough(low / 16, 4, n * k) for _ in range(2)]
    else:
        pair = [dice.grid(low, 64, n * k) for _ in range(2)]
    if made == "constant" and n:
        pair[dice.randrange(2)] = [dice.pick((0.5, 2.0))] * (n * k)
    elif made == "equal":
        pair[1] = list(pair[0])
    shape: Any = (n, k) if k > 1 or dice.chance(0.1) else n
    return Question([numbers(values).reshape(shape) for values in pair], "targets", [], k, rough)


def curve(dice: Dice, n: int) -> Question:
    x = sorted(dice.grid(-32, 32, n) if dice.chance(0.8) else dice.rough(-1, 1, n), reverse=dice.chance(0.3))
    if dice.chance(0.08):
        dice.shuffle(x)
    return Question([numbers(x), numbers(dice.grid(-16, 64, n))], "curve")


MIXED, PLAIN_ONLY, ONE_OF_TWO = (5, 4, 3), (5, 5, 0.3), (9, 0.3, 0.3)
DATA: dict[str, Callable[[Dice, int], Question]] = {
    **dict.fromkeys(
        (
            *("accuracy_score", "classification_report", "f1_score", "fbeta_score", "hamming_loss", "jaccard_score"),
            *("multilabel_confusion_matrix", "precision_recall_fscore_support", "precision_score", "recall_score"),
            "zero_one_loss",
        ),
        lambda dice, n: labels(dice, n, MIXED),
    ),
    **dict.fromkeys(
        ("balanced_accuracy_score", "cohen_kappa_score", "confusion_matrix", "matthews_corrcoef"),
        lambda dice, n: labels(dice, n, PLAIN_ONLY),
    ),
    "class_likelihood_ratios": lambda dice, n: labels(dice, n + 2 if n else n, ONE_OF_TWO),
    **dict.fromkeys(("brier_score_loss", "d2_brier_score", "d2_log_loss_score", "log_loss"), probabilities),
    "hinge_loss": decisions,
    **dict.fromkeys(("roc_auc_score", "average_precision_score"), lambda dice, n: scores(dice, n, (5, 4, 3))),
    **dict.fromkeys(
        (*("confusion_matrix_at_thresholds", "det_curve", "precision_recall_curve", "roc_curve"),),
        ranked,
    ),
    "metric_at_thresholds": ranked_numbers,
    "top_k_accuracy_score": top,
    **dict.fromkeys(("dcg_score", "ndcg_score"), gains),
    **dict.fromkeys(("coverage_error", "label_ranking_average_precision_score", "label_ranking_loss"), tagged),
    "auc": curve,
    **dict.fromkeys(
        (
            *("d2_absolute_error_score", "d2_pinball_score", "explained_variance_score", "mean_absolute_error"),
            *("mean_absolute_percentage_error", "mean_pinball_loss", "mean_squared_error", "median_absolute_error"),
            *("r2_score", "root_mean_squared_error"),
        ),
        targets,
    ),
    "max_error": lambda dice, n: targets(dice, n, one=0.9),
    **dict.fromkeys(
        ("mean_squared_log_error", "root_mean_squared_log_error"), lambda dice, n: targets(dice, n, "above -1")
    ),
    **dict.fromkeys(
        ("d2_tweedie_score", "mean_gamma_deviance", "mean_poisson_deviance", "mean_tweedie_deviance"),
        lambda dice, n: targets(dice, n, "positive", 0.93),
    ),
}

# Forms ----------------------------------------------------------------------------------------------------------------

Form = Callable[[np.ndarray], Any]


def astype(dtype: Any) -> Form:
    def cast(a: np.ndarray) -> np.ndarray:
        if dtype in (np.uint32, np.uint64) and a.size and a.dtype.kind in "if" and a.min() < 0:
            raise ValueError("a negative number wraps around to a label or a score that nobody has")
        with np.errstate(all="ignore"):
            return a.astype(dtype)

    return cast


def series(dtype: Any = None) -> Form:
    def dressed(a: np.ndarray) -> Any:
        if a.ndim > 1 and dtype == "category":
            raise ValueError("scikit-learn takes categories in a column, and refuses them in a table")
        return (pd.Series if a.ndim == 1 else pd.DataFrame)(a, dtype=dtype)

    return dressed


def polars(a: np.ndarray) -> Any:
    return pl.Series(a.tolist()) if a.ndim == 1 else pl.DataFrame(np.ascontiguousarray(a))


def with_stored_zero(a: np.ndarray) -> Any:
    matrix = sp.csr_array(np.where(a == 0, 9, a))
    matrix.data[matrix.data == 9] = 0
    return matrix


def as_words(a: np.ndarray) -> np.ndarray:
    return a.astype(str)


def byteswapped(a: np.ndarray) -> np.ndarray:
    return a.astype(a.dtype.newbyteorder("S"))


def listed(a: np.ndarray) -> Any:
    return a.tolist()


def tupled(a: np.ndarray) -> Any:
    return tuple(map(tuple, a.tolist())) if a.ndim == 2 else tuple(a.tolist())


def one_column(a: np.ndarray) -> np.ndarray:
    return a.reshape(-1, 1) if a.ndim == 1 else a


COMMON: tuple[tuple[float, Form], ...] = (
    (12, listed),
    (2, tupled),
    (2, strided),
    (2, byteswapped),
    (2, np.asfortranarray),
    (1.5, astype(object)),
    (3, one_column),
    (4, series()),
    (2, polars),
    (1, list),
)
LABEL_FORMS = (
    *COMMON,
    *((2, astype(dtype)) for dtype in (np.int8, np.uint8, np.int32, np.uint64, np.float32, np.float64, np.bool_)),
    *((1, astype(dtype)) for dtype in (np.int16, np.uint32, np.float16)),
    *((1, series(dtype)) for dtype in ("Int64", "boolean", "string", "category", "object", "Float64", "bool")),
    (2, as_words),
)
MARK_FORMS = (
    *LABEL_FORMS,
    *((6, made) for made in (sp.csr_array, sp.csc_array, sp.coo_array, sp.csr_matrix)),
    (2, with_stored_zero),
)
NUMBER_FORMS = (
    *COMMON,
    *((3, astype(dtype)) for dtype in (np.float32, np.int64)),
    *((0.7, astype(dtype)) for dtype in (np.float16, np.int8, np.uint8, np.int32, np.uint64, np.bool_)),
    *((1, series(dtype)) for dtype in ("Float64", "Float32", "Int64", "object")),
)
UNUSUAL = 0.4


def dress(dice: Dice, a: Any, forms: tuple[tuple[float, Form], ...], unusual: float = UNUSUAL) -> Any:
    """The array in one of its forms, or as it is."""
    if not dice.chance(unusual):
        return a
    try:
        with np.errstate(all="ignore"):
            return dice.choices([make for _, make in forms], [weight for weight, _ in forms])[0](a)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return a


# Faults ---------------------------------------------------------------------------------------------------------------


def put(value: Any) -> Callable[[Dice, np.ndarray], Any]:
    """A value in the place of one element."""

    def change(dice: Dice, a: np.ndarray) -> np.ndarray:
        if not a.size:
            return a
        changed = a.astype(np.float64 if isinstance(value, float) and a.dtype.kind in "biuf" else object)
        changed.flat[dice.randrange(a.size)] = value
        return changed

    return change


def wider(dice: Dice, a: np.ndarray) -> np.ndarray:
    return np.column_stack([a, a[:, 0] if a.ndim == 2 and a.shape[1] else a.reshape(len(a), -1)])


FAULTS: tuple[tuple[float, Callable[[Dice, np.ndarray], Any]], ...] = (
    (4, lambda dice, a: a[:-1]),
    (2, lambda dice, a: np.concatenate([a, a[:1]])),
    (3, put(nan)),
    (2, put(inf)),
    (1, put(-inf)),
    (2, put(0.5)),
    (1, put(-1.0)),
    (1, put(2.0)),
    (1, put(1e300)),
    (2, put(None)),
    (2, put("x")),
    (1, put(1)),
    (2, lambda dice, a: a[:0]),
    (1, lambda dice, a: []),
    (2, wider),
    (2, lambda dice, a: a[:, :-1] if a.ndim == 2 else a.reshape(1, -1)),
    (1, lambda dice, a: a.reshape(len(a), -1)[:, :1]),
    (1, lambda dice, a: a.reshape(len(a), -1, 1)),
    (1, lambda dice, a: a.ravel()),
    (1, lambda dice, a: np.array(a.flat[0])),
    (1, lambda dice, a: a.flat[0].item()),
    (1, lambda dice, a: None),
    (1, lambda dice, a: "abc"),
    (1, lambda dice, a: a.astype(complex)),
    (1, lambda dice, a: a.astype("S4")),
    (1, lambda dice, a: a.astype("datetime64[D]")),
    (1, lambda dice, a: a.astype("timedelta64[s]")),
    (1, lambda dice, a: [[1, 2], [3]]),
    (1, lambda dice, a: [[v] for v in a.ravel().tolist()]),
    (1, lambda dice, a: np.array([*a.ravel().tolist()[:-1], "x"])),
    (1, lambda dice, a: [*a.ravel().tolist()[:-1], None]),
    (1, lambda dice, a: dict(enumerate(a.ravel().tolist()))),
    (1, lambda dice, a: set(a.ravel().tolist())),
    (1, lambda dice, a: sp.csr_array(a.reshape(len(a), -1))),
    (1, lambda dice, a: pd.Series([*a.ravel().tolist()[:-1], pd.NA], dtype=dice.pick(("Int64", "Float64", "boolean")))),
    (1, lambda dice, a: pd.Series(a.ravel(), dtype="string")),
    (1, lambda dice, a: np.zeros((len(a), 0))),
    (1, lambda dice, a: np.full(a.shape, dice.pick((0, 1, 2)))),
    (1, lambda dice, a: -a),
)


def spoil(dice: Dice, a: np.ndarray) -> Any:
    """The array with one fault."""
    try:
        with np.errstate(all="ignore"):
            return dice.choices([make for _, make in FAULTS], [weight for weight, _ in FAULTS])[0](dice, a)
    except (TypeError, ValueError, OverflowError, IndexError, ZeroDivisionError):
        return a[:-1]


# Keywords -------------------------------------------------------------------------------------------------------------

OUTSIDE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, -1, 1.5, -0.5, 1.0, nan, inf, -inf, 10**30, 1j, np.float32(0.5), np.int64(-2)),
    *("", "abc", "Macro", "warn", "1", b"warn", ..., [], (), {}, {"a": 1}, [0], ["a", "b"], (1.0, nan), {"micro"}),
    *(np.array([0.5]), np.array([]), np.array(1), np.bool_(False), np.str_("macro")),
)


def sample_weight(dice: Dice, q: Question, name: str) -> Any:
    """Weights: whole, in sixteenths, with zeros, negative ... and in a few calls what are no weights."""
    n = q.n
    made = dice.pick(
        ("grid", "zeros", "whole", "ones", "rough", "negative", "all zero", "none", "odd"),
        (5, 3, 3, 2, 1.2, 0.8, 0.4, 1, 1.2),
    )
    if made == "rough" and (name == "classification_report" or "drop_intermediate" in parameters(name)):
        made = "grid"  # what is printed, and which points are dropped, would hang on the last bit of a sum
    if made == "rough" and (name.startswith("d2_") or "force_finite" in parameters(name)) and not q.rough:
        made = "grid"  # whether the variance is zero would
    if q.rough and made not in ("none", "odd", "grid" if q.spoiled else "rough"):
        made = "grid"
    if made == "none":
        return None
    if made == "odd":
        return spoil(dice, numbers(dice.grid(1, 48, n)))
    if made == "zeros":
        values: list[Any] = [v * dice.randint(0, 1) for v in dice.grid(1, 48, n)]
    elif made == "whole":
        values = [dice.randint(0, 4) for _ in range(n)]
    elif made == "rough":
        values = dice.rough(0.01, 2, n)
    elif made == "negative":
        values = dice.grid(-32, 48, n)
    else:
        values = [0.0] * n if made == "all zero" else [1] * n if made == "ones" else dice.grid(1, 48, n)
    return dress(dice, numbers(values), NUMBER_FORMS, 0.3)


def contained(dice: Dice, items: list[Any]) -> Any:
    """Items in a list, an array, a tuple or a Series."""
    made = dice.pick(("list", "array", "tuple", "series"), (5, 4, 1, 1))
    if made == "list":
        return items
    if made == "tuple":
        return tuple(items)
    return column(items) if made == "array" else pd.Series(items)


# Functions in which `labels` has to name all classes, mostly in order.
ALL_OF_THEM = {
    *("roc_auc_score", "top_k_accuracy_score", "log_loss", "hinge_loss", "brier_score_loss", "d2_brier_score"),
    *("d2_log_loss_score", "class_likelihood_ratios"),
}


def which_labels(dice: Dice, q: Question, name: str) -> Any:
    """Labels: those of the data, some of them, more, in another order, twice; or none of them."""
    known = list(q.classes) or [0, 1]
    if dice.chance(0.85 if name in ALL_OF_THEM else 0.3):
        return contained(dice, known)
    made = dice.pick(("some", "more", "shuffled", "twice", "strangers", "empty", "odd"), (5, 4, 3, 1, 1, 0.3, 0.7))
    if made == "some":
        known = dice.sample(known, dice.randint(1, len(known)))
    elif made == "more":
        known = [*known, "zebra"] if isinstance(known[0], str) else [*known, max(known) + 1]
        if dice.chance(0.3):
            dice.shuffle(known)
    elif made == "shuffled":
        dice.shuffle(known)
    elif made == "twice":
        known = [*known, known[0]]
    elif made == "strangers":
        known = dice.pick(([98, 99], ["u", "v"], [0.5, 1.5], [-1, -2], [True, False]))
    elif made == "empty":
        known = []
    else:
        return dice.pick(
            (["a", 1], [[0, 1]], [nan, 1.0], [None, 1], np.array([[0], [1]]), ["1", "2"], np.array([0.0, 1]))
        )
    return contained(dice, known)


def pos_label(dice: Dice, q: Question, name: str) -> Any:
    if q.classes and dice.chance(0.75):
        label = dice.pick(q.classes[-2:])
        return np.asarray(label)[()] if dice.chance(0.1) else label
    return dice.pick(
        (1, 0, None, True, 2, "1", "b", "yes", 1.0, -1, np.int64(1), np.float64(0), np.str_("a"), 7, "", nan)
    )


def average(dice: Dice, q: Question, name: str) -> Any:
    options = next(c.options for c in constraints(name, "average") if isinstance(c, Options))
    fitting = ["macro", "weighted", "micro", None]
    fitting += {"binary": ["binary", "binary"], "multilabel": ["samples"]}.get(q.kind, [])
    if dice.chance(0.1):
        fitting = ["binary", "samples", "micro"]
    return dice.pick([option for option in fitting if option is None or option in options] or [None])


def multioutput(dice: Dice, q: Question, name: str) -> Any:
    made = dice.pick(("constraint", "weights", "odd"), (6, 3, 1.2))
    if made == "constraint":
        return inside(dice, name, "multioutput")
    size = q.columns if made == "weights" else dice.pick((0, 1, 2, 3, 4))
    weights = dice.grid(1, 32, size)
    return dice.pick((weights, numbers(weights), tuple(weights), numbers(weights).astype(np.float32)))


def how_many(dice: Dice, q: Question, name: str) -> Any:
    return dice.pick((1, 2, 3, q.columns, q.columns + 1, 50, np.int64(2), True))


def power(dice: Dice, q: Question, name: str) -> Any:
    return dice.pick((0, 1, 2, 3, 1.5, 2.5, -1, -0.5, 0.0, 1.0, np.float64(1.25), np.int64(2), 10, -3, -1e-9))


def target_names(dice: Dice, q: Question, name: str) -> Any:
    names = [dice.pick((f"class {c}", str(c), "x" * dice.randint(0, 20))) for c in q.classes]
    if dice.chance(0.15):
        names = names[:-1] if dice.chance(0.5) else [*names, "extra"]
    return contained(dice, names)


def replace_undefined_by(dice: Dice, q: Question, name: str) -> Any:
    if name == "cohen_kappa_score":
        return dice.pick((nan, 0.0, 1.0, -1, 0.5, np.float64(0.25), 1, np.nan))
    good = {"LR+": dice.pick((1.0, inf, nan, 2, 1)), "LR-": dice.pick((0.0, 1.0, nan, 0.5, 0))}
    bad = ({}, {"LR+": 0.5, "LR-": 0.5}, {"LR+": 1.0}, {"LR+": "1", "LR-": 0.0}, {"LR+": None, "LR-": 0}, {"LR-": 2.0})
    return dice.pick((1.0, nan, good, dice.pick(bad)), (2, 2, 4, 1))


def hits(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """A metric of one's own that returns an array: the shares of hits and of ones."""
    return np.array([np.average(a == y_pred, weights=sample_weight) for a in (y_true, 1)])


def counted(y_true: Any, y_pred: Any, **rest: Any) -> Any:
    """A metric of one's own that returns an integer and takes any keyword."""
    return int(np.sum(y_pred)) + len(rest)


def refusing(y_true: Any, y_pred: Any) -> Any:
    """A metric of one's own that raises."""
    raise ValueError(f"{len(y_true)} rows are too many")


def metric_func(dice: Dice, q: Question, name: str) -> Any:
    theirs = [FUNCTIONS[n] for n in ("accuracy_score", "f1_score", "precision_score", "balanced_accuracy_score")]
    return dice.pick((*theirs, hits, counted, refusing), (4, 3, 2, 2, 3, 4, 0.3))


def metric_params(dice: Dice, q: Question, name: str) -> Any:
    return dice.pick((None, {}, {"zero_division": 0}, {"normalize": False}, {"sample_weight": None}), (4, 4, 1, 1, 2))


def max_fpr(dice: Dice, q: Question, name: str) -> Any:
    return dice.pick((None, 0.3, 0.5, 1.0, 1, 0.01, 0.999, np.float64(0.25), np.float32(0.5), 1e-12))


def warn_for(dice: Dice, q: Question, name: str) -> Any:
    names = dice.sample(("precision", "recall", "f-score", "nonsense"), dice.randint(0, 4))
    return dice.pick((tuple(names), list(names), set(names)))


KEYWORDS: dict[str, Callable[[Dice, Question, str], Any]] = {
    "alpha": lambda dice, q, name: dice.pick((0.5, 0, 1, 0.25, 0.75, 0.1, 0.3, 0.9, 1.0, 0.0, np.float32(0.25), True)),
    "average": average,
    "beta": lambda dice, q, name: dice.pick((1.0, 0.5, 2, 0, inf, 1, 0.0, np.float64(2), np.float32(0.5), 1e-200)),
    "digits": lambda dice, q, name: dice.pick((0, 1, 2, 3, 4, 6, 10, np.int64(3), True)),
    "k": how_many,
    "labels": which_labels,
    "log_base": lambda dice, q, name: dice.pick((2, 10, math.e, 0.5, 1.5, 1, np.float64(3), 2.0, np.int64(5), 1e300)),
    "max_fpr": max_fpr,
    "metric_func": metric_func,
    "metric_params": metric_params,
    "multi_class": lambda dice, q, name: dice.pick(("ovr", "ovo", "raise"), (5, 4, 0.5)),
    "multioutput": multioutput,
    "pos_label": pos_label,
    "power": power,
    "replace_undefined_by": replace_undefined_by,
    "sample_weight": sample_weight,
    "target_names": target_names,
    "warn_for": warn_for,
    "zero_division": lambda dice, q, name: dice.pick(
        ("warn", 0, 1, nan, 0.0, 1.0, np.float64(1), np.float64(nan), True)
    ),
}
# A deprecated second name of y_proba, and the positional data: drawn with the data.
WITH_DATA = {"y_pred", "y_proba", "y_score", "y_true", "pred_decision", "x", "y", "y1", "y2"}


def inside(dice: Dice, name: str, parameter: str) -> Any:
    """A value that meets one of the constraints of a parameter, bounds of intervals among them."""
    found = [
        c for c in constraints(name, parameter) if not (isinstance(c, str) and c in ("array-like", "sparse matrix"))
    ]
    constraint = dice.pick(found)
    if isinstance(constraint, Options):
        return dice.pick(sorted(constraint.options))
    if isinstance(constraint, Interval):
        bounds = [b for b in (constraint.left, constraint.right) if b is not None]
        return dice.pick([*bounds, *(b + 1 for b in bounds), *(b - 1 for b in bounds), 0.5])
    if constraint == "boolean":
        return dice.pick((True, False, np.bool_(True), np.bool_(False)), (5, 5, 1, 1))
    return nan if constraint == "nan" else constraint


def outside(dice: Dice, name: str, parameter: str) -> Any:
    """A value that most parameters refuse."""
    bounds = [
        b for c in constraints(name, parameter) if isinstance(c, Interval) for b in (c.left, c.right) if b is not None
    ]
    if bounds and dice.chance(0.5):
        return dice.pick([b + step for b in bounds for step in (-1, -1e-9, 1e-9, 0, 1)])
    return dice.pick(OUTSIDE)


# Together -------------------------------------------------------------------------------------------------------------

FAULTY_DATA, FAULTY_KEYWORD, FAULTY_CALL = 0.09, 0.07, 0.03
SIZES, SIZE_WEIGHTS = (0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 60, 200), (0.2, 0.7, 1.2, 2, 4, 5, 5, 5, 4, 3, 0.6, 0.1)


def forms_of(name: str, position: int, a: np.ndarray) -> tuple[tuple[float, Form], ...]:
    """The forms that suit an argument."""
    target = "sparse matrix" in constraints(name, list(parameters(name))[position])
    if target and a.ndim == 2:
        return MARK_FORMS
    labelled = position == 0 or list(parameters(name))[1] in ("y_pred", "y2")
    return LABEL_FORMS if labelled and "multioutput" not in parameters(name) else NUMBER_FORMS


def draw(name: str, seed: int) -> Call:
    """The call that a seed stands for."""
    dice = Dice(seed)
    question = DATA[name](dice, dice.choices(SIZES, SIZE_WEIGHTS)[0])
    faulty = question.spoiled = dice.chance(FAULTY_DATA)
    data: list[Any] = list(question.data)
    for position, a in enumerate(question.data):
        data[position] = dress(dice, a, forms_of(name, position, a))
    if faulty:
        position = dice.randrange(len(data))
        data[position] = spoil(dice, question.data[position])
    kwargs = keywords(dice, question, name)
    if dice.chance(FAULTY_KEYWORD):
        free = [p for p in parameters(name) if p not in list(parameters(name))[: len(data)]]
        if free:
            parameter = dice.pick(free)
            kwargs[parameter] = outside(dice, name, parameter)
    if reads_out_of_bounds(kwargs.get("labels")):
        del kwargs["labels"]
    return passed(dice, Call(name, tuple(data), kwargs))


def reads_out_of_bounds(labels: Any) -> bool:
    """Would scikit-learn select these columns of an indicator matrix without a check? SciPy then crashes."""
    items = labels if isinstance(labels, (list, tuple, np.ndarray)) and np.ndim(labels) else ()
    return any(isinstance(item, (float, np.floating)) and not math.isfinite(item) for item in items)


def keywords(dice: Dice, question: Question, name: str) -> dict[str, Any]:
    """Keywords that suit the question."""
    names = list(parameters(name))[len(question.data) :]
    likely = dice.pick((0.15, 0.45, 0.8))
    kwargs = {}
    for parameter in names:
        required = parameters(name)[parameter].default is inspect.Parameter.empty
        # Multiclass ROC AUC, and averages of more than two classes, have no value with the defaults.
        needed = question.kind != "binary" and (
            (parameter == "average" and parameters(name)[parameter].default == "binary")
            or (parameter == "multi_class" and question.kind == "multiclass")
        )
        nameless = parameter == "pos_label" and parameters(name)[parameter].default is None
        needed |= parameter == "pos_label" and question.kind == "binary" and question.classes[-1:] != [1]
        needed |= nameless and question.kind == "multiclass"
        if parameter in WITH_DATA or not (required or dice.chance(0.93 if needed else likely)):
            continue
        # What has a meaning for other questions only.
        binary_only = parameter in ("pos_label", "max_fpr") and question.kind != "binary" and not nameless
        idle = binary_only or (parameter == "samplewise" and question.kind != "multilabel")
        if idle and dice.chance(0.7):
            continue
        made = KEYWORDS.get(parameter)
        kwargs[parameter] = made(dice, question, name) if made else inside(dice, name, parameter)
    return kwargs


def passed(dice: Dice, call: Call) -> Call:
    """The same arguments passed in another way, in some calls one that is refused."""
    names = list(parameters(call.name))
    if "y_proba" in names and "y_pred" in names and dice.chance(0.04):
        y_proba = None if dice.chance(0.7) else call.args[1]
        return replace(call, args=(call.args[0], y_proba), kwargs={**call.kwargs, "y_pred": call.args[1]})
    if dice.chance(0.08):
        at = dice.randrange(len(call.args))
        return replace(call, args=call.args[:at], kwargs={**dict(zip(names[at:], call.args[at:])), **call.kwargs})
    if not dice.chance(FAULTY_CALL):
        return call
    made = dice.pick(("short", "unknown", "positional", "twice", "nothing"))
    if made == "short":
        return replace(call, args=call.args[:-1])
    if made == "unknown":
        return replace(call, kwargs={**call.kwargs, dice.pick(("foo", "eps", "squared", "Average")): 1})
    if made == "twice":
        return replace(call, kwargs={**call.kwargs, names[0]: call.args[0]})
    if made == "nothing":
        return replace(call, args=(), kwargs=call.kwargs if dice.chance(0.5) else {})
    rest = names[len(call.args) :]
    if not rest:
        return replace(call, args=(*call.args, 1))
    kwargs = dict(call.kwargs)
    return replace(call, args=(*call.args, kwargs.pop(rest[0], None)), kwargs=kwargs)
