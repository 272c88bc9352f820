"""Replicates in blocks: seeds, progress, and the laws that follow from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exceptions import warn
from ._laws import BootstrapLaw, Law, RandomizationLaw, StudentizedLaw, StudentLaw
from ._samples import Sample

Floats = NDArray[np.float64]

# Draws between two looks at the progress bar and the keyboard: some tenths of a second.
_DRAWS = 1 << 26

# Draws past which "auto" takes a normal law with the jackknife's standard error: half a minute on two threads, for
# samples in which the two differ little.
MOST_DRAWS = 1 << 34

# Cells up to which each is left out in turn: the table is worked through as often as it has cells.
MOST_CELLS = 4096

# Units up to which a metric that is known only as a whole is computed without each of them.
_MOST_CALLS = 10_000


def seed_of(rng: Any) -> int:
    """64 bits from None (the system's entropy), an integer (itself) or a Generator (one draw)."""
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 1 << 64, dtype=np.uint64))
    if isinstance(rng, Integral) and not isinstance(rng, bool) and 0 <= int(rng) < 1 << 64:
        return int(rng)
    raise ValueError(f"rng must be None, an integer from 0 to 2**64 - 1 or a numpy.random.Generator, got {rng!r}.")


class Plan:
    """How many replicates, from which seed, and who is told of the progress."""

    def __init__(self, n_resamples: Any, rng: Any, progress: Any, resampling: Any) -> None:
        if isinstance(n_resamples, bool) or not isinstance(n_resamples, Integral) or n_resamples < 1:
            raise ValueError(f"n_resamples must be a positive integer, got {n_resamples!r}.")
        if progress is not None and not callable(progress):
            raise TypeError(f"progress must be a callable such as tqdm.tqdm, got {progress!r}.")
        if resampling not in ("multinomial", "poisson"):
            raise ValueError(f"resampling must be 'multinomial' or 'poisson', got {resampling!r}.")
        self.poisson = resampling == "poisson"
        self.count, self.seed, self.progress = int(n_resamples), seed_of(rng), progress

    def run(self, draw: Callable[[int, int, int], Any], sample: Sample) -> Any:
        """All replicates of one kind, block by block."""
        step = max(1, _DRAWS // max(1, sample.work) // sample.block) * sample.block
        bar = None if self.progress is None else self.progress(total=self.count)
        parts = []
        try:
            for first in range(0, self.count, step):
                size = min(step, self.count - first)
                parts.append(draw(self.seed, first, size))
                if bar is not None:
                    bar.update(size)
        finally:
            if bar is not None and hasattr(bar, "close"):
                bar.close()
        if isinstance(parts[0], tuple):
            return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
        return np.concatenate(parts)


def _interval_of_swaps(method: str, sample: Sample, plan: Plan, analytic: Callable[[str], Law] | None) -> Law:
    """Law that lends a randomization test its interval.

    The jackknife's standard error, where leaving units out is cheap: for differences of 30 rows its intervals cover 94,
    86, 92 and 96 % (F1, F1 of rare positives, Matthews, R²), those of percentiles 91, 81, 90 and 93 %.
    """
    if analytic is not None and method == "permutation":
        return analytic("t")
    table = getattr(sample, "table", None)
    if sample.calls or (table is not None and table.counts.size > MOST_CELLS):
        return resampled_law("bootstrap-percentile", sample, plan, None)
    return StudentLaw(sample.estimate, sample.jackknife()[0])


def resampled_law(method: str, sample: Sample, plan: Plan, analytic: Callable[[str], Law] | None) -> Law:
    """Law of a method that draws."""
    sample.poisson = plan.poisson
    if method == "bootstrap-t":
        replicates, errors = plan.run(sample.studentized, sample)
        if analytic is None:
            raise ValueError("bootstrap-t needs a standard error")  # the table of methods does not let it come to that
        return StudentizedLaw(sample.estimate, analytic("normal").standard_error, replicates, errors)
    if method in ("permutation", "approximate-randomization"):
        swapped = plan.run(sample.swapped, sample)
        return RandomizationLaw(sample.estimate, swapped, _interval_of_swaps(method, sample, plan, analytic))
    kind = method.removeprefix("bootstrap-")
    acceleration = 0.0
    if kind == "bca":
        if sample.calls and sample.units > _MOST_CALLS:
            raise ValueError(
                f"method='bootstrap-bca' computes a metric that is known only as a whole once without each of the "
                f"{sample.units} units: expected at most {_MOST_CALLS}, or method='bootstrap-percentile'."
            )
        acceleration = sample.jackknife()[1]
    replicates = plan.run(sample.bootstrap, sample)
    undefined = int(np.count_nonzero(np.isnan(replicates)))
    if undefined * 20 > replicates.size:
        warn(
            f"The metric is undefined in {undefined} of {replicates.size} replicates, which are left out.",
            "UndefinedMetricWarning",
        )
    law = BootstrapLaw(sample.estimate, replicates, kind, acceleration)
    if law.constant and not math.isnan(sample.estimate):
        warn(
            "All replicates are equal, so the interval has no width: the rows say nothing of how far the metric may be "
            "from this value."
        )
    return law
