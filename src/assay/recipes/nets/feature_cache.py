"""What a network saw in each picture, kept on disk: a probe on ten folds, or on new rows, sends no picture through it twice.

One SQLite file a network and its weights, in the user's cache; several processes may read and write it.  It is a cache and no
more: where it cannot be written, or is damaged, everything is computed as without it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from assay.core.files import cache_folder

MOST_BYTES = 2 * 2**30
"""A file that has grown beyond this is begun anew."""
_WAIT_SECONDS = 60.0
_ASKED_TOGETHER = 500  # SQLite takes at least 999 values in a statement
_MADE = "CREATE TABLE IF NOT EXISTS seen (picture BLOB PRIMARY KEY, numbers BLOB NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True)
class FeatureCache:
    """name: of the network and its weights."""

    name: str

    @property
    def path(self) -> Path:
        safe = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in self.name)
        return cache_folder("features") / f"{safe}.sqlite"

    def of(self, pictures: np.ndarray, through_net: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """float64 (n, d) of uint8 (n, channels, h, w): what is kept, and what the net says of the others."""
        keys = [blake2b(picture.tobytes(), digest_size=16).digest() for picture in pictures]
        kept = self._read(keys)
        fresh = [place for place, key in enumerate(keys) if key not in kept]
        if fresh:
            found = through_net(pictures[fresh])
            new = {keys[place]: numbers for place, numbers in zip(fresh, found, strict=True)}
            self._write(new)
            kept |= new
        return np.stack([kept[key] for key in keys]) if keys else through_net(pictures)

    def _read(self, keys: list[bytes]) -> dict[bytes, np.ndarray]:
        found: dict[bytes, np.ndarray] = {}
        if not self.path.is_file():
            return found
        try:
            with closing(self._connected()) as connection:
                for start in range(0, len(keys), _ASKED_TOGETHER):
                    asked = keys[start : start + _ASKED_TOGETHER]
                    marks = ",".join("?" * len(asked))
                    rows = connection.execute(f"SELECT picture, numbers FROM seen WHERE picture IN ({marks})", asked)
                    found |= {key: np.frombuffer(numbers) for key, numbers in rows}
        except sqlite3.DatabaseError:  # damaged, or locked for too long: without it then
            self._forget()
            return {}
        widths = {len(numbers) for numbers in found.values()}
        return found if len(widths) <= 1 else {}

    def _write(self, new: dict[bytes, np.ndarray]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_file() and self.path.stat().st_size > MOST_BYTES:
                self._forget()
            with closing(self._connected()) as connection, connection:
                rows = [(key, np.ascontiguousarray(numbers, dtype=np.float64).tobytes()) for key, numbers in new.items()]
                connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        except (sqlite3.DatabaseError, OSError):  # a full or read-only disk: nothing is kept, and nothing is lost
            return

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS)
        connection.execute(_MADE)
        return connection

    def _forget(self) -> None:
        self.path.unlink(missing_ok=True)
