"""Words, whatever holds them: the same labels as scikit-learn finds among the strings that they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import trueval
from parity import check, obj
from trueval._validation.targets import Target
from trueval._validation.words import coded

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

POOL = ["negative", "neutral", "positive", "", "été", "\U0001f600", "neutral "]


def words(n: int, seed: int) -> list[str]:
    """Rows that share few objects."""
    return [POOL[i] for i in np.random.default_rng(seed).integers(0, len(POOL), n)]


def fresh(rows: list[str]) -> list[str]:
    """The same words, each row an object of its own."""
    return ["".join([*row, " "])[:-1] for row in rows]


def unused(rows: list[str]) -> Any:
    return pd.Series(pd.Categorical(rows, categories=["zebra", *reversed(POOL), "aardvark"]))


def repeated(rows: list[str]) -> Any:
    """An Arrow dictionary that has every word twice, and one that no row has."""
    half = len(POOL)
    place = {word: i for i, word in enumerate(POOL)}
    codes = [place[row] + half * (i % 2) for i, row in enumerate(rows)]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array([*POOL, *POOL, "unused"]))


FORMS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "list of fresh words": fresh,
    "tuple": tuple,
    "U": np.array,
    "object": lambda rows: obj(*rows),
    "fresh objects": lambda rows: obj(*fresh(rows)),
    "pandas object": lambda rows: pd.Series(rows, dtype=object),
    "pandas string": lambda rows: pd.Series(rows, dtype="string"),
    "pandas string, python": lambda rows: pd.Series(rows, dtype=pd.StringDtype("python")),
    "pandas string, pyarrow": lambda rows: pd.Series(rows, dtype=pd.StringDtype("pyarrow")),
    "pandas ArrowDtype": lambda rows: pd.Series(rows, dtype=pd.ArrowDtype(pa.string())),
    "pandas category": lambda rows: pd.Series(rows, dtype="category"),
    "pandas unused categories": unused,
    "pandas Categorical": pd.Categorical,
    "pandas Index": pd.Index,
    "pandas CategoricalIndex": pd.CategoricalIndex,
    "polars String": pl.Series,
    "polars Categorical": lambda rows: pl.Series(rows, dtype=pl.Categorical),
    "polars Enum": lambda rows: pl.Series(rows, dtype=pl.Enum(["zebra", *POOL])),
    "Arrow string": pa.array,
    "Arrow large string": lambda rows: pa.array(rows, pa.large_string()),
    "Arrow chunks": lambda rows: pa.chunked_array([rows[:3], rows[3:3], rows[3:]], pa.string()),
    "Arrow dictionary": lambda rows: pa.array(rows).dictionary_encode(),
    "Arrow dictionary, sliced": lambda rows: pa.array(["negative", *rows, "x"]).dictionary_encode()[1:-1],
    "Arrow dictionary, repeated": repeated,
    "Arrow chunks of dictionaries": lambda rows: pa.chunked_array(
        [pa.array(rows[:5]).dictionary_encode(), pa.array(rows[5:], pa.string()).dictionary_encode()]
    ),
}


@pytest.mark.parametrize("n", [1, 9, 3000])
@pytest.mark.parametrize("form", FORMS)
def test_labels(form: str, n: int, backend: str) -> None:
    rows = words(n, n)
    target = Target(FORMS[form](rows), "y")
    names = target.labels()
    assert names.tolist() == sorted(set(rows))
    assert target.display(target.codes).tolist() == rows
    assert target.n_samples == n
    assert target.array.tolist() == rows
    assert target.dtype == target.array.dtype


@pytest.mark.parametrize("form", FORMS)
def test_parity(form: str, backend: str) -> None:
    true, pred = words(40, 1), words(40, 2)
    for y_true, y_pred in ((FORMS[form](true), FORMS[form](pred)), (FORMS[form](true), pred)):
        check("f1_score", y_true, y_pred, average="macro")
        check("accuracy_score", y_true, y_pred)
        check("precision_recall_fscore_support", y_true, y_pred, labels=["positive", "neutral", "zebra"])
        check("confusion_matrix", y_true, y_pred)
        check("f1_score", y_true, y_pred)  # multiclass, but average='binary'
    two = [word if word == "neutral" else "positive" for word in true]
    scores = np.random.default_rng(3).normal(size=40).round(1)
    check("roc_auc_score", FORMS[form](two), scores)
    check("average_precision_score", FORMS[form](two), scores, pos_label="positive")
    check("roc_curve", FORMS[form](two), scores, pos_label="neutral")
    check("roc_curve", FORMS[form](two), scores)
    check("log_loss", FORMS[form](two), np.linspace(0.1, 0.9, 40))
    check("log_loss", FORMS[form](two), np.full((40, 3), 1 / 3), labels=["neutral", "positive", "zebra"])


def hole(make: Callable[[list[Any]], Any]) -> Any:
    return make(["a", None, "b", "a"])


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: pd.Series(rows, dtype=object),
        lambda rows: pd.Series(rows, dtype="category"),
        lambda rows: pd.Series(rows, dtype=pd.StringDtype("pyarrow")),
        lambda rows: pd.Series(rows, dtype=pd.ArrowDtype(pa.string())),
        pl.Series,
        lambda rows: pl.Series(rows, dtype=pl.Categorical),
        pa.array,
        lambda rows: pa.array(rows).dictionary_encode(),
        list,
    ],
)
def test_missing_words_are_refused(make: Callable[[list[Any]], Any], backend: str) -> None:
    column = hole(make)
    assert coded(column) is None
    for args in ((column, ["a", "b", "b", "a"]), (["a", "b", "b", "a"], column), (column, column)):
        with pytest.raises((TypeError, ValueError)):
            trueval.accuracy_score(*args)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["a", 1],
        ["a", None],
        [["a"], ["b"]],
        ["a", ["b"]],
        [1, "a"],
        [b"a", b"b"],
        ["a", np.nan],
        ["a\0", "a"],
        ("a", 2.5),
        "abc",
        ["a"] * 2000 + [1],
        [*fresh(words(2000, 0)), 1],
    ],
    ids=lambda rows: repr(rows)[:24],
)
def test_other_lists_go_the_usual_way(rows: Any, backend: str) -> None:
    assert coded(rows) is None
    check("accuracy_score", rows, rows)


def test_a_number_of_another_library_is_no_word(backend: str) -> None:
    for column in (
        pd.Series([1, 2, 1], dtype="category"),
        pd.Series([1, 2, 1], dtype="Int64"),
        pd.Series([1, 2, 1], dtype=pd.ArrowDtype(pa.int8())),
        pl.Series([1, 2, 1]),
        pa.array([1, 2, 1]),
        pa.array([1, 2, 1]).dictionary_encode(),
    ):
        assert coded(column) is None
        check("f1_score", column, [1, 2, 2], average="macro")
