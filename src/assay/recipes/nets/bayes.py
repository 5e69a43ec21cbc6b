"""Bayesian regression and small Bayesian nets: draws from the posterior by Hamiltonian Monte Carlo in place of one training.

For small tables, where the posterior is wide and approximations of it are worth checking.
Source: Neal (1996); Gelman, Jakulin, Pittau & Su (2008) for a prior of scale 2.5 on standardised columns.
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from assay.core.errors import AssayWarning, BundleError, ConfigError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.fitted import TASKS, dense
from assay.recipes.nets.heads import Unit, UsualHead
from assay.recipes.nets.learner import unit_of
from assay.recipes.outputs import MOST_FEATURES, check_width

if TYPE_CHECKING:
    from assay.nets.uncertainty.bayes_net import Map
    from assay.nets.uncertainty.hmc import Draws

MOST_MEMBERS = 10_000
MOST_HIDDEN = 1000
MOST_CELLS = 3_000_000
"""Rows × columns × hidden units: the chains walk through them tens of thousands of times; minutes here, and hours beyond."""

PATH = 1.5
"""Mean length of a trajectory: a quarter of a normal target's period, after which a draw owes nothing to the last one.  Of
twice that it lands opposite: means come quickly, spreads slowly."""

SHOWN_ROWS = 50
"""The chains are compared by what they say of so many training rows: the weights of hidden units can change places."""


@dataclass(frozen=True)
class FittedBayes:
    """draws: float64 (members, parameters of the map).  hidden: the width of the hidden layer, 0 for none."""

    task: str
    inputs: int
    hidden: int
    outputs: int
    draws: np.ndarray
    unit: Unit

    def predict(self, matrix: Matrix) -> Output:
        check_width(matrix, self.inputs)
        rows, map_ = np.asarray(dense(matrix), dtype=np.float64), map_of(self.inputs, self.hidden, self.outputs)
        raw = np.stack([map_.values(draw, rows) for draw in self.draws], axis=1)
        return UsualHead().output(self.task, raw, self.unit)

    def state(self) -> State:
        return {
            "kind": "bayes",
            "task": self.task,
            "inputs": self.inputs,
            "hidden": self.hidden,
            "outputs": self.outputs,
            "draws": self.draws,
            "center": self.unit.center,
            "scale": self.unit.scale,
            "noise": self.unit.noise,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises BundleError for draws that are not of such a map."""
        task = checks.choice(state, "task", TASKS)
        inputs, hidden = (
            checks.whole(state, name, low=0, high=most) for name, most in (("inputs", MOST_FEATURES), ("hidden", MOST_HIDDEN))
        )
        outputs = checks.whole(state, "outputs", low=1, high=MOST_FEATURES)
        width = hidden or inputs
        size = (inputs + 1) * hidden + (width + 1) * outputs if hidden else (inputs + 1) * outputs
        draws = checks.floats(state, "draws", (None, size))
        if not 1 <= len(draws) <= MOST_MEMBERS or (outputs > 1) != (task == "multiclass"):
            raise BundleError(f"the saved posterior has {len(draws)} draws and {outputs} outputs, and its task is {task}.")
        unit = Unit(checks.real(state, "center"), checks.real(state, "scale", low=0.0), checks.real(state, "noise", low=0.0))
        return cls(task, inputs, hidden, outputs, draws, unit)


@dataclass(frozen=True, kw_only=True)
class BayesLearner:
    """hidden: the width of a tanh layer, 0 for regression itself.  members: draws that are kept.

    prior: the standard deviation of a coefficient of a standardised column.  draws, warm_up: of each of four chains.
    """

    hidden: int = 0
    members: int = 200
    prior: float = 2.5
    draws: int = 800
    warm_up: int = 500
    chains: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.members <= min(self.draws * self.chains, MOST_MEMBERS) or not 0 <= self.hidden <= MOST_HIDDEN:
            raise ConfigError(
                f"members={self.members} must be from 1 to draws × chains, hidden={self.hidden} from 0 to {MOST_HIDDEN}."
            )

    @property
    def takes_weights(self) -> bool:
        return True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedBayes:
        """Raises ConfigError for more rows than the chains can walk through; warns where they do not agree."""
        from assay.nets.uncertainty.bayes_net import Posterior
        from assay.nets.uncertainty.hmc import sample

        features = np.ascontiguousarray(dense(rows.features), dtype=np.float64)
        if features.size * max(1, self.hidden) > MOST_CELLS:
            raise ConfigError(
                f"{len(rows)} rows of {features.shape[1]} encoded columns are too many for Hamiltonian Monte Carlo (at most "
                f"{MOST_CELLS // max(1, self.hidden)} cells); choose mlp-laplace or mlp-ensemble, or fewer rows."
            )
        unit = Unit() if task.is_classification else unit_of(rows.target, rows.weights)
        outputs = len(task.classes) if task.name == "multiclass" else 1
        posterior = Posterior(
            map_of(features.shape[1], self.hidden, outputs),
            task.name,  # type: ignore[arg-type]
            features,
            rows.target if task.is_classification else (rows.target - unit.center) / unit.scale,
            prior_scale=self.prior,
            row_weights=rows.weights,
        )
        start = np.zeros(posterior.size)
        found = sample(posterior, start, draws=self.draws, warm_up=self.warm_up, chains=self.chains, seed=seed, path=PATH)
        _warn(posterior.outputs(found.flat(), features[np.linspace(0, len(features) - 1, SHOWN_ROWS).astype(int)]), found)
        kept = found.members(self.members)
        noise = float(posterior.noise_variances(kept).mean())
        weights = kept[:, :-1] if posterior.learns_noise else kept
        unit = Unit(unit.center, unit.scale, noise)
        return FittedBayes(task.name, features.shape[1], self.hidden, outputs, np.ascontiguousarray(weights), unit)


def map_of(inputs: int, hidden: int, outputs: int) -> "Map":
    from assay.nets.uncertainty.bayes_net import LinearMap, OneHidden

    return OneHidden(inputs, hidden, outputs) if hidden else LinearMap(inputs, outputs)


def _warn(said: np.ndarray, found: "Draws") -> None:
    """said: (rows, all draws, outputs)."""
    from assay.nets.uncertainty.diagnostics import problems

    chains, draws = found.log_density.shape
    for problem in problems(np.moveaxis(said, 0, 1).reshape(chains, draws, -1), found.divergences):
        warnings.warn(f"Hamiltonian Monte Carlo: {problem}", AssayWarning, stacklevel=3)
