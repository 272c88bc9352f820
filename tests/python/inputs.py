"""Inputs: one family per shape of question (drawn small by hypothesis, sampled large), and the zoo of odd forms."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from outcomes import Tolerance


@dataclass(frozen=True)
class Case:
    """Positional arguments of a metric, and weights for it or None."""

    args: tuple[Any, ...]
    weight: Any = None

    def weights(self, wanted: bool) -> dict[str, Any]:
        """The keyword that carries the weights, where they are wanted."""
        return {"sample_weight": self.weight} if wanted and self.weight is not None else {}


@dataclass(frozen=True)
class Family:
    """A kind of input: what hypothesis draws, and what a generator samples at any size."""

    name: str
    drawn: st.SearchStrategy[Case]
    sample: Callable[[int, np.random.Generator], Case]


# Small cases ----------------------------------------------------------------------------------------------------------
# Weights and regression targets are drawn from a dyadic grid, so that sums of them are exact in any order. Whether
# roc_curve drops a point, or r2_score finds a zero variance, would otherwise hang on the last bit of a sum; how sums
# round is for the larger samples, which are compared with a tolerance.

SIZES = st.integers(1, 24)
GRID = st.integers(-64, 64).map(lambda i: i / 16)
POSITIVE_GRID = st.integers(0, 64).map(lambda i: i / 16)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def array(draw: Any, elements: Any, shape: Any, dtype: Any = None) -> np.ndarray:
    """An array of drawn elements."""
    size = int(np.prod(shape))
    return np.array(draw(st.lists(elements, min_size=size, max_size=size)), dtype=dtype).reshape(shape)


def drawn_weight(draw: Any, n: int) -> np.ndarray | None:
    """No weights, or n of them, some of which are 0."""
    return array(draw, POSITIVE_GRID, n, np.float64) if draw(st.booleans()) else None


@st.composite
def drawn_labels(draw: Any, pools: tuple[tuple[Any, ...], ...]) -> Case:
    n, pool = draw(SIZES), draw(st.sampled_from(pools))
    return Case(tuple(array(draw, st.sampled_from(pool), n) for _ in range(2)), drawn_weight(draw, n))


@st.composite
def drawn_indicators(draw: Any) -> Case:
    n, k = draw(SIZES), draw(st.integers(2, 5))
    return Case(tuple(array(draw, st.integers(0, 1), (n, k)) for _ in range(2)), drawn_weight(draw, n))


@st.composite
def drawn_scores(draw: Any, pool: tuple[Any, ...] = (0, 1)) -> Case:
    n = draw(SIZES)
    scores = array(draw, draw(st.sampled_from([st.integers(0, 3), GRID, FINITE])), n)
    return Case((array(draw, st.sampled_from(pool), n), scores), drawn_weight(draw, n))


@st.composite
def drawn_label_scores(draw: Any) -> Case:
    n, k = draw(st.integers(1, 8)), draw(st.integers(2, 6))
    scores = array(draw, draw(st.sampled_from([st.integers(0, 3), GRID, FINITE])), (n, k))
    return Case((array(draw, st.integers(0, 1), (n, k)), scores), drawn_weight(draw, n))


@st.composite
def drawn_coarse_scores(draw: Any) -> Case:
    n = draw(SIZES)
    return Case((array(draw, st.integers(0, 1), n), array(draw, st.integers(-2, 2), n)), drawn_weight(draw, n))


@st.composite
def drawn_gains(draw: Any, distinct: bool) -> Case:
    n, k = draw(st.integers(1, 8)), draw(st.integers(2, 7))
    gains = array(draw, draw(st.sampled_from([st.integers(0, 4), POSITIVE_GRID])), (n, k))
    if distinct:
        rows = [draw(st.lists(FINITE, min_size=k, max_size=k, unique=True)) for _ in range(n)]
        return Case((gains, np.array(rows)), drawn_weight(draw, n))
    return Case((gains, array(draw, draw(st.sampled_from([st.integers(0, 2), GRID])), (n, k))), drawn_weight(draw, n))


@st.composite
def drawn_targets(draw: Any, outputs: bool) -> Case:
    n = draw(SIZES)
    shape = (n, draw(st.integers(2, 4))) if outputs else n
    return Case(tuple(array(draw, GRID, shape, np.float64) for _ in range(2)), drawn_weight(draw, n))


@st.composite
def drawn_positive(draw: Any, outputs: bool) -> Case:
    case = draw(drawn_targets(outputs))
    return Case(tuple(np.abs(part) + 1 / 16 for part in case.args), case.weight)


@st.composite
def drawn_probabilities(draw: Any, classes: int) -> Case:
    n = draw(st.integers(classes, 24))
    spread = array(draw, st.integers(0, 7), (n, classes), np.float64)
    spread[:, 0] += 0.5
    proba = spread / spread.sum(axis=1, keepdims=True)
    if classes == 2 and draw(st.booleans()):
        proba = proba[:, 1] if draw(st.booleans()) else proba[:, 1:]
    return Case((array(draw, st.integers(0, classes - 1), n), proba), drawn_weight(draw, n))


@st.composite
def drawn_curve(draw: Any) -> Case:
    n = draw(SIZES)
    x = np.sort(array(draw, GRID, n, np.float64))
    return Case((x if draw(st.booleans()) else x[::-1], array(draw, POSITIVE_GRID, n, np.float64)))


# Samples of any size --------------------------------------------------------------------------------------------------


def weight(n: int, rng: np.random.Generator) -> np.ndarray:
    """Positive weights from a dyadic grid, see above."""
    return rng.integers(1, 65, n) / 16


def sample_labels(pool: np.ndarray, n: int, rng: np.random.Generator) -> Case:
    true = rng.integers(0, len(pool), n)
    pred = np.where(rng.random(n) < 0.7, true, rng.integers(0, len(pool), n))
    return Case((pool[true], pool[pred]), weight(n, rng))


def sample_indicators(n: int, rng: np.random.Generator) -> Case:
    rows = max(n // 5, 1)
    true = rng.integers(0, 2, (rows, 5))
    return Case((true, np.where(rng.random((rows, 5)) < 0.8, true, 1 - true)), weight(rows, rng))


def sample_scores(pool: np.ndarray, n: int, rng: np.random.Generator) -> Case:
    true = (rng.random(n) < 0.3).astype(np.int64)
    scores = rng.normal(size=n) + true
    tied = rng.random(n) < 0.5
    return Case((pool[true], np.where(tied, np.round(scores, 3), scores)), weight(n, rng))


def sample_coarse_scores(n: int, rng: np.random.Generator) -> Case:
    """Few distinct scores, for what takes time for each."""
    case = sample_scores(np.arange(2), n, rng)
    return Case((case.args[0], np.round(case.args[1])), case.weight)


def sample_label_scores(n: int, rng: np.random.Generator) -> Case:
    columns = 5 if n < 10**6 else 100
    rows = max(n // columns, 1)
    true = (rng.random((rows, columns)) < 0.4).astype(np.int64)
    # Every column has both marks as soon as there are two rows.
    true[0], true[-1] = 1, 0
    return Case((true, np.round(true + rng.normal(size=true.shape), 1)), weight(rows, rng))


def sample_gains(n: int, rng: np.random.Generator, distinct: bool) -> Case:
    columns = 10 if n < 10**6 else 100
    rows = max(n // columns, 1)
    gains = rng.integers(0, 5, (rows, columns))
    scores = gains + 2 * rng.normal(size=(rows, columns))
    return Case((gains, scores if distinct else np.round(scores)), weight(rows, rng))


def sample_targets(n: int, rng: np.random.Generator, outputs: int) -> Case:
    shape = (max(n // outputs, 1), outputs) if outputs > 1 else n
    # Rounded, so that the mean of a constant column is that constant in scikit-learn too.
    true = np.round(10 + 3 * rng.normal(size=shape), 1).astype(np.float32).astype(np.float64)
    return Case((true, true + rng.normal(size=shape)), weight(len(true), rng))


def sample_positive(n: int, rng: np.random.Generator, outputs: int) -> Case:
    case = sample_targets(n, rng, outputs)
    return Case(tuple(np.abs(part) + 0.25 for part in case.args), case.weight)


def sample_probabilities(n: int, rng: np.random.Generator, classes: int) -> Case:
    rows = max(n // classes, classes)
    proba = rng.dirichlet(np.full(classes, 0.7), rows)
    true = (rng.random((rows, 1)) > np.cumsum(proba, axis=1)).sum(axis=1).clip(0, classes - 1)
    true[:classes] = np.arange(classes)
    return Case((true, proba), weight(rows, rng))


def sample_curve(n: int, rng: np.random.Generator) -> Case:
    return Case((np.sort(rng.random(n)), np.sort(rng.random(n))))


SOME_LABELS = ((0, 1, 2), (1, 2), (-3, 0, 7, 12), (0.0, 1.0, 2.0), (1000, 2000, 3000), (2**40, -(2**40), 5))
BINARY_LABELS = ((0, 1), (0, 1), (-1, 1), (False, True), (1,), (0,))
WORDS = np.array(["ant", "bee", "cat"])

FAMILIES = {
    family.name: family
    for family in (
        Family("labels_binary", drawn_labels(BINARY_LABELS), lambda n, rng: sample_labels(np.arange(2), n, rng)),
        Family("labels_multiclass", drawn_labels(SOME_LABELS), lambda n, rng: sample_labels(np.arange(6) * 3, n, rng)),
        Family("labels_text", drawn_labels((tuple(WORDS),)), lambda n, rng: sample_labels(WORDS, n, rng)),
        Family("labels_multilabel", drawn_indicators(), sample_indicators),
        Family("scores_binary", drawn_scores(), lambda n, rng: sample_scores(np.arange(2), n, rng)),
        Family("scores_coarse", drawn_coarse_scores(), sample_coarse_scores),
        Family("scores_multilabel", drawn_label_scores(), sample_label_scores),
        Family("scores_text", drawn_scores(("ant", "bee")), lambda n, rng: sample_scores(WORDS, n, rng)),
        Family("gains", drawn_gains(False), lambda n, rng: sample_gains(n, rng, False)),
        Family("gains_distinct", drawn_gains(True), lambda n, rng: sample_gains(n, rng, True)),
        Family("targets", drawn_targets(False), lambda n, rng: sample_targets(n, rng, 1)),
        Family("targets_multioutput", drawn_targets(True), lambda n, rng: sample_targets(n, rng, 3)),
        Family("targets_positive", drawn_positive(False), lambda n, rng: sample_positive(n, rng, 1)),
        Family("targets_positive_multioutput", drawn_positive(True), lambda n, rng: sample_positive(n, rng, 3)),
        Family("probabilities_binary", drawn_probabilities(2), lambda n, rng: sample_probabilities(n, rng, 2)),
        Family("probabilities_multiclass", drawn_probabilities(4), lambda n, rng: sample_probabilities(n, rng, 4)),
        Family("curve", drawn_curve(), sample_curve),
    )
}

# Distributions of scores that break a sort or a bucketing that expects smooth ones.
HOSTILE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "all equal": np.zeros_like,
    "two values": lambda s: (s > 0).astype(float),
    "ascending": np.sort,
    "descending": lambda s: np.sort(s)[::-1],
    "three decimals": lambda s: np.round(s, 3),
    "one outlier": lambda s: np.where(np.arange(len(s)) == len(s) // 2, 1e300, s),
    "one bucket": lambda s: np.where(np.arange(len(s)) % 1000 == 0, s * 1e6, s * 1e-9),
    "denormal": lambda s: np.round(s * 4) * 5e-324,
    "signed zeros": lambda s: np.where(s > 1, 1.0, np.where(s > 0, 0.0, -0.0)),
    "extremes": lambda s: np.where(s > 0, s * 1e300, s * 1e-300),
    "float32": lambda s: s.astype(np.float32),
    "int64": lambda s: (s * 2**60).clip(-(2.0**62), 2.0**62).astype(np.int64),
}

# The zoo --------------------------------------------------------------------------------------------------------------


class NotApplicable(Exception):
    """An oddity that this array cannot take on."""


def need(condition: bool) -> None:
    if not condition:
        raise NotApplicable


class Subclass(np.ndarray):
    """An ndarray by another name."""


def strided(x: np.ndarray) -> np.ndarray:
    wide = np.zeros((2 * len(x), *x.shape[1:]), x.dtype)
    wide[::2] = x
    return wide[::2]


def byteswapped(x: np.ndarray) -> np.ndarray:
    need(x.dtype.itemsize > 1)
    return x.astype(x.dtype.newbyteorder("S"))


def unaligned(x: np.ndarray) -> np.ndarray:
    y = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


def field(x: np.ndarray) -> np.ndarray:
    table = np.zeros(x.shape, [("flag", np.uint8), ("x", x.dtype)])
    table["x"] = x
    return table["x"]


def two_d(x: np.ndarray) -> np.ndarray:
    need(x.ndim == 2)
    return np.asfortranarray(x)


def read_only(x: np.ndarray) -> np.ndarray:
    y = x.copy()
    y.setflags(write=False)
    return y


def mapped(x: np.ndarray) -> np.ndarray:
    with tempfile.TemporaryFile() as file:
        y = np.memmap(file, dtype=x.dtype, shape=x.shape)
    y[...] = x
    return y


def column(x: np.ndarray) -> np.ndarray:
    need(x.ndim == 1)
    return x.reshape(-1, 1)


LAYOUTS = {
    "strided": strided,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "fortran": two_d,
    "read only": read_only,
    "byte-swapped": byteswapped,
    "unaligned": unaligned,
    "field of a record": field,
    "zero stride": lambda x: np.broadcast_to(x[:1], x.shape),
    "memory-mapped": mapped,
    "subclass": lambda x: x.view(Subclass),
    "object": lambda x: x.astype(object),
    "list": lambda x: x.tolist(),
    "tuple": lambda x: tuple(x.tolist()),
    "list of scalars": list,
    "column": column,
    "row": lambda x: x.reshape(1, -1),
}


def cast(dtype: Any) -> Callable[[np.ndarray], np.ndarray]:
    def convert(x: np.ndarray) -> np.ndarray:
        try:
            with np.errstate(all="ignore"):
                return x.astype(dtype)
        except (TypeError, ValueError, OverflowError):
            raise NotApplicable from None

    return convert


DTYPES: dict[str, Callable[[np.ndarray], Any]] = {
    name: cast(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "longdouble", "complex64", "complex128"),
        *("U8", "S8", "datetime64[D]", "timedelta64[s]"),
    )
}
if hasattr(getattr(np, "dtypes", None), "StringDType"):
    DTYPES["StringDType"] = lambda x: cast("U")(x).astype(np.dtypes.StringDType())

HALF = Tolerance(4e-3, 4e-3, "scikit-learn computes float16 input in float16; here it is widened to float64")
SINGLE = Tolerance(2e-6, 2e-6, "scikit-learn computes float32 input in float32; here it is widened to float64")
LONG = Tolerance(1e-12, 1e-12, "scikit-learn computes long double input in long double; here it is float64")
NARROW = {"float16": HALF, "float32": SINGLE, "longdouble": LONG}


def first(value: Any) -> Callable[[np.ndarray], np.ndarray]:
    def put(x: np.ndarray) -> np.ndarray:
        need(x.dtype.kind in "biuf")
        y = x.astype(object) if value is None else x.astype(np.float64)
        y[(0,) * y.ndim] = value
        return y

    return put


def scaled(factor: float) -> Callable[[np.ndarray], np.ndarray]:
    def scale(x: np.ndarray) -> np.ndarray:
        need(x.dtype.kind in "biuf")
        return x * factor

    return scale


def whole(value: int, dtype: Any) -> Callable[[np.ndarray], np.ndarray]:
    def put(x: np.ndarray) -> np.ndarray:
        need(x.dtype.kind in "biu")
        y = x.astype(dtype)
        y[(0,) * y.ndim] = value
        return y

    return put


VALUES: dict[str, Callable[[np.ndarray], Any]] = {
    "a NaN": first(np.nan),
    "an inf": first(np.inf),
    "a -inf": first(-np.inf),
    "a None": first(None),
    "a half": first(0.5),
    "a -0.0": first(-0.0),
    "a denormal": first(5e-324),
    "a 1e300": first(1e300),
    "a minus one": first(-1),
    "a 2**53": first(2.0**53),
    "an int64 minimum": whole(-(2**63), np.int64),
    "a uint64 maximum": whole(2**64 - 1, np.uint64),
    "all NaN": lambda x: np.full(x.shape, np.nan),
    "negated": scaled(-1.0),
    "times 1e300": scaled(1e300),
    "times 1e-300": scaled(1e-300),
    "times 5e-324": scaled(5e-324),
    "all zero": np.zeros_like,
    "constant": lambda x: np.repeat(x[-1:], len(x), axis=0),
    "heavy ties": lambda x: np.repeat(x[: (len(x) + 1) // 2], 2, axis=0)[: len(x)],
}

SHAPES: dict[str, Callable[[np.ndarray], Any]] = {
    "empty": lambda x: x[:0],
    "empty list": lambda x: [],
    "one row": lambda x: x[:1],
    "two rows": lambda x: x[:2],
    "a row short": lambda x: x[:-1],
    "no columns": lambda x: x.reshape(len(x), -1)[:, :0],
    "two columns": lambda x: np.stack([x, x], axis=1) if x.ndim == 1 else x[:, :2],
    "first column": lambda x: x[:, 0] if x.ndim == 2 else x[:, None],
    "three dimensions": lambda x: x.reshape(len(x), -1, 1),
    "zero dimensions": lambda x: np.array(x.flat[0]),
    "a scalar": lambda x: x.flat[0].item(),
    "None": lambda x: None,
    "a string": lambda x: "abc",
    "a dictionary": lambda x: dict(enumerate(x.ravel().tolist())),
    "a set": lambda x: {1, 2, 3},
    "ragged": lambda x: [[1, 2], [3]],
    "lists of one": lambda x: [[v] for v in x.ravel().tolist()],
    "an object": lambda x: Ellipsis,
}


def library(name: str) -> Any:
    """An optional library, or pytest.skip with the reason that it is absent."""
    import pytest

    return importlib.import_module(name) if importlib.util.find_spec(name) else pytest.skip(f"{name} is not installed")


def pandas_forms() -> dict[str, Callable[[np.ndarray], Any]]:
    pd = library("pandas")

    def series(dtype: Any = None) -> Callable[[np.ndarray], Any]:
        def make(x: np.ndarray) -> Any:
            index = [f"row {i % 7}" for i in range(len(x))]
            try:
                return (pd.Series if x.ndim == 1 else pd.DataFrame)(x, index=index).astype(dtype or x.dtype)
            except (TypeError, ValueError, OverflowError):
                raise NotApplicable from None

        return make

    def missing(dtype: str) -> Callable[[np.ndarray], Any]:
        def make(x: np.ndarray) -> Any:
            need(x.ndim == 1 and x.dtype.kind in "biuf")
            values = series(dtype)(x)
            values.iloc[0] = pd.NA
            return values

        return make

    kinds = ("int8", "Int64", "UInt8", "Float64", "Float32", "boolean", "bool", "category", "string", "str", "object")
    forms = {"own dtype": series(), **{name: series(name) for name in kinds}}
    return {**forms, **{f"{name} with a missing value": missing(name) for name in ("Int64", "Float64")}}


def polars_forms() -> dict[str, Callable[[np.ndarray], Any]]:
    pl = library("polars")

    def make(dtype: Any = None) -> Callable[[np.ndarray], Any]:
        def convert(x: np.ndarray) -> Any:
            try:
                if x.ndim == 1:
                    return pl.Series("x", x).cast(dtype) if dtype else pl.Series("x", x)
                frame = pl.DataFrame(np.ascontiguousarray(x))
                return frame.cast(dtype) if dtype else frame
            except (TypeError, pl.exceptions.PolarsError):
                raise NotApplicable from None

        return convert

    return {"own dtype": make(), "Float32": make(pl.Float32), "Int16": make(pl.Int16), "String": make(pl.String)}


def arrow_forms() -> dict[str, Callable[[np.ndarray], Any]]:
    pa = library("pyarrow")

    def flat(x: np.ndarray) -> np.ndarray:
        need(x.ndim == 1)
        return x

    return {
        "array": lambda x: pa.array(flat(x)),
        "chunked array": lambda x: pa.chunked_array([flat(x)[:3], flat(x)[3:]], pa.array(x).type),
        "table": lambda x: pa.table({f"c{i}": c for i, c in enumerate(x.reshape(len(x), -1).T)}),
    }


ZOO: dict[str, Callable[[], dict[str, Callable[[np.ndarray], Any]]]] = {
    "layouts": lambda: LAYOUTS,
    "dtypes": lambda: DTYPES,
    "values": lambda: VALUES,
    "shapes": lambda: SHAPES,
    "pandas": pandas_forms,
    "polars": polars_forms,
    "pyarrow": arrow_forms,
}


def zoo(group: str, case: Case) -> Iterator[tuple[str, Case, Tolerance | None]]:
    """Every oddity of a group on each argument alone, on all of them, and on the weights: (what, case, tolerance)."""
    for name, make in ZOO[group]().items():
        last = len(case.args)
        everywhere = tuple(range(last))
        for where in [*((i,) for i in everywhere), everywhere, (last,)]:
            parts = [*case.args, case.weight]
            if parts[where[0]] is None:
                continue
            try:
                parts = [make(part) if i in where else part for i, part in enumerate(parts)]
            except NotApplicable:
                continue
            spot = "weights" if where == (last,) else "all" if len(where) > 1 else f"argument {where[0]}"
            odd = replace(case, args=tuple(parts[:last]), weight=parts[last])
            yield f"{group}: {name} on {spot}", odd, NARROW.get(name.lower())
