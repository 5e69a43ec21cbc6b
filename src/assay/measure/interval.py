"""A number with its uncertainty."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from assay.core.shown import Shown

Estimand = Literal["this model", "this recipe"]
"""What the interval is about: one fitted model on new rows, or the recipe on new rows, folds and seeds."""


@dataclass(frozen=True, slots=True)
class Interval(Shown):
    """A value with its interval; all three are None together, and then ``undefined`` says why.

    n: the number of independent units behind it.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    n: int
    estimand: Estimand
    undefined: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined: {self.undefined}"
        if self.low is None or self.high is None:
            return f"{self.value:.4f} (no interval: {self.undefined})"
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"
