"""The ledger of the lock: how often the locked test rows were looked at, and for whom.

It lies outside every run folder and is kept per data fingerprint and locked rows
(``Plan.lock_key``), so a new output folder does not make an opened test set fresh again.
An opening goes through three records, each on disk before the next step is taken:

intent        the rows are about to be opened for this candidate of this study
predictions   the candidate's predictions of them are fixed (their digest)
done          they were compared with the truth

A process killed in between finds its own unfinished opening again and goes on with the same
number; asking a finished one again is reading the same answer twice, and no new opening.

Another seed or share locks other rows of the same data, under a count of their own; which of
them an earlier opening has shown all the same is kept beside, per data (``shown``), and
``seen_before`` tells it.

The file is one of ``core.records``.  A record that was being written when the power went is
cut off; damage anywhere else is refused, because a ledger that forgets openings is worse
than none.
"""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from assay.core import records
from assay.core.errors import AssayWarning, DefectError, StudyError
from assay.core.files import sha256_bytes, sync_folder, user_folder
from assay.splits.plan import lock_key_of
from assay.splits.shown import read_shown, write_shown

State = Literal["intent", "predictions", "done"]

_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Opening:
    """One look at locked rows.

    number: 1 for the first opening of these rows, whatever study made it.
    study: digest of the study.  candidate: the name of what was measured.  when, reason: as given by the first ``begin``.
    fingerprint: of the data the rows belong to.  (Reason and fingerprint are empty in what earlier versions wrote.)
    predictions: digest of the predictions, None until they are recorded.
    """

    lock_key: str
    number: int
    study: str
    candidate: str
    when: str
    state: State = "intent"
    predictions: str | None = None
    reason: str = ""
    fingerprint: str = ""


class Ledger:
    """The openings of every lock of this user, one file a lock in ``folder`` (default: in the user's data folder).

    Every call takes the file's lock, so two processes never write the same number.
    Raises StudyError when the folder cannot be written or a file is damaged.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = user_folder() / "ledger" if folder is None else Path(folder)

    def begin(
        self,
        lock_key: str,
        *,
        study: str,
        candidate: str,
        when: str,
        reason: str = "",
        fingerprint: str = "",
        data_key: str | None = None,
        rows: np.ndarray | None = None,
    ) -> Opening:
        """The opening of these rows for this candidate of this study: the one there is, or a new one with the next number.

        when: a time in words (ISO 8601); reason: why the rows are opened, in the user's words or the command's; both are
            for the report and decide nothing.  fingerprint: of the data.
        data_key, rows: ``Plan.data_key`` and ``Plan.locked``, so that later locks of the same data know that these rows
            (int, rising, distinct) were shown; on disk before this returns.  Left out, they are not known to be.
        """
        with self._writing(lock_key) as stream:
            known = _read(stream, self._path(lock_key), cut=True)
            opening = next((one for one in known if (one.study, one.candidate) == (study, candidate)), None)
            if opening is None:
                opening = Opening(lock_key, len(known) + 1, study, candidate, when, reason=reason, fingerprint=fingerprint)
                words = {"study": study, "candidate": candidate, "when": when, "reason": reason, "fingerprint": fingerprint}
                records.append(stream, {"kind": "intent", "number": opening.number, **words})
            if data_key is not None and rows is not None:
                self._mark(lock_key, data_key, rows)
            return opening

    def seen_before(self, data_key: str, rows: np.ndarray) -> int:
        """How many of these locked rows (``Plan.locked``) an opening of another lock of the same data has already shown.

        Openings of this very lock are not counted: ``openings`` gives those.  0 also where earlier openings named no rows.
        """
        path = self._shown_path(data_key)
        with _plain_errors(path):
            return read_shown(path).by_others(rows, lock_key_of(data_key, rows))

    def record_predictions(self, opening: Opening, digest: str) -> Opening:
        """Fix the predictions of an opening before they are compared with the truth; the same digest again changes nothing.

        Raises StudyError when other predictions are already on record for this opening.
        """
        with self._writing(opening.lock_key) as stream:
            current = self._find(stream, opening)
            if current.predictions is None:
                records.append(stream, {"kind": "predictions", "number": current.number, "digest": digest})
                return replace(current, state="predictions", predictions=digest)
            if current.predictions != digest:
                raise StudyError(
                    f"opening {current.number} of the test rows has predictions of {current.candidate!r} on record that differ "
                    f"from these ({current.predictions[:12]}, now {digest[:12]}): the model or the libraries changed since. "
                    "Restore them, or finish under changed settings, which counts as a new opening."
                )
            return current

    def finish(self, opening: Opening) -> Opening:
        """Record that the predictions were compared with the truth; a second time changes nothing."""
        with self._writing(opening.lock_key) as stream:
            current = self._find(stream, opening)
            if current.state == "intent":
                raise DefectError(f"opening {current.number} was finished before its predictions were recorded.")
            if current.state == "predictions":
                records.append(stream, {"kind": "done", "number": current.number})
            return replace(current, state="done")

    def openings(self, lock_key: str | None = None) -> list[Opening]:
        """Every opening of these rows in order of number, unfinished ones too; empty when there was none.

        Without a lock key: of all locks, in order of time, then lock and number.
        """
        if lock_key is None:
            with _plain_errors(self.folder):
                names = sorted(path.name for path in self.folder.glob("*") if path.is_file() and _KEY.fullmatch(path.name))
            every = [opening for name in names for opening in self.openings(name)]
            return sorted(every, key=lambda opening: (opening.when, opening.lock_key, opening.number))
        path = self._path(lock_key)
        if not path.exists():
            return []
        with _plain_errors(path), path.open("rb") as stream:
            _hold(stream, shared=True)
            return _read(stream, path, cut=False)

    def _mark(self, lock_key: str, data_key: str, rows: np.ndarray) -> None:
        if lock_key != lock_key_of(data_key, rows):
            raise DefectError(f"the rows given with opening {lock_key[:12]} are not those behind this lock.")
        path = self._shown_path(data_key)
        path.parent.mkdir(exist_ok=True)
        with (path.parent / ".lock").open("a+b") as guard:
            _hold(guard, shared=False)
            shown = read_shown(path)
            if lock_key not in shown.locks:
                write_shown(path, shown.marked(rows, lock_key))

    def _shown_path(self, data_key: str) -> Path:
        return self.folder / "shown" / sha256_bytes(data_key.encode())

    def _path(self, lock_key: str) -> Path:
        if not _KEY.fullmatch(lock_key):
            raise DefectError(f"{lock_key!r} is no lock key.")
        return self.folder / lock_key

    @contextmanager
    def _writing(self, lock_key: str) -> Iterator[BinaryIO]:
        path = self._path(lock_key)
        with _plain_errors(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            with path.open("a+b") as stream:
                if is_new:
                    sync_folder(self.folder)
                _hold(stream, shared=False)
                yield stream

    def _find(self, stream: BinaryIO, opening: Opening) -> Opening:
        for known in _read(stream, self._path(opening.lock_key), cut=True):
            if (known.number, known.study, known.candidate) == (opening.number, opening.study, opening.candidate):
                return known
        raise StudyError(
            f"opening {opening.number} of {opening.candidate!r} is not in the ledger {self._path(opening.lock_key)}; "
            "was the file replaced while the study ran? Restore it, or finish again."
        )


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudyError(
            f"the ledger of the test rows {path} cannot be used: {error.strerror or error}; "
            "free the disk or its rights, or point ASSAY_HOME to a folder that can be written."
        ) from error


def _hold(stream: BinaryIO, *, shared: bool) -> None:
    """Wait for the file's lock; closing the stream gives it back. Where there is no fcntl (Windows) nothing is held."""
    if os.name == "posix":
        import fcntl

        fcntl.flock(stream.fileno(), fcntl.LOCK_SH if shared else fcntl.LOCK_EX)


def _read(stream: BinaryIO, path: Path, *, cut: bool) -> list[Opening]:
    """The openings on record; a torn last line is left out, and with ``cut`` taken off the file."""
    stream.seek(0)
    content = stream.read()
    found, start = records.parse(content)
    openings: dict[int, Opening] = {}
    for record in found:
        try:
            _apply(openings, record, path)
        except (KeyError, TypeError) as error:
            raise StudyError(f"{path} holds a record that Assay did not write ({error}); restore it from a backup.") from error
    if start < len(content):
        if _is_damage(content, start):
            raise StudyError(
                f"the ledger of the test rows {path} is damaged at byte {start}; restore it from a backup. "
                "(To give up its record of past openings, remove it yourself.)"
            )
        if cut:
            stream.truncate(start)
            os.fsync(stream.fileno())
            warnings.warn(
                f"{path}: a record was cut off that was being written when its process died.", AssayWarning, stacklevel=4
            )
    return [openings[number] for number in sorted(openings)]


def _is_damage(content: bytes, start: int) -> bool:
    """Whether the bytes from ``start`` on are more than one line cut short, or left as zeros by a lost write."""
    line, newline, after = content[start:].partition(b"\n")
    return bool(newline) and (b"\0" not in line or after.strip(b"\0") != b"")


def _apply(openings: dict[int, Opening], record: dict[str, Any], path: Path) -> None:
    number = record["number"]
    match record["kind"]:
        case "intent":
            openings[number] = Opening(
                path.name,
                number,
                record["study"],
                record["candidate"],
                record["when"],
                reason=record.get("reason", ""),
                fingerprint=record.get("fingerprint", ""),
            )
        case "predictions":
            openings[number] = replace(openings[number], state="predictions", predictions=record["digest"])
        case "done":
            openings[number] = replace(openings[number], state="done")
        case other:
            raise StudyError(f"{path}: a record of kind {other!r} comes from a newer version of Assay; update Assay.")
