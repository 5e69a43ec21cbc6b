"""Scores of classes as every explanation here reads them: a logit a class, also of a net with a single one for two classes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.training.examples import rows_together

MOST_ROWS = 256


def float_type(model: nn.Module) -> torch.dtype:
    """Of its weights."""
    return next((one.dtype for one in model.parameters()), torch.float32)


def as_floats(model: nn.Module, pictures: np.ndarray | Tensor) -> Tensor:
    """uint8 or floating pictures (n, channels, height, width) in the type of the weights, so that gradients can flow."""
    tensor = pictures if isinstance(pictures, Tensor) else torch.from_numpy(np.ascontiguousarray(pictures))
    if tensor.ndim != 4:
        raise ConfigError(f"pictures must be (n, channels, height, width), not {tuple(tensor.shape)}.")
    return tensor.to(float_type(model))


def in_batches(pictures: Tensor, most: int = MOST_ROWS) -> Sequence[Tensor]:
    """As many rows at once as the memory bears."""
    return torch.split(pictures, rows_together(pictures[:1].numel(), most))


def both_sides(outputs: Tensor) -> Tensor:
    """(n, K) as it is; a single logit (n, 1) becomes (n, 2): what speaks for class 1 speaks as much against class 0."""
    return torch.cat([-outputs, outputs], dim=1) if outputs.shape[1] == 1 else outputs


def of_targets(outputs: Tensor, targets: Tensor) -> Tensor:
    """(n,): of each row the score of its class."""
    return both_sides(outputs).gather(1, targets[:, None])[:, 0]


def class_scores(model: nn.Module, pictures: np.ndarray | Tensor) -> np.ndarray:
    """float64 (n, K): logits, K at least 2.  No gradient is kept; the model must be in evaluation mode."""
    with torch.no_grad():
        parts = [both_sides(model(part)).double().cpu().numpy() for part in in_batches(as_floats(model, pictures)) if len(part)]
    if not parts:
        raise ConfigError("there are no pictures to score.")
    return np.concatenate(parts)
