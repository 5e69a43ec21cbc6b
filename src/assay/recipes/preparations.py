"""Every preparation by name: those of ``prepare``, and those that need a net."""

from assay.core.registry import Registry
from assay.nets.generate.bottleneck import Bottleneck
from assay.prepare.named import PREPARATIONS as WITHOUT_NETS
from assay.prepare.named import Preparation, then

AUTOENCODER = Preparation(
    "autoencoder", "all columns: the 10 numbers of an autoencoder's narrow layer (needs assay[nets])", then(Bottleneck())
)

PREPARATIONS: Registry[Preparation] = Registry("preparation")

for _name in WITHOUT_NETS.names():
    PREPARATIONS.add(_name, WITHOUT_NETS.target(_name))
PREPARATIONS.add("autoencoder", "assay.recipes.preparations:AUTOENCODER")


def preparation_named(name: str) -> Preparation:
    """Raises UnknownNameError with the nearest name.

    >>> preparation_named("autoencoder").name
    'autoencoder'
    """
    return PREPARATIONS.get(name)
