"""Perceptual hashes, held against scipy's cosine transform and a look at every pair; like pictures, against planted ones."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image
from scipy.fft import dctn

import assay
from assay.core.errors import DataError
from assay.data import picture_hashes
from assay.data.alike import copy_groups, like_groups, look_alike
from assay.data.copies import pictures_across
from assay.data.near_copies import near_copies
from assay.data.picture_hashes import near_hashes, perceptual_hashes, same_pixels

N = 60


def photos(n: int = N, side: int = 48, seed: int = 0) -> np.ndarray:
    """uint8 (n, side, side, 3): smooth colours with some grain, as photos have; no two are alike."""
    random = np.random.default_rng(seed)
    coarse = random.normal(128, 60, (n, 7, 7, 3))
    fine = np.stack(
        [
            [np.asarray(Image.fromarray(one[..., c]).resize((side, side), Image.Resampling.BICUBIC)) for c in range(3)]
            for one in coarse.astype(np.float32)
        ]
    )
    return np.clip(fine.transpose(0, 2, 3, 1) + random.normal(0, 6, (n, side, side, 3)), 0, 255).astype(np.uint8)


def coded(pixels: np.ndarray, form: str = "PNG", **options: int) -> bytes:
    into = io.BytesIO()
    Image.fromarray(pixels).save(into, form, **options)
    return into.getvalue()


def resized(pixels: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def test_the_bits_say_which_low_frequencies_of_scipys_transform_lie_above_their_median():
    pictures = np.random.default_rng(1).integers(0, 256, (20, 32, 32), dtype=np.uint8)
    for picture, found in zip(pictures, perceptual_hashes(pictures), strict=True):
        low = dctn(picture.astype(float), norm="ortho")[:8, :8].ravel()
        bits = "".join("1" if one > np.median(low) else "0" for one in low)
        assert f"{int(found):064b}" == bits


def test_a_flat_picture_has_one_bit_and_another_brightness_none_more():
    flat = np.stack([np.full((32, 32), level, dtype=np.uint8) for level in (1, 100, 255)])
    assert perceptual_hashes(flat).tolist() == [1 << 63] * 3


@pytest.mark.parametrize("distance", [0, 2, 6])
def test_the_pairs_are_those_of_comparing_every_hash_with_every_other(distance):
    random = np.random.default_rng(2)
    hashes = random.integers(0, 1 << 63, 300).astype(np.uint64)
    for row in range(100, 300):  # some of the first, with a few bits turned
        flipped = random.choice(64, random.integers(0, 9), replace=False)
        hashes[row] = hashes[row % 100] ^ np.bitwise_or.reduce(np.uint64(1) << flipped.astype(np.uint64), initial=np.uint64(0))
    bits = np.unpackbits(hashes[:, None].view(np.uint8), axis=1)
    apart = (bits[:, None] != bits[None]).sum(axis=2)
    expected = [(a, b) for a in range(300) for b in range(a + 1, 300) if apart[a, b] <= distance]
    assert list(map(tuple, near_hashes(hashes, distance).tolist())) == expected
    assert len(expected) > 10


def test_pairs_are_cut_off_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr(picture_hashes, "MOST_PAIRS", 100)
    assert 100 < len(near_hashes(np.zeros(200, dtype=np.uint64), 6)) < 19_900


def test_pixels_agree_where_they_correlate_and_flat_ones_where_they_are_of_one_colour():
    ramp = np.arange(32, dtype=np.uint8)[None, :, None, None].repeat(32, axis=2).repeat(3, axis=3)
    flat = np.full_like(ramp, 90)
    red = flat.copy()
    red[..., 0] = 120
    pictures = np.concatenate([ramp, ramp * 2 + 9, ramp[:, ::-1], flat, flat + 1, flat + 40, red])
    pairs = np.array([(0, 1), (0, 2), (0, 3), (3, 4), (3, 5), (3, 6)])
    assert same_pixels(pictures, pairs).tolist() == [True, False, False, True, False, False]


def test_planted_copies_are_found_and_nothing_else():
    plain = photos()
    made = {
        0: coded(plain[0], "JPEG", quality=75),
        1: coded(resized(plain[1], 96)),
        2: coded(resized(plain[2], 36)),
        3: coded(np.clip(plain[3] * 0.85, 0, 255).astype(np.uint8)),
        4: coded(np.clip(plain[4] + np.random.default_rng(5).normal(0, 5, plain[4].shape), 0, 255).astype(np.uint8)),
        5: coded(plain[5]),  # the same bytes: a copy, not a like one
    }
    series = pl.Series("p", [*map(coded, plain), *made.values(), None])
    found = look_alike(series)
    assert found.codes.tolist() == [*range(N), *made, N + 6]
    assert np.flatnonzero(found.near).tolist() == [0, 1, 2, 3, 4, *range(N, N + 5)]
    assert found.complete


def test_another_colour_of_the_same_thing_is_another_picture():
    thing = np.full((40, 40, 3), 255, dtype=np.uint8)
    thing[10:30, 5:35] = (200, 30, 40)
    grey = np.asarray(Image.fromarray(thing).convert("L"))[12, 12]
    other = np.full_like(thing, 255)
    other[10:30, 5:35] = (20, 110, 40)
    assert abs(int(np.asarray(Image.fromarray(other).convert("L"))[12, 12]) - int(grey)) < 10
    assert look_alike(pl.Series("p", [coded(thing), coded(other)])).codes.tolist() == [0, 1]


def test_like_pictures_share_a_group_where_all_else_is_equal_and_near_copies_find_them():
    plain = photos(10)
    cells = [*map(coded, plain), coded(plain[3], "JPEG", quality=80), coded(plain[4], "JPEG", quality=80)]
    frame = pl.DataFrame({"p": cells, "size": [1.0] * 11 + [2.0], "y": ["a", "b"] * 6})
    alone, beside = (assay.read(one, target="y") for one in (frame.drop("size"), frame))
    assert copy_groups(alone).tolist() == list(range(12))
    assert like_groups(alone).tolist() == [*range(10), 3, 4]
    assert like_groups(beside).tolist() == [*range(10), 3, 11]
    assert near_copies(alone).groups.tolist() == [*range(10), 3, 4]


def test_no_fold_and_no_lock_parts_like_pictures_on_request():
    plain = photos(30)
    cells = [coded(one) for one in plain] + [coded(one, "JPEG", quality=80) for one in plain]
    data = assay.read(pl.DataFrame({"p": cells, "y": ["a", "b"] * 30}), target="y")
    torn = pictures_across(data, np.arange(25, 35))
    assert torn is not None
    assert torn.evidence["with_a_like"] == 10
    assert pictures_across(data, np.r_[0:5, 30:35]) is None
    plan = assay.Study(data, ["baseline"], folds=3, copies="group").plan
    side = np.full(60, -1)
    for fold in plan.folds:
        side[fold.test] = fold.fold
    assert np.array_equal(side[:30], side[30:])
    assert len(set(side.tolist())) == 4


def test_a_picture_that_does_not_open_is_named():
    with pytest.raises(DataError, match="does not open"):
        look_alike(pl.Series("p", [coded(photos(1)[0]), b"no picture"]))


def test_of_very_many_pictures_some_are_compared_and_that_is_said(monkeypatch):
    from assay.data import like_pictures

    monkeypatch.setattr(like_pictures, "MOST", 5)
    found = look_alike(pl.Series("p", photos(12)))
    assert not found.complete
    assert found.codes.tolist() == list(range(12))
