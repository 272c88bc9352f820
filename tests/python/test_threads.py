"""The same bits for any number of threads, any instruction set, and from many Python threads at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import trueval
from inputs import FAMILIES, Case
from outcome import bits
from registry import HAS_NATIVE, PAIRS, WITHOUT_NATIVE, Keywords, Metric, needs_native

# Past every length at which a kernel goes parallel, and no multiple of a chunk.
ROWS = 300_007


def jobs(n: int) -> Iterator[tuple[str, Metric, Case, Keywords]]:
    """Every metric on each of its families, weighted and not."""
    for row, family in PAIRS:
        case = FAMILIES[family].sample(n, np.random.default_rng(17))
        keywords = row.inputs[family][0]
        yield f"{row.name} {family}", row, Case(case.args), keywords
        if row.weights:
            # Weights whose sums are rounded, so that another order of summation would show.
            heavy = np.random.default_rng(18).gamma(0.5, 3.0, len(case.weight))
            yield f"{row.name} {family} weighted", row, Case(case.args, heavy), keywords


def value_bits(row: Metric, case: Case, keywords: Keywords) -> str:
    """The bits of a value, or the text of the exception."""
    try:
        return bits(row.call(row.ours, case, keywords))
    except ValueError as error:
        return f"ValueError {error}"


def run_child(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, __file__, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )


@needs_native
def test_any_number_of_threads_gives_the_same_bits() -> None:
    answers = {
        threads: run_child("bits", RAYON_NUM_THREADS=threads, TRUEVAL_BACKEND="native").stdout.splitlines()
        for threads in ("1", "2", "7")
    }
    assert len(answers["1"]) > len(PAIRS)
    for threads in ("2", "7"):
        assert answers[threads] == answers["1"], f"{threads} threads against 1"


@needs_native
def test_any_instruction_set_gives_the_same_bits() -> None:
    # A level that the processor lacks runs as the widest it has.
    widest, *narrower = (
        run_child("bits", TRUEVAL_SIMD=level, RAYON_NUM_THREADS="2", TRUEVAL_BACKEND="native").stdout.splitlines()
        for level in ("avx512", "avx2", "baseline")
    )
    assert len(widest) > len(PAIRS)
    for answers in narrower:
        assert answers == widest


@pytest.mark.filterwarnings("ignore")
def test_concurrent_callers_get_the_serial_bits(backend: str) -> None:
    work = list(jobs(20_011))
    serial = {name: value_bits(*job) for name, *job in work}
    start = threading.Barrier(8)

    def caller(turn: int) -> dict[str, str]:
        start.wait()
        # The choice of a backend does not carry over to a new thread; each starts at another metric.
        with trueval.use_backend(backend):
            return {name: value_bits(*job) for name, *job in work[turn * 5 :] + work[: turn * 5]}

    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(caller, range(8)):
            assert answer == serial


@needs_native
def test_other_threads_run_during_a_call() -> None:
    """The interpreter is not held: a counting thread makes progress while a metric runs."""
    case = Case(FAMILIES["scores_binary"].sample(2_000_000, np.random.default_rng(0)).args)

    def call() -> None:
        with trueval.use_backend("native"):
            for _ in range(3):
                trueval.roc_auc_score(*case.args)

    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call)
        counted, longest, last = 0, 0.0, time.perf_counter()
        while not called.done():
            time.sleep(0.001)
            counted, now = counted + 1, time.perf_counter()
            longest, last = max(longest, now - last), now
    called.result()
    assert counted > 10, f"the main thread ran {counted} times only, and once waited {longest:.3f} s"


# Calls long enough to be interrupted half way, and the bytes per row that they need at most (inputs and scratch).
LONG = {
    "roc_auc_score": ("scores_binary", 40),
    "precision_recall_curve": ("scores_binary", 80),
    "ndcg_score": ("gains", 40),
}


def available_memory() -> int:
    """Free bytes of memory; 4 GB where the system does not say."""
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 4 * 2**30


@pytest.mark.skipif(os.name == "nt", reason="a console signal on Windows reaches the whole process group")
@pytest.mark.parametrize("name", LONG)
def test_ctrl_c_within_a_second(name: str) -> None:
    if not HAS_NATIVE:
        pytest.skip(f"{WITHOUT_NATIVE}, and NumPy's own calls cannot be interrupted")
    rows = int(min(2.5e9, available_memory() / 2) / LONG[name][1])
    child = subprocess.Popen(
        [sys.executable, __file__, "long", name, str(rows)],
        env={**os.environ, "TRUEVAL_BACKEND": "native"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
        time.sleep(0.3)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        answer = child.stdout.readline()
        waited = time.monotonic() - sent
        assert answer == "KeyboardInterrupt\n", child.communicate(timeout=60)
        assert waited < 1.0, f"KeyboardInterrupt after {waited:.2f} s on {rows} rows"
    finally:
        child.kill()
        child.communicate()


def print_bits() -> None:
    for name, *job in jobs(ROWS):
        print(name, value_bits(*job))


def call_until_interrupted(name: str, rows: int) -> None:
    """Make a large case cheaply, by repetition, say so, and call until Ctrl-C."""
    row, family = next((row, family) for row, family in PAIRS if (row.name, family) == (name, LONG[name][0]))
    small = FAMILIES[family].sample(1_000_000, np.random.default_rng(0))
    times = -(-rows // 1_000_000)
    rng = np.random.default_rng(1)
    true = np.concatenate([small.args[0]] * times)
    score = np.concatenate([small.args[1] * rng.uniform(0.5, 2) for _ in range(times)])
    case = Case((true, score))
    try:
        print("ready", flush=True)
        while True:
            row.call(row.ours, case, {})
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "bits":
        print_bits()
    else:
        call_until_interrupted(sys.argv[2], int(sys.argv[3]))
