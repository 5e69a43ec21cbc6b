"""The columns of a table, and then what acts on the whole matrix of them, one after the other."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.seeds import derive
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.matrix.bottleneck import FittedBottleneck
from assay.prepare.matrix.components import FittedPca
from assay.prepare.matrix.crosses import FittedCrosses
from assay.prepare.matrix.imputation import FittedImputation
from assay.prepare.matrix.landmarks import FittedLandmarks
from assay.prepare.matrix.neighbourhood import FittedNeighbourhood
from assay.prepare.matrix.svd import FittedSvd
from assay.prepare.matrix.transform import FittedTransform, Spectrum, Transform
from assay.prepare.names import names_of
from assay.prepare.step import Matrix

KIND = "then"
MOST = 10

_ALL: tuple[type[FittedTransform], ...] = (
    *(FittedPca, FittedSvd, FittedNeighbourhood),
    *(FittedCrosses, FittedLandmarks, FittedImputation, FittedBottleneck),
)
TRANSFORMS = {one.KIND: one for one in _ALL}


@dataclass(frozen=True, kw_only=True)
class ThenStep:
    """first: the columns.  then: what acts on their matrix, in order."""

    first: ColumnsStep
    then: tuple[Transform, ...]

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedThen":
        return self.fit_training(features, schema, target, seed)[0]

    def fit_training(
        self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int, units: np.ndarray | None = None
    ) -> "tuple[FittedThen, Matrix]":
        """As ``ColumnsStep.fit_training``: what follows is fitted on training rows as they are encoded for learners."""
        first, matrix = self.first.fit_training(features, schema, target, seed, units)
        blocks, fitted = first.blocks, []
        for place, transform in enumerate(self.then):
            one = transform.fit(matrix, blocks, target, derive(seed, KIND, place))
            matrix, blocks = one.transform(matrix), one.blocks(blocks)
            fitted.append(one)
        return FittedThen(first, tuple(fitted)), matrix


@dataclass(frozen=True)
class FittedThen:
    first: FittedColumns
    then: tuple[FittedTransform, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        blocks = self.first.blocks
        for one in self.then:
            blocks = one.blocks(blocks)
        return blocks

    def transform(self, features: pl.DataFrame) -> Matrix:
        """(n, width), dense, or csr where the columns are and nothing after them makes them dense."""
        matrix = self.first.transform(features)
        for one in self.then:
            matrix = one.transform(matrix)
        return matrix

    def spectra(self) -> tuple[Spectrum, ...]:
        """Eigenvalues, eigenvectors and explained variance of each projection, in order."""
        names, blocks, found = names_of(self.first), self.first.blocks, []
        for one in self.then:
            spectrum = one.spectrum(names)
            if spectrum is not None:
                found.append(spectrum)
            after = one.blocks(blocks)
            stays = len(after) >= len(blocks) and after[: len(blocks)] == blocks
            own = after[len(blocks) :] if stays else after
            added = [f"{block.name} {place + 1}" for block in own for place in range(block.stop - block.start)]
            names, blocks = (*names, *added) if stays else tuple(added), after
        return tuple(found)

    def state(self) -> State:
        return {"kind": KIND, "first": self.first.state(), "then": [one.state() for one in self.then]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        saved_first = checks.entry(state, "first")
        checks.choice(saved_first, "kind", {"columns"})
        first = FittedColumns.from_state(saved_first)
        blocks, width = first.blocks, first.width
        then: list[FittedTransform] = []
        for saved in checks.states(state, "then", most=MOST):
            one = TRANSFORMS[checks.choice(saved, "kind", TRANSFORMS)].from_state(saved)
            if one.width != width:
                raise BundleError(f"the saved {one.KIND} reads {one.width} columns, and there are {width} before it.")
            blocks = one.blocks(blocks)
            width = max((block.stop for block in blocks), default=0)
            then.append(one)
        return cls(first, tuple(then))
