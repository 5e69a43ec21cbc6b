"""What a treatment of class imbalance is, and what it hands back.

A treatment only ever sees training rows.  It reports the class shares before and after,
so that the probabilities of the model can be brought back to the true prior.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from assay.data.rows import Rows

Stage = Literal["raw", "encoded", "learner", "decision"]
Correction = Literal["none", "prior", "calibrate"]


@dataclass(frozen=True)
class Balanced:
    """Rows after a treatment.

    source_rows: int64 (n,), the position in the input that each row is a copy of; -1 for a synthetic row.
    prior_before, prior_after: float64 (n_classes,), weighted class shares in the input and in ``rows``.
    notes: rules that applied and that the user should hear of, in words.
    """

    rows: Rows
    source_rows: np.ndarray
    prior_before: np.ndarray
    prior_after: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def objective(self) -> str | None:
        """The name of the loss that the learner must use in place of its own, or None."""
        return self.rows.objective


class Treatment(Protocol):
    """A member of TREATMENTS: settings only, no state.

    stage: "raw" acts on the frame, "encoded" on the matrix, "learner" on weights or the loss, "decision" on the threshold.
    correction: what is known of the probabilities afterwards: "none" (they are as they were), "prior" (the class shares moved
        and nothing else), "calibrate" (more is bent than the shares).  What is done about it: ``recipes.correction``.
    """

    @property
    def name(self) -> str: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def correction(self) -> Correction: ...

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Treat training rows; leaves its input unchanged. Raises DataError when it cannot work on these rows."""
        ...
