"""The generators of rows by name; each target is called without arguments to make one with its default settings."""

from typing import Any

from assay.core.registry import Registry

GENERATORS: Registry[type[Any]] = Registry("generator")

GENERATORS.add("vae", "assay.nets.generate.variational:VAE")
GENERATORS.add("ctgan", "assay.nets.generate.gan:CTGAN")
GENERATORS.add("diffusion", "assay.nets.generate.diffusion:Diffusion")
