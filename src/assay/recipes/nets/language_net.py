"""The learner of language models that are nets, and what is kept of it.

A row is read alone: every token is foretold from those before it in its own text, beginning with ``<s>`` (see
``nets.text.pieces``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from assay.core.errors import BundleError, DataError
from assay.core.optional import require
from assay.core.ragged import Ragged
from assay.core.seeds import derive
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.settings import Checkpoints, Run, TrainSettings
from assay.prepare import checks
from assay.prepare.corpus import BEGIN
from assay.prepare.step import Matrix
from assay.recipes.language.tokens import ragged, token_output, vocabulary_size
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.shapes import Setting
from assay.splits.inner import carve

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec

NETS = ("decoder-lm", "lstm-lm")
"""Architectures that foretell tokens."""

PREDICTED_TOGETHER = 2048
"""Tokens: of as many the logits of the whole vocabulary are in memory at once."""


@dataclass(frozen=True)
class FittedLanguageNet:
    """weights: every parameter of the net by name.  Predicts on the processor, in float64 and on one thread."""

    KIND: ClassVar[str] = "language-net"

    architecture: str
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]

    @cached_property
    def net(self) -> "tuple[Spec, nn.Module]":
        require("torch", extra="nets", purpose=f"a model of the net {self.architecture}")
        from assay.nets.architectures import assemble, spec_from_json

        spec = spec_from_json(self.architecture, self.settings)
        return spec, assemble(spec, self.weights)

    @property
    def vocabulary(self) -> int:
        """How many ids there are, the marks among them."""
        return self.net[0].outputs

    def predict(self, matrix: Matrix) -> Output:
        """score: the log-probability of every token of every row, given those before it in that row."""
        from assay.nets.seeding import threads
        from assay.nets.text.likelihood import token_log_probabilities

        spec, model = self.net
        texts = ragged(matrix, spec.outputs)
        with threads(1):
            found = token_log_probabilities(model, self._pieces(texts), PREDICTED_TOGETHER)
        return token_output(found, texts)

    def next_log_probabilities(self, context: np.ndarray) -> np.ndarray:
        """float64 (V,), natural: of the token after these (ids, without ``<s>``); ``<s>`` itself is never foretold."""
        from assay.nets.seeding import threads
        from assay.nets.text.likelihood import next_log_probabilities

        spec, model = self.net
        ids = np.asarray(context, dtype=np.int32)
        # The token that is asked for stands in for itself: what it is does not change what is said of it.
        texts = ragged(Ragged.of([np.append(ids, 0)], np.int32), spec.outputs)
        with threads(1):
            return next_log_probabilities(model, self._pieces(texts))

    def _pieces(self, texts: Ragged) -> Any:
        from assay.nets.text.pieces import Pieces

        return Pieces(texts, self.settings["window"], self.settings["context"])

    def state(self) -> State:
        return {"kind": self.KIND, "architecture": self.architecture, "settings": self.settings, "weights": self.weights}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The net back; every name, shape and number of its weights is checked now."""
        require("torch", extra="nets", purpose="a model that is a net")
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved net has no settings or no weights.")
        net = cls(checks.choice(state, "architecture", NETS), settings, weights)
        if net.vocabulary <= BEGIN + 1:
            raise BundleError("the saved net's vocabulary has no word.")
        return net


@dataclass(frozen=True, kw_only=True)
class LanguageNetLearner:
    """Trains a net on the texts of the training rows, in pieces.

    settings: fields of the architecture's spec that are not at their default.
    held: the share of the texts by which the epoch is chosen; the net never learns from them.  They are drawn in here, and not
        before the rows were prepared, so that the vocabulary is that of every other language model of the study.
    epochs_alone: of a training on too few texts to set any apart.
    """

    architecture: str
    training: TrainSettings
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    held: float = 0.05
    epochs_alone: int = 10

    @property
    def takes_weights(self) -> bool:
        return False

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002 - see ``held``
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedLanguageNet:
        """Raises MissingExtraError without torch, ConfigError when training fails (see nets.training.loop)."""
        require("torch", extra="nets", purpose=f"the net {self.architecture}")
        from assay.nets.architectures import ARCHITECTURES, spec_to_json, weights_of
        from assay.nets.seeding import isolated
        from assay.nets.text.likelihood import language_work
        from assay.nets.text.pieces import Pieces
        from assay.nets.training.loop import train

        size = vocabulary_size(rows)
        texts = ragged(rows.features, size)
        spec = ARCHITECTURES.get(self.architecture)(tokens=size, **self.settings)
        learnt, held = self._parted(texts, seed) if validation is None else (texts, ragged(validation.features, size))
        settings = self._settings(len(learnt.values), alone=held is None)
        with isolated(derive(seed, "first weights")):
            model = spec.build()
        pieces = Pieces(learnt, spec.window, spec.context, context.device)
        judged = None if held is None else Pieces(held, spec.window, spec.context, context.device)
        run = Run(
            device=context.device,
            threads=context.threads,
            seconds=budget.seconds,
            checkpoints=None if context.scratch is None else Checkpoints(context.scratch / f"net-{seed}"),
            progress=context.progress,
            cancelled=context.cancelled,
        )
        train(model, language_work(pieces, judged, watch=context.watch), settings, seed=seed, run=run)
        return FittedLanguageNet(self.architecture, spec_to_json(spec), weights_of(model))

    def _parted(self, texts: Ragged, seed: int) -> tuple[Ragged, Ragged | None]:
        """Texts to learn from and texts to choose the epoch by; None where there are too few to part."""
        nothing = np.zeros(len(texts))
        try:
            kept, held = carve(
                nothing, classification=False, groups=None, time=None, share=self.held, seed=derive(seed, "held texts")
            )
        except DataError:
            return texts, None
        return texts[kept], texts[held]

    def _settings(self, tokens: int, *, alone: bool) -> TrainSettings:
        """With batches of as many tokens at most as there are."""
        settings = replace(self.training, batch_size=min(self.training.batch_size, tokens))
        return replace(settings, epochs=min(settings.epochs, self.epochs_alone), patience=None) if alone else settings
