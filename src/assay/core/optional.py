"""Optional libraries: imported when needed, and named with their extra when they are missing."""

import importlib
from types import ModuleType

from assay.core.errors import MissingExtraError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import ``module`` or raise MissingExtraError that names the extra to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        library = module.split(".")[0]
        raise MissingExtraError(f"{purpose} needs {library}, which is not installed: pip install 'assay[{extra}]'.") from error
