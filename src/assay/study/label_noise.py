"""Rows whose class is probably wrong in the data: confident learning on out-of-fold probabilities.

A class is confidently present in a row where its probability reaches the mean it has in the rows labelled so.  Counted by
given and by confident class, and scaled to the given classes, this estimates how given and true classes go together, from
which follows how many labels are wrong; the rows are those with the largest margins against their label.
What it cannot know: whether two classes are mixed up or merely overlap.  Where no model can tell them apart, rows in between
look like wrong labels, so the share is that of labels that a model of this kind contradicts with confidence.
Source: Northcutt, Jiang & Chuang (2021); the rows by their "prune by noise rate".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.core.shown import Shown
from assay.measure.interval import Interval
from assay.measure.parts import Design, Part

REPLICATES = 500
MOST_WORK = 1_000_000_000
"""Probabilities looked at over all resamples; of larger tables fewer resamples are made."""
FEWEST_REPLICATES = 100


@dataclass(frozen=True)
class Said:
    """What was said of rows by models that had not seen them.

    units: int64 (n,), rising row numbers.  given: int64 (n,) class codes.  probability: float64 (n, K).
    weights: float64 (n,), what each row counts.
    """

    units: np.ndarray
    given: np.ndarray
    probability: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.units)

    @property
    def n_classes(self) -> int:
        return int(self.probability.shape[1])


@dataclass(frozen=True)
class ConfidentJoint:
    """thresholds: float64 (K,), from which a class is confidently present; infinite for one without rows.

    counts: float64 (K, K), weighted rows by given class and by confident class.
    joint: float64 (K, K), sums to 1: the estimated shares of rows by given and by true class.
    """

    thresholds: np.ndarray
    counts: np.ndarray
    joint: np.ndarray

    @property
    def wrong(self) -> float:
        """The estimated share of rows whose given class is not the true one."""
        return float(self.joint.sum() - np.trace(self.joint))


@dataclass(frozen=True)
class LabelNoise(Shown):
    """candidate: whose probabilities.  classes: in code order.  wrong: the share of wrong labels.

    rows: positions in ``said``, the most doubtful first.  doubtful: how many of the first of them are named as wrong.
    likely: int64 (n,), the most probable class of each row of ``said``.
    margin: float64 (n,): probability of the given class less the largest of the others, the lower the more doubtful.
    """

    candidate: str
    classes: tuple[str, ...]
    said: Said
    found: ConfidentJoint
    wrong: Interval
    rows: np.ndarray
    doubtful: int
    likely: np.ndarray
    margin: np.ndarray

    @property
    def named(self) -> np.ndarray:
        """Positions in ``said`` of the rows that are named as wrong, the most doubtful first."""
        return self.rows[: self.doubtful]

    def to_json(self) -> dict[str, Any]:
        given, probability = self.said.given, self.said.probability
        return {
            "candidate": self.candidate,
            "classes": list(self.classes),
            "rows": len(self.said),
            "wrong": self.wrong.to_json(),
            "thresholds": [float(one) if np.isfinite(one) else None for one in self.found.thresholds],
            "confident": self.found.counts.tolist(),
            "joint": self.found.joint.tolist(),
            "doubtful": [
                {
                    "row": int(self.said.units[at]),
                    "given": self.classes[given[at]],
                    "likely": self.classes[self.likely[at]],
                    "probability_given": float(probability[at, given[at]]),
                    "probability_likely": float(probability[at, self.likely[at]]),
                    "margin": float(self.margin[at]),
                }
                for at in self.named.tolist()
            ],
        }


def label_noise(
    parts: Sequence[Part], classes: tuple[str, ...], design: Design, *, candidate: str, level: float = 0.95, seed: int = 0
) -> LabelNoise:
    """The rows whose class is probably wrong, and how many there are.

    parts: out-of-fold truth and predictions of one candidate.  design: what is drawn independently.
    The interval is a percentile bootstrap of the design over these predictions: it holds how far other rows would move
    the estimate.  It does not hold what the models get wrong, nor the overlap of classes that is taken for noise.
    Raises ConfigError for predictions without probabilities of classes.
    """
    said = said_of(parts)
    found = confident_joint(said.given, said.probability, said.weights)
    likely = said.probability.argmax(axis=1)
    margin = margins(said.given, said.probability)
    order = np.lexsort((said.units, margin))
    named = _named(said, found, likely)
    rows = np.concatenate([order[named[order]], order[~named[order]]])
    wrong = _interval(said, found, design, level, seed)
    return LabelNoise(candidate, classes, said, found, wrong, rows, int(named.sum()), likely, margin)


def said_of(parts: Sequence[Part]) -> Said:
    """One line a row: of a row that several repeats held out, the mean of what they said.  Raises ConfigError."""
    if not parts or any("probability" not in part.predictions.arrays for part in parts):
        raise ConfigError("confident learning reads probabilities of classes, and these predictions have none.")
    units, place = np.unique(np.concatenate([part.truth.units for part in parts]), return_inverse=True)
    seen = np.bincount(place, minlength=len(units))
    said = np.concatenate([_columns(part.predictions["probability"]) for part in parts])
    total = np.stack([np.bincount(place, column, len(units)) for column in said.T], axis=1)
    given, weights = np.zeros(len(units), dtype=np.int64), np.ones(len(units))
    given[place] = np.concatenate([part.truth["target"] for part in parts])
    if "weight" in parts[0].truth.arrays:
        weights[place] = np.concatenate([part.truth["weight"] for part in parts])
    return Said(units, given, total / seen[:, None], weights)


def _columns(probability: np.ndarray) -> np.ndarray:
    """float64 (n, K): a column for each class."""
    return probability if probability.ndim == 2 else np.column_stack([1 - probability, probability])


def margins(given: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """float64 (n,) in [-1, 1]: the probability of the given class less the largest of the others.

    >>> margins(np.array([0, 1]), np.array([[0.75, 0.25], [1.0, 0.0]])).tolist()
    [0.5, -1.0]
    """
    rows = np.arange(len(given))
    others = probability.copy()
    others[rows, given] = -np.inf
    return np.asarray(probability[rows, given] - others.max(axis=1))


def confident_joint(given: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> ConfidentJoint:
    """How given and confident classes go together.

    given: int (n,) class codes.  probability: float (n, K), out of sample.  weights: float (n,), >= 0, or None.
    A row in which several classes are confidently present counts for the most probable of them; one without any counts
    for none.  Source: Northcutt, Jiang & Chuang (2021), equations 1 to 3.
    """
    weights = np.ones(len(given)) if weights is None else weights
    n_classes = probability.shape[1]
    size = np.bincount(given, weights, n_classes)
    own = np.bincount(given, weights * probability[np.arange(len(given)), given], n_classes)
    with np.errstate(invalid="ignore", divide="ignore"):
        thresholds = np.where(size > 0, own / size, np.inf)
    # a mean of equal numbers may be rounded above them
    sure = probability >= thresholds - 1e-12
    best = np.where(sure, probability, -1.0).argmax(axis=1)
    counted = weights * sure.any(axis=1)
    counts = np.bincount(given * n_classes + best, counted, n_classes**2).reshape(n_classes, n_classes)
    kept = np.where(counts.sum(axis=1, keepdims=True) > 0, counts, np.eye(n_classes))  # nothing is known against the label
    joint = kept / kept.sum(axis=1, keepdims=True) * size[:, None]
    return ConfidentJoint(thresholds, counts, joint / joint.sum())


def _named(said: Said, found: ConfidentJoint, likely: np.ndarray) -> np.ndarray:
    """bool (n,): of every pair of classes as many rows as the joint says, those with the largest margin for the other class.

    A row whose given class is the most probable one is never named.
    """
    named = np.zeros(len(said), dtype=bool)
    for given in range(said.n_classes):
        rows = np.flatnonzero(said.given == given)
        if not len(rows):
            continue
        shares = found.joint[given] / found.joint[given].sum()
        for other in range(said.n_classes):
            count = round(float(shares[other]) * len(rows))
            if other == given or not count:
                continue
            against = said.probability[rows, other] - said.probability[rows, given]
            named[rows[np.argsort(-against, kind="stable")[:count]]] = True
    return np.asarray(named & (likely != said.given))


def _interval(said: Said, found: ConfidentJoint, design: Design, level: float, seed: int) -> Interval:
    codes = design.cluster_codes[design.positions(said.units)]
    n = design.n_independent
    replicates = int(np.clip(MOST_WORK // max(said.probability.size, 1), FEWEST_REPLICATES, REPLICATES))
    values = np.empty(replicates)
    for replicate in range(replicates):
        drawn = np.bincount(generator(seed, "label-noise", replicate).integers(n, size=n), minlength=n)
        weights = said.weights * drawn[codes]
        values[replicate] = confident_joint(said.given, said.probability, weights).wrong if weights.any() else found.wrong
    low, high = (float(end) for end in np.quantile(values, [(1 - level) / 2, (1 + level) / 2]))
    value = found.wrong
    drawn_thing = {"row": "rows", "group": "groups", "time": "blocks of time"}[design.kind]
    method = f"percentile bootstrap of {drawn_thing}, models as they are"
    return Interval(value, min(low, value), max(high, value), level, method, n, "this recipe")
