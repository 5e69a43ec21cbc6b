"""Some of many, evenly spaced: for looks at a table that need no more of its rows."""

import numpy as np


def spaced(n: int, most: int) -> np.ndarray:
    """int64, rising: all of 0 … n − 1, or ``most`` of them from the first to the last.

    >>> spaced(9, 3).tolist(), spaced(2, 3).tolist(), spaced(0, 3).tolist()
    ([0, 4, 8], [0, 1], [])
    """
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
