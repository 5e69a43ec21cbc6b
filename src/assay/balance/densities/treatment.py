"""The treatments "copula", "kernel-density" and "gaussian-mixture": rows of the smaller classes drawn from their own density.

A density is fitted to the rows of one class at a time.  It never leaves what the class has shown: a new row has no level that
the class has not, no number beyond its range, no gap where it has none; a whole number stays whole.  A class of one row has
no spread, so its new rows are copies of it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from assay.balance.common import class_counts, class_mean_weights, with_new_rows
from assay.balance.densities.columns import check_levels, code_table
from assay.balance.densities.copula import fit_copula
from assay.balance.densities.kernel import fit_kernel
from assay.balance.densities.mixture import fit_mixture
from assay.balance.densities.sampler import FitSampler
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import DataError
from assay.core.seeds import derive
from assay.data.rows import Rows


@dataclass(frozen=True, slots=True)
class SampledRows:
    """All rows, then rows of the smaller classes drawn from a density fitted to each.

    ratio: the size of each smaller class over the largest one afterwards, at least; in (0, 1].
    Row weights are those of the density's fit; a new row weighs the mean of its class.
    """

    ratio: float = 1.0
    name: ClassVar[str]
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "calibrate"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)


@dataclass(frozen=True, slots=True)
class CopulaTreatment(SampledRows):
    """All rows, then rows of the smaller classes from the best family of each column, joined by a Gaussian copula."""

    name: ClassVar[str] = "copula"

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no table, and for columns that cannot be made (texts, pictures)."""
        return with_sampled(train, fit_copula, self.ratio, seed, self.name)


@dataclass(frozen=True, slots=True)
class KernelDensityTreatment(SampledRows):
    """All rows, then rows of the smaller classes, copied and their numbers smoothed by a Gaussian kernel (ROSE)."""

    name: ClassVar[str] = "kernel-density"

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no table, and for columns that cannot be made (texts, pictures)."""
        return with_sampled(train, fit_kernel, self.ratio, seed, self.name)


@dataclass(frozen=True, slots=True)
class MixtureTreatment(SampledRows):
    """All rows, then rows of the smaller classes whose numbers come from a Gaussian mixture and the rest from a near row."""

    name: ClassVar[str] = "gaussian-mixture"

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no table, and for columns that cannot be made (texts, pictures)."""
        return with_sampled(train, fit_mixture, self.ratio, seed, self.name)


def with_sampled(train: Rows, fit_sampler: FitSampler, ratio: float, seed: int, name: str) -> Balanced:
    """All training rows, then as many rows of each smaller class as ``ratio`` asks for, from what ``fit_sampler`` fits to it.

    name: of the treatment, for errors and for the streams of random numbers.
    """
    counts = class_counts(train, name)
    frame = train.features
    if not isinstance(frame, pl.DataFrame):
        raise DataError(f"{name} makes rows of a table with columns, and these features are none; use random-oversample.")
    if not frame.width:
        raise DataError(f"{name} was given {len(train)} rows without a column; there is nothing to fit a density to.")
    code_table(frame, name)
    check_levels(frame, name)
    to_make = by_ratio(counts, ratio, "over")
    grown, made = np.flatnonzero(to_make), []
    for code in grown:
        own = np.flatnonzero(train.target == code)
        weights = None if train.weights is None else train.weights[own]
        sampler = fit_sampler(frame[own], weights, derive(seed, name, int(code)))
        made.append(sampler.sample(int(to_make[code]), derive(seed, name, int(code), "sample")))
    labels = np.repeat(grown, to_make[grown])
    return with_new_rows(train, pl.concat([frame, *made]), labels, class_mean_weights(train, labels))
