"""States of metrics of a ranking by scores: exact, by sorted runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._averaging import average, average_columns
from .._validation.arrays import (
    FLOATS,
    Array,
    SampleWeights,
    canonical_scores,
    check_array,
    check_consistent_length,
    column_or_1d,
    finite_scores,
    refuse_zero_weights,
)
from .._validation.scores import ranking_weights, resolve_pos_label
from .._validation.targets import Target, as_values
from ..exceptions import warn
from ..ranking._area import ONE_CLASS, precision_area, roc_area
from ..ranking.areas import check_multiclass_area, classes_of_columns
from ..ranking.curves import det_points, precision_recall_points, roc_points, threshold_cells
from ..ranking.thresholds import FOLDS, cells_at, fold_of
from ._labels import LabelSet, as_labels, whole_numbers, widened
from ._runs import Group, Store, numbers_of, plain, tally
from ._state import Exported, PairState, backend, finite, from_library
from ._sums import Total, accurate_sum, exact_dot, running_sums

_SCALE = 2**52


class Moments(NamedTuple):
    """Integers of a range of scores: positives, negatives, twice the area, squared placements of both classes.

    They are those of `_core.pyi`'s ``auc_moments``, and merge from the highest range down.
    """

    ups: int = 0
    downs: int = 0
    twice: int = 0
    squares_up: int = 0
    squares_down: int = 0

    def above(self, lower: Moments) -> Moments:
        """Moments of this range and the next lower one together.

        A positive up here wins against every negative down there, which adds twice their number to its placement; and
        likewise for a negative down there.
        """
        won, lost = 2 * lower.downs, 2 * self.ups
        return Moments(
            self.ups + lower.ups,
            self.downs + lower.downs,
            self.twice + lower.twice + won * self.ups,
            self.squares_up + 2 * won * self.twice + self.ups * won * won + lower.squares_up,
            self.squares_down + lower.squares_down + 2 * lost * lower.twice + lower.downs * lost * lost,
        )


def moments_of_tally(ups: NDArray[np.int64], downs: NDArray[np.int64], squares: bool) -> Moments:
    """Moments of distinct scores in descending order, with the rows of both classes at each."""
    above = np.cumsum(ups) - ups
    placed_down = 2 * above + ups
    twice = exact_dot(downs, placed_down)
    up, down = int(ups.sum()), int(downs.sum())
    if not squares:
        return Moments(up, down, twice)
    placed_up = 2 * (down - np.cumsum(downs)) + downs
    return Moments(up, down, twice, exact_dot(ups, placed_up, placed_up), exact_dot(downs, placed_down, placed_down))


class StoredRanking:
    """One positive class among others whose scores are in a store: a `Ranked`."""

    def __init__(
        self,
        store: Store,
        ups: list[Group],
        downs: list[Group],
        weights: SampleWeights | None,
        score_dtype: np.dtype[Any],
    ) -> None:
        self.store, self.ups, self.downs = store, ups, downs
        self.weights = weights
        self.score_dtype = score_dtype

    def moments(self, squares: bool = True) -> Moments:
        """Integers of all rows."""
        total = Moments()
        for up, down in self.store.ranges(self.ups, self.downs):
            keys = [plain(part, 2 * self.store.range_rows) for part in (up, down)]
            if keys[0] is None or keys[1] is None:
                found = tally(up, down, False)
                here = moments_of_tally(found.ups, found.downs, squares)
            else:
                here = self._of_rows(keys[0], keys[1], squares)
            total = total.above(here)
        return total

    def _of_rows(self, ups: Array, downs: Array, squares: bool) -> Moments:
        """Moments of rows given by their keys, which are scores to the kernels as well."""
        if not ups.size or not downs.size:
            return Moments(ups.size, downs.size)
        labels, scores = self._rows(ups, downs)
        if squares:
            return Moments(*map(int, backend().auc_moments(labels, 1, scores)))
        return Moments(*map(int, backend().roc_auc(labels, 1, scores, None)))

    def _rows(self, ups: Array, downs: Array) -> tuple[Array, Array]:
        labels = np.zeros(ups.size + downs.size, np.uint8)
        labels[: ups.size] = 1
        keys = np.concatenate([ups, downs])
        # Wide keys are scores to the kernels, which take 6 ns a row more for them, and turning them back takes as long.
        return labels, keys if keys.dtype.itemsize == 8 else numbers_of(keys, self.store.dtype or FLOATS[1])

    def roc_auc(self) -> tuple[Any, Any, Any]:
        """(positives, negatives, twice the area in pairs)."""
        if self.weights is None:
            return self.moments(squares=False)[:3]
        ups, downs, twice = Total(1), Total(1), Total(1)
        for part in self.store.ranges(self.ups, self.downs):
            found = tally(part[0], part[1], True)
            reached = running_sums(found.ups)
            above = np.concatenate([[0.0], reached[:-1]]) if reached.size else reached
            with np.errstate(over="ignore", invalid="ignore"):
                twice.add(accurate_sum(found.downs * (2 * above + found.ups)))
                down = accurate_sum(found.downs)
                twice.add(2 * float(ups.value[0]) * down)
            ups.add(accurate_sum(found.ups))
            downs.add(down)
        return float(ups.value[0]), float(downs.value[0]), float(twice.value[0])

    def average_precision(self) -> tuple[float, Any]:
        """(sum over distinct scores of positives there times precision, positives)."""
        if self.weights is not None:
            return self._weighted_precision()
        up, down, units = 0, 0, 0
        whole = self.store.rows([*self.ups, *self.downs]) <= self.store.range_rows
        for part in self.store.ranges(self.ups, self.downs):
            keys = [plain(slices, 2 * self.store.range_rows) for slices in part]
            if whole and keys[0] is not None and keys[1] is not None:
                total, positives = backend().average_precision(*self._positive_rows(keys[0], keys[1]), None)
                return float(total), int(positives)
            if keys[0] is None or keys[1] is None:
                found = tally(part[0], part[1], False)
                at, tps, fps = found.ups, np.cumsum(found.ups), np.cumsum(found.downs)
                here, below = int(at.sum()), int(found.downs.sum())
            else:
                at, tps, fps = _at_positives(keys[0], keys[1])
                here, below = keys[0].size, keys[1].size
            tps, fps = tps + up, fps + down
            precise = np.rint(tps / (tps + fps) * float(_SCALE)).astype(np.int64)
            units += exact_dot(at, precise)
            up, down = up + here, down + below
        return float(units) / _SCALE, up

    def _positive_rows(self, ups: Array, downs: Array) -> tuple[Array, int, Array]:
        labels, scores = self._rows(ups, downs)
        return labels, 1, scores

    def _weighted_precision(self) -> tuple[float, float]:
        up, down, area = Total(1), Total(1), Total(1)
        for part in self.store.ranges(self.ups, self.downs):
            found = tally(part[0], part[1], True)
            with np.errstate(over="ignore", invalid="ignore"):
                tps = float(up.value[0]) + running_sums(found.ups)
                reached = tps + (float(down.value[0]) + running_sums(found.downs))
                precision = np.divide(tps, reached, out=np.zeros_like(tps), where=reached != 0)
                area.add(accurate_sum(found.ups * precision))
            up.add(accurate_sum(found.ups))
            down.add(accurate_sum(found.downs))
        return float(area.value[0]), float(up.value[0])

    def binary_curve(self) -> tuple[Array, Array, Array]:
        """Count false and true positives at or above each distinct score, scores descending."""
        weighted = self.weights is not None
        parts: list[tuple[Array, Array, Array]] = []
        ups, downs = Total(1), Total(1)
        up = down = 0
        for part in self.store.ranges(self.ups, self.downs):
            found = tally(part[0], part[1], weighted)
            if weighted:
                tps = float(ups.value[0]) + running_sums(found.ups)
                fps = float(downs.value[0]) + running_sums(found.downs)
                ups.add(accurate_sum(found.ups))
                downs.add(accurate_sum(found.downs))
            else:
                tps, fps = up + np.cumsum(found.ups), down + np.cumsum(found.downs)
                up, down = up + int(found.ups.sum()), down + int(found.downs.sum())
            parts.append((fps, tps, found.keys))
        fps, tps, keys = (np.concatenate(vectors) for vectors in zip(*parts, strict=True))
        return fps, tps, numbers_of(keys, self.store.dtype or FLOATS[0])


def _at_positives(ups: Array, downs: Array) -> tuple[Array, Array, Array]:
    """Positives at each distinct key that has one, and rows of both classes at or above it."""
    ups, downs = np.sort(ups), np.sort(downs)
    starts = np.flatnonzero(np.concatenate([[True], ups[1:] != ups[:-1]])) if ups.size else np.empty(0, np.intp)
    tps = ups.size - starts
    fps = downs.size - np.searchsorted(downs, ups[starts], "left")
    return np.diff(starts, append=ups.size), tps, fps


class RankingState(PairState):
    """State of a metric of scores: their runs by column and label."""

    kind = "ranking"

    def _may_wait(self, y_true: Array, y_pred: Array) -> bool:
        dtype = self._label_dtype
        return (
            self._shape in (None, (0, 0))
            and whole_numbers(y_true)
            and (dtype is None or dtype.kind in "biuf")
            and finite(y_pred)
        )

    def _clear(self) -> None:
        self._store = Store(self.memory_limit)
        self._labels = LabelSet()
        self._label_dtype: np.dtype[Any] | None = None
        self._score_dtype: np.dtype[Any] | None = None
        self._shape: tuple[int, int] | None = None  # columns of y_true and of y_score; 0 for a vector
        self._sums = (np.inf, -np.inf)
        # Groups that rows are in, be it without weight: the store does not hear of those.
        self._present: set[Group] = set()

    # update -----------------------------------------------------------------------------------------------------------

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        target = Target(y_true, "y_true")
        check_consistent_length(y_true, y_pred, weight)
        if target.sparse:
            raise TypeError("Sparse marks are not taken here: pass y_true.toarray().")
        kind = target.settle()
        if kind not in ("binary", "multiclass", "multilabel-indicator"):
            raise ValueError(f"{kind} format is not supported")
        scores, score_dtype = self._scores(y_pred)
        weights = None
        if weight is not None:
            weight = column_or_1d(from_library(weight))
            weights = ranking_weights(weight, target.n_samples, all_zero=True)
        wide = kind == "multilabel-indicator"
        shape = (target.array.shape[1] if wide else 0, 0 if scores.ndim == 1 else scores.shape[1])
        if self._shape is not None and shape != self._shape:
            raise ValueError(
                f"y_true and y_score must have as many columns in all updates (0: one dimension): got {shape} after "
                f"{self._shape}."
            )
        if wide and shape[0] != shape[1]:
            raise ValueError(f"y_true and y_score must have a column for each label, got {shape[0]} and {shape[1]}.")
        dtype = widened(self._label_dtype, target.labels().dtype)

        self._shape, self._label_dtype = shape, dtype
        self._score_dtype = score_dtype if self._score_dtype is None else np.result_type(self._score_dtype, score_dtype)
        if shape[1] and not wide:
            sums = scores.sum(axis=1)
            self._sums = min(self._sums[0], float(sums.min())), max(self._sums[1], float(sums.max()))
        found = target.facts()[1]
        places = self._labels.places(_shown(target, found))
        codes = target.codes
        kept = None
        if weights is not None and weights.low <= 0.0:
            kept = weights.values != 0  # rows without weight take no part
        matrix = codes.reshape(target.n_samples, -1)
        for column in range(max(1, shape[1])):
            column_scores = np.ascontiguousarray(scores if scores.ndim == 1 else scores[:, column])
            column_codes = matrix[:, column] if wide else codes
            for code, place in zip(found, places.tolist(), strict=True):
                mask = column_codes == code
                if wide and not mask.any():
                    continue
                self._present.add((column, place))
                if kept is not None:
                    mask &= kept
                own = column_scores if found.size == 1 and kept is None else column_scores[mask]
                self._store.add((column, place), own, None if weights is None else weights.values[mask])
        self._weighing.add(weights)
        self.n += target.n_samples

    def _scores(self, y_pred: Any) -> tuple[Array, np.dtype[Any]]:
        raw = check_array(y_pred, finite=False, role="y_score") if np.ndim(y_pred) == 2 else column_or_1d(y_pred)
        if raw.ndim == 2 and raw.shape[1] == 1:
            raw = raw.reshape(-1)
        scores = canonical_scores(finite_scores(raw))
        return scores, np.dtype(np.float64) if raw.dtype.kind == "O" else raw.dtype

    def _merge(self, other: RankingState) -> None:
        if self._shape is not None and other._shape != self._shape:
            raise ValueError(f"States of scores of one shape can be merged: got {other._shape} and {self._shape}.")
        dtype = widened(self._label_dtype, other._label_dtype)
        place = self._labels.place
        moved = [place.setdefault(value, len(place)) for value in other._labels.place]
        groups = {(c, g): (c, moved[g]) for c, g in {*other._store.buffers, *other._store.runs}}
        self._store.merge(other._store, groups)
        self._present |= {(column, moved[place]) for column, place in other._present}
        self._label_dtype, self._shape = dtype, other._shape
        if other._score_dtype is not None:
            own = self._score_dtype
            self._score_dtype = other._score_dtype if own is None else np.result_type(own, other._score_dtype)
        self._sums = min(self._sums[0], other._sums[0]), max(self._sums[1], other._sums[1])
        self._weighing.merge(other._weighing)
        self.n += other.n

    # compute ----------------------------------------------------------------------------------------------------------

    def target(self) -> Target:
        """Make a target that has each label once: all that its checks look at."""
        labels = as_labels(list(self._labels.place), self._label_dtype or np.dtype(np.int64))
        return Target(labels, "y_true")

    def ranking(self, ups: list[Group], downs: list[Group]) -> StoredRanking:
        """One problem."""
        return StoredRanking(self._store, ups, downs, self._weighing.summary(), self._score_dtype or FLOATS[0])

    def groups(self, column: int) -> dict[Any, Group]:
        """Find the groups of a column, by the codes of `target`."""
        target = self.target()
        shown = _shown(target, target.facts()[1]).tolist()
        keys = shown if self._label_dtype is None or self._label_dtype.kind not in "mM" else target.facts()[1].tolist()
        return {
            code: (column, self._labels.place[value])
            for code, value in zip(target.facts()[1].tolist(), keys, strict=True)
        }

    def one_class(self, column: int, code: Any) -> StoredRanking:
        """One label against the others, in one column."""
        groups = self.groups(column)
        return self.ranking(
            [group for own, group in groups.items() if own == code],
            [group for own, group in groups.items() if own != code],
        )

    def supports(self, classes: Array) -> NDArray[np.float64]:
        """Rows or weight of each class, in the column of the same place."""
        return np.array([self.amount(self.groups(column).get(code)) for column, code in enumerate(classes.tolist())])

    def amount(self, group: Group | None) -> float:
        """Rows or weight of a group."""
        if group is None:
            return 0.0
        if not self._weighing.given:
            return float(self._store.rows([group]))
        total = Total(1)
        for (part,) in self._store.ranges([group]):
            for piece in part:
                if piece.weights is not None:
                    total.add(accurate_sum(piece.weights))
        return float(total.value[0])

    def _compute(self) -> Any:
        return COMPUTE[self.name](self, **self.params)

    def _export(self) -> Exported:
        return {
            "labels": list(self._labels.place),
            "label_dtype": None if self._label_dtype is None else self._label_dtype.str,
            "score_dtype": None if self._score_dtype is None else self._score_dtype.str,
            "shape": self._shape,
            "sums": np.array(self._sums),
            "present": [list(group) for group in sorted(self._present)],
            **self._store.export(),
        }

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._labels.place = {value: place for place, value in enumerate(exported["labels"])}
        label, score = exported["label_dtype"], exported["score_dtype"]
        self._label_dtype = None if label is None else np.dtype(label)
        self._score_dtype = None if score is None else np.dtype(score)
        shape = exported["shape"]
        self._shape = None if shape is None else (int(shape[0]), int(shape[1]))
        low, high = np.asarray(exported["sums"]).tolist()
        self._sums = low, high
        self._present = {(int(column), int(place)) for column, place in exported["present"]}
        self._store.load(exported)

    def _size(self) -> int:
        return self._store.nbytes


def _shown(target: Target, codes: Array) -> Array:
    return target.display(codes)


# what the public functions do, from the store -------------------------------------------------------------------------


def _refuse_columns(state: RankingState) -> None:
    """Refuse scores of several columns where one is meant."""
    if state._shape is not None and state._shape[1] > 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {(state.n, state._shape[1])} instead.")


def _positive(state: RankingState, pos_label: Any) -> tuple[Target, StoredRanking]:
    """Check the labels of a curve, as `check_binary_ranking` does."""
    target = state.target()
    kind = "multilabel-indicator" if state._shape and state._shape[0] else target.settle()
    if kind != "binary" and not (kind == "multiclass" and pos_label is not None):
        raise ValueError(f"{kind} format is not supported")
    positive = resolve_pos_label(target, pos_label)
    _refuse_columns(state)
    ranking = state.one_class(0, positive)
    refuse_zero_weights(ranking.weights)
    return target, ranking


def roc_auc_score(
    state: RankingState,
    *,
    average: str | None = "macro",
    max_fpr: float | None = None,
    multi_class: str = "raise",
    labels: Any = None,
) -> Any:
    target = state.target()
    wide, columns = state._shape or (0, 0)
    kind = "multilabel-indicator" if wide else target.settle()
    if kind == "multiclass" or (kind == "binary" and columns > 2):
        if max_fpr is not None and max_fpr != 1.0:
            raise ValueError(
                "Partial AUC computation not available in multiclass setting, 'max_fpr' must be set to `None`, "
                f"received `max_fpr={max_fpr}` instead"
            )
        if multi_class == "raise":
            raise ValueError("multi_class must be in ('ovo', 'ovr')")
        return _multiclass(state, target, labels, multi_class, average)
    if kind == "binary":
        found = target.facts()[1]
        if found.size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        _refuse_columns(state)
        return roc_area(state.one_class(0, found[1].item()), max_fpr)

    def area(ranking: StoredRanking) -> float:
        return roc_area(ranking, max_fpr)

    return _by_label(state, target, average, _area_of_marks(area))


def _area_of_marks(area: Callable[[StoredRanking], float]) -> Any:
    def of_column(state: RankingState, marks: Target, groups: list[dict[Any, Group]]) -> float:
        if marks.facts()[1].size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return area(_split(state, groups, resolve_pos_label(marks, None)))

    return of_column


def _split(state: RankingState, groups: list[dict[Any, Group]], positive: Any) -> StoredRanking:
    """One mark against the others, over some columns."""
    ups = [group for column in groups for code, group in column.items() if code == positive]
    downs = [group for column in groups for code, group in column.items() if code != positive]
    return state.ranking(ups, downs)


def _by_label(state: RankingState, target: Target, mean: str | None, score: Any) -> Any:
    """Join the scores of the columns of a multilabel target."""
    n_columns = (state._shape or (0, 0))[1]
    every = [state.groups(column) for column in range(n_columns)]

    def of_columns(groups: list[dict[Any, Group]]) -> float:
        present = {code for column in groups for code, group in column.items() if group in state._present}
        known = target.facts()[1]
        return float(score(state, Target(known[[code in present for code in known.tolist()]], ""), groups))

    if mean == "micro":
        return of_columns(every)
    weights = None
    if mean == "weighted":
        # The sum of the marks, as the functions have it: 1 each for marks of 0 and 1.
        marks = [
            sum(
                float(target.display(np.array([code], target.codes.dtype))[0]) * state.amount(group)
                for code, group in c.items()
            )
            for c in every
        ]
        weights = np.array(marks)
        if weights.sum() == 0:
            return 0.0
    return average_columns(lambda column: of_columns([every[column]]), n_columns, mean, weights)


def _multiclass(state: RankingState, target: Target, labels: Any, multi_class: str, mean: str | None) -> Any:
    columns = (state._shape or (0, 0))[1]
    shape = (state.n,) if columns < 2 else (state.n, columns)
    weighted = bool(state._weighing.given)
    classes = check_multiclass_area(target, shape, state._sums, labels, multi_class, mean, weighted)
    if multi_class == "ovo":
        return _one_vs_one(state, target, classes, mean)
    return _one_vs_rest(state, target, classes, mean, None)


def _one_vs_rest(state: RankingState, target: Target, classes: Array, mean: str | None, max_fpr: float | None) -> Any:
    present = set(target.facts()[1].tolist())
    if mean == "micro":
        ups: list[Group] = []
        downs: list[Group] = []
        for column, code in enumerate(classes.tolist()):
            for own, group in state.groups(column).items():
                (ups if own == code else downs).append(group)
        return roc_area(state.ranking(ups, downs), max_fpr)

    def of_column(column: int) -> float:
        code = int(classes[column])
        if code not in present or len(present) < 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(state.one_class(column, code), max_fpr)

    weights = None
    if mean == "weighted":
        weights = state.supports(classes)
        if weights.sum() == 0:
            return 0.0
    return average_columns(of_column, classes.size, mean, weights)


def _one_vs_one(state: RankingState, target: Target, classes: Array, mean: str | None) -> float:
    column_of = {code: column for column, code in enumerate(classes.tolist())}
    areas, shares = [], []
    for a, b in combinations(target.facts()[1].tolist(), 2):
        of_pair = 0.0
        for code, other in ((a, b), (b, a)):
            groups = state.groups(column_of[code])
            of_pair += roc_area(state.ranking([groups[code]], [groups[other]]), None) / 2
        areas.append(of_pair)
        amounts = [state.amount(state.groups(0)[code]) for code in (a, b)]
        shares.append(sum(amounts) if state._weighing.given else sum(amounts) / state.n)
    return average(np.asarray(areas), shares if mean == "weighted" else None)


def weighted_ovo_roc_auc_score(state: RankingState, *, average: str = "macro", labels: Any = None) -> float:
    target, classes = _one_column_a_class(state, labels)
    refuse_zero_weights(state._weighing.summary())
    if state._weighing.given and state._weighing.low < 0:
        raise ValueError(f"sample_weight must not be negative, got {state._weighing.low}.")
    if target.facts()[1].size < 2:
        warn(ONE_CLASS, "UndefinedMetricWarning")
        return float("nan")
    return _one_vs_one(state, target, classes, average)


def _one_column_a_class(state: RankingState, labels: Any) -> tuple[Target, Array]:
    target = state.target()
    wide, columns = state._shape or (0, 0)
    kind = "multilabel-indicator" if wide else target.settle()
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"{kind} format is not supported")
    return target, classes_of_columns(target, labels, max(1, columns))


def partial_roc_auc_score(
    state: RankingState, *, max_fpr: float, average: str | None = "macro", labels: Any = None
) -> Any:
    wide, columns = state._shape or (0, 0)
    if not columns and not wide:
        target = state.target()
        kind = target.settle()
        if kind != "binary":
            raise ValueError(f"{kind} format is not supported for scores of one dimension")
        known = target.facts()[1]
        if known.size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(state.one_class(0, known[1].item()), max_fpr)
    target, classes = _one_column_a_class(state, labels)
    return _one_vs_rest(state, target, classes, average, max_fpr)


def average_precision_score(state: RankingState, *, average: str | None = "macro", pos_label: Any = 1) -> Any:
    target = state.target()
    wide, columns = state._shape or (0, 0)
    kind = "multilabel-indicator" if wide else target.settle()
    if kind == "binary":
        present = target.labels()
        if present.size == 2 and pos_label not in as_values(present):
            raise ValueError(f"pos_label={pos_label} is not a valid label. It should be one of {present}")
        return precision_area(_positive(state, pos_label)[1])
    if pos_label != 1:
        raise ValueError(
            f"Parameter pos_label is fixed to 1 for {kind} y_true. Do not set pos_label or set pos_label to 1."
        )
    if kind == "multilabel-indicator":
        return _by_label(
            state, target, average, lambda own, marks, groups: precision_area(_split(own, groups, target.locate(1)))
        )
    classes = target.facts()[1]
    if columns != classes.size:
        shape = (state.n, columns) if columns else (state.n,)
        raise ValueError(
            "`y_score` needs to be of shape `(n_samples, n_classes)`, since `y_true` contains multiple classes. Got "
            f"`y_score.shape={shape}`."
        )
    if average == "micro":
        ups: list[Group] = []
        downs: list[Group] = []
        for column, code in enumerate(classes.tolist()):
            for own, group in state.groups(column).items():
                (ups if own == code else downs).append(group)
        return precision_area(state.ranking(ups, downs))
    weights = None
    if average == "weighted":
        weights = state.supports(classes)
        if weights.sum() == 0:
            return 0.0
    return average_columns(
        lambda column: precision_area(state.one_class(column, classes[column].item())), classes.size, average, weights
    )


def roc_curve(state: RankingState, *, pos_label: Any = None, drop_intermediate: bool = True) -> Any:
    return roc_points(_positive(state, pos_label)[1], drop_intermediate)


def precision_recall_curve(state: RankingState, *, pos_label: Any = None, drop_intermediate: bool = False) -> Any:
    return precision_recall_points(_positive(state, pos_label)[1], drop_intermediate)


def confusion_matrix_at_thresholds(state: RankingState, *, pos_label: Any = None) -> Any:
    return threshold_cells(_positive(state, pos_label)[1])


def det_curve(state: RankingState, *, pos_label: Any = None, drop_intermediate: bool = False) -> Any:
    target, ranking = _positive(state, pos_label)
    return det_points(target, ranking, drop_intermediate)


def metric_at_thresholds(state: RankingState, *, metric_func: Any, metric_params: Any = None) -> Any:
    fold = fold_of(metric_func, dict(metric_params or {}))
    if fold is None:
        raise ValueError(  # refused by `state` already, unless the functions of a module were exchanged since
            f"metric_func must be one of {', '.join(FOLDS)} here, with the labels 0 and 1: others need the rows."
        )
    target = state.target()
    if (state._shape and state._shape[0]) or target.facts()[1].tolist() != [0, 1] or target.names is not None:
        raise ValueError("y_true must hold the labels 0 and 1, both of them: for others, metric_func needs the rows.")
    _refuse_columns(state)
    ranking = state.one_class(0, target.locate(1))
    refuse_zero_weights(ranking.weights)
    if state._weighing.given and state._weighing.low < 0:
        raise ValueError("sample_weight must not be negative here: metric_func then needs the rows.")
    fps, tps, thresholds = ranking.binary_curve()
    return fold(cells_at(fps, tps)), thresholds.astype(ranking.score_dtype, copy=False)


COMPUTE: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        roc_auc_score,
        partial_roc_auc_score,
        weighted_ovo_roc_auc_score,
        average_precision_score,
        roc_curve,
        precision_recall_curve,
        confusion_matrix_at_thresholds,
        det_curve,
        metric_at_thresholds,
    )
}
