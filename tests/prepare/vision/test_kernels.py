"""Kernels, pooling and gradients: the printed numbers, scipy and torch."""

import numpy as np
import pytest
import torch
from scipy import signal

from assay.core.errors import ConfigError, UnknownNameError
from assay.prepare.vision.kernels import (
    KERNELS,
    average_pool,
    convolve,
    correlate,
    kernel_gradient,
    kernel_named,
    max_pool,
    picture_gradient,
)

RNG = np.random.default_rng(0)
GREY = np.array([[4, 42, 220, 43], [16, 176, 120, 104], [156, 253, 120, 177], [190, 103, 99, 41]])


def test_the_kernels_are_those_that_are_printed() -> None:
    printed = {
        "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        "box": np.ones((3, 3)) / 9,
        "sharpen": np.array([[-1, -2, -1], [-2, 22, -2], [-1, -2, -1]]) / 10,
        "sobel-x": np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
        "sobel-y": np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
    }
    assert set(printed) == set(KERNELS)
    for name, entries in printed.items():
        np.testing.assert_array_equal(kernel_named(name), entries)


def test_the_worked_example_begins_with_four() -> None:
    picture = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
    found = correlate(picture, np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]))
    assert found.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


@pytest.mark.parametrize("mode", ["valid", "same"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (5, 1)])
def test_both_ways_equal_scipy_over_a_batch(mode: str, shape: tuple[int, int]) -> None:
    pictures, kernel = RNG.normal(size=(2, 3, 9, 8)), RNG.normal(size=shape)
    for ours, theirs in ((correlate, signal.correlate2d), (convolve, signal.convolve2d)):
        wanted = np.stack([theirs(one, kernel, mode) for one in pictures.reshape(-1, 9, 8)])
        found = ours(pictures, kernel, mode)
        if ours is correlate and mode == "same":  # scipy centres an even kernel on the other of its two middles
            around = np.pad(pictures, [(0, 0), (0, 0)] + [(k // 2, (k - 1) // 2) for k in shape])
            wanted = np.stack([signal.correlate2d(one, kernel, "valid") for one in around.reshape(6, *around.shape[2:])])
        np.testing.assert_allclose(found.reshape(wanted.shape), wanted, atol=1e-12)


def test_sharpening_keeps_flat_parts_and_the_identity_keeps_everything() -> None:
    pictures = RNG.integers(0, 256, (3, 6, 7))
    np.testing.assert_array_equal(convolve(pictures, kernel_named("identity"), "same"), pictures)
    flat = np.full((5, 5), 7.0)
    for name, level in (("box", 7), ("sharpen", 7), ("sobel-x", 0), ("sobel-y", 0)):
        np.testing.assert_allclose(convolve(flat, kernel_named(name)), level)


def test_pooling_gives_the_printed_numbers() -> None:
    assert max_pool(GREY).tolist() == [[176, 220], [253, 177]]
    assert average_pool(GREY).tolist() == [[59.5, 121.75], [175.5, 109.25]]
    assert np.floor(average_pool(GREY)).tolist() == [[59, 121], [175, 109]]


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (2, 1)])
def test_pooling_equals_torch(size: int, stride: int) -> None:
    pictures = RNG.normal(size=(2, 3, 9, 8))
    tensor = torch.tensor(pictures)
    np.testing.assert_array_equal(max_pool(pictures, size, stride), torch.nn.functional.max_pool2d(tensor, size, stride))
    np.testing.assert_allclose(average_pool(pictures, size, stride), torch.nn.functional.avg_pool2d(tensor, size, stride))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4)])
def test_gradients_equal_those_of_autograd(shape: tuple[int, int]) -> None:
    pictures = torch.tensor(RNG.normal(size=(4, 1, 7, 8)), requires_grad=True)
    kernel = torch.tensor(RNG.normal(size=(1, 1, *shape)), requires_grad=True)
    out = torch.nn.functional.conv2d(pictures, kernel)
    slopes = torch.tensor(RNG.normal(size=out.shape))
    out.backward(slopes)
    x, w, dy = pictures.detach().numpy(), kernel.detach().numpy()[0, 0], slopes.numpy()
    np.testing.assert_allclose(correlate(x, w), out.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(kernel_gradient(x, dy), kernel.grad.numpy()[0, 0], atol=1e-12)
    np.testing.assert_allclose(picture_gradient(dy, w), pictures.grad.numpy(), atol=1e-12)


def test_what_does_not_fit_is_one_sentence() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'sobel-x'"):
        kernel_named("sobelx")
    with pytest.raises(ConfigError, match="fits nowhere into pictures of 2×2"):
        correlate(np.zeros((2, 2)), np.ones((3, 3)))
    with pytest.raises(ConfigError, match="pooling over 5×5"):
        max_pool(GREY, 5)
    with pytest.raises(ConfigError, match="a kernel has rows and columns"):
        correlate(GREY, np.ones(3))
    with pytest.raises(ConfigError, match="are not those of a convolution"):
        kernel_gradient(GREY, np.zeros((5, 5)))
