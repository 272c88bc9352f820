"""trueval.integrations.spark: the numbers of one machine, from partitions in several Python workers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import trueval
from frame_suite import FrameSuite, cut, rows, table

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'trueval[spark]'")

from pyspark.sql import SparkSession
from trueval.integrations import spark as adapter

_JAVA = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else shutil.which("java")

pytestmark = [
    pytest.mark.skipif(
        _JAVA is None, reason="there is no Java, which Spark runs on: apt-get install openjdk-17-jre-headless"
    ),
    # pyspark's own, of the versions of pandas and of Python
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


def _environment() -> dict[str, str]:
    """What Python workers need to find this Python, and the trueval that is tested."""
    root = os.path.dirname(os.path.dirname(trueval.__file__))
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "PYTHONPATH": path}


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """Two workers; without the web page, and without the broadcast address of a machine that may have no network."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment().items():
            patch.setenv(name, value)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        made = (
            SparkSession.builder.master("local[2]")
            .appName("trueval")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.driver.memory", "1g")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "500")
            .config("spark.log.level", "ERROR")
            # Plans run once: half of the time went into compiling them.
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .config("spark.sql.codegen.wholeStage", "false")
            .getOrCreate()
        )
        yield made
        made.stop()


@pytest.fixture
def engine(session: Any) -> SimpleNamespace:
    def frame(tables: list[pa.Table]) -> Any:
        # A union of small tables would be one partition.
        home = pa.array(np.repeat(np.arange(len(tables), dtype=np.int32), [one.num_rows for one in tables]))
        # In one chunk: pyspark 4.3 loses the rows after an empty one.
        whole = session.createDataFrame(pa.concat_tables(tables).append_column("home", home).combine_chunks())
        return whole.repartitionById(len(tables), "home").drop("home")

    # Each range is a task, which takes some tenths of a second.
    return SimpleNamespace(frame=frame, evaluate=adapter.evaluate, compare=adapter.compare, module=adapter, range=2500)


class TestSpark(FrameSuite):
    pass


def test_partitions_are_what_the_suite_says(engine: Any) -> None:
    frame = engine.frame(cut(table(rows(n=50)), [0, 10, 10]))
    assert frame.rdd.glom().map(len).collect() == [0, 10, 0, 40]


def test_repartitioning_changes_nothing(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "RANGE", 1200)
    data = rows(n=3000)
    frame = engine.frame([table(data)])
    asked = ["roc_auc_score", "average_precision_score", "f1_score"]
    found = [
        adapter.evaluate(frame.repartition(n), "y", ["base", "tuned"], asked, by="place", threshold=0.5).items
        for n in (1, 5)
    ]
    assert found[0] == found[1]
    assert {one.slice for one in found[0]} == {None, "de", "fr", "é"}


def test_without_repartition_by_id(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark 4.0 has a repartition by hash alone, which puts several parts into one partition."""
    from pyspark.sql.classic.dataframe import DataFrame

    monkeypatch.setattr(adapter, "RANGE", 1200)
    data = rows(n=3000)
    frame = engine.frame(cut(table(data), [7]))
    for owner in DataFrame.__mro__:
        if "repartitionById" in vars(owner):
            monkeypatch.delattr(owner, "repartitionById")
    found = adapter.evaluate(frame, "y", ["base", "tuned"], "average_precision_score")
    for score in ("base", "tuned"):
        assert found[score, "average_precision_score"] == trueval.average_precision_score(data["y"], data[score])


def test_names_with_dots_dates_and_decimals(session: Any) -> None:
    data = rows(n=500)
    frame = session.createDataFrame(pa.table({"a.`b": data["y"], "p.q": data["base"], "w": data["place"]}))
    frame = frame.selectExpr("*", "cast(`p.q` as decimal(10, 4)) as d", "date '2024-05-01' as day")
    found = adapter.evaluate(frame, "a.`b", "p.q", "roc_auc_score", by="day")
    assert found["p.q", "roc_auc_score"] == trueval.roc_auc_score(data["y"], data["base"])
    assert found.of_slice("day", "2024-05-01", "p.q", "roc_auc_score").value == found["p.q", "roc_auc_score"]
    with pytest.raises(TypeError, match="decimal"):
        adapter.evaluate(frame, "a.`b", "d", "roc_auc_score")


def test_nothing_stays_persisted(engine: Any, session: Any) -> None:
    adapter.evaluate(engine.frame([table(rows(n=100))]), "y", "base", "roc_auc_score")
    with pytest.raises(ValueError, match="two labels"):
        adapter.evaluate(engine.frame([table(rows(n=100))]), "points", "base", "roc_auc_score")
    assert session.sparkContext._jsc.getPersistentRDDs().size() == 0


_ON_A_CLUSTER = """
import numpy as np, pyarrow as pa, sys, trueval
from pyspark.sql import SparkSession
from trueval.integrations.spark import evaluate
session = (
    SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.executor.memory", "1g").getOrCreate()
)
rng = np.random.default_rng(0)
y = (rng.random(5000) < 0.3).astype(np.int8)
p = np.round(rng.normal(y, 1), 2)
found = evaluate(session.createDataFrame(pa.table({"y": y, "p": p})).repartition(3), "y", "p", ["roc_auc_score"])
executors = session.range(0, 4, 1, 4).mapInArrow(
    lambda batches: (pa.RecordBatch.from_pydict({"pid": [__import__("os").getppid()]}) for _ in batches), "pid long"
).distinct().count()
assert executors == 2, executors
assert found["p", "roc_auc_score"] == trueval.roc_auc_score(y, p)
print("same on a cluster")
session.stop()
"""


@pytest.mark.soak  # three Java machines to start: 20 to 50 seconds
def test_executors_of_their_own() -> None:
    """A cluster of two executors, each a process: what is shuffled goes over the network."""
    environment = os.environ | _environment() | {"SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ON_A_CLUSTER],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert "same on a cluster" in done.stdout, done.stderr[-3000:]


def test_pandas_and_arrow_are_not_imported_with_trueval() -> None:
    others = {"pyspark", "pandas", "pyarrow", "dask"}
    code = f"import sys, trueval, trueval.streaming, trueval.integrations; assert not {others} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | _environment())


def test_large_counts_do_not_round() -> None:
    """Ranges whose pairs pass 64 bits merge in Python's integers."""
    from trueval.streaming import ranges

    half = 3 * 10**9
    high, low = ranges.Part(half, 1, 2 * half), ranges.Part(1, half, 2 * half)
    assert ranges.merge([low, high]).twice == 4 * half + 2 * half * half
    assert 4 * half + 2 * half * half > np.iinfo(np.int64).max
