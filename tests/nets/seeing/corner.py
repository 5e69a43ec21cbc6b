"""Pictures of noise in which only the top left corner says the class, and a small net that has learnt to look there."""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from assay.nets.image.picture_net import PictureNet
from assay.nets.seeding import isolated

SIZE, CORNER = 16, 5


def corner_pictures(rows: int, seed: int, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(uint8 (rows, channels, 16, 16), classes): class 0 has a cross in the corner, class 1 a ring, class 2 nothing."""
    random = np.random.default_rng(seed)
    pictures = random.integers(40, 160, (rows, channels, SIZE, SIZE)).astype(np.uint8)
    classes = random.integers(0, 3, rows)
    cross, ring = np.zeros((CORNER, CORNER), bool), np.ones((CORNER, CORNER), bool)
    cross[CORNER // 2], cross[:, CORNER // 2], ring[1:-1, 1:-1] = True, True, False
    for picture, one in zip(pictures, classes, strict=True):
        if one < 2:
            picture[:, :CORNER, :CORNER][:, cross if one == 0 else ring] = 250
    return pictures, classes


class Small(nn.Module):
    """Two convolutions, and the mean of each map: what is found may lie anywhere."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 12, 5, 2, padding=2)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(12, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.conv2(self.relu(self.conv1(x)))).mean(dim=(2, 3)))


def untrained(channels: int = 1, outputs: int = 3) -> PictureNet:
    with isolated(4):
        model = PictureNet(Small(channels, outputs), channels)
    model.standardise.learn(corner_pictures(60, 1, channels)[0])
    return model.eval()


@cache
def trained() -> PictureNet:
    """It is right about nearly all new pictures: see the test that says so."""
    pictures, classes = corner_pictures(600, 1)
    model = untrained().train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.01)
    draws = torch.Generator().manual_seed(0)
    x, y = torch.from_numpy(pictures), torch.from_numpy(classes)
    for _ in range(25):
        for rows in torch.randperm(len(x), generator=draws).split(50):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimiser.step()
    return model.eval().requires_grad_(requires_grad=False)


def in_corner(heat: np.ndarray) -> float:
    """The share of a map (h, w), at least 0, that lies in the corner, with two pixels around it: a convolution sees that far."""
    return float(heat[: CORNER + 2, : CORNER + 2].sum() / heat.sum())
