"""A file is whole or absent, and equal values are equal bytes."""

from pathlib import Path

import pytest

from assay.core.files import canonical_json, sha256_bytes, sha256_file, write_atomic


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    write_atomic(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assay.core.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_canonical_json_ignores_the_order_of_keys_and_refuses_nan() -> None:
    assert canonical_json({"b": 1, "a": [0.1]}) == canonical_json({"a": [0.1], "b": 1}) == '{"a":[0.1],"b":1}'
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"a": float("nan")})


def test_a_file_has_the_checksum_of_its_bytes(tmp_path: Path) -> None:
    write_atomic(tmp_path / "x", b"assay")
    assert sha256_file(tmp_path / "x") == sha256_bytes(b"assay")
