"""The difference of two models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..exceptions import warn
from ._evidence import Evidence, Problem, find, takes
from ._laws import Law, StudentLaw, independent_difference
from ._measures import KINDS, refuse
from ._resampling import Plan
from .correction import CORRECTIONS, adjust_pvalues
from .results import Comparison, ConfidenceInterval
from .single import analytic_law, check_level, check_method, law_of, quick

# Discordant rows below which χ² is not to be relied on: the expected number on either side is then below 12.5.
_FEW = 25


def compare(
    metric: Any,
    y_true: Any,
    base: Any,
    tuned: Any,
    *,
    method: str = "auto",
    alternative: str = "two-sided",
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    rng: Any = None,
    cluster: Any = None,
    sample_weight: Any = None,
    equivalence_margin: float | None = None,
    correction: str | None = "holm",
    paired: bool = True,
    resampling: str = "multinomial",
    progress: Any = None,
    **params: Any,
) -> Any:
    """Compare two models that answered the same rows.

    Parameters
    ----------
    metric : str, callable, or list of these
        A function of trueval, or its name; or any function ``metric(y_true, y_pred, **params)`` that returns a number.
        Of several, each is given the parameters that it takes. ``'mean'``: `base` and `tuned` hold a value for each row
        (query, answer, segment), to be averaged; greater is better.
    y_true : array-like
        As `metric` takes it; None where `metric` is ``'mean'``.
    base : array-like
        What the first model predicted.
    tuned : array-like, dict or list of arrays
        What the second model predicted; or several models, each compared with `base`, by name or in a list of arrays.
    method : str, default='auto'
        How the interval and the p-value are made; the methods that suit a metric are:

        - fractions of the same rows (accuracy, zero-one loss, binary recall, true negative rate): ``'mcnemar'``,
          ``'mcnemar-corrected'`` and ``'mcnemar-exact'`` (the default below 25 discordant rows) [1]_, all with Tango's
          score interval [2]_, whose p-value is that of ``'mcnemar'``; ``'normal'``;
        - other metrics of labels, R² and explained variance: ``'approximate-randomization'`` (the default) [3]_;
        - area under the ROC curve: ``'delong'`` (the default) [4]_, of two classes by DeLong's sums; weighted, of
          clusters, or the plain mean over classes (each against the others) or labels, by each row's influence [6]_;
        - average precision: ``'normal'`` (the default), by the jackknife, or by each row's influence where the rows are
          weighted or classes are averaged over;
        - means over rows or queries, fractions of weighted or clustered rows: ``'t'`` (the default),
          ``'permutation'`` (signs of the differences flipped, with the interval of ``'t'``), ``'normal'``,
          ``'bootstrap-t'``; roots of means: ``'t'``, by the jackknife;
        - all of them: ``'bootstrap-percentile'``, ``'bootstrap-basic'``, ``'bootstrap-bca'``, whose p-values are the
          levels at which the interval would end at 0; all but areas and average precision:
          ``'approximate-randomization'``, with the interval of ``'normal'`` (of ``'bootstrap-percentile'`` for what is
          known only as a whole).
    alternative : {'two-sided', 'less', 'greater'}, default='two-sided'
        ``'greater'``: the tuned model's metric is greater; the interval then has no upper bound. Of a loss, the tuned
        model is better where the difference is less than 0.
    confidence_level : float, default=0.95
        Of the interval.
    n_resamples : int, default=9999
        Replicates of the methods that draw.
    rng : None, int or numpy.random.Generator, default=None
        Seed of the replicates, see `confidence_interval`.
    cluster : array-like of shape (n_samples,), optional
        What rows belong together: clusters are then taken for independent, and not rows.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples, not negative.
    equivalence_margin : float, optional
        Turn the question round: a small p-value then says that the difference is less than the margin to either side
        (two one-sided tests [5]_); with ``alternative='greater'`` or ``'less'``, that it is not beyond the margin on
        the other side (non-inferiority). The p-value is the larger of the two, the statistic the one that belongs to
        it.
    correction : {'holm', 'bonferroni', 'fdr_bh'} or None, default='holm'
        How p-values are adjusted where several metrics or models are compared, see `adjust_pvalues`. Intervals are not
        adjusted.
    paired : bool, default=True
        False: the models answered rows of their own. `y_true` is then a pair of arguments, one for each model (None for
        ``'mean'``); methods are ``'delong'`` for areas, ``'t'`` (Welch) for means, ``'normal'`` for fractions of rows.
    resampling : {'multinomial', 'poisson'}, default='multinomial'
        How the bootstrap draws, see `confidence_interval`.
    progress : callable, optional
        ``tqdm.tqdm`` or the like, see `confidence_interval`.
    **params
        Further parameters of `metric`.

    Returns
    -------
    comparison : Comparison or dict
        With ``base``, ``tuned``, ``difference`` (tuned less base), ``standard_error``, ``confidence_interval.low`` and
        ``.high``, ``statistic``, ``pvalue``, ``method``, ``n``, ``wins``, ``ties`` and ``losses``. Of several metrics,
        a dict by their names; of several models, a dict by theirs (numbers for a list); of both, a dict of models that
        holds dicts of metrics.

    Raises
    ------
    ValueError
        As `metric` does; for a method that does not suit it, parameters out of range, a margin with a randomization
        test.

    Warns
    -----
    UndefinedMetricWarning
        If there is no standard error, or the metric is undefined in many replicates.
    UserWarning
        If the difference is the same in every row, or in all replicates.

    See Also
    --------
    confidence_interval : of one model.
    required_rows : how many rows it takes.

    Notes
    -----
    Both models answered the same rows, so what is common to them (hard rows, easy rows) cancels: the interval of the
    difference is narrower than the two intervals suggest. The degenerate cases are listed in the documentation of the
    module. P-values of methods that draw are (c + 1) / (n_resamples + 1). Where the replicates of the default would
    take more than some 2e10 draws (rows times replicates), ``'auto'`` takes ``'normal'`` in its place: the two then
    differ little.

    Below 25 discordant rows the exact test is conservative; its p-value is not that of the interval, which may then
    leave out 0 where the p-value is above the level. Percentile intervals cover less than they say in small samples,
    see `confidence_interval`.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
       Psychometrika 12, 1947.
    .. [2] T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
       design", Statistics in Medicine 17, 1998.
    .. [3] A. Yeh, "More accurate tests for the statistical significance of result differences", COLING 2000.
    .. [4] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
       operating characteristic curves", Biometrics 44, 1988.
    .. [5] D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the power approach for assessing the
       equivalence of average bioavailability", Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.
    .. [6] F. R. Hampel, "The influence curve and its role in robust estimation", Journal of the American Statistical
       Association 69, 1974.

    Examples
    --------
    >>> from trueval.inference import compare
    >>> y_true = [0, 0, 1, 1, 0, 1, 0, 1, 1, 0]
    >>> base = [0, 1, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> tuned = [0, 1, 1, 1, 0, 1, 0, 0, 1, 0]
    >>> accuracy = compare("accuracy_score", y_true, base, tuned)
    >>> accuracy.difference, accuracy.wins, accuracy.losses, accuracy.method
    (0.4, 4, 0, 'mcnemar-exact')
    >>> accuracy.pvalue
    0.125
    """
    level = check_level(confidence_level)
    check_method(method)
    check_question(alternative, equivalence_margin)
    if correction is not None and correction not in CORRECTIONS:
        raise ValueError(f"correction must be None or one of {', '.join(map(repr, CORRECTIONS))}, got {correction!r}.")
    plan = Plan(n_resamples, rng, progress, resampling)
    several = isinstance(metric, (list, tuple))
    metrics = {find(one)[1]: one for one in metric} if several else {find(metric)[1]: metric}
    if not metrics:
        raise ValueError("metric must name at least one metric, got none.")
    models = _models(tuned)
    given = _parameters(metrics, params)

    def one(name: str, prediction: Any) -> Comparison:
        if not paired:
            return _unpaired(
                metrics[name],
                y_true,
                base,
                prediction,
                given[name],
                method,
                level,
                alternative,
                equivalence_margin,
                (sample_weight, cluster),
            )
        problem = Problem(metrics[name], y_true, [base, prediction], sample_weight, cluster, given[name])
        return difference_of(problem.gather(), method, level, plan, alternative, equivalence_margin)

    found = {(model, name): one(name, prediction) for model, prediction in models.items() for name in metrics}
    if correction is not None and len(found) > 1:
        adjusted = adjust_pvalues([comparison.pvalue for comparison in found.values()], correction)
        found = {
            key: replace(comparison, pvalue=float(p))
            for (key, comparison), p in zip(found.items(), adjusted, strict=True)
        }
    if models.keys() == {None}:
        by_metric = {name: comparison for (_, name), comparison in found.items()}
        return by_metric if several else next(iter(by_metric.values()))
    if several:
        return {model: {name: found[model, name] for name in metrics} for model in models}
    return {model: comparison for (model, _), comparison in found.items()}


def check_question(alternative: Any, equivalence_margin: Any) -> None:
    """Check what is asked of a difference."""
    if alternative not in ("two-sided", "less", "greater"):
        raise ValueError(f"alternative must be 'two-sided', 'less' or 'greater', got {alternative!r}.")
    if equivalence_margin is not None and not 0.0 < equivalence_margin < math.inf:
        raise ValueError(f"equivalence_margin must be positive and finite, got {equivalence_margin!r}.")


def _models(tuned: Any) -> dict[Any, Any]:
    """Find the models by name; a single one has the name None."""
    if isinstance(tuned, Mapping):
        models = dict(tuned)
    elif isinstance(tuned, (list, tuple)) and tuned and all(getattr(one, "ndim", 0) for one in tuned):
        models = dict(enumerate(tuned))
    else:
        return {None: tuned}
    if not models:
        raise ValueError("tuned must hold at least one model, got none.")
    return models


def _parameters(metrics: dict[str, Any], params: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give each metric the parameters that it takes; one that none takes is passed on, to be refused."""
    if len(metrics) == 1:
        return dict.fromkeys(metrics, params)
    functions = {name: find(metric)[0] for name, metric in metrics.items()}
    for parameter in params:
        if not any(takes(function, parameter) for function in functions.values()):
            raise TypeError(f"compare got a parameter {parameter!r} that none of {', '.join(functions)} takes.")
    return {
        name: {p: value for p, value in params.items() if takes(function, p)} for name, function in functions.items()
    }


def _choose(method: str, evidence: Evidence, plan: Plan) -> str:
    kind = KINDS[evidence.kind]
    if method == "auto":
        if evidence.method is not None:
            return evidence.method
        if evidence.kind == "proportion" and evidence.outcome is not None:
            return "mcnemar-exact" if evidence.outcome[0] + evidence.outcome[2] < _FEW else "mcnemar"
        return quick(kind.compare, evidence, plan)
    if method not in kind.compare:
        raise refuse(method, evidence.problem.name, kind, kind.compare, comparing=True)
    return method


def difference_of(  # noqa: PLR0917
    evidence: Evidence,
    method: str,
    level: float,
    plan: Plan,
    alternative: str = "two-sided",
    margin: float | None = None,
) -> Comparison:
    """Compare two models by what is known of a metric on the rows of both."""
    question = evidence.problem
    base, tuned = question.values
    if not (math.isfinite(base) and math.isfinite(tuned)):
        nothing = ConfidenceInterval(math.nan, math.nan)
        kind = KINDS[question.measure.kind if question.measure.kind in KINDS else "any"]
        chosen = kind.compare[0] if method == "auto" else method
        return Comparison(base, tuned, tuned - base, math.nan, nothing, math.nan, math.nan, chosen, evidence.n)
    chosen = _choose(method, evidence, plan)
    law = law_of(chosen, evidence, plan)
    return comparison_of(base, tuned, law, level, alternative, margin, chosen, evidence.n, evidence.outcome)


def comparison_of(  # noqa: PLR0917
    base: float,
    tuned: float,
    law: Law,
    level: float,
    alternative: str,
    margin: float | None,
    method: str,
    n: int,
    outcome: tuple[int, int, int] | None,
) -> Comparison:
    """Make the result of a comparison."""
    if isinstance(law, StudentLaw) and law.standard_error == 0.0 and tuned != base:
        warn("The difference is the same in every row, so that its standard error is 0 and the p-value says nothing.")
    statistic, pvalue = law.test(alternative, margin)
    interval = law.interval(level, alternative)
    found = (tuned - base, law.standard_error, interval, statistic, pvalue, method, n)
    return Comparison(base, tuned, *found, *(outcome or ()))


def _unpaired(  # noqa: PLR0917
    metric: Any,
    y_true: Any,
    base: Any,
    tuned: Any,
    params: dict[str, Any],
    method: str,
    level: float,
    alternative: str,
    margin: float | None,
    others: tuple[Any, Any],
) -> Comparison:
    """Two models on rows of their own: the variances add up."""
    if any(other is not None for other in others):
        raise ValueError("paired=False takes neither sample_weight nor cluster.")
    if y_true is None and metric == "mean":
        y_true = None, None
    elif not isinstance(y_true, (tuple, list)) or len(y_true) != 2 or not all(np.ndim(one) for one in y_true):
        raise ValueError("y_true must be a pair of arguments, one for each model, where paired=False.")
    evidence = [
        Problem(metric, true, [pred], None, None, params).gather()
        for true, pred in zip(y_true, (base, tuned), strict=True)
    ]
    kind = KINDS[evidence[0].kind]
    suits = kind.unpaired
    if suits is None or evidence[1].kind != evidence[0].kind:
        raise ValueError(f"{evidence[0].problem.name} is {kind.title} here, for which there is no unpaired comparison.")
    if method not in ("auto", suits):
        raise refuse(method, evidence[0].problem.name, kind, (suits,), comparing=True)
    values = [one.problem.values[0] for one in evidence]
    base_law, tuned_law = (
        StudentLaw(value, analytic_law(suits, one).standard_error, one.n - 1 if suits == "t" else math.inf)
        for value, one in zip(values, evidence, strict=True)
    )
    law = independent_difference(tuned_law, base_law)
    n = evidence[0].n + evidence[1].n
    return comparison_of(values[0], values[1], law, level, alternative, margin, suits, n, None)
