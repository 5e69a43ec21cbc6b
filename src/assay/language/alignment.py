"""Which parts of a text each part of another was made from."""

from dataclasses import dataclass

import numpy as np

from assay.language.pieces import SPACE


@dataclass(frozen=True)
class Alignment:
    """weights: float64 (answer, source) in 0 … 1, how much of each part of the source went into each of the answer."""

    source: tuple[str, ...]
    answer: tuple[str, ...]
    weights: np.ndarray

    def __post_init__(self) -> None:
        if self.weights.shape != (len(self.answer), len(self.source)):
            raise ValueError(f"{len(self.answer)} × {len(self.source)} parts have weights of the form {self.weights.shape}.")

    def by_words(self) -> "Alignment":
        """Of whole words: a word begins at ``▁``, or at a mark such as ``</s>``.

        A word of the source has the weight of all its pieces; a word of the answer the mean over its pieces.

        >>> pieces = Alignment(("▁ok", "ay"), ("▁ла", "дно"), np.array([[0.5, 0.25], [0.75, 0.25]]))
        >>> pieces.by_words()
        Alignment(source=('okay',), answer=('ладно',), weights=array([[0.875]]))
        """
        source, answer = _starts(self.source), _starts(self.answer)
        if not source or not answer:
            return self
        summed = np.add.reduceat(self.weights, source, axis=1)
        sizes = np.diff([*answer, len(self.answer)])
        mean = np.add.reduceat(summed, answer, axis=0) / sizes[:, None]
        return Alignment(_words(self.source, source), _words(self.answer, answer), mean)


def _starts(pieces: tuple[str, ...]) -> list[int]:
    """Where words begin."""
    is_mark = [piece.startswith("<") and piece.endswith(">") and len(piece) > 2 for piece in pieces]
    return [
        place
        for place, piece in enumerate(pieces)
        if place == 0 or piece.startswith(SPACE) or is_mark[place] or is_mark[place - 1]
    ]


def _words(pieces: tuple[str, ...], starts: list[int]) -> tuple[str, ...]:
    stops = [*starts[1:], len(pieces)]
    return tuple("".join(pieces[start:stop]).removeprefix(SPACE) for start, stop in zip(starts, stops, strict=True))
