"""What the pictures show, as arrays: curves and their bands, calibration, distributions, confusions, residuals.

However many rows there are, what comes out is some hundreds of numbers, and what is drawn at random is the same on
every run. Nothing here draws: `pictures` does.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import trueval as tv

from ..inference._proportions import wilson

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A curve of more points than this looks the same; each costs some 20 bytes of the page.
MOST_POINTS = 500
# Replicates of a band: its bounds are then good to about 1 part in 40 of its width, less than a line is thick.
REPLICATES = 400
# Rows above which pictures are of rows drawn at random: their error is below the 3000th part of an axis, and memory
# stays below 1 GB.
MOST_ROWS = 20_000_000
# Dots above which a cloud of them hides its own density.
MOST_DOTS = 2_000
_SEED = 20_260_000


@dataclass(frozen=True)
class Scores:
    """Rows of two classes, counted at each distinct score, highest first.

    Parameters
    ----------
    score : ndarray of shape (n_scores,)
        Distinct scores, decreasing.
    positive, negative : ndarray of shape (n_scores,)
        Weight of the rows of either class that score at least as much.
    positive_squares, negative_squares : ndarray of shape (n_scores,)
        The same of squared weights, which say how sure a weight is.
    """

    score: Floats
    positive: Floats
    negative: Floats
    positive_squares: Floats
    negative_squares: Floats

    @property
    def has_both(self) -> bool:
        """Whether both classes occur."""
        return bool(self.positive[-1] > 0 and self.negative[-1] > 0)


@dataclass(frozen=True)
class Curve:
    """A curve with its band.

    Parameters
    ----------
    x, y : ndarray
        Points of the exact curve.
    grid, low, high : ndarray
        Bounds of the band, each at one `x`; empty where there are too few rows for one.
    """

    x: Floats
    y: Floats
    grid: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Reliability:
    """Bins of probability, lowest first.

    Parameters
    ----------
    predicted, observed : ndarray
        Mean probability, and share of positives.
    low, high : ndarray
        Bounds of the share (Wilson, 95 %).
    weight : ndarray
        Weight of the rows.
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    weight: Floats


@dataclass(frozen=True)
class Confusion:
    """Counts of predicted labels for each true one.

    Parameters
    ----------
    names : list of str
        The classes shown; a last one stands for all `others`.
    counts : list of ndarray of shape (n_names, n_names)
        For each model: true class by row, predicted one by column.
    others : int
        Number of classes that are not shown by themselves.
    """

    names: list[str]
    counts: list[Floats]
    others: int


@dataclass(frozen=True)
class Recalls:
    """Share of each class that is found.

    Parameters
    ----------
    frequency : ndarray of shape (n_classes,)
        Weight of each class.
    values, low, high : list of ndarray of shape (n_classes,)
        For each model, with Wilson's 95 % intervals; NaN where the class does not occur.
    """

    frequency: Floats
    values: list[Floats]
    low: list[Floats]
    high: list[Floats]


def drawn(rows: int, most: int | None = None) -> slice | Integers:
    """Which rows a picture is of: all of them, or `most` of them at random.

    Parameters
    ----------
    rows : int
    most : int, optional
        `MOST_ROWS` by default.

    Returns
    -------
    slice or ndarray
        To index with.
    """
    most = MOST_ROWS if most is None else most
    if rows <= most:
        return slice(None)
    # With replacement: a draw without would first need all the row numbers.
    return np.sort(np.random.default_rng(_SEED).integers(0, rows, most))


# Scores of two classes ------------------------------------------------------------------------------------------------


def count_scores(truth: Any, score: Any, weight: Any = None) -> Scores:
    """Count rows of either class at each distinct score.

    Parameters
    ----------
    truth : ndarray of shape (n_samples,)
        0 or 1.
    score : ndarray of shape (n_samples,)
    weight : ndarray of shape (n_samples,), optional

    Returns
    -------
    Scores
    """
    negative, positive, distinct = _at_scores(truth, score, weight)
    if weight is None:
        return Scores(distinct, positive, negative, positive, negative)
    squared, squares, at = _at_scores(truth, score, np.square(weight / np.max(weight)))
    # A square can be zero where the weight is not; such a row then has no score of its own there.
    place = np.searchsorted(-at, -distinct, side="right") - 1
    scale = float(np.max(weight)) ** 2
    return Scores(
        distinct,
        positive,
        negative,
        np.where(place < 0, 0.0, squares[place]) * scale,
        np.where(place < 0, 0.0, squared[place]) * scale,
    )


def _at_scores(truth: Any, score: Any, weight: Any) -> tuple[Floats, Floats, Floats]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counted = tv.confusion_matrix_at_thresholds(truth, score, pos_label=1, sample_weight=weight)
    return counted[1], counted[3], np.asarray(counted[4], dtype=np.float64)


def thin(scores: Scores, most: int = MOST_POINTS) -> Integers:
    """Choose scores, as positions, between which neither curve moves far.

    Half of the points are evenly far apart on the ROC curve, the others in the logarithm of the number of rows above:
    the left end of the precision-recall curve is made of few rows.

    Parameters
    ----------
    scores : Scores
    most : int

    Returns
    -------
    ndarray
        Increasing.
    """
    count = len(scores.score)
    if count <= most:
        return np.arange(count)
    half = most // 2
    rows = scores.positive + scores.negative
    path = scores.positive / max(scores.positive[-1], 1e-300) + scores.negative / max(scores.negative[-1], 1e-300)
    even = np.searchsorted(path, np.linspace(0, path[-1], half - 1))
    early = np.searchsorted(rows, np.geomspace(rows[0], rows[-1], half - 1))
    return np.unique(np.clip(np.concatenate((even, early, [0, count - 1])), 0, count - 1))


def roc(scores: Scores, replicates: int = REPLICATES) -> Curve:
    """Compute the ROC curve: true positive rate by false positive rate.

    The band is of the true positive rate at each false positive rate, from a bootstrap of the rows counted between
    neighbouring points.

    Parameters
    ----------
    scores : Scores
        With both classes.
    replicates : int

    Returns
    -------
    Curve
    """
    place = thin(scores)
    x = np.concatenate(([0.0], scores.negative[place] / scores.negative[-1]))
    y = np.concatenate(([0.0], scores.positive[place] / scores.positive[-1]))
    grid = np.linspace(0, 1, 201)
    drawn = [
        interpolated(grid, negative / negative[-1], positive / positive[-1])
        for positive, negative in _replicates(scores, place, replicates)
    ]
    return Curve(x, y, *_band(grid, interpolated(grid, x, y), drawn))


def interpolated(grid: Floats, x: Floats, y: Floats) -> Floats:
    """Interpolate between the points of a ROC curve; where it rises straight up, take its upper end.

    Parameters
    ----------
    grid : ndarray
        Where.
    x, y : ndarray
        The points, both increasing.

    Returns
    -------
    ndarray
        As long as `grid`.
    """
    left = np.searchsorted(x, grid, side="right") - 1
    right = np.minimum(left + 1, len(x) - 1)
    width = x[right] - x[left]
    share = np.divide(grid - x[left], width, out=np.zeros_like(grid), where=width > 0)
    return y[left] + share * (y[right] - y[left])


def precision_recall(scores: Scores, replicates: int = REPLICATES) -> Curve:
    """Compute the precision-recall curve.

    The precision at a recall is that at the first score which reaches it, as in average precision: a line through the
    points has to be drawn in steps. The band is of the precision at each recall.

    Parameters
    ----------
    scores : Scores
        With both classes.
    replicates : int

    Returns
    -------
    Curve
    """
    place = thin(scores)
    positive, negative = scores.positive[place], scores.negative[place]
    x, y = positive / positive[-1], positive / (positive + negative)
    grid = np.linspace(0, 1, 201)
    drawn = []
    for above, below in _replicates(scores, place, replicates):
        rows = np.maximum(above + below, 1e-300)[1:]
        drawn.append(_precision_at(grid, above[1:] / above[-1], above[1:] / rows))
    return Curve(x, y, *_band(grid, _precision_at(grid, x, y), drawn))


def _precision_at(grid: Floats, recall: Floats, precision: Floats) -> Floats:
    # Points of no row at all, which replicates have, are passed over: at a recall of 0 too, a row has been found.
    return precision[np.searchsorted(recall, np.maximum(grid, 1e-12), side="left")]


def _replicates(scores: Scores, place: Integers, count: int) -> list[tuple[Floats, Floats]]:
    """Draw counts of both classes above each chosen score, each beginning with 0.

    Rows come as often as a Poisson variable of mean 1 says, so the rows between two scores come as often as one of mean
    their number; of weighted rows the mean and the variance are matched.
    """
    sums = [np.diff(total[place], prepend=0.0) for total in (scores.positive, scores.negative)]
    squares = [np.diff(total[place], prepend=0.0) for total in (scores.positive_squares, scores.negative_squares)]
    # One row of a class tells nothing of its spread.
    if any(total.sum() ** 2 < 1.5 * square.sum() for total, square in zip(sums, squares, strict=True)):
        return []
    random = np.random.default_rng(_SEED)
    drawn = []
    for total, square in zip(sums, squares, strict=True):
        unit = np.divide(square, total, out=np.ones_like(total), where=(total > 0) & (square > 0))
        many = random.poisson(total / unit, (count, len(total))) * unit
        drawn.append(np.concatenate((np.zeros((count, 1)), np.cumsum(many, axis=1)), axis=1))
    positive, negative = drawn
    kept = (positive[:, -1] > 0) & (negative[:, -1] > 0)
    return list(zip(positive[kept], negative[kept], strict=True))


def _band(grid: Floats, curve: Floats, drawn: list[Floats]) -> tuple[Floats, Floats, Floats]:
    if not drawn:
        return np.empty(0), np.empty(0), np.empty(0)
    low, high = np.quantile(np.array(drawn), (0.025, 0.975), axis=0)
    # Of few rows, the replicates can all lie to one side of the curve.
    return grid, np.minimum(low, curve), np.maximum(high, curve)


def reliability(scores: Scores, bins: int = 12) -> Reliability:
    """Compare probabilities with what came true, in bins of about equally many rows.

    Parameters
    ----------
    scores : Scores
        Of probabilities.
    bins : int
        At most; fewer where a bin would have less than 20 rows.

    Returns
    -------
    Reliability
    """
    rows = scores.positive + scores.negative
    squares = scores.positive_squares + scores.negative_squares
    effective = rows[-1] ** 2 / squares[-1]
    bins = max(1, min(bins, int(effective / 20)))
    end = np.unique(np.searchsorted(rows, rows[-1] * np.arange(1, bins + 1) / bins * (1 - 1e-12)))
    end = np.minimum(end, len(rows) - 1)
    # Highest first up to here, lowest first from here on.
    each = np.diff(rows, prepend=0.0)
    weight = np.diff(rows[end], prepend=0.0)[::-1]
    square = np.diff(squares[end], prepend=0.0)[::-1]
    positive = np.diff(scores.positive[end], prepend=0.0)[::-1]
    starts = np.concatenate(([0], end[:-1] + 1))
    predicted = np.add.reduceat(each * scores.score, starts)[::-1] / weight
    observed = np.clip(positive / weight, 0.0, 1.0)
    low, high = _wilson(observed, weight**2 / np.maximum(square, 1e-300))
    return Reliability(predicted, observed, low, high, weight)


def _wilson(share: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Intervals of shares of so many rows, be they no integers; NaN where there are none."""
    bounds = [wilson(p * n, n, 0.05) if n > 0 else (np.nan, np.nan) for p, n in zip(share, rows, strict=True)]
    low, high = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
    # Wilson's own bounds of 0 and of 1 hold these but for a rounding.
    return np.minimum(np.maximum(low, 0.0), share), np.maximum(np.minimum(high, 1.0), share)


def distribution(scores: Scores, edges: Floats) -> tuple[Floats, Floats]:
    """Count the share of each class in bins of score; what lies beyond goes to the outermost bins.

    Parameters
    ----------
    scores : Scores
    edges : ndarray
        Of the bins, evenly far apart.

    Returns
    -------
    negative, positive : ndarray
        Shares, each adding up to 1 (to 0 where the class does not occur).
    """
    shares = []
    at = np.clip(scores.score, edges[0], edges[-1])
    for total in (scores.negative, scores.positive):
        counts, _ = np.histogram(at, edges, weights=np.diff(total, prepend=0.0))
        shares.append(counts / max(total[-1], 1e-300))
    return shares[0], shares[1]


def score_edges(scores: Scores, bins: int = 40) -> Floats:
    """Choose bins for scores that are no probabilities: the middle 99.8 % of the rows.

    Parameters
    ----------
    scores : Scores
    bins : int

    Returns
    -------
    ndarray of shape (bins + 1,)
    """
    rows = scores.positive + scores.negative
    high, low = scores.score[np.searchsorted(rows, rows[-1] * np.array([0.001, 0.999]))]
    return edges_between(float(low), float(high), bins)


def edges_between(low: float, high: float, bins: int) -> Floats:
    """Divide a range evenly; a range without width is given some.

    Parameters
    ----------
    low, high : float
    bins : int

    Returns
    -------
    ndarray of shape (bins + 1,)
    """
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        reach = max(abs(low), abs(high)) / 2 or 0.5
        low, high = low - reach, high + reach
    return np.linspace(low, high, bins + 1)


# Labels ---------------------------------------------------------------------------------------------------------------


def confusion(
    truth: NDArray[Any], labels: list[NDArray[Any]], names: list[str], weight: Any = None, most: int = 12
) -> Confusion:
    """Count predicted labels for each true one; of many classes, single out those that are most often confused.

    Parameters
    ----------
    truth : ndarray of shape (n_samples,)
        Codes of the classes: positions in `names`.
    labels : list of ndarray of shape (n_samples,)
        For each model, the predicted codes.
    names : list of str
    weight : ndarray of shape (n_samples,), optional
    most : int
        Number of classes shown by themselves.

    Returns
    -------
    Confusion
    """
    count = len(names)
    shown = np.arange(count)
    if count > most:
        wrong = np.zeros(count)
        for label in labels:
            missed = truth != label
            part = None if weight is None else weight[missed]
            wrong += np.bincount(truth[missed], part, count) + np.bincount(label[missed], part, count)
        # Where nothing is wrong the most frequent are shown.
        frequent = np.bincount(truth, weight, count)
        shown = np.sort(np.lexsort((-frequent, -wrong))[:most])
    size = len(shown) + (count > most)
    code = np.full(count, len(shown), dtype=np.intp)
    code[shown] = np.arange(len(shown))
    rows = code[truth] * size
    counts = [np.bincount(rows + code[label], weight, size * size).reshape(size, size) for label in labels]
    chosen = [names[k] for k in shown] + ["others"] * (count > most)
    return Confusion(chosen, [np.asarray(table, dtype=np.float64) for table in counts], count - len(shown))


def recalls(truth: NDArray[Any], labels: list[NDArray[Any]], count: int, weight: Any = None) -> Recalls:
    """Compute the share of each class that is found by each model.

    Parameters
    ----------
    truth : ndarray of shape (n_samples,)
        Codes below `count`.
    labels : list of ndarray of shape (n_samples,)
    count : int
    weight : ndarray of shape (n_samples,), optional

    Returns
    -------
    Recalls
    """
    frequency = np.asarray(np.bincount(truth, weight, count), dtype=np.float64)
    squares = frequency if weight is None else np.bincount(truth, np.square(weight), count)
    found = Recalls(frequency, [], [], [])
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = frequency**2 / squares
        for label in labels:
            hit = truth == label
            # Sums of weights in another order can differ in the last digit.
            share = np.minimum(np.bincount(truth[hit], None if weight is None else weight[hit], count) / frequency, 1.0)
            low, high = _wilson(share, effective)
            found.values.append(share)
            found.low.append(low)
            found.high.append(high)
    return found


# Numbers --------------------------------------------------------------------------------------------------------------


def middle(values: list[NDArray[Any]], share: float = 0.99) -> tuple[float, float]:
    """Find the range of the middle `share` of each of several arrays, all together.

    Parameters
    ----------
    values : list of ndarray
    share : float

    Returns
    -------
    low, high : float
    """
    tail = (1 - share) / 2
    # Of many rows a part says as much of where the middle lies.
    bounds = [
        np.quantile(np.asarray(x[:: max(1, len(x) // 1_000_000)], dtype=np.float64), (tail, 1 - tail)) for x in values
    ]
    return float(min(low for low, _ in bounds)), float(max(high for _, high in bounds))


def shares(values: NDArray[Any], edges: Floats, weight: Any = None) -> Floats:
    """Share of the values in each bin; what lies beyond goes to the outermost bins.

    Parameters
    ----------
    values : ndarray
    edges : ndarray
        Evenly far apart.
    weight : ndarray, optional

    Returns
    -------
    ndarray of shape (len(edges) - 1,)
    """
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges, weights=weight)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def density(x: NDArray[Any], y: NDArray[Any], x_edges: Floats, y_edges: Floats, weight: Any = None) -> Floats:
    """Share of the rows in each cell of a grid; what lies beyond goes to the outermost cells.

    Parameters
    ----------
    x, y : ndarray of shape (n_samples,)
    x_edges, y_edges : ndarray
        Evenly far apart.
    weight : ndarray of shape (n_samples,), optional

    Returns
    -------
    ndarray of shape (len(x_edges) - 1, len(y_edges) - 1)
    """
    columns, rows = _cells(x, x_edges), _cells(y, y_edges)
    width, height = len(x_edges) - 1, len(y_edges) - 1
    counts = np.bincount(columns * height + rows, weight, width * height).reshape(width, height)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _cells(values: NDArray[Any], edges: Floats) -> Integers:
    count = len(edges) - 1
    place = (np.asarray(values, dtype=np.float64) - edges[0]) * (count / (edges[-1] - edges[0]))
    return np.clip(place, 0, count - 1).astype(np.int64)


def trend(x: NDArray[Any], y: NDArray[Any], weight: Any = None, bins: int = 12) -> tuple[Floats, Floats]:
    """Mean of `y` in bins of `x` that hold about equally many rows.

    Parameters
    ----------
    x, y : ndarray of shape (n_samples,)
    weight : ndarray of shape (n_samples,), optional
    bins : int
        At most; fewer where a bin would have less than 25 rows.

    Returns
    -------
    at, mean : ndarray
        Mean `x` and mean `y` of each bin.
    """
    bins = max(1, min(bins, len(x) // 25))
    # Where to cut need not be exact.
    cuts = np.unique(np.quantile(x[:: max(1, len(x) // 1_000_000)], np.arange(1, bins) / bins))
    cell = np.searchsorted(cuts, x, side="right")
    count = len(cuts) + 1
    total = np.bincount(cell, weight, count)
    each = np.ones(len(x)) if weight is None else weight
    kept = total > 0
    return (
        np.bincount(cell, x * each, count)[kept] / total[kept],
        np.bincount(cell, y * each, count)[kept] / total[kept],
    )
