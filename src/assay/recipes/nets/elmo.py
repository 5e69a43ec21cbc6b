"""Learning the language of the texts first, then their classes: what a two-way language model knows feeds a classifier."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import ConfigError
from assay.core.optional import require
from assay.core.seeds import derive
from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.settings import LayerGroup, Run, TrainSettings
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.fitted import FittedNet, dense
from assay.recipes.nets.on_net import OnNet
from assay.recipes.nets.text_shapes import TextShape

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec

ARCHITECTURE = "text-layers-mixed"

SLOWLY = 0.3
"""The rate of the language model while classes are learnt, as a share of the classifier's."""

LANGUAGE_SHARE = 0.5
"""Of the seconds of a budget that the language model may take."""


@dataclass(frozen=True)
class MixedShape(TextShape):
    """learnt: the weights of the language model by name, which the net begins from; empty: none."""

    learnt: dict[str, np.ndarray] = field(default_factory=dict, compare=False)

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:  # noqa: ARG002
        """The weights that the language model has learnt."""
        import torch

        language = model.get_submodule("language")
        language.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in self.learnt.items()})


@dataclass(frozen=True, kw_only=True)
class MixedLearner(OnNet):
    """base: how the classifier is trained, with a shape of "text-layers-mixed".  language: how the language model is trained, on
    the texts of the training rows and on those without a target where there are any."""

    language: TrainSettings

    def __post_init__(self) -> None:
        if getattr(self.base.shape, "architecture", None) != ARCHITECTURE:
            raise ConfigError(f"a language model feeds a net {ARCHITECTURE!r}, not {self.base.shape.architecture!r}.")

    def fit(self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context) -> FittedNet:
        """Raises what the base raises."""
        require("torch", extra="nets", purpose="the text-elmo recipe")
        shape = self.base.shape
        features = dense(rows.features)
        spec = shape.spec(features, rows.blocks, self.base.head.outputs(task))
        texts = features if rows.unlabelled is None else np.concatenate([features, dense(rows.unlabelled)])
        learnt = self._language(spec, texts, seed, budget, context)
        begun = MixedShape(shape.architecture, getattr(shape, "settings", {}), learnt=learnt)
        groups = (LayerGroup(prefix="language.", rate=SLOWLY),)
        base = replace(self.base, shape=begun, training=replace(self.base.training, groups=groups))
        left = None if budget.seconds is None else budget.seconds * (1 - LANGUAGE_SHARE)
        return base.fit(rows, task, validation=validation, seed=seed, budget=Budget(left), context=context)

    def _language(self, spec: "Spec", texts: np.ndarray, seed: int, budget: Budget, context: Context) -> dict[str, np.ndarray]:
        """The weights of the layers of a language model of these texts (n, length)."""
        import torch

        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.seeding import isolated
        from assay.nets.text.by_length import ByLength
        from assay.nets.text.language import TwoWayLanguage, TwoWayLayers, language_loss
        from assay.nets.training.examples import Examples
        from assay.nets.training.loop import train
        from assay.nets.training.work import Objective, Work

        settings: Any = spec_to_json(spec)
        words, width, depth, dropout = (settings[name] for name in ("words", "width", "layers", "dropout"))
        with isolated(derive(seed, "first weights of the language")):
            layers = TwoWayLayers(words, width, depth, dropout)
            model = TwoWayLanguage(layers, words, width)
        tokens = spec.tensor(texts).to(context.device)
        examples = Examples((tokens,), torch.zeros(len(tokens), device=context.device))
        training = replace(self.language, batch_size=min(self.language.batch_size, len(tokens)))
        seconds = None if budget.seconds is None else budget.seconds * LANGUAGE_SHARE
        run = Run(device=context.device, threads=context.threads, seconds=seconds, cancelled=context.cancelled)
        train(model, Work(ByLength(examples), (Objective(language_loss),)), training, seed=derive(seed, "language"), run=run)
        return weights_of(layers)
