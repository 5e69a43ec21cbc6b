"""word2vec's binary form: a head "words width", then each word, a space, and its float32 numbers.

gensim writes it by ``KeyedVectors.save_word2vec_format(path, binary=True)``; its own ``save`` writes pickles, which are never
read here, because reading one runs whatever is in it.
"""

from io import BytesIO
from pathlib import Path

import numpy as np

from assay.core.errors import DataError
from assay.core.files import write_atomic
from assay.language.vectors.files.limits import MOST_WORD_BYTES, check_claim, decoded, made, opened
from assay.language.vectors.files.text import check_words, head_of
from assay.language.vectors.vectors import WordVectors

CHUNK = 1 << 20


def read_binary(path: Path) -> WordVectors:
    """Raises DataError for a head that the file is too small for, a file that is cut short, and bytes left at its end."""
    with opened(path) as (stream, size):
        head = head_of(stream.readline(64))
        if head is None:
            raise DataError(
                f"{path}: the first line must be the number of vectors and of numbers of each; this is no word2vec file."
            )
        count, width = head
        check_claim(path, count, width, least_bytes=count * (4 * width + 2), size=size)
        words: list[str] = []
        matrix = np.empty((count, width), dtype=np.float32)
        rest, row_bytes = b"", 4 * width
        at = 0
        for number in range(count):
            space = rest.find(b" ", at)
            while space < 0 or len(rest) - space - 1 < row_bytes:
                more = stream.read(CHUNK)
                if not more or (space < 0 and len(rest) - at > MOST_WORD_BYTES + CHUNK):
                    raise DataError(f"{path} is cut short or damaged at vector {number + 1} of {count}.")
                rest, at = rest[at:] + more, 0
                space = rest.find(b" ")
            word = rest[at:space].lstrip(b"\n")
            if not 0 < len(word) <= MOST_WORD_BYTES:
                raise DataError(f"{path}: word {number + 1} has {len(word)} bytes; the file is damaged.")
            words.append(decoded(path, word, number + 1))
            matrix[number] = np.frombuffer(rest, dtype="<f4", count=width, offset=space + 1)
            at = space + 1 + row_bytes
        if rest[at:].strip(b"\n") or stream.read(1):
            raise DataError(f"{path} goes on behind its {count} vectors; its head is wrong.")
    return made(path, words, matrix, "word2vec binary")


def write_binary(vectors: WordVectors, path: Path) -> None:
    """As word2vec and gensim write it.  Raises DataError for words with white space, and where the disk refuses."""
    check_words(vectors, path)
    stream = BytesIO()
    stream.write(f"{len(vectors)} {vectors.width}\n".encode())
    for word, row in zip(vectors.words, vectors.matrix.astype("<f4"), strict=True):
        stream.write(word.encode("utf-8") + b" " + row.tobytes() + b"\n")
    try:
        write_atomic(path, stream.getvalue())
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
