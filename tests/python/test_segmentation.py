"""Overlap of label maps: against scikit-learn on their pixels, and the definition spelled out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from trueval import segmentation
from trueval.inference import compare
from trueval.segmentation import dice_score, iou_score, pixel_accuracy

pytestmark = pytest.mark.usefixtures("backend")


def by_hand(true: Any, predicted: Any, label: int, ignored: int | None) -> tuple[int, int, int]:
    """Right, true and predicted pixels of a class, pixel by pixel."""
    pairs = [
        (t, p) for t, p in zip(true.reshape(-1).tolist(), predicted.reshape(-1).tolist(), strict=True) if t != ignored
    ]
    return (
        sum(t == label == p for t, p in pairs),
        sum(t == label for t, _ in pairs),
        sum(p == label for _, p in pairs),
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 30), st.sampled_from([None, 0, 2, 255]))
def test_the_definition(seed: int, images: int, pixels: int, ignored: int | None) -> None:
    random = np.random.default_rng(seed)
    true, predicted = random.choice([0, 1, 2, 3, 255], (2, images, pixels)).astype(np.uint8)
    if ignored is not None:
        true[0, 0] = 1  # a pixel that counts
    labels = [0, 1, 2, 3, 254]
    tallies = [by_hand(true, predicted, label, ignored) for label in labels]
    settings: dict[str, Any] = {"labels": labels, "ignore_index": ignored}
    for function, part, whole in (
        (iou_score, [h for h, _, _ in tallies], [t + p - h for h, t, p in tallies]),
        (dice_score, [2 * h for h, _, _ in tallies], [t + p for _, t, p in tallies]),
        (pixel_accuracy, [h for h, _, _ in tallies], [t for _, t, _ in tallies]),
    ):
        if not any(whole):
            continue
        ratios = [a / b if b else math.nan for a, b in zip(part, whole, strict=True)]
        np.testing.assert_array_equal(function(true, predicted, average=None, **settings), ratios)
        assert function(true, predicted, average="macro", **settings) == pytest.approx(np.nanmean(ratios), rel=1e-15)
        assert function(true, predicted, average="micro", **settings) == sum(part) / sum(whole)
        by_image = function(true, predicted, average=None, per_image=True, **settings)
        alone = [_quietly(function, t, p, average=None, **settings) for t, p in zip(true, predicted, strict=True)]
        np.testing.assert_array_equal(by_image, alone)


def _quietly(function: Any, *arguments: Any, **settings: Any) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **settings)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_scikit_learn_on_the_pixels(dtype: Any) -> None:
    random = np.random.default_rng(1)
    true = random.integers(0, 7, (3, 40, 50)).astype(dtype)
    predicted = np.where(random.random(true.shape) < 0.7, true, random.integers(0, 9, true.shape)).astype(dtype)
    flat = true.reshape(-1), predicted.reshape(-1)
    for average in ("macro", "micro", "weighted", None):
        theirs = sklearn.metrics.jaccard_score(*flat, average=average)
        np.testing.assert_allclose(iou_score(true, predicted, average=average), theirs, rtol=1e-14)
        theirs = sklearn.metrics.f1_score(*flat, average=average)
        np.testing.assert_allclose(dice_score(true, predicted, average=average), theirs, rtol=1e-14)
    assert pixel_accuracy(true, predicted) == sklearn.metrics.accuracy_score(*flat)
    theirs = sklearn.metrics.balanced_accuracy_score(*flat)
    with np.errstate(all="ignore"):
        assert pixel_accuracy(true, predicted, average="macro") == pytest.approx(theirs, rel=1e-14)


def test_what_is_ignored_may_be_predicted() -> None:
    true, predicted = np.array([[1, 1, 255, 0]]), np.array([[1, 255, 1, 0]])
    assert iou_score(true, predicted, ignore_index=255, average=None, labels=[0, 1]).tolist() == [1.0, 0.5]
    # A class of its own among those that occur: it is wrong wherever it is predicted.
    assert iou_score(true, predicted, ignore_index=255, average=None).tolist() == [1.0, 0.5, 0.0]
    assert pixel_accuracy(true, predicted, ignore_index=255) == 2 / 3


def test_images_of_several_sizes() -> None:
    random = np.random.default_rng(2)
    true = [random.integers(0, 3, shape) for shape in ((4, 5), (6, 2), (3, 3))]
    predicted = [random.integers(0, 3, one.shape) for one in true]
    joined = [np.concatenate([one.reshape(-1) for one in maps]) for maps in (true, predicted)]
    assert iou_score(true, predicted) == iou_score(*joined)
    by_image = iou_score(true, predicted, per_image=True)
    np.testing.assert_array_equal(by_image, [iou_score(t, p) for t, p in zip(true, predicted, strict=True)])
    same = [[np.zeros((2, 2), int)] * 2, [np.eye(2, dtype=int)] * 2]
    assert iou_score(*same) == iou_score(np.array(same[0]), np.array(same[1]))


def test_views_and_booleans() -> None:
    random = np.random.default_rng(3)
    true, predicted = random.integers(0, 3, (2, 20, 30))
    assert iou_score(true[::2, ::-3], predicted[::2, ::-3]) == iou_score(
        true[::2, ::-3].copy(), predicted[::2, ::-3].copy()
    )
    assert dice_score(true == 1, predicted == 1, labels=[1]) == dice_score(true, predicted, labels=[1])
    assert iou_score(true.tolist(), predicted.tolist()) == iou_score(true, predicted)


def test_images_without_a_class_that_counts() -> None:
    true, predicted = np.array([[1, 1], [0, 0]]), np.array([[1, 0], [0, 0]])
    found = dice_score(true, predicted, labels=[1], per_image=True)
    np.testing.assert_array_equal(found, [2 / 3, np.nan])
    with pytest.warns(UserWarning, match="No class"):
        assert math.isnan(iou_score(true, predicted, labels=[5]))
    with pytest.warns(UserWarning, match="No class"):
        assert math.isnan(iou_score(true, predicted, ignore_index=None, labels=[7], average="micro"))


def test_values_of_images_go_into_paired_tests() -> None:
    random = np.random.default_rng(4)
    true = random.integers(0, 3, (60, 16, 16))
    noisy = [
        np.where(random.random(true.shape) < share, random.integers(0, 3, true.shape), true) for share in (0.4, 0.2)
    ]
    base, tuned = (iou_score(true, one, per_image=True) for one in noisy)
    found = compare("mean", None, base, tuned)
    assert found.difference == pytest.approx(float(np.mean(tuned - base)), rel=1e-12)
    assert found.pvalue < 1e-6


def two_models(images: int = 12, wrong: tuple[float, float] = (0.5, 0.4)) -> Any:
    """Truth and the maps of two models, each class in each image."""
    random = np.random.default_rng(5)
    true = np.concatenate([np.arange(3).repeat(20)[None, :], random.integers(0, 3, (images - 1, 60))])
    true = true.reshape(images, 6, 10)
    return true, *(
        np.where(random.random(true.shape) < share, random.integers(0, 3, true.shape), true) for share in wrong
    )


@pytest.mark.parametrize("method", ["approximate-randomization", "bootstrap-percentile", "bootstrap-bca", "normal"])
@pytest.mark.parametrize(
    ("metric", "average", "name", "params"),
    [
        ("iou_score", "macro", "jaccard_score", {"average": "macro"}),
        ("iou_score", "weighted", "jaccard_score", {"average": "weighted"}),
        ("dice_score", "macro", "f1_score", {"average": "macro"}),
        ("dice_score", "micro", "f1_score", {"average": "micro"}),
        ("pixel_accuracy", "auto", "accuracy_score", {}),
        ("pixel_accuracy", "macro", "recall_score", {"average": "macro"}),
    ],
)
def test_models_are_compared_as_pixels_in_clusters(
    method: str, metric: str, average: str, name: str, params: dict[str, Any]
) -> None:
    maps = two_models()
    options: dict[str, Any] = {"method": method, "n_resamples": 499, "rng": 0}
    found = segmentation.compare(*maps, metric=metric, average=average, **options)
    image = np.repeat(np.arange(len(maps[0])), maps[0][0].size)
    known = compare(name, *(one.reshape(-1) for one in maps), cluster=image, **params, **options)
    assert found.n == known.n == 12
    # What is summed is whole numbers; the means over the classes are taken in another order.
    for one, other in ((found, known), (found.confidence_interval, known.confidence_interval)):
        for field in set(one._fields if isinstance(one, tuple) else ["base", "tuned", "standard_error", "pvalue"]):
            assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-12, abs=1e-15), field


def test_scipy_lets_images_change_places() -> None:
    true, base, tuned = two_models(8, (0.5, 0.48))

    def difference(a: Any, b: Any, axis: int = -1) -> Any:
        del axis
        shape = np.shape(a)
        pick = np.reshape(a, (-1, shape[-1])).astype(int), np.reshape(b, (-1, shape[-1])).astype(int)
        found = [iou_score(true, both[i, n]) - iou_score(true, both[j, n]) for i, j in zip(*pick, strict=True)]
        return np.reshape(found, shape[:-1])

    both, n = np.stack([base, tuned]), np.arange(8)
    exact = scipy.stats.permutation_test(
        (np.ones(8), np.zeros(8)), difference, permutation_type="samples", vectorized=True, n_resamples=np.inf
    ).pvalue
    found = segmentation.compare(true, base, tuned, n_resamples=19_999, rng=1)
    assert found.difference == pytest.approx(float(difference(np.ones(8), np.zeros(8))), rel=1e-12)
    assert 0.01 < exact < 0.9
    # Five standard errors of a share among so many draws.
    assert found.pvalue == pytest.approx(exact, abs=5 * math.sqrt(exact * (1 - exact) / 19_999))


def test_compared_images_of_several_sizes_with_pixels_of_no_class() -> None:
    random = np.random.default_rng(6)
    shapes = [(5, 7), (4, 4), (9, 2), (6, 6)] * 5
    true = [random.choice([0, 1, 2, 255], shape).astype(np.uint8) for shape in shapes]
    base, tuned = (
        [np.where(random.random(one.shape) < share, np.uint8(7), one) for one in true] for share in (0.3, 0.1)
    )
    scene = np.arange(20) // 2
    found = segmentation.compare(true, base, tuned, ignore_index=255, cluster=scene, n_resamples=999, rng=0)
    assert (found.n, found.wins) == (10, None)
    assert found.base == iou_score(true, base, ignore_index=255, labels=[0, 1, 2, 7])
    assert found.tuned == iou_score(true, tuned, ignore_index=255, labels=[0, 1, 2, 7])
    assert found.pvalue <= 0.01


def test_a_class_that_one_model_alone_predicts_counts_for_that_one() -> None:
    true, base = np.zeros((6, 2, 5), int), np.zeros((6, 2, 5), int)
    tuned = base.copy()
    tuned[:3, 0, 0] = 4
    found = segmentation.compare(true, base, tuned, n_resamples=99, rng=0)
    assert (found.base, found.tuned) == (1.0, iou_score(true, tuned))


def test_compared_images_without_a_class_are_undefined() -> None:
    true, base, tuned = two_models()
    with pytest.warns(UserWarning, match="No class"):
        found = segmentation.compare(true, base, tuned, labels=[9], n_resamples=99, rng=0)
    assert math.isnan(found.difference)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"metric": ["iou_score"]}, r"metric must be one of .*, got \['iou_score'\]"),
        ({"metric": "map"}, "metric must be one of 'iou_score', 'dice_score', 'pixel_accuracy', got 'map'"),
        ({"average": "binary"}, "average must be 'auto', 'macro', 'micro' or 'weighted', got 'binary'"),
        ({"average": None}, "average must be 'auto', 'macro', 'micro' or 'weighted', got None"),
        ({"cluster": [0, 1]}, "inconsistent numbers of samples"),
        ({"method": "delong"}, "method"),
    ],
)
def test_refusals_of_comparisons(settings: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        segmentation.compare(*two_models(), **settings)
    true, base, tuned = two_models()
    with pytest.raises(ValueError, match="y_true and tuned must have one shape"):
        segmentation.compare(true, base, tuned[:-1])
    # The rows of one map are no images.
    with pytest.raises(
        ValueError, match=r"shape \(n_images, height, width\), or be a list of images, got shape \(6, 10\)"
    ):
        segmentation.compare(true[0], base[0], tuned[0])


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (([[0, 1]], [[0, 1, 1]]), {}, "one shape"),
        (([[0.0, 1.0]], [[0, 1]]), {}, "y_true must hold integers"),
        (([[0, 1]], [["a", "b"]]), {}, "y_pred must hold integers"),
        (([], []), {}, "integers|a pixel at least"),
        ((np.zeros((0, 3), int), np.zeros((0, 3), int)), {}, "a pixel at least"),
        (([0, 1], [0, 1]), {"per_image": True}, "axis of images"),
        (([np.zeros((2, 2), int)], [np.zeros((2, 2), int)] * 2), {"per_image": True}, "as many images"),
        (([np.zeros((2, 2), int)], [np.zeros((2, 3), int)]), {"per_image": True}, "of image 0"),
        (([[0, 1]], [[0, 1]]), {"labels": [1, 1]}, "distinct"),
        (([[0, 1]], [[0, 1]]), {"labels": []}, "labels must be a list"),
        (([[0, 1]], [[0, 1]]), {"average": "binary"}, "average"),
    ],
)
def test_refusals(arguments: Any, settings: Any, words: str) -> None:
    for function in (iou_score, dice_score, pixel_accuracy):
        with pytest.raises(ValueError, match=words):
            function(*arguments, **settings)
