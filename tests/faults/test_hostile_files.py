"""Files that are not what their names say, or that never end: one line that names the file, in bounded memory."""

import gzip
import io
import os
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tests.bundle.models import model
from tests.faults.processes import Starter

from assay.core.errors import DataError
from assay.data import read
from assay.data.sources.files import from_path

MOST_MB = 2048


def png(width: int, height: int) -> bytes:
    """A picture of so many pixels by its header; its content is a kilobyte of zeros, packed, whatever the header says."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1024)) + chunk(b"IEND", b"")


def pictures(folder: Path, bad: bytes) -> Path:
    """Three good pictures of each of two classes, and one that is not."""
    draw = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(draw.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / name / f"{number}.png")
    (folder / "cats" / "bad.png").write_bytes(bad)
    return folder


@pytest.mark.parametrize("what", ["bomb", "cut", "no picture"])
def test_a_check_of_pictures_names_the_one_that_does_harm(assay: Starter, workplace: Path, what: str) -> None:
    whole = io.BytesIO()
    Image.fromarray(np.arange(3072, dtype=np.uint8).reshape(32, 32, 3)).save(whole, "JPEG")
    bad = {"bomb": png(60_000, 60_000), "cut": whole.getvalue()[: len(whole.getvalue()) // 2], "no picture": b"GIF89a"}[what]
    ended = assay("check", pictures(workplace / "photos", bad))
    assert ended.code in (0, 2), ended
    assert "bad.png" in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert ended.peak_mb < MOST_MB


def parquet() -> bytes:
    stream = io.BytesIO()
    pl.DataFrame({"a": [1.5, 2.5, 3.5], "b": ["x", "y", "z"]}).write_parquet(stream)
    return stream.getvalue()


def lying_footer() -> bytes:
    """A Parquet file whose footer says 63 of its three rows wherever it counts them."""
    told = bytearray(parquet())
    (length,) = struct.unpack("<I", told[-8:-4])
    for place in range(len(told) - 8 - length, len(told) - 8):
        if told[place] == 6:  # three, as Thrift writes it
            told[place] = 126
    return bytes(told)


def deep_json() -> bytes:
    return b'{"a": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}\n"


def bomb(suffix: str) -> bytes:
    """128 megabytes of zeros, packed into a few hundred kilobytes."""
    stream = io.BytesIO()
    if suffix == ".gz":
        with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as packed:
            for _ in range(8):
                packed.write(b"\0" * 2**24)
    else:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("t.csv", "w") as member:
            for _ in range(8):
                member.write(b"\0" * 2**24)
    return stream.getvalue()


FILES = {
    "zeros.csv": b"a,b\n1,2\n\0\0\0\0,3\n" + b"\0" * 5000,
    "mixed.csv": "имя,цена\n".encode() + "яблоко,1\n".encode("cp1251") * 5,
    "only-a-mark.csv": b"\xef\xbb\xbf",
    "odd.csv": "a,b\n1,2\n".encode("utf-16")[:-1],
    "long-name.csv": b"a" * 200_000 + b",b\n1,2\n",
    "footer.parquet": lying_footer(),
    "half.parquet": parquet()[:-20],
    "zeros.parquet": b"PAR1" + b"\0" * 100 + b"PAR1",
    "deep.json": b"[" * 1_000_000 + b"]" * 1_000_000,
    "deep.jsonl": deep_json(),
    "digits.json": b'[{"a": ' + b"9" * 10_000 + b"}]",
    "shape.npz": b"",
    "object.npz": b"",
}


def npz(array_header: str) -> bytes:
    """An archive with one array whose header this is, and eight bytes behind it."""
    head = array_header.encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + b"\0" * 8
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("X.npy", content)
    return stream.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_as_its_name_says_is_refused_in_one_line(workplace: Path, name: str) -> None:
    content = {
        "shape.npz": npz("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
        "object.npz": npz("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
    }.get(name, FILES[name])
    (workplace / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(workplace / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_byte_order_mark_is_no_part_of_the_first_name(workplace: Path) -> None:
    (workplace / "t.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,2\n3,4\n")
    assert read(workplace / "t.csv").frame.columns == ["a", "b"]


def test_a_line_of_a_hundred_megabytes_is_bounded(assay: Starter, workplace: Path) -> None:
    with (workplace / "long.csv").open("wb") as stream:
        stream.write(b"a,b\n1,2\n")
        for _ in range(100):
            stream.write(b"x" * 2**20)
        stream.write(b",3\n4,5\n")
    ended = assay("check", "long.csv")
    assert ended.code in (0, 2), ended
    assert "Traceback" not in ended.err
    assert ended.peak_mb < MOST_MB


@pytest.mark.parametrize("suffix", [".gz", ".zip"])
def test_an_archive_that_unpacks_to_more_than_may_be_used_is_not_unpacked(workplace: Path, suffix: str) -> None:
    path = workplace / f"t.csv{suffix}"
    path.write_bytes(bomb(suffix))
    with pytest.raises(DataError, match=r"unpacked the file takes more than 64 MiB"):
        from_path(path, 512 * 2**20)


def test_a_file_larger_than_memory_that_cannot_be_read_in_pieces_is_not_read(workplace: Path) -> None:
    with (workplace / "t.json").open("wb") as stream:
        stream.truncate(2**40)  # of which nothing is on the disk
    with pytest.raises(DataError, match=r"t\.json: the file takes more than the memory that may be used \(512 MiB\)"):
        from_path(workplace / "t.json", 512 * 2**20)


def test_a_file_cut_from_its_archive_is_refused(workplace: Path) -> None:
    (workplace / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 1000)[:-9])
    with pytest.raises(DataError, match="the archive is damaged"):
        read(workplace / "t.csv.gz")


def test_what_never_ends_and_what_is_no_file_is_refused_before_it_is_read(assay: Starter, workplace: Path) -> None:
    os.mkfifo("pipe.csv")
    (workplace / "zero.csv").symlink_to("/dev/zero")
    (workplace / "folder.csv").mkdir()
    (workplace / "empty").mkdir()
    (workplace / "loop.csv").symlink_to("loop.csv")
    held = threading.Thread(target=lambda: Path("pipe.csv").open("wb").close(), daemon=True)  # a writer that waits for a reader
    held.start()
    for name, said in (
        ("pipe.csv", "neither a file nor a folder"),
        ("zero.csv", "neither a file nor a folder"),
        ("/dev/zero", "neither a file nor a folder"),
        ("folder.csv", "this is a folder, not a file"),
        ("empty", "no pictures found"),
        ("loop.csv", "cannot be read"),
    ):
        assert said in assay("check", name).complaint
    with pytest.raises(DataError, match="neither a file nor a folder"):
        model().predict("pipe.csv")
    os.close(os.open("pipe.csv", os.O_RDONLY | os.O_NONBLOCK))
    held.join()
