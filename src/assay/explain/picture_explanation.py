"""What is found of a model of pictures, as data objects, and what is asked of ``pictures.explain_pictures``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.explain.confused import Gallery, Judged
from assay.measure.interval import Interval

if TYPE_CHECKING:
    from assay.nets.seeing.filters import Filters, Maps
    from assay.nets.seeing.visualise import Climbed


@dataclass(frozen=True, kw_only=True)
class PictureSettings:
    """row: a picture that is shown first, or None.  pictures: how many are looked at one by one.

    layer: whose maps Grad-CAM reads, None for the last.  baseline: of integrated gradients.
    points: on their way at most, None for what the size of the pictures allows.  near: training pictures for each.
    window: of occlusion in pixels, None for a quarter of the side; it moves by half of itself.
    climbed: classes, and maps, for which a picture is made that excites them, so many of each.  steps: of each climb.
    """

    row: int | None = None
    pictures: int = 12
    layer: str | None = None
    baseline: str = "black"
    points: int | None = None
    near: int = 5
    window: int | None = None
    climbed: int = 4
    steps: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.pictures < 1 or self.near < 0 or self.climbed < 0 or self.steps < 1:
            raise ConfigError(f"pictures={self.pictures} and steps={self.steps} must be at least 1, near and climbed at least 0.")


@dataclass(frozen=True, slots=True)
class Near:
    """A training picture.  unit: its number in the data; label: "" where it is not known."""

    unit: int
    label: str
    similarity: float
    pixels: np.ndarray


@dataclass(frozen=True, eq=False)
class PictureLook(Shown):
    """One picture.  why: "asked", "most wrong" or "drawn".  pixels: uint8 (h, w, 1 or 3), as the model sees it.

    cam: float64 (h, w), at least 0.  integrated: (h, w), summed over the channels.  occluded: (h, w), the fall of the score.
    None: left out.  missed: by how much the integrated values miss the difference of the scores, as a share of it.
    """

    row: Judged
    why: str
    fold: int
    pixels: np.ndarray
    cam: np.ndarray | None = None
    integrated: np.ndarray | None = None
    missed: float | None = None
    occluded: np.ndarray | None = None
    near: tuple[Near, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            **self.row.to_json(),
            "why": self.why,
            "grad_cam": _where(self.cam),
            "integrated_gradients": None
            if self.integrated is None
            else {**(_where(np.abs(self.integrated)) or {}), "sum": float(self.integrated.sum()), "missed": self.missed},
            "occlusion": _where(None if self.occluded is None else np.maximum(self.occluded, 0.0)),
            "nearest": [{"row": one.unit, "label": one.label, "similarity": one.similarity} for one in self.near],
        }


@dataclass(frozen=True, kw_only=True)
class PictureExplanation(Shown):
    """What was found; None and empty where it was left out, and ``left_out`` says why: (what, reason).

    right: the share of right answers.  layer: whose maps Grad-CAM read.  gallery_pixels: uint8 (h, w, 1 or 3) by row number.
    training: where the nearest pictures come from, in words, or "".  mapped: the rows whose maps ``maps`` holds.
    """

    recipe: str
    about: str
    rows: int
    models: int
    right: Interval | None
    gallery: Gallery | None
    looks: tuple[PictureLook, ...]
    layer: str
    baseline: str
    training: str
    filters: "Filters | None"
    maps: "tuple[Maps, ...]"
    mapped: tuple[int, ...]
    climbed: "tuple[Climbed, ...]"
    gallery_pixels: Mapping[int, np.ndarray]
    warnings: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "about": self.about,
            "rows": self.rows,
            "models": self.models,
            "accuracy": None if self.right is None else self.right.to_json(),
            "gallery": None if self.gallery is None else self.gallery.to_json(),
            "pictures": [one.to_json() for one in self.looks],
            "layer": self.layer,
            "baseline": self.baseline,
            "training": self.training,
            "visualised": [{"what": one.name, "first": one.first, "last": one.last} for one in self.climbed],
            "warnings": list(self.warnings),
            "left_out": [{"what": what, "reason": reason} for what, reason in self.left_out],
        }


@dataclass(frozen=True)
class Training:
    """Pictures that a model learnt from.  labels: one each, "" where unknown.  units: their numbers in the data.

    about: where they come from, in words.
    """

    features: pl.DataFrame
    labels: tuple[str, ...]
    units: tuple[int, ...]
    about: str


def _where(heat: np.ndarray | None) -> dict[str, Any] | None:
    """Where a map is: its centre of mass and the share of it in each ninth, from the top left; None where it is 0 all over."""
    if heat is None or not heat.sum() > 0:
        return None
    share = heat / heat.sum()
    down, along = (float((share.sum(axis=1 - axis) * (np.arange(heat.shape[axis]) + 0.5)).sum()) for axis in (0, 1))
    thirds = np.add.reduceat(share, _thirds(heat.shape[0]), axis=0)
    ninths = np.add.reduceat(thirds, _thirds(heat.shape[1]), axis=1)
    return {"centre": [down / heat.shape[0], along / heat.shape[1]], "ninths": ninths.tolist()}


def _thirds(side: int) -> list[int]:
    return sorted({0, side // 3, 2 * side // 3})
