"""The loss around trained weights: a cut through a space of thousands of directions along two of them.

Each direction is drawn at random and then scaled filter by filter (a row of a dense layer, a kernel of a
convolution, the vector of a category) to the length that the filter's own weights have.  Without that, a net
with small weights would look sharp only because a step of 1 is large for it.  Biases and the weights of
norm layers stay where they are, and so do running statistics.

Source: Li, Xu, Taylor, Studer & Goldstein (2018), Visualizing the Loss Landscape of Neural Nets.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf, isfinite

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.inside.views import Landscape


def loss_landscape(
    model: nn.Module, loss: Callable[[nn.Module], float], *, rows: int, seed: int, steps: int = 21, reach: float = 1.0
) -> Landscape:
    """Measure ``loss(model)`` on a grid of ``steps`` × ``steps`` points around the model's weights.

    loss: the same rows at every point; called in evaluation mode, without gradients.  rows: how many they are, for the record.
    steps: odd, so that the weights themselves are a point.  reach: how far the grid goes along either direction.
    The weights, and each layer's mode, are the same bytes afterwards, also after an error.
    Raises ConfigError for an impossible grid.
    """
    if steps < 3 or steps % 2 == 0 or not 0 < reach < inf:
        raise ConfigError(f"steps={steps} must be odd and at least 3, and reach={reach} above 0.")
    along = np.linspace(-reach, reach, steps)
    along[steps // 2] = 0.0
    losses = np.empty((steps, steps))
    with _borrowed(model) as weights, torch.no_grad():
        first, second = (directions(weights, torch.Generator().manual_seed(derive(seed, "landscape", axis))) for axis in (0, 1))
        for a, b in np.ndindex(steps, steps):
            for name, parameter in model.named_parameters():
                parameter.copy_(torch.add(weights[name] + float(along[a]) * first[name], second[name], alpha=float(along[b])))
            value = loss(model)
            losses[a, b] = value if isfinite(value) else inf
    return Landscape(along, losses, rows, seed)


def directions(weights: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """A random direction, each filter of which is as long as that filter of the weights; 0 for biases and norms.

    weights: by name.  Drawn on the processor, so that every device gets the same.
    """
    return {name: _filter_normalised(weight, generator) for name, weight in weights.items()}


def _filter_normalised(weight: Tensor, generator: torch.Generator) -> Tensor:
    if weight.ndim < 2:
        return torch.zeros_like(weight)
    drawn = torch.randn(weight.shape, generator=generator, dtype=torch.float32).to(weight)
    others = tuple(range(1, weight.ndim))
    lengths = torch.linalg.vector_norm(weight, dim=others, keepdim=True)
    scaled: Tensor = drawn * (lengths / torch.linalg.vector_norm(drawn, dim=others, keepdim=True))
    return scaled


@contextmanager
def _borrowed(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Within it the model is in evaluation mode and its parameters may be moved; after it all is as it was."""
    weights = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    buffers = {name: buffer.detach().clone() for name, buffer in model.named_buffers()}
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield weights
    finally:
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(weights[name])
            for name, buffer in model.named_buffers():
                buffer.copy_(buffers[name])
        for module, was_training in modes.items():
            module.training = was_training
