"""Saved models made to do harm, with every checksum right: see also tests/bundle, where damage and strangers are."""

import json
import pickle
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from tests.bundle.models import model, records
from tests.faults.fuzz.changes import SEAL, closed
from tests.faults.processes import Starter

from assay.archive import files
from assay.archive.files import STATE, WEIGHTS
from assay.bundle import load
from assay.core.errors import AssayError, BundleError
from assay.core.files import canonical_json, sha256_bytes


class Runs:
    """Unpickled, it makes a folder."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.mkdir, (Path("harm"),)  # type: ignore[return-value]


@pytest.fixture
def parts(workplace: Path) -> dict[str, bytes]:
    model("tree").save("good.assay")
    return files.read(Path("good.assay"))


@pytest.mark.parametrize("name", [STATE, WEIGHTS])
def test_a_pickle_in_place_of_a_part_is_refused_and_not_run(assay: Starter, parts: dict[str, bytes], name: str) -> None:
    harmful = pickle.dumps(Runs())
    pickle.loads(harmful)  # noqa: S301 - that it would do what it is said to do
    Path("harm").rmdir()
    manifest = json.loads(parts[files.MANIFEST])
    Path("bad.assay").write_bytes(closed(manifest, {STATE: parts[STATE], WEIGHTS: parts[WEIGHTS], name: harmful}))
    Path("bare.assay").write_bytes(harmful)
    for path in ("bad.assay", "bare.assay"):
        assert path in assay("model", "verify", path).complaint
        assert path in assay("predict", path, "rows.csv").complaint
    assert not Path("harm").exists()


def test_a_link_inside_a_file_of_a_model_is_content_and_is_not_followed(parts: dict[str, bytes], workplace: Path) -> None:
    outside = workplace / "outside.json"
    outside.write_bytes(parts[STATE])
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = ((stat.S_IFLNK if name == STATE else stat.S_IFREG) | 0o644) << 16
            archive.writestr(member, str(outside) if name == STATE else content)
        archive.comment = b" " * (len(SEAL) + 64)
    body = stream.getvalue()[: -len(SEAL) - 64]
    Path("bad.assay").write_bytes(body + SEAL + sha256_bytes(body).encode())
    with pytest.raises(BundleError, match=r"state\.json has \d+ bytes and should have"):
        load("bad.assay")


@pytest.mark.parametrize("recipe", ["knn", "tree", "naive-bayes"])
def test_a_model_that_says_fewer_classes_than_it_was_fitted_to_does_not_answer(workplace: Path, recipe: str) -> None:
    good = model(recipe, "multiclass")
    good.save("good.assay")
    parts = files.read(Path("good.assay"))
    manifest, state = json.loads(parts[files.MANIFEST]), json.loads(parts[STATE])
    for task in (manifest["task"], state["task"]):
        task["classes"] = task["classes"][:1]
    Path("bad.assay").write_bytes(closed(manifest, {STATE: canonical_json(state).encode(), WEIGHTS: parts[WEIGHTS]}))
    with pytest.raises(AssayError, match=r"save (it|the model) again|not one that Assay"):
        load("bad.assay").predict(records("multiclass"))


def test_what_closes_a_changed_model_closes_a_good_one_to_the_same_bytes(parts: dict[str, bytes]) -> None:
    """Or the fuzzer's bundles would all be refused at the door."""
    again = closed(json.loads(parts[files.MANIFEST]), {name: parts[name] for name in (STATE, WEIGHTS)})
    assert again == Path("good.assay").read_bytes()
