"""What excites a net: the objective rises, beats every training picture, and the same seed gives the same picture."""

import numpy as np
import pytest
import torch
from tests.nets.seeing.corner import SIZE, corner_pictures, trained, untrained

from assay.core.errors import ConfigError
from assay.nets.seeing.basis import written
from assay.nets.seeing.layers import layer_named, map_layers
from assay.nets.seeing.objectives import Objective, value_of
from assay.nets.seeing.visualise import ClimbSettings, visualise

SHORT = ClimbSettings(steps=80, jitter=1)


def objective(kind: str) -> Objective:
    if kind == "class":
        return Objective("class", None, 1)
    layer = layer_named(map_layers(trained(), 1, SIZE), "conv2")
    return Objective(kind, layer, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("basis", ["fourier", "pixel"])
@pytest.mark.parametrize("kind", ["neuron", "channel", "layer", "class"])
def test_the_picture_beats_the_best_of_the_training_pictures(kind: str, basis: str) -> None:
    aim = objective(kind)
    found = visualise(trained(), aim, 1, SIZE, seed=3, settings=ClimbSettings(basis=basis, steps=150, jitter=0))
    pictures = torch.from_numpy(corner_pictures(600, 1)[0]).float()
    best = float(value_of(aim, trained(), pictures).max())
    assert found.last > max(best, found.first)
    assert found.last == pytest.approx(float(value_of(aim, trained(), torch.from_numpy(found.picture)[None])[0]))
    assert found.history[-10:].mean() > found.history[:10].mean()
    assert (found.picture.shape, found.picture.dtype) == ((1, SIZE, SIZE), np.uint8)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another() -> None:
    one, again, other = (visualise(trained(), objective("channel"), 1, SIZE, seed=seed, settings=SHORT) for seed in (0, 0, 1))
    assert np.array_equal(one.picture, again.picture)
    assert np.array_equal(one.history, again.history)
    assert not np.array_equal(one.picture, other.picture)


def test_total_variation_l2_and_blur_hold_down_what_they_name() -> None:
    def pixels(**weights: float) -> np.ndarray:
        settings = ClimbSettings(basis="pixel", steps=60, jitter=0, **weights)
        return visualise(trained(), objective("class"), 1, SIZE, seed=0, settings=settings).picture[0] / 255

    def roughness(picture: np.ndarray) -> float:
        return float(np.abs(np.diff(picture)).mean() + np.abs(np.diff(picture, axis=0)).mean())

    free = pixels()
    assert roughness(pixels(total_variation=200.0)) < 0.5 * roughness(free)
    assert roughness(pixels(blur=2000.0)) < 0.8 * roughness(free)
    assert ((pixels(l2=2000.0) - 0.5) ** 2).mean() < 0.5 * ((free - 0.5) ** 2).mean()


def test_colours_and_grey_are_written_in_both_bases() -> None:
    for basis in ("fourier", "pixel"):
        for channels in (1, 3, 6):
            picture = written(basis, channels, 20, seed=0).picture().detach()
            assert tuple(picture.shape) == (1, channels, 20, 20)
            assert 0 < float(picture.min()) <= float(picture.max()) < 255
            assert abs(float(picture.mean()) - 127.5) < 40


def test_low_frequencies_begin_stronger_in_the_fourier_basis() -> None:
    picture = written("fourier", 1, 32, seed=0).picture().detach()[0, 0]
    power = torch.fft.rfft2(picture - picture.mean()).abs() ** 2
    assert float(power[:4, :4].mean()) > 10 * float(power[12:20, 12:].mean())


def test_the_model_is_left_as_it_was() -> None:
    model = untrained()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    visualise(model, Objective("class", None, 0), 1, SIZE, seed=0, settings=ClimbSettings(steps=3))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_objectives_and_settings_that_cannot_be_are_refused() -> None:
    layer = layer_named(map_layers(untrained(), 1, SIZE), "conv2")
    for make in (
        lambda: Objective("channel", layer, 12),
        lambda: Objective("class", layer, 0),
        lambda: Objective("layer"),
        lambda: ClimbSettings(steps=0),
        lambda: ClimbSettings(blur=-1.0),
        lambda: written("wavelet", 1, 8, 0),
        lambda: visualise(untrained(), Objective("class", None, 7), 1, SIZE, seed=0),
    ):
        with pytest.raises(ConfigError):
            make()
