"""Which treatments a study tries with which recipe: names as users give them, "all", ratios and costs.

What "all" brings and cannot work here (a library that is not installed, a recipe that takes no weights) is left out with a
note; the same thing asked for by name is tried, and fails with its reason.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.recipes.fitting import check_pair
from assay.recipes.named import recipe_named
from assay.recipes.treatments import (
    AT,
    TREATMENTS,
    costs_given,
    ratio_of,
    rejoined,
    takes_costs,
    treatment_named,
    treatment_text,
    with_costs,
)
from assay.study.cells import NO_TREATMENT

ALL = "all"
NETS = "assay.nets."
"""Where the treatments live that need torch."""

NOT_MADE = frozenset({"text", "image"})
"""Kinds of columns that no generator of rows can make."""

AUGMENT = {"augment-oversample": NOT_MADE, "augment-synonyms": frozenset({"text"})}
"""The treatments that alter columns of these kinds, and nothing else."""

Pair = tuple[str, str]
"""(recipe, treatment)."""


@dataclass(frozen=True)
class Treated:
    """names: of the treatments, "none" first.  left_out: pairs that are not tried.  notes: why, and what else to know."""

    names: tuple[str, ...]
    left_out: frozenset[Pair] = frozenset()
    notes: tuple[str, ...] = ()


def choose_treated(
    data: Dataset,
    recipes: Sequence[str],
    names: Sequence[str],
    ratios: Sequence[float] | None = None,
    cost: tuple[float, float] | None = None,
) -> Treated:
    """The treatments to try, each known and in its one spelling, with "none" in front.

    names: of treatments, with a setting or without, and "all" for every one that can work on this data.  ratios: every
    treatment that takes a ratio, and was named without one, is tried with each of these; of those at or below the size of
    the smallest class over the largest nothing would be made, and they are left out with a note.
    cost: (of a missed positive, of a false alarm): what the treatment by costs weighs by where it is named without any.
    Raises ConfigError for ratios that are none, costs that are no weights, treatments of a target without classes, names
    given twice.
    """
    given = rejoined([name for name in names if name != ALL]) if not isinstance(names, str) else names
    if given or ALL not in names:
        plain = given if isinstance(given, str) else [name.partition(AT)[0] for name in given]
        check_names(plain, TREATMENTS.target, "treatments")
    spelled = list(dict.fromkeys([NO_TREATMENT, *_spelled(given, cost)]))
    every, costless = _every(spelled, cost) if ALL in names else ([], [])
    treated = [*spelled[1:], *every]
    task = data.question
    if treated and not task.is_classification:
        first = ALL if every else treated[0]
        raise ConfigError(f"treatment {first!r} acts on classes, and {task.target!r} is a {task.name} target; use none.")
    if not treated:
        return Treated((NO_TREATMENT,))
    _check_two_classes(data, treated)
    problems = {name: {recipe: _problem(data, recipe, name) for recipe in recipes} for name in every}
    hopeless = {name for name, found in problems.items() if found and all(found.values())}
    variants, notes = _with_ratios(data, [name for name in treated if name not in hopeless], ratios)
    left_out = {
        (recipe, variant)
        for name, found in problems.items()
        for recipe, problem in found.items()
        for variant in variants.get(name, ())
        if problem
    }
    tried = [variant for name in treated for variant in variants.get(name, ())]
    why = (*_why_left_out(problems, hopeless), *costless, *notes)
    return Treated((NO_TREATMENT, *dict.fromkeys(tried)), frozenset(left_out), why)


def makes_cells(name: str) -> bool:
    """Whether fits are made for a treatment of this name; none are for one that acts on decisions alone."""
    return treatment_named(name).stage != "decision"


def needs_net(name: str) -> bool:
    """Whether the treatment of this name, with a ratio or without, trains a net."""
    return TREATMENTS.target(name.partition(AT)[0]).startswith(NETS)


def check_names(names: Sequence[str], check: Callable[[str], object], what: str) -> None:
    """Raise ConfigError unless these are several names; check: raises UnknownNameError for one that is none."""
    if isinstance(names, str):
        raise ConfigError(f"{what}={names!r}: pass a list of names, such as [{names!r}].")
    if not names:
        raise ConfigError(f"{what} is empty; name at least one (assay list {what}).")
    for name in names:
        check(name)


def check_once(names: Sequence[str], what: str) -> None:
    """Raise ConfigError for a name that is given twice."""
    twice = {name for name in names if list(names).count(name) > 1}
    if twice:
        raise ConfigError(f"{what} names {sorted(twice)[0]!r} twice.")


def _spelled(names: Sequence[str], cost: tuple[float, float] | None) -> list[str]:
    """Raises ConfigError for names that are given twice, and for costs of the study that no row can be weighed by."""
    plain = [treatment_text(name) for name in names]
    costless = [name for name in plain if takes_costs(name)]
    if costless and cost is not None and not _weigh(cost):
        raise ConfigError(
            f"treatment {costless[0]!r} weighs rows by cost, and cost {cost[0]:g},{cost[1]:g} leaves a class without weight: "
            f"give costs above 0, or give the treatment its own, such as {with_costs(costless[0], 5, 1)}."
        )
    spelled = [_costed(name, cost) for name in plain]
    check_once(spelled, "treatments")
    return spelled


def _every(named: Sequence[str], cost: tuple[float, float] | None) -> tuple[list[str], list[str]]:
    """What "all" adds to the treatments that are named, and what there is to say of it."""
    names, notes = TREATMENTS.names(), []
    if cost is not None and not _weigh(cost):
        why = f"cost {cost[0]:g},{cost[1]:g} leaves a class without weight"
        notes = [f"{name} is not tried: {why}." for name in names if takes_costs(name)]
        names = [name for name in names if not takes_costs(name)]
    return [name for name in (_costed(name, cost) for name in names) if name not in named], notes


def _costed(name: str, cost: tuple[float, float] | None) -> str:
    """The name with the costs of the study, if it weighs by costs and was given none."""
    return name if cost is None or not takes_costs(name) else with_costs(name, *cost)


def _weigh(cost: tuple[float, float]) -> bool:
    """Whether both classes keep a weight under these costs."""
    return min(cost) > 0


def _check_two_classes(data: Dataset, names: Sequence[str]) -> None:
    """Raise ConfigError for costs of two classes where there are more."""
    costed = next((name for name in names if costs_given(name)), None)
    if costed is not None and len(data.question.classes) != 2:
        raise ConfigError(
            f"treatment {costed!r} has the costs of two classes, and {data.question.target!r} has "
            f"{len(data.question.classes)}; use {costed.partition(AT)[0]} without costs there."
        )


def _problem(data: Dataset, recipe_name: str, name: str) -> str:
    """Why this recipe cannot take this treatment on this data, or ""."""
    recipe = recipe_named(recipe_name)
    if not recipe.treatable or not makes_cells(name):
        return ""
    if needs_net(name) and importlib.util.find_spec("torch") is None:
        return "it needs torch, which is not installed: pip install 'assay[nets]'"
    treatment = treatment_named(name)
    kinds = {column.kind for column in data.schema.features} & recipe.reads & NOT_MADE
    if kinds and treatment.stage == "raw" and treatment.correction == "calibrate" and not kinds & AUGMENT.get(name, frozenset()):
        return f"it cannot make columns of kind {' or '.join(sorted(kinds))}"
    if name in AUGMENT and not kinds:
        return "there is no column of texts or pictures that it could alter"
    try:
        check_pair(recipe, treatment, data.question)
    except ConfigError as error:
        return str(error).rstrip(".")
    return ""


def _why_left_out(problems: dict[str, dict[str, str]], hopeless: set[str]) -> list[str]:
    """A sentence for each treatment and reason."""
    notes = []
    for name, found in problems.items():
        for problem in dict.fromkeys(filter(None, found.values())):
            recipes = [recipe for recipe, reason in found.items() if reason == problem]
            where = "" if name in hopeless and len(set(found.values())) == 1 else f" with {', '.join(recipes)}"
            notes.append(f"{name} is not tried{where}: {problem}.")
    return notes


def _with_ratios(data: Dataset, names: Sequence[str], ratios: Sequence[float] | None) -> tuple[dict[str, list[str]], list[str]]:
    """For each name the texts that are tried in its place, and what there is to say of it."""
    if ratios is None:
        return {name: [name] for name in names}, []
    wanted = _checked_ratios(ratios)
    sizes = np.bincount(data.target)
    present = float(sizes[sizes > 0].min() / sizes.max())
    takers = [name for name in names if AT not in name and ratio_of(treatment_named(name)) is not None]
    useless = [ratio for ratio in wanted if ratio <= present]
    notes = []
    if takers and useless:
        said = ", ".join(f"{ratio:g}" for ratio in useless)
        notes.append(
            f"ratio {said} is left out: the smallest class is {present:.2g} times the largest already, so nothing would be made."
        )
    if not takers:
        notes.append("none of the treatments takes a ratio, so ratios change nothing.")
    variants = {name: [name] for name in names}
    for name in takers:
        variants[name] = [treatment_text(f"{name}{AT}{ratio!r}") for ratio in wanted if ratio > present]
    return variants, notes


def _checked_ratios(ratios: Sequence[float]) -> list[float]:
    if not len(ratios):
        raise ConfigError("ratios is empty; name at least one, such as 0.5, or leave it out.")
    for ratio in ratios:
        if not 0 < ratio <= 1:
            raise ConfigError(
                f"ratios holds {ratio!r}: a ratio is above 0 and at most 1 (the size of each smaller class over the largest)."
            )
    return list(dict.fromkeys(float(ratio) for ratio in ratios))
