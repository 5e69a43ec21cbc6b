"""An exported network for pictures in int8: made on some rows, judged on others, written with what was found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assay.bundle.model import Model
from assay.bundle.onnx import picture_file
from assay.bundle.onnx.asking import Asked, runtime, serialized
from assay.bundle.onnx.file import name_checked, written
from assay.bundle.onnx.int8 import plan_of, quantized, ranges_of
from assay.bundle.onnx.int8_judged import BATCH, FEWEST, Judged, Times, halves, judged, times, told, warning
from assay.bundle.onnx.pictures import INPUT, is_of_pictures
from assay.core.errors import ConfigError, DataError
from assay.core.files import sha256_bytes
from assay.core.shown import Shown


@dataclass(frozen=True)
class Int8Export(Shown):
    """bytes_float: of the file without --int8."""

    path: Path
    calibrated: int
    judged: Judged
    times: Times
    bytes_float: int
    bytes_int8: int

    @property
    def warning(self) -> str | None:
        """One sentence where the float file is the better one."""
        return warning(self.judged, self.times)

    def lines(self) -> list[str]:
        """What the file does not tell of itself, a sentence each."""
        taken = self.times
        return [
            f"a batch of {taken.batch} on one thread: float {1000 * taken.float_:.2f} ms, int8 {1000 * taken.int8:.2f} ms "
            f"({taken.float_ / taken.int8:.2f} times as fast)",
            f"the file: float {self.bytes_float:,} bytes, int8 {self.bytes_int8:,}",
        ]

    def to_json(self) -> dict[str, Any]:
        accuracy = self.judged.accuracy
        return {
            "calibrated": self.calibrated,
            "judged": self.judged.rows,
            "agreement": self.judged.agreement.to_json(),
            "accuracy": None if accuracy is None else accuracy.to_json(),
            "times": self.times.to_json(),
            "bytes": {"float": self.bytes_float, "int8": self.bytes_int8},
            "warning": self.warning,
        }


def export_int8(model: Model, path: str | Path, pictures: np.ndarray, truth: np.ndarray | None = None) -> Int8Export:
    """Write a network for pictures as ONNX with weights and activations of eight bits, after it was judged.

    pictures: uint8 (n, channels, size, size), as the model's preparation gives them, at least 20; which of them calibrate is
        said in ``int8_judged.halves``.  truth: codes of their classes (n,), or None where they are not known.
    Inputs and outputs are those of the float file.  It is written whatever was found: whether it helps is in what is returned.
    Raises ConfigError for a model that is no network for pictures, DataError for pictures of another form and for too few;
    MissingExtraError without onnxruntime.
    """
    path = name_checked(path)
    runtime()
    check_is_net(model)
    _check_pictures(pictures, picture_file.form_of(model), truth)
    proto = picture_file.compared(model)
    first, second = halves(len(pictures))
    plan = plan_of(proto)
    small = quantized(proto, plan, ranges_of(proto, plan, pictures[first]))
    sides = [_Labels(one, model.fitted.task.classes) for one in (proto, small)]
    others = pictures[second]
    said, said_int8 = (side.of_all(others) for side in sides)
    found = judged(said, said_int8, None if truth is None else truth[second])
    kept = told(found, len(first), sha256_bytes(np.ascontiguousarray(pictures).tobytes()))
    answers = sides[1].asked({INPUT: picture_file.noise(*picture_file.form_of(model))})
    content = picture_file.described(model, small, {name: one.tolist() for name, one in answers.items()}, kept)
    taken = times(sides[0], sides[1], others)
    return Int8Export(written(path, content), len(first), found, taken, len(picture_file.content_of(model)), len(content))


def check_is_net(model: Model) -> None:
    """Raises ConfigError for any other model."""
    if not is_of_pictures(model.fitted.learner):
        raise ConfigError(
            f"--int8 is for networks for pictures, and recipe {model.fitted.recipe!r} is none; export it without --int8."
        )


def _check_pictures(pictures: np.ndarray, form: tuple[int, int], truth: np.ndarray | None) -> None:
    channels, size = form
    wanted = (channels, size, size)
    if pictures.dtype != np.uint8 or pictures.shape[1:] != wanted:
        raise DataError(
            f"the pictures are {pictures.dtype} of the form {pictures.shape[1:]}, and this network reads uint8 of {wanted}; "
            "prepare them as the model does."
        )
    if truth is not None and len(truth) != len(pictures):
        raise DataError(f"there are {len(pictures)} pictures and the classes of {len(truth)}.")
    if len(pictures) < FEWEST:
        raise DataError(
            f"{len(pictures)} pictures are too few for --int8: half of them measure ranges and the others judge; give at least "
            f"{FEWEST}."
        )


class _Labels:
    """Pictures -> codes of labels, by one graph."""

    def __init__(self, proto: Any, classes: tuple[str, ...]) -> None:
        self.asked = Asked(serialized(proto))
        self.codes = {name: code for code, name in enumerate(classes)}

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        return np.array([self.codes[label] for label in self.asked({INPUT: pictures})["label"]], dtype=np.int64)

    def of_all(self, pictures: np.ndarray) -> np.ndarray:
        return np.concatenate([self(pictures[start : start + BATCH]) for start in range(0, len(pictures), BATCH)])
