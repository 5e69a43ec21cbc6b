"""The rows of a request, from JSON, CSV or Parquet; what they hold is checked by ``assay.data.conform`` alone."""

import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import polars as pl

from assay.serve.http import Refusal
from assay.serve.parquet import NotParquetError, ParquetReader, TooManyRowsError
from assay.serve.typed import TypedReader

READS = ("application/json", "text/csv", "application/vnd.apache.parquet")
FORM = 'the request must be {"rows": [{column: value, …}, …]}, with "level": 0.9 and "reasons": 3 if wanted, no more.'
_FIELDS = frozenset({"rows", "level", "reasons"})


@dataclass(frozen=True)
class Rows:
    """records: as JSON has them, tuples of a typed reader, or a frame whose cells are still unchecked.

    level: of sets or intervals, unchecked, or None.

    reasons: how many columns to name, unchecked, or None.
    """

    records: list[Any] | pl.DataFrame
    level: Any = None
    reasons: Any = None

    def __len__(self) -> int:
        return len(self.records)


def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == READS[0]


def read_rows(content_type: str, body: bytes, most: int, parquet: ParquetReader, typed: TypedReader | None = None) -> Rows:
    """typed: of the model that is asked, if it has one.

    Raises Refusal: 415 for another content type, 400 for a body that is not what it says it is, 422 for JSON of another
    shape and for too many rows.
    """
    kind, _, rest = content_type.partition(";")
    kind, rest = kind.strip().lower(), rest.strip().lower().replace('"', "")
    if rest.startswith("charset=") and rest != "charset=utf-8":
        raise Refusal(415, f"the request must be sent in UTF-8, not {rest.removeprefix('charset=')[:40]}.")
    if kind == READS[0]:
        rows = _of_json(body, typed)
    elif kind == READS[1]:
        rows = Rows(_of_csv(body, most))
    elif kind == READS[2]:
        rows = Rows(_of_parquet(body, most, parquet))
    else:
        raise Refusal(415, f"the request must be sent with Content-Type: {', '.join(READS)}.")
    if len(rows) > most:
        raise _too_many(len(rows), most)
    if isinstance(rows.records, pl.DataFrame) and not len(rows):
        raise Refusal(422, "there are no rows; send at least one.")
    return rows


def _too_many(rows: int, most: int) -> Refusal:
    return Refusal(422, f"the request has {rows} rows; send at most {most} at a time.")


def _of_json(body: bytes, typed: TypedReader | None) -> Rows:
    found = None if typed is None else typed.read(body)
    if typed is not None and found is not None:
        if body.count(b":") != typed.colons(len(found)):
            _refuse_twice(body)
        return Rows(found)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the request is not JSON ({error}); NaN and Infinity are not, a missing value is null.") from error
    if type(value) is not dict or not isinstance(value.get("rows"), list) or not value.keys() <= _FIELDS:
        raise Refusal(422, FORM)
    rows = value["rows"]
    # a colon for each name: where there are more, some stand in texts, or a name was said twice
    if body.count(b":") != len(value) + sum(len(row) for row in rows if type(row) is dict):
        _refuse_twice(body)
    return Rows(rows, value.get("level"), value.get("reasons"))


def _refuse_twice(body: bytes) -> None:
    """Raises Refusal for an object that has the same name twice: which value was meant, nobody can say."""
    try:
        json.loads(body, object_pairs_hook=_once, parse_int=str, parse_float=str)  # numbers were read already
    except RecursionError as error:  # no row is so deep
        raise Refusal(422, FORM) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Refusal(400, f"the request has {twice[:80]!r} twice in one object; say each name once.")
    return found


def _of_csv(body: bytes, most: int) -> pl.DataFrame:
    """Every cell as text, an empty one as missing: what it means is for the schema to say."""
    _check_even(body)
    try:
        return pl.read_csv(io.BytesIO(body), infer_schema=False, n_rows=most + 1)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, UnicodeDecodeError) as error:
        raise Refusal(400, f"the request is no CSV in UTF-8 ({_first_line(error)}).") from error


def _check_even(body: bytes) -> None:
    """Raises Refusal for records of different lengths, which polars fills with gaps, and for a quote that is not closed."""
    codes = np.frombuffer(body, np.uint8)
    quoted = np.logical_xor.accumulate(codes == ord('"')) if b'"' in body else np.zeros(len(codes), dtype=bool)
    if len(codes) and quoted[-1]:
        raise Refusal(400, "the request is no CSV (a quote is not closed).")
    if body.endswith(b"\n"):
        codes, quoted = codes[:-1], quoted[:-1]
    ends = np.append(np.flatnonzero((codes == ord("\n")) & ~quoted), len(codes))
    commas = np.searchsorted(np.flatnonzero((codes == ord(",")) & ~quoted), ends)
    cells = np.diff(commas, prepend=0) + 1
    uneven = np.flatnonzero(cells != cells[0])
    if len(uneven):
        record = int(uneven[0])
        said = f"record {record + 1} has {cells[record]} cells, and the first one {cells[0]}"
        raise Refusal(400, f"the request is no CSV ({said}).")


def _of_parquet(body: bytes, most: int, reader: ParquetReader) -> pl.DataFrame:
    try:
        return reader.read(body, most)
    except TooManyRowsError as error:
        raise _too_many(error.rows, most) from error
    except NotParquetError as error:
        raise Refusal(400, f"the request is no Parquet file ({error}).") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
