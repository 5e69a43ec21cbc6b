"""Small kernels over pictures: convolution and correlation, pooling, and what flows back through them.

What nets call a convolution is the correlation here: the kernel is laid on as it is printed.  ``convolve`` turns it by 180°.
"""

from typing import Literal

import numpy as np

from assay.core.errors import ConfigError, UnknownNameError
from assay.core.names import did_you_mean

Mode = Literal["valid", "same"]

_TABLE: dict[str, tuple[float, tuple[tuple[int, ...], ...]]] = {
    "identity": (1, ((0, 0, 0), (0, 1, 0), (0, 0, 0))),
    "box": (9, ((1, 1, 1), (1, 1, 1), (1, 1, 1))),
    "sharpen": (10, ((-1, -2, -1), (-2, 22, -2), (-1, -2, -1))),
    "sobel-x": (1, ((1, 0, -1), (2, 0, -2), (1, 0, -1))),
    "sobel-y": (1, ((1, 2, 1), (0, 0, 0), (-1, -2, -1))),
}
"""By name: the divisor, and the whole numbers that it divides."""

KERNELS = tuple(_TABLE)


def kernel_named(name: str) -> np.ndarray:
    """float64 (3, 3).  Raises UnknownNameError with the nearest name.

    >>> kernel_named("sobel-x").tolist()
    [[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]
    """
    if name not in _TABLE:
        raise UnknownNameError(f"no kernel {name!r}{did_you_mean(name, KERNELS)}")
    divisor, entries = _TABLE[name]
    return np.array(entries, dtype=np.float64) / divisor


def correlate(pictures: np.ndarray, kernel: np.ndarray, mode: Mode = "valid") -> np.ndarray:
    """float64: at each place the sum of kernel × what lies under it.

    pictures: (…, height, width).  kernel: (k, l).
    mode: "valid": (…, height - k + 1, width - l + 1), where the whole kernel lies inside; "same": the size of the pictures,
    zeros around them (an even kernel has its centre at k // 2, l // 2).
    Raises ConfigError where the kernel fits nowhere.
    """
    values, kernel = np.asarray(pictures, dtype=np.float64), np.asarray(kernel, dtype=np.float64)
    k, wide = _shape(kernel)
    if mode == "same":
        values = _padded(values, (k // 2, (k - 1) // 2), (wide // 2, (wide - 1) // 2))
    height, width = values.shape[-2] - k + 1, values.shape[-1] - wide + 1
    if height < 1 or width < 1:
        raise ConfigError(
            f"a kernel of {k}×{wide} fits nowhere into pictures of {values.shape[-2]}×{values.shape[-1]}; take mode='same'."
        )
    found = np.zeros((*values.shape[:-2], height, width))
    for row in range(k):
        for column in range(wide):
            found += kernel[row, column] * values[..., row : row + height, column : column + width]
    return found


def convolve(pictures: np.ndarray, kernel: np.ndarray, mode: Mode = "valid") -> np.ndarray:
    """As ``correlate``, with the kernel turned by 180°."""
    return correlate(pictures, turned(kernel), mode)


def turned(kernel: np.ndarray) -> np.ndarray:
    """The kernel turned by 180°."""
    return np.asarray(kernel)[::-1, ::-1]


def max_pool(pictures: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """The largest value of each square of ``size``.  pictures: (…, height, width).  stride: None for ``size``."""
    return np.asarray(_squares(pictures, size, stride).max(axis=(-2, -1)))


def average_pool(pictures: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """float64: the mean of each square of ``size``.  pictures: (…, height, width).  stride: None for ``size``."""
    return np.asarray(_squares(pictures, size, stride).mean(axis=(-2, -1), dtype=np.float64))


def kernel_gradient(pictures: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """float64 (k, l): ∂L/∂W of Y = correlate(X, W), which is X ⋆ ∂L/∂Y, summed over the pictures.

    pictures: X, (…, height, width).  slopes: ∂L/∂Y, (…, height - k + 1, width - l + 1).
    """
    pictures, slopes = np.asarray(pictures, dtype=np.float64), np.asarray(slopes, dtype=np.float64)
    height, width = slopes.shape[-2:]
    k, wide = pictures.shape[-2] - height + 1, pictures.shape[-1] - width + 1
    if pictures.shape[:-2] != slopes.shape[:-2] or k < 1 or wide < 1:
        raise ConfigError(f"slopes of shape {slopes.shape} are not those of a convolution of {pictures.shape}.")
    found = np.empty((k, wide))
    for row in range(k):
        for column in range(wide):
            found[row, column] = (pictures[..., row : row + height, column : column + width] * slopes).sum()
    return found


def picture_gradient(slopes: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """float64 (…, height, width): ∂L/∂X of Y = correlate(X, W), the kernel turned by 180° laid over ∂L/∂Y at every touch.

    slopes: ∂L/∂Y, (…, height - k + 1, width - l + 1).  kernel: W, (k, l).
    """
    k, wide = _shape(np.asarray(kernel))
    around = _padded(np.asarray(slopes, dtype=np.float64), (k - 1, k - 1), (wide - 1, wide - 1))
    return correlate(around, turned(kernel))


def _shape(kernel: np.ndarray) -> tuple[int, int]:
    if kernel.ndim != 2 or not kernel.size:
        raise ConfigError(f"a kernel has rows and columns; this one has shape {kernel.shape}.")
    return kernel.shape


def _padded(values: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    return np.pad(values, [(0, 0)] * (values.ndim - 2) + [rows, columns])


def _squares(pictures: np.ndarray, size: int, stride: int | None) -> np.ndarray:
    """(…, rows, columns, size, size), a view."""
    stride = size if stride is None else stride
    pictures = np.asarray(pictures)
    if size < 1 or stride < 1 or min(pictures.shape[-2:]) < size:
        raise ConfigError(
            f"pooling over {size}×{size} in steps of {stride} does not fit pictures of {pictures.shape[-2]}×{pictures.shape[-1]}."
        )
    return np.lib.stride_tricks.sliding_window_view(pictures, (size, size), axis=(-2, -1))[..., ::stride, ::stride, :, :]
