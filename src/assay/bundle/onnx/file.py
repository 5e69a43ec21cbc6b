"""An exported model on disk: written only when it answers as the model does, and checked again before it is believed.

Beside the graph the file holds, as metadata, what it was made of (the SHA-256 of the saved model's own files), the schema
with the name of each input, some rows with the answers that the model gave, and a SHA-256 of the graph.  Verifying reads no
operator outside of a list, which is in our code, and takes trees apart before a runtime walks them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import assay
from assay.archive.manifest import listing
from assay.archive.strict import parse_canonical
from assay.bundle.model import Model, answers
from assay.bundle.onnx import picture_file
from assay.bundle.onnx.asking import ask, runtime, serialized
from assay.bundle.onnx.cells import Inputs
from assay.bundle.onnx.graph import PURPOSE, onnx
from assay.bundle.onnx.making import made
from assay.bundle.onnx.pictures import is_of_pictures
from assay.bundle.onnx.probe import rows_of
from assay.bundle.onnx.structure import check_structure
from assay.core.errors import BundleError, ConfigError, DefectError
from assay.core.files import canonical_json, sha256_bytes, write_atomic
from assay.core.optional import require

KEY = "assay"
FORMAT = 1
MOST_BYTES = 2**31 - 1
KEPT_ROWS = 32
TOLERANCE = 1e-9
"""Of a probability, and of a value in units of the largest; both sides compute in float64."""
_KEYS = {"format", "assay", "recipe", "task", "inputs", "threshold", "model", "graph", "rows", "answers", "digest"}


def export_onnx(model: Model, path: str | Path) -> Path:
    """Write the model as ONNX: preparation, learner and calibration in one graph, float64 throughout.

    Inputs are the columns, (n, 1) each: float64 for a number, NaN where it is missing; text for a category, empty where it is
    missing.  Outputs are ``probability`` (n, classes) and ``label`` (n,), or ``value`` (n,).
    Of a network for pictures the one input is ``pictures``, uint8 (n, channels, size, size): decoded, and of the network's size.
    Nothing is written unless onnxruntime, asked about a few hundred rows, answers as the model does.
    Raises ConfigError for a model that has no export and says which part of it has none; MissingExtraError without onnx.
    """
    path = name_checked(path)
    runtime()
    if is_of_pictures(model.fitted.learner):
        return written(path, picture_file.content_of(model))
    built = made(model)
    rows = rows_of(model, built.points)
    graph = serialized(built.proto)
    _compare(model, rows, ask(graph, cells_of(rows, built.inputs)))
    told = {
        "format": FORMAT,
        "assay": assay.__version__,
        "recipe": model.fitted.recipe,
        "task": model.fitted.task.to_json(),
        "inputs": [
            {"column": name, "kind": c.kind, "input": built.inputs.names[name]} for name, c in built.inputs.columns.items()
        ],
        "threshold": model.threshold,
        "model": {name: entry["sha256"] for name, entry in listing(model.content()).items()},
        "graph": sha256_bytes(graph),
        "rows": {name: rows[name][:KEPT_ROWS].to_list() for name in built.inputs.columns},
        "answers": _answers(model, rows[:KEPT_ROWS]),
    }
    told["digest"] = sha256_bytes(canonical_json(told).encode())
    built.proto.metadata_props.add(key=KEY, value=canonical_json(told))
    return written(path, built.proto.SerializeToString(deterministic=True))


def name_checked(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".onnx":
        raise ConfigError(f"{path}: the name of an ONNX file ends in .onnx.")
    return path


def written(path: Path, content: bytes) -> Path:
    """Raises BundleError where it cannot be."""
    if len(content) > MOST_BYTES:
        raise ConfigError(f"the exported model would have {len(content):,} bytes, and an ONNX file has less than 2 GiB.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except OSError as error:
        raise BundleError(f"{path}: the export cannot be written here ({error.strerror or type(error).__name__}).") from error
    return path


def verify_onnx(path: str | Path) -> list[str]:
    """Check a file that ``export_onnx`` wrote, and that it still gives the answers kept in it; what was found, a sentence each.

    Raises BundleError at the first thing that is wrong.
    """
    path = Path(path)
    proto, key, told = _read(path)
    if key == picture_file.KEY:
        return picture_file.verify(proto, told, path)
    name = f"{path}: the metadata"
    try:
        check_structure(proto, str(path))
    except (AttributeError, IndexError, TypeError, ValueError, OverflowError) as error:  # texts that are none, lists of one sort
        raise BundleError(f"{path} holds no graph that Assay writes ({type(error).__name__}); export the model again.") from error
    graph = serialized(proto)
    if told["graph"] != sha256_bytes(graph):
        raise BundleError(f"{path}: the graph does not match its SHA-256; the file was changed or damaged. Export it again.")
    found = ask(graph, _kept_cells(told, name))
    _compare_kept(told["answers"], found, str(path))
    rows = len(next(iter(told["rows"].values())))
    facts = [
        f"format {FORMAT}, written by Assay {told['assay'][:40]}",
        *(f"made of {part} with SHA-256 {digest}" for part, digest in sorted(told["model"].items())),
        f"graph: {len(proto.graph.node)} nodes, SHA-256 {told['graph']}",
        f"a {told['task'].get('name')} model: recipe {told['recipe']}, {len(told['inputs'])} inputs",
        f"gives the answers that the model gave to {rows} rows, within {TOLERANCE:g}",
    ]
    return [*facts, "holds operators of ONNX only: no code, no reference to other files"]


# ---- asking


def cells_of(rows: pl.DataFrame, inputs: Inputs) -> dict[str, np.ndarray]:
    """By input, (n, 1)."""
    return {inputs.names[name]: _cells(rows[name].to_list(), column.kind) for name, column in inputs.columns.items()}


def _cells(cells: list[Any], kind: str) -> np.ndarray:
    if kind == "number":
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)[:, None]
    return np.array(["" if cell is None else cell for cell in cells], dtype=object)[:, None]


def _answers(model: Model, rows: pl.DataFrame) -> dict[str, Any]:
    """What the model says, in the form of the graph's outputs."""
    predictions = model.fitted.predict(rows)
    table = answers(model.fitted, predictions, model.threshold)
    if not model.fitted.task.is_classification:
        return {"value": table["prediction"].to_list()}
    probability = predictions["probability"]
    both = np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability
    return {"probability": both.tolist(), "label": table["prediction"].to_list()}


def _compare(model: Model, rows: pl.DataFrame, found: Mapping[str, np.ndarray]) -> None:
    """Raises DefectError where the graph says something else than the model."""
    problem = difference(_answers(model, rows), found, model.threshold)
    if problem is not None:
        raise DefectError(
            f"the ONNX graph of recipe {model.fitted.recipe!r} does not answer as the model does ({problem}), so nothing was "
            "written. This is a defect of Assay."
        )


def _compare_kept(kept: dict[str, Any], found: Mapping[str, np.ndarray], where: str) -> None:
    problem = difference(kept, found, None)
    if problem is not None:
        raise BundleError(f"{where} does not give the answers that were kept in it ({problem}); export the model again.")


def difference(
    told: Mapping[str, Any], found: Mapping[str, np.ndarray], threshold: float | None, tolerance: float = TOLERANCE
) -> str | None:
    """The first disagreement in words, or None. A label may differ where the probability is within rounding of a tie."""
    numbers = "value" if "value" in told else "probability"
    if numbers not in found or ("label" in told) != ("label" in found):
        return f"its outputs are {', '.join(sorted(found))}"
    wanted, given = np.asarray(told[numbers], dtype=np.float64), np.asarray(found[numbers])
    if wanted.shape != given.shape or given.dtype != np.float64:
        return f"{numbers} has the shape {given.shape} and not {wanted.shape}"
    allowed = tolerance * max(1.0, float(np.abs(wanted).max(initial=0.0)) if numbers == "value" else 1.0)
    off = np.abs(wanted - given)
    if not (off <= allowed).all():
        row = int(np.argwhere(~(off <= allowed))[0][0])
        return f"row {row + 1}: {numbers} {given[row]} and not {wanted[row]}"
    if "label" in told:
        ties = _ties(wanted, 0.5 if threshold is None else threshold, tolerance)
        for row, (said, is_tie) in enumerate(zip(told["label"], ties, strict=True)):
            if said != found["label"][row] and not is_tie:
                return f"row {row + 1}: label {str(found['label'][row])[:40]!r} and not {str(said)[:40]!r}"
    return None


def _ties(probability: np.ndarray, threshold: float, tolerance: float) -> np.ndarray:
    """bool (n,): rows on which rounding decides the label."""
    if probability.shape[1] == 2:
        return np.asarray(np.abs(probability[:, 1] - threshold) <= tolerance)
    top = np.sort(probability, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0] <= tolerance)


# ---- reading


def _read(path: Path) -> tuple[Any, str, dict[str, Any]]:
    """The model, the key of its metadata, and these, with nothing but forms checked yet."""
    try:
        if not path.is_file():
            raise BundleError(f"there is no ONNX file {path}.")
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise BundleError(f"{path}: the file cannot be read ({error.strerror or type(error).__name__}).") from error
    if len(content) > MOST_BYTES:
        raise BundleError(f"{path} has 2 GiB or more; an ONNX file of Assay has less.")
    proto = onnx().ModelProto()
    errors = require("google.protobuf.message", extra="onnx", purpose=PURPOSE)
    try:
        proto.ParseFromString(content)
    except (errors.DecodeError, RuntimeError) as error:
        raise BundleError(f"{path} is no ONNX file, or was cut short ({error}).") from error
    entries = [(entry.key, entry.value) for entry in proto.metadata_props]
    if len(entries) != 1 or entries[0][0] not in (KEY, picture_file.KEY) or not isinstance(entries[0][1], str):
        raise BundleError(f"{path} was not written by assay model export; there is nothing in it to verify.")
    if proto.SerializeToString(deterministic=True) != content:
        raise BundleError(f"{path} is not written as Assay writes it; the file was changed or damaged. Export the model again.")
    key, text = entries[0]
    told = parse_canonical(text.encode(), f"{path}: the metadata")
    (_check_metadata if key == KEY else picture_file.check_metadata)(told, f"{path}: the metadata")
    body = {key: value for key, value in told.items() if key != "digest"}
    if told["digest"] != sha256_bytes(canonical_json(body).encode()):
        raise BundleError(f"{path}: the metadata do not match their SHA-256; the file was changed or damaged. Export it again.")
    return proto, key, told


def _check_metadata(told: Any, name: str) -> None:
    if not isinstance(told, dict) or type(told.get("format")) is not int or told["format"] > FORMAT:
        raise BundleError(
            f"{name} is of a newer Assay, or of none; upgrade with pip install -U assay, or export the model again."
        )
    texts = all(isinstance(told.get(key), str) for key in ("assay", "recipe", "graph", "digest"))
    dicts = all(isinstance(told.get(key), dict) for key in ("task", "model", "rows", "answers"))
    if told.keys() != _KEYS or not texts or not dicts or not _are_inputs(told["inputs"]) or not _is_table(told):
        raise BundleError(f"{name} holds values of other types than Assay writes.")


def _are_inputs(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and one.keys() == {"column", "kind", "input"} for one in value)
        and all(isinstance(text, str) for one in value for text in one.values())
        and all(one["kind"] in ("number", "category") for one in value)
    )


def _is_table(told: dict[str, Any]) -> bool:
    """Whether the rows have every input's column, of one length, and the answers as many."""
    rows, kept = told["rows"], told["answers"]
    cells = [rows.get(one["column"]) for one in told["inputs"]]
    if not all(isinstance(column, list) and 1 <= len(column) <= KEPT_ROWS for column in cells):
        return False
    n = len(cells[0])
    same = all(len(column) == n for column in cells) and set(rows) == {one["column"] for one in told["inputs"]}
    if kept.keys() == {"value"}:
        return same and _is_numbers(kept["value"], n)
    labels = kept.get("label")
    if kept.keys() != {"probability", "label"} or not isinstance(labels, list) or not isinstance(kept["probability"], list):
        return False
    widths = {len(row) if isinstance(row, list) else 0 for row in kept["probability"]}
    shaped = len(widths) == 1 and max(widths) >= 2 and all(_is_numbers(row, max(widths)) for row in kept["probability"])
    return same and shaped and len(labels) == n == len(kept["probability"]) and all(isinstance(one, str) for one in labels)


def _is_numbers(value: Any, n: int) -> bool:
    return isinstance(value, list) and len(value) == n and all(isinstance(one, float) for one in value)


def _kept_cells(told: dict[str, Any], name: str) -> dict[str, np.ndarray]:
    for one in told["inputs"]:
        wanted = (float, int) if one["kind"] == "number" else (str,)
        if not all(
            cell is None or (isinstance(cell, wanted) and not isinstance(cell, bool)) for cell in told["rows"][one["column"]]
        ):
            raise BundleError(f"{name} holds cells of another kind than column {one['column'][:80]!r} has.")
    return {one["input"]: _cells(told["rows"][one["column"]], one["kind"]) for one in told["inputs"]}
