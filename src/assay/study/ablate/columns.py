"""Can a column be dropped?  Each left out, correlated ones also together, and each alone.

The models are fitted again, so another column may take over what the dropped one said: that is the question.  (How much the
fitted model leans on a column is another one: ``explain.permutation``.)
"""

from collections.abc import Sequence
from dataclasses import replace

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.explain.association import THRESHOLD, correlated_groups
from assay.recipes.recipe import Recipe
from assay.study.ablate.asked import Asked, Line, Question
from assay.study.ablate.variant import Variant
from assay.study.scores import Scores


def ask_columns(scores: Scores, whole: Variant, recipe: Recipe, wanted: Sequence[str] = ()) -> Question:
    """wanted: the columns that are asked about, all where there are none.

    Groups are found on rows that are not locked.  Raises ConfigError for a column the recipe does not read, and for a recipe
    that reads one column only.
    """
    data = scores.data
    read = [column for column in data.schema.features if column.kind in recipe.reads]
    names = [column.name for column in read]
    for name in wanted:
        if name not in names:
            raise ConfigError(f"{recipe.name} reads no column {name!r}{did_you_mean(name, names)}")
    if len(names) < 2:
        raise ConfigError(f"{recipe.name} reads one column only ({names[0]!r}), and without it there is nothing to learn from.")
    asked = [name for name in names if not wanted or name in wanted]
    groups = correlated_groups(data.take(scores.plan.development).features, read)
    groups = [group for group in groups if set(group) & set(asked) and len(group) < len(names)]
    less = [Line(name, replace(whole, without=(name,)), (name,)) for name in asked]
    less += [Line(" + ".join(group), replace(whole, without=group), group) for group in groups]
    alone = [
        Line(name, replace(whole, without=tuple(other for other in names if other != name)), (name,))
        for name in (asked if len(names) > 2 else [])  # of two columns, one alone is the other left out
    ]
    tables = [Asked("without", "Without a column", "less", tuple(less))]
    if alone:
        tables.append(Asked("alone", "With one column only", "alone", tuple(alone)))
    notes = [
        f"{' and '.join(group)} say nearly the same (association of at least {THRESHOLD:g}), so each alone may be spared where "
        "both may not: they were also left out together."
        if len(group) == 2
        else f"{', '.join(group)} say nearly the same (association of at least {THRESHOLD:g}), so each alone may be spared "
        "where all of them may not: they were also left out together."
        for group in groups
    ]
    return Question("columns", tuple(tables), tuple(notes))
