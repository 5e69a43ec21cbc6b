"""Integral images and Haar features: sums by hand, loops, and scikit-image."""

import numpy as np
import pytest

from assay.core.errors import ConfigError
from assay.prepare.vision.haar import KINDS, HaarFeatures, all_features
from assay.prepare.vision.integral import box_sum, integral

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (3, 9, 8), dtype=np.uint8)


def test_any_box_is_summed_from_four_corners() -> None:
    sums = integral(PICTURES)
    assert sums.dtype == np.int64
    for top, left, height, width in [(0, 0, 9, 8), (2, 3, 4, 5), (8, 7, 1, 1), (4, 4, 0, 3)]:
        wanted = PICTURES[:, top : top + height, left : left + width].sum(axis=(1, 2))
        np.testing.assert_array_equal(box_sum(sums, top, left, height, width), wanted)


def test_the_integral_image_is_that_of_scikit_image() -> None:
    transform = pytest.importorskip("skimage.transform")
    np.testing.assert_array_equal(integral(PICTURES[0])[1:, 1:], transform.integral_image(PICTURES[0]))


@pytest.mark.parametrize(("white", "black"), [(6, 4), (3, 7), (5, 5)])
def test_a_feature_is_white_less_black(white: int, black: int) -> None:
    picture = np.zeros((1, 2, 4))
    picture[0, :, :2] = white / 4
    picture[0, :, 2:] = black / 4
    feature = HaarFeatures(np.array([0]), np.array([[0, 0, 2, 2]]))
    assert feature.values(picture)[0, 0] == pytest.approx(white - black)


def test_every_feature_is_the_sum_of_its_white_cells_less_its_black_ones() -> None:
    features = all_features(9, 8)
    chosen = features.take(RNG.choice(len(features), 300, replace=False))
    found = chosen.values(PICTURES)
    for number, (kind, (top, left, height, width)) in enumerate(zip(chosen.kinds, chosen.cells, strict=True)):
        mask = np.zeros((9, 8))
        pattern = np.kron(np.array(KINDS[kind].signs), np.ones((height, width)))
        mask[top : top + pattern.shape[0], left : left + pattern.shape[1]] = pattern
        np.testing.assert_array_equal(found[:, number], (PICTURES * mask).sum(axis=(1, 2)))
        assert chosen.balance[number] == mask.sum()
        assert chosen.ends[number].tolist() == [top + pattern.shape[0], left + pattern.shape[1]]


def test_there_are_as_many_features_as_scikit_image_counts_and_as_the_paper_says() -> None:
    feature = pytest.importorskip("skimage.feature")
    names = ["type-2-x", "type-2-y", "type-3-x", "type-3-y", "type-4"]
    features = all_features(10, 7)
    for number, name in enumerate(names):
        assert (features.kinds == number).sum() == len(feature.haar_like_feature_coord(7, 10, name)[0])
    assert len(all_features(24, 24)) == 162_336


@pytest.mark.parametrize(("number", "name"), list(enumerate(["type-2-x", "type-2-y", "type-3-x", "type-3-y", "type-4"])))
def test_values_are_those_of_scikit_image_up_to_their_sign(number: int, name: str) -> None:
    feature = pytest.importorskip("skimage.feature")
    theirs = feature.haar_like_feature(integral(PICTURES[0])[1:, 1:].astype(np.int64), 0, 0, 8, 9, name)
    features = all_features(9, 8)
    ours = features.take(np.flatnonzero(features.kinds == number)).values(PICTURES[:1])[0]
    np.testing.assert_array_equal(np.sort(np.abs(ours)), np.sort(np.abs(theirs)))


def test_a_feature_beyond_the_picture_is_refused() -> None:
    with pytest.raises(ConfigError, match="reaches beyond pictures of 9×8"):
        HaarFeatures(np.array([0]), np.array([[0, 5, 2, 2]])).values(PICTURES)
