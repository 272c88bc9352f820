"""Tensors of other libraries as arrays, for code between a model and a metric: `as_array`.

The functions of trueval read tensors themselves; this is for what is computed on the way to them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._tensors import from_library

__all__ = ["as_array"]


def as_array(x: Any) -> NDArray[Any]:
    """Array of a tensor, or of anything that NumPy takes.

    Parameters
    ----------
    x : tensor or array-like
        Of PyTorch or another library whose tensors speak DLPack, on any device, with or without a gradient.

    Returns
    -------
    a : ndarray
        Of the same shape. A dense tensor on the CPU is read where it lies: the array shares its memory. Floats that
        NumPy has not, such as PyTorch's bfloat16, become float32, in a copy; what is on another device is copied, too.

    Raises
    ------
    TypeError
        For a tensor without values, or whose layout is not dense.

    Examples
    --------
    >>> from trueval.tensors import as_array
    >>> as_array([1, 2])
    array([1, 2])
    """
    return np.asarray(from_library(x))
