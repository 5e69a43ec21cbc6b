"""Shifts, turns, sizes, light and noise, held against numpy's roll, Pillow's rotation and resizing, and closed forms."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.balance.augmenters.pictures import SmallMoves
from assay.core.errors import ConfigError, DataError
from assay.data.images import decode, picture_size


def blot(height=28, width=28):
    """One bright, uneven patch away from the borders."""
    pixels = np.zeros((height, width, 1), dtype=np.uint8)
    pixels[9:18, 10:15, 0] = np.arange(45).reshape(9, 5) * 3 + 100
    return pixels


def png(pixels, form="PNG"):
    into = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(into, format=form)
    return into.getvalue()


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_shift_alone_rolls_the_picture_by_up_to_two_pixels_of_28():
    mover, rolls, stream = SmallMoves(degrees=0.0, noise=0.0, zoom=0.0, light=0.0), set(), rng()
    known = {np.roll(blot(), (down, right), (0, 1)).tobytes(): (down, right) for down in range(-3, 4) for right in range(-3, 4)}
    for _ in range(400):
        rolls.add(known[mover.altered(blot(), stream).tobytes()])
    assert rolls == {(down, right) for down in range(-2, 3) for right in range(-2, 3)}


def test_the_border_is_repeated_into_the_gap():
    bright = np.full((20, 20, 3), 200, dtype=np.uint8)
    assert (SmallMoves(noise=0.0, light=0.0).altered(bright, rng()) == 200).all()


def test_a_turn_is_that_of_pillow_and_stays_within_its_degrees():
    mover, stream, angles = SmallMoves(shift=0.0, noise=0.0, degrees=30.0, zoom=0.0, light=0.0), rng(), []
    smooth = np.asarray(Image.fromarray(blot()[..., 0]).resize((56, 56), Image.Resampling.BICUBIC))
    turned = {
        angle: np.asarray(Image.fromarray(smooth).rotate(angle, Image.Resampling.BILINEAR)).astype(float)
        for angle in np.arange(-45, 46, 1.0)
    }
    for _ in range(60):
        found = mover.altered(smooth[..., None], stream)[..., 0].astype(float)
        errors = {angle: np.abs(found - picture).mean() for angle, picture in turned.items()}
        angles.append(min(errors, key=errors.get))
        assert min(errors.values()) < 0.35
    assert -30 <= min(angles) < -20
    assert 20 < max(angles) <= 30


def test_noise_has_the_spread_that_was_asked_for():
    grey = np.full((100, 100, 1), 128, dtype=np.uint8)
    found = SmallMoves(shift=0.0, degrees=0.0, noise=0.05, zoom=0.0, light=0.0).altered(grey, rng()).astype(float)
    assert found.mean() == pytest.approx(128, abs=0.5)
    assert found.std() == pytest.approx(0.05 * 255, rel=0.05)


def test_a_zoom_enlarges_and_shrinks_about_the_middle():
    mover = SmallMoves(shift=0.0, degrees=0.0, noise=0.0, light=0.0, zoom=0.25)
    disc = (np.hypot(*np.mgrid[-20:21, -20:21]) < 10).astype(np.uint8)[..., None] * 200
    areas = [float((mover.altered(disc, rng(seed)) > 100).sum()) / float((disc > 100).sum()) for seed in range(60)]
    assert min(areas) > 0.75**2 * 0.9
    assert max(areas) < 1.25**2 * 1.1
    assert min(areas) < 0.7
    assert max(areas) > 1.4
    middles = [np.argwhere(mover.altered(disc, rng(seed))[..., 0] > 100).mean(axis=0) for seed in range(10)]
    assert np.allclose(middles, 20, atol=0.3)


def test_light_is_a_line_through_the_levels_and_leaves_alpha():
    mover = SmallMoves(shift=0.0, degrees=0.0, noise=0.0, zoom=0.0, light=0.2)
    levels = np.arange(60, 200, dtype=np.uint8).reshape(14, 10)
    pixels = np.stack([levels, np.full_like(levels, 77)], axis=-1)
    found = mover.altered(pixels, rng(3))
    slope, height = np.polyfit(levels.ravel().astype(float), found[..., 0].ravel().astype(float), 1)
    assert 0.8 <= slope <= 1.2
    assert abs(height + 127.5 * slope - 127.5) <= 0.2 * 255 + 1
    assert np.abs(found[..., 0] - (levels * slope + height)).max() <= 1
    assert (found[..., 1] == 77).all()


def test_a_mirror_is_made_at_even_odds_where_it_is_asked_for():
    mover = SmallMoves(shift=0.0, degrees=0.0, noise=0.0, zoom=0.0, light=0.0, mirror=True)
    found = [mover.altered(blot(), rng(seed)) for seed in range(60)]
    mirrored = [np.array_equal(one, blot()[:, ::-1]) for one in found]
    assert all(np.array_equal(one, blot()) for one, other in zip(found, mirrored, strict=True) if not other)
    assert 15 < sum(mirrored) < 45


def test_no_picture_is_mirrored():
    """The patch grows brighter downwards and to the right; small moves keep that."""
    for seed in range(50):
        found = SmallMoves().altered(blot(), rng(seed))[..., 0].astype(float)
        rows, columns = np.nonzero(found > 60)
        weights = found[rows, columns]
        assert np.cov(rows, weights)[0, 1] > 0


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("channels", [1, 3])
def test_encoded_pictures_keep_their_size_and_channels(form, channels):
    cell = png(np.repeat(blot(30, 20), channels, axis=2), form)
    made = SmallMoves()(pl.Series("p", [cell, None, cell]), rng())
    assert made.dtype == pl.Binary
    assert made[1] is None
    assert picture_size(made) == (30, 20, channels)
    first, second = (decode(pl.Series("p", [cell]), size=None, channels=channels) for cell in (made[0], made[2]))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(12, 12), (12, 12, 1), (12, 12, 2), (12, 12, 3), (12, 12, 4)])
def test_arrays_keep_their_shape_and_alpha_gets_no_noise(shape):
    pixels = np.full((3, *shape), 100, dtype=np.uint8)
    series = pl.Series("p", pixels).set(pl.Series([False, True, False]), None)
    made = SmallMoves(noise=0.1)(series, rng())
    assert made.dtype == series.dtype
    assert made.is_null().to_list() == [False, True, False]
    found = np.array(made[0].to_list()).reshape(shape)
    depth = shape[2] if len(shape) == 3 else 1
    noisy = [found.reshape(12, 12, depth)[..., channel].std() > 5 for channel in range(depth)]
    assert noisy == [depth not in (2, 4) or channel < depth - 1 for channel in range(depth)]


def test_a_picture_that_does_not_open_is_named_by_its_row():
    with pytest.raises(DataError, match=r"row 2, column 'p': the picture does not open"):
        SmallMoves()(pl.Series("p", [png(blot()), b"no picture"]), rng())


@pytest.mark.parametrize("settings", [{"shift": 0.6}, {"degrees": -1.0}, {"noise": 2.0}, {"zoom": 0.6}, {"light": -0.1}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ConfigError):
        SmallMoves(**settings)
