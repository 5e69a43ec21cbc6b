"""A folder of pictures: one subfolder per class, or train/CLASS and test/CLASS.

Pictures are found by suffix and not opened here; that happens when they are decoded, where one that does not open is named.
"""

from pathlib import Path

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.data.sources.raw import RawTable

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
IMAGE_COLUMN, LABEL_COLUMN = "image", "label"

_TRAIN_FOLDERS = ("train", "training", "val", "valid", "validation")
_TEST_FOLDERS = ("test", "testing")


def from_folder(folder: Path, *, labelled: bool = True) -> RawTable:
    """Columns "image" (absolute paths) and "label" (the class folder's name), in order of path.

    Folders named train and test are a given split; val counts as train, because folds are cut from what is not test.
    labelled=False takes every picture below the folder, without a label, as one scores them.
    Raises DataError when no pictures are found, or when they lie outside class folders.
    """
    folder = folder.absolute()
    if not labelled:
        paths = _pictures(folder)
        _refuse_empty(folder, len(paths))
        return RawTable(pl.DataFrame({IMAGE_COLUMN: [str(path) for path in paths]}), str(folder), folder)
    parts = _split_folders(folder)
    rows: list[tuple[str, str, bool]] = []
    notes = []
    for part, is_test in parts or [(folder, False)]:
        for class_folder in _subfolders(part):
            pictures = _pictures(class_folder)
            if not pictures:
                notes.append(f"folder {class_folder.relative_to(folder)} holds no pictures")
            rows += [(str(path), class_folder.name, is_test) for path in pictures]
    if not rows:
        _refuse_empty(folder, len(_pictures(folder)), flat=True)
    frame = pl.DataFrame(
        {IMAGE_COLUMN: [row[0] for row in rows], LABEL_COLUMN: [row[1] for row in rows]},
        schema={IMAGE_COLUMN: pl.String, LABEL_COLUMN: pl.String},
    )
    given = np.array([row[2] for row in rows]) if parts else None
    return RawTable(frame, str(folder), folder, LABEL_COLUMN, given, tuple(notes))


def _subfolders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith((".", "__")))


def _pictures(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."))
    return sorted(path for path in found if path.is_file())


def _split_folders(folder: Path) -> list[tuple[Path, bool]]:
    """train and test folders with class folders in them, or nothing: a class may itself be called "test"."""
    children = _subfolders(folder)
    names = {child.name.lower() for child in children}
    known = {*_TRAIN_FOLDERS, *_TEST_FOLDERS}
    if not names or not names <= known or not names & set(_TEST_FOLDERS) or not names & set(_TRAIN_FOLDERS):
        return []
    if not all(_subfolders(child) for child in children):
        return []
    return [(child, child.name.lower() in _TEST_FOLDERS) for child in children]


def _refuse_empty(folder: Path, found: int, *, flat: bool = False) -> None:
    if found and flat:
        raise DataError(
            f"{folder}: its {found} pictures lie in no class folder; put them into one subfolder per class (FOLDER/CLASS/x.png)."
        )
    if not found:
        looked = ", ".join(PICTURE_SUFFIXES)
        raise DataError(
            f"{folder}: no pictures found (looked for {looked} in one subfolder per class, and in train/CLASS and test/CLASS)."
        )
