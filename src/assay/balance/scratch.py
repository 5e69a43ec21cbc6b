"""Large arrays that are needed for a moment."""

import mmap
from typing import Any

import numpy as np


def scratch(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Zeros whose memory goes back to the system as soon as the array is let go.

    What malloc hands out may stay with the process after it is freed; then the output that follows would come on top of it.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(1, size)), dtype=dtype, count=int(np.prod(shape))).reshape(shape)
