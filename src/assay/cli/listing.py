"""``assay list``: what can be chosen by name."""

import re
from collections.abc import Callable
from typing import Annotated

import typer

from assay.cli.completing import families
from assay.cli.console import say, say_json
from assay.core.errors import ConfigError, MissingExtraError
from assay.core.names import did_you_mean

Lines = list[tuple[str, str]]


def list_names(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="recipes, preparations, spaces, treatments, metrics, calibrators, thresholds, tasks or demos.",
            autocompletion=families,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """List what can be chosen by name."""
    if what not in FAMILIES:
        raise ConfigError(f"there is no list of {what!r}{did_you_mean(what, FAMILIES)}")
    lines = FAMILIES[what]()
    if as_json:
        say_json({"schema": 1, what: [{"name": name, "about": about} for name, about in lines]})
        return
    width = max(len(name) for name, _ in lines)
    for name, about in lines:
        say(f"{name:<{width}}  {about}")


BASED = {
    "transfer": "the network of a saved model (transfer:cars.assay), or one with published weights (transfer:resnet18=FILE), "
    "trained on from its head down (binary, multiclass; needs assay[nets])",
    "linear-probe": "logistic regression on what such a network sees (binary, multiclass; needs assay[nets])",
}


def _recipes() -> Lines:
    from assay.recipes.registry import RECIPES

    lines = []
    for name in RECIPES.names():
        try:
            recipe = RECIPES.get(name)
        except MissingExtraError as error:
            lines.append((name, str(error)))
            continue
        extra = f"; needs assay[{recipe.extra}]" if recipe.extra else ""
        lines.append((name, f"{recipe.title} ({', '.join(sorted(recipe.tasks))}{extra})"))
    lines += [(f"{name}:BASE", about) for name, about in BASED.items()]
    return lines


def _spaces() -> Lines:
    from assay.recipes.registry import RECIPES

    lines = []
    for name in RECIPES.names():
        recipe = RECIPES.get(name)
        usual = recipe.settings()
        for setting, dimension in recipe.space.items():
            lines.append((f"{name} {setting}", f"{dimension} (usually {usual[setting]})"))
    return lines


def _preparations() -> Lines:
    from assay.prepare.named import ALL
    from assay.recipes.preparations import PREPARATIONS

    ways = [PREPARATIONS.get(name) for name in PREPARATIONS.names()]
    return [(way.name, way.title + ("" if way.tasks == ALL else f" ({', '.join(sorted(way.tasks))})")) for way in ways]


def _treatments() -> Lines:
    from assay.recipes.treatments import AT, TREATMENTS, ratio_of, takes_costs

    lines = []
    for name in TREATMENTS.names():
        make = TREATMENTS.get(name)
        ratio = "" if ratio_of(make()) is None else f"; takes a ratio: {name}{AT}0.5"
        costs = f"; takes costs FN,FP: {name}{AT}5,1" if takes_costs(name) else ""
        lines.append((name, f"{_first_line(make)}{ratio}{costs}"))
    return lines


def _first_line(member: object) -> str:
    """The first line of its documentation, without what is meant for readers of the code."""
    line = (member.__doc__ or "").strip().split("\n", 1)[0]
    return re.sub(r" \(see ``\w+``\)", "", line).replace("``", "").rstrip(".")


def _metrics() -> Lines:
    from assay.measure.registry import EXAMPLES, METRICS

    lines = []
    for name in METRICS.names():
        metric = METRICS.get(name)
        direction = "higher" if metric.greater_is_better else "lower"
        lines.append((name, f"{metric.title}, {direction} is better ({', '.join(sorted(metric.tasks))})"))
    return lines + list(EXAMPLES.values())


def _calibrators() -> Lines:
    from assay.measure.calibration import CALIBRATORS

    found = [(name, CALIBRATORS.get(name)) for name in CALIBRATORS.names()]
    return [(name, f"{one.summary.rstrip('.')} ({', '.join(sorted(one.tasks))})") for name, one in found]


def _thresholds() -> Lines:
    from assay.measure.threshold.rule import EXAMPLES, ThresholdRule

    rules = [ThresholdRule.parse(text) for text in EXAMPLES.split(", ")]
    return [(str(rule), rule.describe()) for rule in rules]


def _tasks() -> Lines:
    from assay.data.task import TASKS

    return [(form.name, f"{form.summary}; measured by {form.default_metric} unless told otherwise") for form in TASKS.values()]


def _demos() -> Lines:
    from assay.data.examples import EXAMPLES

    return [(example.name, example.summary) for example in EXAMPLES.values()]


FAMILIES: dict[str, Callable[[], Lines]] = {
    "recipes": _recipes,
    "preparations": _preparations,
    "spaces": _spaces,
    "treatments": _treatments,
    "metrics": _metrics,
    "calibrators": _calibrators,
    "thresholds": _thresholds,
    "tasks": _tasks,
    "demos": _demos,
}
