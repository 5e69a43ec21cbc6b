"""Pictures as one array of pixels."""

import copy
import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.schema import Column, Schema
from assay.prepare.pixels import FittedPixels, PixelsStep
from assay.prepare.registry import FITTED_STEPS

SCHEMA = Schema((Column("picture", "image"),))
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 8, 8), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (4, 6, 10, 3), dtype=np.uint8)


def frame_of(pixels, name="picture"):
    return pl.DataFrame({name: pl.Series(pixels.tolist(), dtype=pl.Array(pl.UInt8, pixels.shape[1:]))})


def fit(pixels=GREY, size=32):
    return PixelsStep(size).fit(frame_of(pixels), SCHEMA, np.zeros(len(pixels)), seed=0)


def test_grey_pictures_become_one_channel_of_the_size_asked_for():
    given = fit().transform(frame_of(GREY))
    assert (given.shape, given.dtype) == ((5, 1, 32, 32), np.uint8)


def test_colour_pictures_become_three_channels():
    assert fit(COLOUR, size=16).transform(frame_of(COLOUR)).shape == (4, 3, 16, 16)


def test_pictures_of_the_right_size_keep_their_pixels():
    np.testing.assert_array_equal(fit(size=8).transform(frame_of(GREY))[:, 0], GREY)


def test_small_pictures_are_enlarged_bilinearly_as_pillow_does_it():
    given = fit().transform(frame_of(GREY))
    for picture, pixels in zip(given[:, 0], GREY, strict=True):
        theirs = np.asarray(Image.fromarray(pixels).resize((32, 32), Image.Resampling.BILINEAR))
        assert np.abs(picture.astype(int) - theirs).max() <= 1


def test_training_pictures_decide_the_channels_of_later_ones():
    assert fit(GREY).transform(frame_of(COLOUR)).shape == (4, 1, 32, 32)
    grey_in_colour = fit(COLOUR).transform(frame_of(GREY))
    assert (grey_in_colour[:, 0] == grey_in_colour[:, 2]).all()


def test_encoded_files_and_arrays_give_the_same_pixels():
    files = []
    for pixels in GREY:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        files.append(stream.getvalue())
    encoded = pl.DataFrame({"picture": pl.Series(files, dtype=pl.Binary)})
    np.testing.assert_array_equal(fit().transform(encoded), fit().transform(frame_of(GREY)))


def test_several_picture_columns_are_stacked_as_channels():
    frame = frame_of(GREY[:4], "front").with_columns(frame_of(COLOUR, "back")["back"])
    schema = Schema((Column("front", "image"), Column("back", "image")))
    step = PixelsStep(8).fit(frame, schema, np.zeros(4), seed=0)
    given = step.transform(frame)
    assert given.shape == (4, 4, 8, 8)
    np.testing.assert_array_equal(given[:, 0], GREY[:4])


def test_a_saved_step_gives_the_same_pixels():
    step = fit(COLOUR)
    again = FITTED_STEPS.get("pixels").from_state(copy.deepcopy(step.state()))
    assert again == step
    np.testing.assert_array_equal(again.transform(frame_of(COLOUR)), step.transform(frame_of(COLOUR)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("columns", []),
        ("columns", "picture"),
        ("channels", [2]),
        ("channels", [1, 1]),
        ("size", 0),
        ("size", 10**9),
        ("size", "32"),
    ],
)
def test_a_damaged_state_is_refused(name, value):
    with pytest.raises(BundleError):
        FittedPixels.from_state({**fit().state(), name: value})


def test_an_absent_column_is_named_with_the_nearest():
    with pytest.raises(DataError, match=r"'picture'; did you mean 'pictures'"):
        fit().transform(frame_of(GREY, "pictures"))


def test_a_table_without_pictures_is_refused():
    with pytest.raises(ConfigError, match="kind COL=image"):
        PixelsStep().fit(pl.DataFrame({"n": [1.0]}), Schema((Column("n", "number"),)), np.zeros(1), seed=0)


@pytest.mark.parametrize("size", [0, 100_000])
def test_an_impossible_size_is_refused(size):
    with pytest.raises(ConfigError, match="size"):
        PixelsStep(size)
