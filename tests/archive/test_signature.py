"""A signature says who made a model, and breaks with any change to it."""

import json
import stat
import subprocess
from pathlib import Path

import pytest
from tests.bundle.models import model

from assay.archive.signature import beside, make_key, sign, verify_signature
from assay.core.errors import BundleError, ConfigError


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    make_key(tmp_path / "key")
    for name in ("m.assay", "folder"):
        model().save(tmp_path / name)
        sign(tmp_path / name, tmp_path / "key")
    return tmp_path


@pytest.mark.parametrize("name", ["m.assay", "folder"])
def test_a_model_is_known_by_the_key_it_was_signed_with(signed: Path, name: str) -> None:
    fingerprint = verify_signature(signed / name, signed / "key.pub")
    assert fingerprint == json.loads(beside(signed / name).read_text())["key"]


def test_the_same_model_in_another_form_has_the_same_signature(signed: Path) -> None:
    assert beside(signed / "folder").read_bytes() == beside(signed / "m.assay").read_bytes()
    (signed / "moved.assay").write_bytes((signed / "m.assay").read_bytes())
    (signed / "moved.assay.sig").write_bytes(beside(signed / "m.assay").read_bytes())
    verify_signature(signed / "moved.assay", signed / "key.pub")


def test_the_private_key_is_for_its_owner_alone_and_never_overwritten(signed: Path) -> None:
    assert stat.S_IMODE((signed / "key").stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="exists"):
        make_key(signed / "key")


def test_openssl_agrees_that_the_signature_is_the_keys(signed: Path) -> None:
    told = json.loads(beside(signed / "folder").read_text())
    (signed / "said").write_bytes(b"assay model signature 1\n" + (signed / "folder" / "manifest.json").read_bytes())
    (signed / "raw").write_bytes(bytes.fromhex(told["signature"]))
    files = ("-sigfile", str(signed / "raw"), "-in", str(signed / "said"), "-inkey", str(signed / "key.pub"))
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", *files], capture_output=True, check=False)
    assert b"Verified Successfully" in done.stdout, done


def test_another_model_in_its_place_is_not_the_one_that_was_signed(signed: Path) -> None:
    model("boosting").save(signed / "m.assay")
    with pytest.raises(BundleError, match="changed after it was signed"):
        verify_signature(signed / "m.assay", signed / "key.pub")


def test_another_key_is_told_apart(signed: Path) -> None:
    make_key(signed / "other")
    with pytest.raises(BundleError, match="another key"):
        verify_signature(signed / "m.assay", signed / "other.pub")


@pytest.mark.parametrize("where", ["key", "signature"])
def test_any_changed_bit_of_a_signature_is_seen(signed: Path, where: str) -> None:
    place = beside(signed / "m.assay")
    told = json.loads(place.read_text())
    told[where] = ("0" if told[where][0] != "0" else "1") + told[where][1:]
    place.write_text(json.dumps(told))
    with pytest.raises(BundleError):
        verify_signature(signed / "m.assay", signed / "key.pub")


SHORT = b'{"key":"00","signature":"00","manifest":"00"}'


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"key": 1}', b"[" * 3000, SHORT], ids=range(7))
def test_what_is_no_signature_is_said_in_one_line(signed: Path, content: bytes) -> None:
    beside(signed / "m.assay").write_bytes(content)
    with pytest.raises(BundleError, match="no signature") as caught:
        verify_signature(signed / "m.assay", signed / "key.pub")
    assert "\n" not in str(caught.value)


def test_a_model_that_was_never_signed_says_so(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    model().save(tmp_path / "m.assay")
    with pytest.raises(BundleError, match="there is no signature"):
        verify_signature(tmp_path / "m.assay", tmp_path / "key.pub")


@pytest.mark.parametrize("name", ["gone", "text", "key.pub"])
def test_a_key_that_cannot_sign_is_refused(signed: Path, name: str) -> None:
    (signed / "text").write_text("no key")
    with pytest.raises(ConfigError, match="key"):
        sign(signed / "m.assay", signed / name)
    with pytest.raises(ConfigError, match="key"):
        verify_signature(signed / "m.assay", signed / "key" if name == "key.pub" else signed / name)


def test_a_damaged_model_is_not_signed(signed: Path) -> None:
    content = bytearray((signed / "m.assay").read_bytes())
    content[1000] ^= 1
    (signed / "m.assay").write_bytes(bytes(content))
    with pytest.raises(BundleError):
        sign(signed / "m.assay", signed / "key")
