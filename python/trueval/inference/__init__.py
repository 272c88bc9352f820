"""How sure a metric is, and whether two models differ.

`confidence_interval` gives a metric with an interval; `compare` the difference of two models on the same rows, with
interval and p-value; `required_rows` how many rows it takes to see a difference; `adjust_pvalues` accounts for several
comparisons; `compare_statistics` takes metrics that are functions of sums over rows; `learning_curve` tells which
checkpoint of a training run is best, and from where on it got worse. `compare_counts`, `paired_moments` and
`compare_estimates` make the same comparisons from what is left of rows that are on many machines. NumPy is all they
need.

What is the answer where formulas give none:

=====================================================  ==============================================================
case                                                   answer
=====================================================  ==============================================================
the metric itself is undefined (NaN)                   NaN throughout; the metric has warned
proportion of 0 or 1                                   the interval's own answer; 'normal' has no width
area of 0 or 1, or a class of one row                  Newcombe's score interval, for 'delong' and 'delong-logit'
all replicates of a bootstrap equal                    that value, an interval without width, and a UserWarning
replicates in which the metric is undefined            left out; an UndefinedMetricWarning if they are more than 1 in 20
every replicate to one side of the value (BCa)         the interval reaches from the median replicate to the value
one row, one cluster: no standard error                NaN, and an UndefinedMetricWarning
a fraction of no rows (precision without a positive)   the same
identical predictions                                  difference 0, interval [0, 0] (McNemar: Tango's), p-value 1
a constant difference in every row                     an interval without width, p-value 0, and a UserWarning
areas of a class of one row are compared               NaN, and an UndefinedMetricWarning
=====================================================  ==============================================================
"""

from ._statistics import compare_statistics
from .correction import adjust_pvalues
from .curve import Checkpoint, LearningCurve, learning_curve, learning_curve_of_values
from .paired import compare
from .power import required_rows
from .results import Comparison, ConfidenceInterval, Estimate
from .single import confidence_interval
from .summaries import PairedMoments, compare_counts, compare_estimates, paired_moments

__all__ = [
    "Checkpoint",
    "Comparison",
    "ConfidenceInterval",
    "Estimate",
    "LearningCurve",
    "PairedMoments",
    "adjust_pvalues",
    "compare",
    "compare_counts",
    "compare_estimates",
    "compare_statistics",
    "confidence_interval",
    "learning_curve",
    "learning_curve_of_values",
    "paired_moments",
    "required_rows",
]
