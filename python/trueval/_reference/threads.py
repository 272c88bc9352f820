"""One thread, whatever number is asked for: NumPy computes on the caller's."""

from __future__ import annotations


def set_num_threads(n: int, /) -> None:
    """Do nothing."""


def get_num_threads() -> int:
    """Count the calling thread."""
    return 1
