"""Areas from scores that are on many machines: what each of them does, and how the results become one.

The scores are cut into ranges. Each machine packs its scores, class by class, into one blob for each range (`pack`);
the blobs of a range, wherever they come from, are sent to one machine, which reduces them to six numbers (`reduce`);
the numbers of all ranges are merged (`merge`) and read (`area`, `standard_error`, `precision`). Rows without weights
give the same integers for any cuts and any distribution of the rows, and so the same bits.

>>> import numpy as np
>>> from trueval.streaming import ranges
>>> machines = [([0, 1, 1], [0.2, 0.7, 0.4]), ([0, 1], [0.5, 0.9])]
>>> cuts = np.array([0.45, 0.6])
>>> sent = {}
>>> for y_true, y_score in machines:
...     for label in (0, 1):
...         scores = np.array([score for y, score in zip(y_true, y_score) if y == label])
...         for blob in ranges.pack(scores, cuts):
...             sent.setdefault((blob.range, label), []).append(blob.data)
>>> parts = [ranges.reduce(sent.get((place, 1), []), sent.get((place, 0), [])) for place in range(3)]
>>> ranges.area(ranges.merge(parts))
0.8333333333333334

A score that occurs often is sent once from each machine, with its number, so that ranges are about as long as the cuts
make them whatever the scores are. Average precision needs to know how many rows of each class score above a range
before it is reduced: the sums of `Blob.rows`, which are known before a blob is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._validation.arrays import canonical_scores, finite_scores
from ..exceptions import warn
from ..ranking._area import ONE_CLASS
from ..ranking.curves import NO_POSITIVE_CLASS
from ._rankings import _SCALE, Moments, _at_positives, moments_of_tally
from ._runs import Slice, compress, keys_of, numbers_of, plain, tally
from ._state import backend
from ._sums import accurate_sum, exact_dot, running_sums

__all__ = ["Blob", "Part", "area", "cuts_of", "merge", "pack", "precision", "reduce", "standard_error"]

Array = NDArray[Any]

# Rows of a range up to which the kernels get each row; beyond it a number for each distinct score is less work.
_ROWS = 1 << 23
# Numbers of the header of a blob: dtype, distinct scores that occur once and more often, whether there are weights.
_HEADER = 4
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.uint64))


class Blob(NamedTuple):
    """Scores of one class in one range.

    Attributes
    ----------
    range : int
        Place of the range, the lowest being 0.
    rows : int
        How many rows there are.
    weight : float
        Their weight; without weights, 0.
    data : bytes
        What `reduce` takes.
    """

    range: int
    rows: int
    weight: float
    data: bytes


class Part(NamedTuple):
    """What a range comes to.

    Attributes
    ----------
    ups, downs : int or Fraction
        Positives and negatives: how many, or their weight.
    twice : int or Fraction
        Pairs that are in order, twice, and those that are tied.
    squares_up, squares_down : int
        Squared placements of both classes, see `trueval.streaming`; 0 with weights.
    units : int or Fraction
        Sum of the precisions at the positives, times 2**52 without weights.
    """

    ups: Any = 0
    downs: Any = 0
    twice: Any = 0
    squares_up: int = 0
    squares_down: int = 0
    units: Any = 0


def cuts_of(sample: Any, n_ranges: int) -> Array:
    """Choose cuts between ranges of about as many rows each.

    Parameters
    ----------
    sample : array-like of shape (n,)
        Some of the scores. Which does not matter to any result.
    n_ranges : int
        How many ranges there are to be; heavily tied scores make fewer.

    Returns
    -------
    cuts : ndarray
        Scores at which a new range begins, ascending, each once.

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> ranges.cuts_of([0.5, 0.25, 0.75, 1.0], 2)
    array([0.75])
    """
    scores = np.sort(canonical_scores(np.asarray(sample).reshape(-1)))
    if scores.size == 0 or n_ranges < 2:
        return scores[:0]
    places = np.arange(1, n_ranges) * scores.size // n_ranges
    chosen = np.unique(scores[places])
    return chosen[chosen > scores[0]]


def pack(scores: Any, cuts: Any, weight: Any = None) -> Iterator[Blob]:
    """Pack the scores of one class, range by range.

    Parameters
    ----------
    scores : array-like of shape (n,)
        Finite scores.
    cuts : array-like
        From `cuts_of`; the same for all that is reduced together.
    weight : array-like of shape (n,), optional
        Weights of the rows, not negative. Rows of weight 0 are left out.

    Yields
    ------
    blob : Blob
        One for each range that has rows.

    Raises
    ------
    ValueError
        For scores that are not finite, weights that are not or are negative, and cuts that do not ascend.

    Notes
    -----
    Takes the time of a sort. A score takes 8 bytes (4 of float32), 8 more where it occurs several times, and 16
    where it is weighted.

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> [(blob.range, blob.rows) for blob in ranges.pack([0.5, 0.5, 0.25], [0.5])]
    [(0, 1), (1, 2)]
    """
    x = canonical_scores(finite_scores(np.asarray(scores).reshape(-1)))
    bounds = keys_of(np.ascontiguousarray(np.asarray(cuts).astype(x.dtype)))
    if np.any(bounds[1:] < bounds[:-1]):
        raise ValueError("cuts must ascend.")
    weights = None
    if weight is not None:
        weights = np.asarray(weight, dtype=np.float64)
        if weights.shape != x.shape:
            raise ValueError(f"weight must have one number for each score, got shapes {weights.shape} and {x.shape}.")
        if weights.size and not (weights.min() >= 0 and weights.max() < np.inf):
            raise ValueError("weight must hold finite numbers, none of them negative.")
        if weights.size and weights.min() <= 0:
            x, weights = x[weights != 0], weights[weights != 0]
    if not x.size:
        return
    whole = compress(keys_of(x), weights)
    at = [np.concatenate([[0], np.searchsorted(keys, bounds), [keys.size]]) for keys in (whole.single, whole.many)]
    for place in range(bounds.size + 1):
        single, many = (slice(int(edge[place]), int(edge[place + 1])) for edge in at)
        n_single, counts = single.stop - single.start, whole.counts[many]
        if not n_single + counts.size:
            continue
        own = None if whole.weights is None else whole.weights[many]
        head = [_DTYPES.index(x.dtype), n_single, counts.size, own is not None]
        arrays = [np.array(head, np.int64), whole.single[single], whole.many[many], counts]
        data = b"".join(a.tobytes() for a in arrays) + (b"" if own is None else own.tobytes())
        yield Blob(place, n_single + int(counts.sum()), 0.0 if own is None else accurate_sum(own), data)


def _unpacked(data: Any) -> tuple[Slice, np.dtype[Any]]:
    raw = memoryview(data)
    kind, n_single, n_many, weighted = np.frombuffer(raw, np.int64, _HEADER).tolist()
    dtype = _DTYPES[kind]
    width = np.dtype(f"u{dtype.itemsize}")
    at = 8 * _HEADER
    single = np.frombuffer(raw, width, n_single, at)
    at += single.nbytes
    many = np.frombuffer(raw, width, n_many, at)
    at += many.nbytes
    counts = np.frombuffer(raw, np.int64, n_many, at)
    weights = np.frombuffer(raw, np.float64, n_many, at + counts.nbytes) if weighted else None
    return Slice(single, many, counts, weights), dtype


def reduce(
    ups: Sequence[Any], downs: Sequence[Any], above: tuple[Any, Any] = (0, 0), *, precision: bool = True
) -> Part:
    """Reduce the blobs of one range to numbers.

    Parameters
    ----------
    ups, downs : sequence of bytes
        `Blob.data` of the positives and of the negatives, in any order.
    above : tuple of two numbers, default=(0, 0)
        Positives and negatives in all higher ranges: the sums of `Blob.rows`, or of `Blob.weight` where there are
        weights. Average precision needs them.
    precision : bool, default=True
        Whether average precision is wanted.

    Returns
    -------
    part : Part

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> blobs = [[blob.data for blob in ranges.pack(scores, [])] for scores in ([0.9, 0.4], [0.5])]
    >>> ranges.reduce(*blobs)[:3]
    (2, 1, 2)
    """
    found = [[_unpacked(data) for data in blobs] for blobs in (ups, downs)]
    dtypes = {dtype for side in found for _, dtype in side}
    if not dtypes:
        return Part()
    if len(dtypes) > 1:
        raise ValueError(f"ups and downs must hold scores of one dtype, got {sorted(map(str, dtypes))}.")
    slices = [[part for part, _ in side] for side in found]
    if any(part.weights is not None for side in slices for part in side):
        return _of_weighted(slices, above, precision)
    keys = [plain(side, _ROWS) for side in slices]
    if keys[0] is None or keys[1] is None:
        counted = tally(slices[0], slices[1], False)
        moments = moments_of_tally(counted.ups, counted.downs, True)
        at, tps, fps = counted.ups, np.cumsum(counted.ups), np.cumsum(counted.downs)
    else:
        moments = _of_rows(keys[0], keys[1], dtypes.pop())
        if precision:
            at, tps, fps = _at_positives(keys[0], keys[1])
    if not precision:
        return Part(*moments)
    tps, fps = tps + int(above[0]), fps + int(above[1])
    with np.errstate(invalid="ignore"):
        precise = np.where(at > 0, np.rint(tps / (tps + fps) * float(_SCALE)), 0.0).astype(np.int64)
    return Part(*moments, exact_dot(at, precise))


def _of_rows(ups: Array, downs: Array, dtype: np.dtype[Any]) -> Moments:
    if not ups.size or not downs.size:
        return Moments(ups.size, downs.size)
    labels = np.zeros(ups.size + downs.size, np.uint8)
    labels[: ups.size] = 1
    keys = np.concatenate([ups, downs])
    scores = keys if keys.dtype.itemsize == 8 else numbers_of(keys, dtype)
    return Moments(*map(int, backend().auc_moments(labels, 1, scores)))


def _of_weighted(slices: list[list[Slice]], above: tuple[Any, Any], precision: bool) -> Part:
    counted = tally(slices[0], slices[1], True)
    reached = running_sums(counted.ups)
    before = np.concatenate([[0.0], reached[:-1]])
    up, down = accurate_sum(counted.ups), accurate_sum(counted.downs)
    twice = accurate_sum(counted.downs * (2 * before + counted.ups))
    units = 0.0
    if precision:
        tps = float(above[0]) + reached
        total = tps + (float(above[1]) + running_sums(counted.downs))
        precise = np.divide(tps, total, out=np.zeros_like(tps), where=total != 0)
        units = accurate_sum(counted.ups * precise)
    return Part(Fraction(up), Fraction(down), Fraction(twice), 0, 0, Fraction(units))


def merge(parts: Iterable[Part]) -> Part:
    """Merge what all ranges came to.

    Parameters
    ----------
    parts : iterable of Part
        One for each range, from the lowest to the highest.

    Returns
    -------
    part : Part

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> ranges.merge([ranges.Part(1, 2, 1), ranges.Part(3, 1, 2)])[:3]
    (4, 3, 15)
    """
    total = Part()
    for part in parts:
        # A positive above wins against every negative below, which adds twice their number to its placement.
        won, lost = 2 * total.downs, 2 * part.ups
        squares = (0, 0)
        if isinstance(part.ups, int) and isinstance(total.ups, int):
            squares = (
                part.squares_up + 2 * won * part.twice + part.ups * won * won + total.squares_up,
                part.squares_down + total.squares_down + 2 * lost * total.twice + total.downs * lost * lost,
            )
        total = Part(
            part.ups + total.ups,
            part.downs + total.downs,
            part.twice + total.twice + won * part.ups,
            *squares,
            part.units + total.units,
        )
    return total


def area(part: Part) -> float:
    """Return the area under the ROC curve, as `trueval.roc_auc_score` of all rows.

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> ranges.area(ranges.Part(2, 3, 9))
    0.75
    """
    if not part.ups or not part.downs:
        warn(ONE_CLASS, "UndefinedMetricWarning")
        return float("nan")
    return float(part.twice / (2 * part.ups * part.downs))


def precision(part: Part) -> float:
    """Return the average precision, as `trueval.average_precision_score` of all rows.

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> blobs = [[blob.data for blob in ranges.pack(scores, [])] for scores in ([0.9, 0.4], [0.5])]
    >>> round(ranges.precision(ranges.reduce(*blobs)), 6)
    0.833333
    """
    if not part.ups:
        warn(NO_POSITIVE_CLASS)
        return 0.0
    if isinstance(part.units, int):
        return float(max(0.0, float(part.units) / _SCALE / part.ups))
    return float(max(0.0, float(part.units) / float(part.ups)))


def standard_error(part: Part) -> float:
    """Return the standard error of the area by DeLong's formula; NaN with weights, and for fewer than two of a class.

    Examples
    --------
    >>> from trueval.streaming import ranges
    >>> blobs = [[blob.data for blob in ranges.pack(scores, [])] for scores in ([0.35, 0.8], [0.1, 0.4])]
    >>> round(ranges.standard_error(ranges.reduce(*blobs)), 6)
    0.353553
    """
    if not isinstance(part.ups, int) or part.ups < 2 or part.downs < 2:
        return math.nan
    variance = 0.0
    for count, other, squares in ((part.ups, part.downs, part.squares_up), (part.downs, part.ups, part.squares_down)):
        spread = count * squares - part.twice * part.twice
        variance += spread / (count * count * (count - 1) * 4 * other * other)
    return math.sqrt(variance)
