"""Occlusion equals captum's for the same windows, and its closed form for a score that is a sum of pixels."""

import captum.attr
import numpy as np
import pytest
import torch
from tests.nets.seeing.corner import corner_pictures, untrained

from assay.core.errors import ConfigError
from assay.explain.occlusion import occlusion
from assay.nets.seeing.scores import class_scores


@pytest.mark.parametrize(("window", "stride"), [(4, 2), (5, 3), (3, 3), (16, 1), (7, 5)])
@pytest.mark.parametrize("cover", [0.0, 100.0])
def test_occlusion_is_captums(window: int, stride: int, cover: float) -> None:
    model, (pictures, _) = untrained(channels=3), corner_pictures(1, 2, channels=3)
    found = occlusion(lambda some: class_scores(model, some)[:, 2], pictures[0], window=window, stride=stride, cover=cover)
    peer = captum.attr.Occlusion(model).attribute(
        torch.from_numpy(pictures).float(), (3, window, window), (3, stride, stride), baselines=cover, target=2
    )
    expected = peer[0].detach().numpy()
    assert np.abs(expected).max() > 0
    assert np.array_equal(expected[0], expected[2])  # one window for all channels
    assert found == pytest.approx(expected[0], abs=1e-6 * max(1.0, float(np.abs(expected).max())))


def test_of_a_sum_of_pixels_it_is_what_the_window_held() -> None:
    random = np.random.default_rng(0)
    picture, weights = random.normal(size=(2, 6, 6)), random.normal(size=(2, 6, 6))
    found = occlusion(lambda some: (some * weights).sum(axis=(1, 2, 3)), picture, window=1, stride=1)
    assert found == pytest.approx((picture * weights).sum(axis=0))


def test_a_cover_of_one_colour_a_channel_is_laid_over_the_window() -> None:
    seen: list[np.ndarray] = []

    def score(some: np.ndarray) -> np.ndarray:
        seen.append(some.copy())
        return some.sum(axis=(1, 2, 3), dtype=np.float64)

    occlusion(score, np.zeros((3, 4, 4), dtype=np.uint8), window=4, stride=4, cover=np.array([1, 2, 3]))
    assert seen[1][0, :, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(("window", "stride"), [(2, 3), (9, 1), (2, 0)])
def test_windows_that_do_not_cover_the_picture_are_refused(window: int, stride: int) -> None:
    with pytest.raises(ConfigError, match="does not cover"):
        occlusion(lambda some: some.sum(axis=(1, 2, 3)), np.zeros((1, 8, 8)), window=window, stride=stride)
