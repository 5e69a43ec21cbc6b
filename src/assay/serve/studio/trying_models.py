"""The saved models of finished runs, loaded once and kept while their files are what they were."""

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from assay.archive.files import MAX_BYTES
from assay.bundle.model import Model, load_model
from assay.data.schema import Column
from assay.prepare.columns import FittedColumns
from assay.prepare.pictures import PixelRow
from assay.serve.studio.drawn import SIDES, USUAL_SIDE
from assay.serve.studio.drawn_grid import PixelGrid, grid_of
from assay.serve.studio.place import Missing, Place
from assay.serve.studio.trying_fields import Field, fields_of

MOST_KEPT = 4

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Tried:
    """The model of one run.  lock: one thread at a time is with a model, because a learner need not be safe for two."""

    run: str
    model: Model
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def columns(self) -> list[Column]:
        return self.model.fitted.schema.features

    @cached_property
    def fields(self) -> dict[str, Field]:
        """What the form says of each column, by name."""
        return {one.name: one for one in fields_of(self.model)}

    @cached_property
    def grid(self) -> PixelGrid | None:
        """Where the number columns are the pixels of a picture, how they lie."""
        return grid_of(self.columns, self.model.reference)

    @cached_property
    def pictures(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.kind == "image")

    def side_of(self, picture: str) -> int:
        """How many pixels a side a drawing should have for a picture column: what its encoder reads where that is told.

        A net's pictures are enlarged or shrunk to what it takes, which says nothing of what they were.
        """
        step = self.model.fitted.step
        if isinstance(step, FittedColumns) and picture in step.names:
            encoder = step.encoders[step.names.index(picture)]
            if isinstance(encoder, PixelRow):
                return next(side for side in SIDES if side >= max(encoder.height, encoder.width))
        return USUAL_SIDE


class Models:
    """The last few models that were asked for.  A model that was finished anew is loaded anew."""

    def __init__(self, place: Place, most: int = MOST_KEPT) -> None:
        self._place, self._most = place, most
        self._kept: OrderedDict[Path, tuple[Stamp, Tried]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run: str) -> Tried:
        """Raises Missing for a run that is not there or has no model yet, BundleError for a damaged one."""
        path = self._place.run(run) / "model"
        if path.is_symlink() or not path.is_dir():
            raise Missing(f"run {run[:80]!r} has no model yet; make it with: assay finish {path.parent.name[:80]}")
        with self._lock:
            stamp = _stamp(path)
            kept = self._kept.get(path)
            if kept is None or kept[0] != stamp:
                self._kept.pop(path, None)  # two of one run need not be in memory
                kept = stamp, Tried(run, load_model(path))
                self._kept[path] = kept
            self._kept.move_to_end(path)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return kept[1]


def _stamp(path: Path) -> Stamp:
    """Time and size of each file; one that is missing is for the loader to tell."""
    found = []
    for name in MAX_BYTES:
        try:
            facts = os.stat(path / name, follow_symlinks=False)  # noqa: PTH116 - Path.stat says the same at greater length
        except OSError:
            found.append((name, -1, -1))
        else:
            found.append((name, facts.st_mtime_ns, facts.st_size))
    return tuple(found)
