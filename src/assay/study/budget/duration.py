"""Lengths of wall-clock time as users write them."""

import re

from assay.core.errors import ConfigError

SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(s|m|min|h)\s*")


def parse_duration(text: str) -> float:
    """Seconds.  Raises ConfigError for what is no length of time above 0 with its unit.

    >>> parse_duration("90s"), parse_duration("1.5m"), parse_duration("2h")
    (90.0, 90.0, 7200.0)
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        raise ConfigError(f"budget {text!r}: write a length of time with its unit, such as 90s, 3m or 1h.")
    return float(found[1]) * SECONDS[found[2]]


def said(seconds: float) -> str:
    """As people say it.

    >>> said(42.3), said(180), said(5400)
    ('42 s', '3 min', '1 h 30 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest} min" if rest else f"{hours} h"
