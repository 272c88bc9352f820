"""What `trueval.inference` returns and refuses: methods, degenerate cases, determinism, hostile input."""

from __future__ import annotations

import dataclasses
import inspect
import math
import os
import signal
import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np
import pytest
import trueval
from hypothesis import given
from hypothesis import strategies as st
from registry import BACKENDS, HAS_NATIVE, WITHOUT_NATIVE, needs_native
from trueval.exceptions import UndefinedMetricWarning  # type: ignore[attr-defined]
from trueval.inference import Comparison, Estimate, adjust_pvalues, compare, confidence_interval, required_rows
from trueval.inference._cells import code_labels, tabulate
from trueval.inference._evidence import Problem
from trueval.inference._measures import KINDS, MEASURES, METHODS

QUICK = {"n_resamples": 50, "rng": 3}
N = 90


def data(metric: str, seed: int = 0) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Arguments for a metric of the table: truth, two predictions, parameters."""
    rng = np.random.default_rng(seed)
    source = inspect.signature(getattr(trueval, metric)).parameters
    labels, scores = rng.integers(0, 2, N), rng.normal(size=N)
    if MEASURES[metric].kind in ("area", "precision"):
        return labels, scores + labels, scores + labels + rng.normal(size=N), {}
    if MEASURES[metric].kind == "labels":
        return labels, *(np.where(rng.random(N) < p, labels, 1 - labels) for p in (0.7, 0.8)), _needed(metric)
    if metric in ("log_loss", "brier_score_loss"):
        return labels, *(np.clip(labels * 0.6 + rng.random(N) * 0.35, 0.01, 0.99) for _ in range(2)), {}
    if metric == "hinge_loss":
        return labels, scores + labels, scores - labels, {}
    if metric == "top_k_accuracy_score":
        return rng.integers(0, 4, N), rng.random((N, 4)), rng.random((N, 4)), {}
    if metric in ("dcg_score", "ndcg_score"):
        return rng.integers(0, 3, (N, 5)), rng.random((N, 5)), rng.random((N, 5)), {}
    if "y_score" in source:
        return rng.integers(0, 2, (N, 4)), rng.random((N, 4)), rng.random((N, 4)), {}
    y = rng.gamma(2, size=N)
    return y, y + rng.gamma(2, size=N), y + rng.gamma(1, size=N), {}


def _needed(metric: str) -> dict[str, Any]:
    return {"beta": 0.5} if metric == "fbeta_score" else {}


def kind_of(metric: str, predictions: list[Any], y_true: Any, params: dict[str, Any], **extra: Any) -> Any:
    problem = Problem(metric, y_true, predictions, extra.get("sample_weight"), extra.get("cluster"), params)
    return KINDS[problem.gather().kind]


# values and methods ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", MEASURES)
@pytest.mark.parametrize("extra", ["plain", "weighted", "clustered", "both"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_method_of_every_metric(metric: str, extra: str, backend: str) -> None:
    y, base, tuned, params = data(metric)
    rng = np.random.default_rng(9)
    weights = {"sample_weight": rng.random(N)} if extra in ("weighted", "both") else {}
    if weights and "sample_weight" not in inspect.signature(getattr(trueval, metric)).parameters:
        pytest.skip(f"{metric} takes no weights")
    given_ = {**weights, **({"cluster": rng.integers(0, 30, N)} if extra in ("clustered", "both") else {})}
    values = [getattr(trueval, metric)(y, pred, **weights, **params) for pred in (base, tuned)]
    for method in ("auto", *kind_of(metric, [base], y, params, **given_).estimate):
        if method == "bootstrap-t" and metric == "roc_auc_score" and extra == "clustered":
            continue
        got = confidence_interval(metric, y, base, method=method, **given_, **params, **QUICK)
        low, high = got.confidence_interval
        assert isinstance(got, Estimate)
        assert got.value == values[0]
        assert method in ("auto", got.method)
        assert low <= high
        assert got.standard_error > 0
        if method in ("auto", "normal", "t", "wilson", "delong", "delong-logit"):
            assert low <= got.value <= high
        assert got.n <= (30 if "cluster" in given_ else N)
    for method in ("auto", *kind_of(metric, [base, tuned], y, params, **given_).compare):
        both = compare(metric, y, base, tuned, method=method, **given_, **params, **QUICK)
        assert isinstance(both, Comparison)
        assert (both.base, both.tuned) == tuple(values)
        assert both.difference == values[1] - values[0]
        assert method in ("auto", both.method)
        assert both.confidence_interval.low <= both.confidence_interval.high
        assert 0 < both.pvalue <= 1
        if both.wins is not None:
            assert both.wins + both.ties + both.losses in (N, both.n)
            # More wins are no proof of a better mean, but these data have no outliers among the labels.
            if MEASURES[metric].kind == "labels":
                better = both.difference < 0 if MEASURES[metric].lower else both.difference > 0
                assert extra in ("weighted", "both") or (both.wins > both.losses) == better


@pytest.mark.parametrize("metric", MEASURES)
def test_unsuitable_methods_are_refused_by_name(metric: str) -> None:
    y, base, tuned, params = data(metric)
    suits, suit_both = kind_of(metric, [base], y, params).estimate, kind_of(metric, [base, tuned], y, params).compare
    for method in METHODS:
        if method not in suits:
            with pytest.raises(
                ValueError, match=rf"'{method}' does not suit {metric}.*expected 'auto' or one of.*{suits[-1]}"
            ):
                confidence_interval(metric, y, base, method=method, **params)
        if method not in suit_both:
            with pytest.raises(
                ValueError, match=rf"'{method}' does not suit {metric} in a comparison.*{suit_both[-1]}"
            ):
                compare(metric, y, base, tuned, method=method, **params)


def test_every_method_of_the_issue_is_known() -> None:
    assert set(METHODS) == {
        *("wilson", "clopper-pearson", "agresti-coull", "jeffreys", "normal", "delong", "delong-logit", "t"),
        *("mcnemar", "mcnemar-corrected", "mcnemar-exact", "permutation", "approximate-randomization"),
        *("bootstrap-percentile", "bootstrap-basic", "bootstrap-bca", "bootstrap-t"),
    }
    assert all(getattr(trueval, name) for name in MEASURES)


def test_results_are_frozen_and_have_the_fields_of_the_issue() -> None:
    estimate = [field.name for field in dataclasses.fields(Estimate)]
    assert estimate == ["value", "standard_error", "confidence_interval", "method", "n"]
    comparison = [field.name for field in dataclasses.fields(Comparison)]
    assert comparison == [
        *("base", "tuned", "difference", "standard_error", "confidence_interval", "statistic", "pvalue", "method", "n"),
        *("wins", "ties", "losses"),
    ]
    got = confidence_interval("accuracy_score", [0, 1], [0, 0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        got.value = 1.0  # type: ignore[misc]


labels = st.sampled_from(["a", "b", "c"])


@given(
    rows=st.lists(st.tuples(labels, labels, labels), min_size=1, max_size=25),
    average=st.sampled_from(["macro", "micro", "weighted"]),
    zero=st.sampled_from(["warn", 0.0, 1.0, np.nan]),
    chosen=st.sampled_from([None, ["a", "c"], ["c", "zz", "b"]]),
)
@pytest.mark.filterwarnings("ignore")
def test_folds_are_the_metrics(rows: list[Any], average: str, zero: Any, chosen: Any) -> None:
    """Any numbers in the cells, against the public function on as many rows."""
    arguments = [np.array(column) for column in zip(*rows)]
    coded = code_labels(arguments)
    table = tabulate(coded)
    rng = np.random.default_rng(len(rows))
    counts = rng.multinomial(len(rows), table.counts / table.counts.sum(), size=6)
    by_class = {"average": average, "zero_division": zero, "labels": chosen}
    calls: list[tuple[str, dict[str, Any]]] = [
        *((name, by_class) for name in ("precision_score", "recall_score", "f1_score")),
        ("fbeta_score", {**by_class, "beta": 2.0}),
        ("fbeta_score", {**by_class, "beta": 0.0}),
        ("jaccard_score", {**by_class, "zero_division": 0.0 if zero not in (0.0, 1.0) else zero}),
        ("accuracy_score", {}),
        ("zero_one_loss", {}),
        ("hamming_loss", {}),
        ("matthews_corrcoef", {}),
        ("balanced_accuracy_score", {}),
        ("cohen_kappa_score", {}),
        ("cohen_kappa_score", {"labels": ["c", "a"], "weights": "linear"}),
    ]
    for model in (0, 1):
        for name, params in calls:
            fold = table.fold(MEASURES[name].source.fold(coded.labels, **params), model)
            got = fold(counts)
            for row, value in zip(counts, got):
                true = coded.labels[np.repeat(table.true, row)]
                pred = coded.labels[np.repeat(table.predicted[model], row)]
                try:
                    expected = getattr(trueval, name)(true, pred, **params)
                except ValueError:  # none of the labels asked for is there
                    continue
                np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12, err_msg=f"{name} {params}")


@given(rows=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20))
@pytest.mark.filterwarnings("ignore")
def test_folds_of_two_classes_are_the_metrics(rows: list[tuple[bool, bool]]) -> None:
    arguments = [np.array(column) for column in zip(*rows)]
    coded = code_labels(arguments)
    table = tabulate(coded)
    for name in (
        "precision_score",
        "recall_score",
        "f1_score",
        "jaccard_score",
        "true_negative_rate",
        "false_positive_rate",
    ):
        params = {"pos_label": True}
        fold = table.fold(MEASURES[name].source.fold(coded.labels, **params), 0)
        try:
            expected = getattr(trueval, name)(*arguments, **params)
        except ValueError:  # one label only, and not that one
            continue
        np.testing.assert_allclose(fold(table.counts[np.newaxis])[0], expected, rtol=1e-13)


def test_several_metrics_and_models() -> None:
    y, base, tuned, _ = data("f1_score")
    models = {"v1": tuned, "v2": base, "v3": 1 - y}
    got = compare(["accuracy_score", trueval.f1_score], y, base, models, correction=None, **QUICK)
    assert list(got) == ["v1", "v2", "v3"]
    assert all(list(of_model) == ["accuracy_score", "f1_score"] for of_model in got.values())
    assert got["v1"]["f1_score"] == compare("f1_score", y, base, tuned, **QUICK)
    flat = [c.pvalue for of_model in got.values() for c in of_model.values()]
    corrected = compare(["accuracy_score", trueval.f1_score], y, base, models, **QUICK)
    np.testing.assert_allclose([c.pvalue for m in corrected.values() for c in m.values()], adjust_pvalues(flat))
    listed = compare("accuracy_score", y, base, [tuned, base], correction=None)
    assert listed == {0: got["v1"]["accuracy_score"], 1: got["v2"]["accuracy_score"]}
    only = compare(["accuracy_score", "f1_score"], y, base, tuned, correction=None, average="macro", **QUICK)
    assert only["f1_score"] == compare("f1_score", y, base, tuned, average="macro", **QUICK)
    with pytest.raises(TypeError, match="'mean' that none of"):
        compare(["accuracy_score", "f1_score"], y, base, tuned, mean="macro")
    with pytest.raises(TypeError, match="unexpected keyword"):
        compare("accuracy_score", y, base, tuned, average="macro")


def test_any_function() -> None:
    rng = np.random.default_rng(0)
    y, a, b = rng.normal(size=(3, 60))

    def correlation(y_true: Any, y_pred: Any, *, power: float = 1.0) -> float:
        return float(np.corrcoef(y_true, y_pred)[0, 1] ** power)

    got = confidence_interval(correlation, y, y + a, power=2, **QUICK)
    assert got.method == "bootstrap-percentile"
    low, high = got.confidence_interval
    assert low < got.value < high
    assert compare(correlation, y, y + a, y + b, **QUICK).method == "approximate-randomization"
    bca = confidence_interval(correlation, y, y + a, method="bootstrap-bca", **QUICK)
    assert bca.confidence_interval != got.confidence_interval
    with pytest.raises(ValueError, match="one number"):
        confidence_interval(lambda t, p: (1.0, 2.0), y, a)
    with pytest.raises(ValueError, match="one number"):
        confidence_interval("confusion_matrix", [0, 1], [0, 1])
    with pytest.raises(ValueError, match=r"metric must be .* got 'f2_score'"):
        confidence_interval("f2_score", [0, 1], [0, 1])
    with pytest.raises(ValueError, match=r"at most 10000"):
        confidence_interval("max_error", np.arange(10_001.0), np.zeros(10_001), method="bootstrap-bca", n_resamples=2)


# degenerate cases -----------------------------------------------------------------------------------------------------


def test_perfect_and_hopeless_areas_stay_inside() -> None:
    for up, down in ((1, 1), (1, 30), (5, 7), (200, 3)):
        y = np.repeat([1, 0], [up, down])
        for value, scores in ((1.0, y), (0.0, -y), (0.5, np.zeros(up + down))):
            for method in ("auto", "delong", "delong-logit"):
                got = confidence_interval("roc_auc_score", y, scores, method=method)
                low, high = got.confidence_interval
                assert got.value == value
                assert 0 <= low <= value <= high <= 1
                assert high - low > 0.01


def test_an_area_of_one_positive() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], [1, 50])
    scores = rng.normal(size=51) + y
    low, high = confidence_interval("roc_auc_score", y, scores).confidence_interval
    assert 0 <= low < high <= 1
    with pytest.warns(UndefinedMetricWarning, match="too few of a class"):
        got = compare("roc_auc_score", y, scores, scores + rng.normal(size=51))
    assert math.isnan(got.pvalue)


def test_plain_intervals_may_leave_the_scale_and_others_do_not() -> None:
    y = np.repeat([1, 0], [4, 40])
    scores = np.concatenate([[30.5, 41, 42, 43], np.arange(40)])
    assert confidence_interval("roc_auc_score", y, scores, method="delong").confidence_interval.high > 1
    for method in ("auto", "delong-logit", "bootstrap-percentile", "bootstrap-bca"):
        low, high = confidence_interval("roc_auc_score", y, scores, method=method, **QUICK).confidence_interval
        assert 0 <= low <= high <= 1


def test_identical_predictions() -> None:
    for metric in (
        "accuracy_score",
        "f1_score",
        "roc_auc_score",
        "average_precision_score",
        "mean_squared_error",
        "r2_score",
    ):
        y, base, _, params = data(metric)
        for method in kind_of(metric, [base, base], y, params).compare:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                got = compare(metric, y, base, base, method=method, **params, **QUICK)
            assert got.pvalue == 1.0, (metric, method)
            low, high = got.confidence_interval
            assert low <= 0 <= high
            assert got.difference == 0
            assert got.wins in (0, None)
            assert got.losses in (0, None)


def test_a_constant_difference() -> None:
    y = np.arange(10.0)
    with pytest.warns(UserWarning, match="same in every row"):
        got = compare("mean_absolute_error", y, y + 2, y + 1)
    assert (got.pvalue, got.statistic, got.confidence_interval) == (0.0, -math.inf, (-1.0, -1.0))
    got = compare("mean_absolute_error", y, y + 2, y + 1, method="permutation", n_resamples=999)
    assert got.pvalue < 0.02


def test_one_row_and_one_cluster() -> None:
    with pytest.warns(UndefinedMetricWarning, match="too few rows"):
        got = confidence_interval("mean_absolute_error", [1.0], [2.0])
    assert (got.value, got.n) == (1.0, 1)
    assert all(math.isnan(bound) for bound in got.confidence_interval)
    y, base, tuned, _ = data("accuracy_score")
    for metric, arguments in (("accuracy_score", (y, base, tuned)), ("roc_auc_score", (y, base, tuned))):
        with pytest.warns(UndefinedMetricWarning, match=r"clusters \(1\)"):
            both = compare(metric, *arguments, cluster=np.zeros(N))
        assert math.isnan(both.pvalue)
        assert both.n == 1


def test_undefined_metrics_warn_and_give_nan() -> None:
    with pytest.warns(UndefinedMetricWarning):
        got = confidence_interval("roc_auc_score", [1, 1], [0.1, 0.2])
    assert math.isnan(got.value)
    assert math.isnan(got.confidence_interval.low)
    with pytest.warns(UndefinedMetricWarning):
        both = compare("roc_auc_score", [1, 1], [0.1, 0.2], [0.3, 0.1])
    assert math.isnan(both.pvalue)


def test_undefined_replicates_are_left_out_with_a_warning() -> None:
    y = np.repeat([1, 0], [1, 20])
    scores = np.arange(21.0)
    with pytest.warns(UndefinedMetricWarning, match="left out"):
        got = confidence_interval("average_precision_score", y, scores, method="bootstrap-percentile", rng=0)
    low, high = got.confidence_interval
    assert 0 < low <= high <= 1


def test_all_replicates_equal() -> None:
    with pytest.warns(UserWarning, match="All replicates are equal"):
        got = confidence_interval("f1_score", [0, 1, 1], [0, 1, 1], **QUICK)
    assert got.confidence_interval == (1.0, 1.0)


# determinism ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metric", ["f1_score", "roc_auc_score", "average_precision_score", "mean_squared_error", "r2_score", "max_error"]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_replicates_depend_on_the_seed_and_their_number_alone(metric: str) -> None:
    y, base, tuned, params = data(metric)
    for cluster in (None, np.arange(N) % 40):
        sample = Problem(metric, y, [base, tuned], None, cluster, params).gather().sample
        for draw in (sample.bootstrap, sample.swapped):
            if metric in ("roc_auc_score", "average_precision_score") and draw == sample.swapped:
                continue
            whole = draw(7, 0, 40)
            np.testing.assert_array_equal(np.concatenate([draw(7, 0, 3), draw(7, 3, 30), draw(7, 33, 7)]), whole)
            assert (draw(8, 0, 40) != whole).any()


@needs_native
@pytest.mark.parametrize(
    "metric", ["f1_score", "roc_auc_score", "average_precision_score", "mean_squared_error", "r2_score"]
)
def test_backends_agree(metric: str) -> None:
    y, base, tuned, params = data(metric)
    answers = []
    for name in BACKENDS:
        with trueval.use_backend(name):
            answers.append(compare(metric, y, base, tuned, method="bootstrap-bca", **params, **QUICK))
    native, reference = (dataclasses.astuple(answer) for answer in answers)
    for a, b in zip(native, reference):
        # Float sums of the backends differ in their last bits; counts do not.
        assert a == b or np.allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "metric", ["f1_score", "roc_auc_score", "average_precision_score", "mean_squared_error", "r2_score", "max_error"]
)
def test_poisson_counts_give_like_intervals(metric: str) -> None:
    """Other replicates, of the same distribution but for the number of units drawn."""
    y, base, _, params = data(metric)
    for cluster in (None, np.arange(N) // 2):
        both = [
            confidence_interval(
                metric,
                y,
                base,
                method="bootstrap-percentile",
                resampling=how,
                cluster=cluster,
                n_resamples=2000,
                rng=1,
                **params,
            )
            for how in ("multinomial", "poisson")
        ]
        assert both[0].standard_error != both[1].standard_error
        # A standard deviation of 2,000 replicates is good to 1.6 %; that of the heavy tail of a maximum to less.
        assert both[1].standard_error == pytest.approx(
            both[0].standard_error, rel=0.15 if metric != "max_error" else 0.3
        )
    with pytest.raises(ValueError, match="resampling must be"):
        confidence_interval(metric, y, base, resampling="jackknife", **params)


def test_seeds() -> None:
    y, base, _, _ = data("f1_score")

    def low(rng: Any) -> float:
        return confidence_interval("f1_score", y, base, n_resamples=99, rng=rng).confidence_interval.low

    assert low(5) == low(5) == low(np.int64(5))
    assert low(np.random.default_rng(5)) == low(np.random.default_rng(5))
    assert len({low(i) for i in range(8)}) > 1
    assert len({low(None) for _ in range(8)}) > 1
    for wrong in (-1, 2**64, 1.5, "1", True):
        with pytest.raises(ValueError, match="rng must be"):
            low(wrong)


def test_progress() -> None:
    class Bar:
        def __init__(self, total: int) -> None:
            self.total, self.done, self.closed = total, 0, False
            bars.append(self)

        def update(self, n: int) -> None:
            self.done += n

        def close(self) -> None:
            self.closed = True

    bars: list[Bar] = []
    y, base, tuned, _ = data("roc_auc_score")
    confidence_interval("roc_auc_score", y, base, method="bootstrap-bca", progress=Bar, **QUICK)
    assert [(bar.total, bar.done, bar.closed) for bar in bars] == [(50, 50, True)]
    with pytest.raises(TypeError, match="progress must be"):
        compare("roc_auc_score", y, base, tuned, progress=5)


LONG = """
import numpy as np, sys
from trueval.inference import confidence_interval
rng = np.random.default_rng(0)
y, s = rng.integers(0, 2, 300_000), rng.normal(size=300_000)
print("ready", flush=True)
try:
    confidence_interval("roc_auc_score", y, s, method="bootstrap-percentile", n_resamples=1_000_000)
except KeyboardInterrupt:
    print("KeyboardInterrupt", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="a console signal on Windows reaches the whole process group")
def test_ctrl_c() -> None:
    if not HAS_NATIVE:
        pytest.skip(f"{WITHOUT_NATIVE}, and NumPy's own calls cannot be interrupted")
    child = subprocess.Popen([sys.executable, "-c", LONG], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.5)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "KeyboardInterrupt\n"
        assert time.monotonic() - sent < 1.0
    finally:
        child.kill()
        child.communicate()


# hostile input --------------------------------------------------------------------------------------------------------


def test_forms_of_input_do_not_matter() -> None:
    y, base, tuned, _ = data("accuracy_score")
    cluster = np.arange(N) // 3
    expected = compare("accuracy_score", y, base, tuned, cluster=cluster)
    words = np.array(["no", "yes"])
    for make in (
        lambda x: x.tolist(),
        lambda x: x.astype(np.float32),
        lambda x: x.astype(">i2"),
        lambda x: np.repeat(x, 2)[::2],
        lambda x: words[x],
        lambda x: words[x].astype(object),
        lambda x: x.astype(bool),
        lambda x: x * 1000 - 7,
    ):
        assert compare("accuracy_score", make(y), make(base), make(tuned), cluster=cluster) == expected
    for groups in (cluster.tolist(), np.char.mod("%03d", cluster), cluster * 1e9):
        assert compare("accuracy_score", y, base, tuned, cluster=groups) == expected
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"y": y, "a": base, "b": tuned, "c": cluster}, index=np.arange(N)[::-1])
    assert compare("accuracy_score", frame.y, frame.a, frame.b, cluster=frame.c) == expected
    scores = np.random.default_rng(0).normal(size=N)
    areas = confidence_interval("roc_auc_score", frame.y, pandas.Series(scores), method="delong")
    assert areas == confidence_interval("roc_auc_score", y, scores, method="delong")


def test_multilabel_and_multiclass_inputs_are_known_as_a_whole() -> None:
    rng = np.random.default_rng(0)
    marks, guess = rng.integers(0, 2, (2, 40, 3))
    assert confidence_interval("f1_score", marks, guess, average="macro", **QUICK).method == "bootstrap-percentile"
    sparse = pytest.importorskip("scipy.sparse")
    both = [sparse.csr_matrix(m) for m in (marks, guess)]
    dense = confidence_interval("f1_score", marks, guess, average="micro", **QUICK)
    assert compare("f1_score", *both, both[0], average="micro", **QUICK).pvalue < 0.05
    assert confidence_interval("f1_score", *both, average="micro", **QUICK) == dense
    y, proba = np.arange(60) % 3, rng.dirichlet(np.ones(3), size=60)
    for average, method in (("macro", "delong-logit"), ("weighted", "bootstrap-percentile")):
        got = confidence_interval("roc_auc_score", y, proba, multi_class="ovr", average=average, **QUICK)
        assert got.method == method
    assert confidence_interval("roc_auc_score", y, proba, multi_class="ovo", **QUICK).method == "bootstrap-percentile"
    assert confidence_interval("accuracy_score", marks, guess, **QUICK).value == trueval.accuracy_score(marks, guess)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"confidence_level": 1.0}, "confidence_level must lie between 0 and 1"),
        ({"confidence_level": math.nan}, "confidence_level must lie"),
        ({"method": "bayes"}, "method must be 'auto' or one of"),
        ({"n_resamples": 0}, "n_resamples must be a positive integer"),
        ({"n_resamples": 1.5}, "n_resamples must be a positive integer"),
        ({"cluster": [1, 2]}, "inconsistent numbers of samples"),
        ({"cluster": np.zeros((N, 1))}, "cluster must have one dimension"),
        ({"cluster": np.full(N, np.nan)}, "cluster must not hold NaN"),
        ({"sample_weight": np.full(N, -1.0)}, "nonnegative"),
        ({"sample_weight": np.ones(3)}, "inconsistent numbers of samples"),
    ],
)
def test_bad_parameters(arguments: dict[str, Any], match: str) -> None:
    y, base, tuned, _ = data("accuracy_score")
    with pytest.raises(ValueError, match=match):
        confidence_interval("accuracy_score", y, base, **arguments)
    with pytest.raises(ValueError, match=match):
        compare("accuracy_score", y, base, tuned, **arguments)


def test_bad_parameters_of_a_comparison() -> None:
    y, base, tuned, _ = data("accuracy_score")
    for arguments, match in (
        ({"alternative": "more"}, "alternative must be"),
        ({"correction": "sidak"}, "correction must be"),
        ({"equivalence_margin": 0}, "equivalence_margin must be positive"),
        ({"equivalence_margin": 0.1, "method": "approximate-randomization"}, "cannot test for equivalence"),
        ({"paired": False}, "pair of arguments"),
    ):
        with pytest.raises(ValueError, match=match):
            compare("accuracy_score", y, base, tuned, **arguments, **QUICK)
    with pytest.raises(ValueError, match="no unpaired comparison"):
        compare("f1_score", (y, y), base, tuned, paired=False)
    for nothing in ({}, []):
        with pytest.raises(ValueError):
            compare("accuracy_score", y, base, nothing)
    with pytest.raises(ValueError, match="at least one metric"):
        compare([], y, base, tuned)


def test_required_rows_refuses() -> None:
    for arguments in ((1.0, 0.0), (1.0,), (math.nan, 0.1), (-1.0, 0.1)):
        with pytest.raises(ValueError):
            required_rows(*arguments)
    with pytest.raises(ValueError, match="within equivalence_margin"):
        required_rows(1.0, 0.2, equivalence_margin=0.1)
    with pytest.raises(ValueError, match="on the side of"):
        required_rows(1.0, -0.2, alternative="greater")
    with pytest.raises(TypeError, match="source must be"):
        required_rows("1", 0.1)
    y, base, tuned, _ = data("mean_squared_error")
    found = compare("mean_squared_error", y, base, tuned)
    assert required_rows(found, found.difference * 2) < required_rows(found) < required_rows(found, power=0.99)
    margin = abs(found.difference) * 3
    assert required_rows(found, equivalence_margin=margin) <= required_rows(
        found, found.difference, equivalence_margin=margin
    )


def test_inputs_stay_as_they_were() -> None:
    for metric in ("f1_score", "roc_auc_score", "mean_squared_error", "r2_score", "ndcg_score"):
        y, base, tuned, params = data(metric)
        copies = [np.copy(x) for x in (y, base, tuned)]
        for x in (y, base, tuned):
            x.setflags(write=False)
        compare(metric, y, base, tuned, method="bootstrap-percentile", **params, **QUICK)
        for x, copy in zip((y, base, tuned), copies):
            np.testing.assert_array_equal(x, copy)


def test_inference_needs_numpy_alone() -> None:
    from test_import import BLOCKER, child

    code = """
import trueval
y, p = [0, 1, 1, 0, 1, 0], [0, 1, 0, 0, 1, 1]
for metric in ("accuracy_score", "f1_score", "mean_squared_error", "roc_auc_score"):
    trueval.inference.confidence_interval(metric, y, p, n_resamples=9)
    trueval.inference.compare(metric, y, p, y, n_resamples=9)
trueval.inference.confidence_interval("accuracy_score", y, p, method="clopper-pearson")
print("done")
"""
    assert child(BLOCKER + code) == "done"


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("i1", [-100, 3, 100]),
        ("i2", [-30000, 0, 30000]),
        ("i8", [-(2**62), 5, 2**62]),
        ("i8", [10**12, 10**12 + 1, 10**12 + 9]),
        ("u8", [2**63, 2**63 + 5, 2**64 - 1]),
        ("u1", [0, 7, 255]),
        ("f8", [-1.0, 0.0, 2.0]),
        ("?", [False, True]),
        ("U3", ["a", "bb", "ccc"]),
    ],
)
def test_labels_of_any_dtype_are_told_apart(dtype: str, values: list[Any], backend: str) -> None:
    """The same comparison as of the labels' places."""
    rng = np.random.default_rng(4)
    places = rng.integers(0, len(values), (3, 200))
    places[1:, 150:] = 0  # the models say less than there is
    labels = np.array(values, dtype)[places]
    options = {"average": "macro", "n_resamples": 60, "rng": 1}
    assert compare("f1_score", *labels, **options) == compare("f1_score", *places, **options)
    one = confidence_interval("f1_score", labels[0], labels[1], **options)
    assert one == confidence_interval("f1_score", places[0], places[1], **options)


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("retrieval", "ndcg_at_k", "with aggregate=None, for each query"),
        ("segmentation", "iou_score", "trueval.segmentation.compare draws images"),
        ("language", "perplexity", "cross_entropy gives with aggregate=None"),
        ("question_answering", "token_f1", "trueval.question_answering.compare"),
        ("translation", "bleu", "trueval.translation.compare"),
        ("detection", "mean_average_precision", "trueval.detection.compare"),
    ],
)
def test_metrics_whose_units_are_no_rows_are_refused(module: str, name: str, words: str) -> None:
    x = np.arange(10.0)
    for metric in (name, getattr(getattr(trueval, module), name)):
        with pytest.raises(ValueError, match=f"trueval.{module}.{name} is not: .*{words}"):
            trueval.inference.compare(metric, x, x, x, group=x, k=3)
        with pytest.raises(ValueError, match=f"trueval.{module}.{name} is not"):
            trueval.inference.confidence_interval(metric, x, x)


def test_calibration_errors_are_compared_by_name() -> None:
    random = np.random.default_rng(0)
    base, tuned = random.random((2, 400))
    y = (random.random(400) < tuned).astype(int)
    options = {"n_resamples": 199, "rng": 0}
    found = trueval.inference.compare("expected_calibration_error", y, base, tuned, n_bins=5, **options)
    function = trueval.calibration.expected_calibration_error
    assert (found.base, found.tuned) == (function(y, base, n_bins=5), function(y, tuned, n_bins=5))
    assert found == trueval.inference.compare(function, y, base, tuned, n_bins=5, **options)
    assert found.confidence_interval.high < 0
