"""What every reader gives: columns as the source has them, before any kind is decided."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from assay.data.shelf import Shelf


@dataclass(frozen=True)
class RawTable:
    """frame: String columns from files of text, typed columns from everything else.

    source: the name for messages.  root: the folder that relative picture paths start from.
    target: the target that the source itself names (a folder's label, y of an npz), if it does.
    given_test: bool (n_rows,), or None when the source sets no rows apart.
    shelf: where the columns lie that do not fit into memory, and those that are made of them are to lie; None: in memory.
    members: of pictures out of an archive, what each is called there; empty for other rows.
    empty: class folders without a picture.
    """

    frame: pl.DataFrame
    source: str
    root: Path | None = None
    target: str | None = None
    given_test: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())
    shelf: Shelf | None = None
    members: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
