"""An autoencoder for tables: a row through a narrow layer and back, plain or shown in a corrupted form (denoising).

The narrow layer is a projection of the row; how badly it comes back is a score of how odd the row is.  Without hidden layers
and noise it is linear, and can do no better than principal components (Baldi & Hornik, 1989).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive
from assay.nets.architectures import assemble
from assay.nets.blocks import check_activation, dense_stack
from assay.nets.generate.corruption import GaussianNoise, SwapNoise
from assay.nets.generate.mixed import MixedColumns, MixedReconstruction, check_columns
from assay.nets.seeding import isolated, threads
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.work import Augment, supervised

BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class AutoencoderSpec:
    """outputs: numbers of the narrow layer.  hidden: widths of the encoder's layers; the decoder has them reversed."""

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    hidden: tuple[int, ...] = (128,)
    activation: str = "relu"

    def __post_init__(self) -> None:
        check_columns(self.numbers, self.levels, 0)
        check_activation(self.activation)
        if min(self.outputs, *self.hidden, 1) < 1:
            raise ConfigError(f"outputs={self.outputs} and every width of hidden={self.hidden} must be at least 1.")

    @property
    def columns(self) -> MixedColumns:
        return MixedColumns(self.numbers, self.levels)

    def build(self) -> "Autoencoder":
        return Autoencoder(self)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + codes), numbers finite and codes within their levels, as float64; else raises DataError."""
        width = self.numbers + len(self.levels)
        if matrix.ndim != 2 or matrix.shape[1] != width or not np.isfinite(matrix).all():
            raise DataError(f"the autoencoder reads {width} columns of finite numbers; the matrix has the form {matrix.shape}.")
        codes = matrix[:, self.numbers :]
        if ((codes < 0) | (codes >= np.array(self.levels, dtype=np.float64)) | (codes != np.rint(codes))).any():
            raise DataError("the matrix holds a code that its column does not have.")
        return torch.from_numpy(np.array(matrix, dtype=np.float64, order="C"))


class Autoencoder(nn.Module):
    """table (n, numbers + codes) -> output (n, numbers + sum of levels), through ``projected`` (n, outputs)."""

    def __init__(self, spec: AutoencoderSpec) -> None:
        super().__init__()
        self.columns = spec.columns
        width = self.columns.width
        self.encoder = dense_stack((width, *spec.hidden, spec.outputs), spec.activation, 0.0)
        self.decoder = dense_stack((spec.outputs, *spec.hidden[::-1], width), spec.activation, 0.0)

    def projected(self, table: Tensor) -> Tensor:
        return self.encoder(self.columns.widened(table))  # type: ignore[no-any-return]

    def forward(self, table: Tensor) -> Tensor:
        return self.decoder(self.projected(table))  # type: ignore[no-any-return]


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings:
    """width: numbers of the narrow layer.  swap: the share of cells that are shown from other rows.

    noise: the standard deviation of what is added to numbers.  steps: of training, whatever the number of rows.
    """

    width: int = 16
    hidden: tuple[int, ...] = (128,)
    activation: str = "relu"
    swap: float = 0.15
    noise: float = 0.0
    steps: int = 2000
    batch_size: int = 256
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        SwapNoise(self.swap), GaussianNoise(self.noise, 0)
        if self.width < 1 or self.steps < 1:
            raise ConfigError(f"width={self.width} and steps={self.steps} must be at least 1.")

    def corruption(self, numbers: int) -> Augment | None:
        if not self.swap and not self.noise:
            return None
        return _Corrupted(SwapNoise(self.swap), GaussianNoise(self.noise, numbers))

    def training(self, rows: int) -> TrainSettings:
        size = min(self.batch_size, rows)
        steps_an_epoch = -(-rows // size)
        return TrainSettings(
            optimizer="adam",
            learning_rate=self.learning_rate,
            weight_decay=0.0,
            batch_size=size,
            epochs=max(1, -(-self.steps // steps_an_epoch)),
            patience=None,
        )


@dataclass(frozen=True)
class _Corrupted:
    swap: SwapNoise
    noise: GaussianNoise

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        return self.noise(self.swap(inputs, generator), generator)


def fit_autoencoder(
    matrix: np.ndarray,
    numbers: int,
    levels: tuple[int, ...],
    settings: AutoencoderSettings,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    run: Run | None = None,
) -> tuple[AutoencoderSpec, Autoencoder]:
    """An autoencoder trained on the rows of a matrix (n, numbers + codes), in evaluation mode on ``run.device``.

    weights: of the rows, float (n,) >= 0, or None.
    """
    spec = AutoencoderSpec(numbers, levels, settings.width, settings.hidden, settings.activation)
    run = run or Run()
    with isolated(derive(seed, "first weights")):
        model = spec.build()
    table = spec.tensor(matrix).float()
    counted = None if weights is None else torch.from_numpy(np.array(weights, dtype=np.float32))
    work = supervised(
        Examples((table,), table, counted).to(run.device),
        MixedReconstruction(numbers, levels),
        augment=settings.corruption(numbers),
    )
    rows = len(matrix) if weights is None else int((weights > 0).sum())
    train(model, work, settings.training(rows), seed=seed, run=run)
    return spec, model


def project(spec: AutoencoderSpec, model: nn.Module, matrix: np.ndarray) -> np.ndarray:
    """float64 (n, outputs): the narrow layer of an assembled autoencoder."""
    parts = [np.zeros((0, spec.outputs))]
    with threads(1), torch.inference_mode():
        parts += [model.projected(rows).numpy() for rows in torch.split(spec.tensor(matrix), BATCH_ROWS) if len(rows)]  # type: ignore[operator]
    return np.concatenate(parts)


def errors(spec: AutoencoderSpec, model: nn.Module, matrix: np.ndarray) -> np.ndarray:
    """float64 (n,): how badly an assembled autoencoder gives each row back, mean over its columns."""
    loss = MixedReconstruction(spec.numbers, spec.levels)
    parts = [np.zeros(0)]
    with threads(1), torch.inference_mode():
        parts += [loss(model(rows), rows).numpy() for rows in torch.split(spec.tensor(matrix), BATCH_ROWS) if len(rows)]
    return np.concatenate(parts)


def assembled(spec: AutoencoderSpec, weights: dict[str, np.ndarray]) -> Autoencoder:
    """The autoencoder with saved weights, in float64; raises BundleError for weights of another net."""
    model = assemble(spec, weights)
    assert isinstance(model, Autoencoder)
    return model


def standardised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column, (d,) each; 1 where there is none."""
    scale = values.std(axis=0)
    return values.mean(axis=0), np.where(scale > 1e-12, scale, 1.0)
