"""A file of running text: a row each line."""

import re

import polars as pl

from assay.core.errors import DataError
from assay.data.sources.encodings import decode
from assay.data.sources.raw import RawTable

TEXT_COLUMN = "text"
_SEPARATORS = re.compile(r"[,;\t|]")
_LONGEST_HEADER = 1 << 16


def from_lines(content: bytes, source: str, unless: str = "") -> RawTable | None:
    """One column, which is the target too; blank lines are left out.  Raises DataError for a file without a line of text.

    None where the first line names the column ``unless``: then it is the header of a table.
    """
    text, encoding = decode(content, source)
    if unless and unless in _header(text):
        return None
    lines = pl.Series(TEXT_COLUMN, text.splitlines(), dtype=pl.String).str.strip_chars()
    written = lines.filter(lines != "")
    if written.is_empty():
        raise DataError(f"{source}: there is no line of text.")
    blank = len(lines) - len(written)
    notes = (f"encoding: {encoding}", f"a row each line: {len(written)}", *([f"blank lines left out: {blank}"] if blank else []))
    return RawTable(written.to_frame(), source, target=TEXT_COLUMN, notes=notes)


def _header(text: str) -> list[str]:
    first = text[:_LONGEST_HEADER].lstrip().partition("\n")[0]
    return [cell.strip().strip('"') for cell in _SEPARATORS.split(first)]
