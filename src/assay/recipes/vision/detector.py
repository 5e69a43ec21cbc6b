"""A cascade on whole pictures: its window at every place and size, and what overlaps merged into one box.

The picture is shrunk step by step and the window stays as it is, which finds the same boxes as a growing window.
Source: Viola & Jones (2004), section 5, for sliding; they merge chains of windows, which here ran from one size to the next.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.recipes.fitted import Fitted
from assay.recipes.outputs import sigmoid
from assay.recipes.vision.cascade import FittedCascade
from assay.recipes.vision.windows import Windows


@dataclass(frozen=True, eq=False)
class Detections:
    """boxes: float64 (k, 4), left, top, right, bottom in pixels of the picture, the surest first.

    probability: float64 (k,), the highest of the windows that were merged.  count: int64 (k,), how many these were.
    windows: how many the picture had.
    """

    boxes: np.ndarray
    probability: np.ndarray
    count: np.ndarray
    windows: int

    def __len__(self) -> int:
        return len(self.boxes)


def cascade_of(fitted: Fitted) -> FittedCascade:
    """The cascade in a fitted viola-jones recipe.  Raises ConfigError where there is none."""
    learner = fitted.learner
    if not isinstance(learner, FittedCascade):
        raise ConfigError(f"recipe {fitted.recipe!r} is no cascade, so it finds nothing in whole pictures; fit viola-jones.")
    return learner


def detect(
    cascade: FittedCascade, picture: np.ndarray, *, shrink: float = 1.25, stride: int = 2, overlap: float = 0.3, fewest: int = 2
) -> Detections:
    """What the cascade finds in one picture.

    picture: uint8 (height, width) or (height, width, 3), at least as large as the window.
    shrink: from one size to the next.  stride: pixels of the shrunk picture between windows.
    overlap: intersection over union from which two windows show the same thing.  fewest: windows that make a detection.
    """
    if not shrink > 1 or stride < 1 or not 0 < overlap <= 1 or fewest < 1:
        raise ConfigError(
            f"shrink={shrink}, stride={stride}, overlap={overlap}, fewest={fewest}: a factor above 1, at least 1 pixel, "
            "a share above 0 and at most 1, at least 1 window."
        )
    grey = _grey(picture)
    if min(grey.shape) < cascade.side:
        raise ConfigError(f"a picture of {grey.shape[0]}×{grey.shape[1]} is smaller than the window of {cascade.side} pixels.")
    boxes, reach, windows, scale = [], [], 0, 1.0
    while min(grey.shape) / scale >= cascade.side:
        level = _shrunk(grey, scale)
        top, left = _places(level.shape, cascade.side, stride)
        found = Windows.at(level[None], cascade.side, np.zeros_like(top), top, left)
        how_far = cascade.reach(found)
        passed = np.flatnonzero(how_far >= cascade.n_stages - 1)
        across, down = grey.shape[1] / level.shape[1], grey.shape[0] / level.shape[0]
        corner = np.stack([left[passed], top[passed]], axis=1)
        boxes.append(np.hstack([corner, corner + cascade.side]) * np.array([across, down, across, down]))
        reach.append(how_far[passed])
        windows += len(found)
        scale *= shrink
    return _merged(np.concatenate(boxes), sigmoid(cascade.logits(np.concatenate(reach))), overlap, fewest, windows)


def _grey(picture: np.ndarray) -> np.ndarray:
    from PIL import Image

    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise ConfigError(f"a picture is uint8 (height, width) or (height, width, 3), not {picture.dtype} {picture.shape}.")
    return picture if picture.ndim == 2 else np.asarray(Image.fromarray(picture).convert("L"))


def _shrunk(grey: np.ndarray, scale: float) -> np.ndarray:
    from PIL import Image

    if scale == 1.0:
        return grey
    size = (int(grey.shape[1] / scale), int(grey.shape[0] / scale))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR))


def _places(shape: tuple[int, ...], side: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = (np.arange(0, length - side + 1, stride) for length in shape)
    top, left = np.meshgrid(rows, columns, indexing="ij")
    return top.ravel(), left.ravel()


def overlaps(one: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """float64 (k,): intersection over union of one box (4,) with boxes (k, 4), each left, top, right, bottom."""
    sides = np.clip(np.minimum(one[2:], boxes[:, 2:]) - np.maximum(one[:2], boxes[:, :2]), 0.0, None)
    shared = sides.prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(shared / ((one[2:] - one[:2]).prod() + areas - shared))


def _merged(boxes: np.ndarray, probability: np.ndarray, overlap: float, fewest: int, windows: int) -> Detections:
    """The surest window and all that overlap it become one box, the mean of their corners; then the surest of the rest."""
    left = np.argsort(-probability, kind="stable")
    corners, best, count = [], [], []
    while len(left):
        near = overlaps(boxes[left[0]], boxes[left]) >= overlap
        near[0] = True
        if near.sum() >= fewest:
            corners.append(boxes[left[near]].mean(axis=0))
            best.append(probability[left[0]])
            count.append(int(near.sum()))
        left = left[~near]
    return Detections(np.array(corners).reshape(-1, 4), np.array(best), np.array(count, dtype=np.int64), windows)
