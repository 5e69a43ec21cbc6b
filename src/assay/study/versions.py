"""The versions a result depends on."""

import importlib.metadata
import platform

LIBRARIES = ("numpy", "scipy", "scikit-learn", "polars", "lightgbm", "torch", "numba")


def library_versions() -> list[str]:
    """ "name version" of Assay, Python and the libraries that are installed."""
    found = [f"assay {importlib.metadata.version('assay')}", f"python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
