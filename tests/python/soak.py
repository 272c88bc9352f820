"""Many random calls of every function: ``python tests/python/soak.py --cases 20000 --jobs 2 --seed 0 f1_score auc``.

Prints a line per function and, for each kind of difference, its shortest call. Call number i of a function is that of
seed ``seed + i``, so a longer run repeats a shorter one and another seed continues it.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed

from calls import PREAMBLE
from differential import SHARED, Tally


def search(name: str, start: int, cases: int) -> Tally:
    """Compare a range of calls of a function."""
    warnings.simplefilter("ignore")
    tally = Tally(name)
    for seed in range(start, start + cases):
        tally.add(seed)
    return tally


def finished(name: str, start: int, cases: int) -> tuple[str, int, str]:
    """The line of a function, its number of differences, and the report on them."""
    tally = search(name, start, cases)
    return tally.line(), tally.differences, tally.report() if tally.differences else ""


def main() -> int:
    """Run what the command line asks for; 1 where there are differences."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("functions", nargs="*", help="names of functions; all that there are")
    parser.add_argument("--cases", type=int, default=20_000, help="calls per function")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, default=0, help="number of the first call")
    options = parser.parse_args()
    names = options.functions or SHARED
    reports, differences = [], 0
    with ProcessPoolExecutor(options.jobs) as pool:
        tasks = [pool.submit(finished, name, options.seed, options.cases) for name in names]
        for task in as_completed(tasks):
            line, found, report = task.result()
            print(line, flush=True)
            differences += found
            reports += [report] if report else []
    if reports:
        print(f"\n{PREAMBLE}\n", *reports, sep="\n\n")
    print(f"\n{len(names)} functions, {options.cases} cases each, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
