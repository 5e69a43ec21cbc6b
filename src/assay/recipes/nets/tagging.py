"""Taggers that are nets: parts of speech and named entities, a tag for each token."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.optional import require
from assay.core.seeds import derive
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.settings import Checkpoints, Run, TrainSettings
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.frames import FrameStep
from assay.recipes.language.tagged import answers, tagged_of, tokens_of
from assay.recipes.language.tagging import saved_tags
from assay.recipes.language.token_features import TokenFeatures
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.nets.shapes import Setting
from assay.recipes.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.text.tagger import TaggerSpec
    from assay.nets.training.examples import Examples

ARCHITECTURE = "tagger"
LONGEST = 200
"""Tokens of a training text; a longer one is learnt from in pieces.  Predicted are texts of any length."""

TOKENS_TOGETHER = 2**13
"""Of a batch that is predicted, padding counted."""


@dataclass(frozen=True)
class FittedTagger:
    """features: how tokens become numbers.  tags: the outputs of the net, in order.  settings, weights: of the net."""

    KIND: ClassVar[str] = "tagger"

    features: TokenFeatures
    tags: tuple[str, ...]
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]

    @cached_property
    def net(self) -> "tuple[TaggerSpec, nn.Module]":
        require("torch", extra="nets", purpose="a model that is a tagger")
        from assay.nets.architectures import assemble, spec_from_json
        from assay.nets.text.tagger import TaggerSpec

        spec = spec_from_json(ARCHITECTURE, self.settings)
        assert isinstance(spec, TaggerSpec)
        return spec, assemble(spec, self.weights)

    def predict(self, matrix: Matrix) -> Output:
        """A tag for each token of each text; an empty text has an empty answer."""
        from assay.nets.seeding import threads
        from assay.nets.text.tagger import tags_of

        spec, model = self.net
        texts = tokens_of(matrix)
        said: list[list[str]] = [[] for _ in texts]
        with threads(1):
            for rows in _together([len(tokens) for tokens in texts]):
                found = tags_of(model, spec.tensor(self.features.codes([texts[row] for row in rows]))).tolist()
                for row, codes in zip(rows, found, strict=True):
                    said[row] = [self.tags[code] for code in codes[: len(texts[row])]]
        return answers(said)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "features": self.features.state(),
            "tags": list(self.tags),
            "settings": self.settings,
            "weights": self.weights,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved tagger has no settings or no weights.")
        tagger = cls(TokenFeatures.from_state(checks.entry(state, "features")), saved_tags(state), settings, weights)
        spec, _ = tagger.net
        if spec.outputs != len(tagger.tags) or spec.kinds != tagger.features.sizes:
            raise BundleError(f"the saved tagger is a net of {spec.outputs} tags and other vocabularies than are saved with it.")
        return tagger


def _together(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The rows with a token in groups of alike length, each of at most TOKENS_TOGETHER tokens with its padding."""
    group: list[int] = []
    for row in sorted((row for row, length in enumerate(lengths) if length), key=lambda row: lengths[row]):
        if group and (len(group) + 1) * lengths[row] > TOKENS_TOGETHER:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


@dataclass(frozen=True, kw_only=True)
class TaggerLearner:
    """settings: fields of the net's spec that are not at their default.  Stops early on the validation rows."""

    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    training: TrainSettings
    epochs_alone: int = 10

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
    ) -> FittedTagger:
        """Raises MissingExtraError without torch, DataError for rows whose tags and tokens do not go together."""
        require("torch", extra="nets", purpose="a tagger")
        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.seeding import isolated
        from assay.nets.text.tagger import TaggerSpec

        tokens, tagged = tagged_of(rows)
        features = TokenFeatures.fit(tokens)
        tags = tuple(sorted(Counter(tag for row in tagged for tag in row)))
        settings: Any = dict(self.settings)
        spec = TaggerSpec(kinds=features.sizes, outputs=len(tags), **settings)
        with isolated(derive(seed, "first weights")):
            model = spec.build()
        held = None if validation is None or not len(validation) else _examples(spec, features, tags, *tagged_of(validation))
        self._train(model, spec, (_examples(spec, features, tags, tokens, tagged), held), seed, budget, context)
        return FittedTagger(features, tags, spec_to_json(spec), weights_of(model))

    def _train(
        self,
        model: "nn.Module",
        spec: "TaggerSpec",
        examples: "tuple[Examples, Examples | None]",
        seed: int,
        budget: Budget,
        context: Context,
    ) -> None:
        from assay.nets.text.by_length import ByLength
        from assay.nets.text.tagger import TagObjective
        from assay.nets.training.loop import train
        from assay.nets.training.work import Objective, Work

        training, held = (None if one is None else one.to(context.device) for one in examples)
        assert training is not None
        settings = replace(self.training, batch_size=min(self.training.batch_size, len(training)))
        if held is None:
            alone = settings.epochs if settings.patience is None else min(settings.epochs, self.epochs_alone)
            settings = replace(settings, epochs=alone, patience=None)
        objective = TagObjective(spec.chain)
        validate = None if held is None else _Judge(objective, ByLength(held))
        run = Run(
            device=context.device,
            threads=context.threads,
            seconds=budget.seconds,
            checkpoints=None if context.scratch is None else Checkpoints(context.scratch / f"net-{seed}"),
            progress=context.progress,
            cancelled=context.cancelled,
        )
        work = Work(ByLength(training), (Objective(objective),), validate, context.watch)
        train(model, work, settings, seed=seed, run=run)


@dataclass(frozen=True)
class _Judge:
    """The mean negative log-likelihood a token of rows held out."""

    objective: Any
    held: Any

    def __call__(self, model: "nn.Module") -> float:
        sums = [self.objective.sums(model, batch) for batch in self.held.epoch(0, min(64, self.held.rows), 0)]
        return float(sum(lost.item() for lost, _ in sums) / max(1, sum(tokens.item() for _, tokens in sums)))


def _examples(
    spec: "TaggerSpec",
    features: TokenFeatures,
    tags: tuple[str, ...],
    tokens: Sequence[Sequence[str]],
    tagged: Sequence[Sequence[str]],
) -> "Examples":
    """Texts with a token, in pieces of at most LONGEST, as tensors; a tag that is none of ``tags`` is left out."""
    import torch

    from assay.nets.text.tagger import NO_TAG
    from assay.nets.training.examples import Examples

    cuts = [(row, start) for row, text in enumerate(tokens) for start in range(0, len(text), LONGEST)]
    codes = features.codes([tokens[row][start : start + LONGEST] for row, start in cuts])
    target = np.full(codes.shape[:2], NO_TAG, dtype=np.int64)
    numbers = {tag: number for number, tag in enumerate(tags)}
    for place, (row, start) in enumerate(cuts):
        piece = [numbers.get(tag, NO_TAG) for tag in tagged[row][start : start + LONGEST]]
        target[place, : len(piece)] = piece
    return Examples((spec.tensor(codes),), torch.from_numpy(target))


def _recipe(name: str, title: str, simplicity: int, **settings: Setting) -> Recipe:
    training = TrainSettings(learning_rate=0.005, weight_decay=0.01, schedule="cosine", batch_size=32, epochs=20, patience=4)
    return Recipe(
        name=name,
        title=title,
        tasks=frozenset({"tagging"}),
        step=FrameStep(),
        learner=TaggerLearner(settings=MappingProxyType(settings), training=training),
        simplicity=simplicity,
        reads=frozenset({"text"}),
        needs=frozenset({"text"}),
        extra="nets",
        encoded_treatments=False,
        treatable=False,
    )


TAGGER_WINDOW = _recipe("tagger-window", "each token with the two beside it on either side", 50, body="window")
TAGGER_BILSTM = _recipe("tagger-bilstm", "LSTM read both ways, a tag for each token", 60)
TAGGER_BILSTM_CRF = _recipe("tagger-bilstm-crf", "LSTM read both ways, neighbouring tags chosen together", 62, chain=True)
