"""``assay predict``: a saved model's answers for a file, one line a row, in the order of the rows."""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import say_json, tell
from assay.cli.folders import model_path
from assay.core.errors import ConfigError
from assay.core.files import write_atomic
from assay.core.names import did_you_mean
from assay.data.safe_csv import write_csv

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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
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
        if as_json:
            say_json({"schema": 1, "model": model, "n": answers.height, "predictions": _objects(answers)})
            return
        sys.stdout.buffer.write(stream.getvalue())
        return
    try:
        write_atomic(Path(out), stream.getvalue())
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror or error}; name another file with -o.") from error
    tell(f"{answers.height} predictions are in {out}.")
    if as_json:
        say_json({"schema": 1, "model": model, "n": answers.height, "out": out})


def _objects(answers: "pl.DataFrame") -> list[dict[str, object]]:
    """A row each; JSON knows no NaN and no infinity, so that such a number becomes null."""
    import polars as pl

    finite = [
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
        for name, dtype in answers.schema.items()
        if dtype.is_float()
    ]
    return answers.with_columns(finite).to_dicts()


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
