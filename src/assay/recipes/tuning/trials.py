"""What trials gave, kept on disk as they come, so that a search that was killed does not repeat them."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from assay.core.files import canonical_json
from assay.recipes.space import Values


@dataclass
class TrialLog:
    """file: one JSON list a line, or None to remember nothing beyond this process."""

    file: Path | None = None
    _known: dict[str, float] = field(default_factory=dict)

    def read(self) -> None:
        """A last line that was cut off is left out: its trial is done again."""
        if self.file is None or not self.file.exists():
            return
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                key, loss = json.loads(line)
            except ValueError:
                continue
            self._known[key] = math.inf if loss is None else float(loss)

    def find(self, key: str) -> float | None:
        return self._known.get(key)

    def keep(self, key: str, loss: float) -> None:
        self._known[key] = loss
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(canonical_json([key, loss if math.isfinite(loss) else None]) + "\n")


def trial_key(values: Values, fold: int, share: float) -> str:
    """What one fit of a search is known by. share: of the training rows that it saw."""
    return canonical_json([dict(values), fold, share])
