"""`trueval.detection` against pycocotools: its numbers, and its numbers on the images that a replicate draws."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from trueval import detection
from trueval._detection_curves import Curves
from trueval.inference import Comparison
from trueval.inference._resampling import Plan
from trueval.inference._samples import COINS, Entries, generator

pytestmark = [
    pytest.mark.usefixtures("backend"),
    # Detectors that are the same, on purpose.
    pytest.mark.filterwarnings("ignore:All replicates are equal"),
]

METRICS = tuple(detection._MEASURES)
# Sums of some thousand terms, in another order than NumPy's mean.
SAME = {"rel": 1e-12, "abs": 0.0}


def coco(seed: int, images: int = 12, categories: int = 3, objects: int = 6, crowds: bool = True) -> dict[str, Any]:
    """Objects of all sizes; some images and one category have none."""
    rng = np.random.default_rng(seed)
    annotations: list[dict[str, Any]] = []
    for image in range(images):
        for _ in range(int(rng.integers(0, objects))):
            left, top, width, height = rng.uniform(0, 300, 2).tolist() + rng.uniform(5, 130, 2).tolist()
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": 100 + image,
                    "category_id": 7 * int(rng.integers(1, categories + 1)),
                    "bbox": [left, top, width, height],
                    "segmentation": [[left, top, left + width, top, left + width, top + height, left, top + height]],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
            if crowds and rng.random() < 0.1:
                annotations[-1]["iscrowd"] = 1
                annotations[-1]["segmentation"] = {"size": [500, 500], "counts": [5000, 30000, 215000]}
    return {
        "images": [{"id": 100 + image, "height": 500, "width": 500} for image in range(images)],
        "categories": [{"id": 7 * (k + 1)} for k in range(categories + 1)],
        "annotations": annotations,
    }


def found(truth: dict[str, Any], noise: float, seed: int, ties: bool = False) -> list[dict[str, Any]]:
    """Objects found more or less where they are, some of them missed, some found twice, some made up."""
    rng = np.random.default_rng(seed)
    detections = []
    for one in truth["annotations"]:
        for _ in range(int(rng.choice([0, 1, 1, 1, 2]))):
            box = np.array(one["bbox"]) + rng.normal(0, noise, 4)
            box[2:] = np.maximum(box[2:], 1.0)
            category = one["category_id"] if rng.random() < 0.9 else 7
            detections.append({"image_id": one["image_id"], "category_id": category, "bbox": box.tolist()})
    for image in truth["images"]:
        for _ in range(int(rng.integers(0, 3))):
            box = [*rng.uniform(0, 300, 2), *rng.uniform(5, 130, 2)]
            detections.append({"image_id": image["id"], "category_id": 14, "bbox": box})
    for one in detections:
        one["score"] = float(np.round(rng.random(), 1 if ties else 6))
    return detections


def theirs(truth: dict[str, Any], detections: list[dict[str, Any]], iou_type: str = "bbox") -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = copy.deepcopy(truth)
        gt.createIndex()
        evaluation = COCOeval(gt, gt.loadRes(copy.deepcopy(detections)), iou_type)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) if value >= 0 else math.nan for value in evaluation.stats]


def copies(truth: dict[str, Any], detections: list[dict[str, Any]], times: Any) -> tuple[dict[str, Any], list[Any]]:
    """As many copies of each image as `times` says, with ids of their own."""
    images: list[Any] = []
    annotations: list[Any] = []
    results: list[Any] = []
    for image, count in zip(truth["images"], times, strict=True):
        for _ in range(int(count)):
            new = len(images) + 1
            images.append({**image, "id": new})
            for one in truth["annotations"]:
                if one["image_id"] == image["id"]:
                    annotations.append({**one, "image_id": new, "id": len(annotations) + 1})
            results += [{**one, "image_id": new} for one in detections if one["image_id"] == image["id"]]
    return {**truth, "images": images, "annotations": annotations}, results


def curves(truth: dict[str, Any], models: list[Any], metric: str) -> Curves:
    measure = detection._MEASURES[metric]
    data, results = detection._dataset(truth, models, "xyxy", "bbox")
    matches = [detection._matches(detection._evaluate(data, one, "bbox", measure), measure) for one in results]
    return Curves(matches, len(truth["images"]))


# values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("ties", [False, True])
def test_numbers_are_those_of_pycocotools(seed: int, ties: bool) -> None:
    truth = coco(seed)
    detections = found(truth, 6.0, seed + 50, ties)
    expected = theirs(truth, detections)
    assert list(detection.summary(truth, detections)) == list(METRICS)
    np.testing.assert_array_equal(list(detection.summary(truth, detections).values()), expected)
    for metric, value in zip(METRICS, expected, strict=True):
        np.testing.assert_array_equal(detection.mean_average_precision(truth, detections, metric=metric), value)


def test_masks() -> None:
    truth = coco(5, crowds=False)
    detections = [
        {**{k: v for k, v in one.items() if k != "bbox"}, "segmentation": [rectangle(one["bbox"])]}
        for one in found(truth, 6.0, 8)
    ]
    masks = COCO()
    for one in detections:
        masks.imgs[one["image_id"]] = {"height": 500, "width": 500}
        one["segmentation"] = masks.annToRLE(one)
    expected = theirs(truth, detections, "segm")
    np.testing.assert_array_equal(list(detection.summary(truth, detections, iou_type="segm").values()), expected)
    # Boxes beside the masks make no difference.
    boxed = [{"bbox": [0, 0, 1, 1], **one} for one in detections]
    np.testing.assert_array_equal(list(detection.summary(truth, boxed, iou_type="segm").values()), expected)
    assert detection.compare(truth, detections, boxed, iou_type="segm", n_resamples=9, rng=0).difference == 0.0


def rectangle(box: Any) -> list[float]:
    left, top, width, height = box
    return [left, top, left + width, top, left + width, top + height, left, top + height]


def test_arrays_and_files(tmp_path: Path) -> None:
    truth = coco(2)
    detections = found(truth, 6.0, 3)
    expected = detection.summary(truth, detections)
    boxes, found_boxes = (np.array([one["bbox"] for one in rows]) for rows in (truth["annotations"], detections))
    arrays = {
        "boxes": boxes,
        "labels": [one["category_id"] for one in truth["annotations"]],
        "image_ids": [one["image_id"] for one in truth["annotations"]],
        "iscrowd": [one["iscrowd"] for one in truth["annotations"]],
        "area": [one["area"] for one in truth["annotations"]],
    }
    results = {
        "boxes": found_boxes,
        "labels": [one["category_id"] for one in detections],
        "image_ids": [one["image_id"] for one in detections],
        "scores": [one["score"] for one in detections],
    }
    assert detection.summary(arrays, results, box_format="xywh") == expected
    for one in (arrays, results):
        box = np.asarray(one["boxes"])
        one["boxes"] = np.hstack([box[:, :2], box[:, :2] + box[:, 2:]])
    # Widths are now differences of two rounded numbers, far from any threshold.
    assert list(detection.summary(arrays, results).values()) == pytest.approx(list(expected.values()), rel=1e-9)
    found_ids = detection.compare(arrays, results, results, n_resamples=2)
    listed = detection.compare({**arrays, "images": np.arange(100, 112)}, results, results, n_resamples=2)
    assert listed.n == 12 >= found_ids.n
    paths = tmp_path / "truth.json", tmp_path / "found.json"
    for path, value in zip(paths, (truth, detections), strict=True):
        path.write_text(json.dumps(value))
    assert detection.summary(str(paths[0]), paths[1]) == expected


def test_what_is_passed_stays_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    truth = coco(1)
    detections = found(truth, 6.0, 3)
    before = copy.deepcopy((truth, detections))
    detection.compare(truth, detections, detections, n_resamples=3, rng=0)
    detection.summary(truth, detections)
    assert (truth, detections) == before
    assert capfd.readouterr() == ("", "")


def test_an_object_with_the_id_0_is_found() -> None:
    truth = {
        "images": [{"id": 1}],
        "categories": [{"id": 1}],
        "annotations": [{"id": 0, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81}],
    }
    result = [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "score": 0.5}]
    assert detection.mean_average_precision(truth, result) == pytest.approx(1.0)


def test_nothing_found_and_nothing_there() -> None:
    truth = coco(3)
    assert detection.mean_average_precision(truth, []) == 0.0
    nothing = {**truth, "annotations": []}
    assert math.isnan(detection.mean_average_precision(nothing, found(truth, 6.0, 3)))
    compared = detection.compare(truth, [], found(truth, 6.0, 3), n_resamples=99, rng=0)
    assert (compared.base, compared.difference) == (0.0, compared.tuned)
    assert compared.confidence_interval.low > 0
    assert math.isnan(detection.compare(nothing, [], []).pvalue)


# replicates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_weights_of_one_are_the_value(metric: str) -> None:
    truth = coco(6, images=30)
    detections = found(truth, 6.0, 9, ties=True)
    ones = np.ones((1, 30))
    value = detection.mean_average_precision(truth, detections, metric=metric)
    assert 0 < value < 1
    assert curves(truth, [detections], metric).values(ones, ones)[0] == pytest.approx(value, **SAME)


@pytest.mark.parametrize("seed", range(2))
def test_a_replicate_is_pycocotools_on_copies_of_the_images(seed: int) -> None:
    truth = coco(seed)
    detections = found(truth, 6.0, seed + 20)
    times = np.random.default_rng(seed).multinomial(12, np.full(12, 1 / 12), size=4)
    expected = np.array([theirs(*copies(truth, detections, one)) for one in times])
    weights = times.astype(np.float64)
    for metric, column in zip(METRICS, expected.T, strict=True):
        got = curves(truth, [detections], metric).values(weights, weights)
        np.testing.assert_allclose(got, column, rtol=1e-12, err_msg=metric)


def test_models_that_change_places_are_pycocotools_on_the_mixture() -> None:
    truth = coco(4)
    models = [found(truth, noise, 30) for noise in (9.0, 4.0)]
    sample = evidence(truth, *models).sample
    coins = np.stack([generator(5, COINS, i).integers(2, size=12).astype(bool) for i in range(5)])
    expected = []
    for moved in coins:
        place = {image["id"]: bool(coin) for image, coin in zip(truth["images"], moved, strict=True)}
        mixed = [
            [one for k in (0, 1) for one in models[k] if (place[one["image_id"]] != bool(k)) == bool(which)]
            for which in (0, 1)
        ]
        expected.append(theirs(truth, mixed[1])[0] - theirs(truth, mixed[0])[0])
    np.testing.assert_allclose(sample.swapped(5, 0, 5), expected, rtol=1e-9, atol=1e-14)  # differences of like numbers


def evidence(truth: Any, base: Any, tuned: Any, **options: Any) -> Any:
    """What `compare` knows when it judges."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detection, "judge", lambda known, **_: kept.append(known))
        detection.compare(truth, base, tuned, **options)
    return kept[0]


def test_the_sample_draws_images() -> None:
    """Its replicates are the curves' under the library's own draws, in any company; clusters stay together."""
    truth = coco(4)
    models = [found(truth, noise, 30) for noise in (9.0, 4.0)]
    sample = evidence(truth, *models).sample
    each = np.arange(12, dtype=np.uint32)
    times = Entries(np.ones(12), each, each, 12, 12).replicates(False, 5, 0, 8)
    assert (times.sum(axis=1) == 12).all()
    assert times.max() > 1
    expected = [curves(truth, [one], "map").values(times, times) for one in models]
    np.testing.assert_array_equal(sample.bootstrap(5, 0, 8), expected[1] - expected[0])
    np.testing.assert_array_equal(sample.bootstrap(5, 3, 5), (expected[1] - expected[0])[3:])
    np.testing.assert_array_equal(sample.swapped(5, 2, 3), sample.swapped(5, 0, 5)[2:])

    pairs = {image["id"]: f"video {image['id'] // 2}" for image in truth["images"]}
    clustered = evidence(truth, *models, cluster=pairs).sample
    each = each[:6]
    times = np.repeat(Entries(np.ones(6), each, each, 6, 6).replicates(False, 5, 0, 8), 2, axis=1)
    expected = [curves(truth, [one], "map").values(times, times) for one in models]
    np.testing.assert_array_equal(clustered.bootstrap(5, 0, 8), expected[1] - expected[0])
    assert detection.compare(truth, *models, cluster=pairs, n_resamples=5).n == 6


def test_leaving_images_out() -> None:
    truth = coco(4)
    models = [found(truth, noise, 30) for noise in (9.0, 4.0)]
    values, times = evidence(truth, *models).sample.left_out()
    kept = 1 - np.eye(12, dtype=int)
    value = detection.mean_average_precision
    expected = [value(*copies(truth, models[1], one)) - value(*copies(truth, models[0], one)) for one in kept]
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-14)  # differences of like numbers
    assert times.tolist() == [1.0] * 12


def test_replicates_do_not_depend_on_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = coco(4)
    models = [found(truth, noise, 30) for noise in (9.0, 4.0)]
    whole = evidence(truth, *models).sample.bootstrap(1, 0, 50)
    monkeypatch.setattr("trueval._detection_curves._TABLE", 1)
    monkeypatch.setattr("trueval.inference._statistics._BLOCK", 36)
    np.testing.assert_array_equal(evidence(truth, *models).sample.bootstrap(1, 0, 50), whole)


# verdicts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["auto", "bootstrap-percentile", "bootstrap-basic", "bootstrap-bca", "approximate-randomization"]
)
def test_verdicts(method: str) -> None:
    """A better detector is told from a worse one, and from one that differs by chance alone."""
    truth = coco(11, images=40, crowds=False)
    base, alike, better = found(truth, 8.0, 1), found(truth, 8.0, 2), found(truth, 1.5, 3)
    options: dict[str, Any] = {"method": method, "n_resamples": 199, "rng": 0}
    gain = detection.compare(truth, base, better, **options)
    assert isinstance(gain, Comparison)
    assert gain.base == theirs(truth, base)[0]
    assert gain.tuned == theirs(truth, better)[0]
    assert gain.difference == gain.tuned - gain.base
    assert gain.method == ("bootstrap-percentile" if method == "auto" else method)
    assert gain.n == 40
    assert gain.wins is None
    assert gain.pvalue < 0.05
    assert 0 < gain.confidence_interval.low < gain.difference < gain.confidence_interval.high
    loss = detection.compare(truth, better, base, **options)
    assert loss.pvalue < 0.05
    assert loss.confidence_interval.high < 0
    nothing = detection.compare(truth, base, alike, **options)
    assert nothing.pvalue > 0.05
    assert nothing.confidence_interval.low < 0 < nothing.confidence_interval.high


def test_a_seed_decides() -> None:
    truth = coco(4)
    models = [found(truth, noise, 30) for noise in (9.0, 4.0)]
    first, again, other = (detection.compare(truth, *models, rng=rng, n_resamples=99) for rng in (1, 1, 2))
    assert first == again != other
    assert detection.compare(truth, *models, rng=1, n_resamples=99, resampling="poisson") != first


# what is refused ------------------------------------------------------------------------------------------------------


def test_what_is_refused() -> None:
    truth, compare = coco(4), detection.compare
    results = found(truth, 5.0, 1)
    arrays = {"boxes": [[0, 0, 5, 5]], "labels": [1], "image_ids": [1], "scores": [0.5]}
    for arguments, options, message in (
        ((truth, results, results), {"metric": "mAP"}, "metric must be one of 'map'"),
        ((truth, results, results), {"box_format": "cxcywh"}, "box_format must be one of"),
        ((truth, results, results), {"iou_type": "keypoints"}, "iou_type must be one of"),
        ((truth, results, results), {"method": "normal"}, "does not suit mean_average_precision"),
        ((truth, results, results), {"method": "normal?"}, "method must be"),
        ((truth, results, results), {"alternative": "more"}, "alternative must be"),
        ((truth, results, results), {"equivalence_margin": -1}, "equivalence_margin must be positive"),
        ((truth, results, results), {"n_resamples": 0}, "n_resamples must be"),
        ((truth, results, results), {"cluster": {100: 1}}, "101 is missing"),
        (({}, results, results), {}, "keys of COCO's format"),
        (({"annotations": []}, results, results), {}, "the key 'images'"),
        (({**truth, "annotations": [{"id": 3}]}, results, results), {}, "Each annotation must have the key 'image_id'"),
        ((truth, [{"image_id": 100}], results), {}, "Each detection must have the key 'category_id'"),
        ((truth, results, [{**results[0], "image_id": 1}]), {}, "got image id 1"),
        ((truth, results, [{**results[0], "score": math.nan}]), {}, "scores of detections must be finite"),
        ((truth, arrays, arrays), {"iou_type": "segm"}, "arrays have no masks"),
        ((arrays, results, results), {"iou_type": "segm"}, "annotation|masks|bbox|key 'segmentation'"),
        ((arrays, {**arrays, "scores": [0.5, 1]}, arrays), {}, r"scores of detections .* shape \(2,\) for 1 boxes"),
        ((arrays, {**arrays, "scores": [math.inf]}, arrays), {}, "scores of detections must be finite"),
        ((arrays, {**arrays, "boxes": [[0, 0, 5]]}, arrays), {}, r"shape \(n, 4\), got \(1, 3\)"),
        ((arrays, {**arrays, "boxes": [[0, 0, 5, math.nan]]}, arrays), {}, "boxes of detections must be finite"),
        ((arrays, {**arrays, "boxes": [[9, 9, 5, 5]]}, arrays), {}, "sizes below 0, got some with box_format='xyxy'"),
        ((arrays, {"boxes": []}, arrays), {}, "the key 'image_ids'"),
        (({**arrays, "images": [2]}, arrays, arrays), {}, "objects of truth must lie in its images, got image id 1"),
    ):
        with pytest.raises(ValueError, match=message):
            compare(*arguments, **options)
    for arguments, options, message in (
        ((truth, 3, results), {}, "detections must be a list"),
        (([], results, results), {}, "truth must be a dict"),
        ((truth, results, results), {"cluster": [1]}, "cluster must be a dict"),
    ):
        with pytest.raises(TypeError, match=message):
            compare(*arguments, **options)


def test_a_plan_reports_progress() -> None:
    truth = coco(4)
    results = found(truth, 5.0, 1)
    steps = []

    class Bar:
        def __init__(self, total: int) -> None:
            self.total = total

        def update(self, size: int) -> None:
            steps.append(size)

    detection.compare(truth, results, found(truth, 5.0, 2), n_resamples=7, rng=0, progress=Bar)
    assert sum(steps) == 7
    assert Plan(7, 0, None, "multinomial").count == 7
