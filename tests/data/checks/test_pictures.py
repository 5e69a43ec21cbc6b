"""Pictures that cannot be read are errors of the data, found before anything is fitted."""

import struct
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import assay
from assay.data.checks import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(6):
            pixels = random.integers(0, 255, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.{'jpg' if number % 2 else 'png'}")
    return tmp_path


def errors(folder: Path) -> list[str]:
    return [finding.message for finding in check(assay.read(folder)) if finding.level == "error"]


def huge_png() -> bytes:
    """A few bytes that claim to be 50 000 × 50 000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def test_sound_pictures_are_no_finding(folder: Path) -> None:
    assert errors(folder) == []


def test_a_file_that_is_no_picture_is_named(folder: Path) -> None:
    (folder / "cat" / "9.png").write_bytes(b"not a picture")
    [message] = errors(folder)
    assert "9.png does not open" in message


def test_a_picture_that_ends_in_the_middle_is_named_and_the_others_are_counted(folder: Path) -> None:
    for name in ("1.jpg", "2.png", "3.jpg"):
        path = folder / "dog" / name
        path.write_bytes(path.read_bytes()[:-400])
    [message] = errors(folder)
    assert "does not open" in message
    assert "(2 more like it)" in message


def test_a_picture_of_fifty_thousand_pixels_a_side_is_refused_by_its_header(folder: Path) -> None:
    (folder / "dog" / "big.png").write_bytes(huge_png())
    [message] = errors(folder)
    assert "2500 megapixels" in message


def test_a_row_without_a_picture_is_an_error(folder: Path) -> None:
    paths = [str(path) for path in sorted(folder.glob("*/*.png"))]
    table = pl.DataFrame({"photo": [*paths, None], "y": ["a", "b"] * 3 + ["a"]})
    data = assay.read(table, target="y", kinds={"photo": "image"})
    [finding] = [finding for finding in check(data, folds=2) if finding.level == "error"]
    assert (finding.evidence["count"], finding.evidence["rows"], finding.evidence["other_features"]) == (1, [7], 0)
