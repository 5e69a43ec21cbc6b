"""What moves the weights, step for step against torch: optimizers, schedules, averages, accumulation, mixup, layer groups."""

import copy
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
from tests.nets.training.trainings import Recorded, bytes_of, fit, net, plain, rows, same_weights, smooth_net
from torch import nn
from torch.nn import functional

from assay.core.errors import ConfigError, DataError
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.mse import SquaredError
from assay.nets.schedules import RatePlan, plateaus
from assay.nets.settings import LayerGroup, TrainSettings
from assay.nets.training import moving, stepping
from assay.nets.training.examples import Examples, InMemory
from assay.nets.training.loop import train
from assay.nets.training.mix import Mixup
from assay.nets.training.moving import Average
from assay.nets.training.work import Objective, Validation, Work, supervised

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def recorded(examples, loss=None):
    """The usual work on these rows, and the batches that were given out."""
    usual = supervised(examples, loss or CrossEntropy())
    source = Recorded(usual.batches)
    return Work(source, usual.objectives), source.given


def by_hand(model, optimizer, batches, *, after_backward=lambda: None, schedule=None):
    """A loop as in any tutorial."""
    model.train()
    for batch in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(batch.inputs[0]), batch.target).backward()
        after_backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
    return model


@pytest.mark.parametrize(
    ("settings", "theirs"),
    [
        (plain(), lambda p: torch.optim.SGD(p, lr=0.1)),
        (plain(momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        (plain(momentum=0.8, nesterov=True), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True)),
        (plain(optimizer="rmsprop", learning_rate=0.01), lambda p: torch.optim.RMSprop(p, lr=0.01)),
        (
            plain(optimizer="rmsprop", learning_rate=0.01, momentum=0.5),
            lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
        ),
        (plain(optimizer="adam", learning_rate=0.02), lambda p: torch.optim.Adam(p, lr=0.02)),
        (plain(optimizer="adamw", learning_rate=0.02), lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.0)),
    ],
    ids=["sgd", "momentum", "nesterov", "rmsprop", "rmsprop-momentum", "adam", "adamw"],
)
def test_a_training_is_that_of_a_loop_written_by_hand(settings, theirs):
    ours, other = net(), net()
    work, batches = recorded(rows(50))
    train(ours, work, settings, seed=3)
    assert [len(batch) for batch in batches] == [13, 13, 12, 12] * 2
    same_weights(ours, by_hand(other, theirs(other.parameters()), batches), **CLOSE)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adamw"])
def test_weight_decay_spares_biases_and_norms(optimizer):
    ours, other = net(), net()
    work, batches = recorded(rows())
    train(ours, work, plain(optimizer=optimizer, weight_decay=0.3, learning_rate=0.01), seed=0)
    kinds = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    decaying = [other[0].weight, other[4].weight]
    spared = [*other[1].parameters(), other[4].bias]
    groups = [{"params": decaying, "weight_decay": 0.3}, {"params": spared, "weight_decay": 0.0}]
    same_weights(ours, by_hand(other, kinds[optimizer](groups, lr=0.01), batches), **CLOSE)


def test_one_step_with_l1_is_its_closed_form():
    model, examples = smooth_net(), rows(16)
    before = copy.deepcopy(model)
    functional.cross_entropy(before(examples.inputs[0]), examples.target).backward()
    fit(model, examples, plain(epochs=1, l1=0.05))
    for (name, after), was in zip(model.named_parameters(), before.parameters(), strict=True):
        slope = was.grad + (0.05 * was.detach().sign() if name.endswith("weight") else 0.0)
        torch.testing.assert_close(after.detach(), was.detach() - 0.1 * slope, **CLOSE)


@pytest.mark.parametrize("longest", [0.01, 100.0])
def test_clipping_is_torchs(longest):
    ours, other = net(), net()
    work, batches = recorded(rows())
    train(ours, work, plain(clip_norm=longest), seed=0)
    clip = lambda: nn.utils.clip_grad_norm_(other.parameters(), longest)  # noqa: E731
    same_weights(ours, by_hand(other, torch.optim.SGD(other.parameters(), lr=0.1), batches, after_backward=clip), **CLOSE)


@pytest.mark.parametrize("clip", [None, 0.1])
def test_accumulated_batches_are_one_batch_of_all_their_rows(clip):
    examples = rows(48)
    weighted = Examples(examples.inputs, examples.target, torch.linspace(0.5, 2.0, 48))
    changes = {"optimizer": "adamw", "learning_rate": 0.01, "clip_norm": clip, "l1": 0.01, "weight_decay": 0.1, "epochs": 3}
    pieces = fit(smooth_net(), weighted, plain(batch_size=8, accumulate=3, **changes))
    whole = fit(smooth_net(), weighted, plain(batch_size=24, accumulate=1, **changes))
    same_weights(pieces.model, whole.model, **CLOSE)
    assert [epoch.train_loss for epoch in pieces.history] == pytest.approx([epoch.train_loss for epoch in whole.history])


def test_batches_of_unequal_size_accumulate_by_their_rows():
    class Uneven:
        rows = 10

        def count(self, batch_size):
            return 2

        def epoch(self, order, batch_size, skip, world):
            yield from [examples.take(torch.arange(7)), examples.take(torch.arange(7, 10))][skip:]

    examples = rows(10)
    usual = supervised(examples, CrossEntropy())
    pieces = train(smooth_net(), Work(Uneven(), usual.objectives), plain(epochs=1, accumulate=2, batch_size=7), seed=0)
    whole = train(smooth_net(), usual, plain(epochs=1, batch_size=10), seed=0)
    same_weights(pieces.model, whole.model, **CLOSE)
    assert pieces.history[0].train_loss == pytest.approx(whole.history[0].train_loss)


def test_the_moving_average_is_torchs_averaged_model():
    ours, other = smooth_net(), smooth_net()
    work, batches = recorded(rows())
    trained = train(ours, work, plain(ema=0.7, epochs=4), seed=0)
    decay = lambda n: min(0.7, (1 + n) / (10 + n))  # noqa: E731
    averaged = torch.optim.swa_utils.AveragedModel(
        other, avg_fn=lambda mean, now, done: mean + (1 - decay(int(done))) * (now - mean)
    )
    averaged.update_parameters(other)  # the first update only copies: ours begins with the first weights, too
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    for batch in batches:
        by_hand(other, optimizer, [batch])
        averaged.update_parameters(other)
    same_weights(trained.model, averaged.module, **CLOSE)
    same_weights(trained.last, averaged.module, **CLOSE)
    assert not torch.allclose(trained.model[0].weight, other[0].weight, atol=1e-3)


def test_best_and_last_are_averages_and_the_best_is_judged_as_one():
    examples, held = rows(60), Validation(rows(40, seed=1), CrossEntropy())
    settings = plain(optimizer="adam", learning_rate=0.3, ema=0.8, epochs=40)
    trained = fit(smooth_net(), examples, settings, validation=held)
    losses = [epoch.validation_loss for epoch in trained.history]
    assert trained.best_epoch == losses.index(min(losses)) < 39

    def judged(weights):
        model = smooth_net()
        model.load_state_dict(weights)
        return functional.cross_entropy(model(held.examples.inputs[0]), held.examples.target).item()

    assert judged(trained.model.state_dict()) == pytest.approx(min(losses), rel=1e-5)
    assert judged(trained.last) == pytest.approx(losses[-1], rel=1e-5)
    short = fit(smooth_net(), examples, replace(settings, epochs=trained.best_epoch + 1))
    assert bytes_of(trained.model) == bytes_of(short.last)


def test_the_average_takes_running_statistics_in_and_leaves_masks_as_they_are():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(2)
            self.register_buffer("mask", torch.tensor([0.0, float("-inf")]))

    model = Masked()
    average = Average(model, 0.9)
    with torch.no_grad():
        model.norm.running_mean.fill_(1.0)
        model.norm.num_batches_tracked.fill_(5)
    average.follow()
    share = 1 - 2 / 11
    assert average.weights["norm.running_mean"].tolist() == pytest.approx([share, share])
    assert int(average.weights["norm.num_batches_tracked"]) == 5
    assert average.weights["mask"].tolist() == [0.0, float("-inf")]


def rates_of(schedule, epochs, steps, **changes):
    """The rates of all steps, as the optimizer was given them."""
    seen = []

    class Watch:
        def attached(self, model):
            return nullcontext()

        def wants(self, step):
            return False

        def epoch(self, record):
            seen.append(record.rate)

    usual = supervised(rows(48), CrossEntropy(), watch=Watch(), **changes.pop("hooks", {}))
    settings = plain(schedule=schedule, epochs=epochs, batch_size=48 // steps, learning_rate=0.5, **changes)
    return seen, train(smooth_net(), usual, settings, seed=0)


def torchs(schedule, steps):
    """A schedule of torch over so many steps from the rate 1."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs, given = schedule(optimizer), []
    for _ in range(steps):
        given.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    return given


def test_the_step_schedule_is_torchs():
    seen, _ = rates_of("step", 7, 3, drop=0.3, every=2)
    assert seen == pytest.approx([0.5 * rate for rate in torchs(lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.3), 7)])


def test_the_warm_up_is_torchs_and_the_cosine_follows_it():
    plan = RatePlan("cosine", warm_up=0.25)
    given = [plan.factor(step, 20) for step in range(20)]

    def theirs(optimizer):
        rising = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 6, total_iters=5)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [rising, falling], [5])

    assert given == pytest.approx(torchs(theirs, 20))


@pytest.mark.parametrize("every", [1, 2, 3])
def test_a_plateau_is_torchs_with_one_epoch_less_of_patience(every):
    losses = [3.0, 2.5, 2.6, 2.4, 2.4, 2.4, 2.5, 2.3, 2.9, 2.8, 2.7, 2.6, 2.5, 2.2, 2.2]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=every - 1, threshold=0.0)
    for done in range(1, len(losses) + 1):
        theirs.step(losses[done - 1])
        assert 0.5 ** plateaus(losses[:done], every) == pytest.approx(optimizer.param_groups[0]["lr"])


def test_a_plateau_of_the_validation_loss_lowers_the_rate_of_the_next_epoch():
    held = Validation(rows(40, seed=1), CrossEntropy())
    seen, trained = rates_of("plateau", 25, 2, drop=0.5, every=1, hooks={"validation": held})
    losses = [epoch.validation_loss for epoch in trained.history]
    assert seen == pytest.approx([0.5 * 0.5 ** plateaus(losses[:done], 1) for done in range(25)])
    assert seen[-1] < 0.5


def test_mixed_precision_computes_in_sixteen_bits_and_keeps_the_weights_in_thirty_two():
    kinds = set()

    class Look(nn.Module):
        def forward(self, x):
            kinds.add(x.dtype)
            return x

    def run(precision):
        model = smooth_net()
        return fit(nn.Sequential(*model, Look()), rows(48), plain(precision=precision, epochs=8, learning_rate=0.2))

    full, mixed = run("full"), run("mixed")
    assert kinds == {torch.float32, torch.bfloat16}
    assert {value.dtype for value in mixed.model.state_dict().values()} == {torch.float32}
    assert [epoch.train_loss for epoch in mixed.history] == pytest.approx([e.train_loss for e in full.history], rel=0.02)
    assert bytes_of(mixed.model) != bytes_of(full.model)


def test_where_sixteen_bits_need_it_the_loss_is_scaled_and_the_gradient_is_not(monkeypatch):
    for module in (moving, stepping):
        monkeypatch.setattr(module, "sixteen_bits", lambda _device: torch.float16)
    lengths = []

    class Watch:
        def attached(self, model):
            return nullcontext()

        def wants(self, step):
            return True

        def gradients(self, step, model):
            lengths.append(float(nn.utils.get_total_norm([parameter.grad for parameter in model.parameters()])))

        def epoch(self, record): ...

    settings = plain(learning_rate=0.2, clip_norm=0.3, l1=0.01, epochs=8)
    full = fit(smooth_net(), rows(48), settings)
    mixed = fit(smooth_net(), rows(48), replace(settings, precision="mixed"), watch=Watch())
    assert [epoch.train_loss for epoch in mixed.history] == pytest.approx([e.train_loss for e in full.history], rel=0.02)
    assert 0.01 < min(lengths) <= max(lengths) <= 0.3001
    assert bytes_of(mixed.model) != bytes_of(full.model)


@pytest.mark.parametrize("near", [True, False])
def test_the_same_numbers_come_out_whether_losses_are_waited_for_or_not(monkeypatch, near):
    monkeypatch.setattr(stepping.Stepper, "_is_near", near)
    work, batches = recorded(rows(300))
    ours, other = smooth_net(), smooth_net()
    trained = train(ours, work, plain(batch_size=4, clip_norm=0.5, epochs=1), seed=0)
    optimizer, losses = torch.optim.SGD(other.parameters(), lr=0.1), []
    for batch in batches:  # 75 of them, all of 4 rows
        losses.append(functional.cross_entropy(other(batch.inputs[0]), batch.target).item())
        clip = lambda: nn.utils.clip_grad_norm_(other.parameters(), 0.5)  # noqa: E731
        by_hand(other, optimizer, [batch], after_backward=clip)
    same_weights(ours, other, **CLOSE)
    assert trained.history[0].train_loss == pytest.approx(sum(losses) / 75, rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_mixup_blends_inputs_and_losses_by_one_share(weighted):
    x, y = torch.tensor([[0.0], [10.0], [30.0]]), torch.tensor([1.0, 2.0, 4.0])
    weights = torch.tensor([0.5, 1.0, 1.5]) if weighted else None
    work = supervised(Examples((x,), y, weights), SquaredError(), mix=Mixup(0.4))
    seen, shares = [], []

    class Identity(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x

    for draw in range(200):
        batch = work.batches.examples
        loss = work.objectives[0].loss(Identity(), batch, torch.Generator().manual_seed(draw))
        blended = seen[-1]
        fits = []
        for order in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]:
            mates = list(order)
            gaps = (x - x[mates])[:, 0]
            moved = gaps != 0
            share = float(((blended - x[mates])[:, 0][moved] / gaps[moved]).mean()) if moved.any() else 1.0
            if torch.allclose(blended, share * x + (1 - share) * x[mates], atol=1e-4):
                w = torch.ones(3) if weights is None else weights
                own, other = ((blended[:, 0] - y) ** 2 * w).mean(), ((blended[:, 0] - y[mates]) ** 2 * w[mates]).mean()
                fits.append((float(share * own + (1 - share) * other), share, moved.any()))
        assert any(abs(fit[0] - float(loss)) < 1e-2 * (1 + abs(float(loss))) for fit in fits)
        shares += [fit[1] for fit in fits if fit[2]][:1]
    shares = torch.tensor(shares)
    assert 0 <= float(shares.min()) < 0.05 < 0.95 < float(shares.max()) <= 1 + 1e-6  # Beta(0.4, 0.4) likes both ends


def test_mixup_of_codes_is_refused():
    with pytest.raises(DataError, match="codes"):
        supervised(Examples((torch.zeros(4, 1, dtype=torch.int64),), torch.zeros(4)), SquaredError(), mix=Mixup(0.2))


@pytest.mark.parametrize("alpha", [0.0, -0.1, float("nan"), float("inf")])
def test_an_impossible_mixup_is_refused(alpha):
    with pytest.raises(ConfigError, match="mixup"):
        Mixup(alpha)


def test_layer_groups_learn_at_their_own_rates():
    ours, other = net(), net()
    work, batches = recorded(rows())
    groups = (LayerGroup(prefix="0.", rate=0.1), LayerGroup(prefix="1.", rate=0.5))
    train(ours, work, plain(momentum=0.9, groups=groups), seed=0)
    optimizer = torch.optim.SGD(
        [
            {"params": other[0].parameters(), "lr": 0.01},
            {"params": other[1].parameters(), "lr": 0.05},
            {"params": other[4].parameters(), "lr": 0.1},
        ],
        momentum=0.9,
    )
    same_weights(ours, by_hand(other, optimizer, batches), **CLOSE)


@pytest.mark.parametrize("ema", [None, 0.9])
def test_frozen_layers_stay_the_same_bytes_and_their_running_statistics_too(ema):
    model = net()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    groups = (LayerGroup(prefix="0.", thaw=None), LayerGroup(prefix="1.", thaw=None))
    fit(model, rows(), TrainSettings(batch_size=16, epochs=3, weight_decay=0.5, l1=0.1, groups=groups, ema=ema, patience=None))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) == (not name.startswith("4.")), name
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_layers_thaw_epoch_by_epoch():
    model, moved = net(), []

    class Watch:
        def __init__(self):
            self.last = None

        def attached(self, model):
            self.last = {name: value.clone() for name, value in model.state_dict().items()}
            return nullcontext()

        def wants(self, step):
            return False

        def epoch(self, record):
            now = {name: value.clone() for name, value in model.state_dict().items()}
            moved.append({name for name, value in now.items() if not torch.equal(value, self.last[name])})
            self.last = now

    groups = (LayerGroup(prefix="0.", thaw=2), LayerGroup(prefix="1.", thaw=1))
    fit(model, rows(), plain(epochs=3, groups=groups), watch=Watch())
    head, norm = {"4.weight", "4.bias"}, {f"1.{name}" for name, _ in [*model[1].named_parameters(), *model[1].named_buffers()]}
    assert moved == [head, head | norm, head | norm | {"0.weight"}]


def test_what_the_caller_froze_stays_frozen():
    model = net()
    model[0].requires_grad_(False)
    before = bytes_of(model[0])
    fit(model, rows(), plain(groups=(LayerGroup(prefix="0.", rate=0.5),)))
    assert bytes_of(model[0]) == before
    assert not model[0].weight.requires_grad


def test_a_prefix_that_fits_nothing_is_refused():
    with pytest.raises(ConfigError, match=r"layer group 'backbone\.'; names begin like '0', '1'"):
        fit(net(), rows(), plain(groups=(LayerGroup(prefix="backbone."),)))


def test_a_group_that_leaves_nothing_for_the_next_one_is_refused():
    with pytest.raises(ConfigError, match=r"no parameter of the net is left for the layer group '0\.weight'"):
        fit(net(), rows(), plain(groups=(LayerGroup(prefix="0."), LayerGroup(prefix="0.weight"))))


def test_a_net_that_is_frozen_as_a_whole_is_refused():
    groups = tuple(LayerGroup(prefix=f"{layer}.", thaw=1) for layer in (0, 1, 4))
    with pytest.raises(ConfigError, match="every parameter is frozen in epoch 1"):
        fit(net(), rows(), plain(groups=groups))


def test_an_objective_that_moves_nothing_is_refused():
    usual = supervised(rows(), CrossEntropy())
    with pytest.raises(ConfigError, match=r"begins with 'critic\.'"):
        train(net(), Work(usual.batches, (Objective(usual.objectives[0].loss, moves="critic."),)), plain(), seed=0)


@pytest.mark.parametrize("count", [1, 2, 5, 7])
def test_a_resumed_source_gives_the_batches_that_are_left(count):
    source = InMemory(rows(33))
    whole = list(source.epoch(7, 5, 0))
    left = list(source.epoch(7, 5, count))
    assert len(whole) == source.count(5) == 7
    assert [batch.target.tolist() for batch in left] == [batch.target.tolist() for batch in whole[count:]]
