"""The loss of the best constant answer: what a net must beat to have learnt anything."""

from math import inf, isfinite

import torch

from assay.nets.losses.row import RowLoss
from assay.nets.training.examples import Examples

STEPS = 100


def chance_loss(loss: RowLoss, examples: Examples, shape: tuple[int, ...]) -> float | None:
    """The lowest weighted mean of ``loss`` over ``examples`` for an output that is the same for every row.

    shape: of one row's output, such as (classes,).  Found by L-BFGS from 0, whatever the loss is; for the cross-entropy it is
    the entropy of the class shares, for the squared error the variance.  None where it is no number.
    """
    output = torch.zeros(1, *shape, dtype=torch.float64, requires_grad=True)
    target = examples.target.double() if examples.target.is_floating_point() else examples.target
    weights = None if examples.weights is None else examples.weights.double() / examples.weights.double().mean()

    def mean() -> torch.Tensor:
        losses = loss(output.expand(len(target), *shape), target)
        return (losses if weights is None else losses * weights).mean()

    def closure() -> torch.Tensor:
        output.grad = None
        value = mean()
        torch.autograd.backward(value)
        return value

    search = torch.optim.LBFGS([output], max_iter=STEPS, line_search_fn="strong_wolfe")
    with torch.enable_grad():
        search.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        found = float(mean())
    return found if isfinite(found) and found < inf else None
