"""Areas where the rows are: the adapters of Spark and Dask beside Spark's own evaluator; time, memory, error.

`python benches/python/frames.py --rows 20000000` writes Parquet files into a temporary folder and prints, for each
engine, the seconds of the best of some runs, the peak of the memory of all processes, and the distance from
scikit-learn's areas. Of two processes and of Spark: Java, and a heap of --memory, are needed; of memory: psutil.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

BOTH = ["roc_auc_score", "average_precision_score"]
MORE = [*BOTH, "log_loss", "brier_score_loss", "f1_score", "accuracy_score"]


def write(folder: str, rows: int, files: int = 8) -> tuple[float, float]:
    """Write sigmoid scores, one in 20 positive; return scikit-learn's areas of the first score."""
    from sklearn import metrics

    kept = []
    for i in range(files):
        rng = np.random.default_rng([rows, i])
        n = rows // files
        y = (rng.random(n) < 0.05).astype(np.int8)
        base = 1 / (1 + np.exp(-rng.normal(y - 2.0, 1.0)))
        tuned = 1 / (1 + np.exp(-rng.normal(1.2 * y - 2.0, 1.0)))
        place = rng.choice(np.array(["de", "fr", "it", "pl"]), n)
        columns = {"y": y, "base": base, "tuned": tuned, "place": place}
        pq.write_table(pa.table(columns), f"{folder}/part-{i}.parquet")
        kept.append((y, base))
    y, base = (np.concatenate([rows_of[i] for rows_of in kept]) for i in range(2))
    start = time.perf_counter()
    areas = metrics.roc_auc_score(y, base), metrics.average_precision_score(y, base)
    print(f"  {'scikit-learn, in one process':46} {time.perf_counter() - start:7.2f} s", flush=True)
    return areas


class Peak:
    """Memory of this process and of all that it started, looked at five times a second."""

    def __enter__(self) -> Peak:
        self.bytes, self.done = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()
        self.thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self.done.wait(0.2):
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    # Pages that workers share count for each: to look them up takes more time than what is measured.
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, total)


def report(what: str, run: Callable[[], Any], repeats: int, expected: tuple[float, float] | None = None) -> None:
    """Print the best time, the peak of memory, and errors of what is returned."""
    best, found = float("inf"), None
    with Peak() as peak:
        for _ in range(repeats):
            start = time.perf_counter()
            found = run()
            best = min(best, time.perf_counter() - start)
    errors = (
        "" if expected is None else "".join(f"  {own - true:+.1e}" for own, true in zip(found, expected, strict=True))
    )
    print(f"  {what:46} {best:7.2f} s  {peak.bytes / 1e9:5.2f} GB{errors}", flush=True)


def measure(df: Any, adapter: Any, expected: tuple[float, float], repeats: int) -> None:
    """Measure an adapter."""

    def areas() -> list[float]:
        found = adapter.evaluate(df, "y", "base", BOTH)
        return [found["base", name] for name in BOTH]

    report("both areas", areas, repeats, expected)
    report("both areas, of all rows and 4 slices", lambda: adapter.evaluate(df, "y", "base", BOTH, by="place"), 1)
    scores = ["base", "tuned"]
    report(
        "6 metrics, 2 models, 4 slices",
        lambda: adapter.evaluate(df, "y", scores, MORE, by="place", threshold=0.5),
        1,
    )
    report("compare: area and log loss", lambda: adapter.compare(df, "y", *scores, ["roc_auc_score", "log_loss"]), 1)


def on_spark(folder: str, expected: tuple[float, float], args: argparse.Namespace) -> None:
    """Measure Spark, and its own evaluator."""
    from pyspark.sql import SparkSession
    from trueval.integrations import spark as adapter

    made = SparkSession.builder.master(f"local[{args.cores}]").config("spark.driver.memory", args.memory)
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
        "spark.sql.shuffle.partitions": "8",
    }.items():
        made = made.config(name, value)
    session = made.getOrCreate()
    df = session.read.parquet(folder)
    print(f"Spark {session.version}, {args.cores} cores, heap of {args.memory}")
    # The floor: every row to Python, and nothing done with it.
    report("rows to Python, nothing else", df.select("y", "base").mapInArrow(_nothing, "n long").collect, args.repeats)
    measure(df, adapter, expected, args.repeats)
    if not args.without_evaluator:
        report("BinaryClassificationEvaluator, both areas", lambda: theirs(df), 1, expected)
    session.stop()


def on_dask(folder: str, expected: tuple[float, float], args: argparse.Namespace) -> None:
    """Measure Dask with a process for each core."""
    import dask.dataframe as dd
    import distributed
    from trueval.integrations import dask as adapter

    print(f"Dask {distributed.__version__}, {args.cores} processes")
    with (
        distributed.LocalCluster(n_workers=args.cores, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        measure(dd.read_parquet(folder), adapter, expected, args.repeats)


def theirs(df: Any) -> list[float]:
    """Areas from BinaryClassificationEvaluator."""
    from pyspark.ml.evaluation import BinaryClassificationEvaluator

    frame = df.selectExpr("cast(y as double) y", "base")
    return [
        BinaryClassificationEvaluator(rawPredictionCol="base", labelCol="y", metricName=name).evaluate(frame)
        for name in ("areaUnderROC", "areaUnderPR")
    ]


def _nothing(batches: Any) -> Any:
    for batch in batches:
        yield pa.RecordBatch.from_pydict({"n": [batch.num_rows]})


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--memory", default="6g")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--engines", nargs="+", choices=("spark", "dask"), default=("dask", "spark"))
    parser.add_argument("--without-evaluator", action="store_true", help="do not run Spark's evaluator")
    args = parser.parse_args()
    for rows in args.rows:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{rows} rows")
            expected = write(folder, rows)
            for engine in args.engines:
                {"spark": on_spark, "dask": on_dask}[engine](folder, expected, args)


if __name__ == "__main__":
    main()
