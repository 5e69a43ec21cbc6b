"""Mixup and CutMix against their formulas: what is mixed, by how much, and that losses and weights follow."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn import functional

from assay.core.errors import ConfigError, DataError
from assay.nets.image.augmentation import MIXES, mix_named
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.focal import Focal
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.weighted import WeightedCrossEntropy
from assay.nets.settings import TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.mix import CutMix, EitherMix, Mixed, Mixup, mixed_loss
from assay.nets.training.work import supervised

MIXINGS = [Mixup(0.3), Mixup(0.3, by_row=True), CutMix(1.0), EitherMix(Mixup(0.4), CutMix(0.7))]


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(rows=7, channels=3, height=6, width=9, seed=0):
    return torch.randint(0, 256, (rows, channels, height, width), generator=draws(seed), dtype=torch.uint8)


def shares(mixed: Mixed, rows: int) -> torch.Tensor:
    return torch.full((rows,), mixed.share) if isinstance(mixed.share, float) else mixed.share


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_mixup_blends_every_picture_with_its_mate_in_pixel_units(by_row, kind):
    given = pictures().to(kind)
    mixed = Mixup(0.8, by_row=by_row)((given,), draws(3))
    share = shares(mixed, 7).double().view(-1, 1, 1, 1)
    assert sorted(mixed.mates.tolist()) == list(range(7))
    expected = share * given.double() + (1 - share) * given[mixed.mates].double()
    (found,) = mixed.inputs
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert len(shares(mixed, 7).unique()) == (7 if by_row else 1)


def test_mixup_blends_several_inputs_by_one_share():
    parts = (torch.randn(5, 2), torch.randn(5, 3, 4))
    mixed = Mixup(0.8, by_row=True)(parts, draws(1))
    for part, found in zip(parts, mixed.inputs, strict=True):
        share = mixed.share.view(-1, *[1] * (part.ndim - 1))
        np.testing.assert_allclose(found, share * part + (1 - share) * part[mixed.mates], atol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_shares_of_mixup_follow_the_beta_distribution(alpha):
    by_row = Mixup(alpha, by_row=True)((torch.zeros(4000, 1),), draws(5)).share.numpy()
    by_batch = [Mixup(alpha)((torch.zeros(1, 1),), draws(seed)).share for seed in range(1500)]
    for found in (by_row, by_batch):
        # a share within a rounding of 1 is 1 in single precision, where the law has no atom
        assert stats.kstest(np.clip(found, 0, 1 - 1e-9), stats.beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_cutmix_puts_a_rectangle_of_the_mate_and_the_share_is_the_area_that_is_left(kind):
    own = torch.zeros(400, 1, 20, 30, dtype=kind)
    own[:, 0] = torch.arange(400)[:, None, None] % 200
    mixed = CutMix(1.0)((own,), draws(2))
    (found,) = mixed.inputs
    assert found.dtype == kind
    cut = found != own
    comes_from = own[mixed.mates]
    assert torch.equal(found[cut], comes_from[cut])
    differs = (own != comes_from).all(dim=3).all(dim=2)[:, 0]
    tall, wide = cut.any(dim=3).sum(dim=2)[:, 0], cut.any(dim=2).sum(dim=2)[:, 0]
    assert torch.equal(cut.sum(dim=(1, 2, 3))[differs], (tall * wide)[differs])  # one rectangle
    np.testing.assert_allclose(mixed.share[differs], 1 - (tall * wide)[differs] / 600, atol=1e-6)
    inside = differs & ~cut[:, 0, [0, -1]].any(dim=(1, 2)) & ~cut[:, 0, :, [0, -1]].any(dim=(1, 2))
    # of the picture's proportions, each side rounded down
    assert int(inside.sum()) > 30
    assert bool(((wide / tall - 1.5).abs() <= 1.5 / tall)[inside & (tall > 0)].all())


def test_shares_and_places_of_cutmix_follow_its_law():
    """Beside the same rectangles made one by one from numpy's draws."""
    mixed = CutMix(1.0)((torch.zeros(6000, 1, 16, 24),), draws(4))
    random = np.random.default_rng(0)
    expected = []
    for _ in range(6000):
        side = math.sqrt(1 - random.beta(1.0, 1.0))
        ends = []
        for length in (16, 24):
            size = int(side * length)
            start = random.integers(0, length) - size // 2
            ends.append(min(start + size, length) - max(start, 0))
        expected.append(1 - ends[0] * ends[1] / (16 * 24))
    found = np.round(mixed.share.numpy().astype(float), 5)  # so that equal areas are equal
    assert stats.ks_2samp(found, np.round(expected, 5)).pvalue > 0.01


def test_one_of_two_is_drawn_for_each_batch():
    kinds = [isinstance(EitherMix(Mixup(0.4), CutMix(), 0.25)((pictures(),), draws(seed)).share, float) for seed in range(800)]
    assert abs(np.mean(kinds) - 0.25) < 3 * math.sqrt(0.25 * 0.75 / 800)


@pytest.mark.parametrize("mix", MIXINGS, ids=repr)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "outputs"),
    [
        (CrossEntropy(0.1), 3),
        (BinaryCrossEntropy(), 1),
        (Focal(), 3),
        (WeightedCrossEntropy((1.0, 2.0, 0.5)), 3),
        (SquaredError(), 1),
    ],
    ids=["cross-entropy", "binary", "focal", "weighted", "squares"],
)
def test_the_loss_is_each_rows_own_and_its_mates_by_their_shares_and_weights(mix, weighted, loss, outputs):
    target = torch.tensor([0, 1, 1, 0, 1, 0, 1]) if outputs == 1 else torch.tensor([0, 1, 2, 0, 1, 2, 2])
    target = target.float() if isinstance(loss, SquaredError) else target
    weights = torch.tensor([0.2, 1.8, 1.0, 0.5, 1.5, 0.7, 1.3]) if weighted else None
    batch = Examples((pictures(),), target, weights)
    output = torch.randn(7, outputs, generator=draws(9))
    mixed = mix(batch.inputs, draws(1))
    w = torch.ones(7) if weights is None else weights
    total = 0.0
    for row, (mate, share) in enumerate(zip(mixed.mates.tolist(), shares(mixed, 7).tolist(), strict=True)):
        own, other = (float(loss(output[[row]], target[[place]])) for place in (row, mate))
        total += share * float(w[row]) * own + (1 - share) * float(w[mate]) * other
    assert float(mixed_loss(loss, output, batch, mixed)) == pytest.approx(total / 7, rel=1e-5)


def test_cross_entropy_of_mixed_rows_is_that_of_soft_labels():
    """Closed form: the loss is linear in the answers."""
    batch = Examples((pictures(),), torch.tensor([0, 1, 2, 0, 1, 2, 2]))
    output = torch.randn(7, 3, generator=draws(9))
    mixed = CutMix()(batch.inputs, draws(6))
    own, other = (functional.one_hot(codes, 3) for codes in (batch.target, batch.target[mixed.mates]))
    soft = mixed.share[:, None] * own + (1 - mixed.share[:, None]) * other
    expected = functional.cross_entropy(output, soft)
    assert float(mixed_loss(CrossEntropy(), output, batch, mixed)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("mix", MIXINGS, ids=repr)
def test_a_training_with_mixed_pictures_learns_and_repeats_to_the_byte(mix):
    """Dark and bright pictures, by one seed twice."""
    target = torch.tensor([0, 1] * 20)
    rows = pictures(40, 1, 5, 5) // 3 + (100 * target[:, None, None, None]).to(torch.uint8)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(1, 2)

        def forward(self, x):
            return self.last(x.float().mean(dim=(2, 3)) / 64 - 1.5)

    found = []
    for _ in range(2):
        torch.manual_seed(0)
        work = supervised(Examples((rows,), target), CrossEntropy(), mix=mix)
        trained = train(
            Net(), work, TrainSettings(learning_rate=0.2, weight_decay=0.0, batch_size=10, epochs=8, patience=None), seed=1
        )
        found.append(trained.model.state_dict())
        with torch.inference_mode():
            assert float((trained.model(rows).argmax(1) == target).float().mean()) == 1.0
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_what_cannot_be_mixed_is_refused():
    codes = Examples((torch.zeros(4, 3, dtype=torch.int64),), torch.zeros(4))
    table = Examples((torch.zeros(4, 3),), torch.zeros(4))
    for rows, mix, said in (
        (codes, Mixup(0.2), "codes"),
        (table, CutMix(), "no pictures"),
        (codes, EitherMix(Mixup(0.1), CutMix()), "codes"),
        (Examples((torch.zeros(4, 1, 5, 5), torch.zeros(4, 1, 6, 6)), torch.zeros(4)), CutMix(), "one size"),
    ):
        with pytest.raises(DataError, match=said):
            supervised(rows, SquaredError(), mix=mix)


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("inf")])
def test_impossible_settings_are_refused(alpha):
    with pytest.raises(ConfigError, match="CutMix"):
        CutMix(alpha)
    with pytest.raises(ConfigError, match=r"share=1.5"):
        EitherMix(Mixup(0.1), CutMix(), 1.5)


def test_mixes_by_name_and_none():
    assert mix_named("none") is None
    for name in MIXES.names():
        (found,) = mix_named(name)((pictures(),), draws()).inputs
        assert found.shape == (7, 3, 6, 9)
