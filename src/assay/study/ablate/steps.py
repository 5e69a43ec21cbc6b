"""What each step is worth: the candidate built up from nothing, and each of its steps taken back alone.

From first to last: what knows no column at all, the columns in the plain way of the recipe's mode, what the recipe itself
does to them, each preparation in its text, the treatment, the correction of probabilities, the search of settings.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from assay.core.errors import AssayError, ConfigError
from assay.recipes.named import BETWEEN, base_name, recipe_named, without_options
from assay.recipes.recipe import Recipe
from assay.recipes.treatments import treatment_named
from assay.study.ablate.asked import Asked, Line, Question
from assay.study.ablate.variant import Variant, bare_step, preparations_of, recipe_of
from assay.study.cells import NO_TREATMENT
from assay.study.scores import Scores

NOTHING = "baseline"
UNCALIBRATED = "none"


@dataclass(frozen=True)
class _Step:
    """undo: the variant without it."""

    name: str
    undo: Callable[[Variant], Variant]


def ask_steps(scores: Scores, whole: Variant, recipe: Recipe) -> Question:
    """Raises ConfigError for the baseline, which has no steps."""
    base = base_name(whole.recipe)
    if base == NOTHING:
        raise ConfigError(f"{base} has no steps to take back; name another row of the leaderboard.")
    steps = _steps(scores, whole, recipe)
    notes: list[str] = []
    ladder, built = [], whole
    for step in reversed(steps):
        ladder.append(Line(f"+ {step.name}", built))
        built = step.undo(built)
    ladder.append(Line(f"{base}, plain" if steps else base, built))
    nothing = Variant(recipe=NOTHING)
    if _can(scores, nothing, notes, "the baseline"):
        ladder.append(Line("no column (baseline)", nothing))
    ladder = [line for line in ladder if _can(scores, line.variant, notes, line.name)]
    tables = [Asked("steps", "From nothing to the whole, step by step", "ladder", tuple(reversed(ladder)))]
    if len(steps) > 1:
        less = [Line(step.name, step.undo(whole)) for step in steps]
        less = [line for line in less if _can(scores, line.variant, notes, f"without {line.name}")]
        tables.append(Asked("taken back", "The whole without one step", "less", tuple(less)))
    if not steps:
        notes.append(f"{base} does nothing beyond the plain encoding of columns: there is no further step to take back.")
    return Question("steps", tuple(tables), tuple(dict.fromkeys(notes)))


def _steps(scores: Scores, whole: Variant, recipe: Recipe) -> list[_Step]:
    """What can be taken back, in the order in which a training row meets it."""
    found = []
    if bare_step(without_options(whole.recipe).step) is not None:
        found.append(_Step("the recipe's own preparation", lambda v: replace(v, bare=True)))
    for option in preparations_of(whole.recipe):
        found.append(_Step(option, _forget(option)))
    if whole.treatment != NO_TREATMENT:
        found.append(_Step(whole.treatment, lambda v: replace(v, treatment=NO_TREATMENT)))
    if _is_corrected(scores, whole, recipe):
        name = "correction of probabilities" if whole.calibration is None else f"calibration {whole.calibration}"
        found.append(_Step(name, lambda v: replace(v, calibration=UNCALIBRATED)))
    if recipe.search is not None:
        found.append(_Step(f"search {recipe.search}", _forget(str(recipe.search))))
    return found


def _is_corrected(scores: Scores, whole: Variant, recipe: Recipe) -> bool:
    if not scores.data.question.is_classification or whole.calibration == UNCALIBRATED:
        return False
    treated = treatment_named(whole.treatment).correction
    return whole.calibration is not None or (recipe.correction if treated == "none" else treated) != "none"


def _forget(option: str) -> Callable[[Variant], Variant]:
    """Take an option out of the recipe's text."""

    def undo(variant: Variant) -> Variant:
        name, *options = variant.recipe.split(BETWEEN)
        return replace(variant, recipe=BETWEEN.join([name, *(one for one in options if one != option)]))

    return undo


def _can(scores: Scores, variant: Variant, notes: list[str], what: str) -> bool:
    """Whether it can be fitted at all; where not, a note says why."""
    try:
        recipe_named(variant.recipe)
        recipe_of(variant, scores.settings.metric).check(scores.data)
    except AssayError as error:
        notes.append(f"{what} is left out: {error}")
        return False
    return True
