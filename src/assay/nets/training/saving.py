"""When a training is saved, and where it begins again."""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from assay.core.errors import ConfigError
from assay.nets.settings import Run
from assay.nets.training.checkpoint import restore, save
from assay.nets.training.distribute import agreed, differs, world
from assay.nets.training.standing import Standing


@dataclass
class Saver:
    """Saves a training now and then; its seconds go on counting from those of the checkpoint.

    Several processes save after epochs only, when they surely stand at the same place, and the first of them writes.
    """

    run: Run
    standing: Standing
    training: dict[str, Any]
    began: float = 0.0
    saved: float = 0.0

    def begin(self) -> None:
        """Restore what is in the folder, if anything, and start the clock."""
        if self.run.checkpoints is not None:
            restore(self.run.checkpoints.folder, self.standing, self.training)
            progress = self.standing.progress
            if differs((progress.epoch, progress.history), self.standing.device):
                raise ConfigError(
                    f"the processes find different checkpoints in {self.run.checkpoints.folder}: "
                    "use a folder that all of them can read."
                )
        self.saved = monotonic()
        self.began = self.saved - self.standing.progress.seconds

    @property
    def seconds(self) -> float:
        return monotonic() - self.began

    def is_due(self, now: float) -> bool:
        """Whether to save at this moment, which may be in the middle of an epoch; never then among several processes."""
        return self._is_time(now) and world().size == 1

    def is_due_after_epoch(self) -> bool:
        """Whether to save now that an epoch is done, by the first process's clock."""
        return agreed(self._is_time(monotonic()))

    def _is_time(self, now: float) -> bool:
        wanted = self.run.checkpoints
        return wanted is not None and now - self.saved >= wanted.seconds

    def save(self) -> None:
        wanted = self.run.checkpoints
        if wanted is not None and (world().rank == 0 or self.run.shard):
            self.standing.progress.seconds = self.seconds
            save(wanted.folder, self.standing, self.training)
        self.saved = monotonic()
