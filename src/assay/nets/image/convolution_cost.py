"""What a convolution costs, by arithmetic: multiplications and weights of it as it is, and of what can stand for it.

plain: n_f filters of f × f × channels.  depthwise: one filter of f × f for each channel.  pointwise: n_f filters of
1 × 1 × channels.  separable: a depthwise and then a pointwise one, which costs 1/n_f + 1/f² of the plain one.  factorised: f × 1,
with as many filters as there are channels, and then 1 × f; 2/f of the plain one where channels, filters and size stay the same.
"""

from dataclasses import dataclass

from assay.core.errors import ConfigError

LARGEST = 10**6


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution of a picture or maps, height × width × channels, with square filters.

    padding: rows and columns of zeros on each side; (kernel - 1) / 2 keeps the size at a stride of 1.
    Raises ConfigError for what no convolution is.
    """

    height: int
    width: int
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        counts = (self.height, self.width, self.channels, self.filters, self.kernel, self.stride)
        if not all(1 <= one <= LARGEST for one in counts) or not 0 <= self.padding <= LARGEST:
            raise ConfigError(
                f"height, width, channels, filters, kernel and stride must be from 1 to {LARGEST:,}, the padding from 0; "
                f"they are {', '.join(map(str, counts))} and {self.padding}."
            )
        if min(self.height, self.width) + 2 * self.padding < self.kernel:
            raise ConfigError(
                f"a kernel of {self.kernel} × {self.kernel} does not fit {self.height} × {self.width} with a padding of "
                f"{self.padding}; take a smaller kernel, or more padding."
            )

    @property
    def output(self) -> tuple[int, int, int]:
        """Height, width and channels of what it gives."""
        high, wide = ((side + 2 * self.padding - self.kernel) // self.stride + 1 for side in (self.height, self.width))
        return high, wide, self.filters


@dataclass(frozen=True, slots=True)
class ConvolutionCost:
    """multiplications: of one picture.  weights: without biases.  share: of the plain one's multiplications."""

    kind: str
    multiplications: int
    weights: int
    share: float


def convolution_costs(of: Convolution) -> tuple[ConvolutionCost, ...]:
    """Plain, depthwise, pointwise, separable and factorised, in this order.

    >>> costs = convolution_costs(Convolution(6, 6, 3, filters=5, kernel=3))
    >>> [(cost.kind, cost.multiplications) for cost in costs]
    [('plain', 2160), ('depthwise', 432), ('pointwise', 240), ('separable', 672), ('factorised', 1368)]

    A separable one costs 1/n_f + 1/f² of the plain one:

    >>> round(costs[3].share, 4) == round(1 / 5 + 1 / 9, 4)
    True
    """
    high, wide, _ = of.output
    places = high * wide
    plain = of.kernel**2 * of.channels * of.filters
    depthwise, pointwise = of.kernel**2 * of.channels, of.channels * of.filters
    column = of.kernel * of.channels**2 * high * of.width
    row = of.kernel * of.channels * of.filters * places
    counts = {
        "plain": (plain * places, plain),
        "depthwise": (depthwise * places, depthwise),
        "pointwise": (pointwise * places, pointwise),
        "separable": ((depthwise + pointwise) * places, depthwise + pointwise),
        "factorised": (column + row, of.kernel * of.channels * (of.channels + of.filters)),
    }
    return tuple(ConvolutionCost(kind, macs, weights, macs / (plain * places)) for kind, (macs, weights) in counts.items())
