"""Tables that stay on disk are the tables that are read whole, and other processes find them where they lie."""

import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assay.core.errors import DataError
from assay.data.dataset import Dataset
from assay.data.reader import read
from assay.data.sources import large

N = 3000


def written(folder: Path, form: str) -> Path:
    rng = np.random.default_rng(0)
    long = rng.choice(np.array(["", "a", "пример", "a level longer than twelve bytes", "NA", "?"]), N)
    frame = pl.DataFrame(
        {
            "amount": rng.normal(size=N).round(4),
            "gaps": pl.Series(rng.integers(0, 50, N)).set(pl.Series(rng.random(N) < 0.1), None),
            "town": pl.Series(long).set(pl.Series(long == ""), None),
            "code": pl.Series([f"{i % 70:03d}" for i in range(N)]),
            "day": pl.date_range(pl.date(2015, 1, 1), pl.date(2015, 1, 1) + pl.duration(days=N - 1), eager=True),
            "flag": rng.random(N) < 0.5,
            "words": [f"row {i} says, in words, that it is one of many" for i in range(N)],
            "y": pl.Series(rng.choice(["no", "yes"], N, p=[0.9, 0.1])).set(pl.Series(rng.random(N) < 0.02), None),
        }
    )
    path = folder / f"table.{form}"
    if form == "parquet":
        frame.write_parquet(path)
    elif form == "arrow":
        frame.write_ipc(path)
    elif form == "tsv":
        frame.write_csv(path, separator="\t")
    else:
        path.write_text("\n\n" + frame.write_csv() + "\n\n", encoding="utf-8-sig")
    return path


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(large, "SHARE", 0.0)


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **given: object) -> tuple[Dataset, Dataset]:
    monkeypatch.setattr(large, "SHARE", 1.0)
    whole = read(path, **given)  # type: ignore[arg-type]
    monkeypatch.setattr(large, "SHARE", 0.0)
    return whole, read(path, memory="64m", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "arrow"])
@pytest.mark.usefixtures("in_pieces")
def test_a_table_read_in_pieces_is_the_table_read_whole(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"target": "y", "kinds": {"gaps": "category"}, "drop": ["flag"]}
    whole, pieces = both(written(tmp_path, form), monkeypatch, **given)
    assert whole.stored is None
    assert pieces.stored is not None
    assert pieces.frame.equals(whole.frame, null_equal=True)
    assert pieces.fingerprint == whole.fingerprint
    assert pieces.rows_fingerprint == whole.rows_fingerprint
    assert pieces.schema == whole.schema
    assert pieces.notes[:-1] == whole.notes or pieces.notes[-1] == whole.notes[-1]  # one more says that it was in pieces
    assert len(pieces.notes) == len(whole.notes) + 1


@pytest.mark.usefixtures("in_pieces")
def test_a_pickled_table_takes_its_place_along_and_not_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, pieces = both(written(tmp_path, "parquet"), monkeypatch, target="y")
    sent = pickle.dumps(pieces)
    assert len(sent) < len(pickle.dumps(whole)) / 10
    assert pickle.loads(sent).fingerprint == whole.fingerprint  # noqa: S301 - our own bytes


@pytest.mark.usefixtures("in_pieces")
def test_many_taken_rows_stay_on_disk_and_are_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.data.shelf.SHARE_TAKEN", 0.0)
    whole, pieces = both(written(tmp_path, "parquet"), monkeypatch, target="y")
    rows = np.random.default_rng(1).integers(0, len(whole), 5000)
    taken = pieces.take(rows)
    assert taken.stored is not None
    assert all(taken.stored.laid)
    assert taken.fingerprint == whole.take(rows).fingerprint
    folder = pieces.stored.shelf.folder  # type: ignore[union-attr]
    assert len(list(folder.iterdir())) == 1 + 2 * pieces.frame.width
    del taken
    assert len(list(folder.iterdir())) == 1 + pieces.frame.width
    del pieces
    assert not folder.exists()


@pytest.mark.usefixtures("in_pieces")
def test_a_ragged_row_is_named_as_it_is_in_a_file_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,y\n" + '"1,\n2",0\n' * 50 + "3\n" + "4,1\n" * 50, encoding="utf-8")
    with pytest.raises(DataError) as pieces:
        read(path, target="y")
    monkeypatch.setattr(large, "SHARE", 1.0)
    with pytest.raises(DataError) as whole:
        read(path, target="y")
    assert str(pieces.value) == str(whole.value)
    assert "line 102 has 1 field" in str(whole.value)


@pytest.mark.usefixtures("in_pieces")
def test_what_cannot_be_read_in_pieces_says_so(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(("город,y\n" + "Москва и область,1\nНижний Новгород,0\nСанкт-Петербург,1\n" * 40).encode("cp1251"))
    with pytest.raises(DataError, match="save it as UTF-8 or Parquet"):
        read(path, target="y")
    path.write_bytes(b"a,y\n" + b"1,0\n" * (2 * 2**20) + b"\xff,1\n")
    with pytest.raises(DataError, match="byte 8388612 is not valid utf-8"):
        read(path, target="y")
