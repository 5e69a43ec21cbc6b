"""What an ablation asks: tables of variants, each line compared with the whole candidate or with the line before it."""

from dataclasses import dataclass
from typing import Literal

from assay.study.ablate.variant import Variant

Kind = Literal["steps", "columns", "rows", "sizes"]
KINDS: tuple[Kind, ...] = ("steps", "columns", "rows", "sizes")

Shape = Literal["ladder", "less", "alone"]
"""ladder: each line against the one before it, from least to most.  less, alone: the whole candidate against each line."""


@dataclass(frozen=True)
class Line:
    """name: what was left out, or how far the ladder has come.  columns: those it is about.

    rows: training rows that it sees, the mean of the folds; None: all.
    """

    name: str
    variant: Variant
    columns: tuple[str, ...] = ()
    rows: float | None = None


@dataclass(frozen=True)
class Asked:
    """One table, whose p-values are corrected together.  key: "without", "alone", "steps", "taken back", "rows", a size."""

    key: str
    title: str
    shape: Shape
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Question:
    """notes: what a reader must know, in sentences."""

    kind: Kind
    tables: tuple[Asked, ...]
    notes: tuple[str, ...] = ()
