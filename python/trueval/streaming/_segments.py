"""States of scores of translations: sums of what is counted in each segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..translation import score_of_sums, scorer_of, statistics_of
from ._state import Exported, State
from ._sums import Total, column_sums


class SegmentState(State):
    """State of a score of a corpus. All counts but the mean lengths of references are whole, and their sums exact."""

    kind, unit = "segments", "segments"

    def _clear(self) -> None:
        self._sums: Total | None = None

    def _scorer(self) -> Any:
        return scorer_of(self.name, self.params)

    def update(self, references: Any, hypotheses: Any) -> SegmentState:
        """Add segments.

        Parameters
        ----------
        references, hypotheses : sequence
            As `trueval.translation.bleu` takes them. No segments at all are fine.

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ImportError, ValueError, TypeError
            As the function of the metric does. The state is then as it was.
        """
        return self._add(references, hypotheses)

    def _update(self, references: Any, hypotheses: Any) -> None:
        counted = np.array(statistics_of(self._scorer(), references, hypotheses), dtype=np.float64)
        if self._sums is None:
            self._sums = Total(counted.shape[1])
        self._sums.add(column_sums(counted))
        self.n += len(counted)

    def _merge(self, other: SegmentState) -> None:
        if other._sums is not None:
            if self._sums is None:
                self._sums = Total(other._sums.high.size)
            self._sums.merge(other._sums)
        self.n += other.n

    def _compute(self) -> float:
        return score_of_sums(self._scorer(), [] if self._sums is None else self._sums.value.tolist())

    def _export(self) -> Exported:
        return {"sums": None if self._sums is None else self._sums.export()}

    def _import(self, exported: Mapping[str, Any]) -> None:
        sums = exported["sums"]
        self._sums = None if sums is None else Total.of(np.asarray(sums))

    def _size(self) -> int:
        return 0 if self._sums is None else 16 * self._sums.high.size
