"""`trueval.tasks`: its table against the public functions, and what it says of data of each kind."""

from __future__ import annotations

import inspect
import subprocess
import sys
from operator import attrgetter

import numpy as np
import pytest
import trueval as tv
from trueval._suited import Shape, headline
from trueval._tasks import METRICS
from trueval.tasks import TASKS, metrics_for

RNG = np.random.default_rng(0)
N = 60
BINARY = np.arange(N) % 2
CLASSES = np.arange(N) % 7
PROBABILITIES = RNG.dirichlet(np.ones(7), N)
MARKS = np.stack([np.roll(BINARY, k) ^ (k == CLASSES) for k in range(4)], axis=1).astype(int)
COUNTS = RNG.poisson(4.0, N) + 1
RELEVANCE = (RNG.random((8, 15)) < 0.3).astype(int)
MAPS = RNG.integers(0, 3, (4, 8, 8))
# By task: the truth, and predictions of every kind that the task's metrics need.
DATA = {
    "binary": (BINARY, {"labels": 1 - BINARY, "scores": RNG.random(N), "probabilities": RNG.random(N)}),
    "multiclass": (CLASSES, {"labels": np.roll(CLASSES, 1), "probabilities": PROBABILITIES}),
    "multilabel": (MARKS, {"labels": 1 - MARKS, "scores": RNG.random(MARKS.shape)}),
    "ordinal": (CLASSES, {"labels": np.roll(CLASSES, 1)}),
    "regression": (COUNTS, {"values": COUNTS + RNG.random(N)}),
    "ranking": (RELEVANCE, {"scores": RNG.random(RELEVANCE.shape)}),
    "semantic-segmentation": (MAPS, {"label maps": 2 - MAPS}),
    "language-modeling": (CLASSES, {"logits": np.log(PROBABILITIES), "labels": np.roll(CLASSES, 1)}),
    "question-answering": (["the Nile", "1889"], {"answers": ["a river", "1889"]}),
    "translation": (["It is raining hard today."] * 3, {"translations": ["It rains a lot today."] * 3}),
    "object-detection": (
        {"boxes": [[0, 0, 9, 9], [4, 4, 20, 20]], "labels": [1, 1], "image_ids": [1, 2]},
        {
            "detections": {
                "boxes": [[0, 0, 9, 9], [4, 4, 9, 9]],
                "labels": [1, 1],
                "image_ids": [1, 2],
                "scores": [0.8, 0.9],
            }
        },
    ),
}
ROWS = [(task, metric) for task in TASKS for metric in metrics_for(task)]
# The best prediction there is, from the truth.
PERFECT = {
    "multiclass": {"labels": CLASSES, "probabilities": np.eye(7)[CLASSES]},
    "object-detection": {"detections": {**DATA["object-detection"][0], "scores": [1.0, 1.0]}},
    "language-modeling": {"logits": 9.0 * np.eye(7)[CLASSES]},
}


def test_every_task_has_data():
    assert set(DATA) == set(TASKS)


@pytest.mark.parametrize(("task", "metric"), ROWS, ids=[f"{task}-{metric.name}" for task, metric in ROWS])
def test_a_row_names_a_public_function_and_how_to_call_it(task, metric):
    truth, predictions = DATA[task]
    perfect = PERFECT.get(task, {}).get(metric.needs, truth)
    function = attrgetter(metric.function)(tv)
    assert set(metric.params) <= set(inspect.signature(function).parameters)
    flat = (lambda x: x.reshape(-1)) if task == "ranking" else (lambda x: x)
    groups = [np.repeat(np.arange(len(truth)), truth.shape[1])] if task == "ranking" else []
    values = [
        function(flat(truth), flat(answer), *groups, **metric.params) for answer in (predictions[metric.needs], perfect)
    ]
    assert all(isinstance(value, float) for value in values)
    # The direction is what the function does with a perfect answer.
    assert (values[1] > values[0]) == metric.higher_is_better
    assert values[0] != values[1]
    assert metric.title
    assert metric.reason


@pytest.mark.parametrize("task", TASKS)
def test_one_metric_decides(task):
    for advice in (metrics_for(task), metrics_for(task, DATA[task][0])):
        assert [metric.decides for metric in advice] == [True] + [False] * (len(advice) - 1)
        assert len({metric.name for metric in advice}) == len(advice)
        assert advice[1:] == advice.metrics[1:]
        assert str(advice).startswith(f"{task}: decide by {advice[0].title} ({advice.why})\n")
        assert all(metric.reason in str(advice) for metric in advice)


def cautions(advice):
    return {metric.name: metric.caution for metric in advice if metric.caution}


def test_rare_positives():
    advice = metrics_for("binary", ["no"] * 190 + ["yes"] * 10)
    assert advice[0].name == "average_precision_score"
    assert cautions(advice)["accuracy_score"] == "always answering no is right in 95.0 % of the rows"
    assert "roc_auc_score" in cautions(advice)
    assert not {"f1_score", "matthews_corrcoef"} & set(cautions(advice))
    assert advice.findings == ("10 of 200 rows are yes (5.0 %)", "10 rows only are yes: expect wide intervals")
    assert metrics_for("binary", [0] * 190 + [1] * 10, predictions="labels")[0].name == "f1_score"


def test_frequent_positives():
    advice = metrics_for("binary", [0] * 10 + [1] * 190, predictions="labels")
    assert cautions(advice)["f1_score"] == "most rows are 1: always answering so earns 0.95 or more"
    assert "10 rows only are 0: expect wide intervals" in advice.findings


def test_positive_of_two_labels():
    """By default the larger one, which is said of text where it has most rows."""
    labels = ["normal"] * 190 + ["fraud"] * 10
    note = "normal is taken for positive, as the larger label; positive='fraud' otherwise"
    advice = metrics_for("binary", labels)
    assert advice[0].name == "roc_auc_score"
    assert advice.findings[:2] == ("190 of 200 rows are normal (95.0 %)", note)
    for quiet in (["no"] * 3 + ["yes"] * 2, ["no", "yes"] * 2, [0] + [1] * 9, [False] + [True] * 9):
        assert not any("taken for positive" in found for found in metrics_for("binary", quiet).findings)
    named = metrics_for("binary", labels, positive="normal")
    assert named.metrics == advice.metrics
    assert note not in named.findings

    rare = metrics_for("binary", labels, positive="fraud")
    assert (rare[0].name, rare.why) == ("average_precision_score", "positives are rare")
    assert rare.findings == (
        "10 of 200 rows are fraud (5.0 %)",
        "ROC AUC and log loss take normal for positive, as the larger label: give them 1 for fraud and 0 for normal",
        "10 rows only are fraud: expect wide intervals",
    )
    as_numbers = metrics_for("binary", [label == "fraud" for label in labels])
    assert [metric.name for metric in rare] == [metric.name for metric in as_numbers]
    assert cautions(rare).keys() == cautions(as_numbers).keys()
    assert cautions(rare)["accuracy_score"] == "always answering normal is right in 95.0 % of the rows"


@pytest.mark.parametrize(
    ("values", "positive"), [((0, 1), 0), ((0, 1), 1), ((1, 2), None), (("a", "b"), None), (("a", "b"), "a")]
)
def test_metrics_are_told_the_positive_label(values, positive):
    """As advised they are those of the labels 0 and 1, and no other function has an argument for it."""
    labels = np.array(values)[BINARY]
    label = max(values) if positive is None else positive
    zero_one = (labels == label).astype(int)
    told = 0
    for metric in metrics_for("binary", labels, positive=positive):
        function = attrgetter(metric.function)(tv)
        if "pos_label" not in inspect.signature(function).parameters:
            assert not metric.params
            continue
        told += 1
        assert metric.params == ({} if values == (0, 1) and label == 1 else {"pos_label": label})
        scores = np.random.default_rng(1).random(N)
        guess, as_numbers = scores, scores
        if metric.needs == "labels":
            guess = np.where(scores < 0.3, labels[::-1], labels)
            as_numbers = (guess == label).astype(int)
        assert 0 < function(labels, guess, **metric.params) == function(zero_one, as_numbers) < 1
    assert told == 5


def test_even_classes():
    assert metrics_for("binary", BINARY)[0].name == "roc_auc_score"
    assert metrics_for("binary", BINARY, predictions="labels")[0].name == "accuracy_score"
    assert not cautions(metrics_for("binary", BINARY))
    assert metrics_for("multiclass", CLASSES)[0].name == "accuracy_score"


def test_uneven_classes():
    advice = metrics_for("multiclass", [0] * 90 + [1] * 9 + [2])
    assert advice[0].name == "f1_score_macro"
    assert cautions(advice)["accuracy_score"] == "always answering 0 is right in 90.0 % of the rows"
    assert "1 row only are 2: expect wide intervals" in advice.findings
    assert "top_k_accuracy_score_at_5" not in {metric.name for metric in advice}  # there are three classes


def test_multilabel_without_rows_of_a_label():
    marks = MARKS.copy()
    assert metrics_for("multilabel", marks)[0].name == "average_precision_score_macro"
    marks[:, 2] = 0
    advice = metrics_for("multilabel", marks)
    assert advice[0].name == "label_ranking_average_precision_score"
    assert cautions(advice)["f1_score_macro"] == "1 label has no row, and no value"
    assert metrics_for("multilabel", marks, predictions="labels")[0].name == "f1_score_micro"


def test_sparse_labels():
    marks = np.eye(20, dtype=bool)[np.arange(40) % 20]
    assert cautions(metrics_for("multi_label", marks))["hamming_loss"] == "answering nothing at all earns 0.050"


def test_uneven_grades():
    assert metrics_for("ordinal", CLASSES)[0].name == "mean_absolute_error"
    assert metrics_for("ordinal", [3] * 50 + [1, 2, 4])[0].name == "cohen_kappa_score_quadratic"


def test_far_out_labels():
    values = np.concatenate([RNG.normal(10, 1, 400), [1e4, -1e4]])
    advice = metrics_for("regression", values)
    assert advice[0].name == "mean_absolute_error"
    assert "2 of 402 labels are far out" in advice.findings
    assert set(cautions(advice)) >= {"mean_squared_error", "root_mean_squared_error", "r2_score"}
    # A tenth of them is no accident.
    assert metrics_for("regression", np.concatenate([values[:400], [1e4] * 40]))[0].name == "root_mean_squared_error"


def test_what_labels_forbid():
    names = {metric.name for metric in metrics_for("regression", [-1.5, 2.0, 3.0])}
    assert not {"root_mean_squared_log_error", "mean_poisson_deviance"} & names
    names = {metric.name for metric in metrics_for("regression", COUNTS)}
    assert {"root_mean_squared_log_error", "mean_poisson_deviance"} <= names
    assert "mean_absolute_percentage_error" in cautions(metrics_for("regression", [0.0, 1.0, 2.0]))


def test_ranking_by_query():
    group = np.repeat(np.arange(8), 15)
    order = RNG.permutation(group.size)
    flat = metrics_for("retrieval", RELEVANCE.reshape(-1)[order], group=group[order])
    matrix = metrics_for("ranking", RELEVANCE)
    assert flat.findings == matrix.findings
    assert flat[0].name == matrix[0].name == "ndcg_score_at_10"
    assert metrics_for("ranking", RELEVANCE[:, :9])[0].name == "ndcg_score"
    assert any("one relevant document" in found for found in metrics_for("ranking", np.eye(4)).findings)
    graded = metrics_for("ranking", RELEVANCE * 2)
    assert cautions(graded).keys() == {m.name for m in graded if not m.function.endswith("ndcg_at_k")}
    assert (
        "1 of 3 queries have no relevant document, and count as 0"
        in metrics_for("ranking", [[0, 0], [0, 1], [1, 0]]).findings
    )


def test_number_of_relevant_documents_is_a_mean():
    relevance = [[1, 1, 0], [1, 0, 0]]
    expected = "2 queries of 3 documents, on average 1.5 relevant ones a query"
    assert expected in metrics_for("ranking", relevance).findings


def test_ignored_pixels_are_left_out():
    maps = np.repeat([0, 1, 255], [40, 50, 10]).astype(np.uint8).reshape(2, 5, 10)
    advice = metrics_for("segmentation", maps, ignore_index=255)
    assert advice.findings[:2] == ("2 classes with 40 to 50 pixels", "10 of 100 pixels are 255, and left out")
    assert not cautions(advice)
    assert all(metric.params == {"ignore_index": 255} for metric in advice)
    assert "segmentation.iou_score(y_true, y_pred, ignore_index=255)" in str(advice)
    assert "pixel_accuracy" in cautions(metrics_for("segmentation", maps))
    # A label that no pixel has; and what is known without maps.
    assert metrics_for("segmentation", maps, ignore_index=-1).findings[0] == "3 classes with 10 to 50 pixels"
    assert metrics_for("segmentation", ignore_index=255)[0].params == {"ignore_index": 255}


def compared(task, names, **options):
    """What the call that the advice writes gives."""
    (found,) = [found for found in metrics_for(task, **options).findings if "two models are compared" in found]
    return eval(found[found.index("trueval.") :], {"trueval": tv, **names})


def test_how_two_models_are_compared():
    base, tuned = (np.where(np.random.default_rng(k).random(MAPS.shape) < 0.1 * k, 0, MAPS) for k in (3, 1))
    found = compared("segmentation", {"y_true": MAPS, "base": base, "tuned": tuned}, ignore_index=2)
    assert (found.base, found.n) == (tv.segmentation.iou_score(MAPS, base, ignore_index=2), len(MAPS))

    query = np.repeat(np.arange(8), 15)
    truth = RELEVANCE.reshape(-1)
    values = [tv.retrieval.ndcg_at_k(truth, RNG.random(query.size), query, aggregate=None) for _ in range(2)]
    found = compared("ranking", {"base": values[0], "tuned": values[1]})
    assert (found.tuned, found.n) == (pytest.approx(values[1].mean(), rel=1e-15), 8)  # a sum in another order

    references, answers = DATA["question-answering"][0], DATA["question-answering"][1]["answers"]
    found = compared("qa", {"references": references, "base": answers, "tuned": references})
    assert (found.base, found.tuned, found.n) == (tv.question_answering.token_f1(references, answers), 1.0, 2)


@pytest.mark.parametrize(("task", "names"), [("translation", "references"), ("detection", "truth")])
def test_how_translations_and_detections_are_compared(task, names):
    """By a call that fits the signature, and the metric that decides; the packages that they need are extras."""
    advice = metrics_for(task)
    function = attrgetter(f"{task}.compare")(tv)
    written = f'trueval.{task}.compare({names}, base, tuned, metric="{advice[0].name}")'
    assert advice.findings[-1].endswith(written)
    assert list(inspect.signature(function).parameters)[:4] == [names, "base", "tuned", "metric"]


def test_background_of_label_maps():
    maps = np.zeros((2, 10, 10), np.uint8)
    maps[0, 0, :5] = 1
    caution = cautions(metrics_for("segmentation", maps))["pixel_accuracy"]
    assert caution == "always answering 0 is right in 97.5 % of the pixels"


def test_logits_are_all_that_a_softmax_makes_of_them():
    assert metrics_for("binary", predictions="logits").metrics == metrics_for("binary").metrics
    assert metrics_for("causal-lm", predictions="logits").metrics == metrics_for("language-modeling").metrics
    assert metrics_for("causal-lm", [[5, 7, -100], [2, 9, 11]]).findings == ("2 texts: expect wide intervals",)


def test_what_may_decide_is_logged():
    """Of the tasks that `compute_metrics` knows, whatever the labels are, and little else."""
    shapes = [
        Shape(),
        Shape(share=0.01),
        Shape(share=0.15),
        Shape(sizes=(99, 1)),
        Shape(sizes=(9, 0)),
        Shape(tails=0.01),
    ]
    for task in ("binary", "multiclass", "multilabel", "regression", "language-modeling"):
        advice = metrics_for(task)
        logged = {metric.name for metric in advice if metric.logged}
        for form in {metric.needs for metric in advice}:
            names = [metric.name for metric in metrics_for(task, predictions=form)]
            assert {headline(task, shape, names)[0] for shape in shapes} <= logged
        assert len(logged) <= 6


def test_the_command_line_takes_its_metrics_from_here():
    for task, metrics in METRICS.items():
        rows = {metric.name: metric for metric in metrics_for(task)}
        assert {metric.name for metric in metrics} == {row.name for row in rows.values() if row.compared}
        for metric in metrics:
            row = rows[metric.name]
            assert (metric.title, metric.higher_is_better) == (row.title, row.higher_is_better)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clustering",), r"task must be one of 'binary', .*, got 'clustering'"),
        (("binary", [0, 1, 2]), "y_true must have two distinct values for a binary task, got 3"),
        (("multiclass", [1, 1]), "y_true must have two distinct values or more"),
        (("multilabel", [[0, 2]]), "y_true must be a matrix of 0 and 1"),
        (("ordinal", ["low", "high"]), "text has no order"),
        (("ordinal", [0.5, 1.0]), "whole numbers"),
        (("ranking", [[1, -1]]), "0 or more"),
        (("ranking", [1, 0, 1]), r"with group=, the query of each row; got shape \(3,\) without group"),
        (
            ("multiclass", [0.25, 1.0, 2.0]),
            r"must hold classes for a multiclass task .*, got 0\.25; .*task='regression'",
        ),
        (("binary", np.array([0.5, 1.0], np.float16)), r"must hold classes for a binary task .*, got 0\.5; "),
        (("regression", []), "Found array with 0 sample"),
        (("regression", [1.0, np.nan]), "NaN"),
        (("binary", [0.0, np.nan]), "NaN"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics_for(*arguments)


def test_refusals_of_keywords():
    with pytest.raises(ValueError, match="group makes sense for ranking only"):
        metrics_for("binary", [0, 1], group=[1, 1])
    with pytest.raises(ValueError, match="group needs y_true"):
        metrics_for("ranking", group=[1, 1])
    with pytest.raises(ValueError, match="positive makes sense for binary only, got task='multiclass'"):
        metrics_for("multiclass", [0, 1], positive=0)
    with pytest.raises(ValueError, match="positive needs y_true"):
        metrics_for("binary", positive=0)
    for odd in ("c", 1, ["a"], np.array(["a", "b"])):
        with pytest.raises(ValueError, match="positive must be a label in y_true, 'a' or 'b', got"):
            metrics_for("binary", ["a", "b"], positive=odd)
    for task in TASKS:
        if task != "semantic-segmentation":
            with pytest.raises(ValueError, match=f"ignore_index makes sense for semantic-segmentation only, .*{task}"):
                metrics_for(task, ignore_index=255)
    with pytest.raises(TypeError, match=r"ignore_index must be an integer or None, got 2\.5"):
        metrics_for("segmentation", MAPS, ignore_index=2.5)
    with pytest.raises(ValueError, match="a pixel that is not ignore_index=255, got none"):
        metrics_for("segmentation", [[255, 255]], ignore_index=255)
    with pytest.raises(ValueError, match=r"predictions must be among .*, got 'margins'"):
        metrics_for("binary", predictions="margins")
    with pytest.raises(ValueError, match="no metric of regression takes predictions='labels'"):
        metrics_for("regression", predictions="labels")
    with pytest.raises(TypeError, match="task must be a str, got NoneType"):
        metrics_for(None)
    with pytest.raises(TypeError, match="a mixture that has no order"):
        metrics_for("binary", np.array([1, "a"], dtype=object))


def test_whole_floats_are_classes():
    assert metrics_for("binary", [0.0, 1.0, 1.0]).metrics == metrics_for("binary", [0, 1, 1]).metrics
    assert metrics_for("multiclass", [0.0, 1.0, 2.0])[0].name == "accuracy_score"


def test_it_is_imported_at_first_use():
    code = "import sys, trueval; assert 'trueval.tasks' not in sys.modules; print(trueval.tasks.TASKS[0])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "binary\n"


def test_label_maps_of_several_sizes() -> None:
    maps = [np.zeros((2, 3), np.uint8), np.ones((4, 4), np.uint8), np.full((1, 2), 255, np.uint8)]
    advice = metrics_for("semantic-segmentation", maps, ignore_index=255)
    assert "2 classes with 6 to 16 pixels" in advice.findings
    with pytest.raises(ValueError, match="y_true must hold integers or booleans, got an array of float64"):
        metrics_for("semantic-segmentation", np.zeros((2, 2)))
