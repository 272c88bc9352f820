"""The last step of a job: what came back becomes a table of results."""

from __future__ import annotations

import json
import math
import warnings
from collections import defaultdict
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import trueval
from trueval import inference, streaming
from trueval.streaming import ranges

from ._pieces import (
    AREAS,
    Metric,
    Piece,
    joined_rows,
    merged_counts,
    merged_moments,
    merged_states,
    part_of_bytes,
    slices_of,
)

if TYPE_CHECKING:
    from ._frames import Job


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


class Finished:
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
                self.parts[piece.score, (place, value)][piece.place] = part_of_bytes(piece.data)
            elif piece.kind != "note":
                for one in slices_of(piece.cell):
                    if piece.kind == "size":
                        self.sizes[one] += piece.rows
                    else:
                        self.found[piece.kind, piece.score, piece.place, one].append(piece.data)
        if not self.sizes:
            raise ValueError(f"there are no rows to evaluate{' that are complete' if self.dropped else ''}.")
        for score in range(len(job.scores) if job.ranked else 0):
            part = self.part(score, (-1, ""))
            if job.weight:
                if not part.ups + part.downs:
                    raise ValueError("Sample weights must contain at least one non-zero number.")
                continue
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
            of = ranges.area if metric.name == AREAS[0] else ranges.precision
            return of(part), self.sizes[one]
        data = self.found["state", score, metric.slot, one]
        if not data:
            return math.nan, 0
        state = streaming.from_bytes(merged_states(data))
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
                        error = ranges.standard_error(part) if metric.name == AREAS[0] else None
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
        table = json.loads(merged_counts(self.found["counts", 0, 0, one]))
        # Sorted, since replicates of a randomization test depend on the order.
        cells = sorted((json.loads(key) for key in table), key=json.dumps)
        true, base, tuned = (np.array([cell[i] for cell in cells]) for i in range(3))
        counts = np.array([table[json.dumps(cell)] for cell in cells], np.int64)
        return inference.compare_counts(metric.name, true, base, tuned, counts, rng=rng, **options, **metric.params)

    def _of_means(self, metric: Metric, one: Any, values: Any, options: Any) -> inference.Comparison:
        data = self.found["moments", 0, metric.slot, one]
        if not data:
            return inference.compare_estimates(math.nan, math.nan, math.nan, 0, method="t", **options)
        moments = inference.PairedMoments.from_array(np.frombuffer(merged_moments(data)))
        return moments.compare(values=values, **options)

    def _of_areas(
        self, metric: Metric, one: Any, values: tuple[float, float], options: Any
    ) -> tuple[inference.Comparison, int | None]:
        names, _, rows = joined_rows(self.found["rows", 0, 0, one])
        rows = rows[np.argsort(rows, order=("hash", "base", "tuned", "label"))]
        positive = self.job.positive
        ups = [
            place
            for place, name in enumerate(names)
            if (json.loads(name) == positive if positive is not None else name == self.job.up)
        ]
        y = np.isin(rows["label"], ups).view(np.uint8)
        method = "delong" if metric.name == AREAS[0] else "normal"
        n, error = self.sizes[one], math.nan
        n_ups = int(y.sum())
        if all(map(math.isfinite, values)) and n_ups > 0 and (n_ups < y.size or metric.name != AREAS[0]):
            weight = np.ascontiguousarray(rows["weight"]) if self.job.weight else None
            scores = [np.ascontiguousarray(rows[name]) for name in ("base", "tuned")]
            sample = inference.compare(metric.name, y, *scores, sample_weight=weight, method=method)
            error = sample.standard_error * math.sqrt(y.size / n)
        found = inference.compare_estimates(*values, error, n, method=method, **options)
        return found, None if y.size == n else int(y.size)


def _sorting(value: str) -> Any:
    loaded = json.loads(value) if value else ""
    return (isinstance(loaded, str), loaded if isinstance(loaded, (str, int)) else "")
