"""Cross-entropy of K logits against scikit-learn and the formula of label smoothing."""

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss

from assay.core.errors import ConfigError
from assay.nets.losses.categorical import CrossEntropy

RNG = np.random.default_rng(7)


def test_cross_entropy_is_the_log_loss_of_scikit_learn():
    logits, target = RNG.normal(size=(40, 3)) * 3, RNG.integers(0, 3, 40)
    ours = CrossEntropy()(torch.from_numpy(logits), torch.from_numpy(target)).mean()
    assert float(ours) == pytest.approx(log_loss(target, special.softmax(logits, axis=1), labels=[0, 1, 2]), rel=1e-12)


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_label_smoothing_mixes_the_label_with_a_uniform_one(smoothing):
    logits, target = RNG.normal(size=(20, 4)), RNG.integers(0, 4, 20)
    believed = (1 - smoothing) * np.eye(4)[target] + smoothing / 4
    expected = -(believed * special.log_softmax(logits, axis=1)).sum(axis=1)
    ours = CrossEntropy(smoothing)(torch.from_numpy(logits), torch.from_numpy(target))
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_a_label_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ConfigError, match="label_smoothing"):
        CrossEntropy(smoothing)


def test_one_logit_is_refused_because_its_softmax_is_always_one():
    with pytest.raises(ConfigError, match="binary-cross-entropy"):
        CrossEntropy()(torch.zeros(2, 1), torch.tensor([0, 0]))


def test_class_codes_of_any_whole_type_are_taken():
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    codes = torch.tensor([0, 1, 2, 2, 1, 0])
    assert torch.equal(CrossEntropy()(logits, codes.to(torch.int8)), CrossEntropy()(logits, codes))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_mean_at_once_is_the_mean_of_the_rows_and_so_is_its_gradient(smoothing):
    codes = torch.tensor([0, 1, 2, 2, 1])
    gradients = []
    for at_once in (True, False):
        logits = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
        loss = CrossEntropy(smoothing)
        mean = loss.mean_of_rows(logits, codes) if at_once else loss(logits, codes).mean()
        mean.backward()
        gradients.append((mean.item(), logits.grad))
    assert gradients[0][0] == pytest.approx(gradients[1][0], rel=1e-12)
    torch.testing.assert_close(gradients[0][1], gradients[1][1])
    with pytest.raises(ConfigError, match="binary-cross-entropy"):
        CrossEntropy().mean_of_rows(torch.zeros(2, 1), torch.tensor([0, 0]))
