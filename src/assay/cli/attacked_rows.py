"""A saved model's net and labelled pictures to attack it with, as its preparation hands them on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from assay.nets.attacks.victim import Victim


@dataclass(frozen=True)
class AttackedRows:
    """pictures: uint8 (n, channels, size, size).  codes: true classes (n,).  places: row numbers in the data (n,).

    notes: what a reader of the numbers must know.
    """

    victim: "Victim"
    pictures: "np.ndarray"
    codes: "np.ndarray"
    places: "np.ndarray"
    notes: tuple[str, ...]

    def some(self, count: int, seed: int) -> "AttackedRows":
        """No more than ``count`` of them, drawn without replacement, in order."""
        import numpy as np

        from assay.core.seeds import generator

        if len(self.codes) <= count:
            return self
        rows = np.sort(generator(seed, "attacked", count).choice(len(self.codes), count, replace=False))
        return replace(self, pictures=self.pictures[rows], codes=self.codes[rows], places=self.places[rows])


def read_rows(model: str, data: str, most: int, seed: int) -> AttackedRows:
    """Of more than ``most`` rows so many are drawn, before any picture is decoded.

    Raises ConfigError for a model that is no net for pictures, DataError for pictures that do not open, or have no class.
    """
    import numpy as np

    from assay.bundle import load
    from assay.cli.explained_rows import target_of
    from assay.core.seeds import generator
    from assay.data.conforming import conform
    from assay.data.reader import load as load_rows
    from assay.recipes.nets.attacked import victim_of

    loaded = load(model)
    fitted = loaded.fitted
    victim = victim_of(fitted, loaded.threshold)
    raw = load_rows(data)
    frame = raw.frame
    if fitted.task.target not in frame.columns:
        raise DataError(
            f"{data} does not say {fitted.task.target!r}, so no accuracy can be measured; add the column, or give one subfolder "
            "a class."
        )
    notes = []
    places = np.arange(frame.height)
    if frame.height > most:
        places = np.sort(generator(seed, "attacked", most).choice(frame.height, most, replace=False))
        notes.append(f"{most} of the {frame.height} pictures are drawn (--rows).")
    card = loaded.card.get("data")
    if isinstance(card, dict) and card.get("source") == Path(data).name and card.get("rows") == frame.height:
        notes.append(
            f"note: {Path(data).name} is what the model was trained on: accuracy on pictures it has learnt from flatters it, "
            "under attack too."
        )
    drawn = frame[places]
    codes = target_of(drawn, fitted)
    pictures = np.asarray(fitted.step.transform(conform(drawn, fitted.schema, root=raw.root)))
    return AttackedRows(victim, pictures, codes, places, tuple(notes))
