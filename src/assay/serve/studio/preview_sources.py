"""Which data an address may name: files that were sent here, and what lies inside the folders that the studio was given."""

from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import ConfigError
from assay.serve.studio.place import Place
from assay.serve.studio.uploads import is_readable

MOST_LISTED = 500


@dataclass(frozen=True)
class Entry:
    """A file or a folder that can be chosen.  size: None for a folder."""

    path: Path
    name: str
    size: int | None


@dataclass(frozen=True)
class Listed:
    """folder: an allowed one or one inside it.  above: the one above, if it may be listed too.  more: entries not shown."""

    folder: Path
    above: Path | None
    entries: tuple[Entry, ...]
    more: int


def uploads_of(place: Place) -> Path:
    return place.kept / "uploads"


def allowed(place: Place, said: str) -> Path:
    """The file or folder that an address names, with every link followed.

    Raises ConfigError, always with the same sentence, for what is not there and for what may not be read here: an address must
    not tell what lies elsewhere on this machine.
    """
    home = uploads_of(place)
    try:
        path = Path(said).resolve(strict=True) if said.startswith("/") else None
    except (OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links
        path = None
    if path is not None and (path.is_file() or path.is_dir()):
        if _is_inside(path, home) and path != home.resolve():
            return path
        if any(_is_inside(path, root) and not _is_hidden(path, root) for root in place.data):
            return path
    raise ConfigError(f"{said[:200]!r} is not in a folder whose data may be read here; choose one from the list, or upload it.")


def may_read(place: Place, path: Path) -> bool:
    """Whether ``allowed`` lets through what stands there; what is not there at all can do no harm."""
    try:
        path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return not path.is_symlink()
    try:
        allowed(place, str(path.absolute()))
    except ConfigError:
        return False
    return True


def _is_inside(path: Path, root: Path) -> bool:
    return path.is_relative_to(root.resolve())


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root.resolve()).parts)


def listed(place: Place, said: str) -> Listed:
    """What can be chosen in one allowed folder: folders and files that are read.  Raises ConfigError as ``allowed`` does."""
    folder = allowed(place, said)
    if not folder.is_dir() or not any(_is_inside(folder, root) for root in place.data):
        raise ConfigError(f"{said[:200]!r} is no folder of data; choose one from the list.")
    found = []
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: (not entry.is_dir(), entry.name.lower()))
    except OSError as error:
        raise ConfigError(f"{said[:200]!r} cannot be read ({error.strerror}).") from error
    for entry in entries:
        if entry.name.startswith(".") or not (entry.is_dir() or is_readable(entry.name)):
            continue
        try:
            path = allowed(place, str(entry))
        except ConfigError:
            continue  # a link that leads out
        found.append(Entry(entry, entry.name, None if path.is_dir() else path.stat().st_size))
    is_root = any(folder == root.resolve() for root in place.data)
    above = None if is_root else folder.parent
    return Listed(folder, above, tuple(found[:MOST_LISTED]), max(0, len(found) - MOST_LISTED))
