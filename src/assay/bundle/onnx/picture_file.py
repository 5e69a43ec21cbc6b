"""An exported network for pictures on disk: written only when it answers as the model does, checked before it is believed.

As ``file`` does of tables; the rows are pictures of noise that both sides make anew from a seed, and only the answers are kept.
"""

from pathlib import Path
from typing import Any

import numpy as np

import assay
from assay.archive.manifest import listing
from assay.bundle.model import Model, answers
from assay.bundle.onnx import int8_judged
from assay.bundle.onnx.asking import ask, serialized
from assay.bundle.onnx.calibrators import calibrated
from assay.bundle.onnx.graph import IR_VERSION, ML_DOMAIN, ML_OPSET, OPSET, Graph, onnx
from assay.bundle.onnx.making import outputs_of
from assay.bundle.onnx.pictures import INPUT, picture_said
from assay.core.errors import BundleError, ConfigError, DefectError
from assay.core.files import canonical_json, sha256_bytes
from assay.core.seeds import generator
from assay.prepare.pixels import FittedPixels

KEY = "assay-pictures"
FORMAT = 2
"""Of a network in int8; a float one is of format 1."""
KEPT = 6
TOLERANCE = 1e-4
"""Of a probability: the network computes in float32 on both sides, and adds up in another order."""
TOLERANCE_INT8 = 0.02
"""On another processor: what lies between two whole numbers may be rounded to the other one, layer after layer."""
LARGEST_INPUT = 2**28
"""Numbers of the pictures that a file may ask for."""

_KEYS = {"format", "assay", "recipe", "task", "channels", "size", "threshold", "model", "graph", "answers", "digest"}


def noise(channels: int, size: int) -> np.ndarray:
    """uint8 (KEPT, channels, size, size): coarse and fine noise, dark and bright."""
    draw = generator(0, "onnx", "pictures")
    found = np.empty((KEPT, channels, size, size), dtype=np.uint8)
    for place in range(KEPT):
        grain = min(size, (1, 4, 16)[place % 3])
        cells = -(-size // grain)
        coarse = draw.integers(0, 256 if place < KEPT // 2 else 64 + 96 * (place % 2), (channels, cells, cells), dtype=np.uint8)
        found[place] = np.kron(coarse, np.ones((grain, grain), np.uint8))[:, :size, :size]
    return found


def made(model: Model) -> Any:
    """The ONNX model, without metadata. Raises ConfigError for a model that has no export."""
    fitted = model.fitted
    channels, size = form_of(model)
    graph = Graph("#")
    found = picture_said(graph, fitted.learner)
    for calibrator in fitted.calibrators:
        found = calibrated(graph, calibrator, found, len(fitted.task.classes))
    outputs = outputs_of(graph, model, found)
    helper, kinds = onnx().helper, onnx().TensorProto
    given = [helper.make_tensor_value_info(INPUT, kinds.UINT8, ["n", channels, size, size])]
    built = helper.make_graph(graph.nodes, "assay", given, outputs, initializer=graph.initializers)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)]
    return helper.make_model(built, opset_imports=opsets, ir_version=IR_VERSION, producer_name="assay")


def form_of(model: Model) -> tuple[int, int]:
    """Channels and size of the pictures. Raises ConfigError where more than pixels are prepared."""
    step = model.fitted.step
    if not isinstance(step, FittedPixels):
        raise ConfigError(
            f"the preparation {step.state().get('kind')!r} has no ONNX export beside a network for pictures; pixels alone have."
        )
    return sum(step.channels), step.size


def content_of(model: Model) -> bytes:
    """The file. Raises ConfigError for a model that has no export, DefectError where the graph answers otherwise."""
    proto = compared(model)
    return described(model, proto, _answers(model, noise(*form_of(model))))


def compared(model: Model) -> Any:
    """The ONNX model, shown to answer as the model does. Raises as ``content_of``."""
    from assay.bundle.onnx.file import difference

    proto = made(model)
    pictures = noise(*form_of(model))
    problem = difference(_answers(model, pictures), ask(serialized(proto), {INPUT: pictures}), model.threshold, TOLERANCE)
    if problem is not None:
        raise DefectError(
            f"the ONNX graph of recipe {model.fitted.recipe!r} does not answer as the model does ({problem}), so nothing was "
            "written. This is a defect of Assay."
        )
    return proto


def described(model: Model, proto: Any, told_answers: dict[str, Any], int8: dict[str, Any] | None = None) -> bytes:
    """The file, with what it tells of itself.  told_answers: to ``noise``.  int8: of a network in int8, how good it was found."""
    channels, size = form_of(model)
    told = {
        "format": 1 if int8 is None else FORMAT,
        "assay": assay.__version__,
        "recipe": model.fitted.recipe,
        "task": model.fitted.task.to_json(),
        "channels": channels,
        "size": size,
        "threshold": model.threshold,
        "model": {name: entry["sha256"] for name, entry in listing(model.content()).items()},
        "graph": sha256_bytes(serialized(proto)),
        "answers": told_answers,
        **({} if int8 is None else {"int8": int8}),
    }
    told["digest"] = sha256_bytes(canonical_json(told).encode())
    proto.metadata_props.add(key=KEY, value=canonical_json(told))
    return bytes(proto.SerializeToString(deterministic=True))


def _answers(model: Model, pictures: np.ndarray) -> dict[str, Any]:
    """What the model says, in the form of the graph's outputs."""
    predictions = model.fitted.predict_matrix(pictures, np.arange(len(pictures)))
    probability = predictions["probability"]
    both = np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability
    labels = answers(model.fitted, predictions, model.threshold)["prediction"]
    return {"probability": both.tolist(), "label": labels.to_list()}


def verify(proto: Any, told: dict[str, Any], path: Path) -> list[str]:
    """What was found, a sentence each; raises BundleError at the first thing that is wrong."""
    from assay.bundle.onnx.file import difference
    from assay.bundle.onnx.structure import check_structure

    check_structure(proto, str(path), pictures=True)
    graph = serialized(proto)
    if told["graph"] != sha256_bytes(graph):
        raise BundleError(f"{path}: the graph does not match its SHA-256; the file was changed or damaged. Export it again.")
    pictures = noise(told["channels"], told["size"])
    tolerance = TOLERANCE_INT8 if "int8" in told else TOLERANCE
    problem = difference(told["answers"], ask(graph, {INPUT: pictures}), None, tolerance)
    if problem is not None:
        raise BundleError(f"{path} does not give the answers that were kept in it ({problem}); export the model again.")
    form = f"{told['channels']} × {told['size']} × {told['size']}"
    whose = "the network in int8" if "int8" in told else "the model"
    return [
        f"format {told['format']}, written by Assay {told['assay'][:40]}",
        *(f"made of {part} with SHA-256 {digest}" for part, digest in sorted(told["model"].items())),
        f"graph: {len(proto.graph.node)} nodes, SHA-256 {told['graph']}",
        f"a {told['task'].get('name')} model: recipe {told['recipe']}, uint8 pictures of {form}",
        f"gives the answers that {whose} gave to {KEPT} pictures of noise, within {tolerance:g}",
        *(int8_judged.facts(told["int8"]) if "int8" in told else []),
        "holds operators of ONNX only: no code, no reference to other files",
    ]


def check_metadata(told: Any, name: str) -> None:
    """Raises BundleError for what ``content_of`` does not write."""
    if not isinstance(told, dict) or type(told.get("format")) is not int or told["format"] > FORMAT:
        raise BundleError(
            f"{name} is of a newer Assay, or of none; upgrade with pip install -U assay, or export the model again."
        )
    texts = all(isinstance(told.get(key), str) for key in ("assay", "recipe", "graph", "digest"))
    dicts = all(isinstance(told.get(key), dict) for key in ("task", "model", "answers"))
    keys = _KEYS if told["format"] == 1 else _KEYS | {"int8"}
    judged = "int8" not in told or int8_judged.is_told(told["int8"])
    if told.keys() != keys or not judged or not texts or not dicts or not _is_form(told) or not _are_answers(told["answers"]):
        raise BundleError(f"{name} holds values of other types than Assay writes.")


def _is_form(told: dict[str, Any]) -> bool:
    whole = all(type(told[key]) is int and told[key] >= 1 for key in ("channels", "size"))
    return whole and KEPT * told["channels"] * told["size"] ** 2 <= LARGEST_INPUT


def _are_answers(kept: dict[str, Any]) -> bool:
    rows, labels = kept.get("probability"), kept.get("label")
    if kept.keys() != {"probability", "label"} or not isinstance(rows, list) or not isinstance(labels, list):
        return False
    widths = {len(row) if isinstance(row, list) else 0 for row in rows}
    numbers = len(widths) == 1 and max(widths) >= 2 and all(isinstance(one, float) for row in rows for one in row)
    return numbers and len(rows) == len(labels) == KEPT and all(isinstance(one, str) for one in labels)
