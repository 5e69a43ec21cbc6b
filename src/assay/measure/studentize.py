"""The standard error of a metric in every resample, for the studentized bootstrap.

In a resample a cluster that was drawn c times stands for c independent ones, each with the same influence on the value.
"""

import numpy as np

from assay.measure.influence import influence_of
from assay.measure.parts import Design
from assay.measure.resample import Estimator, replicate_weights

CHUNK = 64  # replicates whose weights are held at a time


def standard_errors(estimator: Estimator, design: Design, *, seed: int, replicates: int | None) -> np.ndarray:
    """float64 (replicates,), of the same resamples that ``resample.replicates`` draws; NaN where the value has none.

    None: (1,), of the units as they are.
    """
    if replicates is None:
        return np.array([_standard_error(estimator, design, np.ones(len(design.units)))])
    found = []
    for start in range(0, replicates, CHUNK):
        numbers = range(start, min(start + CHUNK, replicates))
        found += [_standard_error(estimator, design, row) for row in replicate_weights(design, numbers, seed=seed)]
    return np.array(found)


def _standard_error(estimator: Estimator, design: Design, drawn: np.ndarray) -> float:
    """drawn: (units,), how often the cluster of each unit counts."""
    codes = design.cluster_codes
    moved, times = np.zeros(design.n_independent), np.zeros(design.n_independent)
    times[codes] = drawn
    for block in estimator.blocks:
        own = np.asarray(drawn if block.rows is None else drawn[block.rows], dtype=np.float64)
        if block.weight is not None:
            own = own * block.weight
        there = codes if block.rows is None else codes[block.rows]
        by_unit = influence_of(estimator.metric, block.statistics, own) * own
        moved += block.share * np.bincount(there, weights=by_unit, minlength=len(moved))
    kept = times > 0
    return float(np.sqrt(np.sum(moved[kept] ** 2 / times[kept])))
