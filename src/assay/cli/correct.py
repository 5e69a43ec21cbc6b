"""``assay correct``: a text or a column of a table with its spelling corrected by a saved model."""

import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import say_json, tell
from assay.cli.folders import model_path
from assay.cli.outputs import write_out
from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

if TYPE_CHECKING:
    from assay.recipes.fitted import Fitted

TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json", ".arrow", ".ipc", ".feather")
"""What is read as a table; any other file is a text, corrected line by line."""

WRITTEN = (".csv", ".parquet", ".jsonl")


@dataclass(frozen=True)
class Corrected:
    """was, now: as many lines or cells.  content: what is written."""

    was: list[str]
    now: list[str]
    content: bytes

    @property
    def changed(self) -> list[int]:
        """Counted from 1."""
        return [place for place, (one, other) in enumerate(zip(self.was, self.now, strict=True), start=1) if one != other]


def correct(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A saved model of the task spelling.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A text, or a table with the model's column of texts.")],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write there (default: stdout); of a table .csv, .parquet, .jsonl."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Correct the spelling of a text or of a column of a table.

    Capitals, punctuation, numbers and links stay as they are; a table keeps its other columns.
    """
    path = Path(file)
    is_table = Path(path.name.lower().removesuffix(".gz").removesuffix(".zip")).suffix in TABLES
    suffix = _check_out(out, path, is_table=is_table)
    from assay.bundle import load

    fitted = load(model_path(model)).fitted
    if fitted.task.asked != "spelling":
        raise ConfigError(
            f"{model} answers {fitted.task.target!r} ({fitted.task.asked}); assay correct takes a model of the task spelling."
        )
    found = _table(fitted, path, suffix) if is_table else _text(fitted, path)
    if out is not None:
        write_out(Path(out), found.content)
        tell(f"{len(found.changed)} of {len(found.was)} {'cells' if is_table else 'lines'} are corrected, in {out}.")
    elif not as_json:
        sys.stdout.buffer.write(found.content)
    if as_json:
        changes = [{"row": row, "was": found.was[row - 1], "now": found.now[row - 1]} for row in found.changed]
        say_json({"schema": 1, "model": model, "file": file, "n": len(found.was), "changed": changes, "out": out})


def _check_out(out: str | None, path: Path, *, is_table: bool) -> str:
    """The form to write, known before the work begins.  Raises ConfigError."""
    if out is not None and Path(out).is_dir():
        raise ConfigError(f"-o {out} is a folder; name a file.")
    suffix = ".csv" if out is None else Path(out).suffix.lower()
    if is_table and suffix not in WRITTEN:
        raise ConfigError(f"-o {out}: {path.name} is a table, written as {', '.join(WRITTEN)}{did_you_mean(suffix, WRITTEN)}")
    return suffix


def _answers(fitted: "Fitted", texts: list[str]) -> list[str]:
    """Blank texts stay as they are."""
    import polars as pl

    from assay.measure.texts import texts_of

    filled = [place for place, text in enumerate(texts) if text.strip()]
    if not filled:
        return list(texts)
    column = _column(fitted)
    said = texts_of(fitted.predict(pl.DataFrame({column: [texts[place] for place in filled]}, schema={column: pl.String})))
    answers = list(texts)
    for place, answer in zip(filled, said, strict=True):
        answers[place] = answer
    return answers


def _column(fitted: "Fitted") -> str:
    return fitted.schema.features[0].name


def _text(fitted: "Fitted", path: Path) -> Corrected:
    from assay.data.sources.encodings import decode

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}; name a text or a table.") from error
    lines = decode(content, path.name)[0].splitlines(keepends=True)
    ends = [line[len(line.rstrip("\r\n")) :] for line in lines]
    was = [line[: len(line) - len(end)] for line, end in zip(lines, ends, strict=True)]
    now = _answers(fitted, was)
    return Corrected(was, now, "".join(text + end for text, end in zip(now, ends, strict=True)).encode())


def _table(fitted: "Fitted", path: Path, suffix: str) -> Corrected:
    import polars as pl

    from assay.data.safe_csv import write_csv
    from assay.data.sources.files import from_path

    frame = from_path(path, labelled=False).frame
    column = _column(fitted)
    if column not in frame.columns:
        raise ConfigError(f"{path} has no column {column!r}, which the model corrects{did_you_mean(column, frame.columns)}")
    cells = frame[column].cast(pl.String)
    was = cells.fill_null("").to_list()
    now = _answers(fitted, was)
    corrected = frame.with_columns(
        pl.when(pl.Series(cells.is_null())).then(None).otherwise(pl.Series(now, dtype=pl.String)).alias(column)
    )
    stream = BytesIO()
    if suffix == ".parquet":
        corrected.write_parquet(stream)
    elif suffix == ".jsonl":
        corrected.write_ndjson(stream)
    else:
        write_csv(corrected, stream)
    return Corrected(was, now, stream.getvalue())
