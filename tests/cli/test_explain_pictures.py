"""``assay explain`` of a model of pictures: of a saved net with its training pictures, of a run, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cli.commands import Command
from tests.explain.picture_models import net_of, pictures
from tests.nets.seeing.corner import corner_pictures

from assay.bundle.model import Model

CLASSES = ("cross", "ring", "nothing")
QUICK = ("--pictures", "2", "--seed", "1")


def write_folder(folder: Path, rows: int, seed: int) -> Path:
    for row, (pixels, code) in enumerate(zip(*corner_pictures(rows, seed), strict=True)):
        own = folder / CLASSES[code]
        own.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[0]).save(own / f"{row:03}.png")
    return folder


@pytest.fixture
def model(workplace: Path) -> Path:
    path = workplace / "net.assay"
    Model(net_of(pictures(12, 1, classes=CLASSES, column="image"))).save(path)
    return path


def test_a_saved_net_is_explained_with_its_training_pictures(assay: Command, model: Path) -> None:
    write_folder(Path("new"), 8, 5)
    write_folder(Path("old"), 12, 6)
    done = assay("explain", model, "new", "--training", "old", "--out", "seen.html", "--files", "seen", "--json", *QUICK)
    assert done.code == 0, done.err
    found = done.object
    # the folder calls its classes "label" and the net its target "kind", so nobody knows what is so
    assert found["gallery"] is None
    assert [one["truth"] for one in found["pictures"]] == [None, None]
    assert len(found["pictures"]) == 2
    assert all(len(one["nearest"]) == 5 for one in found["pictures"])
    assert found["page"] == "seen.html"
    assert Path("seen.html").stat().st_size < 2_000_000
    assert {Path(name) for name in found["files"]} == set(Path("seen").iterdir())
    picture = np.asarray(Image.open(f"seen/row-{found['pictures'][0]['row']}.png"))
    assert picture.shape == (32, 32)
    again = assay("explain", model, "new", "--training", "old", "--json", *QUICK).object
    assert again["pictures"] == found["pictures"]


def test_a_folder_without_classes_is_explained_too(assay: Command, model: Path) -> None:
    flat = write_folder(Path("flat"), 3, 5) / "all"
    flat.mkdir()
    for number, path in enumerate(sorted(Path("flat").glob("*/*.png"))):
        path.rename(flat / f"{number}.png")
    done = assay("explain", model, flat, "--row", "2", "--layer", "features.0", "--baseline", "mean", *QUICK)
    assert done.code == 0, done.err
    assert "Row 2 (asked)" in done.out
    assert "Grad-CAM reads net.features.0" in done.out


def test_a_run_of_pictures_is_explained_by_the_models_of_its_folds(assay: Command) -> None:
    write_folder(Path("photos"), 60, 7)
    assert assay("run", "photos", "--recipes", "logistic", "--folds", "2", "--jobs", "1", "--out", "run", "-q").code == 0
    found = assay("explain", "run", "--json", *QUICK).object
    assert found["recipe"] == "logistic"
    assert found["models"] == 2
    board = assay("report", "run", "--json")
    assert board.code == 0
    assert found["accuracy"]["estimand"] == "this recipe"
    assert 0 < found["accuracy"]["low"] < found["accuracy"]["value"]
    assert all(one["occlusion"] is not None for one in found["pictures"])
    text = Path("run/report.html").read_text(encoding="utf-8")
    assert ('<section id="gallery"' in text) == (found["gallery"]["wrong"] > 0 or "is right about every picture" in text)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--columns", "image"), "--columns"),
        (("--metric", "accuracy"), "--metric"),
        (("--layer", "features.99"), "features.99"),
        (("--baseline", "white"), "white"),
        (("--row", "99"), "row 99"),
        (("--pictures", "0"), "pictures=0"),
    ],
)
def test_what_does_not_fit_pictures_is_refused_in_one_line(
    assay: Command, model: Path, words: tuple[str, str], told: str
) -> None:
    write_folder(Path("new"), 4, 5)
    assert told in assay("explain", model, "new", *words).complaint


def test_options_of_pictures_are_refused_for_a_table_before_anything_is_fitted(assay: Command, cancer: Path) -> None:
    words = ("--target", "diagnosis", "--recipes", "baseline", "--folds", "2", "--jobs", "1", "--out", "run", "-q")
    target = cancer.read_text().splitlines()[0].split(",")[-1]
    assert assay("run", cancer, "--target", target, *words[2:]).code == 0
    done = assay("explain", "run", "--layer", "conv1")
    assert "--layer is for models that read pictures" in done.complaint
