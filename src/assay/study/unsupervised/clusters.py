"""Clusters that come back when the rows are drawn again, and stand apart farther than one group's would.

Each method and setting is run on pairs of random parts of the rows; the adjusted Rand index on the rows that both hold says how
far the two runs agree, and its mean over pairs, with an interval, is the stability.  A clustering is called stable when the whole
interval lies above 0.75 and its silhouette beats those of one group (``separation``), Holm-corrected over everything that was
tried.  Of the stable ones the best silhouette is chosen; where there is none, that is the answer.  The chosen clusters are then
found again one by one in parts of the rows (Jaccard).

The clusters are made from the columns, so differences of the columns between clusters prove nothing; they describe.

Sources: Ben-Hur, Elisseeff & Guyon (2002), stability by pairs of subsamples; Hennig (2007), cluster by cluster, and 0.75;
Hubert & Arabie (1985), the adjusted Rand index; why stability alone is not enough: Ben-David, von Luxburg & Pál (2006).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import derive, generator, seed32
from assay.core.shown import Shown
from assay.measure.compare.adjust import holm
from assay.measure.interval import Interval
from assay.study.unsupervised.methods import DEFAULT, NOISE, Method, cluster, method_named
from assay.study.unsupervised.one_group import box_of, latent_of
from assay.study.unsupervised.separation import Separation, separation
from assay.study.unsupervised.spread import mean_interval

STABLE, LEVEL = 0.75, 0.95
STABLE_CALL, NOT_STABLE, NOT_APART = "stable", "not stable", "no farther apart than one group"


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """methods: names of METHODS.  pairs: of parts that are compared.  share: of the rows in a part.  draws: of each world."""

    methods: tuple[str, ...] = DEFAULT
    pairs: int = 12
    share: float = 0.7
    draws: int = 20
    most_rows: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.methods:
            method_named(name)
        if not self.methods or len(set(self.methods)) < len(self.methods):
            raise ConfigError(f"methods {', '.join(self.methods) or '(none)'}: name each method once, and one at least.")
        if self.pairs < 3 or self.draws < 5 or not 0.5 <= self.share < 1 or self.most_rows < 50:
            raise ConfigError(
                f"pairs={self.pairs}, draws={self.draws}, share={self.share}, most_rows={self.most_rows}: at least 3 pairs, "
                "5 draws and 50 rows, and a share from 0.5 to below 1."
            )


@dataclass(frozen=True)
class Tried(Shown):
    """One method at one setting.  clusters, noise: found in all rows.  stability: of adjusted Rand indices.

    apart: None where it was not tested, as the clusters were not stable or fewer than two.  p: Holm-corrected.
    """

    method: str
    setting: float
    clusters: int
    noise: float
    stability: Interval
    apart: Separation | None
    p: float
    call: str

    def to_json(self) -> dict[str, Any]:
        apart = self.apart
        return {
            "method": self.method,
            "setting": self.setting,
            "clusters": self.clusters,
            "noise": self.noise,
            "stability": self.stability.to_json(),
            "silhouette": None if apart is None else apart.silhouette,
            "silhouette_of_one_group": None if apart is None else apart.expected,
            "p": self.p,
            "call": self.call,
        }


@dataclass(frozen=True, eq=False)
class Clusters(Shown):
    """tried: every method and setting.  chosen: the place among them, or None: no stable clusters.

    labels: int64 (n,) of the chosen, NOISE for rows in no cluster, or None.  found_again: Jaccard of each cluster.
    """

    settings: ClusterSettings
    rows: int
    tried: tuple[Tried, ...]
    chosen: int | None
    labels: np.ndarray | None
    found_again: tuple[Interval, ...]

    @property
    def best(self) -> Tried | None:
        return None if self.chosen is None else self.tried[self.chosen]


def find_clusters(points: np.ndarray, settings: ClusterSettings) -> Clusters:
    """points: float64 (n, d), prepared; all of them are clustered."""
    worlds = (latent_of(points), box_of(points))
    tests = [(method_named(name), value) for name in settings.methods for value in method_named(name).values]
    seeds = [derive(settings.seed, "clusters", method.name, str(value)) for method, value in tests]
    whole = [cluster(method, points, value, seed32(seed, "all")) for (method, value), seed in zip(tests, seeds, strict=True)]
    stable, aparts = [], []
    for (method, value), seed, labels in zip(tests, seeds, whole, strict=True):
        stability = stability_of(method, value, points, settings, seed)
        stable.append(stability)
        is_stable = stability.low is not None and stability.low > STABLE and labels.max() > 0
        draws = settings.draws
        aparts.append(separation(method, value, points, worlds, draws=draws, seed=seed) if is_stable else None)
    p_values = holm([1.0 if apart is None else apart.p for apart in aparts])
    tried = tuple(
        Tried(
            method.name,
            value,
            int(labels.max()) + 1,
            float((labels == NOISE).mean()),
            stability,
            apart,
            1.0 if p is None else p,
            _call(apart, p),
        )
        for (method, value), labels, stability, apart, p in zip(tests, whole, stable, aparts, p_values, strict=True)
    )
    passing = [place for place, one in enumerate(tried) if one.call == STABLE_CALL]
    if not passing:
        return Clusters(settings, len(points), tried, None, None, ())
    chosen = max(passing, key=lambda place: (_silhouette(tried[place]), -place))
    method, value = tests[chosen]
    again = found_again(method, value, points, whole[chosen], settings, seeds[chosen])
    return Clusters(settings, len(points), tried, chosen, whole[chosen], again)


def _silhouette(one: Tried) -> float:
    return -1.0 if one.apart is None else one.apart.silhouette


def _call(apart: Separation | None, p: float | None) -> str:
    if apart is None:
        return NOT_STABLE
    return STABLE_CALL if p is not None and p <= 1 - LEVEL else NOT_APART


def stability_of(method: Method, setting: float, points: np.ndarray, settings: ClusterSettings, seed: int) -> Interval:
    """The mean adjusted Rand index of two runs on the rows that both hold."""
    found = []
    for pair in range(settings.pairs):
        first, second = (_part(method, setting, points, settings, derive(seed, "pair", pair, side)) for side in (0, 1))
        found.append(rand_index(first, second))
    return mean_interval(np.array(found), level=LEVEL)


def rand_index(first: np.ndarray, second: np.ndarray) -> float:
    """Adjusted, of the rows in both; labels below NOISE mark rows that a run did not hold.  0 where a run found one cluster."""
    from sklearn.metrics import adjusted_rand_score

    both = (first >= NOISE) & (second >= NOISE)
    a, b = first[both], second[both]
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return 0.0  # all rows in one cluster agree with everything and say nothing
    return float(adjusted_rand_score(a, b))


def _part(method: Method, setting: float, points: np.ndarray, settings: ClusterSettings, seed: int) -> np.ndarray:
    """int64 (n,): labels of a run on a random part of the rows, NOISE - 1 for the others."""
    n = len(points)
    rows = np.sort(generator(seed, "part").choice(n, max(2, round(settings.share * n)), replace=False))
    labels = np.full(n, NOISE - 1, dtype=np.int64)
    labels[rows] = cluster(method, points[rows], setting, seed32(seed, "run"))
    return labels


def found_again(
    method: Method, setting: float, points: np.ndarray, labels: np.ndarray, settings: ClusterSettings, seed: int
) -> tuple[Interval, ...]:
    """Of each cluster: the mean over parts of the rows of its greatest Jaccard similarity with a cluster of the part."""
    parts = [_part(method, setting, points, settings, derive(seed, "again", number)) for number in range(2 * settings.pairs)]
    intervals = []
    for own in range(int(labels.max()) + 1):
        values = np.array([max(_jaccards(labels == own, part), default=0.0) for part in parts])
        intervals.append(mean_interval(values, level=LEVEL, bounds=(0.0, 1.0)))
    return tuple(intervals)


def _jaccards(own: np.ndarray, part: np.ndarray) -> Iterator[float]:
    own = own & (part >= NOISE)
    for other in range(int(part.max()) + 1):
        its = part == other
        yield float((own & its).sum() / max(1, (own | its).sum()))


def against_classes(labels: np.ndarray, codes: np.ndarray) -> Interval:
    """The adjusted Rand index with classes that took no part, of the rows in clusters, with the interval of new rows.

    labels, codes: int (n,); rows of label NOISE are left out.
    """
    from assay.measure.evaluate import evaluate
    from assay.measure.parts import Part, design_of
    from assay.measure.payload import Predictions, Truth
    from assay.measure.registry import METRICS

    inside = np.flatnonzero(labels >= 0)
    truth = Truth("clustering", inside, {"target": codes[inside]})
    part = Part(0, 0, truth, Predictions("clustering", inside, {"label": labels[inside]}))
    metric = METRICS.get("adjusted_rand")
    return evaluate({"clusters": [part]}, [metric], design_of([part]), estimand="this model").interval("clusters", metric.name)
