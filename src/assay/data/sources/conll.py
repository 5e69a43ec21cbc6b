"""CoNLL files: a token a line with its tag, a blank line between sentences.

A row is a sentence: ``text`` holds its tokens and ``tags`` as many tags, both parted by spaces.  The token is the first column
and the tag the last one; columns are parted by tabs, or by spaces where the file has no tab.  Left out are lines of
-DOCSTART- and comments (lines that begin with # and have other columns than the first token's line).
"""

import polars as pl

from assay.core.errors import DataError
from assay.data.sources.encodings import decode
from assay.data.sources.raw import RawTable

SUFFIXES = (".conll", ".iob", ".bio")
TEXT_COLUMN = "text"
TAGS_COLUMN = "tags"
_DOCUMENT = "-DOCSTART-"
_JOIN = "_"
"""Stands for a space inside a token."""


def from_conll(content: bytes, source: str) -> RawTable:
    """Raises DataError for a file without a token, and for a line with other columns than the first one has."""
    text, encoding = decode(content, source)
    lines = text.split("\n")
    parted = "\t" if "\t" in text else None
    tokens: list[str] = []
    tags: list[str] = []
    texts, tagged, joined, width = [], [], 0, 0
    for number, line in enumerate([*lines, ""], start=1):
        parts = [part.strip() for part in line.strip("\r\n\ufeff").split(parted)] if line.strip() else []
        if parts and width and len(parts) != width and line.startswith("#"):
            continue
        if not parts or parts[0] == _DOCUMENT:
            if tokens:
                texts.append(" ".join(tokens))
                tagged.append(" ".join(tags))
                tokens, tags = [], []
            continue
        if not width and line.startswith("# "):
            continue  # a comment before the first token; later ones are known by their columns
        width = width or len(parts)
        if len(parts) != width or width < 2 or not parts[0] or not parts[-1]:
            raise DataError(
                f"{source}: line {number} has {len(parts)} columns where {max(width, 2)} are expected, the token first and its "
                f"tag last ({line.strip()[:60]!r}); blank lines part sentences."
            )
        joined += any(" " in part for part in (parts[0], parts[-1]))
        tokens.append(_JOIN.join(parts[0].split()))
        tags.append(_JOIN.join(parts[-1].split()))
    if not texts:
        raise DataError(f"{source}: there is no token; a CoNLL file has a token and its tag on each line.")
    frame = pl.DataFrame({TEXT_COLUMN: texts, TAGS_COLUMN: tagged}, schema={TEXT_COLUMN: pl.String, TAGS_COLUMN: pl.String})
    notes = [f"encoding: {encoding}", f"a row each sentence: {len(texts)}"]
    if joined:
        notes.append(f"tokens or tags with a space inside, written with {_JOIN}: {joined}")
    return RawTable(frame, source, target=TAGS_COLUMN, notes=tuple(notes))
