"""How a hold-out parts the rows: "80/10/10" are eight tenths to learn from, a tenth to compare on, a tenth locked."""

from dataclasses import dataclass
from typing import Self

from assay.core.errors import ConfigError

EXAMPLE = "80/10/10"


@dataclass(frozen=True, slots=True)
class Shares:
    """held: of the rows that are not locked.  locked: of all rows."""

    held: float = 0.2
    locked: float = 0.2

    @classmethod
    def parse(cls, text: str) -> Self:
        """From percents of training, held out and locked rows; raises ConfigError unless each is above 0 and the sum is 100.

        >>> Shares.parse("80/10/10")
        Shares(held=0.1111111111111111, locked=0.1)
        """
        wrong = ConfigError(
            f"shares {text!r}: percents to learn from, to hold out and to lock, such as {EXAMPLE}; their sum is 100."
        )
        try:
            training, held, locked = map(float, text.split("/"))
        except ValueError as error:
            raise wrong from error
        if not min(training, held, locked) > 0 or abs(training + held + locked - 100) > 1e-9:  # a NaN is not above 0 either
            raise wrong
        return cls(held / (training + held), locked / 100)
