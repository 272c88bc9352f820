"""The metrics of classification, and where they differ from scikit-learn's on purpose."""

from __future__ import annotations

from collections.abc import Mapping

import oracles
from metric import (
    CHANCE,
    COMPLEX,
    FOLD,
    LOGS,
    ORACLE,
    PLAIN,
    REFUSAL,
    REST,
    SPELLING,
    SUM,
    TIMES,
    VARIANCE,
    WORDS,
    Grid,
    Meant,
    Metric,
    every_label,
    grid,
)
from outcomes import EXACT

DIVISION = ("warn", 0, 1, float("nan"))
BETA = (1.0, 0.5, 0.0, float("inf"))
SETWISE = {
    "labels_binary": (
        *grid(average=("binary",), zero_division=DIVISION),
        *grid(average=("binary",), pos_label=(0, 2, -1, True)),
        *grid(average=("macro", "micro", "weighted", None), zero_division=DIVISION),
        {"average": "macro", "labels": [1]},
        {"average": "macro", "pos_label": 0},
    ),
    "labels_multiclass": (
        *grid(average=("macro", "micro", "weighted", None), zero_division=DIVISION),
        *grid(average=("macro", "micro", "weighted", None), labels=([2, 1], [0, 1, 2, 3])),
        {"average": "binary"},
        {"average": "samples"},
    ),
    "labels_text": (
        *grid(average=("macro", "micro", "weighted", None)),
        {"average": "macro", "labels": ["cat", "ant", "dog"]},
        {"average": "binary", "pos_label": "bee"},
    ),
    "labels_multilabel": (
        *grid(average=("macro", "micro", "weighted", "samples", None), zero_division=DIVISION),
        *grid(average=("macro", "micro", "weighted", "samples", None), labels=([1], [1, 0])),
        {"average": "binary"},
    ),
}


def with_betas(grids: Mapping[str, Grid]) -> Mapping[str, Grid]:
    """The grids, and further settings that precision_recall_fscore_support alone has."""
    return {
        name: (
            *settings,
            *({**settings[0], "beta": beta} for beta in BETA),
            {**settings[0], "warn_for": ("recall",)},
            {**settings[0], "beta": -1.0},
        )
        for name, settings in grids.items()
    }


LABELS = ("labels_binary", "labels_multiclass", "labels_text")
SETS = {
    "labels_binary": ({}, {"average": "macro", "zero_division": 1}, {"average": None, "labels": [1, 7]}),
    "labels_multiclass": grid(average=("macro", "micro", "weighted", None)),
    "labels_text": ({"average": "macro", "labels": ["cat", "ant", "dog"]},),
    "labels_multilabel": grid(average=("macro", "micro", "weighted", "samples", None)),
}
FOUR = {"labels": [0, 1, 2, 3]}

MATRIX = grid(normalize=(None, "true", "pred", "all"))

ROWS = (
    Metric(
        "accuracy_score",
        every_label(
            grid(normalize=(True, False)), "labels_binary", "labels_multiclass", "labels_text", "labels_multilabel"
        ),
        oracles.accuracy_score,
        EXACT,
        SUM,
        mirror="accuracy_score",
        extensive=lambda keywords: not keywords.get("normalize", True),
    ),
    Metric(
        "confusion_matrix",
        {
            "labels_binary": (*MATRIX, {"labels": [1, 0]}, {"labels": [1]}),
            "labels_multiclass": (*MATRIX, {"labels": [2, 0, 1]}, {"labels": [7, 99], "normalize": "true"}),
            "labels_text": (*MATRIX, {"labels": ["cat", "ant"]}),
        },
        oracles.confusion_matrix,
        FOLD,
        SUM,
        extensive=lambda keywords: keywords.get("normalize") is None,
    ),
    Metric(
        "precision_recall_fscore_support",
        with_betas(SETWISE),
        oracles.precision_recall_fscore_support,
        FOLD,
        SUM,
        extensive=lambda keywords: (False, False, False, keywords.get("average") is None),
    ),
    Metric(
        "precision_score",
        SETWISE,
        oracles.precision_score,
        FOLD,
        SUM,
        mirror="recall_score",
        mirrored=lambda keywords: keywords["average"] != "weighted",
    ),
    Metric(
        "recall_score",
        SETWISE,
        oracles.recall_score,
        FOLD,
        SUM,
        mirror="precision_score",
        mirrored=lambda keywords: keywords["average"] != "weighted",
    ),
    Metric(
        "f1_score",
        SETWISE,
        oracles.f1_score,
        FOLD,
        SUM,
        mirror="f1_score",
        mirrored=lambda keywords: keywords["average"] != "weighted",
    ),
    Metric(
        "log_loss",
        {
            "probabilities_binary": (*grid(normalize=(True, False)), {"labels": [0, 1]}),
            "probabilities_multiclass": (
                {"labels": [0, 1, 2, 3]},
                {"labels": [0, 1, 2, 3], "normalize": False},
                {"labels": [1, 0, 3, 2]},
                {"labels": [0, 1, 2]},
                {},
            ),
        },
        oracles.log_loss,
        LOGS,
        LOGS,
        extensive=lambda keywords: not keywords.get("normalize", True),
        needs_two_classes=False,
    ),
    Metric(
        "balanced_accuracy_score",
        every_label(grid(adjusted=(False, True)), *LABELS),
        oracles.balanced_accuracy_score,
        CHANCE,
        CHANCE,
    ),
    Metric(
        "brier_score_loss",
        {
            "probabilities_binary": (*grid(scale_by_half=("auto", True, False)), {"pos_label": 0}, {"labels": [0, 1]}),
            "probabilities_multiclass": (FOUR, {**FOUR, "scale_by_half": True}, {}, {"labels": [0, 1, 2]}),
        },
        oracles.brier_score_loss,
        SUM,
        SUM,
    ),
    Metric(
        "class_likelihood_ratios",
        {
            "labels_binary": (
                {},
                {"labels": [1, 0]},
                {"labels": [2, 3]},
                {"replace_undefined_by": 1.0},
                {"replace_undefined_by": {"LR+": 7.0, "LR-": 0.5}},
                {"replace_undefined_by": {"LR+": 0.5, "LR-": 0.5}},
            )
        },
        oracles.class_likelihood_ratios,
        FOLD,
        SUM,
    ),
    Metric(
        "classification_report",
        {
            "labels_binary": grid(output_dict=(True,), zero_division=DIVISION),
            "labels_multiclass": ({"output_dict": True}, {"output_dict": True, "labels": [3, 0, 99]}),
            "labels_text": ({"output_dict": True}, {"output_dict": True, "target_names": ["a", "b", "c"]}),
            "labels_multilabel": ({"output_dict": True}, {"output_dict": True, "labels": [1, 0]}),
        },
        oracles.classification_report,
        FOLD,
        SUM,
        weights=False,  # the sums of weights are those of precision_recall_fscore_support; see also the parity tests
    ),
    Metric(
        "cohen_kappa_score",
        {
            "labels_binary": (*grid(weights=(None, "linear")), {"labels": [1, 0]}, {"replace_undefined_by": 0.0}),
            "labels_multiclass": (
                *grid(weights=(None, "linear", "quadratic")),
                {"labels": [6, 0, 3], "weights": "linear"},
                {"labels": [6, 0, 3], "weights": "quadratic"},
            ),
            "labels_text": (*grid(weights=(None, "quadratic")), {"labels": ["cat", "ant"]}),
        },
        oracles.cohen_kappa_score,
        CHANCE,
        CHANCE,
        mirror="cohen_kappa_score",
    ),
    Metric(
        "d2_brier_score",
        {
            "probabilities_binary": ({}, {"pos_label": 0}, {"labels": [0, 1]}),
            "probabilities_multiclass": (FOUR, {}),
        },
        oracles.d2_brier_score,
        VARIANCE,
        VARIANCE,
    ),
    Metric(
        "d2_log_loss_score",
        {"probabilities_binary": ({"labels": [0, 1]}, {}), "probabilities_multiclass": (FOUR, {})},
        oracles.d2_log_loss_score,
        VARIANCE,
        VARIANCE,
    ),
    Metric(
        "fbeta_score",
        {name: tuple({"beta": 0.5, **settings} for settings in grids) for name, grids in SETS.items()},
        oracles.fbeta_score,
        FOLD,
        SUM,
    ),
    Metric(
        "hamming_loss",
        every_label(({},), *LABELS, "labels_multilabel"),
        oracles.hamming_loss,
        EXACT,
        SUM,
        mirror="hamming_loss",
    ),
    Metric(
        "hinge_loss",
        {"scores_binary": ({}, {"labels": [0, 1]}), "probabilities_multiclass": (FOUR, {}, {"labels": [0, 1, 2]})},
        oracles.hinge_loss,
        SUM,
        SUM,
    ),
    Metric(
        "jaccard_score",
        SETS,
        oracles.jaccard_score,
        FOLD,
        SUM,
        mirror="jaccard_score",
        mirrored=lambda keywords: keywords.get("average") != "weighted",
    ),
    Metric(
        "matthews_corrcoef",
        every_label(({},), *LABELS),
        oracles.matthews_corrcoef,
        CHANCE,
        CHANCE,
        mirror="matthews_corrcoef",
    ),
    Metric(
        "multilabel_confusion_matrix",
        {
            "labels_binary": ({}, {"labels": [1]}),
            "labels_multiclass": ({}, {"labels": [6, 0, 99]}, {"samplewise": True}),
            "labels_text": ({}, {"labels": ["cat", "dog"]}),
            "labels_multilabel": ({}, {"labels": [1, 0]}, {"labels": [9]}),
        },
        oracles.multilabel_confusion_matrix,
        EXACT,
        REST,
        extensive=lambda keywords: True,
    ),
    Metric(
        "zero_one_loss",
        every_label(grid(normalize=(True, False)), *LABELS, "labels_multilabel"),
        oracles.zero_one_loss,
        REST,
        REST,
        mirror="zero_one_loss",
        extensive=lambda keywords: not keywords.get("normalize", True),
    ),
)

SETWISE_NAMES = "f1_score|fbeta_score|jaccard_score|precision_recall_fscore_support|precision_score|recall_score"
MATRIX_NAMES = "balanced_accuracy_score|class_likelihood_ratios|cohen_kappa_score|confusion_matrix|matthews_corrcoef"
TABLE_NAMES = f"{MATRIX_NAMES}|classification_report|multilabel_confusion_matrix"
MEANT = (
    Meant(
        MATRIX_NAMES,
        f"({WORDS}|{TIMES}) on weights",
        REFUSAL,
        "words and times are no weights; scikit-learn turns them into floats here, and fails on them elsewhere",
    ),
    Meant(
        f"{TABLE_NAMES}|{SETWISE_NAMES}",
        r"dtypes: timedelta64\[s\] on argument [01]",
        PLAIN,
        "scikit-learn counts a duration and the number that it equals as two labels, though as a hit",
    ),
    Meant(
        SETWISE_NAMES,
        r"dtypes: timedelta64\[s\] on (argument 0|all)",
        PLAIN,
        "with NumPy before 1.25, scikit-learn does not find the pos_label 1 among durations",
    ),
    Meant(
        SETWISE_NAMES,
        "values: negated on (argument 0|all)",
        SPELLING,
        "the label -0.0 is the label 0, and is called 0.0 in messages",
    ),
    Meant(
        TABLE_NAMES,
        "values: a uint64 maximum on argument [01]",
        ORACLE,
        "scikit-learn does not find an integer label beyond 2**53 among labels that were promoted to float64",
    ),
    Meant(
        MATRIX_NAMES,
        "values: a None on weights",
        REFUSAL,
        "scikit-learn lets the missing weight through, as NaN and then 0",
    ),
    Meant(
        "classification_report",
        r"dtypes: uint64 on argument \d",
        ORACLE,
        "scikit-learn calls int64 beside uint64 labels by the floats that it promotes them to",
    ),
    Meant(
        "classification_report",
        r"values: (negated|a -0\.0) on (argument \d|all)",
        ORACLE,
        "the label -0.0 is the label 0, and is called 0.0 in the report",
    ),
    Meant(
        "hinge_loss",
        r"dtypes: timedelta64\[s\] on argument 0",
        PLAIN,
        "with NumPy before 1.25, scikit-learn fails on durations, which equal the numbers they stand for elsewhere",
    ),
    Meant(
        "cohen_kappa_score|matthews_corrcoef",
        "values: (a 1e300|a 2[*][*]53|times (1e300|1e-300|5e-324)) on weights",
        ORACLE,
        "squares of sums of weights overflow, underflow or cancel in scikit-learn; here they are exact",
    ),
    Meant(
        "multilabel_confusion_matrix",
        r"values: a 2\*\*53 on weights",
        ORACLE,
        "a sum of weights beyond 2**53 is rounded to a multiple of 2",
        within=2.0,
    ),
    Meant(
        "d2_log_loss_score",
        r"values: a 2\*\*53 on weights",
        ORACLE,
        "the share of one class is 1 but for 60 units in the last place, and its logarithm has as few digits",
        within=1e12,
    ),
    Meant(
        "hamming_loss",
        "(dtypes: (float16|float32|longdouble)|pandas: Float32|polars: Float32) on weights",
        PLAIN,
        "a mean over float32 weights is float64 here",
    ),
    Meant(
        "hinge_loss",
        f"({COMPLEX}) on weights|({TIMES}|{WORDS}) on (argument 1|all)",
        REFUSAL,
        "complex numbers are no weights, words and times no decision values; scikit-learn drops the imaginary part, or "
        "parses the words",
    ),
)
