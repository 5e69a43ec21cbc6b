"""How far clusters stand apart, and whether farther than those found in one group.

The measure is the silhouette, of the rows that are in a cluster.  It is taken in the rows and in draws of ``one_group``; how far
it lies beyond the draws, in their own spread, gives p by Student's t for one more draw (normal silhouettes, estimated mean and
spread), the larger p of the two worlds.
Source: Rousseeuw (1987) for the silhouette.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from assay.core.seeds import generator, seed32
from assay.study.unsupervised.methods import Method, cluster
from assay.study.unsupervised.one_group import Box, Latent


@dataclass(frozen=True)
class Separation:
    """silhouette: of the rows.  expected: the larger mean over draws of one group.  p: that one group would give as much."""

    silhouette: float
    expected: float
    p: float


def silhouette(points: np.ndarray, labels: np.ndarray) -> float | None:
    """The mean over the rows in clusters; None where there are fewer than two clusters."""
    from sklearn.metrics import silhouette_score

    inside = labels >= 0
    n_clusters = len(np.unique(labels[inside]))
    if n_clusters < 2 or n_clusters >= inside.sum():
        return None
    return float(silhouette_score(points[inside], labels[inside]))


def separation(
    method: Method, setting: float, points: np.ndarray, worlds: tuple[Latent | Box, ...], *, draws: int, seed: int
) -> Separation | None:
    """None where the rows themselves fall into fewer than two clusters."""
    own = silhouette(points, cluster(method, points, setting, seed32(seed, "rows")))
    if own is None:
        return None
    expected, p = -1.0, 0.0
    for number, world in enumerate(worlds):
        found = np.empty(draws)
        for draw in range(draws):
            one = world.draw(len(points), generator(seed, "world", number, draw))
            value = silhouette(one, cluster(method, one, setting, seed32(seed, "draw", number, draw)))
            found[draw] = 0.0 if value is None else value  # one cluster is no separation
        error = float(found.std(ddof=1)) * np.sqrt(1 + 1 / draws)
        beyond = (own - float(found.mean())) / error if error > 0 else np.inf * np.sign(own - found.mean() - 1e-12)
        expected = max(expected, float(found.mean()))
        p = max(p, float(stdtr(draws - 1, -beyond)))
    return Separation(own, expected, p)
