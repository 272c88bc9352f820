"""Comparisons of two models from what is left of their rows: counts, moments, standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._cells import Table, code_labels
from ._evidence import Evidence, Problem, find, of_table
from ._laws import StudentLaw
from ._resampling import Plan
from .paired import check_question, comparison_of, difference_of
from .results import Comparison
from .single import check_level, check_method

Floats = NDArray[np.float64]


class _Counted(Problem):
    """A metric of labels, and how many rows have each combination of them."""

    def __init__(self, metric: Any, labels: list[Any], counts: Any, params: dict[str, Any]) -> None:
        counts = np.asarray(counts)
        if counts.ndim != 1 or counts.dtype.kind not in "iu" or (counts.size and counts.min() < 0):
            raise ValueError("counts must hold one integer for each combination of labels, none of them negative.")
        super().__init__(metric, labels[0], labels[1:], counts, None, params)
        self.counts = counts.astype(np.int64)
        # From here on the rows are what is counted, and not weighted combinations.
        self.weight, self.rows = None, int(counts.sum())

    def gather(self) -> Evidence:
        if self.measure.kind != "labels":
            raise ValueError(f"metric must be one of predicted labels where rows are counted, got {self.name!r}.")
        coded = code_labels([self.y_true, *self.predictions])
        refusal = f"{self.name} is no number for each model here: choose an average."
        if coded is None:
            raise ValueError(refusal)
        true, base, tuned = (places.astype(np.intp) for places in coded.places)
        size = coded.labels.size
        codes, at = np.unique((true * size + base) * size + tuned, return_inverse=True)
        counts = np.zeros(codes.size, np.int64)
        np.add.at(counts, at, self.counts)
        codes, counts = codes[counts > 0], counts[counts > 0]
        pairs = codes // size
        table = Table(coded.labels, pairs // size, [pairs % size, codes % size], counts)
        found = of_table(self, table, self.params)
        if found is None:
            raise ValueError(refusal)
        return found


def compare_counts(
    metric: Any,
    y_true: Any,
    base: Any,
    tuned: Any,
    counts: Any,
    *,
    method: str = "auto",
    alternative: str = "two-sided",
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    rng: Any = None,
    equivalence_margin: float | None = None,
    **params: Any,
) -> Comparison:
    """Compare two models by the numbers of rows that have the same labels.

    Parameters
    ----------
    metric : str or callable
        A metric of predicted labels.
    y_true, base, tuned : array-like of shape (n_cells,)
        True label and predictions of each combination that occurs.
    counts : array-like of int of shape (n_cells,)
        How many rows have it.
    method, alternative, confidence_level, n_resamples, rng, equivalence_margin
        As in `compare`.
    **params
        Further parameters of `metric`.

    Returns
    -------
    comparison : Comparison
        What `compare` returns for all the rows.

    Raises
    ------
    ValueError
        As `compare` does, and for a metric that is not one of predicted labels.

    Examples
    --------
    >>> from trueval.inference import compare_counts
    >>> found = compare_counts("accuracy_score", [0, 1, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [400, 300, 200, 100])
    >>> round(found.difference, 6), found.wins, found.losses, found.method
    (0.1, 200, 100, 'mcnemar')
    """
    check_question(alternative, equivalence_margin)
    level, plan = check_level(confidence_level), Plan(n_resamples, rng, None, "multinomial")
    check_method(method)
    problem = _Counted(metric, [y_true, base, tuned], counts, params)
    return difference_of(problem.gather(), method, level, plan, alternative, equivalence_margin)


@dataclass
class PairedMoments:
    """What is left of the values that two models have for the same rows: enough for the paired t-test.

    Attributes
    ----------
    n : int
        Rows.
    outcome : tuple of three int
        How often the second model did better, as well and worse.
    mean : ndarray of shape (3,)
        Means of weight times value of either model, and of the weight.
    products : ndarray of shape (3, 3)
        Sums of the products of their deviations from these means.
    root : bool
        Whether the metric is the root of the mean.
    """

    n: int = 0
    outcome: tuple[int, int, int] = (0, 0, 0)
    mean: Floats = field(default_factory=lambda: np.zeros(3))
    products: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    root: bool = False

    def merge(self, other: PairedMoments) -> PairedMoments:
        """Add other rows (Chan, Golub and LeVeque 1983); the other is left as it is.

        Returns
        -------
        moments : PairedMoments
            These.
        """
        n = self.n + other.n
        if other.n:
            apart = other.mean - self.mean
            self.products = self.products + other.products + np.outer(apart, apart) * (self.n * (other.n / n))
            self.mean = self.mean + apart * (other.n / n)
            wins, ties, losses = (own + new for own, new in zip(self.outcome, other.outcome, strict=True))
            self.n, self.outcome, self.root = n, (wins, ties, losses), other.root
        return self

    def to_array(self) -> Floats:
        """Return all of it as numbers, for `from_array`."""
        return np.array([self.n, *self.outcome, self.root, *self.mean, *self.products.reshape(-1)], np.float64)

    @classmethod
    def from_array(cls, numbers: Any) -> PairedMoments:
        """Return the moments that `to_array` gave the numbers of."""
        x = np.asarray(numbers, dtype=np.float64)
        n, wins, ties, losses, root = (int(number) for number in x[:5])
        return cls(n, (wins, ties, losses), x[5:8].copy(), x[8:17].reshape(3, 3).copy(), bool(root))

    def compare(
        self,
        *,
        values: tuple[float, float] | None = None,
        alternative: str = "two-sided",
        confidence_level: float = 0.95,
        equivalence_margin: float | None = None,
    ) -> Comparison:
        """Compare the two models by the paired t-test; of roots of means, by the delta method.

        Parameters
        ----------
        values : tuple of two floats, optional
            The metric of either model, where it is known more exactly than from these moments.
        alternative, confidence_level, equivalence_margin
            As in `trueval.inference.compare`.

        Returns
        -------
        comparison : Comparison
        """
        base, tuned, weight = self.mean.tolist()
        gradient = np.array([-1.0, 1.0, (base - tuned) / weight if weight else math.nan])
        found = (base / weight, tuned / weight) if weight else (math.nan, math.nan)
        if self.root:
            found = math.sqrt(found[0]), math.sqrt(found[1])
            slopes = [0.5 / value if value else 0.0 for value in found]
            change = slopes[0] * base - slopes[1] * tuned
            gradient = np.array([-slopes[0], slopes[1], change / weight if weight else math.nan])
        error = math.nan
        if self.n > 1 and weight:
            spread = max(0.0, float(gradient @ self.products @ gradient)) / (self.n * weight) ** 2
            error = math.sqrt(spread * (self.n / (self.n - 1)))
        of_base, of_tuned = values or found
        return compare_estimates(
            of_base,
            of_tuned,
            error,
            self.n,
            df=self.n - 1,
            method="t",
            outcome=self.outcome,
            alternative=alternative,
            confidence_level=confidence_level,
            equivalence_margin=equivalence_margin,
        )


def paired_moments(
    metric: Any, y_true: Any, base: Any, tuned: Any, sample_weight: Any = None, **params: Any
) -> PairedMoments:
    """Reduce the rows of two models to what a paired t-test needs.

    Parameters
    ----------
    metric : str or callable
        A mean over rows or queries, or its root; ``'mean'`` for values that are known already.
    y_true, base, tuned : array-like
        As in `compare`.
    sample_weight : array-like of shape (n_samples,), optional
        Weights, not negative.
    **params
        Further parameters of `metric`.

    Returns
    -------
    moments : PairedMoments
        They merge with those of other rows.

    Raises
    ------
    ValueError
        For a metric that is no mean over rows, and as it does itself.

    Examples
    --------
    >>> from trueval.inference import paired_moments
    >>> parts = [paired_moments("mean_absolute_error", [0.0, n], [n + 1.0, 2.0], [0.5, n]) for n in (1, 2)]
    >>> found = parts[0].merge(parts[1]).compare()
    >>> round(found.difference, 6), found.n, found.wins
    (-1.25, 4, 3)
    """
    _, name, measure = find(metric)
    if measure.kind not in ("mean", "root"):
        raise ValueError(f"metric must be a mean over rows or the root of one, got {name!r}.")
    columns = [measure.source(y_true, prediction, **params) for prediction in (base, tuned)]
    if any(column is None for column in columns):
        raise ValueError(f"{name} is no mean over rows with the parameters {params}.")
    weight = np.ones(columns[0].size) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    x = np.stack([weight * columns[0], weight * columns[1], weight])
    n = x.shape[1]
    if not n:
        return PairedMoments(root=measure.kind == "root")
    mean = x.mean(axis=1)
    x -= mean[:, np.newaxis]
    better, worse = int(np.count_nonzero(columns[1] > columns[0])), int(np.count_nonzero(columns[1] < columns[0]))
    wins, losses = (worse, better) if measure.lower else (better, worse)
    return PairedMoments(
        n, (wins, n - wins - losses, losses), mean, np.einsum("in,jn->ij", x, x), measure.kind == "root"
    )


def compare_estimates(
    base: float,
    tuned: float,
    standard_error: float,
    n: int,
    *,
    df: float = math.inf,
    method: str = "normal",
    outcome: tuple[int, int, int] | None = None,
    alternative: str = "two-sided",
    confidence_level: float = 0.95,
    equivalence_margin: float | None = None,
) -> Comparison:
    """Compare two values whose difference has a known standard error.

    Parameters
    ----------
    base, tuned : float
        The metric of either model.
    standard_error : float
        Of the difference.
    n : int
        The number of independent units.
    df : float, default=inf
        Degrees of freedom of the standard error.
    method : str, default='normal'
        What the comparison is to say of where the standard error came from.
    outcome : tuple of three int, optional
        Wins, ties and losses.
    alternative, confidence_level, equivalence_margin
        As in `compare`.

    Returns
    -------
    comparison : Comparison

    Examples
    --------
    >>> from trueval.inference import compare_estimates
    >>> found = compare_estimates(0.5, 0.75, 0.125, 1000)
    >>> found.statistic, round(found.pvalue, 4)
    (2.0, 0.0455)
    """
    check_question(alternative, equivalence_margin)
    level = check_level(confidence_level)
    law = StudentLaw(tuned - base, standard_error, df)
    return comparison_of(base, tuned, law, level, alternative, equivalence_margin, method, n, outcome)
