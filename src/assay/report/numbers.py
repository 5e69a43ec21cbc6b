"""Numbers as people read them: three or four digits, one count of decimals for numbers that are compared.

No locale is read: equal input gives equal bytes.
"""

import math
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
MISSING = "\N{EM DASH}"


def decimals_for(values: Iterable[float | None]) -> int:
    """Decimals that show the largest of ``values`` with at least three digits, and at most 4 decimals below 10.

    >>> decimals_for([0.7312, 0.69]), decimals_for([42.17]), decimals_for([12345.6]), decimals_for([0.00042])
    (3, 2, 0, 6)
    """
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    if largest == 0.0:
        return 3
    exponent = math.floor(math.log10(largest))
    if exponent >= 0:
        return max(0, 3 - exponent)
    return 3 if exponent >= -2 else min(12, 2 - exponent)


def number(value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
    """A number with a true minus and grouped thousands; a dash for None.

    >>> number(-0.0123), number(12345.6), number(0.5, 2, sign=True), number(None)
    ('−0.012', '12\u202f346', '+0.50', '—')
    """
    if value is None:
        return MISSING
    value = float(value)
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    places = decimals_for([value]) if decimals is None else decimals
    if value != 0 and (abs(value) >= 1e9 or abs(value) < 1e-6):
        return f"{value:.3g}".replace("-", MINUS)
    text = f"{value:+,.{places}f}" if sign else f"{value:,.{places}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    return text.replace(",", THIN).replace("-", MINUS)


def count(value: int) -> str:
    """A whole number with grouped thousands.

    >>> count(41188)
    '41\u202f188'
    """
    return f"{value:,d}".replace(",", THIN)


def probability(value: float | None) -> str:
    """A p-value: three decimals, never "0.000".

    >>> probability(0.0421), probability(1e-9), probability(None)
    ('0.042', '<\u202f0.001', '—')
    """
    if value is None:
        return MISSING
    return f"<{THIN}0.001" if value < 0.001 else f"{value:.3f}"


def share(value: float) -> str:
    """A share as a percentage that never rounds something to nothing.

    >>> share(0.1234), share(0.004), share(0.00001), share(1.0)
    ('12.3 %', '0.40 %', '<\u202f0.01 %', '100 %')
    """
    percent = 100 * value
    if percent in (0.0, 100.0):
        return f"{percent:.0f} %"
    if percent < 0.01:
        return f"<{THIN}0.01 %"
    return f"{percent:.2f} %" if percent < 1 else f"{percent:.1f} %"


def seconds(value: float | None) -> str:
    """A duration.

    >>> seconds(0.04), seconds(3.21), seconds(75), seconds(7300), seconds(None)
    ('0.04 s', '3.2 s', '1 min 15 s', '2 h 1 min', '—')
    """
    if value is None:
        return MISSING
    if value < 60:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ends_text(low: float | None, high: float | None, decimals: int, *, sign: bool = False) -> str:
    """The two ends of an interval, or nothing when there is none.

    >>> ends_text(-0.1, 0.25, 2, sign=True), ends_text(None, None, 2)
    ('[−0.10, +0.25]', '')
    """
    if low is None or high is None:
        return ""
    return f"[{number(low, decimals, sign=sign)}, {number(high, decimals, sign=sign)}]"


def interval_text(value: float | None, low: float | None, high: float | None, decimals: int, *, sign: bool = False) -> str:
    """A value with its interval; without one the value alone.

    >>> interval_text(0.7312, 0.702, 0.759, 3)
    '0.731 [0.702, 0.759]'
    """
    return f"{number(value, decimals, sign=sign)} {ends_text(low, high, decimals, sign=sign)}".rstrip()
