"""The report: precision, recall and F1 of every class and of their averages."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from .._averaging import precision_recall_fscore
from .._parameters import LABELS, OPTIONAL, ZERO_DIVISION, Interval, is_sparse, validate
from .._validation.labels import Indicators, Tally, check_targets, row_weights
from ..exceptions import warn
from ._cells import counts_of

_HEADERS = ("precision", "recall", "f1-score", "support")


@validate(
    y_true=LABELS,
    y_pred=LABELS,
    labels=OPTIONAL,
    target_names=OPTIONAL,
    sample_weight=OPTIONAL,
    digits=[Interval(Integral, 0, None, closed="left")],
    output_dict=["boolean"],
    zero_division=ZERO_DIVISION,
)
def classification_report(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    target_names: Any = None,
    sample_weight: Any = None,
    digits: int = 2,
    output_dict: bool = False,
    zero_division: Any = "warn",
) -> Any:
    """Precision, recall, F1 and support of each class, and their averages, as a table or as numbers.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    labels : array-like of shape (n_classes,), optional
        Classes to report, in this order; column indices for a multilabel target. By default the sorted classes of both
        arguments.
    target_names : array-like of shape (n_classes,), optional
        What to call the classes.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    digits : int, default=2
        Decimals in the table; numbers are not rounded.
    output_dict : bool, default=False
        Return numbers instead of a table.
    zero_division : {'warn', 0.0, 1.0, numpy.nan}, default='warn'
        Value of an undefined score; ``'warn'`` is 0 with a warning.

    Returns
    -------
    report : str or dict
        The table; or ``{class or average: {'precision': p, 'recall': r, 'f1-score': f, 'support': s}}`` in which
        ``'accuracy'`` is one number. It stands in the place of the micro average where that is the same, which is where
        every label is reported and each sample has one.

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support` does; for as many names as there are not classes.

    Warns
    -----
    UndefinedMetricWarning
        For undefined scores, once for the classes and once for each average, if `zero_division` is ``'warn'``.
    UserWarning
        If there are `labels`, and as many names as there are not labels.

    See Also
    --------
    precision_recall_fscore_support : the same for the classes, or one average.

    Notes
    -----
    Precision, recall [1]_ and F1, with their mean over the classes (macro), that weighted by support (weighted), the
    scores of the pooled counts (micro) and, for multilabel targets, the mean over the samples. All of it comes from one
    pass over the data, from two for multilabel targets. Time is O(n_samples), scratch memory O(number of distinct pairs
    of labels), more for strings and multilabel targets, see `precision_recall_fscore_support`.

    References
    ----------
    .. [1] A. Kent et al., "Machine literature searching VIII", American Documentation 6, 1955.

    Examples
    --------
    >>> import trueval as tv
    >>> print(tv.classification_report([0, 1, 2, 2, 2], [0, 0, 2, 2, 1], target_names=["ant", "bee", "cat"]))
                  precision    recall  f1-score   support
    <BLANKLINE>
             ant       0.50      1.00      0.67         1
             bee       0.00      0.00      0.00         1
             cat       1.00      0.67      0.80         3
    <BLANKLINE>
        accuracy                           0.60         5
       macro avg       0.50      0.56      0.49         5
    weighted avg       0.70      0.60      0.61         5
    <BLANKLINE>
    >>> tv.classification_report([0, 1, 1, 0], [0, 1, 0, 0], output_dict=True)["1"]
    {'precision': 1.0, 'recall': 0.5, 'f1-score': 0.6666666666666666, 'support': 2.0}
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    multilabel = isinstance(targets, Indicators)
    chosen = targets.labels if labels is None else np.asarray(labels)
    is_accuracy = not multilabel and (labels is None or set(chosen) >= set(targets.labels))
    if target_names is None:
        target_names = [str(label) for label in chosen]  # a float32 is shorter than by its format
    elif len(chosen) != len(target_names):
        if labels is None:
            raise ValueError(
                f"Number of classes, {len(chosen)}, does not match size of target_names, {len(target_names)}. Try "
                "specifying the labels parameter"
            )
        warn(f"labels size, {len(chosen)}, does not match size of target_names, {len(target_names)}")

    if isinstance(targets, Indicators):
        _refuse_unlike_marks(targets)
    by_class = counts_of(targets, labels, False)

    def scores(mean: str | None) -> tuple[Any, ...]:
        return precision_recall_fscore(
            *(by_class if mean != "samples" else counts_of(targets, labels, True)),
            beta=1.0,
            mean=mean,
            warn_for=("precision", "recall", "f-score"),
            weights=row_weights(targets),
            zero_division=zero_division,
        )

    *each, support = scores(None)
    rows = list(zip(target_names, *each, support, strict=False))
    total = np.sum(support)
    # What is wrong with the names shows before the averages warn.
    table = None if output_dict else _Table(target_names, digits)
    if table is not None:
        for row in rows:
            table.add(*row)
        table.text += "\n"
    means = []
    for mean in ("micro", "macro", "weighted", "samples") if multilabel else ("micro", "macro", "weighted"):
        name = "accuracy" if mean == "micro" and is_accuracy else f"{mean} avg"
        means.append((name, *scores(mean)[:3], total))
    if table is None:
        return _as_dict([*rows, *means])
    for name, *numbers in means:
        if name == "accuracy":
            table.add_accuracy(*numbers[2:])
        else:
            table.add(name, *numbers)
    return table.text


def _refuse_unlike_marks(targets: Indicators) -> None:
    """Refuse a matrix with marks of two kinds: scikit-learn looks again here, when zeros are no longer stored."""
    if is_sparse(targets.true):
        return
    kinds = []
    for side, matrix in enumerate((targets.true, targets.pred)):
        if isinstance(matrix, Tally):
            unlike: Any = matrix.unlike[side]
        else:
            marks = matrix[matrix != 0]
            unlike = marks.size and marks.min() != marks.max()
        kinds.append("multiclass-multioutput" if unlike else targets.kind)
    if kinds[0] != kinds[1]:
        raise ValueError(f"Classification metrics can't handle a mix of {kinds[0]} and {kinds[1]} targets")
    if kinds[0] != targets.kind:
        raise ValueError(f"{kinds[0]} is not supported")


def _as_dict(rows: list[tuple[Any, ...]]) -> dict[Any, Any]:
    report: dict[Any, Any] = {}
    for name, *numbers in rows:
        report[name] = dict(zip(_HEADERS, map(float, numbers), strict=True))
    if "accuracy" in report:
        report["accuracy"] = report["accuracy"]["precision"]
    return report


class _Table:
    """The report as text, line by line."""

    def __init__(self, names: Any, digits: int) -> None:
        longest = max(len(name) for name in names)
        self.width = max(longest, len("weighted avg"), digits)
        self.digits = digits
        self.text = ("{:>{width}s} " + " {:>9}" * 4).format("", *_HEADERS, width=self.width) + "\n\n"

    def add(self, name: Any, *numbers: Any) -> None:
        scores = " ".join(f"{score:>9.{self.digits}f}" for score in numbers[:3])
        self.text += f"{name:>{self.width}s}  {scores} {numbers[3]:>9}\n"

    def add_accuracy(self, accuracy: Any, support: Any) -> None:
        self.text += f"{'accuracy':>{self.width}s}  {'':>9} {'':>9} {accuracy:>9.{self.digits}f} {support:>9}\n"
