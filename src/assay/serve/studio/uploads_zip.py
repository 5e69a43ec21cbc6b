"""A zip of pictures, unpacked where it was sent to: plain files below one folder, and nothing that a zip could do besides.

Refused as a whole: names that lead out (``../``, ``/``, a drive), links, names that stand twice.  Left out: what is no picture.
"""

import shutil
import stat
import uuid
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from assay.core.errors import DataError
from assay.data.sources.folders import PICTURE_SUFFIXES

MOST_MEMBERS = 200_000
MOST_DEPTH = 4
FOLDER = "pictures"


def unpack_pictures(path: Path, shown: str) -> Path | None:
    """The folder with one subfolder a class, beside the zip; None for a zip without pictures, which holds a table.

    Raises DataError for a zip that is damaged, or holds what no zip of pictures holds.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if not any(PurePosixPath(info.filename.lower()).suffix in PICTURE_SUFFIXES for info in members):
                return None
            if len(members) > MOST_MEMBERS:
                raise DataError(f"{shown}: it holds {len(members)} files; {MOST_MEMBERS} are the most that are unpacked here.")
            return _unpack(archive, _wanted(members, shown), path.parent / FOLDER)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise DataError(f"{shown}: the archive is damaged or locked ({error}).") from error


def _wanted(members: list[zipfile.ZipInfo], shown: str) -> dict[PurePosixPath, zipfile.ZipInfo]:
    found: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in members:
        name = PurePosixPath(info.filename)
        if _leads_out(info, name):
            raise DataError(f"{shown}: {info.filename[:80]!r} leads out of the archive; pack plain files in plain folders.")
        if name.suffix.lower() not in PICTURE_SUFFIXES or any(part.startswith((".", "__MACOSX")) for part in name.parts):
            continue
        if name in found:
            raise DataError(f"{shown}: {info.filename[:80]!r} stands twice in the archive.")
        found[name] = info
    return found


def _leads_out(info: zipfile.ZipInfo, name: PurePosixPath) -> bool:
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    has_odd = "\0" in info.orig_filename or any(mark in info.filename for mark in "\\:")
    return (
        is_link
        or has_odd
        or name.is_absolute()
        or ".." in name.parts
        or len(name.parts) > MOST_DEPTH
        or any(len(part.encode()) > 200 for part in name.parts)
    )


def _unpack(archive: zipfile.ZipFile, wanted: dict[PurePosixPath, zipfile.ZipInfo], home: Path) -> Path:
    """Whole or not at all: into a neighbour, then renamed."""
    tops = {name.parts[0] for name in wanted}
    # FOLDER.zip mostly holds FOLDER/CLASS/x.png: what stands above the classes is no class itself
    above = 1 if len(tops) == 1 and all(len(name.parts) >= 3 for name in wanted) else 0
    if home.is_dir():  # the same bytes have been sent before
        return home
    making = home.with_name(f".{uuid.uuid4().hex}.part")
    try:
        for name, info in wanted.items():
            to = making.joinpath(*name.parts[above:])
            to.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as packed, to.open("xb") as stream:
                shutil.copyfileobj(packed, stream)
        making.rename(home)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return home
