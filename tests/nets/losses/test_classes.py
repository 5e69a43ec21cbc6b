"""What the losses of classes share: exact log odds, one logit as two."""

from decimal import Decimal, getcontext

import numpy as np
import pytest
import torch

from assay.core.errors import ConfigError
from assay.nets.losses.classes import all_log_odds, class_logits, like_output, log_odds


def exact_log_odds(row: list[float], right: int) -> float:
    """In 80 digits, so that 1 − p keeps its value where p is 1 − 1e-35."""
    getcontext().prec = 80
    exponentials = [Decimal(value).exp() for value in row]
    return float((exponentials[right] / (sum(exponentials) - exponentials[right])).ln())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_odds_are_exact_for_every_class_however_sure_the_net_is(dtype):
    rows = [[0.0, 80.0, 1.0], [80.0, -80.0, 79.5], [-3.0, -3.0, -3.0], [0.25, 40.0, -40.0]]
    expected = np.array([[exact_log_odds(row, right) for right in range(3)] for row in rows])
    logits = torch.tensor(rows, dtype=dtype)
    tolerance = 3e-6 if dtype is torch.float32 else 1e-13
    np.testing.assert_allclose(all_log_odds(logits), expected, rtol=tolerance)
    for right in range(3):
        np.testing.assert_allclose(log_odds(logits, torch.full((4,), right)), expected[:, right], rtol=tolerance)


def test_one_logit_becomes_the_pair_whose_softmax_is_its_sigmoid_and_comes_back():
    output = torch.tensor([[-2.0], [0.5]], dtype=torch.float64)
    pair = class_logits(output)
    np.testing.assert_allclose(torch.softmax(pair, dim=1)[:, 1], torch.sigmoid(output[:, 0]), rtol=1e-14)
    assert torch.equal(like_output(pair + 3, output), output)


@pytest.mark.parametrize("shape", [(4,), (4, 0), (4, 2, 3)])
def test_outputs_that_are_no_logits_of_rows_are_refused(shape):
    with pytest.raises(ConfigError, match="takes logits"):
        class_logits(torch.zeros(shape))
