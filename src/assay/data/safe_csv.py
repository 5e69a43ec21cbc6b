"""CSV that no spreadsheet takes for formulas."""

import json
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def write_csv(frame: "pl.DataFrame", stream: BytesIO) -> None:
    """CSV in which no cell is taken for a formula by a spreadsheet: such text gets an apostrophe in front.

    A number that is text ("-1") is left as it is.  A set of labels becomes a JSON array: a label may hold any separator.
    """
    import polars as pl

    sets = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
    frame = frame.with_columns(
        pl.Series(name, [json.dumps(labels, ensure_ascii=False) for labels in frame[name].to_list()], dtype=pl.String)
        for name in sets
    )
    texts = [pl.col(name) for name, dtype in frame.schema.items() if dtype == pl.String]
    safe = frame.with_columns(
        pl.when(text.str.contains(r"^[=+\-@\t\r]") & text.cast(pl.Float64, strict=False).is_null())
        .then(pl.concat_str(pl.lit("'"), text))
        .otherwise(text)
        .alias(text.meta.output_name())
        for text in texts
    )
    names = {name: f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name for name in safe.columns}
    safe.rename(names).write_csv(stream)
