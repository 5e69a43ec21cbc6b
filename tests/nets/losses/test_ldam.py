"""LDAM against the formula of Cao et al. (2019), written out in numpy."""

import numpy as np
import pytest
import torch
from scipy import optimize, special

from assay.core.errors import ConfigError
from assay.nets.losses.ldam import LDAM, deferred_ldam

RNG = np.random.default_rng(13)
COUNTS = (500, 60, 4)


def written_out(logits: np.ndarray, target: np.ndarray, counts: tuple[int, ...], most: float, scale: float) -> np.ndarray:
    """-log( e^{s(z_y-Δ_y)} / (e^{s(z_y-Δ_y)} + Σ_{j≠y} e^{s z_j}) ), Δ_j = C/n_j^{1/4}, max Δ = most."""
    margins = 1 / np.sqrt(np.sqrt(np.array(counts)))
    margins = margins * most / margins.max()
    losses = []
    for row, right in zip(logits, target, strict=True):
        own = scale * (row[right] - margins[right])
        losses.append(special.logsumexp([own, *(scale * np.delete(row, right))]) - own)
    return np.array(losses)


@pytest.mark.parametrize(("most", "scale"), [(0.5, 30.0), (0.8, 3.0)])
def test_the_loss_is_equation_13_of_the_paper_with_a_scale(most, scale):
    logits, target = RNG.uniform(-1, 1, size=(40, 3)), RNG.integers(0, 3, 40)
    ours = LDAM(COUNTS, most, scale)(torch.from_numpy(logits), torch.from_numpy(target))
    np.testing.assert_allclose(ours, written_out(logits, target, COUNTS, most, scale), rtol=1e-10, atol=1e-12)


def test_one_logit_is_the_pair_of_zero_and_the_logit():
    logit, target = RNG.uniform(-1, 1, size=(40, 1)), RNG.integers(0, 2, 40)
    ours = LDAM((90, 10), scale=30.0)(torch.from_numpy(logit), torch.from_numpy(target))
    expected = written_out(np.hstack([np.zeros((40, 1)), logit]), target, (90, 10), 0.5, 30.0)
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)


def test_the_rarest_class_has_the_largest_margin_and_sixteen_times_the_rows_half_of_it():
    np.testing.assert_allclose(LDAM((160, 10), max_margin=0.7).margins, [0.35, 0.7], rtol=1e-12)


def test_deferred_reweighting_begins_at_epoch_160_of_200_with_effective_numbers():
    loss = deferred_ldam(COUNTS, scale=30.0)
    before, after = loss.at_epoch(159, 200), loss.at_epoch(160, 200)
    logits, target = torch.from_numpy(RNG.uniform(-1, 1, size=(40, 3))), torch.from_numpy(RNG.integers(0, 3, 40))
    plain = written_out(logits.numpy(), target.numpy(), COUNTS, 0.5, 30.0)
    weights = (1 - 0.9999) / (1 - 0.9999 ** np.array(COUNTS))
    weights = weights / weights.sum() * 3
    np.testing.assert_allclose(before(logits, target), plain, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(after(logits, target), weights[target] * plain, rtol=1e-9, atol=1e-12)


def of_logit(logit: float, scale: float) -> np.ndarray:
    """The losses, written out, of a row of the common class and of one of the rare class (a tenth), at this s·z."""
    return written_out(np.array([[0.0, logit / scale]] * 2), np.array([0, 1]), (900, 100), 0.5, scale)


def best_logit(share: float, scale: float) -> float:
    """s·z of the least expected loss, where so large a share of the rows is of the rare class."""

    def expected(logit: float) -> float:
        return float(np.array([1 - share, share]) @ of_logit(logit, scale))

    return float(optimize.minimize_scalar(expected, bounds=(-60, 60), method="bounded").x)


def rows_to_tell_apart(scale: float) -> float:
    """How many rows, a fifth of them rare, until saying what is best for a twentieth costs one standard error of the loss."""
    share = np.array([0.8, 0.2])
    own, other = (of_logit(best_logit(rare, scale), scale) for rare in (0.2, 0.05))
    return float(share @ (other - share @ other) ** 2 / (share @ (other - own)) ** 2)


def test_an_ordinary_head_has_scale_one_because_that_of_cosines_needs_forty_times_the_rows_to_see_a_difference():
    """Between margins of 15 nats the loss is as good as straight: it only asks on which side of one half a row is."""
    usual = LDAM((900, 100)).scale
    assert usual == 1
    assert best_logit(0.2, usual) == pytest.approx(special.logit(0.2), abs=0.2)
    assert rows_to_tell_apart(usual) < 100
    assert rows_to_tell_apart(30.0) > 3000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"counts": (10, 0)}, "no training rows"),
        ({"counts": (10,)}, "at least 2 classes"),
        ({"counts": (10, 5), "max_margin": 0.0}, "max_margin"),
        ({"counts": (10, 5), "scale": float("nan")}, "scale"),
        ({"counts": (10, 5), "weights": (1.0, 1.0, 1.0)}, "counts of 2 classes and weights of 3"),
    ],
)
def test_settings_that_contradict_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        LDAM(**settings)


def test_outputs_of_other_classes_are_refused():
    with pytest.raises(ConfigError, match="settings for 3 classes and the net gives logits of 2"):
        LDAM(COUNTS)(torch.zeros(4, 1), torch.zeros(4, dtype=torch.long))
