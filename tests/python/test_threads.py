"""The same bits for any number of threads, any instruction set, in child processes, and from many threads at once."""

from __future__ import annotations

import multiprocessing
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
from outcomes import bits
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
        threads: run_child("bits", TRUEVAL_NUM_THREADS=threads, TRUEVAL_BACKEND="native").stdout.splitlines()
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
    args = FAMILIES["scores_binary"].sample(2_000_000, np.random.default_rng(0)).args
    counted = 0

    def call() -> None:
        with trueval.use_backend("native"):
            for _ in range(3):
                trueval.roc_auc_score(*args)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call)
        longest, last = 0.0, time.perf_counter()
        while not answer.done():
            time.sleep(0.001)
            counted, now = counted + 1, time.perf_counter()
            longest, last = max(longest, now - last), now
        answer.result()
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


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors; infinite where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat") as status:
            user, system = status.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return float("inf")


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
        sent, used = time.monotonic(), processor_seconds(child.pid)
        child.send_signal(signal.SIGINT)
        answer = child.stdout.readline()
        # On a busy machine (the suite runs twice, side by side) it is the turns of others that take longest.
        waited = min(time.monotonic() - sent, processor_seconds(child.pid) - used)
        assert answer == "KeyboardInterrupt\n", child.communicate(timeout=60)
        assert waited < 1.0, f"KeyboardInterrupt after {waited:.2f} s on {rows} rows"
    finally:
        child.kill()
        child.communicate()


# the number of threads ------------------------------------------------------------------------------------------------

# One metric for each way in which rows are shared out: chunks of rows, ranges of scores, rows of a matrix, a quantile.
SHARED = {
    "mean_squared_error": "targets",
    "roc_auc_score": "scores_binary",
    "ndcg_score": "gains",
    "median_absolute_error": "targets",
}


def shared_bits() -> list[str]:
    rows = [(row, family) for row, family in PAIRS if SHARED.get(row.name) == family]
    cases = [Case(FAMILIES[family].sample(ROWS, np.random.default_rng(17)).args) for _, family in rows]
    return [value_bits(row, case, row.inputs[family][0]) for (row, family), case in zip(rows, cases)]


@pytest.fixture
def number() -> Iterator[int]:
    """The number of threads of the native backend, which is set anew after the test."""
    if not HAS_NATIVE:
        pytest.skip(WITHOUT_NATIVE)
    with trueval.use_backend("native"):
        before = trueval.get_num_threads()
        yield before
        trueval.set_num_threads(before)


def test_the_number_is_what_was_set(number: int) -> None:
    for n in (1, 7, np.int64(2)):
        trueval.set_num_threads(n)
        assert trueval.get_num_threads() == n
        with trueval.use_backend("reference"):
            assert trueval.get_num_threads() == 1


def test_set_within_a_process_gives_the_same_bits(number: int) -> None:
    answers = []
    for n in (1, 2, 7):
        trueval.set_num_threads(n)
        answers.append(shared_bits())
    assert len(answers[0]) == len(SHARED)
    assert answers[1] == answers[2] == answers[0]


def test_set_while_others_compute(number: int) -> None:
    expected = shared_bits()

    def caller(_: int) -> list[list[str]]:
        with trueval.use_backend("native"):
            return [shared_bits() for _ in range(3)]

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(caller, i) for i in range(4)]
        while not all(answer.done() for answer in answers):
            for n in (1, 3, 2):
                trueval.set_num_threads(n)
                time.sleep(0.01)
    for answer in answers:
        assert answer.result() == [expected] * 3


@pytest.mark.parametrize("n", [0, -1, 65_536, 10**30])
def test_no_such_number(n: int, backend: str) -> None:
    before = trueval.get_num_threads()
    with pytest.raises(ValueError, match=f"n must be from 1 to 65535, got {n}"):
        trueval.set_num_threads(n)
    assert trueval.get_num_threads() == before


@pytest.mark.parametrize("n", [2.0, "2", None])
def test_no_integer(n: object, backend: str) -> None:
    with pytest.raises(TypeError, match=f"n must be an integer, got {n!r}"):
        trueval.set_num_threads(n)


SAY = "import trueval; print(trueval.get_num_threads())"


def say(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    return subprocess.run(
        [sys.executable, "-c", SAY],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@needs_native
def test_environment_gives_the_number() -> None:
    assert say(TRUEVAL_NUM_THREADS="3").stdout == "3\n"
    assert say(RAYON_NUM_THREADS="5").stdout == "5\n"
    assert say(TRUEVAL_NUM_THREADS="3", RAYON_NUM_THREADS="5").stdout == "3\n"
    assert say(TRUEVAL_NUM_THREADS="", RAYON_NUM_THREADS="5").stdout == "5\n"
    assert int(say().stdout) >= 1


@pytest.mark.parametrize("text", ["0", "-2", "two", "1.5", "65536"])
def test_environment_without_a_number(text: str) -> None:
    ended = say(TRUEVAL_NUM_THREADS=text)
    assert ended.returncode != 0
    last = ended.stderr.strip().splitlines()[-1]
    assert last == f"ValueError: TRUEVAL_NUM_THREADS={text}: expected an integer from 1 to 65535."


@needs_native
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the system does not list the threads of a process")
def test_no_other_threads_than_the_number() -> None:
    """Short calls start no thread, and long ones no more than they were given, each of them in our pool."""
    assert run_child("threads", TRUEVAL_NUM_THREADS="1", RAYON_NUM_THREADS="5").stdout.splitlines() == [
        "2000 []",
        "60000 ['trueval-0']",
        f"{ROWS} ['trueval-0']",
    ]


def print_threads() -> None:
    def names() -> dict[str, str]:
        tasks = os.listdir("/proc/self/task")
        return {task: open(f"/proc/self/task/{task}/comm").read().strip() for task in tasks}

    before = names()
    for rows in (2_000, 60_000, ROWS):
        for _, *job in jobs(rows):
            value_bits(*job)
        print(rows, [name for task, name in names().items() if task not in before])


# child processes ------------------------------------------------------------------------------------------------------


@needs_native
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_compute_the_same_bits(method: str) -> None:
    """After the parent has computed with several threads, a child has none of them, and makes its own."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"the system does not {method}")
    assert run_child("children", method, TRUEVAL_NUM_THREADS="3").stdout.splitlines() == [
        "the same bits, 4 threads" if method == "fork" else "the same bits, 3 threads"
    ]


@needs_native
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_grandchildren_compute_the_same_bits() -> None:
    assert run_child("grandchild").stdout.splitlines() == ["the same bits, 2 threads"]


def child_says(expected: list[str]) -> str:
    same = shared_bits() == expected
    return f"{'the same' if same else 'other'} bits, {trueval.get_num_threads()} threads"


def compute_in_children(method: str) -> None:
    """Start children while a thread of this process computes, so that its pool is in use."""
    expected = shared_bits()
    trueval.set_num_threads(4)
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            shared_bits()

    busy = threading.Thread(target=compute)
    busy.start()
    try:
        with multiprocessing.get_context(method).Pool(2) as pool:
            answers = pool.map(child_says, [expected] * 4, chunksize=2)
    finally:
        stop.set()
        busy.join()
    print(*set(answers))


def compute_in_a_grandchild() -> None:
    """Each generation computes before it forks, and the last speaks."""
    expected = shared_bits()
    for _ in range(2):
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        trueval.set_num_threads(2)
        answer = child_says(expected)
    print(answer, flush=True)


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
    match sys.argv[1:]:
        case ["bits"]:
            print_bits()
        case ["threads"]:
            print_threads()
        case ["children", method]:
            compute_in_children(method)
        case ["grandchild"]:
            compute_in_a_grandchild()
        case [_, name, rows]:
            call_until_interrupted(name, int(rows))
