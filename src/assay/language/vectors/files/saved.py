"""Our own form: a folder with the numbers as safetensors, the words as JSON, and a manifest with a SHA-256 of both.

Nothing in it can be run.  Equal vectors give equal bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from assay.archive.strict import parse_canonical
from assay.archive.weights import pack, unpack
from assay.core.errors import BundleError, ConfigError
from assay.core.files import canonical_json, sha256_bytes, write_folder_atomic
from assay.language.vectors.files.limits import MOST_WIDTH, MOST_WORDS
from assay.language.vectors.subwords import Subwords, SubwordSettings
from assay.language.vectors.vectors import WordVectors

MANIFEST, WORDS, NUMBERS = "vectors.json", "words.json", "vectors.safetensors"
KIND, FORMAT = "assay-word-vectors", 1
MOST_BYTES: Mapping[str, int] = {MANIFEST: 1 << 20, WORDS: 1 << 30, NUMBERS: 16 << 30}


def save_vectors(vectors: WordVectors, path: Path) -> None:
    """Write the folder whole or not at all.  Raises BundleError where something else is there or the disk refuses."""
    arrays = {"matrix": np.asarray(vectors.matrix, dtype=np.float32)}
    if vectors.counts is not None:
        arrays["counts"] = np.asarray(vectors.counts, dtype=np.int64)
    runs = None
    if vectors.subwords is not None:
        arrays["subwords"] = np.asarray(vectors.subwords.matrix, dtype=np.float32)
        of = vectors.subwords.settings
        runs = {"shortest": of.shortest, "longest": of.longest, "rows": of.rows}
    files = {WORDS: canonical_json(list(vectors.words)).encode(), NUMBERS: pack(arrays)}
    body = {
        "kind": KIND,
        "format": FORMAT,
        "words": len(vectors),
        "width": vectors.width,
        "subwords": runs,
        "told": dict(vectors.told),
        "files": {name: {"sha256": sha256_bytes(content), "bytes": len(content)} for name, content in files.items()},
    }
    manifest = canonical_json({**body, "digest": sha256_bytes(canonical_json(body).encode())}).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (path.exists() and not is_saved(path) and not (path.is_dir() and not any(path.iterdir()))):
            raise BundleError(
                f"{path} exists and holds no vectors of ours; nothing was written. Choose another name, or move it away."
            )
        write_folder_atomic(path, {**files, MANIFEST: manifest})
    except OSError as error:
        raise BundleError(f"{path}: the vectors cannot be saved here ({error.strerror or error}).") from error


def is_saved(path: Path) -> bool:
    """Whether this is a folder that looks like ours."""
    return path.is_dir() and (path / MANIFEST).is_file()


def load_vectors(path: Path) -> WordVectors:
    """The vectors back; raises BundleError for damage of any kind, in one line."""
    parts = _files(path)
    manifest = parse_canonical(parts[MANIFEST], f"{path}: {MANIFEST}")
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND or type(manifest.get("format")) is not int:
        raise BundleError(f"{path}: {MANIFEST} is not the manifest of word vectors that Assay saved.")
    if manifest["format"] != FORMAT:
        raise BundleError(
            f"{path} is in format {manifest['format']}; this Assay reads {FORMAT}: upgrade with pip install -U assay."
        )
    body = {key: value for key, value in manifest.items() if key != "digest"}
    if sha256_bytes(canonical_json(body).encode()) != manifest.get("digest"):
        raise BundleError(f"{path}: {MANIFEST} does not match its checksum; it was changed or damaged. Copy it again.")
    listed = manifest.get("files")
    for name in (WORDS, NUMBERS):
        if not isinstance(listed, dict) or listed.get(name) != {"sha256": sha256_bytes(parts[name]), "bytes": len(parts[name])}:
            raise BundleError(f"{path}: {name} does not match its checksum; it was changed or damaged. Copy it again.")
    return _built(path, manifest, parse_canonical(parts[WORDS], f"{path}: {WORDS}"), unpack(parts[NUMBERS], f"{path}: {NUMBERS}"))


def _files(path: Path) -> dict[str, bytes]:
    parts = {}
    for name, most in MOST_BYTES.items():
        file = path / name
        try:
            if file.is_symlink() or not file.is_file():
                raise BundleError(f"{path}: {name} is missing or no plain file; these are no whole vectors of ours.")
            if file.stat().st_size > most:
                raise BundleError(f"{path}: {name} has {file.stat().st_size} bytes; Assay writes at most {most}.")
            parts[name] = file.read_bytes()
        except OSError as error:
            raise BundleError(f"{path}: {name} cannot be read ({error.strerror or error}).") from error
    return parts


def _built(path: Path, manifest: dict[str, Any], words: Any, arrays: dict[str, np.ndarray]) -> WordVectors:
    n, width, told, runs = (manifest.get(name) for name in ("words", "width", "told", "subwords"))
    if not _is_size(n, MOST_WORDS) or not _is_size(width, MOST_WIDTH) or not isinstance(told, dict):
        raise BundleError(f"{path}: {MANIFEST} does not say how many words there are and how they were made.")
    if not isinstance(words, list) or len(words) != n or not all(isinstance(word, str) for word in words):
        raise BundleError(f"{path}: the manifest and the words do not fit each other; it was not written by Assay.")
    if len(set(words)) != n:
        raise BundleError(f"{path}: a word stands twice; it was not written by Assay.")
    expected: dict[str, tuple[tuple[Any, ...], str]] = {"matrix": ((n, width), "float32")}
    if "counts" in arrays:
        expected["counts"] = ((n,), "int64")
    settings = None
    if runs is not None:
        settings = _settings(path, runs)
        expected["subwords"] = ((settings.rows, width), "float32")
    if {name: (array.shape, array.dtype.name) for name, array in arrays.items()} != expected:
        raise BundleError(f"{path}: {NUMBERS} holds other arrays than the manifest says.")
    if not all(np.isfinite(array).all() for array in arrays.values()) or (arrays.get("counts", np.ones(1)) < 0).any():
        raise BundleError(f"{path}: {NUMBERS} holds what is no finite number, or a count below 0.")
    subwords = None if settings is None else Subwords(settings, arrays["subwords"])
    return WordVectors(tuple(words), arrays["matrix"], arrays.get("counts"), subwords, told)


def _is_size(value: Any, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _settings(path: Path, runs: Any) -> SubwordSettings:
    names = ("shortest", "longest", "rows")
    if not isinstance(runs, dict) or set(runs) != set(names) or not all(type(runs[name]) is int for name in names):
        raise BundleError(f"{path}: {MANIFEST} does not say how its subwords were made.")
    try:
        return SubwordSettings(runs["shortest"], runs["longest"], runs["rows"])
    except ConfigError as error:
        raise BundleError(f"{path}: {MANIFEST}: {error}") from error
