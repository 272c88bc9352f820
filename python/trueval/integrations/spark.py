"""Exact metrics of a Spark DataFrame: the same numbers as on one machine, for any partitions.

>>> from trueval.integrations.spark import compare, evaluate  # doctest: +SKIP
>>> found = evaluate(df, "clicked", ["base", "tuned"], ["roc_auc_score", "log_loss"], by="country")  # doctest: +SKIP
>>> found["tuned", "roc_auc_score"]  # doctest: +SKIP
0.8141592653589793
>>> compare(df, "clicked", "base", "tuned", ["roc_auc_score"]).to_pandas()  # doctest: +SKIP

However many metrics, columns and slices are asked for, rows go to Python once, and what is left of them is shuffled
once:

1. A sample of the scores tells where to cut them into ranges, which has no influence on the result, only on how evenly
   the work is divided. (This step is left out where no metric is an area.)
2. Each partition is turned into pieces: sorted scores by range, class and slice, in which a score that repeats is there
   once with its number; and states of the other metrics (`trueval.streaming`), some hundred bytes each.
3. Each range is reduced to a few integers, and these are merged by the driver.

So a DataFrame is evaluated twice, the first time for the score columns alone: cache one that is costly to compute. One
whose rows differ between evaluations does no harm, but is then measured as it was the second time.

Nothing but DataFrames and ``mapInArrow`` is used, so Spark Connect will do. trueval must be installed where the Python
workers run. A range takes some 100 bytes of a worker's memory for each of its rows, about a million; a partition being
packed some 200 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from trueval.streaming import ranges

from ._frames import MOST_RANGES, RANGE, Job, job_of
from ._pieces import Piece
from ._results import Comparisons, Difference, Evaluation, Value

__all__ = ["Comparisons", "Difference", "Evaluation", "Value", "compare", "evaluate"]

_SCHEMA = (
    "part int, kind string, score int, place int, cell string, label string, rows bigint, weight double, data binary"
)
_KINDS = {
    "float": "float32",
    "double": "float",
    "tinyint": "int",
    "smallint": "int",
    "int": "int",
    "bigint": "int",
    "boolean": "bool",
    "string": "text",
    "date": "date",
}
# Bytes of pieces that are handed to Spark at a time.
_BATCH = 1 << 24
# Rows of a sample for each range: the ranges' lengths then vary by a tenth.
_SHOWN = 128


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
    """Compute metrics of a Spark DataFrame.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        The rows.
    label : str
        Column of the truth: numbers, booleans or text.
    scores : str or list of str
        Columns of predictions: scores, probabilities, numbers or labels, as the metrics take them.
    metrics : str, or list of str or of (str, dict)
        Names of functions of trueval, or pairs of a name and parameters: ``("f1_score", {"average": "macro"})``. There
        are:

        - ``'roc_auc_score'`` and ``'average_precision_score'`` of two labels;
        - all metrics of predicted labels that are one number;
        - errors of numbers and losses of probabilities, but for quantiles;
        - ``'ndcg_score'`` and ``'dcg_score'`` of the queries that `group` tells apart; queries of a single row are left
          out.
    group : str, optional
        Column that tells which rows are of one query.
    weight : str, optional
        Column of weights, not negative.
    by : str or list of str, optional
        Columns by whose values, NULL among them, rows are sliced, each column by itself: booleans, integers, text or
        dates.
    positive : bool, int, float or str, optional
        The label that counts as 1, the other one then as 0, in truth and predicted labels. By default labels are taken
        as the functions take them: the greater of two for areas, 1 for precision and its kin. Losses of probabilities
        need 0 and 1.
    threshold : float, optional
        Where predictions are scores, the least one that counts as the label 1. By default predicted labels are taken as
        they are.
    missing : {'refuse', 'drop'}, default='refuse'
        What happens if a label, score, weight or group is NULL, NaN or infinite: an error that tells how many there are
        in which column, or to leave those rows out for all metrics. `Evaluation.dropped` counts them.

    Returns
    -------
    evaluation : Evaluation
        ``evaluation[score, metric]``, `Evaluation.of_slice`, `Evaluation.to_pandas`, and `Evaluation.items` with the
        number of rows, of both classes, and the standard error of an area.

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
    """Compare two models that answered the same rows of a Spark DataFrame.

    Parameters
    ----------
    df, label, metrics, group, weight, by, positive, threshold, missing
        As in `evaluate`. Metrics that are no mean over rows, nor an area, nor of predicted labels, cannot be compared;
        with weights, predicted labels neither, and the hinge loss not at all. The Brier score needs 0 and 1.
    base, tuned : str
        Columns of predictions of either model.
    alternative, confidence_level, equivalence_margin, rng
        As in `trueval.inference.compare`.
    correction : {'holm', 'bonferroni', 'fdr_bh'} or None, default='holm'
        How p-values are adjusted where there are several metrics or slices.

    Returns
    -------
    comparisons : Comparisons
        ``comparisons[metric]`` is a `trueval.inference.Comparison`; `Comparisons.of_slice`, `Comparisons.to_pandas`.

    Raises
    ------
    ValueError, TypeError
        As `evaluate` does.

    Notes
    -----
    Both values and their difference are those of `evaluate`. Metrics of labels are compared by the numbers of rows that
    have the same three labels, and means by paired moments: as by `trueval.inference.compare` for all rows, but for
    roots of means, whose standard error is by the delta method instead of the jackknife.

    The standard error of a difference of areas needs both scores of a row in one place. It is worked out from up to
    262,144 rows, by the paired formula of DeLong (by the jackknife for average precision), and scaled by the root of
    their share of all rows; of slices, from up to 8,192 rows each, which leaves an error of about 1 % in it. Which rows
    is decided by a hash of what is in them, so that the same rows are drawn again, and any partitioning of distinct
    rows gives the same ones.
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
    """Let Spark do a job."""
    from pyspark.sql import functions as F

    job = job.with_types([(name, _KINDS.get(kind, kind)) for name, kind in df.dtypes])
    frame = df.select(*(F.col(_quoted(theirs)).alias(ours) for ours, theirs in job.columns))
    if job.ranked:
        job = replace(job, cuts=_cuts(frame, job))
    if job.group is not None:
        frame = frame.repartition("group").sortWithinPartitions("group")
    pieces = _dealt(frame.mapInArrow(partial(_map, job), _SCHEMA), job)
    if not job.ranked:
        return job, _collected(pieces.mapInArrow(partial(_reduce, job), _SCHEMA))
    pieces = pieces.persist()
    try:
        keys = ["kind", "score", "place", "cell", "label"]
        counts = pieces.groupBy(*keys).agg(F.sum("rows").alias("rows"), F.sum("weight").alias("weight")).collect()
        job = job.informed(Piece._make((0, *row, b"")) for row in counts)
        return job, _collected(pieces.mapInArrow(partial(_reduce, job), _SCHEMA))
    finally:
        pieces.unpersist()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _cuts(frame: Any, job: Job) -> tuple[np.ndarray[Any, Any], ...]:
    """Cuts between ranges, from a sample of the scores."""
    fraction = min(1.0, _SHOWN / RANGE)
    # Spark ignores a seed whose fraction has no name.
    sample = frame.select(*(f"score{i}" for i in range(len(job.scores)))).sample(fraction=fraction, seed=0).toArrow()
    wanted = min(MOST_RANGES, 1 + int(sample.num_rows / fraction) // RANGE)
    chosen = []
    for i, kind in enumerate(job.dtypes):
        scores = sample[f"score{i}"].drop_null().to_numpy()
        scores = scores[np.isfinite(scores)] if scores.dtype.kind == "f" else scores
        chosen.append(ranges.cuts_of(scores.astype(np.dtype(kind).newbyteorder("=")), wanted))
    return tuple(chosen)


def _dealt(pieces: Any, job: Job) -> Any:
    """Send pieces of one part to one partition."""
    from pyspark.sql import functions as F

    if hasattr(pieces, "repartitionById"):
        # Without a hash, which leaves some partitions empty and others with two parts.
        return pieces.repartitionById(job.n_parts, F.col("part"))
    return pieces.repartition(job.n_parts, "part")


def _collected(frame: Any) -> list[Piece]:
    return [Piece._make((*row[:-1], bytes(row[-1]))) for row in frame.collect()]


def _map(job: Job, batches: Iterable[Any]) -> Iterator[Any]:
    return _batches(job.map(batches))


def _reduce(job: Job, batches: Iterable[Any]) -> Iterator[Any]:
    return _batches(job.reduce(_pieces(batches)))


def _pieces(batches: Iterable[Any]) -> Iterator[Piece]:
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns[:-1]]
        for row in zip(*columns, batch.columns[-1], strict=True):
            yield Piece._make((*row[:-1], row[-1].as_buffer()))


def _batches(pieces: Iterable[Piece]) -> Iterator[Any]:
    """Put pieces into Arrow batches. One core is what Spark gives a worker."""
    import trueval

    trueval.set_num_threads(1)
    held: list[Piece] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece.data)
        if size > _BATCH:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(pieces: list[Piece]) -> Any:
    import pyarrow as pa

    types = (pa.int32(), pa.string(), pa.int32(), pa.int32(), pa.string(), pa.string(), pa.int64(), pa.float64())
    columns = list(zip(*pieces, strict=True))
    arrays = [pa.array(column, kind) for column, kind in zip(columns, (*types, pa.binary()), strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(Piece._fields))
