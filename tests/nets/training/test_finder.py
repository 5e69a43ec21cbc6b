"""The learning-rate finder: what it suggests trains well, and it leaves no trace."""

import pytest
import torch
from tests.nets.training.trainings import bytes_of, digits, fit, net, plain, rows, smooth_net
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.mse import SquaredError
from assay.nets.seeding import isolated
from assay.nets.settings import LayerGroup, TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.finder import find_learning_rate
from assay.nets.training.mix import Mixup
from assay.nets.training.work import Validation, supervised


def digit_net():
    with isolated(1):
        return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_training_at_the_suggestion_beats_rates_a_hundred_times_smaller_and_larger(optimizer):
    examples, held = digits()
    settings = TrainSettings(optimizer=optimizer, batch_size=64, epochs=4, schedule="constant", patience=None)
    found = find_learning_rate(digit_net(), supervised(examples, CrossEntropy()), settings, seed=0)

    def reached(rate):
        changed = TrainSettings(
            optimizer=optimizer, batch_size=64, epochs=4, schedule="constant", patience=None, learning_rate=rate
        )
        return min(
            epoch.validation_loss
            for epoch in fit(digit_net(), examples, changed, validation=Validation(held, CrossEntropy())).history
        )

    assert reached(found.suggestion) < 0.9 * min(reached(found.suggestion / 100), reached(found.suggestion * 100))


def test_the_model_its_mode_and_torchs_generators_are_left_as_they_were():
    model = net(dropout=0.3)
    model[3].eval()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    model[4].bias.requires_grad_(False)
    modes = [module.training for module in model.modules()]
    weights, drawn, threads = bytes_of(model), torch.get_rng_state(), torch.get_num_threads()
    settings = TrainSettings(batch_size=16, groups=(LayerGroup(prefix="0.", thaw=1),), ema=0.9)
    find_learning_rate(model, supervised(rows(), CrossEntropy(), mix=Mixup(0.2)), settings, seed=0)
    assert bytes_of(model) == weights
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(model[0].weight.grad, torch.ones_like(model[0].weight))
    assert [parameter.requires_grad for parameter in model.parameters()] == [True] * 4 + [False]
    assert torch.equal(torch.get_rng_state(), drawn)
    assert torch.get_num_threads() == threads


def test_rates_rise_by_one_factor_and_stop_where_the_loss_explodes():
    work = supervised(rows(), CrossEntropy())
    found = find_learning_rate(smooth_net(), work, plain(), seed=0, low=1e-4, high=1e4, steps=81)
    assert len(found.rates) == len(found.losses) < 81
    ratios = [after / before for before, after in zip(found.rates, found.rates[1:], strict=False)]
    assert ratios == pytest.approx([10 ** (8 / 80)] * len(ratios))
    assert found.rates[0] == 1e-4
    assert found.suggestion in found.rates
    assert found.losses[-1] > min(found.losses)


def test_the_same_seed_finds_the_same():
    work = supervised(rows(), CrossEntropy())
    first, second = (find_learning_rate(net(dropout=0.5), work, plain(accumulate=2), seed=4) for _ in range(2))
    assert first == second


def test_on_a_parabola_the_explosion_is_where_theory_puts_it():
    # one weight, losses w² and (w − 2)² in turn: gradient descent is unstable beyond the rate 2/curvature = 1
    line = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        line.weight.fill_(0.0)
    work = supervised(Examples((torch.ones(16, 1),), torch.tensor([0.0, 2.0] * 8)), SquaredError())
    found = find_learning_rate(line, work, plain(batch_size=1), seed=0, low=1e-4, high=1e3, steps=141)
    assert found.suggestion < 1 < found.rates[-1] < 30


@pytest.mark.parametrize("wrong", [{"low": 0.0}, {"low": 1.0, "high": 0.1}, {"high": float("inf")}, {"steps": 3}])
def test_an_impossible_range_is_refused(wrong):
    with pytest.raises(ConfigError, match="rates must rise"):
        find_learning_rate(net(), supervised(rows(), CrossEntropy()), plain(), seed=0, **wrong)


def test_a_loss_that_never_falls_is_said():
    class Still(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, x):
            return self.layer(x) * 0.0

    with pytest.raises(ConfigError, match="fell at no learning rate"):
        find_learning_rate(Still(), supervised(rows(), CrossEntropy()), plain(), seed=0)
