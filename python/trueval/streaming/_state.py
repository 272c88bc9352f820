"""What all states have in common."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._tensors import from_library
from .._validation.arrays import SampleWeights, num_samples, sample_weights
from ._bytes import encode, seal, unseal
from ._sums import Total, accurate_sum

Array = NDArray[Any]
Floats = NDArray[np.float64]
Exported = dict[str, Any]
S = TypeVar("S", bound="State")
P = TypeVar("P", bound="PairState")

# Metrics that are not functions of the package itself, and the modules that they are functions of.
HOMES = {
    "average_precision_at_k": "retrieval",
    "bleu": "translation",
    "chrf": "translation",
    "cross_entropy": "language",
    "dice_score": "segmentation",
    "exact_match": "question_answering",
    "expected_calibration_error": "calibration",
    "group_auc": "retrieval",
    "hit_rate": "retrieval",
    "iou_score": "segmentation",
    "maximum_calibration_error": "calibration",
    "ndcg_at_k": "retrieval",
    "perplexity": "language",
    "pixel_accuracy": "segmentation",
    "precision_at_k": "retrieval",
    "r_precision": "retrieval",
    "recall_at_k": "retrieval",
    "reciprocal_rank": "retrieval",
    "ter": "translation",
    "token_f1": "question_answering",
}

# constructors by what they make, for bytes
KINDS: dict[str, Any] = {}


class Weighing:
    """Whether rows have weights, and what is known of these: extremes, kind of dtype, sum."""

    def __init__(self) -> None:
        self.given: bool | None = None
        self.kind = "b"
        self.low, self.high = np.inf, -np.inf
        self.dtype: np.dtype[Any] | None = None
        self.total = Total(1)

    def check(self, given: bool) -> None:
        """Refuse weights for some rows only."""
        if self.given is not None and given != self.given:
            raise ValueError(
                "sample_weight must be given in all updates or in none: this one has "
                f"{'weights' if given else 'no weights'}, and the rows so far have {'some' if self.given else 'none'}."
            )

    def add(self, weights: SampleWeights | None, dtype: np.dtype[Any] | None = None) -> None:
        """Take note of the weights of some rows."""
        self.given = weights is not None
        if weights is not None and weights.values.size:
            self.total.add(accurate_sum(weights.values))
            self._widen(weights.kind, weights.low, weights.high, dtype)

    def merge(self, other: Weighing) -> None:
        if other.given is not None:
            self.given = other.given
            self.total.merge(other.total)
            self._widen(other.kind, other.low, other.high, other.dtype)

    def _widen(self, kind: str, low: float, high: float, dtype: np.dtype[Any] | None) -> None:
        self.kind = max(self.kind, kind, key="buif".index)
        self.low, self.high = min(self.low, low), max(self.high, high)
        if dtype is not None:
            self.dtype = dtype if self.dtype is None else np.result_type(self.dtype, dtype)

    def summary(self, values: Floats | None = None) -> SampleWeights | None:
        """Weights that stand for all of them: `values`, or their sum as one."""
        if not self.given:
            return None
        return SampleWeights(self.total.value if values is None else values, self.kind, self.low, self.high)

    def refuse_zero(self) -> None:
        """Refuse weights of which not one counts."""
        if self.given and self.low == 0.0 and self.high == 0.0:
            raise ValueError("Sample weights must contain at least one non-zero number.")

    def refuse_zero_total(self) -> None:
        """Refuse weights that add up to zero."""
        self.refuse_zero()
        if self.given and self.low < 0.0 and self.total.value[0] == 0.0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")

    def amount(self, n: int) -> float:
        """Sum of the weights, or the number of rows."""
        return float(self.total.value[0]) if self.given else float(n)

    def export(self) -> Exported:
        dtype = None if self.dtype is None else self.dtype.str
        return {
            "weighted": self.given,
            "weight_kind": self.kind,
            "weight_dtype": dtype,
            "weight_low": self.low,
            "weight_high": self.high,
            "weight_total": self.total.export(),
        }

    @classmethod
    def of(cls, exported: Mapping[str, Any]) -> Weighing:
        weighing = cls()
        weighing.given, weighing.kind = exported["weighted"], exported["weight_kind"]
        weighing.low, weighing.high = float(exported["weight_low"]), float(exported["weight_high"])
        dtype = exported["weight_dtype"]
        weighing.dtype = None if dtype is None else np.dtype(dtype)
        weighing.total = Total.of(np.asarray(exported["weight_total"]))
        return weighing


# Rows of small batches that are held together, and how small these are.
_HELD = 4096
_SMALL = 1024


def finite(x: Array) -> bool:
    """Whether an array is of native float32 or float64 and finite."""
    return x.dtype.char in "fd" and x.dtype.isnative and not backend().scan(np.ascontiguousarray(x))[0]


def weights_of(weight: Any, n_samples: int) -> SampleWeights | None:
    """Weights of one update, which may all be zero: others may not be."""
    if weight is None:
        return None
    return sample_weights(from_library(weight), n_samples, all_zero=True)


class State:
    """What is left of the rows that a metric has seen: enough for its value, and no more.

    States come from `trueval.streaming.state` and its siblings. Those of one name and the same parameters merge.

    Attributes
    ----------
    name : str
        The metric.
    params : dict
        Its parameters.
    n : int
        Rows seen.
    nbytes : int
        Bytes of memory held, about; what is on disk does not count.
    """

    kind = "state"
    # What `n` counts.
    unit = "rows"

    def __init_subclass__(cls) -> None:
        if "kind" in vars(cls):
            KINDS[cls.kind] = cls

    def __init__(self, name: str, params: dict[str, Any], memory_limit: int | None = None) -> None:
        self.name = name
        self.params = params
        self.memory_limit = memory_limit
        self._n = 0
        self._held: list[tuple[Array, Array]] = []
        self._held_rows = 0
        self._key = encode([self.kind, name, portable(params)])
        self._closed = False
        self._weighing = Weighing()
        self._clear()

    # what a kind of state provides ------------------------------------------------------------------------------------

    def _clear(self) -> None:
        raise NotImplementedError

    def _update(self, *arrays: Any) -> None:
        """Add rows; everything that may fail comes before the first change."""
        raise NotImplementedError

    def _merge(self, other: Any) -> None:
        raise NotImplementedError

    def _compute(self) -> Any:
        raise NotImplementedError

    def _export(self) -> Exported:
        raise NotImplementedError

    def _import(self, exported: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def _size(self) -> int:
        raise NotImplementedError

    def _empty(self) -> Any:
        raise ValueError(f"The state of {self.name} has seen no rows: there is nothing to compute from.")

    # what all have ----------------------------------------------------------------------------------------------------

    def update(self: S, *args: Any, **kwargs: Any) -> S:
        """Add rows, with the arguments that the function of the metric takes.

        ``update(y_true, y_pred, sample_weight=None)`` for most; ``update(y_true, y_pred)`` for label maps,
        ``update(y_true, logits)`` for losses of language models, ``update(references, predictions)`` for answers and
        translations, and ``update(relevance, scores, group)`` for retrieval.

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ValueError, TypeError
            For what the function of the metric refuses in these rows. The state is then as it was.
        """
        raise NotImplementedError

    def _add(self: S, *arrays: Any) -> S:
        """Add rows that are not held, if there are any."""
        self._require_open()
        if any(map(num_samples, arrays)):
            self._update(*arrays)
        return self

    def _flush(self) -> None:
        """Add what is held."""
        if self._held:
            true, pred = (np.concatenate(parts) for parts in zip(*self._held, strict=True))
            self._held, self._held_rows = [], 0
            self._update(true, pred, None)

    @property
    def n(self) -> int:
        """Rows seen."""
        return self._n + self._held_rows

    @n.setter
    def n(self, rows: int) -> None:
        self._n = rows - self._held_rows

    def merge(self: S, other: S) -> S:
        """Add the rows that another state of the same metric and parameters has seen; it is left as it is.

        Parameters
        ----------
        other : State

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        TypeError
            If `other` is no state.
        ValueError
            If it is one of another metric or of other parameters, or the rows of both do not go together.
        """
        self._require_open()
        if not isinstance(other, State):
            raise TypeError(f"other must be a state, got {type(other).__name__}.")
        other._require_open()
        self._flush()
        other._flush()
        if self._key != other._key:
            raise ValueError(
                f"States of one metric with the same parameters can be merged, not {self!r} with {other!r}."
            )
        if other.n:
            if self.n:
                self._weighing.check(bool(other._weighing.given))
            self._merge(copy.copy(other) if other is self else other)
        return self

    def compute(self) -> Any:
        """Return the value of the metric over all rows seen, as its function does; the state stays as it is.

        Raises
        ------
        ValueError
            If there are no rows, and for what the function of the metric refuses in all of them together.
        """
        self._require_open()
        self._flush()
        return self._compute() if self.n else self._empty()

    def reset(self: S) -> S:
        """Forget all rows."""
        self._require_open()
        self._n, self._held, self._held_rows = 0, [], 0
        self._weighing = Weighing()
        self._clear()
        return self

    @property
    def nbytes(self) -> int:
        """Bytes of memory held, about."""
        held = sum(true.nbytes + pred.nbytes for true, pred in self._held)
        return 0 if self._closed else self._size() + held

    def state_dict(self) -> dict[str, Any]:
        """Return the content as a dict of arrays, numbers and words, for `load_state_dict`."""
        self._require_open()
        self._flush()
        return {"kind": self.kind, "name": self.name, "n": self.n, **self._weighing.export(), **self._export()}

    def load_state_dict(self: S, state_dict: Mapping[str, Any]) -> S:
        """Take the content of `state_dict` in the place of the own.

        Raises
        ------
        ValueError
            If it is that of a state of another metric, or not complete.
        """
        self._require_open()
        for what, own in (("kind", self.kind), ("name", self.name)):
            if state_dict.get(what) != own:
                raise ValueError(f"state_dict must be one of {self.name}: its {what} is {state_dict.get(what)!r}.")
        fresh = type(self)(self.name, self.params, self.memory_limit)
        try:
            fresh.n = int(state_dict["n"])
            fresh._weighing = Weighing.of(state_dict)
            fresh._import(state_dict)
        except KeyError as error:
            raise ValueError(f"state_dict must be complete: it lacks {error}.") from None
        self.__dict__.update(fresh.__dict__)
        return self

    def to_bytes(self) -> bytes:
        """Return the state as bytes, for `from_bytes`, here or on another machine."""
        return seal({"params": portable(self.params), "memory_limit": self.memory_limit, "content": self.state_dict()})

    @classmethod
    def from_bytes(cls, data: Any) -> Any:
        """Return the state that `to_bytes` wrote.

        Parameters
        ----------
        data : bytes-like

        Raises
        ------
        ValueError
            For bytes that are of something else, of another version, cut short or damaged.
        TypeError
            For what is not bytes.
        """
        content = unseal(data)
        try:
            made = KINDS[content["content"]["kind"]](
                content["content"]["name"], native_params(content["params"]), content["memory_limit"]
            )
            return made.load_state_dict(content["content"])
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"data is not a state of trueval: {error!r}.") from None

    def close(self) -> None:
        """Let go of all memory and disk; the state cannot be used any more."""
        if not self._closed:
            self._held, self._held_rows = [], 0
            self._clear()
            self._closed = True

    def __enter__(self: S) -> S:
        self._require_open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def copy(self: S) -> S:
        """Return another state of the same content."""
        return copy.copy(self)

    def __copy__(self: S) -> S:
        self._require_open()
        self._flush()
        twin = type(self)(self.name, self.params, self.memory_limit)
        return twin.merge(self) if self.n else twin

    def __deepcopy__(self: S, _: Any) -> S:
        return copy.copy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.to_bytes(),)

    def __repr__(self) -> str:
        shown = "".join(f", {name}={value!r}" for name, value in self.params.items())
        return f"<state of {self.name}{shown}: {'closed' if self._closed else f'{self.n} {self.unit}'}>"

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"The state of {self.name} is closed.")


class PairState(State):
    """State of rows with a truth and a prediction each, which may have weights."""

    # Why it takes no weights, where it does not.
    _no_weights = ""

    def _may_wait(self, y_true: Array, y_pred: Array) -> bool:
        """Whether nothing in two vectors can be refused, now or later, so that they may be held for a while."""
        return False

    def update(self: P, y_true: Any, y_pred: Any, sample_weight: Any = None) -> P:
        """Add rows.

        Parameters
        ----------
        y_true, y_pred : array-like
            Truth and prediction (labels, scores, probabilities or numbers) of some rows, as the function of the metric
            takes them. Tensors on the CPU pass. No rows at all are fine.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows: in all updates, or in none.

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ValueError, TypeError
            For what the function of the metric refuses in these rows. The state is then as it was.
        """
        self._require_open()
        if sample_weight is not None and self._no_weights:
            raise TypeError(self._no_weights)
        y_true, y_pred = from_library(y_true), from_library(y_pred)
        if sample_weight is None and type(y_true) is np.ndarray and type(y_pred) is np.ndarray:
            shape = y_true.shape
            if len(shape) == 1 and shape == y_pred.shape and 0 < shape[0] <= _SMALL and self._hold(y_true, y_pred):
                return self
        n = num_samples(y_pred)
        if not n and not num_samples(y_true):
            return self
        if n:
            self._weighing.check(sample_weight is not None)
        self._flush()
        self._update(y_true, y_pred, sample_weight)
        return self

    def _hold(self, y_true: Array, y_pred: Array) -> bool:
        """Keep a copy of a small batch, to be added with others: what an update costs is mostly the same for any."""
        if self._weighing.given or not self._may_wait(y_true, y_pred):
            return False
        held = self._held
        if held and (held[0][0].dtype != y_true.dtype or held[0][1].dtype != y_pred.dtype):
            return False
        held.append((y_true.copy(), y_pred.copy()))
        self._held_rows += y_true.shape[0]
        if self._held_rows >= _HELD:
            self._flush()
        return True


def _restored(data: bytes) -> Any:
    return State.from_bytes(data)


def portable(value: Any) -> Any:
    """Parameters as plain values: a function by its name."""
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return portable(sorted(value))
    if isinstance(value, (list, tuple)):
        return [portable(item) for item in value]
    if callable(value):
        return {"function": getattr(value, "__name__", repr(value))}
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "__array__"):
        return portable(np.asarray(value).tolist())
    return value


def native_params(value: Any) -> Any:
    """Parameters as they were, from `portable`."""
    if isinstance(value, dict) and value.keys() == {"function"}:
        import trueval

        if value["function"] not in trueval.__all__:
            raise ValueError(f"data is not a state of trueval: there is no function {value['function']!r}.")
        return getattr(trueval, value["function"])
    if isinstance(value, dict):
        return {key: native_params(item) for key, item in value.items()}
    return value


def function_of(name: str) -> Any:
    """Return the function of a metric."""
    home = HOMES.get(name)
    return getattr(importlib.import_module("trueval" if home is None else f"trueval.{home}"), name)


def refuse(message: str) -> NoReturn:
    raise ValueError(message)


def backend() -> Any:
    return _backend.current()
