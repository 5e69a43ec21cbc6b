"""``assay model export --int8``."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.bundle.models import model as table_model
from tests.bundle.onnx.digit_models import SEEN, digits, digits_model
from tests.cli.commands import Command

from assay.core import optional

ROWS = 60


def write_folder(folder: Path, rows: int, *, classes: bool = True) -> Path:
    pixels, codes = (part[SEEN : SEEN + rows] for part in digits())
    for row, (picture, code) in enumerate(zip(pixels, codes, strict=True)):
        own = folder / str(code) if classes else folder
        own.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(own / f"{row:03}.png")
    return folder


@pytest.fixture
def net(workplace: Path) -> Path:
    digits_model().save(workplace / "net.assay")
    return workplace / "net.assay"


def test_a_folder_with_classes_makes_and_judges_an_int8_file(assay: Command, net: Path) -> None:
    write_folder(Path("new"), ROWS)
    done = assay("model", "export", net, "-o", "small.onnx", "--int8", "new")
    assert done.code == 0, done.err
    assert "ranges measured on 30 pictures; on 30 others" in done.out
    assert "accuracy there: float" in done.out
    assert "a batch of 30 on one thread: float" in done.out
    told = assay("model", "export", net, "-o", "again.onnx", "--int8", "new", "--json").object
    assert told["int8"]["judged"] == 30
    times, high = told["int8"]["times"], told["int8"]["accuracy"]["difference"]["high"]
    assert (told["int8"]["warning"] is None) == (times["int8_seconds"] < times["float_seconds"] and high >= 0)
    assert told["int8"]["accuracy"]["difference"]["n"] == 30
    assert Path("small.onnx").read_bytes() == Path("again.onnx").read_bytes()
    assert told["facts"] == assay("model", "verify", "small.onnx", "--json").object["facts"]


def test_pictures_without_classes_and_a_file_of_arrays_are_taken_too(assay: Command, net: Path) -> None:
    write_folder(Path("flat"), 20, classes=False)
    done = assay("model", "export", net, "-o", "flat.onnx", "--int8", "flat")
    assert done.code == 0, done.err
    assert "does not say 'label', so accuracies are not measured" in done.err
    np.savez("digits.npz", image=digits()[0][SEEN : SEEN + 20], label=digits()[1][SEEN : SEEN + 20].astype(str))
    found = assay("model", "export", net, "-o", "npz.onnx", "--int8", "digits.npz", "--json").object
    assert found["int8"]["accuracy"]["float"]["n"] == 10


def test_what_cannot_be_done_is_one_line(assay: Command, net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(Path("few"), 19)
    assert "19 pictures are too few" in assay("model", "export", net, "-o", "x.onnx", "--int8", "few").complaint
    assert "there is no such file" in assay("model", "export", net, "-o", "x.onnx", "--int8", "nowhere").complaint
    assert "ends in .onnx" in assay("model", "export", net, "-o", "x.txt", "--int8", "few").complaint
    table_model("baseline").save("b.assay")
    assert "recipe 'baseline' is none" in assay("model", "export", "b.assay", "-o", "x.onnx", "--int8", "few").complaint

    importing = optional.importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name == "onnxruntime":
            raise ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")
        return importing(name, *rest)

    monkeypatch.setattr(optional.importlib, "import_module", without)
    assert "needs onnxruntime" in assay("model", "export", net, "-o", "x.onnx", "--int8", "few").complaint
    assert not Path("x.onnx").exists()
