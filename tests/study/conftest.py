"""A small table with a known signal, and studies of it that take a second."""

import numpy as np
import polars as pl
import pytest

import assay
from assay.data.dataset import Dataset


def make_table(n: int = 240, *, seed: int = 0, positive_share: float = 0.3) -> pl.DataFrame:
    """Two informative numbers, noise, a category and a group of four rows each."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < positive_share).astype(int)
    return pl.DataFrame(
        {
            "income": random.normal(size=n) + 1.2 * y,
            "debt": random.normal(size=n) - 0.8 * y,
            "noise": random.normal(size=n),
            "town": random.choice(["Perm", "Омск", "Tver"], size=n),
            "branch": np.arange(n) // 4,
            "denied": np.where(y == 1, "yes", "no"),
        }
    )


@pytest.fixture
def table() -> pl.DataFrame:
    return make_table()


@pytest.fixture
def loans(table: pl.DataFrame) -> Dataset:
    return assay.read(table, target="denied", drop=["branch"])
