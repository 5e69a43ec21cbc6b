"""p-values corrected for how many comparisons were made.

Holm bounds the chance of a single false claim in the family; Benjamini and Hochberg the expected share of false ones
among the claims, which suits a screening of very many candidates and no verdict that a decision rests on.
"""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p adjusted for the number of comparisons in the family, in the order given; None passes through and is not counted.

    Source: Holm (1979).

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, index) in enumerate(known):
        least = max(least, min(1.0, (len(known) - rank) * p))
        adjusted[index] = least
    return adjusted


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """p adjusted so that claims at q hold an expected share of at most q false ones; None passes through, not counted.

    Holds for independent p-values and for positively dependent ones.  Source: Benjamini & Hochberg (1995).

    >>> benjamini_hochberg([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    known = sorted(((p, index) for index, p in enumerate(p_values) if p is not None), reverse=True)
    adjusted: list[float | None] = [None] * len(p_values)
    most = 1.0
    for above, (p, index) in enumerate(known):
        most = min(most, len(known) / (len(known) - above) * p)
        adjusted[index] = most
    return adjusted
