"""All runs of a folder, with what the list shows of each; a run is read again only when one of its files has changed.

What was read is also kept in ``.studio/index``, so that a studio that has just been started need not read ten thousand runs
again.  The file is worth nothing but time: it has a checksum, and is made anew when it is damaged, foreign, or missing.
"""

import errno
import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import orjson

from assay.core.files import write_atomic
from assay.serve.studio.facts import Facts, Key, State, changed_ns, key_of, read_facts
from assay.serve.studio.place import Place, is_plain_name
from assay.study.folder import RunFolder

FORMAT = [1, *Facts.__slots__]
WORTH_KEEPING = 50
"""Runs that were read anew, from which on the index is written again."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A run of the list.  changed_ns: nanoseconds since 1970."""

    name: str
    facts: Facts
    changed_ns: int

    def state(self, place: Place) -> State:
        """As it is at this moment."""
        return "running" if RunFolder(place.runs / self.name).is_held() else self.facts.rest


class Index:
    """The runs of ``place``; safe to ask from several threads."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._known: dict[str, tuple[Key, Facts]] | None = None
        self._latest: list[Listed] = []
        self._one_at_a_time = threading.Lock()

    def runs(self) -> list[Listed]:
        """Every run there is now, in no order; who asks while they are looked through for the first time gets what that finds."""
        is_first = self._known is None
        with self._one_at_a_time:
            if is_first and self._known is not None:
                return self._latest
            known = self._read_kept() if self._known is None else self._known
            now: dict[str, tuple[Key, Facts]] = {}
            listed, fresh = [], 0
            for name in self._names():
                folder = f"{self.place.runs}/{name}"
                key = key_of(folder)
                if key is None:
                    continue
                before = known.get(name)
                if before is None or before[0] != key:
                    before = (key, read_facts(folder))
                    fresh += 1
                now[name] = before
                listed.append(Listed(name, before[1], changed_ns(folder, key)))
            self._known = now
            self._latest = listed
            if fresh >= WORTH_KEEPING:
                self._keep(now)
            return listed

    def _names(self) -> list[str]:
        """Folders directly inside, no links; a name that is no text cannot stand in an address and is left out."""
        with os.scandir(self.place.runs) as entries:
            return [entry.name for entry in entries if is_plain_name(entry.name) and entry.is_dir(follow_symlinks=False)]

    @property
    def _file(self) -> Path:
        return self.place.kept / "index"

    def _keep(self, known: dict[str, tuple[Key, Facts]]) -> None:
        """Where the folder cannot be written there is no index, and the next start takes longer."""
        runs = {name: [key, facts.to_list()] for name, (key, facts) in known.items()}
        body = orjson.dumps({"format": FORMAT, "runs": runs})
        try:
            self.place.kept.mkdir(exist_ok=True)
            write_atomic(self._file, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT):
                raise

    def _read_kept(self) -> dict[str, tuple[Key, Facts]]:
        try:
            digest, _, body = self._file.read_bytes().partition(b"\n")
        except OSError:
            return {}
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return {}
        kept = orjson.loads(body)
        if kept.get("format") != FORMAT:
            return {}
        return {name: (tuple(key), Facts.from_list(values)) for name, (key, values) in kept["runs"].items()}
