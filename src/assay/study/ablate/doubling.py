"""Would a larger net help?  Each size of the learner at a quarter, a half, as it is, and twice that."""

from dataclasses import replace

from assay.core.errors import ConfigError
from assay.recipes.recipe import Recipe
from assay.study.ablate.asked import Asked, Line, Question
from assay.study.ablate.sizes import in_words, sizes_of
from assay.study.ablate.variant import Variant

FACTORS = (0.25, 0.5, 1.0, 2.0)


def ask_sizes(whole: Variant, recipe: Recipe) -> Question:
    """Raises ConfigError for a recipe without sizes."""
    sizes = sizes_of(recipe)
    if not sizes:
        searched = f" that {recipe.search} does not choose itself" if recipe.search is not None else ""
        raise ConfigError(
            f"{recipe.name} has no trees, rounds or layers{searched} that could be halved or doubled; ask of its rows or columns."
        )
    tables = []
    for size in sizes:
        lines, seen = [], set()
        for factor in FACTORS:
            value = size.times(factor)
            if (factor < 1 and value == size.value) or value in seen:
                continue
            seen.add(value)
            variant = whole if factor == 1 else replace(whole, size=size.name, factor=factor)
            lines.append(Line(f"{in_words(value)} {size.words}", variant))
        tables.append(Asked(size.name, f"{size.words.capitalize()}, doubled", "ladder", tuple(lines)))
    notes = ["Where held-out rows are watched, rounds are the most there may be: fewer are taken when more gain nothing."]
    return Question("sizes", tuple(tables), tuple(notes if any("rounds" in size.name for size in sizes) else ()))
