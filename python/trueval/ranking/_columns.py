"""Areas of several classes or labels: one problem for each column of a matrix of scores, or for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._averaging import average, average_columns
from .._validation.arrays import Array, canonical_scores, check_array, check_consistent_length, native, rankable_scores
from .._validation.scores import BinaryRanking, query_weights, ranking_weights, resolve_pos_label
from .._validation.targets import Target, as_values
from ..exceptions import warn
from ._area import ONE_CLASS, standardise
from .curves import NO_POSITIVE_CLASS


def sizes_of(codes: Array, weight: Array | None) -> dict[Any, Any]:
    """How many rows each code has, or what they weigh."""
    _, present, _, _, _, _, counts, sums = _backend.current().contingency(codes, codes, weight)
    return dict(zip(present.tolist(), (counts if sums is None else sums).tolist(), strict=True))


class Columns:
    """One-vs-rest problems over a matrix of scores: a multilabel indicator, or one class a column.

    Parameters
    ----------
    target : Target
        A multilabel or a multiclass target.
    classes : ndarray or None
        Class of each column of a multiclass target, as codes.
    y_score : ndarray of shape (n_samples, n_columns)
        Scores, finite.
    sample_weight : array-like or None
    mean : str or None
        How the scores of the columns are to be joined; ``'samples'`` means that the rows are the problems instead.
    """

    def __init__(
        self, target: Target, classes: Array | None, y_score: Array, sample_weight: Any, mean: str | None
    ) -> None:
        self.target = target
        self.classes = classes
        self.scores = y_score
        self.mean = mean
        self.row_weights, self.weights = None, None
        if mean == "samples":
            self.row_weights = query_weights(sample_weight)
        elif sample_weight is not None:
            # Weights that are all zero are refused by the first column that can be scored, if there is one.
            self.weights = ranking_weights(sample_weight, target.n_samples, all_zero=True)

    def _ranking(self, labels: Array, positive: int | None, scores: Array, repeats: int = 1) -> BinaryRanking:
        weights = self.weights
        if weights is not None and repeats > 1:
            weights = weights._replace(values=np.repeat(weights.values, repeats))
        return BinaryRanking(labels, positive, rankable_scores(scores), weights, scores.dtype)

    def column(self, index: int) -> tuple[BinaryRanking, Target]:
        """One column, with the target that its labels belong to."""
        if self.classes is None:
            target = Target(np.ascontiguousarray(self.target.array[:, index]), "")
            return self._ranking(target.codes, None, self.scores[:, index]), target
        code = int(self.classes[index])
        return self._ranking(self.target.codes, code, self.scores[:, index]), self.target

    def flat(self) -> tuple[BinaryRanking, Target]:
        """All columns as one long problem."""
        if self.classes is None:
            marks = np.ascontiguousarray(self.target.array)
        else:
            marks = self.target.codes[:, np.newaxis] == self.classes
        target = Target(marks.reshape(-1), "")
        repeated = None if self.weights is None else target.array  # of the same length
        check_consistent_length(target.array, self.scores.reshape(-1), repeated)
        return self._ranking(target.codes, 1, self.scores.reshape(-1), marks.shape[1]), target

    def supports(self) -> NDArray[np.float64]:
        """Weight of the positives of each column."""
        weight = None if self.weights is None else self.weights.values
        if self.classes is None:
            marks: Array = self.target.array
            return np.asarray(marks.sum(axis=0) if weight is None else weight @ marks, dtype=np.float64)
        codes = self.target.codes
        table = sizes_of(codes, weight)
        return np.array([table.get(code, 0) for code in self.classes.tolist()], dtype=np.float64)

    def marks(self) -> NDArray[np.bool_]:
        """Whether each element of the matrix is positive."""
        if self.classes is None:
            return native(self.target.array == 1)
        return native(self.target.codes[:, np.newaxis] == self.classes)

    def average(
        self,
        score: Callable[[BinaryRanking, Target], float],
        score_rows: Callable[[Columns], NDArray[np.float64]],
    ) -> Any:
        """Score of the columns, or of the rows, joined as `mean` says."""
        if self.mean == "samples":
            scores = score_rows(self)
            if self.row_weights is not None:
                scores[self.row_weights == 0] = 0
            return average(scores, self.row_weights)
        if self.mean == "micro":
            return score(*self.flat())
        weights = None
        if self.mean == "weighted":
            weights = self.supports()
            if weights.sum() == 0:
                return 0.0
        return average_columns(lambda index: score(*self.column(index)), self.scores.shape[1], self.mean, weights)


def multilabel_columns(target: Target, y_score: Any, sample_weight: Any, mean: str | None) -> Columns:
    check_consistent_length(target.raw, y_score, sample_weight)
    if not target.n_samples:
        check_array(target.raw)
    return Columns(target, None, check_array(y_score, ensure_2d=True, role="y_score"), sample_weight, mean)


def _check_row(columns: Columns, row: int) -> None:
    """Refuse what is wrong with one row of a matrix of marks."""
    marks: Array = columns.marks() if columns.classes is not None else columns.target.array
    check_consistent_length(marks[row], columns.scores[row])


def roc_areas_of_rows(columns: Columns, max_fpr: float | None) -> NDArray[np.float64]:
    """ROC AUC of each row, NaN with a warning where there is one class."""
    array: Array = columns.target.array
    one_class = (array == array[:, :1]).all(axis=1)
    first = int(np.argmin(one_class))
    known = columns.target.labels()
    if not one_class[first] and (array.shape != columns.scores.shape or as_values(known) not in ([0, 1], [-1, 1])):
        # The first row of two classes is refused, after those before it were warned of.
        for _ in range(first):
            warn(ONE_CLASS, "UndefinedMetricWarning")
        resolve_pos_label(columns.target, None)
        _check_row(columns, first)
    for _ in range(np.count_nonzero(one_class)):
        warn(ONE_CLASS, "UndefinedMetricWarning")
    if one_class.all():
        return np.full(one_class.size, np.nan)
    marks, scores = columns.marks().view(np.uint8), canonical_scores(columns.scores)
    if max_fpr is not None and max_fpr != 1:
        return np.asarray(standardise(_backend.current().partial_roc_auc_by_row(marks, scores, max_fpr), max_fpr))
    relevant, wins, ties = _backend.current().pairs_by_row(marks, scores)
    pairs = relevant * (marks.shape[1] - relevant)
    return np.divide(2 * wins + ties, 2 * pairs, out=np.full(pairs.size, np.nan), where=pairs != 0)


def precision_areas_of_rows(columns: Columns) -> NDArray[np.float64]:
    """Average precision of each row, 0 with a warning where there is no positive."""
    marks = columns.marks()
    if marks.shape != columns.scores.shape:
        _check_row(columns, 0)
    precision: NDArray[np.float64] = _backend.current().average_precision_by_row(
        marks.view(np.uint8), canonical_scores(columns.scores)
    )
    undefined = np.isnan(precision)
    for _ in range(np.count_nonzero(undefined)):
        warn(NO_POSITIVE_CLASS)
    precision[undefined] = 0.0
    return precision
