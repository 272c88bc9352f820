"""The metrics of ranking, and where they differ from scikit-learn's on purpose."""

from __future__ import annotations

import oracles
import sklearn.metrics
from metric import (
    COMPLEX,
    CURVE,
    FOLD,
    ORACLE,
    PLAIN,
    REFUSAL,
    SPELLING,
    SUM,
    TIMES,
    WORDS,
    Meant,
    Metric,
    every_label,
    grid,
)
from outcomes import EXACT, Tolerance

RESIDUE = Tolerance(1e-12, 1e-12, "the rest of a sum of weights is near 0 where the sum is nearly all there is")

GAIN = ({}, {"k": 1}, {"k": 3}, {"k": 50}, {"k": 0})
IGNORING = grid(ignore_ties=(True,), k=(None, 1, 2))
# 'weighted' is for test_parity_ranking: without a positive, scikit-learn answers with the integer 0
MEANS = ("macro", "micro", "samples", None)
CURVE_INPUTS = {
    "scores_binary": grid(drop_intermediate=(False, True), pos_label=(None, 0)),
    "scores_text": grid(drop_intermediate=(False, True), pos_label=("bee", "cat")),
}
FOUR = [0, 1, 2, 3]

ROWS = (
    Metric(
        "roc_auc_score",
        {
            "probabilities_multiclass": (
                *grid(multi_class=("ovr",), average=("macro", "micro", "weighted", None), labels=(FOUR,)),
                {"multi_class": "ovr"},
            )
        },
        oracles.roc_auc_score,
        CURVE,
        CURVE,
    ),
    Metric(
        "roc_auc_score",
        {
            **every_label(grid(max_fpr=(None, 0.3, 1.0)), "scores_binary", "scores_text"),
            "scores_multilabel": grid(average=MEANS, max_fpr=(None, 0.3)),
        },
        oracles.roc_auc_score,
        CURVE,
        CURVE,
        monotone=True,
        needs_two_classes=True,
    ),
    Metric(
        "roc_curve",
        {
            "scores_binary": grid(drop_intermediate=(True, False), pos_label=(None, 0)),
            "scores_text": grid(pos_label=("bee", "ant", "cat", None)),
        },
        oracles.roc_curve,
        EXACT,
        SUM,
        monotone=True,
        needs_two_classes=True,
        fragile=lambda keywords: keywords.get("drop_intermediate", True),
    ),
    Metric(
        "average_precision_score",
        {
            "scores_binary": ({}, {"pos_label": 0}, {"pos_label": 2}),
            "scores_text": grid(pos_label=("bee", "cat")),
            "scores_multilabel": grid(average=MEANS),
            "probabilities_multiclass": grid(average=(*MEANS, "weighted")),
        },
        oracles.average_precision_score,
        CURVE,
        CURVE,
        monotone=True,
    ),
    Metric(
        "precision_recall_curve",
        {
            "scores_binary": grid(drop_intermediate=(False, True), pos_label=(None, 0)),
            "scores_text": grid(pos_label=("bee", "cat")),
        },
        oracles.precision_recall_curve,
        EXACT,
        SUM,
        monotone=True,
    ),
    Metric(
        "confusion_matrix_at_thresholds",
        {"scores_binary": grid(pos_label=(None, 0)), "scores_text": grid(pos_label=("bee", "cat", None))},
        oracles.confusion_matrix_at_thresholds,
        EXACT,
        RESIDUE,
        monotone=True,
        extensive=lambda keywords: (True, True, True, True, False),
    ),
    Metric(
        "det_curve",
        CURVE_INPUTS,
        oracles.det_curve,
        EXACT,
        RESIDUE,
        monotone=True,
        needs_two_classes=True,
    ),
    Metric(
        "metric_at_thresholds",
        {
            "scores_coarse": (
                {"metric_func": sklearn.metrics.accuracy_score},
                {"metric_func": sklearn.metrics.accuracy_score, "metric_params": {"normalize": False}},
                {"metric_func": sklearn.metrics.confusion_matrix, "metric_params": {"labels": [0, 1]}},
                {"metric_func": sklearn.metrics.f1_score, "metric_params": {"average": "binary", "zero_division": 0.0}},
            )
        },
        oracles.metric_at_thresholds,
        FOLD,
        SUM,
        monotone=True,
        extensive=lambda keywords: (
            keywords.get("metric_params") in ({"normalize": False}, {"labels": [0, 1]}),
            False,
        ),
    ),
    Metric("coverage_error", {"scores_multilabel": ({},)}, oracles.coverage_error, FOLD, SUM, monotone=True),
    Metric(
        "label_ranking_average_precision_score",
        {"scores_multilabel": ({},)},
        oracles.label_ranking_average_precision_score,
        SUM,
        SUM,
        monotone=True,
        longest=2000,
    ),
    Metric(
        "label_ranking_loss",
        {"scores_multilabel": ({},)},
        oracles.label_ranking_loss,
        SUM,
        SUM,
        monotone=True,
        longest=2000,
    ),
    Metric(
        "top_k_accuracy_score",
        {
            "probabilities_multiclass": (
                *grid(k=(1, 2, 3, 5), labels=(FOUR,)),
                {},
                {"labels": FOUR, "normalize": False},
                {"labels": [0, 1, 2]},
            ),
            "scores_binary": grid(k=(1, 2), normalize=(True, False)),
        },
        oracles.top_k_accuracy_score,
        EXACT,
        SUM,
        extensive=lambda keywords: not keywords.get("normalize", True),
    ),
    Metric("auc", {"curve": ({},)}, oracles.auc, SUM, SUM, weights=False, permutable=False),
    Metric(
        "dcg_score",
        {"gains": (*GAIN, {"log_base": 10}), "gains_distinct": IGNORING},
        oracles.dcg_score,
        SUM,
        SUM,
        monotone=True,
        longest=2000,
    ),
    Metric(
        "ndcg_score",
        {"gains": GAIN, "gains_distinct": IGNORING},
        oracles.ndcg_score,
        SUM,
        SUM,
        monotone=True,
        longest=2000,
    ),
)

THRESHOLDS = "confusion_matrix_at_thresholds|det_curve|metric_at_thresholds"
CURVES = f"average_precision_score|precision_recall_curve|roc_auc_score|roc_curve|{THRESHOLDS}"
GAINS = "dcg_score|ndcg_score"
PRECISION = "label_ranking_average_precision_score"
RANKINGS = f"coverage_error|{PRECISION}|label_ranking_loss"
MEANT = (
    Meant(
        "label_ranking_average_precision_score",
        "(layouts: column|shapes: (first column|three dimensions)) on weights",
        REFUSAL,
        "with NumPy before 1.25, scikit-learn makes numbers of weights in a column here, and refuses them elsewhere",
    ),
    Meant(
        CURVES,
        f"({WORDS}|{TIMES}) on weights",
        REFUSAL,
        "words and times are no weights; scikit-learn turns them into floats here, and fails on them elsewhere",
    ),
    Meant(
        f"{GAINS}|{RANKINGS}|top_k_accuracy_score",
        f"{COMPLEX} on weights",
        REFUSAL,
        "complex numbers are no weights; scikit-learn drops the imaginary part here, and refuses them elsewhere",
    ),
    Meant(
        f"{RANKINGS}|top_k_accuracy_score",
        f"({WORDS}|{TIMES}) on weights",
        REFUSAL,
        "words and times are no weights; scikit-learn fails on them in one place or another, or multiplies by them",
    ),
    Meant(
        RANKINGS,
        f"({WORDS}|{TIMES}) on (argument 0|all)",
        REFUSAL,
        "words and times are no marks; scikit-learn parses those of pandas, and refuses those of NumPy",
    ),
    Meant(
        f"{RANKINGS}|top_k_accuracy_score",
        f"({WORDS}|{TIMES}) on (argument 1|all)",
        REFUSAL,
        "words and times are no scores; scikit-learn parses some of them, and refuses others",
    ),
    Meant(
        f"{CURVES}|{GAINS}",
        f"({TIMES}) on (argument 1|all)",
        REFUSAL,
        "times are no scores; scikit-learn ranks by them in some functions, and fails on them in others",
    ),
    Meant(
        "ndcg_score",
        r"dtypes: timedelta64\[s\] on argument 0",
        REFUSAL,
        "times are no gains; scikit-learn adds their microseconds with ignore_ties, and fails on them without",
    ),
    Meant(
        f"average_precision_score|roc_auc_score|{GAINS}",
        "pandas: (str|string) on (argument 1|all)",
        REFUSAL,
        "words are no scores; scikit-learn parses those of pandas, and refuses those of NumPy",
    ),
    Meant(
        GAINS,
        "pandas: (str|string) on argument 0",
        REFUSAL,
        "words are no gains; scikit-learn parses those of pandas, and refuses those of NumPy",
    ),
    Meant(
        f"roc_auc_score|{GAINS}",
        "polars: String on (argument 1|all)",
        REFUSAL,
        "words are no scores; scikit-learn parses those of polars, or ranks by them alphabetically",
    ),
    Meant(
        "average_precision_score",
        r"dtypes: timedelta64\[s\] on (argument 0|all)",
        PLAIN,
        "with NumPy before 1.25, scikit-learn does not find the pos_label 1 among durations",
    ),
    Meant(
        f"{GAINS}|{PRECISION}",
        "dtypes: uint(8|16|32|64) on (argument 1|all)",
        ORACLE,
        "scikit-learn negates the scores in their own dtype, where -1 wraps around to the largest value",
    ),
    Meant(
        GAINS,
        "(dtypes: int(32|64)|values: times 5e-324) on (argument 1|all)",
        ORACLE,
        "with ignore_ties, scikit-learn leaves the order of tied scores to an unstable sort",
    ),
    Meant(
        "average_precision_score",
        "layouts: (list|list of scalars) on (argument 1|all)",
        PLAIN,
        "scikit-learn asks the scores of several classes for their shape, which a list has not",
    ),
    Meant(
        "top_k_accuracy_score",
        r"dtypes: timedelta64\[s\] on argument 0",
        PLAIN,
        "scikit-learn finds a duration among the labels that it equals, and then does not",
    ),
    Meant(
        RANKINGS,
        "pandas: category on (argument 0|all)",
        PLAIN,
        "scikit-learn does not know what kind of target a frame of categories is",
    ),
    Meant(
        PRECISION,
        "(pandas|polars|pyarrow): .* on weights",
        PLAIN,
        "scikit-learn takes weights one by one, by labels of rows or as what the library has for numbers",
    ),
    Meant(
        "auc",
        "(dtypes|pandas): bool on argument 1",
        PLAIN,
        "scikit-learn adds neighbouring y as booleans, where True + True is True",
    ),
    Meant(
        "average_precision_score",
        "values: times 5e-324 on weights",
        ORACLE,
        "products of weights with one significant bit are rounded, in one order or another",
        within=0.05,
    ),
    Meant(
        "confusion_matrix_at_thresholds|metric_at_thresholds|precision_recall_curve",
        "(layouts|pandas): object on (argument 1|all)",
        PLAIN,
        "thresholds of scores that come as objects are float64, not objects",
    ),
    Meant(
        "average_precision_score|confusion_matrix_at_thresholds|det_curve|precision_recall_curve|roc_auc_score|roc_curve",
        "values: negated on (argument 0|all)",
        SPELLING,
        "the label -0.0 is the label 0, and is called 0.0 in messages",
    ),
)
