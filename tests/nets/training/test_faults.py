"""What goes wrong is said with its place and its cause, before it has done harm."""

import re
from dataclasses import replace

import pytest
import torch
from tests.nets.training.trainings import Kept, fit, plain, refused, rows, smooth_net
from torch import nn
from torch.nn import functional

from assay.core.errors import ConfigError, DataError
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.mse import SquaredError
from assay.nets.seeding import isolated
from assay.nets.training import loop
from assay.nets.training.examples import Examples, InMemory
from assay.nets.training.loop import train
from assay.nets.training.stepping import Stepper
from assay.nets.training.work import Validation, supervised


def numbers(n=48, target=None):
    examples = rows(n)
    return Examples(examples.inputs, examples.target.float() if target is None else target)


def with_value(value, row=20, column=2):
    examples = rows(48)
    x = examples.inputs[0].clone()
    x[row, column] = value
    return Examples((x,), examples.target)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), float("-inf")])
@pytest.mark.parametrize("where", ["training", "validation"])
def test_inputs_that_are_no_numbers_are_counted_before_training(value, where):
    good, bad = rows(48), with_value(value, row=[20, 31])
    first, held = (bad, good) if where == "training" else (good, bad)
    said = f"2 of the 48 {where} rows hold inputs that are not finite (first: row 20): fill in missing values."
    with pytest.raises(DataError, match=re.escape(said)):
        supervised(first, CrossEntropy(), validation=Validation(held, CrossEntropy()))


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_targets_that_are_no_numbers_are_counted_before_training(value):
    target = torch.arange(48).float()
    target[[3, 4, 5]] = value
    weights = torch.ones(48)
    weights[3] = 0.0  # this row is left out in any case
    with pytest.raises(DataError, match=r"3 of the 48 training rows hold targets .*\(first: row 3\): leave these rows out"):
        supervised(numbers(target=target), SquaredError())
    with pytest.raises(DataError, match=r"2 of the 47 training rows hold targets .*\(first: row 4\)"):
        supervised(Examples(rows(48).inputs, target, weights), SquaredError())
    weights[3:6] = 0.0
    supervised(Examples(rows(48).inputs, target, weights), SquaredError())


def test_numbers_so_large_that_their_sum_is_none_are_still_numbers():
    supervised(with_value(3e38, row=[1, 2]), CrossEntropy())


@pytest.mark.parametrize("value", [float("inf"), float("nan"), float("-inf")])
def test_inputs_that_are_no_numbers_in_a_source_of_ones_own_are_counted_in_their_batch(value):
    said, begun = refused(
        with_value(value),
        match="1 of its 16 rows hold inputs that are not finite .*fill in missing values",
        model=nn.Linear(4, 3),
        unchecked=True,
    )
    assert f"in batch {begun} of epoch 1:" in said


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_targets_that_are_no_numbers_in_a_source_of_ones_own_are_counted_in_their_batch(value):
    target = torch.arange(48).float()
    target[[3, 4, 5]] = value
    said, _ = refused(
        numbers(target=target),
        plain(batch_size=48),
        match="3 of its 48 rows hold targets",
        loss=SquaredError(),
        model=smooth_net(outputs=1),
        unchecked=True,
    )
    assert "in batch 1 of epoch 1" in said


def test_a_rate_that_is_too_high_is_named_with_the_layer():
    settings = plain(learning_rate=1e4, epochs=50)
    said, begun = refused(
        numbers(), settings, match="use a learning_rate below 10000, or clip_norm=1", loss=SquaredError(), model=linear()
    )
    assert "layer '" in said
    batch, epoch = (begun - 1) % 3 + 1, (begun - 1) // 3 + 1
    assert f"in batch {batch} of epoch {epoch}: " in said
    assert begun > 2


def test_inputs_that_break_the_weights_though_the_loss_is_finite_are_named_as_a_possible_cause():
    model = nn.Sequential(nn.Linear(4, 3, bias=False), nn.Tanh())  # the tangent of infinity is 1, its slope 0: 0 * inf
    work = supervised(rows(16), CrossEntropy())
    work = replace(work, batches=InMemory(with_value(float("inf"), row=slice(None)).take(torch.arange(16))))
    with pytest.raises(ConfigError, match="was too long, or its batch held values that are not finite"):
        train(model, work, plain(epochs=1), seed=0)


def linear(outputs=1):
    with isolated(0):
        return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, outputs))


def test_the_first_layer_whose_numbers_end_is_named():
    class Log(nn.Module):
        def forward(self, x):
            return torch.log(x - 1e3)

    model = nn.Sequential(nn.Linear(4, 4), Log(), nn.Linear(4, 3))
    refused(
        rows(),
        match=r"layer '1' \(Log\) is the first to give numbers that are not finite, while the weights of layer '[02]' reach 0\.",
        model=model,
    )


def test_a_loss_that_is_not_finite_by_itself_is_told_from_a_layer():
    def loss(output, target):
        return torch.log(output[:, 0] * 0.0)

    refused(rows(), match="every layer gives finite numbers, the loss does not", loss=loss)


def test_a_loss_that_is_finite_when_computed_again_is_said_to_be():
    calls = []

    def loss(output, target):
        calls.append(0)
        return functional.cross_entropy(output, target, reduction="none") * (float("nan") if len(calls) == 2 else 1.0)

    _said, begun = refused(rows(), match="computed again, with other dropout and augmentation, it is finite", loss=loss)
    assert begun == 2


@pytest.mark.parametrize("clip", [None, 1.0])
def test_huge_inputs_are_the_cause_and_not_the_rate(clip):
    examples = with_value(1e30, row=slice(None), column=1)  # which wakes ReLUs: weights of both signs
    said, _ = refused(
        Examples(examples.inputs, examples.target.float()),
        plain(clip_norm=clip),
        match=r"Inputs reach 1e\+30: scale the inputs, or look for mistyped values",
        loss=SquaredError(),
        model=linear(),
    )
    assert "learning_rate" not in said


def test_huge_targets_are_the_cause_and_not_the_rate():
    target = torch.full((48,), 3e25)
    refused(numbers(target=target), match=r"Targets reach 3e\+25: scale them", loss=SquaredError(), model=linear())


def test_weights_broken_by_the_step_before_are_named_as_such():
    model = smooth_net()

    class Breaks(Kept):
        def wants(self, step):
            if step == 4:
                with torch.no_grad():
                    model[2].weight[0, 0] = float("inf")
            return super().wants(step)

    kept = Breaks()
    with pytest.raises(
        ConfigError, match=r"loss was (nan|inf) in batch 2 of epoch 2: the weights of layer '2' .*the step before was too long"
    ):
        fit(model, rows(), plain(), watch=kept)


def rooted(rows_of_zero):
    """A net whose output is the root of its inputs: finite, with a gradient that is not, where an input is 0."""

    class Root(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.zeros(4) if rows_of_zero else torch.ones(4))
            self.head = nn.Linear(4, 3)

        def forward(self, x):
            return self.head((self.scale * x).abs().sqrt())

    return Root()


def test_a_gradient_that_is_not_finite_is_found_before_the_weights_move():
    said, begun = refused(
        rows(), plain(clip_norm=1.0), match="gradient of the loss was not finite after batch 1 of epoch 1", model=rooted(True)
    )
    assert "that of layer 'scale'" in said
    assert begun == 1


def test_without_clipping_the_weights_are_looked_at_by_the_end_of_the_epoch():
    with pytest.raises(ConfigError, match="weights of layer 'scale' are no longer finite"):
        fit(rooted(True), rows(16), plain(epochs=1))


@pytest.mark.parametrize(("at", "ago"), [(3, 46), (48, 1), (49, 48), (96, 1)])
def test_on_a_device_that_is_not_waited_for_a_broken_loss_is_found_later(monkeypatch, at, ago):
    monkeypatch.setattr(Stepper, "_is_near", False)
    monkeypatch.setattr(loop, "UNSEEN_STEPS", 48)
    calls = []

    def loss(output, target):
        calls.append(0)
        scale = float("inf") if len(calls) == at else 1.0  # the weights break with it
        return functional.cross_entropy(output, target, reduction="none") * scale

    seen = "48" if at <= 48 else "96"
    with pytest.raises(ConfigError, match=f"loss was inf in epoch 1, {ago} steps before the end of batch {seen}: training div"):
        fit(smooth_net(), rows(96), plain(batch_size=1), loss=loss)


class SumOfSquares:
    def __call__(self, output, target):
        return (output**2).sum(1)


def test_a_validation_loss_that_is_no_number_stops():
    held = rows(20, seed=1)
    held.inputs[0][3, 1] = 3e38
    with pytest.raises(
        ConfigError, match=r"validation loss was (nan|inf) after epoch 1: the validation rows hold huge or missing values"
    ):
        fit(linear(outputs=3), rows(), plain(learning_rate=1e-3), validation=Validation(held, SumOfSquares()))


def test_the_batch_within_a_step_of_several_is_named():
    examples = rows(48)
    calls = []

    def loss(output, target):
        calls.append(0)
        return functional.cross_entropy(output, target, reduction="none") * (float("inf") if len(calls) == 6 else 1.0)

    refused(examples, plain(batch_size=8, accumulate=4), match="in batch 6 of epoch 1", loss=loss)
