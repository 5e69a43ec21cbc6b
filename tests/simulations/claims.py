"""How often a study calls equal recipes different, and how often it finds a difference that is there; through ``Study``."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm
from tests.simulations.learners import Learner
from tests.simulations.recipe_intervals import World
from tests.simulations.studies import NAMES, Sample, study_of

CLAIMS = ("a better", "b better")


@dataclass(frozen=True)
class Claims:
    """Shares of studies.  pair: the first two were called different when asked for; family: any against the leader was."""

    pair: float
    family: float
    studies: int


def of_equal_recipes(
    world: World, learner: Learner, n_studies: int, folder: Path, *, family: int = 5, repeats: int = 1, seed: int = 0
) -> Claims:
    """Every candidate is the same learner under another seed, so that every claim of a difference is false."""
    random = np.random.default_rng([seed, world.n, int(1000 * world.prevalence)])
    pairs = families = 0
    for number in range(n_studies):
        X, y = world.draw(random)
        run = folder / str(number)
        result = study_of(Sample(X, y), [learner] * family, run, seed=number, repeats=repeats)
        pairs += result.verdict(NAMES[0], NAMES[1]).call in CLAIMS
        families += any(verdict.call in CLAIMS for verdict in result.verdicts)
        shutil.rmtree(run)
    return Claims(pairs / n_studies, families / n_studies, n_studies)


def of_halves(world: World, learner: Learner, n_studies: int, folder: Path, *, repeats: int = 1, seed: int = 0) -> Claims:
    """Two truly different recipes that are equally good by symmetry: each sees one half of ten features that are alike."""
    random = np.random.default_rng([seed, world.n, int(1000 * world.prevalence), 5])

    def first(X: np.ndarray, y: np.ndarray, test: np.ndarray, own_seed: int) -> np.ndarray:
        return learner(X[:, :5], y, test[:, :5], own_seed)

    def second(X: np.ndarray, y: np.ndarray, test: np.ndarray, own_seed: int) -> np.ndarray:
        return learner(X[:, 5:], y, test[:, 5:], own_seed)

    claimed = 0
    for number in range(n_studies):
        X, y = world.draw(random)
        run = folder / str(number)
        result = study_of(Sample(X, y), [first, second], run, seed=number, repeats=repeats)
        claimed += result.verdict(NAMES[0], NAMES[1]).call in CLAIMS
        shutil.rmtree(run)
    return Claims(claimed / n_studies, claimed / n_studies, n_studies)


def of_unequal_scores(
    n_studies: int,
    folder: Path,
    *,
    n: int = 5000,
    prevalence: float = 0.1,
    aucs: tuple[float, float] = (0.80, 0.77),
    correlation: float = 0.8,
    seed: int = 0,
) -> Claims:
    """Two candidates whose scores have these AUCs in truth and are correlated within the classes (predictions are given)."""
    random = np.random.default_rng([seed, n])
    gaps = np.sqrt(2) * norm.ppf(aucs)
    found = 0
    for number in range(n_studies):
        y = (random.random(n) < prevalence).astype(np.int64)
        noise = random.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
        scores = noise + gaps * y[:, None]

        def first(_X: np.ndarray, _y: np.ndarray, test: np.ndarray, _seed: int) -> np.ndarray:
            return test[:, 0]

        def second(_X: np.ndarray, _y: np.ndarray, test: np.ndarray, _seed: int) -> np.ndarray:
            return test[:, 1]

        run = folder / str(number)
        result = study_of(Sample(scores, y), [first, second], run, seed=number)
        found += result.verdict(NAMES[0], NAMES[1]).call == "a better"
        shutil.rmtree(run)
    return Claims(found / n_studies, found / n_studies, n_studies)
