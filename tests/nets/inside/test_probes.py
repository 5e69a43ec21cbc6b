"""What the probes record is what a second, independent look at the same training computes; and they change nothing."""

import copy
import json

import numpy as np
import pytest
import torch
from tests.nets.inside.trainings import deep, digits, lenet, mlp, pictures, squared, train
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.inside.probes import MOST_RECORDS, Probes
from assay.nets.inside.record import SERIES, Inside
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.mse import SquaredError
from assay.nets.settings import TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train as train_for_real
from assay.nets.training.work import Objective, Validation, Work, supervised


def bytes_of(model):
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def hooks_in(model):
    return sum(len(module._forward_hooks) + len(module._backward_hooks) for module in model.modules())


def line(inside, series, name):
    return getattr(inside, series)[[layer.name for layer in inside.layers].index(name)]


@pytest.mark.parametrize("net", [mlp, lenet])
def test_the_weights_are_the_same_bytes_with_and_without_probes(net):
    x, y, x_held, y_held = digits()
    forms = pictures if net is lenet else (lambda rows: rows)
    examples, held = Examples((forms(x[:200]),), y[:200]), Examples((forms(x_held[:80]),), y_held[:80])
    settings = TrainSettings(epochs=2, batch_size=32, accumulate=2)

    def run(watch):
        work = supervised(examples, CrossEntropy(), validation=Validation(held, CrossEntropy()), watch=watch)
        return train_for_real(net(), work, settings, seed=3)

    probes = Probes(every=2)
    seen, unseen = run(probes), run(None)
    assert bytes_of(seen.model) == bytes_of(unseen.model)
    assert hooks_in(seen.model) == 0
    inside = probes.inside()
    assert inside.steps.tolist() == [0, 2, 4, 6]
    assert inside.train_loss.tolist() == [epoch.train_loss for epoch in unseen.history]
    assert inside.validation_loss.tolist() == [epoch.validation_loss for epoch in unseen.history]
    assert inside.rate.tolist() == [epoch.rate for epoch in unseen.history]
    assert inside.epoch_steps.tolist() == [4, 8]
    assert inside.best_epoch == seen.best_epoch


def test_torchs_generator_is_not_drawn_from():
    before = torch.get_rng_state()
    train(mlp(), digits(), epochs=1, watch=Probes(every=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_one_step_of_a_small_net_is_recorded_as_computed_by_hand():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    with torch.no_grad():
        for place in (0, 2, 4):
            net[place].weight.copy_(torch.linspace(-1, 1.5, net[place].weight.numel()).reshape(net[place].weight.shape))
            net[place].bias.zero_()
        net[2].weight[0] = 40.0
        net[0].bias[1] = -100.0
    x, y = torch.tensor([[1.0, 2.0], [0.5, -1.0], [2.0, 1.0]]).double(), torch.tensor([1.0, 0.0, 2.0]).double()
    before, probes, rate = copy.deepcopy(net), Probes(every=1), 0.01
    train(
        net,
        (x, y),
        loss=squared,
        epochs=1,
        rate=rate,
        optimizer="sgd",
        watch=probes,
    )
    inside = probes.inside()

    hidden = np.maximum(x.numpy() @ before[0].weight.detach().numpy().T + before[0].bias.detach().numpy(), 0)
    squashed = np.tanh(hidden @ before[2].weight.detach().numpy().T)
    assert line(inside, "activations", "1")[0] == pytest.approx(np.sqrt((hidden**2).mean()), rel=1e-6)
    assert line(inside, "dead", "1")[0] == pytest.approx((hidden == 0).all(axis=0).mean())
    assert line(inside, "saturated", "3")[0] == pytest.approx((np.abs(squashed) > 0.97).mean())
    assert 0 < line(inside, "dead", "1")[0] < 1
    assert 0 < line(inside, "saturated", "3")[0] < 1
    for place in ("0", "2", "4"):
        then, now = before.get_submodule(place), net.get_submodule(place)
        old = np.concatenate([p.detach().numpy().ravel() for p in then.parameters()]).astype(float)
        new = np.concatenate([p.detach().numpy().ravel() for p in now.parameters()]).astype(float)
        assert line(inside, "weights", place)[0] == pytest.approx(np.linalg.norm(old), rel=1e-6)
        # plain gradient descent: the step is the gradient times the rate
        assert line(inside, "gradients", place)[0] == pytest.approx(np.linalg.norm(new - old) / rate, rel=1e-6)
        assert line(inside, "updates", place)[0] == pytest.approx(np.linalg.norm(new - old) / np.linalg.norm(old), rel=1e-6)
    assert np.isnan(line(inside, "dead", "0")).all()
    assert np.isnan(line(inside, "saturated", "1")).all()
    assert np.isnan(line(inside, "weights", "1")).all()


def test_a_map_of_a_convolution_is_a_unit_and_is_dead_when_it_is_0_everywhere():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10))
    with torch.no_grad():
        net[0].bias[2] = -1e3
    probes = Probes(every=1)
    x, y, *_ = digits()
    train(net, (x[:100].reshape(-1, 1, 8, 8), y[:100]), epochs=1, watch=probes)
    assert line(probes.inside(), "dead", "1").tolist() == [0.25] * 2


def test_a_unit_is_silent_only_after_many_rows():
    x, y, *_ = digits()
    net = mlp(dropout=0.0)
    with torch.no_grad():
        net.layers[0].bias[:16] = -1e3
    probes = Probes(every=1)
    train(net, (x[:640], y[:640]), epochs=1, rate=0.0, watch=probes)
    silent = line(probes.inside(), "silent", "layers.1")
    assert np.isnan(silent[:7]).all()  # 64 rows a step: 448 are too few, 512 are enough
    assert silent[7:] == pytest.approx(0.25, abs=0.05)
    assert line(probes.inside(), "dead", "layers.1")[0] >= 0.25


def test_layers_stand_in_the_order_of_the_forward_pass_and_a_shared_one_adds_up():
    class Crossed(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first, self.act = nn.Linear(4, 10), nn.Linear(64, 4), nn.ReLU()
            self.unused = nn.Linear(3, 3)

        def forward(self, x):
            return self.last(self.act(self.act(self.first(x)) - 1.0))

    x, y, *_ = digits()
    probes = Probes(every=1)
    net = Crossed()
    with torch.no_grad():
        hidden = net.first(x[:64])
        once, twice = torch.relu(hidden), torch.relu(torch.relu(hidden) - 1.0)
    train(net, (x[:64], y[:64]), epochs=1, watch=probes)
    inside = probes.inside()
    assert [layer.name for layer in inside.layers] == ["first", "act", "last", "unused"]
    both = torch.cat([once, twice])
    assert line(inside, "activations", "act")[0] == pytest.approx(float(both.square().mean().sqrt()), rel=1e-5)
    assert np.isnan(line(inside, "activations", "unused")).all()


def test_frozen_layers_have_no_gradient_and_do_not_move():
    net = mlp()
    net.layers[0].requires_grad_(False)
    probes = Probes(every=1)
    train(net, digits(), epochs=1, watch=probes)
    inside = probes.inside()
    assert np.isnan(line(inside, "gradients", "layers.0")).all()
    assert (line(inside, "updates", "layers.0") == 0).all()
    assert (line(inside, "gradients", "layers.3") > 0).all()


def test_what_breaks_a_training_is_recorded_though_its_gradients_never_came():
    x, y, *_ = digits()
    probes = Probes(every=1)
    work = supervised(Examples((x * 1e38,), y.float()), SquaredError(), watch=probes)
    with pytest.raises(ConfigError):
        train_for_real(mlp(outputs=1), work, TrainSettings(epochs=1), seed=0)
    inside = probes.inside()
    assert inside.steps.tolist() == [0]
    assert np.isinf(inside.activations).any()
    assert np.isnan(inside.gradients).all()
    assert len(inside.train_loss) == 0


def test_of_a_pair_of_adversaries_both_gradients_are_seen_in_one_step():
    pair = nn.ModuleDict({"generator": nn.Linear(2, 2), "discriminator": nn.Linear(2, 1)})

    def play(sign):
        return lambda model, batch, _generator: sign * model["discriminator"](model["generator"](batch.inputs[0])).mean()

    probes = Probes(every=1)
    objectives = (Objective(play(1), "d", "discriminator."), Objective(play(-1), "g", "generator."))
    examples = Examples((torch.randn(8, 2, generator=torch.Generator().manual_seed(0)),), torch.zeros(8))
    source = supervised(examples, SquaredError()).batches
    train_for_real(pair, Work(source, objectives, None, probes), TrainSettings(epochs=1, batch_size=4), seed=0)
    inside = probes.inside()
    assert inside.steps.tolist() == [0, 1]
    assert (inside.gradients > 0).all()
    assert (inside.updates > 0).all()


def test_a_long_training_keeps_few_records_evenly_spread():
    probes, net = Probes(every=1), nn.Linear(1, 1)
    with probes.attached(net):
        for step in range(3 * MOST_RECORDS):
            if probes.wants(step):
                net(torch.ones(1, 1)).sum().backward()
                probes.gradients(step, net)
    steps = probes.inside().steps
    assert MOST_RECORDS / 2 < len(steps) <= MOST_RECORDS
    assert set(np.diff(steps)) == {4}
    assert steps[0] == 0


def test_a_second_training_begins_the_record_afresh():
    x, y, *_ = digits()
    probes = Probes(every=1)
    train(mlp(), (x[:128], y[:128]), epochs=1, watch=probes)
    train(deep(2, nn.Tanh), (x[:64], y[:64]), epochs=1, watch=probes)
    assert probes.inside().steps.tolist() == [0]
    assert probes.inside().layers[0].name == "0"


def test_a_record_comes_back_from_json_as_it_was():
    x, y, *_ = digits()
    probes = Probes(every=1)
    train(mlp(outputs=1), (x, y.float() * 10), loss=squared, rate=0.1, optimizer="sgd", watch=probes)
    inside = probes.inside()
    assert any(np.isinf(getattr(inside, name)).any() for name in SERIES)
    text = json.dumps(inside.to_json(), allow_nan=False)
    back = Inside.from_json(json.loads(text))
    assert back.layers == inside.layers
    assert json.dumps(back.to_json(), allow_nan=False) == text
    for name in SERIES:
        np.testing.assert_array_equal(getattr(back, name), getattr(inside, name))


@pytest.mark.parametrize("damage", [{"layers": 3}, {"weights": [[1.0]]}, {"steps": None}, {"rate": "x"}, {"more": 1}])
def test_a_damaged_record_is_refused_in_one_sentence(damage):
    probes = Probes(every=1)
    x, y, *_ = digits()
    train(mlp(), (x[:128], y[:128]), epochs=1, watch=probes)
    with pytest.raises(DataError, match="record the training again"):
        Inside.from_json({**probes.inside().to_json(), **damage})


def test_before_a_training_there_is_nothing():
    inside = Probes().inside()
    assert (inside.layers, len(inside.steps), inside.best_epoch) == ((), 0, None)


def test_an_impossible_pace_is_refused():
    with pytest.raises(ConfigError, match="every=0"):
        train(mlp(), digits(), epochs=1, watch=Probes(every=0))
