"""What ``assay attack`` writes: the table, a line for every attacked picture, and those pictures that fooled the model."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli.outputs import writing
from assay.core.files import write_atomic
from assay.data.safe_csv import write_csv

if TYPE_CHECKING:
    import numpy as np

    from assay.cli.attacked_rows import AttackedRows
    from assay.measure.interval import Interval
    from assay.nets.attacks.measured import CorruptionError, Line

TABLE, ERRORS, PICTURES = "attack.csv", "mean_errors.csv", "pictures.csv"


def write_files(folder: Path, read: "AttackedRows", lines: "Sequence[Line]", errors: "Sequence[CorruptionError]") -> None:
    """attack.csv, mean_errors.csv where there are any, pictures.csv and pictures/*.png.  Raises ConfigError for a full disk."""
    with writing(folder):
        _table(folder / TABLE, [_line(one) for one in lines])
        if errors:
            _table(folder / ERRORS, [{"corruption": one.name, **_ends("error", one.error)} for one in errors])
        told = [entry for line in lines for entry in _pictures(folder / "pictures", read, line)]
        if told:
            _table(folder / PICTURES, told)


def _line(one: "Line") -> dict[str, Any]:
    reached = {} if one.reached is None else _ends("target", one.reached)
    what = {"kind": one.kind, "name": one.name, "setting": one.setting, "pictures": len(one.rows)}
    drop = _ends("drop", one.drop.interval)
    return {**what, "clean": one.clean.value, **_ends("accuracy", one.accuracy), **drop, "p": one.drop.p, **reached}


def _ends(name: str, found: "Interval") -> dict[str, float | None]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    import polars as pl

    stream = BytesIO()
    write_csv(pl.DataFrame(list(rows), infer_schema_length=None), stream)
    write_atomic(path, stream.getvalue())


def _pictures(folder: Path, read: "AttackedRows", line: "Line") -> list[dict[str, Any]]:
    """An entry for every attacked picture; those that fooled the model are written as PNG, which loses nothing."""
    import numpy as np

    if line.pictures is None:
        return []
    classes = read.victim.classes
    codes = read.codes[np.searchsorted(read.places, line.rows)]
    told = []
    for row, code, answer, change, picture in zip(line.rows, codes, line.answers, line.change, line.pictures, strict=True):
        file = ""
        if answer != code:
            file = f"{line.title.replace(' ', '-')}/{row:06d}.png"
            _write(folder / file, picture)
        entry = {"attack": line.name, "eps": line.setting, "row": int(row), "class": classes[code], "answer": classes[answer]}
        told.append({**entry, "change": float(round(change, 6)), "file": file})
    return told


def _write(path: Path, picture: "np.ndarray") -> None:
    """uint8 (channels, h, w); what has neither 1 nor 3 channels (several pictures a row) as grey, one below the other."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    layers = picture.transpose(1, 2, 0) if len(picture) == 3 else picture.reshape(-1, picture.shape[2])
    stream = BytesIO()
    Image.fromarray(layers.copy()).save(stream, "PNG")
    write_atomic(path, stream.getvalue())
