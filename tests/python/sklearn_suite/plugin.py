"""A pytest plugin that runs scikit-learn's suite once unpatched, then function by function with a replacement.

The suite is collected once. Every run happens in a forked child, so that each starts from the same, unpatched state,
and what one function does cannot spoil the next. The children report through pipes.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import pytest
import sklearn

from . import tripwires
from .exceptions import EXCEPTIONS
from .replace import replace
from .surface import surface

ALL = "all at once"
FILES = (
    *(
        f"metrics/tests/test_{name}.py"
        for name in ("classification", "ranking", "regression", "common", "score_objects")
    ),
    "tests/test_public_functions.py",
)
TIMEOUT = 900.0


def paths() -> list[str]:
    """Return the test files, where scikit-learn is installed."""
    return [os.path.join(sklearn.__path__[0], *name.split("/")) for name in FILES]


@dataclass
class Task:
    """One run of some items in a child."""

    function: str
    backend: str
    items: list[int]
    outcomes: dict[int, str] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    calls: dict[int, list[str]] = field(default_factory=dict)
    delegated: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    broken: str | None = None
    seconds: float = 0.0

    def receive(self, message: dict[str, Any]) -> None:
        """Take in what a child has to say, a line at a time."""
        for name, value in message.items():
            if isinstance(value, dict):
                known = getattr(self, name)
                known.update({int(k): v for k, v in value.items()} if name in ("outcomes", "texts", "calls") else value)
            else:
                setattr(self, name, value)


class Suite:
    """Collects, runs, and keeps what came out."""

    def __init__(
        self,
        library: str = "trueval",
        backends: Sequence[str] = ("native", "reference"),
        only: Sequence[str] = (),
        jobs: int = 2,
        together: bool = True,
    ) -> None:
        self.library = library
        self.backends = list(backends)
        self.jobs = jobs
        self.together = together
        self.public = surface()
        self.due = [name for name in self.public if not only or name in only]
        self.unknown = sorted(set(only) - set(self.public))
        self.errors: list[str] = []
        self.items: list[Any] = []
        self.recorded: list[Task] = []
        self.tasks: list[Task] = []
        self.missing: list[str] = []
        self.present: set[str] = set()
        self.reports: list[Any] = []

    # pytest's hooks

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: Any) -> None:
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid} cannot be collected: {report.longreprtext}")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Of the tests of all public functions, keep those of metrics."""
        items[:] = [i for i in items if i.path.name != "test_public_functions.py" or ".metrics." in i.name]

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.reports.append(report)

    def pytest_runtestloop(self, session: Any) -> bool:
        self.items = session.items
        if not self.errors:
            self.run()
        return True

    # what happens

    def run(self) -> None:
        library = importlib.import_module(self.library)
        offered = getattr(library, "__all__", dir(library))
        self.missing = [name for name in self.due if name not in offered]
        self.present = set(self.due).difference(self.missing)
        tripwires.lay(self.public)

        everything = list(range(len(self.items)))
        self.recorded = [Task("", "", everything[k :: self.jobs]) for k in range(self.jobs)]
        self.work(self.recorded)
        passing = {i for t in self.recorded for i, outcome in t.outcomes.items() if outcome == "passed"}
        calls = {i: set(names) for t in self.recorded for i, names in t.calls.items()}

        for backend in self.backends:
            for name in self.due:
                if name in self.present:
                    self.tasks.append(Task(name, backend, [i for i in sorted(passing) if name in calls[i]]))
            if self.together:
                self.tasks.append(
                    Task(ALL, backend, [i for i in sorted(passing) if not calls[i].isdisjoint(self.present)])
                )
        # The long ones first, lest one of them be left for the end.
        self.work(sorted(self.tasks, key=lambda task: -len(task.items)))

    def work(self, tasks: Sequence[Task]) -> None:
        """Run tasks in children, a few at a time."""
        waiting = list(reversed(tasks))
        running: dict[int, tuple[Task, int, float, bytearray]] = {}
        with selectors.DefaultSelector() as selector:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    task = waiting.pop()
                    pid, pipe = self.fork(task)
                    running[pipe] = task, pid, time.monotonic(), bytearray()
                    selector.register(pipe, selectors.EVENT_READ)
                for key, _ in selector.select(timeout=1.0):
                    pipe = key.fd
                    task, pid, start, text = running[pipe]
                    chunk = os.read(pipe, 1 << 20)
                    text += chunk
                    *lines, rest = text.split(b"\n")
                    text[:] = rest
                    for line in lines:
                        task.receive(json.loads(line))
                    if not chunk:
                        selector.unregister(pipe)
                        os.close(pipe)
                        del running[pipe]
                        self.end(task, pid, time.monotonic() - start)
                for task, pid, start, _ in running.values():
                    if time.monotonic() - start > TIMEOUT:
                        task.broken = f"took more than {TIMEOUT:.0f} s"
                        os.kill(pid, signal.SIGKILL)

    def end(self, task: Task, pid: int, seconds: float) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        task.seconds = seconds
        if code and task.broken is None:
            task.broken = f"the child ended with {f'signal {-code}' if code < 0 else f'exit code {code}'}"

    def fork(self, task: Task) -> tuple[int, int]:
        sys.stdout.flush()
        sys.stderr.flush()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            return pid, reading
        code = 1
        try:
            with open(os.devnull, "r+b") as null:
                for stream in range(3):
                    os.dup2(null.fileno(), stream)
            pipe = os.fdopen(writing, "w")
            try:
                self.child(task, lambda **message: print(json.dumps(message), file=pipe, flush=True))
                code = 0
            except BaseException:
                print(json.dumps({"broken": traceback.format_exc()}), file=pipe, flush=True)
        finally:
            os._exit(code)

    def child(self, task: Task, tell: Callable[..., None]) -> None:
        """Run a task, in the child."""
        items = [self.items[i] for i in task.items]
        watch = tripwires.watch
        try:
            with self.patch(task, items):
                for i, item, following in zip(task.items, items, [*items[1:], None], strict=True):
                    self.reports.clear()
                    if not task.function:
                        watch.calls = set()
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    failed = [r for r in self.reports if r.failed]
                    passed = any(r.when == "call" and r.passed for r in self.reports)
                    outcome = "failed" if failed else "passed" if passed else "skipped"
                    tell(outcomes={i: outcome}, calls={i: sorted(watch.calls or ())})
                    if failed:
                        tell(texts={i: failed[0].longreprtext})
            tell(delegated=dict(watch.delegated), missed=dict(watch.missed))
        finally:
            loky = sys.modules.get("joblib.externals.loky.reusable_executor")
            if loky is not None and loky._executor is not None:
                loky._executor.shutdown(kill_workers=True)

    @contextlib.contextmanager
    def patch(self, task: Task, items: list[Any]) -> Iterator[None]:
        """Put the replacements of a task in their place."""
        if not task.function:
            yield
            return
        library = importlib.import_module(self.library)
        names = [name for name in self.due if name in self.present] if task.function == ALL else [task.function]
        functions: dict[FunctionType, Any] = {self.public[name]: getattr(library, name) for name in names}
        if task.function == ALL:
            dropin = importlib.import_module("trueval.integrations.sklearn")
            dropin.patch()
            left = {name for name in names if vars(sys.modules["sklearn.metrics"])[name] is not getattr(library, name)}
            if left:
                raise RuntimeError(f"trueval.integrations.sklearn.patch() leaves out {', '.join(sorted(left))}")
        tripwires.expect(functions)
        replace(functions, items)
        if self.library != "trueval":
            yield
            return
        # For this process, and for those that n_jobs=2 starts.
        os.environ["TRUEVAL_BACKEND"] = task.backend
        with library.use_backend(task.backend):
            yield

    # what came out

    def name(self, index: int) -> str:
        item = self.items[index]
        return f"{item.path.name}::{item.name}"

    def meant(self, task: Task, index: int) -> bool:
        return any(re.fullmatch(pattern, f"{task.function} {self.name(index)}") for pattern in EXCEPTIONS)

    def counts(self, task: Task) -> tuple[int, int]:
        """Return the number of items that passed, and of those that should have."""
        due = [i for i in task.items if not self.meant(task, i)]
        return sum(task.outcomes.get(i) == "passed" for i in due), len(due)

    def faults(self) -> list[str]:
        """List all that is not as it should be, a line each."""
        if self.errors:
            return self.errors
        found = [f"{name} is missing in {self.library}" for name in self.missing]
        for task in [*self.recorded, *self.tasks]:
            who = f"{task.function}, {task.backend}" if task.function else "unpatched"
            if task.broken:
                found.append(f"{who}: {task.broken}")
            if not task.function:
                continue
            if not task.items:
                found.append(f"{who}: no item of the suite calls it")
            for i in task.items:
                outcome = task.outcomes.get(i, "not run")
                if self.meant(task, i) is (outcome == "passed") and not (task.broken and i not in task.outcomes):
                    message = task.texts.get(i, outcome).strip().splitlines()
                    why = next((line for line in message if line.startswith("E ")), message[-1])
                    found.append(f"{who}: {self.name(i)}: {why if outcome != 'passed' else 'listed, and passes'}")
            found += [f"{who}: {count} calls delegated to {name}" for name, count in sorted(task.delegated.items())]
            found += [f"{who}: {count} calls of {name} not replaced" for name, count in sorted(task.missed.items())]
        return found

    def results(self) -> dict[str, dict[str, Any]]:
        """Return, by function, passed and total for each backend, and the number of delegated calls."""
        out: dict[str, dict[str, Any]] = {}
        for name in [*self.due, *([ALL] if self.together else [])]:
            mine = [t for t in self.tasks if t.function == name]
            out[name] = {t.backend: list(self.counts(t)) for t in mine}
            out[name]["delegated"] = sum(sum(t.delegated.values()) for t in mine)
        return out

    def table(self) -> Iterator[str]:
        """Yield the lines of the table."""
        results = self.results()
        width = max(map(len, results), default=8)
        yield "  ".join(["function".ljust(width), *(b.rjust(11) for b in self.backends), "delegated"])
        for name, row in results.items():
            cells = ["{}/{}".format(*row[b]) if b in row else "missing" for b in self.backends]
            yield "  ".join([name.ljust(width), *(c.rjust(11) for c in cells), str(row["delegated"]).rjust(9)])

    def summary(self) -> str:
        """Say in one line how it went."""
        single = [t for t in self.tasks if t.function != ALL]
        tests = {i for t in single for i in t.items}
        whole = {t.function for t in single} - {
            t.function for t in single if self.counts(t)[0] < self.counts(t)[1] or t.broken or not t.items
        }
        runs = [self.counts(t) for t in single]
        passed, total = (sum(r[0] for r in runs), sum(r[1] for r in runs)) if runs else (0, 0)
        of = f"all {len(tests)} tests pass" if passed == total else f"{passed} of {total} runs pass"
        delegated = sum(sum(t.delegated.values()) for t in self.tasks)
        return f"{len(whole)} of {len(self.due)} functions: {of}, {delegated} calls delegated"
