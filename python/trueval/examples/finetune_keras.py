"""Fine-tune a Keras network, and judge whether it helped: ``python -m trueval.examples.finetune_keras``.

The network (two convolutions) is first trained on handwritten digits from 0 to 4. Base is that network as it then is,
with a new last layer that was trained on digits from 5 to 9. Tuned is that same network trained on, all layers. Both
predict digits from 5 to 9 that neither has seen.

Keras computes with torch unless ``KERAS_BACKEND`` names another.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _finetune as shared

BATCH = 32


def _keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    # Keras writes its settings to the home folder, unless it has another.
    os.environ.setdefault("KERAS_HOME", tempfile.mkdtemp(prefix="keras"))
    import keras

    if keras.backend.backend() == "torch":
        shared.one_thread()
    return keras


def features(keras: Any) -> Any:
    """Build the lower layers."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
        ]
    )


def fit(model: Any, optimizer: Any, images: NDArray[Any], labels: NDArray[Any], epochs: int) -> None:
    """Train what is trainable."""
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    model.fit(images, labels, batch_size=BATCH, epochs=epochs, verbose=0)


def probabilities(model: Any, images: NDArray[Any]) -> NDArray[np.float64]:
    """Predict; rows add up to 1 in float64."""
    found = np.asarray(model.predict(images, batch_size=500, verbose=0), dtype=np.float64)
    return found / found.sum(axis=1, keepdims=True)


def example(options: argparse.Namespace) -> int:
    """Train, predict, compare."""
    keras = _keras()
    keras.utils.set_random_seed(options.seed)
    clock = shared.Clock()
    images, digits = shared.digits()
    images = images[..., np.newaxis]
    low = digits < 5
    target = np.random.default_rng(options.seed).permutation(np.flatnonzero(~low))
    train, test = target[: options.rows], target[options.rows :]
    lower, adam = features(keras), keras.optimizers.Adam
    source = keras.Sequential([lower, keras.layers.Dense(5, activation="softmax")])
    fit(source, adam(1e-3), images[low], digits[low], 3)
    clock.say(f"pretrained on {np.count_nonzero(low)} images of digits from 0 to 4")

    model = keras.Sequential([lower, keras.layers.Dense(5, activation="softmax")])
    lower.trainable = False
    fit(model, adam(1e-2), images[train], digits[train] - 5, 5 * options.epochs)
    base = probabilities(model, images[test])
    clock.say(f"base: the pretrained layers, a new last one trained on {len(train)} images of digits from 5 to 9")
    lower.trainable = True
    fit(model, adam(1e-3), images[train], digits[train] - 5, options.epochs)
    tuned = probabilities(model, images[test])
    clock.say("tuned: the same network, all layers trained on")
    return shared.judge(options.out, "keras", {"label": digits[test], "base": base, "tuned": tuned}, "multiclass")


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
    parser = argparse.ArgumentParser(description="Fine-tune a Keras network, and judge whether it helped.")
    parser.add_argument("--rows", type=int, default=500, help="to train on, of digits from 5 to 9 (default: 500)")
    parser.add_argument("--epochs", type=int, default=3, help="passes of the fine-tuning over them (default: 3)")
    return shared.run("finetune_keras", example, parser, argv)


if __name__ == "__main__":
    sys.exit(main())
