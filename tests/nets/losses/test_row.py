"""Losses that change with the epoch, and those that do not."""

import pytest
import torch

from assay.core.errors import ConfigError
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.mae import AbsoluteError
from assay.nets.losses.members import PerMember
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.posterior import LogLoss
from assay.nets.losses.row import at_epoch, wide


def test_a_loss_without_a_schedule_is_itself_at_every_epoch():
    loss = SquaredError()
    assert all(at_epoch(loss, epoch, 10) is loss for epoch in range(10))


def test_a_function_is_a_loss():
    def loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (output[:, 0] - target).abs()

    assert at_epoch(loss, 3, 5) is loss


@pytest.mark.parametrize(
    ("epochs", "until", "first_epochs"), [(10, 0.8, 8), (100, 0.29, 29), (5, 0.5, 2), (2, 0.8, 1), (1, 0.8, 0)]
)
def test_a_deferred_loss_changes_once_and_always_before_the_last_epoch(epochs, until, first_epochs):
    loss = Deferred(SquaredError(), AbsoluteError(), until)
    kinds = [type(at_epoch(loss, epoch, epochs)) for epoch in range(epochs)]
    assert kinds == [SquaredError] * first_epochs + [AbsoluteError] * (epochs - first_epochs)


def test_a_deferred_loss_without_an_epoch_is_its_first():
    output, target = torch.tensor([[3.0]]), torch.tensor([1.0])
    assert Deferred(SquaredError(), AbsoluteError())(output, target).tolist() == [4.0]


@pytest.mark.parametrize("until", [0.0, 1.0, float("nan")])
def test_a_share_that_leaves_out_one_of_the_losses_is_refused(until):
    with pytest.raises(ConfigError, match="until"):
        Deferred(SquaredError(), AbsoluteError(), until)


@pytest.mark.parametrize("wrapper", [PerMember, LogLoss])
def test_what_wraps_a_scheduled_loss_follows_its_schedule(wrapper):
    loss = wrapper(Deferred(SquaredError(), AbsoluteError(), 0.5))
    assert at_epoch(loss, 0, 4) == wrapper(SquaredError())
    assert at_epoch(loss, 2, 4) == wrapper(AbsoluteError())


def test_half_precision_is_widened_and_the_rest_left_alone():
    assert wide(torch.zeros(1, dtype=torch.bfloat16)).dtype == torch.float32
    assert wide(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
