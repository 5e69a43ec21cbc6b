"""What a shell offers after Tab: names from the registries, also behind a comma."""

from collections.abc import Callable, Iterable


def names_of(family: str) -> Callable[[str], list[str]]:
    """Completes one name of a family of ``assay list``."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in _names(family) if name.startswith(incomplete)]

    return complete


def list_of(family: str) -> Callable[[str], list[str]]:
    """Completes the last name of a list with commas."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in _names(family) if name.startswith(last)]

    return complete


def families(incomplete: str) -> list[str]:
    """What ``assay list`` can list."""
    from assay.cli.listing import FAMILIES

    return [name for name in FAMILIES if name.startswith(incomplete)]


def _names(family: str) -> Iterable[str]:
    """Without importing the members: a shell waits for it."""
    if family == "recipes":
        from assay.recipes.registry import RECIPES, WITH_BASE

        return [*RECIPES.names(), *(f"{name}:" for name in WITH_BASE.names())]
    if family == "treatments":
        from assay.recipes.treatments import TREATMENTS

        return TREATMENTS.names()
    if family == "preparations":
        from assay.recipes.preparations import PREPARATIONS

        return PREPARATIONS.names()
    if family == "metrics":
        from assay.measure.registry import METRICS

        return METRICS.names()
    if family == "demos":
        from assay.data.examples import EXAMPLES

        return EXAMPLES
    raise ValueError(f"no names of {family!r} are known.")
