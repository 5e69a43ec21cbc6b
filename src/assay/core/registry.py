"""Named members of a family (recipes, treatments, metrics), imported only when asked for.

A registry maps a name to ``"module:attribute"``.  Members are listed in one place per
family, by hand, so that what exists never depends on what happened to be imported.
"""

import importlib
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from assay.core.errors import DefectError, UnknownNameError
from assay.core.names import did_you_mean

Member = TypeVar("Member")


@dataclass(frozen=True)
class Registry(Generic[Member]):
    """kind: what a member is called in messages, such as "recipe"."""

    kind: str
    _targets: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, target: str) -> None:
        """Register ``name`` for ``target`` ("package.module:attribute"); a second add of a name is a defect."""
        if name in self._targets:
            raise DefectError(f"{self.kind} {name!r} is registered twice: {self._targets[name]} and {target}.")
        self._targets[name] = target

    def names(self) -> list[str]:
        """Every name, in the order of registration."""
        return list(self._targets)

    def target(self, name: str) -> str:
        """The "module:attribute" behind a name; raises UnknownNameError."""
        if name not in self._targets:
            raise UnknownNameError(f"no {self.kind} {name!r}{did_you_mean(name, self._targets)}")
        return self._targets[name]

    def get(self, name: str) -> Member:
        """The member itself, imported now; raises UnknownNameError with the nearest name."""
        module, attribute = self.target(name).split(":")
        return cast(Member, getattr(importlib.import_module(module), attribute))
