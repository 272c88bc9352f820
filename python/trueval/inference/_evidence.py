"""From a metric and its arguments to what is known of it: its kind, its sample, and the laws that formulas give."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import is_sparse
from .._tensors import from_library
from .._validation.arrays import (
    as_numpy,
    canonical_scores,
    check_consistent_length,
    column_or_1d,
    finite_scores,
    num_samples,
)
from .._validation.targets import Target
from . import _areas as areas
from . import _influence as influence
from . import _rows as rows
from ._calls import CallSample, InfluenceSample
from ._cells import Fold, Table, code_labels, tabulate
from ._laws import Law, PairedProportionLaw, ProportionLaw, StudentLaw, TransformedLaw
from ._measures import ANY, GIVEN, MEASURES, Measure
from ._rankings import RankSample
from ._samples import CellSample, Entries, Sample, SumSample

Floats = NDArray[np.float64]


class Question:
    """A metric and its value for one model or two, whatever is known of the rows.

    `metric` is as in `find`.
    """

    weight: Floats | None = None
    cluster: NDArray[np.uint32] | None = None

    def __init__(self, metric: Any, values: tuple[float, ...], rows: int) -> None:
        self.function, self.name, self.measure = find(metric)
        self.values, self.rows = values, rows


class Problem(Question):
    """A metric, the truth, the predictions of one or two models, and how rows hang together."""

    def __init__(  # noqa: PLR0917
        self,
        metric: Any,
        y_true: Any,
        predictions: list[Any],
        sample_weight: Any,
        cluster: Any,
        params: dict[str, Any],
    ) -> None:
        _refuse_elsewhere(metric)
        function, self.name, _ = find(metric)
        y_true, sample_weight, cluster = (from_library(one) for one in (y_true, sample_weight, cluster))
        predictions = [from_library(one) for one in predictions]
        self.y_true, self.predictions, self.params = y_true, predictions, params
        extra = {} if sample_weight is None else {"sample_weight": sample_weight}
        # The public function checks everything, in its own words.
        values = tuple(self._number(function(y_true, pred, **extra, **params)) for pred in predictions)
        super().__init__(metric, values, num_samples(predictions[0] if y_true is None else y_true))
        self.weight = None if sample_weight is None else self._weights(sample_weight)
        self.cluster = None if cluster is None else code_clusters(cluster, predictions[0])

    def _number(self, value: Any) -> float:
        if isinstance(value, (tuple, dict)) or np.ndim(value) != 0:
            raise ValueError(
                f"metric must return one number, got {type(value).__name__} from {self.name}: choose an average, or "
                "pass a function that picks one of the numbers."
            )
        return float(value)

    def _weights(self, sample_weight: Any) -> Floats:
        weight = np.asarray(sample_weight, dtype=np.float64)
        if weight.ndim != 1 or weight.size != self.rows or not np.isfinite(weight).all() or (weight < 0).any():
            raise ValueError(
                "sample_weight must hold one finite, nonnegative number for each row where an interval is asked for."
            )
        return weight

    def gather(self) -> Evidence:
        """Find what is known, by the kind of the metric."""
        build = {"labels": _of_labels, "area": _of_scores, "precision": _of_scores, "mean": _of_rows, "root": _of_rows}
        found = None
        if all(math.isfinite(value) for value in self.values):
            found = build.get(self.measure.kind, _of_sums)(self) if self.measure.kind != "any" else None
        return found or Evidence("any", self, _call_sample)


class Evidence:
    """What is known of the metric of one model, or of the difference of two."""

    def __init__(  # noqa: PLR0917
        self,
        kind: str,
        problem: Question,
        sample: Callable[[Any], Sample],
        law: Callable[[str], Law] | None = None,
        n: int | None = None,
        outcome: tuple[int, int, int] | None = None,
        method: str | None = None,
    ) -> None:
        self.kind, self.problem, self.law, self.outcome = kind, problem, law, outcome
        # What "auto" stands for, where less is known than the other methods take.
        self.method = method
        self._make, self._sample, self._n = sample, None, n

    @property
    def sample(self) -> Sample:
        """The rows as something to be drawn from; made when first asked for."""
        made: Sample | None = self._sample
        if made is None:
            made = self._sample = self._make(self.problem)  # type: ignore[assignment]
        return made

    @property
    def n(self) -> int:
        """The number of independent units."""
        if self._n is not None:
            return self._n
        cluster = self.problem.cluster
        return self.problem.rows if cluster is None else int(cluster.max()) + 1


# Metrics whose units are no rows, by their module: rows that are drawn, or change places, would give wrong answers.
_ELSEWHERE = {
    "detection": "trueval.detection.compare draws images",
    "language": "the losses that cross_entropy gives with aggregate=None go into compare('mean', None, base, tuned)",
    "question_answering": "trueval.question_answering.compare draws questions",
    "retrieval": "what it gives with aggregate=None, for each query, goes into compare('mean', None, base, tuned)",
    "segmentation": "trueval.segmentation.compare draws images",
    "translation": "trueval.translation.compare draws segments",
}


def _refuse_elsewhere(metric: Any) -> None:
    """Refuse a metric whose units are no rows, where rows are what is known."""
    import trueval

    name = metric if isinstance(metric, str) else getattr(metric, "__name__", "")
    for home, instead in _ELSEWHERE.items():
        module = getattr(trueval, home)
        if name in module.__all__ and (isinstance(metric, str) or metric is getattr(module, name)):
            raise ValueError(f"metric must be one of rows, which trueval.{home}.{name} is not: {instead}.")


def find(metric: Any) -> tuple[Callable[..., Any], str, Measure]:
    """Find the function of a metric, its name, and its row in the table: by name, or the function itself."""
    import trueval

    if isinstance(metric, str) and metric == "mean":
        return rows.mean, metric, GIVEN
    if isinstance(metric, str):
        _refuse_elsewhere(metric)
        function = getattr(trueval, metric, None) if metric in trueval.__all__ else None
        if metric in trueval.calibration.__all__:
            function = getattr(trueval.calibration, metric)
        if function is None or not callable(function) or metric in ("backend", "use_backend"):
            raise ValueError(f"metric must be a function, the name of one of trueval's, or 'mean', got {metric!r}.")
        return function, metric, MEASURES.get(metric, ANY)
    if not callable(metric):
        raise TypeError(f"metric must be a function, the name of one of trueval's, or 'mean', got {metric!r}.")
    name = getattr(metric, "__name__", type(metric).__name__)
    own = getattr(trueval, name, None) is metric if name in trueval.__all__ else False
    return metric, name, MEASURES.get(name, ANY) if own else ANY


def takes(function: Callable[..., Any], parameter: str) -> bool:
    """Whether a function has a parameter of this name, or takes any."""
    parameters = inspect.signature(function).parameters
    return parameter in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def code_clusters(cluster: Any, rows: Any) -> NDArray[np.uint32]:
    """Give the clusters that rows belong to numbers."""
    a = as_numpy(cluster)
    if a.ndim != 1:
        raise ValueError(f"cluster must have one dimension, got shape {a.shape}.")
    check_consistent_length(rows, a)
    if a.dtype.kind == "f" and not np.isfinite(a).all():
        raise ValueError("cluster must not hold NaN or infinity.")
    return np.unique(a, return_inverse=True)[1].reshape(-1).astype(np.uint32)


def units_of(problem: Question, columns: Floats) -> Entries:
    """Columns of the rows, added up within clusters."""
    if problem.cluster is not None:
        size = int(problem.cluster.max()) + 1
        columns = np.column_stack([np.bincount(problem.cluster, weights=c, minlength=size) for c in columns.T])
    columns = np.ascontiguousarray(columns)
    return Entries(columns.reshape(-1), None, None, columns.shape[1], len(columns))


def _ratio(sums: Any) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[:, 0] / sums[:, 1])


def _outcome(differences: Any, lower: bool) -> tuple[int, int, int]:
    better = differences < 0 if lower else differences > 0
    ties = int(np.count_nonzero(differences == 0))
    wins = int(np.count_nonzero(better))
    return wins, ties, len(differences) - wins - ties


# labels ---------------------------------------------------------------------------------------------------------------


def _of_labels(problem: Problem) -> Evidence | None:
    arguments = [problem.y_true, *problem.predictions]
    if any(is_sparse(argument) for argument in arguments):
        return None
    coded = code_labels(arguments)
    if coded is None:
        return None
    metric = problem.measure.source.fold(coded.labels, **problem.params)
    if metric is None:
        return None
    hits = problem.measure.source.hits(coded.labels, **problem.params)
    if problem.weight is not None or problem.cluster is not None:
        if hits is not None:
            return _ratio_of_labels(problem, coded.places, hits)
        return Evidence("cells", problem, lambda p: _heavy_cells(p, coded, metric))
    return of_table(problem, tabulate(coded), problem.params)


def of_table(question: Question, table: Table, params: dict[str, Any]) -> Evidence | None:
    """Find what is known of a metric of labels from the numbers of rows in the cells; None where parameters forbid."""
    metric = question.measure.source.fold(table.labels, **params)
    if metric is None:
        return None
    hits = question.measure.source.hits(table.labels, **params)

    def sample(_: Question) -> Sample:
        folds = [table.fold(metric, model) for model in range(len(table.predicted))]
        return CellSample(table, folds, question.values)

    if hits is not None:
        split = [hits(table.true, predicted) for predicted in table.predicted]
        members = split[0][1]
        n = int(table.counts[members].sum())
        if len(split) == 1:
            k = int(table.counts[members & split[0][0]].sum())
            return Evidence("proportion", question, sample, _law_of_hits(k, n, question.values[0]), n)
        if np.array_equal(members, split[1][1]):
            better, worse = split[1][0] & ~split[0][0], split[0][0] & ~split[1][0]
            gains, losses = int(table.counts[members & better].sum()), int(table.counts[members & worse].sum())
            outcome = (
                (losses, n - gains - losses, gains) if question.measure.lower else (gains, n - gains - losses, losses)
            )
            return Evidence("proportion", question, sample, _paired_law(gains, losses, n), n, outcome)
    return Evidence("cells", question, sample)


def _law_of_hits(k: int, n: int, value: float) -> Callable[[str], Law]:
    # Of no rows there is no fraction; the metric has warned, and its value is what was asked for then.
    return lambda method: ProportionLaw(k, n, method) if n else StudentLaw(value, math.nan)


def _paired_law(gains: int, losses: int, n: int) -> Callable[[str], Law]:
    def law(method: str) -> Law:
        if n == 0:
            return StudentLaw(0.0, math.nan)
        paired = PairedProportionLaw(gains, losses, n, method)
        return StudentLaw(paired.estimate, paired.standard_error) if method == "normal" else paired

    return law


def _ratio_of_labels(problem: Problem, places: list[Any], hits: Any) -> Evidence:
    """Take a fraction of weighted or clustered rows for the ratio of two sums."""
    weight = np.ones(problem.rows) if problem.weight is None else problem.weight
    columns, values = [], []
    for predicted in places[1:]:
        hit, member = hits(places[0], predicted)
        columns += [weight * (hit & member), weight * member]
        values.append(np.where(member, hit, 0.5))
    outcome = None
    if len(values) == 2:
        outcome = _outcome(values[1].astype(np.float64) - values[0], problem.measure.lower)
    return _of_means(problem, np.column_stack(columns), outcome)


def _heavy_cells(problem: Problem, coded: Any, metric: Any) -> Sample:
    """Cells of weighted or clustered rows: columns of sums over units."""
    true, *predicted = (places.astype(np.int64) for places in coded.places)
    size = coded.labels.size
    pairs = [true * size + pred for pred in predicted]
    present = np.unique(np.concatenate([np.unique(pair) for pair in pairs]))
    fold = Fold(metric, coded.labels, (present // size).astype(np.intp), (present % size).astype(np.intp))
    cluster = np.arange(problem.rows) if problem.cluster is None else problem.cluster
    order = np.argsort(cluster, kind="stable")
    columns = np.stack([np.searchsorted(present, pair) + i * present.size for i, pair in enumerate(pairs)], axis=1)
    weight = np.ones(problem.rows) if problem.weight is None else problem.weight
    models = len(pairs)
    entries = Entries(
        np.repeat(weight[order], models),
        np.repeat(cluster[order], models).astype(np.uint32),
        columns[order].reshape(-1).astype(np.uint32),
        present.size * models,
        int(cluster.max()) + 1,
    )
    return SumSample(entries, [fold] * models, problem.values)


# means and sums -------------------------------------------------------------------------------------------------------


def _of_means(problem: Problem, columns: Floats, outcome: tuple[int, int, int] | None) -> Evidence:
    """Take a metric for a ratio of two sums, or a difference of two such ratios."""
    entries = units_of(problem, columns)
    sample = SumSample(entries, [_ratio] * len(problem.values), problem.values, ratio=True)

    def law(method: str) -> Law:
        df = math.inf if method == "normal" else sample.units - 1
        return StudentLaw(sample.estimate, sample.standard_error(), df)

    return Evidence("mean", problem, lambda _: sample, law, outcome=outcome)


def _of_rows(problem: Problem) -> Evidence | None:
    params = {name: value for name, value in problem.params.items() if name != "sample_weight"}
    values = [problem.measure.source(problem.y_true, pred, **params) for pred in problem.predictions]
    if any(value is None for value in values):
        return None
    outcome = _outcome(values[1] - values[0], problem.measure.lower) if len(values) == 2 else None
    weight = np.ones(problem.rows) if problem.weight is None else problem.weight
    columns = np.column_stack([column for value in values for column in (weight * value, weight)])
    if problem.measure.kind == "mean":
        return _of_means(problem, columns, outcome)
    if np.ndim(problem.y_true) > 1 and np.shape(problem.y_true)[1] > 1:
        return None  # the mean of the outputs' roots is no root of a mean
    sample = SumSample(units_of(problem, columns), [lambda s: np.sqrt(_ratio(s))] * len(values), problem.values)

    def law(method: str) -> Law:
        if len(values) == 2:
            return StudentLaw(sample.estimate, sample.jackknife()[0], sample.units - 1)
        squares = SumSample(sample.entries, [_ratio], (sample.estimate**2,), ratio=True)
        error = squares.standard_error()
        inner = StudentLaw(squares.estimate, error, sample.units - 1)
        own = error / (2 * sample.estimate) if sample.estimate else error
        return TransformedLaw(inner, sample.estimate, own, math.sqrt, 0.0)

    return Evidence("root", problem, lambda _: sample, law, outcome=outcome)


def _of_sums(problem: Problem) -> Evidence | None:
    columns_of, fold = problem.measure.source
    plain = not problem.params.keys() - {"multioutput"} and isinstance(problem.params.get("multioutput", ""), str)
    arrays = [np.asarray(a, dtype=np.float64) for a in (problem.y_true, *problem.predictions)]
    if not plain or any(a.size != problem.rows for a in arrays):
        return None
    true, *predictions = (a.reshape(-1) for a in arrays)
    weight = np.ones(problem.rows) if problem.weight is None else problem.weight
    columns = np.column_stack([columns_of(true, pred, weight) for pred in predictions])
    folds = [fold] * len(predictions)
    return Evidence("sums", problem, lambda p: SumSample(units_of(p, columns), folds, p.values))


# scores ---------------------------------------------------------------------------------------------------------------


def _of_scores(problem: Problem) -> Evidence | None:
    if problem.params.get("max_fpr") not in (None, 1):
        return None
    columns = _score_columns(problem)
    if columns is None:
        return None
    scores = [canonical_scores(finite_scores(_scores_of(score))) for score in problem.predictions]
    if problem.weight is not None or columns[0].place is not None:
        return _of_influence(problem, columns, scores)
    kind, (labels, positive, _) = problem.measure.kind, columns[0]
    cluster, values = problem.cluster, problem.values

    def sample(_: Problem) -> Sample:
        return RankSample(labels, positive, scores, 0 if kind == "area" else 1, cluster, values)

    if kind == "precision":
        return Evidence(kind, problem, sample)

    def law(method: str) -> Law:
        if len(scores) == 2 and cluster is None:
            variance = areas.paired_variance(labels, positive, scores[0], scores[1])
            return StudentLaw(values[1] - values[0], math.sqrt(variance))
        if cluster is not None:
            error = influence.standard_error(_change(influence.of_area, columns, scores, None), cluster)
            if len(scores) == 2:
                return StudentLaw(values[1] - values[0], error)
        up, down, variance = areas.variance(labels, positive, scores[0])
        return areas.area_law(method, values[0], math.sqrt(variance) if cluster is None else error, up, down)

    return Evidence(kind, problem, sample, law)


def _scores_of(y_score: Any) -> NDArray[Any]:
    a = as_numpy(y_score)
    return a if a.ndim == 2 and a.shape[1] > 1 else column_or_1d(a)


def _score_columns(problem: Problem) -> list[influence.Column] | None:
    """One class, or several each against the others, whose areas or precisions the metric is the plain mean of."""
    if is_sparse(problem.y_true):
        return None
    params, target = problem.params, Target(problem.y_true, "y_true")
    kind, classes = target.settle(), target.facts()[1]
    of_area = problem.measure.kind == "area"
    several = [np.ndim(as_numpy(score)) == 2 and np.shape(score)[1] > 1 for score in problem.predictions]
    if kind == "binary" and not target.wide and not any(several):
        positive = int(classes[-1]) if of_area else target.locate(params.get("pos_label", 1))
        return [influence.Column(target.codes, positive, None)]
    if not all(several) or params.get("average", "macro") != "macro" or params.get("labels") is not None:
        return None
    if kind == "multilabel-indicator":
        marks = np.ascontiguousarray(np.asarray(target.array, dtype=np.uint8).T)
        columns = [influence.Column(row, 1, k) for k, row in enumerate(marks)]
    elif kind == "multiclass" and (not of_area or params.get("multi_class") == "ovr"):
        columns = [influence.Column(target.codes, int(code), k) for k, code in enumerate(classes)]
    else:
        return None
    return columns if all(min(column.effective(problem.weight)) > 0 for column in columns) else None


def _change(
    one: Callable[..., Floats], columns: list[influence.Column], scores: list[NDArray[Any]], weight: Floats | None
) -> Floats:
    """Influence on the metric of one model, or on the difference of two."""
    total = np.zeros(len(scores[0]))
    for column in columns:
        for sign, score in zip((1.0,) if len(scores) == 1 else (-1.0, 1.0), scores, strict=True):
            total += sign / len(columns) * one(column, column.of(score), weight)
    return total


def _of_influence(problem: Problem, columns: list[influence.Column], scores: list[NDArray[Any]]) -> Evidence:
    """Areas and average precisions that are weighted, or averages over classes."""
    weight, cluster, values = problem.weight, problem.cluster, problem.values
    of_area = problem.measure.kind == "area"
    made: list[Floats] = []

    def change() -> Floats:
        if not made:
            made.append(_change(influence.of_area if of_area else influence.of_precision, columns, scores, weight))
        return made[0]

    def sample(problem: Problem) -> Sample:
        return InfluenceSample(_call_sample(problem), change())

    def law(method: str) -> Law:
        error = influence.standard_error(change(), cluster)
        if len(scores) == 2 or not of_area:
            return StudentLaw(sum(values[1:]) - values[0] if len(scores) == 2 else values[0], error)
        # Of several classes, that of which there is least known.
        up, down = min((column.effective(weight) for column in columns), key=lambda sizes: sizes[0] * sizes[1])
        return areas.area_law(method, values[0], error, up, down)

    return Evidence("areas" if of_area else "precisions", problem, sample, law)


def _call_sample(problem: Problem) -> CallSample:
    """Any function of the rows."""
    arrays = [a.tocsr() if is_sparse(a) else as_numpy(a) for a in (problem.y_true, *problem.predictions)]
    params = problem.params

    def function(*args: Any, **extra: Any) -> float:
        return float(problem.function(*args, **extra, **params))

    return CallSample(function, arrays, problem.weight, problem.cluster, problem.values)
