"""Bags of visual words: OpenCV's descriptors, a vocabulary of training pictures, counts."""

import sys

import numpy as np
import polars as pl
import pytest

from assay.core.errors import BundleError, ConfigError, MissingExtraError
from assay.prepare.vision.keypoints import LENGTHS, Describer, has_surf
from assay.prepare.vision.words import VisualWords, WordRow

cv2 = pytest.importorskip("cv2")


def texture(seed: int, n: int) -> np.ndarray:
    """Blobs or bars at random places, 64 × 64."""
    rng = np.random.default_rng(seed)
    found = np.full((n, 64, 64), 120, dtype=np.uint8)
    for picture in found:
        for _ in range(12):
            y, x = rng.integers(4, 56, 2)
            picture[y : y + 3, x : x + (3 if seed % 2 else 12)] = rng.integers(180, 255)
    return found


def column(pixels: np.ndarray) -> pl.Series:
    return pl.Series("p", pixels, dtype=pl.Array(pl.UInt8, pixels.shape[1:]))


PICTURES = np.concatenate([texture(1, 6), texture(2, 6), np.full((1, 64, 64), 77, dtype=np.uint8)])
CASES = [Describer(), Describer(points="grid"), Describer(method="orb")]


def test_a_sift_descriptor_has_128_numbers_and_an_orb_descriptor_256_bits() -> None:
    assert LENGTHS["sift"] == 4 * 4 * 8
    for describer in CASES:
        found = describer.open()(PICTURES[0])
        assert found.shape[1] == LENGTHS[describer.method]
        assert len(found) > 3
        np.testing.assert_allclose((found**2).sum(axis=1), 1 if describer.method == "sift" else found.sum(axis=1), atol=1e-5)


def test_sift_descriptors_are_the_square_roots_of_opencvs() -> None:
    _, theirs = cv2.SIFT_create(contrastThreshold=0.02).detectAndCompute(PICTURES[0], None)
    ours = Describer().open()(PICTURES[0])
    np.testing.assert_allclose(ours**2, theirs / theirs.sum(axis=1, keepdims=True), atol=1e-6)


def test_surf_is_there_or_says_that_it_is_not() -> None:
    if has_surf():
        assert Describer(method="surf").open()(PICTURES[0]).shape[1] == LENGTHS["surf"]
    else:
        with pytest.raises(ConfigError, match="built without SURF"):
            Describer(method="surf").open()


@pytest.mark.parametrize("describer", CASES, ids=lambda one: f"{one.method}-{one.points}")
@pytest.mark.parametrize("weighting", ["hellinger", "tf-idf"])
def test_a_row_counts_the_nearest_word_of_each_descriptor(describer: Describer, weighting: str) -> None:
    fitted = VisualWords(describer=describer, words=7, weighting=weighting).fit(column(PICTURES), 0)
    found = fitted.transform(column(PICTURES))
    describe, counted = describer.open(), []
    for picture in PICTURES:
        descriptors = describe(picture).astype(np.float64)
        apart = ((descriptors[:, None] - fitted.centres[None].astype(np.float64)) ** 2).sum(axis=2)
        counted.append(np.bincount(apart.argmin(axis=1), minlength=7) if len(descriptors) else np.zeros(7))
    counts = np.array(counted, dtype=np.float64)
    if weighting == "hellinger":
        wanted = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    else:
        from sklearn.feature_extraction.text import TfidfTransformer

        wanted = TfidfTransformer().fit_transform(counts).toarray()
    np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("method", ["sift", "orb"])
def test_a_picture_without_keypoints_is_a_row_of_zeros(method: str) -> None:
    fitted = VisualWords(describer=Describer(method=method), words=7).fit(column(PICTURES), 0)
    rows = fitted.transform(column(PICTURES))
    assert not rows[-1].any()
    np.testing.assert_allclose((rows[:-1] ** 2).sum(axis=1), 1)


def test_training_pictures_without_any_keypoint_make_no_column() -> None:
    fitted = VisualWords().fit(column(PICTURES[-1:].repeat(3, axis=0)), 0)
    assert fitted.parts[0].width == 0
    assert fitted.transform(column(PICTURES)).shape == (len(PICTURES), 0)
    assert WordRow.from_state(fitted.state()).parts[0].width == 0


def test_words_tell_blobs_from_bars() -> None:
    train = np.concatenate([texture(1, 20), texture(2, 20)])
    asked = np.concatenate([texture(3, 20), texture(4, 20)])
    fitted = VisualWords(words=20).fit(column(train), 0)
    mean = [fitted.transform(column(part)).mean(axis=0) for part in (train[:20], train[20:])]
    rows = fitted.transform(column(asked))
    nearer = np.argmin([((rows - one) ** 2).sum(axis=1) for one in mean], axis=0)
    assert (nearer == np.repeat([0, 1], 20)).mean() > 0.9


def test_without_opencv_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"keypoints by sift needs cv2.*assay\[vision\]"):
        VisualWords().fit(column(PICTURES), 0)


def test_settings_that_cannot_be_are_refused() -> None:
    for settings in ({"method": "shift"}, {"method": "orb", "points": "grid"}, {"points": "somewhere"}):
        with pytest.raises(ConfigError):
            Describer(**settings)
    with pytest.raises(ConfigError, match="1 to 10000 words"):
        VisualWords(words=0)


@pytest.mark.parametrize("damage", ["rarity below 1", "wide", "large", "grid of bits"])
def test_a_vocabulary_that_none_can_have_is_refused(damage: str) -> None:
    state = VisualWords(describer=Describer(method="orb"), words=4).fit(column(PICTURES), 0).state()
    changed = {
        "rarity below 1": {"rarity": np.zeros(4)},
        "wide": {"centres": np.zeros((4, 257), dtype=np.float32)},
        "large": {"centres": np.full((4, 256), 1e9, dtype=np.float32)},
        "grid of bits": {"points": "grid"},
    }[damage]
    with pytest.raises(BundleError):
        WordRow.from_state(state | changed)
