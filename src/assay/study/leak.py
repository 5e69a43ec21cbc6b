"""The leak shown: what resampling before the split makes of a score, beside the honest number.

Three columns under one recipe, one treatment, one seed and as many folds:

false       rows are resampled first and cross-validated afterwards (``leak_mistake``);
real rows   the same models and predictions, scored on the rows that were not made: what is left of the leak when the
            made rows are no longer among the scored ones;
honest      the folds come first, the treatment sees the training rows of each fold, and untouched rows are scored.

All three leave the probabilities as the learner gives them and cut labels at 0.5, so that nothing differs but the order
of the steps.  The locked rows are used by none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from assay.balance.treatment import Treatment
from assay.core.errors import ConfigError
from assay.core.seeds import derive, generator
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.interval import Interval
from assay.measure.parts import Design, Part, design_of, take
from assay.measure.registry import metric_named
from assay.measure.threshold import with_labels
from assay.recipes.ensembles.nested import FitsRecipes
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe
from assay.splits.plan import Plan
from assay.study.leak_mistake import Mistake, make_mistake
from assay.study.work import truth_of

METRICS = {
    "binary": ("roc_auc", "f1", "average_precision", "brier"),
    "multiclass": ("roc_auc", "f1", "balanced_accuracy", "brier"),
}
CHANGES_ROWS = ("raw", "encoded")
"""Stages of the treatments that make rows or leave rows out; the others leave nothing that could leak."""

LEAST_OF_A_CLASS = 50
"""Rows of each class that a draw keeps, where the class has them."""


@dataclass(frozen=True, kw_only=True)
class LeakSettings:
    """most_rows: of the development rows; more of them are drawn from, class by class.  level: of every interval."""

    most_rows: int = 10_000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.most_rows < 2 * LEAST_OF_A_CLASS:
            raise ConfigError(f"rows={self.most_rows}: at least {2 * LEAST_OF_A_CLASS} are needed to show a leak.")


@dataclass(frozen=True)
class LeakShown(Shown):
    """The numbers and what they rest on; ``leak_words.sentences`` says them.

    rows: that may be used; used: that were.  resampled: rows of the table the mistake is made on; synthetic, copies: among
    them.  last_class: the positive one of two; shares: of it among the rows that are scored honestly and falsely.
    unit: what the plan keeps together.  false, real_rows, honest: metric -> interval.
    """

    recipe: str
    treatment: str
    task: str
    folds: int
    seed: int
    rows: int
    used: int
    resampled: int
    synthetic: int
    copies: int
    last_class: str
    shares: tuple[float, float]
    unit: str
    false: Mapping[str, Interval]
    real_rows: Mapping[str, Interval]
    honest: Mapping[str, Interval]

    def to_json(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "treatment": self.treatment,
            "task": self.task,
            "folds": self.folds,
            "seed": self.seed,
            "rows": self.rows,
            "used": self.used,
            "resampled": self.resampled,
            "synthetic": self.synthetic,
            "copies": self.copies,
            "class": self.last_class,
            "share_honest": self.shares[0],
            "share_false": self.shares[1],
            "metrics": {
                name: {
                    "false": self.false[name].to_json(),
                    "real_rows": self.real_rows[name].to_json(),
                    "honest": self.honest[name].to_json(),
                }
                for name in self.honest
            },
        }


def check_leak(recipe: Recipe, treatment: Treatment, data: Dataset) -> None:
    """Raise ConfigError when there is no leak to show: no classes, rows that stay as they are, a recipe that learns
    nothing or reads no matrix of its own."""
    task = data.question
    if not task.is_classification:
        raise ConfigError(
            f"the leak comes from resampling classes, and {task.target!r} is a {task.name} target; leave --show-leak out."
        )
    if treatment.name == "none" or treatment.stage not in CHANGES_ROWS:
        raise ConfigError(
            f"treatment {treatment.name!r} makes no rows and leaves none out, so nothing can leak by it; "
            "name one that does, such as smote or random-oversample."
        )
    recipe.check(data)
    if isinstance(recipe.learner, FitsRecipes):
        raise ConfigError(
            f"recipe {recipe.name!r} fits other recipes, each on a matrix of its own, so there is no one matrix to "
            "resample before the split; name one of its members, such as forest."
        )
    if not recipe.treatable:
        raise ConfigError(f"recipe {recipe.name!r} learns nothing from the features, so nothing leaks into it; name another.")


def _untold(_made: int, _of: int) -> None:
    return None


def show_leak(
    recipe: Recipe,
    treatment: Treatment,
    data: Dataset,
    plan: Plan,
    *,
    settings: LeakSettings | None = None,
    context: Context | None = None,
    done: Callable[[int, int], None] = _untold,
) -> LeakShown:
    """Make the mistake and do it right on the development rows of the plan.

    The honest side has the folds of the plan's first repeat.  done(fits made, of how many): called after every fit.
    Raises as ``check_leak`` does, and what recipe and treatment raise on rows they cannot work on.
    """
    settings, context = settings or LeakSettings(), context or Context()
    check_leak(recipe, treatment, data)
    used = _drawn(data, plan.development, settings)
    folds = sum(fold.repeat == 0 for fold in plan.folds)

    def fit_seeds(fold: int) -> int:
        return derive(settings.seed, "leak", recipe.name, fold)

    with threadpool_limits(limits=context.threads):
        honest = _honest(
            recipe, treatment, data, plan, used, fit_seeds=fit_seeds, context=context, tell=lambda made: done(made, 2 * folds)
        )
        mistake = make_mistake(
            recipe,
            treatment,
            data.take(used),
            folds=folds,
            seed=derive(settings.seed, "leak", recipe.name),
            fit_seeds=fit_seeds,
            budget=Budget(),
            context=context,
            done=lambda made, _of: done(folds + made, 2 * folds),
        )
    names = METRICS[data.question.name]
    own = design_of(honest, kind=plan.unit, groups=plan.groups, time=plan.time)
    scored = np.concatenate([part.truth["target"] for part in honest])
    last = len(data.question.classes) - 1
    return LeakShown(
        recipe=recipe.name,
        treatment=treatment.name,
        task=data.question.name,
        folds=folds,
        seed=settings.seed,
        rows=len(plan.development),
        used=len(used),
        resampled=len(mistake.target),
        synthetic=int((mistake.source_rows < 0).sum()),
        copies=int((mistake.made & (mistake.source_rows >= 0)).sum()),
        last_class=data.question.classes[last],
        shares=(float(np.mean(scored == last)), float(np.mean(mistake.target == last))),
        unit=plan.unit,
        false=_intervals(_measured(mistake.parts, names, settings), names),
        real_rows=_intervals(_measured(_real(mistake), names, settings), names),
        honest=_intervals(_evaluated(honest, names, own, settings), names),
    )


def _drawn(data: Dataset, rows: np.ndarray, settings: LeakSettings) -> np.ndarray:
    """At most about ``most_rows`` of these, rising, with the class shares kept; of a rare class never under 50, or all."""
    if len(rows) <= settings.most_rows:
        return rows
    target, kept = data.target[rows], []
    for code in np.unique(target):
        own = rows[target == code]
        share = int(np.ceil(len(own) * settings.most_rows / len(rows)))
        size = min(len(own), max(share, LEAST_OF_A_CLASS))
        kept.append(generator(settings.seed, "leak rows", int(code)).choice(own, size, replace=False))
    return np.sort(np.concatenate(kept))


def _honest(  # more than 8 arguments: what the mistake is given too
    recipe: Recipe,
    treatment: Treatment,
    data: Dataset,
    plan: Plan,
    used: np.ndarray,
    *,
    fit_seeds: Callable[[int], int],
    context: Context,
    tell: Callable[[int], None],
) -> list[Part]:
    parts = []
    for fold in plan.folds:
        if fold.repeat:
            continue
        train, test = np.intersect1d(fold.train, used), np.intersect1d(fold.test, used)
        fitted = fit(
            recipe,
            treatment,
            data.take(train),
            groups=None if plan.groups is None else plan.groups[train],
            seed=fit_seeds(fold.fold),
            budget=Budget(),
            context=context,
            calibration="none",
        )
        said = fitted.predict(data.frame[test], units=test)
        parts.append(Part(0, fold.fold, truth_of(data, test), with_labels(said)))
        tell(len(parts))
    return parts


def _real(mistake: Mistake) -> list[Part]:
    """The parts without the rows that were made; a fold that has no other is left out."""
    found = []
    for part in mistake.parts:
        kept = np.flatnonzero(~mistake.made[part.units])
        if len(kept):
            found.append(Part(part.repeat, part.fold, take(part.truth, kept), take(part.predictions, kept)))
    return found


def _measured(parts: Sequence[Part], names: Sequence[str], settings: LeakSettings) -> Evaluation:
    return _evaluated(parts, names, design_of(parts), settings)


def _evaluated(parts: Sequence[Part], names: Sequence[str], design: Design, settings: LeakSettings) -> Evaluation:
    metrics = [metric_named(name) for name in names]
    return evaluate({"it": list(parts)}, metrics, design, level=settings.level, estimand="this recipe", seed=settings.seed)


def _intervals(found: Evaluation, names: Sequence[str]) -> dict[str, Interval]:
    return {name: found.interval("it", name) for name in names}
