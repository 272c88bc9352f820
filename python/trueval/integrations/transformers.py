"""Metrics, and a watch for overfitting, in the Trainer of Hugging Face's transformers.

::

    from trueval.integrations.transformers import OverfittingCallback, compute_metrics

    metrics = compute_metrics("multiclass")
    trainer = Trainer(..., compute_metrics=metrics, callbacks=[OverfittingCallback(metrics)])

`compute_metrics` returns a callable for both ways in which the Trainer evaluates: all predictions at once, and with
``TrainingArguments(batch_eval_metrics=True)`` batch by batch, so that no predictions pile up. The values are the same:
those of trueval's functions for all rows.

``preprocess_logits_for_metrics`` may be one of `keep_first`, `keep_argmax`, `keep_probabilities` and
`keep_token_losses`, which leave less to be gathered; tell `compute_metrics` by `predictions` what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueval.language import cross_entropy

from ._evaluation import ComputeMetrics, Evaluation, compute_metrics

__all__ = [
    "ComputeMetrics",
    "Evaluation",
    "OverfittingCallback",
    "OverfittingWarning",
    "compute_metrics",
    "keep_argmax",
    "keep_first",
    "keep_probabilities",
    "keep_token_losses",
]

if TYPE_CHECKING:
    from ._overfitting import OverfittingWarning

    OverfittingCallback: Any


def __getattr__(name: str) -> Any:
    # transformers takes seconds to import, and may not be there.
    if name == "OverfittingCallback":
        from ._overfitting import callback_class

        return globals().setdefault(name, callback_class())
    if name == "OverfittingWarning":
        from ._overfitting import OverfittingWarning

        return OverfittingWarning
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def keep_first(logits: Any, labels: Any) -> Any:
    """Keep the first output of the model, where it returns several; for ``preprocess_logits_for_metrics``.

    Parameters
    ----------
    logits : torch.Tensor or tuple of them
        What the model returned.
    labels : torch.Tensor
        Not looked at.

    Returns
    -------
    logits : torch.Tensor
    """
    return logits[0] if isinstance(logits, (tuple, list)) else logits


def keep_argmax(logits: Any, labels: Any) -> Any:
    """Keep the place of the largest logit of each row: for ``compute_metrics(..., predictions="labels")``."""
    return keep_first(logits, labels).argmax(dim=-1)


def keep_probabilities(logits: Any, labels: Any) -> Any:
    """Keep the probabilities of classes, in float32: for ``compute_metrics(..., predictions="probabilities")``.

    They are those of exclusive classes, a column each.
    """
    return keep_first(logits, labels).float().softmax(dim=-1)


def keep_token_losses(logits: Any, labels: Any) -> Any:
    """Keep the loss of each token and whether it was foreseen: for ``predictions="losses"`` of causal-lm.

    Parameters
    ----------
    logits : torch.Tensor of shape (examples, tokens, words), or a tuple whose first element it is
    labels : torch.Tensor of shape (examples, tokens)
        -100 where a token does not count.

    Returns
    -------
    losses, hits : torch.Tensor of shape (examples, tokens)
        Cross-entropy in float32, and 0 or 1: both of the label at the same place, predicted one place before. The first
        token of each example has none: there they are 0.

    Notes
    -----
    Logits on the CPU are read where they lie, by `trueval.language.cross_entropy`. On another device torch computes, an
    example at a time, so that none are copied to the host and float32 copies of 16-bit logits stay small.
    """
    import torch

    given, expected = keep_first(logits, labels)[:, :-1], labels[:, 1:]
    losses = (_losses_on_cpu if given.device.type == "cpu" else _losses_on_device)(given, expected)
    hits = (given.argmax(dim=-1) == expected).long()
    return tuple(torch.nn.functional.pad(kept, (1, 0)) for kept in (losses, hits))


def _losses_on_cpu(logits: Any, labels: Any) -> Any:
    # Of 8 x 512 tokens and 50,000 words in 0.5 s on one thread, where torch took 0.9 s an example at a time and 2.6 to
    # 4.2 s at once; of bfloat16 in 1.5 s, for 6.1 and 5.2 s. Off by 1e-14, and torch by 2e-5.
    import torch

    losses = torch.zeros(labels.shape)
    counted = labels != -100
    if counted.any():
        losses[counted] = torch.from_numpy(cross_entropy(labels, logits, aggregate=None)).float()
    return losses


def _losses_on_device(logits: Any, labels: Any) -> Any:
    import torch

    loss = torch.nn.CrossEntropyLoss(reduction="none", ignore_index=-100)
    return torch.stack([loss(own.float(), true) for own, true in zip(logits, labels, strict=True)])
