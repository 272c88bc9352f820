"""The contract between the Python layer and a backend.

``trueval._core`` (Rust) and ``trueval._reference`` (NumPy) both provide exactly these functions, and nothing else calls
them than the public functions, through ``_backend``. Every array that crosses here is canonical, which ``_validation``
sees to: C-contiguous, aligned, native byte order, lengths agreed.

Labels
    1-D arrays of uint8..uint64, int8..int64, float32 or float64 (bool travels as its uint8 view, strings as codes).
    A float label is legal when it is integral and fits an int64; -0.0 is the label 0.
Scores
    float32, float64, int64 or uint64; narrower types were widened without loss before. -0.0 ties with 0.0.
Weights
    float64 or None. The unweighted and the weighted call are separate paths: integers in the first, float64 in the
    second.
Status
    What a scan found, the first of: 1 a NaN, 2 an infinity, 3 a value that is not an integral label; 0 none of these.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str

_Labels = NDArray[Any]
_Scores = NDArray[Any]
_Weights = NDArray[np.float64] | None

# threads --------------------------------------------------------------------------------------------------------------

def set_num_threads(n: int, /) -> None:
    """Compute with `n` threads from now on; 0 is the default."""

def get_num_threads() -> int:
    """How many threads calls compute with."""

# labels ---------------------------------------------------------------------------------------------------------------

def scan(x: NDArray[Any], /) -> tuple[int, float, float]:
    """Status (0, 1 or 2), minimum and maximum of a 1-D array of scores or weights; (0, inf, -inf) when empty.

    When the status is not 0 the extremes are over the other values.
    """

def label_set(y: _Labels, /) -> tuple[int, _Labels]:
    """Status and sorted distinct labels in the dtype of `y`; none when the status is not 0."""

def factorize(rows: NDArray[np.uint8], /) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Number the distinct rows of an (n, width) byte matrix in order of first appearance.

    Returns the index of the first row of each number, shape (k,), and the number of every row, shape (n,).
    """

def factorize_objects(y: NDArray[np.object_], /) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Number the distinct objects of a 1-D array, told apart by identity, like `factorize`."""

# counts ---------------------------------------------------------------------------------------------------------------

def contingency(
    y_true: _Labels, y_pred: _Labels, sample_weight: _Weights, /
) -> tuple[
    int,
    _Labels,
    int,
    _Labels,
    NDArray[np.uint32],
    NDArray[np.uint32],
    NDArray[np.int64],
    NDArray[np.float64] | None,
]:
    """Joint counts of two label arrays.

    Returns (status of y_true, its label set, status of y_pred, its label set, rows, columns, counts, weights): the
    cells that occur, in row-major order, as positions in the two label sets, with how many samples fall in each and,
    when weighted, the sum of their weights. There are no cells when either status is not 0.
    """

def indicator_counts(
    y_true: NDArray[np.uint8], y_pred: NDArray[np.uint8], sample_weight: _Weights, /
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Per column of two (n, k) indicator matrices: how many rows are nonzero in both, in y_pred, in y_true.

    int64 when unweighted, float64 sums of weights otherwise.
    """

def indicator_counts_by_row(
    y_true: NDArray[np.uint8], y_pred: NDArray[np.uint8], /
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per row of two (n, k) indicator matrices: columns nonzero in both, in y_pred, in y_true, and columns that differ.

    A column differs where the two bytes differ, so matrices whose nonzero marks are unlike are told apart.
    """

def sparse_indicator_counts(
    true_starts: NDArray[np.int64],
    true_columns: NDArray[np.int64],
    pred_starts: NDArray[np.int64],
    pred_columns: NDArray[np.int64],
    width: int,
    sample_weight: _Weights,
    /,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """`indicator_counts` of two sparse matrices of `width` columns.

    Of each, where its rows begin, shape (n + 1,), and the columns of their marks, sorted and distinct within a row.
    """

def sparse_indicator_counts_by_row(
    true_starts: NDArray[np.int64],
    true_columns: NDArray[np.int64],
    pred_starts: NDArray[np.int64],
    pred_columns: NDArray[np.int64],
    /,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per row of two sparse indicator matrices: marks in both, in y_pred, in y_true."""

# curves ---------------------------------------------------------------------------------------------------------------

def binary_curve(
    y_true: _Labels, pos_label: int | None, y_score: _Scores, sample_weight: _Weights, /
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """False and true positives at or above each distinct score, scores descending.

    Returns (fps, tps, thresholds): int64 counts, or float64 sums of weights; thresholds in the dtype of `y_score`.
    Rows of weight zero do not take part. ``pos_label=None`` means that no row is positive.
    """

def roc_auc(
    y_true: _Labels, pos_label: int | None, y_score: _Scores, sample_weight: _Weights, /
) -> tuple[float, float, float]:
    """(positives, negatives, twice the area in units of positives times negatives).

    Unweighted, the three are exact Python integers: the last is 2 wins + ties over all (positive, negative) pairs.
    """

def average_precision(
    y_true: _Labels, pos_label: int | None, y_score: _Scores, sample_weight: _Weights, /
) -> tuple[float, float]:
    """(sum over distinct scores of positives there times precision at or above it, positives).

    Unweighted, each precision is rounded to 2**-52 and the sum is then exact, so that it does not depend on how the
    rows were split; the positives are a Python integer.
    """

def roc_auc_of_halves(y_true: _Labels, pos_label: int | None, y_score: NDArray[np.uint16], /) -> tuple[int, int, int]:
    """`roc_auc` without weights, of finite float16 scores that are given by their bits."""

def average_precision_of_halves(
    y_true: _Labels, pos_label: int | None, y_score: NDArray[np.uint16], /
) -> tuple[float, int]:
    """`average_precision` without weights, of finite float16 scores that are given by their bits."""

def class_pairs(
    y_true: _Labels, classes: list[int], y_score: _Scores, with_each: bool, /
) -> tuple[list[int], list[list[int]]]:
    """(rows of each class, 2 wins + ties of these over the rows of each class, in the column of the former).

    `classes` holds the label of each of the k columns of `y_score`, which has shape (n, k), each once; every label of
    `y_true` is one of them. The second item has k rows of k numbers; of one number, over all other classes, unless
    `with_each`.
    """

def trapezoid(x: NDArray[np.float64], y: NDArray[np.float64], /) -> tuple[bool, bool, float]:
    """(x never decreases, x never increases, signed area under y over x by the trapezoidal rule)."""

# ranking --------------------------------------------------------------------------------------------------------------

def dcg(
    y_true: NDArray[np.float64], y_score: _Scores, discount: NDArray[np.float64], ignore_ties: bool, /
) -> NDArray[np.float64]:
    """Discounted cumulative gain of each row of (n, k) gains ranked by (n, k) scores; `discount` has shape (k,).

    Tied scores share the mean of their discounts; with `ignore_ties` the later column of a tie ranks first.
    """

def ndcg(
    y_true: NDArray[np.float64], y_score: _Scores, discount: NDArray[np.float64], ignore_ties: bool, /
) -> NDArray[np.float64]:
    """`dcg` over the DCG of the ideal ranking, per row; 0 where the latter is 0."""

def pairs_by_row(
    y_true: NDArray[np.uint8], y_score: _Scores, /
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per row of (n, k) marks ranked by (n, k) scores: nonzero marks, then pairs of a nonzero and a zero mark.

    First of the pairs in which the nonzero mark scores higher, then of those of equal scores.
    """

def average_precision_by_row(y_true: NDArray[np.uint8], y_score: _Scores, /) -> NDArray[np.float64]:
    """Per row of (n, k) marks: mean over the nonzero ones of the share of nonzero ones at or above their score.

    NaN where there is no nonzero one.
    """

def partial_roc_auc_by_row(y_true: NDArray[np.uint8], y_score: _Scores, max_fpr: float, /) -> NDArray[np.float64]:
    """Area under the ROC curve of each row of (n, k) marks up to ``0 < max_fpr <= 1``, by the trapezoidal rule.

    NaN where all marks are nonzero, or none.
    """

def coverage_by_row(y_true: NDArray[np.uint8], y_score: _Scores, /) -> NDArray[np.int64]:
    """Per row of (n, k) marks: scores no lower than the lowest of a nonzero mark; 0 where there is none."""

def class_ranks(y_true: _Labels, classes: _Labels, y_score: _Scores, /) -> NDArray[np.int64]:
    """Per row of (n, k) scores of k classes: those that rank before the class in `y_true`, from the highest score down.

    The later column of a tie ranks first. `classes` is sorted, in the dtype of `y_true`, and holds every label in it.
    """

# regression -----------------------------------------------------------------------------------------------------------

def squared_error(y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, /) -> NDArray[np.float64]:
    """Mean of the squared differences of two (n, k) float matrices of one dtype, per column.

    Weighted: the weighted sum over the sum of weights (nan or inf when that is 0).
    """

def absolute_error(y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, /) -> NDArray[np.float64]:
    """Like `squared_error`, for absolute differences."""

def absolute_percentage_error(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, epsilon: float, /
) -> NDArray[np.float64]:
    """Like `squared_error`, for the absolute difference over the absolute truth, the latter at least `epsilon`."""

def squared_log_error(y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, /) -> NDArray[np.float64]:
    """Like `squared_error`, for the logarithms of 1 + y; every value exceeds -1."""

def pinball_loss(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, alpha: float, /
) -> NDArray[np.float64]:
    """Like `squared_error`, for alpha times the difference where it is positive, alpha - 1 times it where negative."""

def explained_pinball(
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    sample_weight: _Weights,
    alpha: float,
    share: float,
    slack: float,
    /,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`pinball_loss` of the predictions and of a quantile of y_true, per column.

    In the order of y_true the quantile is the first value at which the weights of the rows so far (1 each without
    weights) reach `share` of all, or the mean of it and the next value of nonzero weight if they exceed that by at most
    `slack`. Weights of both signs are bisected for that place as they are.
    """

def median_absolute_error(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, slack: float, /
) -> NDArray[np.float64]:
    """Quantile in the sense of `explained_pinball`, with share 1/2, of the absolute differences, per column."""

def max_error(y_true: NDArray[Any], y_pred: NDArray[Any], /) -> NDArray[np.float64]:
    """Largest absolute difference, per column; 0 without rows."""

def tweedie_deviance(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, power: float, /
) -> NDArray[np.float64]:
    """Like `squared_error`, for the unit deviance of the Tweedie distribution of this variance power.

    Outside the distribution's domain the result is nan or meaningless.
    """

def explained_deviance(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, power: float, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`tweedie_deviance` of the predictions and of the mean of y_true, per column."""

def explained_sums(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per column: the (weighted) sum of squared differences, and of squared deviations of y_true from its mean."""

def explained_variances(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: _Weights, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per column: the (weighted) sum of squared deviations of the differences, and of y_true, from their means."""

# placements -----------------------------------------------------------------------------------------------------------

def auc_moments(y_true: _Labels, pos_label: int | None, y_score: _Scores, /) -> tuple[int, int, int, int, int]:
    """Positives, negatives, twice the area under the ROC curve in pairs, and the sums of the squared placements.

    The placement of a row is twice the number of rows of the other class that it is on the right side of, plus the
    number of those it ties with. The last two results are over the positives and over the negatives. All are exact.
    """

def placements(y_true: _Labels, pos_label: int | None, y_score: _Scores, /) -> tuple[NDArray[np.uint64], int]:
    """Placement of every row, see `auc_moments`, and the number of positives. Fewer than 2**32 rows."""

def auc_covariance(
    y_true: _Labels, pos_label: int | None, base: _Scores, tuned: _Scores, /
) -> tuple[int, int, list[int], list[int]]:
    """Positives, negatives, and the sums of a, b, a², ab and b² over the positives and over the negatives.

    a and b are the placements in the two rankings. Fewer than 2**32 rows.
    """

def rank_order(
    y_true: _Labels, pos_label: int | None, y_score: _Scores, /
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """Positive rows and negative rows by descending score, tied ones in their own order, and groups of equal scores.

    For each distinct score of a positive, highest first, the last array holds three numbers: how many positives score
    at least as high, how many negatives higher, and how many negatives at least as high. Fewer than 2**32 rows.
    """

# resample -------------------------------------------------------------------------------------------------------------

def rank_bootstrap(
    what: int,
    rankings: list[tuple[NDArray[np.uint32] | None, NDArray[np.uint32] | None, NDArray[np.uint32]]],
    positives: int,
    negatives: int,
    units: int | None,
    poisson: bool,
    seed: int,
    first: int,
    count: int,
    /,
) -> NDArray[np.float64]:
    """Bootstrap replicates `first` to `first + count` of a metric of one or several rankings of the same rows.

    `what` is 0 for the area under the ROC curve, 1 for average precision, 2 for the area and its standard error. With
    ``units=None``, each class is drawn from by itself, as often as it has rows; else so many units are drawn. A ranking
    is (whose count each positive has, highest score first; the same of the negatives; groups as in `rank_order`), the
    first two None where it is their own in that order.

    A replicate's draws are ⌊u * n / 2**64⌋, for numbers u of Philox4x64-10 with key (seed, 0) and counter (0, 0, 0,
    replicate), positives first. With `poisson`, the count of unit i is instead a Poisson variable of mean 1: the number
    of k for which number i, of counter (0, 0, 6, replicate), is at least ⌊2**64 * P(X <= k)⌋. The result
    is flat: replicates, rankings, results. Undefined ones are NaN.
    """

def bootstrap_sums(
    values: NDArray[np.float64],
    units: NDArray[np.uint32] | None,
    columns: NDArray[np.uint32] | None,
    width: int,
    n_units: int,
    poisson: bool,
    seed: int,
    first: int,
    count: int,
    /,
) -> NDArray[np.float64]:
    """Sums of `width` columns of numbers over `n_units` units drawn, as in `rank_bootstrap`; flat.

    `units` and `columns` place each number; without them there are `width` numbers for each unit in turn.
    """

def sign_flip_sums(values: NDArray[np.float64], seed: int, first: int, count: int, /) -> NDArray[np.float64]:
    """Sums of the values under random signs, for replicates `first` to `first + count`.

    The sign of value 64 * w + j is minus where bit j is set of number w of Philox4x64-10 with key (seed, 0) and counter
    (0, 0, 1, replicate).
    """

# losses ---------------------------------------------------------------------------------------------------------------

def log_loss(
    y_true: _Labels,
    classes: _Labels,
    y_proba: NDArray[Any],
    sample_weight: _Weights,
    low: float,
    high: float,
    tolerance: float,
    /,
) -> tuple[float, int]:
    """Sum of -log of the probability given to each row's own class, clipped to [low, high], times its weight.

    `classes` is sorted, in the dtype of `y_true`, and holds every label in it. `y_proba` is float32 or float64 of
    shape (n, len(classes)), or (n, 1) when there are two classes: the probability of the second; a single row stands
    for every row. Returns the sum and how many rows add up to something further than `tolerance` from 1 (0 for one
    column).
    """

def brier(
    y_true: _Labels,
    classes: _Labels,
    y_proba: NDArray[Any],
    sample_weight: _Weights,
    tolerance: float,
    /,
) -> tuple[float, int]:
    """Sum of the squared differences between each row and 1 for its own class, 0 for the others, times its weight.

    Arguments and second result are those of `log_loss`, but there is a column for each class.
    """

def brier_binary(y_true: _Labels, pos_label: int | None, y_proba: NDArray[Any], sample_weight: _Weights, /) -> float:
    """Sum of the squared differences between `y_proba` and 1 for the label `pos_label`, 0 for others, times the weight.

    ``pos_label=None`` means that no row is positive. `y_proba` has shape (n,), or (1,) for one that stands for all.
    """

def hinge(y_true: _Labels, classes: _Labels, pred_decision: NDArray[Any], sample_weight: _Weights, /) -> float:
    """Sum of max(0, 1 - margin), times the weight; the margin is a row's own decision less the greatest other one.

    `classes` is sorted, in the dtype of `y_true`, and holds every label in it; `pred_decision` is float32 or float64 of
    shape (n, len(classes)).
    """

def hinge_binary(
    y_true: _Labels, pos_label: int | None, pred_decision: NDArray[Any], sample_weight: _Weights, /
) -> float:
    """Sum of max(0, 1 - decision) for the label `pos_label`, of max(0, 1 + decision) for others, times the weight.

    ``pos_label=None`` means that no row is positive.
    """

# logits ---------------------------------------------------------------------------------------------------------------

def cross_entropy(
    y_true: NDArray[np.int64], logits: NDArray[Any], brain: bool, ignored: int | None, /
) -> NDArray[np.float64]:
    """Log of the sum of the exponentials of each row less the logit in its own column; 0 for rows of class `ignored`.

    `logits` is float32, float64 or uint16 of shape (n, k); uint16 are the bits of bfloat16 if `brain`, else those of
    float16. NaN where a row holds NaN or +inf, or -inf alone; +inf where its own column holds -inf. ValueError for a
    label that is no column.
    """

# calibration ----------------------------------------------------------------------------------------------------------

def reliability(
    y_true: _Labels,
    pos_label: int | None,
    y_proba: NDArray[Any],
    sample_weight: _Weights,
    edges: NDArray[np.float64],
    /,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Amount of rows (or weight) in each bin, of those with the label `pos_label`, and the sum of their `y_proba`.

    A row is in the bin of as many `edges`, sorted ones, as are below its probability, which is float32 or float64.
    """

def top_reliability(
    y_true: _Labels,
    classes: _Labels,
    y_proba: NDArray[Any],
    sample_weight: _Weights,
    edges: NDArray[np.float64],
    /,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """As `reliability`, of the highest probability of each row, and of the rows whose class it was.

    `classes` is sorted, in the dtype of `y_true`, and holds every label in it; `y_proba` has shape (n, len(classes)).
    Of equal probabilities the first counts.
    """

# retrieval ------------------------------------------------------------------------------------------------------------

def by_query(
    metric: int, relevance: NDArray[Any], scores: _Scores, group: _Labels, k: int | None, /
) -> NDArray[np.float64]:
    """A metric of each query in order of first appearance, from relevance, score and query of each document.

    `metric` is 0 for NDCG of gains that are the relevance, 1 of gains 2**relevance - 1, 2 for precision, 3 for recall,
    4 for average precision, 5 for the reciprocal rank, 6 for whether there is a hit, 7 for the precision of as many as
    are relevant, 8 for the area under the ROC curve; `k` cuts rankings off in 0 to 6. `relevance` is of any dtype of
    labels, its floats finite but not necessarily whole; what is not above 0 is not relevant. `group` holds integers.

    Ties count as the mean over their orders. A score of minus infinity is no rank: relevant documents that have it
    count among the relevant ones alone (in 8, it is the lowest score). 0 where no relevant document was retrieved; in
    8, NaN where all are relevant, or none.
    """
