"""Word vectors by the name of the way they are learned: what the command and the recipes call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from assay.core.errors import ConfigError
from assay.language.vectors.corpus import Corpus
from assay.language.vectors.counts import ppmi, svd_vectors, word_by_document, word_by_word
from assay.language.vectors.glove import GloveSettings, glove
from assay.language.vectors.softmax import SoftmaxSettings, softmax_vectors
from assay.language.vectors.subwords import SubwordSettings
from assay.language.vectors.vectors import WordVectors
from assay.language.vectors.word2vec import Word2VecSettings, word2vec

Method = Literal["ppmi-svd", "documents-svd", "skip-gram", "cbow", "fasttext", "glove", "softmax"]
METHODS: tuple[str, ...] = get_args(Method)
WINDOWS = {"ppmi-svd": 5, "skip-gram": 5, "cbow": 5, "fasttext": 5, "glove": 10, "softmax": 2, "documents-svd": 0}
EPOCHS = {"skip-gram": 5, "cbow": 5, "fasttext": 5, "glove": 25, "softmax": 50}


@dataclass(frozen=True, kw_only=True)
class Training:
    """method: "ppmi-svd" (counts of neighbours), "documents-svd" (counts in documents), word2vec's "skip-gram" and "cbow",
    "fasttext" (skip-gram with subwords), "glove", or "softmax" (CBOW over a small vocabulary).

    window, epochs: None for what is usual for the method.
    """

    method: Method = "skip-gram"
    width: int = 100
    window: int | None = None
    epochs: int | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"method={self.method!r} is none of {', '.join(METHODS)}.")
        for name in ("width", "window", "epochs"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}={value} must be at least 1.")


def train_vectors(
    corpus: Corpus, training: Training, *, seed: int, progress: Callable[[float], None] | None = None
) -> WordVectors:
    """The vectors of a corpus.  Equal arguments give equal bytes on one machine."""
    method, width = training.method, training.width
    window = training.window or WINDOWS[method]
    if method in ("ppmi-svd", "documents-svd"):
        if method == "ppmi-svd":
            table = ppmi(word_by_word(corpus, window))
        else:
            table = ppmi(word_by_document(corpus), smoothing=1.0)
        told = {"method": method, "width": width, "window": window, "seed": seed}
        return WordVectors(corpus.words, svd_vectors(table, width, seed=seed), corpus.counts, None, told)
    epochs = training.epochs or EPOCHS[method]
    if method == "glove":
        return glove(corpus, GloveSettings(width=width, window=window, epochs=epochs), seed=seed, progress=progress)
    if method == "softmax":
        return softmax_vectors(corpus, SoftmaxSettings(width=width, window=window, epochs=epochs), seed=seed)
    settings = Word2VecSettings(
        method="cbow" if method == "cbow" else "skip-gram",
        width=width,
        window=window,
        epochs=epochs,
        subwords=SubwordSettings() if method == "fasttext" else None,
    )
    return word2vec(corpus, settings, seed=seed, progress=progress)
