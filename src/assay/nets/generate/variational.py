"""A variational autoencoder for tables: rows are decoded from a few normal numbers, and new rows from new such numbers.

The decoder says a mean for each number (its spread is one learnt number a column) and probabilities for each level.  With
classes both halves are told the class, so that rows of a class can be asked for.
Sources: Kingma & Welling (2014); Higgins et al. (2017) for beta; Xu et al. (2019), section 4.6, TVAE (whose mode-specific
numbers are by rank here).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.blocks import check_activation, dense_stack
from assay.nets.generate.generator import epochs_for
from assay.nets.generate.mixed import MixedColumns, check_columns, class_inputs, normal
from assay.nets.settings import TrainSettings
from assay.nets.training.examples import Examples, InMemory
from assay.nets.training.work import Objective, Work
from assay.prepare.net_columns import Layout

HALF_LOG_TAU = 0.9189385332046727
"""log(2π) / 2, the constant of a normal log-density."""

LEAST_LOG_SCALE = -4.0
"""The spread of a column around its mean stops here; a perfect column's log-density would have no bound."""


@dataclass(frozen=True, slots=True)
class VAESpec:
    """latent: numbers a row is decoded from.  hidden: widths of the encoder's layers; the decoder has them reversed."""

    numbers: int
    levels: tuple[int, ...]
    classes: int
    latent: int = 32
    hidden: tuple[int, ...] = (128, 128)
    activation: str = "relu"

    def __post_init__(self) -> None:
        check_columns(self.numbers, self.levels, self.classes)
        check_activation(self.activation)
        if min(self.latent, *self.hidden, 1) < 1:
            raise ConfigError(f"latent={self.latent} and every width of hidden={self.hidden} must be at least 1.")

    @property
    def columns(self) -> MixedColumns:
        return MixedColumns(self.numbers, self.levels)

    def build(self) -> "VariationalAutoencoder":
        return VariationalAutoencoder(self)


class VariationalAutoencoder(nn.Module):
    """table (n, numbers + codes), classes (n,), noise (n, latent) -> log-likelihood (n,), mean and log-variance (n, latent)."""

    def __init__(self, spec: VAESpec) -> None:
        super().__init__()
        self.spec, self.columns = spec, spec.columns
        width = self.columns.width
        self.encoder = dense_stack((width + spec.classes, *spec.hidden, 2 * spec.latent), spec.activation, 0.0)
        self.decoder = dense_stack((spec.latent + spec.classes, *spec.hidden[::-1], width), spec.activation, 0.0)
        self.log_scale = nn.Parameter(torch.zeros(spec.numbers))

    def encoded(self, table: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent numbers, each (n, latent)."""
        told = class_inputs(classes, self.spec.classes, table)
        mean, log_variance = self.encoder(torch.cat([self.columns.widened(table), told], dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-15.0, 15.0)

    def decoded(self, latent: Tensor, classes: Tensor) -> Tensor:
        told = class_inputs(classes, self.spec.classes, latent)
        return self.decoder(torch.cat([latent, told], dim=1))  # type: ignore[no-any-return]

    def forward(self, table: Tensor, classes: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encoded(table, classes)
        output = self.decoded(mean + noise * (log_variance / 2).exp(), classes)
        return self.log_likelihood(output, table), mean, log_variance

    def log_likelihood(self, output: Tensor, table: Tensor) -> Tensor:
        """(n,): log-density of the numbers plus log-probability of the codes, given the output."""
        log_scale = self.log_scale.clamp_min(LEAST_LOG_SCALE)
        numbers = self.spec.numbers
        apart = (table[:, :numbers] - output[:, :numbers]) / log_scale.exp()
        found = -(apart.square() / 2 + log_scale + HALF_LOG_TAU).sum(dim=1)
        return found - self.columns.cross_entropies(output, table).sum(dim=1) if self.spec.levels else found

    def draw(self, classes: Tensor, rng: torch.Generator) -> Tensor:
        like = self.log_scale
        output = self.decoded(normal((len(classes), self.spec.latent), rng, like), classes)
        spread = self.log_scale.clamp_min(LEAST_LOG_SCALE).exp()
        numbers = output[:, : self.spec.numbers] + spread * normal((len(classes), self.spec.numbers), rng, like)
        if not self.spec.levels:
            return numbers
        return torch.cat([numbers, self.columns.drawn(output, rng)], dim=1)


def divergence_from_standard(mean: Tensor, log_variance: Tensor) -> Tensor:
    """(n,): the Kullback–Leibler divergence of N(mean, diag exp log_variance) from N(0, I), in nats."""
    return ((mean.square() + log_variance.exp() - 1 - log_variance) / 2).sum(dim=1)


@dataclass(frozen=True)
class EvidenceBound:
    """Minus the evidence lower bound of a batch, with ``beta`` before its divergence and one latent draw a row."""

    beta: float
    latent: int

    def __call__(self, model: nn.Module, batch: Examples, generator: torch.Generator) -> Tensor:
        table, classes = batch.inputs
        likelihood, mean, log_variance = model(table, classes, normal((len(table), self.latent), generator, table))
        lost: Tensor = self.beta * divergence_from_standard(mean, log_variance) - likelihood
        return lost.mean()


@dataclass(frozen=True, kw_only=True)
class VAE:
    """beta: the weight of the divergence from the prior; below 1 rows are sharper, above it smoother.  steps: of training."""

    NAME: ClassVar[str] = "vae"
    SPEC: ClassVar[type[VAESpec]] = VAESpec

    latent: int = 32
    hidden: tuple[int, ...] = (256, 256)
    beta: float = 1.0
    steps: int = 4000
    batch_size: int = 256
    learning_rate: float = 3e-3

    def __post_init__(self) -> None:
        if not self.beta >= 0 or self.steps < 1:
            raise ConfigError(f"beta={self.beta} must not be negative, steps={self.steps} at least 1.")

    def spec(self, layout: Layout, classes: int) -> VAESpec:
        return VAESpec(layout.numbers, layout.levels, classes, self.latent, self.hidden)

    def work(self, model: nn.Module, table: Tensor, classes: Tensor) -> Work[Examples]:  # noqa: ARG002
        source = InMemory(Examples((table, classes), classes))
        return Work(source, (Objective(EvidenceBound(self.beta, self.latent), "evidence bound"),))

    def training(self, rows: int) -> TrainSettings:
        size = min(self.batch_size, rows)
        epochs = epochs_for(self.steps, rows, size)
        return TrainSettings(
            optimizer="adam", learning_rate=self.learning_rate, weight_decay=1e-5, batch_size=size, epochs=epochs, patience=None
        )
