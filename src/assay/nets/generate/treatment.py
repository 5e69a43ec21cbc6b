"""The treatments "vae", "ctgan" and "diffusion": rows of the smaller classes made by a generator fitted to all training rows.

torch is loaded when a treatment is applied, never by importing this module.  The generator is told the class of every row,
so the larger class teaches it what the small ones have too few rows to show.  It trains on the processor, on one thread.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from assay.balance.common import class_counts, class_mean_weights, with_new_rows
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import ConfigError, DataError
from assay.core.optional import require
from assay.core.seeds import derive
from assay.data.rows import Rows
from assay.nets.generate.registry import GENERATORS

if TYPE_CHECKING:
    from assay.nets.generate.generator import Generator


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """All rows, then rows of the smaller classes made by the generator of the treatment's name.

    ratio: the size of each smaller class over the largest one afterwards, at least; in (0, 1].
    steps: of the generator's training.  Row weights are not looked at by it; a new row weighs the mean of its class.
    """

    ratio: float = 1.0
    steps: int = 4000
    name: ClassVar[str]
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "calibrate"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        if self.steps < 1:
            raise ConfigError(f"steps={self.steps} must be at least 1.")

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no table, and for columns that cannot be made (texts, pictures)."""
        require("torch", extra="nets", purpose=f"the treatment {self.name}")
        return with_generated(train, GENERATORS.get(self.name)(steps=self.steps), self.ratio, seed)


@dataclass(frozen=True, slots=True)
class VAETreatment(GeneratedRows):
    """All rows, then rows of the smaller classes drawn from a variational autoencoder of the table."""

    name: ClassVar[str] = "vae"


@dataclass(frozen=True, slots=True)
class CTGANTreatment(GeneratedRows):
    """All rows, then rows of the smaller classes made by a conditional pair of adversaries (CTGAN)."""

    steps: int = 2000
    name: ClassVar[str] = "ctgan"


@dataclass(frozen=True, slots=True)
class DiffusionTreatment(GeneratedRows):
    """All rows, then rows of the smaller classes drawn by diffusion (TabDDPM)."""

    steps: int = 5000
    name: ClassVar[str] = "diffusion"


def with_generated(train: Rows, generator: "Generator", ratio: float, seed: int) -> Balanced:
    """All training rows, then as many rows of each smaller class as ``ratio`` asks for."""
    from assay.nets.generate.generator import fit_generator
    from assay.nets.generate.space import schema_of

    counts = class_counts(train, generator.NAME)
    if not isinstance(train.features, pl.DataFrame):
        raise DataError(
            f"{generator.NAME} makes rows of a table with columns, and these features are none; use random-oversample."
        )
    to_make = by_ratio(counts, ratio, "over")
    frame, grown = train.features, np.flatnonzero(to_make)
    if not len(grown):
        return with_new_rows(train, frame, np.zeros(0, dtype=np.int64), np.zeros(0))
    fitted = fit_generator(generator, frame, schema_of(frame), train.target, seed=derive(seed, generator.NAME))
    made = [fitted.sample(int(to_make[code]), int(code), derive(seed, generator.NAME, int(code))) for code in grown]
    labels = np.repeat(grown, to_make[grown])
    return with_new_rows(train, pl.concat([frame, *made]), labels, class_mean_weights(train, labels))
