"""A column of pictures as bags of visual words: descriptors of keypoints, counted by the nearest centre of a vocabulary.

The vocabulary is found by k-means in descriptors of training pictures only.  A picture without keypoints has a row of zeros.
Source: Sivic & Zisserman (2003); Csurka et al. (2004).
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self, cast, get_args

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import generator, seed32
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.vision.keypoints import LENGTHS, Describer, Method, Points
from assay.prepare.vision.working import WorkingSize

Weighting = Literal["hellinger", "tf-idf"]

SHORTEST, LONGEST = 64, 192
"""Smaller pictures are enlarged: keypoints need some room around them."""

MOST_WORDS = 10_000
MOST_LEARNED = 50_000
"""Descriptors that the vocabulary is learned from, drawn at random where there are more."""


@dataclass(frozen=True, kw_only=True)
class VisualWords:
    """words: of the vocabulary, fewer where there are fewer descriptors.

    weighting: "hellinger" (square roots of the shares of the words) or "tf-idf" (counts times the logarithm of how rare a word
    is among training pictures, to length 1).
    """

    describer: Describer = field(default_factory=Describer)
    words: int = 200
    weighting: Weighting = "hellinger"

    def __post_init__(self) -> None:
        if not 1 <= self.words <= MOST_WORDS or self.weighting not in get_args(Weighting):
            raise ConfigError(
                f"words={self.words}, weighting={self.weighting!r}: 1 to {MOST_WORDS} words, "
                f"by {' or '.join(get_args(Weighting))}."
            )

    def fit(self, series: pl.Series, seed: int) -> "WordRow":
        """Raises MissingExtraError without OpenCV, DataError for a picture that does not open."""
        size = WorkingSize.of(series, least=SHORTEST, most=LONGEST)
        described = _described(self.describer, size, series)
        every = np.concatenate([*described, np.zeros((0, LENGTHS[self.describer.method]), dtype=np.float32)])
        if len(every) > MOST_LEARNED:
            every = every[np.sort(generator(seed, "descriptors").choice(len(every), MOST_LEARNED, replace=False))]
        centres = _centres(every, self.words, seed32(seed, "vocabulary"))
        counts = _counts(described, centres)
        seen = (counts > 0).sum(axis=0)
        rarity = np.log((1 + len(counts)) / (1 + seen)) + 1.0  # as scikit-learn's idf
        return WordRow(size, self.describer, self.weighting, centres, rarity)


def _described(describer: Describer, size: WorkingSize, series: pl.Series) -> list[np.ndarray]:
    describe = describer.open()
    return [describe(picture[..., 0]) for picture in size.pixels(series, channels=1)]


def _centres(descriptors: np.ndarray, words: int, seed: int) -> np.ndarray:
    """float32 (at most words, length)."""
    distinct = np.unique(descriptors, axis=0)
    if len(distinct) <= words:
        return distinct
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    model = MiniBatchKMeans(words, random_state=seed, batch_size=2048, n_init=1, max_iter=50)
    with threadpool_limits(limits=1):  # sums that are cut by thread have other last digits
        model.fit(descriptors)
    return np.asarray(model.cluster_centers_, dtype=np.float32)


def _counts(described: list[np.ndarray], centres: np.ndarray) -> np.ndarray:
    """float64 (n, words).  Picture by picture, so that one has the same words alone as in company."""
    found = np.zeros((len(described), len(centres)))
    if not len(centres):
        return found
    own = (centres.astype(np.float64) ** 2).sum(axis=1)
    for row, descriptors in enumerate(described):
        if len(descriptors):
            nearest = (own - 2 * (descriptors.astype(np.float64) @ centres.T.astype(np.float64))).argmin(axis=1)
            found[row] = np.bincount(nearest, minlength=len(centres))
    return found


@dataclass(frozen=True, eq=False)
class WordRow:
    """centres: float32 (words, length of a descriptor).  rarity: float64 (words,), at least 1."""

    KIND: ClassVar[str] = "visual-words"

    size: WorkingSize
    describer: Describer
    weighting: Weighting
    centres: np.ndarray
    rarity: np.ndarray

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", len(self.centres)),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, words), each row of length 1, or 0 where a picture has no keypoint.

        Raises MissingExtraError without OpenCV, DataError for a picture that does not open.
        """
        counts = _counts(_described(self.describer, self.size, series), self.centres)
        if self.weighting == "hellinger":
            return np.asarray(np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)))
        weighed = counts * self.rarity
        lengths = np.sqrt((weighed**2).sum(axis=1, keepdims=True))
        return np.asarray(weighed / np.where(lengths > 0, lengths, 1.0))

    def state(self) -> State:
        named = {"method": self.describer.method, "points": self.describer.points, "weighting": self.weighting}
        return {"kind": self.KIND, **self.size.state(), **named, "centres": self.centres, "rarity": self.rarity}

    @classmethod
    def from_state(cls, state: State) -> Self:
        size = WorkingSize.from_state(state)
        method = cast(Method, checks.choice(state, "method", get_args(Method)))
        points = cast(Points, checks.choice(state, "points", get_args(Points)))
        weighting = cast(Weighting, checks.choice(state, "weighting", get_args(Weighting)))
        if points == "grid" and method != "sift":
            raise BundleError("the saved model's keypoints stand on a grid, which only those of sift do.")
        centres = checks.floats(state, "centres", (None, LENGTHS[method]), np.float32)
        rarity = checks.floats(state, "rarity", (len(centres),))
        if len(centres) > MOST_WORDS or (len(rarity) and rarity.min() < 1.0):
            raise BundleError(f"the saved vocabulary must hold at most {MOST_WORDS} words, each with a rarity of 1 or more.")
        if np.abs(centres).max(initial=0.0) > 2 or rarity.max(initial=1.0) > 100:
            raise BundleError("the saved vocabulary holds numbers that no descriptor has.")
        return cls(size, Describer(method=method, points=points), weighting, centres, rarity)
