"""Names in messages: the nearest of some for "did you mean …?", and the first of many."""

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name most like ``name``, letter case aside, or None when none is like it."""
    by_lower = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A tail for a message: "; did you mean 'x'?", or the known names when none is near.

    >>> did_you_mean("denyed", ["denied", "loan"])
    "; did you mean 'denied'?"
    """
    known = list(names)
    best = nearest(name, known)
    if best is not None:
        return f"; did you mean {best!r}?"
    shown = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    return f"; known: {shown}." if known else "; there are none."


def some_of(names: Iterable[str], most: int = 6) -> str:
    """The first names, parted by commas, and a sign where there are more.

    >>> some_of(["a", "b", "c"], most=2)
    'a, b …'
    """
    known = list(names)
    return ", ".join(known[:most]) + (" …" if len(known) > most else "")
