"""``assay attack`` and ``assay cloak``: what they say and write, and what they refuse."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tests.cli.commands import Command, table, write_csv
from tests.nets.attacks.digits import LEARNT, digits, fitted

from assay.bundle.model import Model
from assay.cli.main import run as run_command

HELD = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model, and pictures that it has not learnt from, in folders by class."""
    folder = tmp_path_factory.mktemp("attack")
    Model(fitted()).save(folder / "digits.assay")
    pictures, codes = digits()
    for row in range(LEARNT, LEARNT + HELD):
        home = folder / "new" / str(codes[row])
        home.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pictures[row]).save(home / f"{row}.png")
    return folder


@pytest.fixture(scope="module")
def of_a_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        data = write_csv(folder / "cancer.csv", table())
        words = ["run", str(data), "--target", "diagnosis", "--recipes", "logistic", "--folds", "2", "--jobs", "1"]
        assert run_command([*words, "--out", str(folder / "run"), "--finish"]) == 0
    return folder


def test_a_table_of_accuracies_and_the_pictures_that_fooled_the_model(assay: Command, place: Path, tmp_path: Path) -> None:
    done = assay("attack", place / "digits.assay", place / "new", "--eps", "4,30", "--steps", 8, "--out", "found")
    assert done.code == 0, done.err
    for line in ("as they are", "fgsm eps 4", "pgd eps 30", "Tables and pictures are in found."):
        assert line in done.out
    lines = pl.read_csv(tmp_path / "found" / "attack.csv")
    assert lines["name"].to_list() == ["fgsm", "fgsm", "pgd", "pgd"]
    assert lines["setting"].to_list() == [4, 30, 4, 30]
    told = pl.read_csv(tmp_path / "found" / "pictures.csv", schema_overrides={"class": pl.String, "answer": pl.String})
    assert told.height == 4 * HELD
    for name, eps, accuracy in lines.select("name", "setting", "accuracy").iter_rows():
        own = told.filter((pl.col("attack") == name) & (pl.col("eps") == eps))
        assert own.select((pl.col("class") == pl.col("answer")).mean()).item() == pytest.approx(accuracy)
    fooled = told.filter(pl.col("class") != pl.col("answer"))
    assert fooled.height > 10
    files = sorted(str(path.relative_to(tmp_path / "found" / "pictures")) for path in (tmp_path / "found").rglob("*.png"))
    assert files == sorted(fooled["file"].to_list())
    saved = np.stack([np.asarray(Image.open(tmp_path / "found" / "pictures" / name)) for name in fooled["file"]])
    frame = pl.DataFrame({"image": pl.Series(saved, dtype=pl.Array(pl.UInt8, saved.shape[1:]))})
    answers = fitted().predict(frame)["probability"].argmax(axis=1)
    assert [str(code) for code in answers] == fooled["answer"].to_list(), "the files fool the model as they were said to"


def test_json_is_one_object_equal_each_time(assay: Command, place: Path) -> None:
    words = ("attack", place / "digits.assay", place / "new", "--rows", 25, "--eps", 8, "--target", "8", "--json")
    found, again = (assay(*words).object for _ in range(2))
    assert found == again
    assert found["target"] == "8"
    for line in found["lines"]:
        assert line["largest_change"] <= 8.001
        assert line["n"] <= 25
        assert line["accuracy"]["low"] <= line["accuracy"]["value"] <= line["accuracy"]["high"]
        assert line["reached"]["method"] == "Wilson"


def test_corruptions_are_measured_alone_or_beside_attacks(assay: Command, place: Path) -> None:
    found = assay("attack", place / "digits.assay", place / "new", "--corruptions", "--rows", 10, "--json").object
    assert {line["kind"] for line in found["lines"]} == {"corruption"}
    assert len(found["lines"]) == 50
    assert list(found["mean_errors"])[-1] == "mean"
    both = assay("attack", place / "digits.assay", place / "new", "--corruptions", "--attack", "fgsm", "--rows", 5)
    assert "fgsm eps 8" in both.out
    assert "Mean error over the five strengths" in both.out


def test_a_table_of_paths_is_attacked_as_its_folder_is(assay: Command, place: Path) -> None:
    rows = sorted((place / "new").rglob("*.png"))
    write_csv(place / "new.csv", [["image", "label"], *([str(path), path.parent.name] for path in rows)])
    words = ("--attack", "fgsm", "--json")
    folder, listed = (assay("attack", place / "digits.assay", place / name, *words).object for name in ("new", "new.csv"))
    assert folder["lines"] == listed["lines"]


def test_what_cannot_be_attacked_is_said_in_one_line(assay: Command, place: Path, of_a_table: Path, tmp_path: Path) -> None:
    model, data = place / "digits.assay", place / "new"
    assert "is no net for pictures" in assay("attack", of_a_table / "run" / "model", of_a_table / "cancer.csv").complaint
    assert "outside (0, 255]" in assay("attack", model, data, "--eps", "0").complaint
    assert "outside (0, 255]" in assay("attack", model, data, "--eps", "4,256").complaint
    assert "it is a number" in assay("attack", model, data, "--eps", "four").complaint
    assert "did you mean 'pgd'" in assay("attack", model, data, "--attack", "pdg").complaint
    assert "no class 'eight'" in assay("attack", model, data, "--target", "eight").complaint
    assert "--rows 0" in assay("attack", model, data, "--rows", 0).complaint
    assert "name one with --attack" in assay("attack", model, data, "--corruptions", "--target", "8").complaint
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "a new or an empty folder" in assay("attack", model, data, "--out", "full").complaint
    (tmp_path / "bad" / "1").mkdir(parents=True)
    (tmp_path / "bad" / "1" / "x.png").write_bytes(b"no picture")
    assert "does not open" in assay("attack", model, "bad").complaint
    write_csv(tmp_path / "unlabelled.csv", [["image"], [str(next(data.rglob("*.png")))]])
    assert "does not say 'label'" in assay("attack", model, "unlabelled.csv").complaint
    (tmp_path / "empty").mkdir()
    assert "empty" in assay("attack", model, "empty").complaint


def test_pictures_are_cloaked_into_a_folder_and_judged(assay: Command, place: Path, tmp_path: Path) -> None:
    Image.fromarray(np.kron(digits()[0][402], np.ones((8, 8), dtype=np.uint8))).save(tmp_path / "mine.png")
    words = ("cloak", place / "digits.assay", "mine.png", "--eps", 60, "--steps", 20)
    said = assay(*words, "--out", "cloaked")
    assert said.code == 0, said.err
    assert "cloaked/mine.png: worked." in said.out
    assert "As JPEG of quality 75:" in said.out
    found = assay(*words, "--out", "again", "--json").object
    assert found["pictures"][0]["worked"] is True
    assert (tmp_path / "again" / "mine.png").read_bytes() == (tmp_path / "cloaked" / "mine.png").read_bytes()
    before, after = (np.asarray(Image.open(path)).astype(int) for path in ("mine.png", "cloaked/mine.png"))
    assert np.abs(before - after).max() == found["pictures"][0]["change"] <= 60
    assert "is there already" in assay(*words, "--out", "cloaked").complaint


def test_what_cannot_be_cloaked_is_said_in_one_line(assay: Command, place: Path, of_a_table: Path, tmp_path: Path) -> None:
    picture = next((place / "new").rglob("*.png"))
    model = place / "digits.assay"
    assert "is no net for pictures" in assay("cloak", of_a_table / "run" / "model", picture, "--out", "x").complaint
    assert "outside (0, 255]" in assay("cloak", model, picture, "--eps", 300, "--out", "x").complaint
    assert "is no file" in assay("cloak", model, "nothing.png", "--out", "x").complaint
    (tmp_path / "bad.png").write_bytes(b"no picture")
    assert "does not open" in assay("cloak", model, "bad.png", "--out", "x").complaint
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / picture.name).write_bytes(picture.read_bytes())
    assert "would both become" in assay("cloak", model, picture, tmp_path / "other" / picture.name, "--out", "x").complaint
