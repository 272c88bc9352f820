"""States of means of one value for each token, question or query, of functions that take no weights."""

from __future__ import annotations

import operator
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._tensors import from_library
from .._validation.logits import refuse_none
from ..language import losses_of, perplexity_of
from ..retrieval.metrics import judged, warn_undefined
from ._state import Exported, State, function_of
from ._sums import Floats, Total, accurate_sum


class _MeanState(State):
    """A sum and the number of its terms."""

    def _clear(self) -> None:
        self._total = Total(1)
        self._terms = 0

    def _gather(self, values: Floats) -> None:
        """Add values; those that are undefined are NaN, and left out."""
        unknown = np.isnan(values)
        known = values[~unknown] if unknown.any() else values
        self._total.add(accurate_sum(known))
        self._terms += known.size

    def _merge(self, other: _MeanState) -> None:
        self._total.merge(other._total)
        self._terms += other._terms
        self.n += other.n

    def _sum(self) -> float:
        return float(self._total.value[0])

    def _compute(self) -> float:
        return self._sum() / self._terms

    def _export(self) -> Exported:
        return {"total": self._total.export(), "terms": self._terms}

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._total, self._terms = Total.of(np.asarray(exported["total"])), int(exported["terms"])

    def _size(self) -> int:
        return 64


class TokenState(_MeanState):
    """State of a loss of a language model."""

    kind, unit = "tokens", "tokens"

    def _ignored(self) -> int | None:
        ignored = self.params.get("ignore_index", -100)
        return None if ignored is None else operator.index(ignored)

    def update(self, y_true: Any, logits: Any) -> TokenState:
        """Add rows.

        Parameters
        ----------
        y_true : array-like of shape (...,)
            Columns of the true classes. There may be none that counts, so long as one of another update does.
        logits : array-like of shape (..., n_classes)

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ValueError, TypeError
            As `trueval.language.cross_entropy` does. The state is then as it was.
        """
        # Logits of 16 bits are read as they are.
        return self._add(from_library(y_true), logits)

    def _update(self, y_true: Any, logits: Any) -> None:
        losses, _, rows = losses_of(y_true, logits, self._ignored(), some=False)
        self._gather(losses)
        self.n += rows

    def _compute(self) -> float:
        if not self._terms:
            refuse_none(self.n, self._ignored())
        if self.params.get("aggregate") == "sum":
            return self._sum()
        loss = self._sum() / self._terms
        return perplexity_of(loss) if self.name == "perplexity" else loss


class AnswerState(_MeanState):
    """State of a mean over questions."""

    kind, unit = "answers", "questions"

    def update(self, references: Any, predictions: Any) -> AnswerState:
        """Add questions.

        Parameters
        ----------
        references, predictions : sequence
            As the function of the metric takes them. No questions at all are fine.

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ValueError, TypeError
            As the function of the metric does. The state is then as it was.
        """
        return self._add(references, predictions)

    def _update(self, references: Any, predictions: Any) -> None:
        values = function_of(self.name)(references, predictions, aggregate=None)
        self._gather(values)
        self.n += values.size


class QueryState(_MeanState):
    """State of a mean over queries, all of whose documents come at once: those that were seen are known."""

    kind, unit = "queries", "documents"

    def _clear(self) -> None:
        super()._clear()
        self._seen: set[Any] = set()

    def update(self, relevance: Any, scores: Any, group: Any) -> QueryState:
        """Add queries, with all of their documents.

        Parameters
        ----------
        relevance, scores, group : array-like of shape (n_documents,)
            As the function of the metric takes them. No documents at all are fine.

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ValueError
            For a query of which documents came in another update, here or in a state that was merged, and as the
            function of the metric does. The state is then as it was.
        TypeError
            As the function of the metric does.
        """
        return self._add(*map(from_library, (relevance, scores, group)))

    def _update(self, relevance: Any, scores: Any, group: Any) -> None:
        params = {key: value for key, value in self.params.items() if key in ("k", "gain")}
        values, documents = judged(self.name, relevance, scores, group, **params)
        queries = set(documents.queries())
        self._refuse_seen(queries)
        self._gather(values)
        self._seen |= queries
        self.n += documents.group.size

    def _merge(self, other: Any) -> None:
        self._refuse_seen(other._seen)
        self._seen |= other._seen
        super()._merge(other)

    def _refuse_seen(self, queries: set[Any]) -> None:
        if not self._seen or not queries:
            return
        one, another = next(iter(self._seen)), next(iter(queries))
        if isinstance(one, str) != isinstance(another, str):
            raise ValueError(
                f"group must hold strings in all updates or integers in all: got {another!r} after {one!r}."
            )
        if not self._seen.isdisjoint(queries):
            both = self._seen & queries
            raise ValueError(
                f"All documents of a query must come in one update: those of query {min(both)!r} come in two"
                f"{f', and so do those of {len(both) - 1} more' if len(both) > 1 else ''}. Split the rows between "
                "queries; a query that is judged anew needs another id in group."
            )

    def _compute(self) -> float:
        if not self._terms:  # areas alone may be undefined
            warn_undefined()
            return float("nan")
        return super()._compute()

    def _export(self) -> Exported:
        queries = sorted(self._seen)
        if queries and isinstance(queries[0], str):
            lengths = np.fromiter(map(len, queries), np.int64, len(queries))
            return {**super()._export(), "queries": "".join(queries), "lengths": lengths}
        small = not queries or (queries[0] >= -(2**63) and queries[-1] < 2**63)
        return {**super()._export(), "queries": np.array(queries, np.int64) if small else queries, "lengths": None}

    def _import(self, exported: Mapping[str, Any]) -> None:
        super()._import(exported)
        queries, lengths = exported["queries"], exported["lengths"]
        if lengths is None:
            self._seen = set(queries if isinstance(queries, list) else queries.tolist())
            return
        ends = np.cumsum(lengths).tolist()
        if not ends or ends[-1] != len(queries):
            raise ValueError("state_dict has queries of other lengths than it says.")
        self._seen = {queries[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)}

    def _size(self) -> int:
        each = 64 if self._seen and isinstance(next(iter(self._seen)), str) else 32
        return super()._size() + sys.getsizeof(self._seen) + each * len(self._seen)
