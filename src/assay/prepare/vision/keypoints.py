"""Keypoints of pictures and what describes them, by OpenCV: SIFT and ORB.

SURF is patented: the published builds of OpenCV leave it out, and ``surf`` says so where it is not there.
Source: Lowe (2004); Rublee, Rabaud, Konolige & Bradski (2011); Bay, Tuytelaars & Van Gool (2006);
Arandjelović & Zisserman (2012) for the square roots of SIFT.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.optional import require

Method = Literal["sift", "orb", "surf"]
Points = Literal["detected", "grid"]

LENGTHS: dict[str, int] = {"sift": 128, "orb": 256, "surf": 64}
"""Numbers of a descriptor: SIFT's are 4 · 4 cells of 8 directions; ORB's are bits."""

GRID = 8
"""Places along the longer side of a picture, where points are not looked for."""

SPANS = (2, 4)
"""Grid steps that a descriptor on a grid spans; SIFT's spans six times the size of its point."""


@dataclass(frozen=True, kw_only=True)
class Describer:
    """points: "detected", or "grid": the same places in every picture (SIFT only)."""

    method: Method = "sift"
    points: Points = "detected"

    def __post_init__(self) -> None:
        if self.method not in LENGTHS:
            raise ConfigError(f"no keypoints {self.method!r}{did_you_mean(self.method, LENGTHS)}")
        if self.points not in ("detected", "grid") or (self.points == "grid" and self.method != "sift"):
            raise ConfigError(f"points={self.points!r}: detected, or with sift also grid.")

    def open(self) -> Callable[[np.ndarray], np.ndarray]:
        """A function from a grey picture, uint8 (height, width), to its descriptors, float32 (k, length); k may be 0.

        Raises MissingExtraError without OpenCV, ConfigError where its build has not the method.
        """
        cv2 = require("cv2", extra="vision", purpose=f"keypoints by {self.method}")
        # built for each use: a detector is no value, and holds settings of its own
        found = _MAKERS[self.method](cv2)

        def describe(picture: np.ndarray) -> np.ndarray:
            grey = np.ascontiguousarray(picture)
            if self.points == "grid":
                _, descriptors = found.compute(grey, _grid(cv2, *grey.shape))
            else:
                _, descriptors = found.detectAndCompute(grey, None)
            return _numbers(self.method, descriptors)

        return describe


def has_surf() -> bool:
    """Whether the OpenCV that is installed has SURF.  Raises MissingExtraError without OpenCV."""
    cv2 = require("cv2", extra="vision", purpose="keypoints by surf")
    try:
        _surf(cv2)
    except ConfigError:
        return False
    return True


def _sift(cv2: Any) -> Any:
    return cv2.SIFT_create(contrastThreshold=0.02)  # half the usual: small pictures have few points


def _orb(cv2: Any) -> Any:
    return cv2.ORB_create(edgeThreshold=10, patchSize=15, fastThreshold=5, nlevels=4)  # the usual margin is 31 pixels a side


def _surf(cv2: Any) -> Any:
    try:
        return cv2.xfeatures2d.SURF_create()
    except (AttributeError, cv2.error) as error:
        raise ConfigError(
            "the OpenCV that is installed was built without SURF, as all published builds are; use sift or orb."
        ) from error


_MAKERS: dict[str, Callable[[Any], Any]] = {"sift": _sift, "orb": _orb, "surf": _surf}


def _grid(cv2: Any, height: int, width: int) -> list[Any]:
    """Key points of one size and direction, evenly over the picture."""
    step = max(height, width) / GRID
    rows, columns = (np.arange(step / 2, side, step) for side in (height, width))
    return [cv2.KeyPoint(float(x), float(y), span * step / 6, 0.0) for span in SPANS for y in rows for x in columns]


def _numbers(method: str, descriptors: np.ndarray | None) -> np.ndarray:
    if descriptors is None:
        return np.zeros((0, LENGTHS[method]), dtype=np.float32)
    if method == "orb":
        return np.unpackbits(descriptors, axis=1).astype(np.float32)
    if method == "sift":
        total = np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(np.sqrt(np.maximum(descriptors, 0) / total), dtype=np.float32)
    return np.asarray(descriptors, dtype=np.float32)
