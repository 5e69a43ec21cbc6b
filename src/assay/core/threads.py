"""How many processors there are for this process, and one function on many things at once."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Found = TypeVar("Found")


def usable_threads() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def allowed_threads() -> int:
    """As many as are usable, or fewer where OMP_NUM_THREADS says so: a study says it to its worker processes, too.

    For what gives the same bytes whatever their number.
    """
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    usable = usable_threads()
    return min(usable, int(said)) if said.isdecimal() and int(said) > 0 else usable


def each(function: Callable[[Thing], Found], things: Iterable[Thing]) -> list[Found]:
    """What the function says of each thing, in their order; worth it where NumPy or polars does the work outside the GIL.

    Raises what the function raises for the first thing for which it does.

    >>> each(abs, [-2, 3, -1])
    [2, 3, 1]
    """
    with ThreadPoolExecutor(usable_threads()) as pool:
        return list(pool.map(function, things))
