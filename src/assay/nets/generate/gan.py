"""A conditional pair of adversaries for tables: one makes rows of a level and a class, the other tells them from real ones.

The critic reads ``pack`` rows at once, so that it sees when they are too much alike, and its slope is held at 1 between real
and made rows.  Four things differ from the paper, each because it made rows that are harder to tell from real ones: numbers are
normal scores of ranks with codes for values of many rows, as in the other generators, and not modes of a mixture (on
telco_churn, at equal widths and steps, a boosting's AUC against real rows fell from 0.97 to 0.90); RMSprop without momentum,
which an adversary needs to be low; layer norms, which know no batch; and a critic without dropout, whose slope the penalty
can then hold.
Sources: Xu et al. (2019), CTGAN; Gulrajani et al. (2017) for the penalty; Lin et al. (2018), PacGAN, for the packs; Jang et
al. (2017) for levels that have gradients.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.generate.conditions import Asked, DrawnByLevel, asked_levels, condition, level_counts
from assay.nets.generate.generator import epochs_for
from assay.nets.generate.mixed import MixedColumns, check_columns, gumbel, normal
from assay.nets.settings import TrainSettings
from assay.nets.training.work import Objective, Work
from assay.prepare.net_columns import Layout

TEMPERATURE = 0.2
"""Of the levels while training: low enough to be nearly one-hot."""

PENALTY = 10.0


@dataclass(frozen=True, slots=True)
class CTGANSpec:
    """noise: numbers a row is made from.  hidden: widths of the layers of both nets.  pack: rows the critic reads at once."""

    numbers: int
    levels: tuple[int, ...]
    classes: int
    noise: int = 128
    hidden: tuple[int, ...] = (128, 128)
    pack: int = 5

    def __post_init__(self) -> None:
        check_columns(self.numbers, self.levels, self.classes)
        if min(self.noise, self.pack, *self.hidden) < 1:
            raise ConfigError(f"noise={self.noise}, pack={self.pack} and every width of hidden={self.hidden} must be at least 1.")

    @property
    def columns(self) -> MixedColumns:
        return MixedColumns(self.numbers, self.levels)

    def build(self) -> "ConditionalGAN":
        return ConditionalGAN(self)


class Widening(nn.Module):
    """x (n, width) -> (n, width + added): x, and beside it what a layer makes of it."""

    def __init__(self, width: int, added: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, added)
        self.norm = nn.LayerNorm(added)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.norm(self.layer(x)).relu(), x], dim=1)


class ConditionalGAN(nn.Module):
    """generator: noise and condition -> width of the columns.  critic: packs of rows with their conditions -> a number."""

    counts: Tensor

    def __init__(self, spec: CTGANSpec) -> None:
        super().__init__()
        self.spec, self.columns = spec, spec.columns
        asked = sum(spec.levels) + spec.classes
        width = spec.noise + asked
        layers: list[nn.Module] = []
        for added in spec.hidden:
            layers.append(Widening(width, added))
            width += added
        self.generator = nn.Sequential(*layers, nn.Linear(width, self.columns.width))
        critic: list[nn.Module] = []
        width = spec.pack * (self.columns.width + asked)
        for after in spec.hidden:
            critic += [nn.Linear(width, after), nn.LeakyReLU(0.2)]
            width = after
        self.critic = nn.Sequential(*critic, nn.Linear(width, 1))
        self.register_buffer("counts", torch.ones(max(spec.classes, 1), sum(spec.levels)))

    def condition(self, column: Tensor, level: Tensor, classes: Tensor) -> Tensor:
        return condition(self.columns, column, level, classes, self.spec.classes, self.counts)

    def made(self, asked: Tensor, rng: torch.Generator) -> Tensor:
        """The generator's output (n, width) for conditions (n, …): numbers, logits."""
        return self.generator(torch.cat([normal((len(asked), self.spec.noise), rng, asked), asked], dim=1))  # type: ignore[no-any-return]

    def softened(self, output: Tensor, rng: torch.Generator) -> Tensor:
        """An output as a row that the critic can read: numbers, and levels nearly one-hot, with gradients."""
        numbers = output[:, : self.spec.numbers]
        if not self.spec.levels:
            return numbers
        logits = output[:, self.spec.numbers :]
        return torch.cat([numbers, self.columns.shares((logits + gumbel(logits, rng)) / TEMPERATURE)], dim=1)

    def judged(self, rows: Tensor, asked: Tensor) -> Tensor:
        """(n / pack, 1): what the critic says of rows (n, width) with their conditions."""
        return self.critic(torch.cat([rows, asked], dim=1).view(len(rows) // self.spec.pack, -1))  # type: ignore[no-any-return]

    def draw(self, classes: Tensor, rng: torch.Generator) -> Tensor:
        column, level = asked_levels(self.counts, self.columns, classes, told=self.spec.classes > 0, rng=rng)
        output = self.made(self.condition(column, level, classes), rng)
        numbers = output[:, : self.spec.numbers]
        return torch.cat([numbers, self.columns.drawn(output, rng)], dim=1) if self.spec.levels else numbers


def slope_penalty(model: ConditionalGAN, real: Tensor, made: Tensor, asked: Tensor, rng: torch.Generator) -> Tensor:
    """Mean of (‖slope of the critic by its pack of rows‖ - 1)² at points between real and made packs."""
    packs = len(real) // model.spec.pack
    share = torch.rand((packs, 1, 1), generator=rng, dtype=real.dtype).to(real.device)
    apart = (made - real).view(packs, model.spec.pack, -1)
    between = (real.view(apart.shape) + share * apart).flatten(0, 1).detach().requires_grad_()
    said = model.judged(between, asked)
    [slope] = torch.autograd.grad(said.sum(), between, create_graph=True)
    length: Tensor = slope.reshape(packs, -1).norm(dim=1)
    return (length - 1).square().mean()


def whole_packs(model: ConditionalGAN, batch: Asked) -> Asked:
    """The batch without the rows that fill no pack; a batch below one pack has its rows twice, or more often."""
    rows = max(len(batch) - len(batch) % model.spec.pack, model.spec.pack)
    return batch.take(torch.arange(rows, device=batch.classes.device) % len(batch))


def critic_loss(model: nn.Module, batch: Asked, generator: torch.Generator) -> Tensor:
    """What the critic says of made rows, less what it says of real ones, and the penalty for its slope."""
    assert isinstance(model, ConditionalGAN)
    batch = whole_packs(model, batch)
    asked = model.condition(batch.column, batch.level(model.columns), batch.classes)
    with torch.no_grad():
        made = model.softened(model.made(asked, generator), generator)
    real = model.columns.widened(batch.table)
    apart = model.judged(made, asked).mean() - model.judged(real, asked).mean()
    return apart + PENALTY * slope_penalty(model, real, made, asked, generator)


def generator_loss(model: nn.Module, batch: Asked, generator: torch.Generator) -> Tensor:
    """Minus what the critic says of made rows, and the cross-entropy of the levels that were asked for."""
    assert isinstance(model, ConditionalGAN)
    batch = whole_packs(model, batch)
    asked = model.condition(batch.column, batch.level(model.columns), batch.classes)
    output = model.made(asked, generator)
    lost = -model.judged(model.softened(output, generator), asked).mean()
    count = len(model.spec.levels)
    if not count:
        return lost
    rows = torch.arange(len(batch), device=batch.column.device)
    missed = model.columns.cross_entropies(output, batch.table)[rows, batch.column.clamp_max(count - 1)]
    return lost + torch.where(batch.column < count, missed, torch.zeros_like(missed)).mean()


@dataclass(frozen=True, kw_only=True)
class CTGAN:
    """pack: rows the critic reads at once.  steps: of training, each one of the critic and one of the generator."""

    NAME: ClassVar[str] = "ctgan"
    SPEC: ClassVar[type[CTGANSpec]] = CTGANSpec

    noise: int = 128
    hidden: tuple[int, ...] = (192, 192)
    pack: int = 5
    steps: int = 2000
    batch_size: int = 250
    learning_rate: float = 5e-4

    def __post_init__(self) -> None:
        if self.steps < 1 or self.pack < 1 or self.batch_size < self.pack:
            raise ConfigError(f"steps={self.steps} and pack={self.pack} must be at least 1, batch_size={self.batch_size} a pack.")

    def spec(self, layout: Layout, classes: int) -> CTGANSpec:
        return CTGANSpec(layout.numbers, layout.levels, classes, self.noise, self.hidden, self.pack)

    def work(self, model: nn.Module, table: Tensor, classes: Tensor) -> Work[Asked]:
        assert isinstance(model, ConditionalGAN)
        model.counts.copy_(level_counts(table, classes, model.columns, model.spec.classes))
        return Work(
            DrawnByLevel(table, classes, model.columns, model.spec.classes),
            (
                Objective(critic_loss, "critic's loss", moves="critic."),
                Objective(generator_loss, "generator's loss", moves="generator."),
            ),
        )

    def training(self, rows: int) -> TrainSettings:
        size = min(self.batch_size, rows)
        return TrainSettings(
            optimizer="rmsprop",
            momentum=0.0,
            learning_rate=self.learning_rate,
            weight_decay=1e-6,
            schedule="constant",
            clip_norm=None,
            batch_size=size,
            epochs=epochs_for(self.steps, rows, size),
            patience=None,
            ema=0.99,
        )
