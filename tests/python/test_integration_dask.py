"""trueval.integrations.dask: the numbers of one machine, from partitions."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import trueval
from frame_suite import FrameSuite, cut, rows, table

dask = pytest.importorskip("dask", reason="dask is not installed: pip install 'trueval[dask]'")
dd = pytest.importorskip("dask.dataframe", reason="dask.dataframe is not installed: pip install 'trueval[dask]'")
adapter = pytest.importorskip("trueval.integrations.dask")


def frame(tables: list[pa.Table]) -> Any:
    # The first partition's types are all partitions': a column of which only one has missing values must not change.
    meta = pa.concat_tables(tables).to_pandas().iloc[:0]
    parts = [dask.delayed(t.to_pandas)() for t in tables]
    return dd.from_delayed([part.astype(meta.dtypes.to_dict()) for part in parts], meta=meta, verify_meta=False)


@pytest.fixture
def engine() -> Iterator[SimpleNamespace]:
    with dask.config.set(scheduler="threads"):
        yield SimpleNamespace(
            frame=frame, evaluate=adapter.evaluate, compare=adapter.compare, module=adapter, range=700
        )


class TestDask(FrameSuite):
    pass


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="distributed is not installed: pip install 'trueval[dask]'")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made,
        distributed.Client(made) as client,
    ):
        yield client


def test_two_processes(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "RANGE", 700)
    data = rows()
    asked = ["roc_auc_score", "average_precision_score", "accuracy_score"]
    found = adapter.evaluate(frame(cut(table(data), [10, 3000])), "y", ["base", "tuned"], asked, threshold=0.5)
    for score in ("base", "tuned"):
        assert found[score, "roc_auc_score"] == trueval.roc_auc_score(data["y"], data[score])
        assert found[score, "average_precision_score"] == trueval.average_precision_score(data["y"], data[score])
        assert found[score, "accuracy_score"] == trueval.accuracy_score(data["y"], data[score] >= 0.5)
    assert cluster.run(lambda: 1).keys() == cluster.scheduler_info()["workers"].keys()


@pytest.mark.parametrize("half", [False, True])
def test_arrays(half: bool) -> None:
    da = pytest.importorskip("dask.array")
    data = rows()
    score = data["base"].astype(np.float16) if half else data["base"]
    columns = {"y": da.from_array(data["y"], chunks=1000), "p": da.from_array(score, chunks=700)}
    found = adapter.evaluate(columns, "y", "p", ["roc_auc_score", "average_precision_score"])
    assert found["p", "roc_auc_score"] == trueval.roc_auc_score(data["y"], score)
    assert found["p", "average_precision_score"] == trueval.average_precision_score(data["y"], score)


def test_arrays_of_a_frame_have_no_lengths() -> None:
    data = rows()
    parts = frame(cut(table(data), [500, 501]))
    columns = {"y": parts["y"].values, "p": parts["base"].values}
    expected = trueval.roc_auc_score(data["y"], data["base"])
    assert adapter.evaluate(columns, "y", "p", "roc_auc_score")["p", "roc_auc_score"] == expected


def test_arrays_that_do_not_fit() -> None:
    da = pytest.importorskip("dask.array")
    with pytest.raises(ValueError, match="one length"):
        adapter.evaluate({"y": da.zeros(4), "p": da.zeros(5)}, "y", "p", "roc_auc_score")
    with pytest.raises(ValueError, match="one dimension"):
        adapter.evaluate({"y": da.zeros(4), "p": da.zeros((4, 2))}, "y", "p", "roc_auc_score")


def test_columns_of_categories_and_of_strings_of_arrow() -> None:
    data = rows()
    pdf = table(data).to_pandas()
    pdf["y"] = pdf["y"].map({0: "no", 1: "yes"}).astype("string[pyarrow]")
    pdf["place"] = pdf["place"].astype("category")
    found = adapter.evaluate(dd.from_pandas(pdf, npartitions=3), "y", "base", "roc_auc_score", by="place")
    assert found["base", "roc_auc_score"] == trueval.roc_auc_score(data["y"], data["base"])
    chosen = data["place"] == "fr"
    expected = trueval.roc_auc_score(data["y"][chosen], data["base"][chosen])
    assert found.of_slice("place", "fr", "base", "roc_auc_score").value == expected


def test_batches_of_a_partition_are_packed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from trueval.integrations import _frames

    monkeypatch.setattr(_frames, "CHUNK", 100)
    data = rows(n=2000)
    whole = table(data).sort_by("query")
    job = _frames.job_of("y", ["base"], ["roc_auc_score", "ndcg_score"], "query", None, None, None, None, "refuse")
    job = job.with_types([("y", "int"), ("base", "float"), ("query", "int")])
    names = {theirs: ours for ours, theirs in job.columns}
    batches = whole.select(list(names)).rename_columns(list(names.values())).to_batches(max_chunksize=70)
    job = _frames.replace(job, cuts=(np.array([0.5]),))
    pieces = list(job.map(batches))
    assert sum(piece.kind == "keys" for piece in pieces) > 50
    job = job.informed(piece._replace(data=b"") for piece in pieces)
    found = job.finish(job.reduce(pieces)).evaluation()
    assert found["base", "roc_auc_score"] == trueval.roc_auc_score(data["y"], data["base"])
    whole_job = _frames.replace(job, above={})
    monkeypatch.setattr(_frames, "CHUNK", 10**6)
    at_once = list(whole_job.map(batches))
    expected = job.finish(job.reduce(at_once)).evaluation()
    assert found["base", "ndcg_score"] == expected["base", "ndcg_score"]


def test_columns_as_they_come() -> None:
    """Another byte order, missing values of pandas' own types, and what no metric takes."""
    da = pytest.importorskip("dask.array")
    pd = pytest.importorskip("pandas")
    data = rows(n=400)
    area = trueval.roc_auc_score(data["y"], data["base"])
    turned = {"y": da.from_array(data["y"].astype(">i4"), chunks=70), "p": da.from_array(data["base"].astype(">f8"))}
    assert adapter.evaluate(turned, "y", "p", "roc_auc_score")["p", "roc_auc_score"] == area
    pdf = pd.DataFrame({"y": pd.array([None, *data["y"][1:]], "Int64"), "p": data["base"]})
    found = adapter.evaluate(dd.from_pandas(pdf, npartitions=3), "y", "p", "roc_auc_score", missing="drop")
    assert found.dropped == 1
    assert found["p", "roc_auc_score"] == trueval.roc_auc_score(data["y"][1:], data["base"][1:])
    decimals = pdf.assign(
        p=pd.array(["0.25"] * 400, pd.ArrowDtype(pa.string())).astype(pd.ArrowDtype(pa.decimal128(9, 2)))
    )
    with pytest.raises(TypeError, match="decimal"):
        adapter.evaluate(dd.from_pandas(decimals, npartitions=3), "y", "p", "roc_auc_score")
    with pytest.raises(TypeError, match="must hold numbers"):
        adapter.evaluate(turned | {"p": da.zeros(400, dtype=np.longdouble)}, "y", "p", "roc_auc_score")
    with pytest.raises(ValueError, match="2 columns 'p'"):
        adapter.evaluate(dd.from_pandas(pd.concat([pdf, pdf["p"]], axis=1), npartitions=1), "y", "p", "roc_auc_score")
    with pytest.raises(TypeError, match="must be a Dask DataFrame"):
        adapter.evaluate(pdf, "y", "p", "roc_auc_score")


@pytest.mark.parametrize("missing", ["refuse", "drop"])
def test_rows_of_no_query_are_counted(missing: str) -> None:
    pd = pytest.importorskip("pandas")
    data = rows(n=400)
    query = (np.arange(400) // 10).astype(str).astype(object)
    query[[3, 250]] = None
    frame_of = dd.from_pandas(pd.DataFrame({"y": data["y"], "p": data["base"], "q": query}), npartitions=3)
    if missing == "refuse":
        with pytest.raises(ValueError, match="q: 2 NULL"):
            adapter.evaluate(frame_of, "y", "p", "ndcg_score", group="q")
        return
    found = adapter.evaluate(frame_of, "y", "p", "ndcg_score", group="q", missing=missing)
    assert (found.dropped, found.rows) == (2, 398)
