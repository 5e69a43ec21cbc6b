"""The rows before and after every treatment of a study, as its report draws them.

A report is drawn after each run and again on request, so what it takes and weighs is bounded, and the bounds are said:
treatments that train a net do so on a sample and for a part of their steps (``looking.Bound``), more treatments share the
dots, and beyond the most that are looked at the others are named.
"""

from collections.abc import Sequence
from dataclasses import replace

from assay.data.dataset import Dataset
from assay.recipes.treatments import treatment_named
from assay.study.cells import NO_TREATMENT
from assay.study.looking import Bound, Looks, look_at

MOST_LOOKS = 40
"""Treatments that are looked at: each takes a second or so, one that trains a net ten."""
DRAWN, LEAST_DRAWN, FULLY_DRAWN = 600, 200, 8
"""Dots of the largest class up to so many treatments, and at the least; a dot weighs 40 bytes in each of two pictures."""


def looks_of_study(data: Dataset, treatments: Sequence[str], *, seed: int) -> Looks | None:
    """data: the rows that are not locked.  None where no treatment moves rows, or no column could be drawn."""
    names = [name for name in treatments if name != NO_TREATMENT and treatment_named(name).stage in ("raw", "encoded")]
    kinds = {column.kind for column in data.schema.features}
    if not names or not kinds & {"number", "category"}:
        return None
    shown = names[:MOST_LOOKS]
    drawn = max(LEAST_DRAWN, DRAWN * FULLY_DRAWN // max(FULLY_DRAWN, len(shown)))
    looks = look_at(data, shown, seed=seed, most_drawn=(drawn, drawn // 2), bound=Bound())
    return replace(looks, left_out=tuple(names[MOST_LOOKS:]))
