"""Constant memory: areas by histograms with a certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._validation.arrays import FLOATS, check_consistent_length, column_or_1d, rankable_scores, require_finite
from .._validation.targets import Target, as_values
from ..exceptions import warn
from ..inference._areas import _spread
from ..ranking._area import ONE_CLASS
from ..ranking.curves import NO_POSITIVE_CLASS
from ._labels import LabelSet, as_labels, widened
from ._rankings import RankingState, _refuse_columns
from ._runs import keys_of
from ._state import Exported, PairState
from ._sums import exact_dot

_SCALE = 2**52


class Bounded(NamedTuple):
    """A value that is off by at most `half_width`; 0 where it is exact, and NaN beside NaN."""

    value: float
    half_width: float


class Area(NamedTuple):
    """An area under the ROC curve with DeLong's standard error, NaN where a class has fewer than two rows."""

    value: float
    standard_error: float
    positives: int
    negatives: int


class BinaryState(PairState):
    """State of two labels."""

    def _clear(self) -> None:
        self._labels = LabelSet()
        self._label_dtype: np.dtype[Any] | None = None

    def _check_labels(self, y_true: Any) -> tuple[Target, np.dtype[Any] | None]:
        target = Target(y_true, "y_true")
        kind = target.settle()
        if kind != "binary" or target.wide:
            raise ValueError(f"{kind} format is not supported")
        dtype = widened(self._label_dtype, target.labels().dtype)
        known = {*self._labels.place, *as_values(target.labels())}
        if len(known) > 2:
            raise ValueError(f"y_true must hold two labels at most, got {sorted(known)}.")
        return target, dtype

    def _places_of_labels(self, target: Target, dtype: np.dtype[Any] | None) -> NDArray[np.intp]:
        """Take note of the labels; the places of those that are there, in the order of their codes."""
        places = self._labels.places(target.labels())
        self._label_dtype = dtype
        return places

    def _rows_of_labels(self, target: Target, dtype: np.dtype[Any] | None) -> NDArray[np.intp]:
        """Take note of the labels; the place of each row's label."""
        return self._places_of_labels(target, dtype)[np.searchsorted(target.facts()[1], target.codes)]

    def _merge_labels(self, other: BinaryState) -> NDArray[np.intp]:
        known = {*self._labels.place, *other._labels.place}
        if len(known) > 2:
            raise ValueError(f"y_true must hold two labels at most, got {sorted(known)}.")
        self._label_dtype = widened(self._label_dtype, other._label_dtype)
        place = self._labels.place
        return np.array([place.setdefault(value, len(place)) for value in other._labels.place], dtype=np.intp)

    def _target(self) -> Target:
        return Target(as_labels(list(self._labels.place), self._label_dtype or np.dtype(np.int64)), "y_true")

    def _place(self, target: Target, code: int | None) -> int | None:
        """Place of the label of a code; None where no row has it."""
        if code is None or code not in target.facts()[1].tolist():
            return None
        shown = target.display(np.array([code], target.codes.dtype)).tolist()[0]
        return self._labels.place.get(shown)

    def _export_labels(self) -> Exported:
        dtype = None if self._label_dtype is None else self._label_dtype.str
        return {"labels": list(self._labels.place), "label_dtype": dtype}

    def _import_labels(self, exported: Mapping[str, Any]) -> None:
        self._labels.place = {value: place for place, value in enumerate(exported["labels"])}
        dtype = exported["label_dtype"]
        self._label_dtype = None if dtype is None else np.dtype(dtype)


class BinnedState(BinaryState):
    """State of an area by a histogram of scores: rows of both labels, least and greatest key, of each bucket."""

    kind = "binned"
    _no_weights = "A binned state takes no sample_weight: use state, which is exact."

    def _clear(self) -> None:
        super()._clear()
        size = 1 << int(self.params["bits"])
        self._dtype: np.dtype[Any] | None = None
        self._counts = np.zeros((2, size), np.int64)
        self._low = np.full(size, np.iinfo(np.uint64).max, np.uint64)
        self._high = np.zeros(size, np.uint64)

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        check_consistent_length(y_true, y_pred)
        target, dtype = self._check_labels(y_true)
        column = column_or_1d(y_pred)
        require_finite(column)
        scores = rankable_scores(column)
        self._fits(scores.dtype)
        rows = self._rows_of_labels(target, dtype)
        self._dtype = scores.dtype
        keys, buckets = self._buckets(scores)
        size = self._low.size
        for place in range(len(self._labels)):
            own = buckets[rows == place]
            if own.size > size // 16:
                self._counts[place] += np.bincount(own, minlength=size)
            else:
                np.add.at(self._counts[place], own, 1)
        np.minimum.at(self._low, buckets, keys)
        np.maximum.at(self._high, buckets, keys)
        self._weighing.add(None)
        self.n += scores.size

    def _buckets(self, scores: NDArray[Any]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        """Keys, and the bucket of each: its leading bits."""
        bits = int(self.params["bits"])
        if scores.dtype == FLOATS[2]:
            signed = (scores + np.float16(0)).view(np.uint16)
            keys = np.where(signed >> 15, ~signed, signed | np.uint16(1 << 15)).astype(np.uint64)
            width = 16
        else:
            narrow = keys_of(np.ascontiguousarray(scores))
            width = 8 * narrow.dtype.itemsize
            keys = narrow.astype(np.uint64)
        return keys, (keys >> np.uint64(max(0, width - bits))).astype(np.intp)

    def _fits(self, dtype: np.dtype[Any] | None) -> None:
        if self._dtype is not None and dtype is not None and dtype != self._dtype:
            raise ValueError(
                f"y_score must have one dtype in all updates of a binned state, whose buckets depend on it: got "
                f"{dtype} after {self._dtype}."
            )

    def _merge(self, other: BinnedState) -> None:
        self._fits(other._dtype)
        places = self._merge_labels(other)
        self._dtype = other._dtype
        for place, own in enumerate(places.tolist()):
            self._counts[own] += other._counts[place]
        self._low, self._high = np.minimum(self._low, other._low), np.maximum(self._high, other._high)
        self._weighing.merge(other._weighing)
        self.n += other.n

    def _compute(self) -> Bounded:
        target = self._target()
        if self.name == "roc_auc_score":
            known = target.facts()[1]
            if known.size < 2:
                warn(ONE_CLASS, "UndefinedMetricWarning")
                return Bounded(math.nan, math.nan)
            return self._area(*self._split(self._place(target, int(known[1]))))
        pos_label = self.params.get("pos_label", 1)
        present = target.labels()
        if present.size == 2 and pos_label not in as_values(present):
            raise ValueError(f"pos_label={pos_label} is not a valid label. It should be one of {present}")
        ups, downs, pure = self._split(self._place(target, target.locate(pos_label)))
        if not ups.sum():
            warn(NO_POSITIVE_CLASS)
            return Bounded(0.0, 0.0)
        return _bounded_precision(ups, downs, pure)

    def _split(self, place: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Positives and negatives of the buckets in use, highest first, and whether a bucket holds one score only."""
        total = self._counts.sum(axis=0)
        used = np.flatnonzero(total)[::-1]
        ups = np.zeros(used.size, np.int64) if place is None else self._counts[place][used]
        return ups, total[used] - ups, self._low[used] == self._high[used]

    @staticmethod
    def _area(ups: NDArray[np.int64], downs: NDArray[np.int64], pure: NDArray[np.bool_]) -> Bounded:
        """Pairs in a bucket count as ties, and may be anything where it holds several scores."""
        up, down = int(ups.sum()), int(downs.sum())
        twice = exact_dot(downs, 2 * (np.cumsum(ups) - ups) + ups)
        open_pairs = exact_dot(ups[~pure], downs[~pure])
        width = open_pairs / (2 * up * down)
        return Bounded(twice / (2 * up * down), math.nextafter(width, 1.0) + 2.0**-52 if width else 0.0)

    def _export(self) -> Exported:
        return {
            **self._export_labels(),
            "score_dtype": None if self._dtype is None else self._dtype.str,
            "counts": self._counts,
            "low": self._low,
            "high": self._high,
        }

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._import_labels(exported)
        dtype = exported["score_dtype"]
        self._dtype = None if dtype is None else np.dtype(dtype)
        for name in ("counts", "low", "high"):
            given, own = np.asarray(exported[name]), getattr(self, f"_{name}")
            if given.shape != own.shape:
                raise ValueError(f"state_dict must be one of {own.shape[-1]} buckets, got {given.shape[-1]}.")
            setattr(self, f"_{name}", given.copy())

    def _size(self) -> int:
        return self._counts.nbytes + self._low.nbytes + self._high.nbytes


def _bounded_precision(ups: NDArray[np.int64], downs: NDArray[np.int64], pure: NDArray[np.bool_]) -> Bounded:
    """Average precision between its bounds.

    Where a bucket holds several scores, the precision at each of its p positives is at most that of all of them before
    any negative; that at the i-th is at least that of i positives after all negatives. The latter sum to
    p - c (1 / (t + 1) + ... + 1 / (t + p)), with c the negatives so far and t these and the positives above; and
    1 / m is less than the integral of 1 / x from m - 1/2 to m + 1/2.
    """
    tps, fps = np.cumsum(ups), np.cumsum(downs)
    units = np.rint(tps / (tps + fps) * float(_SCALE)).astype(np.int64)
    exact = exact_dot(ups[pure], units[pure])
    mixed = ~pure & (ups > 0)
    # Without a negative there, the positives still share the negatives above: their own order is all that is open.
    p, c = ups[mixed].astype(np.float64), fps[mixed].astype(np.float64)
    above, before = (tps - ups)[mixed].astype(np.float64), (fps - downs)[mixed].astype(np.float64)
    most = float(np.sum(p * ((above + p) / (above + p + before))))
    base = above + c
    least = float(np.sum(np.maximum(0.0, p - c * np.log1p(p / (base + 0.5)))))
    total = int(ups.sum())
    known = exact / _SCALE
    if not mixed.any():
        return Bounded(known / total, 0.0)
    half = (most - least) / 2
    return Bounded((known + least + half) / total, abs(half) / total * (1 + 1e-9) + 1e-12)


class DelongState(RankingState):
    """State of the area under the ROC curve and its standard error."""

    kind = "delong"
    _no_weights = "DeLong's variance is one of rows that weigh the same: delong_state takes no sample_weight."

    def _compute(self) -> Area:
        target = self.target()
        if target.settle() != "binary" or (self._shape and self._shape[0]):
            raise ValueError("delong_state is for two labels: y_true holds others.")
        _refuse_columns(self)
        known = target.facts()[1]
        if known.size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            counts = (0, self.n) if known.tolist() in ([0], [-1]) else (self.n, 0)
            return Area(math.nan, math.nan, *counts)
        found = self.one_class(0, known[1].item()).moments()
        variance = _spread(found.ups, found.twice, found.squares_up, found.downs) + _spread(
            found.downs, found.twice, found.squares_down, found.ups
        )
        area = found.twice / (2 * found.ups * found.downs)
        return Area(area, math.sqrt(variance) if variance >= 0 else math.nan, found.ups, found.downs)
