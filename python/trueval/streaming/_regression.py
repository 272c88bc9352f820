"""States of metrics of predicted numbers: sums, or spreads about a mean, of each output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._averaging import average_outputs, explained_fraction
from .._validation.arrays import FLOATS, SampleWeights, as_numpy, check_consistent_length, require_finite
from .._validation.regression import Regression, _check_multioutput, _common_float, check_differences, check_regression
from ..exceptions import warn
from ..regression._inputs import one_output, with_parameter
from ..regression.deviances import require_domain
from ..regression.relative import _require_logarithms
from ._runs import Store, distributions, quantile
from ._state import Exported, PairState, backend, finite, weights_of
from ._sums import Floats, Total, accurate_sum, column_sums

Kernel = Callable[[Any, Any, Any], Any]

# Metrics whose parts do not add up where weights are below zero, and why.
_ABOUT_A_MEAN = ("r2_score", "explained_variance_score", "d2_tweedie_score")


def _epsilon(inputs: Regression) -> float:
    return float(inputs.read.type(np.finfo(np.float64).eps))


def _power(name: str, params: Mapping[str, Any]) -> float:
    return {"mean_poisson_deviance": 1.0, "mean_gamma_deviance": 2.0}.get(name, float(params.get("power", 0)))


class Spread:
    """Values of each output about their mean: a number near them all, the weighted sum of what they are above it,
    and the weighted sum of their squared (or other) deviations from the mean.

    Two of them merge after Chan, Golub and LeVeque (1983): to the deviations from the own means are added those of the
    means from the joint one. Sums about a number near the values do not cancel, and are exactly 0 for equal values.
    """  # noqa: D205

    def __init__(self, outputs: int) -> None:
        self.weight = 0.0
        self.near = np.zeros(outputs)
        self.above = Total(outputs)
        self.deviations = Total(outputs)

    def mean(self) -> Floats:
        return np.asarray(self.near + self.above.value / self.weight)

    def add(self, values: Floats, weight: Floats | None, total: float, deviations: Any, distance: Any = None) -> None:
        """Add rows whose `deviations` from their own mean are known."""
        if total == 0.0:
            return
        part = Spread(values.shape[1])
        part.near = self.near if self.weight else values[0].astype(np.float64)
        part.weight = total
        part.above.add(column_sums(values - part.near, weight))
        part.deviations.add(deviations)
        self.merge(part, distance)

    def merge(self, other: Spread, distance: Any = None) -> None:
        """Add other rows. `distance(y, m)` is the deviation of a mean y from another, by default its square."""
        if not other.weight:
            return
        if not self.weight:
            self.weight, self.near = other.weight, other.near.copy()
            self.above.merge(other.above)
            self.deviations.merge(other.deviations)
            return
        with np.errstate(over="ignore", invalid="ignore"):
            weight = self.weight + other.weight
            self.deviations.merge(other.deviations)
            if distance is None:
                apart = (self.near - other.near) + (self.above.value / self.weight - other.above.value / other.weight)
                self.deviations.add(apart * apart * (self.weight * (other.weight / weight)))
                self._shift(other)
            else:
                means = self.mean(), other.mean()
                weights = self.weight, other.weight
                self._shift(other)
                self.weight = weight
                joint = self.mean()
                for mean, own in zip(means, weights, strict=True):
                    self.deviations.add(own * distance(mean, joint))
            self.weight = weight

    def _shift(self, other: Spread) -> None:
        self.above.merge(other.above)
        self.above.add(other.weight * (other.near - self.near))

    def export(self) -> Exported:
        return {
            "weight": self.weight,
            "near": self.near,
            "above": self.above.export(),
            "deviations": self.deviations.export(),
        }

    @classmethod
    def of(cls, exported: Mapping[str, Any]) -> Spread:
        near = np.asarray(exported["near"])
        spread = cls(near.size)
        spread.weight, spread.near = float(exported["weight"]), near
        spread.above = Total.of(np.asarray(exported["above"]))
        spread.deviations = Total.of(np.asarray(exported["deviations"]))
        return spread


class _Outputs(PairState):
    """What the states of regression metrics share: the number of outputs, and the dtype of results."""

    def _may_wait(self, y_true: Any, y_pred: Any) -> bool:
        return (
            self._outputs in (None, 1)
            and y_true.dtype == y_pred.dtype
            and not ("deviance" in self.name or "log" in self.name or "tweedie" in self.name)
            and finite(y_true)
            and finite(y_pred)
        )

    def _clear(self) -> None:
        self._outputs: int | None = None
        self._read: np.dtype[Any] | None = None
        self._dtype: np.dtype[Any] | None = None

    def _fits(self, outputs: int) -> None:
        if self._outputs not in (None, outputs):
            raise ValueError(
                f"y_true and y_pred must have as many outputs in all updates: got {outputs} after {self._outputs}."
            )

    def _note(self, outputs: int, read: np.dtype[Any], dtype: np.dtype[Any]) -> None:
        self._outputs = outputs
        self._read = read if self._read is None else np.result_type(self._read, read)
        self._dtype = dtype if self._dtype is None else np.result_type(self._dtype, dtype)

    def _merge_outputs(self, other: _Outputs) -> None:
        if other._outputs is not None and other._read is not None and other._dtype is not None:
            self._fits(other._outputs)
            self._note(other._outputs, other._read, other._dtype)
        self._weighing.merge(other._weighing)
        self.n += other.n

    def _export_outputs(self) -> Exported:
        return {
            "outputs": self._outputs,
            "read": None if self._read is None else self._read.str,
            "dtype": None if self._dtype is None else self._dtype.str,
        }

    def _import_outputs(self, exported: Mapping[str, Any]) -> None:
        self._outputs = exported["outputs"]
        read, dtype = exported["read"], exported["dtype"]
        self._read = None if read is None else np.dtype(read)
        self._dtype = None if dtype is None else np.dtype(dtype)

    @property
    def _result_dtype(self) -> np.dtype[Any]:
        return self._dtype or np.dtype(np.float64)

    def _multioutput(self) -> Any:
        return _check_multioutput(self.params.get("multioutput", "uniform_average"), self._outputs or 1)

    def _too_short(self, score: str) -> bool:
        if self.n >= 2:
            return False
        warn(f"{score} score is not well-defined with less than two samples.", "UndefinedMetricWarning")
        return True

    def _inputs(self, y_true: Any, y_pred: Any, weight: Any) -> tuple[Regression, SampleWeights | None, bool]:
        """Check inputs; return them without weights, the weights, and whether they are still to be scanned for NaN."""
        if weight is None:
            quick = _quick(y_true, y_pred)
            if quick is not None:
                return quick, None, True
        check_consistent_length(y_true, y_pred, weight)
        read = _common_float(y_true, y_pred, weight)
        if weight is not None and read.itemsize < _common_float(y_true, y_pred).itemsize:
            # Integers beside narrow weights are read as narrow, too.
            y_true, y_pred = as_numpy(y_true, read), as_numpy(y_pred, read)
        inputs = check_regression(y_true, y_pred, None, None)
        weights = weights_of(weight, inputs.true.shape[0])
        if weights is not None:
            of_weights = read if read in FLOATS[:2] else FLOATS[0]
            inputs = inputs._replace(read=read, dtype=np.result_type(read, of_weights))
        return inputs, weights, False


def _quick(y_true: Any, y_pred: Any) -> Regression | None:
    """Take vectors of one float dtype, which need no conversion; None for others."""
    if type(y_true) is not np.ndarray or type(y_pred) is not np.ndarray:
        return None
    dtype = y_true.dtype
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or y_pred.dtype != dtype or dtype.char not in "fd":
        return None
    if not (dtype.isnative and y_true.flags.c_contiguous and y_pred.flags.c_contiguous):
        return None
    if not (y_true.flags.aligned and y_pred.flags.aligned):
        return None
    nan = float("nan")
    return Regression(y_true.reshape(-1, 1), y_pred.reshape(-1, 1), (nan, nan), None, None, dtype, dtype)


class ErrorState(_Outputs):
    """State of a mean of errors, of a fraction of them that is explained, or of the largest."""

    kind = "errors"

    def _clear(self) -> None:
        super()._clear()
        self._total: Total | None = None
        self._spreads: list[Spread] = []

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        if self.name == "max_error":
            if weight is not None:
                raise TypeError("max_error takes no sample_weight.")
            self._update_largest(y_true, y_pred)
            return
        inputs, weights, unscanned = self._inputs(y_true, y_pred, weight)
        outputs = inputs.true.shape[1]
        self._fits(outputs)
        deviance = "deviance" in self.name or self.name == "d2_tweedie_score"
        if unscanned and (deviance or "log" in self.name):
            lows = (require_finite(inputs.true)[0], require_finite(inputs.pred)[0])
            inputs, unscanned = inputs._replace(lows=lows), False
        if deviance:
            one_output(inputs, "d2_tweedie_score" if self.name == "d2_tweedie_score" else "mean_tweedie_deviance")
            require_domain(inputs, self.params.get("power", _power(self.name, self.params)))
        if "squared_log" in self.name:
            titles = {True: "Root Mean Squared Logarithmic Error", False: "Mean Squared Logarithmic Error"}
            _require_logarithms(inputs, titles[self.name.startswith("root")])
        if weights is not None and weights.low < 0.0 and self.name in _ABOUT_A_MEAN:
            raise ValueError(
                f"sample_weight must not be negative in a state of {self.name}, got {weights.low}: spreads about a "
                "mean do not merge then. Call the function on all rows."
            )
        sums, parts = self._sums(inputs, weights)
        if unscanned and not np.isfinite(sums).all():
            require_finite(inputs.true)
            require_finite(inputs.pred)
        if self._total is None:
            self._total = Total(outputs)
            self._spreads = [Spread(outputs) for _ in parts]
        self._total.add(sums)
        total = float(inputs.true.shape[0]) if weights is None else accurate_sum(weights.values)
        for spread, (values, deviations) in zip(self._spreads, parts, strict=True):
            spread.add(values, None if weights is None else weights.values, total, deviations, self._distance())
        self._note(outputs, inputs.read, inputs.dtype)
        self._weighing.add(weights)
        self.n += inputs.true.shape[0]

    def _update_largest(self, y_true: Any, y_pred: Any) -> None:
        inputs = check_differences(y_true, y_pred, None, None)
        one_output(inputs, "max_error")
        largest = backend().max_error(inputs.true, inputs.pred)
        if self._total is None:
            self._total = Total(1)
        self._total.high = np.maximum(self._total.high, largest)
        self._note(1, inputs.read, inputs.dtype)
        self._weighing.add(None)
        self.n += inputs.true.shape[0]

    def _distance(self) -> Any:
        if self.name != "d2_tweedie_score" or float(self.params.get("power", 0)) == 0.0:
            return None
        power = float(self.params["power"])

        def distance(mean: Floats, joint: Floats) -> Any:
            return backend().tweedie_deviance(mean.reshape(1, -1), joint.reshape(1, -1), None, power)

        return distance

    def _sums(
        self, inputs: Regression, weights: SampleWeights | None
    ) -> tuple[Floats, list[tuple[NDArray[Any], Floats]]]:
        """Sum of the errors of each output; and values about whose mean there are deviations, with these."""
        weight = None if weights is None else weights.values
        if self.name in _ABOUT_A_MEAN and weights is not None and weights.high == 0.0:
            zero = np.zeros(inputs.true.shape[1])
            return zero, [(inputs.true, zero)] * (2 if self.name == "explained_variance_score" else 1)
        with np.errstate(invalid="ignore", over="ignore"):
            if self.name == "r2_score":
                residual, total = backend().explained_sums(inputs.true, inputs.pred, weight)
                return residual, [(inputs.true, total)]
            if self.name == "explained_variance_score":
                residual, total = backend().explained_variances(inputs.true, inputs.pred, weight)
                apart = np.subtract(inputs.true, inputs.pred, dtype=np.float64)
                return residual, [(inputs.true, total), (apart, residual)]
            if self.name == "d2_tweedie_score":
                power = float(self.params.get("power", 0))
                loss, own = backend().explained_deviance(inputs.true, inputs.pred, weight, power)
                amount = float(inputs.true.shape[0]) if weight is None else accurate_sum(weight)
                # Where all are 0, nothing deviates; the formula is 0 times infinity.
                own = own if inputs.true.any() else np.zeros_like(own)
                return loss * amount, [(inputs.true, own * amount)]
            return self._error_sums(inputs, weights), []

    def _error_sums(self, inputs: Regression, weights: SampleWeights | None) -> Floats:
        kernel = self._kernel(inputs)
        n, outputs = inputs.true.shape
        if weights is None:
            return np.asarray(kernel(inputs.true, inputs.pred, None) * float(n))
        if weights.low == weights.high == 0.0:
            return np.zeros(outputs)
        if weights.low >= 0.0:
            return np.asarray(kernel(inputs.true, inputs.pred, weights.values) * accurate_sum(weights.values))
        # Weights of both signs may add up to nothing, and a mean would be over that: rows stand for outputs.
        rows = kernel(inputs.true.reshape(1, -1), inputs.pred.reshape(1, -1), None)
        return column_sums(np.asarray(rows, dtype=np.float64).reshape(n, outputs), weights.values)

    def _kernel(self, inputs: Regression) -> Kernel:
        name, params = self.name, self.params
        if name in ("mean_squared_error", "root_mean_squared_error"):
            return backend().squared_error
        if name == "mean_absolute_error":
            return backend().absolute_error
        if name in ("mean_squared_log_error", "root_mean_squared_log_error"):
            return backend().squared_log_error
        if name == "mean_absolute_percentage_error":
            epsilon = _epsilon(inputs)
            return lambda true, pred, weight: backend().absolute_percentage_error(true, pred, weight, epsilon)
        if name == "mean_pinball_loss":
            alpha = float(params.get("alpha", 0.5))
            return lambda true, pred, weight: backend().pinball_loss(true, pred, weight, alpha)
        power = _power(name, params)
        return lambda true, pred, weight: backend().tweedie_deviance(true, pred, weight, power)

    def _merge(self, other: ErrorState) -> None:
        if self._outputs is not None and other._outputs is not None:
            self._fits(other._outputs)
        if other._total is not None:
            if self._total is None:
                self._total = Total(other._total.high.size)
                self._spreads = [Spread(spread.near.size) for spread in other._spreads]
            if self.name == "max_error":
                self._total.high = np.maximum(self._total.high, other._total.high)
            else:
                self._total.merge(other._total)
            for spread, own in zip(self._spreads, other._spreads, strict=True):
                spread.merge(own, self._distance())
        self._merge_outputs(other)

    def _compute(self) -> Any:
        name, params, dtype = self.name, self.params, self._result_dtype
        if self._total is None:
            raise RuntimeError(f"The state of {name} has rows and no sums.")
        total = self._total.value
        if name == "max_error":
            return float(total[0])
        if name in _ABOUT_A_MEAN:
            self._weighing.refuse_zero()
            multioutput = self._multioutput() if name != "d2_tweedie_score" else None
            if name != "explained_variance_score" and self._too_short("R^2" if name == "r2_score" else "D^2"):
                return float("nan")
            spread = self._spreads[0].deviations.value
            if name == "d2_tweedie_score":
                return 1 - float(total[0]) / float(spread[0])
            residual = total if name == "r2_score" else self._spreads[1].deviations.value
            return explained_fraction(residual, spread, multioutput, params.get("force_finite", True), dtype)
        multioutput = params.get("multioutput", "uniform_average")
        if name != "root_mean_squared_error":
            multioutput = self._multioutput()
        self._weighing.refuse_zero_total()
        with np.errstate(all="ignore"):
            errors = total / self._weighing.amount(self.n)
        if "deviance" in name:
            return float(errors[0])
        if name.startswith("root"):
            errors = np.sqrt(errors)
        if name == "mean_pinball_loss":
            dtype = with_parameter(dtype, params.get("alpha", 0.5))
        return average_outputs(errors, multioutput, dtype)

    def _export(self) -> Exported:
        return {
            **self._export_outputs(),
            "total": None if self._total is None else self._total.export(),
            "spreads": [spread.export() for spread in self._spreads],
        }

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._import_outputs(exported)
        total = exported["total"]
        self._total = None if total is None else Total.of(np.asarray(total))
        self._spreads = [Spread.of(spread) for spread in exported["spreads"]]

    def _size(self) -> int:
        return 64 * (self._outputs or 1)


class QuantileState(_Outputs):
    """State of a metric that needs a quantile: of the errors, or of the truth. The numbers are kept in runs."""

    kind = "quantiles"

    def _clear(self) -> None:
        super()._clear()
        self._store = Store(self.memory_limit)
        self._loss: Total | None = None

    @property
    def _alpha(self) -> float:
        return float(self.params.get("alpha", 0.5))

    def _update(self, y_true: Any, y_pred: Any, weight: Any) -> None:
        if self.name == "median_absolute_error":
            check_consistent_length(y_true, y_pred, weight)
            inputs = check_differences(y_true, y_pred, None, None)
            weights = weights_of(weight, inputs.true.shape[0])
        else:
            inputs, weights, unscanned = self._inputs(y_true, y_pred, weight)
            if unscanned:
                require_finite(inputs.true)
                require_finite(inputs.pred)
        n, outputs = inputs.true.shape
        self._fits(outputs)
        if weights is not None and weights.low < 0.0:
            raise ValueError(
                f"sample_weight must not be negative in a state of {self.name}, got {weights.low}: there is no "
                "quantile then. Call the function on all rows."
            )
        values: NDArray[Any] = inputs.true
        if self.name == "median_absolute_error":
            with np.errstate(over="ignore"):
                values = np.abs(np.subtract(inputs.true, inputs.pred, dtype=np.float64))
        elif weights is None or weights.high > 0.0:
            loss = backend().pinball_loss(
                inputs.true, inputs.pred, None if weights is None else weights.values, self._alpha
            )
            if self._loss is None:
                self._loss = Total(outputs)
            self._loss.add(loss * (float(n) if weights is None else accurate_sum(weights.values)))
        kept = None if weights is None or weights.low > 0.0 else weights.values != 0
        for column in range(outputs):
            own = np.ascontiguousarray(values[:, column] if kept is None else values[kept, column])
            amounts = None
            if weights is not None:
                amounts = weights.values if kept is None else weights.values[kept]
            self._store.add((column, 0), own, amounts)
        self._note(outputs, inputs.read, inputs.dtype)
        self._weighing.add(weights)
        self.n += n

    def _merge(self, other: QuantileState) -> None:
        if self._outputs is not None and other._outputs is not None:
            self._fits(other._outputs)
        self._store.merge(other._store, {group: group for group in {*other._store.buffers, *other._store.runs}})
        if other._loss is not None:
            if self._loss is None:
                self._loss = Total(other._loss.high.size)
            self._loss.merge(other._loss)
        self._merge_outputs(other)

    def _compute(self) -> Any:
        outputs = self._outputs or 1
        multioutput = self._multioutput()
        self._weighing.refuse_zero()
        total = self._weighing.amount(self.n)
        read = self._read or np.dtype(np.float64)
        slack = float(np.finfo(read).eps)
        if self.name == "median_absolute_error":
            medians = [quantile(self._store, [(column, 0)], 0.5, slack, total) for column in range(outputs)]
            return average_outputs(np.array(medians), multioutput, self._result_dtype)
        if self._too_short("D^2"):
            return float("nan")
        alpha: Any = self.params.get("alpha", 0.5)
        share = float(alpha * 100) / 100
        baselines = []
        for column in range(outputs):
            best = quantile(self._store, [(column, 0)], share, slack, total)
            loss = Total(1)
            for numbers, amounts in distributions(self._store, [(column, 0)]):
                apart = numbers - best
                loss.add(accurate_sum(amounts * np.where(apart >= 0, self._alpha * apart, (self._alpha - 1) * apart)))
            baselines.append(float(loss.value[0]))
        losses = np.zeros(outputs) if self._loss is None else self._loss.value
        dtype = with_parameter(self._result_dtype, alpha)
        return explained_fraction(losses / total, np.array(baselines) / total, multioutput, True, dtype)

    def _export(self) -> Exported:
        return {
            **self._export_outputs(),
            "loss": None if self._loss is None else self._loss.export(),
            **self._store.export(),
        }

    def _import(self, exported: Mapping[str, Any]) -> None:
        self._import_outputs(exported)
        loss = exported["loss"]
        self._loss = None if loss is None else Total.of(np.asarray(loss))
        self._store.load(exported)

    def _size(self) -> int:
        return self._store.nbytes + 64 * (self._outputs or 1)
