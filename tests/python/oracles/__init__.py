"""Textbook derivations of every metric, in plain Python: slow, short, and unlike the code under test.

`exact` works on lists and answers in exact rationals (`fractions.Fraction`), from definitions. The other modules have
the metrics by scikit-learn's names and keywords, for the registry; they take for granted that scikit-learn accepts the
input.
"""

from .classification import *
from .exact import *
from .ranking import *
from .regression import *
