"""What moves between machines, and how it is joined."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trueval import inference, streaming
from trueval.streaming import ranges

Array = NDArray[Any]

AREAS = ("roc_auc_score", "average_precision_score")
GAINS = ("ndcg_score", "dcg_score")
# Slices, and combinations of labels of two models, beyond which the column is hardly one of classes.
MOST_CELLS = 10_000


class Piece(NamedTuple):
    """What moves between machines. `cell` and `label` are JSON, `data` is bytes."""

    part: int
    kind: str
    score: int
    place: int
    cell: str
    label: str
    rows: int
    weight: float
    data: bytes


class Metric(NamedTuple):
    """A metric with its parameters, and where what it is computed from is kept."""

    title: str
    name: str
    params: dict[str, Any]
    kind: str
    slot: int


# What a note calls an error, and a label that occurs; columns have no such names.
ERROR, LABEL = "\0error", "\0label"


def told(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Make a note of what is refused in a partition, so that it is raised where the user is, and in its own words."""
    try:
        yield from pieces
    except ValueError as error:
        yield Piece(0, "note", 0, 0, ERROR, str(error), 1, 0.0, b"")


def name_of(label: Any) -> str:
    """JSON of a label; True and 1.0 are the label 1, as they are for the functions."""
    same = isinstance(label, (bool, float)) and label == int(label)
    return json.dumps(int(label) if same else label)


def slices_of(cell: str) -> Iterator[tuple[int, str]]:
    """All rows, and each slice that a cell belongs to."""
    yield -1, ""
    for place, value in enumerate(json.loads(cell)):
        yield place, json.dumps(value)


def part_to_bytes(part: ranges.Part) -> bytes:
    exact = isinstance(part.ups, int)
    return json.dumps([exact, *map(str, part)]).encode()


def part_of_bytes(data: bytes) -> ranges.Part:
    exact, *numbers = json.loads(data)
    kind: Any = int if exact else Fraction
    return ranges.Part._make(map(kind, numbers))


def merged_states(data: list[bytes]) -> bytes:
    state = streaming.from_bytes(data[0])
    for other in data[1:]:
        state.merge(streaming.from_bytes(other))
    return bytes(state.to_bytes())


def merged_counts(data: list[bytes]) -> bytes:
    total: dict[str, int] = defaultdict(int)
    for one in data:
        for key, n in json.loads(one).items():
            total[key] += n
    return json.dumps(dict(total)).encode()


def merged_moments(data: list[bytes]) -> bytes:
    total = inference.PairedMoments()
    for one in data:
        total.merge(inference.PairedMoments.from_array(np.frombuffer(one)))
    return total.to_array().tobytes()


# the sample: hash, whether positive is not known yet, so the label; base, tuned, weight
ROW = np.dtype([("hash", "<u8"), ("label", "<i4"), ("base", "<f8"), ("tuned", "<f8"), ("weight", "<f8")])


def rows_to_bytes(labels: list[str], rows: Array, most: int, bound: int = 1 << 64) -> bytes:
    """Keep the rows of the lowest hashes. The header tells the labels, and below which hash none is missing."""
    if rows.size > most:
        rows = rows[np.argpartition(rows["hash"], most)]
        bound = int(rows["hash"][most])
        rows = rows[rows["hash"] < bound]
    rows = rows[np.argsort(rows, order=("hash", "base", "tuned"), kind="stable")]
    return json.dumps([labels, bound]).encode() + b"\n" + rows.tobytes()


def _rows_of_bytes(data: bytes) -> tuple[list[str], int, Array]:
    head, _, body = data.partition(b"\n")
    labels, bound = json.loads(head)
    return labels, bound, np.frombuffer(body, ROW)


def joined_rows(data: Iterable[bytes]) -> tuple[list[str], int, Array]:
    """Rows of several samples below the hash up to which all of them are complete."""
    parts = [_rows_of_bytes(one) for one in data]
    names = sorted({label for labels, _, _ in parts for label in labels})
    bound = min(bound for _, bound, _ in parts)
    kept = []
    for labels, _, rows in parts:
        moved = rows if bound >= 1 << 64 else rows[rows["hash"] < np.uint64(bound)]
        moved = moved.copy()
        table = np.array([names.index(label) for label in labels], np.int32)
        moved["label"] = table[moved["label"]] if moved.size else moved["label"]
        kept.append(moved)
    return names, bound, np.concatenate(kept)


MERGE = {
    "state": merged_states,
    "counts": merged_counts,
    "moments": merged_moments,
    "size": lambda data: b"",
}
