"""A trained net looked at from all sides: the loss around its weights, what its layers give for a few rows, how it computes."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from assay.core.seeds import derive
from assay.nets.inside.activations import record_activations
from assay.nets.inside.chance import chance_loss
from assay.nets.inside.graph import Graph
from assay.nets.inside.landscape import loss_landscape
from assay.nets.inside.tracing import computational_graph
from assay.nets.inside.views import Activations, Landscape
from assay.nets.losses.row import RowLoss
from assay.nets.seeding import threads
from assay.nets.training.examples import Examples, mean_loss

MOST_NODES = 24
"""A graph of more is no picture any more."""

STEPS = 15
"""Points of the landscape along each direction: 225 forward passes."""

MEASURED_ROWS = 512
"""Of more training rows some are drawn to measure the loss around the weights."""


@dataclass(frozen=True)
class Portrait:
    """chance: the loss of the best constant answer, or None where that is no number.  graph: of a small net, else None."""

    landscape: Landscape
    activations: Activations
    chance: float | None
    graph: Graph | None


def portrait(
    model: nn.Module, loss: RowLoss, rows: Examples, shown: Sequence[int], names: tuple[str, ...], *, seed: int
) -> Portrait:
    """Look at ``model``, which is left as it is.

    rows: the training rows, on the processor, as training takes them.  shown, names: the positions of the few whose
    activations are drawn, and what they are called; the graph is that of the first.  The loss around the weights is measured
    on ``MEASURED_ROWS`` of them, drawn by the seed.
    """
    net = copy.deepcopy(model).float().eval()
    chosen = rows.take(torch.tensor(shown))
    first = chosen.take(torch.arange(1))
    drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(derive(seed, "rows of the landscape")))
    measured = rows.take(drawn[:MEASURED_ROWS].sort().values)
    with threads(1):
        with torch.no_grad():
            shape = tuple(net(*first.inputs).shape[1:])
        graph = computational_graph(net, first.inputs, first.target, loss) if _is_small(net) else None
        return Portrait(
            landscape=loss_landscape(
                net, lambda moved: mean_loss(moved, measured, loss), rows=len(measured), seed=seed, steps=STEPS
            ),
            activations=record_activations(net, chosen.inputs, names),
            chance=chance_loss(loss, rows, shape),
            graph=graph if graph is not None and len(graph.nodes) <= MOST_NODES else None,
        )


def _is_small(net: nn.Module) -> bool:
    """A node at least for each parameter: no need to trace a large net to know."""
    return len(list(net.parameters())) < MOST_NODES
