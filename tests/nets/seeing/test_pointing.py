"""A truth test: where only a known patch says the class, Grad-CAM, integrated gradients and occlusion must point there."""

import numpy as np
import pytest
from tests.nets.seeing.corner import CORNER, SIZE, corner_pictures, in_corner, trained

from assay.explain.occlusion import occlusion
from assay.nets.seeing.grad_cam import grad_cam
from assay.nets.seeing.integrated import integrated_gradients
from assay.nets.seeing.layers import last_maps, map_layers
from assay.nets.seeing.scores import class_scores

SHARE = (CORNER + 2) ** 2 / SIZE**2
"""Of the picture: what would lie in the corner by chance."""


@pytest.fixture(scope="module")
def marked() -> tuple[np.ndarray, np.ndarray]:
    """New pictures of the classes that have a mark."""
    pictures, classes = corner_pictures(60, 77)
    kept = np.flatnonzero(classes < 2)[:20]
    return pictures[kept], classes[kept]


def test_the_net_has_learnt_the_patch() -> None:
    pictures, classes = corner_pictures(300, 77)
    assert (class_scores(trained(), pictures).argmax(axis=1) == classes).mean() > 0.97


def test_grad_cam_points_at_the_patch(marked: tuple[np.ndarray, np.ndarray]) -> None:
    pictures, classes = marked
    layer = last_maps(map_layers(trained(), 1, SIZE))
    shares = [in_corner(one) for one in grad_cam(trained(), pictures, classes, layer)]
    assert np.median(shares) > 2 * SHARE
    assert layer.height == SIZE // 2


def test_integrated_gradients_point_at_the_patch(marked: tuple[np.ndarray, np.ndarray]) -> None:
    pictures, classes = marked
    values = integrated_gradients(trained(), pictures, classes, baseline="mean").values.sum(axis=1)
    shares = [in_corner(np.maximum(one, 0)) for one in values]
    assert np.median(shares) > 2.5 * SHARE


def test_occlusion_points_at_the_patch(marked: tuple[np.ndarray, np.ndarray]) -> None:
    pictures, classes = marked
    shares = []
    for picture, target in zip(pictures, classes, strict=True):
        fall = occlusion(lambda some, t=target: class_scores(trained(), some)[:, t], picture, window=4, stride=2, cover=100.0)
        shares.append(in_corner(np.maximum(fall, 0)))
        assert fall[:CORNER, :CORNER].max() == fall.max()
    assert np.median(shares) > 2.5 * SHARE
