"""What the adapters of Spark and Dask share: a job that knows nothing of either.

A job maps Arrow tables of rows to pieces, each of which belongs to a part; reduces the pieces of a part to smaller
ones; and finishes on one machine with the values. Nothing but pieces moves: blobs of scores
(`trueval.streaming.ranges`), states (`trueval.streaming.State`), tables of labels, moments and a sample of rows of
bounded size.
"""

from __future__ import annotations

import json
import math
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import trueval
from trueval import inference, streaming
from trueval.streaming import ranges

Array = NDArray[Any]

# Rows that are packed together: the more there are, the fewer blobs.
CHUNK = 1 << 21
# Rows of a range. Reducing one takes some 100 bytes a row.
RANGE = 1 << 20
MOST_RANGES = 1024
# Rows from which the standard error of a difference of areas is worked out: of all rows, or of each slice.
SAMPLE, SAMPLE_OF_SLICE = 1 << 18, 1 << 13
# Slices, and combinations of labels of two models, beyond which the column is hardly one of classes.
_MOST_CELLS = 10_000

_AREAS = ("roc_auc_score", "average_precision_score")
_GAINS = ("ndcg_score", "dcg_score")
_PROBABILITIES = ("log_loss", "brier_score_loss", "d2_log_loss_score", "d2_brier_score")


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


@dataclass(frozen=True)
class Value:
    """A metric of one column of predictions, of all rows or of a slice.

    Attributes
    ----------
    score : str
        The column.
    metric : str
        The metric.
    by : str or None
        The column by which rows were sliced; None for all rows.
    slice : object
        Its value in this slice.
    value : float
        The metric.
    rows : int
        How many rows, or queries, it is of.
    positives, negatives : int or None
        How many of them are of either class, for areas; their weight where rows are weighted.
    standard_error : float or None
        Of an area, by DeLong's formula.
    """

    score: str
    metric: str
    by: str | None
    slice: Any
    value: float
    rows: int
    positives: Any = None
    negatives: Any = None
    standard_error: float | None = None


@dataclass(frozen=True)
class Difference:
    """A metric of two models, of all rows or of a slice.

    Attributes
    ----------
    metric : str
        The metric.
    by : str or None
        The column by which rows were sliced; None for all rows.
    slice : object
        Its value in this slice.
    comparison : trueval.inference.Comparison
        Both values, their difference, its interval and p-value.
    sampled : int or None
        Rows from which the standard error was worked out, where it was not all of them.
    """

    metric: str
    by: str | None
    slice: Any
    comparison: inference.Comparison
    sampled: int | None = None


class _Table:
    """What both tables of results can do."""

    items: tuple[Any, ...]
    rows: int
    dropped: int

    def records(self) -> list[dict[str, Any]]:
        """Return the table as a list of flat dicts."""
        made = []
        for item in self.items:
            record: dict[str, Any] = {}
            for one in fields(item):
                value = getattr(item, one.name)
                if isinstance(value, inference.Comparison):
                    record |= {f.name: getattr(value, f.name) for f in fields(value)}
                    low, high = record.pop("confidence_interval")
                    record |= {"low": low, "high": high}
                else:
                    record[one.name] = value
            made.append(record)
        return made

    def to_pandas(self) -> Any:
        """Return the table as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records())

    def _find(self, by: str | None, value: Any, **names: Any) -> Any:
        for item in self.items:
            if item.by == by and item.slice == value and all(getattr(item, k) == v for k, v in names.items()):
                return item
        raise KeyError(f"there is no {names | {'by': by, 'slice': value}} in the results.")


@dataclass(frozen=True)
class Evaluation(_Table):
    """What `evaluate` found.

    Attributes
    ----------
    items : tuple of Value
        One for each metric of each column, of all rows and of each slice.
    rows : int
        Rows that were counted.
    dropped : int
        Rows that were left out for a missing value.
    """

    items: tuple[Value, ...]
    rows: int
    dropped: int = 0

    def __getitem__(self, key: tuple[str, str]) -> float:
        score, metric = key
        return float(self._find(None, None, score=score, metric=metric).value)

    def of_slice(self, by: str, value: Any, score: str, metric: str) -> Value:
        """Return the row of a slice."""
        found: Value = self._find(by, value, score=score, metric=metric)
        return found


@dataclass(frozen=True)
class Comparisons(_Table):
    """What `compare` found.

    Attributes
    ----------
    items : tuple of Difference
        One for each metric, of all rows and of each slice.
    rows : int
        Rows that were counted.
    dropped : int
        Rows that were left out for a missing value.
    """

    items: tuple[Difference, ...]
    rows: int
    dropped: int = 0

    def __getitem__(self, metric: str) -> inference.Comparison:
        found: inference.Comparison = self._find(None, None, metric=metric).comparison
        return found

    def of_slice(self, by: str, value: Any, metric: str) -> Difference:
        """Return the row of a slice."""
        found: Difference = self._find(by, value, metric=metric)
        return found


# the job --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """Everything that map, reduce and finish need to know; it is sent to the machines."""

    label: str
    scores: tuple[str, ...]
    metrics: tuple[Metric, ...]
    slots: tuple[tuple[str, dict[str, Any]], ...]
    by: tuple[str, ...]
    group: str | None
    weight: str | None
    positive: Any
    threshold: float | None
    missing: str
    paired: bool = False
    # Rows kept of each cell for standard errors of areas.
    sampled: int = SAMPLE
    dtypes: tuple[str, ...] = ()
    cuts: tuple[Array, ...] = ()
    # Found in the first step, wanted in the second.
    up: str = ""
    above: dict[tuple[int, str, str], Array] = field(default_factory=dict)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The columns that are read: by what name here, and by what name there."""
        some = [("label", self.label), ("weight", self.weight), ("group", self.group)]
        some += [(f"by{i}", name) for i, name in enumerate(self.by)]
        some += [(f"score{i}", name) for i, name in enumerate(self.scores)]
        return [(ours, theirs) for ours, theirs in some if theirs is not None]

    def has(self, *kinds: str) -> bool:
        """Whether a metric is of one of these kinds."""
        return any(metric.kind in kinds for metric in self.metrics)

    @property
    def ranked(self) -> bool:
        return self.has("area")

    @property
    def n_ranges(self) -> int:
        return 1 + max((cuts.size for cuts in self.cuts), default=0)

    @property
    def n_parts(self) -> int:
        """Into how many parts the pieces are dealt."""
        return max(4, len(self.scores) * self.n_ranges) if self.ranked else 4

    def part_of(self, cell: str) -> int:
        return zlib.crc32(cell.encode()) % self.n_parts

    def with_types(self, kinds: Mapping[str, str]) -> Job:
        """Check the columns' types: 'float32', 'float', 'int', 'bool', 'text' or anything else, by their names."""
        for name in [theirs for _, theirs in self.columns]:
            if name not in kinds:
                raise ValueError(f"there is no column {name!r}: expected one of {sorted(kinds)}.")
        numeric = ("float32", "float", "int", "bool")
        numbers = self.has("area", "state", "gain") or self.threshold is not None
        for score in self.scores if numbers else ():
            if kinds[score] not in numeric:
                raise TypeError(f"column {score!r} must hold numbers for these metrics, got {kinds[score]}: cast it.")
        if self.weight is not None and kinds[self.weight] not in numeric:
            raise TypeError(f"column {self.weight!r} must hold weights, got {kinds[self.weight]}: cast it.")
        for name in (self.label, *self.scores, *self.by, *((self.group,) if self.group else ())):
            if kinds[name] not in (*numeric, "text") and (name not in self.by or kinds[name] != "date"):
                raise TypeError(f"column {name!r} must hold numbers, booleans or text, got {kinds[name]}: cast it.")
        for name in self.by:
            if kinds[name].startswith("float"):
                raise TypeError(f"column {name!r} holds floats, by which there are no slices: cut it into classes.")
        textual = kinds[self.label] == "text"
        if textual and self.positive is None and self.has("state", "gain"):
            raise TypeError(f"column {self.label!r} holds text: pass positive=, the label that counts as 1.")
        known = {"float32": "<f4", "int": "<i8", "bool": "<i8"}
        return replace(self, dtypes=tuple(known.get(kinds[score], "<f8") for score in self.scores))

    def map(self, tables: Iterable[Any]) -> Iterator[Piece]:
        """Turn Arrow tables (or batches) of a partition into pieces."""
        return _told(self._map(tables))

    def _map(self, tables: Iterable[Any]) -> Iterator[Piece]:
        import pyarrow as pa

        worker = _Mapper(self)
        held: list[Any] = []
        rows = 0
        for table in tables:
            held.append(table if isinstance(table, pa.Table) else pa.Table.from_batches([table]))
            rows += table.num_rows
            if rows >= CHUNK:
                yield from worker.add(pa.concat_tables(held), False)
                held, rows = [], 0
        if held or worker.rest is not None:
            yield from worker.add(pa.concat_tables(held) if held else None, True)
        yield from worker.end()

    def informed(self, pieces: Iterable[Piece]) -> Job:
        """Take up what the first step found: which label is positive, and how many rows are where."""
        labels = set()
        kind = np.float64 if self.weight else np.int64
        counts: dict[tuple[int, str, str], Array] = defaultdict(lambda: np.zeros(self.n_ranges, kind))
        notes = []
        for piece in pieces:
            if piece.kind == "note":
                notes.append(piece)
            elif piece.kind == "keys":
                labels.add(piece.label)
                counts[piece.score, piece.cell, piece.label][piece.place] += piece.weight if self.weight else piece.rows
        self.judge(notes)
        found = sorted(json.loads(label) for label in labels)
        if len(found) > 2:
            raise ValueError(
                f"column {self.label!r} must hold two labels for areas, got {found}: pass positive= for one of two."
            )
        above = {key: np.cumsum(c[::-1])[::-1] - c for key, c in counts.items()}
        return replace(self, up=json.dumps(self._positive(found)), above=above)

    def _positive(self, found: list[Any]) -> Any:
        if self.positive is not None:
            return 1
        wanted = [metric.params.get("pos_label", 1) for metric in self.metrics if metric.name == _AREAS[1]]
        if len(found) == 2 and any(label not in found for label in wanted):
            raise ValueError(
                f"average_precision_score takes {wanted[0]!r} for positive, which is none of the labels {found} of "
                f"{self.label!r}: pass positive=."
            )
        if len(found) == 2:
            # As the functions do: the greater label, and 1.
            taken = {*wanted, *([found[-1]] if any(metric.name == _AREAS[0] for metric in self.metrics) else [])}
            if len(taken) > 1:
                raise ValueError(
                    f"roc_auc_score takes {found[-1]!r} for positive, average_precision_score {wanted[0]!r}: pass "
                    f"positive=, one of the labels {found} of {self.label!r}."
                )
            return next(iter(taken))
        # One label alone is positive where it is a 1, as it is for the functions.
        return found[0] if found and found[0] == 1 else None

    def judge(self, notes: Iterable[Piece]) -> int:
        """Refuse what is to be refused, with its number; return how many rows were left out."""
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for note in notes:
            counted[note.cell, note.label] += note.rows
        for where, what in sorted(counted):
            if where == _ERROR:
                raise ValueError(what)
        dropped = counted.pop(("", "dropped"), 0)
        self._judge_labels({json.loads(what) for where, what in counted if where == _LABEL})
        counted = {key: n for key, n in counted.items() if key[0] != _LABEL}
        wrong = {key: n for key, n in counted.items() if key[1] not in ("NULL", "NaN or infinite")}
        if self.missing == "refuse":
            wrong = counted
        if wrong:
            shown = "; ".join(f"{where}: {n} {what}" for (where, what), n in sorted(wrong.items()))
            hint = "" if self.missing == "drop" else " missing='drop' leaves out rows with NULL, NaN or infinity."
            raise ValueError(f"Values that cannot be counted, by column: {shown}.{hint}")
        return dropped

    def _judge_labels(self, labels: set[Any]) -> None:
        """Refuse a choice of the positive label that makes no sense."""
        if self.positive is None or not labels:
            return
        if len(labels) > 2 or (len(labels) == 2 and self.positive not in labels):
            raise ValueError(
                f"positive={self.positive!r} is one label of two, but column {self.label!r} holds "
                f"{sorted(labels, key=str)}{' and more' if len(labels) > 8 else ''}."
            )

    def reduce(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Reduce the pieces of one part, or of several."""
        return _told(self._reduce(pieces))

    def _reduce(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        blobs: dict[tuple[int, int], list[Piece]] = defaultdict(list)
        others: dict[tuple[str, int, int, str], list[Piece]] = defaultdict(list)
        for piece in pieces:
            if piece.kind == "keys":
                blobs[piece.score, piece.place].append(piece)
            elif piece.kind == "note":
                yield piece._replace(data=b"")
            else:
                others[piece.kind, piece.score, piece.place, piece.cell].append(piece)
        for (score, place), some in sorted(blobs.items()):
            yield from self._ranges(score, place, some)
        for (kind, score, place, cell), some in sorted(others.items()):
            data = self._merged(kind, sorted(bytes(piece.data) for piece in some))
            yield Piece(0, kind, score, place, cell, "", sum(piece.rows for piece in some), 0.0, data)

    def _merged(self, kind: str, data: list[bytes]) -> bytes:
        if kind == "rows":
            names, bound, rows = _joined_rows(data)
            return _rows_to_bytes(names, rows, self.sampled, bound)
        return data[0] if len(data) == 1 else _MERGE[kind](data)

    def _ranges(self, score: int, place: int, pieces: list[Piece]) -> Iterator[Piece]:
        wants = any(metric.name == _AREAS[1] for metric in self.metrics)
        slices: dict[tuple[int, str], list[Piece]] = defaultdict(list)
        for piece in pieces:
            for one in _slices_of(piece.cell):
                slices[one].append(piece)
        above: dict[tuple[int, str], list[Any]] = defaultdict(lambda: [0, 0])
        for (own, cell, label), amounts in self.above.items():
            if own == score and wants:
                for one in _slices_of(cell):
                    above[one][label != self.up] += amounts[place]
        for one, some in sorted(slices.items()):
            ups, downs = ([p.data for p in some if (p.label == self.up) == up] for up in (True, False))
            over = above[one]
            part = ranges.reduce(ups, downs, (over[0], over[1]), precision=wants)
            yield Piece(0, "part", score, place, json.dumps(one), "", 0, 0.0, _part_to_bytes(part))

    def finish(self, pieces: Iterable[Piece]) -> _Finished:
        """Put together what came back."""
        return _Finished(self, list(pieces))


# What a note calls an error, and a label that occurs; columns have no such names.
_ERROR, _LABEL = "\0error", "\0label"


def _told(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Make a note of what is refused in a partition, so that it is raised where the user is, and in its own words."""
    try:
        yield from pieces
    except ValueError as error:
        yield Piece(0, "note", 0, 0, _ERROR, str(error), 1, 0.0, b"")


def _slices_of(cell: str) -> Iterator[tuple[int, str]]:
    """All rows, and each slice that a cell belongs to."""
    yield -1, ""
    for place, value in enumerate(json.loads(cell)):
        yield place, json.dumps(value)


def _part_to_bytes(part: ranges.Part) -> bytes:
    exact = isinstance(part.ups, int)
    return json.dumps([exact, *map(str, part)]).encode()


def _part_of_bytes(data: bytes) -> ranges.Part:
    exact, *numbers = json.loads(data)
    kind: Any = int if exact else Fraction
    return ranges.Part._make(map(kind, numbers))


def _merged_states(data: list[bytes]) -> bytes:
    state = streaming.from_bytes(data[0])
    for other in data[1:]:
        state.merge(streaming.from_bytes(other))
    return bytes(state.to_bytes())


def _merged_counts(data: list[bytes]) -> bytes:
    total: dict[str, int] = defaultdict(int)
    for one in data:
        for key, n in json.loads(one).items():
            total[key] += n
    return json.dumps(dict(total)).encode()


def _merged_moments(data: list[bytes]) -> bytes:
    total = inference.PairedMoments()
    for one in data:
        total.merge(inference.PairedMoments.from_array(np.frombuffer(one)))
    return total.to_array().tobytes()


# the sample: hash, whether positive is not known yet, so the label; base, tuned, weight
_ROW = np.dtype([("hash", "<u8"), ("label", "<i4"), ("base", "<f8"), ("tuned", "<f8"), ("weight", "<f8")])


def _rows_to_bytes(labels: list[str], rows: Array, most: int, bound: int = 1 << 64) -> bytes:
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
    return labels, bound, np.frombuffer(body, _ROW)


def _joined_rows(data: Iterable[bytes]) -> tuple[list[str], int, Array]:
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


_MERGE = {
    "state": _merged_states,
    "counts": _merged_counts,
    "moments": _merged_moments,
    "size": lambda data: b"",
}


# map ------------------------------------------------------------------------------------------------------------------


def _mixed(x: Array) -> Array:
    """Bits that depend on all bits of x (the finalizer of splitmix64)."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def _hashes(*columns: Array) -> Array:
    """Hash of each row by what is in it, and by which copy of it this is."""
    total = np.zeros(columns[0].size, np.uint64)
    step = np.uint64(0x9E3779B97F4A7C15)
    for column in columns:
        total = _mixed(total + step + (column + 0.0).view(np.uint64))
    ordered = np.sort(total)
    if np.any(ordered[1:] == ordered[:-1]):
        order = np.argsort(total, kind="stable")
        ordered = total[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        copy = np.empty(total.size, np.uint64)
        copy[order] = np.arange(total.size) - np.repeat(starts, np.diff(starts, append=total.size))
        total = total + copy * step
    return _mixed(total)


class _Words(NamedTuple):
    """A column of labels: a code for each row, and what the codes stand for."""

    codes: Array
    values: list[Any]

    def array(self) -> Array:
        return np.array(self.values or [""])[self.codes] if self.codes.size else np.empty(0, "U1")


def _words(column: Any) -> _Words:
    import pyarrow as pa

    coded = column.dictionary_encode(null_encoding="encode")
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    if isinstance(coded, pa.ChunkedArray):  # of no rows
        coded = pa.concat_arrays(coded.chunks) if coded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    return _Words(coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist())


def _is_text(column: Any) -> bool:
    import pyarrow.types as t

    kind = column.type.value_type if t.is_dictionary(column.type) else column.type
    return bool(t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind))


class _Mapper:
    """What has been seen of a partition."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.rest: Any = None
        self.notes: dict[tuple[str, str], int] = defaultdict(int)
        self.states: dict[tuple[int, int, str], Any] = {}
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.moments: dict[tuple[int, str], inference.PairedMoments] = {}
        self.sizes: dict[str, int] = defaultdict(int)

    def add(self, table: Any, final: bool) -> Iterator[Piece]:
        """Take some rows; with groups, all but the last group, which may go on, until the final ones."""
        import pyarrow as pa

        if self.job.group is not None:
            if self.rest is not None:
                table = self.rest if table is None else pa.concat_tables([self.rest, table])
                self.rest = None
            if not final:
                codes = _words(table["group"]).codes
                other = np.flatnonzero(codes != codes[-1])
                start = int(other[-1]) + 1 if other.size else 0
                self.rest = table.slice(start)
                table = table.slice(0, start)
        if table is None or not table.num_rows:
            return
        table = self._complete(table)
        if not table.num_rows:
            return
        data = _Rows(self.job, table)
        if self.job.has("gain"):
            data.refuse_split_queries(self.notes)
        for place, label in enumerate(data.label_names[: 1 << 4]):
            if self.job.positive is not None:
                self.notes[_LABEL, label] += int(np.count_nonzero(data.label_codes == place))
        for cell, rows in data.cells():
            self.sizes[cell] += rows.n
            if len(self.sizes) > _MOST_CELLS:
                raise ValueError(
                    f"by={list(self.job.by)} makes more than {_MOST_CELLS} slices: name columns of fewer values."
                )
            yield from self._cell(cell, rows)

    def _complete(self, table: Any) -> Any:
        """Count what is missing or wrong, and leave it out."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.types as t

        keep: Array | None = None
        for ours, theirs in self.job.columns:
            column = table[ours]
            if ours.startswith("by"):
                continue
            good = np.ones(table.num_rows, bool)
            if column.null_count:
                good = pc.is_valid(column).to_numpy()
                self.notes[theirs, "NULL"] += int(column.null_count)
            if t.is_floating(column.type):
                sound = pc.fill_null(pc.is_finite(column), True).to_numpy()
                bad = int(sound.size - np.count_nonzero(sound))
                if bad:
                    self.notes[theirs, "NaN or infinite"] += bad
                    good = good & sound
            if ours == "weight":
                below = pc.sum(pc.less(column, 0)).as_py() or 0
                if below:
                    self.notes[theirs, "negative"] += below
            if not good.all():
                keep = good if keep is None else keep & good
        if keep is None:
            return table
        self.notes["", "dropped"] += int(keep.size - np.count_nonzero(keep))
        return table.filter(pa.array(keep))

    def _cell(self, cell: str, rows: _Rows) -> Iterator[Piece]:
        job = self.job
        part = job.part_of(cell)
        if job.ranked:
            for score in range(len(job.scores)):
                for label, chosen in rows.by_label():
                    weight = None if rows.weight is None else rows.weight[chosen]
                    scores = rows.number(score)[chosen]
                    for blob in ranges.pack(scores, job.cuts[score].astype(scores.dtype), weight):
                        home = score * job.n_ranges + blob.range
                        yield Piece(
                            home, "keys", score, blob.range, cell, label, blob.rows, blob.weight, bytes(blob.data)
                        )
            if job.paired:
                yield Piece(part, "rows", 0, 0, cell, "", 0, 0.0, self._sample(rows))
        groups = rows.queries(self.notes) if job.has("gain") else []
        for slot, (name, params) in enumerate(job.slots):
            if name in _GAINS:
                for matrices, weight in groups:
                    self._states(cell, slot, name, params, matrices[0], matrices[1:], weight)
            else:
                labels = name == "confusion_matrix"
                preds = [rows.label(score) if labels else rows.number(score) for score in range(len(job.scores))]
                self._states(cell, slot, name, params, rows.truth(), preds, rows.weight)
        if job.paired and job.has("labels"):
            table = self.counts[cell]
            for key, count in rows.joint():
                table[key] += count

    def _states(  # noqa: PLR0917
        self, cell: str, slot: int, name: str, params: Any, truth: Array, preds: Sequence[Array], weight: Any
    ) -> None:
        for score, pred in enumerate(preds):
            key = score, slot, cell
            if key not in self.states:
                self.states[key] = streaming.state(name, **params)
            self.states[key].update(truth, pred, weight)
        if self.job.paired and name != "confusion_matrix":
            some = inference.paired_moments(name, truth, preds[0], preds[1], weight, **params)
            self.moments.setdefault((slot, cell), inference.PairedMoments()).merge(some)

    def _sample(self, rows: _Rows) -> bytes:
        made = np.empty(rows.n, _ROW)
        made["label"] = rows.label_codes
        made["base"], made["tuned"] = rows.number(0), rows.number(1)
        made["weight"] = 1.0 if rows.weight is None else rows.weight
        names = np.array([zlib.crc32(label.encode()) for label in rows.label_names], np.float64)
        columns = (made["base"], made["tuned"], made["weight"])
        made["hash"] = _hashes(names[rows.label_codes], *map(np.ascontiguousarray, columns))
        return _rows_to_bytes(rows.label_names, made, self.job.sampled)

    def end(self) -> Iterator[Piece]:
        """Hand over what was added up."""
        part_of = self.job.part_of
        for (where, what), n in self.notes.items():
            yield Piece(0, "note", 0, 0, where, what, n, 0.0, b"")
        for cell, n in self.sizes.items():
            yield Piece(part_of(cell), "size", 0, 0, cell, "", n, 0.0, b"")
        for (score, slot, cell), state in self.states.items():
            yield Piece(part_of(cell), "state", score, slot, cell, "", 0, 0.0, bytes(state.to_bytes()))
        for cell, table in self.counts.items():
            yield Piece(part_of(cell), "counts", 0, 0, cell, "", 0, 0.0, json.dumps(table).encode())
        for (slot, cell), moments in self.moments.items():
            yield Piece(part_of(cell), "moments", 0, slot, cell, "", 0, 0.0, moments.to_array().tobytes())


class _Rows:
    """Complete rows, as arrays."""

    def __init__(self, job: Job, table: Any) -> None:
        self.job, self.n = job, table.num_rows
        self.columns: dict[str, Any] = {}
        for ours, _ in job.columns:
            column = table[ours]
            if ours.startswith("by") or ours == "group" or _is_text(column):
                self.columns[ours] = _words(column)
            else:
                self.columns[ours] = column.to_numpy()
        weight = self.columns.get("weight")
        self.weight: Array | None = None if weight is None else weight.astype(np.float64)
        label = self.columns["label"]
        self.label_names: list[str] = []
        self.label_codes = np.zeros(0, np.int64)
        if job.ranked or job.positive is not None:
            if isinstance(label, _Words):
                values, codes = label.values, label.codes
            else:
                found, codes = np.unique(label, return_inverse=True)
                values = found.tolist()
            self.label_names, self.label_codes = [json.dumps(value) for value in values], codes
            if job.ranked and len(values) > 2:
                raise ValueError(
                    f"column {job.label!r} must hold two labels for areas, got {sorted(values, key=str)[:5]}: pass "
                    "positive= for one of two."
                )

    def take(self, chosen: Array) -> _Rows:
        some: _Rows = object.__new__(_Rows)
        some.job, some.n, some.label_names = self.job, chosen.size, self.label_names
        some.label_codes = self.label_codes[chosen] if self.label_codes.size else self.label_codes
        some.weight = None if self.weight is None else self.weight[chosen]
        some.columns = {
            name: column._replace(codes=column.codes[chosen]) if isinstance(column, _Words) else column[chosen]
            for name, column in self.columns.items()
        }
        return some

    def cells(self) -> Iterator[tuple[str, _Rows]]:
        """Rows by the values of all columns that slice them."""
        if not self.job.by:
            yield "[]", self
            return
        code = np.zeros(self.n, np.int64)
        words = [self.columns[f"by{i}"] for i in range(len(self.job.by))]
        for word in words:
            code = code * len(word.values) + word.codes
        found, at = np.unique(code, return_inverse=True)
        order = np.argsort(at.astype(np.uint16) if found.size < 1 << 16 else at, kind="stable")
        edges = np.searchsorted(at[order], np.arange(found.size + 1))
        for place, rest in enumerate(found.tolist()):
            values: list[Any] = []
            left = rest
            for word in reversed(words):
                left, digit = divmod(left, len(word.values))
                value = word.values[digit]
                values.insert(0, value.isoformat() if hasattr(value, "isoformat") else value)
            yield json.dumps(values), self.take(order[edges[place] : edges[place + 1]])

    def by_label(self) -> Iterator[tuple[str, Any]]:
        for place, said in enumerate(self.label_names):
            name = said
            if self.job.positive is not None:
                name = json.dumps(int(json.loads(said) == self.job.positive))
            if len(self.label_names) == 1:
                yield name, slice(None)
                continue
            chosen = np.flatnonzero(self.label_codes == place)
            if chosen.size:
                yield name, chosen

    def truth(self) -> Array:
        return self._labels("label")

    def label(self, score: int) -> Array:
        """Predicted labels."""
        if self.job.threshold is None:
            return self._labels(f"score{score}")
        return (self.columns[f"score{score}"] >= self.job.threshold).view(np.uint8)

    def _labels(self, name: str) -> Array:
        column = self.columns[name]
        positive = self.job.positive
        if positive is not None:
            if isinstance(column, _Words):
                at = column.values.index(positive) if positive in column.values else -1
                return (column.codes == at).view(np.uint8)
            return np.asarray(column == positive).view(np.uint8)
        return column.array() if isinstance(column, _Words) else column

    def number(self, score: int) -> Array:
        column: Array = self.columns[f"score{score}"]
        return np.ascontiguousarray(column.astype(np.dtype(self.job.dtypes[score]).newbyteorder("="), copy=False))

    def joint(self) -> Iterator[tuple[str, int]]:
        """Count the combinations of the true label and both models'."""
        code = np.zeros(self.n, np.int64)
        values = []
        for column in (self.truth(), self.label(0), self.label(1)):
            found, at = np.unique(column, return_inverse=True)
            code = code * found.size + at
            values.append(found.tolist())
        joint, counts = np.unique(code, return_counts=True)
        if joint.size > _MOST_CELLS:
            raise ValueError(f"more than {_MOST_CELLS} combinations of labels: are these scores? pass threshold=.")
        for one, count in zip(joint.tolist(), counts.tolist(), strict=True):
            rest, tuned = divmod(one, len(values[2]))
            true, base = divmod(rest, len(values[1]))
            yield json.dumps([values[0][true], values[1][base], values[2][tuned]]), count

    def refuse_split_queries(self, notes: dict[tuple[str, str], int]) -> None:
        """Count queries whose rows are in several slices."""
        codes = self.columns["group"].codes
        order = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        for i, name in enumerate(self.job.by):
            own = self.columns[f"by{i}"].codes[order]
            uneven = int(np.count_nonzero(np.minimum.reduceat(own, starts) != np.maximum.reduceat(own, starts)))
            if uneven:
                notes[name, "queries that lie in several slices"] += uneven

    def queries(self, notes: dict[tuple[str, str], int]) -> list[tuple[list[Array], Any]]:
        """Relevance and scores of queries of one size each, and their weights."""
        codes = self.columns["group"].codes
        relevance = self.truth().astype(np.float64)
        scores = [self.number(score) for score in range(len(self.job.scores))]
        # An order that does not depend on that of the rows.
        order = np.lexsort((relevance, *scores[::-1], codes))
        codes = codes[order]
        starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
        sizes = np.diff(starts, append=codes.size)
        weight = None if self.weight is None else self.weight[order]
        if weight is not None:
            uneven = np.minimum.reduceat(weight, starts) != np.maximum.reduceat(weight, starts)
            if uneven.any():
                notes[self.job.weight or "", "queries whose rows have several weights"] += int(uneven.sum())
        found = []
        for size in np.unique(sizes[sizes > 1]).tolist():
            first = starts[sizes == size]
            at = order[first[:, np.newaxis] + np.arange(size)]
            own = None if weight is None else weight[first]
            found.append(([relevance[at], *(score[at] for score in scores)], own))
        return found


# finish ---------------------------------------------------------------------------------------------------------------


class _Finished:
    """What came back, by slice."""

    def __init__(self, job: Job, pieces: list[Piece]) -> None:
        self.job = job
        self.dropped = job.judge([piece for piece in pieces if piece.kind == "note"])
        self.sizes: dict[tuple[int, str], int] = defaultdict(int)
        self.parts: dict[Any, dict[int, ranges.Part]] = defaultdict(dict)
        self.found: dict[Any, list[bytes]] = defaultdict(list)
        for piece in sorted(pieces, key=lambda piece: (piece.kind, piece.score, piece.place, piece.cell)):
            if piece.kind == "part":
                place, value = json.loads(piece.cell)
                self.parts[piece.score, (place, value)][piece.place] = _part_of_bytes(piece.data)
            elif piece.kind != "note":
                for one in _slices_of(piece.cell):
                    if piece.kind == "size":
                        self.sizes[one] += piece.rows
                    else:
                        self.found[piece.kind, piece.score, piece.place, one].append(piece.data)
        if not self.sizes:
            raise ValueError(f"there are no rows to evaluate{' that are complete' if self.dropped else ''}.")
        for score in range(len(job.scores) if job.ranked and not job.weight else 0):
            part = self.part(score, (-1, ""))
            if part.ups + part.downs != self.sizes[-1, ""]:
                raise RuntimeError(
                    f"the rows changed while they were evaluated: {part.ups + part.downs} of {self.sizes[-1, '']} were "
                    "found again. Write them down, or cache them where no executor is lost."
                )

    def slices(self) -> list[tuple[int, str]]:
        return sorted(self.sizes, key=lambda one: (one[0], one[1] in ("", "null"), _sorting(one[1])))

    def named(self, one: tuple[int, str]) -> tuple[str | None, Any]:
        place, value = one
        return (None, None) if place < 0 else (self.job.by[place], json.loads(value))

    def part(self, score: int, one: tuple[int, str]) -> ranges.Part:
        return ranges.merge(part for _, part in sorted(self.parts[score, one].items()))

    def value(self, metric: Metric, score: int, one: tuple[int, str]) -> tuple[float, int]:
        """Compute the metric, and how many rows or queries it is of."""
        if metric.kind == "area":
            part = self.part(score, one)
            of = ranges.area if metric.name == _AREAS[0] else ranges.precision
            return of(part), self.sizes[one]
        data = self.found["state", score, metric.slot, one]
        if not data:
            return math.nan, 0
        state = streaming.from_bytes(_merged_states(data))
        if metric.kind == "labels":
            content = state.state_dict() | {"name": metric.name}
            state = streaming.state(metric.name, **metric.params).load_state_dict(content)
        return float(state.compute()), state.n

    def evaluation(self) -> Evaluation:
        items = []
        for one in self.slices():
            for score, column in enumerate(self.job.scores):
                for metric in self.job.metrics:
                    with warnings.catch_warnings():
                        if one[0] >= 0:  # a slice of one class is no surprise
                            warnings.simplefilter("ignore", trueval.exceptions.UndefinedMetricWarning)
                        value, rows = self.value(metric, score, one)
                    more: tuple[Any, ...] = ()
                    if metric.kind == "area":
                        part = self.part(score, one)
                        classes = [int(x) if isinstance(x, int) else float(x) for x in (part.ups, part.downs)]
                        error = ranges.standard_error(part) if metric.name == _AREAS[0] else None
                        more = (*classes, None if self.job.weight else error)
                    items.append(Value(column, metric.title, *self.named(one), value, rows, *more))
        return Evaluation(tuple(items), self.sizes[-1, ""], self.dropped)

    def comparisons(self, correction: str | None, rng: Any, **options: Any) -> Comparisons:
        items = []
        for one in self.slices():
            for metric in self.job.metrics:
                with warnings.catch_warnings():
                    if one[0] >= 0:
                        warnings.simplefilter("ignore", trueval.exceptions.UndefinedMetricWarning)
                    sampled = None
                    if metric.kind == "labels":
                        found = self._of_labels(metric, one, rng, options)
                    else:
                        values = (self.value(metric, 0, one)[0], self.value(metric, 1, one)[0])
                        if metric.kind == "area":
                            found, sampled = self._of_areas(metric, one, values, options)
                        else:
                            found = self._of_means(metric, one, values, options)
                items.append(Difference(metric.title, *self.named(one), found, sampled))
        if correction is not None and len(items) > 1:
            adjusted = inference.adjust_pvalues([item.comparison.pvalue for item in items], correction)
            items = [
                replace(item, comparison=replace(item.comparison, pvalue=float(p)))
                for item, p in zip(items, adjusted, strict=True)
            ]
        return Comparisons(tuple(items), self.sizes[-1, ""], self.dropped)

    def _of_labels(self, metric: Metric, one: Any, rng: Any, options: Any) -> inference.Comparison:
        table = json.loads(_merged_counts(self.found["counts", 0, 0, one]))
        # Sorted, since replicates of a randomization test depend on the order.
        cells = sorted((json.loads(key) for key in table), key=json.dumps)
        true, base, tuned = (np.array([cell[i] for cell in cells]) for i in range(3))
        counts = np.array([table[json.dumps(cell)] for cell in cells], np.int64)
        return inference.compare_counts(metric.name, true, base, tuned, counts, rng=rng, **options, **metric.params)

    def _of_means(self, metric: Metric, one: Any, values: Any, options: Any) -> inference.Comparison:
        data = self.found["moments", 0, metric.slot, one]
        if not data:
            return inference.compare_estimates(math.nan, math.nan, math.nan, 0, method="t", **options)
        moments = inference.PairedMoments.from_array(np.frombuffer(_merged_moments(data)))
        return moments.compare(values=values, **options)

    def _of_areas(
        self, metric: Metric, one: Any, values: tuple[float, float], options: Any
    ) -> tuple[inference.Comparison, int | None]:
        names, _, rows = _joined_rows(self.found["rows", 0, 0, one])
        rows = rows[np.argsort(rows, order=("hash", "base", "tuned", "label"))]
        positive = self.job.positive
        ups = [
            place
            for place, name in enumerate(names)
            if (json.loads(name) == positive if positive is not None else name == self.job.up)
        ]
        y = np.isin(rows["label"], ups).view(np.uint8)
        method = "delong" if metric.name == _AREAS[0] else "normal"
        n, error = self.sizes[one], math.nan
        if all(map(math.isfinite, values)) and 0 < int(y.sum()) < y.size:
            weight = np.ascontiguousarray(rows["weight"]) if self.job.weight else None
            scores = [np.ascontiguousarray(rows[name]) for name in ("base", "tuned")]
            sample = inference.compare(metric.name, y, *scores, sample_weight=weight, method=method)
            error = sample.standard_error * math.sqrt(y.size / n)
        found = inference.compare_estimates(*values, error, n, method=method, **options)
        return found, None if y.size == n else int(y.size)


def _sorting(value: str) -> Any:
    loaded = json.loads(value) if value else ""
    return (isinstance(loaded, str), loaded if isinstance(loaded, (str, int)) else "")


# what users pass ------------------------------------------------------------------------------------------------------


def _listed(value: Any, role: str) -> tuple[Any, ...]:
    if value is None:
        return ()
    if isinstance(value, (str, bytes)):
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{role} must be a name or a list of names, got {value!r}.")
    return tuple(value)


def job_of(  # noqa: PLR0917
    label: str,
    scores: Any,
    metrics: Any,
    group: str | None,
    weight: str | None,
    by: Any,
    positive: Any,
    threshold: float | None,
    missing: str,
    paired: bool = False,
) -> Job:
    """Check what a user asks for, before any row is looked at."""
    names, slicers = _listed(scores, "scores"), _listed(by, "by")
    asked = _listed(metrics, "metrics") if not (isinstance(metrics, tuple) and len(metrics) == 2) else (metrics,)
    if isinstance(metrics, tuple) and all(isinstance(one, str) for one in metrics):
        asked = metrics
    for role, given in (("scores", names), ("metrics", asked)):
        if not given:
            raise ValueError(f"{role} must name at least one, got none.")
    if len(set(names)) < len(names) and not paired:
        raise ValueError(f"scores must be distinct columns, got {list(names)}.")
    if missing not in ("refuse", "drop"):
        raise ValueError(f"missing must be 'refuse' or 'drop', got {missing!r}.")
    if threshold is not None:
        threshold = float(threshold)
    slots: list[tuple[str, dict[str, Any]]] = []
    made = []
    for one in asked:
        made.append(_metric(one, slots, group, weight, positive, paired))
    titles = [metric.title for metric in made]
    if len(set(titles)) < len(titles):
        raise ValueError(f"metrics must be distinct, got {titles}.")
    gains = any(metric.kind == "gain" for metric in made)
    return Job(
        label,
        names,
        tuple(made),
        tuple(slots),
        slicers,
        group if gains else None,
        weight,
        positive,
        threshold,
        missing,
        paired,
        SAMPLE_OF_SLICE if slicers else SAMPLE,
    )


def _metric(  # noqa: PLR0917
    asked: Any, slots: list[Any], group: str | None, weight: str | None, positive: Any, paired: bool
) -> Metric:
    name, params = asked if isinstance(asked, tuple) else (asked, {})
    if not isinstance(name, str) or not isinstance(params, Mapping):
        raise TypeError(f"metrics must hold names, or pairs of a name and a dict of parameters, got {asked!r}.")
    params = dict(params)
    state = streaming.state(name, **params)  # refuses unknown names and parameters
    title = name + (f"({', '.join(f'{k}={v!r}' for k, v in params.items())})" if params else "")
    if name in _AREAS:
        if params.keys() - {"pos_label"} or (params and positive is not None):
            raise ValueError(f"{title} is not computed here: of two labels, name the positive one with positive=.")
        return Metric(title, name, params, "area", -1)
    if name in _GAINS:
        if group is None:
            raise ValueError(f"{name} needs group=, the column that tells which rows are of one query.")
        kind = "gain"
    elif state.kind == "labels":
        if name in ("confusion_matrix", "multilabel_confusion_matrix", "classification_report") or (
            name in ("precision_recall_fscore_support", "class_likelihood_ratios")
        ):
            raise ValueError(f"{name} is no number: name metrics that are.")
        if paired and weight is not None:
            raise ValueError(f"{name} is not compared with weights here: drop weight=, or name a metric of scores.")
        kind = "labels"
    elif state.kind in ("errors", "classes"):
        kind = "state"
        if name in _PROBABILITIES and name != "brier_score_loss" and "labels" not in params:
            params["labels"] = [0, 1]
    else:
        raise ValueError(
            f"{name} is not computed here: call the function, or update trueval.streaming.state({name!r})."
        )
    if paired and kind != "labels":
        try:
            empty = [[0.0, 0.0]] if kind == "gain" else [0.0, 1.0]
            inference.paired_moments(name, empty, empty, empty, **params)
        except ValueError as error:
            if "mean over rows" in str(error):
                raise ValueError(f"{name} is no mean over rows, so it cannot be compared here.") from None
    slot = ("confusion_matrix", {}) if kind == "labels" else (name, params)
    if slot not in slots:
        slots.append(slot)
    return Metric(title, name, params, kind, slots.index(slot))
