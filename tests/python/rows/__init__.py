"""The rows of the registry, family by family."""
