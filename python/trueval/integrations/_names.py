"""Metrics by the names that people call them."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import trueval

# Names in use elsewhere that do not follow from ours.
_ALIASES: dict[str, str] = {
    "auroc": "roc_auc_score",
    "brier": "brier_score_loss",
    "cohen_kappa": "cohen_kappa_score",
    "kappa": "cohen_kappa_score",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "matthews_correlation": "matthews_corrcoef",
    "mcc": "matthews_corrcoef",
    "mse": "mean_squared_error",
    "msle": "mean_squared_log_error",
    "ndcg": "ndcg_score",
    "r_squared": "r2_score",
    "rmse": "root_mean_squared_error",
    "rmsle": "root_mean_squared_log_error",
    "specificity": "true_negative_rate",
}
_ENDINGS = ("", "_score", "_loss", "_error", "_deviance")
_SETTINGS: dict[str, dict[str, Any]] = {
    "macro": {"average": "macro"},
    "micro": {"average": "micro"},
    "weighted": {"average": "weighted"},
    "samples": {"average": "samples"},
    "ovr": {"multi_class": "ovr"},
    "ovo": {"multi_class": "ovo"},
}
# Names of metrics of rankings, likewise.
_RANKINGS: dict[str, str] = {
    "gauc": "group_auc",
    "hit": "hit_rate",
    "hits": "hit_rate",
    "map": "average_precision_at_k",
    "mean_average_precision": "average_precision_at_k",
    "mean_reciprocal_rank": "reciprocal_rank",
    "mrr": "reciprocal_rank",
}
# What a metric takes beside the truth, by the name of its second parameter.
_FEEDS = {
    "y2": "labels",
    "y_score": "scores",
    "y_proba": "probabilities",
    "pred_decision": "decisions",
}


@functools.cache
def functions() -> Mapping[str, Callable[..., Any]]:
    """All public metrics of rows, by name."""
    made = {}
    for name in trueval.__all__:
        function = getattr(trueval, name)
        if inspect.isfunction(function):
            parameters = list(inspect.signature(function).parameters)
            if len(parameters) > 1 and parameters[0] in ("y_true", "y1"):
                made[name] = function
    return made


@functools.cache
def ranking_functions() -> Mapping[str, Callable[..., Any]]:
    """All public metrics of rankings, by name."""
    found = {name: getattr(trueval.retrieval, name) for name in trueval.retrieval.__all__}
    return {name: one for name, one in found.items() if next(iter(inspect.signature(one).parameters)) == "relevance"}


def parameters_of(function: str) -> Mapping[str, inspect.Parameter]:
    """Parameters of a metric after truth and prediction."""
    return dict(list(inspect.signature(functions()[function]).parameters.items())[2:])


def feed_of(function: str) -> str:
    """Tell what a metric takes beside the truth: labels, scores, probabilities, decisions or numbers."""
    if function in trueval.regression.__all__:
        return "numbers"
    second = list(inspect.signature(functions()[function]).parameters)[1]
    return _FEEDS.get(second, "labels")


def resolve(name: Any) -> tuple[str, dict[str, Any]]:
    """Find the function that a name stands for, and the parameters that it implies.

    ``'f1_score'``, ``'f1'``, ``'f1_macro'``, ``'mse'``, ``'roc_auc_ovr'``: names of functions with or without their
    ending, usual abbreviations, and scikit-learn's endings for averages.
    """
    own = getattr(name, "__name__", "")
    if callable(name) and functions().get(own) is name:
        return own, {}
    if not isinstance(name, str):
        raise TypeError(f"A metric must be given by its name or as a function of trueval, got {name!r}.")
    plain = _plain(name)
    if plain:
        return plain, {}
    stem, _, ending = name.rpartition("_")
    plain, settings = _plain(stem), _SETTINGS.get(ending, {})
    if plain and settings and settings.keys() <= parameters_of(plain).keys():
        return plain, dict(settings)
    stems = {known.removesuffix(ending) for known in functions() for ending in _ENDINGS[1:]}
    near = difflib.get_close_matches(name, [*functions(), *_ALIASES, *stems], 3, 0.5)
    hint = f": did you mean {' or '.join(map(repr, near))}?" if near else "."
    raise ValueError(f"There is no metric {name!r}{hint}")


def resolve_ranking(name: Any) -> tuple[str, dict[str, Any]]:
    """Find the metric of rankings that a name stands for, and the parameters that it implies.

    ``'ndcg'``, ``'ndcg_at_10'``, ``'ndcg@10'``, ``'map'``, ``'mrr'``, ``'precision@5'``: names of functions with or
    without their ending, or usual abbreviations, and how many ranks count.
    """
    own = getattr(name, "__name__", "")
    if callable(name) and ranking_functions().get(own) is name:
        return own, {}
    if not isinstance(name, str):
        raise TypeError(f"A metric must be given by its name or as a function of trueval.retrieval, got {name!r}.")
    stem, _, k = name.replace("@", "_at_").rpartition("_at_")
    stem, settings = (stem, {"k": int(k)}) if stem and k.isdecimal() else (name, {})
    stem = _RANKINGS.get(stem, stem)
    for function in (stem, f"{stem}_at_k"):
        if function in ranking_functions():
            return function, settings
    stems = {known.removesuffix("_at_k") for known in ranking_functions()}
    near = difflib.get_close_matches(stem, [*ranking_functions(), *_RANKINGS, *stems], 3, 0.5)
    hint = f": did you mean {' or '.join(map(repr, near))}?" if near else "."
    raise ValueError(f"There is no metric of rankings {name!r}{hint}")


def short(name: str) -> str:
    """Shorten the name of a metric in `trueval.tasks`, to one that `resolve` finds as well."""
    bare = name.replace("_score", "")
    aliases = [alias for alias, function in _ALIASES.items() if function == name]
    return bare if bare != name or not aliases else min(aliases, key=len)


def _plain(name: str) -> str | None:
    name = _ALIASES.get(name, name)
    return next((name + ending for ending in _ENDINGS if name + ending in functions()), None)


def lower_is_better(function: str) -> bool:
    """Whether less of a metric is better: its name says so, as scikit-learn's do."""
    return function.endswith(("_loss", "_error", "_deviance", "positive_rate"))
