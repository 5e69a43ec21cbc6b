"""The way from a row to noise and one step of the way back, in closed form, for numbers and for codes.

Time runs from 0, the row, to T, noise.  ``kept`` is float64 (T + 1,): how much of a number is left at each time (alpha-bar
in the papers), 1 at time 0.  Sources: Ho, Jain & Abbeel (2020); Austin et al. (2021).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from assay.nets.generate.mixed import MixedColumns

OFFSET = 0.008
LEAST_STEP = 0.001
"""No step keeps less than this of the one before."""

FURTHEST = 5.0
"""Normal scores of ranks lie within it; what a net takes for the row is drawn in to it."""


def cosine_schedule(times: int) -> Tensor:
    """float64 (times + 1,): how much of the row is left. Source: Nichol & Dhariwal (2021), equation 17."""
    angle = (torch.arange(times + 1, dtype=torch.float64) / times + OFFSET) / (1 + OFFSET) * math.pi / 2
    left = angle.cos().square()
    steps = (left[1:] / left[:-1]).clamp(LEAST_STEP, 1.0)
    return torch.cat([torch.ones(1, dtype=torch.float64), steps.cumprod(0)])


def at(values: Tensor, time: Tensor, like: Tensor) -> Tensor:
    """values[time] as a column of the type of ``like``: (n,) -> (n, 1)."""
    return values.to(like.device)[time].to(like.dtype)[:, None]


@dataclass(frozen=True)
class NumberNoise:
    """Numbers x_t = √kept_t · x_0 + √(1 - kept_t) · noise."""

    kept: Tensor

    def noised(self, values: Tensor, noise: Tensor, time: Tensor) -> Tensor:
        """values, noise (n, d); time int64 (n,)."""
        left = at(self.kept, time, values)
        return left.sqrt() * values + (1 - left).sqrt() * noise

    def before(self, noisy: Tensor, first: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (n, d) and variance (n, 1) of x_{t-1} given x_t and x_0. Source: Ho et al., equations 6 and 7."""
        left, left_before = at(self.kept, time, noisy), at(self.kept, time - 1, noisy)
        step = left / left_before
        mean = (left_before.sqrt() * (1 - step) * first + step.sqrt() * (1 - left_before) * noisy) / (1 - left)
        return mean, (1 - step) * (1 - left_before) / (1 - left)

    def back(self, noisy: Tensor, noise: Tensor, time: Tensor, rng: torch.Generator) -> Tensor:
        """A draw of x_{t-1} where ``noise`` is what the net takes for the noise in x_t."""
        left = at(self.kept, time, noisy)
        first = ((noisy - (1 - left).sqrt() * noise) / left.sqrt()).clamp(-FURTHEST, FURTHEST)
        mean, variance = self.before(noisy, first, time)
        return mean + variance.sqrt() * torch.randn(noisy.shape, generator=rng, dtype=noisy.dtype).to(noisy.device)


@dataclass(frozen=True)
class CodeMask:
    """Codes, one-hot in (n, sum of levels): at time t hidden, all zeros, with share t / T, each for itself.

    On the way back a hidden code is drawn once and stays: what is drawn later sees it, so that columns that go together do.
    Source: Austin et al. (2021), the absorbing state, with their schedule in which each step hides as many.
    """

    times: int
    columns: MixedColumns

    def hidden(self, time: Tensor, rng: torch.Generator) -> Tensor:
        """bool (n, codes): which are hidden at ``time``, int64 (n,)."""
        chance = torch.rand((len(time), len(self.columns.levels)), generator=rng).to(time.device)
        return chance < time[:, None] / self.times

    def shown(self, hot: Tensor, hidden: Tensor) -> Tensor:
        """hot (n, sum of levels) with zeros for the hidden codes."""
        return hot.masked_fill(hidden[:, self.columns.owners.to(hidden.device)], 0.0)

    def bound(self, output: Tensor, table: Tensor, hidden: Tensor, time: Tensor) -> Tensor:
        """(n,): minus the log-probability that the output gives to what is hidden, times T / t: over random times the mean
        is at least the nats of a row's codes.  Source: Austin et al., section 3.4 and appendix A.3."""
        lost = (self.columns.cross_entropies(output, table) * hidden).sum(dim=1)
        return lost * (self.times / time)

    def back(self, codes: Tensor, hidden: Tensor, output: Tensor, time: int, rng: torch.Generator) -> Tensor:
        """From ``time`` to the one before: codes int64 (n, codes) are drawn in place; bool (n, codes): still hidden."""
        chance = torch.rand(hidden.shape, generator=rng).to(hidden.device)
        rows, columns = torch.nonzero(hidden & (chance < 1 / time), as_tuple=True)
        codes[rows, columns] = self.columns.draws(output, rows, columns, rng)
        left = hidden.clone()
        left[rows, columns] = False
        return left
