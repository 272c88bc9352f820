"""Tensors of other libraries as arrays; none of the libraries is imported."""

from __future__ import annotations

from typing import Any

import numpy as np

_PLAIN = (np.ndarray, list, tuple)
# Floats of PyTorch's that NumPy has no dtype for; float32 holds all values of each.
_WITHOUT_NUMPY = {
    "torch.bfloat16",
    "torch.float8_e4m3fn",
    "torch.float8_e4m3fnuz",
    "torch.float8_e5m2",
    "torch.float8_e5m2fnuz",
    "torch.float8_e8m0fnu",
}


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of PyTorch or of a library like it: one that can be detached, and speaks DLPack."""
    return type(x) not in _PLAIN and hasattr(x, "__dlpack__") and hasattr(x, "detach")


def is_list_of_arrays(x: Any) -> bool:
    """Whether `x` lists arrays or tensors, images say, whose shapes may differ."""
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(getattr(one, "ndim", 0) for one in x)


def from_library(x: Any) -> Any:
    """Array of a tensor, and anything else as it is.

    A dense tensor on the CPU is read where it lies, whether or not it requires a gradient; one on another device is
    copied. Floats that NumPy has not, such as bfloat16, become float32, in a copy.

    Raises
    ------
    TypeError
        For a tensor without values, or whose layout is not dense.
    """
    if type(x) in _PLAIN:
        return x
    if is_tensor(x):
        x = x.detach()
        try:
            if hasattr(x, "cpu"):
                x = x.cpu()
            if str(getattr(x, "dtype", "")) in _WITHOUT_NUMPY:
                x = x.float()
            return np.asarray(x)
        except (NotImplementedError, RuntimeError, TypeError) as error:
            raise TypeError(
                f"A tensor must be dense and hold values, got one of {getattr(x, 'dtype', 'some dtype')}, "
                f"{getattr(x, 'layout', 'some layout')}, on {getattr(x, 'device', 'some device')}: {error}"
            ) from error
    if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
        return np.from_dlpack(x)
    return x
