"""What the memory bound does to a study: fewer fits at once, rather than fits of fewer rows; and what it says of the latter."""

from collections.abc import Mapping, Sequence
from typing import Any

from assay.core.memory import free_memory, size_text
from assay.data.shelf import frame_bytes
from assay.recipes.memory import SAMPLED, SHARE, bytes_of_fit
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named
from assay.study.blend import is_derived
from assay.study.cells import Candidate, Cell
from assay.study.folder import Record
from assay.study.work import Workload


def jobs_within(work: Workload, candidates: Sequence[Candidate], jobs: int) -> tuple[int, str | None]:
    """As many of the jobs as have room for the largest fit of these candidates, one at least; and a sentence if they are fewer.

    What is free now counts too: the number of jobs changes the time that a study takes and nothing else.
    """
    memory = work.context.memory
    fitted = [candidate for candidate in candidates if not is_derived(candidate)]
    if memory is None or jobs == 1 or not fitted:
        return jobs, None
    rows = max(len(fold.train) for fold in work.plan.folds)
    held = 0.0 if work.data.stored is not None else frame_bytes(work.data.frame)
    room = min(SHARE * memory, free_memory())
    needs = [
        bytes_of_fit(recipe_named(one.recipe), treatment_named(one.treatment), work.data, rows, memory=memory, jobs=jobs)
        for one in fitted
    ]
    largest = max(needs)
    fit = max(1, int(room / (largest + held))) if largest + held > 0 else jobs
    if fit >= jobs:
        return jobs, None
    dearest = fitted[needs.index(largest)].name
    return (
        fit,
        f"{fit} of {jobs} jobs at once: a fit of {dearest} takes {size_text(largest + held)}, and {size_text(room)} is there.",
    )


def sampled(records: Mapping[Cell, Record]) -> list[dict[str, Any]]:
    """A warning for each candidate that learned from a part of its training rows, in the form of the summary."""
    said: dict[str, str] = {}
    for cell, record in sorted(records.items()):
        for note in record.notes:
            if note.startswith(SAMPLED):
                said.setdefault(cell.candidate.name, note)
    advice = "give more --memory, or name recipes that learn in batches (sgd-logistic, boosting)"
    return [{"code": "sampled", "columns": [], "message": f"{name} {note}.", "advice": advice} for name, note in said.items()]
