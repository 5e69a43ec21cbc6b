"""The sizes of a learner: trees, rounds, members, the widths of a net; found by the names of its settings, and multiplied.

Rounds are the most there may be: where held-out rows are watched, a learner stops sooner by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

from assay.core.errors import ConfigError
from assay.recipes.recipe import Recipe

WORDS = {
    "n_trees": "trees",
    "bags": "bags",
    "rounds": "rounds",
    "num_leaves": "leaves of a tree",
    "max_leaf_nodes": "leaves of a tree",
    "members": "members",
    "hidden": "hidden neurons",
    "width": "width",
}
"""Settings that are sizes, and what they count."""

TOGETHER = {"rounds": "rounds_unwatched"}
"""A setting that is multiplied with another one."""

INSIDE = ("shape", "base")
"""Fields of a learner that hold settings of its net."""

LEAST = {"num_leaves": 2, "max_leaf_nodes": 2}

Value = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """name: its path in the learner, such as "shape.hidden".  value: what it is now."""

    name: str
    words: str
    value: Value

    def times(self, factor: float) -> Value:
        """The value multiplied, whole numbers of at least 1 (a tree has two leaves)."""
        return _times(self.name.rpartition(".")[2], self.value, factor)


def sizes_of(recipe: Recipe) -> list[Size]:
    """Every size of the recipe's learner that no search chooses; empty where it has none."""
    searched = recipe.space if recipe.search is not None else {}
    return [size for size in _found(recipe.learner, "") if size.name not in searched]


def resized(recipe: Recipe, name: str, factor: float) -> Recipe:
    """The recipe with this size multiplied.  Raises ConfigError for a size that it has not."""
    if name not in {size.name for size in sizes_of(recipe)}:
        raise ConfigError(f"recipe {recipe.name!r} has no size {name!r}.")
    return replace(recipe, learner=_with(recipe.learner, name.split("."), factor))


def in_words(value: Value) -> str:
    """
    >>> in_words(500), in_words((128, 64))
    ('500', '128 × 64')
    """
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _times(name: str, value: Value, factor: float) -> Value:
    least = LEAST.get(name, 1)
    if isinstance(value, tuple):
        return tuple(max(least, round(one * factor)) for one in value)
    return max(least, round(value * factor))


def _found(held: Any, path: str) -> list[Size]:
    found = []
    for name, value in _settings(held).items():
        if name in WORDS and _is_size(value):
            found.append(Size(path + name, WORDS[name], value))
        elif name in INSIDE and is_dataclass(value):
            found += _found(value, f"{path}{name}.")
    return found


def _is_size(value: Any) -> bool:
    if isinstance(value, tuple):
        return len(value) > 0 and all(type(one) is int and one > 0 for one in value)
    return type(value) is int and value > 0


def _settings(held: Any) -> dict[str, Any]:
    """Its fields; of a net that is named with its settings, also those that stand at their default."""
    own = {one.name: getattr(held, one.name) for one in fields(held)}
    if not _names_net(own):
        return own
    from assay.nets.architectures import ARCHITECTURES

    usual = {one.name: one.default for one in fields(ARCHITECTURES.get(own["architecture"])) if one.name in WORDS}
    return {**usual, **own["settings"]}


def _names_net(own: dict[str, Any]) -> bool:
    return "architecture" in own and isinstance(own.get("settings"), Mapping)


def _with(held: Any, path: list[str], factor: float) -> Any:
    name = path[0]
    own = {one.name: getattr(held, one.name) for one in fields(held)}
    if len(path) > 1:
        return replace(held, **{name: _with(own[name], path[1:], factor)})
    value = _times(name, _settings(held)[name], factor)
    if _names_net(own):
        return replace(held, settings=MappingProxyType({**own["settings"], name: value}))
    other = TOGETHER.get(name)
    moved = {other: _times(other, own[other], factor)} if other in own else {}
    return replace(held, **{name: value}, **moved)
