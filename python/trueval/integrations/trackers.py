"""Results as flat dicts of plain floats, as MLflow, Weights & Biases and TensorBoard log them.

::

    from trueval.integrations.trackers import flat

    found = trueval.inference.compare(["accuracy_score", "f1_score"], y_true, base, tuned)
    mlflow.log_metrics(flat(found))
    wandb.log(flat(found))
    for name, value in flat(found).items():
        writer.add_scalar(name, value)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trueval.inference import Comparison, Estimate

__all__ = ["flat"]


def flat(result: Any, prefix: str = "") -> dict[str, float]:
    """Return the numbers of a result as plain floats under flat keys.

    Parameters
    ----------
    result : Comparison, Estimate, number, or dict of these
        What `trueval.inference.compare` or `trueval.inference.confidence_interval` returned, of one metric or several,
        of one model or several; or values of metrics by name, nested at will.
    prefix : str, default=''
        What all keys begin with, before a slash: the name of the metric, for the result of one.

    Returns
    -------
    flat : dict of str to float
        Of a comparison, ``base``, ``tuned``, ``diff``, ``ci_low``, ``ci_high`` and ``p``; of an estimate, ``value``,
        ``standard_error``, ``ci_low`` and ``ci_high``; after the names of the model and the metric, joined by slashes.
        Numbers that are undefined are NaN, and one-sided intervals end at infinity.

    Raises
    ------
    TypeError
        For what holds anything but numbers, and for a single number without a prefix.

    Examples
    --------
    >>> from trueval.inference import compare
    >>> from trueval.integrations.trackers import flat
    >>> found = compare("accuracy_score", [0, 1, 1, 0, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0])
    >>> sorted(flat(found, "accuracy"))
    ['accuracy/base', 'accuracy/ci_high', 'accuracy/ci_low', 'accuracy/diff', 'accuracy/p', 'accuracy/tuned']
    >>> flat({"mse": 0.5, "by_class": {0: 0.25}}, "eval")
    {'eval/mse': 0.5, 'eval/by_class/0': 0.25}
    """
    if isinstance(result, Comparison):
        low, high = result.confidence_interval
        result = {
            "base": result.base,
            "tuned": result.tuned,
            "diff": result.difference,
            "ci_low": low,
            "ci_high": high,
            "p": result.pvalue,
        }
    elif isinstance(result, Estimate):
        low, high = result.confidence_interval
        result = {
            "value": result.value,
            "standard_error": result.standard_error,
            "ci_low": low,
            "ci_high": high,
        }
    if isinstance(result, Mapping):
        every: dict[str, float] = {}
        for name, value in result.items():
            for key, number in flat(value, f"{prefix}/{name}" if prefix else str(name)).items():
                if key in every:
                    raise ValueError(f"Two numbers have the key {key!r}.")
                every[key] = number
        return every
    if isinstance(result, (bool, int, float, np.number, np.bool_)) and prefix:
        return {prefix: float(result)}
    raise TypeError(f"result must hold results or numbers, got {type(result).__name__} {result!r} at {prefix!r}.")
