"""Names of what is tried of a recipe beside itself: under a treatment, and tuned."""

from collections.abc import Callable, Mapping, Sequence

from assay.recipes.named import BETWEEN, recipe_named
from assay.recipes.recipe import Recipe
from assay.recipes.tuning.search import Search
from assay.study.budget.race import Runner
from assay.study.cells import NO_TREATMENT, Candidate


def recipe_of(name: str) -> Recipe:
    """Of a candidate's name, whatever its treatment."""
    return recipe_named(Candidate.parse(name).recipe)


def tuned_form(name: str, search: Search) -> str:
    """
    >>> tuned_form("logistic+smote", Search("tpe", 9))
    'logistic:tpe@9+smote'
    """
    candidate = Candidate.parse(name)
    return Candidate(f"{candidate.recipe}{BETWEEN}{search}", candidate.treatment).name


def untried_treatment(
    complete: Sequence[Runner], begun: Mapping[str, Runner], treatments: Callable[[str], Sequence[str]]
) -> tuple[Runner, str] | None:
    """The best recipe that can take any of the treatments, and its name with the first that was not begun; None: all were.

    complete: runners with all folds, best first.
    """
    for runner in complete:
        candidate = Candidate.parse(runner.name)
        if candidate.treatment != NO_TREATMENT or recipe_of(runner.name).search is not None:
            continue
        taken = treatments(candidate.recipe)
        if taken:
            names = (Candidate(candidate.recipe, treatment).name for treatment in taken)
            return next(((runner, name) for name in names if name not in begun), None)
    return None
