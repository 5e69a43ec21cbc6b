"""What is resampled when the rows of a plan are measured."""

import numpy as np

from assay.measure.parts import Design, time_blocks
from assay.splits.plan import Plan


def design_of(plan: Plan, units: np.ndarray) -> Design:
    """The resampling design of some rows of a plan."""
    if plan.unit == "group" and plan.groups is not None:
        clusters: np.ndarray | None = np.unique(plan.groups[units], return_inverse=True)[1]
    elif plan.unit == "time" and plan.time is not None:
        clusters = time_blocks(plan.time[units])
    else:
        clusters = None
    return Design(units=units, clusters=clusters, kind=plan.unit)
