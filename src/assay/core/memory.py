"""How much memory this process may use, and sizes as people write them.

The bound comes from what the machine or its container has, never from what happens to be free: rows that a fit leaves out
for want of memory change its result, and results must not depend on who else is working.  What is free decides only how
many processes work at once, which changes nothing but the time.
"""

import os
import re
from pathlib import Path

from assay.core.errors import ConfigError

SHARE = 0.75
"""Of the machine's memory, where no bound is said: the rest is for the system and its file cache."""

SMALLEST = 64 * 2**20
"""Below it there is no room for the libraries themselves."""

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(?i)\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*")
_CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_bound(said: str | int | None = None) -> int:
    """Bytes that this process and its workers may use together: what was said, else a share of what the machine has.

    said: bytes, or "8g", "512m".  Raises ConfigError for what is no size, or too small a one to work in.

    >>> memory_bound("1.5g") == memory_bound(1_610_612_736) == 1_610_612_736
    True
    """
    if said is None:
        return int(SHARE * machine_memory())
    found = _SIZE.fullmatch(str(said))
    if found is None:
        raise ConfigError(f"memory={said!r} is no size; write bytes, or a number with k, m, g or t, such as 8g.")
    size = int(float(found[1]) * _UNITS[found[2].lower()])
    if size < SMALLEST:
        raise ConfigError(f"memory={said!r} is less than {size_text(SMALLEST)}, which the libraries alone take; give more.")
    return size


def machine_memory() -> int:
    """Bytes: the limit of the container, or the memory of the machine where there is none or it is larger."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [_number_in(Path(path)) for path in _CGROUP]
    return min([physical, *(limit for limit in limits if limit is not None)])


def free_memory() -> int:
    """Bytes that can be taken now without anything being pushed out; the machine's memory where the system does not say."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return machine_memory()
    found = re.search(r"MemAvailable:\s+(\d+) kB", told)
    return machine_memory() if found is None else min(machine_memory(), int(found[1]) * 1024)


def size_text(size: float) -> str:
    """Bytes in words.

    >>> size_text(1_610_612_736)
    '1.5 GiB'
    """
    for unit, name in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size / 2**10:.3g} KiB"


def _number_in(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or "max"
        return None
