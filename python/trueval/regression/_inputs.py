"""What the regression metrics share: their checked inputs."""

from __future__ import annotations

from typing import Any

from .._parameters import StrOptions
from .._validation.regression import Regression, check_regression

MEANS = StrOptions({"raw_values", "uniform_average"})
MEANS_OF_SCORES = StrOptions({"raw_values", "uniform_average", "variance_weighted"})


def inputs_of(y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any) -> tuple[Regression, Any]:
    """Check the inputs; return them, and the weights for the kernel."""
    inputs = check_regression(y_true, y_pred, sample_weight, multioutput)
    return inputs, None if inputs.weights is None else inputs.weights.values
