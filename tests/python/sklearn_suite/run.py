"""Run scikit-learn's own tests against trueval's functions.

    python tests/python/sklearn_suite/run.py [--only f1_score,auc] [--backends native] [--show]

Each function is tried alone, in each backend, on the test items that call it; then all at once, through
trueval.integrations.sklearn. The exit code is 0 if every item passes that passes unpatched, if no call was delegated to
scikit-learn, and if no function of scikit-learn's is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The modules here are a package's, and not to be found under names of their own.
sys.path[0] = str(HERE.parent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="F,G", help="try these functions, instead of all")
    parser.add_argument("--backends", default="native,reference", metavar="B,C", help="default: %(default)s")
    parser.add_argument("--library", default="trueval", help="where the replacements come from; default: %(default)s")
    parser.add_argument("--match", default="", metavar="EXPRESSION", help="which items, as pytest's -k")
    parser.add_argument("--apart", action="store_true", help="leave out the run with all functions at once")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="default: %(default)s")
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--show", action="store_true", help="print the failing items in full")
    chosen = parser.parse_args()

    # One thread per child for what scikit-learn computes, and no plugins but pytest's own.
    os.environ.update(
        OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", MPLBACKEND="Agg"
    )
    import pytest

    from sklearn_suite.plugin import Suite, paths

    suite = Suite(
        library=chosen.library,
        backends=chosen.backends.split(","),
        only=[name for name in chosen.only.split(",") if name],
        jobs=chosen.jobs,
        together=not chosen.apart and chosen.library == "trueval",
    )
    if suite.unknown:
        print(f"FAULT  not a metric function of scikit-learn: {', '.join(suite.unknown)}")
        return 1
    start = time.monotonic()
    # importlib leaves sys.path alone: the other modes would put site-packages before PYTHONPATH.
    options = ["-q", "-s", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", str(HERE / "pytest.ini")]
    code = pytest.main([*options, "-k", chosen.match, *paths()], plugins=[suite])
    for line in suite.table():
        print(line)
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_text(json.dumps(suite.results(), indent=1) + "\n")
    if chosen.show:
        for task in suite.tasks:
            for index, text in sorted(task.texts.items()):
                print(f"\n{'─' * 100}\n{task.function}, {task.backend}: {suite.name(index)}\n{text}")
    faults = suite.faults()
    if faults:
        print()
        for line in faults:
            print(f"FAULT  {line}")
    unpatched = [outcome for task in suite.recorded for outcome in task.outcomes.values()]
    silent = sum(not t.calls[i] for t in suite.recorded for i, o in t.outcomes.items() if o == "passed")
    print(
        f"\n{len(unpatched)} items, unpatched: {unpatched.count('passed')} pass ({silent} of them call no metric), "
        f"{unpatched.count('failed')} fail, {unpatched.count('skipped')} are skipped; {time.monotonic() - start:.0f} s"
    )
    print(suite.summary())
    return 1 if faults or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) or not suite.tasks else 0


if __name__ == "__main__":
    sys.exit(main())
