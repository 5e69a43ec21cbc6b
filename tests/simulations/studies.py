"""Studies whose predictions were computed beforehand, so that a thousand of them can be afforded.

Everything a user meets is real: the data set, its plan and lock, the run folder and its journal, metrics, verdicts.  Only
the fits are not done by recipes: the predictions of stand-in learners are put into the folder under recipes' names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from tests.simulations.learners import Learner

import assay
from assay.measure.payload import Predictions
from assay.study.cells import Candidate, Cell, Outcome
from assay.study.folder import RunFolder
from assay.study.result import StudyResult

NAMES = ("logistic", "tree", "forest", "boosting", "knn")
"""Recipes whose names the stand-ins go by, in order."""


@dataclass(frozen=True)
class Sample:
    """X: float (n, d).  y: int (n,), 0 or 1."""

    X: np.ndarray
    y: np.ndarray


def study_of(sample: Sample, learners: Sequence[Learner], folder: Path, *, seed: int, repeats: int = 1) -> StudyResult:
    """The study's result with each learner's predictions under one of NAMES."""
    frame = pl.DataFrame({f"x{j}": sample.X[:, j] for j in range(sample.X.shape[1])} | {"y": sample.y})
    data = assay.read(frame, target="y")
    study = assay.Study(data, recipes=NAMES[: len(learners)], seed=seed, repeats=repeats)
    folder.mkdir()
    run = RunFolder(folder)
    run.join(study.identity, study.settings.candidates, study.settings.to_json())
    for name, learner in zip(NAMES, learners, strict=False):
        for fold in study.plan.folds:
            own_seed = int(np.random.SeedSequence([seed, fold.repeat, fold.fold, NAMES.index(name)]).generate_state(1)[0])
            score = learner(sample.X[fold.train], sample.y[fold.train], sample.X[fold.test], own_seed)
            probability = 1 / (1 + np.exp(-np.clip(score, -30, 30)))
            predictions = Predictions("binary", fold.test, {"score": score, "probability": probability})
            run.keep(Outcome(Cell(Candidate(name), fold.repeat, fold.fold), own_seed, predictions, None, 0.0, 0.0))
    return study.open(folder)
