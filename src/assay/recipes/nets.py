"""Recipes whose learner is a net of our own: a perceptron on columns, LeNet-5 on pictures, an embedding bag on texts.

torch is loaded when something is fitted or predicted, never by importing this module, so
that recipes can be listed without it.  Two classes have one output, the logit of the positive
one (binary cross-entropy); K classes have K logits (softmax); a number has one output, in
units of the training target's standard deviation.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import sparse, special

from assay.core.errors import BundleError
from assay.core.optional import require
from assay.core.seeds import derive
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.settings import Run, TrainSettings
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.pixels import PixelsStep
from assay.prepare.step import Matrix
from assay.prepare.tokens import TokensStep
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from assay.nets.architectures import Spec
    from assay.nets.losses import RowLoss
    from assay.nets.train import Augment, Examples


class NetShape(Protocol):
    """What a learner knows of its net before it has seen rows."""

    @property
    def architecture(self) -> str:
        """The net's name in nets.architectures."""
        ...

    def spec(self, features: np.ndarray, outputs: int) -> "Spec":
        """The net's settings for training rows of this form."""
        ...

    def learn_constants(self, model: "torch.nn.Module", features: np.ndarray) -> None:
        """Put what is measured on training rows, not learnt by gradients, into the net (on the processor)."""
        ...

    def augment(self) -> "Augment | None": ...


@dataclass(frozen=True)
class MLPShape:
    """hidden: the widths of the hidden layers.  dropout: the share of their outputs that a training step leaves out."""

    hidden: tuple[int, ...] = (128, 64)
    activation: str = "relu"
    dropout: float = 0.2

    architecture = "mlp"

    def spec(self, features: np.ndarray, outputs: int) -> "Spec":
        from assay.nets.tabular.mlp import MLPSpec

        return MLPSpec(features.shape[1], outputs, self.hidden, self.activation, self.dropout)

    def learn_constants(self, model: "torch.nn.Module", features: np.ndarray) -> None:
        """None: the columns come standardised."""

    def augment(self) -> "Augment | None":
        return None


@dataclass(frozen=True)
class LeNetShape:
    """shift: training pictures are moved by up to so many pixels, 0 for none."""

    activation: str = "relu"
    dropout: float = 0.0
    shift: int = 2

    architecture = "lenet"

    def spec(self, features: np.ndarray, outputs: int) -> "Spec":
        from assay.nets.image.lenet import LeNetSpec

        return LeNetSpec(outputs, features.shape[1], self.activation, self.dropout)

    def learn_constants(self, model: "torch.nn.Module", features: np.ndarray) -> None:
        model.get_submodule("standardise").learn(features)  # type: ignore[operator]

    def augment(self) -> "Augment | None":
        from assay.nets.image.augment import RandomShift

        return RandomShift(self.shift) if self.shift else None


@dataclass(frozen=True)
class EmbeddingBagShape:
    """width: numbers a term.  hidden: widths of dense layers before the last."""

    width: int = 64
    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    dropout: float = 0.3

    architecture = "embedding-bag"

    def spec(self, features: np.ndarray, outputs: int) -> "Spec":
        from assay.nets.text.embedding_bag import EmbeddingBagSpec

        return EmbeddingBagSpec(int(features.max(initial=0)) + 1, outputs, self.width, self.hidden, self.activation, self.dropout)

    def learn_constants(self, model: "torch.nn.Module", features: np.ndarray) -> None:
        """None: all that the net knows is learnt by gradients."""

    def augment(self) -> "Augment | None":
        return None


@dataclass(frozen=True, kw_only=True)
class NetLearner:
    """Trains the net of ``shape``; stops early on the validation rows, or after ``epochs_alone`` epochs when there are none."""

    shape: NetShape
    training: TrainSettings
    epochs_alone: int = 15
    label_smoothing: float = 0.0

    @property
    def takes_weights(self) -> bool:
        return True

    @property
    def wants_validation(self) -> bool:
        return True

    def fit(self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context) -> "FittedNet":
        require("torch", extra="nets", purpose=f"the {self.shape.architecture} recipe")
        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.seeding import isolated
        from assay.nets.train import Validation, train

        features = _dense(rows.features)
        spec = self.shape.spec(features, rows.n_classes if task.name == "multiclass" else 1)
        center, scale = (0.0, 1.0) if task.is_classification else _center_and_scale(rows.target, rows.weights)
        with isolated(derive(seed, "first weights")):
            model = spec.build()
        self.shape.learn_constants(model, features)
        held = None
        settings = self.training
        if validation is not None and len(validation):
            held = Validation(_examples(spec, _dense(validation.features), validation, center, scale), _loss(task, 0.0))
        else:
            settings = replace(settings, epochs=min(settings.epochs, self.epochs_alone), patience=None)
        train(
            model,
            _examples(spec, features, rows, center, scale),
            _loss(task, self.label_smoothing),
            settings,
            seed=seed,
            run=Run(context.device, context.threads, budget.seconds, context.progress, context.cancelled),
            validation=held,
            augment=self.shape.augment(),
        )
        return FittedNet(task.name, self.shape.architecture, spec_to_json(spec), weights_of(model), center, scale)


def _dense(features: Any) -> np.ndarray:
    return np.asarray(features.toarray() if isinstance(features, sparse.csr_matrix) else features)


def _center_and_scale(target: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    """Weighted mean and standard deviation; the scale of a constant target is 1."""
    center = float(np.average(target, weights=weights))
    scale = float(np.sqrt(np.average((target - center) ** 2, weights=weights)))
    return center, scale if scale > 0 else 1.0


def _examples(spec: "Spec", features: np.ndarray, rows: Rows, center: float, scale: float) -> "Examples":
    """Rows as tensors: what is float64 goes in as float32, class codes stay whole numbers, values are standardised."""
    import torch

    from assay.nets.train import Examples

    tensor = spec.tensor(features)
    target = rows.target if rows.target.dtype.kind == "i" else ((rows.target - center) / scale).astype(np.float32)
    weights = None if rows.weights is None else torch.from_numpy(np.array(rows.weights, dtype=np.float32))
    return Examples((tensor.float() if tensor.is_floating_point() else tensor,), torch.from_numpy(np.array(target)), weights)


def _loss(task: Task, label_smoothing: float) -> "RowLoss":
    from assay.nets.losses import BinaryCrossEntropy, CrossEntropy, SquaredError

    if not task.is_classification:
        return SquaredError()
    return BinaryCrossEntropy(label_smoothing) if task.name == "binary" else CrossEntropy(label_smoothing)


@dataclass(frozen=True)
class FittedNet:
    """weights: every parameter and buffer of the net by name.  center, scale: of the training target of a regression.

    Predicts on the processor in float64, on one thread, so that the numbers depend neither on the batch nor on the
    number of cores.
    """

    task: str
    architecture: str
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]
    center: float = 0.0
    scale: float = 1.0

    @cached_property
    def _net(self) -> "tuple[Spec, torch.nn.Module]":
        require("torch", extra="nets", purpose=f"a model of the {self.architecture} recipe")
        from assay.nets.architectures import assemble, spec_from_json

        spec = spec_from_json(self.architecture, self.settings)
        return spec, assemble(spec, self.weights)

    def predict(self, matrix: Matrix) -> Output:
        """score: the logit of the positive class, the logits (n, K), or the value."""
        spec, model = self._net
        from assay.nets.architectures import outputs
        from assay.nets.seeding import threads

        with threads(1):
            logits = outputs(spec, model, _dense(matrix))
        if self.task == "binary":
            return Output(logits[:, 0], special.expit(logits[:, 0]))
        if self.task == "multiclass":
            return Output(logits, special.softmax(logits, axis=1))
        return Output(logits[:, 0] * self.scale + self.center, None)

    def state(self) -> State:
        return {
            "kind": "net",
            "task": self.task,
            "architecture": self.architecture,
            "settings": self.settings,
            "weights": self.weights,
            "center": self.center,
            "scale": self.scale,
        }

    @classmethod
    def from_state(cls, state: State) -> "FittedNet":
        """The net back, built from our own registry; every name, shape and number of its weights is checked now."""
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved net has no settings or no weights.")
        net = cls(
            task=checks.choice(state, "task", ("binary", "multiclass", "regression")),
            architecture=checks.choice(state, "architecture", ("mlp", "lenet", "embedding-bag")),
            settings=settings,
            weights=weights,
            center=checks.real(state, "center"),
            scale=checks.real(state, "scale", low=0.0),
        )
        spec, _ = net._net
        if (spec.outputs == 1) == (net.task == "multiclass"):
            raise BundleError(f"the saved net has {spec.outputs} outputs, which does not fit its task ({net.task}).")
        return net


MLP = Recipe(
    name="mlp",
    title="neural network (two hidden layers) on encoded columns",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    step=ColumnsStep(mode="dense"),
    learner=NetLearner(
        shape=MLPShape(),
        training=TrainSettings(learning_rate=2e-3, weight_decay=0.05, batch_size=128, epochs=40, patience=8),
    ),
    simplicity=60,
    extra="nets",
)

LENET = Recipe(
    name="lenet",
    title="LeNet-5, a small convolutional network",
    tasks=frozenset({"binary", "multiclass"}),
    step=PixelsStep(size=32),
    learner=NetLearner(
        shape=LeNetShape(),
        training=TrainSettings(learning_rate=5e-3, schedule="one-cycle", batch_size=64, epochs=20, patience=None),
        epochs_alone=20,
    ),
    simplicity=70,
    reads=frozenset({"image"}),
    needs=frozenset({"image"}),
    extra="nets",
    encoded_treatments=False,
)

EMBEDDING_BAG = Recipe(
    name="embedding-bag",
    title="word and word-pair vectors, averaged",
    tasks=frozenset({"binary", "multiclass"}),
    step=TokensStep(),
    learner=NetLearner(
        shape=EmbeddingBagShape(),
        training=TrainSettings(learning_rate=0.01, weight_decay=0.01, schedule="cosine", batch_size=32, epochs=30, patience=4),
        epochs_alone=12,
    ),
    simplicity=55,
    reads=frozenset({"text"}),
    needs=frozenset({"text"}),
    extra="nets",
    encoded_treatments=False,
)
