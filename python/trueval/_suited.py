"""What is known of each metric whatever the data are, and which one decides: the facts behind `tasks` and the CLI.

A new metric of a task is a row in `METRICS`; ``trueval compare`` shows those that are made by `_shown` or `_both`, and
an evaluation during a training logs those by `_logged` or `_both`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

# Positives are rare below this share, and classes of two uneven outside of the two bounds.
RARE, UNEVEN = 0.1, (0.2, 0.8)
# Several classes are even while the largest has at most so many times the rows of the smallest.
EVEN = 4
# Queries with more documents than this are judged by the first so many.
TOP, _TOP_IN_WORDS = 10, "ten"


@dataclass(frozen=True)
class Metric:
    """A metric that suits a task.

    Attributes
    ----------
    name : str
        Its name for machines, as in ``trueval compare --format json``.
    function : str
        The public function, below `trueval`: ``"f1_score"``.
    title : str
        The name for people.
    needs : str
        What it takes of a model's predictions: "labels", "scores", "probabilities", "values", "label maps", "answers",
        "translations", "detections", or "logits".
    higher_is_better : bool
        Its direction.
    reason : str
        What it tells.
    params : dict
        What the function is called with besides the truth and the predictions.
    decides : bool
        Whether it is the one to decide by.
    caution : str
        What speaks against it with these data; empty where nothing does.
    compared : bool
        Whether ``trueval compare`` shows it.
    logged : bool
        Whether an evaluation during a training logs it, if nothing else is asked for: one of the few that may decide,
        whatever the labels turn out to be, or that say what these do not (log loss, MCC, R²).
    """

    name: str
    function: str
    title: str
    needs: str
    higher_is_better: bool
    reason: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)
    decides: bool = False
    caution: str = ""
    compared: bool = False
    logged: bool = False


def _more(*row: Any, **params: Any) -> Metric:
    name, function, title, needs, higher_is_better, reason = row
    return Metric(name, function, title, needs, higher_is_better, reason, params)


def _shown(*row: Any, **params: Any) -> Metric:
    return replace(_more(*row, **params), compared=True)


def _logged(*row: Any, **params: Any) -> Metric:
    return replace(_more(*row, **params), logged=True)


def _both(*row: Any, **params: Any) -> Metric:
    return replace(_shown(*row, **params), logged=True)


_AREA = "how often a positive row is ranked above a negative one, whatever the threshold"
_AP = "how pure the top of the ranking is, for each share of the positives that is to be found"
_LOG_LOSS = "whether the probabilities can be believed; being sure and wrong costs most"
_MCC = "correlation of prediction and truth: high only when all classes are found, whatever their sizes"
_KAPPA = "agreement beyond chance; an answer that is far off counts by the square of its distance"
_CROSS_ENTROPY = "the mean loss of a token in nats: what the training lowers, and whose mean over texts has a test"

METRICS: dict[str, tuple[Metric, ...]] = {
    "binary": (
        _both("roc_auc_score", "roc_auc_score", "ROC AUC", "scores", True, _AREA),
        _both("average_precision_score", "average_precision_score", "average precision", "scores", True, _AP),
        _both("log_loss", "log_loss", "log loss", "probabilities", False, _LOG_LOSS),
        _both("accuracy_score", "accuracy_score", "accuracy", "labels", True, "the share of rows that are right"),
        _shown(
            "precision_score", "precision_score", "precision", "labels", True, "of what is found, how much is right"
        ),
        _shown("recall_score", "recall_score", "recall", "labels", True, "of the positives, how many are found"),
        _both("f1_score", "f1_score", "F1", "labels", True, "precision and recall in one, blind to true negatives"),
        _logged("matthews_corrcoef", "matthews_corrcoef", "MCC", "labels", True, _MCC),
        _more(
            *("balanced_accuracy_score", "balanced_accuracy_score", "balanced accuracy", "labels", True),
            "the mean of both classes' recalls, as if they were of one size",
        ),
        _more(
            *("brier_score_loss", "brier_score_loss", "Brier score", "probabilities", False),
            "squared error of the probabilities, gentler than log loss with the sure and wrong",
        ),
    ),
    "multiclass": (
        _both("accuracy_score", "accuracy_score", "accuracy", "labels", True, "the share of rows that are right"),
        _shown(
            *("precision_score_macro", "precision_score", "precision, macro", "labels", True),
            "the mean of the classes' precisions, each counting alike",
            average="macro",
        ),
        _shown(
            *("recall_score_macro", "recall_score", "recall, macro", "labels", True),
            "the mean of the classes' recalls (balanced accuracy), each counting alike",
            average="macro",
        ),
        _both(
            *("f1_score_macro", "f1_score", "F1, macro", "labels", True),
            "the mean of the classes' F1, so that small classes count as much as large ones",
            average="macro",
        ),
        _shown(
            *("f1_score_weighted", "f1_score", "F1, weighted", "labels", True),
            "the mean of the classes' F1 by their sizes",
            average="weighted",
        ),
        _shown(
            *("roc_auc_score_ovr_macro", "roc_auc_score", "ROC AUC, one-vs-rest", "probabilities", True),
            "how well each class is ranked above all others, whatever is predicted in the end",
            multi_class="ovr",
        ),
        _both("log_loss", "log_loss", "log loss", "probabilities", False, _LOG_LOSS),
        _logged("matthews_corrcoef", "matthews_corrcoef", "MCC", "labels", True, _MCC),
        _more(
            *("top_k_accuracy_score_at_5", "top_k_accuracy_score", "top-5 accuracy", "probabilities", True),
            "how often the class is among the first five, where a person or a second model takes it from there",
            k=5,
        ),
    ),
    "multilabel": (
        _logged(
            *("average_precision_score_macro", "average_precision_score", "average precision, macro", "scores", True),
            "for each label, how pure the top of its ranking is; the mean over labels",
            average="macro",
        ),
        _more(
            *("roc_auc_score_macro", "roc_auc_score", "ROC AUC, macro", "scores", True),
            "for each label, how well its rows are ranked above the others; the mean over labels",
            average="macro",
        ),
        _logged(
            *("f1_score_macro", "f1_score", "F1, macro", "labels", True),
            "the mean of the labels' F1, so that rare labels count as much as common ones",
            average="macro",
        ),
        _logged(
            *("f1_score_micro", "f1_score", "F1, micro", "labels", True),
            "F1 of all decisions together: common labels count most",
            average="micro",
        ),
        _more(
            *("f1_score_samples", "f1_score", "F1, per row", "labels", True),
            "the mean of the rows' F1: what somebody sees who looks at one row",
            average="samples",
        ),
        _more(
            *("jaccard_score_samples", "jaccard_score", "Jaccard, per row", "labels", True),
            "shared labels over all labels that either has, the mean over rows",
            average="samples",
        ),
        _logged(
            *("label_ranking_average_precision_score", "label_ranking_average_precision_score"),
            *("label ranking AP", "scores", True, "whether a row's own labels come before the others"),
        ),
        _more(
            *("hamming_loss", "hamming_loss", "Hamming loss", "labels", False, "the share of single decisions missed"),
        ),
        _more(
            *("accuracy_score", "accuracy_score", "exact match", "labels", True),
            "the share of rows with every label right",
        ),
    ),
    "ordinal": (
        _more(
            *("mean_absolute_error", "mean_absolute_error", "MAE in grades", "labels", False),
            "by how many grades the answer is off (grades as the numbers 0, 1, 2, ...)",
        ),
        _more(
            *("cohen_kappa_score_quadratic", "cohen_kappa_score", "quadratic kappa", "labels", True, _KAPPA),
            weights="quadratic",
        ),
        _more("accuracy_score", "accuracy_score", "accuracy", "labels", True, "the share of rows with the very grade"),
        _more(
            *("f1_score_macro", "f1_score", "F1, macro", "labels", True),
            "each grade by itself, rare ones as much as common ones; blind to how far off an answer is",
            average="macro",
        ),
    ),
    "regression": (
        _shown("mean_squared_error", "mean_squared_error", "MSE", "values", False, "the mean of the squared errors"),
        _both(
            *("root_mean_squared_error", "root_mean_squared_error", "RMSE", "values", False),
            "the size of the errors in the units of the label; large ones count most",
        ),
        _both(
            *("mean_absolute_error", "mean_absolute_error", "MAE", "values", False),
            "the mean size of the errors in the units of the label, all counting by their size",
        ),
        _both(
            *("r2_score", "r2_score", "R²", "values", True),
            "the share of the label's variance that is explained; comparable between data sets of like spread only",
        ),
        _more(
            *("median_absolute_error", "median_absolute_error", "median error", "values", False),
            "the size of the typical error, whatever the worst half does",
        ),
        _more(
            *("mean_absolute_percentage_error", "mean_absolute_percentage_error", "MAPE", "values", False),
            "the mean error relative to the label",
        ),
        _more(
            *("root_mean_squared_log_error", "root_mean_squared_log_error", "RMSLE", "values", False),
            "the error of the logarithm: ratios rather than differences",
        ),
        _more(
            *("mean_poisson_deviance", "mean_poisson_deviance", "Poisson deviance", "values", False),
            "the error of counts, which scatter the more the larger they are",
        ),
    ),
    "ranking": (
        _shown(
            *("ndcg_score", "retrieval.ndcg_at_k", "NDCG", "scores", True),
            "gain of the whole order over the best one, later places counting less; takes grades of relevance",
        ),
        _shown(
            *("ndcg_score_at_10", "retrieval.ndcg_at_k", "NDCG@10", "scores", True),
            "gain of the first ten places over the best ten; takes grades of relevance",
            k=10,
        ),
        _more(
            *("average_precision_at_k", "retrieval.average_precision_at_k", "MAP", "scores", True),
            "precision at the place of each relevant document: for those who want to see all of them",
        ),
        _more(
            *("reciprocal_rank", "retrieval.reciprocal_rank", "MRR", "scores", True),
            "how soon the first relevant document comes: for those who want one",
        ),
        _more(
            *("precision_at_10", "retrieval.precision_at_k", "precision@10", "scores", True),
            "of the first ten, how many are relevant",
            k=10,
        ),
        _more(
            *("recall_at_10", "retrieval.recall_at_k", "recall@10", "scores", True),
            "of the relevant ones, how many are among the first ten",
            k=10,
        ),
        _more(
            *("group_auc", "retrieval.group_auc", "group AUC", "scores", True),
            "how often a relevant document is ranked above another of the same query, wherever they are",
        ),
    ),
    "semantic-segmentation": (
        _more(
            *("iou_score", "segmentation.iou_score", "mean IoU", "label maps", True),
            "overlap over union of each class's pixels, the mean over classes",
        ),
        _more(
            *("dice_score", "segmentation.dice_score", "mean Dice", "label maps", True),
            "twice the overlap over both sizes, the mean over classes; gentler than IoU",
        ),
        _more(
            *("pixel_accuracy", "segmentation.pixel_accuracy", "pixel accuracy", "label maps", True),
            "the share of pixels that are right",
        ),
    ),
    "question-answering": (
        _more(
            *("token_f1", "question_answering.token_f1", "token F1", "answers", True),
            "the words that answer and reference share, so that an answer that is nearly right counts",
        ),
        _more(
            *("exact_match", "question_answering.exact_match", "exact match", "answers", True),
            "the share of answers that are a reference, word by word",
        ),
    ),
    "translation": (
        _more(
            *("chrf", "translation.chrf", "chrF", "translations", True),
            "n-grams of characters in common: forms of a word count in part; goes with people's judgement",
        ),
        _more(
            *("bleu", "translation.bleu", "BLEU", "translations", True),
            "n-grams of words in common: what papers report, and the tokenizer changes",
        ),
        _more(
            *("ter", "translation.ter", "TER", "translations", False),
            "edits that are left to do, per hundred words",
        ),
    ),
    "object-detection": (
        _more(
            *("map", "detection.mean_average_precision", "mAP", "detections", True),
            "average precision, the mean over categories and ten demands on the overlap of boxes",
        ),
        _more(
            *("map_50", "detection.mean_average_precision", "mAP at IoU 0.5", "detections", True),
            "the same, of boxes that cover half of the union: whether objects are found, not how tightly",
            metric="map_50",
        ),
    ),
    "language-modeling": (
        _logged("cross_entropy", "language.cross_entropy", "cross-entropy", "logits", False, _CROSS_ENTROPY),
        _logged(
            *("perplexity", "language.perplexity", "perplexity", "logits", False),
            "the exponential of the cross-entropy: among how many tokens, all as likely, the model is undecided",
        ),
        _logged(
            *("accuracy_score", "accuracy_score", "next-token accuracy", "labels", True),
            "the share of tokens that the model holds for the likeliest; blind to how sure it is",
        ),
    ),
}


def shown_by_compare(task: str) -> tuple[Metric, ...]:
    """Metrics of ``trueval compare``, in its order."""
    return tuple(metric for metric in METRICS[task] if metric.compared)


@dataclass(frozen=True)
class Shape:
    """What the choice of a metric depends on; None and empty where it is not known.

    `share` is that of the positives, `sizes` are the rows of each class that occurs (of each label, where a row has
    several), `longest` the documents of the largest query, `tails` the share of labels that are far out.
    """

    share: float | None = None
    sizes: tuple[int, ...] = ()
    longest: int | None = None
    tails: float = 0.0

    @property
    def even(self) -> bool:
        """Whether the classes are about as large as one another."""
        return not self.sizes or max(self.sizes) <= EVEN * min(self.sizes)

    @property
    def one_sided(self) -> bool:
        """Whether one of two classes has most of the rows."""
        return self.share is not None and not UNEVEN[0] <= self.share <= UNEVEN[1]


_ALWAYS = {
    "semantic-segmentation": ("iou_score", "each class counts alike, however few its pixels"),
    "question-answering": ("token_f1", "answers that are nearly right count in part"),
    "translation": ("chrf", "it does not depend on a tokenizer"),
    "object-detection": ("map", "it asks for objects and for tight boxes"),
    "language-modeling": ("cross_entropy", "it is a mean over tokens; perplexity ranks models alike"),
}


# Where rows are not what is drawn, how two models are compared by the metric that decides.
_COMPARISONS = {
    "ranking": (
        "queries are independent, documents of one are not: two models are compared by each query's values, which "
        'aggregate=None gives: trueval.inference.compare("mean", None, base, tuned)'
    ),
    "semantic-segmentation": (
        "pixels of an image belong together: two models are compared by drawing images, and the metric of all their "
        'pixels: trueval.segmentation.compare(y_true, base, tuned, metric="iou_score"{options})'
    ),
    "question-answering": (
        "two models are compared question by question: "
        'trueval.question_answering.compare(references, base, tuned, metric="token_f1")'
    ),
    "translation": (
        "a score is that of all segments together: two models are compared by drawing segments: "
        'trueval.translation.compare(references, base, tuned, metric="chrf")'
    ),
    "object-detection": (
        "a score is that of all images together: two models are compared by drawing images: "
        'trueval.detection.compare(truth, base, tuned, metric="map")'
    ),
}


def how_to_compare(task: str, options: str = "") -> list[str]:
    """Say how two models are tested, if another way than `trueval.inference.compare` by rows.

    Parameters
    ----------
    task : str
    options : str
        Further arguments, as they are written.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    return [_COMPARISONS[task].format(options=options)] if task in _COMPARISONS else []


def headline(task: str, shape: Shape, names: Collection[str]) -> tuple[str, str]:
    """Choose the metric that decides, and say why.

    Parameters
    ----------
    task : str
    shape : Shape
        Of the labels.
    names : collection of str
        The metrics that the predictions allow.

    Returns
    -------
    name, why : str
    """
    choices = _headlines(task, shape)
    return next((choice for choice in choices if choice[0] in names), (next(iter(names)), "it is all there is"))


def _headlines(task: str, shape: Shape) -> list[tuple[str, str]]:
    """List the metrics that may decide, the best first."""
    if task == "binary":
        rare = shape.share is not None and shape.share < RARE
        return [
            ("average_precision_score", "positives are rare") if rare else ("roc_auc_score", "scores are ranked"),
            ("f1_score", "classes are uneven") if shape.one_sided else ("accuracy_score", "labels are predicted"),
        ]
    if task == "multiclass":
        even = ("accuracy_score", "classes are even")
        return [even if shape.even else ("f1_score_macro", "classes are uneven")]
    if task == "multilabel":
        if 0 in shape.sizes:
            empty = "some labels have no row, so that they have no value of their own"
            return [("label_ranking_average_precision_score", empty), ("f1_score_micro", empty)]
        return [("average_precision_score_macro", "labels are ranked"), ("f1_score_macro", "labels count alike")]
    if task == "ordinal":
        uneven = "grades are uneven, and always answering the commonest earns nothing"
        return [("mean_absolute_error", "it is in grades") if shape.even else ("cohen_kappa_score_quadratic", uneven)]
    if task == "regression":
        far = "a few labels are far out, and would decide RMSE alone"
        units = "it is in the units of the label"
        return [("mean_absolute_error", far) if shape.tails else ("root_mean_squared_error", units)]
    if task == "ranking":
        long = shape.longest is None or shape.longest > TOP
        few = f"queries have {_TOP_IN_WORDS} rows at most"
        return [("ndcg_score_at_10", f"the first {_TOP_IN_WORDS} count most") if long else ("ndcg_score", few)]
    return [_ALWAYS[task]]
