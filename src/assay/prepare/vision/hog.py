"""Histograms of oriented gradients, for many pictures at once.

Each cell counts the directions of its gradients, weighted by their lengths; blocks of neighbouring cells are normalised
together.  Gradients are central differences (0 at the border), of the channel where they are longest; a gradient counts in one
cell and one bin.  These are the conventions of ``skimage.feature.hog``, whose numbers these equal; OpenCV shares each gradient
among neighbouring cells and bins and weighs it by a Gaussian, so that its numbers are others.
Source: Dalal & Triggs (2005).
"""

from typing import Literal

import numpy as np

from assay.core.errors import ConfigError

Norm = Literal["l1", "l1-sqrt", "l2", "l2-hys"]

EPS = 1e-5
CLIP = 0.2
PIXELS_AT_ONCE = 1_000_000
"""Whose gradients are held in memory together."""


def hog_shape(height: int, width: int, *, orientations: int, cell: int, block: int) -> tuple[int, int, int, int, int]:
    """Rows and columns of blocks, rows and columns of cells in a block, orientations."""
    rows, columns = height // cell - block + 1, width // cell - block + 1
    if rows < 1 or columns < 1:
        raise ConfigError(f"pictures of {height}×{width} hold no block of {block}×{block} cells of {cell} pixels a side.")
    return rows, columns, block, block, orientations


def hog(
    pictures: np.ndarray,
    *,
    orientations: int = 9,
    cell: int = 8,
    block: int = 3,
    norm: Norm = "l2-hys",
    root: bool = False,
) -> np.ndarray:
    """float64 (n, block rows · block columns · block · block · orientations).

    pictures: (n, height, width, channels) or (n, height, width), of any real type.
    orientations: bins over 180°.  cell: pixels a side.  block: cells a side, moved by one cell.
    root: whether the square roots of the pixels are taken.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim == 3:
        pictures = pictures[..., None]
    n, height, width = pictures.shape[:3]
    shape = hog_shape(height, width, orientations=orientations, cell=cell, block=block)
    found = np.empty((n, int(np.prod(shape))))
    step = max(1, PIXELS_AT_ONCE // max(1, height * width * pictures.shape[3]))
    for first in range(0, n, step):
        part = pictures[first : first + step].astype(np.float64)
        cells = _cells(np.sqrt(part) if root else part, orientations, cell)
        found[first : first + step] = _blocks(cells, block, norm).reshape(len(part), -1)
    return found


def _cells(pictures: np.ndarray, orientations: int, cell: int) -> np.ndarray:
    """float64 (n, cell rows, cell columns, orientations): the mean length of gradients in each direction."""
    down, across, length = _gradients(pictures)
    rows, columns = down.shape[1] // cell, down.shape[2] // cell
    inside = (slice(None), slice(rows * cell), slice(columns * cell))
    degrees = np.rad2deg(np.arctan2(down[inside], across[inside])) % 180.0
    edges = (180.0 / orientations) * np.arange(orientations)
    place = np.minimum((degrees * (orientations / 180.0)).astype(np.int64), orientations - 1)
    place -= degrees < edges[place]  # a product may have rounded across an edge
    place += (place < orientations - 1) & (degrees >= edges[np.minimum(place + 1, orientations - 1)])
    at = np.arange(rows * cell) // cell
    of_cell = at[:, None] * columns + np.arange(columns * cell) // cell  # (rows · cell, columns · cell)
    n = len(pictures)
    index = (np.arange(n)[:, None, None] * (rows * columns) + of_cell) * orientations + place
    counts = np.bincount(index.ravel(), length[inside].ravel(), minlength=n * rows * columns * orientations)
    return counts.reshape(n, rows, columns, orientations) / (cell * cell)


def _gradients(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(down, across, length), each (n, height, width), of the channel where the length is greatest."""
    down, across = np.zeros_like(pictures), np.zeros_like(pictures)
    down[:, 1:-1] = pictures[:, 2:] - pictures[:, :-2]
    across[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    length = np.hypot(down, across)
    if pictures.shape[3] == 1:
        return down[..., 0], across[..., 0], length[..., 0]
    best = length.argmax(axis=3)[..., None]
    return tuple(np.take_along_axis(values, best, axis=3)[..., 0] for values in (down, across, length))  # type: ignore[return-value]


def _blocks(cells: np.ndarray, block: int, norm: Norm) -> np.ndarray:
    """(n, block rows, block columns, block, block, orientations), each block normalised."""
    windows = np.lib.stride_tricks.sliding_window_view(cells, (block, block), axis=(1, 2))
    blocks = np.moveaxis(windows, 3, -1)
    match norm:
        case "l1":
            return np.asarray(blocks / (_total(np.abs(blocks)) + EPS))
        case "l1-sqrt":
            return np.sqrt(blocks / (_total(np.abs(blocks)) + EPS))
        case "l2":
            return np.asarray(blocks / np.sqrt(_total(blocks**2) + EPS**2))
        case "l2-hys":
            clipped = np.minimum(blocks / np.sqrt(_total(blocks**2) + EPS**2), CLIP)
            return np.asarray(clipped / np.sqrt(_total(clipped**2) + EPS**2))
        case _:
            raise ConfigError(f"blocks are normalised by l1, l1-sqrt, l2 or l2-hys, not by {norm!r}.")


def _total(blocks: np.ndarray) -> np.ndarray:
    return np.asarray(blocks.sum(axis=(-3, -2, -1), keepdims=True))
