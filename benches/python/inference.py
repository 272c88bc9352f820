"""Print what resampling and DeLong's test cost, beside one call of the metric, rapidstats and a loop over scikit-learn.

Ours are medians of a few calls. The loop is timed for a few replicates, which all take as long as one another.
rapidstats is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn.metrics
import trueval
from trueval.inference import compare, confidence_interval


def median(call: Callable[[], Any], times: int = 3) -> float:
    """Seconds that a call takes."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def say(what: str, seconds: float, beside: str, other: float) -> None:
    print(f"{what:52}{seconds:10.3f} s   {beside:34}{other:10.3f} s   ratio {other / seconds:8.1f}", flush=True)


def areas(rows: int, replicates: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, rows)
    score = rng.normal(size=rows) + y
    options = {"method": "bootstrap-percentile", "n_resamples": replicates, "rng": 0}
    what = f"AUC, {replicates} replicates, {rows:.0e} rows"
    ours = median(lambda: confidence_interval("roc_auc_score", y, score, **options))

    def one() -> None:
        drawn = rng.integers(0, rows, rows)
        sklearn.metrics.roc_auc_score(y[drawn], score[drawn])

    say(what, ours, "scikit-learn, replicate by replicate", median(one) * replicates)
    if importlib.util.find_spec("rapidstats") is not None:
        import rapidstats

        few = max(1, replicates // 50)
        bootstrap = rapidstats.Bootstrap(iterations=few, method="percentile", seed=0)
        say(what, ours, "rapidstats.Bootstrap", median(lambda: bootstrap.roc_auc(y, score), 1) * replicates / few)
    precision = median(lambda: confidence_interval("average_precision_score", y, score, **options))
    say(
        what.replace("AUC", "AP"),
        precision,
        "one average_precision_score",
        median(lambda: trueval.average_precision_score(y, score)),
    )


def cells(rows: int, replicates: int) -> None:
    rng = np.random.default_rng(0)
    y, pred, tuned = rng.integers(0, 2, (3, rows), dtype=np.uint8)
    one = median(lambda: trueval.f1_score(y, pred), 9)
    for method in ("bootstrap-percentile", "bootstrap-bca"):
        ours = median(
            lambda m=method: confidence_interval("f1_score", y, pred, method=m, n_resamples=replicates, rng=0)
        )
        say(f"F1, {method}, {replicates} replicates, {rows:.0e} rows", ours, "one f1_score", one)
    both = median(lambda: compare("f1_score", y, pred, tuned, n_resamples=replicates, rng=0))
    say(f"F1 of two models, {replicates} swaps and replicates", both, "one f1_score", one)


def delong(rows: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, rows)
    base = rng.normal(size=rows) + y
    tuned = base + rng.normal(size=rows)
    one = median(lambda: trueval.roc_auc_score(y, base))
    say(
        f"AUC, DeLong, {rows:.0e} rows",
        median(lambda: confidence_interval("roc_auc_score", y, base)),
        "one roc_auc_score",
        one,
    )
    say(
        f"AUC of two models, DeLong, {rows:.0e} rows",
        median(lambda: compare("roc_auc_score", y, base, tuned)),
        "one roc_auc_score",
        one,
    )


def means(rows: int, replicates: int) -> None:
    rng = np.random.default_rng(0)
    y, a, b = rng.normal(size=(3, rows))
    one = median(lambda: trueval.mean_squared_error(y, a))
    for method in ("t", "permutation", "bootstrap-percentile"):
        ours = median(
            lambda m=method: compare("mean_squared_error", y, a, b, method=m, n_resamples=replicates, rng=0), 1
        )
        say(f"MSE of two models, {method}, {replicates} replicates, {rows:.0e}", ours, "one mean_squared_error", one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6, help="rows of what is resampled row by row")
    parser.add_argument("--many", type=float, default=1e7, help="rows of what is not")
    arguments = parser.parse_args()
    rows, many = int(arguments.rows), int(arguments.many)
    delong(many)
    cells(many, 10_000)
    areas(rows, 1000)
    means(rows, 1000)


if __name__ == "__main__":
    main()
