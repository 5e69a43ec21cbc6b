"""LeNet-5 in two forms: as it is taught today, and as it was published in 1998.

"lenet5" joins every map of S2 to every map of C3, pools by plain means and ends in a dense layer: 61 706 parameters with one
channel and ten classes.  "lenet5-1998" has the paper's table of which maps of C3 read which of S2, subsampling with a
coefficient and a bias a map, the scaled tanh, and codes in the place of a last layer: 60 000 parameters.

Source: LeCun, Bottou, Bengio & Haffner (1998), section II.B and appendix A.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.blocks import ACTIVATIONS
from assay.nets.image.network import Network
from assay.nets.initialise import initialise

SIZE = 32
LEAST = 16  # of which S4 leaves one pixel
SOURCE = "LeCun et al. (1998)"


def _side(size: int) -> int:
    """Height and width of S4 for pictures of ``size``; 5 for 32."""
    return ((size - 4) // 2 - 4) // 2


class LeNet5(nn.Module):
    """pictures (n, channels, size, size) -> (n, outputs); with 32 × 32, one channel and ten outputs 416 520 multiply-accumulates.

    activation: a name in ``nets.blocks.ACTIVATIONS``; today's is "relu".
    """

    def __init__(self, outputs: int, channels: int, size: int, activation: str = "relu") -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.features = nn.Sequential(
            nn.Conv2d(channels, 6, 5),  # C1 (n, 6, 28, 28) of 32²
            act(),
            nn.AvgPool2d(2),  # S2 (n, 6, 14, 14)
            nn.Conv2d(6, 16, 5),  # C3 (n, 16, 10, 10)
            act(),
            nn.AvgPool2d(2),  # S4 (n, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * _side(size) ** 2, 120),  # C5, a convolution of the whole maps
            act(),
            nn.Linear(120, 84),  # F6
            act(),
            nn.Linear(84, outputs),
        )
        initialise(self, activation)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.features(pictures))  # type: ignore[no-any-return]


READS = (
    *(tuple((first + step) % 6 for step in range(3)) for first in range(6)),
    *(tuple((first + step) % 6 for step in range(4)) for first in range(6)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""Table I of the paper: which of the six maps of S2 each of the sixteen maps of C3 reads."""


class SparseMaps(nn.Module):
    """C3: maps (n, 6, h, w) -> (n, 16, h - 4, w - 4), 1516 parameters.

    The maps that read equally many are one grouped convolution, in the order of the table.
    """

    def __init__(self) -> None:
        super().__init__()
        many = sorted({len(reads) for reads in READS})
        alike = [[reads for reads in READS if len(reads) == count] for count in many]
        self.chosen = [[place for reads in group for place in reads] for group in alike]
        self.parts = nn.ModuleList(
            nn.Conv2d(count * len(group), len(group), 5, groups=len(group)) for count, group in zip(many, alike, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x[:, chosen]) for part, chosen in zip(self.parts, self.chosen, strict=True)], dim=1)


class Subsampling(nn.Module):
    """The sum of each 2 × 2 pixels times the map's coefficient plus its bias: (n, maps, h, w) -> (n, maps, h // 2, w // 2)."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(maps, 1, 1))
        self.bias = nn.Parameter(torch.empty(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return 4 * functional.avg_pool2d(x, 2) * self.coefficient + self.bias


class Codes(nn.Module):
    """The output layer: how near (n, 84) is to the code of each class, a fixed row of 84 times -1 or 1.

    Gives minus the squared distance to each code, (n, outputs), so that softmax and cross-entropy of it are the paper's second
    criterion, (9), without its constant for rubbish; of one output, how much nearer the second of two codes is than the first.
    The paper's codes are pictures of the ten digits, which say nothing of other classes; it names rows drawn at random with
    equal chances as the other choice, and these are such, drawn once: the same for every net, and not trained.
    """

    codes: Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        drawn = np.random.default_rng(1998).integers(0, 2, (max(2, outputs), 84)) * 2 - 1
        self.register_buffer("codes", torch.tensor(drawn.tolist(), dtype=torch.float32))
        self.one = outputs == 1

    def forward(self, x: Tensor) -> Tensor:
        near = -((x[:, None] - self.codes) ** 2).sum(dim=2)
        return near[:, 1:] - near[:, :1] if self.one else near


def squashed(x: Tensor) -> Tensor:
    """1.7159 · tanh(2x / 3), which takes 1 to 1 and -1 to -1."""
    return 1.7159 * torch.tanh(x * (2 / 3))


class LeNet1998(nn.Module):
    """pictures (n, channels, size, size) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int, size: int) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(channels, 6, 5)  # (n, 6, 28, 28) of 32²; 156 parameters
        self.s2 = Subsampling(6)  # (n, 6, 14, 14); 12
        self.c3 = SparseMaps()  # (n, 16, 10, 10); 1516
        self.s4 = Subsampling(16)  # (n, 16, 5, 5); 32
        self.c5 = nn.Conv2d(16, 120, _side(size))  # (n, 120, 1, 1); 48 120
        self.f6 = nn.Linear(120, 84)  # 10 164
        self.output = Codes(outputs)
        self.apply(_first_weights)

    def forward(self, pictures: Tensor) -> Tensor:
        x = squashed(self.s2(squashed(self.c1(pictures))))
        x = squashed(self.s4(squashed(self.c3(x))))
        x = squashed(self.f6(torch.flatten(squashed(self.c5(x)), 1)))
        return self.output(x)  # type: ignore[no-any-return]


def _first_weights(layer: nn.Module) -> None:
    """Uniform up to 2.4 over the number of inputs of a unit, biases too (appendix A of the paper)."""
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        end = 2.4 / layer.weight[0].numel()
        for value in layer.parameters():
            nn.init.uniform_(value, -end, end)
    elif isinstance(layer, Subsampling):
        for value in layer.parameters():
            nn.init.uniform_(value, -2.4 / 4, 2.4 / 4)


def build(outputs: int, channels: int, size: int) -> nn.Module:
    return LeNet5(outputs, channels, size)


def build_1998(outputs: int, channels: int, size: int) -> nn.Module:
    return LeNet1998(outputs, channels, size)


LENET5 = Network("lenet5", "LeNet-5, a small convolutional network", build, SIZE, LEAST, ("classifier.5.",), SOURCE)
LENET5_1998 = Network("lenet5-1998", "LeNet-5 as it was published in 1998", build_1998, SIZE, LEAST, ("output.",), SOURCE)
