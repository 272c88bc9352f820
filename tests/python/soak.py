"""Many random calls of every function: ``python tests/python/soak.py --cases 20000 --jobs 2 --seed 0 f1_score auc``.

Prints a line per function and, for each kind of difference, its shortest call. Call number i of a function is that of
seed ``seed + i``, so a longer run repeats a shorter one and another seed continues it. A call that kills its process
is named, and the rest goes on without it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import warnings
from typing import Any

from calls import PREAMBLE
from differential import SHARED, Tally


def search(name: str, first: int, end: int, progress: Any, answer: Any) -> None:
    """Compare the calls of a range of seeds, and send the line, the number of differences and the report."""
    warnings.simplefilter("ignore")
    tally = Tally(name)
    for seed in range(first, end):
        progress.value = seed
        tally.add(seed)
    answer.send((tally.line(), tally.differences, tally.report() if tally.differences else ""))


class Search:
    """A process that searches the calls of one function."""

    def __init__(self, name: str, first: int, end: int) -> None:
        self.name = name
        self.end = end
        self.progress = multiprocessing.Value("Q", first)
        self.answer, sender = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=search, args=(name, first, end, self.progress, sender))
        self.process.start()
        sender.close()

    def result(self) -> tuple[str, int, str]:
        """What the process sent, or where it died."""
        try:
            sent: tuple[str, int, str] = self.answer.recv()
        except EOFError:
            seed = self.progress.value
            sent = (f"{self.name:40} the process died in draw({self.name!r}, {seed})", 1, "")
        self.process.join()
        return sent

    def rest(self) -> list[tuple[str, int, int]]:
        """What is left to be searched after a death."""
        left = self.progress.value + 1
        return [(self.name, left, self.end)] if self.process.exitcode and left < self.end else []


def main() -> int:
    """Run what the command line asks for; 1 where there are differences."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("functions", nargs="*", help="names of functions; all that there are")
    parser.add_argument("--cases", type=int, default=20_000, help="calls per function")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, default=0, help="number of the first call")
    options = parser.parse_args()
    names = options.functions or SHARED
    waiting = [(name, options.seed, options.seed + options.cases) for name in reversed(names)]
    running: list[Search] = []
    differences = 0
    print(f"{PREAMBLE}\n", flush=True)
    while waiting or running:
        while waiting and len(running) < options.jobs:
            running.append(Search(*waiting.pop()))
        ended = [r for r in running if r.answer.poll() or not r.process.is_alive()]
        for one in ended:
            running.remove(one)
            line, found, report = one.result()
            print(report or line, flush=True)
            differences += found
            waiting += one.rest()
        if not ended:
            time.sleep(0.1)
    print(f"\n{len(names)} functions, {options.cases} cases each, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
