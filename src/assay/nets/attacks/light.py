"""Light (contrast, brightness), and what files do to pictures (pixelation, JPEG).  Pictures (n, channels, h, w) in [0, 1]."""

import io
from collections.abc import Callable

import numpy as np

Change = Callable[[np.ndarray], np.ndarray]
"""uint8 (h, w) or (h, w, 3) -> the same form."""


def contrast(pictures: np.ndarray, share: float, draws: np.random.Generator) -> np.ndarray:  # noqa: ARG001 - as all
    """What a value differs by from the mean of its channel, times ``share``."""
    means = pictures.mean(axis=(2, 3), keepdims=True)
    found: np.ndarray = (pictures - means) * share + means
    return found


def brightness(pictures: np.ndarray, more: float, draws: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """The value (the largest of red, green and blue) plus ``more``, with hue and saturation as they were."""
    if pictures.shape[1] != 3:
        return pictures + more
    value = pictures.max(axis=1, keepdims=True)
    brighter = np.minimum(value + more, 1.0)
    scale = np.divide(brighter, value, out=np.zeros_like(value), where=value > 0)
    found: np.ndarray = np.where(value > 0, pictures * scale, brighter)
    return found


def pixelate(pictures: np.ndarray, share: float, draws: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """Shrunk to this share of each side and back, by the means of boxes."""
    from PIL import Image

    height, width = pictures.shape[2:]
    small = (max(1, int(width * share)), max(1, int(height * share)))

    def through(layer: np.ndarray) -> np.ndarray:
        shrunk = Image.fromarray(layer).resize(small, Image.Resampling.BOX)
        return np.asarray(shrunk.resize((width, height), Image.Resampling.BOX))

    return _each(pictures, through)


def jpeg(pictures: np.ndarray, quality: int, draws: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """Saved as JPEG of this quality and read again."""
    return _each(pictures, lambda layer: through_jpeg(layer, quality))


def through_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """uint8 (h, w) or (h, w, 3) as it comes back from a JPEG file of this quality."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _each(pictures: np.ndarray, change: Change) -> np.ndarray:
    """The change of every picture: in colour where it has three channels, else of each channel by itself."""
    whole = np.rint(pictures * 255).astype(np.uint8)
    found = np.empty_like(pictures)
    for row, picture in enumerate(whole):
        if len(picture) == 3:
            found[row] = change(np.ascontiguousarray(picture.transpose(1, 2, 0))).transpose(2, 0, 1)
        else:
            found[row] = np.stack([change(np.ascontiguousarray(layer)) for layer in picture])
    return found / 255.0
