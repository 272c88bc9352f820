"""Judgements and rankings by the names of queries and documents: TREC's files, and dicts of dicts."""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._parameters import StrOptions, validate

Number = TypeVar("Number", int, float)


class Judged(NamedTuple):
    """Flat arrays, a row for each document of each query, in the order in which the metrics take them."""

    relevance: NDArray[Any]
    scores: NDArray[np.float64]
    group: NDArray[Any]


def read_qrels(path: str | os.PathLike[str]) -> dict[str, dict[str, int]]:
    r"""Read a file of relevance judgements, in TREC's format: query, iteration, document, relevance.

    Parameters
    ----------
    path : str or path-like
        The file; columns are separated by blanks or tabs. UTF-8, compressed if it ends in ``.gz``.

    Returns
    -------
    qrels : dict of str to dict of str to int
        The relevance of each judged document of each query.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        For a line without four columns or with a relevance that is no integer, and for a document that is judged twice
        for a query.

    See Also
    --------
    read_run : what was retrieved.
    join : flat arrays of both.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from trueval import retrieval
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "qrels.txt")
    ...     _ = path.write_text("q1 0 d1 2\nq1 0 d2 0\nq2 0 d1 1\n")
    ...     retrieval.read_qrels(path)
    {'q1': {'d1': 2, 'd2': 0}, 'q2': {'d1': 1}}
    """
    return _read(path, ("query", "iteration", "document", "relevance"), (0, 2, 3), int, "an integer")


def read_run(path: str | os.PathLike[str]) -> dict[str, dict[str, float]]:
    r"""Read a file of what was retrieved, in TREC's format: query, Q0, document, rank, score, name of the run.

    Parameters
    ----------
    path : str or path-like
        The file; columns are separated by blanks or tabs. UTF-8, compressed if it ends in ``.gz``.

    Returns
    -------
    run : dict of str to dict of str to float
        The score of each retrieved document of each query. The rank is not looked at, as in trec_eval.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        For a line without six columns or with a score that is no number, and for a document that is retrieved twice for
        a query.

    See Also
    --------
    read_qrels : what is relevant.
    join : flat arrays of both.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from trueval import retrieval
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "run.txt")
    ...     _ = path.write_text("q1 Q0 d2 1 7.5 bm25\nq1 Q0 d1 2 6.25 bm25\n")
    ...     retrieval.read_run(path)
    {'q1': {'d2': 7.5, 'd1': 6.25}}
    """
    return _read(path, ("query", "Q0", "document", "rank", "score", "run"), (0, 2, 4), _score, "a finite number")


def _score(text: str) -> float:
    score = float(text)
    if not math.isfinite(score):
        raise ValueError(text)
    return score


def _read(
    path: Any, columns: tuple[str, ...], places: tuple[int, int, int], number: Callable[[str], Number], kind: str
) -> dict[str, dict[str, Number]]:
    found: dict[str, dict[str, Number]] = {}
    for line, fields in _lines(path):
        where = f"{os.fspath(path)}, line {line}"
        if len(fields) != len(columns):
            raise ValueError(f"{where}: expected {len(columns)} columns ({', '.join(columns)}), got {len(fields)}.")
        query, document, text = (fields[place] for place in places)
        documents = found.setdefault(query, {})
        if document in documents:
            raise ValueError(f"{where}: document {document!r} is there twice for query {query!r}.")
        try:
            documents[document] = number(text)
        except ValueError:
            raise ValueError(f"{where}: the {columns[places[2]]} must be {kind}, got {text!r}.") from None
    return found


def _lines(path: Any) -> Iterator[tuple[int, list[str]]]:
    opened = gzip.open if os.fspath(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line, text in enumerate(lines, 1):
            fields = text.split()
            if fields:
                yield line, fields


@validate(
    qrels=[Mapping],
    run=[Mapping],
    ties=[StrOptions({"document", "average"})],
    complete=["boolean"],
)
def join(
    qrels: Mapping[Any, Mapping[Any, float]],
    run: Mapping[Any, Mapping[Any, float]],
    *,
    ties: str = "document",
    complete: bool = True,
) -> Judged:
    """Join relevance judgements and what was retrieved to flat arrays, for ``f(*join(qrels, run))``.

    Parameters
    ----------
    qrels : mapping of query to mapping of document to relevance
        From `read_qrels`, or as pytrec_eval and ranx take it. Queries are strings or integers.
    run : mapping of query to mapping of document to score
        From `read_run`, or likewise.
    ties : {'document', 'average'}, default='document'
        What becomes of retrieved documents of equal score. ``'document'``: they are ordered by their names, from the
        last to the first, as in trec_eval; all scores of a query with ties are then ranks, counted from the lowest.
        ``'average'``: they stay tied, and values are means over the orders of theirs.
    complete : bool, default=True
        Count queries of which nothing was retrieved (trec_eval's ``-c``): as 0, in all metrics but `group_auc`. If
        false, they are left out (trec_eval's default), and runs on different queries are no longer comparable.

    Returns
    -------
    judged : Judged
        The tuple (relevance, scores, group), queries in the order of `qrels`, so that values by query of several runs
        go together. Retrieved documents that are not judged have relevance 0, judged ones that were not retrieved the
        score minus infinity. What was retrieved for queries without judgements is left out.

    Raises
    ------
    TypeError
        For queries that are neither all strings nor all integers, and for scores or relevances that are no numbers.
    ValueError
        If nothing is left: no query, or no document of any.

    See Also
    --------
    read_qrels, read_run : where the arguments may come from.

    Notes
    -----
    trec_eval keeps scores as float32, by which it ties scores that differ in float64. They do not tie here.

    Time is that of a Python loop: some 0.5 µs a document.

    Examples
    --------
    >>> from trueval import retrieval
    >>> qrels = {"q1": {"d1": 1, "d2": 0, "d3": 2}, "q2": {"d2": 1}}
    >>> run = {"q1": {"d1": 0.5, "d2": 0.7, "d9": 0.1}}
    >>> judged = retrieval.join(qrels, run)
    >>> judged.scores
    array([ 0.5,  0.7,  0.1, -inf, -inf])
    >>> retrieval.recall_at_k(*judged, k=2, aggregate=None)
    array([0.5, 0. ])
    """
    relevance: list[float] = []
    scores: list[float] = []
    queries: list[Any] = []
    lengths: list[int] = []
    for query, judged in qrels.items():
        retrieved = run.get(query)
        if not complete and not retrieved:
            continue
        retrieved = retrieved or {}
        before = len(scores)
        relevance.extend(judged.get(document, 0) for document in retrieved)
        scores.extend(_ranked(retrieved) if ties == "document" else retrieved.values())
        missing = [grade for document, grade in judged.items() if document not in retrieved]
        relevance.extend(missing)
        scores.extend([-math.inf] * len(missing))
        queries.append(query)
        lengths.append(len(scores) - before)
    if not scores:
        raise ValueError(
            f"qrels and run leave no document to judge: {len(qrels)} queries in qrels, {len(run)} in run, "
            f"{len(qrels.keys() & run.keys())} in both."
        )
    return Judged(_numbers(relevance, "qrels"), _numbers(scores, "run"), np.repeat(_names(queries), lengths))


def _ranked(retrieved: Mapping[Any, float]) -> list[float]:
    """Scores, or where some are equal, ranks from the lowest score and the last name up to the highest and first."""
    scores = list(retrieved.values())
    if len(set(scores)) == len(scores):
        return scores
    order = sorted(retrieved.items(), key=lambda item: (item[1], item[0]))
    rank = {document: float(place) for place, (document, _) in enumerate(order, 1)}
    return [rank[document] for document in retrieved]


def _numbers(values: list[float], name: str) -> NDArray[Any]:
    a = np.array(values)
    if a.dtype.kind not in "biuf":
        raise TypeError(f"{name} must map documents to numbers, got {_types(values)}.")
    return a


def _names(queries: list[Any]) -> NDArray[Any]:
    for kind in (str, (int, np.integer)):
        if all(isinstance(query, kind) for query in queries):
            return np.array(queries)
    raise TypeError(f"qrels must have strings or integers for queries, got {_types(queries)}.")


def _types(values: list[Any]) -> str:
    return ", ".join(sorted({type(value).__name__ for value in values}))
