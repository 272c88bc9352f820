"""How well documents are ranked for each query, from flat arrays: relevance, score, and the query of each row.

>>> from trueval import retrieval
>>> relevance = [1, 0, 2, 0, 1]
>>> scores = [0.2, 0.9, 0.4, 0.8, 0.6]
>>> query = ["a", "a", "a", "b", "b"]
>>> round(retrieval.ndcg_at_k(relevance, scores, query, k=10), 4)
0.6503
>>> retrieval.reciprocal_rank(relevance, scores, query, aggregate=None)
array([0.5, 0.5])

All functions are called ``f(relevance, scores, group, *, k=None, aggregate="mean")``. Rows need not be sorted, nor the
rows of a query lie together. With ``aggregate=None`` there is one value for each query, in order of first appearance,
for paired tests, which say whether one model ranks better than another:

>>> from trueval.inference import compare
>>> relevance, query = [1, 0, 0, 1, 0, 0, 0, 1], [1, 1, 2, 2, 3, 3, 4, 4]
>>> base, tuned = [2, 3, 5, 4, 1, 2, 9, 7], [4, 3, 5, 8, 1, 2, 9, 7]
>>> by_query = [retrieval.reciprocal_rank(relevance, scores, query, aggregate=None) for scores in (base, tuned)]
>>> found = compare("mean", None, *by_query)
>>> found.difference, round(found.pvalue, 3)
(0.25, 0.182)

=====================  ============================================  =====================  ===========================
function               known as                                      trec_eval's            a query without a relevant
                                                                     measure                document
=====================  ============================================  =====================  ===========================
`ndcg_at_k`            NDCG@k                                        ndcg, ndcg_cut         0
`precision_at_k`       P@k                                           P, set_P               0
`recall_at_k`          R@k                                           recall, set_recall     0
`average_precision_at_k`  AP@k; the mean is MAP@k                    map, map_cut           0
`reciprocal_rank`      RR@k; the mean is MRR@k                       recip_rank             0
`hit_rate`             HR@k, success                                 success                0
`r_precision`          R-precision                                   Rprec                  0
`group_auc`            group AUC, GAUC                                                      NaN, and left out of the
                                                                                            mean; so is one without any
                                                                                            other document
=====================  ============================================  =====================  ===========================

Zeros are what trec_eval, its Python bindings and ranx have; a query with relevant documents of which none was
retrieved is 0 as well.

**Ties.** Documents of equal score have no order, so that a value is its mean over all orders in which they may come
[1]_, as in `trueval.ndcg_score` and scikit-learn: the order of the rows makes no difference, and a model that gives all
documents one score ranks as chance does. trec_eval takes tied documents by their names, from z to a, and ranx as they
stand in its input, by which such a model is as good as the input happens to be ordered: perfect, where relevant
documents come first. Where no relevant document is tied, all are the same; `join` breaks ties as trec_eval does.

**Relevance** is graded or not; a document is relevant if it is above 0. Gains are those of the grades.

**Documents that were not retrieved** have the score minus infinity: they have no rank, and earn nothing at any k, but
the relevant ones count among those that recall, average precision, R-precision and the ideal ranking of NDCG are
measured by. `join` adds them. (To `group_auc`, minus infinity is the lowest score.) Documents that are not judged have
relevance 0.

`read_qrels`, `read_run` and `join` make arrays of TREC's files, or of dicts of dicts.

.. [1] F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in the presence of tied
   scores", ECIR 2008.
"""

from .metrics import (
    average_precision_at_k,
    group_auc,
    hit_rate,
    ndcg_at_k,
    precision_at_k,
    r_precision,
    recall_at_k,
    reciprocal_rank,
)
from .trec import Judged, join, read_qrels, read_run

__all__ = [
    "Judged",
    "average_precision_at_k",
    "group_auc",
    "hit_rate",
    "join",
    "ndcg_at_k",
    "precision_at_k",
    "r_precision",
    "read_qrels",
    "read_run",
    "recall_at_k",
    "reciprocal_rank",
]
