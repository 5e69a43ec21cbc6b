"""Pictures for ``assay model export --int8``: whatever ``assay predict`` takes, with classes where they are known."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from assay.bundle.model import Model
    from assay.bundle.onnx.int8_file import Int8Export
    from assay.data.sources.raw import RawTable


@dataclass(frozen=True)
class Read:
    """pictures: uint8 (n, channels, size, size).  codes: of their classes (n,), or None.  notes: what a reader must know."""

    pictures: "np.ndarray"
    codes: "np.ndarray | None"
    notes: tuple[str, ...]


def export_int8(model: "Model", out: Path, data: str) -> "tuple[Int8Export, tuple[str, ...]]":
    """What was written, and what a reader of its figures must know. Raises as ``int8_file.export_int8``."""
    from assay.bundle.onnx.asking import runtime
    from assay.bundle.onnx.file import name_checked
    from assay.bundle.onnx.int8_file import check_is_net
    from assay.bundle.onnx.int8_file import export_int8 as write

    name_checked(out)
    runtime()
    check_is_net(model)
    read = read_pictures(model, data)
    return write(model, out, read.pictures, read.codes), read.notes


def read_pictures(model: "Model", data: str) -> Read:
    """Raises DataError for pictures that do not open, and where some of their classes are none of the model's."""
    import numpy as np

    from assay.cli.explained_rows import target_of
    from assay.data.conforming import conform

    fitted = model.fitted
    task = fitted.task
    raw = _rows(data, task.target)
    notes: list[str] = []
    codes = None
    if task.target not in raw.frame.columns:
        notes.append(f"note: {data} does not say {task.target!r}, so accuracies are not measured.")
    elif not raw.frame[task.target].cast(str, strict=False).is_in(list(task.classes)).any():
        notes.append(f"note: no {task.target!r} in {data} is a class of the model, so accuracies are not measured.")
    else:
        codes = target_of(raw.frame, fitted)
    card = model.card.get("data")
    if isinstance(card, dict) and card.get("source") == Path(data).name and card.get("rows") == raw.frame.height:
        notes.append(
            f"note: the model was trained on {Path(data).name}; what it says of rows that it has seen flatters both files."
        )
    pictures = np.asarray(fitted.step.transform(conform(raw.frame, fitted.schema, root=raw.root)))
    return Read(pictures, codes, tuple(notes))


def _rows(data: str, target: str) -> "RawTable":
    """Folders and zips of pictures without class folders are read too; a model of another target has no use for these."""
    from assay.data.sources.files import from_path
    from assay.data.sources.folders import LABEL_COLUMN

    path = Path(data)
    raw = from_path(path, labelled=False)
    is_folder, is_zip = path.is_dir(), bool(raw.members)
    if target != LABEL_COLUMN or not (is_folder or is_zip):
        return raw
    names = [Path(name).relative_to(path.absolute()) for name in raw.frame["image"]] if is_folder else map(Path, raw.members)
    if any(len(name.parts) > 1 for name in names):
        return from_path(path)
    return replace(raw, target=None)
