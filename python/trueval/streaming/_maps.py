"""States of metrics of label maps: the contingency table of all pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._tensors import from_library
from ..segmentation import Table, score_of, tables_of
from ._state import Exported, State
from ._tables import Codes, SquareTable, place_of

_NONE = np.empty(0, np.intp)


class MapState(State):
    """State of a metric of label maps, whose pixels are counted together."""

    kind, unit = "maps", "pixels"

    def _clear(self) -> None:
        self._place: dict[Any, int] = {}
        self._table = SquareTable()

    def update(self, y_true: Any, y_pred: Any) -> MapState:
        """Add label maps.

        Parameters
        ----------
        y_true, y_pred : array-like of one shape, or lists of images
            True and predicted label maps, of shapes that may differ from update to update. No maps at all are fine.

        Returns
        -------
        state : State
            This one.

        Raises
        ------
        ValueError
            As the function of the metric does. The state is then as it was.
        """
        return self._add(from_library(y_true), from_library(y_pred))

    def _update(self, y_true: Any, y_pred: Any) -> None:
        for table in tables_of(y_true, y_pred, self.params.get("ignore_index")):
            self._count(table)
            self.n += table.pixels

    def _count(self, table: Table) -> None:
        # Labels that only ignored pixels have take no place.
        used = np.unique(np.concatenate([table.rows, table.columns])).tolist()
        places = np.zeros(len(table.names), np.intp)
        places[used] = [self._place.setdefault(table.names[i], len(self._place)) for i in used]
        self._table.add(len(self._place), places[table.rows], places[table.columns], table.values, None)

    def _counted(self) -> Table:
        cells = self._table.cells()
        return Table(list(self._place), *place_of(cells.codes), cells.counts, self.n)

    def _merge(self, other: MapState) -> None:
        self._count(other._counted())
        self.n += other.n

    def _compute(self) -> Any:
        params = self.params
        average = params.get("average", "micro" if self.name == "pixel_accuracy" else "macro")
        return score_of(self.name, [self._counted()], params.get("labels"), average)

    def _export(self) -> Exported:
        cells = self._table.cells()
        return {"labels": list(self._place), "cells": cells.codes, "counts": cells.counts}

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._place = {label: place for place, label in enumerate(exported["labels"])}
        codes: Codes = np.asarray(exported["cells"])
        rows, columns = place_of(codes) if codes.size else (_NONE, _NONE)
        if codes.size and max(rows.max(), columns.max()) >= len(self._place):
            raise ValueError("state_dict has cells of labels that it lacks.")
        self._table.add(len(self._place), rows, columns, np.asarray(exported["counts"]), None)

    def _size(self) -> int:
        return self._table.nbytes + 100 * len(self._place)
