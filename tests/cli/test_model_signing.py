"""``assay model keygen``, ``sign``, ``verify --key`` and ``card``."""

import json
from pathlib import Path

from tests.bundle.models import HOSTILE, model
from tests.cli.commands import Command


def test_a_model_is_signed_and_verified_with_a_pair_of_keys(assay: Command, tmp_path: Path) -> None:
    model().save("m.assay")
    assert "give key.pub to those who verify" in assay("model", "keygen", "key").out
    assert "m.assay.sig" in assay("model", "sign", "m.assay", "--key", "key").out
    told = assay("model", "verify", "m.assay", "--key", "key.pub").out
    assert f"signed by {json.loads(Path('m.assay.sig').read_text())['key']}" in told
    assert "m.assay is whole." in told
    facts = json.loads(assay("model", "verify", "m.assay", "--key", "key.pub", "--json").out)["facts"]
    assert facts[-1].startswith("signed by ")


def test_what_is_wrong_with_a_signature_is_one_line(assay: Command, tmp_path: Path) -> None:
    model().save("m.assay")
    assay("model", "keygen", "key")
    assay("model", "keygen", "other")
    assert "there is no signature" in assay("model", "verify", "m.assay", "--key", "key.pub").complaint
    assay("model", "sign", "m.assay", "--key", "key")
    assert "another key" in assay("model", "verify", "m.assay", "--key", "other.pub").complaint
    assert "no key to verify with" in assay("model", "verify", "m.assay", "--key", "key").complaint
    assert "exists" in assay("model", "keygen", "key").complaint
    assert "cannot be read" in assay("model", "sign", "m.assay", "--key", "gone").complaint


def test_the_card_is_markdown_or_json_and_names_in_it_are_text(assay: Command, tmp_path: Path) -> None:
    model().save("m.assay")
    page = assay("model", "card", "m.assay").out
    assert page.startswith("# ")
    assert "## What it reads" in page
    assert HOSTILE not in page
    told = json.loads(assay("model", "card", "m.assay", "--json").out)
    assert {"recipe", "task", "columns", "card"} <= told.keys()
