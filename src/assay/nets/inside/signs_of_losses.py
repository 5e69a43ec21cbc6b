"""Signs that the losses show: diverged, not learning, over-fitting.

Source: Prechelt (1998) for over-fitting.
"""

import numpy as np

from assay.nets.inside.record import Inside
from assay.nets.inside.sign import Sign, matrices, share, short, sign_since, whole

GROWN = 100.0
"""So many times their first norm, the weights have run away."""

LEARNT = 0.99
"""Below this share of the loss of a constant answer, or of the first epoch's, something has been learnt."""

STILL_TO_LEARN = 0.9
"""A first epoch's loss above this share of the constant answer's leaves something to learn."""

STANDING = 1e-4
"""A step by less of the weights moves next to nothing."""

WORSE = 1 / 3
"""A rise of the validation loss by this part of its lowest value, and of what was won by then, is over-fitting.

Won: since the first epoch, or against the constant answer.  A net that waits for its patience to end always rises a little.
"""

_SLOWER = "lower the learning rate, clip the gradients, or look for huge values in the inputs"


def diverged(inside: Inside) -> Sign | None:
    """Numbers that are none, a training loss that ends well above where it was, or weights that run away."""
    return _no_numbers(inside) or _rising(inside) or _running_away(inside)


def _no_numbers(inside: Inside) -> Sign | None:
    broken = np.isinf(np.stack([inside.activations, inside.gradients, inside.weights]))  # (3, layers, s)
    if not broken.any():
        return None
    column = int(np.flatnonzero(broken.any(axis=(0, 1)))[0])
    kind, row = (int(places[0]) for places in np.nonzero(broken[:, :, column]))
    what = ("the outputs", "the gradients", "the weights")[kind]
    layer = inside.layers[row]
    return sign_since(
        inside, "diverged", layer.name, column, f"Diverged: {what} of {layer.title} are no numbers any more", _SLOWER
    )


def _rising(inside: Inside) -> Sign | None:
    loss = inside.train_loss
    if len(loss) < 2 or (np.isfinite(loss[-1]) and not (loss[-1] > loss[0] and loss[-1] > 2 * loss.min() > 0)):
        return None
    low = int(np.argmin(loss))
    step = int(inside.epoch_steps[low])
    text = f"the training loss rose from {short(loss[low])} in epoch {low + 1} to {short(loss[-1])} in epoch {len(loss)}"
    return Sign("diverged", None, step, f"Diverged: {text} (since step {step}); {_SLOWER}.")


def _running_away(inside: Inside) -> Sign | None:
    norms = whole(inside.weights, inside)
    far = np.flatnonzero((norms >= GROWN * norms[:1]) & (norms[:1] > 0))
    if not len(far):
        return None
    text = f"Diverged: the weights of the net have grown to {short(norms.max() / norms[0])} times their first norm"
    return sign_since(inside, "diverged", None, int(far[0]), text, _SLOWER)


def not_learning(inside: Inside) -> Sign | None:
    """No loss of rows set apart (without such, of training rows) is below that of a constant answer; or the training loss does
    not fall, and nothing says that it need not.
    """
    what, losses = ("validation", inside.validation_loss) if inside.has_validation else ("training", inside.train_loss)
    losses = losses[np.isfinite(losses)]
    epochs, chance = len(inside.train_loss), inside.chance
    if epochs < 3 or not len(losses):
        return None
    if chance is not None and losses.min() >= LEARNT * chance > 0:
        text = f"the lowest {what} loss of {epochs} epochs is {short(losses.min())}, and one constant answer has {short(chance)}"
        return Sign("not learning", None, 0, f"Not learning: {text} (since step 0); {_livelier(inside)}.")
    first = inside.train_loss[0]
    fall = (first - inside.train_loss.min()) / abs(first)
    # Below chance, a loss that stays may be all that there is to learn; one that stays because nothing moves is not.
    is_idle = epochs >= 5 if chance is None else first >= STILL_TO_LEARN * chance > 0 and _stands(inside)
    if not is_idle or not fall < 1 - LEARNT:
        return None
    step = int(inside.epoch_steps[0])
    text = f"the training loss has come down from {short(first)} by {share(fall)} in {epochs} epochs"
    return Sign("not learning", None, step, f"Not learning: {text} (since step {step}); {_livelier(inside)}.")


def _pace(inside: Inside) -> float | None:
    """The median of how far a step moves a layer, as a share of its weights; about a thousandth is usual."""
    paces = inside.updates[matrices(inside)]
    paces = paces[np.isfinite(paces)]
    return float(np.median(paces)) if len(paces) else None


def _stands(inside: Inside) -> bool:
    pace = _pace(inside)
    return pace is not None and pace < STANDING


def _livelier(inside: Inside) -> str:
    """What to do, by the pace."""
    rest = "mend what other warnings name, else {}, or ask whether the columns say anything of the target"
    if _stands(inside):
        said = f"a step moves a layer by {short(_pace(inside) or 0.0)} of its weights in the median: "
        return said + rest.format("raise the learning rate")
    return rest.format("try another learning rate")


def over_fitting(inside: Inside) -> Sign | None:
    """The validation loss has risen far above its lowest while the training loss went on falling."""
    held, loss = inside.validation_loss, inside.train_loss
    if not inside.has_validation or len(held) < 5:
        return None
    best = int(np.argmin(held))
    end = float(np.median(held[-3:]))
    begin = held[0] if inside.chance is None else max(held[0], inside.chance)
    bound = WORSE * max(abs(held[best]), begin - held[best])
    if not (end - held[best] > bound and loss[-1] < 0.8 * loss[best]):
        return None
    step = int(inside.epoch_steps[best])
    text = (
        f"Over-fitting: the validation loss rose from {short(held[best])} in epoch {best + 1} to {short(end)} "
        f"while the training loss fell to {short(loss[-1])}"
    )
    advice = f"kept are the weights of epoch {best + 1}; more rows, weight decay, dropout or a smaller net may do better"
    return Sign("over-fitting", None, step, f"{text} (since step {step}); {advice}.")
