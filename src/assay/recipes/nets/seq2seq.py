"""Recipes that rewrite texts, translate them say: an encoder reads a text, a decoder answers it token by token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from assay.core.optional import require
from assay.core.seeds import derive
from assay.data.rows import Rows
from assay.data.task import Task
from assay.language.pieces import Pieces, PieceSettings
from assay.nets.settings import Checkpoints, Run, TrainSettings
from assay.recipes.frames import FrameStep
from assay.recipes.language.texts import pairs as pairs_of
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.rewriter import FittedRewriter
from assay.recipes.nets.shapes import Setting
from assay.recipes.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec
    from assay.nets.text.pairs import PairBatches


@dataclass(frozen=True, kw_only=True)
class RewritingLearner:
    """Trains an encoder-decoder on pairs of texts, which are cut into pieces of one vocabulary.

    settings: fields of the architecture's spec that are not at their default.  smoothing: of the labels.
    most_tokens: of a text; what is longer is cut.  beam_width, penalty: of the beam that looks for answers.
    Stops early on the validation rows, or after ``epochs_alone`` epochs when there are none.
    """

    architecture: str
    training: TrainSettings
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    pieces: PieceSettings = field(default_factory=PieceSettings)
    smoothing: float = 0.1
    most_tokens: int = 100
    beam_width: int = 4
    penalty: float = 0.6
    epochs_alone: int = 20

    @property
    def takes_weights(self) -> bool:
        return False

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return self.training.patience is not None

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedRewriter:
        """Raises MissingExtraError without torch, ConfigError when training fails (see nets.training.loop)."""
        require("torch", extra="nets", purpose=f"the {self.architecture} recipe")
        from assay.nets.architectures import ARCHITECTURES, spec_to_json, weights_of
        from assay.nets.seeding import isolated

        sources, targets = pairs_of(rows)
        pieces = Pieces.fit([*sources, *targets], self.pieces)
        spec: Spec = ARCHITECTURES.get(self.architecture)(tokens=len(pieces), **self.settings)
        pairs = self._pairs(pieces, sources, targets, context.device)
        held = None
        if validation is not None and len(validation):
            held = self._pairs(pieces, *pairs_of(validation), context.device)
        with isolated(derive(seed, "first weights")):
            model = spec.build()
        self._train(model, pairs, held, seed, budget, context)
        return FittedRewriter(
            architecture=self.architecture,
            settings=spec_to_json(spec),
            weights=weights_of(model),
            pieces=pieces,
            most_read=self.most_tokens,
            longest=max(1, max(len(target) for target in pairs.targets) - 2),
            width=self.beam_width,
            penalty=self.penalty,
        )

    def _pairs(self, pieces: Pieces, sources: Sequence[str], targets: Sequence[str], device: str) -> "PairBatches":
        from assay.nets.text.pairs import END, START, PairBatches

        read = [np.append(pieces.encode(text, self.most_tokens), END) for text in sources]
        said = [np.concatenate([[START], pieces.encode(text, self.most_tokens), [END]]) for text in targets]
        return PairBatches(read, said, device)

    def _train(
        self,
        model: "nn.Module",
        pairs: "PairBatches",
        held: "PairBatches | None",
        seed: int,
        budget: Budget,
        context: Context,
    ) -> None:
        from assay.nets.text.pairs import TokenJudge, TokenLoss
        from assay.nets.training.loop import train
        from assay.nets.training.work import Objective, Work

        settings = replace(self.training, batch_size=min(self.training.batch_size, pairs.rows))
        if held is None and settings.patience is not None:
            settings = replace(settings, epochs=min(settings.epochs, self.epochs_alone), patience=None)
        judge = None if held is None else TokenJudge(held)
        work = Work(pairs, (Objective(TokenLoss(self.smoothing), "loss"),), judge, context.watch)
        run = Run(
            device=context.device,
            threads=context.threads,
            seconds=budget.seconds,
            checkpoints=None if context.scratch is None else Checkpoints(context.scratch / f"net-{seed}"),
            progress=context.progress,
            cancelled=context.cancelled,
        )
        train(model, work, settings, seed=seed, run=run)


_TASKS = frozenset({"rewriting"})
_TEXT = frozenset({"text"})


def _recipe(name: str, title: str, learner: RewritingLearner, simplicity: int) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        tasks=_TASKS,
        step=FrameStep(),
        learner=learner,
        simplicity=simplicity,
        reads=_TEXT,
        needs=_TEXT,
        extra="nets",
        treatable=False,
        encoded_treatments=False,
    )


SEQ2SEQ_LSTM = _recipe(
    "seq2seq-lstm",
    "LSTM encoder-decoder with state passing",
    RewritingLearner(
        architecture="seq2seq-lstm",
        training=TrainSettings(learning_rate=3e-3, weight_decay=0.0, batch_size=32, epochs=30, patience=4),
    ),
    simplicity=70,
)

SEQ2SEQ_ATTENTION = _recipe(
    "seq2seq-attention",
    "LSTM encoder-decoder with additive attention",
    RewritingLearner(
        architecture="seq2seq-attention",
        training=TrainSettings(learning_rate=3e-3, weight_decay=0.0, batch_size=32, epochs=30, patience=4),
    ),
    simplicity=75,
)

SEQ2SEQ_TRANSFORMER = _recipe(
    "seq2seq-transformer",
    "Transformer encoder-decoder",
    RewritingLearner(
        architecture="seq2seq-transformer",
        training=TrainSettings(learning_rate=1e-3, weight_decay=0.01, batch_size=32, epochs=40, patience=5, warm_up=0.1),
        settings=MappingProxyType(
            {"width": 128, "heads": 4, "hidden": 512, "encoders": 2, "decoders": 2, "dropout": 0.2, "norm_first": True}
        ),
        epochs_alone=30,
    ),
    simplicity=80,
)
