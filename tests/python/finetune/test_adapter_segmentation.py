"""Segmentation of a real image: nuclei of stardist's sample, whose masks were drawn by hand.

The models are real, too, and small: a logistic regression on each pixel, by its brightness alone (base), or by its
surroundings as well (tuned), trained on the left half of the image and judged on tiles of the right one.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trueval import segmentation
from trueval.inference import compare
from trueval.segmentation import dice_score, iou_score, pixel_accuracy
from trueval.tasks import metrics_for

SPEC = importlib.util.find_spec("stardist")
if SPEC is None or not SPEC.submodule_search_locations:
    pytest.skip("stardist holds the image: `make test-finetune` installs it", allow_module_level=True)
Image = pytest.importorskip("PIL.Image", reason="pillow comes with matplotlib")
ndimage = pytest.importorskip("scipy.ndimage", reason="`make test-finetune` installs SciPy")
linear_model = pytest.importorskip("sklearn.linear_model", reason="`make test-finetune` installs scikit-learn")

TILE = 32


def read(name: str) -> Any:
    folder = Path(next(iter(SPEC.submodule_search_locations)), "data", "images")
    return np.asarray(Image.open(folder / name)).astype(np.float64)


def tiles(pixels: Any) -> Any:
    """The right half in squares."""
    half = pixels.reshape(512, 512)[:, 256:]
    rows, columns = half.shape[0] // TILE, half.shape[1] // TILE
    return half.reshape(rows, TILE, columns, TILE).swapaxes(1, 2).reshape(-1, TILE, TILE)


@pytest.fixture(scope="module")
def answers() -> tuple[Any, Any, Any]:
    """True and predicted label maps of the tiles: 0 is the background, 1 a nucleus, 255 the edge of one."""
    image, mask = read("img2d.tif"), read("mask2d.tif")
    assert image.shape == mask.shape == (512, 512)
    assert np.unique(mask).size > 100, "each nucleus has a number of its own"
    truth = (mask > 0).astype(np.uint8)
    edge = ndimage.grey_dilation(mask, size=3) != ndimage.grey_erosion(mask, size=3)
    bright = (image - image.mean()) / image.std()
    near = [ndimage.gaussian_filter(bright, width) for width in (1, 2, 4)]
    left = np.zeros((512, 512), bool)
    left[:, :256] = True
    found = []
    for features in ([bright], [bright, *near, ndimage.gaussian_gradient_magnitude(bright, 1)]):
        columns = np.stack([one.reshape(-1) for one in features], axis=1)
        model = linear_model.LogisticRegression(max_iter=500).fit(columns[left.reshape(-1)], truth[left])
        found.append(tiles(model.predict(columns).astype(np.uint8)))
    truth[edge] = 255
    return tiles(truth), *found


def test_the_advice_is_mean_iou() -> None:
    maps = np.array([[0, 0, 1], [0, 0, 0]])
    assert metrics_for("semantic-segmentation", maps)[0].function == "segmentation.iou_score"


def test_surroundings_help(answers: tuple[Any, Any, Any]) -> None:
    truth, base, tuned = answers
    for function in (iou_score, dice_score, pixel_accuracy):
        by_image = [function(truth, one, ignore_index=255, per_image=True) for one in (base, tuned)]
        found = compare("mean", None, *by_image)
        assert found.confidence_interval.low > 0, function.__name__
        assert found.pvalue < 0.001
        whole = [function(truth, one, ignore_index=255) for one in (base, tuned)]
        assert 0.5 < whole[0] < whole[1] < 1
        together = segmentation.compare(truth, base, tuned, metric=function.__name__, ignore_index=255, rng=0)
        assert (together.base, together.tuned) == tuple(whole)
        assert together.confidence_interval.low > 0
        assert together.pvalue < 0.001
        # The same by name, from the table of all pixels that count.
        kept = truth != 255
        assert whole[1] == function(truth[kept], tuned[kept])


def test_the_same_model_twice_is_no_evidence(answers: tuple[Any, Any, Any]) -> None:
    truth, base, _ = answers
    # The other one errs in as many pixels, elsewhere.
    random = np.random.default_rng(0)
    noisy = [np.where(random.random(base.shape) < 0.02, 1 - base, base) for _ in range(2)]
    by_image = [iou_score(truth, one, ignore_index=255, per_image=True) for one in noisy]
    found = compare("mean", None, *by_image)
    together = segmentation.compare(truth, *noisy, ignore_index=255, rng=0)
    for verdict in (found, together):
        assert verdict.confidence_interval.low < 0 < verdict.confidence_interval.high
        assert verdict.pvalue > 0.05
