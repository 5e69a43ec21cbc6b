"""Deep ensembles: nets of one form trained from other first weights, on batches in another order, and asked together.

Source: Lakshminarayanan, Pritzel & Blundell (2017).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.nets.learner import has_noise, noise_of
from assay.recipes.nets.on_net import OnNet

MOST_MEMBERS = 1000


@dataclass(frozen=True)
class FittedEnsemble:
    """nets: of one form; each one's unit holds the noise about a member of the ensemble."""

    nets: tuple[FittedNet, ...]

    def predict(self, matrix: Matrix) -> Output:
        first = self.nets[0]
        return first.head.output(first.task, np.concatenate([net.raw(matrix) for net in self.nets], axis=1), first.unit)

    def state(self) -> State:
        return {"kind": "net-ensemble", "nets": [net.state() for net in self.nets]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises BundleError for nets that are not of one form."""
        nets = tuple(FittedNet.from_state(part) for part in checks.states(state, "nets", most=MOST_MEMBERS))
        forms = {(net.task, net.architecture, repr(net.settings), net.unit, net.head) for net in nets}
        if len(forms) != 1:
            raise BundleError(f"the saved ensemble has {len(nets)} nets of {len(forms)} forms; it needs a net, and one form.")
        return cls(nets)


@dataclass(frozen=True, kw_only=True)
class EnsembleLearner(OnNet):
    """Trains the net of ``base`` ``members`` times. The time of a budget is shared among them."""

    members: int = 5

    def __post_init__(self) -> None:
        if not 2 <= self.members <= MOST_MEMBERS:
            raise ConfigError(f"members={self.members}: an ensemble has from 2 to {MOST_MEMBERS}.")

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedEnsemble:
        """Raises what the base raises."""
        share = budget if budget.seconds is None else replace(budget, seconds=budget.seconds / self.members)
        nets = tuple(
            self.base.fit(
                rows,
                task,
                validation=validation,
                seed=seed32(seed, "member", member),
                budget=share,
                context=self._told(context, member),
            )
            for member in range(self.members)
        )
        if not has_noise(self.base, task):
            return FittedEnsemble(nets)
        silent = FittedEnsemble(tuple(replace(net, unit=replace(net.unit, noise=0.0)) for net in nets))
        unit = replace(nets[0].unit, noise=noise_of(silent.predict, rows, validation, nets[0].unit))
        return FittedEnsemble(tuple(replace(net, unit=unit) for net in nets))

    def _told(self, context: Context, member: int) -> Context:
        """Progress is that of all members: each has an equal share, whatever it counts."""

        def progress(done: int, total: int) -> None:
            context.progress(member * total + done, self.members * total)

        return replace(context, progress=progress)
