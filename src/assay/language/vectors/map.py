"""Words on a plane: the data of a picture.  Directions of most variance, or t-SNE, which keeps neighbours and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import seed32
from assay.language.vectors.counts import unit
from assay.language.vectors.vectors import WordVectors

Layout = Literal["pca", "t-sne"]
LEAST = 3


@dataclass(frozen=True)
class WordMap:
    """points: float64 (n_words, 2), without a unit.  told: what the directions are."""

    words: tuple[str, ...]
    points: np.ndarray
    told: str


def word_map(vectors: WordVectors, words: Sequence[str], *, layout: Layout = "pca", seed: int = 0) -> WordMap:
    """These words on a plane.  Raises DataError for an unknown word, ConfigError for fewer than three."""
    words = tuple(dict.fromkeys(words))
    if len(words) < LEAST:
        raise ConfigError(f"a map needs at least {LEAST} different words, not {len(words)}.")
    rows = unit(np.stack([vectors.asked(word) for word in words]))
    if layout == "pca":
        centred = rows - rows.mean(axis=0)
        u, s, vt = np.linalg.svd(centred, full_matrices=False)
        found = np.zeros((len(words), 2))
        kept = min(2, len(s))
        sign = np.where(vt[:kept][np.arange(kept), np.abs(vt[:kept]).argmax(axis=1)] < 0, -1.0, 1.0)
        found[:, :kept] = u[:, :kept] * s[:kept] * sign
        share = float((s[:2] ** 2).sum() / max(float((s**2).sum()), 1e-300))
        return WordMap(words, found, f"the two directions of most variance, {share:.0%} of it")
    if layout == "t-sne":
        from sklearn.manifold import TSNE

        near = max(1.0, min(30.0, (len(words) - 1) / 3))
        shown = TSNE(2, init="random", perplexity=near, metric="cosine", random_state=seed32(seed, "word map"))
        points = np.asarray(shown.fit_transform(rows), dtype=np.float64)
        return WordMap(words, points, "t-SNE: neighbours are kept, distances are not")
    raise ConfigError(f"layout={layout!r} is neither pca nor t-sne.")


def frequent(vectors: WordVectors, count: int) -> tuple[str, ...]:
    """The first ``count`` words with at least four letters: in most files the most frequent ones that mean something."""
    return tuple(word for word in vectors.words if len(word) > 3 and word.isalpha())[:count]
