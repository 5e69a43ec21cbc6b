"""A run folder: what the study is, what has been computed, and who is working on it.

study.toml      the identity of the study, the candidates tried so far and the treatments asked for
journal         one record a cell, append-only
predictions/    one .npz a cell, written before its record
unfinished/     what cells that are being computed keep to go on from, such as a net's checkpoints
"""

import errno
import fcntl
import json
import math
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import StudyError
from assay.core.files import clear_leftovers, sha256_bytes, sha256_file, write_atomic
from assay.measure.payload import Predictions
from assay.recipes.correction import CorrectionChoice
from assay.study.cells import Candidate, Cell, Failure, Outcome
from assay.study.journal import append_record, read_journal
from assay.study.study_file import read_study_file, study_text


@dataclass(frozen=True)
class Identity:
    """What must be equal for two runs to be of one study."""

    fingerprint: str
    plan: str
    metric: str
    task: str
    source: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Record:
    """A cell as the folder knows it; predictions are read when asked for.

    correction, notes: as in ``Outcome``; None and empty also in folders that were written before these were kept.
    """

    cell: Cell
    seed: int
    file: str | None
    sha256: str | None
    failure: Failure | None
    seconds: float
    peak_mb: float
    correction: CorrectionChoice | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunFolder:
    path: Path

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    @property
    def scratch(self) -> Path:
        """A folder for each cell that is being computed; gone once the cell is kept."""
        return self.path / "unfinished"

    @property
    def pictures(self) -> Path:
        """Of decoded pictures, while a run works in the folder."""
        return self.scratch / "pictures"

    @property
    def test_file(self) -> Path:
        """What the opened test rows said; absent while the lock is shut."""
        return self.path / "test.json"

    def read_opened(self) -> dict[str, Any] | None:
        """The content of ``test_file``, or None while the lock is shut."""
        if not self.test_file.exists():
            return None
        try:
            opened = json.loads(self.test_file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise StudyError(f"{self.test_file} cannot be read; run assay finish {self.path} again.") from error
        if not isinstance(opened, dict):
            raise StudyError(f"{self.test_file} is not as Assay writes it; run assay finish {self.path} again.")
        return opened

    def read_study(self) -> dict[str, Any] | None:
        """What study.toml says, or None in a fresh folder."""
        file = self.path / "study.toml"
        return read_study_file(file) if file.exists() else None

    def refuse_foreign(self) -> None:
        """Raise StudyError when the path is a file, or a folder that holds something and no study."""
        if self.path.exists() and not self.path.is_dir():
            raise StudyError(f"{self.path} is a file; --out wants a folder.")
        names = [entry.name for entry in self.path.iterdir()] if self.path.exists() else []
        # A run killed at its very first write leaves its lock file and an unfinished study.toml, and nothing else.
        others = [name for name in names if name != ".lock" and not name.startswith(".study.toml.")]
        if others and self.read_study() is None:
            raise StudyError(f"{self.path} holds other files ({min(others)} …) and no study; use an empty --out.")

    def join(
        self, identity: Identity, candidates: Sequence[Candidate], settings: Mapping[str, Any], treatments: Sequence[str] = ()
    ) -> list[Candidate]:
        """Make the folder this study's, or add candidates to it. Returns all candidates, first ones first.

        treatments: those that were asked for, kept because some have no candidate (see ``treatments``).
        Raises StudyError when the folder belongs to another study, naming what differs.
        """
        known: list[Candidate] = []
        study = self.read_study()
        if study is not None:
            self._check_same(study["identity"], identity)
            known = [Candidate.parse(name) for name in study["candidates"]]
        every = known + [candidate for candidate in candidates if candidate not in known]
        asked = self.treatments
        every_asked = list(dict.fromkeys([*asked, *treatments]))
        with disk_errors(self.path):
            if study is None or every != known or every_asked != asked:
                text = study_text(identity.to_json(), [candidate.name for candidate in every], every_asked, settings)
                write_atomic(self.path / "study.toml", text.encode())
            (self.path / "predictions").mkdir(exist_ok=True)
        return every

    @property
    def treatments(self) -> list[str]:
        """Asked for by any run so far, also those that act on decisions and make no fits; of folders of before those that do."""
        study = self.read_study()
        if study is None:
            return []
        of_candidates = [Candidate.parse(name).treatment for name in study["candidates"]]
        return list(dict.fromkeys(study.get("treatments", of_candidates)))

    def _check_same(self, known: Mapping[str, str], identity: Identity) -> None:
        ours = identity.to_json()
        if known["fingerprint"] != ours["fingerprint"] and known["source"] == ours["source"]:
            raise StudyError(
                f"{ours['source']} is not what {self.path} was run on: the file, or how it is read (target, drop, kinds), has "
                "changed. What was computed is kept; put the data back, or use another --out."
            )
        for key, what in (
            ("fingerprint", "other data"),
            ("task", "another task"),
            ("metric", "another metric, cost, threshold or calibration"),
            ("plan", "other folds, seed or lock"),
        ):
            if known[key] != ours[key]:
                raise StudyError(
                    f"{self.path} belongs to another study, with {what} ({known[key][:40]} there, {ours[key][:40]} here). "
                    "Use another --out."
                )

    def records(self, *, cut: bool = True) -> tuple[dict[Cell, Record], int]:
        """The last record of each cell, and how many torn bytes end the journal; ``cut`` takes them off (see read_journal)."""
        with disk_errors(self.path):
            content = read_journal(self.journal, cut=cut)
        found: dict[Cell, Record] = {}
        for number, entry in enumerate(content.records, 1):
            try:
                record = _record(entry)
            except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
                raise StudyError(
                    f"{self.journal}: record {number} is not one that Assay writes. Restore the file from a copy, or start again "
                    "with another --out."
                ) from error
            found[record.cell] = record
        return found, content.torn_bytes

    def load(self, record: Record) -> Predictions | None:
        """The predictions of a record, or None when the file is gone or not what the journal says."""
        path = self._whole_file(record)
        return None if path is None else Predictions.from_bytes(path.read_bytes())

    def has(self, record: Record) -> bool:
        """Whether ``load`` would find predictions, without parsing them."""
        return self._whole_file(record) is not None

    def _whole_file(self, record: Record) -> Path | None:
        if record.file is None:
            return None
        path = self.path / "predictions" / record.file
        return path if path.is_file() and sha256_file(path) == record.sha256 else None

    def keep(self, outcome: Outcome) -> None:
        """Store an outcome: predictions first, then its record; both durable on return."""
        file, digest = None, None
        with disk_errors(self.path):
            if outcome.predictions is not None:
                content = outcome.predictions.to_bytes()
                file, digest = f"{outcome.cell.name}.npz", sha256_bytes(content)
                write_atomic(self.path / "predictions" / file, content)
            failure, chosen = outcome.failure, outcome.correction
            append_record(
                self.journal,
                {
                    "cell": outcome.cell.to_json(),
                    "seed": outcome.seed,
                    "file": file,
                    "sha256": digest,
                    "failure": None if failure is None else {"reason": failure.reason, "detail": failure.detail},
                    "seconds": round(outcome.seconds, 3),
                    "peak_mb": round(outcome.peak_mb, 1),
                    "correction": None if chosen is None else chosen.to_json(),
                    "notes": list(outcome.notes),
                },
            )
        shutil.rmtree(self.scratch / outcome.cell.name, ignore_errors=True)

    def clear_unfinished(self) -> None:
        """Remove what writes that were killed have left; call it with the folder locked."""
        for folder in (self.path, self.path / "predictions"):
            if folder.is_dir():
                clear_leftovers(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that two runs never write one journal. Raises StudyError when another holds it."""
        with disk_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            handle = (self.path / ".lock").open("a")
        with handle:
            if not _take(handle.fileno()):
                raise StudyError(f"another run is working in {self.path}; wait for it, or use another --out.")
            yield

    @contextmanager
    def decoded(self) -> Iterator[None]:
        """The pictures that are decoded meanwhile go at the end."""
        try:
            yield
        finally:
            shutil.rmtree(self.pictures, ignore_errors=True)

    def is_held(self) -> bool:
        """Whether a run is working in the folder at this moment.  To look is to hold it for an instant (see ``_take``)."""
        try:
            handle = os.open(self.path / ".lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # no run has been here, or it is not ours to look at
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False


def _take(handle: int) -> bool:
    """Lock an open file for ourselves alone.  Whoever only looks (``is_held``) is gone by the next try; a run is not."""
    for wait_seconds in (0.01, 0.05, 0.2, 0.0):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait_seconds)
        else:
            return True
    return False


def _record(entry: Mapping[str, Any]) -> Record:
    """A record of the journal; raises KeyError, TypeError or ValueError for what ``RunFolder.keep`` does not write."""
    told, chosen, cell = entry["failure"], entry.get("correction"), Cell.from_json(entry["cell"])
    if not isinstance(cell.candidate.recipe, str) or not isinstance(cell.candidate.treatment, str):
        raise TypeError("a candidate has a name.")
    if entry["file"] not in (None, f"{cell.name}.npz"):
        raise ValueError("the file of a cell has the cell's name.")
    return Record(
        cell,
        int(entry["seed"]),
        entry["file"],
        entry["sha256"],
        None if told is None else Failure(str(told["reason"]), str(told["detail"])),
        _number(entry["seconds"]),
        _number(entry["peak_mb"]),
        None if chosen is None else CorrectionChoice.from_json(chosen),
        tuple(str(note) for note in entry.get("notes", ())),
    )


def _number(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise TypeError("seconds and megabytes are numbers.")
    return float(value)  # type: ignore[arg-type]


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full disk or a folder that cannot be written into one clear line."""
    try:
        yield
    except OSError as error:
        kept = "What was computed is kept; make room and run the same command again."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StudyError(f"the disk of {folder} is full. {kept}") from error
        if error.errno == errno.EFBIG:
            raise StudyError(f"a file in {folder} would be larger than the system allows (ulimit -f). {kept}") from error
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise StudyError(f"{folder} cannot be written ({reason}); use another --out.") from error
