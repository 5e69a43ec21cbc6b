"""Every treatment by name: those of ``balance``, and those that need a net, which ``balance`` may not know of.

Whoever looks a treatment up by name does it here; each target is called without arguments to make one with its default
settings.
"""

from collections.abc import Callable

from assay.balance.registry import TREATMENTS as WITHOUT_NETS
from assay.balance.treatment import Treatment
from assay.core.registry import Registry

TREATMENTS: Registry[Callable[[], Treatment]] = Registry("treatment")

for _name in WITHOUT_NETS.names():
    TREATMENTS.add(_name, WITHOUT_NETS.target(_name))
TREATMENTS.add("vae", "assay.nets.generate.treatment:VAETreatment")
TREATMENTS.add("ctgan", "assay.nets.generate.treatment:CTGANTreatment")
TREATMENTS.add("diffusion", "assay.nets.generate.treatment:DiffusionTreatment")
