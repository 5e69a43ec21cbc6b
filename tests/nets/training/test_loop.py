"""The training loop: its arithmetic against closed forms, what it keeps, and what it leaves as it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import special
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.mse import SquaredError
from assay.nets.schedules import RatePlan
from assay.nets.seeding import isolated
from assay.nets.settings import Run, TrainSettings
from assay.nets.tabular.mlp import MLPSpec
from assay.nets.training.examples import Examples, mean_loss
from assay.nets.training.loop import train
from assay.nets.training.moving import parameter_groups
from assay.nets.training.work import Validation, supervised


def plain_sgd(**changes):
    settings = {"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.0, "schedule": "constant", "clip_norm": None, "epochs": 1}
    return TrainSettings(**{**settings, **changes})


def blobs(n=60, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 3)) + 2 * target[:, None]
    return Examples((torch.from_numpy(x).float(),), torch.from_numpy(target))


def small_net(seed=0, dropout=0.2):
    with isolated(seed):
        return MLPSpec(3, 1, hidden=(8,), dropout=dropout).build()


def fit(net, examples, loss, settings, *, seed, run=None, **hooks):
    """Train on rows with answers, in batches of all rows where there are fewer than a batch."""
    settings = replace(settings, batch_size=min(settings.batch_size, max(1, len(examples))))
    return train(net, supervised(examples, loss, **hooks), settings, seed=seed, run=run)


def bytes_of(model):
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def test_one_step_on_one_neuron_follows_the_closed_form_of_back_propagation():
    w, b, x, y, rate = 0.7, -0.2, 1.5, 0.3, 0.5
    neuron = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid())
    with torch.no_grad():
        neuron[0].weight.fill_(w)
        neuron[0].bias.fill_(b)
    before = torch.tensor([[x]], requires_grad=True)
    SquaredError()(neuron(before), torch.tensor([y])).sum().backward()
    examples = Examples((torch.tensor([[x]]),), torch.tensor([y]))
    fit(neuron, examples, SquaredError(), plain_sgd(learning_rate=rate), seed=0)

    given = special.expit(w * x + b)
    slope = given * (1 - given) * 2 * (given - y)
    assert float(neuron[0].weight.detach()) == pytest.approx(w - rate * x * slope, rel=1e-6)
    assert float(neuron[0].bias.detach()) == pytest.approx(b - rate * slope, rel=1e-6)
    assert float(before.grad) == pytest.approx(w * slope, rel=1e-6)


def test_zero_first_weights_keep_the_neurons_of_a_layer_identical():
    net = MLPSpec(3, 1, hidden=(4,), activation="sigmoid", dropout=0.0).build()
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    fit(net, blobs(), BinaryCrossEntropy(), TrainSettings(epochs=5, batch_size=16, learning_rate=0.05), seed=0)
    weights = net.layers[0].weight.detach()
    assert weights.any()
    torch.testing.assert_close(weights, weights[:1].expand(4, -1), rtol=1e-6, atol=0.0)  # sums of one row, in other lanes


def test_a_net_learns_a_tiny_set_by_heart():
    rng = np.random.default_rng(1)
    examples = Examples((torch.from_numpy(rng.normal(size=(24, 3))).float(),), torch.from_numpy(rng.integers(0, 3, 24)))
    with isolated(0):
        net = MLPSpec(3, 3, hidden=(64, 64), dropout=0.0).build()
    settings = TrainSettings(epochs=300, batch_size=24, learning_rate=0.01, weight_decay=0.0, schedule="one-cycle", patience=None)
    trained = fit(net, examples, CrossEntropy(), settings, seed=0)
    assert mean_loss(trained.model, examples, CrossEntropy()) < 0.01


def test_rows_of_weight_zero_do_not_matter():
    clean = blobs()
    junk = Examples((torch.full((30, 3), 1e6),), torch.ones(30, dtype=torch.int64))
    mixed = Examples(
        (torch.cat([clean.inputs[0], junk.inputs[0]]),),
        torch.cat([clean.target, junk.target]),
        torch.cat([torch.ones(60), torch.zeros(30)]),
    )
    settings = TrainSettings(epochs=3, batch_size=16)
    first = fit(small_net(), clean, BinaryCrossEntropy(), settings, seed=0)
    second = fit(small_net(), mixed, BinaryCrossEntropy(), settings, seed=0)
    assert bytes_of(first.model) == bytes_of(second.model)


def test_a_weight_of_three_is_worth_three_copies_in_a_full_batch():
    examples = blobs(20)
    weights = torch.tensor([3.0] * 5 + [1.0] * 15)
    copies = examples.take(torch.cat([torch.arange(20), torch.arange(5), torch.arange(5)]))
    settings = plain_sgd(learning_rate=0.3, epochs=5, batch_size=100)
    weighted = Examples(examples.inputs, examples.target, weights)
    first = fit(small_net(dropout=0.0), weighted, BinaryCrossEntropy(), settings, seed=0).model
    second = fit(small_net(dropout=0.0), copies, BinaryCrossEntropy(), settings, seed=0).model
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert mean_loss(first, weighted, BinaryCrossEntropy()) == pytest.approx(mean_loss(first, copies, BinaryCrossEntropy()))


def test_early_stopping_gives_back_the_weights_of_the_best_epoch():
    rng = np.random.default_rng(0)
    noise = Examples((torch.from_numpy(rng.normal(size=(40, 3))).float(),), torch.from_numpy(rng.integers(0, 2, 40)))
    held = Validation(blobs(seed=5), BinaryCrossEntropy())
    settings = TrainSettings(epochs=60, patience=4, batch_size=8, learning_rate=0.02, schedule="constant")
    trained = fit(small_net(), noise, BinaryCrossEntropy(0.1), settings, seed=0, validation=held)
    losses = [epoch.validation_loss for epoch in trained.history]
    assert trained.stopped == "patience"
    assert len(losses) == trained.best_epoch + 1 + 4
    assert trained.best_epoch == int(np.argmin(losses))
    assert mean_loss(trained.model, held.examples, held.loss) == pytest.approx(min(losses), abs=1e-12)
    assert losses[-1] > min(losses)


def test_without_validation_rows_the_last_epoch_is_kept():
    trained = fit(small_net(), blobs(), BinaryCrossEntropy(), TrainSettings(epochs=3, patience=1), seed=0)
    assert (trained.stopped, trained.best_epoch, len(trained.history)) == ("epochs", 2, 3)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    def run(seed):
        held = Validation(blobs(seed=2), BinaryCrossEntropy())
        trained = fit(
            small_net(seed), blobs(), BinaryCrossEntropy(), TrainSettings(epochs=3, batch_size=16), seed=seed, validation=held
        )
        return bytes_of(trained.model)

    first = run(3)
    torch.rand(5)
    assert run(3) == first
    assert run(4) != first


def test_the_callers_generator_and_threads_are_left_as_they_were():
    threads = torch.get_num_threads()
    before = torch.get_rng_state()
    fit(small_net(), blobs(), BinaryCrossEntropy(), TrainSettings(epochs=1), seed=0, run=Run(threads=threads + 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_threads_are_those_of_the_run_while_it_trains():
    seen = []
    run = Run(threads=2, progress=lambda done, total: seen.append((torch.get_num_threads(), done, total)))
    fit(small_net(), blobs(), BinaryCrossEntropy(), TrainSettings(epochs=2), seed=0, run=run)
    assert seen == [(2, 1, 2), (2, 2, 2)]


def test_generator_and_threads_come_back_after_an_error_too():
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    examples = Examples((torch.full((8, 3), 1e38),), torch.zeros(8, dtype=torch.int64))
    with pytest.raises(ConfigError, match="scale the inputs"):
        fit(small_net(), examples, BinaryCrossEntropy(), plain_sgd(learning_rate=1e30, epochs=4), seed=0, run=Run(threads=2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_cancelled_run_stops_after_the_epoch_and_says_so():
    done = []
    run = Run(progress=lambda epoch, _total: done.append(epoch), cancelled=lambda: len(done) >= 2)
    trained = fit(small_net(), blobs(), BinaryCrossEntropy(), TrainSettings(epochs=9), seed=0, run=run)
    assert (trained.stopped, done) == ("cancelled", [1, 2])


def test_no_seconds_still_finish_the_first_epoch():
    trained = fit(small_net(), blobs(), BinaryCrossEntropy(), TrainSettings(epochs=9), seed=0, run=Run(seconds=0.0))
    assert (trained.stopped, len(trained.history)) == ("seconds", 1)


def test_biases_and_norm_layers_do_not_decay():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.LayerNorm((2, 4, 4)), nn.Flatten(), nn.Linear(32, 2))
    decaying, spared = parameter_groups(net, TrainSettings(weight_decay=0.1))
    assert [tuple(p.shape) for p in decaying["params"]] == [(2, 1, 3, 3), (2, 32)]
    assert len(spared["params"]) == 6
    assert (decaying["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)


def test_weight_decay_alone_shrinks_weights_and_leaves_biases():
    class Still(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 1)

        def forward(self, x):
            return self.layer(x) * 0.0

    net = Still()
    weight, bias = net.layer.weight.detach().clone(), net.layer.bias.detach().clone()
    settings = TrainSettings(epochs=1, schedule="constant", learning_rate=0.1, weight_decay=0.5)
    fit(net, blobs(), BinaryCrossEntropy(), settings, seed=0)
    torch.testing.assert_close(net.layer.weight.detach(), weight * (1 - 0.1 * 0.5))
    assert torch.equal(net.layer.bias.detach(), bias)


def test_a_gradient_is_clipped_to_the_given_length():
    neuron = nn.Linear(1, 1)
    before = torch.cat([p.detach().flatten() for p in neuron.parameters()])
    examples = Examples((torch.tensor([[1000.0]]),), torch.tensor([-1000.0]))
    fit(neuron, examples, SquaredError(), plain_sgd(learning_rate=1.0, clip_norm=0.25), seed=0)
    after = torch.cat([p.detach().flatten() for p in neuron.parameters()])
    assert float((after - before).norm()) == pytest.approx(0.25, rel=1e-4)


def test_one_cycle_is_the_schedule_of_torch():
    steps = 37
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps, cycle_momentum=False)
    for step in range(steps):
        assert RatePlan("one-cycle").factor(step, steps) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if step < steps - 1:
            theirs.step()


def test_cosine_is_the_schedule_of_torch():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=11)
    for step in range(11):
        assert RatePlan("cosine").factor(step, 11) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        theirs.step()


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_schedule_of_few_steps_stays_within_0_and_1(schedule, steps):
    factors = [RatePlan(schedule).factor(step, steps) for step in range(steps)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) > 0


def test_every_row_is_seen_once_an_epoch_and_no_batch_is_tiny():
    sizes, rows = [], []

    def watch(inputs, _generator):
        sizes.append(len(inputs[0]))
        rows.extend(inputs[0][:, 0].tolist())
        return inputs

    x = torch.arange(33, dtype=torch.float32)[:, None].expand(33, 3)
    examples = Examples((x,), torch.zeros(33, dtype=torch.int64))
    fit(small_net(), examples, BinaryCrossEntropy(), TrainSettings(epochs=1, batch_size=16), seed=0, augment=watch)
    assert sizes == [11, 11, 11]
    assert sorted(rows) == list(range(33))
    assert rows != sorted(rows)


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -1.0], [1.0, float("nan")]])
def test_impossible_weights_are_refused(weights):
    examples = Examples((torch.zeros(2, 3),), torch.zeros(2, dtype=torch.int64), torch.tensor(weights))
    with pytest.raises(DataError, match="weights"):
        fit(small_net(), examples, BinaryCrossEntropy(), TrainSettings(), seed=0)


def test_no_rows_are_refused():
    with pytest.raises(DataError, match="0 rows"):
        fit(small_net(), blobs(0), BinaryCrossEntropy(), TrainSettings(), seed=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"optimizer": "adamax"},
        {"schedule": "cosin"},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"clip_norm": -1.0},
        {"weight_decay": -0.1},
        {"momentum": 1.0},
        {"batch_size": 0},
        {"epochs": 0},
        {"patience": 0},
    ],
)
def test_an_impossible_setting_is_refused_by_its_name(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        TrainSettings(**wrong)
