"""The computational graph of a net as data: what was computed from what, with the values and the gradients that flowed.

Made by ``assay.nets.inside.tracing.computational_graph``, drawn by ``assay.report.pictures.graph``.  This module knows
nothing of torch, so that a graph can be saved, tested and drawn without it.
"""

from dataclasses import dataclass
from typing import Literal

MOST_ENTRIES = 12
"""Tensors up to this size are kept number by number; of larger ones the shape and the norm."""

Kind = Literal["input", "target", "parameter", "operation", "loss"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A tensor in brief.  norm: Euclidean, over all entries.  entries: row by row, or None where there are more than 12."""

    shape: tuple[int, ...]
    norm: float
    entries: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Node:
    """One tensor and how it came about.

    name: of an operation the path of its layer ("layers.0"); of an input "x" (of several "x1", "x2" …); of the target "y".
    operation: the function ("linear", "tanh"), "" for inputs, target and parameters.
    formula: the same in signs, in the names of other nodes, "" where nothing was computed.
    value: what it gave (its first tensor, where a function gives several).
    gradient: the derivative of the loss by that tensor, summed over all that read it; None where no gradient flows.
    """

    name: str
    kind: Kind
    operation: str
    formula: str
    value: Numbers
    gradient: Numbers | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor on its way from the node that gives it to one that reads it.

    value: forward, the tensor.  gradient: backward, the part of the loss's derivative by that tensor that comes through
    this reader; the parts of all readers add up to the gradient of the node.  None where no gradient flows.
    """

    source: str
    target: str
    value: Numbers
    gradient: Numbers | None


@dataclass(frozen=True, slots=True)
class Graph:
    """nodes: in the order of computation, the loss last.  edges: in the order in which they were read.  loss: its value."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    loss: float

    def node(self, name: str) -> Node:
        """The node of this name; raises KeyError when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
