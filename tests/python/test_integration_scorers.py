"""trueval's functions as scikit-learn's scorers: by make_scorer, and by their names under the patch."""

from __future__ import annotations

import pytest
import sklearn.metrics as sk
import trueval
import trueval.integrations.sklearn as ts
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, Y = load_breast_cancer(return_X_y=True)


def model():
    return make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("f1_score", {}),
        ("fbeta_score", {"beta": 2}),
        ("matthews_corrcoef", {}),
        ("roc_auc_score", {"response_method": ("decision_function", "predict_proba")}),
        ("average_precision_score", {"response_method": "decision_function"}),
        ("log_loss", {"response_method": "predict_proba", "greater_is_better": False}),
        ("brier_score_loss", {"response_method": "predict_proba", "greater_is_better": False}),
    ],
)
def test_make_scorer(name, settings):
    ours = cross_val_score(model(), X, Y, cv=3, scoring=make_scorer(getattr(trueval, name), **settings))
    theirs = cross_val_score(model(), X, Y, cv=3, scoring=make_scorer(getattr(sk, name), **settings))
    assert ours == pytest.approx(theirs, rel=1e-12)  # areas and losses add up in another order


@pytest.mark.parametrize("scoring", ["f1", "roc_auc", "neg_log_loss", "balanced_accuracy"])
def test_names_under_the_patch(scoring):
    theirs = cross_val_score(model(), X, Y, cv=3, scoring=scoring)
    with ts.patched():
        assert sk.f1_score is trueval.f1_score
        ours = cross_val_score(model(), X, Y, cv=3, scoring=scoring)
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_grid_search_picks_the_same():
    grid = {"logisticregression__C": [1e-4, 1.0]}
    found = [
        GridSearchCV(model(), grid, cv=3, scoring=scoring).fit(X, Y).best_params_
        for scoring in (make_scorer(trueval.f1_score), "f1")
    ]
    assert found[0] == found[1]
