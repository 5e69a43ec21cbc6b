"""What is refused on loading: damage, strangers, and files made to do harm."""

import errno
import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.bundle.models import model

import assay.bundle
from assay.archive import files, manifest
from assay.archive.state import encode
from assay.archive.weights import pack
from assay.core.errors import AssayError, BundleError
from assay.core.files import canonical_json


@pytest.fixture
def folder(tmp_path):
    model().save(tmp_path / "loans")
    return tmp_path / "loans"


@pytest.fixture
def sealed(tmp_path):
    model().save(tmp_path / "loans.assay")
    return tmp_path / "loans.assay"


def _reseal(body: bytes) -> bytes:
    """A seal that fits, as someone who means harm would put on."""
    return body + b"assay sha256 " + hashlib.sha256(body).hexdigest().encode()


def _zip(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = b" " * 77
    return _reseal(stream.getvalue()[:-77])


def _rewrite(folder: Path, change: dict[str, object], parts: dict[str, bytes] | None = None) -> None:
    """Change the manifest (and other files) with checksums that fit again."""
    for name, content in (parts or {}).items():
        (folder / name).write_bytes(content)
    body = json.loads((folder / "manifest.json").read_bytes())
    del body["digest"]
    body["files"] = manifest.listing({name: (folder / name).read_bytes() for name in ("state.json", "weights.safetensors")})
    body |= change
    body["digest"] = hashlib.sha256(canonical_json(body).encode()).hexdigest()
    (folder / "manifest.json").write_bytes(canonical_json(body).encode())


@pytest.mark.parametrize("name", ["manifest.json", "state.json", "weights.safetensors"])
def test_a_flipped_bit_in_any_file_of_a_folder_is_refused_and_the_file_is_named(folder, name):
    whole = (folder / name).read_bytes()
    places = {*range(0, len(whole), max(1, len(whole) // 150)), len(whole) - 1}
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        (folder / name).write_bytes(changed)
        with pytest.raises(BundleError) as caught:
            assay.bundle.load(folder)
        assert name in str(caught.value) or "format" in str(caught.value)
        assert "\n" not in str(caught.value)
    (folder / name).write_bytes(whole)
    assay.bundle.load(folder)


def test_a_flipped_bit_anywhere_in_a_sealed_file_is_refused(sealed):
    whole = sealed.read_bytes()
    table = whole.index(b"PK\x01\x02")
    for place in {*range(80), *range(0, len(whole), 97), *range(table, len(whole))}:
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        sealed.write_bytes(changed)
        with pytest.raises(BundleError, match=r"loans\.assay"):
            assay.bundle.load(sealed)


def test_a_file_cut_short_or_grown_is_refused(sealed, folder):
    whole = sealed.read_bytes()
    for content in (b"", b"PK", whole[:100], whole[: len(whole) // 2], whole[:-1], whole + b"x", b"x" + whole, b"hello" * 50):
        sealed.write_bytes(content)
        with pytest.raises(BundleError, match=r"loans\.assay"):
            assay.bundle.load(sealed)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(BundleError, match=r"weights\.safetensors has \d+ bytes and should have"):
        assay.bundle.load(folder)


def test_a_missing_or_an_extra_file_is_refused(folder):
    (folder / "evil.pkl").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"evil\.pkl"):
        assay.bundle.load(folder)
    (folder / "evil.pkl").unlink()
    for name in ("manifest.json", "state.json", "weights.safetensors"):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        with pytest.raises(BundleError, match=f"{name} is missing"):
            assay.bundle.load(folder)
        (folder / name).write_bytes(content)


def test_a_link_a_folder_or_a_pipe_in_place_of_a_file_is_refused(folder, tmp_path):
    outside = tmp_path / "outside.json"
    (folder / "state.json").rename(outside)
    for make in (
        lambda place: place.symlink_to(outside),
        lambda place: place.mkdir(),
        lambda place: os.mkfifo(place),
    ):
        make(folder / "state.json")
        with pytest.raises(BundleError, match="plain file"):
            assay.bundle.load(folder)
        (folder / "state.json").rmdir() if (folder / "state.json").is_dir() else (folder / "state.json").unlink()


def test_a_newer_format_is_told_apart_from_damage(folder, tmp_path):
    _rewrite(folder, {"format": 7, "assay": "9.1", "new_key": 1})
    with pytest.raises(BundleError, match=r"written by Assay 9\.1 in format 7; this Assay reads up to 1: upgrade"):
        assay.bundle.load(folder)
    parts = [(name, (folder / name).read_bytes()) for name in files.MAX_BYTES]
    (tmp_path / "new.assay").write_bytes(_zip(parts))
    with pytest.raises(BundleError, match="in format 7"):
        assay.bundle.load(tmp_path / "new.assay")


@pytest.mark.parametrize("number", [0, -1, True, "1", None, 1.0, [1]])
def test_a_format_that_is_no_number_is_refused(folder, number):
    _rewrite(folder, {"format": number})
    with pytest.raises(BundleError, match=r"manifest\.json"):
        assay.bundle.load(folder)


@pytest.mark.parametrize("name", ["../evil.json", "/etc/passwd", "state.json/../../x", "MANIFEST.JSON", "state.json/"])
def test_a_member_with_another_name_is_refused_and_nothing_is_written(sealed, name, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    parts = files.read(sealed)
    members = [*((key, value) for key, value in parts.items() if key != "state.json"), (name, parts["state.json"])]
    sealed.write_bytes(_zip(members))
    with pytest.raises(BundleError):
        assay.bundle.load(sealed)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_or_too_many_members_are_refused(sealed):
    parts = list(files.read(sealed).items())
    for members in ([*parts[:2], parts[1]], [*parts, parts[0]], [(f"f{i}", b"") for i in range(5000)], parts[:2]):
        sealed.write_bytes(_zip(members))
        with pytest.raises(BundleError):
            assay.bundle.load(sealed)


def test_a_compressed_member_is_refused_before_it_is_expanded(sealed):
    parts = files.read(sealed) | {"state.json": b" " * 50_000_000}
    content = _zip(list(parts.items()), zipfile.ZIP_DEFLATED)
    assert len(content) < 1_000_000
    sealed.write_bytes(content)
    with pytest.raises(BundleError, match="is compressed"):
        assay.bundle.load(sealed)


def test_a_member_that_declares_a_size_over_the_limit_is_refused_before_it_is_read(sealed, folder, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", {**files.MAX_BYTES, "state.json": 100})
    for path in (sealed, folder):
        with pytest.raises(BundleError, match=r"state\.json has \d+ bytes; a saved model has at most 100"):
            assay.bundle.load(path)


def test_a_table_of_contents_that_lies_about_sizes_is_refused(sealed):
    whole = bytearray(sealed.read_bytes()[:-77])
    entry = whole.index(b"PK\x01\x02")
    whole[entry + 20 : entry + 28] = (2**20).to_bytes(4, "little") * 2
    sealed.write_bytes(_reseal(bytes(whole)))
    with pytest.raises(BundleError, match=r"loans\.assay"):
        assay.bundle.load(sealed)


@pytest.mark.parametrize("part", ["learner", "step"])
@pytest.mark.parametrize("kind", ["os:system", "assay.core.files:write_atomic", "", None, 3, "logistik", ["linear"]])
def test_a_kind_that_our_registries_do_not_have_is_refused(folder, part, kind):
    state = model().fitted.state()
    value, arrays = encode({**state, part: {**state[part], "kind": kind}})
    _rewrite(folder, {}, {"state.json": canonical_json(value).encode(), "weights.safetensors": pack(arrays)})
    with pytest.raises(BundleError, match=r"state\.json"):
        assay.bundle.load(folder)


def test_a_state_with_any_entry_gone_or_of_another_type_is_refused(folder):
    state = model().fitted.state()
    for name in state:
        for wrong in ("gone", 3, None, [], {}, "text", np.zeros(2)):
            changed = {key: value for key, value in state.items() if key != name}
            if not (isinstance(wrong, str) and wrong == "gone"):
                changed[name] = wrong
            if name == "calibrators" and isinstance(wrong, list | dict):
                continue  # both mean: no calibrator, as this model has none
            value, arrays = encode(changed)
            _rewrite(folder, {}, {"state.json": canonical_json(value).encode(), "weights.safetensors": pack(arrays)})
            with pytest.raises(BundleError):
                assay.bundle.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "0.5"},
        {"threshold": True},
        {"recipe": "forest"},
        {"task": {"name": "regression", "target": "x", "classes": []}},
        {"schema": []},
        {"card": []},
        {"files": {}},
        {"files": {"state.json": 1, "weights.safetensors": 2}},
        {"files": {"../x": {}, "state.json": {}, "weights.safetensors": {}}},
        {"extra": 1},
        {"kind": "other"},
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(folder, change):
    _rewrite(folder, change)
    with pytest.raises(BundleError):
        assay.bundle.load(folder)


def test_a_path_without_a_model_is_said_with_the_nearest_name(sealed, tmp_path):
    with pytest.raises(BundleError, match=r"did you mean 'loans\.assay'"):
        assay.bundle.load(tmp_path / "loan.assay")
    with pytest.raises(BundleError, match="no folder"):
        assay.bundle.load(tmp_path / "nowhere" / "loan.assay")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        assay.bundle.load(tmp_path / "empty")


# ---- saving


@pytest.mark.parametrize("name", ["loans", "loans.assay"])
def test_a_full_disk_leaves_the_old_model_whole_and_no_rubbish(tmp_path, monkeypatch, name):
    model().save(tmp_path / name)
    expected = model().predict([_row()])

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AssayError, match="No space left on device") as caught:
        model("tree").save(tmp_path / name)
    monkeypatch.undo()
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert assay.bundle.load(tmp_path / name).predict([_row()]).equals(expected)


def _row() -> dict[str, object]:
    return {column.name: None for column in model().fitted.schema.columns}


def test_a_rename_that_fails_puts_the_old_folder_back(tmp_path, monkeypatch):
    """Where two folders cannot change places in one step, the old one steps aside first."""
    model().save(tmp_path / "loans")
    rename = Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr("assay.core.files._exchange", lambda _one, _other: False)
    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(BundleError, match="Input/output error"):
        model("tree").save(tmp_path / "loans")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["loans"]
    assert assay.bundle.load(tmp_path / "loans").fitted.recipe == "logistic"


def test_a_save_goes_over_a_model_and_over_nothing_else(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"png")
    (tmp_path / "thesis.assay").write_bytes(b"my thesis")
    (tmp_path / "other.zip").mkdir()
    (tmp_path / "mixed").mkdir()
    (tmp_path / "link.assay").symlink_to(tmp_path / "thesis.assay")
    model().save(tmp_path / "loans")
    (tmp_path / "loans" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder.assay").mkdir()
    for name in ("photos", "thesis.assay", "loans", "link.assay", "file", "folder.assay"):
        with pytest.raises(BundleError, match=name.replace(".", r"\.")):
            model().save(tmp_path / name)
    assert (tmp_path / "thesis.assay").read_bytes() == b"my thesis"
    assert (tmp_path / "loans" / "notes.txt").read_text() == "mine"
    (tmp_path / "loans" / "notes.txt").unlink()
    for name in ("loans", "other.zip", "new/deep/m.assay", "new/deep/m.assay"):
        model("tree").save(tmp_path / name)
        assert assay.bundle.load(tmp_path / name).fitted.recipe == "tree"


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match=r"cannot be saved here \((Not a directory|File exists)\)"):
        model().save(tmp_path / "file" / "m.assay")


def test_a_model_over_the_limits_is_refused_when_it_is_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", {**files.MAX_BYTES, "weights.safetensors": 10})
    with pytest.raises(BundleError, match=r"weights\.safetensors would have"):
        model().save(tmp_path / "m.assay")
    assert list(tmp_path.iterdir()) == []
