"""The job that the adapters share, on hostile input: what the functions return or a refusal, for any partitions."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import trueval
from trueval.inference import compare as compare_in_memory

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'trueval[cli]'")

from trueval.integrations import _frames  # noqa: E402
from trueval.streaming import ranges  # noqa: E402

N = 240
_KINDS = {"float": "float32", "double": "float", "bool": "bool", "string": "text"}


def run(tables: list[Any], job: _frames.Job) -> tuple[_frames.Job, list[Any]]:
    """Do a job, a table a partition, without an engine."""
    first = tables[0].schema
    kinds = [_KINDS.get(str(kind), "int") for kind in first.types]
    job = job.with_types(list(zip(first.names, kinds, strict=True)))
    parts = [pa.table({ours: one[theirs] for ours, theirs in job.columns}) for one in tables]
    if job.ranked:
        shown = [np.concatenate([part[f"score{i}"].to_numpy() for part in parts]) for i in range(len(job.scores))]
        cuts = [ranges.cuts_of(one.astype(kind), 5) for one, kind in zip(shown, job.dtypes, strict=True)]
        job = replace(job, cuts=tuple(cuts))
    pieces = [piece for part in parts for piece in job.map(part.to_batches(max_chunksize=50))]
    if job.ranked:
        job = job.informed(piece._replace(data=b"") for piece in pieces)
    reduced = (job.reduce(piece for piece in pieces if piece.part == part) for part in range(job.n_parts))
    return job, [piece for some in reduced for piece in some]


def evaluate(tables: list[Any], metric: Any, **options: Any) -> Any:
    asked = {"group": None, "weight": None, "by": None, "positive": None, "threshold": None, "missing": "refuse"}
    job, pieces = run(tables, _frames.job_of("y", "s", metric, **(asked | options)))
    return job.finish(pieces).evaluation()


def value(tables: list[Any], metric: Any, **options: Any) -> float:
    return float(evaluate(tables, metric, **options).items[0].value)


def compared(tables: list[Any], metric: str, **options: Any) -> Any:
    asked = {"group": None, "weight": None, "by": None, "positive": None, "threshold": None, "missing": "refuse"}
    job, pieces = run(tables, _frames.job_of("y", ["s", "t"], metric, **(asked | options), paired=True))
    return job.finish(pieces).comparisons("holm", 0)[metric]


def draw(kind: str) -> np.ndarray:
    y = (np.random.default_rng(0).random(N) < 0.4).astype(np.int64)
    return {
        "int": y,
        "float": y.astype(np.float64),
        "single": y.astype(np.float32),
        "bool": y.astype(bool),
        "signs": 2.0 * y - 1,
        "one and two": y + 1,
        "words": np.array(["a", "b"])[y],
        "ones": np.ones(N, np.int64),
        "twos": np.full(N, 2),
        "no": np.zeros(N, bool),
    }[kind]


def score() -> np.ndarray:
    return np.round(np.random.default_rng(1).normal(size=N), 1)


def by_class(**columns: Any) -> list[Any]:
    """Partitions of one class each, an empty one, and both."""
    whole = pa.table({name: pa.array(column) for name, column in columns.items()}).sort_by("y")
    return [whole.slice(0, 90), whole.slice(90, 0), whole.slice(90, 100), whole.slice(190)]


LABELS = ["int", "float", "single", "bool", "signs", "one and two", "words", "ones", "twos", "no"]
METRICS = [
    ("roc_auc_score", {}),
    ("average_precision_score", {}),
    ("average_precision_score", {"pos_label": 2}),
    ("brier_score_loss", {}),
    ("mean_squared_error", {}),
    ("accuracy_score", {}),
    ("f1_score", {"average": "macro"}),
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("scores", ["float", "int", "bool", "same", "share", "label"])
@pytest.mark.parametrize(("name", "params"), METRICS, ids=str)
def test_labels_of_all_types(labels: str, scores: str, name: str, params: dict[str, Any]) -> None:
    y, s = draw(labels), score()
    s = {
        "float": s,
        "int": (3 * s).astype(np.int32),
        "bool": s > 0,
        "same": 0 * s,
        "share": 1 / (1 + np.exp(-s)),
        "label": (s > 0) * 1,
    }[scores]
    try:
        expected = getattr(trueval, name)(y, s, **params)
    except (TypeError, ValueError):
        # What the function refuses is refused, in words that may be others, since a partition is no whole.
        with pytest.raises((TypeError, ValueError)):
            evaluate(by_class(y=y, s=s), [(name, params)])
        return
    # Floats are summed in another order.
    slack = 1e-13 if name.endswith(("_loss", "_error")) else 0.0
    assert value(by_class(y=y, s=s), [(name, params)]) == pytest.approx(expected, rel=slack, abs=0, nan_ok=True)


def test_integers_in_one_partition_and_floats_in_another() -> None:
    y, s = draw("int"), score()
    tables = [pa.table({"y": y[:99], "s": s[:99]}), pa.table({"y": y[99:] * 1.0, "s": s[99:]})]
    for name in ("roc_auc_score", "average_precision_score", "accuracy_score"):
        options = {"threshold": 0.5} if name == "accuracy_score" else {}
        pred = s >= 0.5 if name == "accuracy_score" else s
        assert value(tables, name, **options) == getattr(trueval, name)(y, pred)


def test_metrics_that_differ_in_what_is_positive() -> None:
    tables = by_class(y=draw("one and two"), s=score())
    with pytest.raises(ValueError, match="pass positive="):
        evaluate(tables, ["average_precision_score", ("average_precision_score", {"pos_label": 2})])
    with pytest.raises(ValueError, match="none of the labels"):
        evaluate(tables, [("average_precision_score", {"pos_label": 3})])


def test_labels_that_are_no_labels() -> None:
    with pytest.raises(ValueError, match="continuous format is not supported"):
        evaluate(by_class(y=0.5 * draw("int"), s=score()), "roc_auc_score")
    half = value(by_class(y=0.5 * draw("int"), s=score()), "roc_auc_score", positive=0.5)
    assert half == trueval.roc_auc_score(draw("int"), score())


def test_predictions_that_are_neither_label() -> None:
    """What is not the positive label counts as the other one: a score would be neither."""
    for s, y, positive in ((score(), draw("int"), 1), (np.array(["a", "c"])[draw("int")], draw("words"), "b")):
        with pytest.raises(ValueError, match="column 'y' or 's' holds"):
            evaluate(by_class(y=y, s=s), "f1_score", positive=positive)
    same = {"y": draw("words"), "s": draw("words")}
    assert value(by_class(**same), "f1_score", positive="b") == 1.0


def test_rows_without_weight() -> None:
    y, s = draw("int"), score()
    third = y.copy()
    third[5] = 2
    only = (np.arange(N) != 5) * 1.0
    with pytest.raises(ValueError, match="two labels"):
        evaluate(by_class(y=third, s=s, w=only), "roc_auc_score", weight="w")
    for name in ("roc_auc_score", "average_precision_score"):
        with pytest.raises(ValueError, match="at least one non-zero"):
            evaluate(by_class(y=y, s=s, w=np.zeros(N)), name, weight="w")
    some = s > 0
    expected = trueval.roc_auc_score(y, s, sample_weight=some)
    assert value(by_class(y=y, s=s, w=some), "roc_auc_score", weight="w") == pytest.approx(expected, rel=1e-14)
    # A class of no weight is positive all the same, and so is not refused.
    with pytest.warns(trueval.exceptions.UndefinedMetricWarning):
        assert np.isnan(value(by_class(y=y, s=s, w=1.0 - y), "roc_auc_score", weight="w"))


def test_losses_whose_positive_label_shows_in_all_rows_alone() -> None:
    name = "brier_score_loss"
    s = 1 / (1 + np.exp(-score()))
    tables = by_class(y=draw("one and two"), s=s, t=s[::-1])
    with pytest.raises(ValueError, match="compared with the labels 0 and 1"):
        compared(tables, name)
    whole = pa.concat_tables(tables)
    y, base, tuned = (whole[column].to_numpy() for column in ("y", "s", "t"))
    expected = compare_in_memory(name, y - 1, base, tuned)
    found = compared(tables, name, positive=2)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-11)
    assert found.difference == pytest.approx(expected.difference, rel=1e-11)
    with pytest.raises(ValueError, match="not compared"):
        compared(tables, "hinge_loss")


def test_positives_alone_are_compared() -> None:
    found = compared(by_class(y=draw("ones"), s=score(), t=-score()), "average_precision_score")
    expected = compare_in_memory("average_precision_score", draw("ones"), score(), -score())
    assert (found.difference, found.standard_error, found.pvalue) == (0.0, 0.0, expected.pvalue)


def test_labels_of_two_types() -> None:
    """What a partition refuses comes as a note, and is raised in its own words."""
    words = np.array(["a", "b"])[draw("int")]
    with pytest.raises(ValueError, match="Mix of label input types"):
        evaluate(by_class(y=draw("int"), s=words), "accuracy_score")


def test_names() -> None:
    """Those of columns may be ours, or there twice."""
    y, s = draw("int"), score()
    own = SimpleNamespace(label="score0", scores="label", by="weight")
    tables = [pa.table({own.label: y, own.scores: s, own.by: y, "part": y})]
    job, pieces = run(
        tables,
        _frames.job_of(own.label, own.scores, "roc_auc_score", None, None, own.by, None, None, "refuse"),
    )
    found = job.finish(pieces).evaluation()
    assert found["label", "roc_auc_score"] == trueval.roc_auc_score(y, s)
    assert found.of_slice("weight", 1, "label", "roc_auc_score").rows == int(y.sum())
    asked = _frames.job_of("y", "s", "roc_auc_score", None, None, None, None, None, "refuse")
    with pytest.raises(ValueError, match="2 columns 's'"):
        asked.with_types([("y", "int"), ("s", "float"), ("s", "float")])
