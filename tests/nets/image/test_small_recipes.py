"""The recipes for small pictures: what is mirrored and what is not, settings of their training, and channels last."""

import numpy as np
import pytest
import torch
from tests.nets.image.augmenting import changed, photos

from assay.core.errors import UnknownNameError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.image.picture_net import PictureSpec
from assay.nets.seeding import isolated
from assay.nets.settings import TrainSettings
from assay.nets.training import moving
from assay.nets.training.mix import CutMix
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import PictureShape
from assay.recipes.registry import RECIPES


def learner(name):
    found = RECIPES.get(name).learner
    assert isinstance(found, NetLearner)
    return found


def test_digits_are_never_mirrored_by_the_recipe_for_them_and_photos_are_by_theirs():
    """One bright half, left or right, stays on its side, or does not."""
    given = torch.zeros(200, 1, 32, 32, dtype=torch.uint8)
    given[..., :8] = 255
    for name, is_mirrored in (("resnet-small", False), ("resnet-small-mirrored", True)):
        found = changed(learner(name).shape.augment(), given).float()
        on_the_right = found[..., 16:].mean(dim=(1, 2, 3)) > found[..., :16].mean(dim=(1, 2, 3))
        assert bool(on_the_right.any()) == is_mirrored
        assert not bool(on_the_right.all())


def tiny(rows=48, seed=0):
    """Bright above, or bright below."""
    target = np.arange(rows) % 2
    pictures = np.random.default_rng(seed).integers(0, 60, (rows, 3, 16, 16)).astype(np.uint8)
    pictures[target == 0, :, :8] += 120
    pictures[target == 1, :, 8:] += 120
    return Rows(pictures, target.astype(np.int64), 2)


@pytest.mark.parametrize("mix", ["none", "mixup", "cutmix"])
def test_a_fit_of_a_moment_learns_repeats_to_the_byte_and_predicts_from_its_state(mix):
    rows, unseen = tiny(), tiny(20, seed=1)
    training = TrainSettings(optimizer="sgd", learning_rate=0.05, batch_size=8, epochs=8, patience=None, precision="auto")
    one = NetLearner(shape=PictureShape("resnet11-wide", augmentation="flip-crop", mix=mix), training=training)
    task = Task("binary", "y", ("above", "below"))
    first, again = (one.fit(rows, task, validation=None, seed=3, budget=Budget(), context=Context()) for _ in range(2))
    assert all(np.array_equal(first.weights[name], again.weights[name]) for name in first.weights)
    output = first.predict(unseen.features)
    assert ((output.probability > 0.5) == (unseen.target == 1)).mean() >= 0.9
    back = type(first).from_state(first.state())
    np.testing.assert_array_equal(back.predict(unseen.features).score, output.score)


def test_a_mix_is_taken_by_its_name():
    assert PictureShape("resnet20").mixing() is None
    assert PictureShape("resnet20", mix="cutmix").mixing() == CutMix(1.0)
    with pytest.raises(UnknownNameError, match="did you mean 'cutmix'"):
        PictureShape("resnet20", mix="cutmx").mixing()


@pytest.mark.parametrize("channels", [1, 3])
def test_maps_of_a_net_for_pictures_have_their_channels_last_on_the_processor(channels):
    with isolated(0):
        net = PictureSpec("resnet11-wide", 4, channels, 32).build()
    forms = []
    for layer in net.net.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(lambda _layer, _given, found: forms.append(found.stride(1)))
    net(photos(2, channels, 32, 32))
    assert forms == [1] * 10


def test_automatic_precision_is_of_16_bits_where_the_processor_has_instructions_for_them(monkeypatch):
    auto = TrainSettings(precision="auto")
    for bf16, amx in ((False, False), (True, False), (False, True)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda bf16=bf16: bf16)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda amx=amx: amx)
        assert moving.is_mixed(auto, "cpu") == (bf16 or amx)
    assert moving.is_mixed(auto, "cuda:1")
    assert not moving.is_mixed(TrainSettings(precision="full"), "cuda")
    assert moving.is_mixed(TrainSettings(precision="mixed"), "cpu")
