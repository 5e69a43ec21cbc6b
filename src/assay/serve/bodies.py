"""The rows of a request, from JSON, CSV or Parquet; what they hold is checked by ``assay.data.conform`` alone."""

import io
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from assay.serve.http import Refusal

READS = ("application/json", "text/csv", "application/vnd.apache.parquet")
FORM = 'the request must be {"rows": [{column: value, …}, …]}, with "level": 0.9 if wanted, no more.'


@dataclass(frozen=True)
class Rows:
    """records: as JSON has them, or a frame whose cells are still unchecked.  level: of sets or intervals, unchecked, or None."""

    records: list[Any] | pl.DataFrame
    level: Any = None

    def __len__(self) -> int:
        return len(self.records)


def read_rows(content_type: str, body: bytes, most: int) -> Rows:
    """Raises Refusal: 415 for another content type, 400 for a body that is not what it says it is, 422 for JSON of another
    shape and for too many rows.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == READS[0]:
        rows = _of_json(body)
    elif kind == READS[1]:
        rows = Rows(_of_csv(body, most))
    elif kind == READS[2]:
        rows = Rows(_of_parquet(body, most))
    else:
        raise Refusal(415, f"the request must be sent with Content-Type: {', '.join(READS)}.")
    if len(rows) > most:
        raise _too_many(len(rows), most)
    return rows


def _too_many(rows: int, most: int) -> Refusal:
    return Refusal(422, f"the request has {rows} rows; send at most {most} at a time.")


def _of_json(body: bytes) -> Rows:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the request is not JSON ({error}); NaN and Infinity are not, a missing value is null.") from error
    if type(value) is not dict or not isinstance(value.get("rows"), list) or not value.keys() <= {"rows", "level"}:
        raise Refusal(422, FORM)
    return Rows(value["rows"], value.get("level"))


def _of_csv(body: bytes, most: int) -> pl.DataFrame:
    """Every cell as text, an empty one as missing: what it means is for the schema to say."""
    try:
        return pl.read_csv(io.BytesIO(body), infer_schema=False, n_rows=most + 1)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise Refusal(400, f"the request is no CSV in UTF-8 ({_first_line(error)}).") from error


def _of_parquet(body: bytes, most: int) -> pl.DataFrame:
    """The number of rows is read before any of them is expanded."""
    try:
        rows = pl.scan_parquet(io.BytesIO(body)).select(pl.len()).collect().item()
        if rows > most:
            raise _too_many(rows, most)
        return pl.read_parquet(io.BytesIO(body))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise Refusal(400, f"the request is no Parquet file ({_first_line(error)}).") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
