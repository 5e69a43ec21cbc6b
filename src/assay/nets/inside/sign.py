"""What a warning about a training is, and how the numbers in it are read and written."""

from dataclasses import dataclass

import numpy as np

from assay.nets.inside.record import Inside


@dataclass(frozen=True, slots=True)
class Sign:
    """One warning.

    kind: "diverged", "exploding", "not learning", "vanishing", "dead", "saturated" or "over-fitting".
    layer: its name, or None where it is the whole net.  since: the step (from 0) from which on it is seen.
    sentence: what, how much, where, since when; what to do.
    """

    kind: str
    layer: str | None
    since: int
    sentence: str


def sign_since(inside: Inside, kind: str, layer: str | None, column: int, text: str, advice: str) -> Sign:
    """A sign that is seen since the recorded step in this column."""
    step = int(inside.steps[column])
    return Sign(kind, layer, step, f"{text} (since step {step}); {advice}.")


def matrices(inside: Inside) -> list[int]:
    """The layers that multiply and learn, in forward order."""
    return [row for row, layer in enumerate(inside.layers) if layer.is_matrix and not np.isnan(inside.gradients[row]).all()]


def whole(lines: np.ndarray, inside: Inside) -> np.ndarray:
    """The norm over all layers that multiply; float64 (s,)."""
    return np.asarray(np.sqrt(np.nansum(np.square(lines[matrices(inside)]), axis=0)))


def last_known(lines: np.ndarray) -> np.ndarray:
    """The last number of each line that is one; 0 for a line without any."""
    return np.array([line[~np.isnan(line)][-1] if not np.isnan(line).all() else 0.0 for line in lines])


def short(value: float) -> str:
    """Three digits, and a power of ten where zeros would have to be counted.

    >>> short(2.30258), short(91234.6), short(9.1e-8), short(0.0)
    ('2.30', '91235', '9.1e-08', '0')
    """
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def share(value: float) -> str:
    """A share in whole per cent, small ones with one digit.

    >>> share(0.613), share(0.0042), share(1.0)
    ('61 %', '0.4 %', '100 %')
    """
    return f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.1g} %"
