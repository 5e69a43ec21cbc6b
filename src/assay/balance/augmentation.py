"""Over-sampling by augmentation: copies of rows whose texts and pictures are altered a little.

For what cannot be interpolated.  Numbers, categories and dates of a row are copied; each text and each picture in it is
altered by the augmenter of its kind.  A class that alone is altered can be told by the traces of it (a text that lost a word,
a smoothed picture), so the law of its rows is no longer the old one and the closed form for priors does not hold:
probabilities are mended on rows that are real and held out.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from assay.balance.augmenters.augmenter import AUGMENTERS, Augmenter
from assay.balance.augmenters.synonyms import Synonyms, SynonymSettings
from assay.balance.common import class_counts, with_new_rows
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import DataError
from assay.core.seeds import derive, generator
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
        counts, features = class_counts(train, self.name), _frame(train, self.name)
        kinds = altered_kinds(features, dict(train.kinds) | dict(self.kinds))
        if not kinds:
            raise DataError(
                f"{self.name} alters texts and pictures, and none of the {features.width} columns is one; use random-oversample."
            )
        frame = features.with_columns(_as_bytes(features[name]) for name, kind in kinds.items() if kind == "image")
        augmenters = {name: AUGMENTERS.get(kind)() for name, kind in kinds.items()}
        return _with_copies(train, frame, augmenters, by_ratio(counts, self.ratio, "over"), self.name, seed)


@dataclass(frozen=True, slots=True)
class AugmentSynonyms:
    """All rows, then rows of the smaller classes drawn with replacement, words of their texts replaced by near ones.

    Which words are near is learned from the texts of all training rows (``augmenters.synonyms``); a text of which no word has
    a near one loses or swaps words as under augment-oversample.  Other columns are copied.
    ratio, kinds: as of ``AugmentOversample``.  settings: of the synonyms.
    """

    ratio: float = 1.0
    kinds: tuple[tuple[str, str], ...] = ()
    settings: SynonymSettings = field(default_factory=SynonymSettings)
    name: ClassVar[str] = "augment-synonyms"
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "calibrate"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no frame, and for one without texts."""
        counts, features = class_counts(train, self.name), _frame(train, self.name)
        kinds = altered_kinds(features, dict(train.kinds) | dict(self.kinds))
        names = [name for name, kind in kinds.items() if kind == "text"]
        if not names:
            raise DataError(f"{self.name} alters texts, and none of the {features.width} columns is one; use random-oversample.")
        learned: dict[str, Augmenter] = {
            name: Synonyms.learned(features[name], self.settings, derive(seed, self.name, name)) for name in names
        }
        return _with_copies(train, features, learned, by_ratio(counts, self.ratio, "over"), self.name, seed)


def _frame(train: Rows, name: str) -> pl.DataFrame:
    """Raises DataError for features that are no table."""
    if not isinstance(train.features, pl.DataFrame):
        raise DataError(f"{name} alters columns of a table, and these features are none; use random-oversample.")
    return train.features


def _with_copies(
    train: Rows, frame: pl.DataFrame, augmenters: "dict[str, Augmenter]", to_make: np.ndarray, name: str, seed: int
) -> Balanced:
    """frame: the features, all columns that are altered in a form that they can be altered in."""
    rng = generator(seed, name)
    drawn = [rng.choice(np.flatnonzero(train.target == code), to_make[code]) for code in np.flatnonzero(to_make)]
    source = np.concatenate([np.zeros(0, dtype=np.int64), *drawn])
    copies = frame[source]
    new = copies.with_columns(augment(copies[column], generator(seed, name, column)) for column, augment in augmenters.items())
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
