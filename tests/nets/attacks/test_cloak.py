"""Cloaks: within their bound, at the picture's own size, judged on the file as the model reads it."""

import io

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from tests.nets.attacks.digits import digits, fit, fitted, held

from assay.core.errors import ConfigError, DataError
from assay.data.images import decode
from assay.data.task import Task
from assay.nets.attacks.cloak import FAR, Cloak, reader, sight
from assay.nets.attacks.features import features_of
from assay.recipes.nets.attacked import victim_of
from assay.recipes.nets.cloaked import cloak_picture


def file_of(pixels: np.ndarray, *, mode: str = "L", kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, kind)
    return stream.getvalue()


def large(row: int) -> np.ndarray:
    """A digit of 64 pixels a side."""
    return np.kron(digits()[0][row], np.ones((8, 8), dtype=np.uint8))


def pixels_of(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_cloak_keeps_size_and_bound_and_moves_class_and_features(mode: str) -> None:
    source = file_of(large(402), mode=mode)
    made = cloak_picture(fitted(), source, Cloak(eps=60, steps=30))
    before, after = pixels_of(source), pixels_of(made.png)
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before).max() == made.change <= 60
    assert made.worked
    assert made.answer != made.was
    assert made.away >= FAR > made.by_noise
    column = {"image": pl.Series("image", [source, made.png], dtype=pl.Binary)}
    said = fitted().predict(pl.DataFrame(column))["probability"].argmax(axis=1)
    assert [fitted().task.classes[code] for code in said] == [made.was, made.answer], "as predict answers"


def test_a_cloak_stands_jpeg_when_the_saved_picture_is_not_recognised_either() -> None:
    made = cloak_picture(fitted(), file_of(large(402)), Cloak(eps=60, steps=30))
    stream = io.BytesIO()
    Image.open(io.BytesIO(made.png)).save(stream, "JPEG", quality=75)
    said = fitted().predict(pl.DataFrame({"image": pl.Series("image", [stream.getvalue()], dtype=pl.Binary)}))["probability"]
    assert fitted().task.classes[int(said.argmax())] == made.after_jpeg
    assert made.stands_jpeg == (made.after_jpeg != made.was and made.away_after_jpeg >= FAR)
    assert made.stands_jpeg


def test_within_one_step_of_a_pixel_no_digit_is_cloaked_and_that_is_said() -> None:
    made = cloak_picture(fitted(), file_of(large(402)), Cloak(eps=1, steps=5))
    assert made.change <= 1
    assert not made.worked


def test_a_seed_reproduces_the_file() -> None:
    first, again, other = (cloak_picture(fitted(), file_of(large(402)), Cloak(eps=20, steps=3), seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.png != other.png


def test_a_binary_model_is_cloaked_against_too() -> None:
    pictures, codes = digits()
    rows = np.flatnonzero(codes[:300] < 2)
    net = fit(pictures[rows], codes[rows], Task("binary", "label", ("0", "1")), epochs=8)
    row = int(np.flatnonzero(codes[300:] == 1)[0]) + 300
    made = cloak_picture(net, file_of(large(row)), Cloak(eps=100, steps=20))
    assert (made.was, made.answer) == ("1", "0")


@pytest.mark.parametrize("shape", [(40, 50), (32, 32), (20, 17)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pictures_are_read_with_gradients_as_they_are_read_from_files(shape: tuple[int, int], mode: str) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    source = file_of(drawn, mode=mode)
    theirs = decode(pl.Series("image", [source], dtype=pl.Binary), size=(32, 32), channels=1)[0, :, :, 0]
    layers = np.atleast_3d(pixels_of(source)).transpose(2, 0, 1)
    found = reader(1, 32)(torch.from_numpy(layers[None] / 255.0))[0, 0].numpy() * 255
    assert np.abs(found - theirs).max() <= 1.6  # Pillow rounds after each of grey, across and down


def test_features_are_what_goes_into_the_last_layer() -> None:
    victim = victim_of(fitted())
    features = features_of(victim)
    given, _ = held(3)
    with torch.inference_mode():
        seen, outputs = features.both(victim.scaled(given))
        again = torch.nn.functional.linear(seen, features.last.weight, features.last.bias)  # type: ignore[arg-type]
    assert seen.shape == (3, 84)
    assert torch.allclose(again, outputs)
    assert sight(features, given[0]).away_from(sight(features, given[0])) == 0


def test_what_cannot_be_cloaked_is_refused() -> None:
    with pytest.raises(DataError, match="does not open"):
        cloak_picture(fitted(), b"no picture")
    with pytest.raises(ConfigError, match="at least 1"):
        Cloak(eps=0.5)
    with pytest.raises(ConfigError, match="outside"):
        Cloak(eps=256)
