"""Convolution, batch norm with ε 1e-3 and ReLU: the layer that the nets of the Inception family are made of."""

from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-3


class ConvNorm(nn.Module):
    """x (n, before, h, w) -> (n, after, h', w').

    kernel: a side, or height and width.  padded: as wide as keeps the size at a stride of 1, or not at all.
    """

    def __init__(self, before: int, after: int, kernel: int | tuple[int, int], stride: int = 1, *, padded: bool = True) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        border = (height // 2, width // 2) if padded else (0, 0)
        self.conv = nn.Conv2d(before, after, (height, width), stride, border, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)), inplace=True)
