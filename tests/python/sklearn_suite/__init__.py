"""scikit-learn's own test-suite, run against trueval's functions: one at a time, and all at once through the drop-in.

`python tests/python/sklearn_suite/run.py` is the way in; `plugin` holds what happens, `tripwires` what watches it,
`replace` what puts a function in another's place, `exceptions` which items are meant to differ.
"""
