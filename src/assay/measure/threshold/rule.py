"""What a threshold is to achieve, as a value: checked, printed and read back from the command line.

A rule is chosen before any threshold is, and means the same on every set of rows; only a capacity given as a count needs
to know of how many rows (``for_rows``).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.shown import Shown

KINDS: tuple[str, ...] = (
    "f1",
    "fbeta",
    "accuracy",
    "balanced_accuracy",
    "mcc",
    "cost",
    "recall",
    "precision",
    "capacity",
    "fixed",
)
WITH_VALUE = frozenset({"fbeta", "recall", "precision", "capacity", "fixed"})
"""Kinds that read ``ThresholdRule.value``."""

EXAMPLES = (
    "f1, fbeta:2, accuracy, balanced_accuracy, mcc, cost:5,1, recall:0.8, precision:0.5, capacity:500, capacity:5%, fixed:0.3"
)


@dataclass(frozen=True, slots=True)
class ThresholdRule(Shown):
    """What the threshold is to maximise, the cost it is to minimise, or the floor or limit it is to keep.

    kind: one of KINDS.
    cost_fn, cost_fp: of a missed positive and of a false alarm, >= 0, not both 0, in the caller's currency; read by "cost".
    value: "fbeta": beta > 0, how many times as much recall counts as precision.
        "recall": the least recall, in (0, 1]; the fewest rows are then called positive that reach it.
        "precision": the least precision, in (0, 1]; as many positives are then found as it allows.
        "capacity": how many rows may be called positive at most: a whole number >= 1, or a share in (0, 1).
        "fixed": the threshold itself, in [0, 1].  None for the other kinds.
    Raises ConfigError for anything else.
    """

    kind: str = "f1"
    cost_fn: float = 1.0
    cost_fp: float = 1.0
    value: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"no threshold rule {self.kind!r}{did_you_mean(self.kind, KINDS)}")
        check_costs(self.cost_fn, self.cost_fp)
        if self.kind not in WITH_VALUE:
            if self.value is not None:
                raise ConfigError(f"the threshold rule {self.kind} takes no number, not {self.value:g}.")
            return
        if self.value is None or not math.isfinite(self.value) or not _VALID[self.kind](self.value):
            raise ConfigError(f"the threshold rule {self.kind} needs {_NEEDS[self.kind]}, not {_plain(self.value)}.")

    @property
    def fallback(self) -> float:
        """The threshold when there are no rows to choose it on: 0.5, the given one, or fp / (fp + fn), which is best for
        true probabilities."""
        if self.kind == "fixed" and self.value is not None:
            return self.value
        return self.cost_fp / (self.cost_fp + self.cost_fn) if self.kind == "cost" else 0.5

    @property
    def number(self) -> float:
        """``value`` of a kind that has one."""
        if self.value is None:
            raise ValueError(f"the threshold rule {self.kind} has no number.")
        return self.value

    @property
    def reads_classes(self) -> bool:
        """Whether the rule says nothing where all rows are of one class."""
        return self.kind not in ("cost", "capacity", "fixed")

    @property
    def is_count(self) -> bool:
        """Whether it is a capacity in rows, which means a share only once it is known of how many rows."""
        return self.kind == "capacity" and self.number >= 1

    @property
    def greater_is_better(self) -> bool:
        return self.kind != "cost"

    @property
    def utility_name(self) -> str:
        """What ``utility`` of these labels is called in a report."""
        if self.kind == "fbeta":
            return f"F{_plain(self.value)}"
        return _UTILITY_NAMES.get(self.kind, self.kind)

    def for_rows(self, of: int) -> "ThresholdRule":
        """The same rule with a capacity in rows turned into the share of ``of`` rows; raises ConfigError if that is no limit."""
        if not self.is_count:
            return self
        if self.number >= of:
            raise ConfigError(
                f"a capacity of {_plain(self.value)} is no limit on {of} rows; give a smaller number, a share such as "
                "capacity:5%, or another threshold rule."
            )
        return replace(self, value=self.number / of)

    def describe(self) -> str:
        """The rule in words, a clause for a report."""
        number = _plain(self.value)
        percent = _percent(self.value).replace("%", " %")
        if self.kind == "cost":
            costs = f"a missed positive costs {_plain(self.cost_fn)} and a false alarm {_plain(self.cost_fp)}"
            return f"the cost per row is lowest, where {costs}"
        if self.kind == "recall":
            return f"the fewest rows are called positive that hold at least {percent} of the positives"
        if self.kind == "precision":
            return f"as many positives as possible are found while at least {percent} of the rows called positive are positive"
        if self.kind == "capacity":
            limit = f"{number} row{'' if self.value == 1 else 's'}" if self.is_count else f"{percent} of the rows"
            return f"at most {limit} {'is' if limit == '1 row' else 'are'} called positive"
        if self.kind == "fixed":
            return f"the threshold is {number}, as given"
        if self.kind == "fbeta":
            return f"{self.utility_name} is highest (recall counts {number} times as much as precision)"
        return f"{self.utility_name} is highest"

    def __str__(self) -> str:
        """The text that ``parse`` reads back as this rule."""
        if self.kind == "cost":
            return f"cost:{_plain(self.cost_fn)},{_plain(self.cost_fp)}"
        if self.kind == "capacity" and not self.is_count:
            return f"capacity:{_percent(self.value)}"
        return self.kind if self.value is None else f"{self.kind}:{_plain(self.value)}"

    @classmethod
    def parse(cls, text: str) -> "ThresholdRule":
        """The rule that a text of the command line names; raises ConfigError with examples.

        >>> ThresholdRule.parse("cost:5,1")
        ThresholdRule(kind='cost', cost_fn=5.0, cost_fp=1.0, value=None)
        >>> str(ThresholdRule.parse("capacity:0.05"))
        'capacity:5%'
        """
        kind, _, rest = text.strip().lower().partition(":")
        try:
            numbers = [_number(word) for word in rest.split(",")] if rest else []
            wanted = 2 if kind == "cost" else int(kind in WITH_VALUE)
            if kind in KINDS and len(numbers) != wanted:
                raise ConfigError(f"{kind} takes {('no number', 'one number', 'two numbers (FN,FP)')[wanted]}.")
            if kind == "capacity" and rest.endswith("%") and numbers[0] >= 1:
                raise ConfigError("a capacity of 100 % or more is no limit.")
            if kind == "cost":
                return cls(kind, cost_fn=numbers[0], cost_fp=numbers[1])
            return cls(kind, value=numbers[0] if numbers else None)
        except ConfigError as error:
            reason = str(error).rstrip(".")
            raise ConfigError(f"threshold rule {text!r}: {reason}; examples: {EXAMPLES}.") from None


def check_costs(cost_fn: float, cost_fp: float) -> None:
    """Raise ConfigError unless both are numbers >= 0 and not both are 0."""
    costs = (cost_fn, cost_fp)
    if not all(math.isfinite(cost) and cost >= 0 for cost in costs) or sum(costs) == 0:
        raise ConfigError(f"costs must be numbers >= 0 and not both 0, not {cost_fn:g},{cost_fp:g} (--cost FN,FP).")


def _in_unit(value: float) -> bool:
    return 0 < value <= 1


_VALID: dict[str, Callable[[float], bool]] = {
    "fbeta": lambda value: value > 0,
    "recall": _in_unit,
    "precision": _in_unit,
    "capacity": lambda value: 0 < value < 1 or (value >= 1 and float(value).is_integer()),
    "fixed": lambda value: 0 <= value <= 1,
}
_NEEDS = {
    "fbeta": "a beta above 0",
    "recall": "a floor above 0 and up to 1",
    "precision": "a floor above 0 and up to 1",
    "capacity": "a whole number of rows or a share between 0 and 1",
    "fixed": "a threshold from 0 to 1",
}
_UTILITY_NAMES = {
    "f1": "F1",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "Matthews correlation",
    "cost": "cost per row",
    "capacity": "share called positive",
    "fixed": "accuracy",
}


def _number(word: str) -> float:
    """ "0.05", "5%" (0.05, without a rounding step of binary fractions) or "500"; raises ConfigError."""
    try:
        if word.strip().endswith("%"):
            return float(Decimal(word.strip()[:-1].strip()) / 100)
        return float(Decimal(word.strip()))
    except InvalidOperation:
        raise ConfigError(f"{word!r} is not a number") from None


def _plain(value: float | None) -> str:
    """The shortest text that reads back as the number, without ".0"."""
    if value is None:
        return "nothing"
    return str(int(value)) if math.isfinite(value) and float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _percent(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{(Decimal(repr(float(value))) * 100).normalize():f}%"
