"""A loss of members is the mean of their losses, and trains each as if it were alone."""

import numpy as np
import pytest
import torch

from assay.core.errors import ConfigError
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.members import PerMember
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.weighted import WeightedCrossEntropy

RNG = np.random.default_rng(29)


def test_each_members_gradient_is_its_own_divided_by_their_number():
    output, target = torch.from_numpy(RNG.normal(size=(8, 5, 1))).requires_grad_(), torch.from_numpy(RNG.integers(0, 2, 8))
    (together,) = torch.autograd.grad(PerMember(BinaryCrossEntropy())(output, target).sum(), output)
    for member in range(5):
        alone = output[:, member].detach().requires_grad_()
        (own,) = torch.autograd.grad(BinaryCrossEntropy()(alone, target).sum(), alone)
        np.testing.assert_allclose(together[:, member], own / 5, rtol=1e-12)


def test_members_that_make_up_for_each_other_are_not_rewarded():
    output, target = torch.tensor([[[1.0], [-1.0]]]), torch.tensor([0.0])
    assert PerMember(SquaredError())(output, target).tolist() == [1.0]


def test_posterior_logits_are_those_of_each_member():
    loss = WeightedCrossEntropy((1.0, 4.0))
    output = torch.from_numpy(RNG.normal(size=(8, 5, 1)))
    ours = PerMember(loss).posterior_logits(output)
    np.testing.assert_allclose(ours, output - np.log(4), rtol=1e-12)


@pytest.mark.parametrize("shape", [(4, 2), (4, 0, 1), (4,)])
def test_outputs_without_members_are_refused(shape):
    with pytest.raises(ConfigError, match="members"):
        PerMember(SquaredError())(torch.zeros(shape), torch.zeros(4))
