"""The drop-in: scikit-learn computes with trueval after `patch`, everywhere, and as before after `unpatch`."""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import sklearn
import sklearn.ensemble
import sklearn.metrics
import sklearn.neural_network
import trueval
import trueval.integrations.sklearn as ts
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import _scorer
from sklearn.model_selection import GridSearchCV, cross_validate

mpl.use("Agg")

ORIGINALS = {
    name: vars(sklearn.metrics)[name]
    for name in trueval.__all__
    if isinstance(vars(sklearn.metrics).get(name), FunctionType)
}
X, Y = make_classification(120, n_informative=5, n_classes=3, random_state=0)
BINARY = Y > 0
XR, YR = make_regression(60, 4, noise=5.0, random_state=0)
MODEL = LogisticRegression(max_iter=20, tol=1e-1)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    ts.unpatch()
    assert all(vars(sklearn.metrics)[name] is theirs for name, theirs in ORIGINALS.items())


@pytest.fixture
def out_of_reach() -> Iterator[None]:
    """Let each function of scikit-learn that trueval has raise where it would compute, whoever calls it."""

    def wire(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("scikit-learn computed this")

    inner = [inspect.unwrap(theirs) for theirs in ORIGINALS.values()]
    codes = [function.__code__ for function in inner]
    try:
        for function in inner:
            function.__signature__ = inspect.signature(function)  # which the patch compares with that of ours
            function.__code__ = wire.__code__
        yield
    finally:
        for function, code in zip(inner, codes, strict=True):
            function.__code__ = code
            del function.__signature__


def run(*arguments: Any, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False, **kwargs
    )


def child(code: str) -> str:
    ended = run("-c", textwrap.dedent(code))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def held() -> dict[tuple[str, str], Any]:
    """All that scikit-learn's modules and scorers hold, by place."""
    found = {}
    for name, module in list(sys.modules.items()):
        if module is not None and name.partition(".")[0] == "sklearn":
            found.update({(name, key): value for key, value in vars(module).items()})
    for name, scorer in _scorer._SCORERS.items():
        found.update({(name, key): value for key, value in vars(scorer).items()})
    return found


# what is replaced -----------------------------------------------------------------------------------------------------


def test_there_is_something_to_replace() -> None:
    assert {"f1_score", "roc_auc_score", "r2_score"} <= ORIGINALS.keys()
    assert ts.skipped() == {}


@pytest.mark.parametrize("name", sorted(ORIGINALS))
def test_a_function_is_replaced_by_identity(name: str) -> None:
    ours, theirs = getattr(trueval, name), ORIGINALS[name]
    ts.patch()
    assert getattr(sklearn.metrics, name) is ours
    assert getattr(sys.modules[theirs.__module__], name) is ours
    assert ts.Replaced("sklearn.metrics", name, name) in ts.replaced()
    ts.unpatch()
    assert getattr(sys.modules[theirs.__module__], name) is theirs


def test_nothing_of_scikit_learn_holds_an_original() -> None:
    """Neither a module nor a scorer nor anything else, as the garbage collector sees it."""
    for name in ("covariance", "ensemble", "inspection", "model_selection", "neural_network", "semi_supervised"):
        importlib.import_module(f"sklearn.{name}")
    ts.patch()
    holders = {id(vars(module)): name for name, module in list(sys.modules.items()) if hasattr(module, "__dict__")}
    allowed = {__name__, "trueval.integrations.sklearn"}
    for name, theirs in ORIGINALS.items():
        for referrer in gc.get_referrers(theirs):
            holder = holders.get(id(referrer))
            assert holder is None or holder in allowed or not holder.startswith("sklearn"), (name, holder)
            assert not hasattr(referrer, "_score_func"), (name, referrer)
            assert not (isinstance(referrer, dict) and "_score_func" in referrer), (name, referrer)


def test_modules_that_hold_it_already_are_reached() -> None:
    forest = importlib.import_module("sklearn.ensemble._forest")
    ts.patch()
    assert forest.r2_score is trueval.r2_score
    assert forest.accuracy_score is trueval.accuracy_score
    plot = importlib.import_module("sklearn.metrics._plot.roc_curve")
    assert (plot.roc_curve, plot.auc) == (trueval.roc_curve, trueval.auc)
    ts.unpatch()
    assert forest.r2_score is ORIGINALS["r2_score"]
    assert plot.roc_curve is ORIGINALS["roc_curve"]


def test_modules_that_are_imported_later_get_ours_and_are_restored() -> None:
    code = """
        import sys
        import trueval, trueval.integrations.sklearn as ts
        ts.patch()
        assert "sklearn.ensemble" not in sys.modules
        import sklearn.ensemble._forest as forest
        assert forest.r2_score is trueval.r2_score
        assert ts.Replaced("sklearn.ensemble._forest", "r2_score", "r2_score") in ts.replaced()
        ts.unpatch()
        assert forest.r2_score.__module__ == "sklearn.metrics._regression"
        import sklearn.metrics
        assert forest.r2_score is sklearn.metrics.r2_score
        print("done")
    """
    assert child(code) == "done"


def test_scorers_keep_their_arguments() -> None:
    before = {
        name: {**vars(s), "_score_func": None, "_kwargs": dict(s._kwargs)} for name, s in _scorer._SCORERS.items()
    }
    ts.patch()
    scorer = sklearn.metrics.get_scorer("f1_macro")
    assert scorer._score_func is trueval.f1_score
    assert scorer._kwargs == {"pos_label": None, "average": "macro"}
    for name, s in _scorer._SCORERS.items():
        theirs = ORIGINALS.get(s._score_func.__name__)
        assert theirs is None or s._score_func is getattr(trueval, s._score_func.__name__)
        assert {**vars(s), "_score_func": None} == before[name]


def test_replaced_lists_modules_and_scorers() -> None:
    assert ts.replaced() == []
    ts.patch()
    rows = ts.replaced()
    assert rows == sorted(set(rows))
    assert {row.function for row in rows} == set(ORIGINALS)
    assert ("sklearn.ensemble._forest", "r2_score", "r2_score") in rows
    assert ("sklearn.metrics._scorer._SCORERS['roc_auc_ovr']", "_score_func", "roc_auc_score") in rows


# on and off -----------------------------------------------------------------------------------------------------------


def test_unpatch_restores_exactly() -> None:
    before = held()
    ts.patch()
    changed = [place for place, value in held().items() if value is not before[place]]
    assert len(changed) > 2 * len(ORIGINALS)
    ts.unpatch()
    after = held()
    assert after.keys() == before.keys()
    assert [place for place, value in after.items() if value is not before[place]] == []


def test_patching_twice_is_patching_once() -> None:
    before = held()
    ts.patch()
    once = held()
    ts.patch()
    assert all(value is once[place] for place, value in held().items())
    ts.unpatch()
    assert all(value is before[place] for place, value in held().items())
    ts.unpatch()
    assert all(value is before[place] for place, value in held().items())


def is_patched() -> bool:
    return sklearn.metrics.f1_score is trueval.f1_score


def test_blocks_nest() -> None:
    with ts.patched():
        with ts.patched():
            assert is_patched()
        assert is_patched()
    assert not is_patched()
    ts.patch()
    with ts.patched():
        pass
    assert is_patched()


def test_a_block_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), ts.patched():
        raise KeyError
    assert not is_patched()


def test_unpatch_ends_blocks_too() -> None:
    with ts.patched():
        ts.unpatch()
        assert not is_patched()
        ts.patch()
    assert is_patched(), "the end of a block that was ended already must not end another's patch"


def test_blocks_overlap_in_threads() -> None:
    entered, leave = threading.Event(), threading.Event()
    seen = []

    def other() -> None:
        with ts.patched():
            entered.set()
            leave.wait(60)
            seen.append(is_patched())

    thread = threading.Thread(target=other)
    with ts.patched():
        thread.start()
        assert entered.wait(60)
    assert is_patched(), "the other thread's block is still open"
    leave.set()
    thread.join()
    assert seen == [True]
    assert not is_patched()


def test_many_threads_leave_nothing_behind() -> None:
    before = held()

    def work() -> None:
        for _ in range(5):
            with ts.patched():
                assert is_patched()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(value is before[place] for place, value in held().items())


# what then computes ---------------------------------------------------------------------------------------------------


def test_the_wires_are_live(out_of_reach: None) -> None:
    with pytest.raises(AssertionError, match="scikit-learn computed this"):
        sklearn.metrics.get_scorer("r2")(LinearRegression().fit(XR, YR), XR, YR)


def folds(scoring: Any, **kwargs: Any) -> dict[str, Any]:
    found = cross_validate(MODEL, X, Y, cv=3, scoring=scoring, error_score="raise", **kwargs)
    return {name: value for name, value in found.items() if name.startswith("test_")}


SCORINGS = ["accuracy", "f1_macro", "precision_weighted", "recall_micro", "neg_log_loss", "roc_auc_ovr"]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What scikit-learn computes by itself."""
    search = GridSearchCV(MODEL, {"C": [0.1, 1.0]}, cv=3, scoring="f1_macro").fit(X, Y)
    return {
        "folds": folds(SCORINGS),
        "search": search.cv_results_["mean_test_score"],
        "score": MODEL.fit(X, Y).score(X, Y),
        "regression": LinearRegression().fit(XR, YR).score(XR, YR),
        "displays": {name: curve(make()) for name, (make, curve) in DISPLAYS.items()},
    }


def test_cross_validate(expected: dict[str, Any], out_of_reach: None) -> None:
    with ts.patched():
        ours = folds(SCORINGS)
    for name, values in expected["folds"].items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-12)


def test_grid_search(expected: dict[str, Any], out_of_reach: None) -> None:
    with ts.patched():
        search = GridSearchCV(MODEL, {"C": [0.1, 1.0]}, cv=3, scoring="f1_macro", error_score="raise").fit(X, Y)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected["search"], rtol=1e-12)


def test_score_of_estimators(expected: dict[str, Any], out_of_reach: None) -> None:
    with ts.patched():
        assert MODEL.fit(X, Y).score(X, Y) == expected["score"]
        np.testing.assert_allclose(LinearRegression().fit(XR, YR).score(XR, YR), expected["regression"], rtol=1e-12)


def test_the_callers_backend_computes(out_of_reach: None, backend: str) -> None:
    with ts.patched():
        assert sklearn.metrics.get_scorer("accuracy")(MODEL.fit(X, Y), X, Y) == np.mean(MODEL.predict(X) == Y)


SCORES = X[:, 0] + BINARY
DISPLAYS: dict[str, tuple[Callable[[], Any], Callable[[Any], list[Any]]]] = {
    "RocCurveDisplay": (
        lambda: sklearn.metrics.RocCurveDisplay.from_predictions(BINARY, SCORES),
        lambda d: [d.fpr, d.tpr, d.roc_auc],
    ),
    "PrecisionRecallDisplay": (
        lambda: sklearn.metrics.PrecisionRecallDisplay.from_predictions(BINARY, SCORES),
        lambda d: [d.precision, d.recall, d.average_precision],
    ),
    "DetCurveDisplay": (
        lambda: sklearn.metrics.DetCurveDisplay.from_predictions(BINARY, SCORES),
        lambda d: [d.fpr, d.fnr],
    ),
    "ConfusionMatrixDisplay": (
        lambda: sklearn.metrics.ConfusionMatrixDisplay.from_predictions(Y, (Y + (X[:, 0] > 1)) % 3),
        lambda d: [d.confusion_matrix],
    ),
    "PredictionErrorDisplay": (
        lambda: sklearn.metrics.PredictionErrorDisplay.from_predictions(YR, YR + XR[:, 0], subsample=None),
        lambda d: [d.y_true, d.y_pred],
    ),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_displays(name: str, expected: dict[str, Any], out_of_reach: None) -> None:
    from matplotlib import pyplot

    make, curve = DISPLAYS[name]
    with ts.patched():
        ours = curve(make())
    pyplot.close("all")
    for a, b in zip(ours, expected["displays"][name], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


# processes and the command line ---------------------------------------------------------------------------------------

# The estimator lays the wire where it predicts: in the child process, which nobody has patched.
SEARCH = """
import os, sys
import numpy as np
import sklearn.metrics
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, cross_val_score

PARENT = os.environ.setdefault("PARENT", str(os.getpid()))


def wire(*args, **kwargs):
    raise AssertionError("scikit-learn computed this in the child")


class Constant(ClassifierMixin, BaseEstimator):
    def __init__(self, value=0):
        self.value = value

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        assert str(os.getpid()) != PARENT
        import sklearn.metrics._classification as theirs

        assert theirs.f1_score.__module__ == "sklearn.metrics._classification", "the child was patched"
        for function in (theirs.f1_score, theirs.fbeta_score, theirs.precision_recall_fscore_support):
            function.__wrapped__.__code__ = wire.__code__
        return np.full(len(X), self.value)


if __name__ == "__main__":
    X, y = np.zeros((12, 1)), np.array([0, 1, 1] * 4)
    scores = cross_val_score(Constant(1), X, y, cv=2, n_jobs=2, scoring="f1", error_score="raise")
    assert scores.tolist() == [0.8, 0.8], scores
    search = GridSearchCV(
        Constant(), {"value": [0, 1]}, cv=2, n_jobs=2, scoring="f1", error_score="raise", refit=False
    ).fit(X, y)
    assert search.cv_results_["mean_test_score"].tolist() == [0.0, 0.8]
    print("done", sys.argv[1:])
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    def write(code: str) -> Path:
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(code))
        return path

    return write


def test_child_processes_compute_with_trueval(script: Callable[[str], Path]) -> None:
    ended = run("-m", "trueval.integrations.sklearn", script(SEARCH), "--fast", "2")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["done", "['--fast',", "'2']"]


def test_without_the_patch_they_do_not(script: Callable[[str], Path]) -> None:
    ended = run(script(SEARCH))
    assert ended.returncode == 1
    assert "scikit-learn computed this in the child" in ended.stderr


def test_a_module_is_run_with_children(script: Callable[[str], Path]) -> None:
    path = script(SEARCH)
    ended = run("-m", "trueval.integrations.sklearn", "-m", path.stem, "x", cwd=path.parent)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["done", "['x']"]


SHOW = """
    import sys, pickle
    class Thing: pass
    print([sys.argv, __name__, __file__, __package__, type(__spec__).__name__, sys.path[0]])
    print(sys.modules["__main__"].Thing is Thing)
    pickle.loads(pickle.dumps(Thing()))
"""
ENDINGS = {
    "well": "",
    "exit code": "sys.exit(7)",
    "exit message": "sys.exit('no')",
    "exception": "def f():\n    raise ValueError('boom')\nf()",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError('x') from error",
    "own hook": (
        "import traceback\ndef hook(kind, error, tb):\n    print(kind, traceback.extract_tb(tb)[-1].lineno)\n"
        "sys.excepthook = hook\nraise OSError('x')"
    ),
    "interrupted": "raise KeyboardInterrupt",
    "syntax error": "1 +",
}


def without_runpy(text: str) -> list[str]:
    return [line for line in text.splitlines() if "runpy" not in line]


@pytest.mark.parametrize(
    ("as_module", "ending"),
    [*((False, ending) for ending in ENDINGS), *((True, ending) for ending in ("well", "exit code", "exception"))],
)
def test_a_program_is_run_as_python_would(ending: str, as_module: bool, script: Callable[[str], Path]) -> None:
    path = script(textwrap.dedent(SHOW) + ENDINGS[ending] + "\n")
    what = ["-m", path.stem, "-x", "y"] if as_module else [path.name, "-x", "y"]
    plain = run(*what, cwd=path.parent)
    ours = run("-m", "trueval.integrations.sklearn", *what, cwd=path.parent)
    assert ours.returncode == plain.returncode
    assert ours.stdout == plain.stdout
    assert without_runpy(ours.stderr) == without_runpy(plain.stderr)


def test_a_script_elsewhere_finds_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "neighbour.py").write_text("print('found')\n")
    (tmp_path / "script.py").write_text("import neighbour\n")
    ended = run("-m", "trueval.integrations.sklearn", "../script.py", cwd=tmp_path / "here")
    assert (ended.returncode, ended.stdout) == (0, "found\n"), ended.stderr


def test_a_directory_is_run(tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text("import sys, sklearn.metrics as m\nprint(m.auc.__module__[:7])\n")
    ended = run("-m", "trueval.integrations.sklearn", "program", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "trueval\n"), ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 2, "usage: python -m trueval.integrations.sklearn"),
        (["-m"], 2, "usage: python -m trueval.integrations.sklearn"),
        (["--what"], 2, "usage: python -m trueval.integrations.sklearn"),
        (["nowhere.py"], 2, "can't open file"),
        (["-m", "nowhere_at_all"], 1, "No module named nowhere_at_all"),
        (["-m", "nowhere_at_all.deeper"], 1, "No module named nowhere_at_all.deeper"),
    ],
)
def test_what_cannot_be_run(arguments: list[str], code: int, text: str, tmp_path: Path) -> None:
    ended = run("-m", "trueval.integrations.sklearn", *arguments, cwd=tmp_path)
    assert ended.returncode == code
    assert text in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_program_shares_the_patch(script: Callable[[str], Path]) -> None:
    """What the program imports as trueval.integrations.sklearn knows of the command line's patch."""
    path = script(
        """
        import sklearn.metrics, trueval, trueval.integrations.sklearn as ts
        assert sklearn.metrics.auc is trueval.auc
        ts.unpatch()
        assert sklearn.metrics.auc is not trueval.auc
        print("done")
        """
    )
    ended = run("-m", "trueval.integrations.sklearn", path)
    assert ended.stdout == "done\n", ended.stderr


# other installations --------------------------------------------------------------------------------------------------

ABSENT = """
import sys
sys.modules["sklearn"] = None
sys.argv = ["x", "script.py"]
import trueval.integrations.sklearn as ts
"""


def test_scikit_learn_is_imported_where_it_is_used() -> None:
    code = (
        "import sys, trueval.integrations.sklearn as ts; print('sklearn' in sys.modules, ts.replaced()); ts.unpatch()"
    )
    assert child(code) == "False []"


@pytest.mark.parametrize("call", ["ts.patch()", "ts.patched().__enter__()", "ts.skipped()"])
def test_absence_is_told(call: str) -> None:
    ended = run("-c", f"{ABSENT}{call}")
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: trueval.integrations.sklearn patches scikit-learn, which is not")


def test_absence_is_told_on_the_command_line() -> None:
    ended = run("-c", f"{ABSENT}ts.main()")
    assert ended.returncode == 1
    assert ended.stderr == (
        "trueval.integrations.sklearn patches scikit-learn, which is not installed: pip install scikit-learn\n"
    )


def test_other_signatures_and_absent_functions_are_left_alone() -> None:
    """As in an older scikit-learn, where mean_squared_error took `squared` and newer functions were not there."""
    code = """
        import sklearn.metrics, sklearn.metrics._regression as regression
        import trueval, trueval.integrations.sklearn as ts

        def mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average", squared=True): ...
        mean_squared_error.__module__ = regression.__name__
        sklearn.metrics.mean_squared_error = regression.mean_squared_error = mean_squared_error
        del sklearn.metrics.auc
        ts.patch()
        assert sklearn.metrics.mean_squared_error is mean_squared_error
        assert not hasattr(sklearn.metrics, "auc")
        assert sklearn.metrics.f1_score is trueval.f1_score
        (name, reason), = ts.skipped().items()
        print(name, "|", reason.partition(sklearn.__version__)[2])
    """
    assert child(code) == "mean_squared_error |  has parameters that trueval's lacks: squared"


def test_only_public_names_are_imported() -> None:
    """Of the rest of the package; modules of this folder share what they like."""
    for path in Path(ts.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.level == 1, path
                continue
            if isinstance(node, ast.ImportFrom):
                assert not any(
                    part.startswith("_") for part in (node.module or "").removeprefix("__future__").split(".")
                )
            names = [a.name for a in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            assert not any(part.startswith("_") for name in names for part in name.split(".")), path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "trueval":
                assert not node.attr.startswith("_") or node.attr == "__all__", path
