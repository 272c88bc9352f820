"""Reports for the tests of the page: columns as the command line reads them, and rows as it finds them."""

from __future__ import annotations

import math
import warnings

import numpy as np
import trueval as tv
from trueval._tables import Column, Selection
from trueval._tasks import prepare
from trueval.report.results import BETTER, NO_EVIDENCE, UNDEFINED, WORSE, Report, Row, Slice

# By task: name, title, form of the predictions, whether higher is better.
METRICS = {
    "binary": [
        ("roc_auc_score", "ROC AUC", "score", True),
        ("average_precision_score", "average precision", "score", True),
        ("log_loss", "log loss", "proba", False),
        ("accuracy_score", "accuracy", "label", True),
        ("f1_score", "F1", "label", True),
    ],
    "multiclass": [
        ("accuracy_score", "accuracy", "label", True),
        ("f1_score", "F1, macro", "label", True),
        ("log_loss", "log loss", "proba", False),
    ],
    "regression": [
        ("root_mean_squared_error", "RMSE", "value", False),
        ("mean_absolute_error", "MAE", "value", False),
        ("r2_score", "R²", "value", True),
    ],
    "ranking": [("ndcg_score", "NDCG", "score", True)],
}


def column(name, values):
    values = np.asarray(values)
    if values.dtype.kind in "US":
        distinct, codes = np.unique(values, return_inverse=True)
        return Column(name, codes, tuple(str(text) for text in distinct))
    return Column(name, values)


def selection(name, values):
    return Selection(name, (name,)), [column(name, values)]


def problem_of(truth, base, tuned=None, *, names=("base_score", "tuned_score"), label="label", **options):
    """A problem as `trueval compare` (or, without `tuned`, `trueval evaluate`) makes it."""
    models = [selection(name, values) for name, values in zip(names, (base, tuned)) if values is not None]
    options = {key: column(key, x) if key in ("group", "weight") else x for key, x in options.items()}
    return prepare(column(label, truth), models, **options)


def row_of(name, title, higher, values, *, half=0.01, pvalue=0.02, required=None):
    difference = values[-1] - values[0]
    if len(values) == 1:
        return Row(name, title, higher, values, (values[0] - half, values[0] + half), half / 2, method="bootstrap-bca")
    if math.isnan(difference):
        nan = math.nan
        return Row(name, title, higher, values, (nan, nan), nan, nan, "", UNDEFINED)
    clear = abs(difference) > half
    verdict = (BETTER if (difference > 0) == higher else WORSE) if clear else NO_EVIDENCE
    return Row(
        name, title, higher, values, (difference - half, difference + half), half / 2,
        pvalue if clear else 0.4, "normal", verdict, required,
    )  # fmt: skip


def values_of(problem, name, form):
    """A metric of each model, by the public function of that name."""
    values = []
    for model in problem.models:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if problem.task == "ranking":
                weight = None if problem.weight is None else problem.truth.of(problem.weight)
                values.append(float(np.average(problem.truth.gains(model.forms[form]), weights=weight)))
                continue
            options = {"average": "macro"} if name == "f1_score" and problem.task == "multiclass" else {}
            if name == "log_loss":
                options = {"labels": np.arange(2 if problem.task == "binary" else model.forms[form].shape[1])}
            function = getattr(tv, name)
            values.append(float(function(problem.truth, model.forms[form], sample_weight=problem.weight, **options)))
    return values


def report_of(problem, *, file="predictions.parquet", label="label", slices=(), notes=(), half=0.01, verdict=None):
    """A report of a problem; the intervals are of a made-up width."""
    rows = [
        row_of(name, title, higher, tuple(values_of(problem, name, form)), half=half, required=1800)
        for name, title, form, higher in METRICS[problem.task]
        if all(form in model.forms for model in problem.models)
    ]
    roles = ("base", "tuned") if len(problem.models) > 1 else ("score",)
    first = rows[0]
    if verdict is None:
        verdict = f"tuned is {first.verdict} than base by {first.title}" if len(roles) > 1 else ""
    return Report(
        file=file,
        label=label,
        models={role: model.name for role, model in zip(roles, problem.models)},
        task=problem.task,
        reason=problem.reason,
        counts={"rows": problem.counts["rows"], "missing": 0, **problem.counts},
        rows=rows,
        headline=first.metric,
        verdict=verdict,
        slices=list(slices),
        notes=[*problem.notes, *notes],
        backend=tv.backend(),
    )


def binary(n=1500, seed=0, rate=0.3, logits=False, **options):
    random = np.random.default_rng(seed)
    truth = (random.random(n) < rate).astype(np.int64)
    truth[:2] = 0, 1
    centre = 2.0 * truth - 1.4
    base, tuned = centre + 1.9 * random.normal(size=n), 1.25 * centre + 1.4 * random.normal(size=n)
    if not logits:
        base, tuned = 1 / (1 + np.exp(-1.6 * base)), 1 / (1 + np.exp(-tuned))
    return problem_of(truth, base, tuned, **options)


def multiclass(n=1200, classes=6, seed=1, names=None, matrix=True, **options):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, n)
    truth[:classes] = np.arange(classes)
    matrices = []
    for strength in (1.6, 2.4):
        scores = random.gumbel(size=(n, classes))
        scores[np.arange(n), truth] += strength
        # Neighbours are alike.
        scores[np.arange(n), (truth + 1) % classes] += 0.9
        matrices.append(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))
    label = truth if names is None else np.array(names)[truth]
    given = matrices if matrix else [label_of(table.argmax(axis=1), names) for table in matrices]
    return problem_of(label, *given, **options)


def label_of(codes, names):
    return codes if names is None else np.array(names)[codes]


def regression(n=900, seed=2, scale=1.0, **options):
    random = np.random.default_rng(seed)
    x = random.gamma(3.0, 1.0, n)
    truth = scale * (3 * x + random.normal(size=n) * (0.6 + 0.3 * x))
    base = scale * (2.1 * x + 2.2 + 0.8 * random.normal(size=n))
    tuned = scale * (2.9 * x + 0.3 + 0.5 * random.normal(size=n))
    return problem_of(truth, base, tuned, **options)


def ranking(queries=300, seed=3, **options):
    random = np.random.default_rng(seed)
    size = random.integers(2, 12, queries)
    group = np.repeat(np.arange(queries), size)
    relevance = random.integers(0, 4, len(group))
    base = relevance + 2.5 * random.normal(size=len(group))
    tuned = relevance + 1.6 * random.normal(size=len(group))
    return problem_of(relevance, base, tuned, group=group, **options)


def slices_of(random=None):
    random = random or np.random.default_rng(4)
    values = [("region", "north"), ("region", "south-west of the river"), ("age", "18 to 29"), ("age", "30 to 44")]
    values += [("device", "telephone"), ("device", "desk")]
    parts = []
    for k, (name, value) in enumerate(values):
        base = 0.72 + 0.1 * random.random()
        difference = [0.12, -0.08, 0.06, 0.03, -0.012, 0.004][k]
        row = row_of("roc_auc_score", "ROC AUC", True, (base, base + difference), half=0.02 + 0.01 * k, pvalue=0.003)
        parts.append(Slice(name, value, int(random.integers(40, 900)), row))
    return parts
