"""One net trained with probes in it, looked at from all sides, and made into what the page of a training shows."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assay.core.errors import AssayError
from assay.core.seeds import derive, generator

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.nets.inside.portrait import Portrait
    from assay.nets.inside.record import Inside
    from assay.nets.inside.sign import Sign
    from assay.recipes.fitted import Fitted
    from assay.recipes.nets.learner import NetLearner
    from assay.recipes.recipe import Recipe
    from assay.report.training_page import TrainingReport
    from assay.study.study import Study

SHOWN_ROWS = 6
"""Rows whose activations are drawn, of all classes alike."""


@dataclass(frozen=True)
class Seen:
    """What came of a training. portrait: None where it failed, and ``failure`` says why."""

    inside: "Inside"
    signs: "tuple[Sign, ...]"
    portrait: "Portrait | None"
    failure: str = ""


def train_and_look(study: "Study", recipe: "Recipe", threads: int) -> Seen:
    """Fit on the rows that the finished model is fitted on, by the seed that it is fitted with.

    Raises what the fit raises before its first step; what goes wrong later is seen, and said in ``failure``.
    """
    from threadpoolctl import threadpool_limits

    from assay.balance.registry import TREATMENTS
    from assay.core.optional import require
    from assay.recipes.fitting import fit
    from assay.recipes.learner import Budget, Context

    require("torch", extra="nets", purpose="assay train-report")
    from assay.nets.inside.probes import Probes
    from assay.nets.inside.signs import signs

    rows, probes = study.plan.final_training, Probes(every=1)
    data, seed = study.data.take(rows), derive(study.seed, "refit", recipe.name)
    groups = None if study.plan.groups is None else study.plan.groups[rows]
    context = Context(threads=threads, watch=probes)
    try:
        with threadpool_limits(limits=threads):
            none = TREATMENTS.get("none")()
            fitted = fit(recipe, none, data, groups=groups, seed=seed, budget=Budget(), context=context)
    except AssayError as error:
        inside = probes.inside()
        if not len(inside.steps):
            raise
        return Seen(inside, signs(inside), None, str(error))
    portrait = _portrait(fitted, recipe, data, rows, seed)
    inside = replace(probes.inside(), chance=portrait.chance)
    return Seen(inside, signs(inside), portrait)


def _portrait(fitted: "Fitted", recipe: "Recipe", data: "Dataset", numbers: np.ndarray, seed: int) -> "Portrait":
    """numbers: of the rows of ``data`` in the whole dataset."""
    from assay.data.rows import Rows
    from assay.nets.inside.portrait import portrait
    from assay.recipes.fitting import training_rows
    from assay.recipes.nets.fitted import FittedNet
    from assay.recipes.nets.learner import NetLearner, examples_of, loss_of

    net, learner = fitted.learner, recipe.learner
    if not isinstance(net, FittedNet) or not isinstance(learner, NetLearner):
        raise TypeError(f"recipe {recipe.name!r} gave no net, and the command lets no other recipe through.")
    spec, model = net.net
    train = training_rows(recipe, data, None)
    matrix = fitted.step.transform(train.features)
    rows = examples_of(spec, Rows(matrix, train.target, len(data.question.classes), train.weights), net.unit)
    shown = _of_all_kinds(data, generator(seed, "rows to look at").permutation(len(data)))
    names = tuple(f"row {numbers[row]}: {_answer(data, row)}" for row in shown)
    loss = loss_of(spec, learner.head.judge(data.question))
    return portrait(model, loss, rows, shown.tolist(), names, seed=seed)


def _of_all_kinds(data: "Dataset", order: np.ndarray) -> np.ndarray:
    """Rows in this order, but one of each class before the second of any; of a number, spread evenly from low to high."""
    if not data.question.is_classification:
        drawn = order[: 10 * SHOWN_ROWS]
        ranked = drawn[np.argsort(data.target[drawn], kind="stable")]
        return np.asarray(ranked[np.unique(np.linspace(0, len(ranked) - 1, SHOWN_ROWS).round().astype(np.int64))])
    target = data.target[order]
    turn = np.zeros(len(order), dtype=np.int64)
    for code in np.unique(target):
        turn[target == code] = np.arange((target == code).sum())
    kept = order[np.argsort(turn, kind="stable")[:SHOWN_ROWS]]
    return np.asarray(kept[np.argsort(data.target[kept], kind="stable")])


def _answer(data: "Dataset", row: int) -> str:
    value = data.target[row]
    return data.question.classes[int(value)] if data.question.is_classification else f"{value:.4g}"


def training_content(study: "Study", recipe: "Recipe", seen: Seen, threads: int, command: str) -> "TrainingReport":
    """What the page shows."""
    from assay.report.training_page import TrainingReport
    from assay.study.versions import library_versions

    learner: NetLearner = recipe.learner  # type: ignore[assignment]
    portrait, plan = seen.portrait, study.plan
    return TrainingReport(
        title=Path(study.data.source).name or study.data.source,
        recipe=recipe.name,
        about=recipe.title,
        target=study.data.question.target,
        inside=seen.inside,
        signs=seen.signs,
        failure=seen.failure,
        landscape=None if portrait is None else portrait.landscape,
        activations=None if portrait is None else portrait.activations,
        graph=None if portrait is None else portrait.graph,
        provenance={
            "Command": command,
            "Versions": dict(text.split(" ", 1) for text in library_versions()),
            "Seed": study.seed,
            "Threads": threads,
            "Rows": {"training": len(plan.final_training), "locked": len(plan.locked)},
            "Training": {name: value for name, value in _settings(learner).items() if value is not None},
            "Fingerprints (SHA-256)": {"data": study.data.fingerprint, "locked rows": plan.lock_key},
        },
    )


def _settings(learner: "NetLearner") -> dict[str, str | None]:
    settings = learner.training
    return {
        "net": learner.shape.architecture,
        "optimizer": settings.optimizer,
        "learning rate": f"{settings.learning_rate:g}, {settings.schedule}",
        "weight decay": f"{settings.weight_decay:g}",
        "gradients clipped at": None if settings.clip_norm is None else f"{settings.clip_norm:g}",
        "rows in a batch": f"at most {settings.batch_size}",
        "epochs": f"at most {settings.epochs}",
        "patience": None if settings.patience is None else f"{settings.patience} epochs",
    }
