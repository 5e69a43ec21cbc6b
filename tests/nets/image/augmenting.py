"""What the tests of augmentation share."""

from typing import Any

import numpy as np
import torch
from torch import Tensor


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos(count: int = 6, channels: int = 3, height: int = 17, width: int = 23, seed: int = 0) -> Tensor:
    """uint8, smooth in places and noisy in others, with whole ranges of levels left out."""
    random = np.random.default_rng(seed)
    waves = 110 + 90 * np.sin(np.arange(width) / random.uniform(2, 6, (count, channels, height, 1)) + random.uniform(0, 6))
    noise = random.normal(0, 12, (count, channels, height, width)) * (np.arange(height) > height // 2)[:, None]
    return torch.from_numpy(np.clip(waves + noise, 3, 250).astype(np.uint8))


def changed(change: Any, pictures: Tensor, seed: int = 0) -> Tensor:
    (found,) = change((pictures,), draws(seed))
    return found
