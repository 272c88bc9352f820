"""Constant memory: reliability diagrams, and the calibration errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import calibration
from .._validation.arrays import SampleWeights, check_consistent_length, column_or_1d, floats
from .._validation.probabilities import (
    NOT_PROBABILITIES,
    check_probabilities,
    improper_rows,
    measured_probabilities,
    positive_of_probabilities,
    warn_unless_sorted,
)
from ..calibration import Bins
from ..exceptions import warn
from ._binned import BinaryState
from ._probabilities import ClassState
from ._state import Array, Exported, backend, weights_of
from ._sums import Floats, Total


class Reliability(NamedTuple):
    """A reliability diagram: what was forecast and what happened, bin by bin.

    Attributes
    ----------
    edges : ndarray of shape (bins + 1,)
        A bin holds the probabilities above its left edge, up to its right one; the first one holds 0, too.
    weights : ndarray of shape (bins,)
        Rows in each bin, or their weight.
    forecast, observed : ndarray of shape (bins,)
        Mean probability, and share of positives; NaN in an empty bin.
    expected_error, largest_error : float
        Mean and largest absolute difference of these two over the bins, the former weighted by `weights`.
    """

    edges: Floats
    weights: Floats
    forecast: Floats
    observed: Floats
    expected_error: float
    largest_error: float


class CalibrationState(BinaryState):
    """State of a reliability diagram."""

    kind = "calibration"

    def _clear(self) -> None:
        super()._clear()
        bins = int(self.params["bins"])
        self._edges = calibration.edges_of(bins)
        # Rows, or their weights, of each label and bin.
        self._amounts = Total(2 * bins)
        self._scores = Total(bins)

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        check_consistent_length(y_true, y_pred, weight)
        target, dtype = self._check_labels(y_true)
        proba, low, high = measured_probabilities(y_pred)
        proba = floats(column_or_1d(proba)).reshape(-1)
        if high > 1 or low < 0:
            raise ValueError(f"y_prob must be probabilities, got values from {low} to {high}.")
        weights = weights_of(weight, proba.size)
        values = calibration.weights_of(weights)
        places = self._places_of_labels(target, dtype)
        bins = self._edges.size - 1
        amounts = np.zeros((2, bins))
        rest = forecast = np.zeros(bins)
        for place, code in zip(places.tolist(), target.facts()[1].tolist(), strict=True):
            if values is None and place != places[0]:
                amounts[place] = rest  # a whole number of rows
                continue
            total, observed, forecast = backend().reliability(target.codes, code, proba, values, self._edges[1:-1])
            amounts[place], rest = observed, total - observed
        self._amounts.add(amounts.reshape(-1))
        self._scores.add(forecast)
        self._weighing.add(weights)
        self.n += proba.size

    def _merge(self, other: CalibrationState) -> None:
        places = self._merge_labels(other).tolist()
        order = [*places, *(place for place in (0, 1) if place not in places)][:2]
        bins = self._edges.size - 1
        to = np.concatenate([np.arange(place * bins, (place + 1) * bins) for place in order])
        back = np.argsort(to)
        moved = Total(2 * bins)
        moved.high, moved.low = other._amounts.high[back], other._amounts.low[back]
        self._amounts.merge(moved)
        self._scores.merge(other._scores)
        self._weighing.merge(other._weighing)
        self.n += other.n

    def bins(self) -> Bins:
        """Return what is in the bins of all rows."""
        self._weighing.refuse_zero()
        target = self._target()
        positive = positive_of_probabilities(target, self.params.get("pos_label"))
        table = self._amounts.value.reshape(2, -1)
        place = self._place(target, positive)
        total: Floats = table.sum(axis=0)
        return Bins(total, np.zeros(total.size) if place is None else table[place], self._scores.value)

    def _compute(self) -> Reliability:
        bins = self.bins()
        used = bins.total != 0
        forecast, observed = (
            np.divide(part, bins.total, out=np.full(bins.total.size, np.nan), where=used)
            for part in (bins.forecast, bins.observed)
        )
        return Reliability(
            self._edges.copy(), bins.total, forecast, observed, bins.expected_error(), bins.maximum_error()
        )

    def _export(self) -> Exported:
        return {**self._export_labels(), "amounts": self._amounts.export(), "scores": self._scores.export()}

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._import_labels(exported)
        amounts = np.asarray(exported["amounts"])
        if amounts.shape != (2, self._amounts.high.size):
            raise ValueError(f"state_dict must be one of {self._edges.size - 1} bins, got {amounts.shape[-1] // 2}.")
        self._amounts = Total.of(amounts)
        self._scores = Total.of(np.asarray(exported["scores"]))

    def _size(self) -> int:
        return 56 * self._edges.size


class CalibrationErrorState(ClassState):
    """State of a calibration error: bins of the probabilities of one label, by label, or of the highest of several."""

    kind = "calibration_error"

    def _clear(self) -> None:
        super()._clear()
        bins = int(self.params.get("n_bins", 15))
        params = {"bins": bins}
        if "pos_label" in self.params:
            params["pos_label"] = self.params["pos_label"]
        self._diagram = CalibrationState("calibration", params)
        self._tops = Total(3 * bins)

    def _may_wait(self, y_true: Any, y_pred: Any) -> bool:
        return False

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        check_consistent_length(y_true, y_pred, weight)
        proba = measured_probabilities(y_pred)[0]
        weights = weights_of(weight, len(proba))
        calibration.weights_of(weights)  # refuses negative ones
        columns = 1 if proba.ndim == 1 else int(proba.shape[1])
        calibration.refuse_parameters(columns, self.params.get("pos_label"), self.params.get("labels"))
        if columns > 1:
            super()._update(y_true, y_pred, weight)
            return
        self._fits(1, False)
        self._diagram._update(y_true, y_pred, weight)
        self._columns = 1
        self._weighing.add(weights)
        self.n += len(proba)

    def _take(self, y_true: Any, y_pred: Any, weights: SampleWeights | None, classes: Array) -> None:
        inputs = check_probabilities(y_true, measured_probabilities(y_pred), None, classes)
        edges = self._diagram._edges[1:-1]
        self._tops.add(np.concatenate(calibration.binned_classes(inputs._replace(weights=weights), edges)))
        self._improper += improper_rows(inputs.proba, inputs.dtype)

    def _merge(self, other: Any) -> None:
        if other._columns == 1:
            self._fits(1, False)
            self._diagram.merge(other._diagram)
            self._columns = 1
            self._weighing.merge(other._weighing)
            self.n += other.n
            return
        super()._merge(other)
        self._tops.merge(other._tops)

    def _compute(self) -> float:
        if self._waiting:
            return float(super()._compute())
        self._weighing.refuse_zero()
        if self._columns == 1:
            bins = self._diagram.bins()
        else:
            named = self._named()
            if named is not None:
                warn_unless_sorted(named, self.params["labels"])
            if self._improper:
                warn(NOT_PROBABILITIES)
            bins = Bins(*self._tops.value.reshape(3, -1))
        return bins.expected_error() if self.name == "expected_calibration_error" else bins.maximum_error()

    def _export(self) -> Exported:
        return {**super()._export(), "tops": self._tops.export(), "diagram": self._diagram.state_dict()}

    def _import(self, exported: Mapping[str, Any]) -> None:
        super()._import(exported)
        tops = np.asarray(exported["tops"])
        if tops.shape != (2, self._tops.high.size):
            raise ValueError(f"state_dict must be one of {self._tops.high.size // 3} bins, got {tops.shape[-1] // 3}.")
        self._tops = Total.of(tops)
        self._diagram.load_state_dict(exported["diagram"])

    def _size(self) -> int:
        return super()._size() + 16 * self._tops.high.size + self._diagram.nbytes
