"""A small file of each kind, as Assay and its users write them: where the fuzzer begins."""

import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.faults.fuzz.targets import TABLE

MODELS = (
    *(("logistic", "binary"), ("tree", "regression"), ("naive-bayes", "binary"), ("knn", "multiclass"), ("svm", "binary")),
    *(("linear", "regression"), ("bagging", "binary"), ("adaboost", "binary"), ("boosting", "regression"), ("gam", "binary")),
    *(("lda", "binary"), ("qda", "binary"), ("hist-boosting", "regression"), ("scorecard", "binary"), ("xgboost", "binary")),
    *(("one-class-svm", "binary"), ("elliptic-envelope", "binary"), ("local-outlier-factor", "binary"), ("mlp", "binary")),
)


FEW_MODELS = MODELS[:4]
"""Of libraries that are quickly there."""


def write_seeds(name: str, folder: Path, *, few: bool = False) -> None:
    """Files for the target of this name, in a new folder.  few: only those that are quickly made."""
    folder.mkdir(parents=True)
    for number, content in enumerate(_bundles(FEW_MODELS) if few and name == "bundle" else SEEDS[name]()):
        (folder / f"seed-{number}").write_bytes(content)


def _frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "number": [1.5, None, -3.0, 4.0],
            "whole": [1, 2, 3, None],
            "text": ["a", 'ü, "b"', None, "d\ne"],
            "day": pl.Series(["2024-01-01", None, "2024-02-03", "1999-12-31"]).str.to_date(),
            "flag": [True, False, None, True],
        }
    )


def _csv() -> list[bytes]:
    plain = _frame().write_csv().encode()
    semicolons = _frame().write_csv(separator=";").encode()
    quoted = b"id\t'name'\n1\t'a\tb'\n2\t'c'\n"
    return [plain, semicolons, quoted, b"\xef\xbb\xbf" + plain, plain.decode().encode("utf-16"), b"sep=;\n1;2\n3;4\n", TABLE,
            "имя;цена\nяблоко;1,5\nгруша;2,0\n".encode("cp1251")]  # fmt: skip


def _json() -> list[bytes]:
    return [
        _frame().write_ndjson().encode(),
        b'[{"a": 1, "b": [1, 2]}, {"a": "x", "c": {"d": null}}]',
        b'{"a": 1e400}\n{"a": true}\n',
    ]


def _parquet() -> list[bytes]:
    found = []
    for how in ({"compression": "uncompressed"}, {"compression": "snappy"}, {"compression": "zstd", "row_group_size": 2}):
        stream = io.BytesIO()
        _frame().write_parquet(stream, **how)
        found.append(stream.getvalue())
    return found


def _arrow() -> list[bytes]:
    file, stream = io.BytesIO(), io.BytesIO()
    _frame().write_ipc(file)
    _frame().write_ipc_stream(stream)
    return [file.getvalue(), stream.getvalue()]


def _npz() -> list[bytes]:
    X, y = np.arange(12, dtype=np.float64).reshape(6, 2), np.array(["a", "b"] * 3)
    halves = {"x_train": X[:4], "y_train": y[:4], "x_test": X[4:], "y_test": y[4:]}
    found = []
    for arrays in (
        {"X": X, "y": y},
        halves,
        {"X": np.zeros((6, 3, 3), np.uint8), "y": y},
        {"when": np.arange(6).astype("M8[D]")},
    ):
        for save in (np.savez, np.savez_compressed):
            stream = io.BytesIO()
            save(stream, **arrays)
            found.append(stream.getvalue())
    return found


def _zip() -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("t.csv", TABLE)
        found.append(stream.getvalue())
    return found


def _pictures() -> list[bytes]:
    from PIL import Image

    draw = np.random.default_rng(0)
    pixels = Image.fromarray(draw.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    found = []
    for form in ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"):
        stream = io.BytesIO()
        pixels.save(stream, form)
        found.append(stream.getvalue())
    grey = io.BytesIO()
    Image.fromarray(draw.integers(0, 65536, (5, 5)).astype(np.uint16)).save(grey, "PNG")
    return [*found, grey.getvalue()]


def _recorded(*entries: dict[str, Any]) -> bytes:
    from assay.core import records

    with tempfile.TemporaryFile() as stream:
        for entry in entries:
            records.append(stream, entry)
        stream.seek(0)
        return stream.read()


def _journal() -> list[bytes]:
    told = {"seed": 7, "seconds": 0.1, "peak_mb": 99.5, "failure": None, "notes": ["x"], "sha256": "0" * 64}
    correction = {"chosen": "prior", "log_loss": {"prior": 0.5}, "rows": 9}
    done = [
        {**told, "cell": ["logistic", "none", 0, fold], "file": f"logistic.r0.f{fold}.npz", "correction": correction}
        for fold in range(3)
    ]
    failed = {**told, "cell": ["tree", "smote", 0, 0], "file": None, "sha256": None, "correction": None, "notes": []}
    content = _recorded(*done, {**failed, "failure": {"reason": "no", "detail": "why"}})
    return [content, content[:-9]]


def _ledger() -> list[bytes]:
    told = {"study": "s", "candidate": "logistic", "when": "2026-01-01", "reason": "", "fingerprint": "f"}
    fixed, done = {"kind": "predictions", "number": 1, "digest": "d"}, {"kind": "done", "number": 1}
    return [_recorded({"kind": "intent", "number": 1, **told}, fixed, done)]


def _shown() -> list[bytes]:
    from assay.splits.shown import Shown, write_shown

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shown"
        write_shown(path, Shown().marked(np.arange(0, 90, 3), "a" * 64).marked(np.arange(0, 90, 5), "b" * 64))
        return [path.read_bytes()]


def _predictions() -> list[bytes]:
    from assay.measure.payload import Predictions

    units = np.arange(6)
    binary = Predictions("binary", units, {"score": units / 6, "probability": units / 9, "label": units % 2})
    ragged = Predictions("ranking", units[:2], {"score": np.arange(5.0)}, np.array([0, 2, 5]))
    return [binary.to_bytes(), ragged.to_bytes()]


def _bundles(models: Sequence[tuple[str, str]] = MODELS) -> list[bytes]:
    from tests.bundle.models import model

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for recipe, task in models:
            path = Path(folder) / f"{recipe}.assay"
            model(recipe, task).save(path)
            found.append(path.read_bytes())
    return found


def _studies() -> list[bytes]:
    from assay.data import read
    from assay.study.folder import RunFolder
    from assay.study.study import Study

    found = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "t.csv").write_bytes(TABLE)
        before = Path.cwd()
        os.chdir(folder)
        try:
            for more in ({}, {"cost": (5.0, 1.0), "threshold": None, "repeats": 2}):
                study = Study(read("t.csv", target="y"), ["baseline", "logistic"], folds=2, **more)
                kept = {**study.settings.to_json(), "read.source": "t.csv", "read.target": "y", "read.drop": [], "read.kinds": [],
                        "read.unlabelled": "drop", "versions": ["assay 0"]}  # fmt: skip
                run = RunFolder(Path(folder) / f"run{len(found)}")
                run.path.mkdir()
                run.join(study.identity, study.settings.candidates, kept, ["none"])
                found.append((run.path / "study.toml").read_bytes())
        finally:
            os.chdir(before)
    return found


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
    "arrow": _arrow,
    "npz": _npz,
    "zip": _zip,
    "picture": _pictures,
    "journal": _journal,
    "ledger": _ledger,
    "shown": _shown,
    "predictions": _predictions,
    "bundle": _bundles,
    "study": _studies,
}
