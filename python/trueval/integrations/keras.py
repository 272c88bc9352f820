"""Metrics for Keras 3, on any of its backends: exact counts, areas with a certified error, exact validation.

::

    from trueval.integrations.keras import BinnedArea, ExactMetrics, LabelMetric, LossMetric

    model.compile(optimizer, loss, metrics=[LabelMetric("f1", num_classes=3), BinnedArea()])
    exact = ExactMetrics((x_val, y_val), "multiclass", ["f1_macro", "log_loss"])
    model.fit(x, y, callbacks=[exact, keras.callbacks.EarlyStopping("val_f1_macro", mode="max")])

The metrics keep sufficient statistics (counts of labels, of scores in bins, sums) in variables of the backend, so that
they run inside compiled steps: an average of the values of batches, which is something else, is never taken. What
Keras shows is computed from them in float32; ``exact()`` and ``certified()`` compute in float64, from the same counts.
`ExactMetrics` is for all metrics that do not come down to such statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["BinnedArea", "ExactMetrics", "LabelMetric", "LossMetric"]

if TYPE_CHECKING:
    from ._keras_metrics import BinnedArea, ExactMetrics, LabelMetric, LossMetric


def __getattr__(name: str) -> Any:
    # Keras takes seconds to import, with its backend, and may not be there.
    if name in __all__:
        from . import _keras_metrics

        return globals().setdefault(name, getattr(_keras_metrics, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
