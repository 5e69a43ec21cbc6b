"""SVM-SMOTE: new rows start from the class's support vectors, which lie where the classes meet.

A support vector whose m nearest rows are all of other classes is noise and left out.  From one in danger, with at least half
of them in other classes, a new row lies towards a row of its class (interpolation); from a safe one it lies away from such a
row, at most ``out_step`` of the way (extrapolation: a negative alpha), so that the class reaches further out where it is at
home.  Which part of the new rows comes from those in danger is drawn from Beta(10, 10), as in imbalanced-learn; where there
are none of one kind, the other makes all of them (there imbalanced-learn makes too few).

A support vector machine takes more than quadratic time, so that no more than ``MOST_ROWS`` rows of a class go into it unless
all are asked for.  A class that was cut weighs as much as before: each of its rows stands for those that were left out.

Source: Nguyen, Cooper & Kamei (2009), Borderline over-sampling for imbalanced data classification.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.balance.oversample.parents import Growing, Parents, drawn, joined, no_parents, usable
from assay.balance.segments import is_sparse
from assay.core.errors import ConfigError

MOST_ROWS = 5000
"""Rows of each class that a support vector machine is fitted to."""

CACHE_MIB = 16
"""Of kernel values that the machine keeps; libsvm's own default of 200 would outweigh the rows."""


@dataclass(frozen=True)
class Places:
    """Where new rows may start: int (n,) positions in all rows, of support vectors in danger and of safe ones.

    n_vectors: support vectors of the class, with those that are noise.  notes: rules that applied, in words.
    """

    danger: np.ndarray
    safe: np.ndarray
    n_vectors: int
    notes: tuple[str, ...]


def svm_smote(
    growing: Growing,
    n_new: int,
    rng: np.random.Generator,
    *,
    k: int,
    m: int,
    estimator: Any = None,
    out_step: float = 0.5,
) -> Parents:
    """Parents whose alpha lies in [0, 1) for rows in danger and in (−out_step, 0] for safe ones.

    estimator: anything with ``fit`` that sets ``support_``, positions of support vectors; None takes
        sklearn.svm.SVC(gamma="scale").  It is not changed.
    No rows, with a note, where every support vector of the class is noise, or the class has one row.
    Raises ConfigError for an estimator that has no ``support_``.
    """
    if len(growing.own) == 1:
        return no_parents(f"class {growing.label} has 1 row; svm-smote made none; use random-oversample.")
    places = find_places(growing, rng, m=m, estimator=estimator)
    n_danger, n_safe = len(places.danger), len(places.safe)
    if not n_danger + n_safe:
        found = f"all {places.n_vectors} support vectors of class {growing.label} are noise among other classes"
        return no_parents(f"{found}, so svm-smote is not adapted to these rows and made none; use smote.")
    k, notes = usable(k, len(growing.own) - 1, growing, "k_neighbors")
    share = rng.beta(10, 10)
    from_danger = n_new if not n_safe else int(share * (n_new + 1)) if n_danger else 0
    bases = np.concatenate([places.danger, places.safe])
    found_rows = growing.search.nearest(growing.geometry.points(growing.own), k, rows=np.searchsorted(growing.own, bases)).rows
    mates = growing.own[found_rows]
    parts = []
    if from_danger:
        parts.append(drawn(places.danger, mates[:n_danger], from_danger, rng))
    if n_new > from_danger:
        outward = drawn(places.safe, mates[n_danger:], n_new - from_danger, rng)
        parts.append(Parents(outward.first, outward.second, -out_step * outward.alpha))
    whole = joined(parts)
    return Parents(whole.first, whole.second, whole.alpha, (*places.notes, *notes))


def find_places(growing: Growing, rng: np.random.Generator, *, m: int, estimator: Any = None) -> Places:
    """The class's support vectors, parted by what surrounds them.  Raises ConfigError as ``svm_smote`` does."""
    around = growing.geometry.around(growing.own)
    rows, weights, notes = _fitted_rows(growing, rng)
    support = rows[_support(around[rows], growing.target[rows], weights, estimator)]
    code = growing.target[growing.own[0]]
    support = support[growing.target[support] == code].astype(np.int64)
    if not len(support):
        return Places(support, support, 0, notes)
    m, lowered = usable(m, len(growing.target) - 1, growing, "m_neighbors")
    others = (growing.target[growing.search.nearest(around, m, rows=support).rows] != code).mean(axis=1)
    return Places(support[(others >= 0.5) & (others < 1)], support[others < 0.5], len(support), (*notes, *lowered))


def _fitted_rows(growing: Growing, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Positions of the rows that the machine is fitted to, in rising order; what each stands for (None: itself); notes."""
    counts = np.bincount(growing.target)
    everyone = np.arange(len(growing.target))
    if growing.search.exact or counts.max() <= MOST_ROWS:
        return everyone, None, ()
    kept = []
    for code in np.flatnonzero(counts):
        own = np.flatnonzero(growing.target == code)
        kept.append(own if len(own) <= MOST_ROWS else rng.choice(own, MOST_ROWS, replace=False, shuffle=False))
    rows = np.sort(np.concatenate(kept))
    stands_for = counts / np.minimum(counts, MOST_ROWS).clip(min=1)
    note = f"the support vector machine saw {len(rows)} of {len(everyone)} rows, at most {MOST_ROWS} of each class."
    return rows, stands_for[growing.target[rows]], (note,)


def _support(points: Any, target: np.ndarray, weights: np.ndarray | None, estimator: Any) -> np.ndarray:
    """int (n_support,) positions of the support vectors in ``points``."""
    from sklearn.base import clone
    from sklearn.svm import SVC
    from sklearn.utils.validation import has_fit_parameter

    machine = SVC(gamma="scale", cache_size=CACHE_MIB) if estimator is None else clone(estimator)
    in_order = points.sorted_indices() if is_sparse(points) else points
    if weights is not None and has_fit_parameter(machine, "sample_weight"):
        machine.fit(in_order, target, sample_weight=weights)
    else:
        machine.fit(in_order, target)
    if not hasattr(machine, "support_"):
        raise ConfigError(
            f"svm_estimator={estimator!r} has no support_ after it was fitted; pass a support vector classifier, "
            "such as sklearn.svm.SVC()."
        )
    return np.asarray(machine.support_)
