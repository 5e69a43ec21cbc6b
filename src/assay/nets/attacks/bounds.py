"""The units of an attack; without torch, so that a recipe can be named without it."""

from assay.core.errors import ConfigError

WHITE = 255.0


def check_eps(eps: float) -> float:
    """``eps`` in units of a pixel, 0 … 255.  Raises ConfigError outside (0, 255]."""
    if not 0 < eps <= WHITE:
        raise ConfigError(f"eps={eps:g} is outside (0, 255]: it says by how many of its 256 steps a pixel may change, such as 8.")
    return eps
