"""What each column of a dataset is: its kind (how it is read) and its role (what it is for)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.shown import table

Kind = Literal["number", "category", "date", "text", "image", "boxes", "id"]
Role = Literal["feature", "target", "group", "time", "weight", "ignored"]

KINDS: tuple[str, ...] = get_args(Kind)
ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    levels: the distinct values of a category, sorted; empty for other kinds.
    whole: a number column whose values are all integers.
    """

    name: str
    kind: Kind
    role: Role = "feature"
    levels: tuple[str, ...] = ()
    whole: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"no kind {self.kind!r} for column {self.name!r}{did_you_mean(self.kind, KINDS)}")
        if self.role not in ROLES:
            raise ConfigError(f"no role {self.role!r} for column {self.name!r}{did_you_mean(self.role, ROLES)}")


@dataclass(frozen=True)
class Schema:
    """The columns in the order of the file."""

    columns: tuple[Column, ...]

    def _repr_html_(self) -> str:
        """For a notebook: a line a column."""
        lines = ((one.name, one.kind + (" (whole)" if one.whole else ""), one.role, list(one.levels)) for one in self.columns)
        return table(("column", "kind", "role", "levels"), lines)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        """Tables have thousands of columns, and each is looked up by name more than once."""
        return {column.name: column for column in reversed(self.columns)}

    def __getitem__(self, name: str) -> Column:
        if name not in self._by_name:
            raise DataError(f"no column {name!r}{did_you_mean(name, self.names())}")
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def with_role(self, role: Role) -> list[Column]:
        return [column for column in self.columns if column.role == role]

    def only(self, role: Role) -> Column | None:
        """The single column of a role that at most one column may have (target, group, time, weight)."""
        found = self.with_role(role)
        if len(found) > 1:
            raise ConfigError(f"{len(found)} columns have the role {role!r} ({found[0].name!r}, {found[1].name!r} …); one may.")
        return found[0] if found else None

    @property
    def features(self) -> list[Column]:
        return self.with_role("feature")

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {"name": c.name, "kind": c.kind, "role": c.role, "levels": list(c.levels), "whole": c.whole} for c in self.columns
        ]

    @staticmethod
    def from_json(rows: Iterable[dict[str, Any]]) -> "Schema":
        """Raises DataError for a name that stands twice, which no table has."""
        schema = Schema(tuple(Column(r["name"], r["kind"], r["role"], tuple(r["levels"]), r["whole"]) for r in rows))
        if len(set(schema.names())) != len(schema.columns):
            raise DataError("a column stands twice in the schema.")
        return schema
