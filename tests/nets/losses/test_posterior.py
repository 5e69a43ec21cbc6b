"""At the minimum of every loss of classes the way back leads to the true probabilities, which are known here."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.complement import ComplementCrossEntropy
from assay.nets.losses.focal import Focal
from assay.nets.losses.ldam import LDAM, deferred_ldam
from assay.nets.losses.logit_adjustment import LogitAdjustment
from assay.nets.losses.members import PerMember
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.named import loss_named
from assay.nets.losses.posterior import LogLoss, posterior_logits
from assay.nets.losses.row import RowLoss, at_epoch
from assay.nets.losses.weighted import ClassBalancedCrossEntropy, WeightedCrossEntropy

RNG = np.random.default_rng(31)
CELLS = 12
FOUR = (400, 80, 30, 9)
TWO = (150, 12)
CASES: dict[str, tuple[RowLoss, int]] = {
    "cross-entropy": (CrossEntropy(), 4),
    "binary": (BinaryCrossEntropy(), 1),
    "weighted": (WeightedCrossEntropy((0.4, 2.0, 1.0, 5.0)), 4),
    "weighted, one logit": (WeightedCrossEntropy((0.4, 3.0)), 1),
    "class-balanced": (ClassBalancedCrossEntropy(FOUR, 0.99), 4),
    "class-balanced, one logit": (ClassBalancedCrossEntropy(TWO, 0.99), 1),
    "focal": (Focal(2.0), 4),
    "focal below 1": (Focal(0.5, alpha=(0.1, 0.2, 0.3, 0.4)), 4),
    "focal, one logit": (Focal(2.0, alpha=(0.75, 0.25)), 1),
    "complement, one logit": (ComplementCrossEntropy(), 1),
    "ldam": (LDAM(FOUR, 0.5, 6.0), 4),
    "ldam, weighted": (LDAM(FOUR, 0.5, 6.0, (0.3, 0.7, 1.0, 2.0)), 4),
    "ldam, one logit": (LDAM(TWO, 0.5, 6.0, (0.3, 1.7)), 1),
    "logit adjustment": (LogitAdjustment((0.6, 0.2, 0.15, 0.05), 1.3), 4),
    "logit adjustment, one logit": (LogitAdjustment((0.9, 0.1)), 1),
}


def minimised(loss: RowLoss, truth: Tensor, columns: int) -> Tensor:
    """The outputs (cells, columns) with the least expected loss when cell c has class k with probability truth[c, k]."""
    output = torch.zeros(len(truth), columns, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [output], max_iter=2000, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        each = [truth[:, k] * loss(output, torch.full((len(truth),), k)) for k in range(truth.shape[1])]
        total = torch.stack(each).sum()
        total.backward()
        return total

    optimizer.step(closure)
    return output.detach()


def as_probabilities(logits: Tensor) -> Tensor:
    if logits.shape[1] > 1:
        return torch.softmax(logits, dim=1)
    p = torch.sigmoid(logits)
    return torch.cat([1 - p, p], dim=1)


@pytest.mark.parametrize("name", CASES)
def test_the_minimum_leads_back_to_the_true_probabilities(name):
    loss, columns = CASES[name]
    truth = torch.from_numpy(RNG.dirichlet(np.full(max(columns, 2), 0.7), size=CELLS)).clamp_min(1e-3)
    truth = truth / truth.sum(dim=1, keepdim=True)
    found = as_probabilities(posterior_logits(loss, minimised(loss, truth, columns)))
    np.testing.assert_allclose(found, truth, atol=2e-5)


@pytest.mark.parametrize("name", [name for name, (loss, _) in CASES.items() if hasattr(loss, "posterior_logits")])
def test_the_way_back_is_finite_in_single_precision_for_extreme_logits(name):
    loss, columns = CASES[name]
    extreme = torch.tensor([[80.0, -80.0, 0.0, 79.0], [-80.0, 80.0, 80.0, 80.0]])[:, :columns]
    logits = posterior_logits(loss, extreme)
    assert logits.shape == extreme.shape
    assert logits.dtype == torch.float32
    assert torch.isfinite(logits).all()


def test_without_the_way_back_the_probabilities_of_ldam_would_be_wrong():
    loss, truth = LDAM(TWO, 0.5, 6.0), torch.tensor([[0.8, 0.2]], dtype=torch.float64)
    raw = as_probabilities(minimised(loss, truth, 1))
    assert abs(float(raw[0, 1]) - 0.2) > 0.1


def test_a_loss_that_moves_nothing_gives_its_output_back():
    output = torch.ones(3, 1)
    assert posterior_logits(SquaredError(), output) is output


def test_a_deferred_loss_leads_back_from_where_its_training_ends():
    loss, output = deferred_ldam(TWO), torch.from_numpy(RNG.normal(size=(5, 1)))
    at_the_end = posterior_logits(at_epoch(loss, 99, 100), output)
    assert torch.equal(posterior_logits(loss, output), at_the_end)
    assert not torch.equal(posterior_logits(at_epoch(loss, 0, 100), output), at_the_end)


@pytest.mark.parametrize("name", ["cross-entropy", "weighted-cross-entropy", "focal", "ldam", "logit-adjustment"])
def test_log_loss_is_the_cross_entropy_of_the_posterior(name):
    loss = loss_named(name, counts=FOUR)
    output, target = torch.from_numpy(RNG.normal(size=(20, 4))), torch.from_numpy(RNG.integers(0, 4, 20))
    expected = functional.cross_entropy(posterior_logits(loss, output), target, reduction="none")
    np.testing.assert_allclose(LogLoss(loss)(output, target), expected, rtol=1e-12)


@pytest.mark.parametrize(("loss", "columns"), [(WeightedCrossEntropy((0.4, 2.0, 1.0, 5.0)), 4), (Focal(), 1)])
def test_log_loss_of_members_is_that_of_their_mean_probability(loss, columns):
    classes = max(columns, 2)
    output, target = torch.from_numpy(RNG.normal(size=(20, 3, columns))), torch.from_numpy(RNG.integers(0, classes, 20))
    members = [as_probabilities(posterior_logits(loss, output[:, member])) for member in range(3)]
    expected = -np.log(np.mean([p.numpy()[np.arange(20), target] for p in members], axis=0))
    np.testing.assert_allclose(LogLoss(PerMember(loss))(output, target), expected, rtol=1e-10)
