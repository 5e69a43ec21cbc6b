"""Vectors from any file that is known here: the form is found out from its first bytes, not from its name."""

from pathlib import Path
from typing import Literal

from assay.core.errors import ConfigError, DataError
from assay.language.vectors.files.binary import read_binary, write_binary
from assay.language.vectors.files.limits import opened
from assay.language.vectors.files.navec import read_navec
from assay.language.vectors.files.saved import load_vectors, save_vectors
from assay.language.vectors.files.text import head_of, read_text, write_text
from assay.language.vectors.vectors import WordVectors

Form = Literal["assay", "word2vec-text", "word2vec-binary", "glove", "navec"]
FORMS = ("assay", "word2vec-text", "word2vec-binary", "glove", "navec")
LOOKED_AT = 4096


def read_vectors(path: str | Path, form: Form | None = None) -> WordVectors:
    """Read our own folder, word2vec text or binary (also as gensim writes them), GloVe text, or a navec tar.

    form: None to find it out.  Raises AssayError in one line for anything else; pickles are never read.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"there is no file or folder {path}.")
    if path.is_dir():
        return load_vectors(path)
    form = form or form_of(path)
    if form == "word2vec-binary":
        return read_binary(path)
    if form == "navec":
        return read_navec(path)
    if form in ("word2vec-text", "glove"):
        return read_text(path, headed=form == "word2vec-text")
    raise ConfigError(f"form={form!r} is none of {', '.join(FORMS)} that a file can have.")


def form_of(path: Path) -> Form:
    """The form of a file by its first bytes.  Raises DataError for a pickle and for what is none of them."""
    with opened(path) as (stream, size):
        start = stream.read(LOOKED_AT)
    if not size:
        raise DataError(f"{path} is empty.")
    if start[:1] == b"\x80" or start[:2] == b"PK":
        raise DataError(
            f"{path} is a pickle or an archive of one, which is never read here: reading one runs what is in it. From gensim "
            "write vectors with KeyedVectors.save_word2vec_format(path, binary=True)."
        )
    if start[:2] == b"\x1f\x8b":
        raise DataError(f"{path} is packed with gzip; unpack it first.")
    if start[257:262] == b"ustar":
        return "navec"
    line, _, rest = start.partition(b"\n")
    head = head_of(line)
    if head is None:
        return "glove"
    vector = rest.partition(b" ")[2]
    printable = b"0123456789+-.eE \r\nnaifNAIF"
    is_text = bool(vector) and all(byte in printable for byte in vector.partition(b"\n")[0][:200])
    return "word2vec-text" if is_text else "word2vec-binary"


def write_vectors(vectors: WordVectors, path: str | Path, form: Form = "assay") -> None:
    """Write our own folder, or a file of another form (navec's is only read)."""
    path = Path(path)
    if form == "assay":
        save_vectors(vectors, path)
    elif form == "word2vec-binary":
        write_binary(vectors, path)
    elif form in ("word2vec-text", "glove"):
        write_text(vectors, path, headed=form == "word2vec-text")
    else:
        raise ConfigError(f"form={form!r} cannot be written; {', '.join(name for name in FORMS if name != 'navec')} can.")
