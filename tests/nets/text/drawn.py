"""Normal numbers for the tests of layers."""

import torch
from torch import Tensor


def drawn(*form: int, seed: int = 0) -> Tensor:
    return torch.randn(form, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
