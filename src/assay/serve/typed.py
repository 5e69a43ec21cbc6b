"""The rows of a JSON body straight into tuples, for models whose cells are numbers and words.

A parser that knows what stands in each cell takes half the time of one that makes a dict of each row, and what it lets
through need not be looked at again.  Whatever it does not let through is read again without types, by what can say why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from assay.bundle.quick import QuickModel
from assay.data.schema import Column

_TYPES: dict[str, Any] = {"number": float | None, "category": str | None}


@dataclass(frozen=True)
class TypedReader:
    """width: how many columns a row has."""

    width: int
    decoder: msgspec.json.Decoder[Any]

    @classmethod
    def of(cls, quick: QuickModel | None) -> Self | None:
        """None for a model that is not answered so, and for names that no typed parser can look for (quotes, line ends)."""
        if quick is None:
            return None
        columns = quick.model.fitted.schema.features
        try:
            row = _struct_of(columns)
        except ValueError:
            return None
        request = msgspec.defstruct("Request", [("rows", list[row])], forbid_unknown_fields=True, gc=False)  # type: ignore[valid-type]
        return cls(len(columns), msgspec.json.Decoder(request))

    def read(self, body: bytes) -> list[tuple[Any, ...]] | None:
        """The cells of each row in the order of the features; None for a body that is anything but such rows.

        Of a name that is said twice in an object only the last value is seen here.
        """
        try:
            rows = self.decoder.decode(body).rows
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return list(map(msgspec.structs.astuple, rows))

    def colons(self, rows: int) -> int:
        """How many there are in a body of so many rows, if none stands in a text and no name is said twice."""
        return 1 + rows * self.width


def _struct_of(columns: Sequence[Column]) -> type[msgspec.Struct]:
    """Raises ValueError for a name that cannot be one of a field in JSON."""
    places = {f"c{place}": column for place, column in enumerate(columns)}
    return msgspec.defstruct(
        "Row",
        [(place, _TYPES[column.kind]) for place, column in places.items()],
        rename={place: column.name for place, column in places.items()},
        forbid_unknown_fields=True,
        gc=False,  # floats and strings make no cycles
    )
