"""The page: what is plotted, against scikit-learn and by simulation; its structure, for every task."""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import reports
import trueval as tv
from scipy.stats import binomtest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from trueval.report import html, pictures, points

TOLERANCE = {"rtol": 1e-12, "atol": 1e-12}
VOID = {"meta", "link", "br", "img", "hr", "input"}
EVIL = "<script>alert('x')</script>&\"$x_1$"


@pytest.fixture
def scores():
    random = np.random.default_rng(0)
    truth = (random.random(4000) < 0.2).astype(np.uint8)
    # Rounded, so that there are ties.
    score = np.round(1 / (1 + np.exp(-(2.0 * truth - 1.5 + random.normal(size=4000)))), 4)
    return truth, score, random.integers(1, 9, 4000) / 4


# What is plotted ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [60, 4000])
def test_roc_points_are_scikit_learns(scores, rows, weighted):
    truth, score, weight = (x[:rows] for x in scores)
    weight = weight if weighted else None
    found = points.roc(points.count_scores(truth, score, weight))
    fpr, tpr, _ = sk.roc_curve(truth, score, sample_weight=weight, drop_intermediate=False)
    assert len(found.x) <= points.MOST_POINTS + 1
    place = np.array([np.hypot(fpr - x, tpr - y).argmin() for x, y in zip(found.x, found.y)])
    np.testing.assert_allclose(fpr[place], found.x, **TOLERANCE)
    np.testing.assert_allclose(tpr[place], found.y, **TOLERANCE)
    # What was left out does not show: a line is 0.005 thick.
    assert sk.auc(found.x, found.y) == pytest.approx(sk.roc_auc_score(truth, score, sample_weight=weight), abs=5e-4)
    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [60, 4000])
def test_precision_recall_points_are_scikit_learns(scores, rows, weighted):
    truth, score, weight = (x[:rows] for x in scores)
    weight = weight if weighted else None
    found = points.precision_recall(points.count_scores(truth, score, weight))
    precision, recall, _ = sk.precision_recall_curve(truth, score, sample_weight=weight)
    assert len(found.x) <= points.MOST_POINTS
    place = np.array([np.hypot(recall[:-1] - x, precision[:-1] - y).argmin() for x, y in zip(found.x, found.y)])
    np.testing.assert_allclose(recall[place], found.x, **TOLERANCE)
    np.testing.assert_allclose(precision[place], found.y, **TOLERANCE)
    area = np.sum(np.diff(found.x, prepend=0) * found.y)
    assert area == pytest.approx(sk.average_precision_score(truth, score, sample_weight=weight), abs=2e-3)


@pytest.mark.parametrize("curve", [points.roc, points.precision_recall])
@pytest.mark.parametrize("rows", [20, 60, 4000])
def test_bands_hold_their_curve(scores, curve, rows):
    truth, score, weight = (x[:rows] for x in scores)
    for part in (None, weight):
        found = curve(points.count_scores(truth, score, part))
        at = points.interpolated if curve is points.roc else points._precision_at
        middle = at(found.grid, found.x, found.y)
        assert np.all(found.low <= middle)
        assert np.all(middle <= found.high)
        assert np.mean(found.high - found.low) > 0.005


def test_more_rows_make_narrower_bands():
    width = []
    for rows in (400, 6400):
        random = np.random.default_rng(1)
        truth = np.arange(rows) % 2
        band = points.roc(points.count_scores(truth, truth + random.normal(size=rows)))
        width.append(float(np.mean(band.high - band.low)))
    assert width[0] / width[1] == pytest.approx(4, rel=0.15)


def test_equal_weights_do_not_change_bands_and_unequal_ones_widen_them(scores):
    truth, score, weight = scores
    plain, equal, unequal = (
        points.roc(points.count_scores(truth, score, part)) for part in (None, np.full(len(truth), 2.5), weight**4)
    )
    np.testing.assert_allclose(equal.low, plain.low, atol=1e-12)
    np.testing.assert_allclose(equal.high, plain.high, atol=1e-12)
    assert np.mean(unequal.high - unequal.low) > 1.3 * np.mean(plain.high - plain.low)


@pytest.mark.parametrize("weighted", [False, True])
def test_bands_cover_the_true_curve(weighted):
    """95 % at each point; of 300 samples a coverage of 95 % has a standard error of 1.3 %."""
    from scipy.stats import norm

    random = np.random.default_rng(2)
    held_roc, held_precision = [], []
    for _ in range(300):
        truth = (random.random(300) < 0.4).astype(np.uint8)
        score = 1.2 * truth + random.normal(size=300)
        weight = random.integers(1, 4, 300) / 2 if weighted else None
        counted = points.count_scores(truth, score, weight)
        roc, precision = points.roc(counted, 200), points.precision_recall(counted, 200)
        at = [40, 100]
        true_tpr = norm.sf(norm.isf(roc.grid[at]) - 1.2)
        held_roc.append((roc.low[at] <= true_tpr) & (true_tpr <= roc.high[at]))
        recall = precision.grid[[60, 120]]
        threshold = norm.isf(recall) + 1.2
        true_precision = 0.4 * recall / (0.4 * recall + 0.6 * norm.sf(threshold))
        low, high = precision.low[[60, 120]], precision.high[[60, 120]]
        held_precision.append((low <= true_precision) & (true_precision <= high))
    for held in (held_roc, held_precision):
        # Percentiles of a bootstrap are a little short of their level for some hundreds of rows.
        assert 0.90 <= np.mean(held) <= 0.985


def test_reliability_is_scikit_learns(scores):
    truth, score, _ = scores
    # Without ties, bins of equally many rows are the same whichever way they are counted.
    score = (np.argsort(np.argsort(score, kind="stable")) + 0.5) / len(score)
    found = points.reliability(points.count_scores(truth, score), bins=10)
    observed, predicted = calibration_curve(truth, score, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.observed, observed, **TOLERANCE)
    np.testing.assert_allclose(found.predicted, predicted, **TOLERANCE)
    assert found.weight.sum() == len(truth)
    for k in (0, 5, 9):
        bounds = binomtest(round(observed[k] * 400), 400).proportion_ci(method="wilson")
        assert (found.low[k], found.high[k]) == pytest.approx((bounds.low, bounds.high), abs=1e-12)


def test_reliability_counts_weights_and_ties(scores):
    truth, score, weight = scores
    score = np.round(score, 1)
    found = points.reliability(points.count_scores(truth, score, weight))
    assert found.weight.sum() == pytest.approx(weight.sum())
    assert np.dot(found.weight, found.observed) == pytest.approx(np.dot(weight, truth))
    assert np.dot(found.weight, found.predicted) == pytest.approx(np.dot(weight, score))
    assert np.all(np.diff(found.predicted) > 0)
    assert np.all((found.low <= found.observed) & (found.observed <= found.high))


def test_distributions_are_histograms_of_the_rows(scores):
    truth, score, weight = scores
    edges = np.linspace(0.1, 0.9, 21)
    for part in (None, weight):
        found = points.distribution(points.count_scores(truth, score, part), edges)
        for k, share in enumerate(found):
            chosen = truth == k
            w = None if part is None else part[chosen]
            counts, _ = np.histogram(np.clip(score[chosen], 0.1, 0.9), edges, weights=w)
            np.testing.assert_allclose(share, counts / counts.sum(), **TOLERANCE)


@pytest.mark.parametrize("weighted", [False, True])
def test_confusions_are_scikit_learns(weighted):
    random = np.random.default_rng(3)
    truth, label = random.integers(0, 5, 500), random.integers(0, 5, 500)
    weight = random.random(500) if weighted else None
    found = points.confusion(truth, [label, truth], list("abcde"), weight)
    for counts, predicted in zip(found.counts, (label, truth)):
        np.testing.assert_allclose(counts, sk.confusion_matrix(truth, predicted, sample_weight=weight), **TOLERANCE)
    assert (found.names, found.others) == (list("abcde"), 0)


def test_of_many_classes_the_most_confused_are_shown():
    random = np.random.default_rng(4)
    truth = random.integers(0, 3000, 60_000)
    label = truth.copy()
    swapped = np.isin(truth, [7, 8]) | (random.random(60_000) < 0.002)
    label[truth == 7], label[truth == 8] = 8, 7
    found = points.confusion(truth, [label, truth], [f"c{k}" for k in range(3000)])
    assert swapped.any()
    assert len(found.names) == 13
    assert {"c7", "c8"} <= set(found.names)
    assert found.others == 2988
    assert found.names[-1] == "others"
    place = found.names.index("c7"), found.names.index("c8")
    assert found.counts[0][place] == np.sum(truth == 7)
    assert found.counts[0].sum() == 60_000


def test_recalls_are_scikit_learns():
    random = np.random.default_rng(5)
    truth, label, weight = random.integers(0, 4, 300), random.integers(0, 4, 300), random.random(300)
    for part in (None, weight):
        found = points.recalls(truth, [label], 4, part)
        np.testing.assert_allclose(
            found.values[0], sk.recall_score(truth, label, average=None, sample_weight=part), **TOLERANCE
        )
        assert np.all((found.low[0] < found.values[0]) & (found.values[0] < found.high[0]))
    assert math.isnan(points.recalls(truth, [label], 5).values[0][4])


def test_densities_and_trends_are_numpys():
    random = np.random.default_rng(6)
    x, y, weight = random.random(5000), random.random(5000), random.random(5000)
    edges = np.linspace(0, 1, 9)
    for part in (None, weight):
        counts, _, _ = np.histogram2d(x, y, [edges, edges], weights=part)
        np.testing.assert_allclose(points.density(x, y, edges, edges, part), counts / counts.sum(), **TOLERANCE)
        np.testing.assert_allclose(points.shares(x, edges, part), counts.sum(axis=1) / counts.sum(), **TOLERANCE)
        at, mean = points.trend(x, y, part, bins=8)
        cuts = np.quantile(x, [2 / 8, 3 / 8])
        chosen = (x >= cuts[0]) & (x < cuts[1])
        w = None if part is None else part[chosen]
        assert len(at) == len(mean) == 8
        assert at[2] == pytest.approx(np.average(x[chosen], weights=w))
        assert mean[2] == pytest.approx(np.average(y[chosen], weights=w))


def test_gains_are_scikit_learns_query_by_query():
    problem = reports.ranking()
    queries, score = problem.truth, problem.models[0].forms["score"]
    value, place = queries.gains(score), queries.ranked
    assert np.array_equal(place, np.flatnonzero(queries.size > 1))
    for start, size, found in zip(queries.start[place], queries.size[place], value):
        rows = queries.order[start : start + size]
        assert found == pytest.approx(sk.ndcg_score([queries.relevance[rows]], [score[rows]]), rel=1e-12)


def test_what_is_drawn_at_random_is_the_same_again(scores):
    truth, score, _ = scores
    first, again = (points.roc(points.count_scores(truth, score)) for _ in range(2))
    assert np.array_equal(first.low, again.low)
    some = points.drawn(1000, 100)
    assert np.array_equal(some, points.drawn(1000, 100))
    assert points.drawn(100, 100) == slice(None)
    assert len(some) == 100
    assert 0 <= some.min() <= some.max() < 1000


# The page -------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page, with the text and the ids; fails where tags do not match."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.headings, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2", "h3", "h4"):
            self.headings.append((int(self.open[-1][1]), data))
        if "style" not in self.open:
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def problems():
    random = np.random.default_rng(7)
    hard = random.integers(0, 2, (3, 200))
    weight = random.integers(1, 5, 300) / 2
    queries = np.repeat(np.arange(60), 5)
    names = ["ant", "bee", "cow"]
    many = random.integers(0, 40, (3, 900))
    return {
        "binary": lambda: reports.binary(600),
        "binary, scores": lambda: reports.binary(600, logits=True),
        "binary, labels": lambda: reports.problem_of(*hard),
        "binary, weights": lambda: reports.binary(300, weight=weight),
        "binary, one model": lambda: reports.problem_of(hard[0], random.random(200)),
        "multiclass": lambda: reports.multiclass(300),
        "multiclass, labels": lambda: reports.multiclass(300, classes=3, names=names, matrix=False),
        "multiclass, many": lambda: reports.problem_of(*many),
        "multiclass, weights": lambda: reports.multiclass(300, weight=weight),
        "multiclass, one model": lambda: reports.problem_of(many[0] % 4, many[1] % 4),
        "regression": lambda: reports.regression(300),
        "regression, many rows": lambda: reports.regression(5000),
        "regression, weights": lambda: reports.regression(300, weight=weight),
        "regression, one model": lambda: reports.problem_of(random.normal(size=99), random.normal(size=99)),
        "ranking": lambda: reports.ranking(60),
        "ranking, weights": lambda: reports.problem_of(
            random.integers(0, 3, 300), random.normal(size=300), random.normal(size=300),
            group=queries, weight=queries % 7 + 1.0,
        ),
        "ranking, one model": lambda: reports.problem_of(queries % 3, random.normal(size=300), group=queries),
    }  # fmt: skip


PICTURES = {
    "binary": ["roc", "precision-recall", "calibration", "scores", "confusion"],
    "binary, scores": ["roc", "precision-recall", "scores"],
    "binary, labels": ["confusion"],
    "binary, weights": ["roc", "precision-recall", "calibration", "scores", "confusion"],
    "binary, one model": ["roc", "precision-recall", "calibration", "scores", "confusion"],
    "multiclass": ["confusion", "recall", "calibration", "scores"],
    "multiclass, labels": ["confusion", "recall"],
    "multiclass, many": ["confusion", "recall"],
    "multiclass, weights": ["confusion", "recall", "calibration", "scores"],
    "multiclass, one model": ["confusion", "recall"],
    "regression": ["residuals", "residual-histogram"],
    "regression, many rows": ["residuals", "residual-histogram"],
    "regression, weights": ["residuals", "residual-histogram"],
    "regression, one model": ["residuals", "residual-histogram"],
    "ranking": ["query-differences", "query-values"],
    "ranking, weights": ["query-differences", "query-values"],
    "ranking, one model": ["query-values"],
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_task_has_a_sound_page(name):
    problem = problems()[name]()
    report = reports.report_of(problem, slices=reports.slices_of() if name == "binary" else ())
    text = html.page(report, problem)
    assert text == html.page(report, problem)
    page = Page(text)
    drawn = [x["aria-labelledby"].removeprefix("title-") for x in page.all("section")]
    assert sorted(drawn) == sorted(PICTURES[name])

    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == 1
    assert page.all("script") == []
    assert page.all("link") == [{"rel": "icon", "href": "data:,"}]
    policy = next(x["content"] for x in page.all("meta") if x.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//|@import|url\((?!#)", text)

    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    assert len(page.ids) == len(set(page.ids))
    named = [x for _, attributes in page.elements for x in attributes.get("aria-labelledby", "").split()]
    referred = re.findall(r"url\(#([^)]+)\)", text) + [
        x["href"][1:] for x in page.all("use") if x["href"].startswith("#")
    ]
    assert set(named) | set(referred) <= set(page.ids)
    assert all("aria-labelledby" in x for _, x in page.elements if x.get("role") == "img")
    drawings = [x for x in page.all("svg") if x.get("class") == "drawing"]
    assert len(drawings) == sum(x.get("role") == "img" for _, x in page.elements)
    assert all(x.get("aria-hidden") == "true" for x in page.all("svg") if x not in drawings)
    assert "#0a0b" not in text
    assert not re.search(r"\b(?:nan|None|inf)\b", " ".join(page.text))

    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in x for x in page.all("th"))
    body = " ".join(page.text)
    for row in report.rows:
        assert row.title in body
    for role in report.models.values():
        assert role in body
    assert report.file in body
    assert tv.backend() in body
    assert all(note in body for note in report.notes)
    assert report.verdict in body


def test_the_numbers_on_the_page_are_the_reports():
    problem = reports.binary(500)
    report = reports.report_of(problem, slices=reports.slices_of())
    page = Page(html.page(report, problem))
    text = " ".join("".join(page.text).split())
    row = report.rows[0]
    for value in row.values:
        assert f"{value:.4f}" in text
    assert f"{row.difference:+.4f}" in text
    low, high = row.interval
    assert f"{low:+.4f} to {high:+.4f}".replace("-", "\N{MINUS SIGN}") in text
    assert "1,800" in text
    assert "rows needed" in text
    assert text.count("tuned is") >= 2
    for part in report.slices:
        assert part.value in text
    place = [text.index(part.value) for part in report.slices]
    assert place == sorted(place)


@pytest.mark.parametrize("verdict", ["better", "worse", "no evidence of a difference", "equivalent", "undefined"])
def test_a_verdict_is_told_by_words_and_by_a_sign(verdict):
    problem = reports.binary(200)
    report = reports.report_of(problem)
    report.rows = [replace(row, verdict=verdict) for row in report.rows]
    text = html.page(report, problem)
    sign = {"better": "▲", "worse": "▼", "equivalent": "≈", "undefined": "?"}.get(verdict, "○")
    short = "no evidence" if sign == "○" else verdict
    assert f'title="{verdict}"><span aria-hidden="true">{sign}</span>{short}</span>' in text
    heading = text[text.index("<h1>") : text.index("</h1>")]
    assert sign in heading
    word = {"undefined": "cannot be compared"}.get(verdict, verdict)
    assert word in heading.replace("No", "no")


def test_the_sentence_is_set_in_type_and_not_otherwise_changed():
    problem = reports.binary(200)
    sentence = "better: F1 0.1 -> 0.2, +0.1 (95 % interval -0.1 to 0.3), state-of-the-art-2, x-1"
    text = "".join(Page(html.page(reports.report_of(problem, verdict=sentence), problem)).text)
    assert "better: F1 0.1 → 0.2, +0.1 (95 % interval \N{MINUS SIGN}0.1 to 0.3), state-of-the-art-2, x-1" in text


def test_right_is_better_whatever_the_direction():
    rows = [
        reports.row_of("log_loss", "log loss", False, (0.5, 0.4)),
        reports.row_of("accuracy_score", "accuracy", True, (0.5, 0.6)),
        reports.row_of("accuracy_score", "accuracy", True, (0.6, 0.5)),
        reports.row_of("accuracy_score", "accuracy", True, (0.6, math.nan)),
    ]
    loss, gain, loss_of_accuracy, undefined = html._bars(rows)
    assert loss == gain
    assert gain.zero < gain.low < gain.at < gain.high <= 100
    assert 0 <= loss_of_accuracy.low < loss_of_accuracy.at < loss_of_accuracy.high < loss_of_accuracy.zero
    assert undefined is None


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_names_are_text_and_nothing_else(task):
    random = np.random.default_rng(8)
    classes = np.array([EVIL, "</svg><img src=x onerror=y>", "\x00\x1b[0m", "名前", "a" * 200, ""])
    classes = classes[: 2 if task == "binary" else 6]
    codes = random.integers(0, len(classes), (3, 200))
    truth, base, tuned = classes[codes]
    problem = reports.problem_of(truth, base, tuned, names=(EVIL + "1", EVIL + "2"), label=EVIL)
    problem.names = sorted(set(classes.tolist()))
    slices = [reports.Slice(EVIL, EVIL, 3, reports.row_of("x", EVIL, True, (0.1, 0.2)))]
    report = reports.report_of(problem, file=f"{EVIL}\udcff.csv", label=EVIL, slices=slices, notes=[EVIL], verdict=EVIL)
    text = html.page(report, problem)
    text.encode("utf-8")
    page = Page(text)
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    assert "".join(page.text).count(EVIL) > 10
    title = text[text.index("<title>") : text.index("</title>")]
    assert "&lt;script&gt;" in title
    assert "<script" not in text


DEGENERATE = {
    "constant scores": lambda: reports.problem_of([0, 1] * 50, np.full(100, 0.5), np.full(100, 0.25)),
    "constant logits": lambda: reports.problem_of([0, 1] * 50, np.full(100, 3.0), np.full(100, -7.0)),
    "perfect scores": lambda: reports.problem_of([0, 1] * 50, [0.1, 0.9] * 50, [0.0, 1.0] * 50),
    "a row of each class": lambda: reports.problem_of([0, 1], [0.2, 0.7], [0.6, 0.3]),
    "one positive row": lambda: reports.problem_of([0] * 30 + [1], np.linspace(0, 1, 31), np.linspace(0.9, 0.2, 31)),
    "weights of zero": lambda: reports.problem_of(
        [0, 1] * 20, np.linspace(0, 1, 40), np.linspace(0.2, 1, 40), weight=[0.0, 0.0, 1e-200, 3.0] * 10
    ),
    "one class has weight": lambda: reports.problem_of(
        [0, 1] * 20, np.linspace(0, 1, 40), np.linspace(0.2, 1, 40), weight=[1.0, 0.0] * 20
    ),
    "huge scores": lambda: reports.problem_of([0, 1] * 20, np.linspace(-1e300, 1e300, 40), np.linspace(0, 1e-300, 40)),
    "all right": lambda: reports.problem_of([0, 1, 2] * 20, [0, 1, 2] * 20, [0, 1, 2] * 20),
    "all right, probabilities": lambda: reports.problem_of(
        [0, 1, 2] * 20, np.tile(np.eye(3), (20, 1)), np.tile(np.eye(3), (20, 1))
    ),
    "constant values": lambda: reports.problem_of(np.linspace(0.5, 3, 9), np.full(9, 2.5), np.full(9, 1.5)),
    "exact values": lambda: reports.problem_of(*[np.linspace(0.5, 3, 9)] * 3),
    "two rows": lambda: reports.problem_of([0.5, 1.5], [0.2, 1.1], [0.4, 1.4]),
    "huge values": lambda: reports.problem_of(np.linspace(-1e150, 1e150, 50), np.linspace(0, 1e150, 50), np.zeros(50)),
    "one query": lambda: reports.problem_of([1, 0], [0.3, 0.2], [0.1, 0.2], group=[4, 4]),
    "equal rankings": lambda: reports.problem_of([1, 0, 2, 1], [0.3, 0.2, 5, 4], [0.3, 0.2, 5, 4], group=[4, 4, 5, 5]),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.filterwarnings("error")
def test_degenerate_rows_have_a_page(name):
    problem = DEGENERATE[name]()
    report = reports.report_of(problem)
    page = Page(html.page(report, problem))
    assert page.all("section")
    assert not re.search(r"\b(?:nan|inf)\b", " ".join(page.text))
    coordinates = " ".join(x.get("d", "") for x in page.all("path"))
    assert not re.search(r"nan|inf", coordinates)


def test_an_undefined_metric_is_said_to_be_so():
    problem = reports.binary(200)
    report = reports.report_of(problem)
    report.rows[2] = reports.row_of("log_loss", "log loss", False, (0.3, math.nan))
    text = " ".join(Page(html.page(report, problem)).text)
    assert "undefined" in text
    assert "nan" not in text


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_page_stays_small_and_quick(task):
    rows = 1_000_000
    problem = {
        "binary": lambda: reports.binary(rows),
        "multiclass": lambda: reports.multiclass(rows, classes=4),
        "regression": lambda: reports.regression(rows),
    }[task]()
    report = reports.report_of(problem)
    began = time.perf_counter()
    text = html.page(report, problem)
    # A second or two on one core; the bound is for a machine that is busy with other tests, and for the reference.
    assert time.perf_counter() - began < 60
    assert len(text.encode()) < 500_000


def test_pictures_of_very_many_rows_are_of_some_and_say_so(monkeypatch):
    problem = reports.binary(3000)
    whole = {picture.name: picture for picture in pictures.draw(problem, ["base", "tuned"])}
    monkeypatch.setattr(points, "MOST_ROWS", 1000)
    some = {picture.name: picture for picture in pictures.draw(problem, ["base", "tuned"])}
    for name in ("roc", "precision-recall", "calibration", "scores"):
        assert "Drawn from 1,000 of 3,000 rows" in some[name].caption
        assert "Drawn from" not in whole[name].caption
    # Counts are of all the rows.
    assert some["confusion"] == whole["confusion"]


def test_dots_give_way_to_cells(monkeypatch):
    problem = reports.regression(200)
    dots, _ = pictures.draw(problem, ["base", "tuned"])
    monkeypatch.setattr(points, "MOST_DOTS", 100)
    cells, _ = pictures.draw(problem, ["base", "tuned"])
    assert "Each dot is a row" in dots.caption
    assert "The stronger the colour of a cell" in cells.caption
    assert "crispEdges" in cells.panels[0].svg
    # A dot is a line without length, so twice the same point.
    assert len(re.findall(r"M ([\d.]+ [\d.]+) L \1(?= |$|\")", dots.panels[0].svg)) >= 199


def test_without_its_libraries_the_page_says_how_to_get_them(monkeypatch):
    problem = reports.binary(100)
    report = reports.report_of(problem)
    assert html.has_page()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert not html.has_page()
    with pytest.raises(ModuleNotFoundError, match=re.escape("pip install 'trueval[report]'")):
        html.page(report, problem)


def test_drawing_leaves_matplotlib_as_it_was():
    """In a process of its own: whoever has imported pyplot before would hide that the page does."""
    script = (
        "import sys, json; import matplotlib; before = matplotlib.rcParams.copy(); import reports;"
        "from trueval.report import html; problem = reports.binary(200);"
        "html.page(reports.report_of(problem), problem);"
        "print(json.dumps([before == matplotlib.rcParams.copy(), 'matplotlib.pyplot' in sys.modules]))"
    )
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True, text=True, check=True, timeout=120, env={**os.environ, **environment},
    )  # fmt: skip
    assert json.loads(found.stdout) == [True, False]
