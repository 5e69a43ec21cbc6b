"""What is fuzzed: each reader takes the bytes, or refuses them as an AssayError.  Everything else is a finding."""

import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.faults.fuzz import changes

from assay.core.errors import AssayError


@dataclass(frozen=True)
class Target:
    """read: the reader.  change: bytes that get further than the fuzzer's own do (see ``changes``)."""

    read: Callable[[bytes], None]
    change: Callable[[bytes, int, random.Random, changes.Mutate], bytes] | None = None


@cache
def place() -> Path:
    """A folder of this process for the file that is read."""
    return Path(tempfile.mkdtemp(prefix="assay-fuzz-"))


def answers(read: Callable[[], Any]) -> Any:
    """What the reader says, or None where it refuses in one line."""
    try:
        return read()
    except AssayError as error:
        said = str(error)
    assert said, "a refusal without a word"
    assert "\n" not in said, f"a refusal of many lines: {said!r}"
    return None


def table(name: str) -> Callable[[bytes], None]:
    def read(content: bytes) -> None:
        from assay.data import read as read_data

        path = place() / name
        path.write_bytes(content)
        data = answers(lambda: read_data(path))
        if data is not None and data.frame.width > 1:
            answers(lambda: read_data(path, target=data.frame.columns[-1]))

    return read


def journal(content: bytes) -> None:
    from assay.study.folder import RunFolder

    folder = RunFolder(place())
    folder.journal.write_bytes(content)
    found = answers(folder.records)
    if found is not None:
        assert folder.records() == (found[0], 0), "what was torn was not cut off"


def ledger(content: bytes) -> None:
    import warnings

    from assay.splits.ledger import Ledger

    book = Ledger(place() / "ledger")
    book.folder.mkdir(exist_ok=True)
    (book.folder / "lock").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers(lambda: book.openings("lock"))
        answers(lambda: book.begin("lock", study="s", candidate="c", when="now"))


def shown(content: bytes) -> None:
    import numpy as np

    from assay.splits.shown import read_shown

    path = place() / "shown"
    path.write_bytes(content)
    answers(lambda: read_shown(path).by_others(np.arange(10), "lock"))


def predictions(content: bytes) -> None:
    from assay.measure.payload import Predictions

    found = answers(lambda: Predictions.from_bytes(content))
    if found is not None:
        assert Predictions.from_bytes(found.to_bytes()).to_bytes() == found.to_bytes()


def bundle(content: bytes) -> None:
    """Loaded, and asked for answers to some rows: what is wrong with a tree shows there."""
    import polars as pl

    from assay.bundle import load

    path = place() / "x.assay"
    path.write_bytes(content)
    model = answers(lambda: load(path))
    if model is None:
        return
    cells = {"number": [0.5, None, -3.0], "date": ["2024-01-01", None, "2031-12-31"], "text": ["a b", None, ""]}
    names = [column for column in model.fitted.schema.features if column.kind != "image"]
    rows = pl.DataFrame([pl.Series(one.name, cells.get(one.kind) or [*(one.levels[:1] or ("x",)), None, "?"]) for one in names])
    if rows.height:
        answers(lambda: model.predict(rows))


def study_file(content: bytes) -> None:
    """A run folder whose study.toml this is, opened as ``assay report`` does; the table it names is there."""
    import contextlib

    from assay.cli.folders import open_run

    folder = place() / "run"
    folder.mkdir(exist_ok=True)
    (folder / "study.toml").write_bytes(content)
    os.chdir(place())
    (place() / "t.csv").write_bytes(TABLE)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        opened = answers(lambda: open_run(str(folder)))
        if opened is not None:
            answers(opened[0].summary)


def picture(content: bytes) -> None:
    import polars as pl

    from assay.data.images import decode, picture_size, unreadable

    series = pl.Series("p", [content], dtype=pl.Binary)
    answers(lambda: decode(series, size=(8, 8), channels=3))
    answers(lambda: picture_size(series))
    unreadable(series)


TABLE = b"a,b,y\n" + b"".join(b"%d.5,%s,%s\n" % (row, b"uv"[row % 2 :][:1], b"pq"[row // 2 % 2 :][:1]) for row in range(40))

TARGETS = {
    "csv": Target(table("x.csv")),
    "json": Target(table("x.jsonl")),
    "parquet": Target(table("x.parquet"), changes.footer),
    "arrow": Target(table("x.arrow")),
    "npz": Target(table("x.npz"), changes.arrays),
    "zip": Target(table("x.zip")),
    "picture": Target(picture),
    "journal": Target(journal, changes.records),
    "ledger": Target(ledger, changes.records),
    "shown": Target(shown, changes.records),
    "predictions": Target(predictions, changes.arrays),
    "bundle": Target(bundle, changes.bundle),
    "study": Target(study_file, changes.settings),
}
