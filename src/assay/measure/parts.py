"""What is measured (the held-out part of each fold) and what varies (the design of the resampling)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from assay.measure.payload import Payload, Predictions, Truth

SomePayload = TypeVar("SomePayload", bound=Payload)


@dataclass(frozen=True)
class Part:
    """The held-out units of one fold of one repeat, with what one fitted model said of them.

    The two sides speak of the same units in the same order, or (generated samples) of units that never coincide.
    """

    repeat: int
    fold: int
    truth: Truth
    predictions: Predictions

    @property
    def paired(self) -> bool:
        return np.array_equal(self.truth.units, self.predictions.units)

    @property
    def units(self) -> np.ndarray:
        """int64: the units in the order of the statistics of a metric: the truth's, then (unpaired) the predictions'."""
        if self.paired:
            return self.truth.units
        return np.concatenate([self.truth.units, self.predictions.units])

    @property
    def where(self) -> str:
        return f"fold {self.fold} of repeat {self.repeat}"


@dataclass(frozen=True)
class Design:
    """What is drawn independently when rows are drawn anew.

    units: int64 (n,), rising: every unit that any part measures, once.
    clusters: int64 (n,) codes 0 … C-1, or None where every unit stands for itself.  kind "group": the group of each
        unit; kind "time": a block of consecutive units (see ``time_blocks``).
    strata: int64 (n,) or None: clusters are drawn within their stratum (two unpaired samples are two strata).
    """

    units: np.ndarray
    clusters: np.ndarray | None = None
    kind: Literal["row", "group", "time"] = "row"
    strata: np.ndarray | None = None

    def __post_init__(self) -> None:
        if len(self.units) and (np.diff(self.units) <= 0).any():
            raise ValueError("the units of a design must rise, each once.")
        if (self.clusters is None) != (self.kind == "row"):
            raise ValueError(f"a design of kind {self.kind!r} {'has no' if self.kind == 'row' else 'needs'} clusters.")
        if self.clusters is not None:
            codes = np.unique(self.clusters)
            if len(self.clusters) != len(self.units) or not np.array_equal(codes, np.arange(len(codes))):
                raise ValueError("clusters must be codes 0 … C-1, one a unit.")
        if self.strata is not None and np.unique([self.cluster_codes, self.strata], axis=1).shape[1] != self.n_independent:
            raise ValueError("a cluster lies in two strata.")

    @property
    def cluster_codes(self) -> np.ndarray:
        """int64 (n,): the cluster of each unit, its own where there are none."""
        return np.arange(len(self.units)) if self.clusters is None else self.clusters

    @property
    def n_independent(self) -> int:
        """How many independent things there are: units, groups or blocks."""
        return len(self.units) if self.clusters is None else int(self.clusters.max(initial=-1)) + 1

    def positions(self, units: np.ndarray) -> np.ndarray:
        """Where these units stand in ``self.units``; raises ValueError for a unit that is not there."""
        if np.array_equal(self.units, units):
            return np.arange(len(units))
        found = np.searchsorted(self.units, units)
        if (found >= len(self.units)).any() or not np.array_equal(self.units[np.minimum(found, len(self.units) - 1)], units):
            raise ValueError("a part measures a unit that the design does not know.")
        return np.asarray(found)


def design_of(
    parts: Sequence[Part],
    *,
    kind: Literal["row", "group", "time"] = "row",
    groups: np.ndarray | None = None,
    time: np.ndarray | None = None,
) -> Design:
    """The design of these parts; groups (kind "group") and time (kind "time") are indexed by unit number (n_rows,)."""
    units = np.sort(np.concatenate([part.units for part in parts]))  # numpy's unique hashes, and takes ten times as long
    units = units[np.diff(units, prepend=units[:1] - 1) > 0]
    if kind == "group":
        if groups is None:
            raise ValueError("a design of kind 'group' needs groups.")
        return Design(units, np.unique(groups[units], return_inverse=True)[1], kind)
    if kind == "time":
        if time is None:
            raise ValueError("a design of kind 'time' needs time.")
        return Design(units, time_blocks(time[units]), kind)
    return Design(units)


def time_blocks(time: np.ndarray, length: int | None = None) -> np.ndarray:
    """int64 (n,): the number of the block of each unit, blocks being consecutive in time and not overlapping.

    time: float (n,), in any order; units of one moment share a block.  length: units a block, about n ** (1/3) unless
    given, so that neighbours, which resemble each other, are drawn together.  Source: Carlstein (1986).
    """
    n = len(time)
    length = max(1, round(n ** (1 / 3))) if length is None else length
    n_blocks = max(1, n // length)
    rank = np.searchsorted(np.sort(time), time, side="left")
    return np.asarray(np.unique(rank * n_blocks // max(n, 1), return_inverse=True)[1])


def part_shares(parts: Sequence[Part]) -> np.ndarray:
    """float (parts,): what each part counts in the mean over the folds of a repeat, then over the repeats; sums to 1."""
    repeats = np.array([part.repeat for part in parts])
    names, inverse, folds = np.unique(repeats, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (len(names) * folds[inverse]))


def take(payload: SomePayload, order: np.ndarray) -> SomePayload:
    """The units at these positions, with the items they own."""
    if payload.offsets is None:
        arrays = {name: array[order] for name, array in payload.arrays.items()}
        return type(payload)(payload.form, payload.units[order], arrays, None)
    lengths = np.diff(payload.offsets)[order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    items = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - payload.offsets[:-1][order], lengths)
    arrays = {name: array[items] for name, array in payload.arrays.items()}
    return type(payload)(payload.form, payload.units[order], arrays, offsets)


def concatenate(payloads: Sequence[SomePayload]) -> SomePayload:
    """One payload of all units in turn; only the arrays that every payload has."""
    first = payloads[0]
    shared = [name for name in first.arrays if all(name in payload.arrays for payload in payloads)]
    arrays = {name: np.concatenate([payload[name] for payload in payloads]) for name in shared}
    units = np.concatenate([payload.units for payload in payloads])
    if first.offsets is None:
        return type(first)(first.form, units, arrays, None)
    lengths = [np.diff(payload.offsets) for payload in payloads if payload.offsets is not None]
    return type(first)(first.form, units, arrays, np.concatenate([[0], np.cumsum(np.concatenate(lengths))]))


def pool(parts: Sequence[Part]) -> list[Part]:
    """One part a repeat: its folds end to end, and (where paired) in the order of the units."""
    pooled = []
    for repeat in sorted({part.repeat for part in parts}):
        folds = [part for part in parts if part.repeat == repeat]
        truth, predictions = concatenate([f.truth for f in folds]), concatenate([f.predictions for f in folds])
        if all(fold.paired for fold in folds):
            order = np.argsort(truth.units, kind="stable")
            truth, predictions = take(truth, order), take(predictions, order)
        pooled.append(Part(repeat, -1, truth, predictions))
    return pooled
