"""Data whose true metrics are known, to see how often intervals hold them; run as a script, it prints a table.

A scenario draws n rows with truth and two models; its `truth` are the metric of either in infinitely many rows.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import trueval
from trueval.inference import compare, confidence_interval

Rows = tuple[Any, Any, Any]


class Scenario(NamedTuple):
    """A metric, how rows are drawn, its true values, and what else the functions are passed."""

    metric: str
    draw: Callable[[np.random.Generator, int], Rows]
    truth: tuple[float, float]
    cluster: Callable[[int], Any] | None = None


def _labels(prevalence: float) -> Callable[[np.random.Generator, int], Rows]:
    """Labels that the base gets right with probability 0.75, the tuned model 0.8, often the same rows."""

    def draw(rng: np.random.Generator, n: int) -> Rows:
        y = (rng.random(n) < prevalence).astype(np.uint8)
        hard = rng.random(n)
        return y, y ^ (hard > 0.75).astype(np.uint8), y ^ (0.6 * hard + 0.4 * rng.random(n) > _EIGHTY).astype(np.uint8)

    return draw


# The 0.8 quantile of 0.6 U + 0.4 V, which exceeds w > 0.6 with probability (1 - w)² / 0.48.
_EIGHTY = 1 - math.sqrt(0.48 * 0.2)


def _f1(prevalence: float, right: float) -> float:
    hits, wrong = prevalence * right, 1 - right
    return 2 * hits / (2 * hits + wrong)


def _matthews(prevalence: float, right: float) -> float:
    tp, tn = prevalence * right, (1 - prevalence) * right
    fp, fn = (1 - prevalence) * (1 - right), prevalence * (1 - right)
    return (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def _scores(prevalence: float) -> Callable[[np.random.Generator, int], Rows]:
    """Normal scores, one standard deviation higher for positives in the base, 1.2 in the tuned model, correlated."""

    def draw(rng: np.random.Generator, n: int) -> Rows:
        y = np.zeros(n, np.uint8)
        y[: max(1, round(prevalence * n))] = 1
        common, a, b = rng.normal(size=(3, n))
        return y, y + 0.8 * common + 0.6 * a, 1.2 * y + 0.8 * common + 0.6 * b

    return draw


def _prevalent(prevalence: float) -> Callable[[np.random.Generator, int], Rows]:
    """The same with a random number of positives, of which there is one at least."""
    scored = _scores(0.5)

    def draw(rng: np.random.Generator, n: int) -> Rows:
        y = (rng.random(n) < prevalence).astype(np.uint8)
        y[0] |= not y.any()
        base = scored(rng, n)
        return y, base[1] - base[0] + y, base[2] - 1.2 * base[0] + 1.2 * y

    return draw


def _area(shift: float) -> float:
    return 0.5 * math.erfc(-shift / 2)


def _average_precision(prevalence: float, shift: float) -> float:
    """Integral of the precision over the recall, of normal scores."""
    t = np.linspace(-9, 12, 400_001)
    normal = np.array([0.5 * math.erfc(x / math.sqrt(2)) for x in (t - shift)[::40]])
    above = np.interp(t, t[::40], normal)
    false = np.interp(t, t[::40], np.array([0.5 * math.erfc(x / math.sqrt(2)) for x in t[::40]]))
    precision = prevalence * above / (prevalence * above + (1 - prevalence) * false)
    return float(np.sum((precision[1:] + precision[:-1]) / 2 * -np.diff(above)))


def _numbers(rng: np.random.Generator, n: int) -> Rows:
    """Targets of variance 1 predicted with errors of variance 0.5 and 0.4, correlated."""
    y, common, a, b = rng.normal(size=(4, n))
    return y, y + math.sqrt(0.25) * (common + a), y + math.sqrt(0.2) * (common + b)


def _documents(rng: np.random.Generator, n: int) -> Rows:
    """Ten rows of one document share a part of their error."""
    y = rng.normal(size=n)
    shared = np.repeat(rng.normal(size=(3, -(-n // 10))), 10, axis=1)[:, :n]
    own = rng.normal(size=(2, n))
    return y, y + 1 + (shared[0] + shared[1] + own[0]) / 4, y + 1 + (shared[0] + shared[2] + own[1]) / 4


_HALF = math.sqrt(2 / math.pi)
SCENARIOS = {
    "accuracy": Scenario("accuracy_score", _labels(0.5), (0.75, 0.8)),
    "f1": Scenario("f1_score", _labels(0.5), (_f1(0.5, 0.75), _f1(0.5, 0.8))),
    "f1 rare": Scenario("f1_score", _labels(0.1), (_f1(0.1, 0.75), _f1(0.1, 0.8))),
    "matthews": Scenario("matthews_corrcoef", _labels(0.4), (_matthews(0.4, 0.75), _matthews(0.4, 0.8))),
    "area": Scenario("roc_auc_score", _scores(0.5), (_area(1.0), _area(1.2))),
    "area rare": Scenario("roc_auc_score", _scores(0.1), (_area(1.0), _area(1.2))),
    "precision": Scenario(
        "average_precision_score", _prevalent(0.5), tuple(_average_precision(0.5, s) for s in (1, 1.2))
    ),
    "precision rare": Scenario(
        "average_precision_score", _prevalent(0.1), tuple(_average_precision(0.1, s) for s in (1, 1.2))
    ),
    "absolute error": Scenario("mean_absolute_error", _numbers, (_HALF * math.sqrt(0.5), _HALF * math.sqrt(0.4))),
    "squared error": Scenario("mean_squared_error", _numbers, (0.5, 0.4)),
    "root": Scenario("root_mean_squared_error", _numbers, (math.sqrt(0.5), math.sqrt(0.4))),
    "r2": Scenario("r2_score", _numbers, (0.5, 0.6)),
    "documents": Scenario(
        "mean_squared_error", _documents, (1 + 3 / 16, 1 + 3 / 16), lambda n: np.arange(n, dtype=np.uint32) // 10
    ),
}


def covered(name: str, method: str, n: int, trials: int, *, paired: bool, resamples: int = 999, seed: int = 0) -> float:
    """Share of the 95 % intervals that hold the true value."""
    scenario = SCENARIOS[name]
    hits = 0
    extra: dict[str, Any] = {} if scenario.cluster is None else {"cluster": scenario.cluster(n)}
    for trial in range(trials):
        rng = np.random.default_rng([seed, n, trial])
        y, base, tuned = scenario.draw(rng, n)
        options = {"method": method, "n_resamples": resamples, "rng": rng, **extra}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if paired:
                interval = compare(scenario.metric, y, base, tuned, **options).confidence_interval
                truth = scenario.truth[1] - scenario.truth[0]
            else:
                interval = confidence_interval(scenario.metric, y, base, **options).confidence_interval
                truth = scenario.truth[0]
        hits += interval.low <= truth <= interval.high
    return hits / trials


def null_pvalues(name: str, method: str, n: int, trials: int, *, resamples: int = 999, seed: int = 0) -> np.ndarray:
    """P-values where the two models are equally good: each row's predictions are swapped by a coin."""
    scenario = SCENARIOS[name]
    extra: dict[str, Any] = {} if scenario.cluster is None else {"cluster": scenario.cluster(n)}
    found = np.empty(trials)
    for trial in range(trials):
        rng = np.random.default_rng([seed, n, trial, 1])
        y, base, tuned = scenario.draw(rng, n)
        coins = rng.random(n) < 0.5 if scenario.cluster is None else (rng.random(n) < 0.5)[scenario.cluster(n)]
        a, b = np.where(coins, tuned, base), np.where(coins, base, tuned)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[trial] = compare(
                scenario.metric, y, a, b, method=method, n_resamples=resamples, rng=rng, **extra
            ).pvalue
    return found


def methods_of(name: str, paired: bool) -> tuple[str, ...]:
    """The methods that suit a scenario."""
    from trueval.inference._evidence import Problem
    from trueval.inference._measures import KINDS

    scenario = SCENARIOS[name]
    y, base, tuned = scenario.draw(np.random.default_rng(0), 100)
    cluster = None if scenario.cluster is None else scenario.cluster(100)
    kind = KINDS[Problem(scenario.metric, y, [base, tuned][: 1 + paired], None, cluster, {}).gather().kind]
    found = kind.compare if paired else kind.estimate
    # Their interval is another method's.
    return tuple(m for m in found if m not in ("permutation", "approximate-randomization"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--sizes", default="30,300,3000")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    for name in SCENARIOS:
        if arguments.only and arguments.only not in name:
            continue
        for paired in (False, True):
            for method in methods_of(name, paired):
                shares = []
                for n in map(int, arguments.sizes.split(",")):
                    trials = arguments.trials if n < 3000 or "bootstrap" not in method else arguments.trials // 4
                    shares.append(f"{100 * covered(name, method, n, trials, paired=paired):5.1f}")
                print(f"{name:16}{'difference' if paired else 'value':12}{method:22}{' '.join(shares)}", flush=True)


if __name__ == "__main__":
    print(trueval.backend())
    main()
