"""``assay predict``: a saved model's answers for a file, one line a row, in the order of the rows."""

import json
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import tell
from assay.cli.folders import model_path
from assay.core.errors import ConfigError
from assay.core.files import write_atomic
from assay.core.names import did_you_mean

if TYPE_CHECKING:
    import polars as pl


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A saved model: RUN/model, or a .assay file.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="Rows with the model's feature columns, by name.")],
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help=".csv, .parquet or .jsonl (default: CSV on stdout).")
    ] = None,
    level: Annotated[
        float | None,
        typer.Option(
            "--level",
            metavar="SHARE",
            help="Also the set of labels, or the interval, that holds the truth this often, such as 0.9.",
        ),
    ] = None,
) -> None:
    """Score the rows of DATA with a saved model."""
    write = _writer(out)
    from assay.bundle import load

    loaded = load(model_path(model))
    answers = loaded.predict(Path(data), level)
    for note in loaded.notes(level):
        tell(note)
    stream = BytesIO()
    write(answers, stream)
    if out is None:
        sys.stdout.buffer.write(stream.getvalue())
        return
    try:
        write_atomic(Path(out), stream.getvalue())
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror or error}; name another file with -o.") from error
    tell(f"{answers.height} predictions are in {out}.")


def _writer(out: str | None) -> "Callable[[pl.DataFrame, BytesIO], None]":
    """How to write, by the suffix; known before the work begins. Raises ConfigError."""
    writers: dict[str, Callable[[pl.DataFrame, BytesIO], None]] = {
        ".csv": write_csv,
        ".parquet": lambda frame, stream: frame.write_parquet(stream),
        ".jsonl": lambda frame, stream: frame.write_ndjson(stream),
    }
    suffix = ".csv" if out is None else Path(out).suffix.lower()
    if suffix not in writers:
        raise ConfigError(f"-o {out}: the format follows from the suffix{did_you_mean(suffix, writers)}")
    if out is not None and Path(out).is_dir():
        raise ConfigError(f"-o {out} is a folder; name a file.")
    return writers[suffix]


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
