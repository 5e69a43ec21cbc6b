"""A file of running text: a row each line."""

import polars as pl

from assay.core.errors import DataError
from assay.data.sources.encodings import decode
from assay.data.sources.raw import RawTable

TEXT_COLUMN = "text"


def from_lines(content: bytes, source: str) -> RawTable:
    """One column, which is the target too; blank lines are left out.  Raises DataError for a file without a line of text."""
    text, encoding = decode(content, source)
    lines = pl.Series(TEXT_COLUMN, text.splitlines(), dtype=pl.String).str.strip_chars()
    written = lines.filter(lines != "")
    if written.is_empty():
        raise DataError(f"{source}: there is no line of text.")
    blank = len(lines) - len(written)
    notes = (f"encoding: {encoding}", f"a row each line: {len(written)}", *([f"blank lines left out: {blank}"] if blank else []))
    return RawTable(written.to_frame(), source, target=TEXT_COLUMN, notes=notes)
