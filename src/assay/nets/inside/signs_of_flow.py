"""Signs of what flows through a net: gradients that vanish or explode, units that are dead or saturated.

Source: Bengio, Simard & Frasconi (1994) and Glorot & Bengio (2010) for gradients and saturation; Lu et al. (2019) for dead ReLUs.
"""

import numpy as np

from assay.nets.inside.record import Inside
from assay.nets.inside.sign import Sign, last_known, matrices, share, short, sign_since, whole

DEEP = 1000.0
"""By such a factor the gradients of two depths differ when they vanish or explode."""

STEEP = 10.0
"""A gradient of this norm, and of so many times that of the weights, has exploded."""

LOUD = 100.0
"""So many times what its first layer gives, a net's output has exploded; so has a gradient against the first one."""

MANY = 0.5
"""From this share of a layer's units or outputs on it is dead or saturated."""

STUCK = 0.85
"""From this share of saturated outputs on it does not matter how they began; training alone takes a healthy tanh to 0.6."""

_FROM_THE_FIRST = "use smaller first weights (He for ReLU, Glorot for tanh), a norm layer, or clip the gradients"
_LATER = "lower the learning rate, clip the gradients, or add a norm layer"


def exploding(inside: Inside) -> Sign | None:
    """Gradients far longer than the weights, growing through the layers or over the steps; or outputs that grow with depth.

    The last rule sees what clipped gradients hide.
    """
    if not matrices(inside) or not len(inside.steps):
        return None
    return _steep(inside) or _growing_backward(inside) or _growing_forward(inside) or _growing_in_time(inside)


def _exploded(inside: Inside, layer: str | None, columns: np.ndarray, text: str) -> Sign:
    """The sign; what begins after the first step has not come from the first weights."""
    first = int(columns[0])
    return sign_since(inside, "exploding", layer, first, text, _FROM_THE_FIRST if first == 0 else _LATER)


def _often(columns: np.ndarray, inside: Inside) -> bool:
    """In half of the recorded steps, and in three."""
    return len(columns) >= max(min(3, len(inside.steps)), len(inside.steps) / 2)


def _steep(inside: Inside) -> Sign | None:
    slope, weights = whole(inside.gradients, inside), whole(inside.weights, inside)
    steep = np.flatnonzero((slope >= STEEP * np.maximum(weights, 1.0)) & np.isfinite(slope))
    rows = matrices(inside)
    if len(rows) < 2 or len(steep) < min(3, len(slope)):
        return None
    worst = steep[np.argmax(slope[steep])]
    layer = inside.layers[rows[int(np.nanargmax(inside.gradients[rows, worst]))]]
    text = (
        f"Exploding gradients: their norm is {short(slope[worst])} in step {inside.steps[worst]}, "
        f"{short(slope[worst] / weights[worst])} times the weights, most of all in {layer.title}"
    )
    return _exploded(inside, layer.name, steep, text)


def _growing_backward(inside: Inside) -> Sign | None:
    rows = matrices(inside)
    first, last = inside.gradients[rows[0]], inside.gradients[rows[-1]]
    grown = np.flatnonzero((first >= DEEP * last) & (last > 0) & np.isfinite(first))
    if len(rows) < 2 or not _often(grown, inside):
        return None
    layer, times = inside.layers[rows[0]], short(np.median(first[grown] / last[grown]))
    text = f"Exploding gradients: they grow {times}-fold on their way back from {inside.layers[rows[-1]].title} to {layer.title}"
    return _exploded(inside, layer.name, grown, text)


def _growing_forward(inside: Inside) -> Sign | None:
    rows = matrices(inside)
    ahead = inside.activations[rows[-1]] / inside.activations[rows[0]]
    loud = np.flatnonzero((ahead >= LOUD) & np.isfinite(ahead))
    if len(rows) < 3 or not len(loud):
        return None
    layer, times = inside.layers[rows[-1]], short(np.median(ahead[loud]))
    text = f"Exploding: outputs grow {times}-fold from {inside.layers[rows[0]].title} to {layer.title}, and gradients with them"
    return _exploded(inside, layer.name, loud, text)


def _growing_in_time(inside: Inside) -> Sign | None:
    slope, weights = whole(inside.gradients, inside), whole(inside.weights, inside)
    grown = np.flatnonzero((slope >= LOUD * slope[0]) & (slope >= 0.1 * weights) & np.isfinite(slope) & (slope[0] > 0))
    if not len(grown):
        return None
    text = f"Exploding gradients: their norm has grown from {short(slope[0])} to {short(slope[grown].max())}"
    return _exploded(inside, None, grown, text)


def vanishing(inside: Inside) -> Sign | None:
    """The first layer's gradient is a thousandth of a later one's; not where dead units let none through, which is said there."""
    rows = matrices(inside)
    if len(rows) < 2 or last_known(inside.silent).max(initial=0.0) >= 0.9:
        return None
    slopes = np.where(np.isfinite(inside.gradients[rows]), inside.gradients[rows], 0.0)
    most = slopes[1:].max(axis=0)
    flat = np.flatnonzero((slopes[0] * DEEP < most) & ~np.isnan(inside.gradients[rows[0]]))
    if not _often(flat, inside):
        return None
    layer, middle = inside.layers[rows[0]], np.median(slopes[:, flat], axis=1)
    few = int((middle * DEEP < middle.max()).sum())
    others = f", and {few - 1} more layers get less than a thousandth" if few > 2 else ""
    text = (
        f"Vanishing gradients: {layer.title} gets {short(middle[0])}, "
        f"{inside.layers[rows[int(np.argmax(middle))]].title} {short(middle.max())}{others}"
    )
    advice = "use ReLU or GELU, first weights that fit it (He, Glorot), residual connections, norm layers, or fewer layers"
    return sign_since(inside, "vanishing", layer.name, int(flat[0]), text, advice)


def dead(inside: Inside) -> Sign | None:
    """Half of a layer's ReLUs have given 0 for all of the last rows."""
    shares = last_known(inside.silent)
    if shares.max(initial=0.0) < MANY:
        return None
    worst = int(np.argmax(shares))
    layer, column = inside.layers[worst], int(np.flatnonzero(inside.silent[worst] >= MANY)[0])
    text = f"Dead ReLUs: {share(shares[worst])} of the units of {layer.title} give 0 for every row{_others(shares >= MANY)}"
    advice = "use a lower learning rate, first weights and biases that fit (He, 0), or leaky ReLU"
    return sign_since(inside, "dead", layer.name, column, text, advice)


def saturated(inside: Inside) -> Sign | None:
    """Half of a hidden layer's outputs stand at the ends of their range, from the beginning on; or nearly all do."""
    hidden = inside.saturated[: 1 + max(matrices(inside), default=-1)]  # at the output, certainty is meant
    begin = max(1, hidden.shape[1] // 10)
    shares = last_known(hidden)
    began = np.array([np.max(line[:begin][~np.isnan(line[:begin])], initial=0.0) >= MANY for line in hidden], dtype=bool)
    ill = ((shares >= MANY) & began) | (shares >= STUCK)
    if not ill.any():
        return None
    worst = int(np.argmax(np.where(ill, shares, 0.0)))
    layer, column = inside.layers[worst], int(np.flatnonzero(hidden[worst] >= MANY)[0])
    text = f"Saturated: {share(shares[worst])} of the outputs of {layer.title} stand at the ends of their range{_others(ill)}"
    advice = "standardise the inputs, use smaller first weights (Glorot) or a lower learning rate, or use ReLU"
    return sign_since(inside, "saturated", layer.name, column, text, advice)


def _others(ill: np.ndarray) -> str:
    more = int(ill.sum()) - 1
    return "" if not more else f", and half or more of those of {more} other {'layer' if more == 1 else 'layers'}"
