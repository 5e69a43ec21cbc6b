"""The manifest of a saved model: what it is, who wrote it, and a SHA-256 for every other file.

The manifest vouches for itself too (``digest``), and its bytes are the canonical ones, so a flipped
byte in it is seen.  Hashes show damage, not origin: what the files say is checked again when the
model is built from them.
"""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.archive.files import MANIFEST, MAX_BYTES
from assay.archive.strict import is_canonical, parse
from assay.core.errors import BundleError, DefectError
from assay.core.files import canonical_json, sha256_bytes

FORMAT = 1
KIND = "assay-model"
_LIBRARIES = ("numpy", "polars", "scikit-learn", "lightgbm", "torch", "safetensors")
_KEYS = frozenset({"kind", "format", "assay", "libraries", "recipe", "task", "schema", "threshold", "card", "files", "digest"})


@dataclass(frozen=True)
class Manifest:
    """assay, libraries: the versions that wrote it.  task, schema: as their ``to_json``.  files: name -> sha256 and bytes."""

    assay: str
    libraries: Mapping[str, str]
    recipe: str
    task: dict[str, Any]
    schema: list[dict[str, Any]]
    threshold: float | None
    card: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]

    def to_bytes(self) -> bytes:
        """Equal manifests give equal bytes. Raises DefectError when the card is not made of JSON values."""
        body = {"kind": KIND, "format": FORMAT, **{key: getattr(self, key) for key in _KEYS - {"kind", "format", "digest"}}}
        try:
            text = canonical_json(body)
        except (TypeError, ValueError) as error:
            raise DefectError(f"the card of a model must be JSON without NaN: {error}.") from error
        return canonical_json({**body, "digest": sha256_bytes(text.encode())}).encode()


def versions_here() -> dict[str, str]:
    """The versions of Python and of the libraries that models are made with, as far as they are installed."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def listing(parts: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {name: {"sha256": sha256_bytes(content), "bytes": len(content)} for name, content in parts.items()}


def check(parts: Mapping[str, bytes], where: str) -> Manifest:
    """The manifest of a bundle whose files are as it lists them; raises BundleError that names the file at fault.

    The order matters: a newer format is told apart from damage before anything else is asked of the file.
    """
    name = f"{where}: {MANIFEST}"
    raw = parse(parts[MANIFEST], name)
    number = raw.get("format") if isinstance(raw, dict) and raw.get("kind") == KIND else None
    if type(number) is not int or number < 1:
        raise BundleError(f"{name} is not the manifest of a model that Assay saved.")
    if number > FORMAT:
        raise BundleError(
            f"{where} was written by Assay {str(raw.get('assay'))[:40]} in format {number}; this Assay reads up to {FORMAT}: "
            "upgrade with pip install -U assay."
        )
    body = {key: value for key, value in raw.items() if key != "digest"}
    whole = raw.keys() == _KEYS and is_canonical(raw, parts[MANIFEST])
    if not whole or sha256_bytes(canonical_json(body).encode()) != raw["digest"]:
        raise BundleError(f"{name} does not match its checksum; the file was changed or damaged. Copy it again.")
    manifest = Manifest(**{key: value for key, value in body.items() if key not in ("kind", "format")})
    _check_types(manifest, name)
    _check_files(manifest, parts, where)
    return manifest


def _check_types(manifest: Manifest, name: str) -> None:
    threshold = manifest.threshold
    fits = (
        isinstance(manifest.assay, str)
        and isinstance(manifest.recipe, str)
        and (threshold is None or isinstance(threshold, float))
        and all(isinstance(part, dict) for part in (manifest.libraries, manifest.card, manifest.files))
        and (_has_types(manifest.task, TASK) or _has_types(manifest.task, {**TASK, "special": str}))
        and (manifest.task["name"] != "binary" or len(manifest.task["classes"]) == 2)
        and isinstance(manifest.schema, list)
        and all(_has_types(c, {"name": str, "kind": str, "role": str, "levels": list, "whole": bool}) for c in manifest.schema)
        and all(isinstance(entry, dict) for entry in manifest.files.values())
    )
    if not fits:
        raise BundleError(f"{name} holds values of other types than Assay writes.")


TASK = {"name": str, "target": str, "classes": list}
"""A task in JSON; a special one says which besides."""


def _has_types(value: object, types: Mapping[str, type]) -> bool:
    """Whether ``value`` has just these keys with values of these types; a list is one of texts."""
    if not isinstance(value, dict) or value.keys() != types.keys():
        return False
    typed = all(type(value[key]) is kind for key, kind in types.items())
    return typed and all(isinstance(item, str) for key, kind in types.items() if kind is list for item in value[key])


def _check_files(manifest: Manifest, parts: Mapping[str, bytes], where: str) -> None:
    expected = set(MAX_BYTES) - {MANIFEST}
    if set(manifest.files) != expected:
        raise BundleError(f"{where}: {MANIFEST} lists other files than {', '.join(sorted(expected))}.")
    for name in sorted(expected):
        entry, content = manifest.files[name], parts[name]
        if entry.get("bytes") != len(content):
            raise BundleError(
                f"{where}: {name} has {len(content)} bytes and should have {str(entry.get('bytes'))[:20]}; "
                "the file was cut short or changed. Copy it again."
            )
        if entry.get("sha256") != sha256_bytes(content):
            raise BundleError(f"{where}: {name} does not match its SHA-256; the file was changed or damaged. Copy it again.")
