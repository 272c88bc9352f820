"""Metrics that share states, and what the sums tell of how sure they are."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import streaming
from .._averaging import average_columns
from .._tasks import Metric, Problem
from ..inference import _areas as areas
from ..inference import _rows as per_row
from ..inference._cells import Table as Cells
from ..inference._evidence import Evidence, Question, of_table
from ..inference._laws import Law, StudentLaw, TransformedLaw
from ..ranking._area import precision_area, roc_area
from ..streaming._runs import plain, tally
from ..streaming._sums import exact_dot
from ..streaming._tables import SparseTable, part_of
from .products import CACHED, Floats, Products, apart, undrawn

RANKED = ("roc_auc_score", "average_precision_score")
"""Metrics of sorted scores."""

# Cells up to which a table is counted whole, not sorted.
_CODES = 1 << 16


class Family(ABC):
    """Metrics that share states."""

    functions: tuple[str, ...] = ()

    def __init__(self, problem: Problem, metrics: list[Metric], share: int) -> None:
        self.models, self.weighted = len(problem.models), problem.weight is not None
        self.metrics = metrics
        self.states: list[Any] = []

    @abstractmethod
    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        """Work on a part; the jobs do not touch one another."""

    @abstractmethod
    def values(self, metric: Metric) -> tuple[float, ...]:
        """Value of a metric for each model, of all parts."""

    def samples(self, metric: Metric) -> bool:
        """Whether nothing but rows tells the standard error."""
        return False

    def inexact(self, metric: Metric) -> bool:
        """Whether the rows, where all are there, tell more than the sums do."""
        return False

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        """Say what is known of a metric without its rows."""
        return None


class Labels(Family):
    """Metrics of predicted labels, from the table of true labels and those of all models."""

    functions = ("accuracy_score", "precision_score", "recall_score", "f1_score")

    def __init__(self, problem: Problem, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        self.states = [streaming.state("confusion_matrix") for _ in range(self.models)]
        self.size = max(2, len(problem.names))
        self.cells = SparseTable()
        self._params = {metric.name: problem.arguments(metric).params for metric in metrics}

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        yield partial(self._add, part)

    def _add(self, part: Problem) -> None:
        labels = [model.forms["label"] for model in part.models]
        for state, label in zip(self.states, labels, strict=True):
            state.update(part.truth, label, part.weight)
        if self.weighted:
            return
        width = self.size ** (1 + self.models)
        codes = part.truth.astype(np.min_scalar_type(width))
        for label in labels:
            codes = codes * codes.dtype.type(self.size) + label.astype(codes.dtype)
        if width <= _CODES:
            counts = np.bincount(codes, minlength=width)
            found = np.flatnonzero(counts)
            counts = counts[found]
        else:
            found, counts = np.unique(codes, return_counts=True)
        self.cells.add(part_of(found.astype(np.uint64), counts.astype(np.int64), np.zeros(len(found))))

    def values(self, metric: Metric) -> tuple[float, ...]:
        import trueval

        function, params = getattr(trueval, metric.function), self._params[metric.name]
        for state in self.states:
            state._flush()  # small parts wait for others
        tables = [state._crossing() for state in self.states]
        return tuple(float(function(table, table, **params)) for table in tables)

    def samples(self, metric: Metric) -> bool:
        return self.weighted and metric in self.metrics

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        cells = self.cells.cells()
        rest: NDArray[np.int64] = cells.codes.astype(np.int64)
        places: list[NDArray[np.int64]] = []
        for _ in range(1 + self.models):
            rest, place = np.divmod(rest, self.size)
            places.insert(0, place)
        every: NDArray[np.int64] = np.concatenate(places)
        labels, joint = np.unique(every, return_inverse=True)
        true, *predicted = np.split(joint.reshape(-1).astype(np.intp), 1 + self.models)
        return of_table(question, Cells(labels, true, predicted, cells.counts), self._params[metric.name])


class Ranked(Family):
    """Areas and average precision, from the sorted scores of each class."""

    functions = RANKED

    def __init__(self, problem: Problem, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        self.states = [streaming.state("roc_auc_score", memory_limit=share) for _ in range(self.models)]
        # Of several classes, those that some row is of.
        self.classes: NDArray[Any] | None = None if problem.task == "binary" else np.unique(problem.truth)
        self.form = metrics[0].form
        self._walks: list[Any] = []

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        truth = part.truth
        if self.classes is not None:
            truth = (truth[:, np.newaxis] == self.classes).view(np.uint8)
        for state, model in zip(self.states, part.models, strict=True):
            score = model.forms[self.form]
            if self.classes is not None and len(self.classes) < score.shape[1]:
                score = score[:, self.classes]
            yield partial(state.update, truth, score, part.weight)

    def values(self, metric: Metric) -> tuple[float, ...]:
        for state in self.states:
            state._flush()
        if self.classes is None:
            if not self._walks:
                with ThreadPoolExecutor(len(self.states)) as pool:
                    self._walks = list(pool.map(self._walk, self.states))
            of = roc_area if metric.function == "roc_auc_score" else lambda walk, _: precision_area(walk)
            return tuple(float(of(walk, None)) for walk in self._walks)
        return tuple(self._mean(state) for state in self.states)

    def _walk(self, state: Any) -> Any:
        ranking = state.one_class(0, 1)
        return ranking if self.weighted else _Walk(ranking)

    def _mean(self, state: Any) -> float:
        classes = () if self.classes is None else self.classes
        columns = [column for column in range(len(classes)) if state.amount(state.groups(column).get(1))]
        if len(columns) < 2:
            return math.nan
        return float(
            average_columns(lambda i: roc_area(state.one_class(columns[i], 1), None), len(columns), "macro", None)
        )

    def samples(self, metric: Metric) -> bool:
        return metric in self.metrics and not self._by_moments(metric)

    def _by_moments(self, metric: Metric) -> bool:
        return self.models == 1 and metric.function == "roc_auc_score" and not self.weighted and self.classes is None

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        found = self.states[0].one_class(0, 1).moments()
        variance = areas.variance_of(found)

        def law(method: str) -> Law:
            return areas.area_law(method, question.values[0], math.sqrt(variance), found.ups, found.downs)

        return Evidence("area", question, undrawn, law)


class _Walk:
    """Area and average precision of a stored ranking, from one walk down the scores: a `Ranked` of those two."""

    weights = None

    def __init__(self, ranking: Any) -> None:
        store, self.score_dtype = ranking.store, ranking.score_dtype
        self._ups, self._downs = store.rows(ranking.ups), store.rows(ranking.downs)
        up = down = self._twice = self._units = 0
        for slices in store.ranges(ranking.ups, ranking.downs):
            keys = [plain(part, 2 * store.range_rows) for part in slices]
            if keys[0] is None or keys[1] is None:
                found = tally(slices[0], slices[1], False)
                at, tps, reached = found.ups, np.cumsum(found.ups), np.cumsum(found.downs)
                above = reached - found.downs
                here, below = int(tps[-1]) if tps.size else 0, int(reached[-1]) if reached.size else 0
            else:
                at, tps, above, reached = _at_positives(keys[0], keys[1])
                here, below = keys[0].size, keys[1].size
            tps, above, reached = tps + up, above + down, reached + down
            # Twice the negatives below a positive, and once those beside it.
            self._twice += exact_dot(at, 2 * self._downs - above - reached)
            self._units += exact_dot(at, np.rint(tps / (tps + reached) * float(1 << 52)).astype(np.int64))
            up, down = up + here, down + below

    def roc_auc(self) -> tuple[int, int, int]:
        return self._ups, self._downs, self._twice

    def average_precision(self) -> tuple[float, int]:
        return float(self._units) / (1 << 52), self._ups


def _at_positives(ups: NDArray[Any], downs: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Positives at each distinct key that has one, positives at or above it, negatives above it, and at or above it."""
    ups, downs = np.sort(ups), np.sort(downs)
    starts = np.flatnonzero(np.concatenate([[True], ups[1:] != ups[:-1]])) if ups.size else np.empty(0, np.intp)
    keys = ups[starts]
    above = downs.size - np.searchsorted(downs, keys, "right")
    reached = downs.size - np.searchsorted(downs, keys, "left")
    return np.diff(starts, append=ups.size), ups.size - starts, above, reached


class Losses(Family):
    """Log loss, from sums."""

    functions = ("log_loss",)

    def __init__(self, problem: Problem, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        classes = 2 if problem.task == "binary" else problem.models[0].forms["proba"].shape[1]
        self.labels = list(range(classes))
        # Of two classes the losses that are summed for the standard error are all that there is to know.
        several = problem.task != "binary"
        self.states = [streaming.state("log_loss", labels=self.labels) for _ in range(self.models if several else 0)]
        self.products = Products()

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        for state, model in zip(self.states, part.models, strict=False):
            yield partial(state.update, part.truth, model.forms["proba"], part.weight)
        yield partial(self._multiply, part)

    def _multiply(self, part: Problem) -> None:
        losses = [self._by_row(part.truth, model.forms["proba"]) for model in part.models]
        self.products.add(apart([loss for loss in losses if loss is not None]), part.weight)

    def _by_row(self, truth: NDArray[Any], proba: NDArray[Any]) -> Floats | None:
        if proba.ndim > 1:
            return per_row.log_loss(truth, proba, labels=self.labels)
        eps = float(np.finfo(proba.dtype).eps)
        losses = np.empty(len(truth))
        for start in range(0, len(truth), CACHED):
            rows = slice(start, start + CACHED)
            own = losses[rows]
            np.subtract(proba[rows], truth[rows] ^ 1, out=own, dtype=np.float64)  # p, or p - 1 of a negative row
            np.clip(np.abs(own, out=own), eps, 1.0 - eps, out=own)
            np.negative(np.log(own, out=own), out=own)
        return losses

    def values(self, metric: Metric) -> tuple[float, ...]:
        if not self.states:
            found = [self.products.value(place) for place in range(self.models)]
            return (found[0], *(found[0] + apart for apart in found[1:]))
        return tuple(float(state.compute()) for state in self.states)

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        return self.products.mean(question, len(question.values) - 1)


class Errors(Family):
    """Errors of predicted numbers, from sums."""

    functions = ("mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score")

    def __init__(self, problem: Problem, metrics: list[Metric], share: int) -> None:
        super().__init__(problem, metrics, share)
        self.by_name = {
            metric.name: [streaming.state(metric.function) for _ in range(self.models)] for metric in metrics
        }
        self.states = [state for states in self.by_name.values() for state in states]
        # Squared errors, absolute ones, truth about its mean, and the square of that.
        self.products = Products()

    def jobs(self, part: Problem) -> Iterator[Callable[[], None]]:
        for place, model in enumerate(part.models):
            yield partial(self._add, place, part, model.forms["value"])
        yield partial(self._multiply, part)

    def _add(self, place: int, part: Problem, values: NDArray[Any]) -> None:
        for states in self.by_name.values():
            states[place].update(part.truth, values, part.weight)

    def _multiply(self, part: Problem) -> None:
        truth = part.truth.astype(np.float64)
        # Squares past the largest number make metrics infinite or NaN, as they do in memory.
        with np.errstate(over="ignore", invalid="ignore"):
            errors = [truth - model.forms["value"].astype(np.float64) for model in part.models]
            squared, absolute = apart([error**2 for error in errors]), apart([np.abs(error) for error in errors])
            about = truth - self.products.start(2 * self.models, truth)
            self.products.add([*squared, *absolute, truth, about**2], part.weight, plain=1)

    def values(self, metric: Metric) -> tuple[float, ...]:
        return tuple(float(state.compute()) for state in self.by_name[metric.name])

    def inexact(self, metric: Metric) -> bool:
        return metric.function == "r2_score" or (metric.function == "root_mean_squared_error" and self.models == 2)

    def evidence(self, metric: Metric, question: Question) -> Evidence | None:
        if metric.function == "mean_squared_error":
            return self.products.mean(question, self.models - 1)
        if metric.function == "mean_absolute_error":
            return self.products.mean(question, 2 * self.models - 1)
        root = metric.function == "root_mean_squared_error"
        return self._root(question) if root else self._explained(question)

    def _root(self, question: Question) -> Evidence:
        products, values, df = self.products, question.values, question.rows - 1
        if len(values) == 1:
            error = products.standard_error({0: 1.0})
            value = values[0]
            own = error / (2 * value) if value else error

            def law(_: str) -> Law:
                return TransformedLaw(StudentLaw(value**2, error, df), value, own, math.sqrt, 0.0)

            return Evidence("root", question, undrawn, law)
        # Where all errors are 0, so is what they add.
        slopes = [0.5 / value if value else 0.0 for value in values]
        error = products.standard_error({0: slopes[1] - slopes[0], 1: slopes[1]})
        return Evidence("root", question, undrawn, lambda _: StudentLaw(values[1] - values[0], error, df))

    def _explained(self, question: Question) -> Evidence:
        """First order of 1 less the ratio of squared errors to squares of the truth about its mean."""
        products, values, models = self.products, question.values, self.models
        truth, square = 2 * models, 2 * models + 1
        away = products.means[truth]  # of the truth's mean from where the squares are about
        spread = products.means[square] - away**2
        ratio = 1 - values[0] if models == 1 else values[0] - values[1]
        # Squared deviations from the mean, less what the mean itself moves.
        slopes = {square: ratio / spread, truth: -2 * away * ratio / spread, models - 1: -1 / spread}
        error = products.standard_error(slopes)
        estimate = values[-1] - values[0] if models == 2 else values[0]
        return Evidence("sums", question, undrawn, lambda _: StudentLaw(estimate, error), method="normal")


FAMILIES = (Labels, Ranked, Losses, Errors)
