"""Several rows at once: CSV that was pasted, its answers as a table and as a file."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.data.conforming import conform
from assay.data.safe_csv import write_csv
from assay.report.numbers import number
from assay.serve.studio.trying_fields import Field
from assay.serve.studio.trying_models import Tried

MOST_ROWS = 10_000
MOST_SHOWN = 200
MOST_COLUMNS = 12
_SEPARATORS = (",", "\t", ";")


@dataclass(frozen=True)
class Answered:
    """rows: of the first MOST_SHOWN answers, cells as text.  ignored: pasted columns that the model does not read.

    unknown: (column, cells whose level no training row had).
    """

    n: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more_columns: int
    ignored: tuple[str, ...]
    unknown: tuple[tuple[str, int], ...]


def read_csv(tried: Tried, said: str) -> pl.DataFrame:
    """Every cell as text, an empty one as missing.  Comma, tab (as a spreadsheet copies) or semicolon, whichever is commonest.

    Raises ConfigError for a model of pictures, DataError for what is no CSV and for too many rows.
    """
    if tried.pictures:
        raise ConfigError(f"the model reads pictures ({tried.pictures[0]!r}), which do not fit into CSV; try them one by one.")
    said = said.lstrip("\ufeff\r\n").replace("\r\n", "\n")
    if not said.strip():
        raise DataError("nothing was pasted; paste a line of column names and a line for each row.")
    head = said.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    try:
        found = pl.read_csv(io.BytesIO(said.encode()), infer_schema=False, n_rows=MOST_ROWS + 1, separator=separator)
    except (pl.exceptions.PolarsError, UnicodeEncodeError) as error:
        raise DataError(f"what was pasted is no CSV ({(str(error).strip().splitlines() or ['?'])[0][:200]}).") from error
    if found.is_empty():
        raise DataError("there is a line of column names, and no row below it.")
    if found.height > MOST_ROWS:
        raise DataError(f"more than {MOST_ROWS} rows were pasted; assay predict takes files of any length.")
    return found


def predictions(tried: Tried, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(features, answers) of pasted rows.  Raises DataError for a cell that does not fit, with its row and column."""
    features = conform(frame, tried.model.fitted.schema)
    with tried.lock:
        return features, tried.model.predict_features(features)


def answered(tried: Tried, said: str) -> Answered:
    frame = read_csv(tried, said)
    features, found = predictions(tried, frame)
    shown = found.columns[:MOST_COLUMNS]
    rows = found.head(MOST_SHOWN).select(shown).rows()
    unknown = [
        (column.name, int((~features[column.name].is_in(list(column.levels))).sum() or 0))
        for column in tried.columns
        if column.kind == "category" and column.levels
    ]
    return Answered(
        found.height,
        tuple(shown),
        tuple(tuple(cell if isinstance(cell, str) else number(cell, 4) for cell in row) for row in rows),
        len(found.columns) - len(shown),
        tuple(name for name in frame.columns if name not in tried.fields),
        tuple(one for one in unknown if one[1]),
    )


def as_csv(tried: Tried, said: str) -> bytes:
    """The answers as ``assay predict`` writes them."""
    stream = io.BytesIO()
    write_csv(predictions(tried, read_csv(tried, said))[1], stream)
    return stream.getvalue()


def example_csv(fields: Sequence[Field]) -> str:
    """A line of names and a typical row."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([field.name for field in fields])
    writer.writerow([field.typical for field in fields])
    return stream.getvalue()
