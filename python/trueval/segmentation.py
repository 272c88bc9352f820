"""Overlap of predicted with true regions, from label maps: `iou_score`, `dice_score`, `pixel_accuracy`, `compare`.

A label map holds the class of each pixel. Which classes there are is read off the maps; pixels that are of no class,
such as the 255 of many data sets, are left out by ``ignore_index``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._parameters import Integral, StrOptions, validate
from ._tensors import from_library, is_list_of_arrays
from ._validation.labels import Crossing, check_targets
from .exceptions import warn
from .inference import Comparison
from .inference._statistics import judge, of_sums

__all__ = ["compare", "dice_score", "iou_score", "pixel_accuracy"]

Floats = NDArray[np.float64]

_UNDEFINED = "No class is in either label map; the score is NaN."
_CHECKS: dict[str, Any] = {
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "labels": ["array-like", None],
    "ignore_index": [Integral, None],
    "average": [StrOptions({"macro", "micro", "weighted"}), None],
    "per_image": ["boolean"],
}


class _Counts(NamedTuple):
    """Pixels of each image and class: right ones, true ones, predicted ones, each of shape (n_images, n_labels)."""

    hits: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]


class Table(NamedTuple):
    """Labels of some maps, and the cells of their contingency table whose truth is not ignored; all pixels."""

    names: list[Any]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: NDArray[np.int64]
    pixels: int


# What is divided by what, for each class.
_RATIOS: dict[str, Callable[[_Counts], tuple[NDArray[np.int64], NDArray[np.int64]]]] = {
    "iou_score": lambda counts: (counts.hits, counts.true + counts.predicted - counts.hits),
    "dice_score": lambda counts: (2 * counts.hits, counts.true + counts.predicted),
    "pixel_accuracy": lambda counts: (counts.hits, counts.true),
}


@validate(**_CHECKS)
def iou_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    ignore_index: int | None = None,
    average: str | None = "macro",
    per_image: bool = False,
) -> float | Floats:
    """Intersection over union of the regions of each class (Jaccard index), by default its mean over them (mIoU).

    Parameters
    ----------
    y_true : array-like of shape (...,), or list of them
        Label maps: integers or booleans, uint8 to int64, of any shape; or a list of images of several sizes.
    y_pred : array-like of the shape of `y_true`, or list of them
        Predicted label maps.
    labels : array-like of shape (n_labels,), optional
        The classes that count, in the order of the result; by default all that occur where the truth is not ignored.
    ignore_index : int, optional
        Label of true pixels that are left out. Where the truth has another label, a predicted `ignore_index` is a class
        like any other: the truth's class misses the pixel.
    average : {'macro', 'micro', 'weighted'} or None, default='macro'
        Mean over the classes; ratio of the sums over the classes; mean by the number of true pixels
        (frequency-weighted IoU); or the value of each class. A class in neither map is undefined: it is NaN, and left
        out of means.
    per_image : bool, default=False
        Give a value for each image, that is each element of the first axis or of the list, for paired tests and means
        over images. Otherwise pixels of all images are counted together, as benchmarks of segmentation do.

    Returns
    -------
    score : float or ndarray
        Between 0 and 1, the best. With ``average=None`` an array of shape (n_labels,); with `per_image` there is an
        axis of images before, and an image without any class that counts has NaN.

    Raises
    ------
    ValueError
        For shapes that differ, no pixel, labels that are no integers or occur twice.

    Warns
    -----
    UndefinedMetricWarning
        If no class is defined; the value is then NaN.

    Notes
    -----
    TP / (TP + FP + FN) of each class [1]_, counted exactly. Time is O(n_pixels): one pass over both maps, whatever the
    number of classes; scratch memory does not grow with the number of pixels.

    References
    ----------
    .. [1] M. Everingham, L. Van Gool, C. K. I. Williams, J. Winn, A. Zisserman, "The Pascal visual object classes (VOC)
       challenge", International Journal of Computer Vision 88, 2010.

    Examples
    --------
    >>> from trueval.segmentation import iou_score
    >>> y_true, y_pred = [[0, 0, 1], [1, 1, 255]], [[0, 1, 1], [1, 1, 0]]
    >>> iou_score(y_true, y_pred, ignore_index=255)
    0.625
    >>> iou_score(y_true, y_pred, ignore_index=255, average=None)
    array([0.5 , 0.75])
    """
    return score_of("iou_score", tables_of(y_true, y_pred, ignore_index, per_image), labels, average, per_image)


@validate(**_CHECKS)
def dice_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    ignore_index: int | None = None,
    average: str | None = "macro",
    per_image: bool = False,
) -> float | Floats:
    """Dice coefficient of the regions of each class (F1 of its pixels), by default its mean over the classes.

    Parameters
    ----------
    y_true : array-like of shape (...,), or list of them
        Label maps, as for `iou_score`.
    y_pred : array-like of the shape of `y_true`, or list of them
        Predicted label maps.
    labels : array-like of shape (n_labels,), optional
        The classes that count, in the order of the result. Without the background, name the others here.
    ignore_index : int, optional
        Label of true pixels that are left out.
    average : {'macro', 'micro', 'weighted'} or None, default='macro'
        As for `iou_score`.
    per_image : bool, default=False
        Give a value for each image. Medical benchmarks take the mean of these.

    Returns
    -------
    score : float or ndarray
        Between 0 and 1, the best; shapes are those of `iou_score`.

    Raises
    ------
    ValueError
        As `iou_score` does.

    Warns
    -----
    UndefinedMetricWarning
        If no class is defined; the value is then NaN.

    Notes
    -----
    2 TP / (2 TP + FP + FN) of each class [1]_. Time and memory are those of `iou_score`.

    References
    ----------
    .. [1] L. R. Dice, "Measures of the amount of ecologic association between species", Ecology 26, 1945.

    Examples
    --------
    >>> from trueval.segmentation import dice_score
    >>> y_true, y_pred = [[[1, 1], [0, 0]], [[1, 0], [0, 0]]], [[[1, 1], [0, 0]], [[0, 0], [0, 0]]]
    >>> dice_score(y_true, y_pred, labels=[1], per_image=True)
    array([1., 0.])
    """
    return score_of("dice_score", tables_of(y_true, y_pred, ignore_index, per_image), labels, average, per_image)


@validate(**_CHECKS)
def pixel_accuracy(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    ignore_index: int | None = None,
    average: str | None = "micro",
    per_image: bool = False,
) -> float | Floats:
    """Share of the pixels that have the right class; with ``average='macro'`` the mean of that over the true classes.

    Parameters
    ----------
    y_true : array-like of shape (...,), or list of them
        Label maps, as for `iou_score`.
    y_pred : array-like of the shape of `y_true`, or list of them
        Predicted label maps.
    labels : array-like of shape (n_labels,), optional
        The true classes that count.
    ignore_index : int, optional
        Label of true pixels that are left out.
    average : {'macro', 'micro', 'weighted'} or None, default='micro'
        Pixels of all classes alike ('micro' and 'weighted'), the mean over the classes (mean accuracy), or each class.
    per_image : bool, default=False
        Give a value for each image.

    Returns
    -------
    score : float or ndarray
        Between 0 and 1, the best; shapes are those of `iou_score`.

    Raises
    ------
    ValueError
        As `iou_score` does.

    Warns
    -----
    UndefinedMetricWarning
        If no class is defined; the value is then NaN.

    Notes
    -----
    TP / (TP + FN) [1]_. Time and memory are those of `iou_score`.

    References
    ----------
    .. [1] J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015.

    Examples
    --------
    >>> from trueval.segmentation import pixel_accuracy
    >>> pixel_accuracy([[0, 0, 1], [1, 1, 255]], [[0, 1, 1], [1, 1, 0]], ignore_index=255)
    0.8
    """
    return score_of("pixel_accuracy", tables_of(y_true, y_pred, ignore_index, per_image), labels, average, per_image)


def compare(
    y_true: Any,
    base: Any,
    tuned: Any,
    *,
    metric: str = "iou_score",
    labels: Any = None,
    ignore_index: int | None = None,
    average: str = "auto",
    cluster: Any = None,
    **options: Any,
) -> Comparison:
    """Compare two models on the same images, by a metric of the pixels of all images together.

    Parameters
    ----------
    y_true : array-like of shape (n_images, ...), or list of n_images
        Label maps, as for `iou_score`.
    base, tuned : as `y_true`
        The label maps that either model predicted.
    metric : {'iou_score', 'dice_score', 'pixel_accuracy'}, default='iou_score'
        By the name of its function.
    labels : array-like of shape (n_labels,), optional
        The classes that count; by default all that occur where the truth is not ignored.
    ignore_index : int, optional
        Label of true pixels that are left out.
    average : {'auto', 'macro', 'micro', 'weighted'}, default='auto'
        As in the metric's function, whose default ``'auto'`` stands for. A class by itself is compared by naming it
        alone in `labels`.
    cluster : array-like of shape (n_images,), optional
        What images belong together (frames of a video, tiles of a scene): clusters are then taken for independent, and
        not images.
    **options
        `method`, `alternative`, `confidence_level`, `n_resamples`, `rng`, `equivalence_margin`, `resampling` and
        `progress`, as in `trueval.inference.compare_statistics`.

    Returns
    -------
    comparison : trueval.inference.Comparison
        By approximate randomization unless `method` says otherwise; its `n` is the number of images, or clusters;
        `wins`, `ties` and `losses` are None.

    Raises
    ------
    ValueError
        As `iou_score` and `trueval.inference.compare_statistics` do.

    See Also
    --------
    trueval.inference.compare : with ``compare("mean", None, base, tuned)``, the mean over images of what
        ``per_image=True`` gives.

    Notes
    -----
    Pixels of an image are not independent; images may be. Each image comes down to exact counts of pixels by class, and
    a replicate adds up those of the images drawn. A class that occurs in none of them is left out of its mean.

    Time is that of two passes over the maps, and O(n_images × n_labels) for a replicate; scratch memory is 48 bytes an
    image and class.

    Examples
    --------
    >>> import numpy as np
    >>> from trueval.segmentation import compare
    >>> rng = np.random.default_rng(0)
    >>> y_true = rng.integers(0, 3, (40, 16, 16))
    >>> base, tuned = (np.where(rng.random(y_true.shape) < wrong, 0, y_true) for wrong in (0.3, 0.2))
    >>> found = compare(y_true, base, tuned, rng=0)
    >>> round(found.base, 3), round(found.tuned, 3), found.pvalue
    (0.679, 0.778, 0.0001)
    """
    if not isinstance(metric, str) or metric not in _RATIOS:
        raise ValueError(f"metric must be one of {', '.join(map(repr, _RATIOS))}, got {metric!r}.")
    if average not in ("auto", "macro", "micro", "weighted"):
        raise ValueError(f"average must be 'auto', 'macro', 'micro' or 'weighted', got {average!r}.")
    if average == "auto":
        average = "micro" if metric == "pixel_accuracy" else "macro"
    if not is_list_of_arrays(y_true) and np.ndim(from_library(y_true)) < 3:
        # The rows of one map would pass for images, and be taken for independent.
        raise ValueError(
            "y_true must have shape (n_images, height, width), or be a list of images, got shape "
            f"{np.shape(from_library(y_true))}."
        )
    models = (("base", base), ("tuned", tuned))
    tables = [tables_of(y_true, predicted, ignore_index, True, name) for name, predicted in models]
    chosen = _classes(labels, [*tables[0], *tables[1]])
    columns = [_columns(metric, _count(of_model, chosen), average) for of_model in tables]

    def fold(sums: Floats) -> Floats:
        pieces = np.split(sums, 3 if average == "weighted" else 2, axis=1)
        return _means(pieces[0], pieces[1], pieces[-1], average)

    fold.__name__ = metric
    values = tuple(float(fold(of_model.sum(axis=0, keepdims=True))[0]) for of_model in columns)
    if any(map(math.isnan, values)):
        warn(_UNDEFINED, "UndefinedMetricWarning")
    return judge(of_sums(fold, values, columns, cluster), **options)


def tables_of(
    y_true: Any, y_pred: Any, ignore_index: int | None, per_image: bool = False, name: str = "y_pred"
) -> list[Table]:
    """Count what is where in label maps. The tables are of single images with `per_image` and of lists of images, which
    may differ in size; otherwise there is one.
    """  # noqa: D205
    ignored = None if ignore_index is None else operator.index(ignore_index)
    crossings = [
        check_targets(true.reshape(-1), predicted.reshape(-1))
        for true, predicted in _images(y_true, y_pred, per_image, name)
    ]
    return [_kept(crossing, ignored) for crossing in crossings if isinstance(crossing, Crossing)]


def score_of(
    name: str, tables: list[Table], labels: Any, average: str | None, per_image: bool = False
) -> float | Floats:
    """Value of a metric from what was counted."""
    counts = _count(tables, _classes(labels, tables))
    if not per_image:
        counts = _Counts(*(part.sum(axis=0, keepdims=True) for part in counts))
    part, whole = _RATIOS[name](counts)
    values = _means(part, whole, counts.true, average)
    if per_image:
        return values
    if not whole.any():
        warn(_UNDEFINED, "UndefinedMetricWarning")
    return values[0] if average is None else float(values[0])


def _count(tables: list[Table], classes: list[Any]) -> _Counts:
    """Count the pixels of each table by class."""
    place = {label: i for i, label in enumerate(classes)}
    size = len(classes)
    counts = _Counts(*(np.zeros((len(tables), size), np.int64) for _ in range(3)))
    for image, table in enumerate(tables):
        # What is of no class that counts has a place behind the others.
        to = np.array([place.get(name, size) for name in table.names], dtype=np.intp)
        true, predicted, values = to[table.rows], to[table.columns], table.values
        same = true == predicted
        for into, where, amounts in (
            (counts.hits, true[same], values[same]),
            (counts.true, true, values),
            (counts.predicted, predicted, values),
        ):
            np.add.at(into[image], where[where < size], amounts[where < size])
    return counts


def _images(y_true: Any, y_pred: Any, per_image: bool, name: str) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Pairs of maps; one pair where the pixels of a whole array are counted together."""
    if is_list_of_arrays(y_true) or is_list_of_arrays(y_pred):
        if len(y_true) != len(y_pred):
            raise ValueError(f"y_true and {name} must hold as many images, got {len(y_true)} and {len(y_pred)}.")
        for i, (one, other) in enumerate(zip(y_true, y_pred, strict=True)):
            yield _pair(one, other, name, f" of image {i}")
        return
    true, predicted = _pair(y_true, y_pred, name, "")
    if not per_image:
        yield true, predicted
        return
    if true.ndim < 2:
        raise ValueError(f"y_true must have an axis of images before those of pixels for per_image, got {true.shape}.")
    yield from zip(true, predicted, strict=True)


def _pair(y_true: Any, y_pred: Any, name: str, where: str) -> tuple[NDArray[Any], NDArray[Any]]:
    true, predicted = _label_map(y_true, f"y_true{where}"), _label_map(y_pred, f"{name}{where}")
    if true.shape != predicted.shape:
        raise ValueError(f"y_true and {name}{where} must have one shape, got {true.shape} and {predicted.shape}.")
    if not true.size:
        raise ValueError(f"y_true{where} must hold a pixel at least, got the shape {true.shape}.")
    return true, predicted


def _label_map(y: Any, name: str) -> NDArray[Any]:
    a = np.asarray(from_library(y))
    if a.dtype.kind not in "biu":
        raise ValueError(f"{name} must hold integers or booleans, got an array of {a.dtype}.")
    return a.view(np.uint8) if a.dtype == np.bool_ else a


def _kept(crossing: Crossing, ignored: int | None) -> Table:
    """Leave out the cells whose truth is ignored."""
    names = crossing.labels.tolist()
    kept = np.ones(len(crossing.rows), bool)
    if ignored in names:
        kept = crossing.rows != names.index(ignored)
    values = crossing.values[kept].astype(np.int64)
    return Table(names, crossing.rows[kept], crossing.columns[kept], values, crossing.n_samples)


def _classes(labels: Any, tables: list[Table]) -> list[Any]:
    if labels is None:
        seen = {table.names[i] for table in tables for i in {*table.rows.tolist(), *table.columns.tolist()}}
        return sorted(seen)
    a = np.asarray(labels)
    if a.ndim != 1 or not a.size or a.dtype.kind not in "biu":
        raise ValueError(f"labels must be a list of integers, got {labels!r}.")
    chosen: list[Any] = a.tolist()
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"labels must be distinct, got {chosen}.")
    return chosen


def _columns(metric: str, counts: _Counts, average: str) -> Floats:
    """Put side by side the counts of each image that an average needs."""
    parts = _RATIOS[metric](counts)
    if average == "micro":
        parts = (parts[0].sum(axis=1, keepdims=True), parts[1].sum(axis=1, keepdims=True))
    return np.hstack([*parts, counts.true] if average == "weighted" else parts).astype(np.float64)


def _means(part: NDArray[Any], whole: NDArray[Any], true: NDArray[Any], average: str | None) -> Floats:
    """Average the ratios over the classes, or with None give all, of each row of counts."""
    if average == "micro":
        part, whole = part.sum(axis=1, keepdims=True), whole.sum(axis=1, keepdims=True)
    defined = whole > 0
    ratio = np.divide(part, whole, out=np.full(part.shape, np.nan), where=defined)
    if average is None:
        return ratio
    weight = true * defined if average == "weighted" else defined
    total = weight.sum(axis=1)
    summed = np.sum(np.where(defined, ratio, 0.0) * weight, axis=1)
    return np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
