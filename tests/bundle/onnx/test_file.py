"""An exported file on disk: it says what it was made of, is checked before it is believed, and harm in it is refused."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tests.bundle.models import model
from tests.bundle.onnx.test_export import fitted
from tests.bundle.onnx.test_export import model as exportable

import assay.bundle
from assay.bundle.model import Model, read_manifest
from assay.bundle.onnx.file import KEPT_ROWS, export_onnx, serialized, verify_onnx
from assay.core.errors import BundleError, ConfigError, MissingExtraError
from assay.core.files import canonical_json, sha256_bytes


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_onnx(exportable("forest", "binary"), tmp_path_factory.mktemp("onnx") / "m.onnx")


def metadata(path: Path) -> dict[str, Any]:
    return dict(json.loads(onnx.load(str(path)).metadata_props[0].value))


def rewritten(path: Path, place: Path, change: Callable[[Any], object] = id, told: dict[str, Any] | None = None) -> Path:
    """The file with its graph and metadata changed, and a SHA-256 that fits again."""
    proto = onnx.load(str(path))
    change(proto)
    kept = {**metadata(path), **(told or {})}
    if "graph" not in (told or {}):
        kept["graph"] = sha256_bytes(serialized(proto))
    body = {key: value for key, value in kept.items() if key != "digest"}
    proto.metadata_props[0].value = canonical_json({**body, "digest": sha256_bytes(canonical_json(body).encode())})
    place.write_bytes(proto.SerializeToString(deterministic=True))
    return place


def test_the_file_names_the_model_it_was_made_of_and_keeps_rows_with_their_answers(written: Path, tmp_path: Path) -> None:
    one = exportable("forest", "binary")
    one.save(tmp_path / "m")
    told = metadata(written)
    assert told["model"] == {name: entry["sha256"] for name, entry in read_manifest(tmp_path / "m").files.items()}
    assert told["threshold"] == 0.3
    assert [column["input"] for column in told["inputs"]] == ["a number", "amount", "gaps", "input label", "rare"]
    assert len(told["rows"]["gaps"]) == len(told["answers"]["label"]) == KEPT_ROWS
    assert None in told["rows"]["gaps"]
    facts = verify_onnx(written)
    assert any(f"gives the answers that the model gave to {KEPT_ROWS} rows" in fact for fact in facts)


def test_equal_models_give_equal_files_also_once_saved_and_loaded(written: Path, tmp_path: Path) -> None:
    exportable("forest", "binary").save(tmp_path / "m.assay")
    again = assay.bundle.load(tmp_path / "m.assay").export(tmp_path / "again.onnx")
    assert again.read_bytes() == written.read_bytes()


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_files_of_other_tasks_are_verified_too(task: str, tmp_path: Path) -> None:
    facts = verify_onnx(export_onnx(exportable("boosting", task), tmp_path / "m.onnx"))
    assert any(f"a {task} model: recipe boosting, 5 inputs" in fact for fact in facts)


def test_another_name_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ends in \.onnx"):
        export_onnx(exportable("forest", "binary"), tmp_path / "m.txt")


def test_a_flipped_bit_is_refused(written: Path, tmp_path: Path) -> None:
    whole = written.read_bytes()
    for place in range(3, len(whole), len(whole) // 150):
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        (tmp_path / "m.onnx").write_bytes(changed)
        with pytest.raises(BundleError) as caught:
            verify_onnx(tmp_path / "m.onnx")
        assert "\n" not in str(caught.value)


def test_a_file_cut_short_or_of_another_kind_is_refused(written: Path, tmp_path: Path) -> None:
    whole = written.read_bytes()
    for content in (b"", b"PK", whole[:100], whole[: len(whole) // 2], whole[:-1], b"hello" * 50):
        (tmp_path / "m.onnx").write_bytes(content)
        with pytest.raises(BundleError, match=r"m\.onnx"):
            verify_onnx(tmp_path / "m.onnx")
    with pytest.raises(BundleError, match="there is no ONNX file"):
        verify_onnx(tmp_path / "gone.onnx")


def test_a_constant_that_was_changed_gives_other_answers_and_is_refused(written: Path, tmp_path: Path) -> None:
    def change(proto: Any) -> None:
        for tensor in proto.graph.initializer:
            values = onnx.numpy_helper.to_array(tensor)
            if values.dtype == np.float64 and values.size > 50:
                tensor.CopyFrom(onnx.numpy_helper.from_array(values * 0.5, tensor.name))

    with pytest.raises(BundleError, match="does not give the answers that were kept in it"):
        verify_onnx(rewritten(written, tmp_path / "m.onnx", change))


def attribute(proto: Any, op: str, name: str) -> Any:
    node = next(node for node in proto.graph.node if node.op_type == op)
    return next(one for one in node.attribute if one.name == name)


def _child(value: int) -> Callable[[Any], None]:
    def change(proto: Any) -> None:
        attribute(proto, "TreeEnsembleRegressor", "nodes_truenodeids").ints[0] = value

    return change


def _list(name: str, place: int, value: int) -> Callable[[Any], None]:
    def change(proto: Any) -> None:
        attribute(proto, "TreeEnsembleRegressor", name).ints[place] = value

    return change


def _foreign_operator(proto: Any) -> None:
    proto.graph.node[0].domain = "com.example"


def _loop(proto: Any) -> None:
    proto.graph.node[0].op_type = "Loop"


def _branch(proto: Any) -> None:
    node = proto.graph.node[0]
    node.attribute.append(onnx.helper.make_attribute("body", onnx.helper.make_graph([], "g", [], [])))


def _external(proto: Any) -> None:
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def _huge(proto: Any) -> None:
    del proto.graph.initializer[0].dims[:]
    proto.graph.initializer[0].dims.extend([2**30, 2**30])


def _nan(proto: Any) -> None:
    attribute(proto, "TreeEnsembleRegressor", "nodes_values_as_tensor").t.double_data[0] = float("nan")


def _targets(proto: Any) -> None:
    attribute(proto, "TreeEnsembleRegressor", "n_targets").i = 2**40


def _keys(proto: Any) -> None:
    del attribute(proto, "LabelEncoder", "keys_strings").strings[0]


def _function(proto: Any) -> None:
    proto.functions.add(name="f", domain="")


HARM = {
    "a child that is the node itself": _child(0),
    "a child before its parent": _child(-1),
    "a child outside the tree": _child(2**31 - 1),
    "a child of two parents": _child(4),
    "a feature below 0": _list("nodes_featureids", 0, -1),
    "a node of another tree": _list("nodes_treeids", 1, 3),
    "a leaf of another target": _list("target_ids", 0, 3),
    "a threshold that is no number": _nan,
    "targets without end": _targets,
    "an operator of someone else": _foreign_operator,
    "a loop": _loop,
    "a graph within a node": _branch,
    "a constant in another file": _external,
    "a constant of 2^60 numbers": _huge,
    "levels without codes": _keys,
    "a function": _function,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_changed_graph_with_checksums_that_fit_is_refused_before_a_runtime_sees_it(
    harm: str, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rewritten(written, tmp_path / "m.onnx", HARM[harm])
    monkeypatch.setattr("assay.bundle.onnx.file.ask", lambda *_: pytest.fail("the runtime was asked"))
    with pytest.raises(BundleError) as caught:
        verify_onnx(path)
    assert "\n" not in str(caught.value)


def test_a_feature_that_is_not_there_is_refused_in_a_sentence(written: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        verify_onnx(rewritten(written, tmp_path / "m.onnx", _list("nodes_featureids", 0, 1000)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "told",
    [
        {"format": 7},
        {"format": True},
        {"rows": {}},
        {"rows": {"a number": [1.0]}},
        {"answers": {"value": ["x"]}},
        {"answers": {"probability": [[0.5]], "label": ["yes"]}},
        {"inputs": []},
        {"inputs": [{"column": "a", "kind": "date", "input": "a"}]},
        {"task": 3},
        {"model": ["x"]},
        {"more": 1},
    ],
)
def test_metadata_that_we_do_not_write_is_refused(told: dict[str, Any], written: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="the metadata"):
        verify_onnx(rewritten(written, tmp_path / "m.onnx", told=told))


def test_cells_of_another_kind_and_answers_of_another_model_are_refused(written: Path, tmp_path: Path) -> None:
    kept = metadata(written)
    cells = {**kept["rows"], "gaps": ["one"] * KEPT_ROWS}
    with pytest.raises(BundleError, match="cells of another kind than column 'gaps'"):
        verify_onnx(rewritten(written, tmp_path / "m.onnx", told={"rows": cells}))
    labels = {**kept["answers"], "label": ["no such label"] * KEPT_ROWS}
    with pytest.raises(BundleError, match="row 1: label"):
        verify_onnx(rewritten(written, tmp_path / "m.onnx", told={"answers": labels}))


def test_a_missing_extra_names_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"needs onnxruntime, which is not installed: pip install 'assay\[onnx\]'"):
        export_onnx(Model(fitted("logistic", "binary")), tmp_path / "m.onnx")


def test_onnx_is_imported_only_when_it_is_asked_for() -> None:
    code = "import sys, assay.bundle.onnx.file, assay.bundle.model; print([m for m in sys.modules if m.startswith('onnx')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_model_of_a_date_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="numbers and categories only"):
        assay.bundle.export_onnx(model("logistic"), "m.onnx")
