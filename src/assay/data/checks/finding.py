"""What a check says: a code, how bad it is, where, the numbers it rests on, and what can be done."""

from dataclasses import dataclass
from typing import Any, Literal

from assay.core.shown import Shown

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding(Shown):
    """One finding.

    code: a stable name, such as "target-copy".  evidence: JSON values, the numbers behind the message.
    level: "error" cannot be fitted, "warning" stays in the report (--strict stops on it), "note" is good to know.
    """

    code: str
    level: Level
    columns: tuple[str, ...]
    message: str
    evidence: dict[str, Any]
    advice: str

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "level": self.level,
            "columns": list(self.columns),
            "message": self.message,
            "evidence": self.evidence,
            "advice": self.advice,
        }


def some(names: list[str], most: int = 6) -> str:
    """The first names of a list, for a message.

    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
