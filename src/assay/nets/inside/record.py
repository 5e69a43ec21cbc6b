"""What was seen inside a training, as plain arrays: no torch, so that it can be kept, drawn and judged anywhere.

``Inside`` is made by ``probes.Probes`` and read by ``signs`` (what is wrong) and by the pictures of the report.
"""

from dataclasses import asdict, dataclass, fields
from math import inf, isinf, isnan, nan
from typing import Any, Protocol

import numpy as np

from assay.core.errors import DataError
from assay.core.shown import Shown

SERIES = ("weights", "gradients", "updates", "activations", "dead", "silent", "saturated")
"""The fields of ``Inside`` that hold one line a layer."""

EPOCHS = ("train_loss", "validation_loss", "rate")
"""The fields of ``Inside`` that hold one number an epoch."""

RECTIFIERS = frozenset({"ReLU", "ReLU6"})
SQUASHERS = frozenset({"Sigmoid", "Tanh"})


class EpochLosses(Protocol):
    """What the training loop tells after an epoch, as far as it is kept here."""

    @property
    def train_loss(self) -> float: ...
    @property
    def validation_loss(self) -> float | None: ...
    @property
    def rate(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a net.

    name: as in ``named_modules``.  kind: its class in torch ("Linear", "ReLU").
    parameters: how many numbers of its own it learns.  is_matrix: it multiplies (dense, convolution, embedding), so that its
    gradient says what reaches this depth; the few numbers of a norm layer do not.
    """

    name: str
    kind: str
    parameters: int
    is_matrix: bool

    @property
    def title(self) -> str:
        """How a sentence calls it."""
        return f"{self.name or 'the net'} ({self.kind})"


@dataclass(frozen=True, eq=False)
class Inside(Shown):
    """One training seen from within.  NaN: not measured, or without meaning for that layer; infinity: it was no number any more.

    layers: in the order in which the forward pass reaches them.
    steps: int64 (s,), the recorded steps, counted from 0.
    weights, gradients: float64 (layers, s), L2 norm of a layer's parameters and of their gradient (after clipping).
    updates: float64 (layers, s), how far the step moved the parameters, as a share of their norm.
    activations: float64 (layers, s), root mean square of what the layer gives.
    dead: float64 (layers, s), share of a ReLU's units that gave 0 for every row of the batch.
    silent: float64 (layers, s), the same over the last ``places.SILENT_ROWS`` recorded rows, so that a rare unit is not called
        dead; NaN until so many rows were seen.
    saturated: float64 (layers, s), share of a sigmoid's or tanh's outputs in the outer 3 % of its range.
    epoch_steps: int64 (e,), steps done at the end of each epoch.
    train_loss, validation_loss, rate: float64 (e,); the rate is the learning rate.
    chance: the training loss of the best constant answer, if the caller knows it.
    """

    layers: tuple[Layer, ...]
    steps: np.ndarray
    weights: np.ndarray
    gradients: np.ndarray
    updates: np.ndarray
    activations: np.ndarray
    dead: np.ndarray
    silent: np.ndarray
    saturated: np.ndarray
    epoch_steps: np.ndarray
    train_loss: np.ndarray
    validation_loss: np.ndarray
    rate: np.ndarray
    chance: float | None = None

    @property
    def has_validation(self) -> bool:
        return bool(len(self.validation_loss)) and not np.isnan(self.validation_loss).any()

    @property
    def best_epoch(self) -> int | None:
        """The epoch (from 0) whose weights the training loop keeps: the lowest validation loss, without one the last."""
        if not len(self.train_loss):
            return None
        return int(np.argmin(self.validation_loss)) if self.has_validation else len(self.train_loss) - 1

    def to_json(self) -> dict[str, Any]:
        """JSON values; null for NaN, "inf" for infinity."""
        arrays = {name: _plain(getattr(self, name)) for name in (*SERIES, *EPOCHS)}
        whole = {name: getattr(self, name).tolist() for name in ("steps", "epoch_steps")}
        return {"layers": [asdict(layer) for layer in self.layers], **whole, **arrays, "chance": self.chance}

    @classmethod
    def from_json(cls, value: Any) -> "Inside":
        """The record back; raises DataError for anything ``to_json`` does not write."""
        try:
            if set(value) != {field.name for field in fields(cls)}:
                raise KeyError(f"the fields {sorted(value)}")
            layers = tuple(Layer(**layer) for layer in value["layers"])
            whole = {name: np.array(value[name], dtype=np.int64) for name in ("steps", "epoch_steps")}
            shapes: dict[str, tuple[int, ...]] = {name: (len(layers), len(whole["steps"])) for name in SERIES}
            shapes |= {name: (len(whole["epoch_steps"]),) for name in EPOCHS}
            arrays = {name: _array(value[name], shape) for name, shape in shapes.items()}
            chance = None if value["chance"] is None else float(value["chance"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"this is no record of a training that Assay wrote ({error}); record the training again.") from error
        return cls(layers=layers, **whole, **arrays, chance=chance)


def _plain(values: np.ndarray) -> Any:
    if values.ndim > 1:
        return [_plain(part) for part in values]
    return [None if isnan(value) else "inf" if isinf(value) else value for value in values.tolist()]


def _array(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    rows = value if len(shape) == 2 else [value]
    numbers = [[nan if one is None else inf if one == "inf" else float(one) for one in row] for row in rows]
    return np.array(numbers, dtype=np.float64).reshape(shape)
