"""Folders and zips of pictures that are at fault end a command with 2 and one line, before anything is fitted."""

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cli.commands import Command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(random.integers(0, 255, (9, 9, 3), dtype=np.uint8)).save(
                tmp_path / "pets" / name / f"{number:02}.png"
            )
    return tmp_path / "pets"


def bomb() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


FAULTS = {
    "empty class": "the class folder 'bird' holds no pictures",
    "one class": "one class only, 'cat'",
    "no pictures": "no pictures found (looked for .png",
    "zero bytes": "00.png does not open: it is empty (0 bytes); mend or remove it. (1 more like it) --unreadable skip",
    "bomb": "has 2500 megapixels; 50 are the most",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_and_nothing_is_fitted(folder: Path, assay: Command, fault: str) -> None:
    pictures = sorted(folder.rglob("*.png"))
    if fault == "empty class":
        (folder / "bird").mkdir()
    elif fault in ("zero bytes", "bomb"):
        for path in pictures[: 1 + (fault == "zero bytes")]:
            path.write_bytes(b"" if fault == "zero bytes" else bomb())
    else:
        for path in pictures[12 if fault == "one class" else 0 :]:
            path.unlink()
        if fault == "one class":
            (folder / "dog").rmdir()
    done = assay("run", folder, "--recipes", "baseline", "--out", folder.parent / "run")
    assert done.code == 2
    [line] = done.err.splitlines()
    assert FAULTS[fault] in line
    assert not (folder.parent / "run").exists()


def test_skipping_is_kept_with_the_run_and_a_zip_gives_the_same_scores(folder: Path, assay: Command) -> None:
    (folder / "cat" / "03.png").write_bytes(b"no picture")
    with zipfile.ZipFile(folder.parent / "pets.zip", "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(folder.parent))
    scores = []
    for source in (folder, folder.parent / "pets.zip"):
        out = folder.parent / f"run-{source.suffix}"
        asked = ("--recipes", "naive-bayes", "--folds", 2, "--jobs", 1, "--unreadable", "skip", "--json", "--out", out)
        done = assay("run", source, *asked)
        assert done.code == 0, done.err
        scores.append([(row["name"], row["value"]) for row in done.object["rows"]])
        assert assay("finish", out, "--json").code == 0
        assert not (out / "unfinished" / "pictures").exists()
    assert scores[0] == scores[1]
    refused = assay("check", folder.parent / "pets.zip")
    assert refused.code == 2
    assert "1 of 24 pictures do not open (the first: cat/03.png does not open" in refused.err


def test_like_pictures_are_told_by_check_and_kept_together_on_request(folder: Path, assay: Command) -> None:
    for number in range(6):
        with Image.open(folder / "cat" / f"{number:02}.png") as picture:
            picture.point(lambda level: level * 9 // 10).save(folder / "dog" / f"again{number}.png")  # a little darker
    said = assay("check", folder, "--json")
    found = {one["code"]: one for one in said.object["findings"]}
    assert found["like-pictures"]["evidence"]["count"] == 12
    assert found["like-pictures"]["evidence"]["groups"] == 6
    grouped = assay(
        "run", folder, "--recipes", "baseline", "--folds", 2, "--copies", "group", "--json", "--out", folder.parent / "r"
    )
    assert grouped.code == 0, grouped.err
