"""A zip of pictures, unpacked where it was sent to: plain files below one folder, and nothing that a zip could do besides.

Refused as a whole: names that lead out (``../``, ``/``, a drive), links, names that stand twice.  Left out: what is no picture.
"""

import shutil
import uuid
import zipfile
from pathlib import Path, PurePosixPath

from assay.core.errors import DataError
from assay.data.sources.archives import DAMAGE, holds_pictures, picture_members, without_top

FOLDER = "pictures"


def unpack_pictures(path: Path, shown: str) -> Path | None:
    """The folder with one subfolder a class, beside the zip; None for a zip without pictures, which holds a table.

    Raises DataError for a zip that is damaged, or holds what no zip of pictures holds.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if not holds_pictures(members):
                return None
            return _unpack(archive, picture_members(members, shown), path.parent / FOLDER)
    except DAMAGE as error:
        raise DataError(f"{shown}: the archive is damaged or locked ({error}).") from error


def _unpack(archive: zipfile.ZipFile, wanted: dict[PurePosixPath, zipfile.ZipInfo], home: Path) -> Path:
    """Whole or not at all: into a neighbour, then renamed."""
    if home.is_dir():  # the same bytes have been sent before
        return home
    making = home.with_name(f".{uuid.uuid4().hex}.part")
    try:
        for name, info in zip(without_top(list(wanted)), wanted.values(), strict=True):
            to = making / name
            to.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as packed, to.open("xb") as stream:
                shutil.copyfileobj(packed, stream)
        making.rename(home)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return home
