"""FGSM and PGD against foolbox, a closed form, and their own bounds."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.nets.attacks.digits import fitted, held
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.attacks.gradient import Pgd, attacked, fgsm_settings, pgd
from assay.nets.attacks.victim import Victim, whole_pixels
from assay.recipes.nets.attacked import victim_of

foolbox = pytest.importorskip("foolbox")


class Convolutional(nn.Module):
    """A small net of random weights in float64, so that no gradient is so near 0 that its sign is chance."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus(), nn.Flatten(), nn.Linear(5 * 36, outputs)).double()

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net((pictures - 120) / 60)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def victim() -> Victim:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Convolutional(4).eval()
    return Victim(net, tuple("abcd"), 4, 3, 8, lambda raw: raw.argmax(axis=1))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (12, 3, 8, 8), dtype=np.uint8)


CODES = np.arange(12) % 4


class Scaled(nn.Module):
    """The victim as foolbox wants it: pictures in [0, 1] to logits."""

    def __init__(self, victim: Victim) -> None:
        super().__init__()
        self.net, self.victim = victim.model, victim

    def forward(self, pictures: Tensor) -> Tensor:
        return self.victim.logits(pictures)


def by_foolbox(victim: Victim, attack: Any, pictures: np.ndarray, codes: np.ndarray, eps: float, *, targeted: bool) -> Tensor:
    model = foolbox.PyTorchModel(Scaled(victim).eval(), bounds=(0, 1), device="cpu")
    aims = torch.from_numpy(codes)
    criterion = foolbox.criteria.TargetedMisclassification(aims) if targeted else foolbox.criteria.Misclassification(aims)
    raw, _, _ = attack(model, victim.scaled(pictures), criterion, epsilons=eps / 255)
    found: Tensor = raw
    return found


def ours(victim: Victim, how: Pgd, pictures: np.ndarray, codes: np.ndarray, *, targeted: bool = False) -> Tensor:
    draws = torch.Generator().manual_seed(0)
    return pgd(victim.logits, victim.scaled(pictures), torch.from_numpy(codes), how, targeted=targeted, draws=draws)


@pytest.mark.parametrize("eps", [1.0, 7.5, 40.0])
def test_fgsm_equals_foolboxs(victim: Victim, pictures: np.ndarray, eps: float) -> None:
    theirs = by_foolbox(victim, foolbox.attacks.LinfFastGradientAttack(), pictures, CODES, eps, targeted=False)
    assert (ours(victim, fgsm_settings(eps), pictures, CODES) - theirs).abs().max() <= 1e-6


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "kind", "eps"), [("linf", "LinfPGD", 8.0), ("l2", "L2PGD", 200.0)])
def test_pgd_equals_foolboxs(victim: Victim, pictures: np.ndarray, norm: Any, kind: str, eps: float, targeted: bool) -> None:
    attack = getattr(foolbox.attacks, kind)(abs_stepsize=eps / 255 / 6, steps=12, random_start=False)
    aims = (CODES + 1) % 4 if targeted else CODES
    how = Pgd(eps=eps, steps=12, step=eps / 6, norm=norm, random_start=False)
    theirs = by_foolbox(victim, attack, pictures, aims, eps, targeted=targeted)
    found = ours(victim, how, pictures, aims, targeted=targeted)
    assert (found - theirs).abs().max() <= 1e-6
    assert (found - victim.scaled(pictures)).abs().max() > 1e-3


def test_a_trained_net_is_attacked_as_foolbox_attacks_it() -> None:
    given, codes = held(40)
    victim = victim_of(fitted())
    victim = replace(victim, model=_doubled(victim.model))
    attack = foolbox.attacks.LinfPGD(abs_stepsize=1 / 255, steps=10, random_start=False)
    theirs = by_foolbox(victim, attack, given, codes, 8.0, targeted=False)
    assert (ours(victim, Pgd(eps=8, steps=10, step=1, random_start=False), given, codes) - theirs).abs().max() <= 1e-6


def _doubled(model: nn.Module) -> nn.Module:
    from copy import deepcopy

    return deepcopy(model).double()


def test_fgsm_on_logistic_regression_lowers_the_logit_by_eps_times_the_l1_norm_of_its_weights() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 1)).double().eval()
    with torch.no_grad():
        linear[1].weight *= 0.05  # at a logit of 40 the probability is 1 in floating point, and its gradient 0
    victim = Victim(linear, ("no", "yes"), 1, 3, 8, lambda raw: (raw[:, 0] > 0).astype(np.int64))
    middle = np.random.default_rng(1).integers(50, 200, (20, 3, 8, 8), dtype=np.uint8)
    changed = ours(victim, fgsm_settings(6), middle, np.ones(20, dtype=np.int64))
    dropped = victim.raw(victim.scaled(middle)) - victim.raw(changed)
    length = float(linear[1].weight.detach().abs().sum())
    np.testing.assert_allclose(dropped, 6 * length, rtol=1e-9)


def test_away_from_the_bounds_fgsm_changes_every_pixel_by_eps_and_nothing_leaves_0_to_255(victim: Victim) -> None:
    middle = np.random.default_rng(2).integers(9, 247, (6, 3, 8, 8), dtype=np.uint8)
    changed = attacked(victim, middle, CODES[:6], fgsm_settings(8), seed=0)
    assert np.all(np.abs(np.rint(changed.numpy() * 255) - middle) == 8)
    edges = np.where(middle > 128, 255, 0).astype(np.uint8)
    moved = attacked(victim, edges, CODES[:6], Pgd(eps=8), seed=0)
    assert float(moved.min()) >= 0
    assert float(moved.max()) <= 1


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd_stays_within_its_bound_and_raises_the_loss_more_than_one_step_does(
    victim: Victim, pictures: np.ndarray, norm: Any
) -> None:
    eps = {"linf": 6.0, "l2": 100.0}[norm]
    given, aims = victim.scaled(pictures), torch.from_numpy(CODES)
    many = ours(victim, Pgd(eps=eps, norm=norm), pictures, CODES)
    one = ours(victim, Pgd(eps=eps, steps=1, step=eps, norm=norm, random_start=False), pictures, CODES)
    change = (many - given).flatten(1) * 255
    size = change.abs().amax(dim=1) if norm == "linf" else change.norm(dim=1)
    assert float(size.max()) <= eps + 1e-9
    loss = nn.functional.cross_entropy
    with torch.no_grad():
        assert loss(victim.logits(many), aims) >= loss(victim.logits(one), aims) > loss(victim.logits(given), aims)


def test_a_seed_gives_the_same_pictures_and_another_one_others(victim: Victim, pictures: np.ndarray) -> None:
    first, again, other = (attacked(victim, pictures, CODES, Pgd(eps=5.5, steps=3), seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_whole_bound_gives_whole_pixels_within_it() -> None:
    given = torch.tensor([[[[10.0, 20.0, 0.0, 254.0]]]], dtype=torch.float64) / 255
    changed = given + torch.tensor([2.4, -2.0, -1.0, 3.0], dtype=torch.float64) / 255
    assert (whole_pixels(changed, given, 2.0) * 255).flatten().tolist() == pytest.approx([12, 18, 0, 255])
    assert torch.equal(whole_pixels(changed, given, 2.5), changed)


@pytest.mark.parametrize("eps", [0, -1, 256, float("nan")])
def test_a_bound_outside_0_to_255_is_refused(eps: float) -> None:
    with pytest.raises(ConfigError, match=r"outside \(0, 255\]"):
        Pgd(eps=eps)


def test_steps_and_norms_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="linf or l2"):
        Pgd(eps=1, norm="l1")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="steps=0"):
        Pgd(eps=1, steps=0)
    with pytest.raises(ConfigError, match="reads uint8 pictures"):
        victim_of(fitted()).scaled(np.zeros((1, 3, 32, 32), dtype=np.uint8))
