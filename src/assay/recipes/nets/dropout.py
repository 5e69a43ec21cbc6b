"""Monte Carlo dropout: a trained net asked many times, each time with other units left out.

Source: Gal & Ghahramani (2016).
"""

from dataclasses import dataclass, replace
from typing import Self

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.fitted import FittedNet, dense
from assay.recipes.nets.learner import has_noise, noise_of
from assay.recipes.nets.on_net import OnNet

MOST_MEMBERS = 1000
MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class FittedDropout:
    """members: how many thinned nets answer.  seed: of their masks, so that a row gets one answer."""

    net: FittedNet
    members: int
    seed: int

    def predict(self, matrix: Matrix) -> Output:
        from assay.nets.seeding import threads
        from assay.nets.uncertainty.dropout import mc_outputs

        spec, model = self.net.net
        with threads(1):
            raw = mc_outputs(model, spec.tensor(dense(matrix)), self.members, self.seed)
        return self.net.head.output(self.net.task, raw, self.net.unit)

    def state(self) -> State:
        return {"kind": "net-dropout", "net": self.net.state(), "members": self.members, "seed": self.seed}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises BundleError for a net that leaves nothing out."""
        net = FittedNet.from_state(checks.entry(state, "net"))
        members = checks.whole(state, "members", low=2, high=MOST_MEMBERS)
        seed = checks.whole(state, "seed", low=0, high=MOST_SEED)
        from assay.nets.uncertainty.dropout import thinned

        try:
            with thinned(net.net[1], 0, seed):
                return cls(net, members, seed)
        except ConfigError as error:
            raise BundleError(f"the saved net cannot be asked with dropout: {error}") from error


@dataclass(frozen=True, kw_only=True)
class DropoutLearner(OnNet):
    """Trains the net of ``base``, which must have dropout, once."""

    members: int = 30

    def __post_init__(self) -> None:
        if not 2 <= self.members <= MOST_MEMBERS:
            raise ConfigError(f"members={self.members}: a spread needs from 2 to {MOST_MEMBERS}.")

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedDropout:
        """Raises what the base raises."""
        net = self.base.fit(rows, task, validation=validation, seed=seed, budget=budget, context=context)
        fitted = FittedDropout(replace(net, unit=replace(net.unit, noise=0.0)), self.members, seed32(seed, "masks"))
        if not has_noise(self.base, task):
            return fitted
        unit = replace(net.unit, noise=noise_of(fitted.predict, rows, validation, net.unit))
        return replace(fitted, net=replace(net, unit=unit))
