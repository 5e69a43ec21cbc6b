"""How much memory one fit takes, and the rows it may have where all of them would take too much.

A fit of n rows is estimated at

    n × (cells × copies of them + matrix × copies of it + own) + what a part of the rows takes

bytes, where cells and matrix are the bytes of one row as a frame and as the recipe encodes it (measured on a few thousand of
the rows, because what an encoding makes of them is known by nothing else), and copies and own belong to the family of the
learner (``FAMILIES``).  They were measured as the growth of the resident memory of real fits between two numbers of rows,
scikit-learn 1.9 and LightGBM 4.7, and are rounded up.

What learns in batches never has a matrix; cells that lie on a shelf (``data.shelf``) take none either.  Everything else that
would not fit learns from as many rows as do, drawn from every class alike: priors stay what they are, and the draw depends on
the seed and the bound alone.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from assay.balance.treatment import Treatment
from assay.core.errors import AssayError, DataError
from assay.core.memory import size_text
from assay.core.seeds import generator
from assay.core.spaced import spaced
from assay.data.batches import ENCODED_TOGETHER
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.prepare.columns import ColumnsStep
from assay.prepare.net_columns import NetColumnsStep
from assay.prepare.pixels import PixelsStep
from assay.prepare.step import fit_and_encode
from assay.recipes.recipe import Recipe

SHARE = 0.6
"""Of the memory bound, for the fits that run at once; the rest is for the plan, the predictions and the libraries."""

SAMPLED = "learned from "
"""Begins the note of a fit that had a part of its rows."""

FEWEST_ROWS = 1000
"""A sample of fewer teaches nothing about a table that does not fit into memory."""

_PROBED = 5000
_MOST_UNTOLD = 160_000.0  # bytes a row of a preparation whose columns the schema does not tell
_RESAMPLED = 2.0  # rows after a treatment that adds some, at most


@dataclass(frozen=True)
class Family:
    """matrix: copies of the encoded matrix at the worst moment, its making among them.  own: bytes a row besides.

    a_tree: bytes a row for each tree, where trees grow until few rows are left in a leaf.
    at_once: encoded rows that a learner in batches has before it.
    mapped: whether it reads pixels where they lie, which is on disk where they are many (``data.decoded``).
    """

    matrix: float = 4.0
    own: float = 64.0
    a_tree: float = 0.0
    at_once: int = 4 * ENCODED_TOGETHER
    mapped: bool = False


FAMILIES: dict[str, Family] = {
    "Constant": Family(matrix=2.0),
    "Logistic": Family(matrix=2.5),
    "LeastSquares": Family(matrix=3.5),
    "Ridge": Family(matrix=3.5),
    "GaussianBayes": Family(matrix=3.0),
    "MultinomialBayes": Family(matrix=3.0),
    "LinearDiscriminant": Family(matrix=3.0),
    "QuadraticDiscriminant": Family(matrix=3.5),
    "Neighbours": Family(matrix=3.0),
    "Tree": Family(matrix=2.5),
    "Boosting": Family(matrix=2.0, own=96.0, at_once=4 * ENCODED_TOGETHER + 200_000),  # and those LightGBM finds its bins on
    "Forest": Family(matrix=3.0, a_tree=32.0),
    "BalancedTrees": Family(matrix=3.0, a_tree=32.0),
    "NetLearner": Family(mapped=True),
}
"""By the name of the learner's class; the others are ``Family()``."""


@dataclass(frozen=True)
class Need:
    """Bytes of one fit: for each row, and besides.  in_batches: whether it is estimated as learning from parts of the rows."""

    a_row: float
    fixed: float
    in_batches: bool

    def of(self, rows: int) -> float:
        return rows * self.a_row + self.fixed

    def most_rows(self, allowed: float) -> int:
        return max(0, int((allowed - self.fixed) / self.a_row))


def need_of(recipe: Recipe, treatment: Treatment, data: Dataset) -> Need:
    """What fitting the recipe on rows like these takes.  A recipe that cannot prepare them will say so itself."""
    cells = _cell_bytes(data)
    family, trees = _family_of(recipe.learner), getattr(recipe.learner, "n_trees", 0)
    matrix = 0.0 if family.mapped and isinstance(recipe.step, PixelsStep) else _matrix_bytes(recipe, data)
    copies = 1.0 + recipe.learner.wants_validation(data.question)
    if data.stored is not None:
        copies = 0.0
    if learns_in_batches(recipe, treatment):
        part = matrix * min(len(data), family.at_once)
        return Need(cells * copies + matrix / 8 + family.own, part, in_batches=True)
    a_row = cells * copies + matrix * family.matrix + family.own + family.a_tree * trees
    rows = _RESAMPLED if treatment.stage in ("raw", "encoded") and treatment.name != "none" else 1.0
    return Need(a_row * rows, 0.0, in_batches=False)


def learns_in_batches(recipe: Recipe, treatment: Treatment) -> bool:
    """Whether no matrix of all rows is needed: the learner takes parts, and neither encoding nor treatment needs them whole."""
    takes = bool(getattr(recipe.learner, "in_batches", False))
    return takes and not getattr(recipe.step, "looks_at_target", True) and treatment.stage != "encoded"


def bounded_rows(
    recipe: Recipe, treatment: Treatment, data: Dataset, memory: int, seed: int
) -> tuple[np.ndarray | None, str | None]:
    """The rows that a fit within this memory may have, rising, and a sentence about it; (None, None): all of them.

    Raises DataError where not even a small sample would fit.
    """
    allowed = SHARE * memory
    if _surely_fits(recipe, treatment, data, allowed):
        return None, None
    need = need_of(recipe, treatment, data)
    n = len(data)
    if need.of(n) <= allowed:
        return None, None
    most = need.most_rows(allowed)
    if most < FEWEST_ROWS:
        raise DataError(
            f"recipe {recipe.name!r} would take about {size_text(need.of(min(n, FEWEST_ROWS)))} for {min(n, FEWEST_ROWS)} rows, "
            f"and {size_text(allowed)} of the memory is for fits; give more --memory, or leave it out of recipes."
        )
    target, rows = data.target, np.arange(n)
    share, rng = most / n, generator(seed, "memory")
    if data.question.is_classification:
        parts = [rows[target == code] for code in np.unique(target)]
        kept = np.sort(np.concatenate([rng.choice(part, max(1, int(share * len(part))), replace=False) for part in parts]))
    else:
        kept = np.sort(rng.choice(rows, most, replace=False))
    how = "drawn at random, as many of each class in proportion" if data.question.is_classification else "drawn at random"
    return kept, (
        f"{SAMPLED}{len(kept):,} of {n:,} training rows, {how}: all of them would take about {size_text(need.of(n))}, "
        f"and {size_text(allowed)} of the memory is for fits"
    )


def bytes_of_fit(recipe: Recipe, treatment: Treatment, data: Dataset, rows: int, *, memory: int, jobs: int) -> float:
    """What a fit of so many of the rows takes at most, with those left out that would not fit; 0 where many jobs have room."""
    allowed = SHARE * memory
    if _surely_fits(recipe, treatment, data, allowed / jobs):
        return 0.0
    need = need_of(recipe, treatment, data)
    return min(need.of(rows), max(allowed, need.of(FEWEST_ROWS)))


def _surely_fits(recipe: Recipe, treatment: Treatment, data: Dataset, allowed: float) -> bool:
    """Told by the schema alone, so that nothing is encoded for a table that is nowhere near the bound."""
    is_told = all(column.kind in ("number", "category", "date", "id") for column in data.schema.features)
    if not is_told or not isinstance(recipe.step, ColumnsStep | NetColumnsStep) or treatment.stage == "raw":
        return len(data) * max(_MOST_UNTOLD, 100 * _cell_bytes(data)) < allowed
    width = sum(min(len(column.levels), 1000) + 8 for column in data.schema.features)
    family, trees = _family_of(recipe.learner), getattr(recipe.learner, "n_trees", 0)
    most = 2 * _cell_bytes(data) + 8 * width * family.matrix + family.own + family.a_tree * trees
    return 4 * len(data) * most < allowed


def _family_of(learner: Any) -> Family:
    base = getattr(learner, "base", None)  # of learners that are made of others
    return FAMILIES.get(type(learner if base is None else base).__name__, Family())


def _probed(data: Dataset) -> np.ndarray:
    """The numbers of some rows, evenly spaced."""
    return spaced(len(data), _PROBED)


def _cell_bytes(data: Dataset) -> float:
    """Of one row of the frame.  From what its cells say: what buffers polars happens to hold depends on where they came from."""
    part = data.frame[_probed(data)]
    return sum(map(_mean_bytes, part)) if part.height else 0.0


def _mean_bytes(series: pl.Series) -> float:
    """Of one cell: 8, or for texts and pictures a view of 16 and what does not fit into it."""
    if series.dtype == pl.String:
        series = series.cast(pl.Binary)
    if series.dtype == pl.Binary:
        sizes = series.bin.size().fill_null(0).to_numpy()
        return 16.0 + float(np.where(sizes > 12, sizes, 0).mean())
    return float(np.prod(series.dtype.shape)) if isinstance(series.dtype, pl.Array) else 8.0


def _matrix_bytes(recipe: Recipe, data: Dataset) -> float:
    """Of one encoded row."""
    rows = _probed(data)
    part = data.frame[rows]
    columns = tuple(column for column in data.schema.features if column.kind in recipe.reads)
    features = part.select([column.name for column in columns])
    try:
        target = _target(data, rows)
        _, matrix = fit_and_encode(recipe.step, features, Schema(columns), target, 0)
    except AssayError:
        return 8.0 * len(columns)
    if sparse.issparse(matrix):
        return float(matrix.data.nbytes + matrix.indices.nbytes) / len(rows)
    return float(np.asarray(matrix).nbytes) / len(rows) if not hasattr(matrix, "estimated_size") else 8.0 * len(columns)


def _target(data: Dataset, rows: np.ndarray) -> np.ndarray:
    name = data.question.target
    return replace(data, frame=data.frame.select(name)[rows], given_test=None, stored=None).target
