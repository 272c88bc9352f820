"""Exact metrics of Dask DataFrames and arrays: the same numbers as on one machine, for any partitions.

>>> import dask.array as da
>>> from trueval.integrations.dask import evaluate
>>> columns = {"y": da.from_array([0, 0, 1, 1], chunks=3), "p": da.from_array([0.1, 0.4, 0.35, 0.8], chunks=3)}
>>> evaluate(columns, "y", "p", ["roc_auc_score"])["p", "roc_auc_score"]
0.75

The steps are those of `trueval.integrations.spark`: partitions are turned into pieces, those of one range of scores are
reduced in one place to a few integers, and these are merged here. Where an area is asked for, the cuts between ranges
come from a first look at the score columns, so what is costly to compute should be persisted. Pieces stay on the
workers, in memory: 8 bytes a row and score, 4 for float32, less where scores repeat.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from trueval.streaming import ranges

from ._frames import MOST_RANGES, RANGE, Job, job_of
from ._pieces import Piece
from ._results import Comparisons, Difference, Evaluation, Value

__all__ = ["Comparisons", "Difference", "Evaluation", "Value", "compare", "evaluate"]

# Scores that each partition tells for the choice of cuts.
_SAMPLED = 1 << 12


def evaluate(
    df: Any,
    label: str,
    scores: Any,
    metrics: Any,
    *,
    group: str | None = None,
    weight: str | None = None,
    by: Any = None,
    positive: Any = None,
    threshold: float | None = None,
    missing: str = "refuse",
) -> Evaluation:
    """Compute metrics of a Dask DataFrame, or of Dask arrays.

    Parameters
    ----------
    df : dask.dataframe.DataFrame or dict of dask.array.Array
        The rows; of arrays, one for each column, all of one length, by names.
    label, scores, metrics, group, weight, by, positive, threshold, missing
        As in `trueval.integrations.spark.evaluate`. NaN, None and NA are missing.

    Returns
    -------
    evaluation : Evaluation
        As there.

    Raises
    ------
    ValueError
        For values that are missing, labels that do not make the task, and what the functions refuse.
    TypeError
        For columns of other types.

    Notes
    -----
    Equal to what the functions return for all rows on one machine: to the bit for metrics of labels and unweighted
    areas, for any number and content of partitions; within some units in the last place where floats are summed.
    """
    job = job_of(label, scores, metrics, group, weight, by, positive, threshold, missing)
    job, pieces = _run(df, job)
    return job.finish(pieces).evaluation()


def compare(
    df: Any,
    label: str,
    base: str,
    tuned: str,
    metrics: Any,
    *,
    group: str | None = None,
    weight: str | None = None,
    by: Any = None,
    positive: Any = None,
    threshold: float | None = None,
    missing: str = "refuse",
    alternative: str = "two-sided",
    confidence_level: float = 0.95,
    equivalence_margin: float | None = None,
    correction: str | None = "holm",
    rng: Any = 0,
) -> Comparisons:
    """Compare two models that answered the same rows of a Dask DataFrame, or of Dask arrays.

    Parameters
    ----------
    df
        As in `evaluate`.
    label, base, tuned, metrics, group, weight, by, positive, threshold, missing
        As in `trueval.integrations.spark.compare`.
    alternative, confidence_level, equivalence_margin, rng
        As in `trueval.inference.compare`.
    correction : {'holm', 'bonferroni', 'fdr_bh'} or None, default='holm'
        How p-values are adjusted where there are several metrics or slices.

    Returns
    -------
    comparisons : Comparisons
        As there, and so are the notes on standard errors of areas.

    Raises
    ------
    ValueError, TypeError
        As `evaluate` does.
    """
    job = job_of(label, [base, tuned], metrics, group, weight, by, positive, threshold, missing, paired=True)
    job, pieces = _run(df, job)
    return job.finish(pieces).comparisons(
        correction,
        rng,
        alternative=alternative,
        confidence_level=confidence_level,
        equivalence_margin=equivalence_margin,
    )


def _run(df: Any, job: Job) -> tuple[Job, list[Piece]]:
    """Let Dask do a job."""
    import dask

    names = list(dict.fromkeys(theirs for _, theirs in job.columns))
    if isinstance(df, Mapping):
        job = job.with_types([(name, _kind(array.dtype)) for name, array in df.items()])
        if job.group is not None:
            raise TypeError("group needs a Dask DataFrame, whose rows can be gathered by query: see dask.dataframe.")
        parts = _blocks(df, names)
    else:
        if not hasattr(df, "to_delayed"):
            raise TypeError(f"df must be a Dask DataFrame or a dict of Dask arrays, got {type(df).__name__}.")
        job = job.with_types([(name, _kind(dtype)) for name, dtype in df.dtypes.items()])
        frame = df[names]
        if job.group is not None:
            frame = frame.shuffle(on=job.group)
        parts = [dask.delayed(dict)(table=part) for part in frame.to_delayed()]
    if job.ranked:
        looks = dask.compute(*(dask.delayed(_look)(job, part) for part in parts))
        job = replace(job, cuts=_cuts(job, looks))
    mapped = [dask.delayed(_map, nout=job.n_parts + 1)(job, part) for part in parts]
    # What is known of the pieces, and the pieces by part.
    outputs = dask.persist(*(output for one in mapped for output in one))
    step = job.n_parts + 1
    if job.ranked:
        heads = dask.compute(*outputs[::step])
        job = job.informed(piece for head in heads for piece in head)
    reduced = [dask.delayed(_reduce)(job, outputs[1 + i :: step]) for i in range(job.n_parts)]
    return job, [piece for some in dask.compute(*reduced) for piece in some]


def _kind(dtype: Any) -> str:
    """Type of a column, as `Job.with_types` names them."""
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        return _kind(dtype.categories.dtype)
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, pd.ArrowDtype) and kind == "O" and "string" not in str(dtype):
        return str(dtype)  # decimals, lists and the like
    if kind == "f" and dtype.itemsize <= 8:
        # Of a half, no value is lost.
        return "float32" if dtype.itemsize <= 4 else "float"
    if kind == "i" or (kind == "u" and dtype.itemsize < 8):
        return "int"
    if kind == "b":
        return "bool"
    if kind in "OUT" or isinstance(dtype, pd.StringDtype):
        return "text"
    return "date" if kind == "M" else str(dtype)


def _blocks(arrays: Mapping[str, Any], names: list[str]) -> list[Any]:
    """Partitions of arrays whose chunks agree."""
    import dask
    import dask.array as da

    for name in names:
        if arrays[name].ndim != 1:
            raise ValueError(f"column {name!r} must have one dimension, got {arrays[name].ndim}.")
    sizes = {name: arrays[name].shape[0] for name in names}
    if len({size for size in sizes.values() if not math.isnan(size)}) > 1:
        raise ValueError(f"columns must be of one length, got {sizes}.")
    if not any(map(math.isnan, sizes.values())):
        _, aligned = da.unify_chunks(*(x for name in names for x in (arrays[name], "i")))
    else:  # chunks of unknown length, as those of a DataFrame's columns: each worker looks
        aligned = [arrays[name] for name in names]
        if len({array.numblocks for array in aligned}) > 1:
            raise ValueError("columns of unknown length must have as many chunks.")
    blocks = [array.to_delayed(optimize_graph=False).reshape(-1).tolist() for array in aligned]
    return [dask.delayed(dict)(list(zip(names, some, strict=True))) for some in zip(*blocks, strict=True)]


def _table(job: Job, part: dict[str, Any]) -> Any:
    """Rows of a partition as an Arrow table with our names."""
    import pyarrow as pa

    if "table" in part and hasattr(part["table"], "columns"):
        frame = part["table"]
        if job.group is not None:
            frame = frame.sort_values(job.group, kind="stable")
        part = {name: frame[name] for name in frame.columns}
    elif len({len(column) for column in part.values()}) > 1:
        raise ValueError(f"columns must be of one length, got chunks of {[len(c) for c in part.values()]}.")
    columns = [part[theirs] for _, theirs in job.columns]
    # Arrow has the byte order of the machine alone.
    columns = [x.astype(x.dtype.newbyteorder("="), copy=False) if isinstance(x, np.ndarray) else x for x in columns]
    arrays = [pa.array(column, from_pandas=True) for column in columns]
    arrays = [a.combine_chunks() if isinstance(a, pa.ChunkedArray) else a for a in arrays]
    # A column of nothing but missing values has no type of its own.
    arrays = [a.cast(pa.float64()) if pa.types.is_null(a.type) else a for a in arrays]
    arrays = [a.dictionary_decode() if pa.types.is_dictionary(a.type) else a for a in arrays]
    return pa.Table.from_arrays(arrays, names=[ours for ours, _ in job.columns])


def _look(job: Job, part: dict[str, Any]) -> tuple[int, list[Any]]:
    """Tell how many rows there are, and some of the scores."""
    table = _table(job, part)
    step = 1 + table.num_rows // _SAMPLED
    shown = []
    for i, kind in enumerate(job.dtypes):
        column = table[f"score{i}"].to_numpy()[::step].astype(np.float64)
        shown.append(column[np.isfinite(column)].astype(np.dtype(kind)))
    return table.num_rows, shown


def _cuts(job: Job, looks: Any) -> tuple[np.ndarray[Any, Any], ...]:
    rows = sum(n for n, _ in looks)
    wanted = min(MOST_RANGES, 1 + rows // RANGE)
    chosen = []
    for i in range(len(job.scores)):
        # What a partition shows stands for the more rows, the more it has.
        shown = [np.repeat(scores[i], min(64, 1 + n // _SAMPLED)) for n, scores in looks]
        chosen.append(ranges.cuts_of(np.concatenate(shown), wanted) if rows else np.empty(0))
    return tuple(chosen)


def _map(job: Job, part: dict[str, Any]) -> list[list[Piece]]:
    found: list[list[Piece]] = [[] for _ in range(job.n_parts + 1)]
    for piece in job.map([_table(job, part)]):
        found[1 + piece.part].append(piece)
        found[0].append(piece._replace(data=b""))
    return found


def _reduce(job: Job, parts: Any) -> list[Piece]:
    return list(job.reduce(piece for pieces in parts for piece in pieces))
