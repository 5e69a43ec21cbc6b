"""What is drawn of a trained net, as plain arrays: no torch, so that it can be kept and drawn anywhere.

Made by ``landscape.loss_landscape`` and ``activations.record_activations``.
"""

from dataclasses import dataclass
from math import inf, isinf
from typing import Any

import numpy as np

from assay.core.errors import DataError
from assay.core.shown import Shown


@dataclass(frozen=True, eq=False)
class Landscape(Shown):
    """The loss around trained weights, over two directions.

    along: float64 (k,), rising, how far along either direction; 1 is as far as the weights are from 0, filter by filter.
    loss: float64 (k, k), first axis the first direction; infinity where it is no number.
    rows: how many rows it was measured on.  seed: of the directions.
    """

    along: np.ndarray
    loss: np.ndarray
    rows: int
    seed: int

    @property
    def at_weights(self) -> float:
        """The loss of the trained weights themselves, in the middle."""
        middle = len(self.along) // 2
        return float(self.loss[middle, middle])

    def to_json(self) -> dict[str, Any]:
        """JSON values; "inf" for infinity."""
        lines = [["inf" if isinf(value) else value for value in line] for line in self.loss.tolist()]
        return {"along": self.along.tolist(), "loss": lines, "rows": self.rows, "seed": self.seed}

    @classmethod
    def from_json(cls, value: Any) -> "Landscape":
        """The landscape back; raises DataError for anything ``to_json`` does not write."""
        try:
            lines = [[inf if one == "inf" else float(one) for one in line] for line in value["loss"]]
            along = np.array(value["along"], dtype=np.float64)
            loss = np.array(lines, dtype=np.float64).reshape(len(along), len(along))
            return cls(along, loss, int(value["rows"]), int(value["seed"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"this is no loss landscape that Assay wrote ({error}); compute it again.") from error


@dataclass(frozen=True, eq=False)
class LayerActivations:
    """What one layer gave for the chosen rows.

    name, kind: the layer's name in ``named_modules`` and its class.
    values: float32 (rows, units), or (rows, maps, height, width) of a convolution.  left_out: further units or maps.
    """

    name: str
    kind: str
    values: np.ndarray
    left_out: int = 0

    @property
    def is_map(self) -> bool:
        return self.values.ndim == 4


@dataclass(frozen=True, eq=False)
class Activations(Shown):
    """layers: in the order of the forward pass.  rows: what the chosen rows are called, in their order."""

    layers: tuple[LayerActivations, ...]
    rows: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        layers = [
            {"name": one.name, "kind": one.kind, "values": one.values.tolist(), "left_out": one.left_out} for one in self.layers
        ]
        return {"rows": list(self.rows), "layers": layers}

    @classmethod
    def from_json(cls, value: Any) -> "Activations":
        """The activations back; raises DataError for anything ``to_json`` does not write."""
        try:
            layers = tuple(
                LayerActivations(
                    str(one["name"]), str(one["kind"]), np.array(one["values"], dtype=np.float32), int(one["left_out"])
                )
                for one in value["layers"]
            )
            rows = tuple(str(row) for row in value["rows"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"these are no activations that Assay wrote ({error}); record them again.") from error
        if any(layer.values.ndim not in (2, 4) or len(layer.values) != len(rows) for layer in layers):
            raise DataError("these are no activations that Assay wrote (a layer has other rows); record them again.")
        return cls(layers, rows)
