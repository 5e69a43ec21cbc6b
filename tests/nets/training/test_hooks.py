"""The four hooks: what is trained without InMemory and without one loss over all weights is what one would write by hand."""

from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import torch
from tests.nets.training.trainings import bytes_of, fit, net, plain, rows, same_weights, smooth_net
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import DataError
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.focal import Focal
from assay.nets.seeding import isolated
from assay.nets.settings import Checkpoints, Run
from assay.nets.training.distribute import ALONE
from assay.nets.training.examples import Examples, InMemory
from assay.nets.training.loop import train
from assay.nets.training.work import Objective, Validation, Work, supervised


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
        self.discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))


def pair():
    with isolated(0):
        return Pair()


def real(model, batch, generator):
    """The discriminator is to tell real rows from made ones."""
    made = model.generator(torch.randn(len(batch), 3, generator=generator))
    right = functional.softplus(-model.discriminator(batch.inputs[0])).mean()
    return right + functional.softplus(model.discriminator(made)).mean()


def made(model, batch, generator):
    """The generator is to be taken for real."""
    return functional.softplus(-model.discriminator(model.generator(torch.randn(len(batch), 3, generator=generator)))).mean()


def adversaries(n=48):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 2, generator=generator) * 0.5 + torch.tensor([2.0, -1.0])
    objectives = (Objective(real, "real", "discriminator."), Objective(made, "made", "generator."))
    return Work(InMemory(Examples((x,), torch.zeros(n))), objectives)


def test_a_pair_of_adversaries_is_the_loop_that_one_writes_by_hand():
    ours, other, work, settings = pair(), pair(), adversaries(), plain(optimizer="adam", learning_rate=0.01, epochs=3)
    noise = torch.Generator()

    @dataclass(frozen=True)
    class Seen:
        """The same objective, which also tells where its generator stands at the beginning of an epoch."""

        loss: object
        states: list

        def __call__(self, model, batch, generator):
            self.states.append(generator.get_state())
            return self.loss(model, batch, generator)

    states = []
    seen = (Objective(Seen(real, states), "real", "discriminator."), work.objectives[1])
    given = [list(work.batches.epoch(order, 16, 0)) for order in orders(3)]
    trained = train(ours, Work(work.batches, seen), settings, seed=0)

    critic = torch.optim.Adam(other.discriminator.parameters(), lr=0.01)
    maker = torch.optim.Adam(other.generator.parameters(), lr=0.01)
    losses, step = [], 0
    for epoch in given:
        for batch in epoch:
            noise.set_state(states[step])
            step += 1
            critic.zero_grad()
            with torch.no_grad():
                fake = other.generator(torch.randn(16, 3, generator=noise))
            first = (
                functional.softplus(-other.discriminator(batch.inputs[0])).mean()
                + functional.softplus(other.discriminator(fake)).mean()
            )
            first.backward()
            critic.step()
            maker.zero_grad()
            second = functional.softplus(-other.discriminator(other.generator(torch.randn(16, 3, generator=noise)))).mean()
            second.backward()
            maker.step()
            losses.append(float(first.detach() + second.detach()))
    same_weights(ours, other, rtol=1e-5, atol=1e-6)
    assert [epoch.train_loss for epoch in trained.history] == pytest.approx(
        [sum(losses[i : i + 3]) / 3 for i in (0, 3, 6)], rel=1e-5
    )


def orders(epochs, seed=0):
    from assay.core.seeds import derive

    return [derive(seed, "order", epoch) for epoch in range(epochs)]


@pytest.mark.parametrize(("moved", "still"), [(0, "generator."), (1, "discriminator.")])
def test_an_objective_moves_its_own_parameters_and_no_other(moved, still):
    model, work = pair(), adversaries()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train(model, Work(work.batches, (work.objectives[moved],)), plain(weight_decay=0.5, l1=0.1), seed=0)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith(still), name
    assert all(parameter.grad is None for name, parameter in model.named_parameters() if name.startswith(still))


def test_a_pair_of_adversaries_goes_on_after_a_stop_to_the_same_bytes(tmp_path):
    run, settings = Run(checkpoints=Checkpoints(tmp_path, 0.0)), plain(optimizer="adam", epochs=3, accumulate=2, ema=0.5)
    whole, calls = train(pair(), adversaries(), settings, seed=0), []

    def breaks(model, batch, generator):
        calls.append(0)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return made(model, batch, generator)

    work = adversaries()
    with pytest.raises(KeyboardInterrupt):
        train(
            pair(), Work(work.batches, (work.objectives[0], Objective(breaks, "made", "generator."))), settings, seed=0, run=run
        )
    assert bytes_of(train(pair(), work, settings, seed=0, run=run).model) == bytes_of(whole.model)


TEXT = "the cat sat on the mat and the dog sat on the log and the cat saw the dog " * 12


@dataclass(frozen=True)
class Windows:
    """A text (t,) as a source: pieces of so many letters at places drawn anew every epoch; a batch is a tensor, no Examples."""

    letters: Tensor
    length: int = 16

    @property
    def rows(self):
        return len(self.letters) // self.length

    def count(self, batch_size):
        return self.rows // batch_size

    def epoch(self, order, batch_size, skip, world=ALONE):
        generator = torch.Generator().manual_seed(order)
        for batch in range(self.count(batch_size)):
            starts = torch.randint(0, len(self.letters) - self.length, (batch_size,), generator=generator)
            if batch >= skip:
                yield self.letters[starts[:, None] + torch.arange(self.length + 1)][world.rank :: world.size]


class Letters(nn.Module):
    def __init__(self, kinds):
        super().__init__()
        self.embed, self.memory, self.head = nn.Embedding(kinds, 16), nn.GRU(16, 32, batch_first=True), nn.Linear(32, kinds)

    def forward(self, letters):
        return self.head(self.memory(self.embed(letters))[0])


def next_letter(model, batch, _generator):
    return functional.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())


def language(validate=None):
    kinds = sorted(set(TEXT))
    letters = torch.tensor([kinds.index(letter) for letter in TEXT])
    with isolated(0):
        return Letters(len(kinds)), Work(Windows(letters), (Objective(next_letter),), validate)


def test_a_language_model_learns_from_a_source_of_its_own(tmp_path):
    settings = plain(optimizer="adamw", learning_rate=0.01, epochs=12, batch_size=8, clip_norm=1.0)
    model, work = language()
    trained = train(model, work, settings, seed=0)
    losses = [epoch.train_loss for epoch in trained.history]
    assert losses[0] > 2.0
    assert losses[-1] < 0.8

    calls, run = [], Run(checkpoints=Checkpoints(tmp_path, 0.0))

    def breaks(model, batch, generator):
        calls.append(0)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return next_letter(model, batch, generator)

    with pytest.raises(KeyboardInterrupt):
        train(language()[0], Work(work.batches, (Objective(breaks),)), settings, seed=0, run=run)
    assert bytes_of(train(language()[0], work, settings, seed=0, run=run).model) == bytes_of(trained.model)


def test_the_validate_hook_is_asked_after_each_epoch_and_chooses_the_best():
    answers, states = iter([3.0, 1.0, 2.0, 1.0, 1.5, 0.5]), []

    def validate(model):
        assert not any(module.training for module in model.modules())
        assert torch.is_inference_mode_enabled()
        states.append(bytes_of(model))
        return next(answers)

    usual = supervised(rows(), CrossEntropy())
    trained = train(net(), Work(usual.batches, usual.objectives, validate), plain(epochs=6, patience=3), seed=0)
    assert [epoch.validation_loss for epoch in trained.history] == [3.0, 1.0, 2.0, 1.0, 1.5]
    assert (trained.stopped, trained.best_epoch) == ("patience", 1)
    assert bytes_of(trained.model) == states[1]
    assert bytes_of(trained.last) == states[4]
    assert len(set(states)) == 5


class Diary:
    """A watch that writes down what it is told, in order."""

    def __init__(self, every=2):
        self.every, self.said = every, []

    @contextmanager
    def attached(self, model):
        self.said.append("begin")
        handle = model[0].register_forward_hook(lambda *_: self.said.append("forward"))
        yield
        handle.remove()
        self.said.append("end")

    def wants(self, step):
        self.said.append(f"wants {step}")
        return step % self.every == 0

    def gradients(self, step, model):
        assert all(parameter.grad is not None for parameter in model.parameters())
        self.norm = float(nn.utils.get_total_norm([parameter.grad for parameter in model.parameters()]))
        self.weights = bytes_of(model)
        self.said.append(f"gradients {step}")

    def epoch(self, record):
        self.said.append(record)


def test_a_watch_is_told_in_this_order_and_changes_nothing():
    diary = Diary()
    settings = plain(batch_size=12, accumulate=2, ema=0.9, clip_norm=0.01)
    trained = fit(net(), rows(48), settings, watch=diary)
    first, second = trained.history
    step = ["forward", "forward"]
    assert diary.said == [
        "begin",
        *["wants 0", *step, "gradients 0"],
        *["wants 1", *step],
        first,
        *["wants 2", *step, "gradients 2"],
        *["wants 3", *step],
        second,
        "end",
    ]
    assert diary.norm == pytest.approx(0.01, rel=1e-3)  # after clipping
    assert bytes_of(fit(net(), rows(48), settings).model) == bytes_of(trained.model)


def test_a_watch_is_let_go_after_an_error_too():
    ended = []

    class Watch(Diary):
        @contextmanager
        def attached(self, model):
            try:
                yield
            finally:
                ended.append(True)

        def gradients(self, step, model):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(net(), rows(), plain(), watch=Watch())
    assert ended == [True]


def test_a_loss_that_changes_is_another_one_in_the_epochs_it_says():
    asked, used = [], []

    @dataclass(frozen=True)
    class Changing:
        power: int = 0

        def at_epoch(self, epoch, epochs):
            asked.append((epoch, epochs))
            return Changing(epoch + 1)

        def __call__(self, output, target):
            used.append(self.power)
            return functional.cross_entropy(output, target, reduction="none")

    fit(net(), rows(48), plain(epochs=3), loss=Changing())
    assert asked == [(0, 3), (1, 3), (2, 3)]
    assert used == [1] * 3 + [2] * 3 + [3] * 3


def test_a_deferred_loss_is_the_first_one_and_then_the_other():
    settings = plain(epochs=4, momentum=0.9)
    loss = Deferred(CrossEntropy(), Focal(gamma=3.0), until=0.5)
    early = fit(smooth_net(), rows(), settings, loss=CrossEntropy())
    both = fit(smooth_net(), rows(), settings, loss=loss)
    assert [e.train_loss for e in both.history[:2]] == [e.train_loss for e in early.history[:2]]
    assert both.history[2].train_loss < 0.8 * early.history[2].train_loss  # focal losses are smaller


def test_an_objective_of_ones_own_changes_with_the_epoch_too():
    asked = []

    @dataclass(frozen=True)
    class Annealed:
        weight: float = 0.0

        def at_epoch(self, epoch, epochs):
            return Annealed(epoch / epochs)

        def __call__(self, model, batch, generator):
            asked.append(self.weight)
            return functional.cross_entropy(model(batch.inputs[0]), batch.target)

    usual = supervised(rows(48), CrossEntropy())
    train(net(), Work(usual.batches, (Objective(Annealed()),)), plain(epochs=2, batch_size=48), seed=0)
    assert asked == [0.0, 0.5]


def test_validation_rows_of_weight_zero_do_not_count():
    held = rows(30, seed=1)
    junk = Examples(
        (torch.cat([held.inputs[0], torch.full((5, 4), 1e4)]),), torch.cat([held.target, torch.zeros(5, dtype=torch.int64)])
    )
    weighted = Examples(junk.inputs, junk.target, torch.cat([torch.ones(30), torch.zeros(5)]))
    first, second = (fit(net(), rows(), plain(), validation=Validation(each, CrossEntropy())) for each in (held, weighted))
    assert [e.validation_loss for e in first.history] == pytest.approx([e.validation_loss for e in second.history])


@pytest.mark.parametrize(("weighted", "asked"), [(False, {"at once"}), (True, {"rows"})])
def test_a_loss_that_knows_its_own_mean_is_asked_for_it_where_rows_count_alike(weighted, asked):
    said = set()

    @dataclass(frozen=True)
    class Both(CrossEntropy):
        def __call__(self, output, target):
            said.add("rows")
            return functional.cross_entropy(output, target, reduction="none")

        def mean_of_rows(self, output, target):
            said.add("at once")
            return functional.cross_entropy(output, target)

    examples = rows(48)
    examples = Examples(examples.inputs, examples.target, torch.linspace(0.5, 2.0, 48) if weighted else None)
    ours, other = (fit(smooth_net(), examples, plain(), loss=loss) for loss in (Both(), CrossEntropy()))
    assert said == asked
    same_weights(ours.model, other.model, rtol=1e-5, atol=1e-6)
    with pytest.raises(DataError, match="class code 3"):
        fit(smooth_net(), rows(48, classes=4), plain(), loss=Both())
