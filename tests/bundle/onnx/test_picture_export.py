"""Networks for pictures as ONNX: onnxruntime, which knows nothing of Assay, answers as the model does, and verifying notices."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from assay.bundle.model import Model
from assay.bundle.onnx.file import export_onnx, verify_onnx
from assay.core.errors import BundleError, ConfigError
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.measure.calibration import PriorCorrection
from assay.nets.architectures import spec_to_json, weights_of
from assay.nets.image.picture_net import PictureSpec
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated
from assay.prepare.pixels import FittedPixels
from assay.recipes.fitted import Fitted
from assay.recipes.nets.fitted import FittedNet

USUAL = ("lenet5", "lenet5-1998", "resnet20", "resnet11-wide", "mobilenet-small", "vit-small")
OTHERS = tuple(
    pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS.names() if name not in USUAL and NETWORKS.get(name).step == 1
)
CLASSES = ("cat", "dog", "é <b>")


def side(name: str) -> int:
    network = NETWORKS.get(name)
    return network.size if network.size <= 32 or network.step > 1 else max(network.least, 64)


@cache
def model(name: str, classes: int = 3, channels: int = 3) -> Model:
    """Its weights drawn, its norms as if they had seen pictures."""
    size = side(name)
    spec = PictureSpec(name, 1 if classes == 2 else classes, channels, size)
    with isolated(3), torch.no_grad():
        net = spec.build()
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(std=0.1)
                part.running_var.uniform_(0.5, 1.5)
        for one in net.parameters():
            if not one.any():
                one.normal_(std=0.05)
        net.standardise.mean.fill_(120.0)
        net.standardise.scale.fill_(60.0)
    task = Task("binary" if classes == 2 else "multiclass", "label", classes=CLASSES[:classes])
    learner = FittedNet(task.name, "picture", spec_to_json(spec), weights_of(net))
    step = FittedPixels(("image",), (1 if channels == 1 else 3,), size)
    calibrators: Any = (PriorCorrection(np.array([0.2, 0.8]), np.array([0.5, 0.5])),) if classes == 2 else ()
    schema = Schema((Column("image", "image", "feature"),))
    return Model(Fitted("network", task, schema, step, learner, calibrators))


def pictures(of: Model, rows: int = 5) -> np.ndarray:
    step: Any = of.fitted.step
    return np.random.default_rng(2).integers(0, 256, (rows, sum(step.channels), step.size, step.size), dtype=np.uint8)


def asked(path: Path, rows: np.ndarray) -> list[np.ndarray]:
    return list(
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["probability", "label"], {"pictures": rows})
    )


@pytest.mark.parametrize("name", [*USUAL, *OTHERS])
def test_a_runtime_that_knows_nothing_of_assay_answers_as_the_model_does(name: str, tmp_path: Path) -> None:
    of = model(name)
    path = export_onnx(of, tmp_path / "net.onnx")
    rows = pictures(of)
    wanted = of.fitted.predict_matrix(rows, np.arange(len(rows)))["probability"]
    probability, label = asked(path, rows)
    np.testing.assert_allclose(probability, wanted, rtol=0, atol=1e-4)
    assert label.tolist() == [CLASSES[code] for code in wanted.argmax(1)]
    onnx.checker.check_model(str(path), full_check=True)


def test_two_classes_of_grey_pictures_keep_their_calibration(tmp_path: Path) -> None:
    of = model("resnet20", 2, 1)
    path = export_onnx(of, tmp_path / "net.onnx")
    rows = pictures(of)
    wanted = of.fitted.predict_matrix(rows, np.arange(len(rows)))
    probability, _ = asked(path, rows)
    assert np.abs(wanted["probability"] - wanted["uncorrected"]).max() > 0.01
    np.testing.assert_allclose(probability[:, 1], wanted["probability"], rtol=0, atol=1e-4)


def test_a_written_file_is_verified_and_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = (export_onnx(model("lenet5"), tmp_path / name) for name in ("a.onnx", "b.onnx"))
    assert first.read_bytes() == again.read_bytes()
    facts = verify_onnx(first)
    assert any("uint8 pictures of 3 × 32 × 32" in fact for fact in facts)


def changed(path: Path, change: Any) -> Path:
    proto = onnx.load(path)
    change(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))
    return path


def swap_weights(proto: Any) -> None:
    weight = next(one for one in proto.graph.initializer if len(one.dims) == 4)
    values = onnx.numpy_helper.to_array(weight).copy()
    weight.raw_data = values[::-1].tobytes()


def foreign_operator(proto: Any) -> None:
    proto.graph.node[0].op_type = "Loop"


def outside_file(proto: Any) -> None:
    proto.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL


def huge_pictures(proto: Any) -> None:
    proto.metadata_props[0].value = proto.metadata_props[0].value.replace('"size":32', '"size":3200000')


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (swap_weights, "does not match its SHA-256"),
        (foreign_operator, "uses the operator :Loop"),
        (outside_file, "in a place that Assay does not write"),
        (huge_pictures, "other types than Assay writes"),
    ],
)
def test_a_file_that_was_changed_is_refused(change: Any, says: str, tmp_path: Path) -> None:
    path = changed(export_onnx(model("lenet5"), tmp_path / "net.onnx"), change)
    with pytest.raises(BundleError, match=says):
        verify_onnx(path)


def test_a_layer_that_has_no_export_is_named_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(__import__("assay.nets.image.steps", fromlist=["_LAYERS"])._LAYERS, nn.AvgPool2d)
    with pytest.raises(ConfigError, match="the layer AvgPool2d"):
        export_onnx(model("lenet5"), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
