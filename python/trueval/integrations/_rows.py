"""The first step of a job: rows become pieces."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trueval import inference, streaming
from trueval.streaming import ranges

from ._pieces import GAINS, LABEL, MOST_CELLS, ROW, Array, Piece, name_of, rows_to_bytes

if TYPE_CHECKING:
    from ._frames import Job

# Labels of a column that are told where there should be two.
_SHOWN = 16


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


class Mapper:
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
        if self.job.positive is not None or self.job.ranked:
            for ours, theirs in self.job.labelled:
                for label in data.distinct(ours)[:_SHOWN]:
                    self.notes[LABEL, json.dumps([theirs, json.loads(name_of(label))])] += 1
        for cell, rows in data.cells():
            self.sizes[cell] += rows.n
            if len(self.sizes) > MOST_CELLS:
                raise ValueError(
                    f"by={list(self.job.by)} makes more than {MOST_CELLS} slices: name columns of fewer values."
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
            if ours == "weight" and not t.is_boolean(column.type):
                negative = pc.fill_null(pc.less(column, 0), False).to_numpy()
                if negative.any():
                    self.notes[theirs, "negative"] += int(np.count_nonzero(negative))
                    good = good & ~negative
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
            if name in GAINS:
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
            if name == "brier_score_loss" and not np.isin(truth, (0, 1)).all():
                # The function takes the greater label for positive, and a partition may have the other one alone.
                raise ValueError(
                    f"{name} is compared with the labels 0 and 1, but column {self.job.label!r} holds others: pass "
                    "positive=."
                )
            some = inference.paired_moments(name, truth, preds[0], preds[1], weight, **params)
            self.moments.setdefault((slot, cell), inference.PairedMoments()).merge(some)

    def _sample(self, rows: _Rows) -> bytes:
        made = np.empty(rows.n, ROW)
        made["label"] = rows.label_codes
        made["base"], made["tuned"] = rows.number(0), rows.number(1)
        made["weight"] = 1.0 if rows.weight is None else rows.weight
        names = np.array([zlib.crc32(label.encode()) for label in rows.label_names], np.float64)
        columns = (made["base"], made["tuned"], made["weight"])
        made["hash"] = _hashes(names[rows.label_codes], *map(np.ascontiguousarray, columns))
        return rows_to_bytes(rows.label_names, made, self.job.sampled)

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
                if job.positive is None and any(value != int(value) for value in values):
                    raise ValueError(f"continuous format is not supported: column {job.label!r} must hold two labels.")
            self.label_names, self.label_codes = [name_of(value) for value in values], codes
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

    def distinct(self, name: str) -> list[Any]:
        """Which labels occur in a column."""
        column = self.columns[name]
        if isinstance(column, _Words):
            return [column.values[code] for code in np.unique(column.codes).tolist()]
        return list(np.unique(column).tolist())

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
        if joint.size > MOST_CELLS:
            raise ValueError(f"more than {MOST_CELLS} combinations of labels: are these scores? pass threshold=.")
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
