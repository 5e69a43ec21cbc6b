"""The learner of every recipe of nets: rows to tensors, the one training loop, and what is kept of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.optional import require
from assay.core.seeds import derive
from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.attacks.hardening import Hardening
from assay.nets.settings import Checkpoints, Run, TrainSettings
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.fitted import FittedNet, dense
from assay.recipes.nets.heads import Head, Unit, UsualHead
from assay.recipes.nets.shapes import NetShape, PictureShape

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec
    from assay.nets.losses.row import RowLoss
    from assay.nets.thawing import Thawing
    from assay.nets.training.examples import Examples


OBJECTIVES = frozenset({"focal", "class-balanced", "ldam", "logit-adjustment", "complement-cross-entropy"})
"""The losses that ask for the usual outputs, so that a net can be trained with them and be the same net afterwards."""

LEAST_NOISE = 1e-6
"""A thousandth of the target's standard deviation, squared: a net that is never wrong on few rows may be on the next."""


@dataclass(frozen=True, kw_only=True)
class NetLearner:
    """Trains the net of ``shape``.  One that has patience stops early on the validation rows, or after ``epochs_alone`` epochs
    when there are none; one without takes all its epochs, and all rows.

    steps: the fewest steps an epoch should have; on a small table the batches are cut smaller for it, and the learning rate by
        the root of what they were cut by, so that the noise of a step stays what it was (Malladi et al., 2022).
    hardening: pictures are attacked while the net learns from them, or None.
    thawing: of a net that begins from weights learnt elsewhere, which of its layers are trained when; None: all, always.
    """

    shape: NetShape
    training: TrainSettings
    epochs_alone: int = 15
    steps: int = 1
    head: Head = field(default_factory=UsualHead)
    hardening: Hardening | None = None
    thawing: "Thawing | None" = None

    @property
    def takes_weights(self) -> bool:
        return True

    @property
    def objectives(self) -> frozenset[str]:
        """Losses by which ``rows.objective`` may replace the head's own; a head of another form has a loss of its own."""
        return OBJECTIVES if isinstance(self.head, UsualHead) else frozenset()

    @property
    def draws_rows(self) -> bool:
        return True

    def wants_validation(self, task: Task) -> bool:
        """Where no epoch is chosen by them, only to see how far a number lies around what the net says."""
        return self.training.patience is not None or has_noise(self, task)

    def fit(self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context) -> FittedNet:
        """Raises MissingExtraError without torch, ConfigError when training fails (see nets.training.loop)."""
        require("torch", extra="nets", purpose=f"the {self.shape.architecture} recipe")
        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.seeding import isolated

        self.head.check(task)
        features = dense(rows.features)
        spec = self.shape.spec(features, rows.blocks, self.head.outputs(task))
        unit = Unit() if task.is_classification else unit_of(rows.target, rows.weights)
        with isolated(derive(seed, "first weights")):
            model = spec.build()
        self.shape.learn_constants(model, features, rows.target)
        self._train(model, spec, (rows, validation), task, unit, seed, budget, context)
        net = FittedNet(task.name, self.shape.architecture, spec_to_json(spec), weights_of(model), unit, self.head)
        if not has_noise(self, task):
            return net
        return replace(net, unit=replace(unit, noise=noise_of(net.predict, rows, validation, unit)))

    def _train(  # more than 8 arguments: ``fit``'s, and what it has made of them
        self,
        model: "nn.Module",
        spec: "Spec",
        rows: tuple[Rows, Rows | None],
        task: Task,
        unit: Unit,
        seed: int,
        budget: Budget,
        context: Context,
    ) -> None:
        from assay.nets.training.loop import train
        from assay.nets.training.work import Validation, supervised

        training, validation = rows
        settings = self._settings(training)
        loss, judge = self._losses(training, task)
        held = None
        if validation is not None and len(validation):
            examples = examples_of(spec, validation, unit).to(context.device)
            held = Validation(examples, judge)
        else:
            alone = settings.epochs if settings.patience is None else min(settings.epochs, self.epochs_alone)
            settings = replace(settings, epochs=alone, patience=None)
        if self.thawing is not None:
            settings = replace(settings, groups=self.thawing.groups(model, getattr(spec, "head", ()), settings.epochs))
        work = supervised(
            examples_of(spec, training, unit).to(context.device),
            loss_of(spec, loss),
            validation=held,
            augment=self.shape.augment() if self.hardening is None else None,
            mix=self.shape.mixing() if self.hardening is None and isinstance(self.shape, PictureShape) else None,
            watch=context.watch,
            drawn=training.drawn,
        )
        if self.hardening is not None:
            work = self.hardening.applied(work, loss_of(spec, loss), self.shape.augment())
        arranged = getattr(self.shape, "arranged", None)  # of shapes whose rows differ in length
        if arranged is not None:
            work = replace(work, batches=arranged(work.batches))
        run = Run(
            device=context.device,
            threads=context.threads,
            seconds=budget.seconds,
            checkpoints=None if context.scratch is None else Checkpoints(context.scratch / f"net-{seed}"),
            progress=context.progress,
            cancelled=context.cancelled,
        )
        train(model, work, settings, seed=seed, run=run)

    def _losses(self, rows: Rows, task: Task) -> "tuple[RowLoss, RowLoss]":
        """What is minimised and what the best epoch is chosen by: the head's, unless the rows name an objective.

        Then the log loss of what the objective's outputs mean under the training shares, so that epochs are chosen alike
        whatever is minimised.
        """
        if rows.objective is None:
            return self.head.loss(task), self.head.judge(task)
        from assay.nets.losses.named import loss_named
        from assay.nets.losses.posterior import LogLoss

        loss = loss_named(rows.objective, counts=np.bincount(rows.target, minlength=rows.n_classes).tolist())
        return loss, LogLoss(loss)

    def _settings(self, rows: Rows) -> TrainSettings:
        """With batches of as many rows at most as there are to train on (those of weight 0 are left out)."""
        trained_on = len(rows) if rows.weights is None else int((rows.weights > 0).sum())
        whole = max(1, min(self.training.batch_size, trained_on))
        cut = max(1, min(whole, trained_on // self.steps))
        return replace(self.training, batch_size=cut, learning_rate=self.training.learning_rate * (cut / whole) ** 0.5)


def unit_of(target: np.ndarray, weights: np.ndarray | None) -> Unit:
    """Weighted mean and standard deviation; the scale of a constant target is 1."""
    center = float(np.average(target, weights=weights))
    scale = float(np.sqrt(np.average((target - center) ** 2, weights=weights)))
    return Unit(center, scale if scale > 0 else 1.0)


def has_noise(learner: NetLearner, task: Task) -> bool:
    """Whether the outputs say nothing of how far around them a target lies: one value, no quantiles."""
    return not task.is_classification and learner.head.outputs(task) == 1


def noise_of(predict: Callable[[Any], Output], rows: Rows, validation: Rows | None, unit: Unit) -> float:
    """The variance of a target about what a member says of it, in units of scale²; ``predict`` knows of no noise yet.

    What the members disagree on is taken off the squared error, so that the two together are the error seen here: on the
    validation rows, as those that were learnt make it too small, or on these where there are no others.
    """
    seen = rows if validation is None or not len(validation) else validation
    found = predict(seen.features)
    doubt = 0.0 if found.spread is None else found.spread**2
    noise = np.average((seen.target - found.score) ** 2 - doubt, weights=seen.weights)
    return max(float(noise) / unit.scale**2, LEAST_NOISE)


def examples_of(spec: "Spec", rows: Rows, unit: Unit) -> "Examples":
    """Rows as tensors: what is float64 goes in as float32, class codes stay whole numbers, values are standardised."""
    import torch

    from assay.nets.training.examples import Examples

    tensor = spec.tensor(dense(rows.features))
    codes = rows.target.dtype.kind == "i"
    target = rows.target if codes else ((rows.target - unit.center) / unit.scale).astype(np.float32)
    weights = None if rows.weights is None else torch.from_numpy(np.array(rows.weights, dtype=np.float32))
    return Examples((tensor.float() if tensor.is_floating_point() else tensor,), torch.from_numpy(np.array(target)), weights)


def loss_of(spec: "Spec", loss: "RowLoss") -> "RowLoss":
    """The loss of every member, for a net that is an ensemble inside; of every head, for one that has auxiliary ones."""
    from assay.nets.losses.auxiliary import WithAuxiliary
    from assay.nets.losses.members import PerMember

    if hasattr(spec, "members"):
        return PerMember(loss)
    auxiliary = getattr(spec, "auxiliary", 0.0)
    return WithAuxiliary(loss, auxiliary) if auxiliary else loss
