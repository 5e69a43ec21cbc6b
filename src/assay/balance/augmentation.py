"""Over-sampling by augmentation: copies of rows whose texts and pictures are altered a little.

For what cannot be interpolated.  Numbers, categories and dates of a row are copied; each text and each picture in it is
altered by the augmenter of its kind.  A class that alone is altered can be told by the traces of it (a text that lost a word,
a smoothed picture), so the law of its rows is no longer the old one and the closed form for priors does not hold:
probabilities are mended on rows that are real and held out.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from assay.balance.augmenters.augmenter import AUGMENTERS
from assay.balance.common import class_counts, with_new_rows
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import DataError
from assay.core.seeds import generator
from assay.data.kinds import typed
from assay.data.rows import Rows


@dataclass(frozen=True, slots=True)
class AugmentOversample:
    """All rows, then rows of the smaller classes drawn with replacement, their texts and pictures altered.

    ratio: the size of each smaller class over the largest one afterwards, at least; in (0, 1].
    kinds: (column, "text" or "image" or another kind) where neither the rows nor the values say what a column is.
    A new row weighs what the row weighs that it was made from.  A column of paths of pictures becomes one of the files'
    bytes, which are the same pictures; other types stay.
    """

    ratio: float = 1.0
    kinds: tuple[tuple[str, str], ...] = ()
    name: ClassVar[str] = "augment-oversample"
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "calibrate"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no frame, for one without texts and pictures, and for pictures that do not
        open."""
        counts = class_counts(train, self.name)
        if not isinstance(train.features, pl.DataFrame):
            raise DataError(f"{self.name} alters columns of a table, and these features are none; use random-oversample.")
        kinds = altered_kinds(train.features, dict(train.kinds) | dict(self.kinds))
        if not kinds:
            width = train.features.width
            raise DataError(
                f"{self.name} alters texts and pictures, and none of the {width} columns is one; use random-oversample."
            )
        to_make = by_ratio(counts, self.ratio, "over")
        frame = train.features.with_columns(_as_bytes(train.features[name]) for name, kind in kinds.items() if kind == "image")
        rng = generator(seed, self.name)
        drawn = [rng.choice(np.flatnonzero(train.target == code), to_make[code]) for code in np.flatnonzero(to_make)]
        source = np.concatenate([np.zeros(0, dtype=np.int64), *drawn])
        copies = frame[source]
        new = copies.with_columns(
            AUGMENTERS.get(kind)()(copies[name], generator(seed, self.name, name)) for name, kind in kinds.items()
        )
        weights = None if train.weights is None else train.weights[source]
        return with_new_rows(train, pl.concat([frame, new]), train.target[source], weights)


def altered_kinds(frame: pl.DataFrame, known: dict[str, str]) -> dict[str, str]:
    """The columns that have an augmenter, with their kinds. known: kinds that need not be told from the values."""
    kinds = {series.name: known.get(series.name) or _kind(series) for series in frame.get_columns()}
    return {name: kind for name, kind in kinds.items() if kind in AUGMENTERS.names()}


def _kind(series: pl.Series) -> str:
    if series.dtype == pl.Binary or isinstance(series.dtype, pl.Array):
        return "image"
    return typed(series).kind if series.dtype == pl.String else "number"


def _as_bytes(series: pl.Series) -> pl.Series:
    """A column of pictures that can be altered in place. Raises DataError for a file that cannot be read."""
    if series.dtype != pl.String:
        return series
    cells = []
    for row, path in enumerate(series, start=1):
        try:
            cells.append(None if path is None else Path(path).read_bytes())
        except OSError as error:
            raise DataError(
                f"row {row}, column {series.name!r}: the picture {path} cannot be read ({error.strerror})."
            ) from error
    return pl.Series(series.name, cells, dtype=pl.Binary)
