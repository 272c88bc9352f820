"""Items of scikit-learn's suite that trueval is meant to fail, and why.

A key is a regular expression for ``"function file::item"``; the function is "all at once" for the drop-in's row. An
item that is listed here is left out of the totals, and has to fail: one that passes is reported as out of date.
"""

EXCEPTIONS: dict[str, str] = {}
