"""Did the fine-tune help? Three real models, before and after, on real data: ``python -m trueval.examples.demo``.

What is real: the data are the three labelled data sets that come with scikit-learn (breast cancer biopsies, handwritten
digits, diabetes patients), the models are scikit-learn's, and they are trained on the spot. Nothing is simulated;
the features are only rescaled for training.

What "base" and "tuned" are: each data set is divided into two groups by something that was measured (size of the
tumour, amount of ink, sex). Base is a model trained on the one group, the source. Tuned is that same model object
trained on further (`partial_fit`) with half of the other group, the target. Both predict the other half of the target,
which neither has seen. The seeds are fixed and were not searched; whether the further training helped is for the tables
to say.

The predictions are written as Parquet files and compared by the command line, as in ``trueval compare FILE ...``, which
also writes a page for each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trueval.cli import main as trueval

SEED = 0

Columns = dict[str, NDArray[Any]]


def _parts(source: NDArray[np.bool_], stratify: NDArray[Any] | None) -> tuple[Any, Any, Any]:
    """Give the row numbers of the source, of the target to train on, and of the target held out."""
    from sklearn.model_selection import train_test_split

    target = np.flatnonzero(~source)
    train, held_out = train_test_split(
        target, test_size=0.5, random_state=SEED, stratify=None if stratify is None else stratify[target]
    )
    return np.flatnonzero(source), train, held_out


def breast_cancer() -> Columns:
    """Train a logistic regression on small tumours, then on large ones; predict whether large ones are malignant."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import SGDClassifier
    from sklearn.preprocessing import StandardScaler

    data = load_breast_cancer()
    malignant = (data.target == 0).astype(np.int64)
    radius = data.data[:, list(data.feature_names).index("mean radius")]
    source, train, held_out = _parts(radius <= np.median(radius), malignant)
    # Scaled by what is known when base is trained: the source.
    rows = StandardScaler().fit(data.data[source]).transform(data.data)
    model = SGDClassifier(loss="log_loss", alpha=0.01, random_state=SEED)
    model.fit(rows[source], malignant[source])
    base = model.predict_proba(rows[held_out])[:, 1]
    for _ in range(20):
        model.partial_fit(rows[train], malignant[train])
    tuned = model.predict_proba(rows[held_out])[:, 1]
    return {"malignant": malignant[held_out], "base_score": base, "tuned_score": tuned}


def digits() -> Columns:
    """Train a neural network on thinly written digits, then on heavily written ones; predict heavily written ones."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    images, digit = load_digits(return_X_y=True)
    images = images / 16.0
    ink = images.sum(axis=1)
    source, train, held_out = _parts(ink <= np.median(ink), digit)
    model = MLPClassifier(hidden_layer_sizes=(32,), random_state=SEED)
    for _ in range(60):
        model.partial_fit(images[source], digit[source], classes=np.arange(10))
    base = model.predict_proba(images[held_out])
    for _ in range(60):
        model.partial_fit(images[train], digit[train])
    tuned = model.predict_proba(images[held_out])
    columns: Columns = {"digit": digit[held_out]}
    columns.update({f"base_{k}": base[:, k] for k in range(10)})
    columns.update({f"tuned_{k}": tuned[:, k] for k in range(10)})
    return columns


def diabetes() -> Columns:
    """Train a linear regression on patients of one sex, then of the other; predict the other's disease progression."""
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import SGDRegressor
    from sklearn.preprocessing import StandardScaler

    data = load_diabetes(scaled=False)
    sex = data.data[:, data.feature_names.index("sex")]
    source, train, held_out = _parts(sex == sex.min(), None)
    rows = StandardScaler().fit(data.data[source]).transform(data.data)
    model = SGDRegressor(alpha=0.01, random_state=SEED)
    model.fit(rows[source], data.target[source])
    base = model.predict(rows[held_out])
    for _ in range(20):
        model.partial_fit(rows[train], data.target[train])
    tuned = model.predict(rows[held_out])
    return {"progression": data.target[held_out], "base_value": base, "tuned_value": tuned}


DEMOS = (
    (
        "breast_cancer",
        breast_cancer,
        ("malignant", "base_score", "tuned_score"),
        (),
        "Breast cancer, malignant or not. Base: a logistic regression trained on tumours of at most median radius. "
        "Tuned: the same model trained on with half of the larger tumours. Rows: the other half, unseen by both.",
    ),
    (
        "digits",
        digits,
        ("digit", "base_", "tuned_"),
        ("--slice", "digit"),
        "Handwritten digits. Base: a neural network trained on the images with at most median ink. "
        "Tuned: the same network trained on with half of the heavier ones. Rows: the other half, unseen by both.",
    ),
    (
        "diabetes",
        diabetes,
        ("progression", "base_value", "tuned_value"),
        (),
        "Diabetes progression after a year. Base: a linear regression trained on patients of one sex. "
        "Tuned: the same model trained on with half of those of the other. Rows: the other half, unseen by both.",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the predictions, write them, compare them.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m trueval.examples.demo", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder of the files")
    out: Path = parser.parse_args(argv).out
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
        import pyarrow as pa
        import sklearn  # noqa: F401
        from pyarrow import parquet
    except ImportError as error:
        print(
            f"the demo needs scikit-learn, pyarrow, matplotlib and jinja2: pip install 'trueval[demo]' ({error})",
            file=sys.stderr,
        )
        return 2
    out.mkdir(parents=True, exist_ok=True)
    for name, predict, (label, base, tuned), more, introduction in DEMOS:
        path = out / f"{name}.parquet"
        parquet.write_table(pa.table(predict()), path)
        command = ["compare", str(path), "--label", label, "--base", base, "--tuned", tuned, *more]
        command += ["--html", str(path.with_suffix(".html"))]
        print(f"{introduction}\n$ trueval {' '.join(command)}", flush=True)
        status = trueval(command)
        if status:
            return status
        print(flush=True)
    print(f"To be opened in a browser: {', '.join(str(out / f'{name}.html') for name, *_ in DEMOS)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
