"""One n-gram model with its vocabulary in one file, without a study: a compressed ``.npz`` of arrays and a JSON header."""

from io import BytesIO
from pathlib import Path

import numpy as np

from assay.archive.state import decode, encode
from assay.archive.strict import parse_canonical
from assay.core.errors import BundleError, ConfigError
from assay.core.files import canonical_json, write_atomic
from assay.core.npz import read_npz
from assay.language.ngrams.model import NgramModel
from assay.language.ngrams.state import model_from_state, state_of
from assay.language.ngrams.words import Words
from assay.prepare import checks
from assay.prepare.corpus import MARKS

KIND = "ngrams-file"
HEADER = "header"
MOST_BYTES = 2**32


def save_ngrams(path: str | Path, model: NgramModel, words: Words) -> int:
    """The number of bytes written; equal models give equal ones.

    Raises ConfigError where words and model differ, BundleError of the disk.
    """
    if words.size != model.vocabulary_size:
        raise ConfigError(f"the model is of {model.vocabulary_size} ids, and these words make {words.size}.")
    state = {**state_of(model), "kind": KIND, "vocabulary": list(words.words)}
    value, arrays = encode(state)
    header = np.frombuffer(canonical_json(value).encode(), dtype=np.uint8)
    stream = BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **{HEADER: header}, **arrays)
    try:
        write_atomic(Path(path), stream.getvalue())
    except OSError as error:
        raise BundleError(f"{path} cannot be written: {error.strerror or error}; choose another place.") from error
    return len(stream.getvalue())


def load_ngrams(path: str | Path) -> tuple[NgramModel, Words]:
    """Raises BundleError for a file that ``save_ngrams`` cannot have written."""
    try:
        arrays = read_npz(Path(path).read_bytes(), MOST_BYTES)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise BundleError(f"{path} is no n-gram file: {error}.") from error
    header = arrays.pop(HEADER, None)
    if header is None or header.dtype != np.uint8 or header.ndim != 1:
        raise BundleError(f"{path} is no n-gram file: it has no header.")
    state = decode(parse_canonical(header.tobytes(), str(path)), arrays, str(path))
    checks.choice(state, "kind", {KIND})
    model = model_from_state(state)
    words = checks.distinct_texts(state, "vocabulary", most=model.vocabulary_size)
    if len(words) + len(MARKS) != model.vocabulary_size or set(words) & set(MARKS):
        raise BundleError(f"{path}: its vocabulary is not that of its runs; save the model again.")
    return model, Words(words)
