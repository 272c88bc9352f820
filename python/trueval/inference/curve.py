"""How a model fared from checkpoint to checkpoint, and from where on it got worse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..exceptions import warn
from ._evidence import find
from ._laws import StudentLaw, independent_difference
from ._measures import DRAWN, RANDOMIZED
from .paired import compare
from .results import Comparison, ConfidenceInterval, Estimate, pvalue_text
from .single import check_level, confidence_interval

_REPLICATES = 9999

# The least adjusted p-value that replicates can show, as a share of the level. F1 of 10,000 rows at 40 checkpoints, all
# but one clearly worse than the best, takes 1.3 s by 9,999 replicates, which show nothing; 3.8 s by as many as a half
# demands, 7.6 s a fifth, 15 s a tenth. The last two find little more: p-values just below the level.
_SHARE = 0.5


@dataclass(frozen=True)
class Checkpoint:
    """A model at one moment of its training.

    Attributes
    ----------
    step : Any
        The name of the moment.
    value, standard_error : float
        The metric on the rows for evaluation.
    confidence_interval : ConfidenceInterval
        Of `value`.
    worse_by : float
        How much worse than the best checkpoint; 0 for that one.
    pvalue : float
        Of this difference, adjusted for the number of pairs of checkpoints; 1 for the best.
    train : float or None
        The metric on the rows for training.
    gap : float or None
        How much better the model is on the rows for training.
    gap_interval : ConfidenceInterval or None
        Of `gap`.
    """

    step: Any
    value: float
    standard_error: float
    confidence_interval: ConfidenceInterval
    worse_by: float
    pvalue: float
    train: float | None = None
    gap: float | None = None
    gap_interval: ConfidenceInterval | None = None


@dataclass(frozen=True)
class LearningCurve:
    """What the checkpoints of a training run say; printed, a table with a conclusion.

    Attributes
    ----------
    metric : str
    higher_is_better : bool
    confidence_level : float
    checkpoints : tuple of Checkpoint
        In the order of the training.
    paired : bool
        Whether checkpoints were compared row by row.
    """

    metric: str
    higher_is_better: bool
    confidence_level: float
    checkpoints: tuple[Checkpoint, ...]
    paired: bool

    @property
    def best(self) -> Checkpoint:
        """The checkpoint with the best value, the first of equals."""
        known = [one for one in self.checkpoints if not math.isnan(one.value)]
        return max(known, key=lambda one: one.value if self.higher_is_better else -one.value)

    @property
    def first_worse(self) -> Checkpoint | None:
        """The first checkpoint after the best that is worse than it beyond chance; None where there is none."""
        after = self.checkpoints[self.checkpoints.index(self.best) + 1 :]
        return next((one for one in after if one.pvalue <= 1 - self.confidence_level), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, lists and dicts, as JSON takes them but for NaN."""
        worse = self.first_worse
        return {
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "confidence_level": self.confidence_level,
            "paired": self.paired,
            "best": self.best.step,
            "first_worse": None if worse is None else worse.step,
            "checkpoints": [asdict(one) for one in self.checkpoints],
        }

    def __str__(self) -> str:
        level = f"{100 * self.confidence_level:g} % interval"
        with_train = any(one.train is not None for one in self.checkpoints)
        rows = [["checkpoint", "eval", level, "worse by", "p", *(["train", "gap", level] if with_train else [])]]
        for one in self.checkpoints:
            row = [str(one.step), _number(one.value), _interval(one.confidence_interval)]
            row += ["best", ""] if one is self.best else [_number(one.worse_by), _pvalue(one.pvalue)]
            if one.train is not None and one.gap is not None and one.gap_interval is not None:
                row += [_number(one.train), _number(one.gap), _interval(one.gap_interval)]
            rows.append(row)
        widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
        table = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=False)) for row in rows]
        direction = "higher" if self.higher_is_better else "lower"
        return "\n".join([f"{self.metric}, {direction} is better: {self._conclusion()}", "", *table])

    def _conclusion(self) -> str:
        best, worse = self.best, self.first_worse
        said = f"best at {best.step}"
        if worse is not None:
            said += (
                f", worse beyond chance {f'from {worse.step} on' if self._stays_worse(worse) else f'at {worse.step}'}"
            )
            said += f" (by {_number(worse.worse_by)}, {pvalue_text(worse.pvalue)})"
        elif best is self.checkpoints[-1]:
            said += ", the last"
        else:
            said += "; what follows is not worse beyond chance"
        if best.gap is not None and best.gap_interval is not None:
            last = self.checkpoints[-1]
            said += f"; train is better by {_number(best.gap)} there"
            if last is not best and last.gap is not None:
                said += f", by {_number(last.gap)} in the end"
        return said

    def _stays_worse(self, worse: Checkpoint) -> bool:
        later = self.checkpoints[self.checkpoints.index(worse) :]
        return all(one.pvalue <= 1 - self.confidence_level for one in later)


def _number(value: float) -> str:
    return f"{value:.4f}"


def _pvalue(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else _number(p)


def _interval(interval: ConfidenceInterval) -> str:
    return f"[{interval.low:.4f}, {interval.high:.4f}]"


def learning_curve(
    metric: Any,
    y_true: Any,
    predictions: Any,
    *,
    train: tuple[Any, Any] | None = None,
    higher_is_better: bool | None = None,
    confidence_level: float = 0.95,
    n_resamples: int | None = None,
    rng: Any = None,
    cluster: Any = None,
    sample_weight: Any = None,
    **params: Any,
) -> LearningCurve:
    """Tell from the predictions of a run's checkpoints which is best, and from where on the model got worse.

    Parameters
    ----------
    metric : str or callable
        As `compare` takes it; ``'mean'`` for values of rows (losses, say), `y_true` then being None.
    y_true : array-like of shape (n_samples,) or as `metric` takes it
        The truth of the rows for evaluation.
    predictions : sequence or dict of array-likes
        What each checkpoint predicted for these rows, in the order of the training; a dict names the checkpoints.
    train : (y_true, predictions), optional
        The same for rows that the model learned from, of which there may be fewer or more.
    higher_is_better : bool, optional
        The direction of the metric, where trueval does not know it: of functions that are not its own, and of
        ``'mean'``, greater is taken for better.
    confidence_level : float, default=0.95
        Of the intervals; one less it is the level of the tests.
    n_resamples : int, optional
        Replicates of the intervals and tests that draw. By default 9,999, and for tests as many more as the number of
        checkpoints demands, see below.
    rng, cluster, sample_weight
        As in `compare`. Clusters and weights are those of the rows for evaluation.
    **params
        Further parameters of `metric`.

    Returns
    -------
    LearningCurve

    Raises
    ------
    ValueError
        For fewer than two checkpoints, train predictions of other checkpoints, and as `compare` does.

    Warns
    -----
    UserWarning
        If `n_resamples` is so small that no difference can be found among so many checkpoints; and as `compare` does.

    See Also
    --------
    learning_curve_of_values : where there are values and standard errors only.
    compare : the test that is used.

    Notes
    -----
    Each checkpoint is compared with the best on the same rows, by the default method of `compare`. Since the best is
    chosen by the same rows, and so is too good by chance, the p-values are multiplied by the number of all pairs of
    checkpoints (Bonferroni): whichever two are picked, the probability of any false "worse" stays below the level.

    The p-value of a test that draws is at least 1 / (n_resamples + 1), of a bootstrap twice that; multiplied by the
    number of many pairs it never reaches the level. With more than 22 checkpoints (16 of a bootstrap) and the level of
    0.05, a difference whose adjusted p-value is below 1 by 9,999 replicates is therefore tested anew by as many as make
    the least adjusted p-value half the level: 31,199 of 40 checkpoints. Tests that are formulas have no such floor.

    The gap between train and evaluation has the interval of a difference of two independent values: Welch's of means,
    the normal one of other metrics.

    Time is that of `compare` and `confidence_interval` for each checkpoint; where more replicates are drawn, their
    number grows with the square of that of the checkpoints.

    Examples
    --------
    >>> import numpy as np
    >>> from trueval.inference import learning_curve
    >>> rng = np.random.default_rng(0)
    >>> easy = rng.random(1000)
    >>> losses = {epoch: easy + rng.gamma(1.0, spread, 1000) for epoch, spread in [(1, 0.5), (2, 0.3), (3, 0.6)]}
    >>> curve = learning_curve("mean", None, losses, higher_is_better=False)
    >>> curve.best.step, curve.first_worse.step
    (2, 3)
    """
    alpha = 1 - check_level(confidence_level)
    named = _named(predictions, "predictions")
    name, measure = find(metric)[1:]
    if higher_is_better is None:
        higher_is_better = not measure.lower
    count = _REPLICATES if n_resamples is None else n_resamples
    how = {"confidence_level": confidence_level, "n_resamples": count, "rng": rng, **params}
    rows = {"cluster": cluster, "sample_weight": sample_weight}
    steps = list(named)
    found = [confidence_interval(metric, y_true, named[step], **how, **rows) for step in steps]
    learned: list[Estimate] | None = None
    if train is not None:
        if not isinstance(train, (tuple, list)) or len(train) != 2:
            raise ValueError("train must be a pair, the truth and the predictions of the checkpoints.")
        seen = _named(train[1], "train")
        if list(seen) != steps:
            raise ValueError(f"train must have predictions of the checkpoints {steps}, got {list(seen)}.")
        learned = [confidence_interval(metric, train[0], seen[step], **how) for step in steps]
    best = _best([one.value for one in found], higher_is_better)
    pairs = _pairs(len(steps))

    def tested(step: Any) -> Comparison:
        def draw(count: int) -> Comparison:
            given = {**how, "n_resamples": count, **rows}
            return compare(metric, y_true, named[steps[best]], named[step], **given)

        one = draw(count)
        # What is 1 once adjusted is left at 1, which makes no p-value below 1 any likelier.
        if n_resamples is None and one.pvalue * pairs < 1:
            enough = _least_resamples(one.method, pairs, _SHARE * alpha)
            return draw(enough) if enough > count else one
        return one

    tests = {i: tested(step) for i, step in enumerate(steps) if i != best}
    if n_resamples is not None:
        _warn_of_too_few(list(tests.values()), n_resamples, len(steps), alpha)
    pvalues = [1.0 if i == best else tests[i].pvalue for i in range(len(steps))]
    return _curve(name, higher_is_better, confidence_level, steps, found, learned, pvalues, True)


def learning_curve_of_values(
    values: Any,
    standard_errors: Any,
    *,
    steps: Sequence[Any] | None = None,
    train: tuple[Any, Any] | None = None,
    higher_is_better: bool = True,
    metric: str = "value",
    confidence_level: float = 0.95,
) -> LearningCurve:
    """Tell the same from values and their standard errors alone, as a log of the training may hold them.

    Parameters
    ----------
    values, standard_errors : array-like of shape (n_checkpoints,)
        Of the metric on the rows for evaluation.
    steps : sequence, optional
        Names of the checkpoints; 0, 1, 2 and so on by default.
    train : (values, standard_errors), optional
        Of the metric on the rows for training.
    higher_is_better : bool, default=True
        The direction of the metric.
    metric : str, default='value'
        Its name, for printing.
    confidence_level : float, default=0.95
        Of the intervals; one less it is the level of the tests.

    Returns
    -------
    LearningCurve

    Raises
    ------
    ValueError
        For fewer than two checkpoints, arrays of unlike length, negative standard errors.

    See Also
    --------
    learning_curve : from predictions, which finds smaller differences.

    Notes
    -----
    Values are compared as if they came from rows of their own, by a z-test. Checkpoints that predict the same rows
    agree more than that, so that the p-values are too large rather than too small. They are adjusted as in
    `learning_curve`.

    Examples
    --------
    >>> from trueval.inference import learning_curve_of_values
    >>> curve = learning_curve_of_values([0.61, 0.48, 0.59], [0.02, 0.02, 0.02], higher_is_better=False)
    >>> curve.best.step, curve.first_worse.step
    (1, 2)
    """
    level = check_level(confidence_level)
    found = _estimates(values, standard_errors, level, "")
    names = list(range(len(found))) if steps is None else list(steps)
    if len(names) != len(found):
        raise ValueError(f"steps must have a name for each of {len(found)} checkpoints, got {len(names)}.")
    learned = None if train is None else _estimates(*train, level, "train ")
    if learned is not None and len(learned) != len(found):
        raise ValueError(f"train must have a value for each of {len(found)} checkpoints, got {len(learned)}.")
    best = _best([one.value for one in found], higher_is_better)
    pvalues = [
        1.0 if i == best else _difference(one, found[best]).test("two-sided", None)[1] for i, one in enumerate(found)
    ]
    return _curve(metric, higher_is_better, level, names, found, learned, pvalues, False)


def _pairs(checkpoints: int) -> int:
    return checkpoints * (checkpoints - 1) // 2


def _least_resamples(method: str, pairs: int, alpha: float) -> int:
    """Replicates with which the least p-value, times the number of pairs, is at most `alpha`; 0 for formulas."""
    if method not in DRAWN:
        return 0
    sides = 1 if method in RANDOMIZED else 2  # a bootstrap's is twice that of one side
    cases = math.ceil(sides * pairs / alpha)
    # The quotient may have been rounded down to an integer.
    return cases - 1 if pairs * (sides / cases) <= alpha else cases


def _warn_of_too_few(tests: list[Comparison], n_resamples: int, checkpoints: int, alpha: float) -> None:
    pairs = _pairs(checkpoints)
    enough = max(_least_resamples(one.method, pairs, alpha) for one in tests)
    if n_resamples < enough and not any(one.pvalue * pairs <= alpha for one in tests):
        warn(
            f"n_resamples={n_resamples} is too small to find any difference among {checkpoints} checkpoints: the least "
            f"p-value there is, times {pairs} pairs, is above {alpha:.4g}. It takes {enough} or more, or n_resamples="
            "None, which draws as many as it takes."
        )


def _named(predictions: Any, what: str) -> dict[Any, Any]:
    named = dict(predictions) if isinstance(predictions, Mapping) else dict(enumerate(predictions))
    if len(named) < 2:
        raise ValueError(f"{what} must hold those of two checkpoints or more, got {len(named)}.")
    return named


def _estimates(values: Any, standard_errors: Any, level: float, what: str) -> list[Estimate]:
    x, errors = (np.asarray(one, dtype=np.float64) for one in (values, standard_errors))
    if x.ndim != 1 or x.shape != errors.shape:
        raise ValueError(
            f"{what}values and standard_errors must be of one length, got shapes {x.shape} and {errors.shape}."
        )
    if len(x) < 2:
        raise ValueError(f"{what}values must be those of two checkpoints or more, got {len(x)}.")
    if np.any(errors < 0):
        raise ValueError(f"{what}standard_errors must not be negative, got {errors.min():g}.")
    laws = [StudentLaw(value, error) for value, error in zip(x.tolist(), errors.tolist(), strict=True)]
    return [Estimate(law.estimate, law.standard_error, law.interval(level), "normal", 0) for law in laws]


def _best(values: list[float], higher_is_better: bool) -> int:
    if all(map(math.isnan, values)):
        raise ValueError("The metric is undefined at every checkpoint.")
    return int(np.nanargmax(values) if higher_is_better else np.nanargmin(values))


def _difference(a: Estimate, b: Estimate) -> StudentLaw:
    """Law of the difference of independent values."""
    return independent_difference(
        *(StudentLaw(one.value, one.standard_error, one.n - 1 if one.method == "t" else math.inf) for one in (a, b))
    )


def _curve(  # noqa: PLR0917
    metric: str,
    higher: bool,
    level: float,
    steps: list[Any],
    found: list[Estimate],
    learned: list[Estimate] | None,
    pvalues: list[float],
    paired: bool,
) -> LearningCurve:
    best = _best([one.value for one in found], higher)
    pairs = _pairs(len(found))
    checkpoints = []
    for i, (step, one, p) in enumerate(zip(steps, found, pvalues, strict=True)):
        worse_by = abs(one.value - found[best].value)
        adjusted = 1.0 if i == best or worse_by == 0 else min(1.0, p * pairs) if not math.isnan(p) else p
        of_train: tuple[Any, ...] = ()
        if learned is not None:
            gap = _difference(learned[i], one) if higher else _difference(one, learned[i])
            of_train = (learned[i].value, gap.estimate, gap.interval(level))
        checkpoints.append(
            Checkpoint(step, one.value, one.standard_error, one.confidence_interval, worse_by, adjusted, *of_train)
        )
    return LearningCurve(metric, higher, level, tuple(checkpoints), paired)
