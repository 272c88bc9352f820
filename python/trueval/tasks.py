"""Which metrics suit a task and a data set, and why: `metrics_for`.

The metrics of each task stand in a table (`_suited`), from which ``trueval compare`` takes its own and the one that its
verdict rests on. Here stands what data say of them: which one decides then, and which ones mislead.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from ._suited import METRICS, RARE, TOP, UNEVEN, Metric, Shape, headline, how_to_compare
from ._tensors import is_list_of_arrays
from ._validation.arrays import check_array, check_consistent_length, column_or_1d, require_finite, require_size
from .tensors import as_array

__all__ = ["TASKS", "Advice", "Metric", "metrics_for"]

TASKS = tuple(METRICS)

# Tukey's "far out": so many interquartile ranges beyond the quartiles.
_FENCES = 3.0
# More than this share of far-out labels are no outliers but the shape of the distribution.
_MOST_TAILS = 0.05
# Rows of a class below which nothing narrow can be said of it.
_FEW = 30

_SPELLINGS = {
    "causal-lm": "language-modeling",
    "detection": "object-detection",
    "extractive-qa": "question-answering",
    "image-segmentation": "semantic-segmentation",
    "language-modelling": "language-modeling",
    "multi-class": "multiclass",
    "multi-label": "multilabel",
    "qa": "question-answering",
    "retrieval": "ranking",
    "segmentation": "semantic-segmentation",
    # Each token is a row.
    "token-classification": "multiclass",
}
# What predictions of a kind also are: probabilities rank, and the largest one is a label; logits are all that, by a
# softmax.
_IMPLIED = {
    "probabilities": ("probabilities", "scores", "labels"),
    "logits": ("logits", "probabilities", "scores", "labels"),
}
# What is asked for of a task only.
_OPTIONS = {"group": "ranking", "positive": "binary", "ignore_index": "semantic-segmentation"}
# Functions that are told the positive label; others take both labels alike, or the larger one for positive.
_TOLD_POSITIVE = ("average_precision_score", "precision_score", "recall_score", "f1_score", "brier_score_loss")
_ARGUMENTS = {
    "scores": ("y_true", "y_score"),
    "probabilities": ("y_true", "y_proba"),
    "answers": ("references", "predictions"),
    "translations": ("references", "hypotheses"),
    "detections": ("truth", "detections"),
    "logits": ("y_true", "logits"),
}


@dataclass(frozen=True, repr=False)
class Advice(Sequence[Metric]):
    """The metrics of a task, the deciding one first; printed, it says why.

    Attributes
    ----------
    task : str
        Its name in `TASKS`.
    metrics : tuple of Metric
        What the sequence holds.
    why : str
        Why the first decides.
    findings : tuple of str
        What the data show, what follows for the evaluation, and how two models are compared where rows are not drawn.
    """

    task: str
    metrics: tuple[Metric, ...]
    why: str
    findings: tuple[str, ...] = ()

    @overload
    def __getitem__(self, place: int) -> Metric: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Metric, ...]: ...
    def __getitem__(self, place: int | slice) -> Metric | tuple[Metric, ...]:
        return self.metrics[place]

    def __len__(self) -> int:
        return len(self.metrics)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def __repr__(self) -> str:
        lines = [f"{self.task}: decide by {self.metrics[0].title} ({self.why})", *self.findings, ""]
        width = max(len(metric.title) for metric in self.metrics)
        for metric in self.metrics:
            mark = "*" if metric.decides else "!" if metric.caution else " "
            better = "higher" if metric.higher_is_better else "lower"
            lines.append(f"{mark} {metric.title:<{width}}  {call(metric)}, {better} is better")
            lines.append(f"  {'':<{width}}  {metric.reason}")
            if metric.caution:
                lines.append(f"  {'':<{width}}  but here: {metric.caution}")
        return "\n".join(lines)


def call(metric: Metric) -> str:
    """Write how a metric is called."""
    truth, predictions = _ARGUMENTS.get(metric.needs, ("y_true", "y_pred"))
    if metric.function.startswith("retrieval."):
        predictions += ", group"
    return f"{metric.function}({truth}, {predictions}{''.join(f', {k}={v!r}' for k, v in metric.params.items())})"


@dataclass
class _Look:
    """What was seen in the labels."""

    shape: Shape = field(default_factory=Shape)
    findings: list[str] = field(default_factory=list)
    cautions: dict[str, str] = field(default_factory=dict)
    impossible: set[str] = field(default_factory=set)
    # By metric, what its function is called with besides.
    params: dict[str, dict[str, Any]] = field(default_factory=dict)


def metrics_for(
    task: str,
    y_true: Any = None,
    *,
    group: Any = None,
    predictions: str | Sequence[str] | None = None,
    positive: Any = None,
    ignore_index: int | None = None,
) -> Advice:
    """Say which metrics suit a task and a data set, and why.

    Parameters
    ----------
    task : str
        One of `TASKS`; other spellings ("multi_label", "retrieval", "image-segmentation") are understood.
    y_true : array-like, optional
        The truth, to look at: how uneven classes are, how many grades or far-out values there are. Labels of shape
        (n,), numbers or text; for "multilabel" a matrix of shape (n, n_labels) of 0 and 1; for "ranking" relevances of
        shape (n_queries, n_documents) or, with `group`, (n,); for "semantic-segmentation" label maps of any shape.
        Without it classes are taken for even, and labels for free of outliers.
    group : array-like of shape (n,), optional
        Query ids, for "ranking" only; rows need not be sorted by them.
    predictions : str or sequence of str, optional
        What the model gives: "labels", "scores", "probabilities" (which are scores and labels, too), "logits" (which
        become probabilities), "values" or "label maps". Metrics that need something else are left out. By default all
        are listed.
    positive : label, optional
        The positive one of the labels in `y_true`, for "binary" only. By default the larger one: 1 of 0 and 1, of text
        what is last when sorted, however many rows it has.
    ignore_index : int, optional
        Label of true pixels that are left out, for "semantic-segmentation" only: 255 in many data sets.

    Returns
    -------
    Advice
        A sequence of `Metric`, the deciding one first, whose printed form is for people.

    Raises
    ------
    ValueError
        For a task that is not known, labels that do not fit the task, predictions for which it has no metric, an
        argument of another task, and a `positive` that is no label.
    TypeError
        For a task that is no text, an `ignore_index` that is no integer, and labels that have no order.

    Notes
    -----
    Positives below a tenth of the rows are rare: average precision decides, since the many negatives keep ROC AUC high.
    Of predicted labels F1 decides when either class has more than four fifths of the rows. Several classes are even
    while the largest has at most four times the rows of the smallest; otherwise macro F1 decides, and of grades
    quadratic kappa. Labels of a regression are far out beyond three interquartile ranges from the quartiles (Tukey,
    Exploratory Data Analysis, 1977); where some are, but not more than one in twenty, the mean absolute error decides.
    (``trueval compare``, which may read them in parts, keeps to RMSE.)
    Predictions are not looked at, so that what decides is known before they are.

    Time is that of sorting the labels; scratch is a copy of them.

    Examples
    --------
    >>> from trueval.tasks import metrics_for
    >>> advice = metrics_for("binary", [0] * 95 + [1] * 5)
    >>> advice[0].function, advice.why
    ('average_precision_score', 'positives are rare')
    >>> {metric.name: metric.caution for metric in advice}["accuracy_score"]
    'always answering 0 is right in 95.0 % of the rows'
    >>> advice = metrics_for("binary", ["normal"] * 190 + ["fraud"] * 10, positive="fraud")
    >>> advice[0].function, advice[0].params
    ('average_precision_score', {'pos_label': 'fraud'})
    >>> print(metrics_for("ordinal", predictions="labels")[0].title)
    MAE in grades
    """
    task = _task(task)
    options = {"group": group, "positive": positive, "ignore_index": ignore_index}
    for name, value in options.items():
        if value is not None and task != _OPTIONS[name]:
            raise ValueError(f"{name} makes sense for {_OPTIONS[name]} only, got task={task!r}")
    if group is not None and y_true is None:
        raise ValueError("group needs y_true, the relevance of each row")
    if positive is not None and y_true is None:
        raise ValueError("positive needs y_true, whose labels it is one of")
    if ignore_index is not None:
        options["ignore_index"] = ignore_index = _integer(ignore_index)
    asked = {name: value for name, value in options.items() if _OPTIONS[name] == task}
    seen = _Look() if y_true is None else _LOOKS[task](y_true, **asked)
    if ignore_index is not None:
        seen.params = {metric.name: {"ignore_index": ignore_index} for metric in METRICS[task]}
    seen.findings += how_to_compare(task, "" if ignore_index is None else f", ignore_index={ignore_index}")
    wanted = _forms(predictions)
    metrics = [
        metric
        for metric in METRICS[task]
        if metric.name not in seen.impossible and (wanted is None or metric.needs in wanted)
    ]
    if not metrics:
        known = sorted({metric.needs for metric in METRICS[task]})
        raise ValueError(
            f"no metric of {task} takes predictions={predictions!r}; there are some for {', '.join(known)}"
        )
    name, why = headline(task, seen.shape, [metric.name for metric in metrics])
    judged = [
        replace(
            metric,
            params={**metric.params, **seen.params.get(metric.name, {})},
            decides=metric.name == name,
            caution=seen.cautions.get(metric.name, ""),
        )
        for metric in metrics
    ]
    # The deciding one, those that nothing speaks against, the others.
    judged.sort(key=lambda metric: (not metric.decides, bool(metric.caution)))
    return Advice(task, tuple(judged), why, tuple(seen.findings))


def _task(task: str) -> str:
    if not isinstance(task, str):
        raise TypeError(f"task must be a str, got {type(task).__name__}")
    spelled = task.strip().lower().replace("_", "-").replace(" ", "-")
    known = _SPELLINGS.get(spelled, spelled)
    if known not in METRICS:
        raise ValueError(f"task must be one of {', '.join(map(repr, TASKS))}, got {task!r}")
    return known


def _forms(predictions: str | Sequence[str] | None) -> set[str] | None:
    if predictions is None:
        return None
    given = [predictions] if isinstance(predictions, str) else list(predictions)
    known = {metric.needs for metrics in METRICS.values() for metric in metrics}
    for form in given:
        if form not in known:
            raise ValueError(f"predictions must be among {', '.join(map(repr, sorted(known)))}, got {form!r}")
    return {implied for form in given for implied in _IMPLIED.get(form, (form,))}


def _integer(ignore_index: Any) -> int:
    try:
        return operator.index(ignore_index)
    except TypeError:
        raise TypeError(f"ignore_index must be an integer or None, got {ignore_index!r}") from None


def _classes(y_true: Any, task: str = "") -> tuple[list[Any], list[int]]:
    """Count the rows of each label; of a task of classes, refuse measurements."""
    y = column_or_1d(y_true, name="y_true")
    require_size(y)
    require_finite(y, "y_true")
    try:
        values, sizes = np.unique(y, return_counts=True)
    except TypeError:
        raise TypeError("y_true must hold text or numbers, got a mixture that has no order") from None
    broken = values[values != np.trunc(values)] if task and values.dtype.kind == "f" else values[:0]
    if broken.size:
        raise ValueError(
            f"y_true must hold classes for a {task} task (text, booleans or whole numbers), got {broken[0].item()!r}; "
            "for regression take task='regression'"
        )
    return values.tolist(), sizes.tolist()


def _answering(label: Any, share: float) -> str:
    return f"always answering {label} is right in {100 * share:.1f} % of the rows"


def _binary(y_true: Any, positive: Any) -> _Look:
    values, sizes = _classes(y_true, "binary")
    if len(values) != 2:
        raise ValueError(f"y_true must have two distinct values for a binary task, got {len(values)}")
    if positive is not None and (np.ndim(positive) or positive not in values):
        raise ValueError(f"positive must be a label in y_true, {values[0]!r} or {values[1]!r}, got {positive!r}")
    place = 1 if positive is None else values.index(positive)
    label, other = values[place], values[1 - place]
    rows = sum(sizes)
    share = sizes[place] / rows
    seen = _Look(Shape(share, tuple(sizes)))
    seen.findings.append(f"{sizes[place]} of {rows} rows are {label} ({100 * share:.1f} %)")
    if positive is None and isinstance(label, str) and share > 0.5:
        seen.findings.append(f"{label} is taken for positive, as the larger label; positive={other!r} otherwise")
    if place == 0:
        seen.findings.append(
            f"ROC AUC and log loss take {other} for positive, as the larger label: give them 1 for {label} and 0 for "
            f"{other}"
        )
    if label != 1 or other not in (0, -1):
        seen.params = {name: {"pos_label": label} for name in _TOLD_POSITIVE}
    if seen.shape.one_sided:
        common = int(sizes[1] > sizes[0])
        seen.cautions["accuracy_score"] = _answering(values[common], sizes[common] / rows)
    if share > UNEVEN[1]:
        for name in ("precision_score", "recall_score", "f1_score", "average_precision_score"):
            seen.cautions[name] = f"most rows are {label}: always answering so earns {share:.2f} or more"
    if share < RARE:
        seen.cautions["roc_auc_score"] = "with so many negatives it stays high while most of what is found is wrong"
    _few(seen, min(sizes), f"are {values[int(sizes[1] < sizes[0])]}")
    return seen


def _multiclass(y_true: Any) -> _Look:
    values, sizes = _classes(y_true, "multiclass")
    if len(values) < 2:
        raise ValueError("y_true must have two distinct values or more for a multiclass task, got 1")
    seen = _Look(Shape(sizes=tuple(sizes)))
    seen.findings.append(f"{len(values)} classes of {min(sizes)} to {max(sizes)} rows")
    if not seen.shape.even:
        answer = _answering(values[int(np.argmax(sizes))], max(sizes) / sum(sizes))
        seen.cautions["accuracy_score"] = answer
        seen.cautions["f1_score_weighted"] = "the large classes decide it"
    _few(seen, min(sizes), f"are {values[int(np.argmin(sizes))]}")
    if len(values) <= 5:
        seen.impossible.add("top_k_accuracy_score_at_5")
    return seen


def _few(seen: _Look, size: int, of_what: str) -> None:
    """Say that a class is small."""
    if size < _FEW:
        seen.findings.append(f"{size} row{'s' * (size != 1)} only {of_what}: expect wide intervals")


def _multilabel(y_true: Any) -> _Look:
    y = check_array(y_true, dtype=None, ensure_2d=True, name="y_true")
    if y.dtype.kind not in "biuf" or not np.all((y == 0) | (y == 1)):
        raise ValueError("y_true must be a matrix of 0 and 1 for a multilabel task, one column per label")
    sizes = np.count_nonzero(y, axis=0)
    each = sizes.sum() / len(y)
    seen = _Look(Shape(sizes=tuple(sizes.tolist())))
    seen.findings.append(f"{y.shape[1]} labels of {sizes.min()} to {sizes.max()} rows, {each:.2f} of them in a row")
    empty = int(np.count_nonzero(sizes == 0))
    if empty:
        for name in ("average_precision_score_macro", "roc_auc_score_macro", "f1_score_macro"):
            seen.cautions[name] = f"{empty} label{'s have' if empty > 1 else ' has'} no row, and no value"
    density = sizes.sum() / y.size
    if density < UNEVEN[0]:
        seen.cautions["hamming_loss"] = f"answering nothing at all earns {density:.3f}"
    bare = int(np.count_nonzero(~y.any(axis=1)))
    if bare:
        seen.findings.append(
            f"{bare} of {len(y)} rows have no label; metrics per row count them as 0 or leave them out"
        )
    if each > 3:
        seen.cautions["accuracy_score"] = f"with {each:.1f} labels a row hardly any row is right throughout"
    return seen


def _ordinal(y_true: Any) -> _Look:
    values, sizes = _classes(y_true)
    if isinstance(values[0], str):
        raise ValueError("y_true must be numbers for an ordinal task, since text has no order; got text")
    seen = _Look(Shape(sizes=tuple(sizes)))
    seen.findings.append(f"{len(values)} grades from {values[0]} to {values[-1]}, of {min(sizes)} to {max(sizes)} rows")
    if not seen.shape.even:
        common = values[int(np.argmax(sizes))]
        seen.cautions["accuracy_score"] = _answering(common, max(sizes) / sum(sizes))
        seen.cautions["mean_absolute_error"] = f"always answering {common} comes off well"
    if any(value != int(value) for value in values):
        raise ValueError("y_true must be whole numbers for an ordinal task; of others, take regression")
    return seen


def _regression(y_true: Any) -> _Look:
    y = column_or_1d(y_true, name="y_true", dtype=np.float64)
    require_size(y)
    low, high = require_finite(y, "y_true")
    quarter, three_quarters = np.quantile(y, [0.25, 0.75]).tolist()
    reach = _FENCES * (three_quarters - quarter)
    out = int(np.count_nonzero((y < quarter - reach) | (y > three_quarters + reach))) if reach else 0
    seen = _Look()
    seen.findings.append(
        f"labels from {low:.6g} to {high:.6g}, half of them from {quarter:.6g} to {three_quarters:.6g}"
    )
    if low == high:
        seen.cautions["r2_score"] = "all labels are the same, and have no variance to explain"
    if 0 < out <= _MOST_TAILS * len(y):
        seen.shape = Shape(tails=out / len(y))
        seen.findings.append(f"{out} of {len(y)} labels {'are' if out > 1 else 'is'} far out")
        for name in ("mean_squared_error", "root_mean_squared_error", "r2_score"):
            seen.cautions[name] = f"{out} of {len(y)} rows may decide most of it"
    zeros = int(np.count_nonzero(y == 0))
    if zeros:
        seen.cautions["mean_absolute_percentage_error"] = (
            f"{zeros} of {len(y)} labels are 0, and the error is divided by them"
        )
    elif low < 0 < high:
        seen.cautions["mean_absolute_percentage_error"] = "labels near 0 count without bound"
    if low < 0:
        seen.impossible.add("root_mean_squared_log_error")
    elif low > 0 and high >= 100 * low:
        seen.findings.append("labels span two orders of magnitude or more: ratios may matter more than differences")
    if low < 0 or np.any(y != np.trunc(y)):
        seen.impossible.add("mean_poisson_deviance")
    return seen


def _ranking(y_true: Any, group: Any) -> _Look:
    if group is None:
        y = check_array(y_true, finite=False, min_samples=0, name="y_true")
        if y.ndim == 1:
            raise ValueError(
                "y_true must be of shape (n_queries, n_documents), or of shape (n,) with group=, the query of each "
                f"row; got shape {y.shape} without group"
            )
        y = check_array(y, ensure_2d=True, name="y_true")
        relevant, sizes = np.count_nonzero(y, axis=1), np.full(len(y), y.shape[1])
    else:
        y = column_or_1d(y_true, name="y_true", dtype=np.float64)
        ids = column_or_1d(group, name="group")
        check_consistent_length(y, ids)
        require_size(y)
        require_finite(y, "y_true")
        place, sizes = np.unique(ids, return_inverse=True, return_counts=True)[1:]
        relevant = np.bincount(place.reshape(-1), weights=y != 0, minlength=len(sizes)).astype(np.int64)
    if np.any(y < 0):
        raise ValueError("y_true must be 0 or more for a ranking task, where it is relevance; got negative values")
    grades = len(np.unique(y))
    seen = _Look(Shape(longest=int(sizes.max())))
    documents = f"{sizes.min()} to {sizes.max()}" if sizes.min() < sizes.max() else f"{sizes[0]}"
    seen.findings.append(
        f"{len(sizes)} queries of {documents} documents, on average {relevant.mean():.1f} relevant ones a query"
    )
    if not np.all((y == 0) | (y == 1)):
        seen.findings.append(f"{grades} grades of relevance, which NDCG takes")
        for metric in METRICS["ranking"]:
            if not metric.function.endswith("ndcg_at_k"):
                seen.cautions[metric.name] = "grades above 0 count alike"
    elif np.all(relevant == 1):
        seen.findings.append("one relevant document for each query: MAP and MRR are the same")
    none = int(np.count_nonzero(relevant == 0))
    if none:
        seen.findings.append(f"{none} of {len(sizes)} queries have no relevant document, and count as 0")
    if sizes.max() <= TOP:
        seen.impossible |= {"ndcg_score_at_10", "precision_at_10", "recall_at_10"}
    return seen


def _segmentation(y_true: Any, ignore_index: int | None) -> _Look:
    maps = [as_array(image) for image in (y_true if is_list_of_arrays(y_true) else [y_true])]
    if any(image.dtype.kind not in "biu" for image in maps):
        raise ValueError(f"y_true must hold integers or booleans, got an array of {maps[0].dtype}")
    counts = dict(zip(*_classes(np.concatenate([image.reshape(-1) for image in maps])), strict=True))
    pixels = sum(counts.values())
    ignored = 0 if ignore_index is None else counts.pop(ignore_index, 0)
    if not counts:
        raise ValueError(f"y_true must hold a pixel that is not ignore_index={ignore_index}, got none")
    values, sizes = list(counts), list(counts.values())
    seen = _Look(Shape(sizes=tuple(sizes)))
    seen.findings.append(f"{len(values)} classes with {min(sizes)} to {max(sizes)} pixels")
    if ignored:
        seen.findings.append(f"{ignored} of {pixels} pixels are {ignore_index}, and left out")
    if not seen.shape.even:
        seen.cautions["pixel_accuracy"] = _answering(values[int(np.argmax(sizes))], max(sizes) / sum(sizes)).replace(
            "rows", "pixels"
        )
    return seen


def _units(of_what: str) -> Callable[[Any], _Look]:
    """Look at what is judged one by one, and drawn as a whole where two models are compared."""

    def look(y_true: Any) -> _Look:
        seen = _Look()
        if of_what:
            size = len(y_true)
            if not size:
                raise ValueError(f"y_true must hold {of_what}, got none")
            few = ": expect wide intervals" if size < _FEW else ""
            seen.findings.append(f"{size} {of_what}{few}")
        return seen

    return look


_LOOKS: dict[str, Callable[..., _Look]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "multilabel": _multilabel,
    "ordinal": _ordinal,
    "regression": _regression,
    "ranking": _ranking,
    "semantic-segmentation": _segmentation,
    "question-answering": _units("questions"),
    "translation": _units("segments"),
    "object-detection": _units(""),
    "language-modeling": _units("texts"),
}
