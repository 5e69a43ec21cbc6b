"""Pictures cloaked against a fitted model, and whether that worked: judged on the file, read as the model reads files."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.seeds import derive, generator
from assay.core.shown import Shown
from assay.data.images import decode, picture_size
from assay.nets.attacks.cloak import FAR, QUALITY, Cloak, Sight, cloak, sight
from assay.nets.attacks.features import Features, features_of
from assay.prepare.pixels import FittedPixels
from assay.recipes.fitted import Fitted
from assay.recipes.nets.attacked import victim_of


@dataclass(frozen=True)
class Cloaked(Shown):
    """png: the cloaked picture as a file.  was, answer, after_jpeg: the classes answered for the picture, the cloak, and the
    cloak saved as JPEG of quality 75.

    change: the most that a value was changed by, in pixel steps.  away, away_after_jpeg: how far the features went, in units of
    their own length.  by_noise: how far noise of the same bound moves them.
    """

    png: bytes
    was: str
    answer: str
    after_jpeg: str
    change: int
    away: float
    away_after_jpeg: float
    by_noise: float

    @property
    def worked(self) -> bool:
        """Another class, and features that moved by at least half of their length."""
        return self.answer != self.was and self.away >= FAR

    @property
    def stands_jpeg(self) -> bool:
        return self.after_jpeg != self.was and self.away_after_jpeg >= FAR

    def to_json(self) -> Mapping[str, Any]:
        names = ("was", "answer", "after_jpeg", "change", "away", "away_after_jpeg", "by_noise", "worked", "stands_jpeg")
        return {name: getattr(self, name) for name in names}


def cloak_picture(
    fitted: Fitted, picture: str | bytes, how: Cloak | None = None, *, threshold: float | None = None, seed: int = 0
) -> Cloaked:
    """picture: a path, or the bytes of a file; it keeps its size.  threshold: of a binary decision, None: 0.5.

    Raises ConfigError for a model that is no net for pictures or reads several a row, DataError for a file that does not open.
    """
    how = how or Cloak()
    victim = victim_of(fitted, threshold)
    step = fitted.step
    if not isinstance(step, FittedPixels) or len(step.columns) != 1:
        raise ConfigError("the model reads several pictures a row, and a cloak is of one.")
    features = features_of(victim)
    column = pl.Series(step.columns[0], [picture], dtype=pl.Binary if isinstance(picture, bytes) else pl.String)
    height, width, depth = picture_size(column)
    pixels = decode(column, size=(height, width), channels=1 if depth == 1 else 3)[0].transpose(2, 0, 1)  # (c, h, w)
    changed = cloak(features, pixels, how, seed=seed)
    drawn = generator(derive(seed, "cloak"), "noise").choice([-1.0, 1.0], pixels.shape) * np.floor(how.eps)
    noise = np.clip(pixels + drawn, 0, 255).astype(np.uint8)
    png, jpeg = _file(changed, "PNG"), _file(changed, "JPEG")
    was, now, saved, chance = (_read(features, fitted, file) for file in (_file(pixels, "PNG"), png, jpeg, _file(noise, "PNG")))
    classes = victim.classes
    return Cloaked(
        png,
        classes[was.code],
        classes[now.code],
        classes[saved.code],
        int(np.abs(changed.astype(np.int16) - pixels).max()),
        now.away_from(was),
        saved.away_from(was),
        chance.away_from(was),
    )


def _read(features: Features, fitted: Fitted, file: bytes) -> Sight:
    """The net's sight of a file, read as the model does."""
    step = fitted.step
    if not isinstance(step, FittedPixels):  # for mypy: cloak_picture has looked
        raise ConfigError("the model reads no pictures.")
    given = step.transform(pl.DataFrame({step.columns[0]: [file]}, schema={step.columns[0]: pl.Binary}))
    return sight(features, given[0])


def _file(pixels: np.ndarray, kind: str) -> bytes:
    """uint8 (1 or 3, h, w) as a PNG, or as a JPEG of QUALITY."""
    from PIL import Image

    stream = io.BytesIO()
    layers = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    Image.fromarray(layers).save(stream, kind, **({"quality": QUALITY} if kind == "JPEG" else {}))
    return stream.getvalue()
