"""A trained net as a fitted learner: predicts, and is saved as settings and arrays."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from assay.core.errors import BundleError
from assay.core.optional import require
from assay.core.state import State
from assay.core.threads import allowed_threads
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Output
from assay.recipes.nets.heads import Head, Unit, UsualHead, head_from_state

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec

PICTURE = "picture"
"""The architecture of every network for pictures; only for such nets is it worth computing batches side by side."""

TASKS = ("binary", "multiclass", "regression")


def dense(features: Any) -> np.ndarray:
    """What a step gave as an array of its own type."""
    return np.asarray(features.toarray() if isinstance(features, sparse.csr_matrix) else features)


@dataclass(frozen=True)
class FittedNet:
    """weights: every parameter and buffer of the net by name.  unit: of the training target of a regression.

    Predicts on the processor, each batch on one thread, so that the numbers do not depend on the number of cores.  In float64
    they do not depend on the other rows of a batch either; in float32, which networks of large pictures take, they do, by
    about 1e-6 of the largest output.
    """

    task: str
    architecture: str
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]
    unit: Unit = field(default_factory=Unit)
    head: Head = field(default_factory=UsualHead)

    @cached_property
    def net(self) -> "tuple[Spec, nn.Module]":
        require("torch", extra="nets", purpose=f"a model of the {self.architecture} recipe")
        from assay.nets.architectures import assemble, spec_from_json

        spec = spec_from_json(self.architecture, self.settings)
        return spec, assemble(spec, self.weights)

    @cached_property
    def fast(self) -> "nn.Module":
        """What predicts: the net, or one that gives the same in less time; the weights that are kept stay as they are."""
        from assay.nets.architectures import for_prediction
        from assay.nets.seeding import threads

        with threads(1):
            return for_prediction(*self.net)

    def raw(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, members, outputs)."""
        spec, _ = self.net
        from assay.nets.architectures import outputs
        from assay.nets.seeding import threads

        at_once = allowed_threads() if self.architecture == PICTURE else 1
        with threads(1):
            given = outputs(spec, self.fast, dense(matrix), at_once=at_once)
        return given if given.ndim == 3 else given[:, None]

    def predict(self, matrix: Matrix) -> Output:
        """score: the logit of the positive class, the logits (n, K), or the value."""
        return self.head.output(self.task, self.raw(matrix), self.unit)

    def state(self) -> State:
        return {
            "kind": "net",
            "task": self.task,
            "architecture": self.architecture,
            "settings": self.settings,
            "weights": self.weights,
            "center": self.unit.center,
            "scale": self.unit.scale,
            "noise": self.unit.noise,
            **self.head.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> "FittedNet":
        """The net back, built from our own registry; every name, shape and number of its weights is checked now."""
        require("torch", extra="nets", purpose="a model that is a net")
        from assay.nets.architectures import ARCHITECTURES

        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved net has no settings or no weights.")
        net = cls(
            task=checks.choice(state, "task", TASKS),
            architecture=checks.choice(state, "architecture", ARCHITECTURES.names()),
            settings=settings,
            weights=weights,
            unit=Unit(checks.real(state, "center"), checks.real(state, "scale", low=0.0), checks.real(state, "noise", low=0.0)),
            head=head_from_state(state),
        )
        spec, _ = net.net
        if not net.head.fits(net.task, spec.outputs):
            raise BundleError(f"the saved net has {spec.outputs} outputs, which does not fit its task ({net.task}).")
        return net
