"""Independent random streams from one seed and a path of names.

A stream belongs to what it is for ("bootstrap", recipe, fold), never to the order in
which work happens to be done, so results do not depend on the number of workers.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def derive(seed: int, *path: str | int) -> int:
    """A 63-bit seed for the purpose named by ``path``; equal arguments give equal seeds.

    >>> derive(0, "fold", 1) == derive(0, "fold", 1) != derive(0, "fold", 2)
    True
    """
    text = "\x1f".join([str(int(seed)), *(f"{type(part).__name__}:{part}" for part in path)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def generator(seed: int, *path: str | int) -> "np.random.Generator":
    """A numpy generator on the stream named by ``path``."""
    import numpy as np

    return np.random.default_rng(derive(seed, *path))


def seed32(seed: int, *path: str | int) -> int:
    """A seed below 2**31, for libraries (scikit-learn, LightGBM) that take no larger one."""
    return derive(seed, *path) % (2**31 - 1)
