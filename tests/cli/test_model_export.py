"""``assay model export`` and ``verify`` of what it wrote."""

import json
from pathlib import Path

from tests.bundle.models import HOSTILE, model
from tests.cli.commands import Command


def test_a_model_is_exported_and_the_export_verified(assay: Command, tmp_path: Path) -> None:
    model("baseline").save("m.assay")
    told = assay("model", "export", "m.assay", "-o", "out/m.onnx").out
    assert "Written: out/m.onnx" in told
    assert "gives the answers that the model gave" in told
    assert "out/m.onnx is whole." in assay("model", "verify", "out/m.onnx").out
    as_json = assay("model", "export", "m.assay", "-o", "out/m.onnx", "--json").object
    assert as_json["written"] == "out/m.onnx"
    assert as_json["facts"] == json.loads(assay("model", "verify", "out/m.onnx", "--json").out)["facts"]
    assert HOSTILE in (Path("out/m.onnx").read_bytes()).decode(errors="replace")


def test_what_cannot_be_exported_or_verified_is_one_line(assay: Command, tmp_path: Path) -> None:
    model("logistic").save("m.assay")
    assert "column 'day' is of kind date" in assay("model", "export", "m.assay", "-o", "m.onnx").complaint
    assert "ends in .onnx" in assay("model", "export", "m.assay", "-o", "m.txt").complaint
    assert "there is no ONNX file" in assay("model", "verify", "m.onnx").complaint
    Path("m.onnx").write_bytes(b"not one")
    assert "m.onnx" in assay("model", "verify", "m.onnx").complaint
    model("baseline").save("b.assay")
    assay("model", "export", "b.assay", "-o", "b.onnx")
    assert "only a saved model is signed" in assay("model", "verify", "b.onnx", "--key", "key.pub").complaint
