"""Rows for a net as whole tensors on one device: a mini-batch of them is one index_select, never Python row by row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from assay.core.errors import DataError
from assay.nets.losses.row import RowLoss
from assay.nets.training.distribute import ALONE, World

NUMBERS_TOGETHER = 2**21


@dataclass(frozen=True, slots=True)
class Examples:
    """inputs: what the net is called with, each (n, …).  target: (n, …).  weights: float (n,) >= 0, or None for all 1.

    Whole numbers as inputs or targets are codes, floats are values.
    """

    inputs: tuple[Tensor, ...]
    target: Tensor
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.target)

    def to(self, device: str) -> "Examples":
        weights = None if self.weights is None else self.weights.to(device)
        return Examples(tuple(part.to(device) for part in self.inputs), self.target.to(device), weights)

    def take(self, rows: Tensor) -> "Examples":
        """The rows at these positions; an index on the same device."""
        weights = None if self.weights is None else self.weights.index_select(0, rows)
        return Examples(tuple(part.index_select(0, rows) for part in self.inputs), self.target.index_select(0, rows), weights)


@dataclass(frozen=True)
class InMemory:
    """Examples as a source of batches: every epoch all rows in a new order, cut evenly.

    drawn: every epoch as many rows instead, drawn with replacement by their weights, which they then lose (PyTorch's
    ``WeightedRandomSampler``).
    """

    examples: Examples
    drawn: bool = False

    @cached_property
    def rows(self) -> int:
        return len(self.examples)

    def count(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.rows // batch_size)

    def epoch(self, order: int, batch_size: int, skip: int, world: World = ALONE) -> Iterator[Examples]:
        """This process's share of each batch. order: the seed of the rows' order or draws.  skip: batches left out."""
        generator = torch.Generator().manual_seed(order)
        places = self._draws(generator) if self.drawn else torch.randperm(self.rows, generator=generator)
        examples = replace(self.examples, weights=None) if self.drawn else self.examples
        for rows in places.to(examples.target.device).tensor_split(self.count(batch_size))[skip:]:
            yield examples.take(rows if world.size == 1 else rows[world.rank :: world.size])

    def _draws(self, generator: torch.Generator) -> Tensor:
        weights = self.examples.weights
        sums = torch.arange(1.0, self.rows + 1, dtype=torch.float64) if weights is None else weights.cpu().double().cumsum(0)
        # multinomial() takes 2**24 rows at most
        points = torch.rand(self.rows, generator=generator, dtype=torch.float64) * sums[-1]
        return torch.searchsorted(sums, points, right=True).clamp_(max=self.rows - 1)


def weighted(examples: Examples, which: str = "training") -> Examples:
    """The rows of positive weight, their weights scaled to mean 1 (and dropped when all are equal).

    Raises DataError without a row of positive weight, for parts of different lengths, and for numbers in rows of positive
    weight that are not finite.  which: what the rows are for.
    """
    rows = len(examples)
    others = [*examples.inputs, *(() if examples.weights is None else (examples.weights,))]
    if any(len(part) != rows for part in others):
        lengths = ", ".join(str(len(part)) for part in others)
        raise DataError(f"the {which} rows have {rows} targets, but inputs and weights of {lengths} rows; make them agree.")
    if not rows:
        raise DataError(f"there are 0 rows for {which}.")
    if examples.weights is None:
        _check_finite(examples, which, None)
        return examples
    weights = examples.weights.cpu().double()  # here, because not every device has float64
    kept = torch.nonzero(weights > 0).squeeze(1)
    if not len(kept) or not bool(torch.isfinite(weights).all()) or bool((weights < 0).any()):
        raise DataError(f"the weights of the {which} rows must be finite, not negative, and not all 0.")
    scaled = weights[kept] / weights[kept].mean()
    device = examples.target.device
    taken = examples if len(kept) == rows else examples.take(kept.to(device))  # what is mapped from a disk is not copied
    _check_finite(taken, which, kept)
    return Examples(taken.inputs, taken.target, None if bool((scaled == 1).all()) else scaled.float().to(device))


def _check_finite(examples: Examples, which: str, kept: Tensor | None) -> None:
    """Raise DataError for inputs or targets that are not finite; ``kept``: where the rows stood among those that were given.

    A sum of numbers that are all finite is finite, unless it grows too large; so most data are read once and not copied.
    """
    for part, what in [*((part, "inputs") for part in examples.inputs), (examples.target, "targets")]:
        if not part.is_floating_point() or bool(torch.isfinite(part.sum())):
            continue
        broken = torch.nonzero(~torch.isfinite(part.reshape(len(part), -1)).all(1)).squeeze(1).cpu()
        if len(broken):
            first = int(broken[0] if kept is None else kept[broken[0]])
            raise DataError(
                f"{len(broken)} of the {len(part)} {which} rows hold {what} that are not finite (first: row {first}): "
                f"{'fill in missing values' if what == 'inputs' else 'leave these rows out'}."
            )


def mean_of_rows(loss: RowLoss, output: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """The weighted mean of the rows' losses, a scalar.

    A loss may bring a ``mean_of_rows(output, target)`` of its own, which is the same number in fewer calls of torch's kernels.
    """
    if weights is not None:
        return (loss(output, target) * weights).mean()
    at_once = getattr(loss, "mean_of_rows", None)
    mean: Tensor = loss(output, target).mean() if at_once is None else at_once(output, target)
    return mean


def rows_together(row: int, most: int) -> int:
    """How many rows of so many numbers go through a net at once, when no gradient is wanted: what it makes of them must fit
    into the memory, and pictures become many maps of their own size.
    """
    return max(1, min(most, NUMBERS_TOGETHER // max(1, row)))


def mean_loss(model: nn.Module, examples: Examples, loss: RowLoss, *, batch_rows: int = 4096) -> float:
    """The weighted mean loss over ``examples`` with the model in evaluation mode, on the examples' device.

    batch_rows: the most at once; fewer where rows are large.
    """
    model.eval()
    parts = []
    together = rows_together(sum(part[0].numel() for part in examples.inputs), batch_rows)
    with torch.inference_mode():
        for rows in torch.split(torch.arange(len(examples), device=examples.target.device), together):
            batch = examples.take(rows)
            parts.append(loss(model(*batch.inputs), batch.target))
        losses = torch.cat(parts).cpu().double()  # here, because not every device has float64
    if examples.weights is None:
        return float(losses.mean())
    weights = examples.weights.cpu().double()
    return float((losses * weights).sum() / weights.sum())
