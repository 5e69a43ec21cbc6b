"""Probes in a net while it is trained: they see, and change nothing.

``Probes`` is a ``Watch`` of the training loop.  A probe is a forward hook that looks at what its layer
gives in every ``every``-th step; gradients and weights are looked at before the optimizer moves.
No random number is drawn and no tensor of the training is written to, so the weights after
training are the same bytes with and without it.

Only modules can be seen: an activation that a net calls as a function has no place for a probe.

Source: what is worth looking at follows Glorot & Bengio (2010) for saturation and gradients by depth;
Lu et al. (2019) for ReLUs that die.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf, isnan, nan
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.inside.places import Place, Seen, exact, gradient, look, measured, moved, places_of
from assay.nets.inside.record import SERIES, EpochLosses, Inside

MOST_RECORDS = 400
"""Recorded steps that are kept; beyond, every second one goes and the pace is halved: a long training needs no more memory."""


class Probes:
    """A ``Watch`` that records every ``every``-th step of one training; ``inside()`` gives what it saw, also after an error.

    A second training begins the record afresh.
    """

    def __init__(self, every: int = 10) -> None:
        self.every = every
        self._armed: int | None = None
        self._begin([])

    @contextmanager
    def attached(self, model: nn.Module) -> Iterator[None]:
        """Hooks in every layer of ``model`` within it, none after it. Raises ConfigError for an impossible ``every``."""
        if self.every < 1:
            raise ConfigError(f"every={self.every}: use 1 to look at each step of a training, or more.")
        self._begin(list(places_of(model)))
        handles = [place.module.register_forward_hook(partial(self._saw, place)) for place in self._places]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
            if self._armed is not None:  # the step never came to its gradients: its loss was no number
                self._record(self._armed)
            for place in self._places:
                place.before = place.quiet = None

    def wants(self, step: int) -> bool:
        """Whether this step is recorded; arms the probes if so."""
        self._settle()
        self._done = step + 1
        self._armed = step if step % self._pace == 0 else None
        if self._armed is not None:
            for place in self._places:
                place.seen = Seen()
        return self._armed is not None

    def gradients(self, step: int, model: nn.Module) -> None:  # noqa: ARG002 - of the protocol; the layers are known
        """Read gradients and weights, which the optimizer has not moved yet.

        A pair of adversaries comes here twice in one step; of each layer the larger gradient counts.
        """
        if self._armed is not None:
            self._record(step)
            for place in self._places if self._steps[-1] == step else ():
                place.before = [parameter.detach().clone() for parameter in place.parameters]
        elif self._steps and self._steps[-1] == step:
            self._put(gradient, np.fmax)

    def epoch(self, record: EpochLosses) -> None:
        """Keep the losses and the rate of an epoch that is done."""
        self._settle()
        held = nan if record.validation_loss is None else _number(record.validation_loss)
        self._epochs.append((self._done, _number(record.train_loss), held, record.rate))

    def inside(self) -> Inside:
        """What was seen so far."""
        turns = [len(self._places) if place.turn is None else place.turn for place in self._places]
        order = np.argsort(np.array(turns, dtype=np.int64), kind="stable")
        table = np.stack(self._rows, axis=2) if self._rows else np.zeros((len(SERIES), len(self._places), 0))
        epochs = np.array(self._epochs, dtype=np.float64).reshape(-1, 4)
        return Inside(
            layers=tuple(self._places[at].layer for at in order),
            steps=np.array(self._steps, dtype=np.int64),
            **{name: table[row][order] for row, name in enumerate(SERIES)},
            epoch_steps=epochs[:, 0].astype(np.int64),
            train_loss=epochs[:, 1],
            validation_loss=epochs[:, 2],
            rate=epochs[:, 3],
        )

    def _begin(self, places: list[Place]) -> None:
        self._places = places
        self._pace = self.every
        self._steps: list[int] = []
        self._rows: list[np.ndarray] = []  # each float64 (series, layers)
        self._epochs: list[tuple[int, float, float, float]] = []  # steps done, train_loss, validation_loss, rate
        self._armed = None
        self._done = 0

    def _saw(self, place: Place, _module: nn.Module, _inputs: Any, output: Any) -> None:
        if self._armed is None:
            return
        if place.turn is None:
            place.turn = sum(other.turn is not None for other in self._places)
        look(place, output)

    def _record(self, step: int) -> None:
        self._armed = None
        self._steps.append(step)
        self._rows.append(np.full((len(SERIES), len(self._places)), nan))
        self._put(measured, lambda _was, now: now)
        if len(self._steps) > MOST_RECORDS:
            self._pace *= 2
            kept = [at for at, kept_step in enumerate(self._steps) if kept_step % self._pace == 0]
            self._steps, self._rows = [self._steps[at] for at in kept], [self._rows[at] for at in kept]

    def _settle(self) -> None:
        """The optimizer has moved since the last record: note how far."""
        if any(place.before is not None for place in self._places):
            self._put(moved, lambda _was, now: now)
            for place in self._places:
                place.before = None

    def _put(self, read: Callable[[Place], dict[str, Tensor]], merge: Callable[[float, float], float]) -> None:
        """Read every place into the last column, with one transfer from the device."""
        found = [(SERIES.index(name), at, value) for at, place in enumerate(self._places) for name, value in read(place).items()]
        if not found or not self._rows:
            return
        values = torch.stack([value.to(exact(value)) for _, _, value in found]).cpu().tolist()
        for (row, at, _), value in zip(found, values, strict=True):
            self._rows[-1][row, at] = merge(self._rows[-1][row, at], value)


def _number(value: float) -> float:
    return inf if isnan(value) else value
