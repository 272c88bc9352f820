"""Array-likes in, canonical inputs out: every check of data, and every message about it.

The order of the checks is scikit-learn's, so that an input with several faults fails on the same one. What a check
needs to know about n rows (finite? integral? which labels? smallest, largest?) comes from backend kernels.

From the ground up: `arrays` (array-likes to native contiguous arrays, weights), `targets` (label arguments), and an
entry for each family of metrics: `labels`, `scores`, `regression`, `probabilities`.
"""
