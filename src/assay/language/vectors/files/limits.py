"""What a file of vectors may claim: checked against the size of the file before anything is set aside for it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from assay.core.errors import DataError
from assay.language.vectors.vectors import WordVectors

MOST_WORDS, MOST_WIDTH = 20_000_000, 10_000
MOST_WORD_BYTES = 4096
MOST_BYTES = 64 * 2**30


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """(stream, bytes of the file).  Raises DataError for what is no plain file or cannot be read."""
    try:
        with path.open("rb") as stream:
            facts = os.fstat(stream.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise DataError(f"{path} is no plain file of vectors.")
            yield stream, facts.st_size
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def check_claim(path: Path, words: int, width: int, least_bytes: int, size: int) -> None:
    """least_bytes: the fewest that so many vectors of this width take."""
    if not 1 <= words <= MOST_WORDS or not 1 <= width <= MOST_WIDTH:
        raise DataError(
            f"{path}: its head says {words} vectors of {width} numbers; a file has 1 to {MOST_WORDS} of 1 to {MOST_WIDTH}."
        )
    if least_bytes > size:
        raise DataError(
            f"{path}: its head says {words} vectors of {width} numbers, at least {least_bytes} bytes, but the file has {size}; "
            "it is cut short or its head is wrong."
        )


def made(path: Path, words: list[str], matrix: np.ndarray, form: str) -> WordVectors:
    """The vectors, with finite numbers; of a word that stands twice the first is kept, as other readers do."""
    is_finite = np.isfinite(matrix).all(axis=1)
    if not is_finite.all():
        row = int(np.flatnonzero(~is_finite)[0])
        raise DataError(f"{path}: the vector of {words[row][:40]!r} (number {row + 1}) holds what is no finite number.")
    firsts = {word: place for place, word in zip(range(len(words) - 1, -1, -1), reversed(words), strict=True)}
    if len(firsts) < len(words):
        kept = sorted(firsts.values())
        told = {"read": form, "left out": len(words) - len(kept)}
        return WordVectors(tuple(words[place] for place in kept), matrix[kept], None, None, told)
    return WordVectors(tuple(words), matrix, None, None, {"read": form})


def decoded(path: Path, word: bytes, number: int) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: word {number} is not UTF-8 ({word[:20]!r}); the file is damaged or in another encoding."
        ) from error
