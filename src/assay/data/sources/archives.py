"""A zip of pictures, read as it is: nothing is unpacked onto a disk, so that there is nothing to lead out of a folder, and
nothing to remove.

Its pictures become a column of encoded bytes.  Refused as a whole: names that lead out (``../``, ``/``, a drive), links, names
that stand twice, more members or bytes than may be.  Left out: what is no picture.
"""

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

import polars as pl

from assay.core.errors import DataError
from assay.core.memory import size_text
from assay.data.sources.folders import PICTURE_SUFFIXES, arranged
from assay.data.sources.raw import RawTable

MOST_MEMBERS = 200_000
MOST_DEPTH = 4
DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)
"""What reading a damaged or locked archive raises."""


def from_pictures_zip(content: bytes, source: str, most: int, *, labelled: bool = True) -> RawTable | None:
    """As ``from_folder`` reads the folder that was packed; None for a zip without pictures.

    most: bytes that the pictures may take together; what the archive declares is added up before anything is expanded, and a
    member that holds more than it declares is refused.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if not holds_pictures(members):
            return None
        wanted = picture_members(members, source)
        size = sum(info.file_size for info in wanted.values())
        if size > most:
            raise DataError(
                f"{source}: its pictures take {size_text(size)}, and {size_text(most)} are the most that is read out of a zip; "
                "unpack it yourself and name the folder."
            )
        names = without_top(list(wanted))
        order = sorted(range(len(names)), key=lambda at: names[at].parts)
        infos = list(wanted.values())
        cells = [_bytes_of(archive, infos[at], source) for at in order]
    table = arranged([names[at] for at in order], source, labelled=labelled)
    frame = pl.DataFrame({"image": pl.Series(cells, dtype=pl.Binary)[table.rows], **table.columns})
    shown = tuple(str(names[order[at]]) for at in table.rows)
    return RawTable(frame, source, None, table.target, table.given_test, members=shown)


def holds_pictures(members: list[zipfile.ZipInfo]) -> bool:
    return any(PurePosixPath(info.filename).suffix.lower() in PICTURE_SUFFIXES for info in members)


def picture_members(members: list[zipfile.ZipInfo], shown: str) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """The pictures among the files of an archive by name.  Raises DataError for an archive that is refused as a whole."""
    if len(members) > MOST_MEMBERS:
        raise DataError(f"{shown}: it holds {len(members)} files; {MOST_MEMBERS} are the most that are read out of a zip.")
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


def without_top(names: list[PurePosixPath]) -> list[PurePosixPath]:
    """FOLDER.zip mostly holds FOLDER/CLASS/x.png: what stands alone above the classes is no class itself."""
    tops = {name.parts[0] for name in names}
    above = 1 if len(tops) == 1 and all(len(name.parts) >= 3 for name in names) else 0
    return [PurePosixPath(*name.parts[above:]) for name in names]


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


def _bytes_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: str) -> bytes:
    with archive.open(info) as member:
        found = member.read(info.file_size + 1)
    if len(found) != info.file_size:
        raise DataError(f"{source}: {info.filename[:80]!r} is not of the size that the archive declares; pack it again.")
    return found
