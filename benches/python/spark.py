"""Areas on Spark: trueval's adapter beside Spark's own evaluator, time and error.

`python benches/python/spark.py --rows 2000000 20000000` writes Parquet files into a temporary folder, starts a local
session, and prints for each the seconds of the best of some runs and the distance from the area of all rows on one
machine. JAVA, and a heap of --memory, are needed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import trueval

os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def write(folder: str, rows: int, files: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Write sigmoid scores, one in 20 positive; return labels and the first score."""
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
    return y, base


def timed(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Seconds of the best run, and what it returned."""
    best, found = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
    return best, found


def session(memory: str, cores: int) -> Any:
    """Start Spark."""
    from pyspark.sql import SparkSession

    made = SparkSession.builder.master(f"local[{cores}]").config("spark.driver.memory", memory)
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
        "spark.sql.shuffle.partitions": "8",
    }.items():
        made = made.config(name, value)
    return made.getOrCreate()


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--memory", default="6g")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--without-spark", action="store_true", help="do not run Spark's evaluator")
    args = parser.parse_args()
    spark = session(args.memory, args.cores)
    for rows in args.rows:
        with tempfile.TemporaryDirectory() as folder:
            y, base = write(folder, rows)
            expected = trueval.roc_auc_score(y, base), trueval.average_precision_score(y, base)
            measure(spark.read.parquet(folder), rows, expected, args)
    spark.stop()


def measure(df: Any, rows: int, expected: tuple[float, float], args: argparse.Namespace) -> None:
    """Measure one DataFrame."""
    from trueval.integrations.spark import compare, evaluate

    both = ["roc_auc_score", "average_precision_score"]
    area, precision = expected
    # Spark's floor: every row to Python and nothing done with it.
    narrow = df.select("y", "base")
    print(f"{rows} rows, {args.cores} cores, partitions: {narrow.rdd.getNumPartitions()}")
    none = narrow.mapInArrow(_nothing, "n long")
    report("rows to Python, nothing else", timed(none.collect, args.repeats)[0])
    seconds, found = timed(lambda: evaluate(df, "y", "base", both), args.repeats)
    errors = found["base", both[0]] - area, found["base", both[1]] - precision
    report("trueval, area and average precision", seconds, *errors)
    seconds, _ = timed(lambda: evaluate(df, "y", "base", both, by="place"), 1)
    report("the same, and of 4 slices", seconds)
    asked = [*both, "log_loss", "brier_score_loss", "f1_score", "accuracy_score"]
    seconds, _ = timed(lambda: evaluate(df, "y", ["base", "tuned"], asked, by="place", threshold=0.5), 1)
    report("6 metrics, 2 models, 4 slices", seconds)
    seconds, _ = timed(lambda: compare(df, "y", "base", "tuned", ["roc_auc_score", "log_loss"]), 1)
    report("compare: area and log loss", seconds)
    if not args.without_spark:
        seconds, values = timed(lambda: theirs(df), 1)
        report("Spark's evaluator, area and areaUnderPR", seconds, values[0] - area, values[1] - precision)


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


def report(what: str, seconds: float, *errors: float) -> None:
    """Print a line."""
    print(f"  {what:42} {seconds:7.2f} s" + "".join(f"  {error:+.1e}" for error in errors), flush=True)


if __name__ == "__main__":
    main()
