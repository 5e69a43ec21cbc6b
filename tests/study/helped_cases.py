"""Studies whose predictions are given, not fitted: so that what is true of them is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import expit

import assay
from assay.measure.parts import Part
from assay.measure.payload import Predictions
from assay.measure.threshold import cross_fitted_labels
from assay.study import Study
from assay.study.cells import Candidate
from assay.study.folder import RunFolder
from assay.study.scores import Scores
from assay.study.work import truth_of


def scores_of(
    target: np.ndarray, said: Mapping[str, tuple[np.ndarray, np.ndarray]], *, treatments: Sequence[str] = ("none",), **settings
) -> Scores:
    """said: by candidate, probabilities of every row after correction and before it, (n,) or (n, K)."""
    words = np.array(["no", "yes", "often"])[target]
    table = pl.DataFrame({"income": np.arange(len(target)) * 1.0, "denied": words})
    positive = {"positive": "yes"} if target.max() == 1 else {}
    study = Study(assay.read(table, target="denied", **positive), ["logistic"], treatments, **settings)
    scores = Scores(
        data=study.data,
        plan=study.plan,
        settings=study.settings,
        folder=RunFolder(Path("nowhere")),
        candidates=tuple(Candidate.parse(name) for name in said),
        records={},
        findings=(),
        identity=study.identity,
    )
    scores.__dict__["parts"] = {name: _parts(scores, *both) for name, both in said.items()}
    return scores


def _parts(scores: Scores, after: np.ndarray, before: np.ndarray) -> list[Part]:
    parts = []
    for fold in scores.plan.folds:
        arrays = {"score": after[fold.test], "probability": after[fold.test], "uncorrected": before[fold.test]}
        said = Predictions(scores.data.question.name, fold.test, arrays)
        parts.append(Part(fold.repeat, fold.fold, truth_of(scores.data, fold.test), said))
    return cross_fitted_labels(parts, scores.threshold_rule)


def binormal(n: int, prevalence: float, apart: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(target, log of the likelihood ratio) of two normal classes of variance 1 whose means are ``apart``."""
    random = np.random.default_rng(seed)
    target = (random.random(n) < prevalence).astype(np.int64)
    x = random.normal(size=n) + apart * target
    return target, apart * (x - apart / 2)


def posterior(evidence: np.ndarray, prior: float) -> np.ndarray:
    return expit(evidence + np.log(prior / (1 - prior)))
