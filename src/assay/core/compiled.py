"""Loops compiled by numba.  Only modules that ``core.loops`` chooses import it."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile on the first call, release the interpreter's lock, keep IEEE arithmetic."""
    return _compiled(function, {})


def fast_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """As ``kernel``, for loops that see neither NaN nor infinity and whose sums may be taken in any order.

    The order is fixed when it is compiled, so equal input still gives equal bytes on one machine.
    """
    return _compiled(function, {"fastmath": True})


def _compiled(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    """Without a cache where numba finds no folder to write one (read-only install, no home)."""
    try:
        return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, **options)(function))
    except RuntimeError:
        return cast("Callable[P, R]", numba.njit(nogil=True, **options)(function))
