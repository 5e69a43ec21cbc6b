"""The two-way language model: neither way sees what it is asked for, and layers are mixed as they should be."""

import numpy as np
import pytest
import torch

from assay.nets.seeding import isolated
from assay.nets.text.language import Mix, TwoWayLanguage, TwoWayLayers, language_loss
from assay.nets.training.examples import Examples


def model(words=9, width=5):
    with isolated(0):
        layers = TwoWayLayers(words, width, 2, 0.0)
        return TwoWayLanguage(layers, words, width).double().eval()


def test_the_way_ahead_depends_on_tokens_before_and_the_way_back_on_tokens_behind():
    net = model()
    tokens = torch.tensor([[3, 4, 5, 6, 7, 0]])
    ahead, behind = net(tokens)
    for place in range(5):
        changed = tokens.clone()
        changed[0, place] = 8
        other_ahead, other_behind = net(changed)
        moved_ahead = ((ahead - other_ahead).abs().amax(2)[0, :5] > 1e-9).tolist()
        moved_behind = ((behind - other_behind).abs().amax(2)[0, :5] > 1e-9).tolist()
        assert moved_ahead == [at >= place for at in range(5)]
        assert moved_behind == [at <= place for at in range(5)]


def test_the_loss_is_the_mean_over_next_and_former_tokens_that_are_known():
    net = model()
    tokens = torch.tensor([[3, 4, 1, 5, 0, 0], [6, 0, 0, 0, 0, 0]])
    ahead, behind = (part.log_softmax(2) for part in net(tokens))
    asked = [ahead[0, 0, 4], ahead[0, 2, 5], behind[0, 1, 3], behind[0, 2, 4]]  # 1 is unknown: not asked for
    expected = -torch.stack(asked).mean()
    loss = language_loss(net, Examples((tokens,), torch.zeros(2)), torch.Generator())
    assert loss.item() == pytest.approx(expected.item(), abs=1e-12)


def test_texts_of_one_token_teach_nothing():
    loss = language_loss(model(), Examples((torch.tensor([[3], [0]]),), torch.zeros(2)), torch.Generator())
    assert loss.item() == 0


def test_a_mix_is_the_scaled_weighted_sum_of_the_layers_and_begins_as_their_mean():
    mix, layers = Mix(3), [torch.full((1, 1, 2), value) for value in (1.0, 2.0, 6.0)]
    np.testing.assert_allclose(mix(layers).detach(), 3.0)
    with torch.no_grad():
        mix.shares[:] = torch.log(torch.tensor([0.5, 0.25, 0.25]))
        mix.scale.fill_(2.0)
    np.testing.assert_allclose(mix(layers).detach(), 2 * (0.5 + 0.5 + 1.5), rtol=1e-6)
