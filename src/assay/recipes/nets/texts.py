"""Nets for texts."""

import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from assay.core.errors import ConfigError
from assay.core.files import sha256_file
from assay.nets.settings import TrainSettings
from assay.prepare.sequences import TokenSequenceStep, sequence_words
from assay.prepare.tokens import TokensStep
from assay.recipes.nets.elmo import MixedLearner
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import EmbeddingBagShape, Setting
from assay.recipes.nets.text_shapes import FirstVectors, TextShape
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe

_TEXT = frozenset({"text"})

_TRAINING = TrainSettings(learning_rate=0.003, weight_decay=0.01, schedule="cosine", batch_size=32, epochs=8, patience=None)
"""All rows and a rate that falls to 0; nothing is set apart to stop early by."""

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


def _learner(architecture: str, **settings: Setting) -> NetLearner:
    return NetLearner(shape=TextShape(architecture, MappingProxyType(settings)), training=_TRAINING, steps=10)


def _recipe(name: str, title: str, learner: NetLearner | MixedLearner, simplicity: int, *, unlabelled: bool = False) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        tasks=CLASSIFICATION,
        step=TokenSequenceStep(),
        learner=learner,
        simplicity=simplicity,
        reads=_TEXT,
        needs=_TEXT,
        extra="nets",
        encoded_treatments=False,
        unlabelled=unlabelled,
    )


_AVERAGED = _learner("text-average", left_out=0.1)
TEXT_AVERAGE = _recipe(
    "text-average",
    "word vectors, averaged",
    replace(_AVERAGED, training=replace(_TRAINING, learning_rate=0.01, epochs=12)),
    54,
)
TEXT_CNN = _recipe("text-cnn", "convolutions over runs of 3, 4 and 5 words", _learner("text-convolution", left_out=0.1), 56)
TEXT_RNN = _recipe("text-rnn", "simple recurrent net, one way", _learner("text-recurrent", cell="rnn"), 57)
TEXT_GRU = _recipe("text-gru", "recurrent net of GRU cells, one way", _learner("text-recurrent", cell="gru"), 58)
TEXT_LSTM = _recipe("text-lstm", "recurrent net of LSTM cells, one way", _learner("text-recurrent", cell="lstm"), 58)
TEXT_BILSTM = _recipe(
    "text-bilstm",
    "LSTM read both ways, the strongest state of each kind",
    _learner("text-recurrent", both_ways=True, pooling="max", dropout=0.5, left_out=0.15),
    60,
)
TEXT_BILSTM_DEEP = _recipe(
    "text-bilstm-deep",
    "two layers of LSTM read both ways",
    _learner("text-recurrent", both_ways=True, layers=2, pooling="max", dropout=0.5, left_out=0.15),
    62,
)
TEXT_BILSTM_ATTENTION = _recipe(
    "text-bilstm-attention",
    "LSTM read both ways, states averaged by attention",
    _learner("text-recurrent", both_ways=True, pooling="attention", dropout=0.5, left_out=0.15),
    61,
)

_MIXED = MixedLearner(
    base=NetLearner(shape=TextShape("text-layers-mixed"), training=_TRAINING, steps=10),
    language=TrainSettings(learning_rate=0.003, schedule="cosine", batch_size=32, epochs=4, patience=None),
)
TEXT_ELMO = _recipe("text-elmo", "layers of a two-way language model of the training texts, mixed", _MIXED, 65)
TEXT_ELMO_UNLABELLED = _recipe(
    "text-elmo-unlabelled",
    "layers of a two-way language model of all texts, those without a label too",
    _MIXED,
    66,
    unlabelled=True,
)


_DIGITS = 8
_SPELLED = re.compile(r"(?:(?P<recipe>[a-z-]+)=)?(?P<where>.+?)(?:#(?P<digest>[0-9a-f]{8}))?", re.DOTALL)
_USUAL = "text-bilstm"


def text_vectors(text: str) -> Recipe:
    """A net that begins from the vectors of a file: "glove.txt" for a two-way LSTM, "text-cnn=glove.txt" for another net.

    The one spelling of the name holds the first digits of the file's SHA-256, so that a study cannot go on with other vectors.
    Raises AssayError for a file that holds no vectors, for other contents than the name says, and for a net without vectors.
    """
    from assay.language.vectors.files.reading import read_vectors
    from assay.recipes.registry import RECIPES

    found = _SPELLED.fullmatch(text)
    if found is None:
        raise ConfigError("recipe 'text-vectors' needs a file of vectors: text-vectors:FILE, or text-vectors:text-cnn=FILE.")
    path, name = Path(found["where"]), found["recipe"] or _USUAL
    if not path.is_file():
        raise ConfigError(f"recipe 'text-vectors': there is no file of vectors {path}.")
    digest = sha256_file(path)[:_DIGITS]
    if found["digest"] not in (None, digest):
        raise ConfigError(f"the vectors in {path} are not those this recipe was named with ({digest}, not {found['digest']}).")
    vectors = read_vectors(path)
    begun = with_vectors(RECIPES.get(name), vectors.words, vectors.matrix)
    title = f"{begun.title}; begins from vectors learnt elsewhere"
    return replace(begun, name=f"text-vectors:{name}={path}#{digest}", title=title, simplicity=begun.simplicity + 1)


def with_vectors(recipe: Recipe, words: tuple[str, ...], vectors: np.ndarray, *, most: int = 50_000) -> Recipe:
    """The recipe with a net that begins from vectors learnt elsewhere and trains them further.

    words: (m,), as a file of word2vec or GloVe names them, the frequent first; the first ``most`` are taken that are one token
    of ours (lower case, ё as е, of equal ones the first).  vectors: float (m, width).  These words are known in new texts even
    where no training row has them.
    Raises ConfigError for vectors of another number than words, for none that fits, and for a recipe without word vectors.
    """
    learner, step = recipe.learner, recipe.step
    if not isinstance(learner, NetLearner) or not isinstance(learner.shape, TextShape) or not isinstance(step, TokenSequenceStep):
        raise ConfigError(f"recipe {recipe.name!r} has no word vectors that could begin from others.")
    if vectors.ndim != 2 or len(vectors) != len(words) or not np.isfinite(vectors).all():
        raise ConfigError(f"{len(words)} words and vectors of the form {vectors.shape}: a finite vector each is needed.")
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        tokens = sequence_words(word)
        if len(tokens) == 1 and len(rows) < most:
            rows.setdefault(tokens[0], row)
    if not rows:
        raise ConfigError(f"none of the {len(words)} words is a token of ours (the first: {', '.join(words[:3])}).")
    first = FirstVectors(np.ascontiguousarray(vectors[list(rows.values())], dtype=np.float32))
    settings = MappingProxyType({**learner.shape.settings, "width": vectors.shape[1]})
    shape = replace(learner.shape, settings=settings, first=first)
    return replace(recipe, step=replace(step, known=tuple(rows)), learner=replace(learner, shape=shape))
