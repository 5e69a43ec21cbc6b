"""What every fitted density of a table's rows is to a treatment: something that rows are drawn from."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import polars as pl

from assay.balance.densities.columns import CodedColumn, has_few_values, spikes_of


class Sampler(Protocol):
    """A density fitted to the rows of one class."""

    def sample(self, n: int, seed: int) -> pl.DataFrame:
        """n rows with the columns and types of the frame it was fitted to."""
        ...


FitSampler = Callable[[pl.DataFrame, np.ndarray | None, int], Sampler]
"""The rows of one class, their weights (n,) or None, a seed -> the fitted density."""


def shares_of(weights: np.ndarray | None, n: int) -> np.ndarray:
    """float64 (n,) of sum 1: the probability that a row is drawn; rows of no weight at all count alike."""
    if weights is None or not weights.sum() > 0:
        return np.full(n, 1 / n)
    return np.asarray(weights / weights.sum())


def is_smooth(column: CodedColumn) -> bool:
    """Whether a density over several numbers takes a column in: a number of more than a few values."""
    present = column.values[column.present]
    return column.is_number and len(np.unique(present)) > 1 and not has_few_values(present, column.step)


def on_spike(column: CodedColumn) -> np.ndarray:
    """bool (n,): rows whose value so many others share that a new row near it keeps it."""
    return np.isin(column.values, spikes_of(column.values[column.present], column.step))
