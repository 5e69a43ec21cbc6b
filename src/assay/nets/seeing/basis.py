"""How a picture is written while it is optimised: by its pixels, or by its frequencies, with colours that do not go together.

In the Fourier basis a step changes all frequencies alike, each scaled by one over itself as in natural pictures, so that the
picture does not drown in fine grain; colours are mixed as they are in photographs.  Source: Olah, Mordvintsev & Schubert (2017),
with the colour matrix of their library Lucid, measured on ImageNet.
"""

from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

Basis = Literal["fourier", "pixel"]
BASES = get_args(Basis)
WHITE = 255.0
FIRST_SPREAD = 0.01
TAMED = 4.0
"""What frequencies are divided by besides, so that the picture begins near grey; Lucid's."""

COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], dtype=torch.float64)
"""The root of the covariance of red, green and blue over the photographs of ImageNet."""


class Written(Protocol):
    """values: what is optimised."""

    values: Tensor

    def picture(self) -> Tensor:
        """(1, channels, size, size), in 0 … 255."""
        ...


def written(basis: str, channels: int, size: int, seed: int, spread: float = FIRST_SPREAD) -> Written:
    """A picture near grey in this basis, drawn from the seed.  Raises ConfigError for another basis."""
    draws = torch.Generator().manual_seed(seed)
    if basis == "fourier":
        return Frequencies(channels, size, draws, spread)
    if basis == "pixel":
        return Pixels(channels, size, draws, spread)
    raise ConfigError(f"no basis {basis!r}{did_you_mean(basis, BASES)}")


class Pixels:
    def __init__(self, channels: int, size: int, draws: torch.Generator, spread: float) -> None:
        self.values = (spread * torch.randn(1, channels, size, size, generator=draws)).requires_grad_()

    def picture(self) -> Tensor:
        return WHITE * torch.sigmoid(self.values)


class Frequencies:
    def __init__(self, channels: int, size: int, draws: torch.Generator, spread: float) -> None:
        down = torch.fft.fftfreq(size)[:, None]
        along = torch.fft.rfftfreq(size)[None, :]
        frequency = torch.sqrt(down**2 + along**2).clamp_min(1.0 / size)
        self._scale = 1 / (TAMED * frequency)
        self._size = size
        form = (1, channels, *frequency.shape, 2)
        self.values = (spread * torch.randn(form, generator=draws)).requires_grad_()
        mix = COLOURS / torch.linalg.vector_norm(COLOURS, dim=0).max()
        self._mix = mix.float() if channels == 3 else None

    def picture(self) -> Tensor:
        spectrum = torch.view_as_complex(self.values) * self._scale
        values = torch.fft.irfft2(spectrum, s=(self._size, self._size), norm="ortho")
        if self._mix is not None:
            values = torch.einsum("dc,nchw->ndhw", self._mix, values)
        return WHITE * torch.sigmoid(values)
