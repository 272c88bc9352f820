"""Losses of language models, from their logits: `cross_entropy` and `perplexity`.

The softmax is taken on the way, in float64, and never stored; logits are read in the dtype that they have, 16-bit ones
too.
"""

from __future__ import annotations

import math
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from . import _backend
from ._validation.logits import check_logits

__all__ = ["cross_entropy", "perplexity"]


@overload
def cross_entropy(
    y_true: Any, logits: Any, *, ignore_index: int | None = ..., aggregate: Literal["mean", "sum"] = ...
) -> float: ...
@overload
def cross_entropy(
    y_true: Any, logits: Any, *, ignore_index: int | None = ..., aggregate: None
) -> NDArray[np.float64]: ...
def cross_entropy(
    y_true: Any, logits: Any, *, ignore_index: int | None = -100, aggregate: str | None = "mean"
) -> float | NDArray[np.float64]:
    """Negative log-likelihood of the true classes under the softmax of logits.

    Parameters
    ----------
    y_true : array-like of shape (...,)
        Columns of the true classes (ids of the next tokens), integers of any width.
    logits : array-like of shape (..., n_classes)
        Of any floating dtype: float64, float32, float16, and bfloat16 of PyTorch or ml_dtypes. A logit of -inf is a
        probability of 0.
    ignore_index : int or None, default=-100
        Label of rows that do not count, such as padding and prompts. None counts all.
    aggregate : {'mean', 'sum'} or None, default='mean'
        Mean or sum over the rows that count; None gives the loss of each of them, in their order, for paired tests.

    Returns
    -------
    loss : float, or ndarray of shape (n_counted,)
        In nats, 0 at best. Infinite where a true class has a logit of -inf.

    Raises
    ------
    ValueError
        For NaN or +inf in a row that counts, a row of -inf alone, shapes that do not fit, labels that are no column, or
        no row that counts.
    TypeError
        For labels that are not integers, or logits that are not numbers.

    Notes
    -----
    The loss of a row is ln Σ exp(x) - x(y), computed about the highest x. Every row is in float64, within some 1e-15
    times the highest logit, and does not depend on the number of threads. Time is O(n_rows * n_classes): one pass over
    memory; scratch memory is 8 bytes a row. Views that are not contiguous, such as ``logits[:, :-1]``, are not
    copied as long as their last two axes are contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> from trueval.language import cross_entropy
    >>> logits = np.log([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    >>> round(cross_entropy([0, 1, -100], logits), 6)
    0.289909
    >>> cross_entropy([0, 1, -100], logits, aggregate=None).round(6)
    array([0.356675, 0.223144])
    """
    if aggregate not in ("mean", "sum", None):
        raise ValueError(f"aggregate must be 'mean', 'sum' or None, got {aggregate!r}.")
    losses, total, _ = losses_of(y_true, logits, ignore_index)
    if aggregate is None:
        return losses
    return total if aggregate == "sum" else total / losses.size


def losses_of(
    y_true: Any, logits: Any, ignore_index: int | None, some: bool = True
) -> tuple[NDArray[np.float64], float, int]:
    """Losses of the rows that count (with `some`, one at least), their sum, and the number of all rows."""
    inputs, ignored = check_logits(y_true, logits, ignore_index, some)
    run = _backend.current().cross_entropy
    parts = [run(labels, values, inputs.brain, ignored) for labels, values in inputs.parts()]
    losses: NDArray[np.float64] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    if ignored is not None:
        losses = losses[inputs.labels != ignored]
    total = float(np.sum(losses))
    if math.isnan(total):
        raise ValueError("logits must not hold NaN or +inf, nor a row of -inf alone.")
    return losses, total, inputs.labels.size


def perplexity(y_true: Any, logits: Any, *, ignore_index: int | None = -100) -> float:
    """Exponential of the mean negative log-likelihood of the true tokens [1]_.

    Parameters
    ----------
    y_true : array-like of shape (...,)
        Ids of the true tokens.
    logits : array-like of shape (..., n_tokens)
        As for `cross_entropy`.
    ignore_index : int or None, default=-100
        Label of rows that do not count.

    Returns
    -------
    perplexity : float
        1 at best, the number of tokens where all are equally likely; infinite past the range of floats.

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy` does.

    Notes
    -----
    All rows count alike, those of short texts as those of long ones. Time and memory are those of `cross_entropy`.

    References
    ----------
    .. [1] F. Jelinek, R. L. Mercer, L. R. Bahl, J. K. Baker, "Perplexity: a measure of the difficulty of speech
       recognition tasks", Journal of the Acoustical Society of America 62, 1977.

    Examples
    --------
    >>> import numpy as np
    >>> from trueval.language import perplexity
    >>> round(perplexity([2, 0], np.zeros((2, 5))), 6)
    5.0
    """
    return perplexity_of(cross_entropy(y_true, logits, ignore_index=ignore_index))


def perplexity_of(loss: float) -> float:
    """Perplexity of a mean loss."""
    return math.exp(loss) if loss < math.log(np.finfo(np.float64).max) else math.inf
