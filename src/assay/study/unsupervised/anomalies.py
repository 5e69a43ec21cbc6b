"""Odd rows without labels: several detectors, how far they agree, and how far each agrees with itself.

Nothing here is proven: without labels no number says that an odd row is a wrong one.  What can be said is said.  Every row is
scored by detectors that did not learn from it (folds), so that a row does not make itself usual.  Detectors are compared by
Spearman's correlation of their scores; each is run again on random halves, one scoring the other, and the overlap of the
oddest rows of two such runs says whether its top is more than chance.

New rows, where there are some, are another question (novelty).  Each gets the share of the held-out old rows that are at least
as odd, which for a new row of the same kind is at most p with probability about p; the novel ones are named so that about a
tenth of them are false (Benjamini-Hochberg).

Sources: Bonett & Wright (2000), the interval of Spearman's correlation; Laxhammar & Falkman (2010) and Bates, Candès, Lei, Romano
& Sesia (2023), conformal p-values of outliers; Vovk, Nouretdinov, Manokhin & Gammerman (2018), across folds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive, generator
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.measure.compare.adjust import benjamini_hochberg
from assay.measure.interval import Interval
from assay.recipes.anomaly.detector import FittedDetector
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES
from assay.study.unsupervised.rows import Points, points_of
from assay.study.unsupervised.spread import pairs_interval

DEFAULT = ("isolation-forest", "local-outlier-factor", "elliptic-envelope", "pca-distance")
LEVEL, FALSE_SHARE = 0.95, 0.1


@dataclass(frozen=True, kw_only=True)
class AnomalySettings:
    """detectors: recipes that are detectors.  folds: by which rows are scored unseen.  top: the share of rows called oddest.

    parts: how often the rows are halved again, each half scored by a detector of the other.
    """

    detectors: tuple[str, ...] = DEFAULT
    folds: int = 5
    parts: int = 6
    top: float = 0.02
    most_rows: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.detectors or len(set(self.detectors)) < len(self.detectors):
            raise ConfigError(f"detectors {', '.join(self.detectors) or '(none)'}: name each once, and one at least.")
        for name in self.detectors:
            detector_named(name)
        if self.folds < 2 or self.parts < 3 or not 0 < self.top <= 0.5:
            raise ConfigError(
                f"folds={self.folds}, parts={self.parts}, top={self.top}: at least 2 folds and 3 parts, and a share above 0 "
                "and at most 0.5."
            )


def detector_named(name: str) -> tuple[Recipe, AnomalyLearner]:
    """Raises UnknownNameError, or ConfigError for a recipe that is no detector."""
    recipe = RECIPES.get(name)
    if not isinstance(recipe.learner, AnomalyLearner):
        raise ConfigError(f"recipe {name!r} is no detector of odd rows; use one of {', '.join(DEFAULT)}.")
    return recipe, recipe.learner


@dataclass(frozen=True, eq=False)
class Detected(Shown):
    """One detector.  oddness: float64 (n,), of every drawn row by detectors that did not learn from it.

    steady: the mean Spearman correlation of runs on other halves; overlap: the shared part of their oddest rows.
    p: float64 (m,), of the new rows; None without.
    """

    name: str
    oddness: np.ndarray
    steady: Interval
    overlap: Interval
    p: np.ndarray | None = None


@dataclass(frozen=True)
class Agreement(Shown):
    a: str
    b: str
    spearman: Interval


@dataclass(frozen=True, eq=False)
class Anomalies(Shown):
    """drawn: positions of the scored rows.  of: rows there are.  shares: float64 (n,), the mean over detectors of each row's
    place, 1 for the oddest of all.  by_chance: the overlap that unrelated rankings would have.

    novel: bool (m,), new rows named novel by the mean of the detectors' p, doubled; None without new rows.
    """

    settings: AnomalySettings
    drawn: np.ndarray
    of: int
    detected: tuple[Detected, ...]
    agreements: tuple[Agreement, ...]
    shares: np.ndarray
    novel: np.ndarray | None = None
    novel_p: np.ndarray | None = None

    @property
    def by_chance(self) -> float:
        top = self.settings.top
        return top / (2 - top)

    def oddest(self, most: int) -> np.ndarray:
        """Places among ``drawn`` of the oddest rows, the oddest first."""
        return np.argsort(-self.shares, kind="stable")[:most]

    def to_json(self, most: int) -> dict[str, Any]:
        rows = [
            {
                "row": int(self.drawn[place]) + 1,
                "place": float(self.shares[place]),
                **{one.name: float(one.oddness[place]) for one in self.detected},
            }
            for place in self.oddest(most)
        ]
        detectors = [
            {"name": one.name, "steady": one.steady.to_json(), "overlap": one.overlap.to_json()} for one in self.detected
        ]
        agreements = [{"a": one.a, "b": one.b, "spearman": one.spearman.to_json()} for one in self.agreements]
        new = None
        if self.novel is not None and self.novel_p is not None:
            named = np.flatnonzero(self.novel)
            new = {
                "rows": len(self.novel),
                "novel": [{"row": int(row) + 1, "p": float(self.novel_p[row])} for row in named[:most]],
                "count": len(named),
                "false_share": FALSE_SHARE,
            }
        return {
            "schema": 1,
            "rows": len(self.drawn),
            "of": self.of,
            "top": self.settings.top,
            "overlap_by_chance": self.by_chance,
            "detectors": detectors,
            "agreements": agreements,
            "oddest": rows,
            "new": new,
        }


def find_anomalies(data: Dataset, settings: AnomalySettings, new: Dataset | None = None) -> Anomalies:
    """data: the target, if it has one, is not looked at.  new: rows with the same columns, asked whether they are novel."""
    detected: list[Detected] = []
    drawn = np.zeros(0, dtype=np.int64)
    for name in settings.detectors:
        recipe, learner = detector_named(name)
        points = points_of(data, most_rows=settings.most_rows, seed=settings.seed, step=recipe.step)
        drawn = points.drawn
        detected.append(_detected(name, learner, points, settings, new))
    agreements = tuple(
        Agreement(a.name, b.name, spearman(a.oddness, b.oddness))
        for place, a in enumerate(detected)
        for b in detected[place + 1 :]
    )
    shares = np.mean([places(one.oddness) for one in detected], axis=0)
    novel = p = None
    if new is not None:
        known = [one.p for one in detected if one.p is not None]
        # the mean of p-values, doubled, is one whatever their dependence (Rüschendorf, 1982)
        p = np.minimum(1.0, (1 if len(known) == 1 else 2) * np.mean(known, axis=0))
        novel = np.array(benjamini_hochberg(p.tolist()), dtype=np.float64) <= FALSE_SHARE
    return Anomalies(settings, drawn, len(data), tuple(detected), agreements, shares, novel, p)


def _detected(name: str, learner: AnomalyLearner, points: Points, settings: AnomalySettings, new: Dataset | None) -> Detected:
    seed = derive(settings.seed, "anomalies", name)
    n = len(points)
    oddness, fold, fitted = _unseen(learner, points, settings.folds, derive(settings.seed, "folds"), derive(seed, "fold"))
    runs = []
    for number in range(settings.parts):
        seeds = derive(settings.seed, "part", number), derive(seed, "part", number)
        runs.append(_unseen(learner, points, 2, *seeds)[0])
    ranks = np.stack([places(run) for run in runs])
    oddest = max(1, round(settings.top * n))
    tops = np.stack([np.isin(np.arange(n), np.argsort(-run, kind="stable")[:oddest]) for run in runs]).astype(np.float64)
    shared = tops @ tops.T
    overlap = pairs_interval(shared / (2 * oddest - shared), level=LEVEL, bounds=(0.0, 1.0))
    steady = pairs_interval(_correlations(ranks), level=LEVEL)
    p = None if new is None else _novelty(points, oddness, fold, fitted, new)
    return Detected(name, oddness, steady, overlap, p)


def _unseen(
    learner: AnomalyLearner, points: Points, folds: int, cut_seed: int, seed: int
) -> tuple[np.ndarray, np.ndarray, list[FittedDetector]]:
    """float64 (n,), every row by the detector of the other folds; each row's fold; and the detectors."""
    n = len(points)
    fold = generator(cut_seed, "cut").permutation(n) % folds
    oddness, fitted = np.empty(n), []
    for number in range(folds):
        one = _learned(learner, points, np.flatnonzero(fold != number), derive(seed, "fold", number))
        oddness[fold == number] = one.oddness(points.matrix[fold == number])
        fitted.append(one)
    return oddness, fold, fitted


def _learned(learner: AnomalyLearner, points: Points, rows: np.ndarray, seed: int) -> FittedDetector:
    return learner.learn(points.matrix[learner.part(rows, seed)], points.blocks, seed)


def _correlations(ranks: np.ndarray) -> np.ndarray:
    """float64 (R, R), of ranks (R, n).  A detector that finds all rows alike has no correlation; it is called 0."""
    flat = np.ptp(ranks, axis=1) == 0
    with np.errstate(all="ignore"):
        found = np.atleast_2d(np.corrcoef(ranks))
    found[flat] = found[:, flat] = 0.0
    return np.asarray(found)


def _novelty(points: Points, oddness: np.ndarray, fold: np.ndarray, fitted: list[FittedDetector], new: Dataset) -> np.ndarray:
    """float64 (m,): the share of old rows at least as odd, each fold's by the detector that did not see it (cross-conformal)."""
    if not len(new):
        raise DataError(f"{new.source} has no rows; give new rows to be asked about.")
    matrix = np.asarray(points.step.transform(new.frame), dtype=np.float64)
    at_least = np.zeros(len(matrix))
    for number, one in enumerate(fitted):
        held = np.sort(oddness[fold == number])
        at_least += len(held) - np.searchsorted(held, one.oddness(matrix), side="left")
    return np.asarray((1 + at_least) / (1 + len(oddness)))


def places(oddness: np.ndarray) -> np.ndarray:
    """float64 (n,): each row's rank over n, the oddest 1; ties share theirs."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(oddness) / len(oddness))


def spearman(a: np.ndarray, b: np.ndarray, level: float = LEVEL) -> Interval:
    """Of two scores of the same rows: Fisher's z with the variance (1 + r²/2) / (n - 3)."""
    from scipy.special import ndtri

    n, r = len(a), float(_correlations(np.stack([places(a), places(b)]))[0, 1])
    if abs(r) >= 1 - 1e-12 or n < 5:
        return Interval(
            r, None, None, level, "Bonett-Wright", n, "this recipe", "the two rank the rows alike, or rows are too few"
        )
    half = float(ndtri((1 + level) / 2)) * np.sqrt((1 + r**2 / 2) / (n - 3))
    low, high = (float(np.tanh(np.arctanh(r) + side * half)) for side in (-1, 1))
    return Interval(r, low, high, level, "Bonett-Wright", n, "this recipe")
