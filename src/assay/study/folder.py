"""A run folder: what the study is, what has been computed, and who is working on it.

study.toml      the identity of the study, the candidates tried so far and the treatments asked for
journal         one record a cell, append-only
predictions/    one .npz a cell, written before its record
unfinished/     what cells that are being computed keep to go on from, such as a net's checkpoints
"""

import errno
import fcntl
import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import StudyError
from assay.core.files import sha256_bytes, sha256_file, write_atomic
from assay.measure.payload import Predictions
from assay.recipes.correction import CorrectionChoice
from assay.study.cells import Candidate, Cell, Failure, Outcome
from assay.study.journal import append_record, read_journal

FORMAT = 1


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
    def test_file(self) -> Path:
        """What the opened test rows said; absent while the lock is shut."""
        return self.path / "test.json"

    def read_opened(self) -> dict[str, Any] | None:
        """The content of ``test_file``, or None while the lock is shut."""
        if not self.test_file.exists():
            return None
        opened: dict[str, Any] = json.loads(self.test_file.read_text(encoding="utf-8"))
        return opened

    def read_study(self) -> dict[str, Any] | None:
        """What study.toml says, or None in a fresh folder."""
        file = self.path / "study.toml"
        if not file.exists():
            return None
        try:
            study = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StudyError(f"{file} cannot be read ({error}); restore it, or use another --out.") from error
        if study.get("format", 0) > FORMAT:
            raise StudyError(f"{file} was written by a newer Assay (format {study['format']}); this one reads up to {FORMAT}.")
        return study

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
                write_atomic(self.path / "study.toml", _toml(identity, every, every_asked, settings).encode())
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
        content = read_journal(self.journal, cut=cut)
        found: dict[Cell, Record] = {}
        for entry in content.records:
            failure = None if entry["failure"] is None else Failure(entry["failure"]["reason"], entry["failure"]["detail"])
            chosen = entry.get("correction")
            record = Record(
                Cell.from_json(entry["cell"]),
                entry["seed"],
                entry["file"],
                entry["sha256"],
                failure,
                entry["seconds"],
                entry["peak_mb"],
                None if chosen is None else CorrectionChoice.from_json(chosen),
                tuple(entry.get("notes", ())),
            )
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
        for leftover in [*self.path.glob(".*.part"), *(self.path / "predictions").glob(".*.part")]:
            leftover.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that two runs never write one journal. Raises StudyError when another holds it."""
        with disk_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            handle = (self.path / ".lock").open("a")
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StudyError(f"another run is working in {self.path}; wait for it, or use another --out.") from error
            yield


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full disk or a folder that cannot be written into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StudyError(
                f"the disk of {folder} is full. What was computed is kept; make room and run the same command again."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.ENOENT):
            raise StudyError(f"{folder} cannot be written ({os.strerror(error.errno)}); use another --out.") from error
        raise


def _toml(identity: Identity, candidates: Sequence[Candidate], treatments: Sequence[str], settings: Mapping[str, Any]) -> str:
    """TOML of plain strings, numbers and lists; JSON's forms of these are TOML's too."""
    lines = [f"format = {FORMAT}", f"candidates = {_value([candidate.name for candidate in candidates])}"]
    lines += [f"treatments = {_value(list(treatments))}", "", "[identity]"]
    lines += [f"{key} = {_value(value)}" for key, value in identity.to_json().items()]
    lines += ["", "[settings]"]
    lines += [f"{json.dumps(key)} = {_value(value)}" for key, value in sorted(settings.items()) if value is not None]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        raise TypeError("study.toml holds plain values and lists.")
    # DEL is legal in JSON strings and not in TOML ones.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
