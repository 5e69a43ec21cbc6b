"""Monte Carlo dropout: a net trained with dropout is, with some of its units left out, a sample of an approximate posterior.

Masks are drawn once a member and layer, and all rows share them: a member is one thinned net, not new noise in every row and
batch, so that a row's numbers do not depend on the rows beside it and the same seed gives them again.  Everything but dropout
stays in evaluation mode (batch norm above all).
Source: Gal & Ghahramani (2016); Srivastava et al. (2014) for the thinned nets.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.uncertainty.members import BATCH_ROWS, outputs_of

_BY_CHANNEL = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
_KNOWN = (nn.Dropout, *_BY_CHANNEL)
_Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]


def mc_outputs(model: nn.Module, tensor: Tensor, members: int, seed: int, *, batch_rows: int = BATCH_ROWS) -> np.ndarray:
    """The outputs of ``members`` thinned nets for the rows of ``tensor`` (n, …): float64 (n, members, outputs).

    A net that is an ensemble of k inside gives members × k.  Puts the net into evaluation mode.
    Raises ConfigError for fewer than 2 members, and for a net without dropout, whose members would all be equal.
    """
    if members < 2:
        raise ConfigError(f"members={members}: a spread needs 2 members at least.")
    found = []
    for member in range(members):
        with thinned(model, member, seed):
            found.append(outputs_of(model, tensor, batch_rows=batch_rows))
    return np.concatenate(found, axis=1)


@contextmanager
def thinned(model: nn.Module, member: int, seed: int) -> Iterator[None]:
    """Within it the net, in evaluation mode, is the member of that number: each dropout layer applies the member's own mask.

    A mask has the form of one row of the layer's input, (…) of (n, …), or of its channels (Dropout1d to 3d).  A layer that is
    called several times in one forward pass has a mask for each.  Dropout that is no layer of its own (``dropout_p`` of an
    attention, ``dropout=`` of an LSTM) stays off.
    Raises ConfigError for a net in which no layer drops anything, and for alpha dropout, which this has no masks for.
    """
    layers = _dropping(model)
    masks = _Masks(seed, member)
    handles = [layer.register_forward_hook(masks.hook(name)) for name, layer in layers.items()]
    handles.append(model.register_forward_pre_hook(masks.begin))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Masks:
    """The masks of one member, drawn when first needed (a layer does not know its width) from a stream of their own."""

    def __init__(self, seed: int, member: int) -> None:
        self.seed = seed
        self.member = member
        self.calls: Counter[str] = Counter()
        self.drawn: dict[tuple[str, int, tuple[int, ...]], Tensor] = {}

    def begin(self, _model: nn.Module, _inputs: object) -> None:
        """A forward pass begins; the calls of each layer are counted anew."""
        self.calls.clear()

    def hook(self, name: str) -> _Hook:
        def masked(layer: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> Tensor:
            given = inputs[0]  # (n, …)
            form = tuple(given.shape[1:])
            if isinstance(layer, _BY_CHANNEL):
                form = (form[0], *(1 for _ in form[1:]))
            return given * self._mask(name, _share(layer), form).to(given)

        return masked

    def _mask(self, name: str, share: float, form: tuple[int, ...]) -> Tensor:
        """0 where a unit is left out, else 1 / (1 - share), so that the mean over masks is 1."""
        key = (name, self.calls[name], form)
        self.calls[name] += 1
        if key not in self.drawn:
            stream = torch.Generator().manual_seed(derive(self.seed, "dropout", self.member, *key[:2], *form))
            kept = torch.rand(form, generator=stream, dtype=torch.float64) >= share
            self.drawn[key] = kept.double() / (1 - share) if share < 1 else torch.zeros(form, dtype=torch.float64)
        return self.drawn[key]


def _share(layer: nn.Module) -> float:
    share = layer.p
    if not isinstance(share, float | int):
        raise TypeError(f"the share of a dropout layer is {share!r}, which is no number.")
    return float(share)


def _dropping(model: nn.Module) -> dict[str, nn.Module]:
    """The layers that leave something out, by their path in the net; a layer that stands in two places has its first."""
    found: dict[str, nn.Module] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, nn.AlphaDropout | nn.FeatureAlphaDropout):
            raise ConfigError(f"layer {name!r} is alpha dropout, which has no masks here; build the net with nn.Dropout.")
        if isinstance(layer, _KNOWN) and _share(layer) > 0:
            found[name] = layer
    if not found:
        raise ConfigError(
            "the net has no dropout layer that leaves anything out, so all members would be equal; train it with dropout > 0."
        )
    return found
