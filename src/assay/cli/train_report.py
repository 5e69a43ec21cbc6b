"""``assay train-report``: one net trained on the training rows with a watch inside, and the page of what was seen."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, shown
from assay.cli.outputs import check_page, writing
from assay.cli.reading import (
    DataArgument,
    DropOption,
    GroupOption,
    KindOption,
    PositiveOption,
    SplitOption,
    TargetOption,
    TaskOption,
    TestOption,
    TimeOption,
    WeightOption,
    reading,
)
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.cli.looking_inside import Seen
    from assay.recipes.recipe import Recipe
    from assay.study.study import Study


def train_report(  # more than 8 arguments: typer reads the options of the command off them
    context: typer.Context,
    data: DataArgument,
    out: Annotated[str, typer.Option("--out", metavar="FILE.html", help="The page to write.")],
    target: TargetOption = None,
    recipe: Annotated[
        str, typer.Option(metavar="NAME", help="A recipe whose learner is a net (see assay list recipes).")
    ] = "mlp",
    task: TaskOption = None,
    time: TimeOption = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    positive: PositiveOption = None,
    test: TestOption = None,
    split: SplitOption = None,
    kind: KindOption = None,
    drop: DropOption = None,
    seed: Annotated[int, typer.Option(help="Of the split that locks the test rows, and of the training.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Part of the arithmetic: 1 and 2 differ in the last bits.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Train one net and look inside.

    Losses, gradients, dead units, what is wrong and what to do. The locked test rows are left out, as in every training; with
    equal seed and threads it is the net that assay finish makes.
    """
    from assay.cli.looking_inside import train_and_look, training_content
    from assay.report.training_page import write_training_page
    from assay.study.study import Study

    page = check_page(out)
    way = reading(
        source=data,
        target=target,
        task=task,
        positive=positive,
        drop=drop,
        kind=kind,
        time=time,
        group=group,
        weight=weight,
        test=test,
        split=split,
    )
    chosen = net_recipe(recipe)
    study = Study(way.load(), recipes=[recipe], seed=seed, folds=2)  # the locked rows do not depend on the folds
    study.prepare()
    seen = train_and_look(study, chosen, threads)
    command = shlex.join(["assay", *(context.obj or ())])
    with writing(page):
        write_training_page(training_content(study, chosen, seen, threads, command), page)
    if as_json:
        say_json(as_object(study, chosen, seen, page))
    else:
        _print(chosen, study, seen, page)
    if seen.failure:
        raise ConfigError(f"{seen.failure} What was seen until then: {shown(page)}")


def net_recipe(name: str) -> "Recipe":
    """The recipe of this name; raises ConfigError unless a net learns in it."""
    from assay.recipes.nets.learner import NetLearner
    from assay.recipes.registry import RECIPES

    recipe = RECIPES.get(name)
    if isinstance(recipe.learner, NetLearner):
        return recipe
    nets = [other for other in RECIPES.names() if "recipes.nets" in RECIPES.target(other)]
    raise ConfigError(f"recipe {name!r} trains no net, so there is nothing to look into; choose one of {', '.join(nets)}.")


def as_object(study: "Study", recipe: "Recipe", seen: "Seen", page: Path) -> dict[str, Any]:
    """What ``assay train-report --json`` prints."""
    inside = seen.inside
    return {
        "schema": 1,
        "recipe": recipe.name,
        "task": study.data.question.to_json(),
        "rows": {"training": len(study.plan.final_training), "locked": len(study.plan.locked)},
        "epochs": len(inside.train_loss),
        "best_epoch": inside.best_epoch,
        "signs": [asdict(sign) for sign in seen.signs],
        "failure": seen.failure or None,
        "inside": inside.to_json(),
        "landscape": None if seen.portrait is None else seen.portrait.landscape.to_json(),
        "page": str(page),
    }


def _print(recipe: "Recipe", study: "Study", seen: "Seen", page: Path) -> None:
    inside, plan = seen.inside, study.plan
    rows = f"{len(plan.final_training)} training rows; the {len(plan.locked)} locked ones were left out"
    say(one_line(f"{recipe.name} on {Path(study.data.source).name}: {rows}."))
    best = inside.best_epoch
    if best is not None and not seen.failure:
        held = f", validation loss {inside.validation_loss[best]:.4g}" if inside.has_validation else ""
        chance = "" if inside.chance is None else f"; one constant answer for every row has {inside.chance:.4g}"
        losses = f"training loss {inside.train_loss[best]:.4g}{held}{chance}"
        say(f"{len(inside.train_loss)} epochs; kept are the weights of epoch {best + 1}: {losses}.")
    for sign in seen.signs:
        say(one_line(f"Warning: {sign.sentence}"))
    if not seen.signs:
        say("No warnings: gradients, units and losses look as they should.")
    say(f"Page: {shown(page)}")
