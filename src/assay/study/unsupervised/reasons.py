"""Which cells make a row odd: how much of its oddness goes when a cell is replaced by those of other rows.

For every detector, fitted without the rows that are asked about, a row's oddness beyond the usual (the median row) is compared
with its mean oddness once one column holds the values of other rows drawn at random.  The share that goes is that column's,
averaged over detectors.  Shares need not sum to 1: two columns may be odd only together, and then both bring it back.
Source: Robnik-Šikonja & Kononenko (2008), replacing one attribute at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.core.seeds import derive, generator
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.data.rows import Block
from assay.data.schema import Column
from assay.recipes.anomaly.detector import FittedDetector
from assay.study.unsupervised.anomalies import Anomalies, detector_named
from assay.study.unsupervised.differences import typical
from assay.study.unsupervised.rows import points_of

DRAWS, MOST_COLUMNS = 10, 200
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Reason(Shown):
    """value: the row's.  usual: the middle, or the commonest level, of all drawn rows.  share: of the oddness that goes."""

    column: str
    value: str
    usual: str
    share: float

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "value": self.value, "usual": self.usual, "share": self.share}


@dataclass(frozen=True)
class OddRow:
    """place: among the drawn rows.  reasons: the largest share first; columns of less than a twentieth are left out."""

    place: int
    reasons: tuple[Reason, ...]


def reasons(data: Dataset, found: Anomalies, most: int = 10) -> list[OddRow]:
    """Of the oddest rows, the oddest first.  data: the one that ``found`` was found in."""
    odd = found.oddest(most)
    names = [column.name for column in data.schema.features][:MOST_COLUMNS]
    shares = np.mean([_shares(data, found, name, odd, names) for name in found.settings.detectors], axis=0)
    frame = data.frame[found.drawn]
    usual = {column.name: typical(frame[column.name], column) for column in data.schema.features}
    columns = {column.name: column for column in data.schema.features}
    rows = []
    for place, own in zip(odd.tolist(), shares, strict=True):
        order = [one for one in np.argsort(-own, kind="stable") if own[one] >= LEAST_SHARE]
        told = [Reason(names[one], _cell(frame, place, columns[names[one]]), usual[names[one]], float(own[one])) for one in order]
        rows.append(OddRow(place, tuple(told)))
    return rows


def _shares(data: Dataset, found: Anomalies, name: str, odd: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """float64 (rows, columns): by one detector, fitted on all drawn rows but these."""
    recipe, learner = detector_named(name)
    settings = found.settings
    points = points_of(data, most_rows=settings.most_rows, seed=settings.seed, step=recipe.step)
    seed = derive(settings.seed, "reasons", name)
    others = np.setdiff1d(np.arange(len(points)), odd)
    fitted = learner.learn(points.matrix[learner.part(others, seed)], points.blocks, seed)
    drawn = generator(seed, "draws").choice(others, min(DRAWS, len(others)), replace=False)
    usual = float(np.median(fitted.oddness(points.matrix[others])))
    return np.stack(
        [_shares_of_row(fitted, points.matrix[row], points.matrix[drawn], points.blocks, names, usual) for row in odd]
    )


def _shares_of_row(
    fitted: FittedDetector, row: np.ndarray, others: np.ndarray, blocks: Sequence[Block], names: Sequence[str], usual: float
) -> np.ndarray:
    """float64 (columns,), each from -1 to 1; 0 of columns that the detector does not read."""
    own = float(fitted.oddness(row[None])[0])
    shares = np.zeros(len(names))
    excess = own - usual
    if excess <= 0:
        return shares  # this detector finds nothing odd in it
    altered, read = [], []
    for place, name in enumerate(names):
        columns = np.concatenate([np.zeros(0, np.int64), *(np.arange(b.start, b.stop) for b in blocks if b.name == name)])
        if len(columns):
            rows = np.repeat(row[None], len(others), axis=0)
            rows[:, columns] = others[:, columns]
            altered.append(rows)
            read.append(place)
    if read:
        after = fitted.oddness(np.concatenate(altered)).reshape(len(read), len(others)).mean(axis=1)
        shares[read] = np.clip((own - after) / excess, -1.0, 1.0)
    return shares


def _cell(frame: pl.DataFrame, place: int, column: Column) -> str:
    value = frame[column.name][place]
    if value is None:
        return "missing"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
