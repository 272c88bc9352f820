"""One call of both libraries: value, type and dtype; or class and text of the exception; and the warnings."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
import trueval
from outcomes import OLD_NUMPY, trips_on_old_numpy


def in_order(message: str) -> str:
    """Options sorted: scikit-learn lists a set, whose order changes from run to run."""
    return re.sub(r"among \{(.*?)\}", lambda m: f"among {sorted(m[1].split(', '))}", message)


class Returned:
    """What one call did."""

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.value: Any = None
        self.error: tuple[str, str] | None = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self.value = function(*args, **kwargs)
            except Exception as error:
                self.error = type(error).__name__, in_order(str(error))
                self.bases = type(error)
        incidental = [w for w in caught if w.category is RuntimeWarning or str(w.message).startswith(OLD_NUMPY)]
        self.caught = [w for w in caught if w not in incidental]
        self.warnings = [(w.category, str(w.message)) for w in self.caught]


def same_value(ours: Any, theirs: Any, rtol: float) -> None:
    if isinstance(theirs, tuple):
        assert isinstance(ours, tuple)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same_value(a, b, rtol)
    elif isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray)
        assert ours.dtype == theirs.dtype.newbyteorder("=")
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-14)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            same_value(ours[key], theirs[key], rtol)
    elif theirs is None or isinstance(theirs, str):
        assert ours == theirs
    else:
        assert type(ours) in (float, type(theirs))  # a plain float may stand for a NumPy one, not the other way round
        assert isinstance(theirs, (float, int))  # scikit-learn returns the int 0 where nothing has weight
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-14)


def check(name: str, *args: Any, rtol: float = 1e-12, **kwargs: Any) -> Returned:
    """Compare one call of both libraries."""
    theirs = Returned(getattr(sklearn.metrics, name), args, kwargs)
    ours = Returned(getattr(trueval, name), args, kwargs)
    if theirs.error and trips_on_old_numpy(theirs.error[1]):
        pytest.skip("NumPy before 1.25 compares words with a number to a scalar, of which scikit-learn complains")
    assert ours.error == theirs.error
    assert ours.warnings == theirs.warnings
    if ours.error is None:
        same_value(ours.value, theirs.value, rtol)
    else:
        assert ours.bases is theirs.bases
    for warning in ours.caught:
        assert warning.filename == __file__, "a warning must point at the caller's line"
    return ours


def obj(*items: Any) -> np.ndarray[Any, Any]:
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out
