"""Records of trainings that never were, to draw pages and pictures from."""

import numpy as np

from assay.nets.inside.record import Inside, Layer


def inside(layers=3, steps=20, epochs=4, **changes):
    """A record with numbers for every layer and epoch; ``changes`` replace fields."""
    rng = np.random.default_rng(0)

    def lines():
        return rng.uniform(0.1, 10, (layers, steps))

    nothing = np.full((layers, steps), np.nan)
    fields = {
        "layers": tuple(Layer(f"layers.{row}", "Linear", 10, True) for row in range(layers)),
        "steps": np.arange(steps) * 5,
        "weights": lines(),
        "gradients": lines(),
        "updates": lines(),
        "activations": lines(),
        "dead": nothing,
        "silent": nothing,
        "saturated": nothing,
        "epoch_steps": np.arange(1, epochs + 1) * 25,
        "train_loss": np.linspace(2, 0.5, epochs),
        "validation_loss": np.linspace(2.1, 0.8, epochs),
        "rate": np.linspace(0.1, 0.01, epochs),
    }
    return Inside(**{**fields, **changes})


def bowl(k=11):
    """(along, loss) of a landscape with one hollow in the middle."""
    along = np.linspace(-1, 1, k)
    return along, 0.1 + along[:, None] ** 2 + 3 * along[None, :] ** 2
