"""The ordinal loss against scikit-learn and a published figure; its probabilities against a logistic model of thresholds."""

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss

from assay.core.errors import ConfigError
from assay.nets.losses.ordinal import Ordinal, probabilities

RNG = np.random.default_rng(23)


def test_the_loss_is_the_sum_of_the_log_losses_of_is_it_above_k():
    logits, target = RNG.normal(size=(60, 3)) * 2, RNG.integers(0, 4, 60)
    ours = Ordinal()(torch.from_numpy(logits), torch.from_numpy(target)).mean()
    theirs = sum(log_loss(target > k, special.expit(logits[:, k])) for k in range(3))
    assert float(ours) == pytest.approx(theirs, rel=1e-12)


def test_the_example_of_the_coral_package_gives_its_printed_loss():
    logits = torch.tensor([[2.1, 1.8, -2.1, -1.8], [1.9, -1.0, -1.5, -1.3], [1.9, 1.8, 1.7, 1.6]])
    assert float(Ordinal()(logits, torch.tensor([2, 1, 4])).mean()) == pytest.approx(0.6920, abs=5e-5)


def test_probabilities_are_the_differences_of_a_cumulative_logistic_model():
    score, thresholds = RNG.normal(size=(20, 1)) * 2, np.array([-1.0, 0.3, 2.0])
    above = special.expit(score - thresholds)
    edges = np.hstack([np.ones((20, 1)), above, np.zeros((20, 1))])
    np.testing.assert_allclose(probabilities(torch.from_numpy(score - thresholds)), -np.diff(edges), rtol=1e-9)


def test_probabilities_of_logits_that_contradict_each_other_are_still_probabilities():
    logits = torch.from_numpy(RNG.normal(size=(500, 4)) * 5).float()
    p = probabilities(logits)
    assert p.shape == (500, 5)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(dim=1), np.ones(500), atol=1e-6)
    below = p.cumsum(dim=1)[:, :-1]
    np.testing.assert_allclose(below, 1 - torch.sigmoid(logits.sort(dim=1, descending=True).values), atol=1e-6)


def test_both_tails_keep_their_digits_in_single_precision():
    p = probabilities(torch.tensor([[-40.0, -41.0], [41.0, 40.0]]))
    tail = np.exp(-40.0) - np.exp(-41.0)
    np.testing.assert_allclose(p[:, 1], [tail, tail], rtol=1e-5)
    np.testing.assert_allclose([p[0, 2], p[1, 0]], np.exp([-41.0, -41.0]), rtol=1e-5)


def test_the_minimum_gives_the_true_probabilities_back():
    truth = torch.from_numpy(RNG.dirichlet(np.ones(4), size=15))
    logits = torch.zeros(15, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        expected = sum((truth[:, k] * Ordinal()(logits, torch.full((15,), k))).sum() for k in range(4))
        expected.backward()
        return expected

    optimizer.step(closure)
    np.testing.assert_allclose(probabilities(logits.detach()), truth, atol=1e-6)


def test_members_are_decoded_one_by_one():
    logits = torch.from_numpy(RNG.normal(size=(6, 3, 2)))
    for member in range(3):
        np.testing.assert_allclose(probabilities(logits)[:, member], probabilities(logits[:, member]), rtol=1e-12)


@pytest.mark.parametrize("shape", [(4,), (4, 0), (3, 2)])
def test_outputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(ConfigError, match="one output less than there are classes"):
        Ordinal()(torch.zeros(shape), torch.zeros(4, dtype=torch.long))
