"""Metrics of rows that come in parts: states that are updated, merged, stored, sent, and computed from.

>>> from trueval import streaming
>>> parts = [([0, 1, 1], [0.2, 0.7, 0.4]), ([0, 1], [0.5, 0.9])]
>>> states = [streaming.state("roc_auc_score").update(y_true, y_score) for y_true, y_score in parts]
>>> states[0].merge(states[1]).compute()
0.8333333333333334

`state` has the state of every metric but `auc` and those of detection, by the name and with the parameters of its
function; that of a module, such as `trueval.segmentation.iou_score`, by its name alone. What it computes is what the
function returns for all rows at once, with its warnings and errors, however the rows were split, in whatever order they
came and were merged:

- to the last bit where the definition counts: metrics of labels, label maps, areas, average precision, curves, medians,
  exact answers, BLEU and chrF;
- within 4 units in the last place where floats are summed (errors, losses, means over queries or samples, weights),
  times the error of the function itself where a few rows outweigh all others: the kernels add blocks of 16,384 rows in
  plain float64. Where such sums are then subtracted (R², explained variance, D²), what is left of them has as many
  digits as it has in the function.

====================================================  ======================================  =========================
metrics                                               what the state holds                    memory
====================================================  ======================================  =========================
accuracy_score, balanced_accuracy_score,              the contingency table, in full up to    8 k² bytes of k labels (24
class_likelihood_ratios, classification_report,       2,048 labels, beyond it the cells       k² if weighted), or 32 for
cohen_kappa_score, confusion_matrix, f1_score,        that occur; of multilabel targets the   each cell that occurs
false_positive_rate, fbeta_score, hamming_loss,       counts of each column, and for
jaccard_score, matthews_corrcoef,                     ``average="samples"`` how many rows
multilabel_confusion_matrix,                          have each combination of hits,
precision_recall_fscore_support, precision_score,     predictions and truths
recall_score, true_negative_rate, zero_one_loss
average_precision_score,                              sorted runs of the scores of each       8 bytes a row (4 for
confusion_matrix_at_thresholds, det_curve,            class, by column; with                  float32, 24 if weighted),
metric_at_thresholds, partial_roc_auc_score,          ``average="samples"`` a sum             16 for a score that
precision_recall_curve, roc_auc_score, roc_curve,                                             repeats; up to the limit,
weighted_ovo_roc_auc_score                                                                    the rest is on disk
d2_absolute_error_score, d2_pinball_score,            sorted runs of the targets, or of the   as above
median_absolute_error                                 absolute errors
mean_absolute_error, mean_squared_error, and all      a sum of two floats for each output;    32 to 100 bytes an output
other metrics of regression                           R² and its kin also the spread about
                                                      the mean
brier_score_loss, d2_brier_score, d2_log_loss_score,  a sum, and the weight of each class     24 bytes a class
hinge_loss, log_loss, top_k_accuracy_score
coverage_error, dcg_score, ndcg_score,                a sum                                   64 bytes
label_ranking_average_precision_score,
label_ranking_loss
dice_score, iou_score, pixel_accuracy                 the contingency table of the pixels     8 k² bytes of k labels
cross_entropy, perplexity, exact_match, token_f1      a sum                                   64 bytes
average_precision_at_k, group_auc, hit_rate,          a sum, and the names of the queries     some 100 bytes a query
ndcg_at_k, precision_at_k, r_precision,
recall_at_k, reciprocal_rank
expected_calibration_error,                           bins of equal width                     150 bytes a bin
maximum_calibration_error
bleu, chrf, ter                                       sums of what sacrebleu counts           16 bytes a count
====================================================  ======================================  =========================

What these are updated with is what their functions take: ``update(relevance, scores, group)`` of retrieval, say, where
all documents of a query must come in one update. A query of which some come in another, or in another state that is
merged, is refused.

>>> ranking = streaming.state("ndcg_at_k", k=10).update([1, 0, 2], [0.2, 0.9, 0.4], ["a", "a", "a"])
>>> round(ranking.update([0, 1], [0.8, 0.6], ["b", "b"]).compute(), 4)
0.6503

The perplexity is the exponential of a mean within 4 units, and within as many times that mean.

Three more have no function of their own: `binned_state`, an area in constant memory with the largest error that it may
have; `delong_state`, an area with its standard error; `calibration_state`, a reliability diagram.

Some calls have no state, and say so: `auc`, whose points have an order; average precision of detections, which are
ranked over all images; ``samplewise=True``, ``per_image=True`` and ``aggregate=None``, which have a result for each
row, image or query; calibration errors in quantiles; `metric_at_thresholds` of a function that is not one of counts;
negative weights where there is a quantile or a spread; `d2_tweedie_score` of a negative power.

Losses of probabilities, and calibration errors of several columns, are by class, and which column belongs to which is
known when every class was seen. Until then the batches wait in memory; ``labels=`` makes that needless, but for the
Brier score of one column. Probabilities are clipped by the machine epsilon of the dtype that each batch has.

Memory
------
With ``memory_limit=`` bytes, a state of runs keeps a quarter of it, writes the rest to a temporary file, and works on
the ranges of scores that fit. The file has no name and goes when nothing refers to it any more: when the state is
closed (``with``, `close`), reset or collected, and when the process ends, however it ends. A state that was merged from
others reads their files. `to_bytes` and pickling need all of the state in memory.

How far this goes
-----------------
One machine: the runs of a state are 8 bytes a row, so 10⁹ rows of float64 scores take 8 GB of disk, and as much is read
once by `compute`; a limit of L bytes cuts them into about 192 n / L ranges.

A cluster, 10¹² rows. Two ways, and both are tested here at 10⁹ rows, as merges of 1,000 states:

- *Histogram.* Each of the partitions makes a `binned_state`, which is 32 bytes a bucket: 2 MB with 16 bits, 32 MB with
  20. They merge in a tree, so that no machine holds more than two, and the driver gets one. Nothing is shuffled. The
  half-width is Σ p n / (2 P N) over the buckets that hold several scores: 5e-4 for float32 with 16 bits and 3e-5 with
  20, for five million sigmoid scores, one in 20 positive; of float64, whose keys begin with more bits of the exponent,
  4e-3 and 2.5e-4. It is 0 for float16 and for scores with at most one value in each bucket, and then nothing more is
  needed.
- *Ranges.* Exact for any scores, with one shuffle: cut keys from a sample send each row's key (8 bytes, as blobs sorted
  within a partition: 8 TB for 10¹² float64 scores, half for float32) to the partition of its range. With 2 · 10⁸ rows a
  range there are 5,000 of them, each of 1.6 GB, and what leaves it are five integers (`ranges` does all of this):
  positives P, negatives N, twice the area A, squared placements C and D. Higher range h and lower range l merge to

  A = A_h + A_l + 2 P_h N_l,  C = C_h + C_l + 4 N_l A_h + 4 P_h N_l²,  D = D_h + D_l + 4 P_h A_l + 4 N_l P_h²,

  5,000 times on the driver, in Python's integers: P N passes 64 bits at 4 · 10⁹ rows of each class, C passes 128 bits
  at 4 · 10¹². Average precision needs the counts above each range first, which follow from the sizes of the blobs.

Counts are int64: 9 · 10¹⁸ rows. Up to 2⁵³ of them precision and recall are the quotients of the exact counts.

References
----------
.. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", The American Statistician
   37, 1983.
.. [2] D. E. Knuth, "The Art of Computer Programming", volume 2, section 4.2.2: sums of two floats.
.. [3] H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than the
   other", Annals of Mathematical Statistics 18, 1947.
.. [4] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
   operating characteristic curves", Biometrics 44, 1988.
"""

from . import ranges
from ._binned import Area, Bounded
from ._calibration import Reliability
from ._factory import binned_state, calibration_state, delong_state, from_bytes, state
from ._state import State

__all__ = [
    "Area",
    "Bounded",
    "Reliability",
    "State",
    "binned_state",
    "calibration_state",
    "delong_state",
    "from_bytes",
    "ranges",
    "state",
]
