"""Tables with a known law, and treatments that make rows of it, near it, or far from it."""

import numpy as np

from assay.balance.common import with_new_rows
from assay.balance.treatment import Balanced
from assay.data.rows import Block, Rows

WIDTH = 5
SHIFT = 2.8


def law(rng: np.random.Generator, n: int) -> np.ndarray:
    """The minority: five numbers that go together closely."""
    return 0.9 * rng.normal(size=(n, 1)) + 0.3 * rng.normal(size=(n, WIDTH)) + SHIFT


def table(seed: int = 0, *, majority: int = 1500, minority: int = 250, noise: float = 0.0) -> Rows:
    """noise: share of the minority's labels that are wrong: rows of the middle of the majority."""
    rng = np.random.default_rng(seed)
    wrong = round(noise * minority)
    own = np.vstack([0.3 * rng.normal(size=(wrong, WIDTH)), law(rng, minority - wrong)])
    matrix = np.vstack([rng.normal(size=(majority, WIDTH)), own])
    blocks = tuple(Block(f"x{place}", "number", place, place + 1) for place in range(WIDTH))
    return Rows(matrix, np.repeat([0, 1], [majority, minority]), 2, blocks=blocks)


def minority_of(rows: Rows) -> np.ndarray:
    return rows.features[rows.target == 1]


def with_rows(rows: Rows, made: np.ndarray) -> Balanced:
    """As a treatment would hand back these new rows of class 1."""
    return with_new_rows(rows, np.vstack([rows.features, made]), np.ones(len(made), dtype=np.int64), None)
