"""How a net is hardened while it trains; without torch, as a recipe holds it.

Sources: Madry et al. (2018), several steps; Wong, Rice & Kolter (2020), one step of 1.25 eps from a random start.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assay.core.errors import ConfigError
from assay.nets.attacks.bounds import check_eps

if TYPE_CHECKING:
    from assay.nets.losses.row import RowLoss
    from assay.nets.training.examples import Examples
    from assay.nets.training.work import Augment, Work

ONE_STEP = 1.25
"""Of eps: the stride of the one step that does not make a net robust against that step alone (Wong et al., figure 2)."""


@dataclass(frozen=True, kw_only=True)
class Hardening:
    """eps: the bound of the attacks, in pixel steps.  steps: 1 is fast, 7 is Madry's; the stride of several is 2.5 · eps / steps.

    share: of the rows of every batch that are attacked; the others are learnt as they are.
    """

    eps: float = 8.0
    steps: int = 1
    share: float = 1.0

    def __post_init__(self) -> None:
        check_eps(self.eps)
        if self.steps < 1 or not 0 < self.share <= 1:
            raise ConfigError(f"steps={self.steps} must be at least 1, share={self.share} in (0, 1].")

    @property
    def stride(self) -> float:
        """Of one step, in pixel steps."""
        return ONE_STEP * self.eps if self.steps == 1 else 2.5 * self.eps / self.steps

    def applied(self, work: "Work[Examples]", loss: "RowLoss", augment: "Augment | None") -> "Work[Examples]":
        """The work with every batch attacked by ``loss``; its own objective must not augment, as it would after the attack."""
        from assay.nets.attacks.training import Hardened

        (objective,) = work.objectives
        return replace(work, objectives=(replace(objective, loss=Hardened(self, objective.loss, loss, augment)),))
