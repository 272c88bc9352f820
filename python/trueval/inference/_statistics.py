"""Metrics that are functions of sufficient statistics, or of how often each unit counts: from outside the table.

A corpus metric (BLEU, chrF) is a function of sums over segments; a mean average precision is one of how often each
image counts. Either way what is expensive (n-grams, matching of boxes) is done once, and replicates are cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._evidence import Evidence, Question, code_clusters, units_of
from ._resampling import Plan
from ._samples import COINS, Entries, Floats, Sample, SumSample, generator
from .paired import check_question, difference_of
from .results import Comparison
from .single import check_level, check_method

# Weights that are worked on at a time.
_BLOCK = 1 << 22


class WeightSample(Sample):
    """Units of which a metric knows how often each counts.

    `function` maps weights of the rows, one row a replicate, to a column of values for each model; `exchange` maps a
    boolean matrix, true where the models change places, to the same. `work` is what a replicate costs, in draws.
    """

    # Leaving a unit out is a call of the function.
    calls = True
    work = 1

    def __init__(  # noqa: PLR0917
        self,
        function: Callable[[Floats], Floats],
        exchange: Callable[[NDArray[np.bool_]], Floats],
        values: tuple[float, ...],
        rows: int,
        cluster: NDArray[np.uint32] | None,
        work: int,
    ) -> None:
        self.function, self.exchange, self.values, self.cluster, self.work = function, exchange, values, cluster, work
        self.units = rows if cluster is None else int(cluster.max()) + 1

    def _parts(self, count: int, part: Callable[[int, int], Floats]) -> Floats:
        step = max(1, _BLOCK // self.units)
        return np.concatenate([part(start, min(step, count - start)) for start in range(0, count, step)])

    def _of_rows(self, of_units: NDArray[Any]) -> NDArray[Any]:
        return of_units if self.cluster is None else of_units[:, self.cluster]

    def bootstrap(self, seed: int, first: int, count: int) -> Floats:
        each = np.arange(self.units, dtype=np.uint32)
        ones = Entries(np.ones(self.units), each, each, self.units, self.units)

        def part(start: int, size: int) -> Floats:
            times = ones.replicates(self.poisson, seed, first + start, size)
            return self.statistic(self.function(self._of_rows(times)))

        return self._parts(count, part)

    def swapped(self, seed: int, first: int, count: int) -> Floats:
        def part(start: int, size: int) -> Floats:
            numbers = (generator(seed, COINS, first + start + i) for i in range(size))
            coins = np.stack([of_one.integers(2, size=self.units).astype(bool) for of_one in numbers])
            return self.statistic(self.exchange(self._of_rows(coins)))

        return self._parts(count, part)

    def left_out(self) -> tuple[Floats, Floats]:
        def part(start: int, size: int) -> Floats:
            times = np.ones((size, self.units))
            times[np.arange(size), np.arange(start, start + size)] = 0.0
            return self.statistic(self.function(self._of_rows(times)))

        return self._parts(self.units, part), np.ones(self.units)


def question_of(metric: Callable[..., Any], values: tuple[float, ...], rows: Any, cluster: Any) -> Question:
    """Make the question from the values, with as many rows as `rows` has."""
    question = Question(metric, values, len(rows))
    question.cluster = None if cluster is None else code_clusters(cluster, rows)
    return question


def of_sums(
    function: Callable[[Floats], Floats], values: tuple[float, ...], statistics: list[Floats], cluster: Any
) -> Evidence:
    """Find what is known of a function of sums over units."""
    question = question_of(function, values, statistics[0], cluster)
    columns = np.column_stack(statistics)
    folds = [function] * len(statistics)
    return Evidence("sums", question, lambda q: SumSample(units_of(q, columns), folds, values))


def judge(
    evidence: Evidence,
    *,
    method: str = "auto",
    alternative: str = "two-sided",
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    rng: Any = None,
    equivalence_margin: float | None = None,
    resampling: str = "multinomial",
    progress: Any = None,
) -> Comparison:
    """Compare two models by what is known of both, with the parameters of `compare`."""
    level = check_level(confidence_level)
    check_method(method)
    check_question(alternative, equivalence_margin)
    plan = Plan(n_resamples, rng, progress, resampling)
    return difference_of(evidence, method, level, plan, alternative, equivalence_margin)


def compare_statistics(
    function: Callable[[NDArray[np.float64]], Any], base: Any, tuned: Any, *, cluster: Any = None, **options: Any
) -> Comparison:
    """Compare two models by a metric that is a function of sums over rows.

    Parameters
    ----------
    function : callable
        Makes the metric from sums: given an array of shape (m, k) whose rows are sums of the statistics over rows, it
        returns the m values, NaN where the metric is undefined.
    base : array-like of shape (n_samples,) or (n_samples, k)
        The first model's sufficient statistics of each row (segment, document, image).
    tuned : array-like of the same shape
        The second model's, of the same rows.
    cluster : array-like of shape (n_samples,), optional
        What rows belong together: clusters are then taken for independent, and not rows.
    **options
        `method`, `alternative`, `confidence_level`, `n_resamples`, `rng`, `equivalence_margin`, `resampling` and
        `progress`, as in `compare`; methods are ``'approximate-randomization'`` (the default, with the jackknife's
        standard error for the interval), ``'bootstrap-percentile'``, ``'bootstrap-basic'``, ``'bootstrap-bca'`` and
        ``'normal'``.

    Returns
    -------
    comparison : Comparison
        Its ``wins``, ``ties`` and ``losses`` are None.

    Raises
    ------
    ValueError
        If the statistics are not finite or not of the same shape, or `function` does not return one number for each
        row of sums; as `compare` does.

    See Also
    --------
    compare : metrics of trueval, and any function of the rows.

    Notes
    -----
    A replicate costs n_samples draws and additions of k numbers each, and one row of `function`'s argument; the default
    method evaluates `function` once without each row besides. Sums of whole numbers below 2**53 are exact. Replicate i
    depends on (seed, i) and the data alone.

    Examples
    --------
    The ratio of two sums: errors per word.

    >>> import numpy as np
    >>> from trueval.inference import compare_statistics
    >>> words = np.arange(10, 50)
    >>> base = np.column_stack([words // 4, words])
    >>> tuned = np.column_stack([words // 5, words])
    >>> found = compare_statistics(lambda sums: sums[:, 0] / sums[:, 1], base, tuned, rng=0)
    >>> round(found.base, 3), round(found.tuned, 3), found.method
    (0.237, 0.186, 'approximate-randomization')
    >>> found.pvalue
    0.0001
    """
    statistics = [_statistics(base, "base"), _statistics(tuned, "tuned")]
    if statistics[0].shape != statistics[1].shape:
        raise ValueError(
            f"base and tuned must have the same shape, got {statistics[0].shape} and {statistics[1].shape}."
        )
    if not callable(function):
        raise TypeError(f"function must be callable, got {function!r}.")

    def fold(sums: Floats) -> Floats:
        found = np.asarray(function(sums), dtype=np.float64)
        if found.shape != (len(sums),):
            raise ValueError(
                f"function must return one number for each row of sums: expected shape ({len(sums)},), got "
                f"{found.shape}."
            )
        return found

    fold.__name__ = getattr(function, "__name__", type(function).__name__)
    values = tuple(float(fold(one.sum(axis=0, keepdims=True))[0]) for one in statistics)
    return judge(of_sums(fold, values, statistics, cluster), **options)


def _statistics(values: Any, name: str) -> Floats:
    a = np.asarray(values, dtype=np.float64)
    if a.ndim == 1:
        a = a.reshape(-1, 1)
    if a.ndim != 2 or 0 in a.shape:
        raise ValueError(f"{name} must have shape (n_samples,) or (n_samples, k), none of them 0, got {a.shape}.")
    if not np.isfinite(a).all():
        raise ValueError(f"{name} must hold finite numbers, got NaN or infinity.")
    return a
