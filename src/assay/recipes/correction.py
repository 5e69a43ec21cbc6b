"""Which correction makes probabilities true after a treatment: the one that real rows, out of fold, speak for.

A treatment that moves the class shares, makes rows or changes the loss bends what the learner says.  Three things can be
done about it, the simplest first:

unchanged   nothing; right where the treatment moved nothing
prior       the closed form from the class shares before and after; no row is needed, and it is exact where the learner says
            what its training rows were (Elkan 2001; Dal Pozzolo et al. 2015).  A learner that fits its rows closely is
            moved less than their shares, and rows that were made move more than the shares
calibrate   a map of few numbers (Platt's scaling, vector scaling) fitted on out-of-fold predictions of real rows

Neither the recipe's name nor the number of rows tells which of them is right, so it is measured: by log loss on real rows
that the models of the inner folds did not see.  Each candidate is judged as it would be used, the closed form with the
shares of each inner fold's own training rows, the calibrator fitted on the other inner folds' predictions.  The price is
the inner fits, for every treated fit.

After a treatment that moves the shares alone (weights, random over- and under-sampling) the smallest loss wins, of equal
ones the simplest.  A margin in favour of the closed form was tried: log loss is no worse with it, but the mean probability of
trees is, since a shift that is a tenth off costs less than one standard error of log loss.  After any other treatment there
is no reason why the closed form or nothing should hold, so the calibrator stays unless another one is better by more than
one standard error of the paired difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from assay.balance.treatment import Correction
from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.measure.calibration import FittedCalibrator, PriorCorrection
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.metrics.probability import log_loss
from assay.measure.payload import Predictions, Truth

UNCHANGED, PRIOR, CALIBRATE = "unchanged", "prior", "calibrate"
CORRECTIONS = (UNCHANGED, PRIOR, CALIBRATE)
"""The simplest first: no number, the class shares, numbers learned from rows."""

WITHOUT_SHIFT = frozenset({"temperature"})
"""Members of CALIBRATORS that keep a probability of one half where it is, and so cannot undo a change of the class shares."""


@dataclass(frozen=True)
class HeldOut:
    """One inner fold: real rows, predicted by a model that saw none of them.

    target: int64 (m,).  probability: (m,) of class 1, or (m, K), as the learner gives it.  weights: float64 (m,) or None.
    groups: int64 (m,) or None.  before, after: (K,) class shares of the model's training rows before and after the treatment.
    """

    target: np.ndarray
    probability: np.ndarray
    weights: np.ndarray | None
    groups: np.ndarray | None
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True)
class CorrectionChoice(Shown):
    """What was chosen, and on what.

    chosen: one of CORRECTIONS.  log_loss: of each candidate, the mean over the rows in nats, by name.  rows: how many real
    rows were predicted out of fold; 0 (and no log_loss) where the training rows allow no inner folds, and the closed form
    was taken without a comparison.
    """

    chosen: str
    log_loss: Mapping[str, float]
    rows: int

    def to_json(self) -> dict[str, Any]:
        return {"chosen": self.chosen, "log_loss": dict(self.log_loss), "rows": self.rows}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for a value that ``to_json`` does not write."""
        chosen, rows = value["chosen"], value["rows"]
        losses = {name: float(loss) for name, loss in dict(value["log_loss"]).items()}
        if chosen not in CORRECTIONS or not set(losses) <= set(CORRECTIONS) or not np.isfinite(list(losses.values())).all():
            raise ValueError(f"a correction {str(chosen)[:40]!r} among {sorted(map(str, losses))[:3]} is not one of ours")
        if type(rows) is not int or rows < 0 or (rows > 0) != bool(losses):
            raise ValueError(f"a correction that was chosen on {str(rows)[:40]} rows")
        return cls(chosen, losses, rows)


def check_calibration(name: str, correction: Correction, treatment: str) -> None:
    """Raise ConfigError for a calibrator that cannot bring back the class shares which the treatment moved."""
    if name in WITHOUT_SHIFT and correction != "none":
        raise ConfigError(
            f"calibration {name!r} shifts no probability, so it cannot bring back the class shares that treatment "
            f"{treatment!r} moves; use platt (vector for three or more classes), or leave calibration out."
        )


def choose_correction(held: Sequence[HeldOut], calibrator: Calibrator, correction: Correction) -> CorrectionChoice:
    """The candidate of the smallest out-of-fold log loss, by the rule in the header.

    held: the inner folds, two at least.  correction: "prior" or "calibrate", what the treatment says of itself.
    """
    losses = {name: _losses(held, name, calibrator) for name in CORRECTIONS}
    weights = np.concatenate([np.ones(len(fold.target)) if fold.weights is None else fold.weights for fold in held])
    own = [fold.groups for fold in held if fold.groups is not None]
    groups = np.concatenate(own) if own else None
    means = {name: float(np.average(loss, weights=weights)) for name, loss in losses.items()}
    chosen = min(CORRECTIONS, key=lambda name: means[name])
    if correction == "calibrate":
        error = standard_error(losses[CALIBRATE] - losses[chosen], weights, groups)
        chosen = chosen if means[CALIBRATE] - means[chosen] > error else CALIBRATE
    return CorrectionChoice(chosen, means, len(weights))


def calibrator_on(held: Sequence[HeldOut], calibrator: Calibrator) -> FittedCalibrator:
    """The calibrator fitted on every out-of-fold prediction; raises DataError for rows that it cannot be fitted on."""
    weights = [fold.weights for fold in held if fold.weights is not None]
    return calibrator.fit(
        np.concatenate([fold.target for fold in held]),
        np.concatenate([fold.probability for fold in held]),
        np.concatenate(weights) if weights else None,
    )


def _losses(held: Sequence[HeldOut], candidate: str, calibrator: Calibrator) -> np.ndarray:
    """float64 (n,): the log loss of every row under a candidate, fold after fold."""
    found = []
    for number, fold in enumerate(held):
        said = fold.probability
        if candidate == PRIOR:
            said = PriorCorrection(fold.before, fold.after).apply(said)
        elif candidate == CALIBRATE:
            # Its few numbers come from the other folds, in a time order from later ones too: what is forecast is the
            # row's class, and that the model which is judged has not seen.
            said = calibrator_on([other for place, other in enumerate(held) if place != number], calibrator).apply(said)
        form, units = "binary" if said.ndim == 1 else "multiclass", np.arange(len(said))
        found.append(log_loss(Truth(form, units, {"target": fold.target}), Predictions(form, units, {"probability": said})))
    return np.concatenate(found)


def standard_error(difference: np.ndarray, weights: np.ndarray, groups: np.ndarray | None) -> float:
    """Of the weighted mean of paired differences; rows of one group count together."""
    slack = weights * (difference - np.average(difference, weights=weights))
    if groups is not None:
        slack = np.bincount(np.unique(groups, return_inverse=True)[1], weights=slack)
    n = len(slack)
    return float(np.sqrt(np.sum(slack**2) * n / max(n - 1, 1)) / weights.sum())
