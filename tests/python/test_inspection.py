"""`disagreements`: against plain loops over rows, and on labels that were spoiled on purpose."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from trueval.inference import compare
from trueval.inspection import disagreements

RNG = np.random.default_rng(0)
N, K = 300, 4
NAMES = np.array(["ant", "bee", "cow", "dog"])
TRUE = RNG.integers(0, K, N)
BASE, TUNED = (RNG.dirichlet(np.full(K, 0.3), N) for _ in range(2))
BASE[:100, :] = TUNED[:100, :]  # some agreement, or there would be no suspects
SLICES = {"size": RNG.integers(0, 3, N), "place": np.where(np.arange(N) % 5 == 0, "north", "south")}


@pytest.mark.parametrize("text", [False, True])
def test_against_a_loop(text):
    expected = {kind: [] for kind in ("fixed", "broken", "moved")}
    suspects = []
    for row in range(N):
        a, b = int(np.argmax(BASE[row])), int(np.argmax(TUNED[row]))
        if a != TRUE[row] and b == TRUE[row]:
            expected["fixed"].append(row)
        elif a == TRUE[row] and b != TRUE[row]:
            expected["broken"].append(row)
        elif a != b:
            expected["moved"].append(row)
        elif a != TRUE[row] and min(BASE[row].max(), TUNED[row].max()) >= 0.9:
            suspects.append((-min(BASE[row].max(), TUNED[row].max()), row))
    found = disagreements(NAMES[TRUE] if text else TRUE, BASE, TUNED, slices=SLICES)
    assert {kind: getattr(found, kind).tolist() for kind in expected} == expected
    assert found.suspect.tolist() == [row for _, row in sorted(suspects)]
    assert suspects
    for one in found.slices:
        member = SLICES[one.column].astype(str) == one.value
        assert one.n == member.sum()
        for kind in (*expected, "suspect"):
            assert getattr(one, kind) == member[getattr(found, kind)].sum()
    gains = [one.fixed - one.broken for one in found.slices]
    assert gains == sorted(gains)
    assert {one.value for one in found.slices if one.column == "place"} == {"north", "south"}


def test_labels_do_not_tell_how_sure_they_are():
    hard = [scores.argmax(axis=1) for scores in (BASE, TUNED)]
    found, soft = disagreements(TRUE, *hard), disagreements(TRUE, BASE, TUNED)
    for kind in ("fixed", "broken", "moved"):
        np.testing.assert_array_equal(getattr(found, kind), getattr(soft, kind))
    assert found.suspect.size == 0
    mcnemar = compare("accuracy_score", TRUE, *hard)
    assert (mcnemar.wins, mcnemar.losses) == (len(found.fixed), len(found.broken))


def test_two_classes_by_one_probability():
    true = np.array(["no", "no", "yes", "yes", "no"])
    found = disagreements(true, [0.2, 0.5, 0.4, 0.03, 0.93], [0.6, 0.1, 0.7, 0.05, 0.97])
    assert [found.fixed.tolist(), found.broken.tolist(), found.suspect.tolist()] == [[1, 2], [0], [3, 4]]
    matrix = [
        np.stack([1 - p, p], axis=1) for p in np.array([[0.2, 0.6, 0.4, 0.03, 0.93], [0.6, 0.1, 0.7, 0.05, 0.97]])
    ]
    assert disagreements(true, *(m.astype(np.float32) for m in matrix)).suspect.tolist() == [3, 4]


def test_columns_may_be_more_than_the_labels_that_occur():
    found = disagreements(["a", "c"], np.eye(3)[[1, 2]], np.eye(3)[[0, 2]], labels=["a", "b", "c"])
    assert (found.fixed.tolist(), found.broken.tolist()) == ([0], [])


def test_spoiled_labels_are_found():
    """Real images: of 20 labels changed by hand, most are found, and little else is."""
    images, digits = load_digits(return_X_y=True)
    order = RNG.permutation(len(digits))
    train, test = order[:900], order[900:]
    models = [GaussianNB(var_smoothing=0.05), LogisticRegression(max_iter=200)]
    base, tuned = (model.fit(images[train] / 16, digits[train]).predict_proba(images[test] / 16) for model in models)
    spoiled = RNG.choice(len(test), 20, replace=False)
    labels = digits[test].copy()
    labels[spoiled] = (labels[spoiled] + 3) % 10
    suspect = disagreements(labels, base, tuned).suspect
    assert np.isin(spoiled, suspect).mean() >= 0.5
    assert np.isin(suspect, spoiled).mean() >= 0.5


def test_printed_and_plain():
    found = disagreements(TRUE, BASE, TUNED, slices=SLICES)
    lines = str(found).splitlines()
    assert lines[0].startswith(f"of {N} rows tuned fixed {len(found.fixed)}, broke {len(found.broken)} and moved ")
    assert len(lines) == 3 + len(found.slices)
    assert len({len(line) for line in lines[2:]}) == 1
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["suspect"] == found.suspect.tolist()
    assert len(plain["slices"]) == 5
    assert str(disagreements(TRUE, BASE, TUNED)).count("\n") == 0


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((TRUE, BASE[:, :3], TUNED), {}, "base has probabilities of 3 classes, there are 4 labels"),
        ((TRUE, BASE, TUNED * 2), {}, "tuned must hold probabilities between 0 and 1"),
        ((TRUE, BASE, TUNED[:9]), {}, "inconsistent numbers of samples"),
        ((TRUE, BASE, TUNED), {"confidence": 0.5}, "confidence must lie above 0.5"),
        ((TRUE, BASE, TUNED), {"slices": TRUE[:9]}, r"slices\['slice'\] must have a value for each of 300 rows, got 9"),
        ((TRUE, BASE * np.nan, TUNED), {}, "NaN"),
        ((TRUE, BASE[:, 0], TUNED), {}, "base has probabilities of 2 classes, there are 4"),
    ],
)
def test_refusals(arguments, keywords, message):
    with pytest.raises(ValueError, match=message):
        disagreements(*arguments, **keywords)
