"""Vectors as lines of text: word2vec's form, with a first line "words width", and GloVe's, without one."""

from pathlib import Path

import numpy as np

from assay.core.errors import DataError
from assay.core.files import write_atomic
from assay.language.vectors.files.limits import MOST_WORDS, check_claim, decoded, made, opened
from assay.language.vectors.vectors import WordVectors

MOST_LINE = 1_000_000


def head_of(line: bytes) -> tuple[int, int] | None:
    """(words, width) where the line is a head: two whole numbers and nothing else."""
    parts = line.split()
    if len(parts) == 2 and all(part.isdigit() and len(part) < 12 for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def read_text(path: Path, *, headed: bool | None = None) -> WordVectors:
    """Read word2vec or GloVe text.  headed: whether the first line is a head; None: found out.

    A word may hold spaces (as some of GloVe's do): the numbers are the last ones of a line.
    Raises DataError that names the line.
    """
    with opened(path) as (stream, size):
        first = stream.readline(MOST_LINE)
        head = None if headed is False else head_of(first)
        if headed and head is None:
            raise DataError(f"{path}: the first line must be the number of vectors and of numbers of each.")
        words: list[str] = []
        rows: list[np.ndarray] = []
        width = None if head is None else head[1]
        if head is not None:
            check_claim(path, *head, least_bytes=head[0] * (2 * head[1] + 2), size=size)
        line, number = (first, 1) if head is None else (stream.readline(MOST_LINE), 2)
        while line:
            if line.strip() or head is None:
                word, row = _parsed(path, line, number, width)
                width = len(row)
                words.append(word)
                rows.append(row)
            if len(words) > (MOST_WORDS if head is None else head[0]):
                raise DataError(f"{path}: more lines than the {head[0] if head else MOST_WORDS} vectors that its head says.")
            line, number = stream.readline(MOST_LINE), number + 1
    if head is not None and len(words) != head[0]:
        raise DataError(f"{path}: its head says {head[0]} vectors, but it holds {len(words)}; it is cut short.")
    if not words:
        raise DataError(f"{path} is empty.")
    return made(path, words, np.stack(rows), "word2vec text" if head else "GloVe text")


def _parsed(path: Path, line: bytes, number: int, width: int | None) -> tuple[str, np.ndarray]:
    parts = line.rstrip(b"\r\n ").split(b" ")
    size = len(parts) - 1 if width is None else width
    if size < 1 or len(parts) < size + 1:
        raise DataError(
            f"{path}, line {number}: {len(parts) - 1} numbers behind the word where {width or 'at least 1'} must be; the line "
            "is cut short or this is no file of vectors."
        )
    try:
        row = np.array([float(part) for part in parts[-size:]], dtype=np.float32)
    except ValueError:
        raise DataError(f"{path}, line {number}: what stands behind the word is not all numbers.") from None
    return decoded(path, b" ".join(parts[:-size]), number), row


def write_text(vectors: WordVectors, path: Path, *, headed: bool = True) -> None:
    """word2vec's text, or GloVe's (``headed=False``); each number in the fewest digits that give it back exactly.

    Raises DataError for words that the form cannot hold (white space within).
    """
    check_words(vectors, path)
    lines = [f"{len(vectors)} {vectors.width}"] if headed else []
    lines += [
        word + " " + " ".join(np.format_float_positional(value, trim="-") for value in row)
        for word, row in zip(vectors.words, vectors.matrix.astype(np.float32), strict=True)
    ]
    _write(path, ("\n".join(lines) + "\n").encode("utf-8"))


def check_words(vectors: WordVectors, path: Path) -> None:
    for word in vectors.words:
        if not word or word != "".join(word.split()):
            raise DataError(
                f"{path}: the word {word[:40]!r} is empty or holds white space, which this form cannot keep; use our own."
            )


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomic(path, content)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
