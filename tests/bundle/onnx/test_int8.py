"""Networks for pictures in int8: what the file holds, that it was judged on rows that did not make it, and what is refused."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime import quantization
from tests.bundle.models import model as table_model
from tests.bundle.onnx.digit_models import digits_model, unseen
from tests.bundle.onnx.test_picture_export import asked, changed, model, pictures

from assay.bundle.onnx.asking import Asked, serialized
from assay.bundle.onnx.file import export_onnx, verify_onnx
from assay.bundle.onnx.int8 import plan_of, quantized, ranges_of, scale_of
from assay.bundle.onnx.int8_file import Int8Export, export_int8
from assay.bundle.onnx.int8_judged import Times, halves, judged, warning
from assay.bundle.onnx.picture_file import made
from assay.core.errors import BundleError, ConfigError, DataError

ROWS = 240


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("int8")


@pytest.fixture(scope="module")
def found(folder: Path) -> Int8Export:
    return export_int8(digits_model(), folder / "int8.onnx", *unseen(ROWS))


@pytest.fixture(scope="module")
def float_path(folder: Path) -> Path:
    return export_onnx(digits_model(), folder / "float.onnx")


def constants(path: Path) -> dict[str, np.ndarray]:
    return {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


def layers(path: Path) -> list[Any]:
    return [node for node in onnx.load(path).graph.node if node.op_type in ("Conv", "MatMul")]


def test_every_weight_is_int8_with_a_scale_for_each_output_within_half_a_step_of_the_float_one(
    found: Int8Export, float_path: Path
) -> None:
    small, large = constants(found.path), constants(float_path)
    restored = {node.output[0]: node for node in onnx.load(found.path).graph.node if node.op_type == "DequantizeLinear"}
    pairs = list(zip(layers(found.path), layers(float_path), strict=True))
    assert len(pairs) == 5
    for node, float_node in pairs:
        whole, scale, _ = (small[name] for name in restored[node.input[1]].input)
        wanted = large[float_node.input[1]]
        axis = 0 if node.op_type == "Conv" else 1
        assert whole.dtype == np.int8
        assert scale.shape == (wanted.shape[axis],)
        assert np.abs(whole).max() == 64
        steps = np.expand_dims(scale, tuple(one for one in range(wanted.ndim) if one != axis))
        assert (np.abs(whole * steps - wanted) <= steps * 0.5001).all()
    assert not any(values.dtype == np.float32 and values.ndim > 1 and values.size > 100 for values in small.values())
    assert found.path.stat().st_size == found.bytes_int8 < found.bytes_float / 2 < float_path.stat().st_size
    onnx.checker.check_model(str(found.path), full_check=True)


def test_its_answers_agree_with_the_floats_and_the_figures_are_those_counted_by_hand(found: Int8Export, float_path: Path) -> None:
    rows, codes = unseen(ROWS)
    first, others = halves(ROWS)
    assert sorted([*first, *others]) == list(range(ROWS))
    (probability, label), (probability_float, label_float) = (asked(path, rows[others]) for path in (found.path, float_path))
    truth = codes[others].astype(str)
    right, right_float = label == truth, label_float == truth
    assert (label == label_float).mean() > 0.95
    assert np.abs(probability - probability_float).mean() < 0.01
    assert right_float.mean() > 0.7
    assert (found.calibrated, found.judged.rows) == (len(first), len(others)) == (120, 120)
    assert found.judged.agreement.value == (label == label_float).mean()
    accuracy = found.judged.accuracy
    assert accuracy is not None
    assert (accuracy.float_.value, accuracy.int8.value) == (right_float.mean(), right.mean())
    assert accuracy.difference.value == pytest.approx(right.mean() - right_float.mean())
    assert accuracy.difference.low <= accuracy.difference.value <= accuracy.difference.high


def test_the_scales_of_values_are_those_of_the_runtimes_own_tool(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows, _ = unseen(40)
    proto = made(digits_model())
    plan = plan_of(proto)
    ranges = ranges_of(proto, plan, rows)

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.left = [{"pictures": rows[:20]}, {"pictures": rows[20:]}]

        def get_next(self) -> dict[str, np.ndarray] | None:
            return self.left.pop() if self.left else None

    for place, node in enumerate(proto.graph.node):
        node.name = f"node{place}"
    with caplog.at_level(logging.CRITICAL):
        quantization.quantize_static(
            proto,
            tmp_path / "peer.onnx",
            Reader(),
            op_types_to_quantize=["Conv", "MatMul", "Relu"],
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
        )
    theirs = constants(tmp_path / "peer.onnx")
    same = [name for name in ranges if f"{name}_scale" in theirs]
    assert len(same) == len(ranges) - 1  # their tool gives the first of the two means the scale of what it reads
    for name in same:
        scale, zero = scale_of(*ranges[name])
        assert scale == pytest.approx(float(theirs[f"{name}_scale"]), rel=1e-6)
        assert zero == theirs[f"{name}_zero_point"]


def test_the_same_rows_give_the_same_bytes(found: Int8Export, tmp_path: Path) -> None:
    again = export_int8(digits_model(), tmp_path / "again.onnx", *unseen(ROWS))
    assert again.path.read_bytes() == found.path.read_bytes()


def graph_of(path: Path) -> bytes:
    return serialized(onnx.load(path))


def test_rows_that_judge_leave_no_trace_in_the_graph_and_rows_that_calibrate_do(found: Int8Export, tmp_path: Path) -> None:
    rows, codes = unseen(ROWS)
    first, others = halves(ROWS)
    for part, is_same in ((others, True), (first, False)):
        noisy = rows.copy()
        noisy[part] = np.random.default_rng(0).integers(0, 256, noisy[part].shape)
        changed_export = export_int8(digits_model(), tmp_path / "noisy.onnx", noisy, codes)
        assert (graph_of(changed_export.path) == graph_of(found.path)) is is_same


def test_without_classes_only_the_agreement_is_judged(tmp_path: Path) -> None:
    found = export_int8(digits_model(), tmp_path / "net.onnx", unseen(40)[0])
    assert found.judged.accuracy is None
    assert not any("accuracy" in fact for fact in verify_onnx(found.path))


def bare(name: str) -> tuple[bytes, bytes, np.ndarray]:
    """The graph in float and in int8, and the pictures it was made on."""
    rows = pictures(model(name), 16)
    proto = made(model(name))
    plan = plan_of(proto)
    return serialized(proto), serialized(quantized(proto, plan, ranges_of(proto, plan, rows))), rows


@pytest.mark.parametrize(
    "name",
    ["resnet20", *(pytest.param(one, marks=pytest.mark.slow) for one in ("resnet11-wide", "mobilenet-small", "vit-small"))],
)
def test_the_runtime_computes_every_convolution_in_whole_numbers(name: str, tmp_path: Path) -> None:
    large, small, rows = bare(name)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath, options.log_severity_level = str(tmp_path / "optimized.onnx"), 4
    onnxruntime.InferenceSession(small, options, providers=["CPUExecutionProvider"])
    used = [node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node]
    written = [node.op_type for node in onnx.load_from_string(large).graph.node]
    assert used.count("QLinearConv") == written.count("Conv") > 0
    assert not {"Conv", "FusedConv", "Relu", "Clip"} & set(used)
    probability, probability_float = (Asked(one)({"pictures": rows})["probability"] for one in (small, large))
    np.testing.assert_allclose(probability, probability_float, rtol=0, atol=0.05)


def test_the_file_tells_what_was_found_and_a_changed_one_is_refused(found: Int8Export, tmp_path: Path) -> None:
    facts = verify_onnx(found.path)
    assert any("ranges measured on 120 pictures; on 120 others" in fact for fact in facts)
    assert any("accuracy there: float" in fact and "(paired)" in fact for fact in facts)
    copy = tmp_path / "copy.onnx"

    def other_weight(proto: Any) -> None:
        weight = next(one for one in proto.graph.initializer if one.data_type == onnx.TensorProto.INT8 and len(one.dims) == 4)
        weight.raw_data = weight.raw_data[::-1]

    def other_figure(proto: Any) -> None:
        entry = proto.metadata_props[0]
        entry.value = entry.value.replace('"judged":120', '"judged":12000')

    def figure_of_another_type(proto: Any) -> None:
        entry = proto.metadata_props[0]
        entry.value = entry.value.replace('"judged":120', '"judged":"120"')

    for change, says in (
        (other_weight, "does not match its SHA-256"),
        (other_figure, "do not match their SHA-256"),
        (figure_of_another_type, "other types than Assay writes"),
    ):
        copy.write_bytes(found.path.read_bytes())
        with pytest.raises(BundleError, match=says):
            verify_onnx(changed(copy, change))


def test_a_warning_says_when_the_float_file_is_better() -> None:
    truth = np.zeros(200, dtype=np.int64)
    worse = np.where(np.arange(200) < 30, 1, 0)
    equal, lost = judged(truth, truth, truth), judged(truth, worse, truth)
    faster, slower = Times(64, 0.002, 0.001), Times(64, 0.001, 0.002)
    assert warning(equal, faster) is None
    assert warning(judged(truth, worse, None), faster) is None
    assert "it is not faster here. The float file is better" in str(warning(equal, slower))
    assert "a loss of accuracy is shown (-0.1500 [" in str(warning(lost, faster))
    assert "not faster here and a loss" in str(warning(lost, slower))


def test_what_cannot_be_made_or_judged_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    rows, codes = unseen(40)
    net, out = digits_model(), tmp_path / "net.onnx"
    with pytest.raises(ConfigError, match="--int8 is for networks for pictures, and recipe 'baseline' is none"):
        export_int8(table_model("baseline"), out, rows)
    with pytest.raises(DataError, match="19 pictures are too few"):
        export_int8(net, out, rows[:19])
    with pytest.raises(DataError, match=r"form \(1, 16, 16\), and this network reads uint8 of \(1, 32, 32\)"):
        export_int8(net, out, rows[:, :, ::2, ::2])
    with pytest.raises(DataError, match=r"form \(3, 32, 32\)"):
        export_int8(net, out, np.repeat(rows, 3, axis=1))
    with pytest.raises(DataError, match="float32"):
        export_int8(net, out, rows.astype(np.float32))
    with pytest.raises(DataError, match="40 pictures and the classes of 39"):
        export_int8(net, out, rows, codes[1:])
    with pytest.raises(ConfigError, match=r"ends in \.onnx"):
        export_int8(net, tmp_path / "net.txt", rows)
    assert not list(tmp_path.iterdir())
