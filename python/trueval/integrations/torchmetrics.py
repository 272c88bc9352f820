"""Metrics of torchmetrics that compute with trueval: exact, over any number of batches and processes.

>>> from trueval.integrations.torchmetrics import StateMetric  # doctest: +SKIP
>>> area = StateMetric("roc_auc_score")  # doctest: +SKIP
>>> for preds, target in loader:  # doctest: +SKIP
...     area.update(preds, target)
>>> area.compute()  # doctest: +SKIP
tensor(0.8142, dtype=torch.float64)

What a metric keeps are the bytes of `trueval.streaming` states, in one list of tensors that torchmetrics concatenates
across processes (``dist_reduce_fx="cat"``). So `forward`, `sync`, `merge_state`, checkpoints and `MetricCollection`
treat it as they treat any list, and the value is that of the function for all rows: not a mean of values of batches,
nor from bins. Metrics of labels keep some hundred bytes, errors and losses too; areas keep 8 bytes a row, where
torchmetrics keeps every score and label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from trueval import streaming

__all__ = ["StateMetric"]

if TYPE_CHECKING:
    StateMetric: Any

# Bytes before each state, which hold its length.
_LENGTH = 8
# Bytes up to which states are joined with the one before whatever its size.
_SMALL = 1 << 12


def __getattr__(name: str) -> Any:
    # torch takes seconds to import, and may not be there.
    if name == "StateMetric":
        return globals().setdefault(name, _made())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _states(tensors: Any) -> Iterator[bytes]:
    """Bytes of each state in a list of tensors, or in their concatenation."""
    for tensor in tensors if isinstance(tensors, (list, tuple)) else [tensors]:
        # Of another dtype after `set_dtype`: bytes are exact in each.
        raw = tensor.detach().cpu().byte().numpy().tobytes()
        at = 0
        while at < len(raw):
            length = int.from_bytes(raw[at : at + _LENGTH], "little")
            at += _LENGTH
            yield raw[at : at + length]
            at += length


def _array(x: Any) -> Any:
    """Make an array of a tensor: of dtypes that NumPy lacks, one of float32."""
    if isinstance(x, (list, tuple)) and x and hasattr(x[0], "is_floating_point"):  # images of several sizes
        return [_array(one) for one in x]
    if hasattr(x, "is_floating_point"):
        x = x.detach()
        if x.is_floating_point() and "bfloat" in str(x.dtype):
            x = x.float()
        return x.cpu().numpy()
    return x


def _made() -> Any:
    import torch
    from torchmetrics import Metric

    class StateMetric(Metric):
        """A metric of trueval as a metric of torchmetrics.

        Parameters
        ----------
        name : str
            Name of the function, such as ``'roc_auc_score'`` or ``'iou_score'``: any that `trueval.streaming.state`
            takes.
        params : dict, optional
            Its parameters, such as ``{"average": "macro"}``.
        **kwargs
            Options of `torchmetrics.Metric`, such as ``dist_sync_on_step``.

        Notes
        -----
        `update` takes ``preds, target`` and, optionally, ``weight``, in the form that the function takes ``y_pred`` and
        ``y_true``: probabilities of several classes have shape (rows, classes). Tensors on a GPU are copied. Metrics of
        `trueval.retrieval` take the query of each row as the third argument, and whole queries in each update.

        `compute` returns a tensor of float64 (float32 on devices without) or, of curves, a tuple of them; a report is
        returned as it is.

        Examples
        --------
        >>> import torch  # doctest: +SKIP
        >>> metric = StateMetric("f1_score", {"average": "macro"})  # doctest: +SKIP
        >>> metric(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))  # doctest: +SKIP
        tensor(0.6667, dtype=torch.float64)
        """

        is_differentiable = False
        full_state_update = False

        def __init__(self, name: str, params: dict[str, Any] | None = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.function, self.params = name, dict(params or {})
            self._empty()  # refuses what is no metric
            self.parts: Any
            self.add_state("parts", default=[], dist_reduce_fx="cat")

        def _empty(self) -> Any:
            return streaming.state(self.function, **self.params)

        def update(self, preds: Any, target: Any, weight: Any = None) -> None:
            """Add rows."""
            third = () if weight is None else (_array(weight),)
            self._add(self._empty().update(_array(target), _array(preds), *third).to_bytes())

        @property
        def higher_is_better(self) -> bool:
            """Whether more is better: the names say it, as scikit-learn's do."""
            lower = self.function.endswith(("_loss", "_error", "_deviance", "_rate"))
            return not lower or self.function.startswith("true")

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            """Add rows, and return the metric of these."""
            value = super().forward(*args, **kwargs)
            self.parts = self._compact(list(self.parts))
            return value

        def _add(self, data: bytes) -> None:
            """Append a state."""
            parts = list(self.parts) if isinstance(self.parts, (list, tuple)) else [self.parts]
            self.parts = self._compact([*parts, self._packed(data)])

        def _packed(self, data: bytes) -> Any:
            raw = len(data).to_bytes(_LENGTH, "little") + data
            return torch.from_numpy(np.frombuffer(raw, np.uint8).copy()).to(self.device)

        def _compact(self, parts: list[Any]) -> list[Any]:
            """Join states with those before them that are not much larger, so that there are few."""
            while len(parts) > 1 and parts[-2].numel() <= max(_SMALL, 2 * parts[-1].numel()):
                last = parts.pop()
                parts[-1] = self._packed(self._joined([*_states(parts[-1]), *_states(last)]).to_bytes())
            return parts

        def _joined(self, parts: list[bytes]) -> Any:
            total = self._empty()
            for data in parts:
                total.merge(streaming.from_bytes(data))
            return total

        def sync(self, *args: Any, **kwargs: Any) -> None:
            """Gather the states of all processes."""
            # torchmetrics gathers floats for an empty list, and bytes from the others.
            if isinstance(self.parts, list) and not self.parts:
                self._add(self._empty().to_bytes())
            super().sync(*args, **kwargs)

        def compute(self) -> Any:
            """Return the metric of all rows."""
            return self._result(self._joined(list(_states(self.parts))).compute())

        def _result(self, value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(self._result(one) for one in value)
            if value is None or isinstance(value, (str, dict, list)):
                return value
            array = np.asarray(value)
            if self.device.type == "mps" and array.dtype == np.float64:
                array = array.astype(np.float32)
            return torch.from_numpy(np.array(array)).to(self.device)

        def __repr__(self) -> str:
            shown = "".join(f", {name}={value!r}" for name, value in self.params.items())
            return f"StateMetric({self.function}{shown})"

    # Pickles look for it where it is asked for.
    StateMetric.__module__, StateMetric.__qualname__ = __name__, "StateMetric"
    return StateMetric
