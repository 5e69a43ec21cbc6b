"""A trained net whose last layer has a posterior: Laplace's approximation, sampled.

Source: Daxberger et al. (2021).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.fitted import FittedNet, dense
from assay.recipes.nets.learner import has_noise
from assay.recipes.nets.on_net import OnNet

if TYPE_CHECKING:
    from assay.nets.uncertainty.laplace import LastLayerPosterior
    from assay.nets.uncertainty.last_layer import Apart

MOST_MEMBERS = 10_000
MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class FittedLaplace:
    """members: how many last layers are drawn.  seed: of the draws, so that a row gets one answer."""

    net: FittedNet
    posterior: "LastLayerPosterior"
    members: int
    seed: int

    def predict(self, matrix: Matrix) -> Output:
        raw = self.posterior.members(read_by_last_layer(self.net, matrix).features, self.members, self.seed)
        return self.net.head.output(self.net.task, raw, self.net.unit)

    def state(self) -> State:
        return {
            "kind": "net-laplace",
            "net": self.net.state(),
            "posterior": self.posterior.state(),
            "members": self.members,
            "seed": self.seed,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises BundleError for a posterior of another layer than the net's last one."""
        from assay.nets.uncertainty.laplace import LastLayerPosterior
        from assay.nets.uncertainty.last_layer import last_linear

        net = FittedNet.from_state(checks.entry(state, "net"))
        posterior = LastLayerPosterior.from_state(checks.entry(state, "posterior"))
        layer = last_linear(net.net[1])
        if posterior.task != net.task or posterior.mean.shape != (
            layer.in_features + (layer.bias is not None),
            layer.out_features,
        ):
            raise BundleError("the saved posterior is not that of the saved net's last layer.")
        members = checks.whole(state, "members", low=1, high=MOST_MEMBERS)
        return cls(net, posterior, members, checks.whole(state, "seed", low=0, high=MOST_SEED))


@dataclass(frozen=True, kw_only=True)
class LaplaceLearner(OnNet):
    """Trains the net of ``base``, which ends in one linear layer with the usual outputs, and asks the training rows."""

    members: int = 100

    @property
    def objectives(self) -> frozenset[str]:
        """None: the posterior is that of cross-entropy."""
        return frozenset()

    def __post_init__(self) -> None:
        if not 1 <= self.members <= MOST_MEMBERS:
            raise ConfigError(f"members={self.members}: from 1 to {MOST_MEMBERS} last layers are drawn.")

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedLaplace:
        """Raises what the base raises, and ConfigError for a net that does not end in one linear layer."""
        net = self.base.fit(rows, task, validation=validation, seed=seed, budget=budget, context=context)
        from assay.nets.uncertainty.laplace import fit_laplace

        seen = read_by_last_layer(net, rows.features)
        noise = net.unit.noise if has_noise(self.base, task) else None
        target = rows.target if task.is_classification else (rows.target - net.unit.center) / net.unit.scale
        posterior = fit_laplace(
            seen.features,
            seen.weight,
            seen.bias,
            np.asarray(target),
            task.name,  # type: ignore[arg-type]
            row_weights=rows.weights,
            noise_variance=noise,
        )
        return FittedLaplace(net, posterior, self.members, seed32(seed, "last layer"))


def read_by_last_layer(net: FittedNet, matrix: Any) -> "Apart":
    from assay.nets.seeding import threads
    from assay.nets.uncertainty.last_layer import apart

    spec, model = net.net
    with threads(1):
        return apart(model, spec.tensor(dense(matrix)))
