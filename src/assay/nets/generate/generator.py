"""What a generator of rows is: settings that are fitted to a table, and rows drawn from what was learnt.

All families share this one path: the table becomes a matrix (``space``), a net is trained on it by the one loop, and rows
drawn by the net go back to a frame.  A family differs in its net and in its objectives, and in nothing else.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self, cast

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.seeds import derive, generator
from assay.core.state import State
from assay.data.schema import Schema
from assay.nets.architectures import Spec, assemble, spec_to_json, weights_of
from assay.nets.generate.registry import GENERATORS
from assay.nets.generate.saved import read_settings
from assay.nets.generate.space import TableSpace, fit_space
from assay.nets.seeding import isolated, threads
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.loop import train
from assay.nets.training.work import Work
from assay.prepare import checks
from assay.prepare.net_columns import Layout

BATCH_ROWS = 4096
MOST_CLASSES = 10_000
MOST_EPOCHS = 500


class GeneratorSpec(Protocol):
    """The settings of a generator's net, the columns first. classes: how many it tells apart; 0 for none."""

    @property
    def numbers(self) -> int: ...
    @property
    def levels(self) -> tuple[int, ...]: ...
    @property
    def classes(self) -> int: ...
    def build(self) -> nn.Module:
        """A net that has ``draw``."""
        ...


class Draws(Protocol):
    def draw(self, classes: Tensor, rng: torch.Generator) -> Tensor:
        """A row for each class code, int64 (n,) (all 0 where there are no classes) -> (n, numbers + codes)."""
        ...


class Generator(Protocol):
    """A member of GENERATORS: settings only.  SPEC: what its saved net is read as."""

    NAME: ClassVar[str]
    SPEC: ClassVar[type[Any]]

    def spec(self, layout: Layout, classes: int) -> GeneratorSpec: ...
    def work(self, model: nn.Module, table: Tensor, classes: Tensor) -> Work[Any]:
        """What is trained on: table float32 (n, numbers + codes), classes int64 (n,)."""
        ...

    def training(self, rows: int) -> TrainSettings: ...


@dataclass(frozen=True)
class FittedGenerator:
    """shares: float64 (classes,), of the training rows; empty without classes.  settings, weights: of the net."""

    name: str
    space: TableSpace
    shares: np.ndarray
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]

    def sample(self, rows: int, class_code: int | None, seed: int) -> pl.DataFrame:
        """New rows with the columns and types of the training frame; the same for the same seed.

        class_code: the class of all rows, or None: classes as frequent as in training.  Raises DataError for a class
        without training rows.
        """
        if rows < 0:
            raise ConfigError(f"rows={rows}: a generator makes 0 rows or more.")
        codes = torch.from_numpy(self._classes(rows, class_code, seed))
        rng = torch.Generator().manual_seed(derive(seed, "rows"))
        with threads(1), torch.inference_mode():
            parts = [self._net.draw(part, rng).double().numpy() for part in torch.split(codes, BATCH_ROWS) if len(part)]
        numbers, levels = self.space.layout
        return self.space.decode(np.concatenate([np.zeros((0, numbers + len(levels))), *parts]))

    def _classes(self, rows: int, class_code: int | None, seed: int) -> np.ndarray:
        """int64 (rows,)."""
        if class_code is None:
            if not len(self.shares):
                return np.zeros(rows, dtype=np.int64)
            return generator(seed, "classes").choice(len(self.shares), rows, p=self.shares).astype(np.int64)
        if not 0 <= class_code < len(self.shares) or not self.shares[class_code] > 0:
            known = ", ".join(map(str, np.flatnonzero(self.shares))) or "none: it was fitted without a target"
            raise DataError(f"generator {self.name!r} has seen no row of class {class_code} (it knows {known}).")
        return np.full(rows, class_code, dtype=np.int64)

    @cached_property
    def _net(self) -> Draws:
        spec = read_settings(GENERATORS.get(self.name).SPEC, self.settings)
        return cast(Draws, assemble(cast(Spec, spec), self.weights).float())

    def state(self) -> State:
        return {
            "kind": "generator",
            "name": self.name,
            "space": self.space.state(),
            "shares": self.shares,
            "settings": self.settings,
            "weights": self.weights,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The generator back, its net built from our own registry; raises BundleError for what ``state`` cannot have written."""
        name = checks.choice(state, "name", GENERATORS.names())
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved generator has no settings or no weights.")
        space = TableSpace.from_state(checks.entry(state, "space"))
        shares = checks.floats(state, "shares", (None,))
        if len(shares) > MOST_CLASSES or (len(shares) and ((shares < 0).any() or abs(shares.sum() - 1) > 1e-9)):
            raise BundleError("the saved generator's shares of classes do not sum to 1.")
        spec = read_settings(GENERATORS.get(name).SPEC, settings)
        if Layout(spec.numbers, spec.levels) != space.layout or spec.classes != len(shares):
            raise BundleError("the saved generator's net is for other columns or classes than its table has.")
        fitted = cls(name, space, shares, settings, weights)
        _ = fitted._net  # its weights are checked now
        return fitted


def fit_generator(
    chosen: Generator | str,
    frame: pl.DataFrame,
    schema: Schema,
    target: np.ndarray | None,
    *,
    seed: int,
    run: Run | None = None,
) -> FittedGenerator:
    """Fit a generator (settings, or a name of GENERATORS) to the rows of ``frame``.

    target: int64 (n,) class codes that rows can later be asked for, or None.  Raises DataError for rows it cannot learn.
    """
    settings: Generator = GENERATORS.get(chosen)() if isinstance(chosen, str) else chosen
    if frame.height < 2:
        raise DataError(f"generator {settings.NAME!r} needs at least 2 training rows; there are {frame.height}.")
    shares = _shares(frame, target)
    space = fit_space(frame, schema)
    spec = settings.spec(space.layout, len(shares))
    run = run or Run()
    table = torch.from_numpy(space.encode(frame, generator(seed, "spread"))).float().to(run.device)
    codes = torch.zeros(frame.height, dtype=torch.int64) if target is None else torch.from_numpy(target.astype(np.int64))
    with isolated(derive(seed, "first weights")):
        model = spec.build()
    work = settings.work(model, table, codes.to(run.device))
    train(model, work, settings.training(frame.height), seed=seed, run=run)
    return FittedGenerator(settings.NAME, space, shares, spec_to_json(spec), weights_of(model))


def _shares(frame: pl.DataFrame, target: np.ndarray | None) -> np.ndarray:
    if target is None:
        return np.zeros(0)
    if target.shape != (frame.height,) or target.dtype.kind not in "iu" or target.min() < 0:
        raise DataError(
            f"the target must be a class code for each of the {frame.height} rows, not {target.dtype} {target.shape}."
        )
    counts = np.bincount(target)
    if len(counts) > MOST_CLASSES:
        raise DataError(f"the target has {len(counts)} classes; a generator tells at most {MOST_CLASSES} apart.")
    return np.asarray(counts / counts.sum())


def epochs_for(steps: int, rows: int, batch_size: int) -> int:
    """Epochs that make about ``steps`` steps, so that a training costs the same on few rows and on many; at most MOST_EPOCHS."""
    return int(np.clip(-(-steps // -(-rows // batch_size)), 1, MOST_EPOCHS))
