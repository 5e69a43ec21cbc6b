"""A folder of pictures: one subfolder per class, or train/CLASS and test/CLASS.

Pictures are found by suffix and not opened here; that happens when they are decoded, where one that does not open is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.data.sources.raw import RawTable

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
IMAGE_COLUMN, LABEL_COLUMN = "image", "label"

_TRAIN_FOLDERS = ("train", "training", "val", "valid", "validation")
_TEST_FOLDERS = ("test", "testing")


@dataclass(frozen=True)
class Arranged:
    """rows: positions of the pictures that lie in class folders.  columns: "label", where there is one."""

    rows: list[int]
    columns: dict[str, pl.Series]
    target: str | None
    given_test: np.ndarray | None


def from_folder(folder: Path, *, labelled: bool = True) -> RawTable:
    """Columns "image" (absolute paths) and "label" (the class folder's name), in order of path.

    Folders named train and test are a given split; val counts as train, because folds are cut from what is not test.
    labelled=False takes every picture below the folder, without a label, as one scores them.
    Raises DataError when no pictures are found, or when they lie outside class folders.
    """
    folder = folder.absolute()
    paths = [path.relative_to(folder) for path in _pictures(folder)]
    table = arranged(paths, str(folder), labelled=labelled)
    frame = pl.DataFrame({IMAGE_COLUMN: [str(folder / paths[row]) for row in table.rows], **table.columns})
    empty = _without_pictures(folder, is_split=table.given_test is not None) if labelled else []
    return RawTable(frame, str(folder), folder, table.target, table.given_test, empty=tuple(empty))


def arranged(paths: Sequence[PurePath], source: str, *, labelled: bool) -> Arranged:
    """What the folders say of pictures at these paths, relative and in order.  Raises DataError where that is nothing."""
    if not paths:
        looked = ", ".join(PICTURE_SUFFIXES)
        raise DataError(
            f"{source}: no pictures found (looked for {looked} in one subfolder per class, and in train/CLASS and test/CLASS)."
        )
    if not labelled:
        return Arranged(list(range(len(paths))), {}, None, None)
    level = 1 if _is_split(paths) else 0
    rows = [row for row, path in enumerate(paths) if len(path.parts) > level + 1]
    if not rows:
        raise DataError(
            f"{source}: its {len(paths)} pictures lie in no class folder; put them into one subfolder per class "
            "(FOLDER/CLASS/x.png)."
        )
    labels = pl.Series(LABEL_COLUMN, [paths[row].parts[level] for row in rows], dtype=pl.String)
    given = np.array([paths[row].parts[0].lower() in _TEST_FOLDERS for row in rows]) if level else None
    return Arranged(rows, {LABEL_COLUMN: labels}, LABEL_COLUMN, given)


def _is_split(paths: Sequence[PurePath]) -> bool:
    """Whether the topmost folders are train and test with class folders in each: a class may itself be called "test"."""
    below: dict[str, int] = {}
    for path in paths:
        if len(path.parts) > 1:
            below[path.parts[0]] = max(below.get(path.parts[0], 0), len(path.parts))
    names = {top.lower() for top in below}
    known = {*_TRAIN_FOLDERS, *_TEST_FOLDERS}
    has_both = bool(names & set(_TEST_FOLDERS) and names & set(_TRAIN_FOLDERS))
    return has_both and names <= known and min(below.values()) > 2


def _subfolders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not _is_hidden(entry.name))


def _without_pictures(folder: Path, *, is_split: bool) -> list[str]:
    """Class folders in which there is no picture, as paths from the folder."""
    parts = _subfolders(folder) if is_split else [folder]
    classes = [one for part in parts for one in _subfolders(part)]
    return [str(one.relative_to(folder)) for one in classes if not any(map(_is_picture, one.rglob("*")))]


def _pictures(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if _is_picture(path))
    return sorted(path for path in found if not any(map(_is_hidden, path.relative_to(folder).parts)))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__"))
