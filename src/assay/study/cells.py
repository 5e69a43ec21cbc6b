"""The unit of work: one recipe under one treatment on one fold."""

import re
from dataclasses import dataclass
from typing import Any

from assay.core.files import sha256_bytes
from assay.measure.payload import Predictions
from assay.recipes.correction import CorrectionChoice

MOST_BYTES, SHOWN = 200, 60
"""Of a name that is kept as it is, and the letters that are shown of one that is not."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")

NO_TREATMENT = "none"


@dataclass(frozen=True, order=True, slots=True)
class Candidate:
    """What a leaderboard row is about: a recipe under a treatment, in the one spelling of its name ("smote@0.25")."""

    recipe: str
    treatment: str = NO_TREATMENT

    @property
    def name(self) -> str:
        """ "boosting", or "boosting+smote"."""
        return self.recipe if self.treatment == NO_TREATMENT else f"{self.recipe}+{self.treatment}"

    @staticmethod
    def parse(name: str) -> "Candidate":
        recipe, _, treatment = name.partition("+")
        return Candidate(recipe, treatment or NO_TREATMENT)


@dataclass(frozen=True, order=True, slots=True)
class Cell:
    candidate: Candidate
    repeat: int
    fold: int

    @property
    def name(self) -> str:
        """Also the name of its file of predictions; of a candidate whose own is no name of a file, a part of it and its hash."""
        own = self.candidate.name
        if len(own.encode()) > MOST_BYTES or any(letter in own for letter in "/\\\0"):
            own = f"{_UNSAFE.sub('-', own)[:SHOWN]}-{sha256_bytes(own.encode())[:16]}"
        return f"{own}.r{self.repeat}.f{self.fold}"

    def to_json(self) -> list[Any]:
        return [self.candidate.recipe, self.candidate.treatment, self.repeat, self.fold]

    @staticmethod
    def from_json(value: list[Any]) -> "Cell":
        return Cell(Candidate(value[0], value[1]), int(value[2]), int(value[3]))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a cell has no predictions. detail: a traceback when the fault is ours or a library's, else empty."""

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a cell: predictions or a failure, never neither.

    seconds: wall clock.  peak_mb: the largest resident memory of the process that did it, so far.
    correction: how probabilities were corrected after a treatment, and on what evidence; None where nothing was chosen.
    notes: rules that applied while it was fitted, in words.
    """

    cell: Cell
    seed: int
    predictions: Predictions | None
    failure: Failure | None
    seconds: float
    peak_mb: float
    correction: CorrectionChoice | None = None
    notes: tuple[str, ...] = ()
