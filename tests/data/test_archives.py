"""A zip of pictures is read as the folder that was packed; nothing that a zip could do besides is done."""

import io
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import assay
from assay.core.errors import AssayError, DataError
from assay.data.images import decode
from assay.data.sources import archives, files

RNG = np.random.default_rng(0)


def png() -> bytes:
    into = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(into, "PNG")
    return into.getvalue()


def packed(path: Path, members: dict[str, bytes], **changed: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = changed.get("mode", 0o644) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


def folder(path: Path, members: dict[str, bytes]) -> Path:
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("top", ["", "cells/"])
@pytest.mark.parametrize("parts", [("",), ("train/", "val/", "test/")])
def test_a_zip_is_read_as_the_folder_that_was_packed(tmp_path, top, parts):
    members = {f"{part}{label}/{number}.png": png() for part in parts for label in ("dog", "cat") for number in (2, 1)}
    unpacked = assay.read(folder(tmp_path / "plain", members))
    junk = {f"__MACOSX/{top}dog/._1.png": b"x", f"{top}notes.txt": b"x"}
    data = assay.read(packed(tmp_path / "z.zip", {f"{top}{name}": content for name, content in members.items()} | junk))
    assert data.question == unpacked.question
    assert data.frame["label"].to_list() == unpacked.frame["label"].to_list()
    assert np.array_equal(data.given_test, unpacked.given_test) if len(parts) > 1 else data.given_test is None
    pixels = [decode(one.frame["image"], size=None, channels=3) for one in (data, unpacked)]
    assert np.array_equal(*pixels)
    assert list(tmp_path.rglob("*.png")) == list((tmp_path / "plain").rglob("*.png"))  # nothing was unpacked


def test_pictures_to_be_scored_may_come_in_a_zip_without_class_folders(tmp_path):
    members = {f"{number}.png": png() for number in range(3)}
    data = assay.read(folder(tmp_path / "plain", {f"{label}/0.png": png() for label in "ab"}))
    found = assay.data.read_features(packed(tmp_path / "z.zip", members), data.schema)
    assert found["image"].to_list() == list(members.values())
    with pytest.raises(DataError, match="its 3 pictures lie in no class folder"):
        assay.read(tmp_path / "z.zip")


@pytest.mark.parametrize(
    "name", ["../out/a/1.png", "/a/1.png", "a\\..\\1.png", "C:/a/1.png", "a/../../1.png", "1/2/3/4/5.png", f"{'x' * 201}/1.png"]
)
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="leads out of the archive"):
        assay.read(packed(tmp_path / "z.zip", {"a/0.png": png(), name: png()}))


def test_a_link_is_refused(tmp_path):
    with pytest.raises(DataError, match="leads out of the archive"):
        assay.read(packed(tmp_path / "z.zip", {"a/0.png": b"/etc/hostname"}, mode=stat.S_IFLNK | 0o777))


def test_a_name_that_stands_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a/1.png", png())
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/1.png", png())
    with pytest.raises(DataError, match="stands twice"):
        assay.read(tmp_path / "z.zip")


def test_more_bytes_than_may_be_are_refused_before_any_is_expanded(tmp_path, monkeypatch):
    path = packed(tmp_path / "bomb.zip", {f"a/{number}.png": bytes(3_000_000) for number in range(4)})
    assert path.stat().st_size < 20_000

    def never(*_):
        raise AssertionError("a member was expanded")

    monkeypatch.setattr(archives, "_bytes_of", never)
    with pytest.raises(DataError, match=r"its pictures take 11\.4 MiB, and 8 MiB are the most"):
        assay.read(path, memory=64 << 20)


def test_a_member_that_holds_more_than_it_declares_is_refused(tmp_path):
    content = packed(tmp_path / "z.zip", {"a/1.png": bytes(1000), "b/1.png": png()}).read_bytes()
    size = (1000).to_bytes(4, "little")
    assert content.count(size) == 2  # in the member's own header and in the directory
    (tmp_path / "z.zip").write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"damaged or locked|is not of the size"):
        assay.read(tmp_path / "z.zip")


def test_too_many_members_and_a_locked_archive_are_refused(tmp_path, monkeypatch):
    path = packed(tmp_path / "z.zip", {f"a/{number}.png": png() for number in range(5)})
    locked = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + place] |= 1  # the flag of an encrypted member
    monkeypatch.setattr(archives, "MOST_MEMBERS", 4)
    with pytest.raises(DataError, match="holds 5 files; 4 are the most"):
        assay.read(path)
    monkeypatch.undo()
    path.write_bytes(bytes(locked))
    with pytest.raises(DataError, match="damaged or locked"):
        assay.read(path)


def test_broken_pictures_in_a_zip_are_named_by_their_names_there_and_left_out_on_request(tmp_path):
    members = {f"{label}/{number}.png": png() for label in "ab" for number in range(4)}
    broken = {"a/1.png": b"", "b/0.png": b"no picture", "b/3.png": members["b/3.png"][:60]}
    path = packed(tmp_path / "z.zip", members | broken)
    with pytest.raises(
        DataError,
        match=r"3 of 8 pictures do not open \(the first: a/1\.png does not open: it is empty \(0 bytes\), b/0\.png, b/3\.png\)",
    ):
        assay.read(path)
    data = assay.read(path, unreadable="skip")
    assert data.frame["image"].to_list() == [content for name, content in members.items() if name not in broken]
    assert "a/1.png" in data.notes[0]


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_zip_is_read_or_refused_in_one_line(tmp_path, seed):
    path = packed(tmp_path / "z.zip", {f"{label}/{number}.png": png() for label in "ab" for number in range(3)})
    content, random = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for place in random.integers(0, len(content), 6):
        content[place] = random.integers(256)
    path.write_bytes(content)
    try:
        said = str(len(assay.read(path)))
    except AssayError as error:
        said = str(error)
    assert "\n" not in said


def test_a_zip_of_one_table_is_still_a_table(tmp_path):
    assert files.from_path(packed(tmp_path / "t.zip", {"t.csv": b"a,b\n1,2\n"})).frame.shape == (1, 2)
