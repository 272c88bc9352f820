"""What the adapters of Spark and Dask share: a job that knows nothing of either.

A job maps Arrow tables of rows to pieces, each of which belongs to a part (`_rows`); reduces the pieces of a part to
smaller ones (`_pieces`); and finishes on one machine with the values (`_results`). Nothing but pieces moves: blobs of
scores (`trueval.streaming.ranges`), states (`trueval.streaming.State`), tables of labels, moments, and a sample of rows
whose size is bounded.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from trueval import inference, streaming
from trueval.streaming import ranges

from ._pieces import (
    AREAS,
    ERROR,
    GAINS,
    LABEL,
    MERGE,
    Array,
    Metric,
    Piece,
    joined_rows,
    part_to_bytes,
    rows_to_bytes,
    slices_of,
    told,
)
from ._results import Finished
from ._rows import Mapper

# Rows that are packed together: the more there are, the fewer blobs.
CHUNK = 1 << 21
# Rows of a range. Reducing one takes some 100 bytes a row.
RANGE = 1 << 20
MOST_RANGES = 1024
# Rows from which the standard error of a difference of areas is worked out: of all rows, or of each slice.
SAMPLE, SAMPLE_OF_SLICE = 1 << 18, 1 << 13

_PROBABILITIES = ("log_loss", "brier_score_loss", "d2_log_loss_score", "d2_brier_score")


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

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """The columns that hold one of two labels."""
        scores = self.positive is not None and self.has("labels") and self.threshold is None
        return [(ours, theirs) for ours, theirs in self.columns if ours == "label" or (scores and "score" in ours)]

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

    def with_types(self, columns: Sequence[tuple[str, str]]) -> Job:
        """Check names and types of columns, which are 'float32', 'float', 'int', 'bool', 'text' or anything else."""
        names = [name for name, _ in columns]
        kinds = dict(columns)
        for name in [theirs for _, theirs in self.columns]:
            if name not in kinds:
                raise ValueError(f"there is no column {name!r}: expected one of {sorted(kinds)}.")
            if names.count(name) > 1:
                raise ValueError(f"there are {names.count(name)} columns {name!r}: rename them.")
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
        return told(self._map(tables))

    def _map(self, tables: Iterable[Any]) -> Iterator[Piece]:
        import pyarrow as pa

        worker = Mapper(self)
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
        kind = np.float64 if self.weight else np.int64
        counts: dict[tuple[int, str, str], Array] = defaultdict(lambda: np.zeros(self.n_ranges, kind))
        notes = []
        for piece in pieces:
            if piece.kind == "note":
                notes.append(piece)
            elif piece.kind == "keys":
                counts[piece.score, piece.cell, piece.label][piece.place] += piece.weight if self.weight else piece.rows
        self.judge(notes)
        # Those of rows without weight among them, of which there are no keys.
        seen = [json.loads(note.label) for note in notes if note.cell == LABEL]
        found = sorted({label for name, label in seen if name == self.label})
        if len(found) > 2 and self.positive is None:
            raise ValueError(
                f"column {self.label!r} must hold two labels for areas, got {found}: pass positive= for one of two."
            )
        above = {key: np.cumsum(c[::-1])[::-1] - c for key, c in counts.items()}
        return replace(self, up=json.dumps(self._positive(found)), above=above)

    def _positive(self, found: list[Any]) -> Any:
        if self.positive is not None:
            return 1
        # As the functions do: the greater label for the one, 1 for the other.
        taken = {f"{m.title} takes": m.params.get("pos_label", 1) for m in self.metrics if m.name == AREAS[1]}
        if len(found) == 2:
            for who, label in taken.items():
                if label not in found:
                    raise ValueError(
                        f"{who} {label!r} for positive, which is none of the labels {found} of {self.label!r}: pass "
                        "positive=."
                    )
            if any(metric.name == AREAS[0] for metric in self.metrics):
                taken[f"{AREAS[0]} takes"] = found[-1]
        labels = list(taken.values())
        if any(label != labels[0] for label in labels):
            told = ", ".join(f"{who} {label!r}" for who, label in taken.items())
            raise ValueError(f"{told} for positive: pass positive=, one of the labels {found} of {self.label!r}.")
        # Of one label an area of ROC is undefined, whichever it is.
        return next((label for label in found if labels and label == labels[0]), None)

    def judge(self, notes: Iterable[Piece]) -> int:
        """Refuse what is to be refused, with its number; return how many rows were left out."""
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for note in notes:
            counted[note.cell, note.label] += note.rows
        for where, what in sorted(counted):
            if where == ERROR:
                raise ValueError(what)
        dropped = counted.pop(("", "dropped"), 0)
        self._judge_labels([json.loads(what) for where, what in counted if where == LABEL])
        counted = {key: n for key, n in counted.items() if key[0] != LABEL}
        wrong = {key: n for key, n in counted.items() if key[1] not in ("NULL", "NaN or infinite")}
        if self.missing == "refuse":
            wrong = counted
        if wrong:
            shown = "; ".join(f"{where}: {n} {what}" for (where, what), n in sorted(wrong.items()))
            hint = "" if self.missing == "drop" else " missing='drop' leaves out rows with NULL, NaN or infinity."
            raise ValueError(f"Values that cannot be counted, by column: {shown}.{hint}")
        return dropped

    def _judge_labels(self, seen: list[Any]) -> None:
        """Refuse a choice of the positive label that makes no sense, of what is seen in which column."""
        found: set[Any] = set()
        for column in (self.label, *self.scores) if self.positive is not None else ():
            found |= {label for name, label in seen if name == column}
            if len(found) > 2 or (len(found) == 2 and self.positive not in found):
                where = f"column {self.label!r}" + (f" or {column!r}" if column != self.label else "")
                raise ValueError(
                    f"positive={self.positive!r} is one label of two, but {where} holds "
                    f"{sorted(found, key=str)[:8]}{' and more' if len(found) > 8 else ''}."
                )

    def reduce(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Reduce the pieces of one part, or of several."""
        return told(self._reduce(pieces))

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
            names, bound, rows = joined_rows(data)
            return rows_to_bytes(names, rows, self.sampled, bound)
        return data[0] if len(data) == 1 else MERGE[kind](data)

    def _ranges(self, score: int, place: int, pieces: list[Piece]) -> Iterator[Piece]:
        wants = any(metric.name == AREAS[1] for metric in self.metrics)
        slices: dict[tuple[int, str], list[Piece]] = defaultdict(list)
        for piece in pieces:
            for one in slices_of(piece.cell):
                slices[one].append(piece)
        above: dict[tuple[int, str], list[Any]] = defaultdict(lambda: [0, 0])
        for (own, cell, label), amounts in self.above.items():
            if own == score and wants:
                for one in slices_of(cell):
                    above[one][label != self.up] += amounts[place]
        for one, some in sorted(slices.items()):
            ups, downs = ([p.data for p in some if (p.label == self.up) == up] for up in (True, False))
            over = above[one]
            part = ranges.reduce(ups, downs, (over[0], over[1]), precision=wants)
            yield Piece(0, "part", score, place, json.dumps(one), "", 0, 0.0, part_to_bytes(part))

    def finish(self, pieces: Iterable[Piece]) -> Finished:
        """Put together what came back."""
        return Finished(self, list(pieces))


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
    if name in AREAS:
        if params.keys() - {"pos_label"} or (params and positive is not None):
            raise ValueError(f"{title} is not computed here: of two labels, name the positive one with positive=.")
        return Metric(title, name, params, "area", -1)
    if name in GAINS:
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
    if paired and name == "hinge_loss":
        # It takes the greater label that it sees for positive: of a partition's rows, maybe the wrong one.
        raise ValueError("hinge_loss is evaluated here, but not compared: call trueval.inference.compare.")
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
