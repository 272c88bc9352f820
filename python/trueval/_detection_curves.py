"""Mean average precision and recall as functions of how often each image counts.

COCO's definitions, with detections that weigh what their image does: precision is read off at the true positives, made
non-increasing in recall, and averaged over 101 recalls, categories, and thresholds of IoU.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

# Numbers in a table of the largest category: a quarter of a second-level cache. Of 2**14 to 2**18 the quickest.
_TABLE = 1 << 16

_SMALLEST = np.spacing(1)


class Detected(NamedTuple):
    """The matches of one detector, an element for each detection, in the order of images.

    `matched` and `ignored` have a row for each threshold of IoU. `true_image` and `true_category` have an element for
    each object that counts. `recalls` is None where the metric is a recall.
    """

    score: Floats
    image: Places
    category: Places
    matched: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    true_image: Places
    true_category: Places
    n_categories: int
    recalls: Floats | None


class _Threshold(NamedTuple):
    """True positives at a threshold of IoU: their images, and their places among the detections that count."""

    image: Places
    place: Places
    counted: int


class _Category(NamedTuple):
    """A category: images of its objects, images of the detections that count (by pattern), and thresholds."""

    objects: Places
    counted: list[Places]
    thresholds: list[_Threshold]


class Curves:
    """The curves of one detector, or of several whose detections are taken together.

    Parameters
    ----------
    models : list of Detected
        On the same objects.
    n_images : int
    """

    def __init__(self, models: list[Detected], n_images: int) -> None:
        first = models[0]
        self.recalls, self.n_thresholds = first.recalls, len(first.matched)
        image = np.concatenate([one.image + i * n_images for i, one in enumerate(models)])
        kind = np.concatenate([one.category for one in models])
        matched, ignored = (
            np.concatenate([getattr(one, name) for one in models], axis=1) for name in ("matched", "ignored")
        )
        # By category, then score; where scores are equal, in the order of images, as pycocotools has it.
        order = np.lexsort((-np.concatenate([one.score for one in models]), kind))
        edges = np.searchsorted(kind[order], np.arange(first.n_categories + 1))
        by_kind = np.argsort(first.true_category, kind="stable")
        true_edges = np.searchsorted(first.true_category[by_kind], np.arange(first.n_categories + 1))
        self.categories = []
        for k in range(first.n_categories):
            objects = first.true_image[by_kind[true_edges[k] : true_edges[k + 1]]]
            if objects.size:
                own = order[edges[k] : edges[k + 1]]
                self.categories.append(_category(objects, image[own], matched[:, own], ignored[:, own]))
        self.size = sum(
            sum(map(len, one.counted)) + sum(len(threshold.place) for threshold in one.thresholds)
            for one in self.categories
        )
        longest = max((len(counted) for one in self.categories for counted in one.counted), default=1)
        self.block = int(min(256, max(8, _TABLE // max(1, longest))))

    def values(self, weights: Floats, objects: Floats) -> Floats:
        """Find the metric of each replicate.

        Parameters
        ----------
        weights : ndarray of shape (n_replicates, n_models * n_images)
            How often the detections of each model in each image count.
        objects : ndarray of shape (n_replicates, n_images)
            How often the objects of each image count.

        Returns
        -------
        values : ndarray of shape (n_replicates,)
            NaN where no object counts.
        """
        return np.concatenate(
            [
                self._block(*(np.ascontiguousarray(a[start : start + self.block].T) for a in (weights, objects)))
                for start in range(0, len(weights), self.block)
            ]
        )

    def _block(self, weights: Floats, objects: Floats) -> Floats:
        """Find the metric of replicates that are columns here, so that whole rows of them are added and multiplied."""
        total, known = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
        for category in self.categories:
            positives = objects[category.objects].sum(axis=0)
            present = positives > 0
            positives[~present] = 1.0
            value = np.zeros_like(total)
            reached = [np.cumsum(weights[counted], axis=0) for counted in category.counted]
            for threshold in category.thresholds:
                if not threshold.place.size:
                    continue
                hits = weights[threshold.image]
                np.cumsum(hits, axis=0, out=hits)
                if self.recalls is None:
                    value += hits[-1] / positives
                else:
                    value += self._average(hits, reached[threshold.counted][threshold.place], positives, self.recalls)
            total += np.where(present, value, 0.0)
            known += present
        with np.errstate(invalid="ignore"):
            mean: Floats = total / (known * self.n_thresholds)
        return mean

    @staticmethod
    def _average(hits: Floats, reached: Floats, positives: Floats, recalls: Floats) -> Floats:
        """Average the precision over the recalls: that of the first true positive at which each is reached."""
        reached += _SMALLEST
        precision = np.divide(hits, reached, out=reached)
        backwards = precision[::-1]
        np.maximum.accumulate(backwards, axis=0, out=backwards)
        hits /= positives
        steps = np.searchsorted(recalls, hits, side="right")
        steps[1:] -= steps[:-1].copy()
        return np.einsum("ij,ij->j", precision, steps) / len(recalls)


def _category(objects: Places, image: Places, matched: NDArray[np.bool_], ignored: NDArray[np.bool_]) -> _Category:
    """Lay out a category: detections that count at each threshold are mostly the same, and are listed once."""
    counted: list[Places] = []
    patterns: dict[bytes, int] = {}
    thresholds = []
    for hit, without in zip(matched, ignored, strict=True):
        pattern = patterns.setdefault(np.packbits(without).tobytes(), len(counted))
        if pattern == len(counted):
            counted.append(image[~without])
        places = np.flatnonzero((hit & ~without)[~without])
        thresholds.append(_Threshold(image[hit & ~without], places, pattern))
    return _Category(objects, counted, thresholds)
