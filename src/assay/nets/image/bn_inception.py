"""BN-Inception: GoogLeNet with batch norm, and two 3 × 3 convolutions in the place of each 5 × 5.

Source: Ioffe & Szegedy (2015), figure 5 of its appendix, for pictures of 224 × 224.  Built as in the weights that are
published for it, under their names: convolutions keep biases before their batch norm, and modules 4c and 4d give 608 maps
(128 after the pooling; the figure prints 96).  It is not the Inception v2 of 42 layers, see ``inception_v2``.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.network import Network

MODULES = {
    "3a": (64, 64, 64, 64, 96, 32),
    "3b": (64, 64, 96, 64, 96, 64),
    "3c": (0, 128, 160, 64, 96, 0),
    "4a": (224, 64, 96, 96, 128, 128),
    "4b": (192, 96, 128, 96, 128, 128),
    "4c": (160, 128, 160, 128, 160, 128),
    "4d": (96, 128, 192, 160, 192, 128),
    "4e": (0, 128, 192, 192, 256, 0),
    "5a": (352, 192, 320, 160, 224, 128),
    "5b": (352, 192, 320, 192, 224, 128),
}
"""Widths of 1 × 1; of 3 × 3, reduced and full; of the double 3 × 3, reduced and full; after the pooling.  A module that
halves its maps has no 1 × 1, and the pooling's maps go on as they are.
"""

LARGEST_POOLED = "5b"
"""The one module whose pooling takes the largest value, not the mean."""


class BNInception(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        self._add("conv1_7x7_s2", channels, 64, 7, 2)
        self._add("conv2_3x3_reduce", 64, 64, 1)
        self._add("conv2_3x3", 64, 192, 3)
        before = 192
        for name, (one, reduced, three, reduced_double, double, pooled) in MODULES.items():
            module, stride = f"inception_{name}", 1 if one else 2
            if one:
                self._add(f"{module}_1x1", before, one, 1)
                self._add(f"{module}_pool_proj", before, pooled, 1)
            self._add(f"{module}_3x3_reduce", before, reduced, 1)
            self._add(f"{module}_3x3", reduced, three, 3, stride)
            self._add(f"{module}_double_3x3_reduce", before, reduced_double, 1)
            self._add(f"{module}_double_3x3_1", reduced_double, double, 3)
            self._add(f"{module}_double_3x3_2", double, double, 3, stride)
            before = one + three + double + (pooled or before)
        self.last_linear = nn.Linear(before, outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all of them have one

    def _add(self, name: str, before: int, after: int, kernel: int, stride: int = 1) -> None:
        self.add_module(name, nn.Conv2d(before, after, kernel, stride, kernel // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(after))

    def _run(self, x: Tensor, *names: str) -> Tensor:
        """Convolutions one after the other, each with its batch norm and ReLU."""
        for name in names:
            x = functional.relu(self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x)), inplace=True)
        return x

    def _module(self, name: str, x: Tensor) -> Tensor:
        module = f"inception_{name}"
        three = self._run(x, f"{module}_3x3_reduce", f"{module}_3x3")
        double = self._run(x, f"{module}_double_3x3_reduce", f"{module}_double_3x3_1", f"{module}_double_3x3_2")
        if not MODULES[name][0]:
            return torch.cat([three, double, _halved(x)], dim=1)
        pooled = functional.max_pool2d(x, 3, 1, 1) if name == LARGEST_POOLED else functional.avg_pool2d(x, 3, 1, 1)
        return torch.cat([self._run(x, f"{module}_1x1"), three, double, self._run(pooled, f"{module}_pool_proj")], dim=1)

    def forward(self, pictures: Tensor) -> Tensor:
        x = functional.max_pool2d(self._run(pictures, "conv1_7x7_s2"), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self._run(x, "conv2_3x3_reduce", "conv2_3x3"), 3, 2, ceil_mode=True)
        for name in MODULES:
            x = self._module(name, x)
        return self.last_linear(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))  # type: ignore[no-any-return]


def _halved(x: Tensor) -> Tensor:
    """Max pooling 3 × 3 with stride 2 from the first pixel on, cut off at the end.

    As many maps as the padded convolutions beside it give, for odd sizes too; of even ones, torch's with ``ceil_mode``.
    """
    return functional.max_pool2d(functional.pad(x, (0, 2, 0, 2), value=float("-inf")), 3, 2)


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return BNInception(outputs, channels)


BN_INCEPTION = Network(
    "bn-inception",
    "BN-Inception, GoogLeNet with batch norm everywhere",
    build,
    224,
    32,  # it halves five times; of a smaller picture the last maps would hold more padding than picture
    ("last_linear.",),
    "Ioffe & Szegedy (2015)",
)
