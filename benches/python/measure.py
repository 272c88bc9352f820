"""What the benches measure with: medians of alternating calls, scratch memory, growth, and the name of the machine."""

from __future__ import annotations

import ctypes
import datetime
import importlib.metadata
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Call = Callable[[], Any]

# A caller that takes longer is warm after its first call for all that shows, so that call counts as a turn.
SLOW = 1e3  # milliseconds


def timed(call: Call) -> tuple[float, Any]:
    """How many milliseconds a call takes, and what it returns."""
    start = time.perf_counter()
    value = call()
    return (time.perf_counter() - start) * 1e3, value


def medians(
    calls: Sequence[Call],
    repeat: int,
    patience: float,
    *,
    share: float = 0.0,
    first: Sequence[float] = (),
    limits: Sequence[float] = (),
) -> list[float]:
    """The median time of each call in ms, turn and turn about, at least 3 and at most `repeat` turns.

    There are more than 3 turns as long as `patience` seconds have not gone by. In a turn, a call is made again until it
    has had `share` seconds. `first` are the times of calls made before; those of slow callers stand in for a turn.
    `limits` are seconds after which a caller has no further turn, be they fewer than 3.
    """
    times: list[list[float]] = [[] for _ in calls]
    before = first or [0.0] * len(calls)
    most = limits or [math.inf] * len(calls)
    end = time.perf_counter() + patience
    for turn in range(repeat):
        if turn >= 3 and time.perf_counter() > end:
            break
        for taken, call, known, limit in zip(times, calls, before, most, strict=True):
            if turn == 0 and known > SLOW:
                taken.append(known)
                continue
            if sum(taken) > limit * 1e3:
                continue
            done = time.perf_counter() + share
            taken.append(timed(call)[0])
            while time.perf_counter() < done:
                taken.append(timed(call)[0])
    return [statistics.median(taken) for taken in times]


def status(field: str) -> int:
    """A number of bytes from /proc/self/status."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def peak_growth(call: Call) -> int:
    """How far the resident memory rises above its present level during a call, in bytes."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as control:
            control.write("5")  # resets the high-water mark to the present level
        before = status("VmRSS")
        call()
        return max(status("VmHWM") - before, 0)
    except (OSError, AttributeError):
        import resource

        # The mark cannot be reset here, so growth below the peak of making the inputs goes unseen.
        unit = 1 if sys.platform == "darwin" else 1024
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        call()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit


def printed_number(*arguments: str) -> float:
    """The number that a script of this folder prints, run in a process of its own in which peak_growth sees all."""
    # Without these, glibc keeps freed memory and hands it out again, where a call's use of it would not show.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return float(done.stdout)


def exponent(lengths: Sequence[int], times: Sequence[float]) -> float:
    """The power of the length that the times grow with: the slope of a line through their logarithms."""
    return float(np.polyfit(np.log(lengths), np.log(times), 1)[0])


def apart(one: Any, other: Any) -> float:
    """The largest relative difference of any two numbers in the same place; infinity where shapes or texts differ."""
    if isinstance(one, str):
        return 0.0 if one == other else math.inf
    if isinstance(one, tuple):
        same = isinstance(other, tuple) and len(one) == len(other)
        return max(map(apart, one, other)) if same else math.inf
    x, y = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if x.shape != y.shape:
        return math.inf
    different = ~((x == y) | (np.isnan(x) & np.isnan(y)))
    x, y = x[different], y[different]
    if not len(x):
        return 0.0
    with np.errstate(all="ignore"):
        found = float(np.max(np.abs(x - y) / np.maximum(np.abs(x), np.abs(y))))
    return math.inf if math.isnan(found) else found


def machine() -> str:
    """The processor, the versions and the day, in a line."""
    model, flags = platform.machine(), ""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            model = value.strip() if name.strip() == "model name" else model
            flags = value if name.strip() == "flags" else flags
    except OSError:
        pass
    vectors = next((f", {name}" for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scikit-learn"))
    return (
        f"{os.cpu_count()} cores, {model}{vectors}, {platform.python_implementation()} {platform.python_version()}, "
        f"{versions}, {datetime.date.today().isoformat()}"
    )
