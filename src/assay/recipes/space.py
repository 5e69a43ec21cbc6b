"""What of a recipe may be tuned: for each setting the values that are worth a trial.

A setting is a field of the recipe's learner, or of its preparation as "step.FIELD".  Data only; how a space is searched
does not matter to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from assay.core.errors import ConfigError

Value = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Real:
    """Numbers from low to high, both included; log: spread evenly in their logarithm."""

    low: float
    high: float
    log: bool = False

    def at(self, share: float) -> float:
        """The value at this share of the way, 0 to 1."""
        if share in (0, 1):  # where rounding would miss the end
            return self.high if share else self.low
        if self.log:
            return exp(log(self.low) + share * (log(self.high) - log(self.low)))
        return self.low + share * (self.high - self.low)

    def holds(self, value: Value) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{', even in the logarithm' if self.log else ''}"


@dataclass(frozen=True, slots=True)
class Whole:
    """Whole numbers from low to high, both included."""

    low: int
    high: int
    log: bool = False

    def at(self, share: float) -> int:
        return min(max(round(Real(self.low, self.high, self.log).at(share)), self.low), self.high)

    def holds(self, value: Value) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"whole numbers, {self.low} to {self.high}{', even in the logarithm' if self.log else ''}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these, in no order."""

    options: tuple[Value, ...]

    def at(self, share: float) -> Value:
        return self.options[min(int(share * len(self.options)), len(self.options) - 1)]

    def holds(self, value: Value) -> bool:
        return any(value == option and type(value) is type(option) for option in self.options)

    def __str__(self) -> str:
        return ", ".join(str(option) for option in self.options)


Dimension = Real | Whole | Choice
Space = Mapping[str, Dimension]
Values = Mapping[str, Value]


def check_values(recipe: str, space: Space, values: Values) -> None:
    """Raise ConfigError for a setting that is not in the space, or a value outside of it."""
    for name, value in values.items():
        if name not in space:
            raise ConfigError(f"recipe {recipe!r} has no setting {name!r} to tune (it has {', '.join(space) or 'none'}).")
        if not space[name].holds(value):
            raise ConfigError(f"recipe {recipe!r}: {name}={value!r} is not among {space[name]}.")
