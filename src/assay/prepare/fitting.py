"""Which encoder a column gets: what the settings say, and where they say nothing what the mode does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import numpy as np
import polars as pl

from assay.core.seeds import seed32
from assay.data.schema import Column
from assay.prepare.answers import Answers
from assay.prepare.bins import BinnedNumber
from assay.prepare.categories import LevelCode, OneHot, in_order
from assay.prepare.counts import CountCode
from assay.prepare.dates import CyclicDate, DateParts, ScaledDateParts
from assay.prepare.encoder import Encoder
from assay.prepare.evidence import EvidenceCode
from assay.prepare.gaps import FilledNumber
from assay.prepare.hashing import HashedLevel
from assay.prepare.logs import LogNumber
from assay.prepare.numbers import PlainNumber, ScaledNumber
from assay.prepare.orders import OrdinalCode, check_order, natural_order
from assay.prepare.pictures import PixelRow
from assay.prepare.quantiles import QuantileNumber
from assay.prepare.robust import RobustNumber
from assay.prepare.target_codes import TargetCode
from assay.prepare.texts import TextDirections, fit_terms

if TYPE_CHECKING:
    from assay.prepare.columns import ColumnsStep

SPARSE_ABOVE = 200
"""A block of 0/1 columns wider than this is kept as csr (linear mode)."""

SCALERS: dict[str, Callable[[pl.Series], Encoder]] = {
    "plain": lambda _: PlainNumber(),
    "standard": ScaledNumber.fit,
    "robust": RobustNumber.fit,
    "quantile": QuantileNumber.fit,
    "log": LogNumber.fit,
}


@runtime_checkable
class LooksAtTarget(Protocol):
    """An encoder whose values hold the target of the rows it was fitted on."""

    def on_scale_of(self, other: Self) -> Self:
        """Itself with the other's scaling: what one fold says must be comparable with what another says."""
        ...


@dataclass(frozen=True)
class Fitting:
    """answers: None where nothing looks at the target.  flags: of each column its levels that differ (categories="levels")."""

    step: "ColumnsStep"
    answers: Answers | None
    seed: int
    flags: dict[str, tuple[tuple[str, ...], bool]] = field(default_factory=dict)

    def column(self, column: Column, series: pl.Series, rows: np.ndarray | None = None) -> Encoder:
        """The encoder of one column, fitted on these rows (bool (n,); None: all)."""
        answers = self.answers
        if rows is not None and answers is not None:
            series, answers = series.filter(pl.Series(rows)), answers.take(rows)
        match column.kind:
            case "number":
                return self._number(series, answers)
            case "category":
                return self._category(column.name, series, answers)
            case "date":
                return self._date(series)
            case "text":
                if self.step.mode == "linear":
                    return fit_terms(series, self.step.terms)
                return TextDirections.fit(series, self.step.terms, seed32(self.seed, "directions", column.name))
            case _:
                way = self.step.pictures
                return PixelRow.fit(series) if way is None else way.fit(series, seed32(self.seed, "pictures", column.name))

    def _number(self, series: pl.Series, answers: Answers | None) -> Encoder:
        if self.step.numbers == "bins" and answers is not None:
            return BinnedNumber.fit(series, answers)
        return self._scaled(series, self.step.numbers)

    def _scaled(self, series: pl.Series, scaling: str | None) -> Encoder:
        trees = self.step.mode == "trees"
        kind, how = scaling or ("plain" if trees else "standard"), self.step.missing or ("native" if trees else "indicator")
        if (kind == "plain" and how == "native") or (kind != "plain" and how == "indicator"):
            return SCALERS[kind](series)
        return FilledNumber.fit(series, how, self.step.constant, SCALERS[kind])

    def _category(self, name: str, series: pl.Series, answers: Answers | None) -> Encoder:
        step, scaled = self.step, self.step.mode != "trees"
        order = dict(step.orders).get(name)
        if order is not None:
            check_order(name, series, order)
        elif step.categories == "label":
            order = in_order(series)
        elif step.categories == "ordinal":
            order = natural_order(series)
        if order is not None:
            return OrdinalCode.fit(series, order, partial(self._scaled, scaling=None))
        match step.categories:
            case "target" if answers is not None:
                return TargetCode.fit(series, answers, smoothing=step.smoothing, scaled=scaled)
            case "woe" if answers is not None:
                return EvidenceCode.fit(series, answers, rare_below=step.rare_below)
            case "count":
                return CountCode.fit(series, scaled=scaled)
            case "hashing":
                return HashedLevel(step.hashed, step.mode == "linear")  # most of its columns are empty
            case "levels":
                levels, missing = self.flags[name]
                return OneHot(levels, False, missing, step.mode == "linear" and len(levels) + missing > SPARSE_ABOVE)
            case _:
                return self._levels(series)

    def _levels(self, series: pl.Series) -> Encoder:
        step = self.step
        trees, linear = step.mode == "trees", step.mode == "linear"
        if trees and step.categories != "one-hot":
            return LevelCode.fit(series, max_levels=step.max_levels or 1000)
        most = step.max_levels or (1000 if linear else 100)
        sparse_above = SPARSE_ABOVE if linear else most + 2
        return OneHot.fit(series, rare_below=step.rare_below, max_levels=most, sparse_above=sparse_above)

    def _date(self, series: pl.Series) -> Encoder:
        trees = self.step.mode == "trees"
        if (self.step.dates or ("parts" if trees else "cycles")) == "cycles":
            return CyclicDate.fit(series)
        return DateParts() if trees else ScaledDateParts.fit(series)
