"""A recipe: how rows are prepared, what learns from them, and in which order things are tried first when simple.

Data only.  ``recipes.fitting.fit`` walks the rows through it.
"""

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any, Self

from assay.balance.treatment import Correction
from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.prepare.step import Step
from assay.recipes.learner import Learner
from assay.recipes.space import Space, Values, check_values
from assay.recipes.tuning.search import Search

LIBRARIES = {"nets": "torch", "catboost": "catboost", "xgboost": "xgboost", "vision": "cv2", "text": "tokenizers"}
"""What the extras of recipes bring."""

IN_STEP = "step."
"""Begins the names of settings that are fields of the preparation."""


@dataclass(frozen=True, kw_only=True)
class Recipe(Shown):
    """One thing that can be tried by name.

    tasks: names of the tasks it answers.
    needs: kinds of columns of which at least one must be there (empty: any).
    reads: kinds of feature columns it uses; the others are left out, and the study says so.
    simplicity: 0 is the simplest; the order of ``--prefer simple``.
    extra: the optional dependency it needs, or None.
    carries: what of other people's work its models hold, and on which terms; "": nothing.
    treatable: False where no treatment of the rows could change anything but the prior (the baseline).
    correction: "calibrate" where the learner bends its own probabilities by more than rows can tell it (it learns on rows that
        it drew to be even), so that the correction chosen out of fold is there without a treatment too; else "none".
    encoded_treatments: False where rows are not vectors that could be interpolated (pictures, tokens).
    unlabelled: True where it learns from rows without a target too, and is of no use without them.
    space: what of it may be tuned, and in which bounds; its defaults lie within.
    search: how it is tuned inside the training rows, or None where its settings are taken as they are.
    """

    name: str
    title: str
    tasks: frozenset[str]
    step: Step
    learner: Learner
    simplicity: int
    reads: frozenset[str] = frozenset({"number", "category", "date", "text", "image"})
    needs: frozenset[str] = field(default_factory=frozenset)
    extra: str | None = None
    carries: str = ""
    treatable: bool = True
    correction: Correction = "none"
    encoded_treatments: bool = True
    unlabelled: bool = False
    space: Space = field(default_factory=dict)
    search: Search | None = None

    @property
    def is_installed(self) -> bool:
        """Whether the library is there that its extra brings."""
        library = LIBRARIES.get(self.extra or "")
        return library is None or find_spec(library) is not None

    def settings(self) -> Values:
        """The values that what may be tuned has now."""
        return {
            name: getattr(self.step, name.removeprefix(IN_STEP)) if name.startswith(IN_STEP) else getattr(self.learner, name)
            for name in self.space
        }

    def with_settings(self, values: Values) -> Self:
        """The recipe with other values of settings that may be tuned.  Raises ConfigError for others."""
        check_values(self.name, self.space, values)
        of_step = {name.removeprefix(IN_STEP): value for name, value in values.items() if name.startswith(IN_STEP)}
        of_learner = {name: value for name, value in values.items() if not name.startswith(IN_STEP)}
        step: Any = self.step  # protocols cannot say that all of them are dataclasses
        learner: Any = self.learner
        return replace(self, step=replace(step, **of_step), learner=replace(learner, **of_learner))

    def check(self, data: Dataset) -> None:
        """Raise ConfigError when this recipe cannot answer this dataset's question."""
        task = data.question
        if not task.suits(self.tasks):
            raise ConfigError(
                f"recipe {self.name!r} does not do {task.asked} (it does {', '.join(sorted(self.tasks))}); "
                "leave it out of recipes, or see: assay list recipes."
            )
        if self.unlabelled and data.unlabelled is None:
            raise ConfigError(
                f"recipe {self.name!r} learns from rows without a target, and {data.source} was read without any; keep them with "
                "--unlabelled keep (where there are some), or leave the recipe out."
            )
        kinds = {column.kind for column in data.schema.features}
        if self.needs and not kinds & self.needs:
            raise ConfigError(
                f"recipe {self.name!r} needs a column of kind {' or '.join(sorted(self.needs))}; {data.source} has "
                f"{', '.join(sorted(kinds))}. Say it with --kind COL={sorted(self.needs)[0]}, or leave the recipe out."
            )
        if not kinds & self.reads:
            raise ConfigError(
                f"recipe {self.name!r} reads none of the columns of {data.source} (it reads {', '.join(sorted(self.reads))})."
            )
