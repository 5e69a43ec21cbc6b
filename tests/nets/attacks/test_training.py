"""Adversarial training through the one loop: what a batch becomes, and that the net resists more for it."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from tests.nets.attacks.digits import TASK, digits, fit, frame
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.attacks.hardening import Hardening
from assay.nets.attacks.measured import AttackSettings, under_attack
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.settings import TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.work import supervised
from assay.recipes.nets.attacked import victim_of
from assay.recipes.registry import RECIPES


class Sees(nn.Module):
    """A linear net with batch norm and dropout that notes what it is trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.drop, self.linear = nn.BatchNorm2d(1), nn.Dropout(0.5), nn.Linear(16, 3)
        self.trained_on: list[Tensor] = []
        self.modes: list[bool] = []

    def forward(self, pictures: Tensor) -> Tensor:
        self.modes.append(self.training)
        if self.training:
            self.trained_on.append(pictures.detach().clone())
        return self.linear(self.drop(self.norm(pictures / 255)).flatten(1))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Brighter:
    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        return (inputs[0].int().add(100).clamp_max(255).to(torch.uint8),)


PICTURES = torch.from_numpy(np.random.default_rng(0).integers(0, 120, (8, 1, 4, 4), dtype=np.uint8))
EXAMPLES = Examples((PICTURES,), torch.arange(8) % 3)


def trained(how: Hardening, *, seed: int = 0, epochs: int = 1) -> Sees:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Sees()
    work = how.applied(supervised(EXAMPLES, CrossEntropy()), CrossEntropy(), Brighter())
    train(net, work, TrainSettings(batch_size=8, epochs=epochs, patience=None), seed=seed)
    return net


@pytest.mark.parametrize("steps", [1, 3])
def test_a_batch_is_augmented_then_attacked_within_the_bound_in_evaluation_mode(steps: int) -> None:
    net = trained(Hardening(eps=9, steps=steps))
    assert net.modes == [False] * steps + [True]
    (seen,) = net.trained_on
    brighter = PICTURES.float() + 100
    order = torch.cdist(seen.flatten(1), brighter.flatten(1)).argmin(dim=1)
    assert sorted(order.tolist()) == list(range(8))
    change = (seen - brighter[order]).abs()
    assert float(change.max()) <= 9.0001
    assert float(change.max()) > 8.9
    assert int(net.norm.num_batches_tracked or 0) == 1, "running statistics see the batch once"


def test_of_a_share_the_other_rows_are_learnt_as_they_are() -> None:
    (seen,) = trained(Hardening(eps=9, share=0.25)).trained_on
    brighter = PICTURES.float() + 100
    change = torch.cdist(seen.flatten(1), brighter.flatten(1)).amin(dim=1)
    assert int((change > 0).sum()) == 2


def test_the_same_seed_gives_the_same_weights() -> None:
    first, again, other = (trained(Hardening(), seed=seed, epochs=2).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_net_trained_under_attack_resists_more_than_a_plain_one_on_digits_that_neither_has_seen() -> None:
    pictures, codes = digits()
    rows, unseen = slice(0, 1000), slice(1000, 1200)
    kept = []
    for hardening in (None, Hardening(eps=24)):
        net = fit(pictures[rows], codes[rows], TASK, epochs=10, hardening=hardening)
        given = np.asarray(net.step.transform(frame(pictures[unseen])))
        settings = AttackSettings(attacks=("pgd",), eps=(24,), steps=10)
        (line,) = under_attack(victim_of(net), given, codes[unseen], settings)
        kept.append(line)
    plain, hardened = kept
    assert (hardened.accuracy.low or 0) > (plain.accuracy.high or 1)
    assert (hardened.clean.value or 0) > 0.8


def test_the_recipes_that_train_under_attack_can_be_named() -> None:
    from assay.recipes.named import recipe_named

    assert RECIPES.get("lenet-adversarial").learner.hardening == Hardening(eps=8.0, steps=1)  # type: ignore[attr-defined]
    found = recipe_named("network-adversarial:resnet20@32")
    assert found.learner.hardening == Hardening()  # type: ignore[attr-defined]
    assert found.learner.shape.network == "resnet20"  # type: ignore[attr-defined]


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="outside"):
        Hardening(eps=300)
    with pytest.raises(ConfigError, match="steps=0"):
        Hardening(steps=0)
    with pytest.raises(ConfigError, match="share=0"):
        Hardening(share=0)
