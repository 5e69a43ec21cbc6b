"""CSV and its relatives: the separator and the quotes are found out, and a ragged row is named.

polars parses; Python's csv module is the judge of records (it finds the separator on a sample, and the row that is
too short or too long when the counts do not add up). csv.Sniffer is not used: it guesses on letters.
Every column is returned as text; kinds are decided elsewhere.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from assay.core.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader

_SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_CHARACTERS = 262_144
_SAMPLE_RECORDS = 200
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


@dataclass(frozen=True, slots=True)
class Dialect:
    separator: str
    quote: str


def parse_delimited(text: str, source: str, separator: str | None = None) -> tuple[pl.DataFrame, list[str]]:
    """The columns of a delimited text, all String, and notes on what was decided.

    Raises DataError for an empty file, a name that stands twice in the header, and a row with too few or too many
    fields (by its line number; the header is line 1).
    """
    text, skipped, separator = without_preamble(text, separator)
    if not text:
        raise DataError(f"{source}: the file is empty.")
    dialect = find_dialect(text, separator)
    names, notes = header(text, dialect, source)
    notes.insert(0, f"separator: {SEPARATOR_NAMES[dialect.separator]}")
    if dialect.quote != '"':
        notes.append(f"quotes: {dialect.quote}")
    frame = _fast(text, dialect, names)
    if frame is None:
        frame = _careful(text, dialect, names, source, skipped, notes)
    if frame.height == 0:
        raise DataError(f"{source}: the file has a header but no rows.")
    return decimal_commas(frame, dialect, notes), notes


def without_preamble(text: str, separator: str | None) -> tuple[str, int, str | None]:
    """Text without blank lines at its ends and without Excel's "sep=;" line; how many lines went; the separator."""
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    body = text.lstrip("\r\n")
    skipped = text[: len(text) - len(body)].count("\n")
    said = re.match(r"sep=(.)\r?\n", body)
    if said and said[1] in _SEPARATORS:
        body, skipped, separator = body[said.end() :], skipped + 1, said[1]
    return (body.rstrip("\r\n") if body.strip() else ""), skipped, separator


def _records(text: str, dialect: Dialect, *, strict: bool = False) -> "Reader":
    return csv.reader(io.StringIO(text, newline=""), delimiter=dialect.separator, quotechar=dialect.quote, strict=strict)


def find_dialect(text: str, separator: str | None = None) -> Dialect:
    """The separator and quote under which most records of a sample have as many fields as the header, two at least.

    A text whose header no separator splits is one column; its separator is then the first that does not occur in it.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    whole = len(sample) == len(text)
    quotes = ('"',) if '"' in sample or "'" not in sample else ('"', "'")
    best: tuple[float, int, int] = (0.0, 0, 0)
    found: Dialect | None = None
    for quote in quotes:
        for candidate in (separator,) if separator else _SEPARATORS:
            dialect = Dialect(candidate, quote)
            score = _evenness(sample, dialect, whole=whole)
            # A tie goes to the double quote, then to more fields: a,b;c,d is read as it splits most.
            rank = (score[0], int(quote == '"'), score[1])
            if score[1] >= 2 and rank > best:
                best, found = rank, dialect
    if found is not None:  # even where few rows agree with the header: a ragged file is refused, not read as one column
        return found
    unused = next((one for one in _SEPARATORS if one not in text), None)
    return Dialect(separator or unused or ",", '"')


def _evenness(sample: str, dialect: Dialect, *, whole: bool) -> tuple[float, int]:
    """The share of records with as many fields as the header, and that number of fields."""
    try:
        lengths = [len(record) for record in islice(_records(sample, dialect), _SAMPLE_RECORDS) if record]
    except csv.Error:  # a field beyond the csv module's limit: this separator or quote does not fit
        return 0.0, 0
    if not whole and 1 < len(lengths) < _SAMPLE_RECORDS:
        lengths.pop()  # the sample may cut its last record
    if not lengths:
        return 0.0, 0
    return Counter(lengths)[lengths[0]] / len(lengths), lengths[0]


def header(text: str, dialect: Dialect, source: str) -> tuple[list[str], list[str]]:
    """The names of the columns, and a note for each that had to be made up."""
    # Spreadsheets break long names into lines; a message about a column is one line.
    lines = (line.group() for line in _LINE.finditer(text))  # one by one: a copy of the whole text for its first record is dear
    try:
        raw = [" ".join(name.split()) for name in next(csv.reader(lines, delimiter=dialect.separator, quotechar=dialect.quote))]
    except csv.Error as error:
        raise DataError(f"{source}: the header is no line of names ({error}); write one name for each column.") from error
    notes = []
    names = []
    for position, name in enumerate(raw, start=1):
        if not name:
            name = f"column_{position}"
            notes.append(f"column {position} has no name in the header and is called {name!r}")
        names.append(name)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [str(i) for i, name in enumerate(names, start=1) if name == twice[0]]
        raise DataError(
            f"{source}: the name {twice[0]!r} stands {len(places)} times in the header (columns {', '.join(places)})."
        )
    return names, notes


def _fast(text: str, dialect: Dialect, names: list[str]) -> pl.DataFrame | None:
    """polars' parse, or None when separators and line ends outside quotes do not add up to whole rows."""
    content = text.encode()
    cells = np.frombuffer(content, dtype=np.uint8)
    is_quote = cells == ord(dialect.quote)
    if is_quote.any():
        outside = ~np.bitwise_xor.accumulate(is_quote)
        separators = int(np.count_nonzero((cells == ord(dialect.separator)) & outside))
        records = int(np.count_nonzero((cells == ord("\n")) & outside)) + 1
    else:
        separators, records = content.count(dialect.separator.encode()), content.count(b"\n") + 1
    if separators != (len(names) - 1) * records or records < 2:
        return None
    try:
        frame = pl.read_csv(content, separator=dialect.separator, quote_char=dialect.quote, infer_schema=False)
    except pl.exceptions.PolarsError:
        return None
    if frame.shape != (records - 1, len(names)):
        return None
    frame.columns = names
    return frame


def _careful(text: str, dialect: Dialect, names: list[str], source: str, skipped: int, notes: list[str]) -> pl.DataFrame:
    """Record by record, with the line of the first that does not fit."""
    try:
        rows = list(whole_rows(_records(text, dialect, strict=True), len(names), source, skipped))
    except csv.Error as error:
        # Texts with bare quotes and no quoting at all: every line is a record, or else the quotes are at fault.
        plain = [line.split(dialect.separator) for line in text.splitlines()]
        if any(len(record) != len(names) for record in plain):
            raise DataError(f"{source}: a quote is not closed, or text follows one ({error}); mend the quotes.") from error
        notes.append("quotes are read as text")
        rows = plain[1:]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def whole_rows(records: "Reader", width: int, source: str, skipped: int) -> Iterator[list[str]]:
    """The records after the header.  Raises DataError for the first of another width, by its line.

    skipped: lines before the header.
    """
    next(records)
    start = records.line_num + 1
    for record in records:
        if not record and width == 1:
            record = [""]
        if record and len(record) != width:
            raise DataError(
                f"{source}: line {start + skipped} has {len(record)} field{'s'[: len(record) != 1]}, the header has {width}; "
                "mend the row, or quote the field that holds a separator."
            )
        if record:
            yield record
        start = records.line_num + 1


def decimal_commas(frame: pl.DataFrame, dialect: Dialect, notes: list[str]) -> pl.DataFrame:
    """1,5 as 1.5 in columns that hold nothing else, where the comma is not the separator."""
    if dialect.separator == ",":
        return frame
    turned = []
    for column in frame:
        present = column.drop_nulls().str.strip_chars()
        filled = present.filter(present.str.len_chars() > 0)
        comma = filled.str.contains(r"^[+-]?\d+,\d+$")
        if comma.any() and bool((comma | filled.str.contains(r"^[+-]?\d+$")).all()):
            turned.append(column.name)
    if turned:
        notes.append(f"decimal commas in {', '.join(turned)}")
    return frame.with_columns(pl.col(turned).str.replace(",", ".", literal=True)) if turned else frame
