"""Examples that run as modules: ``python -m trueval.examples.NAME``."""
