"""The one matrix that every net for tables reads, and what their settings share.

A matrix (n, numbers + categories) holds the numbers first (scaled, none missing, flags of missing values among them) and
then one column of whole-number codes a category, 0 … levels - 1; unknown and missing have codes of their own.  One matrix
rather than two arrays, so that batches, splits and saved rows need know nothing of kinds.  Training runs in float32, which
holds every whole number up to 2**24 and not all beyond: no category may have more levels.
"""

import math

import numpy as np
import torch
from torch import Tensor

from assay.core.errors import ConfigError, DataError

MOST_LEVELS = 2**24
MOST_NUMBERS = 2**20


def check_table(numbers: int, levels: tuple[int, ...], outputs: int) -> None:
    """Raise ConfigError unless a net can read such columns and give so many outputs."""
    check_range("numbers", numbers, 0, MOST_NUMBERS)
    check_range("outputs", outputs, 1, MOST_NUMBERS)
    for place, count in enumerate(levels):
        check_range(f"levels[{place}]", count, 1, MOST_LEVELS)
    if not numbers and not levels:
        raise ConfigError("a net for tables needs at least one number or one category, and was given none.")


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise ConfigError unless low <= value <= high (NaN is not).

    The upper bounds are far beyond use: they keep the settings of a foreign file from asking for endless work.
    """
    if not low <= value <= high:
        raise ConfigError(f"{name}={value} must be from {low} to {high}.")


def check_dropout(name: str, share: float) -> None:
    """Raise ConfigError unless 0 <= share < 1."""
    if not 0 <= share < 1:
        raise ConfigError(f"{name}={share} must be at least 0 and below 1.")


def table_tensor(matrix: np.ndarray, numbers: int, levels: tuple[int, ...]) -> Tensor:
    """float64 (n, numbers + categories), once numbers are known to be finite and codes to be whole and within their levels.

    Raises DataError that names the first column (counted from 0), its first row, and how many rows are concerned.
    """
    columns = numbers + len(levels)
    if matrix.ndim != 2 or matrix.shape[1] != columns or matrix.dtype.kind not in "fiub":
        raise DataError(
            f"the net reads {columns} columns of numbers ({numbers} numbers, then codes of {len(levels)} categories); "
            f"the matrix has the form {matrix.shape} and the type {matrix.dtype}."
        )
    values = np.array(matrix, dtype=np.float64, order="C")
    broken = ~np.isfinite(values[:, :numbers])
    if broken.any():
        column, row, count = _first(broken)
        raise DataError(
            f"column {column} of the matrix, a number, holds {values[row, column]} in row {row} ({count} rows are not finite): "
            "fill in or clip such values first."
        )
    codes = values[:, numbers:]
    with np.errstate(invalid="ignore"):
        foreign = ~((codes >= 0) & (codes < np.array(levels)) & (codes == np.floor(codes)))
    if foreign.any():
        place, row, count = _first(foreign)
        raise DataError(
            f"column {numbers + place} of the matrix, category {place}, holds the code {codes[row, place]:g} in row {row} "
            f"({count} such rows): its codes are the whole numbers 0 to {levels[place] - 1}."
        )
    return torch.from_numpy(values)


def _first(wrong: np.ndarray) -> tuple[int, int, int]:
    """The first column with a True, its first row, and how many Trues it has."""
    column = int(wrong.any(axis=0).argmax())
    return column, int(wrong[:, column].argmax()), int(wrong[:, column].sum())


def split(x: Tensor, numbers: int) -> tuple[Tensor, Tensor]:
    """The matrix as its numbers (n, numbers), floating, and its codes (n, categories), int64."""
    return x[:, :numbers], x[:, numbers:].long()


def uniform_bound(inputs: int) -> float:
    """1/√inputs, the half-width of the uniform first weights that the published packages draw."""
    return 1 / math.sqrt(inputs)
